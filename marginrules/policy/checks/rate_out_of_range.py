"""`rate-out-of-range`: a constant rate that is no share of anything."""

from collections.abc import Iterator
from decimal import Decimal

from marginrules.arithmetic import plain_text
from marginrules.language.diagnostics import Diagnostic
from marginrules.policy import plan
from marginrules.policy.checks.context import Checking
from marginrules.policy.checks.initial_below_maintenance import share_of
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
    found.extend(_of_requirements(checking))
    return found


def _of_requirements(checking: Checking) -> list[Diagnostic]:
    """No venue asks for more than the value of a position, nor for less than nothing."""
    found = []
    for pool in checking.pools:
        for figure, words in (("initial_margin", "initial"), ("maintenance_margin", "maintenance")):
            requirement = pool.definitions["position"].get(figure)
            if requirement is None:
                continue
            for value in _alternatives(requirement):
                share = share_of(value)
                if share is not None and isinstance(share[1], plan.Fact) and not 0 <= share[0] <= 1:
                    found.append(
                        Diagnostic(
                            "rate-out-of-range",
                            value.span,
                            f"the {words} margin is {plain_text(share[0])} times `{share[1].name}`, outside 0 .. 1",
                            "a requirement is a share of the value: 5 in a hundred is `5%`",
                        )
                    )
    return list(dict.fromkeys(found))


def _alternatives(node: plan.Node) -> Iterator[plan.Node]:
    """What a requirement comes to, in one case or another."""
    match node:
        case plan.Named(value=inner):
            yield from _alternatives(inner)
        case plan.Conditional(then=then, otherwise=otherwise):
            yield from _alternatives(then)
            yield from _alternatives(otherwise)
        case plan.Binary(operator="max", left=left, right=right):
            yield from _alternatives(left)
            yield from _alternatives(right)
        case _:
            yield node
