"""A venue's answers, in its documented form, about an account that is known as a document: one function a venue.

They say what the document says, and only what the importer of the venue needs. A test puts the figures that a venue published
in their place, and has a payload of which everything published is the venue's own.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from marginrules.account.contracts import unrealized_pnl, value_at
from marginrules.account.state import AccountState, Asset, Instrument, Position

Payload = dict[str, Any]

_LAST = Decimal("1e15")
"""Where the last tier ends, at venues that print an end of each."""

_TICK = Decimal("0.1")
"""At venues that always print a price step: of a contract whose own the document does not have."""

_PRINTED = Decimal("0.00000001")
"""Venues print amounts to eight decimals."""


def _held(state: AccountState) -> Iterable[tuple[Position, Instrument]]:
    return [(position, state.instrument_by_symbol[position.symbol]) for position in state.positions]


def _leverage(state: AccountState, symbol: str) -> Decimal | None:
    """The leverage chosen for a contract: that of the position, or of the order, on it."""
    return next((entry.leverage for entry in (*state.positions, *state.orders) if entry.symbol == symbol), None)


def _profit(position: Position, instrument: Instrument) -> Decimal:
    return unrealized_pnl(instrument, position.quantity, position.entry_price, instrument.mark_price)


def _profits(state: AccountState, asset: str) -> Decimal:
    found = (_profit(position, contract) for position, contract in _held(state) if contract.settle == asset)
    return sum(found, Decimal(0))


def _cost(position: Position, instrument: Instrument) -> Decimal:
    return value_at(instrument, position.quantity, position.entry_price)


def _tiers(instrument: Instrument) -> list[dict[str, Decimal]]:
    """The rows of the tier table, each with where it ends as `end`; a deduction of none is 0."""
    table = instrument.tiers
    if table is None:
        return []
    ends = [*table.bounds[1:], _LAST]
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return [{"maintenance_amount": Decimal(0), **row, "end": end} for row, end in zip(rows, ends, strict=False)]


def _milliseconds(moment: datetime | None) -> Decimal:
    assert moment is not None
    return Decimal(int(moment.timestamp() * 1000))


def _given(**members: object) -> dict[str, Any]:
    """The members that are not None: a venue leaves out what it has not."""
    return {name: value for name, value in members.items() if value is not None}


def _side(position: Position, words: tuple[str, str]) -> str:
    return words[0] if position.quantity > 0 else words[1]


# ---------------------------------------------------------------- one function a venue


def _binance(state: AccountState, floor: str, cap: str) -> Payload:
    """What the answers about both kinds of Binance's futures have alike."""
    hedged = state.account.inputs.get("dualSidePosition")
    return _given(
        account={
            "assets": [{"asset": entry.asset, "walletBalance": entry.wallet_balance} for entry in state.balances],
            "positions": [],
        },
        positionRisk=[
            _given(
                symbol=position.symbol,
                positionSide=_side(position, ("LONG", "SHORT")) if hedged else "BOTH",
                positionAmt=position.quantity,
                entryPrice=position.entry_price,
                markPrice=contract.mark_price,
                isolatedWallet=position.assigned_margin or Decimal(0),
                marginAsset=contract.settle,
            )
            for position, contract in _held(state)
        ],
        leverageBracket=[
            {
                "symbol": contract.symbol,
                "brackets": [
                    {
                        floor: tier["above"],
                        cap: tier["end"],
                        "maintMarginRatio": tier["maintenance_rate"],
                        "cum": tier["maintenance_amount"],
                        "initialLeverage": tier.get("max_leverage") or _leverage(state, contract.symbol),
                    }
                    for tier in _tiers(contract)
                ],
            }
            for contract in state.instruments
        ],
        openOrders=[
            _given(
                symbol=order.symbol,
                side=order.side.upper(),
                type="LIMIT",
                origQty=order.quantity,
                price=order.price,
                reduceOnly=order.reduce_only,
                positionSide=order.inputs.get("positionSide"),
            )
            for order in state.orders
        ]
        or None,
        dualSidePosition=hedged,
        time=_milliseconds(state.account.as_of),
    )


