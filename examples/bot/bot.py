"""A bot that asks before it sends: preview of the order, what is the most that may be sent, decision, and then the fill.

The signals are given, where a bot would compute them; `send` is where it would call the venue.
"""  # noqa: INP001 - a program beside its data, in no package

import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from attrs import evolve

from marginrules import AccountState, Action, decide, limits, load_policy, preview, read_account, target
from marginrules.engine.limits import Order

HERE = Path(__file__).parent
POLICY = load_policy("hyperliquid")
SYMBOL = "BTC-PERP"
DISTANCE = Decimal("0.15")
"""The liquidation price is to stay this far from the mark, as a share of it."""


def bot(state: AccountState, signals: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Go through the signals, each a side and a quantity."""
    for side, quantity in signals:
        order = Action("open", symbol=SYMBOL, side=side, quantity=Decimal(quantity), margin_mode="cross")
        yield f"{side} {quantity}"
        seen = preview(POLICY, state, order)
        if not seen.decision.allowed:
            yield f"  refused: {seen.decision.because.partition(':')[0]}"
            # The most that may be bought or sold now, by the same rules.
            found = limits(POLICY, state, order=Order(margin_mode="cross", symbols=(SYMBOL,)))
            most = next(limit for limit in found if limit.name == f"open_{side}:{SYMBOL}")
            yield f"  at most {shown(most.value)}"
            if not most.value:
                continue
            order = evolve(order, quantity=most.value)
            seen = preview(POLICY, state, order)
        mark = state.instrument_by_symbol[SYMBOL].mark_price or Decimal(0)
        _, before, after = next(entry for entry in seen.prices if entry[0] == SYMBOL)
        yield f"  liquidation price {shown(before)} -> {shown(after)}, initial margin {shown(seen.margin)} {seen.margin_asset}"
        if after is not None and abs(mark - after) < DISTANCE * mark:
            wanted = mark * (1 - DISTANCE if after < mark else 1 + DISTANCE)
            yield f"  too near; {enough(state, order, wanted)}"
            continue
        state = send(state, order)
        yield f"  sent; holds {shown(state.positions[0].quantity if state.positions else Decimal(0))}"


def enough(state: AccountState, order: Action, wanted: Decimal) -> str:
    """What would have to be paid in for the order to leave the distance."""
    filled = decide(POLICY, state, order).state
    if filled is None:
        return "and refused besides"
    found = target(POLICY, filled, f"liquidation_price:{SYMBOL}={wanted}", step=Decimal("0.01"))
    return f"{shown(found.value)} {found.unit} more would do ({found.name.partition(':')[0]})"


def send(state: AccountState, order: Action) -> AccountState:
    """The account after the order, which here fills at the mark; a bot calls its venue, and reads the account again."""
    decision = decide(POLICY, state, order)
    return decision.state if decision.state is not None else state


def shown(number: Decimal | None) -> str:
    """Up to three decimals."""
    return "none" if number is None else f"{number:,.3f}".rstrip("0").rstrip(".")


SIGNALS = (("buy", "0.1"), ("buy", "5"), ("sell", "0.4"), ("sell", "1.5"))

if __name__ == "__main__":
    account = read_account((HERE / "account.json").read_text(encoding="utf-8"), POLICY)
    sys.stdout.writelines(f"{line}\n" for line in bot(account, SIGNALS))
