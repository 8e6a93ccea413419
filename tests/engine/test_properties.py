"""What must hold for every policy and every account."""

from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

import marginrules
from marginrules.arithmetic import exact_context
from marginrules.engine import solve
from marginrules.engine.evaluate import PoolEvaluation, evaluation
from marginrules.engine.explain import explain_all
from marginrules.engine.interpret import POOL, Interpreter
from marginrules.engine.kernel import member_roots, pool_roots
from marginrules.engine.solve import replace_mark
from marginrules.engine.unknown import Unknown
from marginrules.policy import plan
from marginrules.policy.policy import Policy
from tests.engine.extents import assert_extents_hold
from tests.engine.policies import accounts, load, policies

CONTRACTS = ("linear", "inverse")


@st.composite
def _pairs(draw: st.DrawFn, *, complete: bool = True, ends: bool = False) -> tuple[str, dict[str, Any]]:
    contract = draw(st.sampled_from(CONTRACTS))
    return draw(policies(contract=contract)), draw(accounts(contract=contract, complete=complete, ends=ends))


@given(_pairs(complete=False))
def test_a_checked_policy_never_raises_on_an_account_that_fits_its_schema(pair: tuple[str, dict[str, Any]]) -> None:
    """Missing data makes figures unknown, with a reason each, and nothing else."""
    text, document = pair
    policy = load(text)
    report = marginrules.evaluate(policy, marginrules.read_account(document, policy))
    written = marginrules.write_report(report)
    explained = {entry["at"] for entry in written["unknown"]}
    for section in ("pools", "positions"):
        for index, record in enumerate(written[section]):
            for name, value in record.items():
                assert value is not None or f"/{section}/{index}/{name}" in explained


@given(_pairs(complete=False))
def test_a_pool_with_an_unknown_input_is_unknown_and_not_safe(pair: tuple[str, dict[str, Any]]) -> None:
    """No verdict without the equity and the requirement that it compares."""
    text, document = pair
    policy = load(text)
    for pool in marginrules.evaluate(policy, marginrules.read_account(document, policy)).pools:
        if pool.equity is None or pool.maintenance_margin is None:
            assert pool.liquidatable is None


def _values(pool: PoolEvaluation) -> list[tuple[plan.Node, tuple[str, int]]]:
    found: list[tuple[plan.Node, tuple[str, int]]] = [(node, POOL) for node in pool_roots(pool.instance.plan)]
    for members, scope in plan.MEMBER_SCOPES.items():
        for index in range(len(getattr(pool.instance, members))):
            found.extend((node, (scope, index)) for node in member_roots(pool.instance.plan, scope))
    return found


@given(_pairs())
def test_the_compiled_plan_equals_the_reference(pair: tuple[str, dict[str, Any]]) -> None:
    """Every value of every entity, to the last digit."""
    text, document = pair
    policy = load(text)
    found = evaluation(policy, marginrules.read_account(document, policy), solve=False)
    with exact_context():
        for pool in found.pools:
            assert pool.rows is not None
            reference = Interpreter(pool.instance, found.state)
            for node, entity in _values(pool):
                assert pool.value(node, entity) == reference.value(node, entity)


@given(_pairs())
def test_adding_up_a_derivation_gives_the_number(pair: tuple[str, dict[str, Any]]) -> None:
    """At every step of every tree, the operation on the values below gives the value."""
    text, document = pair
    policy = load(text)
    found = evaluation(policy, marginrules.read_account(document, policy), solve=False)
    for derivation in explain_all(found).values():
        for step in derivation.walk():
            assert step.recomputed() == step.value


@given(_pairs(complete=False))
def test_a_derivation_ends_in_fields_of_the_document(pair: tuple[str, dict[str, Any]]) -> None:
    """Every leaf is a constant of the policy, a default, or has a pointer that leads somewhere in the document."""
    text, document = pair
    policy = load(text)
    found = evaluation(policy, marginrules.read_account(document, policy), solve=False)
    for derivation in explain_all(found).values():
        for step in derivation.walk():
            if step.pointer is not None and step.pointer != "/assets":
                _follow(document, step.pointer, missing=step.value is None)


def _follow(document: Any, pointer: str, *, missing: bool) -> None:
    *path, last = pointer.split("/")[1:]
    for part in path:
        document = document[int(part)] if isinstance(document, list) else document[part]
    present = int(last) < len(document) if isinstance(document, list) else last in document
    # Where the value is missing the pointer names what to add.
    assert present or missing or last == "contract_size"


def _boundary_sides(pool: PoolEvaluation, policy: Policy, symbol: str, price: Decimal) -> tuple[object, object]:
    """The pool's verdict just below and just above a price."""
    verdicts = []
    for step in (Decimal(1) - Decimal("1e-25"), Decimal(1) + Decimal("1e-25")):
        with exact_context():
            moved = replace_mark(pool.state, symbol, price * step)
        beside = evaluation(policy, moved, solve=False)
        same = next(entry for entry in beside.pools if entry.instance.id == pool.instance.id)
        with exact_context():
            assert same.instance.plan.liquidate is not None
            verdicts.append(same.value(same.instance.plan.liquidate, POOL))
    return verdicts[0], verdicts[1]


