"""Which names an account document may carry, and what kind of value each holds.

The names every venue shares are listed here. What only one venue has, its policy declares as an input: the
declarations reach the reader as `FieldSpec` records too, so that one mechanism checks both.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from attrs import frozen

Entity = Literal["account", "balance", "position", "order", "instrument", "asset"]
Kind = Literal["decimal", "flag", "choice", "text", "asset", "tiers", "timestamp"]

SECTIONS: Mapping[Entity, str] = {
    "account": "account",
    "balance": "balances",
    "position": "positions",
    "order": "orders",
    "instrument": "instruments",
    "asset": "assets",
}
"""The section of the document in which records of each entity stand."""


@frozen
class FieldSpec:
    """One name that a record may carry.

    Attributes:
        entity: the record it belongs to.
        kind: what the value is; a `decimal` is a JSON string or number, read exactly as written.
        unit: what a decimal counts, in words (for documentation).
        required: whether a record without it is refused.
        choices: the values a `choice` may have.
        minimum: least value of a decimal, itself allowed unless `exclusive_minimum`.
        default: what holds when it is absent, as text; None where absence means unknown.
    """

    entity: Entity
    name: str
    kind: Kind
    unit: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    exclusive_minimum: bool = False
    default: str | None = None
    documentation: str = ""


_ZERO = Decimal(0)


def _positive(entity: Entity, name: str, unit: str, documentation: str = "", *, required: bool = False) -> FieldSpec:
    return FieldSpec(
        entity, name, "decimal", unit, required, minimum=_ZERO, exclusive_minimum=True, documentation=documentation
    )


SHARED_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("account", "id", "text", required=True, documentation="name of the account"),
    FieldSpec("account", "as_of", "timestamp", documentation="when this state held"),
    FieldSpec("balance", "asset", "asset", required=True, documentation="currency of the balance"),
    FieldSpec(
        "balance", "wallet_balance", "decimal", "asset", required=True, documentation="cash, assigned margin included"
    ),
    FieldSpec("balance", "wallet", "text", documentation="name of the wallet, where a venue keeps several"),
    FieldSpec("position", "id", "text", required=True, documentation="name of the position"),
    FieldSpec("position", "symbol", "text", required=True, documentation="symbol of its instrument"),
    FieldSpec(
        "position", "quantity", "decimal", "contracts", required=True, documentation="signed; negative for a short"
    ),
    _positive("position", "entry_price", "price", "average entry price", required=True),
    FieldSpec("position", "margin_mode", "choice", choices=("cross", "isolated"), documentation="what backs it"),
    _positive("position", "leverage", "number", "leverage chosen for it"),
    FieldSpec("position", "assigned_margin", "decimal", "settle", documentation="cash assigned to it when isolated"),
    FieldSpec("position", "accrued_funding", "decimal", "settle", documentation="positive is due to the trader"),
    FieldSpec("position", "auto_add_margin", "flag", documentation="whether the venue tops it up by itself"),
    FieldSpec("order", "id", "text", documentation="name of the order"),
    FieldSpec("order", "symbol", "text", required=True, documentation="symbol of its instrument"),
    FieldSpec("order", "side", "choice", required=True, choices=("buy", "sell"), documentation="buy or sell"),
    _positive("order", "quantity", "contracts", "still to fill", required=True),
    _positive("order", "price", "price", "limit price"),
    FieldSpec("order", "reduce_only", "flag", documentation="can only reduce a position"),
    FieldSpec("order", "margin_mode", "choice", choices=("cross", "isolated"), documentation="what will back it"),
    _positive("order", "leverage", "number", "leverage chosen for it"),
    FieldSpec("instrument", "symbol", "text", required=True, documentation="name of the contract"),
    FieldSpec(
        "instrument",
        "contract",
        "choice",
        required=True,
        choices=("linear", "inverse", "quanto"),
        documentation="how notional and profit follow from quantity and price",
    ),
    FieldSpec("instrument", "base", "asset", required=True, documentation="asset of the underlying"),
    FieldSpec("instrument", "quote", "asset", required=True, documentation="asset the price is in"),
    FieldSpec("instrument", "settle", "asset", required=True, documentation="asset margin and profit are in"),
    FieldSpec(
        "instrument",
        "contract_size",
        "decimal",
        "units per contract",
        minimum=_ZERO,
        exclusive_minimum=True,
        default="1",
        documentation="what one contract is: base units (linear), quote units (inverse), settlement units a point",
    ),
    _positive("instrument", "mark_price", "price", "price at which the venue values positions"),
    _positive("instrument", "index_price", "price", "price of the underlying index"),
    _positive("instrument", "max_leverage", "number", "highest leverage the venue offers"),
    _positive("instrument", "tick_size", "price", "smallest step of a price"),
    _positive("instrument", "quantity_step", "contracts", "smallest step of a quantity"),
    FieldSpec("instrument", "taker_fee_rate", "decimal", "rate", documentation="fee for taking liquidity"),
    FieldSpec("instrument", "open_interest", "decimal", "base", minimum=_ZERO, documentation="in base units"),
    FieldSpec("instrument", "tiers", "tiers", documentation="the venue's tier table of this instrument"),
    FieldSpec("asset", "asset", "asset", required=True, documentation="name of the currency"),
    _positive("asset", "index_price", "USD", "USD for one unit"),
    FieldSpec(
        "asset",
        "collateral_rate",
        "decimal",
        "rate",
        minimum=_ZERO,
        maximum=Decimal(1),
        documentation="share of its value that counts as collateral",
    ),
    FieldSpec("asset", "collateral_tiers", "tiers", documentation="tiers of the collateral rate by amount held"),
)

TIER_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("instrument", "above", "decimal", minimum=_ZERO, documentation="lower bound, itself in the tier before"),
    FieldSpec("instrument", "at_least", "decimal", minimum=_ZERO, documentation="lower bound, itself in the tier"),
    FieldSpec(
        "instrument", "up_to", "decimal", minimum=_ZERO, documentation="end of a tier with `above`, itself in it"
    ),
    FieldSpec(
        "instrument", "below", "decimal", minimum=_ZERO, documentation="end of a tier with `at_least`, not in it"
    ),
    FieldSpec("instrument", "maintenance_rate", "decimal", "rate", minimum=_ZERO, maximum=Decimal(1)),
    FieldSpec("instrument", "maintenance_amount", "decimal", documentation="what the tier deducts"),
    FieldSpec("instrument", "initial_rate", "decimal", "rate", minimum=_ZERO, maximum=Decimal(1)),
    _positive("instrument", "max_leverage", "number"),
    FieldSpec("asset", "collateral_rate", "decimal", "rate", minimum=_ZERO, maximum=Decimal(1)),
)
"""What a row of a tier table may hold. `above` or `at_least` is required; `up_to` or `below`, where given, must meet the
next row, and ends the last one."""

TIER_COLUMNS = tuple(spec.name for spec in TIER_FIELDS)


def shared_field(entity: Entity, name: str) -> FieldSpec | None:
    """The shared field of that name, or None."""
    for spec in SHARED_FIELDS:
        if spec.entity == entity and spec.name == name:
            return spec
    return None
