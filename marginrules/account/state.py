"""The state of one margin account: immutable records, every number a `Decimal`.

Amounts are in the asset named beside them; a quantity is signed and counted in contracts; a price is in quote
units for one base unit; a rate is a fraction (0.05 is 5 %). `None` means the document did not say: the engine
answers `unknown` where a rule needs such a value and never puts a default in its place. (Defaults exist only
where a policy declares one for an input.)
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from marginrules.errors import MarginRulesError

Value = Decimal | bool | str | None
"""What a field of a document holds."""

NO_INPUTS: Mapping[str, Value] = MappingProxyType({})

END_COLUMNS: Mapping[str, str] = MappingProxyType({"above": "up_to", "at_least": "below"})
"""The columns of a tier table that say where rows begin, and with each the one that says where they end."""

TIER_BOUNDS = frozenset({*END_COLUMNS, *END_COLUMNS.values()})

Places = Mapping[str, tuple[str, ...]]
"""JSON pointers to where a record's values come from, by field; an empty tuple: from nowhere in the document."""

NO_PLACES: Places = MappingProxyType({})

BOOKKEEPING = frozenset({"inputs", "pointer", "places", "imported"})
"""Attributes of a record that are not fields of its document."""


@frozen(eq=False)
class TierTable:
    """Rows of a venue's tier table, in the order of their lower bounds.

    A row holds for keys greater than its bound where the first column is `above`, for keys from it on where that is
    `at_least`. The last row goes on for ever, unless it says where it ends: as `up_to` under `above` (that key is still
    in it), as `below` under `at_least` (that key is not).

    Attributes:
        columns: column names; the first is `above` or `at_least`, the lower bound in the unit the venue tiers by.
        rows: one tuple per tier, a cell for each column; `None` where the table has no figure.
        pointer: JSON pointer of the table in the account document, or the file it came from.
        places: of an imported table, where each cell comes from, by row and column.
        imported: whether the table is a venue's own answer, which has other names.
        of_policy: whether the table is the policy's, so that its pointer is a place in a rule file or a data file.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Decimal | None, ...], ...]
    pointer: str = ""
    places: Mapping[tuple[int, str], tuple[str, ...]] = field(default=MappingProxyType({}), repr=False)
    imported: bool = field(default=False, repr=False)
    of_policy: bool = field(default=False, repr=False)
    bounds: tuple[Decimal, ...] = field(init=False, repr=False)
    """The lower bound of each row, as engines look for one; after them where the last row ends, if it does."""
    derived: dict[Any, Any] = field(factory=dict, init=False, repr=False)
    """Rates and amounts an engine derived from the rows, by expression: derived once per table."""

    @bounds.default
    def _bounds(self) -> tuple[Decimal, ...]:
        lower = tuple(row[0] if row[0] is not None else Decimal(0) for row in self.rows)
        end = self.cell(len(self.rows) - 1, self.end_column)
        return lower if end is None else (*lower, end)

    @property
    def inclusive(self) -> bool:
        """Whether a key equal to a lower bound is in the row that begins there."""
        return self.columns[0] == "at_least"

    @property
    def end_column(self) -> str:
        """The column that says where a row ends: `up_to`, or `below` where lower bounds are in."""
        return END_COLUMNS[self.columns[0]]

    @property
    def end(self) -> Decimal | None:
        """Where the last row ends; None where it does not."""
        return self.bounds[-1] if len(self.bounds) > len(self.rows) else None

    def cell(self, row: int, column: str) -> Decimal | None:
        """The figure in a row, or None where the table has none.

        Args:
            row: index of the tier, from 0.
            column: a column name; one that the table lacks gives None.

        Raises:
            IndexError: there is no such row.
        """
        cells = self.rows[row]
        return cells[self.columns.index(column)] if column in self.columns else None

    def amount_due(self, row: int) -> Decimal | None:
        """What a row must deduct so that the requirement makes no jump where it begins; None where it deducts that.

        Where a rate or an amount is missing on either side, nothing is due.

        Args:
            row: index of the tier, from 1.
        """
        rate, before = self.cell(row, "maintenance_rate"), self.cell(row - 1, "maintenance_rate")
        amount, last = self.cell(row, "maintenance_amount"), self.cell(row - 1, "maintenance_amount")
        if rate is None or before is None or amount is None or last is None:
            return None
        due = last + self.bounds[row] * (rate - before)
        return None if amounts_agree(amount, due) else due

    def __eq__(self, other: object) -> bool:
        """Tables are equal when columns and rows are; where they were read does not matter."""
        if not isinstance(other, TierTable):
            return NotImplemented
        return self.columns == other.columns and self.rows == other.rows

    def __hash__(self) -> int:
        return hash((self.columns, self.rows))


def amounts_agree(published: Decimal, due: Decimal) -> bool:
    """Whether a published maintenance amount is the one that continuity gives: venues print it rounded.

    It may be apart by a hundredth, by a hundredth of a hundredth of it, or by a unit of the last digit that it is
    printed to.
    """
    exponent = published.as_tuple().exponent
    printed_to = Decimal(1).scaleb(exponent) if published and isinstance(exponent, int) else Decimal(0)
    return abs(published - due) <= max(Decimal("0.01"), abs(due) * Decimal("0.0001"), printed_to)


@frozen
class Instrument:
    """A contract that can be traded.

    Attributes:
        symbol: the name by which positions and orders refer to it.
        contract: `linear`, `inverse` or `quanto`.
        base: asset of the underlying.
        quote: asset the price is in.
        settle: asset in which margin and profit are.
        contract_size: base units (linear), quote units (inverse) or settlement units per point of price (quanto)
            of one contract.
        mark_price: price at which the venue values positions, quote per base.
        inputs: what only some venue has, by the name its policy declares.
        pointer: JSON pointer of this record in its document: an account document, or a venue's payload.
        places: where values come from that are not in the document under their own name.
        imported: whether the document is a venue's payload, which has other names.
    """

    symbol: str
    contract: str = "linear"
    base: str = ""
    quote: str = ""
    settle: str = ""
    contract_size: Decimal = Decimal(1)
    mark_price: Decimal | None = None
    index_price: Decimal | None = None
    max_leverage: Decimal | None = None
    tick_size: Decimal | None = None
    quantity_step: Decimal | None = None
    taker_fee_rate: Decimal | None = None
    open_interest: Decimal | None = None
    tiers: TierTable | None = None
    inputs: Mapping[str, Value] = NO_INPUTS
    pointer: str = field(default="", eq=False)
    places: Places = field(default=NO_PLACES, eq=False, repr=False)
    imported: bool = field(default=False, eq=False, repr=False)


@frozen
class Asset:
    """A collateral or settlement currency.

    Attributes:
        asset: its name.
        index_price: USD for one unit.
        collateral_rate: share of its value that counts as collateral (1 less the haircut).
    """

    asset: str
    index_price: Decimal | None = None
    collateral_rate: Decimal | None = None
    collateral_tiers: TierTable | None = None
    inputs: Mapping[str, Value] = NO_INPUTS
    pointer: str = field(default="", eq=False)
    places: Places = field(default=NO_PLACES, eq=False, repr=False)
    imported: bool = field(default=False, eq=False, repr=False)


@frozen
class Balance:
    """Cash of one asset in the margin account.

    Attributes:
        wallet_balance: all cash of the asset, the margin assigned to isolated positions included.
        wallet: name of the wallet, where a venue keeps several in one account.
    """

    asset: str
    wallet_balance: Decimal
    wallet: str | None = None
    inputs: Mapping[str, Value] = NO_INPUTS
    pointer: str = field(default="", eq=False)
    places: Places = field(default=NO_PLACES, eq=False, repr=False)
    imported: bool = field(default=False, eq=False, repr=False)


@frozen
class Position:
    """An open position.

    Attributes:
        quantity: signed number of contracts, negative for a short.
        entry_price: quote per base.
        margin_mode: `cross` or `isolated`; None where the venue has no such setting.
        leverage: the leverage chosen for it, at least 1 at most venues.
        assigned_margin: cash assigned to an isolated position, in the settlement asset.
        accrued_funding: funding not yet settled, positive when due to the trader, in the settlement asset.
    """

    id: str
    symbol: str
    quantity: Decimal
    entry_price: Decimal
    margin_mode: str | None = None
    leverage: Decimal | None = None
    assigned_margin: Decimal | None = None
    accrued_funding: Decimal | None = None
    auto_add_margin: bool | None = None
    inputs: Mapping[str, Value] = NO_INPUTS
    pointer: str = field(default="", eq=False)
    places: Places = field(default=NO_PLACES, eq=False, repr=False)
    imported: bool = field(default=False, eq=False, repr=False)


@frozen
class Order:
    """A resting order.

    Attributes:
        side: `buy` or `sell`.
        quantity: contracts still to fill, positive.
        price: limit price, quote per base; None for an order without one.
    """

    symbol: str
    side: str
    quantity: Decimal
    price: Decimal | None = None
    id: str | None = None
    reduce_only: bool | None = None
    margin_mode: str | None = None
    leverage: Decimal | None = None
    inputs: Mapping[str, Value] = NO_INPUTS
    pointer: str = field(default="", eq=False)
    places: Places = field(default=NO_PLACES, eq=False, repr=False)
    imported: bool = field(default=False, eq=False, repr=False)


@frozen
class Account:
    """The account itself: its name, the time of the state, and its settings.

    Attributes:
        as_of: when this state held; chooses among rules with effective dates.
    """

    id: str
    as_of: datetime | None = None
    inputs: Mapping[str, Value] = NO_INPUTS
    pointer: str = field(default="/account", eq=False)
    places: Places = field(default=NO_PLACES, eq=False, repr=False)
    imported: bool = field(default=False, eq=False, repr=False)

    @property
    def day(self) -> date | None:
        """The day of `as_of`, in UTC: one moment is one day, whatever zone it is written in."""
        if self.as_of is None or self.as_of.tzinfo is None:
            return None if self.as_of is None else self.as_of.date()
        return self.as_of.astimezone(UTC).date()


@frozen
class AccountState:
    """Everything an evaluation needs of one account.

    Records refer to one another by name: a position's `symbol` to an instrument, an instrument's `settle` and a
    balance's `asset` to an asset.
    """

    account: Account
    balances: tuple[Balance, ...] = ()
    positions: tuple[Position, ...] = ()
    orders: tuple[Order, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    assets: tuple[Asset, ...] = ()
    instrument_by_symbol: Mapping[str, Instrument] = field(init=False, eq=False, repr=False)
    asset_by_name: Mapping[str, Asset] = field(init=False, eq=False, repr=False)

    @instrument_by_symbol.default
    def _index_instruments(self) -> Mapping[str, Instrument]:
        return {instrument.symbol: instrument for instrument in self.instruments}

    @asset_by_name.default
    def _index_assets(self) -> Mapping[str, Asset]:
        return {asset.asset: asset for asset in self.assets}

    def __attrs_post_init__(self) -> None:
        """Refuse a state whose references do not resolve or whose names are not unique."""
        for kind, names in (
            ("positions", [position.id for position in self.positions]),
            ("instruments", [instrument.symbol for instrument in self.instruments]),
            ("assets", [asset.asset for asset in self.assets]),
        ):
            for index, name in enumerate(names if len(set(names)) < len(names) else ()):
                if name in names[:index]:
                    raise StateError(f"/{kind}/{index}", f"{kind[:-1]} {name!r} is listed twice", "give each one name")
        sections: tuple[tuple[str, tuple[Position | Order, ...]], ...] = (
            ("positions", self.positions),
            ("orders", self.orders),
        )
        for kind, records in sections:
            for index, record in enumerate(records):
                if record.symbol not in self.instrument_by_symbol:
                    raise StateError(
                        f"/{kind}/{index}/symbol",
                        f"no instrument has the symbol {record.symbol!r}",
                        "add it to `instruments`, or correct the symbol",
                    )

    def settlement_assets(self) -> Iterator[str]:
        """The settlement assets of the instruments that positions and orders are on, each once, in order."""
        seen: set[str] = set()
        symbols = [*(position.symbol for position in self.positions), *(order.symbol for order in self.orders)]
        for symbol in symbols:
            settle = self.instrument_by_symbol[symbol].settle
            if settle not in seen:
                seen.add(settle)
                yield settle


Record = Account | Balance | Position | Order | Instrument | Asset


def sources(record: Record, name: str) -> tuple[str, ...]:
    """JSON pointers to where the value of a field comes from.

    Args:
        record: any record of a state.
        name: a field or an input of it.

    Returns:
        One pointer for a value that stands in the document, several for one that an importer worked out of several, none
        for one that is not in the document at all.
    """
    found = record.places.get(name)
    if found is not None:
        return found
    return () if record.imported else (f"{record.pointer}/{name}",)


def pointer_to(record: Record, name: str) -> str:
    """JSON pointer of a field; where no single value of the document is it, of the record."""
    found = sources(record, name)
    return found[0] if len(found) == 1 else record.pointer


def pointer_to_cell(table: TierTable, row: int, column: str) -> str:
    """JSON pointer of a cell of a tier table; where no single value of the document is it, of the table."""
    found = cell_sources(table, row, column)
    return found[0] if len(found) == 1 else table.pointer


def cell_sources(table: TierTable, row: int, column: str) -> tuple[str, ...]:
    """JSON pointers to where a cell of a tier table comes from; of a table in a file, the file's name."""
    if table.of_policy:
        return (table.pointer,)
    found = table.places.get((row, column))
    if found is not None:
        return found
    return () if table.imported else (f"{table.pointer}/{row}/{column}",)


class StateError(MarginRulesError):
    """Account data that is malformed or contradicts itself.

    Attributes:
        pointer: JSON pointer of the guilty value.
        problem: what is wrong.
        remedy: how to mend it.
    """

    def __init__(self, pointer: str, problem: str, remedy: str, source: str = "account") -> None:
        self.pointer = pointer
        self.problem = problem
        self.remedy = remedy
        self.source = source
        super().__init__(f"{source}: {pointer or '/'}: {problem}\nhelp: {remedy}")
