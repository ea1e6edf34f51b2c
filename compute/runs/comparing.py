"""In what runs differ: their settings beside each other, and what came of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compute.document.runs import KeptRun, Origin, automatic_title, size_of
from compute.document.settings import TrainingSettings
from compute.graph import Graph
from compute.numbers_text import short
from compute.series import LOSS, VALIDATION_LOSS, Points
from compute.state import Progress

Flat = dict[str, str]
_LONGEST = 60


@dataclass(frozen=True)
class Line:
    """One run as it stands in a table. train, validation, metric: at its end, None where there is none; best: the
    lowest validation loss; metric_name: what ``metric`` is; kept: whether it is beside the one that goes on; whole:
    whether it can go on."""

    number: int
    title: str
    named: bool
    epochs: int
    steps: int
    train: float | None
    validation: float | None
    best: float | None
    metric: float | None
    metric_name: str
    seconds: float
    parent: int
    branched: int
    settings: Mapping[str, str]
    kept: bool = True
    whole: bool = True


def line_of(run: KeptRun) -> Line:
    """A run that is kept."""
    settings = flat(run.graph, run.data, run.training, run.size)
    return _line(run.origin, run.title, run.progress, settings, kept=True, whole=run.weights is not None)


def line_now(
    origin: Origin,
    graph: Graph,
    data: Mapping[str, Any],
    training: TrainingSettings,
    progress: Progress,
    shapes: Sequence[tuple[int, ...]],
) -> Line:
    """The run that goes on; shapes: of its weights, in the order of the network."""
    size = size_of(shapes)
    title = origin.name or automatic_title(origin.number, training, size)
    return _line(origin, title, progress, flat(graph, data, training, size), kept=False, whole=True)


def _line(
    origin: Origin, title: str, progress: Progress, settings: Mapping[str, str], *, kept: bool, whole: bool
) -> Line:
    series = progress.series
    validation = series.get(VALIDATION_LOSS) or Points()
    metrics = sorted(name for name in series if name not in (LOSS, VALIDATION_LOSS))
    name = next((name for name in metrics if name.endswith("accuracy")), metrics[0] if metrics else "")
    return Line(
        origin.number,
        title,
        bool(origin.name),
        progress.epochs,
        progress.steps,
        _last(series.get(LOSS) or Points()),
        _last(validation),
        float(validation.y.min()) if len(validation.y) else None,
        _last(series[name]) if name else None,
        name,
        origin.seconds,
        origin.parent,
        origin.branched,
        settings,
        kept,
        whole,
    )


def _last(points: Points) -> float | None:
    return float(points.y[-1]) if len(points.y) else None


def flat(graph: Graph, data: Mapping[str, Any], training: TrainingSettings, size: str) -> Flat:
    """All that a run was made with, by name: the size of its network, settings of training and data, and those of its
    nodes."""
    out: Flat = {"network": size}
    for name, value in training.written().items():
        if isinstance(value, Mapping):
            out |= {(key if key != "name" else name): _text(each) for key, each in value.items()}
        elif name != "loss":
            out[name.replace("_", " ")] = _text(value)
    out = {name.replace("_", " "): value for name, value in out.items()}
    source = data.get("source")
    out["data"] = str(data.get("name") or data.get("path") or source)
    for name in ("validation_fraction", "standardize"):
        out[name.replace("_", " ")] = _text(data.get(name, 0.0 if name == "validation_fraction" else False))
    for node in graph.nodes.values():
        out[f"{node.id} is"] = f"{node.op} {node.off}".strip()
        out |= {f"{node.id}.{name}": _text(value) for name, value in node.params.items()}
    return out


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = short(value) if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def differing(settings: Sequence[Mapping[str, str]]) -> list[str]:
    """The names of what is not the same in all, in the order in which they come; what is nowhere but in some networks
    only where these are of one size."""
    names = dict.fromkeys(name for each in settings for name in each)
    differ = [name for name in names if len({each.get(name) for each in settings}) > 1]
    if "network" in differ:
        # The network's size says it; which nodes that takes would be a column for each.
        differ = [name for name in differ if all(name in each for each in settings)]
    return differ


def told(one: Line, other: Line) -> list[str]:
    """In what two runs differ, line by line."""
    names = differing([one.settings, other.settings])
    lines = [f"{name}: {one.settings.get(name, '–')} → {other.settings.get(name, '–')}" for name in names]
    for title, a, b in (
        ("train loss", one.train, other.train),
        ("validation loss", one.validation, other.validation),
        (one.metric_name or other.metric_name, one.metric, other.metric),
    ):
        if a is not None and b is not None:
            lines.append(f"{title}: {short(a)} → {short(b)}")
    return lines
