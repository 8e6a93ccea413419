"""OKX's answers (API v5) to an account state.

The payload is one object that holds the venue's answers under their names: `config` (GET /api/v5/account/config),
`balance` and `positions`; for what is traded `instruments`, `positionTiers` and `tradeFee`. Where they apply:
`discountRate`, which multi-currency mode needs; `ordersPending`; `markPrice`, for what is only ordered; and
`indexTickers`, for a currency whose price the balance does not show.

An answer may stand as the venue gave it, with `code` and `data`, or as its `data`; where one request does not give
everything (an instrument type, a family, a page), a list of answers stands in its place.

The answers are cross-checked: a payload of several moments, or with rows left out, is refused.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from attrs import evolve, field, frozen

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
    Collateral,
    LoneAnswer,
    check_figure,
    check_profit_total,
    filled,
    filled_decimal,
    position_id,
    positions_of_both_sides,
    profit_and_slack,
    refuse_a_lone_answer,
    refuse_order_margin_without_orders,
    refuse_other_names,
    rows_by,
    unwrapped,
    value_slack,
)
from marginrules.venues.importer import Importer, imported
from marginrules.venues.payload import Part, last_place, to_solved_digits

REQUESTS: Mapping[str, str] = {
    "config": "GET /api/v5/account/config",
    "balance": "GET /api/v5/account/balance",
    "positions": "GET /api/v5/account/positions",
    "instruments": "GET /api/v5/public/instruments",
    "positionTiers": "GET /api/v5/public/position-tiers",
    "tradeFee": "GET /api/v5/account/trade-fee",
    "discountRate": "GET /api/v5/public/discount-rate-interest-free-quota",
    "ordersPending": "GET /api/v5/trade/orders-pending",
    "markPrice": "GET /api/v5/public/mark-price",
    "indexTickers": "GET /api/v5/market/index-tickers",
}

_NEEDED = ("config", "balance", "positions")
_NEEDED_WHERE_HELD = ("instruments", "positionTiers", "tradeFee")
_LONE = (
    LoneAnswer("config", ("acctLv",)),
    LoneAnswer("balance", ("details", "totalEq")),
    LoneAnswer("balance", ("adjEq",)),
    LoneAnswer("balance", ("ccy", "cashBal"), "one row of `details` in the answer"),
    LoneAnswer("positions", ("instId", "avgPx")),
    LoneAnswer("positionTiers", ("maxSz", "mmr")),
    LoneAnswer("instruments", ("instId", "ctVal")),
)
_FUTURES, _MULTI_CURRENCY, _PORTFOLIO = "2", "3", "4"
_MODES = {mode: mode for mode in ("1", _FUTURES, _MULTI_CURRENCY, _PORTFOLIO)}
_CONTRACTS = ("SWAP", "FUTURES")
_SPOT = ("SPOT", "MARGIN")
_KINDS = {"linear": "linear", "inverse": "inverse"}
_MARGIN_MODES = {"cross": "cross", "isolated": "isolated"}
_POSITION_MODES = {"net_mode": "net_mode", "long_short_mode": "long_short_mode"}
_POSITION_SIDES = {"net": "net", "long": "long", "short": "short"}
_SIDES = {"buy": "buy", "sell": "sell"}
_TAKER = {"USDT": "takerU", "USDC": "takerUSDC"}
_ONE_MOMENT = "take the answers at one moment, each of all instruments"

# The venue prints long figures, computed in binary: they agree to about fifteen digits.
_DIGITS = Decimal("1e-12")
_PRINTED_UNIT = Decimal("0.00000001")

# Two answers are never of quite the same moment.
_DRIFT = Decimal("0.01")
_ZERO = Decimal(0)


@frozen
class _Answers:
    """The payload's rows, by what they are asked for by.

    Attributes:
        mode: `acctLv`.
        position_mode: `posMode`; None where the answer does not say.
        total: the row of `balance` for the account.
        currencies: its rows by currency.
        tiers: rows of `positionTiers` by instrument family.
        fees: rows of `tradeFee` by instrument type.
    """

    payload: Part
    mode: str
    position_mode: str | None
    total: Part
    currencies: Mapping[str, Part]
    positions: tuple[Part, ...]
    instruments: Mapping[str, Part]
    tiers: Mapping[str, tuple[Part, ...]]
    fees: Mapping[str, Part]
    marks: Mapping[str, Part]
    indices: Mapping[str, Part]


@frozen
class _Held:
    """A position, the row it was read from, and the contract it is in."""

    position: Position
    row: Part = field(eq=False)
    instrument: Instrument
    family: str

    @property
    def value(self) -> Decimal:
        """Its value at the mark, in the settlement asset."""
        return value_at(self.instrument, self.position.quantity, self.instrument.mark_price or _ZERO)

    @property
    def profit(self) -> Decimal:
        """Its unrealized profit, as the venue prints it or as the prices give it."""
        shown = filled_decimal(self.row, "upl")
        if shown is not None:
            return shown
        mark = self.instrument.mark_price or _ZERO
        return profit_and_slack(self.instrument, self.position.quantity, self.position.entry_price, mark)[0]


def read(payload: object, source: str = "payload") -> AccountState:
    """The account state that a payload of OKX shows.

    Args:
        payload: parsed JSON, its numbers `Decimal` or text.
        source: name of the payload for errors.

    Raises:
        StateError: something is missing, malformed or contradicts itself; it says where and how to mend it.
    """
    return imported(_read, payload, source, REQUESTS)


def _read(payload: Part) -> AccountState:
    bare = payload.member("data") if payload.has("data") and payload.has("code") else payload
    refuse_a_lone_answer(bare, _LONE, _NEEDED, _NEEDED_WHERE_HELD)
    refuse_other_names(payload)
    answers = _answers(payload)

    instruments: dict[str, Instrument] = {}
    held: list[_Held] = []
    both_sides = positions_of_both_sides(row.member("instId").text() for row in answers.positions)
    for row in answers.positions:
        symbol = row.member("instId").text()
        if symbol not in instruments:
            instruments[symbol] = _instrument(symbol, row, answers, traded_only=False)
        held.append(_held(row, instruments[symbol], both_sides, answers))
    held = _with_ids_of_their_own(held)

    orders: list[Order] = []
    for row in _order_rows(payload):
        symbol = row.member("instId").text()
        if symbol not in instruments:
            instruments[symbol] = _instrument(symbol, row, answers, traded_only=True)
        orders.append(_order(row))
    if answers.mode != _PORTFOLIO:
        _check_margins(held)

    settling = dict.fromkeys(instrument.settle for instrument in instruments.values())
    balances, assets = _balances(answers, held, settling)
    return AccountState(
        account=Account(id="okx", as_of=_moment(answers), inputs=_account_inputs(answers)),
        balances=balances,
        positions=tuple(entry.position for entry in held),
        orders=tuple(orders),
        instruments=tuple(instruments.values()),
        assets=assets,
    )


def _account_inputs(answers: _Answers) -> dict[str, Value]:
    inputs: dict[str, Value] = {"acctLv": answers.mode}
    if answers.mode == _PORTFOLIO:
        # The stress tests are the venue's own, and so are the margins that come of them.
        for key in ("imr", "mmr"):
            shown = filled(answers.total, key)
            if shown is not None:
                inputs[key] = shown.decimal()
    return inputs


def _moment(answers: _Answers) -> datetime | None:
    """When the venue last updated the account."""
    time = filled(answers.total, "uTime")
    return time.moment() if time else None


# ---------------------------------------------------------------- the answers


def _rows(payload: Part, name: str) -> tuple[Part, ...]:
    """The rows of the answers under a name: of one answer, of a list of them, or of its `data` alone."""
    found = payload.optional(name)
    if found is None:
        return ()
    if isinstance(found.value, Mapping):
        return unwrapped(found, "data", {"code": "0"}).rows()
    rows: list[Part] = []
    for item in found.items():
        framed = item.has("data") and item.has("code")
        rows.extend(unwrapped(item, "data", {"code": "0"}).items() if framed else (item,))
    return tuple(rows)


def _one(payload: Part, name: str) -> Part:
    """The only row of an answer."""
    payload.member(name)
    rows = _rows(payload, name)
    if len(rows) != 1:
        found = payload.member(name)
        raise found.error(f"{found.name} has {len(rows)} rows where one is due", f"give the answer of {REQUESTS[name]}")
    return rows[0]


def _answers(payload: Part) -> _Answers:
    config = _one(payload, "config")
    mode, position_mode = config.member("acctLv").choice(_MODES), filled(config, "posMode")
    total = _one(payload, "balance")
    payload.member("positions")
    tiers: dict[str, tuple[Part, ...]] = {}
    for row in _rows(payload, "positionTiers"):
        family = (filled(row, "instFamily") or row.member("uly")).text()
        tiers[family] = (*tiers.get(family, ()), row)
    return _Answers(
        payload=payload,
        mode=mode,
        position_mode=position_mode.choice(_POSITION_MODES) if position_mode else None,
        total=total,
        currencies=rows_by(total.member("details").items(), "ccy"),
        positions=_position_rows(payload),
        instruments=rows_by(_rows(payload, "instruments"), "instId"),
        tiers=tiers,
        fees=rows_by(_rows(payload, "tradeFee"), "instType"),
        marks=rows_by(_rows(payload, "markPrice"), "instId"),
        indices=rows_by(_rows(payload, "indexTickers"), "instId"),
    )


def _position_rows(payload: Part) -> tuple[Part, ...]:
    """The rows of `positions` that hold something."""
    rows = []
    for row in _rows(payload, "positions"):
        size = filled_decimal(row, "pos")
        if size is None:
            raise row.lacks("pos")
        if not size:
            continue
        kind = row.member("instType").text()
        if kind not in _CONTRACTS:
            raise row.member("instType").error(
                f"{row.name} is a position of type {kind}, for which this importer has no rules",
                "an account with perpetual and expiry futures alone (SWAP, FUTURES) can be imported",
            )
        rows.append(row)
    return tuple(rows)


# ---------------------------------------------------------------- positions and contracts


def _held(row: Part, instrument: Instrument, both_sides: frozenset[str], answers: _Answers) -> _Held:
    quantity = _quantity(row, answers)
    mode = row.member("mgnMode").choice(_MARGIN_MODES)
    entry = filled(row, "avgPx")
    leverage = filled(row, "lever")
    for key, part in (("avgPx", entry), ("lever", leverage)):
        if part is None:
            raise row.lacks(key)
    if instrument.mark_price is None:
        raise row.lacks("markPx", f"add the answer of {REQUESTS['markPrice']} as `markPrice`")
    margin = filled(row, "margin") if mode == "isolated" else None
    if mode == "isolated" and margin is None:
        raise row.lacks("margin")
    position = Position(
        id=position_id(instrument.symbol, quantity, both_sides),
        symbol=instrument.symbol,
        quantity=quantity,
        entry_price=entry.positive() if entry else _ZERO,
        margin_mode=mode,
        leverage=leverage.positive() if leverage else None,
        assigned_margin=margin.decimal() if margin else None,
        pointer=row.pointer,
    )
    held = _Held(position, row, instrument, _family(answers.instruments[instrument.symbol]))
    _check_profit(held)
    _check_value(held, answers)
    return held


def _quantity(row: Part, answers: _Answers) -> Decimal:
    """Signed contracts: in long and short mode the side is in `posSide`, in net mode in the sign."""
    size = row.member("pos").decimal()
    side = filled(row, "posSide")
    named = side.choice(_POSITION_SIDES) if side else "net"
    if side is None or named == "net":
        return size
    if answers.position_mode == "net_mode":
        raise side.error(f"posSide is {named}, but config.posMode is net_mode", _ONE_MOMENT)
    if size < 0 and named == "long":
        raise row.member("pos").error(
            f"pos is {size} on the long side", "in long and short mode the side is in posSide, and pos has no sign"
        )
    return abs(size) if named == "long" else -abs(size)


def _with_ids_of_their_own(held: list[_Held]) -> list[_Held]:
    """The margin mode is added to the id where one side of a contract is held in both modes."""
    seen = Counter(entry.position.id for entry in held)
    found = [
        evolve(entry, position=evolve(entry.position, id=f"{entry.position.id}:{entry.position.margin_mode}"))
        if seen[entry.position.id] > 1
        else entry
        for entry in held
    ]
    twice = Counter(entry.position.id for entry in found)
    for entry in found:
        if twice[entry.position.id] > 1:
            raise entry.row.error(
                f"{entry.position.id} is listed twice", "give each once, from one answer of the venue"
            )
    return found


def _check_profit(held: _Held) -> None:
    """Refuse a profit that the prices do not give."""
    shown = filled(held.row, "upl")
    if shown is None:
        return
    position, instrument = held.position, held.instrument
    mark = instrument.mark_price or _ZERO
    profit, slack = profit_and_slack(instrument, position.quantity, position.entry_price, mark)
    formula = "(1 / avgPx - 1 / markPx)" if instrument.contract == "inverse" else "(markPx - avgPx)"
    check_figure(shown, profit, slack + abs(held.value) * _DIGITS, f"pos x {formula}", _ONE_MOMENT)


def _check_value(held: _Held, answers: _Answers) -> None:
    """Refuse a value in USD that size and mark price do not give; the price of the currency may be a moment older."""
    shown = filled(held.row, "notionalUsd")
    if shown is None:
        return
    price = filled_decimal(held.row, "usdPx")
    if held.instrument.contract == "inverse":
        price = held.instrument.mark_price
    elif price is None:
        price = _shown_price(answers.currencies.get(held.instrument.settle))
    if price is None:
        return
    value = held.value * price
    check_figure(shown, value, value * _DRIFT, "pos x contract value x markPx in USD", _ONE_MOMENT)


def _instrument(symbol: str, row: Part, answers: _Answers, *, traded_only: bool) -> Instrument:
    """The contract of a symbol.

    Args:
        symbol: its name.
        row: the row of `positions`, or of an order where there is no position.
        answers: the payload.
        traded_only: there is no position on it, only an order; then its mark price and tiers may be absent.
    """
    _require(symbol, symbol in answers.instruments, "instruments", row, answers)
    described = answers.instruments[symbol]
    kind = described.member("ctType").choice(_KINDS)
    base, quote = _underlying(described)
    settle = described.member("settleCcy").text()
    _check_face(described, kind, base, quote)
    family = _family(described)
    if not traded_only:
        _require(family, family in answers.tiers, "positionTiers", row, answers)
    mark = filled(row, "markPx") or (filled(answers.marks[symbol], "markPx") if symbol in answers.marks else None)
    multiplier = filled(described, "ctMult")
    leverage, tick, step = (filled(described, key) for key in ("lever", "tickSz", "lotSz"))
    return Instrument(
        symbol=symbol,
        contract=kind,
        base=base,
        quote=quote,
        settle=settle,
        contract_size=described.member("ctVal").positive() * (multiplier.positive() if multiplier else 1),
        mark_price=mark.positive() if mark else None,
        max_leverage=leverage.positive() if leverage else None,
        tick_size=tick.positive() if tick else None,
        quantity_step=step.positive() if step else None,
        taker_fee_rate=_taker_fee_rate(described, kind, settle, row, answers),
        tiers=_tiers(answers.tiers[family]) if family in answers.tiers else None,
        pointer=row.pointer,
    )


def _require(key: str, found: object, name: str, row: Part, answers: _Answers) -> None:
    """Ask for an answer by name that is absent, or does not have a row of that key."""
    if not answers.payload.has(name):
        raise answers.payload.lacks(name)
    if not found:
        raise row.member("instId").error(
            f"{name} has no row of {key}",
            f"add the answer of {REQUESTS[name]} for {key} to `{name}`, which may be a list of answers",
        )


def _family(described: Part) -> str:
    return (filled(described, "instFamily") or described.member("uly")).text()


def _underlying(described: Part) -> tuple[str, str]:
    part = described.member("uly")
    base, _, quote = part.text().partition("-")
    if not base or not quote:
        raise part.error(f"uly is {part.text()}, which names no base and quote", "give the venue's own form")
    return base, quote


def _check_face(described: Part, kind: str, base: str, quote: str) -> None:
    """Refuse a contract whose face value is not in its base (linear) or its quote (inverse)."""
    currency = filled(described, "ctValCcy")
    due = base if kind == "linear" else quote
    if currency is not None and currency.text() != due:
        raise currency.error(
            f"the face value of a {kind} contract is in {currency.text()}, where {due} is due",
            f"give the answer of {REQUESTS['instruments']} as the venue gave it",
        )


def _taker_fee_rate(described: Part, kind: str, settle: str, row: Part, answers: _Answers) -> Decimal:
    """The rate of the fee for taking, of the fees that the payload has of the contract's type."""
    instrument_type = described.member("instType").text()
    _require(instrument_type, instrument_type in answers.fees, "tradeFee", row, answers)
    return taker_fee_rate(described, kind, settle, answers.fees[instrument_type])


