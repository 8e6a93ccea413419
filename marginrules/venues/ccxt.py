"""ccxt's unified structures to an account state, for any of the venues in `ccxt_exchanges`.

The payload is one object: `exchange` (ccxt's id of the venue), `balance` (fetch_balance), `positions` (fetch_positions)
and `markets` (load_markets). Where they apply: `leverageTiers`, `leverages`, `marginModes`, `tradingFees`, `tickers`,
`openOrders`, `timestamp`; and `inputs`: what the venue's policy needs and ccxt has nowhere, by its name.

What a unified field means differs from venue to venue, and for `collateral` from version to version of ccxt. Where that
matters the venue's own figure is read from `info`; `docs/importers/ccxt.md` has the table.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Context, Decimal

from attrs import evolve, field, frozen

from marginrules.account.contracts import unrealized_pnl, value_at
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
from marginrules.language.diagnostics import did_you_mean
from marginrules.venues import kraken_futures
from marginrules.venues.ccxt_exchanges import BINANCE, BYBIT, EXCHANGES, KUCOIN, OKX, SHARED_INPUTS, Exchange, Kind
from marginrules.venues.figures import (
    filled,
    filled_decimal,
    mark_behind_profit,
    members,
    position_id,
    positions_of_both_sides,
    refuse_other_names,
    rows_by,
    signed_size,
    unwrapped,
)
from marginrules.venues.importer import Importer, imported
from marginrules.venues.okx import taker_fee_rate
from marginrules.venues.payload import Part, last_place, to_solved_digits
from marginrules.venues.tables import FIRST_LISTED_TABLE, TIER_READERS, ccxt_rows, check_tiers, tier_table

REQUESTS: Mapping[str, str] = {
    "balance": "fetch_balance",
    "positions": "fetch_positions",
    "markets": "load_markets",
    "leverageTiers": "fetch_leverage_tiers",
    "leverages": "fetch_leverages",
    "marginModes": "fetch_margin_modes",
    "tradingFees": "fetch_trading_fees",
    "tickers": "fetch_tickers",
    "openOrders": "fetch_open_orders",
}

_NEEDED = ("balance", "positions", "markets")
_OWN = frozenset({"exchange", "timestamp", "inputs", "marginTables", "leverageBracket"})
_SIDES = {"long": 1, "short": -1}
_ORDER_SIDES = {"buy": "buy", "sell": "sell"}
# What the venue calls a currency, and ccxt.
_KRAKEN_CODES = {"XBT": "BTC"}
_MODES = {"cross": "cross", "crossed": "cross", "isolated": "isolated"}
_POSITION_SIDES = {"long": "LONG", "short": "SHORT", "both": "BOTH", "net": "BOTH"}
_SWITCHES = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}
_NOT_A_CURRENCY = frozenset({"info", "timestamp", "datetime", "free", "used", "total", "debt"})
_ONE_MOMENT = "take the answers at one moment, each of all symbols"

# Some venues print an entry price to five digits.
_PRICE_DIGITS = Decimal("0.00001")
_MARKS_MOVE = Decimal("0.01")
_PRINTED_UNIT = Decimal("0.00000001")
_SHOWN_DIGITS = 12
_ZERO = Decimal(0)


@frozen
class _Answers:
    """The payload's structures, by what they are asked for by."""

    payload: Part
    name: str
    exchange: Exchange
    markets: Mapping[str, Part]
    tickers: Mapping[str, Part]
    tiers: Mapping[str, Part]
    leverages: Mapping[str, Part]
    margin_modes: Mapping[str, Part]
    fees: Mapping[str, Part]

    def given(self, section: str, key: str, name: str) -> Part | None:
        """What `inputs` says of a record, or None."""
        inputs = self.payload.optional("inputs")
        table = inputs.optional(section) if inputs else None
        record = table.optional(key) if table and section != "account" else table
        return record.optional(name) if record else None


@frozen
class _Held:
    """A position, the structure it was read from, and its figures at the mark."""

    position: Position
    row: Part = field(eq=False)
    instrument: Instrument
    profit: Decimal
    value: Decimal


def read(payload: object, source: str = "payload") -> AccountState:
    """The account state that ccxt's unified structures show.

    Args:
        payload: parsed JSON, its numbers `Decimal` or text.
        source: name of the payload for errors.

    Raises:
        StateError: something is missing, malformed or contradicts itself; it says where and how to mend it.
    """
    return imported(_read, payload, source, REQUESTS)


def _read(payload: Part) -> AccountState:
    answers = _answers(payload)
    _check_inputs(answers)

    open_rows = [row for row in payload.member("positions").rows() if _contracts(row, answers).decimal()]
    both_sides = positions_of_both_sides(row.member("symbol").text() for row in open_rows)
    instruments: dict[str, Instrument] = {}
    held: list[_Held] = []
    for row in open_rows:
        symbol = row.member("symbol").text()
        entry = _held(row, instruments.get(symbol) or _instrument(symbol, row, answers), answers, both_sides)
        instruments.setdefault(symbol, entry.instrument)
        held.append(entry)
    _check_one_kind(answers, held)

    orders: list[Order] = []
    resting = payload.optional("openOrders")
    for row in resting.items() if resting else ():
        order = _order(row, answers, held)
        if order is None:
            continue
        if order.symbol not in instruments:
            instruments[order.symbol] = _with_mark(_instrument(order.symbol, row, answers), answers)
        orders.append(order)

    account_inputs = _account_inputs(answers, held)
    settling = dict.fromkeys(instrument.settle for instrument in instruments.values())
    balances, known = _balances(answers, settling, held, instruments)
    return AccountState(
        account=Account(id=answers.name, as_of=_moment(payload), inputs=account_inputs),
        balances=balances,
        positions=tuple(entry.position for entry in held),
        orders=tuple(orders),
        instruments=tuple(instruments.values()),
        assets=tuple(_assets(answers, [*(balance.asset for balance in balances), *settling], known, account_inputs)),
    )


# ---------------------------------------------------------------- the payload


