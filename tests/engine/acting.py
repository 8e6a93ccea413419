"""Policies with rules about actions and procedures, put together at random, and actions on generated accounts.

There is a fixed number of them, chosen by a seed: to check a policy takes far longer than to decide under it.
"""

import random
from decimal import Decimal
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from marginrules.account.actions import Action
from marginrules.account.state import AccountState
from marginrules.policy.catalogue import load_text
from marginrules.policy.policy import Policy
from tests.engine.policies import decimals

RULES: dict[str, tuple[str, ...]] = {
    "deposit": ("allow deposit", 'refuse deposit when number(amount) < 5 because "too little"\nallow deposit', ""),
    "cash": (
        'allow withdraw, transfer leaving pool.equity >= pool.initial_margin because "in use"',
        "allow withdraw, transfer when amount <= pool.idle_equity",
        (
            'refuse withdraw, transfer when number(amount) < 10 because "too little"\n'
            'allow withdraw, transfer leaving every pool with not liquidatable_now because "safe"'
        ),
        "allow withdraw, transfer",
        "",
    ),
    "add": (
        'allow add_margin when amount <= cross.idle_equity because "not idle"',
        'allow add_margin leaving every other pool with equity >= initial_margin because "others"',
        "",
    ),
    "remove": (
        "allow remove_margin leaving pool.equity >= max(pool.initial_margin, 10% * position.notional)",
        'refuse remove_margin when position.quantity < 0 because "shorts keep it"\nallow remove_margin',
        "",
    ),
    "open": (
        'allow open leaving every pool with equity >= initial_margin because "initial margin" as "E-1"',
        (
            'refuse open when given(leverage) and leverage > 20 because "too high"\n'
            "allow open when not increasing\nallow open when increasing leaving pool.equity >= pool.initial_margin"
        ),
        (
            'refuse open when number(quantity) < 0.5 because "too small"\n'
            "allow open leaving every pool with equity >= initial_margin"
        ),
    ),
    "less": ("allow reduce, close", 'allow reduce, close leaving pool.equity >= 0 because "paid for"', ""),
    "mode": (
        (
            'refuse switch_mode when has_orders because "orders first"\n'
            "allow switch_mode leaving every pool with equity >= initial_margin"
        ),
        "allow switch_mode",
    ),
    "leverage": (
        'allow set_leverage leaving every pool with equity >= initial_margin because "initial margin"',
        'refuse set_leverage when leverage > 75 because "the maximum"\nallow set_leverage',
        "allow set_leverage",
    ),
    "order": ("allow place_order, cancel_order", 'allow place_order leaving cross.equity >= 0 because "paid for"', ""),
}

REPLENISHMENTS = (
    "",
    (
        "replenish isolated when pool.equity < position.maintenance_margin and cross.idle_equity > 0\n"
        "  adding min(cross.idle_equity, max(0, position.initial_margin - pool.equity))"
    ),
)

STEPS = (
    "step orders cancel orders",
    'step takeover when equity <= 0 hand over to "insurance fund"',
    'step part close 25% largest notional first at instrument.mark_price * 0.99 fee 0.5% * notional to "insurance fund"',
    'step third close 1 / 3 fee 1% * notional to "venue"',
    'step rest close 100% fee 1% * notional to "insurance fund"',
    'step backstop hand over to "backstop"',
)


EXTRA = ("0 * notional", "unrealized_pnl * 50%", "accrued_funding", "max(0, unrealized_pnl) - 1% * notional")
MAINTENANCE = (
    "notional * 1%",
    "tiered notional by instrument.tiers rate tier.maintenance_rate",
    "entry_value * 2%",
    "max(notional, entry_value) * (pick tier.maintenance_rate from instrument.tiers at notional)",
)
POLICIES = 12


@lru_cache(maxsize=64)
def policy(seed: int, contract: str = "linear") -> Policy:
    """The checked policy of a seed, below `POLICIES`."""
    chance = random.Random(seed)  # noqa: S311 - a test's own choices
    procedures = [chance.choice(REPLENISHMENTS)]
    for pool in ("cross", "isolated"):
        steps = chance.sample(STEPS, chance.randint(0, 4))
        if steps:
            procedures.append(f"liquidation {pool} {{\n  " + "\n  ".join(steps) + "\n}")
    text = f"""
policy acting {{
  title "acting" version "{seed}"
  contracts {contract}
}}
input position.special: flag = false "what only this venue has"
position {{
  extra = if special then {chance.choice(EXTRA)} else 0 * notional
  initial_margin = notional / leverage
  maintenance_margin = {chance.choice(MAINTENANCE)}
}}
pool cross {{
  covers positions where margin_mode == cross
  covers orders
  one per account
  draws on remainder of balances
  equity = collateral + sum(unrealized_pnl) + sum(extra)
  idle_equity = max(0, equity - initial_margin)
  liquidatable_now = count(positions) > 0 and equity {chance.choice(["<", "<="])} maintenance_margin
  liquidate when liquidatable_now
}}
pool isolated {{
  covers positions where margin_mode == isolated
  one per position
  draws on assigned_margin
  equity = collateral + unrealized_pnl + extra
  liquidatable_now = equity {chance.choice(["<", "<="])} maintenance_margin
  liquidate when liquidatable_now
}}
"""
    rules = [chance.choice(choices) for choices in RULES.values()]
    return load_text("\n".join([text, *rules, *procedures]), "acting.margin")


def acting(contract: str = "linear") -> st.SearchStrategy[Policy]:
    """A checked policy with rules about actions, and procedures."""
    return st.integers(0, POLICIES - 1).map(lambda seed: policy(seed, contract))


@st.composite
def actions(draw: st.DrawFn, state: AccountState) -> Action:
    """An action that fits the account, or nearly does."""
    asset = state.balances[0].asset
    amount = Decimal(draw(decimals("0.01", "9000")))
    kinds = ["deposit", "withdraw", "transfer", "open", "set_leverage", "place_order"]
    if state.positions:
        kinds += ["add_margin", "remove_margin", "reduce", "close", "switch_mode"]
    kind = draw(st.sampled_from(kinds))
    values: dict[str, Any] = {}
    if kind in {"deposit", "withdraw", "transfer"}:
        values = {"asset": asset, "amount": amount}
        if kind == "transfer":
            values["to"] = "elsewhere"
        return Action(kind, **values)
    if kind in {"open", "set_leverage", "place_order"}:
        values["symbol"] = draw(st.sampled_from(state.instruments)).symbol
        values["leverage"] = Decimal(draw(st.sampled_from(["1", "5", "20", "100"])))
    else:
        values["position"] = draw(st.sampled_from(state.positions)).id
    if kind in {"open", "place_order"}:
        values["side"] = draw(st.sampled_from(["buy", "sell"]))
        values["margin_mode"] = draw(st.sampled_from(["cross", "isolated"]))
    if kind in {"open", "place_order", "reduce"}:
        values["quantity"] = Decimal(draw(decimals("0.01", "60")))
        values["price"] = Decimal(draw(decimals("1", "1000")))
    if kind in {"add_margin", "remove_margin"}:
        values["amount"] = amount
    if kind == "switch_mode":
        values["margin_mode"] = draw(st.sampled_from(["cross", "isolated"]))
    return Action(kind, **values)
