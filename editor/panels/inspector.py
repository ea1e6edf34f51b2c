"""The inspector: everything about what is in focus; about the document while nothing is."""

from __future__ import annotations

from typing import TypeVar, cast

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QTabWidget, QWidget

from compute.check.audit import Audit
from compute.focus import Subject
from compute.walk_state import WalkState
from editor import number_format, theme
from editor.panels.audit_tab import AuditTab
from editor.panels.formula import BUSY_MILLISECONDS
from editor.panels.header import Header
from editor.panels.neurons_tab import has_neurons, layer_at
from editor.panels.overview import Overview
from editor.panels.settings_tab import SettingsTab
from editor.panels.tabs import TABS, News, Shows
from editor.panels.why import WhyTab
from editor.panels.widgets import column
from editor.panes import in_reach
from editor.scale import px
from editor.session import Session

MUCH = 20_000
"""So many numbers of a node are many for a tab that is made."""
FILL_MILLISECONDS = 8
"""After it is made it is laid out, and then filled."""
WARM_MILLISECONDS = 300
"""After the window stands, what draws formulas is loaded."""

LEAST = 100
"""So high is it at least, in pixels at the system's text size."""
T = TypeVar("T", bound=QWidget)


class _Later(QWidget):
    """In place of a tab that nobody has turned to yet."""


