"""`marginrules replay`: a stream of events under a policy, with checkpoints."""

import csv
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import click
from attrs import define

from marginrules.account import documents as account_documents
from marginrules.account.state import StateError
from marginrules.cli import arguments
from marginrules.engine.replay import EventError, Replay, relogged
from marginrules.errors import MarginRulesError
from marginrules.policy.catalogue import load_policy
from marginrules.policy.policy import Policy

MAXIMUM_LINE = 8 * 1024 * 1024
"""Longest line of a stream, in bytes."""

CHECKPOINT = "marginrules/checkpoint/1"


class ReplayError(MarginRulesError):
    """A stream, checkpoint or output that cannot be used."""


@click.command("replay")
@click.argument("events", metavar="EVENTS")
@arguments.policy_option
@click.option("--account", "account_files", multiple=True, metavar="FILE", help="an account to begin with")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="write results here")
@click.option("--checkpoint", type=click.Path(dir_okay=False, path_type=Path), help="resume from it, and keep it")
@click.option("--every", default=1000, show_default=True, type=click.IntRange(1), help="lines between checkpoints")
@click.option(
    "--on-error",
    type=click.Choice(["stop", "set-aside"]),
    default="stop",
    show_default=True,
    help="what to do with a bad line",
)
@click.option(
    "--log", "is_log", is_flag=True, help="EVENTS is a decision log: list what the policy decides differently"
)
def command(
    events: str,
    policy_name: str,
    account_files: tuple[str, ...],
    output: Path | None,
    checkpoint: Path | None,
    every: int,
    on_error: str,
    is_log: bool,
) -> int:
    """Replay EVENTS (JSON Lines, or CSV by its name; - for standard input) and write what happens, a line each.

    Exit codes: 0 done, 1 lines were set aside, or a log is decided differently, 2 bad input.
    """
    policy = load_policy(policy_name)
    if is_log:
        return _relog(policy, events)
    if checkpoint is not None and output is None:
        message = "--checkpoint needs --output: what was printed cannot be taken back"
        raise click.UsageError(message)
    run = _Run(policy, Replay(policy), on_error, checkpoint, every)
    if checkpoint is not None and checkpoint.exists():
        run.resume(events, output)
    else:
        for name in account_files:
            state = arguments.read_account(name, [policy], None, None)
            run.replay.accounts[state.account.id] = state
    mode = "r+b" if run.written and output is not None else "wb"
    try:
        out: IO[bytes] = output.open(mode) if output is not None else sys.stdout.buffer
    except OSError as error:
        message = f"{output} cannot be written: {error.strerror}\nhelp: name a file that can"
        raise ReplayError(message) from None
    try:
        if run.written:
            out.truncate(run.written)
            out.seek(run.written)
        run.go(events, out)
    finally:
        if output is not None:
            out.close()
        else:
            out.flush()
    return 1 if run.set_aside else 0


