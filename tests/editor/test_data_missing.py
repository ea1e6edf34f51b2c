"""Values that are missing: the data place says what was done about them."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from editor.background import Background
from editor.panels.data import DataPlace
from tests.editor.panel_session import opened, shown
from tests.editor.test_data_place import known, show, typed_table


def test_what_was_done_about_missing_values_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,c\n1,2\n,4\n3,6\n5,8\n", "utf-8")
    document = typed_table()
    document.data = {"source": "csv", "path": str(path)}
    with opened(qtbot, typed_table()) as session:
        background = Background()
        place = DataPlace(session, background)
        shown(qtbot, place, 900, 320)
        known(qtbot, place)
        assert not place.filled.isVisible()
        show(qtbot, place, document)
        assert session.snapshot.trace.values["x"].tolist() == [[1.0], [3.0], [3.0], [5.0]]
        (said,) = session.snapshot.filled
        assert "median" in said
        assert place.filled.isVisible()
        assert place.filled.text() == said
        show(qtbot, place, typed_table())
        assert not place.filled.isVisible()
        place.close_down()
        background.close()
