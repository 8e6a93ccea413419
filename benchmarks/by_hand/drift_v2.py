"""`rules/drift-v2.margin`: three cross positions and an isolated one, a weighted token, an order on the book and one of spot."""

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from benchmarks.by_hand.common import ONE, ZERO, Figures, figure, pool_figures, position_figures
from marginrules.account.state import AccountState, Asset, Balance, Instrument, Order, Position

CENT = Decimal("0.01")
FIFTH = Decimal("0.2")
WEIGHT = Decimal("0.0001")
MICRO = Decimal("0.000001")
DISCOUNT = Decimal("1.1")
PROFIT_CAP = Decimal(100)
BILLIONTHS = Decimal(10_000_000_000)
CURVE = Decimal(100_000)
BUFFER = Decimal("0.02")

_POSITIONS = [
    ("BTC", "0.5", "95000", "92000", "cross", "0"),
    ("ETH", "-10", "3000", "3100", "cross", "0.0001"),
    ("SOL", "1000", "130", "140", "cross", "0.0002"),
    ("XRP", "2000", "2.2", "2.1", "isolated", "0"),
]

ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "benchmark", "max_margin_ratio": "0.12"},
    "balances": [
        {"asset": "USDC", "wallet_balance": "20500"},
        {"asset": "SOL", "wallet_balance": "200", "open_asks": "-20", "open_orders": "1"},
    ],
    "positions": [
        {
            "id": base,
            "symbol": f"{base}-PERP",
            "quantity": quantity,
            "entry_price": entry,
            "margin_mode": mode,
            **({"assigned_margin": "500"} if mode == "isolated" else {}),
        }
        for base, quantity, entry, _, mode, _ in _POSITIONS
    ],
    "orders": [{"symbol": "BTC-PERP", "side": "buy", "quantity": "0.1", "price": "90000", "margin_mode": "cross"}],
    "instruments": [
        {
            "symbol": f"{base}-PERP",
            "contract": "linear",
            "base": base,
            "quote": "USDC",
            "settle": "USDC",
            "contract_size": "1",
            "mark_price": mark,
            "margin_ratio_initial": "0.1",
            "margin_ratio_maintenance": "0.05",
            "imf_factor": factor,
            "unrealized_pnl_initial_asset_weight": "0.8",
            "unrealized_pnl_maintenance_asset_weight": "1",
        }
        for base, _, _, mark, _, factor in _POSITIONS
    ],
    "assets": [
        {"asset": "USDC", "index_price": "1", "oracle_price_twap_5min": "0.9995"},
        {
            "asset": "SOL",
            "index_price": "140",
            "oracle_price_twap_5min": "139",
            "initial_asset_weight": "0.8",
            "maintenance_asset_weight": "0.9",
            "initial_liability_weight": "1.2",
            "maintenance_liability_weight": "1.1",
            "imf_factor": "0.003",
        },
    ],
}


def floor(value: Decimal, step: Decimal) -> Decimal:
    """A whole number of steps, rounded down."""
    return value.quantize(step, rounding=ROUND_FLOOR)


def root(size: Decimal) -> Decimal:
    """The chain's root of ten times the size in billionths, a whole number."""
    return floor((size * BILLIONTHS + 1).sqrt(), ONE)


