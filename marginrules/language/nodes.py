"""The syntax tree: frozen records, one kind a construct, each with the place it came from.

Equality ignores places and comments, so a formatted file parses to an equal tree. The two unions `Expression` and
`Item` are closed: a walker that forgets a kind does not pass type checking.
"""

from datetime import date
from decimal import Decimal
from typing import Literal

from attrs import field, frozen

from marginrules.language.source import Span


def _span() -> Span:
    return field(eq=False, repr=False)  # type: ignore[no-any-return]


@frozen
class Comments:
    """Comments that belong to a statement: whole lines before it, and one at the end of its last line.

    Attributes:
        blank_before: whether an empty line stands before it (and its comments) in the text.
    """

    before: tuple[str, ...] = ()
    after: str | None = None
    blank_before: bool = False


NO_COMMENTS = Comments()


def _comments() -> Comments:
    return field(default=NO_COMMENTS, eq=False, repr=False)


# ---------------------------------------------------------------- expressions


@frozen
class Number:
    """`0.5%`, `25 bps`, `10_000 USDC`, `8 hours`, `2`.

    Attributes:
        value: the number as written, before the unit is applied: 0.5 for `0.5%`.
        unit: `%`, `bps`, a currency, a unit of time, or empty.
        text: the digits as written, underscores included.
    """

    value: Decimal
    unit: str
    text: str = field(eq=False)
    span: Span = _span()


@frozen
class Text:
    """`"single-collateral"`: a choice whose value is not a word."""

    value: str
    span: Span = _span()


@frozen
class Flag:
    """`true`, `false`."""

    value: bool
    span: Span = _span()


@frozen
class Name:
    """`notional`, `instrument.max_leverage`, `isolated` (a choice), `LONG`, `token[quote_asset].price`.

    Attributes:
        link: the field in brackets, which names the asset of the group that is meant.
    """

    parts: tuple[str, ...]
    link: str | None = field(default=None, kw_only=True)
    span: Span = _span()

    @property
    def text(self) -> str:
        """The name as written."""
        first, *rest = self.parts
        return ".".join((first if self.link is None else f"{first}[{self.link}]", *rest))


@frozen
class Unary:
    """`-x`, `not x`."""

    operator: Literal["-", "not"]
    operand: "Expression"
    span: Span = _span()


@frozen
class Binary:
    """`a + b`, `a * b`, `a < b`, `a and b` and their like."""

    operator: str
    left: "Expression"
    right: "Expression"
    span: Span = _span()


@frozen
class Conditional:
    """`if condition then a else b`."""

    condition: "Expression"
    then: "Expression"
    otherwise: "Expression"
    span: Span = _span()


@frozen
class Call:
    """`max(a, b)`, `sqrt(x)`, `weighted(3%)`."""

    function: str
    arguments: tuple["Expression", ...]
    span: Span = _span()


@frozen
class MemberSet:
    """`positions where quantity > 0`: the members of a pool that an aggregate runs over.

    Attributes:
        by: the field that names the asset of the group which a member is counted in, in place of its own asset.
    """

    name: str
    where: "Expression | None"
    by: str | None = field(default=None, kw_only=True)
    span: Span = _span()


@frozen
class Aggregate:
    """`sum(notional of positions where …)`, `count(orders)`, `max(rate of positions)`; `sum(x)` is over positions."""

    function: str
    operand: "Expression | None"
    members: MemberSet
    span: Span = _span()


@frozen
class Tiered:
    """`tiered notional by instrument.tiers rate tier.maintenance_rate`: progressive, each slice at its own rate.

    Attributes:
        amount: the amount a tier deducts, where the table publishes it; by continuity otherwise.
    """

    key: "Expression"
    table: Name
    rate: "Expression"
    amount: "Expression | None"
    span: Span = _span()


@frozen
class Pick:
    """`pick tier.maintenance_rate from instrument.tiers at notional`: one row for the whole position."""

    result: "Expression"
    table: Name
    key: "Expression"
    span: Span = _span()


RoundingDirection = Literal["up", "down", "away_from_zero", "toward_zero", "half_up", "half_even"]


@frozen
class Round:
    """`round(x, up to instrument.tick_size)`, `round(x, up to 8 decimals)`.

    Attributes:
        step: the step, or with `decimals` the number of decimals.
    """

    operand: "Expression"
    direction: str
    step: "Expression"
    decimals: bool = field(default=False, kw_only=True)
    span: Span = _span()


@frozen
class Convert:
    """`unrealized_pnl in USD`: money of one asset in another, at their index prices."""

    operand: "Expression"
    asset: Name
    span: Span = _span()


Expression = (
    Number | Text | Flag | Name | Unary | Binary | Conditional | Call | Aggregate | Tiered | Pick | Round | Convert
)


# ---------------------------------------------------------------- statements


@frozen
class Citation:
    """`cites margining "Liquidations"`: where a rule stands in a declared source."""

    source: str
    passage: str | None
    span: Span = _span()


