"""The plan of a pool as one Python function: the fast way through accounts whose data is complete.

The source is generated once a policy. It computes each node once for each entity, in stages: members first, then what
the pool aggregates from them, then what members read back from the pool. It keeps every value, so that a derivation
can be built afterwards without computing anything again. Where a value is missing, or an operation has no result, it
raises, and the caller asks the reference evaluator, which knows how to say why.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, DecimalException
from functools import lru_cache
from typing import Any

from attrs import define, field, frozen

from marginrules.account.state import AccountState, Asset, TierTable
from marginrules.engine.arrange import PoolInstance
from marginrules.engine.rounding import round_to_step
from marginrules.engine.tiers import Find, amounts_by_continuity, find_in, row_of
from marginrules.engine.unknown import MissingError, Unknown, Value
from marginrules.policy import plan

_RECORDS: Mapping[str, str] = {
    "account": "a",
    "position": "p",
    "other": "p",
    "order": "o",
    "balance": "b",
    "instrument": "i",
    "asset": "s",
}
_NEVER_MISSING = {
    ("position", "quantity"),
    ("position", "entry_price"),
    ("order", "quantity"),
    ("order", "side"),
    ("balance", "wallet_balance"),
    ("instrument", "contract_size"),
    ("instrument", "contract"),
}
_TARGETS: Mapping[plan.Members, str] = {
    "positions": "(p, i, s)",
    "orders": "(o, i, s)",
    "balances": "(b, amount, s)",
    "others": "(p, i, s)",
}

MAXIMUM_LINES = 20_000
"""Most lines of source of one pool: some fifty times what a venue's rules come to."""


class TooLargeError(Exception):
    """A pool's rules are too large to be compiled; the reference evaluator takes them."""


Rows = Mapping[plan.Scope, list[list[Any]]]
"""Values by scope and entity; in the order of a kernel's columns."""


@frozen(eq=False)
class Kernel:
    """A compiled pool.

    Attributes:
        run: `(account, positions, orders, balances, collateral, asset, assets, groups, solved prices)` to the values of the pool, and
            of each position, order, balance and group, by scope.
        columns: where a node's value stands, by scope and node.
        partial: columns, by scope, of what is computed in a branch, so that an account may have no value there.
        source: the generated text, for those who want to see it.
    """

    run: Callable[..., Rows]
    columns: Mapping[plan.Scope, Mapping[int, int]]
    partial: Mapping[plan.Scope, frozenset[int]]
    source: str = field(repr=False)


def cell(table: TierTable, row: int, column: str) -> Decimal:
    """A tier's figure, which must be there."""
    value = table.cell(row, column)
    if value is None:
        raise MissingError(column)
    return value


def index(assets: Mapping[str, Asset], name: str) -> Decimal:
    """USD for one unit of an asset, which must be known."""
    if name == "USD":
        return Decimal(1)
    found = assets.get(name)
    if found is None or found.index_price is None:
        raise MissingError(name)
    return found.index_price


def derive(
    table: TierTable,
    rate: Callable[..., Decimal],
    amount: Callable[..., Decimal] | None,
    outer: tuple[Any, ...],
) -> tuple[tuple[Decimal, ...], list[Decimal], tuple[Decimal, ...], Find]:
    """Bounds, rates and amounts of a table under the expressions of a tier rule, and how a key is looked for."""
    bounds = table.bounds
    rates = [rate(table, row, *outer) for row in range(len(table.rows))]
    published: list[Decimal | None] = []
    for row in range(len(rates)):
        try:
            published.append(amount(table, row, *outer) if amount is not None else None)
        except MissingError:
            published.append(None)
    return bounds, rates, amounts_by_continuity(bounds, rates, published), find_in(table)


def scope_of(node: plan.Node, scope: plan.Scope) -> plan.Scope:
    """The scope of a node's children: a member's, under an aggregate; the pool's, under a value read from it."""
    match node:
        case plan.Aggregate(members=members):
            return plan.member_scope(members)
        case plan.GroupValue(group=group):
            return group
        case plan.PoolValue():
            return "pool"
        case _:
            return scope


def is_price_rule(node: plan.Node) -> bool:
    """Whether a node needs a solved price, which is not there yet when the plan is evaluated."""
    return any(isinstance(part, plan.Solved) for part in plan.below(node))


def member_roots(pool: plan.PoolPlan, scope: plan.Scope) -> Iterator[plan.Node]:
    """What is computed for each member of a scope."""
    for named in pool.definitions.get(scope, {}).values():
        if not is_price_rule(named):
            yield named


