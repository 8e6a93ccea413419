"""Binance USD-M payloads, written here in the documented form; published figures are restated with their source."""

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from marginrules.account import documents
from marginrules.account.state import AccountState, StateError
from marginrules.engine.evaluate import evaluate
from marginrules.policy.catalogue import load_policy
from marginrules.venues.binance_usdm import read
from tests.venues.payloads import ABSENT, changed


def brackets(symbol: str, *rows: tuple[str, str, str, str, str], **members: object) -> dict[str, Any]:
    keys = ("notionalFloor", "notionalCap", "maintMarginRatio", "cum", "initialLeverage")
    return {
        "symbol": symbol,
        "brackets": [
            {"bracket": Decimal(number), **{key: Decimal(cell) for key, cell in zip(keys, row, strict=True)}}
            for number, row in enumerate(rows, start=1)
        ],
        **members,
    }


# An account made up for these tests, in the form of the third version: BTC long, cross, and ETH short, isolated.
PAYLOAD: dict[str, Any] = {
    "account": {
        "assets": [
            {"asset": "USDT", "walletBalance": "10300.00000000", "crossWalletBalance": "10000.00000000"},
            {"asset": "BNB", "walletBalance": "0.00000000", "crossWalletBalance": "0.00000000"},
        ],
        "positions": [
            {"symbol": "BTCUSDT", "positionSide": "BOTH", "positionAmt": "0.500"},
            {"symbol": "ETHUSDT", "positionSide": "BOTH", "positionAmt": "-2.000"},
        ],
    },
    "positionRisk": [
        {
            "symbol": "BTCUSDT",
            "positionSide": "BOTH",
            "positionAmt": "0.500",
            "entryPrice": "60000.0",
            "markPrice": "62000.00000000",
            "unRealizedProfit": "1000.00000000",
            "isolatedMargin": "0",
            "notional": "31000.00000000",
            "marginAsset": "USDT",
            "isolatedWallet": "0",
            "maintMargin": "124.00000000",
            "positionInitialMargin": "3100.00000000",
        },
        {
            "symbol": "ETHUSDT",
            "positionSide": "BOTH",
            "positionAmt": "-2.000",
            "entryPrice": "3000.0",
            "markPrice": "2900.00000000",
            "unRealizedProfit": "200.00000000",
            "isolatedMargin": "500.00000000",
            "notional": "-5800.00000000",
            "marginAsset": "USDT",
            "isolatedWallet": "300.00000000",
            "maintMargin": "29.00000000",
            "positionInitialMargin": "290.00000000",
        },
    ],
    "leverageBracket": [
        brackets("BTCUSDT", ("0", "50000", "0.004", "0", "125"), ("50000", "600000", "0.005", "50", "100")),
        brackets("ETHUSDT", ("0", "50000", "0.005", "0", "100")),
    ],
}
BTC = "/positionRisk/0"
ASSET = "/account/assets/0"
ETH = "/positionRisk/1"
WITHOUT_MARGIN: dict[str, object] = {f"{BTC}/positionInitialMargin": ABSENT}


def imported(changes: dict[str, object] | None = None, **answers: object) -> AccountState:
    """The account of the payload with other values at some JSON pointers, and further answers."""
    return read(changed(PAYLOAD, changes, **answers))


def order(**members: object) -> list[dict[str, object]]:
    resting: dict[str, object] = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "origQty": "0.200",
        "executedQty": "0.050",
        "price": "58000",
        "reduceOnly": False,
        "orderId": Decimal(42),
    }
    return [{**resting, **members}]


# ---------------------------------------------------------------- published figures


