"""Watches of a document: read, written, refused, and what training can check of them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from compute.document import Document, Watch, from_json, to_json
from compute.edits import Editor, Effect
from compute.errors import GradwireError
from compute.focus import Subject
from compute.gallery import load_entry
from compute.watches.checks import Check, why_not
from compute.watches.kinds import KINDS
from compute.workspace import open_document

W = Subject("weight", "h1", "weight")


def spiral() -> Document:
    return load_entry("spiral")


def read(*watches: Any) -> Document:
    return from_json(to_json(spiral()) | {"watches": list(watches)})


def test_a_watch_is_read_and_written_with_what_this_version_does_not_know() -> None:
    raw = [
        {"node": "h1", "weight": "weight", "quantity": "value", "kind": "norm_above", "limit": 3.5, "colour": "red"},
        {"node": "h1", "port": "x", "quantity": "gradient", "kind": "nan"},
        {"node": "gone", "quantity": "value", "kind": "sparser_than", "limit": [1, 2][0]},
    ]
    document = read(*raw)
    assert [each.kind for each in document.watches] == ["norm_above", "nan", "sparser_than"]
    assert document.watches[0].subject == W
    assert document.watches[0].bound == 3.5
    assert document.watches[2].known is None
    assert to_json(document)["watches"] == raw
    assert "watches" not in to_json(spiral())


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"kind": "nan"}, "watches[0]: object missing required field `node`."),
        ({"node": "h1", "kind": "nan", "limit": 1}, 'watches[0]: a watch for "not a number" has no limit; remove it.'),
        ({"node": "h1", "kind": "dead_above", "limit": 2}, "must be at most 1; it is 2."),
        ({"node": "h1", "kind": "norm_above", "limit": -1}, "must be at least 0; it is -1."),
        ({"node": "h1", "kind": "change_above"}, '"change above" is nothing to watch for at a value.'),
        ({"node": "h1", "weight": "bias", "kind": "dead_above"}, "is nothing to watch for at a weight."),
        ({"node": "h1", "quantity": "update", "kind": "nan"}, "watches[0].quantity: "),
        (7, "watches[0]: expected `object`"),
    ],
)
def test_a_watch_that_cannot_be_is_refused_in_a_sentence(raw: Any, sentence: str) -> None:
    with pytest.raises(GradwireError, match=re.escape(sentence)):
        read(raw)


def test_two_alike_and_too_many_are_refused() -> None:
    one = {"node": "h1", "kind": "norm_above"}
    with pytest.raises(GradwireError, match="two are for the same"):
        read(one, one | {"limit": 3})
    with pytest.raises(GradwireError, match="there are 101; 100 are the most"):
        read(*({"node": f"n{i}", "kind": "nan"} for i in range(101)))


def test_an_edit_of_watches_keeps_the_run_and_can_be_undone() -> None:
    document = spiral()
    edit = Editor(document).set_watches("Watch h1", (Watch(W, "value", "nan"),))
    assert edit.effect is Effect.SETTINGS
    edit.apply(document)
    assert len(document.watches) == 1
    edit.inverse().apply(document)
    assert not document.watches


@pytest.mark.parametrize(
    ("watch", "reason"),
    [
        (Watch(W, "value", "norm_above"), ""),
        (Watch(W, "gradient", "norm_above"), ""),
        (Watch(Subject("wire", "h1", "x"), "gradient", "nan"), ""),
        (Watch(Subject("node", "h1"), "value", "dead_above"), ""),
        (Watch(Subject("node", "gone"), "value", "nan"), "training does not compute gone, as the loss does not"),
        (Watch(Subject("node", "loss"), "value", "dead_above"), "loss has no units"),
        (Watch(Subject("wire", "loss", "target"), "gradient", "nan"), "no gradient comes back there"),
        (Watch(Subject("wire", "h1", "z"), "gradient", "nan"), "h1 has no port z"),
        (Watch(Subject("weight", "h1", "scale"), "value", "nan"), "h1 has no weight scale"),
    ],
)
def test_what_training_cannot_check_is_said(watch: Watch, reason: str) -> None:
    document = spiral()
    program = open_document(document).trained
    check = Check(watch.asks(document.graph), KINDS[watch.kind], watch.bound)
    found = why_not(program.analysis, program.loss, check)
    assert found.startswith(reason)
    assert bool(found) == bool(reason)
