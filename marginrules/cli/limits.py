"""`marginrules limits`: how much may be withdrawn, added, removed, opened."""

from decimal import Decimal, InvalidOperation

import click
from rich.table import Table

from marginrules.arithmetic import plain_text
from marginrules.cli import arguments, output
from marginrules.engine.limits import MONEY_STEP, Limit, limits, target
from marginrules.policy.catalogue import load_policy


@click.command("limits")
@arguments.account_argument
@arguments.policy_option
@arguments.from_option
@arguments.as_of_option
@arguments.json_option
@click.option("--step", default=str(MONEY_STEP), show_default=True, help="step of amounts of money")
@click.option("--target", "wanted", metavar="FIGURE:ID=VALUE", help="least to add, as liquidation_price:A=55000")
def command(
    account: str,
    policy_name: str,
    from_format: str | None,
    as_of: str | None,
    as_json: bool,
    step: str,
    wanted: str | None,
) -> int:
    """How much ACCOUNT may withdraw, add, remove and open; each limit is decided by the policy's own rules."""
    policy = load_policy(policy_name)
    state = arguments.read_account(account, [policy], from_format, as_of)
    width = _step(step)
    found = [target(policy, state, wanted, step=width)] if wanted is not None else limits(policy, state, step=width)
    if as_json:
        output.print_json({"schema": "marginrules/limits/1", "limits": [_document(limit) for limit in found]})
        return 0
    table = Table(pad_edge=False)
    for heading in ("limit", "value", "unit", "because", "rule"):
        table.add_column(heading, justify="right" if heading == "value" else "left", overflow="fold")
    for limit in found:
        shown = "no limit" if limit.unlimited else "-" if limit.value is None else output.number(limit.value)
        table.add_row(limit.name, shown, limit.unit, limit.because, limit.rule or "")
    output.console().print(table)
    return 0


def _step(text: str) -> Decimal:
    try:
        step = Decimal(text)
    except InvalidOperation:
        step = Decimal(0)
    if not step.is_finite() or step <= 0:
        message = f"{text!r} is no step; write a number above 0, such as 0.01"
        raise click.BadParameter(message, param_hint="--step")
    return step


def _document(limit: Limit) -> dict[str, str | bool | None]:
    return {
        "limit": limit.name,
        "value": None if limit.value is None else plain_text(limit.value),
        "unit": limit.unit,
        "unlimited": limit.unlimited,
        "because": limit.because,
        "rule": limit.rule,
    }
