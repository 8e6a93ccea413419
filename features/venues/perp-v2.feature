# https://github.com/perpetual-protocol/perp-curie-contract, read 2026-11-20
Feature: Margin on Perpetual Protocol v2

  Background:
    Given the policy "perp-v2"
    And an account with 0 USDC
    And a cross long A of 1 ETH at 100 with 1x leverage
    And a balance of 10 WETH
    And WETH is worth 3,000 USD and counts 70% as collateral

  Scenario: The requirement for free collateral is a tenth of what is owed
    Then the initial margin of pool cross is 10 USDC
    And the maintenance margin of pool cross is 6.25 USDC

  Scenario: Profit counts for the account, and frees no collateral
    When ETH is at 200
    Then the equity of pool cross is 21,100 USDC
    When 9.9953 WETH are withdrawn
    Then it is refused, because not more than the free collateral of the token
    When 9.995 WETH are withdrawn
    Then it is allowed

  Scenario: No token is free while the settlement token is below zero with its losses
    When ETH is at 90
    And 1 WETH are withdrawn
    Then it is refused, because not more than the free collateral of the token
