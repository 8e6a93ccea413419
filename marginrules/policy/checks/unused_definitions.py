"""`unused-definition`: a name that nothing reads and no report shows."""

from collections.abc import Iterator

from marginrules.language.diagnostics import Diagnostic, did_you_mean
from marginrules.language.source import Span
from marginrules.policy import plan
from marginrules.policy.checks.context import Checking
from marginrules.policy.checks.places import shown
from marginrules.policy.elaborate import STANDARD_FIGURES


def unused_definitions(checking: Checking) -> list[Diagnostic]:
    """Warns of definitions, constants and tables that decide nothing.

    An input that nothing reads is fine: it lets documents carry what the venue publishes.
    """
    return [
        Diagnostic(
            "unused-definition",
            span,
            f"nothing uses {what}",
            _meant(checking, what) + "leave it out, use it, or show it in the report with `publish`",
            severity="warning",
        )
        for what, span in _unused(checking)
    ]


def _meant(checking: Checking, what: str) -> str:
    """The figure of a report that a name could be a slip of, where the policy does not define that one."""
    entity, _, name = what.strip("`").partition(".")
    scope = entity if entity in STANDARD_FIGURES else "pool"
    if not name:
        return ""
    defined = {found for pool in checking.pools for found in pool.definitions.get(scope, {})}
    return did_you_mean(name, [figure for figure in STANDARD_FIGURES[scope] if figure not in defined])


def _unused(checking: Checking) -> Iterator[tuple[str, Span]]:
    rules = checking.rules
    if len(checking.pools) < len(rules.pools):
        # What a pool that is not complete would use is not known.
        return
    own = rules.header.span.source
    spans = {named.span for named in _named(checking)}
    reached = _reached(checking, spans)
    # What a mistaken rule reads is used, though nothing reaches it.
    mistaken = any(entry.severity == "error" for entry in checking.whole.diagnostics)
    read = checking.whole.read if mistaken else set()
    for entity, definitions in rules.definitions.items():
        for name, rule in definitions.items():
            shown = rule.definition.publish or name in STANDARD_FIGURES.get(entity, {})
            used = (entity, name) in reached or (
                bool(rule.definition.parameters) and (entity, name) in checking.whole.used
            )
            if not shown and not used and rule.definition.span not in read and rule.definition.span.source == own:
                yield f"`{entity}.{name}`", rule.definition.span
    for pool in rules.pools:
        for name, rule in pool.definitions.items():
            shown = rule.definition.publish or name in STANDARD_FIGURES["pool"]
            used = rule.definition.span in read or rule.definition.span in spans
            if not shown and not used:
                yield f"`{pool.pool.name}.{name}`", rule.definition.span
    for name, constant in rules.constants.items():
        if ("constant", name) not in checking.whole.used and constant.span.source == own:
            yield f"constant `{name}`", constant.span
    for name, table in rules.tables.items():
        if ("table", name) not in checking.whole.used and table.span.source == own:
            yield f"table `{name}`", table.span


def _named(checking: Checking) -> Iterator[plan.Named]:
    stack = [node for pool in checking.pools for node in shown(pool)]
    stack.extend(checking.procedures)
    stack.extend(entry.condition for entry in checking.impossible)
    for rule in checking.actions:
        for conditions in (rule.conditions, *(leaving.conditions for leaving in rule.leaving)):
            stack.extend(conditions.values())
    yield from (node for node in plan.below(*stack) if isinstance(node, plan.Named))


def _reached(checking: Checking, spans: set[Span]) -> set[tuple[str, str]]:
    return {
        (entity, name)
        for entity, definitions in checking.rules.definitions.items()
        for name, rule in definitions.items()
        if rule.definition.span in spans
    }
