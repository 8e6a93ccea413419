# https://www.bybit.com/en/help-center, read 2026-11-20
Feature: Margin on Bybit

  Background:
    Given the policy "bybit"
    And an account with 10,000 USDT

  Scenario: The liquidation price of an isolated position takes its margins at the entry value
    Given an isolated long A of 1 BTC at 20,000 with 50x leverage
    And the BTC contract has taker_fee_rate 0
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    Then the initial margin of A is 400
    And the maintenance margin of A is 100
    And the liquidation price of A is 19,700

  Scenario: The unified account counts wallet and profit at the collateral value ratio
    Given USDT is worth 1 USD and counts 84% as collateral
    And a cross long A of 1 X at 100 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    When X is at 110
    Then the equity of pool cross is 8,408.4 USD

  Scenario: The fee to close at the bankruptcy price is part of both margins
    Given account unifiedMarginStatus is 1
    And a cross long A of 75 XRP at 0.3615 with 10x leverage
    And the XRP contract has taker_fee_rate 0.0006
    And the XRP contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
    When XRP is at 0.3374
    Then the initial margin of A is 2.72589075
    And the maintenance margin of A is 0.28576575
