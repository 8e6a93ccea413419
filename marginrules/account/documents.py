"""The account as JSON: read with every number exactly as written, checked key by key, and written back.

A problem is a `StateError` with the JSON pointer of the guilty value. Unknown keys are errors unless a policy declares
them: a misspelt key must not silently leave a default in its place.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import attrs
from attrs import frozen

from marginrules.account.fields import SECTIONS, SHARED_FIELDS, TIER_COLUMNS, TIER_FIELDS, Entity, FieldSpec
from marginrules.account.state import (
    BOOKKEEPING,
    END_COLUMNS,
    NO_INPUTS,
    TIER_BOUNDS,
    Account,
    AccountState,
    Asset,
    Balance,
    Instrument,
    Order,
    Position,
    StateError,
    TierTable,
)
from marginrules.arithmetic import PRECISION, plain_text

SCHEMA = "marginrules/account/1"
MAXIMUM_DIGITS = PRECISION
"""Most significant digits of a number in a document: as many as arithmetic keeps."""
MAXIMUM_EXPONENT = 64
"""Most zeros that a number's exponent puts behind its digits."""
MAXIMUM_DECIMALS = 128
"""Most decimals: a price may be a quotient of all digits that arithmetic keeps, behind as many zeros."""
MAXIMUM_LENGTH = 4 * MAXIMUM_DIGITS
"""Most characters of a number as text."""
MAXIMUM_RECORDS = 100_000
"""Most records in one section."""

_CLASSES: Mapping[Entity, type] = {
    "account": Account,
    "balance": Balance,
    "position": Position,
    "order": Order,
    "instrument": Instrument,
    "asset": Asset,
}
# ASCII: digits of other scripts are digits to Python, and would be read as numbers.
_PLAIN = re.compile(r"-?\d{1,36}(?:\.\d{1,24})?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)


# ---------------------------------------------------------------- JSON text


def load_json(text: str | bytes, source: str = "account") -> object:
    """Parse JSON with every number a `Decimal`, exactly as written.

    Args:
        text: the document.
        source: what messages call it.

    Raises:
        StateError: it is not JSON, has a key twice in one object, or a number that is not finite.
    """
    try:
        # Some editors put a byte-order mark before the text.
        text = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise StateError("", "the text is not UTF-8", "save it as UTF-8", source) from None
    try:
        return json.loads(
            text, parse_float=_number_in_text, parse_int=Decimal, parse_constant=_constant, object_pairs_hook=_unique
        )
    except json.JSONDecodeError as error:
        raise StateError(
            "", f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}", "correct the text there", source
        ) from None
    except RecursionError:
        raise StateError("", "the document nests too deeply", "an account document has four levels", source) from None
    except _RefusedJSONError:
        raise _refusal(text, source) from None


class _RefusedJSONError(ValueError):
    """Text that JSON parsers accept and this one does not; only the text itself tells where it stands."""