def test_the_figures_of_the_venues_two_position_example_give_its_liquidation_prices() -> None:
    """Binance FAQ, How to calculate liquidation price of USD-M futures: ETHUSDT 1153.26 and BTCUSDT 26316.89.

    https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93; leverage and the caps of the brackets,
    which have no effect, are made up.
    """
    state = read(
        {
            "account": {"assets": [{"asset": "USDT", "walletBalance": "1535443.01"}]},
            "positionRisk": [
                {
                    "symbol": "ETHUSDT",
                    "positionAmt": "3683.979",
                    "entryPrice": "1456.84",
                    "markPrice": "1335.18",
                    "notional": "4918775.081",
                    "maintMargin": "356512.508",
                    "marginType": "cross",
                    "leverage": "10",
                },
                {
                    "symbol": "BTCUSDT",
                    "positionAmt": "109.488",
                    "entryPrice": "32481.98",
                    "markPrice": "31967.27",
                    "notional": "3500032.458",
                    "maintMargin": "71200.81144",
                    "marginType": "cross",
                    "leverage": "10",
                },
            ],
            "leverageBracket": [
                brackets("ETHUSDT", ("0", "10000000", "0.1", "135365", "10")),
                brackets("BTCUSDT", ("0", "10000000", "0.025", "16300", "20")),
            ],
        }
    )
    report = evaluate(load_policy("binance-usdm"), state)
    cents = Decimal("0.01")
    prices = [position.liquidation_price for position in report.positions]
    assert all(isinstance(price, Decimal) for price in prices)
    for price, venue in zip(prices, ("1153.26", "26316.89"), strict=True):
        assert isinstance(price, Decimal)
        assert abs(price - Decimal(venue)) <= cents


def test_the_published_rows_of_a_hedged_account_give_its_leverage_from_the_margin() -> None:
    """A BTCUSDT long of 2025-04 with a notional of 27603.07 and a positionInitialMargin of 2760.307."""
    state = read(
        {
            "account": {"assets": [{"asset": "USDT", "walletBalance": "20000"}]},
            "positionRisk": [
                {
                    "symbol": "BTCUSDT",
                    "positionSide": "LONG",
                    "positionAmt": "0.290",
                    "entryPrice": "94361.84137932",
                    "markPrice": "95183.00000000",
                    "unRealizedProfit": "238.13599999",
                    "notional": "27603.07000000",
                    "maintMargin": "110.41228000",
                    "positionInitialMargin": "2760.30700000",
                    "isolatedWallet": "0",
                }
            ],
            "leverageBracket": [brackets("BTCUSDT", ("0", "50000", "0.004", "0", "125"))],
            "dualSidePosition": {"dualSidePosition": True},
        }
    )
    assert state.positions[0].leverage == 10
    assert state.account.inputs == {"dualSidePosition": True}


# ---------------------------------------------------------------- what is read


def test_balances_are_wallet_balances_and_assets_without_any_are_left_out() -> None:
    balances = [(balance.asset, balance.wallet_balance) for balance in imported().balances]
    assert balances == [("USDT", Decimal(10300))]


def test_quantity_prices_and_mode_are_those_of_the_row() -> None:
    bitcoin, ether = imported().positions
    assert (bitcoin.id, bitcoin.quantity, bitcoin.entry_price) == ("BTCUSDT", Decimal("0.5"), Decimal(60000))
    assert (bitcoin.margin_mode, ether.margin_mode) == ("cross", "isolated")
    assert imported().instruments[0].mark_price == Decimal(62000)


def test_assigned_margin_is_the_isolated_wallet() -> None:
    assert [position.assigned_margin for position in imported().positions] == [None, Decimal(300)]


def test_without_an_isolated_wallet_assigned_margin_is_the_isolated_margin_less_the_profit() -> None:
    state = imported({f"{ETH}/isolatedWallet": ABSENT})
    assert state.positions[1].assigned_margin == Decimal(300)


def test_a_position_of_size_zero_is_no_position() -> None:
    empty = {"symbol": "XRPUSDT", "positionSide": "BOTH", "positionAmt": "0.0", "entryPrice": "0.0"}
    state = imported(positionRisk=[*PAYLOAD["positionRisk"], empty])
    assert [position.id for position in state.positions] == ["BTCUSDT", "ETHUSDT"]


