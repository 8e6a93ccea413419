"""`rules/deribit.margin`, segregated standard margin: a pool for each settlement currency."""

from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import ZERO, Figures
from marginrules.account.state import AccountState, Instrument

ONE = Decimal(1)


def _account() -> dict[str, Any]:
    """Four positions in three currencies' pools, inverse and linear, long and short, and an order."""
    contracts = [
        ("BTC-PERPETUAL", "inverse", "BTC", "USD", "BTC", "92000", "0.00005", "500000", "95000"),
        ("ETH-PERPETUAL", "inverse", "ETH", "USD", "ETH", "3100", "0.000004", "-300000", "3000"),
        ("SOL_USDC-PERPETUAL", "linear", "SOL", "USDC", "USDC", "140", "0.000005", "1000", "150"),
        ("XRP_USDC-PERPETUAL", "linear", "XRP", "USDC", "USDC", "2.1", "0.00000005", "-20000", "2.2"),
    ]
    balances = [("BTC", "1.5", "0.002"), ("ETH", "20", "-0.1"), ("USDC", "50000", "0")]
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "benchmark", "margin_model": "segregated_sm"},
        "balances": [
            {"asset": asset, "wallet_balance": amount, "futures_session_rpl": realised}
            for asset, amount, realised in balances
        ],
        "positions": [
            {"id": symbol, "symbol": symbol, "quantity": quantity, "entry_price": entry, "margin_mode": "cross"}
            for symbol, *_, quantity, entry in contracts
        ],
        "orders": [
            {
                "symbol": "SOL_USDC-PERPETUAL",
                "side": "buy",
                "quantity": "100",
                "price": "130",
                "reduce_only": False,
                "initial_margin": "520",
            }
        ],
        "instruments": [
            {
                "symbol": symbol,
                "contract": contract,
                "base": base,
                "quote": quote,
                "settle": settle,
                "contract_size": "1",
                "mark_price": mark,
                "initial_margin_base": "0.02" if contract == "inverse" else "0.04",
                "initial_margin_slope": slope,
                "maintenance_margin_base": "0.01" if contract == "inverse" else "0.02",
                "maintenance_margin_slope": slope,
            }
            for symbol, contract, base, quote, settle, mark, slope, _, _ in contracts
        ],
        "assets": [
            {"asset": "BTC", "index_price": "92000"},
            {"asset": "ETH", "index_price": "3100"},
            {"asset": "USDC", "index_price": "1"},
        ],
    }


ACCOUNT = _account()


def _rate(instrument: Instrument, kind: str, size: Decimal) -> Decimal:
    base, slope = instrument.inputs[f"{kind}_base"], instrument.inputs[f"{kind}_slope"]
    if not isinstance(base, Decimal) or not isinstance(slope, Decimal):
        raise TypeError
    return base + slope * size


def figures(state: AccountState) -> Figures:
    """`rules/deribit.margin`, segregated standard margin: a pool for each settlement currency."""
    found: Figures = {}
    profit, initial, maintenance = {}, {}, {}
    for balance in state.balances:
        realised = balance.inputs["futures_session_rpl"]
        profit[balance.asset] = realised if isinstance(realised, Decimal) else ZERO
        initial[balance.asset] = maintenance[balance.asset] = ZERO
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        mark = instrument.mark_price or ZERO
        units = position.quantity * instrument.contract_size
        if instrument.contract == "inverse":
            notional = size = abs(units) / mark
            gain = units * (ONE / position.entry_price - ONE / mark)
        else:
            size = abs(units)
            notional = size * mark
            gain = units * (mark - position.entry_price)
        margin = notional * _rate(instrument, "initial_margin", size)
        needed = notional * _rate(instrument, "maintenance_margin", size)
        found[position.id] = {
            "notional": notional,
            "unrealized_pnl": gain,
            "initial_margin": margin,
            "maintenance_margin": needed,
        }
        settle = instrument.settle
        profit[settle] += gain
        initial[settle] += margin
        maintenance[settle] += needed
    for order in state.orders:
        if not order.reduce_only:
            held = order.inputs["initial_margin"]
            initial[state.instrument_by_symbol[order.symbol].settle] += held if isinstance(held, Decimal) else ZERO
    found["idle"] = {}
    for balance in state.balances:
        asset = balance.asset
        equity = balance.wallet_balance + profit[asset]
        available = equity - initial[asset]
        found["idle"][asset] = max(ZERO, available)
        found[f"cross/{asset}"] = {
            "equity": equity,
            "initial_margin": initial[asset],
            "maintenance_margin": maintenance[asset],
            "margin_ratio": maintenance[asset] / equity if equity > 0 else None,
            "liquidatable": equity < maintenance[asset],
            "withdrawable": max(ZERO, available - max(ZERO, profit[asset])),
        }
    return found