@define
class Emitter:
    """Writes statements that compute nodes into local variables, each named after its node."""

    names: dict[str, Any]
    lines: list[str] = field(factory=list)
    indent: int = 1
    known: dict[int | str, str] = field(factory=dict)
    """Nodes whose variable holds a value here; and, by a name of its own, what several facts are made of."""
    numbers: dict[int, int] = field(factory=dict)
    kept: dict[str, dict[int, str]] = field(factory=dict)
    """Variables by scope and node, wherever they were computed."""
    columns: dict[str, dict[str, int]] = field(factory=dict)
    """Where the value of a variable stands among those of its scope."""
    nested: int = 0
    by_asset: dict[str, bool] = field(factory=dict)
    """Groups that are by settlement asset."""
    in_settle: bool = True
    """Whether the pool is valued in what its positions settle in."""
    hoisted: list[str] = field(factory=list)
    settings: dict[str, str] = field(factory=dict)
    """Statements that read the account's fields, by the variable."""

    def line(self, text: str) -> None:
        """One line of source at the present depth.

        Raises:
            TooLargeError: what branches share is written out once a branch, and that became too much.
        """
        if len(self.lines) > MAXIMUM_LINES:
            raise TooLargeError
        self.lines.append("    " * self.indent + text)

    def variable(self, node: plan.Node) -> str:
        """The variable of a node."""
        number = self.numbers.setdefault(id(node), len(self.numbers))
        return f"v{number}"

    def constant(self, value: Any) -> str:
        """A name for a value that the source refers to."""
        if isinstance(value, bool | str):
            return repr(value)
        name = f"c{len(self.names)}"
        for known, other in self.names.items():
            if known.startswith("c") and type(other) is type(value) and other is value:
                return known
        self.names[name] = value
        return name

    def emit(self, node: plan.Node, scope: plan.Scope) -> str:
        """Statements for a node; returns the expression that holds its value."""
        if isinstance(node, plan.Constant):
            return self.constant(node.value)
        found = self.known.get(id(node))
        if found is not None:
            return found
        if isinstance(node, plan.Named):
            found = self.emit(node.value, scope)
        elif isinstance(node, plan.Field) and node.entity == "account":
            found = self.setting(node)
        else:
            found = self.variable(node)
            self.compute(node, scope, found)
            # Computed in a branch, so perhaps not at all; another name for what was computed before it is no such case.
            if self.nested and found not in self.hoisted:
                self.hoisted.append(found)
        self.keep(node, scope, found)
        return found

    def setting(self, node: plan.Field) -> str:
        """A field of the account is read once, before the members are gone through."""
        # A capital first: no name in a rule file has one, so no variable named after a group is the same.
        found = f"A_{node.name}"
        if found not in self.settings:
            default = "None" if node.default is None else self.constant(node.default)
            self.settings[found] = f"    {found} = {self._read(node)}"
            if node.default is not None:
                self.settings[found] += f"\n    if {found} is None: {found} = {default}"
        if node.default is None:
            self.line(f"if {found} is None: raise MissingError({node.name!r})")
        return found

    def keep(self, node: plan.Node, scope: plan.Scope, variable: str) -> None:
        """Note where a node's value is."""
        self.known[id(node)] = variable
        if variable.startswith("v"):
            self.kept.setdefault(scope, {})[id(node)] = variable
            self.columns.setdefault(scope, {}).setdefault(variable, len(self.columns[scope]))

    def block(self, header: str, body: Callable[[], None]) -> None:
        """An indented block; what it computes is not known after it."""
        known = dict(self.known)
        self.line(header)
        self.indent += 1
        self.nested += 1
        before = len(self.lines)
        body()
        if len(self.lines) == before:
            self.line("pass")
        self.nested -= 1
        self.indent -= 1
        self.known = known

    def compute(self, node: plan.Node, scope: plan.Scope, to: str) -> None:
        """Statements that put a node's value into a variable."""
        match node:
            case plan.Constant() | plan.Named():  # pragma: no cover - `emit` takes these
                raise TypeError(node)
            case plan.Field():
                self._field(node, to)
            case plan.Fact():
                self._fact(node, to)
            case plan.Unary(operator=operator, operand=operand):
                inner = self.emit(operand, scope)
                text = {
                    "-": f"-{inner}",
                    "not": f"not {inner}",
                    "abs": f"abs({inner})",
                    "sqrt": f"{inner}.sqrt()",
                    "ln": f"{inner}.ln()",
                    "decimals": f"ONE.scaleb(-int({inner}))",
                }[operator]
                self.line(f"{to} = {text}")
            case plan.Binary(operator="max" | "min" as operator, left=left, right=right):
                one, other = self.emit(left, scope), self.emit(right, scope)
                self.line(f"{to} = {one} if {one} {'>=' if operator == 'max' else '<='} {other} else {other}")
            case (
                plan.Binary(operator=operator, left=left, right=right)
                | plan.Compare(operator=operator, left=left, right=right)
            ):
                one, other = self.emit(left, scope), self.emit(right, scope)
                self.line(f"{to} = {one} {operator} {other}")
            case plan.Logic(operator=operator, left=left, right=right):
                one = self.emit(left, scope)
                self.line(f"{to} = {one}")

                def second() -> None:
                    self.line(f"{to} = {self.emit(right, scope)}")

                self.block(f"if {'' if operator == 'and' else 'not '}{to}:", second)
            case plan.Conditional(condition=condition, then=then, otherwise=otherwise):
                decided = self.emit(condition, scope)
                self.block(f"if {decided}:", lambda: self.line(f"{to} = {self.emit(then, scope)}"))
                self.block("else:", lambda: self.line(f"{to} = {self.emit(otherwise, scope)}"))
            case plan.Round(operand=operand, direction=direction, step=step):
                inner, width = self.emit(operand, scope), self.emit(step, scope)
                self.line(f"{to} = round_to_step({inner}, {direction!r}, {width})")
            case plan.Tiered() | plan.Pick():
                self._tier(node, scope, to)
            case plan.Convert(operand=operand, origin=origin, target=target):
                self._convert(self.emit(operand, scope), origin, target, scope, to)
            case plan.PoolValue(value=value):
                self.line(f"{to} = {self.emit(value, 'pool')}")
            case plan.GroupValue(group=group, value=value, by=by):
                self._group_value(group, value, by, to)
            case plan.Solved(name=name):
                self.line(f"{to} = solved[{name!r}, number]")
                self.line(f"if {to}.__class__ is not Decimal: raise MissingError({name!r})")
            case plan.Given(field=plan.Field() as asked):
                self.line(f"{to} = {self._read(asked)} is not None")
            case (
                plan.TierColumn() | plan.Aggregate() | plan.Asked() | plan.Seen() | plan.Elsewhere() | plan.Given()
            ):  # pragma: no cover - handled where they belong
                raise TypeError(node)

    def _group_value(self, group: str, value: plan.Node, by: str | None, to: str) -> None:
        while isinstance(value, plan.Named) and id(value) not in self.kept.get(group, {}):
            value = value.value
        if isinstance(value, plan.Constant):
            self.line(f"{to} = {self.constant(value.value)}")
            return
        column = self.columns[group][self.kept[group][id(value)]]
        number = member_group(group, by)
        if by is not None:
            self.line(f"if {number} is None: raise MissingError({by!r})")
        self.line(f"{to} = {group}_rows[{number}][{column}]")
        self.line(f"if {to} is None: raise MissingError({group!r})")

    def _read(self, node: plan.Field) -> str:
        record = _RECORDS[node.entity]
        text = f"{record}.{node.name}" if node.is_attribute else f"{record}.inputs.get({node.name!r})"
        return f"({text} if s is not None else None)" if node.entity == "asset" else text

    def _field(self, node: plan.Field, to: str) -> None:
        self.line(f"{to} = {self._read(node)}")
        if (node.entity, node.name) in _NEVER_MISSING:
            return
        if node.default is None:
            self.line(f"if {to} is None: raise MissingError({node.name!r})")
        else:
            self.line(f"if {to} is None: {to} = {self.constant(node.default)}")

    def _fact(self, node: plan.Fact, to: str) -> None:
        if node.scope == "pool":
            self.line(f"{to} = collateral")
            return
        if node.scope == "balance":
            self.line(f"{to} = b.asset == asset" if node.name == "is_settlement" else f"{to} = amount")
            return
        if node.scope == "order":
            price = "o.price" if node.name == "notional" else "i.mark_price"
            self.line(f"price = {price}")
            self.line("if price is None: raise MissingError('price')")
            self.line("size = abs(o.quantity) * i.contract_size")
            self.line(f"{to} = size / price if i.contract == 'inverse' else size * price")
            return
        if node.name == "contract_entry_value":
            self.line(
                f"{to} = i.contract_size / p.entry_price if {self._inverse()} else i.contract_size * p.entry_price"
            )
        elif node.name == "entry_value":
            units = self._units()
            self.line(f"{to} = {units} / p.entry_price if {self._inverse()} else {units} * p.entry_price")
        elif node.name == "base_quantity":
            units, inverse = self._units(), self._inverse()
            self.line(f"if {inverse} and i.mark_price is None: raise MissingError('mark_price')")
            self.line(f"{to} = {units} / i.mark_price if {inverse} else {units}")
        elif node.name == "contract_value":
            mark = self._mark()
            self.line(f"{to} = i.contract_size / {mark} if {self._inverse()} else i.contract_size * {mark}")
        elif node.name == "notional":
            mark, units = self._mark(), self._units()
            self.line(f"{to} = {units} / {mark} if {self._inverse()} else {units} * {mark}")
        else:
            mark, signed = self._mark(), self._signed_units()
            self.line(f"if {self._inverse()}: {to} = {signed} * (ONE / p.entry_price - ONE / {mark})")
            self.line(f"else: {to} = {signed} * ({mark} - p.entry_price)")

    def _shared(self, name: str, text: str) -> str:
        """A variable for what several facts of one position are made of."""
        if name not in self.known:
            self.line(f"{name} = {text}")
            self.known[name] = name
        return name

    def _inverse(self) -> str:
        return self._shared("inverse", "i.contract == 'inverse'")

    def _signed_units(self) -> str:
        return self._shared("signed", "p.quantity * i.contract_size")

    def _units(self) -> str:
        return self._shared("units", f"abs({self._signed_units()})")

    def _mark(self) -> str:
        if "mark" not in self.known:
            self._shared("mark", "i.mark_price")
            self.line("if mark is None: raise MissingError('mark_price')")
        return "mark"

    def asset_text(self, symbol: str, scope: plan.Scope) -> str:
        """An expression for the currency a symbolic asset stands for."""
        if symbol[0].isupper():
            return repr(symbol)
        if scope == "pool" and symbol == "settle" and self.in_settle:
            return "asset"
        if scope == "pool":
            # Of a pool of one position: what the position says, or its contract.
            of_contract = symbol in {"settle", "quote", "base"}
            return f"positions[0][1].{symbol}" if of_contract else f"positions[0][0].inputs[{symbol!r}]"
        if scope == "balance" and symbol in {"asset", "settle"}:
            return "b.asset" if symbol == "asset" else "asset"
        if symbol in {"settle", "quote", "base"}:
            # A group by settlement asset can be there for a balance alone, without an instrument.
            return "key" if symbol == "settle" and self.by_asset.get(scope) else f"i.{symbol}"
        return f"{_RECORDS[scope]}.inputs[{symbol!r}]"

    def _convert(self, operand: str, origin: str, target: str, scope: plan.Scope, to: str) -> None:
        one, other = self.asset_text(origin, scope), self.asset_text(target, scope)
        against = "" if target == "USD" else f" / index(assets, {other})"
        self.line(f"{to} = {operand} if {one} == {other} else {operand} * index(assets, {one}){against}")

    # ------------------------------------------------------------ tiers

    def table(self, source: plan.TableSource, scope: plan.Scope) -> str:
        """An expression for the rows of a tier rule."""
        if source.field is not None:
            return self.emit(source.field, scope)
        if source.by_symbol is None:
            return self.constant(source.table)
        self.line(f"table = {self.constant(source.by_symbol)}.get(i.symbol)")
        self.line("if table is None: raise MissingError('table')")
        return "table"

    def _tier(self, node: plan.Tiered | plan.Pick, scope: plan.Scope, to: str) -> None:
        key = self.emit(node.key, scope)
        rules = [node.result] if isinstance(node, plan.Pick) else [node.rate, *([node.amount] if node.amount else [])]
        outer: dict[int, str] = {}
        for rule in rules:
            for part in outer_parts(rule):
                outer[id(part)] = self.emit(part, scope)
        functions = [self._row_function(rule, outer) for rule in rules]
        arguments = "".join(f", {variable}" for variable in outer.values())
        table = self.table(node.table, scope)
        if isinstance(node, plan.Pick):
            # Several figures are often picked from the row that one key finds.
            row = f"row_of({table}, {key})"
            if node.table.by_symbol is None:
                row = self._shared(f"row_{table}_{key}", row)
            self.line(f"{to} = {functions[0]}({table}, {row}{arguments})")
            return
        amount = functions[1] if len(functions) > 1 else "None"
        packed = f"({''.join(f'{variable}, ' for variable in outer.values())})"
        if outer:
            self.line(f"bounds, rates, amounts, find = derive({table}, {functions[0]}, {amount}, {packed})")
        else:
            identity = self.constant(node)
            self.line(f"tiers = {table}.derived.get({identity})")
            self.line(
                f"if tiers is None: {table}.derived[{identity}] = tiers = derive({table}, {functions[0]}, {amount}, ())"
            )
            self.line("bounds, rates, amounts, find = tiers")
        # The row of `tiers.row_of`, without a call; beyond the end of the table there is none.
        self.line(f"row = find(bounds, {key}) if len(bounds) > 1 else 0")
        self.line("if row: row -= 1")
        self.line(f"{to} = {key} * rates[row] - amounts[row]")

    def _row_function(self, rule: plan.Node, outer: Mapping[int, str]) -> str:
        name = f"r{len(self.names)}"
        parameters = "".join(f", {variable}" for variable in outer.values())
        text = f"def {name}(t, r{parameters}): return {self._row_text(rule, outer)}"
        exec(compile(text, f"<tier rule {name}>", "exec"), self.names)  # noqa: S102 - text made from a checked plan
        return name

    def _row_text(self, node: plan.Node, outer: Mapping[int, str]) -> str:
        if id(node) in outer:
            return outer[id(node)]
        match node:
            case plan.TierColumn(name=column):
                return f"cell(t, r, {column!r})"
            case plan.Constant(value=value):
                return self.constant(value)
            case plan.Named(value=value):
                return self._row_text(value, outer)
            case plan.Given(field=plan.TierColumn(name=column)):
                return f"(t.cell(r, {column!r}) is not None)"
            case plan.Unary(operator=operator, operand=operand):
                inner = self._row_text(operand, outer)
                return {
                    "-": f"(-{inner})",
                    "not": f"(not {inner})",
                    "abs": f"abs({inner})",
                    "sqrt": f"{inner}.sqrt()",
                    "ln": f"{inner}.ln()",
                    "decimals": f"ONE.scaleb(-int({inner}))",
                }[operator]
            case plan.Binary(operator="max" | "min" as operator, left=left, right=right):
                return f"{operator}({self._row_text(left, outer)}, {self._row_text(right, outer)})"
            case (
                plan.Binary(operator=operator, left=left, right=right)
                | plan.Compare(operator=operator, left=left, right=right)
                | plan.Logic(operator=operator, left=left, right=right)
            ):
                return f"({self._row_text(left, outer)} {operator} {self._row_text(right, outer)})"
            case plan.Conditional(condition=condition, then=then, otherwise=otherwise):
                return f"({self._row_text(then, outer)} if {self._row_text(condition, outer)} else {self._row_text(otherwise, outer)})"
            case plan.Round(operand=operand, direction=direction, step=step):
                return f"round_to_step({self._row_text(operand, outer)}, {direction!r}, {self._row_text(step, outer)})"
            case _:  # pragma: no cover - everything else has no tier column below it, so it is an outer part
                raise TypeError(node)


