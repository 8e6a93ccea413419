"""`rules/bitget.margin`, single-asset mode, one margin coin, linear contracts, the marginal tiers since 2025-11-10."""

from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import ZERO, Figures, tiered
from marginrules.account.state import AccountState, TierTable

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


def _requirement(value: Decimal, table: TierTable | None) -> Decimal:
    """Of each slice its own rate: the tier's rate on all of it, less what continuity takes off."""
    if table is None:
        raise ValueError
    column = table.columns.index("maintenance_rate")
    rates: list[Decimal] = []
    amounts: list[Decimal] = []
    for index, row in enumerate(table.rows):
        rates.append(row[column] or ZERO)
        amounts.append(amounts[-1] + (row[0] or ZERO) * (rates[-1] - rates[-2]) if index else ZERO)
    return tiered(value, table, rates, amounts)


def figures(state: AccountState) -> Figures:
    """`rules/bitget.margin`, single-asset mode, one margin coin, linear contracts."""
    asset = state.balances[0].asset
    free = state.balances[0].wallet_balance
    found: Figures = {}
    initials: dict[str, list[Decimal]] = {}
    maintenances: dict[str, list[Decimal]] = {}
    profits = ZERO
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        mark = instrument.mark_price or ZERO
        units = position.quantity * instrument.contract_size
        notional, profit = abs(units) * mark, units * (mark - position.entry_price)
        margin = abs(units) * position.entry_price / (position.leverage or ZERO)
        needed = _requirement(notional, instrument.tiers) + notional * (instrument.taker_fee_rate or ZERO)
        found[position.id] = {
            "notional": notional,
            "unrealized_pnl": profit,
            "initial_margin": margin,
            "maintenance_margin": needed,
        }
        if position.margin_mode == "isolated":
            assigned = position.assigned_margin or ZERO
            free -= assigned
            equity = assigned + profit
            found[f"isolated/{position.id}"] = {
                "equity": equity,
                "initial_margin": margin,
                "maintenance_margin": needed,
                "margin_ratio": needed / equity if equity > 0 else None,
                "liquidatable": equity <= needed,
            }
        else:
            side = 0 if position.quantity > 0 else 1
            initials.setdefault(position.symbol, [ZERO, ZERO])[side] += margin
            maintenances.setdefault(position.symbol, [ZERO, ZERO])[side] += needed
            profits += profit
    initial = sum((max(sides) for sides in initials.values()), ZERO)
    maintenance = sum((max(sides) for sides in maintenances.values()), ZERO)
    cross_orders = all_orders = ZERO
    for order in state.orders:
        if not order.reduce_only:
            size = order.quantity * state.instrument_by_symbol[order.symbol].contract_size
            margin = size * (order.price or ZERO) / (order.leverage or ZERO)
            all_orders += margin
            cross_orders += margin if order.margin_mode == "cross" else ZERO
    equity = free + profits
    found[f"cross/{asset}"] = {
        "equity": equity,
        "initial_margin": initial + cross_orders,
        "maintenance_margin": maintenance,
        "margin_ratio": maintenance / equity if equity > 0 else None,
        "liquidatable": bool(initials) and equity <= maintenance,
    }
    found["idle"] = {"amount": max(ZERO, equity - initial - all_orders)}
    return found
