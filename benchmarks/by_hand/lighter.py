"""`rules/lighter.margin`: three requirements one below the other, at fractions of each market."""

from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import ZERO, Figures
from marginrules.account.state import AccountState, Instrument

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


def _fraction(instrument: Instrument, name: str) -> Decimal:
    value = instrument.inputs[name]
    if not isinstance(value, Decimal):
        raise TypeError
    return value


def _pool(equity: Decimal, initial: Decimal, maintenance: Decimal, closeout: Decimal) -> dict[str, Any]:
    return {
        "equity": equity,
        "initial_margin": initial,
        "maintenance_margin": maintenance,
        "margin_ratio": maintenance / equity if equity > 0 else None,
        "liquidatable": equity < maintenance,
        "pre_liquidation": equity < initial,
        "full_liquidation": equity < closeout,
    }


def figures(state: AccountState) -> Figures:
    """`rules/lighter.margin`."""
    equity = state.balances[0].wallet_balance
    found: Figures = {}
    initial = maintenance = closeout = ZERO
    crossed = False
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        mark = instrument.mark_price or ZERO
        units = position.quantity * instrument.contract_size
        notional, profit = abs(units) * mark, units * (mark - position.entry_price)
        if position.leverage is None:
            fraction = _fraction(instrument, "default_initial_margin_fraction")
        else:
            fraction = max(1 / position.leverage, _fraction(instrument, "min_initial_margin_fraction"))
        margin = notional * fraction
        needed = notional * _fraction(instrument, "maintenance_margin_fraction")
        least = notional * _fraction(instrument, "closeout_margin_fraction")
        found[position.id] = {
            "notional": notional,
            "unrealized_pnl": profit,
            "initial_margin": margin,
            "maintenance_margin": needed,
            "closeout_margin": least,
        }
        own = profit + (position.accrued_funding or ZERO)
        if position.margin_mode == "isolated":
            assigned = position.assigned_margin or ZERO
            equity -= assigned
            found[f"isolated/{position.id}"] = _pool(assigned + own, margin, needed, least)
        else:
            crossed = True
            equity += own
            initial += margin
            maintenance += needed
            closeout += least
    found["cross"] = _pool(equity, initial, maintenance, closeout) | {"closeout_margin": closeout}
    found["cross"]["liquidatable"] = crossed and equity < maintenance
    found["idle"] = {"amount": max(ZERO, equity - initial)}
    return found
