"""Tier tables from a venue's own answers: rows by symbol, checked, with the shared column names.

A row holds for keys greater than its `above`. What a table file says beside its rows (source, day of reading, last day)
is the caller's; nothing here opens a connection.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType

from marginrules.arithmetic import exact_context, plain_text
from marginrules.venues.figures import members
from marginrules.venues.payload import Part

Row = dict[str, Decimal]
Tables = dict[str, list[Row]]

_SLACK = Decimal("0.01")
"""How far a published maintenance amount may be off continuity: venues print it rounded."""


def read_tiers(name: str, payload: object, source: str = "payload") -> Tables:
    """The tier tables of a venue's answer.

    Args:
        name: a key of `TIER_READERS`.
        payload: parsed JSON, numbers as `Decimal` or text.
        source: what messages call it.

    Returns:
        Rows by symbol, from small to large.

    Raises:
        StateError: the answer is not of the venue's form, has gaps or overlaps, or amounts that break continuity.
    """
    part = Part(payload, source, {})
    with exact_context():
        found = TIER_READERS[name](part)
        for symbol, rows in found.items():
            _check(part, symbol, rows)
    if not found:
        raise part.error("the answer holds no tiers", "give the venue's answer whole")
    return found


def _check(part: Part, symbol: str, rows: list[Row]) -> None:
    again = "give the venue's answer whole, as it gave it"
    if rows[0]["above"] != 0:
        raise part.error(f"the first tier of {symbol} begins at {plain_text(rows[0]['above'])}, not at 0", again)
    for before, row in pairwise(rows):
        if row["above"] <= before["above"]:
            raise part.error(f"the tiers of {symbol} are not in order: {plain_text(row['above'])} follows", again)
        if "up_to" in before and before["up_to"] != row["above"]:
            word = "a gap" if before["up_to"] < row["above"] else "an overlap"
            raise part.error(
                f"the tiers of {symbol} have {word}: one ends at {plain_text(before['up_to'])}, the next begins at "
                f"{plain_text(row['above'])}",
                again,
            )
        if "maintenance_amount" in row and "maintenance_amount" in before:
            step = row["above"] * (row["maintenance_rate"] - before["maintenance_rate"])
            due = before["maintenance_amount"] + step
            if abs(row["maintenance_amount"] - due) > max(_SLACK, due * Decimal("0.0001")):
                raise part.error(
                    f"the maintenance amount of {symbol} above {plain_text(row['above'])} is "
                    f"{plain_text(row['maintenance_amount'])}; continuity gives {plain_text(due)}",
                    again,
                )


def _ccxt(part: Part) -> Tables:
    """`fetchLeverageTiers`: tiers by unified symbol, by notional."""
    found: Tables = {}
    for symbol, tiers in members(part):
        rows = []
        for tier in tiers.items():
            row: Row = {"above": tier.member("minNotional").decimal()}
            upper = tier.optional("maxNotional")
            if upper is not None:
                row["up_to"] = upper.positive()
            row["maintenance_rate"] = tier.member("maintenanceMarginRate").rate()
            leverage = tier.optional("maxLeverage")
            if leverage is not None:
                row["max_leverage"] = leverage.positive()
            rows.append(row)
        found[symbol] = rows
    return found


def _binance(part: Part) -> Tables:
    """`leverageBracket`: by notional (USD-M) or by quantity in base coin (COIN-M)."""
    found: Tables = {}
    for entry in part.rows():
        rows = []
        for bracket in entry.member("brackets").items():
            unit = "notional" if bracket.has("notionalFloor") else "qty"
            rows.append(
                {
                    "above": bracket.member(f"{unit}Floor").decimal(),
                    "up_to": bracket.member(f"{unit}Cap").positive(),
                    "maintenance_rate": bracket.member("maintMarginRatio").rate(),
                    "maintenance_amount": bracket.member("cum").decimal(),
                    "max_leverage": bracket.member("initialLeverage").positive(),
                }
            )
        found[entry.member("symbol").text()] = sorted(rows, key=lambda row: row["above"])
    return found


def _bybit(part: Part) -> Tables:
    """`/v5/market/risk-limit`: each row has the upper end of its tier."""
    answer = part.member("result") if part.has("result") else part
    found: Tables = {}
    for entry in answer.member("list").items() if answer.has("list") else answer.items():
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


def _from_upper_ends(rows: list[Row]) -> list[Row]:
    ordered = sorted(rows, key=lambda row: row["up_to"])
    lower = Decimal(0)
    found = []
    for row in ordered:
        found.append({"above": lower, **row})
        lower = row["up_to"]
    return found


def _okx(part: Part) -> Tables:
    """`/api/v5/public/position-tiers`: by contracts; a tier's `minSz` is the first whole contract in it."""
    answer = part.member("data") if part.has("data") else part
    found: Tables = {}
    for entry in answer.items():
        key = "instFamily" if entry.has("instFamily") else "uly"
        row: Row = {
            "up_to": entry.member("maxSz").positive(),
            "maintenance_rate": entry.member("mmr").rate(),
            "initial_rate": entry.member("imr").rate(),
            "max_leverage": entry.member("maxLever").positive(),
        }
        found.setdefault(entry.member(key).text(), []).append(row)
    return {symbol: _from_upper_ends(rows) for symbol, rows in found.items()}


