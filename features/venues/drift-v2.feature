# https://github.com/drift-labs/protocol-v2, read 2026-11-20
Feature: Margin on Drift v2

  Background:
    Given the policy "drift-v2"

  Scenario: A large borrow has a size premium on its weight
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "scenario"},
       "balances": [{"asset": "TOKEN", "wallet_balance": "-1000"}],
       "assets": [{"asset": "TOKEN", "index_price": "1", "initial_asset_weight": "0.9", "maintenance_asset_weight": "0",
                   "initial_liability_weight": "1.1", "maintenance_liability_weight": "0", "imf_factor": "0.01"}]}
      """
    Then the initial margin of pool cross is 1,196.2 USD

  Scenario: Cross collateral does not help an isolated position
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "scenario"},
       "balances": [{"asset": "USDC", "wallet_balance": "20100"}],
       "positions": [{"id": "A", "symbol": "SOL-PERP", "quantity": "100", "entry_price": "110",
                      "margin_mode": "isolated", "assigned_margin": "100"}],
       "instruments": [{"symbol": "SOL-PERP", "contract": "linear", "base": "SOL", "quote": "USDC", "settle": "USDC",
                        "mark_price": "100", "margin_ratio_initial": "0.1", "margin_ratio_maintenance": "0.05"}],
       "assets": [{"asset": "USDC", "index_price": "1"}]}
      """
    Then the equity of pool isolated/A is -900 USD
    And the pool isolated/A is liquidatable
    And the pool cross is not liquidatable
    When this action is asked for:
      """
      {"action": "open", "symbol": "SOL-PERP", "side": "buy", "quantity": "1", "price": "100", "margin_mode": "cross",
       "position": "B"}
      """
    Then it is refused, because maintenance everywhere else
