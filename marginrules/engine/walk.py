"""A pool along one price: where its boundary is crossed, exactly.

All positions on one instrument move together; everything else stays. Let `x` be the mark price for linear and quanto
contracts, and its reciprocal for inverse ones: in `x` value and profit are affine, so a condition of the policy is
decided by functions that are affine, or quadratic where a rate grows with the size it applies to, between kinks (tier
edges, the sides of a `max`, comparisons). The walk starts at the present price, or on both sides of it where that is
itself a kink, computes each such function together with its slope and curvature, steps to the nearest kink, and looks
at the condition again just beyond it, out to zero and to infinity, or to where a table of tiers ends and nothing is
said of what is beyond. Where the verdict changes, the kink is a boundary. Where nothing but one last comparison decides
a verdict, its root before the next kink is a boundary too, a turn, and nothing has to be looked at again.

Most kinks change nothing: a contract with a dozen tiers has one for each, and a boundary lies beside few of them. So the
walk asks first how steep what decides a verdict can be anywhere, which follows from sizes and from the least and largest
rate of each table. Where the verdict can not change any more the walk ends, and kinks that come before it can are passed
over.

Rounding makes stairs of these functions. They are walked along twice: without the rounding, which leads to the
neighbourhood of each boundary, and from there step by step on the stairs.

The function that computes values and slopes at one `x` is generated from the plan, as the kernel is. A condition that
is none of this in `x` (a root, the product of three values that move) has none, and `solve` searches instead.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from attrs import define, evolve, field, frozen

from marginrules.arithmetic import CONTEXT
from marginrules.engine.kernel import (
    Emitter,
    Kernel,
    Stages,
    TooLargeError,
    cell,
    derive,
    has_tier_column,
    index,
    member_group,
    outer_parts,
)
from marginrules.engine.rounding import round_to_step
from marginrules.engine.tiers import find_in, row_of
from marginrules.engine.unknown import MissingError
from marginrules.policy import plan
from marginrules.policy.checks.context import Assignment, Variable, truth

CONTRACT: Variable = ("instrument", "contract")
"""The kind of contract, which is one for all that moves with a price."""

MAXIMUM_PIECES = 20_000
"""Most kinks that one walk passes: far beyond any account, and an end in any case."""

MAXIMUM_STAIRS = 500
"""Most steps of rounded values that are followed around a boundary."""

SETTLED = 4
"""After so many of them without a change of the verdict the boundary is left behind."""

FAR = Decimal("1e30")
"""How many times the present `x`, or what part of it, counts for the end of the way."""

BESIDE = Decimal("1e-40")
"""How far beyond a kink, relative to it, the next piece is looked at."""

_ZERO = Decimal(0)
_ONE = Decimal(1)
_HALF = Decimal("0.5")
_APART = Decimal("1e-30")
"""Two roots of a quadratic that are closer, relative to them, may be one, where its sign does not change."""
_LEAST = Decimal("1e-38")
"""No price, and no reciprocal of one, is as small."""
# In the exact context: one more or less so little has more digits than the default of a process keeps.
ABOVE = CONTEXT.add(_ONE, BESIDE)
BELOW = CONTEXT.subtract(_ONE, BESIDE)

_NAME = re.compile(r"[A-Za-z_]\w*")

_UNBOUNDED = Decimal("1e60")
"""How steep a table counts that makes jumps: so steep that no kink is passed over."""
_SHORT = CONTEXT.subtract(_ONE, Decimal("1e-12"))
"""The part of the way on which nothing can change that is passed over at once."""

_STRAIGHT, _BOUNDED, _ANY = range(3)
"""What is known of a slope: it is the same at every `x`, it has bounds, or neither."""
_EXTENT = "  # extent"
"""Marks the lines that are worked out once a walk."""

_HIGHEST_DEGREE = 2
_BEYOND = 9
"""The degree of what is no polynomial in `x`."""


class NotAffineError(Exception):
    """The condition is not affine or quadratic in the price between kinks."""


class EndsError(Exception):
    """A table that is looked at along the walk ends: nothing is settled beyond its end, however little it counts."""


Turn = tuple[Decimal, int]
"""Where a condition changes its verdict, and which one: the number among the conditions."""

Seen = tuple[tuple[bool, ...], list[Decimal], list[Turn], tuple[Decimal | None, ...]]
"""Verdicts of the conditions at one `x`, and what is known from there: the kinks, and the turns before the next kink.

Last for each condition what its one comparison compares with zero, None where something else decides it.
"""

Point = Callable[[Decimal], Seen]

Extents = tuple[tuple[Decimal, Decimal] | None, ...]
"""For each condition the least and the largest slope that what it compares with zero has anywhere."""

First = Callable[[Decimal], tuple[Seen, Extents]]


@frozen(eq=False)
class Walker:
    """Values and verdicts along a price, for one pool plan and one kind of contract.

    Attributes:
        bind: `(pool values, moving positions, orders and balances, rests, asset, assets, account, values of the moving
            groups, their records, values of all groups, indexes of the moving ones)` to a function from `x` to the
            verdicts of the conditions and every kink that is known from there, and to one that tells besides how steep
            they can be, or None where that has no bounds.
        stairs: the same with what the policy rounds; None where nothing that moves is rounded.
        conditions: how many verdicts they give.
        rests: aggregates over members that move of which the kernel's values do not tell what the others contribute.
        members: what the aggregates are over.
        links: the ways that lead from members to groups whose values move: a group, and the field that names its asset.
        together: whether every member moves, as members read a value of the pool that does: then it serves only pools
            whose members are all on the one instrument.
    """

    bind: Callable[..., tuple[Point, First | None]]
    stairs: Callable[..., tuple[Point, None]] | None
    conditions: int
    rests: tuple[plan.Aggregate, ...]
    members: frozenset[str]
    links: tuple[tuple[str, str | None], ...]
    together: bool
    source: str = field(repr=False)


def varies(node: plan.Node, memo: dict[int, bool], *, inverse: bool = True) -> bool:
    """Whether a node moves with the mark price of a member.

    Args:
        node: any node.
        memo: what is known already, by identity.
        inverse: whether the member's contract is inverse, where its size in the base asset moves too.
    """
    known = memo.get(id(node))
    if known is None:
        match node:
            case plan.Fact(scope="position", name="notional" | "unrealized_pnl" | "contract_value"):
                known = True
            case plan.Fact(scope="position", name="base_quantity"):
                known = inverse
            case plan.Fact(scope="order", name="mark_notional" | "notional"):
                known = True
            case plan.Field(entity="instrument", name="mark_price"):
                known = True
            case _:
                known = any(varies(child, memo, inverse=inverse) for child in plan.children(node))
        memo[id(node)] = known
    return known


def roots(kinks: list[Decimal], x: Decimal, value: Decimal, slope: Decimal, curve: Decimal) -> None:
    """Note where `value + slope h + curve h²` is zero, at `x + h`."""
    if not curve:
        if slope:
            kinks.append(x - value / slope)
        return
    inside = slope * slope - 4 * curve * value
    if inside < 0:
        return
    # The form that does not take the difference of two like numbers.
    far = (slope + inside.sqrt() if slope >= 0 else slope - inside.sqrt()) / -2
    kinks.append(x + far / curve)
    if far:
        kinks.append(x + value / far)


def turn(
    turns: list[Turn],
    kinks: list[Decimal],
    number: int,
    x: Decimal,
    value: Decimal,
    slope: Decimal,
    curve: Decimal,
) -> None:
    """Note the zeros of `value + slope h + curve h²` as turns of a condition; as kinks where they are hardly two."""
    found: list[Decimal] = []
    roots(found, x, value, slope, curve)
    if len(found) == 2 and abs(found[0] - found[1]) <= _APART * abs(found[0]):  # noqa: PLR2004 - of a quadratic
        kinks += found
    else:
        turns += [(root, number) for root in found]


def as_kinks(turns: list[Turn], first: int, kinks: list[Decimal]) -> None:
    """Take the turns from the given one on for kinks: beyond them the condition is to be looked at anew."""
    kinks += [root for root, _ in turns[first:]]
    del turns[first:]


def stair_edges(
    kinks: list[Decimal], x: Decimal, value: Decimal, slope: Decimal, curve: Decimal, width: Decimal, direction: str
) -> None:
    """Note where a value that is rounded reaches the next step on either side."""
    shift = _HALF if direction.startswith("half") else _ZERO
    below = ((value / width - shift).to_integral_value(ROUND_FLOOR) + shift) * width
    roots(kinks, x, value - below, slope, curve)
    roots(kinks, x, value - below - width, slope, curve)
    if direction in {"toward_zero", "away_from_zero"}:
        roots(kinks, x, value, slope, curve)


@define
class _Loop:
    """A pass over the members that move: what is the same at every `x` is bound before, once a walk and member."""

    number: int
    members: str
    scope: plan.Scope
    bound: dict[str, str] = field(factory=dict)
    """Statements by the variable that they give a value."""
    rests: list[str] = field(factory=list)
    """Statements that take a member's part out of an aggregate."""

    def before(self, carried: Sequence[str], *, inverse: bool) -> list[str]:
        """The statements that bind what the pass reads, and take the members' parts out of the aggregates."""
        used = set(carried)
        lines = []
        if used & {"size", "signed", "entry", "value"}:
            if self.members == "positions":
                lines += ["signed = p.quantity * i.contract_size", "size = abs(signed)"]
                lines.append("entry = ONE / p.entry_price" if inverse else "entry = p.entry_price")
            else:
                lines.append("size = o.quantity * i.contract_size")
                lines.append(f"value = None if o.price is None else size {'/' if inverse else '*'} o.price")
        lines += [
            *self.bound.values(),
            *self.rests,
            f"held_{self.number}.append(({''.join(f'{n}, ' for n in carried)}))",
        ]
        return [
            f"    held_{self.number} = []",
            f"    for {_MEMBERS[self.members]} in {self.members}:",
            *(f"        {line}" for line in lines),
        ]


