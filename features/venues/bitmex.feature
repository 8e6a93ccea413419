# https://www.bitmex.com/app/riskLimits and the position API, read 2026-11-20
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