def test_brackets_are_the_tiers() -> None:
    tiers = imported().instruments[0].tiers
    assert tiers is not None
    assert tiers.columns == ("above", "maintenance_rate", "maintenance_amount", "max_leverage")
    assert tiers.rows[1] == (Decimal(50000), Decimal("0.005"), Decimal(50), Decimal(100))
    assert imported().instruments[0].max_leverage == Decimal(125)


def test_the_answer_for_one_symbol_may_stand_where_a_list_of_them_may() -> None:
    only_bitcoin = {
        "/account/assets/0/walletBalance": "10000",
        "/account/positions/1": ABSENT,
        "/positionRisk": PAYLOAD["positionRisk"][0],
        "/leverageBracket": PAYLOAD["leverageBracket"][0],
    }
    assert [position.id for position in imported(only_bitcoin).positions] == ["BTCUSDT"]


def test_both_sides_of_a_symbol_are_two_positions_named_by_their_sides() -> None:
    long, short = copy.deepcopy(PAYLOAD["positionRisk"][0]), copy.deepcopy(PAYLOAD["positionRisk"][0])
    long["positionSide"] = "LONG"
    short |= {"positionSide": "SHORT", "positionAmt": "-0.500", "notional": "-31000", "unRealizedProfit": "-1000"}
    state = imported(
        {"/account/positions": ABSENT, "/account/assets/0/walletBalance": "10000"},
        positionRisk=[long, short],
        dualSidePosition=True,
    )
    assert [position.id for position in state.positions] == ["BTCUSDT:LONG", "BTCUSDT:SHORT"]
    told = imported(
        {"/account/positions": ABSENT, "/account/assets/0/walletBalance": "10000"}, positionRisk=[long, short]
    )
    assert told.account.inputs == state.account.inputs == {"dualSidePosition": True}
    assert [instrument.symbol for instrument in state.instruments] == ["BTCUSDT"]


@pytest.mark.parametrize(
    ("changes", "answers"),
    [
        ({f"{BTC}/leverage": "7"}, {}),
        ({"/account/positions/0/leverage": "7"}, {}),
        ({}, {"symbolConfig": [{"symbol": "BTCUSDT", "marginType": "CROSSED", "leverage": Decimal(7)}]}),
    ],
)
def test_leverage_is_taken_from_the_answer_that_names_it(changes: dict[str, object], answers: dict[str, Any]) -> None:
    assert imported(changes, **answers).positions[0].leverage == 7


def test_leverage_that_no_answer_names_is_what_divides_the_notional_into_the_initial_margin() -> None:
    assert [position.leverage for position in imported().positions] == [Decimal(10), Decimal(20)]


def test_the_margin_type_decides_the_mode_where_the_venue_names_it() -> None:
    named = {f"{BTC}/marginType": "cross", f"{ETH}/marginType": "isolated"}
    assert [position.margin_mode for position in imported(named).positions] == ["cross", "isolated"]
    flagged = {"/account/positions/0/isolated": False, "/account/positions/1/isolated": True}
    assert [position.margin_mode for position in imported(flagged).positions] == ["cross", "isolated"]


def test_automatic_margin_addition_is_read_where_it_is_given() -> None:
    assert imported({f"{ETH}/isAutoAddMargin": "true"}).positions[1].auto_add_margin is True
    assert imported().positions[1].auto_add_margin is None


def test_settings_are_inputs_only_where_they_are_given() -> None:
    assert imported().account.inputs == {}
    assert imported(dualSidePosition=False).account.inputs == {"dualSidePosition": False}
    assert imported({"/account/multiAssetsMargin": False}).account.inputs == {"multiAssetsMargin": False}