def taker_fee_rate(described: Part, kind: str, settle: str, fees: Part) -> Decimal:
    """The rate of the fee for taking, positive where it is charged; the venue prints what is charged negative.

    Args:
        described: the contract's row of the instruments.
        kind: linear or inverse.
        settle: what the contract settles in.
        fees: the row of the trade fees of its instrument type.

    Raises:
        StateError: the fees have none for such a contract.
    """
    group = filled(described, "groupId")
    groups = fees.optional("feeGroup")
    if group is not None and groups is not None:
        listed = rows_by(groups.items(), "groupId")
        if group.text() in listed:
            return -listed[group.text()].member("taker").decimal()
    key = _TAKER.get(settle, "taker") if kind == "linear" else "taker"
    found = filled(fees, key)
    if found is None:
        raise fees.lacks(key)
    return -found.decimal()


def _tiers(rows: tuple[Part, ...]) -> TierTable:
    """The position tiers of a family; `above` in contracts."""
    remedy = f"give the answer of {REQUESTS['positionTiers']} for the family whole"
    ordered = sorted(rows, key=lambda row: row.member("minSz").decimal())
    above = _ZERO
    table: list[tuple[Decimal | None, ...]] = []
    for row in ordered:
        begin, end = row.member("minSz").decimal(), row.member("maxSz").positive()
        leverage = filled(row, "maxLever")
        cells = (row.member("mmr").rate(), leverage.positive() if leverage else None)
        if table and end == above and cells == table[-1][1:]:
            # The same tier from the answer for the other margin mode.
            continue
        # Tiers are printed 0 to 2000, 2001 to 4000, or with the end of one as the beginning of the next.
        if not above <= begin <= above + 1 or end <= above:
            raise row.member("minSz").error(f"a tier begins at {begin}, but the one before ends at {above}", remedy)
        table.append((above, *cells))
        above = end
    return TierTable(("above", "maintenance_rate", "max_leverage"), tuple(table), ordered[0].pointer)


