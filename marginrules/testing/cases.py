"""Conformance cases: accounts with the figures that a venue, or another project's tests of it, published.

A case file holds `{"venue": …, "cases": […]}`. A case names its policy, its account document, the figures expected and
how near they must come; only the figures named are compared. A case is never left out in silence: what is not compared
is counted and said.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

from attrs import frozen

import marginrules.account.documents as account_documents
from marginrules.account.state import StateError
from marginrules.engine import documents as report_documents
from marginrules.engine.decide import decide
from marginrules.engine.evaluate import evaluate
from marginrules.errors import MarginRulesError
from marginrules.language.diagnostics import did_you_mean
from marginrules.policy.catalogue import PolicyNotFoundError, load_policy
from marginrules.policy.policy import Policy
from marginrules.resources import policy_names

Verdict = Literal["agrees", "disagrees", "source inconsistent", "no policy"]

INCONSISTENT = "SOURCE INCONSISTENT"
"""How the note of a case begins whose figures contradict one another at the source; `inconsistent` lists which."""

_IDS = {"pools": "id", "positions": "id", "idle_equity": "asset"}


class CaseError(MarginRulesError):
    """A case file that is not of the form described here."""


@frozen
class Difference:
    """A figure that does not agree.

    Attributes:
        at: `section/id/field`.
        expected: what the source gives; None where it says that there is none.
        found: what the policy gives, or why it gives nothing.
    """

    at: str
    expected: str | None
    found: str | None


@frozen
class CaseResult:
    """What became of one case.

    Attributes:
        compared: how many figures were compared.
        remark: why the case counts as it does, where it neither agrees nor disagrees.
    """

    venue: str
    name: str
    verdict: Verdict
    compared: int
    differences: tuple[Difference, ...] = ()
    remark: str = ""


@frozen
class VenueResults:
    """The cases of one file."""

    venue: str
    results: tuple[CaseResult, ...]

    def count(self, verdict: Verdict) -> int:
        """How many cases ended so."""
        return sum(result.verdict == verdict for result in self.results)


def read_cases(path: Path) -> tuple[str, list[Mapping[str, Any]]]:
    """The venue and the cases of a file.

    Raises:
        CaseError: the file cannot be read, or is not of the form.
    """
    try:
        document = account_documents.load_json(path.read_bytes(), str(path))
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}\nhelp: give a folder of case files"
        raise CaseError(message) from None
    if not isinstance(document, dict) or not isinstance(document.get("cases"), list):
        message = f'{path}: this is no case file\nhelp: write {{"venue": "…", "cases": […]}}'
        raise CaseError(message)
    for index, case in enumerate(document["cases"]):
        for key in ("name", "policy", "account", "tolerance"):
            if not isinstance(case, dict) or key not in case:
                message = f"{path}: /cases/{index}/{key}: `{key}` is missing\nhelp: every case has a name, a policy, an account and a tolerance"
                raise CaseError(message)
        problem = _malformed(case)
        if problem is not None:
            at, what, remedy = problem
            message = f"{path}: /cases/{index}/{at}: {what}\nhelp: {remedy}"
            raise CaseError(message)
    return str(document.get("venue", path.stem)), document["cases"]


_TOLERANCE = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)? (?:absolute|relative)")


def _malformed(case: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """The first part of a case that is not of the form: where, what is wrong, and how to mend it."""
    tolerance = case["tolerance"]
    form = 'write {"default": "1e-9 relative"}, and "section/id/figure": "0.01 absolute" beside it where another holds'
    if not isinstance(tolerance, dict) or "default" not in tolerance:
        return "tolerance", "there is no default", form
    for name, value in tolerance.items():
        if not isinstance(value, str) or _TOLERANCE.fullmatch(value) is None:
            return f"tolerance/{name.replace('~', '~0').replace('/', '~1')}", f"{value!r} is no tolerance", form
    expect = case.get("expect", {})
    if not isinstance(expect, dict):
        return "expect", "this is no object", 'write {"pools": […], "positions": […], "idle_equity": […]}'
    for section, records in expect.items():
        if section not in _IDS:
            return f"expect/{section}", "a report has no such list", f"expect {', '.join(_IDS)}"
        if not isinstance(records, list):
            form = f'[{{"{_IDS[section]}": "…", "figure": "…"}}]'
            return f"expect/{section}", "this is no list", f"write a list, which names each record in it: {form}"
        for place, record in enumerate(records):
            if not isinstance(record, dict) or _IDS[section] not in record:
                return f"expect/{section}/{place}", f"`{_IDS[section]}` is missing", "say which record is meant"
    known = [
        f"{section}/{record[_IDS[section]]}/{name}"
        for section, records in expect.items()
        for record in records
        for name in record
        if name != _IDS[section]
    ]
    for figure in tolerance:
        if figure != "default" and figure not in known:
            at = f"tolerance/{figure.replace('~', '~0').replace('/', '~1')}"
            return at, f"the case expects no {figure!r}", f"{did_you_mean(figure, known)}name what it expects"
    return _malformed_excuse(case, known)


def _malformed_excuse(case: Mapping[str, Any], known: Sequence[str]) -> tuple[str, str, str] | None:
    """The same, of the figures that a case says to contradict one another."""
    if "inconsistent" not in case:
        return None
    listed = case["inconsistent"]
    if not isinstance(listed, list):
        return "inconsistent", "this is no list", 'write ["section/id/figure", …]'
    if not str(case.get("note", "")).startswith(INCONSISTENT):
        return "inconsistent", f"the note does not begin with {INCONSISTENT}", "say there what contradicts what"
    for place, at in enumerate(listed):
        if at not in known:
            return (
                f"inconsistent/{place}",
                f"the case expects no {at!r}",
                f"{did_you_mean(str(at), known)}name what it expects",
            )
    return None


def run_directory(directory: Path) -> Iterator[VenueResults]:
    """Run every case file (`*.json`) of a folder, in alphabetical order.

    Raises:
        CaseError: there is no case file, one is not of the form, or one names a policy that there is not.
    """
    files = sorted(directory.glob("*.json"))
    if not files:
        message = f"{directory} holds no case files\nhelp: give a folder with files such as hyperliquid.json"
        raise CaseError(message)
    for path in files:
        venue, cases = read_cases(path)
        for index, case in enumerate(cases):
            _policy_of(case, directory, f"{path}: /cases/{index}/policy")
        yield VenueResults(venue, tuple(run_case(venue, case, directory) for case in cases))


def _policy_of(case: Mapping[str, Any], directory: Path | None, place: str) -> Policy | None:
    """The policy that a case names; None where it says, with null, that there is none."""
    if case["policy"] is None:
        return None
    name = str(case["policy"])
    try:
        if directory is not None and name not in policy_names() and (beside := directory / name).is_file():
            return load_policy(beside)
        return load_policy(name)
    except PolicyNotFoundError as error:
        message = f"{place}: {error}, or write null where no policy covers it yet"
        raise CaseError(message) from None


def run_case(venue: str, case: Mapping[str, Any], directory: Path | None = None) -> CaseResult:
    """Evaluate a case's account under its policy and compare what it expects.

    Args:
        venue: whose case it is.
        case: the case, of the form.
        directory: where the path of a rule file begins; else where the command was given.

    Raises:
        CaseError: there is no such policy.
    """
    name = str(case["name"])
    policy = _policy_of(case, directory, name)
    if policy is None:
        return CaseResult(venue, name, "no policy", 0, remark="no policy covers it yet")
    try:
        report = report_documents.write(evaluate(policy, account_documents.read(case["account"], policy.inputs)))
    except StateError as error:
        return CaseResult(venue, name, "disagrees", 0, (Difference(error.pointer, None, error.problem),))
    differences: list[Difference] = []
    compared = 0
    for section, records in case.get("expect", {}).items():
        for record in records:
            compared += _compare(section, record, report, case["tolerance"], differences)
    if "action" in case:
        compared += 1
        _decide(policy, case, differences)
    if not compared:
        nothing = Difference("expect", "figures, or an action", "nothing is expected")
        return CaseResult(venue, name, "disagrees", 0, (nothing,))
    note = str(case.get("note", ""))
    if differences:
        verdict: Verdict = "source inconsistent" if _excused(case, note, differences) else "disagrees"
        remark = note if verdict == "source inconsistent" else ""
        return CaseResult(venue, name, verdict, compared, tuple(differences), remark)
    return CaseResult(venue, name, "agrees", compared)


def _excused(case: Mapping[str, Any], note: str, differences: Sequence[Difference]) -> bool:
    """Whether the source is at fault for all that differs: what the case lists, or the one figure where it lists none."""
    if not note.startswith(INCONSISTENT):
        return False
    if "inconsistent" not in case:
        return len(differences) == 1
    return all(difference.at in case["inconsistent"] for difference in differences)


def _decide(policy: Policy, case: Mapping[str, Any], differences: list[Difference]) -> None:
    """Decide a case's action and compare the verdict."""
    state = account_documents.read(case["account"], policy.inputs)
    wanted = case.get("expect_action", {}).get("allowed")
    try:
        decision = decide(policy, state, report_documents.read_action(case["action"]), solve=False)
    except MarginRulesError as error:
        differences.append(Difference("action/allowed", _text(wanted), str(error)))
        return
    if decision.allowed is not wanted:
        found = f"{_text(decision.allowed)}: {decision.because or decision.text}"
        differences.append(Difference("action/allowed", _text(wanted), found))


