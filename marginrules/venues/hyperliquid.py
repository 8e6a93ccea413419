"""Hyperliquid's answers to an account state.

The payload is one object that holds the answers of the venue's info requests under their names:
`clearinghouseState` and `meta`; `openOrders` where there are resting orders (`openOrders` or `frontendOpenOrders`);
`collateralToken`, the name of the asset that a builder-deployed perp DEX settles in (USDC on the venue's own); and
`user`, the name the account shall have.

The venue keeps a ledger and prints neither a wallet balance nor an exact entry price. They are derived so that what it
does print is met: equity, profit, value. `docs/importers/hyperliquid.md` has the table.
"""

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise

from attrs import frozen

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
from marginrules.venues.figures import refuse_other_names
from marginrules.venues.importer import Importer, imported
from marginrules.venues.payload import Part, each_once, last_place, to_solved_digits

REQUESTS: Mapping[str, str] = {
    "clearinghouseState": "the `clearinghouseState` info request",
    "meta": "the `meta` info request",
    "openOrders": "the `openOrders` or `frontendOpenOrders` info request",
}

_MODES = {"cross": "cross", "isolated": "isolated"}
_SIDES = {"b": "buy", "a": "sell"}
_MARGIN_MODES = {"normal": "normal", "nocross": "noCross", "strictisolated": "strictIsolated"}

# An id below this is its own table: one tier with that maximum leverage. Hyperliquid docs, API, info endpoint,
# perpetuals, `meta`.
_FIRST_LISTED_TABLE = 50

# Amounts are whole millionths: a price has at most six decimals less those of the size. Hyperliquid docs, API, tick and
# lot size.
_PRINTED_UNIT = Decimal("0.000001")
_RELATIVE_TOLERANCE = Decimal("0.000001")

_WHOLE = "give the whole answer of one `clearinghouseState` request, with all its positions"

# `entryPx` is shortened to five significant digits or more; trailing zeros are not printed, so fewer may show.
_ENTRY_DIGITS = 5


@frozen
class _Held:
    """A position and the figures about it that its pool needs."""

    position: Position
    value: Decimal
    """Signed value at the mark price."""
    margin: Decimal
    """What the venue holds for it: of an isolated position, all that it has."""


def read(payload: object, source: str = "payload") -> AccountState:
    """The account state that a Hyperliquid payload shows.

    Args:
        payload: parsed JSON, its numbers `Decimal` or text.
        source: name of the payload for errors.

    Raises:
        StateError: something is missing, malformed or contradicts itself; it says where and how to mend it.
    """
    return imported(_read, payload, source, REQUESTS)


def _read(payload: Part) -> AccountState:
    _refuse_a_bare_answer(payload)
    refuse_other_names(payload, ("collateralToken", "user"))
    state = payload.member("clearinghouseState")
    meta = payload.member("meta")
    settle = _settlement_asset(payload, meta)
    listed = dict(each_once((row.member("name").text(), row) for row in meta.member("universe").items()))

    held: list[_Held] = []
    instruments: dict[str, Instrument] = {}
    rows = (row.member("position") for row in state.member("assetPositions").items())
    for coin, row in each_once((row.member("coin").text(), row) for row in rows):
        if not row.member("szi").decimal():
            continue
        mark_price = _mark_price(row)
        instruments[coin] = _instrument(coin, row.member("coin"), listed, meta, settle, mark_price)
        _check_tier_in_force(row, instruments[coin])
        held.append(_held(coin, row, mark_price))
    wallet_balance = _wallet_balance(state, held)
    _check_maintenance(state, held, instruments)

    positions = {entry.position.symbol: entry.position for entry in held}
    orders: list[Order] = []
    resting = payload.optional("openOrders")
    for row in resting.items() if resting else ():
        order = _order(row, positions)
        if order is None:
            continue
        if order.symbol not in instruments:
            instruments[order.symbol] = _instrument(order.symbol, row.member("coin"), listed, meta, settle, None)
        orders.append(order)

    user, time = payload.optional("user"), state.optional("time")
    return AccountState(
        account=Account(
            id=user.text() if user else "hyperliquid", as_of=time.moment() if time else None, pointer=state.pointer
        ),
        balances=(Balance(settle, wallet_balance, pointer=state.pointer),),
        positions=tuple(positions.values()),
        orders=tuple(orders),
        instruments=tuple(instruments.values()),
        # The venue's ledger counts one unit of the collateral token as one dollar.
        assets=(Asset(settle, index_price=Decimal(1)),),
    )


