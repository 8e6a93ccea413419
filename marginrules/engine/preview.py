"""An order that is not sent yet: what it would take, and where every position would be liquidated if it filled."""

from decimal import Decimal

from attrs import evolve, frozen

from marginrules.account.actions import Action, ActionError, NotPossibleError, apply, priced
from marginrules.account.state import AccountState
from marginrules.arithmetic import exact_context
from marginrules.engine.arrange import ImpossibleError
from marginrules.engine.decide import Decision, decide
from marginrules.engine.evaluate import evaluate
from marginrules.engine.report import Report
from marginrules.policy.policy import Policy


@frozen
class Preview:
    """What an order would do.

    Attributes:
        decision: what the policy says to the order; what would refuse it is named there.
        margin_mode: the mode it would run under; leverage: the leverage.
        margin: initial margin that it takes once it has filled, in `margin_asset`; None where it is unknown, or of several
            assets.
        margins: the same by asset, for every asset of the account's pools; a negative amount is set free.
        resting: what an order takes that rests; empty for one that fills at once.
        prices: for each position before or after, its liquidation prices before and after.
        before: the report before; after: the report once it has filled, also where it would be refused; None where
            it can not be done at all.
    """

    decision: Decision
    margin_mode: str | None
    leverage: Decimal | None
    margin: Decimal | None
    margin_asset: str | None
    margins: tuple[tuple[str, Decimal | None], ...]
    resting: tuple[tuple[str, Decimal | None], ...]
    prices: tuple[tuple[str, Decimal | None, Decimal | None], ...]
    before: Report
    after: Report | None


def preview(policy: Policy, state: AccountState, action: Action) -> Preview:
    """What an order would do to an account if it filled at its price.

    Args:
        policy: a checked policy.
        state: the account before.
        action: `open`, an order that fills at once (at the mark where it says no price), or `place_order`, one that rests.

    Raises:
        ActionError: it is no order, or does not fit the account.
        StateError: as `evaluate`.
    """
    if action.action not in {"open", "place_order"}:
        raise ActionError(
            "/action", f"`{action.action}` is no order", "preview `open` or `place_order`; `act` decides the rest"
        )
    with exact_context():
        return _preview(policy, state, action)


def _preview(policy: Policy, state: AccountState, action: Action) -> Preview:
    decision = decide(policy, state, action)
    before = decision.before
    filled = _filled(state, action)
    after = _after(policy, filled[0]) if filled is not None else None
    margins = _margins(before, after) if after is not None else ()
    resting: tuple[tuple[str, Decimal | None], ...] = ()
    if action.action == "place_order" and decision.effect is not None:
        # Where it would be refused, what it would have taken is told all the same.
        resting = _taken(before, evaluate(policy, decision.effect.state, solve=False))
    asset, margin = _single(margins)
    mode, leverage = filled[1:] if filled is not None else (action.margin_mode, action.leverage)
    names = dict.fromkeys(
        [entry.id for entry in before.positions] + [entry.id for entry in (after or before).positions]
    )
    prices = tuple((name, _price(before, name), _price(after, name)) for name in names)
    return Preview(decision, mode, leverage, margin, asset, margins, resting, prices, before, after)


def _after(policy: Policy, state: AccountState) -> Report | None:
    """The report once it has filled; None where no account is like that."""
    try:
        return evaluate(policy, state)
    except ImpossibleError:
        return None


def _filled(state: AccountState, action: Action) -> tuple[AccountState, str | None, Decimal | None] | None:
    """The account once the order has filled, with mode and leverage of its position; None where it can not fill."""
    fill = evolve(action, action="open", id=None, reduce_only=None)
    fill = priced(state, fill)
    if action.reduce_only:
        held = sum(
            abs(position.quantity)
            for position in state.positions
            if position.symbol == action.symbol and (position.quantity < 0) == (action.side == "buy")
        )
        if not held:
            return None
        fill = evolve(fill, quantity=min(held, fill.quantity or held))
    try:
        effect = apply(state, fill)
    except NotPossibleError:
        return None
    concerned = next(
        (entry for entry in (*effect.state.positions, *state.positions) if entry.id == effect.position), None
    )
    if concerned is None:
        return effect.state, action.margin_mode, action.leverage
    return effect.state, concerned.margin_mode, concerned.leverage


def _margins(before: Report, after: Report) -> tuple[tuple[str, Decimal | None], ...]:
    found: dict[str, Decimal | None] = {}
    for report, sign in ((before, -1), (after, 1)):
        for pool in report.pools:
            asset = pool.asset or ""
            so_far = found.get(asset, Decimal(0))
            margin = pool.initial_margin
            found[asset] = None if so_far is None or margin is None else so_far + sign * margin
    return tuple(found.items())


def _taken(before: Report, resting: Report) -> tuple[tuple[str, Decimal | None], ...]:
    """What an order takes while it rests: initial margin of the pools, or what is idle where the venue holds it there."""
    margins = dict(_margins(before, resting))
    idle: dict[str, Decimal | None] = {}
    for report, sign in ((before, 1), (resting, -1)):
        for entry in report.idle_equity:
            asset = entry.asset or ""
            so_far = idle.get(asset, Decimal(0))
            idle[asset] = None if so_far is None or entry.amount is None else so_far + sign * entry.amount
    return tuple((asset, idle.get(asset, margin) if margin == 0 else margin) for asset, margin in margins.items())


def _single(margins: tuple[tuple[str, Decimal | None], ...]) -> tuple[str | None, Decimal | None]:
    """The asset of which margin is taken, and how much; neither where it is of several, or where one is unknown."""
    changed = [entry for entry in margins if entry[1] != 0] or list(margins)[:1]
    return changed[0] if len(changed) == 1 else (None, None)


def _price(report: Report | None, name: str) -> Decimal | None:
    if report is None:
        return None
    return next((entry.liquidation_price for entry in report.positions if entry.id == name), None)
