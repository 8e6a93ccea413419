"""Limits where what is allowed is no range from the least amount on, and what an order takes before it fills."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from marginrules.account import documents
from marginrules.account.actions import Action, ActionError
from marginrules.account.state import AccountState
from marginrules.engine.decide import decide
from marginrules.engine.evaluate import evaluate
from marginrules.engine.limits import StepError, limits, target
from marginrules.engine.preview import preview
from marginrules.policy.catalogue import load_policy, load_text
from marginrules.policy.policy import Policy

RANGE = load_text("""
policy ranged { title "At most 50x, whatever the initial margin needs" version "1" }
position { initial_margin = notional / leverage }
pool cross {
  covers positions
  one per account
  draws on balances
  equity = collateral + sum(unrealized_pnl)
  liquidate when equity < 0
}
allow set_leverage when leverage <= 50 leaving every pool with equity >= initial_margin
""")


def _account(policy: Policy, wallet: str, *positions: tuple[str, str, str, str, str]) -> AccountState:
    """Cross positions: symbol, quantity, entry, leverage, and the mark of its contract."""
    document: dict[str, Any] = {
        "schema": "marginrules/account/1",
        "account": {"id": "alice", "as_of": "2026-11-01T00:00:00Z"},
        "balances": [{"asset": "USDC", "wallet_balance": wallet}],
        "positions": [
            {"id": symbol, "symbol": symbol, "quantity": quantity, "entry_price": entry, "leverage": leverage}
            | {"margin_mode": "cross"}
            for symbol, quantity, entry, leverage, _ in positions
        ],
        "instruments": [
            {"symbol": symbol, "contract": "linear", "base": symbol, "quote": "USDC", "settle": "USDC"}
            | {"mark_price": mark, "quantity_step": "0.001", "max_leverage": "40"}
            | {"tiers": [{"above": "0", "max_leverage": "40"}]}
            for symbol, _, _, _, mark in positions
        ],
        "assets": [{"asset": "USDC", "index_price": "1"}],
    }
    return documents.read(document, policy.inputs)


def test_a_close_is_within_the_largest_order_where_a_small_one_is_refused() -> None:
    """500 of 1000 USDC are lost and 950 are needed: a sale must free what is missing, and may turn the position round."""
    policy = load_policy("documented")
    state = _account(policy, "1000", ("BTC", "0.1", "100000", "10", "95000"))
    value = next(limit.value for limit in limits(policy, state) if limit.name == "open_sell:BTC")

    def sold(quantity: str) -> bool:
        order = Action("open", symbol="BTC", side="sell", quantity=Decimal(quantity), margin_mode="cross")
        return decide(policy, state, order).allowed

    assert not sold("0.001")
    assert sold("0.1")
    # 100 of the position are closed, the rest of the sale needs a tenth of its value: 500 / 9500 turned round.
    assert value == Decimal("0.152")
    assert sold("0.152")
    assert not sold("0.153")


def test_a_range_of_leverage_that_holds_no_power_of_two_is_found() -> None:
    """4000 / 34 are within 120 USDC and 4000 / 33 are not; 20 is what is set."""
    found = {
        limit.name: limit.value for limit in limits(RANGE, _account(RANGE, "120", ("BTC", "1", "4000", "20", "4000")))
    }
    assert found["lowest_leverage:BTC"] == 34
    assert found["highest_leverage:BTC"] == 50


def test_a_price_of_a_pool_that_is_liquidatable_is_not_reached() -> None:
    """That of ETH does not exist, as nothing cures the pool; what is added has to cover the loss of BTC first."""
    policy = load_policy("documented")
    state = _account(policy, "20", ("BTC", "20", "110", "20", "50"), ("ETH", "-1", "20", "5", "34"))
    found = target(policy, state, "liquidation_price:ETH=47.6", step=Decimal("0.1"))
    # 20 + d - 1200 = 47.6 - 20
    assert found.value == Decimal("1207.6")


def test_what_a_resting_order_takes_of_idle_equity_is_told() -> None:
    """Hyperliquid holds it there, and asks no initial margin of the pool for it."""
    policy = load_policy("hyperliquid")
    state = _account(policy, "10000", ("BTC", "0.1", "95000", "10", "95000"))
    order = Action(
        "place_order",
        symbol="BTC",
        side="buy",
        quantity=Decimal("0.1"),
        price=Decimal(90000),
        margin_mode="cross",
        leverage=Decimal(5),
    )
    assert dict(preview(policy, state, order).resting) == {"USDC": Decimal(1800)}


@pytest.mark.parametrize("amount", [5, 0.5, "5"])
def test_an_amount_that_is_no_decimal_is_an_error_of_its_own(amount: Any) -> None:
    """Not one that comes of it further down."""
    with pytest.raises(ActionError, match="is no Decimal"):
        Action("withdraw", asset="USDC", amount=amount)


DATED = load_text("""
policy dated { title "Rules with days" version "1" }
position {
  maintenance_margin until 2020-06-01 = notional * 1%
  maintenance_margin from 2020-06-01 until 2999-01-01 = notional * 2%
  maintenance_margin from 2999-01-01 = notional * 3%
}
pool cross {
  covers positions
  one per account
  draws on balances
  equity = collateral + sum(unrealized_pnl)
  liquidate when equity < maintenance_margin
}
""")


@pytest.mark.parametrize(
    ("as_of", "rate"),
    [
        (None, 2),
        ("2020-06-01T00:00:00Z", 2),
        ("2020-05-31T23:59:59Z", 1),
        # One moment, whatever zone it is written in.
        ("2020-06-01T01:00:00+02:00", 1),
        ("2020-05-31T23:00:00-02:00", 2),
    ],
)
def test_the_day_of_a_moment_is_that_of_utc_and_without_one_it_is_today(as_of: str | None, rate: int) -> None:
    """Rules that begin in the future are not in force."""
    state = _account(DATED, "1000", ("BTC", "1", "100", "10", "100"))
    document = documents.write(state)
    document["account"] = {"id": "alice"} | ({} if as_of is None else {"as_of": as_of})
    report = evaluate(DATED, documents.read(document, DATED.inputs))
    assert report.pools[0].maintenance_margin == rate
    assert DATED.on(date(2999, 1, 1)) is not DATED.on(date(2998, 12, 31))


def test_an_order_that_no_pool_covers_is_noted() -> None:
    """No figure has anything of it, and the reader is told."""
    document = documents.write(_account(RANGE, "1000", ("BTC", "1", "100", "10", "100")))
    document["orders"] = [{"id": "o1", "symbol": "BTC", "side": "buy", "quantity": "1", "price": "90"}]
    report = evaluate(RANGE, documents.read(document, RANGE.inputs))
    assert report.notes == ("the order o1 is in no pool, and no figure has anything of it",)
    assert evaluate(load_policy("documented"), documents.read(document, RANGE.inputs)).notes == ()


def test_nothing_of_an_asset_is_worth_nothing() -> None:
    """A balance of zero needs no index price; one that is not zero does."""
    policy = load_text("""
