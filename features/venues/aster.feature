# https://github.com/asterdex/api-docs and https://docs.asterdex.com, read 2026-11-20
Feature: Margin on Aster

  Background:
    Given the policy "aster"
    And an account with 30,000 USDT

  Scenario: The isolated margin is what was assigned and the unrealized profit
    Given an isolated long LONG of 20 BTC at 6,563.665 with 10x leverage
    And 13,200.70726908 USDT are assigned to LONG
    And the BTC contract has the tiers:
      | above | maintenance_rate | maintenance_amount |
      | 0     | 0.4%             | 0                  |
      | 50000 | 0.5%             | 50                 |
    When BTC is at 6,679.50671178
    Then the equity of pool isolated/LONG is 15,517.54150468 USDT
    And the liquidation price of LONG is 5930.78 to 2 decimal places

  Scenario: A position is liquidated below its maintenance margin, not at it
    Given an isolated long A of 1 BTC at 1,000 with 10x leverage
    And 104 USDT are assigned to A
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When BTC is at 900
    Then the equity of pool isolated/A is 4 USDT
    And the pool isolated/A is not liquidatable
    When BTC is at 899
    Then the pool isolated/A is liquidatable
