"""What counts of a position's profit and loss in its pool's equity, read off the plan.

The equity is followed through its rules for one position of one contract, long and short, once with a profit and once
with a loss, with nothing else accrued. Of each value it is known in which range it lies and how much it changes with
one unit more of profit; where a rule decides by what is not known (a setting, another coin's balance), it is followed
both ways. Nothing is evaluated, so what is found holds for every account.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import assert_never

from attrs import evolve, frozen

from marginrules.account.fields import FieldSpec, shared_field
from marginrules.policy import plan

_Inputs = Mapping[tuple[str, str], FieldSpec]
_ZERO, _ONE, _FAR = Decimal(0), Decimal(1), Decimal("Infinity")
_MOST_WAYS = 4096
"""Ways through the rules that are followed; of a policy with more of them nothing is said."""


@frozen
class Range:
    """Between two bounds, themselves included."""

    least: Decimal
    most: Decimal

    @property
    def whole(self) -> bool:
        """Whether it is one for one."""
        return self.least == self.most == 1

    @property
    def none(self) -> bool:
        """Whether it is nothing at all."""
        return not self.least and not self.most

    def __add__(self, other: "Range") -> "Range":
        return Range(self.least + other.least, self.most + other.most)

    def __neg__(self) -> "Range":
        return Range(-self.most, -self.least)

    def __mul__(self, other: "Range") -> "Range":
        ends = [_times(one, two) for one in (self.least, self.most) for two in (other.least, other.most)]
        return Range(min(ends), max(ends))

    def hull(self, other: "Range") -> "Range":
        """The least that holds both."""
        return Range(min(self.least, other.least), max(self.most, other.most))


def _without(product: plan.Node, factor: plan.Node) -> plan.Node | None:
    """What a factor was multiplied with, where the product is divided by it again: a value rounded by the lot."""
    whole, part = _bare(product), _bare(factor)
    if isinstance(whole, plan.Binary) and whole.operator == "*":
        for one, other in ((whole.left, whole.right), (whole.right, whole.left)):
            if _bare(one) == part:
                return other
    return None


def _bare(node: plan.Node) -> plan.Node:
    while isinstance(node, plan.Named | plan.Round):
        node = node.value if isinstance(node, plan.Named) else node.operand
    return node


def _times(one: Decimal, two: Decimal) -> Decimal:
    return one * two if one and two else _ZERO


_NOTHING, _WHOLE, _ANY, _POSITIVE = Range(_ZERO, _ZERO), Range(_ONE, _ONE), Range(-_FAR, _FAR), Range(_ZERO, _FAR)


@frozen
class _Case:
    """The position that is followed."""

    contract: str
    long: bool
    gains: bool


@frozen
class Counted:
    """Of one unit more of profit, or less of loss, what reaches the equity of the pool."""

    gain: Range
    loss: Range


@frozen
class _Number:
    """What is known of a value.

    Attributes:
        value: where it lies.
        factor: the same as a factor: of a position of one contract, with each asset counted in its own value, so that a
            quantity and an index price do not hide that something counts in full.
        slope: how much it changes with one unit more of profit.
        zero: whether it can be nothing where a bound of `value` is zero.
    """

    value: Range
    factor: Range
    slope: Range = _NOTHING
    zero: bool = True


class _OpenError(Exception):
    """Which way a rule goes is not known."""

    def __init__(self, key: object) -> None:
        super().__init__()
        self.key = key


class _ManyWaysError(Exception):
    """There are more ways through the rules than are followed."""


def counted(found: plan.Plan, pool: plan.PoolPlan) -> Counted | None:
    """What counts of profit and of loss; None where no position is ever in the pool, or the rules are too branched."""
    if pool.positions is None:
        return None
    inputs: _Inputs = {(spec.entity, spec.name): spec for spec in found.inputs}
    try:
        gain, loss = (
            _hull(
                [
                    way
                    for contract in found.contracts
                    for long in (True, False)
                    for way in _ways(pool, inputs, _Case(contract, long, gains))
                ]
            )
            for gains in (True, False)
        )
    except _ManyWaysError:
        return None
    return None if gain is None or loss is None else Counted(gain, loss)


def _hull(ranges: list[Range]) -> Range | None:
    if not ranges:
        return None
    whole = ranges[0]
    for entry in ranges[1:]:
        whole = whole.hull(entry)
    return whole


def _ways(pool: plan.PoolPlan, inputs: _Inputs, case: _Case) -> list[Range]:
    found: list[Range] = []
    open_ways: list[dict[object, bool]] = [{}]
    followed = 0
    while open_ways:
        decided = open_ways.pop()
        followed += 1
        if followed > _MOST_WAYS:
            raise _ManyWaysError
        reading = _Reading(pool, inputs, case, decided)
        try:
            if reading.is_member():
                found.append(reading.number(pool.definitions["pool"]["equity"]).slope)
        except _OpenError as undecided:
            open_ways += [decided | {undecided.key: True}, decided | {undecided.key: False}]
    return found


class _Reading:
    """One way through the rules."""

    def __init__(self, pool: plan.PoolPlan, inputs: _Inputs, case: _Case, decided: Mapping[object, bool]) -> None:
        self._pool, self._inputs, self._case, self._decided = pool, inputs, case, decided
        self._side = Decimal(1 if case.long else -1)
        self._alone = pool.key == "position"
        self._seen: dict[int, _Number] = {}

    def is_member(self) -> bool:
        """Whether the position is in the pool; settings and modes that keep it out are no way through its rules."""
        conditions = (self._pool.when, self._pool.positions)
        return all(self._flag(condition) for condition in conditions if condition is not None)

    def number(self, node: plan.Node) -> _Number:
        """What is known of a number."""
        found = self._seen.get(id(node))
        if found is None:
            found = self._seen[id(node)] = self._number(node)
        return found

    def _number(self, node: plan.Node) -> _Number:
        match node:
            case plan.Constant(value=value):
                one = Range(Decimal(value), Decimal(value))
                return _Number(one, one, zero=not value)
            case plan.Field():
                return self._field(node)
            case plan.Fact():
                return self._fact(node.name)
            case plan.Named(value=inner) | plan.PoolValue(value=inner) | plan.Convert(operand=inner):
                return self.number(inner)
            case plan.GroupValue(value=inner, by=by):
                found = self.number(inner)
                # The group of another asset than the position's: whether the position is in that one is not known.
                return found if by is None or found.slope.none else evolve(found, slope=_ANY)
            case plan.Unary(operator=operator, operand=operand):
                return self._unary(operator, operand)
            case plan.Binary(operator=operator, left=left, right=right):
                return self._binary(operator, left, right)
            case plan.Conditional(condition=condition, then=then, otherwise=otherwise):
                return self.number(then if self._flag(condition) else otherwise)
            case plan.Round(operand=operand):
                return evolve(self.number(operand), zero=True)
            case plan.TierColumn(name=name):
                share = Range(_ZERO, _ONE if name.endswith("_rate") else _FAR)
                return _Number(share, share)
            case plan.Tiered(key=key, rate=rate):
                # What a tier deducts does not move with the key.
                return evolve(_product(self.number(key), self.number(rate)), zero=True)
            case plan.Pick(result=result):
                return self.number(result)
            case plan.Aggregate():
                return self._aggregate(node)
            case plan.Asked() | plan.Seen() | plan.Elsewhere() | plan.Solved():
                return _Number(_ANY, _ANY, _ANY)
            case plan.Compare() | plan.Logic() | plan.Given():  # pragma: no cover - the checker admits no such number
                return _Number(_ANY, _ANY, _ANY)
            case _:
                assert_never(node)

    def _field(self, node: plan.Field) -> _Number:
        if node.entity == "position" and node.name == "quantity":
            side = Range(self._side, self._side)
            return _Number(_POSITIVE * side, side, zero=False)
        if node.name == "accrued_funding":
            return _Number(_NOTHING, _NOTHING)
        spec = self._inputs.get((node.entity, node.name)) or shared_field(node.entity, node.name)
        least = spec.minimum if spec is not None else None
        most = spec.maximum if spec is not None else None
        within = Range(-_FAR if least is None else least, _FAR if most is None else most)
        zero = spec is None or not spec.exclusive_minimum
        if node.name == "mark_price":
            return _Number(
                within, within, _ANY if self._case.contract == "inverse" else Range(self._side, self._side), zero
            )
        own_value = node.name == "contract_size" or (node.entity == "asset" and node.name == "index_price")
        return _Number(within, _WHOLE if own_value else within, zero=zero)

    def _fact(self, name: str) -> _Number:
        # A dearer contract is what a long gains by; of an inverse contract, which is so many units of the quote, a cheaper.
        rise = self._side if self._case.contract != "inverse" else -self._side
        match name:
            case "unrealized_pnl":
                profit = _POSITIVE if self._case.gains else -_POSITIVE
                return _Number(profit, profit, _WHOLE, zero=False)
            case "notional" | "contract_value":
                return _Number(_POSITIVE, _POSITIVE, Range(rise, rise), zero=False)
            case "base_quantity" if self._case.contract == "inverse":
                return _Number(_ANY, _ANY, _ANY)
            case "entry_value" | "contract_entry_value":
                return _Number(_POSITIVE, _POSITIVE, zero=False)
            case _:
                return _Number(_ANY, _ANY)

    def _unary(self, operator: str, operand: plan.Node) -> _Number:
        found = self.number(operand)
        if operator == "-":
            return _Number(-found.value, -found.factor, -found.slope, found.zero)
        if operator == "abs":
            return (
                found if self._above(operand, None) else _Number(-found.value, -found.factor, -found.slope, found.zero)
            )
        within = _ANY if operator == "ln" else _POSITIVE
        return _Number(within, within, _NOTHING if found.slope.none else _ANY)

    def _binary(self, operator: str, left: plan.Node, right: plan.Node) -> _Number:
        one, two = self.number(left), self.number(right)
        match operator:
            case "+" | "-":
                if operator == "-":
                    two = _Number(-two.value, -two.factor, -two.slope, two.zero)
                value = one.value + two.value
                zero = (one.zero and two.zero) or value.least < 0 < value.most
                return _Number(value, one.factor + two.factor, one.slope + two.slope, zero)
            case "*":
                return _product(one, two)
            case "/":
                if (factor := _without(left, right)) is not None:
                    return evolve(self.number(factor), zero=True)
                if not two.slope.none:
                    return _Number(_ANY, _ANY, _ANY)
                return _product(one, _Number(_reciprocal(two.value), _reciprocal(two.factor), zero=False))
            case _:
                return one if self._above(left, right) == (operator == "max") else two

    def _aggregate(self, node: plan.Aggregate) -> _Number:
        scope = plan.member_scope(node.members)
        counts = _POSITIVE if node.operator == "count" else _ANY
        if scope in {"order", "balance", "other"} or node.operand is None:
            # Nothing that one position gains is in another's, in an order or in a balance.
            return (
                _Number(_WHOLE, _WHOLE, zero=False) if self._alone and scope == "position" else _Number(counts, counts)
            )
        if node.where is not None and not self._flag(node.where):
            return _Number(_NOTHING if self._alone else _ANY, _NOTHING if self._alone else _ANY)
        found = self.number(node.operand)
        if self._alone and scope == "position":
            return found
        if node.operator in {"max", "min"} and not self._decide(id(node)):
            return _Number(_ANY, _ANY)
        return _Number(_ANY, _ANY, found.slope)

    def _flag(self, node: plan.Node) -> bool:
        match node:
            case plan.Constant(value=value):
                return bool(value)
            case plan.Named(value=inner) | plan.PoolValue(value=inner) | plan.GroupValue(value=inner):
                return self._flag(inner)
            case plan.Unary(operator="not", operand=operand):
                return not self._flag(operand)
            case plan.Logic(operator="and", left=left, right=right):
                return self._flag(left) and self._flag(right)
            case plan.Logic(left=left, right=right):
                return self._flag(left) or self._flag(right)
            case plan.Conditional(condition=condition, then=then, otherwise=otherwise):
                return self._flag(then if self._flag(condition) else otherwise)
            case plan.Compare():
                return self._compare(node)
            case plan.Given(field=field):
                return self._decide(("given", id(field)))
            case _:
                return self._decide(id(node))

    def _compare(self, node: plan.Compare) -> bool:
        left, right, operator = node.left, node.right, node.operator
        if left.dimension.kind == "flag":
            return (self._flag(left) == self._flag(right)) == (operator == "==")
        if not left.dimension.numeric:
            names = [part.value for part in (left, right) if isinstance(part, plan.Constant)]
            if names and any(isinstance(part, plan.Field) and part.name == "contract" for part in (left, right)):
                return (names[0] == self._case.contract) == (operator == "==")
            return self._decide(id(node))
        if operator in {"==", "!="}:
            return self._decide(id(node))
        return self._above(left, right) == (operator in {">", ">="})

    def _above(self, left: plan.Node, right: plan.Node | None) -> bool:
        """Whether one number is above another, or above nothing; of two that may be the same, followed both ways."""
        one = self.number(left)
        two = self.number(right) if right is not None else _Number(_NOTHING, _NOTHING)
        if right is not None and two.value.none and two.slope.none:
            return self._above(left, None)
        if right is not None and one.value.none and one.slope.none:
            return not self._above(right, None)
        apart = not (one.zero and two.zero)
        if one.value.least > two.value.most or (apart and one.value.least == two.value.most):
            return True
        if one.value.most < two.value.least or (apart and one.value.most == two.value.least):
            return False
        return self._decide((id(left), id(right) if right is not None else None))

    def _decide(self, key: object) -> bool:
        if key not in self._decided:
            raise _OpenError(key)
        return self._decided[key]


def _product(one: _Number, two: _Number) -> _Number:
    slope = one.slope * two.factor + two.slope * one.factor
    return _Number(one.value * two.value, one.factor * two.factor, slope, one.zero or two.zero)


def _reciprocal(found: Range) -> Range:
    if found.most < 0:
        return -_reciprocal(-found)
    if found.least < 0 or not found.most:
        return _ANY
    return Range(1 / found.most, 1 / found.least if found.least else _FAR)
