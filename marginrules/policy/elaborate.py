"""Syntax to plan nodes: names resolved, dimensions checked, meaning shared.

One `Elaborator` serves one policy. Each pool variant gets its own reading of the definitions, because a name of a
member (`maintenance_margin`) can be overridden inside a pool. Problems are collected, never raised: where one is found
the reading goes on with a stand-in of the dimension that is due, or of none (`BROKEN`) that goes with everything. So a
mistake is told once, and those in what depends on it are told beside it.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal, TypeVar

from attrs import define, evolve, field, frozen

from marginrules.account import fields as account_fields
from marginrules.account.state import END_COLUMNS, TierTable
from marginrules.arithmetic import plain_text
from marginrules.language import nodes
from marginrules.language.diagnostics import Diagnostic, did_you_mean
from marginrules.language.source import Source, Span
from marginrules.policy import dimensions, plan
from marginrules.policy.constants import constant_value
from marginrules.policy.dimensions import BROKEN, FLAG, LITERAL, NUMBER, PRICE, QUANTITY, RATE, RATIO, Dimension
from marginrules.policy.plan import Node
from marginrules.policy.rules import DefinitionRule, PoolRules, Rules

_ZERO, _ONE = Decimal(0), Decimal(1)

MAXIMUM_CHAIN = 40
"""Most definitions that lead to one another: a venue's rules have a dozen at the most."""

MAXIMUM_DEPTH = 200
"""Most steps that a value is made of others: the deepest of the shipped policies has 78."""

_POSITION_FACTS: Mapping[str, Dimension] = {
    "notional": dimensions.money("settle"),
    "unrealized_pnl": dimensions.money("settle"),
    "entry_value": dimensions.money("settle"),
    "base_quantity": dimensions.money("base"),
    "contract_value": dimensions.amount({"settle": 1, "contracts": -1}),
    "contract_entry_value": dimensions.amount({"settle": 1, "contracts": -1}),
}
_ORDER_FACTS: Mapping[str, Dimension] = {
    "notional": dimensions.money("settle"),
    "mark_notional": dimensions.money("settle"),
}
_BALANCE_FACTS: Mapping[str, Dimension] = {"amount": dimensions.money("asset"), "is_settlement": FLAG}

FACTS: Mapping[str, Mapping[str, Dimension]] = {
    "position": _POSITION_FACTS,
    "order": _ORDER_FACTS,
    "balance": _BALANCE_FACTS,
}

FIELDS: Mapping[str, Mapping[str, Dimension]] = {
    "account": {},
    "position": {
        "quantity": QUANTITY,
        "entry_price": PRICE,
        "margin_mode": dimensions.choice(("cross", "isolated")),
        "leverage": NUMBER,
        "assigned_margin": dimensions.money("settle"),
        "accrued_funding": dimensions.money("settle"),
        "auto_add_margin": FLAG,
    },
    "order": {
        "side": dimensions.choice(("buy", "sell")),
        "quantity": QUANTITY,
        "price": PRICE,
        "reduce_only": FLAG,
        "margin_mode": dimensions.choice(("cross", "isolated")),
        "leverage": NUMBER,
    },
    "balance": {
        "asset": dimensions.choice(()),
        "wallet_balance": dimensions.money("asset"),
        "wallet": dimensions.choice(()),
    },
    "instrument": {
        "contract": dimensions.choice(("linear", "inverse", "quanto")),
        "contract_size": dimensions.amount({"units": 1, "contracts": -1}),
        "mark_price": PRICE,
        "index_price": PRICE,
        "max_leverage": NUMBER,
        "tick_size": PRICE,
        "quantity_step": QUANTITY,
        "taker_fee_rate": RATE,
        "open_interest": dimensions.money("base"),
        "tiers": dimensions.TIERS,
    },
    "asset": {
        "index_price": dimensions.amount({"USD": 1, "asset": -1}),
        "collateral_rate": RATE,
        "collateral_tiers": dimensions.TIERS,
    },
}
"""Dimensions of the fields that every venue shares, by the entity that holds them."""

STANDARD_FIGURES: Mapping[str, Mapping[str, str]] = {
    "position": {
        "initial_margin": "money",
        "maintenance_margin": "money",
        "liquidation_price": "price",
        "bankruptcy_price": "price",
    },
    "pool": {
        "equity": "money",
        "initial_margin": "money",
        "maintenance_margin": "money",
        "idle_equity": "money",
        "margin_ratio": "ratio",
    },
    "balance": {"idle_equity": "money"},
}
"""Names that a report shows by themselves, and what they must be."""

_FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "max": (2, 20),
    "min": (2, 20),
    "abs": (1, 1),
    "sqrt": (1, 1),
    "ln": (1, 1),
    "clamp": (3, 3),
    "number": (1, 1),
}
_DIRECTIONS = ("up", "down", "away_from_zero", "toward_zero", "half_up", "half_even")
_TIME_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_SCOPE_ENTITIES: Mapping[str, tuple[str, ...]] = {
    "account": ("account",),
    "pool": ("account",),
    "position": ("account", "position", "instrument", "asset"),
    "order": ("account", "order", "instrument", "asset"),
    "balance": ("account", "balance", "asset"),
    "action": ("account", "instrument", "asset"),
}

_BEGINNINGS = {"publish", "replace", "liquidate", "threshold", "covers", "draws", "valued", "step", "allow", "refuse"}
"""Words that begin statements: where one is read as a name, the formula before it has no end."""

_PRICES = {"liquidation_price", "bankruptcy_price", "solved_liquidation_price", "solved_bankruptcy_price"}
_PRICES_REMEDY = (
    "such a price is solved from the rules, so only the rule of a `liquidation_price` or a `bankruptcy_price` reads it; a venue "
    "that takes a position over at its bankruptcy price is said by `hand over`"
)

_MONEY_IN_ASSET = dimensions.money("asset")
_MONEY_SETTLED = dimensions.money("settle")
_FILL: Mapping[str, Dimension] = {
    "quantity": QUANTITY,
    "price": PRICE,
    "side": dimensions.choice(("buy", "sell")),
    "margin_mode": dimensions.choice(("cross", "isolated")),
    "leverage": NUMBER,
    "assigned_margin": _MONEY_SETTLED,
    "increasing": FLAG,
}
_ORDER: Mapping[str, Dimension] = {**_FILL, "reduce_only": FLAG}
ACTIONS: Mapping[str, Mapping[str, Dimension]] = {
    "deposit": {"amount": _MONEY_IN_ASSET},
    "withdraw": {"amount": _MONEY_IN_ASSET},
    "transfer": {"amount": _MONEY_IN_ASSET},
    "add_margin": {"amount": _MONEY_SETTLED},
    "remove_margin": {"amount": _MONEY_SETTLED},
    "open": _FILL,
    "reduce": {"quantity": QUANTITY, "price": PRICE},
    "close": {"quantity": QUANTITY, "price": PRICE},
    "switch_mode": {"margin_mode": dimensions.choice(("cross", "isolated")), "has_position": FLAG, "has_orders": FLAG},
    "set_leverage": {"leverage": NUMBER, "has_position": FLAG, "has_orders": FLAG},
    "place_order": _ORDER,
    "cancel_order": _ORDER,
}
"""The actions, and what each says."""

_OF_POSITIONS = {"add_margin", "remove_margin", "open", "reduce", "close", "switch_mode", "set_leverage"}
_OF_BALANCES = {"deposit", "withdraw", "transfer"}
_OF_INSTRUMENTS = {*_OF_POSITIONS, "place_order", "cancel_order"}

_UNREAD: Mapping[str, Dimension] = {}
"""The columns of a table that could not be read: it may have any."""

_OF_ONE_CONTRACT = frozenset({"quote", "base", "units", "contracts"})
"""Units that mean something else for the next contract: its assets, and the contract itself."""

_NodeType = TypeVar("_NodeType", bound=Any)
_MISSING: Any = object()


_GROUP_ENTITIES: Mapping[str, tuple[str, ...]] = {
    "instrument": ("account", "instrument", "asset"),
    "settlement asset": ("account", "asset"),
    "underlying": ("account",),
}
"""What all members of a group have in common, by what it is by."""


@frozen
class LoadedTable:
    """A table of the policy with its cells read.

    Attributes:
        columns: dimension of each column, `above` first.
    """

    name: str
    table: TierTable | None
    by_symbol: Mapping[str, TierTable] | None
    columns: Mapping[str, Dimension]
    span: Span
    valid_until: date | None = None
    """The day from which a data file itself says that it is not to be relied on."""


@frozen
class _Place:
    """Where an expression stands, which decides what its names mean.

    Attributes:
        scope: whose values the nodes are.
        owner: entity whose fields a bare name means (an instrument's definitions are read in a position's scope).
        parameters: values of the arguments of a definition that is being called.
        tier: columns of the tier at hand, inside `tiered … rate` and `pick`.
        base: names of the extended policy that `base.` reaches.
        price_rule: whether the solved price may be read.
        actions: the actions that a rule is about, in the scope of an action.
        world: whether a rule about actions is read before the action or after it.
    """

    scope: plan.Scope
    owner: str
    parameters: Mapping[str, Node] = field(factory=dict)
    tier: Mapping[str, Dimension] | None = None
    base: DefinitionRule | None = None
    price_rule: bool = False
    actions: tuple[str, ...] = ()
    world: Literal["before", "after"] = "before"


