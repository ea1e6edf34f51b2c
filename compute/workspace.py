"""From a document to a program: data loaded and prepared, graph analysed, every weight given its value."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from compute import balance
from compute.analysis import Analysis, analyse
from compute.batches import Rows
from compute.data import SPLIT, Fitted, InputSpec, Prepared, Split, Table, TargetSpec, load_table, prepare
from compute.data.derived import past_of, sources_of
from compute.data.missing import treatments
from compute.data.plane import PLANE, Extents, plane_of
from compute.data.source import Told, untold
from compute.data.split import LEFT_OUT, TEST, VALIDATION, Division
from compute.data.words import did_you_mean, listed
from compute.document import Document
from compute.engine import Program
from compute.errors import GradwireError, as_sentence, one_line
from compute.graph import Graph
from compute.initializers import initialize
from compute.off import effective
from compute.ops import find
from compute.ops.base import WeightSpec
from compute.problems import Kind, Place, Problem, ProblemError, Remedy, problem_of
from compute.shapes import ShapeError
from compute.shown import RowsOf

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Workspace:
    """A document made ready to compute.

    table: the loaded data; prepared: the data nodes' arrays and the split; problems: what keeps the data or the
    weights from being used; program: what engines open.
    """

    analysis: Analysis
    program: Program
    table: Table | None = None
    prepared: Prepared | None = None
    order: Rows = field(default_factory=lambda: np.zeros(1, np.intp))
    """The table row of each training row of the program."""
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    """What of the document is kept and not used, in sentences; only where nothing is wrong."""
    changed: tuple[str, ...] = ()
    """Columns that held something else when the document was trained. What was fitted to them then is still used."""
    fitted: bool = False
    """Whether it is encoded by what an earlier training found, and not by what the data holds by now."""
    plane: Extents = field(default_factory=dict)
    """From where to where some columns are shown at least, as the document says."""
    missing: Problem | None = None
    """Why the data of a trained document is not there, so that one typical row stands in for it."""

    @property
    def rows_of(self) -> Mapping[RowsOf, Rows]:
        """The table row of each row of the program, by what it is for."""
        held = self.prepared
        none = np.zeros(0, np.intp)
        validation, test = (held.validation_rows, held.test_rows) if held is not None else (none, none)
        return {"training": self.order, "validation": validation, "test": test}

    @property
    def problem(self) -> Problem | None:
        """The first of the problems, with the sentences of them all; None where nothing is wrong."""
        if not self.problems:
            return None
        return replace(self.problems[0], sentence=" ".join(problem.sentence for problem in self.problems))

    @cached_property
    def held(self) -> npt.NDArray[np.int8]:
        """What each row of the table is for, (rows,), as ``PARTS`` numbers it: 0 training."""
        held = np.zeros(self.table.rows if self.table else 0, dtype=np.int8)
        if self.prepared is not None and len(held):
            held[self.prepared.validation_rows] = VALIDATION
            held[self.prepared.test_rows] = TEST
            held[self.prepared.left_out] = LEFT_OUT
        held.setflags(write=False)
        return held

    @cached_property
    def trained(self) -> Program:
        """The part of the program that leads to the loss."""
        return self.program.leading_to_loss()

    def trains_as(self, other: Workspace) -> bool:
        """Whether training computes the same as in another workspace of the same table cache, but for the weights: what
        leads to the loss, its rows and its seed are the same, and something does lead to it."""
        mine, theirs = self.trained, other.trained
        return (
            bool(mine.analysis.order)
            and (mine.loss, mine.seed) == (theirs.loss, theirs.seed)
            and _same_analysis(mine.analysis, theirs.analysis)
            and (not mine.train or self._has_the_rows_of(other))
        )

    def learns_as(self, other: Workspace) -> bool:
        """Whether training computes the same as in another workspace but for the rows, the weights and settings that
        may be others under way."""
        mine, theirs = self.trained, other.trained
        alike = bool(mine.analysis.order) and _same_analysis(mine.analysis, theirs.analysis, under_way=True)
        return alike and not self.problems and (mine.loss, mine.seed) == (theirs.loss, theirs.seed)

    def set_otherwise(self, other: Workspace) -> list[tuple[str, str, Any, Any]]:
        """Node, setting, the value there and here: what training that learns as in another workspace, by its rows,
        counts by that may be another under way."""
        mine, theirs = self.trained, other.trained
        if mine.train and not self._has_the_rows_of(other):
            return []
        ours, old = mine.analysis, theirs.analysis
        return [
            (node, param.name, old.settings[node][param.name], ours.settings[node][param.name])
            for node in ours.order
            for param in ours.ops[node].params
            if param.under_way and not _equal(ours.settings[node][param.name], old.settings[node][param.name])
        ]

    def _has_the_rows_of(self, other: Workspace) -> bool:
        mine, theirs = self.prepared, other.prepared
        if mine is None or theirs is None or self.table is not other.table:
            return False
        return (
            np.array_equal(self.order, other.order)
            and np.array_equal(mine.validation_rows, theirs.validation_rows)
            and mine.fitted.classes == theirs.fitted.classes
            and mine.standardized & self.trained.train.keys() == theirs.standardized & self.trained.train.keys()
            and all(
                mine.means[name] == theirs.means[name] and mine.stds[name] == theirs.stds[name]
                for name in mine.means.keys() & theirs.means.keys()
            )
        )


def _equal(x: Any, y: Any) -> bool:
    return np.array_equal(x, y, equal_nan=True) if isinstance(x, np.ndarray) else bool(x == y)


def _same_analysis(a: Analysis, b: Analysis, *, under_way: bool = False) -> bool:
    """under_way: but for settings that may be others under way."""

    def parts(analysis: Analysis) -> tuple[Any, ...]:
        return analysis.order, analysis.ops, analysis.shapes, analysis.sources, analysis.parameters, analysis.live

    def free(node: str) -> set[str]:
        return {param.name for param in a.ops[node].params if param.under_way} if under_way else set()

    return parts(a) == parts(b) and all(
        settings.keys() == b.settings[node_id].keys()
        and all(
            _equal(value, b.settings[node_id][name]) for name, value in settings.items() if name not in free(node_id)
        )
        for node_id, settings in a.settings.items()
    )


class CalledOff(GradwireError):
    """Somebody called off that the data is read."""

    def __init__(self) -> None:
        super().__init__("Reading the data was called off; choose it again to read it")


def _at_once(_share: float) -> None:
    raise CalledOff


@dataclass
class TableCache:
    """Remembers the table of the last data section, so that edits of the graph do not read files again, and that it
    shall not be read. ``told`` hears how much of a file is read; CalledOff, raised by it, ends that."""

    told: Told = untold

    key: Mapping[str, Any] | None = None
    table: Table | None = field(default=None)
    _off: Mapping[str, Any] | None = None
    """The data section that was called off: only what somebody else has read is taken from it."""
    _applied: tuple[Table, Fitted, Table] | None = None

    def applied(self, table: Table, fitted: Fitted, names: Sequence[str]) -> Table:
        """The table with the classes numbered as in an earlier training, the same one each time. Errors: GradwireError
        for a class that was not there."""
        last = self._applied
        if last is None or last[0] is not table or last[1] is not fitted:
            self._applied = last = table, fitted, fitted.apply(table, names)
        return last[2]

    def get(self, document: Document) -> Table:
        """The document's table. Errors: GradwireError naming file, line or column."""
        key = placed(document)
        if self.table is None or not _same(self.key, key):
            told = _at_once if _same(self._off, key) else self.told
            try:
                self.table, self.key = load_table(document.data, document.folder, told), key
            except CalledOff:
                self._off = key
                raise
            self._off = None
        return self.table


