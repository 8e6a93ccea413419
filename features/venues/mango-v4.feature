# https://github.com/blockworks-foundation/mango-v4, read 2026-11-20
Feature: Health on Mango v4

  Background:
    Given the policy "mango-v4"

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

    Examples:
      | balance | quote | verdict          |
      | 0       | 100   | not liquidatable |
      | 0       | -100  | liquidatable     |
      | 60      | -100  | not liquidatable |