_MEMBERS = {"positions": "p, i, s, r", "orders": "o, i, s, r", "balances": "b, amount, s, r, numbers"}
"""What is known of each member that moves: its record, its instrument, its asset, its row of the kernel's values."""


@define
class _WalkEmitter(Emitter):
    """Like the kernel's emitter, but a node that moves gets a slope and a curvature, and leaves its kinks in `kinks`."""

    kernel: Kernel = field(kw_only=True)
    settled: Assignment = field(kw_only=True)
    """Choices and flags that are the same for all that moves."""
    rounding: bool = field(kw_only=True)
    """Whether rounded values are stairs; else they are taken as if they were not rounded."""
    groups: Mapping[str, str] = field(kw_only=True)
    moving: dict[int, bool] = field(factory=dict, kw_only=True)
    degrees: dict[int, int] = field(factory=dict, kw_only=True)
    of_groups: dict[int, str] = field(factory=dict, kw_only=True)
    """Variables of the moving group's values that its members read, by node."""
    links: dict[tuple[str, str | None], None] = field(factory=dict, kw_only=True)
    """The ways that lead from members to groups whose values move."""
    rounded: bool = field(default=False, kw_only=True)
    """Whether something that moves is rounded."""
    spread: dict[int, plan.Node] = field(factory=dict, kw_only=True)
    """What stands for a look-up whose result moves with the price."""
    together: bool = field(default=False, kw_only=True)
    """Whether members read a value of the pool that moves, so that all of them do."""
    loop: "_Loop | None" = field(default=None, kw_only=True)
    """The pass over members that is being written."""
    loops: int = field(default=0, kw_only=True)
    knowledge: dict[int, int] = field(factory=dict, kw_only=True)
    """What is known of the slope of a node, by node."""
    bounded: bool = field(default=True, kw_only=True)
    """Whether every condition is decided by one comparison of values whose slopes have bounds."""
    bent: bool = field(default=False, kw_only=True)
    """Whether one of those slopes is not the same everywhere, so that there are kinks to pass over."""

    def next_loop(self) -> int:
        """A number for the next pass."""
        self.loops += 1
        return self.loops

    @property
    def inverse(self) -> bool:
        """Whether `x` is the reciprocal of the price."""
        return self.settled[CONTRACT] == "inverse"

    def moves(self, node: plan.Node) -> bool:
        """Whether a node moves with the price."""
        return varies(node, self.moving, inverse=self.inverse)

    def degree(self, node: plan.Node) -> int:
        """Degree of a node in `x`, between kinks: 0 also for what moves in steps only, and for flags."""
        known = self.degrees.get(id(node))
        if known is None:
            known = self.degrees[id(node)] = self._degree(node) if self.moves(node) else 0
        return known

    def _degree(self, node: plan.Node) -> int:
        match node:
            case plan.Fact() | plan.Field():
                return 1
            case plan.Compare() | plan.Logic():
                return 0
            case plan.Pick():
                taken = self.taken(node)
                return 0 if taken is None else self.degree(taken)
            case plan.Round(operand=operand):
                return 0 if self.rounding else self.degree(operand)
            case plan.Binary(operator="*", left=left, right=right):
                return self.degree(left) + self.degree(right)
            case plan.Binary(operator="/", left=left, right=right):
                return self.degree(left) if not self.moves(right) else _BEYOND
            case plan.Binary(left=left, right=right):
                return max(self.degree(left), self.degree(right))
            case plan.Conditional(then=then, otherwise=otherwise):
                taken = self.taken(node)
                return self.degree(taken) if taken is not None else max(self.degree(then), self.degree(otherwise))
            case plan.Unary(operator="-" | "abs", operand=operand) | plan.Convert(operand=operand):
                return self.degree(operand)
            case plan.Unary(operator="not"):
                return 0
            case plan.Named(value=value) | plan.PoolValue(value=value) | plan.GroupValue(value=value):
                return self.degree(value)
            case plan.Tiered(key=key):
                return self.degree(key)
            case plan.Aggregate(operand=operand):
                return 0 if operand is None else self.degree(operand)
            case _:
                return _BEYOND

    def known_slope(self, node: plan.Node) -> int:
        """Whether a node's slope is the same at every `x`, has bounds, or neither: then the node may jump."""
        known = self.knowledge.get(id(node))
        if known is None:
            known = self.knowledge[id(node)] = self._known_slope(node) if self.moves(node) else _STRAIGHT
        return known

    def _known_slope(self, node: plan.Node) -> int:
        taken = self.taken(node)
        if taken is not None:
            return self.known_slope(taken)
        if self.degree(node) > 1 or not node.dimension.numeric:
            return _ANY
        match node:
            case plan.Fact() | plan.Field():
                return _STRAIGHT
            case plan.Binary(operator="min" | "max", left=left, right=right):
                return max(_BOUNDED, self.known_slope(left), self.known_slope(right))
            case plan.Unary(operator="abs", operand=operand) | plan.Tiered(key=operand):
                return max(_BOUNDED, self.known_slope(operand))
            case plan.Conditional(condition=condition, then=then, otherwise=otherwise):
                # What is chosen by something that moves can jump.
                return _ANY if self.moves(condition) else max(self.known_slope(then), self.known_slope(otherwise))
            case plan.Aggregate(operator=operator, operand=operand, where=where):
                if operand is None or (where is not None and self.moves(where)):
                    return _ANY
                return max(_BOUNDED if operator in {"min", "max"} else _STRAIGHT, self.known_slope(operand))
            case plan.Pick():
                return _ANY
            case _:
                return max((self.known_slope(child) for child in plan.children(node)), default=_ANY)

    def extent(self, node: plan.Node) -> tuple[str, str]:
        """The texts of a node's least and largest slope."""
        if self.known_slope(node) != _BOUNDED:
            slope = self.slope(node) or "ZERO"
            return slope, slope
        name = self.variable(self._bare(node))[1:]
        return f"l{name}", f"h{name}"

    def extend(self, node: plan.Node, low: str, high: str, *, swap: bool = False) -> None:
        """Statements for a node's least and largest slope, where it has such; with `swap` they may be the other way round."""
        if self.rounding or self.known_slope(node) != _BOUNDED:
            return
        least, largest = self.extent(node)
        self.line(f"{least} = {low}; {largest} = {high}{_EXTENT}")
        if swap:
            self.line(f"if {least} > {largest}: {least}, {largest} = {largest}, {least}{_EXTENT}")

    def taken(self, node: plan.Node) -> plan.Node | None:
        """What a node comes to, where the account's settings or the kind of contract decide that; None elsewhere."""
        match node:
            case plan.Conditional(condition=condition, then=then, otherwise=otherwise):
                decided = truth(condition, self.settled)
                return None if decided is None else then if decided else otherwise
            case plan.Logic(operator=operator, left=left, right=right):
                for one, other in ((left, right), (right, left)):
                    decided = truth(one, self.settled)
                    if decided is not None:
                        return one if decided == (operator == "or") else other
            case plan.Pick(result=result) if any(self.moves(part) for part in outer_parts(result)):
                if id(node) not in self.spread:
                    self.spread[id(node)] = self._spread(node, result)
                return self.spread[id(node)]
            case _:
                pass
        return None

    def _spread(self, pick: plan.Pick, part: plan.Node) -> plan.Node:
        """A look-up of a part of the result, as look-ups of those parts of it that do not move with the price."""
        if not has_tier_column(part):
            return part
        if not any(self.moves(outer) for outer in outer_parts(part)):
            return evolve(pick, result=part, dimension=part.dimension)
        match part:
            case plan.Named(value=value):
                return self._spread(pick, value)
            case plan.Unary(operand=operand) | plan.Convert(operand=operand):
                return evolve(part, operand=self._spread(pick, operand))
            case plan.Binary(left=left, right=right) | plan.Compare(left=left, right=right):
                return evolve(part, left=self._spread(pick, left), right=self._spread(pick, right))
            case plan.Conditional(condition=condition, then=then, otherwise=otherwise):
                return evolve(
                    part,
                    condition=self._spread(pick, condition),
                    then=self._spread(pick, then),
                    otherwise=self._spread(pick, otherwise),
                )
            case _:
                raise NotAffineError

    def _bare(self, node: plan.Node) -> plan.Node:
        while True:
            taken = self.taken(node)
            if taken is not None:
                node = taken
            elif isinstance(node, plan.Named | plan.PoolValue):
                node = node.value
            elif isinstance(node, plan.Round) and not self.rounding:
                node = node.operand
            else:
                return node

    def slope(self, node: plan.Node) -> str | None:
        """The variable of a node's slope; None where it has none."""
        return "d" + self.variable(self._bare(node))[1:] if self.degree(node) else None

    def curve(self, node: plan.Node) -> str | None:
        """The variable of a node's curvature; None where it has none."""
        return "q" + self.variable(self._bare(node))[1:] if self.degree(node) > 1 else None

    def emit(self, node: plan.Node, scope: plan.Scope) -> str:
        """Statements for a node; what does not move is read from the kernel's values."""
        if isinstance(node, plan.Constant):
            return self.constant(node.value)
        found = self.known.get(id(node))
        if found is not None:
            return found
        if isinstance(node, plan.Field) and node.entity == "account":
            found = self.setting(node)
        elif not self.moves(node):
            found = self._still(node, scope)
        elif isinstance(node, plan.Named):
            found = self.emit(node.value, scope)
        elif (taken := self.taken(node)) is not None:
            found = self.emit(taken, scope)
        elif isinstance(node, plan.PoolValue):
            found = self._of_pool(node, scope)
        elif isinstance(node, plan.Round) and not self.rounding:
            self.rounded = True
            found = self.emit(node.operand, scope)
        else:
            if self.degree(node) > _HIGHEST_DEGREE:
                raise NotAffineError
            found = self.variable(node)
            self.move(node, scope, found)
        self.known[id(node)] = found
        return found

    def _still(self, node: plan.Node, scope: plan.Scope) -> str:
        """A value that does not move: the kernel's, or worked out anew where the kernel may not have needed it."""
        column = self.kernel.columns[scope].get(id(node))
        if isinstance(node, plan.Named) and (column is None or column in self.kernel.partial[scope]):
            return self.emit(node.value, scope)
        found = self.variable(node)
        if column is not None and column not in self.kernel.partial[scope]:
            if scope == "pool" or scope in self.groups:
                return self.bound(scope, column)
            if self.loop is not None:
                self.loop.bound[found] = f"{found} = r[{column}]"
            else:
                self.line(f"{found} = r[{column}]")
        elif isinstance(node, plan.PoolValue):
            return self.emit(node.value, "pool")
        elif isinstance(node, plan.GroupValue) and scope != "balance":
            # Of the group that moves, as every member that does is in it; what does not move there is known.
            column = self.kernel.columns[node.group].get(id(node.value))
            if column is None or node.by is not None:
                raise NotAffineError
            return self.bound(node.group, column)
        elif isinstance(node, plan.GroupValue):
            column = self.kernel.columns[node.group].get(id(node.value))
            if column is None:
                raise NotAffineError
            self.links[node.group, node.by] = None
            self.line(f"number = numbers[{node.group!r}, {node.by!r}]")
            self.line(f"if number is None: raise MissingError({node.by!r})")
            self.line(f"{found} = every[{node.group!r}][number][{column}]")
        elif isinstance(node, plan.Aggregate) or (isinstance(node, plan.Fact) and node.scope == "pool"):
            raise NotAffineError
        else:
            self.compute(node, scope, found)
        return found

    def _of_pool(self, node: plan.PoolValue, scope: plan.Scope) -> str:
        """A value of the pool that moves: where a member reads it, it is known from before the pass over them."""
        if scope == "pool":
            return self.emit(node.value, scope)
        found = self.known.get(id(node.value))
        if found is None or self.loop is None or self.loop.members == "balances":
            raise NotAffineError
        self.together = True
        return found

    def bound(self, scope: plan.Scope, column: int) -> str:
        """A value of the pool, or of the group that moves, which is the same all along: read once a walk."""
        row = "P" if scope == "pool" else f"rows[{scope!r}]"
        name = f"of_{scope}_{column}"
        self.settings[name] = f"    {name} = {row}[{column}]"
        return name

    def assign(self, node: plan.Node, value: str, slope: str | None = None, curve: str | None = None) -> None:
        """Statements that give a node its value, its slope and its curvature, as far as it has them."""
        parts = [f"{self.variable(node)} = {value}"]
        if self.degree(node) > 0:
            parts.append(f"{self.slope(node)} = {slope or 'ZERO'}")
        if self.degree(node) > 1:
            parts.append(f"{self.curve(node)} = {curve or 'ZERO'}")
        self.line("; ".join(parts))

    def kink(self, value: str, slope: str | None, curve: str | None) -> None:
        """Note where a moving value becomes zero."""
        if curve is not None:
            self.line(f"roots(kinks, x, {value}, {slope or 'ZERO'}, {curve})")
        elif slope is not None:
            self.line(f"if {slope}: kinks.append(x - ({value}) / {slope})")

    def verdict(self, node: plan.Node, number: int) -> str:
        """Statements for a condition; the roots of the comparison that decides it are its turns.

        Args:
            node: the condition, or a part of it that can decide it, in the scope of the pool.
            number: the condition's.
        """
        bare = self._bare(node)
        if self.rounding or not self.moves(bare):
            return self.emit(node, "pool")
        # Not kept as known: whoever else reads these comparisons needs their roots among the kinks.
        found = self.variable(bare)
        match bare:
            case plan.Unary(operator="not", operand=operand):
                self.line(f"{found} = not {self.verdict(operand, number)}")
            case plan.Compare(operator="<" | "<=" | ">" | ">=" as operator, left=left, right=right):
                one, other = self.emit(left, "pool"), self.emit(right, "pool")
                self._difference(left, right, one, other, number)
                self.line(f"{found} = {one} {operator} {other}")
                known = max(self.known_slope(left), self.known_slope(right))
                self.bounded = self.bounded and known != _ANY
                self.bent = self.bent or known != _STRAIGHT
            case plan.Logic(operator=operator, left=left, right=right):
                self._either(found, operator, left, right, number)
            case _:
                self.bounded = False
                return self.emit(node, "pool")
        return found

    def _either(self, to: str, operator: str, left: plan.Node, right: plan.Node, number: int) -> None:
        """Both sides of `and` or `or`: the roots of one are turns as long as the other side has no say."""
        both = self.moves(left) and self.moves(right)
        if self.moves(left) and not self.moves(right):
            # The right side is not looked at where the left one decides, so what it says there is not known.
            left, right = right, left
        first = f"first_{to}"
        if both:
            self.bounded = False
            self.line(f"{first} = len(turns)")
        self.line(f"{to} = {self.verdict(left, number)}")

        def second() -> None:
            if both:
                self.line(f"second_{to} = len(turns)")
            self.line(f"{to} = {self.verdict(right, number)}")
            if both:
                # Of both there are roots, or the right side has decided, whatever becomes of the left one.
                decided = to if operator == "or" else f"not {to}"
                self.line(f"if {first} < second_{to} and ({decided} or second_{to} < len(turns)):")
                self.line(f"    as_kinks(turns, {first}, kinks)")

        self.block(f"if {'' if operator == 'and' else 'not '}{to}:", second)
        if both:
            self.block("else:", lambda: self.line(f"as_kinks(turns, {first}, kinks)"))

    def move(self, node: plan.Node, scope: plan.Scope, to: str) -> None:
        """Statements for a node that moves."""
        match node:
            case plan.Fact():
                self._moving_fact(node)
            case plan.Field(name="mark_price") if not self.inverse:
                self.assign(node, "x", "ONE")
            case plan.Unary(operator="-", operand=operand):
                self.assign(node, f"-{self.emit(operand, scope)}", *self._signed(operand))
                low, high = self.extent(operand)
                self.extend(node, f"-{high}", f"-{low}")
            case plan.Unary(operator="abs", operand=operand):
                inner = self.emit(operand, scope)
                self.kink(inner, self.slope(operand), self.curve(operand))
                self.block(f"if {inner} < 0:", lambda: self.assign(node, f"-{inner}", *self._signed(operand)))
                self.block("else:", lambda: self.assign(node, inner, self.slope(operand), self.curve(operand)))
                low, high = self.extent(operand)
                self.line(f"steep = max(abs({low}), abs({high})){_EXTENT}")
                self.extend(node, "-steep", "steep")
            case plan.Unary(operator="not", operand=operand):
                self.line(f"{to} = not {self.emit(operand, scope)}")
            case plan.Binary(left=left, right=right):
                self._moving_binary(node, left, right, scope)
            case plan.Compare(operator=operator, left=left, right=right):
                one, other = self.emit(left, scope), self.emit(right, scope)
                if left.dimension.numeric:
                    self._difference(left, right, one, other)
                self.line(f"{to} = {one} {operator} {other}")
            case plan.Logic() | plan.Conditional():
                self._branches(node, scope, to)
            case plan.Convert(operand=operand, origin=origin, target=target):
                inner = self.emit(operand, scope)
                one, other = self.asset_text(origin, scope), self.asset_text(target, scope)
                against = "" if target == "USD" else f" / index(assets, {other})"
                self.block(f"if {one} == {other}:", lambda: self._same(node, operand, inner))
                self.block("else:", lambda: self._scaled(node, operand, inner, f"index(assets, {one}){against}"))
            case plan.Round(operand=operand, direction=direction, step=step):
                if self.moves(step):
                    raise NotAffineError
                inner, width = self.emit(operand, scope), self.emit(step, scope)
                slope, curve = self.slope(operand) or "ZERO", self.curve(operand) or "ZERO"
                self.line(f"stair_edges(kinks, x, {inner}, {slope}, {curve}, {width}, {direction!r})")
                self.line(f"{to} = round_to_step({inner}, {direction!r}, {width})")
            case plan.Tiered() | plan.Pick():
                self._moving_tier(node, scope)
            case plan.GroupValue():
                self._moving_group_value(node, scope)
            case _:
                raise NotAffineError

    def _signed(self, operand: plan.Node) -> tuple[str | None, str | None]:
        slope, curve = self.slope(operand), self.curve(operand)
        return None if slope is None else f"-{slope}", None if curve is None else f"-{curve}"

    def _same(self, node: plan.Node, as_node: plan.Node, value: str) -> None:
        """Statements for a node that is what another is."""
        self.assign(node, value, self.slope(as_node), self.curve(as_node))
        self.extend(node, *self.extent(as_node))

    def _scaled(self, node: plan.Node, operand: plan.Node, value: str, by: str) -> None:
        slope, curve = self.slope(operand), self.curve(operand)
        self.line(f"factor = {by}")
        self.assign(
            node,
            f"{value} * factor",
            None if slope is None else f"{slope} * factor",
            None if curve is None else f"{curve} * factor",
        )
        low, high = self.extent(operand)
        self.extend(node, f"{low} * factor", f"{high} * factor", swap=True)

    def _moving_fact(self, node: plan.Fact) -> None:
        if node.scope == "order":
            if node.name == "notional":
                # At its limit price, which does not move; an order without one stands at the mark.
                self.block("if o.price is None:", lambda: self.assign(node, "size * x", "size"))
                self.block("else:", lambda: self.assign(node, "value"))
            else:
                self.assign(node, "size * x", "size")
        elif node.name == "unrealized_pnl":
            sign = "-" if self.inverse else ""
            self.assign(node, f"{sign}signed * (x - entry)", f"{sign}signed")
        elif node.name == "contract_value":
            self.assign(node, "i.contract_size * x", "i.contract_size")
        else:
            self.assign(node, "size * x", "size")

    def _moving_binary(self, node: plan.Binary, left: plan.Node, right: plan.Node, scope: plan.Scope) -> None:
        one, other = self.emit(left, scope), self.emit(right, scope)
        first, second = self.slope(left), self.slope(right)
        bent, bends = self.curve(left), self.curve(right)
        operator = node.operator
        (low, high), (least, largest) = self.extent(left), self.extent(right)
        if operator in {"+", "-"}:
            self.assign(node, f"{one} {operator} {other}", _sum(first, operator, second), _sum(bent, operator, bends))
            if operator == "-":
                least, largest = largest, least
            self.extend(node, _total(low, operator, least), _total(high, operator, largest))
        elif operator == "*":
            slopes = [f"{first} * {other}"] if first is not None else []
            curves = [f"{bent} * {other}"] if bent is not None else []
            if second is not None:
                slopes.append(f"{one} * {second}")
            if bends is not None:
                curves.append(f"{one} * {bends}")
            if first is not None and second is not None:
                curves.append(f"{first} * {second}")
            self.assign(node, f"{one} * {other}", " + ".join(slopes) or None, " + ".join(curves) or None)
            by = other if self.moves(left) else one
            low, high = (low, high) if self.moves(left) else (least, largest)
            self.extend(node, f"{low} * {by}", f"{high} * {by}", swap=True)
        elif operator == "/":
            self.assign(
                node,
                f"{one} / {other}",
                None if first is None else f"{first} / {other}",
                None if bent is None else f"{bent} / {other}",
            )
            self.extend(node, f"{low} / {other}", f"{high} / {other}", swap=True)
        else:
            self._difference(left, right, one, other)
            sign = ">=" if operator == "max" else "<="
            self.block(f"if {one} {sign} {other}:", lambda: self.assign(node, one, first, bent))
            self.block("else:", lambda: self.assign(node, other, second, bends))
            self.extend(node, f"min({low}, {least})", f"max({high}, {largest})")

    def _difference(self, left: plan.Node, right: plan.Node, one: str, other: str, number: int | None = None) -> None:
        """Note where two values meet: a kink, or where the condition of that number turns."""
        slope, curve = _sum(self.slope(left), "-", self.slope(right)), _sum(self.curve(left), "-", self.curve(right))
        value = one if isinstance(right, plan.Constant) and right.value == 0 else f"{one} - {other}"
        if curve is None and slope is not None and not slope.isidentifier():
            self.line(f"slope = {slope}")
            slope = "slope"
        if number is None:
            self.kink(value, slope, curve)
        elif curve is not None:
            self.line(f"turn(turns, kinks, {number}, x, {value}, {slope or 'ZERO'}, {curve})")
        elif slope is not None:
            self.line(f"gap_{number} = {value}")
            self.line(f"if {slope}: turns.append((x - gap_{number} / {slope}, {number}))")
            (low, high), (least, largest) = self.extent(left), self.extent(right)
            extent = f"({_total(low, '-', largest)}, {_total(high, '-', least)})"
            self.line(f"extent_{number} = {extent}{_EXTENT}")

    def _branches(self, node: plan.Logic | plan.Conditional, scope: plan.Scope, to: str) -> None:
        if isinstance(node, plan.Logic):
            self.line(f"{to} = {self.emit(node.left, scope)}")
            header = f"if {'' if node.operator == 'and' else 'not '}{to}:"
            self.block(header, lambda: self.line(f"{to} = {self.emit(node.right, scope)}"))
            return

        def branch(taken: plan.Node) -> None:
            self._same(node, taken, self.emit(taken, scope))

        decided = self.emit(node.condition, scope)
        self.block(f"if {decided}:", lambda: branch(node.then))
        self.block("else:", lambda: branch(node.otherwise))

    def _moving_group_value(self, node: plan.GroupValue, scope: plan.Scope) -> None:
        value = node.value
        variable = self.of_groups.get(id(value))
        if variable is None:
            raise NotAffineError
        if scope != "balance":
            # Only a group by instrument has no members but those that move.
            if self.groups[node.group] != "instrument" or node.by is not None:
                raise NotAffineError
            self._same(node, value, variable)
            return
        # A balance can read several groups, of which the one that moves is one.
        column = self.kernel.columns[node.group].get(id(value))
        if column is None:
            raise NotAffineError
        number = member_group(node.group, node.by)
        self.line(f"{number} = numbers[{node.group!r}, {node.by!r}]")
        self.block(f"if {number} == moving[{node.group!r}]:", lambda: self._same(node, value, variable))

        def still() -> None:
            if node.by is not None:
                self.line(f"if {number} is None: raise MissingError({node.by!r})")
            self.assign(node, f"every[{node.group!r}][{number}][{column}]")
            self.extend(node, "ZERO", "ZERO")

        self.block("else:", still)

    def _moving_tier(self, node: plan.Tiered | plan.Pick, scope: plan.Scope) -> None:
        rules = [node.result] if isinstance(node, plan.Pick) else [node.rate, *([node.amount] if node.amount else [])]
        outer: dict[int, str] = {}
        for rule in rules:
            for part in outer_parts(rule):
                if self.moves(part):
                    raise NotAffineError
                outer[id(part)] = self.emit(part, scope)
        key = self.emit(node.key, scope)
        slope, curve = self.slope(node.key), self.curve(node.key)
        functions = [self._row_function(rule, outer) for rule in rules]
        table = self.table(node.table, scope)
        arguments = "".join(f", {variable}" for variable in outer.values())
        if isinstance(node, plan.Pick):
            self.line(f"bounds = {table}.bounds; find = find_in({table})")
        else:
            amount = functions[1] if len(functions) > 1 else "None"
            packed = f"({''.join(f'{variable}, ' for variable in outer.values())})"
            self._derived(node, table, f"derive({table}, {functions[0]}, {amount}, {packed})", list(outer.values()))
            self.line("bounds, rates, amounts, find = tiers")
        self.line("row = 0")
        self.line("if len(bounds) > 1:")
        self.line(f"    row = find(bounds, {key})")
        self.line("    if row: row -= 1")
        if curve is not None:
            self.line(f"    if row: roots(kinks, x, {key} - bounds[row], {slope}, {curve})")
            self.line(f"    if row + 1 < len(bounds): roots(kinks, x, {key} - bounds[row + 1], {slope}, {curve})")
        elif slope is not None:
            self.line(f"    if {slope}:")
            self.line(f"        if row: kinks.append(x + (bounds[row] - {key}) / {slope})")
            self.line(f"        if row + 1 < len(bounds): kinks.append(x + (bounds[row + 1] - {key}) / {slope})")
        if isinstance(node, plan.Pick):
            self.assign(node, f"{functions[0]}({table}, row{arguments})")
        else:
            self.assign(
                node,
                f"{key} * rates[row] - amounts[row]",
                None if slope is None else f"{slope} * rates[row]",
                None if curve is None else f"{curve} * rates[row]",
            )
            self._tier_extent(node, table, shared=not outer)

    def _tier_extent(self, node: plan.Tiered, table: str, *, shared: bool) -> None:
        """Statements for how steep a table makes its key, with rates that are the same for all who use it or not."""
        if self.rounding or self.known_slope(node) != _BOUNDED:
            return
        if shared:
            place = f"{table}.derived[{self.constant(node)}, 'span']"
            self.line(f"span = {table}.derived.get(({self.constant(node)}, 'span')){_EXTENT}")
            self.line(f"if span is None: span = {place} = rate_span(bounds, rates, amounts){_EXTENT}")
        else:
            self.line(f"span = rate_span(bounds, rates, amounts){_EXTENT}")
        low, high = self.extent(node.key)
        least, largest = self.extent(node)
        self.line(f"{least}, {largest} = steepened({low}, {high}, *span){_EXTENT}")

    def _derived(self, node: plan.Node, table: str, derive: str, outer: Sequence[str]) -> None:
        """Put bounds, rates and amounts of a table into `tiers`: once a table, or once a walk where other values count."""
        loop, identity = self.loop, self.constant(node)
        early = loop is not None and (table in loop.bound or table in self.names)
        tiers = f"tiers_{self.variable(node)}"
        if outer:
            if loop is not None and early and not self.nested and all(name in loop.bound for name in outer):
                loop.bound[tiers] = f"{tiers} = {derive}"
                self.line(f"tiers = {tiers}")
            else:
                self.line(f"tiers = {derive}")
            return
        if loop is not None and early:
            loop.bound[tiers] = f"{tiers} = {table}.derived.get({identity})"
            self.line(f"tiers = {tiers}")
        else:
            self.line(f"tiers = {table}.derived.get({identity})")
        self.line(f"if tiers is None: {table}.derived[{identity}] = tiers = {derive}")


