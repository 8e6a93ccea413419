"""Figures that importers of several venues read and compare alike. Nothing here knows a venue."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext

from attrs import frozen

from marginrules.account.contracts import unrealized_pnl, value_at
from marginrules.account.state import Instrument, Position, TierTable
from marginrules.arithmetic import SOLVED_DIGITS, plain_text
from marginrules.language.diagnostics import did_you_mean
from marginrules.venues.payload import Part, each_once, last_place, to_solved_digits

_MARKS_MOVE = Decimal("0.01")
_ZERO = Decimal(0)


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
        slack: how far the digits printed explain a difference; what is less than a unit of the figure's own last digit is
            explained too, rounded or cut off.
        formula: what was computed, in the venue's names.
        remedy: how to mend it.

    Raises:
        StateError: they are further apart.
    """
    number = shown.decimal()
    if abs(number - computed) >= slack + last_place(number):
        digits = Context(prec=len(number.as_tuple().digits) + 4).plus(computed)
        raise shown.error(f"{shown.keys[-1]} is {number}, but {formula} is {plain_text(digits)}", remedy)


def printed_slack(amounts: Iterable[Decimal]) -> Decimal:
    """How far a sum may be off because each of its amounts is printed to its last digit only; a zero is exact."""
    return sum((last_place(amount) for amount in amounts if amount), _ZERO)


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


def profit_and_value(instrument: Instrument, position: Position, mark_price: Decimal) -> tuple[Decimal, Decimal]:
    """Profit and value of a position at a mark price, in the settlement asset."""
    profit = unrealized_pnl(instrument, position.quantity, position.entry_price, mark_price)
    return profit, value_at(instrument, position.quantity, mark_price)


def without_sign(shown: Part) -> Part:
    """A printed figure as if it had no sign, which some venues print for a short."""
    return Part(abs(shown.decimal()), shown.source, shown.requests, shown.keys)


def positions_of_both_sides(symbols: Iterable[str]) -> frozenset[str]:
    """The symbols that come more than once: of those a long and a short are open at the same time."""
    listed = list(symbols)
    return frozenset(symbol for symbol in listed if listed.count(symbol) > 1)


def position_id(symbol: str, quantity: Decimal, both_sides: frozenset[str]) -> str:
    """The id of a position: its symbol, and its side where both sides of the symbol are open."""
    if symbol not in both_sides:
        return symbol
    return f"{symbol}:{'LONG' if quantity > 0 else 'SHORT'}"


def check_side(shown: Part, side: str) -> None:
    """Refuse a signed quantity that is not of the side which its row names.

    Args:
        shown: the quantity.
        side: LONG or SHORT; any other word, such as BOTH, says nothing about the sign.

    Raises:
        StateError: a long is negative, or a short positive.
    """
    quantity, name = shown.decimal(), shown.keys[-1]
    if (side == "LONG" and quantity < 0) or (side == "SHORT" and quantity > 0):
        raise shown.error(
            f"{name} is {quantity} on the {side} side", f"a short has a negative {name}, a long a positive one"
        )


def check_one_mark_price(shown: Part, instrument: Instrument, remedy: str) -> None:
    """Refuse a side of a contract whose mark price is not that of the side read before.

    Args:
        shown: the mark price that the row of the side prints.
        instrument: the contract, at the mark price of the side read first.
        remedy: how to mend it.

    Raises:
        StateError: they differ.
    """
    if shown.decimal() != instrument.mark_price:
        raise shown.error(
            f"the two sides of {instrument.symbol} have mark prices {instrument.mark_price} and {shown.decimal()}",
            remedy,
        )


