"""The examples of a backtest and of a bot print what their pages say."""

import csv
import runpy
import shlex
from pathlib import Path

import pytest

from marginrules.cli.app import run

EXAMPLES = Path(__file__).parent.parent / "examples"
PROGRAMS = [EXAMPLES / "backtest" / "backtest.py", EXAMPLES / "bot" / "bot.py"]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_prints_what_its_page_shows(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Word for word."""
    runpy.run_path(str(program), run_name="__main__")
    page = (program.parent / "README.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == page.split("```text\n")[1].partition("```")[0]


@pytest.mark.parametrize("folder", [program.parent for program in PROGRAMS], ids=lambda path: path.name)
def test_every_command_of_a_page_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside its files, as the page is read."""
    monkeypatch.chdir(folder)
    lines = (folder / "README.md").read_text(encoding="utf-8").splitlines()
    commands = [line.strip() for line in lines if line.startswith("    marginrules ")]
    assert commands
    for command in commands:
        assert run(shlex.split(command)[1:]) == 0
        captured = capsys.readouterr()
        assert captured.out
        assert captured.err == ""


def test_the_events_of_the_backtest_are_its_prices() -> None:
    """The low of each hour, then its close."""
    with (EXAMPLES / "backtest" / "prices.csv").open(encoding="utf-8", newline="") as file:
        prices = [row[name] for row in csv.DictReader(file) for name in ("low", "close")]
    with (EXAMPLES / "backtest" / "events.csv").open(encoding="utf-8", newline="") as file:
        events = [row["price"] for row in csv.DictReader(file) if row["event"] == "mark"]
    assert events == prices
    assert len(prices) == 96


def test_the_isolated_long_loses_its_margin_and_the_cross_long_everything(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """4 x 7,935.49 at 10x: 3,174.196 of 10,000."""
    monkeypatch.chdir(EXAMPLES / "backtest")
    runpy.run_path("backtest.py", run_name="__main__")
    ends = [line.strip() for line in capsys.readouterr().out.splitlines() if "at the end" in line]
    assert ends[0] == "at the end 0.00 USDC and no position"
    assert ends[1] == "at the end 6,825.80 USDC and no position"
