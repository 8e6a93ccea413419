# https://support.deribit.com/hc/en-us/articles/25944826427293, read 2026-11-20
Feature: Standard margin on Deribit

  Background:
    Given the policy "deribit"
    And an account with 10,000,000 USDC

  Scenario Outline: The rates grow with the size of the position
    Given a cross long A of <size> BTC at 100,000 with 10x leverage
    And the BTC contract has initial_margin_base 0.02
    And the BTC contract has initial_margin_slope 0.00005
    And the BTC contract has maintenance_margin_base 0.01
    And the BTC contract has maintenance_margin_slope 0.00005
    Then the initial margin of A is <initial>
    And the maintenance margin of A is <maintenance>

    Examples:
      | size | initial   | maintenance |
      | 25   | 53,125    | 28,125      |
      | 350  | 1,312,500 | 962,500     |

  Scenario: A net profit of the session cannot be withdrawn yet
    Given a cross long A of 1 BTC at 100,000 with 10x leverage
    And the BTC contract has initial_margin_base 0.02
    And the BTC contract has initial_margin_slope 0
    And the BTC contract has maintenance_margin_base 0.01
    And the BTC contract has maintenance_margin_slope 0
    When BTC is at 110,000
    Then the equity of pool cross/USDC is 10,010,000 USDC
    When 9,997,800.01 USDC are withdrawn
    Then it is refused, because not more than can be withdrawn
    When 9,997,800 USDC are withdrawn
    Then it is allowed
