"""KuCoin Futures' payloads, written here in the documented form; the amounts follow from the rules of the policy."""

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from marginrules.account.state import AccountState, StateError
from marginrules.engine.evaluate import evaluate
from marginrules.engine.report import PoolReport, PositionReport
from marginrules.policy.catalogue import load_policy
from marginrules.venues.kucoin_futures import read
from tests.venues.payloads import ABSENT, changed

NOON = 1795348800000


def contract(symbol: str, base: str, settle: str, multiplier: str, **more: object) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "baseCurrency": base,
        "quoteCurrency": "USD" if settle == base else settle,
        "settleCurrency": settle,
        "isInverse": settle == base,
        "isQuanto": settle != base,
        "multiplier": Decimal(multiplier),
        "tickSize": Decimal("0.1"),
        "lotSize": 1,
        "maxLeverage": 125,
        "takerFeeRate": Decimal("0.0006"),
        **more,
    }


# An account made up for these tests: a cross position, an isolated one, and an isolated inverse one in another currency.
PAYLOAD: dict[str, Any] = {
    "positions": {
        "code": "200000",
        "data": [
            {
                "symbol": "XBTUSDTM",
                "marginMode": "CROSS",
                "crossMode": True,
                "positionSide": "BOTH",
                "currentQty": 100,
                "avgEntryPrice": 50000,
                "markPrice": 52000,
                "markValue": 5200,
                "posCost": 5000,
                "leverage": 25,
                "unrealisedPnl": 200,
                "currentTimestamp": NOON,
            },
            {
                "symbol": "ETHUSDTM",
                "marginMode": "ISOLATED",
                "crossMode": False,
                "positionSide": "BOTH",
                "autoDeposit": True,
                "riskLimit": 500000,
                "riskLimitLevel": 1,
                "maintMarginReq": Decimal("0.005"),
                "leverage": Decimal("10.47"),
                "currentQty": 100,
                "avgEntryPrice": 2000,
                "markPrice": 1990,
                "markValue": 1990,
                "posCost": 2000,
                "posInit": 200,
                "posCross": 0,
                "posComm": 0,
                "posLoss": 0,
                "posMargin": 200,
                "posMaint": Decimal("11.343"),
                "maintMargin": 190,
                "unrealisedPnl": -10,
                "currentTimestamp": NOON - 1000,
            },
            {
                "symbol": "XBTUSDM",
                "marginMode": "ISOLATED",
                "positionSide": "BOTH",
                "maintMarginReq": Decimal("0.007"),
                "currentQty": -1000,
                "avgEntryPrice": 50000,
                "markPrice": 52000,
                "posCost": Decimal("-0.02"),
                "posInit": Decimal("0.004"),
                "posMargin": Decimal("0.004"),
                "posMaint": Decimal("0.0001480769"),
                "unrealisedPnl": Decimal("-0.0007692308"),
            },
            {"symbol": "SOLUSDTM", "marginMode": "CROSS", "currentQty": 0},
        ],
    },
    "accountOverview": [
        {
            "code": "200000",
            "data": {"currency": "USDT", "accountEquity": 1190, "unrealisedPNL": 190, "frozenFunds": 0},
        },
        {"currency": "XBT", "accountEquity": Decimal("0.0992307692"), "unrealisedPNL": Decimal("-0.0007692308")},
        {"currency": "ETH", "accountEquity": 0, "unrealisedPNL": 0},
    ],
    "contracts": {
        "code": "200000",
        "data": [
            contract(
                "XBTUSDTM",
                "XBT",
                "USDT",
                "0.001",
                fundingFeeRate=Decimal("0.0001"),
                k=490,
                m=300,
                f=Decimal("1.3"),
                mmrLimit=Decimal("0.3"),
                mmrLevConstant=125,
                indexPrice=Decimal("52001.5"),
            ),
            contract("ETHUSDTM", "ETH", "USDT", "0.01", fundingFeeRate=Decimal("0.0001")),
            contract("XBTUSDM", "XBT", "XBT", "-1", fundingFeeRate=Decimal("-0.0001")),
        ],
    },
}
ROWS = "/positions/data"
CROSS, ISOLATED, INVERSE = f"{ROWS}/0", f"{ROWS}/1", f"{ROWS}/2"
ORDER: dict[str, Any] = {
    "id": "5c35",
    "symbol": "XBTUSDTM",
    "side": "sell",
    "type": "limit",
    "size": 50,
    "filledSize": 20,
    "price": "53000",
    "reduceOnly": False,
    "closeOrder": False,
    "isActive": True,
    "stop": "",
    "marginMode": "CROSS",
    "leverage": "0",
}
LEVELS: list[dict[str, Any]] = [
    {
        "symbol": "ETHUSDTM",
        "level": 1,
        "minRiskLimit": 0,
        "maxRiskLimit": 500000,
        "maintainMargin": Decimal("0.005"),
        "maxLeverage": 100,
    },
    {
        "symbol": "ETHUSDTM",
        "level": 2,
        "minRiskLimit": 500000,
        "maxRiskLimit": 1000000,
        "maintainMargin": Decimal("0.007"),
        "maxLeverage": 75,
    },
]