@frozen
class SourceDeclaration:
    """`source margining = "Hyperliquid docs, Margining" "https://…" read 2026-11-20`."""

    name: str
    title: str
    address: str
    read: date
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class HeaderText:
    """`title "…"`, `version "…"`, `omits "…"`."""

    keyword: Literal["title", "version", "omits"]
    value: str
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class Effective:
    """`effective from 2025-05-01 until 2026-01-01` (the last day is not included)."""

    start: date
    until: date | None
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class Contracts:
    """`contracts linear, inverse`: the kinds of contract the policy is about."""

    kinds: tuple[str, ...]
    span: Span = _span()
    comments: Comments = _comments()


HeaderItem = SourceDeclaration | HeaderText | Effective | Contracts


@frozen
class Header:
    """`policy NAME [extends BASE] { … }`."""

    name: str
    extends: str | None
    items: tuple[HeaderItem, ...]
    span: Span = _span()
    comments: Comments = _comments()
    closing: Comments = _comments()


@frozen
class DimensionName:
    """`rate`, `money in USD`, `rate per base`, `choice of cross, isolated`.

    Attributes:
        asset: the asset of `money in`.
        choices: the values of `choice of`.
        per: the unit after `per`.
    """

    name: str
    asset: str | None
    choices: tuple[str, ...]
    per: str | None
    span: Span = _span()


@frozen
class Period:
    """`from 2025-07-29`, `until 2025-07-29`: the days on which a rule holds; the last is not included."""

    start: date | None
    until: date | None

    def holds(self, day: date) -> bool:
        """Whether the rule holds on a day."""
        return (self.start is None or day >= self.start) and (self.until is None or day < self.until)


@frozen
class Input:
    """`input instrument.max_leverage: number in 1 .. 200 "highest leverage offered"`."""

    entity: str
    name: str
    dimension: DimensionName
    default: Expression | None
    minimum: Expression | None
    maximum: Expression | None
    documentation: str
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class Constant:
    """`const close_fee: rate = 0.05% cites fees`."""

    name: str
    replace: bool
    dimension: DimensionName | None
    value: Expression
    cites: tuple[Citation, ...]
    period: Period | None = field(default=None, kw_only=True)
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class Definition:
    """`initial_margin = notional / leverage cites margining`, in a block of its entity.

    Attributes:
        replace: whether it takes the place of the one in the policy that is extended.
        publish: whether the report shows it.
        parameters: names of the arguments of a definition that is called, empty for a plain one.
        period: the days on which it holds; None where it always does.
    """

    name: str
    replace: bool
    publish: bool
    parameters: tuple[str, ...]
    value: Expression
    cites: tuple[Citation, ...]
    period: Period | None = field(default=None, kw_only=True)
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class Definitions:
    """`position { … }`: definitions on every entity of a kind; inside a pool, those of its members only."""

    entity: str
    definitions: tuple[Definition, ...]
    span: Span = _span()
    comments: Comments = _comments()
    closing: Comments = _comments()


@frozen
class Group:
    """`group market by instrument { … }`: what a pool's members with the same key have together.

    Attributes:
        key: `instrument`, `underlying` or `settlement asset`.
    """

    name: str
    key: str
    definitions: tuple[Definition, ...]
    span: Span = _span()
    comments: Comments = _comments()
    closing: Comments = _comments()


@frozen
class TableRow:
    """`| 50_000 USD | 0.5% | 100 |`."""

    cells: tuple[Expression | None, ...]
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class Table:
    """A tier table written in the file, or read from a data file beside it.

    Attributes:
        columns: names of the columns, of a table in the file.
        file: name of the data file, relative to the rule file.
        per_symbol: whether the data file holds rows of several instruments, by `symbol`.
        valid_until: the day from which the figures are no longer to be relied on.
    """

    name: str
    replace: bool
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    file: str | None
    per_symbol: bool
    valid_until: date | None
    cites: tuple[Citation, ...]
    span: Span = _span()
    comments: Comments = _comments()
    closing: Comments = _comments()


@frozen
class Covers:
    """`covers positions where margin_mode == cross`, `covers orders`."""

    members: Literal["positions", "orders"]
    where: Expression | None
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class OnePer:
    """`one per account`, `one per settlement asset`, `one per position`."""

    key: str
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class DrawsOn:
    """`draws on assigned_margin`, `draws on balances where …`, `draws on remainder of balances`.

    Attributes:
        asset: the field of the position that names the asset of its assigned margin; None for the settlement asset.
    """

    what: Literal["assigned_margin", "balances", "remainder", "nothing"]
    where: Expression | None
    asset: str | None = field(default=None, kw_only=True)
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class ValuedIn:
    """`valued in USD`, `valued in settle`."""

    asset: str
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class Liquidate:
    """`liquidate when equity < maintenance_margin because "…" cites …`."""

    replace: bool
    condition: Expression
    because: str | None
    cites: tuple[Citation, ...]
    period: Period | None = field(default=None, kw_only=True)
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class Threshold:
    """`threshold warning when margin_ratio >= 80%`: a further, named boundary that the report shows."""

    name: str
    replace: bool
    condition: Expression
    because: str | None
    cites: tuple[Citation, ...]
    span: Span = _span()
    comments: Comments = _comments()


