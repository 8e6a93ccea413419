# https://support.deribit.com/hc/en-us/articles/25944738177565, read 2026-11-20
# https://support.deribit.com/hc/en-us/articles/25944811317149, read 2026-11-27
# https://support.deribit.com/hc/en-us/articles/25944777203869, read 2026-11-27
# https://support.deribit.com/hc/en-us/articles/25944769313309, read 2026-11-27
Feature: Standard margin on Deribit

  Background:
    Given the policy "deribit"

  Scenario Outline: The rates grow with the size of the position
    Given an account with 10,000,000 USDC
    And a cross long A of <size> BTC at 100,000 with 10x leverage
    And the BTC contract has initial_margin_base 0.02
    And the BTC contract has initial_margin_slope 0.00005
    And the BTC contract has maintenance_margin_base 0.01
    And the BTC contract has maintenance_margin_slope 0.00005
    Then the initial margin of A is <initial>
    And the maintenance margin of A is <maintenance>

    Examples:
      | size | initial   | maintenance |
      | 25   | 53,125    | 28,125      |
      | 350  | 1,312,500 | 962,500     |

  Scenario: A short needs the same margin as a long
    Given an account with 10,000,000 USDC
    And a cross short A of 25 BTC at 100,000 with 10x leverage
    And the BTC contract has initial_margin_base 0.02
    And the BTC contract has initial_margin_slope 0.00005
    And the BTC contract has maintenance_margin_base 0.01
    And the BTC contract has maintenance_margin_slope 0.00005
    Then the initial margin of A is 53,125
    And the maintenance margin of A is 28,125

  Scenario: The size of an inverse contract is its value in the coin
    Given an account with 2 BTC
    And a cross long A of 100,000 BTC at 50,000 with 10x leverage
    And the BTC contract is inverse, quoted in USD
    And the BTC contract has initial_margin_base 0.02
    And the BTC contract has initial_margin_slope 0.00005
    And the BTC contract has maintenance_margin_base 0.01
    And the BTC contract has maintenance_margin_slope 0.00005
    Then the initial margin of A is 0.0402
    And the maintenance margin of A is 0.0202

  Scenario: Every currency has a pool of its own in the segregated model
    Given an account with 10,000 USDC
    And a balance of 3 ETH
    Then the equity of pool cross/USDC is 10,000 USDC
    And the equity of pool cross/ETH is 3 ETH

  Scenario: In the cross model all currencies are one pool in USD, and a haircut is asked for as initial margin
    Given an account with 10,000 USDC
    And account margin_model is cross_sm
    And a balance of 2 ETH
    And USDC is worth 1 USD and counts 100% as collateral
    And ETH is worth 3,000 USD and counts 95% as collateral
    And a cross long A of 1 BTC at 100,000 with 10x leverage
    And the BTC contract has initial_margin_base 0.02
    And the BTC contract has initial_margin_slope 0
    And the BTC contract has maintenance_margin_base 0.01
    And the BTC contract has maintenance_margin_slope 0
    Then the equity of pool cross is 16,000 USD
    And the initial margin of pool cross is 2,300 USD
    And the maintenance margin of pool cross is 1,000 USD
    And the idle equity is 13,700 USD

  Scenario: A currency in debt has no haircut
    Given an account with 10,000 USDC
    And account margin_model is cross_sm
    And a balance of -1 ETH
    And USDC is worth 1 USD and counts 100% as collateral
    And ETH is worth 3,000 USD and counts 95% as collateral
    Then the equity of pool cross is 7,000 USD
    And the initial margin of pool cross is 0 USD

  Scenario: Liquidation begins where the maintenance margin is higher than the margin balance
    Given an account with 2,000 USDC
    And a cross long A of 1 BTC at 100,000 with 10x leverage
    And the BTC contract has initial_margin_base 0.02
    And the BTC contract has initial_margin_slope 0
    And the BTC contract has maintenance_margin_base 0.01
    And the BTC contract has maintenance_margin_slope 0
    Then the liquidation price of A is 98,989.898990 to 6 places
    And the bankruptcy price of A is 98,000

  Scenario: At a margin balance equal to the maintenance margin nothing is liquidated
    Given an account with 1,000 USDC
    And a cross long A of 1 BTC at 100,000 with 10x leverage
    And the BTC contract has initial_margin_base 0.02
    And the BTC contract has initial_margin_slope 0
    And the BTC contract has maintenance_margin_base 0.01
    And the BTC contract has maintenance_margin_slope 0
    Then the margin ratio of pool cross/USDC is 1
    And the pool cross/USDC is not liquidatable
    When BTC is at 99,999.99
    Then the pool cross/USDC is liquidatable

  Scenario: A net profit of the session cannot be withdrawn yet
    Given an account with 10,000,000 USDC
    And a cross long A of 1 BTC at 100,000 with 10x leverage
    And the BTC contract has initial_margin_base 0.02
    And the BTC contract has initial_margin_slope 0
    And the BTC contract has maintenance_margin_base 0.01
    And the BTC contract has maintenance_margin_slope 0
    When BTC is at 110,000
    Then the equity of pool cross/USDC is 10,010,000 USDC
    When 9,997,800.01 USDC are withdrawn
    Then it is refused, because not more than can be withdrawn
    And the venue says "not_enough_funds"
    When 9,997,800 USDC are withdrawn
    Then it is allowed

  Scenario: A loss of the session counts at once, and once
    Given an account with 100,000 USDC
    And a cross long A of 1 BTC at 100,000 with 10x leverage
    And the BTC contract has initial_margin_base 0.02
    And the BTC contract has initial_margin_slope 0
    And the BTC contract has maintenance_margin_base 0.01
    And the BTC contract has maintenance_margin_slope 0
    When BTC is at 90,000
    And 88,200.01 USDC are withdrawn
    Then it is refused, because not more than can be withdrawn
    When 88,200 USDC are withdrawn
    Then it is allowed

  Scenario: In the cross model no currency is withdrawn that is not there
    Given an account with 100,000 USDC
    And account margin_model is cross_sm
    And a balance of 1 ETH
    And USDC is worth 1 USD and counts 100% as collateral
    And ETH is worth 3,000 USD and counts 100% as collateral
    When 1.01 ETH are withdrawn
    Then it is refused, because not more than there is of the currency
    When 1 ETH is withdrawn
    Then it is allowed

  Scenario: A position is opened up to the available funds
    Given an account with 2,000 USDC
    And a cross long A of 0.5 BTC at 100,000 with 10x leverage
    And the BTC contract has initial_margin_base 0.02
    And the BTC contract has initial_margin_slope 0
    And the BTC contract has maintenance_margin_base 0.01
    And the BTC contract has maintenance_margin_slope 0
    When this action is asked for:
      """
      {"action": "open", "symbol": "BTC-PERP", "side": "buy", "quantity": "0.51", "price": "100000", "margin_mode": "cross"}
      """
    Then it is refused, because the initial margin must be there
    And the venue says "not_enough_funds"
    When this action is asked for:
      """
      {"action": "open", "symbol": "BTC-PERP", "side": "buy", "quantity": "0.5", "price": "100000", "margin_mode": "cross"}
      """
    Then it is allowed

  Scenario: An account that is being liquidated is locked, except for deposits
    Given an account with 1,000 USDC
    And a cross long A of 1 BTC at 100,000 with 10x leverage
    And the BTC contract has initial_margin_base 0.02
    And the BTC contract has initial_margin_slope 0
    And the BTC contract has maintenance_margin_base 0.01
    And the BTC contract has maintenance_margin_slope 0
    When BTC is at 99,900
    Then the pool cross/USDC is liquidatable
    When this action is asked for:
      """
      {"action": "reduce", "position": "A", "quantity": "0.5", "price": "99900"}
      """
    Then it is refused, because there is no control over an account that is being liquidated
    When 1,000 USDC are deposited
    Then it is allowed

  Scenario: There is no isolated margin and no leverage to choose
    Given an account with 10,000 USDC
    And a cross long A of 1 BTC at 100,000 with 10x leverage
    And the BTC contract has initial_margin_base 0.02
    And the BTC contract has initial_margin_slope 0
    And the BTC contract has maintenance_margin_base 0.01
    And the BTC contract has maintenance_margin_slope 0
    When A is switched to isolated
    Then it is refused, because there is no isolated margin
    When the leverage of the BTC contract is set to 5
    Then it is refused, because the rates follow from the size alone

  Scenario: The margin of an open order is the venue's figure, and a new order is not judged
    Given an account with 10,000 USDC
    And a cross long A of 1 BTC at 100,000 with 10x leverage
    And the BTC contract has initial_margin_base 0.02
    And the BTC contract has initial_margin_slope 0
    And the BTC contract has maintenance_margin_base 0.01
    And the BTC contract has maintenance_margin_slope 0
    When this action is asked for:
      """
      {"action": "place_order", "symbol": "BTC-PERP", "side": "buy", "quantity": "0.1", "price": "95000", "reduce_only": false}
      """
    Then it is refused, because how much margin an open order takes is not stated

  Scenario: The insurance fund covers what an account has lost beyond its margin balance
    Given an account with 100 USDC
    And a cross long A of 1 X at 1,000 with 1x leverage
    And the X contract has initial_margin_base 0.02
    And the X contract has initial_margin_slope 0
    And the X contract has maintenance_margin_base 0.01
    And the X contract has maintenance_margin_slope 0
    When X is at 850
    And the venue acts by itself
    Then the equity of pool cross/USDC is 0 USDC

  Scenario Outline: A loss of the session that the fund has covered leaves nothing to liquidate
    Given the account document:
      """
      {"schema": "marginrules/account/1", "account": {"id": "covered", "margin_model": "<model>"},
       "balances": [{"asset": "USDC", "wallet_balance": "0", "futures_session_rpl": "-50"}], "positions": [],
       "orders": [], "instruments": [], "assets": [{"asset": "USDC", "index_price": "1"}]}
      """
    Then the pool <pool> is not liquidatable

    Examples:
      | model         | pool       |
      | segregated_sm | cross/USDC |
      | cross_sm      | cross      |
