"""How the rows are split, chosen in the form of the data; test rows are marked, and judged when somebody asks."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from editor.panels.data import DataPlace
from editor.panels.fields import ChoiceField
from editor.panels.figures import Figures
from editor.session import Session
from tests.editor.panel_session import line_of, settle, type_into
from tests.editor.test_data_place import known, place, show

__all__ = ["place"]


def choose(place: DataPlace, name: str, key: str) -> None:
    """Choose by keys in a list of the form, as a person does."""
    field = place.form.fields()[name]
    assert isinstance(field, ChoiceField)
    field.box.setFocus()
    down = field.box.findData(key) - field.box.currentIndex()
    for _ in range(abs(down)):
        QTest.keyClick(field.box, Qt.Key.Key_Down if down > 0 else Qt.Key.Key_Up)


def test_data_of_classes_is_split_by_them_and_test_rows_are_marked(
    place: DataPlace, session: Session, qtbot: QtBot
) -> None:
    show(qtbot, place, "iris")
    place.form.use({"source": "builtin", "name": "wine"})
    qtbot.waitUntil(lambda: not place.form._background.tasks)
    known(qtbot, place)
    assert session.document.data["split"] == "stratified"
    type_into(line_of(place.form.fields()["test_fraction"]), "0.1")
    settle(qtbot, session)
    known(qtbot, place)
    assert (place.trained.text(), place.held.text(), place.tested.text()) == (
        "● 124 training",
        "○ 36 validation",
        "◇ 18 test",
    )
    assert place.tested.isVisible()
    row = next(row for row in range(178) if place.sheet.part(row) == 2)
    model = place.rows.model_
    assert "(test)" in str(model.data(model.index(row, 0), Qt.ItemDataRole.AccessibleTextRole))


def test_a_split_by_a_column_brings_a_column_that_fits(place: DataPlace, session: Session, qtbot: QtBot) -> None:
    columns = {"a": [*range(8)], "b": [0.5] * 8, "c": [0.0] * 8, "part": ["train"] * 5 + ["test"] * 3}
    session.apply(session.edits.set_data("Table", {"source": "inline", "columns": columns}))
    settle(qtbot, session)
    known(qtbot, place)
    fields, count = place.form.fields(), session.undo_stack.count()
    assert not fields["split_column"].isVisible()
    choose(place, "split", "by column")
    assert (session.document.data["split"], session.document.data["split_column"]) == ("by column", "part")
    assert fields["split_column"].isVisible()
    assert not fields["test_fraction"].isVisible()
    # The list stays under the keyboard.
    assert QApplication.focusWidget() is fields["split"].focusProxy()
    settle(qtbot, session)
    known(qtbot, place)
    assert (session.snapshot.rows, session.snapshot.validation_rows, session.snapshot.test_rows) == (5, 0, 3)
    choose(place, "split_column", "a")
    settle(qtbot, session)
    known(qtbot, place)
    assert 'ow 3 (counting from 0) of the column "a" is "3", which says no part' in place.problem.text()
    session.undo_stack.setIndex(count)
    assert "split" not in session.document.data


def test_a_test_is_told_in_the_figures_when_it_is_asked_for(session: Session, qtbot: QtBot) -> None:
    said: list[str] = []
    session.message.connect(said.append)
    session.test()
    assert said == ["No rows are kept for a test; the data has a test fraction for that."]
    figures = Figures(session)
    qtbot.addWidget(figures)
    figures.resize(1400, 60)
    figures.show()
    session.apply(session.edits.set_data("Keep", {**session.document.data, "test_fraction": 0.25}))
    settle(qtbot, session)
    figures.show_snapshot(session.snapshot, 10)
    assert not figures.test.isVisible()
    session.test()
    qtbot.waitUntil(lambda: session.snapshot.tested is not None)
    figures.show_snapshot(session.snapshot, 10)
    assert figures.test.isVisible()
    tested = session.snapshot.tested
    assert tested is not None
    assert said[-1] == tested.sentence
    assert tested.sentence.startswith("Test: loss ")
    assert tested.sentence.endswith("rows, after epoch 0.")
