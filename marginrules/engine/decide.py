"""May an action be done: the policy's `allow` and `refuse`, on the account before it and after it.

An action that no rule allows is refused, and so is one after which the account would be as the policy says none is. A rule
whose condition is unknown refuses, and says what is missing. A refused action leaves the account as it was: there is no
state after it.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

from attrs import define, evolve, frozen

from marginrules.account.actions import Action, Effect, NotPossibleError, apply, priced
from marginrules.account.state import AccountState
from marginrules.arithmetic import exact_context
from marginrules.engine.arrange import ImpossibleError
from marginrules.engine.evaluate import Evaluation, PoolEvaluation, evaluation
from marginrules.engine.interpret import POOL, Entity, Interpreter
from marginrules.engine.report import Report
from marginrules.engine.unknown import Unknown, Value
from marginrules.language.nodes import Citation
from marginrules.policy import plan
from marginrules.policy.checks.context import truth, variables
from marginrules.policy.policy import Policy

World = Literal["before", "after"]


@frozen
class Decision:
    """What the policy says to an action.

    Attributes:
        allowed: whether it may be done.
        rule: `file:line` of the rule that decided, or of its condition that is not met; None where no rule
            speaks of the action.
        text: the rule as written.
        because: why it is refused, in words; empty where it is allowed.
        refusal: the venue's own name for the refusal; None where it is not known whether the venue would refuse.
        cites: the passages that the rule cites.
        values: the figures that the rule compared, by their names in it.
        before: the report before; after: the report after, None where it is refused.
        state: the account after; None where it is refused.
        effect: what would have been done, whether or not it is allowed; None where it can not be done at all.
    """

    action: Action
    allowed: bool
    rule: str | None
    text: str
    because: str
    refusal: str | None
    cites: tuple[str, ...]
    values: dict[str, Decimal | bool | str | None]
    before: Report
    after: Report | None
    state: AccountState | None
    effect: Effect | None = None

    @property
    def unknown(self) -> bool:
        """Whether it is refused only because a figure is unknown."""
        return not self.allowed and "unknown, because" in self.because


def decide(
    policy: Policy, state: AccountState, action: Action, *, solve: bool = True, before: Evaluation | None = None
) -> Decision:
    """Whether an action may be done, and the account after it.

    Args:
        policy: a checked policy.
        state: the account before.
        action: what is asked for.
        solve: whether the reports have liquidation prices.
        before: the evaluation of the account, where it is at hand.

    Raises:
        ActionError: the action does not fit the account, such as an unknown position.
        StateError: as `evaluate`.
    """
    with exact_context():
        action = _read(policy, priced(state, action))
        before = before if before is not None else evaluation(policy, state, solve=solve)
        try:
            effect = apply(state, action)
        except NotPossibleError as error:
            return _refused(action, before, None, None, str(error), {})
        try:
            after = evaluation(policy, effect.state, solve=solve)
        except ImpossibleError as error:
            return _refused(action, before, None, error.rule, error.rule.because, {})
        decision = Judge(action, effect, before, after).decision()
        # What changes several positions must be allowed for each of them, in whatever order they stand.
        for other in effect.others if decision.allowed else ():
            found = Judge(action, evolve(effect, position=other), before, after).decision()
            if not found.allowed:
                return found
        return decision


def _read(policy: Policy, action: Action) -> Action:
    """The action without what the policy does not tell apart: the state after it must be one that the policy reads."""
    sided = any(spec.entity == "order" and spec.name == "positionSide" for spec in policy.inputs)
    if action.action == "place_order" and action.position_side is not None and not sided:
        return evolve(action, position_side=None)
    return action


@frozen
class _Found:
    """A rule that was looked at: whether its condition holds, and what it compared."""

    holds: Value
    values: dict[str, Decimal | bool | str | None]


@define
class Judge:
    """Reads the rules of one policy on one action."""

    action: Action
    effect: Effect
    before: Evaluation
    after: Evaluation

    def decision(self) -> Decision:
        """The verdict: the first `refuse` that applies, else the first `allow` that is met, else a refusal."""
        action = self.action.action
        policy = self.before.policy.plan
        rules = [rule for rule in policy.actions if action in rule.actions]
        concerned = self.concerned("after") or self.concerned("before")
        for rule in rules:
            if rule.verdict != "refuse":
                continue
            found = self._condition(rule, concerned)
            if found.holds is not False:
                because = rule.because or ""
                if isinstance(found.holds, Unknown):
                    because = f"unknown, because {found.holds.reason}"
                return self._refuse(rule, because, found.values)
        allowing = [rule for rule in rules if rule.verdict == "allow"]
        if not allowing:
            return _refused(
                self.action, self.before, self.effect, None, f"policy {policy.name} does not state {action}", {}
            )
        refusals: list[Decision] = []
        broken_rules: list[Decision] = []
        for rule in allowing:
            found = self._condition(rule, concerned)
            if found.holds is not True:
                because = (
                    f"unknown, because {found.holds.reason}"
                    if isinstance(found.holds, Unknown)
                    else rule.because or "the rule allows it under a condition that does not hold"
                )
                refusals.append(self._refuse(rule, because, found.values))
                continue
            broken = self._broken(rule, concerned, found.values)
            if broken is None:
                return self._allow(rule, found.values)
            leaving, because = broken
            refused = self._refuse(rule, because, found.values)
            refusal = None if refused.unknown else leaving.refusal
            broken_rules.append(evolve(refused, rule=leaving.span.file_line, refusal=refusal))
        # A rule that is about this very case says more than one whose case it is not.
        return (broken_rules or refusals)[0]

    # ------------------------------------------------------------ conditions

    def _condition(self, rule: plan.ActionRule, concerned: str | None) -> _Found:
        values: dict[str, Decimal | bool | str | None] = {}
        if not rule.conditions:
            return _Found(holds=True, values=values)
        number = self._variant(concerned)
        if number is None:
            return _Found(Unknown("no pool is concerned"), values)
        node = rule.conditions[number]
        reader = self._reader("before", concerned)
        found = reader.value(node, ("action", 0))
        values.update(reader.compared(node))
        return _Found(found, values)

    def _broken(
        self, rule: plan.ActionRule, concerned: str | None, values: dict[str, Decimal | bool | str | None]
    ) -> tuple[plan.LeavingPlan, str] | None:
        """The condition that what the action leaves behind does not meet, and why; None where it meets all."""
        for leaving in rule.leaving:
            text = " ".join(leaving.span.text.split()).removeprefix("leaving ")
            if leaving.every is None:
                number = self._variant(concerned)
                if number is None:
                    return leaving, "unknown, because no pool is concerned"
                reader = self._reader("after", concerned)
                node = leaving.conditions[number]
                found = reader.value(node, ("action", 0))
                values.update(reader.compared(node))
                reason = self._reason(found, leaving, text)
                if reason is not None:
                    return leaving, reason
                continue
            for pool in self.after.pools:
                if leaving.every not in {"pool", pool.instance.plan.kind}:
                    continue
                if leaving.other and pool.instance.id == concerned:
                    continue
                node = leaving.conditions[self._number(pool)]
                found = pool.reference.value(node, POOL)
                reason = self._reason(found, leaving, f"{text}, which {pool.instance.id} does not meet")
                if reason is not None:
                    for name, part in _figures(node):
                        value = pool.reference.value(part, POOL)
                        values[f"{pool.instance.id}.{name}"] = None if isinstance(value, Unknown) else value
                    return leaving, reason
        return None

    def _reason(self, found: Value, leaving: plan.LeavingPlan, text: str) -> str | None:
        if found is True:
            return None
        if isinstance(found, Unknown):
            return f"unknown, because {found.reason}"
        return f"{leaving.because.rstrip('.')}: it must leave {text}" if leaving.because else f"it must leave {text}"

    def _reader(self, world: World, concerned: str | None) -> "ActionReader":
        found = self.before if world == "before" else self.after
        pool = self.pool(world, concerned) or self.pool("after", concerned) or self.pool("before", concerned)
        instance = (pool or found.pools[0]).instance
        return ActionReader(instance, found.state, {}, {}, self, concerned)

    def pool(self, world: World, identity: str | None) -> PoolEvaluation | None:
        """The pool of an id, before the action or after it."""
        found = self.before if world == "before" else self.after
        return next((pool for pool in found.pools if pool.instance.id == identity), None)

    def concerned(self, world: World) -> str | None:
        """The id of the pool that the action concerns."""
        found = self.before if world == "before" else self.after
        action = self.action
        if self.effect.position is not None:
            for pool in found.pools:
                if any(position.id == self.effect.position for position, _, _ in pool.instance.positions):
                    return pool.instance.id
        asset = action.asset
        if asset is not None:
            for pool in found.pools:
                if pool.instance.plan.draws_on in {"balances", "remainder"} and any(
                    balance.asset == asset and (action.wallet is None or balance.wallet == action.wallet)
                    for balance, _, _ in pool.instance.balances
                ):
                    return pool.instance.id
        place = self.effect.order
        if (
            place is not None
            and action.action != "cancel_order"
            and world == "after"
            and place < len(found.state.orders)
        ):
            placed = found.state.orders[place]
            for pool in found.pools:
                if any(order is placed for order, _, _ in pool.instance.orders):
                    return pool.instance.id
        symbol = action.symbol
        if symbol is None and self.effect.order is not None:
            orders = (self.before if action.action == "cancel_order" else self.after).state.orders
            symbol = orders[self.effect.order].symbol
        if symbol is not None:
            for pool in found.pools:
                members = (*pool.instance.positions, *pool.instance.orders)
                if any(instrument.symbol == symbol for _, instrument, _ in members):
                    return pool.instance.id
            settle = found.state.instrument_by_symbol[symbol].settle
            for pool in found.pools:
                if pool.instance.plan.draws_on != "assigned_margin" and pool.instance.asset in {settle, "USD"}:
                    return pool.instance.id
        return None

    def _variant(self, concerned: str | None) -> int | None:
        pool = self.pool("after", concerned) or self.pool("before", concerned)
        return self._number(pool) if pool is not None else None

    def _number(self, pool: PoolEvaluation) -> int:
        return self.before.policy.plan.pools.index(pool.instance.plan)

    # ------------------------------------------------------------ verdicts

    def _refuse(self, rule: plan.ActionRule, because: str, values: dict[str, Decimal | bool | str | None]) -> Decision:
        return _refused(self.action, self.before, self.effect, rule, because, values)

    def _allow(self, rule: plan.ActionRule, values: dict[str, Decimal | bool | str | None]) -> Decision:
        return Decision(
            self.action,
            allowed=True,
            rule=rule.span.file_line,
            text=_text(rule),
            because="",
            refusal=None,
            cites=cited(self.before, rule.cites),
            values=values,
            before=self.before.report(),
            after=self.after.report(),
            state=self.effect.state,
            effect=self.effect,
        )


@define
class ActionReader(Interpreter):
    """Evaluates a rule about an action: its own words, and what it sees of pools, positions and balances."""

    judge: Judge = None  # type: ignore[assignment]
    concerned: str | None = None

    def _compute(self, node: plan.Node, entity: Entity) -> Value:
        match node:
            case plan.Asked(name=name):
                return self._asked(name)
            case plan.Given(field=plan.Asked(name=name)):
                return getattr(self.judge.action, name) is not None
            case plan.Seen():
                return self._seen(node)
            case plan.Elsewhere():
                return self._elsewhere(node)
            case _:
                return Interpreter._compute(self, node, entity)  # noqa: SLF001 - attrs' slots rule out `super()`

    def _asked(self, name: str) -> Value:
        if name == "increasing":
            return self.judge.effect.increasing
        if name == "has_orders":
            instrument = self._instrument()
            return any(order.symbol == instrument.symbol for order in self.judge.before.state.orders)
        if name == "has_position":
            return self.judge.effect.position is not None
        found = getattr(self.judge.action, name)
        if found is None and self.judge.action.action == "cancel_order" and self.judge.effect.order is not None:
            found = getattr(self.judge.before.state.orders[self.judge.effect.order], name, None)
        if found is None and name == "reduce_only":
            return False
        return Unknown(f"the action does not say its {name}", f"/{name}") if found is None else found

    def _seen(self, node: plan.Seen) -> Value:
        pool = self.judge.pool(node.world, self.concerned)
        if pool is None and node.target == "position":
            # The mode was switched: before, the position was in another pool.
            other = self.judge.concerned(node.world)
            pool = self.judge.pool(node.world, other)
        if pool is None:
            return Unknown(f"there is no such pool {node.world} the action")
        if node.target == "pool":
            return pool.value(node.value, POOL)
        if node.target == "position":
            for index, (position, _, _) in enumerate(pool.instance.positions):
                if position.id == self.judge.effect.position:
                    return pool.reference.value(node.value, ("position", index))
            return Unknown(f"there is no position {node.world} the action")
        asked = self.judge.action
        for index, (balance, _, _) in enumerate(pool.instance.balances):
            if balance.asset == asked.asset and asked.wallet in {None, balance.wallet}:
                return pool.reference.value(node.value, ("balance", index))
        return Unknown(f"there is no balance of {asked.asset}")

    def _elsewhere(self, node: plan.Elsewhere) -> Value:
        found = self.judge.before if node.world == "before" else self.judge.after
        variants = dict(node.values)
        settle = self.asset_name("settle", ("action", 0))
        candidates = [
            pool
            for pool in found.pools
            if pool.instance.plan.kind == node.kind
            and (pool.instance.plan.key != "settlement asset" or pool.instance.asset == settle)
        ]
        if len(candidates) > 1:
            # Several variants are in force side by side: what the action is about is in one of them.
            candidates = [pool for pool in candidates if self._holds(pool)]
        if len(candidates) != 1:
            return Unknown(f"there is no single pool {node.kind} here")
        pool = candidates[0]
        number = found.policy.plan.pools.index(pool.instance.plan)
        if number not in variants:
            return Unknown(f"pool {node.kind} does not have it")
        value = pool.value(variants[number], POOL)
        if isinstance(value, Decimal) and pool.instance.asset not in {None, settle} and node.dimension.units:
            price, against = self.index_price(pool.instance.asset or ""), self.index_price(settle)
            if isinstance(price, Unknown):
                return price
            return against if isinstance(against, Unknown) else value * price / against
        return value

    def _holds(self, pool: PoolEvaluation) -> bool:
        """Whether a pool draws on the balance that the action is about, or could hold a position on its instrument."""
        asked, instrument = self.judge.action, self._instrument()
        if instrument is None:
            held = [balance for balance, _, _ in pool.instance.balances if balance.asset == asked.asset]
            return any(asked.wallet in {None, balance.wallet} for balance in held)
        found = pool.instance.plan
        key = {"underlying": instrument.base, "instrument": instrument.symbol}.get(found.key)
        if key is not None and pool.instance.id != f"{found.kind}/{key}":
            return False
        known: dict[tuple[str, str], str | bool] = {}
        conditions = [node for node in (found.positions, found.orders) if node is not None]
        for owner, name in variables(conditions):
            record = instrument if owner == "instrument" else self.state.account if owner == "account" else None
            value = None if record is None else getattr(record, name, record.inputs.get(name))
            if isinstance(value, str | bool):
                known[owner, name] = value
        return any(truth(node, known) is not False for node in conditions)

    def record(self, owner: str, entity: Entity) -> Any:
        """The account, the instrument or the asset that the action concerns."""
        if entity[0] != "action":
            return Interpreter.record(self, owner, entity)
        if owner == "account":
            return self.state.account
        instrument = self._instrument()
        if owner == "instrument":
            return instrument
        asset = self.judge.action.asset or (instrument.settle if instrument is not None else "")
        return self.state.asset_by_name.get(asset)

    def _instrument(self) -> Any:
        state = self.judge.after.state
        symbol = self.judge.action.symbol
        if symbol is None and self.judge.effect.position is not None:
            for found in (self.judge.before.state, state):
                for position in found.positions:
                    if position.id == self.judge.effect.position:
                        symbol = position.symbol
        if symbol is None and self.judge.effect.order is not None:
            orders = self.judge.before.state.orders
            symbol = orders[self.judge.effect.order].symbol if self.judge.effect.order < len(orders) else None
        return state.instrument_by_symbol.get(symbol or "")

    def asset_name(self, symbol: str, entity: Entity) -> str:
        """The currency that a symbolic asset stands for: of the action's instrument, or the one it names."""
        if entity[0] != "action" or symbol[0].isupper():
            return Interpreter.asset_name(self, symbol, entity)
        instrument = self._instrument()
        if symbol == "asset" or instrument is None:
            return self.judge.action.asset or ""
        return str(getattr(instrument, symbol))

    def compared(self, node: plan.Node) -> dict[str, Decimal | bool | str | None]:
        """The figures that a condition names, each as it was."""
        found: dict[str, Decimal | bool | str | None] = {}
        for part in _named(node):
            value = self.value(part, ("action", 0))
            found[" ".join(part.span.text.split())] = None if isinstance(value, Unknown) else value
        return found


