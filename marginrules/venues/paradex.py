"""Paradex's answers to an account state: the cross margin of one account.

The payload is one object that holds the answers under their names: `account` (GET /v1/account), `positions` (GET
/v1/positions), `balances` (GET /v1/balance), `markets` (GET /v1/markets) and `markets_summary` (GET
/v1/markets/summary, market ALL). Where they apply: `orders` (GET /v1/orders), `account_margin` (GET
/v1/account/margin), which says how the account is margined, and `system_config` (GET /v1/system/config), for the fee of a
liquidation.
"""

from collections.abc import Mapping
from decimal import Decimal

from attrs import evolve, frozen

from marginrules.account.state import Account, AccountState, Asset, Balance, Instrument, Order, Position, Value
from marginrules.arithmetic import plain_text
from marginrules.venues.figures import (
    LoneAnswer,
    filled,
    filled_decimal,
    mark_behind_profit,
    refuse_a_lone_answer,
    refuse_other_names,
    rows_by,
    signed_size,
    unwrapped,
)
from marginrules.venues.importer import Importer, imported
from marginrules.venues.payload import Part, to_solved_digits

REQUESTS: Mapping[str, str] = {
    "account": "GET /v1/account",
    "positions": "GET /v1/positions",
    "balances": "GET /v1/balance",
    "markets": "GET /v1/markets",
    "markets_summary": "GET /v1/markets/summary (market ALL)",
    "orders": "GET /v1/orders",
    "account_margin": "GET /v1/account/margin",
    "system_config": "GET /v1/system/config",
}

_NEEDED = ("account", "positions", "balances", "markets", "markets_summary")
_LONE_ANSWERS = (
    LoneAnswer("account", ("account_value", "settlement_asset")),
    LoneAnswer("positions", ("average_entry_price", "market")),
    LoneAnswer("balances", ("token", "size")),
    LoneAnswer("markets", ("delta1_cross_margin_params", "symbol")),
    LoneAnswer("markets_summary", ("mark_price", "symbol")),
)
_SIDES = {"long": 1, "short": -1}
_ORDER_SIDES = {"buy": "buy", "sell": "sell"}
_ONE_MOMENT = "take the answers at one moment, each whole"
_CROSS = {"cross", "cross_margin"}
_LINEAR_KINDS = {"PERP", "FUTURE"}
_FEE_KINDS = ("api_fee", "interactive_fee", "rpi_fee")

# An order that waits for its trigger is in no book. Paradex docs, API, orders: status.
_RESTING = {"new": "resting", "open": "resting", "untriggered": "", "closed": ""}

_PRINTED_UNIT = Decimal("0.000001")
# In the sample of GET /v1/account, account_value less a requirement is off by three millionths.
_SUMS_OFF = Decimal("0.00001")
_MARKS_MOVE = Decimal("0.01")
_ZERO = Decimal(0)


@frozen
class _Answers:
    """The payload's rows, by what they are asked for by."""

    payload: Part
    account: Part
    settle: str
    markets: Mapping[str, Part]
    summaries: Mapping[str, Part]


@frozen
class _Held:
    """A position, its contract, and its figures in the settlement asset."""

    position: Position
    instrument: Instrument
    value: Decimal
    gain: Decimal
    """Profit, funding not yet settled in it."""


def read(payload: object, source: str = "payload") -> AccountState:
    """The account state that a payload of Paradex shows.

    Args:
        payload: parsed JSON, its numbers `Decimal` or text.
        source: name of the payload for errors.

    Raises:
        StateError: something is missing, malformed or contradicts itself; it says where and how to mend it.
    """
    return imported(_read, payload, source, REQUESTS)


