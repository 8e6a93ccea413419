"""From a syntax tree to a checked policy: rules, dimensions, checks, the plan, and the catalogue of shipped policies."""
