"""What the venue does by itself: bounded, traced, and conserving every digit."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from marginrules.account import documents
from marginrules.account.contracts import unrealized_pnl
from marginrules.engine.evaluate import evaluate
from marginrules.engine.procedures import run_procedures, totals
from marginrules.policy.catalogue import load_policy, load_text

STAGED = """policy staged {
  title "Stages" version "1"
}
position {
  initial_margin = notional / leverage
  maintenance_margin = notional * 5%
}
pool cross {
  covers positions where margin_mode == cross
  covers orders
  one per account
  draws on remainder of balances
  equity = collateral + sum(unrealized_pnl)
  liquidate when count(positions) > 0 and equity < maintenance_margin
}
pool isolated {
  covers positions where margin_mode == isolated
  one per position
  draws on assigned_margin
  equity = collateral + unrealized_pnl
  liquidate when equity < maintenance_margin
}
liquidation cross {
  step orders_first cancel orders
  step backstop when equity < 0.5 * maintenance_margin hand over to "insurance fund"
  step part close 50% largest notional first fee 1% * notional to "insurance fund"
  step rest close 100% largest notional first fee 1% * notional to "insurance fund"
}
liquidation isolated {
  step takeover hand over to "insurance fund"
}
"""


def account(wallet: str, mark: str, *, mode: str = "cross") -> Any:
    """Two longs in one pool, or each isolated with 300."""
    margin = {"assigned_margin": "300"} if mode == "isolated" else {}
    positions = [
        {
            "id": name,
            "symbol": name,
            "quantity": quantity,
            "entry_price": "100",
            "margin_mode": mode,
            "leverage": "10",
            **margin,
        }
        for name, quantity in (("A", "10"), ("B", "20"))
    ]
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "alice"},
        "balances": [{"asset": "USD", "wallet_balance": wallet}],
        "positions": positions,
        "orders": [{"id": "1", "symbol": "A", "side": "buy", "quantity": "1", "price": "50", "margin_mode": mode}],
        "instruments": [
            {
                "symbol": name,
                "contract": "linear",
                "base": name,
                "quote": "USD",
                "settle": "USD",
                "mark_price": mark,
            }
            for name in ("A", "B")
        ],
    }


def test_nothing_is_done_where_nothing_is_due() -> None:
    """The account comes back as it was, with no entry."""
    policy = load_text(STAGED)
    state = documents.read(account("1000", "100"), policy.inputs)
    outcome = run_procedures(policy, state)
    assert outcome.state == state
    assert outcome.entries == ()


def test_stages_are_taken_in_order_until_the_pool_is_safe() -> None:
    """Orders first, then half of the largest, and no more than is needed.

    Equity 400 - 300 = 100 against 5 % of 2,700 = 135; half of B closed at 90 costs a fee of 9, and 91 against 90 is safe.
    """
    policy = load_text(STAGED)
    outcome = run_procedures(policy, documents.read(account("400", "90"), policy.inputs))
    assert [(entry.step, entry.position) for entry in outcome.entries] == [("orders_first", None), ("part", "B")]
    report = evaluate(policy, outcome.state)
    assert report.pool("cross").equity == Decimal(91)
    assert report.pool("cross").liquidatable is False
    assert outcome.unsettled == ()


def test_a_takeover_moves_positions_and_all_that_backs_them() -> None:
    """Isolated margin arrives at the named place; other positions keep theirs."""
    policy = load_text(STAGED)
    document = account("1000", "100", mode="isolated")
    document["instruments"][1]["mark_price"] = "86"
    outcome = run_procedures(policy, documents.read(document, policy.inputs))
    assert [position.id for position in outcome.state.positions] == ["A"]
    assert totals(outcome.entries) == {("insurance fund", "USD"): Decimal(300)}
    assert outcome.state.balances[0].wallet_balance == Decimal(700)


def test_a_pool_that_no_step_makes_safe_is_said_to_be_unsettled() -> None:
    """Hyperliquid's first order closes a fifth of a large position; what follows waits."""
    policy = load_policy("hyperliquid")
    document = account("1", "90")
    document["balances"][0]["wallet_balance"] = "31000"
    for position in document["positions"]:
        position["quantity"] = "1000"
        del position["leverage"]
    document["orders"] = []
    for instrument in document["instruments"]:
        instrument["mark_price"] = "86"
        instrument["tiers"] = [{"above": "0", "max_leverage": "10"}]
    document["assets"] = [{"asset": "USD", "index_price": "1"}]
    outcome = run_procedures(policy, documents.read(document, policy.inputs))
    assert outcome.entries or outcome.unsettled


