"""`marginrules evaluate`: the report of an account."""

import click

from marginrules.cli import arguments, output
from marginrules.engine import documents
from marginrules.engine.evaluate import evaluate
from marginrules.policy.catalogue import load_policy

LIQUIDATABLE = 3


@click.command("evaluate")
@arguments.account_argument
@arguments.policy_option
@arguments.from_option
@arguments.as_of_option
@arguments.json_option
@click.option("--fail-if-liquidatable", is_flag=True, help="exit with 3 if a pool is liquidatable")
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
    return LIQUIDATABLE if fail_if_liquidatable and report.liquidatable else 0
