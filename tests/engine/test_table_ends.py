"""Where the rows of a tier table begin and end: bounds that are in or out, and keys beyond the last row."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import marginrules
from marginrules.engine.evaluate import evaluation
from marginrules.engine.interpret import POOL
from marginrules.engine.unknown import Unknown

POLICY = """
policy ends {{
  title "Ends" version "1"
  contracts {contract}
}}
position {{
  initial_margin     = notional / leverage
  maintenance_margin = {rule}
}}
pool cross {{
  covers   positions
  one per  account
  draws on balances
  equity = collateral + sum(unrealized_pnl)
  liquidate when equity < maintenance_margin
}}
"""
PROGRESSIVE = "tiered notional by instrument.tiers rate tier.maintenance_rate"
WHOLE = "notional * (pick tier.maintenance_rate from instrument.tiers at notional)"
GIVEN = "notional * (pick (if given(tier.initial_rate) then tier.maintenance_rate else 3%) from instrument.tiers at notional)"
OUT = [
    {"above": "0", "up_to": "1000", "maintenance_rate": "0.01"},
    {"above": "1000", "up_to": "2000", "maintenance_rate": "0.02"},
]
IN = [
    {"at_least": "0", "below": "1000", "maintenance_rate": "0.01"},
    {"at_least": "1000", "below": "2000", "maintenance_rate": "0.02"},
]


def _evaluated(
    rule: str,
    tiers: list[dict[str, str]],
    *,
    quantity: str = "10",
    mark: str = "100",
    wallet: str = "500",
    inverse: bool = False,
) -> tuple[marginrules.Policy, Any]:
    policy = marginrules.load_text(POLICY.format(rule=rule, contract="inverse" if inverse else "linear"))
    document = {
        "schema": "marginrules/account/1",
        "account": {"id": "alice"},
        "balances": [{"asset": "BTC" if inverse else "USD", "wallet_balance": wallet}],
        "positions": [{"id": "A", "symbol": "X", "quantity": quantity, "entry_price": "100", "leverage": "10"}],
        "instruments": [
            {
                "symbol": "X",
                "contract": "inverse" if inverse else "linear",
                "base": "BTC",
                "quote": "USD",
                "settle": "BTC" if inverse else "USD",
                "mark_price": mark,
                "tiers": tiers,
            }
        ],
    }
    return policy, marginrules.read_account(document, policy)


def _maintenance(rule: str, tiers: list[dict[str, str]], mark: str) -> object:
    """The requirement of the pool, the same from both evaluators."""
    policy, state = _evaluated(rule, tiers, mark=mark)
    pool = evaluation(policy, state, solve=False).pools[0]
    node = pool.instance.plan.definitions["pool"]["maintenance_margin"]
    value, reference = pool.value(node, POOL), pool.reference.value(node, POOL)
    assert value == reference
    return value


@pytest.mark.parametrize(("tiers", "required"), [(OUT, Decimal(10)), (IN, Decimal(20))])
def test_a_key_at_a_bound_is_in_the_tier_that_says_so(tiers: list[dict[str, str]], required: Decimal) -> None:
    """1000 is up to the end of the first tier under `above`, and at least the bound of the second under `at_least`."""
    assert _maintenance(WHOLE, tiers, "100") == required


@pytest.mark.parametrize("rule", [PROGRESSIVE, WHOLE, GIVEN])
@pytest.mark.parametrize(("tiers", "inside", "beyond"), [(OUT, "200", "200.001"), (IN, "199.999", "200")])
def test_nothing_is_required_by_a_tier_that_is_not_there(
    rule: str, tiers: list[dict[str, str]], inside: str, beyond: str
) -> None:
    """The last tier ends where it says so; beyond that the requirement is unknown, and the document's place is named."""
    assert isinstance(_maintenance(rule, tiers, inside), Decimal)
    value = _maintenance(rule, tiers, beyond)
    assert isinstance(value, Unknown)
    assert "the tiers end at 2000" in value.reason
    assert value.pointer == f"/instruments/0/tiers/1/{'up_to' if tiers is OUT else 'below'}"


def test_one_tier_can_end_too() -> None:
    """A table of one row is no table without an end."""
    tiers = [{"above": "0", "up_to": "1000", "maintenance_rate": "0.01"}]
    assert _maintenance(PROGRESSIVE, tiers, "100") == 10
    assert isinstance(_maintenance(PROGRESSIVE, tiers, "101"), Unknown)


def test_a_policy_table_ends_as_well() -> None:
    """What the rule file says of its own rows holds for it."""
    text = POLICY.format(rule="tiered notional by steps rate tier.maintenance_rate", contract="linear")
    text += "table steps { | at_least | below | maintenance_rate | | 0 | 1_000 | 1% | | 1_000 | 2_000 | 2% | }"
    policy = marginrules.load_text(text)
    for mark, known in (("199", True), ("200", False)):
        _, state = _evaluated(PROGRESSIVE, OUT, mark=mark)
        assert (marginrules.evaluate(policy, state).pools[0].maintenance_margin is not None) is known


