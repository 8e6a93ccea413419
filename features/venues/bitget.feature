# https://www.bitget.com/support/articles/12560603841952, read 2026-11-20
Feature: Margin on Bitget

  Background:
    Given the policy "bitget"
    And an account with 1,000,000 USDT

  Scenario Outline: Marginal tiers since 10 November 2025, the tier of the whole position before
    Given the account is as of <day>
    And a cross long A of 330,000 X at 1 with 10x leverage
    And the X contract has the tiers:
      | above  | maintenance_rate |
      | 0      | 0.4%             |
      | 200000 | 0.5%             |
    Then the maintenance margin of A is <maintenance>

    Examples:
      | day        | maintenance |
      | 2025-11-09 | 1,848       |
      | 2025-11-10 | 1,648       |

  Scenario: The maintenance margin has the taker fee in it
    Given an isolated long BTC of 0.01 BTC at 25,000 with 20x leverage
    And 9.6695050093373343 USDT are assigned to BTC
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When BTC is at 25,100
    Then the liquidation price of BTC is 24144.1124161807 to 10 decimal places

  Scenario: Multi-asset mode takes initial margin at the mark price
    Given account assetMode is union
    And a cross short A of 0.0155 BTC at 88,505.23 with 14x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When BTC is at 93,203.4
    Then the initial margin of A is 103.19 to 2 decimal places
    And the unrealized PnL of A is -72.82 to 2 decimal places
