"""`marginrules tables`: tier tables from a venue's answer, and what changed between two versions."""

import csv
import io
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from marginrules.account import documents
from marginrules.account.state import StateError
from marginrules.arithmetic import plain_text
from marginrules.cli import arguments, output
from marginrules.cli.command import Command
from marginrules.language.diagnostics import did_you_mean
from marginrules.venues.tables import (
    TIER_READERS,
    TIER_SOURCES,
    TableFile,
    Tables,
    differences,
    ranges,
    read_tiers,
    table_file,
)

SCHEMA = "marginrules/table/1"


@click.group("tables")
def command() -> None:
    """Tier tables as data: import a venue's answer, show one, compare two."""


@command.command("import", cls=Command)
@click.argument("answer", metavar="ANSWER")
@click.option("--from", "name", required=True, type=click.Choice(list(TIER_READERS)), help="whose answer it is")
@click.option("--source", help="where it was read; by default the venue's request")
@click.option("--read", "read_on", metavar="DATE", required=True, help="the day it was read, as 2026-11-20")
@click.option("--valid-until", metavar="DATE", help="the day from which it is not to be relied on")
@click.option(
    "--symbol",
    "renamed",
    multiple=True,
    metavar="NAME=SYMBOL",
    help="call the table of NAME by the SYMBOL of an account's instrument; repeatable, and only those named are kept",
)
@click.option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="write the table file here")
def import_table(
    answer: str,
    name: str,
    source: str | None,
    read_on: str,
    valid_until: str | None,
    renamed: tuple[str, ...],
    output: Path | None,
) -> int:
    """Turn a venue's leverage-tier ANSWER into a table file that a policy reads with `table … from … per symbol`."""
    read_day = _day(read_on, "--read")
    last_day = _day(valid_until, "--valid-until") if valid_until is not None else None
    if last_day is not None and last_day <= read_day:
        message = f"{last_day} is not after {read_day}, the day it was read"
        raise click.BadParameter(message, param_hint="--valid-until")
    tables = _named(read_tiers(name, _json(answer), _shown(answer)), renamed)
    document: dict[str, object] = {"schema": SCHEMA, "source": source or TIER_SOURCES[name], "read": str(read_day)}
    if last_day is not None:
        document["valid_until"] = str(last_day)
    document["tiers"] = [
        {"symbol": symbol, **{column: plain_text(value) for column, value in row.items()}}
        for symbol, rows in tables.items()
        for row in rows
    ]
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return 0
    arguments.write_text(output, text)
    click.echo(f"{output}: {len(tables)} symbols, {sum(map(len, tables.values()))} rows", err=True)
    return 0


@command.command("diff", cls=Command)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--symbol", "symbols", multiple=True, metavar="SYMBOL", help="compare this one only; repeatable")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
def diff(old: str, new: str, symbols: tuple[str, ...], *, as_json: bool) -> int:
    """What changed between two table files; exit code 0 if nothing did, 1 if something did."""
    before, after = _file(old), _file(new)
    one, other = before.rows, after.rows
    for symbol in symbols:
        _known(symbol, {**one, **other})
    if symbols:
        one, other = ({symbol: rows for symbol, rows in side.items() if symbol in symbols} for side in (one, other))
    found, by_size = differences(one, other), ranges(one, other)
    if as_json:
        output.print_json(
            {
                "schema": "marginrules/table-diff/1",
                "old": _described(before),
                "new": _described(after),
                "differences": found,
                "ranges": by_size,
            }
        )
        return 1 if found else 0
    out = output.console()
    for word, name, file in (("old", old, before), ("new", new, after)):
        out.print(Text(f"{word}: {_heading(name, file)}", style="dim"))
    if not found:
        out.print("no differences")
        return 0
    if by_size:
        headings = ("symbol", "above", "up_to", "column", "old", "new")
        table = Table(pad_edge=False)
        for heading in headings:
            table.add_column(heading, justify="left" if heading in {"symbol", "column"} else "right", overflow="fold")
        for entry in by_size:
            table.add_row(*(entry[heading] or "-" for heading in headings))
        out.print(table)
    elif one.keys() == other.keys():
        out.print("no figure changed for any size: rows were split or joined")
    changed = len({entry["symbol"] for entry in by_size})
    if changed:
        out.print(f"{changed} of {len(one.keys() & other.keys())} symbols changed")
    for word, names in (("added", other.keys() - one.keys()), ("removed", one.keys() - other.keys())):
        if names:
            out.print(Text(f"{word}: {', '.join(sorted(names))}"))
    return 1


