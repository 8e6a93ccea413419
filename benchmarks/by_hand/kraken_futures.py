"""`rules/kraken-futures.margin`: the multi-collateral wallet, with an isolated position, and single-collateral wallets."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import (
    ONE,
    ZERO,
    Figures,
    Wallet,
    figure,
    pool_figures,
    position_figures,
    row_at,
    valued,
)
from marginrules.account.state import AccountState, Instrument


def _account() -> dict[str, Any]:
    """A netted pair, an isolated position, an inverse one, two levels each, and an order."""
    contracts = [
        ("PF_XBTUSD", "linear", "XBT", "USD", "92000", "0.5", "95000", "cross"),
        ("FF_XBTUSD_261225", "linear", "XBT", "USD", "93000", "-0.2", "94000", "cross"),
        ("PF_ETHUSD", "linear", "ETH", "USD", "3100", "-10", "3000", "isolated"),
        ("PI_XBTUSD", "inverse", "XBT", "XBT", "92050", "600000", "90000", "cross"),
    ]
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "benchmark"},
        "balances": [
            {"asset": "XBT", "wallet_balance": "1", "wallet": "single-collateral"},
            {"asset": "USD", "wallet_balance": "20000", "wallet": "multi-collateral"},
            {"asset": "XBT", "wallet_balance": "0.5", "wallet": "multi-collateral"},
        ],
        "positions": [
            {
                "id": symbol,
                "symbol": symbol,
                "quantity": quantity,
                "entry_price": entry,
                "margin_mode": mode,
                "accrued_funding": "-1.25" if contract == "linear" else "0",
                **({"assigned_margin": "3000", "leverage": "10"} if mode == "isolated" else {}),
            }
            for symbol, contract, _, _, _, quantity, entry, mode in contracts
        ],
        "orders": [
            {
                "symbol": "PF_XBTUSD",
                "side": "buy",
                "quantity": "0.1",
                "price": "90000",
                "reduce_only": False,
                "margin_mode": "cross",
                "initial_margin": "180",
            }
        ],
        "instruments": [
            {
                "symbol": symbol,
                "contract": contract,
                "base": base,
                "quote": "USD",
                "settle": settle,
                "contract_size": "1",
                "mark_price": mark,
                "tiers": [
                    {"above": "0", "initial_rate": "0.02", "maintenance_rate": "0.01"},
                    {"above": "500000", "initial_rate": "0.04", "maintenance_rate": "0.02"},
                ],
            }
            for symbol, contract, base, settle, mark, _, _, _ in contracts
        ],
        "assets": [
            {"asset": "USD", "index_price": "1"},
            {"asset": "XBT", "index_price": "92000", "collateral_rate": "0.97"},
        ],
    }


ACCOUNT = _account()


def figures(state: AccountState) -> Figures:
    """`rules/kraken-futures.margin`: the multi-collateral wallet, and single-collateral wallets."""
    found: Figures = {"idle": {}}
    # The single-collateral wallet of each coin, and by "cross" the multi-collateral one.
    pools: dict[str, Wallet] = {"cross": Wallet()}
    for balance in state.balances:
        if balance.wallet == "single-collateral":
            pools.setdefault(balance.asset, Wallet()).cash += balance.wallet_balance
    # By pool and underlying: initial and maintenance margin, each of longs and of shorts.
    sides: dict[tuple[str, str], list[Decimal]] = {}
    set_aside: dict[str, Decimal] = defaultdict(Decimal)
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        settle = instrument.settle
        notional, value, profit = valued(position, instrument)
        funding = position.accrued_funding or ZERO
        is_inverse = instrument.contract == "inverse"
        if is_inverse:
            value, size = notional, abs(position.quantity) * instrument.contract_size
        else:
            size = value
        initial_rate, maintenance_rate = _rates(instrument, size)
        margin, needed = value * initial_rate, value * maintenance_rate
        if not is_inverse and position.margin_mode == "isolated":
            if position.leverage is not None:
                margin = max(margin, value / position.leverage)
            assigned = position.assigned_margin or ZERO
            set_aside[settle] += assigned
            equity = assigned + profit + funding
            pool = f"isolated/{position.id}"
            found[pool] = pool_figures(
                "isolated", [position.id], settle, equity, margin, needed, liquidatable=equity < needed
            )
            found[position.id] = position_figures(pool, notional, profit, margin, needed)
            continue
        name = settle if is_inverse else "cross"
        own = pools.setdefault(name, Wallet())
        own.positions.append(position.id)
        price = ONE if is_inverse else state.asset_by_name[settle].index_price or ZERO
        own.profit += (profit + funding) * price
        book = sides.setdefault((name, instrument.base), [ZERO, ZERO, ZERO, ZERO])
        side = 0 if position.quantity > 0 else 1
        book[side] += margin * price
        book[2 + side] += needed * price
        found[position.id] = position_figures(
            f"cross/{settle}" if is_inverse else "cross", notional, profit, margin, needed
        )
    for (name, _), (long, short, long_needs, short_needs) in sides.items():
        pools[name].initial += max(long, short)
        pools[name].maintenance += max(long_needs, short_needs)
    for order in state.orders:
        if not order.reduce_only:
            instrument = state.instrument_by_symbol[order.symbol]
            margin = figure(order.inputs, "initial_margin")
            if instrument.contract == "inverse":
                pools.setdefault(instrument.settle, Wallet()).initial += margin
            else:
                price = state.asset_by_name[instrument.settle].index_price or ZERO
                pools["cross"].initial += margin * price
    for balance in state.balances:
        if balance.wallet != "single-collateral":
            asset = state.asset_by_name[balance.asset]
            worth = (balance.wallet_balance - set_aside[balance.asset]) * (asset.index_price or ZERO)
            rate = ONE if asset.collateral_rate is None else asset.collateral_rate
            pools["cross"].cash += worth * rate if worth > 0 else worth
    for name, own in pools.items():
        currency = "USD" if name == "cross" else name
        equity = own.cash + own.profit
        liquidatable = bool(own.positions) and equity < own.maintenance
        identity = name if name == "cross" else f"cross/{name}"
        found[identity] = pool_figures(
            "cross", own.positions, currency, equity, own.initial, own.maintenance, liquidatable=liquidatable
        )
        found[identity]["initial_margin_breached"] = equity < own.initial
        found["idle"][currency] = max(ZERO, equity - own.initial)
    return found


def _rates(instrument: Instrument, size: Decimal) -> tuple[Decimal, Decimal]:
    table, row = instrument.tiers, row_at(instrument.tiers, size)
    if table is None:
        raise ValueError(instrument.symbol)
    initial, maintenance = table.columns.index("initial_rate"), table.columns.index("maintenance_rate")
    return row[initial] or ZERO, row[maintenance] or ZERO
