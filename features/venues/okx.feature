# https://www.okx.com/help, read 2026-11-20
Feature: Margin on OKX

  Background:
    Given the policy "okx"
    And an account with 10,000 USDT

  Scenario: The tier follows from the contracts of the underlying, and its rate holds for all of them
    Given a cross long A of 2,001 ETH at 1 with 10x leverage
    And the ETH contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
      | 2000  | 1.5%             |
    Then the maintenance margin of A is 30.015

  Scenario: The margin ratio falls towards 100%, where the position is liquidated
    Given an isolated long A of 1 ETH at 1,000 with 10x leverage
    And the ETH contract has taker_fee_rate 0.0005
    And the ETH contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
    Then the margin ratio of pool isolated/A is 9.52380952 to 8 decimal places
    When ETH is at 909
    Then the pool isolated/A is liquidatable

  Scenario: In multi-currency mode a discount rate falls on each currency
    Given account acctLv is 3
    And a balance of 1 BTC
    And BTC is worth 50,000 USD and counts 98% as collateral
    And USDT is worth 1 USD and counts 100% as collateral
    Then the equity of pool cross is 59,000 USD
