"""`rules/kucoin-futures.margin`, a classic account since May 2025."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import ZERO, Figures
from marginrules.account.state import AccountState, Instrument

LEVELS = [
    {"above": "0", "maintenance_rate": "0.007", "max_leverage": "75"},
    {"above": "50000", "maintenance_rate": "0.01", "max_leverage": "50"},
    {"above": "200000", "maintenance_rate": "0.02", "max_leverage": "25"},
]

ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "benchmark", "as_of": "2026-11-22T00:00:00Z"},
    "balances": [{"asset": "USDT", "wallet_balance": "60000"}, {"asset": "XBT", "wallet_balance": "0.4"}],
    "positions": [
        {
            "id": "XBTUSDTM",
            "symbol": "XBTUSDTM",
            "quantity": "3000",
            "entry_price": "94000.5",
            "margin_mode": "cross",
            "leverage": "20",
        },
        {
            "id": "ETHUSDTM",
            "symbol": "ETHUSDTM",
            "quantity": "-5000",
            "entry_price": "3050.25",
            "margin_mode": "cross",
            "leverage": "10",
        },
        {
            "id": "SOLUSDTM",
            "symbol": "SOLUSDTM",
            "quantity": "4200",
            "entry_price": "151.2",
            "margin_mode": "isolated",
            "leverage": "15",
            "assigned_margin": "4500",
        },
        {
            "id": "XBTUSDM",
            "symbol": "XBTUSDM",
            "quantity": "-12000",
            "entry_price": "93000",
            "margin_mode": "isolated",
            "leverage": "5",
            "assigned_margin": "0.026",
        },
    ],
    "orders": [
        {
            "symbol": "ETHUSDTM",
            "side": "sell",
            "quantity": "1000",
            "price": "3200",
            "reduce_only": False,
            "margin_mode": "cross",
            "leverage": "10",
        }
    ],
    "instruments": [
        {
            "symbol": symbol,
            "contract": "inverse" if settle == "XBT" else "linear",
            "base": base,
            "quote": "USD" if settle == "XBT" else "USDT",
            "settle": settle,
            "contract_size": size,
            "mark_price": mark,
            "taker_fee_rate": "0.0006",
            "fundingFeeRate": funding,
            **rates,
        }
        for symbol, base, settle, size, mark, funding, rates in (
            (
                "XBTUSDTM",
                "XBT",
                "USDT",
                "0.001",
                "92010.5",
                "0.0001",
                {"k": "490", "m": "300", "f": "1.3", "mmrLimit": "0.3", "mmrLevConstant": "125"},
            ),
            (
                "ETHUSDTM",
                "ETH",
                "USDT",
                "0.01",
                "3121.15",
                "-0.0002",
                {"k": "6200", "m": "4110", "f": "1.3", "mmrLimit": "0.3", "mmrLevConstant": "100"},
            ),
            ("SOLUSDTM", "SOL", "USDT", "0.1", "148.32", "0.0001", {"tiers": LEVELS}),
            (
                "XBTUSDM",
                "XBT",
                "XBT",
                "1",
                "92000",
                "-0.0001",
                {"tiers": [{"above": "0", "maintenance_rate": "0.007"}, {"above": "5", "maintenance_rate": "0.01"}]},
            ),
        )
    ],
    "assets": [{"asset": "USDT", "index_price": "1"}, {"asset": "XBT", "index_price": "92000"}],
}


def number(instrument: Instrument, name: str) -> Decimal:
    """An input of an instrument."""
    value = instrument.inputs[name]
    if not isinstance(value, Decimal):
        raise TypeError
    return value


def value_at(instrument: Instrument, units: Decimal, price: Decimal) -> Decimal:
    """The value of so many units in the settlement asset."""
    return units / price if instrument.contract == "inverse" else units * price


def level_rate(instrument: Instrument, value: Decimal) -> Decimal:
    """Maintenance rate of the smallest risk limit level that a value fits in."""
    table = instrument.tiers
    if table is None:
        raise ValueError
    column = table.columns.index("maintenance_rate")
    rate = table.rows[0][column]
    for row in table.rows:
        if value > (row[0] or ZERO):
            rate = row[column]
    return rate or ZERO


def figures(state: AccountState) -> Figures:
    """`rules/kucoin-futures.margin`, a classic account since May 2025."""
    found: Figures = {"idle": {}}
    cash = {balance.asset: balance.wallet_balance for balance in state.balances}
    held: dict[str, Decimal] = defaultdict(Decimal)
    resting: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for position in state.positions:
        if position.margin_mode == "cross":
            held[position.symbol] += position.quantity * state.instrument_by_symbol[position.symbol].contract_size
    orders = [order for order in state.orders if not order.reduce_only]
    for order in orders:
        if order.margin_mode == "cross":
            size = state.instrument_by_symbol[order.symbol].contract_size
            resting[order.symbol, order.side] += order.quantity * size

    def cross_rate(instrument: Instrument) -> Decimal:
        symbol = instrument.symbol
        largest = max(abs(held[symbol] + resting[symbol, "buy"]), abs(held[symbol] - resting[symbol, "sell"]))
        least = 1 / (2 * number(instrument, "mmrLevConstant"))
        return min((1 + largest / number(instrument, "m")) * least, number(instrument, "mmrLimit"))

    profits: dict[str, Decimal] = defaultdict(Decimal)
    maintenances: dict[str, Decimal] = defaultdict(Decimal)
    margins: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    needs: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    summed: dict[str, Decimal] = defaultdict(Decimal)
    crossed: set[str] = set()
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        mark, fee = instrument.mark_price or ZERO, instrument.taker_fee_rate or ZERO
        units, long = abs(position.quantity) * instrument.contract_size, position.quantity > 0
        notional, cost = value_at(instrument, units, mark), value_at(instrument, units, position.entry_price)
        signed = position.quantity * instrument.contract_size
        profit = signed * (mark - position.entry_price)
        if instrument.contract == "inverse":
            profit = signed * (1 / position.entry_price - 1 / mark)
        if position.margin_mode == "isolated":
            funding = number(instrument, "fundingFeeRate")
            rate = level_rate(instrument, cost) + fee + max(ZERO, funding if long else -funding)
            initial, maintenance = cost / (position.leverage or ZERO), notional * rate
            assigned = position.assigned_margin or ZERO
            cash[instrument.settle] -= assigned
            equity = assigned + profit
            found[f"isolated/{position.id}"] = {
                "equity": equity,
                "initial_margin": initial,
                "maintenance_margin": maintenance,
                "margin_ratio": maintenance / equity if equity > 0 else None,
                "liquidatable": equity <= maintenance,
            }
        else:
            rate = cross_rate(instrument)
            initial = notional * max(1 / (position.leverage or ZERO), number(instrument, "f") * rate)
            maintenance = notional * rate
            side = "buy" if long else "sell"
            crossed.add(instrument.settle)
            profits[instrument.settle] += profit
            maintenances[instrument.settle] += maintenance
            margins[position.symbol, side] += initial
            needs[position.symbol, side] += maintenance + notional * fee
            summed[position.symbol] += maintenance + notional * fee
        found[position.id] = {
            "notional": notional,
            "unrealized_pnl": profit,
            "initial_margin": initial,
            "maintenance_margin": maintenance,
        }
    initials: dict[str, Decimal] = defaultdict(Decimal)
    fees: dict[str, Decimal] = defaultdict(Decimal)
    requirements: dict[str, Decimal] = defaultdict(Decimal)
    for order in orders:
        instrument = state.instrument_by_symbol[order.symbol]
        rate, fee = cross_rate(instrument), instrument.taker_fee_rate or ZERO
        units = order.quantity * instrument.contract_size
        value = value_at(instrument, units, order.price or ZERO)
        at_mark = value_at(instrument, units, instrument.mark_price or ZERO)
        margin = max(value / (order.leverage or ZERO), value * (number(instrument, "f") * rate))
        if order.margin_mode == "cross":
            margins[order.symbol, order.side] += margin
            needs[order.symbol, order.side] += at_mark * rate + at_mark * fee
            fees[instrument.settle] += value * fee
        else:
            initials[instrument.settle] += margin + value * fee
    for symbol in {symbol for symbol, _ in (*margins, *needs)}:
        settle = state.instrument_by_symbol[symbol].settle
        initials[settle] += max(margins[symbol, "buy"], margins[symbol, "sell"])
        requirements[settle] += max(needs[symbol, "buy"], needs[symbol, "sell"], summed[symbol])
    for asset, collateral in cash.items():
        equity = collateral + profits[asset]
        total, requirement = equity - fees[asset], requirements[asset]
        found[f"cross/{asset}"] = {
            "equity": equity,
            "initial_margin": initials[asset],
            "maintenance_margin": maintenances[asset],
            "margin_ratio": requirement / total if total > 0 else None,
            "cancels_orders": asset in crossed and requirement >= Decimal("0.95") * total,
            "liquidatable": asset in crossed and requirement >= total,
        }
        found["idle"][asset] = max(ZERO, equity - initials[asset])
    return found
