"""`decided-condition`: a condition that contradicts or repeats itself, or that no account ever makes true."""

from collections.abc import Iterator
from functools import lru_cache

from marginrules.language.diagnostics import Diagnostic
from marginrules.language.source import Span
from marginrules.policy import plan
from marginrules.policy.checks.cases import Cases, outcomes
from marginrules.policy.checks.context import Checking
from marginrules.policy.checks.places import Place, places

_NEVER = "this never holds, whatever the account says"
_NEVER_HERE = "this never holds of what the pool covers, or in this variant of it"
_ALWAYS = "this always holds, whatever the account says"
_IDLE = "this is decided by what stands beside it"
_Finding = tuple[str, Span]
_REMEDY = "correct the comparison, or leave out what is decided already"


def decided_conditions(checking: Checking) -> list[Diagnostic]:
    """A condition says something, and so does each part of it, in one of the pools that use it.

    `and` and `or` are taken as they are written, with a definition that is named there as one thing: that it repeats
    what stands beside its name is a matter of what it is for.
    """
    judged: dict[tuple[Span | None, Span], dict[bool, list[frozenset[_Finding]]]] = {}
    for place in places(checking):
        if place.decides or isinstance(place.node, plan.Logic):
            entry = judged.setdefault((place.written, place.node.span), {True: [], False: []})
            entry[place.used].append(frozenset(_findings(place)))
    told: dict[_Finding, None] = {}
    for entry in judged.values():
        told.update(dict.fromkeys(sorted(frozenset.intersection(*(entry[True] or entry[False])), key=str)))
    return [Diagnostic("decided-condition", span, problem, _REMEDY) for problem, span in told]


@lru_cache(maxsize=1024)
def contradicts_itself(condition: plan.Node) -> bool:
    """Whether there is a contradiction in a condition, or what always holds, of which this check tells."""
    return any(
        isinstance(part, plan.Logic) and any(problem != _IDLE for problem, _ in _of_chain(part))
        for part in plan.below(condition)
    )


def _findings(place: Place) -> Iterator[_Finding]:
    node = place.node
    if isinstance(node, plan.Logic):
        yield from _of_chain(node)
    if not place.decides or not any(isinstance(part, plan.Compare) for part in plan.below(node)):
        # A switch of the policy itself, such as `when false`, is meant.
        return
    alone = outcomes(node, Place(node, (), (), None, used=True))
    if contradicts_itself(node):
        return
    if alone in ({False}, {True}):
        yield _ALWAYS if True in alone else _NEVER, node.span
    elif outcomes(node, place) == {False}:
        # That it always holds here is no mistake: what is meant may be written out.
        yield _NEVER_HERE, node.span


@lru_cache(maxsize=1024)
def _of_chain(chain: plan.Logic) -> tuple[_Finding, ...]:
    """What is decided among conditions that `and`, or `or`, joins."""
    return tuple(_decided(chain))


def _decided(chain: plan.Logic) -> Iterator[_Finding]:
    if isinstance(chain.left, plan.Logic) and chain.left.operator == chain.operator and any(_of_chain(chain.left)):
        # It is told of the part.
        return
    deciding = chain.operator == "or"
    cases = Cases(through=False)
    parts = list(_parts(chain, chain.operator))
    if any(isinstance(part, plan.Logic) and _of_chain(part) for part in parts):
        # It is told of that part.
        return
    readings = [cases.read(part) for part in parts]
    found = cases.all()
    if found is None:
        return
    values = [[reading(case) for reading in readings] for case in found]
    if not any(all(value is not deciding for value in row) for row in values):
        yield (_ALWAYS if deciding else _NEVER), chain.span
        return
    for number, part in enumerate(parts):
        others = [row for row in values if all(value is not deciding for value in (*row[:number], *row[number + 1 :]))]
        if all(row[number] is (not deciding) for row in others):
            alone = {row[number] for row in values}
            problem = _ALWAYS if alone == {True} else _NEVER if alone == {False} else _IDLE
            yield problem, part.span if _within(part.span, chain.span) else chain.span
            return


def _parts(node: plan.Node, operator: str) -> Iterator[plan.Node]:
    if isinstance(node, plan.Logic) and node.operator == operator:
        yield from _parts(node.left, operator)
        yield from _parts(node.right, operator)
    else:
        yield node


def _within(part: Span, whole: Span) -> bool:
    """Whether a part stands there: the same words elsewhere are the same node, and have the place of the first."""
    return part.source == whole.source and whole.start <= part.start and part.end <= whole.end
