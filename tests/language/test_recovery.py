"""Every broken statement is told of, each once, and nothing else is."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marginrules.language import nodes
from marginrules.language.diagnostics import Diagnostic, RuleFileError
from marginrules.language.mistakes import keywords
from marginrules.language.parser import parse
from marginrules.language.source import Span

RULES = sorted((Path(__file__).parent.parent.parent / "rules").glob("*.margin"))

TOKEN = re.compile(r'"[^"\n]*"|#[^\n]*|[A-Za-z_]\w*|\d[\d_.]*|<=|>=|==|!=|\S')
STRAY = ["$", "&&", "foo", "5", ")", "(", "=", "'x'", "<", "of", "when", ",", "“", "+", "else", ".", "|"]


def found(text: str) -> tuple[Diagnostic, ...]:
    """What is told of a text."""
    try:
        parse(text, "p.margin")
    except RuleFileError as error:
        return error.diagnostics
    return ()


def _blocks(text: str) -> list[list[Span]]:
    """The statements of a file, those of one block together; what stands in no block counts as one."""
    file = parse(text)
    blocks: list[list[Span]] = [[item.span for item in file.header.items], []]
    for item in file.items:
        match item:
            case nodes.Pool():
                blocks.append([part.span for part in item.items if not isinstance(part, nodes.Definitions)])
            case nodes.Definitions() | nodes.Group():
                blocks.append([part.span for part in item.definitions])
            case nodes.Liquidation():
                blocks.append([step.span for step in item.steps])
            case _:
                blocks[1].append(item.span)
    return [block for block in blocks if block]


def _broken(text: str, span: Span, chance: random.Random) -> str | None:
    """A statement with a token left out or put in, or a keyword misspelt; None where it still parses, or merely empty."""
    statement = span.text
    tokens = [match for match in TOKEN.finditer(statement) if match.group()[0] not in "#{}"]
    chosen = chance.choice(tokens)
    word = chosen.group()
    kind = chance.choice(["left out", "put in", "misspelt"])
    if kind == "left out":
        word = ""
    elif kind == "put in":
        word = f"{word} {chance.choice(STRAY)}"
    elif word in keywords() and len(word) > 3:
        word = word[0] + word[2] + word[1] + word[3:]
    broken = (statement[: chosen.start()] + word + statement[chosen.end() :]).strip()
    return broken if broken and found(text[: span.start] + broken + text[span.end :]) else None


def broken_text(text: str, chance: random.Random) -> tuple[str, list[tuple[int, int]]]:
    """A rule file with a statement broken in some of its blocks, and where these are."""
    blocks = _blocks(text)
    chosen = [chance.choice(block) for block in chance.sample(blocks, min(4, len(blocks)))]
    places: list[tuple[int, int]] = []
    changed, behind = "", 0
    for span in sorted(chosen, key=lambda span: span.start):
        broken = _broken(text, span, chance)
        if broken is not None:
            changed += text[behind : span.start] + broken
            places.append((len(changed) - len(broken), len(changed)))
            behind = span.end
    return changed + text[behind:], places


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
@settings(max_examples=max(1, settings().max_examples // 20))
@given(st.integers(min_value=0))
def test_each_broken_statement_is_told_once_and_no_other(path: Path, seed: int) -> None:
    """In statements of different blocks, a token is left out or put in or a keyword misspelt."""
    changed, places = broken_text(path.read_text(encoding="utf-8"), random.Random(seed))  # noqa: S311 - a test's own choices
    told = [0] * len(places)
    for diagnostic in found(changed):
        start = diagnostic.span.start
        inside = [number for number, (first, last) in enumerate(places) if first <= start < last]
        # What lacks its end shows at the next token.
        after = [number for number, (_, last) in enumerate(places) if re.fullmatch(r"(\s|#.*)*", changed[last:start])]
        assert inside or after, diagnostic.render()
        told[(inside or after)[0]] += 1
    assert told == [1] * len(places), [changed[first:last] for first, last in places]


POLICY = """policy p {
  title   "T"
  version "1"
}

