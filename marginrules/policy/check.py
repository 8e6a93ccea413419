"""Rule files to a checked policy: read, merge, type, check.

parse -> collect rules (extends) -> load tables -> elaborate each pool -> CHECKS -> Plan
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from attrs import evolve

from marginrules.account import fields as account_fields
from marginrules.account.fields import FieldSpec
from marginrules.arithmetic import exact_context
from marginrules.language import nodes
from marginrules.language.diagnostics import Diagnostic, RuleFileError, in_order
from marginrules.language.recovery import Unread
from marginrules.language.source import Span
from marginrules.policy import dimensions, plan
from marginrules.policy.actions import action_rules, liquidation_plans, procedure_nodes, replenish_plans
from marginrules.policy.checks import CHECKS
from marginrules.policy.checks.context import Checking
from marginrules.policy.elaborate import FACTS, FIELDS, STANDARD_FIGURES, Elaborator, LoadedTable, PoolElaborator
from marginrules.policy.policy import Policy
from marginrules.policy.rules import (
    MAXIMUM_EXTENSIONS,
    DefinitionRule,
    PoolRules,
    Rules,
    boundaries,
    collect,
    on_day,
    statements,
)
from marginrules.policy.tables import ReadFile, load_table

Extended = Callable[[str, Span], nodes.PolicyFile]
"""Gives the parsed file of the policy that another extends; raises RuleFileError where there is none."""


def check(file: nodes.PolicyFile, extended: Extended, read_file: ReadFile) -> Policy:
    """Check a parsed rule file.

    Args:
        file: the parsed file.
        extended: gives the file of a policy that is extended.
        read_file: gives the text of a data file.

    Raises:
        RuleFileError: with every problem found.
    """
    with exact_context():
        policy, diagnostics = diagnose(file, extended, read_file)
    if policy is None:
        raise RuleFileError(diagnostics)
    return policy


def diagnose(
    file: nodes.PolicyFile, extended: Extended, read_file: ReadFile
) -> tuple[Policy | None, tuple[Diagnostic, ...]]:
    """The checked policy, or None, and everything that was found, errors and warnings."""
    files = _chain(file, extended)
    days = boundaries(files)
    if not days:
        return _diagnose(files, read_file)
    # One reading for each period between the days on which rules change; the last is in force.
    policies: list[tuple[date, Policy | None]] = []
    found: list[tuple[Diagnostic, ...]] = []
    for day in (days[0] - timedelta(days=1), *days):
        policy, diagnostics = _diagnose([on_day(entry, day) for entry in files], read_file)
        policies.append((day, policy))
        found.append(tuple(_of_the_day(diagnostic, files, day) for diagnostic in diagnostics))
    everything = in_order(list(dict.fromkeys(diagnostic for entry in found for diagnostic in entry)))
    # What no rule of one period uses may be used in another.
    everything = tuple(
        diagnostic
        for diagnostic in everything
        if diagnostic.code not in {"unused-definition", "unused-source"} or all(diagnostic in entry for entry in found)
    )
    last = policies[-1][1]
    versions = tuple((day, policy) for day, policy in policies if policy is not None)
    if last is None or len(versions) < len(policies):
        return None, everything
    return evolve(last, versions=versions), everything


_OF_ITSELF = {
    "asset-mismatch",
    "bad-table",
    "default-out-of-range",
    "definition-cycle",
    "dimension-mismatch",
    "division-by-zero",
    "duplicate-definition",
    "not-a-rate",
    "out-of-domain",
    "rate-out-of-range",
    "tier-amount",
    "tier-gap",
    "tier-order",
    "tier-overlap",
    "undeclared-source",
    "undefined-name",
    "unknown-choice",
    "unknown-rounding",
    "wrong-arguments",
}
"""What is told of a statement for what it says itself, and not for what others do not say."""


def diagnose_rest(
    file: nodes.PolicyFile, unread: Unread, extended: Extended, read_file: ReadFile
) -> tuple[Diagnostic, ...]:
    """What is wrong with the statements that could be read, in a file in which others could not.

    Nothing is told that may follow from what is not known: of a name that stands in a broken statement, or of the
    policy as a whole. Where another definition would stand in the place of a broken one, nothing is told at all.
    """
    try:
        files = _chain(file, extended)
        _, found = diagnose(file, extended, read_file)
    except RuleFileError:
        return ()
    known = {
        getattr(statement, "name", None)
        for entry in files
        for item in entry.items
        for statement in (item, *statements(item))
    }
    if unread.names & known or any(diagnostic.code == "incomplete-pool" for diagnostic in found):
        return ()
    return tuple(
        diagnostic
        for diagnostic in found
        if diagnostic.code in _OF_ITSELF
        and diagnostic.span.source == file.span.source
        and not unread.words & set(re.findall(r"\w+", diagnostic.span.text))
    )


def _of_the_day(diagnostic: Diagnostic, files: Sequence[nodes.PolicyFile], day: date) -> Diagnostic:
    """Of a name that is defined on other days, it is said that it is not on this one; of two on one day, that they are."""
    if diagnostic.code == "duplicate-definition":
        places = {diagnostic.span, *(span for span, _ in diagnostic.related)}
        dated = any(
            getattr(statement, "period", None) is not None and statement.span in places
            for file in files
            for item in file.items
            for statement in (item, *statements(item))
        )
        if not dated or not diagnostic.problem.endswith("is defined twice"):
            return diagnostic
        return evolve(
            diagnostic,
            problem=f"{diagnostic.problem} for the same days",
            remedy="let one hold `until` the day that the other holds `from`, or keep one of them",
        )
    name = diagnostic.span.text.rpartition(".")[2]
    elsewhere = any(
        getattr(statement, "name", None) == name and period is not None and not period.holds(day)
        for file in files
        for item in file.items
        for statement in (item, *statements(item))
        for period in (getattr(statement, "period", None),)
    )
    if diagnostic.code != "undefined-name" or not elsewhere:
        return diagnostic
    return evolve(
        diagnostic,
        problem=f"no rule `{name}` holds on {day}, and this one does",
        remedy="let each rule of the name hold until the next begins, or give this one the days that they have",
    )


def _diagnose(files: list[nodes.PolicyFile], read_file: ReadFile) -> tuple[Policy | None, tuple[Diagnostic, ...]]:
    try:
        return _diagnosed(files, read_file)
    except RecursionError:
        # Each definition has its limit, and so has a chain of them; together they can still be more than the stack holds.
        problem = "the rules nest deeper than can be followed"
        return None, (
            Diagnostic("syntax", files[0].header.span, problem, "break long chains of definitions and conditions"),
        )


def _diagnosed(files: list[nodes.PolicyFile], read_file: ReadFile) -> tuple[Policy | None, tuple[Diagnostic, ...]]:
    diagnostics: list[Diagnostic] = []
    rules = collect(files, diagnostics)
    contracts = _contracts(files)
    data: dict[str, str] = {}

    def reading(name: str) -> str:
        data[name] = read_file(name)
        return data[name]

    tables: dict[str, LoadedTable] = {}
    for name, table in rules.tables.items():
        loaded = load_table(table, reading, diagnostics)
        if loaded is not None:
            tables[name] = loaded
    whole = Elaborator(rules, diagnostics, tables, contracts)
    inputs = _inputs(rules, whole)
    found_pools = []
    for pool in rules.pools:
        whole.readers.append(None)
        found_pools.append(_pool(pool, whole))
    pools = tuple(found_pools)
    impossible = impossible_plans(rules, whole)
    actions = action_rules(rules, whole)
    replenishments = replenish_plans(rules, whole)
    liquidations = liquidation_plans(rules, whole)
    _elaborate_unreached(rules, whole)
    checking = Checking(
        rules,
        tuple(found for found in pools if found is not None),
        whole,
        tables,
        actions,
        procedure_nodes(replenishments, liquidations),
        impossible,
    )
    for run in CHECKS:
        diagnostics.extend(run(checking))
    found = in_order(diagnostics)
    if any(diagnostic.severity == "error" for diagnostic in found):
        return None, found
    built = plan.Plan(
        name=rules.header.name,
        title=_header_text(files, "title"),
        version=_header_text(files, "version"),
        digest=_digest(files, data),
        start=_effective(files)[0],
        until=_effective(files)[1],
        contracts=contracts,
        sources={
            name: plan.SourceNote(name, source.title, source.address, source.read)
            for name, source in rules.sources.items()
        },
        omits=rules.omits,
        inputs=inputs,
        pools=checking.pools,
        impossible=impossible,
        actions=actions,
        replenishments=replenishments,
        liquidations=liquidations,
        dated_tables=_dated(rules, tables),
        span=rules.header.span,
    )
    sources = {entry.span.source.name: entry.span.source.text for entry in files}
    return Policy(built, tuple(entry for entry in found if entry.severity == "warning"), sources), found


def _dated(rules: Rules, tables: Mapping[str, LoadedTable]) -> dict[str, date]:
    """The last day of each table that has one: the earlier of what the rule and the data file say."""
    found: dict[str, date] = {}
    for name, table in rules.tables.items():
        days = [day for day in (table.valid_until, tables[name].valid_until if name in tables else None) if day]
        if days:
            found[name] = min(days)
    return found


def _chain(file: nodes.PolicyFile, extended: Extended) -> list[nodes.PolicyFile]:
    files = [file]
    while files[-1].header.extends is not None:
        header = files[-1].header
        names = [entry.header.name for entry in files]
        if header.extends in names or len(files) > MAXIMUM_EXTENSIONS:
            raise RuleFileError(
                [
                    Diagnostic(
                        "extends-itself",
                        header.span,
                        f"policies extend one another in a circle or too deeply: {' -> '.join([*names, str(header.extends)])}",
                        f"let one of them stand alone; at most {MAXIMUM_EXTENSIONS} may build on one another",
                    )
                ]
            )
        files.append(extended(str(header.extends), header.span))
    return files


def _contracts(files: Sequence[nodes.PolicyFile]) -> tuple[str, ...]:
    for file in files:
        for item in file.header.items:
            if isinstance(item, nodes.Contracts):
                return tuple(sorted(set(item.kinds)))
    return ("linear",)


def _header_text(files: Sequence[nodes.PolicyFile], keyword: str) -> str:
    for file in files:
        for item in file.header.items:
            if isinstance(item, nodes.HeaderText) and item.keyword == keyword:
                return item.value
    return ""


def _effective(files: Sequence[nodes.PolicyFile]) -> tuple[date | None, date | None]:
    for file in files:
        for item in file.header.items:
            if isinstance(item, nodes.Effective):
                return item.start, item.until
    return None, None


def _digest(files: Sequence[nodes.PolicyFile], data: Mapping[str, str]) -> str:
    found = hashlib.sha256()
    for file in files:
        found.update(file.span.source.text.encode())
        found.update(b"\0")
    for name in sorted(data):
        found.update(f"{name}\0{data[name]}\0".encode())
    return f"sha256:{found.hexdigest()}"


def _inputs(rules: Rules, whole: Elaborator) -> tuple[FieldSpec, ...]:
    reader = PoolElaborator(whole, None)
    return tuple(spec for declared in rules.inputs.values() if (spec := _field_spec(declared, reader)) is not None)


_ALWAYS = True
"""What a `covers` without a condition says."""

_OF_THE_DOCUMENT = {
    ("instrument", "contract_size"),
    ("instrument", "mark_price"),
    ("position", "assigned_margin"),
    ("order", "price"),
    ("asset", "index_price"),
}
"""Fields that need not be there, and that more than rules read: a default of a policy would hold in its rules alone."""

_UNITS = {"rate": "rate", "number": "number", "price": "price", "quantity": "contracts", "duration": "seconds"}


def _field_spec(declared: nodes.Input, reader: PoolElaborator) -> FieldSpec | None:
    dimension = reader.input_dimension(declared)
    if dimension is None:
        return None
    shared = account_fields.shared_field(declared.entity, declared.name)  # type: ignore[arg-type]
    kind = {"flag": "flag", "choice": "choice", "tiers": "tiers", "asset": "asset"}.get(dimension.kind, "decimal")
    if shared is not None and shared.kind != kind and not (shared.kind == "text" and kind == "choice"):
        reader.report(
            "dimension-mismatch",
            declared.span,
            f"`{declared.entity}.{declared.name}` is a name every venue shares, and holds a {shared.kind}",
            "declare it as what it is, or give this input the venue's own name",
        )
        return None
    known = FIELDS.get(declared.entity, {}).get(declared.name)
    if known is not None and known.numeric and reader.canonical(known) != reader.canonical(dimension):
        reader.report(
            "dimension-mismatch",
            declared.span,
            f"`{declared.entity}.{declared.name}` is {known} everywhere, this says {dimension}",
            "declare it as what it is, or give this input the venue's own name",
        )
        return None
    if declared.name in FACTS.get(declared.entity, {}):
        reader.report(
            "duplicate-definition",
            declared.span,
            f"`{declared.name}` follows from the contract; it is no input",
            "give the input another name",
        )
        return None
    what = f"`{declared.entity}.{declared.name}`"
    repeated = [word for word in dict.fromkeys(dimension.choices) if dimension.choices.count(word) > 1]
    if repeated:
        reader.report(
            "duplicate-definition",
            declared.dimension.span,
            f"{what} names the choice `{repeated[0]}` twice",
            "name each choice once",
        )
    needed = (shared is not None and shared.required) or (declared.entity, declared.name) in _OF_THE_DOCUMENT
    if declared.default is not None and needed:
        reader.report(
            "unused-default",
            declared.default.span,
            f"{what} is always what the document says: notional, profit and conversions follow from it and know no default",
            "leave the default out, or declare an input under the venue's own name for the rules that need one",
        )
        return None
    default = reader.input_default(declared, dimension)
    minimum = _bound(declared.minimum, dimension, reader, f"the least {what}")
    maximum = _bound(declared.maximum, dimension, reader, f"the greatest {what}")
    if dimension.kind == "rate" and declared.minimum is None:
        minimum, maximum = Decimal(0), Decimal(1)
    if minimum is not None and maximum is not None and minimum > maximum:
        reader.report(
            "default-out-of-range",
            declared.minimum.span if declared.minimum is not None else declared.span,
            f"no value lies in the range of {what}: it begins above its end",
            "write the smaller bound first",
        )
        return None
    if isinstance(default, Decimal) and (
        (minimum is not None and default < minimum) or (maximum is not None and default > maximum)
    ):
        reader.report(
            "rate-out-of-range" if dimension.kind == "rate" else "default-out-of-range",
            declared.default.span if declared.default is not None else declared.span,
            f"the default of {what} is outside its range",
            "correct the default, or widen the range with `in … .. …`",
        )
    text = None if default is None else str(default).lower() if isinstance(default, bool) else str(default)
    return FieldSpec(
        declared.entity,  # type: ignore[arg-type]
        declared.name,
        kind,  # type: ignore[arg-type]
        _UNITS.get(dimension.kind, str(dimension)),
        shared.required if shared is not None else False,
        dimension.choices,
        minimum,
        maximum,
        shared.exclusive_minimum if shared is not None and declared.minimum is None else False,
        text,
        declared.documentation,
    )


def _bound(
    expression: nodes.Expression | None, dimension: dimensions.Dimension, reader: PoolElaborator, what: str
) -> Decimal | None:
    if expression is None:
        return None
    found = reader.literal(expression, dimension, what)
    return found if isinstance(found, Decimal) else None


def _pool(pool: PoolRules, whole: Elaborator) -> plan.PoolPlan | None:
    missing = [
        word
        for word, item in (
            ("covers positions", pool.covers or None),
            ("one per", pool.one_per),
            ("draws on", pool.draws_on),
        )
        if item is None
    ]
    if "equity" not in pool.definitions:
        missing.append("equity = …")
    if missing or pool.one_per is None or pool.draws_on is None:
        whole.report(
            "incomplete-pool",
            pool.pool.span,
            f"pool `{pool.pool.name}` does not say {', '.join(f'`{word}`' for word in missing)}",
            "a pool says what it covers, what there is one for, what it draws on, and its equity",
        )
        return None
    asset = pool.valued_in.asset if pool.valued_in is not None else "settle"
    if not asset[0].isupper() and asset != "settle":
        span = pool.valued_in.span if pool.valued_in is not None else pool.pool.span
        whole.report(
            "undefined-name", span, f"a pool cannot be valued in `{asset}`", "use settle, or a currency such as USD"
        )
        return None
    key = pool.one_per.key
    mixed = pool.valued_in is not None
    reader = PoolElaborator(whole, pool, asset, key, pool.draws_on.what, pool.draws_on.asset, mixed)
    whole.readers[-1] = reader
    if pool.draws_on.asset is not None:
        declared = whole.rules.inputs.get(("position", pool.draws_on.asset))
        if declared is None or declared.dimension.name != "asset":
            whole.report(
                "undefined-name",
                pool.draws_on.span,
                f"`{pool.draws_on.asset}` is no field that names an asset",
                f'declare it: `input position.{pool.draws_on.asset}: asset "…"`',
            )
            return None
        whole.used.add(("input", f"position.{pool.draws_on.asset}"))
    when = (
        reader.condition(pool.pool.when, "account", "account", "what a pool is chosen by") if pool.pool.when else None
    )
    covered: dict[str, plan.Node | None] = {"positions": None, "orders": None}
    for covers in pool.covers:
        scope: plan.Scope = "position" if covers.members == "positions" else "order"
        if covers.where is None:
            covered[covers.members] = whole.make(plan.Constant, _ALWAYS, dimension=dimensions.FLAG, span=covers.span)
        else:
            covered[covers.members] = reader.condition(covers.where, scope, scope, "what a pool covers")
    draws_where = (
        reader.condition(pool.draws_on.where, "balance", "balance", "which balances a pool draws on")
        if pool.draws_on.where is not None
        else None
    )
    definitions: dict[plan.Scope, dict[str, plan.Named]] = {"position": {}, "order": {}, "balance": {}, "pool": {}}
    for name in pool.definitions:
        _put(definitions["pool"], name, reader.definition("pool", "pool", name))
    scopes: tuple[plan.Scope, ...] = ("position", "order") if covered["orders"] is not None else ("position",)
    if pool.draws_on.what in {"balances", "remainder"}:
        scopes = (*scopes, "balance")
    for scope in scopes:
        names = {**whole.rules.definitions.get(scope, {}), **pool.members.get(scope, {})}
        for name, rule in names.items():
            if not rule.definition.parameters:
                _put(definitions[scope], name, reader.definition(scope, scope, name))
    for figure in ("initial_margin", "maintenance_margin"):
        if figure not in definitions["pool"] and figure in definitions["position"]:
            default = reader.default_sum(figure, pool.pool.span)
            if default is not None:
                definitions["pool"][figure] = default
    liquidate = _boundary(pool.liquidate, "liquidatable", reader)
    groups: dict[str, str] = {}
    thresholds = [_boundary(threshold, threshold.name, reader) for threshold in pool.thresholds.values()]
    for (scope, _, name), named in reader.memo.items():
        group = whole.rules.groups.get(scope)
        if group is not None and named is not None:
            groups[scope] = group.key
            definitions.setdefault(scope, {})[name] = named
    _keep_to_its_own(whole, pool.pool.name, [definitions["pool"].get("equity"), liquidate])
    reader.finished = True
    return plan.PoolPlan(
        kind=pool.pool.name,
        when=when,
        positions=covered["positions"],
        orders=covered["orders"],
        key=key,
        draws_on=pool.draws_on.what,
        draws_where=draws_where,
        draws_asset=pool.draws_on.asset,
        asset=asset,
        mixed=mixed,
        definitions=definitions,
        liquidate=liquidate,
        thresholds=tuple(found for found in thresholds if found is not None),
        published={scope: _published(whole.rules, pool, scope) for scope in definitions},
        groups=groups,
        links={name: tuple(whole.links.get(name, {})) for name in groups},
        sees_others=reader.sees_others,
        span=pool.pool.span,
    )


def _keep_to_its_own(whole: Elaborator, kind: str, stakes: list[plan.Named | None]) -> None:
    """Refuse that a pool's equity, or when it is liquidated, depends on the positions of other pools."""
    for node in plan.below(*[named for named in stakes if named is not None]):
        if isinstance(node, plan.Aggregate) and node.members == plan.OTHERS:
            whole.report(
                "ring-fence",
                node.span,
                f"pool `{kind}` stands and falls with its own positions: what others hold is not in its equity or boundary",
                "read other positions where margin is reserved, such as that of orders",
            )


