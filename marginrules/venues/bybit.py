"""Bybit's answers (API v5) to an account state.

The payload is one object that holds the venue's answers under their names: `accountInfo` (GET /v5/account/info),
`walletBalance`, `positionList`, and for what is traded `instrumentsInfo`, `riskLimit` and `feeRate`. Where they apply:
`collateralInfo` or `tieredCollateralRatio`, which the cross margin of a unified account needs; `openOrders`; and
`tickers`, for prices that the other answers lack.

An answer may stand as the venue gave it, with `retCode` and `result`, or as its `result`; where one request does not
give everything (a page, a category, a settlement coin), a list of answers stands in its place.

The answers are cross-checked: a payload of several moments, or with rows left out, is refused.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
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
)
from marginrules.arithmetic import plain_text
from marginrules.venues.figures import (
    Collateral,
    check_figure,
    check_profit_total,
    filled,
    filled_decimal,
    position_id,
    positions_of_both_sides,
    profit_and_slack,
    profit_and_value,
    refuse_order_margin_without_orders,
    refuse_other_names,
    requests_by_name,
    rows_by,
    unwrapped,
    value_slack,
)
from marginrules.venues.importer import Importer, imported
from marginrules.venues.payload import Part, each_once, last_place, to_solved_digits

REQUESTS: Mapping[str, str] = {
    "accountInfo": "GET /v5/account/info",
    "walletBalance": "GET /v5/account/wallet-balance",
    "positionList": "GET /v5/position/list",
    "instrumentsInfo": "GET /v5/market/instruments-info",
    "riskLimit": "GET /v5/market/risk-limit",
    "feeRate": "GET /v5/account/fee-rate",
    "collateralInfo": "GET /v5/account/collateral-info",
    "tieredCollateralRatio": "GET /v5/spot-margin-trade/collateral",
    "openOrders": "GET /v5/order/realtime",
    "tickers": "GET /v5/market/tickers",
}

_NEEDED = ("accountInfo", "walletBalance", "positionList")
_NEEDED_WHERE_HELD = ("instrumentsInfo", "riskLimit", "feeRate")
_CLASSIC = "1"
_SEPARATE_INVERSE = (3, 4)
_STATUSES = ("1", "3", "4", "5", "6")
_TRADED = ("", "linear", "inverse")
_MARKS = {
    "accountInfo": ("unifiedMarginStatus",),
    "walletBalance": ("totalMarginBalance", "totalWalletBalance"),
    "positionList": ("avgPrice",),
    "riskLimit": ("riskLimitValue",),
}
_CONTRACTS = {
    "linearperpetual": "linear",
    "linearfutures": "linear",
    "inverseperpetual": "inverse",
    "inversefutures": "inverse",
}
_MODES = {"regular_margin": "cross", "isolated_margin": "isolated"}
_TRADE_MODES = {0: "cross", 1: "isolated"}
_SIDES = {"buy": "buy", "sell": "sell"}
_HEDGE_SIDES = {1: "buy", 2: "sell"}

# Enum definitions, `orderStatus`: the first are in the book, an untriggered one holds no margin yet, the rest are gone.
_ORDER_STATUSES = {
    "new": "resting",
    "partiallyfilled": "resting",
    "triggered": "resting",
    "untriggered": "",
    "rejected": "",
    "partiallyfilledcanceled": "",
    "filled": "",
    "cancelled": "",
    "deactivated": "",
}
_ONE_MOMENT = "take the answers at one moment, each of all symbols"

# The venue prints amounts to eight decimals.
_PRINTED_UNIT = Decimal("0.00000001")

# The quotient of amounts printed less precisely than this is no price of a coin in which margin is counted.
_PRECISE = Decimal("0.00002")

# Margins follow the mark price, and two answers are never of quite the same moment.
_DRIFT = Decimal("0.01")

# A table whose initial margin times maximum leverage is about 100 is printed in percent, as the documentation's is.
_PERCENT_ABOVE = 10
_ZERO = Decimal(0)


@frozen
class _Answers:
    """The payload's rows, by what they are asked for by, and how the account is margined.

    Attributes:
        status: `unifiedMarginStatus`; that of a classic account also for the inverse contracts of a unified account 1.0.
        separate_inverse: whether inverse contracts have a wallet of their own, as in a unified account 1.0.
        mode: the margin mode of a unified account; None where each position has its own.
        marks: tickers of contracts.
        spot: tickers of spot pairs.
    """

    payload: Part
    wallet: Part
    status: str
    separate_inverse: bool
    mode: str | None
    positions: tuple[Part, ...]
    coins: Mapping[str, Part]
    instruments: Mapping[str, Part]
    fees: Mapping[str, Part]
    marks: Mapping[str, Part]
    spot: Mapping[str, Part]
    risk_limits: Mapping[str, tuple[Part, ...]]

    @property
    def classic(self) -> bool:
        """Whether each settlement coin is a pool of its own."""
        return self.status == _CLASSIC


@frozen
class _Held:
    """A position, the row it was read from, and the contract it is in."""

    position: Position
    row: Part = field(eq=False)
    index: int
    """`positionIdx`: 0 in one-way mode, 1 for the buy side, 2 for the sell side."""
    instrument: Instrument


def read(payload: object, source: str = "payload") -> AccountState:
    """The account state that a payload of Bybit shows.

    Args:
        payload: parsed JSON, its numbers `Decimal` or text.
        source: name of the payload for errors.

    Raises:
        StateError: something is missing, malformed or contradicts itself; it says where and how to mend it.
    """
    return imported(_read, payload, source, REQUESTS)


def _read(payload: Part) -> AccountState:
    _refuse_a_bare_answer(payload)
    refuse_other_names(payload)
    answers = _answers(payload)

    open_rows = [row for row in answers.positions if row.member("size").decimal()]
    both_sides = positions_of_both_sides(row.member("symbol").text() for row in open_rows)
    instruments: dict[str, Instrument] = {}
    held: list[_Held] = []
    for row in open_rows:
        symbol = row.member("symbol").text()
        if symbol not in instruments:
            instruments[symbol] = _instrument(symbol, row, answers, traded_only=False)
        held.append(_held(row, instruments[symbol], both_sides, answers))

    orders: list[Order] = []
    for row in _order_rows(payload):
        symbol = row.member("symbol").text()
        if symbol not in instruments:
            instruments[symbol] = _instrument(symbol, row, answers, traded_only=True)
        orders.append(_order(row, instruments[symbol], answers, held))
    ordered = {order.symbol for order in orders}
    for entry in held:
        _check_risk_limit(entry, answers)
        if not answers.classic and entry.position.symbol not in both_sides | ordered:
            _check_margins(entry)

    settling = dict.fromkeys(instrument.settle for instrument in instruments.values())
    balances, assets = _balances(answers, held, settling)
    return AccountState(
        account=Account(id="bybit", as_of=_moment(payload), inputs=_account_inputs(answers)),
        balances=balances,
        positions=tuple(entry.position for entry in held),
        orders=tuple(orders),
        instruments=tuple(instruments.values()),
        assets=assets,
    )


def _account_inputs(answers: _Answers) -> dict[str, str]:
    inputs = {"unifiedMarginStatus": answers.status}
    if answers.mode == "isolated":
        inputs["marginMode"] = "ISOLATED_MARGIN"
    return inputs


# ---------------------------------------------------------------- the answers


def _refuse_a_bare_answer(payload: Part) -> None:
    """Say what a single answer, or a row of one, is, and what else is needed."""
    value = payload.value
    if not isinstance(value, Mapping) or any(payload.has(name) for name in _NEEDED if name != "walletBalance"):
        return
    result = unwrapped(payload, "result", {})
    listed = result.optional("list") if isinstance(result.value, Mapping) else None
    first = next(iter(listed.items()), listed) if listed else result
    for name, marks in _MARKS.items():
        if any(first.has(mark) for mark in marks):
            whole = listed is not None or name == "accountInfo"
            others = requests_by_name(
                payload,
                [other for other in _NEEDED if other != name],
                [other for other in _NEEDED_WHERE_HELD if other != name],
            )
            form = "…" if whole else '{"list": […]}'
            raise payload.error(
                f"this is {'the answer' if whole else 'one row of the answer'} of {REQUESTS[name]} alone",
                f'put it under its name, {{"{name}": {form}}}, and add {others}',
            )


def _results(payload: Part, name: str) -> tuple[Part, ...]:
    """The results of the answers under a name: of one answer, or of a list of them."""
    found = payload.optional(name)
    if found is None:
        return ()
    answers = found.items() if isinstance(found.value, list | tuple) else (found,)
    return tuple(unwrapped(answer, "result", {"retCode": "0"}) for answer in answers)


def _rows(payload: Part, name: str) -> tuple[Part, ...]:
    return tuple(row for result in _results(payload, name) for row in result.member("list").items())


def _moment(payload: Part) -> datetime | None:
    """When the venue answered about the wallet."""
    time = payload.member("walletBalance").optional("time")
    return time.moment() if time else None


def _answers(payload: Part) -> _Answers:
    information = unwrapped(payload.member("accountInfo"), "result", {"retCode": "0"})
    payload.member("positionList")
    accounts = unwrapped(payload.member("walletBalance"), "result", {"retCode": "0"}).member("list")
    if len(accounts.items()) != 1:
        raise accounts.error(
            f"{accounts.name} has {len(accounts.items())} accounts",
            f"give the answer of {REQUESTS['walletBalance']} for one account type",
        )
    wallet = accounts.items()[0]
    status = _status(information, wallet)
    for result in _results(payload, "instrumentsInfo"):
        _check_category(result)
    limits: dict[str, tuple[Part, ...]] = {}
    for row in _rows(payload, "riskLimit"):
        symbol = row.member("symbol").text()
        limits[symbol] = (*limits.get(symbol, ()), row)
    return _Answers(
        payload=payload,
        wallet=wallet,
        status=status,
        separate_inverse=information.member("unifiedMarginStatus").integer() in _SEPARATE_INVERSE,
        mode=None if status == _CLASSIC else _account_mode(information),
        positions=_position_rows(payload),
        coins=rows_by(wallet.member("coin").items(), "coin"),
        # Spot pairs have the names of linear contracts.
        instruments=rows_by((row for row in _rows(payload, "instrumentsInfo") if row.has("contractType")), "symbol"),
        fees=rows_by(
            (
                row
                for result in _results(payload, "feeRate")
                if _category(result) in _TRADED
                for row in result.member("list").items()
            ),
            "symbol",
        ),
        marks=rows_by((row for row in _rows(payload, "tickers") if row.has("markPrice")), "symbol"),
        spot=rows_by((row for row in _rows(payload, "tickers") if row.has("usdIndexPrice")), "symbol"),
        risk_limits=limits,
    )


def _status(information: Part, wallet: Part) -> str:
    """How the account is margined; the inverse contracts of a unified account 1.0 are margined as classic ones."""
    part = information.member("unifiedMarginStatus")
    status = str(part.integer())
    if status not in _STATUSES:
        raise part.error(
            f"{part.name} is {status}, which this importer does not know", f"expected {', '.join(_STATUSES)}"
        )
    named = filled(wallet, "accountType")
    kind = named.choice({"unified": "unified", "contract": "contract"}) if named else None
    if named is not None and kind != ("contract" if status == _CLASSIC else "unified"):
        if part.integer() in _SEPARATE_INVERSE:
            return _CLASSIC
        raise named.error(
            f"accountType is {named.text()}, but unifiedMarginStatus is {status}",
            f"give the answer of {REQUESTS['walletBalance']} with accountType="
            f"{'CONTRACT' if status == _CLASSIC else 'UNIFIED'}",
        )
    return status


def _account_mode(information: Part) -> str:
    named = information.member("marginMode")
    if named.value == "PORTFOLIO_MARGIN":
        raise named.error(
            f"{named.name} is PORTFOLIO_MARGIN: margins of such an account come from stress tests of the whole "
            "portfolio, for which an account state has no figures",
            "an account in cross (REGULAR_MARGIN) or isolated margin (ISOLATED_MARGIN) can be imported",
        )
    return named.choice(_MODES)


def _check_category(result: Part) -> None:
    """Refuse an answer about contracts that are of another category than the one it names."""
    category = _category(result)
    if category not in _CONTRACTS.values():
        return
    for row in result.member("list").items():
        kind = row.optional("contractType")
        if kind is not None and kind.choice(_CONTRACTS) != category:
            raise kind.error(
                f"{row.member('symbol').text()} is {kind.text()}, in an answer of category {category}",
                f"give the answer of {REQUESTS['instrumentsInfo']} whole, as it gave it",
            )


def _category(result: Part) -> str:
    named = filled(result, "category")
    return named.text() if named else ""


def _position_rows(payload: Part) -> tuple[Part, ...]:
    """The rows of `positionList`, those without a position too."""
    rows = []
    for result in _results(payload, "positionList"):
        for row in result.member("list").items():
            if _category(result) == "option" and row.member("size").decimal():
                raise row.error(
                    f"{row.name} is a position in an option, for which this importer has no rules",
                    "an account without options can be imported",
                )
            rows.append(row)
    return tuple(
        row for _, row in each_once((f"{row.member('symbol').text()} {_side_index(row)}", row) for row in rows)
    )


def _side_index(row: Part) -> int:
    named = row.optional("positionIdx")
    return named.integer() if named else 0


# ---------------------------------------------------------------- positions and contracts


def _held(row: Part, instrument: Instrument, both_sides: frozenset[str], answers: _Answers) -> _Held:
    size, index = row.member("size").positive(), _side_index(row)
    side = row.member("side").choice(_SIDES)
    if _HEDGE_SIDES.get(index, side) != side:
        raise row.member("side").error(
            f"side is {row.member('side').text()}, but positionIdx is {index}",
            "positionIdx 1 is the buy side and 2 the sell side of hedge mode",
        )
    quantity = size if side == "buy" else -size
    if instrument.mark_price is None:
        raise row.lacks("markPrice", f"add the answer of {REQUESTS['tickers']} as `tickers`")
    leverage = filled(row, "leverage")
    if leverage is None:
        raise row.lacks("leverage")
    mode = _margin_mode(row, answers)
    automatic = row.optional("autoAddMargin") if mode == "isolated" else None
    entry_price = _entry_price(row, instrument, quantity, instrument.mark_price)
    _check_value(row, instrument, quantity, entry_price)
    position = Position(
        id=position_id(instrument.symbol, quantity, both_sides),
        symbol=instrument.symbol,
        quantity=quantity,
        entry_price=entry_price,
        margin_mode=mode,
        leverage=leverage.positive(),
        assigned_margin=_assigned_margin(row, answers) if mode == "isolated" else None,
        auto_add_margin=bool(automatic.integer()) if automatic else None,
        pointer=row.pointer,
    )
    return _Held(position, row, index, instrument)


def _margin_mode(row: Part, answers: _Answers) -> str:
    """The account's mode; of a classic account, the row's own."""
    if answers.mode is not None:
        shown = filled(row, "tradeMode")
        # Get Position Info: always 0 in a unified account, whatever its mode.
        if answers.mode == "cross" and shown is not None and shown.integer():
            raise shown.error(
                f"tradeMode is {shown.integer()}, isolated margin, but accountInfo.marginMode is REGULAR_MARGIN",
                _ONE_MOMENT,
            )
        return answers.mode
    mode = row.member("tradeMode")
    if mode.integer() not in _TRADE_MODES:
        raise mode.error(f"{mode.name} is {mode.integer()}, which this importer does not know", "expected 0 or 1")
    return _TRADE_MODES[mode.integer()]


def _assigned_margin(row: Part, answers: _Answers) -> Decimal:
    """Margin of an isolated position, what was added to it and the fee to close it included, profit left out."""
    # Get Position Info: a classic account is to read `positionBalance`, and to ignore `positionIM`.
    key = "positionBalance" if answers.classic else "positionIM"
    margin = filled(row, key)
    if margin is None:
        raise row.lacks(key)
    return margin.positive()


def _entry_price(row: Part, instrument: Instrument, quantity: Decimal, mark_price: Decimal) -> Decimal:
    """The price from which the printed profit runs: a USDC contract's is that of its last settlement."""
    found = [filled(row, key) for key in ("sessionAvgPrice", "avgPrice")]
    prices = [part.positive() for part in found if part is not None and part.decimal()]
    if not prices:
        raise row.lacks("avgPrice")
    shown = filled(row, "unrealisedPnl")
    if shown is None:
        return prices[0]
    computed = [(price, *profit_and_slack(instrument, quantity, price, mark_price)) for price in prices]
    for price, profit, slack in computed:
        if abs(shown.decimal() - profit) <= slack + last_place(shown.decimal()):
            return price
    _, profit, slack = computed[0]
    formula = "(1 / avgPrice - 1 / markPrice)" if instrument.contract == "inverse" else "(markPrice - avgPrice)"
    check_figure(shown, profit, slack, f"size x {formula}", _ONE_MOMENT)
    return prices[0]


