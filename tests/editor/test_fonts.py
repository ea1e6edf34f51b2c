"""Where a system has no font, one is brought along."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from editor import fonts


class NoFont:
    def __init__(self, _font: QFont) -> None:
        pass

    def family(self) -> str:
        return ""


def test_a_font_is_brought_where_there_is_none(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fonts.bring_font() == ""
    monkeypatch.setattr(fonts, "QFontInfo", NoFont)
    try:
        found = fonts.bring_font()
        assert found in QFontDatabase.families()
        systems = (QFontDatabase.WritingSystem.Latin, QFontDatabase.WritingSystem.Greek)
        assert set(systems) <= set(QFontDatabase.writingSystems(found))
    finally:
        QFontDatabase.removeAllApplicationFonts()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Only Linux finds its fonts by fontconfig.")
def test_fonts_are_found_without_settings_of_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = tmp_path / "fonts.conf"
    known.write_bytes(fonts.SETTINGS.read_bytes())
    for given, wanted in ((known, known), (tmp_path / "none.conf", fonts.SETTINGS)):
        monkeypatch.setenv("FONTCONFIG_FILE", str(given))
        fonts.settle_fonts()
        assert os.environ["FONTCONFIG_FILE"] == str(wanted)
    library = ctypes.CDLL("libfontconfig.so.1")
    library.FcConfigCreate.restype = ctypes.c_void_p
    library.FcConfigParseAndLoad.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    assert library.FcConfigParseAndLoad(library.FcConfigCreate(), str(fonts.SETTINGS).encode(), 1)
