"""Arguments that several commands share, and reading what they name."""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import attrs
import click

from marginrules.account import documents
from marginrules.account.state import AccountState
from marginrules.errors import MarginRulesError
from marginrules.policy.policy import Policy
from marginrules.venues import IMPORTERS, import_payload


class FileError(MarginRulesError):
    """A file that cannot be read or written."""


_Command = TypeVar("_Command", bound=Callable[..., Any])

MAXIMUM_BYTES = 64 * 1024 * 1024
"""Largest document that is read."""


def account_argument(command: _Command) -> _Command:
    """The ACCOUNT argument: a file, a folder of a venue's answers, or `-` for standard input."""
    return click.argument("account", metavar="ACCOUNT")(command)


def policy_option(command: _Command) -> _Command:
    """The policy, by name or file."""
    return click.option(
        "--policy", "-p", "policy_name", required=True, metavar="NAME|FILE", help="policy to evaluate under"
    )(command)


def from_option(command: _Command) -> _Command:
    """The form of the account document."""
    names = ", ".join(sorted(IMPORTERS))
    return click.option("--from", "from_format", metavar="FORMAT", help=f"a venue's own payload: {names}")(command)


def as_of_option(command: _Command) -> _Command:
    """The day whose rules apply."""
    return click.option(
        "--as-of", "as_of", metavar="DATE", help="evaluate as of this day or time instead of the document's"
    )(command)


def json_option(command: _Command) -> _Command:
    """One JSON document on standard output, and nothing else."""
    return click.option("--json", "as_json", is_flag=True, help="print one JSON document")(command)


_POSITIONAL = {
    "deposit": ("asset", "amount"),
    "withdraw": ("asset", "amount"),
    "transfer": ("asset", "amount", "to"),
    "add_margin": ("position", "amount"),
    "remove_margin": ("position", "amount"),
    "open": ("symbol", "side", "quantity", "price"),
    "reduce": ("position", "quantity", "price"),
    "close": ("position", "price"),
    "switch_mode": ("position", "margin_mode"),
    "set_leverage": ("symbol", "leverage"),
    "place_order": ("symbol", "side", "quantity", "price"),
    "cancel_order": ("id",),
}
"""What the words after an action mean, in their order; `name=value` says any of them."""


def action_document(words: Sequence[str], text: str | None) -> object:
    """The action that the arguments say, as a document.

    Raises:
        click.UsageError: there is none, or two.
        StateError: the JSON is none.
    """
    if (text is None) == (not words):
        message = "say one action: as words (`add_margin A 50`), or as a document (`--action JSON`)"
        raise click.UsageError(message)
    if text is not None:
        if text.startswith("@"):
            return documents.load_json(read_bytes(text[1:], text[1:]), text[1:])
        return documents.load_json(text, "--action")
    found: dict[str, object] = {"action": words[0]}
    if words[0] not in _POSITIONAL:
        # Its reader names the actions there are.
        return found
    names = iter(_POSITIONAL[words[0]])
    for word in words[1:]:
        name, separator, value = word.partition("=")
        if not separator:
            name, value = next(names, ""), word
        if not name:
            message = f"`{words[0]}` takes no further word, here is {word!r}; write name=value"
            raise click.UsageError(message)
        found[name] = {"true": True, "false": False}.get(value, value) if name == "reduce_only" else value
    return found


def read_account(account: str, policies: Sequence[Policy], from_format: str | None, as_of: str | None) -> AccountState:
    """The account that the arguments name.

    Raises:
        StateError: the document cannot be read, or is not an account.
    """
    name = "standard input" if account == "-" else account
    folder = Path(account)
    parsed: object
    if from_format is not None and folder.is_dir():
        parsed = _answers(folder)
    else:
        parsed = documents.load_json(read_bytes(account, name, _remedy(folder)), name)
    if from_format is not None:
        state = import_payload(from_format, parsed, name)
    else:
        declared = tuple(dict.fromkeys(spec for policy in policies for spec in policy.inputs))
        state = documents.read(parsed, declared, name)
    if as_of is None:
        return state
    return attrs.evolve(state, account=attrs.evolve(state.account, as_of=_moment(as_of)))


