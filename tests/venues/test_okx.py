"""OKX payloads, written here in the documented form of API v5; published figures are restated with their source."""

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from marginrules.account.state import AccountState, StateError
from marginrules.engine.evaluate import evaluate
from marginrules.policy.catalogue import load_policy
from marginrules.venues.okx import read
from tests.venues.payloads import ABSENT, changed


def answer(*rows: object) -> dict[str, Any]:
    """An answer in the frame that the venue sends it in."""
    return {"code": "0", "msg": "", "data": list(rows)}


def contract(symbol: str, underlying: str, kind: str, face: str, settle: str) -> dict[str, Any]:
    base, quote = underlying.split("-")
    return {
        "instId": symbol,
        "instType": "SWAP" if symbol.endswith("SWAP") else "FUTURES",
        "instFamily": underlying,
        "uly": underlying,
        "ctType": kind,
        "ctVal": face,
        "ctMult": "1",
        "ctValCcy": base if kind == "linear" else quote,
        "settleCcy": settle,
        "tickSz": "0.1",
        "lotSz": "1",
        "lever": "100",
    }


def tier(family: str, begin: str, end: str, rate: str, leverage: str) -> dict[str, Any]:
    return {
        "instFamily": family,
        "uly": family,
        "minSz": begin,
        "maxSz": end,
        "mmr": rate,
        "imr": str(Decimal(1) / Decimal(leverage)),
        "maxLever": leverage,
    }


# An account in futures mode, made up for these tests: two contracts on BTC in cross whose tiers count together, one on
# ETH, isolated, with margin added, and one in the coin.
PAYLOAD: dict[str, Any] = {
    "config": answer({"acctLv": "2", "posMode": "net_mode", "uid": "1"}),
    "balance": answer(
        {
            "uTime": "1795348800000",
            "adjEq": "",
            "totalEq": "240000",
            "details": [
                {
                    "ccy": "USDT",
                    "cashBal": "130000",
                    "eq": "140500",
                    "eqUsd": "140640.5",
                    "upl": "10500",
                    "ordFrozen": "0",
                    "interest": "",
                    "disEq": "",
                },
                {"ccy": "BTC", "cashBal": "0.5", "eq": "0.5", "eqUsd": "30000", "upl": "0", "ordFrozen": "0"},
            ],
        }
    ),
    "positions": answer(
        {
            "instId": "BTC-USDT-SWAP",
            "instType": "SWAP",
            "mgnMode": "cross",
            "posSide": "net",
            "pos": "900",
            "avgPx": "59000.0",
            "markPx": "60000.0",
            "lever": "10",
            "upl": "9000",
            "margin": "",
            "imr": "54000",
            "mmr": "2700",
            "notionalUsd": "540540",
            "ccy": "USDT",
        },
        {
            "instId": "BTC-USDT-261225",
            "instType": "FUTURES",
            "mgnMode": "cross",
            "posSide": "net",
            "pos": "-200",
            "avgPx": "61000.0",
            "markPx": "60500.0",
            "lever": "10",
            "upl": "1000",
            "margin": "",
            "imr": "12100",
            "mmr": "605",
            "notionalUsd": "121121",
            "ccy": "USDT",
        },
        {
            "instId": "ETH-USDT-SWAP",
            "instType": "SWAP",
            "mgnMode": "isolated",
            "posSide": "net",
            "pos": "-50",
            "avgPx": "3100.00",
            "markPx": "3000.00",
            "lever": "5",
            "upl": "500",
            "margin": "3200",
            "imr": "",
            "mmr": "120",
            "notionalUsd": "15015",
            "ccy": "USDT",
        },
        {
            "instId": "BTC-USD-SWAP",
            "instType": "SWAP",
            "mgnMode": "cross",
            "posSide": "net",
            "pos": "-999",
            "avgPx": "60000.0",
            "markPx": "60000.0",
            "lever": "5",
            "upl": "0",
            "margin": "",
            "imr": "0.333",
            "mmr": "0.00666",
            "notionalUsd": "99900",
            "ccy": "BTC",
        },
        {"instId": "SOL-USDT-SWAP", "instType": "SWAP", "pos": "0"},
    ),
    "instruments": [
        answer(
            contract("BTC-USDT-SWAP", "BTC-USDT", "linear", "0.01", "USDT"),
            contract("ETH-USDT-SWAP", "ETH-USDT", "linear", "0.1", "USDT"),
            contract("BTC-USD-SWAP", "BTC-USD", "inverse", "100", "BTC"),
        ),
        answer(contract("BTC-USDT-261225", "BTC-USDT", "linear", "0.01", "USDT")),
    ],
    "positionTiers": [
        answer(tier("BTC-USDT", "0", "1000", "0.004", "100"), tier("BTC-USDT", "1001", "2000", "0.005", "75")),
        answer(tier("ETH-USDT", "0", "2000", "0.008", "75"), tier("ETH-USDT", "2000", "4000", "0.01", "50")),
        answer(tier("BTC-USD", "0", "1000", "0.004", "100")),
    ],
    "tradeFee": [
        answer({"instType": "SWAP", "taker": "-0.0005", "takerU": "-0.0004", "takerUSDC": ""}),
        answer({"instType": "FUTURES", "taker": "-0.0005", "takerU": "-0.0003", "takerUSDC": ""}),
    ],
}
SWAP = "/positions/data/0"
FUTURE = "/positions/data/1"
ETH = "/positions/data/2"
COIN = "/positions/data/3"
USDT = "/balance/data/0/details/0"
BTC = "/balance/data/0/details/1"


