"""(policy, account) to report.

arrange -> evaluate each pool (kernel, or the reference where data is missing) -> solve prices -> report
"""

from decimal import Decimal
from functools import lru_cache
from typing import Any

from attrs import define, field, frozen

from marginrules.account.state import AccountState
from marginrules.arithmetic import exact_context
from marginrules.engine.arrange import PoolInstance, arrange
from marginrules.engine.interpret import POOL, Entity, Interpreter
from marginrules.engine.kernel import Kernel, Rows, compile_pool, run_kernel
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
    for named in pool.definitions["position"].values():
        found = _find_fact(named, name)
        if found is not None:
            return found
    return plan.Fact("position", name, dimensions.money("settle"), pool.span)


def _find_fact(node: plan.Node, name: str) -> plan.Fact | None:
    if isinstance(node, plan.Fact) and node.scope == "position" and node.name == name:
        return node
    if isinstance(node, plan.PoolValue):
        return None
    for child in plan.children(node):
        found = _find_fact(child, name)
        if found is not None:
            return found
    return None


@lru_cache(maxsize=512)
def kernel_of(pool: plan.PoolPlan) -> Kernel:
    """The compiled pool, kept as long as the policy is in use."""
    facts: dict[plan.Scope, list[plan.Node]] = {
        "position": [position_fact(pool, "notional"), position_fact(pool, "unrealized_pnl")]
    }
    return compile_pool(pool, facts)


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
    kernel: Kernel
    prices: PoolPrices = NO_PRICES
    _reference: Interpreter | None = field(default=None)

    @property
    def reference(self) -> Interpreter:
        """The reference evaluator on this pool."""
        if self._reference is None:
            self._reference = Interpreter(self.instance, self.state, self.prices.solved)
        return self._reference

    def value(self, node: plan.Node, entity: Entity) -> Value:
        """A node's value for an entity of its scope."""
        if self.rows is not None:
            column = self.kernel.columns[entity[0]].get(id(node))
            if column is not None:
                found = self.rows[entity[0]][entity[1]][column]
                if found is not None:
                    return found  # type: ignore[no-any-return]
        return self.reference.value(node, entity)


def evaluate_pool(instance: PoolInstance, state: AccountState) -> PoolEvaluation:
    """Evaluate one pool: fast where its data is complete, by the reference where it is not."""
    kernel = kernel_of(instance.plan)
    return PoolEvaluation(instance, state, run_kernel(kernel, instance, state), kernel)


@define
class Evaluation:
    """An account under a policy, evaluated, with everything needed to say why."""

    policy: Policy
    state: AccountState
    pools: tuple[PoolEvaluation, ...]

    def report(self) -> Report:
        """The report."""
        with exact_context():
            return _Writer(self.policy, self.state, self.pools).report()


def evaluation(policy: Policy, state: AccountState, *, solve: bool = True) -> Evaluation:
    """Evaluate an account under a policy.

    Args:
        policy: a checked policy.
        state: the account.
        solve: whether liquidation and bankruptcy prices are solved for; without, they are null.

    Raises:
        StateError: the account does not say which pools its positions are in, or is outside the policy's scope.
    """
    as_of = state.account.as_of
    if policy.versions:
        policy = policy.on(as_of.date() if as_of is not None else None)
    with exact_context():
        pools = tuple(evaluate_pool(instance, state) for instance in arrange(policy, state))
        if solve:
            for pool in pools:
                pool.prices = solve_pool(pool, policy)
    return Evaluation(policy, state, pools)


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
    return evaluation(policy, state, solve=solve).report()


@frozen(eq=False)
class _Layout:
    """Where the figures of a report stand among a kernel's values."""

    pool: tuple[int, int, int]
    ratio: int | None
    liquidatable: int | None
    pool_figures: tuple[tuple[str, int], ...]
    position: tuple[int, int, int, int]
    position_figures: tuple[tuple[str, int], ...]


