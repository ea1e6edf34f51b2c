"""What moves entries about: other shapes, side by side, and picked out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.importing.building import Const, Flow, Given, Turned, Unsupported, entries
from compute.importing.folding import axes_of, parts, slices
from compute.importing.model import ROWS, Operation
from compute.importing.network import Network, Rule
from compute.importing.rules.arithmetic import Inputs, both, each, shaped
from compute.shapes import BATCH, Dim, Shape

Array = npt.NDArray[Any]
_MOST_PICKED = 1_000_000
"""Entries of a matrix of zeros and ones that picks columns."""


def _arrays(given: Inputs) -> list[Array | None]:
    return [other.array if isinstance(other, Const) else None for other in given]


def _known(x: Flow) -> Shape:
    if x.shape is None:
        raise Unsupported("the shape of what arrives is not known")
    return x.shape


def _reshape(network: Network, node: Operation, given: Inputs) -> Given:
    x = network.building.flow(given[0])
    wanted = node.attributes.get("shape")
    if wanted is None:
        if not isinstance(given[1], Const):
            raise Unsupported("a shape that is computed has no counterpart")
        wanted = given[1].array.ravel().tolist()
    old = _known(x)
    copies = not node.attributes.get("allowzero", 0)
    sizes: list[Dim] = [
        old[i] if size == 0 and copies else BATCH if size == ROWS else int(size) for i, size in enumerate(wanted)
    ]
    return shaped(network, x, resolved(old, sizes, network.fixed_rows))


def resolved(old: Shape, sizes: Sequence[Dim], fixed_rows: int = 0) -> Shape:
    """A new shape without -1. Errors: Unsupported where the batch does not stay the batch."""
    rest = math.prod(size for size in sizes if isinstance(size, int) and size > 0)
    each_ = entries(old)
    if BATCH not in old:
        return tuple(each_ // max(1, rest) if size == -1 else size for size in sizes)
    if BATCH in sizes:
        return tuple(each_ // max(1, rest) if size == -1 else size for size in sizes)
    if -1 in sizes and rest == each_:
        return tuple(BATCH if size == -1 else size for size in sizes)
    if sizes and fixed_rows and sizes[0] == fixed_rows and (-1 in sizes or rest == each_ * fixed_rows):
        inside = rest // fixed_rows
        return (BATCH, *(each_ // max(1, inside) if size == -1 else size for size in sizes[1:]))
    raise Unsupported("it mixes the rows of the batch")


def _flatten(network: Network, node: Operation, given: Inputs) -> Given:
    x = network.building.flow(given[0])
    if x.shape is None:
        raise Unsupported("the shape of what arrives is not known")
    axis = int(node.attributes.get("axis", 1)) % (len(x.shape) + 1)
    if axis != 1 or x.shape[0] != BATCH:
        raise Unsupported("it mixes the rows of the batch")
    return shaped(network, x, (BATCH, entries(x.shape)))


def _squeeze(network: Network, node: Operation, given: Inputs) -> Given:
    x, axes = network.building.flow(given[0]), axes_of(node, _arrays(given))
    old = _known(x)
    gone = {axis % len(old) for axis in axes} if axes else {i for i, size in enumerate(old) if size == 1}
    if any(old[i] != 1 for i in gone):
        raise Unsupported("it mixes the rows of the batch")
    return shaped(network, x, tuple(size for i, size in enumerate(old) if i not in gone))


def _unsqueeze(network: Network, node: Operation, given: Inputs) -> Given:
    x, axes = network.building.flow(given[0]), axes_of(node, _arrays(given))
    old = _known(x)
    if axes is None or len(axes) + len(old) > 4:
        raise Unsupported("more than four axes have no counterpart")
    new = {axis % (len(old) + len(axes)) for axis in axes}
    rest = iter(old)
    return shaped(network, x, tuple(1 if i in new else next(rest) for i in range(len(old) + len(axes))))


def _transpose(network: Network, node: Operation, given: Inputs) -> Given:
    x = network.building.flow(given[0])
    if x.shape is None:
        raise Unsupported("the shape of what arrives is not known")
    order = list(node.attributes.get("perm", range(len(x.shape))[::-1]))
    moved = tuple(x.shape[axis] for axis in order)
    if [axis for axis in order if x.shape[axis] != 1] == [i for i, size in enumerate(x.shape) if size != 1]:
        return shaped(network, x, moved)
    if len(order) == 2:
        return each(network, "transpose", x)
    if order == [0, 2, 1]:
        return Turned(x)
    if x.shape[0] == BATCH and order[0] == 0:
        # Within a row it is a fixed order of its entries.
        places = np.arange(entries(x.shape)).reshape([int(size) for size in x.shape[1:]])
        return _picked(network, x, places.transpose([axis - 1 for axis in order[1:]]))
    raise Unsupported("it moves the axis of the batch")


def turned(network: Network, x: Flow) -> Flow:
    """(B, M, N) as (B, N, M): within a row it is a fixed order of its entries."""
    places = np.arange(entries(_known(x))).reshape([int(size) for size in _known(x)[1:]])
    return _picked(network, x, places.T)


def concatenated(network: Network, given: Inputs) -> Flow:
    """Flows side by side."""
    found = network.building.flow(given[0])
    for other in given[1:]:
        found = network.building.add("concat", {"a": found, "b": network.building.flow(other)})
    return found


def _concat(network: Network, node: Operation, given: Inputs) -> Given:
    flows = [network.building.flow(each_) for each_ in given if not isinstance(each_, Const)]
    axis, shapes = int(node.attributes["axis"]), [_known(flow) for flow in flows]
    if any(isinstance(each_, Const) for each_ in given):
        raise Unsupported("constants beside what flows have no counterpart")
    if axis % len(shapes[0]) == len(shapes[0]) - 1:
        return concatenated(network, flows)
    if axis % len(shapes[0]) != 1 or any(shape[0] != BATCH for shape in shapes):
        raise Unsupported("along that axis it has no counterpart")
    flat = concatenated(network, [shaped(network, flow, (BATCH, entries(flow.shape or ()))) for flow in flows])
    length = sum(int(shape[1]) for shape in shapes)
    return shaped(network, flat, (BATCH, length, *shapes[0][2:]))


def _picked(network: Network, x: Flow, places: Array) -> Flow:
    """Of each row the entries at some places, in that shape: what a fixed matrix of zeros and ones gives."""
    old = _known(x)
    if old[0] != BATCH or BATCH in old[1:]:
        raise Unsupported("it picks rows of the batch")
    width, count = entries(old), places.size
    if width * count > _MOST_PICKED or not count:
        raise Unsupported("so many entries cannot be picked out")
    flat = shaped(network, x, (BATCH, width))
    if not np.array_equal(places.ravel(), np.arange(width)):
        network.note(
            "Columns are picked out by a fixed matrix of zeros and ones, since there is no such operation here."
        )
        chosen = np.zeros((width, count))
        chosen[places.ravel(), np.arange(count)] = 1.0
        settings = {"units": count, "bias": False, "trainable": False}
        flat = network.building.add("dense", {"x": flat}, settings, {"weight": chosen}, "pick")
    return shaped(network, flat, (BATCH, *places.shape))


def _places(x: Flow) -> Array:
    """The number of each entry of a row."""
    old = _known(x)
    if old[0] != BATCH or BATCH in old[1:] or entries(old) > _MOST_PICKED:
        raise Unsupported("it picks rows of the batch")
    return np.arange(entries(old)).reshape([int(size) for size in old[1:]])


def _inner(axis: int, x: Flow) -> int:
    """An axis as one of a row."""
    found = axis % len(_known(x)) - 1
    if found < 0:
        raise Unsupported("it picks rows of the batch")
    return found


def _gather(network: Network, node: Operation, given: Inputs) -> Given:
    if isinstance(given[0], Const):
        raise Unsupported("a table that is looked up has no counterpart")
    x = network.building.flow(given[0])
    if not isinstance(given[1], Const):
        raise Unsupported("places that are computed have no counterpart")
    axis = _inner(int(node.attributes.get("axis", 0)), x)
    return _picked(network, x, np.take(_places(x), given[1].array.astype(np.int64), axis=axis))


def _slice(network: Network, node: Operation, given: Inputs) -> Given:
    x = network.building.flow(given[0])
    if any(other is not None and not isinstance(other, Const) for other in given[1:]):
        raise Unsupported("places that are computed have no counterpart")
    old = [ROWS if size == BATCH else int(size) for size in _known(x)]
    cut = slices(node, _arrays(given), old)
    if cut[0].indices(ROWS) != (0, ROWS, 1):
        raise Unsupported("it picks rows of the batch")
    return _picked(network, x, _places(x)[tuple(cut[1:])])


def _split(network: Network, node: Operation, given: Inputs) -> Sequence[Given]:
    x = network.building.flow(given[0])
    axis = _inner(int(node.attributes.get("axis", 0)), x)
    places = _places(x)
    cuts = np.cumsum(parts(node, _arrays(given), places.shape[axis]))[:-1]
    return [_picked(network, x, each_) for each_ in np.split(places, cuts, axis=axis)]


def _expand(network: Network, node: Operation, given: Inputs) -> Given:
    x = network.building.flow(given[0])
    if not isinstance(given[1], Const):
        raise Unsupported("a shape that is computed has no counterpart")
    sizes = [int(size) for size in given[1].array.ravel().tolist()]
    old = [ROWS if size == BATCH else int(size) for size in _known(x)]
    if tuple(np.broadcast_shapes(tuple(old), tuple(sizes))) == tuple(old):
        return x
    if ROWS in sizes or len(sizes) > 4 or math.prod(sizes) > _MOST_PICKED:
        raise Unsupported("it repeats rows of the batch")
    return both(network, "multiply", x, Const(np.ones(sizes)))


RULES: Mapping[str, Rule] = {
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": _transpose,
    "Concat": _concat,
    "Gather": _gather,
    "Slice": _slice,
    "Split": _split,
    "Expand": _expand,
}