def imported(changes: dict[str, object] | None = None, **answers: object) -> AccountState:
    return read(changed(PAYLOAD, changes, **answers))


def refused(changes: dict[str, object], **answers: object) -> StateError:
    with pytest.raises(StateError) as raised:
        read(changed(PAYLOAD, changes, **answers), "account.json")
    return raised.value


def position(identity: str, changes: dict[str, object] | None = None, **answers: object) -> PositionReport:
    report = evaluate(load_policy("kucoin-futures"), imported(changes, **answers))
    return next(found for found in report.positions if found.id == identity)


def pool(identity: str, changes: dict[str, object] | None = None) -> PoolReport:
    report = evaluate(load_policy("kucoin-futures"), imported(changes))
    return next(found for found in report.pools if found.id == identity)


# ---------------------------------------------------------------- what is read


def test_answers_are_read_with_their_frame_or_without() -> None:
    rows = PAYLOAD["positions"]["data"]
    assert imported(positions=rows).positions == imported().positions


def test_a_row_without_contracts_is_no_position() -> None:
    assert [found.id for found in imported().positions] == ["XBTUSDTM", "ETHUSDTM", "XBTUSDM"]


def test_the_kind_of_a_contract_follows_from_its_flag_and_the_size_from_the_multiplier() -> None:
    instruments = imported().instrument_by_symbol
    assert [(name, found.contract, found.contract_size, found.settle) for name, found in instruments.items()] == [
        ("XBTUSDTM", "linear", Decimal("0.001"), "USDT"),
        ("ETHUSDTM", "linear", Decimal("0.01"), "USDT"),
        ("XBTUSDM", "inverse", Decimal(1), "XBT"),
    ]


def test_the_wallet_is_the_equity_without_profit_and_without_what_is_frozen() -> None:
    assert {found.asset: found.wallet_balance for found in imported().balances} == {
        "USDT": Decimal(1000),
        "XBT": Decimal("0.1"),
    }
    frozen = imported({"/accountOverview/0/data/frozenFunds": 100}).balances[0]
    assert frozen.wallet_balance == 900


def test_a_cross_position_has_the_parameters_of_the_continuous_risk_limit() -> None:
    instrument = imported().instrument_by_symbol["XBTUSDTM"]
    assert instrument.tiers is None
    assert instrument.inputs["mmrLevConstant"] == 125


def test_the_leverage_of_an_isolated_position_is_cost_over_initial_margin_not_the_floating_one() -> None:
    assert imported().positions[1].leverage == 10
    assert imported().positions[0].leverage == 25


def test_an_isolated_position_has_its_margin_and_its_settings() -> None:
    found = imported().positions[1]
    assert (found.margin_mode, found.assigned_margin, found.auto_add_margin) == ("isolated", Decimal(200), True)
    assert found.inputs == {"posComm": 0, "riskLimit": 500000}


