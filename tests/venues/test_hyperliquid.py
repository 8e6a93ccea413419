"""Hyperliquid's payloads, written here in the documented form; published figures are restated with their source."""

import json
from datetime import UTC, datetime
from decimal import Decimal, getcontext
from pathlib import Path
from typing import Any

import pytest

from marginrules.account import documents
from marginrules.account.state import AccountState, StateError
from marginrules.engine.evaluate import evaluate
from marginrules.policy.catalogue import load_policy
from marginrules.venues.hyperliquid import read
from tests.venues.payloads import ABSENT, changed

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "hyperliquid-account" / "payload.json"

# An account made up for these tests: a cross long, an isolated short, both in the first tier.
MIXED: dict[str, Any] = {
    "user": "alice",
    "clearinghouseState": {
        "assetPositions": [
            {
                "type": "oneWay",
                "position": {
                    "coin": "SOL",
                    "szi": "10.0",
                    "leverage": {"type": "cross", "value": Decimal(5)},
                    "entryPx": "150.0",
                    "positionValue": "1600.0",
                    "unrealizedPnl": "100.0",
                    "marginUsed": "320.0",
                    "maxLeverage": Decimal(20),
                },
            },
            {
                "type": "oneWay",
                "position": {
                    "coin": "HYPE",
                    "szi": "-4.0",
                    "leverage": {"type": "isolated", "value": "10", "rawUsd": "211.144417"},
                    "entryPx": "47.9932",
                    "positionValue": "192.58",
                    "unrealizedPnl": "-0.6071",
                    "marginUsed": "18.564417",
                    "maxLeverage": "10",
                },
            },
        ],
        "crossMarginSummary": {"accountValue": "900.0", "totalRawUsd": "-700.0"},
        "marginSummary": {"accountValue": "918.564417", "totalRawUsd": "-488.855583"},
        "time": Decimal(1764506145684),
    },
    "meta": {
        "universe": [
            {"name": "SOL", "maxLeverage": Decimal(20), "marginTableId": Decimal(54)},
            {"name": "HYPE", "maxLeverage": Decimal(10), "marginTableId": Decimal(52)},
            {"name": "MINOR", "maxLeverage": Decimal(3), "marginTableId": Decimal(3)},
        ],
        "marginTables": [
            [
                Decimal(52),
                {
                    "marginTiers": [
                        {"lowerBound": "0.0", "maxLeverage": Decimal(10)},
                        {"lowerBound": "20000000.0", "maxLeverage": Decimal(5)},
                    ]
                },
            ],
            [
                Decimal(54),
                {
                    "marginTiers": [
                        {"lowerBound": "0.0", "maxLeverage": Decimal(20)},
                        {"lowerBound": "70000000.0", "maxLeverage": Decimal(10)},
                    ]
                },
            ],
        ],
        "collateralToken": Decimal(0),
    },
}
SOL = "/clearinghouseState/assetPositions/0/position"
HYPE = "/clearinghouseState/assetPositions/1/position"


def example() -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(EXAMPLE.read_text("utf-8"), parse_float=Decimal, parse_int=Decimal)
    return payload


def mixed(changes: dict[str, object] | None = None) -> AccountState:
    return read(changed(MIXED, changes))


def order(**members: object) -> dict[str, object]:
    return {"openOrders": [{"coin": "SOL", "side": "A", "limitPx": "170.0", "sz": "4.0", "oid": Decimal(7), **members}]}


# ---------------------------------------------------------------- published figures


def test_the_example_gives_the_venues_own_liquidation_prices() -> None:
    """Figures the venue published on 2025-11-30; see the example's README."""
    payload = example()
    report = evaluate(load_policy("hyperliquid"), read(payload))
    printed = [row["position"]["liquidationPx"] for row in payload["clearinghouseState"]["assetPositions"]]
    assert printed == ["2349.3048283219", "1.2874773749"]
    for position, venue in zip(report.positions, printed, strict=True):
        assert isinstance(position.liquidation_price, Decimal)
        assert position.liquidation_price.quantize(Decimal("1E-10")) == Decimal(venue)


def test_the_equity_is_exactly_the_account_value_that_the_venue_prints() -> None:
    report = evaluate(load_policy("hyperliquid"), read(example()))
    assert report.pools[0].equity == Decimal("40522414.679239")


