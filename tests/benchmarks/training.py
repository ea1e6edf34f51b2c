"""How long a training step takes: ``python tests/benchmarks/training.py`` prints JSON.

It is ``gradwire benchmark --only training --json``; further options of that command may follow.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from compute.cli import main

if __name__ == "__main__":
    sys.exit(main(["benchmark", "--only", "training", "--json", *sys.argv[1:]]))
