"""A walk as an animated picture: a frame for each step, with what the canvas shows of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from compute.cli import main
from compute.document import Document, Exercise, Learner
from compute.errors import GradwireError
from compute.gallery import FOLDER, load_entry
from editor.main_window import MainWindow
from editor.recording import Film, record
from editor.recording_form import RecordingForm
from tests.editor.panel_session import WAIT


def steps_of(film: Image.Image) -> int:
    """How many frames there are."""
    return int(getattr(film, "n_frames", 1))


@pytest.mark.parametrize("ending", [".gif", ".png"])
def test_each_step_is_a_frame_that_shows_more(qtbot: QtBot, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"walk{ending}"
    count = record(load_entry("z_2x_y"), path, Film(width=500, seconds=0.7))
    with Image.open(path) as film:
        assert steps_of(film) == count == 13
        frames = []
        for i in range(count):
            film.seek(i)
            assert film.info["duration"] == 700
            frames.append(film.convert("RGB"))
    wide, high = frames[0].size
    canvases = [frame.crop((0, 0, wide, high - 208)) for frame in frames]  # without what is said below
    formulas = [frame.crop((0, high - 16 - 92, wide, high)) for frame in frames]
    for parts in (canvases, formulas):
        for before, after in pairwise(parts):
            assert ImageChops.difference(before, after).getbbox() is not None
    assert all(len(part.getcolors(10_000) or ()) > 1 for part in formulas)  # rule and numbers, each step its own


def test_what_cannot_be_recorded_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    document = load_entry("z_2x_y")
    with pytest.raises(GradwireError, match=r"a recording is a \.gif or \.png file"):
        record(document, tmp_path / "a.mp4", Film())
    without = load_entry("z_2x_y")
    without.training = replace(without.training, loss="")
    with pytest.raises(GradwireError, match="nothing to walk through"):
        record(without, tmp_path / "a.gif", Film())
    document.exercise = Exercise(learner=Learner("s1"))
    with pytest.raises(GradwireError, match="hand in first"):
        record(document, tmp_path / "a.gif", Film())
    assert not list(tmp_path.iterdir())


def test_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    asked: list[tuple[str, int, float, str]] = []

    def draw(document: Document, path: Path, width: int, seconds: float, steps: str) -> int:
        asked.append((path.name, width, seconds, steps))
        return 3

    call = ["record", str(FOLDER / "xor.json"), "--out"]
    assert main([*call, str(tmp_path / "a.gif")], record=draw) == 0
    assert (
        main([*call, str(tmp_path / "a.png"), "--width", "640", "--seconds", "1.5", "--steps", "wire"], record=draw)
        == 0
    )
    assert asked == [("a.gif", 1280, 2.0, "node"), ("a.png", 640, 1.5, "wire")]
    assert "3 steps" in capsys.readouterr().err
    assert main([*call, str(tmp_path / "a.mp4")], record=draw) == 2
    assert "must end in .gif or .png" in capsys.readouterr().err


def test_the_window_records_and_can_call_it_off(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.files.open_example("z_2x_y")
    qtbot.waitUntil(lambda: window.session.snapshot.trace.loss is not None, timeout=WAIT)
    window.actions_.by_id["record_walk"].trigger()
    (form,) = [each for each in window.findChildren(RecordingForm) if each.isVisible()]
    form.width_.setValue(300)
    form.accept()
    (dialog,) = [each for each in window.findChildren(QFileDialog) if each.isVisible()]
    path = tmp_path / "walk.gif"
    dialog.fileSelected.emit(str(path))
    dialog.close()
    qtbot.waitUntil(lambda: not window.files.busy, timeout=WAIT)
    with Image.open(path) as film:
        assert steps_of(film) == 13
    other = tmp_path / "other.gif"
    window.files.publishing.save_recording(other, Film(width=300))
    window.files.publishing.save_recording(path, Film(width=300))  # instead
    qtbot.waitUntil(lambda: not window.files.busy, timeout=WAIT)
    assert not other.exists()
