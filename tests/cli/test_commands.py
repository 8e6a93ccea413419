"""The command line: results on standard output, errors on standard error, exit codes as promised."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from marginrules.cli.app import run

ROOT = Path(__file__).resolve().parents[2]

ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "alice", "as_of": "2026-11-22T12:00:00Z"},
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
        }
    ],
    "orders": [],
    "instruments": [
        {
            "symbol": "BTC-PERP",
            "contract": "linear",
            "base": "BTC",
            "quote": "USDC",
            "settle": "USDC",
            "contract_size": "1",
            "mark_price": "92000",
        }
    ],
    "assets": [{"asset": "USDC", "index_price": "1"}],
}


@pytest.fixture
def account(tmp_path: Path) -> str:
    """The document of the design page, as a file."""
    path = tmp_path / "account.json"
    path.write_text(json.dumps(ACCOUNT), encoding="utf-8")
    return str(path)


def test_evaluate_prints_the_promised_document(account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON document, with the figures of the worked example."""
    assert run(["evaluate", account, "--policy", "documented", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == "marginrules/report/1"
    assert [(pool["id"], pool["equity"], pool["liquidatable"]) for pool in report["pools"]] == [
        ("cross", "1800", False),
        ("isolated/A", "40", False),
    ]
    position = report["positions"][0]
    assert (position["notional"], position["unrealized_pnl"], position["initial_margin"]) == ("1840", "-160", "184")
    assert (position["liquidation_price"], position["bankruptcy_price"]) == ("90000", "90000")
    assert report["idle_equity"] == [{"asset": "USDC", "amount": "1800"}]


def test_evaluate_shows_tables_without_colour_where_there_is_no_terminal(
    account: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """People get tables; a file gets no escape codes."""
    assert run(["evaluate", account, "--policy", "documented"]) == 0
    shown = capsys.readouterr().out
    assert "1,800" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(("mark", "code"), [("92000", 0), ("89000", 3)])
def test_a_liquidatable_account_can_fail_the_command(tmp_path: Path, mark: str, code: int) -> None:
    """Exit 3 only where it was asked for and a pool is liquidatable."""
    document = json.loads(json.dumps(ACCOUNT))
    document["instruments"][0]["mark_price"] = mark
    path = tmp_path / "moved.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert run(["evaluate", str(path), "--policy", "documented", "--fail-if-liquidatable"]) == code
    assert run(["evaluate", str(path), "--policy", "documented"]) == 0


@pytest.mark.parametrize(("mark", "code"), [("100000", 2), ("89000", 3)])
def test_a_gate_does_not_open_on_a_pool_of_which_nothing_is_known(
    mark: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2 with the pool and the reason; 3 all the same where another pool is liquidatable."""
    document = json.loads(json.dumps(ACCOUNT))
    document["instruments"][0]["mark_price"] = mark
    other = {key: value for key, value in document["instruments"][0].items() if key != "mark_price"}
    document["instruments"].append(other | {"symbol": "ETH-PERP", "base": "ETH"})
    document["positions"].append(document["positions"][0] | {"id": "B", "symbol": "ETH-PERP"})
    path = tmp_path / "unknown.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    words = ["evaluate", str(path), "--policy", "documented", "--json"]
    assert run(words) == 0
    capsys.readouterr()
    assert run([*words, "--fail-if-liquidatable"]) == code
    printed = capsys.readouterr()
    assert json.loads(printed.out)["pools"][2]["liquidatable"] is None
    if code == 2:
        assert (
            "error: whether pool isolated/B is liquidatable is unknown, because instrument ETH-PERP has no mark_price (/instruments/1/mark_price)\nhelp: "
            in printed.err
        )
        assert "isolated/A" not in printed.err
    else:
        assert not printed.err


@pytest.mark.parametrize(
    ("figure", "value", "reason"),
    [
        ("initial_margin:cross", None, "policy bare does not define initial_margin"),
        ("maintenance_margin:cross", None, "policy bare does not define maintenance_margin"),
        ("initial_margin:A", None, "policy bare does not define initial_margin"),
        ("margin_ratio:cross", None, "policy bare does not define maintenance_margin"),
        ("liquidatable:cross", False, "policy bare states no boundary"),
    ],
)
def test_explain_answers_of_what_the_policy_does_not_define(
    figure: str, value: object, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason that the report gives, as of any other figure that cannot be had."""
    policy = tmp_path / "bare.margin"
    policy.write_text(
        'policy bare { title "Bare" version "1" }\n'
        "pool cross { covers positions one per account draws on balances equity = collateral + sum(unrealized_pnl) }",
        encoding="utf-8",
    )
    path = tmp_path / "account.json"
    path.write_text(json.dumps(ACCOUNT), encoding="utf-8")
    assert run(["explain", str(path), "--policy", str(policy), "--why", figure, "--json"]) == 0
    explained = json.loads(capsys.readouterr().out)
    assert (explained["value"], explained["note"]) == (value, reason)
    assert run(["explain", str(path), "--policy", str(policy), "--why", "nothing:cross"]) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["shock", "ACCOUNT", "--policy", "documented", "--move", "BTC=-8%", "--move", "BTC=-2%"],
            "BTC is moved twice",
        ),
        (["evaluate", "ACCOUNT", "--policy", "hyperliqid"], "did you mean `hyperliquid`"),
        (["evaluate", "missing.json", "--policy", "documented"], "cannot be read"),
        (["evaluate", "ACCOUNT", "--policy", "documented", "--from", "hyperliqud"], "hyperliquid"),
        (["evaluate", "ACCOUNT", "--policy", "documented", "--as-of", "yesterday"], "is no date"),
        (["evaluate", "ACCOUNT"], "--policy"),
        (["explain", "ACCOUNT", "--policy", "documented", "--why", "equity:isolated/B"], "did you mean `isolated/A`"),
        (["explain", "ACCOUNT", "--policy", "documented", "--why", "equty:cross"], "did you mean `equity`"),
        (["shock", "ACCOUNT", "--policy", "documented", "--move", "BTC-8"], "is no move"),
        (["shock", "ACCOUNT", "--policy", "documented", "--move", "BTX=-8%"], "did you mean `BTC`"),
        (["shock", "ACCOUNT", "--policy", "documented", "--move", "BTC=-100%"], "no price above zero"),
        (["schema", "nosuch"], "there is no policy"),
        (["format", "nosuch.margin"], "cannot be read"),
        (["test", "--cases", "nosuch"], "no case files"),
        (["nosuch"], "nosuch"),
    ],
)
def test_a_mistake_is_one_message_on_standard_error_and_exit_2(
    account: str, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Never a traceback, and nothing on standard output."""
    assert run([account if argument == "ACCOUNT" else argument for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert "Traceback" not in captured.err


def test_explain_ends_in_the_fields_of_the_document(account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Rule, line and pointer are shown."""
    assert run(["explain", account, "--policy", "documented", "--why", "liquidatable:isolated/A", "--json"]) == 0
    derivation = json.loads(capsys.readouterr().out)
    assert derivation["schema"] == "marginrules/explanation/1"
    assert derivation["value"] is False
    assert derivation["rule"].startswith("rules/documented.margin:")
    assert "/positions/0/assigned_margin" in json.dumps(derivation)


def test_compare_shows_the_same_notional_in_either_mode(account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The mode changes the scope of collateral alone (B6)."""
    assert run(["compare", account, "--policy", "documented", "--json"]) == 0
    columns = json.loads(capsys.readouterr().out)["columns"]
    assert [column["title"] for column in columns] == ["as it is", "all cross", "all isolated"]
    assert {column["report"]["positions"][0]["notional"] for column in columns} == {"1840"}
    assert columns[1]["report"]["pools"][0]["equity"] == "1840"


def test_compare_puts_policies_side_by_side_and_says_who_cannot_answer(
    account: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A column without a figure says why; the others stand."""
    assert run(["compare", account, "--policy", "documented", "--policy", "hyperliquid", "--json"]) == 0
    columns = json.loads(capsys.readouterr().out)["columns"]
    assert columns[0]["report"]["positions"][0]["maintenance_margin"] == "0"
    assert columns[1]["report"]["positions"][0]["maintenance_margin"] is None
    assert any("tiers" in entry["reason"] for entry in columns[1]["report"]["unknown"])


def test_shock_moves_marks_exactly(account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """2 % of 92,000 down is 90,160, and the loss another 36.80."""
    assert run(["shock", account, "--policy", "documented", "--move", "BTC=-2%", "--json"]) == 0
    shocked = json.loads(capsys.readouterr().out)
    assert shocked["before"]["pools"][1]["equity"] == "40"
    assert shocked["after"]["pools"][1]["equity"] == "3.2"


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_shock_draws_a_file(account: str, tmp_path: Path, ending: str) -> None:
    """The plot is written in the form that its name says."""
    path = tmp_path / f"plot.{ending}"
    assert run(["shock", account, "--policy", "documented", "--move", "BTC=-8%", "--plot", str(path), "--json"]) == 0
    assert path.read_bytes()[:5] in {b"<?xml", b"\x89PNG\r"}


def test_check_fails_on_a_broken_policy_and_lists_every_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1; each problem with its place."""
    path = tmp_path / "broken.margin"
    path.write_text(
        'policy broken { title "b" version "1" }\n'
        "pool cross { covers positions one per account draws on balances\n"
        "  equity = collateral + leverag\n  liquidate when collateral < 5% }\n",
        encoding="utf-8",
    )
    assert run(["check", str(path)]) == 1
    problems = capsys.readouterr().err
    assert "broken.margin:3:25: error[undefined-name]" in problems
    assert "broken.margin:4:31: error[dimension-mismatch]" in problems


def test_check_passes_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    """No false alarm."""
    assert run(["check", "documented", "hyperliquid", "binance-usdm"]) == 0
    assert "failed" not in capsys.readouterr().out


def test_format_leaves_a_file_with_a_syntax_error_as_it_was(tmp_path: Path) -> None:
    """Bad input changes nothing."""
    path = tmp_path / "broken.margin"
    path.write_text("policy {", encoding="utf-8")
    assert run(["format", str(path)]) == 2
    assert path.read_text(encoding="utf-8") == "policy {"


def test_format_check_changes_nothing_and_fails(tmp_path: Path) -> None:
    """`--check` is for continuous integration."""
    path = tmp_path / "loose.margin"
    path.write_text('policy p { title "t" }', encoding="utf-8")
    assert run(["format", "--check", str(path)]) == 1
    assert path.read_text(encoding="utf-8") == 'policy p { title "t" }'
    assert run(["format", str(path)]) == 0
    assert run(["format", "--check", str(path)]) == 0


def test_schema_admits_the_account_and_refuses_a_misspelt_key(capsys: pytest.CaptureFixture[str]) -> None:
    """The printed schema is the reader's own."""
    import jsonschema  # noqa: PLC0415 - a tool of this test alone

    assert run(["schema", "documented"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.validate(ACCOUNT, schema)
    wrong = json.loads(json.dumps(ACCOUNT))
    wrong["positions"][0]["leverge"] = "10"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)


def test_describe_has_five_rows_for_each_pool(capsys: pytest.CaptureFixture[str]) -> None:
    """B23, for several policies at once."""
    assert run(["describe", "documented", "hyperliquid", "binance-usdm", "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert [entry["policy"] for entry in described["policies"]] == ["documented", "hyperliquid", "binance-usdm"]
    assert all(len(pool["rows"]) == 5 for entry in described["policies"] for pool in entry["pools"])


def test_describe_sets_policies_side_by_side(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One table, a column for each, and every word of it: nothing is cut."""
    names = ["hyperliquid", "lighter", "bybit"]
    monkeypatch.setenv("COLUMNS", "140")
    assert run(["describe", *names]) == 0
    printed = capsys.readouterr().out
    header = printed.partition("┡")[0].replace("\n", " ")
    assert all(f"({name}" in header for name in names)
    assert printed.count("┡") == 1


@pytest.mark.parametrize(
    ("names", "tables"), [(["bybit"], 2), (["hyperliquid", "bybit"], 1), (["aster", "okx", "gate"], 2)]
)
def test_describe_cuts_nothing_in_a_narrow_terminal(
    names: list[str], tables: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What does not fit side by side in 80 columns is set below, each cell wrapped."""
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["describe", *names]) == 0
    printed = capsys.readouterr().out
    assert printed.count("┡") == tables
    assert "…" not in printed
    assert max(map(len, printed.splitlines())) <= 80
    # Every word of a cell is there, in whatever lines.
    letters = "".join(printed.split())
    assert all(word in letters for word in ("equity", "liquidatable", "settlement"))


def test_policies_lists_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    """With sources and dates."""
    assert run(["policies", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"documented", "hyperliquid", "binance-usdm"} <= {entry["name"] for entry in found}
    assert all(entry["sources"] for entry in found)


def test_cases_are_counted_and_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Agreeing cases exit 0; the table counts them."""
    cases = Path(__file__).parent.parent / "cases"
    total = 0
    for name in ("hyperliquid.json", "binance-usdm.json"):
        (tmp_path / name).write_bytes((cases / name).read_bytes())
        total += len(json.loads((cases / name).read_bytes())["cases"])
    assert run(["test", "--cases", str(tmp_path)]) == 0
    assert str(total) in capsys.readouterr().out


def test_two_files_of_one_venue_can_be_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each row is named by its file, in every form; a case that disagrees is shown with both figures."""
    cases = Path(__file__).parent.parent / "cases"
    for name in ("aster", "lighter"):
        document = json.loads((cases / f"{name}.json").read_bytes())
        document["venue"] = "one venue"
        if name == "lighter":
            document["cases"][0]["expect"]["pools"][0]["equity"] = "1"
        (tmp_path / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    assert run(["test", "--cases", str(tmp_path), "--json"]) == 1
    aster, lighter = json.loads(capsys.readouterr().out)["venues"]
    assert (aster["venue"], aster["disagree"]) == ("aster", 0)
    assert (lighter["venue"], lighter["disagree"]) == ("lighter", 1)
    (difference,) = lighter["cases"][0]["differences"]
    assert difference["source"] == "1"
    assert run(["test", "--cases", str(tmp_path), "--markdown"]) == 1
    written = capsys.readouterr().out
    assert "| lighter | " in written
    assert f"`{difference['at']}`: source 1, policy " in written
    assert run(["test", "--cases", str(tmp_path)]) == 1
    assert f"{difference['at']}: source 1, policy {difference['policy']}" in capsys.readouterr().out.replace("\n", " ")


def test_shock_draws_the_modes_that_an_account_can_have(
    account: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a leverage nothing says what opening isolated would assign; cross is drawn all the same."""
    document = json.loads(Path(account).read_bytes())
    for position in document["positions"]:
        position["margin_mode"] = "cross"
        del position["leverage"]
        position.pop("assigned_margin", None)
    path = tmp_path / "bare.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert run(["shock", str(path), "--policy", "documented", "--move", "BTC=-8%"]) == 0
    captured = capsys.readouterr()
    assert "equity cross" in captured.out
    assert "isolated is not drawn" in captured.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["test", "--cases", "FOLDER", "--json", "--markdown"], "choose one"),
        (["test", "FOLDER", "--json"], "give --cases DIR alone"),
        (["evaluat", "ACCOUNT"], "did you mean `evaluate`"),
        (["check", "BINARY"], "save it as UTF-8"),
        (["format", "BINARY"], "it is not UTF-8 text"),
        (["evaluate", "ACCOUNT", "--policy", "BINARY"], "save it as UTF-8"),
        (["evaluate", "BINARY", "--policy", "documented"], "not UTF-8"),
        (["evaluate", "FOLDER", "--policy", "documented"], "Is a directory"),
        (["evaluate", "/dev/zero", "--policy", "documented"], "too large"),
        (["describe", "documented", "--json", "--markdown"], "choose one"),
        (["shock", "ACCOUNT", "--policy", "documented", "--move", "BTC=1%", "--plot", "FOLDER/no/x.svg"], "written"),
        (["shock", "ACCOUNT", "--policy", "documented", "--move", "BTC=1%", "--plot", "x.pdf"], ".svg or a .png"),
    ],
)
def test_hostile_files_and_names_are_mistakes_too(
    account: str, tmp_path: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One message, exit 2, and not half a result on standard output."""
    binary = tmp_path / "binary.margin"
    binary.write_bytes(b"\xff\xfe")
    places = {"ACCOUNT": account, "BINARY": str(binary), "FOLDER": str(tmp_path)}
    given = [places.get(argument, argument.replace("FOLDER", str(tmp_path))) for argument in arguments]
    assert run(given) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err


def _command(*arguments: str, **more: Any) -> "subprocess.CompletedProcess[bytes]":
    program = [sys.executable, "-m", "marginrules", *arguments]
    return subprocess.run(program, cwd=ROOT, check=False, timeout=60, stderr=subprocess.PIPE, **more)  # noqa: S603 - our own


@pytest.mark.parametrize("command", [["describe", "documented"], ["evaluate", "ACCOUNT", "--policy", "documented"]])
def test_a_reader_that_goes_away_is_no_failure(account: str, command: list[str]) -> None:
    """As with `| head`: quiet, and 0."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = _command(*(account if word == "ACCOUNT" else word for word in command), stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_result_that_cannot_be_written_is_one_message_and_exit_2(account: str) -> None:
    """The device is full: no traceback, and not taken for done."""
    with Path("/dev/full").open("wb") as full:
        done = _command("evaluate", account, "--policy", "documented", "--json", stdout=full)
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: the output: No space left on device")


def test_standard_input_that_is_closed_is_a_mistake() -> None:
    """Not a defect of ours."""
    closed = "import sys; sys.stdin = None; from marginrules.cli.app import run; sys.exit(run(sys.argv[1:]))"
    program = [sys.executable, "-c", closed, "evaluate", "-", "--policy", "documented"]
    done = subprocess.run(program, cwd=ROOT, check=False, timeout=60, capture_output=True)  # noqa: S603 - our own
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: standard input is closed")


def test_format_keeps_a_link_and_the_rights_of_its_file(tmp_path: Path) -> None:
    """The file behind the link is laid out, whole or not at all."""
    path, link = tmp_path / "loose.margin", tmp_path / "link.margin"
    path.write_text('policy p { title "t" }', encoding="utf-8")
    path.chmod(0o640)
    link.symlink_to(path)
    assert run(["format", str(link)]) == 0
    assert link.is_symlink()
    assert path.read_text(encoding="utf-8").startswith("policy p {\n")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in sorted(tmp_path.iterdir())] == ["link.margin", "loose.margin"]


@pytest.mark.parametrize(
    "command",
    [
        ["evaluate"],
        ["compare"],
        ["limits"],
        ["shock", "--move", "BTC=-1%"],
        ["explain", "--why", "unrealized_pnl:[/b]\x1b[31mA"],
    ],
)
def test_names_of_a_document_are_shown_as_they_are_and_steer_no_terminal(
    tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Square brackets are no markup, and an escape is no colour."""
    monkeypatch.setenv("COLUMNS", "200")
    document = json.loads(json.dumps(ACCOUNT))
    document["account"]["id"] = "[bold]alice[/nothing]\x1b]0;title\x07"
    document["positions"][0]["id"] = "[/b]\x1b[31mA"
    path = tmp_path / "account.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    name, *more = command
    assert run([name, str(path), "--policy", "documented", *more]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "[/b]?[31mA" in "".join(shown.split())


def test_a_message_steers_no_terminal_either(account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What a document says wrong is quoted without its escapes."""
    document = json.loads(Path(account).read_text(encoding="utf-8"))
    document["positions"][0]["symbol"] = "X\x1b[31m"
    document["\x1b[2J"] = 1
    Path(account).write_text(json.dumps(document), encoding="utf-8")
    assert run(["evaluate", account, "--policy", "documented"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_a_folder_holds_a_venues_answers_each_under_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same report as from one file, digit by digit."""
    whole = ROOT / "examples" / "hyperliquid-account" / "payload.json"
    answers = tmp_path / "answers"
    answers.mkdir()
    for name, answer in json.loads(whole.read_text(encoding="utf-8"), parse_float=str).items():
        (answers / f"{name}.json").write_text(json.dumps(answer), encoding="utf-8")
    (answers / "notes.txt").write_text("when they were asked for", encoding="utf-8")
    (answers / ".left.json").write_text("of an editor", encoding="utf-8")
    options = ["--from", "hyperliquid", "--policy", "hyperliquid", "--json"]
    assert run(["evaluate", str(whole), *options]) == 0
    expected = capsys.readouterr().out
    assert run(["evaluate", str(answers), *options]) == 0
    assert capsys.readouterr().out == expected


def test_a_folder_that_does_not_hold_a_venues_answers_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Empty, of no venue, with a file that is no JSON, with one that is called otherwise."""
    options = ["--policy", "hyperliquid"]
    assert run(["evaluate", str(tmp_path), *options]) == 2
    assert "say whose answers are in the folder with --from" in capsys.readouterr().err
    assert run(["evaluate", str(tmp_path), *options, "--from", "hyperliquid"]) == 2
    assert "help: save each answer as NAME.json" in capsys.readouterr().err
    (tmp_path / "clearinghouseState.json").write_text("{", encoding="utf-8")
    assert run(["evaluate", str(tmp_path), *options, "--from", "hyperliquid"]) == 2
    assert f"{tmp_path / 'clearinghouseState.json'}: " in capsys.readouterr().err
    (tmp_path / "clearinghouseState.json").unlink()
    (tmp_path / "clearinghouseStat.json").write_text("{}", encoding="utf-8")
    assert run(["evaluate", str(tmp_path), *options, "--from", "hyperliquid"]) == 2
    assert "clearinghouseState" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (
            ["evaluate", "-", "-p", "documented", "--policy", "hyperliquid"],
            "--policy is given 2 times; `evaluate` takes",
        ),
        (
            ["explain", "-", "-p", "documented", "--why", "a:b", "--why", "c:d"],
            "--why is given 2 times; `explain` takes",
        ),
        (
            ["act", "-", "-p", "documented", "add_margin", "A", "-5", "--as-of=2026-01-01", "--as-of=2026-01-02"],
            "--as-of",
        ),
        (
            ["tables", "import", "-", "--from", "okx", "--from", "gate", "--read", "2026-11-28"],
            "--from is given 2 times; `import` takes",
        ),
    ],
)
def test_an_option_that_takes_one_value_is_not_given_twice(
    arguments: list[str], option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last would win without a word; what takes several, as `compare` does policies, still does."""
    assert run(arguments) == 2
    assert f"Error: {option}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["act", "-", "-p", "documented", "--action", "@-"],
        ["replay", "-", "-p", "documented", "--account", "-"],
    ],
)
def test_standard_input_is_read_by_one_argument_alone(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second would find nothing there, which is no mistake of what was sent."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(ACCOUNT).encode())))
    assert run(arguments) == 2
    assert capsys.readouterr().err == "error: standard input is named twice\nhelp: give a file in place of one `-`\n"
