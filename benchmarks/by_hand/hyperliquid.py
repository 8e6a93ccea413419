"""`rules/hyperliquid.margin`."""

from benchmarks.by_hand.common import HALF, TENTH, ZERO, Figures, account, report, tiered
from marginrules.account.state import AccountState

ACCOUNT = account()


def figures(state: AccountState) -> Figures:
    """`rules/hyperliquid.margin`."""
    maintenance = {}
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        table = instrument.tiers
        if table is None:
            raise ValueError
        column = table.columns.index("max_leverage")
        rates, amounts = [], []
        for index, row in enumerate(table.rows):
            rates.append(HALF / (row[column] or ZERO))
            above = row[0] or ZERO
            amounts.append(amounts[-1] + above * (rates[-1] - rates[-2]) if index else ZERO)
        notional = abs(position.quantity) * instrument.contract_size * (instrument.mark_price or ZERO)
        maintenance[position.id] = tiered(notional, table, rates, amounts)
    found = report(state, maintenance, "<")
    cross = found["cross"]
    held = ZERO
    for order in state.orders:
        if not order.reduce_only:
            held += (
                order.quantity
                * state.instrument_by_symbol[order.symbol].contract_size
                * (order.price or ZERO)
                / (order.leverage or ZERO)
            )
    for name, pool in found.items():
        if name == "cross" or name.startswith("isolated/"):
            pool["backstop"] = 3 * pool["equity"] < 2 * pool["maintenance_margin"]
    cross["liquidatable"] = cross["liquidatable"] and any(entry.margin_mode == "cross" for entry in state.positions)
    requirement = max(cross["initial_margin"], TENTH * cross["total"])
    found["idle"] = {"amount": max(ZERO, cross["equity"] - requirement - held)}
    return found
