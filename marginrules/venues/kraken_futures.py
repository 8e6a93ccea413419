"""Kraken Futures' answers to an account state.

The payload is one object that holds the answers of `/derivatives/api/v3` under the names of their requests, with or
without the frame `result` and `serverTime`: `accounts`, `openpositions`, `instruments` and `tickers`. Where they apply:
`openorders`; `leveragepreferences`, which has the mode of a contract without a position; and `isolated_margin`, what is
set aside for each isolated position, which is in no answer.

Each single-collateral wallet of an inverse contract gives a balance, and so does each currency of the multi-collateral
wallet (`flex`), at the price and the haircut that its own figures show. `docs/importers/kraken-futures.md` has the table.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from attrs import frozen

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
from marginrules.venues.figures import (
    LoneAnswer,
    check_profit_total,
    filled,
    filled_decimal,
    members,
    refuse_a_lone_answer,
    refuse_other_names,
    rows_by,
    signed_size,
    text_moment,
    unwrapped,
)
from marginrules.venues.importer import Importer, imported
from marginrules.venues.payload import Part, to_solved_digits

REQUESTS: Mapping[str, str] = {
    "accounts": "GET /derivatives/api/v3/accounts",
    "openpositions": "GET /derivatives/api/v3/openpositions",
    "instruments": "GET /derivatives/api/v3/instruments",
    "tickers": "GET /derivatives/api/v3/tickers",
    "openorders": "GET /derivatives/api/v3/openorders",
    "leveragepreferences": "GET /derivatives/api/v3/leveragepreferences",
}

# Under which name an answer holds its rows.
_ROWS = {
    "accounts": "accounts",
    "openpositions": "openPositions",
    "instruments": "instruments",
    "tickers": "tickers",
    "openorders": "openOrders",
    "leveragepreferences": "leveragePreferences",
}
_NEEDED = ("accounts", "openpositions", "instruments", "tickers")
_LONE = (
    LoneAnswer("accounts", ("result", "accounts")),
    LoneAnswer("accounts", ("flex", "cash")),
    LoneAnswer("accounts", ("auxiliary", "marginRequirements"), "one wallet of the answer"),
    LoneAnswer("accounts", ("currencies", "marginEquity"), "one wallet of the answer"),
    LoneAnswer("openpositions", ("openPositions",)),
    LoneAnswer("openpositions", ("side", "size")),
    LoneAnswer("instruments", ("result", "instruments")),
    LoneAnswer("instruments", ("marginLevels",)),
    LoneAnswer("tickers", ("result", "tickers")),
    LoneAnswer("tickers", ("markPrice",)),
)
_CONTRACTS = {"futures_inverse": "inverse", "flexible_futures": "linear"}
_POSITION_SIDES = {"long": 1, "short": -1}
_ORDER_SIDES = {"buy": "buy", "sell": "sell"}
# Orders of other types are in no book until their price is touched.
_RESTING = ("lmt", "post", "ioc", "mkt")
_ONE_MOMENT = "take the answers at one moment"
_SINGLE, _MULTI = "single-collateral", "multi-collateral"

# The venue adds totals up in cents, and marks may move between two answers by up to a hundredth.
_CENTS = Decimal("0.02")
_MARKS_MOVE = Decimal("0.01")
# A haircut is a share of few digits; what two printed values leave beyond these is their own rounding.
_RATE_STEP = Decimal("1e-10")

# More decimals than any size of the venue has.
_MOST_DECIMALS = 20
_ZERO = Decimal(0)


@frozen
class _Answers:
    """The payload's rows, by what they are asked for by."""

    payload: Part
    wallets: Part
    instruments: Mapping[str, Part]
    tickers: Mapping[str, Part]
    preferences: Mapping[str, Part] | None


@frozen
class Held:
    """A position, and the contract it is in, called as the venue does."""

    position: Position
    instrument: Instrument
    mark_price: Decimal

    @property
    def profit(self) -> Decimal:
        """Unrealized profit at the mark, in the settlement asset."""
        position = self.position
        return unrealized_pnl(self.instrument, position.quantity, position.entry_price, self.mark_price)

    @property
    def value(self) -> Decimal:
        """Value at the mark, in the settlement asset."""
        return value_at(self.instrument, self.position.quantity, self.mark_price)