const floor: rate = 1%

position {
  maintenance_margin = notional * floor
}

pool cross {
  covers   positions
  one per  account
  draws on balances

  equity = collateral + sum(unrealized_pnl)
  liquidate when equity < maintenance_margin
}

allow withdraw
"""


def test_three_mistakes_in_neighbouring_lines_are_three_messages() -> None:
    """A misspelt word is told even where the line before is broken too."""
    text = POLICY.replace("covers ", "coverz ").replace("one per ", "one pr ").replace("draws on", "drawz on")
    assert [entry.span.text for entry in found(text)] == ["coverz", "pr", "drawz"]


@pytest.mark.parametrize("head", ["pol cross {", "Pool cross {", "pool cross wen floor > 0 {", "pool cross ( {"])
def test_a_block_whose_first_line_is_broken_is_read_all_the_same(head: str) -> None:
    """Mistakes in it are told, and what is sound in it is not."""
    text = POLICY.replace("pool cross {", head).replace("one per ", "one pr ")
    assert [entry.span.line for entry in found(text)] == [12, 14]


def test_what_only_the_meaning_forbids_is_told_beside_it() -> None:
    """A day that there is not, and a row that is too short."""
    text = POLICY.replace('version "1"', 'version "1"\n  effective from 2025-02-31 until 2025-03-32')
    text += "table t {\n  | above | x |\n  | 1 |\n}\nallow withdraw when\n"
    assert [entry.span.line for entry in found(text)] == [4, 4, 25, 27]


def test_a_file_without_a_header_is_told_so_and_read_on() -> None:
    """The pool's own mistake is found."""
    text = POLICY[POLICY.index("const") :].replace("one per ", "one pr ")
    assert [entry.span.text for entry in found(text)] == ["const", "pr"]


def test_an_unclosed_brace_is_told_at_the_brace() -> None:
    """And where the block has ended; nothing that follows from it is told, what stands before it is."""
    text = POLICY.replace("floor\n}", "floor").replace('title   "T"', 'title   "T')
    title, brace = found(text)
    assert title.span.line == 2
    assert (brace.span.line, brace.span.text) == (8, "{")
    assert brace.remedy == "write `}` before line 11"
    assert [span.line for span, _ in brace.related] == [11]


def test_an_extra_brace_is_told_at_the_brace() -> None:
    """The one that closes a block too early, where the indentation shows it."""
    (extra,) = found(POLICY + "}\n")
    assert (extra.span.line, extra.problem) == (22, "this `}` closes nothing")
    (extra,) = found(POLICY.replace("draws on balances\n", "draws on balances\n  }\n"))
    assert (extra.span.line, extra.problem) == (16, "this `}` closes nothing")


def test_a_missing_opening_brace_is_told_once() -> None:
    """The block's lines are not."""
    (lacking,) = found(POLICY.replace("pool cross {", "pool cross"))
    assert lacking.span.line == 13
    assert "`{`" in lacking.remedy


def _put(text: str, where: str) -> str:
    places = {"pool": "  liquidate when", "position": "  maintenance_margin =", "file": "allow withdraw"}
    return POLICY.replace(places[where], f"{'' if where == 'file' else '  '}{text}\n{places[where]}", 1)


