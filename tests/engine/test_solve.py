"""Solved prices: which boundary is the position's, and what is said where there is none."""

import builtins
from collections.abc import Iterator
from decimal import Decimal
from types import CodeType
from typing import Any

import pytest

import marginrules
from marginrules.engine import solve
from marginrules.engine.evaluate import kernel_of
from marginrules.engine.report import Report
from marginrules.resources import policy_names

SKELETON = """
policy solving {{
  title "solving" version "1"
  contracts {contracts}
}}
position {{
  initial_margin     = notional / leverage
  maintenance_margin = {maintenance}
  {more}
}}
pool cross {{
  covers   positions where margin_mode == cross
  one per  account
  draws on remainder of balances
  equity = collateral + sum(unrealized_pnl)
  liquidate when equity {operator} maintenance_margin
}}
pool isolated {{
  covers   positions where margin_mode == isolated
  one per  position
  draws on assigned_margin
  equity = collateral + unrealized_pnl
  liquidate when equity {operator} maintenance_margin
}}
"""


def _report(
    positions: list[dict[str, Any]],
    wallet: str,
    *,
    maintenance: str = "notional * 10%",
    operator: str = "<",
    contracts: str = "linear",
    more: str = "",
    **instrument: Any,
) -> Report:
    policy = marginrules.load_text(
        SKELETON.format(maintenance=maintenance, operator=operator, contracts=contracts, more=more), "solving.margin"
    )
    inverse = contracts == "inverse"
    document = {
        "schema": "marginrules/account/1",
        "account": {"id": "solving"},
        "balances": [{"asset": "BTC" if inverse else "USD", "wallet_balance": wallet}],
        "positions": [
            {"symbol": "X", "entry_price": "100", "margin_mode": "cross", "leverage": "10", **position}
            for position in positions
        ],
        "instruments": [
            {
                "symbol": symbol,
                "contract": contracts,
                "base": "BTC",
                "quote": "USD",
                "settle": "BTC" if inverse else "USD",
                "mark_price": "100",
                **instrument,
            }
            for symbol in ("X", "Y")
        ],
    }
    return marginrules.evaluate(policy, marginrules.read_account(document, policy))


def test_a_long_is_liquidated_below() -> None:
    """(100 q - w) / (q (1 - rate)): (100 - 20) / 0.9."""
    position = _report([{"id": "A", "quantity": "1"}], "20").position("A")
    assert position.liquidation_price == Decimal("88.88888888888888888888888888888889")
    assert position.bankruptcy_price == 80
    assert position.other_boundaries == ()


def test_a_short_is_liquidated_above() -> None:
    """(100 q + w) / (q (1 + rate)): 120 / 1.1."""
    position = _report([{"id": "A", "quantity": "-1"}], "20").position("A")
    assert position.liquidation_price == Decimal("109.0909090909090909090909090909091")
    assert position.bankruptcy_price == 120


@pytest.mark.parametrize(
    ("quantity", "price", "bankrupt"),
    [("100", "91.66666666666666666666666666666667", "83.33333333333333333333333333333333"), ("-100", "112.5", "125")],
)
def test_an_inverse_contract_is_solved_in_the_reciprocal(quantity: str, price: str, bankrupt: str) -> None:
    """Long: Q (1 + rate) / (w + Q / entry) = 110 / 1.2; short: Q (1 - rate) / (Q / entry - w) = 90 / 0.8."""
    position = _report([{"id": "A", "quantity": quantity}], "0.2", contracts="inverse").position("A")
    assert position.liquidation_price == Decimal(price)
    assert position.bankruptcy_price == Decimal(bankrupt)


def test_an_unlevered_inverse_short_has_no_liquidation_price() -> None:
    """With as much collateral as value there is none, and the reason is `none`."""
    report = _report([{"id": "A", "quantity": "-100"}], "1", contracts="inverse")
    assert report.position("A").liquidation_price is None
    assert [entry.reason for entry in report.unknown if entry.at == "/positions/0/liquidation_price"] == ["none"]


def test_a_net_long_hedged_pair_can_be_liquidated_by_rising_prices() -> None:
    """Requirement grows with both legs, equity with the net alone: the boundary lies on the other side."""
    report = _report([{"id": "L", "quantity": "3"}, {"id": "S", "quantity": "-2"}], "60", maintenance="notional * 30%")
    # equity = 60 + (p - 100), requirement = 1.5 p: equal at p = -80, never below; rising prices cross at once.
    assert report.pool("cross").liquidatable is True
    report = _report([{"id": "L", "quantity": "3"}, {"id": "S", "quantity": "-2"}], "160", maintenance="notional * 30%")
    # 160 + p - 100 < 1.5 p from p = 120 on.
    long_leg, short_leg = report.position("L"), report.position("S")
    assert long_leg.liquidation_price == short_leg.liquidation_price == 120


