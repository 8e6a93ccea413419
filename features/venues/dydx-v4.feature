# https://github.com/dydxprotocol/v4-chain, read 2026-11-28
Feature: Margin on dYdX v4

  Background:
    Given the policy "dydx-v4"
    And an account with 900,000 USDC
    And a cross long A of 0.0001 BTC at 50,000 with 1x leverage
    And the BTC contract has initial_margin_fraction 0.2
    And the BTC contract has maintenance_fraction 0.5
    And the BTC contract has open_interest_lower_cap 25000000
    And the BTC contract has open_interest_upper_cap 50000000

  # ---------------------------------------------------------------- requirements

  Scenario: Maintenance is a share of the base initial margin, whatever the open interest
    Given the BTC contract has open_interest 10000
    Then the initial margin of A is 5
    And the maintenance margin of A is 0.5

  Scenario Outline: Between its caps the open interest raises the initial margin
    Given a cross long B of 100 ETH at 2,500 with 20x leverage
    And the ETH contract has initial_margin_fraction 0.1
    And the ETH contract has maintenance_fraction 0.5
    And the ETH contract has open_interest_lower_cap 20000000
    And the ETH contract has open_interest_upper_cap 50000000
    And the ETH contract has open_interest <open interest>
    Then the initial margin of B is <initial>
    And the maintenance margin of B is 12,500

    Examples:
      | open interest | initial |
      | 8000          | 25,000  |
      | 14000         | 137,500 |
      | 20000         | 250,000 |

  Scenario: The increase is cut to millionths
    Given a cross long B of 100 ETH at 2,500 with 20x leverage
    And the ETH contract has initial_margin_fraction 0.1
    And the ETH contract has maintenance_fraction 0.5
    And the ETH contract has open_interest_lower_cap 20000000
    And the ETH contract has open_interest_upper_cap 50000000
    And the ETH contract has open_interest 8000.1
    Then the initial margin of B is 25,001.75

  Scenario: A leverage that was chosen raises the initial margin, never the maintenance margin
    Given a cross long B of 10 ETH at 3,000 with 2x leverage
    And the ETH contract has initial_margin_fraction 0.05
    And the ETH contract has maintenance_fraction 0.6
    Then the initial margin of B is 15,000
    And the maintenance margin of B is 900

  Scenario: Funding that is due counts in the net collateral
    Given A has accrued funding of -12.5 USDC
    Then the equity of pool cross is 899,987.5 USDC

  # ---------------------------------------------------------------- liquidation price

  Scenario Outline: Net collateral equal to the maintenance requirement is safe
    Given a balance of <wallet> USDC
    Then the pool cross is <verdict>

    Examples:
      | wallet | verdict          |
      | 0.5    | not liquidatable |
      | 0.4999 | liquidatable     |

  Scenario: Without a position there is nothing to liquidate
    Given a balance of 0.4 USDC
    When this action is asked for:
      """
      {"action": "close", "position": "A", "price": "50000"}
      """
    Then it is allowed
    And the pool cross is not liquidatable

  Scenario: A short is liquidated where its net collateral meets the requirement
    Given a balance of 1,000 USDC
    And a cross short B of 3 ETH at 3,000 with 20x leverage
    And the ETH contract has initial_margin_fraction 0.1
    And the ETH contract has maintenance_fraction 0.5
    When BTC is at 50,000
    Then the liquidation price of B is 3,174.4444444444 to 10 places

  Scenario: The bankruptcy price shares the net collateral out by maintenance requirement
    Given a balance of 1,000.5 USDC
    And a cross short B of 3 ETH at 3,000 with 20x leverage
    And the ETH contract has initial_margin_fraction 0.1
    And the ETH contract has maintenance_fraction 0.5
    Then the bankruptcy price of B is 3,333.1299 to 4 places
    And the bankruptcy price of A is 38,895.6715 to 4 places

  # ---------------------------------------------------------------- actions

  Scenario: A fill first adds its own size to the open interest
    Given the BTC contract has open_interest 410
    When this action is asked for:
      """
      {"action": "open", "symbol": "BTC-PERP", "side": "buy", "quantity": "91", "price": "50000"}
      """
    Then it is refused, because the state after must meet the initial margin
    And the venue says "NewlyUndercollateralized"

  Scenario Outline: What is above the initial margin can be withdrawn
    When <amount> USDC are withdrawn
    Then it is <verdict>

    Examples:
      | amount         | verdict                                                       |
      | 899,995        | allowed                                                       |
      | 899,995.000001 | refused, because the state after must meet the initial margin |

  Scenario Outline: Below the initial margin an account must not get worse
    Given a balance of 0.9 USDC
    When this action is asked for:
      """
      {"action": "<action>", "position": "A", "quantity": "<quantity>", "price": "<price>"}
      """
    Then it is <verdict>

    Examples:
      | action | quantity | price | verdict                                                       |
      | reduce | 0.00005  | 50000 | allowed                                                       |
      | reduce | 0.00005  | 41000 | allowed                                                       |
      | reduce | 0.00005  | 40999 | refused, because the state after must meet the initial margin |

  Scenario: Nothing is taken from an account below its initial margin
    Given a balance of 0.9 USDC
    When 0.000001 USDC are withdrawn
    Then it is refused, because the state after must meet the initial margin
    And the venue says "StillUndercollateralized"

  Scenario: A deposit is taken in any state
    Given a balance of 0.1 USDC
    When 0.1 USDC are deposited
    Then it is allowed

  Scenario Outline: An isolated market is alone in its subaccount
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "subaccount"},
       "balances": [{"asset": "USDC", "wallet_balance": "1000"}],
       "positions": [{"id": "A", "symbol": "BTC-USD", "quantity": "0.01", "entry_price": "50000"}],
       "instruments": [
         {"symbol": "BTC-USD", "contract": "linear", "base": "BTC", "quote": "USDC", "settle": "USDC",
          "mark_price": "50000", "initial_margin_fraction": "0.1", "maintenance_fraction": "0.5",
          "market_type": "<held>"},
         {"symbol": "ETH-USD", "contract": "linear", "base": "ETH", "quote": "USDC", "settle": "USDC",
          "mark_price": "3000", "initial_margin_fraction": "0.1", "maintenance_fraction": "0.5",
          "market_type": "<traded>"}],
       "assets": [{"asset": "USDC", "index_price": "1"}]}
      """
    When this action is asked for:
      """
      {"action": "open", "symbol": "ETH-USD", "side": "buy", "quantity": "1", "price": "3000"}
      """
    Then it is <verdict>

    Examples:
      | held     | traded   | verdict                                                        |
      | cross    | cross    | allowed                                                        |
      | isolated | cross    | refused, because an isolated market is alone in its subaccount |
      | cross    | isolated | refused, because an isolated market is alone in its subaccount |
      | isolated | isolated | refused, because an isolated market is alone in its subaccount |

  Scenario Outline: A leverage is chosen within the liquidity tier, and must leave the initial margin
    Given a balance of 2.5 USDC
    When the leverage of the BTC contract is set to <leverage>
    Then it is <verdict>

    Examples:
      | leverage | verdict                                                       |
      | 5        | allowed                                                       |
      | 6        | refused, because not above the leverage of the liquidity tier |
      | 2        | allowed                                                       |
      | 1        | refused, because the initial margin must be there             |

  # ---------------------------------------------------------------- liquidation

  Scenario: A block takes its share of a position, and the insurance fund its fee
    Given a balance of 1,000 USDC
    And account max_liquidation_fee is 0.015
    And account max_position_portion_liquidated is 0.1
    And account min_position_notional_liquidated is 1000
    And account max_notional_liquidated is 100000
    And a cross long B of 20 ETH at 1,000 with 10x leverage
    And the ETH contract has initial_margin_fraction 0.1
    And the ETH contract has maintenance_fraction 0.5
    When ETH is at 1,000
    And 1 USDC is withdrawn
    Then it is refused, because the state after must meet the initial margin
    When ETH is at 999.5
    And the venue acts by itself
    Then A is closed
    And 30.06 USDC went to the "insurance fund"
    And the notional of B is 17,991

  Scenario: What a position lacks, the insurance fund pays
    Given a balance of 4 USDC
    And account max_liquidation_fee is 0.015
    And account max_position_portion_liquidated is 0.1
    And account min_position_notional_liquidated is 1000
    And account max_notional_liquidated is 100000
    When BTC is at 5,000
    And the venue acts by itself
    Then A is closed
    And -0.5 USDC went to the "insurance fund"
    And the equity of pool cross is 0 USDC
