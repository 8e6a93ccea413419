"""One account twice, by the venue's own answers and by what ccxt makes of them: the same report.

What ccxt makes is restated here from its parsers, as far as it is read; numbers in `info` are texts there.
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import marginrules
from marginrules.account.state import AccountState
from marginrules.engine.report import Report
from marginrules.venues import import_payload
from tests.venues import (
    test_binance_coinm,
    test_binance_usdm,
    test_bitget,
    test_bitmex,
    test_bybit,
    test_deribit,
    test_dydx_v4,
    test_gate,
    test_kraken_futures,
    test_kucoin_futures,
    test_okx,
    test_paradex,
)
from tests.venues.payloads import changed

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Document = dict[str, Any]
Row = Mapping[str, Any]


def quoted(value: Any) -> Any:
    """As ccxt reads JSON: the numbers of members are texts."""
    if isinstance(value, Mapping):
        return {key: quoted(cell) for key, cell in value.items()}
    if isinstance(value, list | tuple):
        return [quoted(cell) for cell in value]
    return value if value is None or isinstance(value, bool) else str(value)


def market(symbol: str, name: str, size: Any, info: Any, **more: Any) -> Document:
    pair, _, settle = symbol.partition(":")
    base, _, quote = pair.partition("/")
    settle = settle.partition("-")[0]
    kind = {"linear": settle != base, "inverse": settle == base}
    names = {"id": name, "symbol": symbol, "base": base, "quote": quote, "settle": settle}
    return {**names, "type": "swap", **kind, "contractSize": size, "info": quoted(info), **more}


def position(symbol: str, quantity: Any, entry: Any, mark: Any, profit: Any, info: Row, **more: Any) -> Document:
    size = Decimal(str(quantity))
    return {
        "info": quoted(info),
        "symbol": symbol,
        "side": "long" if size > 0 else "short",
        "contracts": abs(size),
        "entryPrice": entry,
        "markPrice": mark,
        "unrealizedPnl": profit,
        "hedged": None,
        "marginMode": None,
        "leverage": None,
        "liquidationPrice": None,
        "timestamp": None,
        **more,
    }


def tiers(symbol: str, rows: list[Row], floor: str | None, cap: str | None, rate: str, leverage: str) -> list[Document]:
    """Tiers with the venue's names of their ends; where it names one end only, the other is that of the next."""
    ends = [row[cap] if cap else None for row in rows]
    floors = [row[floor] for row in rows] if floor else [0, *ends[:-1]]
    return [
        {
            "tier": number,
            "symbol": symbol,
            "minNotional": low,
            "maxNotional": end,
            "maintenanceMarginRate": row[rate],
            "maxLeverage": row.get(leverage),
            "info": quoted(row),
        }
        for number, (row, low, end) in enumerate(zip(rows, floors, ends, strict=True), start=1)
    ]


# ---------------------------------------------------------------- one function a venue: payload, ccxt's, names


