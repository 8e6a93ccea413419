"""Positions that other pools hold, as a pool's rules see them."""

from decimal import Decimal
from typing import Any

import pytest

import marginrules
from marginrules.policy.catalogue import diagnose_text

TEXT = """policy reserving {
  title "Reserving" version "1"
}
group market by instrument {
  held   = sum(signed of other positions where margin_mode == isolated)
  buys   = sum(cost of orders where side == buy)
  sells  = sum(cost of orders where side == sell)
  netted = max(abs(held + buys), abs(held - sells)) - abs(held)
}
position {
  signed             = if quantity > 0 then notional / leverage else -notional / leverage
  maintenance_margin = notional * 1%
}
order {
  cost = notional / leverage
}
pool cross {
  covers   positions where margin_mode == cross
  covers   orders
  one per  account
  draws on remainder of balances
  equity      = collateral + sum(unrealized_pnl)
  publish reserved = sum(netted of market)
  publish outside  = sum(notional in USD of other positions)
  publish largest  = max(notional in USD of other positions)
  publish number   = count(other positions)
  idle_equity = equity - reserved
  liquidate when equity < maintenance_margin
}
pool isolated {
  covers   positions where margin_mode == isolated
  one per  position
  draws on assigned_margin
  equity   = collateral + unrealized_pnl
  publish beside = count(other positions where quantity > 0)
  liquidate when equity < maintenance_margin
}
"""


def document(*positions: tuple[str, str, str, str], orders: tuple[tuple[str, str, str], ...] = ()) -> dict[str, Any]:
    """Positions (id, symbol, quantity, mode) at 100 with 10x leverage; orders (symbol, side, quantity) at 100."""
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "alice"},
        "balances": [{"asset": "USD", "wallet_balance": "10000"}],
        "positions": [
            {
                "id": name,
                "symbol": symbol,
                "quantity": quantity,
                "entry_price": "100",
                "margin_mode": mode,
                "leverage": "10",
            }
            | ({"assigned_margin": "100"} if mode == "isolated" else {})
            for name, symbol, quantity, mode in positions
        ],
        "orders": [
            {"symbol": symbol, "side": side, "quantity": quantity, "price": "100", "leverage": "10"}
            for symbol, side, quantity in orders
        ],
        "instruments": [
            {"symbol": name, "contract": "linear", "base": name, "quote": "USD", "settle": "USD", "mark_price": "100"}
            for name in ("X", "Y")
        ],
    }


@pytest.fixture(scope="module")
def policy() -> Any:
    return marginrules.load_text(TEXT, "reserving.margin")


def report(policy: Any, account: dict[str, Any]) -> Any:
    return marginrules.evaluate(policy, marginrules.read_account(account, policy))


@pytest.mark.parametrize(
    ("orders", "reserved"),
    [
        # 10 X long hold 100 beside the pool: as many sold only close it, thrice as many turn it round.
        ((("X", "sell", "10"),), "0"),
        ((("X", "sell", "30"),), "100"),
        ((("X", "buy", "5"),), "50"),
        ((("X", "buy", "5"), ("X", "sell", "20")), "50"),
        # On the other contract there is nothing to close.
        ((("Y", "sell", "10"),), "100"),
        ((), "0"),
    ],
)
def test_orders_are_netted_against_the_isolated_position_on_their_contract(
    policy: Any, orders: tuple[tuple[str, str, str], ...], reserved: str
) -> None:
    account = document(("A", "X", "10", "isolated"), ("B", "Y", "2", "cross"), orders=orders)
    found = report(policy, account)
    assert found.pool("cross").figures["reserved"] == Decimal(reserved)
    assert found.idle_equity[0].amount == found.pool("cross").equity - Decimal(reserved)