class Inspector(QFrame):
    """Header, the sentence of a problem, and tabs; only the tab in sight is kept up to date, and each is made when it
    is first turned to. ``data_requested``: what a node reads is to be shown. ``made``: there is another part of it."""

    data_requested = Signal()
    made = Signal(object)
    remedy_asked = Signal(object)
    room_wanted = Signal()
    """What is shown needs half of the window."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setProperty("kind", "panel")
        self.setAccessibleName("Inspector")
        self.overview = Overview(session)
        self.header = Header(session)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setExpanding(False)
        self.tabs.tabBar().setObjectName("Tabs")
        self.tabs.tabBar().setFont(theme.ui_font(9.0))
        self.tabs.setUsesScrollButtons(True)
        for tab in TABS:
            self.tabs.addTab(_Later(), tab.title)
        self._wanted: QWidget = self.tab(WhyTab)
        self._step: tuple[int, str] | None = None
        self._audit: Audit | None = None
        about = QWidget()
        layout = column(about, 0, 0)
        layout.addWidget(self.header)
        layout.addWidget(self.tabs, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.overview)
        self._pages.addWidget(about)
        column(self).addWidget(self._pages)
        self._busy = QTimer(self)
        self._busy.setSingleShot(True)
        self._busy.setInterval(BUSY_MILLISECONDS)
        self._busy.timeout.connect(self._renumber)
        self._warm = QTimer(self)
        self._warm.setSingleShot(True)
        self._warm.setInterval(WARM_MILLISECONDS)
        self._warm.timeout.connect(self.tab(WhyTab).warm_up)
        self._listen()
        self._choose()

    def _listen(self) -> None:
        session = self.session
        session.document_replaced.connect(self._choose)
        session.document_edited.connect(self._choose)
        session.focus_changed.connect(self._choose)
        session.asked.connect(self._explain)
        session.walk_changed.connect(self._walked)
        session.sample_changed.connect(self._resample)
        session.snapshot_changed.connect(self._follow)
        session.what_if.changed.connect(self._compare)
        session.auditing.changed.connect(self._audited)
        session.auditing.asked.connect(lambda: self.show_tab("Audit"))
        self.tabs.currentChanged.connect(self._turned)
        number_format.notifier.changed.connect(self._written_otherwise)
        self.header.problem_box.remedy_asked.connect(self.remedy_asked)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._warm.start()

    def sizeHint(self) -> QSize:
        return QSize(340, 600)

    def minimumSizeHint(self) -> QSize:
        # On a low screen with large text a page is cut short, or the panel would lie over those below.
        hint = super().minimumSizeHint()
        return QSize(hint.width(), min(hint.height(), px(LEAST)))

    def tab(self, kind: type[T]) -> T:
        """The tab that is of a class."""
        page = self._page(_at(kind))
        assert isinstance(page, kind)
        return page

    def _page(self, index: int) -> QWidget:
        """A tab, which is made if it was not wanted before."""
        page = self.tabs.widget(index)
        assert page is not None
        if not isinstance(page, _Later):
            return page
        made, current, visible = TABS[index].make(self.session), self.tabs.currentIndex(), self.tabs.isTabVisible(index)
        made.setAccessibleName(TABS[index].title)
        if isinstance(made, SettingsTab):
            made.data_requested.connect(self.data_requested)
        before = self.tabs.blockSignals(True)
        self.tabs.insertTab(index, made, TABS[index].title)
        self.tabs.setTabVisible(index, visible)
        self.tabs.setCurrentIndex(current)
        self.tabs.removeTab(index + 1)
        self.tabs.blockSignals(before)
        page.deleteLater()
        self.made.emit(made)
        return made

    @property
    def _front(self) -> QWidget:
        """The tab in front."""
        return self._page(self.tabs.currentIndex())

    def show_tab(self, title: str) -> None:
        """Bring a tab to the front."""
        index = next(i for i in range(self.tabs.count()) if self.tabs.tabText(i) == title)
        self.tabs.setCurrentIndex(index)

    def show_neurons(self) -> None:
        """The layers that what is in focus belongs to, else the first that there are, as circles and lines."""
        focus = self.session.focus
        asked = [] if focus is None else [focus.subject.source(self.session.document.graph)]
        node = layer_at(self.session, asked)
        if node is None:
            self.session.message.emit("There are no neurons to show: no Dense layer is computed.")
            return
        if self.subject is None or not has_neurons(self.session, self.subject.holder):
            self.session.select([node])
        self.show_tab("Neurons")
        self.room_wanted.emit()
        self.take_keys()

    def show_setting(self, name: str) -> None:
        """Bring the settings to the front, with the keyboard in the field of that name."""
        self.show_tab("Settings")
        field = self.tab(SettingsTab).form.fields.get(name)
        if field is not None:
            reach = in_reach(field)
            (reach[0] if reach else field).setFocus(Qt.FocusReason.OtherFocusReason)

    def take_keys(self) -> None:
        """The keyboard comes to the first control of the tab in front, once a form that is made anew is shown."""
        QTimer.singleShot(0, self, self._take_keys)

    def _take_keys(self) -> None:
        reach = [each for each in in_reach(self._front) if not isinstance(each, QScrollArea)]
        (reach[0] if reach else self.tabs.tabBar()).setFocus(Qt.FocusReason.TabFocusReason)

    # -- what it is about -----------------------------------------------------------------------------------

    @property
    def subject(self) -> Subject | None:
        """What is in focus, as far as the document has it."""
        focus = self.session.focus
        return focus.subject if focus is not None and focus.subject.there(self.session.document.graph) else None

    def _choose(self) -> None:
        self._pages.setCurrentIndex(0 if self.subject is None else 1)
        self._offer_tabs()
        self._refresh()

    def _explain(self) -> None:
        self._wanted = self.tab(WhyTab)
        self.tabs.setCurrentWidget(self._wanted)

    def _walked(self, walk: WalkState | None) -> None:
        """Each step of a walk is explained; what is turned to then stays in sight until the next step."""
        step = None if walk is None else (walk.index, walk.granularity)
        moved, self._step = step != self._step, step
        if walk is not None and moved:
            self.tabs.setCurrentWidget(self.tab(WhyTab))
        elif walk is None:
            self._offer_tabs()
        self._refresh("walk")

    def _offer_tabs(self) -> None:
        subject = self.subject
        if subject is None:
            return
        # Hiding a tab may turn to another, which is not what the person wants to see from now on.
        self.tabs.blockSignals(True)
        for index, tab in enumerate(TABS):
            self.tabs.setTabVisible(index, tab.offered(self.session, subject.holder))
        if self.tabs.isTabVisible(self.tabs.indexOf(self._wanted)) and self.session.walk is None:
            self.tabs.setCurrentWidget(self._wanted)
        self._page(self.tabs.currentIndex())
        self.tabs.blockSignals(False)

    def _turned(self) -> None:
        new = isinstance(self.tabs.currentWidget(), _Later)
        if self.session.walk is None:
            self._wanted = self._front
        if new and self._front.isVisible() and self._has_much():
            # A tab that is made now is laid out first; with large tables in it, both in one turn would hold the window.
            QTimer.singleShot(FILL_MILLISECONDS, self, self._refresh)
        else:
            self._refresh()

    def _has_much(self) -> bool:
        """Whether there are many numbers to the node or wire in focus."""
        subject, snapshot = self.subject, self.session.snapshot
        if subject is None:
            return False
        trace, source = snapshot.trace, subject.holder.source(self.session.document.graph)
        own = (trace.parameters.get(f"{source}.{name}") for name in snapshot.analysis.weights_of(source))
        return any(array is not None and array.size >= MUCH for array in (trace.values.get(source), *own))

    # -- keeping up -----------------------------------------------------------------------------------------

    def _renumber(self) -> None:
        self._refresh("numbers")

    def _resample(self) -> None:
        self._refresh("sample")

    def _follow(self) -> None:
        snapshot = self.session.snapshot
        # A step that is shown by itself is followed at once, so that the same loss stands everywhere.
        if snapshot.state != "running" or snapshot.batch.before is not None:
            self._offer_tabs()
            self._renumber()
        else:
            self._renumber_soon()

    def _compare(self) -> None:
        """Other numbers of a what-if, which may follow each other as fast as one drags."""
        if self.session.what_if.pair is None:
            self._renumber()
        else:
            self._renumber_soon()

    def _renumber_soon(self) -> None:
        """At once where that costs little, else as often as anybody can follow."""
        session, tab = self.session, TABS[self.tabs.currentIndex()]
        if tab.quick and session.focus is not None and self.subject is not None:
            cast(Shows, self._front).show_focus(session.focus)
        if not self._busy.isActive():
            self._busy.start()

    def _audited(self) -> None:
        """It is on or off, or something else is found."""
        if self.tabs.isTabVisible(_at(AuditTab)) != self.session.auditing.on:
            self._offer_tabs()
        found, self._audit = self._audit, self.session.auditing.shown
        if self.session.focus is None:
            self.overview.refresh()
        elif found is not self._audit and self.tabs.currentIndex() != _at(AuditTab):
            self._renumber()  # whose numbers have badges now, or none any more

    def _written_otherwise(self) -> None:
        """Numbers are written in another format."""
        self.tab(WhyTab).forget()
        self._refresh()

    def _refresh(self, news: News | None = None) -> None:
        """Show what is in focus as it is now; without news, something else is in focus or in sight."""
        self._busy.stop()
        focus = self.session.focus
        if focus is None:
            self.overview.refresh()
        elif self.subject is not None:
            self.header.show_subject(focus.subject)
            if news is None or news in TABS[self.tabs.currentIndex()].follows:
                cast(Shows, self._front).show_focus(focus)


def _at(kind: type[QWidget]) -> int:
    """The place of a tab in the bar."""
    return next(i for i, tab in enumerate(TABS) if tab.make is kind)
