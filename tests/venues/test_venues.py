"""The registry of importers."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from marginrules.account.state import StateError
from marginrules.errors import MarginRulesError
from marginrules.venues import IMPORTERS, import_payload
from tests.venues.test_places import payload

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
DOCUMENTATION = Path(__file__).resolve().parents[2] / "docs" / "importers"


def test_a_payload_is_read_by_the_importer_of_that_name() -> None:
    text = (EXAMPLES / "hyperliquid-account" / "payload.json").read_text(encoding="utf-8")
    state = import_payload("hyperliquid", json.loads(text, parse_float=Decimal, parse_int=Decimal))
    assert [position.id for position in state.positions] == ["ETH", "XRP"]


def test_an_unknown_format_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(MarginRulesError) as raised:
        import_payload("hyperliquit", {})
    assert str(raised.value) == (
        "no importer reads the format `hyperliquit`\n"
        f"help: did you mean `hyperliquid`? the formats are {', '.join(IMPORTERS)}"
    )


@pytest.mark.parametrize("name", list(IMPORTERS))
@pytest.mark.parametrize("document", [None, [], {}, "text", Decimal(1), [[]], {"account": []}, {"meta": Decimal(1)}])
def test_whatever_the_payload_is_an_importer_answers_with_an_error_that_names_its_source(
    name: str, document: object
) -> None:
    with pytest.raises(StateError) as raised:
        import_payload(name, document, "account.json")
    assert str(raised.value).startswith("account.json: /")
    assert raised.value.remedy


@pytest.mark.parametrize("name", list(IMPORTERS))
def test_every_importer_is_documented(name: str) -> None:
    """Each has a page, and the overview links to it."""
    assert f"--from {name}" in (DOCUMENTATION / f"{name}.md").read_text(encoding="utf-8")
    assert f"[{name}]({name}.md)" in (DOCUMENTATION / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(IMPORTERS))
def test_a_name_that_no_importer_reads_is_refused_with_the_nearest(name: str) -> None:
    """An answer under a misspelt name would go unread, and the orders in it with it."""
    document = payload(name)
    first = next(iter(document))
    with pytest.raises(StateError) as raised:
        import_payload(name, {**document, f"{first}x": []})
    assert raised.value.pointer == f"/{first}x"
    assert raised.value.problem == f"the payload has {first}x, which this importer does not read"
    assert f"did you mean `{first}`" in raised.value.remedy


# That of ccxt asks for the name of the exchange first.
@pytest.mark.parametrize("name", [name for name in IMPORTERS if name != "ccxt"])
def test_answers_within_another_object_are_told_where_they_stand(name: str) -> None:
    with pytest.raises(StateError) as raised:
        import_payload(name, {"note": "of today", "payload": payload(name)})
    assert (raised.value.pointer, raised.value.remedy) == ("/payload", "give what stands there, and nothing around it")


@pytest.mark.parametrize("name", list(IMPORTERS))
def test_every_name_of_the_documentation_is_read(name: str) -> None:
    """The first column of the first table of the page."""
    text = (DOCUMENTATION / f"{name}.md").read_text(encoding="utf-8")
    names = re.findall(r"^\| `(\w+)` \|", text.partition("| name |")[2].partition("\n\n")[0], re.MULTILINE)
    document = payload(name)
    assert set(names) & set(document)
    problems = [_problem(name, {**document, other: []}) for other in set(names) - set(document)]
    assert not [problem for problem in problems if "which this importer does not read" in problem]


def _problem(name: str, document: object) -> str:
    """What is wrong with a payload; nothing where it imports."""
    try:
        import_payload(name, document)
    except StateError as error:
        return error.problem
    return ""
