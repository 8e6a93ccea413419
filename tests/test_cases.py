"""The conformance cases: published figures, each its own test."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from marginrules.cli.app import run
from marginrules.testing.cases import INCONSISTENT, CaseError, read_cases, run_case

CASES = Path(__file__).parent / "cases"


INCONSISTENT_FIGURES = {
    "payload: BTC long cross 5x, liquidationPx null (source inconsistent)": {"positions/BTC/liquidation_price"},
    "bn-coinm-doc-position-notional": {"positions/BTCUSD_201225/notional"},
    "by-btcusd-inverse-short-mm": {"positions/BTCUSD/maintenance_margin"},
    "kr-fi-xbtusd-af": {"idle_equity/XBT/amount"},
    "ku-help-iso-liq-base": {"positions/XBTUSDM/liquidation_price"},
    "ku-help-cross-liq": {"positions/BTC/liquidation_price"},
    "ku-help-iso-liq-added": {"positions/XBTUSDM/liquidation_price"},
}
"""Figures that contradict the rest of their source, by case; all others of these cases must agree."""


ADDRESS = re.compile(
    r"https?://[\w.-]+\.\w+/"
    r"|(?<![\w/.-])[\w.-]+/[\w.-]+(?: ?@ ?[0-9a-f]{7,40})?(?: \([^)]*\))?:? [\w()./-]+\.\w+"
)
"""An address, or a repository (with a commit, with its licence) and the path of a file in it."""

NO_ADDRESS = {
    "bn-btc-hedge-long-with-order",
    "bn-cross-available",
    "bn-cross-withdraw-limit",
    "bn-cross-withdraw-over",
    "bn-orders-flat-both-sides",
    "bn-orders-net-long-both-sides",
    "bn-orders-net-long-larger-asks",
    "bn-orders-net-long-small-asks",
    "bn-sndk-hedge-long",
    "bn-usdt-asset-isolated-only",
    "bn-usdt-asset-isolated-only-withdraw-over",
    "bg-account-isolated-available",
    "by-ada-uta-hedge-long",
    "by-ethperp-session-pnl",
    "by-inverse-cross-mm-blog",
    "by-uta-wallet-real",
    "db-cross-sm-haircut",
    "db-cross-sm-usdt",
    "db-eth-perp-real",
    "db-eth-perp-real-session",
    "kr-feed-flex-balances",
    "kr-feed-flex-withdraw",
    "kr-feed-flex-withdraw-over",
    "kr-flex-real-btc",
    "payload: BTC long cross 24x, nothing withdrawable",
    "payload: BTC long cross 5x, liquidationPx null (source inconsistent)",
    "payload: six cross positions (2026-08)",
    "payload: whale ETH 15x and XRP 10x cross, upper tiers",
    "payload: xyz:SPCX long isolated 5x",
}
"""Cases whose figures were read where no address can be given; their sources say what is known. It must not grow."""


def _all() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.json")):
        venue, cases = read_cases(path)
        found.extend(pytest.param(venue, case, id=f"{venue}: {case['name']}") for case in cases)
    return found


@pytest.mark.parametrize(("venue", "case"), _all())
def test_a_published_figure_is_the_policys_figure(venue: str, case: dict[str, Any]) -> None:
    """Every figure that the case names agrees within the case's own tolerance."""
    result = run_case(venue, case)
    if str(case.get("note", "")).startswith(INCONSISTENT):
        assert {difference.at for difference in result.differences} == INCONSISTENT_FIGURES[case["name"]]
        assert set(case["inconsistent"]) == INCONSISTENT_FIGURES[case["name"]]
        assert result.verdict == "source inconsistent"
        return
    assert result.differences == ()
    assert result.compared > 0


def test_a_reader_can_follow_every_case_to_its_source() -> None:
    """By an address, or by a repository and a path in it; where that is not known, the source says so."""
    without = set()
    for path in sorted(CASES.glob("*.json")):
        for case in read_cases(path)[1]:
            if not ADDRESS.search(case["source"]):
                assert case["source"].startswith(("Address not known: ", "Address withheld, ")), case["name"]
                without.add(case["name"])
    assert without == NO_ADDRESS


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"tolerance": {"default": "0"}}, "/cases/0/tolerance/default"),
        ({"tolerance": {"positions/A/notional": "0.5 absolute"}}, "/cases/0/tolerance"),
        ({"tolerance": {"default": "a bit relative"}}, "/cases/0/tolerance/default"),
        ({"expect": {"poools": []}}, "/cases/0/expect/poools"),
        ({"expect": {"pools": [{"equity": "1"}]}}, "/cases/0/expect/pools/0"),
        ({"expect": []}, "/cases/0/expect"),
        ({"expect": {"pools": {"cross": {"equity": "1"}}}}, "/cases/0/expect/pools"),
        (
            {"tolerance": {"default": "0 absolute", "pools/cross/equty": "1 absolute"}},
            "/cases/0/tolerance/pools~1cross~1equty",
        ),
        ({"inconsistent": "all", "note": INCONSISTENT}, "/cases/0/inconsistent"),
        ({"inconsistent": [], "note": "why"}, "/cases/0/inconsistent"),
        ({"inconsistent": ["pools/cross/equity"], "note": INCONSISTENT}, "/cases/0/inconsistent/0"),
    ],
)
def test_a_case_of_the_wrong_form_is_told_where_it_is(changes: dict[str, Any], place: str, tmp_path: Path) -> None:
    """Nothing is compared by a tolerance that says nothing."""
    case = {"name": "c", "policy": "documented", "account": {}, "tolerance": {"default": "0 absolute"}} | changes
    (tmp_path / "v.json").write_text(json.dumps({"venue": "v", "cases": [case]}), encoding="utf-8")
    with pytest.raises(CaseError) as raised:
        read_cases(tmp_path / "v.json")
    assert f": {place}: " in str(raised.value)
    assert "\nhelp: " in str(raised.value)


