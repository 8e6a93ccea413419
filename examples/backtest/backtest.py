"""The fall of 12 and 13 March 2020 under a policy: one long, cross and isolated, and what became of it.

The strategy is as plain as can be: buy 4 BTC and hold. What it shows is the loop: feed a price, read what the venue did,
ask for the state. Today's rules on the prices of then: the venue was not there in 2020, so the events carry no time (with
one, `"at": row["hour"]`, the policy answers that it did not hold).
"""  # noqa: INP001 - a program beside its data, in no package

import csv
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from marginrules import Replay, load_policy

HERE = Path(__file__).parent
SYMBOL = "BTC-PERP"


def backtest(margin_mode: str, leverage: int) -> Iterator[str]:
    """Buy, hold, and tell what happened."""
    replay = Replay(load_policy("hyperliquid"))
    document = json.loads((HERE / "account.json").read_text(encoding="utf-8"))
    account = document["account"]["id"]
    replay.feed({"event": "account", "document": document})
    yield f"{margin_mode}, {leverage}x"
    # The order is decided, as the venue would; a `fill` event would be taken as a fact.
    order = {"symbol": SYMBOL, "side": "buy", "quantity": "4", "margin_mode": margin_mode, "leverage": str(leverage)}
    decision = replay.feed({"event": "open", "account": account, **order})[0]["decision"]
    if not decision["allowed"]:
        yield f"  refused: {decision['because']}"
        return
    bought = replay.report(account).positions[0]
    yield f"  bought; liquidation price {shown(bought.liquidation_price)}, bankruptcy price {shown(bought.bankruptcy_price)}"
    with (HERE / "prices.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for price in (row["low"], row["close"]):
                for result in replay.feed({"event": "mark", "symbol": SYMBOL, "price": price}):
                    yield f"  {row['hour']} at {shown(Decimal(price))}: {words(result)}"
    state = replay.state(account)
    yield f"  at the end {shown(state.balances[0].wallet_balance)} USDC and {len(state.positions) or 'no'} position"


def words(result: dict[str, Any]) -> str:
    """What the venue did, in a line."""
    if "procedure" not in result:
        return f"{', '.join(result['unsettled'])} is liquidatable still"
    step = result["procedure"]
    moved = [f"{shown(Decimal(way['amount']))} {way['asset']} to the {way['place']}" for way in step["transfers"]]
    return f"{step['step']} in {step['pool']}, {', '.join(moved)}"


def shown(number: Decimal | None) -> str:
    """Two decimals."""
    return "none" if number is None else f"{number:,.2f}"


if __name__ == "__main__":
    for mode, leverage in (("cross", 10), ("isolated", 10), ("isolated", 4), ("cross", 2)):
        sys.stdout.writelines(f"{line}\n" for line in backtest(mode, leverage))
