# https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93, read 2026-11-20
# https://www.binance.com/en/support/faq/29b45c485d664028b9ca1cdf90b24f6f, read 2026-11-20
# https://www.binance.com/en/support/faq/c983a9268cfa4e70a4916c276bb3b7bc, read 2026-11-28
# https://www.binance.com/en/support/faq/360038447311, read 2026-11-20
# https://www.binance.com/en/support/faq/360033525271, read 2026-11-20
# https://developers.binance.com/docs/derivatives/usds-margined-futures/error-code, read 2026-11-28
Feature: Margin on Binance USD-M futures

  Background:
    Given the policy "binance-usdm"
    And an account with 10,000 USDT

  Scenario: The maintenance amount makes brackets meet
    Given a cross long A of 2.64 BTC at 100,000 with 10x leverage
    And the BTC contract has the tiers:
      | above   | maintenance_rate | maintenance_amount | max_leverage |
      | 0       | 0.004            | 0                  | 125          |
      | 50,000  | 0.005            | 50                 | 100          |
      | 250,000 | 0.01             | 1,300              | 50           |
    Then the maintenance margin of A is 1,340

  Scenario: At a margin ratio of 100 % the pool is liquidatable
    Given an isolated long A of 0.1 BTC at 100,000 with 10x leverage
    And 50 USDT are assigned to A
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.005            |
    Then the margin ratio of pool isolated/A is 1
    And the pool isolated/A is liquidatable

  Scenario: In single-asset mode each margin asset has its own cross pool
    Given a balance of 500 USDC
    Then the equity of pool cross/USDT is 10,000 USDT
    And the equity of pool cross/USDC is 500 USDC

  Scenario: A long and a short of one symbol share one cross liquidation price
    Given account dualSidePosition is true
    And a cross long L of 3 BTC at 10,000 with 10x leverage
    And a cross short S of 1 BTC at 10,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.01             |
    Then the liquidation price of L is 5,102.040816 to 6 places
    And the liquidation price of S is 5,102.040816 to 6 places

  # ---------------------------------------------------------------- open orders

  Scenario: Of bids and asks without a position the larger side takes margin
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "flat"},
       "balances": [{"asset": "USDT", "wallet_balance": "10000"}], "positions": [], "orders": [],
       "instruments": [{"symbol": "BTCUSDT", "contract": "linear", "base": "BTC", "quote": "USDT", "settle": "USDT",
                        "mark_price": "1000", "tiers": [{"above": "0", "maintenance_rate": "0.01", "max_leverage": "20"}]}]}
      """
    And a resting order to buy 1 BTC at 1,000 with 10x leverage
    And a resting order to sell 1 BTC at 1,500 with 10x leverage
    Then the initial margin of pool cross/USDT is 150 USDT
    And the idle equity is 9,850 USDT

  Scenario: Orders that reduce a position take no margin, those that raise it do
    Given a cross long A of 1 BTC at 1,000 with 10x leverage
    And a resting order to sell 2 BTC at 1,000 with 10x leverage
    Then the initial margin of pool cross/USDT is 100 USDT
    Given a resting order to buy 1 BTC at 900 with 10x leverage
    Then the initial margin of pool cross/USDT is 190 USDT

  Scenario: Orders that would turn a position round to a larger one take the difference
    Given a cross short A of 1 BTC at 1,000 with 10x leverage
    And a resting order to buy 3 BTC at 1,000 with 10x leverage
    Then the initial margin of pool cross/USDT is 200 USDT

  Scenario Outline: Orders of an isolated symbol hold what comes on top of its position, out of the cross wallet
    Given an isolated long A of 1 BTC at 1,000 with 10x leverage
    And an isolated resting order to sell <sold> BTC at 1,000 with 10x leverage
    Then the idle equity is <idle> USDT

    Examples:
      | sold | idle  |
      | 1    | 9,900 |
      | 2    | 9,900 |
      | 3    | 9,800 |

  Scenario: In hedge mode every order that opens adds to its side, and one that closes takes nothing
    Given account dualSidePosition is true
    And a cross long A of 1 BTC at 1,000 with 10x leverage
    And a resting order to sell 1 BTC at 1,000 with 10x leverage
    Then the initial margin of pool cross/USDT is 200 USDT
    When this action is asked for:
      """
      {"action": "place_order", "id": "close", "symbol": "BTC-PERP", "side": "sell", "quantity": "1", "price": "1000",
       "margin_mode": "cross", "leverage": "10", "position_side": "LONG"}
      """
    Then it is allowed
    And the initial margin of pool cross/USDT is 200 USDT

  Scenario: An order needs its margin and its loss at the mark from what is available
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "flat"},
       "balances": [{"asset": "USDT", "wallet_balance": "10000"}], "positions": [], "orders": [],
       "instruments": [{"symbol": "BTCUSDT", "contract": "linear", "base": "BTC", "quote": "USDT", "settle": "USDT",
                        "mark_price": "1000", "tiers": [{"above": "0", "maintenance_rate": "0.01", "max_leverage": "20"}]}]}
      """
    When this action is asked for:
      """
      {"action": "place_order", "symbol": "BTCUSDT", "side": "buy", "quantity": "50", "price": "1100", "margin_mode": "cross", "leverage": "11"}
      """
    Then it is allowed
    And the idle equity is 5,000 USDT
    When this action is asked for:
      """
      {"action": "place_order", "symbol": "BTCUSDT", "side": "buy", "quantity": "26", "price": "1100", "margin_mode": "cross", "leverage": "11"}
      """
    Then it is refused, because its cost must be available
    And the venue says "-2019"

  # ---------------------------------------------------------------- Multi-Assets mode

  Scenario: In Multi-Assets mode there is one pool in USD, at collateral ratios
    Given account multiAssetsMargin is true
    And a balance of 1 BNB
    And BNB is worth 1,000 USD and counts 95% as collateral
    Then the equity of pool cross is 10,950 USD

  Scenario: In Multi-Assets mode what is held counts at the bid rate and what is required at the ask rate
    Given the account document:
      """
      {"schema": "marginrules/account/1",
       "account": {"id": "multi", "multiAssetsMargin": true},
       "balances": [{"asset": "USDT", "wallet_balance": "200"}, {"asset": "USDC", "wallet_balance": "220"}],
       "positions": [
         {"id": "B", "symbol": "BTCUSDT", "quantity": "0.5", "entry_price": "20000", "margin_mode": "cross", "leverage": "100"},
         {"id": "E", "symbol": "ETHUSDC", "quantity": "20", "entry_price": "600", "margin_mode": "cross", "leverage": "50"}],
       "orders": [],
       "instruments": [
         {"symbol": "BTCUSDT", "contract": "linear", "base": "BTC", "quote": "USDT", "settle": "USDT", "mark_price": "20000",
          "tiers": [{"above": "0", "maintenance_rate": "0.008"}]},
         {"symbol": "ETHUSDC", "contract": "linear", "base": "ETH", "quote": "USDC", "settle": "USDC", "mark_price": "600",
          "tiers": [{"above": "0", "maintenance_rate": "0.01"}]}],
       "assets": [
         {"asset": "USDT", "index_price": "0.99", "collateral_rate": "0.99", "askBuffer": "0.005"},
         {"asset": "USDC", "index_price": "1"}]}
      """
    Then the equity of pool cross is 416.02 USD
    And the maintenance margin of pool cross is 199.596 USD
    And the idle equity is 76.525 USD
    When 76.91 USDT are withdrawn
    Then it is allowed

  Scenario: What is available in USD is withdrawn at the asset's ask rate
    Given the account document:
      """
      {"schema": "marginrules/account/1",
       "account": {"id": "multi", "multiAssetsMargin": true},
       "balances": [{"asset": "USDT", "wallet_balance": "200"}, {"asset": "BNB", "wallet_balance": "10"}],
       "positions": [], "orders": [], "instruments": [],
       "assets": [
         {"asset": "USDT", "index_price": "1"},
         {"asset": "BNB", "index_price": "100", "collateral_rate": "0.95", "askBuffer": "0.05"}]}
      """
    When 10.01 BNB are withdrawn
    Then it is refused, because not more than the balance
    When 10 BNB are withdrawn
    Then it is allowed

  Scenario: A negative balance counts at the ask rate
    Given the account document:
      """
      {"schema": "marginrules/account/1",
       "account": {"id": "multi", "multiAssetsMargin": true},
       "balances": [{"asset": "USDT", "wallet_balance": "-10001"}, {"asset": "BTC", "wallet_balance": "1"}],
       "positions": [], "orders": [], "instruments": [],
       "assets": [
         {"asset": "USDT", "index_price": "1", "collateral_rate": "0.9999", "askBuffer": "0.0001"},
         {"asset": "BTC", "index_price": "50000", "collateral_rate": "0.95", "askBuffer": "0.05"}]}
      """
    Then the equity of pool cross is 37,497.9999 USD

  Scenario: In Multi-Assets mode no symbol can be isolated
    Given account multiAssetsMargin is true
    And USDT is worth 1 USD and counts 100% as collateral
    And a cross long A of 1 BTC at 1,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.01             |
    When A is switched to isolated
    Then it is refused, because Multi-Assets mode has no isolated positions
    And the venue says "-4168"

  Scenario: An account in Multi-Assets mode that has an isolated position contradicts itself
    Given account multiAssetsMargin is true
    And an isolated long A of 1 BTC at 1,000 with 10x leverage
    Then there is no such account, because Multi-Assets mode has no isolated positions

  # ---------------------------------------------------------------- withdrawing, adding, removing

  Scenario: Unrealized profit covers initial margin and is not withdrawn
    Given a cross long A of 1 BTC at 1,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.01             |
    When BTC is at 2,000
    Then the idle equity is 10,800 USDT
    When 9,980.01 USDT are withdrawn
    Then it is refused, because not more than is withdrawable
    When 9,980 USDT are withdrawn
    Then it is allowed

  Scenario: A loss and the initial margin stay in the wallet
    Given a cross long A of 1 BTC at 1,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.01             |
    When BTC is at 900
    And 9,810.01 USDT are withdrawn
    Then it is refused, because not more than is withdrawable
    When 9,810 USDT are withdrawn
    Then it is allowed

  Scenario: Isolated margin is added from what the cross wallet can give
    Given an isolated long A of 1 BTC at 1,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.01             |
    When 9,900.01 USDT are added to A
    Then it is refused, because not more than the cross wallet can give
    And the venue says "-4050"
    When 9,900 USDT are added to A
    Then it is allowed

  Scenario: Isolated margin is removed down to the initial margin
    Given an isolated long A of 1 BTC at 1,000 with 10x leverage
    And 150 USDT are assigned to A
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.01             |
    When 50.01 USDT are removed from A
    Then it is refused, because what is left must cover the initial and the maintenance margin
    And the venue says "-4051"
    When 50 USDT are removed from A
    Then it is allowed

  Scenario: Of profit only cash can be removed, down to the maintenance margin
    Given an isolated long A of 1 BTC at 1,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.01             |
    When BTC is at 2,000
    And 80.01 USDT are removed from A
    Then it is refused, because what is left must cover the initial and the maintenance margin
    When 80 USDT are removed from A
    Then it is allowed

  # ---------------------------------------------------------------- opening, modes, leverage

  Scenario: An opening needs its margin from what is available
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "flat"},
       "balances": [{"asset": "USDT", "wallet_balance": "10000"}], "positions": [], "orders": [],
       "instruments": [{"symbol": "BTCUSDT", "contract": "linear", "base": "BTC", "quote": "USDT", "settle": "USDT",
                        "mark_price": "1000", "tiers": [{"above": "0", "maintenance_rate": "0.01", "max_leverage": "20"}]}]}
      """
    When a cross order buys 100.1 BTC at 1,000 with 10x leverage
    Then it is refused, because its cost must be available
    When a cross order buys 100 BTC at 1,000 with 10x leverage
    Then it is allowed
    And the idle equity is 0 USDT

  Scenario: An isolated opening also needs its loss at the mark
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "flat"},
       "balances": [{"asset": "USDT", "wallet_balance": "10000"}], "positions": [], "orders": [],
       "instruments": [{"symbol": "BTCUSDT", "contract": "linear", "base": "BTC", "quote": "USDT", "settle": "USDT",
                        "mark_price": "1000", "tiers": [{"above": "0", "maintenance_rate": "0.01", "max_leverage": "20"}]}]}
      """
    When an isolated order buys 50.1 BTC at 1,100 with 11x leverage
    Then it is refused, because its cost must be available
    When an isolated order buys 50 BTC at 1,100 with 11x leverage
    Then it is allowed

  Scenario: The bracket of the position sets its highest leverage
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "flat"},
       "balances": [{"asset": "USDT", "wallet_balance": "10000"}], "positions": [], "orders": [],
       "instruments": [{"symbol": "BTCUSDT", "contract": "linear", "base": "BTC", "quote": "USDT", "settle": "USDT",
                        "mark_price": "1000", "tiers": [{"above": "0", "maintenance_rate": "0.01", "max_leverage": "50"},
                                  {"above": "50000", "maintenance_rate": "0.02", "max_leverage": "20"}]}]}
      """
    When a cross order buys 51 BTC at 1,000 with 50x leverage
    Then it is refused, because the bracket must allow the leverage
    And the venue says "-2027"
    When a cross order buys 50 BTC at 1,000 with 50x leverage
    Then it is allowed

  Scenario: The margin mode of a symbol can not be changed while a position is open
    Given a cross long A of 1 BTC at 1,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.01             |
    When A is switched to isolated
    Then it is refused, because close the position first
    And the venue says "-4048"
    When A is switched to cross
    Then it is refused, because it is in that mode already
    And the venue says "-4046"

  Scenario: The margin mode of a symbol can not be changed while orders rest
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "flat"},
       "balances": [{"asset": "USDT", "wallet_balance": "10000"}], "positions": [], "orders": [],
       "instruments": [{"symbol": "BTCUSDT", "contract": "linear", "base": "BTC", "quote": "USDT", "settle": "USDT",
                        "mark_price": "1000", "tiers": [{"above": "0", "maintenance_rate": "0.01", "max_leverage": "20"}]}]}
      """
    And a resting order to buy 1 BTC at 1,000 with 10x leverage
    When this action is asked for:
      """
      {"action": "switch_mode", "symbol": "BTCUSDT", "margin_mode": "isolated"}
      """
    Then it is refused, because cancel the open orders first
    And the venue says "-4047"

  Scenario: The leverage of an isolated position is raised, not lowered
    Given an isolated long A of 1 BTC at 1,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate | max_leverage |
      | 0     | 0.01             | 20           |
    When the leverage of the BTC contract is set to 9
    Then it is refused, because the leverage of an isolated position can not be lowered
    And the venue says "-4161"
    When the leverage of the BTC contract is set to 21
    Then it is refused, because the bracket must allow the leverage
    And the venue says "-2027"
    When the leverage of the BTC contract is set to 20
    Then it is allowed

  Scenario: Lower leverage of a cross position needs the margin
    Given a cross long A of 50 BTC at 1,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate | max_leverage |
      | 0     | 0.01             | 20           |
    When the leverage of the BTC contract is set to 4
    Then it is refused, because lower leverage takes more margin
    And the venue says "-2028"
    When the leverage of the BTC contract is set to 5
    Then it is allowed

  # ---------------------------------------------------------------- liquidation

  Scenario: Liquidation cancels the orders first, and then closes positions until the pool holds its margin
    Given a cross long A of 100 BTC at 1,000 with 10x leverage
    And the BTC contract has liquidationFee 0.005
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.01             |
    And a cross long B of 1 ETH at 100 with 10x leverage
    And the ETH contract has liquidationFee 0.005
    And the ETH contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.01             |
    And a resting order to buy 1 ETH at 90 with 10x leverage
    When BTC is at 909
    Then the pool cross/USDT is liquidatable
    When the venue acts by itself
    Then A is closed
    And 454.5 USDT went to the "insurance fund"
    And the equity of pool cross/USDT is 445.5 USDT
    And the initial margin of pool cross/USDT is 10 USDT

  Scenario: A bankrupt isolated position goes to the insurance fund with its margin
    Given an isolated long A of 1 BTC at 1,000 with 10x leverage
    And the BTC contract has liquidationFee 0.005
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.01             |
    When BTC is at 890
    And the venue acts by itself
    Then A is closed
    And 100 USDT went to the "insurance fund"
    And the equity of pool cross/USDT is 9,900 USDT

  Scenario: The liquidation fee is at most what is left
    Given an isolated long A of 1 BTC at 1,000 with 10x leverage
    And the BTC contract has liquidationFee 0.0125
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.01             |
    When BTC is at 905
    And the venue acts by itself
    Then A is closed
    And 5 USDT went to the "insurance fund"
    And the equity of pool cross/USDT is 9,900 USDT

  Scenario: A bracket that states no leverage allows none
    Given an account with 100,000 USDT
    And a cross long A of 1 BTC at 50,000 with 10x leverage
    And the BTC contract has the tiers:
      | above  | maintenance_rate | max_leverage |
      | 0      | 0.4%             | 125          |
      | 60,000 | 0.5%             |              |
    When the leverage of the BTC contract is set to 20
    Then it is allowed
    When a cross order buys 1 BTC at 50,000 with 10x leverage
    Then it is refused, because tier 2 has no max_leverage
