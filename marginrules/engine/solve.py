"""Liquidation and bankruptcy prices, solved from the policy's own boundary.

For each pool and instrument the mark price is the one unknown: all positions on the instrument move with it, every
other mark and every index price stays. Boundaries are looked for over all positive prices. Where the condition is
affine between kinks they come from `walk`, exactly; elsewhere from a search on a grid, refined to the digits that a
report gives, which can miss two boundaries closer together than the grid: half a percent of the price as far as a
thousandth and a thousand times the present one, and wider from there on.
"""

from collections.abc import Callable, Mapping
from decimal import Context, Decimal, DecimalException, localcontext
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import define, evolve, field, frozen

from marginrules.account.state import AccountState, Instrument, pointer_to
from marginrules.arithmetic import SOLVED_DIGITS, plain_text, to_solved_digits
from marginrules.engine.interpret import POOL, Interpreter
from marginrules.engine.kernel import Kernel, Rows, compile_nodes, run_kernel
from marginrules.engine.unknown import MissingError, Unknown, Value
from marginrules.engine.walk import (
    ABOVE,
    BELOW,
    CONTRACT,
    FAR,
    NotAffineError,
    Walked,
    Walker,
    compile_walker,
    on_stairs,
    varies,
    walk,
)
from marginrules.policy import plan
from marginrules.policy.dimensions import FLAG, LITERAL
from marginrules.policy.policy import Policy

if TYPE_CHECKING:
    from marginrules.engine.evaluate import PoolEvaluation

NO_PRICE = "none"
"""The reason of a price that does not exist: nothing that is missing, and no error."""

_SHOWN = Context(prec=12)
"""A price in words is not given to the last digit."""

_ZERO, _ONE = Decimal(0), Decimal(1)
_NONE: Mapping[str, Any] = MappingProxyType({})
_GRID_STEP = Decimal("1.005")
_GRID_SPAN = 1400
"""Steps of the grid to each side: from about a thousandth of the price to a thousand times it."""
_GRID_GROWTH = Decimal("1.02")
"""Beyond the fine grid each step is this power of the one before, out to `FAR` times the price: no rule that has not
changed its verdict by then is known to."""


@cache
def _grid() -> tuple[tuple[Decimal, ...], tuple[Decimal, ...]]:
    """What a price is multiplied by along the search, going down and going up."""
    factors, factor, step = [], _ONE, _GRID_STEP
    with localcontext(Context(prec=12)):
        while factor < FAR:
            factor *= step
            factors.append(factor)
            if len(factors) > _GRID_SPAN:
                step **= _GRID_GROWTH
        return tuple(1 / factor for factor in factors), tuple(factors)


@frozen
class PoolPrices:
    """Solved prices of a pool's positions, by name and index; further boundaries by index.

    Attributes:
        partial: why there may be more boundaries than those, by index of a position that has a price.
    """

    solved: Mapping[tuple[str, int], Value]
    others: Mapping[int, tuple[Decimal, ...]] = field(factory=dict)
    partial: Mapping[int, Unknown] = field(default=MappingProxyType({}))


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
    return compile_nodes(_moving(pool), {}, pool)


@lru_cache(maxsize=512)
def _settings(pool: plan.PoolPlan) -> tuple[plan.Field, ...]:
    """Flags and closed choices of the account that the conditions read: with each set of them others are what counts."""
    found: dict[str, plan.Field] = {}
    for node in plan.below(*_moving(pool)):
        if isinstance(node, plan.Field) and node.entity == "account" and not node.is_attribute:
            kind = node.dimension.kind
            if kind == "flag" or (kind == "choice" and node.dimension.choices):
                found[node.name] = node
    return tuple(found.values())


def _settled(pool: plan.PoolPlan, state: AccountState) -> tuple[Any, ...]:
    """What the settings are, in their order; None for one that is not known."""
    return tuple([state.account.inputs.get(setting.name, setting.default) for setting in _settings(pool)])


def _moving(pool: plan.PoolPlan) -> list[plan.Node]:
    return [node for node in _conditions(pool) if node is not None]


