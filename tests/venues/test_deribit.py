"""Deribit's payloads, written here in the documented form; published figures are restated with their source."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from marginrules.account.state import AccountState, StateError
from marginrules.engine.evaluate import evaluate
from marginrules.policy.catalogue import load_policy
from marginrules.venues.deribit import read
from tests.venues.payloads import ABSENT, changed


def rates(base: str, slope: str) -> dict[str, str]:
    return {
        "initial_margin_base": "0.02",
        "initial_margin_slope": slope,
        "maintenance_margin_base": base,
        "maintenance_margin_slope": slope,
    }


def summary(currency: str, balance: str, upl: str, rpl: str, equity: str) -> dict[str, Any]:
    return {
        "currency": currency,
        "margin_model": "segregated_sm",
        "balance": Decimal(balance),
        "futures_session_upl": Decimal(upl),
        "futures_session_rpl": Decimal(rpl),
        "options_value": Decimal(0),
        "equity": Decimal(equity),
        "margin_balance": Decimal(equity),
    }


# An account made up for these tests: long in BTC since before the last settlement, short in ETH since after it.
PAYLOAD: dict[str, Any] = {
    "account_summaries": {
        "id": 1,
        "summaries": [
            summary("BTC", "1", "0.02040816", "-0.001", "1.01940816"),
            summary("USDC", "20000", "-5000", "12.5", "15012.5"),
            summary("ETH", "0", "0", "0", "0"),
        ],
    },
    "positions": [
        {
            "instrument_name": "BTC-PERPETUAL",
            "kind": "future",
            "direction": "buy",
            "size": Decimal(100000),
            "size_currency": Decimal("1.000000000"),
            "average_price": Decimal(97000),
            "settlement_price": Decimal(98000),
            "mark_price": Decimal(100000),
            "index_price": Decimal("99990.5"),
            "floating_profit_loss": Decimal("0.020408163"),
            "total_profit_loss": Decimal("0.030927835"),
            "initial_margin": Decimal("0.020050000"),
            "maintenance_margin": Decimal("0.010050000"),
        },
        {
            "instrument_name": "ETH_USDC-PERPETUAL",
            "kind": "future",
            "direction": "sell",
            "size": Decimal(-50),
            "size_currency": Decimal(-50),
            "average_price": Decimal(3000),
            "settlement_price": Decimal(2950),
            "mark_price": Decimal(3100),
            "index_price": Decimal(3099),
            "floating_profit_loss": Decimal(-5000),
            "total_profit_loss": Decimal(-5000),
            "initial_margin": Decimal(3131),
            "maintenance_margin": Decimal(1581),
        },
    ],
    "instruments": [
        {
            "instrument_name": "BTC-PERPETUAL",
            "kind": "future",
            "instrument_type": "reversed",
            "base_currency": "BTC",
            "quote_currency": "USD",
            "settlement_currency": "BTC",
            "contract_size": Decimal(10),
            "tick_size": Decimal("0.5"),
            "min_trade_amount": Decimal(10),
            "max_leverage": Decimal(50),
            "taker_commission": Decimal("0.0005"),
        },
        {
            "instrument_name": "ETH_USDC-PERPETUAL",
            "kind": "future",
            "instrument_type": "linear",
            "base_currency": "ETH",
            "quote_currency": "USDC",
            "settlement_currency": "USDC",
            "contract_size": Decimal("0.001"),
            "tick_size": Decimal("0.01"),
            "min_trade_amount": Decimal("0.001"),
        },
    ],
    "margin_parameters": {
        "BTC-PERPETUAL": rates("0.01", "0.00005"),
        "ETH_USDC-PERPETUAL": rates("0.01", "0.000004"),
    },
}
BTC = "/positions/0"
ETH = "/positions/1"
SUMMARY = "/account_summaries/summaries"
CROSS = {f"{SUMMARY}/{index}/margin_model": "cross_sm" for index in range(3)}
VALUES: dict[str, object] = {
    "index_prices": {"BTC": {"index_price": Decimal(100000)}, "USDC": Decimal("0.9998"), "ETH": Decimal(3000)},
    "collateral_rates": {"BTC": "0.98", "USDC": "1", "ETH": "0.98"},
}


def imported(changes: dict[str, object] | None = None, **answers: object) -> AccountState:
    """The account of the payload with other values at some JSON pointers, and further answers."""
    return read(changed(PAYLOAD, changes, **answers))


def refused(changes: dict[str, object] | None = None, **answers: object) -> StateError:
    with pytest.raises(StateError) as caught:
        imported(changes, **answers)
    return caught.value


def order(**members: object) -> list[dict[str, object]]:
    resting: dict[str, object] = {
        "instrument_name": "BTC-PERPETUAL",
        "order_id": "BTC-17",
        "order_state": "open",
        "direction": "sell",
        "amount": Decimal(5000),
        "filled_amount": Decimal(2000),
        "price": Decimal(110000),
        "reduce_only": False,
    }
    return [{**resting, **members}]


# ---------------------------------------------------------------- published figures


def test_the_figures_of_a_real_position_import_and_come_out() -> None:
    """A position of 1 USD in ETH-PERPETUAL of the venue's get_position: the figures that the case db-eth-perp-real has."""
    state = read(
        {
            "account_summaries": {
                "summaries": [summary("ETH", "1000", "-0.0000311", "0", "999.9999689")],
            },
            "positions": [
                {
                    "instrument_name": "ETH-PERPETUAL",
                    "size": Decimal(1),
                    "size_currency": Decimal("0.000509344"),
                    "average_price": Decimal("2074.25"),
                    "settlement_price": Decimal("2090.99"),
                    "mark_price": Decimal("1963.31"),
                    "index_price": Decimal("1963.1"),
                    "floating_profit_loss": Decimal("-0.000031102"),
                    "initial_margin": Decimal("0.000010187"),
                    "maintenance_margin": Decimal("0.000005093"),
                }
            ],
            "instruments": [
                {
                    "instrument_name": "ETH-PERPETUAL",
                    "instrument_type": "reversed",
                    "base_currency": "ETH",
                    "quote_currency": "USD",
                    "settlement_currency": "ETH",
                    "tick_size": Decimal("0.05"),
                }
            ],
            "margin_parameters": {"ETH-PERPETUAL": rates("0.01", "0.000004")},
        }
    )
    position = evaluate(load_policy("deribit"), state).positions[0]
    unit = Decimal("0.000000001")
    assert position.notional is not None
    assert position.initial_margin is not None
    assert position.maintenance_margin is not None
    assert position.unrealized_pnl is not None
    assert abs(position.notional - Decimal("0.000509344")) <= unit
    assert abs(position.initial_margin - Decimal("0.000010187")) <= unit
    assert abs(position.maintenance_margin - Decimal("0.000005093")) <= unit
    assert abs(position.unrealized_pnl - Decimal("-0.000031102")) <= unit


