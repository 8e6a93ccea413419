"""(policy, account) to report.

arrange -> evaluate each pool (kernel, or the reference where data is missing) -> solve prices -> report
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from attrs import define, field, frozen

from marginrules.account.state import AccountState
from marginrules.arithmetic import exact_context, plain_text
from marginrules.engine.arrange import PoolInstance, arrange
from marginrules.engine.interpret import POOL, Entity, Interpreter
from marginrules.engine.kernel import Kernel, Rows, compile_pool, compile_prices, compile_report, run_kernel
from marginrules.engine.report import (
    NO_FIGURES,
    Figure,
    IdleEquity,
    PolicyNote,
    PoolReport,
    PositionReport,
    Report,
    UnknownEntry,
)
from marginrules.engine.solve import NO_PRICES, PoolPrices, solve_pool
from marginrules.engine.unknown import Unknown, Value
from marginrules.policy import dimensions, plan
from marginrules.policy.elaborate import STANDARD_FIGURES
from marginrules.policy.policy import Policy


@lru_cache(maxsize=512)
def position_fact(pool: plan.PoolPlan, name: str) -> plan.Node:
    """The node of a contract fact that every report shows; as the policy rounds it, where it does."""
    stated = pool.definitions["position"].get(name)
    if stated is not None:
        return stated
    conditions = [*pool.thresholds] if pool.liquidate is None else [pool.liquidate, *pool.thresholds]
    for named in (*pool.definitions["position"].values(), *pool.definitions["pool"].values(), *conditions):
        for node in plan.below(named):
            if isinstance(node, plan.Fact) and node.scope == "position" and node.name == name:
                return node
    return plan.Fact("position", name, dimensions.money("settle"), pool.span)


@frozen(eq=False)
class Compiled:
    """A pool's rules as functions.

    Attributes:
        kernel: computes what a report shows.
        layout: picks the figures of a report from that; None where the kernel does not have them all.
    """

    pool: plan.PoolPlan
    kernel: Kernel
    layout: "_Layout | None"

    @property
    def whole(self) -> Kernel:
        """Computes every value, those too that only rules about actions read."""
        return _whole(self.pool)


@lru_cache(maxsize=512)
def compiled(pool: plan.PoolPlan) -> Compiled:
    """The compiled pool, kept as long as the policy is in use."""
    kernel = compile_report(pool, _facts(pool))
    return Compiled(pool, kernel, _layout(pool, kernel))


def _facts(pool: plan.PoolPlan) -> Mapping[plan.Scope, list[plan.Node]]:
    return {"position": [position_fact(pool, "notional"), position_fact(pool, "unrealized_pnl")]}


@lru_cache(maxsize=512)
def _stated(pool: plan.PoolPlan) -> Kernel:
    return compile_prices(pool)


@lru_cache(maxsize=512)
def _whole(pool: plan.PoolPlan) -> Kernel:
    return compile_pool(pool, _facts(pool))


def kernel_of(pool: plan.PoolPlan) -> Kernel:
    """The kernel of a pool."""
    return compiled(pool).kernel


@define
class PoolEvaluation:
    """One pool of an account, evaluated: any node's value for any of its entities.

    Attributes:
        instance: who is in it.
        state: the whole account.
        rows: values by scope and entity, where the kernel computed them.
    """

    instance: PoolInstance
    state: AccountState
    rows: Rows | None
    compiled: Compiled
    prices: PoolPrices = NO_PRICES
    _reference: Interpreter | None = None
    _stated: tuple[Rows | None] | None = None
    _whole: tuple[Rows | None] | None = None
    """What the whole kernel computes, once something that the report does not show is asked for."""

    @property
    def kernel(self) -> Kernel:
        """What computed the rows."""
        return self.compiled.kernel

    @property
    def reference(self) -> Interpreter:
        """The reference evaluator on this pool."""
        if self._reference is None:
            self._reference = Interpreter(self.instance, self.state, self.prices.solved, known=self._computed)
        return self._reference

    def put_prices(self, prices: PoolPrices) -> None:
        """Note the solved prices; what was worked out before they were known is worked out again."""
        self.prices = prices
        self._reference = self._stated = None

    def stated_price(self, node: plan.Node, index: int) -> Value:
        """The price of a position by a rule of the policy's own."""
        kernel = _stated(self.instance.plan)
        if self._stated is None:
            self._stated = (run_kernel(kernel, self.instance, self.state, self.prices.solved),)
        rows, column = self._stated[0], kernel.columns["position"].get(id(node))
        found: Value | None = None if rows is None or column is None else rows["position"][index][column]
        return self.value(node, ("position", index)) if found is None else found

    def value(self, node: plan.Node, entity: Entity) -> Value:
        """A node's value for an entity of its scope."""
        found = self._computed(node, entity)
        return self.reference.value(node, entity) if found is None else found

    def _computed(self, node: plan.Node, entity: Entity) -> Value | None:
        """A value that compiled code has; None where it has none."""
        if self.rows is None:
            return None
        scope, index = entity
        column = self.kernel.columns[scope].get(id(node))
        if column is not None:
            found: Value | None = self.rows[scope][index][column]
            if found is not None:
                return found
        column = self.compiled.whole.columns[scope].get(id(node))
        if column is None:
            return None
        if self._whole is None:
            self._whole = (run_kernel(self.compiled.whole, self.instance, self.state),)
        rows = self._whole[0]
        return None if rows is None else rows[scope][index][column]