def _check_value(row: Part, instrument: Instrument, quantity: Decimal, entry_price: Decimal) -> None:
    """Refuse a position value that is neither that at the mark price nor that at entry, which the venue printed once."""
    shown, mark_price, average = filled(row, "positionValue"), instrument.mark_price, filled_decimal(row, "avgPrice")
    if shown is None or mark_price is None:
        return
    value = shown.decimal()
    for price in (mark_price, entry_price, average):
        if price and abs(value - value_at(instrument, quantity, price)) <= last_place(value) + value_slack(
            instrument, quantity, price
        ):
            return
    at_mark, at_entry = (
        plain_text(to_solved_digits(value_at(instrument, quantity, price))) for price in (mark_price, entry_price)
    )
    raise shown.error(
        f"positionValue is {value}, but size and markPrice give {at_mark}, size and entry price {at_entry}", _ONE_MOMENT
    )


def _instrument(symbol: str, row: Part, answers: _Answers, *, traded_only: bool) -> Instrument:
    """The contract of a symbol.

    Args:
        symbol: its name.
        row: the row of `positionList`, or of an order where there is no position.
        answers: the payload.
        traded_only: there is no position on it, only an order; then its mark price and risk limits may be absent.
    """
    _require(symbol, answers.instruments, "instrumentsInfo", row, answers)
    described = answers.instruments[symbol]
    kind = described.member("contractType").choice(_CONTRACTS)
    _check_wallet_of(symbol, kind, row, answers)
    _require(symbol, answers.fees, "feeRate", row, answers)
    if not traded_only:
        _require(symbol, answers.risk_limits, "riskLimit", row, answers)
    tiers = _tiers(answers.risk_limits[symbol]) if symbol in answers.risk_limits else None
    ticker = answers.marks.get(symbol)
    mark_price = filled(row, "markPrice") or (filled(ticker, "markPrice") if ticker else None)
    return Instrument(
        symbol=symbol,
        contract=kind,
        base=described.member("baseCoin").text(),
        quote=described.member("quoteCoin").text(),
        settle=described.member("settleCoin").text(),
        mark_price=mark_price.positive() if mark_price else None,
        max_leverage=tiers.cell(0, "max_leverage") if tiers else None,
        tick_size=_step(described, "priceFilter", "tickSize"),
        quantity_step=_step(described, "lotSizeFilter", "qtyStep"),
        taker_fee_rate=answers.fees[symbol].member("takerFeeRate").decimal(),
        tiers=tiers,
        pointer=row.pointer,
    )