def _read(payload: Part) -> AccountState:
    _refuse_a_lone_answer(payload)
    refuse_other_names(payload)
    account = payload.member("account")
    settle = account.member("settlement_asset").text()
    answers = _Answers(
        payload,
        account,
        settle,
        rows_by(_rows(payload, "markets"), "symbol"),
        rows_by(_rows(payload, "markets_summary"), "symbol"),
    )
    _refuse_other_margining(payload)

    rows = rows_by((row for row in _rows(payload, "positions") if row.member("size").decimal()), "market")
    held = [_held(symbol, row, answers) for symbol, row in rows.items()]
    instruments = {entry.position.symbol: entry.instrument for entry in held}
    orders: list[Order] = []
    for row in _rows(payload, "orders") if payload.has("orders") else ():
        order = _order(row)
        if order is None:
            continue
        if order.symbol not in instruments:
            instruments[order.symbol] = _instrument(order.symbol, row, answers)
        orders.append(order)

    balances = tuple(
        Balance(token, row.member("size").decimal(), pointer=row.pointer)
        for token, row in rows_by(_rows(payload, "balances"), "token").items()
        if token == settle or row.member("size").decimal()
    )
    assets = tuple(_asset(balance, answers) for balance in balances)
    if settle not in (balance.asset for balance in balances):
        # An account without the settlement asset has none of it: the answer lists every token held.
        balances = (Balance(settle, _ZERO, pointer=payload.member("balances").pointer), *balances)
        assets = (Asset(settle, index_price=Decimal(1)), *assets)
    _check_totals(answers, held, balances, assets)
    _check_account(account)
    name, updated = account.optional("account"), account.optional("updated_at")
    return AccountState(
        account=Account(
            id=name.text() if name else "paradex",
            as_of=updated.moment() if updated else None,
            inputs=_liquidation_fee(payload),
            pointer=account.pointer,
        ),
        balances=balances,
        positions=tuple(entry.position for entry in held),
        orders=tuple(orders),
        instruments=tuple(instruments.values()),
        assets=assets,
    )


def _liquidation_fee(payload: Part) -> dict[str, Value]:
    config = payload.optional("system_config")
    return {"liquidation_fee": config.member("liquidation_fee").rate()} if config else {}


def _refuse_a_lone_answer(payload: Part) -> None:
    refuse_a_lone_answer(payload, _LONE_ANSWERS, _NEEDED)
    if payload.has("results") and not any(payload.has(name) for name in _NEEDED):
        refuse_a_lone_answer(payload.member("results"), _LONE_ANSWERS, _NEEDED)


def _rows(payload: Part, key: str) -> tuple[Part, ...]:
    return unwrapped(payload.member(key), "results", {}).items()


def _refuse_other_margining(payload: Part) -> None:
    """Refuse portfolio margin and isolated markets, which the rules of cross margin do not cover."""
    answer = payload.optional("account_margin")
    if answer is None:
        return
    method = answer.optional("margin_methodology")
    if method is not None and method.text().lower() not in _CROSS:
        raise method.error(
            f"the account's margin_methodology is {method.text()}, and this importer reads cross margin",
            "give an account in cross margin",
        )
    configs = answer.optional("configs")
    traded = {
        row.member("market").text()
        for key in ("positions", "orders")
        for row in (_rows(payload, key) if payload.has(key) else ())
    }
    for row in configs.items() if configs else ():
        kind = row.optional("margin_type")
        if kind is not None and kind.text().lower() not in _CROSS and row.member("market").text() in traded:
            raise kind.error(
                f"{row.member('market').text()} is margined {kind.text().lower()}, and this importer reads cross margin",
                "leave the market out, or give an account in cross margin",
            )


def _held(symbol: str, row: Part, answers: _Answers) -> _Held:
    quantity = signed_size(row, "size", _SIDES)
    status = row.optional("status")
    if status is not None and status.text().lower() != "open":
        raise status.error(f"a position of {quantity} has the status {status.text()}", _restore("positions"))
    entry_price = row.member("average_entry_price").positive()
    instrument = _instrument(symbol, row, answers)
    listed = instrument.mark_price
    if listed is None:
        raise row.error(f"markets_summary has no mark_price of {symbol}", _restore("markets_summary"))
    gain = row.member("unrealized_pnl").decimal()
    # The venue counts funding not yet settled in the profit. Paradex docs, API, positions.
    funding = row.member("unrealized_funding_pnl").decimal()
    mark_price = mark_behind_profit(gain - funding, instrument, quantity, entry_price, listed, _PRINTED_UNIT)
    if mark_price is None:
        raise row.member("unrealized_pnl").error(
            f"unrealized_pnl is {gain}, but size x (mark_price - average_entry_price) + unrealized_funding_pnl is "
            f"{plain_text(quantity * (listed - entry_price) + funding)}, which a moment between the answers does not "
            "explain",
            _ONE_MOMENT,
        )
    return _Held(
        Position(
            id=symbol,
            symbol=symbol,
            quantity=quantity,
            entry_price=entry_price,
            margin_mode="cross",
            accrued_funding=funding,
            pointer=row.pointer,
        ),
        evolve(instrument, mark_price=mark_price),
        abs(quantity) * mark_price,
        gain,
    )