def unwrapped(answer: Part, key: str, success: Mapping[str, str]) -> Part:
    """What an answer holds behind the frame a venue sends it in; the answer itself where the frame was taken off.

    Args:
        answer: the answer, whole or without its frame.
        key: the member of the frame that holds what was asked for.
        success: members of the frame that say whether the request was answered, and what they are then.

    Raises:
        StateError: the venue refused the request.
    """
    again = "ask the venue again, and give what it then answers"
    if not isinstance(answer.value, Mapping):
        return answer
    for name, word in success.items():
        if answer.has(name) and str(answer.member(name).value) != word:
            raise answer.error(f"{answer.name} is no answer: {name} is {str(answer.member(name).value)[:40]}", again)
    if answer.has("error"):
        raise answer.error(f"{answer.name} is no answer: error is {str(answer.member('error').value)[:200]}", again)
    return answer.member(key) if answer.has(key) else answer


def framed_rows(answer: Part | None, key: str, success: Mapping[str, str]) -> Iterator[Part]:
    """The rows of an answer, or of several answers in a list, each with its frame or without.

    Args:
        answer: the answer or the list; None where the payload has none.
        key: the member of the frame that holds what was asked for.
        success: members of the frame that say whether the request was answered, and what they are then.

    Raises:
        StateError: the venue refused a request.
    """
    if answer is None:
        return
    for item in unwrapped(answer, key, success).rows():
        yield from unwrapped(item, key, success).rows()


def server_moment(payload: Part, key: str, member: str) -> datetime | None:
    """The time of the venue, in milliseconds: in the answer of that name or in its place; None where none is given.

    Args:
        payload: the whole payload.
        key: the name of the answer.
        member: the member of the answer that has the time.
    """
    given = payload.optional(key)
    if given is None:
        return None
    return (given.member(member) if isinstance(given.value, Mapping) else given).moment()


def text_moment(part: Part) -> datetime:
    """The time that a text such as 2026-11-22T12:00:00.000Z means.

    Raises:
        StateError: it is no such text, or names no time zone.
    """
    try:
        moment = datetime.fromisoformat(part.text())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise part.error(f"{part.name} is no time such as 2026-11-22T12:00:00.000Z", "give the venue's own form")
    return moment


def refuse_order_margin_without_orders(
    payload: Part, name: str, margins: Iterable[Part | None], *, listed: bool
) -> None:
    """Ask for the open orders where a venue prints a margin that only orders take, and there are none.

    Args:
        payload: the whole payload.
        name: the name of the answer that has the orders.
        margins: the figures that the venue prints; None where it prints none.
        listed: whether the payload has an order, be it one that is left out.

    Raises:
        StateError: one of them is not zero, and there is no order.
    """
    for shown in margins:
        if listed or shown is None or not shown.decimal():
            continue
        if not payload.has(name):
            raise payload.lacks(name)
        raise shown.error(
            f"{shown.name} is {shown.decimal()}, but {name} has no order",
            f"give the answer of {payload.requests[name]}, of all orders, taken at the same moment",
        )


def entry_price_of_cost(
    instrument: Instrument, quantity: Decimal, shown: Part, cost: Decimal, *, exact_within: Decimal, slack: Decimal
) -> Decimal:
    """The entry price behind a cost that a venue prints beside a shortened average price.

    Args:
        instrument: the contract.
        quantity: contracts, of either sign.
        shown: the average price as printed.
        cost: the value at entry, in the settlement asset, positive.
        exact_within: the printed price stands where its value is no further from the cost than this.
        slack: how far the venue's rounding of the cost explains a difference, beside the digits of the price.

    Returns:
        The printed price, or the one whose value is the cost; at most `SOLVED_DIGITS`, on the side where its value is
        not above the cost, so that a rule that rounds a margin up does not add a unit.

    Raises:
        StateError: they are further apart than that, or the cost is not positive.
    """
    printed = shown.positive()
    value = value_at(instrument, quantity, printed)
    if abs(value - cost) <= exact_within:
        return printed
    if cost <= 0 or abs(value - cost) > slack + value_slack(instrument, quantity, printed):
        raise shown.error(
            f"{shown.keys[-1]} is {printed}, at which the position cost "
            f"{plain_text(to_solved_digits(value))}, but its cost is {plain_text(cost)}",
            "give size, price and cost of one answer of the venue",
        )
    units = abs(quantity) * instrument.contract_size
    inverse = instrument.contract == "inverse"
    with localcontext(Context(prec=SOLVED_DIGITS, rounding=ROUND_CEILING if inverse else ROUND_FLOOR)):
        return units / cost if inverse else cost / units


