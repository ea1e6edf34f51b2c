"""A forecast asked for in the window: one undo step gives lags as inputs and a split in time."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from editor.panels.data import DataPlace
from editor.panels.data.forecast_form import ForecastForm
from editor.session import Session
from tests.editor.panel_session import WAIT, click, line_of, settle, type_into
from tests.editor.test_data_place import known, place
from tests.editor.test_data_place import session as session

__all__ = ["place"]


def form_of(place: DataPlace, qtbot: QtBot) -> ForecastForm:
    qtbot.waitUntil(lambda: place.findChild(ForecastForm) is not None, timeout=WAIT)
    form = place.findChild(ForecastForm)
    assert form is not None
    return form


def test_a_series_is_predicted_from_its_past(place: DataPlace, session: Session, qtbot: QtBot) -> None:
    place.form.use({"source": "builtin", "name": "season", "split": "chronological"})
    qtbot.waitUntil(lambda: not place.form._background.tasks, timeout=WAIT)
    known(qtbot, place)
    assert session.document.data["split"] == "chronological"
    before = session.undo_stack.count()
    place.ask_forecast()
    form = form_of(place, qtbot)
    assert form.asked.column == "value"
    type_into(line_of(form.form.fields["values"]), "3")
    assert form.told.text().startswith("value is predicted one row ahead, from value[t-3] to value[t-1]. The first 3")
    click(form.agree)
    settle(qtbot, session)
    known(qtbot, place)
    assert session.undo_stack.count() == before + 1
    nodes = session.document.graph.nodes
    assert nodes["x"].params["columns"] == ["value[t-3]", "value[t-2]", "value[t-1]"]
    assert nodes["y"].params["columns"] == ["value"]
    assert (session.snapshot.rows, session.snapshot.validation_rows) == (318, 79)
    assert [place.sheet.part(row) for row in (0, 2, 3, 399)] == [3, 3, 0, 1]
    said: list[str] = []
    session.message.connect(said.append)
    place.rows.setCurrentIndex(place.rows.model_.index(1, 0))
    assert said == ["Row 1 is left out, as something is missing in it, so that no batch has it."]


def test_it_is_called_off_by_escape_and_says_what_does_not_go(place: DataPlace, session: Session, qtbot: QtBot) -> None:
    said: list[str] = []
    session.message.connect(said.append)
    place.ask_forecast("a")
    form, before = form_of(place, qtbot), session.undo_stack.count()
    click(form.agree)
    assert said[-1].startswith("The data has 3 rows, and 9 are before the first")
    place.ask_forecast("a")
    form = form_of(place, qtbot)
    QTest.keyClick(form, Qt.Key.Key_Escape)
    assert session.undo_stack.count() == before
