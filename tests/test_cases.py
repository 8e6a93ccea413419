"""The conformance cases: published figures, each its own test."""

from pathlib import Path
from typing import Any

import pytest

from marginrules.testing.cases import INCONSISTENT, read_cases, run_case

CASES = Path(__file__).parent / "cases"


INCONSISTENT_FIGURES = {
    "payload: BTC long cross 5x, liquidationPx null (source inconsistent)": {"positions/BTC/liquidation_price"},
    "bn-coinm-doc-position-notional": {"positions/BTCUSD_201225/notional"},
    "by-btcusd-inverse-short-mm": {"positions/BTCUSD/maintenance_margin"},
    "kr-fi-xbtusd-af": {"idle_equity/XBT/amount"},
    "ku-help-iso-liq-base": {"positions/XBTUSDM/liquidation_price"},
    "ku-help-iso-liq-added": {"positions/XBTUSDM/liquidation_price"},
    "okx-ethusd-inverse-iso-long-liqpx": {"positions/ETH-USD-210430/liquidation_price"},
}
"""Figures that contradict the rest of their source, by case; all others of these cases must agree."""


def _all() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.json")):
        venue, cases = read_cases(path)
        found.extend(pytest.param(venue, case, id=f"{venue}: {case['name']}") for case in cases)
    return found


@pytest.mark.parametrize(("venue", "case"), _all())
def test_a_published_figure_is_the_policys_figure(venue: str, case: dict[str, Any]) -> None:
    """Every figure that the case names agrees within the case's own tolerance."""
    result = run_case(venue, case)
    if str(case.get("note", "")).startswith(INCONSISTENT):
        assert {difference.at for difference in result.differences} == INCONSISTENT_FIGURES[case["name"]]
        assert result.verdict == "source inconsistent"
        return
    assert result.differences == ()
    assert result.compared > 0
