"""`marginrules tables`: a venue's answer to a table file, and two versions of one."""

import json
from pathlib import Path
from typing import Any

import pytest

import marginrules
from marginrules.cli.app import run
from marginrules.venues.tables import TIER_READERS, TIER_SOURCES

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
GATE = [
    {
        "tier": tier,
        "contract": "BTC_USDT",
        "risk_limit": limit,
        "maintenance_rate": rate,
        "initial_rate": "0.01",
        "leverage_max": "100",
        "deduction": deduction,
    }
    for tier, limit, rate, deduction in ((1, "100000", "0.004", "0"), (2, "500000", "0.005", "100"))
]
BITGET = {
    "code": "00000",
    "data": [
        {
            "symbol": "BTCUSDT",
            "level": level,
            "startUnit": low,
            "endUnit": high,
            "leverage": "125",
            "keepMarginRate": rate,
        }
        for level, low, high, rate in (("1", "0", "150000", "0.004"), ("2", "150000", "500000", "0.005"))
    ],
}
KUCOIN = {
    "code": "200000",
    "data": [
        {
            "symbol": "ETHUSDTM",
            "level": level,
            "minRiskLimit": low,
            "maxRiskLimit": high,
            "maxLeverage": 100,
            "initialMargin": 0.01,
            "maintainMargin": rate,
        }
        for level, low, high, rate in ((1, 0, 300000, 0.005), (2, 300000, 500000, 0.01))
    ],
}
KRAKEN = {
    "result": "success",
    "instruments": [
        {"symbol": "rr_xbtusd", "type": "spot index"},
        {
            "symbol": "PF_XBTUSD",
            "marginLevels": [
                {"numNonContractUnits": low, "initialMargin": 0.02, "maintenanceMargin": rate}
                for low, rate in ((0, 0.01), (500000, 0.02))
            ],
        },
    ],
}
HYPERLIQUID = {
    "universe": [
        {"name": "BTC", "maxLeverage": 40, "marginTableId": 56},
        {"name": "DYM", "maxLeverage": 3, "marginTableId": 3},
    ],
    "marginTables": [
        [
            56,
            {
                "marginTiers": [
                    {"lowerBound": "0.0", "maxLeverage": 40},
                    {"lowerBound": "150000000.0", "maxLeverage": 20},
                ]
            },
        ]
    ],
}
COIN_MARGINED = [
    {
        "symbol": "BTCUSD_PERP",
        "brackets": [
            {"qtylFloor": 0, "qtyCap": 5, "maintMarginRatio": 0.004, "cum": 0.0, "initialLeverage": 125},
            {"qtylFloor": 5, "qtyCap": 10, "maintMarginRatio": 0.005, "cum": 0.005, "initialLeverage": 100},
        ],
    }
]
OKX = {
    "data": [
        {"instFamily": "BTC-USDT", "minSz": least, "maxSz": most, "mmr": rate, "imr": "0.01", "maxLever": "100"}
        for least, most, rate in (("0", "2000", "0.004"), ("2001", "4000", "0.005"))
    ]
}


POLICY = """policy t { title "t" version "1" }
table brackets from "table.json" per symbol
position {
  initial_margin = notional / leverage
  maintenance_margin = tiered notional by brackets rate tier.maintenance_rate amount tier.maintenance_amount
}
pool cross {
  covers positions where margin_mode == cross
  one per account
  draws on remainder of balances
  equity = collateral + sum(unrealized_pnl)
  liquidate when equity < maintenance_margin
}
pool isolated {
  covers positions where margin_mode == isolated
  one per position
  draws on assigned_margin
  equity = collateral + unrealized_pnl
  liquidate when equity < maintenance_margin
}
"""


def _account() -> dict[str, Any]:
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "a", "as_of": "2026-12-02T00:00:00Z"},
        "balances": [{"asset": "USDT", "wallet_balance": "10000"}],
        "positions": [
            {
                "id": "A",
                "symbol": "BTCUSDT",
                "quantity": "1",
                "entry_price": "60000",
                "margin_mode": "cross",
                "leverage": "10",
            }
        ],
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


