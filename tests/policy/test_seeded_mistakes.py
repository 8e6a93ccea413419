"""Seeded mistakes: each is rejected at check time, at the guilty words, with both dimensions named and a remedy."""

from typing import Any

import pytest

from marginrules.policy.catalogue import diagnose_text

POLICY = """
policy seeded {{
  title "seeded" version "1"
  contracts {contracts}
  {header}
}}
{file}
position {{
  initial_margin     = notional / leverage
  maintenance_margin = notional * 1%
  {position}
}}
pool cross {{
  covers   positions where margin_mode == cross
  covers   orders
  one per  account
  draws on remainder of balances
  {valued}
  equity = {equity}
  {pool}
  liquidate when {boundary}
}}
pool isolated {{
  covers   positions where margin_mode == isolated
  one per  position
  draws on assigned_margin
  equity = collateral + unrealized_pnl
  {isolated}
  liquidate when equity < maintenance_margin
}}
{end}
"""

DEFAULTS = {
    "contracts": "linear",
    "header": "",
    "file": "",
    "position": "",
    "valued": "",
    "equity": "collateral + sum(unrealized_pnl)",
    "pool": "",
    "boundary": "equity < maintenance_margin",
    "isolated": "",
    "end": "",
}

USD = {"valued": "valued in USD", "equity": "sum(amount in USD of balances)", "boundary": "equity < 0"}

