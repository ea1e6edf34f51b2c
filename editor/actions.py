"""Every action of the window as data: menus, shortcuts, tips, the command search and the sheet come from here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from editor import theme
from editor.icons import icon

if TYPE_CHECKING:
    from editor.main_window import MainWindow

Enabled = Callable[["MainWindow"], bool]


def _always(_window: MainWindow) -> bool:
    return True


def _nodes_selected(window: MainWindow) -> bool:
    return bool(window.session.selection.nodes)


def _something_selected(window: MainWindow) -> bool:
    selection = window.session.selection
    return bool(selection.nodes or selection.wire)


def _walking(window: MainWindow) -> bool:
    return window.session.walk is not None


def _on_canvas(window: MainWindow) -> bool:
    return not window.start_page_is_open


@dataclass(frozen=True)
class ActionSpec:
    """id; menu ("" for none) and text; what it does; shortcuts; tip; icon; when it can be used."""

    id: str
    menu: str
    text: str
    run: Callable[[MainWindow], object]
    shortcuts: tuple[str, ...] = ()
    tip: str = ""
    icon: str = ""
    enabled: Enabled = _always
    separator: bool = False
    """Whether a line stands above it in its menu."""
    on_canvas: bool = False
    """Whether its keys mean this only while the canvas has the focus; elsewhere they belong to a text or a table."""


MENUS = ("File", "Edit", "View", "Train", "Backprop", "Help")

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("new", "File", "New", lambda w: w.new(), ("Ctrl+N",), "Start with an empty canvas.", "add"),
    ActionSpec("open", "File", "Open…", lambda w: w.ask_open(), ("Ctrl+O",), "Open a document.", "open"),
    ActionSpec(
        "gallery",
        "File",
        "Gallery…",
        lambda w: w.toggle_start_page(),
        ("Ctrl+G",),
        "Ready-made examples and recent files.",
        "gallery",
    ),
    ActionSpec(
        "save",
        "File",
        "Save",
        lambda w: w.save(),
        ("Ctrl+S",),
        "Write the document and its weights.",
        "save",
        separator=True,
    ),
    ActionSpec(
        "save_as", "File", "Save as…", lambda w: w.ask_save(), ("Ctrl+Shift+S",), "Write it to another file.", "save"
    ),
    ActionSpec(
        "export",
        "File",
        "Export weights…",
        lambda w: w.ask_export(),
        ("Ctrl+E",),
        "Write the weights as safetensors or npz, read them back, and say the largest difference.",
        "export",
        separator=True,
    ),
    ActionSpec(
        "picture",
        "File",
        "Save picture…",
        lambda w: w.ask_picture(),
        ("Ctrl+Shift+E",),
        "The canvas as PNG or SVG.",
        "export",
    ),
    ActionSpec("quit", "File", "Quit", lambda w: w.close(), ("Ctrl+Q",), "Close the window.", "close", separator=True),
    ActionSpec(
        "undo",
        "Edit",
        "Undo",
        lambda w: w.session.undo_stack.undo(),
        ("Ctrl+Z",),
        "Take back the last edit.",
        "undo",
        lambda w: w.session.undo_stack.canUndo(),
    ),
    ActionSpec(
        "redo",
        "Edit",
        "Redo",
        lambda w: w.session.undo_stack.redo(),
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        "Do it again.",
        "redo",
        lambda w: w.session.undo_stack.canRedo(),
    ),
    ActionSpec(
        "cut",
        "Edit",
        "Cut",
        lambda w: w.canvas.cut(),
        ("Ctrl+X",),
        "Move the selected nodes to the clipboard.",
        "",
        _nodes_selected,
        separator=True,
        on_canvas=True,
    ),
    ActionSpec(
        "copy",
        "Edit",
        "Copy",
        lambda w: w.canvas.copy(),
        ("Ctrl+C",),
        "Copy the selected nodes.",
        "",
        _nodes_selected,
        on_canvas=True,
    ),
    ActionSpec(
        "paste",
        "Edit",
        "Paste",
        lambda w: w.canvas.paste(),
        ("Ctrl+V",),
        "Paste nodes.",
        "",
        _on_canvas,
        on_canvas=True,
    ),
    ActionSpec(
        "duplicate",
        "Edit",
        "Duplicate",
        lambda w: w.canvas.duplicate(),
        ("Ctrl+D",),
        "Copies of the selected nodes beside them.",
        "",
        _nodes_selected,
        on_canvas=True,
    ),
    ActionSpec(
        "delete",
        "Edit",
        "Delete",
        lambda w: w.canvas.delete_selection(),
        ("Del", "Backspace"),
        "Remove the selected nodes or wire.",
        "",
        _something_selected,
        on_canvas=True,
    ),
    ActionSpec(
        "select_all",
        "Edit",
        "Select all",
        lambda w: w.canvas.select_all(),
        ("Ctrl+A",),
        "Select every node.",
        "",
        _on_canvas,
        on_canvas=True,
    ),
    ActionSpec(
        "add_node",
        "Edit",
        "Add a node…",
        lambda w: w.canvas.open_search(),
        ("Ctrl+Space",),
        "Search an operation and place it at the pointer (also: Tab, or double-click on the canvas).",
        "add",
        _on_canvas,
        separator=True,
    ),
    ActionSpec(
        "rename",
        "Edit",
        "Rename",
        lambda w: w.canvas.rename(),
        ("F2",),
        "Give the selected node a title.",
        "",
        lambda w: w.session.selection.single is not None,
        on_canvas=True,
    ),
    ActionSpec(
        "connect",
        "Edit",
        "Connect",
        lambda w: w.canvas.connect_selection(),
        ("C",),
        "Wire the left one of two selected nodes to the right one.",
        "",
        lambda w: len(w.session.selection.nodes) == 2,
        on_canvas=True,
    ),
    ActionSpec(
        "tidy",
        "Edit",
        "Tidy",
        lambda w: w.canvas.tidy(),
        ("Ctrl+L",),
        "Lay the graph out from left to right.",
        "tidy",
        _on_canvas,
    ),
    ActionSpec(
        "fit",
        "View",
        "Fit",
        lambda w: w.canvas.fit(),
        ("F",),
        "Show the selection, or everything.",
        "fit",
        _on_canvas,
        on_canvas=True,
    ),
    ActionSpec(
        "zoom_in",
        "View",
        "Zoom in",
        lambda w: w.canvas.zoom_in(),
        ("Ctrl++", "Ctrl+="),
        "Larger.",
        "zoom-in",
        _on_canvas,
    ),
    ActionSpec(
        "zoom_out", "View", "Zoom out", lambda w: w.canvas.zoom_out(), ("Ctrl+-",), "Smaller.", "zoom-out", _on_canvas
    ),
    ActionSpec(
        "zoom_reset", "View", "Actual size", lambda w: w.canvas.zoom_reset(), ("Ctrl+0",), "100 %.", "", _on_canvas
    ),
    ActionSpec(
        "minimap",
        "View",
        "Minimap",
        lambda w: w.toggle_minimap(),
        ("M",),
        "Show or hide the map of the whole graph.",
        "minimap",
        _on_canvas,
        on_canvas=True,
    ),
    ActionSpec(
        "dark",
        "View",
        "Dark",
        lambda w: w.set_theme("dark"),
        ("Ctrl+Alt+D",),
        "Light text on a dark ground.",
        "theme",
        separator=True,
    ),
    ActionSpec(
        "light",
        "View",
        "Light",
        lambda w: w.set_theme("light"),
        ("Ctrl+Alt+L",),
        "For a bright room or a projector.",
        "theme",
    ),
    ActionSpec(
        "system",
        "View",
        "As the system",
        lambda w: w.set_theme("system"),
        ("Ctrl+Alt+S",),
        "Dark or light with the system.",
        "theme",
    ),
    ActionSpec(
        "train",
        "Train",
        "Train / Pause",
        lambda w: w.session.toggle_training(),
        ("F5",),
        "Train until the epochs are done; again: pause.",
        "play",
    ),
    ActionSpec("step_batch", "Train", "Step a batch", lambda w: w.session.step_batch(), ("F6",), "One update.", "step"),
    ActionSpec(
        "step_epoch",
        "Train",
        "Step an epoch",
        lambda w: w.session.step_epoch(),
        ("F7",),
        "To the end of the epoch.",
        "step-epoch",
    ),
    ActionSpec(
        "reset",
        "Train",
        "Reset",
        lambda w: w.session.reset(),
        ("F8",),
        "Back to the same first weights (they change only with the seed).",
        "reset",
        separator=True,
    ),
    ActionSpec(
        "device",
        "Train",
        "Device…",
        lambda w: w.show_devices(),
        ("Ctrl+Alt+G",),
        "Choose what computes: a device that works, or the reference engine.",
        "chip",
        separator=True,
    ),
    ActionSpec(
        "walk",
        "Backprop",
        "Walk through backpropagation",
        lambda w: w.toggle_walk(),
        ("F9",),
        "Forward, loss, backward and update, one calculation at a time.",
        "backprop",
    ),
    ActionSpec(
        "walk_next",
        "Backprop",
        "Next calculation",
        lambda w: w.session.walk_by(1),
        ("Right",),
        "",
        "next",
        _walking,
        separator=True,
    ),
    ActionSpec(
        "walk_back",
        "Backprop",
        "Previous calculation",
        lambda w: w.session.walk_by(-1),
        ("Left",),
        "",
        "previous",
        _walking,
    ),
    ActionSpec(
        "walk_first", "Backprop", "First calculation", lambda w: w.session.walk_to(0), ("Home",), "", "first", _walking
    ),
    ActionSpec(
        "walk_last", "Backprop", "Last calculation", lambda w: w.session.walk_to(10**9), ("End",), "", "last", _walking
    ),
    ActionSpec(
        "walk_phase",
        "Backprop",
        "Finish the phase",
        lambda w: w.session.finish_phase(),
        ("Shift+Right",),
        "To the end of this phase, or of the next.",
        "skip-phase",
        _walking,
    ),
    ActionSpec(
        "commands",
        "Help",
        "Find an action…",
        lambda w: w.open_command_search(),
        ("Ctrl+Shift+P",),
        "Search everything the window can do.",
        "search",
    ),
    ActionSpec(
        "sheet", "Help", "Shortcuts", lambda w: w.toggle_sheet(), ("F1",), "Every shortcut on one page.", "help"
    ),
)


class Actions(QObject):
    """The QActions of one window, by id, and the menus made of them."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.by_id: dict[str, QAction] = {}
        for spec in ACTIONS:
            action = QAction(spec.text, window)
            action.setShortcuts([QKeySequence(text) for text in spec.shortcuts])
            hint = f" ({spec.shortcuts[0]})" if spec.shortcuts else ""
            action.setToolTip((spec.tip or spec.text) + hint)
            action.setStatusTip(spec.tip)
            action.triggered.connect(lambda _checked=False, run=spec.run: run(window))
            if spec.on_canvas:
                action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            (window.canvas if spec.on_canvas else window).addAction(action)
            self.by_id[spec.id] = action
        self._set_icons()
        theme.notifier.changed.connect(self._set_icons)

    def _set_icons(self) -> None:
        for spec in ACTIONS:
            if spec.icon:
                self.by_id[spec.id].setIcon(icon(spec.icon))

    def update(self) -> None:
        """Enable what can be used now."""
        for spec in ACTIONS:
            self.by_id[spec.id].setEnabled(spec.enabled(self._window))

    def fill(self, bar: QMenuBar) -> dict[str, QMenu]:
        """The menus, by title."""
        menus: dict[str, QMenu] = {}
        for title in MENUS:
            menu = menus[title] = bar.addMenu(title)
            for spec in ACTIONS:
                if spec.menu == title:
                    if spec.separator:
                        menu.addSeparator()
                    menu.addAction(self.by_id[spec.id])
        return menus
