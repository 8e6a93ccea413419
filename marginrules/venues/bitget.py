"""Bitget futures' answers to an account state.

The payload is one object that holds the venue's answers under their names, with or without the frame `code` and `data`:
`accounts`, `positions`, `contracts` and `positionTiers`; where they apply `orders`, `symbolPrices` and, in multi-asset
mode, `haircutRates`. Where the venue answers for one product type or one symbol, each may be a list of its answers.

The answers are those of the classic account. The figures of a position are cross-checked with its prices and its tier,
and the account's with those of its positions. `docs/importers/bitget.md` has the table.
"""

from collections.abc import Iterator, Mapping
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
from marginrules.venues.figures import (
    LoneAnswer,
    check_figure,
    check_one_mark_price,
    check_profit_total,
    filled,
    filled_decimal,
    framed_rows,
    position_id,
    positions_of_both_sides,
    printed_slack,
    profit_and_slack,
    profit_and_value,
    refuse_a_lone_answer,
    refuse_other_names,
    rows_by,
    signed_size,
    unwrapped,
    value_slack,
)
from marginrules.venues.importer import Importer, imported
from marginrules.venues.payload import Part, each_once, last_place, to_solved_digits

REQUESTS: Mapping[str, str] = {
    "accounts": "GET /api/v2/mix/account/accounts?productType=…",
    "positions": "GET /api/v2/mix/position/all-position?productType=…",
    "contracts": "GET /api/v2/mix/market/contracts?productType=…",
    "positionTiers": "GET /api/v2/mix/market/query-position-lever?productType=…&symbol=…",
    "symbolPrices": "GET /api/v2/mix/market/symbol-price?productType=…&symbol=…",
    "orders": "GET /api/v2/mix/order/orders-pending?productType=…",
}

_NEEDED = ("accounts", "positions", "contracts", "positionTiers")
_LONE = (
    LoneAnswer("accounts", ("marginCoin", "accountEquity")),
    LoneAnswer("positions", ("openPriceAvg", "holdSide")),
    LoneAnswer("positions", ("marginSize",)),
    LoneAnswer("contracts", ("takerFeeRate", "baseCoin")),
    LoneAnswer("positionTiers", ("keepMarginRate", "startUnit")),
)
_MODES = {"crossed": "cross", "isolated": "isolated"}
_ASSET_MODES = {"single": "single", "union": "union"}
_SIGNS = {"long": 1, "short": -1}
_SIDES = {"buy": "buy", "sell": "sell"}
_POSITION_MODES = {"one_way_mode": "one-way", "hedge_mode": "hedge"}
_POSITION_SIDES = {"long": "long", "short": "short"}
_SWITCHES = {"on": "on", "off": "off"}
_ANSWERED = {"yes": "yes", "no": "no"}
_SUCCESS = {"code": "00000"}
_ONE_MOMENT = "take the answers at one moment, each of all symbols"
_MOST_DECIMALS = 20
_ZERO = Decimal(0)


@frozen
class _Answers:
    """The payload's rows, by what they are asked for by."""

    payload: Part
    accounts: Mapping[str, Part]
    positions: tuple[Part, ...]
    contracts: Mapping[str, Part]
    tiers: Mapping[str, tuple[Part, ...]]
    prices: Mapping[str, Part]
    asset_mode: str | None


@frozen
class _Held:
    """A position, the row it was read from, and the contract it is in."""

    position: Position
    row: Part = field(eq=False)
    instrument: Instrument
    mark_price: Decimal


def read(payload: object, source: str = "payload") -> AccountState:
    """The account state that a Bitget futures payload shows.

    Args:
        payload: parsed JSON, its numbers `Decimal` or text.
        source: name of the payload for errors.

    Raises:
        StateError: something is missing, malformed or contradicts itself; it says where and how to mend it.
    """
    return imported(_read, payload, source, REQUESTS)


