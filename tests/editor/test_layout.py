"""The window is laid out from the list of its panels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from editor import main_window
from editor.application import Application
from editor.main_window import MainWindow
from editor.panel_list import PANELS, PanelSpec
from editor.panels.data import DataPlace
from editor.session import Session
from editor.settings import Settings
from tests.editor.panel_session import WAIT, click


class Counter(QLabel):
    """A plot and a panel that someone adds."""

    def __init__(self, session: Session) -> None:
        super().__init__(f"{len(session.document.graph.nodes)} nodes")
        self.setMinimumWidth(60)


@pytest.fixture
def extended(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    more = (
        PanelSpec("histogram", "Histogram", lambda s, _: Counter(s), "bottom", tab_of="loss"),
        PanelSpec("notes", "Notes", lambda s, _: Counter(s), "right", 120),
    )
    Settings()._store.remove("layout")
    monkeypatch.setattr(main_window, "PANELS", (*PANELS, *more))
    window = Application("reference").new_window()
    window.resize(1600, 1000)
    window.show()
    QApplication.processEvents()
    yield window
    window.close()


def left(window: MainWindow, name: str) -> int:
    panel: QWidget = window.panels[name]
    return panel.mapTo(window, QPoint(0, 0)).x()


def test_another_plot_and_another_panel_are_one_entry_each(extended: MainWindow, qtbot: QtBot) -> None:
    def bars() -> list[QTabBar]:
        page = extended.workbench
        every = page.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return [bar for bar in every if bar.isVisible() and page.rect().intersects(bar.geometry())]

    qtbot.waitUntil(lambda: len(bars()) == 1, timeout=WAIT)  # what Qt leaves of others goes in a turn of its own
    (tabs,) = bars()
    assert [tabs.tabText(i) for i in range(tabs.count())] == ["Loss", "Data", "Histogram"]
    assert extended.panels["notes"].isVisible()
    assert left(extended, "inspector") == left(extended, "notes")


def test_the_panels_stand_in_the_order_of_the_list(window: MainWindow) -> None:
    assert len({spec.id for spec in PANELS}) == len(PANELS)
    places = [left(window, name) for name in ("palette", "canvas", "inspector")]
    assert places == sorted(set(places))
    places = [left(window, name) for name in ("loss", "boundary", "training")]
    assert places == sorted(set(places))
    docks = window.workbench.docks
    seen = [docks[spec.id].in_sight if spec.docks else window.panels[spec.id].isVisible() for spec in PANELS]
    behind = ("stepper", "data", "more_epochs", "rewind", "what_if")
    assert seen == [not spec.hidden and spec.id not in behind for spec in PANELS]


def test_panels_that_few_look_at_are_made_when_they_come_in_sight(own_window: MainWindow, qtbot: QtBot) -> None:
    window = own_window
    late = {spec.id for spec in PANELS if spec.late is not None}
    assert not (late - {"stepper"}) & window.panels.made.keys()  # the stepper is made after a while, for the first walk
    (tabs,) = [bar for bar in window.workbench.findChildren(QTabBar) if bar.tabText(1) == "Data"]
    click(tabs, tabs.tabRect(1).center())
    assert late & window.panels.made.keys() <= {"data", "stepper"}
    data = window.panels["data"]
    assert data.isVisible()
    assert data.styleSheet()
    assert isinstance(data, DataPlace)
    assert data.head.parentWidget() is window.workbench.docks["data"].bar
    window.workbench.show_panel("memory", True)
    assert window.panels.made["memory"].isVisible()
    walked = window.actions_.by_id["walk"]
    walked.trigger()
    assert window.stepper.isVisible()
    walked.trigger()
    assert window.stepper.isHidden()
    window.actions_.by_id["data_columns"].trigger()
    assert data.view.key == "columns"
