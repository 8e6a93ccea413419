"""`rules/lighter.margin`: three requirements one below the other, at fractions of each market."""

from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import ZERO, Figures, pool_figures, position_figures, valued
from marginrules.account.state import AccountState

_POSITIONS = [
    ("BTC", "0.5", "95000", "cross", "20", "35"),
    ("ETH", "-10", "3000", "cross", "10", "-4"),
    # No leverage is chosen here: the market's own initial margin holds.
    ("SOL", "100", "150", "cross", None, None),
    ("XRP", "2000", "2.2", "isolated", "5", "1.5"),
]
# Symbol, mark price, default and least initial margin, maintenance margin, close-out margin.
_MARKETS = [
    ("BTC", "92000", "0.05", "0.02", "0.012", "0.008"),
    ("ETH", "3100", "0.05", "0.02", "0.012", "0.008"),
    ("SOL", "140", "0.1", "0.04", "0.024", "0.016"),
    ("XRP", "2.1", "0.1", "0.05", "0.03", "0.02"),
]

ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "benchmark", "as_of": "2026-11-22T00:00:00Z"},
    "balances": [{"asset": "USDC", "wallet_balance": "20000"}],
    "positions": [
        {
            "id": symbol,
            "symbol": symbol,
            "quantity": quantity,
            "entry_price": entry,
            "margin_mode": mode,
            **({} if leverage is None else {"leverage": leverage}),
            **({} if funding is None else {"accrued_funding": funding}),
            **({"assigned_margin": "900"} if mode == "isolated" else {}),
        }
        for symbol, quantity, entry, mode, leverage, funding in _POSITIONS
    ],
    "orders": [
        {
            "symbol": "ETH",
            "side": "sell",
            "quantity": "5",
            "price": "3200",
            "reduce_only": False,
            "margin_mode": "cross",
            "leverage": "10",
        }
    ],
    "instruments": [
        {
            "symbol": symbol,
            "contract": "linear",
            "base": symbol,
            "quote": "USDC",
            "settle": "USDC",
            "mark_price": mark,
            "default_initial_margin_fraction": default,
            "min_initial_margin_fraction": least,
            "maintenance_margin_fraction": maintenance,
            "closeout_margin_fraction": closeout,
        }
        for symbol, mark, default, least, maintenance, closeout in _MARKETS
    ],
    "assets": [{"asset": "USDC", "index_price": "1"}],
}


def figures(state: AccountState) -> Figures:
    """`rules/lighter.margin`."""
    asset = state.balances[0].asset
    equity = state.balances[0].wallet_balance
    found: Figures = {}
    members = []
    initial = maintenance = closeout = ZERO
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        fractions: Any = instrument.inputs
        notional, _, profit = valued(position, instrument)
        if position.leverage is None:
            margin = notional * fractions["default_initial_margin_fraction"]
        else:
            margin = notional * max(1 / position.leverage, fractions["min_initial_margin_fraction"])
        needed = notional * fractions["maintenance_margin_fraction"]
        least = notional * fractions["closeout_margin_fraction"]
        own = profit + (position.accrued_funding or ZERO)
        if position.margin_mode == "isolated":
            assigned = position.assigned_margin or ZERO
            equity -= assigned
            pool = f"isolated/{position.id}"
            found[pool] = _pool("isolated", [position.id], asset, assigned + own, margin, needed, least)
        else:
            pool = "cross"
            members.append(position.id)
            equity += own
            initial += margin
            maintenance += needed
            closeout += least
        found[position.id] = position_figures(pool, notional, profit, margin, needed)
        found[position.id]["closeout_margin"] = least
    found["cross"] = _pool("cross", members, asset, equity, initial, maintenance, closeout)
    found["cross"]["closeout_margin"] = closeout
    found["idle"] = {"amount": max(ZERO, equity - initial)}
    return found


def _pool(
    kind: str,
    members: list[str],
    asset: str,
    equity: Decimal,
    initial: Decimal,
    maintenance: Decimal,
    closeout: Decimal,
) -> dict[str, Any]:
    liquidatable = bool(members) and equity < maintenance
    found = pool_figures(kind, members, asset, equity, initial, maintenance, liquidatable=liquidatable)
    found["pre_liquidation"] = equity < initial
    found["full_liquidation"] = equity < closeout
    return found
