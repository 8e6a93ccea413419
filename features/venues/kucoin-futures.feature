# https://www.kucoin.com/support/35084093025049 and 35084240398361, read 2026-11-20
Feature: Margin on KuCoin Futures

  Background:
    Given the policy "kucoin-futures"
    And an account with 10,000 USDT

  Scenario Outline: Isolated maintenance at the entry value until May 2025, at the mark price since
    Given the account is as of <day>
    And an isolated long A of 1 BTC at 28,000 with 10x leverage
    And the BTC contract has taker_fee_rate 0
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When BTC is at 30,000
    Then the maintenance margin of A is <maintenance>

    Examples:
      | day        | maintenance |
      | 2025-05-21 | 112         |
      | 2025-05-22 | 120         |

  Scenario: The cross maintenance rate grows with the size, without tiers
    Given a cross long A of 12.102 BTC at 102,012 with 125x leverage
    And the BTC contract has k 490
    And the BTC contract has m 300
    And the BTC contract has f 1.3
    And the BTC contract has mmrLimit 0.3
    And the BTC contract has mmrLevConstant 125
    Then the maintenance margin of A is 5,137.40375878464
    And the initial margin of A is 9,876.393792
