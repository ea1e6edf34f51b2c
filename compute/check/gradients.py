"""The check of one engine's gradients."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.analysis import check_loss
from compute.batches import Rows
from compute.check.differences import Around, Replay, Spot
from compute.check.judge import Pair, judged
from compute.check.result import Check, Index, Item, Rules, wire_name
from compute.engine import Engine, Program
from compute.errors import GradwireError
from compute.reference import ReferenceEngine
from compute.trace import Trace

Array = npt.NDArray[Any]
Tick = Callable[[str, int, int], None]
"""Progress: the name of what is checked now, and how many entries of how many are done. It may raise, to stop."""

ENTRIES = 100
"""How many entries of one tensor are compared, unless told otherwise."""
FEWEST = 2
"""And how many at least, where there is more to do than time for it: its first and its last."""


def check(
    program: Program,
    rows: Rows,
    engine: Engine | None = None,
    *,
    entries: int | None = ENTRIES,
    rules: Rules | None = None,
    tick: Tick | None = None,
) -> Check:
    """Check an engine's gradients (by default the reference engine's) over these training rows.

    The differences are those of the reference engine's forward rules in float64, whatever engine is checked.
    entries: the most that are compared of one tensor, None for all; which ones depends on its name alone.
    Errors: GradwireError where the loss is no computable scalar, or has no gradient at all; DeviceError.
    """
    check_loss(program.analysis, program.loss)
    engine = engine or ReferenceEngine()
    return check_trace(program, _trace(engine, program, rows), engine.label, entries=entries, rules=rules, tick=tick)


def check_trace(
    program: Program,
    trace: Trace,
    label: str,
    *,
    entries: int | None = ENTRIES,
    work: float | None = None,
    rules: Rules | None = None,
    tick: Tick | None = None,
) -> Check:
    """Check the gradients of a pass over some rows of the program, with its weights, that is there already.

    label: what computed it; work: about how many numbers may be computed in all, None without a limit; where it would
    be more, fewer entries of each tensor are compared, but at least ``FEWEST``. Errors: as ``check``.
    """
    check_loss(program.analysis, program.loss)
    replay = Replay(program, trace.rows, trace.grads, trace.update)
    spots = replay.spots()
    if not spots:
        raise GradwireError(
            f"The loss {program.loss} has no gradient to check; let it depend on an input, a parameter or a layer."
        )
    if work is not None:
        entries = _within(replay, spots, entries, work)
    gradients = [_gradient(trace, spot) for spot in spots]
    single = any(gradient.dtype == np.float32 for gradient in gradients)
    rules = replace(rules or Rules(), single=single)
    samples = [_sample(spot, entries) for spot in spots]
    done, total, items = 0, sum(map(len, samples)), list[Item]()
    for spot, gradient, sample in zip(spots, gradients, samples, strict=True):
        item = Item(_name(spot), spot.node_id, spot.wire, spot.value.shape, 0, spot.value.size, "ok")
        around, pairs = Around(replay, spot), list[Pair]()
        inherited = not np.isfinite(trace.grads.get(spot.node_id, 0.0)).all()
        # Beside a loss that is not finite there is no slope, so nothing is compared.
        for index in sample if math.isfinite(replay.loss) else ():
            if tick:
                tick(item.name, done + len(pairs), total)
            pairs.append(Pair(index, float(gradient[index]), around.slopes(index, rules.eps), inherited))
        done += len(sample)
        items.append(judged(item, pairs, rules, partial(around.slopes, eps=2 * rules.eps)))
    return Check(label, rules, replay.loss, tuple(items), replay.without_gradient())


def _within(replay: Replay, spots: list[Spot], entries: int | None, work: float) -> int:
    """How many entries of each tensor can be compared with so much work."""
    most = max(spot.value.size for spot in spots)
    most = most if entries is None else min(entries, most)
    costs = [(spot.value.size, replay.cost(spot.node_id) + spot.value.size) for spot in spots]
    # To the left and to the right.
    while most > FEWEST and sum(2 * min(size, most) * cost for size, cost in costs) > work:
        most //= 2
    return max(most, FEWEST)


def _trace(engine: Engine, program: Program, rows: Rows) -> Trace:
    run = engine.open(program)
    try:
        return run.trace(rows)
    finally:
        run.close()


def _gradient(trace: Trace, spot: Spot) -> Array:
    """The engine's gradient of a spot; nan where it gives none, or one of another shape."""
    found = trace.wire_grads.get(spot.port) if spot.port else trace.parameter_grads.get(spot.weight)
    shape = spot.value.shape
    return found if found is not None and np.shape(found) == shape else np.full(shape, np.nan)


def _sample(spot: Spot, most: int | None) -> list[Index]:
    """Which entries are compared: first and last, where the edges of loops are, and others by lot."""
    shape, size = spot.value.shape, spot.value.size
    if most is None or size <= most:
        return list(np.ndindex(shape))
    lot = np.random.default_rng(zlib.crc32(_name(spot).encode()))
    drawn = {0, size - 1} if most > 1 else {0}
    drawn |= {int(n) + 1 for n in lot.choice(size - 2, max(0, most - 2), replace=False)}
    return [tuple(int(n) for n in np.unravel_index(flat, shape)) for flat in sorted(drawn)]


def _name(spot: Spot) -> str:
    return wire_name(spot.wire) if spot.wire else spot.weight
