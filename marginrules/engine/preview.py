"""An order that is not sent yet: what it would take, and where every position would be liquidated if it filled."""

from decimal import Decimal

from attrs import frozen

from marginrules.account.actions import Action
from marginrules.account.state import AccountState
from marginrules.engine.decide import Decision, decide
from marginrules.engine.evaluate import evaluate
from marginrules.engine.report import Report
from marginrules.policy.policy import Policy


@frozen
class Preview:
    """What an order would do.

    Attributes:
        decision: what the policy says to the fill; what would refuse it is named there.
        margin_mode: the mode it would run under; leverage: the leverage.
        margin: initial margin that it takes, summed over pools that have one asset; None where it is unknown.
        prices: for each position before or after, its liquidation prices before and after.
        after: the report after the fill, also where it would be refused; None where it can not be done at all.
    """

    decision: Decision
    margin_mode: str | None
    leverage: Decimal | None
    margin: Decimal | None
    prices: tuple[tuple[str, Decimal | None, Decimal | None], ...]
    before: Report
    after: Report | None


def preview(policy: Policy, state: AccountState, action: Action) -> Preview:
    """What an order would do to an account if it filled at its price.

    Raises:
        ActionError: the order does not fit the account.
        StateError: as `evaluate`.
    """
    decision = decide(policy, state, action)
    before = decision.before
    after = decision.after
    effect = decision.effect
    if after is None and effect is not None:
        after = evaluate(policy, effect.state)
    concerned = None
    if effect is not None:
        concerned = next((entry for entry in effect.state.positions if entry.id == effect.position), None)
    margin: Decimal | None = None
    if after is not None:
        margin = _initial(after, before)
    names = dict.fromkeys(
        [entry.id for entry in before.positions] + [entry.id for entry in (after or before).positions]
    )
    prices = tuple((name, _price(before, name), _price(after, name)) for name in names)
    return Preview(
        decision,
        concerned.margin_mode if concerned is not None else action.margin_mode,
        concerned.leverage if concerned is not None else action.leverage,
        margin,
        prices,
        before,
        after,
    )


def _initial(after: Report, before: Report) -> Decimal | None:
    total = Decimal(0)
    if len({pool.asset for pool in (*after.pools, *before.pools)}) > 1:
        return None
    for report, sign in ((after, 1), (before, -1)):
        for pool in report.pools:
            if pool.initial_margin is None:
                return None
            total += sign * pool.initial_margin
    return total


def _price(report: Report | None, name: str) -> Decimal | None:
    if report is None:
        return None
    return next((entry.liquidation_price for entry in report.positions if entry.id == name), None)
