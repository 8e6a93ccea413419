"""The JSON Schema of a policy's documents: what it admits is read and evaluated, but for what it says it cannot say."""

import copy
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import marginrules
from marginrules.account.documents import load_json, read
from marginrules.account.fields import SECTIONS
from marginrules.account.state import StateError
from marginrules.policy.catalogue import load_policy, load_text
from marginrules.policy.policy import Policy
from marginrules.policy.schema import UNSAID, json_schema
from marginrules.resources import policy_names

CASES = Path(__file__).parent.parent / "cases"

UNSAID_PROBLEMS: Mapping[str, str] = {
    r"is listed twice": "unique",
    r"no instrument has the symbol": "the symbol of a position or an order",
    r"contract settles in its (quote|base) asset": "settles in its quote asset",
    r"(above|at_least) is .*, in the tier before|(up_to|below) is .*, (above is|at_least is|the next tier begins)": "rows of tiers rise",
    r"it is .*; after the tier before it .* is due": "amounts follow",
    r"the account has no .* balance|two pools have .* balances to take": "a balance to come from, and one only",
    r"is valued in one settlement asset|has no member, so which of": "settle in the same",
    r"the order can be for": "an order belongs to one position",
    r"the rules of .* (hold from|held until)": "the time is one",
    r"there is no such (account|position|order)": "nothing is as the policy says",
    r"it decides which pool|no pool of policy .* covers this position": "what decides the pool",
}
"""Each problem that the reader may still find, and the entry of `UNSAID` that tells of it."""

RANGED = load_text(
    """
policy ranged { title "Ranges" version "1" }
input account.a: number = 0 in -1.25 .. 0.305 "both signs"
input account.b: number = 1 in 1 .. 1_020_000 "above zero"
input account.c: number = 0 in 0 .. 10 "from zero"
input account.d: number = -1 in -100 .. -0.05 "below zero"
input account.e: rate = 0% in -1% .. 100% "a rate"
pool cross { covers positions one per account draws on balances equity = collateral }
"""
)


@cache
def _policy(name: str) -> Policy:
    return load_policy(name)


@cache
def _schema(name: str) -> dict[str, Any]:
    return json_schema(RANGED if name == "ranged" else _policy(name))


@cache
def _validator(name: str, section: str = "", field: str = "") -> Draft202012Validator:
    schema = _schema(name)
    if not section:
        return Draft202012Validator(schema)
    return Draft202012Validator({**_record(schema, section)["properties"][field], "$defs": schema["$defs"]})


def _record(schema: dict[str, Any], section: str) -> dict[str, Any]:
    found: dict[str, Any] = schema["properties"][section]
    return found if section == "account" else found["items"]


@cache
def _accounts(name: str) -> list[dict[str, Any]]:
    """Documents of a policy: those of its cases, the shorter ones, so that what is tried is the odd value."""
    path = CASES / f"{name}.json"
    found = (
        [case["account"] for case in json.loads(path.read_text(encoding="utf-8"))["cases"]] if path.is_file() else []
    )
    return sorted(found, key=lambda account: len(json.dumps(account)))[:8] or [_account()]


def _account(**fields: Any) -> dict[str, Any]:
    """A document with something of every section; `positions__quantity="1"` changes a field, None leaves it out."""
    found: dict[str, Any] = {
        "schema": "marginrules/account/1",
        "account": {"id": "a"},
        "balances": [{"asset": "USDT", "wallet_balance": "1000"}],
        "positions": [
            {"id": "A", "symbol": "X", "quantity": "1", "entry_price": "100", "margin_mode": "cross", "leverage": "10"}
        ],
        "orders": [{"id": "1", "symbol": "X", "side": "buy", "quantity": "1", "price": "90"}],
        "instruments": [
            {"symbol": "X", "contract": "linear", "base": "X", "quote": "USDT", "settle": "USDT", "mark_price": "101"}
        ],
        "assets": [{"asset": "USDT", "index_price": "1"}],
    }
    for path, value in fields.items():
        section, _, field = path.partition("__")
        record = found[section] if section == "account" else found[section][0]
        if value is None:
            del record[field]
        else:
            record[field] = value
    return found


def _read(document: object, policy: Policy) -> None:
    """Read and evaluate a document through its text, as a program does."""
    state = read(load_json(json.dumps(document)), policy.inputs)
    marginrules.evaluate(policy, state, solve=False)


# ---------------------------------------------------------------- what the schema refuses with the reader


