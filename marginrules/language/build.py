"""Parse tree to syntax tree: one method a grammar rule, and the comments put back where they stood."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import attrs
from lark import Token, Transformer, v_args

from marginrules.language import nodes
from marginrules.language.diagnostics import Diagnostic
from marginrules.language.source import Source, Span

MAXIMUM_DIGITS = 40
"""Most digits of a number in a rule file."""


_LEADING_ZERO = re.compile(r"0_*\d")
_GROUPED = re.compile(r"(?<![\w.])\d{1,3}(?:,\d{3})*,$")


def _text(token: Token) -> str:
    return str(token)[1:-1]


class Builder(Transformer[Token, nodes.PolicyFile]):
    """Turns lark's tree into nodes, from the leaves up.

    Attributes:
        found: what the grammar admits and the language does not, such as the 31st of February. Where there is
            something, the nodes are not to be used.
    """

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source
        self.found: list[Diagnostic] = []

    def _span(self, meta: Any) -> Span:
        return Span(self.source, meta.line, meta.column, meta.end_line, meta.end_column, meta.start_pos, meta.end_pos)

    def _token_span(self, token: Token) -> Span:
        return self._span(token)

    def _tell(self, span: Span, problem: str, remedy: str) -> None:
        self.found.append(Diagnostic("syntax", span, problem, remedy))

    def _date(self, token: Token, otherwise: date = date.min) -> date:
        try:
            return date.fromisoformat(str(token))
        except ValueError:
            self._tell(self._token_span(token), f"there is no day {token}", "write year-month-day")
            return otherwise

    def _until(self, token: Token | None) -> date | None:
        # A day that there is not lies after all others, so that nothing is said of the order of the two.
        return self._date(token, date.max) if token is not None else None

    # ------------------------------------------------------------ header

    @v_args(meta=True)
    def start(self, meta: Any, children: list[Any]) -> nodes.PolicyFile:
        return nodes.PolicyFile(children[0], tuple(children[1:]), span=self._span(meta))

    @v_args(meta=True)
    def header(self, meta: Any, children: list[Any]) -> nodes.Header:
        name, extends, *items = children
        return nodes.Header(str(name), None if extends is None else str(extends), tuple(items), span=self._span(meta))

    @v_args(meta=True)
    def header_text(self, meta: Any, children: list[Token]) -> nodes.HeaderText:
        keyword, value = children
        return nodes.HeaderText(str(keyword), _text(value), span=self._span(meta))  # type: ignore[arg-type]

    @v_args(meta=True)
    def effective(self, meta: Any, children: list[Any]) -> nodes.Effective:
        start, until = children
        span = self._span(meta)
        found = nodes.Effective(self._date(start), self._until(until), span=span)
        if found.until is not None and found.until <= found.start:
            self._tell(span, "the rules would end before they begin", "put the later date after `until`")
        return found

    @v_args(meta=True)
    def source_declaration(self, meta: Any, children: list[Token]) -> nodes.SourceDeclaration:
        name, title, address, read = children
        return nodes.SourceDeclaration(str(name), _text(title), _text(address), self._date(read), span=self._span(meta))

    @v_args(meta=True)
    def contracts(self, meta: Any, children: list[Token]) -> nodes.Contracts:
        for child in children:
            if child not in {"linear", "inverse", "quanto"}:
                self._tell(
                    self._token_span(child), f"there is no contract kind `{child}`", "use linear, inverse or quanto"
                )
        return nodes.Contracts(tuple(str(child) for child in children), span=self._span(meta))

    # ------------------------------------------------------------ items

    @v_args(meta=True)
    def input(self, meta: Any, children: list[Any]) -> nodes.Input:
        entity, name, dimension, default, minimum, maximum, documentation = children
        known = ("account", "balance", "position", "order", "instrument", "asset")
        if entity not in known:
            self._tell(self._token_span(entity), f"`{entity}` has no inputs", f"an input belongs to {', '.join(known)}")
        return nodes.Input(
            str(entity), str(name), dimension, default, minimum, maximum, _text(documentation), span=self._span(meta)
        )

    @v_args(meta=True)
    def dimension(self, meta: Any, children: list[Any]) -> nodes.DimensionName:
        name, *rest, per = children
        asset: str | None = None
        choices: tuple[str, ...] = ()
        if name == "money":
            asset = str(rest[0])
        elif name == "choice":
            choices = tuple(child.value if isinstance(child, nodes.Text) else str(child) for child in rest)
        return nodes.DimensionName(str(name), asset, choices, per, span=self._span(meta))

    def per(self, children: list[Token]) -> str:
        return str(children[0])

    @v_args(meta=True)
    def constant(self, meta: Any, children: list[Any]) -> nodes.Constant:
        replace, name, dimension, period, value, *cites = children
        return nodes.Constant(
            str(name), replace is not None, dimension, value, tuple(cites), period=period, span=self._span(meta)
        )

    @v_args(meta=True)
    def citation(self, meta: Any, children: list[Any]) -> nodes.Citation:
        source, passage = children
        return nodes.Citation(str(source), _text(passage) if passage is not None else None, span=self._span(meta))

    @v_args(meta=True)
    def table(self, meta: Any, children: list[Any]) -> nodes.Table:
        replace, name, body, *cites = children
        return nodes.Table(
            name=str(name), replace=replace is not None, cites=tuple(cites), span=self._span(meta), **body
        )

    def table_rows(self, children: list[Any]) -> dict[str, Any]:
        columns, *rows = children
        for row in rows:
            if len(row.cells) != len(columns):
                # A bar at the beginning of the next line is then read as the end of a cell.
                unended = len(row.cells) > len(columns) and "\n" in row.span.text
                self._tell(
                    row.span,
                    f"this row has {len(row.cells)} cells, the table {len(columns)} columns",
                    "end each row with `|`" if unended else "write one cell a column",
                )
        return {"columns": columns, "rows": tuple(rows), "file": None, "per_symbol": False, "valid_until": None}

    def table_head(self, children: list[Token]) -> tuple[str, ...]:
        return tuple(str(child) for child in children)

    @v_args(meta=True)
    def table_row(self, meta: Any, children: list[Any]) -> nodes.TableRow:
        return nodes.TableRow(tuple(None if cell is _NO_CELL else cell for cell in children), span=self._span(meta))

    def no_cell(self, _children: list[Token]) -> object:
        return _NO_CELL

    def table_file(self, children: list[Any]) -> dict[str, Any]:
        file, per_symbol, until = children
        return {
            "columns": (),
            "rows": (),
            "file": _text(file),
            "per_symbol": per_symbol is not None,
            "valid_until": self._until(until),
        }

    @v_args(meta=True)
    def definitions(self, meta: Any, children: list[Any]) -> nodes.Definitions:
        entity, *found = children
        return nodes.Definitions(str(entity), tuple(found), span=self._span(meta))

    @v_args(meta=True)
    def definition(self, meta: Any, children: list[Any]) -> nodes.Definition:
        replace, publish, name, *rest = children
        parameters = tuple(str(child) for child in rest if isinstance(child, Token))
        period = next((child for child in rest if isinstance(child, nodes.Period)), None)
        value, *cites = [child for child in rest if child is not None and not isinstance(child, Token | nodes.Period)]
        return nodes.Definition(
            str(name),
            replace is not None,
            publish is not None,
            parameters,
            value,
            tuple(cites),
            period=period,
            span=self._span(meta),
        )

    @v_args(meta=True)
    def period_from(self, meta: Any, children: list[Any]) -> nodes.Period:
        start, until = children
        found = nodes.Period(self._date(start), self._until(until))
        if found.until is not None and found.start is not None and found.until <= found.start:
            self._tell(self._span(meta), "the rule would end before it begins", "put the later date after `until`")
        return found

    def period_until(self, children: list[Token]) -> nodes.Period:
        return nodes.Period(None, self._until(children[0]))

    @v_args(meta=True)
    def group(self, meta: Any, children: list[Any]) -> nodes.Group:
        name, key, *found = children
        word = " ".join(str(key).split())
        if word not in {"instrument", "underlying", "settlement asset"}:
            self._tell(
                self._token_span(key),
                f"members are not grouped by {word}",
                "group them by instrument, by underlying or by settlement asset",
            )
        return nodes.Group(str(name), word, tuple(found), span=self._span(meta))

    @v_args(meta=True)
    def pool(self, meta: Any, children: list[Any]) -> nodes.Pool:
        name, when, *items = children
        return nodes.Pool(str(name), when, tuple(items), span=self._span(meta))

    @v_args(meta=True)
    def covers(self, meta: Any, children: list[Any]) -> nodes.Covers:
        members, where = children
        if members not in {"positions", "orders"}:
            self._tell(self._token_span(members), "a pool covers its own positions", "write `covers positions where …`")
        return nodes.Covers(str(members), where, span=self._span(meta))  # type: ignore[arg-type]

    @v_args(meta=True)
    def one_per(self, meta: Any, children: list[Token]) -> nodes.OnePer:
        if str(children[0]).startswith("wallet"):
            self._tell(
                self._token_span(children[0]),
                "there is no pool for each wallet",
                "write a pool for each that draws on its balances, such as `draws on balances where wallet == spot`",
            )
        return nodes.OnePer(" ".join(str(children[0]).split()), span=self._span(meta))

    @v_args(meta=True)
    def draws_on(self, meta: Any, children: list[Any]) -> nodes.DrawsOn:
        span = self._span(meta)
        if len(children) == 1:
            return nodes.DrawsOn("nothing", None, span=span)
        if children[0] == "assigned_margin":
            asset = None if children[1] is None else str(children[1])
            return nodes.DrawsOn("assigned_margin", None, asset=asset, span=span)
        remainder, _balances, where = children
        return nodes.DrawsOn("balances" if remainder is None else "remainder", where, span=span)

    @v_args(meta=True)
    def valued_in(self, meta: Any, children: list[Token]) -> nodes.ValuedIn:
        return nodes.ValuedIn(str(children[0]), span=self._span(meta))

    @v_args(meta=True)
    def liquidate(self, meta: Any, children: list[Any]) -> nodes.Liquidate:
        replace, period, condition, because, *cites = children
        return nodes.Liquidate(
            replace is not None,
            condition,
            _text(because) if because is not None else None,
            tuple(cites),
            period=period,
            span=self._span(meta),
        )

    @v_args(meta=True)
    def threshold(self, meta: Any, children: list[Any]) -> nodes.Threshold:
        replace, name, condition, because, *cites = children
        return nodes.Threshold(
            str(name),
            replace is not None,
            condition,
            _text(because) if because is not None else None,
            tuple(cites),
            span=self._span(meta),
        )

    @v_args(meta=True)
    def allow(self, meta: Any, children: list[Any]) -> nodes.Allow:
        actions = tuple(str(child) for child in children if isinstance(child, Token) and child.type == "NAME")
        period, condition, *rest = children[len(actions) :]
        because, refusal, *rest = rest
        leaving = tuple(child for child in rest if isinstance(child, nodes.Leaving))
        because = _text(because) if because is not None else None
        stated = [part for part in leaving if part.because is not None or part.refusal is not None]
        if because is None and refusal is None and len(stated) == 1 and stated[0] is leaving[-1]:
            # The only reason of a rule, at its end, is that of all its conditions.
            because, refusal = leaving[-1].because, leaving[-1].refusal
            leaving = (*leaving[:-1], attrs.evolve(leaving[-1], because=None, refusal=None))
        return nodes.Allow(
            actions,
            condition,
            leaving,
            because,
            refusal,
            tuple(rest[len(leaving) :]),
            period=period,
            span=self._span(meta),
        )

    @v_args(meta=True)
    def refuse(self, meta: Any, children: list[Any]) -> nodes.Refuse:
        actions = tuple(str(child) for child in children if isinstance(child, Token) and child.type == "NAME")
        period, condition, because, refusal, *cites = children[len(actions) :]
        return nodes.Refuse(
            actions, condition, _text(because), refusal, tuple(cites), period=period, span=self._span(meta)
        )

    @v_args(meta=True)
    def impossible(self, meta: Any, children: list[Any]) -> nodes.Impossible:
        entities = tuple(str(child) for child in children if isinstance(child, Token) and child.type == "ENTITY")
        period, condition, because, refusal, *cites = children[len(entities) :]
        return nodes.Impossible(
            entities, condition, _text(because), refusal, tuple(cites), period=period, span=self._span(meta)
        )

    @v_args(meta=True)
    def replenish(self, meta: Any, children: list[Any]) -> nodes.Replenish:
        pool, period, condition, amount, *cites = children
        return nodes.Replenish(str(pool), condition, amount, tuple(cites), period=period, span=self._span(meta))

    @v_args(meta=True)
    def liquidation(self, meta: Any, children: list[Any]) -> nodes.Liquidation:
        pool, when, *steps = children
        return nodes.Liquidation(str(pool), when, tuple(steps), span=self._span(meta))

    @v_args(meta=True)
    def step(self, meta: Any, children: list[Any]) -> nodes.Step:
        name, condition, body, *cites = children
        return nodes.Step(str(name), condition, body, tuple(cites), span=self._span(meta))

    @v_args(meta=True)
    def cancel_orders(self, meta: Any, children: list[Any]) -> nodes.CancelOrders:
        if children[0] != "orders":
            self._tell(self._token_span(children[0]), "only orders can be cancelled", "write `cancel orders`")
        return nodes.CancelOrders(children[2], on_contracts=children[1] is not None, span=self._span(meta))

    @v_args(meta=True)
    def close(self, meta: Any, children: list[Any]) -> nodes.Close:
        share, order, price, fee, to = children
        together = isinstance(order, Token)
        return nodes.Close(
            share,
            None if together else order,
            price,
            fee,
            _text(to) if to is not None else None,
            together=together,
            span=self._span(meta),
        )

    @v_args(meta=True)
    def hand_over(self, meta: Any, children: list[Token]) -> nodes.HandOver:
        return nodes.HandOver(_text(children[0]), span=self._span(meta))

    def refusal(self, children: list[Token]) -> str:
        return _text(children[0])

    def leaving(self, children: list[Any]) -> nodes.Leaving:
        found: nodes.Leaving
        found, because, refusal = children
        return attrs.evolve(found, because=None if because is None else _text(because), refusal=refusal)

    @v_args(meta=True)
    def must_leave(self, meta: Any, children: list[Any]) -> nodes.Leaving:
        every, condition = children
        kind, other = every if every is not None else (None, False)
        return nodes.Leaving(kind, other, condition, span=self._span(meta))

    def every(self, children: list[Token]) -> tuple[str, bool]:
        other, kind = children
        return str(kind), other is not None

    # ------------------------------------------------------------ expressions

    @v_args(meta=True)
    def conditional(self, meta: Any, children: list[Any]) -> nodes.Conditional:
        condition, then, otherwise = children
        return nodes.Conditional(condition, then, otherwise, span=self._span(meta))

    @v_args(meta=True)
    def tiered(self, meta: Any, children: list[Any]) -> nodes.Tiered:
        key, table, rate, *amount = children
        return nodes.Tiered(key, table, rate, amount[0] if amount else None, span=self._span(meta))

    @v_args(meta=True)
    def pick(self, meta: Any, children: list[Any]) -> nodes.Pick:
        result, table, key = children
        return nodes.Pick(result, table, key, span=self._span(meta))

    @v_args(meta=True)
    def binary(self, meta: Any, children: list[Any]) -> nodes.Binary:
        left, operator, right = children
        return nodes.Binary(str(operator), left, right, span=self._span(meta))

    @v_args(meta=True)
    def unary(self, meta: Any, children: list[Any]) -> nodes.Unary:
        operator, operand = children
        return nodes.Unary(str(operator), operand, span=self._span(meta))  # type: ignore[arg-type]

    @v_args(meta=True)
    def convert(self, meta: Any, children: list[Any]) -> nodes.Convert:
        operand, asset = children
        return nodes.Convert(operand, asset, span=self._span(meta))

    @v_args(meta=True)
    def asset_name(self, meta: Any, children: list[Token]) -> nodes.Name:
        return nodes.Name((str(children[0]),), span=self._span(meta))

    @v_args(meta=True)
    def name(self, meta: Any, children: list[Token]) -> nodes.Name:
        return nodes.Name(tuple(str(child) for child in children), span=self._span(meta))

    @v_args(meta=True)
    def linked(self, meta: Any, children: list[Token]) -> nodes.Name:
        group, link, attribute = children
        return nodes.Name((str(group), str(attribute)), link=str(link), span=self._span(meta))

    @v_args(meta=True)
    def call(self, meta: Any, children: list[Any]) -> nodes.Call | nodes.Aggregate:
        function, *arguments = children
        span = self._span(meta)
        if function == "sum" and len(arguments) == 1:
            members = nodes.MemberSet("positions", None, span=arguments[0].span)
            return nodes.Aggregate("sum", arguments[0], members, span=span)
        return nodes.Call(str(function), tuple(arguments), span=span)

    @v_args(meta=True)
    def aggregate(self, meta: Any, children: list[Any]) -> nodes.Aggregate:
        function, operand, members = children
        if function not in {"sum", "max", "min"}:
            self._tell(
                self._token_span(function), f"`{function}` does not run over members", "use sum, max, min or count"
            )
        return nodes.Aggregate(str(function), operand, members, span=self._span(meta))

    @v_args(meta=True)
    def count(self, meta: Any, children: list[Any]) -> nodes.Aggregate:
        return nodes.Aggregate("count", None, children[1], span=self._span(meta))

    @v_args(meta=True)
    def members(self, meta: Any, children: list[Any]) -> nodes.MemberSet:
        name, by, where = children
        return nodes.MemberSet(
            " ".join(str(name).split()), where, by=None if by is None else str(by), span=self._span(meta)
        )

    @v_args(meta=True)
    def round(self, meta: Any, children: list[Any]) -> nodes.Round:
        operand, direction, step, decimals = children
        return nodes.Round(operand, str(direction), step, decimals=decimals is not None, span=self._span(meta))

    @v_args(meta=True)
    def number(self, meta: Any, children: list[Token]) -> nodes.Number:
        digits = str(children[0])
        span = self._span(meta)
        if sum(character.isdigit() for character in digits) > MAXIMUM_DIGITS:
            self._tell(span, f"a number has at most {MAXIMUM_DIGITS} digits", "shorten it")
        elif _LEADING_ZERO.match(digits):
            # `max(0, 50,000)` would be three numbers, and the last of them 0.
            before = _GROUPED.search(self.source.text, max(0, span.start - MAXIMUM_DIGITS), span.start)
            grouped = f"; `{before.group().replace(',', '_')}{digits}` is one number" if before else ""
            self._tell(span, f"the number {digits} begins with 0", f"leave out the zero{grouped}")
        elif not digits.isascii():
            self._tell(span, f"`{digits}` has digits that are not 0 to 9", "write it with the digits 0 to 9")
        unit = str(children[1]) if len(children) > 1 else ""
        return nodes.Number(Decimal(digits.replace("_", "")), unit, digits, span=span)

    @v_args(meta=True)
    def text(self, meta: Any, children: list[Token]) -> nodes.Text:
        return nodes.Text(_text(children[0]), span=self._span(meta))

    @v_args(meta=True)
    def flag(self, meta: Any, children: list[Token]) -> nodes.Flag:
        return nodes.Flag(children[0] == "true", span=self._span(meta))


_NO_CELL = object()


# ---------------------------------------------------------------- comments

_COMMENT = re.compile(r'"[^"\n]*"|(#[^\n]*)')


@attrs.frozen
class _Comment:
    start: int
    line: int
    text: str
    alone: bool
    """Whether nothing but white space stands before it on its line."""


def attach_comments(file: nodes.PolicyFile, source: Source) -> nodes.PolicyFile:
    """Give each comment to the statement it stands before, or at the end of."""
    comments: list[_Comment] = []
    for match in _COMMENT.finditer(source.text):
        if match.group(1):
            line_start = source.text.rfind("\n", 0, match.start()) + 1
            line = source.text.count("\n", 0, match.start()) + 1
            alone = not source.text[line_start : match.start()].strip()
            comments.append(_Comment(match.start(), line, match.group(1).rstrip(), alone))
    blank = {number for number, text in enumerate(source.lines, 1) if not text.strip()}
    header, *items = _attach([file.header, *file.items], comments, blank)
    closing = nodes.Comments(_texts(comments, blank))
    return attrs.evolve(file, header=header, items=tuple(items), closing=closing)


def _attach(statements: Sequence[Any], comments: list[_Comment], blank: set[int]) -> list[Any]:
    """Take from `comments` what belongs to the statements; what is left stands after the last of them."""
    attached: list[Any] = []
    for statement in statements:
        span: Span = statement.span
        before = _take(comments, lambda comment, span=span: comment.start < span.start)
        first_line = before[0].line if before else span.line
        inside = _take(comments, lambda comment, span=span: comment.start < span.end)
        changes: dict[str, Any] = {}
        container = _container_of(statement)
        moved: tuple[str, ...] = ()
        if container is not None:
            changes[container] = tuple(_attach(getattr(statement, container), inside, blank))
            changes["closing"] = nodes.Comments(_texts(inside, blank))
        else:
            moved = _texts(inside, set())
        after = _take(comments, lambda comment, span=span: comment.line == span.end_line and not comment.alone)
        changes["comments"] = nodes.Comments(
            (*_texts(before, blank, span.line), *moved),
            after[0].text if after else None,
            (first_line - 1) in blank,
        )
        attached.append(attrs.evolve(statement, **changes))
    return attached


def _texts(comments: list[_Comment], blank: set[int], until: int | None = None) -> tuple[str, ...]:
    """Their texts, with an empty one where an empty line follows before the next, or before the line `until`."""
    lines = [comment.line for comment in comments[1:]] + [until or 0]
    found: list[str] = []
    for comment, following in zip(comments, lines, strict=False):
        found.append(comment.text)
        if comment.line + 1 in blank and following > comment.line + 1:
            found.append("")
    return tuple(found)


def _take(comments: list[_Comment], wanted: Any) -> list[_Comment]:
    taken = []
    while comments and wanted(comments[0]):
        taken.append(comments.pop(0))
    return taken


def _container_of(statement: Any) -> str | None:
    match statement:
        case nodes.Header() | nodes.Pool():
            return "items"
        case nodes.Definitions() | nodes.Group():
            return "definitions"
        case nodes.Liquidation():
            return "steps"
        case nodes.Table() if statement.rows:
            return "rows"
        case _:
            return None
