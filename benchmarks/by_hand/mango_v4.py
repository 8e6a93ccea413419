"""`rules/mango-v4.margin`: four markets that settle in one token, two tokens with scaled weights, an order."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import ZERO, Figures, figure, pool_figures, position_figures, valued
from marginrules.account.state import AccountState, Asset, Balance

KINDS = ("init", "end", "maint")

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


@dataclass
class Token:
    """A token: its weights, and what the account has of it and of the markets that settle in it."""

    price: Decimal
    deposit: dict[str, Decimal]
    borrow: dict[str, Decimal]
    total: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(KINDS, ZERO))
    net: Decimal = ZERO
    reserved: Decimal = ZERO
    """All that spot orders could bring."""

    def weighted(self, kind: str, amount: Decimal) -> Decimal:
        """An amount by the weight of a deposit or of a borrow, in USD."""
        return amount * (self.deposit if amount >= 0 else self.borrow)[kind] * self.price

    def effect(self, kind: str, amount: Decimal) -> Decimal:
        """What reserved funds add, should all that is reserved become this token: first they pay back a borrow."""
        above = min(max(self.total[kind] + self.reserved, ZERO), amount)
        return (above * self.deposit[kind] + (amount - above) * self.borrow[kind]) * self.price


def token(asset: Asset) -> Token:
    """A token with its weights, scaled for new risk where its bank is beyond the limits."""
    inputs: Any = asset.inputs
    price = asset.index_price or ZERO
    deposit = {"init": inputs["init_asset_weight"], "maint": inputs["maint_asset_weight"]}
    borrow = {"init": inputs["init_liab_weight"], "maint": inputs["maint_liab_weight"]}
    deposit["end"], borrow["end"] = deposit["init"], borrow["init"]
    start = inputs.get("deposit_weight_scale_start_quote")
    if start is not None:
        deposits = (figure(inputs, "deposits") + figure(inputs, "potential_serum_tokens")) * price
        if deposits > start:
            deposit["init"] = deposit["init"] * start / deposits
    start = inputs.get("borrow_weight_scale_start_quote")
    if start is not None:
        borrows = figure(inputs, "borrows") * price
        if borrows > start:
            borrow["init"] = borrow["init"] * borrows / start
    return Token(price, deposit, borrow)


@dataclass
class Market:
    """What the account has on a perp market, at the oracle price."""

    held: Decimal = ZERO
    quote: Decimal = ZERO
    bids: Decimal = ZERO
    asks: Decimal = ZERO

    def health(self, inputs: Any, kind: str) -> Decimal:
        """Should the worse side of the orders be filled."""
        long, short = inputs[f"{kind}_base_asset_weight"], inputs[f"{kind}_base_liab_weight"]
        bids, asks = self.held + self.bids, self.held - self.asks
        with_bids = bids * (long if bids >= 0 else short) - self.bids
        with_asks = asks * (long if asks >= 0 else short) + self.asks
        found: Decimal = self.quote + min(with_bids, with_asks)
        return found * figure(inputs, f"{kind}_overall_asset_weight") if found > 0 else found


def reserved(balance: Balance, tokens: dict[str, Token]) -> tuple[Decimal, Decimal, str]:
    """The most that a token's spot orders could bring of it, and of the asset that they are quoted in."""
    inputs: Any = balance.inputs
    other = inputs["serum3_quote_asset"]
    base, quote = figure(inputs, "serum3_reserved_base"), figure(inputs, "serum3_reserved_quote")
    price = tokens[balance.asset].price / tokens[other].price
    bid, ask = inputs.get("serum3_highest_placed_bid"), inputs.get("serum3_lowest_placed_ask")
    bought = quote / price
    if bid is not None and quote:
        bought = min(bought, quote / bid)
    sold = base * price
    if ask is not None:
        sold = min(sold, base * ask)
    return base + bought, quote + sold, other


def figures(state: AccountState) -> Figures:
    """Init and maint health: perp positions, then tokens, then what spot orders reserve."""
    found: Figures = {"idle": {}}
    tokens = {asset.asset: token(asset) for asset in state.assets}
    for balance in state.balances:
        own = tokens[balance.asset]
        own.net += balance.wallet_balance
        for kind in KINDS:
            own.total[kind] += balance.wallet_balance
    markets: dict[str, Market] = defaultdict(Market)
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        notional, _, profit = valued(position, instrument)
        market = markets[position.symbol]
        market.held += notional if position.quantity >= 0 else -notional
        market.quote += figure(position.inputs, "quote_position")
        found[position.id] = position_figures("cross", notional, profit, None, None)
    for order in state.orders:
        instrument = state.instrument_by_symbol[order.symbol]
        value = order.quantity * instrument.contract_size * (instrument.mark_price or ZERO)
        if order.side == "buy":
            markets[order.symbol].bids += value
        else:
            markets[order.symbol].asks += value
    for symbol, market in markets.items():
        instrument = state.instrument_by_symbol[symbol]
        own = tokens[instrument.settle]
        own.net += market.held + market.quote
        initial, maintenance = market.health(instrument.inputs, "init"), market.health(instrument.inputs, "maint")
        own.total["init"] += initial
        own.total["end"] += initial
        own.total["maint"] += maintenance
    equity = ZERO
    health = dict.fromkeys(KINDS, ZERO)
    for own in tokens.values():
        equity += own.net * own.price
        for kind in KINDS:
            health[kind] += own.weighted(kind, own.total[kind])
    spot = []
    for balance in state.balances:
        if balance.inputs.get("serum3_quote_asset") is not None:
            base, quote, other = reserved(balance, tokens)
            own, quoted = tokens[balance.asset], tokens[other]
            own.reserved += base
            quoted.reserved += quote
            equity += figure(balance.inputs, "serum3_reserved_base") * own.price
            equity += figure(balance.inputs, "serum3_reserved_quote") * quoted.price
            spot.append((own, base, quoted, quote))
    for own, base, quoted, quote in spot:
        if base > 0 and quote > 0:
            for kind in KINDS:
                health[kind] += min(own.effect(kind, base), quoted.effect(kind, quote))
    members = [position.id for position in state.positions]
    must_go_on = state.account.inputs.get("being_liquidated") is True and health["end"] < 0
    found["cross"] = pool_figures(
        "cross", members, "USD", equity, None, None, liquidatable=health["maint"] < 0 or must_go_on
    )
    found["cross"]["init_health"] = health["init"]
    found["cross"]["maint_health"] = health["maint"]
    return found
