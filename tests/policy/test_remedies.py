"""What a message says is to be done, done: the policy is accepted then."""

import pytest

from marginrules.policy.catalogue import diagnose_text
from tests.policy.test_seeded_mistakes import DEFAULTS, POLICY, USD

MENDED: list[tuple[dict[str, str], str, dict[str, str]]] = [
    # What is put into the policy, words of the help that it then gets, and what is put there in its place.
    (
        {"pool": "publish x = sum(quantity)"},
        "`group … by instrument`",
        {"file": "group market by instrument { held = sum(quantity) }", "position": "publish x = market.held"},
    ),
    ({"pool": "publish x = sum(quantity)"}, "aggregate `notional`", {"pool": "publish x = sum(notional)"}),
    (
        {"pool": "publish x = sum(entry_price)"},
        "`group … by instrument`",
        {"file": "group market by instrument { most = max(entry_price of positions) }", "position": "publish x = market.most"},
    ),
    (
        {"pool": "publish x = sum(base_quantity)"},
        "`group … by underlying`",
        {"file": "group coin by underlying { held = sum(base_quantity) }", "position": "publish x = coin.held"},
    ),
    (
        {**USD, "pool": "publish x = sum(unrealized_pnl * 2)"},
        "`(unrealized_pnl * 2) in USD`",
        {**USD, "pool": "publish x = sum((unrealized_pnl * 2) in USD)"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("parts", "help_", "mended"), MENDED, ids=str)
def test_the_remedy_works(parts: dict[str, str], help_: str, mended: dict[str, str]) -> None:
    """It is said, and following it leaves no error."""
    policy, found = diagnose_text(POLICY.format(**{**DEFAULTS, **parts}), "p.margin")
    assert policy is None
    assert any(help_ in entry.remedy for entry in found), "\n".join(entry.render() for entry in found)
    policy, found = diagnose_text(POLICY.format(**{**DEFAULTS, **mended}), "p.margin")
    assert policy is not None, "\n".join(entry.render() for entry in found)
