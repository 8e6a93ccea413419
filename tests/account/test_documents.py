"""Account documents: what is refused, where, and that nothing is lost."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from marginrules.account.actions import Action, apply
from marginrules.account.documents import load_json, read, write
from marginrules.account.fields import FieldSpec
from marginrules.account.state import StateError
from marginrules.arithmetic import exact_context
from marginrules.engine.evaluate import evaluate
from marginrules.policy.catalogue import load_policy
from tests.engine.policies import accounts

DECLARED = (FieldSpec("position", "special", "flag"),)


def _document(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "schema": "marginrules/account/1",
        "account": {"id": "a"},
        "balances": [{"asset": "USDC", "wallet_balance": "10"}],
        "positions": [{"id": "A", "symbol": "X", "quantity": "1", "entry_price": "2", "margin_mode": "cross"}],
        "orders": [{"id": "1", "symbol": "X", "side": "buy", "quantity": "1", "price": "2"}],
        "instruments": [
            {
                "symbol": "X",
                "contract": "linear",
                "base": "BTC",
                "quote": "USDC",
                "settle": "USDC",
                "tiers": [{"above": "0"}],
            }
        ],
        "assets": [{"asset": "USDC", "index_price": "1"}],
    }
    for path, value in changes.items():
        section, _, name = path.partition("__")
        if not name:
            document[section] = value
        elif section == "account":
            document[section][name] = value
        else:
            document[section][0][name] = value
    return document


@pytest.mark.parametrize(
    ("changes", "pointer", "words"),
    [
        ({"schema": "marginrules/account/2"}, "/schema", "marginrules/account/1"),
        ({"position": []}, "/position", "did you mean 'positions'"),
        ({"positions": {}}, "/positions", "not a list"),
        ({"positions__leverge": "1"}, "/positions/0/leverge", "did you mean 'leverage'"),
        ({"positions__quantity": "1,000"}, "/positions/0/quantity", "not a number"),
        ({"positions__quantity": "NaN"}, "/positions/0/quantity", "not a number"),
        ({"positions__quantity": True}, "/positions/0/quantity", "not a number"),
        ({"positions__quantity": 0.1}, "/positions/0/quantity", "float"),
        ({"positions__quantity": "1" * 61}, "/positions/0/quantity", "at most 60 digits"),
        ({"positions__quantity": f"{'1' * 37}.{'1' * 24}"}, "/positions/0/quantity", "at most 60 digits"),
        ({"positions__quantity": "1e65"}, "/positions/0/quantity", "exponents to 64"),
        ({"positions__quantity": "1e-129"}, "/positions/0/quantity", "128 decimals"),
        ({"positions__quantity": "1e999"}, "/positions/0/quantity", "out of range"),
        ({"positions__quantity": None}, "/positions/0/quantity", "leave out"),
        ({"positions__entry_price": "0"}, "/positions/0/entry_price", "above 0"),
        ({"positions__margin_mode": "crossed"}, "/positions/0/margin_mode", "did you mean 'cross'"),
        ({"positions__assigned_margin": "1"}, "/positions/0/assigned_margin", "no assigned margin"),
        ({"positions__auto_add_margin": "true"}, "/positions/0/auto_add_margin", "without quotes"),
        ({"positions__symbol": "Y"}, "/positions/0/symbol", "no instrument"),
        ({"orders__symbol": "Y"}, "/orders/0/symbol", "no instrument"),
        ({"orders__quantity": "-1"}, "/orders/0/quantity", "above 0"),
        ({"instruments__settle": "BTC"}, "/instruments/0/settle", "linear"),
        ({"instruments__contract": "future"}, "/instruments/0/contract", "linear, inverse, quanto"),
        ({"instruments__tiers": []}, "/instruments/0/tiers", "no list of tiers"),
        ({"instruments__tiers": [{"abov": "0"}]}, "/instruments/0/tiers/0/abov", "did you mean 'above'"),
        ({"instruments__tiers": [{"above": "0"}, {"above": "0"}]}, "/instruments/0/tiers/1/above", "sort tiers"),
        ({"instruments__tiers": [{"above": "0", "maintenance_rate": "5"}]}, "/instruments/0/tiers/0/maintenance_rate", "0.05"),
        ({"instruments__tiers": [{"above": "5"}]}, "/instruments/0/tiers/0/above", "nothing of what is less"),
        ({"instruments__tiers": [{"at_least": "0", "up_to": "5"}]}, "/instruments/0/tiers/0/up_to", "does not go with"),
        ({"instruments__tiers": [{"at_least": "0"}, {"above": "5"}]}, "/instruments/0/tiers/1/above", "does not go with"),
        ({"instruments__tiers": [{"at_least": "0"}, {}]}, "/instruments/0/tiers/1/at_least", "is missing"),
        ({"instruments__tiers": [{"at_least": "0", "below": "4"}, {"at_least": "5"}]}, "/instruments/0/tiers/0/below", "let them meet"),
        ({"instruments__tiers": [{"above": "0", "max_leverage": "0"}]}, "/instruments/0/tiers/0/max_leverage", "above 0"),
        (
            {
                "instruments__tiers": [
                    {"above": "0", "maintenance_rate": "0.004", "maintenance_amount": "0"},
                    {"above": "50000", "maintenance_rate": "0.005", "maintenance_amount": "60.00"},
                ]
            },
            "/instruments/0/tiers/1/maintenance_amount",
            "50 is due",
        ),
        ({"assets": [{"asset": "USD", "index_price": "0.5"}]}, "/assets/0/index_price", "one USD"),
        ({"assets__collateral_rate": "95"}, "/assets/0/collateral_rate", "at most 1"),
        ({"account__as_of": "2026-11-22"}, "/account/as_of", "time zone"),
        ({"account__as_of": "yesterday"}, "/account/as_of", "not a time"),
        ({"account": {}}, "/account/id", "missing"),
        ({"balances": [{"asset": "U", "wallet_balance": "1"}] * 2}, "/balances/1", "listed twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_pointer(changes: dict[str, Any], pointer: str, words: str) -> None:
    """One message: what, where, and how to mend it."""
    with pytest.raises(StateError) as caught:
        read(_document(**changes))
    assert caught.value.pointer == pointer
    assert words in str(caught.value)
    assert "\nhelp: " in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "line 1, column 2"),
        ('{"a": 1, "a": 2}', "twice"),
        ('{"a": NaN}', "NaN"),
        ("[" * 100_000, "nests too deeply"),
        (b"\xff", "UTF-8"),
    ],
)
def test_what_is_not_json_is_refused(text: str | bytes, words: str) -> None:
    """With the place, where there is one."""
    with pytest.raises(StateError, match=words):
        load_json(text)


def test_numbers_are_read_exactly_as_written() -> None:
    """No number passes through a binary float."""
    document = load_json(json.dumps(_document()).replace('"10"', "0.1000000000000000055511151231257827"))
    assert read(document).balances[0].wallet_balance == Decimal("0.1000000000000000055511151231257827")


def test_an_average_of_tiny_prices_can_be_read_back() -> None:
    """An entry price of two fills is a quotient of sixty digits, behind the zeros of the price."""
    state = read(_document(positions__entry_price="0.000000001", positions__quantity="3"))
    with exact_context():
        filled = apply(state, Action("open", symbol="X", side="buy", quantity=Decimal(4), price=Decimal("2e-9")))
    assert read(write(filled.state)) == filled.state


def _collateral(balances: list[dict[str, str]], assigned: str) -> list[Decimal | None]:
    """Equity of the cross pool and of the isolated one, whose positions have no profit."""
    held = {"symbol": "X", "quantity": "1", "entry_price": "2", "leverage": "1"}
    positions = [
        {**held, "id": "A", "margin_mode": "cross"},
        {**held, "id": "B", "margin_mode": "isolated", "assigned_margin": assigned},
    ]
    policy = load_policy("documented")
    document = _document(balances=balances, positions=positions, instruments__mark_price="2")
    return [pool.equity for pool in evaluate(policy, read(document, policy.inputs)).pools]


@pytest.mark.parametrize(("assigned", "cross"), [("15", "-5"), ("-3", "13"), ("10", "0")])
def test_what_is_assigned_may_be_more_than_the_cash_or_below_zero(assigned: str, cross: str) -> None:
    """Profit that is assigned, or taken out, before it is realised leaves cash owing: no unit of it is in two pools."""
    balances = [{"asset": "USDC", "wallet_balance": "10"}]
    assert _collateral(balances, assigned) == [Decimal(cross), Decimal(assigned)]


def test_an_asset_without_a_balance_is_unknown_collateral() -> None:
    """Margin that is assigned has to come from a balance all the same."""
    assert _collateral([], "0") == [None, Decimal(0)]
    with pytest.raises(StateError, match="the account has no USDC balance"):
        _collateral([], "1")


@given(accounts())
def test_a_state_written_and_read_again_is_the_same(document: dict[str, Any]) -> None:
    """`read(write(state)) == state`."""
    state = read(document, DECLARED)
    assert read(write(state), DECLARED) == state
