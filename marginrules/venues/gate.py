"""Gate futures' answers to an account state.

The payload is one object that holds the venue's answers under the last part of their path: `accounts`, `positions`,
`contracts` and `risk_limit_tiers`; where they apply `orders`, and `time` (GET /spot/time). Of an account with several
settlement currencies each may be a list of the answers for the currencies.

The answers are those of a classic account. The figures of a position are cross-checked with its prices and its tier,
and the account's with those of its positions. `docs/importers/gate.md` has the table.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from attrs import field, frozen

from marginrules.account.contracts import value_at
from marginrules.account.state import Account, AccountState, Asset, Balance, Instrument, Order, Position, TierTable
from marginrules.venues.figures import (
    LoneAnswer,
    check_figure,
    check_one_mark_price,
    check_profit_total,
    check_side,
    filled,
    filled_decimal,
    position_id,
    positions_of_both_sides,
    printed_slack,
    profit_and_slack,
    profit_and_value,
    refuse_a_lone_answer,
    refuse_order_margin_without_orders,
    refuse_other_names,
    server_moment,
    value_slack,
)
from marginrules.venues.importer import Importer, imported
from marginrules.venues.payload import Part, each_once

REQUESTS: Mapping[str, str] = {
    "accounts": "GET /futures/{settle}/accounts",
    "positions": "GET /futures/{settle}/positions",
    "contracts": "GET /futures/{settle}/contracts",
    "risk_limit_tiers": "GET /futures/{settle}/risk_limit_tiers",
    "orders": "GET /futures/{settle}/orders?status=open",
    "time": "GET /spot/time",
}

_NEEDED = ("accounts", "positions", "contracts", "risk_limit_tiers")
_LONE = (
    LoneAnswer("accounts", ("total", "available")),
    LoneAnswer("positions", ("contract", "entry_price", "liq_price")),
    LoneAnswer("contracts", ("quanto_multiplier", "taker_fee_rate")),
    LoneAnswer("risk_limit_tiers", ("tier", "risk_limit")),
)
_MODES = {"isolated": "isolated", "cross": "cross"}
_SIDES = {"single": "BOTH", "dual_long": "LONG", "dual_short": "SHORT"}
_KINDS = {"direct": "linear", "inverse": "inverse"}
_ONE_MOMENT = "take the answers at one moment, each of all contracts"

# Gate announcement, futures risk limits: from then on the tiers of a maintenance margin are progressive.
_TIERED_SINCE = datetime(2025, 7, 29, tzinfo=UTC)

_ZERO = Decimal(0)


@frozen
class _Answers:
    """The payload's rows, by what they are asked for by."""

    payload: Part
    accounts: Mapping[str, Part]
    positions: tuple[Part, ...]
    contracts: Mapping[str, Part]
    tiers: Mapping[str, tuple[Part, ...]]


@frozen
class _Held:
    """A position, the row it was read from, and the contract it is in."""

    position: Position
    row: Part = field(eq=False)
    instrument: Instrument


def read(payload: object, source: str = "payload") -> AccountState:
    """The account state that a Gate futures payload shows.

    Args:
        payload: parsed JSON, its numbers `Decimal` or text.
        source: name of the payload for errors.

    Raises:
        StateError: something is missing, malformed or contradicts itself; it says where and how to mend it.
    """
    return imported(_read, payload, source, REQUESTS)


def _read(payload: Part) -> AccountState:
    refuse_a_lone_answer(payload, _LONE, _NEEDED)
    refuse_other_names(payload)
    answers = _answers(payload)
    moment = server_moment(payload, "time", "server_time")
    for account in answers.accounts.values():
        _check_account(account, moment)

    open_rows = [row for row in answers.positions if row.member("size").decimal()]
    both_sides = positions_of_both_sides(row.member("contract").text() for row in open_rows)
    instruments: dict[str, Instrument] = {}
    held: list[_Held] = []
    for row in open_rows:
        symbol = row.member("contract").text()
        if symbol not in instruments:
            instruments[symbol] = _instrument(symbol, row, answers, row.member("mark_price").positive())
        held.append(_held(row, instruments[symbol], both_sides))
    dict(each_once((entry.position.id, entry.row) for entry in held))
    for entry in held:
        _check_tier(entry, held, answers)

    orders: list[Order] = []
    listed = tuple(_rows(payload.optional("orders")))
    order_margins = [filled(account, "order_margin") for account in answers.accounts.values()]
    refuse_order_margin_without_orders(payload, "orders", order_margins, listed=bool(listed))
    for row in listed:
        order = _order(row, answers)
        if order is None:
            continue
        if order.symbol not in instruments:
            instruments[order.symbol] = _instrument(order.symbol, row, answers, None)
        orders.append(order)

    settling = dict.fromkeys(instrument.settle for instrument in instruments.values())
    balances = _balances(answers, settling, held)
    names = dict.fromkeys([*(balance.asset for balance in balances), *settling])
    return AccountState(
        account=Account(id="gate", as_of=moment),
        balances=balances,
        positions=tuple(entry.position for entry in held),
        orders=tuple(orders),
        instruments=tuple(instruments.values()),
        # Each settlement currency is a pool of its own: no rule counts one in USD.
        assets=tuple(Asset(name) for name in names),
    )


