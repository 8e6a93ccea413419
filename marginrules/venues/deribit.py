"""Deribit's answers to an account state.

The payload is one object that holds the venue's answers under their names, with or without the frame `jsonrpc` and
`result`: `account_summaries` (private/get_account_summaries), `positions` (private/get_positions of all currencies)
and `instruments` (public/get_instruments), and what the venue has in no answer: `margin_parameters`, the margin rates of
each contract, from the venue's page about them. Where they apply: `open_orders` and `order_margins` (private/
get_order_margin_by_ids), `tickers`, `time`; in the cross models `index_prices` and `collateral_rates`.

Profit runs from the last settlement, when it is booked to the balance. The margin rates given are checked against the
margins that the venue prints. `docs/importers/deribit.md` has the table.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from attrs import field, frozen

from marginrules.account.contracts import base_quantity, unrealized_pnl, value_at
from marginrules.account.state import Account, AccountState, Asset, Balance, Instrument, Order, Position, Value
from marginrules.arithmetic import plain_text
from marginrules.venues.figures import (
    check_figure,
    check_profit_total,
    filled,
    filled_decimal,
    framed_rows,
    refuse_other_names,
    requests_by_name,
    rows_by,
    unwrapped,
    value_slack,
    without_sign,
)
from marginrules.venues.importer import Importer, imported
from marginrules.venues.payload import Part, last_place, to_solved_digits

REQUESTS: Mapping[str, str] = {
    "account_summaries": "private/get_account_summaries",
    "positions": "private/get_positions (currency `any`, kind `any`)",
    "instruments": "public/get_instruments (currency `any`, kind `future`)",
    "open_orders": "private/get_open_orders",
    "order_margins": "private/get_order_margin_by_ids",
    "tickers": "public/ticker",
    "index_prices": "public/get_index_price",
    "time": "public/get_time",
}

_NEEDED = ("account_summaries", "positions", "instruments")
_MODELS = {name: name for name in ("segregated_sm", "segregated_pm", "cross_sm", "cross_pm")}
_CONTRACTS = {"linear": "linear", "reversed": "inverse"}
_SIDES = {"buy": "buy", "sell": "sell"}
_ONE_MOMENT = "take the answers at one moment, each of all currencies"

# The margin rate of a contract is base + slope x size in base coins. Support page "Linear perpetuals and futures".
_PARAMETERS = (
    "initial_margin_base",
    "initial_margin_slope",
    "maintenance_margin_base",
    "maintenance_margin_slope",
)

# Amounts of an account are printed to six decimals or more, each part rounded by itself.
_ROUNDING = Decimal("0.000003")
_ZERO = Decimal(0)


@frozen
class _Answers:
    """The payload's rows, by what they are asked for by."""

    payload: Part
    margin_model: str
    summaries: Mapping[str, Part]
    positions: Mapping[str, Part]
    instruments: Mapping[str, Part]
    tickers: Mapping[str, Part]


@frozen
class _Held:
    """A position, the row it was read from, and the contract it is in."""

    position: Position
    row: Part = field(eq=False)
    instrument: Instrument
    mark_price: Decimal


def read(payload: object, source: str = "payload") -> AccountState:
    """The account state that a Deribit payload shows.

    Args:
        payload: parsed JSON, its numbers `Decimal` or text.
        source: name of the payload for errors.

    Raises:
        StateError: something is missing, malformed or contradicts itself; it says where and how to mend it.
    """
    return imported(_read, payload, source, REQUESTS)