def _sum(one: str | None, operator: str, other: str | None) -> str | None:
    """The text of a sum or difference of two slopes, either of which may be missing."""
    if other is None:
        return one
    if one is None:
        return f"-{other}" if operator == "-" else other
    return f"({one} {operator} {other})"


def _total(one: str, operator: str, other: str) -> str:
    """The text of a sum or difference of two bounds, either of which may be zero."""
    if other == "ZERO":
        return one
    if one == "ZERO":
        return f"-{other}" if operator == "-" else other
    return f"{one} {operator} {other}"


def rate_span(
    bounds: Sequence[Decimal], rates: Sequence[Decimal], amounts: Sequence[Decimal]
) -> tuple[Decimal, Decimal]:
    """The least and the largest rate of a table without jumps or end; of one with jumps what allows for any of them.

    That of a table with an end is the wrong way round: no slope lies within it.
    """
    if len(bounds) > len(rates):
        return _UNBOUNDED, -_UNBOUNDED
    for row in range(1, len(rates)):
        if amounts[row] - amounts[row - 1] != bounds[row] * (rates[row] - rates[row - 1]):
            return -_UNBOUNDED, _UNBOUNDED
    return min(rates), max(rates)


def steepened(low: Decimal, high: Decimal, least: Decimal, largest: Decimal) -> tuple[Decimal, Decimal]:
    """The least and the largest product of a slope and a rate, each within its bounds.

    Raises:
        EndsError: the table ends, and the slope is not zero.
    """
    if least > largest and (low or high):
        raise EndsError
    if least >= 0:
        return low * (least if low >= 0 else largest), high * (largest if high >= 0 else least)
    products = (low * least, low * largest, high * least, high * largest)
    return min(products), max(products)


