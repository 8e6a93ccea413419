"""Actions on an account: what each says, and its standard effect on the state.

Effects are the same at every venue; whether an action is allowed is the policy's matter. Cash is conserved: what leaves
a balance arrives at another place or is named in the action. Nothing here evaluates a margin.
"""

from collections.abc import Mapping
from decimal import Decimal

from attrs import evolve, frozen

from marginrules.account.contracts import unrealized_pnl, value_at
from marginrules.account.state import AccountState, Balance, Instrument, Order, Position
from marginrules.errors import MarginRulesError

ACTION_KINDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "deposit": (("asset", "amount"), ("wallet",)),
    "withdraw": (("asset", "amount"), ("wallet",)),
    "transfer": (("asset", "amount", "to"), ("wallet",)),
    "add_margin": (("position", "amount"), ()),
    "remove_margin": (("position", "amount"), ()),
    "open": (
        ("symbol", "side", "quantity"),
        ("price", "margin_mode", "leverage", "assigned_margin", "position", "position_side"),
    ),
    "reduce": (("position", "quantity"), ("price",)),
    "close": (("position",), ("price",)),
    "switch_mode": (("margin_mode",), ("position", "symbol", "assigned_margin")),
    "set_leverage": (("symbol", "leverage"), ()),
    "place_order": (
        ("symbol", "side", "quantity"),
        ("id", "price", "margin_mode", "leverage", "reduce_only", "position_side"),
    ),
    "cancel_order": (("id",), ()),
}
"""The actions, with what each must say and what it may say.

A trade without a `price` is a market order: it fills at the mark price.
"""

_HEDGE_SIDES: Mapping[str, bool | None] = {"LONG": True, "SHORT": False, "BOTH": None, "NET": None}
"""Whether a position side is the long one; None for the names of having one position a symbol."""

BOOKED_DECIMALS = 24
"""Decimals of what is booked: profit, funding, fees, assigned margin, contracts closed. A quotient such as a third has no
last digit; booked with so many, sums of what arrives and what is left are exact, and far below any unit of a venue."""

_ZERO = Decimal(0)
_BOOKED = Decimal(1).scaleb(-BOOKED_DECIMALS)


@frozen
class Action:
    """One thing that is asked for.

    Attributes:
        action: its kind, a key of `ACTION_KINDS`.
        amount: above zero, in `asset`, or in the settlement asset of `position`.
        quantity: contracts, above zero; the direction is in `side`.
        price: quote per base.
        assigned_margin: cash to assign to an isolated position, in the settlement asset.
        to: where a transfer goes: a wallet of the account, or a place outside it.
        position_side: `LONG` or `SHORT` where a symbol has a position of each; `BOTH` or `NET` where it has one.
    """

    action: str
    asset: str | None = None
    amount: Decimal | None = None
    wallet: str | None = None
    to: str | None = None
    position: str | None = None
    symbol: str | None = None
    side: str | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    margin_mode: str | None = None
    leverage: Decimal | None = None
    assigned_margin: Decimal | None = None
    position_side: str | None = None
    reduce_only: bool | None = None
    id: str | None = None

    def __attrs_post_init__(self) -> None:
        for name in _DECIMALS:
            value = getattr(self, name)
            if value is not None and not isinstance(value, Decimal):
                raise ActionError(
                    f"/{name}",
                    f"{value!r} is no Decimal",
                    'write Decimal("0.05"), or read a document with `read_action`',
                )


_DECIMALS = ("amount", "quantity", "price", "leverage", "assigned_margin")


class ActionError(MarginRulesError):
    """An action that makes no sense on the account: an unknown position, an amount of zero.

    Attributes:
        pointer: JSON pointer of the guilty value in the action document.
    """

    def __init__(self, pointer: str, problem: str, remedy: str) -> None:
        self.pointer = pointer
        self.problem = problem
        super().__init__(f"action: {pointer or '/'}: {problem}\nhelp: {remedy}")


class NotPossibleError(MarginRulesError):
    """An action that no policy could allow on this account, such as adding margin to a cross position."""


