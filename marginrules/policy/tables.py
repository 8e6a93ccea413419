"""Tier tables of a policy: written in its file, or in a CSV or JSON file beside it."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from attrs import evolve

from marginrules.account.state import END_COLUMNS, TIER_BOUNDS, TierTable
from marginrules.arithmetic import PRECISION
from marginrules.language import nodes
from marginrules.language.diagnostics import Diagnostic
from marginrules.language.source import Span
from marginrules.policy.dimensions import LITERAL, NUMBER, RATE, Dimension, money
from marginrules.policy.elaborate import LoadedTable

ReadFile = Callable[[str], str]
"""Text of a data file by its name relative to the rule file; raises OSError where it cannot be read."""

MAXIMUM_ROWS = 100_000
"""Most rows of a data file."""

_OF_THE_KEY = TIER_BOUNDS | {"maintenance_amount"}
"""Columns that are in whatever the key of a look-up is in."""
_BOUNDS = (
    "write `above` and `up_to` where a bound belongs to the tier below it, `at_least` and `below` where it belongs to "
    "the tier above"
)


def load_table(table: nodes.Table, read_file: ReadFile, diagnostics: list[Diagnostic]) -> LoadedTable | None:
    """The rows of a table, with the dimension of each column; None where they cannot be had.

    Args:
        table: the declaration.
        read_file: gives the text of a data file.
        diagnostics: receives what is wrong.
    """
    if table.file is not None:
        return _from_file(table, read_file, diagnostics)
    return _from_rows(table, diagnostics)


def _problem(diagnostics: list[Diagnostic], span: Span, problem: str, remedy: str) -> None:
    diagnostics.append(Diagnostic("bad-table", span, problem, remedy))


def _from_rows(table: nodes.Table, diagnostics: list[Diagnostic]) -> LoadedTable | None:
    if not table.columns or table.columns[0] not in END_COLUMNS:
        _problem(
            diagnostics,
            table.span,
            f"the first column of table `{table.name}` must be `above` or `at_least`",
            "put lower bounds first",
        )
        return None
    stray = _stray(table.columns)
    if stray:
        _problem(diagnostics, table.span, f"table `{table.name}`: {stray}", _BOUNDS)
        return None
    if len(set(table.columns)) != len(table.columns):
        _problem(diagnostics, table.span, f"table `{table.name}` has a column twice", "name each column once")
        return None
    if not table.rows:
        _problem(diagnostics, table.span, f"table `{table.name}` has no rows", "write at least one")
        return None
    columns: dict[str, Dimension] = {}
    rows: list[tuple[Decimal | None, ...]] = []
    for row in table.rows:
        cells: list[Decimal | None] = []
        for column, cell in zip(table.columns, row.cells, strict=True):
            value, dimension, span = _cell(cell, row.span)
            if value is None and cell is not None:
                _problem(
                    diagnostics,
                    span,
                    "a cell holds a number",
                    "write a number, with %, bps or a currency, or `-` for none",
                )
                return None
            cells.append(value)
            above = [earlier[len(cells) - 1] for earlier in rows]
            if dimension is not None and not _agree(columns, column, dimension, value, above):
                _problem(
                    diagnostics,
                    span,
                    f"column `{column}` holds {columns[column]} above, this is {dimension}",
                    "write one dimension down a column",
                )
                return None
        if cells[0] is None:
            _problem(diagnostics, row.span, "a row needs its lower bound", f"write what `{table.columns[0]}` is")
            return None
        rows.append(tuple(cells))
    typed = {column: _column_dimension(column, columns.get(column, LITERAL)) for column in table.columns}
    for column, dimension in columns.items():
        if typed[column] == RATE and dimension.kind == "literal":
            for row in table.rows:
                cell = row.cells[table.columns.index(column)]
                if isinstance(cell, nodes.Number) and not cell.unit and cell.value > 1:
                    diagnostics.append(
                        Diagnostic(
                            "not-a-rate",
                            cell.span,
                            f"`{column}` must be a rate, and {cell.value} is no share of anything",
                            f"write `{cell.text}%` for {cell.text} in a hundred",
                        )
                    )
                    return None
    bound = typed[table.columns[0]]
    for at, column in enumerate(table.columns):
        other = typed[column]
        if column in _OF_THE_KEY and bound.kind != "literal" and other.kind != "literal" and other != bound:
            written = [row.cells[at] for row in table.rows]
            span = next((cell.span for cell in written if isinstance(cell, nodes.Number) and cell.unit), table.span)
            problem = f"`{column}` is {other}, and `{table.columns[0]}` is {bound}"
            _problem(diagnostics, span, problem, "write both in what the table is looked up by")
            return None
    if typed.get("maintenance_amount", LITERAL).kind == "literal" and bound.kind == "amount":
        typed["maintenance_amount"] = bound
    built = TierTable(table.columns, tuple(rows), table.span.file_line, of_policy=True)
    return LoadedTable(table.name, built, None, typed, table.span)


def _stray(columns: Sequence[str]) -> str:
    """What is wrong with the columns that bound the rows, of which the first is one; empty where nothing is."""
    own = {columns[0], END_COLUMNS[columns[0]]}
    others = [name for name in (*END_COLUMNS, *END_COLUMNS.values()) if name in columns and name not in own]
    return f"`{others[0]}` does not go with `{columns[0]}`" if others else ""


def _agree(
    columns: dict[str, Dimension],
    column: str,
    dimension: Dimension,
    value: Decimal | None,
    above: Sequence[Decimal | None],
) -> bool:
    """Whether a cell is of the dimension of its column, which is that of the first cell that says one."""
    known = columns.get(column)
    # A bare zero fits every column, and says nothing of it.
    if known is None or (known.kind == "literal" and dimension.kind != "literal" and not any(above)):
        columns[column] = dimension
        return True
    return (
        known == dimension or (dimension.kind == "literal" and not value) or known.kind == dimension.kind == "literal"
    )


def _cell(cell: nodes.Expression | None, span: Span) -> tuple[Decimal | None, Dimension | None, Span]:
    match cell:
        case None:
            return None, None, span
        case nodes.Number(value=value, unit="%"):
            return value / 100, RATE, cell.span
        case nodes.Number(value=value, unit="bps"):
            return value / 10000, RATE, cell.span
        case nodes.Number(value=value, unit=""):
            return value, LITERAL, cell.span
        case nodes.Number(value=value, unit=unit):
            return value, money(unit), cell.span
        case nodes.Unary(operator="-", operand=nodes.Number() as number):
            positive, dimension, _ = _cell(number, span)
            return (None if positive is None else -positive), dimension, cell.span
        case _:
            return None, None, cell.span


def _column_dimension(column: str, found: Dimension) -> Dimension:
    if found.kind == "literal":
        if column.endswith("_rate"):
            return RATE
        return LITERAL if column in _OF_THE_KEY else NUMBER
    return found


def _from_file(table: nodes.Table, read_file: ReadFile, diagnostics: list[Diagnostic]) -> LoadedTable | None:
    name = table.file or ""
    try:
        text = read_file(name)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a text file"
        _problem(
            diagnostics, table.span, f"the data file {name} cannot be read: {reason}", "put it beside the rule file"
        )
        return None
    try:
        records = _records(name, text)
        return evolve(_tables(table, name, records), valid_until=_last_day(name, text))
    except _DataError as error:
        _problem(diagnostics, table.span, f"{name}: {error}", error.remedy)
        return None


class _DataError(ValueError):
    def __init__(self, problem: str, remedy: str) -> None:
        self.remedy = remedy
        super().__init__(problem)


def _last_day(name: str, text: str) -> date | None:
    """The day that a JSON data file says it is valid until."""
    loaded = json.loads(text) if name.endswith(".json") else None
    said = loaded.get("valid_until") if isinstance(loaded, dict) else None
    if said is None:
        return None
    try:
        return date.fromisoformat(said)
    except (TypeError, ValueError):
        raise _DataError(f"`valid_until` is no day: {said}", "write it as 2026-11-20") from None


def _records(name: str, text: str) -> list[Mapping[str, Any]]:
    if name.endswith(".csv"):
        records = _csv(text)
    elif name.endswith(".json"):
        try:
            loaded = json.loads(text, parse_float=Decimal, parse_int=Decimal)
        except (ValueError, RecursionError) as error:
            raise _DataError(f"not JSON ({error})", "write a list of rows, or an object with `tiers`") from None
        found = loaded.get("tiers") if isinstance(loaded, dict) else loaded
        if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
            raise _DataError(
                "it holds no list of rows", "write a list of objects, or an object with such a list as `tiers`"
            )
        records = found
    else:
        raise _DataError("neither .csv nor .json", "name a data file with one of these endings")
    if not records:
        raise _DataError("it has no rows", "write at least one")
    if len(records) > MAXIMUM_ROWS:
        raise _DataError(f"it has more than {MAXIMUM_ROWS:,} rows", "split it into several tables")
    return records


_PLACE = ""
"""Under which no column can be called: where a row stands in its file."""


def _csv(text: str) -> list[Mapping[str, Any]]:
    number = 0

    def rows() -> Iterator[str]:
        nonlocal number
        for number, line in enumerate(io.StringIO(text), 1):  # noqa: B007 - read where a row is wrong
            if not line.startswith("#"):
                yield line

    lines = csv.reader(rows())
    heading = [name.strip() for name in next(lines, [])]
    separator = next((sign for sign in ";\t" if len(heading) == 1 and sign in heading[0]), None)
    if separator is not None:
        found = "`;`" if separator == ";" else "tabs"
        raise _DataError(f"its cells are separated by {found}", "separate them by commas, with a point for decimals")
    for name in heading:
        if not name or heading.count(name) > 1:
            problem = f"the column `{name}` is there twice" if name else "a column has no name"
            raise _DataError(problem, "give each column a name of its own in the first line")
    records: list[Mapping[str, Any]] = []
    for cells in lines:
        if not cells:
            continue
        if len(cells) != len(heading):
            raise _DataError(
                f"line {number} has {len(cells)} cells, the heading has {len(heading)}",
                "write a cell for each column, an empty one for none",
            )
        records.append({**dict(zip(heading, cells, strict=True)), _PLACE: f"line {number}"})
    return records


def _tables(table: nodes.Table, name: str, records: list[Mapping[str, Any]]) -> LoadedTable:
    # A column that the first row has nothing for may begin further down.
    columns = [
        column
        for column in dict.fromkeys(name for record in records for name in record)
        if column not in {"symbol", _PLACE}
    ]
    bound = next((name for name in END_COLUMNS if name in columns), None)
    if bound is None:
        raise _DataError("there is no column `above`", "name the lower bounds of the tiers `above`, or `at_least`")
    columns.remove(bound)
    columns.insert(0, bound)
    if stray := _stray(columns):
        raise _DataError(stray, _BOUNDS)
    if table.per_symbol and "symbol" not in records[0]:
        raise _DataError("there is no column `symbol`", "leave out `per symbol`, or add the column")
    rows: dict[str, list[tuple[Decimal | None, ...]]] = {}
    for index, record in enumerate(records, 1):
        place = record.get(_PLACE, f"row {index}")
        cells = tuple(_number(record.get(column), column, place) for column in columns)
        if cells[0] is None:
            raise _DataError(f"{place} has no `{bound}`", "write its lower bound")
        if table.per_symbol and not record.get("symbol"):
            raise _DataError(f"{place} has no `symbol`", "write whose tier it is")
        rows.setdefault(str(record["symbol"]) if table.per_symbol else "", []).append(cells)
    typed = {column: _column_dimension(column, LITERAL) for column in columns}
    built = {symbol: TierTable(tuple(columns), tuple(found), name, of_policy=True) for symbol, found in rows.items()}
    if table.per_symbol:
        return LoadedTable(table.name, None, built, typed, table.span)
    return LoadedTable(table.name, built[""], None, typed, table.span)


def _number(value: Any, column: str, place: str) -> Decimal | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        number = Decimal(value if isinstance(value, Decimal) else str(value).strip())
    except InvalidOperation:
        remedy = "write a plain decimal" + (": 0.05 is 5 in a hundred" if "%" in str(value) else "")
        raise _DataError(f"{place}: `{column}` is no number: {value}", remedy) from None
    if not number.is_finite() or len(number.as_tuple().digits) > PRECISION:
        raise _DataError(f"{place}: `{column}` is out of range: {value}", "write a plain decimal")
    return number
