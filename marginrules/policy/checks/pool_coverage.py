"""`uncovered-position`, `doubly-covered-position`: every position is in exactly one pool, every order in at most one."""

from marginrules.language.diagnostics import Diagnostic
from marginrules.policy import plan
from marginrules.policy.checks.context import Checking, assignments, broken, described, truth, variables

_DECIDABLE = "compare choices and flags only, such as `margin_mode == cross`"


def pool_coverage(checking: Checking) -> list[Diagnostic]:
    """Goes through every combination of the choices and flags that decide membership."""
    pools = checking.pools
    if not pools or len(pools) < len(checking.rules.pools):
        return []
    found: list[Diagnostic] = []
    for members, word in (("positions", "position"), ("orders", "order")):
        excluded = [entry.condition for entry in checking.impossible if entry.entity in {"account", word}]
        conditions = [
            condition for pool in pools for condition in (pool.when, getattr(pool, members)) if condition is not None
        ]
        conditions += excluded
        if any(broken(condition) for condition in conditions):
            continue
        domains = variables(conditions)
        combinations = assignments(domains)
        if combinations is None:
            found.append(
                Diagnostic(
                    "undecidable-coverage",
                    pools[0].span,
                    "membership depends on too many choices and flags to go through",
                    "base it on fewer settings",
                )
            )
            return found
        undecided = _undecided(pools, members)
        if undecided is None:
            undecided = next((condition for condition in excluded if _is_undecided(condition)), None)
            if undecided is not None:
                found.append(
                    Diagnostic(
                        "undecidable-coverage",
                        undecided.span,
                        "what is impossible must follow from choices and flags alone",
                        _DECIDABLE,
                    )
                )
                return found
        if undecided is not None:
            found.append(
                Diagnostic(
                    "undecidable-coverage",
                    undecided.span,
                    f"which {members} a pool covers must follow from choices and flags alone",
                    _DECIDABLE,
                )
            )
            return found
        for assignment in combinations:
            if any(truth(condition, assignment) for condition in excluded):
                continue
            holding = [
                pool
                for pool in pools
                if getattr(pool, members) is not None
                and truth(pool.when, assignment)
                and truth(getattr(pool, members), assignment)
            ]
            where = described(assignment)
            if not holding and members == "positions":
                found.append(
                    Diagnostic(
                        "uncovered-position",
                        pools[0].span,
                        f"no pool covers a position{f' with {where}' if where else ''}",
                        "add a pool for it, or widen what one covers",
                    )
                )
                break
            if len(holding) > 1:
                found.append(
                    Diagnostic(
                        f"doubly-covered-{word}",
                        holding[1].span,
                        f"pools `{holding[0].kind}` and `{holding[1].kind}` both cover {_article(word)}"
                        + (f" with {where}" if where else ""),
                        "let exactly one of them cover it: narrow `covers`, or give the variants a `when`",
                        related=((holding[0].span, "the other one"),),
                    )
                )
                break
    return found


def _article(word: str) -> str:
    return f"an {word}" if word[0] in "aeio" else f"a {word}"


def _undecided(pools: tuple[plan.PoolPlan, ...], members: str) -> plan.Node | None:
    for pool in pools:
        for condition in (pool.when, getattr(pool, members)):
            if condition is None:
                continue
            if _is_undecided(condition):
                return condition
    return None


def _is_undecided(condition: plan.Node) -> bool:
    combinations = assignments(variables([condition]))
    return combinations is not None and any(truth(condition, entry) is None for entry in combinations)