def _require(symbol: str, rows: Collection[str], name: str, row: Part, answers: _Answers) -> None:
    """Ask for an answer by name that is absent, or does not have the symbol."""
    if not answers.payload.has(name):
        raise answers.payload.lacks(name)
    if symbol not in rows:
        raise row.member("symbol").error(
            f"{name} has no row of {symbol}",
            f"add the answer of {REQUESTS[name]} for {symbol} to `{name}`, which may be a list of answers",
        )


def _check_wallet_of(symbol: str, kind: str, row: Part, answers: _Answers) -> None:
    """Refuse contracts that are margined in the other wallet of a unified account 1.0."""
    if not answers.separate_inverse or answers.classic == (kind == "inverse"):
        return
    raise row.member("symbol").error(
        f"{symbol} is {kind}, and this is the {'CONTRACT' if answers.classic else 'UNIFIED'} wallet of a unified "
        "account 1.0, whose inverse contracts have a wallet of their own",
        "make two payloads: inverse contracts with the wallet-balance of accountType=CONTRACT, all others with that "
        "of accountType=UNIFIED",
    )


def _step(described: Part, kind: str, key: str) -> Decimal | None:
    found = described.optional(kind)
    step = filled(found, key) if found else None
    return step.positive() if step else None


def _tiers(rows: Iterable[Part]) -> TierTable:
    """The risk limits of a symbol; `above` and the amounts in the settlement coin."""
    ordered = sorted(rows, key=lambda row: row.member("riskLimitValue").decimal())
    remedy = f"give the answer of {REQUESTS['riskLimit']} for the symbol whole"
    lowest = ordered[0].optional("isLowestRisk")
    if lowest is not None and lowest.integer() != 1:
        raise lowest.error(
            f"the lowest risk limit of {ordered[0].member('symbol').text()} is not the lowest the venue has", remedy
        )
    above = _ZERO
    table: list[tuple[Decimal | None, ...]] = []
    for row in ordered:
        limit = row.member("riskLimitValue").positive()
        if table and limit == above:
            raise row.member("riskLimitValue").error(f"risk limit {limit} is listed twice", remedy)
        leverage = row.member("maxLeverage").positive()
        rate = row.member("maintenanceMargin").decimal()
        # The documentation prints rates in percent, the venue as fractions; one over the leverage tells which.
        if row.member("initialMargin").positive() * leverage > _PERCENT_ABOVE:
            rate /= 100
        if not 0 <= rate <= 1:
            raise row.member("maintenanceMargin").error(f"a maintenance margin rate of {rate} is none", remedy)
        amount = filled_decimal(row, "mmDeduction")
        # The lowest tier has no deduction. A deduction that is not printed follows from the tiers before it.
        table.append((above, rate, _ZERO if amount is None and not table else amount, leverage))
        above = limit
    return TierTable(
        ("above", "maintenance_rate", "maintenance_amount", "max_leverage"), tuple(table), ordered[0].pointer
    )