def _answers(payload: Part) -> _Answers:
    accounts = [(row.member("currency").text().upper(), row) for row in payload.member("accounts").rows()]
    contracts = [(row.member("name").text(), row) for row in _rows(payload.member("contracts"))]
    return _Answers(
        payload=payload,
        accounts=dict(each_once(accounts)),
        positions=tuple(_rows(payload.member("positions"))),
        contracts=dict(each_once(contracts)),
        tiers=_tier_rows(payload.member("risk_limit_tiers")),
    )


def _rows(answer: Part | None) -> Iterator[Part]:
    """The rows of an answer, or of several answers in a list."""
    if answer is None:
        return
    for item in answer.rows():
        yield from item.rows()


def _tier_rows(answer: Part) -> Mapping[str, tuple[Part, ...]]:
    """The rows of `risk_limit_tiers` by contract: named in each row, or by the key where one contract was asked for.

    Raises:
        StateError: a row names no contract.
    """
    if isinstance(answer.value, Mapping) and not answer.has("tier"):
        return {str(name): answer.member(str(name)).items() for name in answer.value if answer.has(str(name))}
    found: dict[str, list[Part]] = {}
    for row in _rows(answer):
        contract = row.member(
            "contract",
            "where one contract was asked for, the venue names none: put its answer under the contract, "
            '{"risk_limit_tiers": {"BTC_USDT": […]}}',
        )
        found.setdefault(contract.text(), []).append(row)
    return {contract: tuple(rows) for contract, rows in found.items()}


def _check_account(row: Part, moment: datetime | None) -> None:
    """Refuse an account of another margin mode or rule, or one whose parts do not make up its total."""
    mode = row.optional("margin_mode")
    if mode is not None and mode.integer() != 0:
        raise mode.error(
            f"margin_mode is {mode.integer()}, and this importer reads the answers about a classic account",
            "write an account document instead: `marginrules schema gate` says what it needs",
        )
    tiered = row.optional("enable_tiered_mm")
    if tiered is not None and not tiered.flag() and (moment is None or moment >= _TIERED_SINCE):
        raise tiered.error(
            "enable_tiered_mm is false: the account still has the rule of before 29 July 2025",
            "give a `time` before that day, or leave this member out once the account is upgraded",
        )
    evolved = row.optional("enable_evolved_classic")
    if evolved is not None and evolved.flag():
        # Such an account shows its margins apart, cross and isolated.
        return
    parts = [filled(row, name) for name in ("position_margin", "order_margin", "available")]
    amounts = [part.decimal() for part in parts if part]
    if len(amounts) == len(parts):
        total = sum(amounts, _ZERO)
        check_figure(
            row.member("total"),
            total,
            printed_slack(amounts),
            "position_margin + order_margin + available",
            _ONE_MOMENT,
        )