def test_the_time_is_that_of_the_server() -> None:
    moment = datetime(2025, 11, 30, 12, 35, 45, 684000, UTC)
    assert imported(time={"serverTime": Decimal(1764506145684)}).account.as_of == moment
    assert imported().account.as_of is None


def test_base_and_quote_are_the_symbol_split_before_its_margin_asset() -> None:
    instrument = imported().instruments[0]
    assert (instrument.base, instrument.quote, instrument.settle) == ("BTC", "USDT", "USDT")


def test_without_a_margin_asset_the_symbol_is_split_before_an_asset_of_the_account() -> None:
    assert imported({f"{BTC}/marginAsset": ABSENT}) == imported()


def test_exchange_information_names_base_quote_and_steps() -> None:
    information = {
        "symbols": [
            {
                "symbol": "BTCUSDT",
                "baseAsset": "XBT",
                "quoteAsset": "USDT",
                "marginAsset": "USDT",
                "filters": [
                    {"filterType": "PRICE_FILTER", "tickSize": "0.10"},
                    {"filterType": "LOT_SIZE", "stepSize": "0.001"},
                ],
            }
        ]
    }
    instrument = imported(exchangeInfo=information).instruments[0]
    assert (instrument.base, instrument.tick_size, instrument.quantity_step) == (
        "XBT",
        Decimal("0.1"),
        Decimal("0.001"),
    )


ASSET_INDEX = [
    {"symbol": "USDTUSD", "index": "0.9998", "bidBuffer": "0.0", "askBuffer": "0.0"},
    {"symbol": "ADAUSD", "index": "1.92957370", "bidBuffer": "0.10000000", "askBuffer": "0.20000000"},
]


def multi_assets(wallet: str) -> AccountState:
    """The account in Multi-Assets mode, without its isolated position, with a balance of ADA."""
    changes: dict[str, object] = {
        "/account/assets/0/walletBalance": "10000",
        "/account/assets/1": {"asset": "ADA", "walletBalance": wallet},
        "/account/multiAssetsMargin": True,
        "/account/positions/1": ABSENT,
        "/positionRisk/1": ABSENT,
    }
    return imported(changes, assetIndex=ASSET_INDEX)


def test_in_multi_assets_mode_assets_have_the_index_price_and_both_rates() -> None:
    """A bid buffer of 0.1 as in the venue's example of GET /fapi/v1/assetIndex: ADA."""
    state = multi_assets("5")
    ada = state.asset_by_name["ADA"]
    assert (ada.index_price, ada.collateral_rate) == (Decimal("1.9295737"), Decimal("0.9"))
    assert ada.inputs == {"askBuffer": Decimal("0.2")}
    assert state.asset_by_name["USDT"].index_price == Decimal("0.9998")


@pytest.mark.parametrize(("wallet", "counted"), [("5", "8.68308165"), ("-5", "-11.5774422")])
def test_in_multi_assets_mode_what_is_held_counts_at_the_bid_rate_and_what_is_owed_at_the_ask_rate(
    wallet: str, counted: str
) -> None:
    report = evaluate(load_policy("binance-usdm"), multi_assets(wallet))
    # 10,000 and a profit of 1,000 USDT at 0.9998, and the ADA.
    assert report.pools[0].equity == Decimal("10997.8") + Decimal(counted)


def test_the_threshold_below_which_assets_are_exchanged_is_shown_where_it_is_given() -> None:
    document = documents.write(multi_assets("-10000.01"))
    policy = load_policy("binance-usdm")
    document["assets"][1]["autoAssetExchange"] = "-10000"
    below = evaluate(policy, documents.read(document, policy.inputs)).pools[0]
    document["assets"][1]["autoAssetExchange"] = "-10000.01"
    at = evaluate(policy, documents.read(document, policy.inputs)).pools[0]
    assert [dict(pool.figures)["auto_exchange"] for pool in (below, at)] == [True, False]