def _refuse_a_bare_answer(payload: Part) -> None:
    for key, mark in (("clearinghouseState", "assetPositions"), ("meta", "universe")):
        if payload.has(mark) and not payload.has(key):
            others = " and ".join(REQUESTS[name] for name in ("clearinghouseState", "meta") if name != key)
            raise payload.error(
                f"this is the answer of {REQUESTS[key]} alone",
                f'put it under its name, {{"{key}": …}}, and add the answer of {others} beside it',
            )


def _settlement_asset(payload: Part, meta: Part) -> str:
    named = payload.optional("collateralToken")
    if named is not None:
        return named.text()
    index = meta.optional("collateralToken")
    if index is not None and index.integer() != 0:
        raise payload.lacks(
            "collateralToken",
            f"this perp DEX settles in token {index.integer()}, not in USDC (token 0): "
            "add the token's name as `collateralToken`; the `spotMeta` info request lists the names",
        )
    return "USDC"


def _amount(part: Part, key: str) -> Decimal:
    """An amount of the venue; what some feeds print behind the sixth decimal is the noise of a binary float."""
    amount = part.member(key).decimal()
    return amount.quantize(_PRINTED_UNIT) if last_place(amount) < _PRINTED_UNIT else amount


def _mark_price(row: Part) -> Decimal:
    # 34 digits of a quotient, so that its products with a size are exact in what follows.
    quantity = row.member("szi").decimal()
    row.member("positionValue").positive()
    return to_solved_digits(_amount(row, "positionValue") / abs(quantity))


def _held(coin: str, row: Part, mark_price: Decimal) -> _Held:
    quantity = row.member("szi").decimal()
    profit = _amount(row, "unrealizedPnl")
    entry_price = _entry_price(row, quantity, mark_price, profit)
    leverage = row.member("leverage")
    mode = leverage.member("type").choice(_MODES)
    value = abs(quantity) * mark_price
    assigned = None
    if mode == "cross":
        _check_margin_used(row, leverage.member("value").positive(), value)
        margin = value / leverage.member("value").positive()
    else:
        margin = _amount(row, "marginUsed")
        assigned = margin - profit
        _check_isolated_ledger(row, quantity * mark_price)
    return _Held(
        Position(
            id=coin,
            symbol=coin,
            quantity=quantity,
            entry_price=entry_price,
            margin_mode=mode,
            leverage=leverage.member("value").positive(),
            assigned_margin=assigned,
            pointer=row.pointer,
        ),
        quantity * mark_price,
        margin,
    )


def _entry_price(row: Part, quantity: Decimal, mark_price: Decimal, profit: Decimal) -> Decimal:
    """The entry price that gives the printed profit: `entryPx` itself, or what it was before it was shortened."""
    printed = row.member("entryPx").positive()
    implied_profit = quantity * (mark_price - printed)
    if implied_profit == profit:
        return printed
    shortened_by = max(Decimal(1).scaleb(printed.adjusted() - _ENTRY_DIGITS + 1), _PRINTED_UNIT)
    exact = to_solved_digits(mark_price - profit / quantity)
    if abs(implied_profit - profit) > abs(quantity) * shortened_by + _PRINTED_UNIT or exact <= 0:
        raise row.member("unrealizedPnl").error(
            f"unrealizedPnl is {profit}, but szi x (mark - entryPx) is {_rounded(implied_profit)}, "
            "more apart than the shortening of entryPx explains",
            "give szi, entryPx, positionValue and unrealizedPnl of one answer of `clearinghouseState`",
        )
    return exact


