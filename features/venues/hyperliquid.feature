# https://hyperliquid.gitbook.io/hyperliquid-docs/trading/margining, read 2026-11-28
# https://hyperliquid.gitbook.io/hyperliquid-docs/trading/margin-tiers, read 2026-11-28
# https://hyperliquid.gitbook.io/hyperliquid-docs/trading/liquidations, read 2026-11-28
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

  # ---------------------------------------------------------------- liquidation price

  Scenario: A cross position is liquidated where the account meets its requirement at that price
    Given a cross long A of 0.05 BTC at 100,000 with 40x leverage
    And the BTC contract has the tiers:
      | above | max_leverage |
      | 0     | 40           |
    Then the liquidation price of A is 81,012.6582278481 to 10 places

  Scenario: The tier is the one at the liquidation price
    Given a balance of 10,000,000 USDC
    And a cross short A of 2,000 BTC at 100,000 with 20x leverage
    And the BTC contract has the tiers:
      | above       | max_leverage |
      | 0           | 40           |
      | 150,000,000 | 20           |
    Then the liquidation price of A is 103,353.6585365854 to 10 places

  # ---------------------------------------------------------------- orders and opening

  Scenario Outline: A cross order may use all that no initial margin takes, profit included
    Given a cross long A of 0.05 BTC at 100,000 with 40x leverage
    And the BTC contract has the tiers:
      | above | max_leverage |
      | 0     | 40           |
    When a cross order buys <quantity> BTC at 100,000 with 40x leverage
    Then it is <verdict>

    Examples:
      | quantity | verdict                                           |
      | 0.35     | allowed                                           |
      | 0.36     | refused, because the initial margin must be there |

  Scenario Outline: An isolated order draws on what could be transferred out of the cross pool
    Given a cross long A of 0.05 BTC at 100,000 with 40x leverage
    And a cross short B of 0.000001 ETH at 3,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | max_leverage |
      | 0     | 40           |
    And the ETH contract has the tiers:
      | above | max_leverage |
      | 0     | 25           |
    When an isolated order buys <quantity> ETH at 3,000 with 6x leverage
    Then it is <verdict>

    Examples:
      | quantity | verdict                                                    |
      | 0.99     | allowed                                                    |
      | 1.01     | refused, because the margin that is assigned must be there |

  Scenario: No more leverage than the asset's maximum
    Given a cross long A of 0.001 BTC at 100,000 with 10x leverage
    And the BTC contract has max_leverage 40
    When a cross order buys 0.001 BTC at 100,000 with 41x leverage
    Then it is refused, because the asset's maximum leverage

  Scenario Outline: A large position takes no more leverage than its tier's
    Given a balance of 20,000,000 USDC
    And a cross long A of 1,500 BTC at 100,000 with <leverage>x leverage
    And the BTC contract has max_leverage 40
    And the BTC contract has the tiers:
      | above       | max_leverage |
      | 0           | 40           |
      | 150,000,000 | 20           |
    When a cross order buys <quantity> BTC at 100,000 with <leverage>x leverage
    Then it is <verdict>

    Examples:
      | leverage | quantity | verdict                                                      |
      | 20       | 1        | allowed                                                      |
      | 40       | 1        | refused, because the maximum leverage of the position's tier |

  Scenario: An order that only reduces holds nothing
    Given a cross long A of 0.01 BTC at 100,000 with 10x leverage
    When this action is asked for:
      """
      {"action": "place_order", "id": "1", "symbol": "BTC-PERP", "side": "sell", "quantity": "0.01", "price": "120000",
       "reduce_only": true}
      """
    Then it is allowed
    And the idle equity is 900 USDC

  # ---------------------------------------------------------------- margin in and out

  Scenario Outline: A tenth of the notional stays where margin leaves the account
    Given a cross long A of 0.05 BTC at 100,000 with 40x leverage
    When <amount> USDC are withdrawn
    Then it is <verdict>

    Examples:
      | amount | verdict                                        |
      | 500    | allowed                                        |
      | 500.01 | refused, because not more than is withdrawable |

  Scenario Outline: Until 15 March 2025 the initial margin was all that had to stay
    Given the account is as of <day>
    And a cross long A of 0.05 BTC at 100,000 with 40x leverage
    Then the idle equity is <idle> USDC

    Examples:
      | day        | idle |
      | 2025-03-14 | 875  |
      | 2025-03-15 | 500  |

  Scenario Outline: An isolated position keeps its initial margin and a tenth of its notional
    Given an isolated long A of 0.05 BTC at 100,000 with 20x leverage
    And 600 USDC are assigned to A
    When <amount> USDC are removed from A
    Then it is <verdict>

    Examples:
      | amount | verdict                               |
      | 100    | allowed                               |
      | 100.01 | refused, because transfer requirement |

  Scenario: More than is available is not added
    Given an isolated long A of 0.05 BTC at 100,000 with 20x leverage
    And 600 USDC are assigned to A
    When 400.01 USDC are added to A
    Then it is refused, because not more than is available can be added
    And the venue says "Account does not have sufficient margin available for increase"

  Scenario: Margin of an isolated-only asset is not removed
    Given an isolated long A of 0.05 BTC at 100,000 with 5x leverage
    And the BTC contract has marginMode strictIsolated
    When 1 USDC is removed from A
    Then it is refused, because margin of such an asset is released by reducing the position
    And the venue says "Cannot remove isolated margin for this asset. To remove margin, reduce the position."

  Scenario: Such an asset is not traded with cross margin
    Given an isolated long A of 0.001 BTC at 100,000 with 5x leverage
    And the BTC contract has marginMode strictIsolated
    When a cross order buys 0.001 BTC at 100,000 with 5x leverage
    Then it is refused, because the asset is isolated only
    And the venue says "Cross margin is not allowed for this asset."

  # ---------------------------------------------------------------- mode and leverage

  Scenario: The mode of an open position stays
    Given a cross long A of 0.01 BTC at 100,000 with 10x leverage
    When A is switched to isolated
    Then it is refused, because close the position first
    And the venue says "Cannot switch leverage type with open position."

  Scenario Outline: Raising leverage needs nothing, lowering it needs the margin
    Given a cross long A of 0.05 BTC at 100,000 with 20x leverage
    And the BTC contract has max_leverage 40
    And the BTC contract has the tiers:
      | above | max_leverage |
      | 0     | 40           |
    When the leverage of the BTC contract is set to <leverage>
    Then it is <verdict>

    Examples:
      | leverage | verdict                                              |
      | 40       | allowed                                              |
      | 41       | refused, because the asset's maximum leverage        |
      | 5        | allowed                                              |
      | 4        | refused, because lowering leverage takes more margin |
      | 7.5      | refused, because leverage is a whole number          |

  # ---------------------------------------------------------------- liquidation

  Scenario: A fifth of a position above 100,000 is closed first
    Given a balance of 22,249 USDC
    And a cross long A of 2 BTC at 100,000 with 20x leverage
    And the BTC contract has the tiers:
      | above | max_leverage |
      | 0     | 40           |
    When BTC is at 90,000
    And the venue acts by itself
    Then the notional of A is 144,000
    And the pool cross is not liquidatable

  Scenario: Below two thirds of the requirement the liquidator vault takes positions and margin
    Given a balance of 21,499.99 USDC
    And a cross long A of 2 BTC at 100,000 with 20x leverage
    And the BTC contract has the tiers:
      | above | max_leverage |
      | 0     | 40           |
    When BTC is at 90,000
    And the venue acts by itself
    Then A is closed
    And 21,499.99 USDC went to the "liquidator vault"

  Scenario: At two thirds an order goes to the book, and what is left stays
    Given a balance of 21,500 USDC
    And a cross long A of 2 BTC at 100,000 with 20x leverage
    And the BTC contract has the tiers:
      | above | max_leverage |
      | 0     | 40           |
    When BTC is at 90,000
    And the venue acts by itself
    Then A is closed
    And the idle equity is 1,500 USDC

  Scenario: A liquidation cancels the orders of the cross pool
    Given a balance of 1,000 USDC
    And a cross long A of 1 BTC at 10,000 with 10x leverage
    And a resting order to buy 0.001 BTC at 9,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | max_leverage |
      | 0     | 40           |
    When BTC is at 9,110
    And the venue acts by itself
    Then the idle equity is 110 USDC

  Scenario: The orders on the contract of an isolated position go before it is liquidated, and no others
    Given an isolated long A of 10 BTC at 100 with 10x leverage
    And an ETH contract at 100
    And an isolated resting order to buy 1 BTC at 50 with 10x leverage
    And a resting order to buy 1 ETH at 50 with 10x leverage
    And the BTC contract has the tiers:
      | above | max_leverage |
      | 0     | 40 |
    And the ETH contract has the tiers:
      | above | max_leverage |
      | 0     | 40 |
    When BTC is at 85
    And the venue acts by itself
    Then A is closed
    And 1 order rests
