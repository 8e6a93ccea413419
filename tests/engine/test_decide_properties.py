"""What holds of every decision, limit and procedure, over generated policies and accounts."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marginrules.account import documents
from marginrules.account.actions import Action, ActionError, NotPossibleError, apply
from marginrules.account.state import AccountState
from marginrules.arithmetic import exact_context
from marginrules.engine.decide import decide
from marginrules.engine.evaluate import evaluate
from marginrules.engine.limits import limits
from marginrules.engine.preview import preview
from marginrules.engine.procedures import ProcedureError, run_procedures, totals
from marginrules.policy.policy import Policy
from tests.engine.acting import acting, actions
from tests.engine.policies import accounts

CONTRACTS = ("linear", "inverse")


def cash(state: AccountState) -> dict[str, Decimal]:
    """All cash of the account, by asset."""
    found: dict[str, Decimal] = {}
    for balance in state.balances:
        found[balance.asset] = found.get(balance.asset, Decimal(0)) + balance.wallet_balance
    return found


def read(policy: Policy, document: dict[str, Any]) -> AccountState:
    """The account of a generated document."""
    return documents.read(document, policy.inputs)


@pytest.mark.parametrize("contract", CONTRACTS)
@given(data=st.data())
def test_a_decision_does_the_standard_effect_or_nothing(contract: str, data: st.DataObject) -> None:
    """Allowed: the state is the effect's, and can be read again. Refused: there is none, and it says why."""
    policy = data.draw(acting(contract))
    state = read(policy, data.draw(accounts(contract=contract, complete=data.draw(st.booleans()))))
    action = data.draw(actions(state))
    before = documents.write(state)
    try:
        decision = decide(policy, state, action, solve=False)
    except ActionError:
        decision = None
    assert documents.write(state) == before
    if decision is None:
        return
    assert decision.before == evaluate(policy, state, solve=False)
    if not decision.allowed:
        assert decision.state is None
        assert decision.after is None
        assert decision.because
        return
    with exact_context():
        expected = apply(state, decision.action).state
    assert decision.state == expected
    assert decision.rule is not None
    assert decision.after == evaluate(policy, expected, solve=False)
    written = documents.write(expected)
    assert documents.write(documents.read(written, policy.inputs)) == written


@given(data=st.data())
def test_only_deposits_withdrawals_and_trades_move_cash(data: st.DataObject) -> None:
    """Margin that is added, removed or switched stays in the account."""
    policy = data.draw(acting())
    state = read(policy, data.draw(accounts()))
    action = data.draw(actions(state))
    try:
        with exact_context():
            after = apply(state, action).state
    except (ActionError, NotPossibleError):
        return
    moved = {"deposit": 1, "withdraw": -1, "transfer": -1}.get(action.action, 0) * (action.amount or Decimal(0))
    if action.action in {"open", "reduce", "close"}:
        return
    with exact_context():
        assert cash(after)["USDC"] == cash(state)["USDC"] + moved


@given(data=st.data())
def test_what_a_trade_closes_is_booked_and_what_it_opens_is_not(data: st.DataObject) -> None:
    """Cash and unrealized profit and funding together change by the distance of the price from the mark, and no more."""
    policy = data.draw(acting())
    state = read(policy, data.draw(accounts()))
    action = data.draw(actions(state).filter(lambda found: found.action in {"open", "reduce", "close"}))
    try:
        with exact_context():
            after = apply(state, action).state
    except (ActionError, NotPossibleError):
        return

    def worth(of: AccountState) -> Decimal:
        report = evaluate(policy, of, solve=False)
        funding = sum((position.accrued_funding or Decimal(0) for position in of.positions), Decimal(0))
        profits = sum((entry.unrealized_pnl or Decimal(0) for entry in report.positions), Decimal(0))
        return cash(of)["USDC"] + profits + funding

    symbol = action.symbol or next(entry.symbol for entry in state.positions if entry.id == action.position)
    instrument = state.instrument_by_symbol[symbol]
    held = {entry.id: entry.quantity for entry in state.positions}
    left = {entry.id: entry.quantity for entry in after.positions}
    with exact_context():
        traded = sum(left.values(), Decimal(0)) - sum(held.values(), Decimal(0))
        mark = instrument.mark_price or Decimal(0)
        price = action.price if action.price is not None else mark
        gained = traded * instrument.contract_size * (mark - price)
        assert abs(worth(after) - worth(state) - gained) < Decimal("1e-20")


def _action(name: str, state: AccountState, under: str) -> Callable[[Decimal], Action] | None:
    kind, _, of = name.partition(":")
    if kind in {"withdraw", "transfer"}:
        to = "another account" if kind == "transfer" else None
        return lambda amount: Action(kind, asset=of, amount=amount, to=to)
    if kind in {"add_margin", "remove_margin"}:
        return lambda amount: Action(kind, position=of, amount=amount)
    if kind in {"lowest_leverage", "highest_leverage"}:
        return lambda amount: Action("set_leverage", symbol=of, leverage=amount)
    if kind in {"open_buy", "open_sell"}:
        words = under.split(", ")
        mode = next((word for word in words if word in {"cross", "isolated"}), None)
        leverage = next((Decimal(word.split()[1]) for word in words if word.startswith("leverage")), None)
        price = state.instrument_by_symbol[of].mark_price
        return lambda quantity: Action(
            "open",
            symbol=of,
            side=kind.removeprefix("open_"),
            quantity=quantity,
            price=price,
            margin_mode=mode,
            leverage=leverage,
        )
    return None