def evaluate_pool(instance: PoolInstance, state: AccountState) -> PoolEvaluation:
    """Evaluate one pool: fast where its data is complete, by the reference where it is not."""
    found = compiled(instance.plan)
    return PoolEvaluation(instance, state, run_kernel(found.kernel, instance, state), found)


@define
class Evaluation:
    """An account under a policy, evaluated, with everything needed to say why."""

    policy: Policy
    state: AccountState
    pools: tuple[PoolEvaluation, ...]
    solved: bool = True

    def report(self) -> Report:
        """The report."""
        with exact_context():
            return _Writer(self.policy, self.state, self.pools, self.solved).report()


def evaluation(policy: Policy, state: AccountState, *, solve: bool = True) -> Evaluation:
    """Evaluate an account under a policy.

    Args:
        policy: a checked policy.
        state: the account.
        solve: whether liquidation and bankruptcy prices are solved for; without, they are null.

    Raises:
        StateError: the account does not say which pools its positions are in, or is outside the policy's scope.
    """
    with exact_context():
        return _evaluated(policy, state, solve=solve)


def _evaluated(policy: Policy, state: AccountState, *, solve: bool) -> Evaluation:
    if policy.versions:
        policy = policy.on(state.account.day)
    pools = tuple([evaluate_pool(instance, state) for instance in arrange(policy, state)])
    if solve:
        for pool in pools:
            pool.put_prices(solve_pool(pool, policy))
    return Evaluation(policy, state, pools, solve)


def evaluate(policy: Policy, state: AccountState, *, solve: bool = True) -> Report:
    """The report of an account under a policy.

    Args:
        policy: a checked policy, from `load_policy`.
        state: the account, from `read_account`.
        solve: whether liquidation and bankruptcy prices are solved for; without, they are null.

    Returns:
        Pools, positions and idle equity; exact decimals; what cannot be had is None and explained in `unknown`.

    Raises:
        StateError: the account does not say which pools its positions are in, or is outside the policy's scope.
    """
    with exact_context():
        found = _evaluated(policy, state, solve=solve)
        return _Writer(found.policy, state, found.pools, solve).report()


