"""Sorting an account into pools: who is in which, and what stands behind each.

Membership follows from the policy's `covers` alone, and the checks have proved that it gives every position one pool.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from attrs import frozen

from marginrules.account.state import AccountState, Asset, Balance, Instrument, Order, Position, StateError
from marginrules.engine.unknown import Unknown
from marginrules.policy import plan
from marginrules.policy.checks.context import truth, variables
from marginrules.policy.policy import Policy

PositionMember = tuple[Position, Instrument, Asset | None]
OrderMember = tuple[Order, Instrument, Asset | None]
BalanceMember = tuple[Balance, Decimal | Unknown, Asset | None]


@frozen(eq=False)
class Groups:
    """The groups of one name in a pool, and who is in which.

    Attributes:
        keys: what each group is for: a symbol, an underlying or an asset.
        records: of each group, an instrument of its members and the record of its settlement asset; None where a group
            by asset has no position and no order.
        positions: for each position of the pool the index of its group; orders, balances: the same.
    """

    keys: tuple[str, ...]
    records: tuple[tuple[Instrument | None, Asset | None], ...]
    positions: tuple[int, ...]
    orders: tuple[int, ...]
    balances: tuple[int, ...]


NO_GROUPS: Mapping[str, Groups] = {}


@frozen(eq=False)
class PoolInstance:
    """One pool of an account.

    Attributes:
        plan: its rules.
        id: as reports name it: `cross`, `cross/USDT`, `isolated/A`.
        asset: currency of its figures; None where the account names none.
        positions: members, each with its instrument and settlement asset.
        balances: what it draws on, each with the part of it that the pool has.
        collateral: the sum of what it draws on, in its asset, where that is one asset.
        groups: its groups, by name.
    """

    plan: plan.PoolPlan
    id: str
    asset: str | None
    positions: tuple[PositionMember, ...]
    orders: tuple[OrderMember, ...]
    balances: tuple[BalanceMember, ...]
    collateral: Decimal | Unknown
    groups: Mapping[str, Groups] = NO_GROUPS


@frozen(eq=False)
class _Scheme:
    """What membership under a policy depends on, found out once.

    Attributes:
        settings: the account's choices and flags that it may depend on, each with its default.
        defaults: what holds of balances and assets where a document does not say.
        needed: those without which the pools are not known.
        positions: fields of a position that its pool follows from; orders: the same of an order.
        decided: pools already found, by settings and such fields.
    """

    settings: tuple[tuple[str, str | bool | None], ...]
    needed: Mapping[str, tuple[str | bool, ...]]
    positions: tuple[str, ...]
    orders: tuple[str, ...]
    instruments: tuple[str, ...]
    defaults: Mapping[tuple[str, str], str | bool]
    decided: dict[tuple[object, ...], plan.PoolPlan | None]
    active: dict[tuple[object, ...], tuple[plan.PoolPlan, ...]]


@lru_cache(maxsize=256)
def _scheme(policy: plan.Plan) -> _Scheme:
    conditions = [
        node
        for pool in policy.pools
        for node in (pool.when, pool.positions, pool.orders, pool.draws_where)
        if node is not None
    ]
    domains = variables(conditions)
    settings = []
    for spec in policy.inputs:
        if ("account", spec.name) in domains and spec.entity == "account":
            default = None if spec.default is None else spec.default == "true" if spec.kind == "flag" else spec.default
            settings.append((spec.name, default))
    needed = variables([pool.when for pool in policy.pools if pool.when is not None])
    return _Scheme(
        tuple(settings),
        {name: values for (_, name), values in needed.items()},
        tuple(name for entity, name in domains if entity == "position"),
        tuple(name for entity, name in domains if entity == "order"),
        tuple(name for entity, name in domains if entity == "instrument"),
        {
            (spec.entity, spec.name): spec.default == "true" if spec.kind == "flag" else spec.default
            for spec in policy.inputs
            if spec.default is not None and spec.entity in {"balance", "asset"}
        },
        {},
        {},
    )


def arrange(policy: Policy, state: AccountState) -> tuple[PoolInstance, ...]:
    """The pools of an account under a policy, those with collateral and no position included.

    Raises:
        StateError: the document does not say what membership depends on, or contradicts the policy's scope.
    """
    _check_scope(policy, state)
    scheme = _scheme(policy.plan)
    settings = _settings(policy, scheme, state)
    chosen = tuple(settings.values())
    active = scheme.active.get(chosen)
    if active is None:
        active = tuple(pool for pool in policy.plan.pools if truth(pool.when, settings) is not False)
        scheme.active[chosen] = active
    members: dict[plan.PoolPlan, dict[str, list[PositionMember]]] = {pool: {} for pool in active}
    orders: dict[plan.PoolPlan, dict[str, list[OrderMember]]] = {pool: {} for pool in active}
    assigned: dict[str, Decimal | Unknown] = {}
    instruments, assets = state.instrument_by_symbol, state.asset_by_name
    for position in state.positions:
        instrument = instruments[position.symbol]
        key = ("position", chosen, *[_field(position, name) for name in scheme.positions])
        if scheme.instruments:
            key += tuple([_field(instrument, name) for name in scheme.instruments])
        pool = scheme.decided.get(key)
        if pool is None:
            pool = scheme.decided[key] = _pool_of(position, instrument, "position", active, settings)
        if pool is None:
            raise StateError(
                position.pointer,
                f"no pool of policy {policy.name} covers this position",
                "correct its margin mode or the account's settings",
            )
        member = (position, instrument, assets.get(instrument.settle))
        members[pool].setdefault(_key(pool, position.id, instrument), []).append(member)
        if pool.draws_on == "assigned_margin":
            margin = position.assigned_margin
            asset = instrument.settle
            if pool.draws_asset is not None:
                asset = _named_asset(position, pool.draws_asset)
            if margin is None:
                missing = Unknown(
                    f"position {position.id} has no assigned_margin", f"{position.pointer}/assigned_margin"
                )
                assigned[asset] = missing
            else:
                known = assigned.get(asset, Decimal(0))
                assigned[asset] = known if isinstance(known, Unknown) else known + margin
    for order in state.orders:
        instrument = instruments[order.symbol]
        key = ("order", chosen, *[_field(order, name) for name in scheme.orders])
        if scheme.instruments:
            key += tuple([_field(instrument, name) for name in scheme.instruments])
        if key not in scheme.decided:
            scheme.decided[key] = _pool_of(order, instrument, "order", active, settings)
        pool = scheme.decided[key]
        if pool is not None and pool.key != "position":
            entry = (order, instrument, assets.get(instrument.settle))
            orders[pool].setdefault(_key(pool, "", instrument), []).append(entry)
    return tuple(
        instance
        for pool in active
        for instance in _instances(pool, members[pool], orders[pool], assigned, state, {**scheme.defaults, **settings})
    )


def _check_scope(policy: Policy, state: AccountState) -> None:
    found = policy.plan
    for instrument in state.instruments:
        if instrument.contract not in found.contracts:
            raise StateError(
                f"{instrument.pointer}/contract",
                f"policy {policy.name} is about {' and '.join(found.contracts)} contracts, {instrument.symbol} is {instrument.contract}",
                "leave the instrument out, or use a policy that has rules for it",
            )
    as_of = state.account.as_of
    if as_of is None:
        return
    if found.start is not None and as_of.date() < found.start:
        raise StateError(
            "/account/as_of",
            f"the rules of {policy.name} hold from {found.start}, the account is as of {as_of.date()}",
            "use a policy that held then",
        )
    if found.until is not None and as_of.date() >= found.until:
        raise StateError(
            "/account/as_of",
            f"the rules of {policy.name} held until {found.until}, the account is as of {as_of.date()}",
            "use a policy that holds then",
        )


def _settings(policy: Policy, scheme: _Scheme, state: AccountState) -> dict[tuple[str, str], str | bool]:
    """Choices and flags of the account that decide which pools there are, and who is in them."""
    found: dict[tuple[str, str], str | bool] = {}
    inputs = state.account.inputs
    for name, default in scheme.settings:
        value = inputs.get(name)
        if value is None:
            value = default
        if isinstance(value, str | bool):
            found["account", name] = value
        elif name in scheme.needed:
            raise StateError(
                f"/account/{name}",
                f"policy {policy.name} needs `{name}` to know which pools there are",
                f"add it to `account`: {', '.join(str(entry).lower() for entry in scheme.needed[name])}",
            )
    return found


def _named_asset(position: Position, name: str) -> str:
    """The asset that a field of a position names."""
    found = position.inputs.get(name)
    if not isinstance(found, str):
        raise StateError(
            f"{position.pointer}/{name}",
            f"position {position.id} has no {name}, so the asset of its margin is open",
            "name the asset",
        )
    return found


def _pool_of(
    record: Position | Order,
    instrument: Instrument,
    entity: str,
    active: Sequence[plan.PoolPlan],
    settings: Mapping[tuple[str, str], str | bool],
) -> plan.PoolPlan | None:
    for pool in active:
        condition = pool.positions if entity == "position" else pool.orders
        if condition is None:
            continue
        if isinstance(condition, plan.Constant):
            return pool
        verdict = truth(condition, _Known(record, instrument, entity, settings))
        if verdict is None:
            missing = next(
                name for (owner, name) in variables([condition]) if owner == entity and _field(record, name) is None
            )
            raise StateError(
                f"{record.pointer}/{missing}",
                f"`{missing}` is missing: it decides which pool the {entity} is in",
                f"say it: {', '.join(str(value) for value in variables([condition])[entity, missing])}",
            )
        if verdict:
            return pool
    return None


class _Known(dict[tuple[str, str], str | bool]):
    """Choices and flags of one record over the account's settings."""

    def __init__(
        self,
        record: Position | Order,
        instrument: Instrument,
        entity: str,
        settings: Mapping[tuple[str, str], str | bool],
    ) -> None:
        super().__init__(settings)
        self.record = record
        self.instrument = instrument
        self.entity = entity

    def get(self, key: tuple[str, str], default: object = None) -> object:  # type: ignore[override]
        if key[0] == self.entity:
            return _field(self.record, key[1])
        if key[0] == "instrument":
            return _field(self.instrument, key[1])
        return super().get(key, default)


