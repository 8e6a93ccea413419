"""`not-a-rate`, `ratio-of-equity`: ratios of a requirement and what covers it that are compared as no venue means it."""

from collections.abc import Iterator
from decimal import Decimal

from marginrules.arithmetic import plain_text
from marginrules.language.diagnostics import Diagnostic
from marginrules.policy import plan
from marginrules.policy.checks.cases import terms_of, unnamed
from marginrules.policy.checks.context import Checking
from marginrules.policy.checks.places import places
from marginrules.policy.constants import constant_value
from marginrules.policy.elaborate import STANDARD_FIGURES

_MONEY = {name for figures in STANDARD_FIGURES.values() for name, what in figures.items() if what == "money"}
_PERCENT = Decimal(10)
"""A bare number from here on, beside such a ratio, is a number of percent: ten times over is written `1000%`."""


def ratio_boundaries(checking: Checking) -> list[Diagnostic]:
    """A share in percent is written with its sign, and a boundary holds where there is nothing left to divide by."""
    found = [
        Diagnostic(
            "not-a-rate",
            node.span,
            f"a ratio of two amounts of money is compared with the bare number {plain_text(value)}, "
            f"which is {plain_text(value * 100)}%",
            f"write `{plain_text(value)}%`, or `{plain_text(value * 100)}%` if that is meant",
        )
        for node in dict.fromkeys(place.node for place in places(checking))
        if isinstance(node, plan.Compare)
        for ratio, bound in ((node.left, node.right), (node.right, node.left))
        if _ratio(ratio) is not None
        and unnamed(bound).dimension.kind in {"literal", "number"}
        and (value := constant_value(bound)) is not None
        and abs(value) >= _PERCENT
    ]
    for pool in checking.pools:
        for boundary in (*([] if pool.liquidate is None else [pool.liquidate]), *pool.thresholds):
            found.extend(_never_in_debt(boundary))
    return list(dict.fromkeys(found))


def _ratio(node: plan.Node) -> plan.Binary | None:
    """A quotient of a requirement and what covers it, either way round."""
    match unnamed(node):
        case plan.Binary(operator="/", left=left, right=right) as ratio if _of_margin(left) and _of_margin(right):
            return ratio
        case _:
            return None


def _of_margin(node: plan.Node) -> bool:
    """Whether an amount is made of requirements and of what covers them, rather than of the value of positions."""
    match node:
        case plan.Named(name=name, value=value):
            return name in _MONEY or _of_margin(value)
        case plan.Fact(name=name):
            return name == "collateral"
        case plan.Binary(left=left, right=right):
            return _of_margin(left) or _of_margin(right)
        case plan.Aggregate(operand=operand) if operand is not None:
            return _of_margin(operand)
        case plan.Convert(operand=operand) | plan.Unary(operand=operand):
            return _of_margin(operand)
        case _:
            return False


def _never_in_debt(boundary: plan.Named) -> Iterator[Diagnostic]:
    """A ratio with the equity below the line, at least so much, says nothing once the equity is gone."""
    alternatives = list(_joined(boundary, "or"))
    for alternative in alternatives:
        for part in _joined(alternative, "and"):
            if not isinstance(part, plan.Compare):
                continue
            ratio = _ratio(part.left if part.operator in {">", ">="} else part.right)
            bound = constant_value(part.right if part.operator in {">", ">="} else part.left)
            if part.operator in {"==", "!="} or ratio is None or bound is None or bound < 0 or not _sinks(ratio.right):
                continue
            if any(_holds_below(other, ratio.right) for other in alternatives if other is not alternative):
                continue
            above, below = _words(ratio.left), _words(ratio.right)
            yield Diagnostic(
                "ratio-of-equity",
                part.span,
                f"where `{below}` is zero this is unknown, and below zero it does not hold: the worse the account, the less",
                f"compare the amounts: `{above} {'>' if part.operator in {'>', '<'} else '>='} {_share(bound)}{below}`, "
                f"or say it of both: `{below} <= 0 or …`",
            )


def _share(bound: Decimal) -> str:
    # A bare number that is too large is told of as well, and is of a hundred.
    share = bound / 100 if bound >= _PERCENT else bound
    return "" if share == 1 else f"{plain_text(share * 100)}% * "


def _words(node: plan.Node) -> str:
    return node.name if isinstance(node, plan.Named) else node.span.text


def _joined(node: plan.Node, operator: str) -> Iterator[plan.Node]:
    node = unnamed(node)
    if isinstance(node, plan.Logic) and node.operator == operator:
        yield from _joined(node.left, operator)
        yield from _joined(node.right, operator)
    else:
        yield node


def _sinks(node: plan.Node) -> bool:
    """Whether losses can bring an amount to zero and below."""
    match node:
        case plan.Named(value=value) | plan.PoolValue(value=value) | plan.Convert(operand=value):
            return _sinks(value)
        case plan.Fact(name=name):
            return name in {"collateral", "unrealized_pnl", "amount"}
        case plan.Binary(operator="max", left=left, right=right):
            return _sinks(left) and _sinks(right)
        case plan.Binary(operator="+" | "-" | "min" | "*" | "/", left=left, right=right):
            return _sinks(left) or _sinks(right)
        case plan.Aggregate(operand=operand) if operand is not None:
            return _sinks(operand)
        case _:
            return False


def _holds_below(part: plan.Node, amount: plan.Node) -> bool:
    """Whether a condition holds of an amount that is zero, and of every smaller one."""
    if not isinstance(part, plan.Compare) or part.operator in {"==", "!="}:
        return False
    terms, constant = terms_of(part.left, part.right)
    factor = terms.get(id(unnamed(amount)))
    if factor is None:
        return False
    falls = part.operator in {"<", "<="}
    at_zero = constant < 0 if falls else constant > 0
    return (factor > 0) is falls and (len(terms) > 1 or at_zero or (constant == 0 and "=" in part.operator))