@lru_cache(maxsize=8192)
def has_tier_column(node: plan.Node) -> bool:
    """Whether a node depends on the tier at hand."""
    if isinstance(node, plan.TierColumn):
        return True
    if isinstance(node, plan.Tiered | plan.Pick):
        return has_tier_column(node.key)
    return any(has_tier_column(child) for child in plan.children(node))


def outer_parts(node: plan.Node) -> Iterator[plan.Node]:
    """The largest parts of a tier's expression that do not depend on the tier, each once."""
    seen: set[int] = set()
    stack = [node]
    while stack:
        part = stack.pop()
        if id(part) in seen or isinstance(part, plan.Constant):
            continue
        seen.add(id(part))
        if has_tier_column(part):
            stack.extend(reversed(plan.children(part)))
        else:
            yield part


_NOT_SOLVED: Mapping[tuple[str, int], Value] = {}


def run_kernel(
    kernel: Kernel,
    instance: PoolInstance,
    state: AccountState,
    solved: Mapping[tuple[str, int], Value] = _NOT_SOLVED,
) -> Rows | None:
    """The values of a pool; None where something is missing or has no result, for the reference evaluator to explain."""
    if isinstance(instance.collateral, Unknown):
        return None
    try:
        return kernel.run(
            state.account,
            instance.positions,
            instance.orders,
            instance.balances,
            instance.others,
            instance.collateral,
            instance.asset,
            state.asset_by_name,
            instance.groups,
            solved,
        )
    except (MissingError, DecimalException, ZeroDivisionError, KeyError, IndexError):
        return None


