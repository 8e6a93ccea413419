"""What holds for the files of the project, whatever they say about margin."""

import importlib.metadata
import os
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]

# Patterns are written so that they do not match their own text.
MACHINE_PATH = re.compile(
    rb"(?<![\w.~/*-])/(?:home|Users|root|tmp|work|opt|farm)/[\w.]"  # Unix
    rb"|\b[A-Za-z]:\\Users\\",  # Windows
)
REGISTRY = re.compile(
    rb"(?:pypi|pythonhosted|npmjs|anaconda)\.(?:org|com)\b|\bcrates\.io\b"
    rb"|https?://[^\s/]+/(?:simple|packages)/"
    rb"|(?:index|extra-index)[-_]url|find[-]links",
)
PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.+!]*")


def ignored_patterns() -> list[str]:
    """What .gitignore leaves out; each of its lines names a folder or file anywhere in the tree."""
    lines = (CHECKOUT / ".gitignore").read_text(encoding="utf-8").splitlines()
    return [".git", *(line.rstrip("/") for line in lines if line and not line.startswith("#"))]


def project_files() -> Iterator[Path]:
    """Every file of the working tree that is, or could be, committed."""
    patterns = ignored_patterns()

    def ignored(name: str) -> bool:
        return any(fnmatch(name, pattern) for pattern in patterns)

    for folder, folders, files in os.walk(CHECKOUT):
        # A virtual environment under any name is not part of the project.
        folders[:] = [
            name for name in folders if not ignored(name) and not (Path(folder) / name / "pyvenv.cfg").exists()
        ]
        yield from (Path(folder) / name for name in files if not ignored(name))


def places(pattern: re.Pattern[bytes]) -> list[str]:
    """Each place in the project's files that the pattern matches, as `file:line: text`."""
    return [
        f"{path.relative_to(CHECKOUT)}:{number}: {line.strip()[:120].decode(errors='replace')}"
        for path in project_files()
        for number, line in enumerate(path.read_bytes().splitlines(), start=1)
        if pattern.search(line)
    ]


def project_table() -> dict[str, object]:
    """The table `project` of pyproject.toml."""
    table: dict[str, object] = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def constraint_lines() -> list[str]:
    """The lines of constraints.txt."""
    return (CHECKOUT / "constraints.txt").read_text(encoding="utf-8").splitlines()


def test_the_files_scanned_are_those_of_the_project() -> None:
    scanned = {str(path.relative_to(CHECKOUT)) for path in project_files()}
    assert {"pyproject.toml", "grammar/margin.lark", "marginrules/__init__.py", ".ci/run"} <= scanned
    assert not {name for name in scanned if name.startswith((".git/", ".venv/"))}


def test_no_file_names_a_path_of_some_machine() -> None:
    assert places(MACHINE_PATH) == []


def test_no_file_names_a_package_registry() -> None:
    assert places(REGISTRY) == []


@pytest.mark.parametrize(
    "parts", [("/home", "/alice/x"), (" /root", "/.bashrc"), ("'/tmp", "/a.json'"), ("C:\\Users", "\\a")]
)
def test_a_machine_path_would_be_noticed(parts: tuple[str, str]) -> None:
    assert MACHINE_PATH.search("".join(parts).encode())


@pytest.mark.parametrize("text", ["https://venue.example/docs/home/margin", "./word/list", "a ratio of 1/opt/2"])
def test_an_address_or_a_relative_path_is_not_taken_for_a_machine_path(text: str) -> None:
    assert not MACHINE_PATH.search(text.encode())


@pytest.mark.parametrize("parts", [("https://pypi", ".org/x"), ("--index", "-url"), ("http://host", "/simple/lark")])
def test_a_registry_would_be_noticed(parts: tuple[str, str]) -> None:
    assert REGISTRY.search("".join(parts).encode())


def test_constraints_are_names_and_versions_only() -> None:
    assert [line for line in constraint_lines() if not PINNED.fullmatch(line)] == []


def test_constraints_are_sorted_and_name_nothing_twice() -> None:
    names = [line.partition("==")[0].lower() for line in constraint_lines()]
    assert names == sorted(set(names))


def test_every_dependency_and_extra_is_pinned_in_the_constraints() -> None:
    project = project_table()
    extras = project["optional-dependencies"]
    assert isinstance(project["dependencies"], list)
    assert isinstance(extras, dict)
    wanted = {*project["dependencies"], *(requirement for group in extras.values() for requirement in group)}
    names = {match[0] for requirement in wanted if (match := re.match(r"[\w.-]+", requirement))} - {"marginrules"}
    pinned = {line.partition("==")[0] for line in constraint_lines()}
    assert names - pinned == set()


def test_the_installed_version_is_the_one_of_pyproject() -> None:
    """Fails too where the package is not installed, or installed before the version rose: `make test` mends both."""
    assert importlib.metadata.version("marginrules") == project_table()["version"]


def test_the_changelog_has_the_version_of_pyproject() -> None:
    changelog = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{project_table()['version']}]" in changelog


def test_the_licence_is_the_one_of_pyproject() -> None:
    licence = (CHECKOUT / "LICENSE").read_text(encoding="utf-8")
    assert project_table()["license"] == "Apache-2.0"
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence


def test_a_script_of_ci_can_be_executed() -> None:
    assert os.access(CHECKOUT / ".ci" / "run", os.X_OK)
