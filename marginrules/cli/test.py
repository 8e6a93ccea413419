"""`marginrules test`: feature files and conformance cases."""

from collections import Counter
from pathlib import Path

import click
from rich.table import Table

from marginrules.cli import output
from marginrules.testing.cases import VenueResults, run_directory
from marginrules.testing.run import run_features


@click.command("test")
@click.argument("paths", nargs=-1, metavar="[PATH…]", type=click.Path(path_type=Path))
@click.option(
    "--cases", "directory", type=click.Path(path_type=Path), metavar="DIR", help="run the case files of a folder"
)
def command(paths: tuple[Path, ...], directory: Path | None) -> int:
    """Run feature files (and all below folders; `features/` where none is named), or with --cases published figures."""
    passed = True
    if directory is not None:
        passed = _run_cases(directory)
    if paths or directory is None:
        passed = _run_features(paths or (Path("features"),)) and passed
    return 0 if passed else 1


def _run_features(paths: tuple[Path, ...]) -> bool:
    return run_features(paths)


def _run_cases(directory: Path) -> bool:
    found = list(run_directory(directory))
    out = output.console()
    table = Table(pad_edge=False)
    table.add_column("venue")
    headings = ("cases", "agree", "disagree", "source inconsistent", "no policy")
    for heading in headings:
        table.add_column(heading, justify="right")
    for venue in found:
        table.add_row(venue.venue, *_row(venue))
    total = Counter(result.verdict for venue in found for result in venue.results)
    table.add_section()
    table.add_row(
        "all",
        *(
            str(count)
            for count in (
                sum(total.values()),
                total["agrees"],
                total["disagrees"],
                total["source inconsistent"],
                total["no policy"],
            )
        ),
    )
    out.print(table)
    for venue in found:
        for result in venue.results:
            if result.differences:
                out.print(f"{venue.venue}: {result.name}: {result.verdict}", markup=False)
                for difference in result.differences:
                    out.print(
                        f"  {difference.at}: source {difference.expected or 'none'}, policy {difference.found or 'none'}",
                        markup=False,
                    )
                if result.remark:
                    out.print(f"  {result.remark}", markup=False)
    return not total["disagrees"]


def _row(venue: VenueResults) -> tuple[str, ...]:
    return (
        str(len(venue.results)),
        str(venue.count("agrees")),
        str(venue.count("disagrees")),
        str(venue.count("source inconsistent")),
        str(venue.count("no policy")),
    )
