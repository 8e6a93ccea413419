"""The steps of a liquidation: which variant of a pool they are about."""

from decimal import Decimal
from typing import Any

import pytest

from marginrules.account import documents
from marginrules.engine.procedures import Outcome, run_procedures, totals
from marginrules.language.format import format_text
from marginrules.language.parser import parse
from marginrules.policy.catalogue import diagnose_text, load_policy, load_text
from marginrules.policy.policy import Policy

POLICY = """
policy variants {
  title "Variants" version "1"
}
input account.many: flag = false "several assets"
position {
  maintenance_margin = notional * 5%
}
pool cross when account.many {
  covers   positions
  one per  account
  draws on balances
  valued in USD
  equity     = sum(amount in USD of balances) + sum(unrealized_pnl in USD)
  publish only_here = equity / 2
  liquidate when equity < maintenance_margin
}
pool cross when not account.many {
  covers   positions
  one per  settlement asset
  draws on balances
  equity = collateral + sum(unrealized_pnl)
  liquidate when equity < maintenance_margin
}
RULES
"""

OF_ONE = """
liquidation cross when account.many {
  step own when only_here < 0 USD hand over to "fund"
}
"""
OF_ALL = """
liquidation cross {
  step all close 100%
}
"""


def _steps(policy: Policy) -> list[list[str]]:
    found = policy.plan.liquidations
    return [[step.name for step in found.get(place, ())] for place in range(len(policy.plan.pools))]


@pytest.mark.parametrize(
    ("rules", "steps"),
    [
        (OF_ALL, [["all"], ["all"]]),
        (OF_ONE, [["own"], []]),
        (OF_ALL + OF_ONE, [["own"], ["all"]]),
        (OF_ONE + OF_ALL, [["own"], ["all"]]),
        (OF_ALL.replace("cross", "cross when not account.many"), [[], ["all"]]),
    ],
)
def test_a_liquidation_is_about_the_variant_with_its_condition(rules: str, steps: list[list[str]]) -> None:
    """One without a condition is about all that have none of their own; the order does not matter."""
    assert _steps(load_text(POLICY.replace("RULES", rules))) == steps


def test_variants_told_apart_by_what_they_cover_can_be_named_by_that() -> None:
    """Where there is no `when`."""
    text = POLICY.replace("pool cross when account.many {", "pool cross {").replace(
        "pool cross when not account.many {", "pool cross {"
    )
    text = text.replace("covers   positions", "covers   positions where margin_mode == cross", 1)
    text = text.replace("covers   positions\n", "covers   positions where margin_mode == isolated\n", 1)
    text = text.replace("draws on balances", "draws on balances where wallet == a", 1)
    text = text.replace("draws on balances\n  equity", "draws on balances where wallet == b\n  equity", 1)
    rules = OF_ALL.replace("cross {", "cross when margin_mode == isolated {")
    assert _steps(load_text(text.replace("RULES", rules))) == [[], ["all"]]


def test_a_condition_that_no_variant_has_is_told_of() -> None:
    """With those there are."""
    rules = OF_ALL.replace("cross {", "cross when account.many == false {")
    _, found = diagnose_text(POLICY.replace("RULES", rules))
    assert [entry.code for entry in found] == ["undefined-name"]
    assert "`account.many`, `not account.many`" in found[0].remedy


def test_two_liquidations_of_one_variant_are_told_of() -> None:
    """As two of one kind are."""
    for rules in (OF_ONE + OF_ONE, OF_ALL + OF_ALL):
        _, found = diagnose_text(POLICY.replace("RULES", rules))
        assert [entry.code for entry in found] == ["duplicate-definition"]


def test_the_condition_of_a_liquidation_stays_when_it_is_laid_out() -> None:
    """Formatted once, it is formatted."""
    text = POLICY.replace("RULES", OF_ONE + OF_ALL)
    once = format_text(text, "p.margin")
    assert "liquidation cross when account.many {" in once
    assert parse(once, "p.margin") == parse(text, "p.margin")
    assert format_text(once, "p.margin") == once


