"""Where the values of an imported account come from: every importer's own test payload, and the published example."""

import copy
import importlib
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

import marginrules
from marginrules.account import documents
from marginrules.account.state import BOOKKEEPING, AccountState, Record, TierTable, cell_sources, sources
from marginrules.engine.explain import Derivation
from marginrules.venues import IMPORTERS, import_payload
from marginrules.venues.payload import Part, Placed, to_solved_digits

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "hyperliquid-account" / "payload.json"


def payload(name: str) -> Any:
    if name == "hyperliquid":
        return json.loads(EXAMPLE.read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal)
    module = importlib.import_module(f"tests.venues.test_{name.replace('-', '_')}")
    if name == "ccxt":
        return json.loads(json.dumps(module.binance()), parse_float=Decimal, parse_int=Decimal)
    return copy.deepcopy(module.PAYLOAD)


def records(state: AccountState) -> list[Record]:
    return [state.account, *state.balances, *state.positions, *state.orders, *state.instruments, *state.assets]


def values(record: Record) -> dict[str, Any]:
    names = [attribute.name for attribute in attrs.fields(type(record)) if attribute.name not in BOOKKEEPING]
    return {name: getattr(record, name) for name in names} | dict(record.inputs)


def at(document: Any, pointer: str) -> Any:
    """What stands at a JSON pointer; fails where nothing does."""
    for key in pointer.split("/")[1:]:
        name = key.replace("~1", "/").replace("~0", "~")
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document


@pytest.mark.parametrize("name", list(IMPORTERS))
def test_every_value_names_the_values_of_the_payload_that_it_comes_from(name: str) -> None:
    document = payload(name)
    state = import_payload(name, document)
    named = 0
    for record in records(state):
        for field, value in values(record).items():
            for pointer in sources(record, field):
                assert at(document, pointer) is not None, (record, field, pointer)
                named += 1
            if isinstance(value, TierTable):
                for row, cells in enumerate(value.rows):
                    for column, _ in zip(value.columns, cells, strict=True):
                        # The first lower bound, say, is in no answer of some venues.
                        for pointer in cell_sources(value, row, column):
                            assert isinstance(at(document, pointer), str | Decimal)
        assert type(record.pointer) is str
        assert record.imported
    assert named > 10


@pytest.mark.parametrize("name", list(IMPORTERS))
def test_every_number_of_a_position_or_a_balance_is_traced_to_the_payload(name: str) -> None:
    state = import_payload(name, payload(name))
    for record in (*state.positions, *state.balances):
        for field, value in values(record).items():
            # A leverage can be the one whole number that explains the printed margin.
            if isinstance(value, Decimal) and value and (name, field) != ("binance-usdm", "leverage"):
                assert sources(record, field), (record, field)


@pytest.mark.parametrize("name", list(IMPORTERS))
def test_a_value_that_is_taken_over_as_it_stands_stands_there(name: str) -> None:
    """A number that has one place is that number, but for its sign, its unit or a factor that the importer applies."""
    document = payload(name)
    taken = 0
    for record in records(import_payload(name, document)):
        for field, value in values(record).items():
            found = sources(record, field)
            if isinstance(value, Decimal) and len(found) == 1:
                taken += abs(Decimal(str(at(document, found[0])))) == abs(value)
    assert taken >= 5


@pytest.mark.parametrize("name", list(IMPORTERS))
def test_an_imported_state_holds_plain_values(name: str) -> None:
    """Numbers and texts that know their place stay within the importer."""
    state = import_payload(name, payload(name))
    for record in records(state):
        for value in values(record).values():
            cells = [cell for row in value.rows for cell in row] if isinstance(value, TierTable) else [value]
            assert {type(cell) for cell in cells} <= {
                Decimal,
                str,
                bool,
                type(None),
                TierTable,
                type(state.account.as_of),
            }


def test_where_values_come_from_is_no_part_of_the_account_document() -> None:
    state = import_payload("hyperliquid", payload("hyperliquid"))
    policy = marginrules.load_policy("hyperliquid")
    document = documents.write(state)
    assert "places" not in json.dumps(document)
    again = documents.read(document, policy.inputs)
    assert again == state
    assert sources(again.positions[0], "quantity") == ("/positions/0/quantity",)


def leaves(derivation: Derivation) -> Iterator[Derivation]:
    if not derivation.children:
        yield derivation
    for child in derivation.children:
        yield from leaves(child)


def test_a_derivation_of_an_imported_account_leads_to_the_payloads_own_values() -> None:
    document = payload("hyperliquid")
    policy = marginrules.load_policy("hyperliquid")
    state = import_payload("hyperliquid", document)
    found = {leaf.label: leaf for leaf in leaves(marginrules.explain(policy, state, "equity:cross"))}
    first = "/clearinghouseState/assetPositions/1/position"
    assert found["quantity"].pointer == f"{first}/szi"
    assert Decimal(at(document, f"{first}/szi")) == found["quantity"].value
    assert found["entry_price"].pointer == first
    assert found["entry_price"].places == tuple(f"{first}/{name}" for name in ("positionValue", "szi", "unrealizedPnl"))
    assert found["entry_price"].note == "worked out of positionValue, szi, unrealizedPnl"
    assert found["wallet_balance"].note.endswith(" and 4 more")
    assert len(found["wallet_balance"].places) == 7
    assert (found["contract_size"].pointer, found["contract_size"].note) == ("/meta/universe/1", "by the importer")


def test_at_a_solved_price_the_mark_is_not_said_to_be_the_documents() -> None:
    policy = marginrules.load_policy("hyperliquid")
    state = import_payload("hyperliquid", payload("hyperliquid"))
    found = marginrules.explain(policy, state, "liquidation_price:ETH")
    marks = {leaf.value: leaf for leaf in leaves(found) if leaf.label == "mark_price"}
    solved = next(leaf for price, leaf in marks.items() if price == found.value)
    assert (solved.pointer, solved.note) == (None, "in place of the document's")


def test_what_a_payload_lacks_is_unknown_at_its_record() -> None:
    """The name of the account document would lead nowhere in the payload."""
    document = payload("hyperliquid")
    document["openOrders"] = [{"coin": "BTC", "side": "B", "sz": "1", "limitPx": "50000", "oid": Decimal(7)}]
    document["meta"]["universe"].append({"name": "BTC", "marginTableId": Decimal(40), "maxLeverage": Decimal(40)})
    policy = marginrules.load_policy("hyperliquid")
    state = import_payload("hyperliquid", document)
    report = marginrules.evaluate(policy, state)
    for entry in report.unknown:
        if entry.pointer:
            assert at(document, entry.pointer) is not None, entry


def number(value: str, name: str) -> Decimal:
    return Part({name: value}, "payload", {}).member(name).decimal()


def test_a_number_that_is_worked_out_of_others_names_them_each_once() -> None:
    one, other = number("6", "a"), number("3", "b")
    for found in (
        one + other,
        one - other,
        one * other,
        one / other,
        1 / (one * other),
        sum((one, other), Decimal(0)),
        -(one + other),
        abs(one - other) + 1,
        (one / other).quantize(Decimal("0.1")),
        to_solved_digits(one / other),
        one * other + one,
    ):
        assert isinstance(found, Placed), found
        assert sorted(found.places()) == ["/a", "/b"], found
    assert one / other == 2
    assert not isinstance(to_solved_digits(Decimal(1) / 3), Placed)


def test_a_sum_of_very_many_numbers_is_still_traced() -> None:
    total = sum((number("1", f"n{index}") for index in range(20_000)), Decimal(0))
    assert isinstance(total, Placed)
    assert len(total.places()) == 20_000
