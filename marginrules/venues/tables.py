"""Tier tables from a venue's own answers: rows by symbol, checked, with the shared column names.

A row holds for keys greater than its `above`. What a table file says beside its rows (source, day of reading, last day)
is the caller's; nothing here opens a connection.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType

from attrs import frozen

from marginrules.account.fields import TIER_COLUMNS
from marginrules.account.state import StateError, TierTable, amounts_agree
from marginrules.arithmetic import exact_context, plain_text
from marginrules.venues.figures import filled, filled_decimal, members, unwrapped
from marginrules.venues.payload import Part

Row = dict[str, Decimal]
Tables = dict[str, list[Row]]

_WHOLE = "give the venue's answer whole, as it gave it"


def read_tiers(name: str, payload: object, source: str = "payload") -> Tables:
    """The tier tables of a venue's answer.

    Args:
        name: a key of `TIER_READERS`.
        payload: parsed JSON, numbers as `Decimal` or text.
        source: what messages call it.

    Returns:
        Rows by symbol, from small to large; the last one is without an end.

    Raises:
        StateError: the answer is not of the venue's form, has gaps or overlaps, or amounts that break continuity.
    """
    part = Part(payload, source, {})
    try:
        with exact_context():
            found = TIER_READERS[name](part)
            for symbol, rows in found.items():
                check_tiers(part, symbol, rows)
                # The venue's largest tier ends where no larger position may be opened. A price can carry one beyond,
                # and it is the rate of that tier which then goes on.
                rows[-1].pop("up_to", None)
    except StateError as error:
        # A table is made of one answer: whatever is wrong with it, that answer is due.
        remedy = f"give the answer of {TIER_SOURCES[name]} whole, as it gave it"
        raise StateError(error.pointer, error.problem.replace("the payload", "the answer"), remedy, source) from None
    if not found:
        raise part.error("the answer holds no tiers", f"give the answer of {TIER_SOURCES[name]} whole, as it gave it")
    return found


def check_tiers(part: Part, symbol: str, rows: list[Row]) -> None:
    """Refuse rows that do not rise from zero, leave a gap, overlap, or have amounts that break continuity.

    Args:
        part: what they were read from, for errors.
        symbol: whose they are.
        rows: in the order of their lower bounds.

    Raises:
        StateError: they are no tier table.
    """
    if not rows:
        raise part.error(f"there are no tiers of {symbol}", _WHOLE)
    if rows[0]["above"] != 0:
        raise part.error(f"the first tier of {symbol} begins at {plain_text(rows[0]['above'])}, not at 0", _WHOLE)
    for row in rows:
        if "up_to" in row and row["up_to"] <= row["above"]:
            raise part.error(
                f"a tier of {symbol} begins at {plain_text(row['above'])} and ends at {plain_text(row['up_to'])}",
                _WHOLE,
            )
    for before, row in pairwise(rows):
        if row["above"] <= before["above"]:
            raise part.error(f"the tiers of {symbol} are not in order: {plain_text(row['above'])} follows", _WHOLE)
        if "up_to" in before and before["up_to"] != row["above"]:
            word = "a gap" if before["up_to"] < row["above"] else "an overlap"
            raise part.error(
                f"the tiers of {symbol} have {word}: one ends at {plain_text(before['up_to'])}, the next begins at "
                f"{plain_text(row['above'])}",
                _WHOLE,
            )
        if "maintenance_amount" in row and "maintenance_amount" in before:
            step = row["above"] * (row["maintenance_rate"] - before["maintenance_rate"])
            due = before["maintenance_amount"] + step
            if not amounts_agree(row["maintenance_amount"], due):
                raise part.error(
                    f"the maintenance amount of {symbol} above {plain_text(row['above'])} is "
                    f"{plain_text(row['maintenance_amount'])}; continuity gives {plain_text(due)}",
                    _WHOLE,
                )


def tier_table(rows: list[Row], pointer: str) -> TierTable:
    """Rows as an instrument holds them.

    Args:
        rows: in the order of their lower bounds.
        pointer: where they stand in the payload.
    """
    columns = tuple(column for column in TIER_COLUMNS if column != "up_to" and any(column in row for row in rows))
    return TierTable(columns, tuple(tuple(row.get(column) for column in columns) for row in rows), pointer)


# ---------------------------------------------------------------- ccxt

# What ccxt's unified tier leaves out stands in its `info`, the venue's own row: at Binance and Aster `cum`, at Bybit
# `mmDeduction`, at Gate `deduction`.
_AMOUNTS = ("cum", "mmDeduction", "deduction")
# Binance COIN-M as it spells it; Kraken of an inverse and of a linear contract.
_FLOORS = ("qtylFloor", "contracts", "numNonContractUnits")
# OKX `imr`, Bybit and Kraken `initialMargin`, Gate `initial_rate`.
_INITIAL_RATES = ("imr", "initialMargin", "initial_rate")


def _ccxt(part: Part) -> Tables:
    """`fetchLeverageTiers`: tiers by unified symbol; `fetchMarketLeverageTiers`: those of one symbol."""
    if isinstance(part.value, list | tuple):
        listed: dict[str, list[Part]] = {}
        for tier in part.items():
            listed.setdefault(tier.member("symbol").text(), []).append(tier)
        return {symbol: ccxt_rows(tiers) for symbol, tiers in listed.items()}
    return {symbol: ccxt_rows(tiers.items()) for symbol, tiers in members(part)}


def ccxt_rows(tiers: Iterable[Part]) -> list[Row]:
    """The rows of one symbol's tiers in ccxt's unified form.

    Raises:
        StateError: a tier lacks a figure, or has one that is none.
    """
    rows: list[Row] = []
    for tier in sorted(tiers, key=lambda tier: _ccxt_floor(tier).decimal()):
        row: Row = {"above": _ccxt_floor(tier).decimal()}
        upper = tier.optional("maxNotional")
        if upper is not None:
            row["up_to"] = upper.positive()
        row["maintenance_rate"] = tier.member("maintenanceMarginRate").rate()
        own = tier.optional("info")
        amount = next((own.member(key) for key in _AMOUNTS if own.has(key)), None) if own else None
        if amount is not None:
            row["maintenance_amount"] = Decimal(0) if amount.value == "" else amount.decimal()
        initial = next((own.member(key) for key in _INITIAL_RATES if own.has(key)), None) if own else None
        if initial is not None and initial.value != "":
            row["initial_rate"] = initial.rate()
        leverage = tier.optional("maxLeverage")
        if leverage is not None:
            row["max_leverage"] = leverage.positive()
        if rows and own is not None and own.has("minSz"):
            row["above"] = _end_before(row["above"], rows[-1].get("up_to"))
        rows.append(row)
    return rows


def _ccxt_floor(tier: Part) -> Part:
    """Where a tier begins; where ccxt does not know the venue's name of it, its `info` does."""
    own = tier.optional("info") if not tier.has("minNotional") else None
    found = next((own.member(key) for key in _FLOORS if own.has(key)), None) if own else None
    return found or tier.member("minNotional")


