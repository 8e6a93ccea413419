"""`rules/okx.margin`: futures mode, two contracts on one underlying in the USDT pool, one in the coin, one isolated."""

from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import ZERO, Figures
from marginrules.account.state import AccountState, TierTable


def _contract(
    symbol: str, kind: str, base: str, quote: str, settle: str, size: str, mark: str, tiers: list[dict[str, str]]
) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "contract": kind,
        "base": base,
        "quote": quote,
        "settle": settle,
        "contract_size": size,
        "mark_price": mark,
        "taker_fee_rate": "0.0005",
        "tiers": tiers,
    }


def _position(
    symbol: str, quantity: str, entry: str, mode: str, leverage: str, assigned: str | None = None
) -> dict[str, Any]:
    return {
        "id": symbol,
        "symbol": symbol,
        "quantity": quantity,
        "entry_price": entry,
        "margin_mode": mode,
        "leverage": leverage,
        **({"assigned_margin": assigned} if assigned else {}),
    }


def _tiers(*rows: tuple[str, str]) -> list[dict[str, str]]:
    return [{"above": above, "maintenance_rate": rate, "max_leverage": "50"} for above, rate in rows]


_BTC = _tiers(("0", "0.004"), ("1000", "0.005"), ("2000", "0.01"))

ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "benchmark", "acctLv": "2"},
    "balances": [{"asset": "USDT", "wallet_balance": "130000"}, {"asset": "BTC", "wallet_balance": "0.5"}],
    "positions": [
        _position("BTC-USDT-SWAP", "900", "59000", "cross", "10"),
        _position("BTC-USDT-261225", "-200", "61000", "cross", "10"),
        _position("BTC-USD-SWAP", "-999", "61000", "cross", "5"),
        _position("ETH-USDT-SWAP", "-2500", "3100", "isolated", "20", "39000"),
    ],
    "orders": [
        {
            "symbol": "BTC-USDT-SWAP",
            "side": "buy",
            "quantity": "20",
            "price": "58000",
            "reduce_only": False,
            "margin_mode": "cross",
            "leverage": "10",
        }
    ],
    "instruments": [
        _contract("BTC-USDT-SWAP", "linear", "BTC", "USDT", "USDT", "0.01", "60000", _BTC),
        _contract("BTC-USDT-261225", "linear", "BTC", "USDT", "USDT", "0.01", "60500", _BTC),
        _contract("BTC-USD-SWAP", "inverse", "BTC", "USD", "BTC", "100", "60000", _BTC),
        _contract(
            "ETH-USDT-SWAP",
            "linear",
            "ETH",
            "USDT",
            "USDT",
            "0.1",
            "3000",
            _tiers(("0", "0.004"), ("2000", "0.006")),
        ),
    ],
    "assets": [{"asset": "USDT", "index_price": "1"}, {"asset": "BTC", "index_price": "60000"}],
}


def figures(state: AccountState) -> Figures:
    """`rules/okx.margin`: futures mode, two contracts on one underlying in the USDT pool, one in the coin, one isolated."""
    found: Figures = {}
    # Contracts of one underlying count together in a pool, of linear and of inverse ones each.
    counts: dict[tuple[str, str, str], Decimal] = {}
    for position in state.positions:
        if position.margin_mode == "cross":
            instrument = state.instrument_by_symbol[position.symbol]
            key = (instrument.settle, instrument.base, instrument.contract)
            counts[key] = counts.get(key, ZERO) + abs(position.quantity)
    equity = {balance.asset: balance.wallet_balance for balance in state.balances}
    initial = dict.fromkeys(equity, ZERO)
    maintenance = dict.fromkeys(equity, ZERO)
    fees = dict.fromkeys(equity, ZERO)
    held = dict.fromkeys(equity, 0)
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        if instrument.tiers is None or position.leverage is None:
            raise ValueError
        mark, entry = instrument.mark_price or ZERO, position.entry_price
        units = position.quantity * instrument.contract_size
        if instrument.contract == "inverse":
            entry_value, notional = abs(units) / entry, abs(units) / mark
            profit = units * (1 / entry - 1 / mark)
        else:
            entry_value, notional = abs(units) * entry, abs(units) * mark
            profit = units * (mark - entry)
        settle = instrument.settle
        isolated = position.margin_mode == "isolated"
        contracts = abs(position.quantity) if isolated else counts[settle, instrument.base, instrument.contract]
        margin = (entry_value if isolated else notional) / position.leverage
        needed = notional * _rate(contracts, instrument.tiers)
        fee = notional * (instrument.taker_fee_rate or ZERO)
        found[position.id] = {
            "notional": notional,
            "unrealized_pnl": profit,
            "initial_margin": margin,
            "maintenance_margin": needed,
        }
        if isolated:
            assigned = position.assigned_margin or ZERO
            equity[settle] -= assigned
            own, requirement = assigned + profit, needed + fee
            found[f"isolated/{position.id}"] = {
                "equity": own,
                "initial_margin": margin,
                "maintenance_margin": needed,
                "margin_ratio": own / requirement,
                "liquidatable": own <= requirement,
                "warning": own <= 3 * requirement,
            }
        else:
            equity[settle] += profit
            initial[settle] += margin
            maintenance[settle] += needed
            fees[settle] += fee
            held[settle] += 1
    isolated_orders = dict.fromkeys(equity, ZERO)
    for order in state.orders:
        if order.reduce_only:
            continue
        instrument = state.instrument_by_symbol[order.symbol]
        size, price = order.quantity * instrument.contract_size, order.price or ZERO
        value = size / price if instrument.contract == "inverse" else size * price
        margin = value / (order.leverage or ZERO)
        (initial if order.margin_mode == "cross" else isolated_orders)[instrument.settle] += margin
    idle = {}
    for asset, own in equity.items():
        requirement = maintenance[asset] + fees[asset]
        backing = own - isolated_orders[asset]
        found[f"cross/{asset}"] = {
            "equity": own,
            "initial_margin": initial[asset],
            "maintenance_margin": maintenance[asset],
            "margin_ratio": backing / requirement if requirement else None,
            "liquidatable": held[asset] > 0 and backing <= requirement,
            "warning": held[asset] > 0 and backing <= 3 * requirement,
        }
        idle[asset] = max(ZERO, backing - initial[asset])
    found["idle"] = idle
    return found


def _rate(contracts: Decimal, table: TierTable) -> Decimal:
    """The rate of the tier, which holds for the whole position."""
    column = table.columns.index("maintenance_rate")
    rate = table.rows[0][column] or ZERO
    for row in table.rows[1:]:
        if contracts <= (row[0] or ZERO):
            break
        rate = row[column] or ZERO
    return rate