def binance(payload: Document, exchange: str, names: Mapping[str, str]) -> Document:
    """The rows of the third version have neither mode nor leverage: what is isolated has isolatedMargin."""
    symbols = {name: symbol for symbol, name in names.items()}
    sizes = {row["symbol"]: row.get("contractSize", 1) for row in payload.get("exchangeInfo", {}).get("symbols", [])}
    bounds = ("notionalFloor", "notionalCap") if exchange == "binance" else (None, "qtyCap")
    gains: dict[str, Decimal] = {}
    for row in payload["positionRisk"]:
        asset = row.get("marginAsset") or row["symbol"].partition("USD")[0]
        gains[asset] = gains.get(asset, Decimal(0)) + Decimal(row["unRealizedProfit"])
    assets = payload["account"]["assets"]
    totals = {row["asset"]: Decimal(row["walletBalance"]) + gains.get(row["asset"], 0) for row in assets}
    return {
        "exchange": exchange,
        "balance": {
            "info": quoted(payload["account"]),
            **{asset: {"free": None, "used": None, "total": total} for asset, total in totals.items()},
        },
        "positions": [
            position(
                symbols[row["symbol"]],
                row["positionAmt"],
                row["entryPrice"],
                row["markPrice"],
                row["unRealizedProfit"],
                row,
                notional=abs(Decimal(row.get("notional") or row["notionalValue"])),
                marginMode="isolated" if Decimal(row["isolatedMargin"]) else "cross",
                leverage=row.get("leverage"),
                collateral=row["isolatedMargin"],
                positionMargin=row["isolatedWallet"] if Decimal(row["isolatedMargin"]) else None,
                hedged=row.get("positionSide") != "BOTH",
            )
            for row in payload["positionRisk"]
        ],
        "markets": {symbol: market(symbol, name, sizes.get(name, 1), {}) for symbol, name in names.items()},
        "leverageTiers": {
            symbols[entry["symbol"]]: [
                {**tier, "minNotional": tier["minNotional"] if bounds[0] else None}
                for tier in tiers(
                    symbols[entry["symbol"]], entry["brackets"], *bounds, "maintMarginRatio", "initialLeverage"
                )
            ]
            for entry in payload["leverageBracket"]
        },
        "leverages": {
            symbols[row["symbol"]]: {
                "symbol": symbols[row["symbol"]],
                "marginMode": "isolated" if row["marginType"] == "ISOLATED" else "cross",
                "longLeverage": row["leverage"],
                "shortLeverage": row["leverage"],
            }
            for row in payload.get("symbolConfig", [])
        },
    }


def usdm() -> tuple[Document, Document]:
    setting = [
        {"symbol": "BTCUSDT", "marginType": "CROSSED", "leverage": Decimal(10)},
        {"symbol": "ETHUSDT", "marginType": "ISOLATED", "leverage": Decimal(20)},
    ]
    payload = changed(test_binance_usdm.PAYLOAD, symbolConfig=setting)
    return payload, binance(payload, "binance", NAMES["binance-usdm"])


def coinm() -> tuple[Document, Document]:
    return test_binance_coinm.PAYLOAD, binance(test_binance_coinm.PAYLOAD, "binancecoinm", NAMES["binance-coinm"])


def okx() -> tuple[Document, Document]:
    payload = test_okx.PAYLOAD
    names = NAMES["okx"]
    symbols = {name: symbol for symbol, name in names.items()}
    contracts = {row["instId"]: row for answer in payload["instruments"] for row in answer["data"]}
    families = {answer["data"][0]["instFamily"]: answer["data"] for answer in payload["positionTiers"]}
    fees = {answer["data"][0]["instType"]: answer["data"][0] for answer in payload["tradeFee"]}
    of_symbol = {symbol: contracts[name] for symbol, name in names.items()}
    return payload, {
        "exchange": "okx",
        "balance": {
            "info": quoted(payload["balance"]),
            "timestamp": Decimal(1795348800000),
            **{row["ccy"]: {"total": row["eq"]} for row in payload["balance"]["data"][0]["details"]},
        },
        "positions": [
            position(
                symbols[row["instId"]],
                row["pos"],
                row["avgPx"],
                row["markPx"],
                row["upl"],
                row,
                notional=row["notionalUsd"] if row["ccy"] == "USDT" else Decimal("1.665"),
                marginMode=row["mgnMode"],
                leverage=row["lever"],
                hedged=False,
            )
            for row in payload["positions"]["data"]
            if row["pos"] != "0"
        ],
        "markets": {
            symbol: market(symbol, row["instId"], row["ctVal"], row, precision={"price": row["tickSz"]})
            for symbol, row in of_symbol.items()
        },
        "leverageTiers": {
            symbol: tiers(symbol, families[row["instFamily"]], "minSz", "maxSz", "mmr", "maxLever")
            for symbol, row in of_symbol.items()
        },
        # ccxt reads `taker`, which is of contracts in the coin.
        "tradingFees": {
            symbol: {
                "symbol": symbol,
                "taker": -Decimal(fees[row["instType"]]["taker"]),
                "info": quoted(fees[row["instType"]]),
            }
            for symbol, row in of_symbol.items()
        },
    }


