"""Binance COIN-M payloads, written here in the documented form; published figures are restated with their source."""

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from marginrules.account import documents
from marginrules.account.state import AccountState, StateError
from marginrules.engine.evaluate import evaluate
from marginrules.policy.catalogue import load_policy
from marginrules.venues.binance_coinm import read
from tests.venues.payloads import ABSENT, changed


def brackets(symbol: str, *rows: tuple[str, str, str, str, str], **members: object) -> dict[str, Any]:
    keys = ("qtylFloor", "qtyCap", "maintMarginRatio", "cum", "initialLeverage")
    return {
        "symbol": symbol,
        "brackets": [
            {"bracket": Decimal(number), **{key: Decimal(cell) for key, cell in zip(keys, row, strict=True)}}
            for number, row in enumerate(rows, start=1)
        ],
        **members,
    }


def contract(symbol: str, base: str, size: str) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "pair": f"{base}USD",
        "contractSize": Decimal(size),
        "baseAsset": base,
        "quoteAsset": "USD",
        "marginAsset": base,
        "filters": [
            {"filterType": "PRICE_FILTER", "tickSize": "0.1"},
            {"filterType": "LOT_SIZE", "stepSize": "1"},
        ],
    }


# An account made up for these tests: BTC long, cross, 400 contracts of 100 USD, and ETH short, isolated, 250 of 10 USD.
PAYLOAD: dict[str, Any] = {
    "account": {
        "assets": [
            {"asset": "BTC", "walletBalance": "0.50000000", "crossWalletBalance": "0.50000000"},
            {"asset": "ETH", "walletBalance": "2.10000000", "crossWalletBalance": "2.00000000"},
            {"asset": "BNB", "walletBalance": "0.00000000", "crossWalletBalance": "0.00000000"},
        ],
        "positions": [
            {
                "symbol": "BTCUSD_PERP",
                "positionSide": "BOTH",
                "positionAmt": "400",
                "leverage": "20",
                "isolated": False,
                "maintMargin": "0.00320000",
                "positionInitialMargin": "0.04000000",
            },
            {
                "symbol": "ETHUSD_PERP",
                "positionSide": "BOTH",
                "positionAmt": "-250",
                "leverage": "10",
                "isolated": True,
                "maintMargin": "0.00625000",
                "positionInitialMargin": "0.12500000",
            },
        ],
    },
    "positionRisk": [
        {
            "symbol": "BTCUSD_PERP",
            "positionSide": "BOTH",
            "positionAmt": "400",
            "entryPrice": "40000.0",
            "markPrice": "50000.00000000",
            "unRealizedProfit": "0.20000000",
            "leverage": "20",
            "marginType": "cross",
            "isolatedMargin": "0.00000000",
            "isAutoAddMargin": "false",
            "notionalValue": "0.8",
            "isolatedWallet": "0",
        },
        {
            "symbol": "ETHUSD_PERP",
            "positionSide": "BOTH",
            "positionAmt": "-250",
            "entryPrice": "2500.0",
            "markPrice": "2000.00000000",
            "unRealizedProfit": "0.25000000",
            "leverage": "10",
            "marginType": "isolated",
            "isolatedMargin": "0.35000000",
            "isAutoAddMargin": "true",
            "notionalValue": "-1.25",
            "isolatedWallet": "0.10000000",
        },
    ],
    "leverageBracket": [
        brackets("BTCUSD_PERP", ("0", "5", "0.004", "0", "125"), ("5", "10", "0.005", "0.005", "100")),
        brackets("ETHUSD_PERP", ("0", "15", "0.005", "0", "100")),
    ],
    "exchangeInfo": {"symbols": [contract("BTCUSD_PERP", "BTC", "100"), contract("ETHUSD_PERP", "ETH", "10")]},
}
BTC = "/positionRisk/0"
ASSET = "/account/assets/0"
ETH = "/positionRisk/1"
SAME_BTC = "/account/positions/0"


def imported(changes: dict[str, object] | None = None, **answers: object) -> AccountState:
    """The account of the payload with other values at some JSON pointers, and further answers."""
    return read(changed(PAYLOAD, changes, **answers))


