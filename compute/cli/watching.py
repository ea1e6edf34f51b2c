"""Watches that a call gives, and what it says of one that stopped the training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from compute.data.words import did_you_mean, listed
from compute.document import Document, Watch
from compute.errors import GradwireError
from compute.focus import Subject
from compute.watches.applied import applied
from compute.watches.checks import Check
from compute.watches.fault import TrainingStopped
from compute.watches.kinds import KINDS
from compute.workspace import Workspace

HELP = (
    'stop where it is set off: "NODE KIND [LIMIT]", NODE.WEIGHT for a weight, NODE:PORT for a wire, "gradient" before '
    f"the kind for the gradient there; kinds: {', '.join(KINDS)}; may be given several times"
)


def add_watches(document: Document, given: Sequence[str]) -> None:
    """Put watches into the document; one that is there for the same gets another limit. Errors: GradwireError."""
    for text in given:
        new = _read(document, text)
        kept = tuple(each for each in document.watches if each.place != new.place)
        document.watches = (*kept, new)


def _read(document: Document, text: str) -> Watch:
    words = text.split()
    if len(words) < 2:
        raise GradwireError(f'--watch: "{text}" must be a place and a kind, as in "h1.weight norm_above 10"')
    place, *rest = words
    node, port = place, ""
    weight = ""
    if place not in document.graph.nodes:
        node, _, port = place.partition(":")
        if not port:
            node, _, weight = place.rpartition(".")
    if node not in document.graph.nodes:
        hint = did_you_mean(node or place, document.graph.nodes)
        nodes = listed([*document.graph.nodes])
        raise GradwireError(f'--watch: there is no node "{node or place}"; {hint}the nodes are {nodes}')
    gradient = rest[0] == "gradient"
    rest = rest[gradient:]
    name = rest[0].replace("-", "_") if rest else ""
    if name not in KINDS:
        raise GradwireError(f'--watch: "{name}" is no kind; {did_you_mean(name, KINDS)}the kinds are {listed(KINDS)}')
    subject = (
        Subject("wire", node, port) if port else Subject("weight", node, weight) if weight else Subject("node", node)
    )
    watch = Watch(subject, "gradient" if gradient else "value", name)
    if len(rest) > 1:
        try:
            watch = replace(watch, limit=float(rest[1]))
        except ValueError:
            raise GradwireError(f'--watch: the limit "{rest[1]}" is no number') from None
    refused = watch.refused()
    if refused or len(rest) > 2:
        raise GradwireError(f'--watch "{text}": {refused or "a place, a kind and a limit are all that is wanted"}')
    return watch


def checks(document: Document, workspace: Workspace) -> tuple[tuple[Check, ...], list[str]]:
    """What training checks, and a sentence for each watch that rests."""
    found = applied(document.watches, document.graph, workspace.trained)
    return found.checks, [f"A watch on {watch.subject.node} rests: {reason}." for watch, reason in found.resting]


def stopped_by(stopped: TrainingStopped, document: Document, workspace: Workspace) -> TrainingStopped:
    """The same by the names and the rows of the document."""
    nodes, order = document.graph.nodes, workspace.order
    problem = stopped.fault.problem(
        lambda node: nodes[node].label if node in nodes else node, lambda row: int(order[row])
    )
    return TrainingStopped(stopped.fault, problem)
