"""The frame of a plot: its title, what can be chosen about it, and all that can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QMenu, QSizePolicy, QWidget

from editor import theme
from editor.accessible import announce
from editor.own_keys import MOVES
from editor.panels.widgets import Combo, Elided, column, row
from editor.plain import caption as menu_text
from editor.plain import set_tip
from editor.plots import pictures
from editor.plots.arrangement import Side, Spot
from editor.plots.plot import Plot
from editor.scale import px
from editor.title_bar import SIDE, IconButton, TitleBar
from editor.wanted import while_seen

ROOM_FOR_READING = 150
"""Pixels beside title and buttons from which on there is a reading in the bar."""
LONGEST = 14
"""Letters of a choice that are shown at most."""
Ask = Literal["wide", "tear", "close"]
_SIDES: dict[Qt.Key, Side] = {
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Up: "above",
    Qt.Key.Key_Down: "below",
}
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -2, Qt.Key.Key_End: 2}
_GROW: dict[Qt.Key, tuple[float, float]] = {
    Qt.Key.Key_Left: (1 / 1.2, 1.0),
    Qt.Key.Key_Right: (1.2, 1.0),
    Qt.Key.Key_Up: (1.0, 1 / 1.2),
    Qt.Key.Key_Down: (1.0, 1.2),
}
_ALT, _CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier


class Tile(QFrame):
    """``asked``: wide, torn off or put back, closed. ``moved``: a step to a side by keys; ``resized``: times as wide
    and as high. ``dragged``: its bar is pulled, to a place on the screen; ``dropped``: it is let go there; ``left``: it
    is not to be moved after all. ``changed``: something else was chosen."""

    asked = Signal(str)
    moved = Signal(str)
    resized = Signal(float, float)
    dragged = Signal(QPoint)
    dropped = Signal(QPoint)
    left = Signal()
    changed = Signal()

    def __init__(self, plot: Plot, spot: Spot) -> None:
        super().__init__()
        self.plot, self.spot = plot, spot
        self.setProperty("kind", "plot")
        self.setProperty(MOVES, True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(1, 1)
        self.reading = Elided("dim", 9.0, mono=True)
        self.reading.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.combos = {option.key: Combo(name=f"{plot.title}: {option.title}") for option in plot.options}
        self.more = IconButton("more", f"More about {plot.title}")
        head = QWidget()
        inside = row(head, spacing=4)
        for option in plot.options:
            box = self.combos[option.key]
            box.setFont(theme.ui_font(9.0))
            set_tip(box, option.title)
            box.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            box.activated.connect(partial(self._choose, option.key))
            inside.addWidget(box)
        inside.addWidget(self.reading, 1)
        inside.addWidget(self.more)
        self.bar = TitleBar(plot.title, wide=True)
        self.bar.take(head)
        self.is_wide = self.is_torn = False
        layout = column(self, 1, 0)
        layout.addWidget(self.bar)
        layout.addWidget(plot, 1)
        self.bar.wide.clicked.connect(lambda: self.asked.emit("wide"))
        self.bar.float.clicked.connect(lambda: self.asked.emit("tear"))
        self.bar.close_.clicked.connect(lambda: self.asked.emit("close"))
        self.more.clicked.connect(self._open_menu)
        self.bar.installEventFilter(self)
        self._pressed: QPoint | None = None
        self._dragging = False
        plot.read.connect(self._say)
        plot.options_changed.connect(self._on_options)
        self._name()
        while_seen(self, plot.set_seen)

    # -- what it says -----------------------------------------------------------------------------------------

    def _name(self) -> None:
        free = self.width() - self.fontMetrics().horizontalAdvance(self.plot.title) - px(5 * SIDE + 30)
        wanted = sum(box.sizeHint().width() + px(4) for box in self.combos.values())
        choices = free >= wanted
        for box in self.combos.values():
            box.setVisible(choices)
        self.reading.setVisible(free - wanted * choices >= px(ROOM_FOR_READING))
        # What is chosen stands in the title where there is no room for it beside that.
        self.bar.title.set_text(self.plot.title if choices else self.plot.caption)
        set_tip(self.bar.title, f"{self.plot.caption}: {self.plot.help}")
        self.setAccessibleName(f"Plot: {self.plot.caption}")
        self.setAccessibleDescription(self.plot.help)

    def _say(self, text: str) -> None:
        self.reading.set_text(text)
        if self.hasFocus():
            announce(self, text)

    def _choose(self, key: str, _index: int) -> None:
        self.plot.choose(key, self.combos[key].key)

    def follow(self) -> None:
        """What can be chosen has changed, perhaps."""
        for option in self.plot.options:
            box = self.combos[option.key]
            pairs = self.plot.choices(option)
            box.set_pairs(pairs)
            box.setMinimumContentsLength(max((min(len(text), LONGEST) for _, text in pairs), default=3))
            box.choose(self.plot.chosen(option.key))
        self._name()

    def _on_options(self) -> None:
        self.follow()
        self.spot.options = self.plot.chosen_options
        self.changed.emit()

    def look(self) -> None:
        """Find out whether it is in sight, after it was moved in there or out."""
        self.plot.set_seen(self.isVisible() and not self.visibleRegion().isEmpty())

    def show_state(self, *, wide: bool, torn: bool) -> None:
        """Whether it fills the place, or has a window of its own."""
        self.is_wide, self.is_torn = wide, torn
        title = self.plot.title
        self.bar.wide.show_as("narrow" if wide else "wide", f"Make {title} {'narrow' if wide else 'wide'}")
        self.bar.wide.setVisible(not torn)
        tear = ("put-back", f"Put {title} back") if torn else ("tear-off", f"Tear {title} off")
        self.bar.float.show_as(*tear)
        self.bar.close_.show_as("close", f"Close {title}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._name()

    # -- the menu ---------------------------------------------------------------------------------------------

    def _open_menu(self) -> None:
        self.menu_at(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_at(event.globalPos())

    def menu_at(self, at: QPoint) -> None:
        """All that can be done with it."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for option in self.plot.options:
            below = menu.addMenu(menu_text(option.title))
            for key, text in self.plot.choices(option):
                choice = below.addAction(menu_text(text), partial(self.plot.choose, option.key, key))
                choice.setCheckable(True)
                choice.setChecked(key == self.plot.chosen(option.key))
        if self.plot.options:
            menu.addSeparator()
        there = self.plot.missing is None
        for text, key, do in self._exports():
            menu.addAction(f"{text}\t{key}" if key else text, do).setEnabled(there)
        menu.addSeparator()
        if not self.is_torn:
            menu.addAction("Narrow" if self.is_wide else "Wide", lambda: self.asked.emit("wide"))
        menu.addAction("Put back" if self.is_torn else "Tear off", lambda: self.asked.emit("tear"))
        menu.addAction("Close\tDel", lambda: self.asked.emit("close"))
        menu.popup(at)

    def _exports(self) -> list[tuple[str, str, Callable[[], object]]]:
        plot = self.plot
        return [
            ("Save as PNG…", "", lambda: pictures.ask_and_save(plot, ".png")),
            ("Save as SVG…", "", lambda: pictures.ask_and_save(plot, ".svg")),
            ("Save numbers as CSV…", "", lambda: pictures.ask_and_save(plot, ".csv")),
            ("Copy picture", "Ctrl+C", self.copy_picture),
            ("Copy numbers", "Ctrl+Shift+C", self.copy_numbers),
        ]

    def copy_picture(self) -> None:
        """The picture onto the clipboard."""
        if self.plot.missing is None:
            QGuiApplication.clipboard().setImage(pictures.image(self.plot))
            self.plot.session.message.emit(f"{self.plot.title} is copied as a picture")

    def copy_numbers(self) -> None:
        """The numbers onto the clipboard."""
        if self.plot.missing is None:
            QGuiApplication.clipboard().setText(pictures.csv_text(self.plot))
            self.plot.session.message.emit(f"The numbers of {self.plot.title} are copied")

    # -- keys -------------------------------------------------------------------------------------------------

    def _act_of(self, event: QKeyEvent) -> Callable[[], object] | None:
        key = Qt.Key(event.key())
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if held == _ALT and key in _SIDES and not self.is_torn:
            return lambda: self.moved.emit(_SIDES[key])
        if held == _CTRL and key in _GROW and not self.is_torn:
            return lambda: self.resized.emit(*_GROW[key])
        if held == _CTRL and key == Qt.Key.Key_C:
            return self.copy_picture
        if held == _CTRL | _SHIFT and key == Qt.Key.Key_C:
            return self.copy_numbers
        if not held and key in _STEPS:
            return lambda: self.plot.point(_STEPS[key])
        if not held and key == Qt.Key.Key_Delete:
            return lambda: self.asked.emit("close")
        if not held and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return lambda: self.asked.emit("tear" if self.is_torn else "wide")
        return None

    def event(self, event: QEvent) -> bool:
        asks = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self.hasFocus()
        if asks and isinstance(event, QKeyEvent) and self._act_of(event) is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        act = self._act_of(event)
        if act is not None:
            act()
        else:
            super().keyPressEvent(event)

    # -- dragging ---------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QMouseEvent) or self.is_torn:
            return False
        at = event.globalPosition().toPoint()
        kind = event.type()
        if kind == QEvent.Type.MouseButtonDblClick:
            self.asked.emit("wide")
        elif kind == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = at
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        elif kind == QEvent.Type.MouseMove and self._pressed is not None:
            far = (at - self._pressed).manhattanLength() >= QApplication.startDragDistance()
            self._dragging |= far
            if self._dragging:
                self.dragged.emit(at)
        elif kind == QEvent.Type.MouseButtonRelease and self._pressed is not None:
            dragging, self._pressed, self._dragging = self._dragging, None, False
            if dragging:
                self.dropped.emit(at)
        else:
            return False
        return True

    def stop_dragging(self) -> bool:
        """Leave it where it is; whether it was being moved."""
        dragging, self._pressed, self._dragging = self._dragging, None, False
        if dragging:
            self.left.emit()
        return dragging


class TornOff(QWidget):
    """A window of its own for a tile; closed by its frame, it closes the plot."""

    def __init__(self, tile: Tile, parent: QWidget, place: QRect) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.tile = tile
        self.setProperty("kind", "panel")
        self.setWindowTitle(tile.plot.title)
        column(self).addWidget(tile)
        theme.dress(self)
        self.setGeometry(place)

    def closeEvent(self, event: QEvent) -> None:
        event.ignore()
        self.tile.asked.emit("close")
