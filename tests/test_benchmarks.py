"""The hand-written functions that evaluation is measured against: that they do the same work, never how fast."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import larger, same, with_tiers
from benchmarks.by_hand import by_hand
from marginrules import evaluate, load_policy, read_account
from marginrules.arithmetic import exact_context
from marginrules.testing.cases import read_cases

ROOT = Path(__file__).parent.parent
WRITTEN = by_hand()


def _compare(name: str, document: Any) -> bool:
    """Compares where the report has every figure; whether it has."""
    policy = load_policy(name)
    state = read_account(document, policy)
    report = evaluate(policy, state, solve=False)
    if any(entry.pointer for entry in report.unknown):
        return False
    with exact_context():
        same(report, WRITTEN[name][1](state))
    return True


def test_every_shipped_policy_is_measured() -> None:
    """A policy that is added needs a function written by hand."""
    assert set(WRITTEN) == {path.stem for path in (ROOT / "rules").glob("*.margin")}


@pytest.mark.parametrize("name", WRITTEN)
def test_both_sides_of_a_measure_do_the_same_work(name: str) -> None:
    """Every field of the report of the measured account, and each with the same value."""
    assert _compare(name, WRITTEN[name][0])


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "tests" / "cases").glob("*.json")))
def test_a_function_written_by_hand_holds_for_every_published_account(name: str) -> None:
    """It covers the policy, not the measured account alone."""
    _, cases = read_cases(ROOT / "tests" / "cases" / f"{name}.json")
    compared = [_compare(name, case["account"]) for case in cases if case["policy"] == name]
    assert any(compared)


@pytest.mark.parametrize("name", ["hyperliquid", "binance-usdm"])
def test_the_functions_written_by_hand_agree_on_a_larger_account(name: str) -> None:
    """More positions are still the same work, and the accounts that are measured can be read."""
    assert _compare(name, larger(WRITTEN[name][0], 3))


@pytest.mark.parametrize("name", ["binance-usdm", "kucoin-futures"])
def test_the_functions_written_by_hand_agree_on_more_tiers(name: str) -> None:
    """Longer tables are still the same work."""
    assert _compare(name, with_tiers(WRITTEN[name][0], 12))


@pytest.mark.parametrize("field", ["pool", "positions", "asset", "equity", "liquidatable"])
def test_a_field_of_a_pool_that_only_one_side_has_is_noticed(field: str) -> None:
    """The comparison would otherwise be of different work."""
    document, written = WRITTEN["hyperliquid"]
    policy = load_policy("hyperliquid")
    state = read_account(document, policy)
    with exact_context():
        figures = written(state)
    del figures["cross"][field]
    with pytest.raises(AssertionError, match=field):
        same(evaluate(policy, state, solve=False), figures)