def _read(payload: Part) -> AccountState:
    _refuse_a_bare_answer(payload)
    refuse_other_names(payload, ("margin_parameters", "collateral_rates"))
    answers = _answers(payload)

    instruments: dict[str, Instrument] = {}
    held: list[_Held] = []
    for name, row in answers.positions.items():
        if not row.member("size").decimal():
            continue
        _refuse_what_is_no_future(row, name)
        instruments[name] = _instrument(name, row, answers)
        held.append(_held(row, instruments[name]))

    orders: list[Order] = []
    resting = payload.optional("open_orders")
    margins = rows_by(_rows(payload.optional("order_margins")), "order_id")
    for row in unwrapped(resting, "result", {}).items() if resting else ():
        order = _order(row, answers, margins)
        if order is None:
            continue
        if order.symbol not in instruments:
            instruments[order.symbol] = _instrument(order.symbol, row, answers)
        orders.append(order)

    settling = dict.fromkeys(instrument.settle for instrument in instruments.values())
    balances = _balances(answers, settling, held)
    time = payload.optional("time")
    return AccountState(
        account=Account(
            id="deribit",
            as_of=unwrapped(time, "result", {}).moment() if time else None,
            inputs={"margin_model": answers.margin_model},
        ),
        balances=balances,
        positions=tuple(entry.position for entry in held),
        orders=tuple(orders),
        instruments=tuple(instruments.values()),
        assets=_assets(answers, [*(balance.asset for balance in balances), *settling], instruments.values()),
    )


def _refuse_a_bare_answer(payload: Part) -> None:
    """Say what a single answer, or a row of one, is, and what else is needed."""
    if any(payload.has(name) for name in _NEEDED):
        return
    answer = unwrapped(payload, "result", {})
    listed = isinstance(answer.value, list | tuple)
    rows = answer.items() if listed else (answer,)
    signs = {"summaries": "account_summaries", "margin_balance": "account_summaries"}
    signs |= {"size_currency": "positions", "average_price": "positions", "instrument_type": "instruments"}
    sign, key = next(((sign, key) for sign, key in signs.items() if rows and rows[0].has(sign)), ("", ""))
    if not key:
        return
    whole = listed or sign == "summaries"
    others = requests_by_name(payload, [name for name in _NEEDED if name != key])
    raise payload.error(
        f"this is {'the answer' if whole else 'one row'} of {REQUESTS[key]} alone",
        f'put it under its name, {{"{key}": {"…" if whole else "[…]"}}}, and add {others}, and `margin_parameters`',
    )


def _answers(payload: Part) -> _Answers:
    answer = unwrapped(payload.member("account_summaries"), "result", {})
    summaries = rows_by((answer.member("summaries") if answer.has("summaries") else answer).rows(), "currency")
    positions = unwrapped(payload.member("positions"), "result", {}).rows()
    return _Answers(
        payload=payload,
        margin_model=_margin_model(answer, summaries),
        summaries=summaries,
        positions=rows_by(positions, "instrument_name"),
        instruments=rows_by(_rows(payload.member("instruments")), "instrument_name"),
        tickers=rows_by(_rows(payload.optional("tickers")), "instrument_name"),
    )


def _rows(answer: Part | None) -> Iterable[Part]:
    return framed_rows(answer, "result", {})


def _margin_model(answer: Part, summaries: Mapping[str, Part]) -> str:
    """The margin model, which is one for the whole account.

    Raises:
        StateError: it is not named, two currencies differ, or it is portfolio margin.
    """
    found: Part | None = None
    for row in summaries.values():
        named = row.member("margin_model")
        if found is not None and found.choice(_MODELS) != named.choice(_MODELS):
            raise named.error(f"{named.name} is {named.text()}, but {found.name} is {found.text()}", _ONE_MOMENT)
        found = named
    if found is None:
        raise answer.error(
            f"{answer.name} has no currency", f"give the answer of {REQUESTS['account_summaries']}, whole"
        )
    if found.choice(_MODELS).endswith("_pm"):
        raise found.error(
            f"the account is on portfolio margin ({found.text()}), which follows from scenarios and not from margin rates",
            "only accounts on standard margin (segregated_sm, cross_sm) can be imported",
        )
    return found.choice(_MODELS)


