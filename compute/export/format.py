"""What an export format declares, once: its endings, what it holds, how it is written, and how it is run again.

A new format is one class with the decorator ``@register`` and no other change: the export, the file dialog, the help of
the command line and the tests are made from the registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis
from compute.data import Prepared, Table
from compute.document import Document, to_json
from compute.engine import Program
from compute.errors import GradwireError
from compute.export.preparation import Preparation, preparation
from compute.params import Param
from compute.reference import forward
from compute.workspace import data_nodes

Array = npt.NDArray[Any]
Rows = npt.NDArray[np.intp]
TOLERANCE = 1e-3
"""Largest difference, relative to outputs above 1: rounding to float32 stays far below it."""
MOST_ROWS = 100
"""On so many rows a file is compared."""


@dataclass(frozen=True)
class Network:
    """What is exported: the document, its program, the weights in float32 by name, contiguous, and its data."""

    document: Document
    program: Program
    weights: Mapping[str, npt.NDArray[np.float32]]
    prepared: Prepared | None
    options: Mapping[str, Any] = field(default_factory=dict)
    """What was chosen for the format, by the names of its ``params``."""
    without: frozenset[str] = frozenset()
    """Nodes that feed no other and are left out all the same, since the format cannot give them."""

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """What the network is used for, by node id; of a loss what it judges, since it needs true answers itself."""
        analysis = self.program.analysis
        found = outputs_of(analysis, self.program.loss)
        used = (judged[0] if (judged := analysis.judged_by(node)) else node for node in found)
        return tuple(dict.fromkeys(node for node in used if node not in self.without))

    @cached_property
    def needed(self) -> Analysis:
        """The part of the graph that the outputs need."""
        return self.program.analysis.leading_to(*self.outputs)

    @cached_property
    def fed(self) -> tuple[str, ...]:
        """The data nodes that it takes, in order."""
        return tuple(node for node in self.needed.order if self.needed.ops[node].is_data)

    @cached_property
    def preparation(self) -> Preparation | None:
        """What goes before it and after; None where it takes no rows, or has not one answer."""
        if self.prepared is None or not self.fed or len(self.outputs) != 1:
            return None
        found = preparation(self.document, self.program, self.prepared, self.outputs[0])
        return found if found.inputs.keys() == set(self.fed) else None

    @property
    def raw(self) -> Table | None:
        """The table whose rows, as they stand, have an answer; None where there is none such."""
        return None if self.preparation is None or self.prepared is None else self.prepared.table

    @cached_property
    def compared(self) -> Rows:
        """The rows of its data, by number, on which a file is compared: the first ones that have an answer."""
        if self.prepared is None:
            return np.zeros(0, np.intp)
        rows = max(map(len, self.prepared.values.values()), default=0)
        return np.setdiff1d(np.arange(rows, dtype=np.intp), self.prepared.left_out)[:MOST_ROWS].astype(np.intp)

    def about(self) -> dict[str, Any]:
        """What a reader of the numbers needs besides them: enough to build the network again without its document."""
        graph = to_json(self.document, weights=False)["graph"]
        about: dict[str, Any] = {
            "document": self.document.name,
            "shapes": {name: list(weight.shape) for name, weight in self.weights.items()},
            "graph": {
                "nodes": [{key: node[key] for key in ("id", "op", "params") if key in node} for node in graph["nodes"]],
                "wires": graph["wires"],
            },
        }
        if self.preparation is not None:
            about["preparation"] = self.preparation.plain()
        if layouts := self._layouts():
            about["layout"] = "; ".join(layouts)
        prepared = self.prepared
        if prepared is not None and prepared.standardized:
            inputs = data_nodes(self.document.graph)[0]
            about["standardized"] = {
                name: {"mean": prepared.means[name], "std": prepared.stds[name]}
                for node_id, asked in inputs.items()
                for name in (asked.columns if node_id in prepared.standardized else ())
            }
            if plain := sorted(inputs.keys() - prepared.standardized):
                about["not_standardized"] = plain
        return about

    def _layouts(self) -> list[str]:
        """How the weights of each kind of layer lie; with the name of the layer where there are several kinds."""
        found = {op.name: op.layout for op in self.program.analysis.ops.values() if op.layout}
        if len(found) < 2:
            return list(found.values())
        return [f"{name}: {layout}" for name, layout in sorted(found.items())]


class Format:
    """The declaration of one format; see the module's docstring."""

    suffixes: ClassVar[tuple[str, ...]]
    """The endings of its files, of one or several parts (``.pt.py``); the first is the usual one."""
    title: ClassVar[str]
    holds: ClassVar[str]
    """What a file of it holds, for people."""
    params: ClassVar[tuple[Param, ...]] = ()
    """What can be chosen of it."""
    only_weights: ClassVar[bool] = False
    """Whether it holds nothing but the weights, and so nothing of a network that has none."""

    @property
    def lacking(self) -> str:
        """Why no file of it can be made here, and what helps, as a sentence; "" where it can."""
        return ""

    def settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What was chosen, with what was not. Errors: GradwireError naming what it does not have, or cannot be."""
        known = {param.name: param for param in self.params}
        for name in given.keys() - known.keys():
            raise GradwireError(f"{self.title} has no option {name}; leave it out")
        out = {}
        for name, param in known.items():
            try:
                out[name] = param.check(given.get(name, param.default))
            except ValueError as error:
                raise GradwireError(f"{self.title}: {name} {error}") from None
        return out

    def companion(self, path: Path) -> Path | None:
        """Where a second file lies that belongs to a file of it; None where there is none."""
        return None

    def narrowed(self, network: Network) -> Network:
        """What of a network goes into a file: without what the format has no way to give."""
        return network

    def loading(self, name: str) -> str:
        """The lines that load a file of this name where it is used."""
        raise NotImplementedError

    def tolerance(self, network: Network) -> float:
        """The largest difference that a file may have, relative to outputs above 1."""
        return TOLERANCE

    def notes(
        self, path: Path, network: Network, data: Mapping[str, Array], values: Mapping[str, Array]
    ) -> tuple[str, ...]:
        """What a person should know of a file, in sentences; ``values`` are what ``run`` gave for ``data``."""
        return ()

    def write(self, path: Path, network: Network) -> None:
        """Write the file, and its companion. Errors: OSError, which the caller puts into words."""
        raise NotImplementedError

    def run(self, path: Path, network: Network, data: Mapping[str, Array]) -> Mapping[str, Array]:
        """Read the file back and run it: the values by node id, of which the outputs are compared.

        data: what the data nodes give, by id. Errors: GradwireError for a file that does not hold what was written.
        """
        raise NotImplementedError


class WeightsFormat(Format):
    """A format for the weights alone: the document's own network is run with what the file gives back."""

    only_weights = True

    def read(self, path: Path) -> Mapping[str, Array]:
        """The weights in a file, by name."""
        raise NotImplementedError

    def run(self, path: Path, network: Network, data: Mapping[str, Array]) -> Mapping[str, Array]:
        found = self.read(path)
        shapes = {name: weight.shape for name, weight in network.weights.items()}
        if {name: weight.shape for name, weight in found.items()} != shapes:
            raise GradwireError("it does not hold the weights that were written to it")
        weights = {name: weight.astype(np.float64) for name, weight in found.items()}
        return forward(network.program.analysis, weights, data)


def outputs_of(analysis: Analysis, loss: str) -> list[str]:
    """What a network is used for: the prediction that the loss judges, else the nodes that feed no other."""
    judged = analysis.judged_by(loss)
    if judged is not None:
        return [judged[0]]
    feeding = {source for sources in analysis.sources.values() for source in sources}
    return [node_id for node_id in analysis.order if node_id not in feeding and not analysis.ops[node_id].is_data]


FORMATS: list[Format] = []
_F = TypeVar("_F", bound=type[Format])


def register(cls: _F) -> _F:
    """Make one instance of the format known."""
    FORMATS.append(cls())
    return cls


def suffixes() -> tuple[str, ...]:
    """All endings that can be exported to."""
    return tuple(suffix for known in FORMATS for suffix in known.suffixes)


def format_for(path: Path) -> Format:
    """The format that the file's name asks for. Errors: GradwireError naming the ones there are."""
    name = path.name.lower()
    found = [(len(suffix), known) for known in FORMATS for suffix in known.suffixes if name.endswith(suffix)]
    if not found:
        raise GradwireError(f'"{path.name}": the name must end in one of the formats; choose {" or ".join(suffixes())}')
    # .pt.py is another format than .py.
    return max(found, key=lambda each: each[0])[1]
