# docs/behaviours.md, "Scope of collateral"
Feature: Which part of an account backs a position
  The margin mode decides how much of the account's capital stands behind a position.

  Background:
    Given the policy "documented"
    And an account with 2,000 USDC

  @B1
  Scenario: The whole eligible equity backs every cross position, as one pool
    Given a cross long A of 0.02 BTC at 100,000 with 10x leverage
    And a cross short B of 0.5 ETH at 2,000 with 5x leverage
    Then A is backed by pool cross
    And B is backed by pool cross
    And the equity of pool cross is 2,000 USDC

  @B2
  Scenario: What was assigned to an isolated position backs it, and nothing else
    Given an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    When BTC falls by 12%
    Then the equity of pool isolated/A is -40 USDC
    And the pool isolated/A is liquidatable
    And the equity of pool cross is 1,800 USDC

  @B4
  Scenario: Collateral that the venue does not accept backs nothing
    Given a cross long A of 0.02 BTC at 100,000 with 10x leverage
    And a balance of 500 HYPE
    Then the equity of pool cross is 2,000 USDC

  @B4
  Scenario: An accepted asset counts at its collateral rate
    Given the policy "binance-usdm"
    And account multiAssetsMargin is true
    And a balance of 1 BNB
    And BNB is worth 1,000 USD and counts 95% as collateral
    Then the equity of pool cross is 2,950 USD

  @B5
  Scenario: Cross and isolated positions side by side, each backed by its own pool
    Given a cross short B of 0.5 ETH at 2,000 with 5x leverage
    And an isolated long A of 0.02 BTC at 100,000 with 10x leverage
    Then A is backed by pool isolated/A
    And B is backed by pool cross
    And the equity of pool isolated/A is 200 USDC
    And the equity of pool cross is 1,800 USDC
    And no collateral stands behind two pools
