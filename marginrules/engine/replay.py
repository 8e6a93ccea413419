"""A stream of events under a policy: marks, fills, funding and actions in, decisions and liquidations out, as they occur.

`Replay` keeps the accounts and takes one event after another; a backtester feeds it and asks for the state in between.
The same events give the same results, to the last digit. After every event the venue's procedures run on the accounts
that it touched, so a liquidation stands right behind the price that caused it.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from attrs import define, evolve, field

import marginrules.account.documents as account_documents
from marginrules.account.actions import ACTION_KINDS, Action, ActionError, apply
from marginrules.account.contracts import value_at
from marginrules.account.state import AccountState, Asset, StateError
from marginrules.arithmetic import exact_context, plain_text
from marginrules.engine.decide import Decision, decide
from marginrules.engine.evaluate import evaluate
from marginrules.engine.procedures import Entry, run_procedures
from marginrules.engine.report import Report
from marginrules.errors import MarginRulesError
from marginrules.policy.policy import Policy

EVENTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "account": (("document",), ()),
    "mark": (("symbol", "price"), ()),
    "index": (("asset", "price"), ()),
    "funding": (("symbol", "rate"), ()),
    "fill": (
        ("symbol", "side", "quantity", "price"),
        ("margin_mode", "leverage", "assigned_margin", "position", "position_side"),
    ),
}
"""Events beside actions, with what each must say and what it may say."""

_COMMON = ("event", "account", "at")
_ZERO = Decimal(0)


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
    """

    policy: Policy
    accounts: dict[str, AccountState] = field(factory=dict)

    def report(self, account: str, *, solve: bool = True) -> Report:
        """The report of an account as it is now.

        Raises:
            EventError: there is no such account.
        """
        return evaluate(self.policy, self._state(account), solve=solve)

    def mark(self, symbol: str, price: Decimal) -> list[Result]:
        """A mark price; what the venue does about it."""
        return self.feed({"event": "mark", "symbol": symbol, "price": price})

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
        try:
            with exact_context():
                changed, results = self._taken(str(kind), event)
                for name in list(changed):
                    outcome = run_procedures(self.policy, changed[name])
                    changed[name] = outcome.state
                    results.extend(_entry(name, entry) for entry in outcome.entries)
        except (StateError, ActionError) as error:
            raise EventError(str(error)) from None
        self.accounts.update(changed)
        return results

    # ------------------------------------------------------------ events

    def _taken(self, kind: str, event: Mapping[str, Any]) -> tuple[dict[str, AccountState], list[Result]]:
        if kind in ACTION_KINDS:
            return self._action(event)
        if kind not in EVENTS:
            message = f"there is no event {kind!r}\nhelp: an event is one of {', '.join((*EVENTS, *ACTION_KINDS))}"
            raise EventError(message)
        required, optional = EVENTS[kind]
        for name in event:
            if name not in (*_COMMON, *required, *optional):
                message = f"/{name}: `{kind}` has no `{name}`\nhelp: it says {', '.join((*required, *optional))}"
                raise EventError(message)
        for name in required:
            if event.get(name) is None:
                message = f"/{name}: `{kind}` needs `{name}`\nhelp: it says {', '.join(required)}"
                raise EventError(message)
        if kind == "account":
            state = account_documents.read(event["document"], self.policy.inputs, "/document")
            return {state.account.id: state}, []
        if kind == "mark":
            return self._marked(str(event["symbol"]), _number(event, "price")), []
        if kind == "index":
            return self._indexed(str(event["asset"]), _number(event, "price")), []
        if kind == "funding":
            return self._funded(str(event["symbol"]), _number(event, "rate", signed=True)), []
        name, state = self._asking(event)
        document = {key: value for key, value in event.items() if key not in _COMMON}
        effect = apply(state, self._read({"action": "open", **document}))
        return {name: effect.state}, []

    def _action(self, event: Mapping[str, Any]) -> tuple[dict[str, AccountState], list[Result]]:
        name, state = self._asking(event)
        document = {key: value for key, value in event.items() if key not in _COMMON}
        document["action"] = str(event.get("action", event.get("event")))
        decision = decide(self.policy, state, self._read(document), solve=False)
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
                amount = value * rate if position.quantity > 0 else -value * rate
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
    found: Result = {"step": entry.step, "pool": entry.pool, "rule": entry.rule}
    if entry.position is not None:
        found["position"] = entry.position
    if entry.orders:
        found["orders"] = entry.orders
    for name in ("quantity", "price", "amount"):
        value = getattr(entry, name)
        if value is not None:
            found[name] = plain_text(value)
    if entry.transfers:
        found["transfers"] = [
            {"place": transfer.place, "asset": transfer.asset, "amount": plain_text(transfer.amount)}
            for transfer in entry.transfers
        ]
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
    from marginrules.engine.documents import read_action  # noqa: PLC0415 - documents reads this module's results

    for number, entry in enumerate(entries, 1):
        if entry.get("schema") != "marginrules/decision-log/1":
            message = (
                f"line {number}: this is no entry of a decision log\nhelp: `marginrules act --log FILE` writes one"
            )
            raise EventError(message)
        try:
            state = account_documents.read(entry["account"], policy.inputs, f"line {number}")
            decision = decide(policy, state, read_action(entry["action"], f"line {number}"), solve=False)
        except (KeyError, MarginRulesError) as error:
            message = f"line {number}: {error}"
            raise EventError(message) from None
        if decision.allowed is not entry.get("allowed") or decision.because != entry.get("because"):
            yield {
                "line": number,
                "action": entry["action"],
                "logged": {"allowed": entry.get("allowed"), "because": entry.get("because")},
                "now": {"allowed": decision.allowed, "because": decision.because, "rule": decision.rule},
            }
