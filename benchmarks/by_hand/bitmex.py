"""`rules/bitmex.margin`: inverse and quanto contracts in XBT, linear ones in USDT."""

from collections import defaultdict
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Any

from benchmarks.by_hand.common import (
    ONE,
    ZERO,
    Figures,
    figure,
    pool_figures,
    position_figures,
    row_at,
    value_at,
    wallets,
)
from marginrules.account.state import AccountState, Instrument, Order

XBT_LIMITS = [
    {"above": "0", "maintenance_rate": "0.005", "initial_rate": "0.01"},
    {"above": "200", "maintenance_rate": "0.01", "initial_rate": "0.015"},
    {"above": "350", "maintenance_rate": "0.015", "initial_rate": "0.02"},
]
USDT_LIMITS = [
    {"above": "0", "maintenance_rate": "0.005", "initial_rate": "0.01"},
    {"above": "100000", "maintenance_rate": "0.01", "initial_rate": "0.015"},
]

ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "benchmark", "as_of": "2026-11-22T00:00:00Z"},
    "balances": [{"asset": "XBT", "wallet_balance": "12.5"}, {"asset": "USDT", "wallet_balance": "40000"}],
    "positions": [
        {
            "id": "XBTUSD",
            "symbol": "XBTUSD",
            "quantity": "2100000",
            "entry_price": "95210.5",
            "margin_mode": "cross",
            "leverage": "25",
        },
        {
            "id": "ETHUSD",
            "symbol": "ETHUSD",
            "quantity": "-1200000",
            "entry_price": "3100",
            "margin_mode": "cross",
        },
        {
            "id": "XBTUSDT",
            "symbol": "XBTUSDT",
            "quantity": "1500000",
            "entry_price": "94000",
            "margin_mode": "cross",
            "leverage": "20",
        },
        {
            "id": "ETHUSDT",
            "symbol": "ETHUSDT",
            "quantity": "-200000",
            "entry_price": "3050.25",
            "margin_mode": "isolated",
            "leverage": "3",
            "assigned_margin": "2100",
            "posComm": "4.6",
        },
    ],
    "orders": [
        {
            "symbol": "XBTUSD",
            "side": "buy",
            "quantity": "50000",
            "price": "90000",
            "reduce_only": False,
            "margin_mode": "cross",
            "leverage": "25",
        }
    ],
    "instruments": [
        {
            "symbol": symbol,
            "contract": contract,
            "base": base,
            "quote": quote,
            "settle": settle,
            "contract_size": size,
            "mark_price": mark,
            "tick_size": "0.05",
            "taker_fee_rate": "0.0005",
            "fundingRate": funding,
            "tiers": limits,
        }
        for symbol, contract, base, quote, settle, size, mark, funding, limits in (
            ("XBTUSD", "inverse", "XBT", "USD", "XBT", "1", "92000.17", "0.0001", XBT_LIMITS),
            ("ETHUSD", "quanto", "ETH", "USD", "XBT", "0.00000001", "3120.4", "-0.0002", XBT_LIMITS),
            ("XBTUSDT", "linear", "XBT", "USDT", "USDT", "0.000001", "92010.5", "0.0001", USDT_LIMITS),
            ("ETHUSDT", "linear", "ETH", "USDT", "USDT", "0.00001", "3121.15", "0.0001", USDT_LIMITS),
        )
    ],
    "assets": [
        {"asset": "XBT", "index_price": "92000", "scale": "8"},
        {"asset": "USDT", "index_price": "1", "scale": "6"},
    ],
}


def risk_limit(instrument: Instrument, value: Decimal, *, is_leveraged: bool) -> tuple[Decimal, Decimal]:
    """Maintenance and initial rate of the smallest risk limit that a value fits in."""
    table, row = instrument.tiers, row_at(instrument.tiers, value)
    if table is None:
        raise ValueError(instrument.symbol)
    cells = dict(zip(table.columns, row, strict=True))
    initial, leverage = cells.get("initial_rate"), cells.get("max_leverage")
    if initial is None and is_leveraged:
        # The leverage chosen decides where the table has no rate.
        initial = ONE / leverage if leverage else ZERO
    if initial is None:
        raise ValueError(f"{instrument.symbol}: no initial rate")
    return cells["maintenance_rate"] or ZERO, initial


def rounded_up(value: Decimal, unit: Decimal) -> Decimal:
    """A whole number of the currency's smallest unit."""
    return value.quantize(unit, rounding=ROUND_CEILING)


