"""What the venue does by itself: replenish isolated positions, and liquidate pools, as the policy says.

Every step is one entry of a trace; no step is taken twice for the same position, and there are never more than
`MAXIMUM_STEPS`. Cash is conserved to the last digit: each entry names what arrived at which place outside the account
(`market` is the other side of the trades), and balances fall by exactly that.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from attrs import define, evolve, field, frozen

from marginrules.account.actions import Action, Effect, booked
from marginrules.account.contracts import unrealized_pnl
from marginrules.account.state import AccountState, Balance, Position
from marginrules.arithmetic import exact_context
from marginrules.engine.decide import ActionReader, Judge, cited
from marginrules.engine.evaluate import Evaluation, PoolEvaluation, evaluation
from marginrules.engine.interpret import POOL
from marginrules.engine.unknown import Unknown, Value
from marginrules.errors import MarginRulesError
from marginrules.policy import plan
from marginrules.policy.policy import Policy

MAXIMUM_STEPS = 10_000
"""Most steps of one run: far beyond any account, and an end in any case."""

MARKET = "market"
"""The other side of trades: what a liquidated position lost went there."""

SHORTFALL = "shortfall"
"""Who bears what a ring-fenced position lost beyond its own margin: the rest of the account does not (B2, B22)."""

_ZERO = Decimal(0)


class ProcedureError(MarginRulesError):
    """A procedure that does not end: there are too many steps."""


class _OpenError(MarginRulesError):
    """A step that cannot be taken, because a figure it needs is not there: the pool stays as it is."""


@frozen
class Transfer:
    """Cash that left the account for a place outside it; a negative amount came from there."""

    place: str
    asset: str
    amount: Decimal


@frozen
class Entry:
    """One step that was taken.

    Attributes:
        step: `replenish`, or the name of the liquidation's step.
        pool: id of the pool; position: id of the position; positions: ids of those that were handed over.
        orders: how many were cancelled.
        rule: `file:line`; cites: what the rule cites.
        quantity: contracts closed, signed as the position was; price: at which.
        amount: margin that was added.
        transfers: what left the account.
    """

    step: str
    pool: str
    rule: str
    position: str | None = None
    orders: int = 0
    quantity: Decimal | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    transfers: tuple[Transfer, ...] = ()
    positions: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()


@frozen
class Outcome:
    """The account after the venue's procedures, and what they did, in order.

    Attributes:
        unsettled: ids of pools that are still liquidatable, or whose next step cannot be taken.
        reasons: why each of these is not settled: the policy states no (further) step, or what is unknown.
    """

    state: AccountState
    entries: tuple[Entry, ...]
    unsettled: tuple[str, ...]
    reasons: Mapping[str, str] = field(factory=dict)


def run_procedures(policy: Policy, state: AccountState) -> Outcome:
    """What the venue does with an account by itself, now.

    Args:
        policy: a checked policy.
        state: the account.

    Returns:
        The account as it was, and no entry, where nothing is due. A pool whose next step needs a figure that is unknown
        stays as the steps before left it, and is named in `unsettled`.

    Raises:
        ProcedureError: there are too many steps.
        StateError: as `evaluate`.
    """
    with exact_context():
        run = _Run(policy, state)
        run.replenish()
        run.liquidate()
    return Outcome(run.state, tuple(run.entries), tuple(run.unsettled), run.unsettled)


def totals(entries: Sequence[Entry]) -> Mapping[tuple[str, str], Decimal]:
    """What arrived at each place, by place and asset."""
    found: dict[tuple[str, str], Decimal] = {}
    with exact_context():
        for transfer in (transfer for entry in entries for transfer in entry.transfers):
            key = (transfer.place, transfer.asset)
            found[key] = found.get(key, _ZERO) + transfer.amount
    return found


@define
class _Run:
    """One run of a policy's procedures over an account."""

    policy: Policy
    state: AccountState
    entries: list[Entry] = field(factory=list)
    unsettled: dict[str, str] = field(factory=dict)
    seen: Evaluation | None = None

    def note(self, entry: Entry, state: AccountState) -> None:
        """Take a step."""
        if len(self.entries) >= MAXIMUM_STEPS:
            message = f"the procedures of {self.policy.name} take more than {MAXIMUM_STEPS:,} steps"
            raise ProcedureError(message)
        self.entries.append(entry)
        self.state = state

    def evaluated(self) -> Evaluation:
        """The account as it is now; evaluated once between two steps."""
        if self.seen is None or self.seen.state is not self.state:
            self.seen = evaluation(self.policy, self.state, solve=False)
        return self.seen

    # ------------------------------------------------------------ replenishing

    def replenish(self) -> None:
        """Add to isolated positions what the policy says, each position once for each rule."""
        found = self.evaluated()
        for rule in found.policy.plan.replenishments:
            for identity in [position.id for position in self.state.positions]:
                self._replenish(rule, identity)

    def _replenish(self, rule: plan.ReplenishPlan, identity: str) -> None:
        found = self.evaluated()
        for pool in found.pools:
            number = found.policy.plan.pools.index(pool.instance.plan)
            if number not in rule.pools or identity not in {entry[0].id for entry in pool.instance.positions}:
                continue
            try:
                self._add(rule, number, pool, identity)
            except _OpenError as error:
                self.unsettled[pool.instance.id] = str(error)
            return

    def _add(self, rule: plan.ReplenishPlan, number: int, pool: PoolEvaluation, identity: str) -> None:
        found = self.evaluated()
        action = Action("add_margin", position=identity)
        judge = Judge(action, Effect(self.state, identity), found, found)
        reader = ActionReader(pool.instance, self.state, {}, {}, judge, pool.instance.id)
        condition, amount = rule.pools[number]
        if not _known(reader.value(condition, ("action", 0)), rule.span.file_line):
            return
        added = _known(reader.value(amount, ("action", 0)), rule.span.file_line)
        if not isinstance(added, Decimal) or added <= 0:
            return
        added = booked(added)
        positions = tuple(
            evolve(position, assigned_margin=(position.assigned_margin or _ZERO) + added)
            if position.id == identity
            else position
            for position in self.state.positions
        )
        cites = cited(found, rule.cites)
        entry = Entry("replenish", pool.instance.id, rule.span.file_line, identity, amount=added, cites=cites)
        self.note(entry, evolve(self.state, positions=positions))

    # ------------------------------------------------------------ liquidating

    def liquidate(self) -> None:
        """Go through the steps of every pool that is liquidatable, in the order of the report."""
        for identity in [pool.instance.id for pool in self.evaluated().pools]:
            # Where it is open what the venue adds to a position, it is open whether the position is liquidated.
            if identity in self.unsettled or not self._due(identity):
                continue
            pool = self._pool(identity)
            steps = self._steps(pool) if pool is not None else ()
            before = len(self.entries)
            try:
                for step in steps:
                    if not self._due(identity):
                        break
                    self._step(step, identity)
            except _OpenError as error:
                self.unsettled[identity] = str(error)
                continue
            if self._due(identity):
                if len(self.entries) > before:
                    reason = f"the policy states no further step for pool {identity}"
                elif steps:
                    reason = f"no step that the policy states for pool {identity} applies"
                else:
                    reason = f"the policy states no step for pool {identity}"
                self.unsettled[identity] = reason

    def _pool(self, identity: str) -> PoolEvaluation | None:
        return next((pool for pool in self.evaluated().pools if pool.instance.id == identity), None)

    def _steps(self, pool: PoolEvaluation) -> tuple[plan.StepPlan, ...]:
        found = self.policy.on(self.state.account.day).plan
        return found.liquidations.get(found.pools.index(pool.instance.plan), ())

    def _due(self, identity: str) -> bool:
        pool = self._pool(identity)
        if pool is None or pool.instance.plan.liquidate is None:
            return False
        return pool.value(pool.instance.plan.liquidate, POOL) is True

    def _step(self, step: plan.StepPlan, identity: str) -> None:
        pool = self._pool(identity)
        if pool is None:
            return
        if step.condition is not None and not _known(pool.value(step.condition, POOL), step.span.file_line):
            return
        match step.kind:
            case "cancel":
                self._cancel(step, pool)
            case "close":
                self._close(step, identity)
            case "hand over":
                self._hand_over(step, pool)

    def _cancel(self, step: plan.StepPlan, pool: PoolEvaluation) -> None:
        among, symbols = [pool], {order.symbol for order, _, _ in pool.instance.orders}
        if step.on_contracts:
            among = list(self.evaluated().pools)
            symbols = {position.symbol for position, _, _ in pool.instance.positions}
        going = {
            id(order)
            for entry in among
            for index, (order, _, _) in enumerate(entry.instance.orders)
            if order.symbol in symbols
            and (step.where is None or _known(entry.reference.value(step.where, ("order", index)), step.span.file_line))
        }
        if not going:
            return
        orders = tuple(order for order in self.state.orders if id(order) not in going)
        cites = cited(self.evaluated(), step.cites)
        entry = Entry(step.name, pool.instance.id, step.span.file_line, orders=len(going), cites=cites)
        self.note(entry, evolve(self.state, orders=orders))

    def _close(self, step: plan.StepPlan, identity: str) -> None:
        pool = self._pool(identity)
        if pool is None:
            return
        names = [position.id for position, _, _ in pool.instance.positions]
        if step.largest is not None:
            sizes = {
                position.id: _known(pool.reference.value(step.largest, ("position", index)), step.span.file_line)
                for index, (position, _, _) in enumerate(pool.instance.positions)
            }
            names.sort(key=lambda name: sizes[name], reverse=True)
        if step.together:
            # Each as the pool was before any of them was closed; all of them, or none.
            kept = self.state, list(self.entries)
            try:
                for name in names:
                    self._close_one(step, pool, name)
            except _OpenError:
                self.state, self.entries = kept
                raise
            return
        for name in names:
            now = self._pool(identity)
            if now is None or not self._due(identity):
                return
            self._close_one(step, now, name)

    def _close_one(self, step: plan.StepPlan, pool: PoolEvaluation, name: str) -> None:
        identity = pool.instance.id
        index = next(place for place, entry in enumerate(pool.instance.positions) if entry[0].id == name)
        position, instrument, _ = pool.instance.positions[index]
        where = step.span.file_line
        entity = ("position", index)

        def read(node: plan.Node | None) -> Decimal | None:
            value = None if node is None else _known(pool.reference.value(node, entity), where)
            return value if isinstance(value, Decimal) else None

        share = min(Decimal(1), max(_ZERO, read(step.share) or _ZERO))
        if not share:
            return
        price = read(step.price) if step.price is not None else instrument.mark_price
        if price is None or price <= 0:
            message = f"{where}: position {name} has no price to be closed at"
            raise _OpenError(message)
        quantity = booked(position.quantity * share)
        profit = unrealized_pnl(instrument, quantity, position.entry_price, price)
        accrued = booked((position.accrued_funding or _ZERO) * share)
        asset, rate = self._margin_asset(pool, position, instrument.settle, where)
        fee = booked((read(step.fee) or _ZERO) * share * rate)
        gained = booked(profit * rate) + booked(accrued * rate)
        fenced = pool.instance.plan.draws_on == "assigned_margin" and position.assigned_margin is not None
        rest = (position.assigned_margin or _ZERO) + gained - fee
        beyond = max(_ZERO, -rest) if fenced and quantity == position.quantity else _ZERO
        state = with_cash(self.state, asset, gained - fee + beyond)
        left = evolve(
            position,
            quantity=position.quantity - quantity,
            # What an isolated position loses or pays is its own margin, and its profit stays with it.
            assigned_margin=None if position.assigned_margin is None else rest,
            accrued_funding=None if position.accrued_funding is None else position.accrued_funding - accrued,
        )
        positions = tuple(
            kept for kept in (left if entry.id == name else entry for entry in state.positions) if kept.quantity != 0
        )
        transfers = [Transfer(MARKET, asset, -gained)]
        if fee:
            transfers.append(Transfer(step.to or MARKET, asset, fee))
        if beyond:
            transfers.append(Transfer(SHORTFALL, asset, -beyond))
        entry = Entry(
            step.name,
            identity,
            where,
            name,
            quantity=quantity,
            price=price,
            transfers=tuple(transfers),
            cites=cited(self.evaluated(), step.cites),
        )
        self.note(entry, evolve(state, positions=positions))

    def _margin_asset(self, pool: PoolEvaluation, position: Position, settle: str, where: str) -> tuple[str, Decimal]:
        """The asset that a position loses and pays in, and how much of it one of the settlement asset is.

        Margin can be assigned in another asset than the contract settles in: it is then what losses are taken from.
        """
        field_name = pool.instance.plan.draws_asset
        asset = str(position.inputs.get(field_name, settle)) if field_name is not None else settle
        if asset == settle:
            return settle, Decimal(1)
        prices = [_known(pool.reference.index_price(name), where) for name in (settle, asset)]
        if not isinstance(prices[0], Decimal) or not isinstance(prices[1], Decimal) or not prices[1]:
            message = f"{where}: there is no price of {asset} in {settle}"
            raise _OpenError(message)
        return asset, prices[0] / prices[1]

    def _hand_over(self, step: plan.StepPlan, pool: PoolEvaluation) -> None:
        """Positions go with all that backs them: the pool's collateral arrives at the place, whatever its sign."""
        state = self.state
        going = tuple(position.id for position, _, _ in pool.instance.positions)
        transfers: list[Transfer] = []
        if pool.instance.plan.draws_on == "assigned_margin":
            for position, instrument, _ in pool.instance.positions:
                margin = position.assigned_margin or _ZERO
                asset = str(position.inputs.get(pool.instance.plan.draws_asset or "", instrument.settle))
                state = with_cash(state, asset, -margin)
                transfers.append(Transfer(step.to or MARKET, asset, margin))
        else:
            for balance, amount, _ in pool.instance.balances:
                _known(amount, step.span.file_line)
                if isinstance(amount, Decimal) and amount:
                    state = with_cash(state, balance.asset, -amount, balance.wallet)
                    transfers.append(Transfer(step.to or MARKET, balance.asset, amount))
        if not going and not any(transfer.amount for transfer in transfers):
            return
        positions = tuple(position for position in state.positions if position.id not in going)
        entry = Entry(
            step.name,
            pool.instance.id,
            step.span.file_line,
            going[0] if len(going) == 1 else None,
            transfers=tuple(transfers),
            positions=going,
            cites=cited(self.evaluated(), step.cites),
        )
        self.note(entry, evolve(state, positions=positions))


def _known(value: Value, where: str) -> Decimal | bool | str:
    if isinstance(value, Unknown):
        place = f" ({value.pointer})" if value.pointer and value.pointer not in value.reason else ""
        message = f"{where}: unknown, because {value.reason}{place}"
        raise _OpenError(message)
    return value


def with_cash(state: AccountState, asset: str, amount: Decimal, wallet: str | None = None) -> AccountState:
    """The state with an amount added to the balance of an asset; its first, where several wallets hold it."""
    for place, balance in enumerate(state.balances):
        if balance.asset == asset and (wallet is None or balance.wallet == wallet):
            changed = evolve(balance, wallet_balance=balance.wallet_balance + amount)
            return evolve(state, balances=(*state.balances[:place], changed, *state.balances[place + 1 :]))
    fresh = Balance(asset, amount, wallet, pointer=f"/balances/{len(state.balances)}")
    return evolve(state, balances=(*state.balances, fresh))
