"""How results look to people: tables and trees, with colour on a terminal only."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import click
from rich import box
from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from marginrules.cli.text import printable
from marginrules.engine.explain import Derivation
from marginrules.engine.report import Figure, Report, UnknownEntry

_DIGITS = 8
_LEAST_PLACES = 2
_CHUNK = 3
"""How many records stand side by side where a terminal is too narrow for one a line."""

_Cells = list[tuple[str, list[Text | str]]]


class _Console(Console):
    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)

    def render_str(self, text: str, **more: Any) -> Text:
        # Before it is measured: a control character has no width, what stands for it has.
        return super().render_str(printable(text), **more)

    def on_broken_pipe(self) -> None:
        # By default it ends the program, with 1; that the reader went away is no failure, and `run` knows what to do.
        raise BrokenPipeError


def console() -> Console:
    """The console that results go to; plain where it is no terminal."""
    # Square brackets in a name are no markup.
    return _Console(highlight=False, soft_wrap=False, markup=False, emoji=False)


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def shown(value: Figure | str) -> str:
    """A figure as people read it: grouped, at most eight decimals (JSON has all of them)."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    return number(value)


def number(value: Decimal) -> str:
    """A number with grouped thousands: eight significant digits, and never fewer than two decimals of those it has."""
    if not value:
        return "0"
    places = max(_LEAST_PLACES, _DIGITS - 1 - value.adjusted())
    if value.adjusted() < -_DIGITS:
        return format(value, f".{_DIGITS}g")
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def verdict(value: bool | None) -> Text:
    """Whether a pool is liquidatable, in words and colour."""
    if value is None:
        return Text("unknown", style="yellow")
    return Text("LIQUIDATABLE", style="bold red") if value else Text("no", style="green")


def print_report(out: Console, report: Report) -> None:
    """A report as tables."""
    out.print(Text(f"{report.account} under {report.policy.name} {report.policy.version}", style="bold"))
    _print_records(
        out,
        "Pools",
        [
            ("pool", [pool.id for pool in report.pools]),
            ("asset", [pool.asset or "-" for pool in report.pools]),
            ("equity", [shown(pool.equity) for pool in report.pools]),
            ("initial margin", [shown(pool.initial_margin) for pool in report.pools]),
            ("maintenance margin", [shown(pool.maintenance_margin) for pool in report.pools]),
            (
                "margin ratio",
                ["-" if pool.margin_ratio is None else f"{pool.margin_ratio:.4f}" for pool in report.pools],
            ),
            ("liquidatable", [verdict(pool.liquidatable) for pool in report.pools]),
        ],
    )
    _print_figures(out, {pool.id: pool.figures for pool in report.pools})
    if report.positions:
        found = report.positions
        _print_records(
            out,
            "Positions",
            [
                ("position", [position.id for position in found]),
                ("pool", [position.pool for position in found]),
                ("notional", [shown(position.notional) for position in found]),
                ("unrealized PnL", [_profit(position.unrealized_pnl) for position in found]),
                ("initial margin", [shown(position.initial_margin) for position in found]),
                ("maintenance margin", [shown(position.maintenance_margin) for position in found]),
                ("liquidation price", [shown(position.liquidation_price) for position in found]),
                ("bankruptcy price", [shown(position.bankruptcy_price) for position in found]),
            ],
        )
        _print_figures(out, {position.id: position.figures for position in report.positions})
    for position in report.positions:
        if position.other_boundaries:
            others = ", ".join(number(price) for price in position.other_boundaries)
            out.print(f"{position.id}: the verdict also turns at {others}")
    for idle in report.idle_equity:
        out.print(f"Idle equity: {shown(idle.amount)} {idle.asset or ''}".rstrip())
    _print_unknown(out, report.unknown, report)
    print_notes(out, report.notes)
    for omitted in report.policy.omits:
        out.print(Text(f"Left out: {omitted}", style="dim"))


