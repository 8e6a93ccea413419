"""What a policy says, in the five rows of the documented comparison: derived from its plan, not written beside it."""

from attrs import frozen

from marginrules.policy import plan
from marginrules.policy.policy import Policy

ROWS = (
    "what capital backs the position",
    "liquidation boundary",
    "multi-position impact",
    "buffer against adverse moves",
    "how the buffer is added to",
)


@frozen
class PoolDescription:
    """One kind of pool, or one variant of it.

    Attributes:
        pool: its kind.
        when: the setting under which the variant holds, as written; empty where there is one only.
        covers: which positions are in it, as written.
        rows: the five rows, in the order of `ROWS`.
        cites: what the rules behind the rows cite.
    """

    pool: str
    when: str
    covers: str
    rows: tuple[str, ...]
    cites: tuple[str, ...]


@frozen
class Description:
    """A policy in five rows a pool.

    Attributes:
        sources: title, address and day of reading.
        omits: what it leaves out, in its own words.
    """

    policy: str
    title: str
    version: str
    pools: tuple[PoolDescription, ...]
    sources: tuple[str, ...]
    omits: tuple[str, ...]

    def text(self, row: str, pool: str) -> str:
        """A row for a kind of pool; of all its variants, one after the other.

        Raises:
            KeyError: there is no such row or pool.
        """
        if row not in ROWS:
            raise KeyError(row)
        found = [entry.rows[ROWS.index(row)] for entry in self.pools if entry.pool == pool]
        if not found:
            raise KeyError(pool)
        return " ".join(found)


def describe(policy: Policy) -> Description:
    """The five-row comparison of a policy.

    Args:
        policy: a checked policy.
    """
    found = policy.plan
    return Description(
        found.name,
        found.title,
        found.version,
        tuple(_pool(pool, _replenished(found, number)) for number, pool in enumerate(found.pools)),
        tuple(f"{source.title} <{source.address}> read {source.read}" for source in found.sources.values()),
        found.omits,
    )


def _replenished(found: plan.Plan, number: int) -> str:
    """When the venue adds to a pool by itself, in the words of the rule; empty where it never does."""
    conditions = [_words(rule.pools[number][0]) for rule in found.replenishments if number in rule.pools]
    return " or ".join(conditions)


def _pool(pool: plan.PoolPlan, replenished: str) -> PoolDescription:
    equity = pool.definitions["pool"]["equity"]
    rules = [equity, *([pool.liquidate] if pool.liquidate is not None else [])]
    cites = dict.fromkeys(
        citation.source + (f' "{citation.passage}"' if citation.passage else "")
        for rule in rules
        for citation in rule.cites
    )
    return PoolDescription(
        pool.kind,
        _words(pool.when) if pool.when is not None else "",
        _covers(pool),
        (_backing(pool), _boundary(pool), _impact(pool), _buffer(pool), _adding(pool, replenished)),
        tuple(cites),
    )


def _words(node: plan.Node) -> str:
    # A boundary's text may go on with what it cites.
    return " ".join(node.span.text.split()).partition(" cites ")[0]


def _covers(pool: plan.PoolPlan) -> str:
    if pool.positions is None:
        return "no positions"
    return (
        "every position" if isinstance(pool.positions, plan.Constant) else f"positions where {_words(pool.positions)}"
    )


_SCOPES = {
    "account": "the whole account",
    "settlement asset": "each settlement asset",
    "position": "each position",
    "underlying": "each underlying",
    "instrument": "each instrument",
    "wallet": "each wallet",
}


def _shared(pool: plan.PoolPlan) -> bool:
    return pool.key != "position"