def bybit() -> tuple[Document, Document]:
    payload = test_bybit.PAYLOAD
    names = NAMES["bybit"]
    symbols = {name: symbol for symbol, name in names.items()}
    rows = [row for answer in payload["positionList"] for row in answer["result"]["list"] if row["symbol"] in symbols]
    limits = [row for answer in payload["riskLimit"] for row in answer["result"]["list"]]
    rates = {row["currency"]: row["collateralRatio"] for row in payload["collateralInfo"]["result"]["list"]}
    return payload, {
        "exchange": "bybit",
        "balance": {
            "info": quoted(payload["walletBalance"]),
            "timestamp": payload["walletBalance"]["time"],
            **{
                row["coin"]: {"total": row["walletBalance"]}
                for row in payload["walletBalance"]["result"]["list"][0]["coin"]
            },
        },
        "positions": [
            position(
                symbols[row["symbol"]],
                row["size"] if row["side"] == "Buy" else f"-{row['size']}",
                row["avgPrice"],
                row["markPrice"],
                row["unrealisedPnl"],
                row,
                notional=row["positionValue"],
                leverage=row["leverage"],
                hedged=False,
            )
            for row in rows
        ],
        "markets": {symbol: market(symbol, name, 1, {}) for symbol, name in names.items()},
        "leverageTiers": {
            symbol: tiers(
                symbol,
                [row for row in limits if row["symbol"] == name],
                None,
                "riskLimitValue",
                "maintenanceMargin",
                "maxLeverage",
            )
            for symbol, name in names.items()
        },
        "marginModes": {"info": {}, "symbol": None, "marginMode": "cross"},
        "tradingFees": {symbol: {"symbol": symbol, "taker": "0.00055"} for symbol in names},
        "inputs": {"assets": {asset: {"collateral_rate": rates[asset]} for asset in rates}},
    }


def gate() -> tuple[Document, Document]:
    payload = test_gate.PAYLOAD
    names = NAMES["gate"]
    symbols = {name: symbol for symbol, name in names.items()}
    contracts = {row["name"]: row for row in payload["contracts"]}
    return payload, {
        "exchange": "gate",
        "balance": {"info": [quoted(payload["accounts"])], "USDT": {"total": payload["accounts"]["total"]}},
        "positions": [
            position(
                symbols[row["contract"]],
                row["size"],
                row["entry_price"],
                row["mark_price"],
                row["unrealised_pnl"],
                row,
                notional=row["value"],
                marginMode="cross" if row["leverage"] == "0" else "isolated",
                leverage=row["leverage"],
                positionMargin=row["margin"],
                collateral=Decimal(row["margin"]) + Decimal(row["unrealised_pnl"]),
            )
            for row in payload["positions"]
            if row["size"] != "0"
        ],
        "markets": {
            symbol: market(symbol, name, contracts[name]["quanto_multiplier"], contracts[name])
            for symbol, name in names.items()
        },
        "leverageTiers": {
            symbol: tiers(
                symbol, payload["risk_limit_tiers"][name], None, "risk_limit", "maintenance_rate", "leverage_max"
            )
            for symbol, name in names.items()
        },
    }


