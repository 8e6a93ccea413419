"""KuCoin Futures' answers to an account state.

The payload is one object that holds the venue's answers under their names, with or without the frame `code` and `data`:
`positions` (GET /api/v1/positions), `accountOverview` (GET /api/v1/account-overview, one for each settlement currency)
and `contracts` (GET /api/v1/contracts/active, or those of single contracts). Where they apply: `orders`, `riskLimits`,
`crossLeverage`, `accountMode` and `timestamp`.

The answers are those of a classic account. The figures of a position are cross-checked, and the profit of the account
against that of its positions. `docs/importers/kucoin-futures.md` has the table.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

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
    check_side,
    entry_price_of_cost,
    filled,
    filled_decimal,
    framed_rows,
    position_id,
    positions_of_both_sides,
    printed_slack,
    profit_and_slack,
    profit_and_value,
    refuse_a_lone_answer,
    refuse_order_margin_without_orders,
    refuse_other_names,
    rows_by,
    unwrapped,
    value_slack,
    without_sign,
)
from marginrules.venues.importer import Importer, imported
from marginrules.venues.payload import Part, each_once, last_place, to_solved_digits

REQUESTS: Mapping[str, str] = {
    "positions": "GET /api/v1/positions",
    "accountOverview": "GET /api/v1/account-overview?currency=…",
    "contracts": "GET /api/v1/contracts/active",
    "orders": "GET /api/v1/orders?status=active",
    "riskLimits": "GET /api/v1/contracts/risk-limit/{symbol}",
    "crossLeverage": "GET /api/v2/getCrossUserLeverage?symbol=…",
    "accountMode": "GET /api/ua/v1/account/mode",
    "timestamp": "GET /api/v1/timestamp",
}

_NEEDED = ("positions", "accountOverview", "contracts")
_LONE_ANSWERS = (
    LoneAnswer("positions", ("symbol", "currentQty")),
    LoneAnswer("positions", ("posMaint",)),
    LoneAnswer("accountOverview", ("currency", "accountEquity")),
    LoneAnswer("contracts", ("symbol", "multiplier")),
)
_MODES = {"cross": "cross", "isolated": "isolated"}
_SIDES = {"buy": "buy", "sell": "sell"}
_POSITION_SIDES = {"both": "BOTH", "long": "LONG", "short": "SHORT"}
_ACCOUNT_MODES = {"classic": "CLASSIC", "unified": "UNIFIED"}
_ONE_MOMENT = "take the answers at one moment, each of all symbols"

# The frame of an answer that is one. KuCoin API, introduction, `code`.
_SUCCESS = {"code": "200000"}

# The parameters of the cross risk limit. KuCoin API, `Get Symbol`.
_CROSS_PARAMETERS = ("k", "m", "f", "mmrLimit", "mmrLevConstant")

# A leverage is chosen with at most so many decimals.
_LEVERAGE_DECIMALS = 3
_ZERO = Decimal(0)


@frozen
class _Answers:
    """The payload's rows, by what they are asked for by."""

    payload: Part
    positions: tuple[Part, ...]
    overviews: Mapping[str, Part]
    contracts: Mapping[str, Part]
    risk_limits: tuple[Part, ...]
    cross_leverage: Mapping[str, Part]


@frozen
class _Held:
    """A position, the row it was read from, and the contract it is in."""

    position: Position
    row: Part = field(eq=False)
    instrument: Instrument


def read(payload: object, source: str = "payload") -> AccountState:
    """The account state that a KuCoin Futures payload shows.

    Args:
        payload: parsed JSON, its numbers `Decimal` or text.
        source: name of the payload for errors.

    Raises:
        StateError: something is missing, malformed or contradicts itself; it says where and how to mend it.
    """
    return imported(_read, payload, source, REQUESTS)


