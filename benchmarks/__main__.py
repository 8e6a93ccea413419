"""Measures evaluation against hand-written code, and the parts of the library against one another: `make bench`.

Times are of this machine; only the ratios mean anything beyond it.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import count
from typing import Any

from attrs import frozen

import marginrules
from benchmarks.by_hand import by_hand
from benchmarks.timing import import_seconds, seconds
from marginrules.account import documents
from marginrules.account.state import AccountState
from marginrules.arithmetic import exact_context
from marginrules.engine.evaluate import evaluation
from marginrules.engine.explain import explain_all, explain_evaluation
from marginrules.engine.report import PoolReport, PositionReport, Report
from marginrules.language.parser import parse
from marginrules.policy.catalogue import diagnose_text
from marginrules.policy.policy import Policy
from marginrules.resources import policy_path

LIMITS = {"evaluate": 4, "traced": 4, "prices": 5}
"""What the project holds itself to: at most so many times the measure beside it."""

LIMIT_OF_POLICY = 0.150
LIMIT_OF_IMPORT = 0.100
"""Seconds, of a policy of 300 lines and of the package."""

TIERS = 12
COPIES = 25
"""An account of 100 positions is so often the four of the table."""

COMPUTED = {
    PoolReport: (
        "pool",
        "positions",
        "asset",
        "equity",
        "initial_margin",
        "maintenance_margin",
        "margin_ratio",
        "liquidatable",
    ),
    PositionReport: ("pool", "notional", "unrealized_pnl", "initial_margin", "maintenance_margin"),
}
"""What a record of a report says beside its id and its prices."""

AGREEMENT = Decimal("1e-50")
"""Quotients are rounded to 60 digits, and two ways to the same figure may round at other places."""


def same(report: Report, figures: dict[str, dict[str, Any]]) -> None:
    """Both sides computed the same figures, and all of them, or the comparison would be of different work."""
    records: tuple[PoolReport | PositionReport, ...] = (*report.pools, *report.positions)
    for record in records:
        computed = {name: getattr(record, name) for name in COMPUTED[type(record)]} | dict(record.figures)
        for name, value in computed.items():
            assert name in figures[record.id], (record.id, name)
            expected = figures[record.id][name]
            assert _agree(value, expected), (record.id, name, value, expected)
    for idle in report.idle_equity:
        expected = figures["idle"]
        amount = expected.get(idle.asset or "", expected.get("amount"))
        assert _agree(idle.amount, amount), (idle, amount)


def _agree(one: Any, other: Any) -> bool:
    if type(one) is Decimal and type(other) is Decimal:
        return abs(one - other) <= AGREEMENT * max(Decimal(1), abs(one))
    return bool(one == other and type(one) is type(other))


@frozen
class Measures:
    """Seconds, of one policy and its account.

    Attributes:
        hand: the hand-written function; evaluate: the report without solved prices.
        traced: with a derivation of every figure, each expanded where it is looked at; expanded: all of them looked at.
        prices: the report with solved prices; path: from JSON text to the text of the report.
    """

    hand: float
    evaluate: float
    traced: float
    expanded: float
    prices: float
    path: float

    def ratios(self) -> Mapping[str, float]:
        """Those that have a limit."""
        return {
            "evaluate": self.evaluate / self.hand,
            "traced": self.traced / self.evaluate,
            "prices": self.prices / self.evaluate,
        }


def measure(policy: Policy, document: Mapping[str, Any], written: Any) -> Measures:
    """All measures of a policy."""
    text = json.dumps(document)
    state = marginrules.read_account(text, policy)

    def traced() -> object:
        found = evaluation(policy, state, solve=False)
        return found.report(), explain_all(found)

    def expanded() -> None:
        found = evaluation(policy, state, solve=False)
        found.report()
        for derivation in explain_all(found).values():
            for _ in derivation.walk():
                pass

    def path() -> str:
        return json.dumps(
            marginrules.write_report(marginrules.evaluate(policy, marginrules.read_account(text, policy)))
        )

    # Whoever computes by hand sets the precision once.
    with exact_context():
        same(marginrules.evaluate(policy, state), written(state))
        return Measures(
            *seconds(
                lambda: written(state),
                lambda: marginrules.evaluate(policy, state, solve=False),
                traced,
                expanded,
                lambda: marginrules.evaluate(policy, state),
                path,
            )
        )


def ratio_of_prices(policy: Policy, state: AccountState) -> tuple[float, float]:
    """Seconds without and with solved prices."""
    plain, prices = seconds(
        lambda: marginrules.evaluate(policy, state, solve=False), lambda: marginrules.evaluate(policy, state)
    )
    return plain, prices


def table() -> Iterator[str]:
    """Print a line for every policy; what is beyond a limit."""
    policies = by_hand()
    width = max(len(name) for name in policies)
    print(
        f"{'policy':<{width}}{'by hand':>9}{'evaluate':>10}{'x hand':>8}{'traced':>9}{'x eval':>8}"
        f"{'expanded':>10}{'x eval':>8}{'prices':>9}{'x eval':>8}{'JSON to report':>16}"
    )
    for name, (document, written) in policies.items():
        found = measure(marginrules.load_policy(name), document, written)
        ratios = found.ratios()
        print(
            f"{name:<{width}}{_us(found.hand):>9}{_us(found.evaluate):>10}{ratios['evaluate']:>8.1f}"
            f"{_us(found.traced):>9}{ratios['traced']:>8.1f}"
            f"{_us(found.expanded):>10}{found.expanded / found.evaluate:>8.1f}"
            f"{_us(found.prices):>9}{ratios['prices']:>8.1f}{_us(found.path):>16}"
        )
        yield from _beyond(name, ratios)
    print(f"{'at most':<{width}}{LIMITS['evaluate']:>27}{LIMITS['traced']:>17}{LIMITS['prices']:>35}")


def _us(found: float) -> str:
    return f"{found * 1e6:.0f} us"


def _beyond(name: str, ratios: Mapping[str, float]) -> Iterator[str]:
    for word, ratio in ratios.items():
        if ratio > LIMITS[word]:
            yield f"{name}: {word}, {ratio:.2f} where {LIMITS[word]} is the limit"


def with_tiers(document: Mapping[str, Any], rows: int) -> dict[str, Any]:
    """An account whose contracts with tiers have so many of them, each twice as wide as the one before."""
    found: dict[str, Any] = copy.deepcopy(dict(document))
    for instrument in found["instruments"]:
        if "tiers" in instrument:
            first = 1 if instrument["contract"] == "inverse" else 10_000
            instrument["tiers"] = [
                {
                    "above": str(first * 2**row if row else 0),
                    "maintenance_rate": str(Decimal(row + 1) / 200),
                    "max_leverage": str(100 // (row + 1)),
                }
                for row in range(rows)
            ]
    return found


def larger(document: Mapping[str, Any], copies: int) -> dict[str, Any]:
    """An account so many times as large: as many positions, orders and contracts, each copy under its own names."""
    found: dict[str, Any] = copy.deepcopy(dict(document))
    for balance in found["balances"]:
        balance["wallet_balance"] = str(Decimal(balance["wallet_balance"]) * copies)
    for section in ("positions", "orders", "instruments"):
        found[section] = [
            record
            | {"symbol": f"{record['symbol']}-{index}"}
            | ({"id": f"{record['id']}-{index}"} if "id" in record else {})
            for index in range(copies)
            for record in found[section]
        ]
    return found


def accounts() -> Iterator[str]:
    """Print what more tiers and more positions cost; what is beyond a limit."""
    policies = by_hand()
    print()
    for name in ("binance-usdm", "kucoin-futures"):
        policy = marginrules.load_policy(name)
        state = marginrules.read_account(with_tiers(policies[name][0], TIERS), policy)
        plain, prices = ratio_of_prices(policy, state)
        print(
            f"{name}, {TIERS} tiers a contract: evaluate {_us(plain)}, prices {_us(prices)}, {prices / plain:.1f} x evaluate"
        )
        yield from _beyond(f"{name}, {TIERS} tiers", {"prices": prices / plain})
    for name in ("hyperliquid", "binance-usdm"):
        policy = marginrules.load_policy(name)
        state = marginrules.read_account(larger(policies[name][0], COPIES), policy)
        plain, prices = ratio_of_prices(policy, state)
        print(
            f"{name}, {len(state.positions)} positions: evaluate {plain * 1e3:.1f} ms, prices {prices * 1e3:.1f} ms, "
            f"{prices / plain:.1f} x evaluate"
        )
        yield from _beyond(f"{name}, {len(state.positions)} positions", {"prices": prices / plain})


def steps() -> None:
    """Print what single steps cost."""
    policy = marginrules.load_policy("hyperliquid")
    text = json.dumps(by_hand()["hyperliquid"][0])
    state = marginrules.read_account(text, policy)
    plain, one, load, read = seconds(
        lambda: marginrules.evaluate(policy, state, solve=False),
        lambda: explain_evaluation(evaluation(policy, state, solve=False), "liquidatable:cross").render(),
        lambda: documents.load_json(text),
        lambda: marginrules.read_account(text, policy),
    )
    print(
        f"\nhyperliquid, one figure explained to its leaves (liquidatable:cross): {_us(one)}, {one / plain:.1f} x evaluate"
    )
    print(f"hyperliquid, reading the account: JSON {_us(load)}, with checks {_us(read)}")


def long_policy(lines: int) -> str:
    """A policy of so many lines: real rules, repeated under other names."""
    text = policy_path("hyperliquid").read_text(encoding="utf-8")
    definitions = [
        f"  publish figure_{index} = max(notional * {index % 50 + 1} bps, abs(unrealized_pnl) / {index + 1})"
        for index in range(lines)
    ]
    room = lines - len(text.splitlines()) - 3
    return text + "\nposition {\n" + "\n".join(definitions[:room]) + "\n}\n"


def policies_and_imports() -> Iterator[str]:
    """Print what it takes to get ready; what is beyond a limit."""
    source = long_policy(300)
    numbers = count()

    def fresh() -> str:
        # Each time another text, so that nothing is remembered.
        return f"{source}# {next(numbers)}\n"

    parsed, checked, cached = seconds(
        lambda: parse(fresh(), "long.margin"),
        lambda: diagnose_text(fresh(), "long.margin"),
        lambda: marginrules.load_text(source, "long.margin"),
    )
    print(
        f"\na policy of {len(source.splitlines())} lines: parsed {parsed * 1e3:.0f} ms, parsed and checked "
        f"{checked * 1e3:.0f} ms, again {cached * 1e3:.2f} ms"
    )
    if checked > LIMIT_OF_POLICY:
        yield f"a policy of 300 lines: {checked * 1e3:.0f} ms where {LIMIT_OF_POLICY * 1e3:.0f} is the limit"
    package = import_seconds(["import marginrules"])
    names = import_seconds(["from marginrules import *"])
    everything = import_seconds(
        [
            "import importlib, pkgutil, marginrules",
            "for module in pkgutil.walk_packages(marginrules.__path__, 'marginrules.'):",
            "    if not module.name.endswith('__main__'): importlib.import_module(module.name)",
        ]
    )
    print(
        f"importing marginrules: {package * 1e3:.0f} ms; all that it offers: {names * 1e3:.0f} ms; every module, with "
        f"command line and test steps: {everything * 1e3:.0f} ms"
    )
    if package > LIMIT_OF_IMPORT:
        yield f"importing marginrules: {package * 1e3:.0f} ms where {LIMIT_OF_IMPORT * 1e3:.0f} is the limit"


def others(equity: Decimal, maintenance: Decimal) -> None:
    """For orientation: general rule engines on the single question equity < maintenance, where they are installed."""
    values = {"equity": equity, "maintenance": maintenance}
    print("\nfor orientation, the one question equity < maintenance_margin in general engines:")
    try:
        import rule_engine  # type: ignore[import-not-found,unused-ignore]

        rule = rule_engine.Rule("equity < maintenance")
        print(f"  rule-engine: {_us(seconds(lambda: rule.matches(values))[0])}")
    except ImportError:
        print("  rule-engine is not installed")
    try:
        import celpy  # type: ignore[import-not-found,unused-ignore]

        environment = celpy.Environment()
        program = environment.program(environment.compile("equity < maintenance"))
        inputs = {name: celpy.celtypes.DoubleType(float(value)) for name, value in values.items()}
        print(f"  cel-python: {_us(seconds(lambda: program.evaluate(inputs))[0])}")
    except ImportError:
        print("  cel-python is not installed")
    try:
        import zen  # type: ignore[import-not-found,unused-ignore]

        numbers = {name: float(value) for name, value in values.items()}
        print(f"  zen-engine: {_us(seconds(lambda: zen.evaluate_expression('equity < maintenance', numbers))[0])}")
    except ImportError:
        print("  zen-engine is not installed")


def main() -> None:
    """Print everything."""
    missed = [*table(), *accounts()]
    steps()
    missed += policies_and_imports()
    others(Decimal(100), Decimal(90))
    print("\nbeyond the limit:" if missed else "\nnothing is beyond the limit")
    for entry in missed:
        print(f"  {entry}")


if __name__ == "__main__":
    main()
