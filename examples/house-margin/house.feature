# House margin handbook, section 3, https://example.org/handbook, read 2026-11-20
Feature: House margin

  Background:
    Given the policy "house.margin"
    And an account with 1,000 USDC
    And a cross long A of 0.1 BTC at 100,000 with 20x leverage
    And the BTC contract has the tiers:
      | above | max_leverage |
      | 0     | 40           |

  Scenario: 3.1 Requirements are a quarter above the venue's
    Then the initial margin of A is 625
    And the maintenance margin of A is 156.25
    When the policy is "hyperliquid"
    Then the initial margin of A is 500
    And the maintenance margin of A is 125

  Scenario: 3.2 A concentrated position takes two per cent more
    Given A has concentrated true
    Then the initial margin of A is 825
    And the maintenance margin of A is 356.25

  Scenario: 3.3 The house closes out before the venue does
    Then the liquidation price of A is 91,428.57 to 2 places
    When the policy is "hyperliquid"
    Then the liquidation price of A is 91,139.24 to 2 places

  Scenario: 3.4 The warning comes before the close-out
    When BTC falls by 8%
    Then the equity of the pool cross is 200
    And the maintenance margin of A is 143.75
    And the explanation of warning:cross mentions "warning = yes"
    And the pool cross is not liquidatable

  Scenario: 3.4 At one and a half times the requirement there is no warning yet
    When BTC is at 92,160
    Then the equity of the pool cross is 216
    And the maintenance margin of A is 144
    And the explanation of warning:cross mentions "warning = no"

  Scenario: 3.4 A dollar below that there is
    When BTC is at 92,159
    Then the explanation of warning:cross mentions "warning = yes"

  Scenario: 3.5 No margin is taken out of a losing position
    Given an isolated long B of 0.02 BTC at 100,000 with 10x leverage
    When BTC falls by 1%
    And 1 USDC is removed from B
    Then it is refused, because no margin is taken out of a losing position

  Scenario: 3.5 Of a winning one what the venue lets go can be taken out
    Given an isolated long B of 0.02 BTC at 100,000 with 10x leverage
    When BTC rises by 10%
    And 1 USDC is removed from B
    Then it is allowed
