# docs/behaviours.md, "Adding and taking margin".
Feature: How a buffer grows

  Background:
    Given the policy "documented"
    And an account with 2,000 USDC

  @B18
  Scenario: Cash that arrives in the account is in the shared pool at once
    Given a cross long A of 0.02 BTC at 100,000 with 10x leverage
    When 500 USDC more are in the account
    Then the equity of pool cross is 2,500 USDC
    And A is backed by pool cross

  @B20
  Scenario: Idle equity does not help an isolated position by itself
    Given an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    When 5,000 USDC more are in the account
    And BTC falls by 10%
    Then the equity of pool isolated/A is 0 USDC
    And the pool isolated/A is liquidatable
    And the idle equity is 6,800 USDC

  @B22
  Scenario: The assigned margin bounds the loss; the other equity loses nothing
    Given an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    And this account is remembered as "before"
    When BTC falls by 60%
    Then the equity of pool cross is as in "before"
    And the idle equity is 1,800 USDC

  @B22
  Scenario: The trader may choose another assignment
    Given an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    And 350 USDC are assigned to A
    Then the equity of pool isolated/A is 350 USDC
    And the liquidation price of A is 82,500
    And the idle equity is 1,650 USDC

  @B3
  Scenario: An isolated position draws on more when the trader adds margin to it
    Given an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    When 100 USDC are added to A
    Then it is allowed
    And the equity of pool isolated/A is 300 USDC
    And the explanation of equity:isolated/A mentions "assigned_margin of A = 300"

  @B3
  Scenario: The venue's rules can give another path: automatic replenishment
    Given an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    And A has auto_add_margin true
    When BTC falls by 10%
    And the venue acts by itself
    Then the equity of pool isolated/A is 180 USDC
    And the idle equity is 1,620 USDC
    And the pool isolated/A is not liquidatable
    And the explanation of equity:isolated/A mentions "assigned_margin of A = 380"

  @B3
  Scenario: Without that path an isolated position is left to itself
    Given an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    When BTC falls by 10%
    And the venue acts by itself
    Then A is closed
    And 200 USDC went to the "market"
    And the idle equity is 1,800 USDC

  @B19
  Scenario: Margin added to one isolated position changes no other
    Given an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    And an isolated short B of 0.25 ETH at 4,000 with 5x leverage
    And this account is remembered as "before"
    When 100 USDC are added to A
    Then it is allowed
    And the equity of pool isolated/A is 100 more than in "before"
    And the equity of pool isolated/B is as in "before"
    And the equity of pool cross is 100 less than in "before"
    And the liquidation price of A is 85,000
    And the liquidation price of B is as in "before"

  @B21
  Scenario: Not more than is idle can be added, and a refusal changes nothing
    Given an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    And this account is remembered as "before"
    When 1,800.01 USDC are added to A
    Then it is refused, because not more than is idle can be added
    And the account is as in "before"

  @B21
  Scenario: What is in use cannot be removed
    Given an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    When 0.01 USDC are removed from A
    Then it is refused, because the initial margin must stay

  @B21
  Scenario: Margin is added to isolated positions only
    Given a cross long A of 0.02 BTC at 100,000 with 10x leverage
    When 50 USDC are added to A
    Then it is refused, because margin is assigned to isolated positions only

  @B20
  Scenario: Idle equity can be withdrawn, and no more
    Given a cross long A of 0.02 BTC at 100,000 with 10x leverage
    When 1,800 USDC are withdrawn
    Then it is allowed
    When 0.01 USDC are withdrawn
    Then it is refused, because what is in use stays

  @B22
  Scenario: Opening an isolated position assigns its margin
    Given an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    When an isolated order buys 0.02 BTC at 100,000 with 10x leverage
    Then it is allowed
    And the equity of pool isolated/A is 400 USDC
    And the idle equity is 1,600 USDC
