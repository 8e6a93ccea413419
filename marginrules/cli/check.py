"""`marginrules check`: the problems of rule files."""

from typing import TYPE_CHECKING

import click

from marginrules.cli import arguments, output
from marginrules.policy.catalogue import diagnose_text, find_policy

if TYPE_CHECKING:
    from pathlib import Path


@click.command("check")
@click.argument("policies", nargs=-1, required=True, metavar="POLICY…")
@arguments.json_option
def command(policies: tuple[str, ...], as_json: bool) -> int:
    """Check rule files (names of shipped policies, or paths); exit 1 if one has errors."""
    failed = False
    results = []
    for name in policies:
        path: Path = find_policy(name)
        text = arguments.read_text(str(path), name, "give the path of a rule file")
        policy, found = diagnose_text(text, str(path) if path.stem != name else f"rules/{path.name}", path.parent)
        failed = failed or policy is None
        results.append((name, policy is not None, found))
    if as_json:
        output.print_json(
            {
                "schema": "marginrules/check/1",
                "policies": [
                    {
                        "policy": name,
                        "ok": good,
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
                            for entry in found
                        ],
                    }
                    for name, good, found in results
                ],
            }
        )
    else:
        for name, good, found in results:
            for entry in found:
                click.echo(entry.render() + "\n", err=True)
            errors = sum(entry.severity == "error" for entry in found)
            warnings = len(found) - errors
            click.echo(
                f"{name}: {'ok' if good else 'failed'}, {_count(errors, 'error')}, {_count(warnings, 'warning')}"
            )
    return 1 if failed else 0


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