def test_without_the_levels_the_rate_of_the_one_chosen_stands_alone() -> None:
    tiers = imported().instrument_by_symbol["ETHUSDTM"].tiers
    assert tiers is not None
    assert tiers.rows == ((0, Decimal("0.005")),)


def test_the_risk_limit_levels_are_the_tiers_and_the_limit_of_the_level_chosen_decides() -> None:
    changes: dict[str, object] = {
        f"{ISOLATED}/riskLimitLevel": 2,
        f"{ISOLATED}/maintMarginReq": Decimal("0.007"),
        f"{ISOLATED}/posMaint": Decimal("15.323"),
    }
    state = imported(changes, riskLimits={"code": "200000", "data": LEVELS})
    tiers = state.instrument_by_symbol["ETHUSDTM"].tiers
    assert tiers is not None
    assert tiers.rows == ((0, Decimal("0.005")), (500000, Decimal("0.007")))
    assert state.positions[1].inputs["riskLimit"] == 1000000
    # 1,990 x (0.7 % + 0.06 %): the venue's 0.01 % of funding, in its posMaint of then, counts no more.
    assert position("ETHUSDTM", changes, riskLimits=LEVELS).maintenance_margin == Decimal("15.124")


def test_an_older_position_is_on_the_level_that_ends_at_its_risk_limit() -> None:
    assert (
        imported({f"{ISOLATED}/riskLimitLevel": ABSENT}, riskLimits=LEVELS).positions[1].inputs["riskLimit"] == 500000
    )


def test_the_entry_price_is_the_one_behind_the_cost_where_the_printed_one_is_shortened() -> None:
    changes: dict[str, object] = {f"{CROSS}/avgEntryPrice": Decimal("50000.0"), f"{CROSS}/posCost": Decimal("5000.003")}
    assert imported(changes).positions[0].entry_price == Decimal("50000.03")


def test_both_sides_of_a_contract_are_two_positions() -> None:
    rows = copy.deepcopy(PAYLOAD["positions"]["data"])
    rows[0]["positionSide"] = "LONG"
    rows.append({**rows[0], "positionSide": "SHORT", "currentQty": -100, "markValue": -5200, "unrealisedPnl": -200})
    overview = copy.deepcopy(PAYLOAD["accountOverview"])
    overview[0]["data"] |= {"accountEquity": 990, "unrealisedPNL": -10}
    state = imported(positions=rows, accountOverview=overview)
    assert [found.id for found in state.positions][0::3] == ["XBTUSDTM:LONG", "XBTUSDTM:SHORT"]


def test_the_latest_time_that_a_position_prints_is_that_of_the_account() -> None:
    assert imported().account.as_of == datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    later = imported(timestamp={"code": "200000", "data": NOON + 1000})
    assert later.account.as_of == datetime(2026, 11, 22, 12, 0, 1, tzinfo=UTC)


def test_an_order_is_what_is_left_of_it_with_the_leverage_of_its_position_in_cross_mode() -> None:
    [order] = imported(orders={"data": {"items": [ORDER], "totalNum": 1}}).orders
    assert (order.id, order.side, order.quantity, order.price) == ("5c35", "sell", 30, 53000)
    assert (order.margin_mode, order.leverage, order.reduce_only) == ("cross", 25, False)


def test_the_leverage_of_cross_orders_may_be_an_answer_of_its_own() -> None:
    leverage = {"symbol": "XBTUSDTM", "leverage": "20"}
    [order] = imported(orders=[ORDER], crossLeverage=leverage).orders
    assert order.leverage == 20


@pytest.mark.parametrize("flag", [{"reduceOnly": True}, {"closeOrder": True}, {"positionSide": "LONG"}])
def test_an_order_that_closes_may_only_reduce(flag: dict[str, object]) -> None:
    [order] = imported(orders=[{**ORDER, **flag}]).orders
    assert order.reduce_only


