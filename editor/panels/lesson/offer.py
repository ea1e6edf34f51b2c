"""The quiet offer of a lesson, at the upper left of the canvas: a click begins it, and nothing waits for an answer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtWidgets import QFrame, QWidget

from compute.document import Document
from compute.numbers_text import plural
from editor.guide import Guide
from editor.panels.widgets import button, label, of_action, row, tool
from editor.plain import set_tip

_FROM_CORNER = 12


class LessonOffer(QFrame):
    """Stands over ``over`` as long as the document has a lesson that is neither on, nor done, nor put away, and no walk
    is on; ``begun``: it is to begin, or to go on."""

    begun = Signal()
    stands = Signal(QRectF)
    """It has come, gone or moved: where it stands over ``over``; empty where it is not."""

    def __init__(self, guide: Guide, over: QWidget) -> None:
        super().__init__(over.parentWidget())
        self._guide, self._over = guide, over
        self._put_away: Document | None = None
        self._stood = QRect()
        self.setProperty("kind", "floating")
        self.setAccessibleName("Lesson")
        self.title = label("", "", 10.0, bold=True)
        self.steps = label("", "dim", 9.5)
        self.start = of_action(
            button("Begin", "play", kind="primary", token="on_accent"), "lesson", "A lesson on this document"
        )
        self.close_ = tool("close", "No lesson now", "No lesson now; the menu Lesson has it", "text_dim")
        self._line = layout = row(self, spacing=10)
        layout.setContentsMargins(14, 6, 6, 6)
        for each in (self.title, self.steps, self.start, self.close_):
            layout.addWidget(each)
        self.start.clicked.connect(self.begun)
        self.close_.clicked.connect(self.put_away)
        guide.changed.connect(self.follow)
        guide.session.walk_changed.connect(self.follow)
        over.installEventFilter(self)
        self.hide()

    @property
    def wanted(self) -> bool:
        """Whether there is something to offer."""
        guide = self._guide
        lesson, document = guide.lesson, guide.session.document
        waiting = lesson is not None and bool(lesson.steps) and not guide.on and not guide.learner.finished
        # In a walk every node is looked at, and it would stand over one.
        return waiting and document is not self._put_away and guide.session.walk is None

    def put_away(self) -> None:
        """Not now, and not again for this document."""
        self._put_away = self._guide.session.document
        self.follow()
        self._over.setFocus()

    def follow(self) -> None:
        """As the lesson stands now."""
        lesson, learner = self._guide.lesson, self._guide.learner
        if lesson is not None and self.wanted:
            count = len(lesson.steps)
            self.steps.setText(
                f"Lesson · step {learner.index + 1} of {count}"
                if self._guide.begun
                else f"Lesson · {count} {plural('step', count)}"
            )
            text = "Go on" if self._guide.begun else "Begin"
            self.start.setText(text)
            self.start.setAccessibleName(f"{text} with the lesson")
            self._place()
            self.raise_()
        self.setVisible(self.wanted and self._over.isVisible())
        where = self.geometry().translated(-self._over.pos()) if not self.isHidden() else QRect()
        if where != self._stood:
            self._stood = where
            self.stands.emit(QRectF(where))

    def _place(self) -> None:
        """In the corner; where the canvas is narrow without the number of steps, and the title cut. Where nothing has
        changed it does nothing."""
        lesson, room, metrics = self._guide.lesson, self._over.geometry(), self.title.fontMetrics()
        if lesson is None:
            return
        most = room.width() - 2 * _FROM_CORNER
        title = metrics.horizontalAdvance(lesson.title)
        steps = self._wide(steps=True) + title <= most
        text = metrics.elidedText(
            lesson.title, Qt.TextElideMode.ElideRight, max(most - self._wide(steps=False), title // 3)
        )
        if steps != (not self.steps.isHidden()):
            self.steps.setVisible(steps)
        if self.title.text() != (lesson.title if steps else text):
            self.title.setText(lesson.title if steps else text)
            set_tip(self.title, lesson.title)
        wanted = QRect(room.topLeft() + QPoint(_FROM_CORNER, _FROM_CORNER), self.sizeHint())
        if wanted != self.geometry():
            self.setGeometry(wanted)

    def _wide(self, *, steps: bool) -> int:
        """How wide it is without the title, with the number of steps or without."""
        parts = [self.start, self.close_, *([self.steps] if steps else [])]
        around = self._line.contentsMargins()
        return (
            sum(each.sizeHint().width() + self._line.spacing() for each in parts) + around.left() + around.right() + 2
        )

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self._place()  # text has another size
        return done

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide):
            self.follow()
        return False
