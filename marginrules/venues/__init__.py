"""A venue's own payload to an account state: one module a venue, listed in `IMPORTERS`.

An importer reads what is put before it and never opens a connection.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from attrs import frozen

from marginrules.account.state import AccountState
from marginrules.errors import MarginRulesError
from marginrules.language.diagnostics import did_you_mean
from marginrules.venues import binance_usdm, hyperliquid

__all__ = ["IMPORTERS", "Importer", "import_payload"]


@frozen
class Importer:
    """How the payload of one venue is read.

    Attributes:
        name: what `--from` calls it.
        title: the venue, for people.
        needs: which answers of the venue's API the payload holds, in words.
        read: parsed JSON (numbers `Decimal` or text) and a name for errors, to an account state.
    """

    name: str
    title: str
    needs: str
    read: Callable[[object, str], AccountState]


IMPORTERS: Mapping[str, Importer] = MappingProxyType(
    {
        importer.name: importer
        for importer in (
            Importer(
                "hyperliquid",
                "Hyperliquid perpetuals",
                "one object with the info requests `clearinghouseState` and `meta`; "
                "`openOrders` where there are resting orders",
                hyperliquid.read,
            ),
            Importer(
                "binance-usdm",
                "Binance USD-M futures",
                "one object with `account`, `positionRisk` and `leverageBracket`; where they apply `openOrders`, "
                "`symbolConfig`, `multiAssetsMargin`, `dualSidePosition`, `assetIndex`, `exchangeInfo`, `time`",
                binance_usdm.read,
            ),
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
