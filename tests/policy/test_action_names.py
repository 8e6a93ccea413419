"""What names in rules about actions mean."""

from typing import Any

import pytest

from marginrules.account import documents
from marginrules.engine.decide import decide
from marginrules.engine.documents import read_action
from marginrules.policy.catalogue import load_text

WALLETS = """
policy wallets {
  title "Wallets" version "1"
}
pool cross {
  covers   positions
  one per  account
  draws on balances
  equity = collateral + sum(unrealized_pnl)
}
allow withdraw when amount <= balance.wallet_balance
"""


@pytest.mark.parametrize(("wallet", "amount", "allowed"), [("a", "100", True), ("b", "100", False), ("b", "20", True)])
def test_balance_is_that_of_the_wallet_which_the_action_names(wallet: str, amount: str, *, allowed: bool) -> None:
    """Not the first of that asset."""
    policy = load_text(WALLETS)
    document: dict[str, Any] = {
        "schema": "marginrules/account/1",
        "account": {"id": "alice"},
        "balances": [
            {"asset": "USD", "wallet_balance": "100", "wallet": "a"},
            {"asset": "USD", "wallet_balance": "20", "wallet": "b"},
        ],
        "positions": [],
        "orders": [],
        "instruments": [],
    }
    action = read_action({"action": "withdraw", "asset": "USD", "amount": amount, "wallet": wallet})
    assert decide(policy, documents.read(document, policy.inputs), action).allowed is allowed


SIDE_BY_SIDE = """
policy sides {
  title "Two cross pools side by side" version "1"
  contracts linear, inverse
}
position {
  initial_margin     = notional / leverage
  maintenance_margin = notional * 1%
}
pool cross {
  covers   positions where instrument.contract == inverse and margin_mode == cross
  one per  settlement asset
  draws on remainder of balances where wallet == single
  equity    = collateral + sum(unrealized_pnl)
  available = equity - initial_margin
}
pool cross {
  covers   positions where instrument.contract == linear and margin_mode == cross
  one per  account
  draws on remainder of balances where wallet == multi
  valued in USD
  equity    = sum(amount in USD of balances) + sum(unrealized_pnl in USD)
  available = equity - initial_margin
}
pool isolated {
  covers   positions where margin_mode == isolated
  one per  position
  draws on assigned_margin
  equity = collateral + unrealized_pnl
}
allow add_margin when amount <= cross.available
allow withdraw when amount <= cross.available in asset
"""


def _sides() -> dict[str, Any]:
    position = {"entry_price": "100", "leverage": "10", "margin_mode": "isolated"}
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "alice"},
        "balances": [
            {"asset": "BTC", "wallet_balance": "4", "wallet": "single"},
            {"asset": "USD", "wallet_balance": "30", "wallet": "multi"},
        ],
        "positions": [
            {"id": "L", "symbol": "L", "quantity": "1", "assigned_margin": "10", **position},
            {"id": "I", "symbol": "I", "quantity": "100", "assigned_margin": "1", **position},
        ],
        "orders": [],
        "instruments": [
            {"symbol": "L", "contract": "linear", "base": "BTC", "quote": "USD", "settle": "USD", "mark_price": "100"},
            {"symbol": "I", "contract": "inverse", "base": "BTC", "quote": "USD", "settle": "BTC", "mark_price": "100"},
        ],
        "assets": [{"asset": "BTC", "index_price": "100"}, {"asset": "USD", "index_price": "1"}],
    }


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ({"action": "add_margin", "position": "L", "amount": "20"}, True),
        ({"action": "add_margin", "position": "L", "amount": "20.01"}, False),
        ({"action": "add_margin", "position": "I", "amount": "3"}, True),
        ({"action": "add_margin", "position": "I", "amount": "3.01"}, False),
        ({"action": "withdraw", "asset": "USD", "wallet": "multi", "amount": "20"}, True),
        ({"action": "withdraw", "asset": "USD", "wallet": "multi", "amount": "20.01"}, False),
        ({"action": "withdraw", "asset": "BTC", "wallet": "single", "amount": "3"}, True),
        ({"action": "withdraw", "asset": "BTC", "wallet": "single", "amount": "3.01"}, False),
    ],
)
def test_a_kind_of_pool_with_variants_side_by_side_is_the_one_at_hand(asked: dict[str, Any], *, allowed: bool) -> None:
    """Of an isolated position, the cross pool that would hold it; of cash, the one that draws on it."""
    policy = load_text(SIDE_BY_SIDE)
    found = decide(policy, documents.read(_sides(), policy.inputs), read_action(asked))
    assert found.allowed is allowed, found.because
    assert "unknown" not in found.because
