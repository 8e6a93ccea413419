"""What is decided of conditions, and what is left to the account."""

import pytest

from marginrules.policy.catalogue import diagnose_text
from tests.policy.test_seeded_mistakes import DEFAULTS, POLICY

# What is put into the policy: conditions that do depend on the account, or that repeat what is only named.
ACCEPTED: list[dict[str, str]] = [
    {"position": "publish x = if leverage > 5 then 1 else if leverage > 3 then 2 else 3"},
    {"position": "publish x = if leverage >= 5 then 1 else if 5 >= leverage and leverage > 4 then 2 else 3"},
    {"position": "publish x = if notional > unrealized_pnl then 1 else if unrealized_pnl == notional then 2 else 3"},
    {"position": "publish x = if leverage != 5 and leverage != 7 then 1 else 2"},
    {"position": "publish x = if leverage > 5 or leverage < 3 then 1 else 2"},
    {"position": "large = notional > 5 * entry_value\n publish x = if large and leverage > 3 and large == (quantity > 0) then 1 else 2"},
    # A definition that is named says on its own what it is for.
    {"position": "large = leverage > 5\n publish x = if large and leverage > 3 then 1 else 2"},
    # What is covered may be written out, and what a formula is called with may decide it in one of its uses.
    {"pool": "publish x = sum(notional of positions where margin_mode == cross)"},
    {"position": "jump(a) = if a > 5 then 1 else 2\n publish x = jump(leverage) + jump(3)"},
    # Dead in one pool, and taken in the other.
    {"position": "publish x = if margin_mode == cross then 1 else 2"},
    {"position": "x = if margin_mode == cross then 1 else 2", "pool": "publish y = sum(x)", "isolated": "publish y = x"},
    {"position": "x = if margin_mode == cross then 1 else 2", "end": "allow close when position.x > 1"},
    {"pool": "threshold never when false"},
]  # fmt: skip


@pytest.mark.parametrize("parts", ACCEPTED, ids=str)
def test_a_condition_that_an_account_decides_is_accepted(parts: dict[str, str]) -> None:
    """No error, and no warning."""
    policy, found = diagnose_text(POLICY.format(**{**DEFAULTS, **parts}), "p.margin")
    assert policy is not None, "\n".join(entry.render() for entry in found)
    assert not found


def test_a_contradiction_is_told_once() -> None:
    """At its own words, not at all that is built on them as well."""
    position = "publish x = if not (leverage > 5 and leverage < 3 and quantity > 0) then 1 else 2"
    _, found = diagnose_text(POLICY.format(**{**DEFAULTS, "position": position}), "p.margin")
    assert [(entry.code, entry.span.text) for entry in found] == [
        ("decided-condition", "leverage > 5 and leverage < 3")
    ]


def test_more_cases_than_can_be_gone_through_decide_nothing() -> None:
    """Choices are still gone through where numbers make too many."""
    chain = " else ".join(
        f"if leverage > {number} * unrealized_pnl / notional then {number}" for number in range(12, 1, -1)
    )
    parts = {"isolated": f"publish x = if margin_mode == isolated and leverage > 1 then 1 else {chain} else 0"}
    policy, found = diagnose_text(POLICY.format(**{**DEFAULTS, **parts}), "p.margin")
    assert policy is not None, "\n".join(entry.render() for entry in found)