def order(**members: object) -> list[dict[str, object]]:
    resting: dict[str, object] = {
        "symbol": "BTCUSD_PERP",
        "pair": "BTCUSD",
        "side": "BUY",
        "type": "LIMIT",
        "origQty": "50",
        "executedQty": "20",
        "price": "45000",
        "reduceOnly": False,
        "positionSide": "BOTH",
        "orderId": Decimal(42),
    }
    return [{**resting, **members}]


# ---------------------------------------------------------------- published figures


def published_sample(**members: object) -> dict[str, Any]:
    """One long contract of BTCUSD_201225, as the API documentation's sample of GET /dapi/v1/positionRisk prints it.

    Wallet, margin type, bracket and contract description, which the sample lacks, are made up.
    """
    row = {
        "symbol": "BTCUSD_201225",
        "positionAmt": "1",
        "positionSide": "LONG",
        "entryPrice": "11707.70000003",
        "markPrice": "11788.66626667",
        "unRealizedProfit": "0.00005866",
        "leverage": "125",
        "maxQty": "50",
        "notionalValue": "0.00084827",
        "marginType": "cross",
    }
    return {
        "account": {"assets": [{"asset": "BTC", "walletBalance": "1000"}]},
        "positionRisk": [{**row, **members}],
        "leverageBracket": [brackets("BTCUSD_201225", ("0", "5", "0.004", "0", "125"))],
        "exchangeInfo": {"symbols": [contract("BTCUSD_201225", "BTC", "100")]},
    }


def test_the_documented_sample_of_a_position_gives_its_profit() -> None:
    report = evaluate(load_policy("binance-coinm"), read(published_sample()))
    profit = report.positions[0].unrealized_pnl
    assert isinstance(profit, Decimal)
    assert abs(profit - Decimal("0.00005866")) <= Decimal("0.00000001")


def test_the_figures_of_the_venues_thread_give_the_liquidation_price_of_its_calculator() -> None:
    """Binance developer community, topic 6292: 33599.40 for 10,000,000 USD at 45,000, 101 BTC, 12.5 % and 11.605."""
    payload = published_sample(
        positionAmt="100000",
        entryPrice="45000",
        markPrice="45000",
        unRealizedProfit="0",
        notionalValue="222.22222222",
        leverage="10",
    )
    payload["account"]["assets"][0]["walletBalance"] = "101"
    payload["leverageBracket"] = [brackets("BTCUSD_201225", ("0", "1000", "0.125", "11.605", "4"))]
    price = evaluate(load_policy("binance-coinm"), read(payload)).positions[0].liquidation_price
    assert isinstance(price, Decimal)
    assert abs(price - Decimal("33599.40")) <= Decimal("0.05")


# ---------------------------------------------------------------- what is read


def test_balances_are_wallet_balances_and_coins_without_any_are_left_out() -> None:
    balances = [(balance.asset, balance.wallet_balance) for balance in imported().balances]
    assert balances == [("BTC", Decimal("0.5")), ("ETH", Decimal("2.1"))]


def test_quantity_counts_contracts_whose_size_is_that_of_the_exchange_information() -> None:
    bitcoin, ether = imported().positions
    assert (bitcoin.id, bitcoin.quantity, ether.quantity) == ("BTCUSD_PERP", Decimal(400), Decimal(-250))
    instruments = imported().instruments
    assert [instrument.contract_size for instrument in instruments] == [Decimal(100), Decimal(10)]
    assert {instrument.contract for instrument in instruments} == {"inverse"}


def test_base_quote_settlement_coin_and_steps_are_those_of_the_exchange_information() -> None:
    instrument = imported().instruments[0]
    assert (instrument.base, instrument.quote, instrument.settle) == ("BTC", "USD", "BTC")
    assert (instrument.tick_size, instrument.quantity_step) == (Decimal("0.1"), Decimal(1))


def test_prices_mode_and_leverage_are_those_of_the_row() -> None:
    bitcoin, ether = imported().positions
    assert (bitcoin.entry_price, bitcoin.margin_mode, bitcoin.leverage) == (Decimal(40000), "cross", Decimal(20))
    assert (ether.margin_mode, ether.leverage) == ("isolated", Decimal(10))
    assert imported().instruments[0].mark_price == Decimal(50000)


