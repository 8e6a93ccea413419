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