@pytest.mark.parametrize("state", [{"isActive": False}, {"stop": "up", "stopTriggered": False}])
def test_an_order_that_is_done_or_waits_for_its_trigger_is_left_out(state: dict[str, object]) -> None:
    assert imported(orders=[{**ORDER, **state}]).orders == ()


# ---------------------------------------------------------------- what is computed from it


@pytest.mark.parametrize(
    ("identity", "notional", "profit", "initial", "maintenance"),
    [
        ("XBTUSDTM", "5200", "200", "208", "20.8069333333"),
        ("ETHUSDTM", "1990", "-10", "200", "11.144"),
        ("XBTUSDM", "0.0192307692", "-0.0007692308", "0.004", "0.0001461538"),
    ],
)
def test_the_policy_gives_the_figures_that_the_venue_prints_but_for_funding(
    identity: str, notional: str, profit: str, initial: str, maintenance: str
) -> None:
    found = position(identity)
    figures = (found.notional, found.unrealized_pnl, found.initial_margin, found.maintenance_margin)
    for figure, expected in zip(figures, (notional, profit, initial, maintenance), strict=True):
        assert figure is not None
        assert abs(figure - Decimal(expected)) < Decimal("1e-10")


def test_isolated_equity_is_the_printed_margin_with_profit() -> None:
    assert pool("isolated/ETHUSDTM").equity == 190


def test_a_cross_pool_has_the_cash_that_no_isolated_position_was_assigned() -> None:
    assert pool("cross/USDT").equity == 1000
    assert pool("cross/XBT").equity == Decimal("0.096")


def test_an_answer_of_before_the_change_of_the_rule_is_evaluated_under_the_old_one() -> None:
    changes: dict[str, object] = {
        f"{row}/currentTimestamp": 1747785600000 + index for index, row in enumerate((CROSS, ISOLATED, INVERSE))
    }
    changes |= {f"{ISOLATED}/posComm": Decimal("1.32"), f"{ISOLATED}/posMargin": Decimal("201.32")}
    changes |= {f"{ISOLATED}/maintMargin": Decimal("191.32"), f"{ISOLATED}/posMaint": Decimal("11.52")}
    found = position("ETHUSDTM", changes)
    assert (found.maintenance_margin, found.bankruptcy_price) == (Decimal("11.52"), 1800)


# ---------------------------------------------------------------- what is missing


@pytest.mark.parametrize("name", ["positions", "accountOverview", "contracts"])
def test_a_missing_answer_is_asked_for_by_its_request(name: str) -> None:
    error = refused({f"/{name}": ABSENT})
    assert error.pointer == f"/{name}"
    assert "GET /" in error.remedy


@pytest.mark.parametrize("member", ["posInit", "posMargin", "maintMarginReq", "markPrice", "avgEntryPrice"])
def test_a_missing_member_of_an_isolated_position_is_named(member: str) -> None:
    assert refused({f"{ISOLATED}/{member}": ABSENT}).pointer == f"{ISOLATED}/{member}"


def test_a_missing_parameter_of_the_cross_risk_limit_is_named() -> None:
    assert refused({"/contracts/data/0/m": ABSENT}).pointer == "/contracts/data/0/m"


def test_a_position_on_a_contract_that_is_not_described_is_refused() -> None:
    assert refused({"/contracts/data/1": ABSENT}).pointer == f"{ISOLATED}/symbol"


def test_a_settlement_currency_without_an_overview_is_refused() -> None:
    error = refused({"/accountOverview/1": ABSENT})
    assert error.pointer == "/accountOverview"
    assert "currency=XBT" in error.remedy


def test_pages_of_orders_that_are_missing_are_asked_for() -> None:
    error = refused({}, orders={"data": {"items": [ORDER], "totalNum": 2}})
    assert error.pointer == "/orders/data/totalNum"


@pytest.mark.parametrize("name", ["positions", "accountOverview", "contracts"])
def test_an_answer_given_alone_is_told_what_it_is(name: str) -> None:
    with pytest.raises(StateError) as raised:
        read({"code": "200000", "data": [PAYLOAD[name]["data"][0] if name != "accountOverview" else ALONE]})
    assert "alone" in raised.value.problem
    assert f'{{"{name}": …}}' in raised.value.remedy