def _check_margins(held: list[_Held]) -> None:
    """Refuse tiers or leverage that do not give the margins which the venue prints beside a position."""
    counts: dict[tuple[str, str], Decimal] = {}
    for entry in held:
        if entry.position.margin_mode == "cross":
            key = (entry.family, entry.instrument.settle)
            counts[key] = counts.get(key, _ZERO) + abs(entry.position.quantity)
    for entry in held:
        position, instrument, tiers = entry.position, entry.instrument, entry.instrument.tiers
        if tiers is None:
            continue
        own = abs(position.quantity)
        contracts = counts[entry.family, instrument.settle] if position.margin_mode == "cross" else own
        slack = value_slack(instrument, position.quantity, instrument.mark_price or _ZERO) + entry.value * _DIGITS
        maintenance = filled(entry.row, "mmr")
        if maintenance is not None:
            check_figure(
                maintenance,
                entry.value * _rate_of(tiers, contracts),
                slack,
                f"value x the rate of the tier of {plain_text(contracts)} contracts",
                f"add the answer of {REQUESTS['positionTiers']} of the same day as `positionTiers`",
            )
        initial = filled(entry.row, "imr")
        if initial is not None and position.margin_mode == "cross" and position.leverage:
            check_figure(initial, entry.value / position.leverage, slack, "value / lever", _ONE_MOMENT)


