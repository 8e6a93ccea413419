"""What follows from a contract alone: value and profit, the same in every margin mode.

A policy cannot change these (behaviour B6). With `n` contracts of `contract_size` at price `p` and entry `e`:

    kind      value in the settlement asset      profit in the settlement asset
    linear    |n| size p                         n size (p - e)
    inverse   |n| size / p                       n size (1/e - 1/p)
    quanto    |n| size p                         n size (p - e)

A quanto contract's size is in settlement units a point, so its value is in the settlement asset like its profit.
Both are affine in `p` for linear and quanto contracts and in `1/p` for inverse ones, which is what lets the solver
answer exactly.
"""

from decimal import Decimal

from marginrules.account.state import Instrument


def value_at(instrument: Instrument, quantity: Decimal, price: Decimal) -> Decimal:
    """The unsigned value of a quantity at a price.

    Args:
        instrument: the contract.
        quantity: contracts, of either sign.
        price: quote per base.

    Returns:
        An amount in the settlement asset, zero or more.
    """
    units = abs(quantity) * instrument.contract_size
    return units / price if instrument.contract == "inverse" else units * price


def unrealized_pnl(instrument: Instrument, quantity: Decimal, entry_price: Decimal, price: Decimal) -> Decimal:
    """Profit (positive) or loss of a signed quantity between entry and a price, in the settlement asset."""
    units = quantity * instrument.contract_size
    if instrument.contract == "inverse":
        return units * (1 / entry_price - 1 / price)
    return units * (price - entry_price)


def base_quantity(instrument: Instrument, quantity: Decimal, price: Decimal) -> Decimal:
    """Unsigned size in base units: contracts times their size; for an inverse contract its value in the base asset."""
    units = abs(quantity) * instrument.contract_size
    return units / price if instrument.contract == "inverse" else units