def compile_walker(conditions: Sequence[plan.Node], kernel: Kernel, pool: plan.PoolPlan, settled: Assignment) -> Walker:
    """The walker of a pool's conditions.

    Args:
        conditions: flags in the scope of the pool.
        kernel: the pool's kernel, whose values are read where nothing moves.
        pool: the pool, whose groups they refer to.
        settled: choices and flags of the account, and the kind of contract, that the walker is for: what they decide is
            left out of it.

    Raises:
        NotAffineError: a condition is neither affine nor quadratic in `x` between kinks.
    """
    try:
        smooth = _compiled(conditions, kernel, pool, settled, rounding=False)
        stairs = _compiled(conditions, kernel, pool, settled, rounding=True) if smooth[0].rounded else None
    except TooLargeError as error:
        raise NotAffineError from error
    emitter, point, others, members, source = smooth
    return Walker(
        point,
        None if stairs is None else stairs[1],
        len(conditions),
        tuple(others),
        members,
        tuple(emitter.links),
        emitter.together or (stairs is not None and stairs[0].together),
        source if stairs is None else stairs[-1],
    )


def _compiled(
    conditions: Sequence[plan.Node], kernel: Kernel, pool: plan.PoolPlan, settled: Assignment, *, rounding: bool
) -> tuple[_WalkEmitter, Callable[..., Any], list[plan.Aggregate], frozenset[str], str]:
    groups = pool.groups
    names: dict[str, Any] = {
        "MissingError": MissingError,
        "round_to_step": round_to_step,
        "Decimal": Decimal,
        "row_of": row_of,
        "find_in": find_in,
        "derive": derive,
        "cell": cell,
        "index": index,
        "roots": roots,
        "turn": turn,
        "as_kinks": as_kinks,
        "stair_edges": stair_edges,
        "rate_span": rate_span,
        "steepened": steepened,
        "ZERO": _ZERO,
        "ONE": _ONE,
    }
    by_asset = {name: by == "settlement asset" for name, by in groups.items()}
    emitter = _WalkEmitter(
        names,
        by_asset=by_asset,
        in_settle=pool.asset == "settle",
        kernel=kernel,
        settled=settled,
        rounding=rounding,
        groups=groups,
    )
    found: dict[int, plan.Aggregate] = {}
    wanted: dict[int, plan.GroupValue] = {}
    of_pool: dict[int, plan.Node] = {}
    for condition in conditions:
        _moving_aggregates(condition, emitter, found, wanted, of_pool, set())
    aggregates = list(found.values())
    stages = Stages()
    parts: dict[int, str] = {}
    others: list[plan.Aggregate] = []
    for position, node in enumerate(aggregates):
        emitter.assign(node, f"rest_{position}")
        emitter.extend(node, "ZERO", "ZERO")
        part = _part(node, kernel)
        if part is None:
            emitter.settings[f"rest_{position}"] = f"    rest_{position} = rests[{len(others)}]"
            others.append(node)
        else:
            scope: plan.Scope = "pool" if node.group is None else node.group
            row = "P" if scope == "pool" else f"rows[{scope!r}]"
            emitter.settings[f"rest_{position}"] = f"    rest_{position} = {row}[{kernel.columns[scope][id(node)]}]"
            parts[id(node)] = part.format(rest=f"rest_{position}")
    before: list[str] = []
    for stage in range(max((stages.of(node) for node in aggregates), default=0) + 1):
        for value in of_pool.values():
            # What members read of the pool is made of what earlier passes came to.
            if stages.of(value) == stage - 1:
                emitter.emit(value, "pool")
        for members in (*plan.MEMBER_SCOPES, *groups):
            run = [node for node in aggregates if node.members == members and stages.of(node) == stage]
            read = [node.value for node in wanted.values() if node.group == members and stages.of(node.value) == stage]
            if run or read:
                before += _loop(emitter, members, run, read, [parts[id(node)] for node in run if id(node) in parts])
    verdicts = [emitter.verdict(condition, number) for number, condition in enumerate(conditions)]
    gaps = [f"gap_{number}" for number in range(len(verdicts))]
    extents = [f"extent_{number}" for number in range(len(verdicts))]
    seen = f"({', '.join(verdicts)},), kinks, turns, ({', '.join(gaps)},)"
    emitter.bounded = emitter.bounded and emitter.bent and not rounding
    # What does not move with `x` is bound once; the inner function is called at every kink.
    source = "\n".join(
        [
            "def bind(P, positions, orders, balances, rests, asset, assets, a, rows, records, every, moving):",
            *emitter.settings.values(),
            *before,
            "    def point(x):",
            f"        kinks = []; turns = []; {' = '.join(gaps)} = None",
            *(f"    {line}" for line in emitter.lines if not line.endswith(_EXTENT)),
            f"        return {seen}",
            *(
                (
                    "    def first(x):",
                    f"        kinks = []; turns = []; {' = '.join(gaps)} = {' = '.join(extents)} = None",
                    *(f"    {line}" for line in emitter.lines),
                    f"        return ({seen}), ({', '.join(extents)},)",
                    "    return point, first",
                )
                if emitter.bounded
                else ("    return point, None",)
            ),
        ]
    )
    exec(compile(source, "<walk>", "exec"), names)  # noqa: S102 - text made from a checked plan
    return emitter, names["bind"], others, frozenset(node.members for node in aggregates), source