@frozen
class Effect:
    """What an action does.

    Attributes:
        state: the account after it.
        position: id of the position it concerns, before or after; None where it concerns none.
        order: place of the order it concerns in the state that has it.
        increasing: whether the position it concerns grows.
        others: ids of further positions that it changes: of all positions on one contract, those behind the first.
    """

    state: AccountState
    position: str | None = None
    order: int | None = None
    increasing: bool = False
    others: tuple[str, ...] = ()


def apply(state: AccountState, action: Action) -> Effect:
    """The standard effect of an action; the state that was given stays as it is.

    Raises:
        ActionError: the action does not fit the account.
        NotPossibleError: it fits, and can not be done at this account under any policy.
    """
    _check(action)
    match action.action:
        case "deposit":
            return Effect(_cash(state, _text(action.asset), action.amount or _ZERO, action.wallet))
        case "withdraw":
            return Effect(_taken(state, action))
        case "transfer":
            return Effect(_moved(state, action))
        case "add_margin" | "remove_margin":
            return _margin(state, action)
        case "open":
            return _open(state, action)
        case "reduce" | "close":
            return _reduce(state, action)
        case "switch_mode":
            return _switch(state, action)
        case "set_leverage":
            return _leverage(state, action)
        case "place_order":
            if action.id is not None and any(order.id == action.id for order in state.orders):
                raise ActionError("/id", f"there is an order {action.id} already", "give it an id of its own")
            order = Order(
                _instrument(state, action).symbol,
                _text(action.side),
                action.quantity or _ZERO,
                action.price,
                action.id,
                action.reduce_only,
                action.margin_mode,
                action.leverage,
                {"positionSide": action.position_side} if action.position_side is not None else {},
                f"/orders/{len(state.orders)}",
            )
            return Effect(evolve(state, orders=(*state.orders, order)), order=len(state.orders))
        case _:
            for place, order in enumerate(state.orders):
                if order.id == action.id:
                    return Effect(
                        evolve(state, orders=(*state.orders[:place], *state.orders[place + 1 :])), order=place
                    )
            known = ", ".join(order.id for order in state.orders if order.id is not None) or "none with an id"
            raise ActionError("/id", f"there is no order {action.id}", f"the account has {known}")


def priced(state: AccountState, action: Action) -> Action:
    """The action with the mark price in it where it trades and says no price of its own.

    Raises:
        ActionError: there is no mark price either.
    """
    if action.price is not None or action.action not in {"open", "reduce", "close"}:
        return action
    instrument = (
        _instrument(state, action)
        if action.action == "open"
        else state.instrument_by_symbol[_position(state, action.position)[1].symbol]
    )
    return evolve(action, price=_price(action, instrument))


def booked(amount: Decimal) -> Decimal:
    """An amount as it is booked: rounded half to even to `BOOKED_DECIMALS`."""
    _, _, exponent = amount.as_tuple()
    return amount.quantize(_BOOKED) if isinstance(exponent, int) and exponent < -BOOKED_DECIMALS else amount


def _check(action: Action) -> None:
    known = ACTION_KINDS.get(action.action)
    if known is None:
        raise ActionError("/action", f"there is no action {action.action!r}", f"it is one of {', '.join(ACTION_KINDS)}")
    for name in known[0]:
        if getattr(action, name) is None:
            raise ActionError(f"/{name}", f"`{action.action}` needs `{name}`", f"it says {', '.join(known[0])}")
    for name in ("amount", "quantity", "price", "leverage", "assigned_margin"):
        value = getattr(action, name)
        if value is None:
            continue
        if not value.is_finite():
            raise ActionError(f"/{name}", f"{name} is {value}", "leave out what is not known")
        if value < 0 or (not value and name != "assigned_margin"):
            raise ActionError(f"/{name}", f"{name} is {value}", "it must be above 0; the kind of action gives the sign")
    if action.side not in {None, "buy", "sell"}:
        raise ActionError("/side", f"the side is {action.side!r}", "it is buy or sell")
    if action.position_side is not None and action.position_side.upper() not in _HEDGE_SIDES:
        raise ActionError(
            "/position_side",
            f"the position side is {action.position_side!r}",
            f"it is one of {', '.join(_HEDGE_SIDES)}",
        )


def _hedge_side(action: Action) -> bool | None:
    """Whether the action is about the long side of a hedge; None where it does not tell sides apart."""
    return None if action.position_side is None else _HEDGE_SIDES[action.position_side.upper()]


