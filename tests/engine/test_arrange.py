"""Who is in which pool, and what stands behind it."""

from decimal import Decimal
from typing import Any

import pytest

import marginrules
from marginrules.account.state import StateError

WALLETS = """policy wallets {
  title "Two wallets" version "1"
}
position { maintenance_margin = notional * 1% initial_margin = notional * 2% }
pool single {
  covers orders
  one per account
  draws on remainder of balances where wallet == "single"
  equity = collateral
}
pool multi {
  covers positions where margin_mode == cross
  one per account
  draws on remainder of balances where wallet == "multi"
  equity = collateral + sum(unrealized_pnl)
  liquidate when equity < maintenance_margin
}
pool isolated {
  covers positions where margin_mode == isolated
  one per position
  draws on assigned_margin
  equity = collateral + unrealized_pnl
  liquidate when equity < maintenance_margin
}
"""


def account(*wallets: tuple[str, str, str]) -> dict[str, Any]:
    """An isolated position with 10 USD assigned, and balances: asset, wallet, amount."""
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "a"},
        "balances": [{"asset": asset, "wallet": wallet, "wallet_balance": amount} for asset, wallet, amount in wallets],
        "positions": [
            {
                "id": "A",
                "symbol": "X",
                "quantity": "1",
                "entry_price": "100",
                "margin_mode": "isolated",
                "assigned_margin": "10",
            }
        ],
        "orders": [],
        "instruments": [
            {"symbol": "X", "contract": "linear", "base": "X", "quote": "USD", "settle": "USD", "mark_price": "100"}
        ],
        "assets": [],
    }


def test_assigned_margin_is_taken_from_the_one_pool_that_holds_its_asset() -> None:
    policy = marginrules.load_text(WALLETS, "wallets.margin")
    report = marginrules.evaluate(policy, marginrules.read_account(account(("USD", "multi", "30")), policy))
    assert report.pool("multi").equity == Decimal(20)


def test_assigned_margin_is_not_taken_from_two_pools() -> None:
    """Which of two wallets gave it is open, so the account is refused."""
    policy = marginrules.load_text(WALLETS, "wallets.margin")
    document = account(("USD", "single", "500"), ("USD", "multi", "30"))
    with pytest.raises(StateError) as raised:
        marginrules.evaluate(policy, marginrules.read_account(document, policy))
    assert raised.value.pointer == "/balances/1"
    assert "two pools have USD balances" in raised.value.problem


def test_a_balance_is_drawn_on_by_what_it_says_each_time() -> None:
    """What is kept of one account does not decide another."""
    policy = marginrules.load_text(WALLETS, "wallets.margin")
    for wallet, other in (("multi", "single"), ("single", "multi"), ("multi", "single")):
        document = account(("USD", wallet, "30"), ("EUR", other, "7"))
        document["positions"] = []
        document["balances"] = document["balances"][:1]
        report = marginrules.evaluate(policy, marginrules.read_account(document, policy))
        assert {pool.id: pool.equity for pool in report.pools} == {wallet: Decimal(30), other: Decimal(0)}