@pytest.mark.parametrize("rule", [PROGRESSIVE, WHOLE])
def test_a_price_before_the_end_of_the_tiers_is_solved(rule: str) -> None:
    """A long falls away from the end; its price is the one without it."""
    without = [{name: cell for name, cell in row.items() if name != "up_to"} for row in OUT]
    prices = [marginrules.evaluate(*_evaluated(rule, tiers)).position("A") for tiers in (OUT, without)]
    assert prices[0].liquidation_price == prices[1].liquidation_price is not None
    assert prices[0].bankruptcy_price == prices[1].bankruptcy_price == 50


def test_boundaries_that_may_lie_beyond_the_end_are_not_passed_over() -> None:
    """The price is known; whether there are others above 200 is not, and the report says so."""
    report = marginrules.evaluate(*_evaluated(PROGRESSIVE, OUT))
    assert report.position("A").other_boundaries == ()
    told = {entry.at: entry.reason for entry in report.unknown}
    assert told == {"/positions/0/other_boundaries": "above a price of 200 the tiers end at 2000"}


@pytest.mark.parametrize("rule", [PROGRESSIVE, WHOLE])
def test_a_price_beyond_the_end_of_the_tiers_is_unknown(rule: str) -> None:
    """A short with much collateral reaches the end first. Its equity needs no tier, so bankruptcy is known."""
    report = marginrules.evaluate(*_evaluated(rule, OUT, quantity="-10", wallet="5000"))
    position = report.position("A")
    assert position.liquidation_price is None
    assert position.bankruptcy_price == 600
    reasons = {entry.at: entry.reason for entry in report.unknown}
    assert reasons["/positions/0/liquidation_price"] == "above a price of 200 the tiers end at 2000"


def test_of_an_inverse_contract_the_end_lies_below() -> None:
    """The value in BTC grows as the price falls: a short gains there, a long comes to the end before its boundary."""
    tiers = [{"above": "0", "up_to": "20", "maintenance_rate": "0.01"}]
    report = marginrules.evaluate(*_evaluated(PROGRESSIVE, tiers, quantity="1000", wallet="100", inverse=True))
    assert report.position("A").liquidation_price is None
    assert (
        next(e.reason for e in report.unknown if e.at.endswith("liquidation_price"))
        == "below a price of 50 the tiers end at 20"
    )
    near = marginrules.evaluate(*_evaluated(PROGRESSIVE, tiers, quantity="1000", wallet="5", inverse=True))
    without = [{"above": "0", "maintenance_rate": "0.01"}]
    free = marginrules.evaluate(*_evaluated(PROGRESSIVE, without, quantity="1000", wallet="5", inverse=True))
    assert near.position("A").liquidation_price == free.position("A").liquidation_price is not None


def test_a_pool_that_is_liquidatable_is_cured_at_the_nearest_price_that_is_known_to_do_so() -> None:
    """Where the tiers end nearer than the price found on the other side, another could be nearer still."""
    far = marginrules.evaluate(*_evaluated(PROGRESSIVE, OUT, quantity="-10", mark="160", wallet="600"))
    assert far.pools[0].liquidatable
    assert far.position("A").liquidation_price is not None
    near = marginrules.evaluate(*_evaluated(PROGRESSIVE, OUT, quantity="-10", mark="199", wallet="600"))
    assert near.pools[0].liquidatable
    assert near.position("A").liquidation_price is None
    assert near.position("A").other_boundaries == (far.position("A").liquidation_price,)


def test_a_derivation_shows_where_the_table_ends() -> None:
    """An unknown requirement leads to the key and to the cell that ends the tiers."""
    found = marginrules.explain(*_evaluated(PROGRESSIVE, OUT, mark="201"), "maintenance_margin:A")
    leaves = {step.pointer: step.value for step in found.walk() if not step.children}
    assert leaves["/instruments/0/tiers/1/up_to"] == 2000


def test_the_place_of_a_policy_table_is_one_in_the_rule_file(tmp_path: Path) -> None:
    """Not a JSON pointer into the account, whatever the path of the file looks like."""
    text = POLICY.format(rule="tiered notional by steps rate tier.maintenance_rate", contract="linear")
    path = tmp_path / "ends.margin"
    path.write_text(text + "table steps { | above | up_to | maintenance_rate | | 0 | 1_000 | 1% | }", encoding="utf-8")
    _, state = _evaluated(PROGRESSIVE, OUT, mark="200")
    report = marginrules.evaluate(marginrules.load_policy(path), state)
    assert {entry.pointer for entry in report.unknown if "tiers end" in entry.reason} == {f"{path}:17"}
