"""Binance USD-M futures' answers to an account state.

The payload is one object that holds the venue's answers under their names: `account` (GET /fapi/v2/account or v3),
`positionRisk` (GET /fapi/v2/positionRisk or v3, of all symbols) and `leverageBracket`. Where they apply: `openOrders`;
`multiAssetsMargin` and `dualSidePosition` (the answer, or true or false); `assetIndex`, which Multi-Assets mode needs;
`symbolConfig`, which has the leverage and the margin type that the third version of `positionRisk` leaves out;
`exchangeInfo`; and `time` (GET /fapi/v1/time).

The answers are cross-checked: a payload of several moments, or with rows left out, is refused.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from attrs import field, frozen

from marginrules.account.state import (
    Account,
    AccountState,
    Asset,
    Balance,
    Instrument,
    Order,
    Position,
    Value,
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
    position_id,
    positions_of_both_sides,
    refuse_other_names,
    requests_by_name,
    rows_by,
    server_moment,
)
from marginrules.venues.importer import Importer, imported
from marginrules.venues.payload import Part, each_once, last_place, optional_decimal

REQUESTS: Mapping[str, str] = {
    "account": "GET /fapi/v3/account",
    "positionRisk": "GET /fapi/v3/positionRisk",
    "leverageBracket": "GET /fapi/v1/leverageBracket",
    "openOrders": "GET /fapi/v1/openOrders",
    "multiAssetsMargin": "GET /fapi/v1/multiAssetsMargin",
    "dualSidePosition": "GET /fapi/v1/positionSide/dual",
    "assetIndex": "GET /fapi/v1/assetIndex",
    "symbolConfig": "GET /fapi/v1/symbolConfig",
    "exchangeInfo": "GET /fapi/v1/exchangeInfo",
    "time": "GET /fapi/v1/time",
}

_NEEDED = ("account", "positionRisk", "leverageBracket")
_ZERO = Decimal(0)


@frozen
class _Answers:
    """The payload's rows, by what they are asked for by."""

    payload: Part
    risk: tuple[Part, ...]
    account_positions: Mapping[tuple[str, str], Part]
    assets: Mapping[str, Part]
    brackets: Mapping[str, Part]
    configurations: Mapping[str, Part]
    symbols: Mapping[str, Part]
    multi_assets: bool | None
    dual_side: bool | None


@frozen
class _Setting:
    """What is chosen for a symbol, whether or not a position is open on it."""

    margin_mode: str | None
    leverage: Decimal | None


@frozen
class _Held:
    """A position, the row it was read from, and its value."""

    position: Position
    part: Part = field(eq=False)
    side: str
    notional: Decimal