def in_lots(instrument: Instrument, quantity: Decimal, value: Decimal, unit: Decimal) -> Decimal:
    """A value of inverse contracts, that of a lot rounded to the currency's smallest unit."""
    lots = quantity / (instrument.quantity_step or ONE)
    return lots * (value / lots).quantize(unit, rounding=ROUND_HALF_UP)


def order_margin(
    order: Order, instrument: Instrument, unit: Decimal, held: Decimal, bids: Decimal, offers: Decimal
) -> Decimal:
    """What the part of an order that may add to the position reserves, with the commission of opening and closing."""
    value = value_at(instrument, order.quantity * instrument.contract_size, order.price or ZERO)
    if instrument.contract == "inverse":
        value = in_lots(instrument, order.quantity, value, unit)
    full = value * risk_limit(instrument, value, is_leveraged=order.leverage is not None)[1]
    if order.leverage is not None:
        full = max(full, value / order.leverage)
    charged_offers = max(ZERO, offers - max(ZERO, held))
    if order.side == "sell":
        charged = charged_offers / offers
    else:
        charged = max(ZERO, bids - max(ZERO, -held) - charged_offers) / bids
    initial, fee_rate = rounded_up(full * charged, unit), instrument.taker_fee_rate or ZERO
    opening_fee = rounded_up(value * charged * fee_rate, unit)
    return initial + opening_fee + rounded_up((value * charged + initial) * fee_rate, unit)


def figures(state: AccountState) -> Figures:
    """`rules/bitmex.margin`."""
    found: Figures = {"idle": {}}
    cross = wallets(state)
    units = {asset.asset: Decimal(1).scaleb(-int(figure(asset.inputs, "scale"))) for asset in state.assets}
    held: dict[str, Decimal] = defaultdict(Decimal)
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        wallet, unit = cross[instrument.settle], units[instrument.settle]
        mark, quantity = instrument.mark_price or ZERO, abs(position.quantity)
        size = quantity * instrument.contract_size
        is_long = position.quantity > 0
        if instrument.contract == "inverse":
            notional = in_lots(instrument, quantity, size / mark, unit)
            cost = (size / position.entry_price).quantize(unit, rounding=ROUND_HALF_UP)
            profit = cost - notional if is_long else notional - cost
        else:
            notional, cost = size * mark, (size * position.entry_price).quantize(unit, rounding=ROUND_HALF_UP)
            profit = notional - cost if is_long else cost - notional
        maintenance_rate, initial_rate = risk_limit(
            instrument, figure(position.inputs, "riskLimit", cost), is_leveraged=position.leverage is not None
        )
        margin = rounded_up(cost * initial_rate, unit)
        if position.leverage is not None:
            margin = max(margin, rounded_up(cost / position.leverage, unit))
        fee: Any = position.inputs.get("posComm")
        if fee is None:
            fee = rounded_up((cost + margin) * (instrument.taker_fee_rate or ZERO), unit)
        funding = figure(instrument.inputs, "fundingRate")
        adverse = max(ZERO, funding if is_long else -funding)
        needed = rounded_up(cost * (maintenance_rate + adverse), unit) + fee
        if position.margin_mode == "isolated":
            assigned = position.assigned_margin or ZERO
            wallet.cash -= assigned
            equity = assigned + profit
            pool = f"isolated/{position.id}"
            found[pool] = pool_figures(
                "isolated", [position.id], instrument.settle, equity, margin, needed, liquidatable=equity <= needed
            )
        else:
            pool = f"cross/{instrument.settle}"
            held[position.symbol] += position.quantity
            wallet.positions.append(position.id)
            wallet.profit += profit
            wallet.initial += margin
            wallet.maintenance += needed
        found[position.id] = position_figures(pool, notional, profit, margin, needed)
    resting: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for order in state.orders:
        if not order.reduce_only:
            resting[order.symbol, order.side] += order.quantity
    for order in state.orders:
        if not order.reduce_only:
            instrument = state.instrument_by_symbol[order.symbol]
            bids, offers = resting[order.symbol, "buy"], resting[order.symbol, "sell"]
            unit = units[instrument.settle]
            cross[instrument.settle].orders += order_margin(order, instrument, unit, held[order.symbol], bids, offers)
    for asset, wallet in cross.items():
        equity, initial = wallet.cash + wallet.profit, wallet.initial + wallet.orders
        liquidatable = bool(wallet.positions) and equity <= wallet.maintenance
        own = pool_figures(
            "cross", wallet.positions, asset, equity, initial, wallet.maintenance, liquidatable=liquidatable
        )
        own["withdrawable"] = max(ZERO, min(wallet.cash, equity) - initial)
        found[f"cross/{asset}"] = own
        found["idle"][asset] = max(ZERO, equity - initial)
    return found