def test_a_feed_with_the_noise_of_binary_floats_gives_the_same_account() -> None:
    """The same account as the `webData2` message of 2025-11-30 printed it, to ten decimals."""
    noisy = changed(
        example(),
        {
            "/clearinghouseState/crossMarginSummary": {
                "accountValue": "40522414.6792389974",
                "totalRawUsd": "-202071900.8615710139",
            },
            f"{SOL}/positionValue": "157496413.9572100043",
            f"{SOL}/unrealizedPnl": "-10090518.7028960008",
            f"{HYPE}/positionValue": "85097901.5835999995",
        },
    )
    assert read(noisy) == read(example())


def test_mark_and_entry_price_of_the_example_are_those_behind_the_printed_figures() -> None:
    state = read(example())
    assert [instrument.mark_price for instrument in state.instruments] == [Decimal("3008.3"), Decimal("2.1916")]
    eighteen = Decimal("1E-12")
    entries = [position.entry_price.quantize(eighteen) for position in state.positions]
    assert entries == [Decimal("3201.036498890503"), Decimal("2.292413568529")]


def test_an_entry_price_that_gives_the_profit_is_taken_as_published() -> None:
    """Figures of a BTC long of 2025-12-15: szi 0.00416, entryPx 92499.0, uPnL -12.82944."""
    state = read(
        {
            "clearinghouseState": {
                "assetPositions": [
                    {
                        "position": {
                            "coin": "BTC",
                            "szi": "0.00416",
                            "entryPx": "92499.0",
                            "positionValue": "371.9664",
                            "unrealizedPnl": "-12.82944",
                            "leverage": {"type": "cross", "value": Decimal(24)},
                        }
                    }
                ],
                "crossMarginSummary": {"accountValue": "17.013125", "totalRawUsd": "-354.953275"},
            },
            "meta": {"universe": [{"name": "BTC", "marginTableId": Decimal(40)}]},
        }
    )
    assert state.positions[0].entry_price == Decimal(92499)
    assert state.balances[0].wallet_balance == Decimal("29.842565")


# ---------------------------------------------------------------- what is derived


def test_a_shortened_entry_price_is_replaced_by_the_one_behind_the_profit() -> None:
    """Figures of a HYPE short of 2025-10-30: entryPx 47.9932, which gives a profit of -0.6072."""
    assert mixed().positions[1].entry_price == Decimal("47.993225")


def test_assigned_margin_is_the_margin_used_without_the_profit() -> None:
    assert mixed().positions[1].assigned_margin == Decimal("19.171517")
    assert mixed().positions[0].assigned_margin is None


def test_the_wallet_holds_the_cross_ledger_at_entry_prices_and_all_assigned_margin() -> None:
    assert mixed().balances[0].wallet_balance == Decimal(-700) + 10 * Decimal(150) + Decimal("19.171517")


def test_mode_and_leverage_are_those_of_the_position() -> None:
    chosen = [(position.margin_mode, position.leverage) for position in mixed().positions]
    assert chosen == [("cross", Decimal(5)), ("isolated", Decimal(10))]


def test_name_and_time_are_those_of_the_payload() -> None:
    assert mixed().account.id == "alice"
    assert mixed().account.as_of == datetime(2025, 11, 30, 12, 35, 45, 684000, UTC)


def test_tiers_are_the_rows_of_the_coins_margin_table() -> None:
    tiers = mixed().instruments[0].tiers
    assert tiers is not None
    assert tiers.columns == ("above", "max_leverage")
    assert tiers.rows == ((Decimal(0), Decimal(20)), (Decimal(70000000), Decimal(10)))


def test_a_margin_table_below_fifty_is_one_tier_of_that_leverage() -> None:
    state = mixed({**order(coin="MINOR")})
    tiers = state.instrument_by_symbol["MINOR"].tiers
    assert tiers is not None
    assert tiers.rows == ((Decimal(0), Decimal(3)),)


def test_a_position_of_size_zero_is_no_position() -> None:
    state = mixed({f"{HYPE}/szi": "0.0", "/clearinghouseState/marginSummary": ABSENT})
    assert [position.id for position in state.positions] == ["SOL"]


def test_an_account_without_positions_has_its_ledger_as_balance() -> None:
    state = mixed(
        {
            "/clearinghouseState/assetPositions": [],
            "/clearinghouseState/crossMarginSummary": {"accountValue": "5.5", "totalRawUsd": "5.5"},
            "/clearinghouseState/marginSummary": {"accountValue": "5.5", "totalRawUsd": "5.5", "totalNtlPos": "0.0"},
        }
    )
    assert state.positions == ()
    assert state.balances[0].wallet_balance == Decimal("5.5")