@lru_cache(maxsize=512)
def _walker(
    pool: plan.PoolPlan, kernel: Kernel, contract: str, settings: tuple[Any, ...], only: int | None = None
) -> Walker | None:
    settled = {CONTRACT: contract}
    for setting, value in zip(_settings(pool), settings, strict=True):
        if value is not None:
            settled["account", setting.name] = value
    moving = _moving(pool)
    try:
        return compile_walker(moving if only is None else [moving[only]], kernel, pool, settled)
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
    partial: dict[int, Unknown] = {}
    by_symbol: dict[str, list[int]] = {}
    for index, (position, _, _) in enumerate(pool.instance.positions):
        by_symbol.setdefault(position.symbol, []).append(index)
    now = pool.value(pool.instance.plan.liquidate, POOL) if pool.instance.plan.liquidate is not None else False
    equity = pool.value(pool.instance.plan.definitions["pool"]["equity"], POOL)
    below = equity if isinstance(equity, Unknown) else equity < 0  # type: ignore[operator]
    kernel, rows = (pool.kernel, pool.rows) if pool.rows is not None else _cone_rows(pool)
    settings = _settled(pool.instance.plan, pool.state)
    still = None if rows is None else _Still(pool, kernel, rows, by_symbol, settings)
    for members in by_symbol.values():
        instrument = pool.instance.positions[members[0]][1]
        mark = instrument.mark_price
        if mark is None:
            reason: Value = Unknown(
                f"instrument {instrument.symbol} has no mark_price", pointer_to(instrument, "mark_price")
            )
            for index in members:
                solved["solved_liquidation_price", index] = solved["solved_bankruptcy_price", index] = reason
            continue
        bankruptcies, liquidations = _boundaries(pool, still, instrument, mark)
        unseen = liquidations.below or liquidations.above
        for index in members:
            quantity = pool.instance.positions[index][0].quantity
            solved["solved_liquidation_price", index], others[index] = _chosen(liquidations, mark, quantity, now)
            solved["solved_bankruptcy_price", index], _ = _chosen(bankruptcies, mark, quantity, below)
            if unseen is not None and isinstance(solved["solved_liquidation_price", index], Decimal):
                partial[index] = unseen.reason
    return PoolPrices(solved, others, partial)


class _Boundaries(NamedTuple):
    """Prices at which a verdict changes, ascending; and from where on it is not known, where it is not.

    Attributes:
        below: the highest of the lower prices of which nothing is known, and why; above: the lowest of the higher ones.
    """

    prices: tuple[Decimal, ...] = ()
    below: "_Unseen | None" = None
    above: "_Unseen | None" = None


class _Unseen(NamedTuple):
    """From which price on nothing is known of a verdict, going outward, and why."""

    price: Decimal
    reason: Unknown


_NO_BOUNDARIES = _Boundaries()
_NONE_SUCH: tuple[Value, tuple[Decimal, ...]] = (Unknown(NO_PRICE), ())


def _at_prices(crossings: list[Decimal], *, inverse: bool) -> _Boundaries:
    """Boundaries as prices, from where they are along the walk."""
    if not crossings:
        return _NO_BOUNDARIES
    if len(crossings) == 1:
        only = crossings[0]
        return _Boundaries((to_solved_digits(1 / only if inverse else only),))
    return _Boundaries(tuple(sorted([to_solved_digits(1 / x if inverse else x) for x in crossings])))


def _chosen(boundaries: _Boundaries, mark: Decimal, quantity: Decimal, now: Value) -> tuple[Value, tuple[Decimal, ...]]:
    """The boundary that is the position's price, and the others."""
    if isinstance(now, Unknown):
        return now, ()
    if boundaries is _NO_BOUNDARIES:
        return _NONE_SUCH
    prices, below, above = boundaries
    if len(prices) == 1 and below is None and above is None:
        return prices[0], ()
    unseen: _Unseen | None = None
    if now:
        candidates = prices
        nearer = [end for end in (below, above) if end is not None]
        unseen = min(nearer, key=lambda end: abs(end.price - mark), default=None)
    else:
        lower = tuple([price for price in prices if price <= mark])
        higher = tuple([price for price in prices if price >= mark])
        adverse, other = (lower, higher) if quantity > 0 else (higher, lower)
        beyond, opposite = (below, above) if quantity > 0 else (above, below)
        # Going outward, what was found lies before the first price of which nothing is known.
        candidates = adverse or other
        if not adverse:
            unseen = beyond or (None if other else opposite)
    if not candidates:
        return unseen.reason if unseen is not None else Unknown(NO_PRICE), ()
    nearest = min(candidates, key=lambda price: abs(price - mark))
    if unseen is not None and (not now or abs(unseen.price - mark) < abs(nearest - mark)):
        return unseen.reason, prices
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
    walked = None if still is None else _walk(still, None, instrument, mark)
    if walked is not None and walked.below is None and walked.above is None:
        bankruptcies = _at_prices(walked.crossings[0], inverse=inverse)
        if liquidatable is None:
            return bankruptcies, _NO_BOUNDARIES
        return bankruptcies, _at_prices(walked.crossings[1], inverse=inverse)
    conditions = [bankrupt] if liquidatable is None else [bankrupt, liquidatable]
    found: list[_Boundaries] = []
    for number, condition in enumerate(conditions):
        # Where a table of tiers ends for one condition, or it can not be walked, the other may go on.
        alone = None if still is None else _walk(still, number, instrument, mark)
        ended = None if alone is None else _ended(pool, alone, condition, instrument)
        found.append(ended if ended is not None else _searched(pool, condition, instrument, mark))
    return found[0], found[1] if liquidatable is not None else _NO_BOUNDARIES


