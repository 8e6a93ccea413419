# https://www.bitmex.com/app/riskLimits and the position API, read 2026-11-20;
# https://www.bitmex.com/app/exchangeGuide, /app/isolatedMarginExamples, /app/liquidation and
# https://support.bitmex.com/hc/en-gb/articles/6131434043421-Margin-Terms-Definitions, read 2026-11-28
Feature: Margin on BitMEX

  Background:
    Given the policy "bitmex"

  Scenario: Amounts are rounded up to the smallest unit, and prices against the trader
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "scenario"},
       "balances": [{"asset": "USDT", "wallet_balance": "13.125928"}],
       "positions": [{"id": "ETHUSDT", "symbol": "ETHUSDT", "quantity": "2000", "entry_price": "1963",
                      "margin_mode": "isolated", "leverage": "3", "assigned_margin": "13.125928"}],
       "instruments": [{"symbol": "ETHUSDT", "contract": "linear", "base": "ETH", "quote": "USDT", "settle": "USDT",
                        "contract_size": "0.00001", "mark_price": "1964.195", "tick_size": "0.05",
                        "taker_fee_rate": "0.00075", "fundingRate": "0.0001",
                        "tiers": [{"above": "0", "maintenance_rate": "0.01"}]}],
       "assets": [{"asset": "USDT", "index_price": "1", "scale": "6"}]}
      """
    Then the initial margin of ETHUSDT is 13.086667
    And the maintenance margin of ETHUSDT is 0.435787
    And the equity of pool isolated/ETHUSDT is 13.149828 USDT
    And the liquidation price of ETHUSDT is 1,328.5
    And the bankruptcy price of ETHUSDT is 1,308.7

  Scenario: The value of one inverse contract is rounded before it is multiplied
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "scenario"},
       "balances": [{"asset": "XBT", "wallet_balance": "1"}],
       "positions": [{"id": "XBTUSD", "symbol": "XBTUSD", "quantity": "-400", "entry_price": "11400",
                      "margin_mode": "cross", "leverage": "100"}],
       "instruments": [{"symbol": "XBTUSD", "contract": "inverse", "base": "XBT", "quote": "USD", "settle": "XBT",
                        "mark_price": "11397.7", "tick_size": "0.5", "taker_fee_rate": "0.00075",
                        "tiers": [{"above": "0", "maintenance_rate": "0.005", "initial_rate": "0.01"}]}],
       "assets": [{"asset": "XBT", "index_price": "11397.7", "scale": "8"}]}
      """
    Then the notional of XBTUSD is 0.035096

  Scenario Outline: Where a lot has more than one contract, the value of a lot is rounded
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "scenario"},
       "balances": [{"asset": "XBT", "wallet_balance": "1"}],
       "positions": [{"id": "XBTUSD", "symbol": "XBTUSD", "quantity": "1800", "entry_price": "35000",
                      "margin_mode": "cross", "leverage": "100"}],
       "instruments": [{"symbol": "XBTUSD", "contract": "inverse", "base": "XBT", "quote": "USD", "settle": "XBT",
                        "mark_price": "34734.8", "tick_size": "0.5", "taker_fee_rate": "0.00075",
                        "tiers": [{"above": "0", "maintenance_rate": "0.005", "initial_rate": "0.01"}]}],
       "assets": [{"asset": "XBT", "index_price": "34734.8", "scale": "8"}]}
      """
    And the XBT contract has quantity_step <lot>
    Then the notional of XBTUSD is <notional>

    Examples:
      | lot | notional   |
      | 1   | 0.051822   |
      | 100 | 0.05182128 |

  Scenario Outline: A position is liquidated at a whole number of the smallest unit for a contract, before the margin is short
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "scenario"},
       "balances": [{"asset": "XBT", "wallet_balance": "0.0000921"}],
       "positions": [{"id": "A", "symbol": "XBTUSD", "quantity": "<quantity>", "entry_price": "10948",
                      "margin_mode": "isolated", "leverage": "10", "assigned_margin": "0.0000921"}],
       "instruments": [{"symbol": "XBTUSD", "contract": "inverse", "base": "XBT", "quote": "USD", "settle": "XBT",
                        "mark_price": "10995.09", "tick_size": "0.5", "taker_fee_rate": "0.00075",
                        "tiers": [{"above": "0", "maintenance_rate": "0.005", "initial_rate": "0.01"}]}],
       "assets": [{"asset": "XBT", "index_price": "10995.09", "scale": "8"}]}
      """
    Then the liquidation price of A is <liquidation>
    And the bankruptcy price of A is <bankruptcy>

    # 10 contracts cost 91341 satoshi. A short is closed where they are worth 82664, 8267 each; a long at 100018, 10001 each.
    Examples:
      | quantity | liquidation | bankruptcy |
      | -10      | 12,096      | 12,163.5   |
      | 10       | 9,999.5     | 9,953.5    |

  Rule: A position is closed when what backs it has fallen to its maintenance margin

    Background:
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDT", "wallet_balance": "1000"}, {"asset": "XBT", "wallet_balance": "1"}],
         "positions": [{"id": "L", "symbol": "ETHUSDT", "quantity": "100000", "entry_price": "2000",
                        "margin_mode": "isolated", "leverage": "10", "assigned_margin": "201.1"},
                       {"id": "C", "symbol": "XBTUSDT", "quantity": "200000", "entry_price": "50000",
                        "margin_mode": "cross", "leverage": "20"}],
         "instruments": [{"symbol": "ETHUSDT", "contract": "linear", "base": "ETH", "quote": "USDT", "settle": "USDT",
                          "contract_size": "0.00001", "mark_price": "2000", "tick_size": "0.05",
                          "taker_fee_rate": "0.0005",
                          "tiers": [{"above": "0", "maintenance_rate": "0.01", "initial_rate": "0.02"},
                                    {"above": "10000", "maintenance_rate": "0.015", "initial_rate": "0.025"}]},
                         {"symbol": "XBTUSDT", "contract": "linear", "base": "XBT", "quote": "USDT", "settle": "USDT",
                          "contract_size": "0.000001", "mark_price": "50000", "tick_size": "0.05",
                          "taker_fee_rate": "0.0005",
                          "tiers": [{"above": "0", "maintenance_rate": "0.005", "initial_rate": "0.01"}]}],
         "assets": [{"asset": "USDT", "scale": "6"}, {"asset": "XBT", "scale": "8"}]}
        """

    Scenario Outline: An isolated position is liquidated at its maintenance margin, not only below it
      When ETH is at <price>
      Then the equity of pool isolated/L is <equity> USDT
      And the maintenance margin of L is 21.1
      And pool isolated/L is <verdict>

      Examples:
        | price   | equity | verdict         |
        | 1820.05 | 21.15  | not liquidatable |
        | 1820    | 21.1   | liquidatable    |

    Scenario: Liquidation at the maintenance margin, bankruptcy where only the reserve for closing is left
      Then the liquidation price of L is 1,820
      And the bankruptcy price of L is 1,800
      And the liquidation price of C is 46,281.75
      And the bankruptcy price of C is 46,031.75

    Scenario: A cross pool has the cash of its currency that is not assigned, and no other currency
      Then the equity of pool cross/USDT is 798.9 USDT
      And the equity of pool cross/XBT is 1 XBT
      And no collateral stands behind two pools

    Scenario Outline: Funding counts in the maintenance margin only when the position pays it
      Given the ETH contract has fundingRate <funding>
      Then the maintenance margin of L is <maintenance>

      Examples:
        | funding | maintenance |
        | 0.0001  | 21.3        |
        | -0.0001 | 21.1        |

    Scenario: A chosen risk limit has its rates for the whole position, however small it is
      Given L has riskLimit 20000
      Then the maintenance margin of L is 31.1

    Scenario Outline: A risk limit is chosen before a position grows beyond it
      Given L has riskLimit 2100
      And a balance of 1,000 USDT
      When this action is asked for:
        """
        {"action": "open", "symbol": "ETHUSDT", "side": "buy", "quantity": "<quantity>", "price": "2000",
         "margin_mode": "isolated", "leverage": "10"}
        """
      Then <verdict>

      Examples:
        | quantity | verdict                                                                            |
        | 5000     | it is allowed                                                                      |
        | 5001     | it is refused, because the initial margin must be there, within the risk limit |

    Scenario Outline: Unrealised profit can be traded with, not taken out
      When XBT is at <price>
      Then the idle equity is <available> USDT
      When <amount> USDT are withdrawn
      Then <verdict>

      Examples:
        | price | available | amount | verdict                                                   |
        | 52000 | 698.9     | 298.9  | it is allowed                                             |
        | 52000 | 698.9     | 298.91 | it is refused, because not more than the withdrawable balance |
        | 49000 | 98.9      | 98.9   | it is allowed                                             |
        | 49000 | 98.9      | 98.91  | it is refused, because not more than the withdrawable balance |

    Scenario Outline: Margin is added from the available balance
      When <amount> USDT are added to L
      Then <verdict>

      Examples:
        | amount | verdict                                                |
        | 298.9  | it is allowed                                          |
        | 298.91 | it is refused, because not more than the available balance |

    Scenario Outline: Margin is removed down to what the risk limit asks for
      When <amount> USDT are removed from L
      Then <verdict>

      Examples:
        | amount     | verdict                                                            |
        | 160        | it is allowed                                                      |
        | 160.000001 | it is refused, because not below the least margin of the risk limit |

    Scenario Outline: Leverage goes up to what the risk limit allows, and down to what the margin pays for
      When the leverage of the ETH contract is set to <leverage>
      Then <verdict>

      Examples:
        | leverage | verdict                                               |
        | 50       | it is allowed                                         |
        | 50.1     | it is refused, because more than the risk limit allows |
        | 5        | it is refused, because the initial margin must be there |

    Scenario: The mode is switched with the position open
      When L is switched to cross
      Then it is allowed
      And L is backed by pool cross/USDT
      And the equity of pool cross/USDT is 1,000 USDT

    Scenario: A position that is due is taken over, with the margin assigned to it and no more
      When ETH is at 1820
      And the venue acts by itself
      Then L is closed
      And 201.1 USDT went to the "liquidation engine"
      And the equity of pool cross/USDT is 798.9 USDT

  Rule: An order reserves the initial margin of what it may add

    Background:
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDT", "wallet_balance": "1000"}],
         "positions": [{"id": "A", "symbol": "AUSDT", "quantity": "10", "entry_price": "100", "margin_mode": "cross",
                        "leverage": "10"}],
         "instruments": [{"symbol": "AUSDT", "contract": "linear", "base": "A", "quote": "USDT", "settle": "USDT",
                          "mark_price": "100", "tick_size": "0.05", "taker_fee_rate": "0",
                          "tiers": [{"above": "0", "maintenance_rate": "0.01", "initial_rate": "0.02"}]},
                         {"symbol": "BUSDT", "contract": "linear", "base": "B", "quote": "USDT", "settle": "USDT",
                          "mark_price": "100", "tick_size": "0.05", "taker_fee_rate": "0",
                          "tiers": [{"above": "0", "maintenance_rate": "0.01", "initial_rate": "0.02"}]}],
         "assets": [{"asset": "USDT", "scale": "6"}]}
        """

    # The guide's example: bids of 20 at 100 and offers of 15 at 150 are charged for 5 bids and 15 offers.
    Scenario: Commission is held with an order, for opening and for closing what it opens
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "XBT", "wallet_balance": "0.01"}], "positions": [],
         "orders": [{"symbol": "XBTUSD", "side": "buy", "quantity": "1", "price": "6017.5", "reduce_only": false,
                     "margin_mode": "cross", "leverage": "1"}],
         "instruments": [{"symbol": "XBTUSD", "contract": "inverse", "base": "XBT", "quote": "USD", "settle": "XBT",
                          "mark_price": "6429.22", "tick_size": "0.5", "taker_fee_rate": "0.00075",
                          "tiers": [{"above": "0", "maintenance_rate": "0.005", "initial_rate": "0.01"}]}],
         "assets": [{"asset": "XBT", "index_price": "6429.22", "scale": "8"}]}
        """
      # 16,618 satoshi at a leverage of 1, 13 for opening and 25 for closing.
      Then the initial margin of pool cross/XBT is 0.00016656 XBT
      And the idle equity is 0.00983344 XBT

    Scenario: Of bids and offers, the offers are charged and what there are more bids
      Given a resting order to buy 20 B at 100 with 10x leverage
      And a resting order to sell 15 B at 150 with 10x leverage
      Then the initial margin of pool cross/USDT is 375 USDT

    Scenario Outline: An order that reduces the position is free
      Given a resting order to sell <quantity> A at 120 with 10x leverage
      Then the initial margin of pool cross/USDT is <margin> USDT

      Examples:
        | quantity | margin |
        | 10       | 100    |
        | 15       | 160    |

    Scenario Outline: An order needs its margin from the available balance
      When this action is asked for:
        """
        {"action": "place_order", "id": "1", "symbol": "BUSDT", "side": "buy", "quantity": "<quantity>",
         "price": "100", "margin_mode": "cross", "leverage": "10"}
        """
      Then <verdict>

      Examples:
        | quantity | verdict                                                                                    |
        | 90       | it is allowed                                                                              |
        | 90.1     | it is refused, because the available balance must cover the initial margin of the order |
