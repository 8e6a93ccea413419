"""dYdX v4's answers to an account state: one subaccount, which is one pool.

The payload is one object that holds the answers under their names: `subaccount` (indexer, GET
/v4/addresses/{address}/subaccountNumber/{number}) and `perpetualMarkets` (indexer, GET /v4/perpetualMarkets). Where
they apply: `liquidityTiers` (chain, GET /dydxprotocol/perpetuals/liquidity_tiers), which has the fractions and caps
unrounded; `leverage` (chain, GET /dydxprotocol/clob/leverage/{owner}/{number}), where one was chosen;
`liquidationsConfig` (chain, GET /dydxprotocol/clob/liquidations_configuration), which only a liquidation needs; and
`time` (indexer, GET /v4/time).

The chain holds a quote balance in which every entry is already paid for; the wallet of the account document is that
balance with the positions put back at their entry prices, so that equity is the net collateral the indexer prints.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from attrs import evolve, field, frozen

from marginrules.account.state import Account, AccountState, Asset, Balance, Instrument, Position, Value
from marginrules.arithmetic import plain_text
from marginrules.venues.figures import (
    LoneAnswer,
    mark_behind_profit,
    members,
    refuse_a_lone_answer,
    refuse_other_names,
    signed_size,
    text_moment,
    unwrapped,
)
from marginrules.venues.importer import Importer, imported
from marginrules.venues.payload import Part, optional_decimal, to_solved_digits

REQUESTS: Mapping[str, str] = {
    "subaccount": "GET /v4/addresses/{address}/subaccountNumber/{number}",
    "perpetualMarkets": "GET /v4/perpetualMarkets",
    "liquidityTiers": "GET /dydxprotocol/perpetuals/liquidity_tiers",
    "leverage": "GET /dydxprotocol/clob/leverage/{owner}/{number}",
    "liquidationsConfig": "GET /dydxprotocol/clob/liquidations_configuration",
    "time": "GET /v4/time",
}

_NEEDED = ("subaccount", "perpetualMarkets")
_LONE_ANSWERS = (
    LoneAnswer("subaccount", ("openPerpetualPositions", "assetPositions")),
    LoneAnswer("perpetualMarkets", ("markets",)),
    LoneAnswer("liquidityTiers", ("liquidity_tiers",)),
)
_SIDES = {"long": 1, "short": -1}
_MARKET_TYPES = {"cross": "cross", "isolated": "isolated"}
_SETTLEMENT_ASSET = "USDC"

# One quote quantum: the chain counts USDC in millionths. dYdX v4 chain, perpetuals library.
_QUANTUM = Decimal("0.000001")
_PARTS_PER_MILLION = Decimal(1_000_000)
_ZERO = Decimal(0)
_ONE_MOMENT = "take `subaccount` and `perpetualMarkets` at one moment, each whole"


@frozen
class _Held:
    """A position and its contract, at the price of the answer about the subaccount."""

    position: Position
    instrument: Instrument
    row: Part = field(eq=False)
    mark_price: Decimal


@frozen
class _Margin:
    """What the liquidity tier of a market says."""

    initial_margin_fraction: Decimal
    maintenance_fraction: Decimal
    open_interest_lower_cap: Decimal
    open_interest_upper_cap: Decimal


def read(payload: object, source: str = "payload") -> AccountState:
    """The account state that a payload of dYdX v4 shows.

    Args:
        payload: parsed JSON, its numbers `Decimal` or text.
        source: name of the payload for errors.

    Raises:
        StateError: something is missing, malformed or contradicts itself; it says where and how to mend it.
    """
    return imported(_read, payload, source, REQUESTS)


def _read(payload: Part) -> AccountState:
    refuse_a_lone_answer(payload, _LONE_ANSWERS, _NEEDED)
    refuse_other_names(payload)
    subaccount = unwrapped(payload.member("subaccount"), "subaccount", {})
    _refuse_several_subaccounts(subaccount)
    markets = unwrapped(payload.member("perpetualMarkets"), "markets", {})
    chosen = _chosen_leverages(payload)

    held = [
        entry
        for ticker, row in members(subaccount.member("openPerpetualPositions"))
        if (entry := _held(ticker, row, markets, payload, chosen)) is not None
    ]
    balance = _quote_balance(subaccount)
    _check_equity(subaccount, balance, held)
    _check_free_collateral(subaccount, held)
    wallet = balance + sum((entry.position.quantity * entry.position.entry_price for entry in held), _ZERO)

    time = payload.optional("time")
    return AccountState(
        account=Account(
            id=_name(subaccount),
            as_of=text_moment(time.member("iso")) if time else None,
            inputs=_liquidation_limits(payload),
            pointer=subaccount.pointer,
        ),
        balances=(Balance(_SETTLEMENT_ASSET, wallet, pointer=subaccount.member("assetPositions").pointer),),
        positions=tuple(entry.position for entry in held),
        instruments=tuple(entry.instrument for entry in held),
        # The chain counts one USDC as one dollar.
        assets=(Asset(_SETTLEMENT_ASSET, index_price=Decimal(1)),),
    )


def _refuse_several_subaccounts(subaccount: Part) -> None:
    """An account document is one subaccount: each is margined alone."""
    for key in ("childSubaccounts", "subaccounts"):
        if subaccount.has(key):
            raise subaccount.member(key).error(
                f"{subaccount.name} has several subaccounts, and each is margined alone",
                f"give the answer of {REQUESTS['subaccount']}, of one of them, as `subaccount`",
            )


def _name(subaccount: Part) -> str:
    address, number = subaccount.optional("address"), subaccount.optional("subaccountNumber")
    if address is None:
        return "dydx-v4"
    return f"{address.text()}/{number.integer()}" if number else address.text()


def _liquidation_limits(payload: Part) -> dict[str, Value]:
    """What a liquidation charges at most, and takes at most in one block."""
    answer = payload.optional("liquidationsConfig")
    if answer is None:
        return {}
    config = unwrapped(answer, "liquidations_config", {})
    of_position, of_subaccount = config.member("position_block_limits"), config.member("subaccount_block_limits")
    portion = of_position.member("max_position_portion_liquidated_ppm")
    return {
        "max_liquidation_fee": config.member("max_liquidation_fee_ppm").decimal() / _PARTS_PER_MILLION,
        "max_position_portion_liquidated": portion.decimal() / _PARTS_PER_MILLION,
        "min_position_notional_liquidated": of_position.member("min_position_notional_liquidated").decimal() * _QUANTUM,
        "max_notional_liquidated": of_subaccount.member("max_notional_liquidated").decimal() * _QUANTUM,
    }


def _chosen_leverages(payload: Part) -> Mapping[int, Decimal]:
    """The leverage chosen for a market, by the id of its book."""
    answer = payload.optional("leverage")
    chosen: dict[int, Decimal] = {}
    for row in unwrapped(answer, "clob_pair_leverage", {}).items() if answer else ():
        fraction = row.member("custom_imf_ppm").positive()
        # The chain leaves out an id that is zero.
        number = row.optional("clob_pair_id")
        chosen[number.integer() if number else 0] = to_solved_digits(_PARTS_PER_MILLION / fraction)
    return chosen


def _held(ticker: str, row: Part, markets: Part, payload: Part, chosen: Mapping[int, Decimal]) -> _Held | None:
    """A position of a market; None where its size is zero."""
    named = row.optional("market")
    if named is not None and named.text() != ticker:
        raise named.error(f"the position of {ticker} has market {named.text()}", _restore("subaccount"))
    quantity = signed_size(row, "size", _SIDES)
    if not quantity:
        return None
    status = row.optional("status")
    if status is not None and status.text() != "OPEN":
        raise status.error(
            f"the position of {ticker} is {status.text()}, and stands among the open ones", _restore("subaccount")
        )
    market = markets.optional(ticker)
    if market is None:
        raise row.error(f"{markets.name} does not list {ticker}", _restore("perpetualMarkets"))
    instrument = _instrument(ticker, market, payload)
    entry_price = row.member("entryPrice").positive()
    mark_price = _mark_price(row, market, instrument, quantity, entry_price)
    book = market.optional("clobPairId")
    return _Held(
        Position(
            id=ticker,
            symbol=ticker,
            quantity=quantity,
            entry_price=entry_price,
            margin_mode="cross",
            leverage=chosen.get(book.integer()) if book else None,
            pointer=row.pointer,
        ),
        evolve(instrument, mark_price=mark_price),
        row,
        mark_price,
    )


def _mark_price(row: Part, market: Part, instrument: Instrument, quantity: Decimal, entry_price: Decimal) -> Decimal:
    """The oracle price at the moment of the answer about the subaccount."""
    oracle_price = market.member("oraclePrice").positive()
    shown = row.optional("unrealizedPnl")
    if shown is None:
        return oracle_price
    found = mark_behind_profit(shown.decimal(), instrument, quantity, entry_price, oracle_price, _QUANTUM)
    if found is None:
        raise shown.error(
            f"unrealizedPnl is {shown.decimal()}, but size x (oraclePrice - entryPrice) is "
            f"{plain_text(quantity * (oracle_price - entry_price))}, which a moment between the answers does not explain",
            _ONE_MOMENT,
        )
    return found


def _quote_balance(subaccount: Part) -> Decimal:
    """The USDC of the subaccount, signed; funding not yet settled is in it."""
    balance = _ZERO
    for symbol, row in members(subaccount.member("assetPositions")):
        size = signed_size(row, "size", _SIDES)
        if symbol == _SETTLEMENT_ASSET:
            balance = size
        elif size:
            raise row.error(
                f"the subaccount holds {symbol}, and USDC is the chain's only collateral", _restore("subaccount")
            )
    return balance


def _check_equity(subaccount: Part, balance: Decimal, held: list[_Held]) -> None:
    """Refuse positions that do not make up the equity which the indexer prints: some were left out."""
    shown = subaccount.optional("equity")
    if shown is None:
        return
    values = [entry.position.quantity * entry.mark_price for entry in held]
    equity = balance + sum(values, _ZERO)
    slack = _QUANTUM * (len(held) + 1)
    if not all(entry.row.has("unrealizedPnl") for entry in held):
        # The oracle price is then of another moment than the equity.
        slack += sum((abs(value) for value in values), _ZERO) / 100
    if abs(shown.decimal() - equity) > slack:
        raise shown.error(
            f"equity is {shown.decimal()}, but USDC + the sum of size x oraclePrice is "
            f"{plain_text(to_solved_digits(equity))}",
            _ONE_MOMENT,
        )


def _check_free_collateral(subaccount: Part, held: list[_Held]) -> None:
    """Refuse a free collateral that is not the equity less the initial margin which the indexer counts with.

    That is each position's value times the fraction of its liquidity tier, neither scaled by open interest nor raised by a
    chosen leverage. dYdX v4 indexer, comlink, helpers: calculateEquityAndFreeCollateral.
    """
    shown, equity = subaccount.optional("freeCollateral"), subaccount.optional("equity")
    if shown is None or equity is None:
        return
    margins = [
        abs(entry.position.quantity) * entry.mark_price * _fraction(entry.instrument, "initial_margin_fraction")
        for entry in held
    ]
    required = sum(margins, _ZERO)
    slack = _QUANTUM * (len(held) + 1)
    if not all(entry.row.has("unrealizedPnl") for entry in held):
        # The oracle price is then of another moment than the collateral.
        slack += required / 100
    free = equity.decimal() - required
    if abs(shown.decimal() - free) > slack:
        raise shown.error(
            f"freeCollateral is {shown.decimal()}, but equity - the sum of size x oraclePrice x initialMarginFraction is "
            f"{plain_text(to_solved_digits(free))}",
            _ONE_MOMENT,
        )


def _fraction(instrument: Instrument, name: str) -> Decimal:
    found = instrument.inputs[name]
    return found if isinstance(found, Decimal) else _ZERO


def _instrument(ticker: str, market: Part, payload: Part) -> Instrument:
    margin = _margin(ticker, market, payload)
    open_interest = market.optional("baseOpenInterest") or market.member("openInterest")
    kind = market.optional("marketType")
    inputs: dict[str, Value] = {
        "initial_margin_fraction": margin.initial_margin_fraction,
        "maintenance_fraction": margin.maintenance_fraction,
        "open_interest_lower_cap": margin.open_interest_lower_cap,
        "open_interest_upper_cap": margin.open_interest_upper_cap,
    }
    if kind is not None:
        inputs["market_type"] = kind.choice(_MARKET_TYPES)
    return Instrument(
        symbol=ticker,
        contract="linear",
        base=ticker.rpartition("-")[0] or ticker,
        quote=_SETTLEMENT_ASSET,
        settle=_SETTLEMENT_ASSET,
        tick_size=optional_decimal(market, "tickSize"),
        quantity_step=optional_decimal(market, "stepSize"),
        open_interest=open_interest.decimal(),
        inputs=inputs,
        pointer=market.pointer,
    )


def _margin(ticker: str, market: Part, payload: Part) -> _Margin:
    """Fractions and caps of a market: those of its liquidity tier, else as the indexer prints them."""
    initial = market.member("initialMarginFraction").rate()
    maintenance = market.member("maintenanceMarginFraction").rate()
    caps = tuple(optional_decimal(market, key) for key in ("openInterestLowerCap", "openInterestUpperCap"))
    tiers = payload.optional("liquidityTiers")
    if tiers is not None:
        return _tier_of(ticker, market, (initial, maintenance, *caps), unwrapped(tiers, "liquidity_tiers", {}).items())
    lower, upper = caps
    if lower is None or upper is None:
        raise market.lacks(
            "openInterestLowerCap" if lower is None else "openInterestUpperCap",
            f"add the answer of {REQUESTS['liquidityTiers']} as `liquidityTiers`",
        )
    return _Margin(initial, _maintenance_fraction(market, initial, maintenance), lower, upper)


def _maintenance_fraction(market: Part, initial: Decimal, maintenance: Decimal) -> Decimal:
    """The fraction whose product with the initial one is the printed maintenance fraction.

    The indexer cuts that product to millionths. Where the quotient is no whole number of millionths, it was cut.
    """
    fraction = maintenance / initial if initial else _ZERO
    if fraction != fraction.quantize(_QUANTUM):
        raise market.member("maintenanceMarginFraction").error(
            f"maintenanceMarginFraction is {maintenance}, rounded from a part of initialMarginFraction {initial} "
            "that it does not show",
            f"add the answer of {REQUESTS['liquidityTiers']} as `liquidityTiers`",
        )
    return fraction


def _tier_of(ticker: str, market: Part, printed: tuple[Decimal | None, ...], tiers: Iterable[Part]) -> _Margin:
    """The liquidity tier that gives what the indexer prints of a market, which does not name it."""
    found: set[tuple[Decimal, Decimal, Decimal, Decimal]] = set()
    for tier in tiers:
        initial = tier.member("initial_margin_ppm").decimal() / _PARTS_PER_MILLION
        part = tier.member("maintenance_fraction_ppm").decimal() / _PARTS_PER_MILLION
        lower = (optional_decimal(tier, "open_interest_lower_cap") or _ZERO) * _QUANTUM
        upper = (optional_decimal(tier, "open_interest_upper_cap") or _ZERO) * _QUANTUM
        cut = (initial * part // _QUANTUM) * _QUANTUM
        given = (initial, cut, lower, upper)
        if all(figure is None or figure == own for figure, own in zip(printed, given, strict=True)):
            found.add((initial, part, lower, upper))
    if len(found) == 1:
        return _Margin(*found.pop())
    fractions = f"initial {printed[0]} and maintenance {printed[1]}"
    raise market.error(
        f"{'several liquidity tiers differ that have' if found else 'no liquidity tier has'} the margin fractions of "
        f"{ticker}, {fractions}",
        "take `liquidityTiers` and `perpetualMarkets` on the same day, the latter with its open-interest caps",
    )


def _restore(key: str) -> str:
    return f"give the answer of {REQUESTS[key]} whole, as the venue gave it"


IMPORTER = Importer(
    "dydx-v4",
    "dYdX v4",
    "one object with `subaccount` and `perpetualMarkets` of the indexer; `liquidityTiers` of the chain where the indexer "
    "rounds, `leverage` where one was chosen",
    read,
)