def _part(node: plan.Aggregate, kernel: Kernel) -> str | None:
    """The statement that takes a member's part out of an aggregate, where the kernel has what it needs; else None."""
    if node.operator not in {"sum", "count"}:
        return None
    scope: plan.Scope = "pool" if node.group is None else node.group
    member = plan.member_scope(node.members)

    def always(of: plan.Scope, wanted: plan.Node) -> int | None:
        column = kernel.columns[of].get(id(wanted))
        return None if column in kernel.partial[of] else column

    row = "r" if node.members in _MEMBERS else f"rows[{node.members!r}]"
    condition = ""
    if node.where is not None:
        kept = always(member, node.where)
        if kept is None:
            return None
        condition = f"if {row}[{kept}]: "
    # Under a condition it is worked out for those that meet it.
    operand = None if node.operand is None else kernel.columns[member].get(id(node.operand))
    if always(scope, node) is None or (operand is None) != (node.operand is None):
        return None
    if operand in kernel.partial[member] and not condition:
        return None
    return f"{condition}{{rest}} -= {'ONE' if operand is None else f'{row}[{operand}]'}"


def _loop(
    emitter: _WalkEmitter,
    members: str,
    run: Sequence[plan.Aggregate],
    read: Sequence[plan.Node],
    rests: Sequence[str],
) -> list[str]:
    """One pass over the members that move, or over the group of a name that does: what is aggregated, and read of it.

    Returns:
        What is to be done once a walk, before it.
    """
    scope = plan.member_scope(members)
    outside, lines = dict(emitter.known), emitter.lines
    emitter.lines, emitter.loop = [], None
    if members in _MEMBERS:
        emitter.loop = loop = _Loop(emitter.next_loop(), members, scope, rests=list(rests))
    elif members not in emitter.groups:
        raise NotAffineError
    emitter.indent += 1
    for node in read:
        emitter.of_groups[id(node)] = emitter.emit(node, scope)
    for node in run:
        _accumulate(emitter, node, scope)
    emitter.indent -= 1
    written, emitter.lines, emitter.loop = emitter.lines, lines, None
    emitter.known = outside
    for node in run:
        emitter.known[id(node)] = emitter.variable(node)
    if members not in _MEMBERS:
        # All that moves is on one instrument, so one group of each name moves.
        emitter.line(f"for key, i, s in (records[{members!r}],):")
        emitter.lines += written or ["    " * (emitter.indent + 1) + "pass"]
        return [f"    {rest}" for rest in rests]
    used = set(_NAME.findall("\n".join(written)))
    own = [name for name in (*_MEMBERS[members].split(", "), "size", "signed", "entry", "value") if name in used]
    carried = [*own, *(name for name in loop.bound if name in used)]
    emitter.line(f"for {', '.join(carried)}, in held_{loop.number}:" if carried else f"for _ in held_{loop.number}:")
    emitter.lines += written or ["    " * (emitter.indent + 1) + "pass"]
    return loop.before(carried, inverse=emitter.inverse)


