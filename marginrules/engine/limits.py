"""How much: the largest and least amounts that the policy's own rules allow, found by asking the decision.

Nothing is written twice: a limit is where `decide` turns from allowed to refused, to the step that is asked for. Every
limit was itself decided: it is allowed, one step more is refused, and the rule that refuses is named. The search assumes
that between the least amount that is allowed and the limit the verdict turns once; both ends of the answer are
verified whatever it does.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from functools import partial

from attrs import evolve, frozen

from marginrules.account.actions import Action, apply
from marginrules.account.state import AccountState, Instrument
from marginrules.arithmetic import exact_context, plain_text
from marginrules.engine.decide import Decision, decide
from marginrules.engine.evaluate import Evaluation, PoolEvaluation, evaluate, evaluation
from marginrules.engine.report import Report
from marginrules.errors import MarginRulesError
from marginrules.policy.policy import Policy

MONEY_STEP = Decimal("0.000001")
"""The step of an amount of money where none is asked for."""
MAXIMUM_DOUBLINGS = 100
"""How far a search goes before it says that there is no limit: two to this power steps."""
_FAR = 2**44
"""So many steps are more than any account has: what refuses them is what binds."""
_WHOLE_LEVERAGES = 200
"""Every whole leverage to this one is asked about before it is said that none may be set."""
_MARGIN_MODES = ("cross", "isolated", None)


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
        under: what an order was asked with: its mode, leverage and price.
    """

    name: str
    value: Decimal | None
    unit: str
    because: str
    rule: str | None = None
    unlimited: bool = False
    under: str = ""


class NoSuchTargetError(MarginRulesError):
    """A target that cannot be read, or that no amount reaches."""


Answer = Decision | MarginRulesError
"""A decision, or why there is no such action: more is to be reduced than there is, or no pool covers it."""


class StepError(MarginRulesError):
    """A step that no amount can be counted in."""


def _check_step(step: object) -> None:
    """A step of another kind would leave every limit unknown, for a reason that is the caller's."""
    if not isinstance(step, Decimal) or not step.is_finite() or step <= 0:
        raise StepError(f"{step!r} is no step\nhelp: give a Decimal above zero, such as Decimal('0.01')")


def _allowed(answer: Answer) -> bool:
    return isinstance(answer, Decision) and answer.allowed


def _because(answer: Answer) -> str:
    return answer.because if isinstance(answer, Decision) else str(answer).partition("\n")[0]


def _rule(answer: Answer) -> str | None:
    return answer.rule if isinstance(answer, Decision) else None


def _asking(
    policy: Policy, state: AccountState, step: Decimal, action: Callable[[Decimal], Action]
) -> Callable[[int], Answer]:
    """The decision on a number of steps; the account before is evaluated once."""
    before = evaluation(policy, state, solve=False)

    def ask(steps: int) -> Answer:
        try:
            return decide(policy, state, action(step * steps), solve=False, before=before)
        except MarginRulesError as error:
            return error

    return ask


def _turning(ask: Callable[[int], Answer], low: int, high: int) -> tuple[int, Answer]:
    """Between a number of steps that is allowed and one that is refused: the last allowed, and what refuses the next.

    Works in either direction: `high` may be the smaller one.
    """
    refused = ask(high)
    while abs(high - low) > 1:
        middle = (low + high) // 2
        found = ask(middle)
        if _allowed(found):
            low = middle
        else:
            high, refused = middle, found
    return low, refused


def _first_refused(ask: Callable[[int], Answer], low: int) -> tuple[int, int | None]:
    """From a number of steps that is allowed upwards, by doubling: one that is allowed, and one that is refused."""
    for _ in range(MAXIMUM_DOUBLINGS):
        if not _allowed(ask(2 * low)):
            return low, 2 * low
        low *= 2
    return low, None


