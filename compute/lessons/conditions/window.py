"""Conditions on what is asked about, what is shown, and what became of the document."""

from __future__ import annotations

from compute.document import Document
from compute.focus import Focus, Subject
from compute.lessons.conditions.base import Begun, Given, Kind, register
from compute.lessons.conditions.numbers import check_what, problem_with
from compute.lessons.moment import Moment
from compute.lessons.readout import is_readout, readout, subject
from compute.numbers_text import plural
from compute.params import Param

PHASES = ("forward", "loss", "backward", "update")
NODE = Param("node", "text", None, "At this node.", optional=True, names="node")


def _subjects(focus: Focus, now: Moment) -> set[Subject | None]:
    """What has the number that is asked about: what a wire brings is its source's value, and what comes back through
    the only wire of a node is that node's gradient; a parameter node and its weight are the same."""
    graph, found = now.document.graph, focus.subject
    same: set[Subject | None] = {found}
    node = found.source(graph) if found.kind == "wire" else found.node
    if found.kind != "weight" or found.name == "value":
        wires = [wire.key for wire in graph.wires.values() if wire.source == node]
        if focus.quantity == "gradient":
            wires = [key for key in wires if key in now.snapshot.trace.wire_grads]
        if focus.quantity == "value" or len(wires) == 1 or found.kind != "wire":
            same |= {Subject("node", node), Subject("weight", node, "value")}
        if focus.quantity == "value" or len(wires) == 1:
            same |= {Subject("wire", *key) for key in wires}
    return same


@register
class FocusIs(Kind):
    """Of a name alone (``x``) any number of it counts; without an entry any entry."""

    name, title = "focus", "A number is asked about"
    params = (Param("what", "text", None, "A number as in braces, such as gradient L.b; or x for any number of it."),)

    def check(self, given: Given) -> None:
        if " " in given["what"].strip() and not is_readout(given["what"]):
            check_what(self.name, given)

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        focus, graph = now.seen.focus, now.document.graph
        if focus is None:
            return False
        asked_about = _subjects(focus, now)
        if not is_readout(given["what"]):
            named = {subject(given["what"], graph), subject(given["what"], graph, weight=True)}
            return bool(named & asked_about)
        wanted = readout(given["what"]).focus(graph, now.sample)
        if wanted is None or wanted.quantity != focus.quantity or wanted.subject not in asked_about:
            return False
        return wanted.entry is None or wanted.entry == focus.entry_in(now.facts)

    def sentence(self, given: Given) -> str:
        of = readout(given["what"]).sentence if is_readout(given["what"]) else given["what"]
        return f"{of} is asked about"

    def problem(self, given: Given, document: Document) -> str:
        if is_readout(given["what"]):
            return problem_with(self.name, given["what"], document)
        there = subject(given["what"], document.graph) is not None
        return "" if there else f"The condition “focus” is about “{given['what']}”, which is no node, wire or weight."


@register
class Selected(Kind):
    name, title = "selected", "Something is selected"
    params = (Param("record", "text", None, "A node, frame or note.", names="record"),)

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        return given["record"] in now.seen.selected

    def sentence(self, given: Given) -> str:
        return f"{given['record']} is selected"

    def problem(self, given: Given, document: Document) -> str:
        there = document.graph.find(given["record"]) is not None
        return "" if there else f"The condition “selected” is about “{given['record']}”, which is not on the canvas."


@register
class WalkAt(Kind):
    name, title = "walk", "The walk is somewhere"
    params = (
        Param("phase", "choice", None, "In this phase.", choices=PHASES, optional=True),
        NODE,
        Param("by", "choice", None, "Taking steps of this size.", choices=("node", "wire", "entry"), optional=True),
        Param("end", "bool", False, "At its last step."),
        Param("asks", "bool", False, "While it asks for each number first."),
    )

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        walk = now.seen.walk
        return (
            walk is not None
            and given["phase"] in (None, walk.phase)
            and given["node"] in (None, walk.node)
            and given["by"] in (None, walk.granularity)
            and (walk.last or not given["end"])
            and (walk.asks or not given["asks"])
        )

    def sentence(self, given: Given) -> str:
        at = [f"in {given['phase']}"] if given["phase"] else []
        at += [f"at {given['node']}"] if given["node"] else []
        at += [f"by {given['by']}"] if given["by"] else []
        at += ["at its end"] if given["end"] else []
        at += ["asking first"] if given["asks"] else []
        return f"the walk is {', '.join(at) or 'on'}"

    def problem(self, given: Given, document: Document) -> str:
        missing = given["node"] is not None and given["node"] not in document.graph.nodes
        return f"The condition “walk” is about “{given['node']}”, which is no node." if missing else ""


@register
class Answered(Kind):
    name, title = "answered", "Questions of the walk are answered"
    params = (Param("count", "int", 1, "So many right answers in this step, at least.", 1),)

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        return now.seen.right - begun.right >= int(given["count"])

    def sentence(self, given: Given) -> str:
        count = given["count"]
        return f"{count} {plural('question', count)} of the walk {'is' if count == 1 else 'are'} answered rightly"


@register
class Shown(Kind):
    name, title = "shown", "A panel or tab is in sight"
    params = (
        Param("panel", "text", None, "This panel of the window.", optional=True, names="panel"),
        Param("tab", "text", None, "This tab of the inspector.", optional=True, names="tab"),
    )

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        panel = given["panel"] is None or given["panel"] in now.seen.panels
        return panel and given["tab"] in (None, now.seen.tab)

    def sentence(self, given: Given) -> str:
        tab = f"the tab {given['tab']}" if given["tab"] else ""
        panel = f"the panel {given['panel']}" if given["panel"] else ""
        return f"{' of '.join(filter(None, (tab, panel))) or 'anything'} is in sight"


@register
class SampleIs(Kind):
    name, title = "sample", "A sample is chosen"
    params = (Param("row", "int", None, "This row of the data, counted from 0.", 0),)

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        labels = now.snapshot.row_labels
        return now.sample < len(labels) and int(labels[now.sample]) == given["row"]

    def sentence(self, given: Given) -> str:
        return f"row {given['row']} of the data is the sample"


@register
class BatchIs(Kind):
    name, title = "batch", "A batch is shown"
    params = (Param("number", "int", None, "This batch of its epoch, counted from 1 as the toolbar does.", 1),)

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        batch = now.snapshot.batch
        return batch.data and batch.of_training and batch.index + 1 == given["number"]

    def sentence(self, given: Given) -> str:
        return f"batch {given['number']} is on show"


@register
class Saved(Kind):
    name, title = "saved", "The document is saved"

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        return now.seen.saved

    def sentence(self, given: Given) -> str:
        return "the document is saved"


@register
class Exported(Kind):
    name, title = "exported", "Weights were exported in this step"

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        return now.seen.exports > begun.seen.exports

    def sentence(self, given: Given) -> str:
        return "weights were exported in this step"
