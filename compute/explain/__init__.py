"""The explanation of backpropagation: every number of a traced pass, its rule, its numbers and its origin.

``walk`` gives the steps of one pass; ``why`` answers for one number. Both are made from op declarations: a new op is
explained without a change here, by its rule, its products or its moves, or by a module that it names (``told``).
"""

from __future__ import annotations

from compute.explain.answer import Answer, Part
from compute.explain.facts import Entry, Facts, Kind, Quantity, left_by
from compute.explain.outline import Granularity
from compute.explain.storage import Memory, Phase, Stored
from compute.explain.walk import Step, Steps, tell, walk, walking, why

__all__ = [
    "Answer",
    "Entry",
    "Facts",
    "Granularity",
    "Kind",
    "Memory",
    "Part",
    "Phase",
    "Quantity",
    "Step",
    "Steps",
    "Stored",
    "left_by",
    "tell",
    "walk",
    "walking",
    "why",
]
