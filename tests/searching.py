"""On how many random cases a property is tried: on few in the suite, on many where somebody searches.

``HYPOTHESIS_PROFILE=search python -m pytest tests/compute/test_split.py`` tries fifty times as many, others each
time; ``python -m tests.campaigns.properties`` does so with every property.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, settings

FEW, TIMES = 40, 50
SEARCHES = os.environ.get("HYPOTHESIS_PROFILE") == "search"


def tries(few: int, **more: Any) -> settings:
    """So many in the suite; ``more``: other settings."""
    return settings(max_examples=few * TIMES if SEARCHES else few, **more)


def load() -> None:
    """What counts for properties that ask for no number of cases."""
    too_slow = [HealthCheck.too_slow]
    settings.register_profile(
        "ci", max_examples=FEW, derandomize=True, deadline=None, database=None, suppress_health_check=too_slow
    )
    settings.register_profile("search", settings.get_profile("ci"), derandomize=False, max_examples=FEW * TIMES)
    settings.load_profile("search" if SEARCHES else "ci")
