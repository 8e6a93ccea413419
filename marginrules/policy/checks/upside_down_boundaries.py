"""`upside-down-boundary`: a pool that would be liquidated for being well covered."""

from collections.abc import Iterator

from marginrules.language.diagnostics import Diagnostic
from marginrules.policy import plan
from marginrules.policy.checks.cases import unnamed
from marginrules.policy.checks.context import Checking
from marginrules.policy.constants import constant_value

_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""The operator the other way; whether equality is liquidatable stays as it is written."""


def upside_down_boundaries(checking: Checking) -> list[Diagnostic]:
    """`liquidate when` does not begin to hold with more cash: told only where nothing beside it bounds the cash."""
    found: list[Diagnostic] = []
    for pool in checking.pools:
        if pool.liquidate is None:
            continue
        for alternative in _joined(pool.liquidate, "or"):
            parts = list(_joined(alternative, "and"))
            turning = [part for part in parts if _has_cash(part)]
            if len(turning) == 1 and (operator := _upward(turning[0])) is not None:
                found.append(
                    Diagnostic(
                        "upside-down-boundary",
                        turning[0].span,
                        f"pool `{pool.kind}` is liquidatable here where it has more, and safe where it has less",
                        f"turn the comparison round: `{_TURNED[operator]}` in place of `{operator}`",
                    )
                )
    return list(dict.fromkeys(found))


def _joined(node: plan.Node, operator: str) -> Iterator[plan.Node]:
    node = unnamed(node)
    if isinstance(node, plan.Logic) and node.operator == operator:
        yield from _joined(node.left, operator)
        yield from _joined(node.right, operator)
    else:
        yield node


def _upward(part: plan.Node) -> str | None:
    """The operator of a comparison that more cash makes true."""
    if not isinstance(part, plan.Compare) or part.operator not in _TURNED:
        return None
    left, right = _moves(part.left), _moves(part.right)
    if left is None or right is None or (difference := _added(left, -right)) is None or difference == 0:
        return None
    return part.operator if (difference > 0) == (part.operator in {">", ">="}) else None


def _has_cash(node: plan.Node) -> bool:
    return any(_is_cash(part) for part in plan.below(node))


def _is_cash(node: plan.Node) -> bool:
    return isinstance(node, plan.Fact) and node.name in {"collateral", "amount"}


def _moves(node: plan.Node) -> int | None:
    """Whether a value rises (1) or falls (-1) with what the pool has, does neither (0), or cannot be told (None)."""
    if _is_cash(node):
        return 1
    if not _has_cash(node):
        return 0
    match node:
        case plan.Named(value=inner) | plan.PoolValue(value=inner):
            return _moves(inner)
        case plan.Convert(operand=operand) | plan.Round(operand=operand):
            return _moves(operand)
        case plan.Aggregate(operand=operand) if operand is not None:
            return _moves(operand)
        case plan.Unary(operator="-", operand=operand):
            inner_move = _moves(operand)
            return None if inner_move is None else -inner_move
        case plan.Binary(operator="+" | "max" | "min", left=left, right=right):
            return _added(_moves(left), _moves(right))
        case plan.Binary(operator="-", left=left, right=right):
            taken = _moves(right)
            return _added(_moves(left), None if taken is None else -taken)
        case plan.Binary(operator="*" | "/" as operator, left=left, right=right):
            return _scaled(operator, left, right)
        case _:
            return None


def _added(one: int | None, other: int | None) -> int | None:
    if one is None or other is None or one * other < 0:
        return None
    return one or other


def _scaled(operator: str, left: plan.Node, right: plan.Node) -> int | None:
    if not _has_cash(right):
        moved, sign = _moves(left), _sign(right)
    elif not _has_cash(left):
        moved, sign = _moves(right), _sign(left)
        if operator == "/" and moved is not None:
            moved = -moved
    else:
        return None
    return None if moved is None or sign is None else moved * sign


def _sign(node: plan.Node) -> int | None:
    """Of a factor without cash: that of a constant; a rate is a share, and a requirement is an amount that is due."""
    value = constant_value(node)
    if value is not None:
        return (value > 0) - (value < 0)
    return 1 if node.dimension.kind in {"rate", "amount"} else None
