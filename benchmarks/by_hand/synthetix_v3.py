"""`rules/synthetix-v3.margin`: four markets with skew scales, two kinds of collateral, guards of the reward."""

from typing import Any

from benchmarks.by_hand.common import ONE, ZERO, Figures, figure, pool_figures, position_figures, valued
from marginrules.account.state import AccountState

_POSITIONS = [
    ("BTC", "-2", "29700", "30000", "100"),
    ("ETH", "20", "2020", "2000", "1000"),
    ("LINK", "2000", "5.05", "5.2", "100000"),
    ("ARB", "-5000", "2.05", "2", "100000"),
]

ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {
        "id": "benchmark",
        "min_keeper_reward_usd": "100",
        "max_keeper_reward_usd": "10000",
        "max_keeper_scaling_ratio": "1",
    },
    "balances": [{"asset": "snxUSD", "wallet_balance": "60000"}, {"asset": "snxBTC", "wallet_balance": "1"}],
    "positions": [
        {"id": base, "symbol": base, "quantity": quantity, "entry_price": entry, "margin_mode": "cross"}
        for base, quantity, entry, _, _ in _POSITIONS
    ],
    "orders": [],
    "instruments": [
        {
            "symbol": base,
            "contract": "linear",
            "base": base,
            "quote": "snxUSD",
            "settle": "snxUSD",
            "contract_size": "1",
            "mark_price": mark,
            "skew_scale": scale,
            "initial_margin_ratio": "2",
            "minimum_initial_margin_ratio": "0.01",
            "maintenance_margin_scalar": "0.5",
            "flag_reward_ratio": "0.05",
            "minimum_position_margin": "500",
        }
        for base, _, _, mark, scale in _POSITIONS
    ],
    "assets": [
        {"asset": "snxUSD", "index_price": "1"},
        {"asset": "snxBTC", "index_price": "30000", "collateral_rate": "0.95"},
    ],
}


def figures(state: AccountState) -> Figures:
    """Available and required margins, as PerpsAccount computes them."""
    found: Figures = {}
    profit = initial = maintenance = flags = ZERO
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        inputs: Any = instrument.inputs
        notional, _, gain = valued(position, instrument)
        size = abs(position.quantity) * instrument.contract_size
        ratio = size / inputs["skew_scale"] * inputs["initial_margin_ratio"] + inputs["minimum_initial_margin_ratio"]
        constant = figure(inputs, "minimum_position_margin")
        needed = notional * ratio + constant
        kept = notional * ratio * inputs["maintenance_margin_scalar"] + constant
        profit += gain + (position.accrued_funding or ZERO)
        initial += needed
        maintenance += kept
        flags += notional * inputs["flag_reward_ratio"]
        found[position.id] = position_figures("cross", notional, gain, needed, kept)
    settle = state.instruments[0].settle if state.instruments else state.balances[0].asset
    price = state.asset_by_name[settle].index_price or ZERO
    guards = state.account.inputs
    collateral = discounted = ZERO
    debt = figure(guards, "debt")
    for balance in state.balances:
        asset = state.asset_by_name[balance.asset]
        value = balance.wallet_balance * (asset.index_price or ZERO) / price
        if value < 0:
            debt -= value
            continue
        collateral += value
        discounted += value * (ONE if asset.collateral_rate is None else asset.collateral_rate)
    equity = discounted + profit - debt
    least, most = figure(guards, "min_keeper_reward_usd"), figure(guards, "max_keeper_reward_usd")
    scaling = figure(guards, "max_keeper_scaling_ratio")
    if scaling > 0 and collateral > 0:
        most = min(most, collateral * scaling)
    if state.positions:
        reward = min(max(flags, least), most)
        initial += reward
        maintenance += reward
        liquidatable = maintenance > equity
        idle = max(ZERO, equity - initial)
    else:
        liquidatable = debt > 0 and equity < min(least, most)
        idle = collateral
    members = [position.id for position in state.positions]
    found["cross"] = pool_figures("cross", members, settle, equity, initial, maintenance, liquidatable=liquidatable)
    found["idle"] = {"amount": ZERO if debt > 0 else idle}
    return found