def _check_risk_limit(entry: _Held, answers: _Answers) -> None:
    """Refuse risk limits of another day: a position prints the limit of the tier it is in."""
    shown = filled(entry.row, "riskLimitValue")
    limits = [row.member("riskLimitValue").decimal() for row in answers.risk_limits[entry.position.symbol]]
    if shown is not None and shown.decimal() and shown.decimal() not in limits:
        raise shown.error(
            f"riskLimitValue is {shown.decimal()}, but riskLimit has {', '.join(map(str, sorted(limits)))}",
            f"add the answer of {REQUESTS['riskLimit']} of the same day as `riskLimit`",
        )


def _check_margins(entry: _Held) -> None:
    """Refuse tiers, fee rate or leverage that do not give the margins which the venue prints beside the position.

    The venue has counted value and fee at entry and at the mark price, by rule and by date; any of these may stand.
    It rounds the bankruptcy price, in the fee to close, to the tick. Of inverse contracts its documentation prints
    margins that no rule gives, so that these are not compared.
    """
    position, instrument = entry.position, entry.instrument
    tiers, mark_price, leverage, fee_rate = (
        instrument.tiers,
        instrument.mark_price,
        position.leverage,
        instrument.taker_fee_rate,
    )
    if instrument.contract != "linear" or tiers is None or mark_price is None or not leverage or fee_rate is None:
        return
    values = [value_at(instrument, position.quantity, price) for price in (mark_price, position.entry_price)]
    bankrupt = 1 - (1 if position.quantity > 0 else -1) / leverage
    tick = instrument.tick_size or last_place(mark_price)
    slack = value_at(instrument, position.quantity, tick) * abs(fee_rate) + _PRINTED_UNIT
    requirements: list[tuple[str, Callable[[Decimal], Decimal], str]] = [
        ("positionMM", lambda value: _requirement(tiers, value), "the tier of riskLimit and the fee to close")
    ]
    if position.margin_mode == "cross":
        requirements.append(("positionIM", lambda value: value / leverage, "value / leverage and the fee to close"))
    for key, requirement, formula in requirements:
        shown = filled(entry.row, key)
        if shown is None:
            continue
        margins = [requirement(value) + at * bankrupt * fee_rate for value in values for at in values]
        nearest = min(margins, key=lambda margin: abs(margin - shown.decimal()))
        remedy = "take riskLimit, feeRate and positionList of this account on the same day"
        check_figure(shown, nearest, slack, formula, remedy)