# code, the guilty words, what the message must say, and what is put into the policy
MISTAKES: list[tuple[str, str, tuple[str, ...], dict[str, str]]] = [
    ("not-a-rate", "5", ("rate", "5"), {"file": "const fee: rate = 5"}),
    ("not-a-rate", "5", ("rate", "5"), {"position": "publish x = notional * (tier_fee + 5)", "file": "const tier_fee: rate = 1%"}),
    ("not-a-rate", "2", ("rate",), {"position": "publish x = tiered notional by instrument.tiers rate 2"}),
    ("not-a-rate", "5", ("rate",), {"file": 'input instrument.f: rate = 5 "f"'}),
    ("not-a-rate", "5", ("rate",), {"file": 'input instrument.f: rate in 0 .. 5 "f"'}),
    ("asset-mismatch", "5 USD", ("USD", "settlement"), {"file": 'input position.f: money in settle in 0 .. 5 USD "f"'}),
    ("dimension-mismatch", "5%", ("rate", "money"), {"file": 'input position.f: money in settle = 5% "f"'}),
    ("dimension-mismatch", "0", ("flag", "bare number"), {"file": 'input account.f: flag = 0 "f"'}),
    ("dimension-mismatch", "0", ("flag", "bare number"), {"boundary": "0"}),
    ("dimension-mismatch", "0", ("flag", "bare number"), {"position": "publish x = if quantity > 0 and 0 then 1 else 2"}),
    ("dimension-mismatch", "0", ("tier table", "bare number"), {"file": 'input instrument.f: tiers = 0 "f"'}),
    ("default-out-of-range", "5", ("range",), {"file": 'input position.f: number in 5 .. 1 "f"'}),
    ("default-out-of-range", "10%", ("range",), {"file": 'input position.f: rate in 10% .. 5% "f"'}),
    ("default-out-of-range", "7", ("range",), {"file": 'input position.f: money in settle = 7 in 0 .. 5 "f"'}),
    ("not-a-rate", "50", ("rate",), {"file": "table t { | above | maintenance_rate | | 0 | 50 | }"}),
    ("bad-table", "10%", ("`f`", "a bare number", "a rate"), {"file": "table t { | above | f | | 0 | 8 | | 10 | 10% | }"}),
    ("bad-table", "20 USDC", ("`above`", "a bare number", "USDC"), {"file": "table t { | above | f | | 0 | - | | 10 | - | | 20 USDC | - | }"}),
    ("rate-out-of-range", "| 10 | 250% |", ("`f` is 2.5",), {"file": "table t { | above | f | | 0 | 8% | | 10 | 250% | }"}),
    ("dimension-mismatch", "quantity", ("price", "quantity"), {"position": "publish x = entry_price + quantity"}),
    ("dimension-mismatch", "1%", ("money", "rate"), {"boundary": "equity < 1%"}),
    ("dimension-mismatch", "1%", ("money", "rate"), {"position": "publish x = notional + 1%"}),
    ("dimension-mismatch", "leverage", ("rate", "number"), {"file": "const fee: rate = 1%", "position": "publish x = fee + leverage"}),
    ("dimension-mismatch", "leverage", ("money", "number"), {"position": "publish x = notional - leverage"}),
    ("dimension-mismatch", "5", ("money", "bare number"), {"boundary": "equity < 5"}),
    ("dimension-mismatch", "quantity * entry_price", ("money", "contracts"), {"position": "publish x = max(notional, quantity * entry_price)"}),
    ("dimension-mismatch", "margin_mode", ("choice",), {"position": "publish x = notional * margin_mode"}),
    ("dimension-mismatch", "special", ("flag",), {"file": 'input position.special: flag = false "s"', "position": "publish x = notional * special"}),
    ("dimension-mismatch", "leverage", ("flag", "number"), {"position": "publish x = if leverage then 1 else 2"}),
    ("dimension-mismatch", "notional", ("flag", "money"), {"position": "publish x = not notional"}),
    ("dimension-mismatch", "notional", ("flag", "money"), {"position": "publish x = quantity > 0 and notional"}),
    ("dimension-mismatch", "leverage", ("money", "number"), {"position": "publish x = if quantity > 0 then notional else leverage"}),
    ("dimension-mismatch", "1%", ("money", "rate"), {"position": "publish x = max(notional, 1%)"}),
    ("dimension-mismatch", "notional", ("square root", "money"), {"position": "publish x = sqrt(notional)"}),
    ("dimension-mismatch", "notional", ("logarithm", "money"), {"position": "publish x = ln(notional)"}),
    ("dimension-mismatch", "1%", ("money", "rate"), {"position": "publish x = round(notional, up to 1%)"}),
    ("dimension-mismatch", "1%", ("converted", "rate"), {"position": "publish x = 1% in USD"}),
    ("dimension-mismatch", "notional", ("rate", "money"), {"position": "publish x = tiered notional by instrument.tiers rate notional"}),
    ("dimension-mismatch", "1%", ("money", "rate"), {"position": "publish x = tiered notional by instrument.tiers rate 1% amount 1%"}),
    ("dimension-mismatch", "leverage", ("tier table", "number"), {"position": "publish x = tiered notional by instrument.max_leverage rate 1%"}),
    ("dimension-mismatch", "t", ("USDC", "number"), {"file": "table t { | above | maintenance_rate | | 0 USDC | 1% | | 5 USDC | 2% | }", "position": "publish x = pick tier.maintenance_rate from t at leverage"}),
    ("dimension-mismatch", "equity", ("ratio", "money"), {"pool": "margin_ratio = equity"}),
    ("dimension-mismatch", "1%", ("money", "rate"), {"equity": "1%"}),
    ("dimension-mismatch", "8 hours", ("money", "duration"), {"position": "publish x = notional + 8 hours"}),
    ("asset-mismatch", "notional / entry_price", ("money", "base units"), {"position": "publish x = notional - notional / entry_price"}),
    ("asset-mismatch", "1 BTC", ("USDC", "BTC"), {"file": "const a = 1 USDC", "position": "publish x = a > 1 BTC"}),
    ("asset-mismatch", "unrealized_pnl", ("settlement",), {**USD, "pool": "publish x = sum(unrealized_pnl)"}),
    ("asset-mismatch", "collateral", ("USD", "balances"), {**USD, "pool": "publish x = collateral"}),
    ("asset-mismatch", "amount", ("balance",), {**USD, "pool": "publish x = sum(amount of balances)"}),
    ("dimension-mismatch", "quantity * instrument.contract_size / entry_price", ("money", "base", "quote"), {"contracts": "linear, inverse", "position": "publish x = notional + quantity * instrument.contract_size / entry_price"}),
    ("asset-mismatch", "5 USDC", ("USDC", "settlement"), {"boundary": "equity < 5 USDC"}),
    ("undefined-name", "leverge", ("leverge",), {"position": "publish x = notional * leverge"}),
    ("undefined-name", "max_leverage", ("instrument.max_leverage",), {"position": "publish x = max_leverage"}),
    ("undefined-name", "instrument.mark", ("mark_price",), {"position": "publish x = instrument.mark"}),
    ("undefined-name", "sqr(2)", ("sqrt",), {"position": "publish x = sqr(2)"}),
    ("undefined-name", "tier.rate", ("tier",), {"position": "publish x = tier.rate"}),
    ("undefined-name", "tier.maintenance", ("maintenance_rate",), {"position": "publish x = tiered notional by instrument.tiers rate tier.maintenance"}),
    ("undefined-name", "bracket", ("bracket",), {"position": "publish x = tiered notional by bracket rate 1%"}),
    ("undefined-name", "rat", ("rate",), {"file": 'input account.x: rat "x"'}),
    ("name-taken", "leverage = 5", ("leverage",), {"position": "leverage = 5"}),
    ("name-taken", "publish id = notional", ("report",), {"position": "publish id = notional"}),
    ("name-taken", "publish asset = equity", ("report",), {"pool": "publish asset = equity"}),
    ("name-taken", "threshold liquidatable", ("report",), {"pool": "threshold liquidatable when equity < 2 * maintenance_margin"}),
    ("name-taken", "threshold equity", ("figure",), {"pool": "threshold equity when equity < 2 * maintenance_margin"}),
    ("name-taken", "threshold low", ("figure",), {"pool": "publish low = equity / 2\n  threshold low when equity < 2 * maintenance_margin"}),
    ("name-taken", "group position", ("word",), {"file": "group position by instrument { total = sum(notional of positions) }", "pool": "publish x = sum(total of position)"}),
    ("name-taken", "group other", ("word",), {"file": "group other by instrument { total = sum(notional of positions) }", "pool": "publish x = sum(total of other)"}),
    ("name-taken", "pool tier", ("word",), {"end": "pool tier {\n  covers positions where margin_mode == cross\n  one per account\n  draws on nothing\n  equity = 0\n}"}),
    ("name-taken", "places", ("places",), {"file": 'input position.places: number "x"'}),
    ("name-taken", "unrealized_pnl = notional", ("contract",), {"isolated": "position { unrealized_pnl = notional * 0.5 }"}),
    ("name-taken", "collateral = 3", ("draws",), {"isolated": "collateral = 3 * notional"}),
    ("dimension-mismatch", "instrument.mark_price: money", ("price", "money"), {"file": 'input instrument.mark_price: money in settle "x"'}),
    ("dimension-mismatch", "position.leverage: rate", ("number", "rate"), {"file": 'input position.leverage: rate = 5% "x"'}),
    ("asset-mismatch", "unrealized_pnl", ("differ", "settlement"), {"contracts": "linear, inverse"}),
    ("name-taken", "own = 1", ("own",), {"file": 'input position.own: number "x"\nposition { own = 1 }', "position": "publish x = notional * own"}),
    ("unknown-choice", "crosss", ("cross",), {"position": "publish x = margin_mode == crosss"}),
    ("unknown-rounding", "round(notional, nearest to notional)", ("nearest",), {"position": "publish x = round(notional, nearest to notional)"}),
    ("wrong-arguments", "sqrt(1, 2)", ("1", "2"), {"position": "publish x = sqrt(1, 2)"}),
    ("division-by-zero", "0", ("zero",), {"position": "publish x = notional / 0"}),
    ("definition-cycle", "publish x = y", ("x",), {"position": "publish x = y\n y = x"}),
    ("definition-cycle", "const a = b", ("a",), {"file": "const a = b\nconst b = a"}),
    ("duplicate-definition", "publish x = 2", ("twice",), {"position": "publish x = 1\n publish x = 2"}),
    ("duplicate-definition", "const a = 2", ("twice",), {"file": "const a = 1\nconst a = 2"}),
    ("nothing-to-replace", "replace x = 1", ("replaces nothing",), {"position": "replace x = 1"}),
    ("restated-fact", "margin_mode", ("margin_mode",), {"position": "unrealized_pnl = if margin_mode == cross then notional - entry_value else 0 * notional"}),
    ("restated-fact", "leverage", ("leverage",), {"position": "notional = abs(entry_value) * leverage"}),
    ("restated-fact", "account.wide", ("wide",), {"file": 'input account.wide: flag = false "x"', "position": "factor = if account.wide then 1 else 2\n notional = abs(entry_value) * factor"}),
    ("ring-fence", "balances", ("balances",), {"isolated": "publish x = count(balances)"}),
    ("ring-fence", "cross.equity", ("cross",), {"isolated": "publish x = cross.equity"}),
    ("aggregate-outside-pool", "sum(notional)", ("pool",), {"position": "publish x = sum(notional)"}),
    ("undeclared-source", "handbok", ("handbok",), {"position": "publish x = notional cites handbok"}),
    ("unreachable-branch", "if margin_mode == cross then 1 else 2", ("else",), {"pool": "position { publish x = if margin_mode == cross then 1 else 2 }"}),
    ("tier-gap", "| 5 | 1% |", ("0 to 5",), {"file": "table t { | above | maintenance_rate | | 5 | 1% | }"}),
    ("tier-gap", "| 0 | 5 | 1% |", ("ends at 5",), {"file": "table t { | above | up_to | maintenance_rate | | 0 | 5 | 1% | | 6 | - | 2% | }"}),
    ("tier-overlap", "| 0 | 7 | 1% |", ("ends at 7",), {"file": "table t { | above | up_to | maintenance_rate | | 0 | 7 | 1% | | 6 | - | 2% | }"}),
    ("tier-order", "| 4 | 3% |", ("above 4",), {"file": "table t { | above | maintenance_rate | | 0 | 1% | | 6 | 2% | | 4 | 3% | }"}),
    ("tier-amount", "| 100 | 2% | 7 |", ("continuous",), {"file": "table t { | above | maintenance_rate | maintenance_amount | | 0 | 1% | 0 | | 100 | 2% | 7 | }"}),
    ("initial-below-maintenance", "| 0 | 2% | 1% |", ("liquidatable at once",), {"file": "table t { | above | maintenance_rate | initial_rate | | 0 | 2% | 1% | }"}),
    ("rate-out-of-range", "150%", ("outside 0 .. 1",), {"file": "const a: rate = 150%"}),
    ("rate-out-of-range", "| 0 | 150% |", ("outside 0 .. 1",), {"file": "table t { | above | maintenance_rate | | 0 | 150% | }"}),
    ("tier-order", "| 6 | 5 | 2% |", ("ends at 5",), {"file": "table t { | above | up_to | maintenance_rate | | 0 | 6 | 1% | | 6 | 5 | 2% | }"}),
    ("bad-table", "table t { | at_least | up_to | maintenance_rate |", ("does not go with",), {"file": "table t { | at_least | up_to | maintenance_rate | | 0 | 6 | 1% | }"}),
    ("bad-table", "| 0 | 0 |", ("max_leverage",), {"file": "table t { | above | max_leverage | | 0 | 0 | }"}),
    ("bad-table", "6 BTC", ("money in USDC", "money in BTC"), {"file": "table t { | above | up_to | maintenance_rate | | 0 USDC | 6 BTC | 1% | | 6 USDC | - | 2% | }"}),
    ("bad-table", 'table t from "no.csv"', ("no.csv",), {"file": 'table t from "no.csv"'}),
    ("uncovered-position", "", ("no pool covers",), {}),
    ("doubly-covered-position", "", ("both cover",), {"end": "pool other { covers positions where margin_mode == cross one per position draws on assigned_margin equity = collateral }"}),
    ("collateral-drawn-twice", "", ("same balances",), {"end": "pool other { covers orders where reduce_only one per account draws on remainder of balances equity = collateral }"}),
    ("unreachable-branch", "if leverage > 7 then 2 else 3", ("then",), {"position": "publish x = if leverage > 5 then 1 else if leverage > 7 then 2 else 3"}),
    ("unreachable-branch", "if 2 * leverage <= 10 then 2 else 3", ("else",), {"position": "publish x = if leverage > 5 then 1 else if 2 * leverage <= 10 then 2 else 3"}),
    ("unreachable-branch", "if -notional < -unrealized_pnl then 2 else 3", ("then",), {"position": "publish x = if notional > unrealized_pnl then 1 else if -notional < -unrealized_pnl then 2 else 3"}),
    ("unreachable-branch", "if quantity > 0 then 2 else 3", ("then",), {"pool": "publish x = sum((if quantity > 0 then 1 else if quantity > 0 then 2 else 3) of positions)"}),
    ("unreachable-branch", "if quantity < 0 then 2 else 3", ("then",), {"pool": "publish x = sum((if quantity < 0 then 2 else 3) of positions where quantity > 0)"}),
    ("unreachable-branch", "if margin_mode == cross then 1 else 2", ("else",), {"position": "x = if margin_mode == cross then 1 else 2", "pool": "publish y = sum(x)"}),
    ("unreachable-branch", "if margin_mode == isolated then 1 else 2", ("then",), {"position": "publish x = if margin_mode == cross then (if margin_mode == isolated then 1 else 2) else 3"}),
    ("unreachable-branch", "if margin_mode == isolated then 1 else 2", ("else",), {"isolated": "publish x = if margin_mode == isolated then 1 else 2"}),
    ("decided-condition", "leverage > 5 and leverage < 3", ("never holds",), {"position": "publish x = if leverage > 5 and leverage < 3 then 1 else 2"}),
    ("decided-condition", "leverage > 5", ("beside it",), {"position": "publish x = if leverage > 5 and leverage > 5 then 1 else 2"}),
    ("decided-condition", "leverage > 7", ("beside it",), {"position": "publish x = if leverage > 7 or leverage >= 5 and quantity > 0 or leverage >= 5 then 1 else 2"}),
    ("decided-condition", "equity < maintenance_margin or maintenance_margin <= equity", ("always holds",), {"boundary": "equity < maintenance_margin or maintenance_margin <= equity"}),
    ("decided-condition", "equity > equity", ("never holds",), {"pool": "threshold t when equity > equity"}),
    ("decided-condition", "margin_mode == isolated", ("covers",), {"pool": "publish x = sum(notional of positions where margin_mode == isolated)"}),
    ("decided-condition", "amount > pool.equity and amount <= pool.equity", ("never holds",), {"end": "allow withdraw when amount > pool.equity and amount <= pool.equity"}),
    ("undefined-name", "leverge", ("leverage",), {"position": "f(x) = x + leverge"}),
    ("dimension-mismatch", "1%", ("rate", "money"), {"position": "f(x) = x * (notional + 1%)"}),
    ("definition-cycle", "f(x) = f(x) + 1", ("itself",), {"position": "f(x) = f(x) + 1"}),
    ("undefined-name", "leverge", ("leverage",), {"pool": "f(x) = sum(x * leverge of positions)"}),
    ("undefined-name", "leverge", ("leverage",), {"isolated": "position { f(x) = x + leverge }"}),
    ("undefined-name", "leverge", ("leverage",), {"file": "group g by instrument { a = sum(leverge) }"}),
    ("undefined-name", "notinal", ("defined",), {"file": "group g by instrument { a(x) = x * sum(notional) + notinal }"}),
    ("out-of-domain", "-1", ("square root", "-1"), {"position": "publish x = sqrt(-1)"}),
    ("out-of-domain", "2 - 3", ("square root", "-1"), {"position": "publish x = sqrt(2 - 3)"}),
    ("out-of-domain", "0", ("logarithm", "above zero"), {"position": "publish x = ln(0)"}),
    ("out-of-domain", "1 - one", ("logarithm", "above zero"), {"file": "const one = 1", "position": "publish x = ln(1 - one)"}),
    ("out-of-domain", "10, 5", ("between 10 and 5",), {"position": "publish x = clamp(leverage, 10, 5)"}),
    ("out-of-domain", "1.5", ("1.5 decimals",), {"position": "publish x = round(leverage, up to 1.5 decimals)"}),
    ("division-by-zero", "1 - 1", ("zero",), {"position": "publish x = leverage / (1 - 1)"}),
    ("division-by-zero", "0%", ("zero",), {"position": "publish x = leverage / 0%"}),
    ("division-by-zero", "none", ("zero",), {"file": "const none = 0", "position": "publish x = notional / none"}),
    ("division-by-zero", "none", ("zero",), {"file": "const none = 0", "position": "publish x = round(leverage, up to none)"}),
    ("duplicate-definition", "choice of a, b, a", ("twice", "`a`"), {"file": 'input account.m: choice of a, b, a = a "m"'}),
    ("unused-default", "5", ("mark_price", "default"), {"file": 'input instrument.mark_price: price = 5 "m"'}),
    ("unused-default", "5", ("quantity", "default"), {"file": 'input position.quantity: quantity = 5 "q"'}),
    ("unused-default", "0", ("assigned_margin", "default"), {"file": 'input position.assigned_margin: money in settle = 0 "m"'}),
    ("not-a-rate", "maintenance_margin / equity >= 100", ("ratio", "bare number", "100%"), {"boundary": "equity <= 0 or maintenance_margin / equity >= 100"}),
    ("upside-down-boundary", "equity >= maintenance_margin", ("`cross`", "`<=` in place of `>=`"), {"boundary": "equity >= maintenance_margin"}),
    ("upside-down-boundary", "maintenance_margin < equity", ("`>` in place of `<`",), {"boundary": "count(positions) > 0 and maintenance_margin < equity"}),
    ("upside-down-boundary", "0 < equity - maintenance_margin", ("`>` in place of `<`",), {"boundary": "equity < 0 or 0 < equity - maintenance_margin"}),
    ("upside-down-boundary", "maintenance_margin / equity < 100%", ("`>` in place of `<`",), {"boundary": "equity <= 0 or maintenance_margin / equity < 100%"}),
    ("upside-down-boundary", "equity < maintenance_margin", ("`>` in place of `<`",), {"boundary": "not (equity < maintenance_margin)"}),
    ("upside-down-boundary", "maintenance_margin >= equity", ("`<=` in place of `>=`",), {"boundary": "not (maintenance_margin >= equity or count(positions) < 1)"}),
    ("upside-down-boundary", "assigned_margin > notional", ("`isolated`", "`<` in place of `>`"), {"isolated": "liquidate when assigned_margin > notional"}),
    ("upside-down-boundary", "90% * sum(amount in USD of balances) > 1 USD", ("`<` in place of `>`",), USD | {"boundary": "90% * sum(amount in USD of balances) > 1 USD"}),
    ("undefined-name", "hold", ("an order's", "`sum(hold of orders)`"), {"file": "order { hold = notional }", "pool": "publish x = sum(hold)"}),
    ("undefined-name", "hold", ("an order's", "`sum(hold of orders)`"), {"file": "order { hold = notional }", "pool": "publish x = hold"}),
    ("undefined-name", "bankruptcy_price", ("solved from the rules", "`hand over`"), {"end": "liquidation cross { step a close 100% at bankruptcy_price }"}),
    ("undefined-name", "liquidation_price", ("solved from the rules",), {"position": "publish x = entry_price - liquidation_price"}),
    ("undefined-name", "position.liquidation_price", ("solved from the rules",), {"end": "allow open leaving position.liquidation_price > 0 * price"}),
    ("undefined-name", "publish", ("begins a statement", "breaks off"), {"pool": "publish x = 3 *\n publish y = equity"}),
    ("undefined-name", "position.leverage", ("`place_order` concerns no position", "rule of its own"), {"end": "allow open, place_order when position.leverage < 5"}),
    ("undefined-name", "position.leverage", ("`place_order` concerns no position", "the action says"), {"end": "allow place_order when position.leverage < 5"}),
    ("undefined-name", "crosss.equity", ("did you mean `cross`", "`position.`"), {"end": "allow add_margin when amount < crosss.equity"}),
    ("duplicate-definition", "x from 2026-01-01 = 2 * notional", ("for the same days", "`until` the day that the other holds `from`"), {"position": "publish x until 2026-02-01 = notional\n publish x from 2026-01-01 = 2 * notional"}),
    ("not-a-rate", "50 > equity / sum(maintenance_margin)", ("ratio", "bare number", "50%"), {"boundary": "50 > equity / sum(maintenance_margin)"}),
    ("ratio-of-equity", "maintenance_margin / equity >= 100%", ("zero", "maintenance_margin >= equity"), {"boundary": "maintenance_margin / equity >= 100%"}),
    ("ratio-of-equity", "margin_ratio > 80%", ("zero", "maintenance_margin > 80% * equity"), {"pool": "margin_ratio = maintenance_margin / equity\n  threshold t when count(positions) > 0 and margin_ratio > 80%"}),
    ("ratio-of-equity", "maintenance_margin / equity > 80%", ("zero",), {"boundary": "equity < 0 or maintenance_margin / equity > 80%"}),
    ("rate-out-of-range", "notional * 5", ("5 times", "0 .. 1"), {"isolated": "position { maintenance_margin = notional * 5 }"}),
    ("rate-out-of-range", "notional * -1%", ("times", "0 .. 1"), {"isolated": "position { initial_margin = notional * -1% }"}),
    ("rate-out-of-range", "500% * notional", ("5 times", "0 .. 1"), {"isolated": "position { maintenance_margin = max(500% * notional, entry_value * 1%) }"}),
    ("asset-mismatch", "quantity", ("contract", "notional", "instrument"), {"pool": "publish x = sum(quantity)"}),
    ("asset-mismatch", "quantity", ("contract", "notional"), {"pool": "publish x = max(quantity of orders)"}),
    ("asset-mismatch", "quantity", ("group `m`", "contract"), {"file": "group m by settlement asset { held = sum(quantity) }", "position": "publish x = m.held"}),
    ("asset-mismatch", "held", ("contract", "instrument"), {"file": "group m by instrument { held = sum(quantity) }", "pool": "publish x = sum(held of m)"}),
    ("asset-mismatch", "entry_price", ("price", "instrument"), {"pool": "publish x = sum(entry_price)"}),
    ("asset-mismatch", "base_quantity", ("base units", "underlying"), {"pool": "publish x = sum(base_quantity)"}),
    ("collateral-drawn-twice", "", ("valued in",), {"end": "pool other { covers orders where reduce_only one per settlement asset draws on remainder of balances valued in USD equity = sum(amount in USD of balances) }"}),
    ("rate-out-of-range", "150%", ("closed is 150%",), {"end": "liquidation cross { step a close 150% }"}),
    ("rate-out-of-range", "0%", ("closed is 0%",), {"end": "liquidation cross { step a close 0% }"}),
    ("incomplete-pool", "", ("one per",), {"end": "pool other { equity = 1 }"}),
    ("unknown-policy", "", ("nosuch",), {}),
]  # fmt: skip


