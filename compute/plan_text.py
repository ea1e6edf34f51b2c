"""A plan of a training step in words and numbers: every call, where its result lies, what backward keeps."""

from __future__ import annotations

from typing import Any

from compute.memory import place
from compute.plan import Plan

REAL_BYTES = 4


def described(plan: Plan) -> dict[str, Any]:
    """The calls in order and the memory, in bytes of float32.

    ``calls``: {phase, node, kind, does, shape, buffer, bytes, reads}; ``kept``: what forward leaves for backward,
    buffer → bytes; ``memory``: ``parameters``, ``gradients``, ``arena`` (all other buffers, placed by lifetime) and
    ``apart`` (what they would take side by side).
    """
    phases = {"forward": plan.forward, "backward": plan.backward, "statistics": plan.statistics}
    calls = [(phase, call) for phase, of_phase in phases.items() for call in of_phase]
    own = {name: size for name, size in plan.sizes.items() if name not in plan.constants}
    keep = {plan.values[plan.loss].buffer} if plan.loss is not None and plan.loss in plan.values else set()
    _, arena = place(plan.calls, own, keep)
    return {
        "rows": plan.rows,
        "calls": [
            {
                "phase": phase,
                "node": call.node,
                "kind": type(call).__name__.lower(),
                "does": call.does,
                "shape": list(call.out.shape),
                "buffer": call.out.buffer,
                "bytes": REAL_BYTES * call.out.size,
                "reads": sorted(call.reads),
            }
            for phase, call in calls
        ],
        "kept": {buffer: REAL_BYTES * plan.sizes[buffer] for buffer in sorted(plan.kept())},
        "memory": {
            "parameters": REAL_BYTES * plan.layout.size,
            "gradients": REAL_BYTES * plan.layout.size,
            "arena": REAL_BYTES * arena,
            "apart": REAL_BYTES * sum(own.values()),
        },
    }
