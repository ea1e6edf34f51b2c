"""What there is to explain: the quantities of one traced pass, their numbers and their symbols."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis
from compute.draws import key_of, uniform_at
from compute.explain.closed import Closed
from compute.graph import Graph, Port
from compute.ops.base import Op, Settings
from compute.optimizers import norm_of
from compute.tensor_view import Entry as Entry
from compute.tensor_view import Span as Span
from compute.tensor_view import TensorView
from compute.trace import Kind as Kind
from compute.trace import Quantity as Quantity
from compute.trace import Trace
from compute.trace import left_by as left_by

Array = npt.NDArray[Any]
GREEK = {"alpha", "beta", "gamma", "delta", "epsilon", "theta", "lambda", "mu", "rho", "sigma", "phi", "omega"}
WEIGHT_SYMBOLS = {"weight": "W", "bias": "b"}
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_UNFIT = re.compile(r"[\\{}$&#%^~<>|\x00-\x1f]+")
_ARITHMETIC = re.compile(r"[·×*]|\s[-−+/]\s")


MOST_LETTERS, MOST_OF_SYMBOL = 40, 14
"""The most letters of a name in a sentence, and in a formula."""


def cut(text: str, most: int) -> str:
    """The beginning of a text that is longer than ``most`` letters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def name_in(title: str) -> str:
    """The name that a title such as ``g = x²`` gives, and of a long one a part."""
    return cut(title.partition(" = ")[0] or title, MOST_LETTERS)


def bracketed(label: str) -> str:
    """A name that may stand beside ∂ or an index: one that reads as arithmetic whole, as in ``(x · W)[0, 1]``."""
    return f"({label})" if _ARITHMETIC.search(label) else label


def symbol(label: str) -> tuple[str, str]:
    r"""LaTeX of a name, and its subscript: ``x1`` or ``x₁`` → (``x``, ``1``), ``loss`` → (``\mathrm{loss}``, ````)."""
    split = re.fullmatch(r"([A-Za-z]+)_?([0-9]*)", label.translate(_SUBSCRIPTS))
    if split:
        stem, number = split.groups()
        if stem in GREEK:
            return rf"\{stem}", number
        return (stem if len(stem) == 1 else rf"\mathrm{{{stem}}}"), number
    words = _UNFIT.sub(" ", label).strip()
    return rf"\text{{{words or '?'}}}", ""


def largest(array: Array) -> int:
    """The flat place of the largest magnitude; a NaN is the largest, as that is the entry that one wants to see."""
    # Without a copy of the magnitudes, which of a large tensor would take longer than this.
    high, low = int(array.argmax()), int(array.argmin())
    top, bottom = float(array.reshape(-1)[high]), float(array.reshape(-1)[low])
    return high if not -bottom > top and (-bottom < top or high <= low) else low


def indexed(name: tuple[str, str], entry: tuple[Any, ...]) -> str:
    r"""A symbol at an entry: ``x_{3,0}``; with a subscript of its own ``x_{1[3,0]}``."""
    stem, sub = name
    at = ",".join(map(str, entry))
    stem = bracketed(stem) if at else stem
    if sub and at:
        return f"{stem}_{{{sub}[{at}]}}"
    return f"{stem}_{{{sub or at}}}" if sub or at else stem


