"""`docs/venues.md` and `docs/conformance.md` are what the commands say of the shipped policies."""

from pathlib import Path

import pytest

from marginrules.cli.app import run
from marginrules.resources import policy_names

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "venues.md"
HEADING = """# The shipped policies, side by side

Made by `marginrules describe --markdown`: every row follows from the rules.

"""


def test_the_page_of_all_venues_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    """Make it anew with `make venues` after a policy changed."""
    assert run(["describe", "--markdown", *sorted(policy_names())]) == 0
    assert PAGE.read_text(encoding="utf-8") == HEADING + capsys.readouterr().out


def test_every_shipped_policy_has_a_feature_and_cases() -> None:
    """A venue without either is not finished."""
    features = {path.stem for path in (ROOT / "features" / "venues").glob("*.feature")}
    cases = {path.stem for path in (ROOT / "tests" / "cases").glob("*.json")}
    venues = set(policy_names()) - {"documented"}
    assert venues <= features
    assert venues <= cases


def test_the_page_of_published_figures_is_current(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Make it anew with `make conformance` after a policy or a case changed."""
    monkeypatch.chdir(ROOT)
    assert run(["test", "--cases", "tests/cases", "--markdown"]) == 0
    assert (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8") == capsys.readouterr().out