def binance_usdm(state: AccountState) -> Payload:
    """The third version of the answers, which has mode and leverage in `symbolConfig`."""
    payload = _binance(state, "notionalFloor", "notionalCap")
    chosen = {entry.symbol: entry for entry in (*state.orders, *state.positions)}
    payload["symbolConfig"] = [
        {
            "symbol": entry.symbol,
            "marginType": "ISOLATED" if entry.margin_mode == "isolated" else "CROSSED",
            "leverage": entry.leverage,
        }
        for entry in chosen.values()
    ]
    if state.account.inputs.get("multiAssetsMargin"):
        payload["multiAssetsMargin"] = True
        payload["assetIndex"] = [
            {
                "symbol": f"{asset.asset}USD",
                "index": asset.index_price,
                "bidBuffer": 1 - asset.collateral_rate,
                "askBuffer": asset.inputs["askBuffer"],
            }
            for asset in state.assets
        ]
    payload["exchangeInfo"] = {
        "symbols": [
            {
                "symbol": contract.symbol,
                "baseAsset": contract.base,
                "quoteAsset": contract.quote,
                "marginAsset": contract.settle,
            }
            for contract in state.instruments
        ]
    }
    return payload


def binance_coinm(state: AccountState) -> Payload:
    payload = _binance(state, "qtylFloor", "qtyCap")
    for row, position in zip(payload["positionRisk"], state.positions, strict=True):
        row |= {"marginType": position.margin_mode, "leverage": position.leverage}
    payload["exchangeInfo"] = {
        "symbols": [
            {
                "symbol": contract.symbol,
                "contractSize": contract.contract_size,
                "baseAsset": contract.base,
                "quoteAsset": contract.quote,
                "marginAsset": contract.settle,
            }
            for contract in state.instruments
        ]
    }
    return payload


def bitget(state: AccountState) -> Payload:
    """Of a multi-asset account all coins are in the row of USDT."""
    union = state.account.inputs.get("assetMode") == "union"
    rows = [
        {
            "marginCoin": entry.asset,
            "accountEquity": entry.wallet_balance + _profits(state, entry.asset),
            "unrealizedPL": "",
        }
        for entry in state.balances
        if not union or entry.asset == "USDT"
    ]
    if union:
        coins = [{"coin": entry.asset, "balance": entry.wallet_balance} for entry in state.balances]
        rows[0] |= {"assetMode": "union", "assetList": coins}
    return {
        "accounts": {"code": "00000", "requestTime": _milliseconds(state.account.as_of), "data": rows},
        "positions": [
            _given(
                symbol=position.symbol,
                marginCoin=contract.settle,
                holdSide=_side(position, ("long", "short")),
                total=abs(position.quantity),
                openPriceAvg=position.entry_price,
                markPrice=contract.mark_price,
                marginMode="isolated" if position.margin_mode == "isolated" else "crossed",
                leverage=position.leverage,
                marginSize=position.assigned_margin,
            )
            for position, contract in _held(state)
        ],
        "contracts": [
            {
                "symbol": contract.symbol,
                "baseCoin": contract.base,
                "quoteCoin": contract.quote,
                "takerFeeRate": contract.taker_fee_rate or Decimal(0),
            }
            for contract in state.instruments
        ],
        "orders": [
            {
                "symbol": order.symbol,
                "marginCoin": state.instrument_by_symbol[order.symbol].settle,
                "marginMode": "isolated" if order.margin_mode == "isolated" else "crossed",
                "side": order.side,
                "size": order.quantity,
                "price": order.price,
                "leverage": order.leverage,
                "reduceOnly": "YES" if order.reduce_only else "NO",
            }
            for order in state.orders
        ],
        "symbolPrices": [{"symbol": f"{asset.asset}USDT", "indexPrice": asset.index_price} for asset in state.assets],
        "haircutRates": {asset.asset: asset.collateral_rate for asset in state.assets},
        "positionTiers": [
            {
                "symbol": contract.symbol,
                "startUnit": tier["above"],
                "endUnit": tier["end"],
                "keepMarginRate": tier["maintenance_rate"],
                "leverage": tier.get("max_leverage") or _leverage(state, contract.symbol),
            }
            for contract in state.instruments
            for tier in _tiers(contract)
        ],
    }


_BITMEX_UNITS = {"XBT": "XBt", "USDT": "USDt"}


