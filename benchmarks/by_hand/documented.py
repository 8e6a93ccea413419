"""`rules/documented.margin` with its parameters at zero."""

from benchmarks.by_hand.common import ZERO, Figures, account, report
from marginrules.account.state import AccountState

ACCOUNT = account()


def figures(state: AccountState) -> Figures:
    """`rules/documented.margin` with its parameters at zero."""
    found = report(state, dict.fromkeys((position.id for position in state.positions), ZERO), "<=")
    cross = found["cross"]
    found["idle"] = {"amount": max(ZERO, cross["equity"] - cross["initial_margin"])}
    return found