def _answers(payload: Part) -> _Answers:
    named = payload.optional("exchange") if isinstance(payload.value, Mapping) else None
    known = ", ".join(EXCHANGES)
    if named is None:
        missing = " and ".join(f"the answer of {REQUESTS[key]} as `{key}`" for key in _NEEDED)
        raise payload.error(
            "the payload lacks exchange, ccxt's id of the venue",
            f'give one object, {{"exchange": "okx", …}}, with {missing}; ids are {known}',
        )
    name = named.text()
    if name not in EXCHANGES:
        raise named.error(
            f"exchange is `{name}`, which this importer does not read",
            f"{did_you_mean(name, EXCHANGES)}it reads {known}",
        )
    refuse_other_names(payload, sorted(_OWN))
    for key in _NEEDED:
        payload.member(key)
    return _Answers(
        payload=payload,
        name=name,
        exchange=EXCHANGES[name],
        markets=_by_symbol(payload, "markets"),
        tickers=_by_symbol(payload, "tickers"),
        tiers=_by_symbol(payload, "leverageTiers"),
        leverages=_by_symbol(payload, "leverages"),
        margin_modes=_by_symbol(payload, "marginModes"),
        fees=_by_symbol(payload, "tradingFees"),
    )


def _by_symbol(payload: Part, key: str) -> Mapping[str, Part]:
    """Structures by unified symbol: ccxt's dictionary of them, a list of them, or the one of one symbol."""
    found = payload.optional(key)
    if found is None:
        return {}
    if isinstance(found.value, list | tuple):
        rows = found.items()
        if key != "leverageTiers":
            return rows_by(rows, "symbol")
        # fetch_market_leverage_tiers: the tiers of one symbol.
        listed = dict.fromkeys(row.member("symbol").text() for row in rows)
        if len(listed) > 1:
            raise found.error(f"{key} is a list of tiers of several symbols", f"give the answer of {REQUESTS[key]}")
        return dict.fromkeys(listed, found)
    if found.has("symbol") and isinstance(found.member("symbol").value, str):
        return {found.member("symbol").text(): found}
    if key == "marginModes" and found.has("marginMode") and isinstance(found.member("marginMode").value, str):
        # Of a venue where the mode is set for the whole account.
        return dict.fromkeys(_symbols_traded(payload), found)
    return dict(members(found))


def _symbols_traded(payload: Part) -> Iterator[str]:
    """The symbols of positions and orders."""
    for key in ("positions", "openOrders"):
        rows = payload.optional(key)
        for row in rows.rows() if rows else ():
            yield row.member("symbol").text()


def _check_inputs(answers: _Answers) -> None:
    """Refuse a name under `inputs` that is none: misspelt, it would leave a default in its place."""
    inputs = answers.payload.optional("inputs")
    for section, table in members(inputs) if inputs else ():
        if section not in SHARED_INPUTS:
            raise table.error(
                f"inputs has {section}", f"{did_you_mean(section, SHARED_INPUTS)}it has {', '.join(SHARED_INPUTS)}"
            )
        known = _kinds(answers, section)
        records = (table,) if section == "account" else tuple(record for _, record in members(table))
        for record in records:
            for name, value in members(record):
                if name not in known:
                    raise value.error(
                        f"{answers.name} has no input {name} of {section}",
                        f"{did_you_mean(name, known)}known here are {', '.join(known) or 'none'}",
                    )
                known[name](value)


def _kinds(answers: _Answers, section: str) -> Mapping[str, Kind]:
    return {**SHARED_INPUTS[section], **answers.exchange.inputs.get(section, {})}


def _moment(payload: Part) -> datetime | None:
    """When this state held: `timestamp`, else that of the balance; milliseconds since 1970."""
    found = payload.optional("timestamp") or payload.member("balance").optional("timestamp")
    return found.moment() if found else None


def _name_inputs(answers: _Answers, section: str, key: str) -> dict[str, Value]:
    """What `inputs` says under names that only the venue's policy declares."""
    own = answers.exchange.inputs.get(section, {})
    found = {name: (kind, answers.given(section, key, name)) for name, kind in own.items()}
    return {name: kind(part) for name, (kind, part) in found.items() if part is not None}


def _ask_for_input(answers: _Answers, section: str, key: str, name: str, why: str) -> Exception:
    place = f"inputs.{section}.{name}" if section == "account" else f"inputs.{section}[{key}].{name}"
    return answers.payload.error(f"the payload lacks {place}", f"add it: {why}")


# ---------------------------------------------------------------- instruments


def _market(symbol: str, row: Part, answers: _Answers) -> Part:
    market = answers.markets.get(symbol)
    if market is None:
        raise row.member("symbol").error(
            f"markets has no {symbol}", "add the answer of load_markets as `markets`, whole or with this symbol"
        )
    return market


def _instrument(symbol: str, row: Part, answers: _Answers) -> Instrument:
    """The contract of a symbol, still without its mark price."""
    market = _market(symbol, row, answers)
    contract = _contract(symbol, market)
    size = _contract_size(row, market, answers)
    limits = market.optional("limits")
    offered = limits.optional("leverage") if limits else None
    highest = filled_decimal(offered, "max") if offered else None
    tiers = _tiers(symbol, row, market, answers)
    index = answers.given("instruments", symbol, "index_price")
    inputs = _instrument_inputs(symbol, market, answers)
    return Instrument(
        symbol=symbol,
        contract=contract,
        base=market.member("base").text(),
        quote=market.member("quote").text(),
        settle=market.member("settle").text(),
        contract_size=size,
        index_price=index.positive() if index else None,
        max_leverage=highest or (tiers.cell(0, "max_leverage") if tiers else None),
        tick_size=_tick_size(market),
        quantity_step=_lot(market, answers),
        taker_fee_rate=_fee(symbol, market, answers),
        open_interest=_open_interest(market, answers),
        tiers=tiers,
        inputs=inputs,
        pointer=market.pointer,
    )


def _contract(symbol: str, market: Part) -> str:
    for key, contract in (("linear", "linear"), ("inverse", "inverse")):
        found = market.optional(key)
        if found is not None and found.flag():
            return contract
    kind = market.optional("type")
    if kind is not None and kind.value in {"spot", "margin", "option"}:
        raise kind.error(
            f"{symbol} is no futures contract but of the type {kind.value}, for whose margin an account state has no "
            "figures",
            "only accounts whose open positions and orders are in perpetuals and futures can be imported",
        )
    if market.has("linear") or market.has("inverse"):
        raise market.error(
            f"{symbol} is neither linear nor inverse, and ccxt does not say what a point of a quanto contract is worth",
            "use the venue's own importer",
        )
    raise market.lacks("linear", f"give the structure of {symbol} whole, as load_markets has it")