@settings(max_examples=12)
@given(data=st.data())
def test_every_limit_is_allowed_and_one_step_more_is_refused_by_the_rule_it_names(data: st.DataObject) -> None:
    """Decided, both of them."""
    policy = data.draw(acting())
    document = data.draw(accounts())
    document["instruments"] = document["instruments"][:2]
    symbols = {entry["symbol"] for entry in document["instruments"]}
    for section in ("positions", "orders"):
        document[section] = [entry for entry in document[section] if entry["symbol"] in symbols][:2]
    state = read(policy, document)
    step = Decimal("0.01")
    for limit in limits(policy, state, step=step):
        action = _action(limit.name, state, limit.under)
        if action is None or limit.value is None:
            continue
        unit = step if limit.unit == "USDC" else Decimal(1) if limit.unit == "leverage" else Decimal("0.000001")
        if limit.value > 0:
            assert decide(policy, state, action(limit.value), solve=False).allowed, limit
        more = -unit if limit.name.startswith("lowest") else unit
        if limit.value + more <= 0:
            continue
        try:
            decision = decide(policy, state, action(limit.value + more), solve=False)
        except ActionError:
            continue
        assert not decision.allowed, limit
        assert (decision.rule, decision.because) == (limit.rule, limit.because)


@settings(max_examples=15)
@given(data=st.data())
def test_least_amounts_are_enough_and_one_step_less_is_not(data: st.DataObject) -> None:
    """Of every pool that is liquidatable."""
    policy = data.draw(acting())
    document = data.draw(accounts())
    document["instruments"] = [{**entry, "mark_price": "5"} for entry in document["instruments"]]
    state = read(policy, document)
    step = Decimal("0.01")
    reachable = [limit for limit in limits(policy, state, step=step) if limit.name.startswith("least_") and limit.value]
    for limit in reachable:
        kind, _, of = limit.name.removeprefix("least_").partition(":")
        pool = f"isolated/{of}" if kind == "add_margin" else of
        for amount, safe in ((limit.value, True), (limit.value - step, False)):  # type: ignore[operator]
            if not amount:
                continue
            names = {"position": of} if kind == "add_margin" else {"asset": "USDC"}
            with exact_context():
                after = apply(state, Action(kind, amount=amount, **names)).state
            liquidatable = evaluate(policy, after, solve=False).pool(pool).liquidatable
            assert (liquidatable is False) is safe


@pytest.mark.parametrize("contract", CONTRACTS)
@given(data=st.data())
def test_what_leaves_an_account_arrives_at_a_named_place(contract: str, data: st.DataObject) -> None:
    """To the last digit, in every asset; in few steps; and what remains is an account."""
    policy = data.draw(acting(contract))
    state = read(policy, data.draw(accounts(contract=contract)))
    before = documents.write(state)
    try:
        outcome = run_procedures(policy, state)
    except ProcedureError as error:
        assert str(error)  # noqa: PT017 - a figure that a step needs is unknown
        return
    assert documents.write(state) == before
    moved = totals(outcome.entries)
    with exact_context():
        for asset, amount in cash(state).items():
            arrived = sum((found for (_, of), found in moved.items() if of == asset), Decimal(0))
            assert amount - cash(outcome.state)[asset] == arrived
    assert len(outcome.entries) <= 2 * len(state.positions) * 8 + 8
    assert all(entry.rule for entry in outcome.entries)
    assert all(transfer.place for entry in outcome.entries for transfer in entry.transfers)
    written = documents.write(outcome.state)
    assert documents.write(documents.read(written, policy.inputs)) == written


@given(data=st.data())
def test_an_isolated_liquidation_takes_nothing_from_the_rest_of_the_account(data: st.DataObject) -> None:
    """What is not assigned is what it was, where no cross pool and no replenishment had its turn (B2, B22)."""
    policy = data.draw(acting())
    document = data.draw(accounts())
    document["positions"] = [entry for entry in document["positions"] if entry["margin_mode"] == "isolated"]
    state = read(policy, document)
    outcome = run_procedures(policy, state)
    if any(entry.pool == "cross" or entry.step == "replenish" for entry in outcome.entries):
        return

    def idle(of: AccountState) -> Decimal:
        with exact_context():
            assigned = sum((entry.assigned_margin or Decimal(0) for entry in of.positions), Decimal(0))
            return cash(of)["USDC"] - assigned

    # What is left of its margin when a position is closed is free again; less than before there never is.
    assert idle(outcome.state) >= idle(state)


@settings(max_examples=10)
@given(data=st.data())
def test_a_preview_shows_what_the_fill_would_leave(data: st.DataObject) -> None:
    """The same report as after the action itself."""
    policy = data.draw(acting())
    state = read(policy, data.draw(accounts()))
    action = data.draw(actions(state).filter(lambda found: found.action == "open"))
    found = preview(policy, state, action)
    with exact_context():
        after = evaluate(policy, apply(state, action).state)
    assert found.after == after
    assert found.before == evaluate(policy, state)
    assert {name for name, _, _ in found.prices} >= {position.id for position in after.positions}
