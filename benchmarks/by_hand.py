"""The shipped policies as a programmer would write them for one venue: the measure that evaluation is compared with.

Each function computes, in Decimal and from the same account state, every figure of the report except solved prices, and
returns them by id. The benchmark checks that they equal the report's before it times anything.
"""

from decimal import Decimal
from typing import Any

from marginrules.account.state import AccountState, TierTable

Figures = dict[str, dict[str, Any]]
ZERO = Decimal(0)
HALF = Decimal("0.5")
TENTH = Decimal("0.1")


def _tiered(notional: Decimal, table: TierTable, rates: list[Decimal], amounts: list[Decimal]) -> Decimal:
    row = 0
    for index, cells in enumerate(table.rows):
        above = cells[0]
        if above is not None and notional > above:
            row = index
    return notional * rates[row] - amounts[row]


def _split(state: AccountState) -> tuple[Decimal, dict[str, Decimal]]:
    assigned = {
        position.id: position.assigned_margin or ZERO
        for position in state.positions
        if position.margin_mode == "isolated"
    }
    return state.balances[0].wallet_balance - sum(assigned.values(), ZERO), assigned


def _report(state: AccountState, maintenance: dict[str, Decimal], operator: str) -> Figures:
    free, assigned = _split(state)
    found: Figures = {}
    equity, initial, requirement, total = free, ZERO, ZERO, ZERO
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        mark = instrument.mark_price or ZERO
        units = position.quantity * instrument.contract_size
        notional = abs(units) * mark
        profit = units * (mark - position.entry_price)
        margin = notional / (position.leverage or ZERO)
        needed = maintenance[position.id]
        found[position.id] = {
            "notional": notional,
            "unrealized_pnl": profit,
            "initial_margin": margin,
            "maintenance_margin": needed,
        }
        if position.margin_mode == "isolated":
            own = assigned[position.id] + profit
            found[f"isolated/{position.id}"] = {
                "equity": own,
                "initial_margin": margin,
                "maintenance_margin": needed,
                "margin_ratio": needed / own if own > 0 else None,
                "liquidatable": own < needed if operator == "<" else own <= needed,
            }
        else:
            equity += profit
            initial += margin
            requirement += needed
            total += notional
    found["cross"] = {
        "equity": equity,
        "initial_margin": initial,
        "maintenance_margin": requirement,
        "margin_ratio": requirement / equity if equity > 0 else None,
        "liquidatable": equity < requirement if operator == "<" else equity <= requirement,
        "total": total,
    }
    return found


def documented(state: AccountState) -> Figures:
    """`rules/documented.margin` with its parameters at zero."""
    found = _report(state, dict.fromkeys((position.id for position in state.positions), ZERO), "<=")
    cross = found["cross"]
    found["idle"] = {"amount": max(ZERO, cross["equity"] - cross["initial_margin"])}
    return found


def hyperliquid(state: AccountState) -> Figures:
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
        maintenance[position.id] = _tiered(notional, table, rates, amounts)
    found = _report(state, maintenance, "<")
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
    requirement = max(cross["initial_margin"], TENTH * cross["total"])
    found["idle"] = {"amount": max(ZERO, cross["equity"] - requirement - held)}
    return found


def binance_usdm(state: AccountState) -> Figures:
    """`rules/binance-usdm.margin`, single-asset mode, one margin asset."""
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
        maintenance[position.id] = _tiered(notional, table, rates, amounts)
    found = _report(state, maintenance, "<=")
    cross = found.pop("cross")
    cross_orders = all_orders = ZERO
    for order in state.orders:
        if not order.reduce_only:
            margin = (
                order.quantity
                * state.instrument_by_symbol[order.symbol].contract_size
                * (order.price or ZERO)
                / (order.leverage or ZERO)
            )
            all_orders += margin
            cross_orders += margin if order.margin_mode == "cross" else ZERO
    found["idle"] = {"amount": max(ZERO, cross["equity"] - cross["initial_margin"] - all_orders)}
    cross["initial_margin"] += cross_orders
    found[f"cross/{state.balances[0].asset}"] = cross
    return found


BY_HAND = {"documented": documented, "hyperliquid": hyperliquid, "binance-usdm": binance_usdm}
