"""Why a figure is what it is: a tree from the figure down to fields of the account document.

Every inner node says which operation its value is of the values below it, so the tree can be added up again:
`Derivation.recomputed` does, and the tests compare. Values are those of the evaluation; nothing is computed twice.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import takewhile
from typing import Any

from attrs import define, field, frozen

from marginrules.account.state import (
    AccountState,
    Instrument,
    Order,
    Position,
    Record,
    TierTable,
    cell_sources,
    pointer_to,
    pointer_to_cell,
    sources,
)
from marginrules.arithmetic import exact_context, plain_text
from marginrules.engine.evaluate import Evaluation, PoolEvaluation, evaluation, position_fact
from marginrules.engine.interpret import POOL, Entity
from marginrules.engine.kernel import shown
from marginrules.engine.rounding import round_to_step
from marginrules.engine.solve import replace_mark
from marginrules.engine.tiers import row_of
from marginrules.engine.unknown import Unknown, Value
from marginrules.errors import MarginRulesError
from marginrules.language.diagnostics import did_you_mean
from marginrules.language.nodes import Citation
from marginrules.policy import plan
from marginrules.policy.policy import Policy


class NoSuchFigureError(MarginRulesError):
    """A figure that the report does not have."""


@frozen(eq=False)
class _Text:
    """What a rule file says of a step, whichever member of the pool it is taken for."""

    dimension: str = ""
    formula: str = ""
    rule: str | None = None
    cites: tuple[str, ...] = ()


_NO_TEXT = _Text()


# Without slots: there is one for every figure of a report, and the dictionary of a frozen record is filled faster.
@frozen(eq=False, slots=False)
class Derivation:
    """A value, and how it came about.

    What lies below a definition is worked out when it is first looked at, from the values of the evaluation, and kept.

    Attributes:
        label: name of the figure, field or operation.
        value: the value; None where it cannot be had, and `note` says why.
        pointer: of a field, the JSON pointer to where it stands in the account document or the venue's payload; to what all of
            `places` stand in, where no single value of the payload is the field, and to the record, where none is.
        places: JSON pointers to the values that an importer worked a field out of, where they are several.
    """

    label: str
    value: Decimal | bool | str | None
    _text: _Text = _NO_TEXT
    _operator: str = ""
    _children: tuple["Derivation", ...] = ()
    pointer: str | None = None
    _note: str = ""
    _expand: "tuple[_Tracer, plan.Named | plan.Fact, Entity] | None" = field(default=None, repr=False)
    places: tuple[str, ...] = ()

    def _expanded(self) -> None:
        if self._expand is not None:
            with exact_context():
                tracer, node, entity = self._expand
                operator, children, note = tracer.below(node, entity)
            # A frozen record fills in what it had put off; two threads that do so at once write the same.
            object.__setattr__(self, "_operator", operator)
            object.__setattr__(self, "_children", children)
            object.__setattr__(self, "_note", note)
            object.__setattr__(self, "_expand", None)

    @property
    def dimension(self) -> str:
        """What the value counts, in words."""
        return self._text.dimension

    @property
    def formula(self) -> str:
        """The text of the rule, or of the contract fact."""
        return self._text.formula

    @property
    def rule(self) -> str | None:
        """`file:line` of the rule; None for fields and facts."""
        return self._text.rule

    @property
    def cites(self) -> tuple[str, ...]:
        """The passages that the rule cites, with title and address."""
        return self._text.cites

    @property
    def operator(self) -> str:
        """How the value follows from those of `children`; empty for a field or constant."""
        self._expanded()
        return self._operator

    @property
    def children(self) -> tuple["Derivation", ...]:
        """What it was made of, in the order of the formula."""
        self._expanded()
        return self._children

    @property
    def note(self) -> str:
        """The tier chosen, the branch taken, or why the value is unknown."""
        self._expanded()
        return self._note

    def render(self) -> str:
        """The tree as plain text, two columns of indentation a level; what stood there before is only named again."""
        return "\n".join(
            "  " * depth + step.line() + ("" if new else "  (as above)") for step, depth, new in self.outline()
        )

    def outline(self) -> Iterator[tuple["Derivation", int, bool]]:
        """This step and all below it in the order of reading, with their depth.

        A step that many lead to is expanded once: where it stands again the third part is False, and what is below it is
        left out.
        """
        seen: set[int] = set()
        stack = [(self, 0)]
        while stack:
            step, depth = stack.pop()
            new = id(step) not in seen or not step.children
            yield step, depth, new
            if new:
                seen.add(id(step))
                stack.extend((child, depth + 1) for child in reversed(step.children))

    def line(self) -> str:
        """This step alone, as one line of text."""
        parts = [f"{self.label} = {self.value_text}"]
        if self.formula and self.formula != self.label:
            parts.append(f"[{' '.join(self.formula.split())}]")
        if self.note:
            parts.append(f"({self.note})")
        if self.rule is not None:
            parts.append(self.rule)
        parts.extend(self.cites)
        if self.pointer is not None:
            parts.append(self.pointer)
        return "  ".join(parts)

    @property
    def value_text(self) -> str:
        """The value as text: a plain decimal, yes or no, a word, or `unknown`."""
        if self.value is None:
            return "unknown"
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        return plain_text(self.value) if isinstance(self.value, Decimal) else self.value

    def walk(self) -> Iterator["Derivation"]:
        """This step and all below it, depth first."""
        yield self
        for child in self.children:
            yield from child.walk()

    def recomputed(self) -> Decimal | bool | str | None:
        """The value computed again from the leaves: equal to `value` throughout, or the tree would not explain it."""
        if not self.children or self.value is None or not self.operator:
            return self.value
        values = [child.recomputed() for child in self.children]
        with exact_context():
            found: Decimal | bool | str | None = _OPERATIONS[self.operator](values)
        return found


_Below = tuple[str, tuple[Derivation, ...], str]
"""Operator, children and note of a step."""


def _fold(values: list[Any]) -> Any:
    return sum(values, Decimal(0))


_OPERATIONS: Mapping[str, Callable[[list[Any]], Any]] = {
    "is": lambda values: values[-1],
    "+": lambda values: values[0] + values[1],
    "-": lambda values: values[0] - values[1],
    "*": lambda values: values[0] * values[1],
    "/": lambda values: values[0] / values[1],
    "max": max,
    "min": min,
    "negative": lambda values: -values[0],
    "abs": lambda values: abs(values[0]),
    "not": lambda values: not values[0],
    "sqrt": lambda values: values[0].sqrt(),
    "decimals": lambda values: Decimal(1).scaleb(-int(values[0])),
    "ln": lambda values: values[0].ln(),
    "<": lambda values: values[0] < values[1],
    "<=": lambda values: values[0] <= values[1],
    ">": lambda values: values[0] > values[1],
    ">=": lambda values: values[0] >= values[1],
    "==": lambda values: values[0] == values[1],
    "!=": lambda values: values[0] != values[1],
    "and": all,
    "or": any,
    "sum": _fold,
    "count": lambda values: Decimal(len(values)),
    "only": lambda values: values[0],
    "round up": lambda values: round_to_step(values[0], "up", values[1]),
    "round down": lambda values: round_to_step(values[0], "down", values[1]),
    "round away_from_zero": lambda values: round_to_step(values[0], "away_from_zero", values[1]),
    "round toward_zero": lambda values: round_to_step(values[0], "toward_zero", values[1]),
    "round half_up": lambda values: round_to_step(values[0], "half_up", values[1]),
    "round half_even": lambda values: round_to_step(values[0], "half_even", values[1]),
    "key x rate - amount": lambda values: values[0] * values[1] - values[2],
    "x price": lambda values: values[0] * values[1],
    "x price / price": lambda values: values[0] * values[1] / values[2],
    "|quantity| x size x price": lambda values: abs(values[0]) * values[1] * values[2],
    "|quantity| x size / price": lambda values: abs(values[0]) * values[1] / values[2],
    "|quantity| x size": lambda values: abs(values[0]) * values[1],
    "quantity x size x (mark - entry)": lambda values: values[0] * values[1] * (values[2] - values[3]),
    "quantity x size x (1 / entry - 1 / mark)": lambda values: values[0] * values[1] * (1 / values[3] - 1 / values[2]),
    "wallet - assigned": lambda values: values[0] - _fold(values[1:]),
}
"""How each operator of a derivation makes its value from those below it."""


def explain(policy: Policy, state: AccountState, why: str) -> Derivation:
    """Why a figure of the report is what it is.

    Args:
        policy: a checked policy.
        state: the account.
        why: `figure:id`, the id of a pool, a position or (for `idle_equity`) an asset: `liquidatable:isolated/A`,
            `equity:cross`, `liquidation_price:A`, `idle_equity:USDC`.

    Returns:
        The derivation, down to fields of the account document.

    Raises:
        NoSuchFigureError: the report has no such figure; names those it has.
        StateError: as `evaluate`.
    """
    return explain_evaluation(evaluation(policy, state), why)


def explain_evaluation(found: Evaluation, why: str) -> Derivation:
    """As `explain`, of an account that is evaluated already."""
    figure, separator, identity = why.partition(":")
    if not separator or not figure or not identity:
        message = f"{why!r} names no figure\nhelp: write figure:id, such as liquidatable:{_ids(found)[0] if _ids(found) else 'cross'}"
        raise NoSuchFigureError(message)
    with exact_context():
        explained = _figure(found, figure, identity)
    if explained is None:
        raise NoSuchFigureError(_no_figure(found, figure, identity))
    return explained


def explain_all(found: Evaluation) -> dict[str, Derivation]:
    """The derivation of every figure of an evaluation's report, by `figure:id`."""
    derivations: dict[str, Derivation] = {}
    with exact_context():
        for pool in found.pools:
            tracer = _Tracer(found, pool)
            shown, members = _report_figures(pool.instance.plan)
            tracer.figures(shown, POOL, pool.instance.id, derivations)
            for index, (position, _, _) in enumerate(pool.instance.positions):
                tracer.figures(members, ("position", index), position.id, derivations)
    return derivations


