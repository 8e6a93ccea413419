"""`rules/bybit.margin`; the account is a unified one in cross margin, with one isolated position."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import (
    ZERO,
    Figures,
    Wallet,
    is_before,
    marginal,
    pool_figures,
    position_figures,
    tiered,
    value_at,
    valued,
    wallets,
)
from marginrules.account.state import AccountState, Instrument


def _contract(
    symbol: str, kind: str, base: str, quote: str, settle: str, mark: str, tiers: list[dict[str, str]]
) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "contract": kind,
        "base": base,
        "quote": quote,
        "settle": settle,
        "contract_size": "1",
        "mark_price": mark,
        "taker_fee_rate": "0.00055",
        "tiers": tiers,
    }


def _tiers(*rows: tuple[str, str, str]) -> list[dict[str, str]]:
    return [
        {"above": above, "maintenance_rate": rate, "maintenance_amount": amount, "max_leverage": "50"}
        for above, rate, amount in rows
    ]


ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "benchmark", "unifiedMarginStatus": "5"},
    "balances": [
        {"asset": "USDT", "wallet_balance": "150000"},
        {"asset": "ETH", "wallet_balance": "40"},
        {"asset": "BTC", "wallet_balance": "12"},
    ],
    "positions": [
        {
            "id": "BTC",
            "symbol": "BTCUSDT",
            "quantity": "25",
            "entry_price": "95000",
            "margin_mode": "cross",
            "leverage": "20",
        },
        {
            "id": "SOL",
            "symbol": "SOLUSDT",
            "quantity": "-400",
            "entry_price": "150",
            "margin_mode": "cross",
            "leverage": "10",
        },
        {
            "id": "ETH",
            "symbol": "ETHUSD",
            "quantity": "-60000",
            "entry_price": "3000",
            "margin_mode": "cross",
            "leverage": "10",
        },
        {
            "id": "XRP",
            "symbol": "XRPUSDT",
            "quantity": "20000",
            "entry_price": "2.2",
            "margin_mode": "isolated",
            "leverage": "10",
            "assigned_margin": "4600",
        },
    ],
    "orders": [
        {
            "symbol": "BTCUSDT",
            "side": "buy",
            "quantity": "0.5",
            "price": "90000",
            "reduce_only": False,
            "margin_mode": "cross",
            "leverage": "20",
        }
    ],
    "instruments": [
        _contract(
            "BTCUSDT",
            "linear",
            "BTC",
            "USDT",
            "USDT",
            "92000",
            _tiers(("0", "0.005", "0"), ("2000000", "0.01", "10000")),
        ),
        _contract(
            "SOLUSDT", "linear", "SOL", "USDT", "USDT", "140", _tiers(("0", "0.01", "0"), ("100000", "0.015", "500"))
        ),
        _contract(
            "ETHUSD", "inverse", "ETH", "USD", "ETH", "3100", _tiers(("0", "0.005", "0"), ("500", "0.01", "2.5"))
        ),
        _contract(
            "XRPUSDT", "linear", "XRP", "USDT", "USDT", "2.1", _tiers(("0", "0.01", "0"), ("50000", "0.015", "250"))
        ),
    ],
    "assets": [
        {"asset": "USDT", "index_price": "0.999", "collateral_rate": "0.99"},
        {"asset": "ETH", "index_price": "3100", "collateral_rate": "0.95"},
        {
            "asset": "BTC",
            "index_price": "92000",
            "collateral_tiers": [
                {"above": "0", "collateral_rate": "0.98"},
                {"above": "10", "collateral_rate": "0.95"},
            ],
        },
    ],
}


def figures(state: AccountState) -> Figures:
    """`rules/bybit.margin`: unified accounts in cross and isolated margin mode, and classic ones."""
    settings = state.account.inputs
    is_classic = settings.get("unifiedMarginStatus", "5") == "1"
    at_entry = is_classic or is_before(state, "2025-09-02")
    by_asset = is_classic or settings.get("marginMode") == "ISOLATED_MARGIN"
    found: Figures = {"idle": {}}
    cross = wallets(state)
    # Of each position in cross margin: its id, instrument, side, value at entry, profit and requirement.
    crossed: list[tuple[str, Instrument, int, Decimal, Decimal, Decimal]] = []
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        wallet = cross[instrument.settle]
        notional, cost, profit = valued(position, instrument)
        leverage, fee_rate = position.leverage or ZERO, instrument.taker_fee_rate or ZERO
        side = 1 if position.quantity > 0 else -1
        is_isolated, is_inverse = position.margin_mode == "isolated", instrument.contract == "inverse"
        assigned = position.assigned_margin or ZERO
        value = cost if at_entry or (is_isolated and not is_inverse) else notional
        close_fee = cost * (1 + (side if is_inverse else -side) / leverage) * fee_rate
        kept_fee = close_fee
        if is_isolated and is_inverse:
            kept_fee = max(ZERO, cost + side * assigned) * fee_rate / (1 + side * fee_rate)
        margin = value / leverage + close_fee
        requirement = tiered(value, instrument.tiers)
        needed = requirement + close_fee
        if is_isolated:
            wallet.cash -= assigned
            equity = assigned + profit
            pool = f"isolated/{position.id}"
            found[pool] = pool_figures(
                "isolated",
                [position.id],
                instrument.settle,
                equity,
                margin,
                needed,
                liquidatable=equity <= requirement + kept_fee,
            )
        else:
            pool = f"cross/{instrument.settle}" if by_asset else "cross"
            wallet.positions.append(position.id)
            wallet.profit += profit
            wallet.initial += margin
            wallet.maintenance += needed
            crossed.append((position.id, instrument, side, cost, profit, requirement))
        found[position.id] = position_figures(pool, notional, profit, margin, needed)
    for order in state.orders:
        if order.reduce_only:
            continue
        instrument = state.instrument_by_symbol[order.symbol]
        leverage = order.leverage or ZERO
        direction = 1 if order.side == "buy" else -1
        value = value_at(instrument, order.quantity * instrument.contract_size, order.price or ZERO)
        at_bust = value * (1 + (direction if instrument.contract == "inverse" else -direction) / leverage)
        cross[instrument.settle].orders += value / leverage + (value + at_bust) * (instrument.taker_fee_rate or ZERO)
    if not by_asset:
        _unified(state, cross, [entry[0] for entry in crossed], found)
        return found
    needs: dict[str, Decimal] = defaultdict(Decimal)
    for _, instrument, side, cost, profit, requirement in crossed:
        wallet = cross[instrument.settle]
        behind, fee_rate = wallet.cash + wallet.profit - profit, instrument.taker_fee_rate or ZERO
        toward = side if instrument.contract == "inverse" else -side
        gone_fee = max(ZERO, cost + toward * behind) * fee_rate / (1 + toward * fee_rate)
        needs[instrument.settle] += requirement + gone_fee
    for asset, wallet in cross.items():
        equity, initial = wallet.cash + wallet.profit, wallet.initial + wallet.orders
        liquidatable = bool(wallet.positions) and equity <= needs[asset]
        found[f"cross/{asset}"] = pool_figures(
            "cross", wallet.positions, asset, equity, initial, wallet.maintenance, liquidatable=liquidatable
        )
        found["idle"][asset] = max(ZERO, equity - initial)
    return found


def _unified(state: AccountState, cross: dict[str, Wallet], members: list[str], found: Figures) -> None:
    """One pool in USD, of each coin's equity what counts as collateral."""
    equity = initial = maintenance = ZERO
    for name, wallet in cross.items():
        asset = state.asset_by_name[name]
        price = asset.index_price or ZERO
        counted = wallet.cash + wallet.profit
        if counted > 0 and asset.collateral_tiers is not None:
            counted = marginal(counted, asset.collateral_tiers, "collateral_rate")
        elif counted > 0 and asset.collateral_rate is not None:
            counted *= asset.collateral_rate
        equity += counted * price
        initial += (wallet.initial + wallet.orders) * price
        maintenance += wallet.maintenance * price
    found["cross"] = pool_figures(
        "cross", members, "USD", equity, initial, maintenance, liquidatable=bool(members) and equity <= maintenance
    )
    found["cross"]["no_new_orders"] = initial > 0 and equity <= initial
    found["idle"]["USD"] = max(ZERO, equity - initial)
