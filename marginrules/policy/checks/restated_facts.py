"""`restated-fact`: what follows from the contract, made to depend on something else."""

from collections.abc import Iterator

from marginrules.language.diagnostics import Diagnostic
from marginrules.policy import plan
from marginrules.policy.checks.context import Checking
from marginrules.policy.elaborate import FACTS

_OF_THE_TRADE = {"position": frozenset({"quantity", "entry_price"}), "order": frozenset({"quantity", "price", "side"})}
"""What a position or an order has that its value and profit follow from, beside its contract."""


def restated_facts(checking: Checking) -> list[Diagnostic]:
    """Refuses a rule for value or profit that reads anything but the contract, its prices and what was traded.

    A venue may round them in a way of its own. That they are the same whichever mode or pool a position is in holds for
    every policy.
    """
    found: dict[object, Diagnostic] = {}
    for pool in checking.pools:
        for scope, facts in FACTS.items():
            for name in facts:
                rule = pool.definitions.get(scope, {}).get(name)
                if rule is None or isinstance(rule, plan.Fact):
                    continue
                for part, what in _strangers(rule, scope):
                    found.setdefault(
                        part.span,
                        Diagnostic(
                            "restated-fact",
                            part.span,
                            f"`{name}` of {'an' if scope == 'order' else 'a'} {scope} follows from the contract, and "
                            f"{what} is no part of that",
                            "define a figure under a name of its own, and use that where it is meant",
                        ),
                    )
    return list(found.values())


def _strangers(rule: plan.Node, scope: str) -> Iterator[tuple[plan.Node, str]]:
    """What a rule reads that is neither of the contract nor of the trade."""
    for part in plan.below(rule):
        match part:
            case plan.Field(entity="instrument" | "asset"):
                pass
            case plan.Field(entity=entity, name=name) if name in _OF_THE_TRADE.get(entity, ()) and entity == scope:
                pass
            case plan.Field(entity=entity, name=name):
                yield part, f"`{name}` of {'an' if entity[0] in 'aio' else 'a'} {entity}"
            case plan.Aggregate():
                yield part, "what others add up to"
            case plan.PoolValue() | plan.GroupValue():
                yield part, "a figure of the pool or a group"
            case plan.Fact(name=plan.BROKEN):
                pass
            case plan.Fact(scope=of) if of not in {"position", "order"}:
                yield part, f"`{part.name}`"
            case _:
                pass