@command.command("show", cls=Command)
@click.argument("file", metavar="FILE")
@click.option("--symbol", "symbols", multiple=True, metavar="SYMBOL", help="show this one only; repeatable")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
def show(file: str, symbols: tuple[str, ...], *, as_json: bool) -> int:
    """Print a table file."""
    found = _file(file)
    rows = {symbol: found.rows[_known(symbol, found.rows)] for symbol in symbols} if symbols else found.rows
    if as_json:
        tiers = [
            {"symbol": symbol, **{column: plain_text(value) for column, value in row.items()}}
            for symbol, listed in rows.items()
            for row in listed
        ]
        output.print_json({"schema": SCHEMA, **_described(found), "tiers": tiers})
        return 0
    out = output.console()
    out.print(Text(_heading(file, found), style="dim"))
    for symbol, listed in rows.items():
        columns = list(dict.fromkeys(column for row in listed for column in row))
        table = Table(title=Text(symbol or "every symbol"), title_justify="left", pad_edge=False)
        for column in columns:
            table.add_column(column, justify="right")
        for row in listed:
            table.add_row(*(_cell(row, column) for column in columns))
        out.print(table)
    return 0


def _cell(row: Mapping[str, Decimal], column: str) -> str:
    return plain_text(row[column]) if column in row else "-"


def _described(file: TableFile) -> dict[str, str | None]:
    return {"source": file.source, "read": file.read, "valid_until": file.valid_until}


def _heading(name: str, file: TableFile) -> str:
    said = [
        file.source or "no source",
        f"read {file.read}" if file.read else "no day of reading",
        f"valid until {file.valid_until}" if file.valid_until else "no last day",
    ]
    return f"{_shown(name)} ({', '.join(said)})"


def _named(tables: Tables, renamed: tuple[str, ...]) -> Tables:
    """The tables under the symbols that were asked for; all, as they are, where none were."""
    found: Tables = {}
    for pair in renamed:
        name, separator, symbol = pair.partition("=")
        symbol = symbol if separator else name
        if not symbol or symbol in found:
            message = f"{pair!r} names a symbol twice, or none; write NAME=SYMBOL"
            raise click.BadParameter(message, param_hint="--symbol")
        found[symbol] = tables[_known(name, tables)]
    return found or tables


def _known(symbol: str, tables: Tables) -> str:
    if symbol not in tables:
        listed = ", ".join(list(tables)[:10])
        more = f" and {len(tables) - 10} more" if len(tables) > 10 else ""  # noqa: PLR2004 - what fits a line
        message = f"there is no table of {symbol!r}; {did_you_mean(symbol, tables)}there are {listed}{more}"
        raise click.BadParameter(message, param_hint="--symbol")
    return symbol


def _file(name: str) -> TableFile:
    if name.lower().endswith(".csv"):
        return table_file(_records(name), name)
    return table_file(_json(name), _shown(name))


def _json(name: str) -> object:
    return documents.load_json(arguments.read_bytes(name, _shown(name)), _shown(name))


def _shown(name: str) -> str:
    return "standard input" if name == "-" else name


def _records(name: str) -> list[dict[str, str]]:
    """The records of a CSV file, as a policy reads them: a heading line, and comments that begin with `#`."""
    text = arguments.read_text(name, name, "save it as UTF-8").removeprefix("\ufeff")
    reader = csv.DictReader(line for line in io.StringIO(text) if not line.startswith("#"))
    try:
        records = [{key: value for key, value in record.items() if key and value is not None} for record in reader]
    except csv.Error as error:
        raise StateError("", f"not CSV: {error}", "write a heading line and one line a row", name) from None
    return [{key: value.strip() for key, value in record.items()} for record in records]


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no day; write it as 2026-11-20"
        raise click.BadParameter(message, param_hint=option) from None
