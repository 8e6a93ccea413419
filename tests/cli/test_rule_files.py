"""Files that are no rule files, given where one is wanted."""

from pathlib import Path

import pytest

from marginrules.cli.app import run

HEAD = 'policy p { title "t" version "1" } '


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\n  # nothing\n", "the file is empty"),
        (b"\0" * 100, "a NUL character"),
        (HEAD.encode("utf-16"), "not UTF-8"),
        (HEAD.encode("utf-16-le"), "a NUL character"),
        (bytes(range(256)) * 100, "not UTF-8"),
        (b"x" * 1_000_000, "cannot stand here"),
        (HEAD.replace('"t"', '"' + "x" * 900_000 + '"').replace("}", "extra }").encode(), "`extra` cannot stand here"),
        ((HEAD + "position { a = " + "(" * 10_000 + "1" + ")" * 10_000 + " }").encode(), "nest deeper"),
        ((HEAD + "\x1b[2J").encode(), "`�` cannot stand here"),
        (None, "directory"),
    ],
    ids=range(11),
)
def test_what_is_no_rule_file_is_one_message(
    content: bytes | None, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, nothing on standard output, and no wall of text."""
    path = tmp_path / "p.margin"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    assert run(["format", str(path)]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert words in error
    assert error.count("help: ") == 1
    assert len(error) < 1_000
    assert all(character.isprintable() or character == "\n" for character in error)


def test_a_place_behind_a_form_feed_is_on_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines end with a line feed alone, for the parser and for what is shown."""
    path = tmp_path / "p.margin"
    path.write_text('policy p {\n  title "a\x0cb\u2028c"\n  version 1\n}\n', encoding="utf-8")
    assert run(["format", str(path)]) == 2
    place, line, *_ = capsys.readouterr().err.splitlines()
    assert ":3:11: error" in place
    assert line == " 3 |   version 1"
