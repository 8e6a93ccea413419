"""Compiled code: what lies in branches, and what only other figures need."""

from decimal import Decimal
from typing import Any

import pytest

import marginrules
from marginrules.engine.evaluate import evaluation
from marginrules.engine.interpret import POOL, Interpreter

HEAD = 'policy t { title "t" version "1" }\n'


def document(**instrument: Any) -> dict[str, Any]:
    """10 of A, bought at the mark of 100, and 100 USDC."""
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "a"},
        "balances": [{"asset": "USDC", "wallet_balance": "100"}],
        "positions": [{"id": "A", "symbol": "A", "quantity": "10", "entry_price": "100"}],
        "orders": [],
        "instruments": [
            {"symbol": "A", "contract": "linear", "base": "A", "quote": "USDC", "settle": "USDC", "mark_price": "100"}
            | instrument
        ],
        "assets": [],
    }


def report(text: str, account: dict[str, Any]) -> Any:
    policy = marginrules.load_text(HEAD + text, "t.margin")
    return marginrules.evaluate(policy, marginrules.read_account(account, policy))


GROUPED = """
group market by instrument {
  held = sum(notional)
  buys = sum(notional of orders where side == buy)
  net  = sum(quantity)
  need = if net > 0 then max(held + buys, 2 * held) else held + buys
}
position { maintenance_margin = notional * 1% initial_margin = notional * 2% }
pool cross {
  covers positions covers orders one per account draws on balances
  equity = collateral + sum(unrealized_pnl)
  publish biggest = max(notional in USD of positions)
  liquidate when equity < 1% * sum(need of market)
}
"""


def test_what_a_group_aggregates_is_kept_where_a_branch_reads_it_first() -> None:
    """100 + 10 * (p - 100) = 1 % of 20 p, where an unknown figure leaves the boundary to its own kernel."""
    found = report(GROUPED, document())
    assert found.pools[0].figures["biggest"] is None
    assert abs(found.positions[0].liquidation_price - Decimal(900) / Decimal("9.8")) < Decimal("1e-25")


PRICED = """
position {
  publish shown      = notional * (pick tier.initial_rate from instrument.tiers at notional)
  maintenance_margin = notional * 1%
  initial_margin     = notional * 2%
  liquidation_price  = round(solved_liquidation_price, up to instrument.tick_size)
}
pool cross {
  covers positions one per account draws on balances
  equity = collateral + sum(unrealized_pnl)
  liquidate when equity < maintenance_margin
}
"""


def test_a_stated_price_is_given_where_another_figure_of_the_position_is_unknown() -> None:
    """100 + 10 * (p - 100) = 0.1 p at 90.909…, rounded up to 91."""
    found = report(PRICED, document(tick_size="1", tiers=[{"above": "0", "maintenance_rate": "0.1"}]))
    assert found.positions[0].figures["shown"] is None
    assert found.positions[0].liquidation_price == Decimal(91)


ASIDE = """
position {
  maintenance_margin = notional * 1%
  initial_margin     = notional * 2%
  cap                = notional * instrument.taker_fee_rate
}
pool cross {
  covers positions one per account draws on balances
  equity = collateral + sum(unrealized_pnl)
  liquidate when equity < maintenance_margin
}
allow reduce leaving position.cap < pool.equity
"""


def test_what_only_a_rule_about_actions_needs_does_not_hold_up_a_report() -> None:
    """The fee rate is missing: the report has no use for it, and its figures come from the kernel."""
    policy = marginrules.load_text(HEAD + ASIDE, "t.margin")
    found = evaluation(policy, marginrules.read_account(document(), policy))
    assert found.pools[0].rows is not None
    assert found.report().unknown == ()
    cap = found.pools[0].instance.plan.definitions["position"]["cap"]
    assert getattr(found.pools[0].value(cap, ("position", 0)), "pointer", "") == "/instruments/0/taker_fee_rate"


def test_a_value_that_no_report_shows_is_the_same_by_kernel_and_reference() -> None:
    policy = marginrules.load_text(HEAD + ASIDE, "t.margin")
    found = evaluation(policy, marginrules.read_account(document(taker_fee_rate="0.001"), policy)).pools[0]
    cap = found.instance.plan.definitions["position"]["cap"]
    reference = Interpreter(found.instance, found.state)
    assert found.value(cap, ("position", 0)) == reference.value(cap, ("position", 0)) == Decimal(1)


OWN = """
position {{
  maintenance_margin = notional * 10%
  initial_margin     = notional * 20%
}}
pool isolated {{
  covers positions one per position draws on assigned_margin
  valued in USD
  equity         = {equity} + sum(unrealized_pnl in USD)
  publish backed = equity in settle
  liquidate when equity < sum(maintenance_margin in USD)
}}
"""


@pytest.mark.parametrize("equity", ["collateral in USD", "(collateral in base) in USD", "(collateral in quote) in USD"])
def test_what_backs_one_position_is_converted_from_what_its_contract_settles_in(equity: str) -> None:
    """Where the pool is valued in USD and USDC is at 0.8: 0.8 * (20 + 10 * (p - 100)) = 0.8 * p at 980 / 9."""
    policy = marginrules.load_text(HEAD + OWN.format(equity=equity), "t.margin")
    account = document()
    account["assets"] = [{"asset": "USDC", "index_price": "0.8"}, {"asset": "A", "index_price": "100"}]
    account["positions"][0].update(margin_mode="isolated", assigned_margin="20")
    found = evaluation(policy, marginrules.read_account(account, policy))
    pool = found.pools[0]
    reference = Interpreter(pool.instance, found.state)
    for name, value in {"equity": Decimal(16), "backed": Decimal(20)}.items():
        node = pool.instance.plan.definitions["pool"][name]
        assert pool.value(node, POOL) == reference.value(node, POOL) == value
    price = found.report().positions[0].liquidation_price
    assert price is not None
    assert abs(price - Decimal(980) / 9) < Decimal("1e-25")