def _contract_size(row: Part, market: Part, answers: _Answers) -> Decimal:
    """Base units (linear) or quote units (inverse) of what `contracts` counts."""
    if answers.name == "deribit":
        # `contracts` is the venue's `size`: dollars, or coins of a linear contract, whatever a contract holds.
        return Decimal(1)
    size = market.member("contractSize").positive()
    beside = row.optional("contractSize")
    if beside is not None and beside.positive() != size:
        raise beside.error(
            f"contractSize is {beside.decimal()}, but in markets it is {size}", "give structures of one exchange"
        )
    return size


def _tick_size(market: Part) -> Decimal | None:
    """The step of prices. An exchange of another precision mode has a number of decimals there, 1 or more."""
    precision = market.optional("precision")
    price = filled_decimal(precision, "price") if precision else None
    return price if price is not None and 0 < price < 1 else None


def _lot(market: Part, answers: _Answers) -> Decimal | None:
    """The step of quantities in contracts, where values are rounded by it: ccxt has it in coins, the venue's own row as it is."""
    info = market.optional("info") if answers.name == "bitmex" else None
    return filled_decimal(info, "lotSize") if info else None


def _fee(symbol: str, market: Part, answers: _Answers) -> Decimal | None:
    """The taker fee: as the account has it, else as the venue prints it of the contract; never ccxt's own constant."""
    given = answers.given("instruments", symbol, "taker_fee_rate")
    if given is not None:
        return given.decimal()
    info = market.optional("info")
    if symbol in answers.fees:
        charged = answers.fees[symbol]
        printed = charged.optional("info")
        if answers.exchange is OKX and printed is not None and info is not None and printed.has("taker"):
            # `taker` is the fee of contracts in the coin, whatever the symbol is.
            return taker_fee_rate(info, _contract(symbol, market), market.member("settle").text(), printed)
        return charged.member("taker").decimal()
    key = answers.exchange.own_fee
    own = filled(info, key) if info and key else None
    charge = answers.exchange.position_fee
    for row in _rows_of(symbol, answers) if charge else ():
        beside = row.optional("info")
        own = (filled(beside, charge) if beside else None) or own
    if own is None and info and answers.name == "paradex" and info.has("fee_config"):
        own = info.member("fee_config").member("api_fee").member("taker_fee").member("fee")
    if own is not None:
        return own.decimal()
    if answers.exchange.fee:
        raise answers.payload.error(
            f"the payload lacks tradingFees[{symbol}]: the taker fee is in none of the answers given",
            "add the answer of fetch_trading_fees (or fetch_trading_fee of this symbol) as `tradingFees`; `taker` of "
            "a market is not the account's",
        )
    return None


def _open_interest(market: Part, answers: _Answers) -> Decimal | None:
    info = market.optional("info")
    if answers.name != "dydx" or info is None:
        return None
    return filled_decimal(info, "openInterest")


def _instrument_inputs(symbol: str, market: Part, answers: _Answers) -> dict[str, Value]:
    found: dict[str, Value] = {}
    info = market.optional("info")
    if info is not None:
        for name, kind in answers.exchange.market_inputs.items():
            part = filled(info, name)
            if part is not None:
                found[name] = kind(part)
        if answers.name == "paradex" and info.has("delta1_cross_margin_params"):
            parameters = info.member("delta1_cross_margin_params")
            found.update({name: parameters.member(name).rate() for name in ("imf_base", "mmf_factor")})
        if answers.name == "dydx":
            found.update(_dydx_inputs(info))
    found.update(_name_inputs(answers, "instruments", symbol))
    for name in answers.exchange.needs:
        if name not in found:
            why = f"the {answers.name} policy needs it of every contract, and ccxt has it nowhere"
            raise _ask_for_input(answers, "instruments", symbol, name, why)
    return found


def _dydx_inputs(info: Part) -> dict[str, Value]:
    """Fractions of a market as the indexer prints them: the maintenance fraction is a product with the initial one."""
    found: dict[str, Value] = {}
    initial, maintenance = (filled(info, f"{name}MarginFraction") for name in ("initial", "maintenance"))
    if initial is not None and maintenance is not None:
        found["initial_margin_fraction"] = initial.rate()
        fraction = maintenance.rate() / initial.positive()
        if fraction == round(fraction, 6):
            # The indexer cuts the product to millionths; a part of more digits than that was cut and is not shown.
            found["maintenance_fraction"] = fraction
    for name, key in (
        ("open_interest_lower_cap", "openInterestLowerCap"),
        ("open_interest_upper_cap", "openInterestUpperCap"),
    ):
        cap = filled_decimal(info, key)
        if cap is not None:
            found[name] = cap
    kind = filled(info, "marketType")
    if kind is not None:
        found["market_type"] = kind.choice({"cross": "cross", "isolated": "isolated"})
    return found


def _tiers(symbol: str, row: Part, market: Part, answers: _Answers) -> TierTable | None:
    exchange = answers.exchange
    held = _rows_of(symbol, answers) if exchange.chosen_tiers or exchange.tiers_of else []
    if exchange.tiers_of and not _unified(answers):
        held = [entry for entry in held if _margin_mode(entry, symbol, answers) == exchange.tiers_of]
        if not held:
            return None
    part = answers.tiers.get(symbol)
    if part is not None:
        rows = ccxt_rows(part.items())
        check_tiers(part, symbol, rows)
        return tier_table(rows, part.pointer)
    rows_of_venue = [entry.member("info") for entry in held if entry.has("info")]
    chosen = exchange.chosen_tiers(market.optional("info"), rows_of_venue) if exchange.chosen_tiers else None
    if chosen is not None or not exchange.tiers:
        return chosen
    if answers.name == "hyperliquid":
        return _hyperliquid_tiers(symbol, market, answers)
    if answers.name == "aster":
        return _brackets(symbol, market, answers)
    raise row.member("symbol").error(
        f"the payload lacks leverageTiers[{symbol}]",
        "add the answer of fetch_leverage_tiers, or of fetch_market_leverage_tiers of this symbol, as `leverageTiers`",
    )


def _rows_of(symbol: str, answers: _Answers) -> list[Part]:
    """The open positions on a symbol."""
    listed = answers.payload.member("positions").rows()
    return [row for row in listed if row.member("symbol").value == symbol and _contracts(row, answers).decimal()]


def _unified(answers: _Answers) -> bool:
    mode = answers.given("account", "", "selfAccountMode")
    return mode is not None and mode.value == "UNIFIED"


