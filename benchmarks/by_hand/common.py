"""What several venues' hand-written functions share."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from marginrules.account.state import AccountState, Instrument, Position, TierTable

Figures = dict[str, dict[str, Any]]
ZERO = Decimal(0)
ONE = Decimal(1)
TENTH = Decimal("0.1")


def figure(inputs: Any, name: str, default: Decimal = ZERO) -> Decimal:
    """An input that may be absent."""
    found: Decimal | None = inputs.get(name)
    return default if found is None else found


def value_at(instrument: Instrument, units: Decimal, price: Decimal) -> Decimal:
    """So many units at a price, in the settlement asset."""
    return units / price if instrument.contract == "inverse" else units * price


def valued(position: Position, instrument: Instrument) -> tuple[Decimal, Decimal, Decimal]:
    """Of a linear or inverse position the notional, the value at entry and the profit, in the settlement asset."""
    mark = instrument.mark_price
    if mark is None:
        raise ValueError(instrument.symbol)
    size = abs(position.quantity) * instrument.contract_size
    if instrument.contract == "inverse":
        notional, cost = size / mark, size / position.entry_price
        return notional, cost, cost - notional if position.quantity > 0 else notional - cost
    notional, cost = size * mark, size * position.entry_price
    return notional, cost, notional - cost if position.quantity > 0 else cost - notional


def row_at(table: TierTable | None, value: Decimal) -> tuple[Decimal | None, ...]:
    """The tier that a value is in: a bound belongs to the tier below it."""
    if table is None:
        raise ValueError("no tiers")
    found = table.rows[0]
    for row in table.rows[1:]:
        if value <= (row[0] or ZERO):
            break
        found = row
    return found


def rate_at(table: TierTable | None, value: Decimal) -> Decimal:
    """The maintenance rate of a value's tier."""
    row = row_at(table, value)
    return row[table.columns.index("maintenance_rate")] or ZERO  # type: ignore[union-attr]


def marginal(value: Decimal, table: TierTable | None, column: str = "maintenance_rate") -> Decimal:
    """Of each slice of a value its own tier's rate."""
    if table is None:
        raise ValueError("no tiers")
    index = table.columns.index(column)
    found = before = ZERO
    for row in table.rows:
        above, rate = row[0] or ZERO, row[index] or ZERO
        if value <= above:
            break
        found += (value - above) * (rate - before)
        before = rate
    return found


def tiered(value: Decimal, table: TierTable | None) -> Decimal:
    """The rate of a value's tier, less the tier's amount: as published, else as continuity makes it."""
    if table is None:
        raise ValueError("no tiers")
    rates = table.columns.index("maintenance_rate")
    amounts = table.columns.index("maintenance_amount") if "maintenance_amount" in table.columns else None
    amount = before = ZERO
    for row in table.rows:
        above, rate = row[0] or ZERO, row[rates] or ZERO
        if value <= above:
            break
        published = None if amounts is None else row[amounts]
        amount = amount + above * (rate - before) if published is None else published
        before = rate
    return value * before - amount


def is_before(state: AccountState, day: str) -> bool:
    """Whether the account's state is older than a day, written as in ISO 8601."""
    as_of = state.account.as_of
    return as_of is not None and as_of.date().isoformat() < day


def position_figures(
    pool: str, notional: Decimal, profit: Decimal, initial: Decimal | None, maintenance: Decimal | None
) -> dict[str, Any]:
    """What every venue's report says of a position."""
    return {
        "pool": pool,
        "notional": notional,
        "unrealized_pnl": profit,
        "initial_margin": initial,
        "maintenance_margin": maintenance,
    }


def pool_figures(
    kind: str,
    positions: list[str],
    asset: str,
    equity: Decimal,
    initial: Decimal | None,
    maintenance: Decimal | None,
    *,
    liquidatable: bool,
) -> dict[str, Any]:
    """What every venue's report says of a pool."""
    return {
        "pool": kind,
        "positions": tuple(positions),
        "asset": asset,
        "equity": equity,
        "initial_margin": initial,
        "maintenance_margin": maintenance,
        "margin_ratio": maintenance / equity if maintenance is not None and equity > 0 else None,
        "liquidatable": liquidatable,
    }


@dataclass
class Wallet:
    """The sums of a cross pool."""

    cash: Decimal = ZERO
    positions: list[str] = field(default_factory=list)
    profit: Decimal = ZERO
    initial: Decimal = ZERO
    maintenance: Decimal = ZERO
    orders: Decimal = ZERO
    isolated_orders: Decimal = ZERO


def wallets(state: AccountState) -> dict[str, Wallet]:
    """A wallet for each asset that the account has or settles in, with its cash."""
    found: dict[str, Wallet] = {}
    for balance in state.balances:
        found.setdefault(balance.asset, Wallet()).cash += balance.wallet_balance
    for settle in state.settlement_assets():
        if settle not in found:
            found[settle] = Wallet()
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
