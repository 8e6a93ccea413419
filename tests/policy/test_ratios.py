"""Which ratios of requirement and equity are taken for what they say."""

import pytest

from marginrules.policy.catalogue import diagnose_text
from tests.policy.test_seeded_mistakes import DEFAULTS, POLICY


@pytest.mark.parametrize(
    "boundary",
    [
        "maintenance_margin >= equity",
        "equity / maintenance_margin <= 100%",
        "equity / maintenance_margin < 1.5",
        "equity <= 0 or maintenance_margin / equity >= 100%",
        "equity <= maintenance_margin or maintenance_margin / equity >= 80%",
        "maintenance_margin / max(equity, 0.01 * sum(notional)) >= 100%",
        # How large positions are for the equity is a leverage, and no share.
        "sum(notional) / max(equity, 0.01 * sum(notional)) > 50",
    ],
)
def test_a_ratio_that_says_what_is_meant_is_accepted(boundary: str) -> None:
    """With the remedies of the messages among them."""
    policy, found = diagnose_text(POLICY.format(**{**DEFAULTS, "boundary": boundary}), "p.margin")
    assert policy is not None, "\n".join(entry.render() for entry in found)
    assert not found
