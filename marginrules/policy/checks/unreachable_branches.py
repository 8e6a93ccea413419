"""`unreachable-branch`: a condition that never, or always, holds where it stands."""

from decimal import Decimal
from typing import TYPE_CHECKING

from marginrules.language.diagnostics import Diagnostic
from marginrules.policy import plan
from marginrules.policy.checks.context import Assignment, Checking, assignments, truth, variables

if TYPE_CHECKING:
    from marginrules.language.source import Span


def unreachable_branches(checking: Checking) -> list[Diagnostic]:
    """A branch must be taken for some combination of choices and flags that its pool admits."""
    verdicts: dict[tuple[Span, str], list[bool]] = {}
    found: list[Diagnostic] = []
    for pool in checking.pools:
        roots: list[tuple[plan.Node, plan.Node | None]] = []
        for scope, definitions in pool.definitions.items():
            member = {"position": pool.positions, "order": pool.orders, "balance": pool.draws_where}.get(scope)
            roots.extend((named, member) for named in definitions.values())
        if pool.liquidate is not None:
            roots.append((pool.liquidate, None))
        roots.extend((threshold, None) for threshold in pool.thresholds)
        own = {id(root) for root, _ in roots}
        for root, member in roots:
            given = [node for node in (pool.when, member) if node is not None]
            conditions = _conditionals(root, own)
            for conditional, path in conditions:
                domains = variables([*given, *(node for node, _ in path), conditional.condition])
                combinations = assignments(domains)
                if combinations is None:
                    continue
                outcomes = [
                    _holds(conditional.condition, entry)
                    for entry in combinations
                    if all(truth(node, entry) is not False for node in given)
                    and all(truth(node, entry) is not (not wanted) for node, wanted in path)
                ]
                for branch, value in (("then", True), ("else", False)):
                    reachable = any(outcome is None or outcome is value for outcome in outcomes)
                    verdicts.setdefault((conditional.span, branch), []).append(reachable or not outcomes)
    for (span, branch), reached in verdicts.items():
        if not any(reached):
            found.append(
                Diagnostic(
                    "unreachable-branch",
                    span,
                    f"the `{branch}` branch can never be taken here",
                    "the condition is already decided (by the pool's `covers` or `when`, an outer condition, or "
                    "constants); leave out the other branch's condition",
                )
            )
    return found


def _holds(condition: plan.Node, assignment: Assignment) -> bool | None:
    found = truth(condition, assignment)
    if found is not None:
        return bool(found)
    return _constant_comparison(condition)


def _constant_comparison(node: plan.Node) -> bool | None:
    match node:
        case plan.Named(value=value):
            return _constant_comparison(value)
        case plan.Compare(operator=operator, left=left, right=right):
            one, other = _number(left), _number(right)
            if one is None or other is None:
                return True if left is right and operator in {"<=", ">=", "=="} else None
            results = {
                "<": one < other,
                "<=": one <= other,
                ">": one > other,
                ">=": one >= other,
                "==": one == other,
                "!=": one != other,
            }
            return results[operator]
        case _:
            return None


def _number(node: plan.Node) -> Decimal | None:
    match node:
        case plan.Named(value=value):
            return _number(value)
        case plan.Constant(value=Decimal() as value):
            return value
        case _:
            return None


_Path = tuple[tuple[plan.Node, bool], ...]


def _conditionals(root: plan.Node, own: set[int]) -> list[tuple[plan.Conditional, _Path]]:
    """Every conditional below a node, with the outer conditions that lead to it.

    Members' values are not entered, nor other definitions in `own`: those are gone through for themselves, where fewer
    conditions lead to them, so that every branch which can be taken on the way from here can be taken there.
    """
    found: list[tuple[plan.Conditional, _Path]] = []
    seen: set[tuple[int, _Path]] = set()

    def visit(node: plan.Node, path: _Path) -> None:
        if (id(node), path) in seen:
            return
        seen.add((id(node), path))
        if id(node) in own and node is not root:
            return
        match node:
            case plan.Conditional(condition=condition, then=then, otherwise=otherwise):
                found.append((node, path))
                visit(condition, path)
                visit(then, (*path, (condition, True)))
                visit(otherwise, (*path, (condition, False)))
            case plan.Aggregate() | plan.PoolValue():
                return
            case _:
                for child in plan.children(node):
                    visit(child, path)

    visit(root, ())
    return found