def _refuse_what_is_no_future(row: Part, name: str) -> None:
    kind = filled(row, "kind")
    if kind is not None and kind.text() != "future":
        raise kind.error(
            f"{name} is of the kind `{kind.text()}`, for whose margin an account state has no figures",
            "only accounts whose open positions and orders are in futures and perpetuals can be imported",
        )


def _instrument(name: str, asking: Part, answers: _Answers) -> Instrument:
    """The contract of that name; `asking` is the position or the order that is on it."""
    row = answers.instruments.get(name)
    if row is None:
        raise asking.member("instrument_name").error(
            f"instruments has no row of {name}",
            f"add the answer of {REQUESTS['instruments']}, or public/get_instrument of {name}, as `instruments`",
        )
    _refuse_what_is_no_future(row, name)
    contract = (filled(row, "instrument_type") or row.member("future_type")).choice(_CONTRACTS)
    base, quote = row.member("base_currency").text(), row.member("quote_currency").text()
    settle = row.member("settlement_currency").text()
    if settle != (base if contract == "inverse" else quote):
        raise row.member("settlement_currency").error(
            f"{name} is a {contract} contract on {base} in {quote}, and settles in {settle}",
            f"give the answer of {REQUESTS['instruments']} as the venue gave it",
        )
    prices = [part for part in (answers.positions.get(name), answers.tickers.get(name)) if part]
    mark = next((part.member("mark_price") for part in prices if filled(part, "mark_price")), None)
    index = next((part.member("index_price") for part in prices if filled(part, "index_price")), None)
    return Instrument(
        symbol=name,
        contract=contract,
        base=base,
        quote=quote,
        settle=settle,
        # Sizes are in the quote (inverse) or in base coins (linear), and not in lots of the venue's `contract_size`.
        contract_size=Decimal(1),
        mark_price=mark.positive() if mark else None,
        index_price=index.positive() if index else None,
        max_leverage=filled_decimal(row, "max_leverage"),
        tick_size=row.member("tick_size").positive(),
        quantity_step=filled_decimal(row, "min_trade_amount"),
        taker_fee_rate=filled_decimal(row, "taker_commission"),
        inputs=_margin_parameters(name, answers),
        pointer=row.pointer,
    )


def _margin_parameters(name: str, answers: _Answers) -> Mapping[str, Value]:
    """The margin rates of a contract, as the user gives them."""
    wanted = ", ".join(f'"{parameter}": …' for parameter in _PARAMETERS)
    remedy = (
        f'add {{"{name}": {{{wanted}}}}} to `margin_parameters`: the rates at size 0, and what is added to them for each '
        "base coin, are in no answer of the API but on the venue's support page about the contract"
    )
    row = answers.payload.member("margin_parameters", remedy).member(name, remedy)
    return {parameter: row.member(parameter, remedy).rate() for parameter in _PARAMETERS}


def _held(row: Part, instrument: Instrument) -> _Held:
    quantity = row.member("size").decimal()
    direction = filled(row, "direction")
    if direction is not None and (direction.choice(_SIDES) == "buy") != (quantity > 0):
        raise direction.error(
            f"direction is {direction.text()}, but size is {quantity}",
            "a short has a negative size and the direction sell, a long a positive one and buy",
        )
    mark_price = row.member("mark_price").positive()
    shown = filled(row, "size_currency")
    if shown is not None:
        computed = base_quantity(instrument, quantity, mark_price)
        slack = value_slack(instrument, quantity, mark_price) if instrument.contract == "inverse" else _ZERO
        check_figure(without_sign(shown), computed, slack, "size at mark_price", _ONE_MOMENT)
    _check_margins(row, instrument, quantity, mark_price)
    position = Position(
        id=instrument.symbol,
        symbol=instrument.symbol,
        quantity=quantity,
        entry_price=session_entry_price(row, instrument, quantity, mark_price),
        margin_mode="cross",
        pointer=row.pointer,
    )
    return _Held(position, row, instrument, mark_price)


