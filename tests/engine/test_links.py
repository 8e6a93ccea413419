"""Fields that name another asset: members counted in its group, and values read from it."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import marginrules
from marginrules.arithmetic import exact_context
from marginrules.engine.evaluate import evaluation
from marginrules.engine.explain import explain, explain_all
from marginrules.engine.interpret import POOL, Interpreter
from marginrules.engine.kernel import pool_roots
from marginrules.policy.catalogue import diagnose_text

TEXT = """policy linked {
  title "Links" version "1"
}
input balance.quote_asset: asset "what the coin's spot orders are quoted in"
input balance.in_orders: money in asset = 0 "coins reserved by spot orders"
balance {
  may_bring = if given(quote_asset) then in_orders in quote_asset else 0
  room      = if given(quote_asset) then token[quote_asset].after in USD else 0
}
group token by settlement asset {
  after  = sum(amount - in_orders of balances) + sum(may_bring of balances by quote_asset)
  linked = count(balances by quote_asset)
}
position { maintenance_margin = notional * 1% initial_margin = notional * 2% }
pool cross {
  covers positions
  one per account
  draws on balances
  valued in USD
  equity = sum(after in USD of token) + sum(unrealized_pnl in USD)
  maintenance_margin = sum(maintenance_margin in USD)
  initial_margin = sum(initial_margin in USD)
  publish links = sum(linked of token)
  publish rooms = sum(room of balances)
  liquidate when equity < maintenance_margin
}
"""

ASSETS = {"A": "2", "B": "5", "C": "10"}


def document(balances: list[tuple[str, str, str, str | None]]) -> dict[str, Any]:
    """Balances of a coin, with what is in orders and what those are quoted in."""
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "alice"},
        "balances": [
            {"asset": asset, "wallet_balance": wallet, "in_orders": held} | ({"quote_asset": quote} if quote else {})
            for asset, wallet, held, quote in balances
        ],
        "positions": [],
        "orders": [],
        "instruments": [],
        "assets": [{"asset": asset, "index_price": price} for asset, price in ASSETS.items()],
    }


POLICY = marginrules.load_text(TEXT, "linked.margin")


def figures(balances: list[tuple[str, str, str, str | None]]) -> dict[str, Any]:
    report = marginrules.evaluate(POLICY, marginrules.read_account(document(balances), POLICY))
    return {"equity": report.pools[0].equity, **report.pools[0].figures}


def test_a_member_is_counted_in_the_group_of_the_asset_that_its_field_names() -> None:
    """4 B in orders against A may bring 10 A: A has 7 + 10, B 6 - 4; worth 34 + 10 USD."""
    found = figures([("A", "7", "0", None), ("B", "6", "4", "A")])
    assert found["equity"] == Decimal(44)
    assert found["links"] == 1


def test_a_value_is_read_from_the_group_of_the_asset_that_the_field_names() -> None:
    """The room of B is what A has after: 17 A, 34 USD."""
    assert figures([("A", "7", "0", None), ("B", "6", "4", "A")])["rooms"] == Decimal(34)


def test_an_asset_that_only_a_field_names_has_a_group_too() -> None:
    """1 C in orders against A brings 5 A, though the account holds no A."""
    found = figures([("C", "3", "1", "A")])
    assert found["equity"] == 3 * 10 - 10 + 5 * 2
    assert found["rooms"] == Decimal(10)


def test_reading_through_a_field_that_is_not_given_is_unknown_and_says_where() -> None:
    text = TEXT.replace(
        "if given(quote_asset) then token[quote_asset].after in USD else 0", "token[quote_asset].after in USD"
    )
    policy = marginrules.load_text(text, "linked.margin")
    account = document([("A", "7", "0", None), ("B", "6", "4", "A")])
    report = marginrules.evaluate(policy, marginrules.read_account(account, policy))
    assert report.pools[0].equity == Decimal(44)
    assert report.pools[0].figures["rooms"] is None
    entry = next(entry for entry in report.unknown if entry.at == "/pools/0/rooms")
    assert (entry.reason, entry.pointer) == ("balance A has no quote_asset", "/balances/0/quote_asset")


def test_a_price_is_solved_where_a_linked_group_moves() -> None:
    """100 of X at 100 settle in A at 2: 2 * 1010 + 5 * 2 + 200 * (p - 100) = 2 * p, so p = 17970 / 198."""
    account = document([("A", "1000", "0", None), ("B", "6", "4", "A")])
    account["instruments"] = [
        {"symbol": "X", "contract": "linear", "base": "X", "quote": "A", "settle": "A", "mark_price": "100"}
    ]
    account["positions"] = [{"id": "X", "symbol": "X", "quantity": "100", "entry_price": "100"}]
    report = marginrules.evaluate(POLICY, marginrules.read_account(account, POLICY))
    price = report.positions[0].liquidation_price
    assert price is not None
    assert abs(price - Decimal(17970) / 198) < Decimal("1e-25")


_balances = st.lists(
    st.tuples(st.sampled_from("ABC"), st.integers(-50, 50), st.integers(0, 20), st.sampled_from(["A", "B", "C", None])),
    min_size=1,
    max_size=3,
    unique_by=lambda entry: entry[0],
)


@given(_balances)
def test_the_kernel_equals_the_reference_through_links(balances: list[tuple[str, int, int, str | None]]) -> None:
    """To the last digit, and every derivation adds up again."""
    account = document([(asset, str(wallet), str(held), quote) for asset, wallet, held, quote in balances])
    state = marginrules.read_account(json.dumps(account), POLICY)
    with exact_context():
        found = evaluation(POLICY, state, solve=False)
        pool = found.pools[0]
        assert pool.rows is not None
        reference = Interpreter(pool.instance, state)
        for node in pool_roots(pool.instance.plan):
            assert pool.value(node, POOL) == reference.value(node, POOL)
    for derivation in explain_all(found).values():
        assert derivation.recomputed() == derivation.value


def test_the_derivation_leads_through_the_link() -> None:
    state = marginrules.read_account(document([("A", "7", "0", None), ("B", "6", "4", "A")]), POLICY)
    text = explain(POLICY, state, "rooms:cross").render()
    assert "after of token A = 17" in text
    assert "/balances/1/in_orders" in text


@pytest.mark.parametrize(
    ("old", "new", "code", "at"),
    [
        ("by quote_asset)\n", "by in_orders)\n", "undefined-name", "balances by in_orders"),
        ("then token[quote_asset]", "then token[quote]", "undefined-name", "token[quote].after"),
        ("then token[quote_asset]", "then tokens[quote_asset]", "undefined-name", "tokens[quote_asset].after"),
        ("sum(may_bring of balances by", "sum(in_orders of balances by", "asset-mismatch", "in_orders"),
        ("group token by settlement asset", "group token by instrument", "ring-fence", None),
        ("room of balances", "token[quote_asset].after of balances", "asset-mismatch", None),
    ],
)
def test_a_mistake_about_a_link_is_found_where_it_is(old: str, new: str, code: str, at: str | None) -> None:
    assert old in TEXT
    policy, found = diagnose_text(TEXT.replace(old, new), "linked.margin")
    errors = [entry for entry in found if entry.severity == "error"]
    assert policy is None
    assert code in {entry.code for entry in errors}
    if at is not None:
        assert at in {entry.span.text for entry in errors}
