# https://github.com/asterdex/api-docs, read 2026-11-28
# https://docs.asterdex.com, read 2026-11-20
# https://docs.asterdex.com/trading/perpetuals/fees-and-specs/costs-of-opening-positions, read 2026-11-28
# https://docs.asterdex.com/product/aster-perpetuals/fees-and-specs/aster-perpetual-liquidation-protocols, read 2026-11-28
Feature: Margin on Aster

  Background:
    Given the policy "aster"
    And an account with 30,000 USDT

  Scenario: The isolated margin is what was assigned and the unrealized profit
    Given an isolated long LONG of 20 BTC at 6,563.665 with 10x leverage
    And 13,200.70726908 USDT are assigned to LONG
    And the BTC contract has the tiers:
      | above | maintenance_rate | maintenance_amount |
      | 0     | 0.4%             | 0                  |
      | 50000 | 0.5%             | 50                 |
    When BTC is at 6,679.50671178
    Then the equity of pool isolated/LONG is 15,517.54150468 USDT
    And the liquidation price of LONG is 5930.78 to 2 decimal places

  Scenario: A position is liquidated below its maintenance margin, not at it
    Given an isolated long A of 1 BTC at 1,000 with 10x leverage
    And 104 USDT are assigned to A
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When BTC is at 900
    Then the equity of pool isolated/A is 4 USDT
    And the pool isolated/A is not liquidatable
    When BTC is at 899
    Then the pool isolated/A is liquidatable

  Scenario: A long and a short of one contract share one cross liquidation price
    Given a cross long L of 30 BTC at 10,000 with 10x leverage
    And a cross short S of 10 BTC at 10,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
    # 30,000 + 20 (p - 10,000) = 1% of 40 p
    Then the liquidation price of L is 8,673.469388 to 6 places
    And the liquidation price of S is 8,673.469388 to 6 places

  Scenario: In isolated mode the long and the short each have their own
    Given an isolated long L of 1 BTC at 1,000 with 10x leverage
    And an isolated short S of 1 BTC at 1,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
    Then the liquidation price of L is 909.090909 to 6 places
    And the liquidation price of S is 1,089.108911 to 6 places

  Scenario: The cost of an order is its initial margin and its loss at the mark
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "cost"},
       "balances": [{"asset": "USDT", "wallet_balance": "5151.1"}], "positions": [], "orders": [],
       "instruments": [{"symbol": "BTCUSDT", "contract": "linear", "base": "BTC", "quote": "USDT", "settle": "USDT",
                        "mark_price": "102988.4", "tiers": [{"above": "0", "maintenance_rate": "0.004"}]}]}
      """
    When this action is asked for:
      """
      {"action": "place_order", "symbol": "BTCUSDT", "side": "buy", "quantity": "1.001", "price": "102990", "margin_mode": "cross", "leverage": "20"}
      """
    Then it is refused, because its cost must be available
    And the venue says "-2019"
    When this action is asked for:
      """
      {"action": "place_order", "symbol": "BTCUSDT", "side": "buy", "quantity": "1", "price": "102990", "margin_mode": "cross", "leverage": "20"}
      """
    Then it is allowed
    And the initial margin of pool cross/USDT is 5,149.5 USDT

  Scenario: Profit covers initial margin and is not withdrawn
    Given a cross long A of 10 BTC at 1,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
    When BTC is at 2,000
    Then the idle equity is 38,000 USDT
    When 29,800.01 USDT are withdrawn
    Then it is refused, because not more than is withdrawable
    When 29,800 USDT are withdrawn
    Then it is allowed

  Scenario: Isolated margin is added from what the cross wallet can give
    Given an isolated long A of 1 BTC at 1,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
    When 29,900.01 USDT are added to A
    Then it is refused, because not more than the cross wallet can give
    And the venue says "-4050"
    When 29,900 USDT are added to A
    Then it is allowed

  Scenario: Isolated margin is removed down to the initial margin, and of profit only cash
    Given an isolated long A of 1 BTC at 1,000 with 10x leverage
    And 150 USDT are assigned to A
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
    When 50.01 USDT are removed from A
    Then it is refused, because what is left must cover the initial and the maintenance margin
    And the venue says "-4051"
    When BTC is at 2,000
    And 130.01 USDT are removed from A
    Then it is refused, because what is left must cover the initial and the maintenance margin
    When 130 USDT are removed from A
    Then it is allowed

  Scenario: The margin type of a symbol can not be changed while a position is open
    Given a cross long A of 1 BTC at 1,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
    When A is switched to isolated
    Then it is refused, because close the position first
    And the venue says "-4048"

  Scenario: The leverage of an isolated position is raised within its bracket, not lowered
    Given an isolated long A of 1 BTC at 1,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate | max_leverage |
      | 0     | 1%               | 20           |
    When the leverage of the BTC contract is set to 9
    Then it is refused, because the leverage of an isolated position can not be lowered
    And the venue says "-4161"
    When the leverage of the BTC contract is set to 21
    Then it is refused, because the bracket must allow the leverage
    And the venue says "-2027"
    When the leverage of the BTC contract is set to 20
    Then it is allowed

  Scenario: Liquidation closes positions for a fee; a bankrupt one goes to the insurance fund
    Given an isolated long A of 1 BTC at 1,000 with 10x leverage
    And an isolated long B of 1 ETH at 1,000 with 10x leverage
    And the BTC contract has liquidationFee 0.01
    And the ETH contract has liquidationFee 0.01
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 2%               |
    And the ETH contract has the tiers:
      | above | maintenance_rate |
      | 0     | 2%               |
    When BTC is at 910
    And ETH is at 890
    And the venue acts by itself
    Then A is closed
    And B is closed
    # 1% of 910, and the 100 USDT that were assigned to B.
    And 109.1 USDT went to the "insurance fund"
    And the equity of pool cross/USDT is 29,800.9 USDT

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
