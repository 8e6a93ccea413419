"""A stream of events under a policy: marks, fills, funding and actions in, decisions and liquidations out, as they occur.

`Replay` keeps the accounts and takes one event after another; a backtester feeds it and asks for the state in between.
The same events give the same results, to the last digit. After every event the venue's procedures run on the accounts
that it touched, so a liquidation stands right behind the price that caused it.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from attrs import define, evolve, field

import marginrules.account.documents as account_documents
from marginrules.account.actions import ACTION_KINDS, Action, ActionError, apply, booked
from marginrules.account.contracts import value_at
from marginrules.account.state import AccountState, Asset, Order, StateError
from marginrules.arithmetic import exact_context, plain_text
from marginrules.engine.decide import Decision, decide
from marginrules.engine.evaluate import evaluate
from marginrules.engine.procedures import Entry, ProcedureError, run_procedures, with_cash
from marginrules.engine.report import Report
from marginrules.errors import MarginRulesError
from marginrules.language.diagnostics import did_you_mean
from marginrules.policy.policy import Policy

EVENTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "account": (("document",), ()),
    "mark": (("symbol", "price"), ()),
    "index": (("asset", "price"), ()),
    "funding": (("symbol", "rate"), ()),
    "fill": (
        ("quantity", "price"),
        ("order", "symbol", "side", "margin_mode", "leverage", "assigned_margin", "position", "position_side", "fee"),
    ),
}
"""Events beside actions, with what each must say and what it may say."""


_COMMON = ("event", "account", "at")
COLUMNS: tuple[str, ...] = tuple(
    dict.fromkeys(
        [*_COMMON]
        + [name for names in (EVENTS, ACTION_KINDS) for said in names.values() for part in said for name in part]
    )
)
"""Every name that an event may say: the columns that a table of events can have."""
_ZERO = Decimal(0)
_SHOWN = 80
"""Most characters of a wrong value that a message repeats."""


class EventError(MarginRulesError):
    """An event that cannot be taken; the accounts are as they were before it."""


Result = dict[str, Any]
"""One line of output: a decision, or a step of a procedure, as a document."""


@define
class Replay:
    """Accounts under a policy, moved on by events.

    Attributes:
        policy: the policy that decides and liquidates.
        accounts: the accounts as they are now, by id.
        unsettled: pools that are liquidatable and that no step of the policy helps, or whose next step needs what is
            unknown, by account: told once.
        decided: called with each decision and the account that it was about, before it changes; for a decision log.
        unheard: how many events were of an instrument or an asset that no account had, by its name.
    """

    policy: Policy
    accounts: dict[str, AccountState] = field(factory=dict)
    unsettled: dict[str, tuple[str, ...]] = field(factory=dict)
    decided: Callable[[AccountState, Decision], None] | None = None
    unheard: dict[str, int] = field(factory=dict)

    def state(self, account: str) -> AccountState:
        """An account as it is now.

        Raises:
            EventError: there is no such account.
        """
        return self._state(account)

    def report(self, account: str, *, solve: bool = True) -> Report:
        """The report of an account as it is now.

        Raises:
            EventError: there is no such account.
        """
        return evaluate(self.policy, self._state(account), solve=solve)

    def mark(self, symbol: str, price: Decimal) -> list[Result]:
        """A mark price; what the venue does about it."""
        return self.feed({"event": "mark", "symbol": symbol, "price": price})

    def fill(
        self, account: str, symbol: str, side: str, quantity: Decimal, price: Decimal, **more: Any
    ) -> list[Result]:
        """A trade that was done, whatever the policy says to it; `more` is as in a `fill` event."""
        event = {"symbol": symbol, "side": side, "quantity": quantity, "price": price, **more}
        return self.feed({"event": "fill", "account": account, **event})

    def act(self, account: str, action: Action) -> list[Result]:
        """An action that is asked for; the first result is the decision."""
        from marginrules.engine.documents import write_action  # noqa: PLC0415 - documents reads this module's results

        return self.feed({**write_action(action), "account": account})

    def feed(self, event: Mapping[str, Any]) -> list[Result]:
        """Take one event.

        Args:
            event: as in a file: `{"event": "mark", "symbol": "BTC-PERP", "price": "92000"}`, or an action with the
                `account` that asks for it.

        Returns:
            What was decided, and what the venue did by itself, in order; empty where nothing was.

        Raises:
            EventError: the event cannot be taken; nothing has changed.
        """
        kind = event.get("event", event.get("action"))
        if kind is None:
            message = f"/event: the line says no event\nhelp: an event is one of {', '.join((*EVENTS, *ACTION_KINDS))}"
            raise EventError(message)
        decisions: list[tuple[AccountState, Decision]] = []
        unsettled: dict[str, tuple[str, ...]] = {}
        try:
            with exact_context():
                changed, results = self._taken(str(kind), event, decisions)
                for name, state in self._at(changed, event).items():
                    outcome = run_procedures(self.policy, state)
                    changed[name] = outcome.state
                    unsettled[name] = outcome.unsettled
                    results.extend(_entry(name, entry) for entry in outcome.entries)
                    known = self.unsettled.get(name, ())
                    fresh = [pool for pool in outcome.unsettled if pool not in known]
                    if fresh:
                        because = {pool: outcome.reasons[pool] for pool in fresh}
                        results.append({"account": name, "unsettled": fresh, "because": because})
        except (StateError, ActionError, ProcedureError) as error:
            raise EventError(str(error)) from None
        except ArithmeticError:
            message = "the amounts are out of range: nothing can be computed with them\nhelp: correct the event"
            raise EventError(message) from None
        self.accounts.update(changed)
        self.unsettled.update(unsettled)
        if self.decided is not None:
            for state, decision in decisions:
                self.decided(state, decision)
        return results

    # ------------------------------------------------------------ events

    def _taken(
        self, kind: str, event: Mapping[str, Any], decisions: list[tuple[AccountState, Decision]]
    ) -> tuple[dict[str, AccountState], list[Result]]:
        if kind in ACTION_KINDS:
            return self._action(event, decisions)
        if kind not in EVENTS:
            near = did_you_mean(kind[:_SHOWN], (*EVENTS, *ACTION_KINDS))
            known = ", ".join((*EVENTS, *ACTION_KINDS))
            message = f"/event: there is no event {_short(kind)}\nhelp: {near}an event is one of {known}"
            raise EventError(message)
        required, optional = EVENTS[kind]
        for name in event:
            if name not in (*_COMMON, *required, *optional):
                near = did_you_mean(str(name)[:_SHOWN], (*required, *optional))
                listed = ", ".join((*required, *optional))
                message = f"/{_short(name)}: `{kind}` has no `{_short(name)}`\nhelp: {near}it says {listed}"
                raise EventError(message)
        for name in required:
            if event.get(name) is None:
                message = f"/{name}: `{kind}` needs `{name}`\nhelp: it says {', '.join(required)}"
                raise EventError(message)
        if kind == "account":
            state = account_documents.read(event["document"], self.policy.inputs, "/document")
            return {state.account.id: state}, []
        if kind == "fill":
            name, state = self._asking(event)
            return {name: self._filled(state, event)}, []
        changed = self._of_market(kind, event)
        if event.get("account") is not None:
            name, state = self._asking(event)
            changed = {name: changed[name]} if name in changed else {}
        return changed, []

    def _of_market(self, kind: str, event: Mapping[str, Any]) -> dict[str, AccountState]:
        name = _name(event, "asset" if kind == "index" else "symbol")
        if self.accounts and not any(_concerns(kind, name, state) for state in self.accounts.values()):
            self.unheard[name] = self.unheard.get(name, 0) + 1
        if kind == "mark":
            return self._marked(name, _number(event, "price"))
        if kind == "index":
            return self._indexed(name, _number(event, "price"))
        return self._funded(name, _number(event, "rate", signed=True))

    def _at(self, changed: dict[str, AccountState], event: Mapping[str, Any]) -> dict[str, AccountState]:
        """The accounts that changed, at the time of the event: it chooses among rules with dates."""
        at = event.get("at")
        if at is None:
            return dict(changed)
        moment = _moment(at)
        if event.get("event") != "account":
            for state in changed.values():
                reached = state.account.as_of
                if reached is not None and moment < reached:
                    message = (
                        f"/at: {_short(at)} is before {reached.isoformat()}, which account {state.account.id} has reached\n"
                        "help: put the events in the order of their times"
                    )
                    raise EventError(message)
        return {name: evolve(state, account=evolve(state.account, as_of=moment)) for name, state in changed.items()}

    def _filled(self, state: AccountState, event: Mapping[str, Any]) -> AccountState:
        """The account after a trade: of a resting order, which shrinks by it, or of one that did not rest."""
        document = {key: value for key, value in event.items() if key not in (*_COMMON, "order", "fee")}
        order: Order | None = None
        if event.get("order") is not None:
            order = next((found for found in state.orders if found.id == event["order"]), None)
            if order is None:
                known = ", ".join(found.id for found in state.orders if found.id is not None) or "none with an id"
                message = f"/order: there is no order {_short(event['order'])}\nhelp: the account has {known}"
                raise EventError(message)
            of_order = {"symbol": order.symbol, "side": order.side}
            for name in ("margin_mode", "leverage"):
                if getattr(order, name) is not None:
                    of_order[name] = getattr(order, name)
            for name in ("symbol", "side"):
                if document.get(name, of_order[name]) != of_order[name]:
                    message = f"/{name}: order {order.id} says {of_order[name]}\nhelp: leave it out"
                    raise EventError(message)
            document = {**of_order, **document}
        action = self._read({"action": "open", **document})
        effect = apply(state, action)
        state = effect.state
        if order is not None:
            left = order.quantity - (action.quantity or _ZERO)
            if left < 0:
                message = f"/quantity: order {order.id} has {plain_text(order.quantity)} left\nhelp: fill that at most"
                raise EventError(message)
            kept = (evolve(found, quantity=left) if found is order else found for found in state.orders)
            state = evolve(state, orders=tuple(found for found in kept if found.quantity))
        if event.get("fee") is not None:
            fee = _number(event, "fee", signed=True)
            settle = state.instrument_by_symbol[action.symbol or ""].settle
            state = with_cash(state, settle, -fee)
        return state

    def _action(
        self, event: Mapping[str, Any], decisions: list[tuple[AccountState, Decision]]
    ) -> tuple[dict[str, AccountState], list[Result]]:
        name, state = self._asking(event)
        document = {key: value for key, value in event.items() if key not in _COMMON}
        document["action"] = str(event.get("action", event.get("event")))
        state = self._at({name: state}, event)[name]
        decision = decide(self.policy, state, self._read(document), solve=False)
        decisions.append((state, decision))
        return {name: decision.state if decision.state is not None else state}, [_decision(name, decision)]

    def _read(self, document: Mapping[str, Any]) -> Action:
        from marginrules.engine.documents import read_action  # noqa: PLC0415 - documents reads this module's results

        return read_action(document, "event")

    def _asking(self, event: Mapping[str, Any]) -> tuple[str, AccountState]:
        name = event.get("account")
        if name is None and len(self.accounts) == 1:
            name = next(iter(self.accounts))
        if not isinstance(name, str):
            message = "/account: whose it is, is open\nhelp: name the account"
            raise EventError(message)
        return name, self._state(name)

    def _state(self, name: str) -> AccountState:
        found = self.accounts.get(name)
        if found is None:
            known = ", ".join(self.accounts) or "none"
            message = f"/account: there is no account {name!r}\nhelp: there are {known}; an `account` event begins one"
            raise EventError(message)
        return found

    def _marked(self, symbol: str, price: Decimal) -> dict[str, AccountState]:
        changed: dict[str, AccountState] = {}
        for name, state in self.accounts.items():
            instrument = state.instrument_by_symbol.get(symbol)
            if instrument is None or instrument.mark_price == price:
                continue
            moved = evolve(instrument, mark_price=price)
            instruments = tuple(moved if entry is instrument else entry for entry in state.instruments)
            changed[name] = evolve(state, instruments=instruments)
        return changed

    def _indexed(self, asset: str, price: Decimal) -> dict[str, AccountState]:
        changed: dict[str, AccountState] = {}
        for name, state in self.accounts.items():
            known = state.asset_by_name.get(asset)
            if known is None and not any(balance.asset == asset for balance in state.balances):
                continue
            if known is None:
                fresh = Asset(asset, price, pointer=f"/assets/{len(state.assets)}")
                assets: tuple[Asset, ...] = (*state.assets, fresh)
            else:
                moved = evolve(known, index_price=price)
                assets = tuple(moved if entry is known else entry for entry in state.assets)
            changed[name] = evolve(state, assets=assets)
        return changed

    def _funded(self, symbol: str, rate: Decimal) -> dict[str, AccountState]:
        """Longs pay a positive rate of their value at the mark, shorts receive it; isolated margin takes its own."""
        changed: dict[str, AccountState] = {}
        for name, state in self.accounts.items():
            instrument = state.instrument_by_symbol.get(symbol)
            if instrument is None or not any(position.symbol == symbol for position in state.positions):
                continue
            if instrument.mark_price is None:
                message = f"/symbol: {symbol} has no mark price in account {name}, so its funding is open\nhelp: send a mark first"
                raise EventError(message)
            positions = []
            paid = _ZERO
            for position in state.positions:
                if position.symbol != symbol:
                    positions.append(position)
                    continue
                value = value_at(instrument, position.quantity, instrument.mark_price)
                amount = booked(value * rate if position.quantity > 0 else -value * rate)
                paid += amount
                if position.assigned_margin is not None:
                    position = evolve(position, assigned_margin=position.assigned_margin - amount)  # noqa: PLW2901
                positions.append(position)
            balances = list(state.balances)
            for place, balance in enumerate(balances):
                if balance.asset == instrument.settle:
                    balances[place] = evolve(balance, wallet_balance=balance.wallet_balance - paid)
                    break
            else:
                message = (
                    f"/symbol: account {name} has no {instrument.settle} balance to pay funding from\nhelp: give it one"
                )
                raise EventError(message)
            changed[name] = evolve(state, balances=tuple(balances), positions=tuple(positions))
        return changed


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _moment(value: object) -> datetime:
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = None
        if found is not None and found.tzinfo is not None:
            return found
    message = f'/at: {_short(value)} is no time\nhelp: write it as "2026-11-22T12:00:00Z"'
    raise EventError(message)


def _name(event: Mapping[str, Any], name: str) -> str:
    value = event[name]
    if not isinstance(value, str):
        message = f"/{name}: {_short(value)} is no name\nhelp: write a text in quotes"
        raise EventError(message)
    return value


def _number(event: Mapping[str, Any], name: str, *, signed: bool = False) -> Decimal:
    number = account_documents.decimal(event[name], f"/{name}", "event")
    if not signed and number <= 0:
        message = f"/{name}: {name} is {plain_text(number)}\nhelp: it must be above 0"
        raise EventError(message)
    return number


def _decision(account: str, decision: Decision) -> Result:
    from marginrules.engine.documents import write_action  # noqa: PLC0415 - documents reads this module's results

    return {
        "account": account,
        "decision": {
            "action": write_action(decision.action),
            "allowed": decision.allowed,
            "rule": decision.rule,
            "because": decision.because,
            **({"refusal": decision.refusal} if decision.refusal is not None else {}),
        },
    }


def _entry(account: str, entry: Entry) -> Result:
    from marginrules.engine.documents import write_entry  # noqa: PLC0415 - documents reads this module's results

    found = write_entry(entry)
    # A stream repeats its rules; what they cite stands in the policy.
    found.pop("cites", None)
    return {"account": account, "procedure": found}


def relogged(policy: Policy, entries: Iterator[Mapping[str, Any]]) -> Iterator[Result]:
    """A decision log under a policy: what it decides differently.

    Args:
        policy: the same policy that wrote the log, or another one.
        entries: the log's lines, parsed.

    Yields:
        For each line whose verdict differs, its number, what the log says and what the policy says.

    Raises:
        EventError: a line is no entry of a decision log.
    """
    for number, entry in enumerate(entries, 1):
        found = again(policy, entry, number)
        if found is not None:
            yield found


def again(policy: Policy, entry: Mapping[str, Any], number: int) -> Result | None:
    """One entry of a decision log, decided again; None where the policy decides it as the log says.

    Args:
        policy: the policy that decides now.
        entry: the parsed line.
        number: of the line.

    Raises:
        EventError: it is no entry of a decision log.
    """
    from marginrules.engine.documents import read_action, state_digest  # noqa: PLC0415 - as above

    if entry.get("schema") != "marginrules/decision-log/1":
        message = f"line {number}: this is no entry of a decision log\nhelp: `marginrules act --log FILE` writes one"
        raise EventError(message)
    try:
        with exact_context():
            state = account_documents.read(entry["account"], policy.inputs, f"line {number}")
            decision = decide(policy, state, read_action(entry["action"], f"line {number}"), solve=False)
    except KeyError as error:
        message = f"line {number}: the entry has no {error}\nhelp: give the line as it was written"
        raise EventError(message) from None
    except ArithmeticError:
        message = f"line {number}: its amounts are out of range\nhelp: give the line as it was written"
        raise EventError(message) from None
    except MarginRulesError as error:
        message = f"line {number}: {error}"
        raise EventError(message) from None
    now = {"allowed": decision.allowed, "because": decision.because, "state_digest": state_digest(decision.state)}
    logged = {name: entry[name] if name in entry else now[name] for name in now}
    if logged == now:
        return None
    policies = {
        "logged": entry.get("policy"),
        "now": {"name": policy.name, "version": policy.version, "digest": policy.digest},
    }
    return {
        "line": number,
        "action": entry["action"],
        "policy": policies,
        "logged": {"allowed": entry.get("allowed"), "because": entry.get("because"), "rule": entry.get("rule")},
        "now": {"allowed": decision.allowed, "because": decision.because, "rule": decision.rule},
        **({"states_differ": True} if decision.allowed and logged["allowed"] is True else {}),
    }


def _concerns(kind: str, name: str, state: AccountState) -> bool:
    """Whether an account has the instrument or the asset of an event."""
    if kind == "index":
        return name in state.asset_by_name or any(balance.asset == name for balance in state.balances)
    return name in state.instrument_by_symbol
