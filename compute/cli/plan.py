"""How a training step is computed: ``trace FILE --plan``."""

from __future__ import annotations

import argparse
from typing import Any

from compute.cli.output import print_json, print_table
from compute.cli.streams import write
from compute.document import Document
from compute.engine import Engine, Program
from compute.numbers_text import size_text
from compute.plan import make_plan
from compute.plan_text import described
from compute.shapes import shape_text


def show_plan(args: argparse.Namespace, document: Document, program: Program, engine: Engine) -> None:
    """The calls, shapes and buffers of a step over one batch, what backward keeps, and which schedule launches it, and
    why."""
    try:
        program.analysis.require(program.loss)
        rows = min(document.training.batch_size, program.rows)
        trained = program.leading_to_loss()
        plan = make_plan(trained.analysis, rows, trained.loss, "train")
        told = described(plan) | {"schedule": _schedule(engine, plan)}
    finally:
        engine.close()
    if args.json:
        print_json(told)
        return
    lines = [
        (c["phase"], c["node"], c["kind"], shape_text(c["shape"]), c["buffer"], size_text(c["bytes"]), c["does"])
        for c in told["calls"]
    ]
    print_table(("phase", "node", "call", "shape", "buffer", "size", "does"), lines)
    memory = told["memory"]
    write()
    write(f"a batch of {rows} rows: {len(told['calls'])} calls")
    write(f"kept from forward for backward: {size_text(sum(told['kept'].values()))} in {len(told['kept'])} buffers")
    write(f"all buffers: {size_text(memory['arena'])} by lifetime, {size_text(memory['apart'])} side by side")
    write(f"parameters and gradients: {size_text(memory['parameters'])} each")
    write(told["schedule"]["why"])


def _schedule(engine: Engine, plan: Any) -> dict[str, Any]:
    from compute.opencl.cost import Work
    from compute.opencl.engine import OpenCLEngine
    from compute.opencl.tiles import faster_in_tiles

    if not isinstance(engine, OpenCLEngine):
        return {"kind": "reference", "why": "The reference engine follows the NumPy rules node by node."}
    work = Work.of(plan.calls, plan.layout.trained)
    traits = engine.device.traits
    fused, launched = 1e6 * work.fused, 1e6 * work.launched(traits)
    tiled = faster_in_tiles(plan, traits)
    chosen = work.prefers_fused(traits) and not tiled
    times = f"{fused:.3g} µs a step in one launch with others, {launched:.3g} µs launch by launch"
    if traits.gpu:
        why = "Launch by launch: one work-group would leave most of a graphics processor idle."
    elif tiled:
        why = f"Each core takes some rows of the batch at a time: the cost model says {times}, and less in this way."
    elif not chosen and fused < launched:
        why = f"Launch by launch: {work.calls} calls are more than one kernel should hold."
    else:
        why = f"{'Many steps in one launch' if chosen else 'Launch by launch'}: the cost model says {times}."
    kind = "tiles" if tiled else "fused" if chosen else "launches"
    return {"kind": kind, "fused_us": fused, "launches_us": launched, "why": why}
