"""The labels of wires: their texts as numbers change, their places, and their painting in bulk."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from compute.analysis import Analysis
from compute.explain.broadcasting import on_wire, singular
from compute.graph import Port
from compute.shapes import Shape, shape_text
from editor import theme
from editor.canvas.camera import READABLE
from editor.canvas.ink import Ink, fonts, pen
from editor.canvas.placement import SHAPE_HEIGHT, Places, Size, Slot, What, pill
from editor.canvas.prominence import prominent
from editor.canvas.readings import BESIDE, STRIP, Reading, Readings, heat_pixels
from editor.canvas.scene import Scene
from editor.canvas.standing import NodeView, WireView

FORWARD_GLYPH, BACKWARD_GLYPH = "→ ", "∂ "
CUT = "…"
"""Where there is no room for how many numbers are summed up; their strip and what is said of them elsewhere remain."""
Text = tuple[What, tuple[str, ...], Reading | None]
"""What a label says, the longest form first, and what it is made from."""
_CENTER = int(Qt.AlignmentFlag.AlignCenter)


def _shapes(shape: Shape, key: Port, analysis: Analysis) -> tuple[str, ...]:
    """The shape of what a wire carries, and what for where each of its numbers is used many times."""
    what = on_wire(analysis.ops.get(key[0]), shape, analysis.shapes.get(key[0]))
    text = shape_text(shape)
    return (f"{text} for each {singular(what)}", text) if what else (text,)


def label_scale(zoom: float) -> float:
    """Scene units per unit of a label: below the zoom at which it can be read it gets no smaller on the screen."""
    return max(1.0, READABLE / zoom)


@dataclass(slots=True)
class Label:
    """A label as it is painted; an empty text is the outline of what is not computed."""

    rect: QRectF
    slot: Slot
    text: str
    reading: Reading | None

    @property
    def what(self) -> What:
        """What it says."""
        return self.slot[1]


class Labels:
    """Texts and places of the labels of a scene.

    Labels only grow, so that changing numbers do not make them jump. Where geometry changed all in view find their
    places again, else only those that grew.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.places = Places(scene, (), 1.0)
        self.scale = 1.0
        self._lengths: dict[tuple[Slot, bool], tuple[int, ...]] = {}
        self._placed_for: object = None

    def forget(self) -> None:
        """Let every label find its width again."""
        self._lengths.clear()
        self._placed_for = None

    def update(self, readings: Readings, wires: Sequence[WireView], nodes: Sequence[NodeView], zoom: float) -> None:
        """Bring the places of the labels in view up to date."""
        self.scale = label_scale(zoom)
        state = self.scene.version, self.scale, [w.key for w in wires], [n.id for n in nodes]
        if state != self._placed_for:
            self._placed_for = state
            self.places = self._placed(readings, wires, nodes, nodes)

    def updating(
        self, readings: Readings, wires: Sequence[WireView], nodes: Sequence[NodeView], zoom: float
    ) -> Iterator[None]:
        """The same, a piece with each turn."""
        self.scale = label_scale(zoom)
        sizes: dict[Slot, tuple[Size, ...]] = {}
        for key, texts in self._all_texts(readings, wires, nodes):
            for what, forms, reading in texts:
                sizes[key, what] = self._sizes((key, what), forms, reading)
            yield
        self.places = Places(self.scene, nodes, self.scale)
        yield from self.places.placing(wires, sizes)

    def of(self, readings: Readings, wires: Iterable[WireView], nodes: Iterable[NodeView]) -> list[Label]:
        """The labels that have a place: those of wires, and those at outputs that feed nothing."""
        out: list[Label] = []
        # Only what has a place is read and formatted: in a crowd that is a part of all.
        for key, texts in self._all_texts(readings, wires, nodes, self.places.spots):
            for what, forms, reading in texts:
                slot = key, what
                if self._outgrown(slot, forms):
                    self.places.again(slot, self._sizes(slot, forms, reading))
                spot = self.places.spots.get(slot)
                if spot is not None:
                    out.append(Label(spot.rect, slot, forms[min(spot.form, len(forms) - 1)], reading))
        return out

    def at(self, point: QPointF, readings: Readings) -> Label | None:
        """The label that stands at a point."""
        for slot, spot in self.places.spots.items():
            if spot.rect.contains(point) and self.stands(slot):
                return Label(spot.rect, slot, "", self._reading(readings, slot))
        return None

    def _reading(self, readings: Readings, slot: Slot) -> Reading | None:
        """What a label is made from."""
        key, what = slot
        source = self.scene.wires[key].source if key[1] else key[0]
        if what == "value":
            return readings.carried(key, source) if key[1] else readings.value(source)
        if what == "gradient":
            return readings.gradient(key, source) if key[1] else readings.output_gradient(source)
        return None

    def stands(self, slot: Slot) -> bool:
        """Whether the wire or node of a label is still there: an edit may have come since it was painted."""
        key, _ = slot
        return key in self.scene.wires if key[1] else key[0] in self.scene.nodes

    def all_of(self, readings: Readings, wires: Iterable[WireView]) -> list[Label]:
        """Every label of some wires in its long form, where it hides least."""
        labels, sizes = [], []
        for wire in wires:
            for what, forms, reading in self._texts(readings, wire, everything=True):
                sizes.append((wire, what, self._sizes((wire.key, what), forms, reading)[0]))
                labels.append(Label(QRectF(), (wire.key, what), forms[0], reading))
        rects = prominent(self.scene, self.places, sizes, self.scale)
        for label, rect in zip(labels, rects, strict=True):
            spot = self.places.spots.get(label.slot)
            # What is asked for has fewer letters than its number had, and covers all of that.
            asked = label.reading is not None and label.reading.wanted
            label.rect = spot.rect if asked and spot is not None else rect
        return labels

    def moving(self, readings: Readings, wires: Sequence[WireView], nodes: Sequence[NodeView]) -> list[Label]:
        """The labels of wires in motion, placed for this moment among some nodes."""
        still, self.places = self.places, self._placed(readings, wires, (), nodes)
        labels = self.of(readings, wires, ())
        self.places = still
        return labels

    def _placed(
        self,
        readings: Readings,
        wires: Sequence[WireView],
        ends: Iterable[NodeView],
        among: Iterable[NodeView],
    ) -> Places:
        sizes = {
            (key, what): self._sizes((key, what), forms, reading)
            for key, texts in self._all_texts(readings, wires, ends)
            for what, forms, reading in texts
        }
        places = Places(self.scene, among, self.scale)
        places.all(wires, sizes)
        return places

    # -- texts and sizes ------------------------------------------------------------------------------------

    def _texts(
        self,
        readings: Readings,
        wire: WireView,
        asked: Container[Slot] | None = None,
        *,
        everything: bool = False,
    ) -> Iterable[Text]:
        """What the labels of a wire say, the longest form first. ``asked``: the slots to consider (None: all)."""
        brief = self.scale > 1 and not everything
        key, source = wire.key, wire.source
        if asked is None or (key, "value") in asked:
            value = readings.carried(key, source)
            yield "value", _forms(FORWARD_GLYPH, value, brief), value
        if (asked is None and readings.expects_gradient(key, source)) or (asked and (key, "gradient") in asked):
            gradient = readings.gradient(key, source)
            yield "gradient", _forms(BACKWARD_GLYPH, gradient, brief), gradient
        shape = readings.analysis.shapes.get(source)
        if shape and not brief and (asked is None or (key, "shape") in asked):
            yield "shape", _shapes(shape, key, readings.analysis), None

    def _texts_at_end(self, readings: Readings, node: NodeView) -> Iterable[Text]:
        """What stands beside an output that feeds nothing; a loss says it inside."""
        face = node.face
        if not face.known or (face.group == "loss" and not face.collapsed) or node.problem or self.scene.feeds(node.id):
            return
        brief = self.scale > 1
        if face.kind != "number":
            value = readings.value(node.id)
            yield "value", _forms(FORWARD_GLYPH, value, brief), value
        if node.id in readings.trace.grads:
            gradient = readings.output_gradient(node.id)
            yield "gradient", _forms(BACKWARD_GLYPH, gradient, brief), gradient

    def _all_texts(
        self,
        readings: Readings,
        wires: Iterable[WireView],
        nodes: Iterable[NodeView],
        asked: Container[Slot] | None = None,
    ) -> Iterable[tuple[Port, Iterable[Text]]]:
        for wire in wires:
            yield wire.key, self._texts(readings, wire, asked)
        for node in nodes:
            yield (node.id, ""), self._texts_at_end(readings, node)

    def _outgrown(self, slot: Slot, forms: tuple[str, ...]) -> bool:
        """Whether a text is longer than any that this label had."""
        known = self._lengths.get((slot, self.scale == 1))
        return known is not None and any(len(text) > n for text, n in zip(forms, known, strict=False))

    def _sizes(self, slot: Slot, forms: tuple[str, ...], reading: Reading | None) -> tuple[Size, ...]:
        """The room for each form, now and for as long as it does not outgrow it."""
        if slot[1] == "shape":
            return tuple(Size(fonts().width("small", form) + 10, SHAPE_HEIGHT) for form in forms)
        key = slot, self.scale == 1
        lengths = tuple(map(len, forms))
        known = self._lengths.get(key, ())
        if len(known) == len(lengths):
            lengths = tuple(map(max, lengths, known))
        self._lengths[key] = lengths
        strip = self.scale == 1 and reading is not None and reading.strip is not None
        return tuple(
            pill(length, strip, self.scale, bare=form.endswith(f" {CUT}"))
            for length, form in zip(lengths, forms, strict=True)
        )


