# docs/behaviours.md, "The comparison itself"
Feature: Policies explain themselves

  @B23
  Scenario Outline: The five-row comparison comes from the policy
    Given the policy "<policy>"
    Then the comparison has the row "what capital backs the position" for isolated: assigned
    And the comparison has the row "what capital backs the position" for cross: balance
    And the comparison has the row "liquidation boundary" for cross: equity
    And the comparison has the row "multi-position impact" for cross: shared
    And the comparison has the row "buffer against adverse moves" for isolated: assigned
    And the comparison has the row "how the buffer is added to" for isolated: that position

    Examples:
      | policy       |
      | documented   |
      | hyperliquid  |
      | binance-usdm |

  @B24
  Scenario: A policy that nets related exposures says so, whatever the margin mode
    Given the policy "offsets.margin"
    And an account with 1,000 USDC
    And a cross long A of 0.02 BTC at 100,000 with 10x leverage
    And a cross short B of 0.01 BTC at 100,000 with 10x leverage
    Then the maintenance margin of A is 100
    And the maintenance margin of B is 50
    And the maintenance margin of pool cross is 100 USDC
    And the explanation of maintenance_margin:cross mentions "larger_side"