def test_a_row_of_a_position_alone_is_told_by_its_margin_too() -> None:
    """What a venue sends of a change names neither symbol nor size."""
    with pytest.raises(StateError, match="GET /api/v1/positions alone"):
        read({"posMaint": Decimal("0.23284656"), "posMargin": Decimal("8.03040576")})


ALONE = {"currency": "USDT", "accountEquity": 1, "unrealisedPNL": 0}


# ---------------------------------------------------------------- what contradicts itself


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        (f"{CROSS}/markValue", 5000),
        (f"{CROSS}/unrealisedPnl", 150),
        (f"{CROSS}/marginMode", "ISOLATED"),
        (f"{ISOLATED}/posMargin", 210),
        (f"{ISOLATED}/maintMargin", 195),
        (f"{ISOLATED}/posMaint", 20),
        (f"{ISOLATED}/posMaint", Decimal("9.00")),
        (f"{INVERSE}/positionSide", "LONG"),
        ("/accountOverview/0/data/unrealisedPNL", 900),
        ("/contracts/data/2/isInverse", False),
    ],
)
def test_a_figure_that_others_contradict_is_refused_with_its_place(pointer: str, value: object) -> None:
    error = refused({pointer: value})
    elsewhere = {
        f"{INVERSE}/positionSide": f"{INVERSE}/currentQty",
        "/contracts/data/2/isInverse": "/contracts/data/2/settleCurrency",
    }
    assert error.pointer == elsewhere.get(pointer, pointer)
    assert error.remedy


def test_order_margin_without_orders_asks_for_them() -> None:
    held: dict[str, object] = {"/accountOverview/0/data/orderMargin": Decimal("63.6")}
    assert refused(held).pointer == "/orders"
    assert refused(held, orders=[]).pointer == "/accountOverview/0/data/orderMargin"
    assert imported(held, orders=[ORDER])


def test_a_part_of_a_margin_that_is_zero_leaves_nothing_open() -> None:
    """The last digit of a 0 is the first before the point, and a margin in coins is less than one coin."""
    parts = {f"{INVERSE}/posComm": Decimal("0.0000264"), f"{INVERSE}/posCross": 0, f"{INVERSE}/posLoss": 0}
    assert read(changed(PAYLOAD, {**parts, f"{INVERSE}/posMargin": Decimal("0.0040264")}))
    assert refused({**parts, f"{INVERSE}/posMargin": Decimal("0.0140264")}).pointer == f"{INVERSE}/posMargin"


def test_a_profit_of_zero_beside_positions_with_one_is_refused() -> None:
    assert refused({"/accountOverview/1/unrealisedPNL": 0}).pointer == "/accountOverview/1/unrealisedPNL"


def test_a_rate_that_is_not_that_of_the_level_is_refused() -> None:
    error = refused({f"{ISOLATED}/riskLimitLevel": 2}, riskLimits=LEVELS)
    assert error.pointer == f"{ISOLATED}/maintMarginReq"


def test_levels_with_a_gap_are_refused() -> None:
    error = refused({}, riskLimits=[LEVELS[0], {**LEVELS[1], "minRiskLimit": 600000}])
    assert error.pointer == "/riskLimits/1/minRiskLimit"


def test_a_position_left_out_is_noticed_by_the_profit_of_the_account() -> None:
    assert refused({CROSS: ABSENT}).pointer == "/accountOverview/0/data/unrealisedPNL"


def test_an_answer_that_the_venue_refused_is_told() -> None:
    error = refused({}, positions={"code": "400003", "msg": "KC-API-KEY not exists"})
    assert error.pointer == "/positions"
    assert "400003" in error.problem


def test_a_unified_account_has_other_answers_and_is_refused() -> None:
    error = refused({}, accountMode={"code": "200000", "data": {"selfAccountMode": "UNIFIED"}})
    assert error.pointer == "/accountMode/data/selfAccountMode"
    assert "classic" in error.problem
