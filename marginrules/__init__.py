"""marginrules: the margin policies of trading venues as rules that people read and machines evaluate.

Three lines answer most questions:

    policy = load_policy("hyperliquid")
    report = evaluate(policy, read_account(text, policy))
    print(explain(policy, read_account(text, policy), "liquidatable:cross").render())

Everything returned is immutable and safe to share between threads.
"""

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from marginrules.account.actions import Action
    from marginrules.account.state import AccountState, StateError
    from marginrules.engine.decide import Decision, decide
    from marginrules.engine.documents import read_action, write_decision
    from marginrules.engine.documents import write as write_report
    from marginrules.engine.evaluate import evaluate
    from marginrules.engine.explain import Derivation, explain
    from marginrules.engine.limits import Limit, limits, target
    from marginrules.engine.preview import Preview, preview
    from marginrules.engine.procedures import Outcome, run_procedures
    from marginrules.engine.replay import Replay
    from marginrules.engine.report import IdleEquity, PoolReport, PositionReport, Report, UnknownEntry
    from marginrules.errors import MarginRulesError
    from marginrules.language.diagnostics import RuleFileError
    from marginrules.policy.catalogue import PolicyNotFoundError, load_policy, load_text
    from marginrules.policy.policy import Policy

    __version__: str

_PLACES = {
    "Action": "account.actions",
    "AccountState": "account.state",
    "StateError": "account.state",
    "Decision": "engine.decide",
    "decide": "engine.decide",
    "read_action": "engine.documents",
    "write_decision": "engine.documents",
    "evaluate": "engine.evaluate",
    "Derivation": "engine.explain",
    "explain": "engine.explain",
    "Limit": "engine.limits",
    "limits": "engine.limits",
    "target": "engine.limits",
    "Preview": "engine.preview",
    "preview": "engine.preview",
    "Outcome": "engine.procedures",
    "run_procedures": "engine.procedures",
    "Replay": "engine.replay",
    "IdleEquity": "engine.report",
    "PoolReport": "engine.report",
    "PositionReport": "engine.report",
    "Report": "engine.report",
    "UnknownEntry": "engine.report",
    "MarginRulesError": "errors",
    "RuleFileError": "language.diagnostics",
    "PolicyNotFoundError": "policy.catalogue",
    "load_policy": "policy.catalogue",
    "load_text": "policy.catalogue",
    "Policy": "policy.policy",
}
"""Where each public name lives: it is imported when it is first asked for, so that `import marginrules` is quick."""


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        # Before anything is made that could be handed to another process.
        import_module("marginrules.engine.copies")
        found = getattr(import_module(f"marginrules.{_PLACES[name]}"), name)
    elif name == "write_report":
        found = import_module("marginrules.engine.documents").write
    elif name == "__version__":
        found = _version()
    else:
        message = f"module 'marginrules' has no attribute {name!r}"
        raise AttributeError(message)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow, and seldom asked for

    try:
        return version("marginrules")
    except PackageNotFoundError:  # a checkout that is not installed
        return "0+unknown"


def read_account(document: str | bytes | dict[str, Any], policy: "Policy | Iterable[Policy]" = ()) -> "AccountState":
    """The account of a JSON document in the form `marginrules/account/1`.

    Args:
        document: JSON text, or an object already parsed with numbers as strings or `Decimal`.
        policy: the policy, or policies, whose declared inputs the document may carry.

    Raises:
        StateError: the document is malformed, lacks what every account has, or contradicts itself.
    """
    import marginrules.engine.copies  # noqa: F401, PLC0415 - what is read can be handed to another process
    from marginrules.account import documents  # noqa: PLC0415 - as every other name here

    policies = tuple(policy) if isinstance(policy, Iterable) else (policy,)
    # One policy's tuple is passed on as it is: the reader keeps its tables by it.
    declared = (
        policies[0].inputs
        if len(policies) == 1
        else tuple(dict.fromkeys(spec for found in policies for spec in found.inputs))
    )
    parsed = documents.load_json(document) if isinstance(document, str | bytes) else document
    return documents.read(parsed, declared)


__all__ = [
    "AccountState",
    "Action",
    "Decision",
    "Derivation",
    "IdleEquity",
    "Limit",
    "MarginRulesError",
    "Outcome",
    "Policy",
    "PolicyNotFoundError",
    "PoolReport",
    "PositionReport",
    "Preview",
    "Replay",
    "Report",
    "RuleFileError",
    "StateError",
    "UnknownEntry",
    "decide",
    "evaluate",
    "explain",
    "limits",
    "load_policy",
    "load_text",
    "preview",
    "read_account",
    "read_action",
    "run_procedures",
    "target",
    "write_decision",
    "write_report",
]
