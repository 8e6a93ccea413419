"""Prices that a policy states by a formula, in place of what is solved from its boundary."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from attrs import frozen

from marginrules.policy import plan
from marginrules.policy.policy import Policy

Price = Literal["liquidation_price", "bankruptcy_price"]
PRICES: tuple[Price, ...] = ("liquidation_price", "bankruptcy_price")


@frozen
class StatedPrice:
    """A price that a policy states, and does not only round.

    Attributes:
        pools: kinds of the pools whose positions have it.
        rule: the definition.
        own: whether it is, in some case, a formula without the solved price; otherwise it is made from that.
    """

    price: Price
    pools: tuple[str, ...]
    rule: plan.Named
    own: bool

    @property
    def text(self) -> str:
        """One line about it."""
        how = "by a formula of its own" if self.own else "as the solved one, adjusted"
        pools = " and ".join(f"`{pool}`" for pool in self.pools)
        return f"{self.rule.span}: note: `{self.price}` in {pools} is stated {how}; reports give that"


def stated_prices(policy: Policy) -> tuple[StatedPrice, ...]:
    """The prices that a policy states by a formula, in the order of the text; rounding the solved one is none."""
    found: dict[tuple[str, str], StatedPrice] = {}
    for version in (policy, *(entry for _, entry in policy.versions)):
        for pool in version.plan.pools:
            for price, rule in stated_in(pool):
                key = (price, str(rule.span))
                pools = (*(found[key].pools if key in found else ()), pool.kind)
                found[key] = StatedPrice(price, tuple(dict.fromkeys(pools)), rule, not _solved(rule))
    return tuple(sorted(found.values(), key=lambda entry: (entry.rule.span.source.name, entry.rule.span.line)))


def stated_in(pool: plan.PoolPlan) -> Iterator[tuple[Price, plan.Named]]:
    """The prices that the rules of a pool state by a formula."""
    for price in PRICES:
        rule = pool.definitions["position"].get(price)
        if rule is not None and not _rounded(rule):
            yield price, rule


def _rounded(node: plan.Node) -> bool:
    """Whether a node is the solved price in every case, rounded at most."""
    match node:
        case plan.Solved():
            return True
        case plan.Named(value=value) | plan.Round(operand=value):
            return _rounded(value)
        case plan.Conditional(then=then, otherwise=otherwise):
            return _rounded(then) and _rounded(otherwise)
        case _:
            return False


@lru_cache(maxsize=4096)
def _solved(node: plan.Node) -> bool:
    """Whether a node reads the solved price, in each of its cases."""
    match node:
        case plan.Solved():
            return True
        case plan.Conditional(then=then, otherwise=otherwise):
            return _solved(then) and _solved(otherwise)
        case _:
            return any(_solved(child) for child in plan.children(node))
