"""The standard effects of actions, each worked out by hand."""

from decimal import Decimal
from typing import Any

import pytest

from marginrules.account.actions import Action, ActionError, NotPossibleError, apply
from marginrules.account.state import Account, AccountState, Balance, Instrument, Order, Position

D = Decimal

LINEAR = Instrument("BTC-PERP", "linear", "BTC", "USDC", "USDC", mark_price=D(100000))
INVERSE = Instrument("BTCUSD", "inverse", "BTC", "USD", "BTC", contract_size=D(100), mark_price=D(50000))


def account(*positions: Position, orders: tuple[Order, ...] = (), wallet: str = "2000") -> AccountState:
    """An account on the two instruments."""
    return AccountState(
        Account("alice"), (Balance("USDC", D(wallet)), Balance("BTC", D(1))), positions, orders, (LINEAR, INVERSE)
    )


def long(quantity: str = "0.03", *, mode: str = "cross", margin: str | None = None, **more: Any) -> Position:
    """A long on the linear contract, entered at 100,000."""
    assigned = D(margin) if margin is not None else None
    return Position("A", "BTC-PERP", D(quantity), D(100000), mode, D(10), assigned, **more)


def trade(side: str, quantity: str, price: str | None, **more: Any) -> Action:
    """A fill on the linear contract."""
    return Action("open", symbol="BTC-PERP", side=side, quantity=D(quantity), price=D(price) if price else None, **more)


def cash(state: AccountState, asset: str = "USDC") -> Decimal:
    """The balance of an asset."""
    return next(balance.wallet_balance for balance in state.balances if balance.asset == asset)


def test_a_cross_position_that_grows_takes_no_cash() -> None:
    """0.03 at 100,000 and 0.01 at 104,000: 0.04 at 101,000, the wallet as it was."""
    after = apply(account(long()), trade("buy", "0.01", "104000")).state
    assert (after.positions[0].quantity, after.positions[0].entry_price) == (D("0.04"), D(101000))
    assert cash(after) == D(2000)


def test_an_isolated_position_that_grows_is_assigned_the_margin_of_what_was_added() -> None:
    """0.01 at 104,000 with 10x adds 104 to the 300."""
    after = apply(account(long(mode="isolated", margin="300")), trade("buy", "0.01", "104000")).state
    assert after.positions[0].assigned_margin == D(404)
    assert cash(after) == D(2000)


def test_a_market_order_fills_at_the_mark() -> None:
    """No price is said; the mark is 100,000."""
    after = apply(account(), trade("buy", "0.01", None, margin_mode="cross", leverage=D(5))).state
    assert after.positions[0].entry_price == D(100000)


def test_a_fill_nets_through_zero() -> None:
    """0.05 sold at 98,000 against a long of 0.03: a loss of 60 is booked, a short of 0.02 is left at 98,000."""
    after = apply(account(long()), trade("sell", "0.05", "98000")).state
    assert (after.positions[0].quantity, after.positions[0].entry_price) == (D("-0.02"), D(98000))
    assert cash(after) == D(1940)


def test_netting_through_zero_releases_the_old_margin_and_assigns_the_new() -> None:
    """300 were assigned; the short of 0.02 at 98,000 with 10x takes 196, and no funding stays."""
    position = long(mode="isolated", margin="300", accrued_funding=D(6))
    after = apply(account(position), trade("sell", "0.05", "98000")).state
    assert after.positions[0].assigned_margin == D(196)
    assert after.positions[0].accrued_funding is None
    assert cash(after) == D(2000) - 60 + 6


def test_a_fill_that_closes_exactly_leaves_no_position() -> None:
    """0.03 sold at 101,000: 30 of profit."""
    after = apply(account(long()), trade("sell", "0.03", "101000")).state
    assert after.positions == ()
    assert cash(after) == D(2030)