def _instrument(symbol: str, asking: Part, answers: _Answers, mark_price: Decimal | None) -> Instrument:
    """The contract of a symbol; `asking` is the position or the order that is on it."""
    row = answers.contracts.get(symbol)
    if row is None:
        raise asking.member("contract").error(
            f"contracts has no row of {symbol}",
            f"add the answer of {REQUESTS['contracts']}, or that for {symbol}, as `contracts`",
        )
    kind = row.member("type").choice(_KINDS)
    base, _, quote = symbol.partition("_")
    quote = quote.partition("_")[0]
    settle = base if kind == "inverse" else quote
    if not quote or settle == "USD":
        raise row.member("name").error(
            f"{symbol} is neither settled in its quote nor in its base",
            "this importer knows contracts such as BTC_USDT and BTC_USD",
        )
    tiers = _tiers(symbol, asking, answers)
    mark = filled(row, "mark_price")
    return Instrument(
        symbol=symbol,
        contract=kind,
        base=base,
        quote=quote,
        settle=settle,
        # A contract of an inverse kind is one unit of the quote.
        contract_size=Decimal(1) if kind == "inverse" else row.member("quanto_multiplier").positive(),
        mark_price=mark_price or (mark.positive() if mark else None),
        index_price=filled_decimal(row, "index_price"),
        max_leverage=filled_decimal(row, "leverage_max"),
        tick_size=filled_decimal(row, "order_price_round"),
        quantity_step=Decimal(1),
        taker_fee_rate=row.member("taker_fee_rate").decimal(),
        tiers=tiers,
        pointer=row.pointer,
    )


def _tiers(symbol: str, asking: Part, answers: _Answers) -> TierTable:
    """The risk limit tiers of a contract; a tier ends at its `risk_limit`, in the settlement currency."""
    rows = sorted(answers.tiers.get(symbol, ()), key=lambda row: row.member("tier").integer())
    if not rows:
        raise asking.member("contract").error(
            f"risk_limit_tiers has no tiers of {symbol}",
            f"add the answer of {REQUESTS['risk_limit_tiers']}?contract={symbol}, as `risk_limit_tiers`",
        )
    table: list[tuple[Decimal | None, ...]] = []
    above = _ZERO
    for number, row in enumerate(rows, start=1):
        if row.member("tier").integer() != number:
            raise row.member("tier").error(
                f"tier {number} of {symbol} is missing", f"give the answer of {REQUESTS['risk_limit_tiers']} whole"
            )
        deduction = filled_decimal(row, "deduction")
        table.append((above, row.member("maintenance_rate").rate(), deduction, row.member("leverage_max").positive()))
        limit = row.member("risk_limit").positive()
        if limit <= above:
            raise row.member("risk_limit").error(
                f"tier {number} of {symbol} ends at {limit}, but the one before at {above}",
                f"give the answer of {REQUESTS['risk_limit_tiers']} as the venue gave it",
            )
        above = limit
    columns = ("above", "maintenance_rate", "maintenance_amount", "max_leverage")
    if all(cells[2] is None for cells in table):
        return TierTable(
            ("above", "maintenance_rate", "max_leverage"), tuple((a, b, d) for a, b, _, d in table), rows[0].pointer
        )
    return TierTable(columns, tuple(table), rows[0].pointer)


def _mode(row: Part) -> str:
    """The margin mode of a position: by its name, or by a leverage of 0, which is how the venue writes cross."""
    named = filled(row, "pos_margin_mode")
    if named is not None:
        return named.choice(_MODES)
    return "isolated" if row.member("leverage").decimal() else "cross"


def _leverage(row: Part) -> Decimal | None:
    """The leverage chosen; None for a cross position without one, of which the answer does not say what holds."""
    names = ("lever", "leverage", "cross_leverage_limit")
    return next((value for name in names if (value := filled_decimal(row, name))), None)


def _held(row: Part, instrument: Instrument, both_sides: frozenset[str]) -> _Held:
    quantity = row.member("size").decimal()
    check_side(row.member("size"), _side(row))
    entry_price, mode = row.member("entry_price").positive(), _mode(row)
    mark_price = row.member("mark_price").positive()
    check_one_mark_price(row.member("mark_price"), instrument, _ONE_MOMENT)
    _check_value_and_profit(row, instrument, quantity, entry_price, mark_price)
    return _Held(
        Position(
            id=position_id(instrument.symbol, quantity, both_sides),
            symbol=instrument.symbol,
            quantity=quantity,
            entry_price=entry_price,
            margin_mode=mode,
            leverage=_leverage(row),
            assigned_margin=row.member("margin").decimal() if mode == "isolated" else None,
            pointer=row.pointer,
        ),
        row,
        instrument,
    )


def _side(row: Part) -> str:
    side = filled(row, "mode")
    return side.choice(_SIDES) if side else "BOTH"


