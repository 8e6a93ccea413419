"""`marginrules replay`: a stream of events under a policy, with checkpoints."""

import base64
import csv
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import IO, Any

import click
from attrs import define, field

from marginrules.account import documents as account_documents
from marginrules.account.state import AccountState, StateError
from marginrules.cli import arguments
from marginrules.cli.command import Command
from marginrules.engine.decide import Decision
from marginrules.engine.documents import log_line
from marginrules.engine.replay import COLUMNS, EventError, Replay, again
from marginrules.errors import MarginRulesError
from marginrules.language.diagnostics import did_you_mean
from marginrules.policy.catalogue import load_policy
from marginrules.policy.policy import Policy

MAXIMUM_LINE = 8 * 1024 * 1024
"""Longest line of a stream, in bytes."""
SHOWN_LINE = 2000
"""How much of a bad heading is shown, in characters."""

CHECKPOINT = "marginrules/checkpoint/1"


class ReplayError(MarginRulesError):
    """A stream, checkpoint or output that cannot be used."""


@click.command("replay", cls=Command)
@click.argument("events", metavar="EVENTS")
@arguments.policy_option
@click.option("--account", "account_files", multiple=True, metavar="FILE", help="an account to begin with")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), help="form of EVENTS; else by its name")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="write results here")
@click.option("--decisions", type=click.Path(dir_okay=False, path_type=Path), help="write a log of decisions here")
@click.option("--checkpoint", type=click.Path(dir_okay=False, path_type=Path), help="resume from it, and keep it")
@click.option("--every", default=1000, show_default=True, type=click.IntRange(1), help="lines between checkpoints")
@click.option(
    "--on-error",
    type=click.Choice(["stop", "set-aside"]),
    default="stop",
    show_default=True,
    help="what to do with a bad line",
)
@click.option("--aside", type=click.Path(dir_okay=False, path_type=Path), help="write lines that are set aside here")
@click.option(
    "--log", "is_log", is_flag=True, help="EVENTS is a decision log: list what the policy decides differently"
)
def command(
    events: str,
    policy_name: str,
    account_files: tuple[str, ...],
    form: str | None,
    output: Path | None,
    decisions: Path | None,
    checkpoint: Path | None,
    every: int,
    on_error: str,
    aside: Path | None,
    is_log: bool,
) -> int:
    """Replay EVENTS (JSON Lines, or CSV by its name; - for standard input) and write what happens, a line each.

    Exit codes: 0 done, 1 lines were set aside, or a log is decided differently, 2 bad input.
    """
    policy = load_policy(policy_name)
    if checkpoint is not None and (output is None or is_log):
        message = "--checkpoint needs --output: what was printed cannot be taken back"
        raise click.UsageError(message if not is_log else "a log is short: --log takes no --checkpoint")
    if is_log and (account_files or decisions is not None):
        message = "a decision log has its accounts: --log takes no --account and no --decisions"
        raise click.UsageError(message)
    sinks = {"output": _Sink(output), "decisions": _Sink(decisions), "aside": _Sink(aside)}
    is_csv = (form or ("csv" if events.endswith(".csv") and not is_log else "jsonl")) == "csv"
    stream = _Stream(events, is_csv=is_csv, keeps=aside is not None)
    run = _Run(policy, Replay(policy), stream, sinks, on_error, checkpoint, every)
    if checkpoint is not None and checkpoint.exists():
        run.resume(checkpoint)
    else:
        for name in account_files:
            state = arguments.read_account(name, [policy], None, None)
            run.replay.accounts[state.account.id] = state
    with ExitStack() as files:
        for name, sink in sinks.items():
            files.enter_context(sink.opened(standard=name == "output"))
        if is_log:
            return run.again()
        run.go()
    unheard = list(run.replay.unheard.items())
    for name, times in unheard[:_UNHEARD_SHOWN]:
        lines = "1 line" if times == 1 else f"{times:,} lines"
        click.echo(
            f"note: no account has {name if name.isprintable() else ascii(name)}: {lines} moved nothing", err=True
        )
    if len(unheard) > _UNHEARD_SHOWN:
        click.echo(f"note: nor {len(unheard) - _UNHEARD_SHOWN:,} more", err=True)
    return 1 if run.set_aside else 0


_NAME_SHOWN = 80
_UNHEARD_SHOWN = 20
"""Most names that are told of what no account has."""


@define
class _Sink:
    """A file of lines, or standard output, of which a checkpoint says how much was written."""

    path: Path | None
    written: int = 0
    file: IO[bytes] | None = None

    def opened(self, *, standard: bool) -> Any:
        """Open it: anew, or where a checkpoint left off."""
        if self.path is None:
            if standard:
                self.file = sys.stdout.buffer
            return nullcontext()
        try:
            self.file = self.path.open("r+b" if self.written else "wb")
        except OSError as error:
            message = f"{self.path} cannot be written: {error.strerror}\nhelp: name a file that can"
            raise ReplayError(message) from None
        if self.written:
            self.file.truncate(self.written)
            self.file.seek(self.written)
        return self.file

    def line(self, text: str) -> None:
        """Write a line; half characters, which no text can hold, are escaped."""
        if self.file is not None:
            self.written += self.file.write(text.encode("utf-8", "backslashreplace") + b"\n")

    def keep(self) -> None:
        """Have on disk what was written."""
        if self.file is not None and self.path is not None:
            self.file.flush()
            os.fsync(self.file.fileno())


