"""Tiers as engines use them: lower bounds, rates and amounts of a table, derived once.

A row holds for keys greater than its `above`; a key equal to it is still in the row before. With progressive tiers
the amounts that a table does not publish follow from continuity:

    amount[k] = amount[k-1] + above[k] * (rate[k] - rate[k-1]),   amount[0] = 0
"""

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal


def row_of(bounds: Sequence[Decimal], key: Decimal) -> int:
    """Index of the row that holds a key; the first row holds everything up to the second bound."""
    return max(0, bisect_left(bounds, key) - 1)


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