@pytest.mark.parametrize(
    ("where", "wrong", "guilty", "remedy"),
    [
        ("pool", "liqudate when equity < 0 USD", "liqudate", "did you mean `liquidate`"),
        ("pool", "coverz positions", "coverz", "did you mean `covers`"),
        ("pool", "publish x = tierd notional by t rate tier.a", "tierd", "did you mean `tiered`"),
        ("pool", "publish x = tiered notional bye t rate tier.a", "bye", "did you mean `by`"),
        ("pool", "publsh x = 1", "publsh", "did you mean `publish`"),
        ("file", "pol second {\n}", "pol", "did you mean `pool`"),
        ("file", "alow deposit", "alow", "did you mean `allow`"),
        ("file", "Pool second {\n}", "Pool", "write `pool`"),
        ("pool", "liquidate WHEN equity < 0 USD", "WHEN", "write `when`"),
        ("pool", "publish x = equity > 1 AND equity < 2", "AND", "write `and`"),
        ("position", "Margin = 1", "Margin", "write `margin`"),
        ("position", "x = 5 percent", "5 percent", "write `5%`"),
        ("position", "x = 5.5 pct", "5.5 pct", "write `5.5%`"),
        ("position", "x = 3 bp", "3 bp", "write `3 bps`"),
        ("position", "x = 50,000", "50,000", "write `50_000`"),
        ("position", "x = 1 000 000", "1 000 000", "write `1_000_000`"),
        ("position", "x = 1,234,567.89 USD", "1,234,567.89", "write `1_234_567.89`"),
        ("position", "x = 0,5", "0,5", "write `0.5`"),
        ("position", "x = 1e-3", "1e-3", "write `0.001`"),
        ("position", "x = 2.5e+3 USD", "2.5e+3", "write `2500`"),
        ("position", "x = .5", ".5", "write `0.5`"),
        ("position", "x = 5.", "5.", "write `5`"),
        ("pool", "publish x = equity =< 5", "=<", "write `<=`"),
        ("pool", "publish x = equity => 5", "=>", "write `>=`"),
        ("pool", "publish x = equity <> 5", "<>", "write `!=`"),
        ("pool", "publish x = equity ≤ 5", "≤", "write `<=`"),
        ("pool", "publish x = equity === 5", "===", "write `==`"),
        ("pool", "liquidate when equity = 5", "=", "compare with `==`"),
        ("pool", "publish x == 5", "==", "write `=`"),
        ("pool", "publish x := 5", ":=", "write `=`"),
        ("pool", "publish x = a && b", "&&", "write `and`"),
        ("pool", "publish x = a || b", "||", "write `or`"),
        ("pool", "publish x = !a", "!", "write `not`"),
        ("position", "x = notional ** 2", "notional ** 2", "write `notional * notional`"),
        ("position", "x = notional^0.5", "notional^0.5", "write `sqrt(notional)`"),
        ("position", "x = notional − 1", "−", "write `-`"),
        ("position", "x = notional – 1", "–", "write `-`"),
        ("position", "x = 2 × notional", "×", "write `*`"),
        ("position", "x =\u00a01", "\u00a0", "write a plain space"),
        ("position", "\u00a0 x = 1", "\u00a0", "write a plain space"),
        ("position", "x = 1;", ";", "leave out the `;`"),
        ("position", "x = (notional + 1)) * 2", ")", "leave it out"),
        ("position", "x = 2 floor * notional", "2 floor", "write `2 * floor`"),
        ("position", "close-fee = 1", "close-fee", "write `close_fee`"),
        ("position", "publish close fee = 1", "publish close fee", "write `publish close_fee`"),
        ("pool", "auto close = 1", "auto close", "write `auto_close`"),
        ("file", 'allow deposit when amount > 0 "so it is"', '"so it is"', "write `because` before it"),
        ("position", "x = if a then 1 elif b then 2 else 3", "elif", "write `else if`"),
        ("position", "x = if a 1 else 3", "1", "write `then` before it"),
        ("position", "x = max(a b)", "b", "write `,` before it"),
        ("position", "x 1", "1", "write `=` before it"),
        ("position", "x = 1 // one", "// one", "begin comments with `#`"),
        ("position", "// one", "// one", "begin comments with `#`"),
        ("position", "x = 1 /* one */", "/* one */", "begin comments with `#`"),
        ("file", "/* one\n two */", "/* one\n two */", "begin comments with `#`"),
        ("file", "allow deposit because 'so it is'", "'so it is'", 'write `"so it is"`'),
        ("file", "allow deposit because “so it is”", "“so it is”", 'write `"so it is"`'),
        ("file", "allow deposit because ‘so it is’", "‘so it is’", 'write `"so it is"`'),
    ],
    ids=lambda entry: entry[:40],
)
def test_a_common_slip_is_told_with_what_to_write(where: str, wrong: str, guilty: str, remedy: str) -> None:
    """One message, at the slip; and what it says is right: what it proposes parses in the place of what it marks."""
    text = _put(wrong, where)
    (told,) = found(text)
    assert told.span.text == guilty, told.render()
    assert remedy in told.remedy, told.render()
    proposed = re.search(r"(?:write|did you mean|compare with) `(.*?)`(.*)", told.remedy)
    better = "" if proposed is None else proposed.group(1) + (f" {guilty}" if "before it" in proposed.group(2) else "")
    if "plain space" in remedy:
        better = " "
    elif "comments" in remedy:
        better = "# one\n"
    elif better.isalpha() and not guilty[0].isalpha():
        better = f" {better} "
    mended = text[: told.span.start] + better + text[told.span.end :]
    assert not found(mended), mended