def check_profit_total(
    shown: Part | None, unit: Decimal, positions: Iterable[tuple[Decimal, Decimal]], answer: str
) -> None:
    """Refuse a total profit of an account that is not that of the positions given: some were left out.

    The two figures are of two answers, so marks may have moved in between: by up to a hundredth, which is more than
    they move from one request to the next.

    Args:
        shown: the account's unrealized profit in one settlement asset; None where the venue prints none.
        unit: what one of it is worth in that asset.
        positions: profit and value of each position that settles in the asset.
        answer: what the positions were read from.

    Raises:
        StateError: they are further apart.
    """
    if shown is None:
        return
    pairs = list(positions)
    profit = sum((profit for profit, _ in pairs), Decimal(0))
    slack = sum((abs(value) for _, value in pairs), Decimal(0)) * _MARKS_MOVE
    total = shown.decimal() * unit
    if abs(total - profit) > slack + (len(pairs) + 1) * printed_slack([shown.decimal()]) * unit:
        raise shown.error(
            f"{shown.name} is {plain_text(total)}, but the positions have {plain_text(to_solved_digits(profit))}",
            f"give the answer of {answer} of all positions, taken at the same moment",
        )


@frozen
class Collateral:
    """What of an asset counts as margin: one rate, or tiers by the amount held."""

    rate: Decimal | None
    tiers: TierTable | None

    def counted(self, amount: Decimal) -> Decimal:
        """What counts of an amount; a debt counts in full."""
        if amount <= 0:
            return amount
        if self.tiers is None:
            return amount * (self.rate or _ZERO)
        ends = [*(row[0] or _ZERO for row in self.tiers.rows[1:]), amount]
        parts = (
            (row[1] or _ZERO) * max(_ZERO, min(end, amount) - (row[0] or _ZERO))
            for row, end in zip(self.tiers.rows, ends, strict=True)
        )
        return sum(parts, _ZERO)


@frozen
class LoneAnswer:
    """How an answer that was given alone, not under its name, is told.

    Attributes:
        key: the name it belongs under.
        marks: members that together only this answer has, or its first row.
        part: which part of the answer has them, in words, where that is no row of it: the answer is asked for whole then.
    """

    key: str
    marks: tuple[str, ...]
    part: str = ""


def refuse_a_lone_answer(
    payload: Part, answers: Iterable[LoneAnswer], needed: Iterable[str], needed_where_held: Iterable[str] = ()
) -> None:
    """Say what a single answer is, under which name it belongs, and what else is needed.

    Args:
        payload: the whole payload.
        answers: how each answer is told.
        needed: the names that are always needed.
        needed_where_held: the names that are needed for the contracts held.

    Raises:
        StateError: the payload is one of these answers, and none of the needed names is there.
    """
    names = list(needed)
    is_list = isinstance(payload.value, list | tuple)
    shown = next(iter(payload.items()), None) if is_list else payload
    for answer in answers:
        if shown is None or not all(shown.has(mark) for mark in answer.marks):
            continue
        # The answer itself may have a member of the name that it belongs under.
        given = set() if is_list else {name for name, part in members(payload) if not isinstance(part.value, str)}
        if not given.isdisjoint(set(names) - set(answer.marks)):
            continue
        request = payload.requests[answer.key]
        others = [name for name in names if name != answer.key]
        held = [name for name in needed_where_held if name != answer.key]
        place = (
            f"give that answer whole, as `{answer.key}`"
            if answer.part
            else f'put it under its name, {{"{answer.key}": …}}'
        )
        raise payload.error(
            f"this is {answer.part or 'the answer'} of {request} alone",
            f"{place}, and add {requests_by_name(payload, others, held)}",
        )


