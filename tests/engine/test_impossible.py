"""What a policy says that no account is."""

import pickle
from typing import Any

import pytest

import marginrules
from marginrules.account.state import StateError
from marginrules.engine.arrange import ImpossibleError
from marginrules.engine.compare import compare_modes
from marginrules.engine.documents import read_action
from marginrules.policy.catalogue import diagnose_text

RULES = """
policy t {{ title "t" version "1" {header} }}
input account.shared: flag = false "one pool in which every position is cross"
input account.plan: choice of basic, full = full "what is paid for"
{said}
position {{
  initial_margin     = notional / leverage
  maintenance_margin = notional * 1%
}}
pool cross {{
  covers positions where margin_mode == cross
  covers orders
  one per account
  draws on remainder of balances
  equity = collateral + sum(unrealized_pnl)
  idle_equity = equity - initial_margin
  liquidate when equity < maintenance_margin
}}
pool isolated {isolated}{{
  covers positions where margin_mode == isolated
  one per position
  draws on assigned_margin
  equity = collateral + unrealized_pnl
  liquidate when equity < maintenance_margin
}}
allow open, close, switch_mode, place_order
"""

SAID = """
source modes = "Modes" "https://example.com/modes" read 2026-11-28
"""

IMPOSSIBLE = 'impossible position, order when margin_mode == isolated and account.shared because "cross only" as "E-1" cites modes "One pool"'


def text(said: str = IMPOSSIBLE, *, isolated: str = "", header: str = SAID) -> str:
    return RULES.format(said=said, isolated=isolated, header=header)


def account(*, shared: bool, mode: str = "isolated", **fields: Any) -> dict[str, Any]:
    position = {"id": "A", "symbol": "X", "quantity": "2", "entry_price": "100", "leverage": "10", "margin_mode": mode}
    if mode == "isolated":
        position["assigned_margin"] = "20"
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "a", "shared": shared, **fields},
        "balances": [{"asset": "USDC", "wallet_balance": "1000"}],
        "positions": [position],
        "orders": [],
        "instruments": [
            {"symbol": "X", "contract": "linear", "base": "BTC", "quote": "USDC", "settle": "USDC", "mark_price": "100"}
        ],
        "assets": [],
    }


def evaluate(rules: Any, document: dict[str, Any]) -> Any:
    return marginrules.evaluate(rules, marginrules.read_account(document, rules))


def test_an_account_that_is_impossible_is_refused_with_the_place_and_the_reason() -> None:
    rules = marginrules.load_text(text(), "t.margin")
    with pytest.raises(StateError) as told:
        evaluate(rules, account(shared=True))
    assert str(told.value) == (
        "account: /positions/0/margin_mode: there is no such position: cross only (t.margin:7)\n"
        "help: correct the position, or the account's settings"
    )
    assert str(pickle.loads(pickle.dumps(told.value))) == str(told.value)  # noqa: S301 - our own
    assert evaluate(rules, account(shared=False)).positions[0].pool == "isolated/A"
    assert evaluate(rules, account(shared=True, mode="cross")).positions[0].pool == "cross"


def test_what_is_impossible_of_orders_and_of_the_account_is_refused_too() -> None:
    rules = marginrules.load_text(text(), "t.margin")
    document = account(shared=True, mode="cross")
    document["orders"] = [{"symbol": "X", "side": "buy", "quantity": "1", "price": "90", "margin_mode": "isolated"}]
    with pytest.raises(ImpossibleError, match="/orders/0/margin_mode: there is no such order: cross only"):
        evaluate(rules, document)
    rules = marginrules.load_text(
        text('impossible account when account.shared and account.plan == basic because "not paid for"', header=""),
        "t.margin",
    )
    with pytest.raises(ImpossibleError, match="/account/shared: there is no such account: not paid for"):
        evaluate(rules, account(shared=True, mode="cross", plan="basic"))
    assert evaluate(rules, account(shared=True, mode="cross")).positions


def test_what_is_impossible_of_a_position_or_an_order_is_so_of_no_other() -> None:
    rules = marginrules.load_text(
        text('impossible order when account.shared because "no orders"', header=""), "t.margin"
    )
    document = account(shared=True, mode="cross")
    assert evaluate(rules, document).positions
    rules = marginrules.load_text(text('impossible position when account.shared because "none"', header=""), "t.margin")
    assert evaluate(rules, document | {"positions": []}).positions == ()
    with pytest.raises(ImpossibleError, match="/positions/0: there is no such position: none"):
        evaluate(rules, document)


