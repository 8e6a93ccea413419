"""Published answers of venues, completed to payloads, import and give the figures that are published with them.

A published answer is one of several that an importer needs, or one row of one. The others are made of the account of its case.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest

from marginrules.account import documents
from marginrules.account.state import AccountState, StateError
from marginrules.arithmetic import CONTEXT
from marginrules.policy.catalogue import load_policy
from marginrules.testing.cases import CaseResult, read_cases, run_case
from marginrules.venues import import_payload
from tests.venues.completions import COMPLETIONS
from tests.venues.payloads import changed
from tests.venues.published import AGREEING, REFUSED, Published

FOLDER = Path(__file__).resolve().parents[1] / "cases"
CASES: Mapping[str, Mapping[str, Any]] = {
    case["name"]: case
    for venue in COMPLETIONS
    for case in read_cases(FOLDER / f"{venue}.json")[1]
    if case["kind"] == "payload"
}


def completed(name: str, published: Published) -> dict[str, Any]:
    """The payload of a case's account, with what is published in the place of what is made of the account."""
    case = CASES[name]
    account = documents.read(case["account"], load_policy(case["policy"]).inputs)
    with localcontext(CONTEXT):
        payload = COMPLETIONS[case["policy"]](account)
    changes: dict[str, object] = {}
    for pointer, found in published.items():
        at_top = pointer.count("/") == 1 and not isinstance(payload.get(pointer[1:]), dict)
        changes |= {pointer: found} if at_top else {f"{pointer}/{key}": value for key, value in found.items()}
    return changed(payload, changes)


def imported(name: str, published: Published) -> AccountState:
    return import_payload(CASES[name]["policy"], completed(name, published))


def compared(name: str, state: AccountState) -> CaseResult:
    """The figures of a state beside those that a case expects, within its tolerance."""
    case = CASES[name]
    account = documents.write(state)
    # A case calls a stand-in as it likes.
    ids = {position["symbol"]: position["id"] for position in case["account"]["positions"]}
    for position in account["positions"]:
        position["id"] = ids[position["symbol"]]
    return run_case(case["policy"], {**case, "account": account})


@pytest.mark.parametrize("name", AGREEING)
def test_a_published_answer_imports_and_every_expected_figure_agrees(name: str) -> None:
    state = imported(name, AGREEING[name])
    result = compared(name, state)
    assert result.differences == ()
    assert result.verdict == "agrees"
    assert documents.write(state)["account"]["as_of"] == CASES[name]["account"]["account"]["as_of"]


def test_profit_that_was_settled_is_in_the_balance_and_not_in_the_equity_again() -> None:
    """The case of the row as it is printed has all profit since entry, settled or not."""
    state = imported("db-eth-perp-real-session", AGREEING["db-eth-perp-real-session"])
    differences = compared("db-eth-perp-real", state).differences
    assert [difference.at for difference in differences] == ["positions/ETH-PERPETUAL/unrealized_pnl"]


@pytest.mark.parametrize(
    ("name", "pointer", "problem"),
    [
        ("db-account-btc", "/account_summaries/summaries/0/options_value", "the account has options worth -0.0086 BTC"),
        ("ku-uta-overview", "/accountMode/selfAccountMode", "the account is a unified one"),
        ("okx-ethusd-inverse-iso-long", "/positions/0/upl", "pos x (1 / avgPx - 1 / markPx) is -0.000351715498"),
    ],
)
def test_a_published_answer_that_is_out_of_the_policy_or_contradicts_itself_is_refused(
    name: str, pointer: str, problem: str
) -> None:
    with pytest.raises(StateError) as raised:
        imported(name, REFUSED[name])
    assert raised.value.pointer == pointer
    assert problem in raised.value.problem
    assert raised.value.remedy


def test_what_was_edited_in_an_answer_is_all_that_is_wrong_with_it() -> None:
    """With the mark price that its other figures imply it imports, and agrees."""
    name = "okx-ethusd-inverse-iso-long"
    row = {key: value for key, value in REFUSED[name]["/positions/0"].items() if key != "markPx"}
    assert compared(name, imported(name, {"/positions/0": row})).verdict == "agrees"


def _figures(published: Published) -> list[tuple[str, str]]:
    """The numbers of a published answer, by pointer and name."""
    return [
        (pointer, name)
        for pointer, members in published.items()
        if isinstance(members, dict)
        for name, value in members.items()
        if isinstance(value, str) and re.fullmatch(r"-?[0-9.]+", value)
    ]


ASKING = {"openOrderInitialMargin", "totalOrderIM", "initMargin", "average_price"}
"""Figures that only ask for the orders, and a price that another price takes the place of."""


@pytest.mark.parametrize("name", AGREEING)
def test_every_figure_of_a_published_answer_is_read(name: str) -> None:
    """Ten times as much of it, or a tenth, is refused, or is another account."""
    state = imported(name, AGREEING[name])
    for pointer, key in _figures(AGREEING[name]):
        if key in ASKING:
            continue
        figure = Decimal(AGREEING[name][pointer][key])
        wrong = (figure * 10, figure / 10) if figure else (Decimal(7),)
        members = AGREEING[name][pointer]
        others = [{**AGREEING[name], pointer: {**members, key: f"{other:f}"}} for other in wrong]
        assert any(_differs(name, other, state) for other in others), (pointer, key)


