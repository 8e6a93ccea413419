# https://github.com/gmx-io/gmx-synthetics, read 2026-11-20
Feature: Margin on GMX v2

  Background:
    Given the policy "gmx-v2"

  Rule: Every position is a pool of its own

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

    Scenario: Another position's surplus does not help
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "100100"}],
         "positions": [{"id": "A", "symbol": "ETH-USD", "quantity": "10", "entry_price": "2000",
                        "margin_mode": "isolated", "assigned_margin": "100", "collateral_token": "USDC"},
                       {"id": "B", "symbol": "ETH-USD", "quantity": "-10", "entry_price": "2000",
                        "margin_mode": "isolated", "assigned_margin": "100000", "collateral_token": "USDC"}],
         "instruments": [{"symbol": "ETH-USD", "contract": "linear", "base": "ETH", "quote": "USD", "settle": "USD",
                          "mark_price": "2000"}],
         "assets": [{"asset": "USD", "index_price": "1"}, {"asset": "USDC", "index_price": "1"}]}
        """
      Then the pool isolated/A is liquidatable
      And the pool isolated/B is not liquidatable
      And the maintenance margin of pool isolated/A is 200 USD

  Rule: Liquidation

    Scenario Outline: A position is liquidatable below a share of its size at entry, and below one dollar
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "<margin>"}],
         "positions": [{"id": "A", "symbol": "ETH-USD", "quantity": "<quantity>", "entry_price": "2000",
                        "margin_mode": "isolated", "assigned_margin": "<margin>", "collateral_token": "USDC"}],
         "instruments": [{"symbol": "ETH-USD", "contract": "linear", "base": "ETH", "quote": "USD", "settle": "USD",
                          "mark_price": "<mark>", "min_collateral_factor_for_liquidation": "0.01"}],
         "assets": [{"asset": "USD", "index_price": "1"}, {"asset": "USDC", "index_price": "1"}]}
        """
      Then the pool isolated/A is <verdict>

      Examples:
        | quantity | margin | mark | verdict          |
        | 10       | 400    | 1980 | not liquidatable |
        | 10       | 399.99 | 1980 | liquidatable     |
        | -10      | 400    | 2020 | not liquidatable |
        | -10      | 399.99 | 2020 | liquidatable     |
        | 0.001    | 1      | 2000 | not liquidatable |
        | 0.001    | 0.99   | 2000 | liquidatable     |

    Scenario Outline: Collateral that is the index token moves with the mark, so that such a long is liquidated earlier
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "WNT", "wallet_balance": "10"}],
         "positions": [{"id": "A", "symbol": "ETH-USD", "quantity": "<quantity>", "entry_price": "5000",
                        "margin_mode": "isolated", "assigned_margin": "10", "collateral_token": "WNT"}],
         "instruments": [{"symbol": "ETH-USD", "contract": "linear", "base": "ETH", "quote": "USD", "settle": "USD",
                          "mark_price": "<mark>", "min_collateral_factor_for_liquidation": "0.01"<token>}],
         "assets": [{"asset": "USD", "index_price": "1"}, {"asset": "WNT", "index_price": "<mark>"}]}
        """
      Then the liquidation price of A is <price>
      And the equity of pool isolated/A is <equity> USD

      Examples:
        | quantity | mark | token                  | price | equity |
        | 40       | 5000 | , "index_token": "WNT" | 4040  | 50000  |
        | 40       | 4200 | , "index_token": "WNT" | 4040  | 10000  |
        | 40       | 4200 |                        | 4000  | 10000  |
        | -30      | 5000 | , "index_token": "WNT" | 7425  | 50000  |

    Scenario: The liquidation price of a long, its collateral in dollars
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "1200"}],
         "positions": [{"id": "A", "symbol": "ETH-USD", "quantity": "10", "entry_price": "2000",
                        "margin_mode": "isolated", "assigned_margin": "1200", "collateral_token": "USDC"}],
         "instruments": [{"symbol": "ETH-USD", "contract": "linear", "base": "ETH", "quote": "USD", "settle": "USD",
                          "mark_price": "2000"}],
         "assets": [{"asset": "USD", "index_price": "1"}, {"asset": "USDC", "index_price": "1"}]}
        """
      Then the liquidation price of A is 1,900
      And the bankruptcy price of A is 1,880

    Scenario Outline: Price impact counts where it is a loss, and only to its limit; fees count
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "1200"}],
         "positions": [{"id": "A", "symbol": "ETH-USD", "quantity": "10", "entry_price": "2000", "margin_mode": "isolated",
                        "assigned_margin": "1200", "collateral_token": "USDC", "price_impact_usd": "<impact>",
                        "fees_usd": "30"}],
         "instruments": [{"symbol": "ETH-USD", "contract": "linear", "base": "ETH", "quote": "USD", "settle": "USD",
                          "mark_price": "2000", "max_position_impact_factor_for_liquidations": "0.01"}],
         "assets": [{"asset": "USD", "index_price": "1"}, {"asset": "USDC", "index_price": "1"}]}
        """
      Then the equity of pool isolated/A is <equity> USD

      Examples:
        | impact | equity |
        | 50     | 1,170  |
        | -50    | 1,120  |
        | -500   | 970    |

    Scenario: The whole position is closed, and what is left stays with the trader
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USD", "wallet_balance": "1200"}],
         "positions": [{"id": "A", "symbol": "ETH-USD", "quantity": "10", "entry_price": "2000", "margin_mode": "isolated",
                        "assigned_margin": "1200", "collateral_token": "USD", "fees_usd": "30"}],
         "instruments": [{"symbol": "ETH-USD", "contract": "linear", "base": "ETH", "quote": "USD", "settle": "USD",
                          "mark_price": "1900"}],
         "assets": [{"asset": "USD", "index_price": "1"}]}
        """
      Then the pool isolated/A is liquidatable
      When the venue acts by itself
      Then A is closed
      And 30 USD went to "market pool"

    Scenario: What a spent position lacks the pool bears
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "WNT", "wallet_balance": "3"}],
         "positions": [{"id": "A", "symbol": "ETH-USD", "quantity": "10", "entry_price": "2000", "margin_mode": "isolated",
                        "assigned_margin": "1", "collateral_token": "WNT"}],
         "instruments": [{"symbol": "ETH-USD", "contract": "linear", "base": "ETH", "quote": "USD", "settle": "USD",
                          "mark_price": "1800"}],
         "assets": [{"asset": "USD", "index_price": "1"}, {"asset": "WNT", "index_price": "1800"}]}
        """
      When the venue acts by itself
      Then A is closed
      And 1 WNT went to "market pool"

  Rule: Actions

    Scenario Outline: Collateral may be taken out as long as it carries the size, which profit does not help to do
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "1200"}],
         "positions": [{"id": "A", "symbol": "ETH-USD", "quantity": "10", "entry_price": "2000",
                        "margin_mode": "isolated", "assigned_margin": "1200", "collateral_token": "USDC"}],
         "instruments": [{"symbol": "ETH-USD", "contract": "linear", "base": "ETH", "quote": "USD", "settle": "USD",
                          "mark_price": "<mark>", "min_collateral_factor": "0.02"}],
         "assets": [{"asset": "USD", "index_price": "1"}, {"asset": "USDC", "index_price": "1"}]}
        """
      When <amount> USDC are removed from A
      Then it is <verdict>

      Examples:
        | mark | amount | verdict                                             |
        | 2500 | 800    | allowed                                             |
        | 2500 | 800.01 | refused, because the collateral must carry the size |
        | 1970 | 500    | allowed                                             |
        | 1970 | 500.01 | refused, because the collateral must carry the size |

    Scenario Outline: A position may grow as far as its collateral carries it
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "1200"}],
         "positions": [{"id": "A", "symbol": "ETH-USD", "quantity": "10", "entry_price": "2000",
                        "margin_mode": "isolated", "assigned_margin": "1200", "collateral_token": "USDC"}],
         "instruments": [{"symbol": "ETH-USD", "contract": "linear", "base": "ETH", "quote": "USD", "settle": "USD",
                          "mark_price": "2000", "min_collateral_factor": "0.02"}],
         "assets": [{"asset": "USD", "index_price": "1"}, {"asset": "USDC", "index_price": "1"}]}
        """
      When this action is asked for:
        """
        {"action": "open", "position": "A", "symbol": "ETH-USD", "side": "buy", "quantity": "<quantity>", "price": "2000"}
        """
      Then it is <verdict>

      Examples:
        | quantity | verdict                                             |
        | 20       | allowed                                             |
        | 20.001   | refused, because the collateral must carry the size |

    Scenario Outline: What a decrease would leave too small is closed as a whole
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "1200"}],
         "positions": [{"id": "A", "symbol": "ETH-USD", "quantity": "10", "entry_price": "2000",
                        "margin_mode": "isolated", "assigned_margin": "1200", "collateral_token": "USDC"}],
         "instruments": [{"symbol": "ETH-USD", "contract": "linear", "base": "ETH", "quote": "USD", "settle": "USD",
                          "mark_price": "<mark>"}],
         "assets": [{"asset": "USD", "index_price": "1"}, {"asset": "USDC", "index_price": "1"}]}
        """
      When this action is asked for:
        """
        {"action": "reduce", "position": "A", "quantity": "<quantity>", "price": "<mark>"}
        """
      Then it is <verdict>

      Examples:
        | mark   | quantity | verdict                                          |
        | 2000   | 5        | allowed                                          |
        | 2000   | 10       | allowed                                          |
        | 2000   | 9.9996   | refused, because what would be left is too small |
        | 1890   | 5        | allowed                                          |
        | 1889.9 | 5        | refused, because what is left of the collateral  |
        | 1880   | 5        | refused, because what would be left is too small |

    Scenario: An account has no balance, and a position no mode
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "1200"}],
         "positions": [{"id": "A", "symbol": "ETH-USD", "quantity": "10", "entry_price": "2000", "leverage": "10",
                        "margin_mode": "isolated", "assigned_margin": "1200", "collateral_token": "USDC"}],
         "instruments": [{"symbol": "ETH-USD", "contract": "linear", "base": "ETH", "quote": "USD", "settle": "USD",
                          "mark_price": "2000"}],
         "assets": [{"asset": "USD", "index_price": "1"}, {"asset": "USDC", "index_price": "1"}]}
        """
      When 1 USDC is withdrawn
      Then it is refused, because an account has no balance
      When A is switched to cross
      Then it is refused, because every position is a pool of its own
