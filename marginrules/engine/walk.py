"""A pool along one price: where its boundary is crossed, exactly.

All positions on one instrument move together; everything else stays. Let `x` be the mark price for linear and quanto
contracts, and its reciprocal for inverse ones: in `x` value and profit are affine, so a condition of the policy is
decided by functions that are affine between kinks (tier edges, the sides of a `max`, comparisons). The walk starts just
beside the current price, computes each such function together with its slope, steps to the nearest kink, and looks at
the condition again just beyond it, out to zero and to infinity. Where the verdict changes, the kink is a boundary.

The function that computes values and slopes at one `x` is generated from the plan, as the kernel is. A condition that
is not affine in `x` (a product of two prices, a root, a rounded amount) has none, and `solve` searches instead.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import define, field, frozen

from marginrules.arithmetic import CONTEXT
from marginrules.engine.kernel import Emitter, Kernel, cell, derive, index, outer_parts
from marginrules.engine.rounding import round_to_step
from marginrules.engine.unknown import MissingError
from marginrules.policy import plan

MAXIMUM_PIECES = 20_000
"""Most kinks that one walk passes: far beyond any account, and an end in any case."""

BESIDE = Decimal("1e-40")
"""How far beyond a kink, relative to it, the next piece is looked at."""


class NotAffineError(Exception):
    """The condition is not affine in the price between kinks."""


@frozen(eq=False)
class Walker:
    """Values and verdicts along a price, for one pool plan and one kind of contract.

    Attributes:
        point: `(pool values, moving positions, moving orders, rests, asset, assets, account, values of the moving
            groups, their records, x)` to the verdicts of the conditions and every kink that is known from there.
        aggregates: the aggregates over members whose values move, in the order of the rests.
        members: what those are over.
    """

    point: Callable[..., tuple[tuple[bool, ...], list[Decimal]]]
    aggregates: tuple[plan.Aggregate, ...]
    members: frozenset[str]
    source: str = field(repr=False)


def varies(node: plan.Node, memo: dict[int, bool]) -> bool:
    """Whether a node moves with the mark price of a member."""
    known = memo.get(id(node))
    if known is None:
        match node:
            case plan.Fact(scope="position", name="notional" | "unrealized_pnl" | "base_quantity" | "contract_value"):
                known = True
            case plan.Fact(scope="order", name="mark_notional" | "notional"):
                known = True
            case plan.Field(entity="instrument", name="mark_price"):
                known = True
            case _:
                known = any(varies(child, memo) for child in plan.children(node))
        memo[id(node)] = known
    return known


@define
class _WalkEmitter(Emitter):
    """Like the kernel's emitter, but a node that moves gets a value and a slope, and leaves its kinks in `kinks`."""

    kernel: Kernel = field(kw_only=True)
    inverse: bool = field(kw_only=True)
    groups: Mapping[str, str] = field(kw_only=True)
    moving: dict[int, bool] = field(factory=dict, kw_only=True)
    loop: plan.Scope = field(default="pool", kw_only=True)

    def slope(self, node: plan.Node) -> str:
        """The variable of a moving node's slope."""
        while isinstance(node, plan.Named | plan.PoolValue):
            node = node.value
        return "d" + self.variable(node)[1:]

    def emit(self, node: plan.Node, scope: plan.Scope) -> str:
        """Statements for a node; what does not move is read from the kernel's values."""
        if isinstance(node, plan.Constant):
            return self.constant(node.value)
        found = self.known.get(id(node))
        if found is not None:
            return found
        if isinstance(node, plan.Field) and node.entity == "account":
            found = self.setting(node)
        elif not varies(node, self.moving):
            column = self.kernel.columns[scope].get(id(node))
            if column is None:
                if isinstance(node, plan.Named):
                    return self.emit(node.value, scope)
                raise NotAffineError
            found = self.variable(node)
            row = "P" if scope == "pool" else f"rows[{scope!r}]" if scope in self.groups else "r"
            self.line(f"{found} = {row}[{column}]")
            self.line(f"if {found} is None: raise MissingError")
        elif isinstance(node, plan.Named):
            found = self.emit(node.value, scope)
        else:
            found = self.variable(node)
            self.move(node, scope, found, self.slope(node))
        self.known[id(node)] = found
        return found

    def slope_of(self, node: plan.Node) -> str | None:
        """The slope of a node that was emitted; None where it does not move."""
        return self.slope(node) if varies(node, self.moving) else None

    def kink(self, value: str, slope: str) -> None:
        """Note where a moving value becomes zero."""
        self.line(f"if {slope}: kinks.append(x - ({value}) / {slope})")

    def move(self, node: plan.Node, scope: plan.Scope, to: str, slope: str) -> None:
        """Statements for the value and the slope of a node that moves."""
        match node:
            case plan.Fact():
                self._moving_fact(node, to, slope)
            case plan.Field(name="mark_price") if not self.inverse:
                self.line(f"{to} = x; {slope} = ONE")
            case plan.Unary(operator="-", operand=operand):
                inner = self.emit(operand, scope)
                self.line(f"{to} = -{inner}; {slope} = -{self.slope(operand)}")
            case plan.Unary(operator="abs", operand=operand):
                inner = self.emit(operand, scope)
                self.kink(inner, self.slope(operand))
                self.line(f"if {inner} < 0: {to} = -{inner}; {slope} = -{self.slope(operand)}")
                self.line(f"else: {to} = {inner}; {slope} = {self.slope(operand)}")
            case plan.Unary(operator="not", operand=operand):
                self.line(f"{to} = not {self.emit(operand, scope)}")
            case plan.Binary(operator=operator, left=left, right=right):
                self._moving_binary(operator, left, right, scope, to, slope)
            case plan.Compare(operator=operator, left=left, right=right):
                one, other = self.emit(left, scope), self.emit(right, scope)
                if left.dimension.numeric:
                    self._difference(left, right, one, other)
                self.line(f"{to} = {one} {operator} {other}")
            case plan.Logic() | plan.Conditional():
                self._branches(node, scope, to, slope)
            case plan.Convert(operand=operand, origin=origin, target=target):
                inner = self.emit(operand, scope)
                one, other = self.asset_text(origin, scope), self.asset_text(target, scope)
                against = "" if target == "USD" else f" / index(assets, {other})"
                self.line(f"if {one} == {other}: {to} = {inner}; {slope} = {self.slope(operand)}")
                self.line(
                    f"else: factor = index(assets, {one}){against}; {to} = {inner} * factor; {slope} = {self.slope(operand)} * factor"
                )
            case plan.Tiered() | plan.Pick():
                self._moving_tier(node, scope, to, slope)
            case _:
                raise NotAffineError

    def _moving_fact(self, node: plan.Fact, to: str, slope: str) -> None:
        if node.scope == "order":
            if node.name == "notional":
                # At its limit price, which does not move; an order without one stands at the mark.
                self.line(f"if o.price is None: {to} = size * x; {slope} = size")
                self.line(f"else: {to} = value; {slope} = ZERO")
            else:
                self.line(f"{to} = size * x; {slope} = size")
        elif node.name == "unrealized_pnl":
            sign = "-" if self.inverse else ""
            self.line(f"{to} = {sign}signed * (x - entry); {slope} = {sign}signed")
        elif node.name == "contract_value":
            self.line(f"{to} = i.contract_size * x; {slope} = i.contract_size")
        elif node.name == "base_quantity" and not self.inverse:
            self.line(f"{to} = size; {slope} = ZERO")
        else:
            self.line(f"{to} = size * x; {slope} = size")

    def _moving_binary(
        self, operator: str, left: plan.Node, right: plan.Node, scope: plan.Scope, to: str, slope: str
    ) -> None:
        one, other = self.emit(left, scope), self.emit(right, scope)
        first, second = self.slope_of(left), self.slope_of(right)
        if operator in {"+", "-"}:
            if second is None:
                slopes = str(first)
            else:
                slopes = (
                    f"{first} {operator} {second}" if first is not None else f"{'-' if operator == '-' else ''}{second}"
                )
            self.line(f"{to} = {one} {operator} {other}; {slope} = {slopes}")
        elif operator in {"*", "/"}:
            if (first is not None and second is not None) or (operator == "/" and second is not None):
                raise NotAffineError
            if first is not None:
                self.line(f"{to} = {one} {operator} {other}; {slope} = {first} {operator} {other}")
            else:
                self.line(f"{to} = {one} * {other}; {slope} = {one} * {second}")
        else:
            self._difference(left, right, one, other)
            sign = ">=" if operator == "max" else "<="
            self.line(f"if {one} {sign} {other}: {to} = {one}; {slope} = {first or 'ZERO'}")
            self.line(f"else: {to} = {other}; {slope} = {second or 'ZERO'}")

    def _difference(self, left: plan.Node, right: plan.Node, one: str, other: str) -> None:
        first, second = self.slope_of(left), self.slope_of(right)
        if first is None and second is None:
            return
        if isinstance(right, plan.Constant) and right.value == 0 and first is not None:
            self.kink(one, first)
            return
        slopes = first if second is None else f"-{second}" if first is None else f"({first} - {second})"
        self.line(f"slope = {slopes}")
        self.kink(f"{one} - {other}", "slope")

    def _branches(self, node: plan.Logic | plan.Conditional, scope: plan.Scope, to: str, slope: str) -> None:
        if isinstance(node, plan.Logic):
            self.line(f"{to} = {self.emit(node.left, scope)}")
            header = f"if {'' if node.operator == 'and' else 'not '}{to}:"
            self.block(header, lambda: self.line(f"{to} = {self.emit(node.right, scope)}"))
            return

        def branch(taken: plan.Node) -> None:
            value = self.emit(taken, scope)
            self.line(f"{to} = {value}; {slope} = {self.slope_of(taken) or 'ZERO'}")

        decided = self.emit(node.condition, scope)
        self.block(f"if {decided}:", lambda: branch(node.then))
        self.block("else:", lambda: branch(node.otherwise))

    def _moving_tier(self, node: plan.Tiered | plan.Pick, scope: plan.Scope, to: str, slope: str) -> None:
        rules = [node.result] if isinstance(node, plan.Pick) else [node.rate, *([node.amount] if node.amount else [])]
        outer: dict[int, str] = {}
        for rule in rules:
            for part in outer_parts(rule):
                if varies(part, self.moving):
                    raise NotAffineError
                outer[id(part)] = self.emit(part, scope)
        key = self.emit(node.key, scope)
        key_slope = self.slope_of(node.key)
        functions = [self._row_function(rule, outer) for rule in rules]
        table = self.table(node.table, scope)
        arguments = "".join(f", {variable}" for variable in outer.values())
        if isinstance(node, plan.Pick):
            self.line(f"bounds = {table}.bounds")
        else:
            amount = functions[1] if len(functions) > 1 else "None"
            packed = f"({''.join(f'{variable}, ' for variable in outer.values())})"
            if outer:
                self.line(f"bounds, rates, amounts = derive({table}, {functions[0]}, {amount}, {packed})")
            else:
                identity = self.constant(node)
                self.line(f"tiers = {table}.derived.get({identity})")
                self.line(
                    f"if tiers is None: {table}.derived[{identity}] = tiers = derive({table}, {functions[0]}, {amount}, ())"
                )
                self.line("bounds, rates, amounts = tiers")
        self.line("row = 0")
        self.line("if len(bounds) > 1:")
        self.line(f"    row = bisect_left(bounds, {key})")
        self.line("    if row: row -= 1")
        if key_slope is not None:
            self.line(f"    if {key_slope}:")
            self.line(f"        if row: kinks.append(x + (bounds[row] - {key}) / {key_slope})")
            self.line(f"        if row + 1 < len(bounds): kinks.append(x + (bounds[row + 1] - {key}) / {key_slope})")
        if isinstance(node, plan.Pick):
            self.line(f"{to} = {functions[0]}({table}, row{arguments}); {slope} = ZERO")
        else:
            self.line(f"{to} = {key} * rates[row] - amounts[row]; {slope} = {key_slope or 'ZERO'} * rates[row]")