def _requirement(tiers: TierTable, value: Decimal) -> Decimal:
    """What the tiers require of a value; deductions that are not printed follow by continuity."""
    rate = amount = _ZERO
    for above, tier_rate, tier_amount, _ in tiers.rows:
        if above is None or tier_rate is None or (above and above >= value):
            break
        amount = tier_amount if tier_amount is not None else amount + above * (tier_rate - rate)
        rate = tier_rate
    return value * rate - amount


# ---------------------------------------------------------------- coins


def _balances(
    answers: _Answers, held: list[_Held], settling: Mapping[str, None]
) -> tuple[tuple[Balance, ...], tuple[Asset, ...]]:
    """What the wallet holds, and what each coin is worth as margin."""
    for coin in settling:
        if coin not in answers.coins:
            raise answers.wallet.member("coin").error(
                f"{answers.wallet.member('coin').name} has no row of {coin}, in which a position or an order is margined",
                f"add the answer of {REQUESTS['walletBalance']} with coin={coin} among the coins",
            )
    balances, assets, total, slack = [], [], _ZERO, _ZERO
    for coin, row in answers.coins.items():
        wallet = row.member("walletBalance").decimal()
        mine = [entry for entry in held if entry.instrument.settle == coin]
        _check_coin(coin, row, wallet, mine, answers)
        if not wallet and coin not in settling:
            continue
        price, price_slack = _index_price(coin, row, answers, precise=coin in settling)
        if answers.mode != "cross":
            # Nothing is converted where each coin backs its own contracts.
            balances.append(Balance(coin, wallet, pointer=row.pointer))
            assets.append(Asset(coin, index_price=price, pointer=row.pointer))
            continue
        if price is None:
            if coin in settling:
                raise answers.payload.lacks(
                    "tickers",
                    f"walletBalance does not show what {coin} is worth in USD: add the answer of {REQUESTS['tickers']} "
                    f"with category=spot and symbol={coin}USDT (or {coin}USDC) as `tickers`",
                )
            # The venue prints no value of a coin that is no collateral, or of less than its last digit.
            continue
        collateral = _collateral(coin, row, answers)
        balances.append(Balance(coin, wallet, pointer=row.pointer))
        assets.append(
            Asset(
                coin,
                index_price=price,
                collateral_rate=collateral.rate,
                collateral_tiers=collateral.tiers,
                pointer=row.pointer,
            )
        )
        counted = collateral.counted(wallet)
        total += counted * price
        slack += abs(counted) * price_slack + _PRINTED_UNIT + _left_open(collateral, row, wallet) * price
    shown = filled(answers.wallet, "totalWalletBalance")
    if shown is not None and answers.mode == "cross":
        check_figure(
            shown,
            total,
            slack,
            "the sum of walletBalance x usdValue / equity x collateral ratio",
            f"give walletBalance of all coins; where collateralRatio is out of date, which the venue says of "
            f"collateralInfo since 2025-02-19, add the answer of {REQUESTS['tieredCollateralRatio']} as "
            "`tieredCollateralRatio`",
        )
    return tuple(balances), tuple(assets)