def _brackets(symbol: str, market: Part, answers: _Answers) -> TierTable:
    """The tiers of a venue of which ccxt fetches none, out of the venue's own answer."""
    name = market.member("id").text()
    brackets = answers.payload.optional("leverageBracket")
    found = TIER_READERS["aster"](brackets) if brackets else {}
    if brackets is None or name not in found:
        raise answers.payload.error(
            f"the payload lacks leverageBracket of {name}, the tiers of {symbol}",
            "ccxt does not fetch them: add the venue's answer of GET /fapi/v1/leverageBracket as `leverageBracket`",
        )
    check_tiers(brackets, symbol, found[name])
    return tier_table(found[name], brackets.pointer)


def _hyperliquid_tiers(symbol: str, market: Part, answers: _Answers) -> TierTable:
    """Of the venue ccxt fetches no tiers; a market names its margin table, which below a number is one tier."""
    number = market.member("info").member("marginTableId")
    if 0 < number.integer() < FIRST_LISTED_TABLE:
        return TierTable(("above", "max_leverage"), ((_ZERO, number.decimal()),), number.pointer)
    tables = answers.payload.optional("marginTables")
    for entry in tables.items() if tables else ():
        pair = entry.items()
        if len(pair) == 2 and pair[0].integer() == number.integer():  # noqa: PLR2004 - an id and its table
            tiers = pair[1].member("marginTiers")
            rows = [
                {"above": tier.member("lowerBound").decimal(), "max_leverage": tier.member("maxLeverage").positive()}
                for tier in tiers.items()
            ]
            check_tiers(tiers, symbol, rows)
            return tier_table(rows, tiers.pointer)
    raise number.error(
        f"the payload lacks marginTables[{number.integer()}], the tiers of {symbol}",
        "ccxt does not fetch them: add `marginTables` of the venue's info request `meta`",
    )


def _with_mark(instrument: Instrument, answers: _Answers) -> Instrument:
    ticker = answers.tickers.get(instrument.symbol)
    mark = _ticker_mark(ticker) if ticker else None
    return evolve(instrument, mark_price=mark.positive()) if mark else instrument


def _ticker_mark(ticker: Part) -> Part | None:
    mark = ticker.optional("markPrice")
    info = ticker.optional("info")
    # The one price that dYdX values positions at is its oracle's, and ccxt's ticker has it in `info` alone.
    return mark or (filled(info, "oraclePrice") if info else None)


# ---------------------------------------------------------------- positions


def _held(row: Part, bare: Instrument, answers: _Answers, both_sides: frozenset[str]) -> _Held:
    symbol, exchange = row.member("symbol").text(), answers.exchange
    quantity = signed_size(row, "contracts", _SIDES) if row.has("contracts") else _size_of_info(row, answers)
    entry_price = row.member("entryPrice").positive()
    info = row.optional("info")
    funding = filled_decimal(info, exchange.funding) if info and exchange.funding else None
    mark_price = _mark_price(row, bare, quantity, answers)
    held_funding = (funding if exchange.profit_holds_funding else None) or _ZERO
    shown = row.optional("unrealizedPnl")
    if shown is not None and exchange.mark_of_profit and not row.has("markPrice"):
        gain = shown.decimal() - held_funding
        mark_price = mark_behind_profit(gain, bare, quantity, entry_price, mark_price, _PRINTED_UNIT) or mark_price
    instrument = evolve(bare, mark_price=mark_price)
    if info is not None and exchange.entry is not None:
        entry_price = exchange.entry(info, instrument, quantity, mark_price) or entry_price
    if answers.name == "hyperliquid":
        entry_price = _exact_entry(row, instrument, quantity, entry_price)
    _check_notional(row, instrument, quantity, entry_price, answers)
    # A venue that counts in smallest units rounds the value of one contract.
    rounding = abs(quantity) * exchange.unit(instrument.settle) / 2 if exchange.unit else _ZERO
    if exchange.rounds_marks:
        rounding += _value_slack(instrument, quantity, mark_price, rounded=True)
    profit = _check_profit(row, instrument, quantity, entry_price, held_funding, rounding)
    mode = _margin_mode(row, symbol, answers)
    position = Position(
        id=position_id(symbol, quantity, both_sides),
        symbol=symbol,
        quantity=quantity,
        entry_price=entry_price,
        margin_mode=mode,
        leverage=_leverage(row, symbol, quantity, mode, answers),
        assigned_margin=_assigned_margin(row, instrument, profit, answers) if mode == "isolated" else None,
        accrued_funding=funding,
        auto_add_margin=_automatic(info, exchange) if mode == "isolated" else None,
        # KuCoin's risk limits are those of isolated positions.
        inputs=_position_inputs(
            symbol, info if mode == "isolated" or exchange is not KUCOIN else None, instrument, answers
        ),
        pointer=row.pointer,
    )
    return _Held(position, row, instrument, profit, value_at(instrument, quantity, mark_price))


def _contracts(row: Part, answers: _Answers) -> Part:
    """The size of a position."""
    # Versions of ccxt before October 2025 have deribit's in `info` alone.
    info = row.optional("info") if answers.name == "deribit" and not row.has("contracts") else None
    return info.member("size") if info and info.has("size") else row.member("contracts")


def _size_of_info(row: Part, answers: _Answers) -> Decimal:
    sign = int(row.member("side").choice({word: str(sign) for word, sign in _SIDES.items()}))
    return sign * abs(_contracts(row, answers).decimal())


def _mark_price(row: Part, instrument: Instrument, quantity: Decimal, answers: _Answers) -> Decimal:
    shown = row.optional("markPrice")
    if answers.name == "hyperliquid" and row.has("notional"):
        # The venue prints the value; ccxt's mark is its quotient, cut to the digits of a float.
        mark = to_solved_digits(row.member("notional").positive() / abs(quantity))
        if shown is not None and abs(shown.decimal() - mark) > mark * _PRICE_DIGITS:
            raise shown.error(
                f"markPrice is {shown.decimal()}, but notional / contracts is {plain_text(mark)}", _ONE_MOMENT
            )
        return mark
    if shown is not None and shown.decimal():
        return shown.positive()
    ticker = answers.tickers.get(instrument.symbol)
    mark_part = _ticker_mark(ticker) if ticker else None
    if mark_part is not None:
        return mark_part.positive()
    raise row.lacks(
        "markPrice",
        f"{answers.name} has none in its positions: add the answer of fetch_tickers, or of fetch_mark_prices, as "
        f"`tickers`, with `markPrice` of {instrument.symbol}",
    )