def read(payload: object, source: str = "payload") -> AccountState:
    """The account state that a payload of Kraken Futures shows.

    Args:
        payload: parsed JSON, its numbers `Decimal` or text.
        source: name of the payload for errors.

    Raises:
        StateError: something is missing, malformed or contradicts itself; it says where and how to mend it.
    """
    return imported(_read, payload, source, REQUESTS)


def _read(payload: Part) -> AccountState:
    refuse_a_lone_answer(payload, _LONE, _NEEDED)
    refuse_other_names(payload, ("isolated_margin",))
    answers = _answers(payload)
    rows = rows_by(_rows(payload.member("openpositions"), "openpositions"), "symbol")
    held = [_held(row, answers) for row in rows.values() if row.member("size").decimal()]
    instruments = {entry.instrument.symbol: entry.instrument for entry in held}

    resting: list[Part] = []
    given = payload.optional("openorders")
    for row in _rows(given, "openorders") if given else ():
        symbol = row.member("symbol").text()
        if not _rests(row):
            continue
        resting.append(row)
        if symbol not in instruments:
            instruments[symbol] = _instrument(row, answers)

    balances, assets = wallets_of(answers.wallets, held, instruments.values())
    margins = _order_margins(resting, instruments, answers)
    moment = payload.member("accounts")
    time = filled(moment, "serverTime") if isinstance(moment.value, Mapping) else None
    return AccountState(
        account=Account(id="kraken-futures", as_of=text_moment(time) if time else None),
        balances=balances,
        positions=tuple(entry.position for entry in held),
        orders=tuple(_order(row, instruments, margins, answers) for row in resting),
        instruments=tuple(instruments.values()),
        assets=assets,
    )


def _answers(payload: Part) -> _Answers:
    wallets = unwrapped(payload.member("accounts"), "accounts", {"result": "success"})
    preferences = payload.optional("leveragepreferences")
    return _Answers(
        payload=payload,
        wallets=wallets,
        instruments=rows_by(_rows(payload.member("instruments"), "instruments"), "symbol"),
        tickers=rows_by(_rows(payload.member("tickers"), "tickers"), "symbol"),
        preferences=rows_by(_rows(preferences, "leveragepreferences"), "symbol") if preferences else None,
    )


def _rows(answer: Part, name: str) -> tuple[Part, ...]:
    """The rows of an answer, with its frame or without."""
    return unwrapped(answer, _ROWS[name], {"result": "success"}).rows()


# ---------------------------------------------------------------- contracts


def _instrument(asking: Part, answers: _Answers) -> Instrument:
    """The contract of a position or an order."""
    symbol = asking.member("symbol").text()
    row = answers.instruments.get(symbol)
    if row is None:
        raise asking.member("symbol").error(
            f"instruments has no row of {symbol}", f"add the answer of {REQUESTS['instruments']}, whole"
        )
    contract = _contract(row, symbol)
    ticker = answers.tickers.get(symbol)
    mark = filled(ticker, "markPrice") if ticker else None
    index = filled(ticker, "indexPrice") if ticker else None
    if contract == "inverse":
        base = settle = _wallet_currency(asking, symbol, answers)
    else:
        base, settle = row.member("base").text(), "USD"
        quote = row.member("quote")
        if quote.text() != "USD":
            raise quote.error(
                f"{symbol} is quoted in {quote.text()}, and the multi-collateral wallet is valued in USD",
                "only contracts quoted in USD can be imported",
            )
    return Instrument(
        symbol=symbol,
        contract=contract,
        base=base,
        quote="USD",
        settle=settle,
        contract_size=filled_decimal(row, "contractSize") or Decimal(1),
        mark_price=mark.positive() if mark else None,
        index_price=index.positive() if index else None,
        tick_size=row.member("tickSize").positive(),
        quantity_step=_quantity_step(row),
        tiers=_levels(row, contract),
        pointer=row.pointer,
    )


