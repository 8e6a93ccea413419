"""`rules/okx.margin`; the account is in futures mode: two contracts on one underlying, one in the coin, one isolated."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import (
    ZERO,
    Figures,
    Wallet,
    marginal,
    pool_figures,
    position_figures,
    rate_at,
    value_at,
    valued,
    wallets,
)
from marginrules.account.state import AccountState


def _contract(
    symbol: str, kind: str, base: str, quote: str, settle: str, size: str, mark: str, tiers: list[dict[str, str]]
) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "contract": kind,
        "base": base,
        "quote": quote,
        "settle": settle,
        "contract_size": size,
        "mark_price": mark,
        "taker_fee_rate": "0.0005",
        "tiers": tiers,
    }


def _position(
    symbol: str, quantity: str, entry: str, mode: str, leverage: str, assigned: str | None = None
) -> dict[str, Any]:
    return {
        "id": symbol,
        "symbol": symbol,
        "quantity": quantity,
        "entry_price": entry,
        "margin_mode": mode,
        "leverage": leverage,
        **({"assigned_margin": assigned} if assigned else {}),
    }


def _tiers(*rows: tuple[str, str]) -> list[dict[str, str]]:
    return [{"above": above, "maintenance_rate": rate, "max_leverage": "50"} for above, rate in rows]


_BTC = _tiers(("0", "0.004"), ("1000", "0.005"), ("2000", "0.01"))

ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "benchmark", "acctLv": "2"},
    "balances": [{"asset": "USDT", "wallet_balance": "130000"}, {"asset": "BTC", "wallet_balance": "0.5"}],
    "positions": [
        _position("BTC-USDT-SWAP", "900", "59000", "cross", "10"),
        _position("BTC-USDT-261225", "-200", "61000", "cross", "10"),
        _position("BTC-USD-SWAP", "-999", "61000", "cross", "5"),
        _position("ETH-USDT-SWAP", "-2500", "3100", "isolated", "20", "39000"),
    ],
    "orders": [
        {
            "symbol": "BTC-USDT-SWAP",
            "side": "buy",
            "quantity": "20",
            "price": "58000",
            "reduce_only": False,
            "margin_mode": "cross",
            "leverage": "10",
        }
    ],
    "instruments": [
        _contract("BTC-USDT-SWAP", "linear", "BTC", "USDT", "USDT", "0.01", "60000", _BTC),
        _contract("BTC-USDT-261225", "linear", "BTC", "USDT", "USDT", "0.01", "60500", _BTC),
        _contract("BTC-USD-SWAP", "inverse", "BTC", "USD", "BTC", "100", "60000", _BTC),
        _contract(
            "ETH-USDT-SWAP",
            "linear",
            "ETH",
            "USDT",
            "USDT",
            "0.1",
            "3000",
            _tiers(("0", "0.004"), ("2000", "0.006")),
        ),
    ],
    "assets": [{"asset": "USDT", "index_price": "1"}, {"asset": "BTC", "index_price": "60000"}],
}


def figures(state: AccountState) -> Figures:
    """`rules/okx.margin`: futures, multi-currency and portfolio-margin mode."""
    mode = state.account.inputs.get("acctLv", "2")
    is_one_pool = mode in {"3", "4"}
    found: Figures = {"idle": {}}
    cross = wallets(state)
    # Contracts of one underlying count together in a pool, of linear and of inverse ones each.
    counts: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for position in state.positions:
        if position.margin_mode == "cross":
            instrument = state.instrument_by_symbol[position.symbol]
            pool = "cross" if is_one_pool else f"cross/{instrument.settle}"
            counts[pool, instrument.base, instrument.contract] += abs(position.quantity)
    fees: dict[str, Decimal] = defaultdict(Decimal)
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        wallet = cross[instrument.settle]
        notional, cost, profit = valued(position, instrument)
        leverage = position.leverage or ZERO
        fee = notional * (instrument.taker_fee_rate or ZERO)
        if position.margin_mode == "isolated":
            pool = f"isolated/{position.id}"
            margin = cost / leverage
            needed = notional * rate_at(instrument.tiers, abs(position.quantity))
            assigned = position.assigned_margin or ZERO
            wallet.cash -= assigned
            equity = assigned + profit
            found[pool] = _pool(
                "isolated", [position.id], instrument.settle, (equity, equity), (margin, needed, needed + fee)
            )
        else:
            pool = "cross" if is_one_pool else f"cross/{instrument.settle}"
            margin = notional / leverage
            needed = notional * rate_at(instrument.tiers, counts[pool, instrument.base, instrument.contract])
            wallet.positions.append(position.id)
            wallet.profit += profit
            wallet.initial += margin
            wallet.maintenance += needed
            fees[instrument.settle] += fee
        found[position.id] = position_figures(pool, notional, profit, margin, needed)
    for order in state.orders:
        if order.reduce_only:
            continue
        instrument = state.instrument_by_symbol[order.symbol]
        size = order.quantity * instrument.contract_size
        margin = value_at(instrument, size, order.price or ZERO) / (order.leverage or ZERO)
        if order.margin_mode == "cross":
            cross[instrument.settle].orders += margin
        else:
            cross[instrument.settle].isolated_orders += margin
    if is_one_pool:
        _one_pool(state, cross, fees, found)
        return found
    for asset, wallet in cross.items():
        equity, initial = wallet.cash + wallet.profit, wallet.initial + wallet.orders
        backing, requirement = equity - wallet.isolated_orders, wallet.maintenance + fees[asset]
        found[f"cross/{asset}"] = _pool(
            "cross", wallet.positions, asset, (equity, backing), (initial, wallet.maintenance, requirement)
        )
        found["idle"][asset] = max(ZERO, backing - initial)
    return found


def _one_pool(state: AccountState, cross: dict[str, Wallet], fees: dict[str, Decimal], found: Figures) -> None:
    """A pool in USD; in portfolio margin with the margins that the venue reports."""
    members = [position.id for position in state.positions if position.margin_mode == "cross"]
    equity = initial = maintenance = fee = ZERO
    for name, wallet in cross.items():
        asset = state.asset_by_name[name]
        price = asset.index_price or ZERO
        counted = wallet.cash + wallet.profit
        if counted > 0 and asset.collateral_tiers is not None:
            counted = marginal(counted, asset.collateral_tiers, "collateral_rate")
        elif counted > 0 and asset.collateral_rate is not None:
            counted *= asset.collateral_rate
        equity += counted * price
        initial += (wallet.initial + wallet.orders + wallet.isolated_orders) * price
        maintenance += wallet.maintenance * price
        fee += fees[name] * price
    requirement = maintenance + fee
    reported: Any = state.account.inputs
    if reported.get("acctLv") == "4":
        initial, maintenance = reported["imr"], reported["mmr"]
        requirement = maintenance
    found["cross"] = _pool("cross", members, "USD", (equity, equity), (initial, maintenance, requirement))
    found["idle"]["USD"] = max(ZERO, equity - initial)


def _pool(
    kind: str,
    members: list[str],
    asset: str,
    backing: tuple[Decimal, Decimal],
    margins: tuple[Decimal, Decimal, Decimal],
) -> dict[str, Any]:
    """A pool from equity, and what of it counts; from initial and maintenance margin, and the latter with fees."""
    equity, counted = backing
    initial, maintenance, requirement = margins
    liquidatable = bool(members) and counted <= requirement
    found = pool_figures(kind, members, asset, equity, initial, maintenance, liquidatable=liquidatable)
    found["margin_ratio"] = counted / requirement if requirement else None
    found["warning"] = bool(members) and counted <= 3 * requirement
    return found
