"""Common slips of the pen, each with what to write instead.

They are proposals only: `recovery` tries each on the text, and what does not let the parser get further is not said.
"""

import difflib
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache

from attrs import frozen

from marginrules.language.grammar import grammar


@frozen
class Repair:
    """A replacement of a stretch of text, and how a message puts it.

    Attributes:
        start: offset of what is replaced.
        end: offset just after it.
        text: what stands there instead.
        problem: what is wrong.
        remedy: how to mend it.
    """

    start: int
    end: int
    text: str
    problem: str
    remedy: str


_NUMBER = r"(?<![\w.])\d[\d_]*(?:\.\d+)?"
_LARGEST_EXPONENT = 30


def _expanded(match: re.Match[str]) -> str:
    value = Decimal(match.group().replace("_", ""))
    return f"{value:f}" if abs(value.adjusted()) <= _LARGEST_EXPONENT else "1"


def _power(match: re.Match[str]) -> str:
    base, exponent = match["base"], match["exponent"]
    if base and exponent == "0.5":
        return f"sqrt({base})"
    if base and exponent in {"2", "3"}:
        return " * ".join([base] * int(exponent))
    return f"{base} * {exponent}"


def _power_remedy(match: re.Match[str]) -> str:
    written = match["base"] and match["exponent"] in {"0.5", "2", "3"}
    return f"write `{_power(match)}`" if written else "write the product out: `x * x` for a square"


def _commented(match: re.Match[str]) -> str:
    words = match.group().removeprefix("//").removeprefix("/*").removesuffix("*/")
    return "\n".join(f"# {line.strip(' *')}".rstrip() for line in words.split("\n")) + "\n"


def _plain(text: str) -> Callable[[re.Match[str]], str]:
    return lambda _match: text


@cache
def keywords() -> tuple[str, ...]:
    """The words of the language, as the grammar has them."""
    found: set[str] = set()
    for terminal in grammar().terminals:
        pattern = terminal.pattern.value.replace(r"\s+", " ").replace(r"\b", "")
        if re.fullmatch(r"[a-z_ ()|]+", pattern):
            found |= set(re.findall(r"[a-z_]{2,}", pattern))
    return tuple(sorted(found))


@frozen
class _Slip:
    """A pattern; what is put in its place; problem and remedy, in which `{found}` and `{better}` may stand."""

    pattern: re.Pattern[str]
    better: Callable[[re.Match[str]], str]
    problem: str
    remedy: str | Callable[[re.Match[str]], str] = "write `{better}`"


def _slip(
    pattern: str,
    better: str | Callable[[re.Match[str]], str],
    problem: str,
    remedy: str | Callable[[re.Match[str]], str] = "write `{better}`",
) -> _Slip:
    return _Slip(re.compile(pattern, re.DOTALL), _plain(better) if isinstance(better, str) else better, problem, remedy)


_SIGNS = {
    "=<": "<=", "=>": ">=", "≤": "<=", "≥": ">=", "<>": "!=", "≠": "!=", "=!": "!=", "!==": "!=", "===": "==",
    "&&": "and", "||": "or", "&": "and", "∧": "and", "∨": "or", "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-",
    "×": "*", "·": "*", "÷": "/", ":=": "=", "==": "=",
}  # fmt: skip
"""Signs of other languages and of typesetters. `==` is one where a definition has a single `=`."""

