"""Tier tables: `tier-order`, `tier-gap`, `tier-overlap`, `tier-amount`, `rate-out-of-range`, `initial-below-maintenance`."""

from collections.abc import Collection, Iterator
from decimal import Decimal

from marginrules.account.state import TierTable, amounts_agree
from marginrules.arithmetic import plain_text
from marginrules.language import nodes
from marginrules.language.diagnostics import Diagnostic
from marginrules.language.source import Span
from marginrules.policy.checks.context import Checking

_ONE = Decimal(1)


def tier_tables(checking: Checking) -> list[Diagnostic]:
    """Rows in order and without gaps; rates that are shares; amounts that make the requirement continuous."""
    found: list[Diagnostic] = []
    for name, loaded in checking.tables.items():
        declared = checking.rules.tables[name]
        tables = {"": loaded.table} if loaded.table is not None else dict(loaded.by_symbol or {})
        rates = {column for column, dimension in loaded.columns.items() if dimension.kind == "rate"}
        for symbol, table in tables.items():
            if table is not None:
                label = f"table `{name}`" + (f", {symbol}" if symbol else "")
                found.extend(_check(table, label, _places(declared, table), rates, in_file=bool(declared.rows)))
    return found


def _places(declared: nodes.Table, table: TierTable) -> list[Span]:
    if declared.rows:
        return [row.span for row in declared.rows]
    return [declared.span] * len(table.rows)


def _check(
    table: TierTable, label: str, places: list[Span], rates: Collection[str], *, in_file: bool
) -> Iterator[Diagnostic]:
    lowest, begins = table.rows[0][0], table.columns[0].replace("_", " ")
    if lowest is not None and lowest > 0:
        yield Diagnostic(
            "tier-gap", places[0], f"{label} says nothing from 0 to {lowest}", f"let the first tier begin {begins} 0"
        )
    amount = Decimal(0)
    for index, row in enumerate(table.rows):
        above = row[0] or Decimal(0)
        before = table.rows[index - 1][0] or Decimal(0) if index else None
        row_label = f"{label}, tier {index + 1}"
        if before is not None and above <= before:
            yield Diagnostic(
                "tier-order",
                places[index],
                f"{row_label} begins {begins} {above}, the one before it {begins} {before}",
                "write tiers from the smallest to the largest",
            )
            return
        yield from _bounds(table, index, row_label, places[index])
        yield from _rates(table, index, row_label, places[index], rates, in_file=in_file)
        rate, published = table.cell(index, "maintenance_rate"), table.cell(index, "maintenance_amount")
        if rate is None:
            continue
        previous = table.cell(index - 1, "maintenance_rate") if index else None
        if previous is not None:
            amount += above * (rate - previous)
        if published is not None:
            if not amounts_agree(published, amount):
                yield Diagnostic(
                    "tier-amount",
                    places[index],
                    f"{row_label} deducts {published}; {amount} would make the requirement continuous at {above}",
                    "correct the amount or the rate, or leave the amount out to have it derived",
                )
            amount = published


def _bounds(table: TierTable, index: int, label: str, place: Span) -> Iterator[Diagnostic]:
    end, begins = table.cell(index, table.end_column), table.columns[0].replace("_", " ")
    own = table.rows[index][0] or Decimal(0)
    if end is None:
        return
    if end <= own:
        yield Diagnostic(
            "tier-order", place, f"{label} begins {begins} {own} and ends at {end}", "let a tier end above its start"
        )
    elif index + 1 < len(table.rows):
        following = table.rows[index + 1][0] or Decimal(0)
        if end < following:
            yield Diagnostic(
                "tier-gap", place, f"{label} ends at {end}, the next begins {begins} {following}", "let them meet"
            )
        elif end > following:
            yield Diagnostic(
                "tier-overlap", place, f"{label} ends at {end}, the next begins {begins} {following}", "let them meet"
            )


def _rates(
    table: TierTable, index: int, label: str, place: Span, rates: Collection[str], *, in_file: bool
) -> Iterator[Diagnostic]:
    for column in table.columns:
        value = table.cell(index, column)
        # A column of fees may hold rebates.
        least = Decimal(0) if column.endswith("_rate") else -_ONE
        if column in rates and value is not None and not least <= value <= _ONE:
            yield Diagnostic(
                "rate-out-of-range",
                place,
                f"{label}: `{column}` is {value}, outside {least} .. 1",
                f"write `{value}%` if {value} in a hundred is meant"
                if in_file
                else f"write {plain_text(value / 100)} if {value} in a hundred is meant",
            )
    leverage = table.cell(index, "max_leverage")
    if leverage is not None and leverage <= 0:
        yield Diagnostic(
            "bad-table", place, f"{label}: `max_leverage` is {leverage}", "write a leverage above 0, or `-` for none"
        )
        leverage = None
    maintenance, initial = table.cell(index, "maintenance_rate"), table.cell(index, "initial_rate")
    if maintenance is None:
        return
    if initial is not None and initial < maintenance:
        yield _below(label, place, f"its initial rate is {initial}", maintenance)
    elif initial is None and leverage and _ONE / leverage < maintenance:
        yield _below(label, place, f"at {leverage}x its initial rate is {_ONE / leverage:.6g}", maintenance)


def _below(label: str, place: Span, what: str, maintenance: Decimal) -> Diagnostic:
    return Diagnostic(
        "initial-below-maintenance",
        place,
        f"{label}: {what}, its maintenance rate {maintenance}: a new position would be liquidatable at once",
        "raise the initial rate (lower the leverage), or lower the maintenance rate",
    )
