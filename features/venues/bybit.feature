# https://www.bybit.com/en/help-center/article/Liquidation-Price-USDT-Contract, read 2026-11-28
# https://www.bybit.com/en/help-center/article/Liquidation-Price-Calculation-under-Isolated-Mode-Unified-Trading-Account, read 2026-11-20
# https://www.bybit.com/en/help-center/article/Glossary-Unified-Trading-Account, read 2026-11-28
# https://www.bybit.com/en/help-center/article/Assets-Collateral-Value-Ratio-List-UTA, read 2026-11-28
# https://www.bybit.com/en/help-center/article/UTA-Trading-Rules, read 2026-11-28
# https://www.bybit.com/en/help-center/article/Understanding-the-Adjustment-and-Impact-of-the-New-Margin-Calculation, read 2026-11-28
# https://bybit-exchange.github.io/docs/v5/position/manual-add-margin and /docs/v5/error, read 2026-11-28
Feature: Margin on Bybit

  Background:
    Given the policy "bybit"
    And an account with 10,000 USDT

  # -------------------------------------------------------------- isolated positions

  Scenario: The liquidation price of an isolated position takes its margins at the entry value
    Given an isolated long A of 1 BTC at 20,000 with 50x leverage
    And the BTC contract has taker_fee_rate 0
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    Then the initial margin of A is 400
    And the maintenance margin of A is 100
    And the liquidation price of A is 19,700

  Scenario: Margin added to a position moves its liquidation price by that much for each coin
    Given an isolated short A of 1 BTC at 20,000 with 50x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    And 3,400 USDT are assigned to A
    Then the liquidation price of A is 23,300

  Scenario: A position is liquidated when its margin has fallen to the maintenance margin
    Given an isolated long A of 1 BTC at 20,000 with 50x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    When BTC is at 19,700.01
    Then the pool isolated/A is not liquidatable
    When BTC is at 19,700
    Then the pool isolated/A is liquidatable

  Scenario: The bankruptcy price is where the initial margin is lost; the fee to close is kept on top
    Given an isolated long A of 1 BTC at 20,000 with 10x leverage
    And the BTC contract has taker_fee_rate 0.00055
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    And 2,009.9 USDT are assigned to A
    Then the initial margin of A is 2,009.9
    And the bankruptcy price of A is 18,000
    And the liquidation price of A is 18,100

  Scenario: Margin added to an inverse contract pays for its own fee to close
    Given a balance of 1 BTC
    And an isolated long A of 60,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has taker_fee_rate 0.00055
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    And 0.150726 BTC are assigned to A
    Then the liquidation price of A is 44,667.2122991635609 to 12 decimal places

  # -------------------------------------------------------------- tiers, fees, orders

  Scenario Outline: Above a risk limit the rate is higher, less the tier's deduction
    Given a cross long A of <quantity> BTC at 20,000 with 50x leverage
    And the BTC contract has the tiers:
      | above     | maintenance_rate | maintenance_amount |
      | 0         | 0.5%             | 0                  |
      | 2,000,000 | 1%               | 10,000             |
    Then the maintenance margin of A is <maintenance>

    Examples:
      | quantity | maintenance |
      | 99       | 9,900       |
      | 100      | 10,000      |
      | 101      | 10,200      |

  Scenario: The fee to close at the bankruptcy price is part of both margins
    Given account unifiedMarginStatus is 1
    And a cross long A of 75 XRP at 0.3615 with 10x leverage
    And the XRP contract has taker_fee_rate 0.0006
    And the XRP contract has the tiers:
      | above | maintenance_rate |
      | 0     | 1%               |
    When XRP is at 0.3374
    Then the initial margin of A is 2.72589075
    And the maintenance margin of A is 0.28576575

  Scenario: In cross margin of a unified account margins follow the mark price
    Given a cross long A of 1 BTC at 20,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    When BTC is at 22,000
    Then the initial margin of A is 2,200
    And the maintenance margin of A is 110

  Scenario Outline: Margins of a unified account follow the mark price since 2 September 2025, the entry price before
    Given the account is as of <day>
    And a cross long A of 1 BTC at 20,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    When BTC is at 22,000
    Then the initial margin of A is <initial>
    And the maintenance margin of A is <maintenance>

    Examples:
      | day        | initial | maintenance |
      | 2025-09-01 | 2,000   | 100         |
      | 2025-09-02 | 2,200   | 110         |

  Scenario: An order costs its margin, the fee to open and the fee to close
    Given account unifiedMarginStatus is 1
    And a cross long A of 1 BTC at 10,000 with 50x leverage
    And a resting order to buy 1 BTC at 10,000 with 50x leverage
    And the BTC contract has taker_fee_rate 0.00075
    Then the initial margin of A is 207.35
    And the initial margin of pool cross/USDT is 422.2

  # -------------------------------------------------------------- the pool in USD

  Scenario: The collateral value ratio falls on wallet and profit alike
    Given USDT is worth 1 USD and counts 84% as collateral
    And a cross long A of 1 X at 100 with 10x leverage
    And the X contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    When X is at 110
    Then the equity of pool cross is 8,408.4 USD
    When X is at 90
    Then the equity of pool cross is 8,391.6 USD

  Scenario: A negative balance counts in full
    Given USDT is worth 1 USD and counts 84% as collateral
    And a balance of -2 BTC
    And BTC is worth 1,000 USD and counts 50% as collateral
    Then the equity of pool cross is 6,400 USD

  Scenario: A coin with tiers counts less the more of it there is
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "tiers"},
       "balances": [{"asset": "BTC", "wallet_balance": "25"}], "positions": [], "orders": [], "instruments": [],
       "assets": [{"asset": "BTC", "index_price": "1000", "collateral_tiers": [
         {"above": "0", "collateral_rate": "0.98"}, {"above": "10", "collateral_rate": "0.95"},
         {"above": "20", "collateral_rate": "0.9"}]}]}
      """
    Then the equity of pool cross is 23,800 USD

  Scenario: A unified account is liquidated when its maintenance margin rate reaches 100 %
    Given USDT is worth 1 USD and counts 100% as collateral
    And a cross long A of 10 BTC at 20,000 with 50x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    Then the liquidation price of A is 19,095.4773869346734 to 13 decimal places
    When BTC is at 19,096
    Then the pool cross is not liquidatable
    When BTC is at 19,095
    Then the pool cross is liquidatable

  Scenario: What is available is the margin balance less the initial margin
    Given USDT is worth 1 USD and counts 98% as collateral
    And a cross long A of 1 BTC at 20,000 with 10x leverage
    Then the idle equity is 7,800 USD

  Scenario: In isolated margin of the account a coin backs its own contracts, without a ratio
    Given account marginMode is ISOLATED_MARGIN
    And USDT is worth 1 USD and counts 98% as collateral
    And an isolated long A of 1 BTC at 20,000 with 10x leverage
    Then the idle equity is 8,000 USDT
    And no collateral stands behind two pools

  Scenario: A classic account has a pool for each settlement coin
    Given account unifiedMarginStatus is 1
    And a balance of 1 BTC
    And a cross long A of 1 ETH at 1,000 with 10x leverage
    Then the equity of pool cross/USDT is 10,000 USDT
    And A is backed by pool cross/USDT

  Scenario: All the balance of a classic account stands behind a position, and pays for the fee of closing without it
    Given account unifiedMarginStatus is 1
    And a balance of 10,018 USDT
    And a cross short A of 1 BTC at 20,000 with 10x leverage
    And the BTC contract has taker_fee_rate 0.0006
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    Then the bankruptcy price of A is 30,000
    And the liquidation price of A is 29,900

  # -------------------------------------------------------------- what may be done

  Scenario: Only margin that was added can be taken back
    Given an isolated long A of 1 BTC at 20,000 with 50x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    And 600 USDT are assigned to A
    When 200.01 USDT are removed from A
    Then it is refused, because only margin that was added can be taken back
    And the venue says "110078"
    When 200 USDT are removed from A
    Then it is allowed

  Scenario: Not more margin can be added than is available
    Given USDT is worth 1 USD and counts 100% as collateral
    And an isolated long A of 1 BTC at 20,000 with 10x leverage
    When 8,000.01 USDT are added to A
    Then it is refused, because not more than is available
    And the venue says "110014"
    When 8,000 USDT are added to A
    Then it is allowed
    And the idle equity is 0 USD

  Scenario: Not more can be taken out than leaves the initial margin
    Given USDT is worth 1 USD and counts 100% as collateral
    And a cross long A of 1 BTC at 20,000 with 10x leverage
    When 8,000.01 USDT are withdrawn
    Then it is refused, because not more than is available
    When 8,000 USDT are withdrawn
    Then it is allowed

  Scenario: Unrealized profit covers margin, and is not there to be taken
    Given USDT is worth 1 USD and counts 100% as collateral
    And a cross long A of 1 BTC at 20,000 with 10x leverage
    When BTC is at 30,000
    And 10,000.01 USDT are withdrawn
    Then it is refused, because not more cash than is held

  Scenario: An order beyond what is available is refused
    Given USDT is worth 1 USD and counts 100% as collateral
    And a cross long A of 1 BTC at 20,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate | max_leverage |
      | 0     | 0.5%             | 50           |
    When a cross order buys 4.01 BTC at 20,000 with 10x leverage
    Then it is refused, because the initial margin must be there
    And the venue says "110007"
    When a cross order buys 4 BTC at 20,000 with 10x leverage
    Then it is allowed

  Scenario: A tier that states no leverage allows none
    Given USDT is worth 1 USD and counts 100% as collateral
    And a cross long A of 1 BTC at 20,000 with 10x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    When a cross order buys 1 BTC at 20,000 with 10x leverage
    Then it is refused, because tier 1 has no max_leverage

  Scenario: The leverage of a unified account in cross margin can be lowered as far as its margin is available
    Given USDT is worth 1 USD and counts 100% as collateral
    And a cross long A of 1 BTC at 20,000 with 10x leverage
    And the BTC contract has max_leverage 100
    When the leverage of the BTC contract is set to 101
    Then it is refused, because the contract's highest leverage
    And the venue says "110013"
    When the leverage of the BTC contract is set to 1.99
    Then it is refused, because the initial margin must be available
    And the venue says "110012"
    When the leverage of the BTC contract is set to 2
    Then it is allowed

  Scenario: A risk limit tier has a highest leverage of its own
    Given USDT is worth 1 USD and counts 100% as collateral
    And an account with 1,000,000 USDT
    And a cross long A of 101 BTC at 20,000 with 10x leverage
    And the BTC contract has the tiers:
      | above     | maintenance_rate | maintenance_amount | max_leverage |
      | 0         | 0.5%             | 0                  | 100          |
      | 2,000,000 | 1%               | 10,000             | 50           |
    When the leverage of the BTC contract is set to 50.01
    Then it is refused, because the initial margin must be available, and the leverage within the tier's
    When the leverage of the BTC contract is set to 50
    Then it is allowed

  Scenario: A classic account in cross margin can not choose its leverage
    Given account unifiedMarginStatus is 1
    And a cross long A of 1 BTC at 20,000 with 10x leverage
    When the leverage of the BTC contract is set to 5
    Then it is refused, because the leverage of cross margin is fixed
    And the venue says "110036"

  Scenario: The margin mode is one for the whole unified account
    Given a cross long A of 1 BTC at 20,000 with 10x leverage
    When A is switched to isolated
    Then it is refused, because the mode is one for the whole unified account
    And the venue says "110073"

  # -------------------------------------------------------------- what the venue does by itself

  Scenario: Automatic margin adds the initial margin once more
    Given USDT is worth 1 USD and counts 100% as collateral
    And an isolated long A of 1 BTC at 20,000 with 50x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    And A has auto_add_margin true
    When BTC is at 19,700
    And the venue acts by itself
    Then the pool isolated/A is not liquidatable
    And the liquidation price of A is 19,300

  Scenario: Automatic margin adds what is left where that is less
    Given USDT is worth 1 USD and counts 100% as collateral
    And an isolated long A of 1 BTC at 20,000 with 2.5x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    And A has auto_add_margin true
    When BTC is at 12,100
    And the venue acts by itself
    Then the idle equity is 0 USD
    And the liquidation price of A is 10,100

  Scenario: In the lowest tier a position is taken over with all its margin
    Given an isolated long A of 1 BTC at 20,000 with 50x leverage
    And the BTC contract has the tiers:
      | above | maintenance_rate |
      | 0     | 0.5%             |
    When BTC is at 19,700
    And the venue acts by itself
    Then A is closed
    And 400 USDT went to the "insurance fund"

  Scenario: Above the lowest tier the difference to the lower tier is closed first
    Given an account with 100,000 USDT
    And an isolated long A of 150 BTC at 20,000 with 50x leverage
    And the BTC contract has the tiers:
      | above     | maintenance_rate | maintenance_amount |
      | 0         | 0.5%             | 0                  |
      | 2,000,000 | 1%               | 10,000             |
    When BTC is at 19,730
    Then the pool isolated/A is liquidatable
    When the venue acts by itself
    Then the pool isolated/A is not liquidatable
    And the notional of A is 1,973,000