def _read(payload: Part) -> AccountState:
    refuse_a_lone_answer(unwrapped(payload, "data", _SUCCESS), _LONE, _NEEDED)
    refuse_other_names(payload, ("haircutRates",))
    answers = _answers(payload)

    open_rows = [row for row in answers.positions if row.member("total").decimal()]
    both_sides = positions_of_both_sides(row.member("symbol").text() for row in open_rows)
    instruments: dict[str, Instrument] = {}
    held: list[_Held] = []
    for row in open_rows:
        symbol = row.member("symbol").text()
        if symbol not in instruments:
            instruments[symbol] = _instrument(symbol, row, answers, row.member("markPrice").positive())
        held.append(_held(row, instruments[symbol], both_sides, answers))
    dict(each_once((entry.position.id, entry.row) for entry in held))

    orders: list[Order] = []
    for row in _order_rows(payload.optional("orders")):
        symbol = row.member("symbol").text()
        if symbol not in instruments:
            instruments[symbol] = _instrument(symbol, row, answers, None)
        orders.append(_order(row, instruments[symbol], held))

    settling = dict.fromkeys(instrument.settle for instrument in instruments.values())
    union = answers.asset_mode == "union"
    balances = _union_balances(answers, held) if union else _balances(answers, settling, held)
    names = dict.fromkeys([*(balance.asset for balance in balances), *settling])
    inputs: dict[str, Value] = {} if answers.asset_mode is None else {"assetMode": answers.asset_mode}
    return AccountState(
        account=Account(id="bitget", as_of=_moment(payload), inputs=inputs),
        balances=balances,
        positions=tuple(entry.position for entry in held),
        orders=tuple(orders),
        instruments=tuple(instruments.values()),
        assets=tuple(_union_asset(name, answers) if union else Asset(name) for name in names),
    )


def _answers(payload: Part) -> _Answers:
    accounts = rows_by(_rows(payload.member("accounts")), "marginCoin")
    positions = tuple(_rows(payload.member("positions")))
    tiers: dict[str, list[Part]] = {}
    for row in _rows(payload.member("positionTiers")):
        tiers.setdefault(row.member("symbol").text(), []).append(row)
    modes = [mode for row in (*accounts.values(), *positions) if (mode := filled(row, "assetMode"))]
    chosen = [mode.choice(_ASSET_MODES) for mode in modes]
    for mode, word in zip(modes, chosen, strict=True):
        if word != chosen[0]:
            raise mode.error(f"{mode.name} is {word}, and {modes[0].name} {chosen[0]}", _ONE_MOMENT)
    return _Answers(
        payload=payload,
        accounts=accounts,
        positions=positions,
        contracts=rows_by(_rows(payload.member("contracts")), "symbol"),
        tiers={symbol: tuple(rows) for symbol, rows in tiers.items()},
        prices=rows_by(_rows(payload.optional("symbolPrices")), "symbol"),
        asset_mode=chosen[0] if chosen else None,
    )


def _rows(answer: Part | None) -> Iterator[Part]:
    return framed_rows(answer, "data", _SUCCESS)


def _moment(payload: Part) -> datetime | None:
    """The time in the frame of the answer about the account; None where the frame was taken off."""
    answer = payload.member("accounts")
    frames = answer.items() if isinstance(answer.value, list | tuple) else (answer,)
    stamps = [frame.member("requestTime").moment() for frame in frames if frame.has("requestTime")]
    return max(stamps, default=None)


