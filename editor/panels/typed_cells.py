"""Cells of a table in which people type while its numbers change."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtWidgets import QLineEdit, QStyledItemDelegate, QWidget


class TypedCells(QStyledItemDelegate):
    """What arrives while one types takes neither the text away nor the selection that typing replaces."""

    def setEditorData(self, editor: QWidget, index: QModelIndex | QPersistentModelIndex) -> None:
        if not isinstance(editor, QLineEdit):
            super().setEditorData(editor, index)
        elif not editor.isModified():
            selected = editor.hasSelectedText()
            super().setEditorData(editor, index)
            if selected:
                editor.selectAll()
