"""Where a price that a policy states by a formula differs from the one solved from its boundary, on an account."""

from decimal import Decimal

from attrs import frozen

from marginrules.account.state import AccountState
from marginrules.arithmetic import exact_context, to_solved_digits
from marginrules.engine.evaluate import evaluation
from marginrules.engine.unknown import Unknown, Value
from marginrules.policy.policy import Policy
from marginrules.policy.stated import Price, stated_in


@frozen
class StatedDifference:
    """A position's price as the policy states it and as it is solved; a reason where there is none.

    Attributes:
        position, pool: their ids.
        rule: `file:line` of the formula.
    """

    position: str
    pool: str
    price: Price
    stated: Decimal | str
    solved: Decimal | str
    rule: str


def stated_differences(policy: Policy, state: AccountState) -> tuple[StatedDifference, ...]:
    """The positions of an account whose stated price is not the solved one, in the order of the report.

    Both are compared to the digits that solved prices are given to. Prices that a policy only rounds are none.

    Args:
        policy: a checked policy.
        state: the account.

    Raises:
        StateError: as `evaluate`.
    """
    found = []
    with exact_context():
        for pool in evaluation(policy, state).pools:
            for price, rule in stated_in(pool.instance.plan):
                for index, (position, _, _) in enumerate(pool.instance.positions):
                    stated = _shown(pool.value(rule, ("position", index)))
                    solved = _shown(pool.prices.solved[f"solved_{price}", index])
                    if stated != solved:
                        found.append(
                            StatedDifference(position.id, pool.instance.id, price, stated, solved, rule.span.file_line)
                        )
    return tuple(found)


def _shown(value: Value) -> Decimal | str:
    if isinstance(value, Decimal):
        return to_solved_digits(value)
    return value.reason if isinstance(value, Unknown) else str(value)