def _check_coin(coin: str, row: Part, wallet: Decimal, held: list[_Held], answers: _Answers) -> None:
    """Refuse a coin whose figures the positions do not give, and one that holds what a state can not."""
    for key in ("borrowAmount", "spotBorrow"):
        borrowed = filled(row, key)
        if borrowed is not None and borrowed.decimal():
            raise borrowed.error(
                f"{borrowed.decimal()} {coin} are borrowed, and the margin of borrowing has no place in an account state",
                f"repay {coin} first",
            )
    equity, profit = filled(row, "equity"), filled(row, "unrealisedPnl")
    if equity is not None and profit is not None:
        formula = "walletBalance + unrealisedPnl"
        remedy = "an account that holds options can not be imported; of any other, give the answer whole"
        check_figure(equity, wallet + profit.decimal(), 2 * _PRINTED_UNIT, formula, remedy)

    figures = [
        profit_and_value(entry.instrument, entry.position, entry.instrument.mark_price or _ZERO) for entry in held
    ]
    check_profit_total(profit, Decimal(1), figures, REQUESTS["positionList"])
    _check_initial_margin(coin, row, held, answers)
    listed = any(result.member("list").items() for result in _results(answers.payload, "openOrders"))
    refuse_order_margin_without_orders(answers.payload, "openOrders", [filled(row, "totalOrderIM")], listed=listed)
    assigned = sum((entry.position.assigned_margin or _ZERO for entry in held), _ZERO)
    if assigned > wallet + (len(held) + 1) * _PRINTED_UNIT and assigned:
        raise row.member("walletBalance").error(
            f"walletBalance is {wallet} {coin}, less than the margin of its isolated positions, {assigned}", _ONE_MOMENT
        )


