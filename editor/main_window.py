"""The main window: palette, canvas with stepper, inspector, plots and training, and the way between files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QLabel,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from compute.edits import Edit
from compute.errors import GradwireError
from compute.problems import Kind, Place, Problem, Remedy
from compute.worker.engine_choice import engine_choice
from editor import theme
from editor.actions import Actions
from editor.background import Background
from editor.banner import Banner
from editor.canvas import Canvas
from editor.command_search import CommandSearch, Sheet
from editor.device_menu import DeviceMenu
from editor.panels.inspector import Inspector
from editor.panels.palette import Palette
from editor.panels.stepper import Stepper
from editor.panels.training import TrainingPanel
from editor.panels.transport import Transport
from editor.plots.boundary import BoundaryPlot
from editor.plots.loss import LossPlot
from editor.questions import Button, ask, ask_file, nothing
from editor.rows import Rows
from editor.session import Session
from editor.settings import Settings
from editor.start_page import StartPage

DOCUMENTS = "Gradwire documents (*.gradwire *.json)"
WEIGHTS = "safetensors (*.safetensors);;NumPy archive (*.npz)"
PICTURES = "PNG picture (*.png);;SVG picture (*.svg)"


class MainWindow(QMainWindow):
    """One window on one session; owns the session and closes it."""

    def __init__(self, session: Session, settings: Settings) -> None:
        super().__init__()
        self.session: Session = session
        self.settings: Settings = settings
        self.setObjectName("MainWindow")
        self.resize(1600, 1000)
        self.background = Background(self)
        self.transport = Transport(session)
        self.canvas: Canvas = Canvas(session)
        self.palette_panel = Palette(session)
        self.inspector = Inspector(session)
        self.stepper = Stepper(session)
        self.training_panel = TrainingPanel(session)
        self.loss_plot = LossPlot(session)
        self.boundary_plot = BoundaryPlot(session)
        self.start_page = StartPage(session)
        self.banner = Banner()
        self.device_menu = DeviceMenu(session, self.background, self.choose_device, self)
        self._command_search: CommandSearch | None = None
        self._sheet: Sheet | None = None
        self._discarding = False
        self._minimap = True
        self._lay_out()
        self.actions_ = Actions(self)
        self._menus = self.actions_.fill(self.menuBar())
        self._recent_menu = self._menus["File"].addMenu("Open recent")
        self._recent_menu.aboutToShow.connect(self._fill_recent)
        self.statusBar().setSizeGripEnabled(False)
        self._listen()
        self._restore_layout()
        self._update()
        self.canvas.setFocus()

    # -- layout ---------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
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
        self._pages = QStackedWidget()
        self._pages.addWidget(self._rows)
        self._pages.addWidget(self.start_page)
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.transport)
        layout.addWidget(self._pages, 1)
        self.setCentralWidget(whole)
        self._status = QLabel()
        self._status.setContentsMargins(10, 0, 10, 0)
        self._status.setObjectName("StatusText")
        self._status.setAccessibleName("Last message")
        self.statusBar().addWidget(self._status, 1)

    def _listen(self) -> None:
        session = self.session
        self.palette_panel.add_requested.connect(lambda name: self.canvas.add_op(name, None))
        self.canvas.node_activated.connect(self._open_settings)
        self.canvas.space_tapped.connect(self.toggle_playing)
        self.start_page.open_requested.connect(lambda path: self.open_path(Path(path)))
        self.start_page.closed.connect(lambda: self.show_start_page(False))
        for chip in (self.transport.device, self.training_panel.device):
            chip.clicked.connect(partial(self.show_devices, chip))
        self.banner.remedy_asked.connect(self._mend)
        session.message.connect(self.say)
        session.title_changed.connect(self._update)
        session.selection_changed.connect(self._update)
        session.walk_changed.connect(self._on_walk)
        session.undo_stack.indexChanged.connect(self._update)
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

    # -- what the window says -------------------------------------------------------------------------------

    def say(self, sentence: str) -> None:
        """A sentence in the status line; it stays until the next."""
        self._status.setText(sentence)
        self._status.setToolTip(sentence)

    @property
    def status_text(self) -> str:
        """What the status line says."""
        return self._status.text()

    def complain(self, sentence: str, status: str = "") -> None:
        """An error, above the canvas, until it is dismissed; the status line gives up what it said before."""
        self.banner.show_error(sentence)
        self.say(status)

    def _done(self, sentence: str) -> None:
        """What was asked for is done; an error of an earlier try is no longer one."""
        self.banner.show_error("")
        self.say(sentence)

    def _show_problem(self, _snapshot: object = None) -> None:
        snapshot = self.session.snapshot
        problem = snapshot.problem
        if problem is None and snapshot.device_problem:
            problem = Problem(Kind.DEVICE, Place(), snapshot.device_problem, Remedy("choose device"))
        self.banner.show_state(problem)
        if snapshot.state == "running":
            self.banner.dismiss_state()

    def _mend(self, remedy: Remedy) -> None:
        """Lead to what mends a problem."""
        if remedy.act == "choose device":
            self.show_devices(self.banner.offer)
        else:
            self.training_panel.ask_for("loss" if remedy.act == "choose loss" else "data")

    def _after_edit(self, edit: Edit) -> None:
        self.say(edit.text)
        self._update()

    def _update(self, _changed: object = None) -> None:
        session = self.session
        name = session.document.path.name if session.document.path else session.title
        self.setWindowTitle(f"{name}[*]")
        self.setWindowModified(session.is_modified)
        self.actions_.update()
        undo, redo = self.actions_.by_id["undo"], self.actions_.by_id["redo"]
        undo.setText(f"Undo {session.undo_stack.undoText()}".strip())
        redo.setText(f"Redo {session.undo_stack.redoText()}".strip())

    def _on_walk(self, walk: object) -> None:
        self._rows.set_walking(walk is not None)
        self._update()

    def set_theme(self, mode: theme.Mode) -> None:
        """Dark, light, or with the system; remembered."""
        self.settings.theme = mode
        theme.set_mode(mode)

    # -- files ----------------------------------------------------------------------------------------------

    @property
    def start_page_is_open(self) -> bool:
        """Whether the gallery stands before the canvas."""
        return self._pages.currentWidget() is self.start_page

    def show_start_page(self, shown: bool) -> None:
        """Show the gallery and the recent files, or the canvas again."""
        if shown:
            self.start_page.search.clear()
            self.start_page.set_recent(self.settings.recent)
        self._pages.setCurrentWidget(self.start_page if shown else self._rows)
        (self.start_page if shown else self.canvas).setFocus()
        self._update()

    def toggle_start_page(self) -> None:
        """Gallery or canvas."""
        self.show_start_page(not self.start_page_is_open)

    def new(self) -> None:
        """An empty canvas, unless the person wants to keep what is open."""

        def start() -> None:
            self.session.new()
            self.show_start_page(False)
            self.banner.dismiss()
            self.say("New document")

        self._leave(start)

    def open_example(self, entry_id: str) -> None:
        """Open a document of the gallery as one that has no file yet."""
        from compute.gallery import load_entry

        self._open(lambda: self.session.open_document(load_entry(entry_id)))

    def open_path(self, path: Path) -> None:
        """Open a file, unless the person wants to keep what is open; gallery files open as new documents."""
        from compute.gallery import GALLERY

        entry = next((entry for entry in GALLERY if entry.path == path), None)

        def start() -> None:
            if entry is not None:
                self.open_example(entry.id)
            elif self._open(lambda: self.session.open(path)):
                self.settings.add_recent(path)

        self._leave(start)

    def _open(self, action: Callable[[], None]) -> bool:
        try:
            action()
        except GradwireError as error:
            self.complain(str(error))
            return False
        self.banner.dismiss()
        self.show_start_page(False)
        self.say(f"Opened {self.session.title}")
        return True

    def _fill_recent(self) -> None:
        self._recent_menu.clear()
        for path in self.settings.recent:
            action = self._recent_menu.addAction(path.name)
            action.setToolTip(str(path))
            action.triggered.connect(partial(self.open_path, path))
        if self._recent_menu.isEmpty():
            self._recent_menu.addAction("No recent files").setEnabled(False)

    def _ask_file(
        self,
        title: str,
        filters: str,
        start: Path | None,
        chosen: Callable[[Path], None],
        endings: tuple[str, ...] = (),
    ) -> None:
        ask_file(self, title, filters, self._folder(), start, chosen, endings)

    def ask_open(self) -> None:
        """Choose a document and open it."""
        self._ask_file("Open a document", DOCUMENTS, None, self.open_path)

    def save(self, then: Callable[[], None] = nothing) -> None:
        """Write to the document's file, or ask for one; ``then`` is called once it is written."""
        path = self.session.document.path
        if path is None:
            self.ask_save(then)
        elif self.session.document.changed_on_disk:
            text = f"“{path.name}” was changed elsewhere since it was opened here; replacing it loses that change."
            answers = (
                (Button.Save, "Save as…", lambda: self.ask_save(then)),
                (Button.Yes, "Replace", lambda: self._save(None, then)),
                (Button.Cancel, "", nothing),
            )
            ask(self, "The file has changed", text, answers, Button.Save)
        else:
            self._save(None, then)

    def ask_save(self, then: Callable[[], None] = nothing) -> None:
        """Choose a file and write the document there."""
        start = self.session.document.path or self._proposed(".gradwire")
        self._ask_file("Save the document", DOCUMENTS, start, lambda path: self._save(path, then), (".gradwire",))

    def _save(self, path: Path | None, then: Callable[[], None]) -> None:
        try:
            self.session.save(path)
        except GradwireError as error:
            self.complain(str(error), "Not saved")
            return
        saved = self.session.document.path
        assert saved is not None
        self.settings.add_recent(saved)
        self._done(f"Saved {saved.name}")
        self._update()
        then()

    def _proposed(self, ending: str) -> Path:
        """A name for a new file, in the document's folder."""
        return Path(self._folder()) / f"{_file_stem(self.session.title)}{ending}"

    def ask_export(self) -> None:
        """Choose a file and export the weights, verified, beside the window."""
        start = self._proposed(".safetensors")
        self._ask_file("Export the weights", WEIGHTS, start, self.export, (".safetensors", ".npz"))

    def export(self, path: Path) -> None:
        """Write the weights as they are now, read them back, and say the largest difference."""
        from compute.export import export

        document = self.session.current_document()
        self.say(f"Exporting {path.name} …")
        self.background.run(
            lambda: export(document, path),
            lambda report: self._done(report.sentence),
            lambda sentence: self.complain(sentence, f"{path.name} was not exported"),
        )

    def ask_picture(self) -> None:
        """Choose a file and draw the canvas into it."""
        start = self._proposed(".png")
        self._ask_file("Save a picture of the canvas", PICTURES, start, self.save_picture, (".png", ".svg"))

    def save_picture(self, path: Path) -> None:
        """Draw the canvas, with its numbers, into a PNG or SVG file."""
        from editor.render import render

        try:
            render(self.session.current_document(), path, values=True)
        except GradwireError as error:
            self.complain(str(error), f"{path.name} was not saved")
        else:
            self._done(f"Saved {path.name}")

    def _folder(self) -> str:
        folder = self.session.document.folder
        return str(folder or Path.home())

    def _leave(self, then: Callable[[], None]) -> None:
        """Do ``then``, but first ask what becomes of unsaved changes; nothing happens if the person stays."""
        if not self.session.is_modified:
            then()
            return
        text = f"“{self.session.title}” has changes that are not saved."
        answers = (
            (Button.Save, "", lambda: self.save(then)),
            (Button.Discard, "", then),
            (Button.Cancel, "", nothing),
        )
        ask(self, "Unsaved changes", text, answers, Button.Save)

    # -- tools ----------------------------------------------------------------------------------------------

    def toggle_walk(self) -> None:
        """Start or leave the walk through backpropagation."""
        if self.session.walk:
            self.session.stop_walk()
        else:
            self.session.start_walk()

    def toggle_playing(self) -> None:
        """Play or stop the walk where there is one; else train or pause."""
        if self.session.walk:
            self.stepper.toggle_play()
        else:
            self.session.toggle_training()

    def show_devices(self, below: QWidget | None = None, _checked: bool = False) -> None:
        """The menu of what can compute."""
        place = below or self.transport.device
        self.device_menu.popup(place.mapToGlobal(QPoint(0, place.height() + 2)))

    def choose_device(self, wanted: str) -> None:
        """Compute with that from now on, and after the next start; training pauses."""
        self.settings.device = wanted
        self.session.set_engine(engine_choice(wanted))

    def toggle_minimap(self) -> None:
        """Show or hide the map of the whole graph."""
        self._minimap = not self._minimap
        self.canvas.show_minimap(self._minimap)

    def _open_settings(self, node_id: str) -> None:
        self.session.select([node_id])
        self.inspector.show_tab("Settings")

    def open_command_search(self) -> None:
        """Search an action by typing."""
        if self._command_search is None:
            self._command_search = CommandSearch(self)
        self._command_search.open_over(self.actions_)

    def toggle_sheet(self) -> None:
        """The page of all shortcuts."""
        if self._sheet is None:
            self._sheet = Sheet(self)
        self._sheet.toggle()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.session.is_modified and not self._discarding:
            event.ignore()
            self._leave(self._close_now)
            return
        self._keep_layout()
        self.stepper.close()
        self.background.close()
        self.session.close()
        super().closeEvent(event)

    def _close_now(self) -> None:
        self._discarding = True
        self.close()


def _splitter(orientation: Qt.Orientation, *widgets: QWidget) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setHandleWidth(1)
    splitter.setChildrenCollapsible(False)
    for widget in widgets:
        splitter.addWidget(widget)
    return splitter


def _file_stem(title: str) -> str:
    """A title as a file name that every system takes."""
    kept = "".join(c if c.isalnum() or c in "-_" else "-" for c in title).strip("-")
    while "--" in kept:
        kept = kept.replace("--", "-")
    return kept.lower() or "untitled"