def _rate_of(tiers: TierTable, contracts: Decimal) -> Decimal:
    rate = _ZERO
    for above, tier_rate, *_ in tiers.rows:
        if above is None or (above and above >= contracts):
            break
        rate = tier_rate or _ZERO
    return rate


# ---------------------------------------------------------------- currencies


def _balances(
    answers: _Answers, held: list[_Held], settling: Mapping[str, None]
) -> tuple[tuple[Balance, ...], tuple[Asset, ...]]:
    """What the account holds, and what each currency is worth as collateral."""
    details = answers.total.member("details")
    for currency in settling:
        if currency not in answers.currencies:
            raise details.error(
                f"{details.name} has no row of {currency}, in which a position or an order is margined",
                f"give the answer of {REQUESTS['balance']} whole",
            )
    in_usd = answers.mode in {_MULTI_CURRENCY, _PORTFOLIO}
    balances, assets, total = [], [], _ZERO
    for currency, row in answers.currencies.items():
        mine = [entry for entry in held if entry.instrument.settle == currency]
        wallet = _wallet_balance(currency, row, mine, answers)
        if not wallet and currency not in settling:
            continue
        price = _index_price(currency, row, mine, answers)
        if price is None and in_usd:
            raise answers.payload.lacks(
                "indexTickers",
                f"balance does not show what {currency} is worth in USD: add the answer of "
                f"{REQUESTS['indexTickers']} with instId={currency}-USD as `indexTickers`",
            )
        discount = _discount(currency, row, answers) if in_usd else None
        balances.append(Balance(currency, wallet, pointer=row.pointer))
        assets.append(
            Asset(
                currency,
                index_price=price,
                collateral_rate=discount.rate if discount else None,
                collateral_tiers=discount.tiers if discount else None,
                pointer=row.pointer,
            )
        )
        if discount is not None and price is not None:
            total += _check_discount(row, discount, price, mine)
    _check_adjusted_equity(answers, total, held)
    return tuple(balances), tuple(assets)