def _hyperliquid(part: Part) -> Tables:
    """`meta`: margin tables by number; below 50 the number is the one tier's maximum leverage."""
    tables = {
        str(entry.items()[0].integer()): entry.items()[1].member("marginTiers")
        for entry in part.member("marginTables").items()
    }
    found: Tables = {}
    for coin in part.member("universe").items():
        number = str(coin.member("marginTableId").integer())
        if number in tables:
            rows = [
                {"above": tier.member("lowerBound").decimal(), "max_leverage": tier.member("maxLeverage").positive()}
                for tier in tables[number].items()
            ]
        else:
            rows = [{"above": Decimal(0), "max_leverage": coin.member("maxLeverage").positive()}]
        found[coin.member("name").text()] = rows
    return found


def _gate(part: Part) -> Tables:
    """`/futures/{settle}/risk_limit_tiers`."""
    found: Tables = {}
    for entry in part.items():
        row: Row = {
            "up_to": entry.member("risk_limit").positive(),
            "maintenance_rate": entry.member("maintenance_rate").rate(),
            "initial_rate": entry.member("initial_rate").rate(),
            "max_leverage": entry.member("leverage_max").positive(),
        }
        deduction = entry.optional("deduction")
        if deduction is not None:
            row["maintenance_amount"] = deduction.decimal()
        found.setdefault(entry.member("contract").text(), []).append(row)
    return {symbol: _from_upper_ends(rows) for symbol, rows in found.items()}


def _bitget(part: Part) -> Tables:
    """`/api/v2/mix/market/query-position-lever`."""
    answer = part.member("data") if part.has("data") else part
    found: Tables = {}
    for entry in answer.items():
        row: Row = {
            "above": entry.member("startUnit").decimal(),
            "up_to": entry.member("endUnit").positive(),
            "maintenance_rate": entry.member("keepMarginRate").rate(),
            "max_leverage": entry.member("leverage").positive(),
        }
        found.setdefault(entry.member("symbol").text(), []).append(row)
    return {symbol: sorted(rows, key=lambda row: row["above"]) for symbol, rows in found.items()}


TIER_READERS: Mapping[str, Callable[[Part], Tables]] = MappingProxyType(
    {
        "ccxt": _ccxt,
        "binance-usdm": _binance,
        "binance-coinm": _binance,
        "bybit": _bybit,
        "okx": _okx,
        "hyperliquid": _hyperliquid,
        "gate": _gate,
        "bitget": _bitget,
    }
)
"""The answers that are read, by what `--from` calls them."""


def rows_by_symbol(document: object, source: str) -> Tables:
    """The rows of a table file, by symbol.

    Raises:
        StateError: it is no table file.
    """
    part = Part(document, source, {})
    found: Tables = {}
    for row in part.member("tiers").items():
        symbol = row.member("symbol").text()
        found.setdefault(symbol, []).append({name: cell.decimal() for name, cell in members(row) if name != "symbol"})
    return found


def differences(old: Tables, new: Tables) -> list[dict[str, str | None]]:
    """What changed between two versions of a table: symbols, rows by their lower bound, and figures in them."""
    found: list[dict[str, str | None]] = []
    for symbol in sorted({*old, *new}):
        if symbol not in new or symbol not in old:
            change = "removed" if symbol in old else "added"
            found.append({"symbol": symbol, "above": None, "column": None, "old": None, "new": None, "change": change})
            continue
        before = {row["above"]: row for row in old[symbol]}
        after = {row["above"]: row for row in new[symbol]}
        for above in sorted({*before, *after}):
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
                            "change": "changed" if above in before and above in after else "row",
                        }
                    )
    return found
