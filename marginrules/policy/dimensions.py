"""Dimensions: what a number counts. They are the types of the language.

An amount has units with exponents: money in USDC is `USDC`, a price is `quote/base`, a quantity is `contracts`. Assets
are symbolic: `settle`, `quote` and `base` are those of the instrument at hand, `asset` is that of a balance. Numbers
without units come in kinds that must not be mixed: a *rate* is a share of something (5 %), a *number* a plain count
or a leverage. A *ratio* is a quotient of like things and may serve as either; a bare literal takes the kind that its
place asks for, if it can.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from attrs import field, frozen

Kind = Literal["amount", "number", "rate", "ratio", "literal", "flag", "choice", "asset", "tiers", "duration", "broken"]
Units = tuple[tuple[str, int], ...]


@frozen
class Dimension:
    """What a value counts.

    Attributes:
        kind: `amount` has units; the others have none.
        units: unit symbols with their exponents, sorted, none zero.
        choices: values of a choice.
    """

    kind: Kind
    units: Units = ()
    choices: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return _describe(self)

    @property
    def numeric(self) -> bool:
        """Whether arithmetic is defined on it."""
        return self.kind in {"amount", "number", "rate", "ratio", "literal", "duration", "broken"}

    @property
    def dimensionless(self) -> bool:
        """Whether it is a number without units."""
        return self.kind in {"number", "rate", "ratio", "literal"}


NUMBER = Dimension("number")
RATE = Dimension("rate")
RATIO = Dimension("ratio")
LITERAL = Dimension("literal")
FLAG = Dimension("flag")
TIERS = Dimension("tiers")
DURATION = Dimension("duration", (("seconds", 1),))
ASSET = Dimension("asset")
BROKEN = Dimension("broken")
"""Of what a mistake, already reported, left without one: it goes with everything, so that one mistake is told once."""


def amount(units: Mapping[str, int]) -> Dimension:
    """An amount of the given units; without any it is a ratio."""
    left = tuple(sorted((symbol, power) for symbol, power in units.items() if power))
    return Dimension("amount", left) if left else RATIO


def money(asset: str) -> Dimension:
    """Money in an asset."""
    return Dimension("amount", ((asset, 1),))


PRICE = Dimension("amount", (("base", -1), ("quote", 1)))
QUANTITY = Dimension("amount", (("contracts", 1),))


def choice(values: Iterable[str]) -> Dimension:
    """One of the given words."""
    return Dimension("choice", (), tuple(values))


def product(left: Dimension, right: Dimension, power: int = 1) -> Dimension:
    """The dimension of left times right (power 1) or left over right (power -1); both numeric."""
    if BROKEN in (left, right):
        return BROKEN
    if left.dimensionless and right.dimensionless:
        return _pure_product(left, right, power)
    units = dict(left.units)
    for symbol, exponent in right.units:
        units[symbol] = units.get(symbol, 0) + power * exponent
    if left.kind == "duration" or right.kind == "duration":
        remaining = {symbol: exponent for symbol, exponent in units.items() if exponent}
        return DURATION if remaining == {"seconds": 1} else amount(units)
    return amount(units)


def _pure_product(left: Dimension, right: Dimension, power: int) -> Dimension:
    kinds = (left.kind, right.kind)
    if kinds == ("literal", "literal"):
        return LITERAL
    if power == 1:
        if "rate" in kinds:
            return RATE
        return RATIO if "ratio" in kinds else NUMBER
    match kinds:
        case ("rate", "number" | "ratio" | "literal"):
            return RATE
        case ("number", "rate") | ("literal", "rate") | ("number", "literal"):
            return NUMBER
        case _:
            return RATIO


def same_kind(left: Dimension, right: Dimension) -> Dimension | None:
    """The dimension of a sum, a comparison or a choice between the two; None where they do not go together.

    A literal beside an amount is the caller's case: only zero has every dimension.
    """
    if BROKEN in (left, right):
        other = right if left == BROKEN else left
        return BROKEN if other == LITERAL else other
    if left.kind == right.kind == "choice":
        return left
    if left == right:
        return left
    if left.dimensionless and right.dimensionless:
        kinds = {left.kind, right.kind}
        if kinds == {"number", "rate"}:
            return None
        for kind in ("number", "rate", "ratio"):
            if kind in kinds:
                # A literal added to a rate stays a rate only as long as it is one: `1 - rate` is a ratio.
                return RATIO if kind == "rate" and "literal" in kinds else Dimension(kind)
    return None


def _describe(dimension: Dimension) -> str:
    match dimension.kind:
        case "amount":
            units = dict(dimension.units)
            if dimension == PRICE or units == {"base": -1, "settle": 1}:
                return "a price (quote per base)"
            if dimension == QUANTITY:
                return "a quantity (contracts)"
            if len(units) == 1 and next(iter(units.values())) == 1:
                unit = next(iter(units))
                return "a quantity of base units" if unit == "base" else f"money in {_unit_text(unit)}"
            return _units_text(units)
        case "literal":
            return "a bare number"
        case "rate":
            return "a rate"
        case "number":
            return "a number"
        case "ratio":
            return "a ratio"
        case "flag":
            return "a flag"
        case "choice":
            return f"a choice of {', '.join(dimension.choices)}"
        case "tiers":
            return "a tier table"
        case "duration":
            return "a duration"
        case "asset":
            return "an asset"
        case "broken":
            return "what is mistaken"


_UNIT_NAMES = {
    "settle": "the settlement asset",
    "quote": "the quote asset",
    "base": "the base asset",
    "asset": "the balance's asset",
}


def _unit_text(unit: str) -> str:
    return _UNIT_NAMES.get(unit, unit)


def _units_text(units: Mapping[str, int]) -> str:
    above = [_power(unit, power) for unit, power in units.items() if power > 0]
    below = [_power(unit, -power) for unit, power in units.items() if power < 0]
    text = " x ".join(above) or "1"
    return text + (" per " + " and ".join(below) if below else "")


def _power(unit: str, power: int) -> str:
    return unit if power == 1 else f"{unit}^{power}"
