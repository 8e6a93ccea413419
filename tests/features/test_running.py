"""`marginrules test`: what cannot be run is told in one message, with its place."""

from pathlib import Path

import pytest

from marginrules.cli.app import run

GOOD = """Feature: House
  Scenario: Twice
    Given the policy "documented"
    And an account with 2,000 USDC
    And a BTC contract at 100
    Then the equity of pool cross is 2,000 USDC
"""


def _run(tmp_path: Path, capsys: pytest.CaptureFixture[str], **files: str | bytes) -> tuple[int, str]:
    for name, text in files.items():
        path = tmp_path / f"{name}.feature"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    code = run(["test", str(tmp_path)])
    return code, capsys.readouterr().err


def test_a_feature_that_holds_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is said on standard error."""
    assert _run(tmp_path, capsys, good=GOOD) == (0, "")


def test_a_feature_that_does_not_hold_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the figures in pytest's own report."""
    code = _run(tmp_path, capsys, bad=GOOD.replace("is 2,000", "is 2,001"))[0]
    assert code == 1


def test_a_scenario_is_called_by_its_file_and_its_name(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a tag is no cause for a warning."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "house.feature").write_text(GOOD.replace("  Scenario", "  @H1\n  Scenario").replace("is 2,", "is 3,"))
    assert run(["test", "house.feature"]) == 1
    found = capfd.readouterr().out
    assert "FAILED house.feature::Twice" in found
    assert "marginrules-" not in found.split("short test summary info")[1]
    assert "PytestUnknownMarkWarning" not in found


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("hello\nworld\n", 1, "this is not Gherkin: 'hello'"),
        (GOOD + "      | a |\n    nonsense\n", 8, "this is not Gherkin: 'nonsense'"),
        ("", 1, "there is no `Feature:` in it"),
        (b"\xff\xfe", 1, "this is not UTF-8 text, or cannot be read"),
        ("Feature: House\n", 1, "the feature has no scenario"),
        (GOOD.replace("    Given the", "    Gven the").split("    And")[0], 2, "scenario 'Twice' has no step"),
        (GOOD + GOOD.removeprefix("Feature: House\n"), 7, "there are two scenarios 'Twice'"),
    ],
)
def test_a_file_that_is_no_feature_is_told_in_one_message(
    text: str | bytes, line: int, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file, the line, what is wrong, and where features are described."""
    code, found = _run(tmp_path, capsys, bad=text)
    assert code == 2
    assert found.startswith(f"error: {tmp_path / 'bad.feature'}:{line}: {problem}")
    assert found.splitlines()[-1].startswith("help: ")
    assert len(found.splitlines()) == 2


@pytest.mark.parametrize(
    ("step", "remedy"),
    [
        ("And an acount with 2,000 USDC", "an account with AMOUNT ASSET[ in|to|from wallet ID]"),
        ("When BTC fals by 8%", "did you mean `BASE falls|rises by AMOUNT%[ and "),
        ("Then the equity of pool cross are 2,000 USDC", "the FIGURE of [the ][pool ]ID is"),
        ("Then pool cross is liquidated", "`[the ]pool ID is [not ]liquidatable`"),
        ("When an account with 3 USDC", "this step is one of Given; "),
        ("Then hello there", "help: docs/testing.md lists the steps"),
    ],
)
def test_a_step_that_there_is_not_is_told_in_one_message(
    step: str, remedy: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file, the line, the step, those most like it, and where steps are described; no traceback."""
    monkeypatch.chdir(tmp_path)
    # Where pytest takes itself to be on a build server it would tell it twice.
    monkeypatch.setenv("CI", "true")
    (tmp_path / "house.feature").write_text(f"{GOOD}    {step}\n", encoding="utf-8")
    assert run(["test", "house.feature"]) == 1
    told = capfd.readouterr().out
    keyword, _, text = step.partition(" ")
    keyword = keyword.replace("And", "Then")
    (line,) = [line for line in told.splitlines() if line.startswith("house.feature:7: ")]
    assert line == f"house.feature:7: there is no step `{keyword} {text}`"
    (helped,) = [line for line in told.splitlines() if line.startswith("help: ")]
    assert remedy in helped
    assert helped.endswith("docs/testing.md lists the steps")
    assert "Step definition is not found" not in told
    assert "site-packages" not in told


def test_every_file_that_is_no_feature_is_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the order of their names, and nothing is run."""
    code, found = _run(tmp_path, capsys, b="hello", a="", c=GOOD)
    assert code == 2
    assert [line.split(":")[0].rpartition("/")[2] for line in found.removeprefix("error: ").splitlines()[:-1]] == [
        "a.feature",
        "b.feature",
    ]


def test_a_case_file_that_is_no_json_is_named_with_its_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it was given."""
    (tmp_path / "venue.json").write_text('{"venue": 3', encoding="utf-8")
    assert run(["test", "--cases", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'venue.json'}: ")


HOUSE = """policy house {
  title   "House"
  version "1"
}

table steps from "steps.csv" per symbol

position {
  maintenance_margin = tiered notional by steps rate tier.maintenance_rate
  publish close_fee  = notional * 1%
}

pool cross {
  covers   positions where margin_mode == cross
  one per  account
  draws on remainder of balances

  equity = collateral + sum(unrealized_pnl)
}

pool isolated {
  covers   positions where margin_mode == isolated
  one per  position
  draws on assigned_margin

  equity = collateral + unrealized_pnl
}

allow add_margin
"""
"""A policy whose table goes by the venue's own symbols."""

SYMBOLS = """Feature: Symbols
  Scenario: The venue's own
    Given the policy "house.margin"
    And an account with 2,000 USDC
    And an isolated long A of 1 BTC at 1,000 with 10x leverage
    And the BTC contract has symbol BTCUSDC
    Then the maintenance margin of A is 5 USDC
    And the close fee of A is 10 USDC
    And the close_fee of A is 10
    And the close fee of A is 10.0 to 1 place
"""


def _told(text: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    (tmp_path / "house.margin").write_text(HOUSE, encoding="utf-8")
    (tmp_path / "steps.csv").write_text("symbol,above,maintenance_rate\nBTCUSDC,0,0.005\n", encoding="utf-8")
    (tmp_path / "house.feature").write_text(text, encoding="utf-8")
    return run(["test", "house.feature"]), capfd.readouterr().out


def test_a_contract_can_have_the_venues_symbol_and_a_figure_is_said_in_words(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Positions that are there already follow; `close_fee` is the close fee."""
    monkeypatch.chdir(tmp_path)
    code, told = _told(SYMBOLS, tmp_path, capfd)
    assert code == 0, told


@pytest.mark.parametrize(
    ("right", "wrong", "line", "message"),
    [
        ("is 5 USDC", "is 6 USDC", 7, "maintenance_margin of A is 5, expected 6"),
        ("is 5 USDC", "is 5 BTC", 7, "the maintenance margin of A is in USDC, not in BTC"),
        (
            "close fee of A is 10 USDC",
            "bankruptcy price of A is 10 BTC",
            8,
            "the bankruptcy price of A is in USDC, not in BTC",
        ),
        ("maintenance margin", "maintenace margin", 7, "A has no maintenace margin; did you mean `maintenance margin`"),
        ("close fee of A is 10 USDC", "close fee of B is 10 USDC", 8, "nothing in the report is called B; there are "),
        ("has symbol", "has maximum_leverage", 7, "no 'maximum_leverage'"),
        ("the BTC contract", "the ETH contract", 6, "no contract on ETH in this account; it has BTC"),
        ("And the BTC", "And A has accrued funding of 1 USDT\n    And the BTC", 6, "A settles in USDC, not in USDT"),
    ],
)
def test_a_step_that_fails_says_where_and_why(
    right: str,
    wrong: str,
    line: int,
    message: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The file, the line, the step and the reason; nothing of the program's inside."""
    monkeypatch.chdir(tmp_path)
    code, told = _told(SYMBOLS.replace(right, wrong, 1), tmp_path, capfd)
    assert code == 1
    assert [found for found in told.splitlines() if found.startswith(f"house.feature:{line}: `")]
    assert message in told
    assert "plugin.py" not in told
    assert "During handling" not in told
    assert "\nassert " not in told
    assert "site-packages" not in told


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (["Given account funding_counts is true"], "there is no account yet\nhelp: say `Given an account with"),
        (["Given an account with 1 USDC", "And a cross long L of 0,05 BTC at 5 with 2x leverage"], "there is no step"),
        (["Given an account with 1,80 USDC"], "there is no step"),
        (["Given the account document:"], "has nothing below it\nhelp: write a text between lines of"),
        (["Given an account with 1 USDC", "And the asset BTC has:"], "has nothing below it\nhelp: write a table"),
        (["Given the account document:", '"""', "{}", '"""'], "account: /schema"),
        (["Given an account with 1 USDC", "And an isolated long L of 1 BTC at 5 with 0x leverage"], "a leverage of 0"),
        (["Given an account with 1 USDC", "And a BTC contract at 5", "When BTC falls by 1% and ETH by 2%"], "no step"),
        (["Given an account with 1 USDC", 'Then the account is as in "then"'], 'remembered as "then"; there is none'),
        (
            ["Given an account with 1 USDC", "When 2 USDC is withdrawn", "Then it is allowed"],
            "it is refused: what is in use",
        ),
        (
            ['Then the comparison has the row "boundary" for cross: x'],
            "there is no row 'boundary'; there are what capital",
        ),
        (
            ['Then the comparison has the row "liquidation boundary" for cros: x'],
            "no pool 'cros'; did you mean `cross`",
        ),
    ],
)
def test_what_a_scenario_has_forgotten_is_told_in_place_of_a_traceback(
    steps: list[str],
    told: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An account, a table, a text, a decimal point, a move that is not read: nothing is passed over."""
    monkeypatch.chdir(tmp_path)
    lines = [
        "Feature: House",
        "  Scenario: One",
        '    Given the policy "documented"',
        *(f"    {step}" for step in steps),
    ]
    (tmp_path / "house.feature").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert run(["test", "house.feature"]) == 1
    found = capfd.readouterr().out
    assert told in found
    assert "plugin.py" not in found
    assert "fixture" not in found


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("the assigned margin of A is 100 BTC", "the assigned margin of A is in USDC, not in BTC"),
        ("the leverage of A is 10 USDC", "the leverage of A is a number, and not in USDC"),
        ("the quantity of A is 2", "quantity of A is 1, expected 2"),
        ("the colateral of isolated/A is 100", "isolated/A has no colateral; did you mean `collateral`"),
        ("the balance of USDC is 1 USDC", "balance of USDC is 2000, expected 1"),
        ("the balance of USDT is 1 USDT", "nothing in the report is called USDT"),
        ("A is cross", "A is isolated, expected cross"),
        ("A is liquidatable", "liquidatable of isolated/A is False, expected True"),
        ("B is open", "no position B in this account; it has A"),
        ("it is refused", "no action was asked for"),
    ],
)
def test_what_does_not_hold_of_an_account_is_told(
    step: str, told: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what was found."""
    monkeypatch.chdir(tmp_path)
    code, found = _told(f"{SYMBOLS}    And {step}\n".replace("is 5 USDC", "is 5"), tmp_path, capfd)
    assert code == 1
    assert told in found
    assert "plugin.py" not in found


def test_a_run_that_is_stopped_is_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends as other commands do that are stopped."""
    monkeypatch.setattr(pytest, "main", lambda *_, **__: pytest.ExitCode.INTERRUPTED)
    assert _run(tmp_path, capsys, good=GOOD)[0] == 130