def test_a_pool_sees_all_positions_but_its_own(policy: Any) -> None:
    account = document(
        ("A", "X", "10", "isolated"), ("B", "Y", "2", "cross"), ("C", "Y", "-3", "isolated"), ("D", "X", "1", "cross")
    )
    found = report(policy, account)
    figures = found.pool("cross").figures
    assert [figures[name] for name in ("outside", "largest", "number")] == [1300, 1000, 2]
    assert found.pool("isolated/A").figures["beside"] == 2
    assert found.pool("isolated/C").figures["beside"] == 3


def test_where_there_is_none_the_largest_is_unknown_and_says_so(policy: Any) -> None:
    found = report(policy, document(("B", "Y", "2", "cross")))
    assert found.pool("cross").figures["largest"] is None
    assert found.pool("cross").figures["outside"] == 0
    (entry,) = [entry for entry in found.unknown if entry.at.endswith("/largest")]
    assert entry.reason.endswith("the pool has no such other positions")


def test_what_a_position_of_another_pool_lacks_is_told_with_its_place(policy: Any) -> None:
    account = document(("A", "X", "10", "isolated"), orders=(("X", "sell", "10"),))
    del account["positions"][0]["leverage"]
    found = report(policy, account)
    assert found.pool("cross").figures["reserved"] is None
    assert ("position A has no leverage", "/positions/0/leverage") in {
        (entry.reason, entry.pointer) for entry in found.unknown
    }


def test_a_derivation_leads_into_the_other_pool(policy: Any) -> None:
    account = document(("A", "X", "10", "isolated"), ("B", "X", "2", "cross"), orders=(("X", "sell", "30"),))
    found = marginrules.explain(policy, marginrules.read_account(account, policy), "reserved:cross")
    steps = list(found.walk())
    signed = next(step for step in steps if step.label == "signed of A")
    assert signed.value == 100
    assert any(step.pointer == "/positions/0/quantity" for step in steps)


@pytest.mark.parametrize(
    ("old", "new", "code", "guilty"),
    [
        (
            "equity      = collateral",
            "equity      = sum(unrealized_pnl in USD of other positions) in settle + collateral",
            "ring-fence",
            "sum(unrealized_pnl in USD of other positions)",
        ),
        (
            "publish number   = count(other positions)\n  idle_equity = equity - reserved\n  liquidate when equity < maintenance_margin",
            "liquidate when equity < maintenance_margin and count(other positions) == 0",
            "ring-fence",
            "count(other positions)",
        ),
        (
            "publish outside  = sum(notional in USD of other positions)",
            "publish outside  = sum(notional of other positions)",
            "asset-mismatch",
            "notional",
        ),
        (
            "publish outside  = sum(notional in USD of other positions)",
            "publish outside  = count(other positions where market.buys > market.sells)",
            "ring-fence",
            "count(other positions where market.buys > market.sells)",
        ),
        (
            "publish outside  = sum(notional in USD of other positions)",
            "publish outside  = sum(notional in USD of other orders)",
            "syntax",
            "orders",
        ),
        ("covers   positions where margin_mode == cross", "covers   other positions", "syntax", "other positions"),
    ],
)
def test_a_mistake_about_other_positions_is_told_where_it_is(old: str, new: str, code: str, guilty: str) -> None:
    assert old in TEXT
    _, found = diagnose_text(TEXT.replace(old, new, 1), "reserving.margin")
    errors = [entry for entry in found if entry.severity == "error"]
    assert [(entry.code, entry.span.text) for entry in errors] == [(code, guilty)]
    assert errors[0].remedy


def test_a_rule_about_actions_reads_it_by_a_name_of_the_pool() -> None:
    rule = "allow open leaving every isolated with count(other positions) < 5\n"
    assert not [entry for entry in diagnose_text(TEXT + rule)[1] if entry.severity == "error"]
    unseen = TEXT.replace("  publish beside = count(other positions where quantity > 0)\n", "")
    _, (found,) = diagnose_text(unseen + rule)
    assert (found.code, found.span.text) == ("ring-fence", "other positions")
    assert found.remedy == "define it in pool `isolated`, and read it by its name"
