"""Bitget payloads, written here in the documented form; published figures are restated with their source."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from marginrules.account.state import AccountState, StateError
from marginrules.engine.evaluate import evaluate
from marginrules.policy.catalogue import load_policy
from marginrules.venues import IMPORTERS
from marginrules.venues.bitget import read
from tests.venues.payloads import ABSENT, changed


def tiers(symbol: str, *rows: tuple[str, str, str, str]) -> list[dict[str, Any]]:
    return [
        {
            "symbol": symbol,
            "level": str(number),
            "startUnit": start,
            "endUnit": end,
            "leverage": leverage,
            "keepMarginRate": rate,
        }
        for number, (start, end, rate, leverage) in enumerate(rows, start=1)
    ]


def contract(symbol: str, base: str, quote: str) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "baseCoin": base,
        "quoteCoin": quote,
        "takerFeeRate": "0.0006",
        "makerFeeRate": "0.0002",
        "supportMarginCoins": [quote],
        "sizeMultiplier": "0.001",
        "pricePlace": "1",
        "priceEndStep": "5",
        "maxLever": "125",
    }


def framed(rows: object, **members: object) -> dict[str, Any]:
    return {"code": "00000", "msg": "success", "data": rows, **members}


# An account made up for these tests: BTCUSDT short, cross, 2 BTC; ETHUSDT long, isolated, 5 ETH.
PAYLOAD: dict[str, Any] = {
    "accounts": [
        {
            "marginCoin": "USDT",
            "locked": "0",
            "available": "49000.00",
            "crossedMaxAvailable": "31000.00",
            "maxTransferOut": "29000.00",
            "accountEquity": "52500.00",
            "unrealizedPL": "2500.00",
            "crossedUnrealizedPL": "2000.00",
            "isolatedUnrealizedPL": "500.00",
            "isolatedMargin": "1000.00",
            "crossedMargin": "20000.00",
            "assetMode": "single",
        }
    ],
    "positions": [
        {
            "marginCoin": "USDT",
            "symbol": "BTCUSDT",
            "holdSide": "short",
            "marginSize": "20000.00",
            "total": "2.000",
            "leverage": "10",
            "openPriceAvg": "100000.00",
            "marginMode": "crossed",
            "posMode": "one_way_mode",
            "unrealizedPL": "2000.00",
            "keepMarginRate": "0.005",
            "markPrice": "99000.00",
            "assetMode": "single",
        },
        {
            "marginCoin": "USDT",
            "symbol": "ETHUSDT",
            "holdSide": "long",
            "marginSize": "1000.00",
            "total": "5.00",
            "leverage": "20",
            "openPriceAvg": "4000.00",
            "marginMode": "isolated",
            "posMode": "one_way_mode",
            "unrealizedPL": "500.00",
            "keepMarginRate": "0.005",
            "markPrice": "4100.00",
            "autoMargin": "off",
        },
    ],
    "contracts": [
        contract("BTCUSDT", "BTC", "USDT"),
        contract("ETHUSDT", "ETH", "USDT"),
        contract("XRPUSDT", "XRP", "USDT"),
    ],
    "positionTiers": [
        *tiers("BTCUSDT", ("0", "150000", "0.004", "125"), ("150000", "600000", "0.005", "100")),
        *tiers("ETHUSDT", ("0", "200000", "0.005", "100")),
        *tiers("XRPUSDT", ("0", "50000", "0.01", "50")),
    ],
}
ACCOUNT = "/accounts/0"
BTC = "/positions/0"
ETH = "/positions/1"


def imported(changes: dict[str, object] | None = None, **answers: object) -> AccountState:
    """The account of the payload with other values at some JSON pointers, and further answers."""
    return read(changed(PAYLOAD, changes, **answers))


def order(**members: object) -> dict[str, object]:
    resting: dict[str, object] = {
        "orderId": "1111",
        "symbol": "XRPUSDT",
        "size": "300",
        "baseVolume": "100",
        "price": "2.5",
        "side": "sell",
        "posSide": "net",
        "tradeSide": "sell_single",
        "posMode": "one_way_mode",
        "reduceOnly": "NO",
        "status": "partially_filled",
        "marginMode": "crossed",
        "marginCoin": "USDT",
        "leverage": "5",
    }
    return {"entrustedList": [{**resting, **members}], "endId": "1111"}


def refused(changes: dict[str, object] | None = None, **answers: object) -> StateError:
    with pytest.raises(StateError) as found:
        imported(changes, **answers)
    return found.value


# ---------------------------------------------------------------- what is read


def test_it_is_listed_under_its_name() -> None:
    assert IMPORTERS["bitget"].read is read


def test_the_balance_is_the_equity_without_profit() -> None:
    assert [(balance.asset, balance.wallet_balance) for balance in imported().balances] == [("USDT", Decimal(50000))]


@pytest.mark.parametrize(
    "blank",
    [
        pytest.param({f"{ACCOUNT}/unrealizedPL": ""}, id="both parts"),
        pytest.param({f"{ACCOUNT}/unrealizedPL": "", f"{ACCOUNT}/crossedUnrealizedPL": ""}, id="the positions"),
    ],
)
def test_a_profit_that_the_account_leaves_empty_is_taken_elsewhere(blank: dict[str, object]) -> None:
    assert imported(blank).balances[0].wallet_balance == Decimal(50000)


def test_a_short_has_a_negative_quantity() -> None:
    btc = imported().positions[0]
    assert (btc.quantity, btc.margin_mode, btc.leverage, btc.assigned_margin) == (
        Decimal(-2),
        "cross",
        Decimal(10),
        None,
    )


def test_an_isolated_position_has_its_margin_assigned() -> None:
    eth = imported().positions[1]
    assert (eth.margin_mode, eth.assigned_margin, eth.auto_add_margin) == ("isolated", Decimal(1000), False)


def test_the_frame_of_an_answer_is_taken_off_and_has_the_time() -> None:
    framed_answers: dict[str, Any] = {
        "accounts": framed(PAYLOAD["accounts"], requestTime=Decimal(1795737600000)),
        "positions": framed(PAYLOAD["positions"]),
        "contracts": [framed(PAYLOAD["contracts"][:2]), framed(PAYLOAD["contracts"][2:])],
        "positionTiers": [framed(PAYLOAD["positionTiers"][:2]), framed(PAYLOAD["positionTiers"][2:])],
    }
    state = imported(**framed_answers)
    assert state.account.as_of == datetime(2026, 11, 27, tzinfo=UTC)
    assert state.positions == imported().positions


def test_the_asset_mode_is_that_of_the_account() -> None:
    assert imported().account.inputs == {"assetMode": "single"}


def test_the_figures_of_the_account_follow() -> None:
    report = evaluate(load_policy("bitget"), imported())
    pools = {pool.id: pool for pool in report.pools}
    cross = pools["cross/USDT"]
    # 50,000 less the 1,000 of ETH, and 2,000 of profit; 150,000 at 0.4 %, 48,000 at 0.5 %, the fee on 198,000.
    assert (cross.equity, cross.initial_margin, cross.maintenance_margin) == (
        Decimal(51000),
        Decimal(20000),
        Decimal("958.8"),
    )
    assert pools["isolated/ETHUSDT"].equity == Decimal(1500)
    assert [entry.amount for entry in report.idle_equity] == [Decimal(31000)]


def test_the_last_price_step_has_its_places() -> None:
    assert imported().instrument_by_symbol["BTCUSDT"].tick_size == Decimal("0.5")


def test_a_resting_order_is_what_is_left_of_it() -> None:
    prices = [{"symbol": "XRPUSDT", "markPrice": "2.4", "indexPrice": "2.41"}]
    state = imported(orders=order(), symbolPrices=prices)
    resting = state.orders[0]
    assert (resting.side, resting.quantity, resting.price, resting.reduce_only) == (
        "sell",
        Decimal(200),
        Decimal("2.5"),
        False,
    )
    assert (resting.margin_mode, resting.leverage) == ("cross", Decimal(5))
    assert state.instrument_by_symbol["XRPUSDT"].mark_price == Decimal("2.4")


def test_no_orders_are_an_answer_too() -> None:
    assert imported(orders=framed({"entrustedList": None, "endId": None})).orders == ()


@pytest.mark.parametrize(
    ("position_side", "trade_side", "side", "reduces"),
    [
        ("long", "open", "buy", False),
        ("long", "close", "sell", True),
        ("short", "open", "sell", False),
        ("short", "close", "buy", True),
    ],
)
def test_in_hedge_mode_the_side_that_is_opened_or_closed_decides(
    position_side: str, trade_side: str, side: str, *, reduces: bool
) -> None:
    given = order(posMode="hedge_mode", posSide=position_side, tradeSide=trade_side, side="buy")
    resting = imported(orders=given).orders[0]
    assert (resting.side, resting.reduce_only) == (side, reduces)


def test_both_sides_of_a_symbol_are_two_positions() -> None:
    long = {**PAYLOAD["positions"][0], "holdSide": "long", "unrealizedPL": "-2000.00"}
    changes: dict[str, object] = {
        f"{ACCOUNT}/unrealizedPL": "500.00",
        f"{ACCOUNT}/crossedUnrealizedPL": "0.00",
        f"{ACCOUNT}/accountEquity": "50500.00",
    }
    state = imported(changes, positions=[*PAYLOAD["positions"], long])
    assert [position.id for position in state.positions] == ["BTCUSDT:SHORT", "ETHUSDT", "BTCUSDT:LONG"]


def union() -> dict[str, Any]:
    """The account in multi-asset mode: its short alone, 0.1 BTC beside the USDT."""
    coins = [{"coin": "USDT", "balance": "50000"}, {"coin": "BTC", "balance": "0.1"}, {"coin": "BGB", "balance": "0"}]
    account = {"marginCoin": "USDT", "unrealizedPL": "2000.00", "assetMode": "union", "assetList": coins}
    row = {**PAYLOAD["positions"][0], "marginSize": "19800.00", "assetMode": "union"}
    return {
        "accounts": [account],
        "positions": [row],
        "symbolPrices": [{"symbol": "BTCUSDT", "markPrice": "99000", "indexPrice": "99100"}],
        "haircutRates": {"BTC": "0.975"},
    }


def test_multi_asset_mode_has_its_coins_at_index_price_and_haircut() -> None:
    state = imported(**union())
    assert {balance.asset: balance.wallet_balance for balance in state.balances} == {
        "USDT": Decimal(50000),
        "BTC": Decimal("0.1"),
    }
    cross = evaluate(load_policy("bitget"), state).pools[0]
    assert (cross.equity, cross.initial_margin) == (Decimal("61662.25"), Decimal(19800))


def coin_margined(**members: object) -> dict[str, Any]:
    """A long of 1 BTC on BTCUSD, entered at 20,000 and now at 25,000."""
    row = {
        "marginCoin": "BTC",
        "symbol": "BTCUSD",
        "holdSide": "long",
        "marginSize": "0.1",
        "total": "1.000",
        "leverage": "10",
        "openPriceAvg": "20000.00",
        "marginMode": "isolated",
        "unrealizedPL": "0.2",
        "markPrice": "25000.00",
        **members,
    }
    account = {"marginCoin": "BTC", "accountEquity": "2.2", "unrealizedPL": "0.2", "assetMode": "single"}
    return {
        "accounts": [*PAYLOAD["accounts"], account],
        "positions": [*PAYLOAD["positions"], row],
        "contracts": [*PAYLOAD["contracts"], contract("BTCUSD", "BTC", "USD")],
        "positionTiers": [*PAYLOAD["positionTiers"], *tiers("BTCUSD", ("0", "100", "0.004", "100"))],
    }


@pytest.mark.parametrize("size", ["1.000", "20000"])
def test_the_printed_profit_says_the_unit_of_a_coin_margined_size(size: str) -> None:
    state = imported(**coin_margined(total=size))
    long = next(position for position in state.positions if position.symbol == "BTCUSD")
    assert (state.instrument_by_symbol["BTCUSD"].contract, long.quantity) == ("inverse", Decimal(20000))


def test_a_coin_margined_size_whose_unit_is_not_told_is_refused() -> None:
    found = refused(**coin_margined(markPrice="20000.00", unrealizedPL="0"))
    assert found.pointer == "/positions/2/unrealizedPL"


def test_an_order_on_a_coin_margined_contract_has_the_unit_of_its_position() -> None:
    given = order(symbol="BTCUSD", marginCoin="BTC", size="0.5", baseVolume="0", price="19000")
    assert imported(orders=given, **coin_margined()).orders[0].quantity == Decimal(9500)


def test_published_figures_of_a_position() -> None:
    # Bitget API, sample answer of GET /api/v2/mix/position/all-position.
    row = {
        "marginCoin": "USDT",
        "symbol": "BTCUSDT",
        "holdSide": "long",
        "marginSize": "9.6695050093373343",
        "total": "0.01",
        "leverage": "20",
        "openPriceAvg": "25000",
        "marginMode": "isolated",
        "unrealizedPL": "1",
        "keepMarginRate": "0.004",
        "markPrice": "25100",
    }
    account = {"marginCoin": "USDT", "accountEquity": "110.6695050093373343", "unrealizedPL": "1"}
    report = evaluate(load_policy("bitget"), imported(accounts=[account], positions=[row]))
    price, ratio = report.positions[0].liquidation_price, report.pools[1].margin_ratio
    assert price is not None
    assert ratio is not None
    assert round(price, 16) == Decimal("24144.1124161806977798")
    assert round(ratio, 16) == Decimal("0.1082149545822005")


def lower_fee(rate: str, **members: str) -> dict[str, Any]:
    """Published figures of an account with a fee rate of its own, and the contract's fee rate."""
    # dalcon10028/mango-shake-api @ e71da4dc: market_broker/src/test/kotlin/why_mango/bitget/BitgetRestTest.kt
    row = {
        "marginCoin": "USDT",
        "symbol": "BTCUSDT",
        "holdSide": "long",
        "marginSize": "161.56128",
        "total": "0.016",
        "leverage": "10",
        "openPriceAvg": "100975.8",
        "marginMode": "isolated",
        "unrealizedPL": "5.3536",
        "keepMarginRate": "0.004",
        "markPrice": "101310.4",
        "marginRatio": "0.04272987621",
        **members,
    }
    account = {"marginCoin": "USDT", "accountEquity": "1000", "unrealizedPL": "5.3536"}
    contracts = [{**contract("BTCUSDT", "BTC", "USDT"), "takerFeeRate": rate}]
    return {"accounts": [account], "positions": [row], "contracts": contracts}


