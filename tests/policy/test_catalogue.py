"""Loading policies: by name, by path, over others, with data files beside them."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import marginrules
from marginrules.policy.catalogue import PolicyNotFoundError, diagnose_text, load_policy

POLICY = """
policy tables {{
  title "tables" version "1"
}}
table steps from "{file}"{words}
position {{
  initial_margin     = notional / leverage
  maintenance_margin = tiered notional by steps rate tier.maintenance_rate
}}
pool cross {{
  covers   positions
  one per  account
  draws on balances
  equity = collateral + sum(unrealized_pnl)
  liquidate when equity < maintenance_margin
}}
"""


def _maintenance(path: Path, **account: Any) -> Decimal | None:
    policy = load_policy(path)
    document = {
        "schema": "marginrules/account/1",
        "account": {"id": "a", **account},
        "balances": [{"asset": "USDC", "wallet_balance": "100"}],
        "positions": [
            {"id": "A", "symbol": "BTC", "quantity": "2", "entry_price": "100", "margin_mode": "cross", "leverage": "5"}
        ],
        "instruments": [
            {
                "symbol": "BTC",
                "contract": "linear",
                "base": "BTC",
                "quote": "USDC",
                "settle": "USDC",
                "mark_price": "100",
            }
        ],
    }
    return marginrules.evaluate(policy, marginrules.read_account(document, policy)).position("A").maintenance_margin


def _write(folder: Path, file: str, data: str, words: str = "") -> Path:
    path = folder / "tables.margin"
    path.write_text(POLICY.format(file=file, words=words), encoding="utf-8")
    (folder / file).write_text(data, encoding="utf-8")
    return path


def test_a_csv_file_holds_tiers(tmp_path: Path) -> None:
    """100 at 1 % and 100 at 2 %."""
    path = _write(tmp_path, "steps.csv", "above,maintenance_rate\n0,0.01\n100,0.02\n")
    assert _maintenance(path) == 3


def test_a_json_file_holds_tiers(tmp_path: Path) -> None:
    """Numbers are read exactly as written."""
    data = '{"tiers": [{"above": 0, "maintenance_rate": 0.01}, {"above": "100", "maintenance_rate": "0.02"}]}'
    assert _maintenance(_write(tmp_path, "steps.json", data)) == 3


def test_a_file_with_symbols_gives_each_instrument_its_rows(tmp_path: Path) -> None:
    """Rows of other instruments do not count."""
    data = "symbol,above,maintenance_rate\nETH,0,0.5\nBTC,0,0.01\nBTC,100,0.02\n"
    assert _maintenance(_write(tmp_path, "steps.csv", data, " per symbol")) == 3


def test_an_instrument_without_rows_is_unknown(tmp_path: Path) -> None:
    """Never a default."""
    path = _write(tmp_path, "steps.csv", "symbol,above,maintenance_rate\nETH,0,0.5\n", " per symbol")
    assert _maintenance(path) is None


def test_a_changed_data_file_is_noticed(tmp_path: Path) -> None:
    """Checked policies are kept, and checked again when what they were made from changes."""
    path = _write(tmp_path, "steps.csv", "above,maintenance_rate\n0,0.01\n")
    first = load_policy(path)
    assert load_policy(path) is first
    (tmp_path / "steps.csv").write_text("above,maintenance_rate\n0,0.05\n", encoding="utf-8")
    assert load_policy(path).digest != first.digest
    assert _maintenance(path) == 10


def test_a_table_past_its_date_is_said_in_the_report(tmp_path: Path) -> None:
    """The figures stand, with a note."""
    path = _write(tmp_path, "steps.csv", "above,maintenance_rate\n0,0.01\n", " valid until 2026-06-01")
    policy = load_policy(path)
    document = {
        "schema": "marginrules/account/1",
        "account": {"id": "a", "as_of": "2026-11-22T00:00:00Z"},
        "balances": [{"asset": "USDC", "wallet_balance": "100"}],
    }
    report = marginrules.evaluate(policy, marginrules.read_account(document, policy))
    assert report.notes == ("table steps is valid until 2026-06-01; the account is as of 2026-11-22",)
    del document["account"]["as_of"]  # type: ignore[attr-defined]
    report = marginrules.evaluate(policy, marginrules.read_account(document, policy))
    assert report.notes == (
        "table steps is valid until 2026-06-01; the account names no day, so whether it still is cannot be said",
    )


@pytest.mark.parametrize("name", ["../steps.csv", "/etc/hostname", "steps.txt"])
def test_a_rule_file_reads_only_data_beside_it(tmp_path: Path, name: str) -> None:
    """A rule file from elsewhere cannot look around on the machine."""
    policy, found = diagnose_text(POLICY.format(file=name, words=""), "tables.margin", tmp_path)
    assert policy is None
    assert "bad-table" in {entry.code for entry in found}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("rate\n1\n", "no column `above`"),
        ("above,maintenance_rate\n", "no rows"),
        ("above,maintenance_rate\n0,x\n", "line 2: `maintenance_rate` is no number"),
        ("# ours\nabove,maintenance_rate\n0,0.1\n# more\n\n5,y\n", "line 6: `maintenance_rate` is no number"),
        ("above,maintenance_rate\n0,2\n", "outside 0 .. 1"),
        ("above,maintenance_rate\n5,0.1\n0,0.2\n", "begins above 0"),
        ("above,maintenance_rate\n0,5%\n", "0.05 is 5 in a hundred"),
        ("above,maintenance_rate\n0,0.1,0.2\n", "line 2 has 3 cells, the heading has 2"),
        ("above,maintenance_rate\n0\n", "line 2 has 1 cells, the heading has 2"),
        ("above,maintenance_rate,maintenance_rate\n0,0.1,0.2\n", "`maintenance_rate` is there twice"),
        ("above,\n0,0.1\n", "a column has no name"),
        ("at_least,up_to,maintenance_rate\n0,,0.1\n", "`up_to` does not go with `at_least`"),
        ("above,at_least,maintenance_rate\n0,0,0.1\n", "`at_least` does not go with `above`"),
    ],
)
def test_a_bad_data_file_is_one_message(tmp_path: Path, data: str, words: str) -> None:
    """At the table that names it."""
    path = _write(tmp_path, "steps.csv", data)
    with pytest.raises(marginrules.RuleFileError) as caught:
        load_policy(path)
    assert words in str(caught.value)
    assert "table steps" in str(caught.value)


def test_a_column_that_begins_further_down_is_read(tmp_path: Path) -> None:
    """The first object of a JSON table need not have all the names; what it lacks is unknown, not dropped."""
    rows = '[{"above": 0}, {"above": 100, "maintenance_rate": 0.02}]'
    path = _write(tmp_path, "steps.json", rows)
    assert load_policy(path)
    assert _maintenance(path) is None


def test_a_policy_extends_one_beside_it_twice_over(tmp_path: Path) -> None:
    """`base.` reads the rule that was replaced, at each step."""
    _write(tmp_path, "steps.csv", "above,maintenance_rate\n0,0.01\n")
    header = 'policy {name} extends {base} {{ title "t" version "1" }}\n'
    rule = "position {{ replace maintenance_margin = {factor} * base.maintenance_margin }}\n"
    (tmp_path / "twice.margin").write_text(
        header.format(name="twice", base="tables") + rule.format(factor=2), encoding="utf-8"
    )
    (tmp_path / "six.margin").write_text(
        header.format(name="six", base="twice") + rule.format(factor=3), encoding="utf-8"
    )
    assert _maintenance(tmp_path / "six.margin") == 12


def test_an_unknown_policy_is_told_what_is_near() -> None:
    """By name."""
    with pytest.raises(PolicyNotFoundError, match="did you mean `documented`"):
        load_policy("documentd")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "the name of the policy is empty"),
        (" ", "the name of the policy is empty"),
        ("hyperliqid.margin", "there is no file hyperliqid.margin"),
        ("no/such", "there is no file no/such"),
        (".", ". is a folder"),
        ("hyperliqid", "there is no policy 'hyperliqid'"),
    ],
)
def test_a_policy_that_is_not_there_is_told_what_it_was_looked_for_as(name: str, problem: str) -> None:
    """A file by its path, a shipped one by its name."""
    with pytest.raises(PolicyNotFoundError) as caught:
        load_policy(name)
    found = str(caught.value)
    assert found.startswith(f"{problem}\nhelp: ")
    assert ("did you mean `hyperliquid`" in found) == name.startswith("hyper")


def test_a_byte_order_mark_before_a_rule_file_or_its_data_is_no_part_of_it(tmp_path: Path) -> None:
    """Some editors write one."""
    (tmp_path / "rates.csv").write_text("\ufeffabove,maintenance_rate\n0,0.01\n", encoding="utf-8")
    (tmp_path / "marked.margin").write_text(
        """\ufeffpolicy marked { title "Marked" version "1" }
table rates from "rates.csv"
position { maintenance_margin = tiered notional by rates rate tier.maintenance_rate }
pool cross {
  covers positions
  one per account
  draws on balances
  equity = collateral + sum(unrealized_pnl)
  liquidate when equity < maintenance_margin
}
""",
        encoding="utf-8",
    )
    assert load_policy(str(tmp_path / "marked.margin")).name == "marked"


@pytest.mark.parametrize(("sign", "words"), [(";", "`;`"), ("\t", "tabs")])
def test_a_data_file_with_other_separators_is_told_so(sign: str, words: str, tmp_path: Path) -> None:
    """Not that a column is missing."""
    (tmp_path / "t.csv").write_text(f"above{sign}maintenance_rate\n0{sign}0,01\n", encoding="utf-8")
    text = 'policy p { title "T" version "1" }\ntable t from "t.csv"\n'
    _, found = diagnose_text(text, "p.margin", tmp_path)
    (told,) = [entry for entry in found if entry.code == "bad-table"]
    assert told.problem == f"t.csv: its cells are separated by {words}"
    assert "commas" in told.remedy
