"""The sections of a report on one document, in words and numbers."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from compute.cost import MEASURES
from compute.data.source import SOURCES
from compute.document import SETTINGS
from compute.evaluation import Judged
from compute.numbers_text import count_text, plural, seconds_text
from compute.ops import find
from compute.optimizers import OPTIMIZERS
from compute.predictions import confusion, scores
from compute.report.blocks import Block, Cell, Chart, Curve, Facts, Picture, Report, Section, Table, Text
from compute.report.findings import Findings, versions
from compute.report.words import bars, cut, metric, number, value_text
from compute.schedules import SCHEDULES
from compute.series import LOSS, VALIDATION_LOSS
from compute.shapes import show

MOST_LINES = 1000
"""Of a table; more are counted."""
MOST_DRAWN = 250
"""Nodes of a graph whose picture has numbers."""
MOST_COLUMNS = 40
MOST_CLASSES = 30
HIDDEN = "The document still asks a learner for its numbers, so none are told here."


def report_of(found: Findings, made: datetime) -> Report:
    """The report on one document."""
    document = found.document
    sections = [
        Section("Network", _network(found)),
        Section("Data and preparation", _data(found)),
        Section("Settings", _settings(found)),
        Section("Training", _training(found)),
        Section("Results", _results(found)),
        Section("Cost", _cost(found)),
        Section("Gradients, audited", _gradients(found)),
        Section("Weights", _weights(found)),
        Section("Provenance", _provenance(found)),
    ]
    return Report(cut(document.name) or "Untitled", headline(found), sections, made_text(made), (document.name,))


def made_text(made: datetime) -> str:
    """When and by what."""
    return f"Made by Gradwire on {made:%Y-%m-%d} at {made:%H:%M}."


def headline(found: Findings) -> str:
    """The whole in a line."""
    graph, progress = found.document.graph, found.document.progress
    parts = [f"{_many('node', len(graph.nodes))}, {_many('wire', len(graph.wires))}"]
    if found.cost is not None:
        parts.append(_many("parameter", found.cost.total.parameters))
    parts.append(
        f"trained for {_many('epoch', progress.epochs)}" if progress is not None and progress.steps else "not trained"
    )
    if not found.hidden and found.judged is not None and found.judged.loss is not None:
        told = [f"loss {number(found.judged.loss)}"]
        told += [f"{name} {metric(name, value)}" for name, value in found.judged.metrics.items()]
        parts.append(f"{found.judged.on} {', '.join(told)}")
    return " · ".join(parts)


def _many(noun: str, count: int) -> str:
    return f"{count_text(count)} {plural(noun, count)}"


def shortened(table: Table, most: int = MOST_LINES) -> list[Block]:
    """A table, or as much of it as a person may still read."""
    if len(table.lines) <= most:
        return [table]
    rest = len(table.lines) - most
    shown = Table(table.header, table.lines[:most], table.left)
    return [shown, Text(f"{_many('more line', rest)} {'is' if rest == 1 else 'are'} left out.", "dim")]


def _problem(found: Findings, what: str) -> list[Block]:
    return [Text(found.problems[what], "error")] if what in found.problems else []


# -- the graph ------------------------------------------------------------------------------------------------


def _network(found: Findings) -> list[Block]:
    graph, analysis = found.document.graph, found.workspace.analysis
    if not graph.nodes:
        return [Text("The graph has no nodes.", "dim")]
    lines = []
    for node in graph.nodes.values():
        op = find(node.op)
        shape = analysis.shapes.get(node.id)
        lines.append(
            (
                cut(node.label, 40),
                op.title if op else cut(node.op, 40),
                node_settings(node),
                show(shape) if shape is not None else "–",
            )
        )
    shows = found.trace.values and len(graph.nodes) <= MOST_DRAWN
    blocks: list[Block] = [Picture(0, "Values and gradients are those of the first batch." if shows else "")]
    problems = [problem.sentence for name, problem in analysis.problems.items() if name in graph.nodes]
    blocks += [Text(sentence, "error") for sentence in problems[:20]]
    return [*blocks, *shortened(Table(("node", "operation", "settings", "shape"), lines, 4))]


def node_settings(node: Any) -> str:
    """The settings of a node that are not as usual."""
    op = find(node.op)
    usual = {param.name: param.default for param in op.params} if op else {}
    own = {name: value for name, value in node.params.items() if not same_value(value, usual.get(name))}
    off = {"mute": "muted", "bypass": "bypassed"}.get(str(node.off or ""), "")
    return cut("; ".join(filter(None, [off, *(f"{name} {value_text(value)}" for name, value in own.items())])))


def same_value(a: Any, b: Any) -> bool:
    """Whether two settings are the same."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return bool(np.array_equal(np.asarray(a), np.asarray(b)))
    return bool(a == b)


