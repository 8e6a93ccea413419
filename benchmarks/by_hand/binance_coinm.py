"""`rules/binance-coinm.margin`."""

from typing import Any

from benchmarks.by_hand.binance_usdm import by_asset, positions_and_orders
from benchmarks.by_hand.common import Figures
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
    """`rules/binance-coinm.margin`, which counts as the USD-M rules do in single-asset mode, in coins."""
    found: Figures = {"idle": {}}
    by_asset(positions_and_orders(state, found), found)
    return found
