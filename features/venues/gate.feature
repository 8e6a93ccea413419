# https://www.gate.com/futures-introduction/margin, read 2026-11-20
Feature: Margin on Gate

  Background:
    Given the policy "gate"
    And an account with 1,000,000 USDT

  Scenario Outline: Tiered maintenance margin since 29 July 2025
    Given the account is as of <day>
    And a cross long A of 1,200,000 X at 1 with 10x leverage
    And the X contract has the tiers:
      | above   | maintenance_rate |
      | 0       | 0.4%             |
      | 1000000 | 0.5%             |
    Then the maintenance margin of A is <maintenance>

    Examples:
      | day        | maintenance |
      | 2025-07-28 | 6,000       |
      | 2025-07-29 | 5,000       |

  Scenario: Profit that is not realised is not available
    Given a cross long A of 10 X at 100 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    And the X contract has taker_fee_rate 0
    When X is at 200
    Then the equity of pool cross/USDT is 1,001,000 USDT
    And the idle equity is 999,800 USDT

  Scenario: Of a hedged pair the larger side takes initial margin
    Given a cross long A of 10 X at 100 with 10x leverage
    And a cross short B of 4 X at 100 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    Then the initial margin of pool cross/USDT is 100 USDT
