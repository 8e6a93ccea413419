"""Rules about actions, read for each pool that an action can concern."""

from marginrules.language import nodes
from marginrules.language.diagnostics import did_you_mean
from marginrules.policy import plan
from marginrules.policy.dimensions import FLAG
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
        tuple(_leaving(part, rule.actions, whole) for part in leaving),
        rule.because,
        rule.refusal,
        rule.cites,
        rule.span,
    )


def _leaving(part: nodes.Leaving, actions: tuple[str, ...], whole: Elaborator) -> plan.LeavingPlan:
    what = "what an action must leave"
    if part.every is None:
        found = _readings(part.condition, actions, "after", whole, what)
        return plan.LeavingPlan(None, other=False, conditions=found, span=part.span)
    conditions: dict[int, plan.Node] = {}
    kinds = {reader.pool.pool.name for reader in whole.readers if reader is not None and reader.pool is not None}
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
        node = reader.condition(part.condition, "pool", "pool", what)
        if node is not None:
            conditions[number] = node
    return plan.LeavingPlan(part.every, part.other, conditions, part.span)


def _readings(
    expression: nodes.Expression, actions: tuple[str, ...], world: str, whole: Elaborator, what: str
) -> dict[int, plan.Node]:
    found: dict[int, plan.Node] = {}
    for number, reader in enumerate(whole.readers):
        if reader is None or not _concerns(actions, reader):
            continue
        node = reader.about_actions(expression, actions, world)
        fitted = reader.fit(node, FLAG, expression.span, what) if node is not None else None
        if fitted is not None:
            found[number] = fitted
    return found


def _concerns(actions: tuple[str, ...], reader: PoolElaborator) -> bool:
    """Whether such actions can concern a pool: cash goes to pools of balances, added margin to assigned ones."""
    if set(actions) <= {"deposit", "withdraw", "transfer"}:
        return reader.draws in {"balances", "remainder"}
    if set(actions) <= {"add_margin", "remove_margin"}:
        return reader.draws == "assigned_margin"
    return True