def _check_margin_used(row: Part, leverage: Decimal, value: Decimal) -> None:
    """Refuse a cross position whose margin is not its value over its leverage."""
    shown = row.optional("marginUsed")
    if shown is None:
        return
    margin = _amount(row, "marginUsed")
    if abs(margin - value / leverage) > _RELATIVE_TOLERANCE * abs(margin) + _PRINTED_UNIT:
        raise shown.error(
            f"marginUsed is {margin}, but positionValue / leverage.value is {_rounded(value / leverage)}",
            "give positionValue, leverage and marginUsed of one answer of `clearinghouseState`",
        )


def _check_isolated_ledger(row: Part, value: Decimal) -> None:
    leverage = row.member("leverage")
    if not leverage.has("rawUsd"):
        return
    raw = _amount(leverage, "rawUsd")
    margin = _amount(row, "marginUsed")
    if abs(raw + value - margin) > _RELATIVE_TOLERANCE * abs(margin) + 2 * _PRINTED_UNIT:
        raise row.member("marginUsed").error(
            f"marginUsed is {margin}, but leverage.rawUsd + szi x mark is {_rounded(raw + value)}",
            "give leverage.rawUsd, positionValue and marginUsed of one answer of `clearinghouseState`",
        )


def _wallet_balance(state: Part, held: list[_Held]) -> Decimal:
    """All cash: what equity would be if every position stood at its entry price, isolated margin included."""
    cross = [entry for entry in held if entry.position.margin_mode == "cross"]
    if state.has("crossMarginSummary"):
        summary = state.member("crossMarginSummary")
        _check_summary(summary, cross, "the cross positions")
        if state.has("marginSummary"):
            _check_summary(state.member("marginSummary"), held, "all positions")
            _check_both_summaries(state, held)
    elif len(cross) == len(held):
        summary = state.member("marginSummary")
        _check_summary(summary, cross, "all positions")
    else:
        raise state.lacks("crossMarginSummary")
    balance = _amount(summary, "totalRawUsd")
    for entry in held:
        position = entry.position
        balance += position.quantity * position.entry_price if position.margin_mode == "cross" else Decimal(0)
        balance += position.assigned_margin or Decimal(0)
    return balance


def _check_summary(summary: Part, held: list[_Held], whose: str) -> None:
    """Refuse totals that the positions they are about do not make up: one was left out, or is of another moment."""
    raw, printed = _amount(summary, "totalRawUsd"), _amount(summary, "accountValue")
    equity = raw + sum((entry.value for entry in held), Decimal(0))
    if not _agree(printed, equity, held):
        raise summary.member("accountValue").error(
            f"accountValue is {printed}, but totalRawUsd + the sum of szi x mark of {whose} is {_rounded(equity)}",
            _WHOLE,
        )
    if summary.has("totalNtlPos"):
        printed = _amount(summary, "totalNtlPos")
        value = sum((abs(entry.value) for entry in held), Decimal(0))
        if not _agree(printed, value, held):
            raise summary.member("totalNtlPos").error(
                f"totalNtlPos is {printed}, but the sum of positionValue of {whose} is {_rounded(value)}", _WHOLE
            )
    if summary.has("totalMarginUsed"):
        printed = _amount(summary, "totalMarginUsed")
        margin = sum((entry.margin for entry in held), Decimal(0))
        # Nothing says that orders add nothing to it.
        if printed < margin and not _agree(printed, margin, held):
            raise summary.member("totalMarginUsed").error(
                f"totalMarginUsed is {printed}, less than the sum of marginUsed of {whose}, {_rounded(margin)}", _WHOLE
            )


