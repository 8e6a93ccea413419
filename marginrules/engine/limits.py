"""How much: the largest and least amounts that the policy's own rules allow, found by asking the decision.

Nothing is written twice: a limit is where `decide` turns from allowed to refused, to the step that is asked for. Every
limit was itself decided: it is allowed, one step more is refused, and the rule that refuses is named. The search assumes
that between nothing and the limit the verdict turns once; both ends of the answer are verified whatever it does.
"""

from collections.abc import Callable, Iterator
from decimal import ROUND_FLOOR, Decimal
from functools import partial

from attrs import evolve, frozen

from marginrules.account.actions import Action, ActionError
from marginrules.account.state import AccountState, StateError
from marginrules.arithmetic import exact_context
from marginrules.engine.decide import Decision, decide
from marginrules.engine.evaluate import evaluate
from marginrules.errors import MarginRulesError
from marginrules.policy.policy import Policy

MONEY_STEP = Decimal("0.000001")
"""The step of an amount of money where none is asked for."""
MAXIMUM_DOUBLINGS = 100
"""How far a search goes before it says that there is no limit: two to this power steps."""


@frozen
class Limit:
    """One limit.

    Attributes:
        name: `withdraw:USDC`, `remove_margin:A`, `open_buy:BTC-PERP`, …
        value: the amount, quantity or leverage; None where `because` says why there is none.
        unit: what the value counts.
        because: what stands in the way of more (or, for a least amount, of less).
        rule: `file:line` of the rule that refuses one step more.
        unlimited: whether no amount is refused.
    """

    name: str
    value: Decimal | None
    unit: str
    because: str
    rule: str | None = None
    unlimited: bool = False


class NoSuchTargetError(MarginRulesError):
    """A target that cannot be read, or that no amount reaches."""


def largest(
    policy: Policy, state: AccountState, name: str, unit: str, step: Decimal, action: Callable[[Decimal], Action]
) -> Limit:
    """The largest multiple of a step for which an action is allowed.

    Args:
        policy: a checked policy.
        state: the account.
        name: what to call the limit.
        unit: what it counts.
        step: the step, above zero.
        action: the action for an amount above zero.
    """

    def ask(steps: int) -> Decision | None:
        """The decision on a number of steps; None where there is no such action, such as reducing by more than all."""
        try:
            with exact_context():
                return decide(policy, state, action(step * steps), solve=False)
        except (ActionError, StateError):
            return None

    first = ask(1)
    if first is None or not first.allowed:
        because = first.because if first is not None else "there is nothing to act on"
        if first is not None and first.unknown:
            return Limit(name, None, unit, because, first.rule)
        return Limit(name, Decimal(0), unit, because, first.rule if first is not None else None)
    low, high = 1, 2
    refused: Decision | None = None
    for _ in range(MAXIMUM_DOUBLINGS):
        refused = ask(high)
        if refused is None or not refused.allowed:
            break
        low, high = high, high * 2
    else:
        return Limit(name, None, unit, "no rule limits it", unlimited=True)
    while high - low > 1:
        middle = (low + high) // 2
        found = ask(middle)
        if found is not None and found.allowed:
            low = middle
        else:
            high, refused = middle, found
    because = refused.because if refused is not None else "that is all there is"
    return Limit(name, step * low, unit, because, refused.rule if refused is not None else None)


def least(step: Decimal, reached: Callable[[Decimal], bool]) -> Decimal | None:
    """The least multiple of a step, zero included, from which something holds; None where no amount reaches it."""
    if reached(Decimal(0)):
        return Decimal(0)
    low, high = 0, 1
    for _ in range(MAXIMUM_DOUBLINGS):
        if reached(step * high):
            break
        low, high = high, high * 2
    else:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if reached(step * middle):
            high = middle
        else:
            low = middle
    return step * high


def limits(policy: Policy, state: AccountState, *, step: Decimal = MONEY_STEP) -> tuple[Limit, ...]:
    """Every limit of an account: most to withdraw, add and remove, least to add, largest orders, leverage now.

    Args:
        policy: a checked policy.
        state: the account.
        step: the step of amounts of money.
    """
    return tuple(_limits(policy, state, step))


