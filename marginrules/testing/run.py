"""Running feature files without writing Python: pytest, with a module made for the occasion."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from marginrules.errors import MarginRulesError


class FeatureError(MarginRulesError):
    """There is nothing to run, or a file that is no feature."""


def run_features(paths: Sequence[Path], *, quiet: bool = False) -> bool:
    """Run feature files, and all below folders, with the steps of this package.

    Args:
        paths: feature files and folders.
        quiet: whether only failures and the closing line are shown.

    Returns:
        Whether every scenario passed.

    Raises:
        FeatureError: a path does not exist, there is no feature file, or one cannot be read.
    """
    try:
        import pytest  # noqa: PLC0415 - an extra: only running features needs it
        import pytest_bdd  # noqa: F401, PLC0415
    except ModuleNotFoundError as error:
        message = f"running feature files needs {error.name}\nhelp: install marginrules[testing]"
        raise FeatureError(message) from None
    for path in paths:
        if not path.exists():
            message = f"{path} does not exist\nhelp: give feature files, or folders that hold some"
            raise FeatureError(message)
    files = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*.feature")))]
    problems = [problem for file in files for problem in _problems(file)]
    if problems:
        raise FeatureError("\n".join(problems) + "\nhelp: docs/testing.md shows a feature, and lists the steps")
    if not files:
        message = f"no feature file in {', '.join(str(path) for path in paths)}\nhelp: feature files end in .feature"
        raise FeatureError(message)
    with tempfile.TemporaryDirectory(prefix="marginrules-") as folder:
        # A name of its own: a process that runs features twice would otherwise meet the first module again.
        module = Path(folder) / f"test_{Path(folder).name.replace('-', '_')}.py"
        bound = ", ".join(repr(str(path.resolve())) for path in paths)
        module.write_text(f"from pytest_bdd import scenarios\n\nscenarios({bound})\n", encoding="utf-8")
        # Names are shown from where the command was given; no conftest.py outside the folder has a say.
        arguments = [str(module), f"--rootdir={Path.cwd()}", f"--confcutdir={folder}", "-c", "/dev/null"]
        # On a build server too a failure is told once: the summary below has its first line only.
        arguments.extend(["-p", "no:cacheprovider", "--tb=short", "--force-short-summary"])
        # This package was imported before pytest could rewrite its assertions, which say what is needed themselves.
        arguments.extend(["-W", "ignore::pytest.PytestAssertRewriteWarning"])
        # A tag of a scenario is a mark, and a feature file has no place to declare it.
        arguments.extend(["-W", "ignore::pytest.PytestUnknownMarkWarning"])
        arguments.append("-q" if quiet else "-v")
        plugins = [] if _registered() else ["marginrules.testing.plugin"]
        for name in plugins:
            arguments.extend(["-p", name])
        outcome = pytest.main(arguments, plugins=[_Names()])
    if outcome == pytest.ExitCode.INTERRUPTED:
        # Stopped by the user, which is no failure of a scenario.
        raise KeyboardInterrupt
    return outcome == pytest.ExitCode.OK


class _Names:
    """Has a scenario called by its feature file and its own name, not by the module made for the occasion."""

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Name each; an example of an outline with its values."""
        # Not public: where another release of pytest-bdd has none, the names are those that pytest gives.
        known = getattr(import_module("pytest_bdd.scenario"), "scenario_wrapper_template_registry", {})
        for item in items:
            scenario = known.get(item.function)
            if scenario is None:
                continue
            values = f"[{item.callspec.id}]" if hasattr(item, "callspec") else ""
            file = os.path.relpath(scenario.feature.filename)
            name = f"{file}::{scenario.name}{values}"
            # pytest has no other way to name an item; from release 9.2 on its identity is an object.
            if hasattr(item, "_id"):
                item._id = type(item._id).parse(name)  # noqa: SLF001
            else:
                item._nodeid = name  # noqa: SLF001


def _problems(file: Path) -> Iterator[str]:
    """What keeps a file from being run as a feature, each with its place."""
    from pytest_bdd.exceptions import GherkinParseError  # noqa: PLC0415 - as above
    from pytest_bdd.gherkin_parser import get_gherkin_document  # noqa: PLC0415

    if file.suffix != ".feature":
        yield f"{file}: this is no feature file: its name does not end in .feature"
        return
    try:
        feature = get_gherkin_document(str(file)).feature
    except GherkinParseError as error:
        yield f"{file}:{error.line}: this is not Gherkin: {error.line_content.strip()!r}"
        return
    except (OSError, UnicodeDecodeError):
        yield f"{file}:1: this is not UTF-8 text, or cannot be read"
        return
    except (KeyError, TypeError):
        yield f"{file}:1: there is no `Feature:` in it"
        return
    scenarios = list(_scenarios(feature.children))
    if not scenarios:
        yield f"{file}:{feature.location.line}: the feature has no scenario"
    names: set[str] = set()
    for scenario in scenarios:
        place = f"{file}:{scenario.location.line}"
        if not scenario.steps:
            yield f"{place}: scenario {scenario.name!r} has no step, so it would pass whatever it says"
        if scenario.name in names:
            yield f"{place}: there are two scenarios {scenario.name!r}, and one of them would not be run"
        names.add(scenario.name)


def _scenarios(children: Sequence[Any]) -> Iterator[Any]:
    for child in children:
        if child.scenario is not None:
            yield child.scenario
        if child.rule is not None:
            yield from _scenarios(child.rule.children)


def _registered() -> bool:
    """Whether pytest finds the plugin by itself, through the entry point of an installed package."""
    from importlib.metadata import entry_points  # noqa: PLC0415

    return any(entry.value == "marginrules.testing.plugin" for entry in entry_points(group="pytest11"))
