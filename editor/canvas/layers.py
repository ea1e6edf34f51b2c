"""The painted layers that the canvas keeps: what does not change with the numbers, and that with the numbers on it."""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import contextmanager

from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QPaintDevice, QPainter, QPixmap

from editor.canvas.camera import Camera, Detail
from editor.canvas.picture import Picture, Shown


@contextmanager
def painting(device: QPaintDevice) -> Iterator[QPainter]:
    """A painter that is ended whatever happens: Qt aborts the process where one is left on a device that goes."""
    painter = QPainter(device)
    try:
        yield painter
    finally:
        painter.end()


class Layers:
    """Two pixmaps of the size of the view, painted anew when asked for after they were dropped."""

    def __init__(self, picture: Picture, camera: Camera) -> None:
        self._picture, self._camera = picture, camera
        self._base: QPixmap | None = None
        self._full: QPixmap | None = None

    def drop(self) -> None:
        """Everything has to be painted anew."""
        self._base = self._full = None

    def drop_numbers(self) -> None:
        """The numbers have to be painted anew."""
        self._full = None

    def full(self, size: QSize, shown: Shown, held: Set[str]) -> QPixmap:
        """The finished picture, without what is ``held``. ``size``: of the view, in logical pixels."""
        ratio = self._camera.ratio
        base = self._base
        if base is not None and (base.deviceIndependentSize().toSize() != size or base.devicePixelRatio() != ratio):
            self.drop()
        if self._full is not None:
            return self._full
        area, detail = self._camera.area(size.width(), size.height()), Detail.at(self._camera.zoom)
        if self._base is None:
            self._base = QPixmap(round(size.width() * ratio), round(size.height() * ratio))
            self._base.setDevicePixelRatio(ratio)
            with self._painting(self._base) as painter:
                self._paint_base(painter, area, detail, shown, held)
        self._full = self._base.copy()
        with self._painting(self._full) as painter:
            if detail >= Detail.LABELS:
                self._picture.numbers(painter, area, shown, self._camera.zoom, held)
            else:
                self._picture.afar(painter, area, shown, detail, 1.0 / self._camera.zoom, held)
        return self._full

    def move_by(self, dx: float, dy: float, shown: Shown, held: Set[str]) -> None:
        """Move the camera: shift what is painted, and paint only what comes into view."""
        camera, ratio = self._camera, self._camera.ratio
        x, y = camera.x, camera.y
        camera.move_by(dx, dy)
        right, down = round((camera.x - x) * ratio), round((camera.y - y) * ratio)
        base, full = self._base, self._full
        if base is None or full is None or Detail.at(camera.zoom) < Detail.LABELS:
            self.drop()
            return
        whole = full.rect()
        size = full.deviceIndependentSize()
        view = camera.area(size.width(), size.height())
        for pixmap in (base, full):
            pixmap.scroll(right, down, whole)
            with self._painting(pixmap) as painter:
                for strip in _uncovered(whole, right, down):
                    part = QRectF(strip.x() / ratio, strip.y() / ratio, strip.width() / ratio, strip.height() / ratio)
                    area = QRectF(camera.to_scene(part.topLeft()), camera.to_scene(part.bottomRight()))
                    painter.setClipRect(area)
                    self._paint_base(painter, area, Detail.LABELS, shown, held)
                    if pixmap is full:
                        self._picture.numbers(painter, area, shown, camera.zoom, held, view)

    def _paint_base(self, painter: QPainter, area: QRectF, detail: Detail, shown: Shown, held: Set[str]) -> None:
        self._picture.ground(painter, area, self._camera.zoom)
        pixel = 1.0 if detail >= Detail.LABELS else 1.0 / self._camera.zoom
        self._picture.paint_areas(painter, shown, held, pixel, text=detail >= Detail.LABELS)
        if detail >= Detail.LABELS:
            self._picture.chrome(painter, area, shown, held)

    @contextmanager
    def _painting(self, pixmap: QPixmap) -> Iterator[QPainter]:
        with painting(pixmap) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setTransform(self._camera.transform())
            yield painter


def _uncovered(whole: QRect, right: int, down: int) -> list[QRect]:
    """The strips that a shift leaves without a picture."""
    wide, high = whole.width(), whole.height()
    if abs(right) >= wide or abs(down) >= high:
        return [whole]
    strips = []
    if right:
        strips.append(QRect(0 if right > 0 else wide + right, 0, abs(right), high))
    if down:
        strips.append(QRect(0, 0 if down > 0 else high + down, wide, abs(down)))
    return strips
