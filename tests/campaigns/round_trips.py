"""Random graphs leave and come back: exported, imported, and exported again.

    python -m tests.campaigns.round_trips [--graphs 300] [--seed N]

Each graph goes out as ONNX, Keras, safetensors and npz with every node that is no loss as an output, comes in again,
and out once more. What comes in must be whole, compute the same numbers to 1e-5, and hold the same weights, by their
number; weights alone come back by their names, bit for bit. The second file must come in as the same weights as the
first, and a weights file must be the first one byte by byte. A refusal counts by its reason, and is shown.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings

from compute.document import Document, TrainingSettings
from compute.engine import Program
from compute.errors import GradwireError
from compute.export import export
from compute.graph import Graph, Node, Wire
from compute.importing import Imported, import_file
from compute.reference import forward
from compute.workspace import open_document
from tests.compute.test_random_graphs import graphs
from tests.compute.test_spelling import SPELLED, kept_of

NEAR = 1e-5
ENDINGS = (".onnx", ".keras", ".safetensors", ".npz")
Array = Any


@dataclass
class Tally:
    """By ending: how many came back, the largest difference, how many second files were the first byte by byte; then
    refusals by their reason, and what is wrong."""

    back: Counter[str] = field(default_factory=Counter)
    largest: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    equal: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def document_of(drawn: Program) -> Document | None:
    """What of the graph leads from an input to a node that feeds no other, without losses, as a document with its data
    and weights; None where nothing does."""
    kept = drawn.analysis.leading_to(*(node for node in kept_of(drawn) if node != drawn.loss))
    feeding = {source for sources in kept.sources.values() for source in sources}
    moving: set[str] = set()
    for node in kept.order:
        if kept.ops[node].is_data or moving & set(kept.sources[node]):
            moving.add(node)
    ends = [node for node in kept.order if node in moving and node not in feeding and not kept.ops[node].is_data]
    if not ends:
        return None
    part = kept.leading_to(*ends)
    nodes, columns = [], dict[str, list[float]]()
    for node in part.order:
        op, params = part.ops[node], dict(part.settings[node])
        if op.is_data:
            params = {"columns": [f"{node}{at}" for at in range(drawn.train[node].shape[1])]}
            columns |= zip(params["columns"], drawn.train[node].T.tolist(), strict=True)
        nodes.append(Node(node, "input" if op.is_data else op.name, params))
    wires = [
        Wire(source, node, port)
        for node in part.order
        for source, port in zip(part.sources[node], part.ops[node].ports, strict=True)
    ]
    weights = {name: drawn.weights[name] for name in part.parameters}
    return Document("drawn", Graph(nodes, wires), {"source": "inline", "columns": columns}, TrainingSettings(), weights)


def around(document: Document, ending: str, folder: Path, tally: Tally) -> None:
    """Out, in, and out again."""
    first, second = folder / f"first{ending}", folder / f"second{ending}"
    try:
        export(document, first)
    except GradwireError as error:
        tally.refused[f"{ending} out: {_reason(error)}"] += 1
        return
    try:
        found = import_file(first)
    except GradwireError as error:
        tally.refused[f"{ending} in: {_reason(error)}"] += 1
        return
    if found.missing:
        tally.wrong.append(f"{ending}: not read back: {found.told()[0]}")
        return
    apart = difference(document, found)
    if not apart <= NEAR:
        tally.wrong.append(f"{ending}: differs by {apart:.1e} on {sorted(n.op for n in document.graph.nodes.values())}")
        return
    tally.back[ending] += 1
    tally.largest[ending] = max(tally.largest[ending], apart)
    if wrong := _other_weights(
        document, found.document, by_name=ending in (".safetensors", ".npz"), worked_out=ending == ".keras"
    ):
        tally.wrong.append(f"{ending}: {wrong}")
    try:
        if all(node.op == "input" for node in found.document.graph.nodes.values()):
            # All that it did was nothing in use, such as dropout.
            tally.equal[ending] += 1
            return
        export(found.document, second)
        again = import_file(second)
    except GradwireError as error:
        tally.wrong.append(f"{ending}: the second time: {error}")
        return
    if wrong := _other_weights(
        found.document, again.document, by_name=ending in (".safetensors", ".npz"), worked_out=ending == ".keras"
    ):
        tally.wrong.append(f"{ending}, the second time: {wrong}")
    # A document is called as its file is.
    again.document.name = found.document.name
    export(again.document, first)
    tally.equal[ending] += first.read_bytes() == second.read_bytes()


def difference(document: Document, found: Imported) -> float:
    """The largest of any output, relative to what is above 1; infinite where there is nothing of its shape."""
    own, other = open_document(document), open_document(found.document)
    assert own.prepared is not None
    columns: Mapping[str, list[float]] = document.data["columns"]
    fed = {}
    for node, each in found.document.graph.nodes.items():
        if each.op == "input":
            rows = np.stack([columns[name] for name in each.params["columns"]], axis=1)
            fed[node] = rows.reshape(len(rows), *each.params.get("shape", rows.shape[1:]))
    weights = {name: value.astype(np.float32).astype(float) for name, value in own.program.weights.items()}
    mine = forward(own.program.analysis, weights, own.prepared.values)
    theirs = forward(other.program.analysis, other.program.weights, fed)
    feeding = {wire.source for wire in document.graph.wires.values()}
    largest = 0.0
    for value in (mine[node] for node in document.graph.nodes if node not in feeding):
        # What is there twice, or does nothing in use, comes back once, under another name.
        same = [_apart(value, each) for each in theirs.values() if each.shape == value.shape]
        largest = max(largest, min(same, default=np.inf))
    return largest


def _apart(a: Array, b: Array) -> float:
    """Overflow and what it makes are not compared."""
    with np.errstate(all="ignore"):
        fine = np.isfinite(a) & (np.abs(a) < 1e6)
        scale = max(1.0, float(np.abs(a[fine]).max(initial=0.0)))
        return float((np.abs(a - b) / scale)[fine].max(initial=0.0))


def _other_weights(own: Document, other: Document, by_name: bool, worked_out: bool) -> str:
    """How the weights of two documents part, or nothing."""
    mine, theirs = ({name: _single(value) for name, value in each.weights.items()} for each in (own, other))
    if by_name:
        same = mine.keys() == theirs.keys() and all(np.array_equal(mine[key], theirs[key]) for key in mine)
        return "" if same else f"other weights: {sorted(mine)} and {sorted(theirs)}"
    changed = _numbers(theirs) ^ _numbers(mine)
    if worked_out:
        # In Keras what depends on no input is worked out, which the export says, and a product with fixed numbers is a
        # layer that does not learn.
        fixed = {node.id: node.params["value"] for node in own.graph.nodes.values() if node.op == "constant"}
        changed = _numbers(theirs) - _numbers(mine) - _numbers({name: _single(value) for name, value in fixed.items()})
    return f"other weights, such as {sorted(changed)[:3]}" if changed else ""


def _numbers(weights: Mapping[str, Array]) -> set[float]:
    """What trained weights hold besides the 0 and 1 of an untrained norm."""
    return {float(each) for value in weights.values() for each in value.ravel()} - {0.0, 1.0}


def _single(value: Array) -> Array:
    return np.asarray(value).astype(np.float32)


def _reason(error: GradwireError) -> str:
    return str(error).split("exported: ")[-1][:120]


def run(count: int, number: int = 1) -> tuple[int, Tally]:
    """So many random graphs; how many had something to send."""
    tally, sent = Tally(), [0]
    with TemporaryDirectory() as folder:

        @seed(number)
        @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(graphs(SPELLED))
        def each(drawn: Program) -> None:
            document = document_of(drawn)
            if document is None:
                return
            sent[0] += 1
            for ending in ENDINGS:
                try:
                    around(document, ending, Path(folder), tally)
                except Exception as error:
                    ops = sorted(node.op for node in document.graph.nodes.values())
                    tally.wrong.append(f"{ending}: {type(error).__name__} {error} on {ops}")

        each()
    return sent[0], tally


def main() -> int:
    """The table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--graphs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    sent, tally = run(asked.graphs, asked.seed)
    print(f"{sent} of {asked.graphs} random graphs had something to send\n")
    print("| format | came back | largest difference | second file equal to the first |\n|---|---|---|---|")
    for ending in ENDINGS:
        print(f"| {ending} | {tally.back[ending]} | {tally.largest[ending]:.0e} | {tally.equal[ending]} |")
    print("\nrefused:")
    for why, often in tally.refused.most_common():
        print(f"{often:5d}  {why}")
    for one in tally.wrong[:30]:
        print("WRONG", one)
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
