# https://github.com/dydxprotocol/v4-chain, read 2026-11-20
Feature: Margin on dYdX v4

  Background:
    Given the policy "dydx-v4"
    And an account with 900,000 USDC
    And a cross long A of 0.0001 BTC at 50,000 with 1x leverage
    And the BTC contract has initial_margin_fraction 0.2
    And the BTC contract has maintenance_fraction 0.5
    And the BTC contract has open_interest_lower_cap 25000000
    And the BTC contract has open_interest_upper_cap 50000000

  Scenario: Maintenance is a share of the base initial margin, whatever the open interest
    Given the BTC contract has open_interest 10000
    Then the initial margin of A is 5
    And the maintenance margin of A is 0.5

  Scenario: A fill first adds its own size to the open interest
    Given the BTC contract has open_interest 410
    When this action is asked for:
      """
      {"action": "open", "symbol": "BTC-PERP", "side": "buy", "quantity": "91", "price": "50000"}
      """
    Then it is refused, because the state after must meet the initial margin

  Scenario: What makes an account no worse is allowed
    When this action is asked for:
      """
      {"action": "reduce", "position": "A", "quantity": "0.00005", "price": "50000"}
      """
    Then it is allowed