def _ids(found: Evaluation) -> list[str]:
    positions = [position.id for pool in found.pools for position, _, _ in pool.instance.positions]
    return [*(pool.instance.id for pool in found.pools), *positions]


def _no_figure(found: Evaluation, figure: str, identity: str) -> str:
    ids = _ids(found)
    assets = [
        pool.instance.asset or "" for pool in found.pools if "idle_equity" in pool.instance.plan.definitions["pool"]
    ]
    if identity not in ids and not (figure == "idle_equity" and identity in assets):
        known = assets if figure == "idle_equity" else ids
        return f"nothing in the report is called {identity!r}\nhelp: {did_you_mean(identity, known)}there are {', '.join(known) or 'no pools'}"
    names = figures_of(found, identity)
    if names:
        return f"{identity} has no figure {figure!r}\nhelp: {did_you_mean(figure, names)}it has {', '.join(names)}"
    return f"{identity} has no figure {figure!r}\nhelp: write idle_equity:{identity}"


def figures_of(found: Evaluation, identity: str) -> tuple[str, ...]:
    """What can be asked about a pool or a position, by its id: the report's figures, and all that the policy defines."""
    for pool in found.pools:
        if pool.instance.id == identity:
            return tuple(_pool_figures(pool.instance.plan))
        if any(position.id == identity for position, _, _ in pool.instance.positions):
            return (*_position_figures(pool.instance.plan), "liquidation_price", "bankruptcy_price")
    return ()


