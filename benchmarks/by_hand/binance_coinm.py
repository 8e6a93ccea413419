"""`rules/binance-coinm.margin`, one coin, one-way mode."""

from typing import Any

from benchmarks.by_hand.common import ZERO, Figures, split, tiered
from marginrules.account.state import AccountState

_TIERS = [
    {"above": "0", "maintenance_rate": "0.004", "maintenance_amount": "0", "max_leverage": "125"},
    {"above": "5", "maintenance_rate": "0.005", "maintenance_amount": "0.005", "max_leverage": "100"},
]
_POSITIONS = [
    ("BTCUSD_PERP", "4000", "95000", "92000", "cross"),
    ("BTCUSD_260327", "-1500", "96000", "93000", "cross"),
    ("BTCUSD_260626", "6000", "90000", "94000", "cross"),
    ("BTCUSD_261225", "-500", "94000", "95000", "isolated"),
]
ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "benchmark"},
    "balances": [{"asset": "BTC", "wallet_balance": "12"}],
    "positions": [
        {
            "id": symbol,
            "symbol": symbol,
            "quantity": quantity,
            "entry_price": entry,
            "margin_mode": mode,
            "leverage": "10",
            **({"assigned_margin": "0.06"} if mode == "isolated" else {}),
        }
        for symbol, quantity, entry, _, mode in _POSITIONS
    ],
    "orders": [
        {
            "symbol": "BTCUSD_PERP",
            "side": "buy",
            "quantity": "500",
            "price": "90000",
            "reduce_only": False,
            "margin_mode": "cross",
            "leverage": "10",
        }
    ],
    "instruments": [
        {
            "symbol": symbol,
            "contract": "inverse",
            "base": "BTC",
            "quote": "USD",
            "settle": "BTC",
            "contract_size": "100",
            "mark_price": mark,
            "tiers": _TIERS,
        }
        for symbol, _, _, mark, _ in _POSITIONS
    ],
    "assets": [{"asset": "BTC"}],
}


def figures(state: AccountState) -> Figures:
    """`rules/binance-coinm.margin`, one coin, one-way mode."""
    free, assigned = split(state)
    found: Figures = {}
    equity, initial, requirement = free, ZERO, ZERO
    held = dict.fromkeys(state.instrument_by_symbol, ZERO)
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        table, mark = instrument.tiers, instrument.mark_price
        if table is None or mark is None:
            raise ValueError
        rate_column, amount_column = table.columns.index("maintenance_rate"), table.columns.index("maintenance_amount")
        rates = [row[rate_column] or ZERO for row in table.rows]
        amounts = [row[amount_column] or ZERO for row in table.rows]
        units = position.quantity * instrument.contract_size
        notional = abs(units) / mark
        profit = units * (1 / position.entry_price - 1 / mark)
        margin = notional / (position.leverage or ZERO)
        needed = tiered(notional, table, rates, amounts)
        found[position.id] = {
            "notional": notional,
            "unrealized_pnl": profit,
            "initial_margin": margin,
            "maintenance_margin": needed,
        }
        if position.margin_mode == "isolated":
            own = assigned[position.id] + profit
            found[f"isolated/{position.id}"] = {
                "equity": own,
                "initial_margin": margin,
                "maintenance_margin": needed,
                "margin_ratio": needed / own if own > 0 else None,
                "liquidatable": own <= needed,
            }
        else:
            equity += profit
            initial += margin
            requirement += needed
            held[position.symbol] += margin if units > 0 else -margin
    bids, asks = dict.fromkeys(held, ZERO), dict.fromkeys(held, ZERO)
    isolated_bids, isolated_asks = dict(bids), dict(asks)
    for order in state.orders:
        if not order.reduce_only:
            units = order.quantity * state.instrument_by_symbol[order.symbol].contract_size
            crossed = order.margin_mode == "cross"
            side = (bids if crossed else isolated_bids) if order.side == "buy" else (asks if crossed else isolated_asks)
            side[order.symbol] += units / (order.price or ZERO) / (order.leverage or ZERO)
    orders = isolated_orders = ZERO
    for symbol, own in held.items():
        orders += max(abs(own + bids[symbol]), abs(own - asks[symbol])) - abs(own)
        isolated_orders += max(isolated_bids[symbol], isolated_asks[symbol])
    initial += orders
    found[f"cross/{state.balances[0].asset}"] = {
        "equity": equity,
        "initial_margin": initial,
        "maintenance_margin": requirement,
        "margin_ratio": requirement / equity if equity > 0 else None,
        "liquidatable": equity <= requirement,
    }
    found["idle"] = {"amount": max(ZERO, equity - initial - isolated_orders)}
    return found
