"""Running feature files without writing Python: pytest, with a module made for the occasion."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from marginrules.errors import MarginRulesError


class FeatureError(MarginRulesError):
    """There is nothing to run."""


def run_features(paths: Sequence[Path], *, quiet: bool = False) -> bool:
    """Run feature files, and all below folders, with the steps of this package.

    Args:
        paths: feature files and folders.
        quiet: whether only failures and the closing line are shown.

    Returns:
        Whether every scenario passed.

    Raises:
        FeatureError: a path does not exist, or there is no feature file.
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
    if not any(path.suffix == ".feature" or any(path.rglob("*.feature")) for path in paths):
        message = f"no feature file in {', '.join(str(path) for path in paths)}\nhelp: feature files end in .feature"
        raise FeatureError(message)
    with tempfile.TemporaryDirectory(prefix="marginrules-") as folder:
        module = Path(folder) / "test_features.py"
        bound = ", ".join(repr(str(path.resolve())) for path in paths)
        module.write_text(f"from pytest_bdd import scenarios\n\nscenarios({bound})\n", encoding="utf-8")
        arguments = [str(module), f"--rootdir={folder}", "-p", "no:cacheprovider", "--tb=short", "-c", "/dev/null"]
        arguments.append("-q" if quiet else "-v")
        plugins = [] if _registered() else ["marginrules.testing.plugin"]
        for name in plugins:
            arguments.extend(["-p", name])
        outcome = pytest.main(arguments)
    return outcome == pytest.ExitCode.OK


def _registered() -> bool:
    """Whether pytest finds the plugin by itself, through the entry point of an installed package."""
    from importlib.metadata import entry_points  # noqa: PLC0415

    return any(entry.value == "marginrules.testing.plugin" for entry in entry_points(group="pytest11"))
