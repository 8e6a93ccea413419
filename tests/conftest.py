"""What every test shares: how Hypothesis searches.

`ci`, the default, finds the same examples in every run, so that a red build is red again. Before a release, or when
hunting, search further: `HYPOTHESIS_PROFILE=deep make test`.
"""

import os

from hypothesis import HealthCheck, settings

# No deadline in either: a test asserts what is computed, never how fast.
settings.register_profile(
    "ci",
    derandomize=True,
    database=None,
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile("deep", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