# ---------------------------------------------------------------- a whole pool


@define
class Stages:
    """In which round each node can be computed: members, then the pool, then members again."""

    found: dict[int, int] = field(factory=dict)

    def of(self, node: plan.Node) -> int:
        """The round, from 0."""
        known = self.found.get(id(node))
        if known is None:
            known = max((self.of(child) for child in plan.children(node)), default=0)
            if isinstance(node, plan.PoolValue | plan.GroupValue):
                known += 1
            self.found[id(node)] = known
        return known


def pool_roots(pool: plan.PoolPlan) -> list[plan.Node]:
    """What is computed for the pool itself."""
    found: list[plan.Node] = list(pool.definitions["pool"].values())
    if pool.liquidate is not None:
        found.append(pool.liquidate)
    found.extend(pool.thresholds)
    return found


def compile_report(pool: plan.PoolPlan, facts: Mapping[plan.Scope, list[plan.Node]]) -> Kernel:
    """The kernel of what a report shows of a pool: what only rules about actions read is left out.

    Args:
        pool: its rules.
        facts: facts of members that a report shows whether or not a rule reads them.
    """
    roots: list[plan.Node] = [*shown(pool, "pool").values()]
    if pool.liquidate is not None:
        roots.append(pool.liquidate)
    roots.extend(pool.thresholds)
    members: dict[plan.Members, list[plan.Node]] = {}
    for entry, scope in plan.MEMBER_SCOPES.items():
        members[entry] = [*facts.get(scope, ()), *shown(pool, scope).values()]
    return compile_nodes(roots, members, pool)


