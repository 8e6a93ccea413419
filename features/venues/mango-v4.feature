# https://github.com/blockworks-foundation/mango-v4, read 2026-11-20
Feature: Health on Mango v4

  Background:
    Given the policy "mango-v4"

  Rule: Health of one pool

    Scenario Outline: A perp position is added to its settle token before the weight is chosen
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "<balance>"}],
         "positions": [{"id": "A", "symbol": "SOL-PERP", "quantity": "10", "entry_price": "5", "margin_mode": "cross",
                        "quote_position": "<quote>"}],
         "instruments": [{"symbol": "SOL-PERP", "contract": "linear", "base": "SOL", "quote": "USDC", "settle": "USDC",
                          "mark_price": "5", "init_base_asset_weight": "0.8", "maint_base_asset_weight": "0.9",
                          "init_base_liab_weight": "1.2", "maint_base_liab_weight": "1.1",
                          "init_overall_asset_weight": "0.95", "maint_overall_asset_weight": "0.98"}],
         "assets": [{"asset": "USDC", "index_price": "1", "init_asset_weight": "0.8", "maint_asset_weight": "0.9",
                     "init_liab_weight": "1.2", "maint_liab_weight": "1.1"}]}
        """
      Then the pool cross is <verdict>
      And the equity of pool cross is <equity> USD

      # Maint health: what the balance and 0.9 x 50 less the quote leave, at 0.9 where it is positive, 1.1 where it is not
      Examples:
        | balance | quote | equity | verdict          |
        | 0       | 100   | 150    | not liquidatable |
        | 0       | -100  | -50    | liquidatable     |
        | 60      | -100  | 10     | not liquidatable |
        | 55      | -100  | 5      | not liquidatable |
        | 54.99   | -100  | 4.99   | liquidatable     |

    Scenario Outline: Resting orders count as if all bids were filled, or all asks, with or without a position
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "<balance>"}],
         "orders": [{"id": "1", "symbol": "SOL-PERP", "side": "buy", "quantity": "40", "price": "4"},
                    {"id": "2", "symbol": "SOL-PERP", "side": "sell", "quantity": "30", "price": "6"},
                    {"id": "3", "symbol": "SOL-PERP", "side": "sell", "quantity": "10", "price": "6"}],
         "instruments": [{"symbol": "SOL-PERP", "contract": "linear", "base": "SOL", "quote": "USDC", "settle": "USDC",
                          "mark_price": "5", "init_base_asset_weight": "0.8", "maint_base_asset_weight": "0.9",
                          "init_base_liab_weight": "1.3", "maint_base_liab_weight": "1.2",
                          "init_overall_asset_weight": "0.95", "maint_overall_asset_weight": "0.98"}],
         "assets": [{"asset": "USDC", "index_price": "1", "init_asset_weight": "1", "maint_asset_weight": "1",
                     "init_liab_weight": "1", "maint_liab_weight": "1"}]}
        """
      Then the pool cross is <verdict>

      # 40 short at 5 and a weight of 1.2, less the 200 that they bring
      Examples:
        | balance | verdict          |
        | 40      | not liquidatable |
        | 39.99   | liquidatable     |

  Rule: Liquidation

    Scenario Outline: Funds reserved by spot orders count as they would end up worse, base or quote
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "<balance>"},
                      {"asset": "SOL", "wallet_balance": "0", "serum3_quote_asset": "USDC",
                       "serum3_reserved_base": "<base>", "serum3_reserved_quote": "<quote>"}],
         "assets": [{"asset": "USDC", "index_price": "1", "init_asset_weight": "0.8", "maint_asset_weight": "0.9",
                     "init_liab_weight": "1.2", "maint_liab_weight": "1.1"},
                    {"asset": "SOL", "index_price": "5", "init_asset_weight": "0.5", "maint_asset_weight": "0.7",
                     "init_liab_weight": "1.5", "maint_liab_weight": "1.3"}]}
        """
      Then the explanation of maint_health:cross mentions "maint_health = <health> "

      # 10 SOL reserved are 35 as base; as quote 50 at 0.9, or at 1.1 where they only fill a debt
      Examples:
        | balance | base | quote | health |
        | 0       | 10   | 0     | 35     |
        | 0       | 0    | 50    | 35     |
        | -100    | 10   | 0     | -75    |
        | -30     | 10   | 0     | 2      |

    Scenario: Equity alone may be positive where health is not; the liquidation price follows from health
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "1000"}],
         "positions": [{"id": "A", "symbol": "SOL-PERP", "quantity": "100", "entry_price": "50", "margin_mode": "cross",
                        "quote_position": "-5000"}],
         "instruments": [{"symbol": "SOL-PERP", "contract": "linear", "base": "SOL", "quote": "USDC", "settle": "USDC",
                          "mark_price": "50", "init_base_asset_weight": "0.8", "maint_base_asset_weight": "0.9",
                          "init_base_liab_weight": "1.2", "maint_base_liab_weight": "1.1",
                          "init_overall_asset_weight": "0.95", "maint_overall_asset_weight": "0.98"}],
         "assets": [{"asset": "USDC", "index_price": "1", "init_asset_weight": "1", "maint_asset_weight": "1",
                     "init_liab_weight": "1", "maint_liab_weight": "1"}]}
        """
      Then the liquidation price of A is 44.4444 to 4 places
      And the bankruptcy price of A is 40

    Scenario Outline: A liquidation that has begun goes on until LiquidationEnd health is back at zero
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario", "being_liquidated": <begun>},
         "balances": [{"asset": "USDC", "wallet_balance": "-100"}, {"asset": "SOL", "wallet_balance": "<sol>"}],
         "assets": [{"asset": "USDC", "index_price": "1", "init_asset_weight": "1", "maint_asset_weight": "1",
                     "init_liab_weight": "1.2", "maint_liab_weight": "1.1"},
                    {"asset": "SOL", "index_price": "10", "init_asset_weight": "0.8", "maint_asset_weight": "0.9",
                     "init_liab_weight": "1.2", "maint_liab_weight": "1.1"}]}
        """
      Then the pool cross is <verdict>
      When 1 USDC is withdrawn
      Then it is refused, because <reason>

      Examples:
        | begun | sol  | verdict          | reason                            |
        | false | 13   | not liquidatable | init health must stay above zero  |
        | true  | 13   | liquidatable     | the account is being liquidated   |
        | true  | 15   | not liquidatable | init health must stay above zero  |

    Scenario: Orders are cancelled first
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "10"}],
         "orders": [{"id": "1", "symbol": "SOL-PERP", "side": "buy", "quantity": "100", "price": "5"}],
         "instruments": [{"symbol": "SOL-PERP", "contract": "linear", "base": "SOL", "quote": "USDC", "settle": "USDC",
                          "mark_price": "5", "init_base_asset_weight": "0.8", "maint_base_asset_weight": "0.9",
                          "init_base_liab_weight": "1.2", "maint_base_liab_weight": "1.1",
                          "init_overall_asset_weight": "0.95", "maint_overall_asset_weight": "0.98"}],
         "assets": [{"asset": "USDC", "index_price": "1", "init_asset_weight": "1", "maint_asset_weight": "1",
                     "init_liab_weight": "1", "maint_liab_weight": "1"}]}
        """
      Then the pool cross is liquidatable
      When the venue acts by itself
      Then the pool cross is not liquidatable

  Rule: Actions

    Scenario Outline: A withdrawal may become a borrow, and must leave init health
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "20"}, {"asset": "SOL", "wallet_balance": "10"}],
         "assets": [{"asset": "USDC", "index_price": "1", "init_asset_weight": "1", "maint_asset_weight": "1",
                     "init_liab_weight": "1.25", "maint_liab_weight": "1.1"},
                    {"asset": "SOL", "index_price": "10", "init_asset_weight": "0.8", "maint_asset_weight": "0.9",
                     "init_liab_weight": "1.2", "maint_liab_weight": "1.1"}]}
        """
      When <amount> USDC are withdrawn
      Then it is <verdict>

      # 20 of the deposit, then 10 x 10 x 0.8 / 1.25 of a borrow
      Examples:
        | amount | verdict                                            |
        | 84     | allowed                                            |
        | 84.01  | refused, because init health must stay above zero  |

    Scenario: What does not lower init health is allowed, even where it is below zero
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "600"}],
         "positions": [{"id": "A", "symbol": "SOL-PERP", "quantity": "100", "entry_price": "50", "margin_mode": "cross",
                        "quote_position": "-5000"}],
         "instruments": [{"symbol": "SOL-PERP", "contract": "linear", "base": "SOL", "quote": "USDC", "settle": "USDC",
                          "mark_price": "50", "init_base_asset_weight": "0.8", "maint_base_asset_weight": "0.9",
                          "init_base_liab_weight": "1.2", "maint_base_liab_weight": "1.1",
                          "init_overall_asset_weight": "0.95", "maint_overall_asset_weight": "0.98"}],
         "assets": [{"asset": "USDC", "index_price": "1", "init_asset_weight": "1", "maint_asset_weight": "1",
                     "init_liab_weight": "1", "maint_liab_weight": "1"}]}
        """
      When this action is asked for:
        """
        {"action": "place_order", "symbol": "SOL-PERP", "side": "buy", "quantity": "1", "price": "50"}
        """
      Then it is refused, because init health must stay above zero
      And the venue says "HealthMustBePositiveOrIncrease"
      When this action is asked for:
        """
        {"action": "place_order", "symbol": "SOL-PERP", "side": "sell", "quantity": "10", "price": "50"}
        """
      Then it is allowed

    Scenario: What a fill leaves is not known, as the position's quote changes with it
      Given the account document:
        """
        {"schema": "marginrules/account/1", "account": {"id": "scenario"},
         "balances": [{"asset": "USDC", "wallet_balance": "600"}],
         "positions": [{"id": "A", "symbol": "SOL-PERP", "quantity": "1", "entry_price": "50", "margin_mode": "cross",
                        "quote_position": "-50"}],
         "instruments": [{"symbol": "SOL-PERP", "contract": "linear", "base": "SOL", "quote": "USDC", "settle": "USDC",
                          "mark_price": "50", "init_base_asset_weight": "0.8", "maint_base_asset_weight": "0.9",
                          "init_base_liab_weight": "1.2", "maint_base_liab_weight": "1.1",
                          "init_overall_asset_weight": "0.95", "maint_overall_asset_weight": "0.98"}],
         "assets": [{"asset": "USDC", "index_price": "1", "init_asset_weight": "1", "maint_asset_weight": "1",
                     "init_liab_weight": "1", "maint_liab_weight": "1"}]}
        """
      When this action is asked for:
        """
        {"action": "close", "position": "A", "price": "50"}
        """
      Then it is refused, because a fill changes quote_position
