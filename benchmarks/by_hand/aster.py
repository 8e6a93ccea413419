"""`rules/aster.margin`."""

from benchmarks.by_hand.common import (
    ZERO,
    Figures,
    account,
    pool_figures,
    position_figures,
    tiered,
    value_at,
    valued,
    wallets,
)
from marginrules.account.state import AccountState

ACCOUNT = account()


def figures(state: AccountState) -> Figures:
    """`rules/aster.margin`."""
    found: Figures = {"idle": {}}
    cross = wallets(state)
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        wallet = cross[instrument.settle]
        notional, _, profit = valued(position, instrument)
        margin = notional / (position.leverage or ZERO)
        needed = tiered(notional, instrument.tiers)
        if position.margin_mode == "isolated":
            assigned = position.assigned_margin or ZERO
            wallet.cash -= assigned
            equity = assigned + profit
            pool = f"isolated/{position.id}"
            found[pool] = pool_figures(
                "isolated", [position.id], instrument.settle, equity, margin, needed, liquidatable=equity < needed
            )
        else:
            pool = f"cross/{instrument.settle}"
            wallet.positions.append(position.id)
            wallet.profit += profit
            wallet.initial += margin
            wallet.maintenance += needed
        found[position.id] = position_figures(pool, notional, profit, margin, needed)
    for order in state.orders:
        if not order.reduce_only:
            instrument = state.instrument_by_symbol[order.symbol]
            size = order.quantity * instrument.contract_size
            margin = value_at(instrument, size, order.price or ZERO) / (order.leverage or ZERO)
            if order.margin_mode == "cross":
                cross[instrument.settle].orders += margin
            else:
                cross[instrument.settle].isolated_orders += margin
    for asset, wallet in cross.items():
        equity, initial = wallet.cash + wallet.profit, wallet.initial + wallet.orders
        liquidatable = bool(wallet.positions) and equity < wallet.maintenance
        found[f"cross/{asset}"] = pool_figures(
            "cross", wallet.positions, asset, equity, initial, wallet.maintenance, liquidatable=liquidatable
        )
        found["idle"][asset] = max(ZERO, equity - initial - wallet.isolated_orders)
    return found
