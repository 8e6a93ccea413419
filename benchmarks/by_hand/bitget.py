"""`rules/bitget.margin`."""

from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import (
    ONE,
    ZERO,
    Figures,
    Wallet,
    figure,
    is_before,
    pool_figures,
    position_figures,
    rate_at,
    tiered,
    value_at,
    valued,
    wallets,
)
from marginrules.account.state import AccountState

FEE = Decimal("0.0006")
DEBT_RATE = Decimal("0.05")

_TIERS = [
    {"above": "0", "maintenance_rate": "0.004", "max_leverage": "125"},
    {"above": "150000", "maintenance_rate": "0.005", "max_leverage": "100"},
    {"above": "600000", "maintenance_rate": "0.01", "max_leverage": "75"},
]
# A hedged pair on BTCUSDT, of which the side that is worth more counts.
_POSITIONS = [
    ("BTCUSDT:LONG", "BTCUSDT", "4", "95000", "cross"),
    ("BTCUSDT:SHORT", "BTCUSDT", "-1.5", "97000", "cross"),
    ("ETHUSDT", "ETHUSDT", "-10", "3000", "cross"),
    ("XRPUSDT", "XRPUSDT", "2000", "2.2", "isolated"),
]
_CONTRACTS = [("BTCUSDT", "92000"), ("ETHUSDT", "3100"), ("XRPUSDT", "2.1")]

ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "benchmark", "as_of": "2026-11-22T00:00:00Z", "assetMode": "single"},
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
            "symbol": "ETHUSDT",
            "side": "sell",
            "quantity": "5",
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
            "base": symbol.removesuffix("USDT"),
            "quote": "USDT",
            "settle": "USDT",
            "mark_price": mark,
            "taker_fee_rate": "0.0006",
            "tiers": _TIERS,
        }
        for symbol, mark in _CONTRACTS
    ],
    "assets": [{"asset": "USDT", "index_price": "1"}],
}


def figures(state: AccountState) -> Figures:
    """`rules/bitget.margin`: single-asset and multi-asset mode."""
    is_union = state.account.inputs.get("assetMode") == "union"
    whole_tiers = is_before(state, "2025-11-10")
    found: Figures = {"idle": {}}
    cross = wallets(state)
    # By symbol: initial and maintenance margin, each of longs and of shorts.
    sides: dict[str, list[Decimal]] = {}
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        wallet = cross[instrument.settle]
        notional, cost, profit = valued(position, instrument)
        tiers = instrument.tiers
        needed = notional * rate_at(tiers, notional) if whole_tiers else tiered(notional, tiers)
        needed += notional * (FEE if instrument.taker_fee_rate is None else instrument.taker_fee_rate)
        leverage = position.leverage or ZERO
        if position.margin_mode == "isolated":
            margin = cost / leverage
            assigned = position.assigned_margin or ZERO
            wallet.cash -= assigned
            equity = assigned + profit
            pool = f"isolated/{position.id}"
            found[pool] = pool_figures(
                "isolated", [position.id], instrument.settle, equity, margin, needed, liquidatable=equity <= needed
            )
        else:
            margin = (notional if is_union else cost) / leverage
            pool = "cross" if is_union else f"cross/{instrument.settle}"
            side = 0 if position.quantity > 0 else 1
            market = sides.setdefault(position.symbol, [ZERO, ZERO, ZERO, ZERO])
            market[side] += margin
            market[2 + side] += needed
            wallet.positions.append(position.id)
            wallet.profit += profit
        found[position.id] = position_figures(pool, notional, profit, margin, needed)
    for symbol, (long, short, long_needs, short_needs) in sides.items():
        wallet = cross[state.instrument_by_symbol[symbol].settle]
        wallet.initial += max(long, short)
        wallet.maintenance += max(long_needs, short_needs)
    for order in state.orders:
        if not order.reduce_only:
            instrument = state.instrument_by_symbol[order.symbol]
            size = order.quantity * instrument.contract_size
            margin = value_at(instrument, size, order.price or ZERO) / (order.leverage or ZERO)
            if order.margin_mode == "cross":
                cross[instrument.settle].orders += margin
            else:
                cross[instrument.settle].isolated_orders += margin
    if is_union:
        _union(state, cross, found)
        return found
    for asset, wallet in cross.items():
        equity, initial = wallet.cash + wallet.profit, wallet.initial + wallet.orders
        liquidatable = bool(wallet.positions) and equity <= wallet.maintenance
        found[f"cross/{asset}"] = pool_figures(
            "cross", wallet.positions, asset, equity, initial, wallet.maintenance, liquidatable=liquidatable
        )
        found["idle"][asset] = max(ZERO, equity - initial - wallet.isolated_orders)
    return found


def _union(state: AccountState, cross: dict[str, Wallet], found: Figures) -> None:
    """Multi-asset mode: one pool in USD, with haircuts on what is owned and a margin for what is owed."""
    members = [position.id for position in state.positions if position.margin_mode == "cross"]
    equity = initial = maintenance = debts = ZERO
    for name, wallet in cross.items():
        asset = state.asset_by_name[name]
        price = asset.index_price or ZERO
        worth = (wallet.cash + wallet.profit) * price
        if worth < 0:
            equity += worth
            debts -= worth * figure(asset.inputs, "liability_rate", DEBT_RATE)
            debts -= figure(asset.inputs, "liability_offset")
        else:
            equity += worth * (ONE if asset.collateral_rate is None else asset.collateral_rate)
        initial += (wallet.initial + wallet.orders + wallet.isolated_orders) * price
        maintenance += wallet.maintenance * price
    maintenance = max(maintenance, debts) if is_before(state, "2026-06-25") else maintenance + debts
    found["cross"] = pool_figures(
        "cross", members, "USD", equity, initial, maintenance, liquidatable=bool(members) and equity <= maintenance
    )
    found["idle"]["USD"] = max(ZERO, equity - initial)