def _forms(glyph: str, reading: Reading | None, brief: bool) -> tuple[str, ...]:
    if reading is None:
        return ("",)
    forms = (reading.brief if brief else reading.text, reading.least, *([] if reading.strip is None else [CUT]))
    # As many for each number, so that the room of one can be kept for the next.
    return tuple(glyph + form for form in forms)


# -- painting -------------------------------------------------------------------------------------------------


def paint_labels(
    painter: QPainter,
    labels: Sequence[Label],
    ink: Ink,
    scale: float = 1.0,
    *,
    strong: bool = False,
    lit: Container[Slot] = (),
) -> None:
    """All labels, kind by kind, so that pens and fonts change as seldom as possible; ``lit`` ones have a ring."""
    kinds: dict[str, list[Label]] = {}
    for label in labels:
        reading = label.reading
        kind = label.what + ("" if label.what == "shape" else _sign(reading))
        kinds.setdefault(kind, []).append(label)
    _paint_shapes(painter, kinds.pop("shape", []), ink)
    for kind, pills in kinds.items():
        edge = ink.forward if kind.startswith("value") else ink.backward
        ground = ink.forward_ground if kind.startswith("value") else ink.backward_ground
        if kind.endswith("?"):
            painter.setPen(pen(theme.mix(ink.theme.canvas, edge.name(), 0.55), scale, Qt.PenStyle.DashLine))
            painter.setBrush(ink.canvas)
        elif kind.endswith("*"):
            painter.setPen(pen(edge, 1.8 * scale))
            painter.setBrush(ink.canvas)
        elif kind.endswith("="):
            painter.setPen(pen(theme.mix(ink.theme.canvas, edge.name(), 0.4), scale))
            painter.setBrush(ink.canvas)
            edge = ink.dim
        elif kind.endswith("!"):
            edge = ink.error
            painter.setPen(pen(edge, 1.6 * scale))
            painter.setBrush(ink.error_ground)
        else:
            painter.setPen(pen(edge, (1.8 if strong or kind.endswith("+") else 1.0) * scale))
            painter.setBrush(ground)
        for label in pills:
            radius = min(label.rect.height(), 20.0 * scale) / 2
            painter.drawRoundedRect(label.rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        _paint_texts(painter, pills, edge, scale, ink)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen(ink.accent, 2.0 * scale))
    for label in labels:
        if label.slot in lit:
            rect = label.rect.adjusted(-2.5 * scale, -2.5 * scale, 2.5 * scale, 2.5 * scale)
            radius = min(rect.height(), 25.0 * scale) / 2
            painter.drawRoundedRect(rect, radius, radius)
    if scale == 1:
        _paint_strips(painter, [label for label in labels if label.reading and label.reading.strip is not None], ink)


