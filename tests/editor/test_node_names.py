"""What a node is called stands in its header whenever there is room for it, in letters kept readable from afar too."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPixmap

from compute.gallery import load_entry
from compute.workspace import open_document
from editor.canvas import paint_nodes
from editor.canvas.face import face


def header(node_id: str, letters: float, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts painted in the header of a node of z · (2x + y), its letters so large."""
    document = load_entry("z_2x_y")
    shown = face(document.graph.nodes[node_id], open_document(document).analysis)
    texts: list[str] = []

    def note(painter: QPainter, font: object, color: QColor, room: QRectF, align: object, text: str) -> None:
        texts.append(text)

    monkeypatch.setattr(paint_nodes, "_text", note)
    sheet = QPixmap(10, 10)
    painter = QPainter(sheet)
    paint_nodes._paint_header(painter, shown, QColor(), QColor(), letters)
    painter.end()
    return texts


@pytest.mark.parametrize("letters", [13.0, 15.0])
def test_a_short_name_stands_beside_the_title(letters: float, monkeypatch: pytest.MonkeyPatch, qapp: object) -> None:
    assert header("x", letters, monkeypatch)[:2] == ["Parameter", "x"]
    assert header("f", letters, monkeypatch)[0] == "Add"


def test_where_there_is_no_room_the_title_stands_alone(monkeypatch: pytest.MonkeyPatch, qapp: object) -> None:
    assert len(header("x", 30.0, monkeypatch)) == 1