@frozen(eq=False)
class _Layout:
    """Makes a report's records from a kernel's values, by functions that are made once a pool.

    Attributes:
        pool: from the pool's values, its id, its members' ids and its asset, to its record.
        position: from a position's values, its id, its pool's id, its two solved prices and further boundaries, to its
            record.
        idle: the idle equity among the pool's values; None where the policy has none for the pool.
        by_balance: whether it has one for each balance.
        stated: prices for which the policy has rules of its own.
        lacking: figures of the pool that the policy does not define; lacking_of_position: of its positions.
    """

    pool: Callable[[list[Any], str, tuple[str, ...], str | None], PoolReport]
    position: Callable[
        [list[Any], str, str, Decimal | None, Decimal | None, tuple[Decimal, ...]],
        PositionReport,
    ]
    idle: Callable[[list[Any]], Decimal] | None
    by_balance: bool
    stated: Mapping[str, plan.Node]
    lacking: tuple[str, ...]
    lacking_of_position: tuple[str, ...]


@define
class _Text:
    """The text of a kernel's values in a function that makes a record."""

    kernel: Kernel
    names: dict[str, Any]
    complete: bool = True

    def value(self, scope: plan.Scope, node: plan.Node | None) -> str:
        """An expression for a node's value; `complete` says afterwards whether the kernel has them all."""
        if node is None:
            return "None"
        bare = node
        while isinstance(bare, plan.Named):
            bare = bare.value
        column = self.kernel.columns[scope].get(id(node))
        if column is not None:
            return f"row[{column}]"
        if isinstance(bare, plan.Constant):
            name = f"constant_{len(self.names)}"
            self.names[name] = bare.value
            return name
        self.complete = False
        return "None"

    def mapping(self, scope: plan.Scope, nodes: Mapping[str, plan.Node | None]) -> str:
        """An expression for figures by name."""
        if not nodes:
            return "NO_FIGURES"
        return f"{{{', '.join(f'{name!r}: {self.value(scope, node)}' for name, node in nodes.items())}}}"

    def function(self, parameters: str, result: str) -> Any:
        """The function of that text."""
        return eval(f"lambda {parameters}: {result}", self.names)  # noqa: S307 - columns, and names from a checked plan


def _layout(pool: plan.PoolPlan, kernel: Kernel) -> _Layout | None:
    """The layout of a pool whose kernel has every figure; None where one is not defined."""
    text = _Text(kernel, {"PoolReport": PoolReport, "PositionReport": PositionReport, "NO_FIGURES": NO_FIGURES})
    own, members = pool.definitions["pool"], pool.definitions["position"]
    equity, initial, maintenance = (
        text.value("pool", own.get(name)) for name in ("equity", "initial_margin", "maintenance_margin")
    )
    ratio = "None" if "None" in {maintenance, equity} else f"{maintenance} / {equity} if {equity} > 0 else None"
    if "margin_ratio" in own:
        ratio = text.value("pool", own["margin_ratio"])
    liquidatable = "False" if pool.liquidate is None else text.value("pool", pool.liquidate)
    figures: dict[str, plan.Node | None] = {name: own.get(name) for name in pool.published.get("pool", ())}
    figures.update({threshold.name: threshold for threshold in pool.thresholds})
    whole = (
        f"PoolReport({pool.kind!r}, identity, members, asset, {equity}, {initial}, {maintenance}, {ratio}, "
        f"{liquidatable}, {text.mapping('pool', figures)})"
    )
    notional, profit = (text.value("position", position_fact(pool, name)) for name in ("notional", "unrealized_pnl"))
    margins = [text.value("position", members.get(name)) for name in ("initial_margin", "maintenance_margin")]
    published = {name: members.get(name) for name in pool.published.get("position", ())}
    member = (
        f"PositionReport(identity, pool, {notional}, {profit}, {margins[0]}, {margins[1]}, liquidation, bankruptcy, "
        f"others, {text.mapping('position', published)})"
    )
    idle = text.value("pool", own["idle_equity"]) if "idle_equity" in own else None
    if not text.complete:
        return None
    return _Layout(
        text.function("row, identity, members, asset", whole),
        text.function("row, identity, pool, liquidation, bankruptcy, others", member),
        None if idle is None else text.function("row", idle),
        "idle_equity" in pool.definitions.get("balance", {}),
        {name: members[name] for name in _PRICES if name in members},
        tuple(name for name in ("equity", "initial_margin", "maintenance_margin") if name not in own),
        tuple(name for name in ("initial_margin", "maintenance_margin") if name not in members),
    )


