# https://www.bitget.com/support/articles/12560603841952, read 2026-11-20
# https://www.bitget.com/support/articles/360058821652, read 2026-11-28
# https://www.bitget.com/support/articles/12560603817261, read 2026-11-28
# https://www.bitget.com/support/articles/12560603884259, read 2026-11-28
# https://www.bitget.com/api-doc/contract/account/Get-Account-List, read 2026-11-28
Feature: Margin on Bitget

  Background:
    Given the policy "bitget"
    And an account with 1,000,000 USDT

  Scenario Outline: Marginal tiers since 10 November 2025, the tier of the whole position before
    Given the account is as of <day>
    And a cross long A of <size> X at 1 with 10x leverage
    And the X contract has the tiers:
      | above  | maintenance_rate |
      | 0      | 0.4%             |
      | 200000 | 0.5%             |
    Then the maintenance margin of A is <maintenance>

    Examples:
      | day        | size    | maintenance |
      | 2025-11-09 | 200,000 | 920         |
      | 2025-11-09 | 330,000 | 1,848       |
      | 2025-11-10 | 200,000 | 920         |
      | 2025-11-10 | 330,000 | 1,648       |

  Scenario: The maintenance margin has the taker fee in it
    Given an isolated long BTC of 0.01 BTC at 25,000 with 20x leverage
    And 9.6695050093373343 USDT are assigned to BTC
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When BTC is at 25,100
    Then the liquidation price of BTC is 24144.1124161807 to 10 decimal places

  Scenario Outline: At a margin ratio of 100 % the position is liquidated
    Given an isolated long A of 10 X at 100 with 10x leverage
    And <margin> USDT are assigned to A
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.44%            |
    Then the pool isolated/A is <state>

    Examples:
      | margin | state            |
      | 4.99   | liquidatable     |
      | 5      | liquidatable     |
      | 5.01   | not liquidatable |

  Scenario: The initial margin of a single-asset account is at the entry price
    Given a cross long A of 10 X at 100 with 10x leverage
    When X is at 110
    Then the initial margin of A is 100
    And the idle equity is 1,000,000 USDT

  Scenario: A resting order holds its margin
    Given a cross long A of 10 X at 100 with 10x leverage
    And a resting order to buy 5 X at 90 with 10x leverage
    Then the initial margin of pool cross/USDT is 145 USDT
    And the idle equity is 999,855 USDT

  Scenario: Of a hedged pair the side that is worth more counts
    Given a cross long A of 20 X at 100 with 10x leverage
    And a cross short B of 8 X at 100 with 10x leverage
    And the X contract has taker_fee_rate 0
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
      | 1000  | 1%               |
    Then the maintenance margin of A is 15
    And the maintenance margin of B is 4
    And the maintenance margin of pool cross/USDT is 15 USDT
    And the initial margin of pool cross/USDT is 200 USDT

  Scenario: Each margin coin has its own cross pool
    Given a balance of 2 BTC
    Then the equity of pool cross/USDT is 1,000,000 USDT
    And the equity of pool cross/BTC is 2 BTC

  Scenario: A coin-margined contract
    Given a balance of 1 BTC
    And an isolated long A of 100 BTC at 20,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has taker_fee_rate 0.0006
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    Then the notional of A is 0.005
    And the maintenance margin of A is 0.000023
    # 100 (1 + 0.004 + 0.0006) / (100 / 20,000 + 0.0005)
    And the liquidation price of A is 18,265.454545 to 6 places

  Scenario: Multi-asset mode takes initial margin at the mark price
    Given account assetMode is union
    And a cross short A of 0.0155 BTC at 88,505.23 with 14x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When BTC is at 93,203.4
    Then the initial margin of A is 103.19 to 2 decimal places
    And the unrealized PnL of A is -72.82 to 2 decimal places

  Scenario: Multi-asset mode has one pool in USD, each coin at its haircut rate
    Given an account with 1,000 USDT
    And account assetMode is union
    And a balance of 0.1 BTC
    And BTC is worth 20,000 USD and counts 97.5% as collateral
    Then the equity of pool cross is 2,950 USD

  Scenario Outline: A debt counts in full, and has a maintenance margin of its own
    Given an account with 1,000 USDT
    And the account is as of <day>
    And account assetMode is union
    And a balance of 0.1 BTC
    And BTC is worth 20,000 USD and counts 97.5% as collateral
    And a cross long A of 200 X at 100 with 10x leverage
    And the X contract has taker_fee_rate 0
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    When X is at 90
    Then the equity of pool cross is 950 USD
    And the maintenance margin of pool cross is <maintenance> USD

    Examples:
      | day        | maintenance |
      | 2026-06-24 | 90          |
      | 2026-06-25 | 140         |

  Scenario Outline: A profit that is not realised may be used, and not taken out
    Given a cross long A of 10 X at 100 with 10x leverage
    When X is at 200
    Then the idle equity is 1,000,900 USDT
    When <amount> USDT are withdrawn
    Then it is <decision>

    Examples:
      | amount     | decision                                              |
      | 999,900    | allowed                                               |
      | 999,900.01 | refused, because not more than may be transferred out |

  Scenario: An unrealised loss can not be taken out either
    Given a cross long A of 10 X at 100 with 10x leverage
    When X is at 50
    And 999,400.01 USDT are withdrawn
    Then it is refused, because not more than may be transferred out
    And the venue says "40754"

  Scenario Outline: An order needs its initial margin to be available
    Given a cross long A of 1 X at 100 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate | max_leverage |
      | 0     | 0.5%             | 50           |
    When a cross order buys <quantity> X at 100 with 10x leverage
    Then it is <decision>

    Examples:
      | quantity | decision                                              |
      | 99,999   | allowed                                               |
      | 100,000  | refused, because the initial margin must be available |

  Scenario: A tier that states no leverage allows none
    Given a cross long A of 1 X at 100 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    When a cross order buys 1 X at 100 with 10x leverage
    Then it is refused, because tier 1 has no max_leverage

  Scenario Outline: A larger position is held at a lower leverage
    Given a cross long A of 9 X at 100 with 20x leverage
    And the X contract has the tiers:
      | above | maintenance_rate | max_leverage |
      | 0     | 0.5%             | 50           |
      | 1000  | 1%               | 10           |
    When a cross order buys <quantity> X at 100 with 20x leverage
    Then it is <decision>

    Examples:
      | quantity | decision                                          |
      | 1        | allowed                                           |
      | 2        | refused, because the tier must allow the leverage |

  Scenario Outline: The leverage goes up to that of the tier
    Given a cross long A of 20 X at 100 with 5x leverage
    And the X contract has the tiers:
      | above | maintenance_rate | max_leverage |
      | 0     | 0.5%             | 50           |
      | 1000  | 1%               | 10           |
    When the leverage of the X contract is set to <leverage>
    Then it is <decision>

    Examples:
      | leverage | decision                                          |
      | 10       | allowed                                           |
      | 11       | refused, because the tier must allow the leverage |

  Scenario Outline: The leverage goes down as far as margin is available
    Given an account with 200 USDT
    And a cross long A of 10 X at 100 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    When the leverage of the X contract is set to <leverage>
    Then it is <decision>

    Examples:
      | leverage | decision                                          |
      | 5        | allowed                                           |
      | 4.99     | refused, because the initial margin must be there |

  Scenario: Multi-asset mode has no isolated positions
    Given account assetMode is union
    And a cross long A of 1 X at 100 with 10x leverage
    When an isolated order buys 1 X at 100 with 10x leverage
    Then it is refused, because multi-asset mode has cross positions only

  Scenario Outline: Margin may be added to an isolated position from what is available
    Given an isolated long A of 10 X at 100 with 10x leverage
    When <amount> USDT are added to A
    Then it is <decision>

    Examples:
      | amount     | decision                                    |
      | 999,900    | allowed                                     |
      | 999,900.01 | refused, because not more than is available |

  Scenario: How much margin may be removed the venue does not say
    Given an isolated long A of 10 X at 100 with 10x leverage
    When 1 USDT are removed from A
    Then it is refused, because how much may be removed is not stated

  Scenario: The margin mode is switched without position and order
    Given a cross long A of 10 X at 100 with 10x leverage
    When A is switched to isolated
    Then it is refused, because close the position and cancel the orders first
    And the venue says "45117"

  Scenario: What is left of a liquidated position goes to the risk fund
    Given an isolated long A of 10 X at 100 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    When X is at 90
    And the venue acts by itself
    Then A is closed
    And 100 USDT went to the "risk fund"
    And the equity of pool cross/USDT is 999,900 USDT

  Scenario Outline: Above the lowest tier a cross position is reduced by two tiers, and to the lowest at most
    Given an account with 4,100 USDT
    And a cross long A of 200 X at 100 with 10x leverage
    And a resting order to buy 5 X at 90 with 10x leverage
    And the X contract has the tiers:
      | above   | maintenance_rate |
      | 0       | 0.5%             |
      | <two>   | 1%               |
      | <three> | 2%               |
    When X is at 80
    And the venue acts by itself
    Then the notional of A is <left>
    And the pool cross/USDT is not liquidatable

    Examples:
      | two  | three | left  |
      | 8000 | 15000 | 8,000 |
      | 4000 | 50000 | 4,000 |

  Scenario: The orders on the contract of an isolated position go before it is liquidated, and no others
    Given an isolated long A of 10 X at 100 with 10x leverage
    And a Y contract at 100
    And an isolated resting order to buy 1 X at 50 with 10x leverage
    And a resting order to buy 1 Y at 50 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5% |
    And the Y contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5% |
    When X is at 85
    And the venue acts by itself
    Then A is closed
    And 1 order rests
