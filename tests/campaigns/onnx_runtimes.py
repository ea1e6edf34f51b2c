"""Every gallery document and random graphs as ONNX, run by onnxruntime, tract and ONNX's own reference, and imported
again: ``python -m tests.campaigns.onnx_runtimes [--graphs 200] [--seed N]``.

One line for each opset: how many files each runtime ran, the largest difference from the document (of outputs above 1,
their share), and how many came back with the same numbers.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.engine import Program
from compute.errors import GradwireError
from compute.export.onnx_file import NEWEST, OLDEST, USUAL
from compute.export.onnx_writer import OnnxWriter
from compute.export.writer import spell
from compute.reference import forward

Array = npt.NDArray[Any]
RUNTIMES = ("onnxruntime", "tract", "reference", "imported")


@dataclass
class Tally:
    """ran: how many files; largest: difference; refused: what a runtime said of files that it could not run."""

    ran: int = 0
    largest: float = 0.0
    refused: list[str] = field(default_factory=list)


def _onnxruntime(path: Path, feeds: Mapping[str, Array], _wanted: list[str]) -> list[Array | None]:
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    found: list[Array | None] = onnxruntime.InferenceSession(str(path)).run(None, dict(feeds))
    return found


def _tract(path: Path, feeds: Mapping[str, Array], _wanted: list[str]) -> list[Array | None]:
    import tract

    model = tract.onnx().load(str(path))
    names = [model.input_name(i) for i in range(model.input_count())]
    for i, name in enumerate(names):
        model.set_input_fact(i, f"{','.join(map(str, feeds[name].shape))},f32")
    run = model.into_model().into_runnable()
    return [np.asarray(each.to_numpy()) for each in run.run([feeds[name] for name in names])]


def _reference(path: Path, feeds: Mapping[str, Array], _wanted: list[str]) -> list[Array | None]:
    from onnx import load_model
    from onnx.reference import ReferenceEvaluator

    found: list[Array | None] = ReferenceEvaluator(load_model(path)).run(None, dict(feeds))
    return found


def _imported(path: Path, feeds: Mapping[str, Array], wanted: list[str]) -> list[Array | None]:
    from compute.importing import import_file
    from compute.workspace import open_document

    found = import_file(path)
    if found.missing:
        raise ValueError(f"placeholders: {', '.join(each.op for each in found.missing)}")
    program = open_document(found.document).program
    inputs = [node.id for node in found.document.graph.nodes.values() if node.op == "input"]
    data = {node: array.astype(float) for node, array in zip(inputs, feeds.values(), strict=True)}
    values = forward(program.analysis, program.weights, data)
    titled = {node.title or node.id: node.id for node in found.document.graph.nodes.values()}
    # An output that is the same for all inputs is left out.
    return [values[titled[name]] if name in titled else None for name in wanted]


def programs(graphs: int, seed: int) -> Iterator[tuple[str, Program]]:
    """Each document of the gallery that can be exported, and random graphs."""
    from hypothesis import HealthCheck, Phase, Verbosity, given, settings
    from hypothesis import seed as seeded

    from compute.gallery import GALLERY, load_entry
    from compute.workspace import open_document
    from tests.compute.test_random_graphs import graphs as drawn
    from tests.compute.test_spelling import SPELLED

    for entry in GALLERY:
        try:
            yield entry.id, open_document(load_entry(entry.id)).program
        except GradwireError:
            continue
    kept: list[Program] = []

    @seeded(seed)
    @given(drawn(SPELLED))
    @settings(
        max_examples=graphs,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    def draw(program: Program) -> None:
        kept.append(program)

    draw()
    yield from ((f"random {number}", program) for number, program in enumerate(kept))


def compare(name: str, program: Program, opset: int, path: Path, tallies: Mapping[str, Tally]) -> bool:
    """One network in one opset; whether there was something to write."""
    reached = {node for node, op in program.analysis.ops.items() if op.unspelled}
    for node in program.analysis.order:
        if reached & set(program.analysis.sources[node]):
            reached.add(node)
    feeding = {s for n in program.analysis.order if n not in reached for s in program.analysis.sources[n]}
    kept = [node for node in program.analysis.order if node not in reached | feeding]
    kept = [node for node in kept if not program.analysis.ops[node].is_data]
    if not kept:
        return False
    analysis = program.analysis.leading_to(*kept)
    weights = {key: value.astype(np.float32).astype(float) for key, value in program.weights.items()}
    rows = {node: value[:8].astype(np.float32) for node, value in program.train.items() if node in analysis.order}
    expected = forward(analysis, weights, {node: value.astype(float) for node, value in rows.items()})
    writer = OnnxWriter(opset)
    terms = spell(analysis, weights, writer)
    for node in kept:
        writer.output(terms[node], node)
    model = writer.model(name)
    path.write_bytes(model.SerializeToString())
    feeds = {each.name: rows[each.name] for each in model.graph.input}
    outputs = [each.name for each in model.graph.output]
    for runtime, run in zip(RUNTIMES, (_onnxruntime, _tract, _reference, _imported), strict=True):
        tally = tallies[runtime]
        try:
            with np.errstate(all="ignore"):
                found = run(path, feeds, outputs)
        except Exception as error:
            tally.refused.append(
                f"{name}: {str(error).strip().splitlines()[0][:160] if str(error).strip() else error!r}"
            )
            continue
        tally.ran += 1
        for node, array in zip(kept, found, strict=True):
            own = expected[node]
            if array is None:
                continue
            if array.shape != own.shape:
                tally.refused.append(f"{name}, {node}: {array.shape} in place of {own.shape}")
                continue
            with np.errstate(invalid="ignore"):
                same = (array == own) | (np.isnan(array) & np.isnan(own))
                apart = np.where(same, 0.0, np.abs(array - own) / np.maximum(1.0, np.abs(own)))
            tally.largest = max(tally.largest, float(np.max(apart, initial=0.0)))
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    everything = list(programs(args.graphs, args.seed))
    with tempfile.TemporaryDirectory() as folder:
        for opset in (OLDEST, USUAL, NEWEST):
            tallies = {runtime: Tally() for runtime in RUNTIMES}
            count = sum(
                compare(name, program, opset, Path(folder) / "network.onnx", tallies) for name, program in everything
            )
            for runtime, tally in tallies.items():
                print(f"opset {opset}, {runtime}: {tally.ran} of {count} ran, largest difference {tally.largest:.1e}")
                for refused in tally.refused[:5]:
                    print(f"    {refused}")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
