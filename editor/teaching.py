"""The lesson in a window: its panel and its offer, what of the window it is told, and what it points at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QObject, QRect
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from compute.lessons.moment import Seen
from editor.action import Actions
from editor.canvas import Canvas
from editor.guide import Guide, seen_of
from editor.notices import Notices
from editor.panels.inspector import Inspector
from editor.panels.lesson.offer import LessonOffer
from editor.panels.lesson.panel import LessonPanel
from editor.pointing import Pointing
from editor.settings import Settings
from editor.workbench import Workbench

PANEL = "lesson"


class Teaching(QObject):
    """``panel`` with what is around it; ``use`` once the window has its actions."""

    def __init__(
        self,
        window: QMainWindow,
        bench: Workbench,
        panel: LessonPanel,
        canvas: Canvas,
        inspector: Inspector,
        notices: Notices,
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self._window, self._bench, self.panel = window, bench, panel
        self._inspector, self._notices = inspector, notices
        self.guide: Guide = panel.guide
        self.guide.settings = settings
        self.guide.seen = self._seen
        self._actions: Actions | None = None
        self._menus: Mapping[str, QMenu] = {}
        self.offer = LessonOffer(self.guide, canvas)
        show = partial(bench.show_panel, shown=True)
        self.pointing = Pointing(self.guide, canvas, bench.docks, self._stands_for, show)
        self.offer.begun.connect(self.begin)
        self.offer.stands.connect(canvas.float_over)
        panel.closed.connect(self._leave)
        bench.changed.connect(self._follow)
        inspector.tabs.currentChanged.connect(self.guide.look_soon)
        panel.session.document_replaced.connect(self._opened)
        self._follow()

    def use(self, actions: Actions, menus: Mapping[str, QMenu]) -> None:
        """These are the actions that can be pointed at."""
        self._actions, self._menus = actions, menus
        panels = [(f"panel {id_}", dock.spec.title) for id_, dock in self._bench.docks.items() if id_ != PANEL]
        acts = [(f"action {spec.id}", f"{spec.menu}: {spec.text}") for spec in actions.specs if spec.menu != "Lesson"]
        self.panel.offer([*panels, *acts])

    # -- what it is told of the window ----------------------------------------------------------------------

    def _seen(self) -> Seen:
        inspector, docks = self._inspector, self._bench.docks
        tab = inspector.tabs.tabText(inspector.tabs.currentIndex()) if inspector.tabs.isVisible() else ""
        panels = frozenset(id_ for id_, dock in docks.items() if dock.in_sight)
        return seen_of(self.panel.session, tab, panels, self.guide.exports)

    def _stands_for(self, action: str) -> tuple[QWidget, Callable[[], QRect]] | None:
        """A widget in sight that stands for an action, else the title of its menu; with the part of it that does."""
        every = self._window.findChildren(QWidget)
        widget = next((each for each in every if each.property("action") == action and each.isVisible()), None)
        if widget is not None and not self.panel.isAncestorOf(widget):
            return widget, widget.geometry
        spec = next((each for each in self._actions.specs if each.id == action), None) if self._actions else None
        if spec is None:
            return None
        bar, title = self._window.menuBar(), self._menus[spec.menu].menuAction()
        return bar, lambda: bar.actionGeometry(title).translated(bar.pos())

    # -- in and out -----------------------------------------------------------------------------------------

    @property
    def on(self) -> bool:
        """Whether the panel is wanted, also where it is behind a tab."""
        return self._bench.is_shown(PANEL)

    def toggle(self) -> None:
        """Begin the lesson, come back to it, or leave it."""
        self._bench.toggle(PANEL)

    def begin(self) -> None:
        """Show the panel, at the step where the person was."""
        self._bench.show_panel(PANEL, True)

    def toggle_writing(self) -> None:
        """Write the lesson of the document, or see it as a learner does."""
        writing = not (self.panel.is_writing and self.on)
        self.panel.set_writing(writing)
        if writing:
            self._bench.show_panel(PANEL, True)

    def _leave(self, sentence: str) -> None:
        self._bench.show_panel(PANEL, False)
        self._notices.say(sentence)

    def _opened(self) -> None:
        """Another document: where it has no lesson, there is no panel for it."""
        if self.on and self.guide.lesson is None:
            self._bench.show_panel(PANEL, False)
        self._follow()

    def _follow(self) -> None:
        self.guide.set_on(self.on)
        self.guide.look_soon()
        self.offer.follow()
