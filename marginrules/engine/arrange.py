"""Sorting an account into pools: who is in which, and what stands behind each.

Membership follows from the policy's `covers` alone, and the checks have proved that it gives every position one pool.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from attrs import field, fields, frozen

from marginrules.account.state import AccountState, Asset, Balance, Instrument, Order, Position, StateError, pointer_to
from marginrules.engine.unknown import Unknown
from marginrules.policy import plan
from marginrules.policy.checks.context import truth, variables
from marginrules.policy.policy import Policy, today

PositionMember = tuple[Position, Instrument, Asset | None]
OrderMember = tuple[Order, Instrument, Asset | None]
_ZERO = Decimal(0)

BalanceMember = tuple[Balance, Decimal | Unknown, Asset | None]


@frozen(eq=False)
class Groups:
    """The groups of one name in a pool, and who is in which.

    Attributes:
        keys: what each group is for: a symbol, an underlying or an asset.
        records: of each group, an instrument of its members and the record of its settlement asset; None where a group
            by asset has no position and no order.
        positions: for each position of the pool the index of its group; orders, balances: the same.
        others: for each position of other pools, None where the pool has no such group.
        linked: by members and a field of theirs that names an asset, for each of them the index of the group for that
            asset; None where the document does not say.
    """

    keys: tuple[str, ...]
    records: tuple[tuple[Instrument | None, Asset | None], ...]
    positions: tuple[int, ...]
    orders: tuple[int, ...]
    balances: tuple[int, ...]
    others: tuple[int | None, ...] = ()
    linked: Mapping[tuple[str, str], tuple[int | None, ...]] = MappingProxyType({})

    def of(self, members: str, by: str | None) -> tuple[int | None, ...]:
        """For each of the pool's members the index of its group, by its own asset or instrument or by a field."""
        return getattr(self, members) if by is None else self.linked[members, by]


NO_GROUPS: Mapping[str, Groups] = {}


# Without slots: an account makes several, and the dictionary of a frozen record is filled faster than its slots.
@frozen(eq=False, slots=False)
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
        others: the positions of the account that are in other pools, where the rules look at them.
        idle: balances that back nothing, as the account's only pool is valued in another asset.
    """

    plan: plan.PoolPlan
    id: str
    asset: str | None
    positions: tuple[PositionMember, ...]
    orders: tuple[OrderMember, ...]
    balances: tuple[BalanceMember, ...]
    collateral: Decimal | Unknown
    groups: Mapping[str, Groups] = NO_GROUPS
    others: tuple[PositionMember, ...] = ()
    idle: tuple[Balance, ...] = ()


class ImpossibleError(StateError):
    """An account that is as its policy says no account is.

    Attributes:
        rule: the rule that says so.
    """

    def __init__(self, rule: plan.ImpossiblePlan, record: Position | Order | None) -> None:
        self.rule = rule
        own = next((name for entity, name in variables([rule.condition]) if entity == rule.entity), "")
        pointer = f"/account/{own}" if record is None else pointer_to(record, own) if own else record.pointer
        remedy = "correct its settings" if record is None else f"correct the {rule.entity}, or the account's settings"
        problem = f"there is no such {rule.entity}: {rule.because} ({rule.span.file_line})"
        super().__init__(pointer, problem, remedy)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process gets the error without the rule, which is part of the policy."""
        return StateError, (self.pointer, self.problem, self.remedy, self.source)


@frozen(eq=False)
class _Active:
    """The pools that the account's settings leave, and who is in which, found out once.

    Attributes:
        pools: the variants in force.
        keys: for each of them, the key of a member's pool; None where there is one for the account.
        assigned: for each of them, whether its positions have margin of their own.
        positions: the place among `pools` of a position, by the fields that it follows from; orders: of an order.
        known: what holds of the account's settings, and of anything else where a document does not say.
        balances: whether the pool at a place draws on a balance, by the place and the fields that it follows from.
        impossible: what a position or an order can not be.
    """

    pools: tuple[plan.PoolPlan, ...]
    keys: tuple[Callable[[str, Instrument], str] | None, ...]
    assigned: tuple[bool, ...]
    settings: Mapping[tuple[str, str], str | bool]
    known: Mapping[tuple[str, str], str | bool]
    positions: dict[tuple[object, ...], int] = field(factory=dict)
    orders: dict[tuple[object, ...], int] = field(factory=dict)
    balances: dict[tuple[object, ...], bool] = field(factory=dict)
    impossible: tuple[plan.ImpossiblePlan, ...] = ()


