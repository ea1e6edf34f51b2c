"""The fields in which a title or the text of a note is edited where it stands."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QTextCursor
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

from compute.edits import Edit
from compute.graph import Frame, Node
from editor.canvas.areas import FRAME_HEADER
from editor.canvas.face import HEADER
from editor.canvas.ink import ink
from editor.canvas.note_text import pieces
from editor.canvas.popups import PoppedUp, put
from editor.canvas.view import CanvasView

_LEAST_LINES, _MOST_LINES, _LEAST_WIDTH, _BORDER = 3, 14, 240.0, 24
"""How many lines the field of a note shows, and how many pixels wide it is at least."""


class TitleField(QLineEdit):
    """Edits the title of a node or frame in its header: Enter or a click elsewhere takes it, Esc leaves it.

    Only Enter and Esc give the focus back to the canvas.
    """

    def __init__(self, canvas: CanvasView, record_id: str, close: Callable[[], None]) -> None:
        graph = canvas.session.document.graph
        record = graph.nodes.get(record_id) or graph.frames[record_id]
        super().__init__(record.label if isinstance(record, Node) else record.title, canvas)
        self._canvas, self._id, self._put_away = canvas, record_id, close
        self.setAccessibleName(f"Title of {record.label}")
        PoppedUp(self, canvas, self._take)
        self.follow()
        self.selectAll()
        self.editingFinished.connect(self._take)
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def follow(self) -> None:
        """Stand on the header, wherever that is now."""
        view, camera = self._canvas.scene.find(self._id), self._canvas.camera
        if view is not None:
            corner = camera.to_screen(view.rect.topLeft())
            high = HEADER if isinstance(view.record, Node) else FRAME_HEADER
            size = max(view.rect.width() * camera.zoom, 120.0), max(high * camera.zoom, 26.0)
            area = QRectF(corner.x(), corner.y(), min(size[0], self._canvas.width()), size[1]).toRect()
            put(self, self._canvas, area)

    def _take(self) -> None:
        session, title = self._canvas.session, self.text().strip()
        record = session.document.graph.find(self._id)
        self._put_away()
        if isinstance(record, Node | Frame):
            title = "" if isinstance(record, Node) and title == record.id else title
            session.apply(session.edits.change(record.id, f"Rename {record.label}", title=title))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._put_away()
        else:
            super().keyPressEvent(event)


class NoteField(QPlainTextEdit):
    """Edits the text of a note where it stands: Ctrl+Enter or a click elsewhere takes it, Esc leaves it.

    The note grows with its text. One that is left without a text goes.
    """

    def __init__(self, canvas: CanvasView, note_id: str, close: Callable[[], None], stroke: str = "") -> None:
        note = canvas.session.document.graph.notes[note_id]
        super().__init__(note.text, canvas)
        self._canvas, self._id, self._put_away, self._stroke = canvas, note_id, close, stroke
        self.setAccessibleName("Text of the note; formulas stand between dollar signs")
        self.setPlaceholderText("Text, and formulas as $x^2$")
        self.setTabChangesFocus(True)
        self.setProperty("kind", "note")
        PoppedUp(self, canvas, self._take_all)
        # A menu takes the text, so that what is chosen in it, such as Save, is done to the note as it is.
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.moveCursor(QTextCursor.MoveOperation.End)
        self.document().contentsChanged.connect(self.follow)
        self.follow()
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def follow(self) -> None:
        """Stand on the note, wherever that is now."""
        view, camera = self._canvas.scene.notes.get(self._id), self._canvas.camera
        if view is not None:
            corner = camera.to_screen(view.rect.topLeft())
            lines = min(max(self.blockCount(), _LEAST_LINES), _MOST_LINES)
            high = lines * self.fontMetrics().lineSpacing() + _BORDER
            size = max(view.rect.width() * camera.zoom, _LEAST_WIDTH), max(view.rect.height() * camera.zoom, high)
            room = self._canvas.size()
            wide, tall = min(size[0], room.width()), min(size[1], room.height())
            put(self, self._canvas, QRectF(corner.x(), corner.y(), wide, tall).toRect())

    def _take_all(self) -> None:
        self._take(self.toPlainText())

    def _take(self, text: str) -> None:
        """The note has this text now."""
        session, stroke = self._canvas.session, self._stroke
        edits, note = session.edits, session.document.graph.notes.get(self._id)
        self._put_away()
        if note is None:
            return
        if text == note.text and (text.strip() or not stroke):
            return
        if not text.strip():
            edit = edits.remove({note.id})
        else:
            high = max(note.size[1], float(round(pieces(text, note.size[0], ink())[1])))
            edit = edits.change(note.id, "Add note" if stroke else "Edit note", text=text, size=(note.size[0], high))
        session.apply(Edit(edit.text, edit.changes, stroke))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        # Put away by somebody else, it takes nothing; from another program one comes back to it.
        if not self.signalsBlocked() and event.reason() != Qt.FocusReason.ActiveWindowFocusReason:
            self._take_all()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape:
            note = self._canvas.session.document.graph.notes.get(self._id)
            self._take(note.text if note is not None else "")
        elif enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._take_all()
        else:
            super().keyPressEvent(event)
