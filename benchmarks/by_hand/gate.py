"""`rules/gate.margin`, one settlement asset, linear contracts, the progressive tiers in force since 2025-07-29."""

from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import ZERO, Figures, tiered
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


def _requirement(value: Decimal, table: TierTable | None) -> Decimal:
    if table is None:
        raise ValueError
    rate, amount = table.columns.index("maintenance_rate"), table.columns.index("maintenance_amount")
    return tiered(value, table, [row[rate] or ZERO for row in table.rows], [row[amount] or ZERO for row in table.rows])


def figures(state: AccountState) -> Figures:
    """`rules/gate.margin`, one settlement asset, linear contracts."""
    asset = state.balances[0].asset
    free = state.balances[0].wallet_balance
    found: Figures = {}
    values: dict[str, list[Decimal]] = {}
    margins: dict[str, list[Decimal]] = {}
    cross = []
    profits = fees = ZERO
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        mark = instrument.mark_price or ZERO
        units = position.quantity * instrument.contract_size
        notional, profit = abs(units) * mark, units * (mark - position.entry_price)
        leverage, fee = position.leverage or ZERO, notional * (instrument.taker_fee_rate or ZERO)
        if position.margin_mode == "isolated":
            assigned = position.assigned_margin or ZERO
            free -= assigned
            margin = abs(units) * position.entry_price / leverage
            needed, equity = _requirement(notional, instrument.tiers), assigned + profit
            found[f"isolated/{position.id}"] = {
                "equity": equity,
                "initial_margin": margin,
                "maintenance_margin": needed,
                "margin_ratio": needed / equity if equity > 0 else None,
                "liquidatable": equity <= needed + fee,
            }
        else:
            margin, needed = notional / leverage, ZERO
            side = 0 if position.quantity > 0 else 1
            values.setdefault(position.symbol, [ZERO, ZERO])[side] += notional
            margins.setdefault(position.symbol, [ZERO, ZERO])[side] += margin
            cross.append((position, instrument))
            profits += profit
            fees += fee
        found[position.id] = {
            "notional": notional,
            "unrealized_pnl": profit,
            "initial_margin": margin,
            "maintenance_margin": needed,
        }
    maintenance = ZERO
    for position, instrument in cross:
        larger, notional = max(values[position.symbol]), found[position.id]["notional"]
        needed = _requirement(larger, instrument.tiers)
        if notional < larger:
            needed = needed * notional / larger
        found[position.id]["maintenance_margin"] = needed
        maintenance += needed
    initial = sum((max(sides) for sides in margins.values()), ZERO)
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
        "liquidatable": bool(cross) and equity <= maintenance + fees,
    }
    found["idle"] = {"amount": max(ZERO, free - initial - all_orders)}
    return found