@given(st.integers(0, 2000).map(str), st.integers(50, 110).map(str), st.sampled_from(["cross", "isolated"]))
def test_what_leaves_the_account_arrives_at_a_named_place(wallet: str, mark: str, mode: str) -> None:
    """Cash before less cash after is what the entries say was moved, to the last digit; and it ends."""
    policy = load_text(STAGED)
    cash = str(int(wallet) + (600 if mode == "isolated" else 0))
    state = documents.read(account(cash, mark, mode=mode), policy.inputs)
    outcome = run_procedures(policy, state)
    moved = sum(totals(outcome.entries).values(), Decimal(0))
    assert state.balances[0].wallet_balance - outcome.state.balances[0].wallet_balance == moved
    closed = sum(
        (
            -unrealized_pnl(
                state.instrument_by_symbol[entry.position or ""],
                entry.quantity,
                Decimal(100),
                entry.price or Decimal(0),
            )
            for entry in outcome.entries
            if entry.quantity is not None
        ),
        Decimal(0),
    )
    assert totals(outcome.entries).get(("market", "USD"), Decimal(0)) == closed


CLOSED = STAGED.replace(
    'step takeover hand over to "insurance fund"', 'step all close 100% fee 1% * notional to "venue"'
)


def test_an_isolated_position_loses_its_own_margin_and_no_more() -> None:
    """B lost 20 x (100 - 80) = 400 and owes a fee of 16; it has 300, and others bear 116."""
    policy = load_text(CLOSED)
    document = account("1000", "100", mode="isolated")
    document["instruments"][1]["mark_price"] = "80"
    outcome = run_procedures(policy, documents.read(document, policy.inputs))
    assert totals(outcome.entries) == {
        ("market", "USD"): Decimal(400),
        ("venue", "USD"): Decimal(16),
        ("shortfall", "USD"): Decimal(-116),
    }
    assert outcome.state.balances[0].wallet_balance == Decimal(700)


def test_what_is_left_of_the_margin_is_free_again() -> None:
    """B lost 20 x (100 - 89) = 220 and a fee of 17.8 of its 300: 62.2 are left."""
    policy = load_text(CLOSED)
    document = account("1000", "100", mode="isolated")
    document["instruments"][1]["mark_price"] = "89"
    outcome = run_procedures(policy, documents.read(document, policy.inputs))
    assert outcome.state.balances[0].wallet_balance == Decimal(1000) - 220 - Decimal("17.8")
    assert [position.id for position in outcome.state.positions] == ["A"]


def test_steps_below_their_own_threshold_are_passed_over() -> None:
    """Equity 290 - 300 is below half of the requirement: the backstop takes both positions and all that backs them."""
    policy = load_text(STAGED)
    outcome = run_procedures(policy, documents.read(account("290", "90"), policy.inputs))
    assert [(entry.step, entry.positions) for entry in outcome.entries] == [
        ("orders_first", ()),
        ("backstop", ("A", "B")),
    ]
    assert totals(outcome.entries) == {("insurance fund", "USD"): Decimal(290)}
    assert outcome.state.positions == ()
    assert outcome.state.orders == ()


def test_a_step_whose_figure_is_unknown_leaves_the_pool_as_it_is_and_says_why() -> None:
    """Nothing is liquidated at a guess; what the steps before did is kept."""
    text = STAGED.replace("close 50% largest", "close 50% * given_share largest").replace(
        "position {", 'input position.given_share: number "share that is closed first"\nposition {', 1
    )
    policy = load_text(text)
    outcome = run_procedures(policy, documents.read(account("400", "90"), policy.inputs))
    assert [entry.step for entry in outcome.entries] == ["orders_first"]
    assert outcome.unsettled == ("cross",)
    assert "unknown, because position B has no given_share" in outcome.reasons["cross"]
    assert "/positions/1" in outcome.reasons["cross"]


def test_what_one_pool_lacks_keeps_no_other_from_being_liquidated() -> None:
    """A has no share to be closed; B, isolated like it, has."""
    text = STAGED.replace("step takeover hand over", "step takeover close given_share step rest hand over").replace(
        "position {", 'input position.given_share: number "share that is closed first"\nposition {', 1
    )
    policy = load_text(text)
    document = account("1000", "80", mode="isolated")
    document["positions"][0]["quantity"] = "20"
    document["positions"][1]["given_share"] = "1"
    outcome = run_procedures(policy, documents.read(document, policy.inputs))
    assert outcome.unsettled == ("isolated/A",)
    assert [position.id for position in outcome.state.positions] == ["A"]


def test_positions_that_are_closed_together_are_all_closed_or_none() -> None:
    """A has its share, B has none: A stays open, too."""
    text = STAGED.replace("close 50% largest notional first", "close given_share together").replace(
        "position {", 'input position.given_share: number "share that is closed first"\nposition {', 1
    )
    policy = load_text(text)
    document = account("400", "90")
    document["positions"][0]["given_share"] = "1"
    outcome = run_procedures(policy, documents.read(document, policy.inputs))
    assert [position.id for position in outcome.state.positions] == ["A", "B"]
    assert [entry.step for entry in outcome.entries] == ["orders_first"]


