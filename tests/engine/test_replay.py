"""Streams of events: what each does to the accounts, and what is told of it."""

import gc
import tracemalloc
from decimal import Decimal
from typing import Any

import pytest

from marginrules.account.actions import ACTION_KINDS, Action
from marginrules.engine.evaluate import evaluate
from marginrules.engine.replay import COLUMNS, EVENTS, EventError, Replay
from marginrules.policy.catalogue import load_policy, load_text
from tests.engine.test_decide import DOCUMENT

D = Decimal

SILENT = """policy silent {
  title "Says when, and not what then" version "1"
}
pool cross {
  covers positions
  one per account
  draws on balances
  equity = collateral + sum(unrealized_pnl)
  liquidate when equity < 0.1 * sum(notional)
}
allow deposit, withdraw
"""


def replay(policy: str = "documented", **changes: Any) -> Replay:
    """A replay with one account: an isolated long A on BTC-PERP, a cross short B on ETH-PERP."""
    found = Replay(load_policy(policy))
    found.feed({"event": "account", "document": {**DOCUMENT, **changes}})
    return found


def test_a_backtester_feeds_marks_and_fills_and_asks_for_the_state() -> None:
    """The mark moves the equity; the fill moves the position; the report is that of the state."""
    found = replay()
    found.mark("BTC-PERP", D(98000))
    assert found.report("alice").pool("isolated/A").equity == D(160)
    found.fill("alice", "BTC-PERP", "buy", D("0.02"), D(98000), margin_mode="isolated", leverage=D(10))
    state = found.state("alice")
    assert state.positions[0].entry_price == D(99000)
    assert found.report("alice") == evaluate(found.policy, state)


def test_an_action_is_decided_and_a_refused_one_changes_nothing() -> None:
    """With the reason in the first result."""
    found = replay()
    before = found.state("alice")
    refused = found.act("alice", Action("withdraw", asset="USDC", amount=D(5000)))
    assert refused[0]["decision"]["allowed"] is False
    assert found.state("alice") == before
    allowed = found.act("alice", Action("withdraw", asset="USDC", amount=D(50)))
    assert allowed[0]["decision"]["allowed"] is True
    assert found.state("alice").balances[0].wallet_balance == D(1950)


def test_a_liquidation_stands_behind_the_price_that_caused_it() -> None:
    """Closed at 90,000: its 200 went to the market."""
    results = replay().mark("BTC-PERP", D(90000))
    assert [result["procedure"]["step"] for result in results] == ["close_all"]
    assert results[0]["procedure"]["transfers"] == [{"place": "market", "asset": "USDC", "amount": "200"}]


def test_longs_pay_a_positive_funding_rate_and_isolated_margin_pays_its_own() -> None:
    """0.1 % of 2,000 paid by A out of its 200."""
    found = replay()
    found.feed({"event": "funding", "symbol": "BTC-PERP", "rate": "0.001"})
    state = found.state("alice")
    assert state.balances[0].wallet_balance == D(1998)
    assert state.positions[0].assigned_margin == D(198)


def test_shorts_receive_it() -> None:
    """0.1 % of 1,000 for B, which is cross."""
    found = replay()
    found.feed({"event": "funding", "symbol": "ETH-PERP", "rate": "0.001"})
    assert found.state("alice").balances[0].wallet_balance == D(2001)
    assert found.state("alice").positions[0].assigned_margin == D(200)


def test_a_fill_of_a_resting_order_takes_from_it_and_pays_its_fee() -> None:
    """Half of it, then the rest; the order is gone when it is filled."""
    order = {"id": "1", "symbol": "ETH-PERP", "side": "sell", "quantity": "0.5", "price": "4100"}
    found = replay(orders=[{**order, "margin_mode": "cross", "leverage": "5"}])
    found.feed({"event": "fill", "order": "1", "quantity": "0.2", "price": "4100", "fee": "0.5"})
    state = found.state("alice")
    assert state.orders[0].quantity == D("0.3")
    assert state.positions[1].quantity == D("-0.45")
    assert state.balances[0].wallet_balance == D("1999.5")
    found.feed({"event": "fill", "order": "1", "quantity": "0.3", "price": "4100"})
    assert found.state("alice").orders == ()
    with pytest.raises(EventError, match="there is no order '1'"):
        found.feed({"event": "fill", "order": "1", "quantity": "0.3", "price": "4100"})


def test_the_time_of_an_event_chooses_among_rules_with_dates() -> None:
    """The account is as of the event."""
    found = replay()
    found.feed({"event": "mark", "symbol": "BTC-PERP", "price": "99000", "at": "2026-01-05T00:00:00Z"})
    as_of = found.state("alice").account.as_of
    assert as_of is not None
    assert as_of.isoformat() == "2026-01-05T00:00:00+00:00"


def test_an_event_of_one_account_leaves_the_others() -> None:
    """As a venue whose accounts see their own marks; without a name, all see it."""
    found = replay()
    found.feed({"event": "account", "document": {**DOCUMENT, "account": {"id": "bob"}}})
    found.feed({"event": "mark", "symbol": "BTC-PERP", "price": "99000", "account": "bob"})
    marks = [found.state(name).instrument_by_symbol["BTC-PERP"].mark_price for name in ("alice", "bob")]
    assert marks == [D(100000), D(99000)]


