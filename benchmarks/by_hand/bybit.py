"""`rules/bybit.margin`: a unified account in cross margin, with one isolated position beside it."""

from decimal import Decimal
from typing import Any

from benchmarks.by_hand.common import ZERO, Figures, tiered
from marginrules.account.state import AccountState, TierTable

ONE = Decimal(1)


def _contract(
    symbol: str, kind: str, base: str, quote: str, settle: str, mark: str, tiers: list[dict[str, str]]
) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "contract": kind,
        "base": base,
        "quote": quote,
        "settle": settle,
        "contract_size": "1",
        "mark_price": mark,
        "taker_fee_rate": "0.00055",
        "tiers": tiers,
    }


def _tiers(*rows: tuple[str, str, str]) -> list[dict[str, str]]:
    return [
        {"above": above, "maintenance_rate": rate, "maintenance_amount": amount, "max_leverage": "50"}
        for above, rate, amount in rows
    ]


ACCOUNT: dict[str, Any] = {
    "schema": "marginrules/account/1",
    "account": {"id": "benchmark", "unifiedMarginStatus": "5"},
    "balances": [
        {"asset": "USDT", "wallet_balance": "150000"},
        {"asset": "ETH", "wallet_balance": "40"},
        {"asset": "BTC", "wallet_balance": "12"},
    ],
    "positions": [
        {
            "id": "BTC",
            "symbol": "BTCUSDT",
            "quantity": "25",
            "entry_price": "95000",
            "margin_mode": "cross",
            "leverage": "20",
        },
        {
            "id": "SOL",
            "symbol": "SOLUSDT",
            "quantity": "-400",
            "entry_price": "150",
            "margin_mode": "cross",
            "leverage": "10",
        },
        {
            "id": "ETH",
            "symbol": "ETHUSD",
            "quantity": "-60000",
            "entry_price": "3000",
            "margin_mode": "cross",
            "leverage": "10",
        },
        {
            "id": "XRP",
            "symbol": "XRPUSDT",
            "quantity": "20000",
            "entry_price": "2.2",
            "margin_mode": "isolated",
            "leverage": "10",
            "assigned_margin": "4600",
        },
    ],
    "orders": [
        {
            "symbol": "BTCUSDT",
            "side": "buy",
            "quantity": "0.5",
            "price": "90000",
            "reduce_only": False,
            "margin_mode": "cross",
            "leverage": "20",
        }
    ],
    "instruments": [
        _contract(
            "BTCUSDT",
            "linear",
            "BTC",
            "USDT",
            "USDT",
            "92000",
            _tiers(("0", "0.005", "0"), ("2000000", "0.01", "10000")),
        ),
        _contract(
            "SOLUSDT", "linear", "SOL", "USDT", "USDT", "140", _tiers(("0", "0.01", "0"), ("100000", "0.015", "500"))
        ),
        _contract(
            "ETHUSD", "inverse", "ETH", "USD", "ETH", "3100", _tiers(("0", "0.005", "0"), ("500", "0.01", "2.5"))
        ),
        _contract(
            "XRPUSDT", "linear", "XRP", "USDT", "USDT", "2.1", _tiers(("0", "0.01", "0"), ("50000", "0.015", "250"))
        ),
    ],
    "assets": [
        {"asset": "USDT", "index_price": "0.999", "collateral_rate": "0.99"},
        {"asset": "ETH", "index_price": "3100", "collateral_rate": "0.95"},
        {
            "asset": "BTC",
            "index_price": "92000",
            "collateral_tiers": [
                {"above": "0", "collateral_rate": "0.98"},
                {"above": "10", "collateral_rate": "0.95"},
            ],
        },
    ],
}