def _price(action: Action, instrument: Instrument) -> Decimal:
    """The price that a trade says, or the mark."""
    price = action.price if action.price is not None else instrument.mark_price
    if price is None:
        raise ActionError("/price", "there is neither a price nor a mark price", "say the price")
    return price


def _text(value: str | None) -> str:
    return value or ""


def _instrument(state: AccountState, action: Action) -> Instrument:
    found = state.instrument_by_symbol.get(_text(action.symbol))
    if found is None:
        known = ", ".join(state.instrument_by_symbol) or "none"
        raise ActionError("/symbol", f"no instrument has the symbol {action.symbol!r}", f"the account has {known}")
    return found


def _position(state: AccountState, identity: str | None, pointer: str = "/position") -> tuple[int, Position]:
    for place, position in enumerate(state.positions):
        if position.id == identity:
            return place, position
    known = ", ".join(position.id for position in state.positions) or "none"
    raise ActionError(pointer, f"there is no position {identity!r}", f"the account has {known}")


def _taken(state: AccountState, action: Action) -> AccountState:
    """The state with an amount taken out; an asset that is known can be borrowed, where a policy lets a balance fall so."""
    asset = _text(action.asset)
    held = [balance.wallet for balance in state.balances if balance.asset == asset]
    if not held and asset not in state.asset_by_name:
        known = ", ".join(dict.fromkeys(balance.asset for balance in state.balances)) or "nothing"
        raise ActionError("/asset", f"there is no {asset} in the account", f"it has {known}")
    if held and action.wallet is not None and action.wallet not in held:
        known = ", ".join(wallet for wallet in held if wallet is not None) or "no wallets"
        raise ActionError("/wallet", f"no wallet {action.wallet!r} holds {asset}", f"the account has {known}")
    return _cash(state, asset, -(action.amount or _ZERO), action.wallet)


def _moved(state: AccountState, action: Action) -> AccountState:
    """The state after a transfer: between two wallets of the account the cash stays in it, else it arrives outside."""
    if action.wallet is not None and action.wallet == action.to:
        raise ActionError("/to", f"it is in {action.to} already", "name another place")
    inside = any(balance.wallet is not None and balance.wallet == action.to for balance in state.balances)
    state = _taken(state, action)
    return _cash(state, _text(action.asset), action.amount or _ZERO, action.to) if inside else state


def _cash(state: AccountState, asset: str, amount: Decimal, wallet: str | None = None) -> AccountState:
    """The state with cash of an asset added to its balance, which is begun where there is none."""
    places = [place for place, balance in enumerate(state.balances) if balance.asset == asset]
    if wallet is not None:
        places = [place for place in places if state.balances[place].wallet == wallet]
    if len(places) > 1:
        raise ActionError("/wallet", f"there are several {asset} balances", "name the `wallet`")
    if not places:
        fresh = Balance(asset, amount, wallet, pointer=f"/balances/{len(state.balances)}")
        return evolve(state, balances=(*state.balances, fresh))
    balance = state.balances[places[0]]
    changed = evolve(balance, wallet_balance=balance.wallet_balance + amount)
    return evolve(state, balances=(*state.balances[: places[0]], changed, *state.balances[places[0] + 1 :]))


def _with_position(state: AccountState, place: int, position: Position | None) -> AccountState:
    changed = () if position is None else (position,)
    return evolve(state, positions=(*state.positions[:place], *changed, *state.positions[place + 1 :]))


def _margin(state: AccountState, action: Action) -> Effect:
    place, position = _position(state, action.position)
    if position.margin_mode != "isolated":
        message = f"position {position.id} is {position.margin_mode or 'cross'}; margin is assigned to isolated positions only"
        raise NotPossibleError(message)
    if position.assigned_margin is None:
        raise ActionError("/position", f"position {position.id} has no assigned_margin", "give it in the account")
    amount = action.amount or _ZERO
    after = position.assigned_margin + (amount if action.action == "add_margin" else -amount)
    if after < 0:
        message = f"position {position.id} has {position.assigned_margin} assigned, which is less than {amount}"
        raise NotPossibleError(message)
    return Effect(_with_position(state, place, evolve(position, assigned_margin=after)), position.id)


