"""`rules/mango-v4.margin`: four markets that settle in one token, two tokens with scaled weights, an order."""

from typing import Any

from benchmarks.by_hand.common import ZERO, Figures
from marginrules.account.state import AccountState, Asset

_POSITIONS = [
    ("BTC", "0.5", "92000", "-47000"),
    ("ETH", "-10", "3100", "30000"),
    ("SOL", "100", "140", "-15000"),
    ("MNGO", "2000", "2.1", "-4500"),
]

ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "benchmark"},
    "balances": [{"asset": "USDC", "wallet_balance": "20000"}, {"asset": "SOL", "wallet_balance": "-5"}],
    "positions": [
        {
            "id": base,
            "symbol": f"{base}-PERP",
            "quantity": quantity,
            "entry_price": mark,
            "margin_mode": "cross",
            "quote_position": quote,
        }
        for base, quantity, mark, quote in _POSITIONS
    ],
    "orders": [{"symbol": "BTC-PERP", "side": "buy", "quantity": "0.1", "price": "90000"}],
    "instruments": [
        {
            "symbol": f"{base}-PERP",
            "contract": "linear",
            "base": base,
            "quote": "USDC",
            "settle": "USDC",
            "contract_size": "1",
            "mark_price": mark,
            "init_base_asset_weight": "0.9",
            "maint_base_asset_weight": "0.95",
            "init_base_liab_weight": "1.1",
            "maint_base_liab_weight": "1.05",
            "init_overall_asset_weight": "0.9",
            "maint_overall_asset_weight": "0.95",
        }
        for base, _, mark, _ in _POSITIONS
    ],
    "assets": [
        {
            "asset": "USDC",
            "index_price": "1",
            "init_asset_weight": "1",
            "maint_asset_weight": "1",
            "init_liab_weight": "1",
            "maint_liab_weight": "1",
            "deposits": "9000000",
            "deposit_weight_scale_start_quote": "8000000",
        },
        {
            "asset": "SOL",
            "index_price": "140",
            "init_asset_weight": "0.8",
            "maint_asset_weight": "0.9",
            "init_liab_weight": "1.2",
            "maint_liab_weight": "1.1",
            "borrows": "20000",
            "borrow_weight_scale_start_quote": "2000000",
        },
    ],
}


def weights(asset: Asset) -> dict[str, Any]:
    """The weights of a token, scaled where its bank is beyond the limits."""
    inputs: Any = asset.inputs
    price = asset.index_price or ZERO
    found = {name: inputs[f"{name}_weight"] for name in ("init_asset", "init_liab", "maint_asset", "maint_liab")}
    start = inputs.get("deposit_weight_scale_start_quote")
    if start is not None:
        deposits = ((inputs.get("deposits") or ZERO) + (inputs.get("potential_serum_tokens") or ZERO)) * price
        if deposits > start:
            found["init_asset"] = found["init_asset"] * start / deposits
    start = inputs.get("borrow_weight_scale_start_quote")
    if start is not None:
        borrows = (inputs.get("borrows") or ZERO) * price
        if borrows > start:
            found["init_liab"] = found["init_liab"] * borrows / start
    return found


def figures(state: AccountState) -> Figures:
    """Init and maint health: perp positions, then tokens."""
    found: Figures = {}
    kinds = ("init", "maint")
    totals: dict[str, dict[str, Any]] = {}
    for balance in state.balances:
        token = totals.setdefault(balance.asset, {"init": ZERO, "maint": ZERO, "net": ZERO})
        for kind in (*kinds, "net"):
            token[kind] += balance.wallet_balance
    markets: dict[str, dict[str, Any]] = {}
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        mark = instrument.mark_price or ZERO
        units = position.quantity * instrument.contract_size
        market = markets.setdefault(position.symbol, {"held": ZERO, "quote": ZERO, "bids": ZERO, "asks": ZERO})
        quote: Any = position.inputs["quote_position"]
        market["held"] += units * mark
        market["quote"] += quote
        found[position.id] = {
            "notional": abs(units) * mark,
            "unrealized_pnl": units * (mark - position.entry_price),
            "initial_margin": None,
            "maintenance_margin": None,
        }
    for order in state.orders:
        instrument = state.instrument_by_symbol[order.symbol]
        market = markets.setdefault(order.symbol, {"held": ZERO, "quote": ZERO, "bids": ZERO, "asks": ZERO})
        value = order.quantity * instrument.contract_size * (instrument.mark_price or ZERO)
        market["bids" if order.side == "buy" else "asks"] += value
    for symbol, market in markets.items():
        instrument = state.instrument_by_symbol[symbol]
        inputs: Any = instrument.inputs
        token = totals.setdefault(instrument.settle, {"init": ZERO, "maint": ZERO, "net": ZERO})
        token["net"] += market["held"] + market["quote"]
        for kind in kinds:
            asset_weight, liab_weight = inputs[f"{kind}_base_asset_weight"], inputs[f"{kind}_base_liab_weight"]
            bids, asks = market["held"] + market["bids"], market["held"] - market["asks"]
            worst = min(
                bids * (asset_weight if bids >= 0 else liab_weight) - market["bids"],
                asks * (asset_weight if asks >= 0 else liab_weight) + market["asks"],
            )
            health = market["quote"] + worst
            token[kind] += health * inputs[f"{kind}_overall_asset_weight"] if health > 0 else health
    health = dict.fromkeys((*kinds, "net"), ZERO)
    for name, token in totals.items():
        asset = state.asset_by_name[name]
        price = asset.index_price or ZERO
        scaled = weights(asset)
        health["net"] += token["net"] * price
        for kind in kinds:
            health[kind] += token[kind] * scaled[f"{kind}_{'asset' if token[kind] >= 0 else 'liab'}"] * price
    found["cross"] = {
        "equity": health["net"],
        "init_health": health["init"],
        "maint_health": health["maint"],
        "initial_margin": None,
        "maintenance_margin": None,
        "margin_ratio": None,
        "liquidatable": health["maint"] < 0,
    }
    found["idle"] = {}
    return found
