"""The steps of a liquidation: which variant of a pool they are about."""

import pytest

from marginrules.language.format import format_text
from marginrules.language.parser import parse
from marginrules.policy.catalogue import diagnose_text, load_policy, load_text
from marginrules.policy.policy import Policy

POLICY = """
policy variants {
  title "Variants" version "1"
}
input account.many: flag = false "several assets"
position {
  maintenance_margin = notional * 5%
}
pool cross when account.many {
  covers   positions
  one per  account
  draws on balances
  valued in USD
  equity     = sum(amount in USD of balances) + sum(unrealized_pnl in USD)
  publish only_here = equity / 2
  liquidate when equity < maintenance_margin
}
pool cross when not account.many {
  covers   positions
  one per  settlement asset
  draws on balances
  equity = collateral + sum(unrealized_pnl)
  liquidate when equity < maintenance_margin
}
RULES
"""

OF_ONE = """
liquidation cross when account.many {
  step own when only_here < 0 USD hand over to "fund"
}
"""
OF_ALL = """
liquidation cross {
  step all close 100%
}
"""


def _steps(policy: Policy) -> list[list[str]]:
    found = policy.plan.liquidations
    return [[step.name for step in found.get(place, ())] for place in range(len(policy.plan.pools))]


@pytest.mark.parametrize(
    ("rules", "steps"),
    [
        (OF_ALL, [["all"], ["all"]]),
        (OF_ONE, [["own"], []]),
        (OF_ALL + OF_ONE, [["own"], ["all"]]),
        (OF_ONE + OF_ALL, [["own"], ["all"]]),
        (OF_ALL.replace("cross", "cross when not account.many"), [[], ["all"]]),
    ],
)
def test_a_liquidation_is_about_the_variant_with_its_condition(rules: str, steps: list[list[str]]) -> None:
    """One without a condition is about all that have none of their own; the order does not matter."""
    assert _steps(load_text(POLICY.replace("RULES", rules))) == steps


def test_variants_told_apart_by_what_they_cover_can_be_named_by_that() -> None:
    """Where there is no `when`."""
    text = POLICY.replace("pool cross when account.many {", "pool cross {").replace(
        "pool cross when not account.many {", "pool cross {"
    )
    text = text.replace("covers   positions", "covers   positions where margin_mode == cross", 1)
    text = text.replace("covers   positions\n", "covers   positions where margin_mode == isolated\n", 1)
    text = text.replace("draws on balances", "draws on balances where wallet == a", 1)
    text = text.replace("draws on balances\n  equity", "draws on balances where wallet == b\n  equity", 1)
    rules = OF_ALL.replace("cross {", "cross when margin_mode == isolated {")
    assert _steps(load_text(text.replace("RULES", rules))) == [[], ["all"]]


def test_a_condition_that_no_variant_has_is_told_of() -> None:
    """With those there are."""
    rules = OF_ALL.replace("cross {", "cross when account.many == false {")
    _, found = diagnose_text(POLICY.replace("RULES", rules))
    assert [entry.code for entry in found] == ["undefined-name"]
    assert "`account.many`, `not account.many`" in found[0].remedy


def test_two_liquidations_of_one_variant_are_told_of() -> None:
    """As two of one kind are."""
    for rules in (OF_ONE + OF_ONE, OF_ALL + OF_ALL):
        _, found = diagnose_text(POLICY.replace("RULES", rules))
        assert [entry.code for entry in found] == ["duplicate-definition"]


def test_the_condition_of_a_liquidation_stays_when_it_is_laid_out() -> None:
    """Formatted once, it is formatted."""
    text = POLICY.replace("RULES", OF_ONE + OF_ALL)
    once = format_text(text, "p.margin")
    assert "liquidation cross when account.many {" in once
    assert parse(once, "p.margin") == parse(text, "p.margin")
    assert format_text(once, "p.margin") == once


def test_a_policy_that_extends_another_replaces_what_it_says_of_the_same() -> None:
    """Of a variant its own steps, of the kind all of them."""
    header = 'policy house extends hyperliquid {\n  title "House"\n  version "1"\n}\n'
    whole = load_text(header + 'liquidation cross {\n  step ours hand over to "house"\n}\n')
    base = load_policy("hyperliquid")
    places = [place for place, pool in enumerate(whole.plan.pools) if pool.kind == "cross"]
    assert [_steps(whole)[place] for place in places] == [["ours"]]
    others = [place for place in range(len(base.plan.pools)) if place not in places]
    assert [_steps(whole)[place] for place in others] == [_steps(base)[place] for place in others]
