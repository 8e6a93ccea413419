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


OF_POSITIONS = """policy slots {
  title "Orders beside positions" version "1"
}
input order.margin_mode: choice of cross, isolated = cross "which pool an order is in"
position { maintenance_margin = notional * 1% initial_margin = notional * 2% }
pool cross {
  covers positions where margin_mode == cross
  covers orders where margin_mode == cross
  one per account
  draws on remainder of balances
  equity = collateral
  publish resting = sum(number(quantity) of orders)
}
pool isolated {
  covers positions where margin_mode == isolated
  covers orders where margin_mode == isolated
  one per position
  draws on assigned_margin
  equity = collateral + unrealized_pnl
  publish resting = sum(quantity of orders)
  liquidate when equity < maintenance_margin + sum(mark_notional of orders)
}
"""


def resting(positions: dict[str, str], *orders: dict[str, Any]) -> dict[str, Decimal]:
    """The quantity of orders in each pool; positions by name, all on one contract."""
    document = account(("USD", "", "1000"))
    del document["balances"][0]["wallet"]
    (template,) = document["positions"]
    document["positions"] = [template | {"id": name, "quantity": quantity} for name, quantity in positions.items()]
    document["orders"] = [{"symbol": "X", "side": "buy", "quantity": "1", "price": "90", **order} for order in orders]
    policy = marginrules.load_text(OF_POSITIONS, "slots.margin")
    report = marginrules.evaluate(policy, marginrules.read_account(document, policy))
    return {pool.id: pool.figures["resting"] for pool in report.pools}  # type: ignore[misc]


def test_an_order_is_in_the_pool_of_the_position_on_its_contract() -> None:
    found = resting(
        {"A": "1"}, {"margin_mode": "isolated"}, {"margin_mode": "cross", "quantity": "2"}, {"quantity": "4"}
    )
    assert found == {"cross": 6, "isolated/A": 1}


@pytest.mark.parametrize(
    ("order", "holder"),
    [
        ({"side": "buy"}, "long"),
        ({"side": "sell"}, "short"),
        ({"side": "buy", "reduce_only": True}, "short"),
        ({"side": "sell", "reduce_only": True}, "long"),
    ],
)
def test_of_a_long_and_a_short_an_order_is_in_the_pool_of_the_one_it_is_for(order: dict[str, Any], holder: str) -> None:
    found = resting({"long": "1", "short": "-1"}, {"margin_mode": "isolated", **order})
    assert {name for name, quantity in found.items() if quantity} == {f"isolated/{holder}"}


def test_an_order_that_can_be_for_two_positions_is_refused() -> None:
    with pytest.raises(StateError) as raised:
        resting({"one": "1", "two": "2"}, {"margin_mode": "isolated"})
    assert raised.value.pointer == "/orders/0"
    assert "one or two" in raised.value.problem


def test_an_order_without_a_position_is_in_no_pool_of_positions() -> None:
    assert resting({}, {"margin_mode": "isolated"}) == {"cross": 0}


def test_an_order_beside_an_isolated_position_moves_its_boundary() -> None:
    """1 X entered at 100 with 10 of margin, and half an X of orders: p - 90 = 0.01 p + 0.5 p, at p = 90 / 0.49."""
    document = account(("USD", "", "1000"))
    del document["balances"][0]["wallet"]
    document["instruments"][0]["mark_price"] = "200"
    document["orders"] = [
        {"symbol": "X", "side": "buy", "quantity": "0.5", "price": "90", "margin_mode": "isolated", "id": "1"}
    ]
    policy = marginrules.load_text(OF_POSITIONS, "slots.margin")
    report = marginrules.evaluate(policy, marginrules.read_account(document, policy))
    price = report.positions[0].liquidation_price
    assert price is not None
    assert abs(price - Decimal(90) / Decimal("0.49")) < Decimal("1e-25")


def _documented(mode: str, *balances: tuple[str, str]) -> marginrules.Report:
    document = account()
    document["balances"] = [{"asset": asset, "wallet_balance": amount} for asset, amount in balances]
    document["positions"][0]["margin_mode"] = mode
    if mode == "cross":
        del document["positions"][0]["assigned_margin"]
    policy = marginrules.load_policy("documented")
    return marginrules.evaluate(policy, marginrules.read_account(document, policy))


def test_collateral_of_which_the_account_says_nothing_is_unknown() -> None:
    """Not zero: the pool could be safe with it. Said to be zero, it is."""
    report = _documented("cross", ("EUR", "5"))
    assert report.pools[0].equity is None
    assert report.pools[0].liquidatable is None
    assert report.unknown[0].reason == "the account says nothing of a balance in USD"
    assert report.unknown[0].pointer == "/balances"
    assert _documented("cross", ("USD", "0")).pools[0].equity == 0


def test_cash_that_backs_no_pool_is_noted() -> None:
    """A pool in one asset has no use for another, and the reader is told."""
    assert _documented("cross", ("USD", "50"), ("EUR", "5")).notes == ("5 EUR backs no pool: cross is valued in USD",)
    assert _documented("isolated", ("USD", "50"), ("EUR", "0")).notes == ()