def _limits(policy: Policy, state: AccountState, step: Decimal) -> Iterator[Limit]:
    for asset in dict.fromkeys(balance.asset for balance in state.balances):
        yield largest(
            policy,
            state,
            f"withdraw:{asset}",
            asset,
            step,
            partial(_cash, "withdraw", asset),
        )
    report = evaluate(policy, state, solve=False)
    pools = {position.id: position.pool for position in report.positions}
    for position in state.positions:
        settle = state.instrument_by_symbol[position.symbol].settle
        if position.margin_mode != "isolated":
            continue
        for kind in ("add_margin", "remove_margin"):
            yield largest(
                policy,
                state,
                f"{kind}:{position.id}",
                settle,
                step,
                partial(_margin, kind, position.id),
            )
    liquidatable = {pool.id for pool in report.pools if pool.liquidatable}
    for position in state.positions:
        if pools[position.id] in liquidatable:
            yield _least_to_leave(policy, state, position.id, pools[position.id], step)
    for instrument in state.instruments:
        if instrument.mark_price is None:
            continue
        modes = dict.fromkeys(
            position.margin_mode for position in state.positions if position.symbol == instrument.symbol
        )
        leverage = next(
            (position.leverage for position in state.positions if position.symbol == instrument.symbol), None
        )
        for side in ("buy", "sell"):
            template = Action(
                "open",
                symbol=instrument.symbol,
                side=side,
                quantity=Decimal(1),
                price=instrument.mark_price,
                margin_mode=next(iter(modes), "cross"),
                leverage=leverage,
            )
            yield largest(
                policy,
                state,
                f"open_{side}:{instrument.symbol}",
                "contracts",
                instrument.quantity_step or MONEY_STEP,
                partial(_sized, template),
            )
        if modes:
            yield from _leverage(policy, state, instrument.symbol)


def _margin(kind: str, position: str, amount: Decimal) -> Action:
    return Action(kind, position=position, amount=amount)


def _sized(template: Action, quantity: Decimal) -> Action:
    return evolve(template, quantity=quantity)


def _cash(kind: str, asset: str, amount: Decimal) -> Action:
    return Action(kind, asset=asset, amount=amount)


def _leverage(policy: Policy, state: AccountState, symbol: str) -> Iterator[Limit]:
    """The lowest and the highest whole leverage that may be set now."""
    allowed: list[int] = []
    refusals: dict[int, Decision] = {}
    highest = state.instrument_by_symbol[symbol].max_leverage
    for leverage in range(1, int(highest.to_integral_value(ROUND_FLOOR)) + 2 if highest is not None else 127):
        decision = decide(policy, state, Action("set_leverage", symbol=symbol, leverage=Decimal(leverage)), solve=False)
        if decision.allowed:
            allowed.append(leverage)
        else:
            refusals[leverage] = decision
    for name, pick, beyond in (("lowest_leverage", min, -1), ("highest_leverage", max, 1)):
        if not allowed:
            some = next(iter(refusals.values()))
            yield Limit(f"{name}:{symbol}", None, "leverage", some.because, some.rule)
            continue
        found = pick(allowed)
        refused = refusals.get(found + beyond)
        because = refused.because if refused is not None else "no rule limits it"
        yield Limit(
            f"{name}:{symbol}", Decimal(found), "leverage", because, refused.rule if refused is not None else None
        )


def _least_to_leave(policy: Policy, state: AccountState, position: str, pool: str, step: Decimal) -> Limit:
    found = _reach(policy, state, position, step, lambda after: _liquidatable(policy, after, pool) is False)
    kind = "add_margin" if _isolated(state, position) else "deposit"
    settle = state.instrument_by_symbol[_symbol(state, position)].settle
    because = "one step less leaves it liquidatable" if found is not None else "no amount is enough"
    return Limit(f"least_{kind}:{position}", found, settle, because)


def _symbol(state: AccountState, position: str) -> str:
    return next(found.symbol for found in state.positions if found.id == position)


def _isolated(state: AccountState, position: str) -> bool:
    return any(found.id == position and found.margin_mode == "isolated" for found in state.positions)