def _closed(
    state: AccountState, place: int, position: Position, quantity: Decimal, price: Decimal
) -> tuple[AccountState, Position | None]:
    """Close a part of a position: its profit goes to the balance, its share of margin and funding is released."""
    instrument = state.instrument_by_symbol[position.symbol]
    signed = quantity if position.quantity > 0 else -quantity
    whole = abs(position.quantity)
    profit = booked(unrealized_pnl(instrument, signed, position.entry_price, price))
    # Multiplied before it is divided: a third of 300 is 100, not 99.99…9.
    funding = booked((position.accrued_funding or _ZERO) * quantity / whole)
    state = _cash(state, instrument.settle, profit + funding)
    if quantity == whole:
        return _with_position(state, place, None), None
    left = evolve(
        position,
        quantity=position.quantity - signed,
        assigned_margin=None
        if position.assigned_margin is None
        else booked(position.assigned_margin * (whole - quantity) / whole),
        accrued_funding=None if position.accrued_funding is None else position.accrued_funding - funding,
    )
    return _with_position(state, place, left), left


def _reduce(state: AccountState, action: Action) -> Effect:
    place, position = _position(state, action.position)
    quantity = abs(position.quantity) if action.action == "close" else action.quantity or _ZERO
    if quantity > abs(position.quantity):
        raise ActionError(
            "/quantity",
            f"position {position.id} has {abs(position.quantity)} contracts",
            "reduce by that at most; to turn it round, open the other side",
        )
    price = _price(action, state.instrument_by_symbol[position.symbol])
    return Effect(_closed(state, place, position, quantity, price)[0], position.id)


def _find(state: AccountState, action: Action) -> tuple[int, Position] | None:
    """The position that a fill nets into."""
    for place, position in enumerate(state.positions):
        if action.position is not None:
            if position.id == action.position:
                if position.symbol != action.symbol:
                    raise ActionError("/position", f"{position.id} is on {position.symbol}", "name another position")
                return place, position
            continue
        same_mode = (
            action.margin_mode is None or position.margin_mode is None or position.margin_mode == action.margin_mode
        )
        side = _hedge_side(action)
        same_side = side is None or (position.quantity > 0) == side
        if position.symbol == action.symbol and same_mode and same_side:
            return place, position
    return None


def _open(state: AccountState, action: Action) -> Effect:
    instrument = _instrument(state, action)
    price = _price(action, instrument)
    signed = (action.quantity or _ZERO) * (1 if action.side == "buy" else -1)
    found = _find(state, action)
    side = _hedge_side(action)
    if side is not None and (signed > 0) != side:
        # In a hedge each side is reduced by the other trade, and never turned round by it.
        held = abs(found[1].quantity) if found is not None else _ZERO
        if abs(signed) > held:
            message = f"the {action.position_side} position has {held} contracts, which is less than {abs(signed)}"
            raise NotPossibleError(message)
    place = len(state.positions)
    existing: Position | None = None
    opened = signed
    if found is not None:
        place, existing = found
        if existing.quantity * signed < 0:
            closing = min(abs(signed), abs(existing.quantity))
            identity = existing.id
            state, existing = _closed(state, place, existing, closing, price)
            opened = signed - closing * (1 if signed > 0 else -1)
            if not opened:
                return Effect(state, identity)
    assigned = action.assigned_margin
    leverage = action.leverage
    if leverage is None and found is not None:
        leverage = found[1].leverage
    mode = action.margin_mode if found is None else found[1].margin_mode
    if mode == "isolated" and assigned is None:
        # At a venue without a leverage setting, a trade moves no margin of its own: what backs it is added apart.
        assigned = booked(value_at(instrument, opened, price) / leverage) if leverage is not None else _ZERO
    if mode == "cross" and action.assigned_margin:
        raise ActionError(
            "/assigned_margin", "a cross position has no assigned margin", "leave it out, or say isolated"
        )
    if existing is None:
        identity = action.position or (found[1].id if found is not None else _fresh_id(state, action))
        inputs: dict[str, Decimal | bool | str | None] = dict(found[1].inputs) if found is not None else {}
        position = Position(
            identity,
            instrument.symbol,
            opened,
            price,
            mode,
            leverage,
            assigned if mode == "isolated" else None,
            inputs=inputs,
            pointer=f"/positions/{place}",
        )
        positions = (*state.positions[:place], position, *state.positions[place:])
    else:
        held = existing.quantity
        entry = _average(instrument, held, existing.entry_price, opened, price)
        margin = existing.assigned_margin
        if mode == "isolated":
            margin = (margin or _ZERO) + (assigned or _ZERO)
        position = evolve(
            existing, quantity=held + opened, entry_price=entry, assigned_margin=margin, leverage=leverage
        )
        positions = (*state.positions[:place], position, *state.positions[place + 1 :])
    state = evolve(state, positions=positions)
    if instrument.open_interest is not None:
        # A match adds its own size to the open interest, as far as it opens.
        grown = evolve(instrument, open_interest=instrument.open_interest + abs(opened) * instrument.contract_size)
        state = evolve(
            state,
            instruments=tuple(grown if known.symbol == instrument.symbol else known for known in state.instruments),
        )
    return Effect(state, position.id, increasing=True)


