"""`rules/perp-v2.margin`: four markets, the settlement token and a discounted one as collateral."""

from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import TENTH, ZERO, Figures
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
    found: Figures = {}
    profit = funding = quote = base_debt = requirement = ZERO
    settle = state.instruments[0].settle
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        mark = instrument.mark_price or ZERO
        units = position.quantity * instrument.contract_size
        notional = abs(units) * mark
        gain = units * (mark - position.entry_price)
        profit += gain
        funding += position.accrued_funding or ZERO
        quote -= units * position.entry_price
        if units < 0:
            base_debt += notional
        requirement += notional * MAINTENANCE
        found[position.id] = {
            "notional": notional,
            "unrealized_pnl": gain,
            "initial_margin": notional * INITIAL,
            "maintenance_margin": notional * MAINTENANCE,
        }
    price = state.asset_by_name[settle].index_price or ZERO
    collateral, held, settled = funding, {}, funding + profit
    for balance in state.balances:
        asset = state.asset_by_name[balance.asset]
        rate = Decimal(1) if asset.collateral_rate is None else asset.collateral_rate
        value = balance.wallet_balance * (asset.index_price or ZERO) / price * rate
        collateral += value
        held[balance.asset] = balance.wallet_balance
        if balance.asset == settle:
            settled += value
            held[balance.asset] += funding
    equity = collateral + profit
    initial = INITIAL * (max(ZERO, -quote) + base_debt)
    free = min(collateral, equity) - initial
    found["cross"] = {
        "equity": equity,
        "initial_margin": initial,
        "maintenance_margin": requirement,
        "margin_ratio": requirement / equity if equity > 0 else None,
        "liquidatable": equity < requirement,
    }
    idle: dict[str, Any] = {}
    for name, amount in held.items():
        asset = state.asset_by_name[name]
        rate = Decimal(1) if asset.collateral_rate is None else asset.collateral_rate
        tokens = free / rate * price / (asset.index_price or ZERO)
        idle[name] = ZERO if settled < 0 else max(ZERO, min(amount, tokens))
    found["idle"] = idle
    return found
