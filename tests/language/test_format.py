"""The one layout of rule files."""

from hypothesis import given
from hypothesis import strategies as st

from marginrules.language.format import format_text
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
        lines.insert(min(place, len(lines)), f"# comment {number}")
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