def test_positions_on_one_instrument_share_their_boundary() -> None:
    """All positions on the instrument move together; the other instrument's mark stays."""
    report = _report(
        [{"id": "A", "quantity": "1"}, {"id": "B", "quantity": "2"}, {"id": "C", "symbol": "Y", "quantity": "1"}], "100"
    )
    assert report.position("A").liquidation_price == report.position("B").liquidation_price
    assert report.position("C").liquidation_price != report.position("A").liquidation_price


def test_the_tier_is_the_one_at_the_solved_price() -> None:
    """At the mark the long stands in the second tier, at its liquidation price in the first."""
    tiers = [{"above": "0", "maintenance_rate": "0.1"}, {"above": "90", "maintenance_rate": "0.5"}]
    report = _report(
        [{"id": "A", "quantity": "1"}],
        "30",
        maintenance="tiered notional by instrument.tiers rate tier.maintenance_rate",
        tiers=tiers,
    )
    assert report.position("A").liquidation_price == Decimal("77.77777777777777777777777777777778")


def test_boundaries_of_a_policy_that_is_not_monotone_are_all_listed() -> None:
    """Whole-position tiers jump: a long is safe, then liquidatable above an edge, then safe again far above."""
    tiers = [{"above": "0", "maintenance_rate": "0.1"}, {"above": "110", "maintenance_rate": "0.5"}]
    report = _report(
        [{"id": "A", "quantity": "1"}],
        "20",
        maintenance="notional * (pick tier.maintenance_rate from instrument.tiers at notional)",
        tiers=tiers,
    )
    position = report.position("A")
    assert position.liquidation_price == Decimal("88.88888888888888888888888888888889")
    assert position.other_boundaries == (110, 160)


def test_in_a_liquidatable_pool_the_price_is_where_it_ceases_to_be() -> None:
    """At 100 the pool is short of 10: it is safe again above 110 / 0.9 … that is, where 5 + p - 100 = p / 10."""
    report = _report([{"id": "A", "quantity": "1"}], "5")
    assert report.pool("cross").liquidatable is True
    assert report.position("A").liquidation_price == Decimal("105.5555555555555555555555555555556")


@pytest.mark.parametrize("operator", ["<", "<="])
def test_the_boundary_is_the_same_whichever_way_equality_goes(operator: str) -> None:
    """Only the verdict at the price itself differs."""
    report = _report([{"id": "A", "quantity": "1"}], "10", operator=operator)
    assert report.position("A").liquidation_price == 100
    assert report.pool("cross").liquidatable is (operator == "<=")


def test_a_policy_rounds_its_price_to_the_tick_in_its_own_direction() -> None:
    """The rule reads the price as solved."""
    more = "liquidation_price = round(solved_liquidation_price, up to instrument.tick_size)"
    position = _report([{"id": "A", "quantity": "1"}], "20", more=more, tick_size="0.5").position("A")
    assert position.liquidation_price == 89
    assert position.bankruptcy_price == 80


def test_a_rule_that_is_not_affine_is_searched() -> None:
    """A requirement that grows with the square of the price: 50 + p - 100 = p² / 1000, so p = 500 - 100 sqrt(20)."""
    report = _report([{"id": "A", "quantity": "1"}], "50", maintenance="notional * number(notional) / 1000")
    position = report.position("A")
    exact = Decimal(500) - 100 * Decimal(20).sqrt()
    assert position.liquidation_price is not None
    assert abs(position.liquidation_price - exact) < Decimal("1e-20")
    assert len(position.other_boundaries) == 1


def test_without_a_mark_price_the_pool_and_its_prices_are_unknown_with_a_pointer() -> None:
    """Never a default."""
    policy = marginrules.load_text(
        SKELETON.format(maintenance="notional * 10%", operator="<", contracts="linear", more=""), "solving.margin"
    )
    document = {
        "schema": "marginrules/account/1",
        "account": {"id": "solving"},
        "balances": [{"asset": "USD", "wallet_balance": "100"}],
        "positions": [
            {"id": "A", "symbol": "X", "quantity": "1", "entry_price": "100", "margin_mode": "cross", "leverage": "10"}
        ],
        "instruments": [{"symbol": "X", "contract": "linear", "base": "BTC", "quote": "USD", "settle": "USD"}],
    }
    report = marginrules.evaluate(policy, marginrules.read_account(document, policy))
    assert report.pool("cross").liquidatable is None
    pointers = {entry.at: entry.pointer for entry in report.unknown}
    assert pointers["/pools/0/liquidatable"] == "/instruments/0/mark_price"
    assert pointers["/positions/0/liquidation_price"] == "/instruments/0/mark_price"