def bitmex(state: AccountState) -> Payload:
    """Amounts in the smallest unit of their currency."""

    def units(amount: Decimal, asset: str) -> Decimal:
        return (amount * 10 ** int(scales[asset])).to_integral_value()

    scales = {asset.asset: asset.inputs["scale"] for asset in state.assets}
    moment = state.account.as_of
    assert moment is not None
    return {
        "position": [
            _given(
                symbol=position.symbol,
                currentQty=position.quantity,
                avgEntryPrice=position.entry_price,
                posCost=units(_cost(position, contract), contract.settle),
                posComm=None
                if position.inputs.get("posComm") is None
                else units(position.inputs["posComm"], contract.settle),
                markPrice=contract.mark_price,
                crossMargin=position.margin_mode == "cross",
                leverage=position.leverage,
                initMarginReq=_tiers(contract)[0].get("initial_rate"),
                maintMarginReq=_tiers(contract)[0]["maintenance_rate"],
                commission=contract.taker_fee_rate,
                posMargin=None
                if position.assigned_margin is None
                else units(position.assigned_margin, contract.settle),
                timestamp=moment.isoformat(),
            )
            for position, contract in _held(state)
        ],
        "instrument": [
            _given(
                symbol=contract.symbol,
                settlCurrency=_BITMEX_UNITS[contract.settle],
                underlying=contract.base,
                quoteCurrency=contract.quote,
                isInverse=contract.contract == "inverse",
                isQuanto=contract.contract == "quanto",
                multiplier=units(contract.contract_size, contract.settle),
                tickSize=contract.tick_size or _TICK,
                lotSize=contract.quantity_step,
                fundingRate=contract.inputs.get("fundingRate"),
            )
            for contract in state.instruments
        ],
        "margin": [
            {"currency": _BITMEX_UNITS[entry.asset], "walletBalance": units(entry.wallet_balance, entry.asset)}
            for entry in state.balances
        ],
        "assets": [
            {"currency": _BITMEX_UNITS[asset], "asset": asset, "scale": scale} for asset, scale in scales.items()
        ],
    }


def bybit(state: AccountState) -> Payload:
    status = state.account.inputs.get("unifiedMarginStatus", "5")

    def coin(asset: str, wallet: Decimal) -> dict[str, Any]:
        equity = (wallet + _profits(state, asset)).quantize(_PRINTED)
        price = state.asset_by_name[asset].index_price
        return {"coin": asset, "walletBalance": wallet, "equity": equity, "usdValue": equity * (price or 1)}

    return {
        "accountInfo": {"unifiedMarginStatus": status, "marginMode": "REGULAR_MARGIN"},
        "walletBalance": {
            "retCode": 0,
            "result": {"list": [{"coin": [coin(entry.asset, entry.wallet_balance) for entry in state.balances]}]},
            "time": _milliseconds(state.account.as_of),
        },
        "positionList": {
            "list": [
                _given(
                    symbol=position.symbol,
                    side=_side(position, ("Buy", "Sell")),
                    size=abs(position.quantity),
                    avgPrice=position.entry_price,
                    markPrice=contract.mark_price,
                    leverage=position.leverage,
                    tradeMode=int(position.margin_mode == "isolated"),
                    positionBalance=position.assigned_margin,
                )
                for position, contract in _held(state)
            ]
        },
        "openOrders": {
            "list": [
                {
                    "symbol": order.symbol,
                    "side": (order.side or "").capitalize(),
                    "qty": order.quantity,
                    "price": order.price,
                    "reduceOnly": order.reduce_only is True,
                    "orderStatus": "New",
                }
                for order in state.orders
            ]
        },
        "instrumentsInfo": [
            {
                "category": contract.contract,
                "list": [
                    {
                        "symbol": contract.symbol,
                        "contractType": f"{contract.contract.capitalize()}Perpetual",
                        "baseCoin": contract.base,
                        "quoteCoin": contract.quote,
                        "settleCoin": contract.settle,
                    }
                ],
            }
            for contract in state.instruments
        ],
        "riskLimit": {
            "list": [
                {
                    "symbol": contract.symbol,
                    "riskLimitValue": tier["end"],
                    "maintenanceMargin": tier["maintenance_rate"],
                    "mmDeduction": tier["maintenance_amount"],
                    "initialMargin": "0.01",
                    "maxLeverage": "100",
                }
                for contract in state.instruments
                for tier in _tiers(contract)
            ]
        },
        "feeRate": {
            "list": [
                {"symbol": contract.symbol, "takerFeeRate": contract.taker_fee_rate} for contract in state.instruments
            ]
        },
        "collateralInfo": {
            "list": [
                {
                    "currency": asset.asset,
                    "collateralRatio": Decimal(1) if asset.collateral_rate is None else asset.collateral_rate,
                }
                for asset in state.assets
            ]
        },
    }


