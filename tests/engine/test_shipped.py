"""The shipped policies on the accounts of the published cases, with other index prices than the cases have."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import marginrules
from marginrules.arithmetic import exact_context
from marginrules.engine.evaluate import PoolEvaluation, evaluation
from marginrules.engine.interpret import Entity, Interpreter
from marginrules.policy import plan

CASES = sorted((Path(__file__).parents[1] / "cases").glob("*.json"))


def _moved(account: dict[str, Any]) -> dict[str, Any]:
    """The account where no two assets are worth what they were against each other."""
    assets = [
        asset | {"index_price": str(Decimal(asset["index_price"]) * (90 + 3 * number) / 100)}
        if asset.get("index_price") is not None and asset["asset"] != "USD"
        else asset
        for number, asset in enumerate(account["assets"])
    ]
    return account | {"assets": assets}


def _values(pool: PoolEvaluation) -> list[tuple[str, plan.Node, Entity]]:
    """Whatever a rule names, of the pool and of each member and group, but for what waits for a solved price."""
    counts = {"pool": 1} | {
        scope: len(getattr(pool.instance, members)) for members, scope in plan.MEMBER_SCOPES.items()
    }
    counts |= {name: len(group.keys) for name, group in pool.instance.groups.items()}
    return [
        (name, node, (scope, index))
        for scope, named in pool.instance.plan.definitions.items()
        for name, node in named.items()
        if not any(isinstance(part, plan.Solved) for part in plan.below(node))
        for index in range(counts.get(scope, 0))
    ]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_compiled_rules_equal_the_reference_where_no_asset_is_worth_one_dollar(path: Path) -> None:
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
        policy = marginrules.load_policy(case["policy"])
        found = evaluation(policy, marginrules.read_account(_moved(case["account"]), policy), solve=False)
        with exact_context():
            for pool in found.pools:
                reference = Interpreter(pool.instance, found.state)
                for name, node, entity in _values(pool):
                    compiled, told = pool.value(node, entity), reference.value(node, entity)
                    assert getattr(compiled, "pointer", compiled) == getattr(told, "pointer", told), name