# ---------------------------------------------------------------- what the account says


def test_the_policys_figures_are_those_the_venue_prints() -> None:
    report = evaluate(load_policy("deribit"), imported())
    pools = {pool.id: pool for pool in report.pools}
    assert pools["cross/USDC"].equity == Decimal("15012.5")
    assert pools["cross/USDC"].initial_margin == Decimal(3131)
    assert pools["cross/USDC"].maintenance_margin == Decimal(1581)
    assert pools["cross/BTC"].equity is not None
    assert abs(pools["cross/BTC"].equity - Decimal("1.01940816")) < Decimal("0.00000001")
    assert pools["cross/BTC"].initial_margin == Decimal("0.02005")


def test_profit_runs_from_the_last_settlement_of_a_position_that_was_open_then() -> None:
    assert imported().positions[0].entry_price == Decimal(98000)


def test_profit_runs_from_the_trade_of_a_position_opened_since() -> None:
    assert imported().positions[1].entry_price == Decimal(3000)


def test_where_a_position_is_made_of_both_the_entry_price_gives_the_profit() -> None:
    changes = {f"{ETH}/floating_profit_loss": Decimal(-6000), f"{SUMMARY}/1/futures_session_upl": Decimal(-6000)}
    changes |= {f"{SUMMARY}/1/equity": Decimal("14012.5"), f"{SUMMARY}/1/margin_balance": Decimal("14012.5")}
    assert imported(dict(changes)).positions[1].entry_price == Decimal(2980)


