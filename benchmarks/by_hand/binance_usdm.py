"""`rules/binance-usdm.margin`, single-asset mode, one margin asset, one-way mode."""

from benchmarks.by_hand.common import ZERO, Figures, account, report, tiered
from marginrules.account.state import AccountState

ACCOUNT = account()


def figures(state: AccountState) -> Figures:
    """`rules/binance-usdm.margin`, single-asset mode, one margin asset, one-way mode."""
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
    found = report(state, maintenance, "<=")
    cross = found.pop("cross")
    bids, asks = dict.fromkeys(state.instrument_by_symbol, ZERO), dict.fromkeys(state.instrument_by_symbol, ZERO)
    isolated_bids, isolated_asks = dict(bids), dict(asks)
    for order in state.orders:
        if not order.reduce_only:
            margin = (
                order.quantity
                * state.instrument_by_symbol[order.symbol].contract_size
                * (order.price or ZERO)
                / (order.leverage or ZERO)
            )
            crossed = order.margin_mode == "cross"
            side = (bids if crossed else isolated_bids) if order.side == "buy" else (asks if crossed else isolated_asks)
            side[order.symbol] += margin
    held = dict.fromkeys(state.instrument_by_symbol, ZERO)
    for position in state.positions:
        if position.margin_mode == "cross":
            margin = found[position.id]["initial_margin"]
            held[position.symbol] += margin if position.quantity > 0 else -margin
    orders = isolated_orders = ZERO
    for symbol, own in held.items():
        orders += max(abs(own + bids[symbol]), abs(own - asks[symbol])) - abs(own)
        isolated_orders += max(isolated_bids[symbol], isolated_asks[symbol])
    cross["initial_margin"] += orders
    found["idle"] = {"amount": max(ZERO, cross["equity"] - cross["initial_margin"] - isolated_orders)}
    found[f"cross/{state.balances[0].asset}"] = cross
    return found
