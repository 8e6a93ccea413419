# https://hyperliquid.gitbook.io/hyperliquid-docs/trading/margining, read 2026-11-20
# https://hyperliquid.gitbook.io/hyperliquid-docs/trading/margin-tiers, read 2026-11-20
# https://hyperliquid.gitbook.io/hyperliquid-docs/trading/liquidations, read 2026-11-20
Feature: Margin on Hyperliquid

  Background:
    Given the policy "hyperliquid"
    And an account with 1,000 USDC

  Scenario: Initial margin is the position's value over the leverage chosen
    Given a cross long BTC of 0.1 BTC at 100,000 with 20x leverage
    Then the initial margin of BTC is 500
    And the idle equity is 0 USDC

  Scenario Outline: Maintenance is half of the initial margin at the maximum leverage
    Given a cross long A of 0.01 BTC at 100,000 with 3x leverage
    And the BTC contract has the tiers:
      | above | max_leverage |
      | 0     | <maximum>    |
    Then the maintenance margin of A is <maintenance>

    Examples:
      | maximum | maintenance |
      | 20      | 25          |
      | 40      | 12.5        |

  Scenario: Above a tier edge the rate is higher for the part above it
    Given a cross long A of 2,000 BTC at 100,000 with 20x leverage
    And the BTC contract has the tiers:
      | above       | max_leverage |
      | 0           | 40           |
      | 150,000,000 | 20           |
    Then the maintenance margin of A is 3,125,000

  Scenario: Equity equal to the maintenance margin is safe
    Given an isolated long A of 0.01 BTC at 100,000 with 10x leverage
    And 12.5 USDC are assigned to A
    And the BTC contract has the tiers:
      | above | max_leverage |
      | 0     | 40           |
    Then the pool isolated/A is not liquidatable
    And the liquidation price of A is 100,000

  Scenario: A tenth of the notional cannot be withdrawn, whatever the leverage
    Given a cross long A of 0.05 BTC at 100,000 with 40x leverage
    Then the initial margin of A is 125
    And the idle equity is 500 USDC

  Scenario: A resting order holds its margin
    Given a cross long A of 0.01 BTC at 100,000 with 10x leverage
    And a resting order to buy 0.01 BTC at 90,000 with 10x leverage
    Then the idle equity is 810 USDC

  Scenario: Without the venue's tiers nothing is guessed
    Given a cross long A of 0.01 BTC at 100,000 with 10x leverage
    Then the maintenance margin of A is unknown, because instrument BTC-PERP has no tiers
    And whether pool cross is liquidatable is unknown, because instrument BTC-PERP has no tiers