def test_the_liquidation_fee_is_that_of_the_exchange_information() -> None:
    described = {"symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT", "liquidationFee": "0.012500"}
    bitcoin, ether = imported(exchangeInfo={"symbols": [described]}).instruments
    assert bitcoin.inputs == {"liquidationFee": Decimal("0.0125")}
    assert ether.inputs == {}


def test_the_threshold_of_automatic_exchange_is_that_of_the_exchange_information() -> None:
    information = {
        "symbols": [],
        "assets": [
            {"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"},
            {"asset": "BNB", "marginAvailable": False, "autoAssetExchange": None},
        ],
    }
    assert imported(exchangeInfo=information).asset_by_name["USDT"].inputs == {"autoAssetExchange": Decimal(-10000)}
    assert imported().asset_by_name["USDT"].inputs == {}


def test_an_imported_account_can_be_written_as_an_account_document_and_read_again() -> None:
    state = imported(openOrders=order(positionSide="BOTH"), dualSidePosition=False)
    declared = load_policy("binance-usdm").inputs
    assert documents.read(documents.write(state), declared) == state


# ---------------------------------------------------------------- orders


def test_an_order_has_what_is_left_to_fill_and_mode_and_leverage_of_the_position() -> None:
    resting = imported(openOrders=order()).orders[0]
    assert (resting.side, resting.quantity, resting.price) == ("buy", Decimal("0.150"), Decimal(58000))
    assert (resting.margin_mode, resting.leverage, resting.reduce_only) == ("cross", Decimal(10), False)
    assert resting.inputs == {}


def test_an_order_printed_with_a_price_of_zero_has_none() -> None:
    assert imported(openOrders=order(type="MARKET", price="0")).orders[0].price is None


def test_an_order_on_a_symbol_without_position_has_the_settings_of_the_symbol() -> None:
    configuration = [{"symbol": "XRPUSDT", "marginType": "ISOLATED", "leverage": Decimal(3)}]
    state = imported(openOrders=order(symbol="XRPUSDT", price="0.5"), symbolConfig=configuration)
    assert (state.orders[0].margin_mode, state.orders[0].leverage) == ("isolated", Decimal(3))
    instrument = state.instrument_by_symbol["XRPUSDT"]
    assert (instrument.mark_price, instrument.tiers) == (None, None)


@pytest.mark.parametrize(
    ("position_side", "side", "reduces"),
    [("LONG", "SELL", True), ("LONG", "BUY", False), ("SHORT", "BUY", True), ("SHORT", "SELL", False)],
)
def test_in_hedge_mode_an_order_against_its_side_reduces_only(position_side: str, side: str, reduces: object) -> None:
    resting = imported(openOrders=order(positionSide=position_side, side=side)).orders[0]
    assert resting.reduce_only is reduces
    assert resting.inputs == {"positionSide": position_side}


