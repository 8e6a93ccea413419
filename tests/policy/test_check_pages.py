"""Every diagnostic has a page, and every page is true."""

import re
import textwrap
from pathlib import Path

import pytest

from marginrules.policy.catalogue import diagnose_text

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted(path for path in (ROOT / "docs" / "checks").glob("*.md") if path.stem != "README")

FURTHER_CODES = {"syntax", "doubly-covered-position", "doubly-covered-order"}
"""Codes of one word, or put together in the source."""

NOT_CODES = {"single-collateral", "date-time"}
"""Words with a hyphen in the source that are no codes."""


def _example(page: Path, kind: str) -> str:
    found = re.search(rf"^```margin {kind}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None, f"{page.name} has no {kind} example"
    return found.group(1)


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    """The codes in the source, read off it."""
    codes = set(FURTHER_CODES)
    for package in ("policy", "language"):
        for path in (ROOT / "marginrules" / package).rglob("*.py"):
            codes |= set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', path.read_text(encoding="utf-8")))
    assert {page.stem for page in PAGES} == codes - NOT_CODES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_broken_example_gives_the_message_of_the_page(page: Path, tmp_path: Path) -> None:
    """Code and words, as they are printed now."""
    text = _example(page, "broken")
    (tmp_path / "example.margin").write_text(text, encoding="utf-8")
    _, found = diagnose_text(text, "example.margin", tmp_path)
    messages = [entry.render() for entry in found if entry.code == page.stem]
    assert messages, [entry.code for entry in found]
    shown = page.read_text(encoding="utf-8")
    # The path of a policy's own copy differs from machine to machine; it is not part of these messages.
    assert any(
        "\n".join(line.rstrip() for line in textwrap.indent(message, "    ").splitlines()) in shown
        for message in messages
    ), messages[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_mended_example_is_accepted(page: Path, tmp_path: Path) -> None:
    """No error is left, and not the problem of the page either."""
    policy, found = diagnose_text(_example(page, "mended"), "example.margin", tmp_path)
    assert policy is not None, "\n".join(entry.render() for entry in found)
    assert page.stem not in {entry.code for entry in found}
