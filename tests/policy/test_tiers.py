"""Tiers in rules: their columns, the lower bound among them, and look-ups in rules about actions."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from marginrules.account import documents
from marginrules.engine.decide import decide
from marginrules.engine.documents import read_action
from marginrules.engine.evaluate import evaluation
from marginrules.language.format import format_text
from marginrules.policy.catalogue import diagnose_text, load_text

POLICY = """
policy tiers {{
  title "Tiers" version "1"
}}
{file}
position {{
  initial_margin     = notional / leverage
  maintenance_margin = notional * 1%
  {position}
}}
pool cross {{
  covers   positions
  one per  account
  draws on balances
  equity = collateral + sum(unrealized_pnl)
  liquidate when equity < maintenance_margin
}}
{end}
"""


def _text(**parts: str) -> str:
    return POLICY.format(**{"file": "", "position": "", "end": "", **parts})


def _account(quantity: str = "30", leverage: str = "10") -> dict[str, Any]:
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "alice"},
        "balances": [{"asset": "USD", "wallet_balance": "1000"}],
        "positions": [
            {"id": "A", "symbol": "A", "quantity": quantity, "entry_price": "100", "leverage": leverage},
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
                "tiers": [
                    {"above": "0", "maintenance_rate": "0.01", "max_leverage": "20"},
                    {"above": "2000", "maintenance_rate": "0.02", "max_leverage": "10"},
                ],
            }
        ],
    }


def _figure(text: str, **account: str) -> Decimal:
    """The figure `x` of the position, the same from both evaluators."""
    policy = load_text(text)
    found = evaluation(policy, documents.read(_account(**account), policy.inputs))
    pool = found.pools[0]
    node = pool.instance.plan.definitions["position"]["x"]
    value = pool.value(node, ("position", 0))
    assert value == pool.reference.value(node, ("position", 0))
    assert isinstance(value, Decimal)
    return value


@pytest.mark.parametrize(("quantity", "above"), [("20", 0), ("20.01", 2000), ("30", 2000)])
def test_the_lower_bound_of_a_tier_can_be_read(quantity: str, above: int) -> None:
    """At the edge the key is still in the tier below."""
    text = _text(position="publish x = pick tier.above from instrument.tiers at notional")
    assert _figure(text, quantity=quantity) == above


def test_a_rate_may_depend_on_the_lower_bound_of_its_tier() -> None:
    """Nothing up to 2,000, then 2,000 / 200,000 of what is above."""
    text = _text(position="publish x = tiered notional by instrument.tiers rate tier.above / (50 * entry_value)")
    assert _figure(text, quantity="40") == 20


def test_the_bound_of_a_table_without_units_is_in_what_the_key_is_in() -> None:
    """Here a number: it can not be taken for money."""
    table = "table steps { | above | maintenance_rate | | 0 | 1% | | 5 | 2% | }"
    assert _figure(_text(file=table, position="publish x = pick tier.above from steps at leverage")) == 5
    _, found = diagnose_text(
        _text(file=table, position="publish x = notional + (pick tier.above from steps at leverage)")
    )
    assert [entry.code for entry in found] == ["dimension-mismatch"]


def test_a_bound_with_a_unit_keeps_it() -> None:
    """The key is in that currency."""
    table = "table steps { | above | maintenance_rate | | 0 USD | 1% | | 2_000 USD | 2% | }"
    text = _text(file=table, position="publish x = pick tier.above from steps at notional in USD")
    assert _figure(text) == 2000


LEVERAGE = """
allow open leaving position.leverage <= (pick tier.max_leverage from {table} at position.notional)
  because "the tier allows less"
"""


@pytest.mark.parametrize(("quantity", "allowed"), [("5", True), ("5.01", False)])
def test_a_rule_about_actions_may_look_up_a_tier(quantity: str, *, allowed: bool) -> None:
    """After the fill the position is at the edge of the first tier, or above it."""
    policy = load_text(_text(end=LEVERAGE.format(table="instrument.tiers")))
    state = documents.read(_account("15", "15"), policy.inputs)
    action = read_action(
        {"action": "open", "symbol": "A", "side": "buy", "quantity": quantity, "price": "100", "leverage": "15"}
    )
    found = decide(policy, state, action)
    assert found.allowed is allowed
    assert all(not isinstance(value, tuple) for value in found.values.values())
    assert "instrument.tiers" not in found.values


def test_a_table_of_the_policy_can_be_looked_up_there_too() -> None:
    """Its `max_leverage` is 10 for everything."""
    table = "table steps { | above | max_leverage | | 0 | 10 | }"
    policy = load_text(_text(file=table, end=LEVERAGE.format(table="steps")))
    state = documents.read(_account("15", "15"), policy.inputs)
    action = read_action(
        {"action": "open", "symbol": "A", "side": "buy", "quantity": "1", "price": "100", "leverage": "15"}
    )
    assert not decide(policy, state, action).allowed


def test_a_table_by_symbol_needs_an_action_that_names_an_instrument(tmp_path: Path) -> None:
    """An opening does, a deposit does not."""
    (tmp_path / "steps.csv").write_text("symbol,above,most\nA,0,5\n", encoding="utf-8")
    rule = "when 1 < (pick tier.most from steps at {key})"
    codes = []
    for action, key in (("open", "quantity"), ("deposit", "number(amount)")):
        end = f"allow {action} {rule.format(key=key)}"
        _, found = diagnose_text(_text(file='table steps from "steps.csv" per symbol', end=end), directory=tmp_path)
        codes.append([entry.code for entry in found])
    assert codes == [[], ["undefined-name"]]


def test_a_misspelt_column_is_told_what_there_is() -> None:
    """The lower bound is among them."""
    _, found = diagnose_text(_text(end=LEVERAGE.format(table="instrument.tiers").replace("max_leverage", "levrage")))
    assert [entry.code for entry in found] == ["undefined-name"]
    assert "above" in found[0].remedy


def test_a_look_up_in_a_rule_about_actions_is_laid_out_as_it_was() -> None:
    """Once formatted, it stays."""
    once = format_text(_text(end=LEVERAGE.format(table="instrument.tiers")))
    assert "leaving position.leverage <= (pick tier.max_leverage from instrument.tiers at position.notional)" in once
    assert format_text(once) == once