def _instrument(symbol: str, asking: Part, answers: _Answers, mark_price: Decimal | None) -> Instrument:
    """The contract of a symbol; `asking` is the position or the order that is on it."""
    row = answers.contracts.get(symbol)
    if row is None:
        raise asking.member("symbol").error(
            f"contracts has no row of {symbol}", f"add the answer of {REQUESTS['contracts']} as `contracts`"
        )
    base, quote = row.member("baseCoin").text(), row.member("quoteCoin").text()
    settle = asking.member("marginCoin").text().upper()
    if settle not in {base, quote}:
        raise asking.member("marginCoin").error(
            f"{symbol} is margined in {settle}, which is neither its base {base} nor its quote {quote}",
            "this importer knows contracts margined in their quote, such as BTCUSDT, or in their base, such as BTCUSD",
        )
    inverse = settle == base
    price = answers.prices.get(symbol)
    mark = filled(price, "markPrice") if price else None
    index = filled_decimal(price, "indexPrice") if price else None
    return Instrument(
        symbol=symbol,
        contract="inverse" if inverse else "linear",
        base=base,
        quote=quote,
        settle=settle,
        mark_price=mark_price or (mark.positive() if mark else None),
        index_price=index,
        max_leverage=filled_decimal(row, "maxLever"),
        tick_size=_tick_size(row),
        quantity_step=None if inverse else filled_decimal(row, "sizeMultiplier"),
        taker_fee_rate=row.member("takerFeeRate").rate(),
        tiers=_tiers(symbol, asking, answers),
        pointer=row.pointer,
    )


def _tick_size(row: Part) -> Decimal | None:
    """The price step: `priceEndStep` units of the last of `pricePlace` decimals."""
    place, step = filled(row, "pricePlace"), filled(row, "priceEndStep")
    if place is None or step is None:
        return None
    if not 0 <= place.integer() <= _MOST_DECIMALS:
        raise place.error(
            f"pricePlace is {place.decimal()}, which is no number of decimals",
            f"give the answer of {REQUESTS['contracts']} as the venue gave it",
        )
    return step.positive().scaleb(-place.integer())


def _tiers(symbol: str, asking: Part, answers: _Answers) -> TierTable:
    """The position tiers of a symbol; `above` in the quote, or in the margin coin of a coin-margined contract."""
    rows = sorted(answers.tiers.get(symbol, ()), key=lambda row: row.member("startUnit").decimal())
    if not rows:
        raise asking.member("symbol").error(
            f"positionTiers has no tiers of {symbol}",
            f"add the answer of {REQUESTS['positionTiers']} for {symbol} to a list `positionTiers`",
        )
    end = _ZERO
    for row in rows:
        start = row.member("startUnit").decimal()
        if start != end:
            raise row.member("startUnit").error(
                f"a tier of {symbol} begins at {start}, but the one before ends at {end}",
                f"give the answer of {REQUESTS['positionTiers']} as the venue gave it",
            )
        end = row.member("endUnit").positive()
    return TierTable(
        ("above", "maintenance_rate", "max_leverage"),
        tuple(
            (row.member("startUnit").decimal(), row.member("keepMarginRate").rate(), row.member("leverage").positive())
            for row in rows
        ),
        rows[0].pointer,
    )


def _held(row: Part, instrument: Instrument, both_sides: frozenset[str], answers: _Answers) -> _Held:
    size = signed_size(row, "total", _SIGNS, "holdSide")
    mode = row.member("marginMode").choice(_MODES)
    entry_price, mark_price = row.member("openPriceAvg").positive(), row.member("markPrice").positive()
    check_one_mark_price(row.member("markPrice"), instrument, _ONE_MOMENT)
    quantity = _quantity(row, instrument, size, entry_price, mark_price)
    shown = filled(row, "unrealizedPL")
    if shown is not None:
        profit, slack = profit_and_slack(instrument, quantity, entry_price, mark_price)
        check_figure(shown, profit, slack, "that of total between openPriceAvg and markPrice", _ONE_MOMENT)
    leverage = row.member("leverage").positive()
    automatic = filled(row, "autoMargin") if mode == "isolated" else None
    position = Position(
        id=position_id(instrument.symbol, quantity, both_sides),
        symbol=instrument.symbol,
        quantity=quantity,
        entry_price=entry_price,
        margin_mode=mode,
        leverage=leverage,
        assigned_margin=row.member("marginSize").decimal() if mode == "isolated" else None,
        auto_add_margin=automatic.choice(_SWITCHES) == "on" if automatic else None,
        pointer=row.pointer,
    )
    if mode == "cross":
        _check_margin(row, instrument, position, mark_price, answers)
    if mode == "isolated" or instrument.symbol not in both_sides:
        _check_tier(row, instrument, quantity, mark_price)
    if mode == "isolated":
        _check_fee(row, instrument, position, mark_price)
    return _Held(position, row, instrument, mark_price)


