"""Rounding to a multiple of a step, in a named direction."""

from collections.abc import Mapping
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)

from marginrules.language.nodes import RoundingDirection

_MODES: Mapping[str, str] = {
    "up": ROUND_CEILING,
    "down": ROUND_FLOOR,
    "away_from_zero": ROUND_UP,
    "toward_zero": ROUND_DOWN,
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
}


def round_to_step(value: Decimal, direction: RoundingDirection, step: Decimal) -> Decimal:
    """The multiple of a step that a direction leads to.

    Args:
        value: what is rounded.
        direction: `up` and `down` are toward plus and minus infinity; halves go away from zero with `half_up`.
        step: above zero, in the unit of the value.

    Raises:
        ZeroDivisionError: the step is zero (`decimal.DivisionByZero` is one).
    """
    multiples = value / step
    return multiples.to_integral_value(_MODES[direction]) * step
