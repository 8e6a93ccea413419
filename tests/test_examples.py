"""The examples do what their pages say."""

from pathlib import Path

from marginrules.cli.app import run
from marginrules.policy.catalogue import load_policy
from marginrules.testing.run import run_features

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_the_house_policy_is_checked_and_its_features_hold() -> None:
    """The handbook's figures."""
    policy = load_policy(EXAMPLES / "house-margin" / "house.margin")
    assert policy.warnings == ()
    assert run_features((EXAMPLES / "house-margin",))


def test_the_house_policy_evaluates_its_account() -> None:
    """As the page says."""
    folder = EXAMPLES / "house-margin"
    assert run(["evaluate", str(folder / "account.json"), "--policy", str(folder / "house.margin")]) == 0