@frozen(eq=False)
class _Scheme:
    """What membership under a policy depends on, found out once.

    Attributes:
        settings: the account's choices and flags that it may depend on, each with its default.
        defaults: what holds of members, contracts, balances and assets where a document does not say.
        needed: those without which the pools are not known.
        position: from a position and its instrument, the fields that its pool follows from; order: the same of an order.
        balance: from a balance and its asset, the fields that the pools which draw on it follow from.
        active: the pools in force, by the account's settings.
    """

    settings: tuple[tuple[str, str | bool | None], ...]
    needed: Mapping[str, tuple[str | bool, ...]]
    position: Callable[[Position, Instrument], tuple[object, ...]]
    order: Callable[[Order, Instrument], tuple[object, ...]]
    balance: Callable[[Balance, Asset], tuple[object, ...]]
    defaults: Mapping[tuple[str, str], str | bool]
    active: dict[tuple[object, ...], _Active] = field(factory=dict)


_NOWHERE = -1
"""The place of a member that no pool covers."""

_KEYS: Mapping[str, Callable[[str, Instrument], str]] = {
    "settlement asset": lambda position, instrument: instrument.settle,  # noqa: ARG005 - all keys are made alike
    "position": lambda position, instrument: position,  # noqa: ARG005
    "underlying": lambda position, instrument: instrument.base,  # noqa: ARG005
    "instrument": lambda position, instrument: instrument.symbol,  # noqa: ARG005
}


@lru_cache(maxsize=256)
def _scheme(policy: plan.Plan) -> _Scheme:
    conditions = [
        node
        for pool in policy.pools
        for node in (pool.when, pool.positions, pool.orders, pool.draws_where)
        if node is not None
    ]
    conditions += [rule.condition for rule in policy.impossible]
    domains = variables(conditions)
    settings = []
    for spec in policy.inputs:
        if ("account", spec.name) in domains and spec.entity == "account":
            default = None if spec.default is None else spec.default == "true" if spec.kind == "flag" else spec.default
            settings.append((spec.name, default))
    needed = variables([pool.when for pool in policy.pools if pool.when is not None])
    names = {
        owner: tuple(name for entity, name in domains if entity == owner)
        for owner in ("position", "order", "instrument", "balance", "asset")
    }
    return _Scheme(
        tuple(settings),
        {name: values for (_, name), values in needed.items()},
        _reader(Position, names["position"], Instrument, names["instrument"]),
        _reader(Order, names["order"], Instrument, names["instrument"]),
        _reader(Balance, names["balance"], Asset, names["asset"]),
        {
            (spec.entity, spec.name): spec.default == "true" if spec.kind == "flag" else spec.default
            for spec in policy.inputs
            if spec.default is not None and spec.entity != "account"
        },
    )


def _reader(
    kind: type[Any], own: Sequence[str], other_kind: type[Any], other: Sequence[str]
) -> Callable[[Any, Any], tuple[object, ...]]:
    """A function from a record and one that goes with it to some of their fields: every account needs it."""
    parts = [
        f"{variable}.{name}" if name in {entry.name for entry in fields(of)} else f"{variable}.inputs.get({name!r})"
        for variable, of, names in (("record", kind, own), ("with_it", other_kind, other))
        for name in names
    ]
    text = f"lambda record, with_it: ({''.join(f'{part}, ' for part in parts)})"
    found: Callable[[Any, Any], tuple[object, ...]] = eval(text)  # noqa: S307 - names from a checked plan
    return found