def _read(payload: Part) -> AccountState:
    refuse_a_lone_answer(unwrapped(payload, "data", _SUCCESS), _LONE_ANSWERS, _NEEDED)
    refuse_other_names(payload)
    inputs = _account_inputs(payload)
    answers = _answers(payload)

    open_rows = [row for row in answers.positions if row.member("currentQty").decimal()]
    both_sides = positions_of_both_sides(row.member("symbol").text() for row in open_rows)
    instruments: dict[str, Instrument] = {}
    held: list[_Held] = []
    for row in open_rows:
        symbol = row.member("symbol").text()
        if symbol not in instruments:
            instruments[symbol] = _instrument(symbol, row, answers, _mode(row))
        held.append(_held(row, instruments[symbol], both_sides, answers))
    dict(each_once((entry.position.id, entry.row) for entry in held))

    orders: list[Order] = []
    listed = tuple(_order_rows(payload))
    order_margins = [filled(row, "orderMargin") for row in answers.overviews.values()]
    refuse_order_margin_without_orders(payload, "orders", order_margins, listed=bool(listed))
    for row in listed:
        order = _order(row, answers, held)
        if order is None:
            continue
        if order.symbol not in instruments:
            instruments[order.symbol] = _instrument(order.symbol, row, answers, order.margin_mode)
        orders.append(order)

    settling = dict.fromkeys(instrument.settle for instrument in instruments.values())
    balances = _balances(answers, settling, held)
    names = dict.fromkeys([*(balance.asset for balance in balances), *settling])
    return AccountState(
        account=Account(id="kucoin-futures", as_of=_moment(payload, open_rows), inputs=inputs),
        balances=balances,
        positions=tuple(entry.position for entry in held),
        orders=tuple(orders),
        instruments=tuple(instruments.values()),
        # Each settlement currency of a classic account is a pool of its own: no rule counts one in USD.
        assets=tuple(Asset(name) for name in names),
    )


def _account_inputs(payload: Part) -> Mapping[str, Value]:
    """The mode of the account, where given.

    Raises:
        StateError: it is unified; the venue answers other requests for such an account.
    """
    given = payload.optional("accountMode")
    if given is None:
        return {}
    mode = unwrapped(given, "data", _SUCCESS).member("selfAccountMode")
    if mode.choice(_ACCOUNT_MODES) == "UNIFIED":
        raise mode.error(
            "the account is a unified one, and this importer reads the answers about a classic one",
            "write an account document instead: `marginrules schema kucoin-futures` says what it needs",
        )
    return {"selfAccountMode": "CLASSIC"}


def _answers(payload: Part) -> _Answers:
    return _Answers(
        payload=payload,
        positions=tuple(_rows(payload.member("positions"))),
        overviews=rows_by(_rows(payload.member("accountOverview")), "currency"),
        contracts=rows_by(_rows(payload.member("contracts")), "symbol"),
        risk_limits=tuple(_rows(payload.optional("riskLimits"))),
        cross_leverage=rows_by(_rows(payload.optional("crossLeverage")), "symbol"),
    )


def _rows(answer: Part | None) -> Iterator[Part]:
    return framed_rows(answer, "data", _SUCCESS)


def _mode(row: Part) -> str:
    """The margin mode of a position: by its name, or, in older answers, by the flag `crossMode`.

    Raises:
        StateError: the row has neither, or both and they contradict each other.
    """
    named, flagged = filled(row, "marginMode"), row.optional("crossMode")
    by_flag = None if flagged is None else "cross" if flagged.flag() else "isolated"
    if named is None:
        if by_flag is None:
            raise row.lacks("marginMode")
        return by_flag
    mode = named.choice(_MODES)
    if by_flag not in {None, mode}:
        raise named.error(f"marginMode is {named.text()}, but crossMode says {by_flag}", _ONE_MOMENT)
    return mode


