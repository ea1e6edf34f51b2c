"""Pictures as the content of PNG files. Writing is for ``compute.files``, which says when a disk is full."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage, QPixmap

from compute.errors import GradwireError


def png(picture: QImage | QPixmap) -> bytes:
    """The content of the file. Errors: GradwireError for a picture that is too large for the format."""
    content = QBuffer()
    content.open(QIODevice.OpenModeFlag.WriteOnly)
    if not picture.save(content, "PNG"):  # type: ignore[call-overload]
        raise GradwireError("the picture is too large to be saved; make it smaller")
    return bytes(content.data().data())