def _quantity(row: Part, instrument: Instrument, size: Decimal, entry_price: Decimal, mark_price: Decimal) -> Decimal:
    """The signed quantity of a position, as an account document has it.

    Of a coin-margined contract that is the amount of the quote; the venue prints sizes in the base or in the quote, by
    product, and its own profit of the position says which.

    Raises:
        StateError: neither reading gives the printed profit, or both do.
    """
    if instrument.contract != "inverse":
        return size
    shown = row.member("unrealizedPL")
    readings = (size, to_solved_digits(size * entry_price))
    fitting = []
    for quantity in readings:
        profit, slack = profit_and_slack(instrument, quantity, entry_price, mark_price)
        if abs(profit - shown.decimal()) <= slack + last_place(shown.decimal()):
            fitting.append(quantity)
    if len(fitting) != 1:
        raise shown.error(
            f"unrealizedPL is {shown.decimal()}, which does not tell whether total is in {instrument.base} or in "
            f"{instrument.quote}",
            _ONE_MOMENT if not fitting else "take the answers again when the mark price has moved from the entry price",
        )
    return fitting[0]


def _check_margin(
    row: Part, instrument: Instrument, position: Position, mark_price: Decimal, answers: _Answers
) -> None:
    """Refuse a cross margin that size, price and leverage do not give: of the entry, in multi-asset mode of the mark."""
    shown, leverage = filled(row, "marginSize"), position.leverage
    if shown is None or leverage is None:
        return
    price = mark_price if answers.asset_mode == "union" else position.entry_price
    margin = value_at(instrument, position.quantity, price) / leverage
    slack = value_slack(instrument, position.quantity, price) / leverage
    basis = "markPrice" if answers.asset_mode == "union" else "openPriceAvg"
    check_figure(shown, margin, slack, f"total at {basis} by leverage", _ONE_MOMENT)


def _check_fee(row: Part, instrument: Instrument, position: Position, mark_price: Decimal) -> None:
    """Refuse a taker fee rate that is not in the margin ratio of an isolated position: an account may have its own.

    The tiers were of the whole position until 10 November 2025, and marginal since; either may stand.
    """
    shown, fee_rate, tiers = filled(row, "marginRatio"), instrument.taker_fee_rate, instrument.tiers
    profit, slack = profit_and_slack(instrument, position.quantity, position.entry_price, mark_price)
    value = value_at(instrument, position.quantity, mark_price)
    equity = (position.assigned_margin or _ZERO) + profit
    if shown is None or fee_rate is None or tiers is None or equity <= 0 or not shown.decimal():
        return
    whole, marginal = _requirements(tiers, value)
    ratios = [(required + value * fee_rate) / equity for required in (whole, marginal)]
    ratio = min(ratios, key=lambda ratio: abs(ratio - shown.decimal()))
    open_digits = ratio * (slack / equity + value_slack(instrument, position.quantity, mark_price) / value)
    own = (shown.decimal() * equity - (whole, marginal)[ratios.index(ratio)]) / value
    check_figure(
        shown,
        ratio,
        open_digits,
        f"that of keepMarginRate and a takerFeeRate of {fee_rate}",
        f"the account's own taker fee rate is in it, here {own:.6f}: give that as `takerFeeRate` in `contracts`",
    )


def _requirements(tiers: TierTable, value: Decimal) -> tuple[Decimal, Decimal]:
    """What the tiers require of a value: the rate that it has reached for all of it, and each rate for its own part."""
    rate = amount = _ZERO
    for above, tier_rate, _ in tiers.rows:
        if above is None or tier_rate is None or (above and above >= value):
            break
        amount, rate = amount + above * (tier_rate - rate), tier_rate
    return value * rate, value * rate - amount