def _instrument(symbol: str, asking: Part, answers: _Answers, mode: str | None) -> Instrument:
    """The contract of a symbol; `asking` is the position or the order that is on it, in that mode."""
    row = answers.contracts.get(symbol)
    if row is None:
        raise asking.member("symbol").error(
            f"contracts has no row of {symbol}",
            f"add the answer of {REQUESTS['contracts']}, or GET /api/v1/contracts/{symbol}, as `contracts`",
        )
    quote, settle = row.member("quoteCurrency").text(), row.member("settleCurrency").text()
    base = row.member("baseCurrency").text()
    inverse = row.member("isInverse").flag()
    multiplier = row.member("multiplier").decimal()
    # `isQuanto` is true for linear contracts too, and says nothing.
    if not multiplier or settle != (base if inverse else quote):
        raise row.member("settleCurrency").error(
            f"{symbol} is on {base} in {quote}, settles in {settle}, with isInverse {inverse} and multiplier "
            f"{multiplier}, which is no contract this importer knows",
            f"give the answer of {REQUESTS['contracts']} as the venue gave it",
        )
    open_rows = [held for held in answers.positions if held.member("symbol").text() == symbol and _is_open(held)]
    mark = open_rows[0].member("markPrice") if open_rows else filled(row, "markPrice")
    # A contract without funding prints none.
    names = [*(["fundingFeeRate"] if filled(row, "fundingFeeRate") else []), *_cross_parameters(row, mode)]
    return Instrument(
        symbol=symbol,
        contract="inverse" if inverse else "linear",
        base=base,
        quote=quote,
        settle=settle,
        contract_size=abs(multiplier),
        mark_price=mark.positive() if mark else None,
        index_price=filled_decimal(row, "indexPrice"),
        max_leverage=filled_decimal(row, "maxLeverage"),
        tick_size=row.member("tickSize").positive(),
        quantity_step=filled_decimal(row, "lotSize"),
        taker_fee_rate=row.member("takerFeeRate").decimal(),
        tiers=_tiers(open_rows, answers) if mode == "isolated" and open_rows else None,
        inputs={name: row.member(name).decimal() for name in names},
        pointer=row.pointer,
    )


def _is_open(row: Part) -> bool:
    return bool(row.member("currentQty").decimal())


def _cross_parameters(row: Part, mode: str | None) -> list[str]:
    """The parameters of the cross risk limit: all of them in cross mode, else those that are printed."""
    if mode == "cross":
        return list(_CROSS_PARAMETERS)
    return [name for name in _CROSS_PARAMETERS if filled(row, name)]


def _tiers(open_rows: list[Part], answers: _Answers) -> TierTable:
    """The risk limit levels of a contract where `riskLimits` has them; else the maintenance rate of the one chosen."""
    levels = _levels(open_rows[0].member("symbol").text(), answers)
    if levels:
        for row in open_rows:
            _check_level(row, row.member("maintMarginReq"), levels)
        rows = tuple((row.member("minRiskLimit").decimal(), row.member("maintainMargin").rate()) for row in levels)
        return TierTable(("above", "maintenance_rate"), rows, levels[0].pointer)
    return chosen_tiers(open_rows, f"add the answer of {REQUESTS['riskLimits']} as `riskLimits`")


def chosen_tiers(open_rows: list[Part], remedy: str) -> TierTable:
    """The maintenance rate of the risk limit level chosen for isolated positions on one contract, one row.

    Args:
        open_rows: the positions, as the venue answers them.
        remedy: what to add where their rates differ.

    Raises:
        StateError: a rate is missing, or they differ.
    """
    rates = [row.member("maintMarginReq") for row in open_rows]
    if len({rate.rate() for rate in rates}) > 1:
        raise rates[-1].error(
            f"the two sides of {open_rows[0].member('symbol').text()} have risk limit levels with different rates, "
            "for which one row is no table",
            remedy,
        )
    return TierTable(("above", "maintenance_rate"), ((_ZERO, rates[0].rate()),), rates[0].pointer)


def _levels(symbol: str, answers: _Answers) -> list[Part]:
    """The risk limit levels of a contract, lowest first.

    Raises:
        StateError: a level does not begin where the one before ends.
    """
    rows = [row for row in answers.risk_limits if row.member("symbol").text() == symbol]
    rows.sort(key=lambda row: row.member("level").integer())
    end = _ZERO
    for row in rows:
        if row.member("minRiskLimit").decimal() != end:
            raise row.member("minRiskLimit").error(
                f"level {row.member('level').integer()} of {symbol} begins at {row.member('minRiskLimit').decimal()}, "
                f"but the one before ends at {end}",
                f"give the answer of {REQUESTS['riskLimits']} whole",
            )
        end = row.member("maxRiskLimit").positive()
    return rows


