"""What several venues' hand-written functions share."""

from decimal import Decimal
from typing import Any

from marginrules.account.state import AccountState, TierTable

Figures = dict[str, dict[str, Any]]
ZERO = Decimal(0)
HALF = Decimal("0.5")
TENTH = Decimal("0.1")


def tiered(notional: Decimal, table: TierTable, rates: list[Decimal], amounts: list[Decimal]) -> Decimal:
    """The requirement of a notional: its tier's rate, less the tier's amount."""
    row = 0
    for index, cells in enumerate(table.rows):
        above = cells[0]
        if above is not None and notional > above:
            row = index
    return notional * rates[row] - amounts[row]


def split(state: AccountState) -> tuple[Decimal, dict[str, Decimal]]:
    """The cash that no isolated position was assigned, and what each was."""
    assigned = {
        position.id: position.assigned_margin or ZERO
        for position in state.positions
        if position.margin_mode == "isolated"
    }
    return state.balances[0].wallet_balance - sum(assigned.values(), ZERO), assigned


def report(state: AccountState, maintenance: dict[str, Decimal], operator: str) -> Figures:
    """Every figure of pools and positions, where margin is on the mark and collateral in one asset."""
    free, assigned = split(state)
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


def account() -> dict[str, Any]:
    """Four positions, three of them cross, with two tiers each, and an order."""
    table = [
        {"above": "0", "max_leverage": "40", "maintenance_rate": "0.0125", "maintenance_amount": "0"},
        {"above": "150000000", "max_leverage": "20", "maintenance_rate": "0.025", "maintenance_amount": "1875000"},
    ]
    positions = [
        ("BTC", "0.5", "95000", "92000", "cross"),
        ("ETH", "-10", "3000", "3100", "cross"),
        ("SOL", "100", "150", "140", "cross"),
        ("XRP", "2000", "2.2", "2.1", "isolated"),
    ]
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "benchmark"},
        "balances": [{"asset": "USDC", "wallet_balance": "100000"}],
        "positions": [
            {
                "id": base,
                "symbol": base,
                "quantity": quantity,
                "entry_price": entry,
                "margin_mode": mode,
                "leverage": "10",
                **({"assigned_margin": "500"} if mode == "isolated" else {}),
            }
            for base, quantity, entry, _, mode in positions
        ],
        "orders": [
            {
                "symbol": "BTC",
                "side": "buy",
                "quantity": "0.1",
                "price": "90000",
                "reduce_only": False,
                "margin_mode": "cross",
                "leverage": "10",
            }
        ],
        "instruments": [
            {
                "symbol": base,
                "contract": "linear",
                "base": base,
                "quote": "USDC",
                "settle": "USDC",
                "contract_size": "1",
                "mark_price": mark,
                "tiers": table,
            }
            for base, _, _, mark, _ in positions
        ],
        "assets": [{"asset": "USDC", "index_price": "1"}],
    }
