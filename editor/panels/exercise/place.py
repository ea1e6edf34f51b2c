"""The panel of the exercise: nothing yet, a teacher's side or a learner's."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QStackedWidget, QWidget

from compute.document import Document, Learner
from compute.exercises.variants import Variant, variant
from compute.focus import Focus
from editor.background import Background, Task
from editor.panels.exercise.setting import SettingPage
from editor.panels.exercise.working import WorkingPage
from editor.panels.widgets import Empty, column
from editor.panes import reached
from editor.session import Session


class ExercisePlace(QFrame):
    """``preview_asked``: a document is to be shown in a window of its own."""

    preview_asked = Signal(object)

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
        self.setting = SettingPage(session, self._worker)
        self.working = WorkingPage(session)
        self.pages = QStackedWidget()
        for page in (self.empty, self.setting, self.working):
            self.pages.addWidget(page)
        column(self).addWidget(self.pages)
        self.exercising.changed.connect(self._refresh)
        self.setting.preview_asked.connect(self.preview_asked)
        self.working.anew.clicked.connect(self._draw_anew)
        session.asked.connect(self._seek)
        self._refresh()

    def sizeHint(self) -> QSize:
        return QSize(300, 400)

    def stop(self) -> None:
        """The window closes."""
        self._worker.close(0.0)

    def _refresh(self) -> None:
        exercise = self.exercising.exercise
        page = self.empty if exercise is None else self.working if exercise.learner else self.setting
        if page is not self.pages.currentWidget():
            self._turn(page)
        self.working.refresh()
        self.setting.refresh()

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
