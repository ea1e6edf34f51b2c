"""The way between files: new, open, save, export, picture, and the question before a document is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QMenu, QWidget
from shiboken6 import isValid

from compute.data import file_endings
from compute.document import ENDINGS, Document, load
from compute.document.versions import Version, Versions
from compute.errors import GradwireError, as_sentence
from compute.export.verify import Report
from compute.importing import FOREIGN, ORIENTATIONS, READERS, Imported, import_file
from compute.importing.matching import Matched, weights_for
from compute.numbers_text import plural, size_text
from compute.tensor_view import Placed, Span
from editor.background import Background, Task, nothing
from editor.banner import Choice
from editor.dropping import documents_in
from editor.file_names import FileNames
from editor.file_work import FileWork
from editor.import_report import ImportReport
from editor.new_network import NewNetwork
from editor.notices import Notices
from editor.pages import Pages
from editor.pieces import Pieces
from editor.plain import caption, set_tip
from editor.predicting import PredictSheet
from editor.publishing import Publishing, Seen
from editor.questions import Button, ask, ask_file, ask_which
from editor.session import Session
from editor.times import said
from editor.windows import Windows

T = TypeVar("T")
DOCUMENTS = f"Gradwire documents ({' '.join(f'*{ending}' for ending in ENDINGS)})"


class Shown(Seen, Protocol):
    """The canvas."""

    def preparing(self, document: Document) -> Pieces[None]: ...


class FileCommands:
    """Files of one session. ``window`` is what dialogs stand before, ``canvas`` is readied for a document and knows
    what it shows, and ``is_free`` says whether another document may take the place of the one that is open.
    """

    def __init__(
        self,
        window: QWidget,
        session: Session,
        windows: Windows,
        notices: Notices,
        background: Background,
        pages: Pages,
        canvas: Shown,
        is_free: Callable[[], bool],
    ) -> None:
        self.window, self.session, self.windows = window, session, windows
        self.notices, self.background, self.pages = notices, background, pages
        self._canvas, self._is_free = canvas, is_free
        self.versions = Versions()
        self.exported: Callable[[], object] = nothing
        """Called once weights were exported."""
        self._coming: Path | None = None
        """The file that was read last, or is."""
        self._work = FileWork(background, notices, window)
        self.names = FileNames(window, session)
        self.publishing = Publishing(window, session, windows.settings, notices, self._work, self.names, canvas)

    # -- open -----------------------------------------------------------------------------------------------

    def somewhere(self, do: Callable[[FileCommands], None]) -> None:
        """Have another document opened: here, or in a window of its own where this one holds something already."""
        self.pages.show_start(False)
        if self._is_free() and not (self.writing or self._work.opening):
            do(self)
        else:
            self.windows.open_window(lambda window: do(window.files))

    def new(self) -> None:
        """An empty canvas."""

        def start(files: FileCommands) -> None:
            files.session.new()
            files.notices.banner.dismiss()
            files.notices.say("New document")

        self.somewhere(start)

    def new_network(self, text: str = "") -> None:
        """Ask for a network in a few words, and open it as a new document."""

        def start(made: Document) -> None:
            self.somewhere(lambda files: files.read(f"Laying {made.name} out", lambda: made, files.show))

        NewNetwork(self.window, self.session, start, text).open()

    def open_example(self, entry_id: str) -> None:
        """Open a document of the gallery here, as one that has no file yet."""
        from compute.gallery import load_entry

        try:
            self.show(load_entry(entry_id))
        except GradwireError as error:
            self.notices.complain(str(error))

    def open_path(self, path: Path) -> None:
        """Open a file; gallery files open as new documents. A file that another window has open is shown there."""
        from compute.gallery import GALLERY

        if path.suffix.lower() in FOREIGN:
            self.import_path(path)
            return
        if self._work.opening and self._coming == path.resolve():
            self.notices.say(f"{path.name} is being opened already")
            return
        if self.windows.raise_window_of(path, self.window):
            self.notices.say(f"{path.name} is open in another window")
            return
        entry = next((entry for entry in GALLERY if entry.path.resolve() == path.resolve()), None)
        if entry is not None:
            self.somewhere(lambda files: files.open_example(entry.id))
        elif self.session.document.path == path.resolve():
            self.leave(lambda: self._load(path))
        else:
            self.somewhere(lambda files: files._load(path))

    def import_path(self, path: Path, orientation: str | None = None) -> None:
        """Read another tool's network beside the window, show it as a new document, and tell what became of it."""

        def take(files: FileCommands) -> None:
            found: list[Imported] = []

            def work() -> Document:
                found.append(import_file(path, orientation))
                return found[0].document

            def show(document: Document) -> None:
                files.show(document, saved=False)
                files.notices.say(as_sentence(found[0].sentence))
                if found[0].ambiguous:
                    files._ask_orientation(path)
                else:
                    ImportReport(files.window, found[0]).open()

            files.read(f"Importing {path.name}", work, show)

        self.somewhere(take)

    def _ask_orientation(self, path: Path) -> None:
        """Ask how the weights of a file lie that could be either way; it is open as one of them."""

        def again(orientation: str) -> None:
            files = self
            self.read(
                f"Importing {path.name}",
                lambda: import_file(path, orientation).document,
                lambda document: files.show(document, saved=False),
            )

        self._which_way(path, again)

    def _which_way(self, path: Path, take: Callable[[str], None]) -> None:
        """Ask how the weights of a file lie that could be either way."""
        answers = (
            ("y = x·W", "Each column of a matrix is a neuron, as in Keras and here", partial(take, ORIENTATIONS[0])),
            ("y = x·Wᵀ", "Each row of a matrix is a neuron, as in PyTorch", partial(take, ORIENTATIONS[1])),
        )
        self.notices.banner.ask(Choice(f"How the weights in {path.name} lie cannot be told; which way is it?", answers))

    def ask_import(self) -> None:
        """Choose another tool's network and open it."""
        kinds = f"Networks ({' '.join(f'*{ending}' for ending in READERS)})"
        self.names.ask("Import a network", kinds, None, self.import_path)

    def ask_weights(self) -> None:
        """Choose a file, and put its weights into the graph that is open."""
        kinds = f"Weights ({' '.join(f'*{ending}' for ending in READERS)})"
        self.names.ask("Import weights", kinds, None, self.take_weights)

    def take_weights(self, path: Path, orientation: str | None = None) -> None:
        """Read weights beside the window and put them into the graph that is open, as one step that can be undone."""
        document, mark = self.session.current_document(), self.session.mark

        def done(found: Matched) -> None:
            if self.session.mark != mark:
                self.notices.complain(f"The document was edited while {path.name} was read; import its weights again.")
                return
            if found.ambiguous:
                self.notices.say("No weights were taken yet.")
                self._which_way(path, lambda way: self.take_weights(path, way))
                return
            whole: dict[tuple[str, Span], Placed] = {
                (name, (None,) * array.ndim): array if array.ndim else float(array)
                for name, array in found.weights.items()
            }
            self.session.set_weights(whole, f"import of weights from {path.name}")
            self.notices.done(" ".join(map(as_sentence, (f"{path.name}: {found.sentence}", *found.notes))))

        def reading() -> Pieces[Matched]:
            matched: Matched = yield lambda: weights_for(path, document, orientation)
            return matched

        self._work.in_pieces("open", f"Reading {path.name}", reading(), done, f"No weights were taken from {path.name}")

    def _load(self, path: Path) -> None:
        """Read a file beside the window and show it here."""

        def show(document: Document) -> None:
            self.show(document)
            self.windows.settings.add_recent(path)

        self.read(f"Opening {path.name}", lambda: load(path), show, path)

    def has(self, path: Path) -> bool:
        """Whether a file is open here, or on its way."""
        return path == self.session.document.path or (self._work.opening and path == self._coming)

    def reload(self, path: Path, show: Callable[[Document], None]) -> None:
        """Read a file again and have it shown, unless the person wants to keep what is open."""

        def again() -> None:
            self.session.mark_unsaved()  # what is open is in no file any more, should this one not be readable
            self.read(f"Reading {path.name} again", lambda: load(path), show, path)

        self.leave(again)

    def read(
        self, name: str, work: Callable[[], Document], show: Callable[[Document], None], path: Path | None = None
    ) -> None:
        """Read a document beside the window and have it shown; what is edited meanwhile is asked about once more.

        ``name`` says in the status line what is done; ``path``: the file whose document it will be, if it has one.
        """
        mark = self.session.mark
        self._coming = path.resolve() if path else None

        def opening() -> Pieces[Document]:
            document: Document = yield work
            yield from self._canvas.preparing(document)
            return document

        def take(document: Document) -> None:
            if self.session.mark == mark:
                show(document)
            else:
                self.leave(lambda: show(document))

        self._work.in_pieces("open", name, opening(), take, "")

    def show(self, document: Document, *, saved: bool = True) -> None:
        """Open a document; ``saved`` as for ``Session.open_document``."""
        self.session.open_document(document, saved=saved)
        self.notices.banner.dismiss()
        self.pages.show_start(False)
        path = self.session.document.path
        self.notices.say(f"Opened {path.name if path else self.session.title}")

    def ask_open(self) -> None:
        """Choose a document, or another tool's network, and open it."""
        kinds = f"{DOCUMENTS};;Networks of other tools ({' '.join(f'*{ending}' for ending in FOREIGN)})"
        self.names.ask("Open a document", kinds, None, self.open_path)

    def take_dropped(self, mime: QMimeData) -> bool:
        """Open the documents among some files; says whether there are any."""
        paths = documents_in(mime)
        for path in paths:
            self.open_path(path)
        return bool(paths)

    def fill_windows(self, menu: QMenu) -> None:
        """The documents that are open, as the menu opens."""
        menu.clear()
        for window in self.windows.windows:
            action = menu.addAction(caption(window.name))
            action.setCheckable(True)
            action.setChecked(window is self.window)
            action.triggered.connect(partial(self.windows.bring_forward, window))

    def fill_recent(self, menu: QMenu) -> None:
        """The recent files, as the menu opens."""
        menu.clear()
        for path in self.windows.settings.recent:
            action = menu.addAction(caption(path.name))
            set_tip(action, str(path))
            action.triggered.connect(partial(self.open_path, path))
        if menu.isEmpty():
            menu.addAction("No recent files").setEnabled(False)

    def leave(self, then: Callable[[], None]) -> None:
        """Do ``then``, but first ask what becomes of unsaved changes; nothing happens if the person stays.

        Where a file is being written, that is done first.
        """
        if self.writing:
            self._work.waiting.append(partial(self.leave, then))
            return
        if not self.session.is_modified:
            then()
            return
        text = f"“{self.session.title}” has changes that are not saved."
        answers = (
            (Button.Save, "", lambda: self.save(then)),
            (Button.Discard, "", then),
            (Button.Cancel, "", nothing),
        )
        ask(self.window, "Unsaved changes", text, answers, Button.Save)

    # -- save -----------------------------------------------------------------------------------------------

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
            ask(self.window, "The file has changed", text, answers, Button.Save)
        else:
            self._save(None, then)

    def ask_save(self, then: Callable[[], None] = nothing) -> None:
        """Choose a file and write the document there."""
        start = self.session.document.path or self.names.proposed(".gradwire")
        self.names.ask("Save the document", DOCUMENTS, start, lambda path: self._save(path, then), (".gradwire",))

    def _save(self, path: Path | None, then: Callable[[], None]) -> None:
        """Write beside the window what is there now; edits go on meanwhile, and are not saved with it."""
        present, target = self.session.present(), self.session.target(path)
        # What is written anew unchanged would only take the place of an earlier version.
        over = self.session.is_modified or target != self.session.document.path

        def write(task: Task) -> Document:
            if over:
                self.versions.keep(target)
            return present.save(target, task.tell)

        def done(saved: Document) -> None:
            self.session.was_saved(present, saved)
            self.windows.settings.add_recent(target)
            self.notices.done(f"Saved {target.name}")
            then()

        self._work.write(f"Saving {target.name}", write, done, f"{target.name} was not saved")

    def ask_version(self) -> None:
        """Choose an earlier version of the file and open it."""
        path = self.session.document.path
        found = self.versions.of(path) if path else []
        if path is None or not found:
            name = path.name if path else "A document without a file"
            self.notices.say(f"{name} has no earlier version yet; the last three are kept when it is saved")
            return
        texts = [
            f"{i} {plural('save', i)} ago: {said(version.at, seconds=True)}, {size_text(version.size)}"
            for i, version in enumerate(found, 1)
        ]

        def show(version: Version, document: Document) -> None:
            self.show(document, saved=False)
            self.notices.say(f"{path.name} as it was at {said(version.at)}; it is not saved yet")

        def restore(number: int) -> None:
            version = found[number]
            self.leave(lambda: self.read(f"Opening {path.name}", version.document, partial(show, version)))

        ask_which(self.window, "Restore an earlier version", f"Open “{path.name}” as it was", texts, restore)

    # -- export ---------------------------------------------------------------------------------------------

    def ask_export(self) -> None:
        """Ask for a format and a file, and export the network, verified, beside the window."""
        if self.session.locks.refuse("export"):
            return
        from compute.export import Format
        from editor.export_form import ExportForm

        def chosen(kind: Format, options: Mapping[str, Any]) -> None:
            filters = f"{kind.title} ({' '.join(f'*{end}' for end in kind.suffixes)})"
            ending = kind.suffixes[0]
            write = partial(self.export, options=options, told=told)
            self.names.ask("Export the network", filters, self.names.proposed(ending), write, (ending,))

        def told(report: Report) -> None:
            if isValid(form):
                form.show_report(report)

        form = ExportForm(self.window, self.windows.settings, chosen)
        form.open()

    def export(
        self, path: Path, options: Mapping[str, Any] | None = None, told: Callable[[Report], object] = nothing
    ) -> None:
        """Write the network as it is now, read it back, and say the largest difference; ``told`` hears it too."""
        from compute.export import export

        present = self.session.present(shown=True)

        def done(report: Report) -> None:
            self.notices.done(f"Exported {path.name}: {report.sentence}")
            told(report)
            self.exported()

        self._work.write(
            f"Exporting {path.name}",
            lambda _task: export(present.document(), path, options=options),
            done,
            f"{path.name} was not exported",
        )

    def ask_predict(self) -> None:
        """Ask for rows, and show what the network answers for them."""
        if self.session.locks.refuse("export") or self.session.exercising.refuse("Predicting"):
            return
        sheet = PredictSheet(self.window, self.session)
        sheet.file_asked.connect(self.ask_predict_file)
        sheet.open()

    def ask_predict_file(self) -> None:
        """Choose a file with new rows, and one for the answers."""
        kinds = f"Rows ({' '.join(f'*{ending}' for ending in file_endings())})"
        folder = str(self.session.document.folder or "")

        def and_where(rows: Path) -> None:
            start = rows.with_name(f"{rows.stem} predicted.csv")
            self.names.ask(
                "Write the predictions", "CSV (*.csv)", start, lambda out: self.predict(rows, out), (".csv",)
            )

        ask_file(self.window, "Predict for these rows", kinds, folder, None, and_where)

    def predict(self, rows: Path, out: Path) -> None:
        """Write what the network answers with the weights of now for the rows of a file."""
        from compute.predict import predict_file

        present = self.session.present(shown=True)
        self._work.write(
            f"Predicting {rows.name}",
            lambda task: predict_file(present.document(), rows, out, task.tell),
            lambda count: self.notices.done(f"Wrote {count:,} {plural('prediction', count)} to {out.name}"),
            f"{out.name} was not written",
        )

    # -- work beside the window -----------------------------------------------------------------------------

    @property
    def writing(self) -> bool:
        """Whether a file is being written; the document is not left before."""
        return self._work.writing

    @property
    def busy(self) -> bool:
        """Whether something goes on beside the window."""
        return self._work.busy
