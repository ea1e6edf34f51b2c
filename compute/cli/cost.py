"""The command that tells what a network costs."""

from __future__ import annotations

import argparse
from typing import Any

from compute.analysis import loss_problem
from compute.cli.output import document_of, engine_of, print_json, print_table, say, workspace_of
from compute.cli.streams import write
from compute.cost import KINDS, MEASURES, Cost, Counts, NodeCost, cost_of, ops_of
from compute.document import Document
from compute.engine import Program
from compute.errors import GradwireError
from compute.ledger import StepTimes
from compute.numbers_text import count_text, plural, seconds_text
from compute.schedules import optimizer_of
from compute.shapes import show


def cost(args: argparse.Namespace) -> None:
    """Parameters, operations, bytes and time of one training step, by node and in total."""
    document = document_of(args)
    workspace = workspace_of(args, document)
    program = workspace.program
    rows = max(1, min(document.training.batch_size, program.rows))
    optimizer = optimizer_of(document.training)
    found = cost_of(ops_of(document.graph), program.analysis, program.loss, rows, optimizer)
    if not found.nodes:
        program.analysis.require()
        raise GradwireError("nothing in this document can be computed; add a node")
    times = _times(args, document, program, rows) if found.trains else None
    if args.json:
        print_json(cost_json(document, found, times))
    else:
        _print(document, found, times)
        problem = loss_problem(program.analysis, program.loss)
        if problem is not None:
            say(args, f"Only values are counted. {problem.sentence}")


def _times(args: argparse.Namespace, document: Document, program: Program, rows: int) -> StepTimes:
    engine = engine_of(args)
    try:
        run = engine.open(program.leading_to_loss())
        try:
            return run.timed(rows, optimizer_of(document.training))
        finally:
            run.close()
    finally:
        engine.close()


def cost_json(document: Document, found: Cost, times: StepTimes | None) -> dict[str, Any]:
    """A cost as plain values: operations by phase, in a training step over ``rows`` rows; ``seconds`` is None where no
    step can be measured."""

    def told(each: NodeCost) -> dict[str, Any]:
        numbers = {shown.name: shown.of(each, times) for shown in MEASURES}
        numbers["share"] = times.seconds.get(each.node, 0.0) / times.total if times and times.total else None
        phases = {phase: _plain(getattr(each, phase)) for phase in ("forward", "backward", "update")}
        return {**numbers, **phases}

    nodes = {each.node: {"op": each.op, "shape": list(each.shape), **told(each)} for each in found.nodes}
    whole = {
        **told(found.total),
        "share": 1.0 if times else None,
        "one_row": _plain(found.used),
        "device_multiply_adds": found.device_multiply_adds,
    }
    measured = {"engine": times.engine, "how": times.how, "rest_seconds": times.rest} if times else None
    return {
        "rows": found.rows,
        "training_step": found.trains,
        "nodes": nodes,
        "total": whole,
        "left_out": list(found.left_out),
        "measured": measured,
    }


def _plain(counts: Counts) -> dict[str, int]:
    return {kind: getattr(counts, kind) for kind in KINDS}


def _print(document: Document, found: Cost, times: StepTimes | None) -> None:
    columns = [shown for shown in MEASURES if shown.of(found.total, times) is not None]
    rows = []
    for each in (*found.nodes, found.total):
        label = document.graph.nodes[each.node].label if each.node else "total"
        cells = [_cell(shown.of(each, times), shown.text) for shown in columns]
        share = times.seconds.get(each.node, 0.0) / times.total if times and times.total and each.node else None
        rows.append((label, show(each.shape) if each.node else "", *cells, "" if share is None else f"{share:.0%}"))
    print_table(("node", "shape", *(shown.title for shown in columns), "share" if times else ""), rows, left=2)
    write()
    what = "a training step" if found.trains else "the values"
    write(f"{what} over {found.rows} {plural('row', found.rows)}; values and what is kept in float32")
    used = found.used
    write(
        f"one row afterwards: {count_text(used.multiply_adds)} multiply-adds, {count_text(used.arithmetic)} other × "
        f"and +, {count_text(used.exps)} {plural('exp', used.exps)}, {count_text(used.divisions)} "
        f"{plural('division', used.divisions)}"
    )
    if found.device_multiply_adds and found.device_multiply_adds != found.total.step.multiply_adds:
        left = count_text(found.device_multiply_adds)
        write(f"a device does {left} of the multiply-adds: it leaves out gradients that no weight needs")
    if times is not None:
        rest = f", {seconds_text(times.rest)} of them at no node" if times.rest else ""
        write(f"measured on {times.engine}: {seconds_text(times.total)}{rest}. {times.how}")


def _cell(number: float | None, text: Any) -> str:
    return "" if number is None else str(text(number))
