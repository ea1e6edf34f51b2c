"""What is said of a file that is not there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from compute.data.words import did_you_mean


def no_file(name: str, what: str, others: Sequence[str] = ()) -> str:
    """The sentence for a file that is not there, with the documents or other names that are nearly called so."""
    from compute.document import ENDINGS

    folder, wanted = Path(name).parent, Path(name).name
    there: list[str] = []
    where = ""
    try:
        there = sorted(entry for entry in os.listdir(folder) if entry.endswith(ENDINGS))
    except FileNotFoundError:
        where = f'there is no folder "{folder}" either; '
    except OSError:
        pass  # a folder that may not be looked into
    return f"{what}; {where}{did_you_mean(wanted, [*others, *there])}--help shows how to call"