class Token:
    """A balance: its weights, prices and orders."""

    def __init__(self, balance: Balance, asset: Asset, amount: Decimal, own_ratio: Decimal) -> None:
        inputs: Any = asset.inputs
        self.amount = amount
        self.price = asset.index_price or ZERO
        average = figure(inputs, "oracle_price_twap_5min", self.price)
        self.strict = min(self.price, average), max(self.price, average)
        self.plain = self.price, self.price
        self.is_quote = balance.asset == "USDC"
        self.own = ZERO if self.is_quote else own_ratio
        self.factor = ZERO if self.is_quote else figure(inputs, "imf_factor")
        self.bids, self.asks = figure(balance.inputs, "open_bids"), figure(balance.inputs, "open_asks")
        self.orders = figure(balance.inputs, "open_orders")
        if self.is_quote:
            self.initial = self.maintenance = ONE, ONE
            return
        share = figure(inputs, "initial_asset_weight", ONE)
        start = inputs.get("scale_initial_asset_weight_start")
        if start is not None:
            deposited = figure(inputs, "deposits") * self.price
            share = floor(share * start / deposited, WEIGHT) if deposited >= start else share
        self.initial = share, figure(inputs, "initial_liability_weight", ONE)
        self.maintenance = (
            figure(inputs, "maintenance_asset_weight", ONE),
            figure(inputs, "maintenance_liability_weight", ONE),
        )

    def share(self, weight: Decimal, size: Decimal) -> Decimal:
        """The weight of a deposit of that size."""
        if not self.factor:
            return weight
        return min(weight, floor(DISCOUNT / (1 + floor(root(size) * self.factor / CURVE, MICRO)), WEIGHT))

    def load(self, weight: Decimal, size: Decimal) -> Decimal:
        """The weight of a borrow of that size."""
        if not self.factor:
            return weight
        grown = weight - floor(weight * FIFTH, WEIGHT) + floor(root(size) * self.factor / CURVE, WEIGHT)
        return max(weight, grown)

    def sides(self, weights: tuple[Decimal, Decimal], prices: tuple[Decimal, Decimal]) -> tuple[Decimal, ...]:
        """Size, value, weighted value and paid value where the worse side of the spot orders is filled."""
        low, high = prices
        held = floor(self.amount * (low if self.amount > 0 else high), MICRO)
        found: list[tuple[Decimal, ...]] = []
        for filled in (self.bids, self.asks):
            paid = floor(-filled * high, MICRO)
            value, size = held - paid, abs(self.amount + filled)
            weight = self.share(weights[0], size) if value > 0 else self.load(weights[1], size)
            found.append((size, value, value * weight, paid))
        bids, asks = found
        return bids if bids[2] + bids[3] < asks[2] + asks[3] else asks

    def counted(
        self, weights: tuple[Decimal, Decimal], prices: tuple[Decimal, Decimal], *, initial: bool
    ) -> tuple[Decimal, Decimal]:
        """Collateral and requirement."""
        size, value, weighted, paid = self.sides(weights, prices)
        if initial and self.own:
            if value > 0:
                weighted = value * min(self.share(weights[0], size), max(ZERO, 1 - self.own))
            else:
                weighted = value * max(self.load(weights[1], size), 1 + self.own)
        return max(ZERO, weighted) + max(ZERO, paid), max(ZERO, -weighted) + max(ZERO, -paid)

    def liability(self) -> Decimal:
        """What the token owes, and its orders."""
        _, value, _, paid = self.sides(self.maintenance, self.plain)
        return max(ZERO, -value) + max(ZERO, -paid)

    def owes(self) -> bool:
        """Whether the token counts as a liability."""
        value = self.sides(self.initial, self.plain)[1]
        resting = self.orders > 0 or self.bids > 0 or self.asks < 0
        return value < 0 or (not self.is_quote and value == 0 and resting)


