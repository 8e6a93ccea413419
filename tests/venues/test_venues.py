"""The registry of importers."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from marginrules.account.state import StateError
from marginrules.errors import MarginRulesError
from marginrules.venues import IMPORTERS, import_payload

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
@pytest.mark.parametrize("payload", [None, [], {}, "text", Decimal(1), [[]], {"account": []}, {"meta": Decimal(1)}])
def test_whatever_the_payload_is_an_importer_answers_with_an_error_that_names_its_source(
    name: str, payload: object
) -> None:
    with pytest.raises(StateError) as raised:
        import_payload(name, payload, "account.json")
    assert str(raised.value).startswith("account.json: /")
    assert raised.value.remedy


@pytest.mark.parametrize("name", list(IMPORTERS))
def test_every_importer_is_documented(name: str) -> None:
    """Each has a page, and the overview links to it."""
    assert f"--from {name}" in (DOCUMENTATION / f"{name}.md").read_text(encoding="utf-8")
    assert f"[{name}]({name}.md)" in (DOCUMENTATION / "README.md").read_text(encoding="utf-8")