@lru_cache(maxsize=512)
def _pool_figures(pool: plan.PoolPlan) -> Mapping[str, plan.Node]:
    found: dict[str, plan.Node] = dict(pool.definitions["pool"])
    if pool.liquidate is not None:
        found["liquidatable"] = pool.liquidate
    found.update({threshold.name: threshold for threshold in pool.thresholds})
    return found


@lru_cache(maxsize=512)
def _report_figures(pool: plan.PoolPlan) -> tuple[Mapping[str, plan.Node], Mapping[str, plan.Node]]:
    """What a report shows of a pool and of its positions, solved prices aside."""
    own: dict[str, plan.Node] = dict(shown(pool, "pool"))
    if pool.liquidate is not None:
        own["liquidatable"] = pool.liquidate
    own.update({threshold.name: threshold for threshold in pool.thresholds})
    members: dict[str, plan.Node] = {name: position_fact(pool, name) for name in ("notional", "unrealized_pnl")}
    members.update(shown(pool, "position"))
    return own, members


@lru_cache(maxsize=512)
def _position_figures(pool: plan.PoolPlan) -> Mapping[str, plan.Node]:
    found: dict[str, plan.Node] = {name: position_fact(pool, name) for name in ("notional", "unrealized_pnl")}
    found.update(pool.definitions["position"])
    return found


_ALWAYS_OF_POSITION = ("initial_margin", "maintenance_margin")
_ALWAYS_OF_POOL = (*_ALWAYS_OF_POSITION, "liquidatable")
"""What a report shows whether or not the policy defines it."""


def _figure(found: Evaluation, figure: str, identity: str) -> Derivation | None:
    for pool in found.pools:
        tracer = _Tracer(found, pool)
        asset_figure = figure == "idle_equity" and identity == pool.instance.asset
        if pool.instance.id == identity or asset_figure:
            if figure == "margin_ratio" and figure not in pool.instance.plan.definitions["pool"]:
                return tracer.margin_ratio()
            node = _pool_figures(pool.instance.plan).get(figure)
            if node is not None:
                return tracer.derive(node, POOL)
            if pool.instance.id == identity:
                return tracer.undefined(figure) if figure in _ALWAYS_OF_POOL else None
        for index, (position, _, _) in enumerate(pool.instance.positions):
            if position.id == identity:
                entity: Entity = ("position", index)
                node = _position_figures(pool.instance.plan).get(figure)
                if node is not None:
                    return tracer.derive(node, entity)
                if figure in {"liquidation_price", "bankruptcy_price"}:
                    return tracer.solved_price(figure, index)
                return tracer.undefined(figure) if figure in _ALWAYS_OF_POSITION else None
        if figure == "idle_equity" and "idle_equity" in pool.instance.plan.definitions.get("balance", {}):
            for index, (balance, _, _) in enumerate(pool.instance.balances):
                if balance.asset == identity:
                    return tracer.derive(pool.instance.plan.definitions["balance"]["idle_equity"], ("balance", index))
    return None


