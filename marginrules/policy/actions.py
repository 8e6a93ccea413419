"""Rules about actions and procedures, read for each pool that they can concern."""

from marginrules.arithmetic import plain_text
from marginrules.language import nodes
from marginrules.language.diagnostics import did_you_mean
from marginrules.policy import plan
from marginrules.policy.constants import constant_value
from marginrules.policy.dimensions import FLAG, PRICE, RATE, money
from marginrules.policy.elaborate import ACTIONS, Elaborator, PoolElaborator
from marginrules.policy.rules import Rules


def action_rules(rules: Rules, whole: Elaborator) -> tuple[plan.ActionRule, ...]:
    """The plan of every `allow` and `refuse`; problems go to the elaborator's diagnostics."""
    return tuple(found for rule in rules.actions if (found := _rule(rule, whole)) is not None)


def _rule(rule: nodes.Allow | nodes.Refuse, whole: Elaborator) -> plan.ActionRule | None:
    for action in rule.actions:
        if action not in ACTIONS:
            whole.report(
                "undefined-name",
                rule.span,
                f"there is no action `{action}`",
                did_you_mean(action, ACTIONS) + f"the actions are {', '.join(ACTIONS)}",
            )
            return None
    conditions: dict[int, plan.Node] = {}
    if rule.condition is not None:
        conditions = _readings(rule.condition, rule.actions, "before", whole, "when an action may be done")
    allows = isinstance(rule, nodes.Allow)
    leaving = rule.leaving if isinstance(rule, nodes.Allow) else ()
    return plan.ActionRule(
        "allow" if allows else "refuse",
        rule.actions,
        conditions,
        tuple(_leaving(part, rule, whole) for part in leaving),
        rule.because,
        rule.refusal,
        rule.cites,
        rule.span,
    )


def _leaving(part: nodes.Leaving, rule: nodes.Allow | nodes.Refuse, whole: Elaborator) -> plan.LeavingPlan:
    what = "what an action must leave"
    because = part.because if part.because is not None else rule.because
    refusal = part.refusal if part.refusal is not None else rule.refusal
    if part.every is None:
        found = _readings(part.condition, rule.actions, "after", whole, what)
        return plan.LeavingPlan(None, other=False, conditions=found, because=because, refusal=refusal, span=part.span)
    conditions: dict[int, plan.Node] = {}
    kinds = {pool.pool.name for pool in whole.rules.pools}
    if part.every != "pool" and part.every not in kinds:
        whole.report(
            "undefined-name",
            part.span,
            f"there is no pool `{part.every}`",
            did_you_mean(part.every, kinds) + f"there are {', '.join(sorted(kinds))}, and `pool` for all of them",
        )
    for number, reader in enumerate(whole.readers):
        if reader is None or reader.pool is None or part.every not in {"pool", reader.pool.pool.name}:
            continue
        conditions[number] = reader.condition(part.condition, "pool", "pool", what)
    return plan.LeavingPlan(part.every, part.other, conditions, because, refusal, part.span)


def _readings(
    expression: nodes.Expression, actions: tuple[str, ...], world: str, whole: Elaborator, what: str
) -> dict[int, plan.Node]:
    found: dict[int, plan.Node] = {}
    for number, reader in enumerate(whole.readers):
        if reader is None or not _concerns(actions, reader):
            continue
        found[number] = reader.fit(reader.about_actions(expression, actions, world), FLAG, expression.span, what)
    return found


def _concerns(actions: tuple[str, ...], reader: PoolElaborator) -> bool:
    """Whether such actions can concern a pool: cash goes to pools of balances, added margin to assigned ones."""
    if set(actions) <= {"deposit", "withdraw", "transfer"}:
        return reader.draws in {"balances", "remainder"}
    if set(actions) <= {"add_margin", "remove_margin"}:
        return reader.draws == "assigned_margin"
    return True


# ---------------------------------------------------------------- procedures


def replenish_plans(rules: Rules, whole: Elaborator) -> tuple[plan.ReplenishPlan, ...]:
    """What the venue adds to isolated positions by itself."""
    found = []
    for rule in rules.replenishments:
        pools: dict[int, tuple[plan.Node, plan.Node]] = {}
        for number, reader in _readers(rule.pool, rule, whole):
            if reader.draws != "assigned_margin":
                reader.report(
                    "ring-fence",
                    rule.span,
                    f"pool `{rule.pool}` draws on {reader.draws.replace('_', ' ')}; margin is added to assigned margin",
                    "name a pool that draws on assigned_margin",
                )
                continue
            condition = reader.about_actions(rule.condition, ("add_margin",), "before")
            amount = reader.about_actions(rule.amount, ("add_margin",), "before")
            pools[number] = (
                reader.fit(condition, FLAG, rule.condition.span, "when margin is added"),
                reader.fit(amount, money("settle"), rule.amount.span, "the margin that is added"),
            )
        found.append(plan.ReplenishPlan(pools, rule.cites, rule.span))
    return tuple(found)