@define
class _Stream:
    """Lines of a file or of standard input, with their numbers, and a digest of all that was read."""

    name: str
    is_csv: bool
    keeps: bool = False
    """Whether lines are wanted as they were read."""
    number: int = 0
    digest: Any = field(factory=hashlib.sha256)
    line: bytes = b""
    """The line at hand, whole, where it is kept."""

    def events(self, done: int, digest: str | None) -> Iterator[tuple[int, object]]:
        """Each line's number and event, or the error about it; those that were done are passed over.

        Raises:
            ReplayError: it cannot be read, is not the stream that was done so far, or has no heading.
        """
        with self._opened() as stream:
            columns: list[str] | None = None
            while line := stream.readline(MAXIMUM_LINE + 1):
                self.number += 1
                self.digest.update(line)
                too_long = len(line) > MAXIMUM_LINE
                rest, parts = line, [line]
                while too_long and rest and not rest.endswith(b"\n"):
                    rest = stream.readline(MAXIMUM_LINE + 1)
                    self.digest.update(rest)
                    if self.keeps:
                        parts.append(rest)
                self.line = b"".join(parts) if self.keeps else b""
                if self.is_csv and columns is None:
                    columns = self._heading(line)
                    event: object = None
                elif self.number <= done or (not too_long and not line.strip()):
                    event = None
                elif too_long:
                    event = EventError("the line is too long\nhelp: an event is one short line")
                else:
                    event = _parsed(line, columns)
                    if event is None:
                        event = EventError("the line is null\nhelp: an event is an object, or the line is empty")
                if self.number == done and digest is not None:
                    self._same(digest)
                if event is not None:
                    yield self.number, event
        if self.number < done:
            message = f"{self.name} has {self.number:,} lines, and {done:,} were done\nhelp: give the same stream"
            raise ReplayError(message)

    def _opened(self) -> Any:
        if self.name == "-":
            return nullcontext(arguments.standard_input("the events"))
        try:
            return Path(self.name).open("rb")
        except OSError as error:
            message = f"{self.name} cannot be read: {error.strerror}\nhelp: give a file, or - for standard input"
            raise ReplayError(message) from None

    def _same(self, digest: str) -> None:
        if self.digest.hexdigest() != digest:
            message = (
                f"{self.name} is not the stream that the checkpoint is of: its first {self.number:,} lines differ\n"
                "help: give the same stream, or remove the checkpoint to begin anew"
            )
            raise ReplayError(message)

    def _heading(self, line: bytes) -> list[str]:
        columns = next(csv.reader([line.decode("utf-8-sig", "replace")]), [])
        for column in columns:
            if column not in COLUMNS:
                near = did_you_mean(column[:SHOWN_LINE], COLUMNS)
                message = (
                    f"{self.name}:1: no event has a {column[:SHOWN_LINE]!r}\n"
                    f"help: {near}the first line names the columns, of {', '.join(COLUMNS)}"
                )
                raise ReplayError(message)
        if len(set(columns)) < len(columns) or "event" not in columns:
            message = f"{self.name}:1: the heading needs `event`, and each column once\nhelp: correct the first line"
            raise ReplayError(message)
        return columns


