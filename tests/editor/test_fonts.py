"""Where a system has no font, one is brought along."""

from __future__ import annotations

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
