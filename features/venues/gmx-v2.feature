# https://github.com/gmx-io/gmx-synthetics, read 2026-11-20
Feature: Liquidation on GMX v2

  Background:
    Given the policy "gmx-v2"

  Scenario Outline: Collateral in a volatile token is revalued at its own price
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "scenario"},
       "balances": [{"asset": "WNT", "wallet_balance": "1"}],
       "positions": [{"id": "A", "symbol": "SOL-USD", "quantity": "30000", "entry_price": "15",
                      "margin_mode": "isolated", "assigned_margin": "1", "collateral_token": "WNT"}],
       "instruments": [{"symbol": "SOL-USD", "contract": "linear", "base": "SOL", "quote": "USD", "settle": "USD",
                        "mark_price": "15", "min_collateral_factor_for_liquidation": "0.01"}],
       "assets": [{"asset": "USD", "index_price": "1"}, {"asset": "WNT", "index_price": "<price>"}]}
      """
    Then the equity of pool isolated/A is <price> USD
    And the pool isolated/A is <verdict>

    Examples:
      | price | verdict          |
      | 5000  | not liquidatable |
      | 4500  | not liquidatable |
      | 2500  | liquidatable     |
