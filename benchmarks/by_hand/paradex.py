"""`rules/paradex.margin`."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import ONE, ZERO, Figures, figure, pool_figures, position_figures, valued
from marginrules.account.state import AccountState

TARGET = Decimal("0.9")
SHARES = (Decimal("0.2"), Decimal("0.4"), Decimal("0.6"), Decimal("0.8"))


def _market(symbol: str, mark: str, initial: str, factor: str) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "contract": "linear",
        "base": symbol.removesuffix("-USD-PERP"),
        "quote": "USDC",
        "settle": "USDC",
        "contract_size": "1",
        "mark_price": mark,
        "imf_base": initial,
        "mmf_factor": factor,
        "taker_fee_rate": "0.0003",
    }


# One cross account: two initial rates, a second token, and an order that is priced beyond the mark.
ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "benchmark", "liquidation_fee": "0.5"},
    "balances": [{"asset": "USDC", "wallet_balance": "20000"}, {"asset": "ETH", "wallet_balance": "0.5"}],
    "positions": [
        {
            "id": base,
            "symbol": f"{base}-USD-PERP",
            "quantity": quantity,
            "entry_price": entry,
            "margin_mode": "cross",
            "accrued_funding": funding,
        }
        for base, quantity, entry, funding in [
            ("BTC", "0.5", "95000", "-2.25"),
            ("ETH", "-10", "3000", "0"),
            ("SOL", "100", "150", "1.5"),
            ("XRP", "2000", "2.2", "0"),
        ]
    ],
    "orders": [
        {"symbol": "BTC-USD-PERP", "side": "buy", "quantity": "0.1", "price": "92500", "reduce_only": False},
    ],
    "instruments": [
        _market("BTC-USD-PERP", "92000", "0.02", "0.5"),
        _market("ETH-USD-PERP", "3100", "0.02", "0.5"),
        _market("SOL-USD-PERP", "140", "0.05", "0.5"),
        _market("XRP-USD-PERP", "2.1", "0.05", "0.5"),
    ],
    "assets": [{"asset": "USDC", "index_price": "1"}, {"asset": "ETH", "index_price": "3100"}],
}


def figures(state: AccountState) -> Figures:
    """`rules/paradex.margin`."""
    found: Figures = {}
    prices = {asset.asset: asset.index_price or ZERO for asset in state.assets}
    equity = spot = ZERO
    for balance in state.balances:
        value = balance.wallet_balance * prices[balance.asset] / prices["USDC"]
        equity += value
        if balance.asset != "USDC":
            spot += abs(value)
    maintenance = required = spot
    net: dict[str, Decimal] = defaultdict(Decimal)
    bids: dict[str, Decimal] = defaultdict(Decimal)
    asks: dict[str, Decimal] = defaultdict(Decimal)
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        rates: Any = instrument.inputs
        notional, _, profit = valued(position, instrument)
        fee = notional * (instrument.taker_fee_rate or ZERO)
        initial = notional * rates["imf_base"]
        needed = initial * rates["mmf_factor"] + fee
        found[position.id] = position_figures("cross", notional, profit, initial + fee, needed)
        equity += profit + (position.accrued_funding or ZERO)
        maintenance += needed
        net[position.symbol] += notional if position.quantity > 0 else -notional
    for order in state.orders:
        if not order.reduce_only:
            instrument = state.instrument_by_symbol[order.symbol]
            units = order.quantity * instrument.contract_size
            at_mark = units * (instrument.mark_price or ZERO)
            at_price = units * (order.price or ZERO)
            if order.side == "buy":
                bids[order.symbol] += at_mark
                required += max(ZERO, at_price - at_mark)
            else:
                asks[order.symbol] += at_mark
                required += max(ZERO, at_mark - at_price)
    for symbol in {*net, *bids, *asks}:
        instrument = state.instrument_by_symbol[symbol]
        rates = instrument.inputs
        open_size = max(bids[symbol] + net[symbol], asks[symbol] - net[symbol], ZERO)
        required += open_size * (rates["imf_base"] + (instrument.taker_fee_rate or ZERO))
    members = [position.id for position in state.positions]
    liquidatable = bool(members) and equity < maintenance
    own = pool_figures("cross", members, "USDC", equity, required, maintenance, liquidatable=liquidatable)
    share = penalty = ZERO
    if liquidatable:
        full = figure(state.account.inputs, "liquidation_fee") * maintenance
        share = next((part for part in SHARES if (ONE - part) * maintenance < TARGET * (equity - part * full)), ONE)
        penalty = share * full
    own["liquidation_share"] = share
    own["liquidation_penalty"] = penalty
    own["deleveraging"] = bool(state.orders) and equity < required
    found["cross"] = own
    found["idle"] = {"amount": max(ZERO, equity - required)}
    return found