@pytest.mark.parametrize(
    "fields",
    [
        {"positions__margin_mode": None},
        {"instruments__mark_price": "-1e60"},
        {"instruments__mark_price": "0.00"},
        {"positions__leverage": "0"},
        {"positions__quantity": "٣"},
        {"positions__quantity": "1\n"},
        {"positions__quantity": "1" * 61},
        {"positions__quantity": "1e99"},
        {"positions__quantity": 10**60},
        {"positions__quantity": "1." + "1" * 60},
        {"positions__quantity": "1e-129"},
        {"positions__quantity": "0" * 241},
        {"positions__assigned_margin": "1"},
        {"balances__wallet_balance": None},
        {"account__as_of": "2026-11-22"},
        {"account__as_of": "2026-11-22T12:00:00"},
        {"account__as_of": "2026-02-30T12:00:00Z"},
        {"account__as_of": "2027-02-29T12:00:00Z"},
        {"account__as_of": "2026-11-22T25:00:00Z"},
        {"account__as_of": "2026-11-22T12:00:00Z\n"},
        {"assets__collateral_rate": "-1"},
        {"assets__collateral_rate": "1.01"},
        {"assets__collateral_rate": 1.5},
        {"instruments__tiers": [{"above": "abc"}]},
        {"instruments__tiers": [{"above": "5"}]},
        {"instruments__tiers": [{"above": "0", "maintenance_rate": "-1"}]},
        {"instruments__tiers": [{"above": "0"}, {"above": "-1"}]},
        {"instruments__tiers": [{"above": "0", "max_leverage": "0"}]},
        {"instruments__tiers": [{"above": "0"}, {"at_least": "1"}]},
        {"instruments__tiers": [{"at_least": "0", "up_to": "1"}]},
        {"instruments__tiers": [{"at_least": "1"}]},
        {"instruments__contract": "future"},
        {"assets__asset": "USD", "assets__index_price": "0.5"},
    ],
    ids=str,
)
def test_what_a_document_alone_shows_to_be_wrong_is_refused_by_both(fields: dict[str, Any]) -> None:
    """A number of no form or out of range, a time that is none, a field that decides and is not there."""
    document = _account(**fields)
    with pytest.raises(StateError):
        _read(document, _policy("documented"))
    assert not _validator("documented").is_valid(document)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"positions__quantity": "-0.5"},
        {"positions__quantity": 0.1},
        {"positions__quantity": "+1."},
        {"positions__quantity": ".5e-32"},
        {"positions__quantity": "1" * 60},
        {"positions__quantity": "-00." + "0" * 68 + "1" * 60},
        {"positions__assigned_margin": "0.0"},
        {"account__as_of": "2028-02-29T23:59:59.123456789+05:30"},
        {"instruments__tiers": [{"at_least": "0", "below": "5"}, {"at_least": "5", "maintenance_rate": "0.5"}]},
        {"instruments__tiers": [{"above": 0, "maintenance_rate": "1.0"}, {"above": "1e3", "max_leverage": "5"}]},
        {"assets__collateral_rate": "0.95"},
        {"assets__asset": "USD", "assets__index_price": "1.00"},
    ],
    ids=str,
)
def test_what_is_well_written_is_admitted_by_both(fields: dict[str, Any]) -> None:
    """The schema is no narrower than people and venues write."""
    document = _account(**fields)
    _read(document, _policy("documented"))
    assert _validator("documented").is_valid(document)


@pytest.mark.parametrize("policy", policy_names())
def test_every_published_account_fits_the_schema(policy: str) -> None:
    """What is read today is admitted, venue by venue."""
    path = CASES / f"{policy}.json"
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"] if path.is_file() else []:
        _validator(case["policy"]).validate(case["account"])


def test_only_a_field_that_always_decides_is_asked_for() -> None:
    """A cross margin of inverse contracts alone needs no margin mode, so Kraken's positions may lack one."""
    assert "margin_mode" in _record(_schema("hyperliquid"), "positions")["required"]
    assert "margin_mode" not in _record(_schema("kraken-futures"), "positions")["required"]
    assert "margin_mode" not in _record(_schema("dydx-v4"), "positions")["required"]
    assert "collateral_token" in _record(_schema("gmx-v2"), "positions")["required"]


def test_a_field_that_one_setting_of_the_account_does_without_is_not_asked_for() -> None:
    """In hedged accounts of this policy nobody looks at the margin mode; without a default the setting itself is needed."""
    variants = load_text(
        """
policy variants { title "Variants" version "1" }
input account.hedged: flag "whether everything is in one pool"
pool cross when not account.hedged {
  covers positions where margin_mode == cross
  one per account draws on remainder of balances equity = collateral
}
pool isolated when not account.hedged {
  covers positions where margin_mode == isolated
  one per position draws on assigned_margin equity = collateral
}
pool cross when account.hedged { covers positions one per account draws on balances equity = collateral }
"""
    )
    schema = json_schema(variants)
    assert "margin_mode" not in _record(schema, "positions")["required"]
    assert _record(schema, "account")["required"] == ["id", "hedged"]


def test_the_contracts_that_a_policy_is_about_are_those_admitted() -> None:
    """A document with another kind of contract is refused by every rule of the policy."""
    assert _record(_schema("hyperliquid"), "instruments")["properties"]["contract"]["enum"] == ["linear"]
    assert set(_record(_schema("kraken-futures"), "instruments")["properties"]["contract"]["enum"]) == {
        "inverse",
        "linear",
    }


