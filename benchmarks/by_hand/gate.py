"""`rules/gate.margin`."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import (
    ZERO,
    Figures,
    is_before,
    pool_figures,
    position_figures,
    rate_at,
    tiered,
    value_at,
    valued,
    wallets,
)
from marginrules.account.state import AccountState, TierTable

_TIERS = [
    {"above": "0", "maintenance_rate": "0.004", "maintenance_amount": "0", "max_leverage": "125"},
    {"above": "50000", "maintenance_rate": "0.005", "maintenance_amount": "50", "max_leverage": "100"},
    {"above": "500000", "maintenance_rate": "0.01", "maintenance_amount": "2550", "max_leverage": "50"},
]
# A hedged pair on BTC_USDT, whose smaller side is held to the rate of the larger one.
_POSITIONS = [
    ("BTC_USDT:LONG", "BTC_USDT", "10000", "95000", "cross"),
    ("BTC_USDT:SHORT", "BTC_USDT", "-4000", "97000", "cross"),
    ("ETH_USDT", "ETH_USDT", "-1000", "3000", "cross"),
    ("XRP_USDT", "XRP_USDT", "200", "2.2", "isolated"),
]
_CONTRACTS = [("BTC_USDT", "0.0001", "92000"), ("ETH_USDT", "0.01", "3100"), ("XRP_USDT", "10", "2.1")]

ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "benchmark", "as_of": "2026-11-22T00:00:00Z"},
    "balances": [{"asset": "USDT", "wallet_balance": "50000"}],
    "positions": [
        {
            "id": identity,
            "symbol": symbol,
            "quantity": quantity,
            "entry_price": entry,
            "margin_mode": mode,
            "leverage": "20",
            **({"assigned_margin": "500"} if mode == "isolated" else {}),
        }
        for identity, symbol, quantity, entry, mode in _POSITIONS
    ],
    "orders": [
        {
            "symbol": "ETH_USDT",
            "side": "sell",
            "quantity": "500",
            "price": "3200",
            "reduce_only": False,
            "margin_mode": "cross",
            "leverage": "20",
        }
    ],
    "instruments": [
        {
            "symbol": symbol,
            "contract": "linear",
            "base": symbol.partition("_")[0],
            "quote": "USDT",
            "settle": "USDT",
            "contract_size": size,
            "mark_price": mark,
            "taker_fee_rate": "0.0005",
            "tiers": _TIERS,
        }
        for symbol, size, mark in _CONTRACTS
    ],
    "assets": [{"asset": "USDT", "index_price": "1"}],
}


def figures(state: AccountState) -> Figures:
    """`rules/gate.margin`."""
    found: Figures = {"idle": {}}
    cross = wallets(state)
    # By symbol: contracts and initial margin, each of longs and of shorts.
    sides: dict[str, list[Decimal]] = {}
    for position in state.positions:
        if position.margin_mode == "cross":
            market = sides.setdefault(position.symbol, [ZERO, ZERO, ZERO, ZERO])
            market[0 if position.quantity > 0 else 1] += abs(position.quantity)
    fees: dict[str, Decimal] = defaultdict(Decimal)
    whole_tiers = is_before(state, "2025-07-29")
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        wallet = cross[instrument.settle]
        notional, cost, profit = valued(position, instrument)
        fee = notional * (instrument.taker_fee_rate or ZERO)
        leverage = position.leverage or ZERO
        if position.margin_mode == "isolated":
            margin, needed = cost / leverage, _requirement(notional, instrument.tiers, whole_tiers=whole_tiers)
            assigned = position.assigned_margin or ZERO
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
                liquidatable=equity <= needed + fee,
            )
        else:
            pool = f"cross/{instrument.settle}"
            market = sides[position.symbol]
            # The smaller side of a hedged pair is held to the rate of the larger one.
            share = abs(position.quantity) / max(market[0], market[1])
            margin = notional / leverage
            needed = _requirement(notional / share, instrument.tiers, whole_tiers=whole_tiers) * share
            market[2 if position.quantity > 0 else 3] += margin
            wallet.positions.append(position.id)
            wallet.profit += profit
            wallet.maintenance += needed
            fees[instrument.settle] += fee
        found[position.id] = position_figures(pool, notional, profit, margin, needed)
    for symbol, (_, _, long, short) in sides.items():
        cross[state.instrument_by_symbol[symbol].settle].initial += max(long, short)
    for order in state.orders:
        if not order.reduce_only:
            instrument = state.instrument_by_symbol[order.symbol]
            size = order.quantity * instrument.contract_size
            margin = value_at(instrument, size, order.price or ZERO) / (order.leverage or ZERO)
            if order.margin_mode == "cross":
                cross[instrument.settle].orders += margin
            else:
                cross[instrument.settle].isolated_orders += margin
    for asset, wallet in cross.items():
        equity, initial = wallet.cash + wallet.profit, wallet.initial + wallet.orders
        liquidatable = bool(wallet.positions) and equity <= wallet.maintenance + fees[asset]
        found[f"cross/{asset}"] = pool_figures(
            "cross", wallet.positions, asset, equity, initial, wallet.maintenance, liquidatable=liquidatable
        )
        found["idle"][asset] = max(ZERO, wallet.cash - initial - wallet.isolated_orders)
    return found


def _requirement(value: Decimal, table: TierTable | None, *, whole_tiers: bool) -> Decimal:
    return value * rate_at(table, value) if whole_tiers else tiered(value, table)
