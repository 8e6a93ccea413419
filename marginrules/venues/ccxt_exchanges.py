"""What ccxt's unified fields mean at each venue, and what the venue's policy needs beyond them.

Facts about ccxt 4.5.90, and 4.4.100 where that differs; read 2026-11-28 in its `parse_position`, `parse_balance` and
`parse_market_leverage_tiers` of each exchange.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from attrs import field, frozen

from marginrules.account.state import Instrument, TierTable, Value
from marginrules.arithmetic import plain_text
from marginrules.venues import bitmex
from marginrules.venues.binance_usdm import leverage_of_margin
from marginrules.venues.deribit import session_entry_price
from marginrules.venues.figures import entry_price_of_cost, filled, filled_decimal, rows_by
from marginrules.venues.kucoin_futures import chosen_leverage, chosen_tiers, exact_entry_price
from marginrules.venues.payload import Part

Kind = Callable[[Part], Value]


def _number(part: Part) -> Value:
    return part.decimal()


def _flag(part: Part) -> Value:
    return part.flag()


def _choice(part: Part) -> Value:
    # Some venues number their choices.
    return part.value if isinstance(part.value, str) and part.value else plain_text(part.decimal())


SHARED_INPUTS: Mapping[str, Mapping[str, Kind]] = {
    "account": {},
    "instruments": {"taker_fee_rate": _number, "index_price": _number},
    "assets": {"index_price": _number, "collateral_rate": _number},
    "balances": {},
    "positions": {},
}


@frozen
class Exchange:
    """What ccxt's unified fields mean at one venue, and what its policy needs beyond them.

    Attributes:
        total: what `balance.<currency>.total` is: the `wallet`, or the `equity` with all unrealized profit; `unsure`
            where ccxt takes it from different figures of the venue.
        wallet: the venue's own figure in `balance.info`, by currency; empty where there is none.
        futures: what a row of `balance.info` has where it is of the account that holds the positions, and not of the
            venue's spot account, whose `total` is another figure.
        margin: the member of a position's `info` that is the cash assigned to it, without profit.
        collateral: whether `collateral` of an isolated position holds its profit; None where that changed in ccxt.
        position_inputs: inputs of a position, amounts, that stand in its `info` under their own name.
        automatic: the member of a position's `info` that says whether margin is added to it by itself.
        funding: the member of a position's `info` that is the funding not yet settled.
        profit_holds_funding: whether `unrealizedPnl` holds that funding.
        mark_of_profit: whether the venue's own mark is the one that `unrealizedPnl` gives, a ticker being of another
            moment.
        notional: what `notional` is: the value at the `mark`, at the `entry`, at `either`, or in `usd`; in the `quote` of
            an inverse contract; in the `base` of either.
        own_leverage: the chosen leverage out of a position's `info` and its mode, where `leverage` is not that.
        leverage_is_chosen: whether `leverage`, where it is not 0, is the leverage chosen and not the one in effect.
        leverage_may_lack: whether a position may have no leverage of its own.
        cross_only: a venue that has no margin mode, all its positions being cross.
        tiers: whether its policy reads tiers from the instrument.
        fee: whether its policy counts the taker fee.
        own_fee: the member of a market's `info` that is the taker fee.
        position_fee: the member of a position's `info` that is the taker fee, before that of the market.
        entry: the entry price that a position's `info` shows to more digits than `entryPrice`, or from which its profit
            runs, at a mark price; None where it shows none.
        chosen_tiers: the tiers that follow from a market's `info` and that of the positions on it, which say what was
            chosen; None where they do not.
        tiers_of: the margin mode of the positions that the tiers hold for, in an account that is not a unified one.
        unit: what amounts in `info` are counted in, by currency.
        rounds_marks: whether it prints a mark to the step of prices, and its figures are of the exact one.
        market_inputs: inputs of the instrument that stand in a market's `info` under their own name.
        needs: inputs of the instrument that its policy cannot do without.
        inputs: names that may stand in `inputs`, beside the shared ones, by section.
        dollar: a currency that the venue counts as one dollar.
    """

    total: str
    wallet: Callable[[Part], Mapping[str, Part]] | None = None
    futures: str = ""
    margin: tuple[str, ...] = ()
    collateral: bool | None = None
    position_inputs: tuple[str, ...] = ()
    automatic: str = ""
    funding: str = ""
    profit_holds_funding: bool = False
    mark_of_profit: bool = False
    notional: str = "mark"
    own_leverage: Callable[[Part, str], Decimal | None] | None = None
    leverage_is_chosen: bool = True
    leverage_may_lack: bool = False
    cross_only: bool = False
    tiers: bool = True
    fee: bool = False
    own_fee: str = ""
    position_fee: str = ""
    entry: Callable[[Part, Instrument, Decimal, Decimal], Decimal | None] | None = None
    chosen_tiers: Callable[[Part | None, list[Part]], TierTable | None] | None = None
    tiers_of: str = ""
    unit: Callable[[str], Decimal] | None = None
    rounds_marks: bool = False
    market_inputs: Mapping[str, Kind] = field(factory=dict)
    needs: tuple[str, ...] = ()
    inputs: Mapping[str, Mapping[str, Kind]] = field(factory=dict)
    dollar: str = ""


# ---------------------------------------------------------------- wallets in `balance.info`


def _binance_wallet(info: Part) -> Mapping[str, Part]:
    """`assets` of the account's answer, or the rows of its balance answer."""
    if isinstance(info.value, list | tuple):
        return {asset: row.member("balance") for asset, row in rows_by(info.items(), "asset").items()}
    return {
        asset: row.member("walletBalance") for asset, row in rows_by(info.member("assets").items(), "asset").items()
    }