def imported(changes: dict[str, object] | None = None, **answers: object) -> AccountState:
    """The account of the payload with other values at some JSON pointers, and further answers."""
    return read(changed(PAYLOAD, changes, **answers))


def refused(changes: dict[str, object] | None = None, **answers: object) -> StateError:
    with pytest.raises(StateError) as raised:
        imported(changes, **answers)
    return raised.value


DISCOUNT = answer(
    {"ccy": "USDT", "details": [{"minAmt": "0", "maxAmt": "", "discountRate": "1"}]},
    {
        "ccy": "BTC",
        "details": [
            {"minAmt": "0", "maxAmt": "0.3", "discountRate": "0.98"},
            {"minAmt": "0.3", "maxAmt": "20", "discountRate": "0.9"},
        ],
    },
)

# The same account in multi-currency mode: 0.3 BTC count at 98 %, the rest at 90 %.
MULTI: dict[str, object] = {
    "/config/data/0/acctLv": "3",
    f"{BTC}/disEq": "28440",
}


def order(**members: object) -> dict[str, Any]:
    resting: dict[str, object] = {
        "instId": "BTC-USDT-SWAP",
        "instType": "SWAP",
        "ordId": "77",
        "side": "buy",
        "posSide": "net",
        "tdMode": "cross",
        "sz": "30",
        "accFillSz": "10",
        "px": "58000",
        "lever": "10",
        "reduceOnly": "false",
        "state": "partially_filled",
    }
    return answer({**resting, **members})


# ---------------------------------------------------------------- published figures


def test_the_figures_of_the_documentations_inverse_position_give_its_margin_ratio() -> None:
    """OKX API v5, Get positions: ETH-USD-210430, margin ratio 11.731726509588816 at the mark that its mmr implies."""
    state = read(
        {
            "config": answer({"acctLv": "2"}),
            "balance": answer(
                {
                    "details": [
                        {
                            "ccy": "ETH",
                            "cashBal": "0.0003896645377994",
                            "eq": "0.000388671261196",
                            "upl": "-0.0000009932766034",
                        }
                    ]
                }
            ),
            "positions": answer(
                {
                    "instId": "ETH-USD-210430",
                    "instType": "FUTURES",
                    "mgnMode": "isolated",
                    "posSide": "long",
                    "pos": "1",
                    "avgPx": "2566.31",
                    "markPx": "2565.656",
                    "lever": "10",
                    "margin": "0.0003896645377994",
                    "mmr": "0.0000311811092368",
                    "upl": "-0.0000009932766034",
                }
            ),
            "instruments": answer(contract("ETH-USD-210430", "ETH-USD", "inverse", "10", "ETH")),
            "positionTiers": answer(tier("ETH-USD", "0", "15000", "0.008", "75")),
            "tradeFee": answer({"instType": "FUTURES", "taker": "-0.0005"}),
        }
    )
    report = evaluate(load_policy("okx"), state)
    ratio = next(pool.margin_ratio for pool in report.pools if pool.id.startswith("isolated/"))
    assert ratio is not None
    assert abs(ratio - Decimal("11.731726509588816")) < Decimal("1e-9")