def _backing(pool: plan.PoolPlan) -> str:
    scope = f"One pool for {_SCOPES.get(pool.key, pool.key)}"
    where = f" where {_words(pool.draws_where)}" if pool.draws_where is not None else ""
    drawn = {
        "assigned_margin": "the margin assigned to the position, and nothing else",
        "remainder": f"the account's balances{where}, less what is assigned to isolated positions",
        "balances": f"the account's balances{where}",
        "nothing": "no collateral of its own",
    }[pool.draws_on]
    currency = "" if pool.asset == "settle" else f", valued in {pool.asset}"
    haircut = ", at a collateral rate for each asset" if _reads(pool, "asset", "collateral_rate") else ""
    return f"{scope}: {drawn}{currency}{haircut}."


def _reads(pool: plan.PoolPlan, entity: str, name: str) -> bool:
    return any(
        isinstance(node, plan.Field) and node.entity == entity and node.name == name
        for node in plan.below(pool.definitions["pool"]["equity"])
    )


def _boundary(pool: plan.PoolPlan) -> str:
    if pool.liquidate is None:
        return "It is never liquidatable."
    condition = _words(pool.liquidate.value)
    equal = {
        compare.operator
        for compare in plan.below(pool.liquidate.value)
        if isinstance(compare, plan.Compare)
        and compare.operator in {"<", "<=", ">", ">="}
        and any(
            isinstance(node, plan.Named) and node.name in {"equity", "margin_ratio"} for node in plan.below(compare)
        )
    }
    strict = ""
    if any(isinstance(node, plan.Unary) and node.operator == "not" for node in plan.below(pool.liquidate.value)):
        # Which side equality is on does not follow from the operators alone.
        equal = set()
    if equal and equal <= {"<", ">"}:
        strict = " Equality is safe."
    elif equal and equal <= {"<=", ">="}:
        strict = " Equality is already liquidatable."
    stages = "".join(f" {threshold.name}: {_words(threshold.value)}." for threshold in pool.thresholds)
    return f"Liquidatable when {condition}, {_requirement(pool)}.{strict}{stages}"


def _is_sum(node: plan.Node) -> bool:
    while isinstance(node, plan.Binary) and node.operator == "+":
        node = node.left
    return isinstance(node, plan.Aggregate) and node.operator == "sum" and node.where is None


def _requirement(pool: plan.PoolPlan) -> str:
    requirement = pool.definitions["pool"].get("maintenance_margin")
    if requirement is None:
        return "with no maintenance margin stated"
    if not _shared(pool):
        return "against the position's own maintenance margin"
    inner: plan.Node = requirement
    while isinstance(inner, plan.Named):
        inner = inner.value
    if isinstance(inner, plan.Aggregate) and inner.operator == "sum" and inner.where is None:
        return "against the sum of its positions' maintenance margins"
    if isinstance(inner, plan.Binary) and inner.operator == "+" and _is_sum(inner.left):
        return f"against the sum of its positions' maintenance margins and what is added to it: {_words(inner)}"
    return f"against a combined maintenance margin of {_words(inner)}, which is no plain sum: offsets are granted"


def _impact(pool: plan.PoolPlan) -> str:
    if not _shared(pool):
        return "None: a loss here leaves every other position's collateral and requirement as they were."
    return "A shared pool: a loss on one position lowers the equity that supports all others in it, and all are liquidatable together."


def _buffer(pool: plan.PoolPlan) -> str:
    equity = pool.definitions["pool"]["equity"]
    formula = _words(equity.value)
    if not _shared(pool):
        return f"The assigned margin and the position's own profit or loss (equity = {formula})."
    profit = any(isinstance(node, plan.Fact) and node.name == "unrealized_pnl" for node in plan.below(equity))
    gains = ", gains on one position included" if profit else ""
    return f"The pool's whole equity{gains} (equity = {formula})."


def _adding(pool: plan.PoolPlan, replenished: str) -> str:
    if pool.draws_on == "assigned_margin" and replenished:
        return f"By adding margin to that position; and the venue adds to it by itself when {replenished}."
    if pool.draws_on == "assigned_margin":
        return "Only by adding margin to that position; cash elsewhere in the account does not help by itself."
    if pool.draws_on == "nothing":
        return "It draws on nothing that could be added."
    return "By any deposit of an asset that it draws on: it counts at once, without being assigned to a position."