@define
class Elaborator:
    """Reads the rules of one policy into plan nodes."""

    rules: Rules
    diagnostics: list[Diagnostic]
    tables: Mapping[str, LoadedTable]
    contracts: tuple[str, ...]
    used: set[tuple[str, str]] = field(factory=set)
    """Definitions, constants, tables and inputs that something refers to, as (kind or entity, name)."""
    readers: "list[PoolElaborator | None]" = field(factory=list)
    """The reader of each pool, in the order of the rules."""
    interned: dict[tuple[Any, ...], Any] = field(factory=dict)
    """Every node, by kind and parts."""
    depths: dict[int, int] = field(factory=dict)
    """How many steps deep each node is made of others."""
    kept: list[Node] = field(factory=list)
    """Arguments of calls: kept, so that no other node takes the identity of one."""
    links: dict[str, dict[tuple[str, str], None]] = field(factory=dict)
    """For each group, the members and the field of theirs that names the asset of one of its kind."""
    read: set[Span] = field(factory=set)
    """Spans of the definitions that some rule reads, mistaken or not."""

    def report(self, code: str, span: Span, problem: str, remedy: str, **more: Any) -> None:
        """Note a problem."""
        found = Diagnostic(code, span, problem, remedy, **more)
        if found not in self.diagnostics:
            self.diagnostics.append(found)

    def make(self, kind: type[_NodeType], *parts: Any, dimension: Dimension, span: Span) -> _NodeType:
        """The node of that kind and parts: the same one each time."""
        key = (kind, dimension, *(id(part) if _is_node(part) else part for part in parts))
        found = self.interned.get(key)
        if found is None:
            found = kind(*parts, dimension, span)
            self.interned[key] = found
            self.deepen(found, parts, span)
        return found  # type: ignore[no-any-return]

    def deepen(self, node: Any, parts: tuple[Any, ...], span: Span) -> None:
        """Note how deep a node is made of others, and report the first that is too deep to be followed."""
        depth = 1 + max((self.depths.get(id(part), 0) for part in parts if _is_node(part)), default=0)
        self.depths[id(node)] = depth
        if depth == MAXIMUM_DEPTH + 1:
            self.report(
                "syntax",
                span,
                f"a value is made of others more than {MAXIMUM_DEPTH} steps deep",
                "break the chain of definitions and conditions that leads here into fewer steps",
            )

    def canonical(self, dimension: Dimension, balance_asset: str | None = None) -> Dimension:
        """The dimension with assets that are the same by the policy's contracts under one name.

        In a policy about linear contracts alone the quote asset is the settlement asset, about inverse ones the base
        asset is; in a pool of one asset a balance is in the pool's asset.
        """
        names = {}
        if self.contracts == ("linear",):
            names["quote"] = "settle"
            names["units"] = "base"
        elif self.contracts == ("inverse",):
            names["base"] = "settle"
            names["units"] = "quote"
        if balance_asset is not None:
            names["asset"] = balance_asset
        if not dimension.units or not any(symbol in names for symbol, _ in dimension.units):
            return dimension
        units: dict[str, int] = {}
        for symbol, power in dimension.units:
            name = names.get(symbol, symbol)
            units[name] = units.get(name, 0) + power
        return dimensions.amount(units)


def _is_node(part: Any) -> bool:
    return type(part).__module__ == plan.__name__