def _end_before(first: Decimal, end: Decimal | None) -> Decimal:
    """Where a tier begins whose lower end is printed as the first whole contract in it: 2001 after 2000."""
    return end if end is not None and 0 < first - end <= 1 else first


# ---------------------------------------------------------------- venues


def _binance(part: Part) -> Tables:
    """`leverageBracket`: by notional (USD-M) or by quantity in base coin (COIN-M)."""
    found: Tables = {}
    for entry in part.rows():
        rows = []
        coefficient = entry.optional("notionalCoef")
        if coefficient and coefficient.decimal() != 1:
            raise coefficient.error(
                f"the brackets of {entry.member('symbol').text()} are adjusted by {plain_text(coefficient.decimal())} for the "
                "account that asked, so they are no table of the venue",
                "ask with an account whose brackets are not adjusted",
            )
        for bracket in entry.member("brackets").items():
            unit = "notional" if bracket.has("notionalFloor") else "qty"
            # The page of COIN-M spells it so.
            floor = "qtylFloor" if bracket.has("qtylFloor") else f"{unit}Floor"
            rows.append(
                {
                    "above": bracket.member(floor).decimal(),
                    "up_to": bracket.member(f"{unit}Cap").positive(),
                    "maintenance_rate": bracket.member("maintMarginRatio").rate(),
                    "maintenance_amount": bracket.member("cum").decimal(),
                    "max_leverage": bracket.member("initialLeverage").positive(),
                }
            )
        _once(found, entry.member("symbol"), rows)
    return found