def _activate(policy: plan.Plan, scheme: _Scheme, settings: Mapping[tuple[str, str], str | bool]) -> _Active:
    for rule in policy.impossible:
        if rule.entity == "account" and truth(rule.condition, settings):
            raise ImpossibleError(rule, None)
    pools = tuple(pool for pool in policy.pools if truth(pool.when, settings) is not False)
    return _Active(
        pools,
        tuple(_KEYS.get(pool.key) for pool in pools),
        tuple(pool.draws_on == "assigned_margin" for pool in pools),
        settings,
        {**scheme.defaults, **settings},
        impossible=policy.impossible,
    )


def arrange(policy: Policy, state: AccountState) -> list[PoolInstance]:
    """The pools of an account under a policy, those with collateral and no position included.

    Raises:
        StateError: the document does not say what membership depends on, or contradicts the policy's scope.
        ImpossibleError: the policy says that no account is like that.
    """
    _check_scope(policy.plan, state)
    scheme = _scheme(policy.plan)
    chosen = _chosen(policy, scheme, state) if scheme.settings else ()
    active = scheme.active.get(chosen)
    if active is None:
        settings = {
            ("account", name): value
            for (name, _), value in zip(scheme.settings, chosen, strict=True)
            if value is not None
        }
        active = scheme.active[chosen] = _activate(policy.plan, scheme, settings)
    pools, keys = active.pools, active.keys
    members: list[dict[str, list[PositionMember]]] = [{} for _ in pools]
    assigned: dict[str, Decimal | Unknown] = {}
    instruments, assets = state.instrument_by_symbol, state.asset_by_name
    fields_of, decided = scheme.position, active.positions
    isolated = active.assigned
    for position in state.positions:
        instrument = instruments[position.symbol]
        place = decided.get(fields_of(position, instrument))
        if place is None:
            place = _pool_of(position, instrument, "position", active)
            decided[fields_of(position, instrument)] = place
        if place == _NOWHERE:
            raise StateError(
                position.pointer,
                f"no pool of policy {policy.name} covers this position",
                "correct its margin mode or the account's settings",
            )
        key_of = keys[place]
        key = "" if key_of is None else key_of(position.id, instrument)
        member = (position, instrument, assets.get(instrument.settle))
        members[place].setdefault(key, []).append(member)
        if isolated[place]:
            _assign(assigned, position, pools[place].draws_asset, instrument)
    orders: list[dict[str, list[OrderMember]]] = [{} for _ in pools]
    for order in state.orders:
        instrument = instruments[order.symbol]
        place = active.orders.get(scheme.order(order, instrument))
        if place is None:
            place = _pool_of(order, instrument, "order", active)
            active.orders[scheme.order(order, instrument)] = place
        if place != _NOWHERE:
            key_of = keys[place]
            key = "" if key_of is None else key_of("", instrument)
            if pools[place].key == "position":
                holder = _holder(order, members[place].values())
                if holder is None:
                    continue
                key = holder.id
            orders[place].setdefault(key, []).append((order, instrument, assets.get(instrument.settle)))
    found: list[PoolInstance] = []
    taken: dict[str, str] = {}
    for place, pool in enumerate(pools):
        if pool.draws_on == "assigned_margin" and pool.key == "position":
            _isolated(found, pool, members[place], orders[place], state)
        else:
            drawn: tuple[BalanceMember, ...] = ()
            if pool.draws_on in DRAWS_ON_CASH:
                drawn = _drawn(pool, place, assigned, taken, state, scheme, active)
            _instances(found, pool, members[place], orders[place], drawn, state)
    return found


def _holder(order: Order, members: Iterable[list[PositionMember]]) -> Position | None:
    """The position, of those with a pool each, whose pool an order is in; None where there is none on its contract.

    Of a long and a short that is the one which the order makes larger; one that only reduces makes the other smaller.

    Raises:
        StateError: several positions are of that side.
    """
    held = [position for ((position, _, _),) in members if position.symbol == order.symbol]
    if len(held) > 1:
        long = (order.side == "buy") != (order.reduce_only is True)
        held = [position for position in held if (position.quantity > 0) == long]
    if len(held) > 1:
        raise StateError(
            order.pointer,
            f"the order can be for {' or '.join(position.id for position in held)}: each has a pool of its own",
            "leave one of them out, or the order",
        )
    return held[0] if held else None


