"""The quick menu: type a few letters, choose an op with the arrow keys and Enter."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from editor.canvas.ink import fonts, ink
from editor.canvas.popups import HeldKeys, put
from editor.plain import Label, clearable
from editor.scale import factor, px

_ROW = 44
_MOST_ROWS = 8
_WIDTH = 380
_TITLE_LINE = 20
_AROUND_TEXT = 38
"""Beside the text of a row, on both sides together."""


class Offered(Protocol):
    """What can be chosen: an op, or a network of a few words."""

    @property
    def name(self) -> str:
        """What it goes by; "" where it says what is wrong with the text, and cannot be chosen."""

    @property
    def title(self) -> str: ...

    @property
    def group(self) -> str: ...

    @property
    def help(self) -> str: ...


def no_more(_query: str) -> Sequence[Offered]:
    """Nothing is offered but the ops."""
    return ()


def rank(query: str, op: Offered) -> int | None:
    """How well an op answers what was typed: lower is better, None not at all.

    In order: the beginning of the title or name, the beginning of a word (or of several: ``mse``), inside, its
    letters in order, in the help.
    """
    wanted = query.strip().lower()
    title, name = op.title.lower(), op.name.lower()
    if not wanted:
        return 0
    if title.startswith(wanted) or name.startswith(wanted):
        return 1 if len(wanted) < len(title) else 0
    words = title.replace("-", " ").split() + name.split("_")
    initials = "".join(word[0] for word in words)
    if any(word.startswith(wanted) for word in words) or (len(wanted) > 1 and initials.startswith(wanted)):
        return 2
    if wanted in title or wanted in name:
        return 3
    if len(wanted) > 1 and (_in_order(wanted, title) or _in_order(wanted, name)):
        return 4
    if len(wanted) > 2 and wanted in op.help.lower():
        return 5
    return None


def _in_order(wanted: str, text: str) -> bool:
    letters = iter(text)
    return all(letter in letters for letter in wanted)


class _OpDelegate(QStyledItemDelegate):
    """Title in the group's colour dot, help below."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        colors, type_ = ink(), fonts()
        op: Offered = index.data(Qt.ItemDataRole.UserRole)
        painter.save()
        # Drawn in the canvas's fonts, which are measured in pixels.
        painter.scale(factor(), factor())
        rect = QRectF(option.rect)
        rect = QRectF(rect.topLeft() / factor(), rect.size() / factor())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.accent_soft)
            painter.drawRoundedRect(rect.adjusted(2, 1, -2, -1), 6, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.accent if _is_long(op) else colors.group(op.group))
        painter.drawRoundedRect(QRectF(rect.left() + 12, rect.center().y() - 12, 4, 24), 2, 2)
        inner = rect.adjusted(26, 5, -12, -5)
        left = int(Qt.AlignmentFlag.AlignLeft)
        painter.setFont(type_.title)
        painter.setPen(colors.text)
        painter.drawText(inner, left | int(Qt.AlignmentFlag.AlignTop), op.title)
        painter.setFont(type_.small)
        painter.setPen(colors.dim)
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop), op.group)
        if _is_long(op):
            below = inner.adjusted(0, _TITLE_LINE, 0, 0)
            painter.drawText(below, left | int(Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap), op.help)
        else:
            text = type_.small_metrics.elidedText(op.help, Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(inner, left | int(Qt.AlignmentFlag.AlignBottom), text)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        op: Offered = index.data(Qt.ItemDataRole.UserRole)
        if not _is_long(op):
            return QSize(px(_WIDTH - 20), px(_ROW))
        room = QRectF(0, 0, _WIDTH - 20 - _AROUND_TEXT, 1000)
        high = fonts().small_metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), op.help).height()
        return QSize(px(_WIDTH - 20), px(max(_ROW, math.ceil(high) + _TITLE_LINE + 12)))


def _is_long(op: Offered) -> bool:
    """Whether its help is the sentence that a choice is made by, to be read as a whole."""
    return op.group == "network"


class SearchPopup(QFrame):
    """A field and the ranked ops below it, in a popup; calls ``chosen`` with the name of one and closes.

    ``more``: what else answers what is typed, which stands first.
    """

    def __init__(
        self,
        parent: QWidget,
        ops: Sequence[Offered],
        chosen: Callable[[str], object],
        nothing: str,
        more: Callable[[str], Sequence[Offered]] = no_more,
        purpose: str = "Search for a node to add",
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._parent, self._keys = parent, HeldKeys()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("kind", "popup")
        self.setAccessibleName(purpose)
        self._ops, self._chosen, self._more = list(ops), chosen, more
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(purpose)
        self.field.setAccessibleName(purpose)
        clearable(self.field)
        self.rows = QListWidget(self)
        self.rows.setAccessibleName("Nodes found")
        self.rows.setItemDelegate(_OpDelegate(self.rows))
        self.rows.setFrameShape(QFrame.Shape.NoFrame)
        self.rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.rows.setMouseTracking(True)
        self._none = Label(nothing, self)
        self._none.setProperty("kind", "dim")
        self._none.setWordWrap(True)
        self._none.setMargin(10)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        for widget in (self.field, self.rows, self._none):
            layout.addWidget(widget)
        self.field.textChanged.connect(self._fill)
        self.rows.itemClicked.connect(self._take)
        self.rows.itemEntered.connect(self.rows.setCurrentItem)
        self.field.installEventFilter(self)
        self._fill("")

    def open_at(self, place: QPoint) -> None:
        """Show it near a point of the parent, inside the parent's borders and the screen's."""
        self.setFixedWidth(px(_WIDTH))
        self.adjustSize()
        put(self, self._parent, QRect(place - QPoint(24, 18), self.size()), margin=8)
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def found(self) -> list[Offered]:
        """What answers what is typed, best first."""
        query = self.field.text()
        ranked = [(score, i, op) for i, op in enumerate(self._ops) if (score := rank(query, op)) is not None]
        return [*self._more(query), *(op for _, _, op in sorted(ranked, key=lambda item: item[:2]))]

    def _fill(self, _text: str) -> None:
        self.rows.clear()
        found = self.found()
        for op in found:
            item = QListWidgetItem(self.rows)
            item.setData(Qt.ItemDataRole.UserRole, op)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{op.title}, {op.group}: {op.help}")
        self.rows.setCurrentRow(0)
        self.rows.setVisible(bool(found))
        self._none.setVisible(not found)
        shown = range(min(len(found), _MOST_ROWS))
        self.rows.setFixedHeight(max(sum(self.rows.sizeHintForRow(i) for i in shown), px(_ROW)) + 4)
        self.adjustSize()

    def _take(self, item: QListWidgetItem | None) -> None:
        name = item.data(Qt.ItemDataRole.UserRole).name if item is not None else ""
        if not name:
            return
        self._leave()
        self._chosen(name)

    def _leave(self) -> None:
        """Close, with the focus back where it came from."""
        self.close()
        self._parent.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # keys belong to the search while it is open
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if not self._keys.owns(event):
                return True  # Tab is held since it opened this
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 7, Qt.Key.Key_PageUp: -7}
            key = Qt.Key(event.key())
            if key in step:
                row = self.rows.currentRow() + step[key]
                self.rows.setCurrentRow(min(max(row, 0), self.rows.count() - 1))
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
                self._take(self.rows.currentItem())
                return True
            if key == Qt.Key.Key_Escape:
                self._leave()
                return True
        return super().eventFilter(watched, event)