def test_a_third_closed_releases_exactly_a_third() -> None:
    """0.01 of 0.03 at 103,000: 30 of profit, 2 of 6 of funding settled, 200 of 300 assigned still, to the last digit."""
    position = long(mode="isolated", margin="300", accrued_funding=D(6))
    after = apply(account(position), Action("reduce", position="A", quantity=D("0.01"), price=D(103000))).state
    left = after.positions[0]
    assert (left.quantity, left.assigned_margin, left.accrued_funding) == (D("0.02"), D(200), D(4))
    assert left.entry_price == D(100000)
    assert cash(after) == D(2032)


def test_closing_settles_profit_and_all_funding() -> None:
    """At the mark: no profit, a funding debt of 6 is paid, and the margin is free."""
    position = long(mode="isolated", margin="300", accrued_funding=D(-6))
    after = apply(account(position), Action("close", position="A")).state
    assert after.positions == ()
    assert cash(after) == D(1994)


def test_an_inverse_profit_is_in_the_base_asset() -> None:
    """10 contracts of 100 USD from 50,000 to 40,000, short: 1,000 / 40,000 - 1,000 / 50,000 = 0.005 BTC."""
    short = Position("I", "BTCUSD", D(-10), D(50000), "cross", D(5))
    after = apply(account(short), Action("close", position="I", price=D(40000))).state
    assert cash(after, "BTC") == D("1.005")
    assert cash(after) == D(2000)


def test_an_inverse_entry_is_the_harmonic_mean() -> None:
    """10 contracts at 50,000 and 10 at 40,000: 2,000 USD for 0.02 + 0.025 BTC."""
    held = Position("I", "BTCUSD", D(10), D(50000), "cross", D(5))
    action = Action("open", symbol="BTCUSD", side="buy", quantity=D(10), price=D(40000))
    after = apply(account(held), action).state
    assert abs(after.positions[0].entry_price - D(2000) / D("0.045")) < D("1e-25")


def test_both_sides_of_a_hedge_are_positions_of_their_own() -> None:
    """Selling with the side SHORT opens a short beside the long; selling with the side LONG reduces the long."""
    hedged = apply(account(long()), trade("sell", "0.01", "100000", position_side="SHORT", margin_mode="cross")).state
    assert [position.quantity for position in hedged.positions] == [D("0.03"), D("-0.01")]
    reduced = apply(hedged, trade("sell", "0.01", "100000", position_side="LONG")).state
    assert [position.quantity for position in reduced.positions] == [D("0.02"), D("-0.01")]


def test_a_side_of_a_hedge_is_not_turned_round() -> None:
    """A long of 0.03 can be sold to nothing, and no further."""
    with pytest.raises(NotPossibleError, match=r"has 0\.03 contracts"):
        apply(account(long()), trade("sell", "0.05", "100000", position_side="LONG"))


@pytest.mark.parametrize("side", ["BOTH", "net"])
def test_one_position_a_symbol_nets_as_if_no_side_were_said(side: str) -> None:
    """The venues' names of one-way mode."""
    after = apply(account(long()), trade("sell", "0.01", "100000", position_side=side)).state
    assert [position.quantity for position in after.positions] == [D("0.02")]


def test_margin_moves_between_the_idle_and_the_assigned_and_no_cash_with_it() -> None:
    """50 more, then 80 less."""
    state = account(long(mode="isolated", margin="300"))
    more = apply(state, Action("add_margin", position="A", amount=D(50))).state
    less = apply(more, Action("remove_margin", position="A", amount=D(80))).state
    assert (more.positions[0].assigned_margin, less.positions[0].assigned_margin) == (D(350), D(270))
    assert cash(more) == cash(less) == D(2000)


def test_no_more_margin_can_be_removed_than_is_assigned() -> None:
    """Under no policy."""
    with pytest.raises(NotPossibleError, match="300 assigned"):
        apply(account(long(mode="isolated", margin="300")), Action("remove_margin", position="A", amount=D(301)))


def test_a_switch_assigns_the_initial_margin_and_a_switch_back_releases_it() -> None:
    """0.03 at 100,000 with 10x: 300. Nothing else of the position changes (B6)."""
    isolated = apply(account(long()), Action("switch_mode", position="A", margin_mode="isolated")).state
    assert isolated.positions[0].assigned_margin == D(300)
    crossed = apply(isolated, Action("switch_mode", position="A", margin_mode="cross")).state
    assert crossed == account(long())


