"""What is muted or bypassed: derived from the graph alone, and computed as the graph without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.analysis import analyse
from compute.document import Document
from compute.edits import Editor
from compute.errors import GradwireError
from compute.explain import Quantity, walk, why
from compute.graph import Graph, Node, Off, Wire
from compute.off import effective, switched
from compute.optimizers import make_optimizer
from compute.problems import Kind, Place, Remedy, sentence_of
from compute.reference import ReferenceEngine, ReferenceRun
from compute.trace import Trace
from compute.worker.job import Job
from compute.workspace import open_document
from tests.compute.test_job import look, small, train


def chain(**off: Off) -> Graph:
    """x → a → b → s, and y, which b has at its second port."""
    nodes = [Node("x", "constant"), Node("y", "constant"), Node("a", "tanh"), Node("b", "add"), Node("s", "square")]
    wires = [Wire("x", "a", "x"), Wire("a", "b", "a"), Wire("y", "b", "b"), Wire("b", "s", "x")]
    return Graph((replace(node, off=off.get(node.id, "")) for node in nodes), wires)


def test_what_needs_something_muted_is_off_with_it() -> None:
    assert switched(chain(a="mute")).off == {"a": "a", "b": "a", "s": "a"}
    assert switched(chain(y="mute")).off == {"y": "y", "b": "y", "s": "y"}
    assert switched(chain()).off == {}


def test_a_bypassed_node_needs_its_first_input_alone() -> None:
    what = switched(chain(y="mute", b="bypass"))
    assert (what.off, what.bypassed) == ({"y": "y"}, {"b": "a"})
    assert switched(chain(x="mute", b="bypass")).off == {"x": "x", "a": "x", "b": "x", "s": "x"}


def test_the_graph_that_is_computed_has_neither_what_is_off_nor_the_wires_into_it() -> None:
    graph = effective(chain(y="mute", b="bypass"))
    assert list(graph.nodes) == ["x", "a", "b", "s"]
    assert list(graph.wires) == [("a", "x"), ("b", "a"), ("s", "x")]
    plain = chain()
    assert effective(plain) is plain


@given(st.dictionaries(st.sampled_from("xyabs"), st.sampled_from(["mute", "bypass"])))
def test_a_node_is_off_exactly_where_something_that_it_needs_is_muted(off: dict[str, Off]) -> None:
    graph, what = chain(**off), switched(chain(**off))

    def is_off(node_id: str) -> bool:
        node = graph.nodes[node_id]
        wires = [w for w in graph.wires.values() if w.target == node_id and what.needs(w.key)]
        return node.off == "mute" or any(is_off(w.source) for w in wires)

    assert what.off.keys() == {node_id for node_id in graph.nodes if is_off(node_id)}
    assert all(graph.nodes[muted].off == "mute" for muted in what.off.values())


def test_what_is_off_says_so_and_is_no_problem() -> None:
    analysis = analyse(chain(a="mute"))
    assert {node_id: problem.sentence for node_id, problem in analysis.off.items()} == {
        "a": "a is muted; switch it on.",
        "b": "b needs a, which is muted; switch a on.",
        "s": "s needs a, which is muted; switch a on.",
    }
    assert analysis.off["s"].kind == Kind.OFF
    assert analysis.off["s"].remedy == Remedy("switch on", Place(node="a"))
    assert set(analysis.order) <= {"x", "y"}
    assert not {"a", "b", "s"} & (analysis.problems.keys() | analysis.waiting.keys() | analysis.shapes.keys())
    with pytest.raises(GradwireError, match=r"^s needs a, which is muted; switch a on\.$"):
        analysis.require("s")
    assert "s" in analysis.leading_to("s").off


def test_a_node_without_an_input_cannot_be_bypassed() -> None:
    problem = analyse(chain(x="bypass")).problems["x"]
    assert problem.sentence == "Constant x has no input to pass through; end the bypass."


def test_a_node_of_an_unknown_op_stays_a_problem() -> None:
    graph = Graph([Node("h", "hologram", off="bypass"), Node("m", "hologram", off="mute")])
    analysis = analyse(graph)
    assert "does not know the op" in analysis.problems["h"].sentence
    assert "m" not in analysis.problems


def without(document: Document, node_id: str, port: str) -> Document:
    """A document whose node is gone, and what read it reads what arrived at its port."""
    out = document.copy()
    source = out.graph.wires[node_id, port].source
    readers = [w for w in out.graph.wires.values() if w.source == node_id]
    Editor(out).remove({node_id}).apply(out)
    Editor(out).add([Wire(source, w.target, w.port) for w in readers], "Lead around").apply(out)
    return out


def traced(document: Document) -> Trace:
    workspace = open_document(document)
    return ReferenceRun(workspace.program).trace(np.arange(4))


def bypassed(document: Document, node_id: str) -> Document:
    out = document.copy()
    Editor(out).change(node_id, "Bypass", off="bypass").apply(out)
    return out


@pytest.mark.parametrize("node_id", ["t", "h"])
def test_a_bypass_gives_the_numbers_of_the_graph_without_the_node(node_id: str) -> None:
    document = small()
    seen, expected = traced(bypassed(document, node_id)), traced(without(document, node_id, "x"))
    for name, value in expected.values.items():
        np.testing.assert_array_equal(seen.values[name], value)
    for name, gradient in expected.grads.items():
        np.testing.assert_array_equal(seen.grads[name], gradient)
    for name, gradient in expected.parameter_grads.items():
        np.testing.assert_array_equal(seen.parameter_grads[name], gradient)
    assert seen.parameters.keys() == expected.parameters.keys()
    # It passes on what comes in, and the gradient that comes back, on both of its wires.
    source = document.graph.wires[node_id, "x"].source
    (reader,) = [w for w in document.graph.wires.values() if w.source == node_id]
    np.testing.assert_array_equal(seen.values[node_id], seen.values[source])
    if node_id == "t":
        np.testing.assert_array_equal(seen.wire_grads[node_id, "x"], seen.wire_grads[reader.key])
        np.testing.assert_array_equal(seen.wire_grads[node_id, "x"], expected.wire_grads[reader.key])


def test_the_walk_and_why_say_that_it_is_bypassed() -> None:
    document = bypassed(small(), "t")
    workspace = open_document(document)
    trace = ReferenceRun(workspace.program).trace(np.arange(4))
    steps = walk(document.graph, workspace.analysis, "loss", trace, make_optimizer(document.training.optimizer))
    told = [step.sentence for step in steps if step.node == "t"]
    assert len(told) == 2
    assert all(sentence.startswith("Bypassed: passes its input through") for sentence in told)
    answer = why(document.graph, workspace.analysis, "loss", trace, Quantity("value", "t"))
    source = document.graph.wires["t", "x"].source
    assert answer.sentence.startswith(f"Bypassed: passes its input through, so this is {source}[")
    muted = small()
    Editor(muted).change("t", "Mute", off="mute").apply(muted)
    analysis = open_document(muted, strict=False).analysis
    answer = why(muted.graph, analysis, "loss", Trace(), Quantity("value", "loss"))
    assert (answer.result, answer.sentence) == ("not computed", "loss needs t, which is muted; switch t on.")


@pytest.mark.parametrize("off", ["mute", "bypass"])
def test_trained_weights_of_a_node_that_is_off_come_back_with_it(off: Off) -> None:
    document = small()
    job = Job(document, 0)
    train(job, 2)
    before = {name: weight.copy() for name, weight in job.weights.items()}
    switched_off = document.copy()
    Editor(switched_off).change("h", "Switch off", off=off).apply(switched_off)
    job.edit(switched_off, 1)
    assert "h.weight" not in look(job).trace.parameters
    job.edit(document, 2)
    for name, weight in before.items():
        np.testing.assert_array_equal(job.weights[name], weight)


def test_after_a_reset_a_node_that_was_off_has_its_first_weights_too() -> None:
    document = small()
    job = Job(document, 0)
    first = {name: weight.copy() for name, weight in job.weights.items()}
    train(job, 2)
    document.weights = {name: weight.copy() for name, weight in job.weights.items()}
    muted = document.copy()
    Editor(muted).change("h", "Mute", off="mute").apply(muted)
    job.edit(muted, 1)
    job.reset()
    job.edit(document, 2)
    for name, weight in first.items():
        np.testing.assert_array_equal(job.weights[name], weight)


def test_with_another_seed_a_node_that_was_off_has_first_weights_and_with_the_old_one_its_trained_ones() -> None:
    document = small()
    job = Job(document, 0)
    train(job, 2)
    trained = {name: weight.copy() for name, weight in job.weights.items()}
    document.weights = dict(trained)
    muted, other = document.copy(), document.copy()
    Editor(muted).change("h", "Mute", off="mute").apply(muted)
    job.edit(muted, 1)
    reseeded = muted.copy()
    Editor(reseeded).set_training("Seed", seed=9).apply(reseeded)
    job.edit(reseeded, 2)
    other.training = reseeded.training
    job.edit(other, 3)
    fresh = small()
    fresh.training = other.training
    for name, weight in Job(fresh, 0).weights.items():
        np.testing.assert_array_equal(job.weights[name], weight)
    job.edit(document, 4)
    for name, weight in trained.items():
        np.testing.assert_array_equal(job.weights[name], weight)


def test_what_the_loss_needs_cannot_be_muted_and_trained_and_what_it_does_not_can() -> None:
    document = small()
    Editor(document).add([Node("q", "square", off="mute"), Wire("h", "q", "x")], "Add").apply(document)
    job = Job(document, 0)
    train(job, 1)
    assert look(job).step == 2
    Editor(document).change("h", "Mute", off="mute").apply(document)
    job.edit(document.copy(), 1)
    seen = look(job)
    assert sentence_of(seen.problem) == "loss needs h, which is muted; switch h on."
    assert "h" not in seen.trace.values
    with pytest.raises(GradwireError, match="loss needs h, which is muted"):
        job.trainer(ReferenceEngine())


def test_weights_of_a_node_that_is_off_are_no_stray_ones() -> None:
    document = small()
    document.weights = {"h.weight": np.zeros((2, 4)), "who.weight": np.zeros(1)}
    Editor(document).change("h", "Bypass", off="bypass").apply(document)
    notes = " ".join(open_document(document).notes)
    assert "who.weight" in notes
    assert "h.weight" not in notes


@pytest.mark.parametrize("schedule", ["opencl_double", "opencl_fused_double"])
def test_a_device_trains_through_a_bypass_as_the_reference_does(schedule: str, request: pytest.FixtureRequest) -> None:
    document = bypassed(bypassed(small(), "t"), "h")
    weights = []
    for engine in (ReferenceEngine(), request.getfixturevalue(schedule)):
        job = Job(document, 0)
        trainer = job.trainer(engine)
        for _ in range(3):
            trainer.step_epoch()
        weights.append(dict(job.weights))
        job.close()
    assert weights[0].keys() == {"z.weight", "z.bias"}
    for name, weight in weights[0].items():
        np.testing.assert_allclose(weights[1][name], weight, rtol=1e-9, atol=1e-12)
