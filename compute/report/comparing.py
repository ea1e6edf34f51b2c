"""What differs between two documents: graph, data, settings, weights and results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from compute.cost import MEASURES
from compute.document import Document, plain
from compute.graph import Graph, Node
from compute.numbers_text import count_text, plural
from compute.ops import find
from compute.report.blocks import Block, Cell, Facts, Picture, Report, Section, Table, Text
from compute.report.findings import Findings
from compute.report.sections import (
    HIDDEN,
    curves,
    headline,
    made_text,
    node_settings,
    origin,
    results_of,
    same_value,
    settings_of,
    shortened,
    training_of,
)
from compute.report.words import cut, number, value_text
from compute.shapes import show


def comparison(a: Findings, b: Findings, made: datetime) -> Report:
    """The report on two documents side by side."""
    names = _names(a.document, b.document)
    parts: dict[str, tuple[list[Block], int]] = {
        "Network": _network(a, b, names),
        "Data and preparation": _data(a, b, names),
        "Settings": _pairs(settings_of(a), settings_of(b), names, "The settings of the training are the same."),
        "Training": _training(a, b, names),
        "Weights": _weights(a, b, names),
        "Results": _results(a, b, names),
        "Cost": _cost(a, b, names),
    }
    lines = [
        (title, "the same" if not count else f"{count_text(count)} {plural('difference', count)}")
        for title, (_, count) in parts.items()
    ]
    summary = Section("What differs", [Facts([*zip(names, (headline(a), headline(b)), strict=True)]), Facts(lines)])
    sections = [summary, *(Section(title, blocks) for title, (blocks, _) in parts.items())]
    both = [Table(("", *names), _beside(origin(a), origin(b)), 3)]
    differ = [title.lower() for title, (_, count) in parts.items() if count]
    told = f"They differ in {', '.join(differ)}." if differ else "Nothing differs."
    title = f"{names[0]} and {names[1]}"
    return Report(title, told, [*sections, Section("Provenance", both)], made_text(made), names)


def _names(a: Document, b: Document) -> tuple[str, str]:
    """What the two are called: by their files where their names are the same."""
    one, two = cut(a.name, 40) or "Untitled", cut(b.name, 40) or "Untitled"
    if one == two and a.path and b.path:
        one, two = cut(a.path.name, 40), cut(b.path.name, 40)
    return (f"{one} (first)", f"{two} (second)") if one == two else (one, two)


def _network(a: Findings, b: Findings, names: tuple[str, str]) -> tuple[list[Block], int]:
    one, two = a.document.graph, b.document.graph
    lines: list[tuple[str, str, str]] = []
    for node_id in dict.fromkeys([*one.nodes, *two.nodes]):
        mine, theirs = one.nodes.get(node_id), two.nodes.get(node_id)
        differ = _differing(mine, theirs)
        told = _node(a, mine, one, differ), _node(b, theirs, two, differ)
        if told[0] != told[1] or differ:
            node = mine or theirs
            lines.append((cut(node.label if node else node_id, 30), *told))
    blocks: list[Block] = [Picture(0, names[0]), Picture(1, names[1])]
    if not lines:
        return [*blocks, Text("Both have the same nodes, settings and wires.", "dim")], 0
    return [*blocks, *shortened(Table(("node", *names), lines, 3))], len(lines)


def _settings(node: Node) -> dict[str, str]:
    """All settings of a node in words, those that it leaves out too."""
    op = find(node.op)
    usual = {param.name: param.default for param in op.params} if op else {}
    return {name: value_text(value) for name, value in {**usual, **node.params}.items()}


def _differing(a: Node | None, b: Node | None) -> list[str]:
    """The settings that two nodes do not have in common."""
    if a is None or b is None:
        return []
    one, two = _settings(a), _settings(b)
    # What is too long for words may differ behind them.
    return [
        name
        for name in dict.fromkeys([*one, *two])
        if one.get(name) != two.get(name) or not same_value(a.params.get(name), b.params.get(name))
    ]


def _node(found: Findings, node: Node | None, graph: Graph, differ: Sequence[str]) -> str:
    """A node in a line: what it is, what it takes and what it gives."""
    if node is None:
        return "not there"
    op, shape = find(node.op), found.workspace.analysis.shapes.get(node.id)
    wires = {port: wire.source for (target, port), wire in graph.wires.items() if target == node.id}
    ports = [f"{port} ← {cut(graph.nodes[s].label, 20)}" for port, s in sorted(wires.items()) if s in graph.nodes]
    own = _settings(node)
    settings = "; ".join(f"{name} {own.get(name, '–')}" for name in differ) if differ else node_settings(node)
    parts = [op.title if op else cut(node.op, 40), settings, ", ".join(ports)]
    return "; ".join(filter(None, [*parts, show(shape) if shape is not None else "not computed"]))


def _data(a: Findings, b: Findings, names: tuple[str, str]) -> tuple[list[Block], int]:
    one, two = _data_of(a), _data_of(b)
    blocks, count = _pairs(one, two, names, "Both have the same data, split and prepared in the same way.")
    return blocks, count


def _data_of(found: Findings) -> list[tuple[str, str]]:
    pairs = [(name.replace("_", " "), _section(value)) for name, value in found.document.data.items()]
    program, prepared = found.workspace.program, found.workspace.prepared
    if prepared is not None and program.train:
        for name, count in (
            ("training rows", program.rows),
            ("validation rows", program.validation_rows),
            ("test rows", program.test_rows),
        ):
            pairs.append((name, count_text(count)))
        for name, column in prepared.fitted.columns.items():
            told = ", ".join(column.classes) or f"mean {number(column.mean)}, deviation {number(column.std)}"
            pairs.append((f"column {cut(name, 30)}", f"{cut(told, 80)}, checksum {column.sum:08x}"))
    return pairs


def _section(value: Any) -> str:
    if isinstance(value, Mapping) and value and all(isinstance(each, (list, np.ndarray)) for each in value.values()):
        return f"{len(value)} {plural('column', len(value))} of {len(next(iter(value.values())))}"
    return value_text(plain(value) if isinstance(value, np.ndarray) else value)


def _pairs(
    a: Sequence[tuple[str, str]], b: Sequence[tuple[str, str]], names: tuple[str, str], same: str
) -> tuple[list[Block], int]:
    """A line for each name whose texts differ."""
    lines = [line for line in _beside(a, b) if line[1] != line[2]]
    return (shortened(Table(("", *names), lines, 3)), len(lines)) if lines else ([Text(same, "dim")], 0)


def _beside(a: Sequence[tuple[str, str]], b: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    one, two = dict(a), dict(b)
    return [(name, one.get(name, "–"), two.get(name, "–")) for name in dict.fromkeys([*one, *two])]


def _training(a: Findings, b: Findings, names: tuple[str, str]) -> tuple[list[Block], int]:
    one, two = training_of(a), training_of(b)
    blocks, count = _pairs(one, two, names, "Both went equally far." if one else "Neither is trained.")
    return [*blocks, *curves([a, b], names)], count


def _weights(a: Findings, b: Findings, names: tuple[str, str]) -> tuple[list[Block], int]:
    if a.hidden or b.hidden:
        return [Text(HIDDEN, "dim")], 0
    one, two = a.workspace.program.weights, b.workspace.program.weights
    lines: list[list[str | Cell]] = []
    for name in dict.fromkeys([*one, *two]):
        mine, theirs = (np.asarray(each[name], np.float64) if name in each else None for each in (one, two))
        shapes = [show(each.shape) if each is not None else "–" for each in (mine, theirs)]
        if mine is None or theirs is None or mine.shape != theirs.shape:
            lines.append([cut(name, 40), *shapes, "–", "–", "–"])
        elif not np.array_equal(mine, theirs, equal_nan=True):
            with np.errstate(all="ignore"):
                away = np.abs(mine - theirs)
                norm = float(np.linalg.norm(mine))
                numbers = [float(away.max()), float(away.mean()), float(np.linalg.norm(away)) / norm if norm else None]
            lines.append([cut(name, 40), *shapes, *map(number, numbers)])
    if not lines:
        return [Text("All weights are the same to the last bit." if one else "Neither has weights.", "dim")], 0
    header = ("weight", *names, "largest difference", "mean difference", "by the norm")
    return shortened(Table(header, lines, 3)), len(lines)


def _results(a: Findings, b: Findings, names: tuple[str, str]) -> tuple[list[Block], int]:
    if a.hidden or b.hidden:
        return [Text(HIDDEN, "dim")], 0
    one, two = results_of(a), results_of(b)
    lines = [(name, one.get(name, "–"), two.get(name, "–")) for name in dict.fromkeys([*one, *two])]
    differ = sum(mine != theirs for _, mine, theirs in lines)
    problems: list[Block] = [
        Text(f"{name}: {found.problems['results']}", "error")
        for name, found in zip(names, (a, b), strict=True)
        if "results" in found.problems
    ]
    if not lines and not problems:
        return [Text("Neither has a loss by which it could be judged.", "dim")], 0
    return [*problems, *([Table(("", *names), lines, 1)] if lines else [])], differ + len(problems)


def _cost(a: Findings, b: Findings, names: tuple[str, str]) -> tuple[list[Block], int]:
    lines: list[tuple[str, str, str]] = []
    for shown in MEASURES:
        told = [
            shown.text(value) if c is not None and (value := shown.of(c.total, times)) is not None else "–"
            for c, times in ((a.cost, a.times), (b.cost, b.times))
        ]
        lines.append((shown.title, told[0], told[1]))
    rows = [count_text(found.cost.rows) if found.cost else "–" for found in (a, b)]
    differ = sum(one != two for name, one, two in lines if name != "time")
    return [Table(("", *names), [("rows of a step", *rows), *lines], 1)], differ
