"""The examples do what their pages say."""

import json
import shlex
from pathlib import Path

import pytest

from marginrules.cli.app import run
from marginrules.policy.catalogue import load_policy
from marginrules.testing.run import run_features

EXAMPLES = Path(__file__).parent.parent / "examples"
HOUSE = EXAMPLES / "house-margin"


def test_the_house_policy_is_checked_and_its_features_hold() -> None:
    """The handbook's figures."""
    policy = load_policy(HOUSE / "house.margin")
    assert policy.warnings == ()
    assert run_features((HOUSE,))


def _commands(page: Path) -> list[str]:
    lines = page.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.startswith("    marginrules ")]


@pytest.mark.parametrize("command", [line for line in _commands(HOUSE / "README.md") if "marginrules test" not in line])
def test_every_command_of_the_house_page_runs(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside its files, as the page is read."""
    monkeypatch.chdir(HOUSE)
    assert run(shlex.split(command)[1:]) == 0
    captured = capsys.readouterr()
    assert captured.out
    assert captured.err == ""


def test_the_house_asks_for_more_and_warns_where_the_venue_is_silent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The figures of the page."""
    monkeypatch.chdir(HOUSE)
    arguments = ["compare", "account.json", "--policy", "hyperliquid", "--policy", "house.margin", "--json"]
    assert run(arguments) == 0
    venue, house = (column["report"] for column in json.loads(capsys.readouterr().out)["columns"])
    for report, long, short in ((venue, "23", "260"), (house, "28.75", "585")):
        assert [position["maintenance_margin"] for position in report["positions"]] == [long, short]
        assert not any(pool["liquidatable"] for pool in report["pools"])
    warned = {pool["id"]: pool["warning"] for pool in house["pools"]}
    assert warned == {"cross": True, "isolated/A": True}
    assert all("warning" not in pool for pool in venue["pools"])


def test_the_house_refuses_what_its_handbook_refuses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its own reason."""
    monkeypatch.chdir(HOUSE)
    assert run(["act", "account.json", "--policy", "house.margin", "remove_margin", "A", "1", "--json"]) == 0
    decision = json.loads(capsys.readouterr().out)
    assert decision["allowed"] is False
    assert decision["because"] == "no margin is taken out of a losing position"
