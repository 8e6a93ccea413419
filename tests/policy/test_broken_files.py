"""A file in which statements do not parse: the others are checked, and what may follow from the broken is not told."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marginrules.policy.catalogue import diagnose_text
from tests.language.test_recovery import RULES, broken_text

POLICY = """policy p {
  title   "T"
  version "1"
  source  book = "B" "https://example.org" read 2026-01-01
}

input account.vip: flag = false "pays less"
const floor: rate = 1%

position {
  stress             = notional * 2%
  maintenance_margin = max(stress, notional * floor) cites book
}

pool cross {
  covers   positions
  one per  account
  draws on balances

  equity = collateral + sum(unrealized_pnl)
  publish spare = equity - sum(stress)
  liquidate when equity < maintenance_margin
}

allow withdraw when amount < pool.spare and not account.vip
"""


def _codes(text: str) -> list[str]:
    return [entry.code for entry in diagnose_text(text, "p.margin")[1]]


def test_the_policy_is_sound() -> None:
    """What is broken below is all that is wrong."""
    assert _codes(POLICY) == []


@pytest.mark.parametrize(
    ("sound", "broken"),
    [
        ("notional * 2%", "notional 2%"),
        ("rate = 1%", "rate = 1 %%"),
        ('false "pays less"', "false"),
        ("read 2026-01-01", "read"),
        ("publish spare = equity -", "publish spare = equity"),
        ("liquidate when equity <", "liquidate when equity"),
        ("when amount <", "when amount"),
    ],
)
def test_what_follows_from_a_broken_statement_is_not_told(sound: str, broken: str) -> None:
    """Of a name that it defines, of its source and of its input nothing is held against those that read it."""
    assert set(_codes(POLICY.replace(sound, broken, 1))) <= {"syntax"}


@pytest.mark.parametrize(
    ("sound", "broken"),
    [
        ("rate = 1%", "rate = 1 %%"),
        ("publish spare = equity - sum(stress)", "publish spare = equity sum(stress)"),
        ("when amount <", "when amount"),
    ],
)
def test_another_mistake_is_told_in_the_same_run(sound: str, broken: str) -> None:
    """A dimension and a misspelt name, in statements that can be read."""
    text = POLICY.replace(sound, broken, 1).replace(
        "  stress ", "  publish y = notional + 3%\n  publish z = notionl\n  stress "
    )
    assert sorted(_codes(text)) == ["dimension-mismatch", "syntax", "undefined-name"]


@pytest.mark.parametrize(
    ("sound", "broken"),
    [
        ("covers   positions", "cover positions"),
        ("one per  account", "one for account"),
        ("draws on balances", "draws balances"),
        ("equity = collateral +", "equity = collateral"),
        ("pool cross {", "pol cross {"),
        ("  equity = ", "  }\n  equity = "),
        ("max(stress", "max((stress"),
        ("source  book", "source"),
    ],
)
def test_what_more_depends_on_stops_all_other_checks(sound: str, broken: str) -> None:
    """What a pool covers, its equity, a brace, a statement without its name."""
    text = POLICY.replace(sound, broken, 1).replace("  stress ", "  publish y = notional + 3%\n  stress ")
    assert set(_codes(text)) <= ({"syntax", "dimension-mismatch"} if "max" in sound else {"syntax"})


def test_where_another_definition_takes_the_place_of_the_broken_one_nothing_else_is_told() -> None:
    """The pool's own formula is broken; what is left is the position's, which need not be of its dimension."""
    text = POLICY.replace("publish spare =", "stress = 3 3\n  publish y = notional + 3%\n  publish spare =")
    assert set(_codes(text)) == {"syntax"}


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
@settings(max_examples=max(1, settings().max_examples // 20))
@given(st.integers(min_value=0))
def test_a_shipped_policy_with_broken_statements_is_told_of_those_alone(path: Path, seed: int) -> None:
    """In statements of different blocks, a token is left out or put in or a keyword misspelt."""
    text, _ = broken_text(path.read_text(encoding="utf-8"), random.Random(seed))  # noqa: S311 - a test's own choices
    found = diagnose_text(text, str(path), path.parent)[1]
    assert {entry.code for entry in found} <= {"syntax"}, "\n".join(entry.render() for entry in found)
