"""ccxt's structures, in their documented form, under the policies of several venues: figures worked out by hand."""

import copy
import json
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

import marginrules
from marginrules.account.state import AccountState, StateError
from marginrules.cli.app import run
from marginrules.engine.report import Report
from marginrules.venues import import_payload

BTC, ETH, INVERSE = "BTC/USDT:USDT", "ETH/USDT:USDT", "BTC/USD:BTC"


def _market(symbol: str, size: float = 1, **more: Any) -> dict[str, Any]:
    base, _, rest = symbol.partition("/")
    quote, _, settle = rest.partition(":")
    return {
        "id": base + quote,
        "symbol": symbol,
        "base": base,
        "quote": quote,
        "settle": settle,
        "type": "swap",
        "contract": True,
        "linear": quote == settle,
        "inverse": base == settle,
        "contractSize": size,
        "precision": {"amount": 0.001, "price": 0.1},
        "limits": {"leverage": {"min": 1, "max": 100}},
        "info": {},
        **more,
    }


def _position(symbol: str, side: str, contracts: float, **more: Any) -> dict[str, Any]:
    return {
        "info": {},
        "id": None,
        "symbol": symbol,
        "timestamp": None,
        "side": side,
        "contracts": contracts,
        "contractSize": 1,
        "marginMode": "cross",
        "leverage": 10,
        "hedged": None,
        "notional": None,
        "collateral": None,
        "initialMargin": None,
        "maintenanceMargin": None,
        "liquidationPrice": None,
        **more,
    }


