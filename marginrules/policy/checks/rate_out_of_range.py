"""`rate-out-of-range`: a constant rate that is no share of anything."""

from decimal import Decimal

from marginrules.language.diagnostics import Diagnostic
from marginrules.policy import plan
from marginrules.policy.checks.context import Checking
from marginrules.policy.elaborate import PoolElaborator


def rate_out_of_range(checking: Checking) -> list[Diagnostic]:
    """Constants that are rates lie in 0 .. 1."""
    found = []
    reader = PoolElaborator(checking.whole, None)
    used = set(checking.whole.used)
    for name, constant in checking.rules.constants.items():
        node = reader.constant(name)
        while isinstance(node, plan.Named):
            node = node.value
        if not isinstance(node, plan.Constant) or node.dimension.kind != "rate" or not isinstance(node.value, Decimal):
            continue
        if not 0 <= node.value <= 1:
            found.append(
                Diagnostic(
                    "rate-out-of-range",
                    constant.value.span,
                    f"`{name}` is a rate of {node.value}, outside 0 .. 1",
                    "a rate is a share: 5 in a hundred is `5%`; call a factor a `number`",
                )
            )
    checking.whole.used &= used
    return found