PoolItem = Covers | OnePer | DrawsOn | ValuedIn | Liquidate | Threshold | Definition | Definitions


@frozen
class Pool:
    """`pool cross [when condition] { … }`."""

    name: str
    when: Expression | None
    items: tuple[PoolItem, ...]
    span: Span = _span()
    comments: Comments = _comments()
    closing: Comments = _comments()


@frozen
class Leaving:
    """`leaving pool.equity >= 0`, `leaving every other isolated with equity >= maintenance_margin`.

    Attributes:
        every: the kind of pool that the condition must hold in, `pool` for all; None for a condition on the action.
        other: whether the pool that the action concerns is left out.
        because: why it is refused where this does not hold; refusal: the venue's own name or code for it; None where
            they are those of the whole rule.
    """

    every: str | None
    other: bool
    condition: Expression
    because: str | None = field(default=None, kw_only=True)
    refusal: str | None = field(default=None, kw_only=True)
    span: Span = _span()


@frozen
class Allow:
    """`allow withdraw when … leaving …`: an action that may be done, and what must hold afterwards.

    Attributes:
        because: why it is refused where that does not hold; refusal: the venue's own name or code for it; what a
            condition of `leaving` says for itself goes before.
    """

    actions: tuple[str, ...]
    condition: Expression | None
    leaving: tuple[Leaving, ...]
    because: str | None
    refusal: str | None
    cites: tuple[Citation, ...]
    period: Period | None = field(default=None, kw_only=True)
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class Refuse:
    """`refuse switch_mode when quantity != 0 because "…" as "-4048"`: when an action may not be done.

    Attributes:
        refusal: the venue's own name or code for it.
    """

    actions: tuple[str, ...]
    condition: Expression
    because: str
    refusal: str | None
    cites: tuple[Citation, ...]
    period: Period | None = field(default=None, kw_only=True)
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class Impossible:
    """`impossible position, order when margin_mode == isolated and account.multi because "…"`: what no account is.

    Attributes:
        entities: what it is said of: `account`, `position` or `order`.
        refusal: the venue's own name or code for refusing what would lead to it.
    """

    entities: tuple[str, ...]
    condition: Expression
    because: str
    refusal: str | None
    cites: tuple[Citation, ...]
    period: Period | None = field(default=None, kw_only=True)
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class Replenish:
    """`replenish isolated when … adding …`: cash that the venue assigns to an isolated position by itself."""

    pool: str
    condition: Expression
    amount: Expression
    cites: tuple[Citation, ...]
    period: Period | None = field(default=None, kw_only=True)
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class CancelOrders:
    """`cancel orders`: all orders of the pool; `cancel orders where not reduce_only`: those of them.

    Attributes:
        where: which of them; all, where it is absent.
        on_contracts: `on its contracts`: the orders on the contracts of the pool's positions, in whichever pool they are.
    """

    where: Expression | None
    on_contracts: bool = field(default=False, kw_only=True)
    span: Span = _span()


@frozen
class Close:
    """`close 20% largest notional first at mark fee 0.5% * notional to "insurance fund"`.

    Attributes:
        share: the part of a position's quantity that is closed.
        largest: what positions are ordered by, the largest first; in the order of the account where it is absent.
        price: at which it is closed; the mark price where it is absent.
        fee: what is charged for it; to: who receives it.
        together: whether shares, prices and fees are worked out for all positions before any is closed, and all are;
            otherwise one position after the other, until the pool is safe.
    """

    share: Expression
    largest: Expression | None
    price: Expression | None
    fee: Expression | None
    to: str | None
    together: bool = field(default=False, kw_only=True)
    span: Span = _span()


@frozen
class HandOver:
    """`hand over to "insurance fund"`: all positions of the pool with all that backs them."""

    to: str
    span: Span = _span()


@frozen
class Step:
    """`step NAME when … close …`: one step of a liquidation, taken where its condition holds."""

    name: str
    condition: Expression | None
    body: CancelOrders | Close | HandOver
    cites: tuple[Citation, ...]
    span: Span = _span()
    comments: Comments = _comments()


@frozen
class Liquidation:
    """`liquidation cross { … }`: what the venue does with a pool that is liquidatable.

    Attributes:
        when: the condition by which the variant that it is about is declared; None for all that have none of their own.
    """

    pool: str
    when: Expression | None
    steps: tuple[Step, ...]
    span: Span = _span()
    comments: Comments = _comments()
    closing: Comments = _comments()


Item = Impossible | Allow | Refuse | Replenish | Liquidation | Input | Constant | Definitions | Group | Table | Pool


@frozen
class PolicyFile:
    """A whole rule file."""

    header: Header
    items: tuple[Item, ...]
    span: Span = _span()
    closing: Comments = _comments()
