"""Liquidation and bankruptcy prices, solved from the policy's own boundary.

For each pool and instrument the mark price is the one unknown: all positions on the instrument move with it, every
other mark and every index price stays. Boundaries are looked for over all positive prices. Where the condition is
affine between kinks they come from `walk`, exactly; elsewhere from a search on a fine grid refined to the digits that a
report gives, which can miss two boundaries closer together than the grid (half a percent of the price).
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, DecimalException
from functools import lru_cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field, frozen

from marginrules.account.state import AccountState, Instrument
from marginrules.arithmetic import SOLVED_DIGITS, to_solved_digits
from marginrules.engine.interpret import POOL, Interpreter
from marginrules.engine.kernel import Kernel, Rows, compile_nodes, run_kernel
from marginrules.engine.unknown import MissingError, Unknown, Value
from marginrules.engine.walk import NotAffineError, Walker, compile_walker, on_stairs, varies, walk
from marginrules.policy import plan
from marginrules.policy.dimensions import FLAG, LITERAL
from marginrules.policy.policy import Policy

if TYPE_CHECKING:
    from marginrules.engine.evaluate import PoolEvaluation

NO_PRICE = "none"
"""The reason of a price that does not exist: nothing that is missing, and no error."""

_ZERO, _ONE = Decimal(0), Decimal(1)
_GRID_STEP = Decimal("1.005")
_GRID_SPAN = 1400
"""Steps of the grid to each side: from about a thousandth of the price to a thousand times it."""


@frozen
class PoolPrices:
    """Solved prices of a pool's positions, by name and index; further boundaries by index."""

    solved: Mapping[tuple[str, int], Value]
    others: Mapping[int, tuple[Decimal, ...]] = field(factory=dict)


NO_PRICES = PoolPrices(MappingProxyType({}), MappingProxyType({}))


@lru_cache(maxsize=512)
def _conditions(pool: plan.PoolPlan) -> tuple[plan.Node, plan.Node | None]:
    """The conditions that are followed along a price: equity below zero, and the pool's boundary."""
    equity = pool.definitions["pool"]["equity"]
    zero = plan.Constant(Decimal(0), LITERAL, equity.span)
    return plan.Compare("<", equity, zero, FLAG, equity.span), pool.liquidate


@lru_cache(maxsize=512)
def _cone(pool: plan.PoolPlan) -> Kernel:
    """The kernel of the conditions alone: what only other figures need may be missing."""
    nodes = [node for node in _conditions(pool) if node is not None]
    return compile_nodes(nodes, {}, pool)


@lru_cache(maxsize=512)
def _walker(pool: plan.PoolPlan, kernel: Kernel, inverse: bool) -> Walker | None:  # noqa: FBT001 - a cache key
    bankrupt, liquidatable = _conditions(pool)
    try:
        conditions = [node for node in (bankrupt, liquidatable) if node is not None]
        return compile_walker(conditions, kernel, pool, inverse=inverse)
    except NotAffineError:
        return None


def solve_pool(pool: "PoolEvaluation", policy: Policy) -> PoolPrices:
    """Solved prices of every position of a pool.

    Args:
        pool: the pool, evaluated.
        policy: the policy it was evaluated under.
    """
    del policy
    solved: dict[tuple[str, int], Value] = {}
    others: dict[int, tuple[Decimal, ...]] = {}
    by_symbol: dict[str, list[int]] = {}
    for index, (position, _, _) in enumerate(pool.instance.positions):
        by_symbol.setdefault(position.symbol, []).append(index)
    now = pool.value(pool.instance.plan.liquidate, POOL) if pool.instance.plan.liquidate is not None else False
    equity = pool.value(pool.instance.plan.definitions["pool"]["equity"], POOL)
    below = equity if isinstance(equity, Unknown) else equity < 0  # type: ignore[operator]
    kernel, rows = (pool.kernel, pool.rows) if pool.rows is not None else _cone_rows(pool)
    still = None if rows is None else _Still(pool, kernel, rows)
    for members in by_symbol.values():
        instrument = pool.instance.positions[members[0]][1]
        mark = instrument.mark_price
        if mark is None:
            reason: Value = Unknown(
                f"instrument {instrument.symbol} has no mark_price", f"{instrument.pointer}/mark_price"
            )
            for index in members:
                solved["solved_liquidation_price", index] = solved["solved_bankruptcy_price", index] = reason
            continue
        bankruptcies, liquidations = _boundaries(pool, still, instrument, mark)
        for index in members:
            quantity = pool.instance.positions[index][0].quantity
            solved["solved_liquidation_price", index], others[index] = _chosen(liquidations, mark, quantity, now)
            solved["solved_bankruptcy_price", index], _ = _chosen(bankruptcies, mark, quantity, below)
    return PoolPrices(solved, others)


@frozen
class _Boundaries:
    """Prices at which a verdict changes, ascending; and why it is not known beyond them, where it is not.

    Attributes:
        below: why nothing is known of lower prices than those looked at; above: of higher ones.
    """

    prices: tuple[Decimal, ...] = ()
    below: Unknown | None = None
    above: Unknown | None = None


