"""Values that cannot be had, with the reason: they pass through arithmetic and are never replaced by a guess."""

from decimal import Decimal

from attrs import frozen


@frozen(cache_hash=True)
class Unknown:
    """A value that cannot be had.

    Attributes:
        reason: why, in words.
        pointer: JSON pointer to what is missing in the document, where something is.
    """

    reason: str
    pointer: str = ""


Value = Decimal | bool | str | Unknown
"""What a node evaluates to."""


class MissingError(Exception):
    """Raised inside compiled code where a value is missing; the reference evaluator then finds out why."""