_PRICES = {name: f"solved_{name}" for name in ("liquidation_price", "bankruptcy_price")}
_NOT_SOLVED = Unknown("prices were not solved for")


@lru_cache(maxsize=512)
def _undefined(policy: str, name: str) -> Unknown:
    return Unknown(f"policy {policy} does not define {name}")


@lru_cache(maxsize=4096)
def _undefined_of(section: str, place: int, names: tuple[str, ...], policy: str) -> tuple[UnknownEntry, ...]:
    return tuple(
        UnknownEntry(f"/{section}/{place}/{name}", reason.reason, reason.pointer)
        for name in names
        for reason in (_undefined(policy, name),)
    )


@lru_cache(maxsize=4096)
def _entry(section: str, place: int, name: str, value: Unknown) -> UnknownEntry:
    return UnknownEntry(f"/{section}/{place}/{name}", value.reason, value.pointer)


@lru_cache(maxsize=256)
def _unsolved(positions: int) -> tuple[UnknownEntry, ...]:
    return tuple(
        UnknownEntry(f"/positions/{place}/{name}", _NOT_SOLVED.reason) for place in range(positions) for name in _PRICES
    )


@lru_cache(maxsize=256)
def _policy_note(policy: plan.Plan) -> PolicyNote:
    return PolicyNote(policy.name, policy.version, policy.digest, policy.omits)


