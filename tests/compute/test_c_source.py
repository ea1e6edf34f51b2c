"""The exported C: what it computes, what it keeps in mind, and what is said where it cannot be run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.document import Document
from compute.engine import Program
from compute.errors import GradwireError
from compute.export import Network, c_compiler, c_file, c_text, export
from compute.export.c_writer import _BROADCAST, _UNARY, CWriter
from compute.export.source_text import Names
from compute.export.writer import spell
from compute.gallery import load_entry
from compute.ops import REGISTRY
from compute.reference import forward
from compute.shapes import Shape
from compute.spelling import IDIOMS, REDUCING, WORDS, Unspelled
from tests.compute.programs import program
from tests.compute.test_numpy_script import penguins
from tests.compute.test_ops import SMALL, build, cases
from tests.compute.test_spelling import SPELLED, kept_of

FORMAT = c_file.CSource()
needs_compiler = pytest.mark.skipif(c_compiler.compiler() is None, reason="there is no C compiler")


def network_of(drawn: Program) -> Network:
    """Every node that can be written, as outputs."""
    analysis = drawn.analysis.leading_to(*kept_of(drawn))
    weights = {name: value.astype(np.float32) for name, value in drawn.weights.items()}
    return Network(Document(""), replace(drawn, analysis=analysis, loss=""), weights, None)


def same(network: Network, folder: Path) -> None:
    """A file of a network computes what the network computes."""
    FORMAT.write(folder / "net.c", network)
    found = FORMAT.run(folder / "net.c", network, network.program.train)
    weights = {name: value.astype(float) for name, value in network.weights.items()}
    expected = forward(network.program.analysis, weights, network.program.train)
    for node in network.outputs:
        scale = max(1.0, float(np.abs(expected[node][np.isfinite(expected[node])]).max(initial=0.0)))
        np.testing.assert_allclose(found[node], expected[node], rtol=1e-4, atol=1e-5 * scale, err_msg=node)


def of_entries() -> Program:
    """Every op that takes rows of three, on rows above and below 0, each an output of its own."""
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "input", {"columns": ["a", "b", "c"]}),
        ("w", "parameter", {"value": np.array([[0.5], [-2.0], [1.5]])}),
    ]
    nodes.append(("of a matrix", "dense", {"units": 2}))
    wires: list[tuple[str, str, str]] = [("w", "of a matrix", "x")]
    for name in (name for name in SPELLED if name not in ("sum", "mean", "transpose")):
        op, second = REGISTRY[name], ("w" if name == "matmul" else "x")
        own: dict[str, dict[str, Any]] = {"reshape": {"shape": [3, 1]}, "dense": {"units": 2}}
        params = own.get(name, {})
        shapes: list[Shape] = [("B", 3), (3, 1) if name == "matmul" else ("B", 3)]
        try:
            op.shape(shapes[: len(op.ports)], op.settings(params, "n"))
        except ValueError:
            continue
        nodes.append((f"of {name}", name, params))
        wires += [(source, f"of {name}", port) for port, source in zip(op.ports, ("x", second), strict=False)]
    return program(nodes, wires, "", {"x": np.random.default_rng(1).normal(size=(5, 3)) * 2.0})


@needs_compiler
def test_ops_compute_in_c_what_they_compute_here(tmp_path: Path) -> None:
    drawn = of_entries()
    assert len(drawn.analysis.order) > 30
    same(network_of(drawn), tmp_path)


@pytest.mark.parametrize("name", SPELLED)
def test_every_op_is_written_or_says_what_could_stand_for_it(name: str) -> None:
    op = REGISTRY[name]
    for number, case in enumerate(cases(op, SMALL)):
        network = network_of(build(op, case, number, 0.2, 0.9))
        spell(network.needed, network.weights, CWriter(Names(())))


def test_a_writer_has_a_way_for_every_word() -> None:
    own = {"reshape", *_UNARY, *_BROADCAST, *REDUCING, "matmul", "transpose", "concat", "conv1d"}
    assert own >= set(WORDS)
    assert set(CWriter.idioms) <= set(IDIOMS)


def test_rows_that_meet_are_named_with_what_could_stand_for_it() -> None:
    drawn = program(
        [("x", "input", {"columns": ["a"]}), ("all", "mean", {"axis": 0})], [("x", "all", "x")], "",
        {"x": np.ones((4, 1))},
    )  # fmt: skip
    with pytest.raises(Unspelled, match=r"Mean all cannot be exported: .* one row at a time.*\.onnx or \.py"):
        spell(drawn.analysis, {}, CWriter(Names(())))


@needs_compiler
def test_a_row_of_the_table_is_answered_with_a_class(tmp_path: Path) -> None:
    report = export(penguins(), tmp_path / "net.c")
    assert report.beside == tmp_path / "net.h"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["net.c", "net.h"]
    assert report.largest_difference < 1e-5
    assert "bytes of flash for numbers" in report.notes[-2]
    assert report.notes[-1].startswith("Compiled and run by ")
    assert "NAN where a value is missing" in (tmp_path / "net.h").read_text(encoding="utf-8")


@needs_compiler
def test_int8_takes_a_quarter_and_says_what_it_loses(tmp_path: Path) -> None:
    report = export(load_entry("spiral"), tmp_path / "net.c", options={"numbers": "int8"})
    # 105 weights would take 420 bytes.
    assert report.notes[0] == "224 bytes of flash for numbers, 80 bytes of RAM."
    assert report.largest_difference < 0.25
    assert report.notes[-1].startswith("By int8, on 100 rows: accuracy ")


def test_without_a_compiler_the_numbers_are_read_back_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(c_file, "compiler", lambda: None)
    for numbers in ("float32", "int8"):
        report = export(load_entry("digits"), tmp_path / "net.c", options={"numbers": numbers})
        assert report.notes[1] == (
            "No C compiler was found: the numbers in the file were read back, and its program was not run."
        )
    wrong = c_text.number
    monkeypatch.setattr(c_file, "number", lambda value: wrong(value + 1.0))
    with pytest.raises(GradwireError, match="nothing was saved"):
        export(load_entry("digits"), tmp_path / "other.c")
    assert not (tmp_path / "other.c").exists()