def _level_of(row: Part, levels: list[Part]) -> Part | None:
    """The risk limit level that a position is on: by its number, else by its limit; None where it prints neither."""
    number, limit = filled(row, "riskLimitLevel"), filled(row, "riskLimit")
    for level in levels:
        if number is not None and level.member("level").integer() == number.integer():
            return level
        if number is None and limit is not None and level.member("maxRiskLimit").decimal() == limit.decimal():
            return level
    return None


def _check_level(row: Part, rate: Part, levels: list[Part]) -> None:
    """Refuse a position whose maintenance rate is not that of its risk limit level."""
    level = _level_of(row, levels)
    if level is None:
        raise row.error(
            "the payload does not say which risk limit level the position is on: it has no riskLimitLevel, and no "
            "level ends at its riskLimit",
            f"give the answer of {REQUESTS['positions']} as the venue gave it, or leave out `riskLimits`",
        )
    if level.member("maintainMargin").rate() != rate.rate():
        raise rate.error(
            f"maintMarginReq is {rate.decimal()}, but risk limit level {level.member('level').integer()} of "
            f"{row.member('symbol').text()} has {level.member('maintainMargin').decimal()}",
            f"give the answer of {REQUESTS['riskLimits']} of the same day",
        )


def _risk_limit(row: Part, answers: _Answers) -> Decimal | None:
    """The risk limit chosen for an isolated position, in the settlement asset."""
    level = _level_of(row, _levels(row.member("symbol").text(), answers))
    return level.member("maxRiskLimit").positive() if level else filled_decimal(row, "riskLimit")


def _held(row: Part, instrument: Instrument, both_sides: frozenset[str], answers: _Answers) -> _Held:
    quantity = row.member("currentQty").decimal()
    check_side(row.member("currentQty"), _position_side(row))
    mark_price, mode = row.member("markPrice").positive(), _mode(row)
    entry_price = exact_entry_price(row, instrument, quantity)
    _check_value_and_profit(row, instrument, quantity, entry_price, mark_price)
    assigned = row.member("posMargin").decimal() if mode == "isolated" else None
    if assigned is not None:
        _check_assigned_margin(row, assigned)
        _check_maintenance(row, instrument, quantity, entry_price, mark_price)
    automatic = row.optional("autoDeposit") if mode == "isolated" else None
    printed = {"posComm": filled_decimal(row, "posComm"), "riskLimit": _risk_limit(row, answers)}
    inputs: dict[str, Value] = {
        name: amount for name, amount in printed.items() if amount is not None and mode == "isolated"
    }
    return _Held(
        Position(
            id=position_id(instrument.symbol, quantity, both_sides),
            symbol=instrument.symbol,
            quantity=quantity,
            entry_price=entry_price,
            margin_mode=mode,
            leverage=chosen_leverage(row, mode),
            assigned_margin=assigned,
            auto_add_margin=automatic.flag() if automatic else None,
            inputs=inputs,
            pointer=row.pointer,
        ),
        row,
        instrument,
    )


def _position_side(row: Part) -> str:
    side = filled(row, "positionSide")
    return side.choice(_POSITION_SIDES) if side else "BOTH"


def exact_entry_price(row: Part, instrument: Instrument, quantity: Decimal) -> Decimal:
    """The average entry price, as printed where it gives the printed cost, else what it was before it was shortened.

    Args:
        row: the position, as the venue answers it.
        instrument: what it is in.
        quantity: its signed contracts.

    Raises:
        StateError: price and cost are of two positions.
    """
    shown = row.member("avgEntryPrice")
    cost = filled_decimal(row, "posCost")
    if cost is None:
        return shown.positive()
    unit = last_place(cost)
    return entry_price_of_cost(instrument, quantity, shown, abs(cost), exact_within=unit, slack=unit)


