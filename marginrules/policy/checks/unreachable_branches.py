"""`unreachable-branch`: a condition that never, or always, holds where it stands."""

from marginrules.language.diagnostics import Diagnostic
from marginrules.language.source import Span
from marginrules.policy import plan
from marginrules.policy.checks.cases import outcomes
from marginrules.policy.checks.context import Checking
from marginrules.policy.checks.decided_conditions import contradicts_itself
from marginrules.policy.checks.places import places

_Branch = tuple[Span | None, Span, str]
"""The definition that it is written in, the condition's span, and `then` or `else`."""


def unreachable_branches(checking: Checking) -> list[Diagnostic]:
    """A branch must be taken in some case that its place admits, in one of the pools that use what it is in.

    What no pool uses is judged by all that could. A place that is never come to says nothing of the branches there: it
    is the outer branch, of which it is told.
    """
    taken: dict[_Branch, dict[bool, list[bool]]] = {}
    for place in places(checking):
        node = place.node
        if not isinstance(node, plan.Conditional):
            continue
        found = outcomes(node.condition, place)
        if len(found) == 1 and contradicts_itself(node.condition):
            found = {None}
        if found:
            for branch, value in (("then", True), ("else", False)):
                verdicts = taken.setdefault((place.written, node.span, branch), {True: [], False: []})
                verdicts[place.used].append(None in found or value in found)
    dead = dict.fromkeys(
        (span, branch) for (_, span, branch), verdicts in taken.items() if not any(verdicts[True] or verdicts[False])
    )
    return [
        Diagnostic(
            "unreachable-branch",
            span,
            f"the `{branch}` branch can never be taken here",
            "the condition is already decided (by the pool's `covers` or `when`, an outer condition, or "
            "constants); write the branch that is taken alone, or correct the condition",
        )
        for span, branch in dead
    ]
