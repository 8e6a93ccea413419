"""BitMEX's payloads, written here in the documented form; the amounts follow from the rules of the policy."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from marginrules.account.state import AccountState, StateError
from marginrules.engine.evaluate import evaluate
from marginrules.engine.report import PoolReport, PositionReport
from marginrules.policy.catalogue import load_policy
from marginrules.venues.bitmex import read
from tests.venues.payloads import ABSENT, changed

# An account made up for these tests: an inverse and a quanto contract that share XBT, and an isolated linear one.
PAYLOAD: dict[str, Any] = {
    "position": [
        {
            "symbol": "XBTUSD",
            "currency": "XBt",
            "currentQty": 10000,
            "avgEntryPrice": 49000,
            "posCost": -20410000,
            "markPrice": 50000,
            "markValue": -20000000,
            "unrealisedPnl": 410000,
            "crossMargin": True,
            "leverage": 0,
            "riskLimit": 20000000000,
            "initMarginReq": Decimal("0.01"),
            "maintMarginReq": Decimal("0.005"),
            "commission": Decimal("0.0005"),
            "posInit": 204100,
            "posComm": 10308,
            "posMargin": 214408,
            "posMaint": 114399,
            "maintMargin": 624408,
            "timestamp": "2026-11-22T11:59:59.000Z",
        },
        {
            "symbol": "ETHUSD",
            "currency": "XBt",
            "currentQty": -200,
            "avgEntryPrice": 3100,
            "posCost": -62000000,
            "markPrice": 3000,
            "markValue": -60000000,
            "unrealisedPnl": 2000000,
            "crossMargin": True,
            "leverage": 10,
            "initMarginReq": Decimal("0.1"),
            "maintMarginReq": Decimal("0.01"),
            "commission": Decimal("0.0005"),
            "posInit": 6200000,
            "posComm": 34100,
            "posMargin": 6234100,
            "posMaint": 660300,
            "maintMargin": 8234100,
        },
        {
            "symbol": "ETHUSDT",
            "currency": "USDt",
            "currentQty": 100000,
            "avgEntryPrice": 2000,
            "posCost": 2000000000,
            "markPrice": 1990,
            "markValue": 1990000000,
            "unrealisedPnl": -10000000,
            "crossMargin": False,
            "leverage": 10,
            "initMarginReq": Decimal("0.1"),
            "maintMarginReq": Decimal("0.01"),
            "commission": Decimal("0.0005"),
            "posInit": 200000000,
            "posComm": 1100000,
            "posMargin": 201100000,
            "posMaint": 21300000,
            "maintMargin": 191100000,
        },
        {"symbol": "XBTUSDT", "currency": "USDt", "currentQty": 0, "crossMargin": True, "leverage": 20},
    ],
    "instrument": [
        {
            "symbol": "XBTUSD",
            "settlCurrency": "XBt",
            "underlying": "XBT",
            "quoteCurrency": "USD",
            "isInverse": True,
            "isQuanto": False,
            "multiplier": -100000000,
            "tickSize": Decimal("0.5"),
            "lotSize": 100,
            "markPrice": Decimal("50001.5"),
            "fundingRate": Decimal("0.0001"),
            "takerFee": Decimal("0.0005"),
            "initMargin": Decimal("0.01"),
            "maintMargin": Decimal("0.005"),
            "timestamp": "2026-11-22T12:00:00.000Z",
        },
        {
            "symbol": "ETHUSD",
            "settlCurrency": "XBt",
            "underlying": "ETH",
            "quoteCurrency": "USD",
            "isInverse": False,
            "isQuanto": True,
            "multiplier": 100,
            "tickSize": Decimal("0.05"),
            "fundingRate": Decimal("-0.0001"),
            "takerFee": Decimal("0.0005"),
            "initMargin": Decimal("0.02"),
            "maintMargin": Decimal("0.01"),
        },
        {
            "symbol": "ETHUSDT",
            "settlCurrency": "USDt",
            "underlying": "ETH",
            "quoteCurrency": "USDT",
            "isInverse": False,
            "isQuanto": False,
            "multiplier": 10,
            "underlyingToPositionMultiplier": 100000,
            "tickSize": Decimal("0.05"),
            "fundingRate": Decimal("0.0001"),
            "takerFee": Decimal("0.0005"),
            "initMargin": Decimal("0.02"),
            "maintMargin": Decimal("0.01"),
        },
        {
            "symbol": "XBTUSDT",
            "settlCurrency": "USDt",
            "underlying": "XBT",
            "quoteCurrency": "USDT",
            "isInverse": False,
            "isQuanto": False,
            "multiplier": 1,
            "tickSize": Decimal("0.5"),
            "markPrice": 50000,
            "takerFee": Decimal("0.0005"),
            "initMargin": Decimal("0.01"),
            "maintMargin": Decimal("0.005"),
        },
    ],
    "margin": [
        {"currency": "XBt", "walletBalance": 100000000, "unrealisedPnl": 2410000, "marginBalance": 102410000},
        {"currency": "USDt", "walletBalance": 1000000000, "unrealisedPnl": -10000000, "marginBalance": 990000000},
        {"currency": "BMEx", "walletBalance": 0, "unrealisedPnl": 0},
    ],
    "assets": [
        {"asset": "XBT", "currency": "XBt", "scale": 8},
        {"asset": "USDT", "currency": "USDt", "scale": 6},
    ],
}
XBTUSD, ETHUSD, ETHUSDT = "/position/0", "/position/1", "/position/2"
ORDER: dict[str, Any] = {
    "orderID": "7c0b",
    "symbol": "XBTUSDT",
    "side": "Buy",
    "leavesQty": 5000,
    "price": 49000,
    "ordStatus": "New",
    "workingIndicator": True,
    "execInst": "",
}


def imported(changes: dict[str, object] | None = None, **answers: object) -> AccountState:
    return read(changed(PAYLOAD, changes, **answers))


def refused(changes: dict[str, object], **answers: object) -> StateError:
    with pytest.raises(StateError) as raised:
        read(changed(PAYLOAD, changes, **answers), "account.json")
    return raised.value


def position(identity: str, changes: dict[str, object] | None = None) -> PositionReport:
    report = evaluate(load_policy("bitmex"), imported(changes))
    return next(found for found in report.positions if found.id == identity)


def pool(identity: str, changes: dict[str, object] | None = None) -> PoolReport:
    report = evaluate(load_policy("bitmex"), imported(changes))
    return next(found for found in report.pools if found.id == identity)


# ---------------------------------------------------------------- what is read


def test_the_kind_of_a_contract_and_its_size_follow_from_flags_and_multiplier() -> None:
    instruments = imported().instrument_by_symbol
    assert [(name, found.contract, found.contract_size, found.settle) for name, found in instruments.items()] == [
        ("XBTUSD", "inverse", Decimal(1), "XBT"),
        ("ETHUSD", "quanto", Decimal("0.000001"), "XBT"),
        ("ETHUSDT", "linear", Decimal("0.00001"), "USDT"),
    ]


def test_a_row_without_contracts_is_no_position() -> None:
    assert [found.id for found in imported().positions] == ["XBTUSD", "ETHUSD", "ETHUSDT"]


def test_amounts_are_counted_in_the_smallest_unit_of_their_currency() -> None:
    state = imported()
    assert [(found.asset, found.wallet_balance) for found in state.balances] == [
        ("XBT", Decimal(1)),
        ("USDT", Decimal(1000)),
    ]
    assert [found.inputs["scale"] for found in state.assets] == [8, 6]


def test_the_entry_price_is_the_one_behind_the_cost_which_the_venue_rounds_per_contract() -> None:
    found = imported().positions[0].entry_price
    assert abs(10000 / found - Decimal("0.2041")) < Decimal("1e-30")
    assert found != 49000


def test_the_average_price_of_several_fills_may_be_a_unit_a_contract_off() -> None:
    """A contract that cost 2041 satoshi is worth 2041.7 at the one average price, 2042.2 at the other."""
    within = imported({f"{XBTUSD}/avgEntryPrice": Decimal("48978.7921")}).positions[0].entry_price
    assert within == imported().positions[0].entry_price
    assert refused({f"{XBTUSD}/avgEntryPrice": Decimal("48966.8005")}).pointer == f"{XBTUSD}/avgEntryPrice"


def test_an_isolated_position_is_assigned_its_margin_with_the_reserve_for_closing() -> None:
    found = imported().positions[2]
    assert (found.margin_mode, found.assigned_margin) == ("isolated", Decimal("201.1"))
    assert found.inputs["posComm"] == Decimal("1.1")


def test_leverage_0_means_cross_with_what_the_risk_limit_asks_for() -> None:
    state = imported()
    assert (state.positions[0].margin_mode, state.positions[0].leverage) == ("cross", None)
    assert position("XBTUSD").initial_margin == Decimal("0.002041")


def test_the_risk_limit_chosen_is_an_amount_of_the_settlement_currency() -> None:
    assert imported().positions[0].inputs["riskLimit"] == 200


def test_the_rates_are_those_of_the_chosen_risk_limit_not_the_lowest() -> None:
    changes: dict[str, object] = {
        f"{ETHUSDT}/maintMarginReq": Decimal("0.02"),
        f"{ETHUSDT}/posMaint": 41300000,
        f"{ETHUSDT}/initMarginReq": Decimal("0.11"),
        f"{ETHUSDT}/posInit": 220000000,
        f"{ETHUSDT}/posMargin": 221100000,
        f"{ETHUSDT}/maintMargin": 211100000,
    }
    found = position("ETHUSDT", changes)
    assert (found.initial_margin, found.maintenance_margin) == (Decimal(220), Decimal("41.3"))


def test_the_latest_time_of_the_answers_is_that_of_the_account() -> None:
    assert imported().account.as_of == datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_an_order_has_the_mode_and_leverage_of_its_symbol() -> None:
    [order] = imported(order=[ORDER]).orders
    assert (order.id, order.symbol, order.side, order.quantity, order.price) == ("7c0b", "XBTUSDT", "buy", 5000, 49000)
    assert (order.margin_mode, order.leverage, order.reduce_only) == ("cross", 20, False)


@pytest.mark.parametrize("instruction", ["ReduceOnly", "Close,LastPrice", "MarkPrice,ReduceOnly"])
def test_an_order_that_may_only_reduce_is_told_by_its_instructions(instruction: str) -> None:
    [order] = imported(order=[{**ORDER, "execInst": instruction}]).orders
    assert order.reduce_only


@pytest.mark.parametrize("done", [{"ordStatus": "Filled"}, {"workingIndicator": False}])
def test_an_order_that_is_done_or_waits_for_its_trigger_is_left_out(done: dict[str, object]) -> None:
    assert imported(order=[{**ORDER, **done}]).orders == ()


# ---------------------------------------------------------------- what is computed from it


@pytest.mark.parametrize(
    ("identity", "notional", "profit", "initial", "maintenance"),
    [
        ("XBTUSD", "0.2", "0.0041", "0.002041", "0.00114399"),
        ("ETHUSD", "0.6", "0.02", "0.062", "0.006603"),
        ("ETHUSDT", "1990", "-10", "200", "21.3"),
    ],
)
def test_the_policy_gives_the_figures_that_the_venue_prints(
    identity: str, notional: str, profit: str, initial: str, maintenance: str
) -> None:
    found = position(identity)
    assert found.notional == Decimal(notional)
    assert found.unrealized_pnl is not None
    assert abs(found.unrealized_pnl - Decimal(profit)) < Decimal("1e-30")
    assert (found.initial_margin, found.maintenance_margin) == (Decimal(initial), Decimal(maintenance))


def test_isolated_equity_is_the_printed_margin_with_profit() -> None:
    assert pool("isolated/ETHUSDT").equity == Decimal("191.1")


def test_a_cross_pool_has_the_cash_that_no_isolated_position_was_assigned() -> None:
    assert pool("cross/USDT").equity == Decimal("798.9")


# ---------------------------------------------------------------- what is missing


@pytest.mark.parametrize("name", ["position", "instrument", "margin", "assets"])
def test_a_missing_answer_is_asked_for_by_its_request(name: str) -> None:
    error = refused({f"/{name}": ABSENT})
    assert error.pointer == f"/{name}"
    assert "GET /" in error.remedy


@pytest.mark.parametrize("member", ["crossMargin", "leverage", "posCost", "avgEntryPrice", "markPrice"])
def test_a_missing_member_of_a_position_is_named(member: str) -> None:
    assert refused({f"{ETHUSD}/{member}": ABSENT}).pointer == f"{ETHUSD}/{member}"


def test_a_position_on_a_contract_that_is_not_described_is_refused() -> None:
    error = refused({"/instrument/1": ABSENT})
    assert error.pointer == f"{ETHUSD}/symbol"
    assert "ETHUSD" in error.remedy


def test_a_currency_whose_smallest_unit_is_not_known_is_refused() -> None:
    assert "GET /wallet/assets" in refused({"/assets/1": ABSENT}).remedy


def test_a_settlement_currency_without_a_row_of_margin_is_refused() -> None:
    assert refused({"/margin/1": ABSENT}).pointer == "/margin"


@pytest.mark.parametrize("name", ["position", "instrument", "margin"])
def test_an_answer_given_alone_is_told_what_it_is(name: str) -> None:
    with pytest.raises(StateError) as raised:
        read(PAYLOAD[name], "account.json")
    assert f"as `{'position' if name != 'position' else 'instrument'}`" in raised.value.remedy
    assert "alone" in raised.value.problem


@pytest.mark.parametrize("row", ["/margin/0", "/position/0"])
def test_order_margin_without_orders_asks_for_them(row: str) -> None:
    held: dict[str, object] = {f"{row}/initMargin": 50000}
    assert refused(held).pointer == "/order"
    assert refused(held, order=[]).pointer == f"{row}/initMargin"
    assert imported(held, order=[ORDER])


# ---------------------------------------------------------------- what contradicts itself


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        (f"{XBTUSD}/markValue", -20500000),
        (f"{XBTUSD}/unrealisedPnl", 400000),
        (f"{XBTUSD}/avgEntryPrice", 48000),
        (f"{ETHUSD}/posInit", 6100000),
        (f"{ETHUSD}/posMaint", 600000),
        (f"{ETHUSD}/posMaint", 700000),
        (f"{ETHUSDT}/maintMargin", 190000000),
        (f"{ETHUSDT}/initMarginReq", Decimal("0.05")),
        ("/margin/0/marginBalance", 100000000),
        ("/margin/1/unrealisedPnl", -90000000),
        ("/instrument/2/multiplier", 100),
        ("/instrument/0/isQuanto", True),
    ],
)
def test_a_figure_that_others_contradict_is_refused_with_its_place(pointer: str, value: object) -> None:
    error = refused({pointer: value})
    expected = "/instrument/0/multiplier" if pointer.endswith("isQuanto") else pointer
    if pointer == "/margin/1/unrealisedPnl":
        expected = "/margin/1/marginBalance"
    assert error.pointer == expected
    assert error.remedy


def test_a_position_left_out_is_noticed_by_the_profit_of_the_account() -> None:
    error = refused({ETHUSD: ABSENT})
    assert error.pointer == "/margin/0/unrealisedPnl"


def test_an_isolated_position_without_leverage_is_refused() -> None:
    assert refused({f"{ETHUSDT}/leverage": 0}).pointer == f"{ETHUSDT}/leverage"


def test_margins_may_be_off_by_the_units_that_several_fills_round() -> None:
    assert imported({f"{ETHUSD}/posInit": 6200004, f"{ETHUSD}/posMaint": 660308}).positions
