"""The plan: what a checked policy means, as a closed set of typed nodes shared by every engine.

Nodes form a graph without cycles, one node for one meaning: two rules that say `notional * 2` share it. Each belongs to
a scope (an account, a pool, or a member of a pool: position, order, balance). Scopes meet in two places only:
`Aggregate` takes members' values up into their pool, `PoolValue` brings a pool's value down to its members. Nothing
loops, and nothing but the data decides how often a node is computed: once for each entity of its scope.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

import attrs
from attrs import frozen

from marginrules.account.fields import FieldSpec
from marginrules.account.state import TierTable
from marginrules.language.nodes import Citation, RoundingDirection
from marginrules.language.source import Span
from marginrules.policy.dimensions import Dimension

BROKEN = "broken"
"""Name of the fact that stands for a mistaken expression while checks go on; no checked policy has one."""

Scope = str
"""`account`, `pool`, `position`, `order`, `balance`, `other` for a position of another pool, or the name of a group."""
Members = str
"""`positions`, `orders`, `balances`, `others`, or the name of a group, of which a pool may have several."""
MEMBER_SCOPES: Mapping[Members, Scope] = {
    "positions": "position",
    "orders": "order",
    "balances": "balance",
    "others": "other",
}
OTHERS = "others"
"""The positions of the account that other pools hold: of a group, those that are of its kind."""


def members_named(words: str) -> Members:
    """The members that an aggregate names: `other positions` are `others`."""
    return OTHERS if words == "other positions" else words


def members_words(members: Members) -> str:
    """How a rule file names members."""
    return "other positions" if members == OTHERS else members


def members_of(scope: Scope) -> Members:
    """What an aggregate over the members of a scope calls them."""
    return next((members for members, entry in MEMBER_SCOPES.items() if entry == scope), scope)


def member_scope(members: Members) -> Scope:
    """The scope of what an aggregate runs over."""
    return MEMBER_SCOPES.get(members, members)


@frozen(eq=False)
class Constant:
    """A value that is written in the policy."""

    value: Decimal | bool | str
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Field:
    """A value of the account document.

    Attributes:
        entity: whose it is, as seen from the scope: the position itself, its instrument, the settlement `asset`, …
        is_attribute: whether the state class has an attribute of that name; otherwise it is an input.
        default: what holds when the document does not say; None where that is unknown.
    """

    entity: Literal["account", "position", "order", "balance", "instrument", "asset"]
    name: str
    is_attribute: bool
    default: Decimal | bool | str | None
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Fact:
    """What follows from the contract or from the pool's header, not from a rule.

    Of a position: `notional`, `unrealized_pnl`, `entry_value`, `base_quantity`, and the value of one contract,
    `contract_value` at the mark and `contract_entry_value` at entry. Of an order: `notional`, `mark_notional`. Of a
    balance: `amount`, the part of it that the pool draws on, and `is_settlement`, whether it is in the pool's asset. Of a
    pool: `collateral`.
    """

    scope: Scope
    name: str
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Named:
    """A definition: the name by which people know a value, and where its rule stands."""

    scope: Scope
    name: str
    value: "Node"
    dimension: Dimension
    cites: tuple[Citation, ...]
    span: Span = attrs.field(repr=False)
    because: str | None = None


@frozen(eq=False)
class Unary:
    """`-x`, `abs(x)`, `not x`, `sqrt(x)`, `ln(x)`; `decimals` is the step of that many decimals, `10^-x`."""

    operator: Literal["-", "abs", "not", "sqrt", "ln", "decimals"]
    operand: "Node"
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Binary:
    """`+ - * /`, `max` and `min` of two."""

    operator: Literal["+", "-", "*", "/", "max", "min"]
    left: "Node"
    right: "Node"
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Compare:
    """`< <= > >= == !=`, of numbers, choices or flags."""

    operator: Literal["<", "<=", ">", ">=", "==", "!="]
    left: "Node"
    right: "Node"
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Logic:
    """`and`, `or`; the right side counts only where the left one leaves it open."""

    operator: Literal["and", "or"]
    left: "Node"
    right: "Node"
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Conditional:
    """`if c then a else b`; only the branch taken is computed."""

    condition: "Node"
    then: "Node"
    otherwise: "Node"
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Round:
    """A multiple of a step, in a direction."""

    operand: "Node"
    direction: RoundingDirection
    step: "Node"
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class TableSource:
    """Where tiers come from: the instrument's own table, or one of the policy.

    Attributes:
        field: the field of the document that holds it, or None.
        name: name of the policy's table, or of the field.
        table: the policy's table; by symbol where it has rows of several instruments.
    """

    name: str
    field: Field | None
    table: TierTable | None
    by_symbol: Mapping[str, TierTable] | None
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class TierColumn:
    """A cell of the tier at hand, inside `tiered … rate` and `pick`."""

    name: str
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Tiered:
    """Progressive tiers: `key * rate - amount` with the figures of the tier that holds the key.

    Attributes:
        amount: what a tier deducts where the table says; by continuity from the rates where it is None or the cell
            is empty.
    """

    key: "Node"
    table: TableSource
    rate: "Node"
    amount: "Node | None"
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Pick:
    """One row for the whole: a value from the tier that holds the key."""

    key: "Node"
    table: TableSource
    result: "Node"
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Aggregate:
    """Over the members of a pool or a group: their sum, count, largest, smallest, or the value of the only one.

    Attributes:
        group: name of the group whose members they are; None for those of the pool.
        by: the field that names a member's group by its asset; None where it is that of its own asset or instrument.
    """

    operator: Literal["sum", "count", "max", "min", "only"]
    members: Members
    operand: "Node | None"
    where: "Node | None"
    group: str | None
    by: str | None
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class PoolValue:
    """A value of the pool, seen from one of its members."""

    value: "Node"
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class GroupValue:
    """A value of a member's group, or of the group whose asset a field of the member names, seen from the member."""

    group: str
    value: "Node"
    by: str | None
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Given:
    """Whether the document has a field, a tier has a figure, or an action says something."""

    field: "Field | Asked | TierColumn"
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Convert:
    """Money of one asset in another at their index prices; both are symbolic (`settle`, `asset`) or names."""

    operand: "Node"
    origin: str
    target: str
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Asked:
    """What an action says: its amount, quantity, price and so on."""

    name: str
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Seen:
    """A value of the pool, position or balance that an action concerns, before it or after it."""

    world: Literal["before", "after"]
    target: Literal["pool", "position", "balance"]
    value: "Node"
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Elsewhere:
    """A value of a pool that is named by its kind, in the settlement asset of what the action concerns.

    Attributes:
        values: the value in each variant of that kind, by its place among the policy's pools.
    """

    world: Literal["before", "after"]
    kind: str
    values: tuple[tuple[int, "Node"], ...]
    dimension: Dimension
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class Solved:
    """The solved price, before the policy rounds it: only inside a rule for the price itself."""

    name: Literal["solved_liquidation_price", "solved_bankruptcy_price"]
    dimension: Dimension
    span: Span = attrs.field(repr=False)