def _chosen(boundaries: _Boundaries, mark: Decimal, quantity: Decimal, now: Value) -> tuple[Value, tuple[Decimal, ...]]:
    """The boundary that is the position's price, and the others."""
    if isinstance(now, Unknown):
        return now, ()
    prices = boundaries.prices
    below, above = boundaries.below, boundaries.above
    if not prices:
        return below or above or Unknown(NO_PRICE), ()
    if len(prices) == 1 and below is None and above is None:
        return prices[0], ()
    if now:
        if below or above:
            return below or above or Unknown(NO_PRICE), ()
        nearest = min(prices, key=lambda price: abs(price - mark))
    else:
        lower = [price for price in prices if price <= mark]
        higher = [price for price in prices if price >= mark]
        adverse, other, unseen = (lower, higher, below) if quantity > 0 else (higher, lower, above)
        # The search goes outward: what it found lies before the first price of which nothing is known.
        if not adverse and unseen is not None:
            return unseen, ()
        nearest = min(adverse or other, key=lambda price: abs(price - mark))
    remaining = list(prices)
    remaining.remove(nearest)
    return nearest, tuple(remaining)


class _UnknownAlongError(Exception):
    def __init__(self, reason: Unknown) -> None:
        self.reason = reason
        super().__init__(reason.reason)


def _boundaries(
    pool: "PoolEvaluation", still: "_Still | None", instrument: Instrument, mark: Decimal
) -> tuple[_Boundaries, _Boundaries]:
    """Where the equity crosses zero, and where the verdict changes."""
    inverse = instrument.contract == "inverse"
    bankrupt, liquidatable = _conditions(pool.instance.plan)
    walker = None if still is None else _walker(pool.instance.plan, still.kernel, inverse)
    if walker is not None and still is not None:
        try:
            crossings = _walked(still, walker, instrument, mark, 1 if liquidatable is None else 2)
        except (NotAffineError, MissingError, TypeError, DecimalException):
            crossings = None
        if crossings is not None:
            prices = [
                _Boundaries(tuple(sorted(to_solved_digits(1 / x if inverse else x) for x in found if x > 0)))
                for found in crossings
            ]
            return prices[0], prices[1] if liquidatable is not None else _Boundaries()
    return (
        _searched(pool, bankrupt, instrument, mark),
        _Boundaries() if liquidatable is None else _searched(pool, liquidatable, instrument, mark),
    )


# ---------------------------------------------------------------- the walk


def _cone_rows(pool: "PoolEvaluation") -> tuple[Kernel, Rows | None]:
    kernel = _cone(pool.instance.plan)
    return kernel, run_kernel(kernel, pool.instance, pool.state)


@define
class _Still:
    """A pool's values where no price moves, gathered once for the walks along each of its instruments."""

    pool: "PoolEvaluation"
    kernel: Kernel
    rows: Rows
    parts: dict[int, list[Decimal | None]] = field(factory=dict)

    def rest(self, node: plan.Aggregate, still: list[int], moving: Mapping[str, int]) -> Decimal | None:
        """What the members that do not move contribute to an aggregate: of the pool, or of the group that moves."""
        parts = self.parts.get(id(node))
        if parts is None:
            parts = self.parts[id(node)] = self._parts(node)
        if node.group is None:
            found = [part for index in still if (part := parts[index]) is not None]
        else:
            groups, own = self.pool.instance.groups[node.group].of(node.members, node.by), moving[node.group]
            found = [part for index in still if groups[index] == own and (part := parts[index]) is not None]
        if node.operator in {"sum", "count"}:
            return sum(found, _ZERO)
        if not found:
            return None
        return max(found) if node.operator == "max" else min(found)

    def _parts(self, node: plan.Aggregate) -> list[Decimal | None]:
        """What each member contributes; None for one that the aggregate leaves out."""
        scope = plan.member_scope(node.members)
        columns, rows = self.kernel.columns[scope], self.rows[scope]
        column = columns.get(id(node.operand))
        if node.where is None and column is not None and None not in (found := [row[column] for row in rows]):
            return found
        parts: list[Decimal | None] = []
        for index in range(len(rows)):
            entity = (scope, index)
            if node.where is not None and not self.pool.value(node.where, entity):
                parts.append(None)
                continue
            value = _ONE if node.operand is None else self.pool.value(node.operand, entity)
            if not isinstance(value, Decimal):
                raise MissingError
            parts.append(value)
        return parts


