"""`rules/documented.margin`, with its parameters."""

from benchmarks.by_hand.common import ZERO, Figures, account, figure, pool_figures, position_figures, valued
from marginrules.account.state import AccountState

ACCOUNT = account()


def figures(state: AccountState) -> Figures:
    """Cross and isolated margin with a maintenance rate, a fee for closing, and funding that may count."""
    settings = state.account.inputs
    rate, fee_rate = figure(settings, "maintenance_rate"), figure(settings, "close_fee_rate")
    funding_counts = settings.get("funding_counts") is True
    asset = state.balances[0].asset
    found: Figures = {}
    members = []
    equity = state.balances[0].wallet_balance
    initial = maintenance = fees = ZERO
    for position in state.positions:
        notional, _, profit = valued(position, state.instrument_by_symbol[position.symbol])
        margin = notional / (position.leverage or ZERO)
        needed = notional * rate
        fee = notional * fee_rate
        gain = profit + (position.accrued_funding or ZERO) if funding_counts else profit
        if position.margin_mode == "isolated":
            assigned = position.assigned_margin or ZERO
            equity -= assigned
            own = assigned + gain
            pool = f"isolated/{position.id}"
            found[pool] = pool_figures(
                "isolated", [position.id], asset, own, margin, needed, liquidatable=own - fee <= needed
            )
        else:
            pool = "cross"
            members.append(position.id)
            equity += gain
            initial += margin
            maintenance += needed
            fees += fee
        found[position.id] = position_figures(pool, notional, profit, margin, needed)
    liquidatable = bool(members) and equity - fees <= maintenance
    found["cross"] = pool_figures("cross", members, asset, equity, initial, maintenance, liquidatable=liquidatable)
    found["idle"] = {"amount": max(ZERO, equity - initial)}
    return found
