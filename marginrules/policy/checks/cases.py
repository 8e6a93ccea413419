"""The cases in which conditions can stand: over choices, flags and the ranges of numbers that they compare.

`truth` of `context` says what the document alone decides, for the engines and for membership that must be proved exact.
Here the question is another: whether there is any case at all in which a condition holds, or does not.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise, product
from math import prod
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from attrs import define, field

from marginrules.policy import plan
from marginrules.policy.checks.context import MAXIMUM_COMBINATIONS, OTHER
from marginrules.policy.checks.places import Place
from marginrules.policy.constants import constant_value

Variable = tuple[object, ...]
"""What a condition turns on: entity and name of a choice or flag of the document, another flag, a sum of terms."""

Case = Sequence["str | bool | Fraction | None"]
"""A value for each variable; None where there are too many cases to tell its values apart."""

Reading = Callable[[Case], "bool | str | None"]
"""The value of a condition in a case; None where that does not say."""


@define
class Cases:
    """What conditions turn on, and the cases in which they can stand.

    A condition is read once, and then asked for its value under one case after the other. A choice or flag of the
    document is a variable with its values. A comparison of numbers says on which side of a bound a sum of terms lies:
    the sum is a variable (one for all comparisons of the same terms, whichever way round they are written), its values
    one number for each bound that it is compared with and for each range between. Variables are independent of one
    another, so a case that never happens may be gone through, and none that can happen is left out.

    Attributes:
        through: whether definitions are looked into; otherwise each is one variable.
    """

    through: bool = True
    places: dict[Variable, int] = field(factory=dict)
    """Where each variable stands in a case."""
    values: dict[Variable, tuple[str | bool, ...]] = field(factory=dict)
    bounds: dict[Variable, set[Fraction]] = field(factory=dict)
    words: dict[Variable, set[str]] = field(factory=dict)
    """The words that choices are compared with."""

    def read(self, node: plan.Node | None) -> Reading:
        """The reading of a condition, whose variables are noted."""
        match node:
            case None:
                return lambda _: True
            case plan.Constant(value=bool() | str() as value):
                return lambda _: value
            case plan.Named(value=inner) if not self.through and not isinstance(inner, plan.Constant):
                return self._leaf(node)
            case plan.Named(value=inner) | plan.PoolValue(value=inner):
                return self.read(inner)
            case plan.Aggregate(operator="only", operand=operand):
                return self.read(operand)
            case plan.Unary(operator="not", operand=operand):
                return _negated(self.read(operand))
            case plan.Logic(operator=operator, left=left, right=right):
                return _joined(self.read(left), self.read(right), deciding=operator == "or")
            case plan.Compare(operator=operator, left=left, right=right) if left.dimension.numeric:
                return self._side(operator, left, right)
            case plan.Compare(operator=operator, left=left, right=right):
                for item, word in ((left, right), (right, left)):
                    if isinstance(word, plan.Constant) and isinstance(word.value, str):
                        self.words.setdefault(_key(item), set()).add(word.value)
                return _equal(self.read(left), self.read(right), equal=operator == "==")
            case plan.Conditional(condition=condition, then=then, otherwise=otherwise):
                return _chosen(self.read(condition), self.read(then), self.read(otherwise))
            case _:
                return self._leaf(node)

    def _leaf(self, node: plan.Node) -> Reading:
        key = _key(node)
        if node.dimension.kind == "choice":
            self.values[key] = node.dimension.choices
        elif node.dimension.kind == "flag":
            self.values[key] = (False, True)
        else:
            return lambda _: None
        return self._variable(key)

    def _variable(self, key: Variable) -> Callable[[Case], Any]:
        place = self.places.setdefault(key, len(self.places))
        return lambda case: case[place]

    def _side(self, operator: str, left: plan.Node, right: plan.Node) -> Reading:
        terms, constant = terms_of(left, right)
        compare = _OPERATORS[operator]
        if not terms:
            decided = compare(constant, Fraction(0))
            return lambda _: decided
        scale = terms[min(terms)]
        if scale < 0:
            compare = _OPERATORS[_TURNED.get(operator, operator)]
        key: Variable = ("sum", *sorted((term, factor / scale) for term, factor in terms.items()))
        bound = -constant / scale
        self.bounds.setdefault(key, set()).add(bound)
        variable = self._variable(key)
        return lambda case: None if (value := variable(case)) is None else compare(value, bound)

    def all(self) -> Iterable[Case] | None:
        """Every case; without the numbers where they make too many, and None where those are still too many."""
        domains: dict[Variable, Case] = {
            key: found or (*sorted(self.words.get(key, ())), OTHER) for key, found in self.values.items()
        }
        for ranges in (
            {key: _ranges(bounds) for key, bounds in self.bounds.items()},
            dict.fromkeys(self.bounds, (None,)),
        ):
            chosen = {**domains, **ranges}
            if prod(map(len, chosen.values())) <= MAXIMUM_COMBINATIONS:
                return product(*(chosen[key] for key in self.places))
        return None


_OPERATORS: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
    "==": eq,
    "!=": ne,
}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""What an operator becomes where both sides change their sign."""