class Market:
    """A position with the orders of its market: ratios, worst case and profit."""

    def __init__(
        self, position: Position | None, orders: list[Order], instrument: Instrument, asset: Asset, settings: Any
    ) -> None:
        inputs: Any = instrument.inputs
        self.mark = instrument.mark_price or ZERO
        self.quote = asset.index_price or ZERO
        average = figure(asset.inputs, "oracle_price_twap_5min", self.quote)
        self.low, self.high = min(self.quote, average), max(self.quote, average)
        self.is_prediction = inputs.get("contract_type") == "Prediction"
        self.factor = figure(inputs, "imf_factor")
        self.own = figure(settings, "max_margin_ratio")
        net = self.profit = self.notional = self.units = ZERO
        if position is not None:
            net = self.units = position.quantity * instrument.contract_size
            self.profit = net * (self.mark - position.entry_price)
            self.notional = abs(net) * self.mark
            self.own = max(self.own, figure(position.inputs, "max_margin_ratio"))
            self.gain = self.profit + (position.accrued_funding or ZERO)
        else:
            self.gain = ZERO
        bids = sum((order.quantity for order in orders if order.side == "buy"), ZERO) * instrument.contract_size
        asks = sum((order.quantity for order in orders if order.side == "sell"), ZERO) * instrument.contract_size
        after_bids, after_asks = net + bids, net - asks
        bids_owe, asks_owe = self.owed(after_bids), self.owed(after_asks)
        self.size, self.value = (abs(after_bids), bids_owe) if bids_owe > asks_owe else (abs(after_asks), asks_owe)
        ordinary = inputs["margin_ratio_initial"], inputs["margin_ratio_maintenance"]
        quick = (
            figure(inputs, "high_leverage_margin_ratio_initial"),
            figure(inputs, "high_leverage_margin_ratio_maintenance"),
        )
        if settings.get("user_high_leverage_mode") and quick[0] > 0 and quick[1] > 0:
            initial, maintenance = self.mapped(ordinary[0], quick[0]), self.sized(quick[1])
        else:
            initial, maintenance = self.sized(ordinary[0]), self.sized(ordinary[1])
        self.initial_rate, self.maintenance_rate = max(initial, self.own), maintenance
        self.profit_weight = self.weight(inputs)
        self.kept_weight = figure(inputs, "unrealized_pnl_maintenance_asset_weight")

    def owed(self, base: Decimal) -> Decimal:
        """What a size owes: a short of a prediction market what is left to a price of 1."""
        return abs(base) * (max(ZERO, 1 - self.mark) if self.is_prediction and base < 0 else self.mark)

    def grown(self, ratio: Decimal) -> Decimal:
        """A ratio with the size premium."""
        return ratio - floor(ratio * FIFTH, WEIGHT) + floor(root(self.size) * self.factor / CURVE, WEIGHT)

    def sized(self, ratio: Decimal) -> Decimal:
        """The larger of a ratio and the grown one."""
        return max(ratio, self.grown(ratio)) if self.factor else ratio

    def mapped(self, ordinary: Decimal, quick: Decimal) -> Decimal:
        """In high-leverage mode the growth of the ordinary ratio, mapped back."""
        if not self.factor:
            return quick
        grown = self.grown(ordinary)
        if grown < ordinary:
            discount = 1 - floor((ordinary - grown) / floor(ordinary * FIFTH, WEIGHT), MICRO)
            return quick + floor(max(WEIGHT, ordinary - quick) * discount, WEIGHT)
        return quick if grown == ordinary else grown

    def weight(self, inputs: Any) -> Decimal:
        """The initial weight of profit."""
        weight, factor = (
            figure(inputs, "unrealized_pnl_initial_asset_weight"),
            figure(inputs, "unrealized_pnl_imf_factor"),
        )
        if not factor:
            return weight
        size = root(max(ZERO, self.gain))
        return min(weight, floor(DISCOUNT / (1 + floor(size * factor / CURVE, MICRO)), WEIGHT))

    def initial_gain(self, low: Decimal, high: Decimal) -> Decimal:
        """Profit as it counts for the initial requirement."""
        if self.gain > 0:
            return min(PROFIT_CAP, self.gain * low * self.profit_weight)
        return self.gain * high

    def at_risk(self) -> Decimal:
        """What a liquidation's buffer is taken of: what the market owes, and its loss."""
        return self.value * self.quote + max(ZERO, -self.kept_gain())

    def kept_gain(self) -> Decimal:
        """Profit as it counts for the maintenance requirement."""
        return self.gain * self.quote * (self.kept_weight if self.gain > 0 else ONE)


def total(values: list[Any], of: Callable[[Any], Decimal]) -> Decimal:
    """A sum."""
    return sum((of(value) for value in values), ZERO)