@lru_cache(maxsize=256)
def _texts(policy: plan.Plan) -> dict[int | tuple[int, str], _Text]:
    """The texts of a policy's nodes, by identity, as they are needed; those of contract facts by kind of contract too."""
    del policy
    return {}


def _words(node: plan.Node) -> str:
    """The text of a node in its rule file, on one line."""
    return " ".join(node.span.text.split())


@lru_cache(maxsize=256)
def _plain(dimension: str) -> _Text:
    return _Text(dimension)


def _cited(policy: plan.Plan, citation: Citation) -> str:
    source = policy.sources.get(citation.source)
    if source is None:
        return citation.source
    passage = f', "{citation.passage}"' if citation.passage else ""
    return f"{source.title}{passage} <{source.address}> read {source.read}"


_AT_MARK = ("quantity", "contract_size", "mark_price")
_AT_ENTRY = ("quantity", "contract_size", "entry_price")
_FACT_FORMULAS: Mapping[tuple[str, bool], tuple[str, tuple[str, ...]]] = {
    ("notional", False): ("|quantity| x size x price", _AT_MARK),
    ("notional", True): ("|quantity| x size / price", _AT_MARK),
    ("mark_notional", False): ("|quantity| x size x price", _AT_MARK),
    ("mark_notional", True): ("|quantity| x size / price", _AT_MARK),
    ("entry_value", False): ("|quantity| x size x price", _AT_ENTRY),
    ("entry_value", True): ("|quantity| x size / price", _AT_ENTRY),
    ("contract_value", False): ("x price", ("contract_size", "mark_price")),
    ("contract_value", True): ("/", ("contract_size", "mark_price")),
    ("contract_entry_value", False): ("x price", ("contract_size", "entry_price")),
    ("contract_entry_value", True): ("/", ("contract_size", "entry_price")),
    ("base_quantity", False): ("|quantity| x size", ("quantity", "contract_size")),
    ("base_quantity", True): ("|quantity| x size / price", _AT_MARK),
    ("unrealized_pnl", False): ("quantity x size x (mark - entry)", (*_AT_MARK, "entry_price")),
    ("unrealized_pnl", True): ("quantity x size x (1 / entry - 1 / mark)", (*_AT_MARK, "entry_price")),
}
"""How each contract fact is made, and of which fields; the second key is whether the contract is inverse."""


