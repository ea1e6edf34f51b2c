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


class Writer(Speller):
    """A speller that also takes what a network is fed with, and hears of its nodes."""

    def data(self, node_id: str, shape: Shape) -> Term:
        """What a data node gives."""
        raise NotImplementedError

    def array(self, name: str, value: Array) -> Term:
        """Fixed numbers: a weight by its full name, or a constant by its node's id."""
        raise NotImplementedError

    def node(self, node_id: str, term: Term) -> Term:
        """What a node gives has been written: called once for each node, in the order in which they are computed."""
        return term


def spell(analysis: Analysis, weights: Mapping[str, Array], writer: Writer) -> dict[str, Term]:
    """Every node of a network, written. Errors: Unspelled naming the first node that cannot be."""
    terms: dict[str, Term] = {}
    for node_id in analysis.order:
        op, settings = analysis.ops[node_id], analysis.settings[node_id]
        if op.is_data:
            term = writer.data(node_id, analysis.shapes[node_id])
        elif op.unspelled:
            raise Unspelled(f"{op.title} {node_id} cannot be exported: {op.unspelled}")
        elif not op.ports and not analysis.weights_of(node_id):
            term = writer.array(node_id, np.asarray(settings["value"]))
        else:
            w = {suffix: writer.array(name, weights[name]) for suffix, name in analysis.weights_of(node_id).items()}
            term = op.spell(writer, [terms[source] for source in analysis.sources[node_id]], w, settings)
        terms[node_id] = writer.node(node_id, term)
    return terms
