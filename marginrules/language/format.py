"""The one way to lay out a rule file: a function of the tree and its comments alone.

Line breaks, alignment and parentheses follow from what is said, never from how it was typed, so formatting twice
changes nothing. The result is parsed again: were it to mean something else, nothing would be written.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import assert_never

from marginrules.errors import MarginRulesError
from marginrules.language import nodes
from marginrules.language.nodes import Comments
from marginrules.language.parser import parse

WIDTH = 110
"""Longest line, where there is a place to break it."""

ALIGNED = 30
"""Longest head of a definition that others are aligned with; a longer one has its `=` right behind it.

So a long name moves no line but its own.
"""

_STEP = "  "
_LEVELS = {"or": 1, "and": 2, "not": 3, "compare": 4, "sum": 5, "product": 6, "sign": 7, "convert": 8, "atom": 9}
_OPERATORS = {"or": "or", "and": "and", "+": "sum", "-": "sum", "*": "product", "/": "product"}


class FormatError(MarginRulesError):
    """Formatting would have changed a policy: a defect here, and nothing was written."""


def format_text(text: str, name: str = "<string>") -> str:
    """A rule file's text in the one layout.

    Args:
        text: the whole text.
        name: what messages call it.

    Raises:
        RuleFileError: the text is not in the language.
        FormatError: the result would mean something else, or lack a comment.
    """
    file = parse(text, name)
    formatted = format_file(file)
    again = parse(formatted, name)
    if again != file or sorted(_comment_texts(again)) != sorted(_comment_texts(file)):
        message = (
            f"{name}: the formatted text would differ in meaning, so it was not written\nhelp: please report this file"
        )
        raise FormatError(message)
    return formatted


def format_file(file: nodes.PolicyFile) -> str:
    """The text of a syntax tree, with its comments."""
    lines = list(_header(file.header))
    previous: nodes.Item | None = None
    for item in file.items:
        if _apart(previous, item):
            lines.append("")
        lines.extend(_item(item, ""))
        previous = item
    if file.closing.before:
        lines.extend(["", *file.closing.before])
    return "\n".join(lines) + "\n"


def _apart(previous: nodes.Item | None, item: nodes.Item) -> bool:
    """Whether an empty line stands between two items: always, but between inputs or constants as written."""
    together = (nodes.Input, nodes.Constant)
    if isinstance(previous, together) and type(previous) is type(item):
        return item.comments.blank_before
    return True


def _comment_texts(file: nodes.PolicyFile) -> Iterator[str]:
    def of(comments: Comments) -> Iterator[str]:
        yield from comments.before
        if comments.after is not None:
            yield comments.after

    def visit(node: object) -> Iterator[str]:
        for attribute in ("comments", "closing"):
            found = getattr(node, attribute, None)
            if isinstance(found, Comments):
                yield from of(found)
        for attribute in ("header", "items", "definitions", "rows", "steps"):
            inner = getattr(node, attribute, ())
            for part in inner if isinstance(inner, tuple) else (inner,):
                yield from visit(part)

    yield from visit(file)


# ---------------------------------------------------------------- blocks


def _commented(lines: list[str], comments: Comments, indent: str) -> list[str]:
    if comments.after is not None:
        lines = [*lines[:-1], f"{lines[-1]}  {comments.after}"]
    return [*_comment_lines(comments, indent), *lines]


def _comment_lines(comments: Comments, indent: str) -> list[str]:
    return [f"{indent}{comment}" if comment else "" for comment in comments.before]


def _block(head: str, body: list[str], closing: Comments, comments: Comments, indent: str) -> list[str]:
    inner = [*body, *_comment_lines(closing, indent + _STEP)]
    lines = [f"{indent}{head} {{", *inner, f"{indent}}}"] if inner else [f"{indent}{head} {{", f"{indent}}}"]
    return _commented(lines, comments, indent)


def _header(header: nodes.Header) -> list[str]:
    head = f"policy {header.name}" + (f" extends {header.extends}" if header.extends is not None else "")
    sources = [item.name for item in header.items if isinstance(item, nodes.SourceDeclaration)]
    width = max((len(name) for name in sources), default=0)
    words = [_header_keyword(item) for item in header.items]
    padding = max((len(word) for word in words if word not in {"source", "contracts", "omits"}), default=0)
    body: list[str] = []
    for item in header.items:
        if body and item.comments.blank_before:
            body.append("")
        body.extend(_commented([_STEP + _header_item(item, width, padding)], item.comments, _STEP))
    return _block(head, body, header.closing, header.comments, "")


def _header_keyword(item: nodes.HeaderItem) -> str:
    match item:
        case nodes.HeaderText(keyword=keyword):
            return keyword
        case nodes.Effective():
            return "effective"
        case nodes.Contracts():
            return "contracts"
        case nodes.SourceDeclaration():
            return "source"
        case _:
            assert_never(item)


def _header_item(item: nodes.HeaderItem, width: int, padding: int) -> str:
    match item:
        case nodes.HeaderText(keyword="omits", value=value):
            return f'omits "{value}"'
        case nodes.HeaderText(keyword=keyword, value=value):
            return f'{keyword:<{padding}} "{value}"'
        case nodes.Effective(start=start, until=until):
            return f"{'effective':<{padding}} from {start}" + (f" until {until}" if until is not None else "")
        case nodes.Contracts(kinds=kinds):
            return f"contracts {', '.join(kinds)}"
        case nodes.SourceDeclaration(name=name, title=title, address=address, read=read):
            return f'source {name:<{width}} = "{title}" "{address}" read {read}'
        case _:
            assert_never(item)


def _item(item: nodes.Item, indent: str) -> list[str]:
    match item:
        case nodes.Input():
            return _commented([indent + _input(item)], item.comments, indent)
        case nodes.Constant():
            head = ("replace " if item.replace else "") + f"const {item.name}"
            if item.dimension is not None:
                head += f": {_dimension(item.dimension)}"
            head += _period(item.period)
            return _commented(
                _statement(f"{head} = ", item.value, _tail(None, item.cites), indent), item.comments, indent
            )
        case nodes.Definitions():
            return _definitions(item, indent)
        case nodes.Group():
            body = _aligned(item.definitions, indent + _STEP)
            return _block(f"group {item.name} by {item.key}", body, item.closing, item.comments, indent)
        case nodes.Table():
            return _table(item, indent)
        case nodes.Pool():
            return _pool(item, indent)
        case nodes.Impossible():
            head = f"impossible {', '.join(item.entities)}{_period(item.period)} when "
            lines = _statement(head, item.condition, _reason(item) + _tail(None, item.cites), indent)
            return _commented(lines, item.comments, indent)
        case nodes.Replenish():
            head = f"replenish {item.pool}{_period(item.period)} when "
            lines = _statement(head, item.condition, "", indent)
            lines.extend(_statement("adding ", item.amount, _tail(None, item.cites), indent + _STEP))
            return _commented(lines, item.comments, indent)
        case nodes.Liquidation():
            body = []
            for step in item.steps:
                if step.comments.blank_before and body:
                    body.append("")
                body.extend(_commented(_step(step, indent + _STEP), step.comments, indent + _STEP))
            head = f"liquidation {item.pool}" + (f" when {_expression(item.when)}" if item.when is not None else "")
            return _block(head, body, item.closing, item.comments, indent)
        case nodes.Allow() | nodes.Refuse():
            return _commented(_action_rule(item, indent), item.comments, indent)
        case _:
            assert_never(item)


def _step(step: nodes.Step, indent: str) -> list[str]:
    head = f"step {step.name} "
    if step.condition is not None:
        head += f"when {_expression(step.condition)} "
    tail = _tail(None, step.cites)
    parts: list[tuple[str, nodes.Expression | None, str]]
    match step.body:
        case nodes.CancelOrders(where=where, on_contracts=on_contracts):
            text = "cancel orders" + (" on its contracts" if on_contracts else "")
            parts = [(f"{text} where ", where, "")] if where is not None else [(text, None, "")]
        case nodes.HandOver(to=to):
            parts = [(f'hand over to "{to}"', None, "")]
        case nodes.Close(share=share, largest=largest, price=price, fee=fee, to=to, together=together):
            parts = [("close ", share, " together" if together else "")]
            parts.extend([("largest ", largest, " first")] if largest is not None else [])
            parts.extend([("at ", price, "")] if price is not None else [])
            parts.extend([("fee ", fee, f' to "{to}"')] if fee is not None else [])
        case _:
            assert_never(step.body)
    text = " ".join(
        before + (_expression(value) if value is not None else "") + after for before, value, after in parts
    )
    line = f"{indent}{head}{text}{tail}"
    if len(line) <= WIDTH:
        return [line]
    deeper = indent + _STEP * 2
    lines = [f"{deeper}{text}"]
    if len(lines[0] + tail) <= WIDTH:
        return [f"{indent}{head}".rstrip(), lines[0] + tail]
    if len(lines[0]) > WIDTH:
        lines = []
        for before, value, after in parts:
            lines.extend(_broken(value, deeper, before, after) if value is not None else [f"{deeper}{before}"])
    return [f"{indent}{head}".rstrip(), *lines, *([f"{deeper}{tail.lstrip()}"] if tail else [])]


def _action_rule(item: nodes.Allow | nodes.Refuse, indent: str) -> list[str]:
    word = "allow" if isinstance(item, nodes.Allow) else "refuse"
    head = f"{word} {', '.join(item.actions)}{_period(item.period)}"
    cites = _tail(None, item.cites)
    reason = _reason(item)
    leaving = item.leaving if isinstance(item, nodes.Allow) else ()
    # The whole rule's reason stands at its end, or after its head where a condition has one of its own.
    apart = any(_reason(part) for part in leaving)
    first = (reason if apart or not leaving else "") + ("" if leaving else cites)
    lines = [f"{indent}{head}{first}"]
    if item.condition is not None:
        lines = _statement(f"{head} when ", item.condition, first, indent)
    for number, part in enumerate(leaving, 1):
        every = f"every {'other ' if part.other else ''}{part.every} with " if part.every is not None else ""
        ending = _reason(part)
        if number == len(leaving):
            ending += ("" if apart else reason) + cites
        lines.extend(_statement(f"leaving {every}", part.condition, ending, indent + _STEP))
    return lines


def _reason(item: nodes.Impossible | nodes.Allow | nodes.Refuse | nodes.Leaving) -> str:
    return _tail(item.because, ()) + (f' as "{item.refusal}"' if item.refusal is not None else "")


def _input(item: nodes.Input) -> str:
    text = f"input {item.entity}.{item.name}: {_dimension(item.dimension)}"
    if item.default is not None:
        text += f" = {_expression(item.default)}"
    if item.minimum is not None and item.maximum is not None:
        text += f" in {_expression(item.minimum)} .. {_expression(item.maximum)}"
    return f'{text} "{item.documentation}"'


def _dimension(dimension: nodes.DimensionName) -> str:
    text = dimension.name
    if dimension.asset is not None:
        text += f" in {dimension.asset}"
    if dimension.choices:
        text += f" of {', '.join(_choice(value) for value in dimension.choices)}"
    return text + (f" per {dimension.per}" if dimension.per is not None else "")


_RESERVED = {
    "true",
    "false",
    "in",
    "per",
    "of",
    "if",
    "not",
    "count",
    "round",
    "tiered",
    "pick",
    "remainder",
    "nothing",
}


def _choice(value: str) -> str:
    word = value.replace("_", "a")
    plain = word.isascii() and word.isalnum() and not word[0].isdigit() and value not in _RESERVED
    return value if plain and value not in _KEYWORDS else f'"{value}"'


_KEYWORDS = {
    "and", "or", "then", "else", "rate", "amount", "by", "at", "from", "to", "where", "when", "because", "cites", "input",
    "const", "table", "covers", "one", "draws", "valued", "liquidate", "threshold", "replace", "publish", "policy",
    "extends", "valid", "until", "read", "effective", "source", "contracts", "title", "version", "omits", "bps",
    "seconds", "minutes", "hours", "days", "on", "as", "impossible", "allow", "refuse", "leaving", "every", "other", "with", "group",
    "replenish", "adding", "liquidation", "step", "cancel", "close", "largest", "first", "fee", "hand", "over",
    "decimals", "together",
}  # fmt: skip


def _definitions(item: nodes.Definitions, indent: str) -> list[str]:
    body = _aligned(item.definitions, indent + _STEP)
    return _block(item.entity, body, item.closing, item.comments, indent)


def _definition_head(item: nodes.Definition) -> str:
    words = ("replace " if item.replace else "") + ("publish " if item.publish else "") + item.name
    return words + (f"({', '.join(item.parameters)})" if item.parameters else "") + _period(item.period)


def _period(period: nodes.Period | None) -> str:
    if period is None:
        return ""
    start = f" from {period.start}" if period.start is not None else ""
    return start + (f" until {period.until}" if period.until is not None else "")


def _aligned(definitions: Sequence[nodes.Definition], indent: str) -> list[str]:
    """Definitions with their `=` in one column, for each run without an empty line; long heads stand out."""
    lines: list[str] = []
    for run in _runs(definitions):
        lengths = [len(_definition_head(item)) for item in run]
        width = max((length for length in lengths if length <= ALIGNED), default=0)
        for position, item in enumerate(run):
            if lines and position == 0:
                lines.append("")
            head = f"{_definition_head(item):<{width}} = "
            lines.extend(
                _commented(_statement(head, item.value, _tail(None, item.cites), indent), item.comments, indent)
            )
    return lines


def _runs(definitions: Sequence[nodes.Definition]) -> Iterator[list[nodes.Definition]]:
    run: list[nodes.Definition] = []
    for item in definitions:
        if run and item.comments.blank_before:
            yield run
            run = []
        run.append(item)
    if run:
        yield run


def _table(item: nodes.Table, indent: str) -> list[str]:
    head = ("replace " if item.replace else "") + f"table {item.name}"
    cites = _tail(None, item.cites)
    if item.file is not None:
        text = f'{head} from "{item.file}"' + (" per symbol" if item.per_symbol else "")
        text += f" valid until {item.valid_until}" if item.valid_until is not None else ""
        return _commented([f"{indent}{text}{cites}"], item.comments, indent)
    grid = [list(item.columns), *[[_cell(cell) for cell in row.cells] for row in item.rows]]
    widths = [max(len(row[column]) for row in grid) for column in range(len(item.columns))]
    body: list[str] = []
    comments = [nodes.NO_COMMENTS, *(row.comments for row in item.rows)]
    for cells, comment in zip(grid, comments, strict=True):
        padded = " | ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
        body.extend(_commented([f"{indent}{_STEP}| {padded} |"], comment, indent + _STEP))
    lines = _block(head, body, item.closing, nodes.NO_COMMENTS, indent)
    return _commented([*lines[:-1], lines[-1] + cites], item.comments, indent)


def _cell(cell: nodes.Expression | None) -> str:
    return "-" if cell is None else _expression(cell)


def _pool(item: nodes.Pool, indent: str) -> list[str]:
    head = f"pool {item.name}" + (f" when {_expression(item.when)}" if item.when is not None else "")
    inner = indent + _STEP
    body: list[str] = []
    run: list[nodes.Definition] = []

    def flush() -> None:
        if run:
            if body and run[0].comments.blank_before and body[-1] != "":
                body.append("")
            body.extend(_aligned(run, inner))
            run.clear()

    for part in item.items:
        if isinstance(part, nodes.Definition):
            run.append(part)
            continue
        flush()
        if body and (part.comments.blank_before or isinstance(part, nodes.Definitions)) and body[-1] != "":
            body.append("")
        body.extend(_pool_item(part, inner))
    flush()
    return _block(head, body, item.closing, item.comments, indent)


def _pool_item(item: nodes.PoolItem, indent: str) -> list[str]:
    lines: list[str]
    match item:
        case nodes.Covers(members=members, where=where):
            lines = _where(f"covers   {members}", where, indent)
        case nodes.OnePer(key=key):
            lines = [f"{indent}one per  {key}"]
        case nodes.DrawsOn(what=what, where=where, asset=asset):
            words = {"balances": "balances", "remainder": "remainder of balances"}.get(what, what)
            words += f" in {asset}" if asset is not None else ""
            lines = _where(f"draws on {words}", where, indent)
        case nodes.ValuedIn(asset=asset):
            lines = [f"{indent}valued in {asset}"]
        case nodes.Liquidate():
            head = ("replace " if item.replace else "") + f"liquidate{_period(item.period)} when "
            lines = _statement(head, item.condition, _tail(item.because, item.cites), indent)
        case nodes.Threshold():
            head = ("replace " if item.replace else "") + f"threshold {item.name} when "
            lines = _statement(head, item.condition, _tail(item.because, item.cites), indent)
        case nodes.Definitions():
            return _definitions(item, indent)
        case nodes.Definition():  # pragma: no cover - laid out in runs
            return _aligned([item], indent)
        case _:
            assert_never(item)
    return _commented(lines, item.comments, indent)


def _where(head: str, where: nodes.Expression | None, indent: str) -> list[str]:
    return [f"{indent}{head}"] if where is None else _statement(f"{head} where ", where, "", indent)


def _tail(because: str | None, cites: Sequence[nodes.Citation]) -> str:
    text = f' because "{because}"' if because is not None else ""
    if cites:
        passages = [cite.source + (f' "{cite.passage}"' if cite.passage is not None else "") for cite in cites]
        text += f" cites {', '.join(passages)}"
    return text


# ---------------------------------------------------------------- lines


def _statement(head: str, value: nodes.Expression, tail: str, indent: str) -> list[str]:
    """A statement on one line where it fits, else broken before its tail, else inside its expression."""
    text = _expression(value)
    line = f"{indent}{head}{text}{tail}"
    if len(line) <= WIDTH:
        return [line]
    deeper = indent + _STEP * 2
    first = f"{indent}{head}{text}"
    lines = [first] if len(first) <= WIDTH else [f"{indent}{head}".rstrip(), *_broken(value, deeper)]
    return [*lines, deeper + tail.lstrip()] if tail else lines


def _broken(value: nodes.Expression, indent: str, head: str = "", tail: str = "") -> list[str]:
    """An expression between two words, over several lines where it does not fit on one, broken where it is loosest."""
    line = f"{indent}{head}{_expression(value)}{tail}"
    return [line] if len(line) <= WIDTH else _split(value, indent, head, tail)


def _split(value: nodes.Expression, indent: str, head: str, tail: str) -> list[str]:
    bracketed = _bracketed(value)
    if bracketed is not None:
        opening, parts = bracketed
        inner = [line for number, part in enumerate(parts, 1) for line in part(indent + _STEP, number == len(parts))]
        return [f"{indent}{head}{opening}(", *inner, f"{indent}){tail}"]
    if head:
        lines = _split(value, indent + _STEP, "", tail)
        return [f"{indent}{head}{lines[0].lstrip()}", *lines[1:]]
    sums = _LEVELS["sum"]
    match value:
        case nodes.Conditional(condition=condition, then=then, otherwise=otherwise):
            return [
                *_broken(condition, indent, "if "),
                *_broken(then, indent, "then "),
                *_broken(otherwise, indent, "else ", tail),
            ]
        case nodes.Binary(operator=operator, left=left, right=right):
            kind = _OPERATORS.get(operator, "compare")
            level = _LEVELS[kind]
            first = _broken_at(left, level + 1 if kind == "compare" else level, indent)
            return [*first, *_broken_at(right, level + 1, indent, f"{operator} ", tail)]
        case nodes.Unary(operator="not", operand=operand):
            return _broken_at(operand, _LEVELS["not"], indent, "not ", tail)
        case nodes.Unary(operand=operand):
            return _broken_at(operand, _LEVELS["sign"], indent, "-", tail)
        case nodes.Convert(operand=operand, asset=asset):
            return _broken_at(operand, _LEVELS["convert"], indent, "", f" in {asset.text}{tail}")
        case nodes.Pick(result=result, table=table, key=key):
            first = _broken_at(result, sums, indent, "pick ")
            return [*first, *_broken_at(key, sums, indent + _STEP, f"from {table.text} at ", tail)]
        case nodes.Tiered(key=key, table=table, rate=rate, amount=None):
            first = _broken_at(key, sums, indent, "tiered ", f" by {table.text}")
            return [*first, *_broken(rate, indent + _STEP, "rate ", tail)]
        case nodes.Tiered(key=key, table=table, rate=rate, amount=amount):
            assert amount is not None  # noqa: S101 - the case above took the others
            first = _broken_at(key, sums, indent, "tiered ", f" by {table.text}")
            first.extend(_broken_at(rate, sums, indent + _STEP, "rate "))
            return [*first, *_broken_at(amount, sums, indent + _STEP, "amount ", tail)]
        case _:
            return [f"{indent}{_expression(value)}{tail}"]


_Part = Callable[[str, bool], list[str]]
"""The lines of one part between parentheses, by its indent and whether it is the last."""


def _bracketed(value: nodes.Expression) -> tuple[str, Sequence[_Part]] | None:
    """What stands before the parentheses of a call, and what between them; None for what has none."""
    match value:
        case nodes.Call(function=function, arguments=arguments):
            return function, [_argument(argument) for argument in arguments]
        case nodes.Aggregate(function=function, operand=operand, members=members) if operand is not None:
            if function == "sum" and members.name == "positions" and members.where is None and members.by is None:
                return function, [_argument(operand)]
            return function, [
                lambda indent, _last: _broken(operand, indent),
                lambda indent, _last: _of(members, indent),
            ]
        case nodes.Round(operand=operand, direction=direction, step=step, decimals=decimals):
            tail = " decimals" if decimals else ""
            return "round", [
                _argument(operand),
                lambda indent, _last: _broken(step, indent, f"{direction} to ", tail),
            ]
        case _:
            return None


def _argument(value: nodes.Expression) -> _Part:
    return lambda indent, last: _broken(value, indent, tail="" if last else ",")


def _of(members: nodes.MemberSet, indent: str) -> list[str]:
    chosen = f"of {members.name}" + (f" by {members.by}" if members.by is not None else "")
    return [f"{indent}{chosen}"] if members.where is None else _broken(members.where, indent, f"{chosen} where ")


def _broken_at(value: nodes.Expression, level: int, indent: str, head: str = "", tail: str = "") -> list[str]:
    """As `_broken`, where an expression of a level or tighter may stand: in parentheses, if it is looser."""
    if _level(value) >= level and not (isinstance(value, nodes.Convert) and level >= _LEVELS["product"]):
        return _broken(value, indent, head, tail)
    line = f"{indent}{head}({_expression(value)}){tail}"
    if len(line) <= WIDTH:
        return [line]
    return [f"{indent}{head}(", *_broken(value, indent + _STEP), f"{indent}){tail}"]


# ---------------------------------------------------------------- expressions


def _level(expression: nodes.Expression) -> int:
    match expression:
        case nodes.Conditional() | nodes.Tiered() | nodes.Pick():
            return 0
        case nodes.Binary(operator=operator):
            return _LEVELS[_OPERATORS.get(operator, "compare")]
        case nodes.Unary(operator="not"):
            return _LEVELS["not"]
        case nodes.Unary():
            return _LEVELS["sign"]
        case nodes.Convert():
            return _LEVELS["convert"]
        case _:
            return _LEVELS["atom"]


def _at(expression: nodes.Expression, level: int) -> str:
    """The text of an expression where one of a level or tighter may stand."""
    text = _expression(expression)
    return f"({text})" if _level(expression) < level else text


def _factor(expression: nodes.Expression, level: int) -> str:
    """A factor: a conversion keeps parentheses that it does not need, because few know how closely `in` binds."""
    return f"({_expression(expression)})" if isinstance(expression, nodes.Convert) else _at(expression, level)


def _expression(expression: nodes.Expression) -> str:
    match expression:
        case nodes.Number(text=text, unit=unit):
            return f"{text}{unit}" if unit in {"", "%"} else f"{text} {unit}"
        case nodes.Text(value=value):
            return f'"{value}"'
        case nodes.Flag(value=value):
            return "true" if value else "false"
        case nodes.Name():
            return expression.text
        case nodes.Unary(operator="not", operand=operand):
            return f"not {_at(operand, _LEVELS['not'])}"
        case nodes.Unary(operand=operand):
            return f"-{_at(operand, _LEVELS['sign'])}"
        case nodes.Binary(operator=operator, left=left, right=right):
            kind = _OPERATORS.get(operator, "compare")
            level = _LEVELS[kind]
            # Comparisons do not chain; the others group to the left.
            left_level = level + 1 if kind == "compare" else level
            if kind == "product":
                return f"{_factor(left, left_level)} {operator} {_factor(right, level + 1)}"
            return f"{_at(left, left_level)} {operator} {_at(right, level + 1)}"
        case nodes.Conditional(condition=condition, then=then, otherwise=otherwise):
            return f"if {_expression(condition)} then {_expression(then)} else {_expression(otherwise)}"
        case nodes.Call(function=function, arguments=arguments):
            return f"{function}({', '.join(_expression(argument) for argument in arguments)})"
        case nodes.Aggregate():
            return _aggregate(expression)
        case nodes.Tiered(key=key, table=table, rate=rate, amount=None):
            return f"tiered {_at(key, _LEVELS['sum'])} by {table.text} rate {_expression(rate)}"
        case nodes.Tiered(key=key, table=table, rate=rate, amount=amount):
            sums: Callable[[nodes.Expression], str] = lambda part: _at(part, _LEVELS["sum"])  # noqa: E731
            return f"tiered {sums(key)} by {table.text} rate {sums(rate)} amount {sums(amount)}"  # type: ignore[arg-type]
        case nodes.Pick(result=result, table=table, key=key):
            return f"pick {_at(result, _LEVELS['sum'])} from {table.text} at {_at(key, _LEVELS['sum'])}"
        case nodes.Round(operand=operand, direction=direction, step=step, decimals=decimals):
            unit = " decimals" if decimals else ""
            return f"round({_expression(operand)}, {direction} to {_expression(step)}{unit})"
        case nodes.Convert(operand=operand, asset=asset):
            return f"{_at(operand, _LEVELS['convert'])} in {asset.text}"
        case _:
            assert_never(expression)


def _aggregate(expression: nodes.Aggregate) -> str:
    members = expression.members
    chosen = members.name + (f" by {members.by}" if members.by is not None else "")
    chosen += f" where {_expression(members.where)}" if members.where is not None else ""
    if expression.operand is None:
        return f"count({chosen})"
    operand = _expression(expression.operand)
    if expression.function == "sum" and members.name == "positions" and members.where is None and members.by is None:
        return f"sum({operand})"
    return f"{expression.function}({operand} of {chosen})"