@define
class _Run:
    """One run over a stream."""

    policy: Policy
    replay: Replay
    stream: _Stream
    sinks: dict[str, _Sink]
    on_error: str
    checkpoint: Path | None
    every: int
    done: int = 0
    digest: str | None = None
    set_aside: int = 0

    def go(self) -> None:
        """Take every line that was not taken yet."""
        self.replay.decided = self._logged if self.sinks["decisions"].file is not None else None
        progress = sys.stderr.isatty()
        for number, event in self.stream.events(self.done, self.digest):
            try:
                results = self.replay.feed(_checked(event))
            except MarginRulesError as error:
                self.refuse(number, error)
                results = []
            for result in results:
                self.sinks["output"].line(_json({"line": number, **result}))
            if self.checkpoint is not None and number % self.every == 0:
                self.keep()
            if progress and number % 1000 == 0:
                click.echo(f"\r{number:,} lines", nl=False, err=True)
        if progress:
            click.echo(f"\r{self.stream.number:,} lines", err=True)
        if self.checkpoint is not None:
            self.keep()

    def again(self) -> int:
        """Decide a log again, and write what differs."""
        differing = False
        for number, entry in self.stream.events(0, None):
            try:
                result = again(self.policy, _checked(entry), number)
            except MarginRulesError as error:
                self.refuse(number, error)
                continue
            if result is not None:
                differing = True
                self.sinks["output"].line(_json(result))
        return 1 if differing or self.set_aside else 0

    def refuse(self, number: int, error: MarginRulesError) -> None:
        """Stop at a bad line, or set it aside."""
        # A wrong value is repeated; half a character in it cannot be printed.
        problem = str(error).encode("utf-8", "backslashreplace").decode()
        place = f"{self.stream.name}:{number}"
        if self.on_error == "stop":
            message = f"{place}: {problem}"
            raise ReplayError(message) from None
        # One line for each that is set aside.
        problem = problem.replace("\n", "; ")
        self.set_aside += 1
        click.echo(f"set aside {place}: {problem}", err=True)
        if self.stream.keeps:
            self.sinks["aside"].line(_json({"line": number, "problem": problem, **_raw(self.stream.line)}))

    def _logged(self, state: AccountState, decision: Decision) -> None:
        self.sinks["decisions"].line(log_line(self.policy, state, decision))

    # ------------------------------------------------------------ checkpoints

    def keep(self) -> None:
        """Write a checkpoint: what was written is on disk before it says so, and it is replaced in one step."""
        if self.checkpoint is None:
            return
        for sink in self.sinks.values():
            sink.keep()
        document = {
            "schema": CHECKPOINT,
            "policy": self.policy.digest,
            "stream": self.stream.digest.hexdigest(),
            "line": self.stream.number,
            "written": {name: sink.written for name, sink in self.sinks.items()},
            "set_aside": self.set_aside,
            "accounts": [account_documents.write(state) for state in self.replay.accounts.values()],
            "unsettled": {name: list(pools) for name, pools in self.replay.unsettled.items() if pools},
        }
        beside = self.checkpoint.with_name(self.checkpoint.name + ".new")
        with beside.open("w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.checkpoint)

    def resume(self, path: Path) -> None:
        """Go on where a checkpoint stands.

        Raises:
            ReplayError: it is none, is of another policy, or the files of its run are not there.
        """
        found = account_documents.load_json(arguments.read_bytes(str(path), path.name), path.name)
        try:
            if not isinstance(found, dict) or found["schema"] != CHECKPOINT:
                raise KeyError  # noqa: TRY301 - one message for all that is no checkpoint
            self.digest, self.done = str(found["stream"]), int(found["line"])
            self.set_aside = int(found["set_aside"])
            written = {name: int(found["written"][name]) for name in self.sinks}
            accounts, policy = list(found["accounts"]), found["policy"]
            unsettled = {str(name): tuple(pools) for name, pools in found["unsettled"].items()}
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError):
            message = f"{path} is no checkpoint\nhelp: name another file, or remove it to begin anew"
            raise ReplayError(message) from None
        if policy != self.policy.digest:
            message = f"{path} was made under another policy or version\nhelp: use that one, or remove the checkpoint"
            raise ReplayError(message)
        for name, sink in self.sinks.items():
            sink.written = written[name]
            if written[name] and (sink.path is None or not sink.path.exists()):
                message = f"the run of {path} wrote --{name}\nhelp: name the same file, or remove the checkpoint"
                raise ReplayError(message)
            if sink.path is not None and written[name] and sink.path.stat().st_size < written[name]:
                message = (
                    f"{sink.path} is shorter than the checkpoint says\nhelp: name the file of that run, or begin anew"
                )
                raise ReplayError(message)
        for document in accounts:
            state = account_documents.read(document, self.policy.inputs, path.name)
            self.replay.accounts[state.account.id] = state
        self.replay.unsettled = unsettled


def _json(result: object) -> str:
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"), default=str)


def _raw(line: bytes) -> dict[str, str]:
    """A line byte for byte, its end included: as text where it is text, else in base 64."""
    try:
        return {"raw": line.decode("utf-8")}
    except UnicodeDecodeError:
        return {"raw_base64": base64.b64encode(line).decode("ascii")}


def _checked(event: object) -> dict[str, Any]:
    if isinstance(event, MarginRulesError):
        raise event
    if not isinstance(event, dict):
        message = 'an event is an object\nhelp: write {"event": "mark", …}'
        raise EventError(message)
    return event


def _parsed(line: bytes, columns: list[str] | None) -> object:
    """The event of a line, or the error about it."""
    try:
        if columns is None:
            return account_documents.load_json(line, "event")
        cells = next(csv.reader([line.decode("utf-8").rstrip("\r\n")], strict=True))
        if len(cells) != len(columns):
            return EventError(
                f"the line has {len(cells)} cells, the heading {len(columns)}\nhelp: write one cell a column"
            )
        event: dict[str, object] = {column: cell for column, cell in zip(columns, cells, strict=True) if cell}
        if "reduce_only" in event:
            event["reduce_only"] = {"true": True, "false": False}.get(str(event["reduce_only"]), event["reduce_only"])
        if "document" in event:
            event["document"] = account_documents.load_json(str(event["document"]), "/document")
    except StateError as error:
        return EventError(str(error))
    except UnicodeDecodeError:
        return EventError("the line is not UTF-8 text\nhelp: correct it")
    except csv.Error as error:
        return EventError(f"the line is no CSV: {error}\nhelp: an event is one line; double a quote within quotes")
    return event
