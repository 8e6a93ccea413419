"""`marginrules format`: the one layout of rule files."""

import sys
from pathlib import Path

import click

from marginrules.cli import arguments
from marginrules.cli.command import Command
from marginrules.language.format import format_text


@click.command("format", cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--check", "only_check", is_flag=True, help="change nothing; exit 1 if a file would change")
def command(files: tuple[str, ...], only_check: bool) -> int:
    """Lay out rule files in place; `-` reads standard input and writes standard output."""
    changed = 0
    formatted = [(name, *_formatted(name)) for name in files]
    for name, before, after in formatted:
        if name == "-":
            if not only_check:
                sys.stdout.write(after)
        elif before != after and not only_check:
            arguments.write_text(Path(name), after)
        if before != after:
            changed += 1
            if name != "-":
                click.echo(f"{name} {'would change' if only_check else 'formatted'}")
    return 1 if only_check and changed else 0


def _formatted(name: str) -> tuple[str, str]:
    shown = "standard input" if name == "-" else name
    before = arguments.read_text(name, shown, "give the path of a rule file")
    return before, format_text(before, shown)
