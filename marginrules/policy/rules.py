"""The rules of a policy as one set: what its file says, over what the policies it extends say."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import TypeVar

import attrs
from attrs import field, frozen

from marginrules.language import nodes
from marginrules.language.diagnostics import Diagnostic, did_you_mean
from marginrules.language.source import Span

MAXIMUM_EXTENSIONS = 8
"""Longest chain of policies that extend one another."""


@frozen
class DefinitionRule:
    """A definition, and the one of the extended policy that it takes the place of."""

    definition: nodes.Definition
    base: "DefinitionRule | None" = None


@frozen
class PoolRules:
    """One variant of a pool, with everything that extensions changed in it."""

    pool: nodes.Pool
    covers: tuple[nodes.Covers, ...]
    one_per: nodes.OnePer | None
    draws_on: nodes.DrawsOn | None
    valued_in: nodes.ValuedIn | None
    liquidate: nodes.Liquidate | None
    thresholds: Mapping[str, nodes.Threshold]
    definitions: Mapping[str, DefinitionRule]
    members: Mapping[str, Mapping[str, DefinitionRule]]
    """Definitions on members of this pool alone, by entity and name."""


LiquidationKey = tuple[str, nodes.Expression | None]
"""The kind of pool, and the condition of the variant that a liquidation is about; None for all others."""


@frozen
class Rules:
    """Everything a policy says, by name.

    Attributes:
        files: the rule file and those it extends, nearest first.
        own: spans of the file itself are found in the first of `files`.
    """

    files: tuple[nodes.PolicyFile, ...]
    sources: Mapping[str, nodes.SourceDeclaration]
    inputs: Mapping[tuple[str, str], nodes.Input]
    constants: Mapping[str, nodes.Constant]
    base_constants: Mapping[str, nodes.Constant]
    tables: Mapping[str, nodes.Table]
    definitions: Mapping[str, Mapping[str, DefinitionRule]]
    groups: Mapping[str, nodes.Group]
    pools: tuple[PoolRules, ...]
    actions: tuple[nodes.Allow | nodes.Refuse, ...] = ()
    impossible: tuple[nodes.Impossible, ...] = ()
    replenishments: tuple[nodes.Replenish, ...] = ()
    liquidations: Mapping["LiquidationKey", nodes.Liquidation] = field(factory=dict)
    omits: tuple[str, ...] = field(default=())

    @property
    def header(self) -> nodes.Header:
        """The header of the file itself."""
        return self.files[0].header


_Statement = TypeVar("_Statement")


class _Collector:
    """Gathers one file's statements over those of a base, noting what clashes."""

    def __init__(self, diagnostics: list[Diagnostic], *, extending: bool) -> None:
        self.diagnostics = diagnostics
        self.extending = extending

    def duplicate(self, what: str, span: Span, first: Span) -> None:
        self.diagnostics.append(
            Diagnostic(
                "duplicate-definition",
                span,
                f"{what} is defined twice",
                "keep one of them, or give the other a name of its own",
                related=((first, "first here"),),
            )
        )

    def put(
        self,
        found: dict[str, _Statement],
        name: str,
        statement: _Statement,
        *,
        what: str,
        inherited: Mapping[str, _Statement],
        replace: bool,
        span: Callable[[_Statement], Span],
    ) -> None:
        place = span(statement)
        if name in found and found[name] is not inherited.get(name):
            self.duplicate(what, place, span(found[name]))
            return
        if name in inherited and not replace:
            self.diagnostics.append(
                Diagnostic(
                    "duplicate-definition",
                    place,
                    f"{what} is already defined by the policy that this one extends",
                    "write `replace` before it to change it, or give this one a name of its own",
                    related=((span(inherited[name]), "first here"),),
                )
            )
            return
        if replace and name not in inherited:
            self.diagnostics.append(
                Diagnostic(
                    "nothing-to-replace",
                    place,
                    f"{what} replaces nothing" + ("" if self.extending else ": the policy extends no other"),
                    did_you_mean(name, inherited) + "leave out `replace`, or correct the name",
                )
            )
            return
        found[name] = statement


def collect(files: Sequence[nodes.PolicyFile], diagnostics: list[Diagnostic]) -> Rules:
    """One set of rules from a file and those that it extends.

    Args:
        files: the file itself first, then the one it extends, and so on.
        diagnostics: receives what clashes.
    """
    rules: Rules | None = None
    for depth in range(len(files) - 1, -1, -1):
        rules = _over(tuple(files[depth:]), rules, diagnostics)
    if rules is None:  # pragma: no cover - callers pass at least one file
        raise ValueError
    return rules


