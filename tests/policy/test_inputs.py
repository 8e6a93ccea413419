"""Ranges and defaults of inputs: a bare number is in the input's own unit."""

from decimal import Decimal
from typing import Any

import pytest

from marginrules.account import documents
from marginrules.account.documents import StateError
from marginrules.engine.evaluate import evaluation
from marginrules.policy.catalogue import load_text

POLICY = """
policy ranges {
  title "Ranges" version "1"
  contracts linear, inverse
}
input position.DECLARATION "x"
position {
  publish shown = x
}
pool cross {
  covers   positions
  one per  settlement asset
  draws on balances
  equity = collateral + sum(unrealized_pnl)
}
"""


def _account(**fields: str) -> dict[str, Any]:
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "alice"},
        "balances": [{"asset": "USD", "wallet_balance": "100"}],
        "positions": [{"id": "A", "symbol": "A", "quantity": "1", "entry_price": "100", **fields}],
        "orders": [],
        "instruments": [
            {"symbol": "A", "contract": "linear", "base": "A", "quote": "USD", "settle": "USD", "mark_price": "100"}
        ],
    }


DIMENSIONS = [
    "money in settle",
    "money in quote",
    "money in USD",
    "price",
    "quantity",
    "duration",
    "number",
    "money in settle per base",
]


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_bounds_without_a_unit_are_in_the_inputs_own(dimension: str) -> None:
    """What lies between them is read, and what does not is refused."""
    policy = load_text(POLICY.replace("DECLARATION", f"x: {dimension} in -5 .. 10"))
    for value in ("-5", "10"):
        report = evaluation(policy, documents.read(_account(x=value), policy.inputs)).report()
        assert report.positions[0].figures["shown"] == Decimal(value)
    for value in ("-5.1", "10.1"):
        with pytest.raises(StateError):
            documents.read(_account(x=value), policy.inputs)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_a_default_without_a_unit_is_in_the_inputs_own(dimension: str) -> None:
    """A document that lacks the field has it."""
    policy = load_text(POLICY.replace("DECLARATION", f"x: {dimension} = 7 in 0 .. 10"))
    report = evaluation(policy, documents.read(_account(), policy.inputs)).report()
    assert report.positions[0].figures["shown"] == 7