_FIGURES: Mapping[plan.Scope, tuple[str, ...]] = {
    "pool": ("equity", "initial_margin", "maintenance_margin", "margin_ratio", "idle_equity"),
    "position": ("initial_margin", "maintenance_margin"),
    "balance": ("idle_equity",),
}
"""What every report shows, where the policy defines it."""


def shown(pool: plan.PoolPlan, scope: plan.Scope) -> Mapping[str, plan.Named]:
    """The definitions of a scope that a report shows, prices aside."""
    definitions = pool.definitions.get(scope, {})
    names = dict.fromkeys((*_FIGURES.get(scope, ()), *pool.published.get(scope, ())))
    return {name: definitions[name] for name in names if name in definitions and not is_price_rule(definitions[name])}


def compile_pool(pool: plan.PoolPlan, facts: Mapping[plan.Scope, list[plan.Node]]) -> Kernel:
    """The kernel of a pool: everything its definitions say.

    Args:
        pool: its rules.
        facts: facts of members that a report shows whether or not a rule reads them.
    """
    members = {
        entry: [*facts.get(scope, ()), *member_roots(pool, scope)] for entry, scope in plan.MEMBER_SCOPES.items()
    }
    members.update({name: [*pool.definitions.get(name, {}).values()] for name in pool.groups})
    return compile_nodes(pool_roots(pool), members, pool)


