"""`marginrules evaluate`: the report of an account."""

import click

from marginrules.cli import arguments, output
from marginrules.cli.command import Command
from marginrules.engine import documents
from marginrules.engine.evaluate import evaluate
from marginrules.engine.report import Report
from marginrules.errors import MarginRulesError
from marginrules.policy.catalogue import load_policy

LIQUIDATABLE = 3


class UnknownVerdictError(MarginRulesError):
    """Whether a pool is liquidatable was to decide, and is not known."""


@click.command("evaluate", cls=Command)
@arguments.account_argument
@arguments.policy_option
@arguments.from_option
@arguments.as_of_option
@arguments.json_option
@click.option(
    "--fail-if-liquidatable",
    is_flag=True,
    help="exit with 3 if a pool is liquidatable, with 2 if of one that is not known",
)
def command(
    account: str,
    policy_name: str,
    from_format: str | None,
    as_of: str | None,
    as_json: bool,
    fail_if_liquidatable: bool,
) -> int:
    """Report on ACCOUNT (a file, or - for standard input): pools, positions, prices, idle equity."""
    policy = load_policy(policy_name)
    report = evaluate(policy, arguments.read_account(account, [policy], from_format, as_of))
    if as_json:
        output.print_json(documents.write(report))
    else:
        output.print_report(output.console(), report)
    if not fail_if_liquidatable or report.liquidatable is False:
        return 0
    if report.liquidatable:
        return LIQUIDATABLE
    raise UnknownVerdictError(_unknown_verdicts(report))


def _unknown_verdicts(report: Report) -> str:
    """Which pools nothing is known of, and why: a gate must not open on them."""
    reasons = {entry.at: entry for entry in report.unknown}
    lines = []
    for place, pool in enumerate(report.pools):
        if pool.liquidatable is None:
            entry = reasons[f"/pools/{place}/liquidatable"]
            where = f" ({entry.pointer})" if entry.pointer else ""
            lines.append(f"whether pool {pool.id} is liquidatable is unknown, because {entry.reason}{where}")
    return "\n".join([*lines, "help: give what is missing; only what is known not to be liquidatable passes"])
