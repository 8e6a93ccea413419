"""`marginrules check`: the problems of rule files, and the prices that they state in place of solving for them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click
from attrs import define, field

from marginrules.arithmetic import plain_text
from marginrules.cli import arguments, output
from marginrules.cli.command import Command
from marginrules.engine.stated import StatedDifference, stated_differences
from marginrules.language.diagnostics import Diagnostic
from marginrules.policy.catalogue import diagnose_text, find_policy
from marginrules.policy.policy import Policy
from marginrules.policy.stated import stated_prices

if TYPE_CHECKING:
    from pathlib import Path


@define
class _Checked:
    """What was found in one rule file, and on the accounts under it, each by its file."""

    name: str
    policy: Policy | None
    diagnostics: Sequence[Diagnostic]
    accounts: list[tuple[str, tuple[StatedDifference, ...]]] = field(factory=list)


@click.command("check", cls=Command)
@click.argument("policies", nargs=-1, required=True, metavar="POLICY…")
@click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="FILE",
    help="say where stated prices differ from the solved ones on this account (repeatable)",
)
@arguments.json_option
def command(policies: tuple[str, ...], accounts: tuple[str, ...], as_json: bool) -> int:
    """Check rule files (names of shipped policies, or paths); exit 1 if one has errors.

    A note tells of each price that a policy states by a formula of its own; with --account, where it differs from the
    price that is solved from the policy's boundary.
    """
    results = []
    for name in policies:
        path: Path = find_policy(name)
        text = arguments.read_text(str(path), name, "give the path of a rule file")
        policy, found = diagnose_text(text, str(path) if path.stem != name else f"rules/{path.name}", path.parent)
        results.append(_Checked(name, policy, found))
    for result in results:
        if result.policy is not None:
            result.accounts.extend((account, _differences(account, result.policy)) for account in accounts)
    if as_json:
        output.print_json({"schema": "marginrules/check/1", "policies": [_document(result) for result in results]})
    else:
        for result in results:
            _print(result)
    return 1 if any(result.policy is None for result in results) else 0


def _differences(account: str, policy: Policy) -> tuple[StatedDifference, ...]:
    return stated_differences(policy, arguments.read_account(account, [policy], None, None))


def _print(result: _Checked) -> None:
    for entry in result.diagnostics:
        click.echo(entry.render() + "\n", err=True)
    errors = sum(entry.severity == "error" for entry in result.diagnostics)
    warnings = len(result.diagnostics) - errors
    verdict = "failed" if result.policy is None else "ok"
    click.echo(f"{result.name}: {verdict}, {_count(errors, 'error')}, {_count(warnings, 'warning')}")
    if result.policy is None:
        return
    stated = stated_prices(result.policy)
    for price in stated:
        click.echo(price.text)
    for account, differences in result.accounts:
        for found in differences:
            click.echo(
                f"{account}: {found.position} in {found.pool}: {found.price} is {_figure(found.stated)} as stated, "
                f"{_figure(found.solved)} as solved ({found.rule})"
            )
        if stated and not differences:
            click.echo(f"{account}: no stated price differs from the solved one")


def _figure(value: Decimal | str) -> str:
    return plain_text(value) if isinstance(value, Decimal) else "none" if value == "none" else f"unknown ({value})"


def _document(result: _Checked) -> dict[str, Any]:
    return {
        "policy": result.name,
        "ok": result.policy is not None,
        "diagnostics": [
            {
                "code": entry.code,
                "severity": entry.severity,
                "file": entry.span.source.name,
                "line": entry.span.line,
                "column": entry.span.column,
                "problem": entry.problem,
                "remedy": entry.remedy,
            }
            for entry in result.diagnostics
        ],
        "stated_prices": [
            {
                "price": entry.price,
                "pools": list(entry.pools),
                "file": entry.rule.span.source.name,
                "line": entry.rule.span.line,
                "column": entry.rule.span.column,
                "own_formula": entry.own,
            }
            for entry in (stated_prices(result.policy) if result.policy is not None else ())
        ],
        "differences": [
            {
                "account": account,
                "position": found.position,
                "pool": found.pool,
                "price": found.price,
                "stated": _figure(found.stated),
                "solved": _figure(found.solved),
                "rule": found.rule,
            }
            for account, differences in result.accounts
            for found in differences
        ],
    }


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
