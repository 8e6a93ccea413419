"""Boundaries of conditions that are more than affine between kinks: worked out by hand."""

from decimal import Decimal
from typing import Any

import pytest

import marginrules
from marginrules.arithmetic import exact_context
from marginrules.engine import solve
from marginrules.engine.evaluate import evaluation
from tests.engine.extents import assert_extents_hold

POOL = """
pool cross {
  covers positions
  covers orders
  one per account
  draws on balances
  equity = collateral + sum(unrealized_pnl)
  maintenance_margin = sum(maintenance_margin)
  liquidate when equity < maintenance_margin
}
"""


def policy(rules: str, contracts: str = "linear", pool: str = POOL) -> Any:
    return marginrules.load_text(
        f'policy t {{ title "t" version "1" contracts {contracts} }}\n{rules}{pool}', "t.margin"
    )


def account(
    *positions: tuple[str, str], wallet: str = "1000", contract: str = "linear", mark: str = "100", **fields: Any
) -> dict[str, Any]:
    """Positions on one contract, entered at 100."""
    settle = "BTC" if contract == "inverse" else "USDC"
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "a"},
        "balances": [{"asset": settle, "wallet_balance": wallet}],
        "positions": [
            {"id": identity, "symbol": "X", "quantity": quantity, "entry_price": "100"}
            for identity, quantity in positions
        ],
        "orders": [],
        "instruments": [
            {"symbol": "X", "contract": contract, "base": "BTC", "quote": "USDC", "settle": settle, "mark_price": mark}
            | fields
        ],
        "assets": [],
    }


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The searches that were needed, where the walk found nothing."""
    found: list[str] = []
    search = solve._searched

    def noted(*arguments: Any) -> Any:
        found.append(arguments[2].symbol)
        return search(*arguments)

    monkeypatch.setattr(solve, "_searched", noted)
    return found


def prices(rules: Any, document: dict[str, Any]) -> tuple[Decimal | None, tuple[Decimal, ...]]:
    report = marginrules.evaluate(rules, marginrules.read_account(document, rules))
    return report.positions[0].liquidation_price, report.positions[0].other_boundaries


def near(price: Decimal | None, numerator: str, denominator: str) -> bool:
    """Whether a price is a quotient, to 28 places."""
    with exact_context():
        return price is not None and abs(price - Decimal(numerator) / Decimal(denominator)) < Decimal("1e-28")


GROWING = """
position {
  initial_margin     = notional
  maintenance_margin = notional * (1% + 0.1% * number(base_quantity))
}
"""


def test_a_rate_that_grows_with_an_inverse_contracts_size_gives_the_root_of_a_quadratic(searches: list[str]) -> None:
    """In x = 1 / price: 1 + 1000 * (0.01 - x) = 1000 x * (0.01 + 0.001 * 1000 x), so 1000 x² + 1010 x - 11 = 0."""
    price, others = prices(policy(GROWING, "inverse"), account(("A", "1000"), wallet="1", contract="inverse"))
    with exact_context():
        x = ((Decimal(1010) ** 2 + 4 * 1000 * 11).sqrt() - 1010) / 2000
        assert price is not None
        assert abs(price - 1 / x) < Decimal("1e-28")
    assert others == ()
    assert searches == []


def test_a_rate_that_grows_with_a_linear_contracts_size_stays_affine(searches: list[str]) -> None:
    """1000 + 20 (p - 100) = 20 p (1 % + 2 %), at p = 1000 / 19.4."""
    price, _ = prices(policy(GROWING), account(("A", "20")))
    assert near(price, "1000", "19.4")
    assert searches == []


ROUNDED = """
input instrument.step: money in settle "what values are rounded up to"
position {
  value              = round(notional, up to instrument.step)
  initial_margin     = value
  maintenance_margin = value * 10%
}
"""


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        # 20 positions: equity 20 p - 1000 against 10 % of 20 p rounded up to 300s: 120 where 900 < 20 p <= 1200, so 56.
        ("100", "56"),
        ("57", "56"),
        ("40", "56"),
    ],
)
def test_what_is_rounded_is_followed_step_by_step(mark: str, expected: str, searches: list[str]) -> None:
    price, others = prices(policy(ROUNDED), account(("A", "20"), mark=mark, step="300"))
    assert price == Decimal(expected)
    assert others == ()
    assert searches == []


def test_a_step_can_itself_be_the_boundary(searches: list[str]) -> None:
    """Equity 20 p - 970 is 110 at p = 54; values up to 1080, a multiple of 360, need 108, above it 144: it turns there."""
    price, others = prices(policy(ROUNDED), account(("A", "20"), wallet="1030", mark="60", step="360"))
    # Down from 60: value in (1080, 1440] needs 144, met at (144 + 970) / 20 = 55.7.
    assert price == Decimal("55.7")
    # Below 54 the requirement falls to 108, and 20 p - 970 is just below 110: solvent again, down to 53.9.
    assert others == (Decimal("53.9"), Decimal(54))
    assert searches == []


GROUPED = """
group market by instrument {
  longs  = sum(notional of positions where quantity > 0)
  shorts = sum(notional of positions where quantity < 0)
  larger = max(longs, shorts)
}
position {
  initial_margin     = notional
  maintenance_margin = notional * 10% * number(market.larger) / 1000
}
"""


def test_a_value_that_a_member_reads_from_its_group_moves_with_it(searches: list[str]) -> None:
    """20 long, 5 short: 15 p - 500 = (20 p + 5 p) * 10 % * 20 p / 1000, so 0.05 p² - 15 p + 500 = 0."""
    document = account(("A", "20"), ("B", "-5"))
    price, others = prices(policy(GROUPED), document)
    with exact_context():
        low, high = ((15 - side * Decimal(125).sqrt()) / Decimal("0.1") for side in (1, -1))
        assert price is not None
        assert abs(price - low) < Decimal("1e-28")
        assert abs(others[0] - high) < Decimal("1e-28")
    assert searches == []


FLAGS = """
position {
  long               = quantity > 0
  profitable         = unrealized_pnl >= 0
  calm               = if long then profitable else not profitable
  initial_margin     = notional
  maintenance_margin = if calm then notional * 1% else notional * 2%
}
"""


def test_a_choice_between_flags_that_move_has_no_slope(searches: list[str]) -> None:
    """1000 + 20 (p - 100) = 2 % of 20 p below the entry, at 1000 / 19.6."""
    price, _ = prices(policy(FLAGS), account(("A", "20")))
    assert near(price, "1000", "19.6")
    assert searches == []


BRANCHES = """
position {
  loss_weight        = instrument.loss_rate * 2
  initial_margin     = notional
  maintenance_margin = if unrealized_pnl < 0 then notional * loss_weight else notional * 1%
}
input instrument.loss_rate: rate "share of notional in a loss"
"""


def test_what_is_not_needed_at_the_present_price_is_found_out_on_the_way(searches: list[str]) -> None:
    """In profit at 110 the doubled rate is not looked at; below 100 it is: 20 p - 1000 = 4 % of 20 p."""
    price, _ = prices(policy(BRANCHES), account(("A", "20"), mark="110", loss_rate="0.02"))
    assert near(price, "1000", "19.2")
    assert searches == []


ROOTS = """
group market by instrument {
  worth = number(instrument.mark_price) * sum(abs(quantity) of positions)
}
position {
  initial_margin     = notional
  maintenance_margin = notional * 1% * sqrt(number(notional) / 1000)
}
"""


def test_a_search_moves_the_mark_that_a_group_reads(searches: list[str]) -> None:
    """A root has no walk. With 20 p / 100 needed by the group beside it, 20 p - 1000 = 0.2 p at 1000 / 19.8."""
    rules = ROOTS.replace("notional * 1% * sqrt(number(notional) / 1000)", "notional * 0% * sqrt(number(notional))")
    pool = POOL.replace(
        "  maintenance_margin = sum(maintenance_margin)",
        "  needed = sum(worth of market) / 100\n  maintenance_margin = sum(maintenance_margin)",
    ).replace("equity < maintenance_margin", "number(equity) < needed + number(maintenance_margin)")
    price, _ = prices(
        policy(rules.replace("sum(abs(quantity)", "sum(number(abs(quantity))"), pool=pool), account(("A", "20"))
    )
    assert near(price, "1000", "19.8")
    assert searches == ["X"]


def test_a_price_is_known_where_only_what_lies_beyond_it_is_not(searches: list[str]) -> None:
    """Below 40 the policy needs a rate that is missing; the boundary at 1000 / 19.8 comes before."""
    rules = """
    input instrument.deep_rate: rate "share of notional below 40"
    position {
      initial_margin     = notional
      maintenance_margin = if number(instrument.mark_price) < 40 then notional * instrument.deep_rate else notional * 1%
    }
    """
    report = marginrules.evaluate(policy(rules), marginrules.read_account(account(("A", "20")), policy(rules)))
    price = report.positions[0].liquidation_price
    assert near(price, "1000", "19.8")
    assert searches == ["X"]


def test_a_price_is_unknown_where_something_missing_comes_first() -> None:
    """Below 60 a rate is missing, and nothing turned before."""
    rules = """
    input instrument.deep_rate: rate "share of notional below 60"
    position {
      initial_margin     = notional
      maintenance_margin = if number(instrument.mark_price) < 60 then notional * instrument.deep_rate else notional * 1%
    }
    """
    report = marginrules.evaluate(policy(rules), marginrules.read_account(account(("A", "20")), policy(rules)))
    assert report.positions[0].liquidation_price is None
    entry = next(entry for entry in report.unknown if entry.at.endswith("liquidation_price"))
    assert (entry.reason, entry.pointer) == ("instrument X has no deep_rate", "/instruments/0/deep_rate")


VERDICT = """
position {
  initial_margin     = notional
  maintenance_margin = notional * 0%
}
"""


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        # The equity of 20 long is 20 p - 1000: 400 at 70, 1500 at 125.
        ("number(equity) < 400 or not number(equity) <= 1500", ["70", "125"]),
        ("low or number(equity) < 600", ["80"]),
        ("number(equity) < 600 and low", ["70"]),
        ("not (number(equity) >= 400 and number(equity) <= 1500)", ["70", "125"]),
        ("number(equity) < 400 and number(equity) > -400", ["70", "30"]),
        ("number(equity) < 400 and has_positions", ["70"]),
        ("number(equity) < 400 and not has_positions", []),
        ("has_positions and (number(equity) < 400 or number(equity) > 1500)", ["70", "125"]),
        ("not has_positions and number(equity) < 400 or has_positions and number(equity) < 600", ["80"]),
        ("number(equity) < 400 or number(equity) > 1200 and number(equity) < 1500", ["70", "110", "125"]),
        # What one side says does not change any more, whatever the other one does.
        ("number(equity) < 400 or number(sum(unrealized_pnl)) - number(value) < -1900", []),
        ("number(value) > 1400 and number(sum(unrealized_pnl)) - number(value) > -1900", []),
        ("number(equity) < 400 or number(sum(unrealized_pnl)) - number(value) < -2100", ["70"]),
        ("number(value) > 1400 and number(sum(unrealized_pnl)) - number(value) > -2100", ["70"]),
        # The sides of a maximum change at 50, beyond the boundary.
        ("max(number(equity), 0) < 400", ["70"]),
        # Met and left at one price, or touched and not crossed: no boundary.
        ("number(equity) == 400", []),
        ("number(equity) * number(equity) <= 0", []),
        ("number(equity) * number(equity) < 160000", ["70", "30"]),
    ],
)
@pytest.mark.parametrize("mark", ["100", "120", "75"])
def test_every_comparison_of_a_condition_is_followed(
    condition: str, expected: list[str], mark: str, searches: list[str]
) -> None:
    pool = POOL.replace("liquidate when equity < maintenance_margin", f"liquidate when {condition}").replace(
        "  equity =",
        "  has_positions = count(positions) > 0\n  value = sum(notional)\n  low = number(equity) < 400\n  equity =",
    )
    price, others = prices(policy(VERDICT, pool=pool), account(("A", "20"), mark=mark))
    assert sorted([*others, *([] if price is None else [price])]) == sorted(map(Decimal, expected))
    assert searches == []


SWITCHED = """
input account.strict: flag = false "whether the requirement grows with the position"
position {
  initial_margin     = notional
  maintenance_margin = if account.strict then notional * sqrt(number(notional)) / 100 else notional * 1%
}
"""


@pytest.mark.parametrize(
    "condition",
    [
        "equity < maintenance_margin",
        "number(equity) < 0.2 * 1000 / 19.8 or account.strict and sqrt(number(maintenance_margin)) < 0",
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_what_a_setting_of_the_account_excludes_is_not_followed(
    condition: str,
    strict: bool,  # noqa: FBT001 - a parameter of the test
    searches: list[str],
) -> None:
    """A root has no walk; where the account's own setting leaves it out, there is one."""
    document = account(("A", "20"))
    document["account"]["strict"] = strict
    pool = POOL.replace("equity < maintenance_margin", condition)
    price, _ = prices(policy(SWITCHED, pool=pool), document)
    assert price is not None
    assert near(price, "1000", "19.8") or strict
    assert searches == (["X"] if strict else [])