def _least_allowed(ask: Callable[[int], Answer], likely: Sequence[int]) -> int | None:
    """A number of steps that is allowed where one is refused, as under a least order; None where none was found.

    Args:
        ask: the decision on a number of steps.
        likely: what could be allowed, as closing what is open is; powers of two are asked about as well.
    """
    powers = (2**power for power in range(1, _FAR.bit_length()))
    return next((steps for steps in (*likely, *powers) if steps > 1 and _allowed(ask(steps))), None)


def largest(
    policy: Policy,
    state: AccountState,
    name: str,
    unit: str,
    step: Decimal,
    action: Callable[[Decimal], Action],
    *,
    likely: Sequence[int] = (),
) -> Limit:
    """The largest multiple of a step for which an action is allowed.

    Args:
        policy: a checked policy.
        state: the account.
        name: what to call the limit.
        unit: what it counts.
        step: the step, above zero.
        action: the action for an amount above zero.
        likely: numbers of steps that could be allowed where one step is not.
    """
    with exact_context():
        return _largest(_asking(policy, state, step, action), name, unit, step, likely)


def _largest(ask: Callable[[int], Answer], name: str, unit: str, step: Decimal, likely: Sequence[int]) -> Limit:
    first = ask(1)
    begin: int | None = 1
    if not _allowed(first):
        if not isinstance(first, Decision) or first.unknown:
            return Limit(name, None, unit, _because(first), _rule(first))
        begin = _least_allowed(ask, likely)
    if begin is None:
        return Limit(name, Decimal(0), unit, _because(first), _rule(first))
    low, high = _first_refused(ask, begin)
    if high is None:
        return Limit(name, None, unit, "no rule limits it", unlimited=True)
    most, refused = _turning(ask, low, high)
    return Limit(name, step * most, unit, _because(refused), _rule(refused))


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


@frozen
class Order:
    """What the largest orders are asked with; what it leaves out is as the account has it.

    Attributes:
        prices: by symbol; the mark price where none is given.
        margin_mode: the mode of the orders; that of the position on the symbol, else cross where there is one.
        leverage: their leverage; that of the position or order on the symbol.
        symbols: the instruments to ask about; all of them where it is empty.
    """

    prices: Mapping[str, Decimal] = {}
    margin_mode: str | None = None
    leverage: Decimal | None = None
    symbols: tuple[str, ...] = ()


def limits(
    policy: Policy, state: AccountState, *, step: Decimal = MONEY_STEP, order: Order | None = None
) -> tuple[Limit, ...]:
    """Every limit of an account: most to withdraw, transfer, add and remove, least to add, largest orders, leverage now.

    Args:
        policy: a checked policy.
        state: the account.
        step: the step of amounts of money.
        order: what the largest orders are asked with.

    Raises:
        StepError: the step is no `Decimal` above zero.
        NoSuchTargetError: an order's price or symbol is of an instrument that the account does not have.
        StateError: as `evaluate`.
    """
    _check_step(step)
    asked = order if order is not None else Order()
    for symbol in (*asked.symbols, *asked.prices):
        if symbol not in state.instrument_by_symbol:
            known = ", ".join(state.instrument_by_symbol) or "none"
            message = f"no instrument has the symbol {symbol!r}\nhelp: the account has {known}"
            raise NoSuchTargetError(message)
    with exact_context():
        return tuple(_limits(policy, state, step, asked))


def _limits(policy: Policy, state: AccountState, step: Decimal, order: Order) -> Iterator[Limit]:
    for kind in ("withdraw", "transfer"):
        for asset, wallet in dict.fromkeys((balance.asset, balance.wallet) for balance in state.balances):
            name = f"{kind}:{asset}" if wallet is None else f"{kind}:{asset}/{wallet}"
            yield largest(policy, state, name, asset, step, partial(_cash, kind, asset, wallet))
    for position in state.positions:
        if position.margin_mode != "isolated":
            continue
        settle = state.instrument_by_symbol[position.symbol].settle
        for kind in ("add_margin", "remove_margin"):
            yield largest(policy, state, f"{kind}:{position.id}", settle, step, partial(_margin, kind, position.id))
    for pool in evaluate(policy, state, solve=False).pools:
        if pool.liquidatable and pool.positions:
            yield _least_to_leave(policy, state, pool.id, step)
    for instrument in state.instruments:
        if order.symbols and instrument.symbol not in order.symbols:
            continue
        for side in ("buy", "sell"):
            yield _largest_order(policy, state, instrument, side, order)
        yield from _leverage(policy, state, instrument.symbol)