def _exact_entry(row: Part, instrument: Instrument, quantity: Decimal, printed: Decimal) -> Decimal:
    """The entry price that gives the printed profit, which the venue does not shorten as it does the price."""
    shown = row.optional("unrealizedPnl")
    mark_price = instrument.mark_price
    if shown is None or mark_price is None:
        return printed
    exact = to_solved_digits(mark_price - shown.decimal() / quantity)
    near = exact > 0 and abs(exact - printed) <= printed * _PRICE_DIGITS
    return exact if near and quantity * (mark_price - printed) != shown.decimal() else printed


def _value_slack(instrument: Instrument, quantity: Decimal, price: Decimal, *, rounded: bool = False) -> Decimal:
    """How much a value may be off because a price is printed to its last digit, or to five digits, only.

    Args:
        instrument: what is held.
        quantity: how much of it.
        price: as printed.
        rounded: whether the venue cuts the price to its last digit however few there are.
    """
    step = last_place(price) if rounded else min(last_place(price), price * _PRICE_DIGITS)
    return value_at(instrument, quantity, price) * step / price


def _check_notional(
    row: Part, instrument: Instrument, quantity: Decimal, entry_price: Decimal, answers: _Answers
) -> None:
    """Refuse a notional that is not the value of contracts x contractSize, as this venue's is to be read."""
    shown = row.optional("notional")
    mark_price = instrument.mark_price
    if shown is None or mark_price is None:
        return
    at_mark = value_at(instrument, quantity, mark_price)
    at_entry = value_at(instrument, quantity, entry_price)
    number = abs(shown.decimal())
    rounding = _value_slack(instrument, quantity, mark_price, rounded=answers.exchange.rounds_marks)
    slack = last_place(shown.decimal()) + rounding + at_mark * _PRICE_DIGITS / 10
    meant, words = [at_mark], "contracts x contractSize x markPrice"
    if instrument.contract == "inverse":
        words = "contracts x contractSize / markPrice"
    match answers.exchange.notional:
        case "either":
            meant.append(at_entry)
        case "usd" if instrument.contract == "linear":
            # The venue's figure is in dollars, what the settlement asset is worth being no exact dollar.
            slack += at_mark * 2 * _MARKS_MOVE
        case "quote" if instrument.contract == "inverse":
            meant = [abs(quantity) * instrument.contract_size]
            words = "contracts x contractSize"
        case "base" if instrument.contract == "linear":
            meant = [abs(quantity) * instrument.contract_size]
            words = "contracts"
    if all(abs(number - value) > slack for value in meant):
        raise shown.error(
            f"notional is {plain_text(shown.decimal())}, but {words} is {plain_text(_short(meant[0]))}",
            "see that contracts, contractSize and the prices are of one position and one moment",
        )


def _check_profit(
    row: Part, instrument: Instrument, quantity: Decimal, entry_price: Decimal, funding: Decimal, rounding: Decimal
) -> Decimal:
    """The profit at the mark; a printed one, less the funding in it, that the prices do not give is refused."""
    mark_price = instrument.mark_price or entry_price
    profit = unrealized_pnl(instrument, quantity, entry_price, mark_price)
    shown = row.optional("unrealizedPnl")
    # A mark from elsewhere is of another moment.
    loose = not row.has("markPrice")
    if shown is not None:
        slack = (
            last_place(shown.decimal())
            + _PRINTED_UNIT
            + rounding
            + _value_slack(instrument, quantity, entry_price)
            + _value_slack(instrument, quantity, mark_price)
            + (value_at(instrument, quantity, mark_price) * _MARKS_MOVE if loose else _ZERO)
        )
        if abs(shown.decimal() - funding - profit) > slack:
            raise shown.error(
                f"unrealizedPnl is {plain_text(shown.decimal())}, but contracts x contractSize between entryPrice and "
                f"markPrice is {plain_text(_short(profit))}",
                "see that contracts, contractSize and the prices are of one position and one moment",
            )
    return profit


def _short(number: Decimal) -> Decimal:
    """A computed figure as a message shows it."""
    return Context(prec=_SHOWN_DIGITS).plus(number).normalize()


def _margin_mode(row: Part, symbol: str, answers: _Answers) -> str:
    named = row.optional("marginMode")
    if named is None and answers.exchange is KUCOIN:
        info = row.optional("info")
        named = filled(info, "marginMode") if info else None
    if named is None and symbol in answers.margin_modes:
        named = answers.margin_modes[symbol].optional("marginMode")
    if named is None and symbol in answers.leverages:
        named = answers.leverages[symbol].optional("marginMode")
    if named is not None:
        return named.choice(_MODES)
    if answers.exchange.cross_only:
        return "cross"
    if answers.name == "krakenfutures":
        # Versions of ccxt before 2026 leave it out: `leverage` is `maxFixedLeverage`, which isolated positions have.
        return "isolated" if filled_decimal(row, "leverage") else "cross"
    raise row.lacks(
        "marginMode",
        f"{answers.name} has none in this position: add the answer of fetch_margin_mode(s) as `marginModes`, or "
        "`marginMode` to the position",
    )


def _leverage(row: Part | None, symbol: str, quantity: Decimal, mode: str | None, answers: _Answers) -> Decimal | None:
    """The leverage chosen; None where it is in no answer of a venue that has none."""
    exchange = answers.exchange
    setting = answers.leverages.get(symbol)
    # The leverage of one mode says nothing of the other, where each has its own.
    of_mode = filled(setting, "marginMode") if setting else None
    if setting is not None and (of_mode is None or mode is None or of_mode.choice(_MODES) == mode):
        found = filled_decimal(setting, "longLeverage" if quantity > 0 else "shortLeverage")
        if found:
            return found
    if exchange.cross_only:
        return None
    shown = filled_decimal(row, "leverage") if row else None
    if shown and exchange.leverage_is_chosen:
        return row.member("leverage").positive() if row else None
    info = row.optional("info") if row else None
    own = exchange.own_leverage(info, mode) if info and mode and exchange.own_leverage else None
    if own:
        return own
    if row is None or exchange.leverage_may_lack:
        return None
    raise row.lacks(
        "leverage",
        f"{answers.name} has none in this position: add the answer of fetch_leverages, or of fetch_leverage of "
        f"{symbol}, as `leverages`",
    )


def _automatic(info: Part | None, exchange: Exchange) -> bool | None:
    """Whether margin is added to an isolated position by itself: venues say true or false, on or off, 1 or 0."""
    found = filled(info, exchange.automatic) if info and exchange.automatic else None
    if found is None:
        return None
    word = str(found.value).lower()
    if word not in _SWITCHES:
        raise found.error(f"{found.name} is `{word}`", f"expected {' or '.join(_SWITCHES)}")
    return _SWITCHES[word]