def test_a_replenishment_that_is_unknown_leaves_it_open_whether_the_position_is_liquidated() -> None:
    """What the venue would add might have saved it."""
    text = STAGED + "\nreplenish isolated when true adding position.top_up\n"
    text = text.replace("position {", 'input position.top_up: money in settle "what the venue adds"\nposition {', 1)
    policy = load_text(text)
    document = account("1000", "70", mode="isolated")
    document["positions"][1]["top_up"] = "1"
    outcome = run_procedures(policy, documents.read(document, policy.inputs))
    assert outcome.unsettled == ("isolated/A",)
    assert "position A has no top_up" in outcome.reasons["isolated/A"]
    assert [position.id for position in outcome.state.positions] == ["A"]


def test_a_policy_without_steps_says_so() -> None:
    """And of a pool that some step did not save, that there is no further one."""
    head = STAGED[: STAGED.index("liquidation cross")]
    document = account("400", "90")
    outcome = run_procedures(load_text(head), documents.read(document, {}))
    assert outcome.reasons == {"cross": "the policy states no step for pool cross"}
    outcome = run_procedures(
        load_text(head + "liquidation cross {\n  step only cancel orders\n}\n"), documents.read(document, {})
    )
    assert outcome.reasons == {"cross": "the policy states no further step for pool cross"}
    text = head + "liquidation cross {\n  step never when equity > maintenance_margin cancel orders\n}\n"
    outcome = run_procedures(load_text(text), documents.read(document, {}))
    assert outcome.reasons == {"cross": "no step that the policy states for pool cross applies"}


def test_each_step_says_its_rule_and_what_the_rule_cites() -> None:
    """The trace that a support desk reads."""
    policy = load_policy("documented")
    document = account("600", "90", mode="isolated")
    for position in document["positions"]:
        position["assigned_margin"] = "100"
    document["positions"][0]["auto_add_margin"] = True
    outcome = run_procedures(policy, documents.read(document, policy.inputs))
    assert [(entry.step, entry.position) for entry in outcome.entries] == [("replenish", "A"), ("close_all", "B")]
    assert all(entry.rule.startswith("rules/documented.margin:") for entry in outcome.entries)
    assert outcome.entries[0].cites == (
        'Documented behaviours of margin modes, "B3" <docs/behaviours.md> read 2026-11-22',
    )


IN_TOKENS = """policy token {
  title "Margin in another asset" version "1"
}
input position.collateral_token: asset "what its margin is held in"
pool isolated {
  covers positions
  one per position
  draws on assigned_margin in collateral_token
  valued in USD
  equity = collateral in USD + unrealized_pnl in USD
  liquidate when equity < 10% * notional in USD
}
liquidation isolated {
  step whole close 100% fee 1% * notional to "pool"
}
"""


def test_margin_in_another_asset_is_what_losses_are_taken_from() -> None:
    """A loss of 150 and a fee of 8.5 USD, out of 4 SOL at 50 USD: 3.17 SOL go, and 0.83 are free again."""
    policy = load_text(IN_TOKENS)
    document = account("0", "100", mode="isolated")
    document["positions"] = [{**document["positions"][0], "assigned_margin": "4", "collateral_token": "SOL"}]
    document["balances"] = [{"asset": "SOL", "wallet_balance": "10"}]
    document["orders"] = []
    document["instruments"][0]["mark_price"] = "85"
    document["assets"] = [{"asset": "SOL", "index_price": "50"}, {"asset": "USD", "index_price": "1"}]
    outcome = run_procedures(policy, documents.read(document, policy.inputs))
    assert totals(outcome.entries) == {("market", "SOL"): Decimal(3), ("pool", "SOL"): Decimal("0.17")}
    assert [(balance.asset, balance.wallet_balance) for balance in outcome.state.balances] == [("SOL", Decimal("6.83"))]


def test_where_nothing_is_left_to_hand_over_nothing_is_written_down() -> None:
    """A debt that no position has stays where it is, however often the venue looks."""
    policy = load_text(
        """policy debts { title "Debts" version "1" }
input account.debt: money in settle = 0 "owed beside the positions"
pool cross {
  covers positions
  one per account
  draws on balances
  equity = collateral - account.debt
  liquidate when equity < 0
}
liquidation cross {
  step bankrupt hand over to "venue"
}
""",
        "debts.margin",
    )
    document = {
        "schema": "marginrules/account/1",
        "account": {"id": "a", "debt": "5"},
        "balances": [{"asset": "USD", "wallet_balance": "1"}],
        "positions": [],
        "instruments": [],
    }
    once = run_procedures(policy, documents.read(document, policy.inputs))
    assert [(entry.step, len(entry.transfers)) for entry in once.entries] == [("bankrupt", 1)]
    again = run_procedures(policy, once.state)
    assert again.entries == ()
    assert list(again.unsettled) == ["cross"]