def chosen_leverage(row: Part, mode: str) -> Decimal:
    """The leverage that was chosen.

    That of an isolated position is the cost over the initial margin: what the venue prints as `leverage` and
    `realLeverage` there is value over margin, and moves with the mark price.

    Args:
        row: the position, as the venue answers it.
        mode: cross or isolated.

    Raises:
        StateError: the row lacks what it follows from.
    """
    chosen = filled(row, "leverage")
    if mode == "cross" and chosen is not None:
        return chosen.positive()
    initial = row.member("posInit").positive()
    cost = abs(row.member("posCost").decimal())
    quotient = cost / initial
    for decimals in range(_LEVERAGE_DECIMALS + 1):
        leverage = quotient.quantize(Decimal(1).scaleb(-decimals))
        if leverage and abs(cost / leverage - initial) <= last_place(initial):
            return leverage
    return to_solved_digits(quotient)


def _check_value_and_profit(
    row: Part, instrument: Instrument, quantity: Decimal, entry_price: Decimal, mark_price: Decimal
) -> None:
    """Refuse a row whose value or profit is not that of its size and prices, within the digits printed."""
    shown = filled(row, "markValue")
    if shown is not None:
        size = without_sign(shown)
        slack = value_slack(instrument, quantity, mark_price)
        check_figure(size, value_at(instrument, quantity, mark_price), slack, "currentQty at markPrice", _ONE_MOMENT)
    shown = filled(row, "unrealisedPnl")
    if shown is not None:
        printed = row.member("avgEntryPrice").positive()
        _, slack = profit_and_slack(instrument, quantity, printed, mark_price)
        profit, _ = profit_and_slack(instrument, quantity, entry_price, mark_price)
        check_figure(shown, profit, slack, "that of currentQty between avgEntryPrice and markPrice", _ONE_MOMENT)


def _check_assigned_margin(row: Part, assigned: Decimal) -> None:
    """Refuse an isolated margin that is not the sum of its parts, within the digits printed."""
    parts = [filled(row, name) for name in ("posInit", "posCross", "posComm")]
    loss = filled_decimal(row, "posLoss") or _ZERO
    amounts = [part.decimal() for part in parts if part]
    if all(parts):
        slack = printed_slack((*amounts, loss))
        computed = sum(amounts, _ZERO) - loss
        formula = "posInit + posCross + posComm - posLoss"
        check_figure(row.member("posMargin"), computed, slack, formula, _ONE_MOMENT)
    total, profit = filled(row, "maintMargin"), filled_decimal(row, "unrealisedPnl")
    if total is not None and profit is not None:
        slack = printed_slack((assigned, profit))
        check_figure(total, assigned + profit, slack, "posMargin + unrealisedPnl", _ONE_MOMENT)


def _check_maintenance(
    row: Part, instrument: Instrument, quantity: Decimal, entry_price: Decimal, mark_price: Decimal
) -> None:
    """Refuse an isolated maintenance margin that the rate of the risk limit level can not give.

    Until May 2025 it was at cost, with the reserve for closing; since, it is at the mark price, with a fee. Funding
    counts where the position pays it. Both rules lie between these bounds.
    """
    shown = filled(row, "posMaint")
    if shown is None:
        return
    values = [value_at(instrument, quantity, price) for price in (entry_price, mark_price)]
    rate = row.member("maintMarginReq").rate()
    funding = instrument.inputs.get("fundingFeeRate")
    extra = (instrument.taker_fee_rate or _ZERO) + (abs(funding) if isinstance(funding, Decimal) else _ZERO)
    least, most = min(values) * rate, max(values) * (rate + extra) + (filled_decimal(row, "posComm") or _ZERO)
    unit = last_place(shown.decimal())
    if not least - unit <= shown.decimal() <= most + unit:
        raise shown.error(
            f"posMaint is {shown.decimal()}, but maintMarginReq, fees and fundingFeeRate give "
            f"{plain_text(to_solved_digits(least))} to {plain_text(to_solved_digits(most))}",
            _ONE_MOMENT,
        )


