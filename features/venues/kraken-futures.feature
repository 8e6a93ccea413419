# https://support.kraken.com/articles/4871883902612, read 2026-11-20
# https://support.kraken.com/articles/4844463246100, read 2026-11-20
# https://support.kraken.com/articles/360022835671, read 2026-11-27
# https://docs.kraken.com/api/docs/futures-api/websocket/open_position, read 2026-11-27
Feature: Margin on Kraken Futures

  Background:
    Given the policy "kraken-futures"
    And an account with 100,000 USD
    And USD is worth 1 USD and counts 100% as collateral

  Scenario: Long and short of one underlying are netted: the larger side counts
    Given a cross long A of 1 BTC at 50,000 with 10x leverage
    And a cross short B of 0.4 BTC at 50,000 with 10x leverage
    And the BTC contract has the tiers:
      | above   | initial_rate | maintenance_rate |
      | 0       | 2%           | 1%               |
      | 1000000 | 4%           | 2%               |
    Then the initial margin of pool cross is 1,000 USD
    And the maintenance margin of pool cross is 500 USD

  Scenario: An isolated position is not netted
    Given a cross long A of 1 BTC at 50,000 with 10x leverage
    And an isolated short B of 0.4 BTC at 50,000 with 10x leverage
    And the BTC contract has the tiers:
      | above   | initial_rate | maintenance_rate |
      | 0       | 2%           | 1%               |
      | 1000000 | 4%           | 2%               |
    Then the initial margin of pool cross is 1,000 USD
    And the maintenance margin of pool isolated/B is 200 USD

  Scenario: Positions of two underlyings are not netted
    Given a cross long A of 1 BTC at 50,000 with 10x leverage
    And a cross short B of 10 ETH at 3,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | initial_rate | maintenance_rate |
      | 0     | 2%           | 1%               |
    And the ETH contract has the tiers:
      | above | initial_rate | maintenance_rate |
      | 0     | 2%           | 1%               |
    Then the initial margin of pool cross is 1,600 USD

  Scenario Outline: The rate of a level holds for the whole position
    Given a cross long A of <size> BTC at 50,000 with 10x leverage
    And the BTC contract has the tiers:
      | above   | initial_rate | maintenance_rate |
      | 0       | 2%           | 1%               |
      | 1000000 | 4%           | 2%               |
    Then the initial margin of A is <initial>
    And the maintenance margin of A is <maintenance>

    Examples:
      | size  | initial | maintenance |
      | 19.99 | 19,990  | 9,995       |
      | 20    | 20,000  | 10,000      |
      | 20.01 | 40,020  | 20,010      |

  Scenario: The margin of a linear position is on its value at the entry price
    Given a cross long A of 0.04 BTC at 26,911.75 with 10x leverage
    And the BTC contract has the tiers:
      | above   | initial_rate | maintenance_rate |
      | 0       | 2%           | 1%               |
      | 1000000 | 4%           | 2%               |
    When BTC is at 29,900.81124638736
    Then the unrealized PnL of A is 119.562450 to 6 places
    And the initial margin of A is 21.5294
    And the maintenance margin of A is 10.7647

  Scenario: The haircut of a currency lowers its collateral value
    Given a balance of 2 EUR
    And EUR is worth 1.1 USD and counts 98% as collateral
    Then the equity of pool cross is 100,002.156 USD

  Scenario: Unrealised funding counts in the margin equity
    Given a cross long A of 1 BTC at 50,000 with 10x leverage
    And A has accrued funding of -12.5 USD
    And the BTC contract has the tiers:
      | above | initial_rate | maintenance_rate |
      | 0     | 2%           | 1%               |
    Then the equity of pool cross is 99,987.50 USD
    And the idle equity is 98,987.50 USD

  Scenario: An isolated position risks its own margin only
    Given an isolated long A of 2 ETH at 3,000 with 10x leverage
    And the ETH contract has the tiers:
      | above | initial_rate | maintenance_rate |
      | 0     | 2%           | 1%               |
    Then the equity of pool isolated/A is 600 USD
    And the equity of pool cross is 99,400 USD
    # The requirement stays 60, 1 % of the value at entry.
    And the liquidation price of A is 2,730
    And the bankruptcy price of A is 2,700
    When ETH is at 2,730
    Then the pool isolated/A is not liquidatable
    When ETH is at 2,729.99
    Then the pool isolated/A is liquidatable
    And the pool cross is not liquidatable

  Scenario: The venue's example of the equity protection process
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "example"},
       "balances": [{"asset": "XBT", "wallet_balance": "0.01", "wallet": "single-collateral"}],
       "positions": [{"id": "A", "symbol": "PI_XBTUSD", "quantity": "1000", "entry_price": "8000", "margin_mode": "cross"}],
       "instruments": [{"symbol": "PI_XBTUSD", "contract": "inverse", "base": "XBT", "quote": "USD", "settle": "XBT",
                        "mark_price": "8000", "tiers": [{"above": "0", "initial_rate": "0.02", "maintenance_rate": "0.01"},
                                                        {"above": "500000", "initial_rate": "0.04", "maintenance_rate": "0.02"}]}],
       "assets": [{"asset": "XBT", "index_price": "8000"}]}
      """
    Then the initial margin of A is 0.0025
    And the maintenance margin of A is 0.00125
    And the liquidation price of A is 7,481.481481 to 6 places
    And the bankruptcy price of A is 7,407.407407 to 6 places
    When XBT is at 7,450
    And the venue acts by itself
    Then A is closed
    And the equity of pool cross/XBT is 0.000772 to 6 places

  Scenario: Beyond the bankruptcy price the position is taken over, and the account is left with nothing
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "example"},
       "balances": [{"asset": "XBT", "wallet_balance": "0.01", "wallet": "single-collateral"}],
       "positions": [{"id": "A", "symbol": "PI_XBTUSD", "quantity": "1000", "entry_price": "8000", "margin_mode": "cross"}],
       "instruments": [{"symbol": "PI_XBTUSD", "contract": "inverse", "base": "XBT", "quote": "USD", "settle": "XBT",
                        "mark_price": "7400", "tiers": [{"above": "0", "initial_rate": "0.02", "maintenance_rate": "0.01"}]}],
       "assets": [{"asset": "XBT", "index_price": "7400"}]}
      """
    When the venue acts by itself
    Then A is closed
    And 0.01 XBT went to the "assignment or unwind"
    And the equity of pool cross/XBT is 0 XBT

  Scenario: Unrealised funding counts in a single-collateral wallet, and moves the liquidation price
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "funding"},
       "balances": [{"asset": "XBT", "wallet_balance": "1", "wallet": "single-collateral"}],
       "positions": [{"id": "A", "symbol": "PI_XBTUSD", "quantity": "50000", "entry_price": "50000",
                      "margin_mode": "cross", "accrued_funding": "-0.02"}],
       "instruments": [{"symbol": "PI_XBTUSD", "contract": "inverse", "base": "XBT", "quote": "USD", "settle": "XBT",
                        "mark_price": "50000", "tiers": [{"above": "0", "initial_rate": "0.02", "maintenance_rate": "0.01"}]}],
       "assets": [{"asset": "XBT", "index_price": "50000"}]}
      """
    Then the equity of pool cross/XBT is 0.98 XBT
    And the idle equity is 0.96 XBT
    And the liquidation price of A is 25,505.0505 to 4 decimal places

  Scenario: Levels of an inverse contract are in contracts, and wallets of one coin are apart
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "wallets"},
       "balances": [{"asset": "XBT", "wallet_balance": "1", "wallet": "single-collateral"},
                    {"asset": "XBT", "wallet_balance": "2", "wallet": "multi-collateral"}],
       "positions": [{"id": "A", "symbol": "PI_XBTUSD", "quantity": "500001", "entry_price": "50000", "margin_mode": "cross"}],
       "instruments": [{"symbol": "PI_XBTUSD", "contract": "inverse", "base": "XBT", "quote": "USD", "settle": "XBT",
                        "mark_price": "50000", "tiers": [{"above": "0", "initial_rate": "0.02", "maintenance_rate": "0.01"},
                                                         {"above": "500000", "initial_rate": "0.04", "maintenance_rate": "0.02"}]}],
       "assets": [{"asset": "XBT", "index_price": "50000", "collateral_rate": "0.97"}]}
      """
    Then the equity of pool cross/XBT is 1 XBT
    And the initial margin of pool cross/XBT is 0.4000008 XBT
    And the maintenance margin of pool cross/XBT is 0.2000004 XBT
    And the equity of pool cross is 97,000 USD
    When this action is asked for:
      """
      {"action": "withdraw", "asset": "XBT", "amount": "0.6", "wallet": "single-collateral"}
      """
    Then it is refused, because not more than the available margin
    And the venue says "insufficientFunds"
    When this action is asked for:
      """
      {"action": "withdraw", "asset": "XBT", "amount": "0.5999992", "wallet": "single-collateral"}
      """
    Then it is allowed

  Scenario: Unrealised profit of the multi-collateral wallet can be withdrawn
    Given a cross long A of 10 BTC at 50,000 with 10x leverage
    And the BTC contract has the tiers:
      | above   | initial_rate | maintenance_rate |
      | 0       | 2%           | 1%               |
      | 1000000 | 4%           | 2%               |
    When BTC is at 52,000
    And 110,000.01 USD are withdrawn
    Then it is refused, because not more than the available margin
    And the venue says "insufficientFunds"
    When 110,000 USD are withdrawn
    Then it is allowed

  Scenario: A position is opened up to the available margin
    Given a cross long A of 19 BTC at 50,000 with 10x leverage
    And the BTC contract has the tiers:
      | above   | initial_rate | maintenance_rate |
      | 0       | 2%           | 1%               |
      | 1000000 | 4%           | 2%               |
    When a cross order buys 31.01 BTC at 50,000 with 10x leverage
    Then it is refused, because the initial margin must be there
    And the venue says "insufficientAvailableFunds"
    When a cross order buys 31 BTC at 50,000 with 10x leverage
    Then it is allowed
    And the idle equity is 0 USD

  Scenario: The margin of an isolated position comes from what is available
    Given a cross long A of 19 BTC at 50,000 with 10x leverage
    And the BTC contract has the tiers:
      | above   | initial_rate | maintenance_rate |
      | 0       | 2%           | 1%               |
      | 1000000 | 4%           | 2%               |
    And an isolated long B of 1 ETH at 3,000 with 10x leverage
    And the ETH contract has the tiers:
      | above | initial_rate | maintenance_rate |
      | 0     | 2%           | 1%               |
    When this action is asked for:
      """
      {"action": "open", "symbol": "ETH-PERP", "side": "buy", "quantity": "269.01", "price": "3000", "margin_mode": "isolated", "leverage": "10"}
      """
    Then it is refused, because the initial margin must be there
    When this action is asked for:
      """
      {"action": "open", "symbol": "ETH-PERP", "side": "buy", "quantity": "269", "price": "3000", "margin_mode": "isolated", "leverage": "10"}
      """
    Then it is allowed

  Scenario: What the venue does not say is refused
    Given an isolated long A of 2 ETH at 3,000 with 10x leverage
    And the ETH contract has the tiers:
      | above | initial_rate | maintenance_rate |
      | 0     | 2%           | 1%               |
    When 10 USD are added to A
    Then it is refused, because how margin is added to an isolated position or taken from it is not stated
    When A is switched to cross
    Then it is refused, because what the setting does to an open position is not stated
    When the leverage of the ETH contract is set to 5
    Then it is refused, because what the setting does to an open position is not stated

  Scenario: Orders that add to the risk are cancelled, those against a position are not
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "flex"},
       "balances": [{"asset": "USD", "wallet_balance": "100", "wallet": "multi-collateral"}],
       "positions": [{"id": "A", "symbol": "X", "quantity": "10", "entry_price": "100", "margin_mode": "cross",
                      "leverage": "10", "accrued_funding": "0"}],
       "orders": [
         {"id": "1", "symbol": "X", "side": "buy", "quantity": "1", "price": "80", "leverage": "10",
          "margin_mode": "cross", "reduce_only": false, "initial_margin": "5"},
         {"id": "2", "symbol": "X", "side": "sell", "quantity": "1", "price": "120", "leverage": "10",
          "margin_mode": "cross", "reduce_only": false, "initial_margin": "7"}],
       "instruments": [
         {"symbol": "X", "contract": "linear", "base": "X", "quote": "USD", "settle": "USD", "mark_price": "91",
          "tiers": [{"above": "0", "initial_rate": "0.1", "maintenance_rate": "0.05"}]}],
       "assets": [{"asset": "USD", "index_price": "1", "collateral_rate": "1"}]}
      """
    When the venue acts by itself
    Then the initial margin of pool cross is 107 USD