@define
class _Tracer:
    """Builds derivations from the values of one pool; each node of each entity once."""

    evaluation: Evaluation
    pool: PoolEvaluation
    memo: dict[tuple[int, Entity], Derivation] = field(factory=dict)
    leaves: dict[tuple[int, str, str], Derivation] = field(factory=dict)
    """Fields that facts are made of, by record, name and label."""
    texts: dict[int | tuple[int, str], _Text] = field(init=False)

    @texts.default
    def _texts_of_policy(self) -> dict[int | tuple[int, str], _Text]:
        return _texts(self.evaluation.policy.plan)

    def derive(self, node: plan.Node, entity: Entity) -> Derivation:
        """The derivation of a node's value for an entity."""
        key = (id(node), entity)
        found = self.memo.get(key)
        if found is None:
            found = self.memo[key] = (
                self._definition(node, entity) if isinstance(node, plan.Named) else self._derive(node, entity)
            )
        return found

    def text(self, node: plan.Node) -> _Text:
        """What a rule file says of a node: all of it of a definition, the dimension alone of what one is made of."""
        found = self.texts.get(id(node))
        if found is None:
            if isinstance(node, plan.Named):
                cites = tuple(_cited(self.evaluation.policy.plan, citation) for citation in node.cites)
                found = _Text(str(node.dimension), _words(node.value), node.span.file_line, cites)
            else:
                found = _Text(str(node.dimension))
            self.texts[id(node)] = found
        return found

    def _make(
        self,
        node: plan.Node,
        value: Value,
        label: str,
        operator: str = "",
        children: tuple[Derivation, ...] = (),
        *,
        formula: str = "",
        pointer: str | None = None,
        note: str = "",
        places: tuple[str, ...] = (),
    ) -> Derivation:
        shown: Decimal | bool | str | None
        if isinstance(value, Unknown):
            shown, note, pointer = None, note or value.reason, pointer or value.pointer or None
        else:
            shown = value
        text = _Text(str(node.dimension), formula) if formula else self.text(node)
        return Derivation(label, shown, text, operator, children, pointer, note, places=places)

    def _derive(self, node: plan.Node, entity: Entity) -> Derivation:
        value = self.pool.value(node, entity)
        text = _words(node)
        match node:
            case plan.Constant():
                return self._make(node, value, text)
            case plan.Field():
                return self._field(node, value, entity)
            case plan.Fact():
                return self._fact(node, value, entity)
            case plan.Named():
                return self._definition(node, entity)
            case plan.Unary(operator=operator, operand=operand):
                return self._make(
                    node, value, text, "negative" if operator == "-" else operator, (self.derive(operand, entity),)
                )
            case (
                plan.Binary(operator=operator, left=left, right=right)
                | plan.Compare(operator=operator, left=left, right=right)
            ):
                return self._make(node, value, text, operator, (self.derive(left, entity), self.derive(right, entity)))
            case plan.Logic(operator=operator, left=left, right=right):
                first = self.derive(left, entity)
                if first.value is (operator == "or"):
                    return self._make(node, value, text, operator, (first,), note="this alone decides")
                return self._make(node, value, text, operator, (first, self.derive(right, entity)))
            case plan.Conditional(condition=condition, then=then, otherwise=otherwise):
                decided = self.derive(condition, entity)
                if decided.value is None:
                    return self._make(node, value, text, "", (decided,))
                taken = self.derive(then if decided.value else otherwise, entity)
                branch = "then" if decided.value else "else"
                return self._make(node, value, text, "is", (decided, taken), note=f"the `{branch}` branch")
            case plan.Round(operand=operand, direction=direction, step=step):
                parts = (self.derive(operand, entity), self.derive(step, entity))
                return self._make(node, value, text, f"round {direction}", parts)
            case plan.TierColumn():
                return self._make(node, value, text)  # pragma: no cover - shown by its tier
            case plan.Tiered() | plan.Pick():
                return self._tier(node, value, text, entity)
            case plan.Aggregate():
                return self._aggregate(node, value, text, entity)
            case plan.PoolValue(value=inner):
                return self._make(node, value, text, "is", (self.derive(inner, POOL),))
            case plan.GroupValue(group=group, value=inner, by=by):
                whole = self.pool.reference.group_of(group, entity, by)
                below = () if isinstance(whole, Unknown) else (self.derive(inner, whole),)
                return self._make(node, value, text, "is", below)
            case plan.Given(field=plan.Field() as asked):
                record = self.pool.reference.record(asked.entity, entity)
                pointer = (pointer_to(record, asked.name) or None) if record is not None else None
                return self._make(node, value, text, pointer=pointer)
            case plan.Convert(operand=operand, origin=origin, target=target):
                return self._convert(node, value, text, self.derive(operand, entity), (origin, target), entity)
            case plan.Asked() | plan.Seen() | plan.Elsewhere() | plan.Given():
                return self._make(node, value, text)  # pragma: no cover - only rules about actions have these
            case plan.Solved():
                return self._make(node, value, text, note="solved from the pool's boundary")

    def figures(self, nodes: Mapping[str, plan.Node], entity: Entity, identity: str, to: dict[str, Derivation]) -> None:
        """The derivations of some nodes of one entity, as `derive` makes them, by `name:identity`."""
        texts, rows = self.texts, self.pool.rows
        columns = self.pool.kernel.columns[entity[0]]
        row = rows[entity[0]][entity[1]] if rows is not None else []
        of = "" if entity == POOL else f" of {self.member(entity)}"
        contract = self.pool.instance.positions[entity[1]][1].contract if entity[0] == "position" else ""
        for name, node in nodes.items():
            key = id(node)
            text = texts.get((key, contract) if isinstance(node, plan.Fact) else key)
            column = columns.get(key)
            if column is None or text is None or not row or row[column] is None:
                found = self.derive(node, entity)
            else:
                # Both kinds of step that a report shows put off what is below them.
                found = Derivation(node.name + of, row[column], text, "", (), None, "", (self, node, entity))  # type: ignore[union-attr,arg-type]
            to[f"{name}:{identity}"] = found

    def _definition(self, node: plan.Named, entity: Entity) -> Derivation:
        """A definition: what is below it is worked out when it is looked at."""
        value = self.pool.value(node, entity)
        label = node.name if entity == POOL else f"{node.name} of {self.member(entity)}"
        if isinstance(value, Unknown):
            pointer = value.pointer or None
            return Derivation(label, None, self.text(node), "", (), pointer, "", (self, node, entity))
        return Derivation(label, value, self.text(node), "", (), None, "", (self, node, entity))

    def below(self, node: plan.Named | plan.Fact, entity: Entity) -> _Below:
        """What a definition or a contract fact is made of."""
        value = self.pool.value(node, entity)
        reason = value.reason if isinstance(value, Unknown) else ""
        if isinstance(node, plan.Fact):
            record, instrument, operator, names = self._fact_fields(node, entity)
            parts = []
            for name in names:
                holder: Any = instrument if name in {"contract_size", "mark_price"} else record
                parts.append(self._leaf(name, getattr(holder, name), holder, name))
            return operator, tuple(parts), reason
        below = self.derive(node.value, entity)
        # An operation is shown on the line of the name it defines, not once more below it.
        if below.rule is not None or below.formula or not below.children:
            return "is", (below,), reason
        return below.operator, below.children, below.note or reason

    def _fact_fields(self, node: plan.Fact, entity: Entity) -> tuple[Any, Instrument, str, tuple[str, ...]]:
        """The records of a member, how a fact of it is made, and of which fields."""
        scope, index = entity
        instance = self.pool.instance
        members = {"order": instance.orders, "other": instance.others}.get(scope, instance.positions)
        record, instrument, _ = members[index]
        operator, names = _FACT_FORMULAS[node.name, instrument.contract == "inverse"]
        if scope == "order" and node.name == "notional" and isinstance(record, Order) and record.price is not None:
            names = ("quantity", "contract_size", "price")
        return record, instrument, operator, names

    def member(self, entity: Entity) -> str:
        """The name of a pool's member."""
        scope, index = entity
        if scope in {"position", "other"}:
            return (self.pool.instance.others if scope == "other" else self.pool.instance.positions)[index][0].id
        if scope == "order":
            order = self.pool.instance.orders[index][0]
            return order.id or f"order {index + 1} on {order.symbol}"
        if scope in self.pool.instance.groups:
            return f"{scope} {self.pool.instance.groups[scope].keys[index]}"
        return self.pool.instance.balances[index][0].asset if scope == "balance" else self.pool.instance.id

    def _field(self, node: plan.Field, value: Value, entity: Entity) -> Derivation:
        record = self.pool.reference.record(node.entity, entity)
        given = None
        if record is not None:
            given = getattr(record, node.name) if node.is_attribute else record.inputs.get(node.name)
        if given is None and not isinstance(value, Unknown):
            return self._make(node, value, node.name, note="the default; the document does not say")
        if record is None:
            return self._make(node, value, node.name)
        if isinstance(value, Unknown):
            return self._make(node, value, node.name, pointer=pointer_to(record, node.name) or None)
        pointer, note, places = _whence(record, node.name)
        return self._make(node, value, node.name, pointer=pointer, note=note, places=places)

    def _leaf(self, label: str, value: Value | None, record: Record, name: str) -> Derivation:
        """A field of a record."""
        found = self.leaves.get((id(record), name, label))
        if found is None:
            if value is None or isinstance(value, Unknown):
                found = Derivation(label, None, _plain(""), pointer=pointer_to(record, name) or None, note="missing")
            else:
                pointer, note, places = _whence(record, name)
                found = Derivation(label, value, _plain(""), pointer=pointer, note=note, places=places)
            self.leaves[id(record), name, label] = found
        return found

    def _fact(self, node: plan.Fact, value: Value, entity: Entity) -> Derivation:
        scope, index = entity
        if scope == "pool":
            return self._collateral(node, value)
        if scope == "balance":
            balance, _, _ = self.pool.instance.balances[index]
            if node.name == "is_settlement":
                return self._make(node, value, "is_settlement", pointer=pointer_to(balance, "asset") or None)
            wallet = self._leaf("wallet_balance", balance.wallet_balance, balance, "wallet_balance")
            if isinstance(value, Unknown):
                return self._make(node, value, f"amount of {balance.asset}")
            assigned = self._assigned(balance.asset) if value != balance.wallet_balance else ()
            return self._make(node, value, f"amount of {balance.asset}", "wallet - assigned", (wallet, *assigned))
        _, instrument, operator, _ = self._fact_fields(node, entity)
        text = self.texts.get((id(node), instrument.contract))
        if text is None:
            text = _Text(str(node.dimension), f"{operator} ({instrument.contract} contract)")
            self.texts[id(node), instrument.contract] = text
        label = f"{node.name} of {self.member(entity)}"
        if isinstance(value, Unknown):
            return Derivation(label, None, text, "", (), value.pointer or None, "", (self, node, entity))
        return Derivation(label, value, text, "", (), None, "", (self, node, entity))

    def _assigned(self, asset: str) -> tuple[Derivation, ...]:
        found = []
        for pool in self.evaluation.pools:
            if pool.instance.plan.draws_on != "assigned_margin":
                continue
            for position, instrument, _ in pool.instance.positions:
                margin_asset = position.inputs.get(pool.instance.plan.draws_asset or "", instrument.settle)
                if margin_asset == asset and position.assigned_margin is not None:
                    found.append(self._assigned_to(position))
        return tuple(found)

    def _assigned_to(self, position: Position) -> Derivation:
        return self._leaf(f"assigned_margin of {position.id}", position.assigned_margin, position, "assigned_margin")

    def _collateral(self, node: plan.Fact, value: Value) -> Derivation:
        instance = self.pool.instance
        parts: list[Derivation] = []
        if instance.plan.draws_on == "assigned_margin":
            parts = [self._assigned_to(position) for position, _, _ in instance.positions]
        else:
            fact = plan.Fact("balance", "amount", node.dimension, node.span)
            parts = [
                self._fact(fact, amount, ("balance", index)) for index, (_, amount, _) in enumerate(instance.balances)
            ]
        drawn = {"assigned_margin": "the assigned margin", "remainder": "balances less assigned margin"}.get(
            instance.plan.draws_on, instance.plan.draws_on
        )
        return self._make(node, value, "collateral", "sum", tuple(parts), formula=f"draws on {drawn}")

    def _tier(self, node: plan.Tiered | plan.Pick, value: Value, text: str, entity: Entity) -> Derivation:
        reference = self.pool.reference
        key = self.derive(node.key, entity)
        table = reference.table(node.table, entity)
        row, figures = self._row(node, key.value, table, entity)
        if isinstance(table, Unknown):
            return self._make(node, value, text, "", (key,))
        if row is None:
            end = () if table.end is None else (_cell(table, len(table.rows) - 1, table.end_column),)
            return self._make(node, value, text, "", (key, *end))
        whole = table.imported or table.of_policy
        place = table.pointer if whole else f"{table.pointer}/{row}"
        bound = table.columns[0].replace("_", " ")
        note = f"tier {row + 1} of {len(table.rows)}, {bound} {plain_text(table.bounds[row])}"
        if isinstance(node, plan.Pick):
            cells = tuple(_cell(table, row, column) for column in _columns(node.result))
            return self._make(node, value, text, "", (key, *cells), note=note)
        rate, amount = figures.get("rate"), figures.get("amount")
        cells = tuple(_cell(table, row, column) for column in _columns(node.rate))
        rate_text = _Text("a rate", _words(node.rate))
        published = node.amount is not None and isinstance(amount, Decimal)
        parts = (
            key,
            Derivation("rate", rate if isinstance(rate, Decimal) else None, rate_text, children=cells),
            Derivation(
                "amount",
                amount if isinstance(amount, Decimal) else None,
                _plain(str(node.dimension)),
                note="as the table says, or by continuity" if published else "by continuity with the tiers below",
                pointer=place,
            ),
        )
        return self._make(node, value, text, "key x rate - amount", parts, note=note)

    def _row(
        self,
        node: plan.Tiered | plan.Pick,
        key: Value | None,
        table: TierTable | Unknown,
        entity: Entity,
    ) -> tuple[int | None, Mapping[str, Value]]:
        """The row that holds a key, and its figures; as the kernel derived them, where it has."""
        derived = table.derived.get(node) if isinstance(table, TierTable) else None
        if derived is None or not isinstance(key, Decimal):
            _, row, figures = self.pool.reference.tier(node, entity)
            return row, figures
        _, rates, amounts, _ = derived
        row = row_of(table, key)  # type: ignore[arg-type]
        if row == len(rates):
            return None, {}
        return row, {"rate": rates[row], "amount": amounts[row]}

    def _aggregate(self, node: plan.Aggregate, value: Value, text: str, whole: Entity) -> Derivation:
        parts: list[Derivation] = []
        left_out: list[str] = []
        for entity in self.pool.reference.members(node, whole):
            if node.where is not None and self.pool.value(node.where, entity) is not True:
                left_out.append(self.member(entity))
                if isinstance(self.pool.value(node.where, entity), Unknown):
                    parts.append(self.derive(node.where, entity))
                continue
            if node.operand is None:
                parts.append(Derivation(self.member(entity), Decimal(1), _plain("a number")))
            else:
                parts.append(self.derive(node.operand, entity))
        note = (
            f"left out: {', '.join(left_out)}"
            if left_out
            else ""
            if parts
            else f"the pool has no {plan.members_words(node.members)}"
        )
        if node.operator == "only" and parts:
            return self._make(node, value, text, "is", (parts[0],))
        return self._make(node, value, text, node.operator, tuple(parts), note=note)

    def _convert(
        self, node: plan.Convert, value: Value, text: str, operand: Derivation, symbols: tuple[str, str], entity: Entity
    ) -> Derivation:
        reference = self.pool.reference
        names = [reference.asset_name(symbol, entity) for symbol in symbols]
        if names[0] == names[1]:
            return self._make(node, value, text, "is", (operand,), note=f"already in {names[1]}")
        prices = []
        for name in names:
            if name == "USD":
                continue
            price = reference.index_price(name)
            asset = self.pool.state.asset_by_name.get(name)
            label = f"index_price of {name}"
            if asset is None:
                prices.append(Derivation(label, None, _plain(""), pointer="/assets", note="missing"))
            else:
                prices.append(self._leaf(label, price, asset, "index_price"))
        if names[0] == "USD":
            return self._make(node, value, text, "/", (operand, *prices))
        return self._make(node, value, text, "x price" if len(prices) == 1 else "x price / price", (operand, *prices))

    # ------------------------------------------------------------ figures that no rule states

    def margin_ratio(self) -> Derivation:
        """Maintenance margin over equity, where the policy defines no ratio of its own."""
        definitions = self.pool.instance.plan.definitions["pool"]
        parts = tuple(
            self.derive(definitions[name], POOL) for name in ("maintenance_margin", "equity") if name in definitions
        )
        values = [part.value for part in parts]
        text = _Text("a ratio", "maintenance_margin / equity")
        if len(values) == 2 and isinstance(values[0], Decimal) and isinstance(values[1], Decimal) and values[1] > 0:  # noqa: PLR2004
            return Derivation("margin_ratio", values[0] / values[1], text, operator="/", children=parts)
        if "maintenance_margin" not in definitions:
            return Derivation(
                "margin_ratio", None, text, children=parts, note=self.undefined("maintenance_margin").note
            )
        return Derivation("margin_ratio", None, text, children=parts, note="the equity is zero, less, or unknown")

    def undefined(self, figure: str) -> Derivation:
        """A figure that the report shows and no rule defines."""
        policy = self.evaluation.policy.name
        if figure == "liquidatable":
            return Derivation(figure, False, note=f"policy {policy} states no boundary")  # noqa: FBT003 - the value
        return Derivation(figure, None, note=f"policy {policy} does not define {figure}")

    def solved_price(self, figure: str, index: int) -> Derivation:
        """A price solved from the pool's boundary: the boundary, and its two sides at that price."""
        position, instrument, _ = self.pool.instance.positions[index]
        found = self.pool.prices.solved.get((f"solved_{figure}", index), Unknown("prices were not solved for"))
        boundary = self.pool.instance.plan.liquidate
        rule = boundary.span.file_line if boundary is not None else None
        policy = self.evaluation.policy.plan
        cites = tuple(_cited(policy, citation) for citation in boundary.cites) if boundary is not None else ()
        formula = " ".join(boundary.value.span.text.split()) if boundary is not None else ""
        if figure == "bankruptcy_price":
            equity = self.pool.instance.plan.definitions["pool"]["equity"]
            rule, formula, cites = equity.span.file_line, "equity = 0", ()
        text = _Text("a price (quote per base)", formula, rule, cites)
        if isinstance(found, Unknown):
            reason = "there is no such price" if found.reason == "none" else found.reason
            return Derivation(f"{figure} of {position.id}", None, text, note=reason, pointer=found.pointer or None)
        sides: tuple[Derivation, ...] = ()
        if isinstance(found, Decimal):
            sides = self._at_price(figure, instrument.symbol, found)
        note = f"solved: the {instrument.symbol} mark at which this turns, everything else as it is"
        shown = found if isinstance(found, Decimal) else None
        return Derivation(f"{figure} of {position.id}", shown, text, children=sides, note=note)

    def _at_price(self, figure: str, symbol: str, price: Decimal) -> tuple[Derivation, ...]:
        moved = evaluation(self.evaluation.policy, replace_mark(self.pool.state, symbol, price), solve=False)
        pool = next(entry for entry in moved.pools if entry.instance.id == self.pool.instance.id)
        tracer = _Tracer(moved, pool)
        definitions = pool.instance.plan.definitions["pool"]
        if figure == "bankruptcy_price" or pool.instance.plan.liquidate is None:
            return (tracer.derive(definitions["equity"], POOL),)
        return (tracer.derive(pool.instance.plan.liquidate.value, POOL),)