def _write(path: Path, document: object) -> str:
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("name", "answer", "above"),
    [
        ("ccxt", CCXT, ["0", "50000"]),
        ("binance", BINANCE, ["0", "50000"]),
        ("binance-usdm", BINANCE, ["0", "50000"]),
        ("binance-coinm", COIN_MARGINED, ["0", "5"]),
        ("aster", BINANCE, ["0", "50000"]),
        ("bybit", BYBIT, ["0", "2000000"]),
        ("okx", OKX, ["0", "2000"]),
        ("gate", GATE, ["0", "100000"]),
        ("bitget", BITGET, ["0", "150000"]),
        ("kucoin-futures", KUCOIN, ["0", "300000"]),
        ("kraken-futures", KRAKEN, ["0", "500000"]),
        ("hyperliquid", HYPERLIQUID, ["0", "150000000", "0"]),
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
    assert document["source"] == TIER_SOURCES[name]
    assert [row["above"] for row in document["tiers"]] == above


def test_a_policy_reads_the_file_and_says_when_it_is_past_its_day(tmp_path: Path) -> None:
    """The file's own last day, without the rule repeating it."""
    file = tmp_path / "table.json"
    answer = _write(tmp_path / "answer.json", BINANCE)
    arguments = ["--from", "binance-usdm", "--read", "2026-11-20", "--valid-until", "2026-12-01", "-o", str(file)]
    assert run(["tables", "import", answer, *arguments]) == 0
    policy = marginrules.load_text(POLICY, "t.margin", tmp_path)
    account = _account()
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
    printed = json.loads(capsys.readouterr().out)
    assert printed["old"] == {"source": "ccxt, fetch_leverage_tiers", "read": "2026-11-20", "valid_until": None}
    assert printed["differences"] == [
        {
            "symbol": "BTC/USDT:USDT",
            "above": "50000",
            "column": "maintenance_rate",
            "old": "0.005",
            "new": "0.006",
            "change": "changed",
        }
    ]


def _versions(tmp_path: Path) -> list[str]:
    """The same tiers twice: above 600,000 there is then room up to 800,000, and above that a higher rate."""
    old = [{"symbol": "BTC", "above": "0", "maintenance_rate": "0.005", "max_leverage": "100"}]
    new = [*old, {"symbol": "BTC", "above": "800000", "maintenance_rate": "0.0125", "max_leverage": "75"}]
    old = [*old, {"symbol": "BTC", "above": "600000", "maintenance_rate": "0.01", "max_leverage": "75"}]
    same = {"symbol": "ETH", "above": "0", "maintenance_rate": "0.01"}
    old.append(same)
    new += [same, {**same, "above": "1000"}, {**same, "symbol": "SOL"}]
    files = []
    for name, rows in (("old", old), ("new", new)):
        _write(tmp_path / f"{name}.json", {"tiers": rows})
        files.append(str(tmp_path / f"{name}.json"))
    return files


def test_diff_says_for_which_sizes_what_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """700,000 is charged less now, 900,000 more at the same leverage; a row that was split changes nothing."""
    files = _versions(tmp_path)
    assert run(["tables", "diff", *files, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["ranges"]
    assert [tuple(entry.values()) for entry in found] == [
        ("BTC", "600000", "800000", "maintenance_rate", "0.01", "0.005"),
        ("BTC", "600000", "800000", "max_leverage", "75", "100"),
        ("BTC", "800000", None, "maintenance_rate", "0.01", "0.0125"),
    ]
    assert run(["tables", "diff", *files]) == 1
    printed = capsys.readouterr().out
    assert "1 of 2 symbols changed" in printed
    assert "added: SOL" in printed
    assert "maintenance_rate" in printed
    assert run(["tables", "diff", *files, "--symbol", "ETH"]) == 1
    assert "rows were split or joined" in capsys.readouterr().out
    assert run(["tables", "diff", *files, "--symbol", "XRP"]) == 2
    assert "there is no table of 'XRP'" in capsys.readouterr().err


def test_a_table_that_ends_has_no_figure_beyond(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One version goes up to 1000, the other up to 2000."""
    row = {"above": "0", "maintenance_rate": "0.01"}
    files = [_write(tmp_path / f"{end}.json", {"tiers": [{**row, "up_to": end}]}) for end in ("1000", "2000")]
    assert run(["tables", "diff", *files, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["ranges"]
    assert [tuple(entry.values()) for entry in found] == [("", "1000", "2000", "maintenance_rate", None, "0.01")]


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        (
            "bybit",
            [
                {
                    "retCode": 0,
                    "result": {
                        "category": "linear",
                        "list": [
                            {
                                "symbol": symbol,
                                "riskLimitValue": "2000000",
                                "maintenanceMargin": "0.005",
                                "initialMargin": "0.01",
                                "maxLeverage": "100",
                                "mmDeduction": "",
                            }
                        ],
                        "nextPageCursor": "",
                    },
                }
                for symbol in ("A", "B")
            ],
        ),
        (
            "okx",
            [
                {
                    "code": "0",
                    "data": [
                        {
                            "instFamily": family,
                            "minSz": "0",
                            "maxSz": "9",
                            "mmr": "0.01",
                            "imr": "0.02",
                            "maxLever": "50",
                        }
                    ],
                }
                for family in ("A", "B")
            ],
        ),
        (
            "bitget",
            [
                {
                    "code": "00000",
                    "data": [
                        {"symbol": name, "startUnit": "0", "endUnit": "9", "keepMarginRate": "0.01", "leverage": "50"}
                    ],
                }
                for name in ("A", "B")
            ],
        ),
        (
            "kucoin-futures",
            [
                {
                    "code": "200000",
                    "data": [
                        {
                            "symbol": symbol,
                            "level": 1,
                            "minRiskLimit": 0,
                            "maxRiskLimit": 9,
                            "maintainMargin": 0.01,
                            "initialMargin": 0.02,
                            "maxLeverage": 50,
                        }
                    ],
                }
                for symbol in ("A", "B")
            ],
        ),
        (
            "gate",
            [
                [
                    {
                        "contract": contract,
                        "risk_limit": "9",
                        "maintenance_rate": "0.01",
                        "initial_rate": "0.02",
                        "leverage_max": "50",
                    }
                ]
                for contract in ("A", "B")
            ],
        ),
    ],
)
def test_several_answers_of_a_venue_make_one_table(name: str, answers: object, tmp_path: Path) -> None:
    """Its pages, or one of each contract or family that was asked about."""
    file, answer = tmp_path / "tiers.json", _write(tmp_path / "answers.json", answers)
    assert run(["tables", "import", answer, "--from", name, "--read", "2026-11-20", "-o", str(file)]) == 0
    assert [row["symbol"] for row in json.loads(file.read_text(encoding="utf-8"))["tiers"]] == ["A", "B"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"notionalFloor": 60000}, "have a gap"),
        ({"notionalFloor": 40000}, "have an overlap"),
        ({"cum": 90.0}, "continuity gives 50"),
        ({"maintMarginRatio": 5}, "must lie between 0 and 1"),
        ({"notionalCap": 50000}, "begins at 50000 and ends at 50000"),
        ({"cum": None}, "lacks [0].brackets[1].cum"),
        ({"initialLeverage": "viel"}, "where a number is due"),
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


def _imported(tmp_path: Path, answer: object, *more: str) -> Path:
    file = tmp_path / "table.json"
    arguments = ["--from", "binance", "--read", "2026-11-20", "-o", str(file), *more]
    assert run(["tables", "import", _write(tmp_path / "answer.json", answer), *arguments]) == 0
    return file


def test_every_answer_has_the_request_it_is_of() -> None:
    """Where a message says what is due, and a table file where it was read."""
    assert set(TIER_SOURCES) == set(TIER_READERS)


def test_rows_are_called_by_the_symbol_of_the_account_where_it_is_another(tmp_path: Path) -> None:
    """OKX tiers by family, an account names the contract."""
    file = tmp_path / "table.json"
    arguments = ["--from", "okx", "--read", "2026-11-20", "--symbol", "BTC-USDT=BTC-USDT-SWAP", "-o", str(file)]
    assert run(["tables", "import", _write(tmp_path / "answer.json", OKX), *arguments]) == 0
    assert {row["symbol"] for row in json.loads(file.read_text(encoding="utf-8"))["tiers"]} == {"BTC-USDT-SWAP"}


def test_the_tiers_of_one_symbol_alone_are_a_ccxt_answer_too(tmp_path: Path) -> None:
    """`fetch_market_leverage_tiers` gives a list."""
    rows = [{**tier, "symbol": "BTC/USDT:USDT"} for tier in CCXT["BTC/USDT:USDT"]]
    file = tmp_path / "table.json"
    arguments = ["--from", "ccxt", "--read", "2026-11-20", "-o", str(file)]
    assert run(["tables", "import", _write(tmp_path / "answer.json", rows), *arguments]) == 0
    assert [row["above"] for row in json.loads(file.read_text(encoding="utf-8"))["tiers"]] == ["0", "50000"]


def test_a_missing_tier_of_an_answer_by_contracts_is_a_gap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """2001 follows 2000; 2501 does not."""
    answer = json.loads(json.dumps(OKX))
    answer["data"][1]["minSz"] = "2501"
    assert run(["tables", "import", _write(tmp_path / "a.json", answer), "--from", "okx", "--read", "2026-11-20"]) == 2
    assert "have a gap: one ends at 2000, the next begins at 2501" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "answer", "problem"),
    [
        ("bybit", {"retCode": 10001, "retMsg": "params error", "result": {}}, "is no answer: retCode is 10001"),
        ("binance", [*BINANCE, *BINANCE], "BTCUSDT is listed twice"),
        ("binance", [], "holds no tiers"),
        ("gate", GATE[0], "where a list is due"),
        ("hyperliquid", {**HYPERLIQUID, "marginTables": []}, "has no table 56"),
        ("okx", BINANCE, "GET /api/v5/public/position-tiers"),
        ("ccxt", {"BTC/USDT:USDT": []}, "no tiers of BTC/USDT:USDT"),
    ],
)
def test_what_is_no_answer_of_the_venue_is_refused_with_the_request_that_is_due(
    name: str, answer: object, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A refused request, a row twice, nothing, another venue's answer."""
    path = _write(tmp_path / "answer.json", answer)
    assert run(["tables", "import", path, "--from", name, "--read", "2026-11-20"]) == 2
    captured = capsys.readouterr()
    assert problem in captured.err
    assert f"help: give the answer of {TIER_SOURCES[name]}" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["import", "nosuch.json", "--from", "binance", "--read", "2026-11-20"], "nosuch.json: cannot be read"),
        (["import", "ANSWER", "--from", "binance"], "--read"),
        (["import", "ANSWER", "--from", "binance", "--read", "20.11.2026"], "is no day; write it as 2026-11-20"),
        (["import", "ANSWER", "--from", "binance", "--read", "2026-02-30"], "is no day"),
        (
            ["import", "ANSWER", "--from", "binance", "--read", "2026-11-20", "--valid-until", "2026-11-20"],
            "is not after 2026-11-20",
        ),
        (["import", "ANSWER", "--from", "binanse", "--read", "2026-11-20"], "is not one of"),
        (["import", "ANSWER", "--from", "binance", "--read", "2026-11-20", "--symbol", "BTCUSD"], "did you mean"),
        (
            ["import", "ANSWER", "--from", "binance", "--read", "2026-11-20", "-o", "no/such/folder"],
            "cannot be written",
        ),
        (["show", "nosuch.json"], "cannot be read"),
        (["show", "ANSWER"], "`marginrules tables import` makes a table file"),
        (["diff", "ANSWER"], "NEW"),
        (["diff", "nosuch.json", "ANSWER"], "cannot be read"),
    ],
)
def test_a_mistake_is_one_message_and_exit_2(
    arguments: list[str], problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files, days, formats and symbols that are none."""
    answer = _write(tmp_path / "answer.json", BINANCE)
    assert run(["tables", *(answer if argument == "ANSWER" else argument for argument in arguments)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert problem in captured.err
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ('{"schema": "marginrules/account/1"}', "it has no `tiers`"),
        ("[]", "holds no rows"),
        ('[{"maintenance_rate": "0.01"}]', "lacks [0].above"),
        ('[{"above": "0"}, {"above": 0}]', "begin at 0"),
        ('{"tiers": [{"above": "null"}]}', "where a number is due"),
        ('{"tiers": [{"above": NaN}]}', "is not a number"),
        ('{"tiers": [{"above": 0, "above": 1}]}', "stands twice"),
    ],
)
def test_what_is_no_table_file_is_not_shown(
    text: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong JSON, missing columns, figures that are none."""
    file = tmp_path / "table.json"
    file.write_text(text, encoding="utf-8")
    assert run(["tables", "show", str(file)]) == 2
    assert problem in capsys.readouterr().err


def test_show_says_where_and_when_it_was_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Above the rows; and as JSON the file itself."""
    file = _imported(tmp_path, BINANCE, "--valid-until", "2027-01-01", "--source", "our risk desk")
    capsys.readouterr()
    assert run(["tables", "show", str(file)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "(our risk desk, read 2026-11-20, valid until 2027-01-01)" in shown
    assert run(["tables", "show", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(file.read_text(encoding="utf-8"))


def test_show_and_diff_read_the_data_files_that_a_policy_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """CSV with comments, and rows that are of no symbol."""
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("# of the desk\nabove,maintenance_rate,max_leverage\n0,0.01,\n1000,0.02,10\n", encoding="utf-8")
    new.write_text("above,maintenance_rate,max_leverage\n0,0.01,\n2000,0.02,10\n", encoding="utf-8")
    assert run(["tables", "show", str(old)]) == 0
    assert "every symbol" in capsys.readouterr().out
    assert run(["tables", "diff", str(old), str(new), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["differences"]
    assert [(entry["above"], entry["column"], entry["change"]) for entry in found] == [
        ("1000", "maintenance_rate", "row removed"),
        ("1000", "max_leverage", "row removed"),
        ("2000", "maintenance_rate", "row added"),
        ("2000", "max_leverage", "row added"),
    ]


def test_every_reading_command_says_that_a_table_is_past_its_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words and in JSON; and not on the day before."""
    _imported(tmp_path, BINANCE, "--valid-until", "2026-12-01")
    policy = tmp_path / "t.margin"
    policy.write_text(POLICY, encoding="utf-8")
    account = _write(tmp_path / "account.json", _account())
    note = "table brackets is valid until 2026-12-01; the account is as of 2026-12-02"
    capsys.readouterr()
    commands = (
        ["evaluate"],
        ["explain", "--why", "maintenance_margin:A"],
        ["compare"],
        ["shock", "--move", "BTC=-1%"],
        ["limits"],
    )
    for name, *more in commands:
        arguments = [name, account, "--policy", str(policy), *more]
        assert run(arguments) == 0
        assert f"Note: {note}" in " ".join(capsys.readouterr().out.split())
        assert run([*arguments, "--json"]) == 0
        assert note in capsys.readouterr().out
        assert run([*arguments, "--json", "--as-of", "2026-11-30"]) == 0
        assert note not in capsys.readouterr().out


def test_brackets_that_are_adjusted_for_an_account_are_no_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`notionalCoef` other than 1 is the asking account's own."""
    answer = tmp_path / "answer.json"
    for coefficient, code in ((1, 0), (1.5, 2)):
        answer.write_text(json.dumps([{**BINANCE[0], "notionalCoef": coefficient}]), encoding="utf-8")
        assert run(["tables", "import", str(answer), "--from", "binance-usdm", "--read", "2026-11-20"]) == code
    told = capsys.readouterr().err
    assert "/0/notionalCoef" in told
    assert "adjusted by 1.5" in told
