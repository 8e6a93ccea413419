"""`rules/gmx-v2.margin`: four positions, each a pool of its own, with collateral in two tokens."""

from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import ZERO, Figures, figure, pool_figures, position_figures, valued
from marginrules.account.state import AccountState

LEAST_COLLATERAL = Decimal(1)
FACTOR = Decimal("0.01")

_POSITIONS = [
    ("BTC", "0.5", "95000", "92000", "USDC", "5000"),
    ("ETH", "-10", "3000", "3100", "USDC", "4000"),
    ("SOL", "100", "150", "140", "WNT", "2"),
    ("ARB", "2000", "2.2", "2.1", "WNT", "0.5"),
]

ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "benchmark"},
    "balances": [{"asset": "USDC", "wallet_balance": "9000"}, {"asset": "WNT", "wallet_balance": "2.5"}],
    "positions": [
        {
            "id": base,
            "symbol": f"{base}-USD",
            "quantity": quantity,
            "entry_price": entry,
            "margin_mode": "isolated",
            "assigned_margin": margin,
            "collateral_token": token,
            "fees_usd": "3",
            "price_impact_usd": "-8",
        }
        for base, quantity, entry, _, token, margin in _POSITIONS
    ],
    "orders": [],
    "instruments": [
        {
            "symbol": f"{base}-USD",
            "contract": "linear",
            "base": base,
            "quote": "USD",
            "settle": "USD",
            "contract_size": "1",
            "mark_price": mark,
            "min_collateral_factor_for_liquidation": "0.005" if base in {"BTC", "ETH"} else "0.01",
            "max_position_impact_factor_for_liquidations": "0.001",
        }
        for base, _, _, mark, _, _ in _POSITIONS
    ],
    "assets": [
        {"asset": "USD", "index_price": "1"},
        {"asset": "USDC", "index_price": "1"},
        {"asset": "WNT", "index_price": "3100"},
    ],
}


def figures(state: AccountState) -> Figures:
    """What remains of each position's collateral against the three limits, as PositionUtils computes it."""
    found: Figures = {"idle": {}}
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        inputs: Any = position.inputs
        limits = instrument.inputs
        dollars = state.asset_by_name[instrument.settle].index_price or ZERO
        notional, size, profit = valued(position, instrument)
        needed = size * figure(limits, "min_collateral_factor_for_liquidation", FACTOR)
        impact = min(ZERO, figure(inputs, "price_impact_usd"))
        cap: Any = limits.get("max_position_impact_factor_for_liquidations")
        if cap is not None:
            impact = max(impact, -size * dollars * cap)
        token = state.asset_by_name[inputs["collateral_token"]]
        is_index_token = limits.get("index_token") == token.asset
        price = (instrument.mark_price if is_index_token else token.index_price) or ZERO
        remaining = (
            (position.assigned_margin or ZERO) * price
            + (profit + (position.accrued_funding or ZERO)) * dollars
            + impact
            - figure(inputs, "fees_usd")
        )
        requirement = needed * dollars
        pool = f"isolated/{position.id}"
        liquidatable = remaining < LEAST_COLLATERAL or remaining <= 0 or remaining < requirement
        found[pool] = pool_figures(
            "isolated", [position.id], "USD", remaining, None, requirement, liquidatable=liquidatable
        )
        found[position.id] = position_figures(pool, notional, profit, None, needed)
    return found