def test_a_policy_that_extends_another_replaces_what_it_says_of_the_same() -> None:
    """Of a variant its own steps, of the kind all of them."""
    header = 'policy house extends hyperliquid {\n  title "House"\n  version "1"\n}\n'
    whole = load_text(header + 'liquidation cross {\n  step ours hand over to "house"\n}\n')
    base = load_policy("hyperliquid")
    places = [place for place, pool in enumerate(whole.plan.pools) if pool.kind == "cross"]
    assert [_steps(whole)[place] for place in places] == [["ours"]]
    others = [place for place in range(len(base.plan.pools)) if place not in places]
    assert [_steps(whole)[place] for place in others] == [_steps(base)[place] for place in others]


STEPS = """
policy steps {
  title "Steps" version "1"
}
position {
  maintenance_margin = notional * 5%
}
pool cross {
  covers   positions
  covers   orders
  one per  account
  draws on balances
  equity      = collateral + sum(unrealized_pnl)
  # The part of every position that must go for the equity to be enough.
  publish gap = max(0, 1 - equity / maintenance_margin)
  liquidate when equity < maintenance_margin
}
liquidation cross {
  STEP
}
"""


def _outcome(step: str, wallet: str = "200") -> tuple[Policy, Outcome]:
    policy = load_text(STEPS.replace("STEP", step))
    position = {"entry_price": "100", "leverage": "10", "margin_mode": "cross"}
    order = {"symbol": "A", "side": "buy", "quantity": "1", "price": "50", "margin_mode": "cross"}
    document: dict[str, Any] = {
        "schema": "marginrules/account/1",
        "account": {"id": "alice"},
        "balances": [{"asset": "USD", "wallet_balance": wallet}],
        "positions": [
            {"id": "long", "symbol": "A", "quantity": "30", **position},
            {"id": "short", "symbol": "B", "quantity": "-20", **position},
        ],
        "orders": [
            {"id": "1", **order, "reduce_only": False},
            {"id": "2", **order, "side": "sell", "reduce_only": True},
        ],
        "instruments": [
            {"symbol": name, "contract": "linear", "base": name, "quote": "USD", "settle": "USD", "mark_price": "100"}
            for name in ("A", "B")
        ],
    }
    return policy, run_procedures(policy, documents.read(document, policy.inputs))


def test_positions_closed_together_are_all_closed_though_one_would_do() -> None:
    """One after the other, the second stays: what is left of the first is small enough."""
    for word, quantities in (("", [15, -20]), ("together", [15, -10])):
        _, outcome = _outcome(f"step part close 50% {word}")
        assert [position.quantity for position in outcome.state.positions] == quantities


def test_a_share_of_the_pool_is_worked_out_before_any_position_is_closed() -> None:
    """Equity of 200 is a fifth less than 5 % of 5,000: a fifth of everything goes, and the fee is on what stood there."""
    _, outcome = _outcome('step part close pool.gap together fee pool.gap * notional * 1% to "fund"')
    assert [position.quantity for position in outcome.state.positions] == [24, -16]
    assert totals(outcome.entries)["fund", "USD"] == Decimal("0.2") * Decimal("0.2") * 5000 / 100


def test_without_the_word_each_position_sees_what_the_one_before_left() -> None:
    """A fifth of the first, and less of the second."""
    _, outcome = _outcome("step part close pool.gap")
    assert outcome.state.positions[0].quantity == 24
    assert -20 < outcome.state.positions[1].quantity < -16


def test_orders_can_be_chosen_by_a_condition() -> None:
    """What only reduces stays."""
    _, outcome = _outcome("step stop cancel orders where not reduce_only")
    assert [order.id for order in outcome.state.orders] == ["2"]
    assert [entry.orders for entry in outcome.entries] == [1]
    _, outcome = _outcome("step stop cancel orders")
    assert outcome.state.orders == ()


