"""Generated policies and accounts: well-typed by construction, so that a checked policy has nothing to complain about."""

from decimal import Decimal
from functools import lru_cache
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from marginrules import RuleFileError, load_text
from marginrules.policy.policy import Policy

BASES = ("BTC", "ETH", "SOL")

_rates = st.integers(1, 900).map(lambda basis: f"{Decimal(basis) / 100}%")
_numbers = st.integers(1, 400).map(lambda tenths: str(Decimal(tenths) / 10))


def _money(depth: int) -> st.SearchStrategy[str]:
    """An expression of a position that is money in the settlement asset."""
    leaves = st.sampled_from(
        ["notional", "unrealized_pnl", "entry_value", "assigned", "funding", "notional / leverage", "notional * fee"]
    )
    if depth == 0:
        return leaves
    inner = _money(depth - 1)
    return st.one_of(
        leaves,
        st.tuples(inner, st.sampled_from(["+", "-"]), inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        st.tuples(inner, _rates).map(lambda parts: f"({parts[0]} * {parts[1]})"),
        st.tuples(inner, _numbers).map(lambda parts: f"({parts[0]} / {parts[1]})"),
        st.tuples(st.sampled_from(["max", "min"]), inner, inner).map(
            lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})"
        ),
        inner.map(lambda part: f"abs({part})"),
        inner.map(lambda part: f"max(0, {part})"),
        st.tuples(_condition(depth - 1), inner, inner).map(
            lambda parts: f"(if {parts[0]} then {parts[1]} else {parts[2]})"
        ),
        st.just("(tiered notional by instrument.tiers rate tier.maintenance_rate)"),
        st.just("(notional * (pick tier.maintenance_rate from instrument.tiers at notional))"),
        # A rate that grows with the size in the base asset, and what the instrument's positions have together.
        st.just("(notional * (1% + 0.01% * number(base_quantity)))"),
        st.just("(market.larger - notional)"),
    )


def _condition(depth: int) -> st.SearchStrategy[str]:
    comparisons = st.sampled_from(
        [
            "quantity > 0",
            "unrealized_pnl < 0",
            "leverage >= 10",
            "special",
            "notional > entry_value",
            "margin_mode == cross",
        ]
    )
    if depth == 0:
        return comparisons
    inner = _condition(depth - 1)
    return st.one_of(
        comparisons,
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        ),
        inner.map(lambda part: f"not ({part})"),
    )


_pool_terms = st.sampled_from(
    [
        "sum(extra)",
        "sum(unrealized_pnl of positions where quantity > 0)",
        "sum(mark_notional * 1% of orders)",
        "0.5 * sum(extra of positions where special)",
        "max(sum(extra), 0)",
    ]
)


@st.composite
def policies(draw: st.DrawFn, *, contract: str = "linear") -> str:
    """The text of a checked policy with a cross and an isolated pool and formulas of any shape."""
    extra = draw(_money(2))
    maintenance = draw(_money(2))
    terms = draw(st.lists(_pool_terms, max_size=2))
    operator = draw(st.sampled_from(["<", "<="]))
    factor = draw(_numbers)
    text = f"""
policy generated {{
  title "generated" version "1"
  contracts {contract}
}}
const fee: rate = 0.05%
input position.special: flag = false "special"
group market by instrument {{
  larger = max(sum(notional of positions where quantity > 0), sum(notional of positions where quantity < 0))
  netted = max(sum(notional of orders), sum(risk of other positions where quantity > 0)) - sum(notional of positions)
}}
position {{
  assigned = if margin_mode == isolated then assigned_margin else 0
  funding = if special then accrued_funding else 0
  risk = max(notional / leverage, unrealized_pnl) + (tiered notional by instrument.tiers rate tier.maintenance_rate)
  extra = {extra}
  initial_margin = notional / leverage
  maintenance_margin = {maintenance}
}}
pool cross {{
  covers positions where margin_mode == cross
  covers orders
  one per account
  draws on remainder of balances
  equity = collateral + sum(unrealized_pnl){"".join(f" + {term}" for term in terms)}
  reserved = sum(netted of market) / (1 + count(other positions where special))
  idle_equity = max(0, equity - initial_margin - reserved)
  liquidate when equity {operator} {factor} * maintenance_margin
}}
pool isolated {{
  covers positions where margin_mode == isolated
  one per position
  draws on assigned_margin
  equity = collateral + unrealized_pnl + 10% * extra
  liquidate when equity {operator} maintenance_margin
}}
"""
    assume(_sensible(text))
    return text


@lru_cache(maxsize=512)
def load(text: str) -> Policy:
    """The checked policy of a generated text."""
    return load_text(text, "generated.margin")


