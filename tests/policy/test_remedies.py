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
    ({"position": "publish x = round(notional, up to 0.01)"}, "`2 decimals`", {"position": "publish x = round(notional, up to 2 decimals)"}),
    ({"position": "publish x = round(notional, up to 100)"}, "`-2 decimals`", {"position": "publish x = round(notional, up to -2 decimals)"}),
    ({"position": "publish x = round(notional, up to 0.05)"}, "round(number(", {"position": "publish x = round(number(notional), up to 0.05)"}),
    ({"position": "publish x = notional + 5"}, "(10 USDC in settle)", {"position": "publish x = notional + (5 USDC in settle)"}),
    ({"position": "publish x = quantity > 5"}, "`number(…)`", {"position": "publish x = number(quantity) > 5"}),
    ({"position": "publish x = notional + (5 in settle)"}, "`10 USDC`", {"position": "publish x = notional + (5 USDC in settle)"}),
    (
        {"position": 'publish x = instrument.symbol == "BTC"'},
        "`input instrument.symbol: choice of A, B, …",
        {"file": 'input instrument.symbol: choice of BTC, ETH "s"', "position": 'publish x = instrument.symbol == "BTC"'},
    ),
    (
        {"position": "publish x = if instrument.base == BTC then 1 else 2"},
        "`input instrument.kind: choice of A, B",
        {"file": 'input instrument.kind: choice of A, B "k"', "position": "publish x = if instrument.kind == A then 1 else 2"},
    ),
    (
        {"position": "fees until 2025-01-01 = 1\n fees from 2025-02-01 = 2\n publish x = fees"},
        "until the next begins",
        {"position": "fees until 2025-02-01 = 1\n fees from 2025-02-01 = 2\n publish x = fees"},
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