# -- data -----------------------------------------------------------------------------------------------------


def _data(found: Findings) -> list[Block]:
    workspace, data = found.workspace, found.document.data
    source = SOURCES.get(str(data.get("source", "")))
    pairs = [("source", source.title if source else cut(str(data.get("source", "–"))))]
    for name, value in data.items():
        if name not in ("source", "columns", "reading", "prepare"):
            pairs.append((name.replace("_", " "), value_text(value) or "–"))
    pairs = [(name, text) for name, text in pairs if text != "–"]
    prepared, program = workspace.prepared, workspace.program
    if prepared is None or not program.train:
        problems = [Text(problem.sentence, "error") for problem in workspace.problems]
        return (
            [*problems, Text("The graph reads no data: one step is an epoch.", "dim")]
            if not problems
            else [*problems, Facts(pairs)]
        )
    parts = [("training", program.rows), ("validation", program.validation_rows), ("test", program.test_rows)]
    pairs.append(("rows", ", ".join(f"{count_text(count)} for {name}" for name, count in parts if count)))
    if len(prepared.left_out):
        pairs.append(("left out", f"{_many('row', len(prepared.left_out))}, as something is missing in them"))
    sums = "\n".join(f"{name} {column.sum}" for name, column in sorted(prepared.fitted.columns.items()))
    pairs.append(("checksum of its columns", f"{zlib.crc32(sums.encode()):08x}"))
    roles = _roles(found)
    lines = []
    for name, column in prepared.fitted.columns.items():
        kind = f"text, {len(column.classes)} classes" if column.classes else "numbers"
        scaled = (
            name in prepared.means and prepared.standardized and (prepared.means[name], prepared.stds[name]) != (0, 1)
        )
        lines.append(
            (
                cut(name, 40),
                ", ".join(roles.get(name, ())) or "–",
                kind,
                cut(", ".join(column.classes), 60) if column.classes else "standardized" if scaled else "as it is",
                "–" if column.classes else number(column.mean),
                "–" if column.classes else number(column.std),
            )
        )
    notes = [Text(note, "dim") for note in (*prepared.notes, *workspace.notes)]
    changed = (
        [
            Text(
                f"Columns that hold something else than when it was trained: {cut(', '.join(workspace.changed))}.",
                "error",
            )
        ]
        if workspace.changed
        else []
    )
    table = Table(("column", "read by", "kind", "prepared", "mean", "deviation"), lines, 4)
    about = Text(
        "Mean and deviation are of the training rows; they and the order of classes are kept with the weights.", "dim"
    )
    return [Facts(pairs), *(shortened(table, MOST_COLUMNS) if lines else ()), about, *notes, *changed]


def _roles(found: Findings) -> Mapping[str, list[str]]:
    """By which nodes each column is read."""
    roles: dict[str, list[str]] = {}
    analysis, graph = found.workspace.analysis, found.document.graph
    for node in analysis.order:
        if analysis.ops[node].role in ("input", "target"):
            for name in analysis.settings[node].get("columns", ()):
                label = graph.nodes[node].label if node in graph.nodes else node
                roles.setdefault(str(name), []).append(f"{analysis.ops[node].role} {cut(label, 20)}")
    return roles