_DERIBIT_RATES = (
    "initial_margin_base",
    "initial_margin_slope",
    "maintenance_margin_base",
    "maintenance_margin_slope",
)


def deribit(state: AccountState) -> Payload:
    model = state.account.inputs["margin_model"]
    return {
        "account_summaries": {
            "summaries": [
                {
                    "currency": entry.asset,
                    "margin_model": model,
                    "balance": entry.wallet_balance,
                    "futures_session_upl": _profits(state, entry.asset),
                    "futures_session_rpl": entry.inputs.get("futures_session_rpl", Decimal(0)),
                }
                for entry in state.balances
            ]
        },
        "positions": [
            _given(
                instrument_name=position.symbol,
                kind="future",
                direction=_side(position, ("buy", "sell")),
                size=position.quantity,
                average_price=position.entry_price,
                mark_price=contract.mark_price,
                index_price=contract.index_price,
                floating_profit_loss=_profit(position, contract),
            )
            for position, contract in _held(state)
        ],
        "instruments": [
            {
                "instrument_name": contract.symbol,
                "kind": "future",
                "instrument_type": "reversed" if contract.contract == "inverse" else "linear",
                "base_currency": contract.base,
                "quote_currency": contract.quote,
                "settlement_currency": contract.settle,
                "tick_size": contract.tick_size or _TICK,
            }
            for contract in state.instruments
        ],
        "margin_parameters": {
            contract.symbol: {name: contract.inputs[name] for name in _DERIBIT_RATES} for contract in state.instruments
        },
        "index_prices": {asset.asset: asset.index_price for asset in state.assets},
        "collateral_rates": {asset.asset: asset.collateral_rate for asset in state.assets},
        "time": _milliseconds(state.account.as_of),
    }


def gate(state: AccountState) -> Payload:
    return {
        "accounts": [{"currency": entry.asset, "total": entry.wallet_balance} for entry in state.balances],
        "positions": [
            _given(
                contract=position.symbol,
                size=position.quantity,
                entry_price=position.entry_price,
                mark_price=contract.mark_price,
                leverage=position.leverage if position.margin_mode == "isolated" else Decimal(0),
                cross_leverage_limit=None if position.margin_mode == "isolated" else position.leverage,
                margin=position.assigned_margin,
            )
            for position, contract in _held(state)
        ],
        "contracts": [
            {
                "name": contract.symbol,
                "type": "inverse" if contract.contract == "inverse" else "direct",
                "quanto_multiplier": contract.contract_size,
                "taker_fee_rate": contract.taker_fee_rate,
            }
            for contract in state.instruments
        ],
        "risk_limit_tiers": {
            contract.symbol: [
                {
                    "tier": number,
                    "risk_limit": tier["end"],
                    "maintenance_rate": tier["maintenance_rate"],
                    "leverage_max": tier.get("max_leverage") or _leverage(state, contract.symbol),
                }
                for number, tier in enumerate(_tiers(contract), start=1)
            ]
            for contract in state.instruments
        },
        "time": _milliseconds(state.account.as_of),
    }