def _position_inputs(symbol: str, info: Part | None, instrument: Instrument, answers: _Answers) -> dict[str, Value]:
    unit = answers.exchange.unit
    found: dict[str, Value] = {}
    for name in answers.exchange.position_inputs:
        amount = filled_decimal(info, name) if info else None
        if amount is not None:
            found[name] = amount * unit(instrument.settle) if unit else amount
    return {**found, **_name_inputs(answers, "positions", symbol)}


def _assigned_margin(row: Part, instrument: Instrument, profit: Decimal, answers: _Answers) -> Decimal:
    """Cash assigned to an isolated position, profit left out."""
    exchange = answers.exchange
    info = row.optional("info")
    own = next((info.member(key) for key in exchange.margin if filled(info, key)), None) if info else None
    found = own or row.optional("positionMargin")
    collateral = row.optional("collateral")
    shown = row.optional("unrealizedPnl")
    gain = shown.decimal() if shown else profit
    if found is None and exchange.unit is not None and info is not None and info.has("posMargin"):
        return info.member("posMargin").decimal() * exchange.unit(instrument.settle)
    if found is not None:
        margin = found.decimal()
        slack = (
            _PRINTED_UNIT
            + last_place(margin)
            + _value_slack(instrument, row.member("contracts").decimal(), _price(instrument))
        )
        checked = collateral if answers.name not in {"bybit", "bybiteu"} else None
        if checked is not None and all(abs(checked.decimal() - due) > slack for due in (margin, margin + gain)):
            raise checked.error(
                f"collateral is {plain_text(checked.decimal())}, neither {found.name} {plain_text(margin)} nor that "
                f"with unrealizedPnl {plain_text(gain)}",
                _ONE_MOMENT,
            )
        return margin
    if exchange.collateral and collateral is not None:
        return collateral.decimal() - gain
    key = exchange.margin[0] if exchange.margin else ""
    beside = f" (or the position's `info`, which has {key})" if key else ""
    why = (
        "whether `collateral` holds the profit differs between versions of ccxt"
        if collateral
        else "it is in none of the answers given"
    )
    raise row.lacks(
        "positionMargin",
        f"add to the position `positionMargin`, the margin set aside for it, without profit{beside}: at "
        f"{answers.name} {why}",
    )


def _price(instrument: Instrument) -> Decimal:
    return instrument.mark_price or Decimal(1)


def _check_one_kind(answers: _Answers, held: list[_Held]) -> None:
    """Linear and inverse contracts of Binance are two accounts, each with its policy."""
    if answers.exchange is not BINANCE:
        return
    kinds = {entry.instrument.contract for entry in held}
    if len(kinds) > 1:
        inverse = next(entry for entry in held if entry.instrument.contract == "inverse")
        raise inverse.row.member("symbol").error(
            "positions has linear and inverse contracts, which are two accounts (USD-M and COIN-M)",
            "give the positions and the balance of one of them",
        )


# ---------------------------------------------------------------- orders


def _order(row: Part, answers: _Answers, held: list[_Held]) -> Order | None:
    """A resting order; None for one that waits for a price, or is no longer open."""
    status = row.optional("status")
    if status is not None and status.value not in {"open", "new", "partially_filled"}:
        return None
    if any(filled_decimal(row, key) for key in ("triggerPrice", "stopPrice")):
        return None
    symbol, side = row.member("symbol").text(), row.member("side").choice(_ORDER_SIDES)
    _market(symbol, row, answers)
    quantity = filled_decimal(row, "remaining")
    if quantity is None:
        quantity = row.member("amount").decimal() - (filled_decimal(row, "filled") or _ZERO)
    if quantity <= 0:
        raise row.error("nothing of the order is left to fill", "leave orders out that are filled")
    price = filled_decimal(row, "price")
    position_side = _position_side(row)
    flagged = row.optional("reduceOnly")
    reduces = flagged.flag() if flagged else None
    if position_side in {"LONG", "SHORT"} and (position_side == "LONG") == (side == "sell"):
        # In hedge mode an order against its side can only reduce.
        reduces = True
    mode, leverage = _order_setting(row, symbol, side, position_side, answers, held)
    number = row.optional("id")
    inputs: dict[str, Value] = {}
    if position_side is not None and answers.exchange is BINANCE:
        inputs["positionSide"] = position_side
    return Order(
        symbol=symbol,
        side=side,
        quantity=quantity,
        price=price if price and price > 0 else None,
        id=str(number.value) if number else None,
        reduce_only=reduces,
        margin_mode=mode,
        leverage=leverage,
        inputs=inputs,
        pointer=row.pointer,
    )


def _position_side(row: Part) -> str | None:
    """The side an order belongs to in hedge mode, which ccxt has in `info` alone."""
    info = row.optional("info")
    if info is None:
        return None
    named = filled(info, "positionSide") or filled(info, "posSide")
    if named is not None:
        return named.choice(_POSITION_SIDES)
    index = filled(info, "positionIdx")
    return {0: "BOTH", 1: "LONG", 2: "SHORT"}.get(index.integer()) if index else None


def _order_setting(
    row: Part, symbol: str, side: str, position_side: str | None, answers: _Answers, held: list[_Held]
) -> tuple[str | None, Decimal | None]:
    """Mode and leverage of an order: its own, else those of the position it belongs to, else those of the symbol."""
    own_mode, own_leverage = row.optional("marginMode"), filled_decimal(row, "leverage")
    mode = own_mode.choice(_MODES) if own_mode else None
    of_symbol = [entry.position for entry in held if entry.position.symbol == symbol]
    wanted = position_side in {"LONG", "SHORT"} and (position_side == "LONG")
    of_symbol.sort(key=lambda position: (position.quantity > 0) != wanted)
    for position in of_symbol:
        return mode or position.margin_mode, own_leverage or position.leverage
    setting = answers.margin_modes.get(symbol) or answers.leverages.get(symbol)
    named = setting.optional("marginMode") if setting else None
    if mode is None and named is not None:
        mode = named.choice(_MODES)
    if mode is None and answers.exchange.cross_only:
        mode = "cross"
    direction = Decimal(1 if side == "buy" else -1)
    return mode, own_leverage or _leverage(None, symbol, direction, mode, answers)


# ---------------------------------------------------------------- account, balances, assets


