"""Binance COIN-M futures' answers to an account state.

The payload is one object that holds the venue's answers under their names: `account` (GET /dapi/v1/account),
`positionRisk` (GET /dapi/v1/positionRisk, of all symbols), `leverageBracket` (GET /dapi/v2/leverageBracket) and
`exchangeInfo` (GET /dapi/v1/exchangeInfo), which alone has the size of a contract. Where they apply: `openOrders`,
`dualSidePosition` (GET /dapi/v1/positionSide/dual, or true or false), and `time` (GET /dapi/v1/time).

Every contract is inverse: a quantity counts contracts of `contractSize` USD, margin and brackets are in the base coin.
The answers are cross-checked: a payload of several moments, or with rows left out, is refused.
"""

from collections.abc import Mapping
from decimal import Decimal

from attrs import frozen

from marginrules.account.contracts import value_at
from marginrules.account.state import (
    Account,
    AccountState,
    Asset,
    Balance,
    Instrument,
    Order,
    Position,
)
from marginrules.venues.binance import (
    CONDITIONAL,
    MODES,
    ONE_MOMENT,
    POSITION_SIDES,
    PRINTED_UNIT,
    SIDES,
    bracket_tiers,
    check_all_positions_are_here,
    check_position_side,
    filter_step,
    hedged,
    liquidation_fee,
    refuse_margin_of_orders,
    symbol_and_side,
)
from marginrules.venues.figures import (
    check_figure,
    position_id,
    positions_of_both_sides,
    profit_and_slack,
    refuse_other_names,
    requests_by_name,
    rows_by,
    server_moment,
    value_slack,
)
from marginrules.venues.importer import Importer, imported
from marginrules.venues.payload import Part, each_once, last_place, optional_decimal

REQUESTS: Mapping[str, str] = {
    "account": "GET /dapi/v1/account",
    "positionRisk": "GET /dapi/v1/positionRisk",
    "leverageBracket": "GET /dapi/v2/leverageBracket",
    "exchangeInfo": "GET /dapi/v1/exchangeInfo",
    "openOrders": "GET /dapi/v1/openOrders",
    "dualSidePosition": "GET /dapi/v1/positionSide/dual",
    "time": "GET /dapi/v1/time",
}

_NEEDED = ("account", "positionRisk", "leverageBracket", "exchangeInfo")

# A profit of so many printed units or more shows whether the size of the contract is right.
_SIZES = (Decimal(10), Decimal(100))
"""The venue's contracts are of 10 or 100 USD."""
_TELLING = 100
_ZERO = Decimal(0)


@frozen
class _Answers:
    """The payload's rows, by what they are asked for by."""

    payload: Part
    risk: Mapping[tuple[str, str], Part]
    account_positions: Mapping[tuple[str, str], Part]
    assets: Mapping[str, Part]
    brackets: Mapping[str, Part]
    symbols: Mapping[str, Part]
    dual_side: bool | None


@frozen
class _Held:
    """A position, its side, and the contract it is in."""

    position: Position
    side: str
    instrument: Instrument


