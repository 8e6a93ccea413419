# https://github.com/perpetual-protocol/perp-curie-contract, read 2026-11-20
Feature: Margin on Perpetual Protocol v2

  Background:
    Given the policy "perp-v2"

  Rule: An account has one pool

    Scenario: The requirement for free collateral is a tenth of what is owed
      Given an account with 0 USDC
      And a cross long A of 1 ETH at 100 with 1x leverage
      And a balance of 10 WETH
      And WETH is worth 3,000 USD and counts 70% as collateral
      Then the initial margin of pool cross is 10 USDC
      And the maintenance margin of pool cross is 6.25 USDC
      And A is backed by pool cross

    Scenario: What a short received sets off what a long paid
      Given an account with 1,000 USDC
      And a cross long A of 1 ETH at 1,000 with 1x leverage
      And a cross short B of 0.05 BTC at 20,000 with 1x leverage
      Then the initial margin of pool cross is 100 USDC
      And the maintenance margin of pool cross is 125 USDC

    Scenario: An account that holds only another token is valued in USDC as well
      Given an account with 0 USDC
      And a balance of 0.5 WETH
      And WETH is worth 3,000 USD and counts 70% as collateral
      Then the equity of pool cross is 1,050 USDC
      And the pool cross is not liquidatable

  Rule: Liquidation

    Scenario Outline: An account is liquidatable below its maintenance margin, and not at it
      Given an account with <cash> USDC
      And a cross long A of 1 ETH at 1,000 with 1x leverage
      Then the pool cross is <verdict>

      Examples:
        | cash  | verdict          |
        | 62.50 | not liquidatable |
        | 62.49 | liquidatable     |

    Scenario: The liquidation price follows from the boundary
      Given an account with 156.25 USDC
      And a cross long A of 1 ETH at 1,000 with 1x leverage
      Then the liquidation price of A is 900
      And the bankruptcy price of A is 843.75

    Scenario: At half the requirement and above, half of the account's value is taken over for a penalty of 2.5 %
      Given an account with 150 USDC
      And a cross long A of 1 ETH at 1,000 with 1x leverage
      When ETH is at 900
      Then the pool cross is liquidatable
      When the venue acts by itself
      Then 11.25 USDC went to "liquidator and insurance fund"
      And the notional of A is 450
      And the equity of pool cross is 38.75 USDC
      And the pool cross is not liquidatable

    Scenario: Below half the requirement all of it is taken over
      Given an account with 120 USDC
      And a cross long A of 1 ETH at 1,000 with 1x leverage
      When ETH is at 900
      And the venue acts by itself
      Then A is closed
      And 22.5 USDC went to "liquidator and insurance fund"

    Scenario: A position of no more than 100 is taken over as a whole
      Given an account with 15 USDC
      And a cross long A of 1 ETH at 110 with 1x leverage
      When ETH is at 100
      And the venue acts by itself
      Then A is closed

  Rule: Withdrawals

    Scenario: Profit counts for the account, and frees no collateral
      Given an account with 0 USDC
      And a cross long A of 1 ETH at 100 with 1x leverage
      And a balance of 10 WETH
      And WETH is worth 3,000 USD and counts 70% as collateral
      When ETH is at 200
      Then the equity of pool cross is 21,100 USDC
      When 9.9953 WETH are withdrawn
      Then it is refused, because not more than the free collateral of the token
      And the venue says "V_NEFC"
      When 9.995 WETH are withdrawn
      Then it is allowed

    Scenario: Funding that is due is part of the settlement token's balance
      Given an account with 100 USDC
      And a cross long A of 1 ETH at 100 with 1x leverage
      And A has accrued funding of 5 USDC
      When ETH is at 200
      And 95.01 USDC are withdrawn
      Then it is refused, because not more than the free collateral of the token
      When 95 USDC are withdrawn
      Then it is allowed

    Scenario: No token is free while the settlement token is below zero with its losses
      Given an account with 0 USDC
      And a cross long A of 1 ETH at 100 with 1x leverage
      And a balance of 10 WETH
      And WETH is worth 3,000 USD and counts 70% as collateral
      When ETH is at 90
      And 1 WETH are withdrawn
      Then it is refused, because not more than the free collateral of the token

  Rule: Trades

    Scenario Outline: To open takes a tenth of what is then owed
      Given an account with <cash> USDC
      And a cross long A of 1 ETH at 1,000 with 1x leverage
      When a cross order buys 1 ETH at 1,000 with 1x leverage
      Then it is <verdict>

      Examples:
        | cash   | verdict                                     |
        | 200    | allowed                                     |
        | 199.99 | refused, because not enough free collateral |

    Scenario Outline: To reduce takes the maintenance ratio of what is then owed
      Given an account with <cash> USDC
      And a cross long A of 2 ETH at 1,000 with 1x leverage
      When this action is asked for:
        """
        {"action": "reduce", "position": "A", "quantity": "1", "price": "950"}
        """
      Then it is <verdict>

      Examples:
        | cash   | verdict                                                              |
        | 112.50 | allowed                                                              |
        | 112.49 | refused, because not enough free collateral at the maintenance ratio |

    Scenario: There is one pool, and its leverage is nothing that is set
      Given an account with 1,000 USDC
      And a cross long A of 1 ETH at 1,000 with 1x leverage
      When A is switched to isolated
      Then it is refused, because an account has one pool
      When the leverage of the ETH contract is set to 5
      Then it is refused, because an account has one pool

  # Vault.sol, settleBadDebt
  Scenario: What an account without positions and other tokens owes is paid by the insurance fund
    Given an account with 100 USDC
    And a cross long A of 1 ETH at 1,000 with 10x leverage
    When ETH is at 850
    And the venue acts by itself
    Then the equity of pool cross is 0 USDC
