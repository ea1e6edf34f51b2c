"""An action as data, and the QActions made of it: menus, shortcuts, the command search and the sheet.

Each list is typed against what it acts on: a session, a canvas, the files. So the lists know no window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from editor import theme
from editor.icons import icon
from editor.plain import set_tip

T = TypeVar("T")


def _always(_target: object) -> bool:
    return True


@dataclass(frozen=True)
class ActionSpec(Generic[T]):
    """One thing that can be done to a ``T``: id, menu and text, what it does, keys, tip, icon, when it can be used."""

    id: str
    menu: str
    text: str
    run: Callable[[T], object]
    shortcuts: tuple[str, ...] = ()
    """Keys that mean this everywhere in the window."""
    tip: str = ""
    icon: str = ""
    enabled: Callable[[T], bool] = _always
    separator: bool = False
    """Whether a line stands above it in its menu."""
    canvas_shortcuts: tuple[str, ...] = ()
    """Keys that mean this only while the canvas has the focus; elsewhere they belong to a text or a table."""
    places: frozenset[str] = frozenset()
    """Where it stands in the canvas's context menu: with ``things`` (``several``, ``nodes``, just one ``node`` or
    ``two``, ``areas``, just ``one`` of any kind), with a ``wire`` or a ``point`` of one, or on the ``ground``."""
    checked: Callable[[T], bool] | None = None
    """Whether its check mark is set; None: it has none."""
    submenu: str = ""
    """The menu in its menu in which it stands; "": in none."""

    @property
    def keys(self) -> tuple[str, ...]:
        """All its shortcuts, those of the canvas first."""
        return self.canvas_shortcuts + self.shortcuts


def native(shortcut: str) -> str:
    """A shortcut by the names that the system gives its keys."""
    return QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)


class ActionSet(QObject):
    """The QActions of one list on one target, by id. ``widget`` hears their keys."""

    def __init__(self, specs: Sequence[ActionSpec[T]], target: T, widget: QWidget) -> None:
        super().__init__(widget)
        self.originals: Sequence[ActionSpec[Any]] = specs
        """As they are in the list; ``specs`` have the keys that a person has given them."""
        self.specs: Sequence[ActionSpec[Any]] = specs
        self.by_id: dict[str, QAction] = {}
        self._target, self._widget = target, widget
        self._other_keys: list[QShortcut] = []
        for spec in specs:
            self.by_id[spec.id] = self._make(spec)
        self.bind(specs)
        self._set_icons()
        theme.notifier.changed.connect(self._on_theme)

    def _make(self, spec: ActionSpec[Any]) -> QAction:
        action = QAction(spec.text, self)
        action.setStatusTip(spec.tip)
        action.setCheckable(spec.checked is not None)
        action.setIconVisibleInMenu(spec.checked is None)  # its place belongs to the check mark
        action.triggered.connect(lambda _checked=False: self._run(spec))
        self._widget.addAction(action)
        return action

    def bind(self, specs: Sequence[ActionSpec[Any]]) -> None:
        """Have the keys that these say: the same actions, in the same order."""
        self.specs = specs
        for key in self._other_keys:
            key.setParent(None)
            key.deleteLater()
        self._other_keys.clear()
        for spec in specs:
            action = self.by_id[spec.id]
            hint = f" ({native(spec.keys[0])})" if spec.keys else ""
            set_tip(action, (spec.tip or spec.text) + hint)
            alone = not spec.shortcuts
            action.setShortcuts([QKeySequence(text) for text in (spec.canvas_shortcuts if alone else spec.shortcuts)])
            window = Qt.ShortcutContext.WindowShortcut
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut if alone else window)
            # One action has keys of one kind; those of the other kind trigger it from the widget.
            for text in () if alone else spec.canvas_shortcuts:
                key = QShortcut(QKeySequence(text), self._widget)
                key.setContext(Qt.ShortcutContext.WidgetShortcut)
                key.activated.connect(action.trigger)
                self._other_keys.append(key)

    def _run(self, spec: ActionSpec[Any]) -> None:
        spec.run(self._target)
        self.update()

    def _on_theme(self) -> None:
        theme.in_turn(self._set_icons)
        self.update()

    def _set_icons(self) -> None:
        for spec in self.specs:
            if spec.icon:
                self.by_id[spec.id].setIcon(icon(spec.icon))

    def update(self) -> None:
        """Enable what can be used now, and set the check marks."""
        for spec in self.specs:
            if spec.enabled is _always and spec.checked is None:
                continue  # most of them, after each selection
            action = self.by_id[spec.id]
            action.setEnabled(spec.enabled(self._target))
            if spec.checked is not None:
                action.setChecked(spec.checked(self._target))


class Actions:
    """All the actions of one window: some sets, in the order of the menus."""

    def __init__(self, menus: Sequence[str], sets: Sequence[ActionSet]) -> None:
        self.menus, self._sets = tuple(menus), tuple(sets)
        self.originals = self._in_order([each.originals for each in sets])
        """As they are in the lists."""
        self.specs = self._in_order([each.specs for each in sets])
        """What there is, in the order of the menus, with the keys that a person has given them."""
        self.by_id: Mapping[str, QAction] = {id_: action for each in sets for id_, action in each.by_id.items()}

    def _in_order(self, lists: Sequence[Sequence[ActionSpec[Any]]]) -> list[ActionSpec[Any]]:
        return [spec for menu in self.menus for some in lists for spec in some if spec.menu == menu]

    def bind(self, given: Callable[[ActionSpec[Any]], ActionSpec[Any]]) -> None:
        """Have the keys that a function gives to each action of the lists."""
        for each in self._sets:
            specs = [given(spec) for spec in each.originals]
            if any(now is not before for now, before in zip(specs, each.specs, strict=True)):
                each.bind(specs)
        self.specs = self._in_order([each.specs for each in self._sets])

    @property
    def of_window(self) -> list[QAction]:
        """Those whose keys mean them everywhere in the window, but for what a text has for itself."""
        return [self.by_id[spec.id] for spec in self.specs if spec.shortcuts and spec.id not in ("undo", "redo")]

    def update(self) -> None:
        """Enable what can be used now."""
        for each in self._sets:
            each.update()

    def tell_keys(self, widgets: Iterable[QWidget]) -> None:
        """Add the keys of an action to the tips of the widgets that stand for it: their property ``action``."""
        specs = {spec.id: spec for spec in self.specs}
        for widget in widgets:
            spec = specs.get(str(widget.property("action") or ""))
            if spec is not None:
                keys = f" ({native(spec.keys[0])})" if spec.keys else ""
                set_tip(widget, f"{widget.property('tip')}{keys}")

    def fill(self, bar: QMenuBar) -> dict[str, QMenu]:
        """The menus, by title."""
        # Alt and the first letter opens a menu.
        menus = {title: bar.addMenu(f"&{title}") for title in self.menus}
        below: dict[tuple[str, str], QMenu] = {}
        for spec in self.specs:
            menu, key = menus[spec.menu], (spec.menu, spec.submenu)
            if spec.separator:
                below.get(key, menu).addSeparator()
            if spec.submenu:
                menu = below.get(key) or below.setdefault(key, menu.addMenu(spec.submenu))
            menu.addAction(self.by_id[spec.id])
        return menus
