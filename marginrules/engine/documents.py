"""The report as JSON: exact decimals as plain strings."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marginrules.arithmetic import plain_text
from marginrules.engine.report import Figure, Report


def write(report: Report) -> dict[str, Any]:
    """The report in the form `marginrules/report/1`.

    Returns:
        A document for `json.dumps`; every amount a string without exponent, None where `unknown` says why.
    """
    return {
        "schema": "marginrules/report/1",
        "policy": {
            "name": report.policy.name,
            "version": report.policy.version,
            "digest": report.policy.digest,
            "omits": list(report.policy.omits),
        },
        "account": report.account,
        "pools": [
            {
                "pool": pool.pool,
                "id": pool.id,
                "positions": list(pool.positions),
                "asset": pool.asset,
                "equity": _text(pool.equity),
                "initial_margin": _text(pool.initial_margin),
                "maintenance_margin": _text(pool.maintenance_margin),
                "margin_ratio": _text(pool.margin_ratio),
                "liquidatable": pool.liquidatable,
                **_figures(pool.figures),
            }
            for pool in report.pools
        ],
        "positions": [
            {
                "id": position.id,
                "pool": position.pool,
                "notional": _text(position.notional),
                "unrealized_pnl": _text(position.unrealized_pnl),
                "initial_margin": _text(position.initial_margin),
                "maintenance_margin": _text(position.maintenance_margin),
                "liquidation_price": _text(position.liquidation_price),
                "bankruptcy_price": _text(position.bankruptcy_price),
                "other_boundaries": [plain_text(price) for price in position.other_boundaries],
                **_figures(position.figures),
            }
            for position in report.positions
        ],
        "idle_equity": [{"asset": idle.asset, "amount": _text(idle.amount)} for idle in report.idle_equity],
        "unknown": [
            {"at": entry.at, "reason": entry.reason, **({"pointer": entry.pointer} if entry.pointer else {})}
            for entry in report.unknown
        ],
        "notes": list(report.notes),
    }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else plain_text(number)


def _figures(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {name: plain_text(value) if isinstance(value, Decimal) else value for name, value in figures.items()}
