"""The graph as it is shown: a projection of the session's document that follows it, with own painting in layers.

The lowest layer (ground, wires, node frames) changes with the document, the view and the selection; the numbers on
top of it with every trace; both are kept as pixmaps. What moves is painted over them.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QToolTip, QWidget

from compute.analysis import Analysis
from compute.document import Document
from compute.document.recovery import View
from compute.edits import Edit, Effect
from compute.focus import Focus
from compute.graph import Port, RecordId
from editor import number_format, theme
from editor.canvas import hints, note_text
from editor.canvas.camera import LARGEST, READABLE, SMALLEST, Camera, Detail
from editor.canvas.face import Face
from editor.canvas.glide import Glide
from editor.canvas.ink import ink
from editor.canvas.labels import Label
from editor.canvas.layers import Layers, painting
from editor.canvas.lit import goes_to, lit_by, made_of
from editor.canvas.mark import Mark
from editor.canvas.minimap import Minimap
from editor.canvas.paint_audit import badge_at
from editor.canvas.picture import Picture, Shown, phase_color
from editor.canvas.pointed import Aim, paint_aims, standing
from editor.canvas.pointing import in_body, in_label
from editor.canvas.readings import Readings
from editor.canvas.scene import Scene
from editor.canvas.showing import mark, read
from editor.canvas.source import Source
from editor.canvas.unplaced import placing
from editor.drawing import Drawer
from editor.pieces import Pieces, Turns
from editor.scale import factor

_ZOOM_STEP = 1.25
_MOST_GLIDING = 150
_REACH = 7.0
"""How near to a wire the pointer means it, in pixels."""


class CanvasView(QWidget):
    """Shows the graph of a session with its numbers and the walk; can be panned and zoomed, but not edited."""

    zoom_changed = Signal(float)

    def __init__(self, session: Source, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.scene = Scene()
        self.picture = Picture(self.scene)
        self.camera = Camera()
        self.shown = Shown(Readings(session.snapshot.trace, session.snapshot.analysis))
        self.hovered: Port | None = None
        self.mark = Mark(self, self.update)
        self._glide = Glide(self, self.scene, self.redraw)
        self._prepared: tuple[Document, Scene] | None = None
        """The scene of a document that is about to be opened."""
        self._measuring = Turns(self)
        """The faces that a new analysis gives to the nodes."""
        self._layers = Layers(self.picture, self.camera)
        self._drawer = Drawer(self)
        self._was_compared = False
        self._fit_wanted = True
        """Until the first numbers of a document: sizes may still change, so the view follows them."""
        self._fit_on: Set[RecordId] = frozenset()
        """What the view then follows; nothing: everything."""
        self._fitted = True
        """Until the person pans or zooms: the view follows the size of the window."""
        self._aims: tuple[Aim, ...] = ()
        self._stress = 0.0
        """What a lesson points at, and how much that stands out."""
        self.minimap_wanted = True
        self.minimap = Minimap(self, self.scene, self.camera, self.center_on)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(240, 80)
        self.setAccessibleName("Canvas")
        session.document_replaced.connect(self.rebuild)
        session.document_edited.connect(self._on_edit)
        session.snapshot_changed.connect(self._on_snapshot)
        session.selection_changed.connect(self._on_selection)
        session.focus_changed.connect(self._on_focus)
        session.sample_changed.connect(self._on_sample)
        session.walk_changed.connect(self._on_walk)
        session.shows_held_changed.connect(self._on_sample)
        session.what_if.changed.connect(self._on_what_if)
        session.auditing.changed.connect(self._on_marks)
        session.costing.changed.connect(self._on_marks)
        theme.notifier.changed.connect(self._on_theme)
        number_format.notifier.changed.connect(self._on_sample)
        self.rebuild()

    def sizeHint(self) -> QSize:
        return QSize(1060, 700)

    # -- following the session ------------------------------------------------------------------------------

    def settle(self) -> None:
        """End whatever is going on: the document changes."""
        self._glide.finish()

    def preparing(self, document: Document) -> Pieces[None]:
        """Find in pieces how a document looks that is opened next, so that it is there at once when it is opened."""
        yield from placing(document)
        scene = Scene()
        yield from scene.rebuilding(document, Analysis())
        self._prepared = document, scene

    def rebuild(self) -> None:
        """Everything anew from the document."""
        self.settle()
        self._measuring.drop()
        self.picture.labels.forget()
        document, (of, scene) = self.session.document, self._prepared or (None, None)
        self._prepared = None
        if of is document and scene is not None:
            self.scene.take_over(scene)
        else:
            self.scene.rebuild(document, self.session.snapshot.analysis)
        self._draw_formulas()
        self.hovered = None
        self._read()
        self.fit_once_known()

    def _on_edit(self, edit: Edit) -> None:
        self._measuring.finish()
        self._fit_wanted = False
        self.settle()
        self.scene.follow(self.session.document, edit, self.session.snapshot.analysis)
        self._draw_formulas()
        if self.hovered not in self.scene.wires:
            self.hovered = None
        self.shown.watched = self.session.watching.marks
        if edit.effect >= Effect.DATA:
            self.shown.stale = True
            self.picture.labels.forget()
        self.redraw()

    def _on_theme(self) -> None:
        self._draw_formulas()
        self.redraw()
        theme.in_turn(self._paint_layers, last=True)

    def _paint_layers(self) -> None:
        """Have the layers ready for the next frame."""
        if self.isVisible():
            self._layers.full(self.size(), self.shown, self.held())

    def _draw_formulas(self) -> None:
        """Have the formulas of notes drawn beside the window; until then their text stands there."""
        if not self._drawer.busy:
            self._drawer.draw(note_text.needed(self.scene.texts(), ink()), self._formulas_drawn)

    def _formulas_drawn(self) -> None:
        self.redraw()
        self._draw_formulas()

    def _on_snapshot(self) -> None:
        """Numbers are shown with the shapes that they have: those of a large graph are found in several turns."""
        analysis = self.session.snapshot.analysis
        if analysis is self.scene.analysis:
            self._show_numbers()
        elif analysis is not self._measuring.subject:
            facing = self.scene.facing(self.session.document, analysis)
            self._measuring.start(facing, partial(self._analysed, analysis), analysis)

    def _analysed(self, analysis: Analysis, faces: dict[str, Face]) -> None:
        if self.scene.analysed(self.session.document, analysis, faces):
            if self._fit_wanted:
                self._fit_all(self._fit_on)
            else:
                self.redraw()
        self._show_numbers()

    def _show_numbers(self) -> None:
        if self.session.snapshot.revision == self.session.revision:
            self._fit_wanted = False
        self._read()
        self.redraw_numbers()

    def _on_selection(self) -> None:
        self.shown.selection = self.session.selection
        self._describe()
        self.redraw()

    def _on_focus(self) -> None:
        self._light()
        self._describe()
        self.redraw_numbers()

    def _describe(self) -> None:
        """What is selected and asked about, for screen readers."""
        selected = hints.describe(self.scene, self.shown, self.session.selection)
        self.setAccessibleDescription(f"{selected} {hints.asked(self.session.focus, self.session.facts)}".strip())

    def _light(self) -> None:
        """Find what shows the number in focus."""
        session, focus = self.session, self.session.focus
        if focus is None:
            self.shown.lit = None
            return
        facts, now = session.facts, session.snapshot
        # While it trains this would cost more at each snapshot than anybody could follow.
        settled = now.revision == session.revision and now.state != "running"
        lit = lit_by(focus, facts, self.scene)
        parts, slopes = made_of(focus, facts) if settled else ((), ())
        self.shown.lit = replace(lit, parts=parts, slopes=slopes, goes=goes_to(focus, facts) if settled else ())

    def _on_sample(self) -> None:
        self._read()
        self.redraw_numbers()

    def _on_what_if(self) -> None:
        """Numbers of two passes, or of one again: labels have other lengths."""
        if self.session.what_if.on != self._was_compared:
            self._was_compared = self.session.what_if.on
            self.picture.labels.forget()
        self._on_sample()

    def _on_marks(self) -> None:
        if mark(self.shown, self.session):
            self._describe()
            self.redraw_numbers()

    def _on_walk(self) -> None:
        """Another step of the walk; new numbers of the same step come with the snapshot."""
        before = self.shown.at_work
        self._read()
        walk = self.session.walk
        if walk is not None:
            self.mark.run(tuple(walk.step.wires), walk.step.phase == "backward")
            if walk.step.node != before:
                self._follow(walk.step.node)
        else:
            self.mark.stop()
        self.redraw()

    def _read(self) -> None:
        """Numbers and walk as they are now."""
        self._measuring.finish()
        read(self.shown, self.session, self.scene.wires)
        self._light()

    # -- painting -------------------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Paint all layers anew."""
        self._layers.drop()
        self._update_minimap()
        self.update()

    def redraw_numbers(self) -> None:
        """Paint the numbers anew."""
        self._layers.drop_numbers()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            self.paint_onto(painter)

    def paint_onto(self, painter: QPainter) -> None:
        """One frame."""
        held = self.held()
        self.camera.ratio = self.devicePixelRatioF()
        painter.drawPixmap(0, 0, self._layers.full(self.size(), self.shown, held))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.save()
        try:
            painter.setTransform(self.camera.transform(), True)
            self.paint_over(painter, held)
        finally:
            painter.restore()

    def point_at(self, aims: Sequence[Aim]) -> None:
        """Light what a lesson points at; nothing: no longer."""
        self._aims, self._stress = tuple(aims), 0.0
        self.update()

    def stress(self, strength: float) -> None:
        """Let it stand out, 0 … 1."""
        self._stress = strength
        self.update()

    def held(self) -> frozenset[str]:
        """The nodes in motion, which are painted on top of everything."""
        return frozenset()

    def paint_over(self, painter: QPainter, held: frozenset[str]) -> None:
        """What stands on top of the kept layers, in scene coordinates."""
        detail = Detail.at(self.camera.zoom)
        if held:
            self.picture.held(painter, self.shown, held, detail)
        if self._aims:
            labels = self.picture.labels.places.spots if detail >= Detail.LABELS else {}
            at = standing({slot: spot.rect for slot, spot in labels.items()}, self.picture.whole if labels else ())
            paint_aims(painter, self._aims, self.scene, at, 1 / self.camera.zoom, self._stress)
        if self.shown.at_work is not None:
            self.mark.paint(painter, self.scene, phase_color(self.shown.phase, ink()))
        if detail < Detail.LABELS:
            return
        hovered = None if held else self.hovered
        if hovered is not None and hovered != self.shown.wire:
            self.picture.lit_wire(painter, hovered, self.shown)
        self.picture.everything_of(painter, (hovered, self.shown.wire, *self.mark.wires), self.shown)

    # -- the view -------------------------------------------------------------------------------------------

    def visible_area(self) -> QRectF:
        """The part of the scene on the screen."""
        return self.camera.area(self.width(), self.height())

    def seen(self) -> tuple[tuple[float, float, float, float], float]:
        """The same as left, top, width and height, and the zoom."""
        area = self.visible_area()
        return (area.x(), area.y(), area.width(), area.height()), self.camera.zoom

    def wire_under(self, point: QPointF) -> Port | None:
        """The wire at a point of the scene, or the one whose label is there; a node hides what lies below it."""
        if self.scene.node_at(point) is not None:
            return None
        label = self._label_at(point)
        if label is not None and label.slot[0] in self.scene.wires:
            return label.slot[0]
        return self.scene.wire_at(point, _REACH / min(self.camera.zoom, 1.0))

    def badge_at(self, point: QPointF) -> RecordId | None:
        """The node or wire whose mark of the audit is at a point of the scene."""
        afar = Detail.at(self.camera.zoom) < Detail.LABELS
        return None if afar else badge_at(self.shown.audit, point, self.scene, self.picture.labels.places.spots)

    def _label_at(self, point: QPointF) -> Label | None:
        if Detail.at(self.camera.zoom) < Detail.LABELS:
            return None
        return self.picture.whole_label_at(point) or self.picture.labels.at(point, self.shown.readings)

    def number_at(self, point: QPointF) -> Focus | None:
        """The number that stands at a point of the scene, to ask about."""
        if Detail.at(self.camera.zoom) < Detail.LABELS:
            return None
        readings, node_id = self.shown.readings, self.scene.node_at(point)
        label = self.picture.whole_label_at(point)
        if label is None and node_id is not None:
            return in_body(self.scene.nodes[node_id], point, readings)
        label = label or self.picture.labels.at(point, readings)
        return in_label(label, point, self.scene, readings, self.picture.labels.scale) if label is not None else None

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the picture by so many pixels."""
        self._fit_wanted = self._fitted = False
        self._layers.move_by(dx, dy, self.shown, self.held())
        self._update_minimap()
        self.update()

    def center_on(self, point: QPointF) -> None:
        """Bring a point of the scene into the middle."""
        at = self.camera.to_screen(point)
        self.pan_by(self.width() / 2 - at.x(), self.height() / 2 - at.y())

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """Another zoom (5 % to 400 %), holding a point of the widget in place (default: the middle)."""
        self._fit_wanted = self._fitted = False
        self.camera.zoom_at(at if at is not None else QRectF(self.rect()).center(), zoom)
        self.zoom_changed.emit(self.camera.zoom)
        self.redraw()

    def place(self) -> View:
        """How the scene is looked at, what is selected, and what is asked about."""
        middle, session = self.camera.to_scene(QRectF(self.rect()).center()), self.session
        selected = tuple(sorted(session.selection.ids, key=str))
        seen = self.camera.zoom, middle.x(), middle.y(), self._fitted
        return View(*seen, selected, session.focus, session.sample)

    def show_place(self, view: View) -> None:
        """Look at the scene as it was looked at before."""
        self._fit_wanted = self._fitted = view.fitted
        if view.fitted:
            self._fit_all()
        else:
            self.zoom_to(view.zoom)
            self.center_on(QPointF(view.x, view.y))

    def zoom_in(self) -> None:
        """Larger."""
        self.zoom_to(self.camera.zoom * _ZOOM_STEP)

    def zoom_out(self) -> None:
        """Smaller."""
        self.zoom_to(self.camera.zoom / _ZOOM_STEP)

    def zoom_reset(self) -> None:
        """100 %, which goes along with the size of text."""
        self.zoom_to(factor())

    def fit(self) -> None:
        """Show what is selected, or everything."""
        self._fit_wanted = False
        self._fit_all(self.session.selection.ids)

    def zoom_to_selection(self) -> None:
        """Show what is selected as large as the view holds it."""
        self._fit_wanted = self._fitted = False
        self.camera.show(self.scene.bounds(self.session.selection.ids), self.width(), self.height(), LARGEST)
        self.zoom_changed.emit(self.camera.zoom)
        self.redraw()

    def fit_once_known(self, chosen: Set[RecordId] = frozenset()) -> None:
        """Show some things (none: everything), now and with the sizes that they have once their numbers are there."""
        self._fit_wanted, self._fit_on = True, chosen
        self._fit_all(chosen)

    def _fit_all(self, chosen: Set[RecordId] = frozenset(), least: float = SMALLEST) -> None:
        self._fitted = not chosen
        area = self.scene.bounds(chosen or None)
        if area.isEmpty():  # what comes first is to be read, whatever was here before
            self.camera.zoom_at(QPointF(self.rect().center()), factor())
        rects = (view.rect for view in self.scene.nodes.values())
        self.camera.show(area, self.width(), self.height(), factor(), least, rects)
        self.zoom_changed.emit(self.camera.zoom)
        self.redraw()

    def show_minimap(self, shown: bool) -> None:
        """Show or hide the minimap."""
        self.minimap_wanted = shown
        self._update_minimap()

    def _update_minimap(self) -> None:
        """It gives way where it would lie on nodes and there is nothing beyond the borders to be found with it."""
        rects = [view.rect for view in self.scene.nodes.values()]
        rects += [view.rect for view in self.scene.notes.values()]
        spot = self.camera.transform().inverted()[0].mapRect(QRectF(self.minimap.geometry()))
        hides = any(rect.intersects(spot) for rect in rects)
        area = self.visible_area()
        # In a walk the view finds its way by itself.
        useless = hides and (self.shown.at_work is not None or all(map(area.contains, rects)))
        useless = useless or self.minimap.y() < 0  # in a low view it would be cut
        self.minimap.setVisible(self.minimap_wanted and bool(rects) and not useless)
        self.minimap.update()

    def set_reduced_motion(self, reduced: bool) -> None:
        """Let nothing run across the screen by itself."""
        self.mark.still = reduced

    def bring_into_view(self, record_id: RecordId) -> None:
        """Pan just so far that something is wholly on the screen."""
        bounds = self.scene.bounds([record_id])
        if bounds.isNull():
            return
        margin = min(40 / self.camera.zoom, 60.0)
        area, rect = self.visible_area(), bounds.adjusted(-margin, -margin, margin, margin)
        if rect.width() > area.width() or rect.height() > area.height():
            self.center_on(bounds.center())
            return
        dx = max(area.left() - rect.left(), 0) - max(rect.right() - area.right(), 0)
        dy = max(area.top() - rect.top(), 0) - max(rect.bottom() - area.bottom(), 0)
        if dx or dy:
            self.pan_by(dx * self.camera.zoom, dy * self.camera.zoom)

    def _follow(self, node_id: str) -> None:
        """Bring the node at work into view, which is not a choice of the person's."""
        fitted = self._fitted
        self.bring_into_view(node_id)
        self._fitted = fitted

    def glide_from(self, before: dict[str, QPointF]) -> None:
        """Let nodes move to where they are from where they were."""
        if not self.mark.still and len(before) <= _MOST_GLIDING:
            self._glide.start(before)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.minimap.move(12, self.height() - self.minimap.height() - 12)
        at_work = self.shown.at_work
        if self._fitted:
            # In a walk the numbers stay large enough to be read, as far as they were.
            self._fit_all(least=min(self.camera.zoom, READABLE) if at_work else SMALLEST)
        if at_work:
            self._follow(at_work)
        self.redraw()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            assert isinstance(event, QHelpEvent)
            point = self.camera.to_scene(QPointF(event.pos()))
            node, wire, badge = self.scene.node_at(point), self.wire_under(point), self.badge_at(point)
            text = hints.tip(self.scene, self.shown, node, wire, badge)
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