def _over(files: tuple[nodes.PolicyFile, ...], base: Rules | None, diagnostics: list[Diagnostic]) -> Rules:
    file = files[0]
    collector = _Collector(diagnostics, extending=base is not None)
    sources: dict[str, nodes.SourceDeclaration] = dict(base.sources) if base else {}
    inputs: dict[tuple[str, str], nodes.Input] = dict(base.inputs) if base else {}
    constants: dict[str, nodes.Constant] = dict(base.constants) if base else {}
    tables: dict[str, nodes.Table] = dict(base.tables) if base else {}
    definitions = {entity: dict(found) for entity, found in (base.definitions if base else {}).items()}
    groups: dict[str, nodes.Group] = dict(base.groups) if base else {}
    pools = list(base.pools) if base else []
    omits = [*(base.omits if base else ())]
    for item in file.header.items:
        if isinstance(item, nodes.SourceDeclaration):
            if item.name in sources and sources[item.name].span.source == item.span.source:
                collector.duplicate(f"source `{item.name}`", item.span, sources[item.name].span)
            sources[item.name] = item
        elif isinstance(item, nodes.HeaderText) and item.keyword == "omits":
            omits.append(item.value)
    _check_header(file.header, collector)
    actions: list[nodes.Allow | nodes.Refuse] = []
    impossible: list[nodes.Impossible] = []
    replenishments: list[nodes.Replenish] = []
    liquidations: dict[LiquidationKey, nodes.Liquidation] = dict(base.liquidations) if base else {}
    own_liquidations: dict[LiquidationKey, Span] = {}
    own_inputs: dict[tuple[str, str], Span] = {}
    new_pools: list[nodes.Pool] = []
    for statement in file.items:
        match statement:
            case nodes.Input():
                key = (statement.entity, statement.name)
                if key in own_inputs:
                    collector.duplicate(f"input `{'.'.join(key)}`", statement.span, own_inputs[key])
                own_inputs[key] = statement.span
                inputs[key] = statement
            case nodes.Constant():
                collector.put(
                    constants,
                    statement.name,
                    statement,
                    what=f"`{statement.name}`",
                    inherited=base.constants if base else {},
                    replace=statement.replace,
                    span=lambda constant: constant.span,
                )
            case nodes.Table():
                collector.put(
                    tables,
                    statement.name,
                    statement,
                    what=f"table `{statement.name}`",
                    inherited=base.tables if base else {},
                    replace=statement.replace,
                    span=lambda table: table.span,
                )
            case nodes.Definitions():
                entity = statement.entity
                inherited = base.definitions.get(entity, {}) if base else {}
                _define(collector, definitions.setdefault(entity, {}), statement.definitions, inherited, f"{entity}.")
            case nodes.Group(name=name):
                inherited = base.definitions.get(name, {}) if base else {}
                known = groups.get(name)
                if known is not None and known.key != statement.key:
                    collector.duplicate(f"group `{name}`", statement.span, known.span)
                groups.setdefault(name, statement)
                _define(collector, definitions.setdefault(name, {}), statement.definitions, inherited, f"{name}.")
            case nodes.Pool():
                new_pools.append(statement)
            case nodes.Allow() | nodes.Refuse():
                actions.append(statement)
            case nodes.Impossible():
                impossible.append(statement)
            case nodes.Replenish():
                replenishments.append(statement)
            case nodes.Liquidation(pool=kind, when=when):
                about = (kind, when)
                if about in own_liquidations:
                    collector.duplicate(f"the liquidation of `{kind}`", statement.span, own_liquidations[about])
                own_liquidations[about] = statement.span
                if when is None:
                    # It takes the place of all that the extended policy says of this kind.
                    for other in [
                        entry for entry in liquidations if entry[0] == kind and entry not in own_liquidations
                    ]:
                        del liquidations[other]
                liquidations[about] = statement
    for pool in new_pools:
        _add_pool(collector, pools, pool, base.pools if base else ())
    return Rules(
        files,
        sources,
        inputs,
        constants,
        base.constants if base else {},
        tables,
        definitions,
        groups,
        tuple(pools),
        (*_kept(base, actions), *actions),
        (*(base.impossible if base else ()), *impossible),
        tuple(replenishments) or (base.replenishments if base else ()),
        liquidations,
        tuple(omits),
    )


