"""`act`, `limits`, `preview` and `replay` as people run them."""

import base64
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest

from marginrules.cli.app import run

ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "alice"},
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
    "instruments": [
        {
            "symbol": "BTC-PERP",
            "contract": "linear",
            "base": "BTC",
            "quote": "USDC",
            "settle": "USDC",
            "mark_price": "92000",
        }
    ],
    "assets": [{"asset": "USDC", "index_price": "1"}],
}


@pytest.fixture
def account(tmp_path: Path) -> str:
    """An account document."""
    path = tmp_path / "account.json"
    path.write_text(json.dumps(ACCOUNT), encoding="utf-8")
    return str(path)


def stream(path: Path, count: int, *, seed: int = 1) -> Path:
    """Events with a random walk of marks and some actions."""
    walk = random.Random(seed)  # noqa: S311 - a test's own prices
    price = 100000
    lines = [json.dumps({"event": "account", "document": ACCOUNT})]
    for number in range(count):
        price = max(50000, price + walk.randint(-900, 880))
        lines.append(json.dumps({"event": "mark", "symbol": "BTC-PERP", "price": str(price)}))
        if number % 7 == 0:
            lines.append(json.dumps({"event": "deposit", "account": "alice", "asset": "USDC", "amount": "1"}))
        if number % 11 == 0:
            lines.append(
                json.dumps(
                    {
                        "event": "open",
                        "account": "alice",
                        "symbol": "BTC-PERP",
                        "side": walk.choice(["buy", "sell"]),
                        "quantity": "0.001",
                        "price": str(price),
                        "margin_mode": "isolated",
                        "leverage": "10",
                    }
                )
            )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_act_prints_one_decision_with_the_state_after(account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Words as in the manual; the document holds everything."""
    assert run(["act", account, "-p", "documented", "--json", "add_margin", "A", "50"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "marginrules/decision/1"
    assert found["allowed"] is True
    assert found["state"]["positions"][0]["assigned_margin"] == "250"
    assert found["after"]["pools"][1]["equity"] == "90"


def test_a_refused_action_ends_with_0_and_has_no_state(account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Refusing is an answer, not an error."""
    assert run(["act", account, "-p", "documented", "--json", "withdraw", "USDC", "1800.01"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["allowed"], found["state"], found["after"]) == (False, None, None)
    assert found["rule"].startswith("rules/documented.margin:")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["add_margin", "A"], "`add_margin` needs `amount`"),
        (["add_margin", "A", "x"], "'x' is not a number"),
        (["add_margin", "A", "-5"], "amount is -5"),
        (["ad_margin", "A", "5"], "did you mean `add_margin`"),
        (["add_margin", "C", "5"], "there is no position 'C'"),
        (["add_margin", "A", "5", "6"], "takes no further word"),
        ([], "say one action"),
        (["--action", "{"], "not JSON"),
        (["--action", '{"action": "close", "position": "A", "side": "buy"}'], "`close` has no `side`"),
    ],
)
def test_a_wrong_action_is_one_message_and_2(
    account: str, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What, and how to mend it; nothing on standard output."""
    assert run(["act", account, "-p", "documented", *(["--"] if words and words[0][0] != "-" else []), *words]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
    assert "Traceback" not in captured.err


def test_limits_are_listed_with_their_rules(account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As one document."""
    assert run(["limits", account, "-p", "documented", "--json"]) == 0
    found = {entry["limit"]: entry for entry in json.loads(capsys.readouterr().out)["limits"]}
    assert found["withdraw:USDC"]["value"] == "1800"
    assert found["add_margin:A"]["value"] == "1800"


def test_a_rule_of_a_limit_is_not_folded_beside_the_numbers_on_a_narrow_terminal(
    account: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands below them, as wide as the terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["limits", account, "-p", "documented"]) == 0
    assert "add_margin:A: not more than is idle can be added (" in capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "160")
    assert run(["limits", account, "-p", "documented"]) == 0
    assert "│ not more than is idle can be added (" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["add_margin", "A", "-5", "--json"], ["--json", "add_margin", "A", "-.5"]])
