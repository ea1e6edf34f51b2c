"""Small widgets and helpers that all panels share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from editor import icons, theme
from editor.accessible import ComboInterface
from editor.plain import Label, caption, set_tip
from editor.scale import factor, px


def set_kind(widget: QWidget, kind: str, name: str = "kind") -> None:
    """Choose a variant of the style sheet, also after the widget was shown."""
    if widget.property(name) != kind:
        widget.setProperty(name, kind)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def label(text: str = "", kind: str = "", points: float = 10.0, *, bold: bool = False, mono: bool = False) -> Label:
    """A plain-text label in one of the style sheet's kinds."""
    out = Label(text)
    out.setFont(theme.mono_font(points, bold=bold) if mono else theme.ui_font(points, bold=bold))
    if kind:
        out.setProperty("kind", kind)
    return out


def paragraph(text: str = "", kind: str = "", points: float = 10.0) -> Label:
    """A label that wraps its lines and can be selected with the mouse."""
    out = label(text, kind, points)
    out.setWordWrap(True)
    out.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    out.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return out


def frame(kind: str) -> QFrame:
    """A frame of one of the style sheet's kinds: ``card``, ``panel``, ``floating``, ``line``, ``problem`` …"""
    out = QFrame()
    out.setProperty("kind", kind)
    return out


def column(parent: QWidget | None = None, margin: int = 0, spacing: int = 8) -> QVBoxLayout:
    """A vertical layout with the same margin all round."""
    layout = QVBoxLayout(parent) if parent is not None else QVBoxLayout()
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(spacing)
    return layout


def row(parent: QWidget | None = None, margin: int = 0, spacing: int = 8) -> QHBoxLayout:
    """A horizontal layout with the same margin all round."""
    layout = QHBoxLayout(parent) if parent is not None else QHBoxLayout()
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(spacing)
    return layout


def beside(*widgets: QWidget, spacing: int = 8) -> QWidget:
    """Widgets in a row, as one."""
    whole = QWidget()
    layout = row(whole, spacing=spacing)
    for widget in widgets:
        layout.addWidget(widget)
    return whole


def scrolling(inside: QWidget) -> QScrollArea:
    """What scrolls up and down where it does not fit."""
    out = QScrollArea()
    out.setWidgetResizable(True)
    out.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    out.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    out.setWidget(inside)
    return out


B = TypeVar("B", bound=QAbstractButton)


def bring_into_view(widget: QWidget) -> None:
    """Scroll to a widget that has grown, once it has its new place."""

    def scroll() -> None:
        area: QObject | None = widget.parent()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parent()
        if area is not None:
            area.ensureWidgetVisible(widget, 0, 8)

    QTimer.singleShot(0, widget, scroll)


def of_action(button: B, action: str, tip: str) -> B:
    """A button that stands for an action of the window, whose keys the window adds to its tip."""
    button.setProperty("action", action)
    button.setProperty("tip", tip)
    set_tip(button, tip)
    return button


def button(text: str, icon: str = "", tip: str = "", kind: str = "", token: str = "text") -> QPushButton:
    """A push button that takes the focus from the keyboard only."""
    out = QPushButton(caption(text))
    out.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    out.setFont(theme.ui_font())
    if kind:
        out.setProperty("kind", kind)
    if icon:
        icons.set_icon(out, icon, token)
    set_tip(out, tip)
    out.setAccessibleName(text or tip)
    return out


def tool(icon: str, name: str, tip: str = "", token: str = "text") -> QToolButton:
    """A small button with an icon alone; ``name`` is what a screen reader says."""
    out = QToolButton()
    out.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    icons.set_icon(out, icon, token)
    set_tip(out, tip or name)
    out.setAccessibleName(name)
    return out


