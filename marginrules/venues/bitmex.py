"""BitMEX's answers to an account state.

The payload is one object that holds the venue's answers under their names: `position` (GET /position), `instrument`
(GET /instrument), `margin` (GET /user/margin of all currencies) and `assets` (GET /wallet/assets), which alone says
how many decimals the smallest unit of a currency has; `order` (GET /order) where orders rest.

Amounts are counted in that smallest unit, and converted exactly. The figures of a position are cross-checked, and the
profit of the account against that of its positions. `docs/importers/bitmex.md` has the table.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from attrs import field, frozen

from marginrules.account.contracts import value_at
from marginrules.account.state import (
    Account,
    AccountState,
    Asset,
    Balance,
    Instrument,
    Order,
    Position,
    TierTable,
    Value,
)
from marginrules.arithmetic import plain_text
from marginrules.venues.figures import (
    LoneAnswer,
    check_figure,
    check_profit_total,
    entry_price_of_cost,
    filled,
    filled_decimal,
    position_id,
    positions_of_both_sides,
    refuse_a_lone_answer,
    refuse_order_margin_without_orders,
    refuse_other_names,
    rows_by,
    text_moment,
    value_slack,
    without_sign,
)
from marginrules.venues.importer import Importer, imported
from marginrules.venues.payload import Part, each_once, last_place, optional_decimal, to_solved_digits

REQUESTS: Mapping[str, str] = {
    "position": "GET /position",
    "instrument": "GET /instrument",
    "margin": "GET /user/margin?currency=all",
    "assets": "GET /wallet/assets",
    "order": 'GET /order?filter={"open": true}',
}

_NEEDED = ("position", "instrument", "margin", "assets")
_LONE_ANSWERS = (
    LoneAnswer("position", ("symbol", "currentQty")),
    LoneAnswer("instrument", ("symbol", "settlCurrency")),
    LoneAnswer("margin", ("currency", "walletBalance")),
)
_SIDES = {"buy": "buy", "sell": "sell"}
_ONE_MOMENT = "take the answers at one moment, each of all symbols and currencies"

# States of an order that is in the book, or waits for its trigger. BitMEX API, order, `ordStatus`.
_OPEN = ("New", "PartiallyFilled")

# More decimals than any currency of the venue has.
_MOST_DECIMALS = 30

# Smallest units by which the venue's margins differ from its own formula: rounded up, and summed over fills.
_FILLS = Decimal(10)

_HALF = Decimal("0.5")
_ZERO = Decimal(0)


@frozen
class _Currency:
    """A settlement currency: what it is called here, and the unit the venue counts it in."""

    asset: str
    scale: int
    part: Part = field(eq=False)

    @property
    def unit(self) -> Decimal:
        """The smallest unit, in the asset."""
        return Decimal(1).scaleb(-self.scale)

    def money(self, part: Part) -> Decimal:
        """An amount of smallest units, in the asset."""
        return part.whole().scaleb(-self.scale)


@frozen
class _Answers:
    """The payload's rows, by what they are asked for by."""

    payload: Part
    positions: tuple[Part, ...]
    instruments: Mapping[str, Part]
    margins: Mapping[str, Part]
    currencies: Mapping[str, _Currency]


@frozen
class _Contract:
    """A contract, and the currency it settles in."""

    instrument: Instrument
    currency: _Currency


@frozen
class _Held:
    """A position, the contract it is in, and its profit and value at the mark price."""

    position: Position
    contract: _Contract
    profit: Decimal
    value: Decimal


def read(payload: object, source: str = "payload") -> AccountState:
    """The account state that a BitMEX payload shows.

    Args:
        payload: parsed JSON, its numbers `Decimal` or text.
        source: name of the payload for errors.

    Raises:
        StateError: something is missing, malformed or contradicts itself; it says where and how to mend it.
    """
    return imported(_read, payload, source, REQUESTS)