def _account_inputs(answers: _Answers, held: list[_Held]) -> dict[str, Value]:
    inputs = _name_inputs(answers, "account", "")
    info = answers.payload.member("balance").optional("info")
    if answers.exchange is BINANCE:
        flagged = [entry.row.member("hedged") for entry in held if entry.row.has("hedged")]
        for flag in flagged:
            if flag.flag() != inputs.setdefault("dualSidePosition", flag.flag()):
                raise flag.error(
                    f"hedged is {str(flag.flag()).lower()}, but dualSidePosition, or another position, says otherwise",
                    _ONE_MOMENT,
                )
        if "multiAssetsMargin" not in inputs and info is not None and info.has("multiAssetsMargin"):
            inputs["multiAssetsMargin"] = info.member("multiAssetsMargin").flag()
        for entry in held:
            if entry.position.margin_mode == "isolated" and inputs.get("multiAssetsMargin") is True:
                raise entry.row.error(
                    f"the position of {entry.position.symbol} is isolated, but multiAssetsMargin is true, in which margin "
                    "is cross",
                    _ONE_MOMENT,
                )
    elif answers.exchange is BYBIT and "unifiedMarginStatus" not in inputs:
        kind = _bybit_account(info)
        if kind in {"UNIFIED", "CONTRACT"}:
            inputs["unifiedMarginStatus"] = "5" if kind == "UNIFIED" else "1"
    elif answers.exchange is OKX and "acctLv" not in inputs and _okx_adjusts(info):
        raise _ask_for_input(
            answers,
            "account",
            "",
            "acctLv",
            "the balance has an adjusted equity (adjEq), so the account is in multi-currency mode (3) or portfolio "
            "margin (4); GET /api/v5/account/config says which",
        )
    elif answers.name == "bitget" and "assetMode" not in inputs and info is not None:
        modes = {str(row.member("assetMode").value) for row in _rows(info) if row.has("assetMode")}
        if len(modes) == 1:
            inputs["assetMode"] = modes.pop()
    return inputs


def _rows(info: Part) -> tuple[Part, ...]:
    return info.items() if isinstance(info.value, list | tuple) else (info,)


def _bybit_account(info: Part | None) -> str | None:
    result = info.optional("result") if info else None
    listed = result.optional("list") if result else None
    for account in listed.items() if listed else ():
        found = account.optional("accountType")
        if found is not None:
            return found.text()
    return None


def _okx_details(info: Part | None) -> tuple[Part | None, Iterable[Part]]:
    data = info.optional("data") if info else None
    first = next(iter(data.items()), None) if data else None
    details = first.optional("details") if first else None
    return first, details.items() if details else ()


def _okx_adjusts(info: Part | None) -> bool:
    first, _ = _okx_details(info)
    return first is not None and filled(first, "adjEq") is not None


def _balances(
    answers: _Answers, settling: Iterable[str], held: list[_Held], instruments: Mapping[str, Instrument]
) -> tuple[tuple[Balance, ...], Mapping[str, Asset]]:
    """All cash of each currency that is held or settled in; and what the balance says of the currencies."""
    balance = answers.payload.member("balance")
    if answers.name == "krakenfutures":
        return _kraken_wallets(balance, held, instruments.values(), answers)
    _check_account(balance, answers)
    settling = tuple(settling)
    own = _own_wallets(answers, balance)
    totals = {code: row for code, row in members(balance) if code not in _NOT_A_CURRENCY}
    found: list[Balance] = []
    for code in dict.fromkeys([*totals, *own, *settling]):
        if code not in settling and code not in own and not totals[code].has("total"):
            continue
        of_asset = [entry for entry in held if entry.instrument.settle == code]
        wallet = _wallet(code, totals.get(code), own.get(code), of_asset, answers)
        if not wallet and code not in settling:
            continue
        inputs = _name_inputs(answers, "balances", code)
        if answers.name == "deribit" and "futures_session_rpl" not in inputs and code in own:
            summary = _deribit_summary(balance.member("info"), code)
            booked = filled_decimal(summary, "futures_session_rpl")
            if booked is not None:
                inputs["futures_session_rpl"] = booked
        found.append(
            Balance(
                code,
                wallet,
                inputs=inputs,
                pointer=(own.get(code) or totals.get(code) or balance).pointer,
            )
        )
    return tuple(found), {}


def _check_account(balance: Part, answers: _Answers) -> None:
    """Refuse the balance of another account than that of the positions: its `total` is another figure."""
    key = answers.exchange.futures
    info = balance.optional("info")
    if info is None or not key:
        return
    answered = info.optional("data") if isinstance(info.value, Mapping) else None
    for row in _rows(answered or info):
        # A unified account of the venue has its coins under `assets`.
        if isinstance(row.value, Mapping) and row.value and not row.has(key) and not row.has("assets"):
            raise row.error(
                f"{row.name} has no {key}, so balance is not that of the account which holds the positions",
                f'give the answer of {REQUESTS["balance"]} of the futures account ({{"type": "swap"}})',
            )


def _kraken_wallets(
    balance: Part, held: list[_Held], instruments: Collection[Instrument], answers: _Answers
) -> tuple[tuple[Balance, ...], Mapping[str, Asset]]:
    """The wallets of Kraken, all of which are in `info`, whichever of them `total` is of."""
    ids = {entry.symbol: answers.markets[entry.symbol].member("id").text().upper() for entry in instruments}
    entries = [
        kraken_futures.Held(
            evolve(entry.position, symbol=ids[entry.position.symbol]),
            _kraken_contract(entry.instrument, ids),
            _price(entry.instrument),
        )
        for entry in held
    ]
    contracts = [_kraken_contract(instrument, ids) for instrument in instruments]
    info = balance.member("info", f"give the answer of {REQUESTS['balance']} whole, with its `info`")
    wallets = unwrapped(info, "accounts", {"result": "success"})
    balances, assets = kraken_futures.wallets_of(wallets, entries, contracts)
    for contract in contracts:
        if contract.settle not in {found.asset for found in balances}:
            raise wallets.error(
                f"balance has no wallet of {contract.settle}, in which {contract.symbol} is margined",
                f"give the answer of {REQUESTS['balance']} whole, as it was answered",
            )
    renamed = [evolve(found, asset=_KRAKEN_CODES.get(found.asset, found.asset)) for found in balances]
    codes = {_KRAKEN_CODES.get(asset.asset, asset.asset): asset for asset in assets}
    return tuple(renamed), codes


def _kraken_contract(instrument: Instrument, ids: Mapping[str, str]) -> Instrument:
    names = {code: name for name, code in _KRAKEN_CODES.items()}
    return evolve(instrument, symbol=ids[instrument.symbol], settle=names.get(instrument.settle, instrument.settle))


