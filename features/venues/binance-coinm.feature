# https://www.binance.com/en/support/faq/ceccfcfb4e3a45e3b48b0b1bb1a8ae46, read 2026-11-20
Feature: Margin on Binance COIN-M

  Background:
    Given the policy "binance-coinm"
    And an account with 10 BTC

  Scenario: Margins are in the coin, brackets too
    Given a cross long A of 100,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has the tiers:
      | above | maintenance_rate | maintenance_amount |
      | 0     | 0.4%             | 0                  |
      | 5     | 0.5%             | 0.005              |
    Then the notional of A is 2
    And the initial margin of A is 0.2
    And the maintenance margin of A is 0.008

  Scenario: Each coin has a pool of its own
    Given a cross long A of 100,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    And a balance of 3 ETH
    Then the equity of pool cross/BTC is 10 BTC
    And the equity of pool cross/ETH is 3 ETH

  Scenario: A lossy transfer is refused with the venue's code
    Given a cross long A of 100,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When 9.9 BTC are withdrawn
    Then it is refused, because not more than is withdrawable
    And the venue says "-4050"