Node = (
    Constant
    | Field
    | Fact
    | Named
    | Unary
    | Binary
    | Compare
    | Logic
    | Conditional
    | Round
    | TierColumn
    | Tiered
    | Pick
    | Aggregate
    | PoolValue
    | GroupValue
    | Given
    | Asked
    | Seen
    | Elsewhere
    | Convert
    | Solved
)


def children(node: Node) -> tuple[Node, ...]:
    """What a node is made of, in the scope it belongs to and, for an aggregate, its members' scope."""
    match node:
        case Constant() | Field() | Fact() | TierColumn() | Solved() | Asked():
            return ()
        case Named(value=value) | PoolValue(value=value) | GroupValue(value=value):
            return (value,)
        case Given(field=given):
            return (given,)
        case Seen(value=value):
            return (value,)
        case Elsewhere(values=values):
            return tuple(value for _, value in values)
        case Unary(operand=operand) | Convert(operand=operand):
            return (operand,)
        case Binary(left=left, right=right) | Compare(left=left, right=right) | Logic(left=left, right=right):
            return (left, right)
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case Round(operand=operand, step=step):
            return (operand, step)
        case Tiered(key=key, table=table, rate=rate, amount=deduction):
            found = (key, rate) if deduction is None else (key, rate, deduction)
            return (*found, table.field) if table.field is not None else found
        case Pick(key=key, table=table, result=result):
            return (key, result) if table.field is None else (key, result, table.field)
        case Aggregate(operand=maybe, where=where):
            return tuple(part for part in (maybe, where) if part is not None)


def below(*nodes: Node) -> Iterator[Node]:
    """The nodes and all that they are made of, each once, whatever number of ways lead to it; a node before its parts."""
    seen: set[int] = set()
    stack = list(reversed(nodes))
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            stack.extend(reversed(children(node)))