def test_both_ways_of_solving_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk and the search, on rounded values of several positions."""
    rules = policy(ROUNDED)
    state = marginrules.read_account(account(("A", "20"), ("B", "-3"), ("C", "4"), step="7"), rules)
    walked = evaluation(rules, state).report()
    monkeypatch.setattr(solve, "_walker", lambda *_: None)
    searched = evaluation(rules, state).report()
    for one, other in zip(walked.positions, searched.positions, strict=True):
        assert one.liquidation_price is not None
        assert other.liquidation_price is not None
        assert abs(one.liquidation_price - other.liquidation_price) < Decimal("1e-25")


STEPS = [{"above": "0", "maintenance_rate": "0.01"}, {"above": "1500", "maintenance_rate": "0.02"}]


def test_a_look_up_of_something_that_moves_is_followed(searches: list[str]) -> None:
    """20 p - 1000 is 1 % of 20 p at 1000 / 19.8, below the edge of 1500; `max` of two such look-ups is the larger."""
    rules = """
    position {
      initial_margin     = notional
      maintenance_margin = pick max(notional * tier.maintenance_rate, notional * tier.maintenance_rate / 2) from instrument.tiers at notional
    }
    """
    price, others = prices(policy(rules), account(("A", "20"), tiers=STEPS))
    assert near(price, "1000", "19.8")
    assert others == ()
    assert searches == []


OF_POOL = """
position {
  initial_margin     = notional
  maintenance_margin = max(notional * 1%, pool.equity * 5%)
}
"""


def test_what_a_position_reads_of_its_pool_moves_with_it(searches: list[str]) -> None:
    """Near the boundary 1 % of each notional is more than 5 % of the equity: 20 p - 1000 = 0.2 p."""
    price, others = prices(policy(OF_POOL), account(("A", "15"), ("B", "5")))
    assert near(price, "1000", "19.8")
    assert others == ()
    assert searches == []


def test_members_elsewhere_that_read_of_the_pool_are_searched_for(searches: list[str]) -> None:
    """What the position on Y needs moves with the price of X, so that no walk along X alone can tell."""
    document = account(("A", "15"), ("B", "5"))
    document["positions"][1]["symbol"] = "Y"
    document["instruments"].append({**document["instruments"][0], "symbol": "Y", "base": "ETH"})
    price, _ = prices(policy(OF_POOL), document)
    # E = 15 p - 500: below 33.5 each of both is due more by its own value, 0.15 p and 5.
    assert near(price, "505", "14.85")
    assert set(searches) == {"X", "Y"}


def many_tiers(rows: int = 12) -> list[dict[str, str]]:
    """Tiers from 0, 100, 200, 400 … on with 1 %, 2 %, 3 % …, and the amounts that make them meet."""
    tiers: list[dict[str, str]] = []
    amount = Decimal(0)
    for row in range(rows):
        above = Decimal(100 * 2 ** (row - 1) if row else 0)
        amount += above / 100
        tiers.append(
            {"above": str(above), "maintenance_rate": str(Decimal(row + 1) / 100), "maintenance_amount": str(amount)}
        )
    return tiers


TIERED = """
position {
  initial_margin     = notional
  maintenance_margin = tiered notional by instrument.tiers rate tier.maintenance_rate amount tier.maintenance_amount
}
"""


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> list[Decimal]:
    """Every price along which a walk looks at its conditions."""
    looked_at: list[Decimal] = []
    followed = solve.walk

    def counted(point: Any, first: Any, start: Decimal, conditions: int) -> Any:
        def noted(function: Any) -> Any:
            return lambda x: looked_at.append(x) or function(x)

        return followed(noted(point), None if first is None else noted(first), start, conditions)

    monkeypatch.setattr(solve, "walk", counted)
    return looked_at


@pytest.mark.parametrize(
    ("quantity", "numerator", "denominator"),
    [
        # 20 p - 1000 = 0.05 * 20 p - 15: the value of 20 is 1036.8 there, in the fifth tier, from 800 to 1600.
        ("20", "985", "19"),
        # 3000 - 20 p = 0.06 * 20 p - 31: the value is 2859.4, in the sixth.
        ("-20", "3031", "21.2"),
    ],
)
def test_kinks_that_change_nothing_are_passed_over(
    quantity: str, numerator: str, denominator: str, points: list[Decimal], searches: list[str]
) -> None:
    price, others = prices(policy(TIERED), account(("A", quantity), tiers=many_tiers()))
    assert near(price, numerator, denominator)
    assert others == ()
    assert len(points) <= 4
    assert searches == []


def test_where_a_table_jumps_every_kink_is_looked_at(searches: list[str]) -> None:
    """With half the amounts more is due at once beyond each edge; here just where the equity has caught up.

    The equity of a value of v is v - 3020. Before 3200 it meets 0.06 v - 15.5 at 3004.5 / 0.94; at 3200 it is 180, of
    which 176.5 are due there and 192.5 beyond, which it meets as 0.07 v - 31.5 at 2988.5 / 0.93.
    """
    rules = policy(TIERED.replace("amount tier.maintenance_amount", "amount tier.maintenance_amount / 2"))
    price, others = prices(rules, account(("A", "20"), tiers=many_tiers(), wallet="-1020"))
    assert near(price, "3004.5", "18.8")
    assert others[0] == 160
    assert near(others[1], "2988.5", "18.6")
    assert len(others) == 2
    assert searches == []


def test_a_jump_is_not_passed_over(searches: list[str]) -> None:
    """Of 20 short 3389.5 - v is left, 189.5 at 3200: more than 176.5, which are due there, less than 192.5 beyond.

    With slopes alone, at most 7 %, nothing would change on the next 1285 / 1.07 from 2000 on, so beyond that edge.
    """
    rules = policy(TIERED.replace("amount tier.maintenance_amount", "amount tier.maintenance_amount / 2"))
    price, others = prices(rules, account(("A", "-20"), tiers=many_tiers(7), wallet="1389.5"))
    assert price == 160
    assert others == ()
    assert searches == []


STEEP = "tiered notional by instrument.tiers rate tier.maintenance_rate amount tier.maintenance_amount"


@pytest.mark.parametrize(
    "due",
    [
        f"{STEEP}",
        f"notional / 20 + -({STEEP})",
        f"notional - ({STEEP})",
        f"({STEEP}) - notional / 20",
        f"({STEEP}) * (1 - 3)",
        f"({STEEP}) / (1 - 3)",
        f"(1 - 3) * ({STEEP})",
        f"abs(({STEEP}) - notional / 20)",
        f"max(({STEEP}), notional / 20)",
        f"unrealized_pnl * 5% + notional + ({STEEP})",
        f"notional * (if quantity > 0 then 2% else 9%) + ({STEEP})",
        f"min(({STEEP}), notional / 20)",
        f"if quantity > 0 then {STEEP} else notional * 2%",
        f"tiered ({STEEP}) by instrument.tiers rate tier.maintenance_rate - 5% amount tier.maintenance_amount * 0",
        "tiered abs(unrealized_pnl) by instrument.tiers rate tier.maintenance_rate amount tier.maintenance_amount",
    ],
)
@pytest.mark.parametrize("total", ["sum", "max", "min"])
@pytest.mark.parametrize("contract", ["linear", "inverse"])
def test_a_condition_is_no_steeper_than_it_is_taken_to_be(
    due: str, total: str, contract: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk, held = solve.walk, []

    def checked(point: Any, first: Any, start: Decimal, conditions: int) -> Any:
        assert first is not None
        assert_extents_hold(point, first, start, [Decimal(2) ** power for power in range(-8, 9)])
        held.append(first(start))
        return walk(point, first, start, conditions)

    monkeypatch.setattr(solve, "walk", checked)
    pool = POOL.replace("sum(maintenance_margin)", f"{total}(maintenance_margin of positions)")
    rules = policy(f"position {{ initial_margin = notional maintenance_margin = {due} }}", contract, pool)
    prices(rules, account(("A", "20"), ("B", "-7"), contract=contract, tiers=many_tiers()))
    assert held


@pytest.mark.parametrize(("factor", "table"), [("0.1", ""), ("0", ""), ("0", " - 5%")])
def test_a_table_that_ends_is_looked_at_though_it_counts_for_nothing(factor: str, table: str) -> None:
    """Beyond its end the condition has no value, whatever that would be multiplied by: a price that lies there is unknown."""
    rules = policy(
        f"""
        input account.share: number = 0 "how much the tiers count"
        position {{
          initial_margin     = notional
          maintenance_margin =
              account.share * (tiered notional by instrument.tiers rate tier.maintenance_rate{table} amount 0)
        }}
        """
    )
    tiers = [{"above": "0", "up_to": "4000", "maintenance_rate": "0.06"}]
    document = account(("A", "-20"), tiers=tiers, wallet="100000")
    document["account"]["share"] = factor
    report = marginrules.evaluate(rules, marginrules.read_account(document, rules))
    entry = next(entry for entry in report.unknown if entry.at.endswith("liquidation_price"))
    assert entry.reason == "above a price of 200 the tiers end at 4000"


def test_a_walk_never_comes_to_stand_on_a_kink(searches: list[str]) -> None:
    """Of one short 1.03e12 + 0.01 is left where the value is 1, which falls by 1.03 at most: for 1e12 less a millionth of it.

    That would lead to the edge at 1e12 itself, where the tier before still holds. Beyond it there is 3 % on what is more.
    """
    tiers = [
        {"above": "0", "maintenance_rate": "0.01", "maintenance_amount": "0"},
        {"above": "10", "maintenance_rate": "0.02", "maintenance_amount": "0.1"},
        {"above": "1000000000000", "maintenance_rate": "0.03", "maintenance_amount": "10000000000.1"},
    ]
    # 1029999999901.01 + 100 - p = 0.03 p - 10000000000.1, at p = 1040000000001.11 / 1.03.
    document = account(("A", "-1"), mark="1", wallet="1029999999901.01", tiers=tiers)
    price, others = prices(policy(TIERED), document)
    assert price is not None
    assert abs(price * Decimal("1.03") - Decimal("1040000000001.11")) < Decimal("1e-12")
    assert others == ()
    assert searches == []


def test_rounding_makes_a_boundary_where_little_is_left_near_zero() -> None:
    """All of a long is backed: 20 p against 10 % of 20 p rounded up to 300s, which is 30 as long as anything is left."""
    document = account(("A", "20"), wallet="2000", step="300")
    price, others = prices(policy(ROUNDED), document)
    assert near(price, "3", "2")
    assert others == ()


def test_a_step_between_two_boundaries_is_one_boundary(searches: list[str]) -> None:
    """The gain of 3 is within 1 % of a value rounded up to 7s from 297 on, and up to 303: each is told of once."""
    pool = POOL.replace("equity < maintenance_margin", "abs(sum(unrealized_pnl)) < maintenance_margin")
    rules = policy(ROUNDED.replace("10%", "1%"), pool=pool)
    price, others = prices(rules, account(("A", "3"), step="7"))
    assert near(price, "296.99", "3")
    assert [near(other, "303.08", "3") for other in others] == [True]
    assert searches == []