def _read(payload: Part) -> AccountState:
    refuse_a_lone_answer(payload, _LONE_ANSWERS, _NEEDED)
    refuse_other_names(payload)
    answers = _answers(payload)

    open_rows = [row for row in answers.positions if row.member("currentQty").decimal()]
    both_sides = positions_of_both_sides(row.member("symbol").text() for row in open_rows)
    contracts: dict[str, _Contract] = {}
    held: list[_Held] = []
    for row in open_rows:
        symbol = row.member("symbol").text()
        if symbol not in contracts:
            contracts[symbol] = _contract(symbol, row, answers)
        held.append(_held(row, contracts[symbol], both_sides))
    dict(each_once((entry.position.id, row) for entry, row in zip(held, open_rows, strict=True)))

    orders: list[Order] = []
    resting = payload.optional("order")
    listed = resting.items() if resting else ()
    # What positions take of the margin is in `maintMargin`: `initMargin` is that of the orders.
    order_margins = [filled(row, "initMargin") for row in (*answers.margins.values(), *answers.positions)]
    refuse_order_margin_without_orders(payload, "order", order_margins, listed=bool(listed))
    for row in listed:
        order = _order(row, answers)
        if order is None:
            continue
        if order.symbol not in contracts:
            contracts[order.symbol] = _contract(order.symbol, row, answers)
        orders.append(order)

    settling = {contract.currency.asset: contract.currency for contract in contracts.values()}
    balances = _balances(answers, settling, held)
    used = dict.fromkeys([*(balance.asset for balance in balances), *settling])
    by_asset = {currency.asset: currency for currency in answers.currencies.values()}
    return AccountState(
        account=Account(id="bitmex", as_of=_moment(answers)),
        balances=balances,
        positions=tuple(entry.position for entry in held),
        orders=tuple(orders),
        instruments=tuple(contract.instrument for contract in contracts.values()),
        assets=tuple(
            Asset(name, inputs={"scale": Decimal(by_asset[name].scale)}, pointer=by_asset[name].part.pointer)
            for name in used
        ),
    )


def _answers(payload: Part) -> _Answers:
    return _Answers(
        payload=payload,
        positions=payload.member("position").rows(),
        instruments=rows_by(payload.member("instrument").rows(), "symbol"),
        margins=rows_by(payload.member("margin").rows(), "currency"),
        currencies=_currencies(payload.member("assets")),
    )


def _currencies(answer: Part) -> Mapping[str, _Currency]:
    """What the venue's codes of smallest units mean: XBt counts hundred-millionths of XBT."""
    found = {}
    for code, row in each_once((row.member("currency").text(), row) for row in answer.items()):
        scale = row.member("scale").integer()
        if not 0 <= scale <= _MOST_DECIMALS:
            raise row.member("scale").error(
                f"scale is {scale}, which is no number of decimals", f"give the answer of {REQUESTS['assets']}"
            )
        found[code] = _Currency(row.member("asset").text(), scale, row)
    return found


def _currency(code: Part, answers: _Answers) -> _Currency:
    currency = answers.currencies.get(code.text())
    if currency is None:
        raise code.error(
            f"assets has no row of {code.text()}, whose smallest unit is therefore not known",
            f"add the answer of {REQUESTS['assets']}, whole, as `assets`",
        )
    return currency


def _contract(symbol: str, asking: Part, answers: _Answers) -> _Contract:
    """The contract of a symbol; `asking` is the position or the order that is on it."""
    row = answers.instruments.get(symbol)
    if row is None:
        raise asking.member("symbol").error(
            f"instrument has no row of {symbol}",
            f"add the answer of {REQUESTS['instrument']}, with the row of {symbol}, as `instrument`",
        )
    currency = _currency(row.member("settlCurrency"), answers)
    inverse, quanto = row.member("isInverse").flag(), row.member("isQuanto").flag()
    multiplier = row.member("multiplier")
    if not multiplier.integer() or (inverse and quanto):
        raise multiplier.error(
            f"{symbol} has the multiplier {multiplier.integer()}, isInverse {inverse} and isQuanto {quanto}, "
            "which is no contract this importer knows",
            f"give the answer of {REQUESTS['instrument']} as the venue gave it",
        )
    # Smallest units for one contract and one point of the price, negative where the value falls as the price rises.
    contract_size = abs(currency.money(multiplier))
    _check_contract_size(row, contract_size, linear=not inverse and not quanto)
    positions = [held for held in answers.positions if held.member("symbol").text() == symbol]
    mark = next((filled(held, "markPrice") for held in positions if held.has("markPrice")), filled(row, "markPrice"))
    funding = filled_decimal(row, "fundingRate")
    fee = next((held.optional("commission") for held in positions if held.has("commission")), row.optional("takerFee"))
    instrument = Instrument(
        symbol=symbol,
        contract="inverse" if inverse else "quanto" if quanto else "linear",
        base=row.member("underlying").text(),
        quote=row.member("quoteCurrency").text(),
        settle=currency.asset,
        contract_size=contract_size,
        mark_price=mark.positive() if mark else None,
        tick_size=row.member("tickSize").positive(),
        quantity_step=row.member("lotSize").positive() if filled(row, "lotSize") else None,
        taker_fee_rate=fee.decimal() if fee else None,
        tiers=chosen_tiers(row, positions),
        inputs={} if funding is None else {"fundingRate": funding},
        pointer=row.pointer,
    )
    return _Contract(instrument, currency)


