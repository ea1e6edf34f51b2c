"""What ends a training step, as loops: the move to the next batch, the norm that some clip by, and the optimizer; and
where the first begins."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from compute.draws import key_of_seed
from compute.loops import CURSOR, HISTORY, NORMS, SCALARS, STOPPED, Arguments, Loop, Reduction
from compute.optimizers import Optimizer
from compute.plan import GRADIENTS, PARAMETERS
from compute.strided import Tensor


def update_loop(optimizer: Optimizer, count: int) -> Loop:
    """The optimizer at every trained parameter, after the cursor has moved on."""
    k = Arguments()
    names = {"p": PARAMETERS, "g": GRADIENTS, **{s: f"state/{s}" for s in optimizer.state}}
    for symbol, name in names.items():
        k.external(f"REAL *{symbol}_buf", name)
    k.external("const REAL *scalars", SCALARS)
    k.external("const int *cursor", CURSOR)
    if optimizer.clipping.norm:
        k.external("const REAL *norms", NORMS)
    scalars = list(optimizer.scalars(1))
    first = [
        f"__global const REAL *now = scalars + (cursor[0] - 1)*{len(scalars)};",
        *(f"const REAL {name} = now[{at}];" for at, name in enumerate(scalars)),
        *(["const REAL norm = sqrt(norms[0]);"] if optimizer.clipping.norm else []),
    ]
    lines = [
        *(f"REAL {symbol} = {symbol}_buf[i_0];" for symbol in names),
        *(line.strip() for line in optimizer.c_update.strip().splitlines()),
        *(f"{symbol}_buf[i_0] = {symbol};" for symbol in names if symbol != "g"),
    ]
    return Loop(optimizer.name, k, (count,), (k.integer("size_0", count),), "\n".join(lines), "\n".join(first))


MOST_PARTS = 64


def norm_sums(count: int, parts: int = 1) -> list[Reduction]:
    """The sum of the squares of ``count`` gradients into the first of NORMS; by so many partial sums, at most
    MOST_PARTS, where that keeps more of a device busy."""
    if parts == 1:
        return [_squares(GRADIENTS, "gradients_at[i_1]*gradients_at[i_1]", count, 1, 0)]
    each = -(-count // parts)
    inside = f"i_0*{each} + i_1 < {count}"
    term = f"({inside} ? gradients_at[i_0*{each} + i_1]*gradients_at[i_0*{each} + i_1] : 0)"
    return [_squares(GRADIENTS, term, each, parts, 1), _squares(NORMS, "norms[1 + i_1]", parts, 1, 0)]


def _squares(source: str, term: str, length: int, results: int, first: int) -> Reduction:
    k = Arguments()
    k.external("REAL *norms", NORMS)
    if source == GRADIENTS:
        k.external("const REAL *gradients_at", GRADIENTS)
    kept, reduced = k.integer("size_0", results), k.integer("size_1", length)
    step = f"const REAL value = {term};\nacc += value;"
    finish = f"norms[{first} + i_0] = acc;"
    return Reduction(
        "the squares of all gradients", k, (results,), (kept,), (length,), (reduced,), "0", step, "acc += {0};", finish
    )


def advance_loop(loss: Tensor, rows: int) -> Loop:
    """Before the update, as the loss may itself be a parameter: the loss goes into the history, and the cursor to
    the next step and batch; or to a stop, if the loss is not finite. Of a step that a watch has stopped the loss counts
    as no number. At one index."""
    k = Arguments()
    k.tensor("loss", loss)
    k.external("REAL *history", HISTORY)
    k.external("int *cursor", CURSOR)
    lines = [
        f"if (!{STOPPED}) {{",
        "    history[cursor[0]] = loss_buf[loss_at];",
        "    if (isfinite(loss_buf[loss_at])) {",
        "        cursor[0]++;",
        f"        cursor[1] += {k.integer('rows', rows)};",
        "        cursor[2]++;",
        f"    }} else {STOPPED} = 1;",
        "} else history[cursor[0]] = isfinite(loss_buf[loss_at]) ? (REAL)NAN : loss_buf[loss_at];",
    ]
    return Loop("cursor: the step, and the first of its rows", k, (1,), (k.integer("size_0", 1),), "\n".join(lines))


def cursor_at(step: int, seed: int) -> npt.NDArray[np.int32]:
    """The cursor at the first batch, of a step with this number. Draws count with 32 bits, as ``compute.draws`` does:
    beyond them they begin again."""
    return np.array([0, 0, step % 2**32, 0, key_of_seed(seed)], np.uint32).view(np.int32)
