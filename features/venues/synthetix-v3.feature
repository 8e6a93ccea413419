# https://github.com/Synthetixio/synthetix-v3, read 2026-11-20
Feature: Margin on Synthetix perps v3

  Background:
    Given the policy "synthetix-v3"
    And an account with 10,000 USDX
    And account min_keeper_reward_usd is 100
    And account max_keeper_reward_usd is 10000
    And a cross long A of 10 ETH at 2,000 with 1x leverage
    And the ETH contract has skew_scale 1000
    And the ETH contract has initial_margin_ratio 2
    And the ETH contract has minimum_initial_margin_ratio 0.01
    And the ETH contract has maintenance_margin_scalar 0.5
    And the ETH contract has flag_reward_ratio 0.01

  Scenario: The ratio grows with the size, and both requirements hold the liquidation reward
    Then the initial margin of A is 600
    And the maintenance margin of A is 300
    And the initial margin of pool cross is 800 USDX
    And the maintenance margin of pool cross is 500 USDX
    And the idle equity is 9,200 USDX

  Scenario: An account that is liquidatable can neither withdraw nor trade
    When ETH falls by 49%
    Then the pool cross is liquidatable
    When 1 USDX are withdrawn
    Then it is refused, because the account is liquidatable
    And the venue says "AccountLiquidatable"