def refuse_other_names(payload: Part, others: Iterable[str] = ()) -> None:
    """Refuse a payload with a name that an importer does not read: a misspelt answer would go unread.

    Args:
        payload: the whole payload.
        others: the names that it reads beside those of the venue's answers.

    Raises:
        StateError: there is such a name beside one that is read, or the answers stand within another object.
    """
    names = [*payload.requests, *others]
    given = members(payload)
    unread = [part for name, part in given if name not in names]
    for part in unread:
        if len(unread) < len(given):
            raise part.error(
                f"the payload has {part.keys[-1]}, which this importer does not read",
                f"{did_you_mean(str(part.keys[-1]), names)}it reads {', '.join(names)}",
            )
        if any(part.has(name) for name in names):
            raise part.error(
                f"the answers of the venue stand under {part.name}", "give what stands there, and nothing around it"
            )


def requests_by_name(payload: Part, names: Iterable[str], where_held: Iterable[str] = ()) -> str:
    """The answers of some names, each with its request and its name, for a remedy.

    Args:
        payload: the whole payload.
        names: those that are needed.
        where_held: those that are needed besides for the contracts held.
    """

    def listed(of: Iterable[str]) -> str:
        *first, last = [f"{payload.requests[name]} as `{name}`" for name in of] or [""]
        return f"{', '.join(first)} and {last}" if first else last

    held = listed(where_held)
    return f"the answers of {listed(names)}" + (f"; for what is held, those of {held} too" if held else "")


def members(part: Part) -> tuple[tuple[str, Part], ...]:
    """The members of an object, by name; those that are null are left out.

    Raises:
        StateError: it is not an object.
    """
    part.optional("")
    names = part.value if isinstance(part.value, Mapping) else {}
    return tuple((str(name), part.member(name)) for name in names if part.has(name))


def signed_size(row: Part, size_key: str, sides: Mapping[str, int], side_key: str = "side") -> Decimal:
    """The signed quantity of a row that names its side; zero where it has no size.

    Args:
        row: a position.
        size_key: the member with the size; a venue prints it with or without sign.
        sides: the venue's words for a side, in lower case, and their sign.
        side_key: the member with the side.

    Raises:
        StateError: a member is missing or malformed, or the size is negative on the long side.
    """
    size = row.member(size_key).decimal()
    if not size:
        return size
    side = row.member(side_key)
    sign = int(side.choice({word: str(sign) for word, sign in sides.items()}))
    if size < 0 < sign:
        raise row.member(size_key).error(
            f"{size_key} is {size} on the {side.text()} side",
            "a long has a positive size, a short a negative one or one without a sign",
        )
    return abs(size) * sign


def mark_behind_profit(
    profit: Decimal, instrument: Instrument, quantity: Decimal, entry_price: Decimal, listed: Decimal, slack: Decimal
) -> Decimal | None:
    """The mark price at the moment of the answer that prints a profit; the instrument is linear.

    Args:
        profit: unrealized profit of the position, in the settlement asset.
        instrument: the contract.
        quantity: signed contracts.
        entry_price: quote per base.
        listed: the mark price in the answer about the market, of another moment.
        slack: how far the digits printed leave the profit open.

    Returns:
        The listed price where it gives that profit, else the one that does; None where that is further away than a
        price moves between two requests.
    """
    if abs(unrealized_pnl(instrument, quantity, entry_price, listed) - profit) <= slack:
        return listed
    exact = to_solved_digits(entry_price + profit / (quantity * instrument.contract_size))
    return exact if abs(exact - listed) <= _MARKS_MOVE * listed else None
