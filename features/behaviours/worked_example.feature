# docs/behaviours.md, "Worked example": exact; funding, fees, buffers and venue rules left out
Feature: The worked example
  An account of 2,000 with a BTC long of 2,000 at 10x (initial margin 200), and then an ETH short of 1,000 at 5x
  (initial margin 200).

  Background:
    Given the policy "documented"
    And an account with 2,000 USDC

  @B25
  Scenario: Isolated, BTC falls by 8 %
    Given an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    When BTC falls by 8%
    Then the unrealized PnL of A is -160
    And the equity of pool isolated/A is 40 USDC
    And the idle equity is 1,800 USDC

  @B26
  Scenario: Cross, BTC falls by 8 %
    Given a cross long A of 0.02 BTC at 100,000 with 10x leverage
    When BTC falls by 8%
    Then the unrealized PnL of A is -160
    And the equity of pool cross is 1,840 USDC
    And the pool cross is not liquidatable

  @B27
  Scenario: Cross, both 8 % against
    Given a cross long A of 0.02 BTC at 100,000 with 10x leverage
    And a cross short B of 0.5 ETH at 2,000 with 5x leverage
    When BTC falls by 8% and ETH rises by 8%
    Then the unrealized PnL of A is -160
    And the unrealized PnL of B is -80
    And the equity of pool cross is 1,760 USDC
    And the pool cross is not liquidatable

  @B28
  Scenario: Isolated, the same moves
    Given an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    And an isolated short B of 0.5 ETH at 2,000 with 5x leverage
    When BTC falls by 8% and ETH rises by 8%
    Then the equity of pool isolated/A is 40 USDC
    And the equity of pool isolated/B is 120 USDC
    And the equity of pool cross is 1,600 USDC
    And the pool isolated/A is not liquidatable

  @B29
  Scenario: Idle equity is exposed to B's loss in cross, and not in isolated
    Given a cross long A of 0.02 BTC at 100,000 with 10x leverage
    And a cross short B of 0.5 ETH at 2,000 with 5x leverage
    And this account is remembered as "cross"
    When ETH rises by 8%
    Then the equity of pool cross is 80 less than in "cross"
    When every position is isolated instead
    Then the equity of pool cross is 1,600 USDC
    When ETH rises by 8%
    Then the equity of pool cross is 1,600 USDC

  @B30
  Scenario Outline: A maintenance rate, a closing fee and accrued funding move the boundary
    Given account maintenance_rate is <rate>
    And account close_fee_rate is <fee>
    And account funding_counts is <counts>
    And an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    And A has accrued funding of -18 USDC
    Then the liquidation price of A is <price>

    Examples:
      | rate | fee  | counts | price  |
      | 0    | 0    | false  | 90,000 |
      | 0.1  | 0    | false  | 100,000 |
      | 0    | 0.1  | false  | 100,000 |
      | 0    | 0    | true   | 90,900 |

  @B30
  Scenario: The same account under a real venue's policy gives that venue's figures
    Given the policy "hyperliquid"
    And an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    And the BTC contract has the tiers:
      | above       | max_leverage |
      | 0           | 40           |
      | 150,000,000 | 20           |
    When BTC falls by 8%
    Then the equity of pool isolated/A is 40 USDC
    And the maintenance margin of A is 23
    And the liquidation price of A is 91,139.24 to 2 places