# ---------------------------------------------------------------- what is read


def test_quantities_are_contracts_and_signed() -> None:
    assert [(held.id, held.quantity) for held in imported().positions] == [
        ("BTC-USDT-SWAP", Decimal(900)),
        ("BTC-USDT-261225", Decimal(-200)),
        ("ETH-USDT-SWAP", Decimal(-50)),
        ("BTC-USD-SWAP", Decimal(-999)),
    ]


def test_the_side_of_long_and_short_mode_gives_the_sign() -> None:
    sides: dict[str, object] = {f"{FUTURE}/posSide": "short", f"{FUTURE}/pos": "200", f"{SWAP}/posSide": "long"}
    for mode in ("long_short_mode", ABSENT):
        state = imported({**sides, "/config/data/0/posMode": mode})
        assert [held.quantity for held in state.positions][:2] == [Decimal(900), Decimal(-200)]


def test_an_isolated_position_has_the_margin_that_is_assigned_to_it() -> None:
    held = imported().positions[2]
    assert (held.margin_mode, held.assigned_margin) == ("isolated", Decimal(3200))


def test_the_contract_size_is_the_face_value_times_the_multiplier() -> None:
    state = imported({"/instruments/0/data/0/ctMult": "0.5", "/instruments/0/data/0/ctVal": "0.02"})
    assert state.instrument_by_symbol["BTC-USDT-SWAP"].contract_size == Decimal("0.01")


def test_an_inverse_contract_settles_in_its_coin() -> None:
    found = imported().instrument_by_symbol["BTC-USD-SWAP"]
    assert (found.contract, found.base, found.quote, found.settle) == ("inverse", "BTC", "USD", "BTC")


def test_a_fee_that_is_charged_is_positive_and_of_the_contracts_kind() -> None:
    rates = {found.symbol: found.taker_fee_rate for found in imported().instruments}
    assert rates == {
        "BTC-USDT-SWAP": Decimal("0.0004"),
        "BTC-USDT-261225": Decimal("0.0003"),
        "ETH-USDT-SWAP": Decimal("0.0004"),
        "BTC-USD-SWAP": Decimal("0.0005"),
    }


def test_the_fee_of_an_instruments_group_goes_first() -> None:
    fees = answer(
        {"instType": "SWAP", "taker": "", "feeGroup": [{"groupId": "1", "taker": "-0.0007", "maker": "-0.0002"}]}
    )
    contracts = [
        answer(*({**row, "groupId": "1"} for row in PAYLOAD["instruments"][0]["data"])),
        PAYLOAD["instruments"][1],
    ]
    state = imported(instruments=contracts, tradeFee=[fees, PAYLOAD["tradeFee"][1]])
    assert state.instrument_by_symbol["BTC-USDT-SWAP"].taker_fee_rate == Decimal("0.0007")


def test_tiers_are_by_contracts_and_of_the_family() -> None:
    tiers = imported().instrument_by_symbol["BTC-USDT-261225"].tiers
    assert tiers is not None
    assert tiers.columns == ("above", "maintenance_rate", "max_leverage")
    assert tiers.rows == (
        (Decimal(0), Decimal("0.004"), Decimal(100)),
        (Decimal(1000), Decimal("0.005"), Decimal(75)),
    )


def test_tiers_that_end_where_the_next_begins_are_read_alike() -> None:
    tiers = imported().instrument_by_symbol["ETH-USDT-SWAP"].tiers
    assert tiers is not None
    assert [row[0] for row in tiers.rows] == [Decimal(0), Decimal(2000)]


def test_tiers_of_both_margin_modes_are_one_table() -> None:
    both = [*PAYLOAD["positionTiers"], PAYLOAD["positionTiers"][0]]
    tiers = imported(positionTiers=both).instrument_by_symbol["BTC-USDT-SWAP"].tiers
    assert tiers is not None
    assert len(tiers.rows) == 2


def test_tiers_with_a_gap_are_refused() -> None:
    error = refused({"/positionTiers/0/data/1/minSz": "1500"})
    assert error.pointer == "/positionTiers/0/data/1/minSz"