def liquidation_plans(rules: Rules, whole: Elaborator) -> dict[int, tuple[plan.StepPlan, ...]]:
    """The steps of each pool's liquidation, by the pool's place."""
    found: dict[int, tuple[plan.StepPlan, ...]] = {}
    # What is said of one variant goes before what is said of the kind.
    for rule in sorted(rules.liquidations.values(), key=lambda entry: entry.when is None):
        readers = _readers(rule.pool, rule, whole)
        about = [entry for entry in readers if rule.when is None or rule.when in _conditions(entry[1])]
        if readers and not about:
            known = [condition.span.text for _, reader in readers for condition in _conditions(reader)]
            whole.report(
                "undefined-name",
                rule.when.span if rule.when is not None else rule.span,
                f"no pool `{rule.pool}` is declared with this condition",
                f"write that of its `when` or its `covers`: {', '.join(f'`{text}`' for text in known) or 'there is none'}",
            )
        for number, reader in about:
            if number not in found:
                found[number] = tuple(_step(step, reader) for step in rule.steps)
    return found


def _conditions(reader: PoolElaborator) -> list[nodes.Expression]:
    """The conditions that tell a variant from the others of its kind."""
    if reader.pool is None:
        return []
    declared = (reader.pool.pool.when, *(covers.where for covers in reader.pool.covers))
    return [condition for condition in dict.fromkeys(declared) if condition is not None]


def procedure_nodes(
    replenishments: tuple[plan.ReplenishPlan, ...], liquidations: dict[int, tuple[plan.StepPlan, ...]]
) -> tuple[plan.Node, ...]:
    """Every node that a procedure reads."""
    found: list[plan.Node] = [node for entry in replenishments for pair in entry.pools.values() for node in pair]
    for steps in liquidations.values():
        for step in steps:
            parts = (step.condition, step.share, step.largest, step.price, step.fee, step.where)
            found.extend(part for part in parts if part is not None)
    return tuple(found)


def _readers(
    kind: str, rule: nodes.Replenish | nodes.Liquidation, whole: Elaborator
) -> list[tuple[int, PoolElaborator]]:
    found = [
        (number, reader)
        for number, reader in enumerate(whole.readers)
        if reader is not None and reader.pool is not None and reader.pool.pool.name == kind
    ]
    kinds = {pool.pool.name for pool in whole.rules.pools}
    if kind not in kinds:
        whole.report(
            "undefined-name",
            rule.span,
            f"there is no pool `{kind}`",
            did_you_mean(kind, kinds) + f"there are {', '.join(sorted(kinds))}",
        )
    return found


def _step(step: nodes.Step, reader: PoolElaborator) -> plan.StepPlan:
    condition = None
    if step.condition is not None:
        condition = reader.condition(step.condition, "pool", "pool", "when a step is taken")
    match step.body:
        case nodes.CancelOrders(where=where, on_contracts=on_contracts):
            # An order that is in another pool knows nothing of this one.
            chooser = PoolElaborator(reader.whole, None) if on_contracts else reader
            chosen = None if where is None else chooser.condition(where, "order", "order", "which orders are cancelled")
            return plan.StepPlan(
                step.name,
                "cancel",
                condition,
                None,
                None,
                None,
                None,
                None,
                step.cites,
                step.span,
                where=chosen,
                on_contracts=on_contracts,
            )
        case nodes.HandOver(to=to):
            return plan.StepPlan(step.name, "hand over", condition, None, None, None, None, to, step.cites, step.span)
        case nodes.Close(share=share, largest=largest, price=price, fee=fee, to=to, together=together):
            part = reader.in_scope(share, "position")
            if part.dimension.kind == "literal" or not part.dimension.dimensionless:
                part = reader.fit(part, RATE, share.span, "the share that is closed")
            fixed = constant_value(part)
            if fixed is not None and not 0 < fixed <= 1:
                reader.report(
                    "rate-out-of-range",
                    share.span,
                    f"the share that is closed is {plain_text(fixed * 100)}%",
                    "write more than 0% and at most 100%",
                )
            order = reader.in_scope(largest, "position") if largest is not None else None
            at = reader.in_scope(price, "position") if price is not None else None
            if at is not None and price is not None:
                at = reader.fit(at, PRICE, price.span, "the price of a liquidation")
            charged = reader.in_scope(fee, "position") if fee is not None else None
            if charged is not None and fee is not None:
                charged = reader.fit(charged, money("settle"), fee.span, "the fee of a liquidation")
            return plan.StepPlan(
                step.name, "close", condition, part, order, at, charged, to, step.cites, step.span, together=together
            )
