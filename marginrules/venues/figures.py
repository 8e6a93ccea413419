"""Figures that importers of several venues read and compare alike. Nothing here knows a venue."""

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal

from marginrules.account.contracts import unrealized_pnl, value_at
from marginrules.account.state import Instrument
from marginrules.arithmetic import plain_text
from marginrules.venues.payload import Part, each_once, last_place


def filled(part: Part, key: str) -> Part | None:
    """The member of that name, or None where it is absent, null or an empty text, which some venues print for none."""
    found = part.optional(key)
    return None if found is None or found.value == "" else found


def filled_decimal(part: Part, key: str) -> Decimal | None:
    """The number of that name, or None where it is absent, null or an empty text."""
    found = filled(part, key)
    return None if found is None else found.decimal()


def rows_by(rows: Iterable[Part], key: str) -> Mapping[str, Part]:
    """Rows of an answer by one of their members.

    Raises:
        StateError: a row lacks the member, or two rows have the same.
    """
    return dict(each_once((row.member(key).text(), row) for row in rows))


def check_figure(shown: Part, computed: Decimal, slack: Decimal, formula: str, remedy: str) -> None:
    """Refuse a printed figure that is not what other figures of the payload give.

    Args:
        shown: the figure.
        computed: what the other figures give, in the same unit.
        slack: how far the digits printed explain a difference; one unit of the figure's own last digit is added.
        formula: what was computed, in the venue's names.
        remedy: how to mend it.

    Raises:
        StateError: they are further apart.
    """
    number = shown.decimal()
    if abs(number - computed) > slack + last_place(number):
        digits = Context(prec=len(number.as_tuple().digits) + 4).plus(computed)
        raise shown.error(f"{shown.keys[-1]} is {number}, but {formula} is {plain_text(digits)}", remedy)


def value_slack(instrument: Instrument, quantity: Decimal, price: Decimal) -> Decimal:
    """How much a value may be off because a price is printed to its last digit only, in the settlement asset."""
    step = last_place(price)
    if instrument.contract == "inverse":
        return abs(quantity) * instrument.contract_size * step / (price * price)
    return value_at(instrument, quantity, step)


def profit_and_slack(
    instrument: Instrument, quantity: Decimal, entry_price: Decimal, mark_price: Decimal
) -> tuple[Decimal, Decimal]:
    """The profit between two printed prices, and how much their digits leave open, in the settlement asset."""
    slack = value_slack(instrument, quantity, entry_price) + value_slack(instrument, quantity, mark_price)
    return unrealized_pnl(instrument, quantity, entry_price, mark_price), slack


def positions_of_both_sides(symbols: Iterable[str]) -> frozenset[str]:
    """The symbols that come more than once: of those a long and a short are open at the same time."""
    listed = list(symbols)
    return frozenset(symbol for symbol in listed if listed.count(symbol) > 1)


def position_id(symbol: str, quantity: Decimal, both_sides: frozenset[str]) -> str:
    """The id of a position: its symbol, and its side where both sides of the symbol are open."""
    if symbol not in both_sides:
        return symbol
    return f"{symbol}:{'LONG' if quantity > 0 else 'SHORT'}"
