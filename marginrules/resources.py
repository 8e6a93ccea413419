"""Files that ship beside the code: the grammar and the policies.

In an installed wheel they lie inside the package (`_grammar`, `_rules`); in a checkout, beside it.
"""

from functools import cache
from pathlib import Path

from marginrules.errors import MarginRulesError

_PACKAGE = Path(__file__).resolve().parent


def _directory(name: str) -> Path:
    # The checkout's own folder would be a stranger's, were the package installed: look inside first.
    for candidate in (_PACKAGE / f"_{name}", _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise MarginRulesError(
        f"the folder `{name}` of marginrules is missing: neither `_{name}` in the package nor `{name}` beside it\n"
        "help: install marginrules again, or run it from a whole checkout"
    )


@cache
def grammar_text() -> str:
    """The text of `margin.lark`.

    Raises:
        MarginRulesError: the installation is incomplete.
    """
    return (_directory("grammar") / "margin.lark").read_text(encoding="utf-8")


def policy_directory() -> Path:
    """The folder of the shipped policies; their tables are in its `data`.

    Raises:
        MarginRulesError: the installation is incomplete.
    """
    return _directory("rules")


def policy_names() -> tuple[str, ...]:
    """Names of the shipped policies, in alphabetical order.

    Raises:
        MarginRulesError: the installation is incomplete.
    """
    return tuple(sorted(path.stem for path in policy_directory().glob("*.margin")))


def policy_path(name: str) -> Path:
    """The rule file of a shipped policy.

    Args:
        name: a name that `policy_names` lists; any other gives a path at which there is no file.

    Raises:
        MarginRulesError: the installation is incomplete.
    """
    return policy_directory() / f"{name}.margin"
