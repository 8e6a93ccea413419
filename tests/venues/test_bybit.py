"""Bybit payloads, written here in the documented form of API v5; published figures are restated with their source."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from marginrules.account.state import AccountState, StateError
from marginrules.engine.evaluate import evaluate
from marginrules.policy.catalogue import load_policy
from marginrules.venues.bybit import read
from tests.venues.payloads import ABSENT, changed


def answer(**result: object) -> dict[str, Any]:
    """An answer in the frame that the venue sends it in."""
    return {"retCode": Decimal(0), "retMsg": "OK", "result": result, "time": Decimal(1795348800000)}


def contract(symbol: str, kind: str, base: str, quote: str, settle: str, tick: str, step: str) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "contractType": kind,
        "baseCoin": base,
        "quoteCoin": quote,
        "settleCoin": settle,
        "priceFilter": {"tickSize": tick},
        "lotSizeFilter": {"qtyStep": step},
    }


def limit(symbol: str, value: str, rate: str, deduction: str, leverage: str, lowest: int = 0) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "riskLimitValue": value,
        "maintenanceMargin": rate,
        "initialMargin": str(Decimal(1) / Decimal(leverage)),
        "isLowestRisk": Decimal(lowest),
        "maxLeverage": leverage,
        "mmDeduction": deduction,
    }


# A unified account in cross margin, made up for these tests: BTCUSDT long beyond its first tier, ETHUSD short.
PAYLOAD: dict[str, Any] = {
    "accountInfo": answer(marginMode="REGULAR_MARGIN", unifiedMarginStatus=Decimal(5)),
    "walletBalance": answer(
        list=[
            {
                "accountType": "UNIFIED",
                "totalWalletBalance": "378000.00000000",
                "coin": [
                    {
                        "coin": "USDT",
                        "equity": "248000.00000000",
                        "usdValue": "248000.00000000",
                        "walletBalance": "250000.00000000",
                        "unrealisedPnl": "-2000.00000000",
                        "totalPositionIM": "131359.54500000",
                        "totalOrderIM": "0",
                        "collateralSwitch": True,
                        "marginCollateral": True,
                    },
                    {
                        "coin": "ETH",
                        "equity": "50.26666667",
                        "usdValue": "145773.33334300",
                        "walletBalance": "50.00000000",
                        "unrealisedPnl": "0.26666667",
                        "totalPositionIM": "0.80382800",
                        "totalOrderIM": "0",
                        "collateralSwitch": True,
                        "marginCollateral": True,
                    },
                ],
            }
        ]
    ),
    "positionList": [
        answer(
            category="linear",
            list=[
                {
                    "symbol": "BTCUSDT",
                    "positionIdx": Decimal(0),
                    "side": "Buy",
                    "size": "50",
                    "avgPrice": "52040.00",
                    "positionValue": "2600000",
                    "leverage": "20",
                    "markPrice": "52000.00",
                    "positionIM": "131359.54500000",
                    "positionMM": "17359.54500000",
                    "unrealisedPnl": "-2000",
                    "tradeMode": Decimal(0),
                    "autoAddMargin": Decimal(0),
                    "riskLimitValue": "4000000",
                },
                {"symbol": "XRPUSDT", "positionIdx": Decimal(0), "side": "", "size": "0", "leverage": "10"},
            ],
        ),
        answer(
            category="inverse",
            list=[
                {
                    "symbol": "ETHUSD",
                    "positionIdx": Decimal(0),
                    "side": "Sell",
                    "size": "23200",
                    "avgPrice": "3000",
                    "positionValue": "8.00000000",
                    "leverage": "10",
                    "markPrice": "2900",
                    "positionIM": "0.80382800",
                    "positionMM": "0.04382800",
                    "unrealisedPnl": "0.26666667",
                    "tradeMode": Decimal(0),
                    "autoAddMargin": Decimal(0),
                    "riskLimitValue": "500",
                }
            ],
        ),
    ],
    "instrumentsInfo": [
        answer(
            category="linear",
            list=[
                contract("BTCUSDT", "LinearPerpetual", "BTC", "USDT", "USDT", "0.10", "0.001"),
                contract("XRPUSDT", "LinearPerpetual", "XRP", "USDT", "USDT", "0.0001", "1"),
            ],
        ),
        answer(category="inverse", list=[contract("ETHUSD", "InversePerpetual", "ETH", "USD", "ETH", "0.05", "1")]),
    ],
    "riskLimit": [
        answer(
            category="linear",
            list=[
                limit("BTCUSDT", "2000000", "0.005", "0", "100", 1),
                limit("BTCUSDT", "4000000", "0.01", "10000", "50"),
            ],
        ),
        answer(category="inverse", list=[limit("ETHUSD", "500", "0.005", "0", "100", 1)]),
    ],
    "feeRate": answer(
        list=[
            {"symbol": symbol, "takerFeeRate": "0.00055", "makerFeeRate": "0.0002"}
            for symbol in ("BTCUSDT", "XRPUSDT", "ETHUSD")
        ]
    ),
    "collateralInfo": answer(
        list=[
            {"currency": "USDT", "collateralRatio": "0.99", "collateralSwitch": True, "marginCollateral": True},
            {"currency": "ETH", "collateralRatio": "0.9", "collateralSwitch": True, "marginCollateral": True},
        ]
    ),
}

BTC = "/positionList/0/result/list/0"
ETH = "/positionList/1/result/list/0"
WALLET = "/walletBalance/result/list/0"


def imported(changes: dict[str, object] | None = None, **answers: object) -> AccountState:
    """The account of the payload with other values at some JSON pointers, and further answers."""
    return read(changed(PAYLOAD, changes, **answers))


def refused(changes: dict[str, object] | None = None, **answers: object) -> StateError:
    with pytest.raises(StateError) as raised:
        imported(changes, **answers)
    return raised.value


# The same account in isolated margin: the positions hold their own margin, and no coin is converted.
ISOLATED: dict[str, object] = {
    "/accountInfo/result/marginMode": "ISOLATED_MARGIN",
    f"{BTC}/positionIM": "133000.00000000",
    f"{BTC}/autoAddMargin": Decimal(1),
    f"{WALLET}/coin/0/totalPositionIM": "133000.00000000",
    f"{WALLET}/totalWalletBalance": "",
    f"{WALLET}/coin/0/usdValue": "",
    f"{WALLET}/coin/1/usdValue": "",
}


def orders(**members: object) -> dict[str, Any]:
    resting: dict[str, object] = {
        "symbol": "BTCUSDT",
        "orderId": "o-1",
        "orderStatus": "PartiallyFilled",
        "side": "Buy",
        "price": "50000",
        "qty": "3",
        "leavesQty": "2",
        "positionIdx": Decimal(0),
        "reduceOnly": False,
        "closeOnTrigger": False,
    }
    return answer(category="linear", list=[{**resting, **members}])


# ---------------------------------------------------------------- published figures


def test_the_figures_of_the_venues_long_example_give_its_liquidation_price() -> None:
    """Bybit Help, Liquidation price (USDT contract), example 1: 1 BTC at 20,000 with 50x leverage gives 19,700.

    https://www.bybit.com/en/help-center/article/Liquidation-Price-USDT-Contract; the page leaves fees out.
    """
    state = read(
        {
            "accountInfo": answer(marginMode="ISOLATED_MARGIN", unifiedMarginStatus=Decimal(5)),
            "walletBalance": answer(
                list=[{"accountType": "UNIFIED", "coin": [{"coin": "USDT", "walletBalance": "400"}]}]
            ),
            "positionList": answer(
                category="linear",
                list=[
                    {
                        "symbol": "BTCUSDT",
                        "side": "Buy",
                        "size": "1",
                        "avgPrice": "20000",
                        "markPrice": "20000",
                        "leverage": "50",
                        "positionIM": "400",
                        "positionMM": "100",
                    }
                ],
            ),
            "instrumentsInfo": PAYLOAD["instrumentsInfo"],
            "riskLimit": PAYLOAD["riskLimit"],
            "feeRate": answer(list=[{"symbol": "BTCUSDT", "takerFeeRate": "0"}]),
        }
    )
    report = evaluate(load_policy("bybit"), state)
    assert report.positions[0].liquidation_price == Decimal(19700)
    assert report.positions[0].initial_margin == Decimal(400)
    assert report.positions[0].maintenance_margin == Decimal(100)


# ---------------------------------------------------------------- what is read


def test_quantities_are_signed_by_the_side() -> None:
    assert [(held.id, held.quantity) for held in imported().positions] == [
        ("BTCUSDT", Decimal(50)),
        ("ETHUSD", Decimal(-23200)),
    ]


def test_a_row_without_size_is_no_position() -> None:
    assert "XRPUSDT" not in [instrument.symbol for instrument in imported().instruments]


def test_a_cross_account_gives_cross_positions_without_assigned_margin() -> None:
    assert {(held.margin_mode, held.assigned_margin) for held in imported().positions} == {("cross", None)}


def test_an_isolated_position_holds_its_margin_with_what_was_added_and_the_fee_to_close() -> None:
    held = imported(ISOLATED).positions[0]
    assert (held.margin_mode, held.assigned_margin, held.auto_add_margin) == ("isolated", Decimal(133000), True)


def test_isolated_margin_of_the_account_is_told_to_the_policy() -> None:
    assert imported(ISOLATED).account.inputs == {"unifiedMarginStatus": "5", "marginMode": "ISOLATED_MARGIN"}


def test_in_isolated_margin_each_coin_backs_its_own_contracts() -> None:
    report = evaluate(load_policy("bybit"), imported(ISOLATED), solve=False)
    pools = {pool.id: pool.equity for pool in report.pools}
    assert pools["cross/USDT"] == Decimal(117000)
    assert pools["isolated/BTCUSDT"] == Decimal(131000)


def test_the_risk_limits_are_tiers_by_value() -> None:
    tiers = imported().instruments[0].tiers
    assert tiers is not None
    assert tiers.columns == ("above", "maintenance_rate", "maintenance_amount", "max_leverage")
    assert tiers.rows == (
        (Decimal(0), Decimal("0.005"), Decimal(0), Decimal(100)),
        (Decimal(2000000), Decimal("0.01"), Decimal(10000), Decimal(50)),
    )


def test_risk_limits_in_percent_as_the_documentation_prints_them_are_read_too() -> None:
    rows = [
        {**limit("ETHUSD", "500", "0.5", "", "100", 1), "initialMargin": "1"},
    ]
    state = imported(riskLimit=[PAYLOAD["riskLimit"][0], answer(list=rows)])
    tiers = state.instruments[1].tiers
    assert tiers is not None
    assert tiers.rows[0][1] == Decimal("0.005")


def test_the_price_of_a_coin_follows_from_its_value_and_its_equity() -> None:
    price = imported().asset_by_name["ETH"].index_price
    assert price is not None
    assert abs(price - 2900) < Decimal("0.00001")


def test_a_coin_of_one_ratio_has_a_collateral_rate() -> None:
    assert imported().asset_by_name["ETH"].collateral_rate == Decimal("0.9")


def test_a_coin_that_is_switched_off_counts_nothing() -> None:
    state = imported({f"{WALLET}/coin/1/collateralSwitch": False, f"{WALLET}/totalWalletBalance": "247500"})
    assert state.asset_by_name["ETH"].collateral_rate == 0


def tiered(*tiers: tuple[str, str, str]) -> dict[str, Any]:
    listed = [{"minQty": begin, "maxQty": end, "collateralRatio": ratio} for begin, end, ratio in tiers]
    usdt = [{"minQty": "0", "maxQty": "", "collateralRatio": "0.99"}]
    return answer(
        list=[
            {"currency": "ETH", "collateralRatioList": listed},
            {"currency": "USDT", "collateralRatioList": usdt},
        ]
    )


def test_a_coin_with_tiers_keeps_them() -> None:
    state = imported(
        {f"{WALLET}/totalWalletBalance": "374520"},
        tieredCollateralRatio=tiered(("0", "30", "0.9"), ("30", "100", "0.84")),
    )
    tiers = state.asset_by_name["ETH"].collateral_tiers
    assert tiers is not None
    assert tiers.rows == (
        (Decimal(0), Decimal("0.9")),
        (Decimal(30), Decimal("0.84")),
        (Decimal(100), Decimal(0)),
    )


def test_collateral_tiers_with_a_gap_are_refused() -> None:
    error = refused(tieredCollateralRatio=tiered(("0", "30", "0.9"), ("31", "", "0.84")))
    assert error.pointer == "/tieredCollateralRatio/result/list/0/collateralRatioList/1"


def test_the_profit_of_a_usdc_contract_runs_from_its_session() -> None:
    state = imported(
        {
            f"{BTC}/avgPrice": "51000",
            f"{BTC}/sessionAvgPrice": "52040",
        }
    )
    assert state.positions[0].entry_price == Decimal(52040)


def test_both_sides_of_hedge_mode_have_an_id_each() -> None:
    rows = PAYLOAD["positionList"][0]["result"]["list"]
    short = {
        **rows[0],
        "positionIdx": Decimal(2),
        "side": "Sell",
        "size": "1",
        "unrealisedPnl": "40",
        "positionIM": "2630.0521",
        "positionMM": "290.0521",
        "positionValue": "52000",
    }
    both = answer(category="linear", list=[{**rows[0], "positionIdx": Decimal(1)}, short])
    state = imported(
        {
            f"{WALLET}/coin/0/unrealisedPnl": "-1960",
            f"{WALLET}/coin/0/equity": "248040",
            f"{WALLET}/coin/0/usdValue": "248040",
            f"{WALLET}/coin/0/totalPositionIM": "133989.5971",
        },
        positionList=[both, PAYLOAD["positionList"][1]],
    )
    assert [held.id for held in state.positions] == ["BTCUSDT:LONG", "BTCUSDT:SHORT", "ETHUSD"]


def test_an_order_has_what_is_left_of_it_and_the_leverage_of_its_position() -> None:
    (order,) = imported(openOrders=orders()).orders
    assert (order.id, order.quantity, order.price, order.margin_mode, order.leverage, order.reduce_only) == (
        "o-1",
        Decimal(2),
        Decimal(50000),
        "cross",
        Decimal(20),
        False,
    )


def test_an_order_on_a_contract_without_position_has_the_leverage_of_its_row() -> None:
    (order,) = imported(openOrders=orders(symbol="XRPUSDT")).orders
    assert order.leverage == Decimal(10)


@pytest.mark.parametrize("status", ["Untriggered", "Filled", "Cancelled"])
def test_an_order_that_is_not_in_the_book_is_left_out(status: str) -> None:
    assert imported(openOrders=orders(orderStatus=status)).orders == ()


def test_an_order_against_its_side_of_hedge_mode_reduces() -> None:
    (order,) = imported(openOrders=orders(positionIdx=Decimal(1), side="Sell")).orders
    assert order.reduce_only is True


def test_the_account_is_of_the_moment_of_the_wallet() -> None:
    assert imported().account.as_of == datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_a_result_without_its_frame_is_read_alike() -> None:
    assert imported(feeRate=PAYLOAD["feeRate"]["result"]).positions == imported().positions


def test_a_classic_account_has_the_mode_and_the_margin_of_each_position() -> None:
    state = imported(
        {
            "/accountInfo/result/unifiedMarginStatus": Decimal(1),
            f"{WALLET}/accountType": "CONTRACT",
            f"{WALLET}/totalWalletBalance": "",
            f"{BTC}/tradeMode": Decimal(1),
            f"{BTC}/positionBalance": "133500",
            f"{ETH}/tradeMode": Decimal(0),
        }
    )
    assert state.account.inputs["unifiedMarginStatus"] == "1"
    assert [(held.margin_mode, held.assigned_margin) for held in state.positions] == [
        ("isolated", Decimal(133500)),
        ("cross", None),
    ]


def test_the_report_gives_the_margins_that_the_venue_prints() -> None:
    report = evaluate(load_policy("bybit"), imported(), solve=False)
    margins = [(held.initial_margin, held.maintenance_margin) for held in report.positions]
    assert margins == [
        (Decimal("131359.545"), Decimal("17359.545")),
        (Decimal("0.803828"), Decimal("0.043828")),
    ]


# ---------------------------------------------------------------- what is missing


@pytest.mark.parametrize(
    ("name", "request_path"),
    [
        ("accountInfo", "/v5/account/info"),
        ("walletBalance", "/v5/account/wallet-balance"),
        ("positionList", "/v5/position/list"),
        ("instrumentsInfo", "/v5/market/instruments-info"),
        ("riskLimit", "/v5/market/risk-limit"),
        ("feeRate", "/v5/account/fee-rate"),
        ("collateralInfo", "/v5/account/collateral-info"),
    ],
)
def test_an_answer_that_is_missing_is_asked_for_by_name_and_request(name: str, request_path: str) -> None:
    payload = {key: value for key, value in PAYLOAD.items() if key != name}
    with pytest.raises(StateError) as raised:
        read(payload)
    assert raised.value.pointer == f"/{name}"
    assert request_path in raised.value.remedy


def test_a_symbol_without_risk_limits_is_asked_for() -> None:
    error = refused(riskLimit=[PAYLOAD["riskLimit"][0]])
    assert error.pointer == f"{ETH}/symbol"
    assert "/v5/market/risk-limit" in error.remedy


def test_order_margin_without_orders_asks_for_them() -> None:
    held: dict[str, object] = {f"{WALLET}/coin/0/totalOrderIM": "100"}
    assert refused(held).pointer == "/openOrders"
    error = refused(held, openOrders=answer(category="linear", list=[]))
    assert error.pointer == f"{WALLET}/coin/0/totalOrderIM"
    assert "GET /v5/order/realtime" in error.remedy


def test_one_answer_alone_is_told_from_the_payload() -> None:
    with pytest.raises(StateError) as raised:
        read(PAYLOAD["positionList"][1])
    assert "GET /v5/position/list alone" in str(raised.value)


def test_a_settlement_coin_that_the_wallet_lacks_is_asked_for() -> None:
    error = refused({f"{WALLET}/coin/1": ABSENT, f"{WALLET}/totalWalletBalance": "247500"})
    assert "coin=ETH" in error.remedy


def test_a_coin_that_margin_is_counted_in_needs_its_price() -> None:
    error = refused({f"{WALLET}/coin/1/usdValue": ""})
    assert error.pointer == "/tickers"


def test_the_price_of_a_coin_is_read_from_its_spot_pair() -> None:
    state = imported(
        {f"{WALLET}/coin/1/usdValue": ""},
        tickers=answer(category="spot", list=[{"symbol": "ETHUSDT", "usdIndexPrice": "2900"}]),
    )
    assert state.asset_by_name["ETH"].index_price == Decimal(2900)


# ---------------------------------------------------------------- what contradicts


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        (f"{BTC}/unrealisedPnl", "-1990"),
        (f"{BTC}/positionValue", "2610000"),
        (f"{BTC}/positionIM", "131400"),
        (f"{BTC}/positionMM", "17400"),
        (f"{BTC}/riskLimitValue", "5000000"),
        (f"{WALLET}/coin/0/equity", "249000"),
        (f"{WALLET}/coin/0/unrealisedPnl", "90000"),
        (f"{WALLET}/coin/0/totalPositionIM", "150000"),
        (f"{WALLET}/totalWalletBalance", "378900"),
    ],
)
def test_a_figure_that_others_contradict_is_refused(pointer: str, value: str) -> None:
    changes: dict[str, object] = {pointer: value}
    if pointer.endswith("coin/0/unrealisedPnl"):
        changes[f"{WALLET}/coin/0/equity"] = "340000"
    assert refused(changes).pointer == pointer


def test_contracts_of_another_category_than_the_answer_names_are_refused() -> None:
    error = refused({"/instrumentsInfo/0/result/category": "inverse"})
    assert error.pointer == "/instrumentsInfo/0/result/list/0/contractType"
    assert "BTCUSDT is LinearPerpetual, in an answer of category inverse" in error.problem


def test_a_position_that_is_left_out_is_noticed() -> None:
    error = refused(positionList=[PAYLOAD["positionList"][0]])
    assert error.pointer in {f"{WALLET}/coin/1/unrealisedPnl", f"{WALLET}/coin/1/totalPositionIM"}


def test_a_side_that_its_index_rules_out_is_refused() -> None:
    assert refused({f"{BTC}/positionIdx": Decimal(2)}).pointer == f"{BTC}/side"


def test_isolated_margin_of_a_position_in_a_cross_account_is_refused() -> None:
    """A unified account is in one mode; of one in isolated margin the venue prints 0 for its positions too."""
    error = refused({f"{BTC}/tradeMode": Decimal(1)})
    assert error.pointer == f"{BTC}/tradeMode"
    assert "accountInfo.marginMode is REGULAR_MARGIN" in error.problem


def test_a_position_listed_twice_is_refused() -> None:
    page = PAYLOAD["positionList"][0]
    assert "listed twice" in str(refused(positionList=[page, page, PAYLOAD["positionList"][1]]))


def test_an_answer_in_which_the_venue_refused_is_no_answer() -> None:
    error = refused(riskLimit={"retCode": Decimal(10001), "retMsg": "params error", "result": {}})
    assert error.pointer == "/riskLimit"


# ---------------------------------------------------------------- what a state can not hold


def test_portfolio_margin_is_refused() -> None:
    error = refused({"/accountInfo/result/marginMode": "PORTFOLIO_MARGIN"})
    assert error.pointer == "/accountInfo/result/marginMode"


def test_a_borrowed_coin_is_refused() -> None:
    error = refused({f"{WALLET}/coin/0/borrowAmount": "12.5"})
    assert error.pointer == f"{WALLET}/coin/0/borrowAmount"


def test_an_option_is_refused() -> None:
    option = answer(category="option", list=[{"symbol": "BTC-25DEC26-80000-C-USDT", "side": "Buy", "size": "1"}])
    assert "option" in str(refused(positionList=[*PAYLOAD["positionList"], option]))


def test_inverse_contracts_of_a_unified_account_1_0_are_of_another_wallet() -> None:
    error = refused({"/accountInfo/result/unifiedMarginStatus": Decimal(3)})
    assert error.pointer == f"{ETH}/symbol"
    assert "accountType=CONTRACT" in error.remedy


def test_a_binary_float_is_refused() -> None:
    assert "binary float" in str(refused({f"{BTC}/size": 50.0}))