def _field(record: Position | Order | Balance | Instrument, name: str) -> Any:
    value = getattr(record, name, None)
    return record.inputs.get(name) if value is None else value


def _key(pool: plan.PoolPlan, position: str, instrument: Instrument) -> str:
    match pool.key:
        case "account":
            return ""
        case "settlement asset":
            return instrument.settle
        case "position":
            return position
        case "underlying":
            return instrument.base
        case _:
            return instrument.symbol


def _instances(
    pool: plan.PoolPlan,
    members: Mapping[str, list[PositionMember]],
    orders: Mapping[str, list[OrderMember]],
    assigned: Mapping[str, Decimal | Unknown],
    state: AccountState,
    settings: Mapping[tuple[str, str], str | bool],
) -> list[PoolInstance]:
    keys = list(dict.fromkeys([*members, *orders]))
    drawn = _drawn(pool, assigned, state, settings)
    if pool.key == "account":
        keys = [""]
    elif pool.key == "settlement asset":
        keys = list(dict.fromkeys([*keys, *(balance.asset for balance, _, _ in drawn)]))
    found = []
    for key in keys:
        positions, resting = tuple(members.get(key, ())), tuple(orders.get(key, ()))
        asset = _asset(pool, key, positions, resting, drawn, state)
        balances = tuple(entry for entry in drawn if pool.mixed or entry[0].asset == asset)
        collateral = _collateral(pool, positions, balances)
        identity = pool.kind if pool.key == "account" else f"{pool.kind}/{key}"
        groups = _groups(pool, positions, resting, balances, state) if pool.groups else NO_GROUPS
        found.append(PoolInstance(pool, identity, asset, positions, resting, balances, collateral, groups))
    return found