def test_a_short_has_a_negative_quantity_in_base_coins_and_an_inverse_one_in_the_quote() -> None:
    state = imported()
    assert [position.quantity for position in state.positions] == [Decimal(100000), Decimal(-50)]
    assert [instrument.contract_size for instrument in state.instruments] == [Decimal(1), Decimal(1)]
    assert [instrument.contract for instrument in state.instruments] == ["inverse", "linear"]


def test_a_position_of_size_zero_is_no_position() -> None:
    closed = {f"{ETH}/size": Decimal(0), f"{SUMMARY}/1/futures_session_upl": Decimal(0)}
    closed |= {f"{SUMMARY}/1/equity": Decimal("20012.5"), f"{SUMMARY}/1/margin_balance": Decimal("20012.5")}
    assert [position.id for position in imported(dict(closed)).positions] == ["BTC-PERPETUAL"]


def test_what_was_realised_in_the_session_stays_beside_the_balance() -> None:
    balances = imported().balances
    assert [(entry.asset, entry.wallet_balance) for entry in balances] == [
        ("BTC", Decimal(1)),
        ("USDC", Decimal(20000)),
    ]
    assert balances[1].inputs["futures_session_rpl"] == Decimal("12.5")


def test_answers_may_stand_in_their_frame() -> None:
    framed = {name: {"jsonrpc": "2.0", "result": PAYLOAD[name]} for name in ("positions", "instruments")}
    assert imported(None, **framed) == imported()


def test_the_time_of_the_venue_is_when_the_account_held() -> None:
    assert imported(time={"result": Decimal(1795335330250)}).account.as_of == datetime(
        2026, 11, 22, 8, 15, 30, 250000, tzinfo=UTC
    )


def test_in_the_cross_model_balances_are_worth_their_index_and_a_haircut_is_initial_margin() -> None:
    state = imported(CROSS, **VALUES)
    assert state.account.inputs["margin_model"] == "cross_sm"
    report = evaluate(load_policy("deribit"), state)
    assert [pool.id for pool in report.pools] == ["cross"]
    # 0.02005 BTC, 3131 USDC, and 2 % of 1.01940816... BTC.
    assert report.pools[0].initial_margin is not None
    assert abs(report.pools[0].initial_margin - Decimal("7174.190126")) < Decimal("0.00001")


# ---------------------------------------------------------------- orders


def test_an_order_counts_with_what_is_left_of_it() -> None:
    resting = imported(open_orders=order()).orders[0]
    assert (resting.symbol, resting.side, resting.quantity) == ("BTC-PERPETUAL", "sell", Decimal(3000))
    assert (resting.price, resting.reduce_only) == (Decimal(110000), False)


def test_the_margin_of_an_order_is_the_venues() -> None:
    margins = [{"order_id": "BTC-17", "initial_margin": Decimal("0.0006"), "initial_margin_currency": "BTC"}]
    state = imported(open_orders=order(), order_margins=margins)
    pools = {pool.id: pool for pool in evaluate(load_policy("deribit"), state).pools}
    assert pools["cross/BTC"].initial_margin == Decimal("0.02065")


def test_without_the_margin_of_an_order_the_initial_margin_is_unknown() -> None:
    report = evaluate(load_policy("deribit"), imported(open_orders=order()))
    pools = {pool.id: pool for pool in report.pools}
    assert pools["cross/BTC"].initial_margin is None
    assert pools["cross/BTC"].liquidatable is False


def test_an_order_that_waits_for_its_trigger_rests_nowhere() -> None:
    assert imported(open_orders=order(order_state="untriggered", price="market_price")).orders == ()


def test_a_spot_order_is_left_out() -> None:
    assert imported(open_orders=order(instrument_name="BTC_USDC")).orders == ()