def session_entry_price(row: Part, instrument: Instrument, quantity: Decimal, mark_price: Decimal) -> Decimal:
    """The price that the profit not yet booked to the balance runs from.

    That is the last settlement price for what was open then, and the price of the trade for what was not: whichever of
    the two gives the printed profit. Where a position is made of both, the price that gives it.

    Args:
        row: the position, as the venue answers it.
        instrument: what it is in.
        quantity: its signed size.
        mark_price: of the contract.

    Raises:
        StateError: the row has no such profit, or no price gives it.
    """
    shown = row.member("floating_profit_loss")
    profit = shown.decimal()
    for name in ("settlement_price", "average_price"):
        price = filled_decimal(row, name)
        if not price or price < 0:
            continue
        slack = value_slack(instrument, quantity, price) + value_slack(instrument, quantity, mark_price)
        if abs(unrealized_pnl(instrument, quantity, price, mark_price) - profit) <= slack + last_place(profit):
            return price
    if instrument.contract == "inverse":
        reciprocal = 1 / mark_price + profit / quantity
        price = 1 / reciprocal if reciprocal > 0 else _ZERO
    else:
        price = mark_price - profit / quantity
    if price <= 0:
        raise shown.error(
            f"floating_profit_loss is {profit}, which no entry price gives at a size of {quantity}", _ONE_MOMENT
        )
    return to_solved_digits(price)


def _check_margins(row: Part, instrument: Instrument, quantity: Decimal, mark_price: Decimal) -> None:
    """Refuse margin rates that do not give the margins which the venue prints beside the position."""
    value = value_at(instrument, quantity, mark_price)
    size = base_quantity(instrument, quantity, mark_price)
    for kind in ("initial_margin", "maintenance_margin"):
        shown = filled(row, kind)
        base, slope = instrument.inputs[f"{kind}_base"], instrument.inputs[f"{kind}_slope"]
        if shown is None or not isinstance(base, Decimal) or not isinstance(slope, Decimal):
            continue
        check_figure(
            shown,
            value * (base + slope * size),
            value_slack(instrument, quantity, mark_price) * (base + slope * size),
            f"the value times ({kind}_base + {kind}_slope x size) of `margin_parameters`",
            f"correct `margin_parameters` of {instrument.symbol} after the venue's support page",
        )


def _balances(answers: _Answers, settling: Mapping[str, None], held: list[_Held]) -> tuple[Balance, ...]:
    for asset in settling:
        if asset not in answers.summaries:
            raise answers.payload.member("account_summaries").error(
                f"account_summaries has no row of {asset}, in which a position or an order is margined",
                f"give the answer of {REQUESTS['account_summaries']}, whole",
            )
    balances = []
    for asset, row in answers.summaries.items():
        balance = row.member("balance").decimal()
        realised = row.member("futures_session_rpl").decimal()
        _check_summary(asset, row, held, answers.margin_model)
        if balance or realised or asset in settling:
            inputs: Mapping[str, Value] = {"futures_session_rpl": realised}
            balances.append(Balance(asset, balance, inputs=inputs, pointer=row.pointer))
    return tuple(balances)