def test_mode_and_leverage_that_the_row_lacks_are_those_of_the_account() -> None:
    changes: dict[str, object] = {f"{row}/{key}": ABSENT for row in (BTC, ETH) for key in ("marginType", "leverage")}
    assert imported(changes) == imported()


def test_assigned_margin_is_the_isolated_wallet() -> None:
    assert [position.assigned_margin for position in imported().positions] == [None, Decimal("0.1")]


def test_without_an_isolated_wallet_assigned_margin_is_the_isolated_margin_less_the_profit() -> None:
    assert imported({f"{ETH}/isolatedWallet": ABSENT}).positions[1].assigned_margin == Decimal("0.1")


def test_automatic_margin_addition_is_read_where_it_is_given() -> None:
    assert [position.auto_add_margin for position in imported().positions] == [False, True]
    assert imported({f"{ETH}/isAutoAddMargin": ABSENT}).positions[1].auto_add_margin is None


def test_brackets_are_the_tiers_in_the_base_coin() -> None:
    instrument = imported().instruments[0]
    assert instrument.tiers is not None
    assert instrument.tiers.columns == ("above", "maintenance_rate", "maintenance_amount", "max_leverage")
    assert instrument.tiers.rows[1] == (Decimal(5), Decimal("0.005"), Decimal("0.005"), Decimal(100))
    assert instrument.max_leverage == Decimal(125)


def test_the_lower_edge_of_a_bracket_may_be_spelt_as_other_answers_of_the_venue_spell_it() -> None:
    respelt: dict[str, object] = {
        f"/leverageBracket/{symbol}/brackets/{row}": {
            **{key: cell for key, cell in bracket.items() if key != "qtylFloor"},
            "qtyFloor": bracket["qtylFloor"],
        }
        for symbol, listed in enumerate(PAYLOAD["leverageBracket"])
        for row, bracket in enumerate(listed["brackets"])
    }
    assert imported(respelt) == imported()


def test_a_position_of_size_zero_is_no_position() -> None:
    empty = {"symbol": "XRPUSD_PERP", "positionSide": "BOTH", "positionAmt": "0", "entryPrice": "0.0"}
    state = imported(positionRisk=[*PAYLOAD["positionRisk"], empty])
    assert [position.id for position in state.positions] == ["BTCUSD_PERP", "ETHUSD_PERP"]


def test_both_sides_of_a_symbol_are_two_positions_named_by_their_sides() -> None:
    long, short = copy.deepcopy(PAYLOAD["positionRisk"][0]), copy.deepcopy(PAYLOAD["positionRisk"][0])
    long["positionSide"] = "LONG"
    short |= {"positionSide": "SHORT", "positionAmt": "-400", "unRealizedProfit": "-0.20000000"}
    state = imported({"/account/positions": ABSENT, "/account/assets/1/walletBalance": "2"}, positionRisk=[long, short])
    assert [position.id for position in state.positions] == ["BTCUSD_PERP:LONG", "BTCUSD_PERP:SHORT"]
    assert state.account.inputs == {"dualSidePosition": True}
    assert [instrument.symbol for instrument in state.instruments] == ["BTCUSD_PERP"]


def test_the_time_is_that_of_the_server() -> None:
    moment = datetime(2025, 11, 30, 12, 35, 45, 684000, UTC)
    assert imported(time={"serverTime": Decimal(1764506145684)}).account.as_of == moment
    assert imported().account.as_of is None


def test_hedge_mode_is_read_where_it_is_given() -> None:
    assert imported().account.inputs == {}
    assert imported(dualSidePosition=False).account.inputs == {"dualSidePosition": False}
    assert imported(dualSidePosition={"dualSidePosition": False}).account.inputs == {"dualSidePosition": False}


def test_the_liquidation_fee_is_that_of_the_exchange_information() -> None:
    bitcoin, ether = imported({"/exchangeInfo/symbols/0/liquidationFee": "0.010000"}).instruments
    assert bitcoin.inputs == {"liquidationFee": Decimal("0.01")}
    assert ether.inputs == {}


