"""Where in a policy each value stands: in which pools, under which conditions, and whether it is used there."""

from collections.abc import Iterator, Sequence

from attrs import evolve, field, frozen

from marginrules.language.source import Span
from marginrules.policy import plan
from marginrules.policy.checks.context import Checking
from marginrules.policy.elaborate import STANDARD_FIGURES

Path = tuple[tuple[plan.Node, bool], ...]
"""Conditions on the way to a value, and which way each was decided."""


@frozen
class Place:
    """A value where it stands.

    Attributes:
        given: what holds there whatever the account: what the pool is chosen by, and what it covers.
        path: the outer conditions that lead to it.
        written: span of the definition or boundary that it is written in; None in rules about actions, in steps and in what is impossible.
        used: whether what the pool shows, or how it is bounded, or what is decided of it, comes to it.
        decides: whether it is a whole condition: a boundary, one on members, on an action or a step.
    """

    node: plan.Node
    given: tuple[plan.Node, ...]
    path: Path
    written: Span | None
    used: bool
    decides: bool = False


_TOLD = plan.Conditional | plan.Logic | plan.Compare
"""What checks of conditions look at, beside what decides something as a whole."""


@frozen
class _Start:
    root: plan.Node
    given: tuple[plan.Node, ...]
    pool: plan.PoolPlan | None
    used: bool
    path: Path = ()
    written: Span | None = None
    decides: bool = False
    own: frozenset[int] = field(default=frozenset(), repr=False)


def places(checking: Checking) -> Sequence[Place]:
    """Every condition of every pool, and what a condition decides, in each place where it stands."""
    found: Sequence[Place] | None = checking.memo.get("places")
    if found is None:
        found = checking.memo["places"] = tuple(_places(checking))
    return found


def _places(checking: Checking) -> Iterator[Place]:
    acting = list(_acting(checking))
    decided = {id(node) for node in plan.below(*(node for node, _ in acting))}
    own = frozenset(
        id(named) for pool in checking.pools for found in pool.definitions.values() for named in found.values()
    )
    for pool in checking.pools:
        always = () if pool.when is None else (pool.when,)
        reached = {id(node) for node in plan.below(*shown(pool))} | decided
        for scope, definitions in pool.definitions.items():
            given = (*always, *_of_members(pool, scope))
            for named in definitions.values():
                yield from _walk(_Start(named, given, pool, id(named) in reached, own=own))
        given = (*always, *_of_members(pool, "pool"))
        for named in (*([] if pool.liquidate is None else [pool.liquidate]), *pool.thresholds):
            yield from _walk(_Start(named, given, pool, used=True, decides=True, own=own))
    for node, chosen in acting:
        yield from _walk(_Start(node, chosen, None, used=True, decides=node.dimension.kind == "flag", own=own))


def shown(pool: plan.PoolPlan) -> Iterator[plan.Node]:
    """What a report shows of a pool and its members, and what decides about them."""
    for scope, definitions in pool.definitions.items():
        for name, named in definitions.items():
            if name in STANDARD_FIGURES.get(scope, {}) or name in pool.published.get(scope, ()):
                yield named
    yield from pool.thresholds
    yield from (node for node in (pool.liquidate, pool.when, pool.positions, pool.orders, pool.draws_where) if node)


def _acting(checking: Checking) -> Iterator[tuple[plan.Node, tuple[plan.Node, ...]]]:
    """What rules about actions, steps and the impossible say, with what the pool that it is said in is chosen by."""
    complete = len(checking.pools) == len(checking.rules.pools)
    for rule in checking.actions:
        for conditions in (rule.conditions, *(leaving.conditions for leaving in rule.leaving)):
            for number, node in conditions.items():
                when = checking.pools[number].when if complete else None
                yield node, () if when is None else (when,)
    for node in checking.procedures:
        yield node, ()
    for entry in checking.impossible:
        yield entry.condition, ()


def _of_members(pool: plan.PoolPlan, scope: plan.Scope) -> tuple[plan.Node, ...]:
    if scope == "pool" and pool.key == "position":
        scope = "position"
    member = {"position": pool.positions, "order": pool.orders, "balance": pool.draws_where}.get(scope)
    return () if member is None else (member,)


def _walk(start: _Start) -> Iterator[Place]:
    """A value and its parts.

    Other definitions of pools are not entered: those are gone through for themselves, where fewer conditions lead to
    them, so that every branch which can be taken on the way from here can be taken there.
    """
    seen: set[tuple[int, Path]] = set()
    inner: list[_Start] = []
    stack: list[tuple[plan.Node, Path, Span | None, bool]] = [(start.root, start.path, start.written, start.decides)]
    while stack:
        node, path, written, decides = stack.pop()
        if (id(node), path) in seen or (id(node) in start.own and node is not start.root):
            continue
        seen.add((id(node), path))
        if isinstance(node, plan.Named):
            written = node.span
            stack.append((node.value, path, written, decides))
            continue
        if decides or isinstance(node, _TOLD):
            yield Place(node, start.given, path, written, start.used, decides)
        match node:
            case plan.Conditional(condition=condition, then=then, otherwise=otherwise):
                stack.append((condition, path, written, False))
                stack.append((then, (*path, (condition, True)), written, False))
                stack.append((otherwise, (*path, (condition, False)), written, False))
            case plan.Aggregate(members=members, operand=operand, where=where) if node.operator != "only":
                given = _given_of(start, members)
                if where is not None:
                    inner.append(evolve(start, root=where, given=given, path=(), written=written, decides=True))
                if operand is not None:
                    narrowed = () if where is None else ((where, True),)
                    inner.append(
                        evolve(start, root=operand, given=given, path=narrowed, written=written, decides=False)
                    )
            case plan.PoolValue():
                pass
            case plan.Constant() | plan.Field() | plan.Fact():
                pass
            case _:
                stack.extend([(child, path, written, False) for child in plan.children(node)])
    for found in inner:
        yield from _walk(found)


def _given_of(start: _Start, members: plan.Members) -> tuple[plan.Node, ...]:
    """What holds of the members that an aggregate runs over."""
    if start.pool is None:
        return ()
    always = () if start.pool.when is None else (start.pool.when,)
    return always if members == plan.OTHERS else (*always, *_of_members(start.pool, plan.member_scope(members)))