def _tiers(symbol: str, *rows: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [
        {
            "tier": index,
            "symbol": symbol,
            "currency": "USDT",
            "minNotional": low,
            "maxNotional": high,
            "maintenanceMarginRate": rate,
            "maxLeverage": leverage,
            "info": info,
        }
        for index, (low, high, rate, leverage, info) in enumerate(rows, 1)
    ]


def _currency(total: float) -> dict[str, Any]:
    return {"free": None, "used": None, "total": total}


def binance() -> dict[str, Any]:
    """A cross long of 0.5 BTC with a profit of 1,000, and an isolated short of 2 ETH with a loss of 200."""
    return {
        "exchange": "binanceusdm",
        "timestamp": 1764331200000,
        "balance": {
            "info": {"assets": [{"asset": "USDT", "walletBalance": "5000.00000000", "marginBalance": "5800.0"}]},
            "timestamp": None,
            "free": {"USDT": 100.0},
            "used": {"USDT": 3720.0},
            "total": {"USDT": 5800.0},
            "USDT": _currency(5800.0),
        },
        "positions": [
            _position(
                BTC,
                "long",
                0.5,
                entryPrice=60000.0,
                markPrice=62000.0,
                notional=31000.0,
                unrealizedPnl=1000.0,
                hedged=False,
                collateral=4300.0,
            ),
            _position(
                ETH,
                "short",
                2.0,
                entryPrice=3000.0,
                markPrice=3100.0,
                notional=6200.0,
                unrealizedPnl=-200.0,
                hedged=False,
                marginMode="isolated",
                collateral=500.0,
                leverage=20,
                info={"isolatedWallet": "700.00000000", "isolatedMargin": "500.00000000"},
            ),
        ],
        "markets": {symbol: _market(symbol) for symbol in (BTC, ETH)},
        "leverageTiers": {
            BTC: _tiers(BTC, (0, 50000, 0.004, 125, {"cum": "0.0"}), (50000.0, 600000.0, 0.005, 100, {"cum": "50.0"})),
            ETH: _tiers(ETH, (0, 10000, 0.005, 100, {"cum": "0.0"})),
        },
    }


def okx() -> dict[str, Any]:
    """A cross long of 120 contracts of 0.01 BTC, in the second tier, which begins above 100 contracts."""
    return {
        "exchange": "okx",
        "balance": {"info": {"data": [{"details": [], "adjEq": ""}]}, "USDT": _currency(11200.0)},
        "positions": [
            _position(
                BTC,
                "long",
                120.0,
                contractSize=0.01,
                entryPrice=50000.0,
                markPrice=51000.0,
                # notionalUsd: a USDT is not quite a dollar.
                notional=61218.36,
                unrealizedPnl=1200.0,
                hedged=False,
            )
        ],
        "markets": {BTC: _market(BTC, 0.01)},
        "leverageTiers": {
            BTC: _tiers(
                BTC,
                (0.0, 100.0, 0.004, 125, {"minSz": "0", "maxSz": "100", "imr": "0.008"}),
                (101.0, 2000.0, 0.005, 100, {"minSz": "101", "maxSz": "2000", "imr": "0.01"}),
            )
        },
        "tradingFees": {BTC: {"symbol": BTC, "maker": 0.0002, "taker": 0.0005}},
    }


def bybit() -> dict[str, Any]:
    """An isolated long of 0.1 BTC; the venue's structures name neither mode nor fee."""
    return {
        "exchange": "bybit",
        "balance": {
            "info": {
                "result": {
                    "list": [
                        {
                            "accountType": "UNIFIED",
                            "coin": [
                                {"coin": "USDT", "equity": "1100", "usdValue": "1099.89", "walletBalance": "1000"}
                            ],
                        }
                    ]
                }
            },
            "USDT": _currency(1000.0),
        },
        "positions": [
            _position(
                BTC,
                "long",
                0.1,
                entryPrice=60000.0,
                markPrice=61000.0,
                notional=6100.0,
                unrealizedPnl=100.0,
                marginMode=None,
                info={"positionBalance": "602.97", "positionIdx": "0"},
            )
        ],
        "markets": {BTC: _market(BTC)},
        "leverageTiers": {BTC: _tiers(BTC, (0, 2000000.0, 0.005, 100, {"mmDeduction": "", "initialMargin": "0.01"}))},
        "marginModes": {"info": {"marginMode": "ISOLATED_MARGIN"}, "symbol": None, "marginMode": "isolated"},
        "tradingFees": {BTC: {"symbol": BTC, "taker": 0.00055}},
        "inputs": {"assets": {"USDT": {"collateral_rate": 1}}},
    }


def gate() -> dict[str, Any]:
    """A cross short of 20,000 contracts of 0.0001 BTC: 2 BTC; leverage 0 is how the venue writes cross."""
    return {
        "exchange": "gate",
        "timestamp": 1764331200000,
        "balance": {"info": [{}], "USDT": _currency(30000.0)},
        "positions": [
            _position(
                BTC,
                "short",
                20000,
                contractSize=0.0001,
                entryPrice=60000,
                markPrice=59000,
                notional=118000,
                unrealizedPnl=2000,
                leverage=0,
                info={"leverage": "0", "cross_leverage_limit": "10", "margin": "0"},
            )
        ],
        "markets": {BTC: _market(BTC, 0.0001, info={"taker_fee_rate": "0.00075"})},
        "leverageTiers": {
            BTC: _tiers(
                BTC,
                (0, 100000, 0.004, 125, {"deduction": "0", "initial_rate": "0.008"}),
                (100000, 500000, 0.005, 100, {"deduction": "100", "initial_rate": "0.01"}),
            )
        },
    }


def hyperliquid() -> dict[str, Any]:
    """A cross long whose entry price is shortened to five digits, and an isolated short."""
    return {
        "exchange": "hyperliquid",
        "balance": {"info": {}, "USDC": _currency(2049.995)},
        "positions": [
            _position(
                "ETH/USDC:USDC",
                "long",
                0.5,
                entryPrice=2900.0,
                markPrice=3000.0,
                notional=1500.0,
                # 0.5 x (3000 - 2900.01)
                unrealizedPnl=49.995,
                collateral=150.0,
            ),
            _position(
                "SOL/USDC:USDC",
                "short",
                10.0,
                entryPrice=100.0,
                markPrice=110.0,
                notional=1100.0,
                unrealizedPnl=-100.0,
                marginMode="isolated",
                leverage=5,
                collateral=100.0,
            ),
        ],
        "markets": {
            "ETH/USDC:USDC": _market("ETH/USDC:USDC", info={"marginTableId": "55", "maxLeverage": "25"}),
            "SOL/USDC:USDC": _market("SOL/USDC:USDC", info={"marginTableId": 20, "maxLeverage": 20}),
        },
        "marginTables": [
            [
                55,
                {
                    "marginTiers": [
                        {"lowerBound": "0.0", "maxLeverage": 25},
                        {"lowerBound": "1000.0", "maxLeverage": 20},
                    ]
                },
            ]
        ],
    }


def kucoin() -> dict[str, Any]:
    """An isolated inverse long: `leverage` is the one in effect, `collateral` holds the profit."""
    return {
        "exchange": "kucoinfutures",
        "balance": {"info": {}, "BTC": _currency(0.5)},
        "positions": [
            _position(
                INVERSE,
                "long",
                10000,
                entryPrice=50000,
                markPrice=62500,
                # posCost, the value at entry
                notional=0.2,
                unrealizedPnl=0.04,
                marginMode="isolated",
                leverage=6.4,
                collateral=0.06,
                info={"leverage": 6.4, "posCost": 0.2, "posInit": 0.02},
            )
        ],
        "markets": {INVERSE: _market(INVERSE, info={"takerFeeRate": 0.0006})},
        "leverageTiers": [
            {
                "tier": 1,
                "symbol": INVERSE,
                "minNotional": 0,
                "maxNotional": 100,
                "maintenanceMarginRate": 0.005,
                "maxLeverage": 100,
            }
        ],
    }


def kraken() -> dict[str, Any]:
    """A cross long of a linear contract; the venue prints no mark, and `total` is what the wallet holds, without profit."""
    dollars = {"quantity": "10000.0", "value": "10000.0", "collateral": "10000.0"}
    return {
        "exchange": "krakenfutures",
        "balance": {
            "info": {
                "result": "success",
                "accounts": {"flex": {"type": "multiCollateralMarginAccount", "currencies": {"USD": dollars}}},
            },
            "USD": _currency(10000.0),
        },
        "positions": [
            _position("BTC/USD:USD", "long", 1.0, entryPrice=60000.0, markPrice=None, leverage=None),
        ],
        "markets": {"BTC/USD:USD": _market("BTC/USD:USD")},
        "tickers": {"BTC/USD:USD": {"symbol": "BTC/USD:USD", "last": 60400.0, "markPrice": 60500.0}},
        "leverageTiers": {
            "BTC/USD:USD": _tiers("BTC/USD:USD", ("0", None, 0.01, 50, {"initialMargin": "0.02"})),
        },
    }


def deribit() -> dict[str, Any]:
    """An inverse short: `contracts` is in dollars, though a contract holds 10, and profit runs from the settlement."""
    return {
        "exchange": "deribit",
        "balance": {
            "info": {"summaries": [{"currency": "BTC", "balance": 1.0, "equity": 0.95, "futures_session_rpl": -0.01}]},
            "BTC": _currency(0.95),
        },
        "positions": [
            _position(
                INVERSE,
                "short",
                -10000.0,
                contractSize=10.0,
                entryPrice=45000.0,
                markPrice=62500.0,
                notional=0.16,
                # 10000 x (1/62500 - 1/50000)
                unrealizedPnl=-0.04,
                marginMode=None,
                leverage=50,
                info={"settlement_price": 50000.0, "average_price": 45000.0, "floating_profit_loss": -0.04},
            )
        ],
        "markets": {INVERSE: _market(INVERSE, 10.0)},
        "inputs": {
            "instruments": {
                INVERSE: {
                    "initial_margin_base": "0.02",
                    "initial_margin_slope": "0.00005",
                    "maintenance_margin_base": "0.01",
                    "maintenance_margin_slope": "0.00005",
                }
            }
        },
    }


def dydx() -> dict[str, Any]:
    """A short, which ccxt writes with negative contracts; fractions of the market stand in its `info`."""
    return {
        "exchange": "dydx",
        "balance": {"info": {"equity": "900", "freeCollateral": "700"}, "USDC": {"free": 700.0}},
        "positions": [
            _position(
                "ETH/USDC:USDC",
                "short",
                -1.0,
                contractSize=None,
                entryPrice=3000.0,
                markPrice=None,
                unrealizedPnl=-100.0,
                marginMode=None,
                leverage=None,
            )
        ],
        "markets": {
            "ETH/USDC:USDC": _market(
                "ETH/USDC:USDC",
                info={
                    "initialMarginFraction": "0.05",
                    "maintenanceMarginFraction": "0.03",
                    "openInterest": "1000",
                    "openInterestLowerCap": "0",
                    "openInterestUpperCap": "0",
                    "marketType": "CROSS",
                },
            )
        },
        "tickers": {"ETH/USDC:USDC": {"symbol": "ETH/USDC:USDC", "info": {"oraclePrice": "3100"}}},
    }


def paradex() -> dict[str, Any]:
    """A long; margin parameters and fee of the market stand in its `info`."""
    return {
        "exchange": "paradex",
        "balance": {"info": [], "USDC": _currency(1000.0)},
        "positions": [
            _position(
                "ETH/USD:USDC",
                "long",
                1.0,
                contractSize=1,
                entryPrice=3000.0,
                markPrice=None,
                notional=3000.0,
                unrealizedPnl=100.0,
                marginMode=None,
                leverage=None,
            )
        ],
        "markets": {
            "ETH/USD:USDC": _market(
                "ETH/USD:USDC",
                linear=True,
                inverse=False,
                info={
                    "delta1_cross_margin_params": {"imf_base": "0.02", "imf_factor": "0", "mmf_factor": "0.5"},
                    "fee_config": {"api_fee": {"taker_fee": {"fee": "0.0003"}}},
                },
            )
        },
        "tickers": {"ETH/USD:USDC": {"symbol": "ETH/USD:USDC", "markPrice": 3100.0}},
    }


def bitget() -> dict[str, Any]:
    """An isolated short of 1 BTC; the account's equity holds its profit."""
    return {
        "exchange": "bitget",
        "timestamp": 1764331200000,
        "balance": {"info": [{"marginCoin": "USDT", "assetMode": "single"}], "USDT": _currency(11000.0)},
        "positions": [
            _position(
                BTC,
                "short",
                1.0,
                entryPrice=60000.0,
                markPrice=59000.0,
                notional=59000.0,
                unrealizedPnl=1000.0,
                marginMode="isolated",
                collateral=7000.0,
                positionMargin=6000.0,
            )
        ],
        "markets": {BTC: _market(BTC, info={"takerFeeRate": "0.0006"})},
        "leverageTiers": {BTC: _tiers(BTC, (0, 150000, 0.004, 125, {"keepMarginRate": "0.004"}))},
    }


def bitmex() -> dict[str, Any]:
    """A cross long of 30,000 contracts of one dollar: `notional` is in dollars, margin in smallest units."""
    return {
        "exchange": "bitmex",
        "balance": {"info": [], "BTC": _currency(1.1)},
        "positions": [
            _position(
                INVERSE,
                "long",
                30000,
                entryPrice=50000.0,
                markPrice=60000.0,
                notional=30000.0,
                unrealizedPnl=0.1,
                info={"posMargin": 3000000},
            )
        ],
        "markets": {INVERSE: _market(INVERSE, info={"takerFee": 0.0005, "fundingRate": 0.0001})},
        "leverageTiers": {INVERSE: _tiers(INVERSE, (0, 200, 0.005, 100, {}))},
    }


def coin_margined() -> dict[str, Any]:
    """A hedged pair of 100-dollar contracts in one cross pool, tiered by coins."""
    symbol = INVERSE
    return {
        "exchange": "binancecoinm",
        "balance": {"info": {"assets": [{"asset": "BTC", "walletBalance": "1.0"}]}, "BTC": _currency(1.07)},
        "positions": [
            _position(
                symbol,
                "long",
                100.0,
                contractSize=100.0,
                entryPrice=40000.0,
                markPrice=50000.0,
                notional=0.2,
                unrealizedPnl=0.05,
                hedged=True,
            ),
            _position(
                symbol,
                "short",
                50.0,
                contractSize=100.0,
                entryPrice=62500.0,
                markPrice=50000.0,
                notional=0.1,
                unrealizedPnl=0.02,
                hedged=True,
            ),
        ],
        "markets": {symbol: _market(symbol, 100.0)},
        "leverageTiers": {symbol: _tiers(symbol, (0, 5, 0.004, 125, {"cum": 0}), (5, 10, 0.005, 100, {"cum": 0.005}))},
    }


def _parsed(document: object) -> object:
    """As the command line reads it: JSON floats are decimals, as written."""
    return json.loads(json.dumps(document), parse_float=Decimal, parse_int=Decimal)


def _state(document: object) -> AccountState:
    return import_payload("ccxt", _parsed(document), "payload.json")


def _report(document: object, policy: str) -> Report:
    loaded = marginrules.load_policy(policy)
    return marginrules.evaluate(loaded, _state(document))


def _round(value: Decimal | None) -> str:
    return "none" if value is None else f"{value:.8f}"


FIGURES: list[tuple[Any, str, list[tuple[str, str, str]], list[tuple[str, str]]]] = [
    # 5,000 - 700 + 1,000, and 0.4 % of 31,000; (25,700 / 0.498) and (6,700 / 2.01).
    (
        binance,
        "binance-usdm",
        [("cross/USDT", "5300", "124"), (f"isolated/{ETH}", "500", "31")],
        [(BTC, "51606.42570281"), (ETH, "3333.33333333")],
    ),
    # 1.0 + 0.05 + 0.02, and 0.4 % of 0.2 and of 0.1.
    (coin_margined, "binance-coinm", [("cross/BTC", "1.07", "0.0012")], []),
    # 11,200 - 1,200 + 1,200, and 0.5 % of 61,200; 50,000 / (1.2 x (1 - 0.0055)) with the fee of 0.05 %.
    (okx, "okx", [("cross/USDT", "11200", "306")], [(BTC, "41897.10072063")]),
    # 602.97 + 100; 0.5 % of 6,000 and 0.055 % of the 5,400 that are left at bankruptcy.
    (bybit, "bybit", [(f"isolated/{BTC}", "702.97", "32.97")], [(BTC, "54300.00000000")]),
    # 30,000 + 2,000, and 0.5 % of 118,000 less 100; 150,100 / 2.0115 with the fee of 0.075 %.
    (gate, "gate", [("cross/USDT", "32000", "490")], [(BTC, "74620.92965449")]),
    # 6,000 + 1,000; (0.4 % + 0.06 %) of 59,000; 66,000 / 1.0046.
    (bitget, "bitget", [(f"isolated/{BTC}", "7000", "271.4"), ("cross/USDT", "4000", "0")], [(BTC, "65697.79016524")]),
    # 0.06, and (0.5 % + 0.06 %) of 0.16.
    (kucoin, "kucoin-futures", [(f"isolated/{INVERSE}", "0.06", "0.000896"), ("cross/BTC", "0.44", "0")], []),
    # 10,000 + 500 at a mark of 60,500, and 1 % of 60,000.
    (kraken, "kraken-futures", [("cross", "10500", "600")], []),
    # 1 - 0.01 - 0.04, and (1 % + 0.00005 x 0.16) of 0.16.
    # A rate that grows with the size passes 100 % where the price is next to nothing: 0.79 + n = n (1 % + 0.00005 n).
    (deribit, "deribit", [("cross/BTC", "0.95", "0.00160128")], [(INVERSE, "0.50503015")]),
    # 2,100 - 200 + 49.995; 1,000 / 50 + 500 / 40; 100 and 1,100 / 40.
    (
        hyperliquid,
        "hyperliquid",
        [("cross", "1949.995", "32.5"), ("isolated/SOL/USDC:USDC", "100", "27.5")],
        [("SOL/USDC:USDC", "117.07317073")],
    ),
    # 900, and 3 % of 3,100; 4,000 / 1.03.
    (dydx, "dydx-v4", [("cross", "900", "93")], [("ETH/USDC:USDC", "3883.49514563")]),
    # 1,000 + 100, and (1 % + 0.03 %) of 3,100.
    (paradex, "paradex", [("cross", "1100", "31.93")], []),
]


@pytest.mark.parametrize(("payload", "policy", "pools", "prices"), FIGURES, ids=[entry[1] for entry in FIGURES])
def test_a_payload_evaluates_under_the_policy_of_its_venue(
    payload: Any, policy: str, pools: list[tuple[str, str, str]], prices: list[tuple[str, str]]
) -> None:
    """Equity, maintenance margin and liquidation price, worked out by hand."""
    report = _report(payload(), policy)
    found = [(pool.id, pool.equity, pool.maintenance_margin) for pool in report.pools]
    for identity, equity, maintenance in pools:
        assert (identity, Decimal(equity), Decimal(maintenance)) in found
    for identity, price in prices:
        position = report.position(identity)
        assert position is not None
        assert _round(position.liquidation_price) == price


def test_bitmex_figures_are_read_in_the_venues_units() -> None:
    """1.1 less the profit of 0.1 is the wallet; the notional in dollars is no contradiction of 0.5 BTC."""
    state = _state(bitmex())
    assert state.balances[0].wallet_balance == 1
    assert state.asset_by_name["BTC"].inputs["scale"] == 8
    assert state.instruments[0].inputs["fundingRate"] == Decimal("0.0001")


def test_an_isolated_bitmex_margin_is_in_the_smallest_unit() -> None:
    """A hundred-millionth of a bitcoin."""
    payload = bitmex()
    payload["positions"][0]["marginMode"] = "isolated"
    assert _state(payload).positions[0].assigned_margin == Decimal("0.03")


def test_the_command_line_reads_it(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """`--from ccxt`, with the policy of the venue."""
    path = tmp_path / "payload.json"
    path.write_text(json.dumps(okx()), encoding="utf-8")
    assert run(["evaluate", str(path), "--from", "ccxt", "--policy", "okx", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["account"] == "okx"
    assert report["pools"][0]["equity"] == "11200"


def test_tiers_keep_what_ccxt_leaves_to_info() -> None:
    """Amounts (`cum`) and initial rates (`imr`); a tier that begins at contract 101 follows the one up to 100."""
    tiers = _state(binance()).instruments[0].tiers
    assert tiers is not None
    assert tiers.columns == ("above", "maintenance_rate", "maintenance_amount", "max_leverage")
    assert tiers.cell(1, "maintenance_amount") == 50
    counted = _state(okx()).instruments[0].tiers
    assert counted is not None
    assert (counted.cell(1, "above"), counted.cell(1, "initial_rate")) == (100, Decimal("0.01"))


def test_amounts_that_ccxt_does_not_have_follow_from_continuity() -> None:
    """50,000 x (0.5 % - 0.4 %) is 50: 60,000 at 0.5 % less 50."""
    payload = binance()
    for tier in payload["leverageTiers"][BTC]:
        tier["info"] = {}
    payload["positions"][0].update(contracts=1.0, notional=62000.0, unrealizedPnl=2000.0)
    payload["balance"]["USDT"]["total"] = 6800.0
    report = _report(payload, "binance-usdm")
    position = report.position(BTC)
    assert position is not None
    assert position.maintenance_margin == 260


def test_both_sides_of_a_symbol_are_two_positions_in_hedge_mode() -> None:
    """Their ids name the side, and the account says that it is in hedge mode."""
    state = _state(coin_margined())
    assert [position.id for position in state.positions] == [f"{INVERSE}:LONG", f"{INVERSE}:SHORT"]
    assert [position.quantity for position in state.positions] == [100, -50]
    assert state.account.inputs["dualSidePosition"] is True


def test_an_order_takes_mode_and_leverage_from_its_position_and_its_side_from_info() -> None:
    """What is left to fill; one against its side in hedge mode reduces; one that waits for a price is no order yet."""
    payload = binance()
    order = {
        "id": "17",
        "symbol": BTC,
        "type": "limit",
        "side": "sell",
        "price": 70000.0,
        "amount": 0.5,
        "filled": 0.1,
        "remaining": 0.4,
        "reduceOnly": False,
        "status": "open",
        "info": {"positionSide": "LONG"},
    }
    payload["openOrders"] = [order, {**order, "id": "18", "triggerPrice": 50000.0}]
    (found,) = _state(payload).orders
    assert (found.id, found.quantity, found.price) == ("17", Decimal("0.4"), Decimal(70000))
    assert (found.margin_mode, found.leverage, found.reduce_only) == ("cross", Decimal(10), True)
    assert found.inputs["positionSide"] == "LONG"


def test_an_order_on_another_symbol_brings_its_contract_with_the_mark_of_its_ticker() -> None:
    """Leverage and mode from `leverages`."""
    payload = binance()
    payload["positions"].pop()
    payload["openOrders"] = [{"id": "1", "symbol": ETH, "side": "buy", "price": 2900.0, "amount": 1.0, "info": {}}]
    payload["tickers"] = {ETH: {"symbol": ETH, "markPrice": 3100.0}}
    payload["leverages"] = {ETH: {"symbol": ETH, "marginMode": "cross", "longLeverage": 25, "shortLeverage": 25}}
    payload["balance"]["USDT"]["total"] = 6000.0
    state = _state(payload)
    assert (state.orders[0].margin_mode, state.orders[0].leverage) == ("cross", 25)
    assert state.instrument_by_symbol[ETH].mark_price == 3100


def test_the_margin_of_an_isolated_position_is_the_same_from_every_field_that_has_it() -> None:
    """`info.isolatedWallet`, `positionMargin`, or `collateral` less the loss that it holds."""
    for info, more in (
        ({"isolatedWallet": "700"}, {}),
        ({}, {"positionMargin": 700.0}),
        ({}, {}),
    ):
        payload = binance()
        payload["positions"][1].update(info=info, **more)
        assert _state(payload).positions[1].assigned_margin == 700


def test_a_shortened_entry_price_is_made_exact_by_the_profit() -> None:
    """2900.0 printed, 3000 - 49.995 / 0.5 meant."""
    assert _state(hyperliquid()).positions[0].entry_price == Decimal("2900.01")


def test_a_leverage_in_effect_is_not_taken_for_the_one_chosen() -> None:
    """KuCoin's `leverage` is 6.4 where 10 was chosen; without `info` it is asked for."""
    assert _state(kucoin()).positions[0].leverage == 10
    payload = kucoin()
    payload["positions"][0]["info"] = {}
    with pytest.raises(StateError, match=r"lacks positions\[0\]\.leverage"):
        _state(payload)


def _without(payload: dict[str, Any], *path: Any) -> dict[str, Any]:
    place: Any = payload
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return payload


def _with(payload: dict[str, Any], value: Any, *path: Any) -> dict[str, Any]:
    place: Any = payload
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return payload


@pytest.mark.parametrize(
    ("payload", "pointer", "words"),
    [
        ([], "", "lacks exchange"),
        (_without(binance(), "exchange"), "", "lacks exchange"),
        (_with(binance(), "binanceus", "exchange"), "/exchange", "did you mean `binanceusdm`"),
        (_with(binance(), [], "positons"), "/positons", "did you mean `positions`"),
        (_without(binance(), "positions"), "/positions", "fetch_positions"),
        (_without(binance(), "balance"), "/balance", "fetch_balance"),
        (_without(binance(), "markets", ETH), "/positions/1/symbol", "load_markets"),
        (_without(binance(), "leverageTiers", ETH), "/positions/1/symbol", f"lacks leverageTiers[{ETH}]"),
        (_without(binance(), "balance", "info"), "/balance/info", "fetch_balance"),
        (_without(okx(), "tradingFees"), "", f"lacks tradingFees[{BTC}]"),
        (_without(okx(), "balance", "USDT"), "/balance", "has no USDT"),
        (_with(okx(), "300", "balance", "info", "data", 0, "adjEq"), "", "lacks inputs.account.acctLv"),
        (_without(bybit(), "marginModes"), "/positions/0/marginMode", "fetch_margin_mode"),
        (_without(bybit(), "inputs"), "", "lacks inputs.assets[USDT].collateral_rate"),
        (_without(kraken(), "tickers"), "/positions/0/markPrice", "fetch_tickers"),
        (_without(deribit(), "inputs"), "", f"lacks inputs.instruments[{INVERSE}].initial_margin_base"),
        (
            _without(hyperliquid(), "marginTables"),
            "/markets/ETH~1USDC:USDC/info/marginTableId",
            "lacks marginTables[55]",
        ),
        (_without(gate(), "positions", 0, "info"), "/positions/0/leverage", "fetch_leverages"),
        (_with(binance(), None, "positions", 0, "contracts"), "/positions/0/contracts", "lacks positions[0].contracts"),
        (_with(binance(), None, "positions", 0, "entryPrice"), "/positions/0/entryPrice", "lacks"),
    ],
)
def test_what_is_missing_is_asked_for_by_name(payload: object, pointer: str, words: str) -> None:
    """With the place in the payload, and the call of ccxt that answers it."""
    with pytest.raises(StateError) as raised:
        _state(payload)
    assert raised.value.pointer == pointer
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("payload", "pointer", "words"),
    [
        (_with(binance(), 3100.0, "positions", 0, "notional"), "/positions/0/notional", "x markPrice is 31000"),
        (_with(binance(), 900.0, "positions", 0, "unrealizedPnl"), "/positions/0/unrealizedPnl", "markPrice is 1000"),
        (_with(binance(), "short", "positions", 0, "side"), "/positions/0/unrealizedPnl", "is -1000"),
        (_with(binance(), "both", "positions", 0, "side"), "/positions/0/side", "`long` or `short`"),
        (_with(binance(), 0.001, "positions", 0, "contractSize"), "/positions/0/contractSize", "in markets it is 1"),
        (_with(binance(), 600.0, "positions", 1, "collateral"), "/positions/1/collateral", "neither"),
        (_with(binance(), 9000.0, "balance", "USDT", "total"), "/balance/USDT/total", "profit of 800"),
        (_with(binance(), "portfolio", "positions", 0, "marginMode"), "/positions/0/marginMode", "does not know"),
        (_with(binance(), "true", "positions", 1, "hedged"), "/positions/1/hedged", "hedged is true, but"),
        (
            _with(binance(), {"account": {"multiAssetsMargin": True}}, "inputs"),
            "/positions/1",
            "is isolated, but multiAssetsMargin is true",
        ),
        (_with(binance(), 60000, "leverageTiers", BTC, 1, "minNotional"), f"/leverageTiers/{BTC}", "a gap"),
        (
            _with(binance(), {"cum": 90}, "leverageTiers", BTC, 1, "info"),
            f"/leverageTiers/{BTC}",
            "continuity gives 50",
        ),
        (_with(okx(), 12.0, "positions", 0, "contracts"), "/positions/0/notional", "is 6120"),
        (_with(deribit(), 1.6, "positions", 0, "notional"), "/positions/0/notional", "/ markPrice is 0.16"),
        (
            _with(bybit(), {"account": {"unifiedStatus": "5"}}, "inputs"),
            "/inputs/account/unifiedStatus",
            "did you mean `unifiedMarginStatus`",
        ),
    ],
)
def test_what_contradicts_is_an_error_at_its_place(payload: object, pointer: str, words: str) -> None:
    """Size, prices, profit, margin, total and tiers must fit one another."""
    with pytest.raises(StateError) as raised:
        _state(payload)
    assert raised.value.pointer == pointer.replace("BTC/USDT", "BTC~1USDT")
    assert words in str(raised.value)


def test_linear_and_inverse_contracts_of_binance_are_two_accounts() -> None:
    """One payload holds one of them."""
    payload, other = binance(), coin_margined()
    payload["positions"].extend(other["positions"][:1])
    payload["markets"].update(other["markets"])
    payload["leverageTiers"].update(other["leverageTiers"])
    with pytest.raises(StateError, match="two accounts"):
        _state(payload)


def test_collateral_alone_is_not_trusted_where_versions_of_ccxt_differ() -> None:
    """OKX: with profit in newer versions, without in older ones."""
    payload = okx()
    payload["positions"][0].update(marginMode="isolated", collateral=7200.0)
    with pytest.raises(StateError) as raised:
        _state(payload)
    assert raised.value.pointer == "/positions/0/positionMargin"
    payload["positions"][0]["info"] = {"margin": "6000"}
    assert _state(payload).positions[0].assigned_margin == 6000


def test_a_binance_position_without_leverage_has_that_of_its_printed_margin() -> None:
    """31,000 at 3,100 of initial margin; where two leverages would give it, or none is printed, it is asked for."""
    payload = binance()
    row = payload["positions"][0]
    row.update(leverage=None, info={"notional": "31000.0", "positionInitialMargin": "3100.00"})
    assert _state(payload).positions[0].leverage == 10
    for margin in ("3200.00", "0"):
        row["info"]["positionInitialMargin"] = margin
        with pytest.raises(StateError, match="fetch_leverages"):
            _state(payload)


def test_the_leverage_of_one_mode_is_not_taken_for_that_of_the_other() -> None:
    """KuCoin's fetch_leverage is of cross positions; this one is isolated, with posInit of a tenth of posCost."""
    payload = kucoin()
    payload["leverages"] = {INVERSE: {"symbol": INVERSE, "marginMode": "cross", "longLeverage": 3, "shortLeverage": 3}}
    assert _state(payload).positions[0].leverage == 10
    payload["leverages"][INVERSE]["marginMode"] = "isolated"
    assert _state(payload).positions[0].leverage == 3


def test_kucoins_risk_limits_are_not_the_tiers_of_a_cross_position() -> None:
    """By k, m and the least rate, however many risk limits are given."""
    payload = kucoin()
    payload["positions"][0].update(marginMode="cross", info={"leverage": 10}, leverage=10)
    payload["markets"][INVERSE]["info"].update(k="490", m="300", f="1.3", mmrLimit="0.3", mmrLevConstant="125")
    state = _state(payload)
    assert state.instruments[0].tiers is None
    payload["inputs"] = {
        "account": {"selfAccountMode": "UNIFIED"},
        "assets": {"BTC": {"index_price": 62500, "collateral_rate": 1}},
    }
    assert _state(payload).instruments[0].tiers is not None


def test_an_okx_fee_is_that_of_the_contracts_kind() -> None:
    """Ccxt's `taker` is of contracts in the coin; `takerU` of those in USDT."""
    payload = okx()
    payload["tradingFees"][BTC]["info"] = {"taker": "-0.0005", "takerU": "-0.0003", "takerUSDC": ""}
    assert _state(payload).instruments[0].taker_fee_rate == Decimal("0.0003")
    payload["tradingFees"][BTC]["info"] = {"taker": "-0.0005", "feeGroup": [{"groupId": "4", "taker": "-0.0002"}]}
    payload["markets"][BTC]["info"] = {"groupId": "4"}
    assert _state(payload).instruments[0].taker_fee_rate == Decimal("0.0002")


def linear_deribit() -> dict[str, Any]:
    """A long of 3 ETH opened at 3,000: notional is in coins, and profit runs from the price of the trade."""
    payload = deribit()
    symbol = "ETH/USDC:USDC"
    payload["balance"]["info"]["summaries"] = [
        {"currency": "USDC", "balance": "1000", "equity": "1300", "futures_session_rpl": "0"}
    ]
    del payload["balance"]["BTC"]
    payload["positions"] = [
        _position(
            symbol,
            "long",
            3.0,
            contractSize=None,
            entryPrice=3000.0,
            markPrice=3100.0,
            notional=3.0,
            unrealizedPnl=300.0,
            marginMode=None,
            info={
                "size": "3.0",
                "settlement_price": "3050.0",
                "average_price": "3000.0",
                "floating_profit_loss": "300.0",
            },
        )
    ]
    payload["markets"] = {symbol: _market(symbol, 0.001)}
    payload["inputs"]["instruments"] = {symbol: payload["inputs"]["instruments"][INVERSE]}
    return payload


def test_a_linear_contract_of_deribit_has_its_notional_in_coins() -> None:
    """3 ETH; opened since the last settlement, so that profit runs from 3,000 and not from 3,050."""
    report = _report(linear_deribit(), "deribit")
    position = report.position("ETH/USDC:USDC")
    assert position is not None
    assert (position.notional, position.unrealized_pnl) == (9300, 300)
    with pytest.raises(StateError, match="but contracts is 3"):
        _state(_with(linear_deribit(), 9300.0, "positions", 0, "notional"))


def test_a_deribit_position_without_contracts_has_its_size_in_info() -> None:
    """As versions of ccxt before October 2025 have it."""
    payload = deribit()
    payload["positions"][0]["contracts"] = None
    payload["positions"][0]["info"]["size"] = "-10000.0"
    assert _state(payload).positions[0].quantity == -10000
    del payload["positions"][0]["info"]["size"]
    with pytest.raises(StateError, match=r"lacks positions\[0\]\.contracts"):
        _state(payload)


def test_deribits_figures_are_of_a_mark_with_more_digits_than_it_prints() -> None:
    """At 49.9966 printed as 50.00, 3,000 dollars are 60.0041 coins."""
    payload = deribit()
    payload["positions"][0].update(
        contracts=-3000.0,
        entryPrice=48.0,
        markPrice="50.00",
        notional=60.00408,
        # 3000 x (1/49.9966 - 1/48)
        unrealizedPnl=-2.49592,
        info={"average_price": "48.0", "floating_profit_loss": "-2.49592"},
    )
    state = _state(payload)
    assert state.instruments[0].mark_price == 50
    with pytest.raises(StateError, match=r"notional is 60\.25"):
        _state(_with(payload, 60.25, "positions", 0, "notional"))


@pytest.mark.parametrize("name", ["qtylFloor", "contracts", "numNonContractUnits"])
def test_a_tier_begins_where_its_info_says_if_ccxt_does_not_know_the_name(name: str) -> None:
    """Binance COIN-M, and Kraken's inverse and linear contracts in older versions."""
    payload = coin_margined()
    for tier in payload["leverageTiers"][INVERSE]:
        tier["info"][name] = str(tier["minNotional"])
        tier["minNotional"] = None
    tiers = _state(payload).instruments[0].tiers
    assert tiers is not None
    assert tiers.bounds == (0, 5)


def aster() -> dict[str, Any]:
    """The isolated short of 2 ETH that binance() has, at a venue of which ccxt fetches no tiers."""
    payload = binance()
    payload["exchange"] = "aster"
    payload["positions"].pop(0)
    payload["balance"] = {"info": [{"asset": "USDT", "balance": "5000.0"}], "USDT": _currency(5000.0)}
    del payload["leverageTiers"]
    payload["leverageBracket"] = [
        {
            "symbol": "ETHUSDT",
            "brackets": [
                {
                    "notionalFloor": "0",
                    "notionalCap": "10000",
                    "maintMarginRatio": "0.005",
                    "cum": "0",
                    "initialLeverage": "100",
                }
            ],
        }
    ]
    return payload


def test_asters_tiers_are_read_from_the_venues_own_answer() -> None:
    """0.5 % of 6,200, and 6,700 / 2.01."""
    report = _report(aster(), "aster")
    position = report.position(ETH)
    assert position is not None
    assert (position.maintenance_margin, _round(position.liquidation_price)) == (31, "3333.33333333")
    with pytest.raises(StateError, match="lacks leverageBracket of ETHUSDT"):
        _state(_without(aster(), "leverageBracket"))
    with pytest.raises(StateError, match="lacks leverageBracket of ETHUSDT"):
        _state(_with(aster(), "BTCUSDT", "leverageBracket", 0, "symbol"))


def test_a_bitmex_position_brings_the_rates_of_its_risk_limit_and_its_fee() -> None:
    """Leverage 0 is cross at what the limit allows; the value of one contract is rounded: 30,000 x 0.00002041."""
    payload = bitmex()
    del payload["leverageTiers"]
    payload["markets"][INVERSE]["info"] = {"fundingRate": "0.0001"}
    payload["positions"][0].update(
        leverage=0,
        entryPrice=48996.0,
        markPrice=50000.0,
        unrealizedPnl=0.0123,
        info={
            "currentQty": "30000",
            "avgEntryPrice": "48996",
            "posCost": "-61230000",
            "riskLimit": "20000000000",
            "initMarginReq": "0.01",
            "maintMarginReq": "0.005",
            "commission": "0.0005",
            "posComm": "30924",
        },
    )
    payload["balance"]["BTC"]["total"] = 1.0123
    state = _state(payload)
    (held,), (contract,) = state.positions, state.instruments
    assert (held.leverage, held.inputs["riskLimit"], held.inputs["posComm"]) == (None, 200, Decimal("0.00030924"))
    assert contract.taker_fee_rate == Decimal("0.0005")
    assert abs(30000 / held.entry_price - Decimal("0.6123")) < Decimal("1e-30")
    position = marginrules.evaluate(marginrules.load_policy("bitmex"), state).position(INVERSE)
    assert position is not None
    # 0.6123 x 1 %, and 0.6123 x 0.5 % with the reserve and the funding of 0.01 %.
    assert position.initial_margin == Decimal("0.006123")
    assert position.unrealized_pnl is not None
    assert _round(position.unrealized_pnl) == "0.01230000"


def test_what_is_added_to_an_isolated_position_by_itself_is_said_in_words_and_numbers() -> None:
    """`isAutoAddMargin` of Binance is a text."""
    payload = binance()
    for word, automatic in (("true", True), ("false", False), (True, True)):
        payload["positions"][1]["info"]["isAutoAddMargin"] = word
        assert _state(payload).positions[1].auto_add_margin is automatic
    payload["positions"][1]["info"]["isAutoAddMargin"] = "maybe"
    with pytest.raises(StateError, match="isAutoAddMargin is `maybe`"):
        _state(payload)


def test_the_mark_of_a_ticker_gives_way_to_the_one_behind_the_profit() -> None:
    """Paradex prints no mark beside its positions: 102 of profit, 2 of it funding, are 100 a coin."""
    payload = paradex()
    payload["positions"][0].update(unrealizedPnl=102.0, info={"unrealized_funding_pnl": "2.0"})
    payload["tickers"]["ETH/USD:USDC"]["markPrice"] = 3101.0
    state = _state(payload)
    assert (state.instruments[0].mark_price, state.positions[0].accrued_funding) == (3100, 2)
    assert _report(payload, "paradex").pools[0].equity == 1102


def test_a_token_at_paradex_counts_at_the_mark_of_the_perpetual_on_it() -> None:
    """0.1 ETH at 3,100."""
    payload = paradex()
    payload["balance"]["ETH"] = _currency(0.1)
    assert _report(payload, "paradex").pools[0].equity == 1410


@pytest.mark.parametrize(
    ("payload", "info"),
    [
        (gate(), [{"currency": "USDT", "available": "30000", "locked": "0"}]),
        (bitget(), [{"coin": "USDT", "available": "11000", "frozen": "0"}]),
        (kucoin(), {"code": "200000", "data": [{"currency": "BTC", "type": "trade", "balance": "0.5"}]}),
        (hyperliquid(), {"balances": [{"coin": "USDC", "total": "2049.995", "hold": "0"}]}),
        (aster(), [{"asset": "USDT", "free": "5000", "locked": "0"}]),
    ],
)
def test_the_balance_of_the_spot_account_is_not_taken_for_that_of_the_futures(payload: Any, info: object) -> None:
    """fetch_balance is of the spot account, where no type is asked for."""
    with pytest.raises(StateError, match="not that of the account which holds the positions") as raised:
        _state(_with(payload, info, "balance", "info"))
    assert raised.value.remedy is not None
    assert '{"type": "swap"}' in raised.value.remedy


def test_spot_margin_and_options_are_no_futures() -> None:
    """OKX answers all of them as positions."""
    payload = okx()
    payload["markets"][BTC].update(type="spot", linear=None, inverse=None)
    with pytest.raises(StateError, match="is no futures contract but of the type spot"):
        _state(payload)


def test_an_isolated_margin_that_is_in_no_answer_is_asked_for() -> None:
    """Kraken's API does not say what was set aside."""
    payload = kraken()
    payload["positions"][0]["leverage"] = 5
    del payload["positions"][0]["marginMode"]
    with pytest.raises(StateError, match="it is in none of the answers given"):
        _state(payload)
    payload["positions"][0]["positionMargin"] = 6000.0
    assert _state(payload).positions[0].assigned_margin == 6000


def test_a_wallet_of_kraken_with_profit_left_out_is_not_taken_for_equity() -> None:
    """10,000 in the wallet, worth as much; positions that the venue's own `pnl` does not have are refused."""
    assert _state(kraken()).balances[0].wallet_balance == 10000
    payload = kraken()
    payload["balance"]["info"]["accounts"]["flex"]["pnl"] = "7000"
    with pytest.raises(StateError, match="pnl is 7000"):
        _state(payload)
    with pytest.raises(StateError, match="fetch_balance"):
        _state(_without(kraken(), "balance", "info"))


_RUBBISH = (None, True, -1, 0, "", "x", "NaN", Decimal("1e50"), Decimal("-1e-50"), "1e400", [], {}, [[]], {"a": 1}, 1.5)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield from _places(value[key], (*path, key))


def test_a_mutated_payload_is_read_or_refused_with_its_place() -> None:
    """Members left out and exchanged for rubbish: never anything but a `StateError`."""
    chance = random.Random(7)  # noqa: S311 - a test's own choices
    makers = (
        binance,
        okx,
        bybit,
        gate,
        hyperliquid,
        kucoin,
        kraken,
        deribit,
        linear_deribit,
        dydx,
        paradex,
        bitget,
        bitmex,
        aster,
    )
    refused = 0
    for _ in range(2000):
        payload: Any = _parsed(chance.choice(makers)())
        for _ in range(chance.randint(1, 3)):
            *path, key = chance.choice(list(_places(payload)))
            place = payload
            for step in path:
                place = place[step]
            if chance.random() < 0.3:
                del place[key]
            else:
                place[key] = copy.deepcopy(chance.choice(_RUBBISH))
        problem = _problem(payload)
        if problem is not None:
            assert str(problem).startswith("payload.json: /")
            assert problem.remedy
            refused += 1
    assert refused > 1000


def _problem(payload: Any) -> StateError | None:
    try:
        import_payload("ccxt", payload, "payload.json")
    except StateError as error:
        return error
    return None
