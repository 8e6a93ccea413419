"""The pages of `docs/` say what is true: their rule files are checked, and their accounts evaluated."""

import re
from pathlib import Path

import pytest

from marginrules.language.format import format_text
from marginrules.policy.catalogue import diagnose_text

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
BLOCK = re.compile(r"^```margin *([a-z ]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)

SKELETON = """
policy example {{
  title "example" version "1"
  source margining = "m" "https://example.org" read 2026-11-20
  source liquidations = "l" "https://example.org" read 2026-11-20
}}
{file}
position {{
  {position}
}}
pool cross {{
  covers positions where margin_mode == cross
  covers orders
  one per account
  draws on remainder of balances
  equity = collateral + sum(unrealized_pnl)
  {pool}
}}
pool isolated {{
  covers positions where margin_mode == isolated
  one per position
  draws on assigned_margin
  equity = collateral + unrealized_pnl
}}
"""


def _blocks() -> list[object]:
    found = []
    for page in PAGES:
        for number, match in enumerate(BLOCK.finditer(page.read_text(encoding="utf-8")), 1):
            kind, text = match.group(1).strip(), match.group(2)
            found.append(pytest.param(kind, text, id=f"{page.name} {number} {kind}".strip()))
    return found


def _whole(kind: str, text: str) -> str:
    place = kind.removeprefix("fragment").strip()
    if place in {"file", "position", "pool"}:
        parts = {"file": "", "position": "", "pool": ""} | {place: text}
        if place == "pool":
            parts["position"] = "maintenance_margin = notional * 1%"
        return SKELETON.format(**parts)
    return text


@pytest.mark.parametrize(("kind", "text"), _blocks())
def test_an_example_of_the_docs_is_in_the_language(kind: str, text: str) -> None:
    """Every rule file on a page passes the checks."""
    policy, found = diagnose_text(_whole(kind, text), "example.margin")
    errors = [entry.render() for entry in found if entry.severity == "error"]
    assert policy is not None, "\n".join(errors)


@pytest.mark.parametrize(("kind", "text"), _blocks())
def test_an_example_of_the_docs_can_be_laid_out(kind: str, text: str) -> None:
    """The formatter takes every construct of the reference, and a second time changes nothing."""
    once = format_text(_whole(kind, text), "example.margin")
    assert format_text(once, "example.margin") == once


@pytest.mark.parametrize("path", sorted((ROOT / "rules").glob("*.margin")), ids=lambda path: path.stem)
def test_a_shipped_policy_is_laid_out_and_without_a_warning(path: Path) -> None:
    """No shipped policy gives a false alarm, and each is in the one layout."""
    text = path.read_text(encoding="utf-8")
    policy, found = diagnose_text(text, path.name, path.parent)
    assert policy is not None
    assert found == ()
    assert format_text(text, path.name) == text
