# https://github.com/Synthetixio/synthetix-v3, read 2026-11-20
Feature: Margin on Synthetix perps v3

  Background:
    Given the policy "synthetix-v3"
    And an account with 10,000 USDX
    And account min_keeper_reward_usd is 100
    And account max_keeper_reward_usd is 10000
    And a cross long A of 10 ETH at 2,000 with 1x leverage
    And the ETH contract has skew_scale 1000
    And the ETH contract has initial_margin_ratio 2
    And the ETH contract has minimum_initial_margin_ratio 0.01
    And the ETH contract has maintenance_margin_scalar 0.5
    And the ETH contract has flag_reward_ratio 0.01

  Rule: Requirements grow with the size

    Scenario: The ratio grows with the size, and both requirements hold the liquidation reward
      Then the initial margin of A is 600
      And the maintenance margin of A is 300
      And the initial margin of pool cross is 800 USDX
      And the maintenance margin of pool cross is 500 USDX
      And the idle equity is 9,200 USDX

    Scenario: A market's minimum position margin is in both requirements
      Given the ETH contract has minimum_position_margin 50
      Then the initial margin of pool cross is 850 USDX
      And the maintenance margin of pool cross is 550 USDX

    Scenario Outline: The liquidation reward is kept between the minimum, the maximum and a multiple of the collateral
      Given account min_keeper_reward_usd is <least>
      And account max_keeper_reward_usd is <most>
      And account max_keeper_scaling_ratio is <scaling>
      Then the maintenance margin of pool cross is <margin> USDX

      Examples:
        | least | most  | scaling | margin |
        | 100   | 10000 | 0       | 500    |
        | 250   | 10000 | 0       | 550    |
        | 100   | 150   | 0       | 450    |
        | 250   | 150   | 0       | 450    |
        | 100   | 10000 | 0.01    | 400    |

  Rule: Liquidation

    Scenario Outline: An account is liquidatable where both together exceed the available margin, and not where they equal it
      Given account max_keeper_reward_usd is 0
      And account min_keeper_reward_usd is 0
      When ETH is at <price>
      Then the pool cross is <verdict>

      # 10,000 + 10 (p - 2,000) against 10 p x 3 % / 2: 9.85 p = 10,000
      Examples:
        | price    | verdict          |
        | 1,015.23 | not liquidatable |
        | 1,015.22 | liquidatable     |

    Scenario: The liquidation price counts the reward
      Then the liquidation price of A is 1,025.641026 to 6 places

    Scenario: Flagging seizes all collateral
      When ETH falls by 49%
      Then the pool cross is liquidatable
      When the venue acts by itself
      Then A is closed
      And 10,000 USDX went to "liquidation"

  Rule: An account that is in debt and has no position

    Scenario Outline: It is liquidated once its margin does not pay the least reward
      Given the account document:
        """
        {"schema": "marginrules/account/1",
         "account": {"id": "scenario", "debt": "900", "min_keeper_reward_usd": "100", "max_keeper_reward_usd": "500"},
         "balances": [{"asset": "BTCX", "wallet_balance": "1"}],
         "instruments": [{"symbol": "ETH", "contract": "linear", "base": "ETH", "quote": "USDX", "settle": "USDX",
                          "mark_price": "2000", "skew_scale": "1000", "initial_margin_ratio": "2",
                          "minimum_initial_margin_ratio": "0.01", "maintenance_margin_scalar": "0.5",
                          "flag_reward_ratio": "0.01"}],
         "assets": [{"asset": "USDX", "index_price": "1"},
                    {"asset": "BTCX", "index_price": "<price>", "collateral_rate": "0.8"}]}
        """
      Then the pool cross is <verdict>
      And the idle equity is 0 USDX

      Examples:
        | price  | verdict          |
        | 1250   | not liquidatable |
        | 1249.9 | liquidatable     |

  Rule: Withdrawals and orders

    Scenario: What is withdrawable leaves the initial margin and the reward
      When 9,200.01 USDX are withdrawn
      Then it is refused, because not more than is withdrawable
      And the venue says "InsufficientCollateralAvailableForWithdraw"
      When 9,200 USDX are withdrawn
      Then it is allowed

    Scenario: An account that is liquidatable can neither withdraw nor trade
      When ETH falls by 49%
      Then the pool cross is liquidatable
      When 1 USDX are withdrawn
      Then it is refused, because the account is liquidatable
      And the venue says "AccountLiquidatable"
      When this action is asked for:
        """
        {"action": "reduce", "position": "A", "quantity": "1", "price": "1020"}
        """
      Then it is refused, because the account is liquidatable

    Scenario Outline: An order is measured at the mark and its flag reward at the fill price, and its loss against the mark counts at once
      Given the account document:
        """
        {"schema": "marginrules/account/1",
         "account": {"id": "scenario", "min_keeper_reward_usd": "100", "max_keeper_reward_usd": "500"},
         "balances": [{"asset": "USDX", "wallet_balance": "<cash>"}],
         "instruments": [{"symbol": "ETH", "contract": "linear", "base": "ETH", "quote": "USDX", "settle": "USDX",
                          "mark_price": "2000", "skew_scale": "1000", "initial_margin_ratio": "2",
                          "minimum_initial_margin_ratio": "0.01", "maintenance_margin_scalar": "0.5",
                          "flag_reward_ratio": "0.01"}],
         "assets": [{"asset": "USDX", "index_price": "1"}]}
        """
      When this action is asked for:
        """
        {"action": "open", "symbol": "ETH", "side": "<side>", "quantity": "10", "price": "<price>"}
        """
      Then it is <verdict>

      # 20,000 x 3 % + 201 + 100 lost to the fill; a better price than the mark gains nothing
      Examples:
        | cash    | side | price | verdict                                                            |
        | 901     | buy  | 2010  | allowed                                                            |
        | 900.99  | buy  | 2010  | refused, because the initial margin and the reward must be there   |
        | 801     | sell | 2010  | allowed                                                            |
        | 800.99  | sell | 2010  | refused, because the initial margin and the reward must be there   |

    Scenario: A reduction needs no margin while the account is not liquidatable
      When ETH is at 1,040
      And this action is asked for:
        """
        {"action": "reduce", "position": "A", "quantity": "1", "price": "1040"}
        """
      Then it is allowed

    Scenario Outline: The loss of a reduction's fill must be there
      When ETH is at 1,040
      And this action is asked for:
        """
        {"action": "reduce", "position": "A", "quantity": "1", "price": "<price>"}
        """
      Then it is <verdict>

      # 10,000 - 10 x 960 = 400, less 1,040 - 640
      Examples:
        | price  | verdict                                             |
        | 640    | allowed                                             |
        | 639.99 | refused, because the loss of the fill must be there |

    Scenario: There is one pool, and its leverage is nothing that is set
      When A is switched to isolated
      Then it is refused, because an account has one pool