def _own_wallets(answers: _Answers, balance: Part) -> Mapping[str, Part]:
    reader = answers.exchange.wallet
    if reader is None:
        return {}
    if not balance.has("info"):
        raise balance.lacks(
            "info",
            f"give the answer of {REQUESTS['balance']} whole, with its `info`: `total` may hold unrealized profit at "
            f"{answers.name} or not",
        )
    return reader(balance.member("info"))


def _deribit_summary(info: Part, code: str) -> Part:
    rows = info.member("summaries").items() if info.has("summaries") else (info,)
    return rows_by(rows, "currency")[code]


def _wallet(code: str, row: Part | None, own: Part | None, held: list[_Held], answers: _Answers) -> Decimal:
    profit = sum((_printed_profit(entry) for entry in held), _ZERO)
    if own is not None:
        wallet = own.decimal()
        total = row.optional("total") if row else None
        if total is not None and answers.exchange is BINANCE:
            _check_total(total, wallet, profit, held)
        return wallet
    if answers.name == "dydx":
        return _dydx_wallet(answers, held)
    if row is None:
        raise answers.payload.member("balance").error(
            f"balance has no {code}, in which a position or an order is margined",
            f"give the answer of {REQUESTS['balance']} of the account that holds the positions, whole",
        )
    total = row.member(
        "total", f"give the answer of {REQUESTS['balance']} of the account that holds the positions, whole"
    )
    if answers.exchange.total == "unsure":
        raise answers.payload.member("balance").error(
            f"balance.info has no {code}, which balance.{code} has",
            f"give the answer of {REQUESTS['balance']} whole, as it was answered",
        )
    return total.decimal() - (profit if answers.exchange.total == "equity" else _ZERO)


def _printed_profit(entry: _Held) -> Decimal:
    """The profit as the venue prints it, which is what its equity was computed with."""
    shown = entry.row.optional("unrealizedPnl")
    return shown.decimal() if shown else entry.profit


def _check_total(total: Part, wallet: Decimal, profit: Decimal, held: list[_Held]) -> None:
    """Refuse positions whose profit does not lead from the wallet to the total: some were left out."""
    slack = sum((entry.value for entry in held), _ZERO) * _MARKS_MOVE + (len(held) + 2) * _PRINTED_UNIT
    if all(abs(total.decimal() - due) > slack for due in (wallet, wallet + profit)):
        raise total.error(
            f"{total.name} is {plain_text(total.decimal())}, but the wallet is {plain_text(wallet)} and the positions "
            f"have a profit of {plain_text(_short(profit))}",
            _ONE_MOMENT,
        )


def _dydx_wallet(answers: _Answers, held: list[_Held]) -> Decimal:
    """The chain keeps no entry price: USDC of the subaccount with the positions put back at their entry prices."""
    balance = answers.payload.member("balance")
    info = balance.member("info", f"give the answer of {REQUESTS['balance']} whole, with its `info`")
    equity = info.member("equity").decimal()
    return equity - sum((entry.profit for entry in held), _ZERO)


def _assets(
    answers: _Answers, names: Iterable[str], known: Mapping[str, Asset], account: Mapping[str, Value]
) -> Iterator[Asset]:
    pooled = _pool_in_dollars(answers, account)
    for name in dict.fromkeys(names):
        shown = known.get(name)
        index = _index_price(answers, name) or (shown.index_price if shown else None)
        given = answers.given("assets", name, "collateral_rate")
        rate = given.rate() if given else shown.collateral_rate if shown else None
        if pooled:
            if index is None:
                raise _ask_for_input(
                    answers, "assets", name, "index_price", f"the pool is in USD: dollars for one {name}"
                )
            if rate is None:
                raise _ask_for_input(
                    answers,
                    "assets",
                    name,
                    "collateral_rate",
                    f"the pool is in USD: the share of {name}'s value that counts as collateral, 1 for all of it",
                )
        inputs = _name_inputs(answers, "assets", name)
        if answers.exchange.unit is not None and "scale" not in inputs:
            inputs["scale"] = Decimal(-answers.exchange.unit(name).adjusted())
        yield Asset(name, index_price=index, collateral_rate=rate, inputs=inputs)


def _pool_in_dollars(answers: _Answers, account: Mapping[str, Value]) -> bool:
    """Whether the cross pool holds several currencies, valued in dollars."""
    match answers.name:
        case "binance" | "binanceusdm":
            return account.get("multiAssetsMargin") is True
        case "bybit" | "bybiteu":
            return account.get("unifiedMarginStatus") != "1"
        case "okx" | "myokx" | "okxus":
            return account.get("acctLv") in {"3", "4"}
        case "bitget":
            return account.get("assetMode") == "union"
        case "kucoin" | "kucoinfutures":
            return account.get("selfAccountMode") == "UNIFIED"
        case "deribit":
            return str(account.get("margin_model", "")).startswith("cross")
        case _:
            return False


def _index_price(answers: _Answers, name: str) -> Decimal | None:
    """Dollars for one of a currency, as the venue's own balance answer has it."""
    given = answers.given("assets", name, "index_price")
    if given is not None:
        return given.positive()
    if name == answers.exchange.dollar:
        return Decimal(1)
    if answers.name == "paradex":
        # A token counts at the mark of the perpetual on it.
        ticker = answers.tickers.get(f"{name}/USD:{answers.exchange.dollar}")
        mark = _ticker_mark(ticker) if ticker else None
        return mark.positive() if mark else None
    info = answers.payload.member("balance").optional("info")
    rows: Iterable[Part] = ()
    keys = ("", "", "")
    if answers.exchange is BYBIT and info is not None:
        result = info.optional("result")
        listed = result.optional("list") if result else None
        rows = [coin for entry in (listed.items() if listed else ()) for coin in entry.member("coin").items()]
        keys = ("coin", "usdValue", "equity")
    elif answers.exchange is OKX:
        _, rows = _okx_details(info)
        keys = ("ccy", "eqUsd", "eq")
    code, value, amount = keys
    for row in rows:
        if row.member(code).value == name:
            dollars, held = filled_decimal(row, value), filled_decimal(row, amount)
            return to_solved_digits(dollars / held) if dollars and held else None
    return None


IMPORTER = Importer(
    "ccxt",
    "ccxt's unified structures",
    "one object with `exchange`, `balance`, `positions` and `markets`; where they apply `leverageTiers`, `leverages`, "
    "`marginModes`, `tradingFees`, `tickers`, `openOrders`, `timestamp`, `inputs`",
    read,
)
