"""The report and decisions as JSON, and actions from it: exact decimals as plain strings."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

import marginrules.account.documents as account_documents
from marginrules.account.actions import ACTION_KINDS, Action
from marginrules.account.state import AccountState, StateError
from marginrules.arithmetic import plain_text
from marginrules.engine.decide import Decision
from marginrules.engine.procedures import Entry, Outcome, totals
from marginrules.engine.report import Figure, Report
from marginrules.language.diagnostics import did_you_mean
from marginrules.policy.policy import Policy


def write(report: Report) -> dict[str, Any]:
    """The report in the form `marginrules/report/1`.

    Returns:
        A document for `json.dumps`; every amount a string without exponent, None where `unknown` says why.
    """
    return {
        "schema": "marginrules/report/1",
        "policy": {
            "name": report.policy.name,
            "version": report.policy.version,
            "digest": report.policy.digest,
            "omits": list(report.policy.omits),
        },
        "account": report.account,
        "pools": [
            {
                "pool": pool.pool,
                "id": pool.id,
                "positions": list(pool.positions),
                "asset": pool.asset,
                "equity": _text(pool.equity),
                "initial_margin": _text(pool.initial_margin),
                "maintenance_margin": _text(pool.maintenance_margin),
                "margin_ratio": _text(pool.margin_ratio),
                "liquidatable": pool.liquidatable,
                **_figures(pool.figures),
            }
            for pool in report.pools
        ],
        "positions": [
            {
                "id": position.id,
                "pool": position.pool,
                "notional": _text(position.notional),
                "unrealized_pnl": _text(position.unrealized_pnl),
                "initial_margin": _text(position.initial_margin),
                "maintenance_margin": _text(position.maintenance_margin),
                "liquidation_price": _text(position.liquidation_price),
                "bankruptcy_price": _text(position.bankruptcy_price),
                "other_boundaries": [plain_text(price) for price in position.other_boundaries],
                **_figures(position.figures),
            }
            for position in report.positions
        ],
        "idle_equity": [{"asset": idle.asset, "amount": _text(idle.amount)} for idle in report.idle_equity],
        "unknown": [
            {"at": entry.at, "reason": entry.reason, **({"pointer": entry.pointer} if entry.pointer else {})}
            for entry in report.unknown
        ],
        "notes": list(report.notes),
    }


_DECIMALS = frozenset({"amount", "quantity", "price", "leverage", "assigned_margin"})
_CHOICES = {"side": ("buy", "sell"), "margin_mode": ("cross", "isolated")}


def read_action(document: object, source: str = "action", pointer: str = "") -> Action:
    """An action from its document.

    Args:
        document: parsed JSON, `{"action": "withdraw", "asset": "USDC", "amount": "5"}`.
        source: what messages call it.
        pointer: where it stands in a larger document.

    Raises:
        StateError: it is not of the form.
    """
    if not isinstance(document, Mapping):
        raise StateError(pointer, "an action is an object", 'write {"action": "deposit", …}', source)
    kind = document.get("action")
    if not isinstance(kind, str) or kind not in ACTION_KINDS:
        meant = did_you_mean(kind, ACTION_KINDS) if isinstance(kind, str) else ""
        problem = "there is no `action`" if kind is None else f"there is no action {kind}"
        raise StateError(f"{pointer}/action", problem, f"{meant}it is one of {', '.join(ACTION_KINDS)}", source)
    required, optional = ACTION_KINDS[kind]
    values: dict[str, Any] = {}
    for name, value in document.items():
        if name == "action":
            continue
        at = f"{pointer}/{name}"
        if name not in (*required, *optional):
            raise StateError(
                at,
                f"`{kind}` has no `{name}`",
                did_you_mean(name, (*required, *optional)) + f"it says {', '.join((*required, *optional))}",
                source,
            )
        if value is None:
            continue
        if name in _DECIMALS:
            values[name] = account_documents.decimal(value, at, source)
        elif name == "reduce_only":
            if not isinstance(value, bool):
                raise StateError(at, "this is not a flag", "write true or false, without quotes", source)
            values[name] = value
        elif not isinstance(value, str) or not value:
            raise StateError(at, "this is not a text", "write a text in quotes that is not empty", source)
        elif name in _CHOICES and value not in _CHOICES[name]:
            raise StateError(at, f"{name} is {value}", f"it is {' or '.join(_CHOICES[name])}", source)
        else:
            values[name] = value
    for name in required:
        if name not in values:
            raise StateError(f"{pointer}/{name}", f"`{kind}` needs `{name}`", f"it says {', '.join(required)}", source)
    for name in ("amount", "quantity", "price", "leverage"):
        if name in values and values[name] <= 0:
            raise StateError(
                f"{pointer}/{name}",
                f"{name} is {plain_text(values[name])}",
                "it must be above 0; the kind of action gives the sign",
                source,
            )
    return Action(kind, **values)


def write_action(action: Action) -> dict[str, Any]:
    """The document of an action."""
    found: dict[str, Any] = {}
    for attribute in attrs.fields(Action):
        value = getattr(action, attribute.name)
        if value is not None:
            found[attribute.name] = plain_text(value) if isinstance(value, Decimal) else value
    return found


def write_decision(decision: Decision) -> dict[str, Any]:
    """A decision in the form `marginrules/decision/1`: the action, the verdict, why, and the account after it."""
    return {
        "schema": "marginrules/decision/1",
        "action": write_action(decision.action),
        "allowed": decision.allowed,
        "rule": decision.rule,
        "text": decision.text,
        "because": decision.because,
        "refusal": decision.refusal,
        "cites": list(decision.cites),
        "values": {
            name: plain_text(value) if isinstance(value, Decimal) else value for name, value in decision.values.items()
        },
        "before": write(decision.before),
        "after": write(decision.after) if decision.after is not None else None,
        "state": account_documents.write(decision.state) if decision.state is not None else None,
    }


def write_entry(entry: Entry) -> dict[str, Any]:
    """One step of a procedure; what it does not have is left out."""
    found: dict[str, Any] = {"step": entry.step, "pool": entry.pool, "rule": entry.rule}
    if entry.cites:
        found["cites"] = list(entry.cites)
    if entry.position is not None:
        found["position"] = entry.position
    if entry.positions:
        found["positions"] = list(entry.positions)
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
    return found


def write_outcome(policy: Policy, state: AccountState, outcome: Outcome, after: Report) -> dict[str, Any]:
    """What the venue did by itself, in the form `marginrules/procedures/1`: the steps, what arrived where, the state."""
    return {
        "schema": "marginrules/procedures/1",
        "policy": {"name": policy.name, "version": policy.version, "digest": policy.digest},
        "account": state.account.id,
        "entries": [write_entry(entry) for entry in outcome.entries],
        "places": [
            {"place": place, "asset": asset, "amount": plain_text(amount)}
            for (place, asset), amount in totals(outcome.entries).items()
        ],
        "unsettled": list(outcome.unsettled),
        "because": dict(outcome.reasons),
        "after": write(after),
        "state": account_documents.write(outcome.state),
    }


def log_line(policy: Policy, state: AccountState, decision: Decision) -> str:
    """A decision as one line of a log, with everything that is needed to decide it again."""
    found = {
        "schema": "marginrules/decision-log/1",
        "policy": {"name": policy.name, "version": policy.version, "digest": policy.digest},
        "account": account_documents.write(state),
        "action": write_action(decision.action),
        "allowed": decision.allowed,
        "rule": decision.rule,
        "because": decision.because,
        "refusal": decision.refusal,
        "state_digest": state_digest(decision.state),
    }
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def state_digest(state: AccountState | None) -> str | None:
    """A digest of an account document: two states with the same one are the same to the last digit."""
    if state is None:
        return None
    text = json.dumps(account_documents.write(state), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _text(number: Decimal | None) -> str | None:
    return None if number is None else plain_text(number)


def _figures(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {name: plain_text(value) if isinstance(value, Decimal) else value for name, value in figures.items()}
