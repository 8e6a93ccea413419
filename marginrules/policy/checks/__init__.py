"""Checks of a whole policy, beyond the dimensions that `elaborate` sees to: one module each, run in this order.

A check is a function from `Checking` to what it found. It reports, and never stops at the first problem.
"""

from marginrules.policy.checks.collateral_drawn_twice import collateral_drawn_twice
from marginrules.policy.checks.context import Check
from marginrules.policy.checks.decided_conditions import decided_conditions
from marginrules.policy.checks.incomplete_header import incomplete_header
from marginrules.policy.checks.initial_below_maintenance import initial_below_maintenance
from marginrules.policy.checks.names_taken import names_taken
from marginrules.policy.checks.pool_coverage import pool_coverage
from marginrules.policy.checks.rate_out_of_range import rate_out_of_range
from marginrules.policy.checks.ratio_boundaries import ratio_boundaries
from marginrules.policy.checks.restated_facts import restated_facts
from marginrules.policy.checks.tier_tables import tier_tables
from marginrules.policy.checks.undeclared_sources import undeclared_sources
from marginrules.policy.checks.unreachable_branches import unreachable_branches
from marginrules.policy.checks.unused_definitions import unused_definitions
from marginrules.policy.checks.upside_down_boundaries import upside_down_boundaries

CHECKS: tuple[Check, ...] = (
    incomplete_header,
    undeclared_sources,
    names_taken,
    restated_facts,
    pool_coverage,
    collateral_drawn_twice,
    tier_tables,
    rate_out_of_range,
    ratio_boundaries,
    upside_down_boundaries,
    initial_below_maintenance,
    unreachable_branches,
    decided_conditions,
    unused_definitions,
)
