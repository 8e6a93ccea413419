"""Measures evaluation against hand-written code, and the parts of the library against one another.

Every figure is the best of several rounds of one process; only the ratios mean anything beyond this machine.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import marginrules
from benchmarks.by_hand import by_hand
from benchmarks.by_hand.common import account
from marginrules.account import documents
from marginrules.arithmetic import exact_context
from marginrules.engine.evaluate import evaluation
from marginrules.engine.explain import explain_all, explain_evaluation
from marginrules.engine.report import PoolReport, PositionReport, Report
from marginrules.language.parser import parse
from marginrules.policy.catalogue import diagnose_text
from marginrules.resources import policy_path

ROUNDS = 7

LIMITS = {"evaluate": 4, "trace": 4, "prices": 5}
"""What the project holds itself to: at most so many times the measure beside it."""


def seconds(run: Callable[[], object], times: int = 200) -> float:
    """The best mean of several rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(times):
            run()
        best = min(best, (time.perf_counter() - start) / times)
    return best


COMPUTED = {
    PoolReport: ("equity", "initial_margin", "maintenance_margin", "margin_ratio", "liquidatable"),
    PositionReport: ("notional", "unrealized_pnl", "initial_margin", "maintenance_margin"),
}


def same(report: Report, figures: dict[str, dict[str, Any]]) -> None:
    """Both sides computed the same figures, and all of them, or the comparison would be of different work."""
    for record in (*report.pools, *report.positions):
        computed = {name: getattr(record, name) for name in COMPUTED[type(record)]} | dict(record.figures)
        for name, value in computed.items():
            expected = figures[record.id].get(name)
            assert expected == value, (record.id, name, value, expected)
    for idle in report.idle_equity:
        expected = figures["idle"]
        assert idle.amount == expected.get(idle.asset or "", expected.get("amount")), idle


def import_seconds(module: str) -> float:
    """How long a fresh interpreter takes to import a module, beyond starting."""
    best = {}
    for code in ("pass", f"import {module}"):
        best[code] = min(_process(code) for _ in range(5))
    return best[f"import {module}"] - best["pass"]


def _process(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own interpreter and text
    return time.perf_counter() - start


def long_policy(lines: int) -> str:
    """A policy of so many lines: real rules, repeated under other names."""
    text = policy_path("hyperliquid").read_text(encoding="utf-8")
    definitions = [
        f"  publish figure_{index} = max(notional * {index % 50 + 1} bps, abs(unrealized_pnl) / {index + 1})"
        for index in range(lines)
    ]
    room = lines - len(text.splitlines()) - 3
    return text + "\nposition {\n" + "\n".join(definitions[:room]) + "\n}\n"


def main() -> None:
    """Print the table."""
    text = json.dumps(account())
    print(
        f"{'policy':<14}{'by hand':>10}{'evaluate':>10}{'x hand':>8}{'all traces':>11}{'x eval':>8}{'prices':>10}{'x eval':>8}{'JSON to report':>16}"
    )
    missed = []
    for name, (document, written) in by_hand().items():
        text = json.dumps(document)
        policy = marginrules.load_policy(name)
        state = marginrules.read_account(text, policy)
        with exact_context():
            same(marginrules.evaluate(policy, state), written(state))
            hand = seconds(lambda written=written, state=state: written(state))  # type: ignore[misc]
        plain = seconds(lambda policy=policy, state=state: marginrules.evaluate(policy, state, solve=False))  # type: ignore[misc]

        def traced(policy: Any = policy, state: Any = state) -> object:
            found = evaluation(policy, state, solve=False)
            return found.report(), explain_all(found)

        trace = seconds(traced, 100)
        prices = seconds(lambda policy=policy, state=state: marginrules.evaluate(policy, state))  # type: ignore[misc]

        def whole(policy: Any = policy, text: str = text) -> object:
            return json.dumps(
                marginrules.write_report(marginrules.evaluate(policy, marginrules.read_account(text, policy)))
            )

        path = seconds(whole, 100)
        ratios = {"evaluate": plain / hand, "trace": trace / plain, "prices": prices / plain}
        missed += [f"{name}: {word} {ratio:.1f}" for word, ratio in ratios.items() if ratio > LIMITS[word]]
        print(
            f"{name:<14}{hand * 1e6:>8.0f}us{plain * 1e6:>8.0f}us{ratios['evaluate']:>8.1f}{trace * 1e6:>9.0f}us{ratios['trace']:>8.1f}"
            f"{prices * 1e6:>8.0f}us{ratios['prices']:>8.1f}{path * 1e6:>14.0f}us"
        )
    policy = marginrules.load_policy("hyperliquid")
    state = marginrules.read_account(text, policy)
    plain = seconds(lambda: marginrules.evaluate(policy, state, solve=False))
    one = seconds(lambda: explain_evaluation(evaluation(policy, state, solve=False), "liquidatable:cross"), 100)
    print(
        f"\nevaluating and explaining one figure (hyperliquid, liquidatable:cross): {one * 1e6:.0f} us, {one / plain:.1f} x evaluate"
    )
    load = seconds(lambda: documents.load_json(text), 100)
    read = seconds(lambda: marginrules.read_account(text, marginrules.load_policy("hyperliquid")), 100)
    print(f"\nreading the account: JSON {load * 1e6:.0f} us, with checks {read * 1e6:.0f} us")
    source = long_policy(300)
    fresh = seconds(lambda: diagnose_text(source, "long.margin"), 3)
    parsing = seconds(lambda: parse(source, "long.margin"), 3)
    cached = seconds(lambda: marginrules.load_text(source, "long.margin"), 20)
    print(
        f"a policy of {len(source.splitlines())} lines: parsed {parsing * 1e3:.0f} ms, parsed and checked {fresh * 1e3:.0f} ms, cached {cached * 1e3:.2f} ms"
    )
    print(f"importing marginrules: {import_seconds('marginrules') * 1e3:.0f} ms")
    others(Decimal(100), Decimal(90))
    for entry in missed:
        print(f"beyond the limit: {entry}")


def others(equity: Decimal, maintenance: Decimal) -> None:
    """For orientation: general rule engines on the single question equity < maintenance, where they are installed."""
    values = {"equity": equity, "maintenance": maintenance}
    try:
        import rule_engine  # type: ignore[import-not-found,unused-ignore]

        rule = rule_engine.Rule("equity < maintenance")
        print(f"rule-engine, one comparison: {seconds(lambda: rule.matches(values)) * 1e6:.0f} us")
    except ImportError:
        print("rule-engine is not installed")
    try:
        import celpy  # type: ignore[import-not-found,unused-ignore]

        environment = celpy.Environment()
        program = environment.program(environment.compile("equity < maintenance"))
        inputs = {name: celpy.celtypes.DoubleType(float(value)) for name, value in values.items()}
        print(f"cel-python, one comparison: {seconds(lambda: program.evaluate(inputs)) * 1e6:.0f} us")
    except ImportError:
        print("cel-python is not installed")
    try:
        import zen  # type: ignore[import-not-found,unused-ignore]

        numbers = {name: float(value) for name, value in values.items()}
        print(
            f"zen-engine, one comparison: {seconds(lambda: zen.evaluate_expression('equity < maintenance', numbers)) * 1e6:.0f} us"
        )
    except ImportError:
        print("zen-engine is not installed")


if __name__ == "__main__":
    main()
