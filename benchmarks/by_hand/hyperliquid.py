"""`rules/hyperliquid.margin`."""

from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import TENTH, ZERO, Figures, account, is_before, pool_figures, position_figures, valued
from marginrules.account.state import AccountState, TierTable

ACCOUNT = account()


def figures(state: AccountState) -> Figures:
    """`rules/hyperliquid.margin`."""
    asset = state.balances[0].asset
    found: Figures = {}
    members = []
    equity = state.balances[0].wallet_balance
    initial = maintenance = total = ZERO
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        notional, _, profit = valued(position, instrument)
        margin = notional / (position.leverage or ZERO)
        needed = _maintenance(notional, instrument.tiers)
        if position.margin_mode == "isolated":
            assigned = position.assigned_margin or ZERO
            equity -= assigned
            pool = f"isolated/{position.id}"
            found[pool] = _pool("isolated", [position.id], asset, assigned + profit, margin, needed)
        else:
            pool = "cross"
            members.append(position.id)
            equity += profit
            initial += margin
            maintenance += needed
            total += notional
        found[position.id] = position_figures(pool, notional, profit, margin, needed)
    held = ZERO
    for order in state.orders:
        if not order.reduce_only:
            instrument = state.instrument_by_symbol[order.symbol]
            held += order.quantity * instrument.contract_size * (order.price or ZERO) / (order.leverage or ZERO)
    found["cross"] = _pool("cross", members, asset, equity, initial, maintenance)
    transfer_rate = ZERO if is_before(state, "2025-03-15") else TENTH
    found["idle"] = {"amount": max(ZERO, equity - max(initial, transfer_rate * total) - held)}
    return found


def _maintenance(notional: Decimal, table: TierTable | None) -> Decimal:
    """Half the initial margin at the tier's greatest leverage, of each slice its own."""
    if table is None:
        raise ValueError("no tiers")
    column = table.columns.index("max_leverage")
    needed = before = ZERO
    for row in table.rows:
        above = row[0] or ZERO
        if notional <= above:
            break
        rate = 1 / (2 * (row[column] or ZERO))
        needed += (notional - above) * (rate - before)
        before = rate
    return needed


def _pool(
    kind: str, members: list[str], asset: str, equity: Decimal, initial: Decimal, maintenance: Decimal
) -> dict[str, Any]:
    liquidatable = bool(members) and equity < maintenance
    found = pool_figures(kind, members, asset, equity, initial, maintenance, liquidatable=liquidatable)
    found["backstop"] = 3 * equity < 2 * maintenance
    return found
