# https://www.binance.com/en/support/faq/ceccfcfb4e3a45e3b48b0b1bb1a8ae46, read 2026-11-20
# https://www.binance.com/en/support/faq/360038447311, read 2026-11-20
# https://www.binance.com/en/support/faq/360033525271, read 2026-11-20
# https://developers.binance.com/docs/derivatives/coin-margined-futures/error-code, read 2026-11-28
Feature: Margin on Binance COIN-M

  # 100,000 contracts of 1 USD at 50,000 are worth 2 BTC.
  Background:
    Given the policy "binance-coinm"
    And an account with 10 BTC

  Scenario: Margins are in the coin, brackets too
    Given a cross long A of 100,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has the tiers:
      | above | maintenance_rate | maintenance_amount |
      | 0     | 0.4%             | 0                  |
      | 5     | 0.5%             | 0.005              |
    Then the notional of A is 2
    And the initial margin of A is 0.2
    And the maintenance margin of A is 0.008

  Scenario: At the edge of a bracket both give the same, above it the higher rate holds
    Given a cross long A of 250,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has the tiers:
      | above | maintenance_rate | maintenance_amount |
      | 0     | 0.4%             | 0                  |
      | 5     | 0.5%             | 0.005              |
    Then the maintenance margin of A is 0.02
    When BTC is at 40,000
    Then the notional of A is 6.25
    And the maintenance margin of A is 0.02625

  Scenario: Each coin has a pool of its own
    Given a cross long A of 100,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    And a balance of 3 ETH
    Then the equity of pool cross/BTC is 10 BTC
    And the equity of pool cross/ETH is 3 ETH

  Scenario: A long is liquidated below its entry, where its value in the coin has grown
    Given an isolated long A of 100,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    Then the liquidation price of A is 45,636.363636 to 6 places
    And the bankruptcy price of A is 45,454.545455 to 6 places

  Scenario: A short that is worth no more than its margin has no liquidation price
    Given an isolated short A of 100,000 BTC at 50,000 with 1x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    Then A has no liquidation price

  Scenario: At a margin ratio of 100 % the pool is liquidatable
    Given an isolated long A of 100,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And 0.008 BTC are assigned to A
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    Then the margin ratio of pool isolated/A is 1
    And the pool isolated/A is liquidatable

  Scenario: Orders that reduce a position take no margin, those that raise it do
    Given a cross short A of 100,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And a resting order to buy 100,000 BTC at 50,000 with 10x leverage
    Then the initial margin of pool cross/BTC is 0.2 BTC
    Given a resting order to sell 50,000 BTC at 50,000 with 10x leverage
    Then the initial margin of pool cross/BTC is 0.3 BTC

  Scenario: Profit covers initial margin and is not withdrawn
    Given a cross long A of 100,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When BTC is at 100,000
    Then the idle equity is 10.9 BTC
    When 9.997 BTC are withdrawn
    Then it is refused, because not more than is withdrawable
    When 9.996 BTC are withdrawn
    Then it is allowed

  Scenario: Isolated margin is added from what the coin's cross wallet can give
    Given an isolated long A of 100,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When 9.9 BTC are added to A
    Then it is refused, because not more than the cross wallet can give
    And the venue says "-4050"
    When 9.8 BTC are added to A
    Then it is allowed

  Scenario: Isolated margin is removed down to the initial margin
    Given an isolated long A of 100,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And 0.3 BTC are assigned to A
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When 0.1001 BTC are removed from A
    Then it is refused, because what is left must cover the initial and the maintenance margin
    And the venue says "-4051"
    When 0.1 BTC are removed from A
    Then it is allowed

  Scenario: The margin mode of a symbol can not be changed while a position is open
    Given a cross long A of 100,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When A is switched to isolated
    Then it is refused, because close the position first
    And the venue says "-4048"

  Scenario: The leverage of an isolated position is raised, not lowered, and COIN-M has a code of its own for it
    Given an isolated long A of 100,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has the tiers:
      | above | maintenance_rate | max_leverage |
      | 0     | 0.4%             | 125          |
    When the leverage of the BTC contract is set to 9
    Then it is refused, because the leverage of an isolated position can not be lowered
    And the venue says "-4150"
    When the leverage of the BTC contract is set to 20
    Then it is allowed

  Scenario: An isolated opening also needs its loss at the mark
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "flat"},
       "balances": [{"asset": "BTC", "wallet_balance": "0.6"}], "positions": [], "orders": [],
       "instruments": [{"symbol": "BTCUSD_PERP", "contract": "inverse", "base": "BTC", "quote": "USD", "settle": "BTC",
                        "contract_size": "100", "mark_price": "40000",
                        "tiers": [{"above": "0", "maintenance_rate": "0.004", "max_leverage": "125"}]}]}
      """
    # Initial margin 0.2 at 50,000 and 10x, loss 2.5 - 2 = 0.5.
    When an isolated order buys 1,000 BTC at 50,000 with 10x leverage
    Then it is refused, because its cost must be available
    When an isolated order buys 850 BTC at 50,000 with 10x leverage
    Then it is allowed

  Scenario: Liquidation closes the position for a fee, in the coin
    Given an isolated long A of 100,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has liquidationFee 0.003
    And 0.007 BTC are assigned to A
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When the venue acts by itself
    Then A is closed
    And 0.006 BTC went to the "insurance fund"
    And the equity of pool cross/BTC is 9.994 BTC

  Scenario: A bracket that states no leverage allows none
    Given a cross long A of 100,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has the tiers:
      | above | maintenance_rate | max_leverage |
      | 0     | 0.4%             | 125          |
      | 2.5   | 0.5%             |              |
    When the leverage of the BTC contract is set to 20
    Then it is allowed
    When a cross order buys 50,000 BTC at 50,000 with 10x leverage
    Then it is refused, because tier 2 has no max_leverage
