# docs/testing.md
Feature: What scenarios can say of contracts, assets, wallets and thresholds

  Background:
    Given the policy "wallets.margin"

  Scenario: A contract without a position has a mark price and fields
    Given an account with 1,000 USD in wallet main
    And a BTC contract at 50,000
    And the BTC contract has:
      | max_leverage | 50    |
      | listed       | false |
    When a cross order to buy 0.1 BTC at 40,000 with 10x leverage is placed
    Then it is refused, because it is not listed

  Scenario: An order is placed, and what it reserves is a published figure
    Given an account with 1,000 USD in wallet main
    And a BTC contract at 50,000 USD
    When a cross order to buy 0.1 BTC at 40,000 with 10x leverage is placed
    Then it is allowed
    And the reserved of pool margin is 500 USD
    And the busy of pool margin is no
    And the idle equity is 500 USD
    When a cross order to buy 0.15 BTC at 40,000 with 10x leverage is placed
    Then it is refused, because nothing would be left
    And the venue says "E-7"

  Scenario: An asset has an index price and what the policy declares
    Given an account with 1,000 USD in wallet main
    And a balance of 2 ETH in wallet main
    And the asset ETH has:
      | index_price | 2,000 |
      | haircut     | 10%   |
    Then the equity of pool margin is 4,600 USD
    And the idle equity is 4,600 USD

  Scenario: A single field of an asset is said in a line
    Given an account with 1,000 USD in wallet main
    And a balance of 2 ETH in wallet main
    And the asset ETH has index_price 2,000
    And the asset ETH has haircut 50%
    Then the equity of pool margin is 3,000 USD

  Scenario: A contract that settles in its base
    Given an account with 1,000 USD in wallet main
    And a balance of 2 ETH in wallet main
    And the asset ETH has index_price 2,000
    And a ETH contract at 2,000 USD settled in its base
    And a cross long A of 4,000 ETH at 2,000 with 10x leverage
    Then the notional of A is 2
    And the initial margin of pool margin is 400 USD

  Scenario: A threshold is reached before the pool is liquidatable
    Given an account with 1,000 USD in wallet main
    And a cross long A of 1 BTC at 10,000 with 10x leverage
    When BTC falls by 5%
    Then the margin_call of pool margin is yes
    And the crowded of A is no
    And pool margin is not liquidatable

  Scenario: Cash is withdrawn from the wallet that holds it
    Given an account with 1,000 USD in wallet main
    And a balance of 300 USD in wallet spare
    When 200 USD is withdrawn from wallet spare
    Then it is allowed
    And the equity of pool margin is 1,100 USD
    When 200 USD is withdrawn from wallet spare
    Then it is refused, because more than the wallet holds
    When 50 USD is deposited to wallet main
    Then the equity of pool margin is 1,150 USD

  Scenario: What went to a place is compared as a source prints it
    Given an account with 300 USD in wallet main
    And a cross long A of 3 BTC at 100 with 10x leverage
    And a balance of 10.5 USD in wallet main
    When BTC falls by 3.33%
    And the venue acts by itself
    Then 2.90 USD went to the "insurance fund" to 2 places