def test_the_fee_rate_of_an_account_is_in_the_ratio_of_an_isolated_position() -> None:
    report = evaluate(load_policy("bitget"), imported(**lower_fee("0.0004")))
    price, ratio = report.positions[0].liquidation_price, report.pools[1].margin_ratio
    assert price is not None
    assert ratio is not None
    assert round(price, 12) == Decimal("91279.851345922057")
    assert round(ratio, 11) == Decimal("0.04272987621")


def test_a_fee_rate_that_the_ratio_of_an_isolated_position_does_not_have_is_refused() -> None:
    """The margin and the liquidation price would be wrong without a word."""
    found = refused(**lower_fee("0.0006"))
    assert found.pointer == "/positions/0/marginRatio"
    assert "takerFeeRate of 0.0006 is 0.044672" in str(found)
    assert "here 0.000400" in str(found)


@pytest.mark.parametrize("ratio", ["", "0", None])
def test_a_position_without_a_ratio_has_the_fee_rate_of_the_contract(ratio: Any) -> None:
    assert imported(**lower_fee("0.0006", marginRatio=ratio)).instruments[0].taker_fee_rate == Decimal("0.0006")


@pytest.mark.parametrize("ratio", ["0.28", "0.26"])
def test_a_ratio_may_be_of_the_whole_tier_or_of_marginal_ones(ratio: str) -> None:
    # 1,000,000 at 0.5 % and a fee of 0.06 %: 5,600, or 150 less where the first 150,000 count 0.4 %.
    members = {"total": "10", "openPriceAvg": "100000", "markPrice": "100000", "keepMarginRate": "0.005"}
    given = lower_fee("0.0006", **members, marginSize="20000", unrealizedPL="0", marginRatio=ratio)
    given["accounts"] = [{"marginCoin": "USDT", "accountEquity": "100000", "unrealizedPL": "0"}]
    given["positionTiers"] = tiers("BTCUSDT", ("0", "150000", "0.004", "125"), ("150000", "6000000", "0.005", "100"))
    if ratio == "0.28":
        assert imported(**given).positions
    else:
        assert refused(**given).pointer == "/positions/0/marginRatio"
    given["positions"][0]["marginRatio"] = "0.2725"
    assert imported(**given).positions