def compile_walker(
    conditions: Sequence[plan.Node], kernel: Kernel, groups: Mapping[str, str], *, inverse: bool
) -> Walker:
    """The walker of a pool's conditions.

    Args:
        conditions: flags in the scope of the pool.
        kernel: the pool's kernel, whose values are read where nothing moves.
        groups: what each group of the pool is by.
        inverse: whether `x` is the reciprocal of the price.

    Raises:
        NotAffineError: a condition is not affine in `x` between kinks.
    """
    names: dict[str, Any] = {
        "MissingError": MissingError,
        "round_to_step": round_to_step,
        "bisect_left": bisect_left,
        "derive": derive,
        "cell": cell,
        "index": index,
        "ZERO": Decimal(0),
        "ONE": Decimal(1),
    }
    by_asset = {name: by == "settlement asset" for name, by in groups.items()}
    emitter = _WalkEmitter(names, by_asset=by_asset, kernel=kernel, inverse=inverse, groups=groups)
    found: dict[int, plan.Aggregate] = {}
    for condition in conditions:
        _moving_aggregates(condition, emitter.moving, found)
    for members in (*plan.MEMBER_SCOPES, *groups):
        scope = plan.member_scope(members)
        run = [node for node in found.values() if node.members == members]
        if not run:
            continue
        for node in run:
            variable = emitter.variable(node)
            position = list(found.values()).index(node)
            emitter.line(f"{variable} = rests[{position}]; {emitter.slope(node)} = ZERO")
        header = {
            "positions": "for p, i, s, r, size, signed, entry in positions:",
            "orders": "for o, i, s, r, size, value in orders:",
            # All that moves is on one instrument, so one group of each name moves.
            **{name: f"for key, i, s in (records[{name!r}],):" for name in groups},
        }.get(members)
        if header is None:
            raise NotAffineError
        outside = dict(emitter.known)
        emitter.line(header)
        emitter.indent += 1
        for node in run:
            _accumulate(emitter, node, scope)
        emitter.indent -= 1
        emitter.known = outside
        for node in run:
            emitter.known[id(node)] = emitter.variable(node)
    verdicts = [emitter.emit(condition, "pool") for condition in conditions]
    source = "\n".join(
        [
            "def point(P, positions, orders, rests, asset, assets, a, rows, records, x):",
            "    kinks = []",
            *emitter.settings.values(),
            *emitter.lines,
            f"    return ({', '.join(verdicts)},), kinks",
        ]
    )
    exec(compile(source, "<walk>", "exec"), names)  # noqa: S102 - text made from a checked plan
    return Walker(names["point"], tuple(found.values()), frozenset(node.members for node in found.values()), source)