def _isolated(
    found: list[PoolInstance],
    pool: plan.PoolPlan,
    members: Mapping[str, list[PositionMember]],
    orders: Mapping[str, list[OrderMember]],
    state: AccountState,
) -> None:
    """The pools of positions each with a margin of its own."""
    for key, (member,) in members.items():
        position, instrument, _ = member
        collateral: Decimal | Unknown | None = position.assigned_margin
        if collateral is None:
            collateral = _no_margin(position)
        asset = instrument.settle if pool.asset == "settle" else pool.asset
        others = _others(state, (member,)) if pool.sees_others else ()
        resting = tuple(orders[key]) if key in orders else ()
        groups = _groups(pool, (member,), resting, (), others, state) if pool.groups else NO_GROUPS
        found.append(
            PoolInstance(pool, f"{pool.kind}/{key}", asset, (member,), resting, (), collateral, groups, others)
        )


def _assign(
    assigned: dict[str, Decimal | Unknown], position: Position, named: str | None, instrument: Instrument
) -> None:
    """Count the margin of a position among what its asset's balance has given away."""
    asset = instrument.settle if named is None else _named_asset(position, named)
    if position.assigned_margin is None:
        assigned[asset] = _no_margin(position)
        return
    known = assigned.get(asset)
    if not isinstance(known, Unknown):
        assigned[asset] = position.assigned_margin if known is None else known + position.assigned_margin


def _no_margin(position: Position) -> Unknown:
    return Unknown(f"position {position.id} has no assigned_margin", pointer_to(position, "assigned_margin"))


def _check_scope(found: plan.Plan, state: AccountState) -> None:
    for instrument in state.instruments:
        if instrument.contract not in found.contracts:
            raise StateError(
                pointer_to(instrument, "contract"),
                f"policy {found.name} is about {' and '.join(found.contracts)} contracts, {instrument.symbol} is {instrument.contract}",
                "leave the instrument out, or use a policy that has rules for it",
            )
    if found.start is None and found.until is None:
        return
    said = state.account.day
    day = said if said is not None else today()
    account = f"the account is as of {day}" if said is not None else f"the account names no day, and it is {day}"
    if found.start is not None and day < found.start:
        raise StateError(
            "/account/as_of",
            f"the rules of {found.name} hold from {found.start}, {account}",
            "use a policy that held then" if said is not None else "say the account's `as_of`, or use another policy",
        )
    if found.until is not None and day >= found.until:
        raise StateError(
            "/account/as_of",
            f"the rules of {found.name} held until {found.until}, {account}",
            "use a policy that holds then" if said is not None else "say the account's `as_of`, or use another policy",
        )


def _chosen(policy: Policy, scheme: _Scheme, state: AccountState) -> tuple[str | bool | None, ...]:
    """Choices and flags of the account that decide which pools there are, and who is in them."""
    found: list[str | bool | None] = []
    inputs = state.account.inputs
    for name, default in scheme.settings:
        value = inputs.get(name)
        if value is None:
            value = default
        if isinstance(value, str | bool):
            found.append(value)
        elif name in scheme.needed:
            raise StateError(
                f"/account/{name}",
                f"policy {policy.name} needs `{name}` to know which pools there are",
                f"add it to `account`: {', '.join(str(entry).lower() for entry in scheme.needed[name])}",
            )
        else:
            found.append(None)
    return tuple(found)


def _named_asset(position: Position, name: str) -> str:
    """The asset that a field of a position names."""
    found = position.inputs.get(name)
    if not isinstance(found, str):
        raise StateError(
            pointer_to(position, name),
            f"position {position.id} has no {name}, so the asset of its margin is open",
            "name the asset",
        )
    return found


