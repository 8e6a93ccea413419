"""`initial-below-maintenance`: constant shares of the same amount, the initial one smaller."""

from decimal import Decimal

from marginrules.language.diagnostics import Diagnostic
from marginrules.policy import plan
from marginrules.policy.checks.context import Checking
from marginrules.policy.constants import constant_value


def initial_below_maintenance(checking: Checking) -> list[Diagnostic]:
    """Where both margins are constant shares of one amount, the initial one is the larger."""
    found = []
    for pool in checking.pools:
        for scope in ("position", "pool"):
            definitions = pool.definitions[scope]
            initial, maintenance = definitions.get("initial_margin"), definitions.get("maintenance_margin")
            if initial is None or maintenance is None:
                continue
            one, other = share_of(initial), share_of(maintenance)
            if one is None or other is None or one[1] is not other[1] or one[0] >= other[0]:
                continue
            found.append(
                Diagnostic(
                    "initial-below-maintenance",
                    initial.span,
                    f"the initial margin is {one[0]} and the maintenance margin {other[0]} of the same amount: "
                    "a new position would be liquidatable at once",
                    "raise the initial rate, or lower the maintenance rate",
                    related=((maintenance.span, "the maintenance margin"),),
                )
            )
    return list(dict.fromkeys(found))


def share_of(node: plan.Node) -> tuple[Decimal, plan.Node] | None:
    """A node as a constant times another."""
    match node:
        case plan.Named(value=value):
            return share_of(value)
        case plan.Binary(operator="*", left=left, right=right):
            for one, other in ((left, right), (right, left)):
                factor = constant_value(one)
                inner = share_of(other)
                if factor is not None and inner is not None:
                    return factor * inner[0], inner[1]
            return None
        case plan.Binary(operator="/", left=left, right=right):
            divisor = constant_value(right)
            inner = share_of(left)
            return (inner[0] / divisor, inner[1]) if divisor and inner is not None else None
        case plan.Fact() | plan.Field():
            return Decimal(1), node
        case _:
            return None
