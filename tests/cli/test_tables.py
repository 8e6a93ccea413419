"""`marginrules tables`: a venue's answer to a table file, and two versions of one."""

import json
from pathlib import Path
from typing import Any

import pytest

import marginrules
from marginrules.cli.app import run

CCXT: dict[str, Any] = {
    "BTC/USDT:USDT": [
        {"tier": 1, "minNotional": 0, "maxNotional": 50000, "maintenanceMarginRate": 0.004, "maxLeverage": 125},
        {"tier": 2, "minNotional": 50000, "maxNotional": None, "maintenanceMarginRate": 0.005, "maxLeverage": 100},
    ]
}
BINANCE: list[dict[str, Any]] = [
    {
        "symbol": "BTCUSDT",
        "brackets": [
            {"notionalFloor": 0, "notionalCap": 50000, "maintMarginRatio": 0.004, "cum": 0.0, "initialLeverage": 125},
            {
                "notionalFloor": 50000,
                "notionalCap": 250000,
                "maintMarginRatio": 0.005,
                "cum": 50.0,
                "initialLeverage": 100,
            },
        ],
    }
]
BYBIT = {
    "result": {
        "list": [
            {
                "symbol": "BTCUSDT",
                "riskLimitValue": limit,
                "maintenanceMargin": rate,
                "initialMargin": "0.01",
                "maxLeverage": "100",
                "mmDeduction": deduction,
            }
            for limit, rate, deduction in (("2000000", "0.005", ""), ("4000000", "0.01", "10000"))
        ]
    }
}
OKX = {
    "data": [
        {"instFamily": "BTC-USDT", "minSz": least, "maxSz": most, "mmr": rate, "imr": "0.01", "maxLever": "100"}
        for least, most, rate in (("0", "2000", "0.004"), ("2001", "4000", "0.005"))
    ]
}


def _write(path: Path, document: object) -> str:
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("name", "answer", "above"),
    [
        ("ccxt", CCXT, ["0", "50000"]),
        ("binance-usdm", BINANCE, ["0", "50000"]),
        ("bybit", BYBIT, ["0", "2000000"]),
        ("okx", OKX, ["0", "2000"]),
    ],
)
def test_an_answer_becomes_a_table_file_with_its_dates(
    name: str, answer: object, above: list[str], tmp_path: Path
) -> None:
    """Rows by symbol with shared column names; source, day of reading and last day beside them."""
    file = tmp_path / "table.json"
    arguments = ["--from", name, "--read", "2026-11-20", "--valid-until", "2027-01-01", "-o", str(file)]
    assert run(["tables", "import", _write(tmp_path / "answer.json", answer), *arguments]) == 0
    document = json.loads(file.read_text(encoding="utf-8"))
    assert (document["read"], document["valid_until"]) == ("2026-11-20", "2027-01-01")
    assert [row["above"] for row in document["tiers"]] == above


def test_a_policy_reads_the_file_and_says_when_it_is_past_its_day(tmp_path: Path) -> None:
    """The file's own last day, without the rule repeating it."""
    file = tmp_path / "table.json"
    answer = _write(tmp_path / "answer.json", BINANCE)
    arguments = ["--from", "binance-usdm", "--read", "2026-11-20", "--valid-until", "2026-12-01", "-o", str(file)]
    assert run(["tables", "import", answer, *arguments]) == 0
    policy = marginrules.load_text(
        'policy t {\n title "t"\n version "1"\n}\ntable brackets from "table.json" per symbol\n'
        "position {\n maintenance_margin = tiered notional by brackets rate tier.maintenance_rate"
        " amount tier.maintenance_amount\n}\n"
        "pool cross {\n covers positions\n one per account\n draws on balances\n equity = collateral\n}\n",
        "t.margin",
        tmp_path,
    )
    account = {
        "schema": "marginrules/account/1",
        "account": {"id": "a", "as_of": "2026-12-02T00:00:00Z"},
        "balances": [{"asset": "USDT", "wallet_balance": "1000"}],
        "positions": [{"id": "A", "symbol": "BTCUSDT", "quantity": "1", "entry_price": "60000"}],
        "instruments": [
            {
                "symbol": "BTCUSDT",
                "contract": "linear",
                "base": "BTC",
                "quote": "USDT",
                "settle": "USDT",
                "mark_price": "60000",
            }
        ],
    }
    report = marginrules.evaluate(policy, marginrules.read_account(account, policy))
    assert report.positions[0].maintenance_margin == 250
    assert report.notes == ("table brackets is valid until 2026-12-01; the account is as of 2026-12-02",)


def test_diff_lists_what_changed_and_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A rate of one row; and nothing between a file and itself."""
    changed = json.loads(json.dumps(CCXT))
    changed["BTC/USDT:USDT"][1]["maintenanceMarginRate"] = 0.006
    files = []
    for number, answer in enumerate((CCXT, changed)):
        file = tmp_path / f"{number}.json"
        arguments = ["--from", "ccxt", "--read", "2026-11-20", "-o", str(file)]
        assert run(["tables", "import", _write(tmp_path / "answer.json", answer), *arguments]) == 0
        files.append(str(file))
    assert run(["tables", "diff", files[0], files[0]]) == 0
    capsys.readouterr()
    assert run(["tables", "diff", *files, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["differences"]
    assert found == [
        {
            "symbol": "BTC/USDT:USDT",
            "above": "50000",
            "column": "maintenance_rate",
            "old": "0.005",
            "new": "0.006",
            "change": "changed",
        }
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"notionalFloor": 60000}, "have a gap"),
        ({"notionalFloor": 40000}, "have an overlap"),
        ({"cum": 90.0}, "continuity gives 50"),
        ({"maintMarginRatio": 5}, "must lie between 0 and 1"),
    ],
)
def test_an_answer_that_contradicts_itself_is_refused_and_writes_nothing(
    change: dict[str, Any], problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Gaps, overlaps, amounts off continuity, rates that are none."""
    answer = json.loads(json.dumps(BINANCE))
    answer[0]["brackets"][1].update(change)
    file = tmp_path / "table.json"
    arguments = ["--from", "binance-usdm", "--read", "2026-11-20", "-o", str(file)]
    assert run(["tables", "import", _write(tmp_path / "answer.json", answer), *arguments]) == 2
    assert problem in capsys.readouterr().err
    assert not file.exists()


def test_show_prints_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By symbol."""
    file = tmp_path / "table.json"
    arguments = ["--from", "ccxt", "--read", "2026-11-20", "-o", str(file)]
    assert run(["tables", "import", _write(tmp_path / "answer.json", CCXT), *arguments]) == 0
    assert run(["tables", "show", str(file)]) == 0
    assert "BTC/USDT:USDT" in capsys.readouterr().out
