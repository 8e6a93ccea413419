# https://docs.paradex.trade/risk, read 2026-11-20
Feature: Cross margin on Paradex

  Background:
    Given the policy "paradex"
    And an account with 1,000 USDC
    And a cross short A of 1 BTC at 90,000 with 10x leverage
    And the BTC contract has imf_base 0.02
    And the BTC contract has mmf_factor 0.5
    And the BTC contract has taker_fee_rate 0.0003

  Scenario: A fee provision is part of both requirements
    Then the initial margin of A is 1,827
    And the maintenance margin of A is 927

  Scenario: Orders count as if the worse side were filled
    Given a resting order to buy 3 BTC at 90,000 with 10x leverage
    And a resting order to sell 2 BTC at 90,000 with 10x leverage
    Then the initial margin of pool cross is 5,481 USDC
    And the maintenance margin of pool cross is 927 USDC

  Scenario: An order that takes more than the account has is refused
    When a cross order sells 1 BTC at 90,000 with 10x leverage
    Then it is refused, because the initial margin must be there
