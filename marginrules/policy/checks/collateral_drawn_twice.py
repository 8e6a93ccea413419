"""`collateral-drawn-twice`: no unit of collateral stands behind two pools."""

from marginrules.language.diagnostics import Diagnostic
from marginrules.policy import plan
from marginrules.policy.checks.context import Checking, assignments, broken, described, truth, variables


def collateral_drawn_twice(checking: Checking) -> list[Diagnostic]:
    """Balances go to one kind of pool each, less what is assigned to positions that draw on it."""
    pools = checking.pools
    found: list[Diagnostic] = []
    for pool in pools:
        if pool.draws_on in {"balances", "remainder"} and pool.key in {"position", "instrument", "underlying"}:
            found.append(
                Diagnostic(
                    "collateral-drawn-twice",
                    pool.span,
                    f"there can be several pools `{pool.kind}` (one per {pool.key}), and each draws on the same balances",
                    "let it draw on `assigned_margin`, or let there be one per account or settlement asset",
                )
            )
        if pool.draws_on in {"balances", "remainder"} and pool.key == "settlement asset" and pool.mixed:
            found.append(
                Diagnostic(
                    "collateral-drawn-twice",
                    pool.span,
                    f"there can be several pools `{pool.kind}` (one per settlement asset), and `valued in` lets each draw on "
                    "the balances of all assets",
                    "leave out `valued in`, so that each draws on those of its own asset, or let there be one per account",
                )
            )
        if pool.draws_on == "assigned_margin" and pool.key != "position":
            found.append(
                Diagnostic(
                    "ring-fence",
                    pool.span,
                    f"pool `{pool.kind}` draws on assigned margin, which belongs to one position, and is one per {pool.key}",
                    "write `one per position`",
                )
            )
    conditions = [node for pool in pools for node in (pool.when, pool.draws_where) if node is not None]
    combinations = assignments(variables(conditions))
    if combinations is None or any(broken(condition) for condition in conditions):
        return found
    for assignment in combinations:
        drawing = [
            pool
            for pool in pools
            if pool.draws_on in {"balances", "remainder"}
            and truth(pool.when, assignment) is not False
            and truth(pool.draws_where, assignment) is not False
        ]
        where = described(assignment)
        if len(drawing) > 1:
            found.append(_twice(drawing[1], drawing[0], where))
            return found
        assigned = [
            pool for pool in pools if pool.draws_on == "assigned_margin" and truth(pool.when, assignment) is not False
        ]
        if assigned and drawing and drawing[0].draws_on == "balances":
            found.append(
                Diagnostic(
                    "collateral-drawn-twice",
                    drawing[0].span,
                    f"pool `{drawing[0].kind}` draws on whole balances, and part of them is assigned to pool `{assigned[0].kind}`",
                    "write `draws on remainder of balances`",
                    related=((assigned[0].span, "the other one"),),
                )
            )
            return found
    return found


def _twice(one: plan.PoolPlan, other: plan.PoolPlan, where: str) -> Diagnostic:
    return Diagnostic(
        "collateral-drawn-twice",
        one.span,
        f"pools `{other.kind}` and `{one.kind}` draw on the same balances" + (f" when {where}" if where else ""),
        "tell their balances apart with `where`, or choose between them with `when`",
        related=((other.span, "the other one"),),
    )