ISOLATED = """
policy modes {
  title "Modes" version "1"
}
position {
  maintenance_margin = notional * 5%
}
order {
  large = notional in USD > 200 USD
}
pool cross {
  covers   positions where margin_mode == cross
  covers   orders
  one per  account
  draws on remainder of balances
  equity   = collateral + sum(unrealized_pnl)
  liquidate when equity < sum(maintenance_margin)
}
pool isolated {
  covers   positions where margin_mode == isolated
  one per  position
  draws on assigned_margin
  equity   = collateral + unrealized_pnl
  liquidate when equity < maintenance_margin
}
liquidation isolated {
  step stop cancel orders on its contracts WHERE
}
"""


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("", ["3"]),
        ("where margin_mode == isolated", ["2", "3"]),
        ("where large", ["1", "3"]),
    ],
)
def test_the_orders_on_an_isolated_positions_contract_can_be_cancelled_though_they_are_in_another_pool(
    condition: str, left: list[str]
) -> None:
    """Those on another contract stay."""
    policy = load_text(ISOLATED.replace("WHERE", condition), "modes.margin")
    held = {"quantity": "10", "entry_price": "100", "margin_mode": "isolated"}
    order = {"side": "buy", "price": "50"}
    document = {
        "schema": "marginrules/account/1",
        "account": {"id": "alice"},
        "balances": [{"asset": "USD", "wallet_balance": "1000"}],
        "positions": [
            {"id": "thin", "symbol": "A", "assigned_margin": "10", **held},
            {"id": "thick", "symbol": "B", "assigned_margin": "500", **held},
        ],
        "orders": [
            {"id": "1", "symbol": "A", "quantity": "1", "margin_mode": "isolated", **order},
            {"id": "2", "symbol": "A", "quantity": "5", "margin_mode": "cross", **order},
            {"id": "3", "symbol": "B", "quantity": "5", "margin_mode": "isolated", **order},
        ],
        "instruments": [
            {"symbol": name, "contract": "linear", "base": name, "quote": "USD", "settle": "USD", "mark_price": "100"}
            for name in ("A", "B")
        ],
    }
    outcome = run_procedures(policy, documents.read(document, policy.inputs))
    assert [entry.orders for entry in outcome.entries] == [3 - len(left)]
    assert [order.id for order in outcome.state.orders] == left


def test_an_order_of_another_pool_can_not_be_chosen_by_the_figures_of_this_one() -> None:
    """It is not in it."""
    _, found = diagnose_text(ISOLATED.replace("WHERE", "where pool.equity < 0 USD"))
    assert [(entry.code, entry.span.text) for entry in found][-1:] == [("undefined-name", "pool.equity")]


def test_no_step_is_taken_where_no_order_is_chosen() -> None:
    """There is nothing to write down."""
    _, outcome = _outcome("step stop cancel orders where quantity > 5 * quantity")
    assert outcome.entries == ()


@pytest.mark.parametrize(
    ("step", "code", "guilty"),
    [
        ("step stop cancel orders where quantity", "dimension-mismatch", "quantity"),
        ("step stop cancel orders where entry_price > 0", "undefined-name", "entry_price"),
        ("step part close notional together", "dimension-mismatch", "notional"),
        ("step part close 5 together", "not-a-rate", "5"),
        ("step part close 50% together largest notional first", "syntax", "largest"),
    ],
)
def test_a_mistake_in_a_step_is_told_where_it_is(step: str, code: str, guilty: str) -> None:
    """As in any rule."""
    _, found = diagnose_text(STEPS.replace("STEP", step))
    assert [(entry.code, entry.span.text) for entry in found] == [(code, guilty)]


@pytest.mark.parametrize(
    "step",
    [
        "step stop cancel orders where not reduce_only",
        "step stop cancel orders on its contracts",
        "step stop cancel orders on its contracts where not reduce_only",
        'step part close 50% together at 0.99 * instrument.mark_price fee 1% * notional to "fund"',
        "step part close 50% together",
        "step part close 50% largest notional first",
    ],
)
def test_a_step_stays_as_it_is_when_it_is_laid_out(step: str) -> None:
    """Word for word."""
    once = format_text(STEPS.replace("STEP", step))
    assert f"  {step}\n" in once
    assert format_text(once) == once
