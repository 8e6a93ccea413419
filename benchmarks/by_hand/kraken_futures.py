"""`rules/kraken-futures.margin`: the multi-collateral wallet, with an isolated position, and single-collateral wallets."""

from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import ZERO, Figures
from marginrules.account.state import AccountState, Instrument

ONE = Decimal(1)


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


def _rates(instrument: Instrument, size: Decimal) -> tuple[Decimal, Decimal]:
    table = instrument.tiers
    if table is None:
        raise ValueError
    row = 0
    for index, cells in enumerate(table.rows):
        above = cells[0]
        if above is not None and size > above:
            row = index
    return table.cell(row, "initial_rate") or ZERO, table.cell(row, "maintenance_rate") or ZERO


def _pool(equity: Decimal, initial: Decimal, maintenance: Decimal, *, held: bool) -> dict[str, Any]:
    return {
        "equity": equity,
        "initial_margin": initial,
        "maintenance_margin": maintenance,
        "margin_ratio": maintenance / equity if equity > 0 else None,
        "liquidatable": held and equity < maintenance,
    }


def figures(state: AccountState) -> Figures:
    """`rules/kraken-futures.margin`: the multi-collateral wallet, and single-collateral wallets."""
    found: Figures = {"idle": {}}
    coins = {entry.asset: entry.wallet_balance for entry in state.balances if entry.wallet == "single-collateral"}
    profit = dict.fromkeys(coins, ZERO) | {"USD": ZERO}
    # By wallet, underlying and side: initial and maintenance margin.
    sides: dict[tuple[str, str, bool], tuple[Decimal, Decimal]] = {}
    set_aside = ZERO
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        mark = instrument.mark_price or ZERO
        units = position.quantity * instrument.contract_size
        funding = position.accrued_funding or ZERO
        if instrument.contract == "inverse":
            notional = value = abs(units) / mark
            gain = units * (ONE / position.entry_price - ONE / mark)
            initial_rate, maintenance_rate = _rates(instrument, abs(position.quantity))
        else:
            notional, value = abs(units) * mark, abs(units) * position.entry_price
            gain = units * (mark - position.entry_price)
            initial_rate, maintenance_rate = _rates(instrument, value)
        isolated = instrument.contract == "linear" and position.margin_mode == "isolated"
        if isolated and position.leverage is not None:
            initial_rate = max(initial_rate, ONE / position.leverage)
        initial, maintenance = value * initial_rate, value * maintenance_rate
        found[position.id] = {
            "notional": notional,
            "unrealized_pnl": gain,
            "initial_margin": initial,
            "maintenance_margin": maintenance,
        }
        if isolated:
            margin = position.assigned_margin or ZERO
            set_aside += margin
            found[f"isolated/{position.id}"] = _pool(margin + gain + funding, initial, maintenance, held=True)
            continue
        profit[instrument.settle] += gain + (funding if instrument.contract == "linear" else ZERO)
        key = (instrument.settle, instrument.base, position.quantity > 0)
        before = sides.get(key, (ZERO, ZERO))
        sides[key] = (before[0] + initial, before[1] + maintenance)
    required: dict[str, list[Decimal]] = {asset: [ZERO, ZERO] for asset in profit}
    for wallet, base in {(wallet, base) for wallet, base, _ in sides}:
        long, short = (sides.get((wallet, base, side), (ZERO, ZERO)) for side in (True, False))
        required[wallet][0] += max(long[0], short[0])
        required[wallet][1] += max(long[1], short[1])
    for order in state.orders:
        if not order.reduce_only:
            held = order.inputs["initial_margin"]
            settle = state.instrument_by_symbol[order.symbol].settle
            required[settle][0] += held if isinstance(held, Decimal) else ZERO
    collateral = ZERO
    for balance in state.balances:
        if balance.wallet == "multi-collateral":
            asset = state.asset_by_name[balance.asset]
            free = balance.wallet_balance - (set_aside if balance.asset == "USD" else ZERO)
            worth = free * (asset.index_price or ZERO)
            rate = ONE if asset.collateral_rate is None else asset.collateral_rate
            collateral += min(ZERO, worth) + max(ZERO, worth) * rate
    for asset_name, amount in (*coins.items(), ("USD", collateral)):
        equity = amount + profit[asset_name]
        initial, maintenance = required[asset_name]
        held_any = any(wallet == asset_name for wallet, _, _ in sides)
        name = f"cross/{asset_name}" if asset_name in coins else "cross"
        breached = {"initial_margin_breached": equity < initial}
        found[name] = _pool(equity, initial, maintenance, held=held_any) | breached
        found["idle"][asset_name] = max(ZERO, equity - initial)
    return found