def test_an_imported_account_can_be_written_as_an_account_document_and_read_again() -> None:
    state = imported({"/exchangeInfo/symbols/0/liquidationFee": "0.01"}, openOrders=order(), dualSidePosition=False)
    assert documents.read(documents.write(state), load_policy("binance-coinm").inputs) == state


def test_every_coin_is_a_pool_of_its_own() -> None:
    pools = {pool.id: pool.equity for pool in evaluate(load_policy("binance-coinm"), imported()).pools}
    assert pools == {
        "cross/BTC": Decimal("0.7"),
        "cross/ETH": Decimal(2),
        "isolated/ETHUSD_PERP": Decimal("0.35"),
    }


# ---------------------------------------------------------------- orders


def test_an_order_has_what_is_left_to_fill_and_mode_and_leverage_of_the_position() -> None:
    resting = imported(openOrders=order()).orders[0]
    assert (resting.id, resting.side, resting.quantity, resting.price) == ("42", "buy", Decimal(30), Decimal(45000))
    assert (resting.margin_mode, resting.leverage, resting.reduce_only) == ("cross", Decimal(20), False)


def test_an_order_printed_with_a_price_of_zero_has_none() -> None:
    assert imported(openOrders=order(type="MARKET", price="0")).orders[0].price is None


def test_an_order_on_a_symbol_without_position_has_the_settings_of_its_row() -> None:
    empty = {
        "symbol": "XRPUSD_PERP",
        "positionSide": "BOTH",
        "positionAmt": "0",
        "markPrice": "0.6",
        "marginType": "isolated",
        "leverage": "3",
    }
    state = imported(
        {
            "/account/assets/2/asset": "XRP",
            "/exchangeInfo/symbols": [*PAYLOAD["exchangeInfo"]["symbols"], contract("XRPUSD_PERP", "XRP", "10")],
        },
        positionRisk=[*PAYLOAD["positionRisk"], empty],
        openOrders=order(symbol="XRPUSD_PERP", price="0.5"),
    )
    assert (state.orders[0].margin_mode, state.orders[0].leverage) == ("isolated", Decimal(3))
    instrument = state.instrument_by_symbol["XRPUSD_PERP"]
    assert (instrument.mark_price, instrument.contract_size, instrument.tiers) == (Decimal("0.6"), Decimal(10), None)
    assert [balance.asset for balance in state.balances] == ["BTC", "ETH", "XRP"]


@pytest.mark.parametrize(
    ("position_side", "side", "reduces"),
    [("LONG", "SELL", True), ("LONG", "BUY", False), ("SHORT", "BUY", True), ("SHORT", "SELL", False)],
)
def test_in_hedge_mode_an_order_against_its_side_reduces_only(position_side: str, side: str, reduces: object) -> None:
    resting = imported(openOrders=order(positionSide=position_side, side=side)).orders[0]
    assert resting.reduce_only is reduces
    assert resting.inputs == {"positionSide": position_side}


def test_an_order_takes_the_margin_that_the_policy_asks_for() -> None:
    """30 contracts of 100 USD at 45,000, on top of a long of 0.8 BTC at 20x."""
    pools = {
        pool.id: pool.initial_margin
        for pool in evaluate(load_policy("binance-coinm"), imported(openOrders=order())).pools
    }
    margin = pools["cross/BTC"]
    assert isinstance(margin, Decimal)
    assert abs(margin - Decimal("0.04333333333333333333")) < Decimal("1e-18")