def _deribit_wallet(info: Part) -> Mapping[str, Part]:
    rows = info.member("summaries").items() if info.has("summaries") else (info,)
    return {currency: row.member("balance") for currency, row in rows_by(rows, "currency").items()}


# ---------------------------------------------------------------- leverage in a position's `info`


def _binance_leverage(info: Part, _mode: str) -> Decimal | None:
    """Of the third version, which leaves it out: the one that gives the printed margin."""
    notional = filled_decimal(info, "notional")
    return leverage_of_margin((info,), abs(notional)) if notional else None


def _gate_leverage(info: Part, _mode: str) -> Decimal | None:
    return filled_decimal(info, "cross_leverage_limit")


def _kucoin_leverage(info: Part, mode: str) -> Decimal | None:
    needed = ("leverage",) if mode == "cross" else ("posCost", "posInit")
    return chosen_leverage(info, mode) if all(filled(info, key) for key in needed) else None


# ---------------------------------------------------------------- prices and tiers in a position's `info`


def _deribit_entry(info: Part, instrument: Instrument, quantity: Decimal, mark_price: Decimal) -> Decimal | None:
    """Profit runs from the last settlement, when it is booked to the balance."""
    printed = info.has("floating_profit_loss")
    return session_entry_price(info, instrument, quantity, mark_price) if printed else None


def _kucoin_entry(info: Part, instrument: Instrument, quantity: Decimal, _mark: Decimal) -> Decimal | None:
    return exact_entry_price(info, instrument, quantity) if info.has("avgEntryPrice") else None


def _bitmex_entry(info: Part, instrument: Instrument, quantity: Decimal, _mark: Decimal) -> Decimal | None:
    """The price behind the cost, in which the value of one contract is rounded to the smallest unit."""
    if not info.has("avgEntryPrice") or not info.has("posCost"):
        return None
    unit = _bitmex_unit(instrument.settle)
    cost = abs(info.member("posCost").decimal()) * unit
    slack = abs(quantity) * unit / 2
    return entry_price_of_cost(
        instrument, quantity, info.member("avgEntryPrice"), cost, exact_within=Decimal(0), slack=slack
    )


def _bitmex_unit(asset: str) -> Decimal:
    """What BitMEX counts in: a hundred-millionth of a coin, a millionth of a dollar coin."""
    return Decimal(1).scaleb(-6 if asset in {"USDT", "USDC"} else -8)


def _bitmex_tiers(market: Part | None, positions: list[Part]) -> TierTable | None:
    return bitmex.chosen_tiers(market, positions) if market is not None else None


def _kucoin_tiers(_market: Part | None, positions: list[Part]) -> TierTable | None:
    if not positions or not all(filled(row, "maintMarginReq") for row in positions):
        return None
    return chosen_tiers(positions, "add the answer of fetch_market_leverage_tiers as `leverageTiers`")


