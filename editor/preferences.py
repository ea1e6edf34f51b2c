"""The settings on one sheet, section by section; another section is another entry of the list."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from compute.errors import GradwireError
from compute.integration import here
from compute.numbers_text import MOST_DIGITS, Format, chosen
from editor import number_format, theme
from editor.action import Actions
from editor.panels.widgets import Combo, Segments, Switch, button, column, frame, label, scrolling
from editor.plain import set_tip
from editor.scale import SCALES, nearest, px
from editor.windows import Windows


@dataclass(frozen=True)
class Section:
    """title, and what makes the widget under it; it is made when the sheet is first shown, and keeps up by itself."""

    title: str
    make: Callable[[Windows, Actions], QWidget]


class Lines(QWidget):
    """Names at the left, and what is chosen at the right; ``refresh`` shows what holds now."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(10)
        self._grid.setColumnStretch(1, 1)
        theme.notifier.changed.connect(self._measure)
        self._measure()

    def _measure(self) -> None:
        """The sections have their columns in common."""
        self._grid.setColumnMinimumWidth(0, px(130))

    def add(self, name: str, editor: QWidget, tip: str) -> None:
        """Another line."""
        line = self._grid.rowCount()
        text = label(name)

        for each in (text, editor):
            set_tip(each, tip)
        text.setBuddy(editor)
        self._grid.addWidget(text, line, 0)
        self._grid.addWidget(editor, line, 1, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def refresh(self) -> None:
        """Show what holds now."""


class Looks(Lines):
    """Theme, size of text, motion."""

    def __init__(self, windows: Windows, _actions: Actions) -> None:
        super().__init__()
        self._windows = windows
        self.theme = Segments((("dark", "Dark"), ("light", "Light"), ("system", "As the system")), "Theme")
        self.text_size = Combo([(f"{each:g}", f"{round(100 * each)} %") for each in SCALES], "Text size")
        self.motion = Switch("Reduced motion")
        self.add("Theme", self.theme, "Light text on a dark ground, dark on light, or as the system has it.")
        self.add(
            "Text size",
            self.text_size,
            "Of the size that the system has; remembered for this screen, and for projector mode by itself.",
        )
        self.add(
            "Reduced motion",
            self.motion,
            "Nothing runs across the screen by itself: no marks on wires in a walk, and nodes jump into place.",
        )
        self.theme.chosen.connect(windows.set_theme)
        self.text_size.activated.connect(self._resize)
        self.motion.toggled.connect(windows.set_reduced_motion)
        theme.notifier.changed.connect(self.refresh)

    def _resize(self) -> None:
        self._windows.set_text_scale(float(self.text_size.key))

    def refresh(self) -> None:
        """Show what holds now."""
        windows = self._windows
        self.theme.choose(windows.settings.theme)
        self.text_size.choose(f"{nearest(windows.text_scale):g}")
        self.motion.blockSignals(True)
        self.motion.setChecked(windows.reduced_motion)
        self.motion.blockSignals(False)


class Screen(Lines):
    """Projector mode, full screen, and the panels."""

    def __init__(self, windows: Windows, actions: Actions) -> None:
        super().__init__()
        self._windows = windows
        self.projector = Switch("Projector mode")
        self.reset = button("Reset layout")
        self.add(
            "Projector mode",
            self.projector,
            "Larger text, and panels out of the way; those that are called back stay.",
        )
        self.add("Panels", self.reset, "Every panel where it was at the first start.")
        self.projector.toggled.connect(windows.set_projector)
        self.reset.clicked.connect(lambda: actions.by_id["reset_layout"].trigger())

    def refresh(self) -> None:
        """Show what holds now."""
        self.projector.blockSignals(True)
        self.projector.setChecked(self._windows.projector)
        self.projector.blockSignals(False)


class Numbers(Lines):
    """How the numbers of tensors are written."""

    def __init__(self, _windows: Windows, _actions: Actions) -> None:
        super().__init__()
        self.kind = Combo(number_format.NAMES, "Format of numbers")
        self.kind.setMinimumContentsLength(18)
        self.digits = Combo([(str(each), str(each)) for each in range(MOST_DIGITS + 1)], "Digits")
        self.sample = label("", "dim", mono=True)
        self.add("Format", self.kind, "Of numbers in tables, pictures and lists, and on wires as far as they fit.")
        self.add("Digits", self.digits, "Significant, or after the point.")
        self.add("As in", self.sample, "Three numbers in this format.")
        for each in (self.kind, self.digits):
            each.activated.connect(self._put)
        number_format.notifier.changed.connect(self.refresh)

    def _put(self) -> None:
        kinds = dict(number_format.NAMES)
        number_format.put(Format(next(each for each in kinds if each == self.kind.key), int(self.digits.key)))

    def refresh(self) -> None:
        """Show what holds now."""
        now = chosen()
        self.kind.choose(now.kind)
        self.digits.choose(str(now.digits))
        self.digits.setEnabled(now.kind not in ("short", "full"))
        self.sample.setText("   ".join(map(now.text, (-0.0123456789, 3.14159265, 1234.5))))


class System(Lines):
    """Whether the system knows the program."""

    def __init__(self, windows: Windows, _actions: Actions) -> None:
        super().__init__()
        self._windows = windows
        self.menu = Switch("In the system's menu")
        self.add(
            "System's menu",
            self.menu,
            "An entry in the system's menu, with its icon, and .gradwire files that open by a double-click; for you "
            "alone.",
        )
        self.menu.toggled.connect(self._put)

    def _put(self, on: bool) -> None:
        owner = self.window().parentWidget()
        self._windows.set_integrated(on, owner)

    def refresh(self) -> None:
        """Show what holds now."""
        self.menu.blockSignals(True)
        with suppress(GradwireError, OSError):
            self.menu.setChecked(here.is_integrated())
        self.menu.blockSignals(False)


class Keys(Lines):
    """The way to the page of shortcuts."""

    def __init__(self, _windows: Windows, actions: Actions) -> None:
        super().__init__()
        self.change = button("Change shortcuts…")
        self.add("Shortcuts", self.change, "Give actions other keys.")
        self.change.clicked.connect(lambda: self._lead_there(actions))

    def _lead_there(self, actions: Actions) -> None:
        self.window().close()
        actions.by_id["shortcuts"].trigger()


SECTIONS: tuple[Section, ...] = (
    Section("Looks", Looks),
    Section("Numbers", Numbers),
    Section("Screen", Screen),
    Section("System", System),
    Section("Keys", Keys),
)


class Preferences(QFrame):
    """The sheet; a click beside it or Esc puts it away. Every change is taken at once, in every window."""

    def __init__(self, parent: QWidget, windows: Windows, actions: Actions) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._window = parent
        self.setProperty("kind", "popup")
        self.setAccessibleName("Settings")
        page = QWidget()
        layout = column(page, 0, 10)
        layout.setContentsMargins(28, 22, 28, 24)
        layout.addWidget(label("Settings", bold=True, points=14))
        layout.addWidget(label("Taken at once, and remembered.", "dim", 9.5))
        self.sections: dict[str, QWidget] = {}
        for section in SECTIONS:
            layout.addSpacing(10)
            layout.addWidget(label(section.title, "accent", 10, bold=True))
            layout.addWidget(frame("line"))
            self.sections[section.title] = section.make(windows, actions)
            layout.addWidget(self.sections[section.title])
        layout.addStretch(1)
        self._page = page
        whole = column(self, 1, 0)
        whole.addWidget(scrolling(page))
        theme.dress(self)
        page.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self._place()  # its text has another size
        return super().eventFilter(watched, event)

    def toggle(self) -> None:
        """Show it in the middle of the window, with what holds now, or put it away."""
        if self.isVisible():
            self.close()
            return
        for each in self.sections.values():
            if isinstance(each, Lines):
                each.refresh()
        self._place()
        self.show()
        self.setFocus(Qt.FocusReason.PopupFocusReason)
        self.focusNextChild()

    def _place(self) -> None:
        window, hint = self._window, self._page.sizeHint()
        self.resize(
            min(max(hint.width() + 16, px(420)), window.width() - 16),
            min(hint.height() + 4, window.height() - 80),
        )
        corner = window.mapToGlobal(window.rect().topLeft())
        self.move(
            corner.x() + (window.width() - self.width()) // 2, corner.y() + (window.height() - self.height()) // 2
        )