class Combo(QComboBox):
    """A combo box of (key, text) pairs that does not change when the wheel passes over it."""

    _interface: ComboInterface | None = None
    """There from the beginning: while a screen reader listens, Qt asks for it before the box is set up."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = (), name: str = "") -> None:
        super().__init__()
        self.setItemDelegate(QStyledItemDelegate(self))
        self.setFont(theme.ui_font())
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self._pairs = list(pairs)
        """The choices that there are; asking Qt for a thousand of them takes as long as painting does."""
        for key, text in self._pairs:
            self.addItem(text, key)

    def make_interface(self) -> ComboInterface:
        """What screen readers see."""
        if self._interface is None:
            self._interface = ComboInterface(self)
        return self._interface

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        line = self.lineEdit()
        if line is not None:
            line.setAccessibleName(name)

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        super().initStyleOption(option)
        room = self.width() - px(38)  # without borders, padding and arrow, as the style sheet has them
        option.currentText = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, room)

    def wheelEvent(self, event: QEvent) -> None:
        event.ignore()

    @property
    def key(self) -> str:
        """The key of the chosen pair, "" if there is none."""
        return str(self.currentData() or "")

    def set_pairs(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Replace the choices if they differ; the chosen key stays where it still is one. Sends no signal."""
        wanted = list(pairs)
        if wanted != self._pairs or self.count() != len(wanted):
            key, self._pairs = self.key, wanted
            self.blockSignals(True)
            self.clear()
            for item, text in wanted:
                self.addItem(text, item)
            self.setCurrentIndex(self.findData(key))
            self.blockSignals(False)

    def choose(self, key: str) -> None:
        """Show a key without sending a signal; an unknown one shows nothing chosen."""
        self.blockSignals(True)
        self.setCurrentIndex(self.findData(key))
        self.blockSignals(False)


class Switch(QCheckBox):
    """A check box drawn as a switch."""

    WIDTH, HEIGHT = 30, 16

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(px(self.WIDTH + 4), px(self.HEIGHT + 8))

    def hitButton(self, pos: object) -> bool:
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(factor(), factor())
        body = QRectF(2, (self.height() / factor() - self.HEIGHT) / 2, self.WIDTH, self.HEIGHT)
        if self.hasFocus():
            painter.setPen(theme.color(t.focus))
            painter.drawRoundedRect(body.adjusted(-1.5, -1.5, 1.5, 1.5), 9.5, 9.5)
        painter.setPen(Qt.PenStyle.NoPen)
        on = self.isChecked()
        painter.setBrush(theme.color(t.accent) if on else theme.mix(t.line, t.text_faint, 0.45))
        painter.drawRoundedRect(body, 8, 8)
        knob = body.right() - 14 if on else body.left() + 2
        painter.setBrush(theme.color(t.on_accent))
        painter.drawEllipse(QRectF(knob, body.top() + 2, 12, 12))