def _moving_aggregates(
    node: plan.Node,
    emitter: _WalkEmitter,
    found: dict[int, plan.Aggregate],
    wanted: dict[int, plan.GroupValue],
    of_pool: dict[int, plan.Node],
    seen: set[int],
) -> None:
    """Collect the aggregates whose values move, those that others are made of first, and what is read of groups and pool."""
    if id(node) in seen or not emitter.moves(node):
        return
    seen.add(id(node))
    taken = emitter.taken(node)
    if taken is not None:
        _moving_aggregates(taken, emitter, found, wanted, of_pool, seen)
        return
    if isinstance(node, plan.Aggregate):
        if (
            node.by is not None
            or (node.group is not None and node.members == "balances")
            or node.members == plan.OTHERS
        ):
            raise NotAffineError
        for child in plan.children(node):
            _moving_aggregates(child, emitter, found, wanted, of_pool, seen)
        found[id(node)] = node
        return
    if isinstance(node, plan.GroupValue):
        wanted[id(node)] = node
        emitter.links[node.group, node.by] = None
    for child in plan.children(node):
        _moving_aggregates(child, emitter, found, wanted, of_pool, seen)
    if isinstance(node, plan.PoolValue):
        of_pool[id(node.value)] = node.value


def _accumulate(emitter: _WalkEmitter, node: plan.Aggregate, scope: plan.Scope) -> None:
    variable, slope, curve = emitter.variable(node), emitter.slope(node), emitter.curve(node)

    def add() -> None:
        if node.operand is None:
            emitter.line(f"{variable} += ONE")
            return
        value = emitter.emit(node.operand, scope)
        step, bend = emitter.slope(node.operand), emitter.curve(node.operand)
        (low, high), (least, largest) = emitter.extent(node.operand), emitter.extent(node)
        if node.operator == "sum":
            emitter.line(f"{variable} += {value}")
            if step is not None:
                emitter.line(f"{slope} += {step}")
            if bend is not None:
                emitter.line(f"{curve} += {bend}")
            emitter.extend(node, f"{least} + {low}", f"{largest} + {high}")
        elif node.operator == "only":
            emitter.assign(node, value, step, bend)
            emitter.extend(node, low, high)
        else:
            # The members that stay are among them.
            emitter.extend(node, f"min({least}, {low})", f"max({largest}, {high})")
            sign = ">" if node.operator == "max" else "<"

            def beside() -> None:
                difference = _sum(step, "-", slope)
                if difference is not None and bend is None and curve is None:
                    emitter.line(f"slope = {difference}")
                    difference = "slope"
                emitter.kink(f"{value} - {variable}", difference, _sum(bend, "-", curve))

            emitter.block(f"if {variable} is not None:", beside)
            emitter.block(
                f"if {variable} is None or {value} {sign} {variable}:", lambda: emitter.assign(node, value, step, bend)
            )

    if node.where is None:
        add()
    else:
        emitter.block(f"if {emitter.emit(node.where, scope)}:", add)


