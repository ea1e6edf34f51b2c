"""The picture of a chain of neurons, to be looked at, pointed at, walked through by keys and edited."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from compute.neurons import Direction, Element, End, Numbers, beside, is_there
from compute.snapshot import NeuronMaps
from editor import theme
from editor.canvas.camera import Camera
from editor.canvas.layers import painting
from editor.neurons.card import card, sentence
from editor.neurons.field import ValueField
from editor.neurons.layout import MOST_CIRCLES, Place, lay_out
from editor.neurons.overlay import light, paint_card
from editor.neurons.picture import Picture
from editor.own_keys import MOVES
from editor.panels.fields import number
from editor.scale import px

_ARROWS: dict[Qt.Key, Direction] = {
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_STEP = 1.25
_MANY = 128
"""A chain of more neurons is painted in a turn of its own."""
_SMALLEST = 0.6
"""A longer chain is not shown smaller, but in part."""
REACH = 4.0
"""A click this close to a line or a circle, in pixels, means it."""
_WIDEST_NAME = 120


class NeuronsView(QWidget):
    """chosen: an element is asked about; confirmed: it is to be explained; edited: a number was typed for one;
    refused: why what was typed is none, in a sentence."""

    chosen = Signal(object)
    confirmed = Signal(object)
    edited = Signal(object, float)
    refused = Signal(str)
    followed = Signal(bool)
    """It has other numbers; whether something else is in focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.numbers: Numbers | None = None
        self.before: Numbers | None = None
        """Those of the first of two passes that are compared."""
        self.maps: NeuronMaps | None = None
        self.lit: Element | None = None
        """The element that is in focus, wherever it was chosen."""
        self.hovered: Element | None = None
        self.step = "next"
        """What the change by the optimizer is called."""
        self.spot: tuple[float, float] | None = None
        """Where the chosen sample lies in each map, as shares from the left and from below."""
        self.across = 0
        """How many cells a row of the inputs has, where they are a picture; 0 where that is not known."""
        self.camera = Camera(largest=24.0)
        self.field: ValueField | None = None
        """Where a number is typed."""
        self.cost = 0.0
        """How long painting took last, in seconds."""
        self._firsts: list[int] = []
        self._fitted = True
        self._held: End = "unit"
        self._picture: Picture | None = None
        self._base: QPixmap | None = None
        self._before: QPixmap | None = None
        """What was painted before, at another size perhaps, until it is painted anew."""
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(0)
        self._late.timeout.connect(self._paint_anew)
        self._press: QPoint | None = None
        self._panned: QPointF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Neurons")
        self.setProperty(MOVES, True)
        self.setFont(theme.mono_font(8.5))
        theme.notifier.changed.connect(self._drop)

    def sizeHint(self) -> QSize:
        return QSize(300, 380)

    def minimumSizeHint(self) -> QSize:
        return QSize(px(120), px(120))

    # -- what is shown -----------------------------------------------------------------------------------------

    def show_numbers(
        self,
        numbers: Numbers,
        lit: Element | None,
        maps: NeuronMaps | None = None,
        spot: tuple[float, float] | None = None,
        step: str = "next",
        before: Numbers | None = None,
    ) -> None:
        """The numbers of now. ``lit``: what is in focus; ``before``: those of the first of two passes."""
        if self.numbers is None or numbers.chain != self.numbers.chain:
            self._base = self._before = None
            self._firsts, self._fitted, self.hovered = [0] * len(numbers.chain.columns), True, None
            self.end_typing()
        self.numbers, self.maps, self.spot, self.step, self.before = numbers, maps, spot, step, before
        moved, self.lit = lit != self.lit, lit
        if lit is not None and moved:
            self._draw_unit(lit.column, lit.unit)
            if lit.kind == "weight":
                self._draw_unit(lit.column - 1, lit.source)
        if sum(column.units for column in numbers.chain.columns) > _MANY:
            self._drop_later()
        else:
            self._drop()
        if moved and lit is not None and not self._fitted:
            self._bring_into_view(lit)
        self.followed.emit(moved)

    def _draw_unit(self, column: int, unit: int) -> None:
        """Have a neuron among those of its column that are drawn."""
        first = self._firsts[column]
        if not first <= unit < first + MOST_CIRCLES:
            self._firsts[column] = max(0, unit - MOST_CIRCLES // 2)

    def _drop(self) -> None:
        """What was painted is not of now."""
        self._picture = self._base = self._before = None
        self._late.stop()
        self.update()

    def _drop_later(self) -> None:
        """The same; what was painted stays in sight until the rest of the window, which changes too, is painted."""
        before = self._base or self._before
        self._drop()
        if before is not None:
            self._before = before
            self._late.start()

    @property
    def picture(self) -> Picture | None:
        """What is painted."""
        if self._picture is None and self.numbers is not None:
            places, wide = self._places(self.numbers)
            if self._fitted:
                self._fit(places, wide)
            self._picture = Picture(self.numbers, places, self.camera, QRectF(self.rect()), self.maps, self.spot)
        return self._picture

    def _fit(self, places: tuple[Place, ...], wide: float) -> None:
        """All of it; of a chain that is too long for that, what is around the column in focus."""
        zoom = self.camera.zoom = max(min(1.0, self.width() / wide), _SMALLEST)
        self.camera.ratio = self.devicePixelRatioF()
        middle = places[self.lit.column if self.lit is not None else 0].x * zoom
        left = min(max(middle - self.width() / 2, 0.0), max(0.0, wide * zoom - self.width()))
        self.camera.place(-left, (1 - zoom) * self.height() / 2)

    def _places(self, numbers: Numbers) -> tuple[tuple[Place, ...], float]:
        metrics, last = QFontMetricsF(theme.ui_font(8.0)), len(numbers.chain.columns) - 1
        margins = []
        for column in (0, last):
            wide = max((metrics.horizontalAdvance(name) for name in numbers.names(column)[:MOST_CIRCLES]), default=0.0)
            margins.append(min(wide + px(9), px(_WIDEST_NAME), 0.24 * self.width()) if wide else 0.0)
        if numbers.answers is not None and margins[1]:
            margins[1] = max(margins[1], metrics.horizontalAdvance("100.0%") + px(9))
        units = [column.units for column in numbers.chain.columns]
        size = (float(self.width()), float(self.height()))
        return lay_out(units, self._firsts, size, (margins[0], margins[1]), self.across)

    def fit(self) -> None:
        """All of it."""
        self._fitted = True
        self._drop()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Larger or smaller, with what is under a point (else the middle) staying where it is."""
        self._fitted = False
        self.camera.zoom_at(at if at is not None else QPointF(self.rect().center()), self.camera.zoom * factor)
        self._drop()

    def _bring_into_view(self, element: Element) -> None:
        if self.picture is None:
            return
        area, view = self.picture.area(element), QRectF(self.rect()).adjusted(px(30), px(56), -px(30), -px(30))
        dx = max(view.left() - area.left(), 0.0) + min(view.right() - area.right(), 0.0)
        dy = max(view.top() - area.top(), 0.0) + min(view.bottom() - area.bottom(), 0.0)
        if dx or dy:
            self.camera.move_by(dx, dy)
            self._drop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._drop_later()  # panels that come and go change its size several times

    def _paint_anew(self) -> None:
        self._before = None
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._drop()

    # -- painting ----------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._before is not None:
            QPainter(self).drawPixmap(self.rect(), self._before)
            return
        picture, ratio = self.picture, self.devicePixelRatioF()
        if picture is None:
            return
        if self._base is None or self._base.devicePixelRatio() != ratio:
            self._base = QPixmap(self.size() * ratio)
            self._base.setDevicePixelRatio(ratio)
            self._base.fill(theme.color(theme.current().panel))
            began = time.perf_counter()
            with painting(self._base) as on:
                on.setRenderHint(QPainter.RenderHint.Antialiasing)
                picture.paint(on)
            self.cost = time.perf_counter() - began
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._base)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hovered is not None and self.hovered.kind == "unit":
            for lines in picture.fan(self.hovered):
                picture.paint_lines(painter, lines, loud=True)
        for element in {self.hovered, self.lit} - {None}:
            assert element is not None
            light(painter, picture, element, sure=element == self.lit)
        if self.hovered is not None and self.numbers is not None and self._press is None:
            paint_card(
                painter,
                QRectF(self.rect()),
                picture.area(self.hovered),
                card(self.numbers, self.hovered, self.step, self.before),
            )

    # -- pointer -----------------------------------------------------------------------------------------------

    def element_at(self, at: QPointF) -> Element | None:
        """The neuron, bias or line under the pointer."""
        picture = self.picture
        if picture is None:
            return None
        scene = self.camera.to_scene(at)
        for column, place in enumerate(picture.places):
            unit = place.at(scene.x(), scene.y(), REACH / self.camera.zoom)
            for other in picture.near(column, scene.y()) if place.picture is None else ():
                if picture.bias_area(column, other).adjusted(-2, -2, 2, 2).contains(at):
                    return Element("bias", column, other)
            if unit is not None:
                return Element("unit", column, unit)
        best, reach = None, REACH
        for lines in picture.lines:
            found, away = lines.nearest(at, reach)
            if found >= 0:
                best, reach = Element("weight", lines.column, int(lines.units[found]), int(lines.sources[found])), away
        return best

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._press, self._panned = event.position().toPoint(), None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._press is None:
            self._hover(self.element_at(at))
            return
        far = (at.toPoint() - self._press).manhattanLength() >= QApplication.startDragDistance()
        if self._panned is None and far:
            self._panned = QPointF(self._press)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if self._panned is not None:
            self._fitted = False
            self.camera.move_by(at.x() - self._panned.x(), at.y() - self._panned.y())
            self._panned = at
            self._drop()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, panned = self._press, self._panned
        self._press = self._panned = None
        self.unsetCursor()
        if pressed is None or panned is not None or event.button() != Qt.MouseButton.LeftButton:
            return
        element = self.element_at(event.position())
        if not self._show_more(event.position()) and element is not None:
            self.chosen.emit(element)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        element = self.element_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if element is None:
            self.fit()
        elif element.kind == "unit":
            self.confirmed.emit(element)
        else:
            self.type_number(element)

    def _show_more(self, at: QPointF) -> bool:
        """The next neurons of a layer that is too wide to be drawn as a whole, if one asks for them."""
        picture = self.picture
        for column, place in enumerate(picture.places if picture is not None else ()):
            if picture is not None and place.more and picture.more_area(column).contains(at):
                following = place.first + place.count
                self.show_first(column, following if following < place.units else 0)
                return True
        return False

    def show_first(self, column: int, unit: int) -> None:
        """Draw a layer from one of its neurons on."""
        self._firsts[column] = unit
        self._drop()

    def _hover(self, element: Element | None) -> None:
        if element != self.hovered:
            self.hovered = element
            self.setCursor(Qt.CursorShape.PointingHandCursor if element is not None else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y() or event.angleDelta().x()
        if turned:
            self.zoom_by(_STEP ** (turned / 120), event.position())
            self._hover(self.element_at(event.position()))
        event.accept()

    # -- keys --------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held = Qt.Key(event.key()), event.modifiers()
        control = bool(held & Qt.KeyboardModifier.ControlModifier)
        if self.numbers is None or held & (Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier):
            super().keyPressEvent(event)
        elif key in _ARROWS and not control:
            self._go(_ARROWS[key])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and not control:
            self._go_to_end(last=key == Qt.Key.Key_End)
        elif key in _ENTER and self.lit is not None and not control:
            self._enter(self.lit)
        elif control and key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(_STEP)
        elif control and key == Qt.Key.Key_Minus:
            self.zoom_by(1 / _STEP)
        elif key == Qt.Key.Key_F and not control:
            self.fit()
        elif self.lit is not None and self.lit.kind != "unit" and event.text() and event.text() in "-−+.0123456789":
            self.type_number(self.lit, event.text())
        else:
            super().keyPressEvent(event)

    def _enter(self, element: Element) -> None:
        if element.kind == "unit":
            self.confirmed.emit(element)
        else:
            self.type_number(element)

    def _go(self, direction: Direction) -> None:
        """To what is beside that which is in focus."""
        numbers = self.numbers
        assert numbers is not None
        if self.lit is None:
            self.chosen.emit(Element("unit", 0, 0))
            return
        element, self._held = beside(numbers.chain, self.lit, direction, numbers.strongest(self.lit), self._held)
        if element != self.lit:
            self.chosen.emit(element)

    def _go_to_end(self, *, last: bool) -> None:
        """To the first or last neuron of a layer."""
        numbers = self.numbers
        assert numbers is not None
        column = self.lit.column if self.lit is not None else 0
        self.chosen.emit(Element("unit", column, numbers.chain.columns[column].units - 1 if last else 0))

    # -- typing ------------------------------------------------------------------------------------------------

    def type_number(self, element: Element, begun: str = "") -> None:
        """Have a weight or a bias typed where it stands; ``begun``: what was typed already."""
        reading = self.numbers.weight(element) if self.numbers is not None else None
        if self.numbers is None or self.picture is None or reading is None:
            return
        self.end_typing()
        self._hover(None)
        area = self.picture.area(element)
        name = f"{self.numbers.title(element)}, a number"
        self.field = ValueField(self, area, name, reading.value, begun, lambda text: self._take(element, text))

    def _take(self, element: Element, text: str | None) -> None:
        self.end_typing()
        if text is None or self.numbers is None or not is_there(self.numbers.chain, element):
            return
        try:
            value = float(number(text))
        except ValueError as error:
            self.refused.emit(f"{self.numbers.title(element)} {error}.")
            return
        self.edited.emit(element, value)

    def end_typing(self) -> None:
        """Put the field away."""
        field, self.field = self.field, None
        if field is not None:
            field.put_away()

    def said(self, element: Element) -> str:
        """An element in words."""
        return "" if self.numbers is None else sentence(self.numbers, element, self.step, self.before)
