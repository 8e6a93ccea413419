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
        turning = [
            [(part, holds) for part, holds in _joined(alternative, "and", holds=kept) if _has_cash(part)]
            for alternative, kept in _joined(pool.liquidate, "or", holds=True)
        ]
        single = [parts[0] for parts in turning if len(parts) == 1]
        bounded = any(_turns(part, holds=holds) == -1 for part, holds in single)
        for part, holds in single:
            # Beside a lower bound there may be an upper one, as where a venue closes what has gained a multiple.
            if not isinstance(part, plan.Compare) or _turns(part, holds=holds) != 1:
                continue
            if bounded and not _reads_maintenance(part):
                continue
            found.append(
                Diagnostic(
                    "upside-down-boundary",
                    part.span,
                    f"pool `{pool.kind}` is liquidatable here where it has more, and safe where it has less",
                    f"turn the comparison round: `{_TURNED[part.operator]}` in place of `{part.operator}`",
                )
            )
    return list(dict.fromkeys(found))


def _joined(node: plan.Node, operator: str, *, holds: bool) -> Iterator[tuple[plan.Node, bool]]:
    """The parts of a condition that are joined by `and` or `or`, each with whether it is to hold, or not to."""
    node = unnamed(node)
    if isinstance(node, plan.Unary) and node.operator == "not":
        yield from _joined(node.operand, operator, holds=not holds)
    elif isinstance(node, plan.Logic) and (node.operator == operator) == holds:
        yield from _joined(node.left, operator, holds=holds)
        yield from _joined(node.right, operator, holds=holds)
    else:
        yield node, holds


def _turns(part: plan.Node, *, holds: bool) -> int | None:
    """Whether more cash makes a comparison hold, or not hold, as it is to (1), or undoes that (-1); None if neither is known."""
    if not isinstance(part, plan.Compare) or part.operator not in _TURNED:
        return None
    left, right = _moves(part.left), _moves(part.right)
    if left is None or right is None or (difference := _added(left, -right)) is None or difference == 0:
        return None
    return 1 if ((difference > 0) == (part.operator in {">", ">="})) == holds else -1


def _reads_maintenance(part: plan.Node) -> bool:
    return any(isinstance(node, plan.Named) and node.name == "maintenance_margin" for node in plan.below(part))


def _has_cash(node: plan.Node) -> bool:
    return any(_is_cash(part) for part in plan.below(node))


def _is_cash(node: plan.Node) -> bool:
    match node:
        case plan.Fact(name="collateral" | "amount") | plan.Field(name="assigned_margin" | "wallet_balance"):
            return True
        case _:
            return False


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
    """Of a factor without cash: that of a constant; above zero is what is made of sizes, shares and requirements alone."""
    value = constant_value(node)
    if value is not None:
        return (value > 0) - (value < 0)
    return 1 if node.dimension.kind in {"rate", "amount"} and not _may_be_negative(node) else None


def _may_be_negative(node: plan.Node) -> bool:
    """Whether something with a sign of its own is part of a value: what was gained, a difference, funding, an input."""
    return any(
        (isinstance(part, plan.Fact) and part.name == "unrealized_pnl")
        or (isinstance(part, plan.Unary) and part.operator == "-")
        or (isinstance(part, plan.Binary) and part.operator == "-" and part.dimension.kind == "amount")
        or (isinstance(part, plan.Field) and part.dimension.kind == "amount")
        for part in plan.below(node)
    )