@given(_pairs(ends=True))
def test_at_a_solved_price_the_verdict_turns(pair: tuple[str, dict[str, Any]]) -> None:
    """Strictly on one side of each boundary the pool is liquidatable by the policy's own rule, on the other it is not."""
    text, document = pair
    policy = load(text)
    found = evaluation(policy, marginrules.read_account(document, policy))
    for pool in found.pools:
        for index, (position, _, _) in enumerate(pool.instance.positions):
            price = pool.prices.solved["solved_liquidation_price", index]
            boundaries = [price] if isinstance(price, Decimal) else []
            for boundary in [*boundaries, *pool.prices.others.get(index, ())]:
                below, above = _boundary_sides(pool, policy, position.symbol, boundary)
                assert {below, above} == {True, False}


@given(_pairs(ends=True), st.decimals("0.01", "20", places=3))
def test_no_boundary_is_missed(pair: tuple[str, dict[str, Any]], factor: Decimal) -> None:
    """Wherever the price goes, the verdict is the present one turned once for each boundary on the way, or unknown."""
    text, document = pair
    policy = load(text)
    state = marginrules.read_account(document, policy)
    found = evaluation(policy, state)
    for pool in found.pools:
        boundary = pool.instance.plan.liquidate
        assert boundary is not None
        for index, (_, instrument, _) in enumerate(pool.instance.positions):
            mark = instrument.mark_price
            assert mark is not None
            target = mark * factor
            solved = pool.prices.solved["solved_liquidation_price", index]
            turns = [*([solved] if isinstance(solved, Decimal) else []), *pool.prices.others.get(index, ())]
            if any(abs(turn - price) < Decimal("1e-20") * turn for turn in turns for price in (mark, target)):
                continue
            crossed = sum(min(mark, target) < turn < max(mark, target) for turn in turns)
            moved = evaluation(policy, replace_mark(state, instrument.symbol, target), solve=False)
            same = next(entry for entry in moved.pools if entry.instance.id == pool.instance.id)
            with exact_context():
                now, then = pool.value(boundary, POOL), same.value(boundary, POOL)
            if isinstance(now, Unknown) or isinstance(then, Unknown):
                assert any("the tiers end at" in value.reason for value in (now, then) if isinstance(value, Unknown))
                continue
            assert then == (now if crossed % 2 == 0 else not now)


@pytest.mark.parametrize("name", ["documented", "hyperliquid", "binance-usdm"])
def test_money_adds_up_exactly(name: str) -> None:
    """Sums of money lose no digit, however far apart the amounts are."""
    policy = marginrules.load_policy(name)
    wallet, assigned = "12345678901234567890.123456789012345678", "0.000000000000000001"
    document = {
        "schema": "marginrules/account/1",
        "account": {"id": "exact"},
        "balances": [{"asset": "USDC", "wallet_balance": wallet}],
        "positions": [
            {
                "id": "A",
                "symbol": "BTC",
                "quantity": "0.123456789",
                "entry_price": "98765.4321",
                "margin_mode": "isolated",
                "leverage": "10",
                "assigned_margin": assigned,
            }
        ],
        "instruments": [
            {
                "symbol": "BTC",
                "contract": "linear",
                "base": "BTC",
                "quote": "USDC",
                "settle": "USDC",
                "mark_price": "98765.43210000000000001",
                "tiers": [{"above": "0", "maintenance_rate": "0.004", "max_leverage": "40"}],
            }
        ],
        "assets": [{"asset": "USDC", "index_price": "1"}],
    }
    written = marginrules.write_report(marginrules.evaluate(policy, marginrules.read_account(document, policy)))
    equities = {pool["id"].split("/")[0]: pool["equity"] for pool in written["pools"]}
    assert equities["cross"] == "12345678901234567890.123456789012345677"
    assert equities["isolated"] == "0.00000000000000000223456789"


@given(_pairs(), st.lists(st.decimals("0.01", "20", places=3), min_size=2, max_size=4))
def test_no_condition_is_steeper_than_a_walk_takes_it_to_be(
    pair: tuple[str, dict[str, Any]], factors: list[Decimal]
) -> None:
    """What is passed over on a walk rests on that."""
    text, document = pair
    policy = load(text)
    walk = solve.walk

    def held(point: Any, first: Any, start: Decimal, conditions: int) -> Any:
        if first is not None:
            assert_extents_hold(point, first, start, factors)
        return walk(point, first, start, conditions)

    with patch.object(solve, "walk", held):
        evaluation(policy, marginrules.read_account(document, policy)).report()