def _kept(base: Rules | None, actions: Sequence[nodes.Allow | nodes.Refuse]) -> Iterator[nodes.Allow | nodes.Refuse]:
    """The action rules of the extended policy that stay: what the file itself allows, it alone decides."""
    own = {action for rule in actions if isinstance(rule, nodes.Allow) for action in rule.actions}
    for rule in base.actions if base else ():
        left = tuple(action for action in rule.actions if isinstance(rule, nodes.Refuse) or action not in own)
        if left:
            yield attrs.evolve(rule, actions=left)


def _check_header(header: nodes.Header, collector: _Collector) -> None:
    seen: dict[str, Span] = {}
    for item in header.items:
        match item:
            case nodes.HeaderText(keyword=keyword) if keyword != "omits":
                word: str = keyword
            case nodes.Effective():
                word = "effective"
            case nodes.Contracts():
                word = "contracts"
            case _:
                continue
        if word in seen:
            collector.duplicate(f"`{word}`", item.span, seen[word])
        seen[word] = item.span


def _define(
    collector: _Collector,
    found: dict[str, DefinitionRule],
    definitions: Sequence[nodes.Definition],
    inherited: Mapping[str, DefinitionRule],
    prefix: str,
) -> None:
    for definition in definitions:
        rule = DefinitionRule(definition, inherited.get(definition.name) if definition.replace else None)
        collector.put(
            found,
            definition.name,
            rule,
            what=f"`{prefix}{definition.name}`",
            inherited=inherited,
            replace=definition.replace,
            span=lambda entry: entry.definition.span,
        )


def _add_pool(collector: _Collector, pools: list[PoolRules], pool: nodes.Pool, inherited: Sequence[PoolRules]) -> None:
    targets = [
        existing
        for existing in inherited
        if existing.pool.name == pool.name and (pool.when is None or pool.when == existing.pool.when)
    ]
    if not targets:
        for existing in pools:
            if existing.pool.name == pool.name and existing.pool.when == pool.when and existing.covers == _covers(pool):
                collector.duplicate(f"pool `{pool.name}`", pool.span, existing.pool.span)
                return
        pools.append(_pool_rules(collector, pool, None))
        return
    for target in targets:
        pools[pools.index(target)] = _pool_rules(collector, pool, target)


def _covers(pool: nodes.Pool) -> tuple[nodes.Covers, ...]:
    """What a pool covers: blocks of one name that cover different things are different pools."""
    return tuple(item for item in pool.items if isinstance(item, nodes.Covers))


def _pool_rules(collector: _Collector, pool: nodes.Pool, base: PoolRules | None) -> PoolRules:
    covers: list[nodes.Covers] = list(base.covers) if base else []
    single: dict[str, nodes.OnePer | nodes.DrawsOn | nodes.ValuedIn | nodes.Liquidate] = {}
    thresholds: dict[str, nodes.Threshold] = dict(base.thresholds) if base else {}
    definitions: dict[str, DefinitionRule] = dict(base.definitions) if base else {}
    members = {entity: dict(found) for entity, found in (base.members if base else {}).items()}
    for item in pool.items:
        match item:
            case nodes.Definition():
                _define(collector, definitions, [item], base.definitions if base else {}, f"{pool.name}.")
            case nodes.Definitions(entity=entity):
                inherited = base.members.get(entity, {}) if base else {}
                _define(
                    collector, members.setdefault(entity, {}), item.definitions, inherited, f"{pool.name} {entity}."
                )
            case nodes.Threshold():
                collector.put(
                    thresholds,
                    item.name,
                    item,
                    what=f"threshold `{item.name}`",
                    inherited=base.thresholds if base else {},
                    replace=item.replace,
                    span=lambda threshold: threshold.span,
                )
            case nodes.Covers():
                if base is not None:
                    _closed(collector, item.span, "`covers`")
                elif any(item.members == other.members for other in covers):
                    first = next(other for other in covers if other.members == item.members)
                    collector.duplicate(f"`covers {item.members}`", item.span, first.span)
                else:
                    covers.append(item)
            case nodes.OnePer() | nodes.DrawsOn() | nodes.ValuedIn() | nodes.Liquidate():
                word = {"OnePer": "one per", "DrawsOn": "draws on", "ValuedIn": "valued in"}.get(
                    type(item).__name__, "liquidate"
                )
                if word in single:
                    collector.duplicate(f"`{word}`", item.span, single[word].span)
                elif base is not None and not isinstance(item, nodes.Liquidate):
                    _closed(collector, item.span, f"`{word}`")
                elif isinstance(item, nodes.Liquidate) and item.replace != (
                    base is not None and base.liquidate is not None
                ):
                    collector.diagnostics.append(
                        Diagnostic(
                            "duplicate-definition" if base else "nothing-to-replace",
                            item.span,
                            "the pool's boundary is already defined by the policy that this one extends"
                            if not item.replace
                            else "this boundary replaces nothing",
                            "write `replace liquidate when …`" if not item.replace else "leave out `replace`",
                        )
                    )
                else:
                    single[word] = item

    def chosen(word: str, inherited: _Statement | None) -> _Statement | None:
        return single.get(word, inherited)  # type: ignore[return-value]

    return PoolRules(
        pool if base is None else attrs.evolve(base.pool, span=base.pool.span),
        tuple(covers),
        chosen("one per", base.one_per if base else None),
        chosen("draws on", base.draws_on if base else None),
        chosen("valued in", base.valued_in if base else None),
        chosen("liquidate", base.liquidate if base else None),
        thresholds,
        definitions,
        members,
    )


