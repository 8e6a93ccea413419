# docs/behaviours.md, "Liquidation boundary"
Feature: When a pool is liquidatable

  @B13
  Scenario Outline: A cross pool is measured against its combined requirement
    Given the policy "documented"
    And a cross pool with equity of <equity> USDC
    And a combined maintenance margin of 500.00 USDC
    When the account is evaluated
    Then the maintenance margin of pool cross is 500 USDC
    And the pool is <verdict>

    Examples:
      | equity | verdict          |
      | 499.99 | liquidatable     |
      | 500.00 | liquidatable     |
      | 500.01 | not liquidatable |

  @B14
  Scenario: One adverse move takes smaller, hedged and profitable positions with it
    Given the policy "documented"
    And an account with 2,000 USDC
    And account maintenance_rate is 0.01
    And a cross long A of 0.2 BTC at 100,000 with 20x leverage
    And a cross short B of 0.5 ETH at 2,000 with 5x leverage
    And a cross short C of 0.1 BTC at 100,000 with 20x leverage
    When BTC falls by 19% and ETH falls by 5%
    Then the unrealized PnL of B is 50
    And the pool cross is liquidatable
    And A is backed by pool cross
    And B is backed by pool cross
    And C is backed by pool cross

  @B15
  Scenario: An isolated position is measured against its own requirement
    Given the policy "documented"
    And an account with 2,000 USDC
    And account maintenance_rate is 0.01
    And an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    And a cross short B of 0.5 ETH at 2,000 with 5x leverage
    When BTC falls by 10%
    Then the pool isolated/A is liquidatable
    And the pool cross is not liquidatable
    And the equity of pool cross is 1,800 USDC

  @B16
  Scenario: With idle equity, cross has the larger buffer
    Given the policy "documented"
    And an account with 2,000 USDC
    And a cross long A of 0.02 BTC at 100,000 with 10x leverage
    Then A has no liquidation price
    When A is isolated instead
    Then the liquidation price of A is 90,000

  @B16
  Scenario: A second losing cross position makes cross the first to be liquidated
    Given the policy "documented"
    And an account with 400 USDC
    And a cross long A of 0.02 BTC at 100,000 with 10x leverage
    And a cross long B of 1 ETH at 2,000 with 10x leverage
    When BTC falls by 9% and ETH falls by 15%
    Then the pool cross is liquidatable
    When A is isolated instead
    Then the pool isolated/A is not liquidatable

  @B17
  Scenario Outline: Whether equity equal to the requirement is liquidatable is the policy's choice
    Given the policy "<policy>"
    And an account with 200 USDC
    And an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    And 200 USDC are assigned to A
    And the BTC contract has the tiers:
      | above | maintenance_rate | max_leverage |
      | 0     | 0.1              | 5            |
    Then the maintenance margin of A is 200
    And the equity of pool isolated/A is 200 USDC
    And the pool isolated/A is <verdict>

    Examples:
      | policy       | verdict          |
      | binance-usdm | liquidatable     |
      | hyperliquid  | not liquidatable |
