"""The grammar and the policies are found, in a checkout and in an installed wheel."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from marginrules import resources
from marginrules.errors import MarginRulesError

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture
def site_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that holds an empty package `marginrules`, which `resources` takes for its own."""
    (tmp_path / "marginrules").mkdir()
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "marginrules")
    resources.grammar_text.cache_clear()
    yield tmp_path
    resources.grammar_text.cache_clear()


def test_the_grammar_is_the_one_of_the_checkout() -> None:
    assert resources.grammar_text() == (CHECKOUT / "grammar" / "margin.lark").read_text(encoding="utf-8")


def test_every_rule_file_is_listed_once_in_alphabetical_order() -> None:
    names = resources.policy_names()
    assert list(names) == sorted({path.stem for path in (CHECKOUT / "rules").glob("*.margin")})


def test_every_listed_policy_has_a_file() -> None:
    for name in resources.policy_names():
        assert resources.policy_path(name).is_file(), name


def test_the_documented_policy_is_shipped() -> None:
    assert "documented" in resources.policy_names()


def test_a_name_that_is_not_shipped_has_no_file() -> None:
    assert not resources.policy_path("no-such-venue").exists()


def test_tables_are_not_taken_for_policies(site_packages: Path) -> None:
    rules = site_packages / "marginrules" / "_rules"
    (rules / "data").mkdir(parents=True)
    (rules / "venue.margin").touch()
    (rules / "data" / "tiers.csv").touch()
    assert resources.policy_names() == ("venue",)


def test_an_installed_wheel_reads_the_files_inside_the_package_not_those_beside_it(site_packages: Path) -> None:
    for folder, text in (("marginrules/_grammar", "inside"), ("grammar", "beside")):
        (site_packages / folder).mkdir()
        (site_packages / folder / "margin.lark").write_text(text, encoding="utf-8")
    assert resources.grammar_text() == "inside"


def test_a_checkout_reads_the_files_beside_the_package(site_packages: Path) -> None:
    (site_packages / "rules").mkdir()
    assert resources.policy_directory() == site_packages / "rules"


@pytest.mark.parametrize(
    ("read", "folder"),
    [(resources.grammar_text, "grammar"), (resources.policy_names, "rules")],
    ids=["grammar", "rules"],
)
@pytest.mark.usefixtures("site_packages")
def test_an_incomplete_installation_is_said_with_the_folder_and_the_remedy(
    read: Callable[[], object], folder: str
) -> None:
    with pytest.raises(MarginRulesError, match=rf"the folder `{folder}` of marginrules is missing.*\nhelp: install"):
        read()
