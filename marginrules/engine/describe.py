"""What a policy says, in the five rows of the documented comparison: derived from its plan, not written beside it."""

from attrs import frozen

from marginrules.engine.counted import Counted, counted
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
        tuple(
            _pool(pool, _replenished(found, number), counted(found, pool), _allowed(found))
            for number, pool in enumerate(found.pools)
        ),
        tuple(f"{source.title} <{source.address}> read {source.read}" for source in found.sources.values()),
        found.omits,
    )


def _replenished(found: plan.Plan, number: int) -> str:
    """When the venue adds to a pool by itself, in the words of the rule; empty where it never does."""
    conditions = [_words(rule.pools[number][0]) for rule in found.replenishments if number in rule.pools]
    return " or ".join(conditions)


def _allowed(found: plan.Plan) -> frozenset[str] | None:
    """What the rules about actions allow, be it under a condition; None where there are none."""
    if not found.actions:
        return None
    return frozenset(name for rule in found.actions if rule.verdict == "allow" for name in rule.actions)


def _pool(
    pool: plan.PoolPlan, replenished: str, profit: Counted | None, allowed: frozenset[str] | None
) -> PoolDescription:
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
        (
            _backing(pool),
            _boundary(pool),
            _impact(pool, replenished, profit),
            _buffer(pool, profit),
            _adding(pool, replenished, allowed),
        ),
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
    stated: plan.Node = pool.liquidate
    while isinstance(stated, plan.Named):
        stated = stated.value
    condition = _words(stated)
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
    return f"Liquidatable when {condition}{_requirement(pool, pool.liquidate)}.{strict}{stages}"


def _is_sum_of_margins(node: plan.Node) -> bool:
    """Whether it is the sum over all positions of their maintenance margin, converted or not."""
    if not isinstance(node, plan.Aggregate) or (node.operator, node.members) != ("sum", "positions"):
        return False
    operand = node.operand
    while isinstance(operand, plan.Convert):
        operand = operand.operand
    return node.where is None and isinstance(operand, plan.Named) and operand.name == "maintenance_margin"


def _requirement(pool: plan.PoolPlan, boundary: plan.Named) -> str:
    """What it is held against, where that is the maintenance margin."""
    requirement = pool.definitions["pool"].get("maintenance_margin")
    if requirement is None:
        return ", with no maintenance margin stated"
    inner: plan.Node = requirement
    while isinstance(inner, plan.Named):
        inner = inner.value
    if all(node is not requirement and node is not inner for node in plan.below(boundary)):
        # It has a requirement of its own, which its words say.
        return ""
    added: plan.Node = inner
    while isinstance(added, plan.Binary) and added.operator == "+":
        added = added.left
    if _is_sum_of_margins(added):
        if not _shared(pool):
            own = ", against the position's own maintenance margin"
        else:
            own = ", against the sum of its positions' maintenance margins"
        return own if added is inner else f"{own} and what is added to it: {_words(inner)}"
    if not _shared(pool):
        return f", against a maintenance margin of {_words(inner)}"
    return f", against a combined maintenance margin of {_words(inner)}, which is no plain sum over its positions"


def _impact(pool: plan.PoolPlan, replenished: str, profit: Counted | None) -> str:
    if not _shared(pool):
        if replenished:
            return "None by the loss itself, which leaves every other position's requirement as it was; what the venue adds here by itself no longer backs the others."
        return "None: a loss here leaves every other position's collateral and requirement as they were."
    together = ", and all are liquidatable together" if pool.liquidate is not None else ""
    if profit is not None and profit.loss.none:
        return f"A shared pool: a loss on one position leaves the equity that supports all as it was{together}."
    return f"A shared pool: a loss on one position lowers the equity that supports all others in it{together}."


def _buffer(pool: plan.PoolPlan, profit: Counted | None) -> str:
    formula = _words(pool.definitions["pool"]["equity"].value)
    stated = f" (equity = {formula})."
    if not _backed(pool):
        return f"Only what its rule says, which does not read what it draws on{stated}"
    return (_shared_buffer(profit) if _shared(pool) else _own_buffer(profit)) + stated


def _shared_buffer(profit: Counted | None) -> str:
    whole = "The pool's whole equity"
    if profit is None:
        return whole
    if profit.gain.none and profit.loss.none:
        return f"{whole}, which neither gains nor losses change"
    if profit.gain.none:
        return f"{whole}, in which gains do not count"
    gains = "gains on one position included" if profit.gain.whole else "of gains on one position what the rule counts"
    if profit.loss.none:
        return f"{whole}, {gains}, losses not"
    if not profit.loss.whole:
        return f"{whole}, of gains and losses on one position what the rule counts"
    return f"{whole}, {gains}"


def _own_buffer(profit: Counted | None) -> str:
    margin = "The assigned margin"
    if profit is None or (not profit.gain.none and not profit.loss.none):
        if profit is None or not profit.loss.whole:
            return f"{margin}, and of the position's own profit or loss what the rule counts"
        counts = "" if profit.gain.whole else ", of a profit what the rule counts"
        return f"{margin} and the position's own profit or loss{counts}"
    if profit.gain.none and profit.loss.none:
        return f"{margin} alone, whatever the position's own profit or loss"
    if profit.gain.none:
        return f"{margin} less the position's own loss; a profit does not count"
    return f"{margin} and the position's own profit; a loss does not count"


def _backed(pool: plan.PoolPlan) -> bool:
    """Whether the equity reads what the pool draws on."""
    return any(
        isinstance(node, plan.Fact) and node.name in {"collateral", "amount"}
        for node in plan.below(pool.definitions["pool"]["equity"])
    )


def _adding(pool: plan.PoolPlan, replenished: str, allowed: frozenset[str] | None) -> str:
    if pool.draws_on == "nothing":
        return "It draws on nothing that could be added."
    if not _backed(pool):
        return "By nothing: its equity does not read what it draws on."
    if pool.draws_on == "assigned_margin" and allowed is not None and "add_margin" not in allowed:
        if replenished:
            return f"By the venue itself, when {replenished}; the policy allows no margin to be added."
        return "By nothing: the policy allows no margin to be added."
    if pool.draws_on != "assigned_margin" and allowed is not None and not allowed & {"deposit", "transfer"}:
        return "By nothing: the policy allows no deposit."
    if pool.draws_on == "assigned_margin" and replenished:
        return f"By adding margin to that position; and the venue adds to it by itself when {replenished}."
    if pool.draws_on == "assigned_margin":
        return "Only by adding margin to that position; cash elsewhere in the account does not help by itself."
    return "By any deposit of an asset that it draws on: it counts at once, without being assigned to a position."