def _balances(answers: _Answers, settling: Mapping[str, None], held: list[_Held]) -> tuple[Balance, ...]:
    for asset in settling:
        if asset not in answers.overviews:
            raise answers.payload.member("accountOverview").error(
                f"accountOverview has no answer about {asset}, in which a position or an order is margined",
                f"add the answer of GET /api/v1/account-overview?currency={asset} to the list `accountOverview`",
            )
    balances = []
    for asset, row in answers.overviews.items():
        shown = row.member("unrealisedPNL")
        pairs = [
            profit_and_value(entry.instrument, entry.position, entry.row.member("markPrice").decimal())
            for entry in held
            if entry.instrument.settle == asset
        ]
        check_profit_total(shown, Decimal(1), pairs, REQUESTS["positions"])
        # What is frozen is on its way out of the account, and backs no position.
        frozen_funds = filled_decimal(row, "frozenFunds") or _ZERO
        wallet = row.member("accountEquity").decimal() - shown.decimal() - frozen_funds
        if wallet or asset in settling:
            balances.append(Balance(asset, wallet, pointer=row.pointer))
    return tuple(balances)


def _order_rows(payload: Part) -> Iterator[Part]:
    """The rows of `orders`: of the one page there is, of several in a list, or the rows themselves.

    Raises:
        StateError: pages are missing.
    """
    answer = payload.optional("orders")
    total, count = None, 0
    for item in _rows(answer):
        if not item.has("items"):
            yield item
            continue
        rows = item.member("items").items()
        count += len(rows)
        total = item.optional("totalNum")
        yield from rows
    if total is not None and total.integer() != count:
        raise total.error(
            f"the venue has {total.integer()} active orders, and {count} of them are given",
            "give every page of the answer, in a list, as `orders`",
        )


def _order(row: Part, answers: _Answers, held: list[_Held]) -> Order | None:
    """A resting order; None for one that is done, or waits for its trigger."""
    waits = filled(row, "stop") is not None and not (row.has("stopTriggered") and row.member("stopTriggered").flag())
    if waits or (row.has("isActive") and not row.member("isActive").flag()):
        return None
    symbol, side = row.member("symbol").text(), row.member("side").choice(_SIDES)
    executed = filled(row, "filledSize") or filled(row, "dealSize")
    quantity = row.member("size").positive() - (executed.decimal() if executed else _ZERO)
    if quantity <= 0:
        raise row.member("size").error(
            f"size is {row.member('size').decimal()}, of which nothing is left to fill",
            "leave out orders that are done",
        )
    named = filled(row, "marginMode")
    mode = named.choice(_MODES) if named else None
    same = next((entry.position for entry in held if entry.position.symbol == symbol), None)
    if mode is None and same is not None:
        mode = same.margin_mode
    leverage = filled_decimal(row, "leverage") if mode == "isolated" else None
    if leverage is None and mode == "cross":
        chosen = answers.cross_leverage.get(symbol)
        leverage = chosen.member("leverage").positive() if chosen else same.leverage if same else None
    price, number = filled(row, "price"), filled(row, "id")
    return Order(
        symbol=symbol,
        side=side,
        quantity=quantity,
        # A price of 0 is how the venue writes that an order has none.
        price=price.positive() if price and price.decimal() else None,
        id=number.text() if number else None,
        reduce_only=_reduces(row, side),
        margin_mode=mode,
        leverage=leverage or None,
        pointer=row.pointer,
    )


def _reduces(row: Part, side: str) -> bool | None:
    """Whether an order can only reduce: it says so, closes a position, or is against its side in hedge mode."""
    flags = [row.member(name).flag() for name in ("reduceOnly", "closeOrder") if row.has(name)]
    position_side = _position_side(row)
    if position_side != "BOTH":
        return (position_side == "LONG") == (side == "sell")
    return any(flags) if flags else None


def _moment(payload: Part, open_rows: list[Part]) -> datetime | None:
    """The time of the venue where given, else the latest that a position prints."""
    given = payload.optional("timestamp")
    if given is not None:
        return unwrapped(given, "data", _SUCCESS).moment()
    return max(
        (row.member("currentTimestamp").moment() for row in open_rows if row.has("currentTimestamp")), default=None
    )


IMPORTER = Importer(
    "kucoin-futures",
    "KuCoin Futures",
    "one object with `positions`, `accountOverview` and `contracts`; where they apply `orders`, `riskLimits`, "
    "`crossLeverage`, `accountMode`, `timestamp`",
    read,
)