@pytest.mark.parametrize("kind", ["STOP", "STOP_MARKET", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"])
def test_a_conditional_order_holds_no_margin_and_is_left_out(kind: str) -> None:
    assert imported(openOrders=order(type=kind, origQty="0", price="0")).orders == ()


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("changes", "pointer", "problem", "remedy"),
    [
        ({"/account": ABSENT}, "/account", "lacks account", "GET /dapi/v1/account as `account`"),
        ({"/positionRisk": ABSENT}, "/positionRisk", "lacks positionRisk", "GET /dapi/v1/positionRisk"),
        ({"/leverageBracket": ABSENT}, "/leverageBracket", "lacks leverageBracket", "GET /dapi/v2/leverageBracket"),
        ({"/exchangeInfo": ABSENT}, "/exchangeInfo", "lacks exchangeInfo", "GET /dapi/v1/exchangeInfo"),
        ({"/leverageBracket/0": ABSENT}, f"{BTC}/symbol", "leverageBracket has no row of BTCUSD_PERP", "all symbols"),
        (
            {"/exchangeInfo/symbols/0": ABSENT},
            f"{BTC}/symbol",
            "exchangeInfo has no row of BTCUSD_PERP",
            "exchangeInfo",
        ),
        (
            {"/exchangeInfo/symbols/0/contractSize": ABSENT},
            "/exchangeInfo/symbols/0/contractSize",
            "lacks exchangeInfo.symbols[0].contractSize",
            "GET /dapi/v1/exchangeInfo",
        ),
        ({f"{BTC}/markPrice": ABSENT}, f"{BTC}/markPrice", "positionRisk[0].markPrice", "GET /dapi/v1/positionRisk"),
        (
            {f"{BTC}/leverage": ABSENT, f"{SAME_BTC}/leverage": ABSENT},
            f"{BTC}/leverage",
            "positionRisk[0].leverage",
            "GET /dapi/v1/positionRisk",
        ),
        (
            {f"{BTC}/marginType": ABSENT, f"{SAME_BTC}/isolated": ABSENT},
            f"{BTC}/marginType",
            "positionRisk[0].marginType",
            "GET /dapi/v1/positionRisk",
        ),
        (
            {f"{ETH}/isolatedWallet": ABSENT, f"{ETH}/isolatedMargin": ABSENT},
            f"{ETH}/isolatedMargin",
            "positionRisk[1].isolatedMargin",
            "GET /dapi/v1/positionRisk",
        ),
        ({"/account/assets/0/asset": "ADA"}, "/account/assets", "no row of BTC", "whole"),
        ({f"{BTC}/marginType": "portfolio"}, f"{BTC}/marginType", "`portfolio`", "`isolated`"),
        ({f"{BTC}/positionSide": "SHORT"}, f"{BTC}/positionAmt", "on the SHORT side", "negative"),
        ({f"{ETH}/symbol": "BTCUSD_PERP"}, ETH, "BTCUSD_PERP BOTH is listed twice", "once"),
        (
            {"/leverageBracket/0": {"pair": "BTCUSD", "brackets": []}},
            "/leverageBracket/0/symbol",
            "lacks leverageBracket[0].symbol",
            "GET /dapi/v2/leverageBracket",
        ),
        (
            {"/leverageBracket/0/brackets/1/qtylFloor": Decimal(6)},
            "/leverageBracket/0/brackets/1/qtylFloor",
            "begins at 6, but the one before ends at 5",
            "GET /dapi/v2/leverageBracket",
        ),
        (
            {"/leverageBracket/0/brackets/1/maintMarginRatio": Decimal("1.5")},
            "/leverageBracket/0/brackets/1/maintMarginRatio",
            "must lie between 0 and 1",
            "GET /dapi/v2/leverageBracket",
        ),
        ({"/leverageBracket/0/brackets": []}, "/leverageBracket/0/brackets", "is empty", "leverageBracket"),
        ({f"{ASSET}/openOrderInitialMargin": "1.5"}, "/openOrders", "lacks openOrders", "GET /dapi/v1/openOrders"),
        ({"/openOrders": order(price="-1")}, "/openOrders/0/price", "greater than zero", "GET /dapi/v1/openOrders"),
        ({"/openOrders": order(executedQty="50")}, "/openOrders/0/executedQty", "nothing of origQty", "filled"),
        ({"/openOrders": order(side="HOLD")}, "/openOrders/0/side", "`HOLD`", "`buy` or `sell`"),
        (
            {"/openOrders": order(symbol="NOPE")},
            "/openOrders/0/symbol",
            "exchangeInfo has no row of NOPE",
            "exchangeInfo",
        ),
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
        (
            {f"{BTC}/unRealizedProfit": "0.21000000"},
            f"{BTC}/unRealizedProfit",
            "(1 / entryPrice - 1 / markPrice) is 0.2",
        ),
        ({"/exchangeInfo/symbols/0/contractSize": Decimal(10)}, f"{BTC}/unRealizedProfit", "is 0.02"),
        (
            {f"{BTC}/notionalValue": "99999.00000000"},
            f"{BTC}/notionalValue",
            "notionalValue is 99999",
        ),
        (
            {f"{BTC}/unRealizedProfit": ABSENT, f"{BTC}/notionalValue": "0.81000000"},
            f"{BTC}/notionalValue",
            "positionAmt x contractSize / markPrice is 0.8",
        ),
        (
            {f"{SAME_BTC}/maintMargin": "0.00400000"},
            f"{SAME_BTC}/maintMargin",
            "positionInitialMargin x leverage is 0.0032",
        ),
        ({f"{ETH}/isolatedWallet": "0.2"}, f"{ETH}/isolatedWallet", "isolatedMargin - unRealizedProfit is 0.1"),
        ({f"{SAME_BTC}/positionAmt": "300"}, f"{SAME_BTC}/positionAmt", "positionRisk has 400"),
        ({f"{SAME_BTC}/leverage": "10"}, f"{BTC}/leverage", "contradict each other"),
        (
            {f"{ASSET}/openOrderInitialMargin": "1.5", "/openOrders": []},
            f"{ASSET}/openOrderInitialMargin",
            "openOrderInitialMargin is 1.5, but openOrders has no order",
        ),
        ({"/dualSidePosition": True}, BTC, "dualSidePosition is true, but a position is open on the side BOTH"),
        (
            {"/account/positions": ABSENT, f"{ETH}/positionSide": "SHORT"},
            ETH,
            "open on the side SHORT, and another on BOTH",
        ),
        ({f"{SAME_BTC}/isolated": True}, f"{BTC}/marginType", "account.positions[0].isolated says isolated"),
        ({ETH: ABSENT}, "/account/positions/1/positionAmt", "ETHUSD_PERP BOTH, but positionRisk has 0"),
        (
            {ETH: ABSENT, "/account/positions": ABSENT},
            "/account/assets/1/crossWalletBalance",
            "isolated wallets of positionRisk in ETH are 0",
        ),
    ],
)
def test_answers_that_contradict_each_other_are_refused(changes: dict[str, object], pointer: str, problem: str) -> None:
    with pytest.raises(StateError) as raised:
        imported(changes)
    assert raised.value.pointer == pointer
    assert problem in raised.value.problem


def test_a_value_that_only_the_profit_can_confirm_is_compared_where_the_profit_is_too_small() -> None:
    """The documented sample prints a tenth of the value beside a right profit; without a profit it is refused."""
    assert read(published_sample()).positions[0].quantity == 1
    with pytest.raises(StateError, match=r"notionalValue is 0\.00084827") as raised:
        read(published_sample(entryPrice="11788.66626667", unRealizedProfit="0"))
    assert raised.value.pointer == "/positionRisk/0/notionalValue"


def test_adjusted_brackets_are_refused_where_no_maintenance_margin_can_confirm_them() -> None:
    adjusted: dict[str, object] = {"/leverageBracket/0/notionalCoef": Decimal("1.5")}
    assert imported(adjusted) == imported()
    with pytest.raises(StateError, match=r"adjusted by 1\.5") as raised:
        imported({**adjusted, f"{SAME_BTC}/maintMargin": ABSENT})
    assert raised.value.pointer == "/leverageBracket/0/notionalCoef"


@pytest.mark.parametrize(
    ("bare", "what", "others"),
    [
        (PAYLOAD["positionRisk"][0], "one row of GET /dapi/v1/positionRisk", ("`account`", "`exchangeInfo`")),
        (PAYLOAD["positionRisk"], "the answer of GET /dapi/v1/positionRisk", ("`account`", "`leverageBracket`")),
        (PAYLOAD["leverageBracket"], "the answer of GET /dapi/v2/leverageBracket", ("`account`", "`positionRisk`")),
        (PAYLOAD["account"], "the answer of GET /dapi/v1/account", ("`positionRisk`", "`leverageBracket`")),
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
