# docs/language.md
Feature: What a rule file can say

  Scenario: A rule file beside the feature is named by its file name
    Given the policy "house.margin"
    And an account with 2,000 USDC
    And an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | max_leverage |
      | 0     | 40           |
    When BTC falls by 8%
    Then the maintenance margin of A is 46
    And the equity of pool isolated/A is 40 USDC
    And the pool isolated/A is liquidatable
    And the explanation of maintenance_margin:A mentions "house.margin"