@frozen
class Walked:
    """What was found along a price.

    Attributes:
        crossings: where each condition changes its verdict, ascending.
        below: the `x` below which some condition has no value; None where it was followed to zero.
        above: the `x` above which some condition has no value; None where it was followed to infinity.
    """

    crossings: list[list[Decimal]]
    below: Decimal | None = None
    above: Decimal | None = None


def walk(point: Point, first: First | None, start: Decimal, conditions: int) -> Walked:
    """Where each condition changes its verdict, over all positive `x`.

    Args:
        point: verdicts, kinks and turns at one `x`.
        first: the same and how steep the conditions can be; None where that has no bounds.
        start: the present `x`, above zero.
        conditions: how many verdicts `point` gives.

    Raises:
        NotAffineError: a crossing was not confirmed by evaluating on both sides of it, or there are too many kinks.
    """
    found: list[list[Decimal]] = [[] for _ in range(conditions)]
    above, below = start * ABOVE, start * BELOW
    extents: Extents | None = None
    higher = lower = None
    try:
        # The present price has few digits, with which everything is quicker than with those of a price beside it.
        if first is not None:
            try:
                here, extents = first(start)
            except EndsError:
                first = None
        if first is None:
            here = point(start)
        # At a kink there are two pieces, of which that is one, or neither.
        beside = _within(here, below, above)
    except IndexError:
        beside = True
    if not beside:
        higher = _follow(point, start, here, found, extents, upward=True)
        lower = _follow(point, start, here, found, extents, upward=False)
    else:
        upward, downward = _seen(point, above), _seen(point, below)
        if upward is not None and downward is not None:
            for number in range(conditions):
                if upward[0][number] != downward[0][number]:
                    found[number].append(start)
        # A table of tiers ends just here where one of them is not known.
        higher = start if upward is None else _follow(point, above, upward, found, extents, upward=True)
        lower = start if downward is None else _follow(point, below, downward, found, extents, upward=False)
    for boundaries in found:
        boundaries.sort()
    return Walked(found, lower, higher)