@lru_cache(maxsize=512)
def _layout(pool: plan.PoolPlan) -> _Layout | None:
    """The layout of a pool whose kernel has every figure; None where one is not defined, constant, or has its own rule."""
    kernel = kernel_of(pool)
    own, members = pool.definitions["pool"], pool.definitions["position"]
    if {"liquidation_price", "bankruptcy_price"} & set(members):
        return None

    def column(scope: plan.Scope, node: plan.Node | None) -> int | None:
        return None if node is None else kernel.columns[scope].get(id(node))

    pool_columns = [column("pool", own.get(name)) for name in ("equity", "initial_margin", "maintenance_margin")]
    position_columns = [
        column("position", node)
        for node in (
            position_fact(pool, "notional"),
            position_fact(pool, "unrealized_pnl"),
            members.get("initial_margin"),
            members.get("maintenance_margin"),
        )
    ]
    ratio = column("pool", own.get("margin_ratio"))
    liquidatable = column("pool", pool.liquidate)
    shown = [(name, column("pool", own.get(name))) for name in pool.published.get("pool", ())]
    shown += [(threshold.name, column("pool", threshold)) for threshold in pool.thresholds]
    shown_positions = [(name, column("position", members.get(name))) for name in pool.published.get("position", ())]
    everything = [
        *pool_columns,
        *position_columns,
        *(found for _, found in shown),
        *(found for _, found in shown_positions),
    ]
    if "margin_ratio" in own:
        everything.append(ratio)
    if pool.liquidate is not None:
        everything.append(liquidatable)
    if None in everything:
        return None
    return _Layout(
        tuple(pool_columns),  # type: ignore[arg-type]
        ratio,
        liquidatable,
        tuple(shown),  # type: ignore[arg-type]
        tuple(position_columns),  # type: ignore[arg-type]
        tuple(shown_positions),  # type: ignore[arg-type]
    )


_NOT_SOLVED = Unknown("prices were not solved for")


@lru_cache(maxsize=4096)
def _entry(at: str, value: Unknown) -> UnknownEntry:
    return UnknownEntry(at, value.reason, value.pointer)


