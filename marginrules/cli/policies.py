"""`marginrules policies`: what is shipped."""

import click
from rich.padding import Padding
from rich.text import Text

from marginrules.cli import arguments, output
from marginrules.cli.command import Command
from marginrules.policy.catalogue import load_policy
from marginrules.resources import policy_names


@click.command("policies", cls=Command)
@arguments.json_option
def command(as_json: bool) -> int:
    """List the shipped policies, with their versions, dates and sources."""
    found = [load_policy(name).plan for name in policy_names()]
    if as_json:
        output.print_json(
            [
                {
                    "name": policy.name,
                    "title": policy.title,
                    "version": policy.version,
                    "digest": policy.digest,
                    "effective": {
                        "from": str(policy.start) if policy.start else None,
                        "until": str(policy.until) if policy.until else None,
                    },
                    "sources": [
                        {
                            "name": source.name,
                            "title": source.title,
                            "address": source.address,
                            "read": str(source.read),
                        }
                        for source in policy.sources.values()
                    ],
                    "omits": list(policy.omits),
                }
                for policy in found
            ]
        )
        return 0
    out = output.console()
    for policy in found:
        period = f"from {policy.start}" if policy.start else "always"
        if policy.until is not None:
            period += f" until {policy.until}"
        out.print(Text.assemble((policy.name, "bold"), f" {policy.version}: {policy.title}; in force {period}"))
        for source in policy.sources.values():
            out.print(Padding.indent(Text(f"{source.title}, read {source.read}", style="dim"), 4))
    return 0
