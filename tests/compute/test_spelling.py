"""Every op is written in the words of export formats, or says why not; a script of them computes what we compute."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from compute.analysis import Analysis
from compute.engine import Program
from compute.export.numpy_file import _TAKEN, _NumPy
from compute.export.numpy_parts import HELPERS
from compute.export.source_text import Names, array_text
from compute.export.writer import Array, spell
from compute.ops import REGISTRY
from compute.reference import forward
from compute.spelling import IDIOMS, WORDS
from tests.compute.test_ops import COMPUTED, SMALL, build, cases
from tests.compute.test_random_graphs import graphs
from tests.searching import tries

SPELLED = [name for name in COMPUTED if not REGISTRY[name].unspelled]
A_LOSS = "a loss compares with true answers, which nobody has afterwards; export what feeds its prediction"


def run(
    analysis: Analysis, weights: dict[str, Array], data: dict[str, Array], speller: type[_NumPy]
) -> dict[str, Array]:
    """The nodes of a graph by a script."""
    writer = speller(Names(_TAKEN))
    fed = {writer.names.of(node): data[node] for node in analysis.order if analysis.ops[node].is_data}
    terms = spell(analysis, weights, writer)
    arrays = [f"{writer.names.of(name)} = {array_text(value)}" for name, value in writer.arrays.items()]
    text = "\n".join(["import base64, math", "import numpy as np", *HELPERS.values(), *arrays, *writer.statements])
    space: dict[str, Any] = dict(fed)
    with np.errstate(all="ignore"):
        exec(text, space)
    return {node: np.asarray(space[term.text]) for node, term in terms.items()}


class Words(_NumPy):
    """What a format writes that has no idiom of its own."""

    idioms = ()


def kept_of(program: Program) -> list[str]:
    """The nodes that depend on no loss."""
    reached: set[str] = set()
    for node in program.analysis.order:
        if program.analysis.ops[node].unspelled or reached & set(program.analysis.sources[node]):
            reached.add(node)
    return [node for node in program.analysis.order if node not in reached]


def same(program: Program, speller: type[_NumPy]) -> None:
    kept = kept_of(program)
    if not kept:
        return
    analysis = program.analysis.leading_to(*kept)
    weights = {name: value.astype(np.float32).astype(float) for name, value in program.weights.items()}
    expected = forward(analysis, weights, program.train)
    found = run(analysis, weights, dict(program.train), speller)
    for node in kept:
        scale = max(1.0, float(np.abs(expected[node][np.isfinite(expected[node])]).max(initial=0.0)))
        np.testing.assert_allclose(found[node], expected[node], rtol=1e-6, atol=1e-6 * scale, err_msg=node)


@pytest.mark.parametrize("speller", [_NumPy, Words])
@pytest.mark.parametrize("name", SPELLED)
def test_every_op_is_written_as_it_computes(name: str, speller: type[_NumPy]) -> None:
    op = REGISTRY[name]
    by_settings = itertools.groupby(cases(op, SMALL), key=lambda case: case[1])
    for number, case in enumerate(case for _, group in by_settings for case in list(group)[-1:]):
        same(build(op, case, number, 0.2, 0.9), speller)


@pytest.mark.parametrize("name", [name for name in COMPUTED if name not in SPELLED])
def test_what_cannot_be_written_is_a_loss_and_says_what_can(name: str) -> None:
    assert REGISTRY[name].role == "loss"
    assert REGISTRY[name].unspelled == A_LOSS


def test_a_script_has_a_template_for_every_word() -> None:
    assert set(_NumPy.templates) >= {*WORDS, *IDIOMS} - {"linear", "dropout"}


@given(graphs(SPELLED))
@tries(20)
def test_random_graphs_are_written_as_they_compute(drawn: Program) -> None:
    same(drawn, _NumPy)
