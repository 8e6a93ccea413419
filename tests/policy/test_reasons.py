"""Why an action is refused: a reason and the venue's name for each condition, or for the whole rule."""

from typing import Any

import pytest

from marginrules.account import documents
from marginrules.engine.decide import Decision, decide
from marginrules.engine.documents import read_action
from marginrules.language import nodes
from marginrules.language.format import format_text
from marginrules.language.parser import parse
from marginrules.policy.catalogue import load_text

POLICY = """
policy reasons {
  title "Reasons" version "1"
}
position {
  initial_margin     = notional / leverage
  maintenance_margin = notional * 1%
}
pool cross {
  covers   positions
  one per  account
  draws on balances
  equity = collateral + sum(unrealized_pnl)
}
RULE
"""

EACH = """allow open when increasing because "it must increase" as "E-0"
  leaving position.leverage <= 20 because "no more than 20x" as "E-1"
  leaving pool.equity >= pool.initial_margin
  leaving every pool with equity >= 5 * maintenance_margin because "too thin" as "E-3"
"""


def _refused(rule: str, **asked: str) -> Decision:
    policy = load_text(POLICY.replace("RULE", rule), "reasons.margin")
    document: dict[str, Any] = {
        "schema": "marginrules/account/1",
        "account": {"id": "alice"},
        "balances": [{"asset": "USD", "wallet_balance": "100"}],
        "positions": [{"id": "A", "symbol": "A", "quantity": "1", "entry_price": "100", "leverage": "10"}],
        "orders": [],
        "instruments": [
            {"symbol": "A", "contract": "linear", "base": "A", "quote": "USD", "settle": "USD", "mark_price": "100"}
        ],
    }
    action = {"action": "open", "symbol": "A", "side": "buy", "quantity": "1", "price": "100", "leverage": "10"}
    found = decide(policy, documents.read(document, policy.inputs), read_action({**action, **asked}))
    assert not found.allowed
    return found


@pytest.mark.parametrize(
    ("asked", "because", "refusal", "line"),
    [
        ({"side": "sell"}, "it must increase", "E-0", 15),
        ({"leverage": "21"}, "no more than 20x: it must leave position.leverage <= 20", "E-1", 16),
        (
            {"quantity": "10"},
            "it must increase: it must leave pool.equity >= pool.initial_margin",
            "E-0",
            17,
        ),
    ],
)
def test_a_refusal_has_the_reason_of_the_condition_that_is_not_met(
    asked: dict[str, str], because: str, refusal: str, line: int
) -> None:
    """Its own, or the whole rule's where it has none; and its own line."""
    found = _refused(EACH, **asked)
    assert (found.because, found.refusal, found.rule) == (because, refusal, f"reasons.margin:{line}")


def test_a_condition_over_pools_has_its_own_reason_too() -> None:
    """Here it is the only one that is not met."""
    found = _refused(EACH.replace("5 * maintenance", "60 * maintenance").replace("pool.initial_margin", "0"))
    assert found.because.startswith("too thin: it must leave every pool with equity >= 60 * maintenance_margin, which")
    assert found.refusal == "E-3"


def test_the_only_reason_at_the_end_is_the_whole_rules() -> None:
    """It stands for a condition before the action and for every condition after it."""
    rule = 'allow open when increasing leaving position.leverage <= 20 leaving pool.equity >= 0 because "no" as "E"'
    for asked in ({"side": "sell"}, {"leverage": "21"}):
        found = _refused(rule, **asked)
        assert found.because.startswith("no")
        assert found.refusal == "E"


def test_a_reason_at_the_end_is_the_last_conditions_where_others_have_their_own() -> None:
    """What holds before the action has none then."""
    rule = 'allow open when increasing leaving position.leverage <= 20 because "a" leaving pool.equity >= 0 because "b"'
    assert _refused(rule, side="sell").because == "the rule allows it under a condition that does not hold"
    assert _refused(rule, leverage="21").because.startswith("a: ")


def test_what_must_be_left_is_shown_with_its_parentheses_and_without_its_reason() -> None:
    """The condition as written."""
    rule = (
        'allow open leaving pool.equity >= 0 leaving (position.leverage <= 20 or leverage > 9_000) because "a" as "E"'
    )
    assert _refused(rule, leverage="21").because == "a: it must leave (position.leverage <= 20 or leverage > 9_000)"


@pytest.mark.parametrize(
    "rule",
    [
        EACH,
        'allow open leaving 1 < 2 because "a" leaving 1 < 3 as "E"',
        'allow open because "a" as "E" leaving 1 < 2',
        'allow open because "a"',
        'allow open leaving 1 < 2 leaving 1 < 3 because "a" as "E"',
        'allow open because "a" leaving 1 < 2 because "b"',
    ],
)
def test_a_rule_with_reasons_is_laid_out_without_changing_them(rule: str) -> None:
    """Each reason stays with what it is for, and formatting again changes nothing."""
    once = format_text(POLICY.replace("RULE", rule), "p.margin")
    assert parse(once, "p.margin") == parse(POLICY.replace("RULE", rule), "p.margin")
    assert format_text(once, "p.margin") == once


def test_a_reason_in_the_middle_is_not_the_whole_rules() -> None:
    """Only at the end, and alone, does it stand for everything."""
    file = parse('policy p { } allow open leaving 1 < 2 because "a" leaving 1 < 3')
    rule = file.items[0]
    assert isinstance(rule, nodes.Allow)
    assert rule.because is None
    assert [part.because for part in rule.leaving] == ["a", None]


def test_a_reason_that_is_a_sentence_is_continued_without_its_stop() -> None:
    """As venues write them."""
    found = _refused('allow open leaving pool.equity >= 5 * pool.equity because "Not enough margin."')
    assert found.because == "Not enough margin: it must leave pool.equity >= 5 * pool.equity"
