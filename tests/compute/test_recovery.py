"""Copies of unsaved work: what is in them, and who may take them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from compute.document import Document, load, plain, save, writing
from compute.document.recovery import Recovery, View, default_folder
from compute.errors import GradwireError
from compute.gallery import load_entry
from compute.reference import ReferenceEngine
from compute.training import Trainer
from compute.workspace import open_document
from tests.compute.moments import assert_same_progress
from tests.compute.test_cli import ROOT

_DIES = """
import os, sys, time
from pathlib import Path
from compute.document import load
from compute.document.recovery import Recovery
recovery = Recovery(Path(sys.argv[1]))
for path in sys.argv[2:]:
    recovery.write(recovery.number(), load(path))
print("written", flush=True)
sys.stdin.read()
os._exit(9)
"""


def process(root: Path, *paths: Path) -> subprocess.Popen[str]:
    """One that keeps copies of some documents, and dies when its input ends."""
    found = subprocess.Popen(
        [sys.executable, "-c", _DIES, str(root), *map(str, paths)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert found.stdout is not None
    assert found.stdout.readline() == "written\n"
    return found


def trained() -> Document:
    """Iris after eleven steps, which end amid an epoch."""
    document = load_entry("iris")
    workspace = open_document(document)
    trainer = Trainer(workspace.program, document.training, ReferenceEngine().open(workspace.program))
    for _ in range(11):
        trainer.step_batch()
    mark = trainer.mark()
    document.weights, document.progress = dict(mark.weights), mark.progress
    return document


def test_document_weights_curves_and_the_way_it_was_looked_at_come_back(tmp_path: Path) -> None:
    document = trained()
    save(document, tmp_path / "iris.gradwire")
    document.name = "changed since"
    document.members = {"notes.txt": b"mine"}
    recovery = Recovery(tmp_path / "recovery")
    view = View(0.75, 10.0, -3.5, False, ("z", ("z", "x")))
    recovery.write(recovery.number(), document, view)
    recovery.close()
    (lost,) = Recovery(tmp_path / "recovery").lost()
    assert (lost.about.title, lost.about.file, lost.about.view) == ("changed since", document.path, view)
    again = lost.document()
    assert (again.name, again.path, again.stamp) == (document.name, document.path, document.stamp)
    assert (again.graph.tables(), again.members) == (document.graph.tables(), document.members)
    assert document.progress is not None
    assert again.progress is not None
    assert_same_progress(again.progress, document.progress)
    for name, weight in document.weights.items():
        np.testing.assert_array_equal(again.weights[name], weight)
    assert load(tmp_path / "iris.gradwire").name == "Iris: three species"


def test_work_of_a_living_process_is_not_taken_and_that_of_a_dead_one_once(tmp_path: Path) -> None:
    root, paths = tmp_path / "recovery", [tmp_path / f"{name}.json" for name in ("xor", "iris")]
    for path in paths:
        save(load_entry(path.stem), path)
    with process(root, *paths) as writer:
        first, second = Recovery(root), Recovery(root)
        assert first.lost() == second.lost() == []
        writer.kill()
        writer.wait()
        found = first.lost()
        assert [lost.about.file for lost in found] == paths
        assert second.lost() == []
        found[0].remove()
        assert len(list(root.iterdir())) == 1
        # It was not answered before the process that asked ended.
        found[1]._folder.close()
        (left,) = second.lost()
        assert left.document().path == paths[1]
        left.remove()
        assert list(root.iterdir()) == []


def test_nothing_is_on_the_disk_before_there_is_something_to_keep_nor_after_an_end_in_order(tmp_path: Path) -> None:
    root = tmp_path / "recovery"
    recovery = Recovery(root)
    number = recovery.number()
    recovery.remove(number)
    recovery.close()
    assert not root.exists()
    recovery.write(number, Document("a"))
    assert len(list(root.iterdir())) == 1
    recovery.remove(number)
    recovery.close()
    assert list(root.iterdir()) == []


def test_what_is_not_saved_stays_when_the_process_ends_in_order(tmp_path: Path) -> None:
    recovery = Recovery(tmp_path)
    recovery.write(recovery.number(), Document("a"))
    recovery.write(recovery.number(), Document("b"))
    recovery.close()
    assert [lost.document().name for lost in Recovery(tmp_path).lost()] == ["a", "b"]


@pytest.mark.skipif(os.name != "posix", reason="Windows removes no file that is open")
def test_a_folder_that_is_cleared_away_is_made_anew(tmp_path: Path) -> None:
    recovery = Recovery(tmp_path)
    recovery.write(1, Document("a"))
    (folder,) = tmp_path.iterdir()
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    recovery.write(1, Document("b"))
    recovery.close()
    assert [lost.about.title for lost in Recovery(tmp_path).lost()] == ["b"]


def test_a_damaged_copy_is_left_where_it_is_and_the_others_are_offered(tmp_path: Path) -> None:
    recovery = Recovery(tmp_path)
    for number in (1, 2, 3):
        recovery.write(number, Document(str(number)))
    (folder,) = tmp_path.iterdir()
    (folder / "1.gradwire").write_bytes(b"PK no archive")
    save(Document("no copy"), folder / "2.gradwire")
    recovery.close()
    (lost,) = Recovery(tmp_path).lost()
    assert lost.about.title == "3"
    lost.remove()
    assert sorted(path.name for path in folder.iterdir() if path.name != "lock") == ["1.gradwire", "2.gradwire"]


def test_a_copy_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    recovery = Recovery(tmp_path / "file" / "recovery")
    with pytest.raises(GradwireError, match="cannot write into"):
        recovery.write(1, replace(Document(), name="a"))


def test_the_folder_is_in_the_home_of_the_person(tmp_path: Path) -> None:
    assert default_folder().parts[-2:] == ("gradwire", "recovery")
    assert Path(os.environ["HOME"]) in default_folder().parents


def test_data_are_written_out_once_and_follow_when_they_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    def counted(value: object) -> object:
        made.append(value)
        return plain(value)

    monkeypatch.setattr(writing, "plain", counted)
    document = load_entry("xor")
    recovery = Recovery(tmp_path)
    for name in ("a", "b"):
        recovery.write(1, replace(document, name=name))
    assert sum(value is document.data for value in made) == 1
    other = {"source": "inline", "columns": {"x": [1.5, float("nan")], "y": ["a", "b"]}}
    recovery.write(2, replace(document, data=other))
    recovery.close()
    first, second = Recovery(tmp_path).lost()
    assert (first.document().name, first.document().data) == ("b", document.data)
    assert second.document().data == {"source": "inline", "columns": {"x": [1.5, "nan"], "y": ["a", "b"]}}
