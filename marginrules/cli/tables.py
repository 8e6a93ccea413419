"""`marginrules tables`: tier tables from a venue's answer, and what changed between two versions."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import click
from rich.table import Table

from marginrules.account import documents
from marginrules.account.state import StateError
from marginrules.arithmetic import plain_text
from marginrules.cli import output
from marginrules.venues.tables import TIER_READERS, Tables, differences, read_tiers, rows_by_symbol

SCHEMA = "marginrules/table/1"


@click.group("tables")
def command() -> None:
    """Tier tables as data: import a venue's answer, show one, compare two."""


@command.command("import")
@click.argument("answer", metavar="FILE")
@click.option("--from", "name", required=True, type=click.Choice(list(TIER_READERS)), help="whose answer it is")
@click.option("--source", default="", help="where it was read, for those who ask")
@click.option("--read", "read_on", metavar="DATE", required=True, help="the day it was read, as 2026-11-20")
@click.option("--valid-until", metavar="DATE", help="the day from which it is not to be relied on")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="write the table file here")
def import_table(
    answer: str, name: str, source: str, read_on: str, valid_until: str | None, output: Path | None
) -> int:
    """Turn a venue's leverage-tier answer into a table file that a policy reads with `table … from … per symbol`."""
    tables = read_tiers(name, _load(answer), answer)
    document: dict[str, object] = {"schema": SCHEMA, "source": source or name, "read": _day(read_on, "--read")}
    if valid_until is not None:
        document["valid_until"] = _day(valid_until, "--valid-until")
    document["tiers"] = [
        {"symbol": symbol, **{column: plain_text(value) for column, value in row.items()}}
        for symbol, rows in tables.items()
        for row in rows
    ]
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return 0
    beside = output.with_name(output.name + ".new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(output)
    except OSError as error:
        raise StateError("", f"cannot be written: {error.strerror}", "name a file that can", str(output)) from None
    return 0


@command.command("diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
def diff(old: str, new: str, *, as_json: bool) -> int:
    """What changed between two table files; exit code 0 if nothing did, 1 if something did."""
    found = differences(_tables(old), _tables(new))
    if as_json:
        output.print_json({"schema": "marginrules/table-diff/1", "differences": found})
        return 1 if found else 0
    table = Table(pad_edge=False)
    for heading in ("symbol", "above", "column", "old", "new", "change"):
        table.add_column(heading, justify="right" if heading in {"above", "old", "new"} else "left")
    for entry in found:
        table.add_row(*(entry[heading] or "-" for heading in ("symbol", "above", "column", "old", "new", "change")))
    output.console().print(table if found else "no differences")
    return 1 if found else 0


@command.command("show")
@click.argument("file", metavar="FILE")
def show(file: str) -> int:
    """Print a table file."""
    out = output.console()
    for symbol, rows in _tables(file).items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        table = Table(title=symbol, title_justify="left", pad_edge=False)
        for column in columns:
            table.add_column(column, justify="right")
        for row in rows:
            table.add_row(*(_cell(row, column) for column in columns))
        out.print(table)
    return 0


def _cell(row: Mapping[str, Decimal], column: str) -> str:
    return plain_text(row[column]) if column in row else "-"


def _tables(name: str) -> Tables:
    return rows_by_symbol(_load(name), name)


def _load(name: str) -> object:
    try:
        return documents.load_json(Path(name).read_bytes(), name)
    except OSError as error:
        raise StateError("", f"cannot be read: {error.strerror}", "give a JSON file", name) from None


def _day(text: str, option: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        message = f"{text!r} is no day; write it as 2026-11-20"
        raise click.BadParameter(message, param_hint=option) from None
