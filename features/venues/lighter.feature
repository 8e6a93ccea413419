# https://docs.lighter.xyz/perpetual-futures/liquidations-and-insurance-fund, read 2026-11-20
Feature: Margin on Lighter

  Background:
    Given the policy "lighter"
    And an account with 100 USDC
    And a cross long A of 1 ETH at 2,000 with 50x leverage
    And the ETH contract has default_initial_margin_fraction 0.05
    And the ETH contract has min_initial_margin_fraction 0.02
    And the ETH contract has maintenance_margin_fraction 0.012
    And the ETH contract has closeout_margin_fraction 0.008

  Scenario: Three requirements, one below the other
    Then the initial margin of A is 40
    And the maintenance margin of A is 24
    And the idle equity is 60 USDC

  Scenario Outline: Below maintenance a part is closed
    When ETH is at <price>
    Then the pool cross is <verdict>

    Examples:
      | price | verdict          |
      | 1,925 | not liquidatable |
      | 1,920 | liquidatable     |
