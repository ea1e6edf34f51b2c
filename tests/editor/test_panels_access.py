"""Every panel can be used without a mouse and without sight: names, focus, tips."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollArea,
    QSlider,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from editor import theme
from editor.background import Background
from editor.panels.data import DataPlace
from editor.panels.inspector import Inspector
from editor.panels.palette import Palette
from editor.panels.stepper import Stepper
from editor.panels.training import TrainingPanel
from editor.panels.transport import Transport
from editor.plots.boundary import BoundaryPlot
from editor.plots.loss import LossPlot
from editor.session import Session
from editor.start_page import StartPage
from tests.editor.panel_session import opened, shown

PANELS: tuple[Callable[[Session], QWidget], ...] = (
    Palette,
    Inspector,
    TrainingPanel,
    lambda session: DataPlace(session, Background()),
    Stepper,
    Transport,
    LossPlot,
    BoundaryPlot,
    StartPage,
)


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    with opened(qtbot, "iris") as session:
        session.select(["z"])
        yield session


def reachable(widget: QWidget) -> list[QWidget]:
    """What the keyboard can come to, apart from what only scrolls."""
    return [
        each
        for each in widget.findChildren(QWidget)
        if each.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not isinstance(each, QScrollArea)
        and each.focusProxy() is None
    ]


@pytest.mark.parametrize("make", PANELS, ids=lambda make: make.__name__)
def test_everything_in_reach_has_a_name(make: Callable[[Session], QWidget], session: Session, qtbot: QtBot) -> None:
    panel = make(session)
    shown(qtbot, panel, 700, 700)
    assert panel.accessibleName()
    named = (QAbstractButton, QComboBox, QLineEdit, QSlider)
    nameless = [
        type(each).__name__
        for each in reachable(panel)
        if isinstance(each, named)
        and not each.accessibleName()
        and not (isinstance(each, QAbstractButton) and each.text())
        and not isinstance(each.parent(), QComboBox | QTabBar)
    ]
    assert nameless == []


@pytest.mark.parametrize("make", PANELS, ids=lambda make: make.__name__)
def test_buttons_say_what_they_do(make: Callable[[Session], QWidget], session: Session, qtbot: QtBot) -> None:
    panel = make(session)
    shown(qtbot, panel, 700, 700)
    mute = [
        each.accessibleName()
        for each in panel.findChildren(QAbstractButton)
        if not each.text() and not each.toolTip() and not isinstance(each.parent(), QLineEdit | QTabBar)
    ]
    assert [name for name in mute if name] == []


@pytest.mark.parametrize("make", PANELS, ids=lambda make: make.__name__)
def test_the_theme_and_a_larger_font_are_followed(
    make: Callable[[Session], QWidget], session: Session, qtbot: QtBot
) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    before = app.font()
    large = app.font()
    large.setPointSizeF(before.pointSizeF() * 1.6)
    try:
        small = make(session)
        app.setFont(large)
        panel = make(session)
        shown(qtbot, panel, 900, 700)
        theme.dress(small)
        assert panel.minimumSizeHint().height() >= small.minimumSizeHint().height()
        qtbot.addWidget(small)
        theme.set_mode("light")
        assert not panel.grab().isNull()
    finally:
        app.setFont(before)
        theme.set_mode("dark")