def _check_value_and_profit(
    row: Part, instrument: Instrument, quantity: Decimal, entry_price: Decimal, mark_price: Decimal
) -> None:
    """Refuse a row whose value or profit is not that of its size and prices, within the digits printed."""
    shown = filled(row, "value")
    if shown is not None:
        slack = value_slack(instrument, quantity, mark_price)
        check_figure(shown, value_at(instrument, quantity, mark_price), slack, "size at mark_price", _ONE_MOMENT)
    shown = filled(row, "unrealised_pnl")
    if shown is not None:
        profit, slack = profit_and_slack(instrument, quantity, entry_price, mark_price)
        check_figure(shown, profit, slack, "that of size between entry_price and mark_price", _ONE_MOMENT)


def _check_tier(entry: _Held, held: list[_Held], answers: _Answers) -> None:
    """Refuse tiers that do not give the average maintenance rate which the venue prints beside the position."""
    shown = filled(entry.row, "average_maintenance_rate")
    account = answers.accounts.get(entry.instrument.settle)
    tiered = account.optional("enable_tiered_mm") if account else None
    table = entry.instrument.tiers
    others = [other for other in held if other.position.symbol == entry.position.symbol]
    # In hedge mode the rate is that of the larger side.
    if shown is None or table is None or tiered is None or not tiered.flag() or len(others) > 1:
        return
    value = value_at(entry.instrument, entry.position.quantity, entry.row.member("mark_price").decimal())
    requirement = _ZERO
    for number, cells in enumerate(table.rows):
        above = cells[0] or _ZERO
        end = table.rows[number + 1][0] if number + 1 < len(table.rows) else None
        slice_end = value if end is None else min(value, end)
        requirement += max(_ZERO, slice_end - above) * (cells[1] or _ZERO)
    check_figure(
        shown,
        requirement / value,
        _ZERO,
        "the average that risk_limit_tiers give",
        f"add the answer of {REQUESTS['risk_limit_tiers']} of the same day as `risk_limit_tiers`",
    )


def _balances(answers: _Answers, settling: Mapping[str, None], held: list[_Held]) -> tuple[Balance, ...]:
    for asset in settling:
        if asset not in answers.accounts:
            raise answers.payload.member("accounts").error(
                f"accounts has no answer about {asset}, in which a position or an order is margined",
                f"add the answer of GET /futures/{asset.lower()}/accounts to a list `accounts`",
            )
    balances = []
    for asset, row in answers.accounts.items():
        pairs = [
            profit_and_value(entry.instrument, entry.position, entry.row.member("mark_price").decimal())
            for entry in held
            if entry.instrument.settle == asset
        ]
        check_profit_total(filled(row, "unrealised_pnl"), Decimal(1), pairs, REQUESTS["positions"])
        # `total` has the margins of positions and orders in it, and no profit that is not realised.
        wallet = row.member("total").decimal()
        if wallet or asset in settling:
            balances.append(Balance(asset, wallet, pointer=row.pointer))
    return tuple(balances)


def _order(row: Part, answers: _Answers) -> Order | None:
    """A resting order; None for one that is done."""
    status = filled(row, "status")
    if status is not None and status.text() == "finished":
        return None
    symbol, size = row.member("contract").text(), row.member("size").decimal()
    left = filled(row, "left")
    quantity = abs(left.decimal() if left else size)
    reduces = [row.member(name).flag() for name in ("is_reduce_only", "is_close", "reduce_only") if row.has(name)]
    if not size or not quantity:
        # An order to close the whole position has no size of its own.
        if any(reduces):
            return None
        raise row.member("size").error("nothing of the order is left to fill", "leave out orders that are done")
    price, number = filled(row, "price"), row.optional("id")
    settings = [held for held in answers.positions if held.member("contract").text() == symbol]
    named = filled(row, "pos_margin_mode")
    modes = {_mode(held) for held in settings}
    leverages = {_leverage(held) for held in settings}
    return Order(
        symbol=symbol,
        side="buy" if size > 0 else "sell",
        quantity=quantity,
        # A price of 0 is how the venue writes that an order has none.
        price=price.positive() if price and price.decimal() else None,
        id=str(number.integer()) if number else None,
        reduce_only=any(reduces) if reduces else None,
        margin_mode=named.choice(_MODES) if named else modes.pop() if len(modes) == 1 else None,
        leverage=leverages.pop() if len(leverages) == 1 else None,
        pointer=row.pointer,
    )


IMPORTER = Importer(
    "gate",
    "Gate perpetual futures",
    "one object with `accounts`, `positions`, `contracts` and `risk_limit_tiers`; where they apply `orders`, `time`",
    read,
)