def _wallet_balance(currency: str, row: Part, held: list[_Held], answers: _Answers) -> Decimal:
    """All cash of a currency, margin of isolated positions included.

    The venue's `eq` tells whether `cashBal` has that margin in it: it is the cash with the profit of all positions.
    """
    cash = row.member("cashBal").decimal()
    margins = sum((entry.position.assigned_margin or _ZERO for entry in held), _ZERO)
    profit = filled(row, "upl")
    figures = [(entry.profit, entry.value) for entry in held]
    check_profit_total(profit, Decimal(1), figures, REQUESTS["positions"])
    _check_isolated_equity(row, held)
    if (profit is None or not profit.decimal()) and not held:
        wallet = cash
    else:
        wallet = _cash_of_equity(currency, row, cash, margins, held)
    # Orders of the venue's strategies freeze too, and are in no answer here.
    refuse_order_margin_without_orders(
        answers.payload, "ordersPending", [filled(row, "ordFrozen")], listed=answers.payload.has("ordersPending")
    )
    if margins and wallet < margins - _PRINTED_UNIT:
        raise row.member("cashBal").error(
            f"{currency} has {plain_text(wallet)}, less than the margin of its isolated positions, "
            f"{plain_text(margins)}",
            _ONE_MOMENT,
        )
    return wallet


