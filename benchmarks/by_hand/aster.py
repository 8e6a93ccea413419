"""`rules/aster.margin`, one margin asset."""

from benchmarks.by_hand.common import ZERO, Figures, account, report, tiered
from marginrules.account.state import AccountState

ACCOUNT = account()


def figures(state: AccountState) -> Figures:
    """`rules/aster.margin`, one margin asset."""
    maintenance = {}
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        table = instrument.tiers
        if table is None:
            raise ValueError
        rate_column, amount_column = table.columns.index("maintenance_rate"), table.columns.index("maintenance_amount")
        rates = [row[rate_column] or ZERO for row in table.rows]
        amounts = [row[amount_column] or ZERO for row in table.rows]
        notional = abs(position.quantity) * instrument.contract_size * (instrument.mark_price or ZERO)
        maintenance[position.id] = tiered(notional, table, rates, amounts)
    found = report(state, maintenance, "<")
    cross = found.pop("cross")
    isolated_orders = ZERO
    for order in state.orders:
        if not order.reduce_only:
            margin = (
                order.quantity
                * state.instrument_by_symbol[order.symbol].contract_size
                * (order.price or ZERO)
                / (order.leverage or ZERO)
            )
            if order.margin_mode == "cross":
                cross["initial_margin"] += margin
            else:
                isolated_orders += margin
    found["idle"] = {"amount": max(ZERO, cross["equity"] - cross["initial_margin"] - isolated_orders)}
    found[f"cross/{state.balances[0].asset}"] = cross
    return found