def _check_contract_size(row: Part, contract_size: Decimal, *, linear: bool) -> None:
    """Refuse a unit of the settlement currency with which the contract has not the size that the venue names."""
    shown = filled(row, "underlyingToPositionMultiplier")
    if not linear or shown is None:
        return
    if contract_size * shown.positive() != 1:
        raise row.member("multiplier").error(
            f"multiplier and the scale of {row.member('settlCurrency').text()} give {contract_size} of the underlying "
            f"for one contract, but underlyingToPositionMultiplier is {shown.decimal()} contracts for one",
            "give `instrument` and `assets` of the same venue, as it gave them",
        )


def chosen_tiers(row: Part, positions: list[Part]) -> TierTable:
    """The rates of the risk limit chosen, one row; those of the lowest risk limit where nothing was chosen.

    Args:
        row: the contract, as the venue answers it.
        positions: those on it, as the venue answers them.

    Raises:
        StateError: the two sides have different rates, or a rate is missing.
    """
    open_rows = [held for held in positions if held.member("currentQty").decimal()]
    rates = {held.member("maintMarginReq").rate() for held in open_rows}
    if len(rates) > 1:
        raise open_rows[-1].error(
            f"the two sides of {row.member('symbol').text()} have risk limits with different rates, "
            "for which an account state has no table",
            "choose the same risk limit for both",
        )
    chosen = next((held for held in [*open_rows, *positions] if held.has("maintMarginReq")), None)
    if chosen is None:
        base = (row.member("maintMargin").rate(), row.member("initMargin").rate())
        return TierTable(("above", "maintenance_rate", "initial_rate"), ((_ZERO, *base),), row.pointer)
    maintenance = chosen.member("maintMarginReq")
    initial = _initial_rate_beyond_leverage(chosen)
    if initial is None:
        return TierTable(("above", "maintenance_rate"), ((_ZERO, maintenance.rate()),), maintenance.pointer)
    columns = ("above", "maintenance_rate", "initial_rate")
    return TierTable(columns, ((_ZERO, maintenance.rate(), initial),), maintenance.pointer)


def _initial_rate_beyond_leverage(row: Part) -> Decimal | None:
    """The initial rate that the risk limit asks for, where it and not the leverage is what binds.

    Raises:
        StateError: the rate is less than the leverage asks for; or absent, and there is no leverage.
    """
    required, leverage = filled(row, "initMarginReq"), filled_decimal(row, "leverage")
    if not leverage:
        # A cross position without a leverage of its own: the venue writes 0.
        return (required or row.member("initMarginReq")).rate()
    if required is None:
        return None
    beyond = required.rate() - 1 / leverage
    if abs(beyond) < last_place(required.rate()):
        # The reciprocal of the leverage, to the digits printed.
        return None
    if beyond < 0:
        raise required.error(
            f"initMarginReq is {required.decimal()}, but a leverage of {leverage} asks for more",
            "give leverage and initMarginReq of one answer of the venue",
        )
    return required.rate()