def test_where_every_position_is_cross_the_margin_summary_will_do() -> None:
    payload = changed(example(), {"/clearinghouseState/crossMarginSummary": ABSENT})
    assert read(payload) == read(example())


def test_numbers_may_be_written_as_text() -> None:
    as_text = {"/meta/universe/0/marginTableId": "54", "/clearinghouseState/time": "1764506145684"}
    assert mixed(as_text) == mixed()


def test_a_perp_dex_settles_in_the_token_named() -> None:
    named = {"collateralToken": "USDH", "/meta/collateralToken": Decimal(360)}
    renamed = {"/meta/universe/0/name": "flx:SOL", f"{SOL}/coin": "flx:SOL"}
    instrument = mixed(named | renamed).instruments[0]
    assert (instrument.symbol, instrument.base, instrument.settle) == ("flx:SOL", "SOL", "USDH")
    assert mixed(named).balances[0].asset == "USDH"


def test_an_imported_account_can_be_written_as_an_account_document_and_read_again() -> None:
    for state in (read(example()), mixed(order())):
        assert documents.read(documents.write(state)) == state


def test_the_callers_decimal_context_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = read(example())
    monkeypatch.setattr(getcontext(), "prec", 5)
    assert read(example()) == expected


# ---------------------------------------------------------------- orders


@pytest.mark.parametrize(
    ("members", "reduces"),
    [
        ({}, True),
        ({"sz": "10.0"}, True),
        ({"sz": "10.1"}, False),
        ({"sz": "10.1", "reduceOnly": True}, True),
        ({"side": "B"}, False),
        ({"coin": "HYPE", "side": "B", "limitPx": "40.0"}, True),
        ({"coin": "MINOR"}, False),
    ],
)
def test_an_order_against_a_position_no_larger_than_it_reduces_only(
    members: dict[str, object], reduces: object
) -> None:
    assert mixed(order(**members)).orders[0].reduce_only is reduces


def test_an_order_has_mode_and_leverage_of_the_position_on_its_coin() -> None:
    resting = mixed(order(side="B")).orders[0]
    assert (resting.side, resting.quantity, resting.price) == ("buy", Decimal(4), Decimal(170))
    assert (resting.margin_mode, resting.leverage, resting.id) == ("cross", Decimal(5), "7")


def test_an_order_on_a_coin_without_position_has_neither_mode_nor_leverage_nor_mark() -> None:
    state = mixed(order(coin="MINOR"))
    assert (state.orders[0].margin_mode, state.orders[0].leverage) == (None, None)
    assert state.instrument_by_symbol["MINOR"].mark_price is None


