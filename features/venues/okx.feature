# https://www.okx.com/help/v-tiered-maintenance-margin-ratio-rules, read 2026-11-28
# https://www.okx.com/help/single-currency-margin-cross-margin-trading, read 2026-11-20
# https://www.okx.com/help/iv-multi-currency-margin-mode-cross-margin-trading, read 2026-11-28
# https://www.okx.com/help/10665080281997, read 2026-11-20
# https://www.okx.com/docs-v5/en/#error-code and #trading-account-rest-api-get-positions, read 2026-11-28
# https://supdljgzdhc.okx.com/hc/en-us/articles/360020411711, read 2026-11-28: 15,000 contracts, of which 13,000 are closed
Feature: Margin on OKX

  Background:
    Given the policy "okx"
    And an account with 10,000 USDT

  # -------------------------------------------------------------- tiers

  Scenario Outline: The tier follows from the contracts of the underlying, and its rate holds for all of them
    Given a cross long A of <contracts> ETH at 1 with 10x leverage
    And the ETH contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
      | 2000  | 1.5%             |
    Then the maintenance margin of A is <maintenance>

    Examples:
      | contracts | maintenance |
      | 1,999     | 19.99       |
      | 2,000     | 20          |
      | 2,001     | 30.015      |

  Scenario: Long and short contracts of an underlying count together in cross, an isolated position for itself
    Given a cross long A of 1,500 ETH at 1 with 10x leverage
    And a cross short B of 501 ETH at 1 with 10x leverage
    And an isolated long C of 1,900 ETH at 1 with 10x leverage
    And the ETH contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
      | 2000  | 1.5%             |
    Then the maintenance margin of A is 22.5
    And the maintenance margin of B is 7.515
    And the maintenance margin of C is 19

  # -------------------------------------------------------------- the margin ratio

  Scenario: The margin ratio falls towards 100%, where the position is liquidated
    Given an isolated long A of 1 ETH at 1,000 with 10x leverage
    And the ETH contract has taker_fee_rate 0.0005
    And the ETH contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
    Then the margin ratio of pool isolated/A is 9.52380952 to 8 decimal places
    When ETH is at 909
    Then the pool isolated/A is liquidatable

  Scenario: A margin ratio of exactly 100% is liquidated
    Given an isolated long A of 1 ETH at 1,000 with 10x leverage
    And the ETH contract has the tiers:
      | above | maintenance_rate |
      | 0     | 10%              |
    Then the margin ratio of pool isolated/A is 1
    And the pool isolated/A is liquidatable
    When ETH is at 1,000.01
    Then the pool isolated/A is not liquidatable

  Scenario: The liquidation price of an isolated position has the liquidation fee in it
    Given an isolated short A of 1 ETH at 1,000 with 10x leverage
    And the ETH contract has taker_fee_rate 0.0006
    And the ETH contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
    Then the liquidation price of A is 1,088.46230 to 5 decimal places

  # So it is in every answer of the API that is known; no page states it.
  Scenario Outline: The liquidation price of an isolated position is shown one tick nearer, that of a cross position is not
    Given a <position> at 1,000 with 10x leverage
    And the ETH contract has taker_fee_rate 0.0005
    And the ETH contract has tick_size 0.01
    And the ETH contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
    Then the liquidation price of A is <price> to 4 decimal places

    Examples:
      | position                   | price      |
      | isolated long A of 1 ETH   | 909.5603   |
      | isolated short A of 1 ETH  | 1,088.5600 |
      | cross long A of 100 ETH    | 909.5503   |
      | cross short A of 100 ETH   | 1,088.5700 |

  Scenario: The initial margin of an isolated position stays at its entry, in cross it follows the mark
    Given an isolated long A of 1 ETH at 1,000 with 10x leverage
    And a cross long B of 1 ETH at 1,000 with 10x leverage
    When ETH is at 1,200
    Then the initial margin of A is 100
    And the initial margin of B is 120

  # -------------------------------------------------------------- pools

  Scenario: In futures mode each settlement currency is a pool
    Given a balance of 2 BTC
    And a cross long A of 1 ETH at 1,000 with 10x leverage
    When ETH is at 900
    Then the equity of pool cross/USDT is 9,900 USDT
    And the equity of pool cross/BTC is 2 BTC

  Scenario: In multi-currency mode a discount rate falls on each currency
    Given account acctLv is 3
    And a balance of 1 BTC
    And BTC is worth 50,000 USD and counts 98% as collateral
    And USDT is worth 1 USD and counts 100% as collateral
    Then the equity of pool cross is 59,000 USD

  Scenario: The discount rate is one of tiers, and a debt counts in full
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "tiers", "acctLv": "3"},
       "balances": [{"asset": "BTC", "wallet_balance": "25"}, {"asset": "USDT", "wallet_balance": "-1000"}],
       "positions": [], "orders": [], "instruments": [],
       "assets": [{"asset": "USDT", "index_price": "1", "collateral_rate": "0.9"},
         {"asset": "BTC", "index_price": "1000", "collateral_tiers": [
           {"above": "0", "collateral_rate": "0.98"}, {"above": "20", "collateral_rate": "0.95"}]}]}
      """
    Then the equity of pool cross is 23,350 USD

  Scenario: The margins of portfolio mode are the venue's own, and unknown without them
    Given account acctLv is 4
    And USDT is worth 1 USD and counts 100% as collateral
    And a cross long A of 1 ETH at 1,000 with 10x leverage
    Then whether pool cross is liquidatable is unknown, because the account has no mmr

  # -------------------------------------------------------------- what may be done

  Scenario: Available equity is what the margin of positions and orders leaves
    Given a cross long A of 1 ETH at 1,000 with 10x leverage
    And a resting order to buy 2 ETH at 900 with 10x leverage
    Then the idle equity is 9,720 USDT
    When 9,720.01 USDT are withdrawn
    Then it is refused, because not more than is available
    And the venue says "58350"
    When 9,720 USDT are withdrawn
    Then it is allowed

  Scenario: Unrealized profit covers margin, and is not there to be taken
    Given a cross long A of 1 ETH at 1,000 with 10x leverage
    When ETH is at 5,000
    And 10,000.01 USDT are withdrawn
    Then it is refused, because not more cash than is held

  Scenario: An order beyond the available equity is refused
    Given a cross long A of 1 ETH at 1,000 with 10x leverage
    When a cross order buys 99.01 ETH at 1,000 with 10x leverage
    Then it is refused, because the initial margin must be there
    And the venue says "51008"
    When a cross order buys 99 ETH at 1,000 with 10x leverage
    Then it is allowed

  Scenario: A tier that states no leverage allows none
    Given a cross long A of 1 ETH at 1,000 with 10x leverage
    And the ETH contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
    When a cross order buys 1 ETH at 1,000 with 10x leverage
    Then it is refused, because tier 1 has no max_leverage

  Scenario: An isolated order takes its margin from the available equity
    Given a cross long A of 1 ETH at 1,000 with 10x leverage
    When an isolated order sells 99.01 ETH at 1,000 with 10x leverage
    Then it is refused, because the initial margin must be there
    When an isolated order sells 99 ETH at 1,000 with 10x leverage
    Then it is allowed
    And the idle equity is 0 USDT

  Scenario: Not more margin can be added than is available
    Given an isolated long A of 1 ETH at 1,000 with 10x leverage
    When 9,900.01 USDT are added to A
    Then it is refused, because not more than is available
    And the venue says "59301"
    When 9,900 USDT are added to A
    Then it is allowed

  Scenario: How much margin can be taken out of a position is not stated
    Given an isolated long A of 1 ETH at 1,000 with 10x leverage
    When 1 USDT are removed from A
    Then it is refused, because how much of an isolated position's margin can be taken out is not stated

  Scenario: A position keeps the mode of the order that opened it
    Given a cross long A of 1 ETH at 1,000 with 10x leverage
    When A is switched to isolated
    Then it is refused, because a position keeps the mode of the order that opened it

  Scenario: Leverage can be lowered as far as the margin is there
    Given a cross long A of 10 ETH at 2,000 with 10x leverage
    And the ETH contract has max_leverage 100
    When the leverage of the ETH contract is set to 101
    Then it is refused, because the contract's highest leverage
    And the venue says "59102"
    When the leverage of the ETH contract is set to 1.99
    Then it is refused, because the margin must be there
    And the venue says "59103"
    When the leverage of the ETH contract is set to 2
    Then it is allowed

  Scenario: An order into a higher tier must have the leverage of that tier
    Given an account with 1,000,000 USDT
    And a cross long A of 1,000 ETH at 1,000 with 75x leverage
    And the ETH contract has the tiers:
      | above | maintenance_rate | max_leverage |
      | 0     | 0.4%             | 100          |
      | 2000  | 0.5%             | 50           |
    When a cross order buys 1,000.01 ETH at 1,000 with 75x leverage
    Then it is refused, because the tier must allow the leverage
    When a cross order buys 1,000 ETH at 1,000 with 75x leverage
    Then it is allowed

  # -------------------------------------------------------------- what the venue does by itself

  Scenario: From the third tier on a position is reduced by two tiers
    Given an account with 1,000,000 USDT
    And an isolated long A of 3,000 ETH at 2,000 with 10x leverage
    And the ETH contract has taker_fee_rate 0.0005
    And the ETH contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
      | 1000  | 0.5%             |
      | 2000  | 1%               |
    When ETH is at 1,817
    Then the pool isolated/A is liquidatable
    When the venue acts by itself
    Then the pool isolated/A is not liquidatable
    And the notional of A is 1,817,000
    And 1,817 USDT went to the "insurance fund"

  Scenario: Of 15,000 contracts in the third tier 13,000 are closed, down to the end of the first
    Given an account with 1,000,000 USDT
    And an isolated long A of 15,000 BTC at 100 with 10x leverage
    And the BTC contract has the tiers:
      | above  | maintenance_rate |
      | 0      | 1%               |
      | 2,000  | 1.5%             |
      | 12,000 | 2%               |
    When BTC is at 91.8
    And the venue acts by itself
    Then the notional of A is 183,600

  Scenario: A position short of the lowest tier's requirement too is taken over
    Given an account with 1,000,000 USDT
    And an isolated long A of 3,000 ETH at 2,000 with 10x leverage
    And the ETH contract has taker_fee_rate 0.0005
    And the ETH contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
      | 1000  | 0.5%             |
      | 2000  | 1%               |
    When ETH is at 1,806
    And the venue acts by itself
    Then A is closed
    And 600,000 USDT went to the "insurance fund"

  Scenario: In the first two tiers a position is closed whole
    Given an isolated long A of 5 ETH at 2,000 with 10x leverage
    And the ETH contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
      | 4     | 0.5%             |
    When ETH is at 1,809
    And the venue acts by itself
    Then A is closed

  Scenario: A cross pool without equity is taken over, whatever is missing
    Given an account with 100 USDT
    And a cross long A of 1 ETH at 1,000 with 10x leverage
    And the ETH contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.4%             |
    When ETH is at 850
    And the venue acts by itself
    Then the equity of pool cross/USDT is 0 USDT
    And 100 USDT went to the "insurance fund"
