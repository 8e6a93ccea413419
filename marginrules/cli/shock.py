"""`marginrules shock`: the same account after prices moved, and along the way."""

from decimal import Decimal
from itertools import cycle
from pathlib import Path

import click
from rich.table import Table

from marginrules.account.state import AccountState
from marginrules.cli import arguments, output
from marginrules.cli.command import Command
from marginrules.cli.text import printable
from marginrules.engine import documents
from marginrules.engine.compare import NoSuchModeError, in_mode
from marginrules.engine.evaluate import evaluate
from marginrules.engine.report import Report
from marginrules.engine.shock import MoveError, ShockPoint, move, parse_move, shock_curve
from marginrules.policy.catalogue import load_policy

MODES = ("cross", "isolated")
_SCALES = [Decimal(step) / 20 for step in range(-20, 41)]
"""From the opposite of the moves to twice the moves."""


@click.command("shock", cls=Command)
@arguments.account_argument
@arguments.policy_option
@click.option(
    "--move", "moves", multiple=True, required=True, metavar="BASE=PERCENT%", help="such as BTC=-8%; repeatable"
)
@click.option("--plot", "plot", type=click.Path(path_type=Path), metavar="FILE", help="draw into an .svg or .png file")
@arguments.from_option
@arguments.as_of_option
@arguments.json_option
def command(
    account: str,
    policy_name: str,
    moves: tuple[str, ...],
    plot: Path | None,
    from_format: str | None,
    as_of: str | None,
    as_json: bool,
) -> int:
    """Move prices and report on ACCOUNT again; draws equity against requirement for both modes along the way."""
    policy = load_policy(policy_name)
    state = arguments.read_account(account, [policy], from_format, as_of)
    parsed = [parse_move(text) for text in moves]
    if plot is not None and plot.suffix not in {".svg", ".png"}:
        message = f"{plot}: a plot is an .svg or a .png file\nhelp: end the name so"
        raise MoveError(message)
    before, after = evaluate(policy, state), evaluate(policy, move(state, parsed))
    modes, refusals = _possible_modes(state)
    curve = shock_curve(policy, state, parsed, _SCALES, modes) if plot is not None or not as_json else ()
    title = f"{printable(state.account.id)} under {policy.name}: {', '.join(moves)} is 1"
    if plot is not None:
        # Before anything is printed: a file that cannot be written must not leave half a result.
        _draw_file(curve, title, plot)
    if as_json:
        output.print_json(
            {
                "schema": "marginrules/shock/1",
                "moves": [{"base": entry.base, "share": str(entry.share)} for entry in parsed],
                "before": documents.write(before),
                "after": documents.write(after),
            }
        )
    else:
        _print(before, after)
    if not as_json:
        _draw_terminal(curve, title)
        if plot is not None:
            click.echo(f"drawn in {plot}")
    if plot is not None or not as_json:
        for refusal in refusals:
            click.echo(refusal, err=True)
    return 0


def _possible_modes(state: AccountState) -> tuple[list[str], list[str]]:
    """The modes to draw, and why the others are not: a position without a leverage is assigned nothing by itself."""
    modes, refusals = [], []
    for mode in MODES:
        try:
            in_mode(state, mode)
        except NoSuchModeError as error:
            refusals.append(f"{mode} is not drawn: {error}")
        else:
            modes.append(mode)
    return modes, refusals


def _print(before: Report, after: Report) -> None:
    table = Table(pad_edge=False)
    for heading in ("", "before", "after"):
        table.add_column(heading, justify="right" if heading else "left", overflow="fold")
    for pool in before.pools:
        then = after.pool(pool.id)
        table.add_row(f"{pool.id} equity", output.shown(pool.equity), output.shown(then.equity))
        requirement = (output.shown(pool.maintenance_margin), output.shown(then.maintenance_margin))
        table.add_row(f"{pool.id} requirement", *requirement)
        table.add_row(f"{pool.id} liquidatable", output.verdict(pool.liquidatable), output.verdict(then.liquidatable))
    output.console().print(table)
    output.print_notes(output.console(), after.notes)


def _series(curve: tuple[ShockPoint, ...]) -> dict[str, tuple[list[float], list[float]]]:
    """Lines to draw. Floats only here, at the edge of a picture: nothing is decided by them."""
    lines: dict[str, tuple[list[float], list[float]]] = {}
    for point in curve:
        for mode, report in point.reports.items():
            for pool in report.pools:
                if not pool.positions or pool.pool != mode:
                    continue
                for word, value in (("equity", pool.equity), ("requirement", pool.maintenance_margin)):
                    if value is not None:
                        across, up = lines.setdefault(printable(f"{word} {pool.id}"), ([], []))
                        across.append(float(point.scale))
                        up.append(float(value))
    return lines


def _draw_terminal(curve: tuple[ShockPoint, ...], title: str) -> None:
    try:
        import plotext  # noqa: PLC0415 - slow to import, and wanted here only
    except ModuleNotFoundError:
        click.echo("no plot: install marginrules[cli]", err=True)
        return
    plotext.clear_figure()
    # Each line has a sign of its own: where there is no colour, it still can be told from the others.
    for sign, (label, (across, up)) in zip(cycle("•xo+*#@%"), _series(curve).items(), strict=False):
        plotext.plot(across, up, label=label, marker=sign)
    plotext.title(title)
    plotext.plotsize(min(output.console().width, 110), 22)
    plotext.theme("clear")
    click.echo(plotext.uncolorize(plotext.build()))


def _draw_file(curve: tuple[ShockPoint, ...], title: str, path: Path) -> None:
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra of its own

        mpl.use("Agg")
        from matplotlib import pyplot as plt  # noqa: PLC0415
    except ModuleNotFoundError:
        message = "drawing a file needs matplotlib\nhelp: install marginrules[plot]"
        raise MoveError(message) from None
    figure, axes = plt.subplots(figsize=(9, 5))
    for label, (across, up) in _series(curve).items():
        axes.plot(across, up, "--" if label.startswith("requirement") else "-", label=label)
    axes.set_title(title)
    axes.set_xlabel("share of the moves")
    axes.legend()
    axes.grid(visible=True, alpha=0.3)
    figure.tight_layout()
    try:
        figure.savefig(path)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}\nhelp: name a file in a folder that exists"
        raise MoveError(message) from None
    finally:
        plt.close(figure)
