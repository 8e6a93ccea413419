"""Has accounts, reports and decisions pickled and copied, as services that hand them to other processes need.

Python pickles no `mappingproxy`, which the empty mappings of the records are. And what an engine derived from a tier
table stays where it was derived: it is kept by nodes of the plan, which are other ones elsewhere.
"""

import copyreg
from types import MappingProxyType
from typing import Any

from marginrules.account.state import TierTable


def read_only(entries: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    """A mapping as it was; pickles name this function, since they cannot name the type."""
    return MappingProxyType(entries)


def _mapping(found: Any) -> tuple[Any, ...]:
    return read_only, (dict(found),)


def _table(found: TierTable) -> tuple[Any, ...]:
    return TierTable, (found.columns, found.rows, found.pointer, found.places, found.imported)


copyreg.pickle(MappingProxyType, _mapping)
copyreg.pickle(TierTable, _table)