def _text(parts: dict[str, str], code: str) -> str:
    text = POLICY.format(**{**DEFAULTS, **parts})
    if code == "uncovered-position":
        text = text.replace("where margin_mode == isolated", "where margin_mode == cross and margin_mode == isolated")
    if code == "unknown-policy":
        text = text.replace("policy seeded", "policy seeded extends nosuch")
    return text


def _identity(entry: Any) -> str:
    return f"{entry[0]}: {entry[1] or entry[2][0]}"[:60]


@pytest.mark.parametrize("mistake", MISTAKES, ids=_identity)
def test_a_seeded_mistake_is_found_where_it_is(mistake: tuple[str, str, tuple[str, ...], dict[str, str]]) -> None:
    """The code, the words under the caret, the dimensions named, and a remedy."""
    code, guilty, words, parts = mistake
    policy, found = diagnose_text(_text(parts, code), "seeded.margin")
    assert policy is None
    matching = [entry for entry in found if entry.code == code]
    rendered = "\n".join(entry.render() for entry in found)
    assert matching, rendered
    if guilty:
        assert any(guilty in entry.span.text for entry in matching), [entry.span.text for entry in matching]
    for word in words:
        assert any(word in entry.problem + entry.remedy for entry in matching), rendered
    assert all(entry.remedy for entry in matching)