def _pool_of(record: Position | Order, instrument: Instrument, entity: str, active: _Active) -> int:
    """The place of the pool that a record is in; `_NOWHERE` where none covers it.

    Raises:
        ImpossibleError: there is no such record.
        StateError: it does not say what that follows from.
    """
    known = _Known(record, instrument, entity, active.known)
    for rule in active.impossible:
        if rule.entity == entity and truth(rule.condition, known):
            raise ImpossibleError(rule, record)
    for place, pool in enumerate(active.pools):
        condition = pool.positions if entity == "position" else pool.orders
        if condition is None:
            continue
        verdict = truth(condition, known)
        if verdict is None:
            missing = next(
                name for (owner, name) in variables([condition]) if owner == entity and known.get((owner, name)) is None
            )
            raise StateError(
                pointer_to(record, missing),
                f"`{missing}` is missing: it decides which pool the {entity} is in",
                f"say it: {', '.join(str(value) for value in variables([condition])[entity, missing])}",
            )
        if verdict:
            return place
    return _NOWHERE


class _Known(dict[tuple[str, str], str | bool]):
    """Choices and flags of one record and its contract over the account's settings and all defaults."""

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
        found = None
        if key[0] == self.entity:
            found = _field(self.record, key[1])
        elif key[0] == "instrument":
            found = _field(self.instrument, key[1])
        return super().get(key, default) if found is None else found


def _field(record: Position | Order | Balance | Instrument, name: str) -> Any:
    value = getattr(record, name, None)
    return record.inputs.get(name) if value is None else value


DRAWS_ON_CASH = frozenset({"balances", "remainder"})
"""What a pool draws on, where that is cash of the account."""


def _instances(
    found: list[PoolInstance],
    pool: plan.PoolPlan,
    members: Mapping[str, list[PositionMember]],
    orders: Mapping[str, list[OrderMember]],
    drawn: tuple[BalanceMember, ...],
    state: AccountState,
) -> None:
    """The pools of one variant, one per key."""
    if pool.key == "account":
        keys: Iterable[str] = ("",)
    else:
        held = [balance.asset for balance, _, _ in drawn] if pool.key == "settlement asset" else []
        keys = dict.fromkeys([*members, *orders, *held])
    for key in keys:
        positions = tuple(members[key]) if key in members else ()
        resting = tuple(orders[key]) if key in orders else ()
        asset = _asset(pool, key, positions, resting, drawn, state)
        balances = drawn
        idle: tuple[Balance, ...] = ()
        if not pool.mixed:
            for balance, _, _ in drawn:
                if balance.asset != asset:
                    balances = tuple([entry for entry in drawn if entry[0].asset == asset])
                    if pool.key == "account":
                        idle = tuple([one for one, _, _ in drawn if one.asset != asset and one.wallet_balance])
                    break
        collateral = _collateral(pool, positions, balances)
        if not balances and not pool.mixed and pool.draws_on in DRAWS_ON_CASH and (positions or resting):
            # None and nothing said are two things: what is held can be all that keeps the pool safe.
            collateral = Unknown(f"the account says nothing of a balance in {asset}", "/balances")
        identity = f"{pool.kind}/{key}" if key else pool.kind
        others = _others(state, positions) if pool.sees_others else ()
        groups = _groups(pool, positions, resting, balances, others, state) if pool.groups else NO_GROUPS
        found.append(
            PoolInstance(pool, identity, asset, positions, resting, balances, collateral, groups, others, idle)
        )


def _others(state: AccountState, positions: tuple[PositionMember, ...]) -> tuple[PositionMember, ...]:
    """The positions of the account but those of a pool."""
    own = {position.id for position, _, _ in positions}
    instruments, assets = state.instrument_by_symbol, state.asset_by_name
    return tuple(
        [
            (position, instruments[position.symbol], assets.get(instruments[position.symbol].settle))
            for position in state.positions
            if position.id not in own
        ]
    )


