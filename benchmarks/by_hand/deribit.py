"""`rules/deribit.margin`; the account is in segregated standard margin."""

from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import ZERO, Figures, figure, pool_figures, position_figures, valued, wallets
from marginrules.account.state import AccountState


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


def figures(state: AccountState) -> Figures:
    """`rules/deribit.margin`: segregated and cross models."""
    model = state.account.inputs.get("margin_model")
    is_cross = model in {"cross_sm", "cross_pm"}
    found: Figures = {"idle": {}}
    cross = wallets(state)
    for balance in state.balances:
        cross[balance.asset].profit += figure(balance.inputs, "futures_session_rpl")
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        notional, _, profit = valued(position, instrument)
        is_inverse = instrument.contract == "inverse"
        size = notional if is_inverse else abs(position.quantity) * instrument.contract_size
        rates: Any = instrument.inputs
        margin = notional * (rates["initial_margin_base"] + rates["initial_margin_slope"] * size)
        needed = notional * (rates["maintenance_margin_base"] + rates["maintenance_margin_slope"] * size)
        pool = "cross" if is_cross else f"cross/{instrument.settle}"
        found[position.id] = position_figures(pool, notional, profit, margin, needed)
        wallet = cross[instrument.settle]
        wallet.positions.append(position.id)
        wallet.profit += profit
        wallet.initial += margin
        wallet.maintenance += needed
    for order in state.orders:
        if not order.reduce_only:
            wallet = cross[state.instrument_by_symbol[order.symbol].settle]
            wallet.orders += figure(order.inputs, "initial_margin")
    if is_cross:
        members = [position.id for position in state.positions]
        equity = initial = maintenance = session = ZERO
        for name, wallet in cross.items():
            asset = state.asset_by_name[name]
            price = asset.index_price or ZERO
            worth = (wallet.cash + wallet.profit) * price
            haircut = ZERO if asset.collateral_rate is None else max(ZERO, worth * (1 - asset.collateral_rate))
            equity += worth
            session += wallet.profit * price
            initial += (wallet.initial + wallet.orders) * price + haircut
            maintenance += wallet.maintenance * price
        found["cross"] = _pool(members, "USD", equity, initial, maintenance, session)
        found["idle"]["USD"] = max(ZERO, equity - initial)
        return found
    for asset_name, wallet in cross.items():
        equity, initial = wallet.cash + wallet.profit, wallet.initial + wallet.orders
        found[f"cross/{asset_name}"] = _pool(
            wallet.positions, asset_name, equity, initial, wallet.maintenance, wallet.profit
        )
        found["idle"][asset_name] = max(ZERO, equity - initial)
    return found


def _pool(
    members: list[str], asset: str, equity: Decimal, initial: Decimal, maintenance: Decimal, session: Decimal
) -> dict[str, Any]:
    is_due = bool(members) and equity < maintenance
    found = pool_figures("cross", members, asset, equity, initial, maintenance, liquidatable=is_due)
    found["withdrawable"] = max(ZERO, equity - initial - max(ZERO, session))
    return found
