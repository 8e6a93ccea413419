"""dYdX v4's payloads, written here in the form of its indexer and of its chain's queries."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from marginrules.account import documents
from marginrules.account.state import AccountState, StateError
from marginrules.engine.evaluate import evaluate
from marginrules.policy.catalogue import load_policy
from marginrules.venues.dydx_v4 import read
from tests.venues.payloads import ABSENT, changed


def market(ticker: str, oracle_price: str, **members: object) -> dict[str, Any]:
    return {
        "clobPairId": "0",
        "ticker": ticker,
        "status": "ACTIVE",
        "oraclePrice": oracle_price,
        "initialMarginFraction": "0.05",
        "maintenanceMarginFraction": "0.03",
        "openInterest": "1000",
        "tickSize": "1",
        "stepSize": "0.0001",
        "marketType": "CROSS",
        "openInterestLowerCap": "20000000",
        "openInterestUpperCap": "50000000",
        "baseOpenInterest": "900",
        **members,
    }


# A subaccount made up for these tests: BTC long, ETH short. Equity -19,900 + 31,000 - 5,800.
PAYLOAD: dict[str, Any] = {
    "subaccount": {
        "subaccount": {
            "address": "dydx1example",
            "subaccountNumber": Decimal(0),
            "equity": "5300",
            "freeCollateral": "3460",
            "openPerpetualPositions": {
                "BTC-USD": {
                    "market": "BTC-USD",
                    "status": "OPEN",
                    "side": "LONG",
                    "size": "0.5",
                    "entryPrice": "60000",
                    "unrealizedPnl": "1000",
                    "netFunding": "-12.5",
                },
                "ETH-USD": {
                    "market": "ETH-USD",
                    "status": "OPEN",
                    "side": "SHORT",
                    "size": "-2",
                    "entryPrice": "3000.25",
                    "unrealizedPnl": "200.5",
                    "netFunding": "0",
                },
            },
            "assetPositions": {
                "USDC": {"size": "19900", "symbol": "USDC", "side": "SHORT", "assetId": "0"},
            },
            "marginEnabled": True,
        }
    },
    "perpetualMarkets": {
        "markets": {
            "BTC-USD": market("BTC-USD", "62000"),
            "ETH-USD": market("ETH-USD", "2900", clobPairId="1", marketType="ISOLATED"),
            "SOL-USD": market("SOL-USD", "150", clobPairId="2"),
        }
    },
    "time": {"iso": "2026-11-22T08:15:30.250Z", "epoch": Decimal("1795335330.25")},
}
SUBACCOUNT = "/subaccount/subaccount"
BTC = f"{SUBACCOUNT}/openPerpetualPositions/BTC-USD"
ETH = f"{SUBACCOUNT}/openPerpetualPositions/ETH-USD"
BTC_MARKET = "/perpetualMarkets/markets/BTC-USD"
ETH_MARKET = "/perpetualMarkets/markets/ETH-USD"


def tier(initial: int, part: int, lower: str = "20000000000000", upper: str = "50000000000000") -> dict[str, object]:
    return {
        "id": Decimal(0),
        "name": "Large-Cap",
        "initial_margin_ppm": Decimal(initial),
        "maintenance_fraction_ppm": Decimal(part),
        "open_interest_lower_cap": lower,
        "open_interest_upper_cap": upper,
    }


def imported(changes: dict[str, object] | None = None, **answers: object) -> AccountState:
    """The account of the payload with other values at some JSON pointers, and further answers."""
    return read(changed(PAYLOAD, changes, **answers))


def refused(changes: dict[str, object] | None = None, **answers: object) -> StateError:
    with pytest.raises(StateError) as caught:
        imported(changes, **answers)
    return caught.value


# ---------------------------------------------------------------- what the account says


def test_the_policys_equity_is_the_equity_that_the_indexer_prints() -> None:
    report = evaluate(load_policy("dydx-v4"), imported())
    assert [(pool.id, pool.equity) for pool in report.pools] == [("cross", Decimal(5300))]


def test_the_policys_maintenance_margin_is_the_markets_fraction_of_the_value() -> None:
    report = evaluate(load_policy("dydx-v4"), imported())
    assert report.pools[0].maintenance_margin == Decimal("0.03") * (31000 + 5800)


def test_the_wallet_is_the_quote_balance_with_the_positions_put_back_at_entry() -> None:
    balance = imported().balances[0]
    assert (balance.asset, balance.wallet_balance) == ("USDC", Decimal(-19900) + 30000 - Decimal("6000.50"))


def test_a_short_is_negative_whether_or_not_its_size_is_printed_with_a_sign() -> None:
    quantities = [[entry.quantity for entry in imported({f"{ETH}/size": size}).positions] for size in ("2", "-2")]
    assert quantities == [[Decimal("0.5"), Decimal(-2)]] * 2


def test_an_oracle_price_that_gives_the_profit_is_taken_as_listed() -> None:
    assert [entry.mark_price for entry in imported().instruments] == [Decimal(62000), Decimal(2900)]


def test_where_the_oracle_price_has_moved_between_the_answers_the_one_behind_the_profit_is_taken() -> None:
    state = imported({f"{BTC_MARKET}/oraclePrice": "62010"})
    assert state.instruments[0].mark_price == Decimal(62000)
    assert evaluate(load_policy("dydx-v4"), state).pools[0].equity == Decimal(5300)


def test_a_position_without_a_printed_profit_is_valued_at_the_listed_oracle_price() -> None:
    state = imported({f"{BTC}/unrealizedPnl": ABSENT, f"{BTC_MARKET}/oraclePrice": "62010"})
    assert state.instruments[0].mark_price == Decimal(62010)


def test_fractions_caps_and_kind_of_the_market_are_inputs_of_the_instrument() -> None:
    instrument = imported().instruments[1]
    assert instrument.inputs == {
        "initial_margin_fraction": Decimal("0.05"),
        "maintenance_fraction": Decimal("0.6"),
        "open_interest_lower_cap": Decimal(20000000),
        "open_interest_upper_cap": Decimal(50000000),
        "market_type": "isolated",
    }
    assert (instrument.base, instrument.quote, instrument.settle) == ("ETH", "USDC", "USDC")
    assert (instrument.tick_size, instrument.quantity_step) == (Decimal(1), Decimal("0.0001"))


def test_open_interest_is_that_of_the_chain_and_else_that_of_the_indexer() -> None:
    assert imported().instruments[0].open_interest == Decimal(900)
    assert imported({f"{BTC_MARKET}/baseOpenInterest": ABSENT}).instruments[0].open_interest == Decimal(1000)


def test_name_and_time_are_those_of_the_answers() -> None:
    account = imported().account
    assert (account.id, account.as_of) == ("dydx1example/0", datetime(2026, 11, 22, 8, 15, 30, 250000, UTC))


def test_an_answer_without_its_frame_is_read_too() -> None:
    inner = PAYLOAD["subaccount"]["subaccount"]
    assert imported(subaccount=inner, perpetualMarkets=PAYLOAD["perpetualMarkets"]["markets"]) == imported()


def test_a_subaccount_without_positions_is_its_quote_balance() -> None:
    state = imported(
        {
            f"{SUBACCOUNT}/openPerpetualPositions": {},
            f"{SUBACCOUNT}/assetPositions/USDC": {"size": "250.5", "side": "LONG"},
            f"{SUBACCOUNT}/equity": "250.5",
            f"{SUBACCOUNT}/freeCollateral": "250.5",
        }
    )
    assert (state.positions, state.balances[0].wallet_balance) == ((), Decimal("250.5"))


def test_a_subaccount_without_assets_has_a_balance_of_zero() -> None:
    state = imported(
        {
            f"{SUBACCOUNT}/openPerpetualPositions": {},
            f"{SUBACCOUNT}/assetPositions": {},
            f"{SUBACCOUNT}/equity": "0",
            f"{SUBACCOUNT}/freeCollateral": "0",
        }
    )
    assert state.balances[0].wallet_balance == 0


def test_a_leverage_that_was_chosen_is_that_of_the_position() -> None:
    state = imported(leverage={"clob_pair_leverage": [{"clob_pair_id": Decimal(1), "custom_imf_ppm": Decimal(200000)}]})
    assert [position.leverage for position in state.positions] == [None, Decimal(5)]


def test_the_id_zero_that_the_chain_leaves_out_is_the_first_market() -> None:
    state = imported(leverage={"clob_pair_leverage": [{"custom_imf_ppm": Decimal(100000)}]})
    assert [position.leverage for position in state.positions] == [Decimal(10), None]


def test_the_document_of_the_account_can_be_written_and_read_back() -> None:
    state = imported()
    assert documents.read(documents.write(state), load_policy("dydx-v4").inputs) == state


LIQUIDATIONS = {
    "liquidations_config": {
        "max_liquidation_fee_ppm": Decimal(15000),
        "position_block_limits": {
            "min_position_notional_liquidated": "1000000000",
            "max_position_portion_liquidated_ppm": Decimal(100000),
        },
        "subaccount_block_limits": {"max_notional_liquidated": "100000000000", "max_quantums_insurance_lost": "1"},
    }
}


def test_limits_of_a_liquidation_are_inputs_of_the_account() -> None:
    assert imported(liquidationsConfig=LIQUIDATIONS).account.inputs == {
        "max_liquidation_fee": Decimal("0.015"),
        "max_position_portion_liquidated": Decimal("0.1"),
        "min_position_notional_liquidated": Decimal(1000),
        "max_notional_liquidated": Decimal(100_000),
    }


def test_without_the_answer_about_liquidations_there_are_no_limits() -> None:
    assert imported().account.inputs == {}


def test_a_limit_of_a_liquidation_that_is_missing_is_asked_for_by_name() -> None:
    config = {"liquidations_config": {"max_liquidation_fee_ppm": Decimal(15000)}}
    error = refused(liquidationsConfig=config)
    assert error.pointer == "/liquidationsConfig/liquidations_config/position_block_limits"
    assert "GET /dydxprotocol/clob/liquidations_configuration" in error.remedy


# ---------------------------------------------------------------- liquidity tiers


def test_a_maintenance_fraction_that_was_cut_needs_the_liquidity_tiers() -> None:
    changes: dict[str, object] = {
        f"{BTC_MARKET}/initialMarginFraction": "0.033333",
        f"{BTC_MARKET}/maintenanceMarginFraction": "0.019999",
        f"{SUBACCOUNT}/freeCollateral": "3976.677",
    }
    error = refused(changes)
    assert error.pointer == f"{BTC_MARKET}/maintenanceMarginFraction"
    assert "GET /dydxprotocol/perpetuals/liquidity_tiers" in error.remedy
    tiers = {"liquidity_tiers": [tier(33333, 600000), tier(50000, 600000), tier(100000, 500000)]}
    assert imported(changes, liquidityTiers=tiers).instruments[0].inputs["maintenance_fraction"] == Decimal("0.6")


def test_caps_that_the_indexer_leaves_out_are_those_of_the_liquidity_tier() -> None:
    changes: dict[str, object] = {f"{BTC_MARKET}/openInterestLowerCap": ABSENT}
    error = refused(changes)
    assert error.pointer == f"{BTC_MARKET}/openInterestLowerCap"
    assert "as `liquidityTiers`" in error.remedy
    state = imported(changes, liquidityTiers={"liquidity_tiers": [tier(50000, 600000)]})
    assert state.instruments[0].inputs["open_interest_lower_cap"] == Decimal(20000000)


def test_tiers_of_another_day_are_refused() -> None:
    error = refused(liquidityTiers={"liquidity_tiers": [tier(40000, 600000)]})
    assert error.pointer == BTC_MARKET
    assert "no liquidity tier has the margin fractions of BTC-USD" in error.problem


def test_tiers_that_leave_the_caps_open_are_refused() -> None:
    tiers = {"liquidity_tiers": [tier(50000, 600000), tier(50000, 600000, upper="60000000000000")]}
    error = refused({f"{BTC_MARKET}/openInterestUpperCap": ABSENT}, liquidityTiers=tiers)
    assert "several liquidity tiers" in error.problem


# ---------------------------------------------------------------- what is missing


@pytest.mark.parametrize(
    ("pointer", "named"),
    [
        ("/subaccount", "GET /v4/addresses/{address}/subaccountNumber/{number}"),
        ("/perpetualMarkets", "GET /v4/perpetualMarkets"),
        (f"{SUBACCOUNT}/openPerpetualPositions", "GET /v4/addresses/{address}/subaccountNumber/{number}"),
        (f"{SUBACCOUNT}/assetPositions", "GET /v4/addresses/{address}/subaccountNumber/{number}"),
        (f"{BTC}/size", "GET /v4/addresses/{address}/subaccountNumber/{number}"),
        (f"{BTC}/side", "GET /v4/addresses/{address}/subaccountNumber/{number}"),
        (f"{BTC}/entryPrice", "GET /v4/addresses/{address}/subaccountNumber/{number}"),
        (f"{BTC_MARKET}/oraclePrice", "GET /v4/perpetualMarkets"),
        (f"{BTC_MARKET}/initialMarginFraction", "GET /v4/perpetualMarkets"),
        (f"{BTC_MARKET}/maintenanceMarginFraction", "GET /v4/perpetualMarkets"),
    ],
)
def test_what_is_missing_is_asked_for_with_its_request(pointer: str, named: str) -> None:
    error = refused({pointer: ABSENT})
    assert error.pointer == pointer
    assert "the payload lacks" in error.problem
    assert named in error.remedy


def test_the_answer_about_the_subaccount_alone_is_told_what_else_is_needed() -> None:
    with pytest.raises(StateError, match="this is the answer of GET /v4/addresses") as caught:
        read(PAYLOAD["subaccount"]["subaccount"])
    assert "as `perpetualMarkets`" in caught.value.remedy


def test_the_answer_with_its_frame_alone_is_asked_for_the_markets() -> None:
    with pytest.raises(StateError, match="the payload lacks perpetualMarkets"):
        read(PAYLOAD["subaccount"])


def test_a_market_that_is_not_listed_is_asked_for() -> None:
    error = refused({BTC_MARKET: ABSENT})
    assert error.pointer == BTC
    assert "perpetualMarkets.markets does not list BTC-USD" in error.problem


# ---------------------------------------------------------------- contradictions


@pytest.mark.parametrize(
    ("changes", "pointer", "problem"),
    [
        ({f"{SUBACCOUNT}/equity": "5300.01"}, f"{SUBACCOUNT}/equity", "is 5300"),
        ({ETH: ABSENT}, f"{SUBACCOUNT}/equity", "but USDC"),
        ({f"{SUBACCOUNT}/freeCollateral": "3460.01"}, f"{SUBACCOUNT}/freeCollateral", "is 3460"),
        ({f"{BTC_MARKET}/initialMarginFraction": "0.06"}, f"{SUBACCOUNT}/freeCollateral", "is 3150"),
        ({f"{BTC}/unrealizedPnl": "1400"}, f"{BTC}/unrealizedPnl", "is 1000"),
        ({f"{BTC_MARKET}/oraclePrice": "64000"}, f"{BTC}/unrealizedPnl", "is 2000"),
        ({f"{BTC}/size": "-0.5"}, f"{BTC}/size", "on the LONG side"),
        ({f"{BTC}/market": "SOL-USD"}, f"{BTC}/market", "has market SOL-USD"),
        ({f"{BTC}/status": "CLOSED"}, f"{BTC}/status", "BTC-USD is CLOSED"),
        ({f"{BTC}/side": "UP"}, f"{BTC}/side", "does not know"),
    ],
)
def test_figures_that_contradict_each_other_are_refused(changes: dict[str, object], pointer: str, problem: str) -> None:
    error = refused(changes)
    assert error.pointer == pointer
    assert problem in error.problem


def test_a_profit_of_another_moment_than_the_equity_is_noticed() -> None:
    error = refused({f"{BTC}/unrealizedPnl": "1000.01"})
    assert error.pointer == f"{SUBACCOUNT}/equity"


def test_the_free_collateral_is_told_with_the_fraction_that_the_open_interest_does_not_scale() -> None:
    """The indexer counts so; at 900 BTC of 62,000 the policy's own initial margin is that of a fraction of 100%."""
    state = imported()
    assert evaluate(load_policy("dydx-v4"), state).pools[0].initial_margin == 31000 + Decimal("0.05") * 5800


def test_without_profits_the_oracle_price_may_have_moved_since_the_free_collateral() -> None:
    """The fractions of 36,800 by a hundredth, as much as of the equity."""
    bare: dict[str, object] = {f"{BTC}/unrealizedPnl": ABSENT, f"{ETH}/unrealizedPnl": ABSENT}
    assert imported({**bare, f"{SUBACCOUNT}/freeCollateral": "3445"}).positions
    assert refused({**bare, f"{SUBACCOUNT}/freeCollateral": "3400"}).pointer == f"{SUBACCOUNT}/freeCollateral"


def test_several_subaccounts_are_refused() -> None:
    error = refused({f"{SUBACCOUNT}/childSubaccounts": []})
    assert "each is margined alone" in error.problem


def test_collateral_other_than_usdc_is_refused() -> None:
    error = refused({f"{SUBACCOUNT}/assetPositions/TETH": {"size": "1", "side": "LONG"}})
    assert "TETH" in error.problem


def test_a_number_that_was_read_as_a_binary_float_is_refused() -> None:
    assert "binary float" in refused({f"{BTC}/size": 0.5}).problem