@define
class PoolElaborator:
    """Reads the rules of one pool variant, and of its members."""

    whole: Elaborator
    pool: PoolRules | None
    asset: str = "settle"
    key: str = "account"
    draws: str = "remainder"
    draws_asset: str | None = None
    mixed: bool = False
    sees_others: bool = False
    """Whether something that was read looks at positions that other pools hold."""
    finished: bool = False
    """Whether the pool itself is read: what is read after it are rules about actions and steps."""
    memo: dict[tuple[str, str, str], Any] = field(factory=dict)
    in_progress: list[tuple[str, str, str]] = field(factory=list)
    calls: dict[tuple[Any, ...], Node] = field(factory=dict)
    """Values of definitions with parameters, by name and identity of the arguments."""

    # ------------------------------------------------------------ helpers

    @property
    def rules(self) -> Rules:
        """The rules that are read."""
        return self.whole.rules

    def entities(self, scope: plan.Scope) -> tuple[str, ...]:
        """The entities that a rule of a scope can read fields of."""
        group = self.rules.groups.get(scope)
        return _SCOPE_ENTITIES[scope] if group is None else _GROUP_ENTITIES[group.key]

    @property
    def balance_asset(self) -> str:
        """Symbol of the asset that a balance of this pool is in."""
        return "settle" if self.asset == "settle" and not self.mixed else "asset"

    def canonical(self, dimension: Dimension) -> Dimension:
        """The dimension under the one name each asset has in this pool."""
        return self.whole.canonical(dimension, "settle" if self.balance_asset == "settle" else None)

    def make(self, kind: type[_NodeType], *parts: Any, dimension: Dimension, span: Span) -> _NodeType:
        """The shared node of that kind and parts."""
        return self.whole.make(kind, *parts, dimension=self.canonical(dimension), span=span)

    def report(self, code: str, span: Span, problem: str, remedy: str, **more: Any) -> None:
        """Note a problem."""
        self.whole.report(code, span, problem, remedy, **more)

    # ------------------------------------------------------------ definitions

    def _find(self, scope: str, owner: str, name: str) -> DefinitionRule | None:
        if scope == "pool" and owner == "pool":
            return self.pool.definitions.get(name) if self.pool is not None else None
        if self.pool is not None and owner in self.pool.members and name in self.pool.members[owner]:
            return self.pool.members[owner][name]
        rule = self.rules.definitions.get(owner, {}).get(name)
        if rule is not None:
            self.whole.used.add((owner, name))
        return rule

    def definition(self, scope: plan.Scope, owner: str, name: str) -> plan.Named | None:
        """The named value of a definition without parameters, or None where there is none."""
        key = (scope, owner, name)
        if key in self.memo:
            return self.memo[key]  # type: ignore[no-any-return]
        rule = self._find(scope, owner, name)
        if rule is None or rule.definition.parameters:
            return None
        if key in self.in_progress:
            names = [entry[2] for entry in self.in_progress[self.in_progress.index(key) :]]
            self.report(
                "definition-cycle",
                rule.definition.span,
                f"`{name}` depends on itself: {' -> '.join([*names, name])}",
                "give one of them a value that does not lead back",
            )
            self.memo[key] = self._stand_in(scope, rule.definition)
            return self.memo[key]  # type: ignore[no-any-return]
        if self.too_deep(rule.definition.span):
            return self._stand_in(scope, rule.definition)
        self.in_progress.append(key)
        place = _Place(
            scope,
            owner,
            base=rule.base,
            price_rule=owner == "position" and name in {"liquidation_price", "bankruptcy_price"},
        )
        found = self._named(rule.definition, place)
        self.in_progress.pop()
        # A cycle found further down has already put a stand-in here; that verdict stays.
        self.memo.setdefault(key, found)
        return self.memo[key]  # type: ignore[no-any-return]

    def too_deep(self, span: Span) -> bool:
        """Whether definitions build on one another to the limit, which is then reported."""
        if len(self.in_progress) < MAXIMUM_CHAIN:
            return False
        self.report(
            "syntax",
            span,
            f"definitions build on one another more than {MAXIMUM_CHAIN} deep",
            "write some of them out, so that fewer lead to one another",
        )
        return True

    def _stand_in(self, scope: plan.Scope, definition: nodes.Definition) -> plan.Named:
        expected = self._standard(_Place(scope, scope), definition.name)
        value = self.broken(definition.span, BROKEN if expected is None else expected)
        return self.named(scope, definition.name, value, definition.cites, definition.span)

    def _named(self, definition: nodes.Definition, place: _Place) -> plan.Named:
        value = self.expression(definition.value, place)
        expected = self._standard(place, definition.name)
        if expected is not None:
            value = self.fit(value, expected, definition.value.span, f"`{definition.name}`")
        return self.named(place.scope, definition.name, value, definition.cites, definition.span)

    def named(
        self,
        scope: plan.Scope,
        name: str,
        value: Node,
        cites: tuple[nodes.Citation, ...],
        span: Span,
        because: str | None = None,
    ) -> plan.Named:
        """A value under the name by which people know it: the same node each time."""
        key = (plan.Named, scope, name, id(value), span)
        found = self.whole.interned.get(key)
        if found is None:
            found = plan.Named(scope, name, value, value.dimension, cites, span, because)
            self.whole.interned[key] = found
            self.whole.deepen(found, (value,), span)
        return found

    def _standard(self, place: _Place, name: str) -> Dimension | None:
        if place.owner != place.scope:
            return None
        match STANDARD_FIGURES.get(place.scope, {}).get(name):
            case "money":
                if place.scope == "pool":
                    return dimensions.money(self.asset)
                return self.canonical(dimensions.money("asset" if place.scope == "balance" else "settle"))
            case "price":
                return self.canonical(PRICE)
            case "ratio":
                return RATIO
            case _:
                return None

    # ------------------------------------------------------------ dimensions

    def broken(self, span: Span, dimension: Dimension = BROKEN) -> Node:
        """What stands for an expression in which a problem was noted."""
        return plan.Fact("account", plan.BROKEN, dimension, span)

    def fit(self, node: Node, expected: Dimension, span: Span, what: str) -> Node:
        """The node where a value of a dimension is due; a stand-in, with a diagnostic, where it is not one."""
        found = node.dimension
        expected = self.canonical(expected)
        if found == BROKEN:
            return self.broken(span, expected)
        if expected in (found, BROKEN) or (found.kind == "choice" and expected.kind == "choice"):
            return node
        if found.kind == "literal":
            value = _literal_value(node)
            if expected.kind == "rate":
                return node if self._literal_rate(value, span, what) else self.broken(span, expected)
            # Nothing is nothing of any unit; but no flag, no choice and no table.
            if expected.dimensionless or (value == _ZERO and expected.numeric):
                return node
        elif found.dimensionless and expected.dimensionless and {found.kind, expected.kind} != {"number", "rate"}:
            return node
        self.report(
            _mismatch_code(found, expected),
            span,
            f"{what} must be {expected}, this is {found}",
            _remedy(found, expected),
            label=str(found),
        )
        return self.broken(span, expected)

    def _literal_rate(self, value: Decimal | None, span: Span, what: str) -> bool:
        if value is None or -_ONE <= value <= _ONE:
            return True
        self.report(
            "not-a-rate",
            span,
            f"{what} must be a rate, and {value} is no share of anything",
            f"write `{value}%` for {value} in a hundred",
            label="a bare number",
        )
        return False

    def _together(self, left: Node, right: Node, span: Span, verb: str, spans: tuple[Span, Span]) -> Dimension | None:
        """The dimension of two things that are added, compared or chosen between."""
        for one, other, place in ((left, right, spans[0]), (right, left, spans[1])):
            if one.dimension.kind != "literal" or other.dimension.kind in {"literal", "broken"}:
                continue
            value = _literal_value(one)
            if other.dimension.kind in {"amount", "duration"}:
                if value == _ZERO:
                    return other.dimension
                self.report(
                    "dimension-mismatch",
                    place,
                    f"cannot {verb} {left.dimension} {_joiner(verb)} {right.dimension}",
                    _unit_example(other.dimension),
                    label="a bare number",
                )
                return None
            if other.dimension.kind == "rate" and not self._literal_rate(value, place, "what stands beside a rate"):
                return None
        both = dimensions.same_kind(left.dimension, right.dimension)
        if both is None:
            self.report(
                _mismatch_code(right.dimension, left.dimension),
                span,
                f"cannot {verb} {left.dimension} {_joiner(verb)} {right.dimension}",
                "multiply the rate by an amount, such as `notional`"
                if {left.dimension.kind, right.dimension.kind} == {"rate", "amount"}
                else _remedy(right.dimension, left.dimension),
                label=str(right.dimension),
            )
        return both

    # ------------------------------------------------------------ expressions

    def expression(self, expression: nodes.Expression, place: _Place) -> Node:
        """The plan node of an expression; a stand-in where a problem was noted."""
        found = self._expression(expression, place)
        return self.broken(expression.span) if found is None else found

    def _expression(self, expression: nodes.Expression, place: _Place) -> Node | None:
        match expression:
            case nodes.Number():
                return self._number(expression)
            case nodes.Text(value=value, span=span):
                return self.make(plan.Constant, value, dimension=dimensions.choice((value,)), span=span)
            case nodes.Flag(value=flag, span=span):
                return self.make(plan.Constant, flag, dimension=FLAG, span=span)
            case nodes.Name():
                return self._name(expression, place)
            case nodes.Unary():
                return self._unary(expression, place)
            case nodes.Binary():
                return self._binary(expression, place)
            case nodes.Conditional():
                return self._conditional(expression, place)
            case nodes.Call():
                return self._call(expression, place)
            case nodes.Aggregate():
                return self._aggregate(expression, place)
            case nodes.Tiered():
                return self._tiered(expression, place)
            case nodes.Pick():
                return self._pick(expression, place)
            case nodes.Round():
                return self._round(expression, place)
            case nodes.Convert():
                return self._convert(expression, place)

    def condition(self, expression: nodes.Expression, place_scope: plan.Scope, owner: str, what: str) -> Node:
        """The node of a condition; it must be a flag."""
        return self.fit(self.expression(expression, _Place(place_scope, owner)), FLAG, expression.span, what)

    def about_actions(self, expression: nodes.Expression, actions: tuple[str, ...], world: Any) -> Node:
        """The node of an expression in a rule about actions, where they concern this pool."""
        return self.expression(expression, _Place("action", "action", actions=actions, world=world))

    def in_scope(self, expression: nodes.Expression, scope: plan.Scope) -> Node:
        """The node of an expression read in a scope of this pool."""
        return self.expression(expression, _Place(scope, scope))

    def _number(self, number: nodes.Number) -> Node:
        unit = number.unit
        if unit == "%":
            return self.make(plan.Constant, number.value / 100, dimension=RATE, span=number.span)
        if unit == "bps":
            return self.make(plan.Constant, number.value / 10000, dimension=RATE, span=number.span)
        if unit in _TIME_UNITS:
            value = number.value * _TIME_UNITS[unit]
            return self.make(plan.Constant, value, dimension=dimensions.DURATION, span=number.span)
        dimension = dimensions.money(unit) if unit else LITERAL
        return self.make(plan.Constant, number.value, dimension=dimension, span=number.span)

    def _unary(self, expression: nodes.Unary, place: _Place) -> Node | None:
        operand = self.expression(expression.operand, place)
        if expression.operator == "not":
            fitted = self.fit(operand, FLAG, expression.operand.span, "what `not` turns round")
            return self.make(plan.Unary, "not", fitted, dimension=FLAG, span=expression.span)
        if not self._numeric(operand, expression.operand.span):
            return None
        if isinstance(operand, plan.Constant) and isinstance(operand.value, Decimal):
            return self.make(plan.Constant, -operand.value, dimension=operand.dimension, span=expression.span)
        return self.make(plan.Unary, "-", operand, dimension=operand.dimension, span=expression.span)

    def _numeric(self, node: Node, span: Span) -> bool:
        if node.dimension.numeric:
            return True
        self.report(
            "dimension-mismatch",
            span,
            f"arithmetic needs a number, this is {node.dimension}",
            "use `if … then … else …` to turn a flag or a choice into a number",
            label=str(node.dimension),
        )
        return False

    def _binary(self, expression: nodes.Binary, place: _Place) -> Node | None:
        operator, span = expression.operator, expression.span
        if operator in {"==", "!="}:
            return self._equality(expression, place)
        left = self.expression(expression.left, place)
        right = self.expression(expression.right, place)
        spans = (expression.left.span, expression.right.span)
        if operator in {"and", "or"}:
            fitted_left = self.fit(left, FLAG, spans[0], f"what stands beside `{operator}`")
            fitted_right = self.fit(right, FLAG, spans[1], f"what stands beside `{operator}`")
            return self.make(plan.Logic, operator, fitted_left, fitted_right, dimension=FLAG, span=span)
        if not self._numeric(left, spans[0]) or not self._numeric(right, spans[1]):
            return None
        if operator in {"<", "<=", ">", ">="}:
            if self._together(left, right, spans[1], "compare", spans) is None:
                return None
            return self.make(plan.Compare, operator, left, right, dimension=FLAG, span=span)
        if operator in {"+", "-"}:
            verb = "add" if operator == "+" else "subtract"
            dimension = self._together(left, right, spans[1], verb, spans)
            return None if dimension is None else self._arithmetic(operator, left, right, dimension, span)
        if operator == "/" and constant_value(right) == _ZERO:
            self.report("division-by-zero", spans[1], "this divides by zero", "divide by what is never zero")
            return None
        dimension = dimensions.product(left.dimension, right.dimension, 1 if operator == "*" else -1)
        return self._arithmetic(operator, left, right, self.canonical(dimension), span)

    def _arithmetic(self, operator: str, left: Node, right: Node, dimension: Dimension, span: Span) -> Node:
        if isinstance(left, plan.Constant) and isinstance(right, plan.Constant) and operator != "/":
            a, b = left.value, right.value
            if isinstance(a, Decimal) and isinstance(b, Decimal):
                value = a + b if operator == "+" else a - b if operator == "-" else a * b
                return self.make(plan.Constant, value, dimension=dimension, span=span)
        return self.make(plan.Binary, operator, left, right, dimension=dimension, span=span)

    def _equality(self, expression: nodes.Binary, place: _Place) -> Node | None:
        # A bare word beside `==` may be a value of the choice on the other side, so the side that resolves goes first.
        left_word, right_word = _bare_word(expression.left), _bare_word(expression.right)
        sides: list[Node | None] = [None, None]
        order = (0, 1) if left_word is None or self._known(left_word, place) else (1, 0)
        parts = (expression.left, expression.right)
        words = (left_word, right_word)
        sides[order[0]] = first = self.expression(parts[order[0]], place)
        second_part = parts[order[1]]
        word = words[order[1]]
        if first.dimension == BROKEN and word is not None and not self._is_choice_name(word, place):
            # It may be a value of the choice that is mistaken.
            return self.broken(expression.span, FLAG)
        if first.dimension.kind == "choice" and word is not None and not self._is_choice_name(word, place):
            sides[order[1]] = self._choice_value(word, first.dimension, second_part.span)
        else:
            sides[order[1]] = self.expression(second_part, place)
        left, right = sides
        if left is None or right is None:
            return self.broken(expression.span, FLAG)
        if left.dimension.kind not in {"choice", "flag"} or left.dimension.kind != right.dimension.kind:
            spans = (expression.left.span, expression.right.span)
            if self._together(left, right, spans[1], "compare", spans) is None:
                return None
        return self.make(plan.Compare, expression.operator, left, right, dimension=FLAG, span=expression.span)

    def _is_choice_name(self, word: str, place: _Place) -> bool:
        return word in place.parameters or (word[0].islower() and self._known(word, place))

    def _known(self, word: str, place: _Place) -> bool:
        if place.scope == "action":
            said = all(word in ACTIONS[action] for action in place.actions)
            of_position = set(place.actions) <= _OF_POSITIONS
            return said or (of_position and self._known(word, _Place("position", "position")))
        return (
            word in place.parameters
            or word in FIELDS.get(place.owner, {})
            or (place.owner, word) in self.rules.inputs
            or word in FACTS.get(place.owner, {})
            or self._find(place.scope, place.owner, word) is not None
            or word in self.rules.constants
            or (
                place.owner == "pool"
                and self.key == "position"
                and self._known(word, evolve(place, owner="position", scope="position"))
            )
        )

    def _choice_value(self, word: str, dimension: Dimension, span: Span) -> Node | None:
        if dimension.choices and word not in dimension.choices:
            self.report(
                "unknown-choice",
                span,
                f"`{word}` is none of {', '.join(dimension.choices)}",
                did_you_mean(word, dimension.choices) + f"write one of {', '.join(dimension.choices)}",
            )
            return None
        return self.make(plan.Constant, word, dimension=dimensions.choice((word,)), span=span)

    def _conditional(self, expression: nodes.Conditional, place: _Place) -> Node | None:
        condition = self.expression(expression.condition, place)
        then = self.expression(expression.then, place)
        otherwise = self.expression(expression.otherwise, place)
        condition = self.fit(condition, FLAG, expression.condition.span, "a condition")
        if then.dimension == otherwise.dimension == FLAG:
            dimension: Dimension | None = FLAG
        else:
            spans = (expression.then.span, expression.otherwise.span)
            dimension = self._together(then, otherwise, spans[1], "choose between", spans)
        if dimension is None:
            return None
        return self.make(plan.Conditional, condition, then, otherwise, dimension=dimension, span=expression.span)

    def _call(self, expression: nodes.Call, place: _Place) -> Node | None:
        name = expression.function
        rule = self._find(place.scope, place.owner, name)
        if rule is not None and rule.definition.parameters:
            return self._call_definition(expression, rule, place)
        if name == "given" and len(expression.arguments) == 1:
            return self._given(expression.arguments[0], place, expression.span)
        if name not in _FUNCTIONS:
            known = [*_FUNCTIONS, "given", "sum", "count", "round"]
            self.report(
                "undefined-name",
                expression.span,
                f"there is no function `{name}`",
                did_you_mean(name, known) + f"there are {', '.join(sorted(known))}, and definitions with parameters",
            )
            return None
        least, most = _FUNCTIONS[name]
        if not least <= len(expression.arguments) <= most:
            wanted = str(least) if least == most else f"{least} or more"
            self.report(
                "wrong-arguments",
                expression.span,
                f"`{name}` takes {wanted} arguments, here are {len(expression.arguments)}",
                "for the largest of a pool's members write `max(x of positions)`"
                if name in {"max", "min"}
                else "correct the call",
            )
            return None
        arguments = [self.expression(argument, place) for argument in expression.arguments]
        numeric = [
            self._numeric(node, argument.span) for node, argument in zip(arguments, expression.arguments, strict=True)
        ]
        return self._function(name, arguments, expression) if all(numeric) else None

    def _given(self, argument: nodes.Expression, place: _Place, span: Span) -> Node | None:
        node = self.expression(argument, place)
        if node.dimension == BROKEN:
            return self.broken(span, FLAG)
        wrapped = node.operand if isinstance(node, plan.Aggregate) and node.operator == "only" else node
        if isinstance(node, plan.Asked | plan.TierColumn):
            return self.make(plan.Given, node, dimension=FLAG, span=span)
        if not isinstance(wrapped, plan.Field) or wrapped.default is not None:
            self.report(
                "dimension-mismatch",
                argument.span,
                "`given` asks whether the document has a field, and "
                + ("this one has a default" if isinstance(wrapped, plan.Field) else "this is none"),
                "name a field or an input without a default",
            )
            return None
        found = self.make(plan.Given, wrapped, dimension=FLAG, span=span)
        return found if wrapped is node else self._of_only(found, span)

    def _function(self, name: str, arguments: list[Node], expression: nodes.Call) -> Node | None:
        span = expression.span
        first = arguments[0]
        if name == "number":
            # Multiplying by one unit's reciprocal: the value stays, the unit goes.
            return self.make(plan.Binary, "*", first, self._one(span), dimension=NUMBER, span=span)
        if name == "abs":
            return self.make(plan.Unary, "abs", first, dimension=first.dimension, span=span)
        if name == "ln":
            if not first.dimension.dimensionless and first.dimension != BROKEN:
                self.report(
                    "dimension-mismatch",
                    expression.arguments[0].span,
                    f"a logarithm is of a plain number, this is {first.dimension}",
                    "divide by an amount of the same kind, or write `number(…)` to drop the unit",
                    label=str(first.dimension),
                )
                return None
            value = constant_value(first)
            if value is not None and value <= _ZERO:
                self._no_value("a logarithm is of a number above zero", value, expression)
                return None
            return self.make(plan.Unary, "ln", first, dimension=RATIO, span=span)
        if name == "sqrt":
            if any(power % 2 for _, power in first.dimension.units):
                self.report(
                    "dimension-mismatch",
                    expression.arguments[0].span,
                    f"there is no square root of {first.dimension}",
                    "divide by an amount of the same kind, or write `number(…)` to drop the unit",
                    label=str(first.dimension),
                )
                return None
            value = constant_value(first)
            if value is not None and value < _ZERO:
                self._no_value("a square root is of zero or more", value, expression)
                return None
            dimension = dimensions.amount({symbol: power // 2 for symbol, power in first.dimension.units})
            if first.dimension == BROKEN:
                dimension = BROKEN
            return self.make(plan.Unary, "sqrt", first, dimension=dimension, span=span)
        if name == "clamp":
            bounds = (constant_value(arguments[1]), constant_value(arguments[2]))
            if bounds[0] is not None and bounds[1] is not None and bounds[0] > bounds[1]:
                self.report(
                    "out-of-domain",
                    expression.arguments[1].span.through(expression.arguments[2].span),
                    f"nothing lies between {plain_text(bounds[0])} and {plain_text(bounds[1])}",
                    "write the lower bound first: `clamp(x, low, high)`",
                )
                return None
            low = self._extreme("max", [arguments[0], arguments[1]], expression, (0, 1))
            return None if low is None else self._extreme("min", [low, arguments[2]], expression, (0, 2))
        result: Node | None = first
        for index, argument in enumerate(arguments[1:], 1):
            if result is not None:
                result = self._extreme(name, [result, argument], expression, (0, index))
        return result

    def _no_value(self, what: str, value: Decimal, expression: nodes.Call) -> None:
        self.report(
            "out-of-domain",
            expression.arguments[0].span,
            f"{what}, and this is {plain_text(value)}",
            "correct the number, or take it of what an account decides",
        )

    def _one(self, span: Span) -> Node:
        return self.make(plan.Constant, _ONE, dimension=LITERAL, span=span)

    def _extreme(self, name: str, pair: list[Node], expression: nodes.Call, indexes: tuple[int, int]) -> Node | None:
        spans = (expression.arguments[indexes[0]].span, expression.arguments[indexes[1]].span)
        dimension = self._together(pair[0], pair[1], spans[1], "compare", spans)
        if dimension is None:
            return None
        return self.make(plan.Binary, name, pair[0], pair[1], dimension=dimension, span=expression.span)

    def _call_definition(self, expression: nodes.Call, rule: DefinitionRule, place: _Place) -> Node | None:
        definition = rule.definition
        if len(expression.arguments) != len(definition.parameters):
            self.report(
                "wrong-arguments",
                expression.span,
                f"`{definition.name}` takes {len(definition.parameters)} arguments, here are {len(expression.arguments)}",
                f"its parameters are {', '.join(definition.parameters)}",
                related=((definition.span, "defined here"),),
            )
            return None
        key = (place.scope, place.owner, definition.name)
        if key in self.in_progress:
            self.report(
                "definition-cycle",
                definition.span,
                f"`{definition.name}` depends on itself",
                "give one of them a value that does not lead back",
            )
            return None
        arguments = [self.expression(argument, place) for argument in expression.arguments]
        if self.too_deep(expression.span):
            return None
        # With the same arguments it is the same value: without this, calls within calls are read once a way to them.
        called = (*key, *(id(argument) for argument in arguments))
        body = self.calls.get(called)
        if body is None:
            parameters = dict(zip(definition.parameters, arguments, strict=True))
            self.whole.read.add(definition.span)
            self.in_progress.append(key)
            body = self.expression(definition.value, _Place(place.scope, place.owner, parameters, base=rule.base))
            self.in_progress.pop()
            self.calls[called] = body
            self.whole.kept.extend(arguments)
        return self.named(place.scope, expression.span.text, body, definition.cites, definition.span)

    def uncalled(self, scope: plan.Scope, owner: str, rule: DefinitionRule) -> None:
        """Read the body of a definition with parameters that nothing calls: what it is called with may be anything."""
        definition = rule.definition
        key = (scope, owner, definition.name)
        parameters = {name: self.broken(definition.span) for name in definition.parameters}
        self.in_progress.append(key)
        self.expression(definition.value, _Place(scope, owner, parameters, base=rule.base))
        self.in_progress.pop()

    def _aggregate(self, expression: nodes.Aggregate, place: _Place) -> Node | None:
        members = plan.members_named(expression.members.name)
        group = place.scope if place.scope in self.rules.groups else None
        if (place.scope != "pool" and group is None) or place.tier is not None:
            self.report(
                "aggregate-outside-pool",
                expression.span,
                f"`{expression.function}` runs over the members of a pool; this is a rule of {_article(place.owner)}",
                "define it in the pool, and read it here as `pool.…`",
            )
            return None
        known = [*plan.MEMBER_SCOPES, *(self.rules.groups if group is None else ())]
        if members not in known:
            self.report(
                "undefined-name",
                expression.members.span,
                f"a {'pool' if group is None else 'group'} has no `{members}`",
                did_you_mean(members, known) + f"use {', '.join(map(plan.members_words, known))}",
            )
            return None
        if not self._reachable(members, group, expression):
            return None
        # A position of another pool is read as any position is.
        scope = "position" if members == plan.OTHERS else plan.member_scope(members)
        by = expression.members.by
        if by is not None and not self._linked(by, scope, group, expression.members.span):
            return None
        inner = _Place(scope, scope, place.parameters)
        operand = where = None
        if expression.members.where is not None:
            where = self.expression(expression.members.where, inner)
            where = self.fit(where, FLAG, expression.members.where.span, "a condition on members")
        dimension = NUMBER
        if expression.operand is not None:
            operand = self.expression(expression.operand, inner)
            if not self._numeric(operand, expression.operand.span):
                return None
            dimension = operand.dimension
            if by is not None:
                if not self._in_linked_asset(operand, by, expression):
                    return None
                units = {"settle" if symbol == by else symbol: power for symbol, power in dimension.units}
                dimension = dimensions.amount(units) if units else dimension
            elif not self._same_asset(operand, scope, group, expression):
                return None
            elif group is not None and scope == "balance":
                # A group by settlement asset holds the balances of that one asset.
                units = {"settle" if symbol == "asset" else symbol: power for symbol, power in dimension.units}
                dimension = dimensions.amount(units) if units else dimension
        if members == plan.OTHERS and not self._of_itself(expression, operand, where):
            return None
        return self.make(
            plan.Aggregate,
            expression.function,
            members,
            operand,
            where,
            group,
            by,
            dimension=dimension,
            span=expression.span,
        )

    def _of_itself(self, expression: nodes.Aggregate, *read: Node | None) -> bool:
        """Whether what is read of a position of another pool follows from the position alone."""
        for node in plan.below(*[entry for entry in read if entry is not None]):
            if isinstance(node, plan.PoolValue | plan.GroupValue):
                self.report(
                    "ring-fence",
                    expression.span,
                    "a position of another pool is not in this pool, nor in its groups",
                    "read what follows from the position, its contract and the account alone",
                )
                return False
        return True

    def _linked(self, by: str, scope: str, group: str | None, span: Span) -> bool:
        """Whether a field of a member names the asset of a group; it is noted for the engine if so."""
        key = self.rules.groups[group].key if group is not None else "account"
        if group is None or key != "settlement asset":
            what = "a pool" if group is None else f"group `{group}`, which is by {key},"
            self.report(
                "ring-fence",
                span,
                f"`{by}` names an asset, and {what} is not for one",
                "link to a group by settlement asset: `group token by settlement asset { … }`",
            )
            return False
        declared = self.rules.inputs.get((scope, by))
        if declared is None or declared.dimension.name != "asset":
            known = [
                name
                for (entity, name), other in self.rules.inputs.items()
                if entity == scope and other.dimension.name == "asset"
            ]
            self.report(
                "undefined-name",
                span,
                f"{_article(scope)} has no field `{by}` that names an asset",
                did_you_mean(by, known) + f'declare it: `input {scope}.{by}: asset "…"`',
            )
            return False
        self.whole.used.add(("input", f"{scope}.{by}"))
        self.whole.links.setdefault(group, {})[plan.members_of(scope), by] = None
        return True

    def _in_linked_asset(self, operand: Node, by: str, expression: nodes.Aggregate) -> bool:
        """Whether the members' values are all in the asset that the field names, which is the group's."""
        guilty = {symbol for symbol, _ in operand.dimension.units} - {by}
        if all(symbol[0].isupper() for symbol in guilty):
            return True
        span = expression.operand.span if expression.operand is not None else expression.span
        self.report(
            "asset-mismatch",
            span,
            f"what is counted by `{by}` must be in that asset, this is {operand.dimension}",
            f"convert each first: `{span.text} in {by}`",
            label=str(operand.dimension),
        )
        return False

    def _reachable(self, members: str, group: str | None, expression: nodes.Aggregate) -> bool:
        if members == plan.OTHERS:
            if self.finished and not self.sees_others:
                self.report(
                    "ring-fence",
                    expression.members.span,
                    "rules about actions and steps of a liquidation do not look into other pools",
                    f"define it in pool `{self._pool_name}`, and read it by its name",
                )
                return False
            self.sees_others = True
            return True
        if group is not None:
            if members == "balances" and self.rules.groups[group].key != "settlement asset":
                self.report(
                    "ring-fence",
                    expression.members.span,
                    f"group `{group}` is by {self.rules.groups[group].key}, and a balance has none",
                    "group by settlement asset, or aggregate balances in the pool",
                )
                return False
            # Of what the pool does not cover or draw on, its groups have none.
            return True
        if members == "balances" and self.draws not in {"balances", "remainder"}:
            self.report(
                "ring-fence",
                expression.members.span,
                f"pool `{self._pool_name}` draws on {self.draws.replace('_', ' ')}, not on balances",
                "take only what the pool draws on (`collateral`), or let it draw on balances",
            )
            return False
        if members == "orders" and self.pool is not None and not any(c.members == "orders" for c in self.pool.covers):
            self.report(
                "ring-fence",
                expression.members.span,
                f"pool `{self._pool_name}` covers no orders",
                "add `covers orders` to the pool",
            )
            return False
        return True

    @property
    def _pool_name(self) -> str:
        return self.pool.pool.name if self.pool is not None else ""

    def _same_asset(self, operand: Node, scope: str, group: str | None, expression: nodes.Aggregate) -> bool:
        """Whether the members' values are all in one asset, so that adding them means something."""
        symbols = {symbol for symbol, _ in operand.dimension.units}
        # Linear contracts settle in the quote and inverse ones in the base: a pool of the whole account holds both.
        mixed = "inverse" in self.whole.contracts and len(self.whole.contracts) > 1
        several = self.asset != "settle" or (self.key == "account" and mixed)
        differing = ({"settle"} if several else set()) | _OF_ONE_CONTRACT
        if scope == "balance":
            differing = {"asset"} if self.balance_asset == "asset" else set()
        # A field may name another asset for each member.
        differing |= {
            name
            for (entity, name), declared in self.rules.inputs.items()
            if entity == scope and declared.dimension.name == "asset"
        }
        others = expression.members.name == "other positions"
        if self.key == "position" and not others:
            differing = set()
        elif self.key == "instrument" and not others and group is None and scope != "balance":
            differing -= {"settle", *_OF_ONE_CONTRACT}
        if others and group is None:
            differing |= {"settle"}
        if group is not None:
            own = {symbol for symbol in differing if symbol not in {"settle", "asset", *_OF_ONE_CONTRACT}}
            differing = (
                own
                | {
                    "instrument": set(),
                    "settlement asset": set() if scope == "balance" else _OF_ONE_CONTRACT,
                    # Of one underlying a venue may count contracts, all of one size.
                    "underlying": differing - {"base", "contracts"},
                }[self.rules.groups[group].key]
            )
        guilty = symbols & differing
        if not guilty:
            return True
        money = len(operand.dimension.units) == 1 and operand.dimension.units[0][1] == 1 and "contracts" not in symbols
        text = expression.operand.span.text if expression.operand else "x"
        if operand.dimension == QUANTITY or symbols == {"units"}:
            remedy = "aggregate `notional`, or do it for each contract, in a `group … by instrument`"
        elif not money:
            remedy = "multiply it to an amount of money first, or do it for each contract, in a `group … by instrument`"
        elif symbols == {"base"} and self.asset == "settle":
            remedy = "aggregate `notional`, or do it for each underlying, in a `group … by underlying`"
        else:
            target = "USD" if self.asset == "settle" else self.asset
            remedy = (
                f"convert each first: `({text}) in {target}`"
                if " " in text
                else f"convert each first: `{text} in {target}`"
            )
        what = "contract" if "contracts" in guilty else "asset"
        whose = f"pool `{self._pool_name}`" if group is None else f"group `{group}`"
        self.report(
            "asset-mismatch",
            expression.operand.span if expression.operand is not None else expression.span,
            f"members of {whose} can differ in {what}, so {operand.dimension} cannot be aggregated",
            remedy,
            label=str(operand.dimension),
        )
        return False

    # ------------------------------------------------------------ tiers

    def _table(
        self, name: nodes.Name, place: _Place, key: Node
    ) -> tuple[plan.TableSource, Mapping[str, Dimension]] | None:
        if len(name.parts) == 1 and name.text in self.whole.tables:
            self.whole.used.add(("table", name.text))
            loaded = self.whole.tables[name.text]
            bound = next((name for name in END_COLUMNS if name in loaded.columns), "above")
            above = loaded.columns.get(bound, LITERAL)
            reachable = set(self.entities(place.scope))
            if place.scope == "action" and not set(place.actions) <= _OF_INSTRUMENTS:
                reachable.discard("instrument")
            if loaded.by_symbol is not None and "instrument" not in reachable:
                self.report(
                    "undefined-name",
                    name.span,
                    f"table `{name.text}` has rows by symbol, and {_article(place.scope)} has no instrument"
                    if place.scope != "action"
                    else f"table `{name.text}` has rows by symbol, and {', '.join(place.actions)} names no instrument",
                    "use it in a position's or an order's definitions",
                )
                return None
            if (
                above.kind != "literal"
                and key.dimension not in (above, BROKEN)
                and dimensions.same_kind(above, key.dimension) is None
            ):
                self.report(
                    "dimension-mismatch",
                    name.span,
                    f"table `{name.text}` is by {above}, the key is {key.dimension}",
                    f"look it up by what its `{bound}` column counts",
                    label=str(above),
                )
                return None
            # A bound without a unit is in whatever the key is in.
            columns = {**loaded.columns, bound: key.dimension}
            if columns.get("maintenance_amount", RATE).kind == "literal" and above.kind == "literal":
                # So are amounts.
                columns["maintenance_amount"] = key.dimension
            source = self._table_source(name.text, None, loaded.table, loaded.by_symbol, loaded.span)
            return source, columns
        if len(name.parts) == 1 and name.text in self.rules.tables:
            # Its rows could not be read, which is told where it is declared.
            self.whole.used.add(("table", name.text))
            return None
        if len(name.parts) == 1:
            known = [*self.whole.tables, "instrument.tiers", "asset.collateral_tiers"]
            self.report(
                "undefined-name",
                name.span,
                f"there is no table `{name.text}`",
                did_you_mean(name.text, known) + "declare it with `table`, or use `instrument.tiers`",
            )
            return None
        node = self._name(name, place)
        if node is None or node.dimension == BROKEN:
            return None
        if not isinstance(node, plan.Field) or node.dimension.kind != "tiers":
            self.report(
                "dimension-mismatch",
                name.span,
                f"`{name.text}` is {node.dimension}, not a tier table",
                "name a table, or a field that holds tiers",
                label=str(node.dimension),
            )
            return None
        columns = {
            "above": key.dimension,
            "maintenance_rate": RATE,
            "initial_rate": RATE,
            "collateral_rate": RATE,
            "max_leverage": NUMBER,
            "maintenance_amount": key.dimension,
        }
        return self._table_source(node.name, node, None, None, name.span), columns

    def _table_source(
        self, name: str, field_node: plan.Field | None, table: Any, by_symbol: Any, span: Span
    ) -> plan.TableSource:
        key = (plan.TableSource, name, id(field_node))
        found = self.whole.interned.get(key)
        if found is None:
            found = plan.TableSource(name, field_node, table, by_symbol, span)
            self.whole.interned[key] = found
        return found

    def _tier_key(self, expression: nodes.Tiered | nodes.Pick, place: _Place) -> Node:
        key = self.expression(expression.key, place)
        return key if self._numeric(key, expression.key.span) else self.broken(expression.key.span)

    def _tiered(self, expression: nodes.Tiered, place: _Place) -> Node | None:
        key = self._tier_key(expression, place)
        found = self._table(expression.table, place, key)
        source, columns = found if found is not None else (None, _UNREAD)
        inner = evolve(place, tier=columns)
        rate = self.fit(self.expression(expression.rate, inner), RATE, expression.rate.span, "the rate of a tier")
        deduction = None
        if expression.amount is not None:
            deduction = self.expression(expression.amount, inner)
            deduction = self.fit(deduction, key.dimension, expression.amount.span, "the amount of a tier")
        if source is None:
            return self.broken(expression.span, key.dimension)
        return self.make(plan.Tiered, key, source, rate, deduction, dimension=key.dimension, span=expression.span)

    def _pick(self, expression: nodes.Pick, place: _Place) -> Node | None:
        key = self._tier_key(expression, place)
        found = self._table(expression.table, place, key)
        source, columns = found if found is not None else (None, _UNREAD)
        result = self.expression(expression.result, evolve(place, tier=columns))
        if source is None:
            return self.broken(expression.span, result.dimension)
        return self.make(plan.Pick, key, source, result, dimension=result.dimension, span=expression.span)

    def _round(self, expression: nodes.Round, place: _Place) -> Node | None:
        operand = self.expression(expression.operand, place)
        step = self.expression(expression.step, place)
        if expression.direction not in _DIRECTIONS:
            self.report(
                "unknown-rounding",
                expression.span,
                f"there is no rounding `{expression.direction}`",
                did_you_mean(expression.direction, _DIRECTIONS) + f"use one of {', '.join(_DIRECTIONS)}",
            )
            return None
        if not self._numeric(operand, expression.operand.span):
            return None
        if expression.decimals:
            step = self.fit(step, NUMBER, expression.step.span, "the number of decimals")
            places = constant_value(step)
            if places is not None and places != places.to_integral_value():
                self.report(
                    "out-of-domain",
                    expression.step.span,
                    f"a number has no {plain_text(places)} decimals",
                    "write a whole number of decimals, or the step itself: `up to 0.005`",
                )
                return None
            step = self.make(plan.Unary, "decimals", step, dimension=operand.dimension, span=expression.step.span)
            return self.make(
                plan.Round, operand, expression.direction, step, dimension=operand.dimension, span=expression.span
            )
        if step.dimension == LITERAL and not operand.dimension.dimensionless and operand.dimension != BROKEN:
            self.report(
                "dimension-mismatch",
                expression.step.span,
                f"the step of a rounding must be {operand.dimension}, this is a bare number",
                _step_example(constant_value(step)),
                label="a bare number",
            )
            return None
        step = (
            self.fit(step, operand.dimension, expression.step.span, "the step of a rounding")
            if not (operand.dimension.dimensionless and step.dimension.dimensionless)
            else step
        )
        value = constant_value(step)
        if value is not None and value <= _ZERO:
            self.report(
                "division-by-zero",
                expression.step.span,
                f"a rounding step is above zero, and this is {plain_text(value)}",
                "write the step, such as `0.01` of what is rounded, or `up to 2 decimals`",
            )
            return None
        return self.make(
            plan.Round, operand, expression.direction, step, dimension=operand.dimension, span=expression.span
        )

    def _convert(self, expression: nodes.Convert, place: _Place) -> Node | None:
        operand = self.expression(expression.operand, place)
        units = operand.dimension.units
        if operand.dimension == BROKEN:
            # Whatever it is, once converted it is money in that asset.
            units = (("settle", 1),)
        if len(units) != 1 or units[0][1] != 1 or units[0][0] in {"contracts", "seconds", "units"}:
            self.report(
                "dimension-mismatch",
                expression.operand.span,
                f"only money can be converted to another asset, this is {operand.dimension}",
                "give the number its unit first, such as `10 USDC`"
                if operand.dimension == LITERAL
                else "multiply by a price where you mean the value of a quantity",
                label=str(operand.dimension),
            )
            return None
        target = expression.asset.text
        symbols = {"settle", "quote", "base", "asset", *self._asset_inputs(place)}
        if target == "pool":
            target = self.asset
        if not target[0].isupper() and target not in symbols:
            self.report(
                "undefined-name",
                expression.asset.span,
                f"`{target}` is no asset",
                did_you_mean(target, symbols) + "name a currency such as USD, or settle, quote, base, asset",
            )
            return None
        target_dimension = self.canonical(dimensions.money(target))
        target = target_dimension.units[0][0]
        if operand.dimension == BROKEN:
            return self.broken(expression.span, target_dimension)
        origin = units[0][0]
        if origin == target:
            return operand
        unreachable = {"pool": {"quote", "base", "asset"}, "balance": {"settle", "quote", "base"}}.get(
            place.scope, {"asset"}
        )
        if self.mixed and place.scope == "balance":
            unreachable = {"quote", "base"}
        if place.scope == "action":
            unreachable = set()
        if place.scope == "pool" and self.key == "position":
            unreachable = {"quote", "base", "asset"} - {"quote", "base"}
        if place.scope in self.rules.groups:
            unreachable = {
                "instrument": {"asset"},
                "settlement asset": {"quote", "base", "asset"},
                "underlying": {"quote", "asset"} | ({"settle"} if self.asset != "settle" else set()),
            }[self.rules.groups[place.scope].key]
        if self.balance_asset == "settle" and place.scope == "balance":
            unreachable = {"quote", "base"}
        for symbol, span in ((origin, expression.operand.span), (target, expression.asset.span)):
            if symbol in unreachable:
                self.report(
                    "asset-mismatch",
                    span,
                    f"{_article(place.scope)} has no {symbol} asset",
                    "convert on the member that has it, before aggregating",
                )
                return None
        return self.make(plan.Convert, operand, origin, target, dimension=target_dimension, span=expression.span)

    def _asset_inputs(self, place: _Place) -> set[str]:
        """Fields that name an asset, which money can be in."""
        owners = {place.scope} | ({"position"} if place.scope == "pool" and self.key == "position" else set())
        return {
            name
            for (entity, name), declared in self.rules.inputs.items()
            if entity in owners and declared.dimension.name == "asset"
        }

    # ------------------------------------------------------------ names

    def _name(self, name: nodes.Name, place: _Place) -> Node | None:
        parts = name.parts
        if place.scope == "action":
            return self._action_name(name, place)
        if len(parts) == 1:
            return self._bare_name(name, parts[0], place)
        first, rest = parts[0], parts[1]
        if name.link is not None:
            return self._linked_value(name, first, rest, place)
        if len(parts) != len(("entity", "name")):
            self.report(
                "undefined-name",
                name.span,
                f"`{name.text}` goes too deep",
                "a name has at most two parts, such as `instrument.tiers`",
            )
            return None
        match first:
            case "tier":
                return self._tier_column(name, rest, place)
            case "pool":
                return self._pool_value(name, rest, place)
            case "base":
                return self._base(name, rest, place)
            case _ if first in self.entities(place.scope):
                return self._entity_name(name, first, rest, place)
            case _ if first in self.rules.groups and place.scope in {"position", "order", "balance"}:
                return self._group_value(name, first, rest, place)
            case "position" | "instrument" | "asset" if place.scope == "pool" and self.key == "position":
                return self._only(name, first, rest, place)
            case _:
                allowed = [*self.entities(place.scope), "pool", *(["tier"] if place.tier else [])]
                if place.scope == "pool" and first in self.rules.groups:
                    self.report(
                        "aggregate-outside-pool",
                        name.span,
                        f"a pool has many `{first}` groups",
                        f"aggregate them, such as `sum({rest} of {first})`",
                    )
                    return None
                if first in self._pool_kinds() or first in FIELDS:
                    self.report(
                        "ring-fence",
                        name.span,
                        f"a rule of {_article(place.scope)} cannot reach `{first}`",
                        f"here are {', '.join(f'`{entry}.`' for entry in allowed)}",
                    )
                else:
                    self.report(
                        "undefined-name",
                        name.span,
                        f"there is no `{first}` here",
                        did_you_mean(first, allowed) + f"here are {', '.join(f'`{entry}.`' for entry in allowed)}",
                    )
                return None

    def _action_name(self, name: nodes.Name, place: _Place) -> Node | None:
        """A name in a rule about actions: what the action says, and what it concerns, before it or after it."""
        parts = name.parts
        if place.owner != "action":
            return self._member_or_constant(name, place)
        if parts[0] == "before" and len(parts) > 1:
            place, parts = evolve(place, world="before"), parts[1:]
        fields = [ACTIONS[action] for action in place.actions]
        if len(parts) == 1:
            word = parts[0]
            if all(word in known for known in fields):
                return self.make(plan.Asked, word, dimension=fields[0][word], span=name.span)
            if word in self.rules.constants:
                return self.constant(word)
            if set(place.actions) <= _OF_POSITIONS and self._known(word, _Place("position", "position")):
                return self._seen("position", word, name, place)
        elif len(parts) == len(("owner", "name")):
            owner, word = parts
            if owner == "tier":
                return self._tier_column(name, word, place)
            if owner == "pool" or (owner == "position" and set(place.actions) <= _OF_POSITIONS):
                return self._seen(owner, word, name, place)
            if owner == "balance" and set(place.actions) <= _OF_BALANCES:
                return self._seen(owner, word, name, place)
            if owner in _SCOPE_ENTITIES["action"]:
                return self._entity_name(name, owner, word, place)
            if owner in self._pool_kinds():
                return self._elsewhere(owner, word, name, place)
        known = sorted({field for entry in fields for field in entry if all(field in other for other in fields)})
        apart = [action for action in place.actions if action not in _OF_POSITIONS]
        where = f"`{name.text}` is not known in a rule about {', '.join(place.actions)}"
        if parts[0] == "position" and apart:
            remedy = f"`{apart[0]}` concerns no position: " + (
                "write a rule of its own for it, without `position.`"
                if len(apart) < len(place.actions)
                else f"the action says {', '.join(known)}"
            )
            self.report("undefined-name", name.span, where, remedy)
            return None
        beside = [f"{owner}." for owner in ("pool", *_SCOPE_ENTITIES["action"])]
        beside += [] if apart else ["position."]
        near = did_you_mean(parts[0], [*known, "pool", "position", *_SCOPE_ENTITIES["action"], *self._pool_kinds()])
        self.report(
            "undefined-name",
            name.span,
            where,
            near
            + f"the action says {', '.join(known)}; beside it there are {', '.join(f'`{word}`' for word in beside)}, "
            "a kind of pool such as `cross.`, and `before.` any of them",
        )
        return None

    def _member_or_constant(self, name: nodes.Name, place: _Place) -> Node | None:
        """A name inside a definition on an instrument or asset that a rule about actions reads."""
        if len(name.parts) == 1:
            return self._bare_name(name, name.parts[0], place)
        owner, word = name.parts[0], name.parts[1]
        if owner == "tier":
            return self._tier_column(name, word, place)
        return self._base(name, word, place) if owner == "base" else self._entity_name(name, owner, word, place)

    def _seen(self, target: Any, word: str, name: nodes.Name, place: _Place) -> Node | None:
        node = self._member_name(word, _Place(target, target), name.span)
        if node is _MISSING and target == "position":
            node = self._entity_name(name, target, word, _Place("position", "position"))
        if node is _MISSING:
            known = self._candidates(target, target)
            self.report(
                "undefined-name",
                name.span,
                f"{_article(target)} has no `{word}`",
                did_you_mean(word, known) + f"it has {', '.join(sorted(known))}",
            )
            return None
        if node is None:
            return None
        return self.make(plan.Seen, place.world, target, node, dimension=node.dimension, span=name.span)

    def _elsewhere(self, kind: str, word: str, name: nodes.Name, place: _Place) -> Node | None:
        values: list[tuple[int, Node]] = []
        for number, reader in enumerate(self.whole.readers):
            if reader is None or reader.pool is None or reader.pool.pool.name != kind:
                continue
            node = reader.pool_name(word, name.span)
            if node is not _MISSING and node is not None:
                values.append((number, node))
        if not values and all(
            reader is not None
            for reader, pool in zip(self.whole.readers, self.rules.pools, strict=True)
            if pool.pool.name == kind
        ):
            self.report(
                "undefined-name", name.span, f"pool `{kind}` has no `{word}`", "define it there, or correct the name"
            )
        if not values:
            return None
        dimension = values[0][1].dimension
        if _money_symbol(dimension) is not None:
            dimension = _MONEY_SETTLED
        return self.make(plan.Elsewhere, place.world, kind, tuple(values), dimension=dimension, span=name.span)

    def _pool_kinds(self) -> set[str]:
        return {pool.pool.name for pool in self.rules.pools}

    def _entity_name(self, name: nodes.Name, entity: str, attribute: str, place: _Place) -> Node | None:
        node = self._member_name(attribute, evolve(place, owner=entity), name.span)
        if node is _MISSING:
            self.report(
                "undefined-name",
                name.span,
                f"{_article(entity)} has no `{attribute}`",
                _PRICES_REMEDY
                if attribute in _PRICES
                else did_you_mean(attribute, self._candidates(place.scope, entity)) + _declaration(entity, attribute),
            )
            return None
        return node  # type: ignore[no-any-return]

    def _bare_name(self, name: nodes.Name, word: str, place: _Place) -> Node | None:
        if word in place.parameters:
            return place.parameters[word]
        if place.price_rule and word in {"solved_liquidation_price", "solved_bankruptcy_price"}:
            return self.make(plan.Solved, word, dimension=PRICE, span=name.span)
        node = self._member_name(word, place, name.span)
        if node is not _MISSING:
            return node  # type: ignore[no-any-return]
        if word in self.rules.constants:
            return self.constant(word)
        if place.scope == "pool" and self.key == "position":
            inner = self._member_name(word, _Place("position", "position"), name.span)
            if inner is not _MISSING:
                return self._of_only(inner, name.span)  # type: ignore[no-any-return]
        self._undefined(name, word, place)
        return None

    def _undefined(self, name: nodes.Name, word: str, place: _Place) -> None:
        candidates = {*self._candidates(place.scope, place.owner), *self.rules.constants, *place.parameters} - {word}
        for entity in self.entities(place.scope):
            if entity != place.owner and word in self._candidates(place.scope, entity):
                self.report(
                    "undefined-name", name.span, f"`{word}` is not defined here", f"did you mean `{entity}.{word}`?"
                )
                return
        if word in _PRICES:
            remedy = _PRICES_REMEDY
        elif word in _BEGINNINGS:
            remedy = f"`{word}` begins a statement here: what stands before it breaks off"
        elif place.scope == "pool" and word in self._candidates("position", "position"):
            self._meant("position", word)
            remedy = f"that is a position's; write `sum({word})` or another aggregate over the pool's positions"
        elif place.tier is not None and word in place.tier:
            remedy = f"did you mean `tier.{word}`?"
        elif place.scope in {"pool", "position"} and (owner := self._member_with(word)) is not None:
            self._meant(owner, word)
            remedy = f"that is {_article(owner)}'s; a pool reads it as `sum({word} of {owner}s)` or another aggregate"
        elif place.scope == "pool" and word in STANDARD_FIGURES["position"]:
            remedy = f"define it of a position, `position {{ {word} = … }}`, or in the pool"
        else:
            remedy = did_you_mean(word, candidates) + "define it, or declare it as an input"
        self.report("undefined-name", name.span, f"`{word}` is not defined here", remedy)

    def _meant(self, owner: Literal["position", "order", "balance"], word: str) -> None:
        """A definition that is read in a wrong way is not told to be unused, too."""
        rule = self._find(owner, owner, word)
        if rule is not None:
            self.whole.read.add(rule.definition.span)

    def _member_with(self, word: str) -> Literal["order", "balance"] | None:
        """What else a pool aggregates, of which the policy defines a name."""
        owners: tuple[Literal["order", "balance"], ...] = ("order", "balance")
        return next((owner for owner in owners if self._find(owner, owner, word) is not None), None)

    def _member_name(self, word: str, place: _Place, span: Span) -> Any:
        """The node of a name of the place's owner; None where its rule is broken; `_MISSING` where it has none."""
        rule = self._find(place.scope, place.owner, word)
        if rule is not None:
            if rule.definition.parameters:
                self.report(
                    "wrong-arguments",
                    span,
                    f"`{word}` takes arguments",
                    f"write `{word}({', '.join(rule.definition.parameters)})`",
                )
                return None
            self.whole.read.add(rule.definition.span)
            return self.definition(place.scope, place.owner, word)
        if place.owner == "pool":
            return self._pool_name_value(word, span)
        facts = FACTS.get(place.owner, {}) if place.owner == place.scope else {}
        if word in facts:
            return self.make(plan.Fact, place.scope, word, dimension=facts[word], span=span)
        return self._field(word, place, span)

    def _field(self, word: str, place: _Place, span: Span) -> Any:
        entity = place.owner
        declared = self.rules.inputs.get((entity, word))
        shared = FIELDS.get(entity, {}).get(word)
        if declared is None and shared is None:
            return _MISSING
        default: Decimal | bool | str | None = None
        dimension = shared
        if declared is not None:
            self.whole.used.add(("input", f"{entity}.{word}"))
            dimension = self.input_dimension(declared)
            default = self.input_default(declared, dimension)
        elif word == "contract_size":
            default = _ONE
        elif (entity, word) == ("instrument", "contract"):
            dimension = dimensions.choice(self.whole.contracts)
        if dimension is None:
            return None
        if entity == "asset" and place.scope != "balance":
            # Seen from a position or an order, `asset` is the settlement asset.
            dimension = self.whole.canonical(dimension, "settle")
        spec = account_fields.shared_field(entity, word)  # type: ignore[arg-type]
        return self.make(plan.Field, entity, word, spec is not None, default, dimension=dimension, span=span)

    def input_dimension(self, declared: nodes.Input) -> Dimension | None:
        """The dimension an input declares."""
        name = declared.dimension
        known: Mapping[str, Dimension] = {
            "rate": RATE,
            "number": NUMBER,
            "flag": FLAG,
            "price": PRICE,
            "quantity": QUANTITY,
            "duration": dimensions.DURATION,
            "tiers": dimensions.TIERS,
            "asset": dimensions.ASSET,
        }
        if name.name == "choice":
            return dimensions.choice(name.choices)
        if name.name == "money":
            found: Dimension | None = self.canonical(dimensions.money(name.asset or "settle"))
        else:
            found = known.get(name.name)
        if found is None:
            self.report(
                "undefined-name",
                name.span,
                f"there is no dimension `{name.name}`",
                did_you_mean(name.name, [*known, "money", "choice"])
                + "use rate, number, money in …, price, quantity, duration, flag, choice of …, asset or tiers",
            )
            return None
        if name.per is not None:
            per = {"contract": "contracts", "quantity": "contracts", "hour": "seconds", "second": "seconds"}.get(
                name.per, name.per
            )
            found = dimensions.amount({**dict(found.units), per: dict(found.units).get(per, 0) - 1})
        return self.canonical(found)

    def input_default(self, declared: nodes.Input, dimension: Dimension | None) -> Decimal | bool | str | None:
        """The default an input declares, as the document would hold it; None where it declares none."""
        if declared.default is None or dimension is None:
            return None
        return self.literal(declared.default, dimension, f"the default of `{declared.entity}.{declared.name}`")

    def literal(self, expression: nodes.Expression, dimension: Dimension, what: str) -> Decimal | bool | str | None:
        """The value of a literal that must have a dimension; None where it does not."""
        if dimension.kind == "choice":
            word = _bare_word(expression)
            if word is None:
                self.report("unknown-choice", expression.span, f"{what} must be {dimension}", "name one of the choices")
                return None
            node = self._choice_value(word, dimension, expression.span)
            return node.value if isinstance(node, plan.Constant) else None
        found = self.expression(expression, _Place("account", "account"))
        if found.dimension == LITERAL and dimension.kind in {"amount", "duration"}:
            # The number is in the unit declared beside it, as it is in documents.
            return found.value if isinstance(found, plan.Constant) else None
        fitted = self.fit(found, dimension, expression.span, what)
        return fitted.value if isinstance(fitted, plan.Constant) else None

    def constant(self, word: str) -> Node:
        """The named value of a constant."""
        self.whole.used.add(("constant", word))
        key = ("account", "constant", word)
        if key in self.memo:
            return self.memo[key]  # type: ignore[no-any-return]
        if key in self.in_progress:
            constant = self.rules.constants[word]
            self.report(
                "definition-cycle",
                constant.span,
                f"`{word}` depends on itself",
                "give it a value that does not lead back",
            )
            return self.broken(constant.span)
        if self.too_deep(self.rules.constants[word].span):
            return self.broken(self.rules.constants[word].span)
        self.in_progress.append(key)
        constant = self.rules.constants[word]
        value = self.expression(constant.value, _Place("account", "constant"))
        if constant.dimension is not None:
            declared = nodes.Input("account", word, constant.dimension, None, None, None, "", span=constant.span)
            dimension = self.input_dimension(declared) or BROKEN
            value = self.fit(value, dimension, constant.value.span, f"`{word}`")
            if value.dimension.kind == "literal" and isinstance(value, plan.Constant):
                value = self.make(plan.Constant, value.value, dimension=dimension, span=value.span)
        self.in_progress.pop()
        named = self.named("account", word, value, constant.cites, constant.span)
        self.memo[key] = named
        return named

    def _tier_column(self, name: nodes.Name, column: str, place: _Place) -> Node | None:
        if place.tier is None:
            self.report(
                "undefined-name",
                name.span,
                "there is no tier here",
                "`tier.` belongs inside `tiered … rate …` or `pick … from …`",
            )
            return None
        if place.tier is _UNREAD:
            return None
        if column not in place.tier:
            self.report(
                "undefined-name",
                name.span,
                f"a tier of this table has no `{column}`",
                did_you_mean(column, place.tier) + f"it has {', '.join(place.tier)}",
            )
            return None
        return self.make(plan.TierColumn, column, dimension=place.tier[column], span=name.span)

    def _pool_name_value(self, word: str, span: Span) -> Any:
        if word == "collateral":
            if self.draws in {"balances", "remainder"} and (self.asset != "settle" or self.mixed):
                self.report(
                    "asset-mismatch",
                    span,
                    f"pool `{self._pool_name}` is valued in {self.asset} and draws on balances of several assets",
                    f"value them one by one: `sum((amount in {self.asset}) * asset.collateral_rate of balances)`",
                )
                return None
            asset = self.asset
            if self.draws == "assigned_margin":
                asset = self.draws_asset or "settle"
            return self.make(plan.Fact, "pool", "collateral", dimension=dimensions.money(asset), span=span)
        if word in {"initial_margin", "maintenance_margin"}:
            return self.default_sum(word, span)
        return _MISSING

    def default_sum(self, word: str, span: Span) -> Any:
        """The pool's figure where it defines none: the sum over its positions."""
        key = ("pool", "default", word)
        if key in self.memo:
            return self.memo[key]
        inner = self._member_name(word, _Place("position", "position"), span)
        if inner is None or inner is _MISSING:
            return inner
        operand: Node = inner
        # The rule is not written anywhere; it is shown as the text that would say it, at the position's rule.
        suffix = "" if self.asset == "settle" else f" in {self.asset}"
        text = f"sum({word}{suffix})"
        origin: Span = inner.span
        span = evolve(origin, source=Source(origin.source.name, text), start=0, end=len(text))
        if self.asset != "settle":
            operand = self.make(
                plan.Convert, inner, "settle", self.asset, dimension=dimensions.money(self.asset), span=span
            )
        total = self.make(
            plan.Aggregate, "sum", "positions", operand, None, None, None, dimension=operand.dimension, span=span
        )
        named = self.named("pool", word, total, getattr(inner, "cites", ()), getattr(inner, "span", span))
        self.memo[key] = named
        return named

    def pool_name(self, word: str, span: Span) -> Any:
        """The node of a name of the pool, as `_member_name`."""
        return self._member_name(word, _Place("pool", "pool"), span)

    def _pool_value(self, name: nodes.Name, attribute: str, place: _Place) -> Node | None:
        if self.pool is None or place.scope == "account":
            self.report(
                "undefined-name",
                name.span,
                "there is no pool here",
                "pools are read from rules of positions, orders, balances and pools",
            )
            return None
        node = self._member_name(attribute, _Place("pool", "pool"), name.span)
        if node is _MISSING:
            known = self._candidates("pool", "pool")
            self.report(
                "undefined-name",
                name.span,
                f"pool `{self._pool_name}` has no `{attribute}`",
                did_you_mean(attribute, known) + f"it has {', '.join(sorted(known))}",
            )
            return None
        if node is None or place.scope == "pool":
            return node  # type: ignore[no-any-return]
        return self.make(plan.PoolValue, node, dimension=node.dimension, span=name.span)

    def _group_value(self, name: nodes.Name, group: str, attribute: str, place: _Place) -> Node | None:
        key = self.rules.groups[group].key
        if place.scope == "balance" and key != "settlement asset":
            self.report(
                "ring-fence",
                name.span,
                f"group `{group}` is by {key}, and a balance has none",
                "read it from a position or an order",
            )
            return None
        node = self._member_name(attribute, _Place(group, group), name.span)
        if node is _MISSING:
            known = self._candidates(group, group)
            self.report(
                "undefined-name",
                name.span,
                f"group `{group}` has no `{attribute}`",
                did_you_mean(attribute, known) + f"it has {', '.join(sorted(known))}",
            )
            return None
        if node is None:
            return None
        dimension = node.dimension
        if place.scope == "balance":
            units = {"asset" if symbol == "settle" else symbol: power for symbol, power in dimension.units}
            dimension = dimensions.amount(units) if units else dimension
        return self.make(plan.GroupValue, group, node, None, dimension=dimension, span=name.span)

    def _linked_value(self, name: nodes.Name, group: str, attribute: str, place: _Place) -> Node | None:
        """`token[quote_asset].price`: a value of the group whose asset a field of the member names."""
        link = name.link or ""
        if group not in self.rules.groups or place.scope not in {"position", "order", "balance"}:
            known = [*self.rules.groups]
            self.report(
                "undefined-name",
                name.span,
                f"`{name.text}` reads a group by the asset that a field of a member names; `{group}` is none here",
                did_you_mean(group, known)
                + "name a group by settlement asset, in a rule of positions, orders or balances",
            )
            return None
        if not self._linked(link, place.scope, group, name.span):
            return None
        node = self._member_name(attribute, _Place(group, group), name.span)
        if node is _MISSING:
            known_names = self._candidates(group, group)
            self.report(
                "undefined-name",
                name.span,
                f"group `{group}` has no `{attribute}`",
                did_you_mean(attribute, known_names) + f"it has {', '.join(sorted(known_names))}",
            )
            return None
        if node is None:
            return None
        dimension = node.dimension
        units = {link if symbol == "settle" else symbol: power for symbol, power in dimension.units}
        dimension = dimensions.amount(units) if units else dimension
        return self.make(plan.GroupValue, group, node, link, dimension=dimension, span=name.span)

    def _base(self, name: nodes.Name, attribute: str, place: _Place) -> Node | None:
        if place.owner == "constant" and attribute in self.rules.base_constants:
            constant = self.rules.base_constants[attribute]
            return self.expression(constant.value, place)
        if place.base is None or place.base.definition.name != attribute:
            self.report(
                "undefined-name",
                name.span,
                f"`{name.text}` is not what this rule replaces",
                "`base.` reads the rule that a `replace` takes the place of, under its own name",
            )
            return None
        return self._named(place.base.definition, evolve(place, base=place.base.base))

    def _only(self, name: nodes.Name, entity: str, attribute: str, place: _Place) -> Node | None:
        inner = self._entity_name(name, entity, attribute, evolve(place, scope="position"))
        return None if inner is None else self._of_only(inner, name.span)

    def _of_only(self, inner: Any, span: Span) -> Any:
        if inner is None:
            return None
        return self.make(
            plan.Aggregate, "only", "positions", inner, None, None, None, dimension=inner.dimension, span=span
        )

    def _candidates(self, scope: str, owner: str) -> set[str]:
        names = {*FIELDS.get(owner, {}), *self.rules.definitions.get(owner, {})}
        names |= {name for entity, name in self.rules.inputs if entity == owner}
        if scope == owner:
            names |= set(FACTS.get(owner, {}))
        if self.pool is not None:
            names |= set(self.pool.members.get(owner, {}))
            if owner == "pool":
                names |= {*self.pool.definitions, "collateral", "initial_margin", "maintenance_margin"}
        return names


# ---------------------------------------------------------------- words


def _literal_value(node: Node) -> Decimal | None:
    if isinstance(node, plan.Constant) and isinstance(node.value, Decimal) and node.dimension.kind == "literal":
        return node.value
    return None


def _bare_word(expression: nodes.Expression) -> str | None:
    match expression:
        case nodes.Name(parts=(word,)):
            return word
        case nodes.Text(value=value):
            return value
        case nodes.Number(unit="", text=text):
            return text
        case _:
            return None


def _declaration(entity: str, attribute: str) -> str:
    """How a name can be declared, where it is one of every document that rules do not read otherwise."""
    spec = account_fields.shared_field(entity, attribute)  # type: ignore[arg-type]
    if spec is not None and spec.kind == "text":
        return f'declare it with all that documents may have: `input {entity}.{attribute}: choice of A, B, … "…"`'
    if spec is not None:
        return f'rules do not read it; declare a field of the venue\'s own, such as `input {entity}.kind: choice of A, B "…"`'
    return f'correct the name, or declare it: `input {entity}.{attribute}: … "…"`'


def _article(entity: str) -> str:
    words = {"constant": "a constant"}
    return words.get(entity, f"{'an' if entity[0] in 'aeio' else 'a'} {entity}")


def _joiner(verb: str) -> str:
    return {"add": "and", "subtract": "and", "choose between": "and"}.get(verb, "with")


def _money_symbol(dimension: Dimension) -> str | None:
    if (
        len(dimension.units) == 1
        and dimension.units[0][1] == 1
        and dimension.units[0][0] not in {"contracts", "seconds"}
    ):
        return dimension.units[0][0]
    return None


def _mismatch_code(found: Dimension, expected: Dimension) -> str:
    if _money_symbol(found) is not None and _money_symbol(expected) is not None:
        return "asset-mismatch"
    return "dimension-mismatch"


def _step_example(step: Decimal | None) -> str:
    places = None if step is None or step <= 0 else -step.normalize().adjusted()
    if step is not None and places is not None and step == _ONE.scaleb(-places):
        return f"write `{places} decimals`"
    return "write a step with the unit of what is rounded, or drop that: `round(number(…), …)`"


def _unit_example(dimension: Dimension) -> str:
    symbol = _money_symbol(dimension)
    if dimension == dimensions.DURATION:
        return "give the number its unit, such as `8 hours`"
    if symbol is None:
        return "put another amount of that kind beside it, or drop the unit of this one: `number(…)`"
    if symbol[0].isupper():
        return f"give the number its unit, such as `10 {symbol}`"
    return f"give the number its unit, such as `(10 USDC in {symbol})`, or put another amount beside it"


def _remedy(found: Dimension, expected: Dimension) -> str:
    found_money, expected_money = _money_symbol(found), _money_symbol(expected)
    if found_money is not None and expected_money is not None:
        if {found_money, expected_money} <= {"quote", "base", "settle"}:
            return (
                "use `notional` or `unrealized_pnl`, which are in the settlement asset of every contract kind, "
                f"or convert: `… in {expected_money}`"
            )
        return f"convert it: `… in {expected_money}`"
    if found.kind in {"rate", "ratio"} and expected.kind == "amount":
        return "multiply the rate by an amount, such as `notional`"
    if found.kind == "number" and expected.kind == "amount":
        return "multiply the number by an amount"
    if found.kind == "amount" and expected.dimensionless:
        return "divide it by an amount of the same kind"
    if {found.kind, expected.kind} == {"rate", "number"}:
        return "a leverage becomes a rate as `1 / leverage`; a rate becomes a number only by dividing"
    if QUANTITY.units in (found.units, expected.units):
        return "use `notional`, or multiply the quantity by `instrument.contract_size` and a price"
    if dict(found.units).get("contracts") or dict(expected.units).get("contracts"):
        return "a quantity counts contracts: multiply it by `instrument.contract_size`"
    if expected.kind == "flag":
        return "compare it with something, or write `true` or `false`"
    return "bring both sides to the same dimension"