def bitget() -> tuple[Document, Document]:
    payload = test_bitget.PAYLOAD
    names = NAMES["bitget"]
    symbols = {name: symbol for symbol, name in names.items()}
    contracts = {row["symbol"]: row for row in payload["contracts"]}
    return payload, {
        "exchange": "bitget",
        "balance": {"info": quoted(payload["accounts"]), "USDT": {"total": payload["accounts"][0]["accountEquity"]}},
        "positions": [
            position(
                symbols[row["symbol"]],
                row["total"] if row["holdSide"] == "long" else f"-{row['total']}",
                row["openPriceAvg"],
                row["markPrice"],
                row["unrealizedPL"],
                row,
                marginMode="cross" if row["marginMode"] == "crossed" else "isolated",
                leverage=row["leverage"],
                hedged=False,
            )
            for row in payload["positions"]
        ],
        "markets": {symbol: market(symbol, name, 1, contracts[name]) for symbol, name in names.items()},
        "leverageTiers": {
            symbol: tiers(
                symbol,
                [row for row in payload["positionTiers"] if row["symbol"] == name],
                "startUnit",
                "endUnit",
                "keepMarginRate",
                "leverage",
            )
            for symbol, name in names.items()
        },
    }


def kucoin() -> tuple[Document, Document]:
    payload = test_kucoin_futures.PAYLOAD
    names = NAMES["kucoin-futures"]
    symbols = {name: symbol for symbol, name in names.items()}
    contracts = {row["symbol"]: row for row in payload["contracts"]["data"]}
    return payload, {
        "exchange": "kucoinfutures",
        "timestamp": payload["positions"]["data"][0]["currentTimestamp"],
        "balance": {"info": {}, "USDT": {"total": 1190}, "BTC": {"total": "0.0992307692"}},
        "positions": [
            position(
                symbols[row["symbol"]],
                row["currentQty"],
                row["avgEntryPrice"],
                row["markPrice"],
                row["unrealisedPnl"],
                row,
                notional=abs(row["posCost"]),
                marginMode=row["marginMode"].lower(),
                leverage=row.get("leverage"),
                collateral=row.get("maintMargin"),
            )
            for row in payload["positions"]["data"]
            if row["currentQty"]
        ],
        "markets": {
            symbol: market(symbol, name, abs(Decimal(contracts[name]["multiplier"])), contracts[name])
            for symbol, name in names.items()
        },
    }


def kraken() -> tuple[Document, Document]:
    payload = test_kraken_futures.PAYLOAD
    names = NAMES["kraken-futures"]
    symbols = {name: symbol for symbol, name in names.items()}
    contracts = {row["symbol"]: row for row in payload["instruments"]["instruments"]}
    marks = {row["symbol"]: row.get("markPrice") for row in payload["tickers"]["tickers"]}
    flex = payload["accounts"]["accounts"]["flex"]["currencies"]
    return payload, {
        "exchange": "krakenfutures",
        "balance": {
            "info": quoted(payload["accounts"]),
            "timestamp": 1795335330250,
            "USD": {"total": flex["USD"]["quantity"]},
            "BTC": {"total": flex["XBT"]["quantity"]},
        },
        "positions": [
            position(
                symbols[row["symbol"]],
                row["size"] if row["side"] == "long" else -row["size"],
                row["price"],
                None,
                None,
                row,
                marginMode="isolated" if row.get("maxFixedLeverage") else "cross",
                leverage=row.get("maxFixedLeverage"),
                # In no answer: put there by whoever isolated the position.
                positionMargin=payload["isolated_margin"].get(row["symbol"]),
            )
            for row in payload["openpositions"]["openPositions"]
        ],
        "markets": {symbol: market(symbol, name, 1, contracts[name]) for symbol, name in names.items()},
        "tickers": {symbol: {"symbol": symbol, "markPrice": marks[name]} for symbol, name in names.items()},
        # ccxt names the bounds of linear contracts only, and not the initial rate.
        "leverageTiers": {
            symbol: tiers(
                symbol,
                contracts[name]["marginLevels"],
                "contracts" if contracts[name]["type"] == "futures_inverse" else "numNonContractUnits",
                None,
                "maintenanceMargin",
                "",
            )
            for symbol, name in names.items()
        },
    }