def placed(document: Document) -> Mapping[str, Any]:
    """The data section with a path that no folder is needed for: a document that is saved elsewhere has its table."""
    written = document.data.get("path")
    if not isinstance(written, str) or document.folder is None:
        return document.data
    return {**document.data, "path": os.path.normpath(document.folder / written)}


def _same(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> bool:
    """Whether two data sections have the same table. Columns are compared by identity first, as they are never changed
    in place."""
    if old is None:
        return False
    split = {param.name for param in SPLIT} | {PLANE}
    a, b = ({k: v for k, v in data.items() if k not in split} for data in (old, new))
    return bool(a.keys() == b.keys() and all(a[k] is b[k] or a[k] == b[k] for k in a))


def data_nodes(graph: Graph) -> tuple[dict[str, InputSpec], dict[str, TargetSpec]]:
    """What each input node and each target node asks of the data, as far as it is valid."""
    inputs: dict[str, InputSpec] = {}
    targets: dict[str, TargetSpec] = {}
    for node in graph.nodes.values():
        op = find(node.op)
        if op is None or not op.is_data:
            continue
        try:
            settings = op.settings(node.params, node.label)
            row = op.shape((), settings)[1:] if op.role == "input" else ()
        except (GradwireError, ShapeError):
            continue  # the analysis reports it
        if not settings["columns"]:
            continue
        if op.role == "input":
            inputs[node.id] = InputSpec(settings["columns"], tuple(map(int, row)), settings["standardize"])
        else:
            targets[node.id] = TargetSpec(settings["columns"], settings["encoding"], settings["classes"])
    return inputs, targets


_MOST_NOTES = 8
"""Weights without a use that are named."""

Lookup = Callable[[str, WeightSpec], Array | None]
"""The value to use for a parameter of that name and specification, or None to start from the seed."""


def open_document(
    document: Document,
    *,
    strict: bool = True,
    cache: TableCache | None = None,
    lookup: Lookup | None = None,
    division: Division | None = None,
) -> Workspace:
    """Load the data, analyse the graph, and collect the weights.

    strict: every problem is an error (GradwireError), as the command line wants it; otherwise the result
    holds as much as can be computed and says what is wrong. ``lookup`` stands in for the document's own weights,
    ``division`` for its own split.
    """
    graph = effective(document.graph)
    inputs, targets = data_nodes(graph)
    table: Table | None = None
    prepared: Prepared | None = None
    problems: list[Problem] = []

    def note(error: GradwireError, kind: Kind, subject: Place | None = None, remedy: Remedy | None = None) -> None:
        if strict:
            raise error
        problems.append(problem_of(error, kind, subject, remedy))

    cache = cache or TableCache()
    fitted = document.progress.fitted if document.progress else None
    changed: tuple[str, ...] = ()
    missing: Problem | None = None

    def encoded(table: Table, split: Division | Split) -> Prepared:
        standardize, seed = bool(document.data.get("standardize", False)), document.training.seed
        return prepare(table, inputs, targets, split, standardize, seed, fitted, treatments(document.data))

    try:
        try:
            table = cache.get(document)
            if fitted is not None:
                changed = fitted.changed(table)
                table = cache.applied(table, fitted, tuple(fitted.columns))
            prepared = encoded(table, division or Split.read(document.data))
            changed = tuple(dict.fromkeys((*changed, *prepared.otherwise)))
        except GradwireError as error:
            # Where there is another table by now, a person may want to see it; a command needs none.
            if fitted is None or not fitted.columns or (table is not None and not strict):
                raise
            missing, changed = problem_of(error, Kind.DATA, remedy=Remedy("choose data")), ()
            problems += [] if strict else [missing]
            table, inputs, targets = fitted.stand_in(_past(fitted, inputs)), *_among(fitted, inputs, targets)
            prepared = encoded(table, Split())
    except GradwireError as error:
        # Columns that are missing from a table may be mended at the node; data without a table is to be chosen.
        note(error, Kind.DATA, remedy=Remedy("choose data") if table is None else None)
    batch, judged = 1, 0
    if prepared is not None:
        batch = min(document.training.batch_size, len(prepared.train_rows))
        judged = max(len(prepared.validation_rows), len(prepared.test_rows))
    analysis = analyse(document.graph, prepared.classes if prepared else None, batch, judged, strict=strict)
    if prepared is None:
        analysis = without_data(analysis)
    balanced: dict[str, tuple[float, ...]] = {}
    if prepared is not None:
        try:
            balanced = balance.found(graph, analysis, prepared, fitted)
        except GradwireError as error:
            note(error, Kind.LOSS)
        analysis = balance.with_weights(analysis, balanced)
    if strict:
        analysis.require(document.training.loss or None)

    weights: dict[str, Array] = {}
    initial: dict[str, Array] = {}
    for name, (owner, spec) in analysis.parameters.items():
        start = initialize(name, spec, document.training.seed)
        initial[name] = start
        try:
            if name in document.initial and document.initial[name].shape == spec.shape:
                initial[name] = document.initial[name]
            own = lookup(name, spec) if lookup else document.weights.get(name)
            weights[name] = initial[name] if own is None else _fitting(name, own, spec.shape)
        except GradwireError as error:
            note(error, Kind.WEIGHT, Place(node=owner, weight=name))
            weights[name] = start
    program = Program(analysis, document.training.loss, weights, initial=initial, seed=document.training.seed)
    order: Rows = np.zeros(1, np.intp)
    if prepared is not None:
        # Without shuffling, rows are trained in file order, even where a split has drawn them.
        order = prepared.train_rows if document.training.shuffle else np.sort(prepared.train_rows)
        program = replace(
            program,
            train=prepared.take(order),
            validation=prepared.validation,
            rows=len(order),
            validation_rows=len(prepared.validation_rows),
            test=prepared.test,
            test_rows=len(prepared.test_rows),
            fitted=replace(prepared.fitted, balanced=balanced) if balanced else prepared.fitted,
        )
        try:
            _check_targets(graph, analysis, prepared)
        except GradwireError as error:
            note(error, Kind.LOSS)
            program = replace(program, loss="")
    notes = _unused(document, analysis) if strict else ()
    if strict and missing:
        notes = (one_line(f"{as_sentence(missing.sentence)} {STAND_IN}"), *notes)
    elif strict and changed:
        notes = (one_line(changed_sentence(changed)), *notes)
    if strict and prepared is not None:
        notes += tuple(map(one_line, prepared.notes[:_MOST_NOTES]))
    given = fitted is not None
    return Workspace(
        analysis,
        program,
        table,
        prepared,
        order,
        tuple(problems),
        notes,
        changed,
        given,
        plane_of(document.data),
        missing,
    )


STAND_IN = "One typical row, saved with the weights, stands in for the data."


def changed_sentence(columns: Sequence[str]) -> str:
    """What a person should know of data that has changed since it was trained on."""
    return (
        f"The data has changed since training ({listed(columns, 3)}); what was fitted then is still used, until the "
        "network is reset."
    )


def _past(fitted: Fitted, inputs: Mapping[str, InputSpec]) -> int:
    """How many rows a typical one needs before it."""
    return past_of((name for spec in inputs.values() for name in spec.columns), fitted.columns)


def _among(
    fitted: Fitted, inputs: dict[str, InputSpec], targets: dict[str, TargetSpec]
) -> tuple[dict[str, InputSpec], dict[str, TargetSpec]]:
    """The data nodes all of whose columns are known."""
    known = fitted.columns.keys()
    return (
        {node: spec for node, spec in inputs.items() if known >= {*sources_of(spec.columns, known)}},
        {node: spec for node, spec in targets.items() if known >= {*sources_of(spec.columns, known)}},
    )


def _unused(document: Document, analysis: Analysis) -> tuple[str, ...]:
    """Sentences on the weights that a document gives to no use: on the first of them, and how many more there are."""
    shapes = {name: spec.shape for name, (_, spec) in analysis.parameters.items()}
    nodes = document.graph.nodes
    switched = {f"{node_id}." for node_id in nodes if node_id in analysis.off or nodes[node_id].off}
    given = {**document.weights, **document.initial}
    stray = [name for name in given if name not in shapes and not name.startswith(tuple(switched))]
    misfit = [name for name, value in document.initial.items() if shapes.get(name, value.shape) != value.shape]
    notes = [
        f'The document gives a weight "{name}", which no node has; {did_you_mean(name, shapes)}it is kept and not used.'
        for name in stray[:_MOST_NOTES]
    ]
    notes += [
        f'The first value of the weight "{name}" does not fit the graph; it is kept and not used.'
        for name in misfit[:_MOST_NOTES]
    ]
    more = len(stray[_MOST_NOTES:]) + len(misfit[_MOST_NOTES:])
    if more:
        notes.append(f"The document gives {more:,} more weights that are kept and not used.")
    return tuple(map(one_line, notes))


def _fitting(name: str, value: Array, shape: tuple[int, ...]) -> Array:
    array = np.asarray(value, dtype=np.float64)
    if array.shape != shape:
        raise GradwireError(
            f"Weight {name} has the shape {array.shape} and the graph needs {shape}; "
            "change the node's settings to fit or remove the weight."
        )
    return array


def without_data(analysis: Analysis) -> Analysis:
    """The part of an analysis that needs no data: data nodes and what hangs on them wait."""
    missing: dict[str, str] = {}
    for node_id in analysis.order:
        if analysis.ops[node_id].is_data:
            missing[node_id] = node_id
        else:
            blocked = next((s for s in analysis.sources[node_id] if s in missing), None)
            if blocked is not None:
                missing[node_id] = missing[blocked]
    order = tuple(n for n in analysis.order if n not in missing)
    return replace(analysis, order=order, waiting={**analysis.waiting, **missing})


def _check_targets(graph: Graph, analysis: Analysis, prepared: Prepared) -> None:
    """Refuse target columns that the loss they feed cannot use."""
    for node_id in analysis.order:
        op, judged = analysis.ops[node_id], analysis.judged_by(node_id)
        if judged is None:
            continue
        prediction, target = judged
        values = prepared.values.get(target)
        if values is None:
            continue
        try:
            op.check_target(analysis.shapes[prediction], values)
        except ValueError as error:
            sentence = f"{op.title} {graph.nodes[node_id].label}, port {op.truth}: {graph.nodes[target].label} {error}."
            raise ProblemError(Problem(Kind.LOSS, Place(node=node_id, port=op.truth), sentence)) from None