def test_a_pool_that_no_step_helps_is_told_once() -> None:
    """When it becomes liquidatable, not at every price after it; and again when it has been safe in between."""
    found = Replay(load_text(SILENT))
    document = {
        **DOCUMENT,
        "positions": [{"id": "A", "symbol": "BTC-PERP", "quantity": "0.1", "entry_price": "100000"}],
    }
    found.feed({"event": "account", "document": document})
    told = [found.mark("BTC-PERP", D(price)) for price in (88000, 87500, 95000, 88000)]
    because = {"cross": "the policy states no step for pool cross"}
    once = [{"account": "alice", "unsettled": ["cross"], "because": because}]
    assert told == [once, [], [], once]


def test_a_step_whose_figure_is_unknown_is_told_and_the_stream_goes_on() -> None:
    """The price is taken: nothing else about the account is less true for what a liquidation lacks."""
    text = SILENT + "\nliquidation cross {\n  step part close given_share\n}\n"
    text = text.replace("pool cross", 'input position.given_share: number "share closed first"\npool cross', 1)
    found = Replay(load_text(text))
    position = {"id": "A", "symbol": "BTC-PERP", "quantity": "0.1", "entry_price": "100000"}
    found.feed({"event": "account", "document": {**DOCUMENT, "positions": [position]}})
    (told,) = found.mark("BTC-PERP", D(88000))
    assert told["unsettled"] == ["cross"]
    assert "unknown, because position A has no given_share" in told["because"]["cross"]
    assert found.state("alice").instrument_by_symbol["BTC-PERP"].mark_price == D(88000)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"event": "mrk", "symbol": "BTC-PERP", "price": "1"}, "did you mean `mark`"),
        ({"event": "mark", "symbol": "BTC-PERP"}, "`mark` needs `price`"),
        ({"event": "mark", "symbol": "BTC-PERP", "price": "-1"}, "price is -1"),
        ({"event": "mark", "symbol": 5, "price": "1"}, "5 is no name"),
        ({"event": "mark", "symbol": "BTC-PERP", "price": "1", "side": "buy"}, "`mark` has no"),
        ({"event": "mark", "symbol": "BTC-PERP", "price": "1", "at": "yesterday"}, "'yesterday' is no time"),
        ({"event": "mark", "symbol": "BTC-PERP", "price": "1", "account": "carol"}, "there is no account 'carol'"),
        ({"event": "fill", "order": "9", "quantity": "1", "price": "1"}, "there is no order '9'"),
        ({"event": "withdraw", "asset": "USDC"}, "`withdraw` needs `amount`"),
        ({}, "the line says no event"),
        ({"event": ["mark"]}, "there is no event"),
        ({"event": "x" * 10_000}, "there is no event"),
    ],
)
def test_an_event_that_cannot_be_taken_changes_nothing(event: dict[str, Any], message: str) -> None:
    """And is one short message."""
    found = replay()
    before = found.state("alice")
    with pytest.raises(EventError, match=message) as caught:
        found.feed(event)
    assert len(str(caught.value)) < 1000
    assert found.state("alice") == before


def test_a_table_has_columns_for_everything_that_an_event_can_say() -> None:
    """Whatever an event or an action may say."""
    for required, optional in (*EVENTS.values(), *ACTION_KINDS.values()):
        assert set(required) | set(optional) <= set(COLUMNS)


def test_a_stream_takes_no_more_memory_the_longer_it_is() -> None:
    """What is held after two thousand marks is what was held after two hundred."""
    found = replay()
    held = []
    tracemalloc.start()
    try:
        for number in range(2000):
            found.mark("BTC-PERP", D(100000 + number % 190))
            if number in {200, 1999}:
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert held[1] - held[0] < 50_000


@pytest.mark.parametrize(
    "event",
    [
        {"event": "mark", "symbol": "BTC-PERP", "price": "97000"},
        {"event": "funding", "symbol": "BTC-PERP", "rate": "0.0001"},
        {"action": "deposit", "account": "alice", "asset": "USDC", "amount": "1"},
    ],
    ids=lambda event: event.get("event", "action"),
)
def test_time_does_not_run_backwards(event: dict[str, str]) -> None:
    """At the same moment much can happen; before it nothing any more, but a new account begins at its own time."""
    found = replay()
    found.feed({"event": "mark", "symbol": "BTC-PERP", "price": "98000", "at": "2026-11-24T00:00:00Z"})
    found.feed({"event": "mark", "symbol": "ETH-PERP", "price": "2000", "at": "2026-11-24T01:00:00+01:00"})
    before = found.state("alice")
    with pytest.raises(
        EventError, match=r"/at: '2026-11-23T23:59:59Z' is before 2026-11-24.*, which account alice has"
    ):
        found.feed({**event, "at": "2026-11-23T23:59:59Z"})
    assert found.state("alice") == before
    found.feed({**event, "at": "2026-11-24T00:00:00Z"})
    found.feed({"event": "account", "document": DOCUMENT, "at": "2026-11-22T12:00:00Z"})
