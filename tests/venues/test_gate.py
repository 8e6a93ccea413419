"""Gate payloads, written here in the documented form; published figures are restated with their source."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from marginrules.account.state import AccountState, StateError
from marginrules.engine.evaluate import evaluate
from marginrules.policy.catalogue import load_policy
from marginrules.venues import IMPORTERS
from marginrules.venues.gate import read
from tests.venues.payloads import ABSENT, changed


def tiers(*rows: tuple[str, str, str]) -> list[dict[str, Any]]:
    return [
        {
            "tier": Decimal(number),
            "risk_limit": limit,
            "initial_rate": str(1 / Decimal(leverage)),
            "maintenance_rate": rate,
            "leverage_max": leverage,
        }
        for number, (limit, rate, leverage) in enumerate(rows, start=1)
    ]


def contract(name: str, kind: str, multiplier: str, mark: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "quanto_multiplier": multiplier,
        "mark_price": mark,
        "index_price": mark,
        "leverage_max": "100",
        "taker_fee_rate": "0.0005",
        "maker_fee_rate": "-0.0001",
        "order_price_round": "0.1",
    }


# An account made up for these tests: BTC_USDT short, cross, 0.944 BTC; ETH_USDT long, isolated, 5 ETH; XRP_USDT only set.
PAYLOAD: dict[str, Any] = {
    "accounts": {
        "user": Decimal(1666),
        "currency": "USDT",
        "total": "10000",
        "unrealised_pnl": "1500",
        "position_margin": "6000",
        "order_margin": "0",
        "available": "4000",
        "in_dual_mode": False,
        "enable_evolved_classic": False,
        "margin_mode": Decimal(0),
        "enable_tiered_mm": True,
    },
    "positions": [
        {
            "contract": "BTC_USDT",
            "size": Decimal(-10000),
            "leverage": "0",
            "cross_leverage_limit": "20",
            "value": "100000",
            "margin": "5000",
            "entry_price": "101000",
            "mark_price": "100000",
            "unrealised_pnl": "1000",
            "average_maintenance_rate": "0.0045",
            "mode": "single",
        },
        {
            "contract": "ETH_USDT",
            "size": "500",
            "leverage": "20",
            "cross_leverage_limit": "0",
            "value": "20500",
            "margin": "1000",
            "entry_price": "4000",
            "mark_price": "4100",
            "unrealised_pnl": "500",
            "average_maintenance_rate": "0.005",
            "mode": "single",
            "pos_margin_mode": "isolated",
            "lever": "20",
        },
        {"contract": "XRP_USDT", "size": "0", "leverage": "0", "cross_leverage_limit": "5", "mode": "single"},
    ],
    "contracts": [
        contract("BTC_USDT", "direct", "0.0001", "99990"),
        contract("ETH_USDT", "direct", "0.01", "4100"),
        contract("XRP_USDT", "direct", "10", "2"),
    ],
    "risk_limit_tiers": {
        "BTC_USDT": tiers(("50000", "0.004", "125"), ("500000", "0.005", "100")),
        "ETH_USDT": tiers(("500000", "0.005", "100")),
        "XRP_USDT": tiers(("500000", "0.01", "50")),
    },
}
BTC = "/positions/0"
ETH = "/positions/1"


def imported(changes: dict[str, object] | None = None, **answers: object) -> AccountState:
    """The account of the payload with other values at some JSON pointers, and further answers."""
    return read(changed(PAYLOAD, changes, **answers))


def order(**members: object) -> list[dict[str, object]]:
    resting: dict[str, object] = {
        "id": Decimal(15675394),
        "contract": "XRP_USDT",
        "size": Decimal(-300),
        "left": Decimal(-200),
        "price": "2.5",
        "status": "open",
        "is_reduce_only": False,
        "is_close": False,
        "tif": "gtc",
    }
    return [{**resting, **members}]


def refused(changes: dict[str, object] | None = None, **answers: object) -> StateError:
    with pytest.raises(StateError) as found:
        imported(changes, **answers)
    return found.value


# ---------------------------------------------------------------- what is read


def test_it_is_listed_under_its_name() -> None:
    assert IMPORTERS["gate"].read is read


def test_the_balance_is_the_total_with_the_margins_in_it() -> None:
    assert [(balance.asset, balance.wallet_balance) for balance in imported().balances] == [("USDT", Decimal(10000))]


def test_a_leverage_of_zero_is_cross_with_the_limit_as_its_leverage() -> None:
    btc = imported().positions[0]
    assert (btc.margin_mode, btc.leverage, btc.assigned_margin) == ("cross", Decimal(20), None)


def test_an_isolated_position_has_its_margin_assigned() -> None:
    eth = imported().positions[1]
    assert (eth.margin_mode, eth.leverage, eth.assigned_margin) == ("isolated", Decimal(20), Decimal(1000))


def test_a_cross_leverage_that_is_not_limited_is_not_guessed() -> None:
    assert imported({f"{BTC}/cross_leverage_limit": "0"}).positions[0].leverage is None


def test_the_leverage_that_newer_answers_print_is_taken_first() -> None:
    assert imported({f"{BTC}/lever": "30"}).positions[0].leverage == Decimal(30)


def test_a_size_of_zero_is_no_position() -> None:
    assert [position.id for position in imported().positions] == ["BTC_USDT", "ETH_USDT"]


def test_a_tier_begins_where_the_one_before_ends() -> None:
    table = imported().instrument_by_symbol["BTC_USDT"].tiers
    assert table is not None
    assert [row[0] for row in table.rows] == [Decimal(0), Decimal(50000)]


def test_deductions_are_read_where_the_venue_prints_them() -> None:
    rows = tiers(("50000", "0.004", "125"), ("500000", "0.005", "100"))
    rows[0]["deduction"], rows[1]["deduction"] = "0", "50"
    table = imported({"/risk_limit_tiers/BTC_USDT": rows}).instrument_by_symbol["BTC_USDT"].tiers
    assert table is not None
    assert table.cell(1, "maintenance_amount") == Decimal(50)


def test_tiers_may_name_their_contract_in_each_row() -> None:
    rows = [{**row, "contract": name} for name, found in PAYLOAD["risk_limit_tiers"].items() for row in found]
    assert imported(risk_limit_tiers=rows) == imported()


def test_the_mark_price_of_a_position_is_that_of_its_row() -> None:
    assert imported().instrument_by_symbol["BTC_USDT"].mark_price == Decimal(100000)


def test_the_figures_of_the_account_follow() -> None:
    report = evaluate(load_policy("gate"), imported())
    pools = {pool.id: pool for pool in report.pools}
    cross = pools["cross/USDT"]
    # 10,000 less the 1,000 of ETH, and 1,000 of profit; 50,000 at 0.4 % and 50,000 at 0.5 %.
    assert (cross.equity, cross.initial_margin, cross.maintenance_margin) == (
        Decimal(10000),
        Decimal(5000),
        Decimal(450),
    )
    assert pools["isolated/ETH_USDT"].equity == Decimal(1500)
    assert [entry.amount for entry in report.idle_equity] == [Decimal(4000)]


def test_a_resting_order_has_the_setting_of_its_contract() -> None:
    resting = imported(orders=order()).orders[0]
    assert (resting.symbol, resting.side, resting.quantity, resting.price) == (
        "XRP_USDT",
        "sell",
        Decimal(200),
        Decimal("2.5"),
    )
    assert (resting.margin_mode, resting.leverage, resting.reduce_only) == ("cross", Decimal(5), False)


def test_an_order_that_is_done_holds_nothing() -> None:
    assert imported(orders=order(status="finished", left=Decimal(0))).orders == ()


def test_an_order_that_closes_is_reduce_only() -> None:
    assert imported(orders=order(is_close=True)).orders[0].reduce_only is True


def test_an_order_whose_contract_has_no_setting_leaves_it_open() -> None:
    resting = imported({"/positions/2": ABSENT}, orders=order()).orders[0]
    assert (resting.margin_mode, resting.leverage) == (None, None)


def test_the_time_of_the_venue_is_the_day_of_the_rules() -> None:
    state = imported(time={"server_time": Decimal(1795737600000)})
    assert state.account.as_of == datetime(2026, 11, 27, tzinfo=UTC)


def test_both_sides_of_a_contract_are_two_positions() -> None:
    other = {**PAYLOAD["positions"][0], "size": "4000", "mode": "dual_long", "value": "40000", "unrealised_pnl": "-400"}
    state = imported(
        {f"{BTC}/mode": "dual_short", "/accounts/unrealised_pnl": "1100"},
        positions=[*PAYLOAD["positions"], other],
    )
    assert [position.id for position in state.positions] == ["BTC_USDT:SHORT", "ETH_USDT", "BTC_USDT:LONG"]


def coin_margined() -> dict[str, Any]:
    """A long of 20,000 USD on BTC_USD, isolated at 10x, entered at 20,000, now at 25,000."""
    row = {
        "contract": "BTC_USD",
        "size": "20000",
        "leverage": "10",
        "value": "0.8",
        "margin": "0.1",
        "entry_price": "20000",
        "mark_price": "25000",
        "unrealised_pnl": "0.2",
        "mode": "single",
    }
    account = {"currency": "BTC", "total": "2", "unrealised_pnl": "0.2"}
    return {
        "accounts": [PAYLOAD["accounts"], account],
        "positions": [PAYLOAD["positions"], [row]],
        "contracts": [*PAYLOAD["contracts"], contract("BTC_USD", "inverse", "0", "25000")],
        "risk_limit_tiers": {**PAYLOAD["risk_limit_tiers"], "BTC_USD": tiers(("100", "0.005", "100"))},
    }


def test_a_coin_margined_contract_is_one_unit_of_its_quote() -> None:
    state = imported(**coin_margined())
    found = state.instrument_by_symbol["BTC_USD"]
    assert (found.contract, found.settle, found.contract_size) == ("inverse", "BTC", Decimal(1))
    report = evaluate(load_policy("gate"), state)
    long = next(position for position in report.positions if position.id == "BTC_USD")
    # The dollars by 1.0055, over one coin at entry and the margin of 0.1.
    assert long.liquidation_price is not None
    assert round(long.liquidation_price, 6) == Decimal("18281.818182")
    assert (long.notional, long.unrealized_pnl) == (Decimal("0.8"), Decimal("0.2"))


def test_published_figures_of_an_account() -> None:
    # Gate API v4, sample answer of GET /futures/{settle}/accounts; the position behind its margin is a stand-in.
    account = {
        "currency": "USDT",
        "total": "9707.803567115145",
        "unrealised_pnl": "3371.248828",
        "position_margin": "38.712189181",
        "order_margin": "0",
        "available": "9669.091377934145",
        "enable_tiered_mm": True,
    }
    row = {
        "contract": "XRP_USDT",
        "size": "1",
        "leverage": "10",
        "margin": "38.712189181",
        "entry_price": "1000",
        "mark_price": "1337.1248828",
        "unrealised_pnl": "3371.248828",
    }
    report = evaluate(load_policy("gate"), imported(accounts=account, positions=[row]))
    assert [entry.amount for entry in report.idle_equity] == [Decimal("9669.091377934145")]


# ---------------------------------------------------------------- what is asked for


def test_what_is_missing_is_asked_for_by_name() -> None:
    for name in ("accounts", "positions", "contracts", "risk_limit_tiers"):
        payload = {key: value for key, value in PAYLOAD.items() if key != name}
        with pytest.raises(StateError, match=f"lacks {name}"):
            read(payload)


def test_a_lone_answer_is_told_where_it_belongs() -> None:
    with pytest.raises(StateError, match="put it under its name"):
        read(PAYLOAD["accounts"])


def test_a_contract_that_is_not_listed_is_asked_for() -> None:
    found = refused({"/contracts/0": ABSENT})
    assert (found.pointer, "contracts has no row of BTC_USDT" in str(found)) == (f"{BTC}/contract", True)


def test_tiers_that_are_not_listed_are_asked_for() -> None:
    found = refused({"/risk_limit_tiers/BTC_USDT": ABSENT})
    assert (found.pointer, "risk_limit_tiers has no tiers of BTC_USDT" in str(found)) == (f"{BTC}/contract", True)


def test_tiers_of_one_contract_are_to_be_put_under_it() -> None:
    found = refused(risk_limit_tiers=PAYLOAD["risk_limit_tiers"]["BTC_USDT"])
    assert (found.pointer, "under the contract" in str(found)) == ("/risk_limit_tiers/0/contract", True)


def test_the_account_of_each_settlement_currency_is_asked_for() -> None:
    found = refused(**{**coin_margined(), "accounts": PAYLOAD["accounts"]})
    assert (found.pointer, "GET /futures/btc/accounts" in str(found)) == ("/accounts", True)


# ---------------------------------------------------------------- what contradicts


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({f"{BTC}/value": "100003"}, f"{BTC}/value", id="value"),
        pytest.param({f"{BTC}/unrealised_pnl": "1005"}, f"{BTC}/unrealised_pnl", id="profit"),
        pytest.param({f"{BTC}/average_maintenance_rate": "0.0055"}, f"{BTC}/average_maintenance_rate", id="tier"),
        pytest.param({"/accounts/available": "4005"}, "/accounts/total", id="total"),
        pytest.param({"/accounts/unrealised_pnl": "9000"}, "/accounts/unrealised_pnl", id="positions left out"),
        pytest.param({"/risk_limit_tiers/BTC_USDT/0": ABSENT}, "/risk_limit_tiers/BTC_USDT/0/tier", id="gap"),
        pytest.param({f"{BTC}/mode": "dual_long"}, f"{BTC}/size", id="side"),
    ],
)
def test_a_contradiction_is_refused_at_its_place(changes: dict[str, object], pointer: str) -> None:
    assert refused(changes).pointer == pointer


def test_order_margin_without_orders_asks_for_them() -> None:
    held: dict[str, object] = {"/accounts/order_margin": "100", "/accounts/available": "3900"}
    assert refused(held).pointer == "/orders"
    assert refused(held, orders=[]).pointer == "/accounts/order_margin"
    assert imported(held, orders=order())


def test_a_part_of_a_total_that_is_zero_leaves_nothing_open() -> None:
    parts: dict[str, object] = {"/accounts/position_margin": "5999.50", "/accounts/available": "4000.50"}
    assert imported(parts | {"/accounts/total": "10000.00"})
    assert refused(parts | {"/accounts/total": "10000.90"}).pointer == "/accounts/total"


def test_a_total_without_the_parts_of_an_evolved_account_is_not_doubted() -> None:
    changes: dict[str, object] = {"/accounts/enable_evolved_classic": True, "/accounts/available": "1"}
    assert imported(changes).balances[0].wallet_balance == Decimal(10000)


def test_another_margin_mode_is_refused() -> None:
    assert refused({"/accounts/margin_mode": Decimal(1)}).pointer == "/accounts/margin_mode"


def test_an_account_with_the_rule_of_before_needs_a_day_of_before() -> None:
    before: dict[str, object] = {"/accounts/enable_tiered_mm": False}
    assert refused(before).pointer == "/accounts/enable_tiered_mm"
    state = imported(before, time=Decimal(1753660800000))
    assert state.account.as_of == datetime(2025, 7, 28, tzinfo=UTC)


def test_a_contract_settled_in_a_third_currency_is_refused() -> None:
    found = refused({"/contracts/0/name": "BTC_USD", f"{BTC}/contract": "BTC_USD"})
    assert found.pointer == "/contracts/0/name"
