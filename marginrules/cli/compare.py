"""`marginrules compare`: cross beside isolated, or policy beside policy."""

from collections.abc import Iterator, Sequence

import click
from rich.table import Table
from rich.text import Text

from marginrules.cli import arguments, output
from marginrules.cli.command import Command
from marginrules.engine import documents
from marginrules.engine.compare import Column, compare_modes, compare_policies, idle
from marginrules.policy.catalogue import load_policy


@click.command("compare", cls=Command)
@arguments.account_argument
@click.option(
    "--policy", "-p", "names", multiple=True, required=True, metavar="NAME|FILE", help="one policy, or several"
)
@arguments.from_option
@arguments.as_of_option
@arguments.json_option
def command(account: str, names: tuple[str, ...], from_format: str | None, as_of: str | None, as_json: bool) -> int:
    """Compare ACCOUNT with itself: all cross and all isolated under one policy, or as it is under several."""
    policies = [load_policy(name) for name in names]
    state = arguments.read_account(account, policies, from_format, as_of)
    columns = compare_modes(policies[0], state) if len(policies) == 1 else compare_policies(policies, state)
    if as_json:
        output.print_json(
            {
                "schema": "marginrules/comparison/1",
                "columns": [
                    {
                        "title": column.title,
                        "report": documents.write(column.report) if column.report is not None else None,
                        "because": column.because or None,
                    }
                    for column in columns
                ],
            }
        )
        return 0
    out = output.console()
    table = Table(pad_edge=False, title=f"{state.account.id}", title_justify="left")
    table.add_column("")
    for column in columns:
        table.add_column(column.title, justify="right", overflow="fold")
    for heading, cells in _rows(columns):
        table.add_row(heading, *cells)
    out.print(table)
    for column in columns:
        if column.report is None:
            out.print(Text(f"{column.title}: {column.because}", style="yellow"))
    output.print_notes(out, (note for column in columns if column.report is not None for note in column.report.notes))
    return 0


def _rows(columns: Sequence[Column]) -> Iterator[tuple[str, list[Text | str]]]:
    reports = [column.report for column in columns]
    pools = dict.fromkeys(pool.id for report in reports if report is not None for pool in report.pools)
    for identity in pools:
        found = [
            next((pool for pool in report.pools if pool.id == identity), None) if report is not None else None
            for report in reports
        ]
        yield f"{identity} equity", [output.shown(pool.equity) if pool is not None else "" for pool in found]
        yield (
            f"{identity} maintenance",
            [output.shown(pool.maintenance_margin) if pool is not None else "" for pool in found],
        )
        yield (
            f"{identity} liquidatable",
            [output.verdict(pool.liquidatable) if pool is not None else "" for pool in found],
        )
    names = dict.fromkeys(position.id for report in reports if report is not None for position in report.positions)
    for name in names:
        held = [report.position(name) if report is not None else None for report in reports]
        yield f"{name} notional", [output.shown(position.notional) if position else "" for position in held]
        yield f"{name} unrealized PnL", [output.shown(position.unrealized_pnl) if position else "" for position in held]
        yield (
            f"{name} liquidation price",
            [output.shown(position.liquidation_price) if position else "" for position in held],
        )
        yield (
            f"{name} bankruptcy price",
            [output.shown(position.bankruptcy_price) if position else "" for position in held],
        )
    assets = dict.fromkeys(asset for report in reports if report is not None for asset in idle(report))
    for asset in assets:
        yield (
            f"idle equity {asset}".rstrip(),
            [output.shown(idle(report).get(asset)) if report is not None else "" for report in reports],
        )
