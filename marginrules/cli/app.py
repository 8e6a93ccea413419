"""The group of commands: each is imported when it is run, and every mistake of a user ends in one message."""

import os
import sys
from importlib import import_module
from typing import Any

import click

from marginrules import __version__
from marginrules.cli.text import printable
from marginrules.errors import MarginRulesError
from marginrules.language.diagnostics import did_you_mean

COMMANDS = {
    "evaluate": "report on an account: pools, positions, prices",
    "explain": "why a figure is what it is",
    "compare": "cross beside isolated, or policy beside policy",
    "act": "may an action be done, and the account after it",
    "limits": "how much may be withdrawn, added, removed, opened",
    "preview": "an order before it is sent",
    "procedures": "what the venue does by itself: replenish, liquidate, step by step",
    "replay": "a stream of events: decisions and liquidations as they occur",
    "shock": "the same account after prices moved, with a plot",
    "check": "check rule files",
    "format": "lay out rule files",
    "describe": "what a policy says, in five rows",
    "schema": "JSON Schema of the account documents of a policy",
    "policies": "the policies that are shipped",
    "tables": "tier tables: import, show, compare",
    "test": "run feature files and conformance cases",
}
INTERNAL_ERROR = 70


class _ReaderGoneError(Exception):
    """Whoever read standard output went away (`| head`). Click ends a program with 1 for it; it is no failure."""


class _Commands(click.Group):
    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **more)
        except BrokenPipeError:
            raise _ReaderGoneError from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _ReaderGoneError from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(f"marginrules.cli.{cmd_name}").command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = did_you_mean(args[0], COMMANDS)
            ctx.fail(f"there is no command {args[0]!r}; {near or 'see marginrules --help'}".rstrip())
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=_Commands)
@click.version_option(__version__, prog_name="marginrules")
def app() -> None:
    """Margin policies of trading venues: evaluate accounts, and say why.

    Exit codes: 0 done, 1 a test or check failed, 2 bad input or usage, 3 an account is liquidatable and
    --fail-if-liquidatable was given (2 where it is then not known whether it is).
    """


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _drop_output() -> None:
    """Send what is still in the buffer nowhere, so that the interpreter does not try to write it again."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        # Standard output is closed, or is none of the system's.
        return


def run(arguments: list[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    try:
        code = app.main(args=arguments, prog_name="marginrules", standalone_mode=False)
        # What is still in the buffer must be out while an error can be told.
        _flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except MarginRulesError as error:
        click.echo(printable(f"error: {error}"), err=True)
        return 2
    except (_ReaderGoneError, BrokenPipeError):
        # Nothing is left to say, and nobody to say it to.
        _drop_output()
        return 0
    except OSError as error:
        _drop_output()
        place = error.filename or "the output"
        click.echo(
            f"error: {place}: {error.strerror or error}\nhelp: see that it can be read or written, and has room",
            err=True,
        )
        return 2
    except Exception as error:  # a defect of ours: one line for the user, the traceback where it is asked for
        if os.environ.get("MARGINRULES_DEBUG"):
            raise
        click.echo(
            f"internal error: {type(error).__name__}: {error}\nhelp: please report this, with the output under MARGINRULES_DEBUG=1",
            err=True,
        )
        return INTERNAL_ERROR
    return code if isinstance(code, int) else 0