@pytest.mark.parametrize("members", [{"isTrigger": True, "sz": "0.0"}, {"coin": "@107"}, {"coin": "PURR/USDC"}])
def test_a_trigger_not_yet_touched_and_a_spot_order_hold_no_margin_and_are_left_out(members: dict[str, object]) -> None:
    assert mixed(order(**members)).orders == ()


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("changes", "pointer", "problem", "remedy"),
    [
        ({"/clearinghouseState": ABSENT}, "/clearinghouseState", "lacks clearinghouseState", "info request"),
        ({"/meta": ABSENT}, "/meta", "lacks meta", "add the answer of the `meta` info request as `meta`"),
        ({"/meta/marginTables": ABSENT}, "/meta/marginTables", "the payload lacks meta.marginTables", "`meta` info"),
        ({"/meta/universe": ABSENT}, "/meta/universe", "lacks meta.universe", "`meta` info request"),
        ({"/meta/universe/0/marginTableId": ABSENT}, "/meta/universe/0/marginTableId", "marginTableId", "`meta`"),
        ({f"{SOL}/unrealizedPnl": ABSENT}, f"{SOL}/unrealizedPnl", "position.unrealizedPnl", "clearinghouseState"),
        ({f"{HYPE}/marginUsed": ABSENT}, f"{HYPE}/marginUsed", "position.marginUsed", "clearinghouseState"),
        (
            {"/clearinghouseState/crossMarginSummary": ABSENT},
            "/clearinghouseState/crossMarginSummary",
            "lacks clearinghouseState.crossMarginSummary",
            "clearinghouseState",
        ),
        ({"/meta/collateralToken": Decimal(360)}, "/collateralToken", "lacks collateralToken", "token 360"),
        ({"/meta/universe/0/name": "ETH"}, f"{SOL}/coin", "meta.universe does not list SOL", "same perp DEX"),
        ({"/meta/marginTables/1/0": Decimal(99)}, "/meta/universe/0/marginTableId", "no table 54", "one answer"),
        ({"/meta/universe/0/maxLeverage": Decimal(25)}, "/meta/universe/0/maxLeverage", "begins at 20", "one answer"),
        ({f"{SOL}/maxLeverage": Decimal(50)}, f"{SOL}/maxLeverage", "has 20, 10", "at the time of"),
        (
            {"/meta/marginTables/1/1/marginTiers/1/lowerBound": "0.0"},
            "/meta/marginTables/1/1/marginTiers",
            "do not rise from zero",
            "`meta`",
        ),
        ({"/meta/marginTables/1": [Decimal(54)]}, "/meta/marginTables/1", "not an id and a table", "`meta`"),
        ({f"{SOL}/leverage/type": "portfolio"}, f"{SOL}/leverage/type", "`portfolio`", "`cross` or `isolated`"),
        ({f"{HYPE}/coin": "SOL"}, HYPE, "SOL is listed twice", "once"),
        ({f"{SOL}/positionValue": "0.0"}, f"{SOL}/positionValue", "greater than zero", "clearinghouseState"),
        ({"/clearinghouseState/time": "noon"}, "/clearinghouseState/time", "a number is due", "clearinghouseState"),
        (order(side="X"), "/openOrders/0/side", "`X`", "`b` or `a`"),
        (order(coin="ETH"), "/openOrders/0/coin", "does not list ETH", "`meta`"),
    ],
)
def test_what_is_missing_or_malformed_is_named_with_its_pointer_and_a_remedy(
    changes: dict[str, object], pointer: str, problem: str, remedy: str
) -> None:
    with pytest.raises(StateError) as raised:
        mixed(changes)
    assert raised.value.pointer == pointer
    assert problem in raised.value.problem
    assert remedy in raised.value.remedy


def test_a_profit_that_the_shortened_entry_price_cannot_explain_is_a_contradiction() -> None:
    """SOL at 160, entered at 150.0: five digits are printed at least, so the profit of 10 SOL is within 0.1 of 100."""
    assert mixed({f"{SOL}/unrealizedPnl": "99.91"}).positions[0].entry_price == Decimal("150.009")
    with pytest.raises(StateError, match=r"unrealizedPnl is 99\.8, but .* is 100\.000000") as raised:
        mixed({f"{SOL}/unrealizedPnl": "99.8"})
    assert raised.value.pointer == f"{SOL}/unrealizedPnl"


def test_an_account_value_that_ledger_and_positions_do_not_give_is_a_contradiction() -> None:
    value = "/clearinghouseState/crossMarginSummary/accountValue"
    assert mixed({value: "900.0008"}) == mixed()
    with pytest.raises(StateError, match=r"accountValue is 900\.01, but .* is 900\.000000") as raised:
        mixed({value: "900.01"})
    assert raised.value.pointer == value


def test_a_position_left_out_of_a_payload_is_noticed_by_the_account_value() -> None:
    with pytest.raises(StateError, match="accountValue"):
        mixed({"/clearinghouseState/assetPositions": MIXED["clearinghouseState"]["assetPositions"][1:]})


@pytest.mark.parametrize(
    ("summary", "total", "own", "other", "problem"),
    [
        ("crossMarginSummary", "totalNtlPos", "1600.0", "1792.58", "positionValue of the cross positions is 1600"),
        ("marginSummary", "totalNtlPos", "1792.58", "1600.0", "positionValue of all positions is 1792.58"),
        ("crossMarginSummary", "totalMarginUsed", "320.0", "319.9", "marginUsed of the cross positions, 320"),
        ("marginSummary", "totalMarginUsed", "338.564417", "320.0", "marginUsed of all positions, 338.564417"),
        ("marginSummary", "accountValue", "918.564417", "900.0", "of all positions is 918.564417"),
    ],
)
def test_a_total_that_the_positions_do_not_make_up_is_a_contradiction(
    summary: str, total: str, own: str, other: str, problem: str
) -> None:
    """Of the cross positions in the one summary, of all in the other."""
    place = f"/clearinghouseState/{summary}/{total}"
    assert mixed({place: own}) == mixed()
    with pytest.raises(StateError) as raised:
        mixed({place: other})
    assert raised.value.pointer == place
    assert problem in raised.value.problem


