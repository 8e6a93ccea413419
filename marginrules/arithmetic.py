"""The one decimal arithmetic of the project.

Sums, differences and products of amounts are exact as long as a result needs at most `PRECISION` significant digits,
which holds for every account whose numbers have up to some twenty digits; only quotients, roots and logarithms are
rounded, to `PRECISION` digits, half to even. A rule that rounds says so itself. Solved prices are given to
`SOLVED_DIGITS`, so that the last digits of a quotient do not show in them.
"""

from contextlib import AbstractContextManager
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext

PRECISION = 60
"""Significant digits of every intermediate result."""

SOLVED_DIGITS = 34
"""Significant digits of a solved price."""

CONTEXT = Context(
    prec=PRECISION, rounding=ROUND_HALF_EVEN, Emin=-9999, Emax=9999, traps=[DivisionByZero, InvalidOperation, Overflow]
)
"""The context of every evaluation. Division by zero raises, and becomes `unknown, because …` in a report."""

_SOLVED = Context(prec=SOLVED_DIGITS, rounding=ROUND_HALF_EVEN)


def exact_context() -> AbstractContextManager[Context]:
    """A `with` block in which decimals are computed as this project computes them."""
    return localcontext(CONTEXT)


def to_solved_digits(price: Decimal) -> Decimal:
    """A solved price at the digits that a report gives."""
    return _SOLVED.plus(price)


def plain_text(number: Decimal) -> str:
    """A decimal as plain text: no exponent, no trailing zeros, `0` for every zero."""
    if not number:
        return "0"
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text