@lru_cache(maxsize=4096)
def _unsolved(place: int) -> tuple[UnknownEntry, UnknownEntry]:
    return (
        _entry(f"/positions/{place}/liquidation_price", _NOT_SOLVED),
        _entry(f"/positions/{place}/bankruptcy_price", _NOT_SOLVED),
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
    unknown: list[UnknownEntry] = field(factory=list)

    def report(self) -> Report:
        pools = tuple(self._pool(index, pool) for index, pool in enumerate(self.pools))
        found: dict[str, tuple[PoolEvaluation, int]] = {}
        for pool in self.pools:
            for index, member in enumerate(pool.instance.positions):
                found[member[0].id] = (pool, index)
        positions = tuple(
            self._position(place, *found[position.id]) for place, position in enumerate(self.state.positions)
        )
        policy = self.policy.plan
        return Report(
            _policy_note(policy),
            self.state.account.id,
            pools,
            positions,
            tuple(self._idle()),
            tuple(self.unknown),
            tuple(self._notes()) if policy.dated_tables else (),
        )

    def _notes(self) -> list[str]:
        as_of = self.state.account.as_of
        return [
            f"table {name} is valid until {until}; the account is as of {as_of.date()}"
            for name, until in self.policy.plan.dated_tables.items()
            if as_of is not None and as_of.date() >= until
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
            return self.figure(Unknown(f"policy {self.policy.name} does not define {name}"), at)
        return self.figure(pool.value(named, entity), at)

    def _pool(self, index: int, pool: PoolEvaluation) -> PoolReport:
        found = pool.instance.plan
        at = f"/pools/{index}"
        layout = _layout(found)
        if pool.rows is not None and layout is not None:
            return self._quick_pool(pool, layout, pool.rows["pool"][0], at)
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

    def _quick_pool(self, pool: PoolEvaluation, layout: "_Layout", values: list[Any], at: str) -> PoolReport:
        """The pool's figures where the kernel has them all."""
        equity, initial, maintenance = (values[column] for column in layout.pool)
        if layout.ratio is not None:
            ratio = values[layout.ratio]
        elif equity > 0:
            ratio = maintenance / equity
        else:
            ratio = self.figure(_margin_ratio(maintenance, equity), f"{at}/margin_ratio")
        return PoolReport(
            pool.instance.plan.kind,
            pool.instance.id,
            tuple([member[0].id for member in pool.instance.positions]),
            pool.instance.asset,
            equity,
            initial,
            maintenance,
            ratio,
            values[layout.liquidatable] if layout.liquidatable is not None else False,
            {name: values[column] for name, column in layout.pool_figures} if layout.pool_figures else NO_FIGURES,
        )

    def _quick_position(
        self, place: int, pool: PoolEvaluation, index: int, layout: _Layout, row: list[Any]
    ) -> PositionReport:
        """The position's figures where the kernel has them all; prices as solved."""
        notional, profit, initial, maintenance = [row[column] for column in layout.position]
        prices: list[Any] = []
        if pool.prices is NO_PRICES:
            self.unknown.extend(_unsolved(place))
            prices = [None, None]
        for name in ("liquidation_price", "bankruptcy_price") if not prices else ():
            price = pool.prices.solved.get((f"solved_{name}", index), _NOT_SOLVED)
            if isinstance(price, Unknown):
                self.unknown.append(_entry(f"/positions/{place}/{name}", price))
                prices.append(None)
            else:
                prices.append(price)
        return PositionReport(
            pool.instance.positions[index][0].id,
            pool.instance.id,
            notional,
            profit,
            initial,
            maintenance,
            prices[0],
            prices[1],
            pool.prices.others.get(index, ()),
            {name: row[column] for name, column in layout.position_figures} if layout.position_figures else NO_FIGURES,
        )

    def _position(self, place: int, pool: PoolEvaluation, index: int) -> PositionReport:
        found = pool.instance.plan
        position = pool.instance.positions[index][0]
        layout = _layout(found)
        if pool.rows is not None and layout is not None:
            return self._quick_position(place, pool, index, layout, pool.rows["position"][index])
        entity: Entity = ("position", index)
        at = f"/positions/{place}"
        notional = self.figure(pool.value(position_fact(found, "notional"), entity), f"{at}/notional")
        profit = self.figure(pool.value(position_fact(found, "unrealized_pnl"), entity), f"{at}/unrealized_pnl")
        margins = [
            self._named(pool, "position", name, entity, f"{at}/{name}")
            for name in ("initial_margin", "maintenance_margin")
        ]
        solved = []
        for name in ("liquidation_price", "bankruptcy_price"):
            stated = found.definitions["position"].get(name)
            value = (
                pool.reference.value(stated, entity)
                if stated is not None
                else pool.prices.solved.get((f"solved_{name}", index), Unknown("prices were not solved for"))
            )
            solved.append(self.figure(value, f"{at}/{name}"))
        figures = {
            name: self._named(pool, "position", name, entity, f"{at}/{name}")
            for name in found.published.get("position", ())
        }
        return PositionReport(
            position.id,
            pool.instance.id,
            notional,
            profit,
            margins[0],
            margins[1],
            solved[0],
            solved[1],
            pool.prices.others.get(index, ()),
            figures,
        )

    def _idle(self) -> list[IdleEquity]:
        found: list[IdleEquity] = []
        for pool in self.pools:
            own = pool.instance.plan.definitions
            if "idle_equity" in own["pool"]:
                amount = self._named(pool, "pool", "idle_equity", POOL, f"/idle_equity/{len(found)}/amount")
                found.append(IdleEquity(pool.instance.asset, amount))
            elif "idle_equity" in own.get("balance", {}):
                for index, (balance, _, _) in enumerate(pool.instance.balances):
                    at = f"/idle_equity/{len(found)}/amount"
                    amount = self._named(pool, "balance", "idle_equity", ("balance", index), at)
                    found.append(IdleEquity(balance.asset, amount))
        return found


def _margin_ratio(maintenance: Decimal | None, equity: Decimal | None) -> Value:
    if maintenance is None or equity is None:
        return Unknown("the margin or the equity of the pool is unknown")
    if equity <= 0:
        return Unknown("the equity of the pool is zero or less")
    return maintenance / equity


__all__ = ["STANDARD_FIGURES", "Evaluation", "PoolEvaluation", "evaluate", "evaluation"]
