"""What can be computed of a policy without an account: values made of nothing but constants."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from marginrules.arithmetic import CONTEXT
from marginrules.policy import plan

_ZERO = Decimal(0)

_UNARY: Mapping[str, Callable[[Decimal], Decimal]] = {
    "-": CONTEXT.minus,
    "abs": CONTEXT.abs,
    "sqrt": CONTEXT.sqrt,
    "ln": CONTEXT.ln,
}
_BINARY: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": CONTEXT.add,
    "-": CONTEXT.subtract,
    "*": CONTEXT.multiply,
    "/": CONTEXT.divide,
    "max": max,
    "min": min,
}


def constant_value(node: plan.Node) -> Decimal | None:
    """The number that a node always is; None where an account decides, or where there is none."""
    match node:
        case plan.Constant(value=Decimal() as value):
            return value
        case plan.Named(value=inner):
            return constant_value(inner)
        case plan.Unary(operator=operator, operand=operand) if operator in _UNARY:
            inside = constant_value(operand)
            if inside is None or (operator == "sqrt" and inside < _ZERO) or (operator == "ln" and inside <= _ZERO):
                return None
            return _UNARY[operator](inside)
        case plan.Binary(operator=operator, left=left, right=right):
            one = constant_value(left)
            other = None if one is None else constant_value(right)
            if one is None or other is None or (operator == "/" and other == _ZERO):
                return None
            return _BINARY[operator](one, other)
        case _:
            return None