def _quantity_step(row: Part) -> Decimal | None:
    """The step of a size: one unit of the last decimal; a negative number of decimals counts tens, hundreds and so on."""
    decimals = filled(row, "contractValueTradePrecision")
    if decimals is None:
        return None
    if abs(decimals.integer()) > _MOST_DECIMALS:
        raise decimals.error(
            f"contractValueTradePrecision is {decimals.decimal()}, which is no number of decimals",
            f"give the answer of {REQUESTS['instruments']} as the venue gave it",
        )
    return Decimal(1).scaleb(-decimals.integer())


def _contract(row: Part, symbol: str) -> str:
    kind = row.member("type")
    if kind.text() not in _CONTRACTS:
        raise kind.error(
            f"{symbol} is of the type `{kind.text()}`, for whose margin an account state has no figures",
            f"only accounts whose open positions and orders are in {' and '.join(_CONTRACTS)} can be imported",
        )
    return _CONTRACTS[kind.text()]


def _levels(row: Part, contract: str) -> TierTable:
    """The margin levels; `above` in contracts of an inverse contract, in units of the quote of a linear one."""
    levels = row.member("marginLevels")
    key = "contracts" if contract == "inverse" else "numNonContractUnits"
    ordered = sorted(levels.items(), key=lambda level: level.member(key).decimal())
    restore = f"give the answer of {REQUESTS['instruments']} as the venue gave it"
    if not ordered or ordered[0].member(key).decimal():
        raise levels.error(f"{levels.name} has no level that begins at 0", restore)
    bounds = [level.member(key).decimal() for level in ordered]
    for level, bound, before in zip(ordered[1:], bounds[1:], bounds, strict=False):
        if bound == before:
            raise level.member(key).error(f"two levels begin at {plain_text(bound)}", restore)
    return TierTable(
        ("above", "initial_rate", "maintenance_rate"),
        tuple(
            (bound, level.member("initialMargin").rate(), level.member("maintenanceMargin").rate())
            for bound, level in zip(bounds, ordered, strict=True)
        ),
        levels.pointer,
    )


def _wallet_currency(asking: Part, symbol: str, answers: _Answers) -> str:
    """The coin of the single-collateral wallet behind an inverse contract: `fi_xbtusd` of PI_XBTUSD."""
    name = f"fi_{_pair(symbol)}"
    wallet = answers.wallets.optional(name)
    if wallet is None:
        raise asking.member("symbol").error(
            f"accounts has no wallet {name}, which backs {symbol}",
            f"add the answer of {REQUESTS['accounts']} as `accounts`, whole",
        )
    return wallet.member("currency").text().upper()


def _pair(symbol: str) -> str:
    """The pair that an inverse contract is on, as wallets are called after it: xbtusd of PI_XBTUSD."""
    return symbol.split("_")[1].lower() if "_" in symbol else ""


# ---------------------------------------------------------------- positions


def _held(row: Part, answers: _Answers) -> Held:
    instrument = _instrument(row, answers)
    symbol = instrument.symbol
    if instrument.mark_price is None:
        raise row.member("symbol").error(
            f"tickers has no markPrice of {symbol}", f"add the answer of {REQUESTS['tickers']} as `tickers`, whole"
        )
    leverage = _chosen_leverage(row, instrument, answers)
    currency = filled(row, "pnlCurrency")
    if currency is not None and instrument.contract == "linear" and currency.text() != "USD":
        raise currency.error(
            f"the profit of {symbol} is settled in {currency.text()}, less a haircut and a conversion fee that no answer has",
            "only positions whose profit is settled in USD can be imported",
        )
    position = Position(
        id=symbol,
        symbol=symbol,
        quantity=signed_size(row, "size", _POSITION_SIDES),
        entry_price=row.member("price").positive(),
        margin_mode="isolated" if leverage else "cross",
        leverage=leverage,
        assigned_margin=_isolated_margin(symbol, answers) if leverage else None,
        accrued_funding=filled_decimal(row, "unrealizedFunding"),
        pointer=row.pointer,
    )
    entry = Held(position, instrument, instrument.mark_price)
    shown = filled(row, "unrealizedPnl")
    if shown is not None and abs(shown.decimal() - entry.profit) > entry.value * _MARKS_MOVE:
        raise shown.error(
            f"unrealizedPnl is {shown.decimal()}, but size at price and markPrice gives "
            f"{plain_text(to_solved_digits(entry.profit))}",
            _ONE_MOMENT,
        )
    return entry


