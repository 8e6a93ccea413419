# https://github.com/drift-labs/protocol-v2, read 2026-11-20
Feature: Margin on Drift v2

  Background:
    Given the policy "drift-v2"

  Rule: Tokens are weighted

    Scenario: A large borrow has a size premium on its weight
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "TOKEN", "wallet_balance": "-1000"}],
         "assets": [{"asset": "TOKEN", "index_price": "1", "initial_asset_weight": "0.9", "maintenance_asset_weight": "0",
                     "initial_liability_weight": "1.1", "maintenance_liability_weight": "0", "imf_factor": "0.01"}]}
        """
      Then the initial margin of pool cross is 1,196.2 USD

    Scenario: The quote counts as it is
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario", "max_margin_ratio": "0.5"},
         "balances": [{"asset": "USDC", "wallet_balance": "1000"}],
         "assets": [{"asset": "USDC", "index_price": "1"}]}
        """
      Then the equity of pool cross is 1,000 USD
      And the idle equity is 1,000 USDC

    Scenario Outline: Of spot orders the worse side counts
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "1000"},
                      {"asset": "SOL", "wallet_balance": "5", "open_bids": "<bids>", "open_asks": "<asks>", "open_orders": "2"}],
         "assets": [{"asset": "USDC", "index_price": "1"},
                    {"asset": "SOL", "index_price": "100", "initial_asset_weight": "0.8", "maintenance_asset_weight": "0.9",
                     "initial_liability_weight": "1.2", "maintenance_liability_weight": "1.1"}]}
        """
      Then the equity of pool cross is <equity> USD
      And the maintenance margin of pool cross is <margin> USD

      # bids: 15 SOL at 90 % and 1,000 paid; asks: 15 SOL borrowed at 110 % and 2,000 received leave as much, and then count
      Examples:
        | bids | asks | equity | margin   |
        | 10   | -1   | 2,350  | 1,000.02 |
        | 10   | -20  | 3,000  | 1,650.02 |

  Rule: Perps

    Scenario: Profit counts by its weight, and for the initial requirement no more than 100 dollars
      Given an account with 100 USDC
      And a cross long A of 10 SOL at 100 with 1x leverage
      And the SOL contract has margin_ratio_initial 0.1
      And the SOL contract has margin_ratio_maintenance 0.05
      And the SOL contract has unrealized_pnl_initial_asset_weight 0.8
      And the SOL contract has unrealized_pnl_maintenance_asset_weight 1
      When SOL is at 130
      Then the equity of pool cross is 400 USD
      And the maintenance margin of pool cross is 65 USD
      And the initial margin of pool cross is 130 USD
      When 69.99 USDC are withdrawn
      Then it is allowed
      When 0.02 USDC are withdrawn
      Then it is refused, because the initial requirement everywhere
      And the venue says "InsufficientCollateral"

    Scenario: The ratio grows with the root of the size
      Given an account with 100,000 USDC
      And a cross short A of 10,000 SOL at 100 with 1x leverage
      And the SOL contract has margin_ratio_initial 0.1
      And the SOL contract has margin_ratio_maintenance 0.05
      And the SOL contract has imf_factor 0.001
      # 10 % less a fifth, and 0.001 times the root of 10,000
      Then the initial margin of A is 180,000
      And the maintenance margin of A is 140,000

    Scenario Outline: High-leverage mode has ratios of its own, and a large size leads back to the ordinary ones
      Given an account with 100,000 USDC
      And account user_high_leverage_mode is <fast>
      And a cross long A of <quantity> SOL at 100 with 1x leverage
      And the SOL contract has margin_ratio_initial 0.1
      And the SOL contract has margin_ratio_maintenance 0.05
      And the SOL contract has high_leverage_margin_ratio_initial 0.01
      And the SOL contract has high_leverage_margin_ratio_maintenance 0.005
      And the SOL contract has imf_factor 0.0001
      Then the initial margin of A is <initial>
      And the maintenance margin of A is <maintenance>

      # at 10,000: the premium is 1 %, half of the way from 8 % to 10 %, so 5.5 %
      Examples:
        | fast  | quantity | initial | maintenance |
        | false | 10,000   | 100,000 | 50,000      |
        | true  | 10,000   | 55,000  | 14,000      |
        | true  | 90,000   | 990,000 | 306,000     |

    Scenario: A short of a prediction market owes what is left to a price of one
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "100"}],
         "positions": [{"id": "A", "symbol": "EVENT-BET", "quantity": "-100", "entry_price": "0.25", "margin_mode": "cross"}],
         "instruments": [{"symbol": "EVENT-BET", "contract": "linear", "base": "EVENT", "quote": "USDC", "settle": "USDC",
                          "mark_price": "0.25", "margin_ratio_initial": "1", "margin_ratio_maintenance": "1",
                          "contract_type": "Prediction"}],
         "assets": [{"asset": "USDC", "index_price": "1"}]}
        """
      Then the maintenance margin of pool cross is 75 USD

    Scenario: Strict prices: the lower for what is held, the higher for what is owed
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "1000"}],
         "positions": [{"id": "A", "symbol": "SOL-PERP", "quantity": "10", "entry_price": "100", "margin_mode": "cross"}],
         "instruments": [{"symbol": "SOL-PERP", "contract": "linear", "base": "SOL", "quote": "USDC", "settle": "USDC",
                          "mark_price": "100", "margin_ratio_initial": "0.1", "margin_ratio_maintenance": "0.05"}],
         "assets": [{"asset": "USDC", "index_price": "1", "oracle_price_twap_5min": "1.02"}]}
        """
      Then the initial margin of pool cross is 102 USD
      And the maintenance margin of pool cross is 50 USD

  Rule: Liquidation

    Scenario Outline: A pool is liquidatable below its maintenance margin, and not at it
      Given an account with <cash> USDC
      And a cross long A of 10 SOL at 100 with 1x leverage
      And the SOL contract has margin_ratio_initial 0.1
      And the SOL contract has margin_ratio_maintenance 0.05
      Then the pool cross is <verdict>

      Examples:
        | cash  | verdict          |
        | 50    | not liquidatable |
        | 49.99 | liquidatable     |

    Scenario: The liquidation price of a long
      Given an account with 145 USDC
      And a cross long A of 10 SOL at 100 with 1x leverage
      And the SOL contract has margin_ratio_initial 0.1
      And the SOL contract has margin_ratio_maintenance 0.05
      Then the liquidation price of A is 90
      And the bankruptcy price of A is 85.5

    Scenario Outline: A liquidation that has begun ends with a buffer of two percent of what is owed
      Given an account with <cash> USDC
      And account being_liquidated is true
      And a cross long A of 10 SOL at 100 with 1x leverage
      And the SOL contract has margin_ratio_initial 0.1
      And the SOL contract has margin_ratio_maintenance 0.05
      Then the pool cross is <verdict>

      Examples:
        | cash  | verdict          |
        | 70    | not liquidatable |
        | 69.99 | liquidatable     |

    Scenario: A small shortage is taken over at once, at the liquidator's price, with a fee for the insurance fund
      Given an account with 1,496 USDC
      And a cross long A of 100 SOL at 100 with 1x leverage
      And the SOL contract has margin_ratio_initial 0.1
      And the SOL contract has margin_ratio_maintenance 0.05
      And the SOL contract has liquidator_fee 0.01
      And the SOL contract has if_liquidation_fee 0.005
      When SOL is at 89.5
      Then the pool cross is liquidatable
      # shortage 447.5 + 179 + 21 - 446 = 201.5; above 50, so only a tenth is due: of 35 dollars that each 1,000 would free
      Given account initial_pct_to_liquidate is 0.1
      And account slots_since_active is 0
      And account liquidation_duration is 150
      When the venue acts by itself
      Then the notional of A is 8,374.2857142857 to 10 places

  Rule: Isolated positions

    Scenario: Cross collateral does not help an isolated position
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "20100"}],
         "positions": [{"id": "A", "symbol": "SOL-PERP", "quantity": "100", "entry_price": "110",
                        "margin_mode": "isolated", "assigned_margin": "100"}],
         "instruments": [{"symbol": "SOL-PERP", "contract": "linear", "base": "SOL", "quote": "USDC", "settle": "USDC",
                          "mark_price": "100", "margin_ratio_initial": "0.1", "margin_ratio_maintenance": "0.05"}],
         "assets": [{"asset": "USDC", "index_price": "1"}]}
        """
      Then the equity of pool isolated/A is -900 USD
      And the pool isolated/A is liquidatable
      And the pool cross is not liquidatable
      When this action is asked for:
        """
        {"action": "open", "symbol": "SOL-PERP", "side": "buy", "quantity": "1", "price": "100", "margin_mode": "cross",
         "position": "B"}
        """
      Then it is refused, because the fill requirement, and maintenance everywhere else

    Scenario Outline: Margin may be taken out as long as the position meets the initial requirement
      Given an account with 1,000 USDC
      And an isolated long A of 10 SOL at 100 with 1x leverage
      And 200 USDC are assigned to A
      And the SOL contract has margin_ratio_initial 0.1
      And the SOL contract has margin_ratio_maintenance 0.05
      When <amount> USDC are removed from A
      Then it is <verdict>

      Examples:
        | amount | verdict                                                      |
        | 100    | allowed                                                      |
        | 100.01 | refused, because the position at the initial requirement     |

    Scenario Outline: Margin may be added as long as the cross pool meets the initial requirement
      Given an account with 400 USDC
      And an isolated long A of 10 SOL at 100 with 1x leverage
      And 200 USDC are assigned to A
      And a cross long B of 10 ETH at 100 with 1x leverage
      And the SOL contract has margin_ratio_initial 0.1
      And the SOL contract has margin_ratio_maintenance 0.05
      And the ETH contract has margin_ratio_initial 0.1
      And the ETH contract has margin_ratio_maintenance 0.05
      When <amount> USDC are added to A
      Then it is <verdict>

      Examples:
        | amount | verdict                                              |
        | 100    | allowed                                              |
        | 100.01 | refused, because cross at the initial requirement    |

    Scenario: A position keeps its mode, and has no leverage of its own
      Given an account with 1,000 USDC
      And a cross long A of 10 SOL at 100 with 1x leverage
      And the SOL contract has margin_ratio_initial 0.1
      And the SOL contract has margin_ratio_maintenance 0.05
      When A is switched to isolated
      Then it is refused, because an open position keeps its mode
      When the leverage of the SOL contract is set to 5
      Then it is refused, because a position has no leverage of its own

  Rule: Trades

    Scenario Outline: A fill that adds risk is tested halfway between both ratios, an order at the initial one
      Given an account with <cash> USDC
      And a cross long A of 10 SOL at 100 with 1x leverage
      And the SOL contract has margin_ratio_initial 0.1
      And the SOL contract has margin_ratio_maintenance 0.05
      When this action is asked for:
        """
        {"action": "<action>", "symbol": "SOL-PERP", "side": "<side>", "quantity": "10", "price": "100", "margin_mode": "cross"}
        """
      Then it is <verdict>

      Examples:
        | action      | side | cash   | verdict                                                          |
        | open        | buy  | 150    | allowed                                                          |
        | open        | buy  | 149.99 | refused, because the fill requirement                            |
        | place_order | buy  | 200.01 | allowed                                                          |
        | place_order | buy  | 200    | refused, because the initial requirement where risk is added     |
        | place_order | sell | 50.01  | allowed                                                          |
        | place_order | sell | 50     | refused, because the initial requirement where risk is added     |
        | open        | sell | 10     | allowed                                                          |

  Rule: Orders beside an isolated position

    Scenario Outline: The orders of an isolated position take margin of its own deposit
      Given an account with 1,000 USDC
      And an isolated long A of 10 SOL at 100 with 10x leverage
      And an isolated resting order to <side> 5 SOL at 100 with 10x leverage
      And the SOL contract has margin_ratio_initial 0.1
      And the SOL contract has margin_ratio_maintenance 0.05
      Then the initial margin of pool isolated/A is <initial> USD
      And the maintenance margin of pool isolated/A is <maintenance> USD
      And the initial margin of pool cross is 0 USD

      Examples:
        | side | initial | maintenance |
        | buy  | 150.01  | 75.01       |
        | sell | 100.01  | 50.01       |
