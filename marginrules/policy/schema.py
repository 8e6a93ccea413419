"""The JSON Schema of the account documents that a policy reads.

What the schema admits, the policy reads and evaluates, but for what JSON Schema has no words for: `UNSAID` lists it, and every
schema says it in its description. Patterns keep to what validators of all languages know: no looking ahead, digits by range.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marginrules.account.documents import (
    MAXIMUM_DECIMALS,
    MAXIMUM_DIGITS,
    MAXIMUM_LENGTH,
    MAXIMUM_RECORDS,
    SCHEMA,
    field_specs,
)
from marginrules.account.fields import SECTIONS, TIER_FIELDS, Entity, FieldSpec
from marginrules.account.state import END_COLUMNS, TIER_BOUNDS
from marginrules.policy import plan
from marginrules.policy.checks.context import Assignment, Variable, assignments, truth, variables
from marginrules.policy.policy import Policy

UNSAID = (
    "ids, symbols of instruments and names of assets are unique, and so are balances of one asset in one wallet",
    "the symbol of a position or an order is that of an instrument",
    "a linear contract settles in its quote asset, an inverse one in its base asset",
    "rows of tiers rise, an `up_to` meets the next `above`, a `below` the next `at_least`, and amounts follow from one another",
    "what is assigned to isolated positions has a balance to come from, and one only",
    "the members of a pool that is valued in one settlement asset settle in the same; without members, one asset is listed",
    "an order belongs to one position, where each position has a pool of its own",
    "the time is one at which the policy's rules hold",
    "nothing is as the policy says that no account, position or order is",
    "what decides the pool of a position, an order or a balance is given where the contract, or a setting, makes it needed",
    f"a JSON number has at most {MAXIMUM_DIGITS} digits and {MAXIMUM_DECIMALS} decimals",
    "a JSON number is in its range exactly, not only as a validator rounds it",
    "a text has no half of a character",
)
"""What a document has to fulfil beside its schema."""

_DECIMAL = (
    rf"^[+-]?(?:[0-9]+\.?[0-9]{{0,{MAXIMUM_DECIMALS}}}|\.[0-9]{{1,{MAXIMUM_DECIMALS}}}"
    r"|(?:[0-9]+\.?[0-9]{0,32}|\.[0-9]{1,32})[eE][+-]?(?:3[0-2]|[12]?[0-9]))$"
)
"""Decimals and exponent together stay within what the reader takes."""

_DAY = (
    r"(?:[1-9][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"|(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)-02-29)"
)
_MOMENT = (
    rf"^{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{{1,9}})?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$"
)

_PART = r"(?:\.[0-9]*)?"
_LARGEST = float(f"1e{MAXIMUM_DIGITS}")

# `$` stands before a last line end too in some languages.
_ONE_LINE = {"not": {"pattern": "\\n"}}

_DEFINITIONS: Mapping[str, Any] = {
    "decimal": {
        "type": "string",
        "maxLength": MAXIMUM_LENGTH,
        "pattern": _DECIMAL,
        "allOf": [{"pattern": rf"^[-+0.]*(?:[0-9]\.?){{0,{MAXIMUM_DIGITS}}}(?:[eE].*)?$"}],
        **_ONE_LINE,
    },
    "moment": {"type": "string", "format": "date-time", "pattern": _MOMENT, **_ONE_LINE},
}
_ZERO: Mapping[str, Any] = {
    "anyOf": [{"$ref": "#/$defs/decimal", "pattern": "^[+-]?[0.]+(?:[eE]|$)"}, {"type": "number", "const": 0}]
}
_ONE: Mapping[str, Any] = {
    "anyOf": [{"$ref": "#/$defs/decimal", "pattern": r"^\+?0*1(?:\.0*)?$"}, {"type": "number", "const": 1}]
}


def json_schema(policy: Policy) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the account documents that a policy reads."""
    specs = field_specs(policy.inputs)
    needed = _needed(policy)
    properties: dict[str, Any] = {"schema": {"const": SCHEMA}}
    for entity, own in specs.items():
        record = {
            "type": "object",
            "properties": {name: _field(spec, policy) for name, spec in own.items()},
            "required": [name for name, spec in own.items() if spec.required or (entity, name) in needed],
            "additionalProperties": False,
            **_conditions(entity),
        }
        properties[SECTIONS[entity]] = (
            record if entity == "account" else {"type": "array", "maxItems": MAXIMUM_RECORDS, "items": record}
        )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Account document for {policy.name}",
        "description": "What a schema cannot say, and the reader holds a document to: " + "; ".join(UNSAID) + ".",
        "type": "object",
        "properties": properties,
        "required": ["schema", "account"],
        "additionalProperties": False,
        "$defs": dict(_DEFINITIONS),
    }