def _number_in_text(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise _RefusedJSONError from None


def _constant(_name: str) -> Decimal:
    raise _RefusedJSONError


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RefusedJSONError
    return found


def _refusal(text: str, source: str) -> StateError:
    """The error about the first key that stands twice, or number that is none, of a text that was refused."""
    keys: list[set[str]] = []
    tokens = list(_TOKEN.finditer(text))
    for index, token in enumerate(tokens):
        word = token.group()
        if word in "{[":
            keys.append(set())
        elif word in "}]":
            keys.pop()
        elif word[0] == '"' and index + 1 < len(tokens) and tokens[index + 1].group() == ":":
            key = json.loads(word)
            if key in keys[-1]:
                return StateError(
                    "",
                    f"the key {key!r} stands twice in one object, {_place(text, token.start())}",
                    "keep one of them",
                    source,
                )
            keys[-1].add(key)
        elif word in {"NaN", "Infinity", "-Infinity"}:
            return StateError(
                "", f"{word} {_place(text, token.start())} is not a number", "leave out what is not known", source
            )
        elif word[0] in "-0123456789" and not _NUMBER.fullmatch(word):
            return StateError(
                "", f"the number {_place(text, token.start())} is out of range", "write plain decimals", source
            )
    return StateError("", "the text holds a key twice, or a number out of range", "write plain decimals", source)


def _place(text: str, start: int) -> str:
    return f"at line {text.count(chr(10), 0, start) + 1}, column {start - text.rfind(chr(10), 0, start)}"


# ---------------------------------------------------------------- reading


@frozen(eq=False)
class _Reader:
    """How records of one entity are read."""

    entity: Entity
    make: type
    specs: Mapping[str, FieldSpec]
    attributes: frozenset[str]
    required: tuple[str, ...]
    converters: Mapping[str, Callable[[Any, str, str], Any]]


@lru_cache(maxsize=256)
def _readers(declared: tuple[FieldSpec, ...]) -> Mapping[Entity, _Reader]:
    found: dict[Entity, _Reader] = {}
    for entity, make in _CLASSES.items():
        specs = {spec.name: spec for spec in SHARED_FIELDS if spec.entity == entity}
        for spec in declared:
            if spec.entity != entity:
                continue
            known = specs.get(spec.name)
            if known is not None and known.kind == "choice" == spec.kind:
                # Several policies may admit different choices; a document may hold what any of them knows.
                spec = attrs.evolve(spec, choices=tuple(dict.fromkeys((*known.choices, *spec.choices))))  # noqa: PLW2901
            specs[spec.name] = attrs.evolve(spec, required=known.required if known is not None else spec.required)
        attributes = frozenset(attribute.name for attribute in attrs.fields(make)) - BOOKKEEPING
        found[entity] = _Reader(
            entity,
            make,
            specs,
            attributes,
            tuple(name for name, spec in specs.items() if spec.required),
            {name: _converter(spec) for name, spec in specs.items()},
        )
    return found


def field_specs(declared: Iterable[FieldSpec] = ()) -> Mapping[Entity, Mapping[str, FieldSpec]]:
    """The fields that the records of each entity may have, by name.

    Args:
        declared: what policies declare beyond the shared names.
    """
    return {entity: reader.specs for entity, reader in _readers(tuple(declared)).items()}


def read(document: object, declared: Iterable[FieldSpec] = (), source: str = "account") -> AccountState:
    """The account state of a parsed document.

    Args:
        document: an object of the form `marginrules/account/1`; numbers as strings or `Decimal`.
        declared: fields that policies declare beyond the shared ones.
        source: what messages call the document.

    Raises:
        StateError: with the JSON pointer of the first problem.
    """
    readers = _readers(tuple(declared))
    if not isinstance(document, dict):
        raise StateError("", "the document is not an object", f'write {{"schema": "{SCHEMA}", …}}', source)
    known = {"schema", *SECTIONS.values()}
    for key in document:
        if key not in known:
            raise StateError(f"/{_escape(key)}", f"there is no section {key!r}", _suggest(key, known), source)
    if document.get("schema") != SCHEMA:
        raise StateError("/schema", f"the schema must be {SCHEMA!r}", f'write "schema": "{SCHEMA}"', source)
    if "account" not in document:
        raise StateError("/account", "`account` is missing", 'write "account": {"id": "…"}', source)
    account = _record(readers["account"], document["account"], "/account", source)
    sections: dict[Entity, tuple[Any, ...]] = {
        entity: _section(readers[entity], document.get(SECTIONS[entity], []), SECTIONS[entity], source)
        for entity in readers
        if entity != "account"
    }
    _contradictions(sections, source)
    try:
        return AccountState(
            account=account,
            balances=sections["balance"],
            positions=sections["position"],
            orders=sections["order"],
            instruments=sections["instrument"],
            assets=sections["asset"],
        )
    except StateError as error:
        raise StateError(error.pointer, error.problem, error.remedy, source) from None


def _section(reader: _Reader, records: object, name: str, source: str) -> tuple[Any, ...]:
    if not isinstance(records, list):
        raise StateError(f"/{name}", f"`{name}` is not a list", "write a list of objects", source)
    if len(records) > MAXIMUM_RECORDS:
        raise StateError(f"/{name}", f"more than {MAXIMUM_RECORDS:,} records", "split the account", source)
    return tuple(_record(reader, record, f"/{name}/{index}", source) for index, record in enumerate(records))


def _record(reader: _Reader, record: object, pointer: str, source: str) -> Any:
    if not isinstance(record, dict):
        raise StateError(pointer, f"this {reader.entity} is not an object", "write an object", source)
    values: dict[str, Any] = {}
    inputs: dict[str, Any] = {}
    converters, attributes = reader.converters, reader.attributes
    for key, value in record.items():
        convert = converters.get(key)
        if convert is None:
            raise StateError(
                f"{pointer}/{_escape(key)}",
                f"{'an' if reader.entity[0] in 'aio' else 'a'} {reader.entity} has no {key!r}",
                _suggest(key, reader.specs),
                source,
            )
        if value is None:
            raise StateError(f"{pointer}/{key}", f"{key} is null", "leave out what is not known", source)
        (values if key in attributes else inputs)[key] = convert(value, f"{pointer}/{key}", source)
    for name in reader.required:
        if name not in values:
            raise StateError(f"{pointer}/{name}", f"`{name}` is missing", f"every {reader.entity} has one", source)
    return reader.make(**values, inputs=inputs or NO_INPUTS, pointer=pointer)


def _escape(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def _suggest(key: object, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(str(key), names, n=1, cutoff=0.6)
    listed = ", ".join(names)
    meant = f"did you mean {near[0]!r}? " if near else ""
    return f"{meant}known here are {listed}; what only one venue has, its policy declares as an input"


# ---------------------------------------------------------------- values


def _converter(spec: FieldSpec) -> Callable[[Any, str, str], Any]:
    match spec.kind:
        case "decimal":
            return _decimal_converter(spec)
        case "flag":
            return _flag
        case "choice":
            return _choice_converter(spec)
        case "text" | "asset":
            return _text
        case "timestamp":
            return _timestamp
        case "tiers":
            return _tiers


def _decimal_converter(spec: FieldSpec) -> Callable[[Any, str, str], Decimal]:
    low, high, exclusive = spec.minimum, spec.maximum, spec.exclusive_minimum

    def convert(value: Any, pointer: str, source: str) -> Decimal:
        number = Decimal(value) if type(value) is str and _PLAIN.fullmatch(value) else _decimal(value, pointer, source)
        if low is not None and (number < low or (exclusive and number == low)):
            bound = "above" if exclusive else "at least"
            raise StateError(pointer, f"{spec.name} is {number}", f"it must be {bound} {low}", source)
        if high is not None and number > high:
            raise StateError(pointer, f"{spec.name} is {number}", f"it must be at most {high}", source)
        return number

    return convert


def _decimal(value: Any, pointer: str, source: str) -> Decimal:
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, str):
        if not _NUMBER.fullmatch(value) or len(value) > MAXIMUM_LENGTH:
            shown = value if len(value) < MAXIMUM_DIGITS else value[:MAXIMUM_DIGITS] + "…"
            raise StateError(pointer, f"{shown!r} is not a number", 'write a plain decimal such as "0.05"', source)
        number = Decimal(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        number = Decimal(value)
    elif isinstance(value, float):
        raise StateError(pointer, "a binary float is not exact", "pass the number as a string or a Decimal", source)
    else:
        raise StateError(pointer, "this is not a number", 'write a decimal, such as "0.05"', source)
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        raise StateError(pointer, f"{number} is not a number", "leave out what is not known", source)
    if len(digits) > MAXIMUM_DIGITS or not -MAXIMUM_DECIMALS <= exponent <= MAXIMUM_EXPONENT:
        raise StateError(
            pointer,
            "the number is out of range",
            f"at most {MAXIMUM_DIGITS} digits, {MAXIMUM_DECIMALS} decimals and exponents to {MAXIMUM_EXPONENT}",
            source,
        )
    return number


def decimal(value: Any, pointer: str, source: str) -> Decimal:
    """A number of a document, exactly as written.

    Args:
        value: a text, or a JSON number that was parsed as a `Decimal`.
        pointer: its place, for errors.
        source: what messages call the document.

    Raises:
        StateError: it is no number, or out of range.
    """
    return _decimal(value, pointer, source)


def _flag(value: Any, pointer: str, source: str) -> bool:
    if not isinstance(value, bool):
        raise StateError(pointer, "this is not a flag", "write true or false, without quotes", source)
    return value


def _choice_converter(spec: FieldSpec) -> Callable[[Any, str, str], str]:
    choices = frozenset(spec.choices)

    def convert(value: Any, pointer: str, source: str) -> str:
        if isinstance(value, str):
            text = value
        elif isinstance(value, Decimal | int) and not isinstance(value, bool):
            # Some venues number their choices; 1 and "1" are the same choice.
            text = plain_text(_decimal(value, pointer, source))
        else:
            listed = ", ".join(spec.choices)
            raise StateError(pointer, "this is not a choice", f"write one of {listed} in quotes", source)
        if choices and text not in choices:
            listed = ", ".join(spec.choices)
            near = difflib.get_close_matches(text, spec.choices, n=1, cutoff=0.6)
            meant = f"did you mean {near[0]!r}? " if near else ""
            raise StateError(pointer, f"{text!r} is none of {listed}", f"{meant}write one of {listed}", source)
        return text

    return convert


def _text(value: Any, pointer: str, source: str) -> str:
    if not isinstance(value, str) or not value:
        raise StateError(pointer, "this is not a name", "write a text in quotes that is not empty", source)
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        # JSON can escape half a character; such a name could never be printed.
        raise StateError(pointer, "the name holds half a character", "correct its \\u escapes", source)
    return value


def _timestamp(value: Any, pointer: str, source: str) -> datetime:
    remedy = 'write it as "2026-11-22T12:00:00Z"'
    if not isinstance(value, str):
        raise StateError(pointer, "this is not a time", remedy, source)
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise StateError(pointer, f"{value!r} is not a time", remedy, source) from None
    if found.tzinfo is None:
        raise StateError(pointer, f"{value!r} has no time zone", remedy, source)
    return found


_OTHER_BOUNDS = {bound: TIER_BOUNDS - {bound, END_COLUMNS[bound]} for bound in END_COLUMNS}
"""Of each column that a tier may begin with, those that do not go with it."""
_TIER_FIELDS = {spec.name: spec for spec in TIER_FIELDS}
_TIER_COLUMNS = {
    bound: tuple(column for column in TIER_COLUMNS if column not in others) for bound, others in _OTHER_BOUNDS.items()
}


def _tiers(value: Any, pointer: str, source: str) -> TierTable:
    if not isinstance(value, list) or not value:
        raise StateError(pointer, "this is no list of tiers", 'write [{"above": "0", …}, …]', source)
    present: set[str] = set()
    bound = "at_least" if isinstance(value[0], dict) and "at_least" in value[0] else "above"
    columns_of = _TIER_COLUMNS[bound]
    for index, row in enumerate(value):
        if not isinstance(row, dict):
            raise StateError(f"{pointer}/{index}", "this tier is not an object", "write an object", source)
        for key in row:
            if key not in columns_of:
                where = f"{pointer}/{index}/{_escape(key)}"
                if key in TIER_COLUMNS:
                    raise StateError(
                        where,
                        f"`{key}` does not go with `{bound}`",
                        "write `above` and `up_to` where a bound belongs to the tier below it, `at_least` and `below` "
                        "where it belongs to the tier above",
                        source,
                    )
                raise StateError(where, f"a tier has no {key!r}", _suggest(key, columns_of), source)
        if bound not in row:
            raise StateError(
                f"{pointer}/{index}/{bound}", f"`{bound}` is missing", "write the tier's lower bound", source
            )
        present.update(row)
    columns = tuple(column for column in columns_of if column in present)
    rows: list[tuple[Decimal | None, ...]] = []
    for index, row in enumerate(value):
        cells = tuple(
            _tier_cell(column, row[column], f"{pointer}/{index}/{column}", source) if column in row else None
            for column in columns
        )
        rows.append(cells)
        _tier_order(rows, columns, index, pointer, source)
    if rows[0][0]:
        raise StateError(
            f"{pointer}/0/{bound}",
            f"the tiers begin {bound.replace('_', ' ')} {rows[0][0]}, and say nothing of what is less",
            f"let the first tier begin {bound.replace('_', ' ')} 0",
            source,
        )
    table = TierTable(columns, tuple(rows), pointer)
    for index in range(1, len(rows)):
        due = table.amount_due(index)
        if due is not None:
            raise StateError(
                f"{pointer}/{index}/maintenance_amount",
                f"it is {plain_text(table.cell(index, 'maintenance_amount') or Decimal(0))}; after the tier before it "
                f"{plain_text(due)} is due, so that the requirement makes no jump at {plain_text(table.bounds[index])}",
                "correct the amount or the rate, or leave the amounts out to have them derived",
                source,
            )
    return table


def _tier_cell(column: str, value: Any, pointer: str, source: str) -> Decimal:
    number, spec = _decimal(value, pointer, source), _TIER_FIELDS[column]
    low, high = spec.minimum, spec.maximum
    if low is not None and (number < low or (spec.exclusive_minimum and number == low)):
        remedy = f"it must be {'above' if spec.exclusive_minimum else 'at least'} {low}"
    elif high is not None and number > high:
        remedy = f"it must be at most {high}"
    else:
        return number
    if spec.unit == "rate":
        remedy = "a rate is between 0 and 1: 5 in a hundred is 0.05"
    raise StateError(pointer, f"{column} is {number}", remedy, source)


def _tier_order(
    rows: list[tuple[Decimal | None, ...]], columns: tuple[str, ...], index: int, pointer: str, source: str
) -> None:
    bound = columns[0]
    end, words = END_COLUMNS[bound], bound.replace("_", " ")
    lower = rows[index][0]
    if end in columns:
        own = rows[index][columns.index(end)]
        if own is not None and lower is not None and own <= lower:
            raise StateError(
                f"{pointer}/{index}/{end}", f"{end} is {own}, {bound} is {lower}", "a tier ends above its start", source
            )
    if index == 0:
        return
    before = rows[index - 1][0]
    if lower is None or before is None or lower <= before:
        raise StateError(
            f"{pointer}/{index}/{bound}",
            f"{bound} is {lower}, in the tier before {before}",
            "sort tiers from small to large",
            source,
        )
    if end in columns:
        ends = rows[index - 1][columns.index(end)]
        if ends is not None and ends != lower:
            raise StateError(
                f"{pointer}/{index - 1}/{end}",
                f"{end} is {ends}, the next tier begins {words} {lower}",
                "let them meet",
                source,
            )


# ---------------------------------------------------------------- contradictions


def _contradictions(sections: Mapping[Entity, tuple[Any, ...]], source: str) -> None:
    for index, asset in enumerate(sections["asset"]):
        if asset.asset == "USD" and asset.index_price not in {None, Decimal(1)}:
            raise StateError(
                f"/assets/{index}/index_price",
                f"one USD is worth {plain_text(asset.index_price)} USD here, and index prices are in USD",
                "leave it out, or give the currency another name",
                source,
            )
    for index, instrument in enumerate(sections["instrument"]):
        pointer = f"/instruments/{index}/settle"
        if instrument.contract == "linear" and instrument.settle != instrument.quote:
            raise StateError(
                pointer,
                f"a linear contract settles in its quote asset {instrument.quote}, not in {instrument.settle}",
                "correct `settle` or `quote`, or say quanto",
                source,
            )
        if instrument.contract == "inverse" and instrument.settle != instrument.base:
            raise StateError(
                pointer,
                f"an inverse contract settles in its base asset {instrument.base}, not in {instrument.settle}",
                "correct `settle` or `base`",
                source,
            )
    seen: dict[tuple[str, str | None], int] = {}
    for index, balance in enumerate(sections["balance"]):
        key = (balance.asset, balance.wallet)
        if key in seen:
            raise StateError(
                f"/balances/{index}",
                f"the {balance.asset} balance is listed twice",
                "add them up, or name their `wallet`",
                source,
            )
        seen[key] = index
    orders: set[str] = set()
    for index, order in enumerate(sections["order"]):
        if order.id is not None and order.id in orders:
            raise StateError(
                f"/orders/{index}/id", f"order {order.id!r} is listed twice", "give each its own id", source
            )
        if order.id is not None:
            orders.add(order.id)
    for index, position in enumerate(sections["position"]):
        if position.margin_mode == "cross" and position.assigned_margin:
            raise StateError(
                f"/positions/{index}/assigned_margin",
                "a cross position has no assigned margin",
                "leave it out, or say isolated",
                source,
            )


# ---------------------------------------------------------------- writing


def write(state: AccountState) -> dict[str, Any]:
    """The document of an account state; `read` gives the same state back."""
    document: dict[str, Any] = {"schema": SCHEMA, "account": _written(state.account)}
    for section, records in (
        ("balances", state.balances),
        ("positions", state.positions),
        ("orders", state.orders),
        ("instruments", state.instruments),
        ("assets", state.assets),
    ):
        document[section] = [_written(record) for record in records]
    return document


def _written(record: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for attribute in attrs.fields(type(record)):
        if attribute.name in BOOKKEEPING:
            continue
        value = getattr(record, attribute.name)
        if value is not None:
            found[attribute.name] = _plain(value)
    found.update({name: _plain(value) for name, value in record.inputs.items()})
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain_text(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, TierTable):
        return [
            {column: plain_text(cell) for column, cell in zip(value.columns, row, strict=True) if cell is not None}
            for row in value.rows
        ]
    return value
