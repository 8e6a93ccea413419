"""Tiers as engines use them: lower bounds, rates and amounts of a table, derived once.

Which row holds a key follows from the table's bounds: with `above` a key equal to one is still in the row before, with
`at_least` it is in the row that begins there. A key beyond the end of a table that has one is in no row, and its number
is that of a row which does not exist: looking that up raises IndexError, and the value is unknown.

With progressive tiers the amounts that a table does not publish follow from continuity:

    amount[k] = amount[k-1] + above[k] * (rate[k] - rate[k-1]),   amount[0] = 0
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from decimal import Decimal

from marginrules.account.state import TierTable

Find = Callable[[Sequence[Decimal], Decimal], int]
"""How many bounds are below a key, or at most it."""


def find_in(table: TierTable) -> Find:
    """How a key is looked for in the bounds of a table."""
    return bisect_right if table.inclusive else bisect_left


def row_of(table: TierTable, key: Decimal) -> int:
    """Index of the row that holds a key; the first row holds everything up to the second bound.

    Beyond the end of the table the index is the number of its rows.
    """
    return max(0, find_in(table)(table.bounds, key) - 1)


def amounts_by_continuity(
    bounds: Sequence[Decimal], rates: Sequence[Decimal], published: Sequence[Decimal | None]
) -> tuple[Decimal, ...]:
    """What each tier deducts: as published where it is, by continuity where it is not."""
    amounts: list[Decimal] = []
    for index, rate in enumerate(rates):
        given = published[index]
        if given is not None:
            amounts.append(given)
        elif index == 0:
            amounts.append(Decimal(0))
        else:
            amounts.append(amounts[-1] + bounds[index] * (rate - rates[index - 1]))
    return tuple(amounts)
