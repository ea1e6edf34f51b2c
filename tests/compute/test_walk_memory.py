"""What a walk holds in memory, against a count from the graph and its trace alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from compute.explain import Granularity, Steps, walk
from compute.gallery import load_entry
from compute.optimizers import make_optimizer
from compute.reference import ReferenceRun
from compute.workspace import open_document
from tests.compute.explained import Case, fork, mazur, neuron


def everything(case: Case) -> int:
    """Bytes of all values and gradients: one array for each node, one for each way back that joins others, and one for
    each weight and its gradient. A parameter node's value and gradient are those of its weight."""
    trace, own = case.trace, {node for node, sources in case.analysis.sources.items() if not sources}
    feeds = {(target, port): wire.source for (target, port), wire in case.graph.wires.items()}
    ways = [source for key, source in feeds.items() if key in trace.wire_grads]
    joining = [grad for key, grad in trace.wire_grads.items() if ways.count(feeds[key]) > 1]
    arrays = [*trace.values.values(), *trace.grads.values(), *joining]
    for of_weights in (trace.parameters, trace.parameter_grads):
        arrays += [array for name, array in of_weights.items() if name.rpartition(".")[0] not in own]
    return 4 * sum(np.size(array) for array in arrays)


def five_layers() -> Case:
    """The gallery's document about memory."""
    document = load_entry("memory")
    program = open_document(document).program
    run = ReferenceRun(program)
    trace = run.trace(np.arange(document.training.batch_size))
    return Case(document.graph, program.analysis, document.training.loss, trace, run)


def steps_of(case: Case, granularity: Granularity) -> Steps:
    optimizer = make_optimizer({"name": "sgd", "learning_rate": 0.05})
    return walk(case.graph, case.analysis, case.loss, case.trace, optimizer, granularity=granularity)


@pytest.mark.parametrize("granularity", ["node", "wire", "entry"])
@pytest.mark.parametrize("make", [mazur, fork, neuron, five_layers])
def test_a_program_that_keeps_everything_ends_with_all_there_is(
    make: Callable[[], Case], granularity: Granularity
) -> None:
    case = make()
    steps = steps_of(case, granularity)
    memory = steps.memory
    assert memory.everything[-1] == everything(case)
    assert list(memory.planned) == [steps[start].stored_bytes for start in memory.starts[:-1]]
    assert memory.phases == tuple(steps[start].phase for start in memory.starts[:-1])
    assert all(kept >= held for kept, held in zip(memory.everything, memory.planned, strict=True))
    assert list(memory.everything) == sorted(memory.everything)


def test_five_layers_need_less_than_half_of_what_keeping_everything_takes() -> None:
    """With 64 rows and 16 units: a value or a gradient of a layer is 4 kB, what tanh reads again is its own output."""
    steps = steps_of(five_layers(), "node")
    unit = 4 * 64 * 16
    last = next(step for step in steps if step.phase == "loss")
    values = {each.name: each.bytes for each in last.stored if each.quantity.kind == "value"}
    assert values == {
        "value of x": 4 * 64 * 2, "value of y": 4 * 64, "value of z": 4 * 64, "value of loss": 4,
        **{f"value of a{i}": unit for i in (1, 2, 3, 4)},
    }  # fmt: skip
    for step in steps:
        gradients = [each for each in step.stored if each.quantity.kind == "gradient" and each.bytes == unit]
        assert len(gradients) <= 2  # the one that came, and the next one
    weights = 4 * (2 * 16 + 16 + 3 * (16 * 16 + 16) + 16 + 1)
    assert steps[-1].stored_bytes == weights + 4  # and the gradient of the last bias, for its update
    assert max(steps.memory.planned) < 0.5 * steps.memory.everything[-1]
