"""The main window: how canvas, panels and plots are laid out, and what they tell each other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QSplitter, QTabWidget, QVBoxLayout, QWidget

from compute.edits import Edit
from compute.problems import Kind, Place, Problem, Remedy
from editor.action import Actions, ActionSet
from editor.actions import MENUS
from editor.actions.backprop import BACKPROP
from editor.actions.edit import EDIT
from editor.actions.file import FILE
from editor.actions.focus import FOCUS
from editor.actions.tools import TOOLS
from editor.actions.train import TRAIN
from editor.background import Background
from editor.canvas import Canvas
from editor.file_commands import FileCommands
from editor.notices import Notices
from editor.pages import Pages
from editor.panels.inspector import Inspector
from editor.panels.palette import Palette
from editor.panels.stepper import Stepper
from editor.panels.training import TrainingPanel
from editor.panels.transport import Transport
from editor.plain import caption, window_title
from editor.plots.boundary import BoundaryPlot
from editor.plots.loss import LossPlot
from editor.questions import nothing
from editor.rows import Rows
from editor.session import Session
from editor.side_buttons import SideButtons
from editor.start_page import StartPage
from editor.tools import Tools
from editor.windows import Windows


class MainWindow(QMainWindow):
    """One window on one session; owns the session and closes it."""

    def __init__(self, session: Session, windows: Windows) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        session.setParent(self)
        self.session: Session = session
        self.windows, self.settings = windows, windows.settings
        self.setObjectName("MainWindow")
        self.resize(1600, 1000)
        self.background = Background(self)
        self.notices = Notices()
        self.transport = Transport(session)
        self.canvas: Canvas = Canvas(session)
        self.palette_panel = Palette(session)
        self.inspector = Inspector(session)
        self.stepper = Stepper(session)
        self.training_panel = TrainingPanel(session, self.background)
        self.loss_plot = LossPlot(session)
        self.boundary_plot = BoundaryPlot(session)
        self._lay_out()
        self.pages = Pages(self._rows, self.canvas, StartPage(session), self.settings)
        self._frame()
        self.files = FileCommands(self, session, windows, self.notices, self.background, self.pages)
        self.tools = Tools(self, session, windows, self.transport.device)
        self._discarding = False
        self.actions_ = self._make_actions()
        self.tools.actions = self.actions_
        self._menus = self.actions_.fill(self.menuBar())
        self._recent_menu = self._menus["File"].addMenu("Open recent")
        self._recent_menu.aboutToShow.connect(lambda: self.files.fill_recent(self._recent_menu))
        self.statusBar().setSizeGripEnabled(False)
        SideButtons(self, {Qt.MouseButton.BackButton: session.back, Qt.MouseButton.ForwardButton: session.forward})
        self._listen()
        self._restore_layout()
        self._update()
        self.canvas.setFocus()

    def _make_actions(self) -> Actions:
        session = self.session
        own = [
            ActionSet(FILE, self.files, self),
            ActionSet(EDIT, session, self),
            ActionSet(FOCUS, session, self),
            ActionSet(TRAIN, session, self),
            ActionSet(BACKPROP, session, self),
            ActionSet(TOOLS, self.tools, self),
        ]
        return Actions(MENUS, [*own[:2], self.canvas.action_set, *own[2:]])

    # -- layout ---------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        """The page with the canvas."""
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notices.banner)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.stepper)
        self._columns = _splitter(Qt.Orientation.Horizontal, self.palette_panel, middle, self.inspector)
        self._columns.setSizes([200, 1060, 340])
        self._columns.setStretchFactor(1, 1)
        self._plots = QTabWidget()
        self._plots.setDocumentMode(True)
        self._plots.addTab(self.loss_plot, "Loss")
        bottom = _splitter(Qt.Orientation.Horizontal, self._plots, self.boundary_plot, self.training_panel)
        bottom.setSizes([760, 380, 460])
        bottom.setStretchFactor(0, 1)
        self._bottom = bottom
        self._rows = Rows(self._columns, bottom, self.stepper)

    def _frame(self) -> None:
        """What stands around the pages."""
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.transport)
        layout.addWidget(self.pages, 1)
        self.setCentralWidget(whole)
        self.statusBar().addWidget(self.notices.line, 1)
        self.statusBar().addPermanentWidget(self.notices.stop)

    def _listen(self) -> None:
        session, tools = self.session, self.tools
        self.palette_panel.add_requested.connect(lambda name: self.canvas.add_op(name, None))
        self.canvas.node_activated.connect(self._open_settings)
        self.canvas.space_tapped.connect(self.toggle_playing)
        self.pages.start.open_requested.connect(lambda path: self.files.open_path(Path(path)))
        self.pages.turned.connect(self._update)
        for chip in (self.transport.device, self.training_panel.device):
            chip.clicked.connect(partial(tools.show_devices, chip))
        self.notices.banner.remedy_asked.connect(self._mend)
        session.message.connect(self.notices.say)
        session.title_changed.connect(self._update)
        session.selection_changed.connect(self._update)
        session.focus_changed.connect(self._update)
        session.walk_changed.connect(self._on_walk)
        session.undoing.changed.connect(self._update)
        session.snapshot_changed.connect(self._show_problem)
        session.document_edited.connect(self._after_edit)

    def _restore_layout(self) -> None:
        for name, restore in (
            ("window", self.restoreGeometry),
            ("columns", self._columns.restoreState),
            ("rows", self._rows.choose),
            ("bottom", self._bottom.restoreState),
        ):
            state = self.settings.layout(name)
            if state is not None:
                restore(state)

    def _keep_layout(self) -> None:
        self.settings.set_layout("window", self.saveGeometry())
        self.settings.set_layout("columns", self._columns.saveState())
        rows = self._rows.chosen()
        if rows is not None:
            self.settings.set_layout("rows", rows)
        self.settings.set_layout("bottom", self._bottom.saveState())

    # -- what follows what ----------------------------------------------------------------------------------

    def _show_problem(self, _snapshot: object = None) -> None:
        snapshot, banner = self.session.snapshot, self.notices.banner
        problem = snapshot.problem
        if problem is None and snapshot.device_problem:
            problem = Problem(Kind.DEVICE, Place(), snapshot.device_problem, Remedy("choose device"))
        banner.show_state(problem)
        if snapshot.state == "running":
            banner.dismiss_state()

    def _mend(self, remedy: Remedy) -> None:
        """Lead to what mends a problem."""
        if remedy.act == "choose device":
            self.tools.show_devices(self.notices.banner.offer)
        else:
            self.training_panel.ask_for("loss" if remedy.act == "choose loss" else "data")

    def _after_edit(self, edit: Edit) -> None:
        self.notices.say(edit.text)
        self._update()

    def _update(self, _changed: object = None) -> None:
        session = self.session
        name = session.document.path.name if session.document.path else session.title
        self.setWindowTitle(f"{window_title(name)}[*]")
        self.setWindowModified(session.is_modified)
        self.actions_.update()
        undo, redo = self.actions_.by_id["undo"], self.actions_.by_id["redo"]
        undo.setText(caption(f"Undo {session.undoing.undo_text}".strip()))
        redo.setText(caption(f"Redo {session.undoing.redo_text}".strip()))

    def _on_walk(self, walk: object) -> None:
        self._rows.set_walking(walk is not None)
        self._update()

    def toggle_playing(self) -> None:
        """Play or stop the walk where there is one; else train or pause."""
        if self.session.walk:
            self.stepper.toggle_play()
        else:
            self.session.toggle_training()

    def _open_settings(self, node_id: str) -> None:
        self.session.select([node_id])
        self.inspector.show_tab("Settings")

    def close_then(self, then: Callable[[], None]) -> None:
        """Close, once the person has answered what becomes of unsaved changes, and go on with ``then``."""

        def close() -> None:
            self._discarding = True
            if self.close():
                then()

        self.files.leave(close)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.files.saving or (self.session.is_modified and not self._discarding):
            event.ignore()
            self.close_then(nothing)
            return
        self._keep_layout()
        self.stepper.close()
        self.background.close()
        self.tools.background.close()
        self.session.close()
        self.windows.forget(self)
        super().closeEvent(event)


def _splitter(orientation: Qt.Orientation, *widgets: QWidget) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setHandleWidth(1)
    splitter.setChildrenCollapsible(False)
    for widget in widgets:
        splitter.addWidget(widget)
    return splitter