_GIVE_A_FILE = "give a file, or - for standard input"


def _answers(folder: Path) -> dict[str, object]:
    """A venue's answers, each in a file of its own that is called as it is: `NAME.json`.

    Raises:
        FileError: a file cannot be read, or there is none.
        StateError: one is no JSON.
    """
    files = sorted(path for path in folder.glob("*.json") if not path.name.startswith("."))
    if not files:
        message = (
            f"{folder}: no answers are here\nhelp: save each answer as NAME.json, called as on the importer's page"
        )
        raise FileError(message)
    return {path.stem: documents.load_json(read_bytes(str(path), str(path)), str(path)) for path in files}


def _remedy(path: Path) -> str:
    return "say whose answers are in the folder with --from" if path.is_dir() else _GIVE_A_FILE


_TAKEN = "marginrules.standard_input"


def standard_input(what: str) -> BinaryIO:
    """Standard input, for one reader: a second would find nothing there, and take that for what was sent.

    Args:
        what: what is read from it, in words.

    Raises:
        FileError: it is closed, or another argument of the command is `-` too.
    """
    if sys.stdin is None:
        message = f"standard input is closed\nhelp: give a file, or send {what} to standard input"
        raise FileError(message)
    context = click.get_current_context(silent=True)
    if context is not None and context.meta.get(_TAKEN):
        message = "standard input is named twice\nhelp: give a file in place of one `-`"
        raise FileError(message)
    if context is not None:
        context.meta[_TAKEN] = True
    return sys.stdin.buffer


def read_bytes(account: str, name: str, remedy: str = _GIVE_A_FILE) -> bytes:
    """The bytes of a file, or of standard input.

    Args:
        account: path of the file, or `-`.
        name: what messages call it.
        remedy: what to give instead.

    Raises:
        FileError: it cannot be read, or is too large.
    """
    try:
        if account == "-":
            data = standard_input("the document").read(MAXIMUM_BYTES + 1)
        else:
            with Path(account).open("rb") as file:
                data = file.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        message = f"{name}: cannot be read: {error.strerror}\nhelp: {remedy}"
        raise FileError(message) from None
    if len(data) > MAXIMUM_BYTES:
        message = f"{name}: the document is too large\nhelp: at most {MAXIMUM_BYTES // 1024 // 1024} MiB are read"
        raise FileError(message)
    return data


def read_text(path: str, name: str, remedy: str) -> str:
    """The text of a file, or of standard input.

    Args:
        path: of the file, or `-`.
        name: what messages call it.
        remedy: what to give instead.

    Raises:
        FileError: it cannot be read, is too large, or is not UTF-8.
    """
    try:
        # Some editors put a byte-order mark before the text.
        return read_bytes(path, name, remedy).decode("utf-8-sig")
    except UnicodeDecodeError:
        save = "" if remedy.startswith("save") else "save it as UTF-8, or "
        message = f"{name}: cannot be read: it is not UTF-8 text\nhelp: {save}{remedy}"
        raise FileError(message) from None


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        FileError: it cannot be written.
    """
    target = path.resolve()
    beside = target.with_name(target.name + ".new")
    try:
        if target.exists() and not target.is_file():
            # A device or a pipe is written to; it has no other to be put in its place.
            target.write_text(text, encoding="utf-8")
            return
        beside.write_text(text, encoding="utf-8")
        if target.exists():
            beside.chmod(target.stat().st_mode)
        beside.replace(target)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        message = f"{path}: cannot be written: {error.strerror}\nhelp: name a file in a folder that exists"
        raise FileError(message) from None


def _moment(text: str) -> datetime:
    try:
        if len(text) == len("2026-11-22"):
            return datetime.combine(date.fromisoformat(text), time(0), UTC)
        found = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no date"
        raise click.BadParameter(message + "; write 2026-11-22 or 2026-11-22T12:00:00Z", param_hint="--as-of") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
