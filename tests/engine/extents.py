"""How steep the conditions of a walk are, against how steep it takes them to be."""

import itertools
from collections.abc import Sequence
from decimal import Decimal
from typing import Any


def assert_extents_hold(point: Any, first: Any, start: Decimal, factors: Sequence[Decimal]) -> None:
    """Between any two `x`, what a condition compares with zero rises as much as its extents allow.

    Args:
        point: of a walk: verdicts, kinks, turns and what is compared with zero, at one `x`.
        first: the same and the extents.
        start: the present `x`.
        factors: what to multiply it by for others.
    """
    _, extents = first(start)
    xs = sorted({start, *(start * factor for factor in factors)})
    for one, other in itertools.pairwise(xs):
        for extent, gap, following in zip(extents, point(one)[3], point(other)[3], strict=True):
            if gap is not None and following is not None:
                rise, slack = following - gap, Decimal("1e-40") * (1 + abs(gap) + abs(following))
                assert extent[0] * (other - one) - slack <= rise <= extent[1] * (other - one) + slack