def _check_isolated_equity(row: Part, held: list[_Held]) -> None:
    """Refuse isolated positions that do not make up the isolated equity of their currency: some were left out."""
    shown = filled(row, "isoEq")
    if shown is None:
        return
    isolated = [entry for entry in held if entry.position.margin_mode == "isolated"]
    equity = sum(((entry.position.assigned_margin or _ZERO) + entry.profit for entry in isolated), _ZERO)
    slack = sum((entry.value for entry in isolated), _ZERO) * _DRIFT + _PRINTED_UNIT
    remedy = f"give the answer of {REQUESTS['positions']} of all positions, taken at the same moment"
    check_figure(shown, equity, slack, "margin + upl of the isolated positions", remedy)


def _cash_of_equity(currency: str, row: Part, cash: Decimal, margins: Decimal, held: list[_Held]) -> Decimal:
    equity = filled(row, "eq")
    if equity is None:
        if margins:
            raise row.lacks("eq")
        return cash
    interest = filled_decimal(row, "interest") or _ZERO
    shown = filled_decimal(row, "upl")
    profit = sum((entry.profit for entry in held), _ZERO) if shown is None else shown
    rest = equity.decimal() - profit + interest
    size = abs(equity.decimal()) + sum((entry.value for entry in held), _ZERO)
    slack = last_place(equity.decimal()) + _PRINTED_UNIT + size * _DIGITS
    for wallet in (cash, cash + margins):
        if abs(rest - wallet) <= slack:
            return wallet
    raise equity.error(
        f"eq is {plain_text(equity.decimal())} {currency}, but cashBal and upl give {plain_text(cash + profit)}, "
        f"and with the margin of isolated positions {plain_text(cash + margins + profit)}",
        "an account that holds options or borrows in quick-margin mode can not be imported; of any other, "
        "give the answers of one moment, whole",
    )


