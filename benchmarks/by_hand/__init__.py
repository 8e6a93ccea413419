"""The shipped policies as a programmer would write them for one venue: the measure that evaluation is compared with.

One module a policy, named for it. `ACCOUNT` is an account document with four positions and, where the policy has orders, an
order; `figures` computes from the account state, in Decimal, all that the report says except solved prices, and returns
it by id: for each pool its kind (`pool`), `positions`, `asset` and figures by name, for each position the id of its `pool`
and figures by name, and `idle`, the idle equity's amount by asset (or `amount`, where there is one).

A function holds for every account of its venue that is complete, whichever mode it is in, not for `ACCOUNT` alone: the
tests compare it with the report on every published case. What the document lacks it does not look for, nor say why.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from benchmarks.by_hand.common import Figures


def by_hand() -> Mapping[str, tuple[dict[str, Any], Callable[..., Figures]]]:
    """The account document and the hand-written function of each policy, by the policy's name."""
    found = {}
    for entry in sorted(iter_modules(__path__), key=lambda module: module.name):
        if entry.name != "common":
            module = import_module(f"{__name__}.{entry.name}")
            found[entry.name.replace("_", "-")] = (module.ACCOUNT, module.figures)
    return found