def _key(node: plan.Node) -> Variable:
    node = unnamed(node)
    if isinstance(node, plan.Field):
        return (node.entity, node.name)
    return ("", id(node))


def unnamed(node: plan.Node) -> plan.Node:
    """What stands under a name, or under several."""
    while True:
        match node:
            case plan.Named(value=inner) | plan.PoolValue(value=inner):
                node = inner
            case plan.Aggregate(operator="only", operand=inner) if inner is not None:
                node = inner
            case _:
                return node


def terms_of(left: plan.Node, right: plan.Node) -> tuple[dict[int, Fraction], Fraction]:
    """Left less right, as written: factors of terms by their identity, and what is added as a constant."""
    terms: dict[int, Fraction] = {}
    constant = Fraction(0)
    stack = [(left, Fraction(1)), (right, Fraction(-1))]
    while stack:
        node, factor = stack.pop()
        value = constant_value(node)
        if value is not None:
            constant += factor * Fraction(value)
            continue
        match node:
            case plan.Unary(operator="-", operand=operand):
                stack.append((operand, -factor))
            case plan.Binary(operator="+" | "-" as operator, left=one, right=other):
                stack.extend(((one, factor), (other, factor if operator == "+" else -factor)))
            case plan.Binary(operator="*", left=one, right=other) if (share := constant_value(one)) is not None:
                stack.append((other, factor * Fraction(share)))
            case plan.Binary(operator="*" | "/" as operator, left=one, right=other) if share := constant_value(other):
                stack.append((one, factor * Fraction(share) if operator == "*" else factor / Fraction(share)))
            case _:
                term = id(unnamed(node))
                terms[term] = terms.get(term, Fraction(0)) + factor
    return {term: factor for term, factor in terms.items() if factor}, constant


def _negated(inner: Reading) -> Reading:
    def reading(case: Case) -> bool | None:
        found = inner(case)
        return None if found is None else not found

    return reading


def _joined(left: Reading, right: Reading, *, deciding: bool) -> Reading:
    def reading(case: Case) -> bool | None:
        one = left(case)
        if one is deciding:
            return deciding
        other = right(case)
        if other is deciding:
            return deciding
        return None if one is None or other is None else not deciding

    return reading


def _equal(left: Reading, right: Reading, *, equal: bool) -> Reading:
    def reading(case: Case) -> bool | None:
        one, other = left(case), right(case)
        return None if one is None or other is None else (one == other) == equal

    return reading


def _chosen(condition: Reading, then: Reading, otherwise: Reading) -> Reading:
    def reading(case: Case) -> bool | str | None:
        decided = condition(case)
        return None if decided is None else (then if decided else otherwise)(case)

    return reading


def _ranges(bounds: set[Fraction]) -> tuple[Fraction, ...]:
    """One number in each range that the bounds leave, and the bounds."""
    ordered = sorted(bounds)
    between = [(low + high) / 2 for low, high in pairwise(ordered)]
    return (ordered[0] - 1, *ordered, *between, ordered[-1] + 1)


def outcomes(condition: plan.Node, place: Place) -> set[bool | None]:
    """What a condition comes to in the cases that its place admits; none where it is never come to."""
    cases = Cases()
    reading = cases.read(condition)
    ways = [(cases.read(node), True) for node in place.given] + [(cases.read(node), way) for node, way in place.path]
    found = cases.all()
    if found is None:
        return {None}
    values: set[bool | None] = set()
    for case in found:
        # What is unknown of the way admits the case.
        if all(read(case) in {None, way} for read, way in ways):
            value = reading(case)
            values.add(None if value is None else bool(value))
            if values >= {False, True}:
                break
    return values
