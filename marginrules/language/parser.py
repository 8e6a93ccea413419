"""Text to syntax tree: `parse(text, name)`."""

import re
from typing import TYPE_CHECKING

from lark.exceptions import UnexpectedInput, VisitError

from marginrules.language.build import Builder, attach_comments
from marginrules.language.diagnostics import Diagnostic, RuleFileError
from marginrules.language.grammar import grammar
from marginrules.language.nodes import PolicyFile
from marginrules.language.recovery import Unread, error, recover
from marginrules.language.source import Source

if TYPE_CHECKING:
    from lark import Token, Tree

MAXIMUM_LENGTH = 1_000_000
"""Longest rule file, in characters: far beyond any policy, and short enough that parsing ends in seconds."""

MAXIMUM_NESTING = 60
"""Deepest nesting of parentheses, conditionals and signs in one expression."""

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class BrokenFileError(RuleFileError):
    """A text of which some statements are not in the language.

    Attributes:
        rest: the file without them, where only single statements are broken, so that more can be said of the others.
        unread: what it lacks.
    """

    def __init__(self, found: list[Diagnostic], rest: PolicyFile | None = None, unread: Unread | None = None) -> None:
        super().__init__(found)
        self.rest = rest if unread is not None else None
        self.unread = unread


def _too_deep(source: Source) -> RuleFileError:
    return _refused(
        source, 0, 1, "the rules nest deeper than can be read", "name inner parts with definitions of their own"
    )


def _refused(source: Source, start: int, end: int, problem: str, remedy: str) -> RuleFileError:
    return RuleFileError([error(source, start, end, problem, remedy)])


def parse(text: str, name: str = "<string>") -> PolicyFile:
    """Parse a rule file.

    Args:
        text: the whole text of the file.
        name: what messages call it, usually its path.

    Returns:
        The syntax tree, with places and comments.

    Raises:
        BrokenFileError: the text is not in the language; says where it stops being so, and what could stand there, for
            each statement that is not.
    """
    source = Source(name, text)
    if len(text) > MAXIMUM_LENGTH:
        raise _refused(
            source, 0, 1, f"the file has more than {MAXIMUM_LENGTH:,} characters", "split the tables into data files"
        )
    half = _HALF_CHARACTER.search(text)
    if half is not None:
        raise _refused(source, half.start(), half.end(), "half a character stands here", "save the file as UTF-8")
    zero = text.find("\0")
    if zero >= 0:
        raise _refused(source, zero, zero + 1, "a NUL character stands here: this is no text", "save the file as UTF-8")
    _check_nesting(source)
    _check_length(source)
    found: list[Diagnostic] = []
    unread: Unread | None = None
    builder = Builder(source)
    try:
        try:
            tree: Tree[Token] | None = grammar().parse(text)
        except UnexpectedInput:
            tree, found, unread = recover(source)
        file = builder.transform(tree) if tree is not None else None
    except (VisitError, RecursionError) as failed:
        if isinstance(failed, VisitError) and not isinstance(failed.orig_exc, RecursionError):
            raise
        raise _too_deep(source) from None
    if file is None or found or builder.found:
        # What has no meaning is not to be looked at further.
        raise BrokenFileError([*found, *builder.found], file, None if builder.found else unread)
    return attach_comments(file, source)


MAXIMUM_OPERATORS = 200
"""Most operators of one expression: each is a level of the tree."""

_OPERATORS = re.compile(
    r'"[^"\n]*"|#[^\n]*|\d{4}-\d{2}-\d{2}|(?P<reset>[{}|]|(?<![=<>!])=(?!=)|\b(?:when|leaving|adding)\b)'
    r"|(?P<operator>[-+*/]|\b(?:and|or)\b)"
)


def _check_length(source: Source) -> None:
    """Refuse an expression of so many operators that recursion over its tree could meet Python's own limit."""
    count = 0
    for match in _OPERATORS.finditer(source.text):
        if match.group("reset"):
            count = 0
        elif match.group("operator"):
            count += 1
        if count > MAXIMUM_OPERATORS:
            raise _refused(
                source,
                match.start(),
                match.end(),
                f"the expression has more than {MAXIMUM_OPERATORS} operators",
                "name parts of it with definitions of their own",
            )


_NESTING = re.compile(r'"[^"\n]*"|#[^\n]*|[(]|[)]|[{}]|\b(?:if|not)\b|-')
_SIGNS = re.compile(rf"(?:(?:\bnot\b|\bif\b|-)\s*){{{MAXIMUM_NESTING + 1},}}")
_LINKS = re.compile(r'"[^"\n]*"|#[^\n]*|(?P<reset>[{}|]|(?<![=<>!])=(?!=))|(?P<link>\belse\s+if\b)')


def _check_nesting(source: Source) -> None:
    """Refuse what nests too deeply, before recursion over the tree could meet Python's own limit."""
    depth = openers = 0
    for match in _NESTING.finditer(source.text):
        token = match.group()
        if token == "(":
            depth += 1
        elif token == ")":
            depth -= 1
        elif token in {"{", "}"}:
            depth = openers = 0
        elif token in {"if", "not", "-"}:
            openers += 1
        if depth > MAXIMUM_NESTING:
            raise _refused(
                source,
                match.start(),
                match.end(),
                f"parentheses nest deeper than {MAXIMUM_NESTING}",
                "name the inner part with a definition of its own",
            )
    deep = _SIGNS.search(source.text)
    start = deep.start() if deep is not None else _long_chain(source.text)
    if start is not None:
        raise _refused(
            source,
            start,
            start + 1,
            f"signs or conditions nest deeper than {MAXIMUM_NESTING}",
            "name the inner part with a definition of its own, or use a table",
        )


def _long_chain(text: str) -> int | None:
    """Where a chain of `else if` that is too long to be followed begins; None where there is none."""
    links: list[int] = []
    for match in _LINKS.finditer(text):
        if match.group("reset"):
            links.clear()
        elif match.group("link"):
            links.append(match.start())
            if len(links) == 2 * MAXIMUM_NESTING:
                return links[0]
    return None