def _closed(collector: _Collector, span: Span, what: str) -> None:
    collector.diagnostics.append(
        Diagnostic(
            "pool-header-replaced",
            span,
            f"{what} of a pool cannot be changed by a policy that extends it",
            "what a pool holds stays with the policy that declares it; replace definitions or the boundary instead",
        )
    )


def boundaries(files: Sequence[nodes.PolicyFile]) -> tuple[date, ...]:
    """The days from which some rule begins or no longer holds, in order."""
    found: set[date] = set()
    for file in files:
        for item in file.items:
            for statement in (item, *statements(item)):
                period = getattr(statement, "period", None)
                if period is not None:
                    found |= {day for day in (period.start, period.until) if day is not None}
    return tuple(sorted(found))


def on_day(file: nodes.PolicyFile, day: date) -> nodes.PolicyFile:
    """The file with only the rules that hold on a day."""
    items: list[nodes.Item] = []
    for item in file.items:
        match item:
            case (
                nodes.Constant(period=period)
                | nodes.Allow(period=period)
                | nodes.Refuse(period=period)
                | nodes.Impossible(period=period)
                | nodes.Replenish(period=period)
            ):
                if period is None or period.holds(day):
                    items.append(item)
            case nodes.Definitions() | nodes.Group():
                items.append(attrs.evolve(item, definitions=tuple(_holding(item.definitions, day))))
            case nodes.Pool():
                parts: list[nodes.PoolItem] = []
                for part in item.items:
                    if isinstance(part, nodes.Definitions):
                        parts.append(attrs.evolve(part, definitions=tuple(_holding(part.definitions, day))))
                    else:
                        parts.extend(_holding([part], day))
                items.append(attrs.evolve(item, items=tuple(parts)))
            case _:
                items.append(item)
    return attrs.evolve(file, items=tuple(items))


def statements(item: nodes.Item) -> Iterator[nodes.Definition | nodes.PoolItem]:
    """What stands in the block of an item."""
    match item:
        case nodes.Definitions(definitions=definitions) | nodes.Group(definitions=definitions):
            yield from definitions
        case nodes.Pool(items=parts):
            for part in parts:
                yield part
                if isinstance(part, nodes.Definitions):
                    yield from part.definitions
        case _:
            return


def _holding(statements: Sequence[_Statement], day: date) -> Iterator[_Statement]:
    for statement in statements:
        period: nodes.Period | None = getattr(statement, "period", None)
        if period is None or period.holds(day):
            yield statement


def definition_rules(rules: Rules) -> Iterator[tuple[str, DefinitionRule]]:
    """Every definition with the name people use for it, blocks first, then pools."""
    for entity, found in rules.definitions.items():
        for name, rule in found.items():
            yield f"{entity}.{name}", rule
    for pool in rules.pools:
        for name, rule in pool.definitions.items():
            yield f"{pool.pool.name}.{name}", rule
        for entity, found in pool.members.items():
            for name, rule in found.items():
                yield f"{pool.pool.name}.{entity}.{name}", rule
