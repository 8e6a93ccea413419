"""The shipped policies as a programmer would write them for one venue: the measure that evaluation is compared with.

One module a policy, named for it. `ACCOUNT` is an account document with four positions and an order; `figures` computes
from the account state, in Decimal, every figure of the report except solved prices, and returns them by id: for each pool
and position a dict of figures by name, and `idle`, a dict of the idle equity's amount by asset (or `amount`, where there
is one). The benchmark checks that they equal the report's before it times anything.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

Figures = dict[str, dict[str, Any]]


def by_hand() -> Mapping[str, tuple[dict[str, Any], Callable[..., Figures]]]:
    """The account document and the hand-written function of each policy, by the policy's name."""
    found = {}
    for entry in sorted(iter_modules(__path__), key=lambda module: module.name):
        if entry.name != "common":
            module = import_module(f"{__name__}.{entry.name}")
            found[entry.name.replace("_", "-")] = (module.ACCOUNT, module.figures)
    return found