def _ended(pool: "PoolEvaluation", walked: Walked, condition: plan.Node, instrument: Instrument) -> _Boundaries | None:
    """Boundaries along a walk that came to where a condition has no value; None where the reference knows one there."""
    inverse = instrument.contract == "inverse"
    verdict = _verdict(pool, condition, instrument)
    unseen: list[_Unseen | None] = []
    for x, beside in ((walked.below, BELOW), (walked.above, ABOVE)):
        if x is None:
            unseen.append(None)
            continue
        beyond = x * beside
        try:
            verdict(1 / beyond if inverse else beyond)
        except _UnknownAlongError as error:
            price = 1 / x if inverse else x
            side = "below" if (beside is BELOW) != inverse else "above"
            reason = f"{side} a price of {plain_text(_SHOWN.plus(price).normalize())} {error.reason.reason}"
            unseen.append(_Unseen(price, Unknown(reason, error.reason.pointer)))
        else:
            return None
    if inverse:
        unseen.reverse()
    return _at_prices(walked.crossings[0], inverse=inverse)._replace(below=unseen[0], above=unseen[1])


# ---------------------------------------------------------------- the walk


def _cone_rows(pool: "PoolEvaluation") -> tuple[Kernel, Rows | None]:
    kernel = _cone(pool.instance.plan)
    return kernel, run_kernel(kernel, pool.instance, pool.state)


@define
class _Still:
    """A pool's values where no price moves, and who moves with each instrument, for the walks along all of them."""

    pool: "PoolEvaluation"
    kernel: Kernel
    rows: Rows
    positions: Mapping[str, list[int]]
    """Indexes of the positions on each instrument."""
    settings: tuple[Any, ...]
    """Choices and flags of the account, in the order of `_settings`."""
    _orders: dict[str, list[int]] | None = None
    _walkers: dict[tuple[str, int | None], Walker | None] = field(factory=dict)

    def walker(self, contract: str, only: int | None) -> Walker | None:
        """The walker of all conditions, or of one of them, for a kind of contract."""
        key = (contract, only)
        if key not in self._walkers:
            self._walkers[key] = _walker(self.pool.instance.plan, self.kernel, contract, self.settings, only)
        return self._walkers[key]

    def orders(self, symbol: str) -> list[int]:
        """Indexes of the orders on an instrument."""
        if self._orders is None:
            self._orders = {}
            for index, (order, _, _) in enumerate(self.pool.instance.orders):
                self._orders.setdefault(order.symbol, []).append(index)
        return self._orders.get(symbol, [])

    def rest(self, node: plan.Aggregate, moving: Mapping[str, list[int]], groups: Mapping[str, int]) -> Decimal | None:
        """What the members that do not move contribute to an aggregate: of the pool, or of the group that moves."""
        movers = moving[node.members]
        if node.operator in {"sum", "count"}:
            scope: plan.Scope = "pool" if node.group is None else node.group
            column = self.kernel.columns[scope].get(id(node))
            if column is not None:
                total = self.rows[scope][0 if node.group is None else groups[node.group]][column]
                if total is not None:
                    for index in movers:
                        part = self.part(node, index)
                        if part is not None:
                            total -= part
                    return total  # type: ignore[no-any-return]
        every = range(len(self.rows[plan.member_scope(node.members)]))
        if node.group is not None:
            own, of = groups[node.group], self.pool.instance.groups[node.group].of(node.members, node.by)
            every = [index for index in every if of[index] == own]  # type: ignore[assignment]
        found = [part for index in every if index not in movers and (part := self.part(node, index)) is not None]
        if node.operator in {"sum", "count"}:
            return sum(found, _ZERO)
        if not found:
            return None
        return max(found) if node.operator == "max" else min(found)

    def part(self, node: plan.Aggregate, index: int) -> Decimal | None:
        """What a member contributes to an aggregate; None where it is left out."""
        scope = plan.member_scope(node.members)
        if node.where is not None and not self.pool.value(node.where, (scope, index)):
            return None
        if node.operand is None:
            return _ONE
        column = self.kernel.columns[scope].get(id(node.operand))
        found = self.rows[scope][index][column] if column is not None else None
        if found is None:
            found = self.pool.value(node.operand, (scope, index))
        if not isinstance(found, Decimal):
            raise MissingError
        return found