# -- settings and training ------------------------------------------------------------------------------------


def _settings(found: Findings) -> list[Block]:
    return [Facts(settings_of(found))]


def settings_of(found: Findings) -> list[tuple[str, str]]:
    """Every setting of the training, by name."""
    training, pairs = found.document.training, []
    for name in SETTINGS:
        value = getattr(training, name)
        if name == "loss" and value in found.document.graph.nodes:
            value = found.document.graph.nodes[value].label
        if name in ("optimizer", "schedule"):
            kinds: Mapping[str, Any] = OPTIMIZERS if name == "optimizer" else SCHEDULES
            kind = kinds.get(str(value.get("name", "")))
            pairs.append((name, cut(str(getattr(kind, "title", value.get("name", "–"))))))
            for param in kind.params if kind else ():
                pairs.append((f"– {param.name.replace('_', ' ')}", value_text(value.get(param.name, param.default))))
        else:
            pairs.append((name.replace("_", " "), value_text(value)))
    return pairs


def _training(found: Findings) -> list[Block]:
    progress = found.document.progress
    if progress is None or not progress.steps:
        return [Text("Not trained: the weights are the first ones.", "dim")]
    blocks: list[Block] = [Facts(training_of(found)), *curves([found])]
    if progress.turns:
        lines = [
            (f"{turn.epoch:g}", cut(turn.what), cut(turn.before, 40), cut(turn.after, 40)) for turn in progress.turns
        ]
        blocks.append(Table(("epoch", "changed on the way", "before", "after"), lines[:MOST_LINES], 4))
    return blocks


def training_of(found: Findings) -> list[tuple[str, str]]:
    """How far the training went, by name; nothing where there was none."""
    progress = found.document.progress
    if progress is None or not progress.steps:
        return []
    pairs = [
        ("epochs", count_text(progress.epochs)),
        ("steps", count_text(progress.steps)),
        ("mean loss of the last epoch", number(progress.mean_loss)),
    ]
    if progress.best is not None:
        best = progress.best
        kept = "; its weights were put back" if best.stopped else ""
        pairs.append(("best", f"loss {number(best.loss)} after epoch {best.epoch}{kept}"))
    return pairs


def curves(of: Sequence[Findings], names: Sequence[str] = ("",)) -> list[Chart]:
    """The losses over the epochs, and then every metric on one scale."""
    losses, others = [], dict[str, list[Curve]]()
    for i, found in enumerate(of):
        series = found.document.progress.series if found.document.progress is not None else {}
        before = f"{names[i]}: " if names[i] else ""
        for name, points in series.items():
            pairs = [(x, y) for x, y in points.pairs() if math.isfinite(x) and math.isfinite(y)]
            if len(pairs) < 2:
                continue
            x, y = zip(*pairs, strict=True)
            if name in (LOSS, VALIDATION_LOSS):
                losses.append(Curve(f"{before}{_CURVES[name]}", x, y, name == VALIDATION_LOSS, bool(i)))
            else:
                kind = next((each for each in ("accuracy", "precision", "recall", "F1", "AUC") if each in name), name)
                key = "Metrics" if kind != name else name
                others.setdefault(key, []).append(Curve(f"{before}{name}", x, y, len(others.get(key, ())), bool(i)))
    charts = []
    if losses:
        positive = all(min(curve.y) > 0 for curve in losses)
        wide = positive and max(max(c.y) for c in losses) > 10 * min(min(c.y) for c in losses)
        charts.append(Chart("Loss", "epoch", losses, wide))
    return charts + [Chart(name[:1].upper() + name[1:], "epoch", each) for name, each in list(others.items())[:12]]


