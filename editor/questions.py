"""Questions beside the window, which goes on meanwhile: for a file, and for one of a few answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QInputDialog, QMessageBox, QWidget

from editor.background import nothing
from editor.theme import dress

Button = QMessageBox.StandardButton
Answer = tuple[Button, str, Callable[[], None]]
"""A button, its text (empty: as it is called everywhere), and what it does."""


def button_box(*standard: QDialogButtonBox.StandardButton) -> QDialogButtonBox:
    """The buttons that end a dialog, without the pictures that some systems put on them."""
    box = QDialogButtonBox()
    # What the style sheet says of it comes too late for these.
    for each in standard:
        box.addButton(each).setIcon(QIcon())
    return box


def ask(parent: QWidget, title: str, text: str, answers: tuple[Answer, ...], default: Button) -> None:
    """Ask something; closing the question is Cancel, which does nothing unless it is among the answers."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dress(box)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(title)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    actions = {}
    for button, name, action in answers:
        push = box.addButton(button)
        if name:
            push.setText(name)
        actions[button.value] = action
    box.setDefaultButton(default)
    box.finished.connect(lambda answer: actions.get(answer, nothing)())
    box.open()


def ask_which(parent: QWidget, title: str, text: str, things: Sequence[str], chosen: Callable[[int], None]) -> None:
    """Ask for one of some things, no two alike, the first of which is proposed; ``chosen`` hears its number."""
    dialog = QInputDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dress(dialog)
    dialog.setWindowTitle(title)
    dialog.setLabelText(text)
    dialog.setOption(QInputDialog.InputDialogOption.UseListViewForComboBoxItems)
    dialog.setComboBoxItems(things)
    dialog.setTextValue(things[0])
    dialog.setOkButtonText("Open")
    dialog.textValueSelected.connect(lambda thing: chosen(things.index(thing)))
    dialog.open()


def ask_file(
    parent: QWidget,
    title: str,
    filters: str,
    folder: str,
    start: Path | None,
    chosen: Callable[[Path], None],
    endings: tuple[str, ...] = (),
) -> None:
    """Ask for a file; ``start`` proposes a file to write, None means open one.

    A name without an ending gets the one that belongs to the chosen filter. The dialog asks before it replaces
    a file, but only for the name as it was typed; where an ending made another file of it, this asks.
    """
    dialog = QFileDialog(parent, title, folder, filters)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dress(dialog)
    if start is None:
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    else:
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(str(start))

    def take(name: str) -> None:
        path = Path(name)
        if path.suffix or not endings:
            chosen(path)
            return
        kind = filters.split(";;").index(dialog.selectedNameFilter())
        path = path.with_name(path.name + endings[kind])
        if path.exists():
            text = f"“{path.name}” is there already. Do you want to replace it?"
            answers = (
                (Button.Yes, "", lambda: chosen(path)),
                (Button.No, "", lambda: ask_file(parent, title, filters, folder, path, chosen, endings)),
            )
            ask(parent, "Replace the file?", text, answers, Button.No)
        else:
            chosen(path)

    dialog.fileSelected.connect(take)
    dialog.open()