def _chosen_leverage(row: Part, instrument: Instrument, answers: _Answers) -> Decimal | None:
    """The highest leverage that was chosen for a contract, which isolates it; None where its positions are cross."""
    if instrument.contract == "inverse":
        return None
    shown = filled(row, "maxFixedLeverage")
    preference = (answers.preferences or {}).get(instrument.symbol)
    if answers.preferences is not None and preference is not None:
        chosen = preference.member("maxLeverage")
        if shown is not None and shown.decimal() != chosen.decimal():
            raise chosen.error(
                f"maxLeverage of {instrument.symbol} is {chosen.decimal()}, but {shown.name} is {shown.decimal()}",
                _ONE_MOMENT,
            )
        return chosen.positive()
    return shown.positive() if shown else None


def _isolated_margin(symbol: str, answers: _Answers) -> Decimal:
    remedy = (
        f'add {{"{symbol}": …}} to `isolated_margin`: the margin in USD that was set aside for the isolated position, '
        "without its profit, which is in no answer of the API"
    )
    return answers.payload.member("isolated_margin", remedy).member(symbol, remedy).decimal()


# ---------------------------------------------------------------- wallets


def wallets_of(
    wallets: Part, held: list[Held], instruments: Iterable[Instrument]
) -> tuple[tuple[Balance, ...], tuple[Asset, ...]]:
    """The balances of the wallets of an account, and what is known of their currencies.

    Args:
        wallets: the venue's answer, by the name of the wallet.
        held: all positions.
        instruments: the contracts that are traded.

    Raises:
        StateError: a wallet contradicts itself or the positions, or one is missing.
    """
    balances: dict[str, Balance] = {}
    for name, wallet in members(wallets):
        kind = filled(wallet, "type")
        if name in ("cash", "flex") or kind is None or kind.text() != "marginAccount":
            continue
        balance = _single(name, wallet, held)
        used = any(entry.contract == "inverse" and entry.settle == balance.asset for entry in instruments)
        if not balance.wallet_balance and not (used and balance.asset not in balances):
            continue
        if balance.asset in balances and balances[balance.asset].wallet_balance:
            raise wallet.error(
                f"two wallets hold {balance.asset}, {name} and {balances[balance.asset].pointer.rsplit('/', 1)[-1]}",
                "only accounts with one single-collateral wallet for each coin can be imported",
            )
        balances[balance.asset] = balance
    found = list(balances.values())
    assets = {balance.asset: Asset(balance.asset) for balance in found}
    linear = [entry for entry in held if entry.instrument.contract == "linear"]
    flex = wallets.optional("flex")
    if flex is not None:
        for balance, asset in _flex(flex, linear):
            found.append(balance)
            assets[asset.asset] = asset
    elif linear:
        raise wallets.lacks("flex")
    if any(entry.contract == "linear" for entry in instruments):
        assets.setdefault("USD", Asset("USD", index_price=Decimal(1)))
        if not any(balance.asset == "USD" and balance.wallet == _MULTI for balance in found):
            found.append(Balance("USD", _ZERO, _MULTI))
    return tuple(found), tuple(assets.values())


