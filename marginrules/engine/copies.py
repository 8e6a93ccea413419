"""Has accounts, reports, decisions and errors pickled and copied, as services that hand them to other processes need.

Python pickles no `mappingproxy`, which the empty mappings of the records are. And what an engine derived from a tier
table stays where it was derived: it is kept by nodes of the plan, which are other ones elsewhere.
"""

import copyreg
from types import MappingProxyType
from typing import Any

from marginrules.account.state import StateError, TierTable
from marginrules.language.diagnostics import RuleFileError


def read_only(entries: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    """A mapping as it was; pickles name this function, since they cannot name the type."""
    return MappingProxyType(entries)


def _mapping(found: Any) -> tuple[Any, ...]:
    return read_only, (dict(found),)


def _table(found: TierTable) -> tuple[Any, ...]:
    return TierTable, (found.columns, found.rows, found.pointer, found.places, found.imported, found.of_policy)


# By default an error is made anew from its text, and these are made of more.
def _state_error(found: StateError) -> tuple[Any, ...]:
    return StateError, (found.pointer, found.problem, found.remedy, found.source)


def _rule_file_error(found: RuleFileError) -> tuple[Any, ...]:
    return RuleFileError, (found.diagnostics,)


copyreg.pickle(StateError, _state_error)
copyreg.pickle(RuleFileError, _rule_file_error)
copyreg.pickle(MappingProxyType, _mapping)
copyreg.pickle(TierTable, _table)