# ---------------------------------------------------------------- what is asked for


def test_what_is_missing_is_asked_for_by_name() -> None:
    for name in ("accounts", "positions", "contracts", "positionTiers"):
        payload = {key: value for key, value in PAYLOAD.items() if key != name}
        with pytest.raises(StateError, match=f"lacks {name}"):
            read(payload)


def test_a_lone_answer_is_told_where_it_belongs() -> None:
    with pytest.raises(StateError, match="put it under its name"):
        read(PAYLOAD["positions"])


def test_an_answer_that_refuses_is_no_answer() -> None:
    found = refused(accounts={"code": "40037", "msg": "Apikey does not exist", "data": None})
    assert found.pointer == "/accounts"


def test_a_contract_that_is_not_listed_is_asked_for() -> None:
    found = refused({"/contracts/0": ABSENT})
    assert (found.pointer, "contracts has no row of BTCUSDT" in str(found)) == (f"{BTC}/symbol", True)


def test_tiers_that_are_not_listed_are_asked_for() -> None:
    found = refused(positionTiers=PAYLOAD["positionTiers"][2:])
    assert (found.pointer, "positionTiers has no tiers of BTCUSDT" in str(found)) == (f"{BTC}/symbol", True)


def test_the_account_of_each_margin_coin_is_asked_for() -> None:
    found = refused(**{**coin_margined(), "accounts": PAYLOAD["accounts"]})
    assert (found.pointer, "accounts has no row of BTC" in str(found)) == ("/accounts", True)