def _single(name: str, wallet: Part, held: list[Held]) -> Balance:
    """The balance of a single-collateral wallet."""
    currency = wallet.member("currency").text()
    amount = wallet.member("balances").member(currency).decimal()
    figures = wallet.member("auxiliary")
    profit, value = figures.member("pnl"), figures.member("pv")
    # Whether funding that is not yet realised is in the portfolio value, the venue does not say.
    slack = abs(filled_decimal(figures, "funding") or _ZERO) + Decimal("0.00000002")
    if abs(value.decimal() - amount - profit.decimal()) > slack:
        raise value.error(
            f"pv is {value.decimal()}, but the balance of {currency} and pnl are {plain_text(amount + profit.decimal())}",
            f"give the answer of {REQUESTS['accounts']} as the venue gave it",
        )
    pair = name.removeprefix("fi_")
    mine = [
        entry for entry in held if entry.instrument.contract == "inverse" and _pair(entry.instrument.symbol) == pair
    ]
    # The wallet lists the contracts that it holds beside its currency; with which sign, the venue does not say.
    for entry in mine:
        listed = wallet.member("balances").optional(entry.instrument.symbol)
        if listed is not None and abs(listed.decimal()) != abs(entry.position.quantity):
            raise listed.error(
                f"the wallet has {plain_text(listed.decimal())} of {entry.instrument.symbol}, openpositions has "
                f"{plain_text(entry.position.quantity)}",
                "take both answers at one moment, each whole",
            )
    check_profit_total(profit, Decimal(1), [(entry.profit, entry.value) for entry in mine], REQUESTS["openpositions"])
    shown = wallet.member("marginRequirements").member("mm")
    _check_requirement(shown, _netted(mine, "maintenance_rate"), shown.decimal() * _MARKS_MOVE)
    return Balance(currency.upper(), amount, _SINGLE, pointer=wallet.pointer)


def _flex(flex: Part, held: list[Held]) -> list[tuple[Balance, Asset]]:
    """The balances of the multi-collateral wallet, each at the price and the haircut that its figures show."""
    found = []
    worth = counted = _ZERO
    for name, row in members(flex.member("currencies")):
        quantity, value = row.member("quantity").decimal(), row.member("value").decimal()
        collateral = row.member("collateral")
        if not quantity:
            continue
        worth, counted = worth + value, counted + collateral.decimal()
        if not value or (value > 0) != (quantity > 0):
            raise row.member("value").error(f"value is {value} of a quantity of {quantity}", _ONE_MOMENT)
        rate = (collateral.decimal() / value).quantize(_RATE_STEP)
        if not 0 <= rate <= 1:
            raise collateral.error(f"collateral is {collateral.decimal()} of a value of {value}", _ONE_MOMENT)
        asset = name.upper()
        if asset == "USD" and abs(value - quantity) > _CENTS:
            raise row.member("value").error(f"{quantity} USD are worth {value} here, in USD", _ONE_MOMENT)
        price = to_solved_digits(value / quantity)
        balance = Balance(asset, quantity, _MULTI, pointer=row.pointer)
        found.append((balance, Asset(asset, index_price=price, collateral_rate=rate.normalize() + 0)))
    for key, total in (("balanceValue", worth), ("collateralValue", counted)):
        shown = filled(flex, key)
        if shown is not None and abs(shown.decimal() - total) > _CENTS:
            raise shown.error(
                f"{key} is {shown.decimal()}, but that of the currencies is {plain_text(to_solved_digits(total))}",
                f"give the answer of {REQUESTS['accounts']} whole",
            )
    pairs = [(entry.profit, entry.value) for entry in held]
    check_profit_total(filled(flex, "pnl"), Decimal(1), pairs, REQUESTS["openpositions"])
    if not any(entry.position.margin_mode == "isolated" for entry in held):
        for key, rate_name in (("initialMargin", "initial_rate"), ("maintenanceMargin", "maintenance_rate")):
            shown = filled(flex, key)
            if shown is not None:
                _check_requirement(shown, _netted(held, rate_name), _CENTS)
    return found