def hyperliquid(state: AccountState) -> Payload:
    """A ledger: of each pool what it holds in USD, and no wallet."""
    moment = state.account.as_of

    def row(position: Position, contract: Instrument) -> dict[str, Any]:
        signed = position.quantity * contract.mark_price
        value, profit = abs(signed), _profit(position, contract)
        margin = value / position.leverage if position.assigned_margin is None else position.assigned_margin + profit
        leverage = _given(
            type=position.margin_mode,
            value=position.leverage,
            rawUsd=None if position.assigned_margin is None else margin - signed,
        )
        return {
            "coin": position.symbol,
            "szi": position.quantity,
            "leverage": leverage,
            "entryPx": position.entry_price,
            "positionValue": value,
            "unrealizedPnl": profit,
            "marginUsed": margin,
        }

    rows = [row(position, contract) for position, contract in _held(state)]
    cross = [entry for entry in state.positions if entry.margin_mode == "cross"]
    assigned = [entry.assigned_margin for entry in state.positions if entry.assigned_margin is not None]
    raw = (
        sum((entry.wallet_balance for entry in state.balances), Decimal(0))
        - sum(assigned, Decimal(0))
        - sum((entry.quantity * entry.entry_price for entry in cross), Decimal(0))
    )
    worth = sum((entry.quantity * state.instrument_by_symbol[entry.symbol].mark_price for entry in cross), Decimal(0))
    return {
        "clearinghouseState": {
            "assetPositions": [{"position": entry} for entry in rows],
            "crossMarginSummary": {"accountValue": raw + worth, "totalRawUsd": raw},
            "time": _milliseconds(moment),
        },
        "meta": {
            "universe": [
                {"name": contract.symbol, "marginTableId": number, "maxLeverage": _tiers(contract)[0]["max_leverage"]}
                for number, contract in enumerate(state.instruments, start=100)
            ],
            "marginTables": [
                [
                    number,
                    {
                        "marginTiers": [
                            {"lowerBound": tier["above"], "maxLeverage": tier["max_leverage"]}
                            for tier in _tiers(contract)
                        ]
                    },
                ]
                for number, contract in enumerate(state.instruments, start=100)
            ],
        },
        "openOrders": [
            {
                "coin": order.symbol,
                "side": "B" if order.side == "buy" else "A",
                "sz": order.quantity,
                "limitPx": order.price,
                "reduceOnly": order.reduce_only,
            }
            for order in state.orders
        ],
        "collateralToken": state.balances[0].asset,
    }


def kraken_futures(state: AccountState) -> Payload:
    """A single-collateral wallet is named for the pair of the contracts that it backs."""
    moment = state.account.as_of
    assert moment is not None
    pairs = {contract.settle: contract.symbol.split("_")[1].lower() for contract in state.instruments}

    def wallet(asset: str, amount: Decimal) -> dict[str, Any]:
        profit = _profits(state, asset)
        maintenance = sum(
            value_at(contract, position.quantity, contract.mark_price) * _tiers(contract)[0]["maintenance_rate"]
            for position, contract in _held(state)
            if contract.settle == asset
        )
        return {
            "type": "marginAccount",
            "currency": asset.lower(),
            "balances": {asset.lower(): amount},
            "auxiliary": {"pv": amount + profit, "pnl": profit},
            "marginRequirements": {"mm": maintenance},
        }

    def currency(asset: Asset, quantity: Decimal) -> dict[str, Any]:
        value = quantity * asset.index_price
        rate = Decimal(1) if asset.collateral_rate is None else asset.collateral_rate
        return {"quantity": quantity, "value": value, "collateral": value * rate}

    def bound(contract: Instrument) -> str:
        return "contracts" if contract.contract == "inverse" else "numNonContractUnits"

    wallets: dict[str, Any] = {
        f"fi_{pairs[entry.asset]}": wallet(entry.asset, entry.wallet_balance)
        for entry in state.balances
        if entry.wallet == "single-collateral"
    }
    currencies = {
        entry.asset: currency(state.asset_by_name[entry.asset], entry.wallet_balance)
        for entry in state.balances
        if entry.wallet == "multi-collateral"
    }
    if currencies:
        wallets["flex"] = {"currencies": currencies}
    return {
        "accounts": {"result": "success", "serverTime": moment.isoformat(), "accounts": wallets},
        "openpositions": {
            "openPositions": [
                _given(
                    symbol=position.symbol,
                    side=_side(position, ("long", "short")),
                    size=abs(position.quantity),
                    price=position.entry_price,
                    unrealizedFunding=position.accrued_funding,
                )
                for position in state.positions
            ]
        },
        "instruments": {
            "instruments": [
                {
                    "symbol": contract.symbol,
                    "type": "futures_inverse" if contract.contract == "inverse" else "flexible_futures",
                    "base": contract.base,
                    "quote": contract.quote,
                    "tickSize": contract.tick_size or _TICK,
                    "contractSize": contract.contract_size,
                    "marginLevels": [
                        {
                            bound(contract): tier["above"],
                            "initialMargin": tier["initial_rate"],
                            "maintenanceMargin": tier["maintenance_rate"],
                        }
                        for tier in _tiers(contract)
                    ],
                }
                for contract in state.instruments
            ]
        },
        "tickers": {
            "tickers": [
                _given(symbol=contract.symbol, markPrice=contract.mark_price, indexPrice=contract.index_price)
                for contract in state.instruments
            ]
        },
    }


