"""`marginrules preview`: an order before it is sent."""

from decimal import Decimal

import click
from rich.table import Table
from rich.text import Text

from marginrules.arithmetic import plain_text
from marginrules.cli import arguments, output
from marginrules.cli.words import WORD, WordsCommand
from marginrules.engine import documents
from marginrules.engine.preview import Preview, preview
from marginrules.policy.catalogue import load_policy


@click.command("preview", cls=WordsCommand)
@arguments.account_argument
@arguments.policy_option
@arguments.from_option
@arguments.as_of_option
@arguments.json_option
@click.option(
    "--action", "action_text", metavar="JSON", help="the order as a document (`open` or `place_order`), or @FILE"
)
@click.argument("words", nargs=-1, type=WORD, metavar="[open|place_order SYMBOL SIDE QUANTITY [PRICE] …]")
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
    if found.decision.refusal is not None:
        out.print(f"the venue says: {found.decision.refusal}", markup=False)
    if found.decision.rule is not None:
        out.print(f"{found.decision.rule}: {found.decision.text}", markup=False)
    leverage = f"leverage {output.shown(found.leverage)}" if found.leverage is not None else "no leverage said"
    out.print(f"runs under {found.margin_mode or 'no'} margin mode, {leverage}", markup=False)
    for suffix, margins in (("", found.margins), (" while it rests", found.resting)):
        for asset, amount in margins:
            if amount or len(margins) == 1:
                verb = "sets free" if amount is not None and amount < 0 else "takes"
                shown = "an unknown amount of" if amount is None else output.number(abs(amount))
                out.print(f"{verb} {shown} {asset} initial margin{suffix}", markup=False)
    table = Table(pad_edge=False)
    for heading in ("position", "liquidation price before", "after"):
        table.add_column(heading, justify="left" if heading == "position" else "right")
    for name, before, after in found.prices:
        table.add_row(name, output.shown(before), output.shown(after))
    out.print(table)
    output.print_notes(out, found.decision.before.notes)
    return 0


def _amounts(margins: tuple[tuple[str, Decimal | None], ...]) -> list[dict[str, str | None]]:
    return [{"asset": asset, "amount": None if amount is None else plain_text(amount)} for asset, amount in margins]


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
        "margins": _amounts(found.margins),
        "resting": _amounts(found.resting),
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
