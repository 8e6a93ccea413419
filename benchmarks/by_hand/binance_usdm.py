"""`rules/binance-usdm.margin`."""

from collections import defaultdict
from decimal import Decimal

from benchmarks.by_hand.common import (
    ONE,
    ZERO,
    Figures,
    Wallet,
    account,
    figure,
    pool_figures,
    position_figures,
    tiered,
    value_at,
    valued,
    wallets,
)
from marginrules.account.state import AccountState

ACCOUNT = account()


def figures(state: AccountState) -> Figures:
    """`rules/binance-usdm.margin`: single-asset and Multi-Assets mode, one-way and hedge mode."""
    found: Figures = {"idle": {}}
    cross = positions_and_orders(state, found)
    if state.account.inputs.get("multiAssetsMargin"):
        _multi_assets(state, cross, found)
    else:
        by_asset(cross, found)
    return found


def positions_and_orders(state: AccountState, found: Figures) -> dict[str, Wallet]:
    """Positions and isolated pools into `found`; the wallets of cross margin, with what their orders take."""
    cross = wallets(state)
    held: dict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    sides: dict[str, set[bool]] = defaultdict(set)
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        wallet = cross[instrument.settle]
        notional, _, profit = valued(position, instrument)
        margin = notional / (position.leverage or ZERO)
        needed = tiered(notional, instrument.tiers)
        if position.margin_mode == "isolated":
            assigned = position.assigned_margin or ZERO
            wallet.cash -= assigned
            equity = assigned + profit
            pool = f"isolated/{position.id}"
            found[pool] = pool_figures(
                "isolated", [position.id], instrument.settle, equity, margin, needed, liquidatable=equity <= needed
            )
        else:
            pool = "cross" if state.account.inputs.get("multiAssetsMargin") else f"cross/{instrument.settle}"
            wallet.positions.append(position.id)
            wallet.profit += profit
            wallet.initial += margin
            wallet.maintenance += needed
            sides[position.symbol].add(position.quantity > 0)
        held[position.symbol, position.margin_mode] += margin if position.quantity > 0 else -margin
        found[position.id] = position_figures(pool, notional, profit, margin, needed)
    hedge = state.account.inputs.get("dualSidePosition")
    # By symbol and mode: orders of one side of a hedged position, bids, asks.
    resting: dict[tuple[str, str], list[Decimal]] = {}
    for order in state.orders:
        side = order.inputs.get("positionSide", "BOTH")
        closes = (side == "LONG" and order.side == "sell") or (side == "SHORT" and order.side == "buy")
        if order.reduce_only or closes:
            continue
        instrument = state.instrument_by_symbol[order.symbol]
        size = order.quantity * instrument.contract_size
        margin = value_at(instrument, size, order.price or ZERO) / (order.leverage or ZERO)
        place = 0 if hedge or side != "BOTH" else 1 if order.side == "buy" else 2
        resting.setdefault((order.symbol, order.margin_mode or ""), [ZERO, ZERO, ZERO])[place] += margin
    for (symbol, mode), (sided, bids, asks) in resting.items():
        wallet = cross[state.instrument_by_symbol[symbol].settle]
        own = held[symbol, mode]
        netted = max(abs(own + bids), abs(own - asks)) - abs(own)
        if mode == "isolated":
            wallet.isolated_orders += sided + netted
        else:
            wallet.orders += sided + (bids + asks if len(sides[symbol]) > 1 else netted)
    return cross


def by_asset(cross: dict[str, Wallet], found: Figures) -> None:
    """A pool for each margin asset."""
    for asset, wallet in cross.items():
        equity, initial = wallet.cash + wallet.profit, wallet.initial + wallet.orders
        liquidatable = bool(wallet.positions) and equity <= wallet.maintenance
        found[f"cross/{asset}"] = pool_figures(
            "cross", wallet.positions, asset, equity, initial, wallet.maintenance, liquidatable=liquidatable
        )
        found["idle"][asset] = max(ZERO, equity - initial - wallet.isolated_orders)


def _multi_assets(state: AccountState, cross: dict[str, Wallet], found: Figures) -> None:
    """One pool in USD, what is owned below and what is owed above its index price."""
    members = [position.id for position in state.positions if position.margin_mode == "cross"]
    equity = initial = maintenance = isolated_orders = ZERO
    is_exchanged = False
    for name, wallet in cross.items():
        asset = state.asset_by_name[name]
        price = asset.index_price or ZERO
        rate = ONE if asset.collateral_rate is None else asset.collateral_rate
        owed = price * (1 + figure(asset.inputs, "askBuffer"))
        balance = wallet.cash + wallet.profit
        equity += min(balance * rate * price, balance * owed)
        initial += (wallet.initial + wallet.orders) * owed
        maintenance += wallet.maintenance * owed
        isolated_orders += wallet.isolated_orders * owed
        least = asset.inputs.get("autoAssetExchange")
        is_exchanged = is_exchanged or (isinstance(least, Decimal) and wallet.cash < least)
    found["cross"] = pool_figures(
        "cross", members, "USD", equity, initial, maintenance, liquidatable=bool(members) and equity <= maintenance
    )
    found["cross"]["auto_exchange"] = is_exchanged
    found["idle"]["USD"] = max(ZERO, equity - initial - isolated_orders)