def _check_initial_margin(coin: str, row: Part, held: list[_Held], answers: _Answers) -> None:
    """Refuse positions that do not make up the initial margin of their coin: some were left out."""
    shown = filled(row, "totalPositionIM")
    if shown is None or answers.classic:
        return
    remedy = (
        f"give the answers of {REQUESTS['positionList']} for all positions in {coin}: `positionList` may be a list of "
        "answers, one a category, settlement coin and page"
    )
    if not held and shown.decimal():
        raise shown.error(
            f"totalPositionIM is {shown.decimal()} {coin}, but positionList has no position in it", remedy
        )
    margins = [filled_decimal(entry.row, "positionIM") for entry in held]
    known = [margin for margin in margins if margin is not None]
    if len(known) == len(held):
        total = sum(known, _ZERO)
        check_figure(
            shown, total, total * _DRIFT + len(held) * _PRINTED_UNIT, f"the sum of positionIM in {coin}", remedy
        )


def _index_price(coin: str, row: Part, answers: _Answers, *, precise: bool) -> tuple[Decimal | None, Decimal]:
    """USD for one coin, and how far it may be off; None where the payload does not show it.

    Args:
        coin: its name.
        row: its row in the wallet.
        answers: the payload.
        precise: whether margins are counted in the coin, for which the quotient of two tiny amounts will not do.
    """
    value, equity = filled_decimal(row, "usdValue"), filled_decimal(row, "equity")
    price, share = None, _ZERO
    if value and equity and value / equity > 0:
        price, share = to_solved_digits(value / equity), _PRINTED_UNIT / abs(value) + _PRINTED_UNIT / abs(equity)
        if share <= _PRECISE:
            return price, price * share
    for pair in (f"{coin}USDT", f"{coin}USDC"):
        ticker = filled(answers.spot[pair], "usdIndexPrice") if pair in answers.spot else None
        if ticker is not None:
            # Of another moment than the wallet.
            return ticker.positive(), ticker.positive() * _DRIFT
    return (None, _ZERO) if precise or price is None else (price, price * share)


def _collateral(coin: str, row: Part, answers: _Answers) -> Collateral:
    """The share of a coin's value that counts as margin; 0 where it is switched off or never counts."""
    information = rows_by(_rows(answers.payload, "collateralInfo"), "currency")
    tiered = rows_by(_rows(answers.payload, "tieredCollateralRatio"), "currency")
    if not information and not tiered:
        raise answers.payload.lacks("collateralInfo")
    described = information.get(coin)
    for part in (row, described):
        for key in ("marginCollateral", "collateralSwitch"):
            flag = part.optional(key) if part else None
            if flag is not None and not flag.flag():
                return Collateral(_ZERO, None)
    if coin in tiered:
        return _collateral_tiers(tiered[coin])
    ratio = filled(described, "collateralRatio") if described else None
    if ratio is None:
        raise row.member("coin").error(
            f"the payload has no collateral ratio of {coin}",
            f"add the answer of {REQUESTS['tieredCollateralRatio']} as `tieredCollateralRatio`, or of "
            f"{REQUESTS['collateralInfo']} as `collateralInfo`, of all coins",
        )
    return Collateral(ratio.rate(), None)


