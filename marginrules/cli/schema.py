"""`marginrules schema`: what a policy's account documents look like."""

import click

from marginrules.account import documents
from marginrules.cli import output
from marginrules.policy.catalogue import load_policy


@click.command("schema")
@click.argument("policy_name", metavar="POLICY")
def command(policy_name: str) -> int:
    """Print the JSON Schema of the account documents that POLICY reads."""
    policy = load_policy(policy_name)
    output.print_json(documents.json_schema(policy.inputs, policy.name))
    return 0
