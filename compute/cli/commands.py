"""The commands that answer at once: devices, trace, export, schema and render."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from compute import budget
from compute.batches import Rows
from compute.cli.output import (
    check_out,
    document_of,
    engine_of,
    numbers,
    print_json,
    print_table,
    say,
    workspace_of,
)
from compute.cli.streams import write
from compute.document import Document
from compute.engine import Program
from compute.errors import GradwireError
from compute.files import write_atomic
from compute.graph import Graph
from compute.numbers_text import MINUS, plural
from compute.shapes import shape_text
from compute.trace import Trace
from compute.workspace import Workspace


def devices(args: argparse.Namespace) -> None:
    """Every OpenCL device, whether it works, and which one is taken."""
    from compute.opencl.devices import choose, list_devices

    found = list_devices(refresh=args.refresh)
    choice = choose(args.device)
    chosen = choice.device.index if choice.device else None
    if args.json:
        print_json({"devices": [asdict(device) for device in found], "chosen": chosen, "reason": choice.reason})
        return
    rows = [
        (
            "→" if device.index == chosen else "",
            str(device.index),
            device.kind,
            device.label,
            f"works, {device.gflops:.0f} GFLOP/s" if device.works else f"does not work: {device.detail}",
        )
        for device in found
    ]
    if rows:
        print_table(("", "#", "kind", "device", "test"), rows)
    write(choice.reason)


def trace(args: argparse.Namespace) -> None:
    """One forward and backward pass over some rows of the table."""
    document = document_of(args)
    program, rows = samples_of(args, workspace_of(args, document))
    engine = engine_of(args)
    if args.plan:
        from compute.cli.plan import show_plan

        show_plan(args, document, program, engine)
        return
    run = engine.open(program)
    try:
        found = run.trace(rows)
    finally:
        run.close()
        engine.close()
    if args.json:
        print_json(trace_json(document.graph, found))
    else:
        _print_trace(document.graph, found)


def samples_of(args: argparse.Namespace, workspace: Workspace) -> tuple[Program, Rows]:
    """The rows of ``--samples``, else all; counted as in the table, whichever of them are held back for validation."""
    table = workspace.prepared.values if workspace.prepared else {}
    count = max((len(values) for values in table.values()), default=1)
    rows = np.arange(count) if args.samples is None else np.array(args.samples)
    if rows.max() >= count:
        there = f"the rows are 0 to {count - 1}" if count > 1 else "the only row is 0"
        raise GradwireError(f"--samples: there is no row {rows.max()}; {there}")
    budget.require(workspace.analysis.memory(len(rows)), f"a pass over {len(rows)} rows", "name fewer by --samples")
    return replace(workspace.program, train=table, rows=count), rows


def trace_json(graph: Graph, found: Trace) -> dict[str, Any]:
    """A trace as the contract has it; what the loss does not depend on has the gradient ``None``."""
    return {
        "loss": found.loss,
        "nodes": {
            node_id: {"value": value, "grad": found.grads.get(node_id)} for node_id, value in found.values.items()
        },
        "wires": [
            {"from": wire.source, "to": wire.target, "port": wire.port, "grad": found.wire_grads.get(wire.key)}
            for wire in graph.wires.values()
        ],
        "parameters": {
            name: {"value": value, "grad": found.parameter_grads.get(name)} for name, value in found.parameters.items()
        },
    }


def _print_trace(graph: Graph, found: Trace) -> None:
    rows = [
        (graph.nodes[node_id].label, shape_text(value.shape), numbers(value), numbers(found.grads.get(node_id)))
        for node_id, value in found.values.items()
    ]
    print_table(("node", "shape", "value", "gradient"), rows)
    rows = [
        (name, shape_text(value.shape), numbers(value), numbers(found.parameter_grads.get(name)))
        for name, value in found.parameters.items()
    ]
    if rows:
        write()
        print_table(("weight", "shape", "value", "gradient"), rows)
    write()
    write("no loss is chosen" if found.loss is None else f"loss {found.loss:.9g}".replace("-", MINUS))


def export(args: argparse.Namespace) -> None:
    """Weights for other tools, verified."""
    from compute import export as exporting

    path = Path(args.to)
    exporting.format_for(path)
    options = {name: _value(text) for name, text in args.options}
    report = exporting.export(document_of(args), path, options=options)
    for note in report.notes:
        say(args, note)
    beside = f" and {report.beside.name}" if report.beside else ""
    write(f"{report.path}{beside}: {exporting.format_for(path).title}, {report.sentence}")


def schema(args: argparse.Namespace) -> None:
    """The JSON Schema of documents, made from the types."""
    from compute.schema import document_schema

    text = json.dumps(document_schema(), indent=1, ensure_ascii=False) + "\n"
    if args.out is None:
        write(text.rstrip(), as_it_is=True)
        return
    path = Path(args.out)
    check_out(path, (".json",))
    write_atomic(path, text.encode())
    say(args, f"wrote {path}")


def _value(text: str) -> Any:
    """What a call writes, as JSON has it; else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def render(args: argparse.Namespace, draw: Callable[[Document, Path, bool, float, bool, str], str] | None) -> None:
    """The picture of the canvas, by whoever can draw it."""
    path = Path(args.out)
    check_out(path, (".png", ".svg", ".pdf", ".tex"))
    document = document_of(args)
    if draw is None:
        raise GradwireError("this installation cannot draw; install Gradwire with its window")
    missing = draw(document, path, args.values, args.scale, not args.bare, (args.cost or "").replace("-", "_"))
    say(args, f"wrote {path}, without values: {missing}" if missing else f"wrote {path}")


def record(args: argparse.Namespace, draw: Callable[[Document, Path, int, float, str], int] | None) -> None:
    """A walk as an animated picture, by whoever can draw it."""
    path = Path(args.out)
    check_out(path, (".gif", ".png"))
    document = document_of(args)
    if draw is None:
        raise GradwireError("this installation cannot draw; install Gradwire with its window")
    steps = draw(document, path, args.width, args.seconds, args.steps)
    say(args, f"wrote {path}, {steps} {plural('step', steps)}")
