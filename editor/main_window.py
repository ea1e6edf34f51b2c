"""The main window: how canvas, panels and plots are laid out, and what they tell each other."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from compute.document import Document
from compute.document.recovery import View
from compute.edits import Edit
from compute.gallery import panel_of
from compute.problems import Kind, Place, Problem, Remedy
from editor.action import Actions, ActionSet
from editor.actions import MENUS
from editor.actions.audit import AUDIT
from editor.actions.backprop import BACKPROP
from editor.actions.cost import COST
from editor.actions.data import DATA, PAINT
from editor.actions.edit import EDIT
from editor.actions.exercise import EXERCISE
from editor.actions.file import FILE, HANDOUT, RECORD
from editor.actions.focus import FOCUS
from editor.actions.inspect import INSPECT
from editor.actions.lesson import LESSON
from editor.actions.opening import OPENING
from editor.actions.panels import PLACES, panel_actions
from editor.actions.plots import PLOTS
from editor.actions.tools import TOOLS
from editor.actions.train import TRAIN
from editor.actions.what_if import WHAT_IF
from editor.background import Background
from editor.canvas import Canvas
from editor.disk import DiskWatch
from editor.dock import Dock
from editor.dropping import data_in, documents_in
from editor.file_commands import FileCommands
from editor.notices import Notices
from editor.opening import OpeningView
from editor.own_keys import OwnKeys
from editor.pages import Pages
from editor.panel_list import PANELS
from editor.panel_set import PanelSet
from editor.panels.data import DataPlace
from editor.panels.exercise import ExercisePlace
from editor.panels.inspector import Inspector
from editor.panels.lesson.panel import LessonPanel
from editor.panels.palette import Palette
from editor.panels.stepper import Stepper
from editor.panels.sweep.place import SweepPlace
from editor.panels.training import TrainingPanel
from editor.panels.transport import Transport
from editor.panels.watches import WatchesPanel
from editor.panes import Panes
from editor.places import Places
from editor.plain import caption, window_title
from editor.plots.boundary import BoundaryPlot
from editor.plots.place import PlotsPlace
from editor.recovery import Keeper
from editor.session import Session
from editor.side_buttons import SideButtons
from editor.start_page import StartPage
from editor.teaching import Teaching
from editor.theme import dress, dress_when_shown, undress
from editor.tools import Tools
from editor.windows import Windows
from editor.workbench import Workbench, stacked

P = TypeVar("P", bound=QWidget)
SOON = 1500
"""Milliseconds after a window was made in which a person seldom begins a walk."""


class MainWindow(QMainWindow):
    """One window on one session; owns the session and closes it. It is there once it is built."""

    def __init__(self, session: Session, windows: Windows) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        session.setParent(self)
        self.session: Session = session
        self.windows, self.settings = windows, windows.settings
        self.setObjectName("MainWindow")
        # Panels that come, or larger text, do not push it beyond the screen.
        self.setMinimumSize(640, 480)
        self.background = Background(self)
        self.notices = Notices()
        self.panels = PanelSet(PANELS, session, self.background)
        self.panes = Panes(self._panes)

    def building(self) -> Generator[None]:
        """All that is in it, in pieces, so that windows that are open go on meanwhile."""
        session, windows = self.session, self.windows
        for spec in PANELS:
            if spec.late is None:
                self.panels[spec.id]  # made
                yield
            else:  # it may come in sight at once, and what is in it is measured then
                self.panels.when_made(spec.id, dress)
        self.workbench = Workbench(self.panels, self.notices.banner)
        yield
        self.places = Places(self, self.workbench, windows)
        self.opening = OpeningView(session, self.workbench, self.transport)
        self.pages = Pages(self.workbench, self.canvas, self._make_start, self.settings)
        self.setCentralWidget(stacked(*self.workbench.top, self.pages))
        yield
        self.statusBar().addWidget(self.notices.line, 1)
        self.statusBar().addPermanentWidget(self.notices.stop)
        given = self.notices, self.background, self.pages, self.canvas
        self.files = FileCommands(self, session, windows, *given, lambda: self.is_free)
        self.keeper = Keeper(session, self.canvas, self.notices, windows.recovery, self)
        self.disk = DiskWatch(session, self.files, self.notices, self._reload, self)
        self.tools = Tools(self, session, windows, self.transport.device)
        lesson = self.workbench, self.panel(LessonPanel), self.canvas, self.inspector
        self.files.exported = self.panel(LessonPanel).guide.count_export
        self.teaching = Teaching(self, *lesson, self.notices, self.settings)
        self._discarding = False
        self._shown_for_document = ""
        """The panel that is shown because the document is about it."""
        self.actions_ = self._make_actions()
        self.tools.actions, self.tools.more = self.actions_, self.canvas.networks_for
        self.tools.panes = self.panes
        self._bind_keys()
        self._menus = self.actions_.fill(self.menuBar())
        self.teaching.use(self.actions_, self._menus)
        self._recent_menu = self._menu_before("gallery", "Open recent", self.files.fill_recent)
        self._windows_menu = self._menu_before("close", "Open documents", self.files.fill_windows)
        self.setAcceptDrops(True)
        self.statusBar().setSizeGripEnabled(False)
        OwnKeys(self, self.canvas, self.workbench.docks.values(), lambda: self.actions_.of_window)
        acts = {Qt.MouseButton.BackButton: session.back, Qt.MouseButton.ForwardButton: session.forward}
        SideButtons(self, self.workbench.docks.values(), acts)
        yield
        self._listen()
        self.places.restore()
        yield
        bars = self.menuBar(), self.statusBar(), self.notices.banner, *(d.bar for d in self.workbench.docks.values())
        for part in (*bars, *self.panels.made.values(), self.teaching.offer):
            around = part.parentWidget()
            if part.isHidden() or (isinstance(around, Dock) and around.isHidden()):
                dress_when_shown(part)  # of the many panels most people see a few
            else:
                dress(part)
                yield
        QTimer.singleShot(SOON, self, self._foresee_walk)
        self._update()
        self.canvas.setFocus()

    def _foresee_walk(self) -> None:
        """As a walk of many nodes begins there is enough to do."""
        for part in (self.stepper, *self.stepper.findChildren(QWidget)):
            part.ensurePolished()

    def _make_start(self) -> StartPage:
        start = StartPage(self.session)
        start.open_requested.connect(lambda path: self.files.open_path(Path(path)))
        start.network_requested.connect(self.files.new_network)
        self._tell_keys(start)
        dress_when_shown(start)
        return start

    def _tell_keys(self, part: QWidget) -> None:
        """What stands for actions in a part that was made later has their keys in its tips."""
        self.actions_.tell_keys(part.findChildren(QWidget))

    def _menu_before(self, id_: str, title: str, fill: Callable[[QMenu], None]) -> QMenu:
        """A menu in that of files, above one of its actions, which is filled as it opens."""
        menu = QMenu(title, self._menus["File"])
        menu.aboutToShow.connect(lambda: fill(menu))
        self._menus["File"].insertMenu(self.actions_.by_id[id_], menu)
        return menu

    def _bind_keys(self) -> None:
        """Actions, tips and sheet have the keys that the person has chosen."""
        self.actions_.bind(self.windows.keymap.of)
        self.actions_.tell_keys(self.findChildren(QWidget))
        self.tools.forget_sheet()

    def _make_actions(self) -> Actions:
        session = self.session
        own = [
            ActionSet(FILE, self.files, self),
            ActionSet(EDIT, session, self),
            ActionSet(FOCUS, session, self),
            ActionSet(EXERCISE, session.exercising, self),
            ActionSet(HANDOUT, self.files.publishing, self),
            ActionSet(DATA, self.panels, self),
            ActionSet(PAINT, self.panel(BoundaryPlot), self),
            ActionSet(TRAIN, session, self),
            ActionSet(BACKPROP, session, self),
            ActionSet(RECORD, self.files.publishing, self),
            ActionSet(LESSON, self.teaching, self),
            ActionSet(WHAT_IF, session, self),
            ActionSet(AUDIT, session.auditing, self),
            ActionSet(COST, session.costing, self),
            ActionSet(panel_actions(PANELS), self.workbench, self),
            ActionSet(PLOTS, self.plots, self),
            ActionSet(INSPECT, self.inspector, self),
            ActionSet(PLACES, self.places, self),
            ActionSet(OPENING, self.opening, self),
            ActionSet(TOOLS, self.tools, self),
        ]
        return Actions(MENUS, [*own[:2], self.canvas.action_set, *own[2:]])

    # -- the panels -----------------------------------------------------------------------------------------

    def panel(self, kind: type[P]) -> P:
        """The panel of a class; there is one of each."""
        return self.panels.of(kind)

    @property
    def canvas(self) -> Canvas:
        return self.panel(Canvas)

    @property
    def inspector(self) -> Inspector:
        return self.panel(Inspector)

    @property
    def stepper(self) -> Stepper:
        return self.panel(Stepper)

    @property
    def transport(self) -> Transport:
        return self.panel(Transport)

    @property
    def training_panel(self) -> TrainingPanel:
        return self.panel(TrainingPanel)

    @property
    def data_place(self) -> DataPlace:
        return self.panel(DataPlace)

    def _panes(self) -> list[QWidget]:
        """All between which F6 goes: the panels, plots in windows of their own, and what stands around them."""
        around = self.notices.banner, *self.pages.starts, self.statusBar()
        return [*self.workbench.panes, *self.plots.torn.values(), *around]

    @property
    def plots(self) -> PlotsPlace:
        return self.panel(PlotsPlace)

    @property
    def palette_panel(self) -> Palette:
        return self.panel(Palette)

    def _listen(self) -> None:
        session, tools = self.session, self.tools
        for spec in PANELS:
            if spec.late is not None:
                self.panels.when_made(spec.id, self._tell_keys)
        self.panels.then(Stepper, lambda stepper: stepper.memory_asked.connect(self._toggle_memory))
        self.panels.then(Stepper, lambda stepper: stepper.made.connect(self._tell_keys))
        self.panels.then(DataPlace, lambda place: place.wanted.connect(self._show_data))
        self.panels.then(SweepPlace, lambda place: place.opened.connect(self._open_trial))
        self.palette_panel.add_requested.connect(lambda name: self.canvas.add_op(name, None))
        self.canvas.node_activated.connect(self._open_settings)
        self.canvas.opened_by_key.connect(self.inspector.take_keys)
        self.canvas.space_tapped.connect(self.toggle_playing)
        self.pages.turned.connect(self._update)
        for chip in (self.transport.device, self.training_panel.device):
            chip.clicked.connect(partial(tools.show_devices, chip))
        self.plots.wanted.connect(self._show_plots)
        self.panel(BoundaryPlot).wanted.connect(self._show_boundary)
        self.training_panel.data.clicked.connect(lambda: self.data_place.open())
        self.palette_panel.data_requested.connect(lambda: self.data_place.open())
        self.inspector.data_requested.connect(lambda: self.data_place.open("columns"))
        self.notices.banner.remedy_asked.connect(self._mend)
        self.inspector.remedy_asked.connect(self._mend)
        self.inspector.room_wanted.connect(lambda: self.workbench.set_wide("inspector", True))
        self.workbench.changed.connect(self._update)
        session.message.connect(self.notices.say)
        session.title_changed.connect(self._update)
        session.selection_changed.connect(self._update)
        session.focus_changed.connect(self._update)
        session.walk_changed.connect(self._on_walk)
        session.asking.changed.connect(self._update)
        self.teaching.guide.changed.connect(self._update)
        session.undoing.changed.connect(self._update)
        session.what_if.held_changed.connect(self._update)
        session.auditing.switched.connect(self._update)
        session.costing.switched.connect(self._update)
        session.snapshot_changed.connect(self._show_problem)
        session.document_edited.connect(self._after_edit)
        session.document_replaced.connect(self._show_panel_of_document)
        self.opening.changed.connect(self._update)
        session.exercising.sought.connect(lambda _focus: self.workbench.show_panel("exercise", True))
        session.watching.sought.connect(self._seek_watch)
        self.panel(ExercisePlace).preview_asked.connect(self._show_elsewhere)
        for grows in (self.inspector, self.panel(ExercisePlace)):
            grows.made.connect(self._tell_keys)
        self.windows.keymap.changed.connect(self._bind_keys)

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
        """Mend a problem, or lead to what does."""
        edit = self.session.edits.mend(remedy)
        if edit is not None:
            if (step := self.session.watching.step_before) is not None:
                self.session.journey.go_to(step)
            self.session.apply(edit)
        elif remedy.act == "choose device":
            self.tools.show_devices(self.notices.banner.offer)
        elif remedy.act == "choose loss":
            self.training_panel.ask_for_loss()
        elif remedy.act in ("show number", "stop watching"):
            self.session.watching.follow(remedy)
        elif remedy.act == "go to step":
            self.session.journey.go_to(int(remedy.value))
        elif remedy.act == "choose data":
            self.data_place.open_choices()
        elif remedy.place.node in self.session.document.graph.nodes:
            self._lead_to(remedy)

    def _lead_to(self, remedy: Remedy) -> None:
        """To the node at which a problem is mended, and to its setting or port."""
        place = remedy.place
        self.session.select([place.node])
        self.canvas.bring_into_view(place.node)
        if remedy.act == "change setting":
            self.workbench.show_panel("inspector", True)
            self.inspector.show_setting(place.setting)
        else:
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        if remedy.act == "wire port":
            ports = self.canvas.scene.nodes[place.node].face.ports
            self.canvas.propose_wire(place.node, ports.index(place.port) + 1 if place.port in ports else 1)

    def _seek_watch(self) -> None:
        self.workbench.show_panel("watches", True)
        self.panel(WatchesPanel).take_keys()

    def _toggle_memory(self) -> None:
        self.workbench.toggle("memory")

    def _show_data(self) -> None:
        self.pages.show_start(False)
        self.workbench.show_panel("data", True)

    def _show_boundary(self) -> None:
        self.pages.show_start(False)
        self.workbench.show_panel("boundary", True)

    def _open_trial(self, document: Document) -> None:
        """A trial of a sweep has a window of its own."""
        self.windows.open_window(lambda window: window.files.show(document, saved=False))

    def _show_plots(self) -> None:
        self.pages.show_start(False)
        if not self.workbench.docks["plots"].in_sight:
            self.workbench.show_panel("plots", True)

    def _show_panel_of_document(self) -> None:
        """What a document is about is in sight; with the next document it is hidden again, as before."""
        panel = "exercise" if self.session.document.exercise else panel_of(self.session.document)
        shown = self._shown_for_document
        self._shown_for_document = ""
        if shown and shown != panel and self.workbench.is_shown(shown):
            self.workbench.show_panel(shown, False)
        if panel in self.workbench.docks:
            self._shown_for_document = panel if shown == panel or not self.workbench.is_shown(panel) else ""
            self.workbench.show_panel(panel, True)

    def _show_elsewhere(self, document: Document) -> None:
        """In a window of its own."""
        self.windows.open_window(lambda window: window.files.show(document))

    def _after_edit(self, edit: Edit) -> None:
        self.notices.say(edit.text)
        self._update()

    def _update(self, _changed: object = None) -> None:
        session = self.session
        self.setWindowTitle(f"{window_title(self.name)}[*]")
        self.setWindowModified(session.is_modified)
        self.actions_.update()
        undo, redo = self.actions_.by_id["undo"], self.actions_.by_id["redo"]
        undo.setText(caption(f"Undo {session.what_if.undo_text or session.undoing.undo_text}".strip()))
        redo.setText(caption(f"Redo {session.what_if.redo_text or session.undoing.redo_text}".strip()))

    def _on_walk(self, walk: object) -> None:
        self.workbench.set_walking(walk is not None)
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

    def take_text(self) -> None:
        """A text that is being written is taken."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_unasked(self) -> None:
        """Close; what becomes of unsaved changes was answered."""
        self._discarding = True
        self.close()

    @property
    def name(self) -> str:
        """Of its document: of its file, else its title."""
        path = self.session.document.path
        return path.name if path else self.session.title

    @property
    def is_free(self) -> bool:
        """Whether another document may take the place of this one, which is neither a file nor work worth keeping."""
        return self.session.document.path is None and not self.keeper.is_worth_it

    # -- work that was not saved ----------------------------------------------------------------------------

    def is_free_for(self, path: Path | None) -> bool:
        """Whether another state of that file, or what has none, may take this window's place without a loss."""
        session = self.session
        at_rest = not (session.is_modified or session.was_trained or self.files.busy)
        return at_rest and session.document.path in (None, path)

    def show_again(self, document: Document, view: View | None, *, saved: bool) -> None:
        """Open another state of a document, looked at as the one before; ``saved`` as for ``Session.open_document``."""
        self.files.show(document, saved=saved)
        if view is not None:
            self.canvas.show_place(view)
            self.session.attend(view.ids, view.focus, view.sample)

    def _reload(self) -> None:
        """Open the file as it is now, unless the person wants to keep what is open."""
        path = self.session.document.path
        assert path is not None
        self.files.reload(path, lambda document: self.show_again(document, self.canvas.place(), saved=True))

    def end(self) -> bool:
        """Close without a question; what is not saved is left for the next start. Returns whether there is such."""
        leaves = self.keeper.leave()
        self.close_unasked()
        return leaves

    def focusNextPrevChild(self, next_: bool) -> bool:
        return self.panes.tab(1 if next_ else -1)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.places.watch()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if documents_in(event.mimeData()) or data_in(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Documents are opened, and a table becomes the data of the document."""
        mime = event.mimeData()
        if self.files.take_dropped(mime) or self.data_place.take_dropped(mime):
            event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.take_text()
        if self.files.writing or (self.session.is_modified and not self._discarding):
            event.ignore()
            self.files.leave(self.close_unasked)
            return
        if self._shown_for_document:
            self.workbench.docks[self._shown_for_document].hide()  # the next start may be with another document
        self.places.keep()
        self.keeper.close()
        self.panels.close()
        # What is only read, or looked for, is not waited for.
        self.background.close(0.0)
        self.tools.background.close(0.0)
        self.session.close()
        self.windows.forget(self)
        undress(self)
        super().closeEvent(event)