def _groups(
    pool: plan.PoolPlan,
    positions: tuple[PositionMember, ...],
    orders: tuple[OrderMember, ...],
    balances: tuple[BalanceMember, ...],
    state: AccountState,
) -> dict[str, Groups]:
    """Who is in which group; a group by settlement asset is there for a balance alone too."""
    found: dict[str, Groups] = {}
    for name, by in pool.groups.items():
        indexes: dict[str, int] = {}
        records: list[tuple[Instrument | None, Asset | None]] = []

        def place(key: str, instrument: Instrument | None, indexes: Any = indexes, records: Any = records) -> int:
            asset = instrument.settle if instrument is not None else key
            if key not in indexes:
                indexes[key] = len(records)
                records.append((instrument, state.asset_by_name.get(asset)))
            elif records[indexes[key]][0] is None:
                records[indexes[key]] = (instrument, records[indexes[key]][1])
            return int(indexes[key])

        attribute = {"instrument": "symbol", "underlying": "base", "settlement asset": "settle"}[by]
        held = tuple([place(balance.asset, None) for balance, _, _ in balances]) if by == "settlement asset" else ()
        in_positions = tuple([place(getattr(own, attribute), own) for _, own, _ in positions])
        in_orders = tuple([place(getattr(own, attribute), own) for _, own, _ in orders])
        found[name] = Groups(tuple(indexes), tuple(records), in_positions, in_orders, held)
    return found