def _instrument(symbol: str, row: Part, answers: _Answers) -> Instrument:
    """The market of a position or an order, at the mark price of the summary."""
    market = answers.markets.get(symbol)
    if market is None:
        raise row.member("market").error(f"markets does not list {symbol}", _restore("markets"))
    parameters = market.optional("delta1_cross_margin_params")
    kind = market.optional("asset_kind")
    if kind is not None and kind.text() not in _LINEAR_KINDS:
        raise kind.error(
            f"{symbol} is of kind {kind.text()}, and this importer reads perpetuals and futures", "leave it out"
        )
    if parameters is None:
        raise market.lacks("delta1_cross_margin_params")
    pooled = market.optional("market_kind")
    if pooled is not None and pooled.text() not in _CROSS:
        raise pooled.error(
            f"{symbol} is a market of kind {pooled.text()}, and this importer reads cross margin", "leave it out"
        )
    settle = market.member("settlement_currency").text()
    if settle != answers.settle:
        raise market.member("settlement_currency").error(
            f"{symbol} settles in {settle}, but the account's settlement_asset is {answers.settle}",
            "give the answers of one account",
        )
    summary = answers.summaries.get(symbol)
    inputs: dict[str, Value] = {
        "imf_base": parameters.member("imf_base").rate(),
        "mmf_factor": parameters.member("mmf_factor").rate(),
    }
    return Instrument(
        symbol=symbol,
        contract="linear",
        base=market.member("base_currency").text(),
        quote=settle,
        settle=settle,
        mark_price=summary.member("mark_price").positive() if summary else None,
        tick_size=filled_decimal(market, "price_tick_size"),
        quantity_step=filled_decimal(market, "order_size_increment"),
        taker_fee_rate=_fee_rate(market, answers.account),
        inputs=inputs,
        pointer=market.pointer,
    )


def _fee_rate(market: Part, account: Part) -> Decimal:
    """The rate of the fee provision: the account's own, else the highest that the market charges a taker.

    Paradex SDK, margin, config: fee_rate_for_market.
    """
    fees = account.optional("fees")
    own = filled_decimal(fees, "taker_rate") if fees else None
    if own is not None:
        return own
    config = market.member("fee_config")
    charged = [
        config.member(kind).member("taker_fee").member("fee").decimal() for kind in _FEE_KINDS if config.has(kind)
    ]
    if not charged:
        raise config.lacks("api_fee")
    return max(charged)


def _asset(balance: Balance, answers: _Answers) -> Asset:
    """A token held, at the mark price of the perpetual on it, as the venue's margin counts it."""
    if balance.asset == answers.settle:
        # Cross margin counts one of the settlement asset as one dollar.
        return Asset(balance.asset, index_price=Decimal(1))
    for symbol in (f"{balance.asset}-USD-PERP", f"{balance.asset}-USD"):
        summary = answers.summaries.get(symbol)
        for key in ("mark_price", "underlying_price"):
            price = filled(summary, key) if summary else None
            if summary and price and price.decimal():
                return Asset(balance.asset, index_price=price.positive(), pointer=summary.pointer)
    raise answers.payload.member("markets_summary").error(
        f"the account holds {balance.asset}, and markets_summary has no price of {balance.asset}-USD-PERP",
        _restore("markets_summary"),
    )


