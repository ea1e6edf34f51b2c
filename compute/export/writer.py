"""A network written node by node, in the words of ``compute.spelling``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis
from compute.shapes import Shape
from compute.spelling import Speller, Term, Unspelled

Array = npt.NDArray[Any]


class Beyond(ValueError):
    """What a format has no way to write, and what could stand for it, as the end of a sentence that names the node."""


class Writer(Speller):
    """A speller that also takes what a network is fed with, and hears of its nodes."""

    def data(self, node_id: str, shape: Shape) -> Term:
        """What a data node gives."""
        raise NotImplementedError

    def array(self, name: str, value: Array) -> Term:
        """Fixed numbers: a weight by its full name, or a constant by its node's id."""
        raise NotImplementedError

    def fixed(self, node_id: str) -> Term | None:
        """A node of which the numbers are written, in place of what computes them; None for any other."""
        return None

    def node(self, node_id: str, term: Term) -> Term:
        """What a node gives has been written: called once for each node, in the order in which they are computed."""
        return term


def spell(analysis: Analysis, weights: Mapping[str, Array], writer: Writer) -> dict[str, Term]:
    """Every node of a network, written. Errors: Unspelled naming the first node that cannot be."""
    terms: dict[str, Term] = {}
    for node_id in analysis.order:
        try:
            terms[node_id] = writer.node(node_id, _spelled(analysis, weights, writer, terms, node_id))
        except Beyond as why:
            raise Unspelled(f"{analysis.ops[node_id].title} {node_id} cannot be exported: {why}") from None
    return terms


def _spelled(
    analysis: Analysis, weights: Mapping[str, Array], writer: Writer, terms: Mapping[str, Term], node_id: str
) -> Term:
    op, settings = analysis.ops[node_id], analysis.settings[node_id]
    if op.is_data:
        return writer.data(node_id, analysis.shapes[node_id])
    if op.unspelled:
        raise Beyond(op.unspelled)
    if not op.ports and not analysis.weights_of(node_id):
        return writer.array(node_id, np.asarray(settings["value"]))
    known = writer.fixed(node_id)
    if known is not None:
        return known
    w = {suffix: writer.array(name, weights[name]) for suffix, name in analysis.weights_of(node_id).items()}
    return op.spell(writer, [terms[source] for source in analysis.sources[node_id]], w, settings)