def test_what_only_another_figure_needs_may_be_missing() -> None:
    """Without its leverage a position has no initial margin; the boundary does not ask for it."""
    policy = marginrules.load_text(
        SKELETON.format(maintenance="notional * 10%", operator="<", contracts="linear", more=""), "solving.margin"
    )
    document = {
        "schema": "marginrules/account/1",
        "account": {"id": "solving"},
        "balances": [{"asset": "USD", "wallet_balance": "20"}],
        "positions": [{"id": "A", "symbol": "X", "quantity": "1", "entry_price": "100", "margin_mode": "cross"}],
        "instruments": [
            {"symbol": "X", "contract": "linear", "base": "BTC", "quote": "USD", "settle": "USD", "mark_price": "100"}
        ],
    }
    report = marginrules.evaluate(policy, marginrules.read_account(document, policy))
    assert report.position("A").initial_margin is None
    assert report.position("A").liquidation_price == Decimal("88.88888888888888888888888888888889")


def _code(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant)


@pytest.mark.parametrize("name", policy_names())
def test_what_is_compiled_for_a_walk_knows_every_name_it_uses(name: str) -> None:
    """With all of a pool's values at hand, and with those of its conditions alone."""
    policy = marginrules.load_policy(name)
    functions = 0
    for pool in policy.plan.pools:
        settings = tuple(setting.default for setting in solve._settings(pool))
        for kernel in (kernel_of(pool), solve._cone(pool)):
            for contract in policy.plan.contracts:
                walker = solve._walker(pool, kernel, contract, settings)
                for function in () if walker is None else (walker.bind, walker.stairs):
                    for code in () if function is None else _code(function.__code__):
                        known = {*function.__globals__, *vars(builtins), *code.co_varnames, *code.co_freevars}  # type: ignore[union-attr]
                        attributes = {"append", "get", "inputs", "bounds", "derived"}
                        missing = {used for used in code.co_names if used not in known} - attributes
                        unknown = {used for used in missing if f".{used}" not in walker.source}  # type: ignore[union-attr]
                        assert unknown == set()
                        functions += 1
    assert functions


def test_a_price_is_solved_though_a_figure_beside_the_boundary_is_unknown() -> None:
    """Kraken's initial rate is missing, and its boundary does not ask for it."""
    policy = marginrules.load_policy("kraken-futures")
    document: dict[str, Any] = {
        "schema": "marginrules/account/1",
        "account": {"id": "k"},
        "balances": [{"asset": "XBT", "wallet_balance": "1", "wallet": "single-collateral"}],
        "positions": [{"id": "A", "symbol": "PI", "quantity": "1000", "entry_price": "8000", "margin_mode": "cross"}],
        "instruments": [
            {
                "symbol": "PI",
                "contract": "inverse",
                "base": "XBT",
                "quote": "USD",
                "settle": "XBT",
                "mark_price": "8000",
                "tiers": [{"above": "0", "maintenance_rate": "0.01"}],
            }
        ],
        "assets": [{"asset": "XBT", "index_price": "8000"}],
    }
    found = marginrules.evaluate(policy, marginrules.read_account(document, policy)).position("A")
    document["instruments"][0]["tiers"][0]["initial_rate"] = "0.02"
    complete = marginrules.evaluate(policy, marginrules.read_account(document, policy)).position("A")
    assert found.initial_margin is None
    # 1 + 1000 / 8000 - 1000 x = 1 % of 1000 x, in x = 1 / price.
    assert found.liquidation_price == complete.liquidation_price
    assert abs(found.liquidation_price - Decimal(1010) / Decimal("1.125")) < Decimal("1e-25")  # type: ignore[operator]


@pytest.mark.parametrize(("quantity", "wallet"), [("-10", "500"), ("-10", "50000000000000"), ("10", "500")])
def test_a_boundary_that_has_to_be_searched_for_is_found_however_far_it_is(quantity: str, wallet: str) -> None:
    """A root keeps the rule from being affine; its value is the one of the rule without it, and so are the prices."""
    position = {"id": "A", "quantity": quantity}
    plain = _report([position], wallet, maintenance="notional * 1%").position("A")
    rooted = _report([position], wallet, maintenance="notional * 1% * sqrt(notional / notional)").position("A")
    assert rooted.liquidation_price is not None
    assert plain.liquidation_price is not None
    assert abs(rooted.liquidation_price / plain.liquidation_price - 1) < Decimal("1e-30")
    # Equity has no root in it, and is followed exactly.
    assert rooted.bankruptcy_price == plain.bankruptcy_price


def test_a_search_that_finds_nothing_says_that_there_is_none() -> None:
    """More collateral than the position can lose."""
    report = _report([{"id": "A", "quantity": "10"}], "5000", maintenance="notional * 1% * sqrt(notional / notional)")
    assert report.position("A").liquidation_price is None
    assert {entry.reason for entry in report.unknown} == {"none"}
