"""The same account after prices moved."""

import re
from collections.abc import Sequence
from decimal import Decimal

import attrs
from attrs import frozen

from marginrules.account.state import AccountState
from marginrules.arithmetic import exact_context
from marginrules.engine.compare import in_mode
from marginrules.engine.evaluate import evaluate
from marginrules.engine.report import Report
from marginrules.errors import MarginRulesError
from marginrules.language.diagnostics import did_you_mean
from marginrules.policy.policy import Policy

_MOVE = re.compile(r"([A-Za-z0-9:._-]+)=([+-]?\d+(?:\.\d+)?)%")


class MoveError(MarginRulesError):
    """A move that is not one, or that moves nothing in the account."""


@frozen
class Move:
    """A relative change of everything priced in one asset.

    Attributes:
        base: the underlying of instruments, and the asset, that move.
        share: by how much of the price: -0.08 is 8 % down.
    """

    base: str
    share: Decimal


def parse_move(text: str) -> Move:
    """A move as people write it: `BTC=-8%`.

    Raises:
        MoveError: it is not of that form, or leaves no price above zero.
    """
    found = _MOVE.fullmatch(text.strip())
    if found is None:
        message = f"{text!r} is no move\nhelp: write BASE=PERCENT%, such as BTC=-8% or ETH=+5%"
        raise MoveError(message)
    share = Decimal(found.group(2)) / 100
    if share <= -1:
        message = f"{text!r} leaves no price above zero\nhelp: a price can fall by less than 100%"
        raise MoveError(message)
    return Move(found.group(1), share)


def move(state: AccountState, moves: Sequence[Move]) -> AccountState:
    """The account after moves: marks and index prices of instruments, and index prices of assets, times 1 + share.

    Raises:
        MoveError: nothing in the account is priced in an asset that moves, or one is moved twice.
    """
    for place, entry in enumerate(moves):
        if any(other.base == entry.base for other in moves[:place]):
            message = (
                f"{entry.base} is moved twice\nhelp: give one move for each asset; two do not add up, they compound"
            )
            raise MoveError(message)
    with exact_context():
        for entry in moves:
            state = _moved(state, entry)
    return state


def _moved(state: AccountState, entry: Move) -> AccountState:
    known = [*(instrument.base for instrument in state.instruments), *(asset.asset for asset in state.assets)]
    if entry.base not in known:
        message = (
            f"nothing in the account moves with {entry.base}\n"
            f"help: {did_you_mean(entry.base, known)}there are {', '.join(dict.fromkeys(known)) or 'no instruments'}"
        )
        raise MoveError(message)
    factor = 1 + entry.share

    def scaled(price: Decimal | None) -> Decimal | None:
        return None if price is None else price * factor

    instruments = tuple(
        attrs.evolve(item, mark_price=scaled(item.mark_price), index_price=scaled(item.index_price))
        if item.base == entry.base
        else item
        for item in state.instruments
    )
    assets = tuple(
        attrs.evolve(item, index_price=scaled(item.index_price)) if item.asset == entry.base else item
        for item in state.assets
    )
    return attrs.evolve(state, instruments=instruments, assets=assets)


@frozen
class ShockPoint:
    """The account somewhere along a move.

    Attributes:
        scale: how much of the moves: 1 is all of them, -1 the opposite.
        reports: the report in each mode, by mode.
    """

    scale: Decimal
    reports: dict[str, Report]


def shock_curve(
    policy: Policy, state: AccountState, moves: Sequence[Move], scales: Sequence[Decimal], modes: Sequence[str]
) -> tuple[ShockPoint, ...]:
    """The account in each mode along a range of moves; prices are not solved for.

    Args:
        policy: a checked policy.
        state: the account.
        moves: what moves, and by how much at scale 1.
        scales: multiples of the moves; those that would leave no price above zero are left out.
        modes: `cross`, `isolated`.
    """
    by_mode = {mode: in_mode(state, mode) for mode in modes}
    points = []
    for scale in scales:
        scaled = [attrs.evolve(entry, share=entry.share * scale) for entry in moves]
        if any(entry.share <= -1 for entry in scaled):
            continue
        reports = {mode: evaluate(policy, move(account, scaled), solve=False) for mode, account in by_mode.items()}
        points.append(ShockPoint(scale, reports))
    return tuple(points)