_COIN_RATES = dict.fromkeys(
    ("initial_margin_base", "initial_margin_slope", "maintenance_margin_base", "maintenance_margin_slope"), _number
)
_KUCOIN = dict.fromkeys(("k", "m", "f", "mmrLimit", "mmrLevConstant", "fundingFeeRate"), _number)
_DYDX = {
    "initial_margin_fraction": _number,
    "maintenance_fraction": _number,
    "open_interest_lower_cap": _number,
    "open_interest_upper_cap": _number,
    "market_type": _choice,
}
BINANCE = Exchange(
    total="unsure",
    wallet=_binance_wallet,
    own_leverage=_binance_leverage,
    margin=("isolatedWallet",),
    automatic="isAutoAddMargin",
    collateral=True,
    inputs={"account": {"multiAssetsMargin": _flag, "dualSidePosition": _flag}},
)
BYBIT = Exchange(
    total="wallet",
    margin=("positionBalance",),
    automatic="autoAddMargin",
    notional="either",
    fee=True,
    inputs={"account": {"unifiedMarginStatus": _choice}},
)
OKX = Exchange(
    total="equity",
    margin=("margin",),
    notional="usd",
    fee=True,
    inputs={"account": {"acctLv": _choice}},
)
_GATE = Exchange(
    total="wallet",
    futures="total",
    margin=("margin",),
    notional="either",
    own_leverage=_gate_leverage,
    fee=True,
    own_fee="taker_fee_rate",
)
KUCOIN = Exchange(
    total="equity",
    futures="accountEquity",
    margin=("posMargin",),
    position_inputs=("posComm", "riskLimit"),
    automatic="autoDeposit",
    collateral=True,
    notional="either",
    own_leverage=_kucoin_leverage,
    entry=_kucoin_entry,
    chosen_tiers=_kucoin_tiers,
    tiers_of="isolated",
    leverage_is_chosen=False,
    tiers=False,
    fee=True,
    own_fee="takerFeeRate",
    market_inputs=_KUCOIN,
    inputs={
        "account": {"selfAccountMode": _choice},
        "instruments": _KUCOIN,
        "positions": {"posComm": _number, "riskLimit": _number},
    },
)

EXCHANGES: Mapping[str, Exchange] = {
    "binance": BINANCE,
    "binanceusdm": BINANCE,
    "binancecoinm": BINANCE,
    "aster": Exchange(
        total="wallet", futures="balance", margin=("isolatedWallet",), automatic="isAutoAddMargin", collateral=True
    ),
    "bybit": BYBIT,
    "bybiteu": BYBIT,
    "okx": OKX,
    "myokx": OKX,
    "okxus": OKX,
    "gate": _GATE,
    "gateio": _GATE,
    "bitget": Exchange(
        total="equity",
        futures="marginCoin",
        margin=("marginSize",),
        automatic="autoMargin",
        collateral=True,
        fee=True,
        own_fee="takerFeeRate",
        inputs={"account": {"assetMode": _choice}},
    ),
    "kucoin": KUCOIN,
    "kucoinfutures": KUCOIN,
    "bitmex": Exchange(
        total="equity",
        notional="quote",
        position_inputs=("posComm", "riskLimit"),
        leverage_may_lack=True,
        fee=True,
        own_fee="takerFee",
        position_fee="commission",
        entry=_bitmex_entry,
        chosen_tiers=_bitmex_tiers,
        unit=_bitmex_unit,
        market_inputs={"fundingRate": _number},
        inputs={
            "instruments": {"fundingRate": _number},
            "assets": {"scale": _number},
            "positions": {"posComm": _number, "riskLimit": _number},
        },
    ),
    "deribit": Exchange(
        total="unsure",
        wallet=_deribit_wallet,
        entry=_deribit_entry,
        rounds_marks=True,
        notional="base",
        cross_only=True,
        tiers=False,
        needs=tuple(_COIN_RATES),
        inputs={
            "account": {"margin_model": _choice},
            "instruments": _COIN_RATES,
            "balances": {"futures_session_rpl": _number},
        },
    ),
    "krakenfutures": Exchange(total="unsure", funding="unrealizedFunding", leverage_may_lack=True),
    "hyperliquid": Exchange(
        total="equity",
        futures="marginSummary",
        collateral=True,
        inputs={"instruments": {"marginMode": _choice}},
        dollar="USDC",
    ),
    "dydx": Exchange(
        total="unsure",
        cross_only=True,
        tiers=False,
        mark_of_profit=True,
        needs=("initial_margin_fraction", "maintenance_fraction"),
        inputs={"instruments": _DYDX},
        dollar="USDC",
    ),
    "paradex": Exchange(
        total="wallet",
        cross_only=True,
        tiers=False,
        fee=True,
        notional="either",
        funding="unrealized_funding_pnl",
        profit_holds_funding=True,
        mark_of_profit=True,
        needs=("imf_base", "mmf_factor"),
        inputs={"instruments": {"imf_base": _number, "mmf_factor": _number}},
        dollar="USDC",
    ),
}
"""The venues that are read, by ccxt's id."""