def _differs(name: str, published: Published, state: AccountState) -> bool:
    try:
        return imported(name, published) != state
    except StateError:
        return True


NOTHING_HELD = {
    "ku-cross-risk-limit-xbt-open-max",
    "ku-cross-risk-limit-xbt-open-over",
    "payload: the margin of a resting order is held (2024-10)",
}
"""Cases of a contract that the account holds nothing of: what they need of it is in no answer that an importer reads."""

FIGURES_ALONE = sorted(set(CASES) - set(AGREEING) - set(REFUSED) - NOTHING_HELD)
"""Cases of which no answer is known, or one that is above under another name."""


@pytest.mark.parametrize("name", FIGURES_ALONE)
def test_what_the_venue_would_answer_about_the_account_of_any_other_case_agrees_too(name: str) -> None:
    result = compared(name, imported(name, {}))
    assert {difference.at for difference in result.differences} == set(CASES[name].get("inconsistent", ()))
    assert result.compared > 0


def test_every_published_answer_is_of_a_case() -> None:
    """Of one that says where it was published, and is either imported or refused. There must not be fewer of them."""
    assert (len(AGREEING), len(REFUSED)) == (34, 3)
    assert not set(AGREEING) & set(REFUSED)
    assert set(AGREEING) | set(REFUSED) | NOTHING_HELD <= set(CASES)
    assert all(CASES[name]["source"] for name in (*AGREEING, *REFUSED))


# ---------------------------------------------------------------- one answer alone

ALONE = [
    ("bn-coinm-doc-position-pnl", "/positionRisk/0"),
    ("bn-coinm-doc-position-pnl", "/account/assets/0"),
    ("bn-sndk-hedge-long", "/positionRisk/0"),
    ("bn-usdt-asset-isolated-only", "/account/assets/0"),
    ("bg-iso-long-doc", "/positions/0"),
    ("bg-iso-long-doc", "/accounts"),
    ("bmx-ethusdt-isolated-long", "/position/0"),
    ("by-ada-uta-hedge-long", "/positionList/list/0"),
    ("by-uta-wallet-doc-a", "/walletBalance/result/list/0"),
    ("by-uta-wallet-real", "/walletBalance"),
    ("db-btc-perp-50", "/positions/0"),
    ("db-cross-sm-usdt", "/account_summaries/summaries/0"),
    ("gt-account-available", "/accounts/0"),
    ("payload: HYPE short isolated 10x", "/clearinghouseState"),
    ("payload: HYPE short isolated 10x", "/meta"),
    ("kr-fi-xbtusd-pv", "/accounts/accounts/fi_xbtusd"),
    ("ku-xbt-40008", "/positions/0"),
    ("ku-cross-risk-limit-xbt", "/positions/0"),
    ("okx-account-2024-01-17", "/balance/0"),
    ("okx-multi-ccy-discount", "/balance/0/details/0"),
    ("okx-account-2024-01-17", "/positions/0"),
]
"""Answers, and rows of answers, that one may try to give alone: a case, and where its payload has them."""


@pytest.mark.parametrize(("name", "pointer"), ALONE)
def test_an_answer_alone_is_told_and_doing_what_the_messages_say_leads_to_an_import(name: str, pointer: str) -> None:
    """Word for word: the answer is put where the first message says, and then added what each message names."""
    payload: dict[str, Any] = completed(name, AGREEING[name])
    alone: Any = payload
    for key in pointer.split("/")[1:]:
        alone = alone[int(key) if isinstance(alone, list) else key]
    venue, belongs = CASES[name]["policy"], pointer.split("/")[1]

    with pytest.raises(StateError) as raised:
        import_payload(venue, alone)
    assert raised.value.problem.endswith(" alone")
    form = re.match(r"put it under its name, (\{.*?\}), and add ", raised.value.remedy)
    if form:
        given = _filled(json.loads(re.sub("…", '"…"', form[1])), alone)
    else:
        assert raised.value.remedy.startswith(f"give that answer whole, as `{belongs}`, and add ")
        given = {belongs: payload[belongs]}
    assert list(given) == [belongs]

    remedy: str | None = raised.value.remedy
    while remedy:
        asked = [key for key in re.findall(r"`(\w+)`", remedy) if key in payload]
        # What is there already is asked for whole.
        added = [key for key in asked if key not in given] or [key for key in asked if given[key] != payload[key]]
        assert added, remedy
        given |= {key: payload[key] for key in added}
        remedy = _asked_for(venue, given)
    assert import_payload(venue, given).positions == import_payload(venue, payload).positions


def _asked_for(venue: str, payload: object) -> str | None:
    """How to mend the payload; None where it imports."""
    try:
        import_payload(venue, payload)
    except StateError as error:
        return error.remedy
    return None


def _filled(form: Any, alone: Any) -> Any:
    """A form with what was given alone in the place of its dots."""
    if form == "…":
        return alone
    if isinstance(form, list):
        return [_filled(item, alone) for item in form]
    return {key: _filled(value, alone) for key, value in form.items()}
