# docs/testing.md
Feature: What scenarios can ask of an account after what was done to it

  Background:
    Given the policy "documented"
    And an account with 2,000 USDC

  Scenario: The margin of an opening is the trader's choice, and the position can be asked about by its symbol
    Given an ETH contract at 2,500
    When an isolated order buys 1 ETH at 2,500 with 5x leverage and 650 USDC assigned
    Then it is allowed
    And ETH-PERP is isolated
    And the assigned margin of ETH-PERP is 650 USDC
    And the leverage of ETH-PERP is 5
    And the quantity of ETH-PERP is 1 ETH
    And the entry price of ETH-PERP is 2,500 USDC
    And the collateral of cross is 1,350 USDC
    When 50 USDC are removed from ETH-PERP
    Then it is allowed
    When ETH-PERP is switched to cross
    Then ETH-PERP is cross
    And ETH-PERP is backed by pool cross

  Scenario: A part is closed at a price, the rest at the mark, and the cash is there
    Given a cross long E of 2 ETH at 2,500 with 5x leverage
    When 0.5 of E is closed at 2,600
    Then it is allowed
    And E is open
    And the quantity of E is 1.5
    And the balance of USDC is 2,050 USDC
    When ETH is at 2,400
    And E is closed
    Then E is closed
    And the balance of USDC is 1,900 USDC

  Scenario: A transfer leaves the account
    Given a cross long E of 1 ETH at 2,500 with 5x leverage
    When 300 USDC are transferred to "spot"
    Then it is allowed
    And the balance of USDC is 1,700
    When 1,300 USDC are transferred to "spot"
    Then it is refused
    And it is refused, because "what is in use stays"

  Scenario: What the policy defines can be asked for without being published
    Given account close_fee_rate is 0.1%
    And a cross long E of 1 ETH at 2,500 with 5x leverage
    When ETH is at 2,000
    Then the close fee of E is 2 USDC
    And the close_fee of E is 2.0 to 1 place
    And the gain of E is -500
    When ETH is at 100,000
    Then the close_fee of E is 100

  Scenario: A definition that is not published, and cannot be had
    Given a cross long E of 1 ETH at 2,500 with 5x leverage
    And the ETH contract has no mark price
    Then the close fee of E is unknown, because "no mark_price"
    And whether pool cross is liquidatable is unknown, because no mark_price

  Scenario: What moved is said in its asset, and of idle equity too
    Given an isolated long E of 1 ETH at 2,500 with 5x leverage
    And an isolated short S of 10 SOL at 150 with 3x leverage
    When this account is remembered as "before"
    And ETH is at 2,125 and SOL is at 160, ETH falls by 10%
    Then the equity of isolated/E is 587.5 USDC less than in "before"
    And the idle equity is as in "before"
    When 120 USDC are added to S
    Then the idle equity is 120 USDC less than in "before"
    And E is liquidatable
    And S is not liquidatable

  Scenario: No pool is liquidatable
    Given an isolated long E of 1 1000PEPE at 2,500 with 5x leverage
    And a cross short S of 10 kBONK at 150 with 3x leverage
    And account maintenance_rate is 0.5%
    When 1000PEPE falls by 19% and kBONK rises by 2%
    Then no pool is liquidatable
    And the margin ratio of isolated/E is 40.5% to 1 place
    And the maintenance margin of isolated/E is 10.13 USDC to 2 places