def figures(state: AccountState) -> Figures:
    """The margin calculation of the program, cross and isolated."""
    found: Figures = {}
    settings: Any = state.account.inputs
    buffer = figure(settings, "liquidation_margin_buffer_ratio", BUFFER)
    cross: list[Market] = []
    taken = ZERO
    resting: dict[str, list[Order]] = {}
    alongside: dict[str, list[Order]] = {}
    count = 0
    for order in state.orders:
        if order.margin_mode == "isolated":
            alongside.setdefault(order.symbol, []).append(order)
        else:
            resting.setdefault(order.symbol, []).append(order)
            count += 1
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        asset = state.asset_by_name[instrument.settle]
        isolated = position.margin_mode == "isolated"
        orders = alongside.get(position.symbol, []) if isolated else resting.pop(position.symbol, [])
        market = Market(position, orders, instrument, asset, settings)
        short_of_prediction = market.is_prediction and market.units < 0
        liability = market.notional * ((1 - market.mark) / market.mark if short_of_prediction else ONE)
        found[position.id] = position_figures(
            f"isolated/{position.id}" if isolated else "cross",
            market.notional,
            market.profit,
            liability * market.initial_rate * market.high,
            liability * market.maintenance_rate * market.quote,
        )
        if isolated:
            margin = position.assigned_margin or ZERO
            taken += margin
            equity = margin * market.quote + market.kept_gain()
            on_book = CENT * len(orders)
            maintenance = market.value * market.maintenance_rate * market.quote + on_book
            alone = pool_figures(
                "isolated",
                [position.id],
                "USD",
                equity,
                market.value * market.initial_rate * market.high + on_book,
                maintenance,
                liquidatable=equity < maintenance,
            )
            if position.inputs.get("being_liquidated"):
                alone["liquidatable"] = equity < maintenance + buffer * market.at_risk()
            alone["initial_equity"] = margin * market.low + market.initial_gain(market.low, market.high)
            found[f"isolated/{position.id}"] = alone
        else:
            cross.append(market)
    for symbol, orders in resting.items():
        instrument = state.instrument_by_symbol[symbol]
        cross.append(Market(None, orders, instrument, state.asset_by_name[instrument.settle], settings))
    own = figure(settings, "max_margin_ratio")
    tokens = {}
    for balance in state.balances:
        amount = balance.wallet_balance - (taken if balance.asset == "USDC" else ZERO)
        tokens[balance.asset] = Token(balance, state.asset_by_name[balance.asset], amount, own)
    held = list(tokens.values())
    on_orders = CENT * (count + total(held, lambda token: token.orders))
    strict = [token.counted(token.initial, token.strict, initial=True) for token in held]
    plain = [token.counted(token.initial, token.plain, initial=True) for token in held]
    kept = [token.counted(token.maintenance, token.plain, initial=False) for token in held]
    equity = total(kept, lambda pair: pair[0]) + total(cross, Market.kept_gain)
    initial = (
        total(strict, lambda pair: pair[1])
        + total(cross, lambda market: market.value * market.initial_rate * market.high)
        + on_orders
    )
    maintenance = (
        total(kept, lambda pair: pair[1])
        + total(cross, lambda market: market.value * market.maintenance_rate * market.quote)
        + on_orders
    )
    members = [position.id for position in state.positions if position.margin_mode == "cross"]
    whole = pool_figures("cross", members, "USD", equity, initial, maintenance, liquidatable=equity < maintenance)
    if settings.get("being_liquidated"):
        at_risk = total(held, Token.liability) + total(cross, Market.at_risk)
        whole["liquidatable"] = equity < maintenance + buffer * at_risk
    whole["initial_equity"] = total(strict, lambda pair: pair[0]) + total(
        cross, lambda market: market.initial_gain(market.low, market.high)
    )
    found["cross"] = whole
    free = (
        total(plain, lambda pair: pair[0])
        + total(cross, lambda market: market.initial_gain(market.quote, market.quote))
        - total(plain, lambda pair: pair[1])
        - total(cross, lambda market: market.value * market.initial_rate * market.quote)
        - on_orders
    )
    spendable = max(ZERO, free - MICRO)
    owing = bool(cross) or any(token.owes() for token in held)
    idle: dict[str, Any] = {}
    for name, token in tokens.items():
        weight = token.share(token.initial[0], abs(token.amount))
        most = floor(floor(spendable / weight, MICRO) / token.price, MICRO) if weight > 0 else token.amount
        idle[name] = (
            max(ZERO, token.amount) if not owing or most >= token.amount else token.amount * (most / token.amount)
        )
    found["idle"] = idle
    return found