@define
class _Run:
    """One run over a stream."""

    policy: Policy
    replay: Replay
    on_error: str
    checkpoint: Path | None
    every: int
    line: int = 0
    written: int = 0
    set_aside: int = 0

    def go(self, events: str, out: IO[bytes]) -> None:
        """Take every line that was not taken yet."""
        done = self.line
        progress = sys.stderr.isatty()
        for number, event in _events(events, done):
            self.line = number
            try:
                results = self.replay.feed(_checked(event))
            except MarginRulesError as error:
                problem = str(error).replace("\n", "; ")
                if self.on_error == "stop":
                    message = f"{events}:{number}: {problem}"
                    raise ReplayError(message) from None
                self.set_aside += 1
                click.echo(f"set aside {events}:{number}: {problem}", err=True)
                results = []
            for result in results:
                text = json.dumps({"line": number, **result}, ensure_ascii=False, separators=(",", ":"))
                self.written += out.write(text.encode() + b"\n")
            if self.checkpoint is not None and number % self.every == 0:
                self.keep(out)
            if progress and number % 1000 == 0:
                click.echo(f"\r{number:,} lines", nl=False, err=True)
        if progress:
            click.echo(f"\r{self.line:,} lines", err=True)
        if self.checkpoint is not None:
            self.keep(out)

    def keep(self, out: IO[bytes]) -> None:
        """Write a checkpoint: what was printed is on disk before it says so, and it is replaced in one step."""
        if self.checkpoint is None:
            return
        out.flush()
        os.fsync(out.fileno())
        document = {
            "schema": CHECKPOINT,
            "policy": self.policy.digest,
            "line": self.line,
            "written": self.written,
            "set_aside": self.set_aside,
            "accounts": [account_documents.write(state) for state in self.replay.accounts.values()],
        }
        beside = self.checkpoint.with_name(self.checkpoint.name + ".new")
        with beside.open("w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.checkpoint)

    def resume(self, events: str, output: Path | None) -> None:
        """Go on where a checkpoint stands."""
        del events
        path = self.checkpoint
        if path is None or output is None:
            return
        found = account_documents.load_json(path.read_bytes(), path.name)
        if not isinstance(found, dict) or found.get("schema") != CHECKPOINT:
            message = f"{path} is no checkpoint\nhelp: name another file, or remove it to begin anew"
            raise ReplayError(message)
        if found["policy"] != self.policy.digest:
            message = f"{path} was made under another policy or version\nhelp: use that one, or remove the checkpoint"
            raise ReplayError(message)
        written = int(found["written"])
        if not output.exists() or output.stat().st_size < written:
            message = f"{output} is shorter than the checkpoint says\nhelp: name the output of that run, or begin anew"
            raise ReplayError(message)
        for document in found["accounts"]:
            state = account_documents.read(document, self.policy.inputs, path.name)
            self.replay.accounts[state.account.id] = state
        self.line, self.written, self.set_aside = int(found["line"]), written, int(found["set_aside"])


def _checked(event: object) -> dict[str, Any]:
    if isinstance(event, MarginRulesError):
        raise event
    if not isinstance(event, dict):
        message = 'an event is an object\nhelp: write {"event": "mark", …}'
        raise EventError(message)
    return event


def _events(name: str, done: int) -> Iterator[tuple[int, object]]:
    """Each line's number and event, or the error about it; those that were done are passed over."""
    try:
        stream: IO[bytes] = sys.stdin.buffer if name == "-" else Path(name).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        message = f"{name} cannot be read: {error.strerror}\nhelp: give a file, or - for standard input"
        raise ReplayError(message) from None
    with stream:
        columns: list[str] | None = None
        number = 0
        while True:
            line = stream.readline(MAXIMUM_LINE + 1)
            if not line:
                return
            number += 1
            too_long = len(line) > MAXIMUM_LINE
            while too_long and line and not line.endswith(b"\n"):
                line = stream.readline(MAXIMUM_LINE + 1)
            if name.endswith(".csv") and columns is None:
                columns = next(csv.reader([line.decode("utf-8-sig", "replace")]), [])
                continue
            if number <= done or (not too_long and not line.strip()):
                continue
            if too_long:
                yield number, EventError("the line is too long\nhelp: an event is one short line")
                continue
            yield number, _parsed(line, columns)


def _parsed(line: bytes, columns: list[str] | None) -> object:
    try:
        if columns is None:
            return account_documents.load_json(line, "event")
        cells = next(csv.reader([line.decode("utf-8")]))
        if len(cells) != len(columns):
            return EventError(
                f"the line has {len(cells)} cells, the heading {len(columns)}\nhelp: write one cell a column"
            )
        return {column: cell for column, cell in zip(columns, cells, strict=True) if cell}
    except (StateError, UnicodeDecodeError, csv.Error) as error:
        return EventError(
            str(error) if isinstance(error, StateError) else "the line is not UTF-8 text\nhelp: correct it"
        )


def _relog(policy: Policy, name: str) -> int:
    differing = 0

    def entries() -> Iterator[dict[str, Any]]:
        for _, event in _events(name, 0):
            yield _checked(event)

    for result in relogged(policy, entries()):
        differing += 1
        click.echo(json.dumps(result, ensure_ascii=False, separators=(",", ":"), default=str))
    return 1 if differing else 0
