"""The panel of the exercise: nothing yet, a teacher's side or a learner's."""

from __future__ import annotations

from functools import cached_property

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QStackedWidget, QWidget

from compute.document import Document, Learner
from compute.exercises.variants import Variant, variant
from compute.focus import Focus
from editor.background import Background, Task
from editor.panels.exercise.answers import AT_ONCE
from editor.panels.exercise.setting import SettingPage
from editor.panels.exercise.working import WorkingPage
from editor.panels.widgets import Empty, column
from editor.panes import reached
from editor.session import Session


class ExercisePlace(QFrame):
    """``preview_asked``: a document is to be shown in a window of its own. ``made``: there is another part of it."""

    preview_asked = Signal(object)
    made = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._worker = Background(self)
        self.exercising = session.exercising
        self.exercising.use(session, self._worker)
        self.setProperty("kind", "panel")
        self.setAccessibleName("Exercise")
        self.empty = Empty(
            "exercise", "No exercise yet", "Click a number on the canvas and choose Ask for this number."
        )
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        column(self).addWidget(self.pages)
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(0)
        self._late.timeout.connect(self._refresh)
        self.exercising.changed.connect(self._follow)
        session.asked.connect(self._seek)
        self._refresh()

    def sizeHint(self) -> QSize:
        return QSize(300, 400)

    @cached_property
    def setting(self) -> SettingPage:
        """A teacher's side; most documents have none."""
        page = SettingPage(self.session, self._worker)
        page.preview_asked.connect(self.preview_asked)
        self.pages.addWidget(page)
        self.made.emit(page)
        return page

    @cached_property
    def working(self) -> WorkingPage:
        """A learner's side, likewise."""
        page = WorkingPage(self.session)
        page.anew.clicked.connect(self._draw_anew)
        self.pages.addWidget(page)
        self.made.emit(page)
        return page

    def close_down(self) -> None:
        """The window closes."""
        self._worker.close(0.0)

    def _follow(self) -> None:
        """What many numbers need has a turn of its own, as all that shows numbers changes with the exercise too."""
        exercise = self.exercising.exercise
        if exercise is not None and len(exercise.asked) > AT_ONCE:
            self._late.start()
        else:
            self._late.stop()
            self._refresh()

    def _refresh(self) -> None:
        exercise = self.exercising.exercise
        side = "working" if exercise is not None and exercise.learner else "setting"
        if exercise is not None and len(exercise.asked) > AT_ONCE and side not in vars(self):
            getattr(self, side)  # made in a turn of its own too
            self._late.start()
            return
        page = None if exercise is None else self.working if exercise.learner else self.setting
        if (page or self.empty) is not self.pages.currentWidget():
            self._turn(page or self.empty)
        if page is not None:
            page.refresh()

    def _turn(self, page: QWidget) -> None:
        """Show a page; the keyboard comes along, where it was on the one before."""
        keys, before = QApplication.focusWidget(), self.pages.currentWidget()
        came = keys is not None and before is not None and before.isAncestorOf(keys)
        if came and keys is not None:
            keys.clearFocus()  # or Qt would look for its neighbour in the whole window
        self.pages.setCurrentWidget(page)
        if came:
            first = next((each for each in reached(page) if not isinstance(each, QScrollArea)), page)
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _seek(self, focus: Focus) -> None:
        """A number that is asked for was clicked: its answer is typed here."""
        if self.exercising.is_working and not self.isHidden():
            while self._late.isActive():
                self._late.stop()
                self._refresh()
            self.working.take(focus)

    def _draw_anew(self) -> None:
        """Other numbers, in place of these."""
        exercise = self.exercising.exercise
        if exercise is None or exercise.learner is None:
            return
        document, learner = self.session.current_document(), _after(exercise.learner)

        def work(_task: Task) -> Variant:
            return variant(document, learner)

        def show(found: Variant) -> None:
            self._show(found.document)

        self._worker.run(work, show, self.session.message.emit, name="new numbers")

    def _show(self, document: Document) -> None:
        now = self.session.document
        document.path, document.stamp = now.path, now.stamp
        self.session.open_document(document, saved=False)


def _after(learner: Learner) -> Learner:
    """Who has other numbers than a learner: the same one, once more."""
    stem, mark, count = learner.id.rpartition(" #")
    if mark and count.isdigit():
        return Learner(f"{stem} #{int(count) + 1}", learner.name)
    return Learner(f"{learner.id} #2", learner.name)