def test_an_order_in_an_option_is_refused() -> None:
    option = {"instrument_name": "BTC-25DEC26-100000-C", "kind": "option"}
    instruments = [*PAYLOAD["instruments"], option]
    problem = refused(open_orders=order(instrument_name=option["instrument_name"]), instruments=instruments)
    assert "of the kind `option`" in problem.problem


def test_an_order_with_nothing_left_to_fill_is_refused() -> None:
    assert refused(open_orders=order(filled_amount=Decimal(5000))).pointer == "/open_orders/0/amount"


# ---------------------------------------------------------------- what is missing


@pytest.mark.parametrize("name", ["account_summaries", "positions", "instruments", "margin_parameters"])
def test_an_answer_that_is_missing_is_asked_for_by_name(name: str) -> None:
    problem = refused({f"/{name}": ABSENT})
    assert problem.pointer == f"/{name}"
    assert f"`{name}`" in problem.remedy


def test_the_rates_of_a_contract_are_asked_for_by_name() -> None:
    problem = refused({"/margin_parameters/BTC-PERPETUAL": ABSENT})
    assert problem.pointer == "/margin_parameters/BTC-PERPETUAL"
    assert '"initial_margin_slope": …' in problem.remedy


def test_a_contract_without_its_description_is_asked_for() -> None:
    assert "public/get_instrument of ETH_USDC-PERPETUAL" in refused({"/instruments/1": ABSENT}).remedy


def test_a_currency_that_backs_a_position_must_have_a_summary() -> None:
    assert "no row of USDC" in refused({f"{SUMMARY}/1": ABSENT}).problem


def test_the_cross_model_asks_for_index_prices_and_collateral_rates() -> None:
    assert "usdc_usd" in refused(CROSS, collateral_rates=VALUES["collateral_rates"]).remedy
    assert refused(CROSS, index_prices=VALUES["index_prices"]).pointer == "/collateral_rates"


def test_a_lone_answer_is_told_by_its_form() -> None:
    with pytest.raises(StateError) as caught:
        read(PAYLOAD["positions"])
    assert "the answer of private/get_positions" in caught.value.problem
    assert "`account_summaries`" in caught.value.remedy


# ---------------------------------------------------------------- what contradicts itself


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        (f"{BTC}/size_currency", Decimal("1.100000000")),
        (f"{ETH}/size_currency", Decimal("-49.900")),
        (f"{BTC}/initial_margin", Decimal("0.02105")),
        (f"{ETH}/maintenance_margin", Decimal(1571)),
        (f"{BTC}/direction", "sell"),
        (f"{SUMMARY}/0/equity", Decimal("1.02000000")),
        (f"{SUMMARY}/1/margin_balance", Decimal(15000)),
        ("/instruments/0/settlement_currency", "USDC"),
    ],
)
def test_a_figure_that_does_not_follow_from_the_others_is_refused_where_it_stands(pointer: str, value: object) -> None:
    assert refused({pointer: value}).pointer == pointer


def test_a_position_that_was_left_out_shows_in_the_profit_of_the_session() -> None:
    problem = refused({ETH: ABSENT})
    assert problem.pointer == f"{SUMMARY}/1/futures_session_upl"
    assert "of all positions" in problem.remedy


def test_margin_models_of_two_currencies_must_agree() -> None:
    assert refused({f"{SUMMARY}/1/margin_model": "cross_sm"}).pointer == f"{SUMMARY}/1/margin_model"


@pytest.mark.parametrize("model", ["segregated_pm", "cross_pm"])
def test_portfolio_margin_is_refused(model: str) -> None:
    problem = refused({f"{SUMMARY}/{index}/margin_model": model for index in range(3)})
    assert "portfolio margin" in problem.problem


def test_an_account_with_options_is_refused() -> None:
    problem = refused({f"{SUMMARY}/0/options_value": Decimal("-0.0086")})
    assert problem.pointer == f"{SUMMARY}/0/options_value"
    assert "options worth -0.0086 BTC" in problem.problem
