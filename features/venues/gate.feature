# https://www.gate.com/futures-introduction/margin, read 2026-11-20
# https://www.gate.com/help/futures/perpetual/22148, read 2026-11-28
# https://www.gate.com/help/futures/futures-logic/22159/liquidation-process, read 2026-11-28
# https://www.gate.com/help/futures/futures-logic/22081, read 2026-11-28
# https://www.gate.com/docs/developers/apiv4/en/#futures, read 2026-11-28
Feature: Margin on Gate

  Background:
    Given the policy "gate"
    And an account with 1,000,000 USDT

  Scenario Outline: Tiered maintenance margin since 29 July 2025, one rate for the whole position before
    Given the account is as of <day>
    And a cross long A of <size> X at 1 with 10x leverage
    And the X contract has the tiers:
      | above   | maintenance_rate |
      | 0       | 0.4%             |
      | 1000000 | 0.5%             |
    Then the maintenance margin of A is <maintenance>

    Examples:
      | day        | size      | maintenance |
      | 2025-07-28 | 1,000,000 | 4,000       |
      | 2025-07-28 | 1,200,000 | 6,000       |
      | 2025-07-29 | 1,000,000 | 4,000       |
      | 2025-07-29 | 1,200,000 | 5,000       |

  Scenario: The initial margin of a cross position follows the mark price, that of an isolated one its entry
    Given a cross long A of 10 X at 100 with 10x leverage
    And an isolated long B of 10 X at 100 with 10x leverage
    When X is at 110
    Then the initial margin of A is 110
    And the initial margin of B is 100

  Scenario: Profit that is not realised is not available
    Given a cross long A of 10 X at 100 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    And the X contract has taker_fee_rate 0
    When X is at 200
    Then the equity of pool cross/USDT is 1,001,000 USDT
    And the idle equity is 999,800 USDT

  Scenario: A resting order holds its margin
    Given a cross long A of 10 X at 100 with 10x leverage
    And a resting order to buy 5 X at 90 with 10x leverage
    Then the initial margin of pool cross/USDT is 145 USDT
    And the idle equity is 999,855 USDT

  Scenario: Of a hedged pair the larger side takes initial margin
    Given a cross long A of 10 X at 100 with 10x leverage
    And a cross short B of 4 X at 100 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    Then the initial margin of pool cross/USDT is 100 USDT

  Scenario: Of a hedged pair both sides are held to the rate of the larger one
    Given a cross long A of 20 X at 100 with 10x leverage
    And a cross short B of 8 X at 100 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
      | 1000  | 1%               |
    Then the maintenance margin of A is 15
    And the maintenance margin of B is 6
    And the maintenance margin of pool cross/USDT is 21 USDT

  Scenario: Isolated positions of both sides stand alone
    Given an isolated long A of 20 X at 100 with 10x leverage
    And an isolated short B of 8 X at 100 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
      | 1000  | 1%               |
    Then the maintenance margin of A is 15
    And the maintenance margin of B is 4

  Scenario Outline: A maintenance margin level of 100 %, the fee to close counted, is already liquidation
    Given an isolated long A of 10 X at 100 with 10x leverage
    And <margin> USDT are assigned to A
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    And the X contract has taker_fee_rate 0.0005
    Then the pool isolated/A is <state>

    Examples:
      | margin | state            |
      | 5.4999 | liquidatable     |
      | 5.5    | liquidatable     |
      | 5.5001 | not liquidatable |

  Scenario: Each settlement asset has its own cross pool
    Given a balance of 2 BTC
    Then the equity of pool cross/USDT is 1,000,000 USDT
    And the equity of pool cross/BTC is 2 BTC

  Scenario Outline: The liquidation price has maintenance rate and taker fee in it
    Given an isolated <side> A of 1 ETH at 10 with 3x leverage
    And the ETH contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
    And the ETH contract has taker_fee_rate 0.0006
    Then the liquidation price of A is <price> to 9 places

    Examples:
      | side  | price        |
      | long  | 6.738090425  |
      | short | 13.193482420 |

  Scenario Outline: A coin-margined position
    Given the account document:
      """
      {"schema": "marginrules/account/1",
       "account": {"id": "coin-margined"},
       "balances": [{"asset": "BTC", "wallet_balance": "1"}],
       "positions": [{"id": "A", "symbol": "BTC_USD", "quantity": "<quantity>", "entry_price": "20000",
                      "margin_mode": "isolated", "leverage": "10", "assigned_margin": "0.05"}],
       "orders": [],
       "instruments": [{"symbol": "BTC_USD", "contract": "inverse", "base": "BTC", "quote": "USD", "settle": "BTC",
                        "mark_price": "20000", "taker_fee_rate": "0.0005",
                        "tiers": [{"above": "0", "maintenance_rate": "0.005"}]}],
       "assets": [{"asset": "BTC", "index_price": "20000"}]}
      """
    Then the maintenance margin of A is 0.0025
    And the initial margin of A is 0.05
    And the liquidation price of A is <price> to 6 places

    Examples:
      | quantity | price        |
      | 10000    | 18281.818182 |
      | -10000   | 22100        |

  Scenario Outline: Not more than is available may leave the futures account
    Given a cross long A of 10,000 X at 100 with 10x leverage
    When <amount> USDT are withdrawn
    Then it is <decision>

    Examples:
      | amount     | decision                                    |
      | 900,000    | allowed                                     |
      | 900,000.01 | refused, because not more than is available |

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
      | quantity | decision                                                     |
      | 1        | allowed                                                      |
      | 2        | refused, because the risk limit tier must allow the leverage |

  Scenario Outline: The leverage goes up to that of the tier
    Given a cross long A of 20 X at 100 with 5x leverage
    And the X contract has the tiers:
      | above | maintenance_rate | max_leverage |
      | 0     | 0.5%             | 50           |
      | 1000  | 1%               | 10           |
    When the leverage of the X contract is set to <leverage>
    Then it is <decision>

    Examples:
      | leverage | decision                                                     |
      | 10       | allowed                                                      |
      | 11       | refused, because the risk limit tier must allow the leverage |

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

  Scenario: A leverage above the contract's is refused under the venue's name
    Given a cross long A of 1 X at 100 with 10x leverage
    And the X contract has max_leverage 50
    When a cross order buys 1 X at 100 with 51x leverage
    Then it is refused, because the contract's highest leverage
    And the venue says "LEVERAGE_TOO_HIGH"

  Scenario Outline: Margin may be taken from an isolated position down to its initial margin
    Given an isolated long A of 10 X at 100 with 10x leverage
    And 150 USDT are assigned to A
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    When <amount> USDT are removed from A
    Then it is <decision>

    Examples:
      | amount | decision                                      |
      | 50     | allowed                                       |
      | 50.01  | refused, because the initial margin must stay |

  Scenario: Removing too much has the venue's name
    Given an isolated long A of 10 X at 100 with 10x leverage
    When 0.01 USDT are removed from A
    Then it is refused, because the initial margin must stay
    And the venue says "REMOVE_TOO_MUCH"

  Scenario Outline: Margin may be added to an isolated position from what is available
    Given an isolated long A of 10 X at 100 with 10x leverage
    When <amount> USDT are added to A
    Then it is <decision>

    Examples:
      | amount     | decision                                    |
      | 999,900    | allowed                                     |
      | 999,900.01 | refused, because not more than is available |

  Scenario: The margin mode is switched without a position
    Given a cross long A of 10 X at 100 with 10x leverage
    When A is switched to isolated
    Then it is refused, because close the position first
    And the venue says "POSITION_HOLDING"

  Scenario: Liquidation begins with the open orders
    Given an account with 2,000 USDT
    And a cross long A of 200 X at 100 with 10x leverage
    And a resting order to buy 5 X at 90 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
      | 9100  | 2%               |
    And the X contract has taker_fee_rate 0
    Then the initial margin of pool cross/USDT is 2,045 USDT
    When X is at 91
    And the venue acts by itself
    Then the initial margin of pool cross/USDT is 910 USDT

  Scenario: A position is taken over at its bankruptcy price: it loses its margin, and the fee is in it
    Given an isolated long A of 10 X at 100 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 5%               |
    And the X contract has taker_fee_rate 0.04
    When X is at 93.75
    And the venue acts by itself
    Then A is closed
    And 37.5 USDT went to the "venue"
    And 62.5 USDT went to the "market"
    And the equity of pool cross/USDT is 999,900 USDT

  Scenario: Positions of a cross pool take their shares of what is left
    Given the account document:
      """
      {"schema": "marginrules/account/1",
       "account": {"id": "two"},
       "balances": [{"asset": "USDT", "wallet_balance": "120"}],
       "positions": [{"id": "A", "symbol": "A_USDT", "quantity": "10", "entry_price": "100",
                      "margin_mode": "cross", "leverage": "10"},
                     {"id": "B", "symbol": "B_USDT", "quantity": "-10", "entry_price": "100",
                      "margin_mode": "cross", "leverage": "10"}],
       "orders": [],
       "instruments": [{"symbol": "A_USDT", "contract": "linear", "base": "A", "quote": "USDT", "settle": "USDT",
                        "mark_price": "96", "tiers": [{"above": "0", "maintenance_rate": "0.05"}]},
                       {"symbol": "B_USDT", "contract": "linear", "base": "B", "quote": "USDT", "settle": "USDT",
                        "mark_price": "104", "tiers": [{"above": "0", "maintenance_rate": "0.05"}]}],
       "assets": [{"asset": "USDT", "index_price": "1"}]}
      """
    Then the equity of pool cross/USDT is 40 USDT
    And the maintenance margin of pool cross/USDT is 100 USDT
    When the venue acts by itself
    Then B is closed
    And A is closed
    And 120 USDT went to the "market"
    And the equity of pool cross/USDT is 0 USDT

  Scenario: Above the lowest tier a position is reduced to the most of the tier below
    Given an isolated long A of 20 X at 100 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
      | 910   | 2%               |
    And the X contract has taker_fee_rate 0
    When X is at 91
    And the venue acts by itself
    Then the notional of A is 910
    And the pool isolated/A is not liquidatable

  Scenario: What is left is taken over where the reduction was not enough
    Given an isolated long A of 20 X at 100 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
      | 1000  | 1%               |
    And the X contract has taker_fee_rate 0
    When X is at 90
    And the venue acts by itself
    Then the equity of pool cross/USDT is 999,800 USDT

  Scenario: The orders on the contract of an isolated position go before it is liquidated, and no others
    Given an isolated long A of 10 X at 100 with 10x leverage
    And a Y contract at 100
    And an isolated resting order to buy 1 X at 50 with 10x leverage
    And a resting order to buy 1 Y at 50 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 5% |
    And the Y contract has the tiers:
      | above | maintenance_rate |
      | 0     | 5% |
    And the X contract has taker_fee_rate 0
    And the Y contract has taker_fee_rate 0
    When X is at 85
    And the venue acts by itself
    Then A is closed
    And 1 order rests