def _sign(reading: Reading | None) -> str:
    """Tells labels that look different: not computed, asked for, faulty, and numbers; of two passes that are compared
    those that are others and those that are not."""
    if reading is None:
        return "?"
    if reading.wanted or reading.fault:
        return "*" if reading.wanted else "!"
    return "" if reading.beside is None else "+" if reading.beside else "="


def _paint_shapes(painter: QPainter, labels: Sequence[Label], ink: Ink) -> None:
    painter.setFont(fonts().small)
    painter.setPen(ink.dim)
    for label in labels:
        painter.fillRect(label.rect, ink.canvas)
        painter.drawText(label.rect, _CENTER, label.text)


def _paint_texts(painter: QPainter, labels: Sequence[Label], color: QColor, scale: float, ink: Ink) -> None:
    """The texts in their middles; their widths are known, which spares Qt the layout."""
    type_ = fonts()
    painter.save()
    painter.scale(scale, scale)
    painter.setFont(type_.mono)
    painter.setPen(color)
    for label in labels:
        if label.text:
            middle = label.rect.center() / scale
            lift = 2.0 if scale == 1 and label.reading is not None and label.reading.strip is not None else 0.0
            x = middle.x() - len(label.text) * type_.digit / 2
            at = QPointF(x, middle.y() - lift + type_.mono_rise)
            if BESIDE in label.text:
                _paint_both(painter, label.text, at, color, ink)
            else:
                painter.drawText(at, label.text)
    painter.restore()


