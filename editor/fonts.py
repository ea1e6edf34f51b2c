"""Letters where a system has none: the font that formulas bring along, which has Latin, Greek, Cyrillic and signs; and
settings for fonts where it has none of these."""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QLoggingCategory
from PySide6.QtGui import QFontDatabase, QFontInfo, QGuiApplication

SETTINGS = Path(__file__).parent.parent / "resources" / "fonts.conf"


def settle_fonts() -> None:
    """Before there is an application object: where fontconfig, which finds the fonts on Linux, has no settings, it
    takes ours; else it says on the terminal that there are none."""
    if not sys.platform.startswith("linux"):
        return
    try:
        library = ctypes.CDLL("libfontconfig.so.1")
        made, found, ended = library.FcConfigCreate, library.FcConfigGetFilename, library.FcConfigDestroy
    except (OSError, AttributeError):
        # Qt brings its own, or it is too old to be asked.
        return
    made.restype = found.restype = ctypes.c_void_p
    found.argtypes, ended.argtypes = [ctypes.c_void_p, ctypes.c_char_p], [ctypes.c_void_p]
    # Asked of settings of its own, it does not load those of the system, of which it would complain.
    empty = made()
    if empty and not found(empty, None):
        os.environ["FONTCONFIG_FILE"] = str(SETTINGS)
    ended(empty)


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
