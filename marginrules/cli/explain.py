"""`marginrules explain`: why a figure is what it is."""

import click

from marginrules.cli import arguments, output
from marginrules.cli.command import Command
from marginrules.engine.evaluate import evaluate
from marginrules.engine.explain import explain
from marginrules.policy.catalogue import load_policy


@click.command("explain", cls=Command)
@arguments.account_argument
@arguments.policy_option
@arguments.from_option
@arguments.as_of_option
@arguments.json_option
@click.option(
    "--why", required=True, metavar="FIGURE:ID", help="such as liquidatable:isolated/A or liquidation_price:A"
)
def command(
    account: str,
    policy_name: str,
    from_format: str | None,
    as_of: str | None,
    as_json: bool,
    why: str,
) -> int:
    """Derive one figure of ACCOUNT's report: each rule with its line and source, down to fields of the document."""
    policy = load_policy(policy_name)
    state = arguments.read_account(account, [policy], from_format, as_of)
    derivation = explain(policy, state, why)
    notes = evaluate(policy, state, solve=False).notes
    if as_json:
        output.print_json(
            {"schema": "marginrules/explanation/1", **output.derivation_document(derivation), "notes": list(notes)}
        )
    else:
        out = output.console()
        out.print(output.derivation_tree(derivation))
        output.print_notes(out, notes)
    return 0