def _drawn(
    pool: plan.PoolPlan,
    assigned: Mapping[str, Decimal | Unknown],
    state: AccountState,
    settings: Mapping[tuple[str, str], str | bool],
) -> tuple[BalanceMember, ...]:
    if pool.draws_on not in {"balances", "remainder"}:
        return ()
    left = dict(assigned) if pool.draws_on == "remainder" else {}
    drawn: list[BalanceMember] = []
    for balance in state.balances:
        if pool.draws_where is not None:
            known = dict(settings)
            for entity, name in variables([pool.draws_where]):
                value = _field(balance, name) if entity == "balance" else _asset_field(state, balance.asset, name)
                if isinstance(value, str | bool):
                    known[entity, name] = value
            drawn_on = truth(pool.draws_where, known)
            if drawn_on is None:
                missing = next(key for key in variables([pool.draws_where]) if key not in known)
                raise StateError(
                    f"{balance.pointer}/{missing[1]}",
                    f"`{missing[1]}` of {missing[0]} {balance.asset} is missing: it decides which pool draws on the balance",
                    "say it",
                )
            if not drawn_on:
                continue
        taken = left.pop(balance.asset, Decimal(0))
        amount = taken if isinstance(taken, Unknown) else balance.wallet_balance - taken
        drawn.append((balance, amount, state.asset_by_name.get(balance.asset)))
    for asset, amount in left.items():
        if pool.draws_where is None and not isinstance(amount, Unknown) and amount:
            raise StateError(
                "/balances",
                f"{amount} {asset} is assigned to isolated positions, and the account has no {asset} balance",
                "add the balance; `wallet_balance` is all cash of the asset, assigned margin included",
            )
    return tuple(drawn)


def _asset_field(state: AccountState, asset: str, name: str) -> object:
    found = state.asset_by_name.get(asset)
    if found is None:
        return None
    value = getattr(found, name, None)
    return found.inputs.get(name) if value is None else value


def _asset(
    pool: plan.PoolPlan,
    key: str,
    positions: tuple[PositionMember, ...],
    orders: tuple[OrderMember, ...],
    drawn: tuple[BalanceMember, ...],
    state: AccountState,
) -> str | None:
    if pool.asset != "settle":
        return pool.asset
    if pool.key == "settlement asset":
        return key
    settles = {instrument.settle: position.pointer for position, instrument, _ in positions}
    for order, instrument, _ in orders:
        settles.setdefault(instrument.settle, order.pointer)
    if len(settles) > 1:
        names = list(settles)
        raise StateError(
            settles[names[1]],
            f"pool `{pool.kind}` is valued in one settlement asset, and its members settle in {' and '.join(names)}",
            "give each settlement asset an account document of its own",
        )
    if settles:
        return next(iter(settles))
    candidates = dict.fromkeys(instrument.settle for instrument in state.instruments) or dict.fromkeys(
        balance.asset for balance, _, _ in drawn
    )
    if len(candidates) > 1:
        raise StateError(
            "/balances",
            f"pool `{pool.kind}` has no member, so which of {', '.join(candidates)} it is valued in is open",
            "list only the balance of the settlement asset, or an instrument that settles in it",
        )
    return next(iter(candidates), None)


def _collateral(
    pool: plan.PoolPlan, positions: tuple[PositionMember, ...], balances: tuple[BalanceMember, ...]
) -> Decimal | Unknown:
    total = Decimal(0)
    if pool.draws_on == "assigned_margin":
        for position, _, _ in positions:
            if position.assigned_margin is None:
                return Unknown(f"position {position.id} has no assigned_margin", f"{position.pointer}/assigned_margin")
            total += position.assigned_margin
        return total
    for _, amount, _ in balances:
        if isinstance(amount, Unknown):
            return amount
        total += amount
    return total