def _margin(kind: str, position: str, amount: Decimal) -> Action:
    return Action(kind, position=position, amount=amount)


def _sized(template: Action, quantity: Decimal) -> Action:
    return evolve(template, quantity=quantity)


def _cash(kind: str, asset: str, wallet: str | None, amount: Decimal) -> Action:
    elsewhere = "another account" if kind == "transfer" else None
    return Action(kind, asset=asset, amount=amount, wallet=wallet, to=elsewhere)


# ---------------------------------------------------------------- orders and leverage


def _largest_order(policy: Policy, state: AccountState, instrument: Instrument, side: str, order: Order) -> Limit:
    """The largest order of a side, in the first mode that the policy has a pool for."""
    symbol = instrument.symbol
    name, unit = f"open_{side}:{symbol}", "contracts"
    price = order.prices.get(symbol, instrument.mark_price)
    if price is None:
        return Limit(name, None, unit, f"unknown, because instrument {symbol} has no mark_price")
    members = _on(state, symbol)
    modes = dict.fromkeys([*(mode for mode, _ in members), *_MARGIN_MODES])
    step = instrument.quantity_step or MONEY_STEP
    templates: list[Action] = []
    for mode in (order.margin_mode,) if order.margin_mode is not None else modes:
        leverage = order.leverage or next((found for of, found in members if of == mode and found is not None), None)
        template = Action("open", symbol=symbol, side=side, price=price, margin_mode=mode, leverage=leverage)
        if isinstance(_asking(policy, state, step, partial(_sized, template))(1), Decision):
            templates.insert(0, template)
            break
        templates.append(template)
    # Closing what is open on the other side, in part or whole, is what is most likely to be allowed.
    closing = [
        int(abs(position.quantity) / step)
        for position in state.positions
        if position.symbol == symbol and (position.quantity < 0) == (side == "buy")
    ]
    likely = [steps for whole in closing for steps in (whole, whole // 2, 2 * whole)]
    limit = largest(policy, state, name, unit, step, partial(_sized, templates[0]), likely=likely)
    return evolve(limit, under=_under(templates[0]))


def _on(state: AccountState, symbol: str) -> list[tuple[str | None, Decimal | None]]:
    """Mode and leverage of what is on an instrument: positions, then orders."""
    return [
        *((found.margin_mode, found.leverage) for found in state.positions if found.symbol == symbol),
        *((found.margin_mode, found.leverage) for found in state.orders if found.symbol == symbol),
    ]


def _under(order: Action) -> str:
    words = [order.margin_mode] if order.margin_mode is not None else []
    if order.leverage is not None:
        words.append(f"leverage {plain_text(order.leverage)}")
    if order.price is not None:
        words.append(f"at {plain_text(order.price)}")
    return ", ".join(words)


def _leverage(policy: Policy, state: AccountState, symbol: str) -> Iterator[Limit]:
    """The lowest and the highest whole leverage that may be set now."""
    ask = _asking(policy, state, Decimal(1), partial(_with_leverage, symbol))
    set_now = [int(now.to_integral_value(ROUND_FLOOR)) for _, now in _on(state, symbol) if now is not None]
    # The rules may allow a range that neither holds what is set nor a power of two.
    every = (*(2**power for power in range(11)), *range(1, _WHOLE_LEVERAGES + 1))
    tried = dict.fromkeys([*(leverage for leverage in set_now if leverage > 0), *every])
    names = (f"lowest_leverage:{symbol}", f"highest_leverage:{symbol}")
    begin = next((leverage for leverage in tried if _allowed(ask(leverage))), None)
    if begin is None:
        refused = ask(next(iter(tried)))
        for name in names:
            yield Limit(name, None, "leverage", _because(refused), _rule(refused))
        return
    if _allowed(ask(1)):
        yield Limit(names[0], Decimal(1), "leverage", "no whole leverage is lower")
    else:
        lowest, refused = _turning(ask, begin, 1)
        yield Limit(names[0], Decimal(lowest), "leverage", _because(refused), _rule(refused))
    low, high = _first_refused(ask, begin)
    if high is None:
        yield Limit(names[1], None, "leverage", "no rule limits it", unlimited=True)
        return
    highest, refused = _turning(ask, low, high)
    yield Limit(names[1], Decimal(highest), "leverage", _because(refused), _rule(refused))


def _with_leverage(symbol: str, leverage: Decimal) -> Action:
    return Action("set_leverage", symbol=symbol, leverage=leverage)


# ---------------------------------------------------------------- least to add


@frozen
class _Adding:
    """How what stands behind a pool is added to: margin to its isolated position, a deposit to any other pool."""

    name: str
    unit: str
    action: Callable[[Decimal], Action]

    def after(self, state: AccountState, amount: Decimal) -> AccountState:
        """The account with an amount added."""
        return apply(state, self.action(amount)).state if amount else state


def _adding(policy: Policy, state: AccountState, identity: str) -> _Adding:
    found = evaluation(policy, state, solve=False)
    pool = _pool(found, identity)
    members = [position for position, _, _ in pool.instance.positions]
    if len(members) == 1 and members[0].margin_mode == "isolated":
        position = members[0]
        unit = state.instrument_by_symbol[position.symbol].settle
        return _Adding(f"add_margin:{position.id}", unit, partial(_margin, "add_margin", position.id))
    settles = [instrument.settle for _, instrument, _ in pool.instance.positions]
    held = {balance.asset: balance.wallet for balance, _, _ in pool.instance.balances}
    wanted = [pool.instance.asset, *settles, *held]
    asset = next((name for name in wanted if name in held), settles[0] if settles else pool.instance.asset or "")
    return _Adding(f"deposit:{identity}", asset, partial(_cash, "deposit", asset, held.get(asset)))


def _pool(found: Evaluation, identity: str) -> PoolEvaluation:
    return next(pool for pool in found.pools if pool.instance.id == identity)


def _least_to_leave(policy: Policy, state: AccountState, pool: str, step: Decimal) -> Limit:
    adding = _adding(policy, state, pool)

    def safe(amount: Decimal) -> bool:
        report = evaluate(policy, adding.after(state, amount), solve=False)
        return next((found.liquidatable for found in report.pools if found.id == pool), None) is False

    amount = least(step, safe)
    if amount is None:
        return Limit(f"least_{adding.name}", None, adding.unit, "no amount is enough")
    return evolve(_decided(policy, state, adding, amount), name=f"least_{adding.name}")


def _decided(policy: Policy, state: AccountState, adding: _Adding, amount: Decimal) -> Limit:
    """A least amount, with what the policy says to adding it."""
    decision = decide(policy, state, adding.action(amount), solve=False)
    because = "allowed" if decision.allowed else f"refused: {decision.because}"
    return Limit(adding.name, amount, adding.unit, because, decision.rule)


def target(policy: Policy, state: AccountState, wanted: str, *, step: Decimal = MONEY_STEP) -> Limit:
    """The least to add so that a figure is reached, and whether the policy lets it be added.

    Args:
        policy: a checked policy.
        state: the account.
        wanted: `liquidation_price:A=55000` (a long's falls to it, a short's rises to it), or `margin_ratio:cross=0.5`, of
            a pool or of a position's pool: it falls to it, or rises where the policy's ratio grows with the margin.
        step: the step of the amount.

    Raises:
        StepError: the step is no `Decimal` above zero.
        NoSuchTargetError: it cannot be read, names nothing in the account, or no amount reaches it.
        StateError: as `evaluate`.
    """
    _check_step(step)
    figure, _, rest = wanted.partition(":")
    identity, _, text = rest.rpartition("=")
    try:
        value = Decimal(text)
    except ArithmeticError:
        value = Decimal("NaN")
    if figure not in {"liquidation_price", "margin_ratio"} or not identity or not value.is_finite():
        message = (
            f"{wanted!r} is no target\n"
            "help: write liquidation_price:A=55000, A a position, or margin_ratio:cross=0.5, cross a pool"
        )
        raise NoSuchTargetError(message)
    if figure == "liquidation_price" and value <= 0:
        message = f"{wanted!r} is no target: a price is above 0\nhelp: write a price, such as liquidation_price:A=55000"
        raise NoSuchTargetError(message)
    report = evaluate(policy, state, solve=False)
    pools = {position.id: position.pool for position in report.positions}
    if figure == "margin_ratio":
        pools.update({pool.id: pool.id for pool in report.pools if pool.id not in pools})
    if identity not in pools:
        kind = "pool or position" if figure == "margin_ratio" else "position"
        message = f"there is no {kind} {identity!r}\nhelp: the account has {', '.join(pools) or 'none'}"
        raise NoSuchTargetError(message)
    with exact_context():
        return _reached(policy, state, figure, identity, pools[identity], value, step)


def _reached(
    policy: Policy, state: AccountState, figure: str, identity: str, pool: str, value: Decimal, step: Decimal
) -> Limit:
    adding = _adding(policy, state, pool)
    if figure == "margin_ratio":
        holds = _ratio_reached(policy, state, adding, pool, value)
    else:
        holds = _price_reached(policy, state, adding, identity, value)
    amount = least(step, holds)
    if amount is None:
        wanted = plain_text(value)
        message = f"no amount brings {figure} of {identity} to {wanted}\nhelp: it is on the other side, or out of reach"
        raise NoSuchTargetError(message)
    if not amount:
        return Limit(adding.name, amount, adding.unit, "it is there already")
    return _decided(policy, state, adding, amount)


def _price_reached(
    policy: Policy, state: AccountState, adding: _Adding, identity: str, value: Decimal
) -> Callable[[Decimal], bool]:
    long = next(entry.quantity for entry in state.positions if entry.id == identity) > 0

    def reached(amount: Decimal) -> bool:
        report = evaluate(policy, adding.after(state, amount))
        place = next(place for place, entry in enumerate(report.positions) if entry.id == identity)
        if report.pool(report.positions[place].pool).liquidatable:
            # Its price is then the one that would cure it.
            return False
        price = report.positions[place].liquidation_price
        if price is None:
            reason = _reason(report, f"/positions/{place}/liquidation_price")
            if reason != "none":
                message = f"the liquidation price of {identity} is unknown\nhelp: {reason}"
                raise NoSuchTargetError(message)
            # No price liquidates it any more.
            return True
        return price <= value if long else price >= value

    return reached


def _ratio_reached(
    policy: Policy, state: AccountState, adding: _Adding, pool: str, value: Decimal
) -> Callable[[Decimal], bool]:
    def ratio(amount: Decimal) -> Decimal | None:
        report = evaluate(policy, adding.after(state, amount), solve=False)
        return next((found.margin_ratio for found in report.pools if found.id == pool), None)

    # A ratio without equity behind it is unknown; with enough of it, it is known.
    known = [found for power in range(8) if (found := ratio(Decimal(10) ** (power * 2))) is not None]
    if not known:
        report = evaluate(policy, state, solve=False)
        place = next(place for place, found in enumerate(report.pools) if found.id == pool)
        message = f"the margin ratio of {pool} is unknown\nhelp: {_reason(report, f'/pools/{place}/margin_ratio')}"
        raise NoSuchTargetError(message)
    rises = known[-1] > known[0]

    def reached(amount: Decimal) -> bool:
        found = ratio(amount)
        return found is not None and (found >= value if rises else found <= value)

    return reached


def _reason(report: Report, pointer: str) -> str:
    return next((entry.reason for entry in report.unknown if entry.at == pointer), "none")
