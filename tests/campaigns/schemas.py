"""The published schema against mutated documents: what it accepts opens, or is refused for what it means and not for
how it is written. ``python -m tests.campaigns.schemas [--cases N] [--seed N]``"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from compute.document import load
from compute.errors import GradwireError
from compute.schema import document_schema
from tests.campaigns.mutations import written
from tests.compute.schema_check import wrong

LARGEST = 60_000
"""Bytes of a document; larger ones take long and say nothing more."""
WRITTEN = "xpected `"
"""In the sentence on a value of another type than is wanted."""


@dataclass
class Found:
    """counts: how many documents, by what the schema and opening said; wrong: the cases that the schema accepts and
    opening refuses for how they are written."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[int, str, str]] = field(default_factory=list)


def compare(seed: int, numbers: Iterable[int]) -> Found:
    """Ask both about some cases."""
    found, schema = Found(), json.loads(json.dumps(document_schema()))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.json"
        for number in numbers:
            try:
                mutation, data = written(seed, number)
                if len(data) > LARGEST:
                    continue
                document = json.loads(data)
                fault = wrong(schema, document, schema)
            except (ValueError, RecursionError):
                continue  # of another kind of fault, or nested deeper than is opened
            path.write_bytes(data)
            said = _opening(path)
            opens = (
                "opens" if not said else f"refused for {'how it is written' if WRITTEN in said else 'what it means'}"
            )
            found.counts[f"{'refused' if fault else 'accepted'}, {opens}"] += 1
            if not fault and WRITTEN in said:
                found.wrong.append((number, mutation, said))
    return found


def _opening(path: Path) -> str:
    try:
        load(path)
    except GradwireError as error:
        return str(error)
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    found = compare(args.seed, range(args.cases))
    print(json.dumps({"counts": dict(found.counts), "wrong": found.wrong}, indent=1))
    return 1 if found.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