@define
class _Writer:
    """Collects figures, and reasons for those that cannot be had."""

    policy: Policy
    state: AccountState
    pools: tuple[PoolEvaluation, ...]
    solved: bool
    """Whether prices were solved for."""
    unknown: list[UnknownEntry] = field(factory=list)
    lacking: dict[str, list[tuple[str, Unknown]]] = field(factory=dict)
    """What cannot be had of positions, by their id."""
    undefined: dict[str, tuple[str, ...]] = field(factory=dict)
    """What the policy does not define of positions, by their id."""

    def report(self) -> Report:
        pools: list[PoolReport] = []
        positions: dict[str, PositionReport] = {}
        idle: list[IdleEquity] = []
        noted, orders = bool(self.policy.plan.dated_tables), len(self.state.orders)
        for index, pool in enumerate(self.pools):
            layout, rows, instance = pool.compiled.layout, pool.rows, pool.instance
            if instance.idle:
                noted = True
            if orders:
                orders -= len(instance.orders)
            if layout is None or rows is None:
                self._slowly(index, pool, pools, positions, idle)
                continue
            identity, asset, values = instance.id, instance.asset, rows["pool"][0]
            ids = tuple([member[0].id for member in instance.positions])
            record = layout.pool(values, identity, ids, asset)
            pools.append(record)
            if layout.lacking:
                self.unknown += _undefined_of("pools", index, layout.lacking, self.policy.name)
            if record.margin_ratio is None:
                self.figure(_margin_ratio(record.maintenance_margin, record.equity), f"/pools/{index}/margin_ratio")
            if layout.idle is not None:
                idle.append(IdleEquity(asset, layout.idle(values)))
            elif layout.by_balance:
                self._idle(pool, idle)
            if layout.lacking_of_position:
                for name in ids:
                    self.undefined[name] = layout.lacking_of_position
            make = layout.position
            if pool.prices is NO_PRICES:
                for name, row in zip(ids, rows["position"]):  # noqa: B905 - a row for each, made of the same members
                    positions[name] = make(row, name, identity, None, None, ())
                continue
            others = pool.prices.others
            for place, row in enumerate(rows["position"]):
                liquidation, bankruptcy = self._prices(pool, place, layout.stated)
                name = ids[place]
                positions[name] = make(row, name, identity, liquidation, bankruptcy, others.get(place, ()))
            for place, reason in pool.prices.partial.items():
                self._of_position(pool, place, "other_boundaries", reason)
        if self.undefined or self.lacking:
            for place, position in enumerate(self.state.positions):
                if position.id in self.undefined:
                    names = self.undefined[position.id]
                    self.unknown += _undefined_of("positions", place, names, self.policy.name)
                for name, reason in self.lacking.get(position.id, ()):
                    self.unknown.append(_entry("positions", place, name, reason))
        if not self.solved:
            self.unknown += _unsolved(len(positions))
        policy = self.policy.plan
        return Report(
            _policy_note(policy),
            self.state.account.id,
            tuple(pools),
            tuple([positions[position.id] for position in self.state.positions]),
            tuple(idle),
            tuple(self.unknown),
            tuple(self._notes()) if noted or orders else (),
        )

    def _slowly(
        self,
        index: int,
        pool: PoolEvaluation,
        pools: list[PoolReport],
        positions: dict[str, PositionReport],
        idle: list[IdleEquity],
    ) -> None:
        """A pool figure by figure, where the kernel does not have them all."""
        pools.append(self._pool(index, pool))
        for place, (position, _, _) in enumerate(pool.instance.positions):
            positions[position.id] = self._position(pool, place)
        self._idle(pool, idle)

    def _notes(self) -> list[str]:
        notes = self._tables_past_their_day() if self.policy.plan.dated_tables else []
        for pool in self.pools:
            if pool.instance.idle:
                notes += [
                    f"{plain_text(balance.wallet_balance)} {balance.asset} backs no pool: {pool.instance.id} is valued in "
                    f"{pool.instance.asset}"
                    for balance in pool.instance.idle
                ]
        seen = {id(order) for pool in self.pools for order, _, _ in pool.instance.orders}
        notes += [
            f"the order {order.id or order.symbol} is in no pool, and no figure has anything of it"
            for order in self.state.orders
            if id(order) not in seen
        ]
        return notes

    def _tables_past_their_day(self) -> list[str]:
        day = self.state.account.day
        if day is None:
            return [
                f"table {name} is valid until {until}; the account names no day, so whether it still is cannot be said"
                for name, until in self.policy.plan.dated_tables.items()
            ]
        return [
            f"table {name} is valid until {until}; the account is as of {day}"
            for name, until in self.policy.plan.dated_tables.items()
            if day >= until
        ]

    def figure(self, value: Value | None, at: str) -> Any:
        """A value for the report; what cannot be had is None and gets an entry."""
        if isinstance(value, Unknown):
            self.unknown.append(UnknownEntry(at, value.reason, value.pointer))
            return None
        return value

    def _named(self, pool: PoolEvaluation, scope: plan.Scope, name: str, entity: Entity, at: str) -> Any:
        named = pool.instance.plan.definitions[scope].get(name)
        if named is None:
            return self.figure(_undefined(self.policy.name, name), at)
        return self.figure(pool.value(named, entity), at)

    def _pool(self, index: int, pool: PoolEvaluation) -> PoolReport:
        found = pool.instance.plan
        at = f"/pools/{index}"
        equity = self._named(pool, "pool", "equity", POOL, f"{at}/equity")
        initial = self._named(pool, "pool", "initial_margin", POOL, f"{at}/initial_margin")
        maintenance = self._named(pool, "pool", "maintenance_margin", POOL, f"{at}/maintenance_margin")
        if "margin_ratio" in found.definitions["pool"]:
            ratio = self._named(pool, "pool", "margin_ratio", POOL, f"{at}/margin_ratio")
        else:
            ratio = self.figure(_margin_ratio(maintenance, equity), f"{at}/margin_ratio")
        liquidatable: bool | None = False
        if found.liquidate is not None:
            liquidatable = self.figure(pool.value(found.liquidate, POOL), f"{at}/liquidatable")
        figures: dict[str, Figure] = {}
        for name in found.published.get("pool", ()):
            figures[name] = self._named(pool, "pool", name, POOL, f"{at}/{name}")
        for threshold in found.thresholds:
            figures[threshold.name] = self.figure(pool.value(threshold, POOL), f"{at}/{threshold.name}")
        return PoolReport(
            found.kind,
            pool.instance.id,
            tuple(position.id for position, _, _ in pool.instance.positions),
            pool.instance.asset,
            equity,
            initial,
            maintenance,
            ratio,
            liquidatable,
            figures,
        )

    def _prices(
        self, pool: PoolEvaluation, index: int, stated: Mapping[str, plan.Node]
    ) -> tuple[Decimal | None, Decimal | None]:
        """The prices of a position: as the policy states them, else as solved."""
        found: list[Any] = []
        for name, solved in _PRICES.items():
            price: Value
            if name in stated:
                price = pool.stated_price(stated[name], index)
            else:
                price = pool.prices.solved.get((solved, index), _NOT_SOLVED)
            found.append(self._of_position(pool, index, name, price) if isinstance(price, Unknown) else price)
        return found[0], found[1]

    def _of_position(self, pool: PoolEvaluation, index: int, name: str, value: Value) -> Any:
        """A position's figure for the report; what cannot be had is None and gets an entry."""
        if isinstance(value, Unknown):
            self.lacking.setdefault(pool.instance.positions[index][0].id, []).append((name, value))
            return None
        return value

    def _position(self, pool: PoolEvaluation, index: int) -> PositionReport:
        """One position, figure by figure."""
        found = pool.instance.plan
        members = found.definitions["position"]
        entity: Entity = ("position", index)

        def figure(name: str) -> Any:
            node = position_fact(found, name) if name in {"notional", "unrealized_pnl"} else members.get(name)
            missing = _undefined(self.policy.name, name)
            return self._of_position(pool, index, name, missing if node is None else pool.value(node, entity))

        notional, profit, initial, maintenance = [
            figure(name) for name in ("notional", "unrealized_pnl", "initial_margin", "maintenance_margin")
        ]
        stated = {name: members[name] for name in _PRICES if name in members}
        liquidation, bankruptcy = self._prices(pool, index, stated) if self.solved else (None, None)
        if index in pool.prices.partial:
            self._of_position(pool, index, "other_boundaries", pool.prices.partial[index])
        return PositionReport(
            pool.instance.positions[index][0].id,
            pool.instance.id,
            notional,
            profit,
            initial,
            maintenance,
            liquidation,
            bankruptcy,
            pool.prices.others.get(index, ()),
            {name: figure(name) for name in found.published.get("position", ())},
        )

    def _idle(self, pool: PoolEvaluation, found: list[IdleEquity]) -> None:
        own = pool.instance.plan.definitions
        if "idle_equity" in own["pool"]:
            amount = self._named(pool, "pool", "idle_equity", POOL, f"/idle_equity/{len(found)}/amount")
            found.append(IdleEquity(pool.instance.asset, amount))
        elif "idle_equity" in own.get("balance", {}):
            for index, (balance, _, _) in enumerate(pool.instance.balances):
                at = f"/idle_equity/{len(found)}/amount"
                amount = self._named(pool, "balance", "idle_equity", ("balance", index), at)
                found.append(IdleEquity(balance.asset, amount))


def _margin_ratio(maintenance: Decimal | None, equity: Decimal | None) -> Value:
    if maintenance is None or equity is None:
        return Unknown("the margin or the equity of the pool is unknown")
    if equity <= 0:
        return Unknown("the equity of the pool is zero or less")
    return maintenance / equity


__all__ = ["STANDARD_FIGURES", "Evaluation", "PoolEvaluation", "evaluate", "evaluation"]
