"""Derivations as people read them."""

from decimal import Decimal
from typing import Any

import marginrules
from marginrules.cli.output import derivation_tree
from marginrules.engine.explain import Derivation, explain

ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "a"},
    "balances": [{"asset": "USDC", "wallet_balance": "100"}],
    "positions": [{"id": "A", "symbol": "X", "quantity": "2", "entry_price": "10"}],
    "orders": [],
    "instruments": [
        {"symbol": "X", "contract": "linear", "base": "X", "quote": "USDC", "settle": "USDC", "mark_price": "10"}
    ],
    "assets": [],
}


def derivation(steps: int) -> Derivation:
    """A figure each of whose steps is twice the one before, so that 2 ** steps ways lead to the first."""
    doubled = "".join(f" step_{number} = step_{number - 1} + step_{number - 1}\n" for number in range(1, steps))
    text = (
        'policy t { title "t" version "1" }\n'
        f"position {{\n step_0 = notional\n{doubled} publish last_step = step_{steps - 1} * 2\n}}\n"
        "pool cross { covers positions one per account draws on balances equity = collateral }\n"
    )
    policy = marginrules.load_text(text, "t.margin")
    return explain(policy, marginrules.read_account(ACCOUNT, policy), "last_step:A")


def test_a_step_that_several_lead_to_is_expanded_once() -> None:
    """Where it stands again it is named, with its value, and what is below it is left out."""
    lines = derivation(2).render().splitlines()
    assert [line.split(" = ")[0].strip() for line in lines] == [
        "last_step of A",
        "step_1 of A",
        "step_0 of A",
        "notional of A",
        "quantity",
        "contract_size",
        "mark_price",
        "step_0 of A",
        "2",
    ]
    assert lines[7].strip().startswith("step_0 of A = 20")
    assert lines[7].endswith("(as above)")


def test_a_derivation_is_as_long_as_the_rules_whatever_number_of_ways_lead_through_them() -> None:
    """Thirty doublings, a thousand million ways."""
    found = derivation(30)
    assert found.value == Decimal(20) * 2**30
    assert len(found.render().splitlines()) < 100
    tree = derivation_tree(found)
    assert tree.children
