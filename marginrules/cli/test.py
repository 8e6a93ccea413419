"""`marginrules test`: feature files and conformance cases."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from marginrules.cli import arguments, output
from marginrules.cli.command import Command
from marginrules.cli.text import printable
from marginrules.testing.cases import CaseResult, Difference, Verdict, run_directory
from marginrules.testing.run import run_features

_COUNTS: dict[str, Verdict] = {
    "agree": "agrees",
    "disagree": "disagrees",
    "source inconsistent": "source inconsistent",
    "no policy": "no policy",
}

_PREAMBLE = (
    "Accounts with the figures that a venue, or another project's tests of it, published, evaluated under the policy of",
    "the venue. Each case has its source, and says how near its figures must come. One whose figures contradict the rest",
    "of their own source is counted apart, and shown below the table.",
)

_Results = dict[str, tuple[CaseResult, ...]]
"""The results by the name of their file: one venue can have several."""


@click.command("test", cls=Command)
@click.argument("paths", nargs=-1, metavar="[PATH…]", type=click.Path(path_type=Path))
@click.option(
    "--cases", "directory", type=click.Path(path_type=Path), metavar="DIR", help="run the case files of a folder"
)
@arguments.json_option
@click.option("--markdown", is_flag=True, help="print Markdown")
def command(paths: tuple[Path, ...], directory: Path | None, as_json: bool, markdown: bool) -> int:
    """Run feature files (and all below folders; `features/` where none is named), or with --cases published figures.

    The forms --json and --markdown are of published figures.
    """
    if as_json or markdown:
        if as_json and markdown:
            message = "--json and --markdown are two forms; choose one"
            raise click.UsageError(message)
        if directory is None or paths:
            message = "--json and --markdown are of published figures; give --cases DIR alone"
            raise click.UsageError(message)
    passed = True
    if directory is not None:
        results = _run_cases(directory)
        if as_json:
            output.print_json(_document(results))
        elif markdown:
            click.echo(printable(_markdown(results, directory)))
        else:
            _print(output.console(), results)
        passed = not _count(_all(results), "disagrees")
    if paths or directory is None:
        passed = run_features(paths or (Path("features"),)) and passed
    return 0 if passed else 1


def _run_cases(directory: Path) -> _Results:
    found = list(run_directory(directory))
    # Both are in alphabetical order.
    return {path.stem: venue.results for path, venue in zip(sorted(directory.glob("*.json")), found, strict=True)}


def _all(results: _Results) -> list[CaseResult]:
    return [result for listed in results.values() for result in listed]


def _count(results: Sequence[CaseResult], verdict: Verdict) -> int:
    return sum(result.verdict == verdict for result in results)


def _counted(results: _Results) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Headings and rows, the sum last. A policy is missing so seldom that its column stands only where one is."""
    counts = {
        word: verdict for word, verdict in _COUNTS.items() if word != "no policy" or _count(_all(results), verdict)
    }
    rows = [
        (
            name,
            [
                str(len(listed)),
                str(sum(result.compared for result in listed)),
                *(str(_count(listed, verdict)) for verdict in counts.values()),
            ],
        )
        for name, listed in [*results.items(), ("all", _all(results))]
    ]
    return ["cases", "figures", *counts], rows


def _print(out: Console, results: _Results) -> None:
    headings, rows = _counted(results)
    table = Table(pad_edge=False)
    table.add_column("venue")
    for heading in headings:
        table.add_column(heading, justify="right")
    for name, cells in rows:
        if name == "all":
            table.add_section()
        table.add_row(name, *cells)
    out.print(table)
    for name, listed in results.items():
        for result in listed:
            if result.verdict == "agrees":
                continue
            out.print(f"{name}: {result.name}: {result.verdict}")
            for difference in result.differences:
                out.print(f"  {_sentence(difference)}")
            if result.remark:
                out.print(f"  {result.remark}")


def _sentence(difference: Difference) -> str:
    return f"{difference.at}: source {difference.expected or 'none'}, policy {difference.found or 'none'}"


def _markdown(results: _Results, directory: Path) -> str:
    headings, rows = _counted(results)
    made = f"Made by `marginrules test --cases {directory} --markdown`."
    lines = ["# Published figures", "", made, "", *_PREAMBLE, ""]
    lines.extend([f"| venue | {' | '.join(headings)} |", f"|---|{'---:|' * len(headings)}"])
    lines.extend(f"| {name} | {' | '.join(cells)} |" for name, cells in rows)
    apart = [(name, result) for name, listed in results.items() for result in listed if result.verdict != "agrees"]
    if apart:
        lines.extend(["", "## What does not agree"])
    for name, result in apart:
        figures = "; ".join(
            f"`{entry.at}`: source {entry.expected or 'none'}, policy {_short(entry.found)}"
            for entry in result.differences
        )
        lines.extend(["", f"**{name}**, {_literal(result.name)}: {result.verdict}. {figures}".rstrip()])
        if result.remark:
            lines.extend(["", f"> {_literal(result.remark)}"])
    return "\n".join(lines)


def _literal(text: str) -> str:
    """Text in which Markdown marks nothing."""
    return re.sub(r"([*_`|<])", r"\\\1", text)


def _short(found: str | None) -> str:
    """A figure to twelve digits; anything else as it is."""
    try:
        return f"{Decimal(found or ''):.12g}"
    except InvalidOperation:
        return found or "none"


def _document(results: _Results) -> dict[str, Any]:
    return {
        "schema": "marginrules/conformance/1",
        "venues": [
            {
                "venue": name,
                **{word.replace(" ", "_"): _count(listed, verdict) for word, verdict in _COUNTS.items()},
                "cases": [
                    {
                        "name": result.name,
                        "verdict": result.verdict,
                        "compared": result.compared,
                        "differences": [
                            {"at": entry.at, "source": entry.expected, "policy": entry.found}
                            for entry in result.differences
                        ],
                        "remark": result.remark,
                    }
                    for result in listed
                ],
            }
            for name, listed in results.items()
        ],
    }
