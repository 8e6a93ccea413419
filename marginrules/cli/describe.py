"""`marginrules describe`: a policy in five rows."""

from collections.abc import Sequence

import attrs
import click
from rich.console import Console
from rich.table import Table

from marginrules.cli import arguments, output
from marginrules.cli.command import Command
from marginrules.engine.describe import ROWS, Description, PoolDescription, describe
from marginrules.policy.catalogue import load_policy

_LABELS = 18
"""Width of the column that names the rows, its borders included."""
_LEAST_COLUMN = 26
"""Least width of any other, in which the words of a rule can still be read."""


@click.command("describe", cls=Command)
@click.argument("policies", nargs=-1, required=True, metavar="POLICY…")
@arguments.json_option
@click.option("--markdown", is_flag=True, help="print a Markdown table, of several policies side by side")
def command(policies: tuple[str, ...], as_json: bool, markdown: bool) -> int:
    """Say what each POLICY does, pool by pool, in the five rows of the documented comparison; several side by side."""
    if as_json and markdown:
        message = "--json and --markdown are two forms; choose one"
        raise click.UsageError(message)
    found = [describe(load_policy(name)) for name in policies]
    if as_json:
        output.print_json(
            {
                "schema": "marginrules/description/1",
                "rows": list(ROWS),
                "policies": [attrs.asdict(entry) for entry in found],
            }
        )
    elif markdown:
        click.echo(_markdown(found[0]) if len(found) == 1 else _side_by_side(found))
    else:
        out = output.console()
        if len(found) == 1:
            _print(out, found[0])
        else:
            _print_several(out, found)
        for entry in found:
            name = f"{entry.policy}: " if len(found) > 1 else ""
            for source in entry.sources:
                out.print(f"{name}Source: {source}", markup=False)
            for omitted in entry.omits:
                out.print(f"{name}Left out: {omitted}", markup=False)
    return 0


def _heading(kind: str, when: str) -> str:
    return f"{kind} (when {when})" if when else kind


def _print(out: Console, entry: Description) -> None:
    """One policy, with a column for each of its pools."""
    rows = [("covers", [pool.covers for pool in entry.pools])]
    rows += [(row, [pool.rows[index] for pool in entry.pools]) for index, row in enumerate(ROWS)]
    rows.append(("cites", ["\n".join(pool.cites) for pool in entry.pools]))
    headings = [_heading(pool.pool, pool.when) for pool in entry.pools]
    _print_columns(out, f"{entry.title} ({entry.policy} {entry.version})", headings, rows)


def _print_several(out: Console, entries: Sequence[Description]) -> None:
    """Policies side by side, with a column for each, and the rows of each kind of pool that any of them has."""
    rows: list[tuple[str, list[str]]] = []
    for kind in dict.fromkeys(pool.pool for entry in entries for pool in entry.pools):
        held = [[pool for pool in entry.pools if pool.pool == kind] for entry in entries]
        rows.append((f"{kind}: covers", [_variants(pools, [pool.covers for pool in pools]) for pools in held]))
        rows += [
            (f"{kind}: {row}", [_variants(pools, [pool.rows[index] for pool in pools]) for pools in held])
            for index, row in enumerate(ROWS)
        ]
        rows.append((f"{kind}: cites", ["\n".join(dict.fromkeys(c for p in pools for c in p.cites)) for pools in held]))
    _print_columns(out, "", [f"{entry.title} ({entry.policy} {entry.version})" for entry in entries], rows)


def _variants(pools: Sequence[PoolDescription], texts: Sequence[str]) -> str:
    """What is said of a kind of pool: once where all its variants are alike, else of each."""
    if len(set(texts)) == 1:
        return texts[0]
    return "\n".join(
        f"when {pool.when}: {text}" if pool.when else text for pool, text in zip(pools, texts, strict=True)
    )


def _print_columns(out: Console, title: str, headings: Sequence[str], rows: Sequence[tuple[str, list[str]]]) -> None:
    """A table of columns wide enough to be read; where they do not all fit beside one another, several tables."""
    fit = max(1, (out.width - _LABELS) // _LEAST_COLUMN)
    for start in range(0, len(headings), fit):
        some = slice(start, start + fit)
        table = Table(title=title or None, title_justify="left", show_lines=True)
        table.add_column("", width=_LABELS - 4, overflow="fold")
        for heading in headings[some]:
            table.add_column(heading, overflow="fold", ratio=1)
        for label, cells in rows:
            table.add_row(label, *cells[some])
        out.print(table)


def _side_by_side(entries: list[Description]) -> str:
    """One table of several policies: a line for each kind of pool, a column for each row of the description."""
    lines = [f"| policy | pool | {' | '.join(ROWS)} |", f"|---|---|{'---|' * len(ROWS)}"]
    for entry in entries:
        for place, pool in enumerate(entry.pools):
            title = f"**{entry.title}**" if place == 0 else ""
            lines.append(f"| {title} | {_heading(pool.pool, pool.when)} | {' | '.join(pool.rows)} |")
    return "\n".join(lines)


def _markdown(entry: Description) -> str:
    headings = [_heading(pool.pool, pool.when) for pool in entry.pools]
    lines = [f"## {entry.title}", "", f"| | {' | '.join(headings)} |", f"|---|{'---|' * len(headings)}"]
    lines.extend(
        f"| **{row}** | {' | '.join(pool.rows[index] for pool in entry.pools)} |" for index, row in enumerate(ROWS)
    )
    return "\n".join(lines)
