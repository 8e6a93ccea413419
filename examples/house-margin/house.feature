# House margin handbook, section 3
Feature: House margin

  Background:
    Given the policy "house.margin"
    And an account with 1,000 USDC
    And a cross long A of 0.1 BTC at 100,000 with 20x leverage
    And the BTC contract has the tiers:
      | above | max_leverage |
      | 0     | 40           |

  Scenario: Requirements are a quarter above the venue's
    Then the initial margin of A is 625
    And the maintenance margin of A is 156.25

  Scenario: A concentrated position takes two per cent more
    Given A has concentrated true
    Then the maintenance margin of A is 356.25

  Scenario: The warning comes before the venue's liquidation
    When BTC falls by 8%
    Then the pool cross is not liquidatable
