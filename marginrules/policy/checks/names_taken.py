"""`name-taken`: a name that the language, a document's record or a report has already for something else."""

from collections.abc import Iterator, Mapping

from marginrules.account.fields import SHARED_FIELDS
from marginrules.account.state import BOOKKEEPING
from marginrules.language.diagnostics import Diagnostic
from marginrules.language.source import Span
from marginrules.policy import plan
from marginrules.policy.checks.context import Checking
from marginrules.policy.elaborate import FACTS, STANDARD_FIGURES

_OF_A_REPORT: Mapping[str, frozenset[str]] = {
    "pool": frozenset({"pool", "id", "positions", "asset", "liquidatable"}),
    "position": frozenset({"id", "pool", "other_boundaries"}),
}
"""What a record of a report says beside the figures that a policy defines."""


_OF_THE_LANGUAGE = frozenset(
    {"account", "pool", "instrument", "asset", "tier", "before", *plan.MEMBER_SCOPES, *plan.MEMBER_SCOPES.values()}
)
"""What a name with a dot behind it, or after `of`, means already."""


_FACTS_OF_CONTRACTS = {(entity, name) for entity, facts in FACTS.items() for name in facts}


def names_taken(checking: Checking) -> list[Diagnostic]:
    """Refuses a definition under the name of a field, a figure under that of another part of the report, and the like.

    Each would stand in place of what readers of the rules, or of the report, take it for.
    """
    return [Diagnostic("name-taken", span, problem, "give it a name of its own") for span, problem in _taken(checking)]


def _taken(checking: Checking) -> Iterator[tuple[Span, str]]:
    rules = checking.rules
    own = rules.header.span.source
    declared: tuple[tuple[str, str, Span], ...] = (
        *(("group", name, group.span) for name, group in rules.groups.items()),
        *(("pool", pool.pool.name, pool.pool.span) for pool in rules.pools),
    )
    for kind, name, span in declared:
        if name in _OF_THE_LANGUAGE and span.source == own:
            yield span, f"a {kind} cannot be called `{name}`, which is a word of the language"
    for (_, name), declaration in rules.inputs.items():
        if name in BOOKKEEPING and declaration.span.source == own:
            yield declaration.span, f"an input cannot be called `{name}`, which records keep for their own use"
    fields = {(spec.entity, spec.name) for spec in SHARED_FIELDS} | set(rules.inputs)
    seen: set[Span] = set()
    by_pool = {id(rule) for pool in rules.pools for found in pool.members.values() for rule in found.values()}
    for entity, definitions in (
        *rules.definitions.items(),
        *(found for pool in rules.pools for found in pool.members.items()),
    ):
        for name, rule in definitions.items():
            span = rule.definition.span
            if span.source != own or span in seen:
                continue
            seen.add(span)
            if (entity, name) in _FACTS_OF_CONTRACTS and id(rule) in by_pool:
                yield span, f"`{name}` follows from the contract, and is the same in every pool"
            if (entity, name) in fields:
                article = "an" if entity[0] in "aio" else "a"
                yield span, f"`{name}` is a field of {article} {entity}, and would not be read any more"
            if rule.definition.publish and name in _OF_A_REPORT.get(entity, ()):
                yield span, f"a report says something else of a {entity} under `{name}`"
    for pool in rules.pools:
        collateral = pool.definitions.get("collateral")
        if collateral is not None and collateral.definition.span.source == own:
            yield collateral.definition.span, "`collateral` is what the pool draws on, and no rule's to say"
        shown = {name: rule.definition.span for name, rule in pool.definitions.items() if rule.definition.publish}
        shown_or_standard = set(shown) | set(STANDARD_FIGURES["pool"])
        for name, span in shown.items():
            if name in _OF_A_REPORT["pool"] and span.source == own:
                yield span, f"a report says something else of a pool under `{name}`"
        for name, threshold in pool.thresholds.items():
            if threshold.span.source != own:
                continue
            if name in _OF_A_REPORT["pool"]:
                yield threshold.span, f"a report says something else of a pool under `{name}`"
            elif name in shown_or_standard:
                yield threshold.span, f"a report shows a figure of the pool under `{name}`"
