"""What can be done with one column of the data, by its menu and the dialogs that this asks with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from compute import table_edits
from compute.data_edits import columns_by_role
from compute.edits import Edit
from compute.series_edits import forecast
from editor import theme
from editor.panels.data.columns_table import Reader
from editor.panels.data.forecast_form import ForecastForm
from editor.panels.data.sheet import Sheet
from editor.plain import caption
from editor.session import Session

Try = Callable[[Callable[[], Edit]], None]
"""Does an edit, or says why not."""


def ask_forecast(parent: QWidget, session: Session, name: str, attempt: Try) -> None:
    """Ask how a column is to be predicted from its past; the column: that which is predicted now, unless told."""
    table = session.snapshot.table
    numbers = [each for each in table.names if each not in table.categories] if table else []
    if table is None or not numbers:
        session.message.emit("A series is a column of numbers; choose data that has one.")
        return
    targets = [each for each in columns_by_role(session.document.graph, "target") if each in numbers]
    chosen = name or [*targets, *numbers[-1:]][0]
    ForecastForm(
        parent, numbers, chosen, lambda asked: attempt(lambda: forecast(session.document, table, asked))
    ).open()


def ask_name(parent: QWidget, session: Session, name: str, attempt: Try) -> None:
    """Ask for another name of a column."""
    dialog = QInputDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Rename column")
    dialog.setLabelText("Name of the column")
    dialog.setTextValue(name)
    theme.dress(dialog)
    dialog.textValueSelected.connect(
        lambda new: attempt(lambda: table_edits.rename_column(session.document, name, new))
    )
    dialog.open()


def menu_of(
    parent: QWidget,
    session: Session,
    sheet: Sheet,
    readers: Sequence[Reader],
    name: str,
    attempt: Try,
    toggle: Callable[[Reader, str], object],
) -> QMenu:
    """What can be done with a column."""
    document, menu = session.document, QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for reader in readers:
        text = f"Read in {reader.label}" if reader.node else f"Read in a new {reader.op}"
        action = menu.addAction(caption(text))
        action.setCheckable(bool(reader.node))
        action.setChecked(name in reader.columns)
        action.triggered.connect(lambda _on=False, reader=reader: toggle(reader, name))
    is_text = sheet.is_text(name)
    if not is_text:
        menu.addAction("Forecast…").triggered.connect(lambda _on=False: ask_forecast(parent, session, name, attempt))
    if not sheet.editable:
        return menu
    menu.addSeparator()
    ways: tuple[tuple[str, Callable[[], object]], ...] = (
        ("Rename…", lambda: ask_name(parent, session, name, attempt)),
        (
            "Make it numbers" if is_text else "Make it text",
            lambda: attempt(lambda: table_edits.set_type(document, name, text=not is_text)),
        ),
        ("Add a column before", lambda: attempt(lambda: table_edits.add_column(document, before=name))),
        ("Remove", lambda: attempt(lambda: table_edits.remove_columns(document, [name]))),
    )
    for title, do in ways:
        menu.addAction(caption(title)).triggered.connect(lambda _on=False, do=do: do())
    return menu
