"""`rules/kucoin-futures.margin`; the account is a classic one."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import (
    ZERO,
    Figures,
    Wallet,
    figure,
    is_before,
    pool_figures,
    position_figures,
    rate_at,
    value_at,
    valued,
    wallets,
)
from marginrules.account.state import AccountState, Instrument, Position

CANCELLING = Decimal("0.95")

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


@dataclass
class Market:
    """What a contract has in cross margin."""

    instrument: Instrument
    held: Decimal = ZERO
    """Units, shorts negative."""
    resting: dict[str, Decimal] = field(default_factory=lambda: {"buy": ZERO, "sell": ZERO})
    exposure: Decimal = ZERO
    margins: dict[str, Decimal] = field(default_factory=lambda: {"buy": ZERO, "sell": ZERO})
    needs: dict[str, Decimal] = field(default_factory=lambda: {"buy": ZERO, "sell": ZERO})
    held_needs: Decimal = ZERO

    def requirement(self, value: Decimal) -> Decimal:
        """The maintenance margin of a value at the mark price: by its tier, or by the size of the market."""
        instrument = self.instrument
        if instrument.tiers is not None:
            return value * rate_at(instrument.tiers, value)
        size = max(abs(self.held + self.resting["buy"]), abs(self.held - self.resting["sell"]))
        least = (1 + size / figure(instrument.inputs, "m")) / (2 * figure(instrument.inputs, "mmrLevConstant"))
        return value * min(least, figure(instrument.inputs, "mmrLimit"))


def isolated_maintenance(
    position: Position, instrument: Instrument, notional: Decimal, cost: Decimal, *, has_funding: bool
) -> Decimal:
    """The requirement of an isolated position, at the mark price; until 29 May 2025 with the funding it pays."""
    funding = figure(instrument.inputs, "fundingFeeRate") if has_funding else ZERO
    adverse = max(ZERO, funding if position.quantity > 0 else -funding)
    rate = rate_at(instrument.tiers, figure(position.inputs, "riskLimit", cost))
    return notional * (rate + (instrument.taker_fee_rate or ZERO) + adverse)


def old_isolated_maintenance(position: Position, instrument: Instrument, cost: Decimal) -> Decimal:
    """The same before 22 May 2025: at the entry price, and with a reserve for the closing fee."""
    funding = figure(instrument.inputs, "fundingFeeRate")
    adverse = max(ZERO, funding if position.quantity > 0 else -funding)
    rate = rate_at(instrument.tiers, figure(position.inputs, "riskLimit", cost))
    reserve = cost * (1 + 1 / (position.leverage or ZERO)) * (instrument.taker_fee_rate or ZERO)
    return cost * (rate + adverse) + figure(position.inputs, "posComm", reserve)


def figures(state: AccountState) -> Figures:
    """`rules/kucoin-futures.margin`: classic and unified accounts."""
    is_unified = state.account.inputs.get("selfAccountMode") == "UNIFIED"
    is_old = is_before(state, "2025-05-22")
    found: Figures = {"idle": {}}
    cross = wallets(state)
    markets: dict[str, Market] = {}
    values = {}
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        notional, cost, profit = values[position.id] = valued(position, instrument)
        wallet = cross[instrument.settle]
        if position.margin_mode == "isolated":
            margin = cost / (position.leverage or ZERO)
            if is_old:
                needed = old_isolated_maintenance(position, instrument, cost)
            else:
                needed = isolated_maintenance(
                    position, instrument, notional, cost, has_funding=is_before(state, "2025-05-29")
                )
            assigned = position.assigned_margin or ZERO
            wallet.cash -= assigned
            equity = assigned + profit
            pool = f"isolated/{position.id}"
            found[pool] = pool_figures(
                "isolated", [position.id], instrument.settle, equity, margin, needed, liquidatable=equity <= needed
            )
            found[position.id] = position_figures(pool, notional, profit, margin, needed)
        else:
            if position.symbol not in markets:
                markets[position.symbol] = Market(instrument)
            market = markets[position.symbol]
            market.held += position.quantity * instrument.contract_size
            market.exposure += notional
            wallet.positions.append(position.id)
            wallet.profit += profit
    orders = [order for order in state.orders if not order.reduce_only]
    for order in orders:
        instrument = state.instrument_by_symbol[order.symbol]
        if order.symbol not in markets:
            markets[order.symbol] = Market(instrument)
        market = markets[order.symbol]
        size = order.quantity * instrument.contract_size
        market.exposure += value_at(instrument, size, instrument.mark_price or ZERO)
        if order.margin_mode != "isolated":
            market.resting[order.side] += size
    crossed = [position for position in state.positions if position.margin_mode == "cross"]
    if is_unified:
        _unified(state, cross, markets, values, found)
        return found
    for position in crossed:
        market = markets[position.symbol]
        instrument = market.instrument
        notional, _, profit = values[position.id]
        needed = market.requirement(notional)
        margin = notional / (position.leverage or ZERO)
        if instrument.inputs.get("f") is not None:
            margin = max(margin, figure(instrument.inputs, "f") * needed)
        side = "buy" if position.quantity > 0 else "sell"
        needed_with_fee = needed + notional * (instrument.taker_fee_rate or ZERO)
        market.margins[side] += margin
        market.needs[side] += needed_with_fee
        market.held_needs += needed_with_fee
        cross[instrument.settle].maintenance += needed
        found[position.id] = position_figures(f"cross/{instrument.settle}", notional, profit, margin, needed)
    fees: dict[str, Decimal] = defaultdict(Decimal)
    for order in orders:
        market = markets[order.symbol]
        instrument = market.instrument
        size, fee_rate = order.quantity * instrument.contract_size, instrument.taker_fee_rate or ZERO
        value = value_at(instrument, size, order.price or ZERO)
        at_mark = value_at(instrument, size, instrument.mark_price or ZERO)
        needed = market.requirement(at_mark)
        margin = value / (order.leverage or ZERO)
        if instrument.inputs.get("f") is not None:
            margin = max(margin, figure(instrument.inputs, "f") * needed * (value / at_mark))
        if order.margin_mode == "isolated":
            cross[instrument.settle].isolated_orders += margin + value * fee_rate
        else:
            market.margins[order.side] += margin
            market.needs[order.side] += needed + at_mark * fee_rate
            fees[instrument.settle] += value * fee_rate
    requirements: dict[str, Decimal] = defaultdict(Decimal)
    for market in markets.values():
        settle = market.instrument.settle
        cross[settle].initial += max(market.margins.values())
        requirements[settle] += max(market.held_needs, *market.needs.values())
    for asset, wallet in cross.items():
        equity, initial = wallet.cash + wallet.profit, wallet.initial + wallet.isolated_orders
        total, requirement = equity - fees[asset], requirements[asset]
        is_held = bool(wallet.positions)
        own = pool_figures(
            "cross",
            wallet.positions,
            asset,
            equity,
            initial,
            wallet.maintenance,
            liquidatable=is_held and requirement >= total,
        )
        own["margin_ratio"] = requirement / total if total else None
        own["cancels_orders"] = is_held and requirement >= CANCELLING * total
        found[f"cross/{asset}"] = own
        found["idle"][asset] = max(ZERO, equity - initial)
    return found


def _unified(
    state: AccountState,
    cross: dict[str, Wallet],
    markets: dict[str, Market],
    values: dict[str, tuple[Decimal, Decimal, Decimal]],
    found: Figures,
) -> None:
    """One pool in USD, everything at the mark price, the tier by all that a contract has."""
    equity = initial = maintenance = requirement = ZERO
    prices = {asset.asset: asset.index_price or ZERO for asset in state.assets}
    members = []
    for position in state.positions:
        if position.margin_mode == "cross":
            market = markets[position.symbol]
            price = prices[market.instrument.settle]
            notional, _, profit = values[position.id]
            margin = notional / (position.leverage or ZERO)
            needed = notional * rate_at(market.instrument.tiers, market.exposure)
            members.append(position.id)
            initial += margin * price
            maintenance += needed * price
            requirement += (needed + notional * (market.instrument.taker_fee_rate or ZERO)) * price
            found[position.id] = position_figures("cross", notional, profit, margin, needed)
    for order in state.orders:
        if not order.reduce_only:
            instrument = state.instrument_by_symbol[order.symbol]
            value = value_at(instrument, order.quantity * instrument.contract_size, order.price or ZERO)
            initial += value / (order.leverage or ZERO) * prices[instrument.settle]
    for name, wallet in cross.items():
        rate = state.asset_by_name[name].collateral_rate
        counted = wallet.cash + wallet.profit
        equity += (counted * rate if counted > 0 and rate is not None else counted) * prices[name]
    liquidatable = bool(members) and requirement >= equity
    found["cross"] = pool_figures("cross", members, "USD", equity, initial, maintenance, liquidatable=liquidatable)
    found["cross"]["margin_ratio"] = requirement / equity if equity else None
    found["idle"]["USD"] = max(ZERO, equity - initial)
