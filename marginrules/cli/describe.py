"""`marginrules describe`: a policy in five rows."""

import attrs
import click
from rich.table import Table

from marginrules.cli import arguments, output
from marginrules.engine.describe import ROWS, Description, describe
from marginrules.policy.catalogue import load_policy


@click.command("describe")
@click.argument("policies", nargs=-1, required=True, metavar="POLICY…")
@arguments.json_option
@click.option("--markdown", is_flag=True, help="print a Markdown table, of several policies side by side")
def command(policies: tuple[str, ...], as_json: bool, markdown: bool) -> int:
    """Say what each POLICY does, pool by pool, in the five rows of the documented comparison."""
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
        for entry in found:
            _print(entry)
    return 0


def _heading(kind: str, when: str) -> str:
    return f"{kind} (when {when})" if when else kind


def _print(entry: Description) -> None:
    out = output.console()
    table = Table(title=f"{entry.title} ({entry.policy} {entry.version})", title_justify="left", show_lines=True)
    table.add_column("")
    for pool in entry.pools:
        table.add_column(_heading(pool.pool, pool.when))
    table.add_row("covers", *(pool.covers for pool in entry.pools))
    for index, row in enumerate(ROWS):
        table.add_row(row, *(pool.rows[index] for pool in entry.pools))
    table.add_row("cites", *("\n".join(pool.cites) for pool in entry.pools))
    out.print(table)
    for source in entry.sources:
        out.print(f"Source: {source}", markup=False)
    for omitted in entry.omits:
        out.print(f"Left out: {omitted}", markup=False)


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
