"""Every documented behaviour has a scenario."""

import re
from pathlib import Path

FEATURES = Path(__file__).parent.parent / "features"


def _tags() -> set[str]:
    found: set[str] = set()
    for path in FEATURES.rglob("*.feature"):
        found |= set(re.findall(r"@(B\d+)\b", path.read_text(encoding="utf-8")))
    return found


def test_every_behaviour_has_a_scenario() -> None:
    """B1 to B30, each tagged in some feature file."""
    assert {f"B{number}" for number in range(1, 31)} <= _tags()


def test_no_tag_names_a_behaviour_that_does_not_exist() -> None:
    """A misspelt tag would leave its behaviour without a scenario."""
    assert _tags() <= {f"B{number}" for number in range(1, 31)}
