# https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93, read 2026-11-20
# https://www.binance.com/en/support/faq/29b45c485d664028b9ca1cdf90b24f6f, read 2026-11-20
Feature: Margin on Binance USD-M futures

  Background:
    Given the policy "binance-usdm"
    And an account with 10,000 USDT

  Scenario: The maintenance amount makes brackets meet
    Given a cross long A of 2.64 BTC at 100,000 with 10x leverage
    And the BTC contract has the tiers:
      | above   | maintenance_rate | maintenance_amount | max_leverage |
      | 0       | 0.004            | 0                  | 125          |
      | 50,000  | 0.005            | 50                 | 100          |
      | 250,000 | 0.01             | 1,300              | 50           |
    Then the maintenance margin of A is 1,340

  Scenario: At a margin ratio of 100 % the pool is liquidatable
    Given an isolated long A of 0.1 BTC at 100,000 with 10x leverage
    And 50 USDT are assigned to A
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.005            |
    Then the margin ratio of pool isolated/A is 1
    And the pool isolated/A is liquidatable

  Scenario: In single-asset mode each margin asset has its own cross pool
    Given a balance of 500 USDC
    Then the equity of pool cross/USDT is 10,000 USDT
    And the equity of pool cross/USDC is 500 USDC

  Scenario: In Multi-Assets mode there is one pool in USD, at collateral ratios
    Given account multiAssetsMargin is true
    And a balance of 1 BNB
    And BNB is worth 1,000 USD and counts 95% as collateral
    Then the equity of pool cross is 10,950 USD

  Scenario: A long and a short of one symbol share one cross liquidation price
    Given account dualSidePosition is true
    And a cross long L of 3 BTC at 10,000 with 10x leverage
    And a cross short S of 1 BTC at 10,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.01             |
    Then the liquidation price of L is 5,102.040816 to 6 places
    And the liquidation price of S is 5,102.040816 to 6 places
