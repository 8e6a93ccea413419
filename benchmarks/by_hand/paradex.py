"""`rules/paradex.margin`."""

from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import ZERO, Figures
from marginrules.account.state import AccountState

TARGET = Decimal("0.9")
SHARES = (Decimal("0.2"), Decimal("0.4"), Decimal("0.6"), Decimal("0.8"))
ONE = Decimal(1)


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
    equity, spot = ZERO, ZERO
    for balance in state.balances:
        value = balance.wallet_balance * prices[balance.asset] / prices["USDC"]
        equity += value
        if balance.asset != "USDC":
            spot += abs(value)
    net = dict.fromkeys(state.instrument_by_symbol, ZERO)
    maintenance = spot
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        inputs: Any = instrument.inputs
        mark = instrument.mark_price or ZERO
        units = position.quantity * instrument.contract_size
        notional = abs(units) * mark
        profit = units * (mark - position.entry_price)
        fee = notional * (instrument.taker_fee_rate or ZERO)
        initial = notional * inputs["imf_base"]
        found[position.id] = {
            "notional": notional,
            "unrealized_pnl": profit,
            "initial_margin": initial + fee,
            "maintenance_margin": initial * inputs["mmf_factor"] + fee,
        }
        equity += profit + (position.accrued_funding or ZERO)
        maintenance += found[position.id]["maintenance_margin"]
        net[position.symbol] += units * mark
    bids, asks = dict.fromkeys(net, ZERO), dict.fromkeys(net, ZERO)
    required = spot
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
    for symbol, instrument in state.instrument_by_symbol.items():
        rates: Any = instrument.inputs
        open_size = max(bids[symbol] + net[symbol], asks[symbol] - net[symbol], ZERO)
        required += open_size * (rates["imf_base"] + (instrument.taker_fee_rate or ZERO))
    share, penalty = ZERO, ZERO
    liquidatable = bool(state.positions) and equity < maintenance
    if liquidatable:
        full: Any = state.account.inputs["liquidation_fee"]
        full *= maintenance
        share = next((part for part in SHARES if (ONE - part) * maintenance < TARGET * (equity - part * full)), ONE)
        penalty = share * full
    found["cross"] = {
        "equity": equity,
        "initial_margin": required,
        "maintenance_margin": maintenance,
        "margin_ratio": maintenance / equity if equity > 0 else None,
        "liquidatable": liquidatable,
        "liquidation_share": share,
        "liquidation_penalty": penalty,
        "deleveraging": bool(state.orders) and equity < required,
    }
    found["idle"] = {"amount": max(ZERO, equity - required)}
    return found
