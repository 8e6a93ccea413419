"""The same account twice: with every position cross and isolated, or under several policies."""

from collections.abc import Sequence
from decimal import Decimal

import attrs
from attrs import frozen

from marginrules.account.actions import booked
from marginrules.account.contracts import value_at
from marginrules.account.state import AccountState, Position, pointer_to
from marginrules.arithmetic import exact_context
from marginrules.engine.arrange import ImpossibleError
from marginrules.engine.evaluate import evaluate
from marginrules.engine.report import Report
from marginrules.errors import MarginRulesError
from marginrules.policy.policy import Policy


@frozen
class Column:
    """One reading of the account.

    Attributes:
        title: the mode or the policy.
        report: its report, or None.
        because: why there is no report.
    """

    title: str
    report: Report | None
    because: str = ""


class NoSuchModeError(MarginRulesError):
    """An account that cannot be put into a mode without guessing."""


def in_mode(state: AccountState, mode: str) -> AccountState:
    """The account with every position in one margin mode.

    A position that becomes isolated is assigned what opening it isolated would assign: its value at entry over its
    leverage; one that is isolated already keeps its assigned margin. Cash stays what it is.

    Args:
        state: the account.
        mode: `cross` or `isolated`.

    Raises:
        NoSuchModeError: a position's leverage is missing.
    """
    with exact_context():
        positions = tuple(_position(state, position, mode) for position in state.positions)
    orders = tuple(attrs.evolve(order, margin_mode=mode) for order in state.orders)
    return attrs.evolve(state, positions=positions, orders=orders)


def _position(state: AccountState, position: Position, mode: str) -> Position:
    if mode == "cross":
        return attrs.evolve(position, margin_mode=mode, assigned_margin=None)
    if position.margin_mode == "isolated":
        return position
    if position.leverage is None:
        message = (
            f"{pointer_to(position, 'leverage')}: position {position.id} has no leverage, so what opening it isolated would "
            "assign is not known\nhelp: add its leverage"
        )
        raise NoSuchModeError(message)
    instrument = state.instrument_by_symbol[position.symbol]
    margin = value_at(instrument, position.quantity, position.entry_price) / position.leverage
    # A quotient of all digits could not be taken from the cash without a remainder.
    return attrs.evolve(position, margin_mode=mode, assigned_margin=booked(margin))


def compare_modes(policy: Policy, state: AccountState) -> tuple[Column, ...]:
    """The account as it is, all cross, and all isolated, under one policy."""
    columns = [_column("as it is", policy, state)]
    for mode in ("cross", "isolated"):
        try:
            columns.append(Column(f"all {mode}", evaluate(policy, in_mode(state, mode))))
        except ImpossibleError as error:
            columns.append(Column(f"all {mode}", None, f"no account is: {error.rule.because}"))
        except MarginRulesError as error:
            columns.append(Column(f"all {mode}", None, str(error)))
    return tuple(columns)


def compare_policies(policies: Sequence[Policy], state: AccountState) -> tuple[Column, ...]:
    """The account as it is, under each policy; one that cannot read it says why."""
    return tuple(_column(policy.name, policy, state) for policy in policies)


def _column(title: str, policy: Policy, state: AccountState) -> Column:
    try:
        return Column(title, evaluate(policy, state))
    except MarginRulesError as error:
        return Column(title, None, str(error))


def idle(report: Report) -> dict[str, Decimal | None]:
    """Idle equity by asset."""
    return {entry.asset or "": entry.amount for entry in report.idle_equity}