def test_one_side_of_a_contract_in_both_modes_has_ids_with_the_mode() -> None:
    isolated = {
        **PAYLOAD["positions"]["data"][0],
        "mgnMode": "isolated",
        "pos": "10",
        "upl": "100",
        "margin": "590",
        "imr": "",
        "mmr": "24",
        "notionalUsd": "6006",
    }
    state = imported(
        {f"{USDT}/upl": "10600", f"{USDT}/eq": "140600"},
        positions=answer(*PAYLOAD["positions"]["data"], isolated),
    )
    assert [held.id for held in state.positions] == [
        "BTC-USDT-SWAP:LONG:cross",
        "BTC-USDT-261225",
        "ETH-USDT-SWAP",
        "BTC-USD-SWAP",
        "BTC-USDT-SWAP:LONG:isolated",
    ]


def test_cash_that_has_the_isolated_margins_in_it_is_the_wallet() -> None:
    assert [(held.asset, held.wallet_balance) for held in imported().balances] == [
        ("USDT", Decimal(130000)),
        ("BTC", Decimal("0.5")),
    ]


def test_isolated_margins_beside_the_cash_are_added_to_it() -> None:
    state = imported({f"{USDT}/cashBal": "126800"})
    assert state.balances[0].wallet_balance == Decimal(130000)


def test_an_order_has_what_is_left_of_it() -> None:
    (found,) = imported(ordersPending=order()).orders
    assert (found.id, found.quantity, found.price, found.margin_mode, found.leverage, found.reduce_only) == (
        "77",
        Decimal(20),
        Decimal(58000),
        "cross",
        Decimal(10),
        False,
    )


@pytest.mark.parametrize(("position_side", "side", "reduces"), [("long", "sell", True), ("long", "buy", False)])
def test_an_order_against_its_side_of_long_and_short_mode_reduces(
    position_side: str, side: str, *, reduces: bool
) -> None:
    (found,) = imported(ordersPending=order(posSide=position_side, side=side)).orders
    assert found.reduce_only is reduces


def test_an_order_of_the_spot_market_is_left_out() -> None:
    assert imported(ordersPending=order(instType="SPOT", tdMode="cash")).orders == ()


def test_the_account_is_of_the_moment_of_the_balance() -> None:
    assert imported().account.as_of == datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_the_data_of_an_answer_without_its_frame_is_read_alike() -> None:
    assert imported(positions=PAYLOAD["positions"]["data"]).balances == imported().balances


def test_the_report_gives_the_margins_that_the_venue_prints() -> None:
    report = evaluate(load_policy("okx"), imported(), solve=False)
    assert [held.maintenance_margin for held in report.positions] == [
        Decimal(2700),
        Decimal(605),
        Decimal(120),
        Decimal("0.00666"),
    ]
    equities = {pool.id: pool.equity for pool in report.pools}
    assert equities["cross/USDT"] == Decimal(136800)
    assert equities["isolated/ETH-USDT-SWAP"] == Decimal(3700)


# ---------------------------------------------------------------- multi-currency and portfolio mode


def test_in_multi_currency_mode_a_currency_has_its_discount_tiers() -> None:
    assets = imported(MULTI, discountRate=DISCOUNT).asset_by_name
    assert assets["USDT"].collateral_rate == 1
    tiers = assets["BTC"].collateral_tiers
    assert tiers is not None
    assert tiers.rows == (
        (Decimal(0), Decimal("0.98")),
        (Decimal("0.3"), Decimal("0.9")),
        (Decimal(20), Decimal(0)),
    )


def test_in_multi_currency_mode_the_price_of_a_currency_follows_from_its_value() -> None:
    assets = imported(MULTI, discountRate=DISCOUNT).asset_by_name
    assert (assets["USDT"].index_price, assets["BTC"].index_price) == (Decimal("1.001"), Decimal(60000))


def test_the_older_form_of_discount_tiers_is_read_too() -> None:
    older = answer(*({"ccy": row["ccy"], "discountInfo": row["details"]} for row in DISCOUNT["data"]))
    assert imported(MULTI, discountRate=older).assets == imported(MULTI, discountRate=DISCOUNT).assets


def test_a_currency_that_is_switched_off_counts_nothing() -> None:
    state = imported({**MULTI, f"{BTC}/collateralEnabled": False, f"{BTC}/disEq": "0"}, discountRate=DISCOUNT)
    assert state.asset_by_name["BTC"].collateral_rate == 0


def test_multi_currency_mode_asks_for_the_discount_rates() -> None:
    error = refused(MULTI)
    assert error.pointer == "/discountRate"
    assert "discount-rate-interest-free-quota" in error.remedy