# ---------------------------------------------------------------- what decides pools


def _needed(policy: Policy) -> frozenset[Variable]:
    """The fields without which the pools of no account could be told, whichever of the policy's rules are in force."""
    plans = [version.plan for _, version in policy.versions] or [policy.plan]
    return frozenset.intersection(*(frozenset(_needed_by(own)) for own in plans))


def _needed_by(found: plan.Plan) -> set[Variable]:
    defaults = {(spec.entity, spec.name) for spec in found.inputs if spec.default is not None}
    settings = variables([pool.when for pool in found.pools if pool.when is not None])
    needed: set[Variable] = {key for key in settings if key not in defaults}
    for entity in ("position", "order", "balance"):
        asked = [condition for pool in found.pools if (condition := _condition(pool, entity)) is not None]
        domains = variables(asked)
        for key in domains:
            if key[0] == entity and key not in defaults:
                others = assignments({other: values for other, values in (domains | settings).items() if other != key})
                if others is not None and all(_is_open(found, entity, known) for known in others):
                    needed.add(key)
    named = {pool.draws_asset for pool in found.pools if pool.positions is not None}
    for name in named if len(named) == 1 else ():
        if name is not None:
            needed.add(("position", name))
    return needed


def _condition(pool: plan.PoolPlan, entity: str) -> plan.Node | None:
    """What decides whether a record is a pool's."""
    match entity:
        case "position":
            return pool.positions
        case "order":
            return pool.orders
        case _:
            return pool.draws_where


def _is_open(found: plan.Plan, entity: str, known: Assignment) -> bool:
    """Whether the pool of a record can not be told; a balance is looked at by each pool, others until one has them."""
    for pool in found.pools:
        condition = _condition(pool, entity)
        if condition is None or truth(pool.when, known) is False:
            continue
        verdict = truth(condition, known)
        if verdict is None:
            return True
        if verdict and entity != "balance":
            return False
    return False


# ---------------------------------------------------------------- values


def _conditions(entity: Entity) -> Mapping[str, Any]:
    """What one field of a record asks of another."""
    match entity:
        case "position":
            return _where("margin_mode", "cross", {"assigned_margin": _ZERO})
        case "asset":
            # Index prices are in USD.
            return _where("asset", "USD", {"index_price": _ONE})
        case _:
            return {}


def _where(name: str, value: str, then: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"if": {"properties": {name: {"const": value}}, "required": [name]}, "then": {"properties": dict(then)}}


def _field(spec: FieldSpec, policy: Policy) -> dict[str, Any]:
    found: dict[str, Any]
    match spec.kind:
        case "decimal":
            found = _decimal(spec.minimum, spec.maximum, exclusive=spec.exclusive_minimum)
        case "flag":
            found = {"type": "boolean"}
        case "choice":
            choices = policy.plan.contracts if (spec.entity, spec.name) == ("instrument", "contract") else spec.choices
            found = {"enum": list(choices)} if choices else {"type": "string"}
        case "text" | "asset":
            found = {"type": "string", "minLength": 1}
        case "timestamp":
            found = {"$ref": "#/$defs/moment"}
        case "tiers":
            found = _tiers()
    words = [spec.documentation, f"unit: {spec.unit}" if spec.unit else ""]
    description = "; ".join(word for word in words if word)
    if description:
        found["description"] = description
    if spec.default is not None:
        found["default"] = (
            {"true": True, "false": False}.get(spec.default, spec.default) if spec.kind == "flag" else spec.default
        )
    return found