def _compare(
    section: str,
    wanted: Mapping[str, Any],
    report: Mapping[str, Any],
    tolerance: Mapping[str, str],
    differences: list[Difference],
) -> int:
    key = _IDS[section]
    identity = wanted[key]
    found = next((record for record in report[section] if record[key] == identity), None)
    if found is None:
        known = ", ".join(str(record[key]) for record in report[section])
        differences.append(Difference(f"{section}/{identity}", "a record", f"none; there are {known or 'none'}"))
        return 1
    compared = 0
    for name, expected in wanted.items():
        if name in {key, "pool", "positions", "asset"}:
            continue
        compared += 1
        at = f"{section}/{identity}/{name}"
        if name not in found:
            differences.append(Difference(at, _text(expected), "no such figure"))
        elif not _agrees(expected, found[name], tolerance.get(at, tolerance["default"])):
            differences.append(Difference(at, _text(expected), _text(found[name])))
        elif expected is None and not _is_none(report, section, found, name):
            differences.append(Difference(at, None, "unknown, not none"))
    return compared


def _is_none(report: Mapping[str, Any], section: str, record: Mapping[str, Any], name: str) -> bool:
    at = f"/{section}/{report[section].index(record)}/{name}"
    return any(entry["at"] == at and entry["reason"] == "none" for entry in report["unknown"])


def _agrees(expected: Any, found: Any, tolerance: str) -> bool:
    if expected is None or found is None or isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    try:
        wanted, given = Decimal(str(expected)), Decimal(str(found))
    except InvalidOperation:
        return bool(expected == found)
    amount, kind = tolerance.split()
    margin = Decimal(amount) * (abs(wanted) if kind == "relative" else 1)
    return abs(wanted - given) <= margin


def _text(value: Any) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def disagreements(results: Sequence[VenueResults]) -> list[CaseResult]:
    """The cases that do not agree and have no excuse."""
    return [result for venue in results for result in venue.results if result.verdict == "disagrees"]