def test_a_discounted_value_that_the_rates_do_not_give_is_refused() -> None:
    assert refused({**MULTI, f"{BTC}/disEq": "30000"}, discountRate=DISCOUNT).pointer == f"{BTC}/disEq"


def test_a_currency_without_value_asks_for_its_index() -> None:
    error = refused({**MULTI, f"{BTC}/eqUsd": "", f"{BTC}/disEq": ""}, discountRate=DISCOUNT)
    assert error.pointer == "/indexTickers"


def test_the_price_of_a_currency_is_read_from_its_index() -> None:
    state = imported(
        {**MULTI, f"{BTC}/eqUsd": "", f"{BTC}/disEq": ""},
        discountRate=DISCOUNT,
        indexTickers=answer({"instId": "BTC-USD", "idxPx": "60010"}),
    )
    assert state.asset_by_name["BTC"].index_price == Decimal(60010)


def test_an_adjusted_equity_that_the_currencies_do_not_make_up_is_refused() -> None:
    cross_only = answer(*(row for row in PAYLOAD["positions"]["data"] if row.get("mgnMode") != "isolated"))
    changes = {**MULTI, f"{USDT}/upl": "10000", f"{USDT}/eq": "140000", f"{USDT}/eqUsd": "140140"}
    error = refused({**changes, "/balance/data/0/adjEq": "180000"}, positions=cross_only, discountRate=DISCOUNT)
    assert error.pointer == "/balance/data/0/adjEq"
    assert imported({**changes, "/balance/data/0/adjEq": "168580"}, positions=cross_only, discountRate=DISCOUNT)


def test_portfolio_margin_has_the_margins_that_the_venue_reports() -> None:
    state = imported(
        {
            **MULTI,
            "/config/data/0/acctLv": "4",
            "/balance/data/0/imr": "4200",
            "/balance/data/0/mmr": "3100",
        },
        discountRate=DISCOUNT,
    )
    report = evaluate(load_policy("okx"), state, solve=False)
    cross = next(pool for pool in report.pools if pool.id == "cross")
    assert (cross.initial_margin, cross.maintenance_margin) == (Decimal(4200), Decimal(3100))


# ---------------------------------------------------------------- what is missing


@pytest.mark.parametrize(
    ("name", "request_path"),
    [
        ("config", "/api/v5/account/config"),
        ("balance", "/api/v5/account/balance"),
        ("positions", "/api/v5/account/positions"),
        ("instruments", "/api/v5/public/instruments"),
        ("positionTiers", "/api/v5/public/position-tiers"),
        ("tradeFee", "/api/v5/account/trade-fee"),
    ],
)
def test_an_answer_that_is_missing_is_asked_for_by_name_and_request(name: str, request_path: str) -> None:
    payload = {key: value for key, value in PAYLOAD.items() if key != name}
    with pytest.raises(StateError) as raised:
        read(payload)
    assert raised.value.pointer == f"/{name}"
    assert request_path in raised.value.remedy


def test_a_family_without_tiers_is_asked_for() -> None:
    error = refused(positionTiers=PAYLOAD["positionTiers"][:2])
    assert error.pointer == f"{COIN}/instId"
    assert "position-tiers for BTC-USD" in error.remedy


def test_a_position_without_mark_price_takes_it_from_its_answer() -> None:
    state = imported(
        {f"{SWAP}/markPx": ""}, markPrice=answer({"instId": "BTC-USDT-SWAP", "instType": "SWAP", "markPx": "60000"})
    )
    assert state.instrument_by_symbol["BTC-USDT-SWAP"].mark_price == Decimal(60000)
    assert refused({f"{SWAP}/markPx": ""}).pointer == f"{SWAP}/markPx"


def test_order_margin_without_orders_asks_for_them() -> None:
    assert refused({f"{USDT}/ordFrozen": "250"}).pointer == "/ordersPending"


def test_one_answer_alone_is_told_from_the_payload() -> None:
    with pytest.raises(StateError) as raised:
        read(PAYLOAD["positions"])
    assert "GET /api/v5/account/positions alone" in str(raised.value)
    assert raised.value.remedy == (
        'put it under its name, {"positions": …}, and add the answers of GET /api/v5/account/config as `config` and '
        "GET /api/v5/account/balance as `balance`; for what is held, those of GET /api/v5/public/instruments as "
        "`instruments`, GET /api/v5/public/position-tiers as `positionTiers` and GET /api/v5/account/trade-fee as "
        "`tradeFee` too"
    )