def test_an_object_in_place_of_a_list_of_records_is_told_as_that(tmp_path: Path) -> None:
    """Pools are records in a list, and the section is known."""
    case = {"name": "c", "policy": "documented", "account": {}, "tolerance": {"default": "0 absolute"}}
    case["expect"] = {"pools": {"cross": {"equity": "1"}}}
    (tmp_path / "v.json").write_text(json.dumps({"venue": "v", "cases": [case]}), encoding="utf-8")
    with pytest.raises(CaseError) as raised:
        read_cases(tmp_path / "v.json")
    assert 'this is no list\nhelp: write a list, which names each record in it: [{"id": "…", "figure": "…"}]' in str(
        raised.value
    )


def test_a_rule_file_is_looked_for_beside_the_case_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As beside a feature: from whichever folder the command is given."""
    _, (case, *_) = read_cases(CASES / "hyperliquid.json")
    text = (Path(__file__).parent.parent / "rules" / "hyperliquid.margin").read_text(encoding="utf-8")
    (tmp_path / "venue").mkdir()
    (tmp_path / "venue" / "own.margin").write_text(text, encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    for name in ("own.margin", "../venue/own.margin"):
        document = {"venue": "v", "cases": [{**case, "policy": name}]}
        (tmp_path / "venue" / "v.json").write_text(json.dumps(document), encoding="utf-8")
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert run(["test", "--cases", str(tmp_path / "venue")]) == 0


def test_a_case_that_expects_nothing_does_not_agree() -> None:
    """It would count as a figure that holds."""
    _, (case, *_) = read_cases(CASES / "hyperliquid.json")
    assert run_case("hyperliquid", {**case, "expect": {}, "note": ""}).verdict == "disagrees"


def _contradicting() -> dict[str, Any]:
    _, cases = read_cases(CASES / "hyperliquid.json")
    return dict(next(case for case in cases if "inconsistent" in case))


@pytest.mark.parametrize("listed", [True, False])
def test_a_source_that_contradicts_itself_excuses_no_other_figure(listed: bool) -> None:  # noqa: FBT001
    """Listed or not: a wrong equity beside the figure at fault is a disagreement."""
    case = _contradicting()
    if not listed:
        del case["inconsistent"]
    assert run_case("hyperliquid", case).verdict == "source inconsistent"
    expect = json.loads(json.dumps(case["expect"]))
    expect["pools"][0]["equity"] = "1"
    result = run_case("hyperliquid", case | {"expect": expect})
    assert result.verdict == "disagrees"
    assert {entry.at for entry in result.differences} == {"pools/cross/equity", "positions/BTC/liquidation_price"}


def test_a_listed_figure_is_the_only_one_that_is_excused() -> None:
    """Even where it agrees itself."""
    case = _contradicting()
    assert run_case("hyperliquid", case | {"inconsistent": ["pools/cross/equity"]}).verdict == "disagrees"


def test_a_case_under_a_policy_that_there_is_not_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its figures would never be looked at; `null` says that no policy covers it yet, and is counted."""
    _, (case, *_) = read_cases(CASES / "hyperliquid.json")
    for policy, code in (("hyperliqid", 2), (None, 0)):
        document = {"venue": "v", "cases": [case, {**case, "policy": policy}]}
        (tmp_path / "v.json").write_text(json.dumps(document), encoding="utf-8")
        assert run(["test", "--cases", str(tmp_path)]) == code
        printed = capsys.readouterr()
        if code:
            assert (
                f"{tmp_path / 'v.json'}: /cases/1/policy: there is no policy 'hyperliqid'\nhelp: did you mean `hyperliquid`"
                in printed.err
            )
        else:
            assert "no policy covers it yet" in printed.out