def _walked(
    found: _Still, walker: Walker, instrument: Instrument, mark: Decimal, conditions: int
) -> list[list[Decimal]]:
    pool, rows = found.pool, found.rows
    inverse = instrument.contract == "inverse"
    instance = pool.instance
    positions: list[tuple[Any, ...]] = []
    still_positions: list[int] = []
    size = instrument.contract_size
    for index, (position, own, asset) in enumerate(instance.positions):
        if own.symbol != instrument.symbol:
            still_positions.append(index)
            continue
        signed = position.quantity * size
        entry = 1 / position.entry_price if inverse else position.entry_price
        positions.append(
            (position, own, asset, rows["position"][index] if rows["position"] else [], abs(signed), signed, entry)
        )
    orders: list[tuple[Any, ...]] = []
    still = {"positions": still_positions}
    if "orders" in walker.members:
        still["orders"] = []
        for index, (order, own, asset) in enumerate(instance.orders):
            if own.symbol != instrument.symbol:
                still["orders"].append(index)
                continue
            units = order.quantity * size
            value = None if order.price is None else units / order.price if inverse else units * order.price
            orders.append((order, own, asset, rows["order"][index] if rows["order"] else [], units, value))
    moving: dict[str, int] = {}
    for name, groups in instance.groups.items():
        moving[name] = next(
            group
            for (_, own, _), group in zip(instance.positions, groups.positions, strict=True)
            if own.symbol == instrument.symbol
        )
        still[name] = [index for index in range(len(groups.keys)) if index != moving[name]]
    balances: list[tuple[Any, ...]] = []
    if "balances" in walker.members:
        still["balances"] = []
        for index, (balance, amount, asset) in enumerate(instance.balances):
            numbers = {
                (name, by): instance.groups[name].of("balances", by)[index]
                for name, by in walker.links
                if instance.plan.groups[name] == "settlement asset"
            }
            if any(number == moving[name] for (name, _), number in numbers.items()):
                balances.append((balance, amount, asset, rows["balance"][index], numbers))
            else:
                still["balances"].append(index)
    rests = [found.rest(node, still[node.members], moving) for node in walker.aggregates]
    group_rows = {name: rows[name][number] for name, number in moving.items() if rows[name]} if moving else {}
    records = {
        name: (instance.groups[name].keys[number], *instance.groups[name].records[number])
        for name, number in moving.items()
    }
    place = (
        rows["pool"][0],
        positions,
        orders,
        balances,
        rests,
        instance.asset,
        pool.state.asset_by_name,
        pool.state.account,
        group_rows,
        records,
        rows,
        moving,
    )
    point = partial(walker.point, *place)
    crossings = walk(point, 1 / mark if inverse else mark, conditions)
    return crossings if walker.stairs is None else on_stairs(partial(walker.stairs, *place), crossings)


# ---------------------------------------------------------------- the search


def _searched(pool: "PoolEvaluation", condition: plan.Node, instrument: Instrument, mark: Decimal) -> _Boundaries:
    if not varies(condition, {}):
        return _Boundaries()
    verdict = _verdict(pool, condition, instrument)
    try:
        present = verdict(mark)
    except _UnknownAlongError as error:
        return _Boundaries((), error.reason, error.reason)
    found: list[Decimal] = []
    unseen: list[Unknown | None] = []
    for step in (1 / _GRID_STEP, _GRID_STEP):
        price, before = mark, present
        unseen.append(None)
        try:
            for _ in range(_GRID_SPAN):
                following = price * step
                after = verdict(following)
                if after != before:
                    found.append(_refined(verdict, price, following, before=before))
                price, before = following, after
        except _UnknownAlongError as error:
            unseen[-1] = error.reason
    return _Boundaries(tuple(sorted(to_solved_digits(price) for price in found)), *unseen)


def _verdict(pool: "PoolEvaluation", condition: plan.Node, instrument: Instrument) -> Callable[[Decimal], bool]:
    instance = pool.instance
    cone = _cone(instance.plan)

    def verdict(price: Decimal) -> bool:
        moved = evolve(instrument, mark_price=price)
        positions = tuple(
            (position, moved if own.symbol == instrument.symbol else own, asset)
            for position, own, asset in instance.positions
        )
        orders = tuple(
            (order, moved if own.symbol == instrument.symbol else own, asset) for order, own, asset in instance.orders
        )
        groups = {
            name: evolve(
                group,
                records=tuple(
                    (moved if own is not None and own.symbol == instrument.symbol else own, asset)
                    for own, asset in group.records
                ),
            )
            for name, group in instance.groups.items()
        }
        moved_instance = evolve(instance, positions=positions, orders=orders, groups=groups)
        rows = run_kernel(cone, moved_instance, pool.state)
        if rows is not None:
            return bool(rows["pool"][0][cone.columns["pool"][id(condition)]])
        value = Interpreter(moved_instance, pool.state).value(condition, POOL)
        if isinstance(value, Unknown):
            raise _UnknownAlongError(value)
        return bool(value)

    return verdict


def _refined(verdict: Callable[[Decimal], bool], low: Decimal, high: Decimal, *, before: bool) -> Decimal:
    """The price between two at which the verdict changes, to the digits of a report."""
    precision = Decimal(10) ** -(SOLVED_DIGITS + 2)
    while abs(high - low) > precision * high:
        middle = (low + high) / 2
        if verdict(middle) == before:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def replace_mark(state: AccountState, symbol: str, price: Decimal) -> AccountState:
    """The account with the mark price of one instrument replaced."""
    instruments = tuple(
        evolve(instrument, mark_price=price) if instrument.symbol == symbol else instrument
        for instrument in state.instruments
    )
    return evolve(state, instruments=instruments)
