"""Malformed and hostile input: one clear message each, never a defect, a hang, or a number.

`MARGINRULES_FUZZ=10000` tries as many documents, event lines and rule files as a release does.
"""

import json
import os
import random
import resource
import signal
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

import marginrules
from marginrules.account import documents
from marginrules.cli.app import run
from marginrules.engine.documents import read_action
from marginrules.engine.replay import Replay
from marginrules.errors import MarginRulesError
from marginrules.policy.catalogue import load_policy, load_text
from marginrules.resources import policy_names

ROUNDS = int(os.environ.get("MARGINRULES_FUZZ", "1500"))
WHOLE = ROUNDS > 5000
"""Whether every policy and rule file is tried: to check one of them takes longer than all that is done with it."""
FEW = ("documented", "hyperliquid", "synthetix-v3")
MAXIMUM_GROWTH = 256 * 1024
"""KiB by which the memory of the process may grow over hostile input: far less than a runaway would take."""
HANG = 120
"""Seconds after which input counts as one that hangs: a hundred times what any takes."""
ROOT = Path(__file__).parent.parent
JUNK: list[Any] = [
    None,
    "",
    "x",
    "-1",
    "0",
    "1e9999",
    "NaN",
    "٣",
    "\ud800",
    True,
    [],
    {},
    [{}],
    {"above": "0"},
    "9" * 70,
    "1e-70",
    "cross",
    -5,
    3,
]


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    """Ends a hang with an error in place, and looks at the memory that was taken."""

    def stop(_signal: int, _frame: object) -> None:
        message = "this input hangs"
        raise TimeoutError(message)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(HANG * max(1, ROUNDS // 1000))
    yield
    signal.alarm(0)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MAXIMUM_GROWTH


def _cases() -> list[dict[str, Any]]:
    paths = sorted((ROOT / "tests" / "cases").glob("*.json"))
    found = chain.from_iterable(json.loads(path.read_text(encoding="utf-8"))["cases"] for path in paths)
    return [case for case in found if WHOLE or case["policy"] in FEW]


def _mutated(value: Any, chance: random.Random) -> Any:
    """The value with something in it replaced, left out, doubled, or misnamed."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(list(value))
        changed = dict(value)
        what = chance.random()
        if what < 0.6:
            changed[key] = _mutated(value[key], chance)
        elif what < 0.75:
            del changed[key]
        elif what < 0.9:
            changed[key] = chance.choice(JUNK)
        else:
            changed[key + "x"] = changed.pop(key)
        return changed
    if isinstance(value, list) and value and chance.random() < 0.9:
        place = chance.randrange(len(value))
        if chance.random() < 0.1:
            return [*value, value[place]]
        return [*value[:place], _mutated(value[place], chance), *value[place + 1 :]]
    return chance.choice(JUNK)


def _only_clear_errors(run: Callable[[], object]) -> None:
    try:
        run()
    except MarginRulesError as error:
        text = str(error)
        assert text
        assert "Traceback" not in text
        assert len(text) < 20_000


def test_mutated_accounts_end_in_a_report_or_one_message() -> None:
    """Documents of all venues with something broken in them."""
    chance = random.Random(11)  # noqa: S311 - a test's own choices
    cases = _cases()
    for _ in range(ROUNDS * 4 // 10):
        case = chance.choice(cases)
        policy = load_policy(case["policy"])
        document = _mutated(case["account"], chance)
        _only_clear_errors(
            lambda document=document, policy=policy: marginrules.evaluate(
                policy, documents.read(document, policy.inputs), solve=False
            )
        )


def test_mutated_text_is_json_or_one_message() -> None:
    """Bytes flipped, cut and repeated."""
    chance = random.Random(12)  # noqa: S311 - a test's own choices
    text = json.dumps(_cases()[0]["account"]).encode()
    for _ in range(ROUNDS * 2 // 10):
        broken = bytearray(text)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(broken))
            broken[place : place + chance.randint(0, 3)] = bytes(
                chance.randrange(256) for _ in range(chance.randint(0, 3))
            )
        _only_clear_errors(lambda broken=bytes(broken): documents.read(documents.load_json(broken), ()))


def _rule_texts() -> list[str]:
    """Rule files to be spoilt: all that are shipped, or short ones and the examples of the manual."""
    if WHOLE:
        return [path.read_text(encoding="utf-8") for path in sorted((ROOT / "rules").glob("*.margin"))]
    manual = (ROOT / "docs" / "language.md").read_text(encoding="utf-8").split("```margin\n")[1:]
    short = [ROOT / "rules" / "documented.margin", ROOT / "features" / "language" / "house.margin"]
    return [*(text.partition("```")[0] for text in manual), *(path.read_text(encoding="utf-8") for path in short)]


def test_mutated_rule_files_end_in_a_policy_or_messages_with_a_place() -> None:
    """Words exchanged, left out and doubled, and characters that no rule has."""
    chance = random.Random(13)  # noqa: S311 - a test's own choices
    texts = _rule_texts()
    words_of_all = [word for text in texts for word in text.split(" ")]
    for _ in range(ROUNDS * 2 // 10):
        words = chance.choice(texts).split(" ")
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(words))
            what = chance.random()
            if what < 0.3:
                words[place] = chance.choice(words)
            elif what < 0.5:
                words[place] = chance.choice(words_of_all)
            elif what < 0.7:
                del words[place]
            else:
                words.insert(place, chance.choice(["{", "}", "(", "5", "tiered", "%", '"', "sum(", "$", "é", "\x00"]))
        _only_clear_errors(lambda words=tuple(words): load_text(" ".join(words), "broken.margin"))


def _events(account: dict[str, Any]) -> list[dict[str, Any]]:
    symbol, position = account["instruments"][0]["symbol"], account["positions"][0]["id"]
    order = {"symbol": symbol, "side": "buy", "quantity": "1", "price": "100", "margin_mode": "cross"}
    return [
        {"event": "account", "document": account},
        {"event": "mark", "symbol": symbol, "price": "100", "at": "2026-11-22T12:00:00Z"},
        {"event": "funding", "symbol": symbol, "rate": "0.0001"},
        {"event": "index", "asset": "USDC", "price": "1"},
        {"event": "withdraw", "asset": "USDC", "amount": "1"},
        {"event": "transfer", "asset": "USDC", "amount": "1", "to": "spot"},
        {"event": "fill", **order, "fee": "0.1", "position_side": "LONG"},
        {"event": "open", **order, "side": "sell", "leverage": "5"},
        {"event": "place_order", **order, "id": "1", "reduce_only": True},
        {"event": "cancel_order", "id": "1"},
        {"event": "set_leverage", "symbol": symbol, "leverage": "3"},
        {"event": "switch_mode", "position": position, "margin_mode": "isolated"},
        {"event": "close", "position": position, "price": "100"},
        {"event": "reduce", "position": position, "quantity": "0.1"},
    ]


def _account() -> dict[str, Any]:
    found = next(case for case in _cases() if case["policy"] == "hyperliquid" and case["account"]["positions"])
    account: dict[str, Any] = found["account"]
    return account


def test_mutated_events_and_actions_change_nothing_or_end_in_one_message() -> None:
    """An event that is refused leaves the account as it was."""
    chance = random.Random(14)  # noqa: S311 - a test's own choices
    account = _account()
    events = _events(account)
    policy = load_policy("hyperliquid")
    for _ in range(ROUNDS // 10):
        replay = Replay(policy)
        replay.feed(events[0])
        before = documents.write(replay.accounts[account["account"]["id"]])
        event = _mutated(chance.choice(events), chance)
        if not isinstance(event, dict):
            continue
        try:
            replay.feed(event)
        except MarginRulesError:
            assert documents.write(replay.accounts[account["account"]["id"]]) == before
        _only_clear_errors(lambda event=event: read_action(event))


def test_lines_that_are_no_events_are_set_aside_one_by_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its number, and the good line behind each is taken."""
    chance = random.Random(15)  # noqa: S311 - a test's own choices
    events = _events(_account())
    lines = [json.dumps(events[0]).encode()]
    for number in range(ROUNDS // 10):
        line = bytearray(json.dumps(_mutated(chance.choice(events), chance)).encode())
        if chance.random() < 0.3:
            place = chance.randrange(len(line))
            line[place : place + 2] = bytes(chance.randrange(256) for _ in range(3))
        lines.append(bytes(line).replace(b"\n", b" "))
        lines.append(json.dumps({"event": "deposit", "asset": "USDC", "amount": str(number + 1)}).encode())
    stream, output, aside = tmp_path / "events.jsonl", tmp_path / "output", tmp_path / "aside"
    # No mutated line may put another account beside the one that the deposits are for.
    lines = [line for line in lines if b'"account"' not in line or line is lines[0]]
    stream.write_bytes(b"\n".join(lines))
    words = ["--on-error", "set-aside", "-o", str(output), "--aside", str(aside)]
    assert run(["replay", str(stream), "-p", "hyperliquid", *words]) == 1
    told = capsys.readouterr().err.splitlines()
    assert all(line.startswith(("set aside ", "note: ")) for line in told)
    told = [line for line in told if line.startswith("set aside ")]
    assert len(told) == len(aside.read_bytes().splitlines())
    deposits = [line for line in output.read_bytes().splitlines() if b'"action":"deposit"' in line]
    assert len(deposits) >= sum(b'"event": "deposit"' in line for line in lines)


GOOD = (
    '{"schema": "marginrules/account/1", "account": {"id": "a"}, "balances": [{"asset": "USDC", "wallet_balance": "5"}], '
    '"positions": [], "instruments": []}'
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 1_000_000, "nests too deeply"),
        ('{"a":' * 100_000, "nests too deeply"),
        ("[" * 50_000 + "]" * 50_000, "nests too deeply"),
        (GOOD.replace('"5"', "1e999999999"), "out of range"),
        (GOOD.replace('"5"', "1e-999999999"), "out of range"),
        (GOOD.replace('"5"', '"1e999999999"'), "is not a number"),
        (GOOD.replace('"5"', "9" * 1_000_000), "out of range"),
        (GOOD.replace('"5"', '"' + "9" * 1_000_000 + '"'), "is not a number"),
        (GOOD.replace('"5"', "NaN"), "NaN at line 1"),
        (GOOD.replace('"5"', "-Infinity"), "-Infinity at line 1"),
        (GOOD.replace('"5"', '"NaN"'), "is not a number"),
        (GOOD.replace('"5"', "0.1e"), "not JSON at line 1"),
        (GOOD.replace('"id"', '"id": "b", "id"'), "'id' stands twice"),
        (GOOD.replace('"a"', '"\\ud800"'), "half a character"),
        (GOOD.replace("a", "\x00"), "not JSON"),
        (GOOD.replace('"positions": []', '"positions": ' + json.dumps([{}] * 100_001)), "more than 100,000 records"),
        (GOOD.replace("]", "}"), "not JSON"),
        (GOOD[:-1], "not JSON"),
        ("", "not JSON"),
        ("null", "not an object"),
        ("\xff\xfe", "not JSON"),
    ],
    ids=range(21),
)
def test_a_hostile_document_is_one_message_of_the_command_too(
    tmp_path: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And ends it with 2."""
    path = tmp_path / "account.json"
    path.write_text(text, encoding="utf-8")
    assert run(["evaluate", str(path), "-p", "documented"]) == 2
    captured = capsys.readouterr()
    assert message in " ".join(captured.err.split())
    assert captured.err.startswith("error: ")
    assert captured.out == ""
    assert len(captured.err) < 2000
    events = tmp_path / "events.jsonl"
    events.write_text(text, encoding="utf-8")
    assert run(["replay", str(events), "-p", "documented"]) in {0, 2}
    assert "internal error" not in capsys.readouterr().err


POOL = "pool cross {\n covers positions\n one per account\n draws on balances\n equity = collateral\n}\n"
HEAD = 'policy x {\n title "t" version "1"\n}\n' + POOL


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(" * 5000, "nest deeper than 60"),
        (HEAD + "const a = " + "(" * 5000 + "1" + ")" * 5000, "nest deeper than 60"),
        (HEAD + "const a = " + "max(" * 3000 + "1" + ", 1)" * 3000, "nest deeper than 60"),
        (HEAD + "const a = " + "-" * 20_000 + "1", "nest deeper than 60"),
        (HEAD.replace("equity =", "equity = " + "if not " * 300), "nest deeper than 60"),
        (HEAD.replace("equity =", "equity = if a then 1 " + "else if b then 2 " * 300), "nest deeper than 60"),
        # A regular expression once took an age to find that so many are not too many.
        (HEAD.replace("equity =", "equity = if a then 1 " + "else if a then 2 " * 30 + "else"), "`a` is not defined"),
        (HEAD + "const a = " + "1 + " * 20_000 + "1", "more than 200 operators"),
        (HEAD + "const a = " + "9" * 100_000, "at most 40 digits"),
        (HEAD + "const a = 0." + "9" * 100_000, "at most 40 digits"),
        (HEAD + "const a = b\nconst b = a\n", "depend"),
        (HEAD + "const a = 1\nconst a = 2\n", "twice"),
        ("policy x {" + "source a = " * 2000, "this `{` is not closed"),
        ("\x00" * 100, "NUL character"),
        ('policy x { title "' + "t" * 1_000_000 + '" version "1" }', "more than 1,000,000 characters"),
        ("{" * 100_000, "this `{` is not closed"),
        ('"' * 100_001, "cannot stand here"),
        ("", "the file is empty"),
        ('policy x extends x { title "t" version "1" }', "in a circle"),
        (HEAD + 'table t from "../../../../etc/passwd"\n', "table"),
        (HEAD.replace("title", "effective from 9999-99-99 title"), "there is no day 9999-99-99"),
    ],
    ids=range(21),
)
def test_nesting_and_length_have_limits_that_are_named(text: str, message: str) -> None:
    """No hang and no overflow of the stack."""
    with pytest.raises(MarginRulesError) as caught:
        load_text(text, "hostile.margin")
    assert message in str(caught.value)
    assert len(str(caught.value)) < 20_000


def _chain(length: int) -> str:
    steps = "".join(f" step_{number} = step_{number - 1} + step_{number - 1}\n" for number in range(1, length))
    whole = HEAD.replace("= collateral", f"= collateral + sum(step_{length - 1})")
    return whole + "position {\n step_0 = notional\n" + steps + "}\n"


def _calls(length: int) -> str:
    steps = "".join(f" f{number}(x) = f{number - 1}(x) + f{number - 1}(x)\n" for number in range(1, length))
    return HEAD + "position {\n f0(x) = x + x\n" + steps + f" publish last_step = f{length - 1}(notional)\n}}\n"


@pytest.mark.parametrize(
    "text",
    [
        _chain(400),
        HEAD + "const a = " + "if true then " * 3000 + "1" + " else 1" * 3000,
        HEAD + 'const a = "\ud800"',
        _calls(60),
    ],
    ids=["a chain of definitions", "branches within branches", "half a character", "calls within calls"],
)
def test_depth_across_definitions_has_a_limit_that_is_named(text: str) -> None:
    """As depth within one expression has."""
    _only_clear_errors(lambda: load_text(text, "hostile.margin"))


def test_what_many_ways_lead_to_is_worked_out_once() -> None:
    """Thirty definitions, each twice the one before: a thousand million ways, and thirty steps."""
    policy = load_text(_chain(30), "chain.margin")
    account = {
        "schema": "marginrules/account/1",
        "account": {"id": "a"},
        "balances": [{"asset": "USDC", "wallet_balance": "100"}],
        "positions": [{"id": "A", "symbol": "A", "quantity": "1", "entry_price": "1"}],
        "orders": [],
        "instruments": [
            {"symbol": "A", "contract": "linear", "base": "A", "quote": "USDC", "settle": "USDC", "mark_price": "1"}
        ],
        "assets": [],
    }
    report = marginrules.evaluate(policy, marginrules.read_account(account, policy))
    assert report.pools[0].equity == 100 + 2**29


@pytest.mark.parametrize("name", policy_names())
def test_an_account_without_anything_is_reported_under_every_policy(name: str) -> None:
    """No pool, or pools of nothing; and a reason for each figure that cannot be had."""
    policy = load_policy(name)
    report = marginrules.evaluate(
        policy, marginrules.read_account({"schema": "marginrules/account/1", "account": {"id": "a"}}, policy)
    )
    assert report.positions == ()
    assert report.liquidatable in {False, None}
