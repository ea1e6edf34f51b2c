"""The way between files: new, open, save, export, picture, and the question before a document is left."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QMenu, QWidget

from compute.data import file_endings
from compute.document import ENDINGS, Document, load
from compute.document.versions import Version, Versions
from compute.errors import GradwireError
from compute.explain import Granularity
from compute.export.verify import Report
from compute.numbers_text import plural, size_text
from editor import theme
from editor.background import Background, Task, nothing
from editor.dropping import documents_in
from editor.file_work import FileWork
from editor.new_network import NewNetwork
from editor.notices import Notices
from editor.pages import Pages
from editor.picture_form import KINDS, Choice, PictureForm, remember, remembered
from editor.pieces import Pieces, within
from editor.plain import caption, set_tip
from editor.questions import Button, ask, ask_file, ask_which
from editor.recording import Film, Pass, recording
from editor.recording_form import RecordingForm
from editor.render import Shot
from editor.session import Session
from editor.times import said
from editor.windows import Windows

T = TypeVar("T")
DOCUMENTS = f"Gradwire documents ({' '.join(f'*{ending}' for ending in ENDINGS)})"
Area = tuple[float, float, float, float]
"""Left, top, width and height."""


class Shown(Protocol):
    """The canvas."""

    def preparing(self, document: Document) -> Pieces[None]: ...

    def seen(self) -> tuple[Area, float]:
        """Which part of the scene it shows, and how large."""


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
        """Choose a document and open it."""
        self._ask_file("Open a document", DOCUMENTS, None, self.open_path)

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
        start = self.session.document.path or self._proposed(".gradwire")
        self._ask_file("Save the document", DOCUMENTS, start, lambda path: self._save(path, then), (".gradwire",))

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
        """Choose a file and export the weights, verified, beside the window."""
        if self.session.locks.refuse("export"):
            return
        from compute.export import FORMATS

        filters = ";;".join(f"{known.title} ({' '.join(f'*{end}' for end in known.suffixes)})" for known in FORMATS)
        usual = tuple(known.suffixes[0] for known in FORMATS)
        self._ask_file("Export the weights", filters, self._proposed(usual[0]), self.export, usual)

    def export(self, path: Path) -> None:
        """Write the weights as they are now, read them back, and say the largest difference."""
        from compute.export import export

        present = self.session.present()

        def done(report: Report) -> None:
            self.notices.done(f"Exported {path.name}: {report.sentence}")
            self.exported()

        self._work.write(
            f"Exporting {path.name}",
            lambda _task: export(present.document(), path),
            done,
            f"{path.name} was not exported",
        )

    def ask_predict(self) -> None:
        """Choose a file with new rows, and one for the answers."""
        if self.session.locks.refuse("export"):
            return
        kinds = f"Rows ({' '.join(f'*{ending}' for ending in file_endings())})"
        folder = str(self.session.document.folder or "")

        def and_where(rows: Path) -> None:
            start = rows.with_name(f"{rows.stem} predicted.csv")
            self._ask_file(
                "Write the predictions", "CSV (*.csv)", start, lambda out: self.predict(rows, out), (".csv",)
            )

        ask_file(self.window, "Predict for these rows", kinds, folder, None, and_where)

    def predict(self, rows: Path, out: Path) -> None:
        """Write what the network answers with the weights of now for the rows of a file."""
        from compute.predict import predict_file

        present = self.session.present()
        self._work.write(
            f"Predicting {rows.name}",
            lambda task: predict_file(present.document(), rows, out, task.tell),
            lambda count: self.notices.done(f"Wrote {count:,} {plural('prediction', count)} to {out.name}"),
            f"{out.name} was not written",
        )

    def ask_picture(self) -> None:
        """Ask what of the canvas goes into a picture, and for a file, and draw it."""
        if self.session.locks.refuse("export"):
            return

        def chosen(choice: Choice) -> None:
            remember(self.windows.settings, choice)
            shot = self.shot(choice)  # as it is now, not once a name is found
            kinds = f"{KINDS[choice.kind]} (*{choice.kind})"
            save = partial(self.save_picture, shot=shot)
            self._ask_file("Save a picture of the canvas", kinds, self._proposed(choice.kind), save, (choice.kind,))

        selected = bool(self.session.selection.placed)
        PictureForm(self.window, remembered(self.windows.settings), selected=selected, chosen=chosen).open()

    def shot(self, choice: Choice) -> Shot:
        """What a choice means for the canvas as it is now."""
        snapshot, selected = self.session.snapshot, choice.what == "selection"
        known = (snapshot.analysis, self.session.facts.trace) if snapshot.revision == self.session.revision else None
        ids = frozenset(self.session.selection.placed) if selected else None
        area, zoom = self._canvas.seen() if choice.what == "view" else (None, 1.0)
        return Shot(ids, area, choice.scale * zoom, choice.values, known, choice.alone)

    def save_picture(self, path: Path, shot: Shot | None = None) -> None:
        """Draw the canvas, with its numbers, into a file of one of the ``KINDS``, beside the window's events."""
        from editor.render import drawing

        self._work.in_pieces(
            "draw",
            f"Drawing {path.name}",
            drawing(self.session.present().document, path, shot or self.shot(Choice())),
            lambda _missing: self.notices.done(f"Saved {path.name}"),
            f"{path.name} was not saved",
        )

    # -- paper ----------------------------------------------------------------------------------------------

    @property
    def asks(self) -> bool:
        """Whether the document asks for numbers, so that it can be handed out on paper."""
        exercise = self.session.exercising.exercise
        return exercise is not None and bool(exercise.asked)

    def ask_handout(self, *, solution: bool) -> None:
        """Ask for a file for the exercise on paper, or its solution, and write it."""
        if self.session.locks.refuse("export"):
            return
        what, start = ("Save the solution", "solution") if solution else ("Save the handout", "handout")
        save = partial(self.save_handout, solution=solution)
        name = self._proposed(".pdf")
        self._ask_file(what, "PDF (*.pdf)", name.with_stem(f"{name.stem}-{start}"), save, (".pdf",))

    def save_handout(self, path: Path, *, solution: bool) -> None:
        """Write the exercise as it is now, between and beside the window's events."""
        from compute.exercises.variants import as_it_stands
        from editor.handout import handing_out, usual_paper

        document = self.session.present().document
        self._work.in_pieces(
            "draw",
            f"Printing {path.name}",
            handing_out(lambda: [as_it_stands(document())], path, solution=solution, paper=usual_paper()),
            lambda pages: self.notices.done(f"Saved {path.name}, {pages} {plural('page', pages)}"),
            f"{path.name} was not saved",
        )

    def ask_recording(self) -> None:
        """Ask how a walk is recorded, and for a file, and record it with the numbers of now."""
        session = self.session
        if session.locks.refuse("export"):
            return

        def chosen(granularity: Granularity, width: int, seconds: float, kind: str) -> None:
            film, name = Film(width, seconds, granularity, self._pass()), self._proposed(kind)
            save = partial(self.save_recording, film=film)
            self._ask_file(
                "Save the recording", f"Recording (*{kind})", name.with_stem(f"{name.stem}-walk"), save, (kind,)
            )

        RecordingForm(self.window, session.walk.granularity if session.walk else "node", chosen).open()

    def _pass(self) -> Pass | None:
        """The numbers on show, if they are those of the document as it is."""
        session, snapshot = self.session, self.session.snapshot
        if snapshot.revision != session.revision:
            return None
        return Pass.of(session.document, snapshot, session.sample)

    def save_recording(self, path: Path, film: Film) -> None:
        """Record a walk, between and beside the window's events."""
        now = theme.current()

        def told(done: int, count: int) -> None:
            self._work.tell("draw", f"Recording {path.name}, step {done} of {count}")

        work = recording(self.session.present().document, path, film, told)
        self._work.in_pieces(
            "draw",
            f"Recording {path.name}",
            within(lambda: theme.lent(now), work),
            lambda steps: self.notices.done(f"Saved {path.name}, {steps} {plural('step', steps)}"),
            f"{path.name} was not saved",
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

    # -- names ----------------------------------------------------------------------------------------------

    def _ask_file(
        self,
        title: str,
        filters: str,
        start: Path | None,
        chosen: Callable[[Path], None],
        endings: tuple[str, ...] = (),
    ) -> None:
        ask_file(self.window, title, filters, self._folder(), start, chosen, endings)

    def _proposed(self, ending: str) -> Path:
        """A name for a new file, in the document's folder."""
        return Path(self._folder()) / f"{_file_stem(self.session.title)}{ending}"

    def _folder(self) -> str:
        return str(self.session.document.folder or Path.home())


def _file_stem(title: str) -> str:
    """A title as a file name that every system takes."""
    kept = "".join(c if c.isalnum() or c in "-_" else "-" for c in title).strip("-")
    while "--" in kept:
        kept = kept.replace("--", "-")
    return kept.lower() or "untitled"