_SLIPS = (
    _slip(r"[^\S \t\r\n]", " ", "a space stands here that is none of the keyboard's", "write a plain space"),
    _slip(r"[\u200b\u200c\u200d\u2060\ufeff]", "", "a character without width stands here", "delete it"),
    _slip(r"/\*.*?\*/|//[^\n]*", _commented, "a comment does not begin so", "begin comments with `#`, on each line"),
    _slip(
        r"(?P<open>['‘‚’‛“”„‟«»‹›])(?P<text>[^'‘’‛“”„‟«»‹›\"\n]*)['‘’‛“”‟«»‹›]",
        lambda match: f'"{match["text"]}"',
        "a text stands in straight double quotes",
    ),
    _slip(
        rf"(?P<number>{_NUMBER})\s*(?:per\s?cent|pct|pc)\b",
        lambda match: f"{match['number']}%",
        "a percentage has the sign `%`",
    ),
    _slip(
        rf"(?P<number>{_NUMBER})\s*(?:bp|bips|basis\s+points?)\b",
        lambda match: f"{match['number']} bps",
        "basis points are `bps`",
    ),
    _slip(
        r"(?<![\w.])\d{1,3}(?:[,'’\u00a0\u202f ]\d{3})+(?:\.\d+)?(?![\d_])",
        lambda match: re.sub(r"[^\d.]", "_", match.group()),
        "digits are grouped with `_`",
    ),
    _slip(r"(?<![\w.])\d+,\d+(?![\d_])", lambda match: match.group().replace(",", "."), "decimals follow a point"),
    _slip(r"(?<![\w.])\d[\d_]*(?:\.\d+)?[eE][+-]?\d{1,4}(?!\w)", _expanded, "numbers are written out"),
    _slip(r"(?<![\w.\])])\.\d[\d_]*", lambda match: f"0{match.group()}", "a number begins with a digit"),
    _slip(r"(?<![\w.])\d[\d_]*\.(?![\d.])", lambda match: match.group()[:-1], "a number ends with a digit"),
    _slip(
        r"(?P<base>[A-Za-z_][\w.]*|)\s*(?:\*\*|\^)\s*(?P<exponent>\d+(?:\.\d+)?|\w+)",
        _power,
        "there is no sign for powers",
        _power_remedy,
    ),
    *(
        _slip(re.escape(sign), f" {better} " if better.isalpha() else better, f"`{sign}` is no sign of the language", f"write `{better}`")
        for sign, better in _SIGNS.items()
        if sign != "=="
    ),
    _slip(r"(?<=\s)==(?!=)", "=", "a definition has a single `=`", "write `=`; `==` compares"),
    _slip(r"(?<![=<>!:])=(?![=<>])", "==", "`=` cannot stand here", "compare with `==`; a single `=` defines"),
    _slip(r"!(?!=)\s*", "not ", "`!` is no sign of the language", "write `not`"),
    _slip(r"\|", " or ", "`|` is no sign of the language", "write `or`"),
    _slip(r"\b(?:elif|elsif|elseif)\b", "else if", "`{found}` is no word of the language"),
    _slip(
        rf"(?P<number>{_NUMBER})[ \t]+(?P<name>[a-z_]\w*)\b",
        lambda match: match.group() if match["name"] in keywords() else f"{match['number']} * {match['name']}",
        "a product has its sign",
    ),
    _slip(r";", "", "nothing stands between statements", "leave out the `;`"),
    _slip(
        r"(?<=policy )[A-Za-z][\w-]*",
        lambda match: re.sub(r"[_-]+", "-", match.group()).strip("-").lower(),
        "a policy's name has small letters, digits and hyphens",
    ),
)  # fmt: skip


def slips(text: str, start: int, end: int) -> Iterator[Repair]:
    """What to try in a stretch of text, the last place first: the parser stops soon after the slip."""
    found: list[Repair] = []
    for slip in _SLIPS:
        for match in slip.pattern.finditer(text, start, end):
            better = slip.better(match)
            words = {"{found}": match.group(), "{better}": better.strip()}
            remedy = slip.remedy if isinstance(slip.remedy, str) else slip.remedy(match)
            problem = slip.problem
            for place, word in words.items():
                problem, remedy = problem.replace(place, word), remedy.replace(place, word)
            found.append(Repair(match.start(), match.end(), better, problem, remedy))
    yield from sorted(found, key=lambda repair: -repair.end)


def stray_parenthesis(text: str, begin: int, start: int) -> Iterator[Repair]:
    """The `)` at an offset, where no `(` is open in the statement that begins at another."""
    before = re.sub(r'"[^"\n]*"?|#[^\n]*', "", text[begin:start])
    if text.startswith(")", start) and before.count("(") == before.count(")"):
        yield Repair(start, start + 1, "", "this `)` closes nothing", "leave it out")


_LEADS = {"const", "publish", "replace"}
"""Words that may stand before the name that a definition gives."""
_DIVIDED = re.compile(r"(?<![\w.-])[a-z]\w*(?:(?:[ \t]*-[ \t]*|[ \t]+)[a-z]\w*)+(?=[ \t]*=(?!=))")


def divided(text: str, start: int, end: int) -> Iterator[Repair]:
    """Names of definitions that are written as several words."""
    for match in _DIVIDED.finditer(text, start, end):
        words = re.findall(r"[a-z]\w*", match.group())
        leading = [word for word in words[:-1] if word in _LEADS]
        name = " ".join([*leading, "_".join(words[len(leading) :])])
        yield Repair(match.start(), match.end(), name, "a name is one word", f"write `{name}`")


def misspelt(text: str, start: int, end: int) -> Iterator[Repair]:
    """Words that are nearly, or but for their capitals, a word of the language; the last one first."""
    strings = [match.span() for match in re.finditer(r'"[^"\n]*"?|#[^\n]*', text[start:end])]
    words = [
        match
        for match in re.finditer(r"(?<![\w.])[A-Za-z_]\w*", text[start:end])
        if not any(left < match.start() < right for left, right in strings)
    ]
    for match in reversed(words):
        word, place = match.group(), start + match.start()
        for near in difflib.get_close_matches(word.lower(), keywords(), n=3, cutoff=0.6):
            if near == word:
                continue
            problem, remedy = f"`{word}` is no word of the language here", f"did you mean `{near}`?"
            if near == word.lower():
                problem, remedy = "the words of the language have small letters", f"write `{near}`"
            yield Repair(place, place + len(word), near, problem, remedy)
        if word[0].isupper():
            name = word[0].lower() + word[1:]
            yield Repair(place, place + len(word), name, "a name begins with a small letter", f"write `{name}`")
