"""What an importer is: a name, what it needs, and a reader from parsed JSON to an account state."""

from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from typing import Any, TypeVar

import attrs
from attrs import frozen

from marginrules.account.state import (
    BOOKKEEPING,
    AccountState,
    Instrument,
    Record,
    StateError,
    TierTable,
    pointer_to_cell,
)
from marginrules.arithmetic import CONTEXT, plain_text
from marginrules.venues.payload import Part, Placed, PlacedText

_Kind = TypeVar("_Kind", bound=Record)


@frozen
class Importer:
    """How the payload of one venue is read.

    Attributes:
        name: what `--from` calls it; the policy of that name reads the result.
        title: the venue, for people.
        needs: which answers of the venue's API the payload holds, in words.
        read: parsed JSON (numbers `Decimal` or text) and a name for errors, to an account state.
    """

    name: str
    title: str
    needs: str
    read: Callable[[object, str], AccountState]


def imported(
    read: Callable[[Part], AccountState], payload: object, source: str, requests: Mapping[str, str]
) -> AccountState:
    """The account state that an importer reads from a payload; each record says where its values come from.

    Args:
        read: the importer, from the payload as a part.
        payload: parsed JSON, its numbers `Decimal` or text.
        source: name of the payload for errors.
        requests: for each name at the top of the payload, the venue's request whose answer stands there.

    Raises:
        StateError: something is missing, malformed or contradicts itself.
    """
    with localcontext(CONTEXT):
        state = read(Part(payload, source, requests))
        found = AccountState(
            _marked(state.account),
            tuple([_marked(record) for record in state.balances]),
            tuple([_marked(record) for record in state.positions]),
            tuple([_marked(record) for record in state.orders]),
            tuple([_marked(record) for record in state.instruments]),
            tuple([_marked(record) for record in state.assets]),
        )
        for instrument in found.instruments:
            _hold_amounts(instrument, source)
        return found


def _hold_amounts(instrument: Instrument, source: str) -> None:
    """Refuse maintenance amounts of tiers that do not follow from one another."""
    table = instrument.tiers
    if table is None:
        return
    for row in range(1, len(table.rows)):
        due = table.amount_due(row)
        if due is not None:
            given = table.cell(row, "maintenance_amount")
            raise StateError(
                pointer_to_cell(table, row, "maintenance_amount"),
                f"the maintenance amount of tier {row + 1} of {instrument.symbol} is {given}, and {plain_text(due)} "
                "follows from the tier before it",
                "give the venue's answer whole, as it gave it",
                source,
            )


def _marked(record: _Kind) -> _Kind:
    """The record with plain values, and where each of them comes from beside them."""
    places: dict[str, tuple[str, ...]] = {}
    fields = {
        attribute.name: _plain(getattr(record, attribute.name), attribute.name, places)
        for attribute in attrs.fields(type(record))
        if attribute.name not in BOOKKEEPING
    }
    inputs = {name: _plain(value, name, places) for name, value in record.inputs.items()}
    return attrs.evolve(record, **fields, inputs=inputs or record.inputs, places=places, imported=True)


def _plain(value: Any, name: str, places: dict[str, tuple[str, ...]]) -> Any:
    if isinstance(value, Placed):
        places[name] = value.places()
        return Decimal(value)
    if isinstance(value, PlacedText):
        places[name] = (value.place,)
        return str(value)
    if isinstance(value, TierTable):
        places[name] = (value.pointer,)
        return _marked_table(value)
    return value


def _marked_table(table: TierTable) -> TierTable:
    places: dict[tuple[int, str], tuple[str, ...]] = {}
    rows = []
    for number, row in enumerate(table.rows):
        for column, cell in zip(table.columns, row, strict=True):
            if isinstance(cell, Placed):
                places[number, column] = cell.places()
        rows.append(tuple([None if cell is None else Decimal(cell) for cell in row]))
    return TierTable(table.columns, tuple(rows), table.pointer, places, imported=True)