def _liquidatable(policy: Policy, state: AccountState, pool: str) -> bool | None:
    report = evaluate(policy, state, solve=False)
    return next((found.liquidatable for found in report.pools if found.id == pool), None)


def _reach(
    policy: Policy, state: AccountState, position: str, step: Decimal, holds: Callable[[AccountState], bool]
) -> Decimal | None:
    """The least to add to what backs a position until something holds: its own margin, or a deposit to its pool."""
    del policy
    settle = state.instrument_by_symbol[_symbol(state, position)].settle

    def reached(amount: Decimal) -> bool:
        return holds(_added(state, position, settle, amount))

    with exact_context():
        return least(step, reached)


def _added(state: AccountState, position: str, settle: str, amount: Decimal) -> AccountState:
    """The account with an amount added from outside, and to an isolated position assigned at once."""
    found = False
    balances = []
    for balance in state.balances:
        if balance.asset == settle and not found:
            found = True
            balances.append(evolve(balance, wallet_balance=balance.wallet_balance + amount))
            continue
        balances.append(balance)
    positions = tuple(
        evolve(entry, assigned_margin=(entry.assigned_margin or Decimal(0)) + amount)
        if entry.id == position and entry.margin_mode == "isolated"
        else entry
        for entry in state.positions
    )
    return evolve(state, balances=tuple(balances), positions=positions)


def target(policy: Policy, state: AccountState, wanted: str, *, step: Decimal = MONEY_STEP) -> Limit:
    """The least to add so that a figure of a position is reached, and whether the policy lets it be added.

    Args:
        policy: a checked policy.
        state: the account.
        wanted: `liquidation_price:A=55000` (a long's falls to it, a short's rises to it), or `margin_ratio:A=0.5` (the
            ratio of the position's pool falls to it).
        step: the step of the amount.

    Raises:
        NoSuchTargetError: it cannot be read, names no position, or no amount reaches it.
    """
    figure, _, rest = wanted.partition(":")
    identity, _, text = rest.rpartition("=")
    try:
        value = Decimal(text)
    except ArithmeticError:
        value = Decimal("NaN")
    if figure not in {"liquidation_price", "margin_ratio"} or not identity or not value.is_finite():
        message = f"{wanted!r} is no target\nhelp: write liquidation_price:A=55000 or margin_ratio:A=0.5, A a position"
        raise NoSuchTargetError(message)
    position = next((entry for entry in state.positions if entry.id == identity), None)
    if position is None:
        known = ", ".join(entry.id for entry in state.positions) or "none"
        message = f"there is no position {identity!r}\nhelp: the account has {known}"
        raise NoSuchTargetError(message)

    def holds(after: AccountState) -> bool:
        report = evaluate(policy, after, solve=figure == "liquidation_price")
        found = next(entry for entry in report.positions if entry.id == identity)
        if figure == "liquidation_price":
            price = found.liquidation_price
            if price is None:
                entry = next(
                    (
                        entry
                        for entry in report.unknown
                        if entry.at.endswith("/liquidation_price") and entry.reason != "none"
                    ),
                    None,
                )
                if entry is not None:
                    message = f"the liquidation price is unknown: {entry.reason}"
                    raise NoSuchTargetError(message)
                return True
            return price <= value if position.quantity > 0 else price >= value
        pool = next(entry for entry in report.pools if entry.id == found.pool)
        return pool.margin_ratio is not None and pool.margin_ratio <= value

    amount = _reach(policy, state, identity, step, holds)
    settle = state.instrument_by_symbol[position.symbol].settle
    kind = "add_margin" if position.margin_mode == "isolated" else "deposit"
    if amount is None:
        message = (
            f"no amount brings {figure} of {identity} to {text}\nhelp: the price is on the other side, or out of reach"
        )
        raise NoSuchTargetError(message)
    if not amount:
        return Limit(f"{kind}:{identity}", amount, settle, "it is there already")
    action = (
        Action(kind, position=identity, amount=amount)
        if kind == "add_margin"
        else Action(kind, asset=settle, amount=amount)
    )
    decision = decide(policy, state, action, solve=False)
    because = "allowed" if decision.allowed else f"refused: {decision.because}"
    return Limit(f"{kind}:{identity}", amount, settle, because, decision.rule)
