"""Actions: what the policy allows, and what a refusal leaves untouched."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marginrules.account import documents
from marginrules.account.actions import ACTION_KINDS, Action, ActionError, apply
from marginrules.account.contracts import unrealized_pnl
from marginrules.account.state import Account, AccountState, Balance, Instrument, Position
from marginrules.engine.decide import decide
from marginrules.engine.limits import NoSuchTargetError, largest, limits, target
from marginrules.engine.preview import preview
from marginrules.policy.catalogue import load_policy, load_text

DOCUMENT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "alice"},
    "balances": [{"asset": "USDC", "wallet_balance": "2000"}],
    "positions": [
        {
            "id": "A",
            "symbol": "BTC-PERP",
            "quantity": "0.02",
            "entry_price": "100000",
            "margin_mode": "isolated",
            "leverage": "10",
            "assigned_margin": "200",
        },
        {
            "id": "B",
            "symbol": "ETH-PERP",
            "quantity": "-0.25",
            "entry_price": "4000",
            "margin_mode": "cross",
            "leverage": "5",
        },
    ],
    "orders": [],
    "instruments": [
        {
            "symbol": symbol,
            "contract": "linear",
            "base": symbol[:3],
            "quote": "USDC",
            "settle": "USDC",
            "mark_price": mark,
            "max_leverage": "40",
            "tiers": [{"above": "0", "max_leverage": "40", "maintenance_rate": "0.0125"}],
        }
        for symbol, mark in (("BTC-PERP", "100000"), ("ETH-PERP", "4000"))
    ],
    "assets": [{"asset": "USDC", "index_price": "1"}],
}


def account(**changes: Any) -> AccountState:
    """The account of these tests, with sections replaced."""
    return documents.read({**DOCUMENT, **changes}, load_policy("documented").inputs)


def cash(state: AccountState) -> Decimal:
    """All cash of the account."""
    return sum((balance.wallet_balance for balance in state.balances), Decimal(0))


def test_a_partial_close_books_its_profit_and_releases_its_share_of_the_margin() -> None:
    """Half of 0.02 BTC closed 1,000 above entry: 10 of profit, half of the 200 released."""
    effect = apply(account(), Action("reduce", position="A", quantity=Decimal("0.01"), price=Decimal(101000)))
    left = next(position for position in effect.state.positions if position.id == "A")
    assert cash(effect.state) == Decimal(2010)
    assert (left.quantity, left.assigned_margin) == (Decimal("0.01"), Decimal(100))


def test_a_fill_on_the_other_side_turns_the_position_round() -> None:
    """Selling 0.05 against a long of 0.02 leaves a short of 0.03 at the fill price, margined anew."""
    action = Action(
        "open",
        symbol="BTC-PERP",
        side="sell",
        quantity=Decimal("0.05"),
        price=Decimal(101000),
        margin_mode="isolated",
        leverage=Decimal(10),
    )
    left = next(position for position in apply(account(), action).state.positions if position.id == "A")
    assert (left.quantity, left.entry_price, left.assigned_margin) == (
        Decimal("-0.03"),
        Decimal(101000),
        Decimal(303),
    )


@pytest.mark.parametrize("contract", ["linear", "inverse"])
def test_the_entry_price_of_a_position_that_grows_keeps_the_sum_of_profits(contract: str) -> None:
    """At the average entry, the profit at any price is that of both fills together."""
    settle = "USD" if contract == "linear" else "BTC"
    instrument = Instrument("X", contract, "BTC", "USD", settle, mark_price=Decimal(100))
    state = AccountState(
        Account("a"),
        (Balance(settle, Decimal(10)),),
        (Position("X", "X", Decimal(3), Decimal(80), "cross", Decimal(5)),),
        (),
        (instrument,),
    )
    action = Action("open", symbol="X", side="buy", quantity=Decimal(5), price=Decimal(100), margin_mode="cross")
    grown = apply(state, action).state.positions[0]
    both = unrealized_pnl(instrument, Decimal(3), Decimal(80), Decimal(120)) + unrealized_pnl(
        instrument, Decimal(5), Decimal(100), Decimal(120)
    )
    found = unrealized_pnl(instrument, grown.quantity, grown.entry_price, Decimal(120))
    assert abs(found - both) < Decimal("1e-20")


def test_an_action_on_a_position_that_is_not_there_is_an_error() -> None:
    """The account's positions are named."""
    with pytest.raises(ActionError, match="the account has A, B"):
        apply(account(), Action("close", position="C"))


def test_what_no_rule_states_is_refused() -> None:
    """A policy that says nothing of an action does not let it pass."""
    policy = load_text(
        'policy quiet {\n title "q"\n version "1"\n}\npool cross {\n covers positions\n one per account\n'
        " draws on balances\n equity = collateral\n}\n"
    )
    decision = decide(policy, account(), Action("withdraw", asset="USDC", amount=Decimal(1)))
    assert not decision.allowed
    assert decision.because == "policy quiet does not state withdraw"


