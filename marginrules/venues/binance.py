"""What the answers about Binance's futures have alike, whether margined in a stablecoin or in the coin."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from marginrules.account.state import TierTable, Value
from marginrules.venues.figures import check_side
from marginrules.venues.payload import Part, optional_decimal

MODES = {"cross": "cross", "crossed": "cross", "isolated": "isolated"}
SIDES = {"buy": "buy", "sell": "sell"}
POSITION_SIDES = {"both": "BOTH", "long": "LONG", "short": "SHORT"}
ONE_MOMENT = "take the answers at one moment, each of all symbols"

# Orders of these kinds are in no book, and hold no margin, until their price is touched.
CONDITIONAL = ("STOP", "TAKE_PROFIT", "TRAILING_STOP")

# The venue prints amounts to eight decimals, some rounded and some cut.
PRINTED_UNIT = Decimal("0.00000001")
_ZERO = Decimal(0)


def symbol_and_side(row: Part) -> tuple[str, str]:
    """What tells the positions of an account apart: the symbol and the side, BOTH where the row names none."""
    side = row.optional("positionSide")
    return row.member("symbol").text(), side.choice(POSITION_SIDES) if side else "BOTH"


def check_position_side(row: Part, side: str, *, dual_side: bool | None) -> None:
    """Refuse a position whose sign is not that of its side, or whose side is not of the account's position mode.

    Args:
        row: a position that is open.
        side: BOTH, LONG or SHORT.
        dual_side: whether the account is in hedge mode; None where the payload does not say.

    Raises:
        StateError: they contradict each other.
    """
    check_side(row.member("positionAmt"), side)
    if dual_side is not None and dual_side != (side != "BOTH"):
        raise row.error(
            f"dualSidePosition is {'true' if dual_side else 'false'}, but a position is open on the side {side}",
            ONE_MOMENT,
        )


def hedged(sides: Iterable[tuple[str, Part]], *, dual_side: bool | None) -> bool | None:
    """Whether an account is in hedge mode: as the payload says, else as a position on a side of its own shows.

    Args:
        sides: of each position that is open its side and its row.
        dual_side: what the payload says; None where it does not.

    Returns:
        None where neither tells.

    Raises:
        StateError: some positions are on BOTH and some on a side of their own, and an account has one mode.
    """
    first: str | None = None
    for side, row in sides:
        first = first or side
        if (first == "BOTH") != (side == "BOTH"):
            raise row.error(
                f"a position is open on the side {side}, and another on {first}: an account is in hedge mode or is not",
                ONE_MOMENT,
            )
    return True if first not in {None, "BOTH"} else dual_side


def check_all_positions_are_here(
    account_positions: Mapping[tuple[str, str], Part], quantities: Mapping[tuple[str, str], Decimal]
) -> None:
    """Refuse `positionRisk` of fewer symbols, or of another moment, than the answer about the account.

    Args:
        account_positions: the positions in the answer about the account, by symbol and side.
        quantities: what `positionRisk` has open, by symbol and side.

    Raises:
        StateError: a quantity is another one.
    """
    for key, row in account_positions.items():
        quantity = optional_decimal(row, "positionAmt")
        if quantity is not None and quantity != quantities.get(key, _ZERO):
            raise row.member("positionAmt").error(
                f"{row.name} has {quantity} of {' '.join(key)}, but positionRisk has {quantities.get(key, _ZERO)}",
                ONE_MOMENT,
            )


def refuse_margin_of_orders(payload: Part, rows: Iterable[Part]) -> None:
    """Ask for the open orders where the venue prints a margin that only orders take, and there are none.

    Args:
        payload: the whole payload.
        rows: the assets and positions that print such a margin.

    Raises:
        StateError: one of them has it.
    """
    for row in rows:
        if optional_decimal(row, "openOrderInitialMargin"):
            if not payload.has("openOrders"):
                raise payload.lacks("openOrders")
            shown = row.member("openOrderInitialMargin")
            raise shown.error(f"{shown.name} is {shown.decimal()}, but openOrders has no order", ONE_MOMENT)


def liquidation_fee(described: Part | None) -> dict[str, Value]:
    """The input of that name, where `exchangeInfo` describes the symbol and has it."""
    fee = described.optional("liquidationFee") if described else None
    return {"liquidationFee": fee.rate()} if fee else {}


def filter_step(described: Part | None, kind: str, key: str) -> Decimal | None:
    """A step in one of the filters of a symbol; None where `exchangeInfo` does not have it, or has 0."""
    filters = described.optional("filters") if described else None
    for row in filters.items() if filters else ():
        if row.member("filterType").text() == kind and optional_decimal(row, key):
            return row.member(key).positive()
    return None


def bracket_tiers(row: Part, floor: Callable[[Part], Part], cap: str) -> TierTable:
    """The brackets of a symbol; `above` and the amounts in what the venue counts them in, the quote or the base coin.

    Args:
        row: the row of `leverageBracket`.
        floor: what of a bracket says where it begins.
        cap: the member that says where it ends.

    Raises:
        StateError: there is no bracket, or one does not begin where the one before ends.
    """
    brackets = row.member("brackets")
    remedy = f"give the answer of {row.requests['leverageBracket']} as the venue gave it"
    rows = sorted(brackets.items(), key=lambda bracket: floor(bracket).decimal())
    if not rows:
        raise brackets.error(f"{brackets.name} is empty", remedy)
    end = _ZERO
    for bracket in rows:
        begin = floor(bracket)
        if begin.decimal() != end:
            raise begin.error(
                f"a bracket of {row.member('symbol').text()} begins at {begin.decimal()}, but the one before ends at {end}",
                remedy,
            )
        end = bracket.member(cap).positive()
    return TierTable(
        ("above", "maintenance_rate", "maintenance_amount", "max_leverage"),
        tuple(
            (
                floor(bracket).decimal(),
                bracket.member("maintMarginRatio").rate(),
                bracket.member("cum").decimal(),
                bracket.member("initialLeverage").positive(),
            )
            for bracket in rows
        ),
        brackets.pointer,
    )