_CURVES = {LOSS: "training", VALIDATION_LOSS: "validation"}


# -- results --------------------------------------------------------------------------------------------------


def results_of(found: Findings) -> dict[str, str]:
    """Every number that says how good the network is, by name."""
    pairs: dict[str, str] = {}
    for judged in (found.judged, found.tested):
        if judged is not None and judged.loss is not None:
            pairs |= _judged(judged)
    if found.predicted is not None and found.judged is not None:
        for name, value in scores(found.predicted).items():
            pairs.setdefault(f"{name}, {found.judged.on}", metric(name, value))
    return pairs


def _judged(judged: Judged) -> dict[str, str]:
    numbers = {"loss": number(judged.loss), **{name: metric(name, value) for name, value in judged.metrics.items()}}
    return {f"{name}, {judged.on}": text for name, text in numbers.items()}


def _results(found: Findings) -> list[Block]:
    if found.hidden:
        return [Text(HIDDEN, "dim")]
    problems = _problem(found, "results") or _problem(found, "trace")
    if problems:
        return problems
    if found.trace.loss is None:
        return [Text("No loss is chosen, so there is nothing by which the network could be judged.", "dim")]
    pairs = list(results_of(found).items())
    if not pairs:
        pairs = [("loss of the first batch", number(found.trace.loss))]
    judged, predicted = found.judged, found.predicted
    blocks: list[Block] = [Facts(pairs)]
    if judged is not None and judged.rows:
        blocks.append(Text(f"On {_many('row', judged.rows)} of {judged.on}, with the weights of the document.", "dim"))
    if found.workspace.program.test_rows and found.tested is None:
        kept = _many("row", found.workspace.program.test_rows)
        blocks.append(Text(f"{kept} kept for a test were not looked at.", "dim"))
    if predicted is not None and predicted.classes and len(predicted.names) <= MOST_CLASSES:
        blocks += _confusion(found)
    return blocks


def _confusion(found: Findings) -> list[Block]:
    predicted = found.predicted
    assert predicted is not None
    counts = confusion(predicted)
    most = max(1, int(counts.max()))
    names = [cut(name, 16) for name in predicted.names]
    lines: list[list[str | Cell]] = []
    for name, row in zip(names, counts, strict=True):
        cells = [
            Cell(count_text(int(n)), int(n) / most, tone="good" if i == len(lines) else "error")
            for i, n in enumerate(row)
        ]
        lines.append([name, *cells])
    rows = (
        f"{_many('row', int(counts.sum()))} of {predicted.total}"
        if counts.sum() < predicted.total
        else _many("row", predicted.total)
    )
    about = Text(f"Confusion matrix over {rows}: what each class is, down, and what it is taken for, across.", "dim")
    return [about, Table(("", *names), lines, 1, wide=True)]


# -- cost, gradients, weights ---------------------------------------------------------------------------------


def _cost(found: Findings) -> list[Block]:
    cost, times = found.cost, found.times
    if cost is None or not cost.nodes:
        return _problem(found, "cost") or [Text("Nothing can be computed, so nothing is counted.", "dim")]
    columns = [shown for shown in MEASURES if shown.of(cost.total, times) is not None]
    lines: list[list[str | Cell]] = []
    for each in (*cost.nodes, cost.total):
        label = found.document.graph.nodes[each.node].label if each.node in found.document.graph.nodes else each.node
        cells: list[str | Cell] = [cut(label, 30) if each.node else "total"]
        for shown in columns:
            mine, whole = shown.of(each, times) or 0, shown.of(cost.total, times) or 0
            cells.append(Cell(shown.text(mine), mine / whole if whole and each.node else 0.0))
        lines.append(cells)
    used = cost.used
    what = "A training step" if cost.trains else "The values"
    told = [
        f"{what} over {_many('row', cost.rows)}, counted as the reference engine does it; bytes in float32.",
        f"One row of the trained network takes {_many('multiply-add', used.multiply_adds)}, "
        f"{count_text(used.arithmetic)} other multiplications and additions, {_many('exp', used.exps)} and "
        f"{_many('division', used.divisions)}.",
    ]
    if times is not None:
        told.append(f"Time measured on {times.engine}: {seconds_text(times.total)}. {times.how}")
    head = ("node", *(shown.title for shown in columns))
    if len(lines) > MOST_LINES:
        return [*shortened(Table(head, lines)), Text(" ".join(told), "dim")]
    return [Table(head, lines, last=True), Text(" ".join(told), "dim")]