class Segments(QWidget):
    """A few choices side by side, one of them on. ``chosen`` sends the key a person picked."""

    chosen = Signal(str)

    def __init__(self, pairs: Iterable[tuple[str, str]], name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        layout = row(self, spacing=2)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        for key, text in pairs:
            each = button(text, kind="segment")
            each.setFont(theme.ui_font(9.5))
            each.setCheckable(True)
            each.setAccessibleName(f"{name}: {text}")
            self._group.addButton(each)
            self._buttons[key] = each
            layout.addWidget(each)
            each.clicked.connect(self._clicked)
        next(iter(self._buttons.values())).setChecked(True)

    def _clicked(self) -> None:
        self.chosen.emit(self.key)

    @property
    def key(self) -> str:
        """The key that is on."""
        return next(key for key, each in self._buttons.items() if each.isChecked())

    def choose(self, key: str) -> None:
        """Show a key without sending a signal."""
        self._buttons[key].setChecked(True)

    def offer(self, keys: Iterable[str]) -> None:
        """Show only these choices."""
        wanted = set(keys)
        for key, each in self._buttons.items():
            each.setVisible(key in wanted)


class Elided(Label):
    """One line that is cut with … where room is scarce; the tip has the whole."""

    def __init__(self, kind: str = "", points: float = 10.0, *, bold: bool = False, mono: bool = False) -> None:
        super().__init__()
        self._whole = ""
        self.setFont(theme.mono_font(points, bold=bold) if mono else theme.ui_font(points, bold=bold))
        if kind:
            self.setProperty("kind", kind)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(12, super().minimumSizeHint().height())

    def set_text(self, text: str, tip: str = "") -> None:
        """What to show, and the tip (the whole text if none is given)."""
        self._whole = text
        set_tip(self, tip or text)
        self.setAccessibleName(text)
        self._cut()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._cut()

    def _cut(self) -> None:
        metrics = QFontMetrics(self.font())
        self.setText(metrics.elidedText(self._whole, Qt.TextElideMode.ElideRight, max(0, self.width())))


class Stable(Label):
    """A number that changes often: monospaced, as wide as ``widest`` from the start, so that nothing around moves.

    What is longer than any before makes it wider, and nothing is cut off.
    """

    def __init__(self, widest: str, name: str, kind: str = "", points: float = 9.5) -> None:
        super().__init__()
        self._widest = ""
        self.setFont(theme.mono_font(points))
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._name, self._widest = name, widest
        if kind:
            self.setProperty("kind", kind)
        self._measure()

    def _measure(self) -> None:
        self.setFixedWidth(QFontMetrics(self.font()).horizontalAdvance(self._widest) + 2)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._measure()

    def reserve(self, text: str) -> bool:
        """Have room for a text from now on; whether it got wider."""
        wider = len(text) > len(self._widest)
        if wider:
            self._widest = text
            self._measure()
        return wider

    def set_text(self, text: str) -> None:
        """Show it, and tell screen readers what it is."""
        if text != self.text():
            self.reserve(text)
            self.setText(text)
            self.setAccessibleName(f"{self._name} {text}")


class Empty(QWidget):
    """What a pane shows while it has nothing to show: an icon, and what to do."""

    def __init__(self, icon: str, title: str, sentence: str) -> None:
        super().__init__()
        self._icon = icon
        self._picture = Label()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = label(title, "dim", 10.0, bold=True)
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence = label(sentence, "dim", 9.5)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._sentence.setWordWrap(True)
        inside = QWidget()
        layout = column(inside, 8, 8)
        layout.addStretch(2)
        for each in (self._picture, self._title, self._sentence):
            layout.addWidget(each)
        layout.addStretch(3)
        column(self).addWidget(scrolling(inside))
        theme.notifier.changed.connect(self._draw)
        self._draw()

    def _draw(self) -> None:
        color = theme.current().text_faint
        self._picture.setPixmap(icons.pixmap(self._icon, color, px(28), self.devicePixelRatioF()))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(60), px(40))

    def say(self, title: str, sentence: str) -> None:
        """Another title and sentence."""
        self._title.setText(title)
        self._sentence.setText(sentence)

    @property
    def sentence(self) -> str:
        """What it says to do."""
        return self._sentence.text()


class Sentence(QPushButton):
    """A sentence that can be pressed; its lines are wrapped, and its colour is that of a theme token."""

    MARGIN = 8

    def __init__(self, text: str, token: str, tip: str) -> None:
        super().__init__()
        self._text, self._token = text, token
        self.setFont(theme.ui_font(9.5))
        self.setProperty("kind", "flat")
        set_tip(self, tip)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.isVisible():
            self._measure()

    def _measure(self) -> None:
        room = QRect(0, 0, max(1, self.width() - 2 * self.MARGIN), 10_000)
        lines = self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, self._text)
        self.setFixedHeight(lines.height() + self.MARGIN)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.setPen(theme.color(t.focus) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(t.hover))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(theme.color(getattr(t, self._token)))
        area = self.rect().adjusted(self.MARGIN, self.MARGIN // 2, -self.MARGIN, -self.MARGIN // 2)
        painter.drawText(area, int(Qt.TextFlag.TextWordWrap), self._text)


class Dot(QWidget):
    """A small mark in the colour of an op group."""

    def __init__(self, side: int = 10) -> None:
        super().__init__()
        self._group, self._side = "", side
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(px(self._side), px(self._side))

    def set_group(self, group: str) -> None:
        """Another group; "" for a wire."""
        if group != self._group:
            self._group = group
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.chip(self._group))
        painter.drawRoundedRect(QRectF(self.rect()), px(3), px(3))


def clear(layout: QLayout) -> None:
    """Remove and delete everything in a layout."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