def _walk(found: _Still, only: int | None, instrument: Instrument, mark: Decimal) -> Walked | None:
    """The crossings of all conditions, or of one of them, along a price; None where that can not be walked."""
    walker = found.walker(instrument.contract, only)
    if walker is None:
        return None
    try:
        return _walked(found, walker, instrument, mark)
    except (NotAffineError, MissingError, TypeError, IndexError, DecimalException):
        return None


def _walked(found: _Still, walker: Walker, instrument: Instrument, mark: Decimal) -> Walked:
    rows, instance, symbol = found.rows, found.pool.instance, instrument.symbol
    inverse = instrument.contract == "inverse"
    moving: dict[str, list[int]] = {"positions": found.positions[symbol]}
    if walker.together and len(moving["positions"]) < len(instance.positions):
        raise NotAffineError
    own = rows["position"]
    positions = [(*instance.positions[index], own[index] if own else ()) for index in moving["positions"]]
    orders: list[tuple[Any, ...]] = []
    if "orders" in walker.members:
        own, moving["orders"] = rows["order"], found.orders(symbol)
        if walker.together and len(moving["orders"]) < len(instance.orders):
            raise NotAffineError
        orders = [(*instance.orders[index], own[index] if own else ()) for index in moving["orders"]]
    groups: dict[str, int] = {}
    for name, group in instance.groups.items():
        groups[name] = group.positions[moving["positions"][0]]
        moving[name] = [groups[name]]
    balances: list[tuple[Any, ...]] = []
    own_rows, records = _NONE, _NONE
    if groups:
        own_rows = {name: rows[name][number] for name, number in groups.items() if rows[name]}
        records = {
            name: (instance.groups[name].keys[number], *instance.groups[name].records[number])
            for name, number in groups.items()
        }
    if "balances" in walker.members:
        moving["balances"] = []
        for index, (balance, amount, asset) in enumerate(instance.balances):
            numbers = {
                (name, by): instance.groups[name].of("balances", by)[index]
                for name, by in walker.links
                if instance.plan.groups[name] == "settlement asset"
            }
            if any(number == groups[name] for (name, _), number in numbers.items()):
                moving["balances"].append(index)
                balances.append((balance, amount, asset, rows["balance"][index], numbers))
    place = (
        rows["pool"][0],
        positions,
        orders,
        balances,
        [found.rest(node, moving, groups) for node in walker.rests],
        instance.asset,
        found.pool.state.asset_by_name,
        found.pool.state.account,
        own_rows,
        records,
        rows,
        groups,
    )
    point, first = walker.bind(*place)
    start = 1 / mark if inverse else mark
    walked = walk(point, first, start, walker.conditions)
    if walker.stairs is None:
        return walked
    stairs, _ = walker.stairs(*place)
    return on_stairs(stairs, walked, start)


# ---------------------------------------------------------------- the search


def _searched(pool: "PoolEvaluation", condition: plan.Node, instrument: Instrument, mark: Decimal) -> _Boundaries:
    if not varies(condition, {}):
        return _Boundaries()
    verdict = _verdict(pool, condition, instrument)
    try:
        present = verdict(mark)
    except _UnknownAlongError as error:
        here = _Unseen(mark, error.reason)
        return _Boundaries((), here, here)
    found: list[Decimal] = []
    unseen: list[_Unseen | None] = []
    for factors in _grid():
        price, before = mark, present
        unseen.append(None)
        for factor in factors:
            following = mark * factor
            try:
                after = verdict(following)
                if after != before:
                    found.append(_refined(verdict, price, following, before=before))
            except _UnknownAlongError as error:
                unseen[-1] = _Unseen(following, error.reason)
                break
            price, before = following, after
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
        # Neither equity nor boundary looks at the positions of other pools.
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
        evolve(instrument, mark_price=price, places={**instrument.places, "mark_price": ()})
        if instrument.symbol == symbol
        else instrument
        for instrument in state.instruments
    )
    return evolve(state, instruments=instruments)