def _groups(
    pool: plan.PoolPlan,
    positions: tuple[PositionMember, ...],
    orders: tuple[OrderMember, ...],
    balances: tuple[BalanceMember, ...],
    others: tuple[PositionMember, ...],
    state: AccountState,
) -> dict[str, Groups]:
    """Who is in which group; a group by settlement asset is there for a balance alone too, none for another pool's alone."""
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
        linked: dict[tuple[str, str], tuple[int | None, ...]] = {}
        for members, link in pool.links.get(name, ()):
            records_of: Sequence[tuple[Any, ...]] = {"positions": positions, "orders": orders, "balances": balances}[
                members
            ]
            assets = [member[0].inputs.get(link) for member in records_of]
            linked[members, link] = tuple([place(asset, None) if isinstance(asset, str) else None for asset in assets])
        outside = tuple([indexes.get(getattr(own, attribute)) for _, own, _ in others])
        found[name] = Groups(tuple(indexes), tuple(records), in_positions, in_orders, held, outside, linked)
    return found


_NO_ASSET = Asset("")


def _drawn(
    pool: plan.PoolPlan,
    place: int,
    assigned: Mapping[str, Decimal | Unknown],
    taken_from: dict[str, str],
    state: AccountState,
    scheme: _Scheme,
    active: _Active,
) -> tuple[BalanceMember, ...]:
    """The balances that a pool draws on, each with the part that it has.

    Args:
        pool: the pool.
        place: its place among the pools in force.
        assigned: by asset, what isolated positions were assigned.
        taken_from: the balance that this was taken from, by asset; filled in here.
        state: the account.
        scheme: what membership depends on.
        active: the pools in force.
    """
    left = dict(assigned) if pool.draws_on == "remainder" else {}
    drawn: list[BalanceMember] = []
    for balance in state.balances:
        if pool.mixed and not balance.wallet_balance and balance.asset not in (*state.asset_by_name, *left):
            # Nothing of an asset that the account says nothing else of is worth nothing.
            continue
        if pool.draws_where is not None:
            key = (place, *scheme.balance(balance, state.asset_by_name.get(balance.asset, _NO_ASSET)))
            drawn_on = active.balances.get(key)
            if drawn_on is None:
                drawn_on = active.balances[key] = _draws(pool.draws_where, balance, state, active.known)
            if not drawn_on:
                continue
        taken = left.pop(balance.asset, None)
        amount: Decimal | Unknown = balance.wallet_balance
        if taken is not None:
            if balance.asset in taken_from:
                raise StateError(
                    balance.pointer,
                    f"isolated positions were assigned {balance.asset}, and two pools have {balance.asset} balances to take "
                    f"it from: this one and {taken_from[balance.asset]}",
                    f"list only the {balance.asset} balance that the margin was taken from, or use one document a wallet",
                )
            taken_from[balance.asset] = balance.pointer
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


def _draws(
    where: plan.Node, balance: Balance, state: AccountState, settings: Mapping[tuple[str, str], str | bool]
) -> bool:
    """Whether a pool draws on a balance, by its condition."""
    known = dict(settings)
    for entity, name in variables([where]):
        value = _field(balance, name) if entity == "balance" else _asset_field(state, balance.asset, name)
        if isinstance(value, str | bool):
            known[entity, name] = value
    drawn_on = truth(where, known)
    if drawn_on is None:
        missing = next(key for key in variables([where]) if key not in known)
        raise StateError(
            pointer_to(balance, missing[1]),
            f"`{missing[1]}` of {missing[0]} {balance.asset} is missing: it decides which pool draws on the balance",
            "say it",
        )
    return bool(drawn_on)


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
    settles: dict[str, str] = {}
    for position, instrument, _ in positions:
        if instrument.settle not in settles:
            settles[instrument.settle] = position.pointer
    for order, instrument, _ in orders:
        if instrument.settle not in settles:
            settles[instrument.settle] = order.pointer
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
    total = _ZERO
    if pool.draws_on == "assigned_margin":
        for position, _, _ in positions:
            if position.assigned_margin is None:
                return _no_margin(position)
            total += position.assigned_margin
        return total
    for _, amount, _ in balances:
        if isinstance(amount, Unknown):
            return amount
        total += amount
    return total