def _fresh_id(state: AccountState, action: Action) -> str:
    taken = {position.id for position in state.positions}
    symbol = _text(action.symbol)
    for name in (symbol, f"{symbol}:{action.position_side or action.margin_mode}", f"{symbol}:{action.side}"):
        if name not in taken:
            return name
    raise ActionError("/position", f"a position is called {symbol} already", "name the new one with `position`")


def _average(instrument: Instrument, held: Decimal, entry: Decimal, opened: Decimal, price: Decimal) -> Decimal:
    """The entry price of a position that grew: at it, the profit is the sum of both parts' profits."""
    if entry == price:
        return entry
    total = held + opened
    if instrument.contract == "inverse":
        return total / (held / entry + opened / price)
    return (held * entry + opened * price) / total


def _switch(state: AccountState, action: Action) -> Effect:
    if action.position is None and action.symbol is None:
        raise ActionError("/position", "`switch_mode` needs a position or a symbol", "name one")
    if action.margin_mode == "cross" and action.assigned_margin:
        raise ActionError(
            "/assigned_margin", "a cross position has no assigned margin", "leave it out, or say isolated"
        )
    if action.position is not None:
        places = [_position(state, action.position)]
        ((_, named),) = places
        if action.symbol is not None and action.symbol != named.symbol:
            raise ActionError("/symbol", f"{named.id} is on {named.symbol}", "name the position, or the symbol")
    else:
        symbol = _instrument(state, action).symbol
        places = [(place, found) for place, found in enumerate(state.positions) if found.symbol == symbol]
        orders = tuple(
            evolve(order, margin_mode=action.margin_mode)
            if order.symbol == symbol and order.margin_mode is not None
            else order
            for order in state.orders
        )
        state = evolve(state, orders=orders)
    for place, position in places:
        if position.margin_mode == action.margin_mode:
            continue
        margin: Decimal | None = None
        if action.margin_mode == "isolated":
            margin = action.assigned_margin
            if margin is None:
                if position.leverage is None:
                    raise ActionError(
                        "/assigned_margin", f"position {position.id} has no leverage", "say what is to be assigned"
                    )
                instrument = state.instrument_by_symbol[position.symbol]
                margin = booked(value_at(instrument, position.quantity, position.entry_price) / position.leverage)
        state = _with_position(state, place, evolve(position, margin_mode=action.margin_mode, assigned_margin=margin))
    changed = [position.id for _, position in places]
    return Effect(state, changed[0] if changed else None, others=tuple(changed[1:]))


def _leverage(state: AccountState, action: Action) -> Effect:
    symbol = _instrument(state, action).symbol
    positions = tuple(
        evolve(position, leverage=action.leverage) if position.symbol == symbol else position
        for position in state.positions
    )
    orders = tuple(
        evolve(order, leverage=action.leverage) if order.symbol == symbol else order for order in state.orders
    )
    changed = [position.id for position in positions if position.symbol == symbol]
    return Effect(
        evolve(state, positions=positions, orders=orders), changed[0] if changed else None, others=tuple(changed[1:])
    )