def deribit() -> tuple[Document, Document]:
    payload = test_deribit.PAYLOAD
    names = NAMES["deribit"]
    symbols = {name: symbol for symbol, name in names.items()}
    contracts = {row["instrument_name"]: row for row in payload["instruments"]}
    return payload, {
        "exchange": "deribit",
        "balance": {
            "info": quoted(payload["account_summaries"]),
            **{row["currency"]: {"total": row["equity"]} for row in payload["account_summaries"]["summaries"]},
        },
        "positions": [
            position(
                symbols[row["instrument_name"]],
                row["size"],
                row["average_price"],
                row["mark_price"],
                row["floating_profit_loss"],
                row,
                contracts=row["size"],
                notional=abs(row["size_currency"]),
                leverage=50,
            )
            for row in payload["positions"]
        ],
        "markets": {
            symbol: market(symbol, name, contracts[name]["contract_size"], contracts[name])
            for symbol, name in names.items()
        },
        "inputs": {"instruments": {symbol: payload["margin_parameters"][name] for symbol, name in names.items()}},
    }


def dydx() -> tuple[Document, Document]:
    payload = test_dydx_v4.PAYLOAD
    names = NAMES["dydx-v4"]
    symbols = {name: symbol for symbol, name in names.items()}
    markets = payload["perpetualMarkets"]["markets"]
    account = payload["subaccount"]["subaccount"]
    return payload, {
        "exchange": "dydx",
        "timestamp": 1795335330250,
        "balance": {"info": quoted(account), "USDC": {"free": account["freeCollateral"]}},
        "positions": [
            position(
                symbols[name],
                row["size"] if row["side"] == "LONG" else f"-{row['size'].lstrip('-')}",
                row["entryPrice"],
                None,
                row["unrealizedPnl"],
                row,
            )
            for name, row in account["openPerpetualPositions"].items()
        ],
        "markets": {symbol: market(symbol, name, 1, markets[name]) for symbol, name in names.items()},
        "tickers": {symbol: {"symbol": symbol, "info": quoted(markets[name])} for symbol, name in names.items()},
    }


def paradex() -> tuple[Document, Document]:
    """Profit with funding in it; a token beside USDC counts at the mark of the perpetual on it."""
    payload = test_paradex.PAYLOAD
    names = NAMES["paradex"]
    symbols = {name: symbol for symbol, name in names.items()}
    markets = {row["symbol"]: row for row in payload["markets"]["results"]}
    marks = {row["symbol"]: row["mark_price"] for row in payload["markets_summary"]["results"]}
    return payload, {
        "exchange": "paradex",
        "timestamp": payload["account"]["updated_at"],
        "balance": {
            "info": quoted(payload["balances"]["results"]),
            **{row["token"]: {"total": row["size"]} for row in payload["balances"]["results"]},
        },
        "positions": [
            position(
                symbols[row["market"]],
                row["size"],
                row["average_entry_price"],
                None,
                row["unrealized_pnl"],
                row,
                notional=abs(Decimal(row["size"]) * Decimal(row["average_entry_price"])),
            )
            for row in payload["positions"]["results"]
        ],
        "markets": {symbol: market(symbol, name, 1, markets[name]) for symbol, name in names.items()},
        "tickers": {symbol: {"symbol": symbol, "markPrice": marks[name]} for symbol, name in names.items()},
    }


