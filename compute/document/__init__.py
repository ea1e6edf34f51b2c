"""The document: what the program holds, and how it is read from and written to files."""

from compute.document.exercise import Asked, Drawn, Exercise, Learner
from compute.document.model import Document, Weights
from compute.document.opening import LOCKS, Opening
from compute.document.reading import from_json
from compute.document.runs import KeptRun, Origin, Runs
from compute.document.settings import MOST, REDONE, SETTINGS, TrainingSettings
from compute.document.storage import ENDINGS, dumps, load, loads, save
from compute.document.watch import Watch
from compute.document.writing import plain, to_json
from compute.state import Progress

__all__ = [
    "ENDINGS",
    "LOCKS",
    "MOST",
    "REDONE",
    "SETTINGS",
    "Asked",
    "Document",
    "Drawn",
    "Exercise",
    "KeptRun",
    "Learner",
    "Opening",
    "Origin",
    "Progress",
    "Runs",
    "TrainingSettings",
    "Watch",
    "Weights",
    "dumps",
    "from_json",
    "load",
    "loads",
    "plain",
    "save",
    "to_json",
]
