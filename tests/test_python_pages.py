"""The pages about the account document and the library: their lines run, their documents are read and printed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import marginrules

ROOT = Path(__file__).parent.parent
ACCOUNT = (ROOT / "docs" / "account.md").read_text(encoding="utf-8")
PYTHON = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")


def _block(page: str, language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return str(found)


def _report(document: str | dict[str, Any]) -> dict[str, Any]:
    policy = marginrules.load_policy("documented")
    return marginrules.write_report(marginrules.evaluate(policy, marginrules.read_account(document, policy)))


def test_the_report_shown_is_that_of_the_account_shown() -> None:
    """To the last field; the digest is that of the rule file, and changes with it."""
    shown = json.loads(_block(ACCOUNT, "json report"))
    found = _report(_block(ACCOUNT, "json account"))
    assert found["policy"].pop("digest").startswith("sha256:")
    assert shown["policy"].pop("digest") == "sha256:…"
    assert found == shown


def test_the_unknown_figure_shown_is_said_where_the_mark_is_missing() -> None:
    """With its place in the report and in the account."""
    (line,) = re.findall(r'^ +(\{"at": .*\})$', ACCOUNT, re.MULTILINE)
    document = json.loads(_block(ACCOUNT, "json account"))
    del document["instruments"][0]["mark_price"]
    assert json.loads(line) in _report(document)["unknown"]


def test_sections_that_are_empty_can_be_left_out() -> None:
    """As the page says."""
    document = json.loads(_block(ACCOUNT, "json account"))
    del document["orders"]
    assert _report(document)["pools"]


def test_the_lines_of_the_page_run_and_print_what_they_say(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One after another, as someone would who reads on."""
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {"document": _block(ACCOUNT, "json account")}
    for block in re.findall(r"^```python\n(.*?)^```", PYTHON, re.MULTILINE | re.DOTALL):
        exec(block, names)  # noqa: S102 - the page's own lines
    printed = capsys.readouterr().out
    assert printed.splitlines()[1:3] == ["True", "False"]
    for expected in (
        "house.margin:1:1 incomplete-header the policy has no version\n",
        "\n2349.3048\n",
        "\nFalse the initial margin must stay",
        "\nwithdraw:USDC 1800",
    ):
        assert expected in printed
    assert printed.rstrip().endswith("100.000000\nclose_all isolated/A")


def test_every_public_name_is_on_the_page_or_belongs_to_one_that_is() -> None:
    """Functions and errors; the records are told by what gives them."""
    functions = {name for name in marginrules.__all__ if name[0].islower() or name.endswith("Error")}
    assert {name for name in functions if not re.search(rf"\b{name}\b", PYTHON)} == set()