def _check_tier(row: Part, instrument: Instrument, quantity: Decimal, mark_price: Decimal) -> None:
    """Refuse tiers whose rate is not the one that the venue prints beside the position."""
    shown, table = filled(row, "keepMarginRate"), instrument.tiers
    if shown is None or table is None:
        return
    value = value_at(instrument, quantity, mark_price)
    rates = [cells[1] for cells in table.rows if cells[0] is not None and cells[0] < value]
    if rates and rates[-1] != shown.decimal():
        raise shown.error(
            f"keepMarginRate is {shown.decimal()}, but the tier of positionTiers has {rates[-1]}",
            f"add the answer of {REQUESTS['positionTiers']} of the same day as `positionTiers`",
        )


def _profits(held: list[_Held], asset: str) -> list[tuple[Decimal, Decimal]]:
    """Profit and value of each position that settles in an asset."""
    return [
        profit_and_value(entry.instrument, entry.position, entry.mark_price)
        for entry in held
        if entry.instrument.settle == asset
    ]


def _account_profit(row: Part, held: list[_Held], asset: str) -> Decimal:
    """The unrealised profit that is in an account's equity: as it prints it, else that of the positions."""
    pairs = _profits(held, asset)
    shown = filled(row, "unrealizedPL")
    check_profit_total(shown, Decimal(1), pairs, REQUESTS["positions"])
    parts = [filled_decimal(row, name) for name in ("crossedUnrealizedPL", "isolatedUnrealizedPL")]
    both = sum((part or _ZERO for part in parts), _ZERO) if all(part is not None for part in parts) else None
    if shown is not None:
        if both is not None:
            slack = printed_slack(part for part in parts if part is not None)
            check_figure(shown, both, slack, "crossedUnrealizedPL + isolatedUnrealizedPL", _ONE_MOMENT)
        return shown.decimal()
    if both is not None:
        return both
    return sum((profit for profit, _ in pairs), _ZERO)


def _balances(answers: _Answers, settling: Mapping[str, None], held: list[_Held]) -> tuple[Balance, ...]:
    for asset in settling:
        if asset not in answers.accounts:
            raise answers.payload.member("accounts").error(
                f"accounts has no row of {asset}, in which a position or an order is margined",
                "add the answer for its product type to a list `accounts`",
            )
    balances = []
    for asset, row in answers.accounts.items():
        _check_isolated_margin(asset, row, held)
        wallet = row.member("accountEquity").decimal() - _account_profit(row, held, asset)
        if wallet or asset in settling:
            balances.append(Balance(asset, wallet, pointer=row.pointer))
    return tuple(balances)


def _check_isolated_margin(asset: str, row: Part, held: list[_Held]) -> None:
    """Refuse an account whose isolated margin is not that of its isolated positions."""
    shown = filled(row, "isolatedMargin")
    margins = [
        entry.position.assigned_margin
        for entry in held
        if entry.instrument.settle == asset and entry.position.assigned_margin is not None
    ]
    if shown is not None:
        slack = printed_slack(margins)
        check_figure(shown, sum(margins, _ZERO), slack, "the marginSize of the isolated positions", _ONE_MOMENT)


def _union_balances(answers: _Answers, held: list[_Held]) -> tuple[Balance, ...]:
    """The coins of a multi-asset account, profit and loss left out."""
    balances: dict[str, Balance] = {}
    for asset, row in answers.accounts.items():
        check_profit_total(filled(row, "unrealizedPL"), Decimal(1), _profits(held, asset), REQUESTS["positions"])
        for coin in row.member("assetList").items():
            name = coin.member("coin").text()
            found = Balance(name, coin.member("balance").decimal(), pointer=coin.pointer)
            if name in balances and balances[name].wallet_balance != found.wallet_balance:
                raise coin.member("balance").error(f"the balance of {name} is listed twice, differently", _ONE_MOMENT)
            balances[name] = found
    return tuple(balance for balance in balances.values() if balance.wallet_balance)