@pytest.mark.parametrize(
    ("alone", "told"),
    [
        ({"adjEq": "55415.62", "imr": "8.57", "mmr": "0.34"}, "the answer of"),
        (PAYLOAD["balance"]["data"][0]["details"][0], "one row of `details` in the answer of"),
    ],
)
def test_a_part_of_the_balance_alone_is_told(alone: object, told: str) -> None:
    with pytest.raises(StateError) as raised:
        read(alone)
    assert raised.value.problem == f"this is {told} GET /api/v5/account/balance alone"


def test_a_settlement_currency_that_the_balance_lacks_is_refused() -> None:
    assert refused({BTC: ABSENT}).pointer == "/balance/data/0/details"


# ---------------------------------------------------------------- what contradicts


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        (f"{SWAP}/upl", "8000"),
        (f"{SWAP}/notionalUsd", "600000"),
        (f"{SWAP}/imr", "50000"),
        (f"{SWAP}/mmr", "2160"),
        (f"{ETH}/mmr", "150"),
        (f"{COIN}/mmr", "0.008325"),
        (f"{USDT}/eq", "141500"),
        (f"{USDT}/upl", "30000"),
    ],
)
def test_a_figure_that_others_contradict_is_refused(pointer: str, value: str) -> None:
    assert refused({pointer: value}).pointer == pointer


def test_a_side_that_the_position_mode_rules_out_is_refused() -> None:
    error = refused({f"{SWAP}/posSide": "long"})
    assert (error.pointer, error.problem) == (f"{SWAP}/posSide", "posSide is long, but config.posMode is net_mode")


def test_a_negative_size_on_the_long_side_is_refused() -> None:
    changes = {"/config/data/0/posMode": "long_short_mode", f"{SWAP}/posSide": "long", f"{SWAP}/pos": "-900"}
    assert refused(changes).pointer == f"{SWAP}/pos"


def test_contracts_of_one_underlying_are_counted_together_when_tiers_are_checked() -> None:
    """900 contracts alone would be in the first tier, whose rate gives 2160."""
    assert imported().positions[0].quantity == Decimal(900)
    assert refused({f"{SWAP}/mmr": "2160"}).pointer == f"{SWAP}/mmr"


def test_a_position_that_is_left_out_is_noticed() -> None:
    rest = copy.deepcopy(PAYLOAD["positions"]["data"][1:])
    rest[0]["mmr"] = "484"
    assert refused(positions=answer(*rest)).pointer == f"{USDT}/upl"


def test_an_isolated_position_that_is_left_out_is_noticed() -> None:
    rows = PAYLOAD["positions"]["data"]
    error = refused({f"{USDT}/isoEq": "3700"}, positions=answer(*rows[:2], *rows[3:]))
    assert error.pointer == f"{USDT}/isoEq"
    assert imported({f"{USDT}/isoEq": "3700"}).positions[2].assigned_margin == Decimal(3200)


def test_a_position_listed_twice_is_refused() -> None:
    rows = PAYLOAD["positions"]["data"]
    assert "listed twice" in str(refused(positions=answer(*rows, rows[0])))


def test_an_answer_in_which_the_venue_refused_is_no_answer() -> None:
    error = refused(tradeFee={"code": "50011", "msg": "Too Many Requests", "data": []})
    assert error.pointer == "/tradeFee"


# ---------------------------------------------------------------- what a state can not hold


@pytest.mark.parametrize("kind", ["OPTION", "MARGIN"])
def test_a_position_that_is_no_future_is_refused(kind: str) -> None:
    assert refused({f"{SWAP}/instType": kind}).pointer == f"{SWAP}/instType"


def test_an_order_on_an_option_is_refused() -> None:
    assert refused(ordersPending=order(instType="OPTION")).pointer == "/ordersPending/data/0/instType"


def test_a_face_value_in_another_currency_is_refused() -> None:
    error = refused({"/instruments/0/data/0/ctValCcy": "USDT"})
    assert error.pointer == "/instruments/0/data/0/ctValCcy"


def test_a_binary_float_is_refused() -> None:
    assert "binary float" in str(refused({f"{SWAP}/pos": 900.0}))
