"""marginrules: the margin policies of trading venues as rules that people read and machines evaluate.

Three lines answer most questions:

    policy = load_policy("hyperliquid")
    report = evaluate(policy, read_account(text, policy))
    print(explain(policy, read_account(text, policy), "liquidatable:cross").render())

Everything returned is immutable and safe to share between threads.
"""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from marginrules.account import documents as _account_documents
from marginrules.account.state import AccountState, StateError
from marginrules.engine.documents import write as write_report
from marginrules.engine.evaluate import evaluate
from marginrules.engine.explain import Derivation, explain
from marginrules.engine.report import IdleEquity, PoolReport, PositionReport, Report, UnknownEntry
from marginrules.errors import MarginRulesError
from marginrules.language.diagnostics import RuleFileError
from marginrules.policy.catalogue import PolicyNotFoundError, load_policy, load_text
from marginrules.policy.policy import Policy

try:
    __version__ = version("marginrules")
except PackageNotFoundError:  # a checkout that is not installed
    __version__ = "0+unknown"


def read_account(document: str | bytes | dict[str, Any], policy: Policy | Iterable[Policy] = ()) -> AccountState:
    """The account of a JSON document in the form `marginrules/account/1`.

    Args:
        document: JSON text, or an object already parsed with numbers as strings or `Decimal`.
        policy: the policy, or policies, whose declared inputs the document may carry.

    Raises:
        StateError: the document is malformed, lacks what every account has, or contradicts itself.
    """
    policies = (policy,) if isinstance(policy, Policy) else tuple(policy)
    declared = tuple(dict.fromkeys(spec for found in policies for spec in found.inputs))
    parsed = _account_documents.load_json(document) if isinstance(document, str | bytes) else document
    return _account_documents.read(parsed, declared)


__all__ = [
    "AccountState",
    "Derivation",
    "IdleEquity",
    "MarginRulesError",
    "Policy",
    "PolicyNotFoundError",
    "PoolReport",
    "PositionReport",
    "Report",
    "RuleFileError",
    "StateError",
    "UnknownEntry",
    "evaluate",
    "explain",
    "load_policy",
    "load_text",
    "read_account",
    "write_report",
]
