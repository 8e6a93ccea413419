"""The command line: one file a command, thin; all arithmetic is the library's."""

import sys


def main() -> None:
    """Run the command that the arguments name, and exit with its code."""
    try:
        from marginrules.cli.app import run  # noqa: PLC0415 - click and rich come with an extra
    except ModuleNotFoundError as error:
        if error.name not in {"click", "rich"}:
            raise
        sys.stderr.write(f"the command line needs {error.name}\nhelp: install marginrules[cli]\n")
        sys.exit(2)
    sys.exit(run())