def _put(found: dict[str, plan.Named], name: str, named: plan.Named | None) -> None:
    if named is not None:
        found[name] = named


def _boundary(
    statement: nodes.Liquidate | nodes.Threshold | None, name: str, reader: PoolElaborator
) -> plan.Named | None:
    if statement is None:
        return None
    condition = reader.condition(statement.condition, "pool", "pool", "a boundary")
    return reader.named("pool", name, condition, statement.cites, statement.span, statement.because)


def _published(rules: Rules, pool: PoolRules, scope: plan.Scope) -> tuple[str, ...]:
    found = pool.definitions if scope == "pool" else {**rules.definitions.get(scope, {}), **pool.members.get(scope, {})}
    return tuple(
        name for name, rule in found.items() if rule.definition.publish and name not in STANDARD_FIGURES.get(scope, {})
    )


_WITH_MODES: Mapping[str, plan.Scope] = {"account": "account", "position": "position", "order": "order"}
"""Of what it can be said what is impossible."""


def impossible_plans(rules: Rules, whole: Elaborator) -> tuple[plan.ImpossiblePlan, ...]:
    """The plan of what no account is; problems go to the elaborator's diagnostics."""
    reader = PoolElaborator(whole, None)
    found = []
    for rule in rules.impossible:
        for entity in rule.entities:
            scope = _WITH_MODES.get(entity)
            if scope is None:
                whole.report(
                    "undefined-name",
                    rule.span,
                    f"`{entity}` cannot stand here: what is impossible is said of an account, a position or an order",
                    "say it of one of those",
                )
                continue
            condition = reader.condition(rule.condition, scope, scope, "what is impossible")
            found.append(plan.ImpossiblePlan(scope, condition, rule.because, rule.refusal, rule.cites, rule.span))
    return tuple(found)


