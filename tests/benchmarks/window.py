"""What the window costs training, and how it keeps up: ``python tests/benchmarks/window.py`` prints JSON.

It is ``gradwire benchmark --only window --json``; further options of that command may follow.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from main import main

if __name__ == "__main__":
    sys.exit(main(["benchmark", "--only", "window", "--json", *sys.argv[1:]]))