def _bybit(part: Part) -> Tables:
    """`/v5/market/risk-limit`: each row has the upper end of its tier."""
    found: Tables = {}
    for entry in _rows(part, "result", {"retCode": "0"}, "list"):
        row: Row = {
            "up_to": entry.member("riskLimitValue").positive(),
            "maintenance_rate": entry.member("maintenanceMargin").rate(),
            "initial_rate": entry.member("initialMargin").rate(),
            "max_leverage": entry.member("maxLeverage").positive(),
        }
        deduction = entry.optional("mmDeduction")
        if deduction is not None:
            row["maintenance_amount"] = Decimal(0) if deduction.value == "" else deduction.decimal()
        found.setdefault(entry.member("symbol").text(), []).append(row)
    return {symbol: _from_upper_ends(rows) for symbol, rows in found.items()}


def _okx(part: Part) -> Tables:
    """`/api/v5/public/position-tiers`: by contracts; a tier's `minSz` is the first whole contract in it."""
    found: Tables = {}
    for entry in _rows(part, "data", {"code": "0"}):
        key = "instFamily" if entry.has("instFamily") else "uly"
        row: Row = {
            "above": entry.member("minSz").decimal(),
            "up_to": entry.member("maxSz").positive(),
            "maintenance_rate": entry.member("mmr").rate(),
            "initial_rate": entry.member("imr").rate(),
            "max_leverage": entry.member("maxLever").positive(),
        }
        found.setdefault(entry.member(key).text(), []).append(row)
    for rows in found.values():
        rows.sort(key=_lower_bound)
        for before, row in pairwise(rows):
            row["above"] = _end_before(row["above"], before["up_to"])
    return found


def _hyperliquid(part: Part) -> Tables:
    """`meta`: margin tables by number; below 50 the number is the one tier's maximum leverage."""
    tables = {}
    for entry in part.member("marginTables").items():
        pair = entry.items()
        if len(pair) != 2:  # noqa: PLR2004 - an id and its table
            raise entry.error(f"{entry.name} is not an id and a table", _WHOLE)
        tables[pair[0].integer()] = pair[1].member("marginTiers")
    found: Tables = {}
    for coin in part.member("universe").items():
        number = coin.member("marginTableId")
        tiers = tables.get(number.integer())
        if tiers is not None:
            rows = [
                {"above": tier.member("lowerBound").decimal(), "max_leverage": tier.member("maxLeverage").positive()}
                for tier in tiers.items()
            ]
        elif number.integer() < FIRST_LISTED_TABLE:
            rows = [{"above": Decimal(0), "max_leverage": number.positive()}]
        else:
            raise number.error(f"marginTables has no table {number.integer()}", _WHOLE)
        _once(found, coin.member("name"), rows)
    return found


FIRST_LISTED_TABLE = 50
"""Hyperliquid: below this number a margin table is one tier, whose maximum leverage the number is."""


def _gate(part: Part) -> Tables:
    """`/futures/{settle}/risk_limit_tiers`."""
    found: Tables = {}
    for entry in (row for page in part.items() for row in page.rows()):
        row: Row = {
            "up_to": entry.member("risk_limit").positive(),
            "maintenance_rate": entry.member("maintenance_rate").rate(),
            "initial_rate": entry.member("initial_rate").rate(),
            "max_leverage": entry.member("leverage_max").positive(),
        }
        deduction = filled_decimal(entry, "deduction")
        if deduction is not None:
            row["maintenance_amount"] = deduction
        found.setdefault(entry.member("contract").text(), []).append(row)
    return {symbol: _from_upper_ends(rows) for symbol, rows in found.items()}


def _bitget(part: Part) -> Tables:
    """`/api/v2/mix/market/query-position-lever`."""
    found: Tables = {}
    for entry in _rows(part, "data", {"code": "00000"}):
        row: Row = {
            "above": entry.member("startUnit").decimal(),
            "up_to": entry.member("endUnit").positive(),
            "maintenance_rate": entry.member("keepMarginRate").rate(),
            "max_leverage": entry.member("leverage").positive(),
        }
        found.setdefault(entry.member("symbol").text(), []).append(row)
    return {symbol: sorted(rows, key=_lower_bound) for symbol, rows in found.items()}


def _kucoin(part: Part) -> Tables:
    """`/api/v1/contracts/risk-limit/{symbol}`: by value."""
    found: Tables = {}
    for entry in _rows(part, "data", {"code": "200000"}):
        row: Row = {
            "above": entry.member("minRiskLimit").decimal(),
            "up_to": entry.member("maxRiskLimit").positive(),
            "maintenance_rate": entry.member("maintainMargin").rate(),
            "initial_rate": entry.member("initialMargin").rate(),
            "max_leverage": entry.member("maxLeverage").positive(),
        }
        found.setdefault(entry.member("symbol").text(), []).append(row)
    return {symbol: sorted(rows, key=_lower_bound) for symbol, rows in found.items()}