def _check_totals(
    answers: _Answers, held: list[_Held], balances: tuple[Balance, ...], assets: tuple[Asset, ...]
) -> None:
    """Refuse positions and balances that do not make up the totals of the account: some were left out."""
    values = {
        balance.asset: balance.wallet_balance * (asset.index_price or _ZERO)
        for balance, asset in zip(balances, assets, strict=True)
    }
    others = sum((value for asset, value in values.items() if asset != answers.settle), _ZERO)
    positions = sum((entry.value for entry in held), _ZERO)
    # The answers are of different moments, and marks move in between.
    slack = _MARKS_MOVE * (positions + abs(others)) + _PRINTED_UNIT * (len(held) + len(balances) + 1)
    shown = answers.account.member("account_value")
    equity = sum(values.values(), _ZERO) + sum((entry.gain for entry in held), _ZERO)
    if abs(shown.decimal() - equity) > slack:
        raise shown.error(
            f"account_value is {shown.decimal()}, but balances and the sum of unrealized_pnl are "
            f"{plain_text(to_solved_digits(equity))}",
            _ONE_MOMENT,
        )
    # Fees and orders only add to what positions ask for; portfolio margin may ask for less.
    initial = maintenance = others
    for entry in held:
        rates = answers.markets[entry.position.symbol].member("delta1_cross_margin_params")
        margin = entry.value * rates.member("imf_base").decimal()
        initial += margin
        maintenance += margin * rates.member("mmf_factor").decimal()
    for key, least in (("initial_margin_requirement", initial), ("maintenance_margin_requirement", maintenance)):
        requirement = filled(answers.account, key)
        if requirement is not None and requirement.decimal() < least * (1 - _MARKS_MOVE) - _PRINTED_UNIT:
            raise requirement.error(
                f"{key} is {requirement.decimal()}, less than cross margin asks for these positions, "
                f"{plain_text(to_solved_digits(least))}",
                "give an account in cross margin: this importer does not read portfolio margin",
            )


def _check_account(account: Part) -> None:
    """Refuse figures of the answer about the account that do not fit one another; they are of one moment."""
    value = account.member("account_value").decimal()
    for key, required in (
        ("free_collateral", "initial_margin_requirement"),
        ("margin_cushion", "maintenance_margin_requirement"),
    ):
        shown, requirement = filled(account, key), filled(account, required)
        if shown is None or requirement is None:
            continue
        excess = value - requirement.decimal()
        # What is in excess of a requirement that is not met may be printed as nothing.
        if abs(shown.decimal() - excess) > _SUMS_OFF and not (excess < 0 and not shown.decimal()):
            raise shown.error(
                f"{key} is {shown.decimal()}, but account_value - {required} is {plain_text(excess)}", _ONE_MOMENT
            )
    initial, maintenance = (
        filled(account, key) for key in ("initial_margin_requirement", "maintenance_margin_requirement")
    )
    if initial is not None and maintenance is not None and initial.decimal() < maintenance.decimal():
        raise initial.error(
            f"initial_margin_requirement is {initial.decimal()}, less than maintenance_margin_requirement, "
            f"{maintenance.decimal()}",
            _ONE_MOMENT,
        )


def _order(row: Part) -> Order | None:
    """A resting order; None for one that waits for its trigger, or is closed."""
    status = row.optional("status")
    if status is not None and not status.choice(_RESTING):
        return None
    quantity = row.member("remaining_size").decimal()
    if quantity <= 0:
        raise row.member("remaining_size").error(
            f"remaining_size is {quantity}, which leaves nothing to fill", "leave orders out that are filled"
        )
    flags = row.optional("flags")
    number = row.optional("id")
    price = filled_decimal(row, "price")
    return Order(
        symbol=row.member("market").text(),
        side=row.member("side").choice(_ORDER_SIDES),
        quantity=quantity,
        # A price of 0 is how the venue writes that an order has none.
        price=row.member("price").positive() if price else None,
        id=number.text() if number else None,
        reduce_only="REDUCE_ONLY" in [flag.text() for flag in flags.items()] if flags else None,
        margin_mode="cross",
        pointer=row.pointer,
    )


def _restore(key: str) -> str:
    return f"give the answer of {REQUESTS[key]} whole, as the venue gave it"


IMPORTER = Importer(
    "paradex",
    "Paradex cross margin",
    "one object with `account`, `positions`, `balances`, `markets` and `markets_summary`; `orders` where orders rest",
    read,
)
