"""A replay that is killed and resumed loses no event and counts none twice.

`MARGINRULES_KILLS=200` kills as often as a release does.
"""

import json
import os
import random
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from marginrules.cli.app import run

KILLS = int(os.environ.get("MARGINRULES_KILLS", "12"))
FILES = ("output", "decisions", "aside")
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
            "mark_price": "100000",
        }
    ],
    "assets": [{"asset": "USDC", "index_price": "1"}],
}


def stream(path: Path, seed: int, count: int = 120) -> Path:
    """Marks that walk at random, deposits, orders, funding, and lines that are none."""
    chance = random.Random(seed)  # noqa: S311 - a test's own prices
    price = 100000
    lines = [json.dumps({"event": "account", "document": ACCOUNT})]
    for _ in range(count):
        price = max(50000, price + chance.randint(-2500, 2300))
        kind = chance.random()
        event: Any = {"event": "mark", "symbol": "BTC-PERP", "price": str(price)}
        if kind < 0.2:
            event = {"event": "deposit", "asset": "USDC", "amount": str(chance.randint(1, 30))}
        elif kind < 0.4:
            side = chance.choice(["buy", "sell"])
            event = {"event": "open", "symbol": "BTC-PERP", "side": side, "quantity": "0.003", "price": str(price)}
            event |= {"margin_mode": "isolated", "leverage": "10"}
        elif kind < 0.45:
            event = {"event": "funding", "symbol": "BTC-PERP", "rate": "0.0001"}
        lines.append("{no event" if kind > 0.95 else json.dumps(event))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def command(folder: Path, events: Path, name: str) -> list[str]:
    """A replay with everything that it can write, and a checkpoint every third line."""
    words = ["replay", str(events), "-p", "documented", "--on-error", "set-aside", "--every", "3"]
    for file in FILES:
        words += [f"--{file}", str(folder / f"{name}.{file}")]
    return [*words, "--checkpoint", str(folder / f"{name}.checkpoint")]


def written(folder: Path, name: str) -> list[bytes]:
    """What a replay wrote."""
    return [(folder / f"{name}.{file}").read_bytes() for file in FILES]


def killed(words: list[str], calls: int) -> bool:
    """Run a command in a process that is killed after a number of function calls; whether it came to that."""
    child = os.fork()
    if child == 0:
        left = calls

        def count(_frame: FrameType, _event: str, _argument: object) -> None:
            nonlocal left
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

        code = 70
        try:
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, 1)
            os.dup2(silent, 2)
            sys.setprofile(count)
            code = run(words)
        finally:
            # Nothing of the test run that was copied into this process may go on in it.
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 1, status
    return os.WIFSIGNALED(status)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_replay_that_is_killed_at_random_points_and_resumed_ends_as_if_it_had_not_been(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Byte for byte: results, decisions, and what was set aside; in the middle of writing them, too."""
    chance = random.Random(17)  # noqa: S311 - a test's own moments
    kills = completed = 0
    while kills < KILLS or not completed:
        name = f"run{completed}"
        events = stream(tmp_path / f"{name}.jsonl", seed=completed)
        assert run(command(tmp_path, events, f"{name}-whole")) == 1
        while killed(command(tmp_path, events, name), calls=chance.randint(1, 60_000)):
            kills += 1
        completed += 1
        assert written(tmp_path, name) == written(tmp_path, f"{name}-whole")
        assert all(written(tmp_path, name))
    capsys.readouterr()
    assert kills >= KILLS


def test_a_run_that_is_done_and_resumed_writes_nothing_more(tmp_path: Path) -> None:
    """Every event was counted."""
    events = stream(tmp_path / "events.jsonl", seed=3)
    assert run(command(tmp_path, events, "run")) == 1
    before = written(tmp_path, "run")
    assert run(command(tmp_path, events, "run")) == 1
    assert written(tmp_path, "run") == before


def test_a_stream_that_has_grown_is_gone_on_with(tmp_path: Path) -> None:
    """As a file that is written to while it is replayed."""
    events = stream(tmp_path / "events.jsonl", seed=4)
    assert run(command(tmp_path, events, "whole")) == 1
    lines = events.read_bytes().splitlines(keepends=True)
    events.write_bytes(b"".join(lines[:50]))
    assert run(command(tmp_path, events, "grown")) in {0, 1}
    events.write_bytes(b"".join(lines))
    assert run(command(tmp_path, events, "grown")) == 1
    assert written(tmp_path, "grown") == written(tmp_path, "whole")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda folder: (folder / "events.jsonl").write_text("{}\n" * 500),
            "is not the stream that the checkpoint is of",
        ),
        (lambda folder: (folder / "events.jsonl").write_text("{}\n"), "has 1 lines, and 121 were done"),
        (lambda folder: (folder / "run.output").write_text(""), "is shorter than the checkpoint says"),
        (lambda folder: (folder / "run.decisions").unlink(), "wrote --decisions"),
        (lambda folder: (folder / "run.checkpoint").write_text("{}"), "is no checkpoint"),
        (lambda folder: (folder / "run.checkpoint").write_text("[" * 9999), "nests too deeply"),
        (
            lambda folder: (folder / "run.checkpoint").write_text('{"schema": "marginrules/checkpoint/1"}'),
            "is no checkpoint",
        ),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused(
    tmp_path: Path, spoil: Any, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one message; results of two streams are not mixed."""
    events = stream(tmp_path / "events.jsonl", seed=5)
    assert run(command(tmp_path, events, "run")) == 1
    capsys.readouterr()
    spoil(tmp_path)
    assert run(command(tmp_path, events, "run")) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert "Traceback" not in shown