def _kraken(part: Part) -> Tables:
    """`/derivatives/api/v3/instruments`: by value (linear) or by contracts of one dollar (inverse)."""
    answer = unwrapped(part, "instruments", {"result": "success"})
    found: Tables = {}
    for entry in answer.items():
        levels = entry.optional("marginLevels")
        if levels is None:
            # An index, or a contract that can no longer be traded.
            continue
        rows = []
        for level in levels.items():
            key = "numNonContractUnits" if level.has("numNonContractUnits") else "contracts"
            rows.append(
                {
                    "above": level.member(key).decimal(),
                    "maintenance_rate": level.member("maintenanceMargin").rate(),
                    "initial_rate": level.member("initialMargin").rate(),
                }
            )
        _once(found, entry.member("symbol"), rows)
    return found


def _rows(part: Part, key: str, success: Mapping[str, str], inner: str = "") -> Iterator[Part]:
    """The rows of an answer, or of several in a list: its pages, or one of each contract that was asked about.

    Args:
        part: the answer, or the list of answers.
        key: the member of an answer's frame that holds what was asked for.
        success: members of the frame that say whether the request was answered, and what they are then.
        inner: the member of that with the rows, where they are one step further in.
    """
    for answer in part.rows():
        held = unwrapped(answer, key, success)
        yield from (held.member(inner) if inner and held.has(inner) else held).rows()


def _once(found: Tables, symbol: Part, rows: list[Row]) -> None:
    if symbol.text() in found:
        raise symbol.error(f"{symbol.text()} is listed twice", "give each symbol once, from one answer of the venue")
    found[symbol.text()] = sorted(rows, key=_lower_bound)


def _from_upper_ends(rows: list[Row]) -> list[Row]:
    ordered = sorted(rows, key=lambda row: row["up_to"])
    lower = Decimal(0)
    found = []
    for row in ordered:
        found.append({"above": lower, **row})
        lower = row["up_to"]
    return found


def _lower_bound(row: Row) -> Decimal:
    return row["above"]


TIER_READERS: Mapping[str, Callable[[Part], Tables]] = MappingProxyType(
    {
        "ccxt": _ccxt,
        "binance": _binance,
        "binance-usdm": _binance,
        "binance-coinm": _binance,
        "aster": _binance,
        "bybit": _bybit,
        "okx": _okx,
        "hyperliquid": _hyperliquid,
        "gate": _gate,
        "bitget": _bitget,
        "kucoin-futures": _kucoin,
        "kraken-futures": _kraken,
    }
)
"""The answers that are read, by what `--from` calls them."""


TIER_SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "ccxt": "ccxt, fetch_leverage_tiers",
        "binance": "Binance, GET /fapi/v1/leverageBracket or /dapi/v2/leverageBracket",
        "binance-usdm": "Binance, GET /fapi/v1/leverageBracket",
        "binance-coinm": "Binance, GET /dapi/v2/leverageBracket",
        "aster": "Aster, GET /fapi/v1/leverageBracket",
        "bybit": "Bybit, GET /v5/market/risk-limit",
        "okx": "OKX, GET /api/v5/public/position-tiers",
        "hyperliquid": "Hyperliquid, info request meta",
        "gate": "Gate, GET /futures/{settle}/risk_limit_tiers",
        "bitget": "Bitget, GET /api/v2/mix/market/query-position-lever",
        "kucoin-futures": "KuCoin, GET /api/v1/contracts/risk-limit/{symbol}",
        "kraken-futures": "Kraken, GET /derivatives/api/v3/instruments",
    }
)
"""The request that each answer is of."""


@frozen
class TableFile:
    """A table file: its rows by symbol, and what it says beside them.

    Attributes:
        rows: by symbol; one entry with an empty name where the rows are of no symbol.
        source: where they were read, or None.
        read: the day on which they were read.
        valid_until: the first day on which they are not to be relied on.
    """

    rows: Tables
    source: str | None = None
    read: str | None = None
    valid_until: str | None = None


