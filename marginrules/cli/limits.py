"""`marginrules limits`: how much may be withdrawn, added, removed, opened."""

from collections.abc import Mapping
from decimal import Decimal

import click
from rich.measure import Measurement
from rich.table import Table

from marginrules.account import documents as account_documents
from marginrules.account.state import StateError
from marginrules.arithmetic import plain_text
from marginrules.cli import arguments, output
from marginrules.cli.command import Command
from marginrules.engine.evaluate import evaluate
from marginrules.engine.limits import MONEY_STEP, Limit, Order, limits, target
from marginrules.policy.catalogue import load_policy

_READABLE = 60
"""Least width of a column of rules, in characters."""


@click.command("limits", cls=Command)
@arguments.account_argument
@arguments.policy_option
@arguments.from_option
@arguments.as_of_option
@arguments.json_option
@click.option("--step", default=str(MONEY_STEP), show_default=True, help="step of amounts of money")
@click.option(
    "--target",
    "wanted",
    metavar="FIGURE:ID=VALUE",
    help="least to add, as liquidation_price:A=55000 or margin_ratio:cross=0.5",
)
@click.option("--symbol", "symbols", multiple=True, help="ask about orders and leverage of this instrument only")
@click.option("--price", "prices", multiple=True, metavar="SYMBOL=PRICE", help="price of the orders; else the mark")
@click.option("--margin-mode", type=click.Choice(["cross", "isolated"]), help="mode of the orders")
@click.option("--leverage", help="leverage of the orders")
def command(
    account: str,
    policy_name: str,
    from_format: str | None,
    as_of: str | None,
    as_json: bool,
    step: str,
    wanted: str | None,
    symbols: tuple[str, ...],
    prices: tuple[str, ...],
    margin_mode: str | None,
    leverage: str | None,
) -> int:
    """How much ACCOUNT may withdraw, transfer, add, remove and open; the policy's own rules decide each limit."""
    policy = load_policy(policy_name)
    state = arguments.read_account(account, [policy], from_format, as_of)
    width = _above_zero(step, "--step")
    order = Order(
        {name: _above_zero(price, "--price") for name, price in map(_named, prices)},
        margin_mode,
        _above_zero(leverage, "--leverage") if leverage is not None else None,
        symbols,
    )
    found: tuple[Limit, ...]
    if wanted is not None:
        found = (target(policy, state, wanted, step=width),)
    else:
        found = limits(policy, state, step=width, order=order)
    notes = evaluate(policy, state, solve=False).notes if policy.plan.dated_tables else ()
    if as_json:
        documents = [_document(limit) for limit in found]
        output.print_json({"schema": "marginrules/limits/1", "limits": documents, "notes": list(notes)})
        return 0
    out = output.console()
    reasons = {
        limit.name: limit.because if limit.rule is None else f"{limit.because} ({limit.rule})" for limit in found
    }
    numbers = _table(found, None)
    if Measurement.get(out, out.options, numbers).maximum + _READABLE <= out.width:
        out.print(_table(found, reasons))
    else:
        # A rule would be folded beside the numbers: it stands below them, as wide as the terminal.
        out.print(numbers)
        for name, reason in reasons.items():
            out.print(f"{name}: {reason}", markup=False)
    for limit in found:
        if limit.under:
            out.print(f"{limit.name} is asked {limit.under}", markup=False)
    output.print_notes(out, notes)
    return 0


def _table(found: tuple[Limit, ...], reasons: Mapping[str, str] | None) -> Table:
    table = Table(pad_edge=False)
    for heading in ("limit", "value", "unit", *(("because",) if reasons is not None else ())):
        table.add_column(heading, justify="right" if heading == "value" else "left", overflow="fold")
    for limit in found:
        shown = "no limit" if limit.unlimited else "-" if limit.value is None else output.number(limit.value)
        table.add_row(limit.name, shown, limit.unit, *((reasons[limit.name],) if reasons is not None else ()))
    return table


def _named(text: str) -> tuple[str, str]:
    name, separator, value = text.rpartition("=")
    if not separator or not name:
        message = f"{text!r} names no price; write SYMBOL=PRICE, such as BTC-PERP=61000"
        raise click.BadParameter(message, param_hint="--price")
    return name, value


def _above_zero(text: str, option: str) -> Decimal:
    try:
        found = account_documents.decimal(text, "", option)
    except StateError:
        found = Decimal(0)
    if found <= 0:
        message = f"{text!r} will not do; write a number above 0, such as 0.01"
        raise click.BadParameter(message, param_hint=option)
    return found


def _document(limit: Limit) -> dict[str, str | bool | None]:
    return {
        "limit": limit.name,
        "value": None if limit.value is None else plain_text(limit.value),
        "unit": limit.unit,
        "unlimited": limit.unlimited,
        "under": limit.under,
        "because": limit.because,
        "rule": limit.rule,
    }