def _left_open(collateral: Collateral, row: Part, wallet: Decimal) -> Decimal:
    """How far it is open whether the wallet alone is looked up in the tiers, or the wallet with its profit."""
    equity = filled_decimal(row, "equity")
    if equity is None or equity <= 0 or collateral.tiers is None:
        return _ZERO
    return abs(collateral.counted(equity) / equity * wallet - collateral.counted(wallet))


def _collateral_tiers(tiered: Part) -> Collateral:
    """The ratios of a coin by the amount held; one rate where it has one tier."""
    listed = tiered.member("collateralRatioList")
    remedy = f"give the answer of {REQUESTS['tieredCollateralRatio']} whole"
    tiers = sorted(listed.items(), key=lambda tier: filled_decimal(tier, "minQty") or _ZERO)
    if not tiers:
        raise listed.error(f"{listed.name} is empty", remedy)
    rows: list[tuple[Decimal | None, ...]] = []
    end: Decimal | None = _ZERO
    for tier in tiers:
        begin = filled_decimal(tier, "minQty") or _ZERO
        if begin != end:
            raise tier.error(f"a tier begins at {begin}, but the one before ends at {end}", remedy)
        end = filled_decimal(tier, "maxQty")
        rows.append((begin, tier.member("collateralRatio").rate()))
    if end:
        # What is held beyond the last tier does not count.
        rows.append((end, _ZERO))
    if len(rows) == 1:
        return Collateral(rows[0][1], None)
    return Collateral(None, TierTable(("above", "collateral_rate"), tuple(rows), listed.pointer))


# ---------------------------------------------------------------- orders


def _order_rows(payload: Part) -> tuple[Part, ...]:
    """Orders that rest in the book of a contract."""
    rows = []
    for result in _results(payload, "openOrders"):
        # Spot orders hold no margin.
        if _category(result) == "spot":
            continue
        for row in result.member("list").items():
            status = filled(row, "orderStatus")
            if status is not None and not status.choice(_ORDER_STATUSES):
                continue
            if _category(result) == "option":
                raise row.error(
                    f"{row.name} is an order on an option, for which this importer has no rules",
                    "an account without options can be imported",
                )
            rows.append(row)
    return tuple(rows)


def _order(row: Part, instrument: Instrument, answers: _Answers, held: list[_Held]) -> Order:
    side, index = row.member("side").choice(_SIDES), _side_index(row)
    left = filled(row, "leavesQty")
    quantity = left.decimal() if left else row.member("qty").decimal() - (filled_decimal(row, "cumExecQty") or _ZERO)
    if quantity <= 0:
        raise row.error(f"{row.name} has nothing left to fill", "leave orders out that are filled")
    flags = [row.optional(key) for key in ("reduceOnly", "closeOnTrigger")]
    reduces = any(flag.flag() for flag in flags if flag) if any(flags) else None
    if index in _HEDGE_SIDES:
        # In hedge mode an order against its side can only reduce.
        reduces = reduces or _HEDGE_SIDES[index] != side
    number = filled(row, "orderId")
    margin_mode, leverage = _setting(instrument.symbol, index, answers, held)
    return Order(
        symbol=instrument.symbol,
        side=side,
        quantity=quantity,
        # A price of 0, or none, is how the venue writes a market order's.
        price=row.member("price").positive() if filled_decimal(row, "price") else None,
        id=number.text() if number else None,
        reduce_only=reduces,
        margin_mode=margin_mode,
        leverage=leverage,
        pointer=row.pointer,
    )


def _setting(symbol: str, index: int, answers: _Answers, held: list[_Held]) -> tuple[str | None, Decimal | None]:
    """Mode and leverage of an order: those of the position it belongs to, else those of a row of its symbol."""
    of_symbol = [entry for entry in held if entry.position.symbol == symbol]
    for entry in sorted(of_symbol, key=lambda entry: entry.index != index):
        return entry.position.margin_mode, entry.position.leverage
    for row in answers.positions:
        if row.member("symbol").text() == symbol:
            return _margin_mode(row, answers), filled_decimal(row, "leverage") or None
    return answers.mode, None


IMPORTER = Importer(
    "bybit",
    "Bybit",
    "one object with `accountInfo`, `walletBalance` and `positionList`; for what is traded `instrumentsInfo`, "
    "`riskLimit` and `feeRate`; where they apply `collateralInfo` or `tieredCollateralRatio`, `openOrders`, `tickers`",
    read,
)
