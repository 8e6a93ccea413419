"""`marginrules act`: may an action be done, why, and the account after it."""

from pathlib import Path

import click
from rich.text import Text

from marginrules.cli import arguments, output
from marginrules.cli.words import WORD, WordsCommand
from marginrules.engine import documents
from marginrules.engine.decide import decide
from marginrules.policy.catalogue import load_policy


@click.command("act", cls=WordsCommand)
@arguments.account_argument
@arguments.policy_option
@arguments.from_option
@arguments.as_of_option
@arguments.json_option
@click.option("--action", "action_text", metavar="JSON", help="the action as a document, or @FILE")
@click.option(
    "--log", type=click.Path(dir_okay=False, path_type=Path), help="append the decision to a log (JSON Lines)"
)
@click.argument("words", nargs=-1, type=WORD, metavar="[ACTION …]")
def command(
    account: str,
    policy_name: str,
    from_format: str | None,
    as_of: str | None,
    as_json: bool,
    action_text: str | None,
    log: Path | None,
    words: tuple[str, ...],
) -> int:
    """Decide an action on ACCOUNT: `add_margin A 50`, `withdraw USDC 100`, `close A`, or `open symbol=… side=…`."""
    policy = load_policy(policy_name)
    state = arguments.read_account(account, [policy], from_format, as_of)
    action = documents.read_action(arguments.action_document(words, action_text))
    decision = decide(policy, state, action)
    if log is not None:
        with log.open("a", encoding="utf-8") as file:
            file.write(documents.log_line(policy, state, decision) + "\n")
    if as_json:
        output.print_json(documents.write_decision(decision))
        return 0
    out = output.console()
    verdict = Text("allowed", style="bold green") if decision.allowed else Text("refused", style="bold red")
    out.print(verdict.append(f": {decision.because}" if decision.because else ""))
    if decision.refusal is not None:
        out.print(f"the venue says: {decision.refusal}", markup=False)
    if decision.rule is not None:
        out.print(f"{decision.rule}: {decision.text}", markup=False)
    for cited in decision.cites:
        out.print(f"  {cited}", markup=False)
    for name, value in decision.values.items():
        out.print(f"  {name} = {output.shown(value) if value is not None else 'unknown'}", markup=False)
    if decision.after is not None:
        out.print()
        output.print_report(out, decision.after)
    return 0