def _tiers() -> dict[str, Any]:
    return {
        "type": "array",
        "minItems": 1,
        "anyOf": [
            {
                "prefixItems": [{"properties": {bound: _ZERO}}],
                "allOf": [
                    {
                        "items": {
                            "type": "object",
                            "properties": {
                                spec.name: _decimal(
                                    spec.minimum,
                                    spec.maximum,
                                    # A tier ends above its start.
                                    exclusive=spec.exclusive_minimum or spec.name == end,
                                )
                                for spec in TIER_FIELDS
                                if spec.name not in TIER_BOUNDS or spec.name in {bound, end}
                            },
                            "required": [bound],
                            "additionalProperties": False,
                        }
                    }
                ],
            }
            for bound, end in END_COLUMNS.items()
        ],
    }


def _decimal(
    minimum: Decimal | None = None, maximum: Decimal | None = None, *, exclusive: bool = False
) -> dict[str, Any]:
    """A decimal as text, whose range is said by patterns, or as a JSON number."""
    number: dict[str, Any] = {"type": "number", "exclusiveMinimum": -_LARGEST, "exclusiveMaximum": _LARGEST}
    patterns: list[dict[str, Any]] = []
    if minimum or maximum is not None:
        # A pattern can not follow an exponent.
        patterns.append({"pattern": "^[-+0-9.]+$"})
    if minimum is not None:
        del number["exclusiveMinimum"]
        number["exclusiveMinimum" if exclusive else "minimum"] = _number(minimum)
        below = _less_than(abs(minimum), or_equal=(minimum < 0) != exclusive)
        if not minimum:
            patterns.append({"pattern": r"^\+?[0.]*[1-9]" if exclusive else "^[^-]"})
        elif minimum < 0:
            patterns.append({"pattern": f"^(?:-{below}|[^-].*)$"})
        else:
            patterns.append({"pattern": "^[^-]", "not": {"pattern": rf"^\+?{below}$"}})
    if maximum is not None:
        del number["exclusiveMaximum"]
        number["maximum"] = _number(maximum)
        if maximum >= 0:
            patterns.append({"pattern": rf"^(?:\+?{_less_than(maximum, or_equal=True)}|-.*)$"})
        else:
            patterns.append({"pattern": "^-", "not": {"pattern": f"^-{_less_than(-maximum)}$"}})
    text = {"$ref": "#/$defs/decimal", **({"allOf": patterns} if patterns else {})}
    return {"anyOf": [text, number]}


def _less_than(bound: Decimal, *, or_equal: bool = False) -> str:
    """A pattern of the decimals without sign and exponent that are less than a bound.

    They have fewer digits before the point; or the bound's own digits up to one that is smaller, or up to their end.
    """
    whole, _, part = f"{bound:f}".partition(".")
    whole, part = whole.lstrip("0"), part.rstrip("0")
    found = [f"[0-9]{{0,{len(whole) - 1}}}{_PART}"] if whole else []
    for place, digit in enumerate(whole):
        if digit != "0":
            found.append(f"{whole[:place]}{_smaller(digit)}[0-9]{{{len(whole) - place - 1}}}{_PART}")
    for place, digit in enumerate(part):
        found.append(rf"{whole}(?:\.{part[:place]})" + ("" if place else "?"))
        if digit != "0":
            found.append(rf"{whole}\.{part[:place]}{_smaller(digit)}[0-9]*")
    if or_equal:
        found.append(rf"{whole}\.{part}0*" if part else rf"{whole}(?:\.0*)?")
    return f"0*(?:{'|'.join(found)})"


def _smaller(digit: str) -> str:
    return f"[0-{int(digit) - 1}]"


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