def read(payload: object, source: str = "payload") -> AccountState:
    """The account state that a payload of Binance COIN-M futures shows.

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

    open_rows = [(key, row) for key, row in answers.risk.items() if row.member("positionAmt").decimal()]
    both_sides = positions_of_both_sides(symbol for (symbol, _), _ in open_rows)
    instruments: dict[str, Instrument] = {}
    held: list[_Held] = []
    for (symbol, side), row in open_rows:
        if symbol not in instruments:
            instruments[symbol] = _instrument(symbol, row, answers, traded_only=False)
        held.append(_held(symbol, side, row, instruments[symbol], both_sides, answers))
    check_all_positions_are_here(
        answers.account_positions,
        {(entry.position.symbol, entry.side): entry.position.quantity for entry in held},
    )
    for entry in held:
        _check_bracket(entry, answers)

    orders: list[Order] = []
    resting = payload.optional("openOrders")
    for row in resting.items() if resting else ():
        order = _order(row, answers, held)
        if order is None:
            continue
        if order.symbol not in instruments:
            risk = next((risk for (symbol, _), risk in answers.risk.items() if symbol == order.symbol), row)
            instruments[order.symbol] = _instrument(order.symbol, risk, answers, traded_only=True)
        orders.append(order)
    if not orders:
        refuse_margin_of_orders(payload, (*answers.assets.values(), *answers.risk.values()))

    dual_side = hedged(((side, row) for (_, side), row in open_rows), dual_side=answers.dual_side)
    settling = dict.fromkeys(instrument.settle for instrument in instruments.values())
    balances = _balances(answers, settling)
    return AccountState(
        account=Account(
            id="binance-coinm",
            as_of=server_moment(payload, "time", "serverTime"),
            inputs={} if dual_side is None else {"dualSidePosition": dual_side},
        ),
        balances=balances,
        positions=tuple(entry.position for entry in held),
        orders=tuple(orders),
        instruments=tuple(instruments.values()),
        # No rule of the venue counts a coin in USD: each coin is a pool of its own.
        assets=tuple(Asset(name) for name in dict.fromkeys([*(balance.asset for balance in balances), *settling])),
    )


def _refuse_a_bare_answer(payload: Part) -> None:
    """Say what a single answer, or a row of one, is, and what else is needed."""
    found = None
    if isinstance(payload.value, list | tuple):
        rows = payload.items()
        if rows and rows[0].has("positionAmt"):
            found = (f"the answer of {REQUESTS['positionRisk']}", "positionRisk", "…")
        elif rows and rows[0].has("brackets"):
            found = (f"the answer of {REQUESTS['leverageBracket']}", "leverageBracket", "…")
    elif not payload.has("account") and not payload.has("positionRisk"):
        if payload.has("assets") and payload.has("positions"):
            found = (f"the answer of {REQUESTS['account']}", "account", "…")
        elif payload.has("positionAmt"):
            found = (f"one row of {REQUESTS['positionRisk']}", "positionRisk", "[…]")
        elif payload.has("walletBalance"):
            found = (f"one row of `assets` in the answer of {REQUESTS['account']}", "account", '{"assets": […]}')
    if found is None:
        return
    what, key, form = found
    others = requests_by_name(payload, [name for name in _NEEDED if name != key])
    raise payload.error(
        f"this is {what} alone",
        f'put it under its name, {{"{key}": {form}}}, and add {others}',
    )


def _answers(payload: Part) -> _Answers:
    account = payload.member("account")
    positions = account.optional("positions")
    brackets = payload.member("leverageBracket").rows()
    for row in brackets:
        if row.has("pair") and not row.has("symbol"):
            # Developers page "Notional Bracket for Pair": the first version is ambiguous where the symbols of a pair
            # have had brackets of their own.
            raise row.lacks("symbol", f"this is the first version of the answer: use {REQUESTS['leverageBracket']}")
    return _Answers(
        payload=payload,
        risk=_by_side(payload.member("positionRisk").rows()),
        account_positions=_by_side(positions.items() if positions else ()),
        assets=rows_by(account.member("assets").items(), "asset"),
        brackets=rows_by(brackets, "symbol"),
        symbols=rows_by(payload.member("exchangeInfo").member("symbols").items(), "symbol"),
        dual_side=_dual_side(payload),
    )


def _dual_side(payload: Part) -> bool | None:
    """Whether the account is in hedge mode; None where the payload does not say."""
    found = payload.optional("dualSidePosition")
    if found is not None and isinstance(found.value, Mapping):
        found = found.member("dualSidePosition")
    return None if found is None else found.flag()


def _by_side(rows: tuple[Part, ...]) -> Mapping[tuple[str, str], Part]:
    found = {}
    for _, row in each_once((" ".join(symbol_and_side(row)), row) for row in rows):
        found[symbol_and_side(row)] = row
    return found


def _held(
    symbol: str, side: str, row: Part, instrument: Instrument, both_sides: frozenset[str], answers: _Answers
) -> _Held:
    quantity = row.member("positionAmt").decimal()
    check_position_side(row, side, dual_side=answers.dual_side)
    entry_price = row.member("entryPrice").positive()
    mark_price = row.member("markPrice").positive()
    _check_value(row, quantity, entry_price, mark_price, instrument)
    mode = _margin_mode(row, answers)
    if mode is None:
        raise row.lacks("marginType")
    leverage = _leverage(row, answers)
    if leverage is None:
        raise row.lacks("leverage")
    automatic = row.optional("isAutoAddMargin")
    position = Position(
        id=position_id(symbol, quantity, both_sides),
        symbol=symbol,
        quantity=quantity,
        entry_price=entry_price,
        margin_mode=mode,
        leverage=leverage,
        assigned_margin=_isolated_wallet(row) if mode == "isolated" else None,
        auto_add_margin=automatic.flag() if automatic else None,
        pointer=row.pointer,
    )
    return _Held(position, side, instrument)


def _check_value(
    row: Part, quantity: Decimal, entry_price: Decimal, mark_price: Decimal, instrument: Instrument
) -> None:
    """Refuse a row whose profit or value is not that of its size and prices, within the digits printed."""
    printed = row.optional("notionalValue")
    shown = row.optional("unRealizedProfit")
    if shown is not None:
        profit, slack = profit_and_slack(instrument, quantity, entry_price, mark_price)
        formula = "positionAmt x contractSize x (1 / entryPrice - 1 / markPrice)"
        check_figure(shown, profit, slack, formula, ONE_MOMENT)
        # The venue's own sample of a row has a notionalValue of another contract size beside a profit that is right.
        # Where the profit is large enough to confirm size, prices and contract, such a value is passed over.
        telling = abs(profit) >= _TELLING * (slack + last_place(shown.decimal()))
        if telling and printed is not None and any(_is_value(printed, size, quantity, mark_price) for size in _SIZES):
            return
    if printed is not None:
        value = value_at(instrument, quantity, mark_price).copy_sign(printed.decimal())
        slack = value_slack(instrument, quantity, mark_price)
        check_figure(printed, value, slack, "positionAmt x contractSize / markPrice", ONE_MOMENT)


def _is_value(printed: Part, size: Decimal, quantity: Decimal, mark_price: Decimal) -> bool:
    """Whether a value is that of contracts of a size, but for its last digit."""
    value = abs(quantity) * size / mark_price
    return abs(abs(printed.decimal()) - value) <= last_place(printed.decimal())


def _margin_mode(row: Part, answers: _Answers) -> str | None:
    named, same = row.optional("marginType"), answers.account_positions.get(symbol_and_side(row))
    mode = named.choice(MODES) if named else None
    flagged = same.optional("isolated") if same else None
    if flagged is None:
        return mode
    elsewhere = "isolated" if flagged.flag() else "cross"
    if mode not in {None, elsewhere}:
        raise row.member("marginType").error(f"{row.name} is {mode}, but {flagged.name} says {elsewhere}", ONE_MOMENT)
    return elsewhere


def _leverage(row: Part, answers: _Answers) -> Decimal | None:
    same = answers.account_positions.get(symbol_and_side(row))
    named = [part.member("leverage") for part in (row, same) if part is not None and part.has("leverage")]
    if len({part.positive() for part in named}) > 1:
        raise named[0].error(f"{named[0].name} and {named[1].name} contradict each other", ONE_MOMENT)
    return named[0].positive() if named else None


def _isolated_wallet(row: Part) -> Decimal:
    """Cash assigned to an isolated position, profit left out; 0 where the row has no margin of its own."""
    wallet = optional_decimal(row, "isolatedWallet")
    margin = optional_decimal(row, "isolatedMargin")
    held = bool(row.member("positionAmt").decimal())
    if margin is None or (wallet is not None and not row.has("unRealizedProfit")):
        if wallet is None and held:
            raise row.lacks("isolatedMargin")
        return wallet or _ZERO
    without_profit = margin - row.member("unRealizedProfit").decimal() if margin else _ZERO
    if wallet is not None and abs(wallet - without_profit) > 2 * PRINTED_UNIT:
        raise row.member("isolatedWallet").error(
            f"isolatedWallet is {wallet}, but isolatedMargin - unRealizedProfit is {without_profit}", ONE_MOMENT
        )
    return without_profit if wallet is None else wallet


def _instrument(symbol: str, row: Part, answers: _Answers, *, traded_only: bool) -> Instrument:
    """The contract of a symbol.

    Args:
        symbol: its name.
        row: the row of `positionRisk` that has its mark price; of an order, where there is none.
        answers: the payload.
        traded_only: there is no position on it, only an order; then its brackets may be absent.
    """
    described = _row_of(symbol, answers.symbols, "exchangeInfo", row)
    bracket = answers.brackets.get(symbol)
    if not traded_only:
        bracket = _row_of(symbol, answers.brackets, "leverageBracket", row)
    tiers = bracket_tiers(bracket, _floor, "qtyCap") if bracket else None
    return Instrument(
        symbol=symbol,
        contract="inverse",
        base=described.member("baseAsset").text(),
        quote=described.member("quoteAsset").text(),
        settle=described.member("marginAsset").text(),
        contract_size=described.member("contractSize").positive(),
        mark_price=optional_decimal(row, "markPrice") or None,
        max_leverage=tiers.cell(0, "max_leverage") if tiers else None,
        tick_size=filter_step(described, "PRICE_FILTER", "tickSize"),
        quantity_step=filter_step(described, "LOT_SIZE", "stepSize"),
        tiers=tiers,
        inputs=liquidation_fee(described),
        pointer=row.pointer,
    )


def _row_of(symbol: str, rows: Mapping[str, Part], name: str, row: Part) -> Part:
    if symbol not in rows:
        raise row.member("symbol").error(
            f"{name} has no row of {symbol}", f"add the answer of {REQUESTS[name]}, of all symbols, as `{name}`"
        )
    return rows[symbol]


def _floor(row: Part) -> Part:
    # The documentation of this answer spells the lower edge `qtylFloor`; other answers of the venue, `qtyFloor`.
    return row.optional("qtyFloor") or row.member("qtylFloor")


def _check_bracket(entry: _Held, answers: _Answers) -> None:
    """Refuse brackets that do not give the maintenance margin which the venue prints in its answer about the account.

    That answer has its own mark price: the value it stands for is the initial margin beside it times the leverage.
    """
    symbol, tiers = entry.position.symbol, entry.instrument.tiers
    bracket = answers.brackets[symbol]
    row = answers.account_positions.get((symbol, entry.side))
    shown = row.optional("maintMargin") if row else None
    margin = optional_decimal(row, "positionInitialMargin") if row else None
    if shown is None or margin is None or tiers is None or entry.position.leverage is None:
        coefficient = optional_decimal(bracket, "notionalCoef")
        if coefficient not in {None, Decimal(1)}:
            raise bracket.member("notionalCoef").error(
                f"the brackets of {symbol} are adjusted by {coefficient} for this account, and there is no maintMargin "
                "of the position to check them against",
                f"add the answer of {REQUESTS['account']} whole, as `account`",
            )
        return
    leverage = entry.position.leverage
    value = margin * leverage
    reached = [tier for tier in tiers.rows if (tier[0] or _ZERO) < value] or [tiers.rows[0]]
    rate, amount = reached[-1][1] or _ZERO, reached[-1][2] or _ZERO
    check_figure(
        shown,
        value * rate - amount,
        rate * leverage * last_place(margin) + PRINTED_UNIT,
        "the bracket of leverageBracket for positionInitialMargin x leverage",
        f"add the answer of {REQUESTS['leverageBracket']} for this account, of the same day, as `leverageBracket`",
    )


def _balances(answers: _Answers, settling: Mapping[str, None]) -> tuple[Balance, ...]:
    for asset in settling:
        if asset not in answers.assets:
            assets = answers.payload.member("account").member("assets")
            raise assets.error(
                f"account.assets has no row of {asset}, in which a position or an order is margined",
                f"give the answer of {REQUESTS['account']} whole",
            )
    balances = []
    for asset, row in answers.assets.items():
        wallet = row.member("walletBalance").decimal()
        _check_cross_wallet(asset, row, wallet, answers)
        if wallet or asset in settling:
            balances.append(Balance(asset, wallet, pointer=row.pointer))
    return tuple(balances)


def _check_cross_wallet(asset: str, row: Part, wallet: Decimal, answers: _Answers) -> None:
    """Refuse isolated wallets that do not make up what the wallet has beyond its cross part."""
    cross = optional_decimal(row, "crossWalletBalance")
    if cross is None:
        return
    isolated = []
    for (symbol, _), position in answers.risk.items():
        described = answers.symbols.get(symbol)
        if described is None or described.member("marginAsset").text() != asset:
            continue
        if _margin_mode(position, answers) != "cross":
            isolated.append(_isolated_wallet(position))
    if abs(cross + sum(isolated, _ZERO) - wallet) > (len(isolated) + 1) * PRINTED_UNIT:
        raise row.member("crossWalletBalance").error(
            f"walletBalance is {wallet} and crossWalletBalance {cross}, "
            f"but the isolated wallets of positionRisk in {asset} are {sum(isolated, _ZERO)}",
            ONE_MOMENT,
        )


def _order(row: Part, answers: _Answers, held: list[_Held]) -> Order | None:
    """A resting order; None for a conditional one whose price has not been touched."""
    symbol, side = row.member("symbol").text(), row.member("side").choice(SIDES)
    kind = row.optional("type")
    if kind is not None and kind.text().startswith(CONDITIONAL):
        return None
    executed = optional_decimal(row, "executedQty") or _ZERO
    quantity = row.member("origQty").positive() - executed
    if quantity <= 0:
        raise row.member("executedQty").error(
            f"executedQty is {executed}, which leaves nothing of origQty to fill", "leave orders out that are filled"
        )
    named = row.optional("positionSide")
    position_side = named.choice(POSITION_SIDES) if named else None
    flagged = row.optional("reduceOnly")
    reduces = flagged.flag() if flagged else None
    if position_side in {"LONG", "SHORT"}:
        # In hedge mode an order against its side can only reduce, and the venue's own flag is always false.
        reduces = (position_side == "LONG") == (side == "sell")
    number = row.optional("orderId")
    margin_mode, leverage = _setting(symbol, position_side, answers, held)
    return Order(
        symbol=symbol,
        side=side,
        quantity=quantity,
        # A price of 0 is how the venue writes that an order has none.
        price=row.member("price").positive() if optional_decimal(row, "price") else None,
        id=str(number.integer()) if number else None,
        reduce_only=reduces,
        margin_mode=margin_mode,
        leverage=leverage,
        inputs={} if position_side is None else {"positionSide": position_side},
        pointer=row.pointer,
    )


def _setting(
    symbol: str, position_side: str | None, answers: _Answers, held: list[_Held]
) -> tuple[str | None, Decimal | None]:
    """Mode and leverage of an order: those of the position it belongs to, else those of a row of its symbol."""
    of_symbol = [entry for entry in held if entry.position.symbol == symbol]
    for entry in sorted(of_symbol, key=lambda entry: entry.side != position_side):
        return entry.position.margin_mode, entry.position.leverage
    for (name, _), row in answers.risk.items():
        if name == symbol:
            return _margin_mode(row, answers), _leverage(row, answers)
    return None, None


IMPORTER = Importer(
    "binance-coinm",
    "Binance COIN-M futures",
    "one object with `account`, `positionRisk`, `leverageBracket` and `exchangeInfo`; where they apply `openOrders`, "
    "`dualSidePosition`, `time`",
    read,
)