@pytest.mark.parametrize(
    ("where", "wrong", "guilty", "words"),
    [
        ("pool", "publish x = 0 < equity < 5", "<", "write `and equity < 5` in place of `< 5`"),
        ("pool", "publish x = 0 <= equity - 1 <= 5%", "<=", "write `and equity - 1 <= 5%` in place of `<= 5%`"),
        ("position", "x = if a then 1", "1", "an `if` has an `else`"),
        ("position", "x = if a else 1", "else", "an `if` has a `then`"),
        ("position", "x = (1 + 2", "(", "write the `)` that belongs to it"),
        ("position", "x = max(1, 50,000)", "000", "`50_000` is one number"),
        ("position", "x = 007", "007", "leave out the zero"),
        ("position", "x = ٣", "٣", "digits 0 to 9"),
        ("position", "x = 1 +", "+", "expected"),
        ("file", "input account.x: flag = false", "false", 'an input ends with what it is, in quotes: `"…"`'),
        ("file", "input account.x: number in 0 .. 1", "1", 'an input ends with what it is, in quotes: `"…"`'),
        ("file", "refuse deposit when amount > 0", "0", 'a `refuse` says why: `because "…"`'),
        (
            "file",
            "impossible position when margin_mode == isolated",
            "isolated",
            'what is impossible is said with its reason: `because "…"`',
        ),
        ("file", "table t cites s {\n  | above |\n  | 0 |\n}", "cites", "behind its rows"),
        (
            "file",
            "table t {\n  | above | x |\n  | 0 | 1\n  | 2 | 3 |\n}",
            "| 0 | 1\n  | 2 | 3 |",
            "end each row with `|`",
        ),
        ("file", 'allow deposit because "so', '"', 'end it with `"` on the same line'),
        ("position", "\tx = $", "$", "expected"),
    ],
    ids=lambda entry: entry[:40],
)
def test_other_mistakes_are_told_at_their_place(where: str, wrong: str, guilty: str, words: str) -> None:
    """One message each."""
    (told,) = found(_put(wrong, where))
    assert told.span.text == guilty, told.render()
    assert words in told.remedy, told.render()
    if guilty in {"<", "<="}:
        assert not found(
            _put(re.sub(r"in place of.*", "", wrong).replace(words.split("`")[3], words.split("`")[1]), where)
        )


def test_the_caret_stands_under_a_character_behind_tabs() -> None:
    """Tabs are kept in the margin."""
    (told,) = found(POLICY.replace("  covers   positions", "\tcovers\tpostions"))
    line, caret = told.render().splitlines()[1:3]
    assert caret == " " * 4 + "| " + "\t      \t" + "^" * 8
    assert line.endswith("\tcovers\tpostions")