def _sensible(text: str) -> bool:
    """Whether a random formula has nothing that is decided already, and asks for no more than a position is worth; anything else found wrong is a false alarm."""
    try:
        load(text)
    except RuleFileError as error:
        codes = {found.code for found in error.diagnostics if found.severity == "error"}
        if not codes <= {"unreachable-branch", "decided-condition", "rate-out-of-range"}:
            raise
        return False
    return True


def decimals(low: str, high: str, places: int = 2) -> st.SearchStrategy[str]:
    """Decimals as text."""
    return st.decimals(Decimal(low), Decimal(high), places=places, allow_nan=False, allow_infinity=False).map(
        lambda number: format(number, "f")
    )


@st.composite
def accounts(draw: st.DrawFn, *, contract: str = "linear", complete: bool = True, ends: bool = False) -> dict[str, Any]:
    """An account document that fits the schema; with `complete` nothing that any policy may read is left out.

    With `ends`, or where it is not complete, tables of tiers may end.
    """
    inverse = contract == "inverse"

    def maybe(record: dict[str, Any], name: str) -> None:
        if not complete and draw(st.integers(0, 9)) == 0:
            record.pop(name, None)

    instruments = []
    for base in BASES:
        edges = sorted(draw(st.sets(st.integers(1, 200), min_size=0, max_size=2)))
        rates = sorted(draw(st.lists(st.integers(1, 300), min_size=3, max_size=3, unique=True)))
        tiers = [
            {"above": str(edge * (10 if not inverse else 1)), "maintenance_rate": str(Decimal(rate) / 1000)}
            for edge, rate in zip([0, *edges], rates, strict=False)
        ]
        bound, end = draw(st.sampled_from([("above", "up_to"), ("at_least", "below")]))
        tiers = [{bound: row["above"], "maintenance_rate": row["maintenance_rate"]} for row in tiers]
        if (ends or not complete) and draw(st.booleans()):
            tiers[-1][end] = str(Decimal(tiers[-1][bound]) + draw(st.integers(1, 3000 if not inverse else 300)))
        quote, settle = ("USD", base) if inverse else ("USDC", "USDC")
        if inverse:
            settle = "BTC"
        underlying = "BTC" if inverse else base
        instrument = {
            "symbol": f"{underlying}{len(instruments)}",
            "contract": contract,
            "base": underlying,
            "quote": quote,
            "settle": settle,
            "contract_size": draw(st.sampled_from(["1", "0.1", "100"])),
            "mark_price": draw(decimals("1", "1000")),
            "tiers": tiers,
        }
        maybe(instrument, "mark_price")
        maybe(instrument, "tiers")
        instruments.append(instrument)
    settle = instruments[0]["settle"]
    positions: list[dict[str, Any]] = []
    assigned = Decimal(0)
    for index in range(draw(st.integers(0, 5))):
        instrument = draw(st.sampled_from(instruments))
        mode = draw(st.sampled_from(["cross", "isolated"]))
        quantity = draw(decimals("-50", "50").filter(lambda text: Decimal(text) != 0))
        position: dict[str, Any] = {
            "id": f"P{index}",
            "symbol": instrument["symbol"],
            "quantity": quantity,
            "entry_price": draw(decimals("1", "1000")),
            "margin_mode": mode,
            "leverage": draw(st.sampled_from(["1", "3", "10", "50"])),
            "accrued_funding": draw(decimals("-20", "20")),
            "special": draw(st.booleans()),
        }
        if mode == "isolated":
            position["assigned_margin"] = draw(decimals("0", "5000"))
            assigned += Decimal(position["assigned_margin"])
        for name in ("leverage", "accrued_funding", "assigned_margin"):
            maybe(position, name)
        positions.append(position)
    orders = [
        {
            "symbol": draw(st.sampled_from(instruments))["symbol"],
            "side": draw(st.sampled_from(["buy", "sell"])),
            "quantity": draw(decimals("0.01", "20")),
            "price": draw(decimals("1", "1000")),
            "reduce_only": draw(st.booleans()),
            "margin_mode": draw(st.sampled_from(["cross", "isolated"])),
            "leverage": "5",
        }
        for _ in range(draw(st.integers(0, 2)))
    ]
    free = Decimal(draw(decimals("-200", "20000")))
    return {
        "schema": "marginrules/account/1",
        "account": {"id": "generated"},
        "balances": [{"asset": settle, "wallet_balance": format(free + assigned, "f")}],
        "positions": positions,
        "orders": orders,
        "instruments": instruments,
        "assets": [{"asset": settle, "index_price": "1"}],
    }
