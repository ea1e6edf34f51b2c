"""What a report finds out about a document: everything is computed here, and put in words elsewhere."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from compute.check.audit import Audit, audit
from compute.cost import Cost, cost_of, ops_of
from compute.document import Document
from compute.engine import Engine, Run
from compute.errors import GradwireError, as_sentence
from compute.evaluation import Judged, evaluate, start_test
from compute.exercises.origin import still_hidden
from compute.explain import Facts
from compute.ledger import StepTimes
from compute.measure import Ground, Moment
from compute.predictions import Predicted, Predictions
from compute.ripple import Case
from compute.schedules import optimizer_of
from compute.state import Progress
from compute.trace import Trace
from compute.workspace import Workspace, open_document

T = TypeVar("T")
AUDITED, PASSES = 6e7, 4000
"""How much an audit in a report may compute, see ``compute.check.audit``, and how often all nodes."""
MOST_AUDITED = 1500
"""Nodes; the time grows with their square."""
PACKAGES = ("gradwire", "numpy", "pyopencl", "PySide6-Essentials")


@dataclass(frozen=True)
class Findings:
    """problems: what kept a part from being found, by the name of that part, as sentences. hidden: whether the document
    still asks a learner for numbers, so that none are told."""

    document: Document
    workspace: Workspace
    engine: str
    cost: Cost | None = None
    times: StepTimes | None = None
    judged: Judged | None = None
    tested: Judged | None = None
    predicted: Predicted | None = None
    trace: Trace = field(default_factory=Trace)
    audit: Audit | None = None
    hidden: bool = False
    checksum: str = ""
    device: str = ""
    """What computes where the document is open, if it is another."""
    problems: dict[str, str] = field(default_factory=dict)


def find_out(
    document: Document, engine: Engine, *, test: bool = False, tell: Callable[[str], object] = lambda _what: None
) -> Findings:
    """Everything about a document, as far as it goes. test: judge the rows that are kept for a test too; tell: what is
    being found out, again and again; what it raises ends the work. Errors: DeviceError."""
    tell("reading")
    workspace = open_document(document, strict=False)
    program, training = workspace.program, document.training
    problems: dict[str, str] = {}

    def attempt(what: str, work: Callable[[], T]) -> T | None:
        tell(what)
        try:
            return work()
        except GradwireError as error:
            problems[what] = as_sentence(str(error))
            return None

    rows = max(1, min(training.batch_size, program.rows))
    cost = attempt(
        "cost",
        lambda: cost_of(ops_of(document.graph), program.analysis, program.loss, rows, optimizer_of(training)),
    )
    found: dict[str, Any] = {"cost": cost, "checksum": _checksum(document), "problems": problems}
    problem = workspace.problem
    if problem is not None:
        problems["results"] = problem.sentence
        return Findings(document, workspace, engine.label, **found)
    run = attempt("results", lambda: engine.open(program))
    if run is None:
        return Findings(document, workspace, engine.label, **found)
    try:
        trace = attempt("trace", lambda: run.trace(np.arange(rows))) or Trace()
        facts = Facts(document.graph, workspace.analysis, training.loss, trace)
        hidden = bool(still_hidden(document.exercise, facts))
        found |= {"trace": trace, "hidden": hidden}
        if not hidden and trace.loss is not None:
            found |= _results(attempt, document, workspace, run, test=test)
            found["audit"] = attempt("audit", lambda: _audit(workspace, trace, engine.label, tell))
            found["times"] = attempt("times", lambda: run.timed(rows, optimizer_of(training)))
    finally:
        run.close()
    return Findings(document, workspace, engine.label, **found)


def _results(
    attempt: Callable[..., Any], document: Document, workspace: Workspace, run: Run, *, test: bool
) -> dict[str, Any]:
    """How good the network is, and its answers for the rows that are judged."""
    program = workspace.program
    judged = attempt("judged", lambda: evaluate(program, run))

    def answers() -> Predicted:
        measure = Predictions("validation" if program.validation_rows else "training")
        moment = Moment(program.analysis, Trace(), program.weights, Progress(), document.training)
        found: Predicted = measure.ask(Ground(workspace, run))(moment)
        return found

    found = {"judged": judged, "predicted": attempt("answers", answers)}
    if test and program.test_rows:
        found["tested"] = attempt("test", lambda: start_test(program, run)())
    return found


def _audit(workspace: Workspace, trace: Trace, engine: str, tell: Callable[[str], object]) -> Audit:
    program = workspace.program
    if len(program.analysis.order) > MOST_AUDITED:
        raise GradwireError(f"The audit of more than {MOST_AUDITED} nodes would take minutes, so it was left out.")
    data = {node: table[trace.rows] for node, table in program.train.items()}
    weights = {name: np.asarray(weight, np.float64) for name, weight in trace.parameters.items()}
    case = Case(program.analysis, program.loss, data, weights, trace.rows, 0, program.seed, program.train)

    def tick(_name: str, _done: int, _total: int) -> None:
        tell("audit")

    numbers = float(sum(value.size for value in trace.values.values()))
    on_device = not engine.startswith("reference")
    return audit(case, trace, opencl=on_device, tick=tick, work=min(AUDITED, PASSES * numbers))


def _checksum(document: Document) -> str:
    """SHA-256 of the document's file, where it is one that has not changed since."""
    if document.path is None or document.changed_on_disk:
        return ""
    digest = hashlib.sha256()
    try:
        with document.path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    except OSError:
        return ""
    return digest.hexdigest()


def versions() -> list[tuple[str, str]]:
    """What this was made with."""
    from importlib.metadata import PackageNotFoundError, version  # not for every start: it takes its time

    found = []
    for package in PACKAGES:
        try:
            found.append((package, version(package)))
        except PackageNotFoundError:
            continue
    return [("Python", platform.python_version()), *found, ("system", f"{platform.system()} {platform.machine()}")]