@pytest.mark.parametrize("kind", ["STOP", "STOP_MARKET", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"])
def test_a_conditional_order_holds_no_margin_and_is_left_out(kind: str) -> None:
    assert imported(openOrders=order(type=kind, origQty="0", price="0")).orders == ()


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("changes", "pointer", "problem", "remedy"),
    [
        ({"/account": ABSENT}, "/account", "lacks account", "GET /fapi/v3/account as `account`"),
        ({"/positionRisk": ABSENT}, "/positionRisk", "lacks positionRisk", "GET /fapi/v3/positionRisk"),
        ({"/leverageBracket": ABSENT}, "/leverageBracket", "lacks leverageBracket", "GET /fapi/v1/leverageBracket"),
        ({"/leverageBracket/0": ABSENT}, f"{BTC}/symbol", "no brackets of BTCUSDT", "of all symbols"),
        ({f"{BTC}/markPrice": ABSENT}, f"{BTC}/markPrice", "positionRisk[0].markPrice", "GET /fapi/v3/positionRisk"),
        (WITHOUT_MARGIN, f"{BTC}/leverage", "positionRisk[0].leverage", "symbolConfig"),
        ({f"{BTC}/positionInitialMargin": "3050"}, f"{BTC}/leverage", "positionRisk[0].leverage", "symbolConfig"),
        (
            {f"{BTC}/isolatedWallet": ABSENT, f"{BTC}/isolatedMargin": ABSENT},
            f"{BTC}/marginType",
            "positionRisk[0].marginType",
            "symbolConfig",
        ),
        ({"/account/assets/0/asset": "USDC"}, "/account/assets", "no row of USDT", "whole"),
        ({f"{BTC}/marginAsset": "EUR"}, f"{BTC}/symbol", "cannot be told from its name", "exchangeInfo"),
        ({f"{BTC}/marginType": "portfolio"}, f"{BTC}/marginType", "`portfolio`", "`isolated`"),
        ({f"{BTC}/positionSide": "SHORT"}, f"{BTC}/positionAmt", "on the SHORT side", "negative"),
        ({f"{ETH}/symbol": "BTCUSDT"}, ETH, "BTCUSDT BOTH is listed twice", "once"),
        (
            {
                "/account/multiAssetsMargin": True,
                "/positionRisk/1": ABSENT,
                "/account/positions/1": ABSENT,
                "/account/assets/0/walletBalance": "10000",
            },
            "/assetIndex",
            "lacks assetIndex",
            "GET /fapi/v1/assetIndex",
        ),
        (
            {"/leverageBracket/0/brackets/1/notionalFloor": Decimal(60000)},
            "/leverageBracket/0/brackets/1/notionalFloor",
            "begins at 60000, but the one before ends at 50000",
            "GET /fapi/v1/leverageBracket",
        ),
        (
            {"/leverageBracket/0/brackets/1/maintMarginRatio": Decimal("1.5")},
            "/leverageBracket/0/brackets/1/maintMarginRatio",
            "must lie between 0 and 1",
            "GET /fapi/v1/leverageBracket",
        ),
        ({f"{ASSET}/openOrderInitialMargin": "1.5"}, "/openOrders", "lacks openOrders", "GET /fapi/v1/openOrders"),
        ({"/openOrders": order(price="-1")}, "/openOrders/0/price", "greater than zero", "GET /fapi/v1/openOrders"),
        ({"/leverageBracket/0/brackets": []}, "/leverageBracket/0/brackets", "is empty", "leverageBracket"),
        ({"/openOrders": order(executedQty="0.2")}, "/openOrders/0/executedQty", "nothing of origQty", "filled"),
        ({"/openOrders": order(side="HOLD")}, "/openOrders/0/side", "`HOLD`", "`buy` or `sell`"),
    ],
)
def test_what_is_missing_or_malformed_is_named_with_its_pointer_and_a_remedy(
    changes: dict[str, object], pointer: str, problem: str, remedy: str
) -> None:
    with pytest.raises(StateError) as raised:
        imported(changes)
    assert raised.value.pointer == pointer
    assert problem in raised.value.problem
    assert remedy in raised.value.remedy


@pytest.mark.parametrize(
    ("changes", "pointer", "problem"),
    [
        ({f"{BTC}/notional": "31000.01000000"}, f"{BTC}/notional", "positionAmt x markPrice is 31000"),
        ({f"{BTC}/unRealizedProfit": "1000.2"}, f"{BTC}/unRealizedProfit", "(markPrice - entryPrice) is 1000"),
        ({f"{BTC}/maintMargin": "155.0"}, f"{BTC}/maintMargin", "the bracket of leverageBracket gives 124"),
        ({f"{ETH}/isolatedWallet": "299.0"}, f"{ETH}/isolatedWallet", "isolatedMargin - unRealizedProfit is 300"),
        ({"/account/positions/0/positionAmt": "0.4"}, "/account/positions/0/positionAmt", "positionRisk has 0.5"),
        ({"/positionRisk/1": ABSENT}, "/account/positions/1/positionAmt", "ETHUSDT BOTH, but positionRisk has 0"),
        (
            {"/positionRisk/1": ABSENT, "/account/positions": ABSENT},
            "/account/assets/0/crossWalletBalance",
            "isolated wallets of positionRisk in USDT are 0",
        ),
        (
            {f"{ASSET}/openOrderInitialMargin": "1.5", "/openOrders": []},
            f"{ASSET}/openOrderInitialMargin",
            "openOrderInitialMargin is 1.5, but openOrders has no order",
        ),
        (
            {"/leverageBracket/0/brackets/1/cum": Decimal(60)},
            "/leverageBracket/0/brackets/1/cum",
            "tier 2 of BTCUSDT is 60, and 50 follows",
        ),
        ({"/dualSidePosition": True}, BTC, "dualSidePosition is true, but a position is open on the side BOTH"),
        (
            {"/account/positions": ABSENT, f"{ETH}/positionSide": "SHORT"},
            ETH,
            "open on the side SHORT, and another on BOTH",
        ),
        ({"/multiAssetsMargin": True}, ETH, "ETHUSDT is isolated, but multiAssetsMargin is true"),
        (
            {"/multiAssetsMargin": {"multiAssetsMargin": True}, "/account/multiAssetsMargin": False},
            "/multiAssetsMargin/multiAssetsMargin",
            "contradict each other",
        ),
    ],
)
def test_answers_that_contradict_each_other_are_refused(changes: dict[str, object], pointer: str, problem: str) -> None:
    with pytest.raises(StateError) as raised:
        imported(changes)
    assert raised.value.pointer == pointer
    assert problem in raised.value.problem


def test_a_notional_cut_at_its_last_printed_digit_is_no_contradiction() -> None:
    """The venue's own example prints 0.001 x 21123.05052574 as 21.12305052."""
    row = {
        "positionAmt": "0.001",
        "entryPrice": "22185.2",
        "markPrice": "21123.05052574",
        "unRealizedProfit": "-1.06214947",
        "notional": "21.12305052",
        "leverage": "4",
        "marginType": "cross",
    }
    changes: dict[str, object] = {f"{BTC}/{key}": value for key, value in row.items()}
    changes |= {"/account/positions": ABSENT, f"{BTC}/maintMargin": ABSENT}
    assert imported(changes).positions[0].quantity == Decimal("0.001")


def test_adjusted_brackets_are_refused_where_no_maintenance_margin_can_confirm_them() -> None:
    adjusted = {"/leverageBracket/0/notionalCoef": Decimal("1.5")}
    assert imported(adjusted) == imported()
    with pytest.raises(StateError, match=r"adjusted by 1\.5") as raised:
        imported({**adjusted, f"{BTC}/maintMargin": ABSENT})
    assert raised.value.pointer == "/leverageBracket/0/notionalCoef"


@pytest.mark.parametrize(
    ("bare", "what", "others"),
    [
        (PAYLOAD["positionRisk"][0], "one row of GET /fapi/v3/positionRisk", ("`account`", "`leverageBracket`")),
        (PAYLOAD["positionRisk"], "the answer of GET /fapi/v3/positionRisk", ("`account`", "`leverageBracket`")),
        (PAYLOAD["leverageBracket"], "the answer of GET /fapi/v1/leverageBracket", ("`account`", "`positionRisk`")),
        (PAYLOAD["account"], "the answer of GET /fapi/v3/account", ("`positionRisk`", "`leverageBracket`")),
        (PAYLOAD["account"]["assets"][0], "one row of `assets`", ("`positionRisk`", "`leverageBracket`")),
    ],
)
def test_a_bare_answer_or_row_is_told_what_else_is_needed_by_name(
    bare: object, what: str, others: tuple[str, str]
) -> None:
    with pytest.raises(StateError) as raised:
        read(bare)
    assert what in raised.value.problem
    assert all(other in raised.value.remedy for other in others)