def compile_prices(pool: plan.PoolPlan) -> Kernel:
    """The kernel of the prices that a policy states by rules of its own, from those that were solved."""
    members = pool.definitions["position"]
    stated: list[plan.Node] = [members[name] for name in ("liquidation_price", "bankruptcy_price") if name in members]
    return compile_nodes([], {"positions": stated}, pool)


def _not_compiled(*_: Any) -> Rows:
    raise MissingError


def compile_nodes(
    roots: list[plan.Node], member_nodes: Mapping[plan.Members, list[plan.Node]], pool: plan.PoolPlan
) -> Kernel:
    """A kernel of some nodes and all that they depend on; one that computes nothing where they are too many.

    Args:
        roots: nodes of the pool.
        member_nodes: nodes of its members and groups, wanted beside what the roots need.
        pool: the pool, whose groups and links they refer to.
    """
    try:
        return _compile_nodes(roots, member_nodes, pool)
    except TooLargeError:
        scopes = ("pool", *plan.MEMBER_SCOPES.values(), *pool.groups)
        return Kernel(_not_compiled, {scope: {} for scope in scopes}, {scope: frozenset() for scope in scopes}, "")


def _compile_nodes(
    roots: list[plan.Node], member_nodes: Mapping[plan.Members, list[plan.Node]], pool: plan.PoolPlan
) -> Kernel:
    groups = pool.groups
    member_nodes = {members: list(member_nodes.get(members, ())) for members in (*plan.MEMBER_SCOPES, *groups)}
    for group, value, _ in _group_values([*roots, *(node for found in member_nodes.values() for node in found)]):
        if not isinstance(value, plan.Constant):
            member_nodes[group].append(value)
    # What members read of the pool is the pool's, and worked out for it: there may be no member.
    everything = plan.below(*roots, *(node for found in member_nodes.values() for node in found))
    roots = [*roots, *(node.value for node in everything if isinstance(node, plan.PoolValue))]
    names: dict[str, Any] = {
        "Decimal": Decimal,
        "MissingError": MissingError,
        "round_to_step": round_to_step,
        "row_of": row_of,
        "derive": derive,
        "cell": cell,
        "index": index,
        "ZERO": Decimal(0),
        "ONE": Decimal(1),
    }
    by_asset = {name: by == "settlement asset" for name, by in groups.items()}
    emitter = Emitter(names, by_asset=by_asset, in_settle=pool.asset == "settle")
    stages = Stages()
    needed = _all_aggregates(roots, member_nodes)
    last = max(
        (stages.of(node) for node in [*roots, *(node for found in member_nodes.values() for node in found)]), default=0
    )
    for members in (*plan.MEMBER_SCOPES, *groups):
        emitter.line(f"{members}_rows = []")
    for name in groups:
        emitter.line(f"OF_{name} = groups[{name!r}]")
    begun: set[str] = set()
    for stage in range(last + 1):
        for members in (*plan.MEMBER_SCOPES, *groups):
            run = [node for node in needed if node.members == members and stages.of(node) == stage]
            nodes = [node for node in member_nodes[members] if stages.of(node) == stage]
            own = [node for node in needed if node.group == members and stages.of(node) == stage]
            if run or nodes or own:
                _loop(emitter, members, nodes, run, own, pool, first=members not in begun)
                begun.add(members)
        for node in roots:
            if stages.of(node) == stage:
                emitter.emit(node, "pool")
    if emitter.hoisted:
        emitter.lines.insert(0, "    " + " = ".join(dict.fromkeys(emitter.hoisted)) + " = None")
    columns = {
        scope: {node: emitter.columns[scope][variable] for node, variable in emitter.kept.get(scope, {}).items()}
        for scope in ("pool", *plan.MEMBER_SCOPES.values(), *groups)
    }
    rows = ", ".join(f"{plan.member_scope(name)!r}: {name}_rows" for name in (*plan.MEMBER_SCOPES, *groups))
    pool_values = ", ".join(emitter.columns.get("pool", {}))
    source = "\n".join(
        [
            "def run(a, positions, orders, balances, others, collateral, asset, assets, groups, solved):",
            *emitter.settings.values(),
            *emitter.lines,
            f"    return {{'pool': [[{pool_values}]], {rows}}}",
        ]
    )
    exec(compile(source, "<pool>", "exec"), names)  # noqa: S102 - text made from a checked plan
    hoisted = set(emitter.hoisted)
    partial = {
        scope: frozenset(column for variable, column in emitter.columns.get(scope, {}).items() if variable in hoisted)
        for scope in columns
    }
    return Kernel(names["run"], columns, partial, source)


