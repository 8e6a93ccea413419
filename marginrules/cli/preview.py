"""`marginrules preview`: an order before it is sent."""

import click
from rich.table import Table
from rich.text import Text

from marginrules.arithmetic import plain_text
from marginrules.cli import arguments, output
from marginrules.engine import documents
from marginrules.engine.preview import Preview, preview
from marginrules.policy.catalogue import load_policy


@click.command("preview")
@arguments.account_argument
@arguments.policy_option
@arguments.from_option
@arguments.as_of_option
@arguments.json_option
@click.option("--action", "action_text", metavar="JSON", help="the `open` action as a document, or @FILE")
@click.argument("words", nargs=-1, metavar="[open symbol=… side=… quantity=… price=…]")
def command(
    account: str,
    policy_name: str,
    from_format: str | None,
    as_of: str | None,
    as_json: bool,
    action_text: str | None,
    words: tuple[str, ...],
) -> int:
    """What an order would do to ACCOUNT if it filled: margin, liquidation prices of all positions, what refuses it."""
    policy = load_policy(policy_name)
    state = arguments.read_account(account, [policy], from_format, as_of)
    found = preview(policy, state, documents.read_action(arguments.action_document(words, action_text)))
    if as_json:
        output.print_json(_document(found))
        return 0
    out = output.console()
    verdict = Text("would be allowed", style="bold green")
    if not found.decision.allowed:
        verdict = Text(f"would be refused: {found.decision.because}", style="bold red")
    out.print(verdict)
    if found.decision.rule is not None:
        out.print(f"{found.decision.rule}: {found.decision.text}", markup=False)
    runs = f"{found.margin_mode or 'no'} margin mode, leverage {output.shown(found.leverage)}"
    out.print(f"runs under {runs}; takes {output.shown(found.margin)} initial margin", markup=False)
    table = Table(pad_edge=False)
    for heading in ("position", "liquidation price before", "after"):
        table.add_column(heading, justify="left" if heading == "position" else "right")
    for name, before, after in found.prices:
        table.add_row(name, output.shown(before), output.shown(after))
    out.print(table)
    return 0


def _document(found: Preview) -> dict[str, object]:
    return {
        "schema": "marginrules/preview/1",
        "allowed": found.decision.allowed,
        "rule": found.decision.rule,
        "because": found.decision.because,
        "refusal": found.decision.refusal,
        "margin_mode": found.margin_mode,
        "leverage": None if found.leverage is None else plain_text(found.leverage),
        "margin": None if found.margin is None else plain_text(found.margin),
        "liquidation_prices": [
            {
                "position": name,
                "before": None if before is None else plain_text(before),
                "after": None if after is None else plain_text(after),
            }
            for name, before, after in found.prices
        ],
        "before": documents.write(found.before),
        "after": documents.write(found.after) if found.after is not None else None,
    }