def bitmex() -> tuple[Document, Document]:
    """Of the contracts that ccxt describes: not the quanto one."""
    source = test_bitmex.PAYLOAD
    wallet = [{**source["margin"][0], "unrealisedPnl": 410000, "marginBalance": 100410000}, *source["margin"][1:]]
    payload = {
        **source,
        "position": [row for row in source["position"] if row["symbol"] != "ETHUSD"],
        "margin": wallet,
    }
    names = NAMES["bitmex"]
    symbols = {name: symbol for symbol, name in names.items()}
    contracts = {row["symbol"]: row for row in payload["instrument"]}
    scales = {"XBt": -8, "USDt": -6}
    return payload, {
        "exchange": "bitmex",
        "timestamp": 1795348800000,
        "balance": {
            "info": quoted(wallet),
            "BTC": {"total": Decimal("1.0041")},
            "USDT": {"total": Decimal(990)},
        },
        "positions": [
            position(
                symbols[row["symbol"]],
                row["currentQty"],
                row["avgEntryPrice"],
                row["markPrice"],
                Decimal(row["unrealisedPnl"]).scaleb(scales[row["currency"]]),
                row,
                notional=10000 if row["symbol"] == "XBTUSD" else 1990,
                marginMode="cross" if row["crossMargin"] else "isolated",
                leverage=row["leverage"],
            )
            for row in payload["position"]
            if row["currentQty"]
        ],
        "markets": {
            symbol: market(
                symbol,
                name,
                1 if name == "XBTUSD" else "0.00001",
                contracts[name],
                precision={"price": contracts[name]["tickSize"]},
            )
            for symbol, name in names.items()
        },
    }


def hyperliquid() -> tuple[Document, Document]:
    """The example that is shipped. ccxt shortens no figure but the mark, which is the value over the size."""
    text = (EXAMPLES / "hyperliquid-account" / "payload.json").read_text(encoding="utf-8")
    payload = json.loads(text, parse_float=Decimal)
    account, meta = payload["clearinghouseState"], payload["meta"]
    coins = {row["name"]: row for row in meta["universe"]}
    rows = [entry["position"] for entry in account["assetPositions"]]
    return payload, {
        "exchange": "hyperliquid",
        "balance": {"info": quoted(account), "USDC": {"total": account["marginSummary"]["accountValue"]}},
        "positions": [
            position(
                f"{row['coin']}/USDC:USDC",
                row["szi"],
                row["entryPx"],
                None,
                row["unrealizedPnl"],
                {"position": row},
                notional=row["positionValue"],
                marginMode=row["leverage"]["type"],
                leverage=row["leverage"]["value"],
                collateral=row["marginUsed"],
            )
            for row in rows
        ],
        "markets": {
            f"{row['coin']}/USDC:USDC": market(f"{row['coin']}/USDC:USDC", row["coin"], 1, coins[row["coin"]])
            for row in rows
        },
        "marginTables": meta["marginTables"],
    }


NAMES: Mapping[str, Mapping[str, str]] = {
    "binance-usdm": {"BTC/USDT:USDT": "BTCUSDT", "ETH/USDT:USDT": "ETHUSDT"},
    "binance-coinm": {"BTC/USD:BTC": "BTCUSD_PERP", "ETH/USD:ETH": "ETHUSD_PERP"},
    "okx": {
        "BTC/USDT:USDT-261225": "BTC-USDT-261225",
        "BTC/USDT:USDT": "BTC-USDT-SWAP",
        "ETH/USDT:USDT": "ETH-USDT-SWAP",
        "BTC/USD:BTC": "BTC-USD-SWAP",
    },
    "bybit": {"BTC/USDT:USDT": "BTCUSDT", "ETH/USD:ETH": "ETHUSD"},
    "gate": {"BTC/USDT:USDT": "BTC_USDT", "ETH/USDT:USDT": "ETH_USDT"},
    "bitget": {"BTC/USDT:USDT": "BTCUSDT", "ETH/USDT:USDT": "ETHUSDT"},
    "kucoin-futures": {"BTC/USDT:USDT": "XBTUSDTM", "ETH/USDT:USDT": "ETHUSDTM", "BTC/USD:BTC": "XBTUSDM"},
    "kraken-futures": {
        "BTC/USD:BTC": "PI_XBTUSD",
        "BTC/USD:USD": "PF_XBTUSD",
        "BTC/USD:USD-261225": "FF_XBTUSD_261225",
        "ETH/USD:USD": "PF_ETHUSD",
    },
    "deribit": {"BTC/USD:BTC": "BTC-PERPETUAL", "ETH/USDC:USDC": "ETH_USDC-PERPETUAL"},
    "hyperliquid": {"ETH/USDC:USDC": "ETH", "XRP/USDC:USDC": "XRP"},
    "dydx-v4": {"BTC/USDC:USDC": "BTC-USD", "ETH/USDC:USDC": "ETH-USD"},
    "paradex": {"BTC/USD:USDC": "BTC-USD-PERP", "ETH/USD:USDC": "ETH-USD-PERP"},
    "bitmex": {"BTC/USD:BTC": "XBTUSD", "ETH/USDT:USDT": "ETHUSDT"},
}
"""ccxt's symbols, and what the venue calls them."""

