# https://support.kraken.com/articles/4871883902612, read 2026-11-20
Feature: Margin on Kraken Futures

  Background:
    Given the policy "kraken-futures"
    And an account with 100,000 USD
    And USD is worth 1 USD and counts 100% as collateral

  Scenario: Long and short of one underlying are netted: the larger side counts
    Given a cross long A of 1 BTC at 50,000 with 10x leverage
    And a cross short B of 0.4 BTC at 50,000 with 10x leverage
    And the BTC contract has the tiers:
      | above   | initial_rate | maintenance_rate |
      | 0       | 2%           | 1%               |
      | 1000000 | 4%           | 2%               |
    Then the initial margin of pool cross is 1,000 USD
    And the maintenance margin of pool cross is 500 USD

  Scenario: The haircut of a currency lowers its collateral value
    Given a balance of 2 EUR
    And EUR is worth 1.1 USD and counts 98% as collateral
    Then the equity of pool cross is 100,002.156 USD