@frozen(eq=False)
class PoolPlan:
    """One kind of pool, or one variant of it.

    Attributes:
        kind: its name, the same for all variants.
        when: over the account's settings; None where it always holds.
        positions: condition under which a position is a member; None if none ever is.
        orders: the same for orders.
        key: what there is one pool for.
        draws_on: what stands behind it.
        draws_where: which balances, of those.
        asset: currency its figures are in; `settle` for the settlement asset of its members.
        mixed: whether it draws on balances of other assets than that too.
        draws_asset: the position's field that names the asset of its assigned margin; None for the settlement asset.
        definitions: named values by scope, then by name.
        groups: what each group that the rules read is by, by its name.
        links: for each such group, the members and the field of theirs that names the asset of one of its kind.
        liquidate: when it is liquidatable; None where it never is.
        thresholds: further named boundaries.
        published: names that the report shows, by scope.
        sees_others: whether its rules look at positions that other pools hold.
    """

    kind: str
    when: Node | None
    positions: Node | None
    orders: Node | None
    key: str
    draws_on: str
    draws_where: Node | None
    draws_asset: str | None
    asset: str
    mixed: bool
    definitions: Mapping[Scope, Mapping[str, Named]]
    liquidate: Named | None
    thresholds: tuple[Named, ...]
    published: Mapping[Scope, tuple[str, ...]]
    groups: Mapping[str, str]
    links: Mapping[str, tuple[tuple[str, str], ...]]
    sees_others: bool
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class LeavingPlan:
    """What must hold after an action.

    Attributes:
        every: the kind of pool it must hold in, `pool` for all; None for a condition on the action.
        other: whether the pool that the action concerns is left out.
        conditions: the condition as read in each of the policy's pools, by the pool's place among them.
        because, refusal: the reason and the venue's name for it where this does not hold: its own, or the whole rule's.
    """

    every: str | None
    other: bool
    conditions: Mapping[int, Node]
    because: str | None
    refusal: str | None
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class ActionRule:
    """`allow` or `refuse`.

    Attributes:
        conditions: its `when` as read for an action that concerns each of the policy's pools; empty where there is none.
        refusal: the venue's own name for the refusal.
    """

    verdict: Literal["allow", "refuse"]
    actions: tuple[str, ...]
    conditions: Mapping[int, Node]
    leaving: tuple[LeavingPlan, ...]
    because: str | None
    refusal: str | None
    cites: tuple[Citation, ...]
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class ImpossiblePlan:
    """What no account is.

    Attributes:
        entity: of which the condition holds; that of a position or an order reads its contract and the account too.
        condition: it follows from choices and flags alone.
        refusal: the venue's own name for refusing what would lead to it.
    """

    entity: Scope
    condition: Node
    because: str
    refusal: str | None
    cites: tuple[Citation, ...]
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class ReplenishPlan:
    """What the venue adds to an isolated position by itself.

    Attributes:
        pools: condition and amount as read in each of the policy's pools of that kind, by the pool's place.
    """

    pools: Mapping[int, tuple[Node, Node]]
    cites: tuple[Citation, ...]
    span: Span = attrs.field(repr=False)


@frozen(eq=False)
class StepPlan:
    """One step of a liquidation.

    Attributes:
        kind: `cancel` the orders of the pool, `close` parts of positions, or `hand over` everything.
        condition: of the pool; None where it always holds.
        share: part of a position that is closed, largest: what positions are ordered by, price: at which, fee: what is
            charged, all of the position.
        to: who receives the fee, or everything.
        where: which orders are cancelled; None for all of the pool.
        on_contracts: whether orders of whichever pool are, on the contracts of the pool's positions.
        together: whether all positions are closed as they stand before any is, rather than one by one while it is due.
    """

    name: str
    kind: Literal["cancel", "close", "hand over"]
    condition: Node | None
    share: Node | None
    largest: Node | None
    price: Node | None
    fee: Node | None
    to: str | None
    cites: tuple[Citation, ...]
    span: Span = attrs.field(repr=False)
    where: Node | None = None
    together: bool = False
    on_contracts: bool = False


@frozen(eq=False)
class SourceNote:
    """A source that the policy was written from."""

    name: str
    title: str
    address: str
    read: date


@frozen(eq=False)
class Plan:
    """The whole of a policy, typed and in order.

    Attributes:
        digest: sha256 over the rule file, what it extends, and the data files it loads.
        start: first day on which the rules hold; until: the first on which they no longer do.
        inputs: the fields it declares, for the reader of documents.
        omits: what the venue has and the policy leaves out, in its own words.
        impossible: what no account is.
        actions: what may be done, in the order of the file.
        replenishments: what the venue adds to isolated positions by itself.
        liquidations: the steps of a liquidation, by the pool's place among the pools.
        dated_tables: the policy's tables that have a last day, with it.
    """

    name: str
    title: str
    version: str
    digest: str
    start: date | None
    until: date | None
    contracts: tuple[str, ...]
    sources: Mapping[str, SourceNote]
    omits: tuple[str, ...]
    inputs: tuple[FieldSpec, ...]
    pools: tuple[PoolPlan, ...]
    impossible: tuple[ImpossiblePlan, ...]
    actions: tuple[ActionRule, ...]
    replenishments: tuple[ReplenishPlan, ...]
    liquidations: Mapping[int, tuple[StepPlan, ...]]
    dated_tables: Mapping[str, date]
    span: Span = attrs.field(repr=False)
