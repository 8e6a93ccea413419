"""What ccxt's unified fields mean at each venue, and what the venue's policy needs beyond them.

Facts about ccxt 4.5.90, and 4.4.100 where that differs; read 2026-11-28 in its `parse_position`, `parse_balance` and
`parse_market_leverage_tiers` of each exchange.
"""

from collections.abc import Callable, Mapping

from attrs import field, frozen

from marginrules.account.state import Value
from marginrules.arithmetic import plain_text
from marginrules.venues.figures import rows_by
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
        margin: the member of a position's `info` that is the cash assigned to it, without profit.
        collateral: whether `collateral` of an isolated position holds its profit; None where that changed in ccxt.
        notional: what `notional` is: the value at the `mark`, at the `entry`, at `either`, in `usd`, or in the `quote`.
        own_leverage: members of a position's `info` that hold the chosen leverage, where `leverage` does not.
        leverage_is_chosen: whether `leverage`, where it is not 0, is the leverage chosen and not the one in effect.
        cross_only: a venue that has no margin mode, all its positions being cross.
        tiers: whether its policy reads tiers from the instrument.
        fee: whether its policy counts the taker fee.
        own_fee: the member of a market's `info` that is the taker fee.
        market_inputs: inputs of the instrument that stand in a market's `info` under their own name.
        needs: inputs of the instrument that its policy cannot do without.
        inputs: names that may stand in `inputs`, beside the shared ones, by section.
        dollar: a currency that the venue counts as one dollar.
    """

    total: str
    wallet: Callable[[Part], Mapping[str, Part]] | None = None
    margin: tuple[str, ...] = ()
    collateral: bool | None = None
    notional: str = "mark"
    own_leverage: tuple[str, ...] = ()
    leverage_is_chosen: bool = True
    cross_only: bool = False
    tiers: bool = True
    fee: bool = False
    own_fee: str = ""
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
    margin=("isolatedWallet",),
    collateral=True,
    inputs={"account": {"multiAssetsMargin": _flag, "dualSidePosition": _flag}},
)
BYBIT = Exchange(
    total="wallet",
    margin=("positionBalance",),
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
    margin=("margin",),
    notional="either",
    own_leverage=("cross_leverage_limit",),
    fee=True,
    own_fee="taker_fee_rate",
)
_KUCOIN_FUTURES = Exchange(
    total="equity",
    margin=("posMargin",),
    collateral=True,
    notional="either",
    own_leverage=("leverage",),
    leverage_is_chosen=False,
    tiers=False,
    fee=True,
    own_fee="takerFeeRate",
    market_inputs=_KUCOIN,
    inputs={
        "account": {"selfAccountMode": _choice},
        "instruments": _KUCOIN,
        "positions": {"posComm": _number},
    },
)

EXCHANGES: Mapping[str, Exchange] = {
    "binance": BINANCE,
    "binanceusdm": BINANCE,
    "binancecoinm": BINANCE,
    "aster": Exchange(total="wallet", margin=("isolatedWallet",), collateral=True),
    "bybit": BYBIT,
    "bybiteu": BYBIT,
    "okx": OKX,
    "myokx": OKX,
    "okxus": OKX,
    "gate": _GATE,
    "gateio": _GATE,
    "bitget": Exchange(
        total="equity",
        margin=("marginSize",),
        collateral=True,
        fee=True,
        own_fee="takerFeeRate",
        inputs={"account": {"assetMode": _choice}},
    ),
    "kucoin": _KUCOIN_FUTURES,
    "kucoinfutures": _KUCOIN_FUTURES,
    "bitmex": Exchange(
        total="equity",
        notional="quote",
        fee=True,
        own_fee="takerFee",
        market_inputs={"fundingRate": _number},
        inputs={
            "instruments": {"fundingRate": _number},
            "assets": {"scale": _number},
            "positions": {"posComm": _number},
        },
    ),
    "deribit": Exchange(
        total="unsure",
        wallet=_deribit_wallet,
        cross_only=True,
        tiers=False,
        needs=tuple(_COIN_RATES),
        inputs={
            "account": {"margin_model": _choice},
            "instruments": _COIN_RATES,
            "balances": {"futures_session_rpl": _number},
        },
    ),
    "krakenfutures": Exchange(total="equity"),
    "hyperliquid": Exchange(
        total="equity",
        collateral=True,
        inputs={"instruments": {"marginMode": _choice}},
        dollar="USDC",
    ),
    "dydx": Exchange(
        total="unsure",
        cross_only=True,
        tiers=False,
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
        needs=("imf_base", "mmf_factor"),
        inputs={"instruments": {"imf_base": _number, "mmf_factor": _number}},
        dollar="USDC",
    ),
}
"""The venues that are read, by ccxt's id."""
