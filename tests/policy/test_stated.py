"""Prices that a policy states by a formula: what `check` says of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from marginrules.cli.app import run
from marginrules.policy.catalogue import load_policy, load_text
from marginrules.policy.stated import stated_prices

POLICY = """policy stated {
  title   "Stated prices"
  version "1"
}

position {
  maintenance_margin = notional * 10%
  PRICES
}

pool cross {
  covers   positions where margin_mode == cross
  one per  account
  draws on remainder of balances

  equity = collateral + sum(unrealized_pnl)
  liquidate when equity < maintenance_margin
}

pool isolated {
  covers   positions where margin_mode == isolated
  one per  position
  draws on assigned_margin

  equity = collateral + unrealized_pnl
  liquidate when equity < maintenance_margin
  MORE
}
"""

ROUNDED = """liquidation_price =
    if quantity > 0 then round(solved_liquidation_price, up to instrument.tick_size) else solved_liquidation_price"""
OWN = "bankruptcy_price = entry_price * (if quantity > 0 then 90% else 110%)"


def _text(prices: str, more: str = "") -> str:
    return POLICY.replace("PRICES", prices).replace("MORE", more)


def _account(**instrument: Any) -> dict[str, Any]:
    position = {"symbol": "A", "quantity": "10", "entry_price": "100", "leverage": "10", "margin_mode": "isolated"}
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "alice"},
        "balances": [{"asset": "USD", "wallet_balance": "1000"}],
        "positions": [
            {"id": "thin", **position, "assigned_margin": "100"},
            {"id": "thick", **position, "assigned_margin": "200"},
        ],
        "orders": [],
        "instruments": [
            {
                "symbol": "A",
                "contract": "linear",
                "base": "A",
                "quote": "USD",
                "settle": "USD",
                "mark_price": "100",
                "tick_size": "1",
                **instrument,
            }
        ],
    }


def test_a_price_that_is_only_rounded_is_not_stated() -> None:
    """Nothing is said of it."""
    assert stated_prices(load_text(_text(ROUNDED))) == ()


def test_a_formula_is_told_once_for_all_pools_that_it_holds_in() -> None:
    """With its place, and whether it is made from the solved price."""
    (found,) = stated_prices(load_text(_text(OWN), "stated.margin"))
    assert found.text == (
        "stated.margin:8:3: note: `bankruptcy_price` in `cross` and `isolated` is stated by a formula of its own; "
        "reports give that"
    )


def test_a_formula_that_some_pool_has_for_itself_is_told_apart() -> None:
    """Here it is made from the solved price in every case."""
    text = _text("", "position { bankruptcy_price = solved_bankruptcy_price * 101% }")
    (found,) = stated_prices(load_text(text))
    assert (found.pools, found.own) == (("isolated",), False)


def test_a_formula_that_holds_in_some_cases_only_is_one_of_its_own() -> None:
    """The solved price is given in the others."""
    text = _text("bankruptcy_price = if quantity > 0 then solved_bankruptcy_price else entry_price")
    (found,) = stated_prices(load_text(text))
    assert found.own


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A policy with a formula of its own, and an account with two positions."""
    policy, account = tmp_path / "stated.margin", tmp_path / "account.json"
    policy.write_text(_text(OWN), encoding="utf-8")
    account.write_text(json.dumps(_account()), encoding="utf-8")
    return str(policy), str(account)


def test_check_notes_the_formula_and_still_succeeds(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """A note is no warning, and goes to standard output."""
    assert run(["check", files[0]]) == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert lines[0] == f"{files[0]}: ok, 0 errors, 0 warnings"
    assert [": note: " in line for line in lines] == [False, True]
    assert captured.err == ""


def test_check_says_on_which_positions_the_two_prices_differ(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A tenth below entry is where 100 of margin is spent, and 200 is not."""
    assert run(["check", files[0], "--account", files[1]]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        f"{files[1]}: thick in isolated/thick: bankruptcy_price is 90 as stated, 80 as solved ({files[0]}:8)"
    ]


def test_check_says_where_nothing_differs(
    tmp_path: Path, files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """One line an account."""
    document = _account()
    document["positions"][1]["assigned_margin"] = "100"
    same = tmp_path / "same.json"
    same.write_text(json.dumps(document), encoding="utf-8")
    assert run(["check", files[0], "--account", str(same), "--account", files[1]]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == f"{same}: no stated price differs from the solved one"
    assert len(lines) == 4


def test_a_price_that_cannot_be_had_differs_from_one_that_can(
    tmp_path: Path, files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The formula needs no mark price, the solved price does."""
    document = _account()
    del document["instruments"][0]["mark_price"]
    account = tmp_path / "unmarked.json"
    account.write_text(json.dumps(document), encoding="utf-8")
    assert run(["check", files[0], "--account", str(account)]) == 0
    assert "is 90 as stated, unknown (instrument A has no mark_price) as solved" in capsys.readouterr().out


def test_the_json_of_check_has_both_figures(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """As text, to the last digit."""
    assert run(["check", files[0], "--account", files[1], "--json"]) == 0
    (policy,) = json.loads(capsys.readouterr().out)["policies"]
    assert [(entry["price"], entry["own_formula"]) for entry in policy["stated_prices"]] == [("bankruptcy_price", True)]
    assert [(entry["position"], entry["stated"], entry["solved"]) for entry in policy["differences"]] == [
        ("thick", "90", "80")
    ]


@pytest.mark.parametrize(("name", "pools"), [("bybit", {"cross", "isolated"}), ("dydx-v4", {"cross"})])
def test_a_shipped_policy_that_states_a_price_is_told_of(name: str, pools: set[str]) -> None:
    """Their pages give the formulas."""
    assert {pool for found in stated_prices(load_policy(name)) for pool in found.pools} == pools


def test_a_shipped_policy_that_rounds_is_not() -> None:
    """Hyperliquid gives what is solved."""
    assert stated_prices(load_policy("hyperliquid")) == ()