def _all_aggregates(roots: list[plan.Node], members: Mapping[plan.Members, list[plan.Node]]) -> list[plan.Aggregate]:
    found: dict[int, plan.Aggregate] = {}

    def reach(node: plan.Node) -> None:
        if id(node) in seen:
            return
        seen.add(id(node))
        if isinstance(node, plan.Aggregate):
            found[id(node)] = node
        for child in plan.children(node):
            reach(child)

    seen: set[int] = set()
    for node in [*roots, *(entry for nodes in members.values() for entry in nodes)]:
        reach(node)
    return list(found.values())


def member_group(group: str, by: str | None) -> str:
    """The variable that holds the index of a member's group."""
    return f"G_{group}" if by is None else f"G_{group}_BY_{by}"


def _group_values(roots: Sequence[plan.Node], *, within: bool = False) -> list[tuple[str, plan.Node, str | None]]:
    """The values of groups that members read, each once for the way that leads to the group.

    Args:
        roots: nodes of members, or aggregates over them.
        within: leave out what is read below a value of another scope.
    """
    found: dict[tuple[int, str | None], tuple[str, plan.Node, str | None]] = {}
    seen: set[int] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, plan.GroupValue):
            found.setdefault((id(node.value), node.by), (node.group, node.value, node.by))
        if within and isinstance(node, plan.GroupValue | plan.PoolValue):
            continue
        stack.extend(plan.children(node))
    return list(found.values())


_STARTS = {"sum": "ZERO", "count": "ZERO", "max": "None", "min": "None", "only": "None"}


