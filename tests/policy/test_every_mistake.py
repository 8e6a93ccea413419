"""A mistake is told once, and those in what depends on it are told beside it, in one run."""

import pytest

from marginrules.policy.catalogue import diagnose_text
from tests.policy.test_seeded_mistakes import DEFAULTS, POLICY

# What is put into the policy, and the guilty words of every problem, in the order of the text.
SEVERAL: list[tuple[dict[str, str], list[str]]] = [
    # A standard figure is still money, so what is done with it can be wrong.
    ({"pool": "initial_margin = sum(leverge) maintenance_margin = 1% + initial_margin"}, ["leverge", "initial_margin"]),
    ({"equity": "collateral + leverge", "boundary": "equity < 1%"}, ["leverge", "1%"]),
    # Of another definition nothing is known, but the rest of an expression is.
    ({"position": "x = leverge publish y = x + (notional + 1%)"}, ["leverge", "1%"]),
    ({"position": "x = leverge publish y = max(x, notional, 1%)"}, ["leverge", "1%"]),
    ({"position": "x = leverge publish y = if x > 1 then notional else 1%"}, ["leverge", "1%"]),
    ({"position": "x = leverge publish y = tiered x by instrument.tiers rate notional"}, ["leverge", "notional"]),
    ({"position": "publish y = pick tier.no from instrument.tiers at leverge"}, ["tier.no", "leverge"]),
    ({"pool": "publish y = sum(leverge of positions where notional)"}, ["leverge", "notional"]),
    ({"pool": "publish y = sum(sqrt(notional) of positions where leverge > 1)"}, ["notional", "leverge"]),
    ({"position": "publish y = round(leverge, nearest to notional)"}, ["round(leverge, nearest to notional)", "leverge"]),
    ({"position": "publish y = leverge + 1 == (notional + 1%)"}, ["leverge", "1%"]),
    ({"position": "twice(a) = leverge * a publish y = twice(notional) + 1% + notional"}, ["leverge", "notional"]),
    ({"file": "const a: rate = 5 const b = a + 5", "position": "publish y = b"}, ["5", "5"]),
    ({"end": "allow withdraw when amont <= 1 leaving pool.equty >= 0"}, ["amont", "pool.equty"]),
    ({"end": "replenish isolated when colateral > 0 adding 1%"}, ["colateral", "1%"]),
    ({"end": "liquidation cross { step a when colateral > 0 close 50% at 1% }"}, ["colateral", "1%"]),
]  # fmt: skip

# What is put into the policy, and the guilty words of the one problem that it has.
ONE: list[tuple[dict[str, str], str]] = [
    ({"position": "x = leverge publish y = x + notional publish z = y * 2 < notional"}, "leverge"),
    ({"position": "x = leverge publish y = x in USD publish z = y + 5 USD"}, "leverge"),
    ({"position": "x = leverge publish y = ln(x) publish z = sqrt(x) + round(x, up to 5)"}, "leverge"),
    ({"position": "x = leverge publish y = given(x) and x == busy and not x"}, "leverge"),
    ({"position": "x = leverge publish y = clamp(x, 0, notional) + abs(-x)"}, "leverge"),
    ({"position": "x = leverge publish y = pick tier.max_leverage from instrument.tiers at x"}, "leverge"),
    ({"pool": "publish y = sum(notional of positions where z) position { z = leverge }"}, "leverge"),
    ({"position": "a = 2 publish y = notional + 1% * a * leverge"}, "leverge"),
    ({"position": "a = 2% publish y = notional + a"}, "a"),
    ({"boundary": "true and not false or equity < maintenance_margin"}, "true and not false"),
    ({"position": "notional = abs(entry_value) * leverge"}, "leverge"),
    ({"file": 'table t from "no.csv"', "position": "publish x = tiered notional by t rate tier.anything"}, 'table t from "no.csv"'),
    ({"file": 'table t from "no.csv"', "position": "publish x = pick tier.anything from t at notional"}, 'table t from "no.csv"'),
    ({"file": "table t { | below | | 1 | }", "position": "publish x = tiered notional by t rate 1%"}, "table t { | below | | 1 | }"),
    ({"file": 'table t from "no.csv"', "position": "x = pick tier.a from t at notional publish y = x + notional publish z = x + 1%"}, 'table t from "no.csv"'),
    ({"file": 'input position.z: rat "z"', "position": "publish y = z + notional"}, "rat"),
    ({"file": 'input account.z: rat = 7 in 5 .. 9 "z"'}, "rat"),
    ({"file": "const a = b const b = a", "position": "publish y = a + notional"}, "const a = b"),
    ({"position": "x = y y = x publish z = x + notional + y"}, "x = y"),
    ({"end": "pool spare { equity = 1 } allow open when spare.equity > 0 leaving every spare with equity > 0"}, "pool spare { equity = 1 }"),
    ({"end": "pool spare { equity = 1 } liquidation spare { step a cancel orders }"}, "pool spare { equity = 1 }"),
    ({"position": "x = notional", "end": "pool spare { publish y = sum(x) }"}, "pool spare { publish y = sum(x) }"),
    ({"isolated": "publish x = 1 == margin_mod"}, "margin_mod"),
]  # fmt: skip


