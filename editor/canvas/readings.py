"""What the numbers of a trace look like on the canvas: short texts, heat strips, magnitudes.

A reading is made when it is first asked for and kept until the trace, the sample or the step of the walk changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis
from compute.explain import Kind, Quantity
from compute.graph import Port
from compute.large import LARGE, spread_of
from compute.numbers_text import MINUS, brief, short, shown, summary
from compute.ripple import Pair
from compute.tensor_view import TensorView
from compute.trace import Trace

Array = npt.NDArray[Any]

_MOST_ENTRIES = 1024
MOST_WRITTEN = 16
"""The most characters of all entries of a constant that a label shows."""
_ROOM = "\u00a0" * 7
"""Of a blank, to be filled in."""
STRIP = 12
"""The most cells of a heat strip."""


BESIDE = "  "
"""Stands in a text between what a number was and what it is."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One array in a label: its text, two shorter ones, the entries of its strip (if it has one), whether it is
    faulty. ``wanted``: the learner is asked for it. ``beside``: of two passes that are compared, whether it is another
    in the second (then the texts say both, ``BESIDE`` between them) or the same; None: there is one pass alone."""

    text: str
    brief: str
    least: str
    strip: Array | None
    fault: bool
    wanted: bool = False
    beside: bool | None = None

    @property
    def said(self) -> str:
        """Its text, to be read aloud."""
        old, apart, new = self.text.partition(BESIDE)
        return f"{new}, was {old}" if apart else self.text


WANTED = Reading("?", "?", "?", None, False, True)
"""In the place of what the learner is asked for."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the walk has computed so far: values and gradients of nodes, and gradients of wires; ``partly``: one of
    them of which only so many entries are there."""

    values: frozenset[str]
    gradients: frozenset[str]
    wires: frozenset[Port]
    partly: tuple[Quantity, int] | None = None

    @classmethod
    def of(cls, shown: Iterable[Quantity], partly: tuple[Quantity, int] | None = None) -> Known:
        """From the quantities that a step of the walk shows."""
        quantities = list(shown)
        return cls(
            frozenset(q.node for q in quantities if q.kind == "value"),
            frozenset(q.node for q in quantities if q.kind == "gradient"),
            frozenset((q.node, q.name) for q in quantities if q.kind == "wire"),
            partly,
        )

    def reached(self, kind: Kind, node: str, name: str = "") -> int | None:
        """How many entries of one of them are there, None where all are. The only contribution to a node is that node's
        gradient too."""
        return self.partly[1] if self.partly is not None and self.partly[0] == (kind, node, name) else None


class Readings:
    """Everything shown of one trace for one selected sample.

    known: how far the walk is (None: no walk); loss: the node that is minimised ("" if none); batch: what its number is
    the loss of, in a few words and in fewer ("" for nothing to be said); wanted: what a learner is asked for now, which
    is not shown; pair: the two passes that are compared, of which ``trace`` is the second; letters: what numbers are
    called on paper, where those that are wanted are blanks to be filled in; answers: what was asked of them.
    """

    def __init__(
        self,
        trace: Trace,
        analysis: Analysis,
        sample: int = 0,
        known: Known | None = None,
        loss: str = "",
        batch: tuple[str, str] = ("", ""),
        wanted: frozenset[Quantity] = frozenset(),
        pair: Pair | None = None,
        letters: Mapping[Quantity, str] | None = None,
        answers: Mapping[Quantity, str] | None = None,
    ) -> None:
        self.batch, self.wanted, self.pair = batch, wanted, pair
        self.letters, self._answers = letters or {}, answers or {}
        self.trace, self.analysis, self.sample, self.known, self.loss = trace, analysis, sample, known, loss
        self._reached = analysis.reached(loss)
        self._values: dict[str, Reading | None] = {}
        self._gradients: dict[Port, Reading | None] = {}
        self._outputs: dict[str, Reading | None] = {}
        self._sizes: tuple[dict[str, float], dict[Port, float]] | None = None

    def value(self, node_id: str) -> Reading | None:
        """The value that leaves a node; None where it is not computed."""
        try:
            return self._values[node_id]
        except KeyError:
            if self.wants("value", node_id):
                return self._values.setdefault(node_id, self._blank(Quantity("value", node_id)))
            array = self.array(node_id)
            partly = self.reached("value", node_id)
            if array is not None and partly is not None:
                return self._values.setdefault(node_id, _in_part(partly, array.size))
            found = None if array is None else self._read_value(array, node_id)
            return self._values.setdefault(node_id, self._beside(found, Quantity("value", node_id), node_id))

    def carried(self, key: Port, source: str) -> Reading | None:
        """The value that a wire carries: that of its source, unless its numbers are held."""
        held = self.pair.carried.get(key) if self.pair is not None else None
        if held is None or self.pair is None:
            return self.value(source)
        return self._compared(self._read(held, source), self.pair.before.values.get(source), held, source)

    def gradient(self, key: Port, source: str) -> Reading | None:
        """What comes back through a wire; None where it is not computed."""
        try:
            return self._gradients[key]
        except KeyError:
            if self.wants("wire", *key):
                return self._gradients.setdefault(key, self._blank(Quantity("wire", *key)))
            array = self.trace.wire_grads.get(key)
            if array is None or (self.known is not None and key not in self.known.wires):
                return self._gradients.setdefault(key, None)
            partly = self.reached("wire", *key)
            if partly is not None:
                return self._gradients.setdefault(key, _in_part(partly, array.size))
            found = self._beside(self._read(array, source), Quantity("wire", *key), source)
            return self._gradients.setdefault(key, found)

    def _beside(self, found: Reading | None, quantity: Quantity, node_id: str) -> Reading | None:
        """A reading of the second pass with that of the first, where two are compared."""
        if found is not None and quantity in self.letters:
            if answer := self._answers.get(quantity):
                found = replace(found, brief=answer, least=answer)
            found = replace(found, text=f"{self.letters[quantity]}: {answer or found.text}")
        if found is None or self.pair is None:
            return found
        before, after = self.pair.arrays(quantity)
        return found if after is None else self._compared(found, before, after, node_id)

    def _compared(self, found: Reading, before: Array | None, after: Array, node_id: str) -> Reading:
        if before is None or before.shape != after.shape:
            return replace(found, beside=True)
        if before is after:
            return replace(found, beside=False)
        old, new = self.entries(before, node_id), self.entries(after, node_id)
        moved = _moved(old, new)
        if not moved.size:
            return replace(found, beside=False)
        if old.size > 1 and moved.size == 1:
            # Of the only entry that moved both numbers tell more than both means.
            k = int(moved[0])
            was, now = short(float(old[k])), short(float(new[k]))
            both = f"[{k}] {was}{BESIDE}{now}"
            return replace(found, text=both, brief=f"{was}{BESIDE}{now}", least=f"[{k}] {now}", beside=True)
        was_read = self._read(before, node_id)
        if was_read.text == found.text and np.isfinite(new - old).all():
            by = f"Δ{brief(float(np.abs(new - old).max()), 1)}"
            found = replace(found, text=by, brief=by, least=by)
        text, tighter = (f"{was_read.text}{BESIDE}{found.text}", f"{was_read.brief}{BESIDE}{found.brief}")
        # Where there is no room for both, what it is.
        return replace(found, text=text, brief=tighter, least=tighter if old.size == 1 else found.least, beside=True)

    def reached(self, kind: Kind, node: str, name: str = "") -> int | None:
        """How many entries of a quantity the walk has computed so far; None where it is not in the middle of it."""
        return self.known.reached(kind, node, name) if self.known is not None else None

    def _blank(self, q: Quantity) -> Reading:
        letter = self.letters.get(q)
        return replace(WANTED, text=f"{letter}:{_ROOM}", brief=letter, least=letter) if letter else WANTED

    def called(self, kind: Kind, node: str) -> str:
        """What stands in place of a number that is wanted."""
        return self.letters.get(Quantity(kind, node), "?")

    def wants(self, kind: Kind, node: str, name: str = "") -> bool:
        """Whether the learner is asked for a quantity now."""
        return Quantity(kind, node, name) in self.wanted

    def output_gradient(self, node_id: str) -> Reading | None:
        """∂L/∂output of a node that feeds nothing (the loss: 1); None where it is not computed."""
        try:
            return self._outputs[node_id]
        except KeyError:
            if self.wants("gradient", node_id):
                return self._outputs.setdefault(node_id, self._blank(Quantity("gradient", node_id)))
            array = self.trace.grads.get(node_id)
            if array is None or (self.known is not None and node_id not in self.known.gradients):
                return self._outputs.setdefault(node_id, None)
            found = self._beside(self._read(array, node_id), Quantity("gradient", node_id), node_id)
            return self._outputs.setdefault(node_id, found)

    def array(self, node_id: str) -> Array | None:
        """A node's whole value, unless the walk has not come there."""
        if self.known is not None and node_id not in self.known.values:
            return None
        return self.trace.values.get(node_id)

    def rows(self, node_id: str) -> Array | None:
        """A node's value for the selected sample (all of it without a batch), flat, as far as it is computed."""
        array = self.array(node_id)
        if array is None:
            return None
        entries, partly = self.entries(array, node_id), self.reached("value", node_id)
        if partly is None:
            return entries
        return np.asarray(entries[self.entries(np.arange(array.size).reshape(array.shape), node_id) < partly])

    def expects_gradient(self, key: Port, source: str) -> bool:
        """Whether a wire has a gradient, computed or not: one that the loss does not depend on has none."""
        if key in self.trace.wire_grads:
            return True
        op = self.analysis.ops.get(key[0])
        if op is not None and key[1] not in op.ports:
            return False
        if not self.loss:
            return False
        if self.loss in self.analysis.shapes:
            return source in self._reached and key[0] in self._reached
        return source in self.analysis.live or source not in self.analysis.shapes

    def entries(self, array: Array, node_id: str) -> Array:
        """The selected sample's part of an array that is shaped as a node's value, flat."""
        return np.ravel(self.view(array, node_id).of_sample(array, self.sample))

    def view(self, array: Array, node_id: str) -> TensorView:
        """How an array that is shaped as a node's value is laid out."""
        return TensorView.of(array, self.analysis.shapes.get(node_id))

    @staticmethod
    def strip_step(size: int) -> int:
        """Every so-and-so-many-th of ``size`` entries has a cell in a heat strip."""
        return max(1, -(-size // STRIP))

    def _read_value(self, array: Array, node_id: str) -> Reading:
        """A value; of a vector or matrix that training never changes all entries, where they are few and short."""
        reading = self._read(array, node_id)
        few = array.ndim <= 2 and array.size <= MOST_WRITTEN
        if reading.strip is None or reading.fault or not few or node_id not in self.analysis.fixed:
            return reading
        text = entries_text(array)
        if len(text) > MOST_WRITTEN:
            return reading
        return replace(reading, text=text, brief=text, least=reading.brief)

    def _read(self, array: Array, node_id: str) -> Reading:
        entries = self.entries(array, node_id)
        if entries.size == 1:
            number = float(entries[0])
            return Reading(shown(number), short(number), short(number), None, not math.isfinite(number))
        strip = entries[:: self.strip_step(entries.size)]
        # Of all of an array this may be known already.
        mean, spread = spread_of(array if entries.size == array.size else entries) if entries.size else (0.0, 0.0)
        if not math.isfinite(mean):
            text = summary(entries)
            return Reading(text, text.split()[0], text.split()[0], strip, True)
        # What rounding leaves of a mean of zero is zero.
        middle = brief(mean if abs(mean) > 1e-9 * spread else 0.0, 2)
        spread = spread if spread > 1e-9 * abs(mean) else 0.0
        return Reading(f"{middle}±{brief(spread, 1)}", tight(mean, spread), least(mean, spread), strip, False)

    # -- from afar: one number per wire, computed for all at once -------------------------------------------

    def magnitudes(self) -> tuple[dict[str, float], dict[Port, float]]:
        """How large values (by node) and gradients (by wire) are: 0 … 1 on a logarithmic scale, NaN at faults."""
        if self._sizes is None:
            trace, known = self.trace, self.known
            values = trace.values if known is None else {k: v for k, v in trace.values.items() if k in known.values}
            grads = (
                trace.wire_grads if known is None else {k: v for k, v in trace.wire_grads.items() if k in known.wires}
            )
            self._sizes = _magnitudes(values), _magnitudes(grads)
        return self._sizes


def _moved(old: Array, new: Array) -> Array:
    """Where one of two arrays has other entries: all places, or of a large array only some where they are many."""
    for step in (max(1, old.size // LARGE), 1):
        was, now = old[::step], new[::step]
        moved = np.flatnonzero((was != now) & ~(np.isnan(was) & np.isnan(now)))
        if moved.size > 1:
            break
    return moved


def _in_part(done: int, size: int) -> Reading:
    """How far a tensor is of which one entry after the other is computed."""
    return Reading(f"{done} of {size}", f"{done}/{size}", "…", None, False)


def entries_text(array: Array) -> str:
    """All entries of a vector or a matrix as people write them: ``1, 7, 5``, ``6 2 3; 1 5 7``."""
    if array.ndim < 2:
        return ", ".join(map(short, np.ravel(array).tolist()))
    return "; ".join(" ".join(map(short, line)) for line in array.tolist()) + (";" if len(array) == 1 else "")


def tight(mean: float, spread: float) -> str:
    """Mean and spread in few characters, the mean no finer than the spread: ``−1.5±0.4``, ``0±0.03``, ``(1±9)e-3``."""
    if spread == 0:
        return f"{brief(mean, 2)}±0"
    rounded = float(f"{spread:.0e}")
    place = math.floor(math.log10(rounded))
    unit = 10.0**place
    around, middle = brief(rounded, 1), round(abs(mean) / unit)
    sign = MINUS if mean < 0 else ""
    if middle == 0:
        return f"0±{around}"
    if -2 <= place <= 3:
        return f"{sign}{middle * unit:.{max(0, -place)}f}±{around}"
    if middle < 100:
        return f"({sign}{middle}±{round(rounded / unit)})e{place}"
    return f"{brief(mean, 2)}±{around}"


def least(mean: float, spread: float) -> str:
    """In fewer still: both by the first digit of the larger, ``−1±2``, or the spread cut off, ``0.35±…``; where the
    mean is next to 0, as ``tight``."""
    whole = tight(mean, spread)
    if whole.startswith("0±"):
        return whole
    forms = [f"{brief(mean, 2)}±…", whole]
    top = float(f"{max(abs(mean), spread):.0e}")
    unit = 10.0 ** math.floor(math.log10(top))
    if round(spread / unit):
        forms.append("±".join(brief(round(each / unit) * unit, 1) for each in (mean, spread)))
    return min(reversed(forms), key=len)


def _magnitudes(arrays: Mapping[Any, Array]) -> dict[Any, float]:
    # Of large arrays every so-and-so-many-th entry is enough.
    full = {key: a.reshape(-1)[:: -(-a.size // _MOST_ENTRIES)] for key, a in arrays.items() if a.size}
    if not full:
        return {}
    sizes = np.fromiter((a.size for a in full.values()), np.intp, len(full))
    flat = np.concatenate(list(full.values())).astype(np.float64, copy=False)
    with np.errstate(all="ignore"):
        squares = np.add.reduceat(flat * flat, np.concatenate(([0], np.cumsum(sizes)[:-1])))
        # 1e-4 and less is the quietest, 10 and more the loudest.
        level = np.clip((0.5 * np.log10(squares / sizes) + 4.0) / 5.0, 0.0, 1.0)
        level[~np.isfinite(squares)] = np.nan
    return dict(zip(full, level.tolist(), strict=True))


def heat_pixels(
    cells: Iterable[Array], width: int, negative: int, middle: int, positive: int
) -> npt.NDArray[np.uint32]:
    """Strips as rows of pixels (0xAARRGGBB), shape (n, width): hue by sign, strength by size within the strip."""
    rows = list(cells)
    data = np.zeros((len(rows), width))
    for i, row in enumerate(rows):
        data[i, : row.size] = row
    with np.errstate(all="ignore"):
        top = np.max(np.abs(data), axis=1, keepdims=True)
        share = np.where(top > 0, data / top, 0.0)
    bad = ~np.isfinite(share)
    share[bad] = 0.0
    low, mid, high = (np.array([(c >> 16) & 255, (c >> 8) & 255, c & 255], float) for c in (negative, middle, positive))
    weight = 0.82 * np.sqrt(np.abs(share))[..., None]
    rgb = mid + (np.where(share[..., None] < 0, low, high) - mid) * weight
    parts = rgb.astype(np.uint32)
    pixels: npt.NDArray[np.uint32] = 0xFF000000 | (parts[..., 0] << 16) | (parts[..., 1] << 8) | parts[..., 2]
    return pixels.astype(np.uint32)
