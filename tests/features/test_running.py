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
        ("When BTC fals by 8%", "did you mean `BASE falls|rises by AMOUNT%`"),
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