def _shown_price(row: Part | None) -> Decimal | None:
    """USD for one unit of a currency, as its value and its equity give it."""
    if row is None:
        return None
    value, equity = filled_decimal(row, "eqUsd"), filled_decimal(row, "eq")
    return to_solved_digits(value / equity) if value and equity and value / equity > 0 else None


def _index_price(currency: str, row: Part, held: list[_Held], answers: _Answers) -> Decimal | None:
    for pair in (f"{currency}-USD", f"{currency}-USDT"):
        if pair in answers.indices:
            return answers.indices[pair].member("idxPx").positive()
    price = _shown_price(row)
    if price is not None:
        return price
    for entry in held:
        shown = filled(entry.row, "usdPx")
        if shown is not None:
            return shown.positive()
    return None


def _discount(currency: str, row: Part, answers: _Answers) -> Collateral:
    """The discount rate of a currency, or its tiers; 0 where it is switched off as collateral."""
    switch = row.optional("collateralEnabled")
    if switch is not None and switch.value != "" and not switch.flag():
        return Collateral(_ZERO, None)
    rows = rows_by(_rows(answers.payload, "discountRate"), "ccy")
    if not rows:
        raise answers.payload.lacks("discountRate")
    if currency not in rows:
        raise row.member("ccy").error(
            f"discountRate has no row of {currency}",
            f"add the answer of {REQUESTS['discountRate']}, of all currencies, as `discountRate`",
        )
    listed = rows[currency].optional("details") or rows[currency].member("discountInfo")
    remedy = f"give the answer of {REQUESTS['discountRate']} whole"
    table: list[tuple[Decimal | None, ...]] = []
    end: Decimal | None = _ZERO
    for tier in sorted(listed.items(), key=lambda tier: filled_decimal(tier, "minAmt") or _ZERO):
        begin = filled_decimal(tier, "minAmt") or _ZERO
        if begin != end:
            raise tier.error(f"a tier begins at {begin}, but the one before ends at {end}", remedy)
        end = filled_decimal(tier, "maxAmt")
        table.append((begin, tier.member("discountRate").rate()))
    if not table:
        raise listed.error(f"{listed.name} is empty", remedy)
    if end:
        # What is held beyond the last tier does not count.
        table.append((end, _ZERO))
    if len(table) == 1:
        return Collateral(table[0][1], None)
    return Collateral(None, TierTable(("above", "collateral_rate"), tuple(table), listed.pointer))