def print_notes(out: Console, notes: Iterable[str]) -> None:
    """What is to be known of a result, such as a table past its day; each once."""
    for note in dict.fromkeys(notes):
        out.print(Text(f"Note: {note}", style="yellow"))


def _profit(value: Decimal | None) -> Text:
    return Text(shown(value), style="red" if value is not None and value < 0 else "green")


def _print_records(out: Console, title: str, cells: _Cells) -> None:
    """Records as a table, one a line; turned on its side where the terminal is too narrow, so that no digit is cut."""
    out.print(Text(title, style="bold"))
    table = Table(pad_edge=False, box=box.SIMPLE_HEAD)
    for position, (heading, _) in enumerate(cells):
        table.add_column(heading, justify="left" if position < _LEAST_PLACES else "right", no_wrap=True)
    for row in zip(*(column for _, column in cells), strict=True):
        table.add_row(*row)
    if Measurement.get(out, out.options.update(max_width=10_000), table).maximum <= out.width:
        out.print(table)
        return
    count = len(cells[0][1])
    for start in range(0, count, _CHUNK):
        turned = Table(pad_edge=False, box=box.SIMPLE_HEAD)
        turned.add_column(cells[0][0], no_wrap=True)
        for name in cells[0][1][start : start + _CHUNK]:
            turned.add_column(str(name), justify="right", overflow="fold")
        for heading, column in cells[1:]:
            turned.add_row(heading, *column[start : start + _CHUNK])
        out.print(turned)


def _print_figures(out: Console, figures: Mapping[str, Mapping[str, Figure]]) -> None:
    for identity, found in figures.items():
        for name, value in found.items():
            out.print(f"{identity}: {name} {shown(value)}")


def _print_unknown(out: Console, unknown: tuple[UnknownEntry, ...], report: Report) -> None:
    for entry in unknown:
        _, section, index, name = (*entry.at.split("/"), "")[:4]
        records: tuple[Any, ...] = report.pools if section == "pools" else report.positions
        identity = records[int(index)].id if section in {"pools", "positions"} else section
        if entry.reason == "none":
            out.print(Text(f"{identity}: there is no {name.replace('_', ' ')}", style="dim"))
        else:
            place = f" ({entry.pointer})" if entry.pointer else ""
            out.print(
                Text(f"{identity}: {name.replace('_', ' ')} is unknown, because {entry.reason}{place}", style="yellow")
            )


def derivation_tree(derivation: Derivation) -> Tree:
    """A derivation as a tree for the terminal."""
    steps = derivation.outline()
    first, _, _ = next(steps)
    branches = [Tree(_derivation_line(first, new=True))]
    for step, depth, new in steps:
        del branches[depth:]
        branches.append(branches[-1].add(_derivation_line(step, new=new)))
    return branches[0]


def _derivation_line(step: Derivation, *, new: bool) -> Text:
    value = number(step.value) if isinstance(step.value, Decimal) else step.value_text
    text = Text.assemble((step.label, "bold"), " = ", (value, "cyan"))
    if step.formula and step.formula != step.label:
        text.append(f"  {step.formula}", style="italic")
    if step.note:
        text.append(f"  ({step.note})", style="yellow")
    if not new:
        text.append("  (as above)", style="dim")
        return text
    if step.rule is not None:
        text.append(f"  {step.rule}", style="dim")
    for cite in step.cites:
        text.append(f"\n{cite}", style="dim")
    if step.pointer is not None:
        text.append(f"  {step.pointer}", style="dim")
    return text


def derivation_document(step: Derivation) -> dict[str, Any]:
    """A derivation as JSON."""
    return {
        "label": step.label,
        "value": step.value if isinstance(step.value, bool | None) else step.value_text,
        "dimension": step.dimension,
        "formula": step.formula,
        "rule": step.rule,
        "cites": list(step.cites),
        "operator": step.operator,
        "pointer": step.pointer,
        "places": list(step.places),
        "note": step.note,
        "children": [derivation_document(child) for child in step.children],
    }
