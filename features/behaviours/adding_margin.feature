# docs/behaviours.md, "Adding and taking margin". What the venue allows or refuses (B3, B19, B21) comes with actions.
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
