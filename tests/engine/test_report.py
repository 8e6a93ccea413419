"""Reports and what goes with them, handed on and looked into."""

import copy
import json
import pickle
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import marginrules
from marginrules.account.state import TierTable, pointer_to_cell
from marginrules.engine.compare import in_mode
from tests.engine.policies import load

CASES = Path(__file__).parent.parent / "cases"
POLICY = """
policy tiers {
  title   "Tiers"
  version "1"
}

input account.note: rate = 0% "an input"

position {
  maintenance_margin = tiered notional by instrument.tiers rate tier.maintenance_rate
}

pool cross {
  covers   positions
  one per  account
  draws on balances

  equity         = collateral + sum(unrealized_pnl)
  publish spared = equity * account.note
  liquidate when equity < maintenance_margin
}

allow deposit
"""
ACCOUNT = {
    "schema": "marginrules/account/1",
    "account": {"id": "a"},
    "balances": [{"asset": "USDC", "wallet_balance": "1000"}],
    "positions": [
        {"id": name, "symbol": "X", "quantity": "1", "entry_price": "100", "margin_mode": "cross", "leverage": "7"}
        for name in ("long", "other")
    ],
    "orders": [],
    "instruments": [
        {
            "symbol": "X",
            "contract": "linear",
            "base": "X",
            "quote": "USDC",
            "settle": "USDC",
            "mark_price": "90",
            "tiers": [{"above": "0", "maintenance_rate": "0.01"}, {"above": "50", "maintenance_rate": "0.02"}],
        }
    ],
    "assets": [{"asset": "USDC", "index_price": "1"}],
}


def handed_on(thing: Any) -> list[Any]:
    """What another process gets, and copies."""
    return [pickle.loads(pickle.dumps(thing)), copy.deepcopy(thing), copy.copy(thing)]  # noqa: S301 - our own


def test_accounts_reports_and_decisions_can_be_handed_to_other_processes() -> None:
    """They arrive equal, and evaluate to the same, whether or not they were evaluated before."""
    policy = load(POLICY)
    fresh = marginrules.read_account(ACCOUNT, policy)
    assert all(entry == fresh for entry in handed_on(fresh))
    report = marginrules.evaluate(policy, fresh)
    for entry in handed_on(fresh):
        assert entry == fresh
        assert marginrules.evaluate(policy, entry) == report
    assert all(entry == report for entry in handed_on(report))
    decision = marginrules.decide(policy, fresh, marginrules.Action("deposit", asset="USDC", amount=Decimal(1)))
    assert decision.allowed
    assert all(entry == decision for entry in handed_on(decision))
    # What an engine derived from the tiers is kept by nodes of the plan, and no one else's.
    assert b"marginrules.policy.plan" not in pickle.dumps(fresh)


def test_a_table_of_a_policy_stays_one_when_it_is_handed_on() -> None:
    """Its place is one in the rule file, and no pointer into an account."""
    table = TierTable(("above",), ((Decimal(0),),), "/rules/own.margin:3", of_policy=True)
    assert all(pointer_to_cell(entry, 0, "above") == "/rules/own.margin:3" for entry in handed_on(table))


def test_errors_reach_the_process_that_asked() -> None:
    """With their place, their problem and their remedy."""
    with pytest.raises(marginrules.RuleFileError) as refused:
        marginrules.load_text("policy x {}", "x.margin")
    for entry in handed_on(refused.value):
        assert str(entry) == str(refused.value)
        assert [problem.code for problem in entry.diagnostics] == [entry.code for entry in refused.value.diagnostics]
    with pytest.raises(marginrules.StateError) as caught:
        marginrules.read_account(ACCOUNT | {"balances": [{"asset": "USDC"}]})
    for entry in handed_on(caught.value):
        assert (str(entry), entry.pointer, entry.remedy) == (
            str(caught.value),
            "/balances/0/wallet_balance",
            caught.value.remedy,
        )


def test_an_account_that_was_only_read_can_be_handed_on() -> None:
    """In a process that has evaluated nothing."""
    program = "import marginrules, pickle, sys; pickle.dumps(marginrules.read_account(sys.stdin.read()))"
    text = json.dumps(ACCOUNT)
    assert subprocess.run([sys.executable, "-c", program], input=text, text=True, check=False).returncode == 0  # noqa: S603


@pytest.mark.parametrize(("kind", "near"), [("pool", "cross"), ("position", "long")])
def test_a_record_that_is_not_there_is_told_with_those_that_are(kind: str, near: str) -> None:
    """One message, which is a KeyError too."""
    policy = load(POLICY)
    report = marginrules.evaluate(policy, marginrules.read_account(ACCOUNT, policy))
    for error in (KeyError, marginrules.MarginRulesError):
        with pytest.raises(error) as caught:
            getattr(report, kind)(f"{near}s")
        assert str(caught.value).startswith(
            f"the report has no {kind} '{near}s'\nhelp: did you mean `{near}`? there are {near}"
        )


def test_margin_that_a_mode_assigns_is_booked_like_any_other_amount() -> None:
    """A value at entry over a leverage of 7 is no quotient of sixty digits."""
    policy = load(POLICY)
    account = in_mode(marginrules.read_account(ACCOUNT, policy), "isolated")
    assert account.positions[0].assigned_margin == Decimal("14.285714285714285714285714")
    assert 1000 - 2 * account.positions[0].assigned_margin + 2 * account.positions[0].assigned_margin == 1000