def test_a_rule_whose_condition_is_unknown_refuses_and_says_what_is_missing() -> None:
    """No mark price: the equity that must be left is not known."""
    instruments = [{**entry} for entry in DOCUMENT["instruments"]]
    del instruments[1]["mark_price"]
    decision = decide(
        load_policy("documented"), account(instruments=instruments), Action("withdraw", asset="USDC", amount=Decimal(1))
    )
    assert not decision.allowed
    assert "unknown, because instrument ETH-PERP has no mark_price" in decision.because


@pytest.mark.parametrize(
    "rule",
    [
        'refuse withdraw when pool.equity < 10 * pool.collateral because "in debt" as "E-1"',
        'allow withdraw when pool.equity > 10 * pool.collateral because "in debt" as "E-1"',
        'allow withdraw leaving pool.equity > 10 * pool.collateral because "in debt" as "E-1"',
        'allow withdraw leaving every pool with equity > 10 * collateral because "in debt" as "E-1"',
    ],
)
def test_a_refusal_for_what_is_unknown_has_no_name_of_the_venue(rule: str) -> None:
    """Whether the venue would refuse is not known, so what it would call that is not said."""
    policy = load_text(
        'policy named {\n title "n"\n version "1"\n}\npool cross {\n covers positions\n one per account\n'
        f" draws on balances\n equity = collateral + sum(unrealized_pnl)\n}}\n{rule}\n"
    )
    instruments = [{**entry} for entry in DOCUMENT["instruments"]]
    ask = Action("withdraw", asset="USDC", amount=Decimal(1))
    assert decide(policy, account(instruments=instruments), ask).refusal == "E-1"
    del instruments[1]["mark_price"]
    decision = decide(policy, account(instruments=instruments), ask)
    assert decision.unknown
    assert decision.refusal is None


def test_a_decision_names_rule_citation_and_the_figures_it_compared() -> None:
    """What a support desk needs."""
    decision = decide(load_policy("hyperliquid"), account(), Action("add_margin", position="A", amount=Decimal(5000)))
    assert decision.rule is not None
    assert decision.rule.startswith("rules/hyperliquid.margin:")
    assert decision.values == {"amount": Decimal(5000), "cross.idle_equity": Decimal(1600)}
    assert "Hyperliquid docs, Trading: Margining" in decision.cites[0]
    assert decision.refusal == "Account does not have sufficient margin available for increase"


_amounts = st.integers(1, 4_000_00).map(lambda cents: Decimal(cents) / 100)


@given(
    st.sampled_from(["documented", "hyperliquid", "binance-usdm"]),
    st.one_of(
        _amounts.map(lambda amount: Action("withdraw", asset="USDC", amount=amount)),
        _amounts.map(lambda amount: Action("deposit", asset="USDC", amount=amount)),
        _amounts.map(lambda amount: Action("add_margin", position="A", amount=amount)),
        _amounts.map(lambda amount: Action("remove_margin", position="A", amount=amount)),
        st.sampled_from(["cross", "isolated"]).map(lambda mode: Action("switch_mode", position="A", margin_mode=mode)),
        st.integers(1, 60).map(lambda number: Action("set_leverage", symbol="BTC-PERP", leverage=Decimal(number))),
    ),
)
def test_a_refusal_leaves_the_account_as_it_was_and_cash_is_conserved(name: str, action: Action) -> None:
    """Refused: no state. Allowed: cash changes by what is deposited or withdrawn, and by nothing else."""
    state = account()
    before = documents.write(state)
    decision = decide(load_policy(name), state, action, solve=False)
    assert documents.write(state) == before
    if not decision.allowed:
        assert decision.state is None
        assert decision.because
        return
    assert decision.state is not None
    moved = {"withdraw": -1, "deposit": 1}.get(action.action, 0) * (action.amount or Decimal(0))
    assert cash(decision.state) == cash(state) + moved


@pytest.mark.parametrize("name", ["documented", "hyperliquid", "binance-usdm"])
def test_a_limit_is_allowed_and_one_step_more_is_refused(name: str) -> None:
    """The limit is where the decision itself turns."""
    policy, state, step = load_policy(name), account(), Decimal("0.01")
    found = {limit.name: limit for limit in limits(policy, state, step=step)}
    actions = {
        "withdraw:USDC": lambda amount: Action("withdraw", asset="USDC", amount=amount),
        "add_margin:A": lambda amount: Action("add_margin", position="A", amount=amount),
    }
    for limit, action in actions.items():
        value = found[limit].value
        assert value is not None
        assert value > 0
        assert decide(policy, state, action(value)).allowed
        assert not decide(policy, state, action(value + step)).allowed
        assert found[limit].rule is not None