def _loop(
    emitter: Emitter,
    members: plan.Members,
    nodes: list[plan.Node],
    run: list[plan.Aggregate],
    own: list[plan.Aggregate],
    pool: plan.PoolPlan,
    *,
    first: bool,
) -> None:
    """One pass over members or groups: their own values, and what is aggregated from them.

    In a pass over groups, `own` are their aggregates, which are accumulated already.
    """
    groups = pool.groups
    scope = plan.member_scope(members)
    for node in run:
        beginning = _STARTS[node.operator]
        if node.group is None:
            emitter.line(f"{emitter.variable(node)} = {beginning}")
        else:
            emitter.line(f"{_accumulator(emitter, node)} = [{beginning}] * len(OF_{node.group}.keys)")
    outside = dict(emitter.known)
    kept_before = dict(emitter.kept.get(scope, {}))
    columns_before = list(emitter.columns.get(scope, {}))
    parts = [] if members in groups else [(_TARGETS[members], members)]
    if members in groups:
        parts = [("key", f"OF_{members}.keys"), ("(i, s)", f"OF_{members}.records")]
        if own:
            parts.append(("number", f"range(len(OF_{members}.keys))"))
    if members == "positions" and any(isinstance(node, plan.Solved) for node in plan.below(*nodes, *run)):
        parts.append(("number", "range(len(positions))"))
    if not first:
        parts.append(("kept", f"{members}_rows"))
    if members not in groups:
        wanted = dict.fromkeys((node.group, node.by) for node in run if node.group is not None)
        # Not those that only a value of another scope reads: of some groups, such members have none.
        wanted.update(dict.fromkeys((name, by) for name, _, by in _group_values([*nodes, *run], within=True)))
        parts.extend((member_group(name, by), f"OF_{name}.of({members!r}, {by!r})") for name, by in wanted)
    if len(parts) == 1:
        emitter.line(f"for {parts[0][0].strip('()')} in {parts[0][1]}:")
    else:
        emitter.line(f"for {', '.join(one for one, _ in parts)} in zip({', '.join(other for _, other in parts)}):")
    emitter.indent += 1
    for node in own:
        variable = emitter.variable(node)
        emitter.line(f"{variable} = {_accumulator(emitter, node)}[number]")
        if node.operator in {"max", "min", "only"}:
            emitter.line(f"if {variable} is None: raise MissingError({node.operator!r})")
        emitter.keep(node, scope, variable)
    if not first:
        for position, variable in enumerate(columns_before):
            emitter.line(f"{variable} = kept[{position}]")
        for identity, variable in kept_before.items():
            # What was computed in a branch may not have been: it is computed again where it is needed.
            if variable not in emitter.hoisted:
                emitter.known[identity] = variable
    start = len(emitter.lines)
    hoisted_before = len(emitter.hoisted)
    for item in nodes:
        emitter.emit(item, scope)
    for node in run:
        _accumulate(emitter, node, scope)
    # A value computed in a branch not taken for this member must not be the one of the member before.
    fresh = emitter.hoisted[hoisted_before:]
    if fresh:
        emitter.lines.insert(start, "    " * emitter.indent + " = ".join(dict.fromkeys(fresh)) + " = None")
    new = list(emitter.columns.get(scope, {}))[len(columns_before) :]
    values = ", ".join(new)
    emitter.line(f"{members}_rows.append([{values}])" if first else f"kept.extend(({values}{',' if values else ''}))")
    emitter.indent -= 1
    emitter.known = outside
    for node in run:
        if node.group is not None:
            continue
        variable = emitter.variable(node)
        if node.operator in {"max", "min", "only"}:
            emitter.line(f"if {variable} is None: raise MissingError({node.operator!r})")
        emitter.keep(node, "pool", variable)


def _accumulator(emitter: Emitter, node: plan.Aggregate) -> str:
    """The list of a group aggregate's values, one a group."""
    return "l" + emitter.variable(node)[1:]


def _accumulate(emitter: Emitter, node: plan.Aggregate, scope: plan.Scope) -> None:
    variable = emitter.variable(node)
    if node.group is not None:
        number = member_group(node.group, node.by)
        variable = f"{_accumulator(emitter, node)}[{number}]"
        if node.by is not None or node.members == plan.OTHERS:
            # A member that names no asset is counted in no group, nor a position for which the pool has no group.
            emitter.block(f"if {number} is not None:", lambda: _add(emitter, node, scope, variable))
            return
    _add(emitter, node, scope, variable)


def _add(emitter: Emitter, node: plan.Aggregate, scope: plan.Scope, variable: str) -> None:
    def add() -> None:
        value = "ONE" if node.operand is None else emitter.emit(node.operand, scope)
        if node.operator in {"sum", "count"}:
            emitter.line(f"{variable} += {value}")
        elif node.operator == "only":
            emitter.line(f"{variable} = {value}")
        else:
            sign = ">" if node.operator == "max" else "<"
            emitter.line(f"if {variable} is None or {value} {sign} {variable}: {variable} = {value}")

    if node.where is None:
        add()
    else:
        emitter.block(f"if {emitter.emit(node.where, scope)}:", add)