def test_a_negative_amount_is_an_amount_and_no_option(
    words: list[str], account: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is refused for what it says."""
    assert run(["act", account, "-p", "documented", *words]) == 2
    assert "it must be above 0; the kind of action gives the sign" in capsys.readouterr().err


def test_what_a_position_lost_elsewhere_refuses_no_isolated_opening(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A has lost half of its margin; what it left the others is as it was (B12)."""
    document = json.loads(json.dumps(ACCOUNT))
    document["instruments"][0]["mark_price"] = "95000"
    document["instruments"].append({**document["instruments"][0], "symbol": "ETH-PERP", "base": "ETH"})
    path = tmp_path / "loss.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    words = ["open", "symbol=ETH-PERP", "side=buy", "quantity=0.01", "price=95000", "margin_mode=isolated"]
    words += ["leverage=10", "assigned_margin=95", "--json"]
    assert run(["act", str(path), "-p", "documented", *words]) == 0
    assert json.loads(capsys.readouterr().out)["allowed"] is True


def test_a_target_gives_the_margin_to_add(account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The example of the manual."""
    assert run(["limits", account, "-p", "documented", "--target", "liquidation_price:A=55000", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["limits"][0]["value"] == "700"


def test_preview_shows_prices_before_and_after(account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An order that is not sent."""
    words = ["open", "BTC-PERP", "sell", "0.01", "92000", "margin_mode=isolated"]
    assert run(["preview", account, "-p", "documented", "--json", *words]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["liquidation_prices"][0]["before"] == "90000"


def test_replay_writes_decisions_and_liquidations_where_they_occur(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A liquidation stands right behind the price that caused it."""
    events = tmp_path / "events.csv"
    events.write_text(
        "event,account,symbol,price,asset,amount\nmark,,BTC-PERP,95000,,\nwithdraw,alice,,,USDC,5000\nmark,,BTC-PERP,89000,,\n",
        encoding="utf-8",
    )
    begin = tmp_path / "account.json"
    begin.write_text(json.dumps(ACCOUNT), encoding="utf-8")
    assert run(["replay", str(events), "-p", "documented", "--account", str(begin)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["line"], "decision" in line) for line in lines] == [(3, True), (4, False)]
    # Its own 200 are all that is drawn: what the price ran past them falls to others.
    assert lines[1]["procedure"]["transfers"] == [
        {"place": "market", "asset": "USDC", "amount": "220"},
        {"place": "shortfall", "asset": "USDC", "amount": "-20"},
    ]


@pytest.mark.parametrize("bad", ["not json", "null", "[]", "7"])
def test_a_bad_line_stops_with_its_number_or_is_set_aside(
    bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No other line is lost."""
    events = tmp_path / "events.jsonl"
    good = json.dumps({"event": "account", "document": ACCOUNT})
    events.write_text(f'{good}\n{bad}\n{{"event":"mark","symbol":"BTC-PERP","price":"89000"}}\n', encoding="utf-8")
    assert run(["replay", str(events), "-p", "documented"]) == 2
    assert "events.jsonl:2:" in capsys.readouterr().err
    assert run(["replay", str(events), "-p", "documented", "--on-error", "set-aside"]) == 1
    captured = capsys.readouterr()
    assert "set aside" in captured.err
    assert json.loads(captured.out)["line"] == 3


def test_a_log_decided_again_lists_what_differs(
    account: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Under the same policy nothing, under another one the line."""
    log = tmp_path / "log.jsonl"
    assert run(["act", account, "-p", "documented", "--log", str(log), "switch_mode", "A", "cross"]) == 0
    capsys.readouterr()
    assert run(["replay", "--log", str(log), "-p", "documented"]) == 0
    assert capsys.readouterr().out == ""
    assert run(["replay", "--log", str(log), "-p", "hyperliquid"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["logged"]["allowed"], found["now"]["allowed"]) == (True, False)


def test_a_checkpoint_of_another_policy_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Results under two policies are not mixed."""
    events, output, checkpoint = stream(tmp_path / "e.jsonl", 10), tmp_path / "o.jsonl", tmp_path / "c.json"
    common = ["-o", str(output), "--checkpoint", str(checkpoint)]
    assert run(["replay", str(events), "-p", "documented", *common]) == 0
    assert run(["replay", str(events), "-p", "hyperliquid", *common]) == 2
    assert "another policy" in capsys.readouterr().err


def test_procedures_shows_each_step_and_where_money_arrived(account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The mark has fallen to the boundary: the position is closed, and 200 went to the market."""
    path = Path(account)
    document = json.loads(path.read_text(encoding="utf-8"))
    document["instruments"][0]["mark_price"] = "90000"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert run(["procedures", account, "-p", "documented", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "marginrules/procedures/1"
    assert [(entry["step"], entry["position"], entry["price"]) for entry in found["entries"]] == [
        ("close_all", "A", "90000")
    ]
    assert found["places"] == [{"place": "market", "asset": "USDC", "amount": "200"}]
    assert found["state"]["positions"] == []
    assert run(["procedures", account, "-p", "documented"]) == 0
    assert "close_all in isolated/A: 0.02 contracts of A closed at 90,000" in capsys.readouterr().out


def test_procedures_does_nothing_where_nothing_is_due(account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And says so."""
    assert run(["procedures", account, "-p", "documented"]) == 0
    assert capsys.readouterr().out == "nothing is done\n"


def test_limits_are_asked_at_a_price_mode_and_leverage(account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """1,800 idle and the mark at 100,000: at 101,000 with 5x, q (1,000 + 100,000 / 5) <= 1,800."""
    path = Path(account)
    path.write_text(path.read_text(encoding="utf-8").replace("92000", "100000"), encoding="utf-8")
    words = ["--price", "BTC-PERP=101000", "--margin-mode", "cross", "--leverage", "5", "--symbol", "BTC-PERP"]
    assert run(["limits", account, "-p", "documented", "--json", *words]) == 0
    found = {entry["limit"]: entry for entry in json.loads(capsys.readouterr().out)["limits"]}
    assert found["open_buy:BTC-PERP"]["value"] == "0.085714"
    assert found["open_buy:BTC-PERP"]["under"] == "cross, leverage 5, at 101000"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--step", "0"], "'0' will not do"),
        (["--price", "100"], "names no price"),
        (["--price", "DOGE=1"], "no instrument has the symbol 'DOGE'"),
        (["--leverage", "1e999999999"], "will not do"),
        (["--target", "margin_ratio:nothing=1"], "there is no pool or position 'nothing'"),
        (
            ["--target", "liquidation_price:A=5"],
            "the liquidation price of A is unknown help: instrument BTC-PERP has no",
        ),
    ],
)
def test_a_wrong_limit_is_one_message_and_2(
    account: str, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What, and how to mend it."""
    assert run(["limits", account, "-p", "hyperliquid", *words]) == 2
    captured = capsys.readouterr()
    assert message in " ".join(captured.err.split())
    assert captured.out == ""


def test_preview_is_of_orders_only(account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A withdrawal is decided, not previewed."""
    assert run(["preview", account, "-p", "documented", "withdraw", "USDC", "5"]) == 2
    assert "`withdraw` is no order" in capsys.readouterr().err


def test_events_come_from_standard_input_as_a_table(
    account: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Flags and documents in cells, too."""
    text = "event,symbol,side,quantity,reduce_only,id,price\nplace_order,BTC-PERP,sell,0.01,true,o1,99000\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert run(["replay", "-", "--format", "csv", "-p", "documented", "--account", account]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["decision"]["action"]["reduce_only"] is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("event,symbl\n", "did you mean `symbol`"),
        ("symbol,price\n", "the heading needs `event`"),
        ('event,symbol\nmark,"BTC\n', "events.csv:2: the line is no CSV"),
        ("event,symbol\nmark\n", "events.csv:2: the line has 1 cells, the heading 2"),
        ("event,reduce_only\nmark,maybe\n", "events.csv:2: /'reduce_only': `mark` has no"),
    ],
)
def test_a_wrong_table_is_one_message(
    tmp_path: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its line."""
    events = tmp_path / "events.csv"
    events.write_text(text, encoding="utf-8")
    assert run(["replay", str(events), "-p", "documented"]) == 2
    assert message in capsys.readouterr().err


def test_the_same_stream_gives_the_same_bytes(tmp_path: Path) -> None:
    """Twice, with its decisions."""
    events = stream(tmp_path / "events.jsonl", 60)
    found = []
    for name in ("a", "b"):
        words = ["-o", str(tmp_path / name), "--decisions", str(tmp_path / f"{name}.log")]
        assert run(["replay", str(events), "-p", "documented", *words]) == 0
        found.append([(tmp_path / name).read_bytes(), (tmp_path / f"{name}.log").read_bytes()])
    assert found[0] == found[1]
    assert all(found[0])


def test_the_decisions_of_a_replay_are_decided_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Under the policy that wrote them nothing differs; a line that was altered does, and one that is none is named."""
    events, log = stream(tmp_path / "events.jsonl", 60), tmp_path / "decisions.jsonl"
    assert run(["replay", str(events), "-p", "documented", "--decisions", str(log)]) == 0
    capsys.readouterr()
    assert run(["replay", "--log", str(log), "-p", "documented"]) == 0
    assert capsys.readouterr().out == ""
    lines = log.read_text(encoding="utf-8").splitlines()
    entry = json.loads(lines[2])
    assert entry["policy"]["digest"].startswith("sha256:")
    entry["account"]["balances"][0]["wallet_balance"] = "1000000"
    lines[2:4] = [json.dumps(entry), "{}"]
    log.write_text("\n".join(lines), encoding="utf-8")
    assert run(["replay", "--log", str(log), "-p", "documented", "--on-error", "set-aside"]) == 1
    captured = capsys.readouterr()
    assert [json.loads(line)["line"] for line in captured.out.splitlines()] == [3]
    assert "line 4: this is no entry of a decision log" in captured.err


def test_progress_is_shown_on_a_terminal_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither in a file nor in a pipe."""
    events = stream(tmp_path / "events.jsonl", 5)
    assert run(["replay", str(events), "-p", "documented", "-o", str(tmp_path / "o")]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert run(["replay", str(events), "-p", "documented", "-o", str(tmp_path / "o")]) == 0
    assert capsys.readouterr().err.endswith(" lines\n")


def test_a_line_that_is_set_aside_is_kept_byte_for_byte(tmp_path: Path) -> None:
    """Whatever it holds and however long it is: it can be mended and fed again."""
    lines = [
        b'{"event": "marc",  "symbol":"X", "price": 1.50 }\r\n',
        b'{"event": "' + "\u00fc".encode() * 3000 + b'"}\n',
        b'{"event": "\xff"}\n',
        b'{"event": "' + b"x" * (17 * 1024 * 1024) + b'"}\n',
        b"null\n",
        b'{"event": "deposit", "amount": "1"',
    ]
    events, aside = tmp_path / "events.jsonl", tmp_path / "aside.jsonl"
    events.write_bytes(b"".join(lines))
    words = ["--on-error", "set-aside", "--aside", str(aside), "-o", str(tmp_path / "out")]
    assert run(["replay", str(events), "-p", "documented", *words]) == 1
    kept = [json.loads(line) for line in aside.read_text(encoding="utf-8").splitlines()]
    raw = [entry["raw"].encode() if "raw" in entry else base64.b64decode(entry["raw_base64"]) for entry in kept]
    assert raw == lines
    assert ["raw_base64" in entry for entry in kept].count(True) == 1
    assert [entry["line"] for entry in kept] == [1, 2, 3, 4, 5, 6]
    assert all(entry["problem"] for entry in kept)


def test_what_no_account_has_is_told_at_the_end(
    account: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt symbol moves nothing, and shows."""
    lines = [{"event": "mark", "symbol": "BTCC", "price": "1"}] * 2 + [{"event": "index", "asset": "ZZZ", "price": "1"}]
    events = tmp_path / "events.jsonl"
    events.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert run(["replay", str(events), "--policy", "documented", "--account", account]) == 0
    told = capsys.readouterr().err
    assert "note: no account has BTCC: 2 lines moved nothing" in told
    assert "note: no account has ZZZ: 1 line moved nothing" in told