_DIGITS = st.text("0123459", max_size=8)


@given(
    st.sampled_from("abcde"),
    st.one_of(
        st.builds("{}{}.{}".format, st.sampled_from(["", "-", "+"]), _DIGITS, _DIGITS),
        st.builds(
            lambda text, cut, tail: text[:cut] + tail,
            st.sampled_from(["-1.25", "0.305", "1", "1020000", "10", "-100", "-0.05", "-0.01"]),
            st.integers(0, 8),
            st.text("0123459.", max_size=3),
        ),
    ),
)
def test_a_pattern_is_as_exact_as_a_range(name: str, text: str) -> None:
    """Of plain decimals the schema admits those that the reader reads: below, at and above a bound."""
    document = {"schema": "marginrules/account/1", "account": {"id": "a", name: text}}
    try:
        read(document, RANGED.inputs)
        readable = True
    except StateError:
        readable = False
    # A zero with a minus sign is the one number that is read and not admitted.
    if re.fullmatch(r"-[0.]*", text) is None:
        assert _validator("ranged").is_valid(document) == readable


# ---------------------------------------------------------------- what the schema admits is read


_EXTREMES = ("0", "1", "-1", "1.0", "0.5", "1e32", "-1e32", "1e-32", "." + "0" * 127 + "1", "9" * 60, "-0", 0, 1, 2.5)
_DECIMALS = st.one_of(
    st.sampled_from(_EXTREMES),
    st.builds("{}{}.{}".format, st.sampled_from(["", "-"]), st.from_regex(r"\A[0-9]{1,30}\Z"), st.from_regex(r"\A[0-9]{0,29}\Z")),
    st.integers(-(10**18), 10**18),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)  # fmt: skip


def _values(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a field's schema may admit; who asks looks whether it does."""
    if "anyOf" in schema:
        return _DECIMALS
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("type") == "boolean":
        return st.booleans()
    if schema.get("type") == "array":
        columns = schema["allOf"][0]["items"]["properties"]
        rows = st.fixed_dictionaries(
            {"above": _DECIMALS}, optional={column: _DECIMALS for column in columns if column != "above"}
        )
        return st.lists(rows, min_size=1, max_size=3).map(lambda rows: [{**rows[0], "above": "0"}, *rows[1:]])
    if "$ref" in schema:
        return st.from_regex(definitions["moment"]["pattern"].replace("^", r"\A").replace("$", r"\Z"))
    return st.sampled_from(["USD", "USDT", "USDC", "BTC", "X", "~/ \n", "é", "cross"])


@st.composite
def _admitted(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A document with something in it changed, added, left out or doubled, which its policy's schema admits."""
    name = draw(st.sampled_from(policy_names()))
    document = copy.deepcopy(draw(st.sampled_from(_accounts(name))))
    schema, validator = _schema(name), _validator(name)
    for _ in range(draw(st.integers(1, 4))):
        before = copy.deepcopy(document)
        section = draw(st.sampled_from([key for key in SECTIONS.values() if document.get(key)]))
        place = draw(st.integers(0, len(document[section]) - 1)) if section != "account" else 0
        record = document[section] if section == "account" else document[section][place]
        what = draw(st.sampled_from(["change", "change", "change", "leave out", "double", "remove"]))
        if what == "change":
            properties = _record(schema, section)["properties"]
            field = draw(st.sampled_from(sorted(properties)))
            record[field] = draw(_values(properties[field], schema["$defs"]))
        elif what == "leave out":
            record.pop(draw(st.sampled_from(sorted(record))), None)
        elif what == "double" and section != "account":
            name_of = {"instruments": "symbol", "assets": "asset", "balances": "asset"}.get(section, "id")
            document[section].append({**record, name_of: "another"})
        elif section != "account":
            del document[section][place]
        if not validator.is_valid(document):
            document = before
    return name, document


@given(_admitted())
def test_what_the_schema_admits_is_read_and_evaluated(admitted: tuple[str, dict[str, Any]]) -> None:
    """A checked policy never fails on an account that fits its schema, but for what a schema cannot say."""
    name, document = admitted
    problem = ""
    try:
        _read(document, _policy(name))
    except StateError as error:
        problem = error.problem
    assert not problem or any(re.search(known, problem) for known in UNSAID_PROBLEMS), problem


def test_the_schema_and_the_manual_say_what_a_schema_cannot_say() -> None:
    """Every problem that may remain is told of, and nothing is listed that is not in the manual."""
    description = _schema("documented")["description"]
    for words in UNSAID_PROBLEMS.values():
        assert sum(words in entry for entry in UNSAID) == 1, words
    manual = " ".join((CASES.parent.parent / "docs" / "account.md").read_text(encoding="utf-8").split())
    for entry in UNSAID:
        assert entry in description
        assert entry.replace("`", "") in manual.replace("`", ""), entry