def read(payload: object, source: str = "payload") -> AccountState:
    """The account state that a payload of Binance USD-M futures shows.

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

    open_rows = [row for row in answers.risk if row.member("positionAmt").decimal()]
    both_sides = positions_of_both_sides(row.member("symbol").text() for row in open_rows)
    held = [_held(row, answers, both_sides) for row in open_rows]
    check_all_positions_are_here(
        answers.account_positions,
        {(entry.position.symbol, entry.side): entry.position.quantity for entry in held},
    )

    instruments: dict[str, Instrument] = {}
    for entry in held:
        symbol = entry.position.symbol
        if symbol not in instruments:
            instruments[symbol] = _instrument(symbol, entry.part, answers, traded_only=False)
        _check_bracket(entry, instruments[symbol], answers)
    orders: list[Order] = []
    resting = payload.optional("openOrders")
    for row in resting.items() if resting else ():
        order = _order(row, answers, held)
        if order is None:
            continue
        if order.symbol not in instruments:
            risk = next((row for row in answers.risk if row.member("symbol").text() == order.symbol), None)
            instruments[order.symbol] = _instrument(order.symbol, risk or row, answers, traded_only=True)
        orders.append(order)
    if not orders:
        refuse_margin_of_orders(payload, (*answers.assets.values(), *answers.risk))

    dual_side = hedged(((entry.side, entry.part) for entry in held), dual_side=answers.dual_side)
    settling = {instrument.settle: instrument.pointer for instrument in instruments.values()}
    balances = _balances(answers, settling)
    inputs: dict[str, Value] = {}
    if answers.multi_assets is not None:
        inputs["multiAssetsMargin"] = answers.multi_assets
    if dual_side is not None:
        inputs["dualSidePosition"] = dual_side
    return AccountState(
        account=Account(id="binance-usdm", as_of=server_moment(payload, "time", "serverTime"), inputs=inputs),
        balances=balances,
        positions=tuple(entry.position for entry in held),
        orders=tuple(orders),
        instruments=tuple(instruments.values()),
        assets=_assets(answers, [*(balance.asset for balance in balances), *settling]),
    )


def _refuse_a_bare_answer(payload: Part) -> None:
    """Say what a single answer, or a row of one, is, and what else is needed."""
    found = None
    if isinstance(payload.value, list | tuple):
        rows = payload.items()
        if rows and rows[0].has("positionAmt"):
            found = ("the answer of GET /fapi/v3/positionRisk", "positionRisk", "…")
        elif rows and rows[0].has("brackets"):
            found = ("the answer of GET /fapi/v1/leverageBracket", "leverageBracket", "…")
    elif not payload.has("account") and not payload.has("positionRisk"):
        if payload.has("assets") and payload.has("positions"):
            found = ("the answer of GET /fapi/v3/account", "account", "…")
        elif payload.has("positionAmt"):
            found = ("one row of GET /fapi/v3/positionRisk", "positionRisk", "[…]")
        elif payload.has("walletBalance"):
            found = ("one row of `assets` in the answer of GET /fapi/v3/account", "account", '{"assets": […]}')
    if found is None:
        return
    what, key, form = found
    others = requests_by_name(payload, [name for name in _NEEDED if name != key])
    if key == "account" and form != "…":
        remedy = f"give that answer whole, as `account`, and add {others}"
    else:
        remedy = f'put it under its name, {{"{key}": {form}}}, and add {others}'
    raise payload.error(f"this is {what} alone", remedy)


def _answers(payload: Part) -> _Answers:
    account = payload.member("account")
    risk = tuple(
        row
        for _, row in each_once((" ".join(symbol_and_side(row)), row) for row in payload.member("positionRisk").rows())
    )
    positions = account.optional("positions")
    information = payload.optional("exchangeInfo")
    return _Answers(
        payload=payload,
        risk=risk,
        account_positions={symbol_and_side(row): row for row in (positions.items() if positions else ())},
        assets=rows_by(account.member("assets").items(), "asset"),
        brackets=rows_by(payload.member("leverageBracket").rows(), "symbol"),
        configurations=rows_by(_rows(payload, "symbolConfig"), "symbol"),
        symbols=rows_by(information.member("symbols").items() if information else (), "symbol"),
        multi_assets=_setting_flag(payload, account, "multiAssetsMargin"),
        dual_side=_setting_flag(payload, account, "dualSidePosition"),
    )


def _rows(payload: Part, key: str) -> tuple[Part, ...]:
    found = payload.optional(key)
    return found.rows() if found else ()


def _setting_flag(payload: Part, account: Part, key: str) -> bool | None:
    """A setting of the account, from its own request or from the answer about the account; None if not given."""
    found = payload.optional(key)
    if found is not None and isinstance(found.value, Mapping):
        found = found.member(key)
    elsewhere = account.optional(key)
    if found is not None and elsewhere is not None and found.flag() != elsewhere.flag():
        raise found.error(f"{found.name} and {elsewhere.name} contradict each other", ONE_MOMENT)
    found = found or elsewhere
    return None if found is None else found.flag()


def _held(row: Part, answers: _Answers, both_sides: frozenset[str]) -> _Held:
    symbol, side = symbol_and_side(row)
    quantity = row.member("positionAmt").decimal()
    check_position_side(row, side, dual_side=answers.dual_side)
    entry_price = row.member("entryPrice").positive()
    mark_price = row.member("markPrice").positive()
    _check_value(row, quantity, entry_price, mark_price)
    mode = _margin_mode(row, answers)
    if mode is None:
        raise row.lacks(
            "marginType",
            f"add the answer of {REQUESTS['symbolConfig']} as `symbolConfig`, or use GET /fapi/v2/positionRisk",
        )
    if mode == "isolated" and answers.multi_assets:
        # A symbol can not be switched to isolated margin in Multi-Assets mode, nor the account to that mode while one
        # is: Developers page "Error Code", -4167 and -4168.
        raise row.error(
            f"the position of {symbol} is isolated, but multiAssetsMargin is true, in which margin is cross", ONE_MOMENT
        )
    leverage = _leverage(row, answers) or _leverage_from_margin(row, answers, abs(quantity) * mark_price)
    if leverage is None:
        raise row.lacks(
            "leverage",
            f"add the answer of {REQUESTS['symbolConfig']} as `symbolConfig`, or use GET /fapi/v2/positionRisk",
        )
    automatic = row.optional("isAutoAddMargin") or _configuration(row, answers, "isAutoAddMargin")
    position = Position(
        id=position_id(symbol, quantity, both_sides),
        symbol=symbol,
        quantity=quantity,
        entry_price=entry_price,
        margin_mode=mode,
        leverage=leverage,
        assigned_margin=_isolated_wallet(row, required=True) if mode == "isolated" else None,
        auto_add_margin=automatic.flag() if automatic else None,
        pointer=row.pointer,
    )
    return _Held(position, row, side, abs(quantity) * mark_price)


def _check_value(row: Part, quantity: Decimal, entry_price: Decimal, mark_price: Decimal) -> None:
    """Refuse a row whose notional or profit is not that of its size and prices, within the digits printed."""
    shown = row.optional("notional")
    if shown is not None:
        notional = abs(shown.decimal())
        value = abs(quantity) * mark_price
        if abs(notional - value) > last_place(shown.decimal()) + abs(quantity) * last_place(mark_price):
            raise shown.error(
                f"notional is {shown.decimal()}, but positionAmt x markPrice is {quantity * mark_price}", ONE_MOMENT
            )
    shown = row.optional("unRealizedProfit")
    if shown is not None:
        profit = quantity * (mark_price - entry_price)
        slack = last_place(shown.decimal()) + abs(quantity) * (last_place(mark_price) + last_place(entry_price))
        if abs(shown.decimal() - profit) > slack:
            raise shown.error(
                f"unRealizedProfit is {shown.decimal()}, but positionAmt x (markPrice - entryPrice) is {profit}",
                ONE_MOMENT,
            )


def _configuration(row: Part, answers: _Answers, key: str) -> Part | None:
    configuration = answers.configurations.get(row.member("symbol").text())
    return configuration.optional(key) if configuration else None


def _margin_mode(row: Part, answers: _Answers) -> str | None:
    named = row.optional("marginType") or _configuration(row, answers, "marginType")
    if named is not None:
        return named.choice(MODES)
    flagged = row.optional("isolated")
    if flagged is None and symbol_and_side(row) in answers.account_positions:
        flagged = answers.account_positions[symbol_and_side(row)].optional("isolated")
    if flagged is not None:
        return "isolated" if flagged.flag() else "cross"
    # The third version names no mode; an isolated position always has a wallet or a margin of its own.
    amounts = [optional_decimal(row, key) for key in ("isolatedWallet", "isolatedMargin")]
    if all(amount is None for amount in amounts) or not row.member("positionAmt").decimal():
        return None
    return "isolated" if any(amounts) else "cross"


def _leverage(row: Part, answers: _Answers) -> Decimal | None:
    same = answers.account_positions.get(symbol_and_side(row))
    named = (
        row.optional("leverage")
        or (same.optional("leverage") if same else None)
        or _configuration(row, answers, "leverage")
    )
    return named.positive() if named else None


def _leverage_from_margin(row: Part, answers: _Answers, value: Decimal) -> Decimal | None:
    same = answers.account_positions.get(symbol_and_side(row))
    return leverage_of_margin((row, same) if same else (row,), value)


def leverage_of_margin(rows: Iterable[Part], value: Decimal) -> Decimal | None:
    """The whole leverage whose initial margin is the printed one; None where none or more than one is.

    Args:
        rows: of the position, as the venue answers it in one answer or another.
        value: at the mark, for a row that does not print it.
    """
    for part in rows:
        margin = optional_decimal(part, "positionInitialMargin")
        if margin is None:
            continue
        notional = optional_decimal(part, "notional")
        size = value if notional is None else abs(notional)
        if margin <= 0:
            continue
        nearest = (size / margin).to_integral_value(ROUND_HALF_EVEN)
        fitting = [
            leverage
            for leverage in (nearest - 1, nearest, nearest + 1)
            if leverage >= 1 and abs(size / leverage - margin) <= last_place(margin)
        ]
        if len(fitting) == 1:
            return fitting[0]
    return None


def _isolated_wallet(row: Part, *, required: bool) -> Decimal:
    """Cash assigned to an isolated position, profit left out."""
    wallet = optional_decimal(row, "isolatedWallet")
    margin = optional_decimal(row, "isolatedMargin")
    if margin is None:
        if wallet is None and required:
            raise row.lacks("isolatedWallet")
        return wallet or _ZERO
    profit_part = row.optional("unRealizedProfit")
    if profit_part is None:
        if wallet is None:
            raise row.lacks("unRealizedProfit")
        return wallet
    without_profit = margin - profit_part.decimal() if margin else _ZERO
    if wallet is None:
        return without_profit
    if abs(wallet - without_profit) > 2 * PRINTED_UNIT:
        raise row.member("isolatedWallet").error(
            f"isolatedWallet is {wallet}, but isolatedMargin - unRealizedProfit is {without_profit}", ONE_MOMENT
        )
    return wallet


def _instrument(symbol: str, row: Part, answers: _Answers, *, traded_only: bool) -> Instrument:
    """The contract of a symbol.

    Args:
        symbol: its name.
        row: the row of `positionRisk` that has its mark price; of an order, where there is none.
        answers: the payload.
        traded_only: there is no position on it, only an order; then its brackets may be absent.
    """
    base, quote, settle = _assets_of(symbol, row, answers)
    bracket = answers.brackets.get(symbol)
    if bracket is None and not traded_only:
        raise row.member("symbol").error(
            f"leverageBracket has no brackets of {symbol}",
            f"add the answer of {REQUESTS['leverageBracket']}, of all symbols, as `leverageBracket`",
        )
    tiers = bracket_tiers(bracket, lambda row: row.member("notionalFloor"), "notionalCap") if bracket else None
    mark_price = optional_decimal(row, "markPrice")
    described = answers.symbols.get(symbol)
    return Instrument(
        symbol=symbol,
        contract="linear",
        base=base,
        quote=quote,
        settle=settle,
        mark_price=mark_price or None,
        max_leverage=tiers.cell(0, "max_leverage") if tiers else None,
        tick_size=filter_step(described, "PRICE_FILTER", "tickSize"),
        quantity_step=filter_step(described, "LOT_SIZE", "stepSize"),
        tiers=tiers,
        inputs=liquidation_fee(described),
        pointer=row.pointer,
    )


def _assets_of(symbol: str, row: Part, answers: _Answers) -> tuple[str, str, str]:
    """Base, quote and settlement asset: as `exchangeInfo` has them, else the symbol split before its margin asset."""
    described = answers.symbols.get(symbol)
    if described is not None:
        quote = described.member("quoteAsset").text()
        settle = described.optional("marginAsset")
        return described.member("baseAsset").text(), quote, settle.text() if settle else quote
    # A delivery contract has its date behind the pair.
    pair = symbol.partition("_")[0]
    named = row.optional("marginAsset")
    endings = [named.text()] if named else sorted(answers.assets, key=len, reverse=True)
    for asset in endings:
        if pair.endswith(asset) and pair != asset:
            return pair.removesuffix(asset), asset, asset
    raise row.member("symbol").error(
        f"base and margin asset of {symbol} cannot be told from its name",
        f"add the answer of {REQUESTS['exchangeInfo']} as `exchangeInfo`",
    )


def _check_bracket(entry: _Held, instrument: Instrument, answers: _Answers) -> None:
    """Refuse brackets that do not give the maintenance margin which the venue prints beside the position."""
    shown = entry.part.optional("maintMargin")
    bracket = answers.brackets[entry.position.symbol]
    coefficient = optional_decimal(bracket, "notionalCoef")
    if shown is None and coefficient not in (None, Decimal(1)):
        raise bracket.member("notionalCoef").error(
            f"the brackets of {entry.position.symbol} are adjusted by {coefficient} for this account, and there is "
            "no maintMargin of the position to check them against",
            "use GET /fapi/v3/positionRisk as `positionRisk`",
        )
    if shown is None or instrument.tiers is None:
        return
    held = [row for row in instrument.tiers.rows if row[0] is not None and row[0] < entry.notional]
    rate, amount = held[-1][1] or _ZERO, held[-1][2] or _ZERO
    maintenance = entry.notional * rate - amount
    if abs(maintenance - shown.decimal()) > last_place(shown.decimal()) + PRINTED_UNIT:
        raise shown.error(
            f"maintMargin is {shown.decimal()}, but the bracket of leverageBracket gives {maintenance}",
            f"add the answer of {REQUESTS['leverageBracket']} for this account, of the same day, as `leverageBracket`",
        )


def _balances(answers: _Answers, settling: Mapping[str, str]) -> tuple[Balance, ...]:
    for asset in settling:
        if asset not in answers.assets:
            raise (
                answers.payload.member("account")
                .member("assets")
                .error(
                    f"account.assets has no row of {asset}, in which a position or an order is margined",
                    f"give the answer of {REQUESTS['account']} whole",
                )
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
    isolated = [
        _isolated_wallet(position, required=False)
        for position in answers.risk
        if _margin_mode(position, answers) != "cross"
        and _assets_of(position.member("symbol").text(), position, answers)[2] == asset
    ]
    if abs(cross + sum(isolated, _ZERO) - wallet) > (len(isolated) + 1) * PRINTED_UNIT:
        raise row.member("crossWalletBalance").error(
            f"walletBalance is {wallet} and crossWalletBalance {cross}, "
            f"but the isolated wallets of positionRisk in {asset} are {sum(isolated, _ZERO)}",
            ONE_MOMENT,
        )


def _assets(answers: _Answers, names: Iterable[str]) -> tuple[Asset, ...]:
    """Index price, and in Multi-Assets mode both rates, of the assets held, where `assetIndex` is given."""
    indices = rows_by(_rows(answers.payload, "assetIndex"), "symbol")
    information = answers.payload.optional("exchangeInfo")
    listed = information.optional("assets") if information else None
    described = rows_by(listed.items() if listed else (), "asset")
    assets = []
    for name in dict.fromkeys(names):
        inputs: dict[str, Value] = {}
        threshold = optional_decimal(described[name], "autoAssetExchange") if name in described else None
        if threshold is not None:
            inputs["autoAssetExchange"] = threshold
        row = indices.get(f"{name}USD")
        if row is None:
            if answers.multi_assets:
                raise (
                    answers.payload.lacks("assetIndex")
                    if not indices
                    else answers.payload.member("assetIndex").error(
                        f"assetIndex has no row of {name}USD, which Multi-Assets mode needs",
                        f"add the answer of {REQUESTS['assetIndex']}, of all symbols, as `assetIndex`",
                    )
                )
            assets.append(Asset(name, inputs=inputs))
            continue
        rate = None
        if answers.multi_assets:
            rate = 1 - row.member("bidBuffer").rate()
            inputs["askBuffer"] = row.member("askBuffer").rate()
        assets.append(
            Asset(
                name,
                index_price=row.member("index").positive(),
                collateral_rate=rate,
                inputs=inputs,
                pointer=row.pointer,
            )
        )
    return tuple(assets)


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
    # A price of 0 is how the venue writes that an order has none.
    price = row.member("price").positive() if optional_decimal(row, "price") else None
    named = row.optional("positionSide")
    position_side = named.choice(POSITION_SIDES) if named else None
    flagged = row.optional("reduceOnly")
    reduces = flagged.flag() if flagged else None
    if position_side in {"LONG", "SHORT"}:
        # In hedge mode an order against its side can only reduce, and the venue's own flag is always false.
        reduces = (position_side == "LONG") == (side == "sell")
    setting = _setting(symbol, position_side, answers, held)
    number = row.optional("orderId")
    return Order(
        symbol=symbol,
        side=side,
        quantity=quantity,
        price=price,
        id=str(number.integer()) if number else None,
        reduce_only=reduces,
        margin_mode=setting.margin_mode,
        leverage=setting.leverage,
        inputs={} if position_side is None else {"positionSide": position_side},
        pointer=row.pointer,
    )


def _setting(symbol: str, position_side: str | None, answers: _Answers, held: list[_Held]) -> _Setting:
    """Mode and leverage of an order: those of the position it belongs to, else those set for the symbol."""
    of_symbol = [entry for entry in held if entry.position.symbol == symbol]
    for entry in sorted(of_symbol, key=lambda entry: entry.side != position_side):
        return _Setting(entry.position.margin_mode, entry.position.leverage)
    for row in answers.risk:
        if row.member("symbol").text() == symbol:
            return _Setting(_margin_mode(row, answers), _leverage(row, answers))
    configuration = answers.configurations.get(symbol)
    if configuration is None:
        return _Setting(None, None)
    return _Setting(configuration.member("marginType").choice(MODES), configuration.member("leverage").positive())


IMPORTER = Importer(
    "binance-usdm",
    "Binance USD-M futures",
    "one object with `account`, `positionRisk` and `leverageBracket`; where they apply `openOrders`, "
    "`symbolConfig`, `multiAssetsMargin`, `dualSidePosition`, `assetIndex`, `exchangeInfo`, `time`",
    read,
)
