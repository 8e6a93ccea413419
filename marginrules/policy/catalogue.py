"""Finding and loading policies: by the name of a shipped one, by path, or from text. Checked ones are kept by digest."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from marginrules.arithmetic import exact_context
from marginrules.errors import MarginRulesError
from marginrules.language.diagnostics import Diagnostic, RuleFileError, did_you_mean
from marginrules.language.nodes import PolicyFile
from marginrules.language.parser import BrokenFileError, parse
from marginrules.language.source import Span
from marginrules.policy.check import check, diagnose, diagnose_rest
from marginrules.policy.policy import Policy
from marginrules.resources import policy_names, policy_path

_CACHE: dict[tuple[str, str, str], tuple[Policy, tuple[tuple[Path, str], ...]]] = {}
_LOCK = Lock()
_CACHE_SIZE = 256


class PolicyNotFoundError(MarginRulesError):
    """Neither a shipped policy nor a rule file has that name."""


def load_policy(name: str | Path) -> Policy:
    """The checked policy of that name.

    Args:
        name: name of a shipped policy (`hyperliquid`), or the path of a rule file (`my/house.margin`).

    Raises:
        PolicyNotFoundError: there is none.
        RuleFileError: the rule file has errors; all of them are listed.
    """
    path = find_policy(name)
    return load_text(
        _read(path),
        str(path) if isinstance(name, Path) or str(name) != path.stem else f"rules/{path.name}",
        path.parent,
    )


def find_policy(name: str | Path) -> Path:
    """The rule file of a shipped policy or path.

    Raises:
        PolicyNotFoundError: there is none.
    """
    if isinstance(name, str) and name in policy_names():
        return policy_path(name)
    path = Path(name)
    if path.is_file():
        return path
    known = policy_names()
    near = did_you_mean(path.stem if path.suffix == ".margin" else str(name), known)
    remedy = near + f"shipped policies are {', '.join(known)}; or give the path of a rule file"
    if not str(name).strip():
        problem = "the name of the policy is empty"
    elif path.is_dir():
        problem = f"{name} is a folder"
    elif path.suffix == ".margin" or len(path.parts) > 1:
        problem = f"there is no file {name}"
    else:
        problem = f"there is no policy {str(name)!r}"
    message = f"{problem}\nhelp: {remedy}"
    raise PolicyNotFoundError(message)


def load_text(text: str, name: str = "<string>", directory: Path | None = None) -> Policy:
    """The checked policy of a rule file's text.

    Args:
        text: the whole text.
        name: what messages and citations call the file.
        directory: where its data files, and policies that it extends by file name, are looked for.

    Raises:
        RuleFileError: with every problem found.
    """
    key = (hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest(), name, str(directory))
    with _LOCK:
        cached = _CACHE.get(key)
    if cached is not None and all(_unchanged(path, digest) for path, digest in cached[1]):
        return cached[0]
    beside: list[tuple[Path, str]] = []
    with exact_context():
        policy = check(_parsed(text, name, directory), _extended(directory, beside), _reader(directory, beside))
    with _LOCK:
        if len(_CACHE) >= _CACHE_SIZE:
            _CACHE.clear()
        _CACHE[key] = (policy, tuple(beside))
    return policy


def diagnose_text(
    text: str, name: str = "<string>", directory: Path | None = None
) -> tuple[Policy | None, tuple[Diagnostic, ...]]:
    """The policy, or None, with everything the checks found in a rule file's text."""
    try:
        with exact_context():
            return diagnose(_parsed(text, name, directory), _extended(directory, []), _reader(directory, []))
    except RuleFileError as error:
        return None, error.diagnostics


def _parsed(text: str, name: str, directory: Path | None) -> PolicyFile:
    """The syntax tree; of a text that has none, it is told too what is wrong with the statements that can be read."""
    try:
        return parse(text, name)
    except BrokenFileError as broken:
        if broken.rest is None or broken.unread is None:
            raise
        more = diagnose_rest(broken.rest, broken.unread, _extended(directory, []), _reader(directory, []))
        raise RuleFileError([*broken.diagnostics, *more]) from None


def _read(path: Path) -> str:
    try:
        # Some editors put a byte-order mark before the text.
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason, remedy = "it is not UTF-8 text", "save it as UTF-8, or give the path of a rule file"
        if isinstance(error, OSError):
            reason, remedy = error.strerror or str(error), "give the path of a rule file"
        message = f"{path} cannot be read: {reason}\nhelp: {remedy}"
        raise PolicyNotFoundError(message) from None


def _unchanged(path: Path, digest: str) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == digest
    except OSError:
        return False


def _note(path: Path, beside: list[tuple[Path, str]]) -> None:
    beside.append((path, hashlib.sha256(path.read_bytes()).hexdigest()))


def _reader(directory: Path | None, beside: list[tuple[Path, str]]) -> Callable[[str], str]:
    def read(name: str) -> str:
        if directory is None:
            raise FileNotFoundError(2, "the rule file has no folder")
        path = directory / name
        # A rule file reads what lies beside it, not the rest of the machine.
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise PermissionError(1, "a data file lies beside its rule file, or below it")
        text = path.read_text(encoding="utf-8-sig")
        _note(path, beside)
        return text

    return read


def _extended(directory: Path | None, beside: list[tuple[Path, str]]) -> Callable[[str, Span], PolicyFile]:
    def find(name: str, span: Span) -> PolicyFile:
        candidate = directory / f"{name}.margin" if directory is not None else None
        if candidate is not None and candidate.is_file():
            _note(candidate, beside)
            return parse(_read(candidate), str(candidate))
        if name in policy_names():
            path = policy_path(name)
            _note(path, beside)
            return parse(_read(path), f"rules/{path.name}")
        raise RuleFileError(
            [
                Diagnostic(
                    "unknown-policy",
                    span,
                    f"there is no policy `{name}` to extend",
                    did_you_mean(name, policy_names())
                    + f"`marginrules policies` lists the shipped ones; or put {name}.margin beside this file",
                )
            ]
        )

    return find