def _moving_aggregates(node: plan.Node, moving: dict[int, bool], found: dict[int, plan.Aggregate]) -> None:
    if not varies(node, moving):
        return
    if isinstance(node, plan.Aggregate):
        if node.members not in plan.MEMBER_SCOPES:
            # What a group aggregates is needed before what the pool aggregates from groups.
            for child in plan.children(node):
                _moving_aggregates(child, moving, found)
        found[id(node)] = node
        return
    for child in plan.children(node):
        _moving_aggregates(child, moving, found)


def _accumulate(emitter: _WalkEmitter, node: plan.Aggregate, scope: plan.Scope) -> None:
    variable, slope = emitter.variable(node), emitter.slope(node)

    def add() -> None:
        if node.operand is None:
            emitter.line(f"{variable} += ONE")
            return
        value = emitter.emit(node.operand, scope)
        step = emitter.slope_of(node.operand)
        if node.operator == "sum":
            emitter.line(f"{variable} += {value}")
            if step is not None:
                emitter.line(f"{slope} += {step}")
        elif node.operator == "only":
            emitter.line(f"{variable} = {value}; {slope} = {step or 'ZERO'}")
        else:
            sign = ">" if node.operator == "max" else "<"
            emitter.line(f"if {variable} is not None:")
            emitter.line(f"    steepness = {step or 'ZERO'} - {slope}")
            emitter.line(f"    if steepness: kinks.append(x - ({value} - {variable}) / steepness)")
            emitter.line(
                f"if {variable} is None or {value} {sign} {variable}: {variable} = {value}; {slope} = {step or 'ZERO'}"
            )

    if node.where is None:
        add()
    else:
        emitter.block(f"if {emitter.emit(node.where, scope)}:", add)


