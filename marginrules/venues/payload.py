"""A venue's payload as it was parsed, and how an importer asks it for what it needs.

A `Part` is one value of the payload together with where it stands. Importers ask a part for its members by name;
what is absent is asked for by name in turn, and what has the wrong form is an error with its JSON pointer. Nothing
here knows a venue, and nothing opens a connection.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from attrs import field, frozen

from marginrules import arithmetic
from marginrules.account.state import StateError
from marginrules.arithmetic import PRECISION

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ZERO = Decimal(0)


class Placed(Decimal):
    """A number of the payload, or one that is worked out of such numbers: it knows where they stand.

    Sums, products and the other operations below give such numbers again, so that an importer need not say what it makes of
    what. Contexts' own methods, constructors and texts give plain numbers.
    """

    __slots__ = ("parts",)
    parts: "tuple[Placed | str, ...]"
    """Where it stands, or the numbers that it is made of."""

    def __new__(cls, value: Decimal, parts: "Iterable[Placed | str]") -> Self:
        """A number that comes from some places, or is made of numbers that do."""
        found = super().__new__(cls, value)
        found.parts = tuple(parts)
        return found

    def places(self) -> tuple[str, ...]:
        """The JSON pointers that the number comes from, each once."""
        found: dict[str, None] = {}
        seen: set[int] = set()
        left: list[Placed | str] = [self]
        while left:
            part = left.pop()
            if isinstance(part, str):
                found[part] = None
            elif id(part) not in seen:
                seen.add(id(part))
                left.extend(reversed(part.parts))
        return tuple(found)


def _placing(name: str) -> Callable[..., Any]:
    operation = getattr(Decimal, name)

    def placed(self: Placed, *arguments: Any, **options: Any) -> Any:
        found = operation(self, *arguments, **options)
        if not isinstance(found, Decimal):
            return found
        return Placed(found, [self, *(part for part in arguments if isinstance(part, Placed))])

    return placed


for _name in (
    *(f"__{side}{operation}__" for operation in ("add", "sub", "mul", "truediv") for side in ("", "r")),
    *("__neg__", "__pos__", "__abs__", "copy_sign", "quantize", "scaleb", "normalize"),
):
    setattr(Placed, _name, _placing(_name))


class PlacedText(str):
    """A text of the payload, or what a word of the venue means: it knows where it stands."""

    __slots__ = ("place",)
    place: str

    def __new__(cls, value: str, place: str) -> Self:
        """A text that stands at a JSON pointer."""
        found = super().__new__(cls, value)
        found.place = place
        return found


def to_solved_digits(number: Decimal) -> Decimal:
    """A quotient at the digits of a solved price, still knowing where it comes from."""
    found = arithmetic.to_solved_digits(number)
    return Placed(found, [number]) if isinstance(number, Placed) else found


@frozen
class Part:
    """One value of a payload, and where it stands.

    Attributes:
        value: the parsed JSON: numbers are `Decimal`, or text as the venue prints them.
        source: name of the payload, as errors show it.
        requests: for each name at the top of the payload, the venue's request whose answer stands there.
        keys: names and indices that lead to the value.
    """

    value: object = field(repr=False)
    source: str
    requests: Mapping[str, str] = field(repr=False)
    keys: tuple[str | int, ...] = ()

    @property
    def pointer(self) -> str:
        """The JSON pointer of the value."""
        return "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in self.keys)

    @property
    def name(self) -> str:
        """The value's place as people write it: `meta.marginTables[0]`."""
        steps = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.keys)
        return "".join(steps).removeprefix(".") or "the payload"

    def error(self, problem: str, remedy: str) -> StateError:
        """An error about this value; the caller raises it."""
        return StateError(self.pointer, problem, remedy, self.source)

    def lacks(self, key: str, remedy: str = "") -> StateError:
        """The error that asks for a member by name.

        Args:
            key: name of the member that is absent.
            remedy: how to get it; by default from the request that answers this part of the payload.
        """
        absent = Part(None, self.source, self.requests, (*self.keys, key))
        if not remedy:
            top = str(absent.keys[0])
            request = self.requests.get(top)
            remedy = f"add the answer of {request} as `{top}`" if request else f"add `{absent.name}`"
            if request and self.keys:
                remedy += ", whole, as the venue gave it"
        return absent.error(f"the payload lacks {absent.name}", remedy)

    def has(self, key: str) -> bool:
        """Whether an object has the member, and it is not null."""
        return isinstance(self.value, Mapping) and self.value.get(key) is not None

    def optional(self, key: str) -> "Part | None":
        """The member of that name, or None where it is absent or null.

        Raises:
            StateError: this value is not an object.
        """
        if not isinstance(self.value, Mapping):
            raise self.error(f"{self.name} is {_kind(self.value)} where an object is due", self._restore())
        if self.value.get(key) is None:
            return None
        return Part(self.value[key], self.source, self.requests, (*self.keys, key))

    def member(self, key: str, remedy: str = "") -> "Part":
        """The member of that name.

        Raises:
            StateError: it is absent or null, or this value is not an object.
        """
        found = self.optional(key)
        if found is None:
            raise self.lacks(key, remedy)
        return found

    def items(self) -> "tuple[Part, ...]":
        """The members of a list, in order.

        Raises:
            StateError: this value is not a list.
        """
        if not isinstance(self.value, list | tuple):
            raise self.error(f"{self.name} is {_kind(self.value)} where a list is due", self._restore())
        return tuple(
            Part(item, self.source, self.requests, (*self.keys, index)) for index, item in enumerate(self.value)
        )

    def rows(self) -> "tuple[Part, ...]":
        """The members of a list; of a single object, which a venue gives when one symbol was asked for, itself."""
        return (self,) if isinstance(self.value, Mapping) else self.items()

    def text(self) -> str:
        """The text, which is not empty, and knows where it stands.

        Raises:
            StateError: it is not a text, or empty.
        """
        if not isinstance(self.value, str) or not self.value:
            raise self.error(f"{self.name} is {_kind(self.value)} where a text is due", self._restore())
        return PlacedText(self.value, self.pointer)

    def choice(self, meanings: Mapping[str, str]) -> str:
        """What a word of the venue means here.

        Args:
            meanings: the venue's words, in lower case, and what each is called here.

        Raises:
            StateError: it is none of those words.
        """
        word = self.text()
        if word.lower() not in meanings:
            known = " or ".join(f"`{known}`" for known in meanings)
            raise self.error(f"{self.name} is `{word}`, which this importer does not know", f"expected {known}")
        return PlacedText(meanings[word.lower()], self.pointer)

    def flag(self) -> bool:
        """The truth value; a venue writes it as JSON or as text.

        Raises:
            StateError: it is neither true nor false.
        """
        if isinstance(self.value, bool):
            return self.value
        if self.value in ("true", "false"):
            return self.value == "true"
        raise self.error(f"{self.name} is {_kind(self.value)} where true or false is due", self._restore())

    def decimal(self) -> Decimal:
        """The number, exactly as written, which knows where it stands.

        Raises:
            StateError: it is not a finite decimal of at most `PRECISION` digits, or was read as a binary float.
        """
        value = self.value
        if isinstance(value, float):
            raise self.error(
                f"{self.name} was read as a binary float, which has lost the digits that the venue printed",
                "parse the JSON with parse_float=Decimal",
            )
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            value = Decimal(value)
        if isinstance(value, int) and not isinstance(value, bool):
            value = Decimal(value)
        if not isinstance(value, Decimal) or not value.is_finite():
            raise self.error(f"{self.name} is {_kind(self.value)} where a number is due", self._restore())
        if len(value.as_tuple().digits) > PRECISION or (value and abs(value.adjusted()) >= PRECISION):
            raise self.error(f"{self.name} has more than {PRECISION} digits", self._restore())
        return Placed(value, (self.pointer,))

    def positive(self) -> Decimal:
        """The number, which is greater than zero.

        Raises:
            StateError: it is not a number, or zero or less.
        """
        number = self.decimal()
        if number <= 0:
            raise self.error(f"{self.name} is {number}, and must be greater than zero", self._restore())
        return number

    def rate(self) -> Decimal:
        """The number, a fraction from 0 to 1.

        Raises:
            StateError: it is not a number, or outside that range.
        """
        number = self.decimal()
        if not 0 <= number <= 1:
            raise self.error(f"{self.name} is {number}, and must lie between 0 and 1", self._restore())
        return number

    def whole(self) -> Decimal:
        """The number, which has no fraction.

        Raises:
            StateError: it is not a number, or has a fraction.
        """
        number = self.decimal()
        if number != number.to_integral_value():
            raise self.error(f"{self.name} is {number} where a whole number is due", self._restore())
        return number

    def integer(self) -> int:
        """The number as one to count with, which has no fraction.

        Raises:
            StateError: it is not a number, or has a fraction.
        """
        return int(self.whole())

    def moment(self) -> datetime:
        """The time that a number of milliseconds since 1970 means, in UTC.

        Raises:
            StateError: it is not a number of milliseconds that a calendar has.
        """
        try:
            return _EPOCH + timedelta(milliseconds=self.integer())
        except OverflowError:
            raise self.error(f"{self.name} is no time in milliseconds since 1970", self._restore()) from None

    def _restore(self) -> str:
        request = self.requests.get(str(self.keys[0])) if self.keys else None
        if request:
            return f"give the answer of {request} as the venue gave it"
        wanted = ", ".join(f"`{key}`" for key in self.requests)
        return "give the venue's own form" if self.keys else f"give one object that holds the venue's answers: {wanted}"


def optional_decimal(part: Part, key: str) -> Decimal | None:
    """The number of that name, or None where the payload has none."""
    found = part.optional(key)
    return None if found is None else found.decimal()


def last_place(number: Decimal) -> Decimal:
    """One unit of the last digit that is printed: 0.01 for 12.30."""
    exponent = number.as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else _ZERO


def each_once(parts: Iterable[tuple[str, Part]]) -> Iterator[tuple[str, Part]]:
    """The same pairs of key and part.

    Raises:
        StateError: a key comes twice.
    """
    seen: set[str] = set()
    for key, part in parts:
        if key in seen:
            raise part.error(f"{key} is listed twice", "give each once, from one answer of the venue")
        seen.add(key)
        yield key, part


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f"the text {value[:40]!r}" if value else "an empty text"
        case Mapping():
            return "an object"
        case list() | tuple():
            return "a list"
        case _:
            return f"the number {str(value)[:40]}"
