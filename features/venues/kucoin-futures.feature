# https://www.kucoin.com/support/35084093025049, 35084240398361, 35233217061785 and 48142946141513,
# https://www.kucoin.com/announcement/update-to-the-isolated-margin-calculation-formula, read 2026-11-28
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

  # ---------------------------------------------------------------- isolated

  Scenario Outline: A reserve for the bankruptcy fee was set aside until May 2025; since, liquidation has its own fee
    Given the account is as of <day>
    And an isolated long A of 1 BTC at 40,000 with 10x leverage
    And <assigned> USDT are assigned to A
    And the BTC contract has taker_fee_rate 0.0006
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    Then the maintenance margin of A is <maintenance>
    And the bankruptcy price of A is 36,000
    And the liquidation price of A is <liquidation> to 4 places

    Examples:
      | day        | assigned | maintenance | liquidation |
      | 2025-05-21 | 4026.4   | 186.4       | 36160       |
      | 2025-05-22 | 4000     | 184         | 36166.3653  |

  Scenario Outline: An isolated position is liquidated when its margin has fallen to the maintenance margin
    Given the account is as of 2025-05-21
    And an isolated long A of 1 BTC at 40,000 with 40x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When BTC is at <price>
    Then pool isolated/A is <verdict>

    Examples:
      | price    | verdict          |
      | 39160    | liquidatable     |
      | 39160.01 | not liquidatable |

  Scenario Outline: Funding counted in the maintenance margin when the position paid it, and no more since 29 May 2025
    Given the account is as of <day>
    And an isolated <side> A of 1 BTC at 40,000 with 10x leverage
    And the BTC contract has fundingFeeRate <funding>
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    Then the maintenance margin of A is <maintenance>

    Examples:
      | day        | side  | funding | maintenance |
      | 2025-05-22 | long  | 0.0001  | 164         |
      | 2025-05-28 | short | 0.0001  | 160         |
      | 2025-05-28 | short | -0.0001 | 164         |
      | 2025-05-29 | long  | 0.0001  | 160         |

  Scenario Outline: The rate of a risk limit level holds for the whole position, up to and including its limit
    Given an isolated long A of <size> BTC at 40,000 with 10x leverage
    And the BTC contract has the tiers:
      | above   | maintenance_rate |
      | 0       | 0.5%             |
      | 500,000 | 0.7%             |
    Then the maintenance margin of A is <maintenance>

    Examples:
      | size    | maintenance |
      | 12.5    | 2,500       |
      | 12.5001 | 3,500.028   |

  Scenario: A chosen risk limit level has its rate, however small the position is
    Given an isolated long A of 1 BTC at 40,000 with 10x leverage
    And A has riskLimit 1000000
    And the BTC contract has the tiers:
      | above   | maintenance_rate |
      | 0       | 0.5%             |
      | 500,000 | 0.7%             |
    Then the maintenance margin of A is 280

  Scenario: In cross mode each position has its share of the margin, by its value at the mark, up to the price shown
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "scenario", "as_of": "2026-11-22T00:00:00Z"},
       "balances": [{"asset": "USDT", "wallet_balance": "1100"}],
       "positions": [{"id": "L", "symbol": "XBTUSDTM", "quantity": "10", "entry_price": "72000",
                      "margin_mode": "cross", "leverage": "10"},
                     {"id": "S", "symbol": "ETHUSDTM", "quantity": "-100", "entry_price": "3800",
                      "margin_mode": "cross", "leverage": "10"}],
       "instruments": [{"symbol": "XBTUSDTM", "contract": "linear", "base": "XBT", "quote": "USDT", "settle": "USDT",
                        "contract_size": "0.001", "mark_price": "62000", "taker_fee_rate": "0.0006",
                        "tiers": [{"above": "0", "maintenance_rate": "0.005"}]},
                       {"symbol": "ETHUSDTM", "contract": "linear", "base": "ETH", "quote": "USDT", "settle": "USDT",
                        "contract_size": "0.01", "mark_price": "3800", "taker_fee_rate": "0.0006",
                        "tiers": [{"above": "0", "maintenance_rate": "0.01"}]}],
       "assets": [{"asset": "USDT", "index_price": "1"}]}
      """
    # 1,000 for 620 and 3,800.
    Then the equity of pool cross/USDT is 1,000 USDT
    And the liquidation price of L is 48,243.012 to 3 places
    And the liquidation price of S is 4,610.853 to 3 places

  Scenario: A short inverse position that is fully backed has no liquidation price
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "scenario"},
       "balances": [{"asset": "XBT", "wallet_balance": "1"}],
       "positions": [{"id": "S", "symbol": "XBTUSDM", "quantity": "-1000", "entry_price": "10000",
                      "margin_mode": "isolated", "leverage": "1", "assigned_margin": "0.1"}],
       "instruments": [{"symbol": "XBTUSDM", "contract": "inverse", "base": "XBT", "quote": "USD", "settle": "XBT",
                        "mark_price": "10000", "tiers": [{"above": "0", "maintenance_rate": "0.005"}]}]}
      """
    Then S has no liquidation price

  # ---------------------------------------------------------------- cross

  # k and m of an inverse contract are in its quote units: 2,645,000 and 1,640,000 USD for XBTUSDM.
  Scenario: The size of an inverse contract is counted in quote units
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "scenario"},
       "balances": [{"asset": "XBT", "wallet_balance": "10"}],
       "positions": [{"id": "A", "symbol": "XBTUSDM", "quantity": "1640000", "entry_price": "50000",
                      "margin_mode": "cross", "leverage": "20"}],
       "instruments": [{"symbol": "XBTUSDM", "contract": "inverse", "base": "XBT", "quote": "USD", "settle": "XBT",
                        "mark_price": "50000", "k": "2645000", "m": "1640000", "f": "1.3", "mmrLimit": "0.3",
                        "mmrLevConstant": "62.5"}]}
      """
    Then the notional of A is 32.8
    And the maintenance margin of A is 0.5248

  Scenario: Cross positions of one settlement currency share their margin, profit included
    Given a cross long A of 0.1 BTC at 50,000 with 25x leverage
    And an isolated long B of 1 ETH at 2,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When BTC is at 52,000
    Then the initial margin of A is 208
    And the equity of pool cross/USDT is 10,000 USDT
    And the idle equity is 9,792 USDT

  Scenario Outline: Orders are hedged with the position: those on the other side count as far as they are more
    Given a cross long A of 1 BTC at 10,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    And a resting order to <side> <size> BTC at 10,000 with 10x leverage
    Then the initial margin of pool cross/USDT is <margin> USDT

    Examples:
      | side | size | margin |
      | buy  | 0.5  | 1,500  |
      | sell | 0.5  | 1,000  |
      | sell | 1    | 1,000  |
      | sell | 1.5  | 1,500  |

  # The page's example: 5,000 USDT, 0.1 BTC long at 62,000, an order for 10 ETH at 3,000: 5.88 %.
  Scenario: The risk rate counts positions, open orders and their closing fees against what opening leaves
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "scenario"},
       "balances": [{"asset": "USDT", "wallet_balance": "5000"}],
       "positions": [{"id": "A", "symbol": "XBTUSDTM", "quantity": "100", "entry_price": "62000", "margin_mode": "cross",
                      "leverage": "10"}],
       "orders": [{"symbol": "ETHUSDTM", "side": "sell", "quantity": "1000", "price": "3000", "margin_mode": "cross",
                   "leverage": "10"}],
       "instruments": [{"symbol": "XBTUSDTM", "contract": "linear", "base": "BTC", "quote": "USDT", "settle": "USDT",
                        "contract_size": "0.001", "mark_price": "62000", "taker_fee_rate": "0.0006",
                        "tiers": [{"above": "0", "maintenance_rate": "0.005"}]},
                       {"symbol": "ETHUSDTM", "contract": "linear", "base": "ETH", "quote": "USDT", "settle": "USDT",
                        "contract_size": "0.01", "mark_price": "3000", "taker_fee_rate": "0.0006",
                        "tiers": [{"above": "0", "maintenance_rate": "0.008"}]}]}
      """
    Then the margin ratio of pool cross/USDT is 0.0588 to 4 places

  Scenario Outline: A cross pool is liquidated at a risk rate of 100 %
    Given a cross long A of 10 BTC at 10,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 10%              |
    When BTC is at <price>
    Then pool cross/USDT is <verdict>

    Examples:
      | price | verdict          |
      | 10000 | liquidatable     |
      | 10001 | not liquidatable |

  Scenario: In a unified account the equity of a coin is discounted, and a debt counts in full
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "scenario", "selfAccountMode": "UNIFIED"},
       "balances": [{"asset": "ETH", "wallet_balance": "10"}, {"asset": "USDT", "wallet_balance": "-1000"}],
       "positions": [{"id": "A", "symbol": "XBTUSDTM", "quantity": "1", "entry_price": "50000", "margin_mode": "cross",
                      "leverage": "10"}],
       "instruments": [{"symbol": "XBTUSDTM", "contract": "linear", "base": "BTC", "quote": "USDT", "settle": "USDT",
                        "mark_price": "49500", "taker_fee_rate": "0.0006",
                        "tiers": [{"above": "0", "maintenance_rate": "0.004"},
                                  {"above": "40000", "maintenance_rate": "0.005"}]}],
       "assets": [{"asset": "ETH", "index_price": "2000", "collateral_rate": "0.9"},
                  {"asset": "USDT", "index_price": "1", "collateral_rate": "0.95"}]}
      """
    Then the equity of pool cross is 16,500 USD
    And the maintenance margin of A is 247.5

  # ---------------------------------------------------------------- actions

  Scenario Outline: The largest size in cross mode grows with the logarithm of the margin
    Given a balance of 100,000 USDT
    And a cross long A of 0.000001 BTC at 60,000 with 10x leverage
    And the BTC contract has k 490
    And the BTC contract has m 300
    And the BTC contract has f 1.3
    And the BTC contract has mmrLimit 0.3
    And the BTC contract has mmrLevConstant 125
    When a cross order buys <size> BTC at 60,000 with 10x leverage
    Then it is <verdict>

    Examples:
      | size  | verdict                                                                               |
      | 16.38 | allowed                                                                               |
      | 16.39 | refused, because the initial margin must be there, and the size within the risk limit |

  Scenario Outline: Margin is removed from a position in profit, down to its initial margin at the mark price
    Given an isolated long A of 1 BTC at 40,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When BTC is at <price>
    And <amount> USDT are removed from A
    Then it is <verdict>

    Examples:
      | price  | amount | verdict                                                          |
      | 41,000 | 900    | allowed                                                          |
      | 41,000 | 900.01 | refused, because margin can be removed from a position in profit |
      | 40,000 | 0.01   | refused, because margin can be removed from a position in profit |

  Scenario Outline: Margin is added from what is available
    Given an isolated long A of 1 BTC at 40,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When <amount> USDT are added to A
    Then it is <verdict>

    Examples:
      | amount  | verdict                                     |
      | 6000    | allowed                                     |
      | 6000.01 | refused, because not more than is available |

  Scenario: The mode is switched only without a position
    Given an isolated long A of 1 BTC at 40,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When A is switched to cross
    Then it is refused, because close the position and cancel the orders first
    And the venue says "50002"

  Scenario: Another leverage of an isolated position is not stated
    Given an isolated long A of 1 BTC at 40,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When the leverage of the BTC contract is set to 20
    Then it is refused, because what another leverage does to the margin of an isolated position is not stated

  # ---------------------------------------------------------------- what the venue does by itself

  Scenario: Auto-deposit adds margin to an isolated position that is due
    Given an isolated long A of 1 BTC at 40,000 with 10x leverage
    And A has auto_add_margin true
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When BTC is at 36,000
    And the venue acts by itself
    Then the equity of pool isolated/A is 4,000 USDT
    And pool isolated/A is not liquidatable

  Scenario: A position on the lowest risk limit level is taken over, with its own margin and no more
    Given an isolated long A of 1 BTC at 40,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When BTC is at 36,000
    And the venue acts by itself
    Then A is closed
    And 4,000 USDT went to the "insurance fund"
    And the equity of pool cross/USDT is 6,000 USDT

  Scenario: An isolated position is reduced to the most of the risk limit level below
    Given an account with 1,000,000 USDT
    And an isolated long A of 2,500 X at 1,000 with 50x leverage
    And the X contract has the tiers:
      | above     | maintenance_rate |
      | 0         | 0.5%             |
      | 2,000,000 | 2%               |
    When X is at 985
    And the venue acts by itself
    Then the notional of A is 1,970,000
    And the pool isolated/A is not liquidatable
