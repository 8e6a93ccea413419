"""Kraken Futures' payloads, written here in the documented form; published figures are restated with their source."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from marginrules.account.state import AccountState, StateError
from marginrules.engine.evaluate import evaluate
from marginrules.policy.catalogue import load_policy
from marginrules.venues.kraken_futures import read
from tests.venues.payloads import ABSENT, changed


def levels(key: str, *rows: tuple[int, str, str]) -> list[dict[str, Any]]:
    return [
        {key: Decimal(bound), "initialMargin": Decimal(initial), "maintenanceMargin": Decimal(maintenance)}
        for bound, initial, maintenance in rows
    ]


def linear(symbol: str, base: str, tick: str) -> dict[str, Any]:
    rows = ((0, "0.02", "0.01"), (1000000, "0.04", "0.02"))
    return {
        "symbol": symbol,
        "type": "flexible_futures",
        "base": base,
        "quote": "USD",
        "tickSize": Decimal(tick),
        "contractSize": Decimal(1),
        "contractValueTradePrecision": Decimal(4),
        "marginLevels": levels("numNonContractUnits", *rows),
    }


# An account made up for these tests: a netted pair and an isolated position in the multi-collateral wallet, and an
# inverse position in a wallet of its own.
PAYLOAD: dict[str, Any] = {
    "accounts": {
        "result": "success",
        "serverTime": "2026-11-22T08:15:30.250Z",
        "accounts": {
            "cash": {"type": "cashAccount", "balances": {"usd": "12.5", "xbt": "0"}},
            "fi_xbtusd": {
                "type": "marginAccount",
                "currency": "xbt",
                "balances": {"xbt": "0.05", "PI_XBTUSD": "10000"},
                "auxiliary": {
                    "usd": Decimal(0),
                    "pv": Decimal("0.0542554814"),
                    "pnl": Decimal("0.0042554814"),
                    "af": Decimal("0.0502554814"),
                    "funding": Decimal(0),
                },
                "marginRequirements": {
                    "im": Decimal("0.004"),
                    "mm": Decimal("0.002"),
                    "lt": Decimal("0.002"),
                    "tt": Decimal("0.001"),
                },
            },
            "fi_ethusd": {
                "type": "marginAccount",
                "currency": "eth",
                "balances": {"eth": "0"},
                "auxiliary": {"usd": Decimal(0), "pv": Decimal(0), "pnl": Decimal(0), "af": Decimal(0)},
                "marginRequirements": {"im": Decimal(0), "mm": Decimal(0), "lt": Decimal(0), "tt": Decimal(0)},
            },
            "flex": {
                "type": "multiCollateralMarginAccount",
                "currencies": {
                    "USD": {
                        "quantity": Decimal(5000),
                        "value": Decimal(5000),
                        "collateral": Decimal(5000),
                        "available": Decimal(5000),
                    },
                    "XBT": {
                        "quantity": Decimal("0.1"),
                        "value": Decimal(5000),
                        "collateral": Decimal(4850),
                        "available": Decimal("0.1"),
                    },
                    "EUR": {
                        "quantity": Decimal(0),
                        "value": Decimal(0),
                        "collateral": Decimal(0),
                        "available": Decimal(0),
                    },
                },
                "balanceValue": Decimal("10000.00"),
                "collateralValue": Decimal("9850.00"),
                "initialMargin": Decimal("1560.00"),
                "initialMarginWithOrders": Decimal("1560.00"),
                "maintenanceMargin": Decimal("510.00"),
                "pnl": Decimal("1810.00"),
                "unrealizedFunding": Decimal("-1.5"),
                "marginEquity": Decimal("11658.5"),
                "availableMargin": Decimal("10098.5"),
            },
        },
    },
    "openpositions": {
        "result": "success",
        "openPositions": [
            {
                "symbol": "PI_XBTUSD",
                "side": "long",
                "size": Decimal(10000),
                "price": Decimal(49000),
                "fillTime": "2026-11-20T00:00:00.000Z",
                "unrealizedFunding": Decimal(0),
            },
            {
                "symbol": "PF_XBTUSD",
                "side": "long",
                "size": Decimal(1),
                "price": Decimal(48000),
                "fillTime": "2026-11-20T00:00:00.000Z",
                "unrealizedFunding": Decimal("-1.5"),
                "pnlCurrency": "USD",
            },
            {
                "symbol": "FF_XBTUSD_261225",
                "side": "short",
                "size": Decimal("0.4"),
                "price": Decimal(50000),
                "fillTime": "2026-11-20T00:00:00.000Z",
                "unrealizedFunding": None,
                "pnlCurrency": "USD",
            },
            {
                "symbol": "PF_ETHUSD",
                "side": "long",
                "size": Decimal(1),
                "price": Decimal(3000),
                "fillTime": "2026-11-20T00:00:00.000Z",
                "unrealizedFunding": Decimal(0),
                "pnlCurrency": "USD",
                "maxFixedLeverage": Decimal(5),
            },
        ],
    },
    "instruments": {
        "result": "success",
        "instruments": [
            {
                "symbol": "PI_XBTUSD",
                "type": "futures_inverse",
                "underlying": "rr_xbtusd",
                "tickSize": Decimal("0.5"),
                "contractSize": Decimal(1),
                "marginLevels": levels("contracts", (0, "0.02", "0.01"), (500000, "0.04", "0.02")),
            },
            linear("PF_XBTUSD", "BTC", "0.5"),
            linear("FF_XBTUSD_261225", "BTC", "0.5"),
            linear("PF_ETHUSD", "ETH", "0.1"),
            linear("PF_SOLUSD", "SOL", "0.01"),
            {"symbol": "OF_ETHUSD_240101_1000_C", "type": "options", "tickSize": Decimal(1), "marginLevels": []},
        ],
    },
    "tickers": {
        "result": "success",
        "tickers": [
            {"symbol": "PI_XBTUSD", "markPrice": Decimal("50043.5"), "indexPrice": Decimal(50000)},
            {"symbol": "PF_XBTUSD", "markPrice": Decimal(50000), "indexPrice": Decimal(50000)},
            {"symbol": "FF_XBTUSD_261225", "markPrice": Decimal(50500), "indexPrice": Decimal(50000)},
            {"symbol": "PF_ETHUSD", "markPrice": Decimal(3010), "indexPrice": Decimal(3010)},
            {"symbol": "in_xbtusd", "last": Decimal(50000)},
        ],
    },
    "isolated_margin": {"PF_ETHUSD": "600"},
}
FLEX = "/accounts/accounts/flex"
SINGLE = "/accounts/accounts/fi_xbtusd"
POSITIONS = "/openpositions/openPositions"
INSTRUMENTS = "/instruments/instruments"
# The isolated position left out, its profit of 10 taken from the total, and the requirements of the netted pair.
CROSS_ONLY: dict[str, object] = {
    f"{POSITIONS}/3": ABSENT,
    f"{FLEX}/pnl": Decimal("1800.00"),
    f"{FLEX}/initialMargin": Decimal("960.00"),
    f"{FLEX}/initialMarginWithOrders": Decimal("960.00"),
    f"{FLEX}/maintenanceMargin": Decimal("480.00"),
}


def imported(changes: dict[str, object] | None = None, **answers: object) -> AccountState:
    """The account of the payload with other values at some JSON pointers, and further answers."""
    return read(changed(PAYLOAD, changes, **answers))


def refused(changes: dict[str, object] | None = None, **answers: object) -> StateError:
    with pytest.raises(StateError) as caught:
        imported(changes, **answers)
    return caught.value


def orders(*rows: dict[str, object]) -> dict[str, object]:
    resting = {
        "order_id": "17",
        "symbol": "PF_SOLUSD",
        "side": "buy",
        "orderType": "lmt",
        "limitPrice": Decimal(150),
        "filledSize": Decimal(4),
        "unfilledSize": Decimal(6),
        "reduceOnly": False,
    }
    return {"result": "success", "openOrders": [{**resting, **row} for row in rows or ({},)]}


def preferences(**leverage: int) -> dict[str, object]:
    rows = [{"symbol": symbol, "maxLeverage": Decimal(chosen)} for symbol, chosen in leverage.items()]
    return {"result": "success", "leveragePreferences": rows}


# ---------------------------------------------------------------- published figures


def test_the_figures_of_the_venues_single_collateral_wallet_come_out() -> None:
    """Kraken Futures API documentation, the sample of accounts: pv 153.73891563, im 52.8, mm 23.76.

    One position of 100 XBT carries the profit and the requirements, as in the case kr-fi-xbtusd-pv.
    """
    state = read(
        {
            "accounts": {
                "fi_xbtusd": {
                    "type": "marginAccount",
                    "currency": "xbt",
                    "balances": {"xbt": "141.31756797"},
                    "auxiliary": {"pv": "153.73891563", "pnl": "12.42134766", "af": "100.73891563"},
                    "marginRequirements": {"im": "52.8", "mm": "23.76", "lt": "39.6", "tt": "15.84"},
                }
            },
            "openpositions": [
                {
                    "symbol": "FI_XBTUSD_171215",
                    "side": "long",
                    "size": Decimal(1000000),
                    "price": Decimal("8895.107742564487240198593435007751089256"),
                }
            ],
            "instruments": [
                {
                    "symbol": "FI_XBTUSD_171215",
                    "type": "futures_inverse",
                    "tickSize": Decimal(1),
                    "contractSize": Decimal(1),
                    "marginLevels": levels("contracts", (0, "0.528", "0.2376")),
                }
            ],
            "tickers": [{"symbol": "FI_XBTUSD_171215", "markPrice": Decimal(10000)}],
        }
    )
    pool = evaluate(load_policy("kraken-futures"), state).pools[0]
    assert pool.id == "cross/XBT"
    assert pool.equity is not None
    assert abs(pool.equity - Decimal("153.73891563")) < Decimal("0.00000001")
    assert (pool.initial_margin, pool.maintenance_margin) == (Decimal("52.8"), Decimal("23.76"))


# ---------------------------------------------------------------- what the account says


def test_the_policys_figures_are_those_the_venue_prints() -> None:
    pools = {pool.id: pool for pool in evaluate(load_policy("kraken-futures"), imported()).pools}
    # 9850 of collateral less 600 set aside, 1800 of profit, 1.5 of funding; the larger side of the pair counts.
    assert pools["cross"].equity == Decimal("11048.5")
    assert (pools["cross"].initial_margin, pools["cross"].maintenance_margin) == (Decimal(960), Decimal(480))
    assert (pools["isolated/PF_ETHUSD"].equity, pools["isolated/PF_ETHUSD"].initial_margin) == (
        Decimal(610),
        Decimal(600),
    )
    assert pools["cross/XBT"].equity is not None
    assert abs(pools["cross/XBT"].equity - Decimal("0.0542554814")) < Decimal("0.0000000001")


def test_currencies_are_worth_what_the_wallet_shows_and_count_with_their_haircut() -> None:
    state = imported()
    assert [(entry.asset, entry.wallet, entry.wallet_balance) for entry in state.balances] == [
        ("XBT", "single-collateral", Decimal("0.05")),
        ("USD", "multi-collateral", Decimal(5000)),
        ("XBT", "multi-collateral", Decimal("0.1")),
    ]
    coin = state.asset_by_name["XBT"]
    assert (coin.index_price, coin.collateral_rate) == (Decimal(50000), Decimal("0.97"))


def test_a_haircut_is_read_through_the_rounding_of_the_values() -> None:
    """Kraken Futures API documentation, the sample of accounts: EUR at 4999.14 counts as 4886.91, 2 % and 0.25 % less."""
    euro = {
        "quantity": Decimal("4540.5837374453"),
        "value": Decimal("4999.137289089901"),
        "collateral": Decimal("4886.906656949836"),
    }
    more = {f"{FLEX}/balanceValue": Decimal("14999.14"), f"{FLEX}/collateralValue": Decimal("14736.91")}
    state = imported({f"{FLEX}/currencies/EUR": euro, **more})
    assert state.asset_by_name["EUR"].collateral_rate == Decimal("0.97755")


def test_positions_are_signed_and_have_their_funding() -> None:
    positions = {position.id: position for position in imported().positions}
    assert positions["FF_XBTUSD_261225"].quantity == Decimal("-0.4")
    assert positions["PF_XBTUSD"].accrued_funding == Decimal("-1.5")
    assert positions["FF_XBTUSD_261225"].accrued_funding is None


def test_a_position_with_a_highest_leverage_is_isolated() -> None:
    positions = {position.id: position for position in imported().positions}
    held = positions["PF_ETHUSD"]
    assert (held.margin_mode, held.leverage, held.assigned_margin) == ("isolated", Decimal(5), Decimal(600))
    assert positions["PF_XBTUSD"].margin_mode == "cross"


def test_the_leverage_setting_isolates_a_position_too() -> None:
    changes = {f"{POSITIONS}/3/maxFixedLeverage": None}
    state = imported(dict(changes), leveragepreferences=preferences(PF_ETHUSD=5))
    assert state.positions[3].margin_mode == "isolated"


def test_an_inverse_contract_settles_in_the_coin_of_its_wallet() -> None:
    instrument = imported().instruments[0]
    assert (instrument.contract, instrument.base, instrument.settle) == ("inverse", "XBT", "XBT")
    assert instrument.tiers is not None
    assert [row[0] for row in instrument.tiers.rows] == [Decimal(0), Decimal(500000)]


def test_a_position_of_size_zero_is_no_position() -> None:
    closed = {f"{POSITIONS}/3/size": Decimal(0), **{key: CROSS_ONLY[key] for key in list(CROSS_ONLY)[1:]}}
    assert len(imported(dict(closed)).positions) == 3


def test_the_time_of_the_wallets_is_when_the_account_held() -> None:
    assert imported().account.as_of == datetime(2026, 11, 22, 8, 15, 30, 250000, tzinfo=UTC)


def test_a_wallet_that_is_empty_gives_no_balance() -> None:
    assert "ETH" not in {balance.asset for balance in imported().balances}


# ---------------------------------------------------------------- orders


def test_an_order_counts_with_what_is_left_of_it() -> None:
    order = imported(openorders=orders()).orders[0]
    assert (order.symbol, order.side, order.quantity, order.price) == ("PF_SOLUSD", "buy", Decimal(6), Decimal(150))
    assert (order.id, order.reduce_only) == ("17", False)


def test_the_margin_of_the_only_order_is_what_the_wallet_holds_for_orders() -> None:
    state = imported({f"{FLEX}/initialMarginWithOrders": Decimal("1578.00")}, openorders=orders())
    pools = {pool.id: pool for pool in evaluate(load_policy("kraken-futures"), state).pools}
    assert pools["cross"].initial_margin == Decimal(978)


def test_of_several_orders_the_margin_is_not_told_apart() -> None:
    held = {f"{FLEX}/initialMarginWithOrders": Decimal("1578.00")}
    state = imported(dict(held), openorders=orders({}, {"order_id": "18"}))
    pools = {pool.id: pool for pool in evaluate(load_policy("kraken-futures"), state).pools}
    assert pools["cross"].initial_margin is None
    assert pools["cross"].maintenance_margin == Decimal(480)


def test_an_order_that_only_reduces_holds_no_margin() -> None:
    held = {f"{FLEX}/initialMarginWithOrders": Decimal("1578.00")}
    state = imported(dict(held), openorders=orders({}, {"order_id": "18", "reduceOnly": True}))
    pools = {pool.id: pool for pool in evaluate(load_policy("kraken-futures"), state).pools}
    assert pools["cross"].initial_margin == Decimal(978)


def test_the_mode_of_an_order_is_that_of_the_leverage_setting() -> None:
    assert imported(openorders=orders()).orders[0].margin_mode is None
    chosen = preferences(PF_SOLUSD=3, PF_ETHUSD=5)
    assert imported(openorders=orders(), leveragepreferences=chosen).orders[0].margin_mode == "isolated"
    chosen = preferences(PF_ETHUSD=5)
    assert imported(openorders=orders(), leveragepreferences=chosen).orders[0].margin_mode == "cross"


def test_an_order_that_waits_for_its_trigger_rests_nowhere() -> None:
    assert imported(openorders=orders({"orderType": "stop", "stopPrice": Decimal(140)})).orders == ()


def test_order_margin_without_orders_asks_for_them() -> None:
    held: dict[str, object] = {f"{FLEX}/initialMarginWithOrders": Decimal("1578.00")}
    assert refused(dict(held)).pointer == "/openorders"
    assert imported(held, openorders=orders())


def test_an_order_with_nothing_left_to_fill_is_refused() -> None:
    problem = refused(openorders=orders({"unfilledSize": Decimal(0)}))
    assert problem.pointer == "/openorders/openOrders/0/unfilledSize"


# ---------------------------------------------------------------- what is missing


@pytest.mark.parametrize("name", ["accounts", "openpositions", "instruments", "tickers"])
def test_an_answer_that_is_missing_is_asked_for_by_name(name: str) -> None:
    problem = refused({f"/{name}": ABSENT})
    assert problem.pointer == f"/{name}"
    assert f"GET /derivatives/api/v3/{name}" in problem.remedy


def test_the_margin_of_an_isolated_position_is_asked_for_by_name() -> None:
    problem = refused({"/isolated_margin": ABSENT})
    assert problem.pointer == "/isolated_margin"
    assert '"PF_ETHUSD"' in problem.remedy


def test_the_mark_of_a_position_is_asked_for() -> None:
    assert "no markPrice of PF_ETHUSD" in refused({"/tickers/tickers/3": ABSENT}).problem


def test_the_contract_of_a_position_is_asked_for() -> None:
    assert "no row of PF_ETHUSD" in refused({f"{INSTRUMENTS}/3": ABSENT}).problem


def test_the_wallet_of_an_inverse_position_is_asked_for() -> None:
    assert "no wallet fi_xbtusd" in refused({SINGLE: ABSENT}).problem


@pytest.mark.parametrize(
    ("lone", "request_name"),
    [
        (PAYLOAD["accounts"], "accounts"),
        (PAYLOAD["openpositions"], "openpositions"),
        (PAYLOAD["openpositions"]["openPositions"], "openpositions"),
        (PAYLOAD["instruments"], "instruments"),
        (PAYLOAD["tickers"], "tickers"),
    ],
)
def test_a_lone_answer_is_told_by_its_form(lone: object, request_name: str) -> None:
    with pytest.raises(StateError) as caught:
        read(lone)
    assert f"the answer of GET /derivatives/api/v3/{request_name} alone" in caught.value.problem


@pytest.mark.parametrize("wallet", ["fi_xbtusd", "flex"])
def test_one_wallet_alone_is_told_and_its_answer_asked_for_whole(wallet: str) -> None:
    with pytest.raises(StateError) as caught:
        read(PAYLOAD["accounts"]["accounts"][wallet])
    assert caught.value.problem == "this is one wallet of the answer of GET /derivatives/api/v3/accounts alone"
    assert caught.value.remedy.startswith("give that answer whole, as `accounts`, and add the answers of ")


def test_a_request_that_was_refused_is_told() -> None:
    failed = {"result": "error", "error": "authenticationError", "serverTime": "2026-11-22T08:15:30.250Z"}
    assert "result is error" in refused(openpositions=failed).problem


# ---------------------------------------------------------------- what contradicts itself


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        (f"{FLEX}/balanceValue", Decimal("10000.10")),
        (f"{FLEX}/collateralValue", Decimal("9750.00")),
        (f"{FLEX}/pnl", Decimal("4000.00")),
        (f"{FLEX}/currencies/XBT/collateral", Decimal(5100)),
        (f"{FLEX}/currencies/USD/quantity", Decimal(7500)),
        (f"{SINGLE}/balances/PI_XBTUSD", "5"),
        (f"{SINGLE}/auxiliary/pv", Decimal("0.06")),
        (f"{SINGLE}/auxiliary/pnl", Decimal("0.0062554814")),
        (f"{SINGLE}/marginRequirements/mm", Decimal("0.004")),
        (f"{POSITIONS}/3/pnlCurrency", "EUR"),
        (f"{INSTRUMENTS}/1/quote", "EUR"),
        (f"{INSTRUMENTS}/1/marginLevels/0/numNonContractUnits", Decimal(1)),
        (f"{INSTRUMENTS}/1/marginLevels/1/numNonContractUnits", Decimal(0)),
    ],
)
def test_what_contradicts_or_cannot_be_held_is_refused(pointer: str, value: object) -> None:
    with pytest.raises(StateError):
        imported({pointer: value})


@pytest.mark.parametrize("key", ["initialMargin", "maintenanceMargin"])
def test_levels_that_do_not_give_the_margin_of_the_wallet_are_refused(key: str) -> None:
    assert imported(CROSS_ONLY)
    problem = refused({**CROSS_ONLY, f"{FLEX}/{key}": Decimal("720.00")})
    assert problem.pointer == f"{FLEX}/{key}"
    assert "the margin levels give" in problem.problem


def test_a_profit_of_a_position_that_its_prices_do_not_give_is_refused() -> None:
    assert imported({f"{POSITIONS}/1/unrealizedPnl": Decimal("2010.5")})
    problem = refused({f"{POSITIONS}/1/unrealizedPnl": Decimal(1000)})
    assert problem.pointer == f"{POSITIONS}/1/unrealizedPnl"


def test_the_leverage_setting_and_the_position_must_agree() -> None:
    assert "maxFixedLeverage is 5" in refused(leveragepreferences=preferences(PF_ETHUSD=3)).problem


def test_orders_can_not_take_margin_away() -> None:
    problem = refused({f"{FLEX}/initialMarginWithOrders": Decimal("1500.00")})
    assert problem.pointer == f"{FLEX}/initialMarginWithOrders"


def test_an_option_is_refused() -> None:
    option = {"symbol": "OF_ETHUSD_240101_1000_C", "side": "long", "size": Decimal(1), "price": Decimal(10)}
    assert "of the type `options`" in refused({f"{POSITIONS}/3": option}).problem


PRECISION = "/instruments/instruments/1/contractValueTradePrecision"


@pytest.mark.parametrize(("precision", "step"), [("4", "0.0001"), ("0", "1"), ("-3", "1000")])
def test_the_step_of_a_size_is_a_unit_of_its_last_decimal(precision: str, step: str) -> None:
    instruments = {found.symbol: found for found in imported({PRECISION: Decimal(precision)}).instruments}
    assert instruments["PF_XBTUSD"].quantity_step == Decimal(step)


@pytest.mark.parametrize("precision", ["0.5", "21", "-21", "100000"])
def test_a_precision_that_is_no_number_of_decimals_is_refused(precision: str) -> None:
    assert refused({PRECISION: Decimal(precision)}).pointer == PRECISION
