# https://docs.paradex.trade/risk, read 2026-11-28
Feature: Cross margin on Paradex

  Background:
    Given the policy "paradex"
    And an account with 1,000 USDC
    And a cross short A of 1 BTC at 90,000 with 10x leverage
    And the BTC contract has imf_base 0.02
    And the BTC contract has mmf_factor 0.5
    And the BTC contract has taker_fee_rate 0.0003

  # ---------------------------------------------------------------- requirements

  Scenario: A fee provision is part of both requirements
    Then the initial margin of A is 1,827
    And the maintenance margin of A is 927

  Scenario: Orders count as if the worse side were filled
    Given a resting order to buy 3 BTC at 90,000 with 10x leverage
    And a resting order to sell 2 BTC at 90,000 with 10x leverage
    Then the initial margin of pool cross is 5,481 USDC
    And the maintenance margin of pool cross is 927 USDC

  Scenario: An order beyond the mark is charged what it would lose
    Given a resting order to sell 1 BTC at 89,000 with 10x leverage
    Then the initial margin of pool cross is 4,654 USDC

  Scenario: A balance of another token counts, and is asked for in full
    Given a balance of 0.5 ETH
    And ETH is worth 3,000 USD and counts 100% as collateral
    Then the equity of pool cross is 2,500 USDC
    And the initial margin of pool cross is 3,327 USDC
    And the maintenance margin of pool cross is 2,427 USDC

  Scenario: Funding that is due counts in the account value
    Given A has accrued funding of -10 USDC
    Then the equity of pool cross is 990 USDC

  # ---------------------------------------------------------------- liquidation price

  Scenario Outline: An account value equal to the maintenance margin is safe
    Given a balance of <wallet> USDC
    Then the pool cross is <verdict>

    Examples:
      | wallet | verdict          |
      | 927    | not liquidatable |
      | 926.99 | liquidatable     |

  Scenario: The price at which value and requirement meet, the fee provision in it
    Then the liquidation price of A is 90,072.2557656142 to 10 places

  Scenario: One pool for all positions
    Given a balance of 10,000 USDC
    And a cross long B of 10 ETH at 3,000 with 10x leverage
    And the ETH contract has imf_base 0.02
    And the ETH contract has mmf_factor 0.5
    Then the maintenance margin of pool cross is 1,227 USDC
    And the liquidation price of B is 2,113.8383838384 to 10 places

  # ---------------------------------------------------------------- orders

  Scenario: An order that takes more than the account has is refused
    When a cross order sells 1 BTC at 90,000 with 10x leverage
    Then it is refused, because the initial margin must be there

  Scenario Outline: Below the requirement an order is taken that only offsets the position
    When this action is asked for:
      """
      {"action": "place_order", "id": "1", "symbol": "BTC-PERP", "side": "<side>", "quantity": "<quantity>",
       "price": "90000"}
      """
    Then it is <verdict>

    Examples:
      | side | quantity | verdict                                           |
      | buy  | 1        | allowed                                           |
      | buy  | 1.1      | refused, because the initial margin must be there |
      | sell | 0.1      | refused, because the initial margin must be there |

  Scenario Outline: With the requirement met an order may take all that is free
    Given a balance of 3,654 USDC
    When this action is asked for:
      """
      {"action": "place_order", "id": "1", "symbol": "BTC-PERP", "side": "sell", "quantity": "<quantity>",
       "price": "90000"}
      """
    Then it is <verdict>

    Examples:
      | quantity | verdict                                           |
      | 1        | allowed                                           |
      | 1.001    | refused, because the initial margin must be there |

  Scenario: A reduction is always taken
    When this action is asked for:
      """
      {"action": "reduce", "position": "A", "quantity": "0.5", "price": "90000"}
      """
    Then it is allowed

  # ---------------------------------------------------------------- withdrawals, modes, leverage

  Scenario Outline: The free collateral can be withdrawn
    Given a balance of 2,000 USDC
    When <amount> USDC are withdrawn
    Then it is <verdict>

    Examples:
      | amount | verdict                                            |
      | 173    | allowed                                            |
      | 173.01 | refused, because not more than the free collateral |

  Scenario Outline: Not more of a token is withdrawn than is held
    Given a balance of 2,000 USDC
    And a balance of 0.5 ETH
    And ETH is worth 3,000 USD and counts 100% as collateral
    When <amount> ETH are withdrawn
    Then it is <verdict>

    Examples:
      | amount | verdict                                           |
      | 0.5    | allowed                                           |
      | 0.51   | refused, because not more of a token than is held |

  Scenario: What isolated margin asks for is not stated
    When A is switched to isolated
    Then it is refused, because what isolated margin asks for and gives back is not stated

  Scenario: What a chosen leverage changes is not stated
    When the leverage of the BTC contract is set to 5
    Then it is refused, because what a chosen leverage changes in cross margin is not stated

  # ---------------------------------------------------------------- liquidation

  Scenario Outline: A multiple of a fifth is closed, until the margin ratio is below 90%
    Given a balance of <wallet> USDC
    And account liquidation_fee is 0.5
    When the venue acts by itself
    Then the notional of A is <left>
    And <penalty> USDC went to the "insurance fund"
    And the pool cross is not liquidatable

    Examples:
      | wallet | left   | penalty |
      | 926    | 72,000 | 92.7    |
      | 810    | 54,000 | 185.4   |
      | 700    | 36,000 | 278.1   |

  Scenario: Where no share is enough, all is closed
    Given a balance of 500 USDC
    And account liquidation_fee is 0.5
    When the venue acts by itself
    Then A is closed
    And 463.5 USDC went to the "insurance fund"

  Scenario: Where the penalty for all would leave nothing, the insurance fund bears what is missing
    Given a balance of 100 USDC
    And account liquidation_fee is 0.5
    When the venue acts by itself
    Then A is closed
    And 100 USDC went to the "insurance fund"
    And the equity of pool cross is 0 USDC

  # https://docs.paradex.trade/risk/liquidations, read 2026-11-28: Alice's portfolio, with the fee of the example
  Scenario: All positions are reduced by the same share
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "alice", "liquidation_fee": "0.5"},
       "balances": [{"asset": "USDC", "wallet_balance": "1000"}],
       "positions": [{"id": "A", "symbol": "BTC", "quantity": "0.1", "entry_price": "60000"},
                     {"id": "B", "symbol": "ETH", "quantity": "-1", "entry_price": "3000"}],
       "instruments": [
         {"symbol": "BTC", "contract": "linear", "base": "BTC", "quote": "USDC", "settle": "USDC",
          "mark_price": "54800", "imf_base": "0.02", "mmf_factor": "0.5"},
         {"symbol": "ETH", "contract": "linear", "base": "ETH", "quote": "USDC", "settle": "USDC",
          "mark_price": "3400", "imf_base": "0.02", "mmf_factor": "0.5"}],
       "assets": [{"asset": "USDC", "index_price": "1"}]}
      """
    When the venue acts by itself
    Then the notional of A is 3,288
    And the notional of B is 2,040
    And 17.76 USDC went to the "insurance fund"
    And the equity of pool cross is 62.24 USDC
    And the pool cross is not liquidatable
