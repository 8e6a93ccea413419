"""`rules/bitmex.margin`: inverse and quanto contracts in XBT, linear ones in USDT."""

from collections import defaultdict
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Any

from benchmarks.by_hand.common import ZERO, Figures
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


def limits(instrument: Instrument, value: Decimal) -> tuple[Decimal, Decimal]:
    """Maintenance and initial rate of the smallest risk limit that a value fits in."""
    table = instrument.tiers
    if table is None:
        raise ValueError
    maintenance, initial = table.columns.index("maintenance_rate"), table.columns.index("initial_rate")
    chosen = table.rows[0]
    for row in table.rows:
        if value > (row[0] or ZERO):
            chosen = row
    return chosen[maintenance] or ZERO, chosen[initial] or ZERO


def order_margin(order: Order, instrument: Instrument, held: Decimal, bids: Decimal, offers: Decimal) -> Decimal:
    """What the part of an order that may add to the position reserves."""
    units, price = order.quantity * instrument.contract_size, order.price or ZERO
    value = units / price if instrument.contract == "inverse" else units * price
    full = value * limits(instrument, value)[1]
    if order.leverage:
        full = max(full, value / order.leverage)
    charged_offers = max(ZERO, offers - max(ZERO, held))
    charged_bids = max(ZERO, bids - max(ZERO, -held) - charged_offers)
    return full * (charged_offers / offers if order.side == "sell" else charged_bids / bids)


def figures(state: AccountState) -> Figures:
    """`rules/bitmex.margin`."""
    found: Figures = {"idle": {}}
    cash = {balance.asset: balance.wallet_balance for balance in state.balances}
    profits: dict[str, Decimal] = defaultdict(Decimal)
    initials: dict[str, Decimal] = defaultdict(Decimal)
    maintenances: dict[str, Decimal] = defaultdict(Decimal)
    held: dict[str, Decimal] = defaultdict(Decimal)
    crossed: set[str] = set()
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        scale = state.asset_by_name[instrument.settle].inputs["scale"]
        unit = Decimal(1).scaleb(-int(scale or 0))
        mark, quantity = instrument.mark_price or ZERO, position.quantity
        units = abs(quantity) * instrument.contract_size
        long = quantity > 0
        held[position.symbol] += quantity
        if instrument.contract == "inverse":
            notional = abs(quantity) * (instrument.contract_size / mark).quantize(unit, rounding=ROUND_HALF_UP)
            cost = units / position.entry_price
            profit = cost - notional if long else notional - cost
        else:
            notional, cost = units * mark, units * position.entry_price
            profit = notional - cost if long else cost - notional
        maintenance_rate, initial_rate = limits(instrument, cost)
        initial = (cost * initial_rate).quantize(unit, rounding=ROUND_CEILING)
        if position.leverage:
            initial = max(initial, (cost / position.leverage).quantize(unit, rounding=ROUND_CEILING))
        fee = position.inputs.get("posComm")
        if not isinstance(fee, Decimal):
            fee = ((cost + initial) * (instrument.taker_fee_rate or ZERO)).quantize(unit, rounding=ROUND_CEILING)
        funding = instrument.inputs.get("fundingRate")
        paid = max(ZERO, (funding if long else -funding) if isinstance(funding, Decimal) else ZERO)
        maintenance = (cost * (maintenance_rate + paid)).quantize(unit, rounding=ROUND_CEILING) + fee
        found[position.id] = {
            "notional": notional,
            "unrealized_pnl": profit,
            "initial_margin": initial,
            "maintenance_margin": maintenance,
        }
        if position.margin_mode == "isolated":
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
            crossed.add(instrument.settle)
            profits[instrument.settle] += profit
            initials[instrument.settle] += initial
            maintenances[instrument.settle] += maintenance
    resting: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for order in state.orders:
        if not order.reduce_only:
            resting[order.symbol, order.side] += order.quantity
    for order in state.orders:
        if not order.reduce_only:
            instrument = state.instrument_by_symbol[order.symbol]
            bids, offers = resting[order.symbol, "buy"], resting[order.symbol, "sell"]
            margin = order_margin(order, instrument, held[order.symbol], bids, offers)
            unit = Decimal(1).scaleb(-int(state.asset_by_name[instrument.settle].inputs["scale"] or 0))
            initials[instrument.settle] += margin.quantize(unit, rounding=ROUND_CEILING)
    for asset, collateral in cash.items():
        equity, initial, maintenance = collateral + profits[asset], initials[asset], maintenances[asset]
        found[f"cross/{asset}"] = {
            "equity": equity,
            "initial_margin": initial,
            "maintenance_margin": maintenance,
            "margin_ratio": maintenance / equity if equity > 0 else None,
            "liquidatable": asset in crossed and equity <= maintenance,
            "withdrawable": max(ZERO, min(collateral, equity) - initial),
        }
        found["idle"][asset] = max(ZERO, equity - initial)
    return found
