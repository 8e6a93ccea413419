# docs/behaviours.md, "Margin mode is independent of everything else"
Feature: The margin mode changes the scope of collateral and nothing else

  Background:
    Given the policy "documented"
    And an account with 2,000 USDC
    And a cross long A of 0.02 BTC at 100,000 with 10x leverage

  @B6
  Scenario: Notional and unrealized PnL are the same in either mode
    When BTC falls by 8%
    And this account is remembered as "cross"
    And A is isolated instead
    Then the notional of A is as in "cross"
    And the unrealized PnL of A is as in "cross"

  @B6
  Scenario: Accrued funding counts the same in either mode
    Given account funding_counts is true
    And A has accrued funding of -15 USDC
    When this account is remembered as "cross"
    Then the equity of pool cross is 1,985 USDC
    When A is isolated instead
    Then the equity of pool isolated/A is 185 USDC
    And the notional of A is as in "cross"

  @B7
  Scenario Outline: Each mode is available at each leverage
    When the leverage of A is <leverage> instead
    And A is <mode> instead
    Then A is backed by pool <pool>
    And the initial margin of A is <margin>

    Examples:
      | leverage | mode     | pool       | margin |
      | 5        | cross    | cross      | 400    |
      | 5        | isolated | isolated/A | 400    |
      | 20       | cross    | cross      | 100    |
      | 20       | isolated | isolated/A | 100    |

  @B7
  Scenario: Another leverage leaves the mode and the equity as they were
    When this account is remembered as "before"
    And the leverage of A is 20 instead
    Then A is backed by pool cross
    And the equity of pool cross is as in "before"

  @B8
  Scenario: The same position and move end differently because of the mode alone
    When BTC falls by 12%
    Then the pool cross is not liquidatable
    When A is isolated instead
    Then the pool isolated/A is liquidatable