policy valued { title "Valued in USD" version "1" }
pool cross {
  covers positions
  one per account
  draws on balances
  valued in USD
  equity = sum(amount in USD of balances) + sum(unrealized_pnl in USD)
  liquidate when equity < 0
}
""")
    document = documents.write(_account(policy, "1000", ("BTC", "1", "100", "10", "100")))
    for amount, equity in (("0", Decimal(1000)), ("1", None)):
        document["balances"][1:] = [{"asset": "XYZ", "wallet_balance": amount}]
        assert evaluate(policy, documents.read(document, policy.inputs)).pools[0].equity == equity


def test_an_order_is_named_by_its_id_where_it_has_one() -> None:
    """Several may rest on one contract."""
    policy = load_text("""
policy resting { title "Margin of orders" version "1" }
order { margin = notional / leverage }
pool cross {
  covers positions
  covers orders
  one per account
  draws on balances
  equity = collateral + sum(unrealized_pnl)
  initial_margin = sum(margin of orders)
}
""")
    document = documents.write(_account(policy, "1000", ("BTC", "1", "100", "10", "100")))
    document["orders"] = [{"id": "o1", "symbol": "BTC", "side": "buy", "quantity": "1", "price": "90"}]
    reasons = [entry.reason for entry in evaluate(policy, documents.read(document, policy.inputs)).unknown]
    assert "order o1 has no leverage" in reasons


@pytest.mark.parametrize("step", [0.01, 1, Decimal(0), Decimal(-1), Decimal("NaN")])
def test_a_step_that_no_amount_can_be_counted_in_is_an_error(step: Any) -> None:
    """And not a table of limits that are unknown for it."""
    policy = load_policy("documented")
    state = _account(policy, "1000", ("BTC", "0.1", "100000", "10", "95000"))
    with pytest.raises(StepError, match="is no step"):
        limits(policy, state, step=step)
    with pytest.raises(StepError, match="is no step"):
        target(policy, state, "liquidation_price:BTC=85000", step=step)