def _check_both_summaries(state: Part, held: list[_Held]) -> None:
    """Refuse an account whose value is not that of its cross part and of its isolated positions."""
    isolated = [entry for entry in held if entry.position.margin_mode == "isolated"]
    printed = state.member("marginSummary").member("accountValue")
    value = _amount(state.member("crossMarginSummary"), "accountValue")
    value += sum((entry.margin for entry in isolated), Decimal(0))
    if not _agree(_amount(state.member("marginSummary"), "accountValue"), value, held):
        raise printed.error(
            f"accountValue is {printed.decimal()}, but that of crossMarginSummary + marginUsed of the isolated positions "
            f"is {_rounded(value)}",
            _WHOLE,
        )


def _agree(printed: Decimal, computed: Decimal, held: list[_Held]) -> bool:
    """Whether a total is the sum of what is printed of positions.

    Each of the figures summed may be off by half a printed unit; where little is left that is more than a millionth.
    """
    return abs(computed - printed) <= _RELATIVE_TOLERANCE * abs(printed) + (len(held) + 1) * _PRINTED_UNIT


def _instrument(
    coin: str, part: Part, listed: Mapping[str, Part], meta: Part, settle: str, mark_price: Decimal | None
) -> Instrument:
    row = listed.get(coin)
    if row is None:
        raise part.error(
            f"meta.universe does not list {coin}",
            "add the answer of the `meta` info request of the same perp DEX as `meta`"
            + (f' (its `dex` is "{coin.partition(":")[0]}")' if ":" in coin else ""),
        )
    tiers = _tiers(row, meta)
    first = tiers.rows[0][1]
    highest = row.optional("maxLeverage")
    if highest is not None and highest.positive() != first:
        raise highest.error(
            f"{coin} has maxLeverage {highest.decimal()}, but its margin table begins at {first}",
            "give `universe` and `marginTables` of one answer of `meta`",
        )
    return Instrument(
        symbol=coin,
        contract="linear",
        # A builder-deployed perp DEX puts its own name before the coin's.
        base=coin.rpartition(":")[2],
        quote=settle,
        settle=settle,
        mark_price=mark_price,
        max_leverage=first,
        tiers=tiers,
        inputs=_margin_mode(row),
        pointer=row.pointer,
    )


def _margin_mode(row: Part) -> dict[str, Value]:
    """Which modes the asset has: only what the venue names, as most assets have both and no word for it."""
    named = row.optional("marginMode")
    if named is not None:
        return {"marginMode": named.choice(_MARGIN_MODES)}
    isolated_only = row.optional("onlyIsolated")
    # The older flag, of assets whose margin can not be removed either.
    return {"marginMode": "strictIsolated"} if isolated_only is not None and isolated_only.flag() else {}


def _tiers(row: Part, meta: Part) -> TierTable:
    """The margin table of a coin: lower bounds in USD of notional, and the maximum leverage above each."""
    columns = ("above", "max_leverage")
    number = row.member("marginTableId")
    table_id = number.integer()
    if 0 < table_id < _FIRST_LISTED_TABLE:
        return TierTable(columns, ((Decimal(0), Decimal(table_id)),), number.pointer)
    for table in meta.member("marginTables").items():
        pair = table.items()
        if len(pair) != 2:  # noqa: PLR2004 - an id and its table
            raise table.error(f"{table.name} is not an id and a table", f"give the answer of {REQUESTS['meta']}")
        if pair[0].integer() != table_id:
            continue
        part = pair[1].member("marginTiers")
        rows = tuple(
            (tier.member("lowerBound").decimal(), tier.member("maxLeverage").positive()) for tier in part.items()
        )
        bounds = [bound for bound, _ in rows]
        if not rows or bounds[0] != 0 or any(low >= high for low, high in pairwise(bounds)):
            raise part.error(
                f"the lower bounds of margin table {table_id} do not rise from zero",
                f"give the answer of {REQUESTS['meta']} as the venue gave it",
            )
        return TierTable(columns, rows, part.pointer)
    raise number.error(
        f"meta.marginTables has no table {table_id}",
        "give `universe` and `marginTables` of one answer of `meta`",
    )