def test_the_least_to_add_for_a_liquidation_price_reaches_it_and_one_step_less_does_not() -> None:
    """The documented policy: a long of 0.02 at 100,000 with m assigned is liquidated at 100,000 - m / 0.02."""
    found = target(load_policy("documented"), account(), "liquidation_price:A=55000", step=Decimal("0.01"))
    assert found.value == Decimal(700)
    assert found.because == "allowed"


def test_a_target_out_of_reach_is_said() -> None:
    """Words that are no target, and an unknown position."""
    with pytest.raises(NoSuchTargetError, match="is no target"):
        target(load_policy("documented"), account(), "equity:A=5")
    with pytest.raises(NoSuchTargetError, match="the account has A, B"):
        target(load_policy("documented"), account(), "liquidation_price:C=5")


@pytest.mark.parametrize("price", ["0", "-5"])
def test_a_price_of_nothing_or_less_is_no_target(price: str) -> None:
    """Any margin keeps a price above it, so every amount would reach it."""
    with pytest.raises(NoSuchTargetError, match="a price is above 0"):
        target(load_policy("documented"), account(), f"liquidation_price:A={price}")


def test_a_limit_that_depends_on_what_is_missing_is_unknown_not_zero() -> None:
    """No mark price, no limit."""
    instruments = [{**entry} for entry in DOCUMENT["instruments"]]
    del instruments[1]["mark_price"]
    found = {limit.name: limit for limit in limits(load_policy("documented"), account(instruments=instruments))}
    assert found["withdraw:USDC"].value is None
    assert "ETH-PERP has no mark_price" in found["withdraw:USDC"].because


def test_an_amount_without_a_limit_is_said_to_have_none() -> None:
    """Deposits are allowed whatever their size."""
    found = largest(
        load_policy("documented"),
        account(),
        "deposit:USDC",
        "USDC",
        Decimal(1),
        lambda amount: Action("deposit", asset="USDC", amount=amount),
    )
    assert found.unlimited
    assert found.value is None


def test_a_preview_shows_all_liquidation_prices_and_what_would_refuse() -> None:
    """An order that takes more than there is: refused, and still previewed."""
    action = Action(
        "open",
        symbol="ETH-PERP",
        side="sell",
        quantity=Decimal(10),
        price=Decimal(4000),
        margin_mode="cross",
        leverage=Decimal(5),
    )
    found = preview(load_policy("documented"), account(), action)
    assert not found.decision.allowed
    assert found.margin == Decimal(8000)
    prices = {name: (before, after) for name, before, after in found.prices}
    assert prices["A"][0] == prices["A"][1] == Decimal(90000)
    assert prices["B"][1] < prices["B"][0]  # type: ignore[operator]


def test_every_action_kind_can_be_decided() -> None:
    """Each ends in a decision or in an error about the document, never in a defect."""
    policy = load_policy("documented")
    for kind, (required, _) in ACTION_KINDS.items():
        values: dict[str, Any] = {
            "asset": "USDC",
            "amount": Decimal(1),
            "to": "spot",
            "position": "A",
            "symbol": "BTC-PERP",
            "side": "buy",
            "quantity": Decimal("0.01"),
            "price": Decimal(100000),
            "margin_mode": "cross",
            "leverage": Decimal(5),
            "id": "nothing",
        }
        action = Action(kind, **{name: values[name] for name in required})
        if kind == "switch_mode":
            action = Action(kind, position="A", margin_mode="cross")
        if kind == "cancel_order":
            with pytest.raises(ActionError, match="there is no order"):
                decide(policy, account(), action)
            continue
        assert decide(policy, account(), action).before.account == "alice"


@pytest.mark.parametrize("order", [("S", "L"), ("L", "S")])
def test_what_changes_both_sides_of_a_contract_must_be_allowed_for_each(order: tuple[str, str]) -> None:
    """Isolated, the long would be worth less than nothing at once; the short alone would do."""
    policy = load_policy("documented")
    side = {"symbol": "BTC", "entry_price": "100000", "margin_mode": "cross", "leverage": "10"}
    positions = {"S": {"id": "S", "quantity": "-0.1", **side}, "L": {"id": "L", "quantity": "0.1", **side}}
    contract = {
        "symbol": "BTC",
        "contract": "linear",
        "base": "BTC",
        "quote": "USDC",
        "settle": "USDC",
        "mark_price": "80000",
    }
    document = {
        "schema": "marginrules/account/1",
        "account": {"id": "a"},
        "balances": [{"asset": "USDC", "wallet_balance": "20000"}],
        "positions": [positions[name] for name in order],
        "instruments": [contract],
        "assets": [{"asset": "USDC", "index_price": "1"}],
    }
    state = documents.read(document, policy.inputs)
    assert not decide(policy, state, Action("switch_mode", symbol="BTC", margin_mode="isolated")).allowed
    alone = {**document, "positions": [positions["S"]]}
    assert decide(
        policy, documents.read(alone, policy.inputs), Action("switch_mode", symbol="BTC", margin_mode="isolated")
    ).allowed