Point = Callable[[Decimal], tuple[tuple[bool, ...], list[Decimal]]]


def walk(point: Point, start: Decimal, conditions: int) -> list[list[Decimal]]:
    """Where each condition changes its verdict, over all positive `x`, ascending.

    Args:
        point: verdicts and kinks at one `x`.
        start: the present `x`, above zero.
        conditions: how many verdicts `point` gives.

    Raises:
        NotAffineError: a crossing was not confirmed by evaluating on both sides of it, or there are too many kinks.
    """
    found: list[list[Decimal]] = [[] for _ in range(conditions)]
    above, below = start * _ABOVE, start * _BELOW
    upward = downward = point(above)
    for kink in upward[1]:
        if below <= kink <= above:
            # The present price is itself a kink: the piece below it is another.
            downward = point(below)
            break
    for number in range(conditions):
        if upward[0][number] != downward[0][number]:
            found[number].append(start)
    _follow(point, above, upward, found, _ABOVE, _BELOW)
    _follow(point, below, downward, found, _BELOW, _ABOVE)
    for boundaries in found:
        boundaries.sort()
    return found


# In the exact context: one more or less so little has more digits than the default of a process keeps.
_ZERO = Decimal(0)
_ABOVE = CONTEXT.add(Decimal(1), BESIDE)
_BELOW = CONTEXT.subtract(Decimal(1), BESIDE)


def _follow(
    point: Point,
    x: Decimal,
    here: tuple[tuple[bool, ...], list[Decimal]],
    found: list[list[Decimal]],
    beyond: Decimal,
    back: Decimal,
) -> None:
    """Step from kink to kink in one direction, noting where a verdict changes."""
    verdicts, kinks = here
    upward = beyond > back
    for _ in range(MAXIMUM_PIECES):
        ahead: Decimal | None = None
        if upward:
            for kink in kinks:
                if kink > x and (ahead is None or kink < ahead):
                    ahead = kink
        else:
            for kink in kinks:
                if _ZERO < kink < x and (ahead is None or kink > ahead):
                    ahead = kink
        if ahead is None:
            return
        x = ahead * beyond
        before = verdicts
        verdicts, kinks = point(x)
        if verdicts != before:
            if point(ahead * back)[0] != before:
                raise NotAffineError
            for number, verdict in enumerate(verdicts):
                if verdict != before[number]:
                    found[number].append(ahead)
    raise NotAffineError


__all__ = ["BESIDE", "MAXIMUM_PIECES", "NotAffineError", "Point", "Walker", "compile_walker", "varies", "walk"]