def _held(row: Part, contract: _Contract, both_sides: frozenset[str]) -> _Held:
    instrument, currency = contract.instrument, contract.currency
    quantity = row.member("currentQty").whole()
    mark_price = (filled(row, "markPrice") or row.member("markPrice")).positive()
    cost = abs(currency.money(row.member("posCost")))
    # The venue rounds the value of one contract, and adds up the fills: their average price is off by up to a unit.
    rounding = abs(quantity) * currency.unit * _HALF
    entry_price = entry_price_of_cost(
        instrument, quantity, row.member("avgEntryPrice"), cost, exact_within=_ZERO, slack=2 * rounding
    )
    value = _mark_value(instrument, quantity, mark_price, currency)
    _check_value_and_profit(row, value, value_slack(instrument, quantity, mark_price) + rounding, currency)
    mode = "cross" if row.member("crossMargin").flag() else "isolated"
    inputs: dict[str, Value] = {
        name: currency.money(amount) for name in ("posComm", "riskLimit") if (amount := filled(row, name)) is not None
    }
    leverage = _leverage(row, mode)
    _check_margins(row, contract, cost / currency.unit, leverage)
    symbol = instrument.symbol
    gain = (value - cost) * (1 if (quantity > 0) != (instrument.contract == "inverse") else -1)
    return _Held(
        Position(
            id=position_id(symbol, quantity, both_sides),
            symbol=symbol,
            quantity=quantity,
            entry_price=entry_price,
            margin_mode=mode,
            leverage=leverage,
            assigned_margin=_assigned_margin(row, currency) if mode == "isolated" else None,
            inputs=inputs,
            pointer=row.pointer,
        ),
        contract,
        gain,
        value,
    )


def _mark_value(instrument: Instrument, quantity: Decimal, mark_price: Decimal, currency: _Currency) -> Decimal:
    """The value at the mark price, that of one inverse contract rounded to the smallest unit first, as the venue does."""
    if instrument.contract != "inverse":
        return value_at(instrument, quantity, mark_price)
    one = value_at(instrument, Decimal(1), mark_price)
    return abs(quantity) * one.quantize(currency.unit, rounding=ROUND_HALF_UP)


def _check_value_and_profit(row: Part, value: Decimal, slack: Decimal, currency: _Currency) -> None:
    """Refuse a row whose value, cost, profit and margin are not of one moment."""
    shown = filled(row, "markValue")
    if shown is not None:
        size = without_sign(shown)
        check_figure(size, value / currency.unit, slack / currency.unit, "currentQty at markPrice", _ONE_MOMENT)
    profit = filled(row, "unrealisedPnl")
    if shown is not None and profit is not None:
        computed = shown.decimal() - row.member("posCost").decimal()
        check_figure(profit, computed, _ZERO, "markValue - posCost", _ONE_MOMENT)
    margin, with_profit = filled(row, "posMargin"), filled(row, "maintMargin")
    if margin is not None and with_profit is not None and profit is not None:
        computed = margin.decimal() + profit.decimal()
        check_figure(with_profit, computed, _ZERO, "posMargin + unrealisedPnl", _ONE_MOMENT)


def _leverage(row: Part, mode: str) -> Decimal | None:
    """The leverage chosen; None for a cross position without one of its own, which has what its risk limit allows."""
    leverage = row.member("leverage")
    if mode == "cross" and not leverage.decimal():
        return None
    return leverage.positive()


def _check_margins(row: Part, contract: _Contract, cost: Decimal, leverage: Decimal | None) -> None:
    """Refuse a row whose initial or maintenance margin is not what its cost and rates give.

    The venue rounds both up to its smallest unit, and adds up those of the fills: by a few units.

    Args:
        row: the position.
        contract: what it is in.
        cost: posCost in smallest units, positive.
        leverage: of the position.
    """
    initial = filled(row, "posInit")
    if initial is not None:
        rate = _initial_rate_beyond_leverage(row)
        computed = cost * rate if rate is not None else cost / leverage if leverage else initial.decimal()
        check_figure(initial, computed, _FILLS, "posCost at initMarginReq or leverage", _ONE_MOMENT)
    maintenance, reserve = filled(row, "posMaint"), filled(row, "posComm")
    if maintenance is None or reserve is None:
        return
    least = cost * row.member("maintMarginReq").rate() + reserve.decimal()
    funding = contract.instrument.inputs.get("fundingRate")
    most = least + cost * abs(funding) if isinstance(funding, Decimal) else least
    shown = maintenance.decimal()
    if shown < least - _FILLS or (funding is not None and shown > most + _FILLS):
        raise maintenance.error(
            f"posMaint is {shown}, but maintMarginReq, posComm and the fundingRate of instrument give "
            f"{plain_text(to_solved_digits(least))} to {plain_text(to_solved_digits(most))}",
            _ONE_MOMENT,
        )