@pytest.mark.parametrize(("parts", "guilty"), SEVERAL, ids=lambda entry: str(entry)[:60])
def test_every_mistake_is_told_in_one_run(parts: dict[str, str], guilty: list[str]) -> None:
    """Mend one, and no other comes to light."""
    policy, found = diagnose_text(POLICY.format(**{**DEFAULTS, **parts}), "p.margin")
    assert policy is None
    assert [entry.span.text for entry in found] == guilty, "\n".join(entry.render() for entry in found)


@pytest.mark.parametrize(("parts", "guilty"), ONE, ids=lambda entry: str(entry)[:60])
def test_a_mistake_has_no_followers(parts: dict[str, str], guilty: str) -> None:
    """What depends on it is not told of, neither as an error nor as unused."""
    policy, found = diagnose_text(POLICY.format(**{**DEFAULTS, **parts}), "p.margin")
    assert policy is None
    assert [entry.span.text for entry in found] == [guilty], "\n".join(entry.render() for entry in found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("covers   positions where margin_mode == cross", "covers   positions where margin_mod == cross"),
        ("covers   positions where margin_mode == cross", "covers   positions where margin_mode == crosss"),
        ("draws on remainder of balances", "draws on remainder of balances where amont > 0"),
        ("pool isolated {", "pool isolated when account.odd {"),
    ],
)
def test_a_pool_with_a_mistake_in_its_header_is_not_called_a_gap(old: str, new: str) -> None:
    """Whether positions are covered cannot be said before it is mended."""
    _, found = diagnose_text(POLICY.format(**DEFAULTS).replace(old, new), "p.margin")
    assert [entry.code for entry in found] in (["undefined-name"], ["unknown-choice"])


def test_what_nothing_uses_is_still_told_beside_a_mistake() -> None:
    """It has nothing to do with it."""
    parts = {"position": "publish x = leverge\n y = notional"}
    _, found = diagnose_text(POLICY.format(**{**DEFAULTS, **parts}), "p.margin")
    assert [entry.code for entry in found] == ["undefined-name", "unused-definition"]


def test_what_nothing_calls_is_read_where_it_makes_sense() -> None:
    """A formula may name what one of the pools alone has, and its parameters may be anything."""
    parts = {
        "file": "order { held(x) = x * notional + pool.only }",
        "position": "side(x) = if x == cross then x == cross else quantity > 0",
        "pool": "publish only = equity\n  far(x) = sum(x * notional of other positions)",
    }
    policy, found = diagnose_text(POLICY.format(**{**DEFAULTS, **parts}), "p.margin")
    assert policy is not None, "\n".join(entry.render() for entry in found)
    assert [entry.code for entry in found] == ["unused-definition"] * 3


def test_a_slip_in_the_name_of_a_figure_is_seen() -> None:
    """The policy is valid, and lacks the figure that was meant."""
    text = """policy t { title "t" version "1" }
position { maintainence_margin = notional * 1% }
pool cross { covers positions one per account draws on balances equity = collateral }
"""
    _, found = diagnose_text(text)
    assert [entry.code for entry in found] == ["unused-definition"]
    assert found[0].remedy.startswith("did you mean `maintenance_margin`")