_PLACES_SHOWN = 3
"""So many of the values that a field was worked out of are named in the text of a derivation."""


def _whence(record: Record, name: str) -> tuple[str | None, str, tuple[str, ...]]:
    """The pointer, the note and the places of a field that has a value."""
    return _told(sources(record, name), record.pointer, replaced=name in record.places or not record.imported)


def _told(found: tuple[str, ...], whole: str, *, replaced: bool) -> tuple[str | None, str, tuple[str, ...]]:
    if len(found) == 1:
        return found[0], "", ()
    if found:
        # All that they stand in, and what leads to each from there.
        parents = zip(*(pointer.split("/")[:-1] for pointer in found), strict=False)
        above = "/".join([steps[0] for steps in takewhile(lambda steps: len(set(steps)) == 1, parents)])
        more = len(found) - _PLACES_SHOWN
        shown = ", ".join([pointer[len(above) + 1 :] if above else pointer for pointer in found[:_PLACES_SHOWN]])
        return above or None, f"worked out of {shown}{f' and {more} more' if more > 0 else ''}", found
    return (None, "in place of the document's", ()) if replaced else (whole or None, "by the importer", ())


def _cell(table: TierTable, row: int, column: str) -> Derivation:
    """A cell of a tier table."""
    value = table.cell(row, column)
    if value is None:
        missing_at = pointer_to_cell(table, row, column)
        return Derivation(f"tier.{column}", None, _plain(""), pointer=missing_at, note="missing")
    pointer, note, places = _told(cell_sources(table, row, column), table.pointer, replaced=False)
    return Derivation(f"tier.{column}", value, _plain(""), pointer=pointer, note=note, places=places)


def _columns(node: plan.Node) -> list[str]:
    return list(dict.fromkeys(part.name for part in plan.below(node) if isinstance(part, plan.TierColumn)))