def _check_discount(row: Part, discount: Collateral, price: Decimal, held: list[_Held]) -> Decimal:
    """What a currency adds to the adjusted equity; refused where the venue's own figure is another."""
    equity, shown = filled_decimal(row, "eq"), filled(row, "disEq")
    if equity is None:
        return _ZERO
    counted = discount.counted(equity) * price
    isolated = any(entry.position.margin_mode == "isolated" for entry in held)
    if shown is not None and not isolated:
        check_figure(
            shown,
            counted,
            abs(counted) * _DRIFT + _PRINTED_UNIT,
            "eqUsd at the discount rate",
            f"add the answer of {REQUESTS['discountRate']} of the same day as `discountRate`",
        )
    return counted


def _check_adjusted_equity(answers: _Answers, total: Decimal, held: list[_Held]) -> None:
    """Refuse currencies that do not make up the adjusted equity, where nothing else goes into it."""
    shown = filled(answers.total, "adjEq")
    isolated = any(entry.position.margin_mode == "isolated" for entry in held)
    if shown is None or answers.mode != _MULTI_CURRENCY or isolated or _rows(answers.payload, "ordersPending"):
        return
    check_figure(
        shown,
        total,
        abs(total) * _DRIFT + _PRINTED_UNIT,
        "the sum of eqUsd at the discount rates",
        f"give the answer of {REQUESTS['balance']} of all currencies, and where orders rest that of "
        f"{REQUESTS['ordersPending']} as `ordersPending`",
    )


# ---------------------------------------------------------------- orders


def _order_rows(payload: Part) -> tuple[Part, ...]:
    """Orders that rest in the book of a contract; those of the spot market hold no margin of contracts."""
    rows = []
    for row in _rows(payload, "ordersPending"):
        kind = row.member("instType").text()
        if kind in _SPOT:
            continue
        if kind not in _CONTRACTS:
            raise row.member("instType").error(
                f"{row.name} is an order of type {kind}, for which this importer has no rules",
                "an account with perpetual and expiry futures alone (SWAP, FUTURES) can be imported",
            )
        rows.append(row)
    return tuple(rows)


def _order(row: Part) -> Order:
    side = row.member("side").choice(_SIDES)
    quantity = row.member("sz").positive() - (filled_decimal(row, "accFillSz") or _ZERO)
    if quantity <= 0:
        raise row.error(f"{row.name} has nothing left to fill", "leave orders out that are filled")
    flag = filled(row, "reduceOnly")
    reduces = flag.flag() if flag else None
    position_side = filled(row, "posSide")
    named = position_side.choice(_POSITION_SIDES) if position_side else "net"
    if named != "net":
        # In long and short mode an order against its side can only reduce.
        reduces = bool(reduces) or (named == "long") == (side == "sell")
    number, leverage = filled(row, "ordId"), filled(row, "lever")
    return Order(
        symbol=row.member("instId").text(),
        side=side,
        quantity=quantity,
        price=row.member("px").positive() if filled_decimal(row, "px") else None,
        id=number.text() if number else None,
        reduce_only=reduces,
        margin_mode=row.member("tdMode").choice(_MARGIN_MODES),
        leverage=leverage.positive() if leverage else None,
        pointer=row.pointer,
    )


IMPORTER = Importer(
    "okx",
    "OKX",
    "one object with `config`, `balance` and `positions`; for what is traded `instruments`, `positionTiers` and "
    "`tradeFee`; where they apply `discountRate`, `ordersPending`, `markPrice`, `indexTickers`",
    read,
)