def _elaborate_unreached(rules: Rules, whole: Elaborator) -> None:
    """Type what no pool reads, so that its mistakes are found too."""
    reader = PoolElaborator(whole, None)
    used, read = set(whole.used), set(whole.read)
    for constant in rules.constants.values():
        reader.constant(constant.name)
    readers = [entry for entry in whole.readers if entry is not None]
    host: Mapping[str, plan.Scope] = {"instrument": "position", "asset": "position"}
    for entity, definitions in rules.definitions.items():
        scope = host.get(entity, entity)
        for name, rule in definitions.items():
            _in_any_pool(whole, readers or [reader], scope, entity, name, rule)
    for entry in readers:
        if entry.pool is None:
            continue
        for entity, definitions in (("pool", entry.pool.definitions), *entry.pool.members.items()):
            for name, rule in definitions.items():
                _in_any_pool(whole, [entry], host.get(entity, entity), entity, name, rule)
    whole.used &= used
    whole.read &= read


def _in_any_pool(
    whole: Elaborator, readers: list[PoolElaborator], scope: plan.Scope, entity: str, name: str, rule: DefinitionRule
) -> None:
    """Read a definition that nothing has read yet, where it makes sense: what it names may be in one of the pools alone."""
    if rule.definition.span in whole.read:
        return
    found: list[list[Diagnostic]] = []
    before = list(whole.diagnostics)
    for reader in readers:
        # What is read here is no rule about actions, though the pool itself is read.
        finished, reader.finished = reader.finished, False
        if rule.definition.parameters:
            reader.uncalled(scope, entity, rule)
        else:
            reader.definition(scope, entity, name)
        reader.finished = finished
        found.append(whole.diagnostics[len(before) :])
        del whole.diagnostics[len(before) :]
    if all(found):
        whole.diagnostics.extend(found[0])
