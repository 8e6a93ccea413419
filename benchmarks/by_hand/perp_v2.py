"""`rules/perp-v2.margin`: four markets, the settlement token and a discounted one as collateral."""

from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import ONE, TENTH, ZERO, Figures, pool_figures, position_figures, valued
from marginrules.account.state import AccountState

INITIAL = TENTH
MAINTENANCE = Decimal("0.0625")

_POSITIONS = [
    ("BTC", "0.5", "95000", "92000", "-12.5"),
    ("ETH", "-10", "3000", "3100", "4"),
    ("SOL", "100", "150", "140", None),
    ("OP", "2000", "2.2", "2.1", None),
]

ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "benchmark"},
    "balances": [{"asset": "USDC", "wallet_balance": "10000"}, {"asset": "WETH", "wallet_balance": "5"}],
    "positions": [
        {
            "id": base,
            "symbol": f"v{base}",
            "quantity": quantity,
            "entry_price": entry,
            "margin_mode": "cross",
            **({"accrued_funding": funding} if funding is not None else {}),
        }
        for base, quantity, entry, _, funding in _POSITIONS
    ],
    "orders": [],
    "instruments": [
        {
            "symbol": f"v{base}",
            "contract": "linear",
            "base": base,
            "quote": "USDC",
            "settle": "USDC",
            "contract_size": "1",
            "mark_price": mark,
        }
        for base, _, _, mark, _ in _POSITIONS
    ],
    "assets": [
        {"asset": "USDC", "index_price": "1"},
        {"asset": "WETH", "index_price": "3100", "collateral_rate": "0.7"},
    ],
}


def figures(state: AccountState) -> Figures:
    """Debt, free collateral by token and the account's value, as Vault and AccountBalance compute them."""
    found: Figures = {"idle": {}}
    profit = funding = quote = base_debt = maintenance = ZERO
    settle = "USDC"
    for position in state.positions:
        notional, cost, gain = valued(position, state.instrument_by_symbol[position.symbol])
        needed = notional * MAINTENANCE
        profit += gain
        funding += position.accrued_funding or ZERO
        if position.quantity > 0:
            quote -= cost
        else:
            quote += cost
            base_debt += notional
        maintenance += needed
        found[position.id] = position_figures("cross", notional, gain, notional * INITIAL, needed)
    price = state.asset_by_name[settle].index_price or ZERO
    collateral, settled = funding, funding + profit
    for balance in state.balances:
        asset = state.asset_by_name[balance.asset]
        rate = ONE if asset.collateral_rate is None else asset.collateral_rate
        value = balance.wallet_balance * (asset.index_price or ZERO) / price * rate
        collateral += value
        if balance.asset == settle:
            settled += value
    equity = collateral + profit
    initial = INITIAL * (max(ZERO, -quote) + base_debt)
    members = [position.id for position in state.positions]
    found["cross"] = pool_figures(
        "cross", members, settle, equity, initial, maintenance, liquidatable=equity < maintenance
    )
    free = min(collateral, equity) - initial
    for balance in state.balances:
        asset = state.asset_by_name[balance.asset]
        rate = ONE if asset.collateral_rate is None else asset.collateral_rate
        tokens = free / rate * price / (asset.index_price or ZERO)
        held = balance.wallet_balance + (funding if balance.asset == settle else ZERO)
        found["idle"][balance.asset] = ZERO if settled < 0 else max(ZERO, min(held, tokens))
    return found
