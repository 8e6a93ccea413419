"""Malformed and hostile input: one clear message each, never a defect, a hang, or a number.

`MARGINRULES_FUZZ=10000` runs as many of each as a release does.
"""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import marginrules
from marginrules.account import documents
from marginrules.engine.documents import read_action
from marginrules.engine.replay import Replay
from marginrules.errors import MarginRulesError
from marginrules.policy.catalogue import load_policy, load_text

ROUNDS = int(os.environ.get("MARGINRULES_FUZZ", "400"))
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


def _cases() -> list[dict[str, Any]]:
    found = []
    for path in sorted((ROOT / "tests" / "cases").glob("*.json")):
        found.extend(json.loads(path.read_text(encoding="utf-8"))["cases"])
    return found


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
    for _ in range(ROUNDS):
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
    for _ in range(ROUNDS):
        broken = bytearray(text)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(broken))
            broken[place : place + chance.randint(0, 3)] = bytes(
                chance.randrange(256) for _ in range(chance.randint(0, 3))
            )
        _only_clear_errors(lambda broken=bytes(broken): documents.read(documents.load_json(broken), ()))


def test_mutated_rule_files_end_in_a_policy_or_messages_with_a_place() -> None:
    """Words of shipped policies exchanged, left out and doubled."""
    chance = random.Random(13)  # noqa: S311 - a test's own choices
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "rules").glob("*.margin"))]
    for _ in range(max(60, ROUNDS // 8)):
        words = chance.choice(texts).split(" ")
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(words))
            what = chance.random()
            if what < 0.4:
                words[place] = chance.choice(words)
            elif what < 0.7:
                del words[place]
            else:
                words.insert(place, chance.choice(["{", "}", "(", "5", "tiered", "%", '"', "sum(", "$", "é"]))
        _only_clear_errors(lambda words=tuple(words): load_text(" ".join(words), "broken.margin"))


def test_mutated_events_and_actions_change_nothing_or_end_in_one_message() -> None:
    """An event that is refused leaves the account as it was."""
    chance = random.Random(14)  # noqa: S311 - a test's own choices
    account = next(
        case["account"] for case in _cases() if case["policy"] == "hyperliquid" and case["account"]["positions"]
    )
    symbol = account["instruments"][0]["symbol"]
    events = [
        {"event": "mark", "symbol": symbol, "price": "100"},
        {"event": "funding", "symbol": symbol, "rate": "0.0001"},
        {"event": "index", "asset": "USDC", "price": "1"},
        {"event": "withdraw", "asset": "USDC", "amount": "1"},
        {"event": "fill", "symbol": symbol, "side": "buy", "quantity": "1", "price": "100", "margin_mode": "cross"},
        {"event": "open", "symbol": symbol, "side": "sell", "quantity": "1", "price": "100", "margin_mode": "cross"},
        {"event": "close", "position": account["positions"][0]["id"], "price": "100"},
    ]
    policy = load_policy("hyperliquid")
    for _ in range(ROUNDS):
        replay = Replay(policy)
        replay.feed({"event": "account", "document": account})
        before = documents.write(replay.accounts[account["account"]["id"]])
        event = _mutated(chance.choice(events), chance)
        if not isinstance(event, dict):
            continue
        try:
            replay.feed(event)
        except MarginRulesError:
            assert documents.write(replay.accounts[account["account"]["id"]]) == before
        _only_clear_errors(lambda event=event: read_action(event))


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "policy x {" + "source a = " * 2000,
        'policy x { title "t" version "1" } const a = ' + "1 + " * 20_000 + "1",
        'policy x { title "t" version "1" } const a = ' + "-" * 20_000 + "1",
        "\x00" * 100,
        'policy x { title "' + "t" * 1_000_000 + '" version "1" }',
    ],
)
def test_nesting_and_length_have_limits_that_are_named(text: str) -> None:
    """No hang and no overflow of the stack."""
    _only_clear_errors(lambda: load_text(text, "hostile.margin"))