def test_there_are_at_least_fifty() -> None:
    """The list is long enough to mean something."""
    assert len(MISTAKES) >= 50


def test_the_policy_without_a_mistake_is_accepted() -> None:
    """What is seeded is the only thing wrong."""
    policy, found = diagnose_text(POLICY.format(**DEFAULTS), "seeded.margin")
    assert policy is not None, "\n".join(entry.render() for entry in found)


@pytest.mark.parametrize(
    "boundary",
    [
        "equity < maintenance_margin and equity >= 0 * maintenance_margin",
        "equity <= 0 or equity < maintenance_margin and 10 * maintenance_margin > equity",
        "abs(equity) > maintenance_margin",
        "maintenance_margin > equity",
        "not (equity > maintenance_margin and count(positions) > 0)",
        # A loss has a sign of its own: with more beside it, its share is nearer to zero.
        "sum(unrealized_pnl) / collateral <= -80%",
        "sum(accrued_funding) / collateral < -50%",
        # What has gained a multiple of what was put up is closed too.
        "equity <= maintenance_margin or equity >= 10 * initial_margin",
        "equity <= 10% * collateral or equity >= 10 * collateral",
    ],
)
def test_a_boundary_that_bounds_the_equity_from_above_is_not_upside_down(boundary: str) -> None:
    """A band, and what cannot be told, is no mistake."""
    _, found = diagnose_text(POLICY.format(**DEFAULTS | {"boundary": boundary}), "seeded.margin")
    assert [entry.code for entry in found] == []


