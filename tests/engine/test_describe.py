"""What is said of a policy follows from its rules, and from what they do to profit and loss."""

import pytest

from marginrules.engine.describe import describe
from marginrules.policy.catalogue import load_policy, load_text

POLICY = """
policy stated {{
  title     "Stated"
  version   "1"
  contracts {contracts}
}}

input asset.weight: rate = 100% in 0 .. 1 "what counts of an asset"

group coin by settlement asset {{
  worth   = sum(amount of balances) + sum(unrealized_pnl)
  counted = min(0, worth) + max(0, worth) * asset.weight
}}

position {{
  maintenance_margin = notional * 1%
  side               = if (quantity > 0) == (instrument.contract == inverse) then 1 else -1
  own_profit         = side * (entry_value - notional)
  in_lots            = side * (entry_value - round(notional * instrument.tick_size, up to 2 decimals) / instrument.tick_size)
  wide               = unrealized_pnl + 20% * notional
}}

pool cross {{
  covers   positions where margin_mode == cross
  one per  settlement asset
  draws on remainder of balances

  equity = {cross}
  {margin}
  {boundary}
}}

pool isolated {{
  covers   positions where margin_mode == isolated
  one per  position
  draws on assigned_margin

  equity = {isolated}
  liquidate when equity < maintenance_margin
}}
"""
BUFFER, IMPACT, BOUNDARY, ADDED = (
    "buffer against adverse moves",
    "multi-position impact",
    "liquidation boundary",
    "how the buffer is added to",
)


def said(
    row: str,
    pool: str,
    equity: str = "collateral + sum(unrealized_pnl)",
    *,
    contracts: str = "linear, inverse",
    margin: str = "",
    boundary: str = "liquidate when equity < maintenance_margin",
) -> str:
    """A row of the description of the pool with that equity."""
    rules = {"cross": "collateral + sum(unrealized_pnl)", "isolated": "collateral + unrealized_pnl", pool: equity}
    text = POLICY.format(contracts=contracts, margin=margin, boundary=boundary, **rules)
    return describe(load_text(text, "stated.margin")).text(row, pool)


@pytest.mark.parametrize(
    ("equity", "words"),
    [
        ("collateral + sum(unrealized_pnl)", "whole equity, gains on one position included ("),
        ("collateral + sum(own_profit)", "whole equity, gains on one position included ("),
        ("collateral + sum(min(unrealized_pnl, 0))", "whole equity, in which gains do not count ("),
        ("collateral - sum(max(0, -unrealized_pnl))", "whole equity, in which gains do not count ("),
        ("collateral + sum(if unrealized_pnl < 0 then unrealized_pnl else 0)", "in which gains do not count ("),
        ("collateral + sum(unrealized_pnl of positions where unrealized_pnl < 0)", "in which gains do not count ("),
        ("collateral + sum(max(unrealized_pnl, 0))", "whole equity, gains on one position included, losses not ("),
        ("collateral", "whole equity, which neither gains nor losses change ("),
        ("collateral + min(0, sum(unrealized_pnl))", "whole equity, of gains and losses on one position what the rule"),
        ("sum(counted of coin)", "whole equity, of gains and losses on one position what the rule counts ("),
        (
            "collateral + sum(if unrealized_pnl > 0 then 90% * unrealized_pnl else unrealized_pnl)",
            "whole equity, of gains on one position what the rule counts (",
        ),
        ("collateral + sum(wide)", "whole equity, of gains and losses on one position what the rule counts ("),
        ("sum(unrealized_pnl)", "Only what its rule says, which does not read what it draws on ("),
    ],
)
def test_a_shared_buffer_holds_what_counts_of_gains_and_losses(equity: str, words: str) -> None:
    """As the plan's equity follows them, whatever form the rule has."""
    assert words in said(BUFFER, "cross", equity)


@pytest.mark.parametrize(
    ("equity", "words"),
    [
        ("collateral + unrealized_pnl", "The assigned margin and the position's own profit or loss ("),
        ("collateral + own_profit", "The assigned margin and the position's own profit or loss ("),
        ("collateral + in_lots", "The assigned margin and the position's own profit or loss ("),
        ("collateral + min(unrealized_pnl, 0)", "The assigned margin less the position's own loss; a profit does not"),
        ("collateral + max(unrealized_pnl, 0)", "The assigned margin and the position's own profit; a loss does not"),
        ("collateral", "The assigned margin alone, whatever the position's own profit or loss ("),
        ("collateral + min(unrealized_pnl, 10% * notional)", "own profit or loss, of a profit what the rule counts ("),
        (
            "collateral + 50% * unrealized_pnl",
            "margin, and of the position's own profit or loss what the rule counts (",
        ),
    ],
)
def test_an_isolated_buffer_holds_what_counts_of_its_own(equity: str, words: str) -> None:
    """The margin alone is said where the equity is the collateral alone."""
    assert words in said(BUFFER, "isolated", equity)


@pytest.mark.parametrize("contracts", ["inverse", "linear, inverse", "linear, inverse, quanto"])
def test_profit_that_a_rule_works_out_itself_is_recognised(contracts: str) -> None:
    """From the values at entry and at the mark, whose difference changes sign with the side and the contract."""
    assert "own profit or loss (" in said(BUFFER, "isolated", "collateral + own_profit", contracts=contracts)