def table_file(document: object, source: str) -> TableFile:
    """A table file as a policy reads it: an object with `tiers`, or a list of rows.

    Args:
        document: parsed JSON, or the records of a CSV file.
        source: what messages call it.

    Raises:
        StateError: it is no table file, or a figure in it is none.
    """
    part = Part(document, source, {})
    if isinstance(document, list | tuple):
        return TableFile(_rows_by_symbol(part))
    if isinstance(document, Mapping) and "tiers" not in document:
        raise part.error(
            "this is no table file: it has no `tiers`",
            "`marginrules tables import` makes one of a venue's answer",
        )
    return TableFile(
        _rows_by_symbol(part.member("tiers")), *(_said(part, key) for key in ("source", "read", "valid_until"))
    )


def _said(part: Part, key: str) -> str | None:
    found = part.optional(key)
    return found.text() if found else None


def _rows_by_symbol(part: Part) -> Tables:
    found: Tables = {}
    for row in part.items():
        named = row.optional("symbol")
        rows = found.setdefault(named.text() if named else "", [])
        if filled(row, "above") is None:
            raise row.lacks(
                "above",
                "write the lower bound of each row as `above`; `marginrules tables import` makes a table file of a "
                "venue's answer",
            )
        cells = {name: cell.decimal() for name, cell in members(row) if name != "symbol" and cell.value != ""}
        if any(cells["above"] == other["above"] for other in rows):
            raise row.member("above").error(
                f"two rows of {named.text() if named else 'the table'} begin at {plain_text(cells['above'])}",
                "keep one of them",
            )
        rows.append(cells)
    if not found:
        raise part.error(f"{part.name} holds no rows", "write at least one")
    return {symbol: sorted(rows, key=_lower_bound) for symbol, rows in found.items()}


def differences(old: Tables, new: Tables) -> list[dict[str, str | None]]:
    """What changed between two versions of a table.

    Returns:
        One record for each figure, in order of symbol and lower bound: `change` is `changed`, or `row added` and
        `row removed` for the figures of a row that only one version has, or `added` and `removed` for a whole symbol.
    """
    found: list[dict[str, str | None]] = []
    for symbol in sorted({*old, *new}):
        if symbol not in new or symbol not in old:
            change = "removed" if symbol in old else "added"
            found.append({"symbol": symbol, "above": None, "column": None, "old": None, "new": None, "change": change})
            continue
        before = {row["above"]: row for row in old[symbol]}
        after = {row["above"]: row for row in new[symbol]}
        for above in sorted({*before, *after}):
            change = (
                "changed" if above in before and above in after else "row removed" if above in before else "row added"
            )
            columns = sorted({*before.get(above, {}), *after.get(above, {})} - {"above"})
            for column in columns:
                one, other = before.get(above, {}).get(column), after.get(above, {}).get(column)
                if one != other:
                    found.append(
                        {
                            "symbol": symbol,
                            "above": plain_text(above),
                            "column": column,
                            "old": None if one is None else plain_text(one),
                            "new": None if other is None else plain_text(other),
                            "change": change,
                        }
                    )
    return found


def ranges(old: Tables, new: Tables) -> list[dict[str, str | None]]:
    """What changed between two versions of a table for positions of one size, by ranges of sizes.

    Returns:
        One record for each figure that differs for the sizes greater than `above` and up to `up_to` (None: without an
        end) of a symbol that both versions have; `old` or `new` is None where that version has no figure for such sizes.
    """
    found: list[dict[str, str | None]] = []
    for symbol in sorted({*old} & {*new}):
        bounds = sorted({row[end] for row in (*old[symbol], *new[symbol]) for end in ("above", "up_to") if end in row})
        for above, up_to in zip(bounds, [*bounds[1:], None], strict=True):
            before, after = _row_above(old[symbol], above), _row_above(new[symbol], above)
            for column in [*dict.fromkeys([*before, *after])]:
                one, other = before.get(column), after.get(column)
                if column not in ("above", "up_to") and one != other:
                    found.append(
                        {
                            "symbol": symbol,
                            "above": plain_text(above),
                            "up_to": None if up_to is None else plain_text(up_to),
                            "column": column,
                            "old": None if one is None else plain_text(one),
                            "new": None if other is None else plain_text(other),
                        }
                    )
    return found


def _row_above(rows: list[Row], above: Decimal) -> Row:
    """The row that holds for sizes just greater than a bound; an empty one where the table has none."""
    held = [row for row in rows if row["above"] <= above and not row.get("up_to", above + 1) <= above]
    return held[-1] if held else {}