def _assigned_margin(row: Part, currency: _Currency) -> Decimal:
    """Cash assigned to an isolated position, the reserve for closing included, profit left out."""
    return currency.money(row.member("posMargin"))


def _balances(answers: _Answers, settling: Mapping[str, _Currency], held: list[_Held]) -> tuple[Balance, ...]:
    codes = [currency.part.member("currency").text() for currency in settling.values()]
    balances = []
    for code, row in answers.margins.items():
        wallet, profit = row.member("walletBalance"), filled(row, "unrealisedPnl")
        moves = wallet.decimal() or (profit is not None and profit.decimal())
        if not moves and code not in codes:
            continue
        currency = _currency(row.member("currency"), answers)
        _check_profit(row, currency, [entry for entry in held if entry.contract.currency is currency])
        balances.append(Balance(currency.asset, currency.money(wallet), pointer=row.pointer))
    for asset in settling:
        if asset not in [balance.asset for balance in balances]:
            margin = answers.payload.member("margin")
            raise margin.error(
                f"margin has no row of {asset}, in which a position or an order is margined",
                f"give the answer of {REQUESTS['margin']}, of all currencies",
            )
    return tuple(balances)


def _check_profit(row: Part, currency: _Currency, held: list[_Held]) -> None:
    """Refuse a row of `margin` that is not of one moment, or not of the positions given."""
    profit, total = filled(row, "unrealisedPnl"), filled(row, "marginBalance")
    if profit is None:
        return
    if total is not None:
        computed = row.member("walletBalance").decimal() + profit.decimal()
        check_figure(total, computed, _ZERO, "walletBalance + unrealisedPnl", _ONE_MOMENT)
    # Whether the total has in it what is printed apart for isolated positions, the venue does not say.
    if not optional_decimal(row, "isolatedUnrealisedPnl"):
        pairs = [(entry.profit, entry.value) for entry in held]
        check_profit_total(profit, currency.unit, pairs, REQUESTS["position"])


def _order(row: Part, answers: _Answers) -> Order | None:
    """A resting order on a contract; None for one not in the book, and for a spot order."""
    symbol = row.member("symbol").text()
    status, working = filled(row, "ordStatus"), row.optional("workingIndicator")
    if (status is not None and status.text() not in _OPEN) or (working is not None and not working.flag()):
        return None
    listed = answers.instruments.get(symbol)
    if listed is not None and filled(listed, "settlCurrency") is None:
        return None
    settings = next((held for held in answers.positions if held.member("symbol").text() == symbol), None)
    crossed = settings.optional("crossMargin") if settings else None
    instructions = filled(row, "execInst")
    words = [word.strip() for word in instructions.text().split(",")] if instructions else []
    price, number = filled(row, "price"), filled(row, "orderID")
    leverage = filled_decimal(settings, "leverage") if settings else None
    return Order(
        symbol=symbol,
        side=row.member("side").choice(_SIDES),
        quantity=row.member("leavesQty").positive(),
        price=price.positive() if price else None,
        id=number.text() if number else None,
        reduce_only="ReduceOnly" in words or "Close" in words,
        margin_mode=None if crossed is None else "cross" if crossed.flag() else "isolated",
        leverage=leverage or None,
        pointer=row.pointer,
    )


def _moment(answers: _Answers) -> datetime | None:
    """The latest time that an answer names."""
    rows = [*answers.positions, *answers.margins.values(), *answers.instruments.values()]
    return max((text_moment(row.member("timestamp")) for row in rows if row.has("timestamp")), default=None)


IMPORTER = Importer(
    "bitmex",
    "BitMEX",
    "one object with `position`, `instrument`, `margin` and `assets`; where orders rest `order`",
    read,
)
