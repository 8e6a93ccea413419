"""`rules/documented.margin`, with its parameters."""

from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import ZERO, Figures, account
from marginrules.account.state import AccountState

ACCOUNT = account()


def _setting(state: AccountState, name: str) -> Decimal:
    value = state.account.inputs.get(name)
    return value if isinstance(value, Decimal) else ZERO


def figures(state: AccountState) -> Figures:
    """Cross and isolated margin with a maintenance rate, a fee for closing, and funding that may count."""
    rate = _setting(state, "maintenance_rate")
    fee_rate = _setting(state, "close_fee_rate")
    funding_counts = state.account.inputs.get("funding_counts") is True
    found: Figures = {}
    equity = state.balances[0].wallet_balance
    initial, maintenance, fees, count = ZERO, ZERO, ZERO, 0
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        mark = instrument.mark_price
        if mark is None or position.leverage is None:
            raise ValueError
        units = position.quantity * instrument.contract_size
        notional = abs(units) * mark
        profit = units * (mark - position.entry_price)
        margin = notional / position.leverage
        needed = notional * rate
        fee = notional * fee_rate
        gain = profit + (position.accrued_funding or ZERO) if funding_counts else profit
        found[position.id] = {
            "notional": notional,
            "unrealized_pnl": profit,
            "initial_margin": margin,
            "maintenance_margin": needed,
        }
        if position.margin_mode == "isolated":
            assigned = position.assigned_margin or ZERO
            equity -= assigned
            own = assigned + gain
            found[f"isolated/{position.id}"] = _pool(own, margin, needed, liquidatable=own - fee <= needed)
        else:
            equity += gain
            initial += margin
            maintenance += needed
            fees += fee
            count += 1
    found["cross"] = _pool(equity, initial, maintenance, liquidatable=count > 0 and equity - fees <= maintenance)
    found["idle"] = {"amount": max(ZERO, equity - initial)}
    return found


def _pool(equity: Decimal, initial: Decimal, maintenance: Decimal, *, liquidatable: bool) -> dict[str, Any]:
    return {
        "equity": equity,
        "initial_margin": initial,
        "maintenance_margin": maintenance,
        "margin_ratio": maintenance / equity if equity > 0 else None,
        "liquidatable": liquidatable,
    }