def _netted(held: list[Held], rate_name: str) -> Decimal:
    """The requirement of positions, the larger side of each underlying, in the settlement asset."""
    sides: dict[tuple[str, bool], Decimal] = {}
    for entry in held:
        position, instrument = entry.position, entry.instrument
        inverse = instrument.contract == "inverse"
        value = value_at(instrument, position.quantity, entry.mark_price if inverse else position.entry_price)
        size = abs(position.quantity) if inverse else value
        key = (instrument.base, position.quantity > 0)
        sides[key] = sides.get(key, _ZERO) + value * _rate(instrument.tiers, size, rate_name)
    bases = {base for base, _ in sides}
    return sum((max(sides.get((base, True), _ZERO), sides.get((base, False), _ZERO)) for base in bases), _ZERO)


def _rate(levels: TierTable | None, size: Decimal, rate_name: str) -> Decimal:
    """The rate of the level that a size is in; a size equal to a bound is still in the level before."""
    rate = _ZERO
    for place, row in enumerate(levels.rows if levels else ()):
        bound = row[0]
        if levels is not None and bound is not None and (not place or size > bound):
            rate = levels.cell(place, rate_name) or _ZERO
    return rate


def _check_requirement(shown: Part, computed: Decimal, slack: Decimal) -> None:
    """Refuse margin levels that do not give the requirement which the venue prints for the wallet."""
    if abs(shown.decimal() - computed) > slack:
        raise shown.error(
            f"{shown.keys[-1]} is {shown.decimal()}, but the margin levels give {plain_text(to_solved_digits(computed))}",
            "give all positions, and as `marginLevels` of the contracts the levels that hold for this account",
        )


# ---------------------------------------------------------------- orders


def _rests(row: Part) -> bool:
    kind = filled(row, "orderType")
    return kind is None or kind.text().lower() in _RESTING


def _order_margins(
    resting: list[Part], instruments: Mapping[str, Instrument], answers: _Answers
) -> Mapping[str, Decimal]:
    """What orders of the multi-collateral wallet add to the initial margin, where their total shows it of each.

    The venue prints the total only: it is that of the one order that can add to a position, or nothing of any.
    """
    flex = answers.wallets.optional("flex")
    shown, without = (filled(flex, key) if flex else None for key in ("initialMarginWithOrders", "initialMargin"))
    if shown is None or without is None:
        return {}
    total = shown.decimal() - without.decimal()
    if total < 0:
        raise shown.error(
            f"initialMarginWithOrders is {shown.decimal()}, less than initialMargin, {without.decimal()}",
            f"give the answer of {REQUESTS['accounts']} as the venue gave it",
        )
    adding = [
        row
        for row in resting
        if instruments[row.member("symbol").text()].contract == "linear"
        and not (row.has("reduceOnly") and row.member("reduceOnly").flag())
    ]
    if total > _CENTS and not answers.payload.has("openorders"):
        raise answers.payload.lacks("openorders")
    if total and len(adding) != 1:
        return {}
    return {row.pointer: total for row in adding}


def _order(
    row: Part, instruments: Mapping[str, Instrument], margins: Mapping[str, Decimal], answers: _Answers
) -> Order:
    symbol = row.member("symbol").text()
    quantity = row.member("unfilledSize").decimal()
    if quantity <= 0:
        raise row.member("unfilledSize").error(
            f"unfilledSize is {quantity}, which leaves nothing to fill", "leave out orders that are filled"
        )
    price, number, flagged = filled(row, "limitPrice"), filled(row, "order_id"), row.optional("reduceOnly")
    mode: str | None = "cross"
    if instruments[symbol].contract == "linear":
        chosen = (answers.preferences or {}).get(symbol)
        mode = None if answers.preferences is None else "isolated" if chosen else "cross"
    inputs: dict[str, Value] = {"initial_margin": margins[row.pointer]} if row.pointer in margins else {}
    return Order(
        symbol=symbol,
        side=row.member("side").choice(_ORDER_SIDES),
        quantity=quantity,
        price=price.positive() if price else None,
        id=number.text() if number else None,
        reduce_only=flagged.flag() if flagged else None,
        margin_mode=mode,
        inputs=inputs,
        pointer=row.pointer,
    )


IMPORTER = Importer(
    name="kraken-futures",
    title="Kraken Futures",
    needs="GET accounts, openpositions, instruments and tickers of /derivatives/api/v3",
    read=read,
)