def kucoin_futures(state: AccountState) -> Payload:
    def position_row(position: Position, contract: Instrument) -> dict[str, Any]:
        cost = _cost(position, contract).quantize(_PRINTED)
        row = _given(
            symbol=position.symbol,
            marginMode=str(position.margin_mode).upper(),
            currentQty=position.quantity,
            avgEntryPrice=position.entry_price,
            markPrice=contract.mark_price,
            posCost=cost,
        )
        if position.margin_mode == "cross":
            return row | {"leverage": position.leverage}
        return row | _given(
            posInit=(cost / position.leverage).quantize(_PRINTED),
            posMargin=position.assigned_margin,
            posComm=position.inputs.get("posComm"),
            maintMarginReq=_tiers(contract)[0]["maintenance_rate"],
        )

    return _given(
        accountMode=_given(selfAccountMode=state.account.inputs.get("selfAccountMode")) or None,
        positions=[position_row(position, contract) for position, contract in _held(state)],
        accountOverview=[
            {
                "currency": entry.asset,
                "accountEquity": entry.wallet_balance + _profits(state, entry.asset),
                "unrealisedPNL": _profits(state, entry.asset),
            }
            for entry in state.balances
        ],
        contracts=[
            _given(
                symbol=contract.symbol,
                baseCurrency=contract.base,
                quoteCurrency=contract.quote,
                settleCurrency=contract.settle,
                isInverse=contract.contract == "inverse",
                multiplier=-contract.contract_size if contract.contract == "inverse" else contract.contract_size,
                tickSize=contract.tick_size or _TICK,
                takerFeeRate=contract.taker_fee_rate,
                **contract.inputs,
            )
            for contract in state.instruments
        ],
        timestamp=_milliseconds(state.account.as_of),
    )


def okx(state: AccountState) -> Payload:
    def kind(symbol: str) -> str:
        return "SWAP" if symbol.endswith("-SWAP") else "FUTURES"

    def family(symbol: str) -> str:
        return "-".join(symbol.split("-")[:2])

    def currency(asset: str, wallet: Decimal) -> dict[str, Any]:
        equity = wallet + _profits(state, asset)
        return {"ccy": asset, "cashBal": wallet, "eq": equity, "eqUsd": equity * state.asset_by_name[asset].index_price}

    return _given(
        config=[{"acctLv": state.account.inputs["acctLv"]}],
        balance=[
            {
                "uTime": _milliseconds(state.account.as_of),
                "details": [currency(entry.asset, entry.wallet_balance) for entry in state.balances],
            }
        ],
        positions=[
            _given(
                instId=position.symbol,
                instType=kind(position.symbol),
                mgnMode=position.margin_mode,
                pos=position.quantity,
                avgPx=position.entry_price,
                markPx=contract.mark_price,
                lever=position.leverage,
                margin=position.assigned_margin,
            )
            for position, contract in _held(state)
        ],
        instruments=[
            _given(
                instId=contract.symbol,
                instType=kind(contract.symbol),
                uly=f"{contract.base}-{contract.quote}",
                instFamily=family(contract.symbol),
                ctType=contract.contract,
                ctVal=contract.contract_size,
                settleCcy=contract.settle,
                tickSz=contract.tick_size,
            )
            for contract in state.instruments
        ],
        positionTiers=[
            {
                "instFamily": family(contract.symbol),
                "minSz": tier["above"],
                "maxSz": tier["end"],
                "mmr": tier["maintenance_rate"],
            }
            for contract in state.instruments
            for tier in _tiers(contract)
        ],
        tradeFee=[
            {"instType": kind(contract.symbol), "taker": -contract.taker_fee_rate, "takerU": -contract.taker_fee_rate}
            for contract in state.instruments
        ],
        discountRate=[
            {"ccy": asset.asset, "details": [{"discountRate": asset.collateral_rate, "minAmt": "0", "maxAmt": ""}]}
            for asset in state.assets
            if asset.collateral_rate is not None
        ],
    )


COMPLETIONS: Mapping[str, Callable[[AccountState], Payload]] = {
    "binance-coinm": binance_coinm,
    "binance-usdm": binance_usdm,
    "bitget": bitget,
    "bitmex": bitmex,
    "bybit": bybit,
    "deribit": deribit,
    "gate": gate,
    "hyperliquid": hyperliquid,
    "kraken-futures": kraken_futures,
    "kucoin-futures": kucoin_futures,
    "okx": okx,
}
"""By venue: all answers about an account."""