def test_only_what_a_loss_lowers_is_said_to_be_lowered() -> None:
    """And all are liquidatable together only where any is."""
    assert "a loss on one position lowers the equity" in said(IMPACT, "cross")
    assert "a loss on one position leaves the equity that supports all" in said(IMPACT, "cross", "collateral")
    assert said(IMPACT, "cross").endswith("and all are liquidatable together.")
    assert "together" not in said(IMPACT, "cross", boundary="")


def test_what_does_not_count_is_not_said_to_be_added() -> None:
    """A deposit that the equity does not read helps nothing."""
    assert said(ADDED, "cross").startswith("By any deposit")
    assert said(ADDED, "cross", "sum(unrealized_pnl)") == "By nothing: its equity does not read what it draws on."


@pytest.mark.parametrize(
    ("margin", "boundary", "words"),
    [
        (
            "",
            "liquidate when equity < maintenance_margin",
            "maintenance_margin, against the sum of its positions' main",
        ),
        ("", "liquidate when equity < 0", "Liquidatable when equity < 0. Equality is safe."),
        (
            "maintenance_margin = sum(notional)",
            "liquidate when equity < maintenance_margin",
            "a combined maintenance margin of sum(notional), which is no plain sum over its positions.",
        ),
        (
            "maintenance_margin = sum(maintenance_margin) + 1% * sum(notional)",
            "liquidate when equity < maintenance_margin",
            "the sum of its positions' maintenance margins and what is added to it: sum(maintenance_margin) + 1%",
        ),
        (
            "bad = equity <= maintenance_margin",
            "liquidate when bad",
            "Liquidatable when equity <= maintenance_margin, against the sum",
        ),
    ],
)
def test_the_boundary_names_what_it_is_held_against(margin: str, boundary: str, words: str) -> None:
    """The sum of maintenance margins only where it is that, and where the boundary reads it."""
    assert words in said(BOUNDARY, "cross", margin=margin, boundary=boundary)


@pytest.mark.parametrize(
    ("policy", "pool", "words"),
    [
        ("hyperliquid", "cross", "gains on one position included ("),
        ("bitmex", "cross", "gains on one position included ("),
        ("mango-v4", "cross", "gains on one position included ("),
        ("hyperliquid", "isolated", "own profit or loss ("),
        ("gmx-v2", "isolated", "own profit or loss what the rule counts ("),
        ("drift-v2", "cross", "whole equity, of gains on one position what the rule counts ("),
        ("drift-v2", "isolated", "profit or loss, of a profit what the rule counts ("),
    ],
)
def test_shipped_policies_count_profit_as_said(policy: str, pool: str, words: str) -> None:
    """Where profit is in full, where a weight is on it, and where the equity is not written with it by name."""
    assert words in describe(load_policy(policy)).text(BUFFER, pool)


def test_a_margin_netted_by_its_groups_is_no_plain_sum() -> None:
    """Kraken's larger side of each underlying."""
    assert "which is no plain sum" in describe(load_policy("kraken-futures")).text(BOUNDARY, "cross")


def test_what_the_venue_adds_by_itself_no_longer_backs_the_others() -> None:
    """An isolated position that is replenished is not without effect on others."""
    assert "what the venue adds here by itself" in describe(load_policy("documented")).text(IMPACT, "isolated")
    assert describe(load_policy("hyperliquid")).text(IMPACT, "isolated").startswith("None: ")


def test_rules_with_too_many_branches_are_described_without_a_claim() -> None:
    """Nothing is said of profit that was not followed through every branch."""
    terms = " + ".join(f"(if leverage > {index} then unrealized_pnl else 0)" for index in range(2, 18))
    assert said(BUFFER, "cross", f"collateral + sum({terms})").startswith("The pool's whole equity (equity")


def test_rules_as_deep_as_can_be_checked_are_described() -> None:
    """What the checker admits does not meet Python's own limit."""
    terms = "".join(f" + {index}% * unrealized_pnl" for index in range(1, 96))
    assert "what the rule counts" in said(BUFFER, "isolated", f"collateral{terms}")


def test_a_way_to_add_that_the_policy_refuses_is_not_named() -> None:
    """Where rules say what is allowed, what they leave out is not; a policy without such rules says nothing of it."""
    pools = """
pool cross {
  covers   positions where margin_mode == cross
  one per  account
  draws on remainder of balances
  equity = collateral + sum(unrealized_pnl)
}
pool isolated {
  covers   positions where margin_mode == isolated
  one per  position
  draws on assigned_margin
  equity = collateral + unrealized_pnl
}
"""
    head = 'policy told { title "Told" version "1" }\n'

    def adding(rules: str) -> list[str]:
        return [pool.rows[-1] for pool in describe(load_text(head + pools + rules)).pools]

    assert adding("allow withdraw") == [
        "By nothing: the policy allows no deposit.",
        "By nothing: the policy allows no margin to be added.",
    ]
    assert adding("allow deposit, add_margin") == adding("")
    assert "By nothing" not in "".join(adding(""))