def test_a_multiple_of_what_is_assigned_is_no_bound_from_below() -> None:
    """Both sides rise with what is added, so which one rises faster is not told."""
    boundary = "liquidate when equity < maintenance_margin"
    text = POLICY.format(**DEFAULTS)
    before, _, after = text.rpartition(boundary)
    _, found = diagnose_text(f"{before}liquidate when equity >= 10 * assigned_margin{after}", "seeded.margin")
    assert [entry.code for entry in found] == []


def test_a_definition_that_is_read_in_a_wrong_way_is_not_told_to_be_unused() -> None:
    """It would be left out, and was meant to be used."""
    _, found = diagnose_text(_text({"file": "order { hold = notional }", "pool": "publish x = sum(hold)"}, ""), "p")
    assert [entry.code for entry in found] == ["undefined-name"]


def test_all_problems_of_a_file_are_reported_at_once() -> None:
    """Three mistakes, three diagnostics, in the order of the text."""
    parts = {
        "file": "const fee: rate = 5",
        "position": "publish x = notional + 1%\n publish y = leverge",
        "boundary": "equity < 5",
    }
    policy, found = diagnose_text(_text(parts, ""), "seeded.margin")
    assert policy is None
    codes = [entry.code for entry in found if entry.severity == "error"]
    assert codes == ["not-a-rate", "dimension-mismatch", "undefined-name", "dimension-mismatch"]
