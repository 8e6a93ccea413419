"""(policy, account) to report: arrange pools, evaluate the plan, solve for prices, explain.

`interpret` is the reference: every node kind in one closed `match`, unknown values carried along with their reason.
`kernel` compiles the same plan to Python source for accounts whose data is complete; it gives the same values or
steps aside. `walk` follows a pool along one price, for `solve`. Nothing here reads JSON (but `documents`), a clock
or a global setting.
"""