def _paint_both(painter: QPainter, text: str, at: QPointF, color: QColor, ink: Ink) -> None:
    """What a number was, struck out, and what it is."""
    digit = fonts().digit
    old, _, new = text.partition(BESIDE)
    sign = max(len(FORWARD_GLYPH), old.rfind("] ") + 2)
    start, middle = at.x() + sign * digit, at.y() - fonts().mono_rise * 0.9
    painter.drawText(at, old[:sign])
    painter.setPen(ink.dim)
    painter.drawText(QPointF(start, at.y()), old[sign:])
    painter.drawLine(QPointF(start - 1, middle), QPointF(at.x() + len(old) * digit + 1, middle))
    painter.setPen(color)
    painter.drawText(QPointF(at.x() + len(old + BESIDE) * digit, at.y()), new)


def strip_area(rect: QRectF) -> QRectF:
    """Where the heat strip of a label stands."""
    return QRectF(rect.left() + 11, rect.bottom() - 6.5, rect.width() - 22, 3)


def _paint_strips(painter: QPainter, labels: Sequence[Label], ink: Ink) -> None:
    if not labels:
        return
    cells = [label.reading.strip for label in labels if label.reading is not None and label.reading.strip is not None]
    low, _, high = ink.diverging
    pixels = np.ascontiguousarray(heat_pixels(cells, STRIP, low, ink.card.rgb(), high))
    sheet = QImage(pixels.data, STRIP, len(cells), STRIP * 4, QImage.Format.Format_RGB32)
    for i, label in enumerate(labels):
        target = strip_area(label.rect)
        # A copy and not a part of the sheet: the SVG painter would draw the whole sheet.
        painter.drawImage(target, sheet.copy(0, i, cells[i].size, 1))
