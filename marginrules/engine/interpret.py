"""The reference evaluator: one closed `match` over the plan, unknown values carried along with their reason."""

from collections.abc import Callable, Mapping
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from attrs import define, field

from marginrules.account import contracts
from marginrules.account.state import Account, AccountState, Asset, TierTable, pointer_to, pointer_to_cell
from marginrules.arithmetic import plain_text
from marginrules.engine.arrange import PoolInstance
from marginrules.engine.rounding import round_to_step
from marginrules.engine.tiers import amounts_by_continuity, row_of
from marginrules.engine.unknown import Unknown, Value
from marginrules.policy import plan

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq, "!=": ne}

Entity = tuple[str, int]
"""Which entity of a pool a value belongs to: the scope, and the index of the member (0 for the pool)."""

POOL: Entity = ("pool", 0)

_ONE = Decimal(1)
_CONTRACT_ASSETS = frozenset({"settle", "quote", "base"})


def _read(record: Any, node: plan.Field) -> Any:
    return getattr(record, node.name) if node.is_attribute else record.inputs.get(node.name)


@define
class Interpreter:
    """Evaluates the plan of one pool on its members; every value is computed once."""

    pool: PoolInstance
    state: AccountState
    solved: Mapping[tuple[str, int], Value] = field(factory=dict)
    """Solved prices by name and index of the position, for rules that round them."""
    known: Callable[[plan.Node, Entity], Value | None] | None = field(default=None, kw_only=True)
    """Values that are known already, None for others: what remains is worked out from them."""
    _values: dict[tuple[int, Entity], Value] = field(factory=dict)

    def value(self, node: plan.Node, entity: Entity) -> Value:
        """The value of a node for an entity of its scope."""
        key = (id(node), entity)
        found = self._values.get(key)
        if found is None and self.known is not None:
            found = self.known(node, entity)
        if found is None:
            try:
                found = self._compute(node, entity)
            except ZeroDivisionError:
                found = Unknown(f"{_place(node)} divides by zero")
            except (InvalidOperation, DivisionByZero, Overflow):
                found = Unknown(f"{_place(node)} is out of range")
            self._values[key] = found
        return found

    def _compute(self, node: plan.Node, entity: Entity) -> Value:
        match node:
            case plan.Constant(value=constant):
                return constant
            case plan.Field():
                return self.read(node, entity)
            case plan.Fact():
                return self._fact(node.name, entity)
            case plan.Named(value=named):
                return self.value(named, entity)
            case plan.Unary(operator=operator, operand=operand):
                return self._unary(operator, self.value(operand, entity), node)
            case plan.Binary(operator=operator, left=left, right=right):
                return self._binary(operator, self.value(left, entity), self.value(right, entity))
            case plan.Compare(operator=operator, left=left, right=right):
                one, other = self.value(left, entity), self.value(right, entity)
                if isinstance(one, Unknown):
                    return one
                return other if isinstance(other, Unknown) else _COMPARISONS[operator](one, other)
            case plan.Logic(operator=operator, left=left, right=right):
                return self._logic(operator, left, right, entity)
            case plan.Conditional(condition=condition, then=then, otherwise=otherwise):
                decided = self.value(condition, entity)
                if isinstance(decided, Unknown):
                    return decided
                return self.value(then if decided else otherwise, entity)
            case plan.Round(operand=operand, direction=direction, step=step):
                inner, width = self.value(operand, entity), self.value(step, entity)
                if isinstance(inner, Unknown) or isinstance(width, Unknown):
                    return inner if isinstance(inner, Unknown) else width
                return round_to_step(inner, direction, width)  # type: ignore[arg-type]
            case plan.TierColumn():
                return Unknown("a tier column outside a tier")  # pragma: no cover - the checker admits none
            case plan.Tiered() | plan.Pick():
                return self.tier(node, entity)[0]
            case plan.Aggregate():
                return self._aggregate(node, entity)
            case plan.GroupValue(group=group, value=inner, by=by):
                whole = self.group_of(group, entity, by)
                return whole if isinstance(whole, Unknown) else self.value(inner, whole)
            case plan.Given(field=asked):
                if not isinstance(asked, plan.Field):
                    return Unknown("there is no action here")  # pragma: no cover - only rules about actions ask
                record = self.record(asked.entity, entity)
                return record is not None and _read(record, asked) is not None
            case plan.PoolValue(value=inner):
                return self.value(inner, POOL)
            case plan.Convert(operand=operand, origin=origin, target=target):
                return self._convert(self.value(operand, entity), origin, target, entity)
            case plan.Asked() | plan.Seen() | plan.Elsewhere():
                return Unknown("there is no action here")  # pragma: no cover - only rules about actions have these
            case plan.Solved(name=name):
                return self.solved.get((name, entity[1]), Unknown("the price is not solved here"))

    # ------------------------------------------------------------ fields and facts

    def record(self, owner: str, entity: Entity) -> Any:
        """The record of the document that a field is read from, as seen from an entity; None where there is none."""
        scope, index = entity
        if owner == "account":
            return self.state.account
        if scope == "position":
            return self.pool.positions[index][("position", "instrument", "asset").index(owner)]
        if scope == "other":
            return self.pool.others[index][("position", "instrument", "asset").index(owner)]
        if scope == "order":
            return self.pool.orders[index][("order", "instrument", "asset").index(owner)]
        if scope == "balance":
            return self.pool.balances[index][0 if owner == "balance" else 2]
        if scope in self.pool.groups:
            return self.pool.groups[scope].records[index][0 if owner == "instrument" else 1]
        return None

    def group_of(self, group: str, member: Entity, by: str | None = None) -> Entity | Unknown:
        """The group of that name which a member of the pool is in, or whose asset a field of it names."""
        scope, index = member
        found = self.pool.groups[group].of(f"{scope}s", by)[index]
        if found is None:
            record = self.record(scope, member)
            return Unknown(f"{_record_name(record)} has no {by}", pointer_to(record, by or ""))
        return group, found

    def read(self, node: plan.Field, entity: Entity) -> Value:
        """A field's value, its default, or unknown with a pointer to where it is missing."""
        record = self.record(node.entity, entity)
        value = _read(record, node) if record is not None else None
        if value is None:
            value = node.default
        if value is None:
            return self._missing(node, record, entity)
        return value

    def _missing(self, node: plan.Field, record: Any, entity: Entity) -> Unknown:
        if record is None:
            asset = self.asset_name("settle" if entity[0] != "balance" else "asset", entity)
            return Unknown(f"asset {asset} is not in the document", "/assets")
        return Unknown(f"{_record_name(record)} has no {node.name}", pointer_to(record, node.name))

    def _fact(self, name: str, entity: Entity) -> Value:
        scope, index = entity
        if scope == "pool":
            return self.pool.collateral
        if scope == "balance":
            if name == "is_settlement":
                return self.pool.balances[index][0].asset == self.pool.asset
            return self.pool.balances[index][1]
        if scope == "order":
            order, instrument, _ = self.pool.orders[index]
            price = order.price if name == "notional" else instrument.mark_price
            if price is None:
                if name == "notional" and instrument.mark_price is not None:
                    price = instrument.mark_price
                else:
                    return _no_mark(instrument)
            return contracts.value_at(instrument, order.quantity, price)
        position, instrument, _ = (self.pool.others if scope == "other" else self.pool.positions)[index]
        if name == "contract_entry_value":
            return contracts.value_at(instrument, _ONE, position.entry_price)
        if name == "entry_value":
            return contracts.value_at(instrument, position.quantity, position.entry_price)
        mark = instrument.mark_price
        if name == "base_quantity" and instrument.contract != "inverse":
            return contracts.base_quantity(instrument, position.quantity, position.entry_price)
        if mark is None:
            return _no_mark(instrument)
        if name == "contract_value":
            return contracts.value_at(instrument, _ONE, mark)
        if name == "notional":
            return contracts.value_at(instrument, position.quantity, mark)
        if name == "base_quantity":
            return contracts.base_quantity(instrument, position.quantity, mark)
        return contracts.unrealized_pnl(instrument, position.quantity, position.entry_price, mark)

    # ------------------------------------------------------------ operators

    def _unary(self, operator: str, operand: Value, node: plan.Node) -> Value:
        if isinstance(operand, Unknown):
            return operand
        if operator == "not":
            return not operand
        number: Decimal = operand  # type: ignore[assignment]
        match operator:
            case "-":
                return -number
            case "abs":
                return abs(number)
            case "decimals":
                return Decimal(1).scaleb(-int(number))
            case "sqrt":
                return Unknown(f"{_place(node)} takes the root of a negative number") if number < 0 else number.sqrt()
            case _:
                return Unknown(f"{_place(node)} takes the logarithm of {number}") if number <= 0 else number.ln()

    def _binary(self, operator: str, left: Value, right: Value) -> Value:
        if isinstance(left, Unknown):
            return left
        if isinstance(right, Unknown):
            return right
        one: Decimal = left  # type: ignore[assignment]
        other: Decimal = right  # type: ignore[assignment]
        match operator:
            case "+":
                return one + other
            case "-":
                return one - other
            case "*":
                return one * other
            case "/":
                if not other:
                    raise ZeroDivisionError
                return one / other
            case "max":
                return max(one, other)
            case _:
                return min(one, other)

    def _logic(self, operator: str, left: plan.Node, right: plan.Node, entity: Entity) -> Value:
        deciding = operator == "or"
        one = self.value(left, entity)
        if one is deciding:
            return deciding
        other = self.value(right, entity)
        if other is deciding:
            return deciding
        if isinstance(one, Unknown):
            return one
        return other if isinstance(other, Unknown) else not deciding

    def members(self, node: plan.Aggregate, whole: Entity) -> tuple[Entity, ...]:
        """The members that an aggregate of a pool or a group runs over, before its condition."""
        scope = plan.member_scope(node.members)
        if scope in self.pool.groups:
            return tuple((scope, index) for index in range(len(self.pool.groups[scope].keys)))
        every = tuple((scope, index) for index in range(len(getattr(self.pool, node.members))))
        if node.group is None:
            return every
        groups = self.pool.groups[node.group].of(node.members, node.by)
        return tuple(entity for entity, group in zip(every, groups, strict=True) if group == whole[1])

    def _aggregate(self, node: plan.Aggregate, whole: Entity) -> Value:
        values: list[Value] = []
        for entity in self.members(node, whole):
            if node.where is not None:
                counts = self.value(node.where, entity)
                if isinstance(counts, Unknown):
                    return counts
                if not counts:
                    continue
            values.append(self.value(node.operand, entity) if node.operand is not None else Decimal(1))
        for value in values:
            if isinstance(value, Unknown):
                return value
        if node.operator in {"sum", "count"}:
            return sum(values, Decimal(0))  # type: ignore[type-var]
        if not values:
            return Unknown(f"{_place(node)}: the pool has no such {plan.members_words(node.members)}")
        if node.operator == "only":
            return values[0]
        return max(values) if node.operator == "max" else min(values)

    # ------------------------------------------------------------ tiers and conversion

    def table(self, source: plan.TableSource, entity: Entity) -> TierTable | Unknown:
        """The rows that a tier rule looks at for an entity."""
        if source.field is not None:
            return self.read(source.field, entity)  # type: ignore[return-value]
        if source.by_symbol is not None:
            instrument = self.record("instrument", entity)
            rows = source.by_symbol.get(instrument.symbol)
            if rows is None:
                return Unknown(f"table {source.name} has no rows for {instrument.symbol}", instrument.pointer)
            return rows
        if source.table is None:  # pragma: no cover - the checker admits none
            return Unknown(f"table {source.name} is empty")
        return source.table

    def tier(self, node: plan.Tiered | plan.Pick, entity: Entity) -> tuple[Value, int | None, Mapping[str, Value]]:
        """The value of a tier rule, the index of the row chosen, and the row's figures by name."""
        key = self.value(node.key, entity)
        table = self.table(node.table, entity)
        if isinstance(key, Unknown):
            return key, None, {}
        if isinstance(table, Unknown):
            return table, None, {}
        bounds = table.bounds
        row = row_of(table, key)  # type: ignore[arg-type]
        if row == len(table.rows):
            reason = f"the tiers end at {plain_text(table.bounds[row])}"
            return Unknown(reason, pointer_to_cell(table, row - 1, table.end_column)), None, {}
        if isinstance(node, plan.Pick):
            return self._in_row(node.result, table, row, entity), row, {}
        rates: list[Decimal] = []
        for index in range(row + 1):
            rate = self._in_row(node.rate, table, index, entity)
            if isinstance(rate, Unknown):
                return rate, row, {}
            rates.append(rate)  # type: ignore[arg-type]
        published: list[Decimal | None] = []
        for index in range(row + 1):
            given = self._in_row(node.amount, table, index, entity) if node.amount is not None else None
            # An empty cell leaves the amount to continuity; anything else that is unknown stays unknown.
            if isinstance(given, Unknown) and not (
                isinstance(node.amount, plan.TierColumn) and table.cell(index, node.amount.name) is None
            ):
                return given, row, {}
            published.append(given if isinstance(given, Decimal) else None)
        amount = amounts_by_continuity(bounds, rates, published)[row]
        figures = {table.columns[0]: bounds[row], "rate": rates[row], "amount": amount}
        return key * rates[row] - amount, row, figures  # type: ignore[operator]

    def _in_row(self, node: plan.Node, table: TierTable, row: int, entity: Entity) -> Value:
        """The value of an expression over a tier's columns."""
        match node:
            case plan.TierColumn(name=name):
                cell = table.cell(row, name)
                if cell is None:
                    return Unknown(f"tier {row + 1} has no {name}", pointer_to_cell(table, row, name))
                return cell
            case plan.Unary(operator=operator, operand=operand):
                return self._unary(operator, self._in_row(operand, table, row, entity), node)
            case plan.Binary(operator=operator, left=left, right=right):
                return self._binary(
                    operator, self._in_row(left, table, row, entity), self._in_row(right, table, row, entity)
                )
            case plan.Conditional(condition=condition, then=then, otherwise=otherwise):
                decided = self._in_row(condition, table, row, entity)
                if isinstance(decided, Unknown):
                    return decided
                return self._in_row(then if decided else otherwise, table, row, entity)
            case plan.Compare(operator=operator, left=left, right=right):
                one, other = self._in_row(left, table, row, entity), self._in_row(right, table, row, entity)
                if isinstance(one, Unknown):
                    return one
                return other if isinstance(other, Unknown) else _COMPARISONS[operator](one, other)
            case plan.Logic(operator=operator, left=left, right=right):
                one, other = self._in_row(left, table, row, entity), self._in_row(right, table, row, entity)
                deciding = operator == "or"
                if deciding in (one, other):
                    return deciding
                if isinstance(one, Unknown):
                    return one
                return other if isinstance(other, Unknown) else not deciding
            case plan.Round(operand=operand, direction=direction, step=step):
                inner, width = self._in_row(operand, table, row, entity), self._in_row(step, table, row, entity)
                if isinstance(inner, Unknown) or isinstance(width, Unknown):
                    return inner if isinstance(inner, Unknown) else width
                return round_to_step(inner, direction, width)  # type: ignore[arg-type]
            case plan.Named(value=value):
                return self._in_row(value, table, row, entity)
            case plan.Given(field=plan.TierColumn(name=name)):
                return table.cell(row, name) is not None
            case _:
                return self.value(node, entity)

    def asset_name(self, symbol: str, entity: Entity) -> str:
        """The currency that a symbolic asset stands for, as seen from an entity."""
        scope, index = entity
        if symbol[0].isupper():
            return symbol
        if scope == "pool" and symbol == "settle":
            return self.pool.asset if self.pool.plan.asset == "settle" else self.pool.positions[0][1].settle  # type: ignore[return-value]
        if scope == "pool":
            return self.asset_name(symbol, ("position", 0))
        if scope == "balance" and symbol == "asset":
            return self.pool.balances[index][0].asset
        if scope == "balance" and symbol == "settle":
            return self.pool.asset or ""
        if scope in self.pool.groups and self.pool.plan.groups[scope] == "settlement asset":
            return self.pool.groups[scope].keys[index]
        if symbol not in _CONTRACT_ASSETS:
            return str(self.record("position" if scope == "other" else scope, entity).inputs.get(symbol))
        instrument = self.record("instrument", entity)
        return str(getattr(instrument, symbol))

    def index_price(self, asset: str) -> Decimal | Unknown:
        """USD for one unit of an asset."""
        return index_price(self.state, asset)

    def _convert(self, value: Value, origin: str, target: str, entity: Entity) -> Value:
        if isinstance(value, Unknown):
            return value
        one, other = self.asset_name(origin, entity), self.asset_name(target, entity)
        if one == other:
            return value
        price, against = self.index_price(one), self.index_price(other)
        if isinstance(price, Unknown):
            return price
        if isinstance(against, Unknown):
            return against
        return value * price / against  # type: ignore[operator]


def index_price(state: AccountState, asset: str) -> Decimal | Unknown:
    """USD for one unit of an asset; unknown where the document has no index price for it."""
    if asset == "USD":
        return Decimal(1)
    found: Asset | None = state.asset_by_name.get(asset)
    if found is None:
        return Unknown(f"asset {asset} is not in the document", "/assets")
    if found.index_price is None:
        return Unknown(f"asset {asset} has no index_price", pointer_to(found, "index_price"))
    return found.index_price


def _no_mark(instrument: Any) -> Unknown:
    return Unknown(f"instrument {instrument.symbol} has no mark_price", pointer_to(instrument, "mark_price"))


def _record_name(record: Any) -> str:
    if isinstance(record, Account):
        return "the account"
    kind = type(record).__name__.lower()
    if kind == "order" and record.id is not None:
        return f"order {record.id}"
    name = getattr(
        record, "symbol" if kind in {"instrument", "order"} else "asset" if kind in {"asset", "balance"} else "id"
    )
    return f"{kind} {name}"


def _place(node: plan.Node) -> str:
    return f"{node.span.text!r} ({node.span.file_line})"
