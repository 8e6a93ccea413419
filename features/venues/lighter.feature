# https://docs.lighter.xyz/perpetual-futures/liquidations-and-insurance-fund, read 2026-11-28
# https://github.com/elliottech/lighter-prover, read 2026-11-28
Feature: Margin on Lighter

  Background:
    Given the policy "lighter"
    And an account with 100 USDC
    And a cross long A of 1 ETH at 2,000 with 50x leverage
    And the ETH contract has default_initial_margin_fraction 0.05
    And the ETH contract has min_initial_margin_fraction 0.02
    And the ETH contract has maintenance_margin_fraction 0.012
    And the ETH contract has closeout_margin_fraction 0.008

  # ---------------------------------------------------------------- requirements

  Scenario: Three requirements, one below the other
    Then the initial margin of A is 40
    And the maintenance margin of A is 24
    And the idle equity is 60 USDC

  Scenario Outline: No leverage asks for less than the least initial margin
    Given the leverage of A is <leverage> instead
    Then the initial margin of A is <initial>

    Examples:
      | leverage | initial |
      | 10       | 200     |
      | 50       | 40      |
      | 100      | 40      |

  Scenario: Funding that is due counts in the account value
    Given A has accrued funding of -5 USDC
    Then the equity of pool cross is 95 USDC

  # ---------------------------------------------------------------- thresholds

  Scenario Outline: Below maintenance a part is closed
    When ETH is at <price>
    Then the pool cross is <verdict>

    Examples:
      | price | verdict          |
      | 1,925 | not liquidatable |
      | 1,920 | liquidatable     |

  Scenario: An account value equal to the maintenance margin is safe
    Given a balance of 24 USDC
    Then the pool cross is not liquidatable
    And the liquidation price of A is 2,000

  Scenario: The price at which value and requirement meet
    Then the liquidation price of A is 1,923.0769230769 to 10 places
    And the bankruptcy price of A is 1,900

  Scenario: An isolated position stands alone
    Given a balance of 1,000 USDC
    And an isolated short B of 0.1 BTC at 50,000 with 20x leverage
    And the BTC contract has default_initial_margin_fraction 0.05
    And the BTC contract has min_initial_margin_fraction 0.02
    And the BTC contract has maintenance_margin_fraction 0.012
    And the BTC contract has closeout_margin_fraction 0.008
    Then the equity of pool isolated/B is 250 USDC
    And the equity of pool cross is 750 USDC
    And the liquidation price of B is 51,877.4703557312 to 10 places

  # ---------------------------------------------------------------- opening and reducing

  Scenario Outline: A healthy account stays healthy
    When a cross order buys <quantity> ETH at 2,000 with 50x leverage
    Then it is <verdict>

    Examples:
      | quantity | verdict                                                |
      | 1.5      | allowed                                                |
      | 1.501    | refused, because the account must be healthy afterwards |

  Scenario: Below the initial margin no position grows
    When ETH is at 1,935
    And a cross order buys 0.01 ETH at 1,935 with 50x leverage
    Then it is refused, because the account must be healthy afterwards

  Scenario Outline: Below the initial margin the value must not fall against the maintenance margin
    When ETH is at 1,935
    And this action is asked for:
      """
      {"action": "reduce", "position": "A", "quantity": "0.5", "price": "<price>"}
      """
    Then it is <verdict>

    Examples:
      | price   | verdict                                                                               |
      | 1935    | allowed                                                                               |
      | 1900    | allowed                                                                               |
      | 1899.99 | refused, because the account must be healthy afterwards, or not closer to liquidation |

  Scenario: A resting order takes no margin
    Given a resting order to buy 100 ETH at 1,900 with 50x leverage
    Then the initial margin of pool cross is 40 USDC
    And the idle equity is 60 USDC

  # ---------------------------------------------------------------- margin in and out

  Scenario Outline: What is above the initial margin can be withdrawn
    When <amount> USDC are withdrawn
    Then it is <verdict>

    Examples:
      | amount | verdict                                                 |
      | 60     | allowed                                                 |
      | 60.01  | refused, because not more than the available collateral |

  Scenario Outline: Profit is not taken out
    When ETH is at 2,100
    And <amount> USDC are withdrawn
    Then it is <verdict>

    Examples:
      | amount | verdict                                                 |
      | 100    | allowed                                                 |
      | 100.01 | refused, because not more than the available collateral |

  Scenario Outline: Margin is removed from an isolated position down to its initial margin
    Given an isolated long B of 1 ETH at 2,000 with 50x leverage
    And a balance of 200 USDC
    And 100 USDC are assigned to B
    When <amount> USDC are removed from B
    Then it is <verdict>

    Examples:
      | amount | verdict                                              |
      | 60     | allowed                                              |
      | 60.01  | refused, because not more than the position has available |

  Scenario Outline: Margin is added from what the cross pool has available
    Given an isolated long B of 1 ETH at 2,000 with 50x leverage
    And a balance of 200 USDC
    And 100 USDC are assigned to B
    When <amount> USDC are added to B
    Then it is <verdict>

    Examples:
      | amount | verdict                                                    |
      | 60     | allowed                                                    |
      | 60.01  | refused, because not more than the cross pool has available |

  # ---------------------------------------------------------------- mode and leverage

  Scenario: The mode changes only without a position and without orders
    When A is switched to isolated
    Then it is refused, because the mode changes without a position and without orders in the market

  Scenario Outline: Leverage is held to the least initial margin, and must leave a healthy account
    When the leverage of the ETH contract is set to <leverage>
    Then it is <verdict>

    Examples:
      | leverage | verdict                                                             |
      | 50       | allowed                                                             |
      | 51       | refused, because not above the leverage of the least initial margin |
      | 20       | allowed                                                             |
      | 19       | refused, because the account must be healthy afterwards          |

  # ---------------------------------------------------------------- liquidation

  Scenario: A position is closed, and of what is better than the zero price up to 1% is the fee
    When ETH is at 1,920
    And the venue acts by itself
    Then A is closed
    And 19.2 USDC went to the "insurance fund"
    And the idle equity is 0.8 USDC

  Scenario: Orders are cancelled first
    Given a resting order to buy 1 ETH at 1,900 with 50x leverage
    When ETH is at 1,920
    And the venue acts by itself
    Then A is closed

  Scenario: Once the account is above maintenance the rest stays
    Given a balance of 130 USDC
    And a cross long B of 0.1 BTC at 20,000 with 20x leverage
    And the BTC contract has default_initial_margin_fraction 0.05
    And the BTC contract has min_initial_margin_fraction 0.02
    And the BTC contract has maintenance_margin_fraction 0.012
    And the BTC contract has closeout_margin_fraction 0.008
    When ETH is at 1,940
    And BTC is at 19,760
    And the venue acts by itself
    Then A is closed
    And 19.4 USDC went to the "insurance fund"
    And the notional of B is 1,976

  Scenario: Below the close-out margin everything is taken over
    When ETH is at 1,915
    And the venue acts by itself
    Then A is closed
    And 100 USDC went to the "insurance fund"
    And the equity of pool cross is 0 USDC