def test_a_switch_by_symbol_takes_the_orders_along() -> None:
    """A venue that has the mode on the symbol has it for what rests there too."""
    order = Order("BTC-PERP", "buy", D(1), D(90000), "1", margin_mode="cross", leverage=D(10))
    state = account(long(), orders=(order,))
    after = apply(state, Action("switch_mode", symbol="BTC-PERP", margin_mode="isolated")).state
    assert after.orders[0].margin_mode == after.positions[0].margin_mode == "isolated"


def test_a_switch_that_names_a_position_and_another_symbol_is_no_action() -> None:
    """One of the two is a mistake, and it is not known which."""
    action = Action("switch_mode", position="A", symbol="ETH-PERP", margin_mode="isolated")
    with pytest.raises(ActionError, match="A is on BTC-PERP"):
        apply(account(long()), action)
    same = Action("switch_mode", position="A", symbol="BTC-PERP", margin_mode="isolated")
    assert apply(account(long()), same).state.positions[0].margin_mode == "isolated"


def test_leverage_is_set_for_positions_and_orders_of_the_symbol_and_moves_no_margin() -> None:
    """B7: the mode, and what is assigned, stay."""
    order = Order("BTC-PERP", "buy", D(1), D(90000), "1", margin_mode="cross", leverage=D(10))
    state = account(long(mode="isolated", margin="300"), orders=(order,))
    after = apply(state, Action("set_leverage", symbol="BTC-PERP", leverage=D(20))).state
    assert after.positions[0].leverage == after.orders[0].leverage == D(20)
    assert (after.positions[0].margin_mode, after.positions[0].assigned_margin) == ("isolated", D(300))


def test_a_placed_order_rests_and_a_cancelled_one_is_gone() -> None:
    """Neither moves cash."""
    action = Action("place_order", symbol="BTC-PERP", side="buy", quantity=D(1), price=D(90000), id="1")
    placed = apply(account(), action).state
    assert [order.id for order in placed.orders] == ["1"]
    assert apply(placed, Action("cancel_order", id="1")).state == account()


def test_a_transfer_between_wallets_of_the_account_stays_in_it() -> None:
    """And one to anywhere else leaves."""
    wallets = (Balance("USDC", D(100), "funding"), Balance("USDC", D(0), "trading"))
    state = AccountState(Account("alice"), wallets)
    inside = Action("transfer", asset="USDC", amount=D(30), wallet="funding", to="trading")
    assert [balance.wallet_balance for balance in apply(state, inside).state.balances] == [D(70), D(30)]
    outside = Action("transfer", asset="USDC", amount=D(30), wallet="funding", to="elsewhere")
    assert [balance.wallet_balance for balance in apply(state, outside).state.balances] == [D(70), D(0)]


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (Action("withdraw", asset="DOGE", amount=D(1)), "there is no DOGE in the account"),
        (Action("withdraw", asset="USDC", amount=D(1), wallet="x"), "no wallet 'x' holds USDC"),
        (Action("deposit", asset="USDC", amount=D("NaN")), "amount is NaN"),
        (Action("open", symbol="BTC-PERP", side="long", quantity=D(1)), "the side is 'long'"),
        (trade("buy", "1", "1", position_side="UP"), "the position side is 'UP'"),
        (trade("buy", "1", "1", margin_mode="cross", assigned_margin=D(5)), "a cross position has no assigned margin"),
        (Action("cancel_order", id="7"), "there is no order 7"),
        (Action("reduce", position="A", quantity=D(1)), "position A has 0.03 contracts"),
        (Action("switch_mode", margin_mode="cross"), "needs a position or a symbol"),
        (Action("jump"), "there is no action 'jump'"),
        (Action("open", symbol="BTC-PERP", side="buy"), "`open` needs `quantity`"),
    ],
)
def test_an_action_that_does_not_fit_the_account_is_an_error(action: Action, message: str) -> None:
    """With what is wrong, and nothing done."""
    with pytest.raises(ActionError, match=message):
        apply(account(long()), action)
