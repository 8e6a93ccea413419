"""A payload with something else in it, for tests of the importers."""

import copy
from collections.abc import Mapping
from typing import Any

ABSENT = object()
"""In place of a value: the member is taken out."""


def changed(
    payload: Mapping[str, Any], changes: Mapping[str, object] | None = None, **answers: object
) -> dict[str, Any]:
    """A copy of a payload with further answers, and with other values at some JSON pointers.

    Args:
        payload: the answers, by name; it is left as it is.
        changes: new values by JSON pointer; `ABSENT` takes out what stands there.
        **answers: answers that are added, or stand in place of those of the same name.
    """
    result: dict[str, Any] = copy.deepcopy({**payload, **answers})
    for pointer, value in (changes or {}).items():
        *way, last = pointer.strip("/").split("/")
        place: Any = result
        for key in way:
            place = place[int(key) if isinstance(place, list) else key]
        at: Any = int(last) if isinstance(place, list) else last
        if value is ABSENT:
            del place[at]
        else:
            place[at] = value
    return result
