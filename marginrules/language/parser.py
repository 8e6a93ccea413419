"""Text to syntax tree: `parse(text, name)`."""

import re

from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken, VisitError

from marginrules.language.build import Builder, BuildError, attach_comments
from marginrules.language.diagnostics import Diagnostic, RuleFileError, did_you_mean
from marginrules.language.grammar import grammar
from marginrules.language.nodes import PolicyFile
from marginrules.language.source import Source, Span

MAXIMUM_LENGTH = 1_000_000
"""Longest rule file, in characters: far beyond any policy, and short enough that parsing ends in seconds."""

MAXIMUM_NESTING = 60
"""Deepest nesting of parentheses, conditionals and signs in one expression."""

_LISTED = 12
"""Most alternatives that a message lists."""

_WORDS = {
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "EQUAL": "`=`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "DOT": "`.`",
    "VBAR": "`|`",
    "NAME": "a name",
    "UPPER": "a currency or choice",
    "NUMBER": "a number",
    "STRING": 'a text in "quotes"',
    "DATE": "a date such as 2026-11-20",
    "POLICY_NAME": "the policy's name",
    "COMPARE": "a comparison",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "TIMES": "`*` or `/`",
    "ENTITY": "account, balance, position, order, instrument or asset",
    "MEMBERS": "positions or orders",
    "ON_CONTRACTS": "`on its contracts`",
    "HEADER_KEYWORD": "title, version or omits",
    "POOL_KEY": "account, settlement asset or position",
    "$END": "the end of the file",
    "__DOT2": "`..`",
    "__ANON_0": "`..`",
}


_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def _too_deep(source: Source) -> RuleFileError:
    return _error(
        source, 0, 1, "the rules nest deeper than can be read", "name inner parts with definitions of their own"
    )


def parse(text: str, name: str = "<string>") -> PolicyFile:
    """Parse a rule file.

    Args:
        text: the whole text of the file.
        name: what messages call it, usually its path.

    Returns:
        The syntax tree, with places and comments.

    Raises:
        RuleFileError: the text is not in the language; says where it stops being so, and what could stand there.
    """
    source = Source(name, text)
    if len(text) > MAXIMUM_LENGTH:
        raise _error(
            source, 0, 1, f"the file has more than {MAXIMUM_LENGTH:,} characters", "split the tables into data files"
        )
    half = _HALF_CHARACTER.search(text)
    if half is not None:
        raise _error(source, half.start(), half.end(), "half a character stands here", "save the file as UTF-8")
    _check_nesting(source)
    _check_length(source)
    try:
        tree = grammar().parse(text)
        file: PolicyFile = Builder(source).transform(tree)
    except VisitError as error:
        if isinstance(error.orig_exc, BuildError):
            raise RuleFileError([error.orig_exc.diagnostic]) from None
        if isinstance(error.orig_exc, RecursionError):
            raise _too_deep(source) from None
        raise
    except RecursionError:
        raise _too_deep(source) from None
    except UnexpectedInput as error:
        raise _unexpected(source, error) from None
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
            raise _error(
                source,
                match.start(),
                match.end(),
                f"the expression has more than {MAXIMUM_OPERATORS} operators",
                "name parts of it with definitions of their own",
            )


_NESTING = re.compile(r'"[^"\n]*"|#[^\n]*|[(]|[)]|[{}]|\b(?:if|not)\b|-')


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
            raise _error(
                source,
                match.start(),
                match.end(),
                f"parentheses nest deeper than {MAXIMUM_NESTING}",
                "name the inner part with a definition of its own",
            )
    for match in re.finditer(r"(?:(?:\bnot\b|\bif\b|-)\s*){61,}|(?:\belse\s+if\b[^{}]*?){120,}", source.text):
        raise _error(
            source,
            match.start(),
            match.start() + 1,
            f"signs or conditions nest deeper than {MAXIMUM_NESTING}",
            "name the inner part with a definition of its own, or use a table",
        )


def _span(source: Source, start: int, end: int) -> Span:
    start = min(start, len(source.text))
    line = source.text.count("\n", 0, start) + 1
    column = start - (source.text.rfind("\n", 0, start) + 1) + 1
    return Span(source, line, column, line, column + max(1, end - start), start, max(end, start + 1))


def _error(source: Source, start: int, end: int, problem: str, remedy: str) -> RuleFileError:
    return RuleFileError([Diagnostic("syntax", _span(source, start, end), problem, remedy)])


def _expected(names: set[str]) -> list[str]:
    literals = {
        terminal.name: terminal.pattern.value for terminal in grammar().terminals if terminal.pattern.type == "str"
    }
    return sorted({_WORDS.get(name) or f"`{literals.get(name, name.lower())}`" for name in names})


def _offset(error: UnexpectedInput) -> int:
    # lark types it as None on the base class; its subclasses set it.
    return error.pos_in_stream or 0  # type: ignore[redundant-expr]


def _unexpected(source: Source, error: UnexpectedInput) -> RuleFileError:
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        start, found = error.token.start_pos or 0, str(error.token)
        accepts = set(error.accepts or error.expected)
    elif isinstance(error, UnexpectedToken | UnexpectedEOF):
        start, found = len(source.text.rstrip()), ""
        accepts = set(getattr(error, "accepts", None) or error.expected or ())
    elif isinstance(error, UnexpectedCharacters):
        start, found = _offset(error), error.char
        accepts = set(error.allowed or ())
    else:  # pragma: no cover - lark has no other kind
        start, found, accepts = _offset(error), "", set()
    expected = _expected(accepts)
    word_match = re.compile(r"[A-Za-z_]\w*").match(source.text, start)
    word = word_match.group() if word_match else found
    if found.startswith('"') or (found and source.text[start] == '"'):
        line_end = source.text.find("\n", start)
        if source.text.find('"', start + 1) == -1 or source.text.find('"', start + 1) > line_end > -1:
            return _error(source, start, start + 1, "a text is not closed", 'end it with `"` on the same line')
    problem = f"`{word}` cannot stand here" if word else "the file ends too early"
    suggestion = did_you_mean(word, [entry.strip("`") for entry in expected if entry.startswith("`")]) if word else ""
    listed = ", ".join(expected[:_LISTED]) + (", …" if len(expected) > _LISTED else "")
    remedy = f"{suggestion}expected {listed}" if expected else "see docs/language.md"
    if found == "=" or (word == "=" and "a comparison" in expected):
        remedy = "compare with `==`; a single `=` defines"
    return _error(source, start, start + max(1, len(word)), problem, remedy)
