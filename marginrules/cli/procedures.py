"""`marginrules procedures`: what the venue does with an account by itself, step by step."""

import click
from rich.table import Table

from marginrules.cli import arguments, output
from marginrules.cli.command import Command
from marginrules.engine import documents
from marginrules.engine.evaluate import evaluate
from marginrules.engine.procedures import Entry, run_procedures, totals
from marginrules.policy.catalogue import load_policy


@click.command("procedures", cls=Command)
@arguments.account_argument
@arguments.policy_option
@arguments.from_option
@arguments.as_of_option
@arguments.json_option
def command(account: str, policy_name: str, from_format: str | None, as_of: str | None, as_json: bool) -> int:
    """What the venue does with ACCOUNT by itself now: it replenishes and liquidates, as the policy says."""
    policy = load_policy(policy_name)
    state = arguments.read_account(account, [policy], from_format, as_of)
    outcome = run_procedures(policy, state)
    after = evaluate(policy, outcome.state)
    if as_json:
        output.print_json(documents.write_outcome(policy, state, outcome, after))
        return 0
    out = output.console()
    if not outcome.entries:
        out.print("nothing is done")
    for number, entry in enumerate(outcome.entries, 1):
        out.print(f"{number}. {entry.step} in {entry.pool}: {_words(entry)} ({entry.rule})", markup=False)
        for cited in entry.cites:
            out.print(f"     {cited}", markup=False)
    places = totals(outcome.entries)
    if places:
        table = Table(pad_edge=False)
        for heading in ("place", "asset", "arrived"):
            table.add_column(heading, justify="right" if heading == "arrived" else "left")
        for (place, asset), amount in places.items():
            table.add_row(place, asset, output.number(amount))
        out.print(table)
    for pool in outcome.unsettled:
        out.print(f"{pool} is not settled: {outcome.reasons[pool]}", markup=False)
    if outcome.entries:
        out.print()
        output.print_report(out, after)
    return 0


def _words(entry: Entry) -> str:
    if entry.amount is not None:
        return f"{output.number(entry.amount)} of margin added to {entry.position}"
    if entry.orders:
        return f"{entry.orders} {'order' if entry.orders == 1 else 'orders'} cancelled"
    if entry.quantity is not None and entry.price is not None:
        return (
            f"{output.number(abs(entry.quantity))} contracts of {entry.position} closed at {output.number(entry.price)}"
        )
    return f"{', '.join(entry.positions) or 'what backs it'} handed over"