def test_what_is_not_known_is_not_impossible() -> None:
    """An order without a mode may be cross."""
    rules = marginrules.load_text(text(), "t.margin")
    document = account(shared=True, mode="cross")
    document["orders"] = [{"symbol": "X", "side": "buy", "quantity": "1", "price": "90"}]
    assert evaluate(rules, document).positions[0].pool == "cross"


@pytest.mark.parametrize(
    "action",
    [
        {"action": "switch_mode", "position": "A", "margin_mode": "isolated"},
        {
            "action": "open",
            "symbol": "X",
            "side": "buy",
            "quantity": "1",
            "price": "100",
            "margin_mode": "isolated",
            "leverage": "10",
            "position": "B",
        },
        {"action": "place_order", "id": "1", "symbol": "X", "side": "buy", "quantity": "1", "price": "90"}
        | {"margin_mode": "isolated", "leverage": "10"},
    ],
    ids=lambda action: action["action"],
)
def test_an_action_that_would_lead_there_is_refused_with_that_reason(action: dict[str, str]) -> None:
    rules = marginrules.load_text(text(), "t.margin")
    state = marginrules.read_account(account(shared=True, mode="cross"), rules)
    decision = marginrules.decide(rules, state, read_action(action))
    assert not decision.allowed
    assert (decision.because, decision.refusal, decision.rule) == ("cross only", "E-1", "t.margin:7")
    assert decision.cites == ('Modes, "One pool" <https://example.com/modes> read 2026-11-28',)
    assert decision.state is None
    before = marginrules.read_account(account(shared=False, mode="cross"), rules)
    assert marginrules.decide(rules, before, read_action(action)).allowed


def test_an_order_that_would_lead_there_has_no_report_after_it() -> None:
    rules = marginrules.load_text(text(), "t.margin")
    state = marginrules.read_account(account(shared=True, mode="cross"), rules)
    action = {"action": "open", "symbol": "X", "side": "buy", "quantity": "1", "price": "100", "position": "B"}
    action |= {"margin_mode": "isolated", "leverage": "10"}
    found = marginrules.preview(rules, state, read_action(action))
    assert found.decision.because == "cross only"
    assert found.after is None


def test_pools_need_not_cover_what_is_impossible() -> None:
    """Nor is it a mistake that two of them would."""
    assert marginrules.load_text(text(isolated="when not account.shared "), "t.margin")
    policy, found = diagnose_text(text("", isolated="when not account.shared ", header=""), "t.margin")
    assert policy is None
    assert [entry.code for entry in found] == ["uncovered-position"]


def test_it_holds_on_its_days_only() -> None:
    rules = marginrules.load_text(text(IMPOSSIBLE.replace(" when", " from 2026-06-01 when")), "t.margin")
    assert evaluate(rules, account(shared=True, as_of="2026-05-31T12:00:00Z")).positions
    with pytest.raises(ImpossibleError):
        evaluate(rules, account(shared=True, as_of="2026-06-01T12:00:00Z"))


def test_a_policy_that_extends_another_keeps_it() -> None:
    base = marginrules.load_policy("binance-usdm")
    rules = marginrules.load_text(
        'policy house extends binance-usdm { title "House" version "1" }\n'
        "position { replace maintenance_margin = notional * 50% }",
        "house.margin",
    )
    assert [rule.because for rule in rules.plan.impossible] == [rule.because for rule in base.plan.impossible] != []


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ('impossible balance when account.shared because "no"', "undefined-name", "an account, a position or an order"),
        ('impossible position when quantity > 0 because "no"', "undecidable-coverage", "choices and flags alone"),
        ('impossible position when margin_mode == crossed because "no"', "unknown-choice", "crossed"),
        ('impossible position when leverage because "no"', "dimension-mismatch", "what is impossible"),
        (
            'impossible position when account.shared and not account.shared because "no"',
            "decided-condition",
            "never holds",
        ),
    ],
)
def test_mistakes_in_it_are_told(said: str, code: str, words: str) -> None:
    policy, found = diagnose_text(text(said, header=""), "t.margin")
    assert policy is None
    assert [(entry.code, words in entry.render()) for entry in found] == [(code, True)], found


def test_a_mode_that_no_account_has_is_no_column_of_a_comparison() -> None:
    rules = marginrules.load_text(text(), "t.margin")
    columns = compare_modes(rules, marginrules.read_account(account(shared=True, mode="cross"), rules))
    assert [(column.title, column.report is None, column.because) for column in columns] == [
        ("as it is", False, ""),
        ("all cross", False, ""),
        ("all isolated", True, "no account is: cross only"),
    ]