@pytest.mark.parametrize(
    ("name", "asked"),
    [("haircutRates", "haircutRates"), ("symbolPrices", "symbolPrices")],
)
def test_multi_asset_mode_needs_rates_and_index_prices(name: str, asked: str) -> None:
    answers = {key: value for key, value in union().items() if key != name}
    assert refused(**answers).pointer == f"/{asked}"


# ---------------------------------------------------------------- what contradicts


@pytest.mark.parametrize("name", ["accounts", "positions", "contracts", "positionTiers"])
@pytest.mark.parametrize("frame", [framed, list, lambda rows: rows[0]])
def test_an_answer_alone_is_told_in_its_frame_and_without(name: str, frame: Callable[[Any], object]) -> None:
    with pytest.raises(StateError) as raised:
        read(frame(PAYLOAD[name]))
    assert raised.value.problem.endswith(" alone")
    assert raised.value.remedy.startswith(f'put it under its name, {{"{name}": …}}')


def test_a_part_of_a_profit_that_is_zero_leaves_nothing_open() -> None:
    parts: dict[str, object] = {f"{ACCOUNT}/isolatedUnrealizedPL": "0", f"{ACCOUNT}/crossedUnrealizedPL": "2500.00"}
    assert imported(parts)
    found = refused(parts | {f"{ACCOUNT}/crossedUnrealizedPL": "2500.90"})
    assert found.pointer == f"{ACCOUNT}/unrealizedPL"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({f"{BTC}/unrealizedPL": "2000.07"}, f"{BTC}/unrealizedPL", id="profit"),
        pytest.param({f"{BTC}/marginSize": "19800.00"}, f"{BTC}/marginSize", id="margin at the mark"),
        pytest.param({f"{BTC}/keepMarginRate": "0.004"}, f"{BTC}/keepMarginRate", id="tier"),
        pytest.param({f"{ACCOUNT}/unrealizedPL": "9000"}, f"{ACCOUNT}/unrealizedPL", id="positions left out"),
        pytest.param({f"{ACCOUNT}/unrealizedPL": "2900"}, f"{ACCOUNT}/unrealizedPL", id="profit of both modes"),
        pytest.param({f"{ACCOUNT}/isolatedMargin": "900"}, f"{ACCOUNT}/isolatedMargin", id="isolated margin"),
        pytest.param({"/positionTiers/1/startUnit": "150001"}, "/positionTiers/1/startUnit", id="gap"),
        pytest.param({"/contracts/0/pricePlace": "99"}, "/contracts/0/pricePlace", id="decimals"),
        pytest.param({f"{BTC}/assetMode": "union"}, f"{BTC}/assetMode", id="asset mode"),
        pytest.param({f"{BTC}/total": "2.000", f"{BTC}/holdSide": "net"}, f"{BTC}/holdSide", id="side"),
    ],
)
def test_a_contradiction_is_refused_at_its_place(changes: dict[str, object], pointer: str) -> None:
    assert refused(changes).pointer == pointer


def test_an_order_that_is_done_is_refused() -> None:
    assert refused(orders=order(baseVolume="300")).pointer == "/orders/entrustedList/0/size"


def test_a_contract_margined_in_a_third_coin_is_refused() -> None:
    found = refused({f"{BTC}/marginCoin": "ETH"})
    assert found.pointer == f"{BTC}/marginCoin"