@dataclass(frozen=True)
class Facts:
    """One traced pass over a graph, asked for numbers and symbols by quantity."""

    graph: Graph
    analysis: Analysis
    loss: str
    trace: Trace
    sample: int = 0
    _picked: dict[Quantity, Entry] = field(default_factory=dict, compare=False)
    _named: dict[str, tuple[str, str]] = field(default_factory=dict, compare=False)
    told: dict[tuple[Quantity, Entry], Any] = field(default_factory=dict, compare=False, repr=False)
    """The answers that were asked for last: several views ask for the same one at a time."""
    _whole: Facts | None = field(default=None, compare=False, repr=False)

    def only(self, trace: Trace) -> Facts:
        """The same pass with only some of its numbers. How these are put in words does not depend on which they are."""
        return replace(self, trace=trace, _picked={}, told={}, _whole=self)

    def find(self, q: Quantity) -> Array | None:
        """All its numbers as the pass left them; None where it did not compute them."""
        return left_by(self.trace, q) if q.node in self.analysis.shapes else None

    def _found(self, q: Quantity) -> Array:
        array = self.find(q)
        if array is None:
            raise KeyError(q)
        return array

    def has(self, q: Quantity) -> bool:
        """Whether the pass computed it."""
        return self.find(q) is not None

    def array(self, q: Quantity) -> Array:
        """All its numbers; float64."""
        return np.asarray(self._found(q), dtype=np.float64)

    def shape(self, q: Quantity) -> tuple[int, ...]:
        """The sizes of its axes."""
        return self._found(q).shape

    def at(self, q: Quantity, entry: Entry) -> float:
        """One of its numbers."""
        return float(self._found(q)[entry])

    @cached_property
    def gradient_norm(self) -> float:
        """The norm of the gradients of all weights that are trained."""
        if self._whole is not None:
            return self._whole.gradient_norm
        trained = (name for name, (_, spec) in self.analysis.parameters.items() if spec.trainable)
        found = self.trace.parameter_grads
        return norm_of(found[name] for name in trained if name in found)

    def draw(self, node: str, entry: Entry) -> float:
        """The random number in [0, 1) that a node which draws took for an entry of its input."""
        source, trace = self.analysis.sources[node][0], self.trace
        place = np.ravel_multi_index(entry, trace.values[source].shape) if entry else 0
        return float(uniform_at(key_of(trace.seed, node), trace.update, np.array([place], np.uint32))[0])

    def view(self, q: Quantity) -> TensorView:
        """How its numbers are laid out; those of weights belong to no sample."""
        if q.kind not in ("value", "gradient", "wire"):
            return TensorView.of(self._found(q))
        node = self.source(q.node, q.name) if q.kind == "wire" else q.node
        return TensorView.of(self._found(q), self.analysis.shapes[node])

    @cached_property
    def closed(self) -> Closed | None:
        """Closed forms of the gradients, in a graph of scalars."""
        if self._whole is not None:
            return self._whole.closed
        scalar = all(shape == () for shape in self.analysis.shapes.values())
        return Closed(self) if scalar else None

    def pick(self, q: Quantity) -> Entry:
        """The entry to show: of the chosen sample, the one with the largest gradient (else the largest value)."""
        if q not in self._picked:
            steepest = Quantity("gradient", q.node) if q.kind == "value" else q
            if q.kind == "weight":
                steepest = Quantity("weight gradient", q.node, q.name)
            source = steepest if self.has(steepest) else q
            laid_out = self.view(q)
            part = laid_out.of_sample(self._found(source), self.sample)
            self._picked[q] = laid_out.entry_of_sample(self.sample, largest(part)) if part.size else ()
        return self._picked[q]

    # -- the graph around a node ----------------------------------------------------------------------------

    def op(self, node: str) -> Op:
        """The op of a node."""
        return self.analysis.ops[node]

    def settings(self, node: str) -> Settings:
        """Its checked parameters."""
        return self.analysis.settings[node]

    def label(self, node: str) -> str:
        """What people call the node; of a title such as ``g = x²`` the name that it gives, and of a long one a part."""
        return name_in(self.graph.nodes[node].label)

    def called(self, node: str) -> str:
        """Op and name, as in ``Tanh a``."""
        return f"{self.op(node).title} {self.label(node)}"

    def weight_name(self, q: Quantity) -> str:
        """What people call a weight: ``h.weight``, and a parameter node's value by the node's own name."""
        return self.label(q.node) if q.name == "value" else q.weight

    def source(self, node: str, port: str) -> str:
        """The node that feeds a port."""
        return self.analysis.sources[node][self.op(node).ports.index(port)]

    @cached_property
    def _fed(self) -> dict[str, list[Port]]:
        if self._whole is not None:
            return self._whole._fed
        fed: dict[str, list[Port]] = {}
        for node in self.analysis.order:
            for port, source in zip(self.op(node).ports, self.analysis.sources[node], strict=True):
                fed.setdefault(source, []).append((node, port))
        return fed

    def feeds(self, node: str) -> list[Port]:
        """The ports that a node feeds."""
        return self._fed.get(node, [])

    @cached_property
    def _readers(self) -> dict[str, list[Port]]:
        if self._whole is not None:
            return self._whole._readers
        readers: dict[str, list[Port]] = {}
        for node in self.analysis.order:
            for port, source in zip(self.op(node).ports, self.analysis.sources[node], strict=True):
                if (node, port) in self.trace.wire_grads:
                    readers.setdefault(source, []).append((node, port))
        return readers

    def contributions(self, node: str) -> list[Port]:
        """The wires through which gradient comes back to a node, in the order in which backward does it."""
        return self._readers.get(node, [])[::-1]

    def via(self, node: str, port: str) -> str:
        """How a contribution is told from its siblings: by its node, and its port if that node has two of them."""
        twins = [p for n, p in self.contributions(self.source(node, port)) if n == node]
        return self.label(node) + (f", port {port}" if len(twins) > 1 else "")

    # -- symbols --------------------------------------------------------------------------------------------

    @cached_property
    def _labels(self) -> Counter[str]:
        """How many nodes have each label."""
        if self._whole is not None:
            return self._whole._labels
        return Counter(self.label(node) for node in self.graph.nodes)

    def _name(self, node: str) -> tuple[str, str]:
        label = self.label(node)
        own = self._labels[label] == 1 and len(label) <= max(MOST_OF_SYMBOL, len(node))
        return symbol(cut(label if own else node, MOST_OF_SYMBOL))

    @cached_property
    def _is_l_free(self) -> bool:
        called_so = (n for n in self.graph.nodes if {n, self.label(n)} & {"L", "L_"})
        return all(self._name(node) != ("L", "") for node in called_so)

    def name(self, node: str) -> tuple[str, str]:
        """The symbol of a node: its title where that is short and its own, else its id; the loss is L if it can be."""
        if node not in self._named:
            self._named[node] = ("L", "") if node == self.loss and self._is_l_free else self._name(node)
        return self._named[node]

    @cached_property
    def loss_symbol(self) -> str:
        """The symbol on top of every derivative."""
        return indexed(self.name(self.loss), ()) if self.loss in self.graph.nodes else "L"

    def letter(self, node: str) -> str:
        """LaTeX of a node's value as a whole."""
        return indexed(self.name(node), ())

    def symbol(self, q: Quantity, entry: tuple[Any, ...] = ()) -> str:
        """LaTeX of a quantity at an entry (indices or letters)."""
        if q.kind == "value":
            return indexed(self.name(q.node), entry)
        if q.kind in ("weight", "update"):
            if q.name == "value":
                return indexed(self.name(q.node), entry)
            return indexed((WEIGHT_SYMBOLS.get(q.name) or symbol(q.name)[0], ""), entry)
        if q.kind == "weight gradient":
            below = self.symbol(Quantity("weight", q.node, q.name), entry)
        elif q.kind == "wire":
            source = self.source(q.node, q.name)
            below = self.symbol(Quantity("value", source), entry)
            if len(self.contributions(source)) > 1:
                return rf"\left.{self.partial(below)}\right|_{{{via_tex(self.via(q.node, q.name))}}}"
        else:
            below = self.symbol(Quantity("value", q.node), entry)
        return self.partial(below)

    def partial(self, below: str) -> str:
        r"""``\frac{\partial L}{\partial below}``."""
        return rf"\frac{{\partial {self.loss_symbol}}}{{\partial {below}}}"


def via_tex(label: str) -> str:
    """The name of a contribution's node, to stand beside or under a number."""
    return rf"\text{{via {_UNFIT.sub(' ', cut(label, MOST_OF_SYMBOL)).strip()}}}"


def plain(label: str, entry: tuple[Any, ...]) -> str:
    """A name at a cell in plain text: ``h[3, 0]``, ``h[·, 2…4]``."""
    inside = ", ".join("·" if i is None else f"{i[0]}…{i[-1]}" if isinstance(i, range) else str(i) for i in entry)
    return f"{bracketed(label)}[{inside}]" if entry else label


def spanned(label: str, span: tuple[Any, ...]) -> str:
    """The same, but for a span of all entries, which is the name alone."""
    return label if all(part is None for part in span) else plain(label, span)
