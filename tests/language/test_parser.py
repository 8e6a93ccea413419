"""Text to tree: what is accepted, and what a mistake is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marginrules.errors import MarginRulesError
from marginrules.language import nodes
from marginrules.language.diagnostics import RuleFileError
from marginrules.language.parser import MAXIMUM_NESTING, parse


def _value(text: str) -> nodes.Expression:
    file = parse(f"policy p {{ }} position {{ a = {text} }}")
    definitions = file.items[0]
    assert isinstance(definitions, nodes.Definitions)
    return definitions.definitions[0].value


def test_products_bind_closer_than_sums() -> None:
    """`a + b * c` is a sum."""
    found = _value("a + b * c")
    assert isinstance(found, nodes.Binary)
    assert found.operator == "+"


def test_a_conversion_binds_closer_than_a_product() -> None:
    """`a * b in USD` converts b."""
    found = _value("a * b in USD")
    assert isinstance(found, nodes.Binary)
    assert isinstance(found.right, nodes.Convert)


def test_an_amount_and_the_next_definition_are_told_apart() -> None:
    """A currency begins with a capital letter, a name does not."""
    file = parse("policy p { } position { a = 5 b = 6 USDC c = 7 }")
    definitions = file.items[0]
    assert isinstance(definitions, nodes.Definitions)
    assert [entry.name for entry in definitions.definitions] == ["a", "b", "c"]


def test_words_of_the_language_can_name_fields() -> None:
    """After a dot every word is a name."""
    assert _value("instrument.position") == _value("instrument.position")


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("policy p { } position { a = 1 + }", 1, 33, "`}` cannot stand here"),
        ('policy p { title "open }', 1, 18, "a text is not closed"),
        ("policy p { } pool c { liquidate when equity = 3 }", 1, 45, "compare with `==`"),
        ("polcy p { }", 1, 1, "did you mean `policy`"),
        ("policy p { effective from 2025-02-31 }", 1, 27, "there is no day 2025-02-31"),
        ("policy p { effective from 2025-02-03 until 2025-02-03 }", 1, 12, "end before they begin"),
        ("policy p {\n}\nposition {\n  a = (1\n}", 4, 7, "this `(` is not closed"),
        ("policy p { } position { a = ", 1, 28, "the file ends too early"),
        ("policy p { } position { a = $1 }", 1, 29, "`$` cannot stand here"),
        ("policy p { } table t { | above | x | | 1 | }", 1, 38, "this row has 1 cells"),
        ('policy p { } input pool.x: rate "x"', 1, 20, "`pool` has no inputs"),
        ("policy p { contracts futures }", 1, 22, "there is no contract kind `futures`"),
        ("policy p { } pool c { one per wallet }", 1, 31, "there is no pool for each wallet"),
        ("policy p { } position { a = median(x of positions) }", 1, 29, "`median` does not run over members"),
    ],
)
def test_a_mistake_is_one_message_with_its_place(text: str, line: int, column: int, words: str) -> None:
    """What, where and how to mend it."""
    with pytest.raises(RuleFileError) as caught:
        parse(text, "p.margin")
    assert str(caught.value).startswith(f"p.margin:{line}:{column}: error[syntax]:")
    assert words in str(caught.value)
    assert "\nhelp: " in str(caught.value)


@pytest.mark.parametrize(
    "text", ["(" * 5000 + "1" + ")" * 5000, "not " * 5000 + "a", "-" * 5000 + "1", "if a then 1 else " * 3000 + "1"]
)
def test_deep_nesting_is_refused_by_name(text: str) -> None:
    """No depth of nesting ends in anything but a message."""
    with pytest.raises(RuleFileError, match="deep"):
        parse(f"policy p {{ }} position {{ a = {text} }}")


def test_nesting_below_the_limit_is_fine() -> None:
    """The limit is where it says."""
    _value("(" * (MAXIMUM_NESTING - 1) + "1" + ")" * (MAXIMUM_NESTING - 1))


@given(st.text(alphabet='policy{}()=+-*/<>#"| \n.,:0159%abUSDCwhen_if else', max_size=200))
def test_any_text_parses_or_is_refused_with_a_message(text: str) -> None:
    """Nothing but the project's own error leaves the parser."""
    try:
        parse(text)
    except MarginRulesError as error:
        assert str(error)  # noqa: PT017 - either outcome is right