def _outermost(node: plan.Node, kinds: tuple[type[plan.Node], ...]) -> Iterator[plan.Node]:
    """The nodes of some kinds, not what those are made of; each once."""
    seen: set[int] = set()
    stack = [node]
    while stack:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, kinds):
            yield part
        else:
            stack.extend(reversed(plan.children(part)))


def _named(node: plan.Node) -> Iterator[plan.Node]:
    for part in _outermost(node, (plan.Asked, plan.Seen, plan.Elsewhere, plan.Field)):
        if part.dimension.kind != "tiers":
            yield part


def _figures(node: plan.Node) -> Iterator[tuple[str, plan.Node]]:
    """The figures of a pool that a condition names: its definitions as figures, not what they are made of."""
    for part in _outermost(node, (plan.Named, plan.Field)):
        if isinstance(part, plan.Named | plan.Field):
            yield part.name, part


def _text(rule: plan.ActionRule | plan.ImpossiblePlan) -> str:
    return " ".join(rule.span.text.split())


def cited(found: Evaluation, cites: tuple[Citation, ...]) -> tuple[str, ...]:
    """What a rule cites, for people: title, passage, address, and the day it was read."""
    sources = found.policy.plan.sources
    texts = []
    for citation in cites:
        source = sources[citation.source]
        passage = f', "{citation.passage}"' if citation.passage else ""
        texts.append(f"{source.title}{passage} <{source.address}> read {source.read}")
    return tuple(texts)


def _refused(
    action: Action,
    before: Evaluation,
    effect: Effect | None,
    rule: plan.ActionRule | plan.ImpossiblePlan | None,
    because: str,
    values: dict[str, Decimal | bool | str | None],
) -> Decision:
    decision = Decision(
        action,
        allowed=False,
        rule=rule.span.file_line if rule is not None else None,
        text=_text(rule) if rule is not None else "",
        because=because,
        refusal=rule.refusal if rule is not None else None,
        cites=cited(before, rule.cites) if rule is not None else (),
        values=values,
        before=before.report(),
        after=None,
        state=None,
        effect=effect,
    )
    return evolve(decision, refusal=None) if decision.unknown else decision