def test_the_account_is_its_cross_part_and_its_isolated_positions() -> None:
    """Ledger and value of all may fit each other, and still be of another moment than the cross part."""
    moved = {"accountValue": "1918.564417", "totalRawUsd": "511.144417"}
    with pytest.raises(StateError, match=r"1918\.564417, but that of crossMarginSummary .* is 918\.564417") as raised:
        mixed({"/clearinghouseState/marginSummary": moved})
    assert raised.value.pointer == "/clearinghouseState/marginSummary/accountValue"


def test_an_isolated_ledger_that_does_not_give_the_margin_used_is_a_contradiction() -> None:
    with pytest.raises(StateError, match=r"marginUsed is 18\.564417, but leverage\.rawUsd") as raised:
        mixed({f"{HYPE}/leverage/rawUsd": "212.144417"})
    assert raised.value.pointer == f"{HYPE}/marginUsed"


@pytest.mark.parametrize(
    "changes", [{f"{SOL}/marginUsed": "400.0"}, {f"{SOL}/leverage/value": "4"}, {f"{SOL}/leverage/value": "7.5"}]
)
def test_a_cross_margin_that_is_not_the_value_over_the_leverage_is_a_contradiction(changes: dict[str, str]) -> None:
    with pytest.raises(StateError, match=r"positionValue / leverage\.value") as raised:
        mixed(changes)
    assert raised.value.pointer == f"{SOL}/marginUsed"


@pytest.mark.parametrize(("key", "other"), [("clearinghouseState", "`meta`"), ("meta", "`clearinghouseState`")])
def test_a_bare_answer_is_told_under_which_name_it_belongs_and_what_else_is_needed(key: str, other: str) -> None:
    with pytest.raises(StateError) as raised:
        read(MIXED[key])
    assert f'{{"{key}": …}}' in raised.value.remedy
    assert f"{other} info request" in raised.value.remedy


# ---------------------------------------------------------------- modes of an asset, and the printed maintenance margin


@pytest.mark.parametrize(
    ("members", "inputs"),
    [
        ({}, {}),
        ({"marginMode": "noCross", "onlyIsolated": True}, {"marginMode": "noCross"}),
        ({"marginMode": "strictIsolated", "onlyIsolated": True}, {"marginMode": "strictIsolated"}),
        ({"onlyIsolated": True}, {"marginMode": "strictIsolated"}),
        ({"onlyIsolated": False}, {}),
    ],
)
def test_which_modes_an_asset_has_is_what_meta_says(members: dict[str, object], inputs: dict[str, object]) -> None:
    row = {**MIXED["meta"]["universe"][1], **members}
    assert mixed({"/meta/universe/1": row}).instruments[1].inputs == inputs


def test_a_printed_maintenance_margin_that_the_tables_give_is_accepted() -> None:
    """1,600 at half of a twentieth; the isolated position is not part of it."""
    assert mixed({"/clearinghouseState/crossMaintenanceMarginUsed": "40.0"}) == mixed()


def test_the_printed_maintenance_margin_runs_over_the_tiers() -> None:
    """1,000 at half of a twentieth, 600 at half of a fifteenth."""
    tiers = [
        {"lowerBound": "0.0", "maxLeverage": Decimal(20)},
        {"lowerBound": "1000.0", "maxLeverage": Decimal(15)},
    ]
    changes: dict[str, object] = {
        "/meta/marginTables/1/1/marginTiers": tiers,
        f"{SOL}/maxLeverage": Decimal(15),
        "/clearinghouseState/crossMaintenanceMarginUsed": "45.0",
    }
    assert evaluate(load_policy("hyperliquid"), mixed(changes)).pools[0].maintenance_margin == 45


def test_a_printed_maintenance_margin_that_the_tables_do_not_give_is_refused() -> None:
    with pytest.raises(StateError, match="give 40") as caught:
        mixed({"/clearinghouseState/crossMaintenanceMarginUsed": "40.01"})
    assert caught.value.pointer == "/clearinghouseState/crossMaintenanceMarginUsed"
    assert "`meta`" in caught.value.remedy
