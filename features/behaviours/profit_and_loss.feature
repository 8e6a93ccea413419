# docs/behaviours.md, "Profit and loss"
Feature: Which pool a gain or a loss settles against

  Background:
    Given the policy "documented"
    And an account with 2,000 USDC

  @B9
  Scenario Outline: Cross gains add to the shared equity, losses reduce it
    Given a cross long A of 0.02 BTC at 100,000 with 10x leverage
    When BTC <move>
    Then the equity of pool cross is <equity> USDC

    Examples:
      | move         | equity |
      | falls by 8%  | 1,840  |
      | rises by 8%  | 2,160  |

  @B10
  Scenario Outline: Isolated gains and losses settle against the assigned margin only
    Given an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    When BTC <move>
    Then the equity of pool isolated/A is <equity> USDC
    And the equity of pool cross is 1,800 USDC

    Examples:
      | move         | equity |
      | falls by 8%  | 40     |
      | rises by 8%  | 360    |

  @B11
  Scenario: A cross loss lowers what supports the others by exactly that loss, and losses compound
    Given a cross long A of 0.02 BTC at 100,000 with 10x leverage
    And a cross short B of 0.5 ETH at 2,000 with 5x leverage
    And this account is remembered as "before"
    When BTC falls by 8%
    Then the equity of pool cross is 160 less than in "before"
    When ETH rises by 8%
    Then the equity of pool cross is 240 less than in "before"

  @B12
  Scenario: An isolated loss leaves every other pool as it was
    Given account maintenance_rate is 0.01
    And an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    And an isolated short B of 0.5 ETH at 2,000 with 5x leverage
    And this account is remembered as "before"
    When BTC falls by 12%
    Then the pool isolated/A is liquidatable
    And the equity of pool isolated/B is as in "before"
    And the maintenance margin of pool isolated/B is as in "before"
    And the pool isolated/B is not liquidatable
    And the equity of pool cross is as in "before"
