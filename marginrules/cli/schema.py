"""`marginrules schema`: what a policy's account documents look like."""

import click

from marginrules.cli import output
from marginrules.cli.command import Command
from marginrules.policy.catalogue import load_policy
from marginrules.policy.schema import json_schema


@click.command("schema", cls=Command)
@click.argument("policy_name", metavar="POLICY")
def command(policy_name: str) -> int:
    """Print the JSON Schema of the account documents that POLICY reads."""
    output.print_json(json_schema(load_policy(policy_name)))
    return 0
