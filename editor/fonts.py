"""Letters where a system has none: the font that formulas bring along, which has Latin, Greek, Cyrillic and signs."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QLoggingCategory
from PySide6.QtGui import QFontDatabase, QFontInfo, QGuiApplication


def bring_font() -> str:
    """With a new application object: the name of the font that was brought, "" where the system has its own."""
    # A script that no font has is drawn as boxes, and a line for each font of the system would say so.
    QLoggingCategory.setFilterRules("qt.text.font.db.warning=false")
    if QFontInfo(QGuiApplication.font()).family():
        return ""
    found = find_spec("ziafont")
    for folder in (found and found.submodule_search_locations) or ():
        for path in sorted((Path(folder) / "fonts").glob("*.ttf")):
            families = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(path)))
            if families:
                return families[0]
    return ""
