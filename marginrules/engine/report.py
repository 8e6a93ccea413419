"""What an evaluation says about an account: immutable records, in the field's own terms."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from attrs import field, frozen

from marginrules.errors import MarginRulesError
from marginrules.language.diagnostics import did_you_mean

Figure = Decimal | bool | None
"""A number, a flag, or None where it cannot be had: then `unknown` says why."""

NO_FIGURES: Mapping[str, Figure] = MappingProxyType({})


# Without slots: the dictionary of a frozen record is filled in half the time that its slots take.
@frozen(slots=False)
class PoolReport:
    """One pool.

    Attributes:
        pool: its kind; id: its name in the account; asset: currency of its amounts.
        margin_ratio: maintenance margin over equity, unless the policy defines its own.
        figures: further figures that the policy publishes, and its thresholds by name.
    """

    pool: str
    id: str
    positions: tuple[str, ...]
    asset: str | None
    equity: Decimal | None
    initial_margin: Decimal | None
    maintenance_margin: Decimal | None
    margin_ratio: Decimal | None
    liquidatable: bool | None
    figures: Mapping[str, Figure] = NO_FIGURES


@frozen(slots=False)
class PositionReport:
    """One position; amounts in its settlement asset, prices in quote units for a base unit.

    Attributes:
        pool: id of the pool that it is in.
        notional: unsigned value at the mark price.
        liquidation_price: mark price at which its pool becomes liquidatable, everything else as it is; for a pool
            that is liquidatable now, the nearest price at which it ceases to be.
        bankruptcy_price: mark price at which its pool's equity is zero.
        other_boundaries: further prices at which the pool becomes liquidatable or ceases to be, ascending.
    """

    id: str
    pool: str
    notional: Decimal | None
    unrealized_pnl: Decimal | None
    initial_margin: Decimal | None
    maintenance_margin: Decimal | None
    liquidation_price: Decimal | None
    bankruptcy_price: Decimal | None
    other_boundaries: tuple[Decimal, ...]
    figures: Mapping[str, Figure] = NO_FIGURES


class NoSuchRecordError(MarginRulesError, KeyError):
    """A pool or a position that the report does not have; names those it has."""

    def __str__(self) -> str:
        # A KeyError shows what it was made with as a literal.
        return str(self.args[0])


@frozen(slots=False)
class IdleEquity:
    """What the policy calls free, in one asset."""

    asset: str | None
    amount: Decimal | None


@frozen
class UnknownEntry:
    """Why a figure of the report is null.

    Attributes:
        at: JSON pointer into the report.
        reason: why; `none` where the venue would say that there is no such price.
        pointer: JSON pointer into the account document, where something is missing there.
    """

    at: str
    reason: str
    pointer: str = ""


@frozen
class PolicyNote:
    """Which policy answered.

    Attributes:
        omits: what the venue has and the policy leaves out.
    """

    name: str
    version: str
    digest: str
    omits: tuple[str, ...] = ()


@frozen(slots=False)
class Report:
    """The answer of a policy about one account.

    Attributes:
        notes: what a reader should know beside the figures, such as a table past its date.
    """

    policy: PolicyNote
    account: str
    pools: tuple[PoolReport, ...]
    positions: tuple[PositionReport, ...]
    idle_equity: tuple[IdleEquity, ...]
    unknown: tuple[UnknownEntry, ...]
    notes: tuple[str, ...] = field(default=())

    def pool(self, identity: str) -> PoolReport:
        """The pool of that id.

        Raises:
            NoSuchRecordError: there is none; it is a `KeyError` too.
        """
        for found in self.pools:
            if found.id == identity:
                return found
        raise _no_record("pool", identity, [found.id for found in self.pools])

    def position(self, identity: str) -> PositionReport:
        """The position of that id.

        Raises:
            NoSuchRecordError: there is none; it is a `KeyError` too.
        """
        for found in self.positions:
            if found.id == identity:
                return found
        raise _no_record("position", identity, [found.id for found in self.positions])

    @property
    def liquidatable(self) -> bool | None:
        """Whether any pool is; None where none is known to be and some pool is unknown."""
        verdicts = [pool.liquidatable for pool in self.pools]
        if True in verdicts:
            return True
        return None if None in verdicts else False


def _no_record(kind: str, identity: str, known: list[str]) -> NoSuchRecordError:
    there = f"there are {', '.join(known)}" if known else f"there is no {kind}"
    return NoSuchRecordError(f"the report has no {kind} {identity!r}\nhelp: {did_you_mean(identity, known)}{there}")
