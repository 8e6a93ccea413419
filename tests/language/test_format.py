"""The one layout of rule files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marginrules.language.format import ALIGNED, WIDTH, format_text
from marginrules.language.parser import parse
from tests.engine.policies import policies


@given(policies())
def test_formatting_keeps_the_tree_and_is_idempotent(text: str) -> None:
    """The formatted text parses to the same tree, and formatting it again changes nothing."""
    once = format_text(text, "p.margin")
    assert parse(once, "p.margin") == parse(text, "p.margin")
    assert format_text(once, "p.margin") == once


@given(policies(), st.lists(st.integers(0, 40), min_size=1, max_size=5))
def test_comments_between_lines_survive(text: str, places: list[int]) -> None:
    """A comment put on a line of its own, anywhere, is still there."""
    lines = text.strip().splitlines()
    for number, place in enumerate(places):
        # With an empty line before it, behind it, or neither.
        comment = [[], [""], []][place % 3] + [f"# comment {number}"] + [[], [], [""]][place % 3]
        lines[min(place, len(lines)) : min(place, len(lines))] = comment
    once = format_text("\n".join(lines), "p.margin")
    for number in range(len(places)):
        assert once.count(f"# comment {number}") == 1
    assert format_text(once, "p.margin") == once


def test_a_comment_at_the_end_of_a_line_stays_there() -> None:
    """Trailing comments are not moved."""
    text = 'policy p {\n  title "t"  # the title\n}\n\npool c {\n  equity = 1  # one\n}\n'
    assert format_text(text, "p.margin") == text


def test_parentheses_that_change_nothing_are_left_out_and_others_kept() -> None:
    """Only what the tree needs is written."""
    text = "policy p { } position { a = ((b + c)) * (d - (e - f)) / (if g then h else i) }"
    assert "a = (b + c) * (d - (e - f)) / (if g then h else i)" in format_text(text, "p.margin")


def test_empty_lines_around_comments_stay() -> None:
    """A file's own comment and the header, a heading and the comment of what comes first below it."""
    text = (
        '# What this is.\n\n# Who it is for.\n\npolicy p {\n  # all there is\n\n  # to say\n  title "t"\n}\n\n'
        "# ---- pools\n\n# The first.\npool c {\n  equity = 1\n\n  # nothing\n\n  # more\n}\n\n# The\n\n# end.\n"
    )
    once = format_text(text, "p.margin")
    assert once == text.replace("  equity = 1\n\n  # nothing", "  equity = 1\n  # nothing")
    assert format_text(once, "p.margin") == once


def test_a_definition_with_a_long_head_moves_no_other_line() -> None:
    """Its `=` stands right behind it."""
    text = "policy p {{ }} position {{ a = 1 longer = 2 {} = 3 }}"
    long, fitting = "b" * (ALIGNED + 1), "b" * ALIGNED
    assert format_text(text.format(long)).splitlines()[4:7] == ["  a      = 1", "  longer = 2", f"  {long} = 3"]
    assert format_text(text.format(fitting)).splitlines()[4] == f"  {'a':<{ALIGNED}} = 1"


LONG = "notional * instrument.contract_size_of_a_long_name"


@pytest.mark.parametrize(
    "value",
    [
        f"max({LONG}, {LONG}, {LONG})",
        f"1 + clamp({LONG} + 1, {LONG}, max({LONG}, {LONG} * 2, {LONG}))",
        f"sum({LONG} + {LONG} of positions where {LONG} > 0 and margin_mode == cross)",
        f"round({LONG} * {LONG}, down to {LONG} decimals)",
        f"round({LONG} * {LONG}, up to {LONG})",
        f"pick (if {LONG} > 0 then {LONG} else {LONG}) from instrument.tiers at {LONG}",
        f"tiered {LONG} + {LONG} by instrument.tiers rate max({LONG}, {LONG})",
        f"tiered {LONG} + {LONG} by instrument.tiers rate {LONG} amount {LONG}",
        f"2 * (if {LONG} > {LONG} then {LONG} else ({LONG} + {LONG}) in USD)",
        f"not ({LONG} > {LONG} or {LONG} == {LONG})",
        f"-({LONG} + {LONG} + {LONG})",
        f"({LONG} + {LONG} + {LONG}) in USD",
        f"{LONG} + {LONG} >= {LONG} + {LONG}",
        f"if {LONG} > {LONG} then 1 else if {LONG} < {LONG} then 2 else {LONG} - ({LONG} + {LONG} + {LONG})",
        f"sum({LONG} * {LONG} * {LONG})",
    ],
)
def test_a_long_expression_is_broken_to_fit(value: str) -> None:
    """Wherever it has a place to break it, and it stays the same expression."""
    text = (
        f"policy p {{ }} position {{ a = {value} }} liquidation c {{ step s close {value} largest {LONG} + {LONG} first "
        f'at {LONG} fee {LONG} to "who gets it" step t cancel orders where {value} }}'
    )
    once = format_text(text, "p.margin")
    assert max(map(len, once.splitlines())) <= WIDTH, once
    assert parse(once) == parse(text)
    assert format_text(once, "p.margin") == once