def _gradients(found: Findings) -> list[Block]:
    audit, graph = found.audit, found.document.graph
    if found.hidden:
        return [Text(HIDDEN, "dim")]
    if audit is None:
        return _problem(found, "audit") or [Text("There is no loss, so there are no gradients.", "dim")]

    def label(node: str) -> str:
        return cut(graph.nodes[node].label, 30) if node in graph.nodes else node

    items = sorted(audit.check.items, key=lambda item: ("failed", "not finite", "kink", "ok").index(item.verdict))
    lines = []
    for item in items:
        what = cut(item.name, 40) if item.wire is None else f"wire {label(item.wire[0])} → {label(item.wire[1])}"
        verdict = _VERDICTS[item.verdict]
        tone: Any = "good" if item.verdict == "ok" else "error" if item.verdict == "failed" else ""
        lines.append(
            (
                what,
                Cell(verdict, tone=tone),
                f"{count_text(item.checked)} of {count_text(item.total)}",
                number(item.absolute),
            )
        )
    about = Text(
        "Each gradient is compared with the slope of the loss, computed again in float64 with one number moved.",
        "dim",
    )
    tone = "good" if audit.agrees else "error"
    return [
        Text(audit.summary(label), tone),
        *shortened(Table(("gradient of", "found", "entries compared", "largest difference"), lines, 2)),
        about,
    ]


_VERDICTS = {"ok": "agrees", "kink": "right, at a kink", "failed": "wrong", "not finite": "cannot be checked"}


def _weights(found: Findings) -> list[Block]:
    program, first = found.workspace.program, found.workspace.program.initial
    if found.hidden:
        return [Text(HIDDEN, "dim")]
    if not program.weights:
        return [Text("The network has no weights.", "dim")]
    lines: list[list[str | Cell]] = []
    for name, weight in program.weights.items():
        array = np.asarray(weight, np.float64)
        if not array.size:
            continue
        faults = int((~np.isfinite(array)).sum())
        moved = first.get(name)
        with np.errstate(all="ignore"):
            numbers = [array.mean(), array.std(), array.min(), array.max(), np.linalg.norm(array)]
            away = "–" if moved is None else number(float(np.linalg.norm(array - np.asarray(moved))))
        tone: Any = "error" if faults else ""
        lines.append(
            [Cell(cut(name, 40), tone=tone), show(array.shape), Cell(bars=bars(array)), *map(number, numbers), away]
        )
    header = ("weight", "shape", "spread", "mean", "deviation", "least", "most", "norm", "moved")
    about = Text("Moved: the norm of the difference from the first weights, where training has changed them.", "dim")
    return [*shortened(Table(header, lines, 2)), about]


# -- provenance -----------------------------------------------------------------------------------------------


def _provenance(found: Findings) -> list[Block]:
    return [Facts(origin(found))]


def origin(found: Findings) -> list[tuple[str, str]]:
    """By what the numbers were made, and of which file."""
    document = found.document
    return [
        ("document", cut(document.path.name) if document.path else "never saved"),
        ("SHA-256 of the file", found.checksum or "–"),
        ("seed", str(document.training.seed)),
        ("computed by", found.engine),
        *([("device of the window", found.device)] if found.device and found.device != found.engine else []),
        *versions(),
    ]