def _seen(point: Point, x: Decimal) -> Seen | None:
    """What is seen at an `x`; None beyond the end of a table of tiers."""
    try:
        return point(x)
    except IndexError:
        return None


def _within(seen: Seen, low: Decimal, high: Decimal) -> bool:
    """Whether a kink or a turn lies between two `x`."""
    # Plain loops: this is on the way of every walk, and a generator takes longer than what it goes through.
    for kink in seen[1]:
        if low <= kink <= high:
            return True
    for root, _ in seen[2]:  # noqa: SIM110
        if low <= root <= high:
            return True
    return False


def _follow(
    point: Point, x: Decimal, here: Seen, found: list[list[Decimal]], extents: Extents | None, *, upward: bool
) -> Decimal | None:
    """Step from kink to kink in one direction, noting where a verdict changes.

    Args:
        point: verdicts, kinks and turns at one `x`.
        x: where to start: the present one, or beside it.
        here: what is seen there.
        found: where each condition changes its verdict, to which those of this direction are added.
        extents: how steep the conditions can be; None where that has no bounds.
        upward: the direction.

    Returns:
        The `x` beyond which the conditions have no value; None where they have one as far as they are followed, which
        is until no verdict can change any more.
    """
    beyond, back = (ABOVE, BELOW) if upward else (BELOW, ABOVE)
    verdicts, kinks, turns, gaps = here
    for _ in range(MAXIMUM_PIECES):
        ahead = _ahead(kinks, x, upward=upward) if kinks else None
        before = verdicts
        if ahead is None:
            for root, number in turns:
                if root > x if upward else _LEAST < root < x:
                    found[number].append(root)
            return None
        if extents is not None:
            clear = _clear(gaps, extents, upward=upward)
            if clear is None or (clear >= x and not upward):
                return None
            far = x + clear if upward else x - clear
            if far > ahead if upward else far < ahead:
                # Kinks before it change nothing; what comes after them is not seen from here.
                x = far
                verdicts, kinks, turns, gaps = point(x)
                if x in kinks:
                    # Of the two pieces that meet there, the one that goes on.
                    x = x * beyond
                    verdicts, kinks, turns, gaps = point(x)
                if verdicts != before:
                    raise NotAffineError
                continue
        near = ahead * back
        for root, number in turns:
            # What is as near to the kink as this is seen from beyond it.
            if x < root < near if upward else near < root < x:
                found[number].append(root)
                before = (*before[:number], not before[number], *before[number + 1 :])
        x = ahead * beyond
        try:
            here = point(x)
        except IndexError:
            return ahead
        verdicts, kinks, turns, gaps = here
        if verdicts != before:
            # Seen from beyond, the change is where it was seen from before; or else the verdict there is looked at.
            if not (_within(here, near, x) if upward else _within(here, x, near)) and point(near)[0] != before:
                raise NotAffineError
            for number, verdict in enumerate(verdicts):
                if verdict != before[number]:
                    found[number].append(ahead)
    raise NotAffineError


def _clear(gaps: tuple[Decimal | None, ...], extents: Extents, *, upward: bool) -> Decimal | None:
    """How far no verdict can change in a direction; None where none can any more."""
    clear: Decimal | None = None
    for gap, extent in zip(gaps, extents, strict=True):
        if gap is None or extent is None:
            # Decided by what does not move.
            continue
        if not gap:
            return _ZERO
        steepest = -extent[0] if (gap > 0) == upward else extent[1]
        if steepest > 0:
            distance = abs(gap) * _SHORT / steepest
            if clear is None or distance < clear:
                clear = distance
    return clear


def _ahead(kinks: list[Decimal], x: Decimal, *, upward: bool) -> Decimal | None:
    """The nearest kink beyond `x` in a direction, and above what a root at zero becomes by rounding."""
    ahead: Decimal | None = None
    if upward:
        for kink in kinks:
            if kink > x and (ahead is None or kink < ahead):
                ahead = kink
    else:
        for kink in kinks:
            if kink < x and kink > (ahead or _LEAST):
                ahead = kink
    return ahead


def on_stairs(stairs: Point, walked: Walked, start: Decimal) -> Walked:
    """The boundaries of rounded conditions, from those of the same conditions without rounding.

    Rounding moves a boundary by a few steps at most, and can make several of one. Around each crossing the stairs are
    followed in both directions until the verdict has stayed as it is for `SETTLED` steps. Where two conditions come close
    without a crossing it can make boundaries too, as of little that is left near zero: then what is found does not fit
    the verdicts far away.

    Args:
        stairs: verdicts and kinks with rounding.
        walked: where each condition changes its verdict without it.
        start: the present `x`.

    Raises:
        NotAffineError: no change was found at a crossing, the verdict does not settle within `MAXIMUM_STAIRS` steps, or
            it is another one far away than the changes make it.
        IndexError: a table of tiers ends beside a crossing.
    """
    found: list[list[Decimal]] = []
    for number, boundaries in enumerate(walked.crossings):
        changes: list[Decimal] = []
        for crossing in boundaries:
            above, below = crossing * ABOVE, crossing * BELOW
            before = len(changes)
            upward, downward = stairs(above), stairs(below)
            if upward[0][number] != downward[0][number]:
                changes.append(crossing)
            _settle(stairs, above, upward, number, changes, upward=True)
            _settle(stairs, below, downward, number, changes, upward=False)
            if len(changes) == before:
                raise NotAffineError
        found.append(_distinct(sorted(changes)))
    ends = [start / FAR] if walked.below is None else []
    if walked.above is None:
        ends.append(start * FAR)
    _agree(stairs, [start * ABOVE, *ends], found)
    return evolve(walked, crossings=found)


def _distinct(changes: list[Decimal]) -> list[Decimal]:
    """Changes, ascending, without those that were found from two crossings."""
    distinct: list[Decimal] = []
    for change in changes:
        if not distinct or change - distinct[-1] > _APART * change:
            distinct.append(change)
    return distinct


def _agree(point: Point, places: list[Decimal], found: list[list[Decimal]]) -> None:
    """Hold the changes of each verdict against what it is at some places."""
    first, *others = places
    here = point(first)[0]
    for x in others:
        there = point(x)[0]
        for number, changes in enumerate(found):
            between = sum(first < change < x or x < change < first for change in changes)
            if (here[number] == there[number]) == bool(between % 2):
                raise NotAffineError


def _settle(
    stairs: Point,
    x: Decimal,
    here: Seen,
    number: int,
    changes: list[Decimal],
    *,
    upward: bool,
) -> None:
    """Note each step in a direction at which a verdict changes, until it has settled."""
    verdicts, kinks = here[:2]
    quiet = 0
    for _ in range(MAXIMUM_STAIRS):
        ahead = _ahead(kinks, x, upward=upward)
        if ahead is None or quiet == SETTLED:
            return
        x = ahead * (ABOVE if upward else BELOW)
        before = verdicts[number]
        verdicts, kinks = stairs(x)[:2]
        quiet += 1
        if verdicts[number] != before:
            quiet = 0
            changes.append(ahead)
    raise NotAffineError


__all__ = [
    "ABOVE",
    "BELOW",
    "BESIDE",
    "NotAffineError",
    "Point",
    "Walked",
    "Walker",
    "compile_walker",
    "member_group",
    "on_stairs",
    "varies",
    "walk",
]
