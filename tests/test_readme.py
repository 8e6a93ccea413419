"""The README says what is true: its rules, its commands and their output, its lists."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import marginrules
from marginrules.cli.app import run
from marginrules.policy.catalogue import diagnose_text
from marginrules.resources import policy_names
from marginrules.venues import IMPORTERS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

BROKEN = """policy house {
  title   "House margin"
  version "1"
}

const fee_rate: rate = 0.05%

position {
  publish margin = notional + fee_rate
}

pool cross {
  covers   positions
  one per  account
  draws on balances
  equity = collateral
}
"""


def _fenced(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return str(found)


def _indented(first: str) -> str:
    """The indented block that begins with a line, without its indent."""
    lines = README.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"    {first}"))
    block = []
    for line in lines[start:]:
        if line and not line.startswith("    "):
            break
        block.append(line[4:])
    return "\n".join(block).strip()


def test_the_rules_shown_are_those_of_the_policy() -> None:
    """To the letter: block after block."""
    rules = (ROOT / "rules" / "hyperliquid.margin").read_text(encoding="utf-8")
    blocks = re.split(r"\n\n(?=\S)", _fenced("margin").strip())
    assert len(blocks) > 3
    assert [block for block in blocks if f"\n{block}\n" not in rules] == []


def test_the_mistake_shown_is_the_message_of_the_checker() -> None:
    """Place, excerpt and remedy."""
    _, (found,) = diagnose_text(BROKEN, "house.margin")
    assert found.render().strip() == _indented("house.margin:9:31")


def test_the_report_shown_is_what_the_command_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole of it, at the width of a page."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    command, _, output = _indented("$ marginrules evaluate").partition("\n")
    assert run(command.split()[2:]) == 0
    assert [line.rstrip() for line in capsys.readouterr().out.strip().splitlines()] == output.splitlines()


def test_the_lines_that_embed_it_run(capsys: pytest.CaptureFixture[str]) -> None:
    """On the worked example, an isolated position without maintenance margin."""
    document: dict[str, Any] = {
        "schema": "marginrules/account/1",
        "account": {"id": "alice"},
        "balances": [{"asset": "USDC", "wallet_balance": "2000"}],
        "positions": [
            {
                "id": "A",
                "symbol": "BTC-PERP",
                "quantity": "0.02",
                "entry_price": "100000",
                "margin_mode": "isolated",
                "leverage": "10",
                "assigned_margin": "200",
            }
        ],
        "orders": [],
        "instruments": [
            {
                "symbol": "BTC-PERP",
                "contract": "linear",
                "base": "BTC",
                "quote": "USDC",
                "settle": "USDC",
                "contract_size": "1",
                "mark_price": "92000",
            }
        ],
        "assets": [{"asset": "USDC", "index_price": "1"}],
    }
    for given in (document, json.dumps(document)):
        exec(_fenced("python"), {"document": given})  # noqa: S102 - the page's own lines
        printed = capsys.readouterr().out
        assert printed.startswith("90000.")
        assert "liquidatable = no" in printed


def test_every_policy_and_every_importer_is_named() -> None:
    """One that is not cannot be found."""
    named = set(re.findall(r"`([a-z0-9-]+)`", README))
    assert {*policy_names(), *IMPORTERS} <= named


def test_the_published_figures_are_as_many_as_it_says() -> None:
    """And none disagrees."""
    page = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    found = re.search(r"^\| all \| (\d+) \| \d+ \| \d+ \| 0 \| 7 \|$", page, re.MULTILINE)
    assert found is not None
    assert int(found[1]) > 400


def test_what_is_imported_from_the_package_is_public() -> None:
    """The lines use no name that is not promised."""
    used = set(re.findall(r"marginrules\.(\w+)", _fenced("python")))
    assert used <= set(marginrules.__all__)