def _tier_rows(instrument: Instrument) -> tuple[tuple[Decimal, Decimal], ...]:
    """The rows of an instrument's table: lower bound and maximum leverage, in order."""
    rows = instrument.tiers.rows if instrument.tiers else ()
    return tuple((above or Decimal(0), leverage or Decimal(1)) for above, leverage in rows)


def _check_tier_in_force(row: Part, instrument: Instrument) -> None:
    """Refuse margin tables of another day: a position prints the maximum leverage of the tier it is in."""
    in_force = row.optional("maxLeverage")
    if in_force is None or instrument.tiers is None:
        return
    offered = [str(tier[1]) for tier in instrument.tiers.rows]
    if in_force.positive() not in [tier[1] for tier in instrument.tiers.rows]:
        raise in_force.error(
            f"the position's maxLeverage is {in_force.decimal()}, but the margin table of {instrument.symbol} "
            f"in meta has {', '.join(offered)}",
            "take `meta` at the time of `clearinghouseState`",
        )


def _check_maintenance(state: Part, held: list[_Held], instruments: Mapping[str, Instrument]) -> None:
    """Refuse margin tables that do not give the maintenance margin which the venue prints for the cross positions."""
    printed = state.optional("crossMaintenanceMarginUsed")
    if printed is None:
        return
    cross = [entry for entry in held if entry.position.margin_mode == "cross"]
    needed = Decimal(0)
    for entry in cross:
        rate = Decimal(0)
        for above, leverage in _tier_rows(instruments[entry.position.symbol]):
            # Half of the initial margin at the maximum leverage, each slice of the value at its own rate.
            needed += max(abs(entry.value) - above, Decimal(0)) * (1 / (2 * leverage) - rate)
            rate = 1 / (2 * leverage)
    shown = printed.decimal()
    if abs(shown - needed) > _RELATIVE_TOLERANCE * shown + (len(cross) + 1) * _PRINTED_UNIT:
        raise printed.error(
            f"crossMaintenanceMarginUsed is {shown}, but the margin tables of meta give {_rounded(needed)} for the "
            "cross positions",
            "take `meta` at the time of `clearinghouseState`",
        )


def _order(row: Part, positions: Mapping[str, Position]) -> Order | None:
    """A resting order on a perp; None for what holds no margin here: a spot order, or a trigger not yet touched."""
    coin = row.member("coin").text()
    trigger = row.optional("isTrigger")
    if (trigger is not None and trigger.flag()) or coin.startswith("@") or "/" in coin:
        return None
    side = row.member("side").choice(_SIDES)
    quantity = row.member("sz").positive()
    position = positions.get(coin)
    flagged = row.optional("reduceOnly")
    reduces = flagged is not None and flagged.flag()
    if position is not None:
        opposite = (side == "sell") == (position.quantity > 0)
        reduces = reduces or (opposite and quantity <= abs(position.quantity))
    number = row.optional("oid")
    return Order(
        symbol=coin,
        side=side,
        quantity=quantity,
        price=row.member("limitPx").positive(),
        id=str(number.integer()) if number else None,
        reduce_only=reduces,
        margin_mode=position.margin_mode if position else None,
        leverage=position.leverage if position else None,
        pointer=row.pointer,
    )


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_PRINTED_UNIT) if abs(amount) < Decimal(10) ** 40 else amount


IMPORTER = Importer(
    "hyperliquid",
    "Hyperliquid perpetuals",
    "one object with the info requests `clearinghouseState` and `meta`; `openOrders` where there are resting orders",
    read,
)
