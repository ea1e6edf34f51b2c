"""The picture of a canvas as a file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer
from pytestqt.qtbot import QtBot

from compute.cli.arguments import COUNTED
from compute.cost import MEASURES
from compute.document import Document
from compute.edits import Editor
from compute.errors import GradwireError
from compute.gallery import load_entry
from compute.graph import Frame, Note
from compute.workspace import open_document
from editor.canvas.scene import Scene
from editor.costing import SECONDS
from editor.render import render
from tests.disk import largest_file
from tests.editor.canvas_session import document

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def texts(path: Path) -> set[str]:
    return {"".join(node.itertext()).strip() for node in ElementTree.parse(path).iter(f"{SVG}text")}


def test_a_png_has_twice_the_size_of_the_scene(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "xor.png"
    render(load_entry("xor"), path, True)
    image = QImage(str(path))
    scene = Scene()
    entry = load_entry("xor")
    scene.rebuild(entry, open_document(entry).analysis)
    assert abs(image.width() - 2 * (scene.bounds().width() + 64)) <= 2
    assert abs(image.height() - 2 * (scene.bounds().height() + 64)) <= 2


def test_an_svg_holds_titles_values_and_gradients_as_text(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "z.svg"
    render(load_entry("z_2x_y"), path, True)
    found = texts(path)
    assert {"Multiply", "Add", "Scale", "→ 3", "→ −4", "∂ 10", "∂ 2"} <= found
    assert QSvgRenderer(str(path)).isValid()


def test_a_reader_without_the_font_takes_one_of_its_kind(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "z.svg"
    render(load_entry("z_2x_y"), path, True)
    families = set(re.findall(r'font-family="([^"]*)"', path.read_text("utf-8")))
    assert {family.rpartition(", ")[2] for family in families} == {"sans-serif", "monospace"}
    assert all(family.count(", ") == 1 for family in families)


def test_without_values_there_are_shapes_but_no_numbers(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "xor.svg"
    render(load_entry("xor"), path, False)
    found = texts(path)
    assert "B×2" in found
    assert not any(text.startswith(("→", "∂")) for text in found)


def test_nodes_are_coloured_by_what_they_cost(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "xor.svg"
    render(load_entry("xor"), path, False, cost="parameters")
    # Of 2 × 2 + 2 and 2 + 1 weights, and none elsewhere.
    assert {each for each in texts(path) if "·" in each} == {"6 · 67%", "3 · 33%"}
    # What is declared for the command line is what there is, but for the time, which needs a run.
    assert tuple(name.replace("_", "-") for name in (each.name for each in MEASURES) if name != SECONDS) == COUNTED


def test_frames_notes_and_what_is_off_are_in_the_picture(qtbot: QtBot, tmp_path: Path) -> None:
    entry = load_entry("z_2x_y")
    left, top = min(node.position[0] for node in entry.graph.nodes.values()), 0.0
    records = (
        Frame("frame", (left - 300, top - 200), (200.0, 120.0), "Far off"),
        Note("note", (left, top + 400), (300.0, 80.0), "a formula $x^2$ here"),
    )
    edits = Editor(entry)
    edits.add(records, "Add").apply(entry)
    edits.change(next(iter(entry.graph.nodes)), "Mute", off="mute").apply(entry)
    path, image = tmp_path / "all.svg", tmp_path / "all.png"
    render(entry, path, True)
    found = texts(path)
    assert {"Far off", "muted", "off"} <= found
    assert any(text.startswith("a") and "x^2" not in text for text in found)
    assert not any("$" in text for text in found)
    render(entry, image, True)
    assert QImage(str(image)).height() >= 2 * (200 + 400 + 80)


def test_a_broken_graph_is_drawn_with_its_sentence(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "broken.svg"
    render(load_entry("shape_mismatch"), path, True)
    assert any("need 3 rows" in text for text in texts(path))


@pytest.mark.parametrize("name", ["picture.gif", "picture"])
def test_another_suffix_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(GradwireError, match=r"a picture is a \.png, \.svg, \.pdf or \.tex file"):
        render(load_entry("xor"), tmp_path / name, True)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_graph_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GradwireError, match="has no nodes"):
        render(Document(), tmp_path / "a.png", True)


def test_a_node_that_lies_far_away_is_named(qtbot: QtBot, tmp_path: Path) -> None:
    places = {"a": (0, 0), "b": (240, 0), "c": (-9e6, 50)}
    far = document([{"id": id_, "op": "constant", "position": place} for id_, place in places.items()], [])
    for suffix in (".png", ".svg"):
        with pytest.raises(GradwireError, match="node c lies too far off for a picture; move it closer"):
            render(far, tmp_path / f"a{suffix}", False)
    assert list(tmp_path.iterdir()) == []


def test_values_that_are_missing_have_a_reason(qtbot: QtBot, tmp_path: Path) -> None:
    entry = load_entry("xor")
    assert render(entry, tmp_path / "a.svg", True) == ""
    entry.data = {"source": "csv", "path": str(tmp_path / "none.csv")}
    assert render(entry, tmp_path / "a.svg", False) == ""
    assert 'none.csv" cannot be read' in render(entry, tmp_path / "a.svg", True)
    assert not any(text.startswith("→") for text in texts(tmp_path / "a.svg"))


def test_an_old_picture_stays_when_the_new_one_cannot_be_made(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    monkeypatch.setattr("editor.render.stage", lambda *_: (_ for _ in ()).throw(GradwireError("No room.")))
    with pytest.raises(GradwireError, match="No room"):
        render(document([{"id": "c", "op": "constant"}], []), path, True)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_it_works_in_a_process_without_application_and_display(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from compute.gallery import load_entry; from editor.render import render;"
        f"render(load_entry('xor'), Path({str(tmp_path / 'a.png')!r}), True);"
        f"render(load_entry('xor'), Path({str(tmp_path / 'a.svg')!r}), True)"
    )
    env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not QImage(str(tmp_path / "a.png")).isNull()
    assert (tmp_path / "a.svg").stat().st_size > 1000


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_full_disk_is_said_and_leaves_the_old_picture(qtbot: QtBot, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"good picture")
    with largest_file(1000), pytest.raises(GradwireError, match=r'^cannot write ".*": File too large; choose another'):
        render(load_entry("xor"), path, True)
    assert path.read_bytes() == b"good picture"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_the_command_line_says_a_full_disk_and_leaves_the_old_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    path.write_bytes(b"good picture")
    with largest_file(1000):
        call = [sys.executable, "main.py", "render", str(ROOT / "resources/gallery/xor.json"), "--out", str(path)]
        # Modules that are compiled meanwhile would be kept cut off.
        plain = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, env=plain)
    assert done.returncode == 2
    assert done.stderr == f'error: cannot write "{path}": File too large; choose another folder\n'
    assert path.read_bytes() == b"good picture"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


HOSTILE = 'a\x1b[31m\x00b<b>&"\uffff'


def test_names_of_any_characters_leave_an_svg_well_formed(qtbot: QtBot, tmp_path: Path) -> None:
    nodes = [{"id": "n", "op": "constant", "title": HOSTILE}, {"id": "m", "op": "quantum", "title": HOSTILE}]
    made = document(nodes, [])
    made.name = HOSTILE
    path = tmp_path / "a.svg"
    render(made, path, True)
    content = path.read_text(encoding="utf-8")
    assert not set(content) & {"\x1b", "\x00", "\uffff"}
    title = ElementTree.parse(path).find(f"{SVG}title")
    assert title is not None
    assert title.text == 'a␛[31m␀b<b>&"\ufffd'
    assert any("<b>&" in text for text in texts(path))
