"""Every property of the suite on fifty times as many random cases, others each time.

``python -m tests.campaigns.properties [FILE …]``; the suite tries each on some ten to forty that are always the same.
"""

from __future__ import annotations

import os
import sys

import pytest


def main() -> int:
    """Returns pytest's exit status."""
    os.environ["HYPOTHESIS_PROFILE"] = "search"
    return pytest.main(["-m", "hypothesis", "--timeout=0", "-p", "no:cacheprovider", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