def _check_summary(asset: str, row: Part, held: list[_Held], margin_model: str) -> None:
    """Refuse a summary that is not of one moment, not of the positions given, or of an account with options."""
    options = filled(row, "options_value")
    if options is not None and options.decimal():
        raise options.error(
            f"the account has options worth {options.decimal()} {asset}, for whose margin an account state has no figures",
            "only accounts whose open positions and orders are in futures and perpetuals can be imported",
        )
    names = ("balance", "futures_session_upl", "futures_session_rpl")
    amounts = [row.member(name).decimal() for name in names]
    # In the cross models the margin balance is that of all currencies, and only the equity is the currency's own.
    for name in ("equity", "margin_balance") if margin_model.startswith("segregated") else ("equity",):
        shown = filled(row, name)
        if shown is not None and abs(shown.decimal() - sum(amounts, _ZERO)) > _ROUNDING:
            raise shown.error(
                f"{name} is {shown.decimal()}, but {' + '.join(names)} is {plain_text(sum(amounts, _ZERO))}",
                _ONE_MOMENT,
            )
    pairs = [
        (entry.row.member("floating_profit_loss").decimal(), value_at(entry.instrument, quantity, entry.mark_price))
        for entry in held
        if entry.instrument.settle == asset
        for quantity in [entry.position.quantity]
    ]
    check_profit_total(row.member("futures_session_upl"), Decimal(1), pairs, REQUESTS["positions"])


def _assets(answers: _Answers, names: Iterable[str], instruments: Iterable[Instrument]) -> tuple[Asset, ...]:
    """Index price and collateral rate of the assets held: needed in a cross model, whose pool is in USD."""
    cross = answers.margin_model.startswith("cross")
    # The index of an inverse contract is that of the coin it settles in, in USD.
    known = {entry.settle: entry.index_price for entry in instruments if entry.contract == "inverse"}
    assets = []
    for name in dict.fromkeys(names):
        given = answers.payload.optional("index_prices")
        answer = given.optional(name) if given else None
        price = _index_price(answer) if answer else known.get(name)
        if price is None and cross:
            raise (given or answers.payload).lacks(
                name if given else "index_prices",
                f'add {{"{name}": …}} to `index_prices`: the answer of {REQUESTS["index_prices"]} of '
                f"{name.lower()}_usd, at which the cross models value {name}",
            )
        rate = None
        if cross:
            remedy = (
                f'add {{"{name}": …}} to `collateral_rates`: 1 less the haircut of {name}, which is in no answer of the '
                "API but on the venue's support page about cross collateral"
            )
            rate = answers.payload.member("collateral_rates", remedy).member(name, remedy).rate()
        assets.append(Asset(name, index_price=price, collateral_rate=rate))
    return tuple(assets)


def _index_price(answer: Part) -> Decimal:
    inner = unwrapped(answer, "result", {})
    return (inner.member("index_price") if isinstance(inner.value, Mapping) else inner).positive()


def _order(row: Part, answers: _Answers, margins: Mapping[str, Part]) -> Order | None:
    """A resting order; None for one that waits for its trigger, and for a spot order."""
    name = row.member("instrument_name").text()
    state = filled(row, "order_state")
    if state is not None and state.text() != "open":
        return None
    listed = answers.instruments.get(name)
    # The venue writes a spot pair with an underscore and nothing behind it: BTC_USDC.
    if (listed is not None and filled(listed, "kind") and listed.member("kind").text() == "spot") or "-" not in name:
        return None
    executed = filled_decimal(row, "filled_amount") or _ZERO
    quantity = row.member("amount").positive() - executed
    if quantity <= 0:
        raise row.member("amount").error(
            f"amount is {row.member('amount').decimal()}, of which nothing is left to fill",
            "leave out orders that are filled",
        )
    price, number, flagged = filled(row, "price"), filled(row, "order_id"), row.optional("reduce_only")
    margin = margins.get(number.text()) if number else None
    return Order(
        symbol=name,
        side=row.member("direction").choice(_SIDES),
        quantity=quantity,
        price=price.positive() if price and price.value != "market_price" else None,
        id=number.text() if number else None,
        reduce_only=flagged.flag() if flagged else None,
        margin_mode="cross",
        inputs={"initial_margin": margin.member("initial_margin").decimal()} if margin else {},
        pointer=row.pointer,
    )


IMPORTER = Importer(
    name="deribit",
    title="Deribit",
    needs=(
        "private/get_account_summaries, private/get_positions and public/get_instruments of the JSON-RPC API, and the margin"
        " rates of each contract"
    ),
    read=read,
)