def figures(state: AccountState) -> Figures:
    """`rules/bybit.margin`: a unified account in cross margin, with one isolated position beside it."""
    found: Figures = {}
    equity_of = {balance.asset: balance.wallet_balance for balance in state.balances}
    prices = {asset.asset: asset.index_price or ZERO for asset in state.assets}
    initial = maintenance = ZERO
    for position in state.positions:
        instrument = state.instrument_by_symbol[position.symbol]
        table, leverage = instrument.tiers, position.leverage
        if table is None or leverage is None:
            raise ValueError
        mark, entry = instrument.mark_price or ZERO, position.entry_price
        fee_rate = instrument.taker_fee_rate or ZERO
        size = abs(position.quantity) * instrument.contract_size
        side = 1 if position.quantity > 0 else -1
        isolated = position.margin_mode == "isolated"
        assigned = position.assigned_margin or ZERO
        if instrument.contract == "inverse":
            entry_value, notional = size / entry, size / mark
            profit = side * size * (1 / entry - 1 / mark)
            value = notional
            close_fee = entry_value * (1 + side / leverage) * fee_rate
            kept_fee = close_fee
            if isolated:
                kept_fee = max(ZERO, entry_value + side * assigned) * fee_rate / (1 + side * fee_rate)
        else:
            entry_value, notional = size * entry, size * mark
            profit = side * (notional - entry_value)
            value = entry_value if isolated else notional
            close_fee = kept_fee = entry_value * (1 - side / leverage) * fee_rate
        margin = value / leverage + close_fee
        needed = _requirement(value, table) + kept_fee
        found[position.id] = {
            "notional": notional,
            "unrealized_pnl": profit,
            "initial_margin": margin,
            "maintenance_margin": needed,
        }
        settle = instrument.settle
        if isolated:
            own = assigned + profit
            equity_of[settle] -= assigned
            found[f"isolated/{position.id}"] = {
                "equity": own,
                "initial_margin": margin,
                "maintenance_margin": needed,
                "margin_ratio": needed / own if own > 0 else None,
                "liquidatable": own <= needed,
            }
        else:
            equity_of[settle] += profit
            initial += margin * prices[settle]
            maintenance += needed * prices[settle]
    for order in state.orders:
        if order.reduce_only:
            continue
        instrument = state.instrument_by_symbol[order.symbol]
        leverage, price = order.leverage or ONE, order.price or ZERO
        direction = 1 if order.side == "buy" else -1
        size = order.quantity * instrument.contract_size
        if instrument.contract == "inverse":
            value = size / price
            at_bust = value * (1 + direction / leverage)
        else:
            value = size * price
            at_bust = value * (1 - direction / leverage)
        cost = value / leverage + (value + at_bust) * (instrument.taker_fee_rate or ZERO)
        initial += cost * prices[instrument.settle]
    equity = ZERO
    for asset in state.assets:
        held = equity_of[asset.asset]
        counted = held
        if held > 0:
            counted = (
                held * (asset.collateral_rate or ONE)
                if asset.collateral_tiers is None
                else _counted(held, asset.collateral_tiers)
            )
        equity += counted * prices[asset.asset]
    found["cross"] = {
        "equity": equity,
        "initial_margin": initial,
        "maintenance_margin": maintenance,
        "margin_ratio": maintenance / equity if equity > 0 else None,
        "liquidatable": equity <= maintenance,
        "no_new_orders": initial > 0 and equity <= initial,
    }
    found["idle"] = {"amount": max(ZERO, equity - initial)}
    return found


def _requirement(value: Decimal, table: TierTable) -> Decimal:
    rate_column, amount_column = table.columns.index("maintenance_rate"), table.columns.index("maintenance_amount")
    rates = [row[rate_column] or ZERO for row in table.rows]
    amounts = [row[amount_column] or ZERO for row in table.rows]
    return tiered(value, table, rates, amounts)


def _counted(held: Decimal, table: TierTable) -> Decimal:
    """What counts of an amount, each part of it at its own tier's ratio."""
    column = table.columns.index("collateral_rate")
    counted = ZERO
    for index, row in enumerate(table.rows):
        above = row[0] or ZERO
        if held <= above:
            break
        end = table.rows[index + 1][0] if index + 1 < len(table.rows) else None
        counted += (min(held, end) if end is not None else held) * (row[column] or ZERO) - above * (row[column] or ZERO)
    return counted
