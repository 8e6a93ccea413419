"""Groups between position and pool: who is in which, the kernel beside the reference, and exact prices through them."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import marginrules
from marginrules.arithmetic import exact_context
from marginrules.engine.evaluate import evaluation
from marginrules.engine.explain import explain
from marginrules.engine.interpret import POOL, Interpreter
from marginrules.engine.kernel import pool_roots

TEXT = """policy netted {
  title "Netting" version "1"
}
group market by instrument {
  longs    = sum(notional of positions where quantity > 0)
  shorts   = sum(notional of positions where quantity < 0)
  larger   = max(longs, shorts)
  resting  = sum(mark_notional of orders)
  held     = count(positions)
}
position {
  share              = notional / max(market.larger, notional)
  initial_margin     = notional / leverage * share
  maintenance_margin = notional * 5%
}
pool cross {
  covers positions
  covers orders
  one per account
  draws on balances
  equity             = collateral + sum(unrealized_pnl)
  maintenance_margin = 5% * sum(larger of market) + 1% * sum(resting of market where held > 0)
  publish busiest    = max(larger of market)
  liquidate when equity < maintenance_margin
}
"""

_positions = st.lists(st.tuples(st.sampled_from("XYZ"), st.integers(-20, 20).filter(bool)), min_size=1, max_size=6)
_orders = st.lists(st.tuples(st.sampled_from("XYZ"), st.integers(1, 5)), max_size=3)


def document(positions: list[tuple[str, int]], orders: list[tuple[str, int]], wallet: int = 500) -> dict[str, Any]:
    """An account with positions and buy orders on instruments at a mark of 100."""
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "alice"},
        "balances": [{"asset": "USD", "wallet_balance": str(wallet)}],
        "positions": [
            {"id": str(number), "symbol": symbol, "quantity": str(quantity), "entry_price": "100", "leverage": "5"}
            for number, (symbol, quantity) in enumerate(positions)
        ],
        "orders": [
            {"symbol": symbol, "side": "buy", "quantity": str(quantity), "price": "90"} for symbol, quantity in orders
        ],
        "instruments": [
            {
                "symbol": symbol,
                "contract": "linear",
                "base": symbol,
                "quote": "USD",
                "settle": "USD",
                "mark_price": "100",
            }
            for symbol in "XYZ"
        ],
    }


def test_the_larger_side_of_each_instrument_counts() -> None:
    """Long 10 and short 4 on X, short 3 on Y: 1,000 and 300."""
    policy = marginrules.load_text(TEXT)
    account = marginrules.read_account(document([("X", 10), ("X", -4), ("Y", -3)], []), policy)
    pool = marginrules.evaluate(policy, account).pools[0]
    assert pool.maintenance_margin == Decimal(65)
    assert pool.figures["busiest"] == Decimal(1000)


def test_a_price_is_exact_through_a_group() -> None:
    """A lone long of 10 with 500 behind it: 500 + 10 (p - 100) = 5 % of 10 p, at p = 500 / 9.5."""
    policy = marginrules.load_text(TEXT)
    account = marginrules.read_account(document([("X", 10)], []), policy)
    found = marginrules.evaluate(policy, account).positions[0].liquidation_price
    assert found is not None
    assert abs(found - Decimal(500) / Decimal("9.5")) < Decimal("1e-25")


def test_an_explanation_names_the_group() -> None:
    """Down to the positions of the group."""
    policy = marginrules.load_text(TEXT)
    account = marginrules.read_account(document([("X", 10), ("X", -4)], []), policy)
    text = explain(policy, account, "maintenance_margin:cross").render()
    assert "larger of market X = 1000" in text
    assert "notional of 0 = 1000" in text


@given(_positions, _orders)
def test_the_kernel_equals_the_reference_with_groups(
    positions: list[tuple[str, int]], orders: list[tuple[str, int]]
) -> None:
    """Every value of pool, positions and groups, to the last digit."""
    policy = marginrules.load_text(TEXT)
    found = evaluation(policy, marginrules.read_account(document(positions, orders), policy), solve=False)
    pool = found.pools[0]
    assert pool.rows is not None
    with exact_context():
        reference = Interpreter(pool.instance, found.state)
        for node in pool_roots(pool.instance.plan):
            assert pool.value(node, POOL) == reference.value(node, POOL)
        for node in pool.instance.plan.definitions["position"].values():
            for index in range(len(positions)):
                assert pool.value(node, ("position", index)) == reference.value(node, ("position", index))
        for node in pool.instance.plan.definitions["market"].values():
            for index in range(len(pool.instance.groups["market"].keys)):
                assert pool.value(node, ("market", index)) == reference.value(node, ("market", index))


@given(_positions, _orders, st.integers(100, 3000))
def test_the_verdict_turns_at_a_solved_price_with_groups(
    positions: list[tuple[str, int]], orders: list[tuple[str, int]], wallet: int
) -> None:
    """Just on one side of the boundary the pool is liquidatable, just on the other it is not."""
    policy = marginrules.load_text(TEXT)
    plain = document(positions, orders, wallet)
    report = marginrules.evaluate(policy, marginrules.read_account(plain, policy))
    for position, record in zip(report.positions, plain["positions"], strict=True):
        if position.liquidation_price is None:
            continue
        verdicts = set()
        for step in ("0.9999999999", "1.0000000001"):
            moved = document(positions, orders, wallet)
            for instrument in moved["instruments"]:
                if instrument["symbol"] == record["symbol"]:
                    instrument["mark_price"] = format(position.liquidation_price * Decimal(step), "f")[:40]
            verdicts.add(
                marginrules.evaluate(policy, marginrules.read_account(moved, policy), solve=False).pools[0].liquidatable
            )
        assert verdicts == {True, False}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sum(amount of balances)", "a balance has none"),
        ("leverage", "`leverage` is not defined here"),
        ("sum(larger of market)", "a group has no `market`"),
    ],
)
def test_a_group_reaches_only_its_own_members(text: str, problem: str) -> None:
    """What is wrong is said at its place."""
    broken = TEXT.replace("count(positions)", text, 1)
    with pytest.raises(marginrules.RuleFileError, match=problem):
        marginrules.load_text(broken)


@pytest.mark.parametrize(("group", "field"), [("a", "rows"), ("account_x", "x_rows"), ("of_x", "x"), ("v1", "v1")])
def test_a_groups_name_and_a_setting_do_not_meet_in_what_is_compiled(group: str, field: str) -> None:
    """Both are named in generated code."""
    policy = marginrules.load_text(
        f"""policy names {{ title "Names" version "1" }}
input account.{field}: number = 7 "a setting"
group {group} by instrument {{ total = sum(notional of positions) }}
pool cross {{
  covers positions
  one per account
  draws on balances
  equity = collateral + sum(unrealized_pnl)
  publish figure = sum(total of {group}) * account.{field} * 2
}}
""",
        "names.margin",
    )
    document = {
        "schema": "marginrules/account/1",
        "account": {"id": "alice"},
        "balances": [{"asset": "USD", "wallet_balance": "100"}],
        "positions": [{"id": "A", "symbol": "X", "quantity": "3", "entry_price": "10"}],
        "instruments": [
            {"symbol": "X", "contract": "linear", "base": "X", "quote": "USD", "settle": "USD", "mark_price": "10"}
        ],
    }
    report = marginrules.evaluate(policy, marginrules.read_account(document, policy))
    assert report.pools[0].figures["figure"] == 30 * 7 * 2