def _union_asset(name: str, answers: _Answers) -> Asset:
    """A coin of multi-asset mode: the venue counts in USDT, at index prices and haircut rates."""
    if name == "USDT":
        return Asset(name, index_price=Decimal(1))
    rates = answers.payload.member(
        "haircutRates",
        "add an object of each coin and its rate, from the venue's page of haircuts, as `haircutRates`: "
        '{"BTC": "0.975"}',
    )
    price = answers.prices.get(f"{name}USDT")
    if price is None:
        raise (
            answers.payload.lacks("symbolPrices")
            if not answers.prices
            else answers.payload.member("symbolPrices").error(
                f"symbolPrices has no row of {name}USDT, whose index price multi-asset mode needs",
                f"add the answer of {REQUESTS['symbolPrices']} for {name}USDT to a list `symbolPrices`",
            )
        )
    rate = rates.member(name, f"add the rate of {name} to `haircutRates`")
    return Asset(
        name,
        index_price=price.member("indexPrice").positive(),
        collateral_rate=rate.rate(),
        pointer=rate.pointer,
    )


def _order_rows(answer: Part | None) -> Iterator[Part]:
    """The rows of `orders`: of each answer its `entrustedList`, which is null where there are none."""
    for item in _rows(answer):
        if isinstance(item.value, Mapping) and "entrustedList" in item.value:
            listed = item.optional("entrustedList")
            yield from listed.items() if listed else ()
        else:
            yield item


def _order(row: Part, instrument: Instrument, held: list[_Held]) -> Order:
    symbol = instrument.symbol
    price, number = filled_decimal(row, "price"), filled(row, "orderId")
    quantity = row.member("size").positive() - (filled_decimal(row, "baseVolume") or _ZERO)
    if quantity <= 0:
        raise row.member("size").error("nothing of the order is left to fill", "leave out orders that are done")
    side, reduces = _side(row)
    order = Order(
        symbol=symbol,
        side=side,
        quantity=quantity,
        # A price of 0 is how the venue writes that an order has none.
        price=price or None,
        id=number.text() if number else None,
        reduce_only=reduces,
        margin_mode=row.member("marginMode").choice(_MODES),
        leverage=row.member("leverage").positive(),
        pointer=row.pointer,
    )
    if instrument.contract != "inverse":
        return order
    on_symbol = next((entry for entry in held if entry.position.symbol == symbol), None)
    if on_symbol is None:
        raise row.member("size").error(
            f"size does not say whether it is in {instrument.base} or in {instrument.quote}, and there is no position "
            f"on {symbol} whose profit would",
            "write an account document instead: `marginrules schema bitget` says what it needs",
        )
    in_base = abs(on_symbol.position.quantity) != abs(on_symbol.row.member("total").decimal())
    return evolve(order, quantity=to_solved_digits(quantity * (price or _ZERO))) if in_base and price else order


def _side(row: Part) -> tuple[str, bool | None]:
    """Whether an order buys or sells, and whether it can only reduce.

    In hedge mode an order names the side that it opens or closes, and that decides: to close a long is to sell.
    """
    mode, trade = filled(row, "posMode"), filled(row, "tradeSide")
    if mode is not None and trade is not None and mode.choice(_POSITION_MODES) == "hedge":
        opens = trade.text().lower() == "open"
        long = row.member("posSide").choice(_POSITION_SIDES) == "long"
        return "buy" if long == opens else "sell", not opens
    flag = filled(row, "reduceOnly")
    reduces = None if flag is None else flag.choice(_ANSWERED) == "yes"
    return row.member("side").choice(_SIDES), reduces


IMPORTER = Importer(
    "bitget",
    "Bitget futures",
    "one object with `accounts`, `positions`, `contracts` and `positionTiers`; where they apply `orders`, "
    "`symbolPrices`, `haircutRates`",
    read,
)
