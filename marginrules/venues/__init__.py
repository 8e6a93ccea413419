"""A venue's own payload to an account state: one module a venue, each with its `IMPORTER`, listed in `IMPORTERS`.

An importer reads what is put before it and never opens a connection.
"""

from collections.abc import Mapping
from types import MappingProxyType

from marginrules.account.state import AccountState
from marginrules.errors import MarginRulesError
from marginrules.language.diagnostics import did_you_mean
from marginrules.venues import (
    binance_coinm,
    binance_usdm,
    bitget,
    bitmex,
    bybit,
    ccxt,
    deribit,
    dydx_v4,
    gate,
    hyperliquid,
    kraken_futures,
    kucoin_futures,
    okx,
    paradex,
)
from marginrules.venues.importer import Importer

__all__ = ["IMPORTERS", "Importer", "import_payload"]

IMPORTERS: Mapping[str, Importer] = MappingProxyType(
    {
        module.IMPORTER.name: module.IMPORTER
        for module in (
            hyperliquid,
            binance_usdm,
            binance_coinm,
            bitmex,
            bybit,
            ccxt,
            deribit,
            dydx_v4,
            gate,
            bitget,
            okx,
            kraken_futures,
            kucoin_futures,
            paradex,
        )
    }
)
"""Every importer, by name."""


def import_payload(name: str, payload: object, source: str = "payload") -> AccountState:
    """The account state that a venue's payload shows.

    Args:
        name: an importer, as in `IMPORTERS`.
        payload: parsed JSON, read with `parse_float=Decimal` so that every digit is kept.
        source: name of the payload for errors, such as its file name.

    Raises:
        StateError: something is missing, malformed or contradicts itself; it has a JSON pointer into the payload.
        MarginRulesError: there is no importer of that name.
    """
    importer = IMPORTERS.get(name)
    if importer is None:
        raise MarginRulesError(
            f"no importer reads the format `{name}`\n"
            f"help: {did_you_mean(name, IMPORTERS)}the formats are {', '.join(IMPORTERS)}"
        )
    return importer.read(payload, source)
