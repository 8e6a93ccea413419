"""What a check is given, and the reasoning over choices and flags that several share."""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any, Literal

from attrs import field, frozen

from marginrules.language.diagnostics import Diagnostic
from marginrules.policy import plan
from marginrules.policy.elaborate import Elaborator, LoadedTable
from marginrules.policy.rules import Rules


@frozen
class Checking:
    """A policy whose names and dimensions are resolved, on its way to being checked."""

    rules: Rules
    pools: tuple[plan.PoolPlan, ...]
    whole: Elaborator
    tables: Mapping[str, LoadedTable]
    actions: tuple[plan.ActionRule, ...] = ()
    procedures: tuple[plan.Node, ...] = ()
    impossible: tuple[plan.ImpossiblePlan, ...] = ()
    memo: dict[str, Any] = field(factory=dict, eq=False, repr=False)
    """What several checks go through, by what it is: found once."""


Check = Callable[[Checking], list[Diagnostic]]

Variable = tuple[str, str]
"""A choice or flag of the document: entity and name."""

Assignment = Mapping[Variable, str | bool]

OTHER = "\N{HORIZONTAL ELLIPSIS}"
"""Stands for every value of an open choice that no condition names."""

MAXIMUM_COMBINATIONS = 4096
"""Most combinations of choices and flags that are gone through."""


def variables(nodes: Iterator[plan.Node] | list[plan.Node]) -> dict[Variable, tuple[str | bool, ...]]:
    """The choices and flags that conditions depend on, with the values each may have."""
    found: dict[Variable, tuple[str | bool, ...]] = {}
    named: dict[Variable, set[str]] = {}

    for node in plan.below(*nodes):
        match node:
            case plan.Field(entity=entity, name=name, dimension=dimension) if dimension.kind == "choice":
                found[entity, name] = dimension.choices
            case plan.Field(entity=entity, name=name, dimension=dimension) if dimension.kind == "flag":
                found[entity, name] = (False, True)
            case plan.Compare(left=plan.Field(dimension=dimension) as item, right=plan.Constant(value=str(value))) if (
                dimension.kind == "choice" and not dimension.choices
            ):
                named.setdefault((item.entity, item.name), set()).add(value)
            case _:
                pass
    for variable, values in found.items():
        if not values:
            found[variable] = (*sorted(named.get(variable, set())), OTHER)
    return found


def assignments(domains: Mapping[Variable, tuple[str | bool, ...]]) -> Iterator[Assignment] | None:
    """Every combination of values; None where there are too many to go through."""
    total = 1
    for values in domains.values():
        total *= max(1, len(values))
        if total > MAXIMUM_COMBINATIONS:
            return None
    names = list(domains)
    return (dict(zip(names, values, strict=True)) for values in product(*domains.values()))


def broken(node: plan.Node | None) -> bool:
    """Whether a mistake that was already reported is in a node: what follows from it is not to be told too."""
    return node is not None and any(
        isinstance(part, plan.Fact) and part.name == plan.BROKEN for part in plan.below(node)
    )


Truth = Literal[True, False] | None


def truth(node: plan.Node | None, assignment: Assignment) -> bool | str | None:
    """The value of a condition under an assignment; None where it depends on more than choices and flags."""
    match node:
        case None:
            return True
        case plan.Constant(value=bool() | str() as value):
            return value
        case plan.Field(entity=entity, name=name):
            return assignment.get((entity, name))
        case plan.Named(value=value) | plan.PoolValue(value=value):
            return truth(value, assignment)
        case plan.Unary(operator="not", operand=operand):
            inner = truth(operand, assignment)
            return None if inner is None else not inner
        case plan.Logic(operator=operator, left=left, right=right):
            sides = (truth(left, assignment), truth(right, assignment))
            deciding = operator == "or"
            if deciding in sides:
                return deciding
            return None if None in sides else not deciding
        case plan.Compare(operator="==" | "!=" as operator, left=left, right=right):
            one, other = truth(left, assignment), truth(right, assignment)
            if one is None or other is None:
                return None
            return (one == other) == (operator == "==")
        case plan.Conditional(condition=condition, then=then, otherwise=otherwise):
            decided = truth(condition, assignment)
            if decided is None:
                return None
            return truth(then if decided else otherwise, assignment)
        case _:
            return None


def described(assignment: Assignment) -> str:
    """An assignment as people read it."""
    return ", ".join(
        f"{entity}.{name} {'any other' if value == OTHER else f'= {str(value).lower() if isinstance(value, bool) else value}'}"
        for (entity, name), value in assignment.items()
    )