ACCOUNTS: Mapping[str, Callable[[], tuple[Document, Document]]] = {
    "binance-usdm": usdm,
    "binance-coinm": coinm,
    "okx": okx,
    "bybit": bybit,
    "gate": gate,
    "bitget": bitget,
    "kucoin-futures": kucoin,
    "kraken-futures": kraken,
    "deribit": deribit,
    "hyperliquid": hyperliquid,
    "dydx-v4": dydx,
    "paradex": paradex,
    "bitmex": bitmex,
}


def _figures(report: Report, names: Mapping[str, str]) -> dict[tuple[str, ...], object]:
    """Every figure of a report, by where it stands; positions and pools called as the venue does, coins as ccxt."""

    def called(identity: str) -> str:
        kind, _, rest = identity.partition("/")
        if kind == "isolated":
            return f"isolated/{names.get(rest, rest)}"
        return f"{kind}/{rest.replace('XBT', 'BTC')}" if rest else identity

    found: dict[tuple[str, ...], object] = {}
    for row in report.positions:
        place = ("position", names.get(row.id, row.id))
        found |= {(*place, "pool"): called(row.pool), (*place, "boundaries"): tuple(map(_round, row.other_boundaries))}
        for name in ("notional", "unrealized_pnl", "initial_margin", "maintenance_margin"):
            found[(*place, name)] = _round(getattr(row, name))
        for name in ("liquidation_price", "bankruptcy_price"):
            found[(*place, name)] = _round(getattr(row, name))
        found |= {(*place, "figures", name): _round(value) for name, value in row.figures.items()}
    for pool in report.pools:
        place = ("pool", called(pool.id))
        for name in ("equity", "initial_margin", "maintenance_margin", "margin_ratio", "liquidatable"):
            found[(*place, name)] = _round(getattr(pool, name))
        found |= {(*place, "figures", name): _round(value) for name, value in pool.figures.items()}
    for idle in report.idle_equity:
        found[("idle", idle.asset.replace("XBT", "BTC"))] = _round(idle.amount)
    return found


def _round(value: Any) -> object:
    """To the digits that a sum in another order leaves alone."""
    return f"{value:.15f}" if isinstance(value, Decimal) else value


def _held(state: AccountState, names: Mapping[str, str]) -> list[object]:
    """What an account holds, beyond the figures of the report."""
    return [
        (
            names.get(row.symbol, row.symbol),
            row.quantity,
            row.margin_mode,
            row.leverage,
            row.assigned_margin,
            row.accrued_funding,
            bool(row.auto_add_margin),
        )
        for row in state.positions
    ]


@pytest.mark.parametrize("policy", ACCOUNTS)
def test_an_account_has_the_same_report_by_the_venues_answers_and_by_ccxt(policy: str) -> None:
    """Every figure of positions and pools, under the names of the venue."""
    payload, unified = ACCOUNTS[policy]()
    loaded, names = marginrules.load_policy(policy), NAMES[policy]
    own, other = import_payload(policy, payload), import_payload("ccxt", unified)
    assert _held(other, names) == _held(own, {})
    reports = [marginrules.evaluate(loaded, state) for state in (own, other)]
    assert _figures(reports[1], names) == _figures(reports[0], {})
    assert any(value not in (None, False) for value in _figures(reports[1], names).values())
