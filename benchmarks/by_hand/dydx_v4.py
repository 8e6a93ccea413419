"""`rules/dydx-v4.margin`."""

from decimal import ROUND_FLOOR, Decimal
from typing import Any

from benchmarks.by_hand.common import ONE, ZERO, Figures, figure, pool_figures, position_figures, valued
from marginrules.account.state import AccountState

PPM = Decimal("0.000001")


def _market(symbol: str, mark: str, tier: tuple[str, str, str, str], open_interest: str) -> dict[str, Any]:
    initial, part, lower, upper = tier
    return {
        "symbol": symbol,
        "contract": "linear",
        "base": symbol.removesuffix("-USD"),
        "quote": "USDC",
        "settle": "USDC",
        "contract_size": "1",
        "mark_price": mark,
        "initial_margin_fraction": initial,
        "maintenance_fraction": part,
        "open_interest_lower_cap": lower,
        "open_interest_upper_cap": upper,
        "open_interest": open_interest,
        "market_type": "cross",
    }


LARGE = ("0.02", "0.6", "0", "0")
SMALL = ("0.1", "0.5", "20000000", "50000000")

# One subaccount: two liquidity tiers, one of them scaled by open interest, and a leverage that was chosen. The venue's
# policy has no orders.
ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "benchmark"},
    "balances": [{"asset": "USDC", "wallet_balance": "25000"}],
    "positions": [
        {"id": "BTC", "symbol": "BTC-USD", "quantity": "0.5", "entry_price": "95000", "margin_mode": "cross"},
        {"id": "ETH", "symbol": "ETH-USD", "quantity": "-10", "entry_price": "3000", "margin_mode": "cross"},
        {
            "id": "SOL",
            "symbol": "SOL-USD",
            "quantity": "100",
            "entry_price": "150",
            "margin_mode": "cross",
            "leverage": "5",
            "accrued_funding": "-3.5",
        },
        {"id": "XRP", "symbol": "XRP-USD", "quantity": "2000", "entry_price": "2.2", "margin_mode": "cross"},
    ],
    "orders": [],
    "instruments": [
        _market("BTC-USD", "92000", LARGE, "5000"),
        _market("ETH-USD", "3100", LARGE, "80000"),
        _market("SOL-USD", "140", SMALL, "200000"),
        _market("XRP-USD", "2.1", SMALL, "11000000"),
    ],
    "assets": [{"asset": "USDC", "index_price": "1"}],
}


def figures(state: AccountState) -> Figures:
    """`rules/dydx-v4.margin`."""
    asset = state.balances[0].asset
    found: Figures = {}
    equity, initial, maintenance = state.balances[0].wallet_balance, ZERO, ZERO
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        notional, _, profit = valued(position, instrument)
        inputs = instrument.inputs
        base = figure(inputs, "initial_margin_fraction")
        lower, upper = figure(inputs, "open_interest_lower_cap"), figure(inputs, "open_interest_upper_cap")
        fraction = base
        if upper:
            open_notional = (instrument.open_interest or ZERO) * (instrument.mark_price or ZERO)
            if open_notional >= upper:
                fraction = ONE
            elif open_notional > lower:
                growth = (ONE - base) * (open_notional - lower) / (upper - lower)
                fraction = base + growth.quantize(PPM, ROUND_FLOOR)
        if position.leverage is not None:
            fraction = max(fraction, ONE / position.leverage)
        margin = notional * fraction
        needed = notional * base * figure(inputs, "maintenance_fraction")
        found[position.id] = position_figures("cross", notional, profit, margin, needed)
        equity += profit + (position.accrued_funding or ZERO)
        initial += margin
        maintenance += needed
    members = [position.id for position in state.positions]
    liquidatable = maintenance > 0 and maintenance > equity
    found["cross"] = pool_figures("cross", members, asset, equity, initial, maintenance, liquidatable=liquidatable)
    found["idle"] = {"amount": max(ZERO, equity - initial)}
    return found
