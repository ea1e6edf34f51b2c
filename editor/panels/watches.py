"""The panel Watches: what is watched and how it stands, and a line that watches what is in focus."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QSizePolicy, QWidget

from compute.document import Watch
from compute.focus import Focus
from compute.watches.fault import named
from compute.watches.kinds import KINDS
from editor import theme
from editor.panels.widgets import (
    Combo,
    Elided,
    Sentence,
    button,
    clear,
    column,
    label,
    of_action,
    paragraph,
    row,
    scrolling,
    set_kind,
    tool,
)
from editor.plain import set_tip
from editor.scale import px
from editor.session import Session

_BUSY_MILLISECONDS = 200
"""While training runs the measures are written anew so often."""


def limit_text(limit: float) -> str:
    """A limit as it is typed."""
    return f"{limit:g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def read_limit(text: str, kind: str) -> float:
    """What was typed for a limit. Errors: ValueError with a sentence."""
    param = KINDS[kind].limit
    assert param is not None
    text = text.strip().replace("−", "-").replace(",", ".")
    share = text.endswith("%")
    try:
        value = float(text.rstrip("%")) / (100 if share else 1)
    except ValueError:
        raise ValueError("Type a number, such as 10, 1e-6 or 50 %.") from None
    try:
        return float(param.check(value))
    except ValueError as error:
        raise ValueError(f"The limit {error}.") from None


class LimitLine(QLineEdit):
    """``entered``: another limit that can be one."""

    entered = Signal(float)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.kind = ""
        self.setFont(theme.mono_font(9.5))
        self.setAccessibleName(name)
        self.setFixedWidth(px(84))
        self.editingFinished.connect(self._take)

    def show_limit(self, kind: str, limit: float) -> None:
        """Another limit, unless one is being typed."""
        self.kind = kind
        if not (self.hasFocus() and self.isModified()):
            self.setText(limit_text(limit))
            self.complain("")

    def complain(self, sentence: str) -> None:
        """Say what is wrong with what was typed; "": nothing."""
        set_kind(self, "true" if sentence else "false", "invalid")
        set_tip(self, sentence)

    def limit(self) -> float | None:
        """What is typed; None where it is none, which is said."""
        try:
            found = read_limit(self.text(), self.kind)
        except ValueError as error:
            self.complain(str(error))
            return None
        self.complain("")
        return found

    def _take(self) -> None:
        found = self.limit() if self.isModified() else None
        if found is not None:
            self.setModified(False)
            self.entered.emit(found)


class WatchRow(QWidget):
    """One watch. ``clicked``: a person wants to see it; ``limited``: another limit; ``closed``: watch it no longer."""

    clicked = Signal()
    limited = Signal(float)
    closed = Signal()

    def __init__(self, watch: Watch, name: str) -> None:
        super().__init__()
        self.watch = watch
        kind = watch.known
        title = f"{name[0].upper()}{name[1:]}: {kind.title if kind else watch.kind}"
        self.title = Sentence(title, "text", "Ask about what is watched")
        self.limit = LimitLine(f"Limit of {title}")
        self.limit.setVisible(kind is not None and kind.limit is not None)
        self.state = Elided("dim", 9.0)
        self.gone = tool("close", f"Stop watching {title}", token="text_dim")
        top = row(spacing=8)
        top.addWidget(self.title, 1)
        top.addWidget(self.limit)
        top.addWidget(self.gone)
        whole = column(self, 0, 0)
        whole.addLayout(top)
        self.state.setContentsMargins(4, 0, 0, 2)
        whole.addWidget(self.state)
        self.title.clicked.connect(self.clicked)
        self.limit.entered.connect(self.limited)
        self.gone.clicked.connect(self.closed)

    def show_standing(self, watch: Watch, kind: str, said: str) -> None:
        """Its limit, and how it stands."""
        self.watch = watch
        if watch.known is not None and watch.known.limit is not None:
            self.limit.show_limit(watch.kind, watch.bound)
        self.state.set_text(said or "not set off")
        set_kind(self.state, "error" if kind == "set off" else "dim")


class WatchesPanel(QFrame):
    """Follows the document's watches, the focus and the numbers on show."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.watching = session, session.watching
        self.setProperty("kind", "panel")
        self.setAccessibleName("Watches")
        self.what = Elided("", 10.0, bold=True)
        self.kind = Combo(name="What to watch for")
        self.kind.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.limit = LimitLine("Limit")
        self.add = of_action(button("Watch"), "watch", "Watch this from now on")
        self.help = paragraph("", "dim", 9.0)
        self.empty = paragraph(
            "Nothing is watched. A step whose loss or gradient is not finite stops training all the same.", "dim", 9.5
        )
        self._list = QWidget()
        self._rows = column(self._list, 0, 4)
        self.rows: list[WatchRow] = []
        inside = QWidget()
        whole = column(inside, 0, 8)
        whole.setContentsMargins(12, 10, 12, 12)
        line = row(spacing=8)
        line.addWidget(self.kind, 1)
        line.addWidget(self.limit)
        line.addWidget(self.add)
        whole.addWidget(self.what)
        whole.addLayout(line)
        whole.addWidget(self.help)
        whole.addSpacing(4)
        whole.addWidget(label("Watched", "", 10.0, bold=True))
        whole.addWidget(self.empty)
        whole.addWidget(self._list)
        whole.addStretch(1)
        column(self).addWidget(scrolling(inside))
        self._busy = QTimer(self)
        self._busy.setSingleShot(True)
        self._busy.setInterval(_BUSY_MILLISECONDS)
        self._busy.timeout.connect(self._tell)
        self.kind.activated.connect(self._choose_kind)
        self.add.clicked.connect(self._add)
        self.limit.returnPressed.connect(self._add)
        session.focus_changed.connect(self._follow_focus)
        session.document_replaced.connect(self._refresh)
        session.document_edited.connect(self._refresh)
        session.snapshot_changed.connect(self._follow)
        self._refresh()

    def take_keys(self) -> None:
        """The keyboard comes to the choice of a kind."""
        self._follow_focus()
        self.kind.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- what is in focus ------------------------------------------------------------------------------------

    @property
    def _focus(self) -> Focus | None:
        focus = self.session.focus
        return focus if focus is not None and focus.subject.there(self.session.document.graph) else None

    def _follow_focus(self, _focus: object = None) -> None:
        focus = self._focus
        kinds = self.watching.kinds(focus) if focus is not None else []
        name = ""
        if focus is not None and kinds:
            name = named(focus.asks(self.session.document.graph), self.session.facts.label)
        before = self.kind.key
        self.kind.set_pairs([(kind.name, kind.title) for kind in kinds])
        if kinds and not self.kind.key:
            self.kind.setCurrentIndex(0)
        self.what.set_text(f"Watch {name}" if name else "Click a number, a wire or a node to watch it")
        for part in (self.kind, self.add):
            part.setEnabled(bool(kinds))
        if self.kind.key != before or not kinds:
            self._choose_kind()

    def _choose_kind(self, _index: int = 0) -> None:
        kind = KINDS.get(self.kind.key)
        self.limit.setVisible(kind is not None and kind.limit is not None)
        self.help.setText(kind.help if kind is not None else "")
        self.help.setVisible(kind is not None)
        if kind is not None and kind.limit is not None:
            self.limit.setModified(False)
            self.limit.show_limit(kind.name, float(kind.limit.default))

    def _add(self) -> None:
        focus, kind = self._focus, KINDS.get(self.kind.key)
        if focus is None or kind is None:
            return
        limit = self.limit.limit() if kind.limit is not None else None
        if kind.limit is None or limit is not None:
            self.limit.setModified(False)
            self.watching.add(focus, kind.name, limit)

    # -- what is watched -------------------------------------------------------------------------------------

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self._refresh()

    def _refresh(self, _edit: object = None) -> None:
        if not self.isVisible() and self.rows:
            return
        self._follow_focus()
        watches = self.watching.watches
        if [row.watch.place for row in self.rows] != [watch.place for watch in watches]:
            clear(self._rows)
            self.rows = []
            for watch in watches:
                made = WatchRow(watch, self.watching.name(watch))
                made.clicked.connect(partial(self._show, made))
                made.limited.connect(partial(self._limit, made))
                made.closed.connect(partial(self._close, made))
                self._rows.addWidget(made)
                self.rows.append(made)
        self.empty.setVisible(not watches)
        self._list.setVisible(bool(watches))
        self._tell()

    def _follow(self, _snapshot: object = None) -> None:
        if not self.isVisible():
            return
        if self.session.snapshot.state == "running":
            if not self._busy.isActive():
                self._busy.start()
        else:
            self._tell()

    def _tell(self) -> None:
        for made, watch in zip(self.rows, self.watching.watches, strict=False):
            made.show_standing(watch, *self.watching.standing(watch))

    def _show(self, made: WatchRow) -> None:
        fault = self.watching.fault
        if fault is not None and made.watch == self.watching.set_off():
            self.watching.show(fault)
        elif made.watch.subject.there(self.session.document.graph):
            self.session.focus_on(Focus(made.watch.subject, made.watch.side))

    def _limit(self, made: WatchRow, limit: float) -> None:
        self.watching.set_limit(made.watch, limit)

    def _close(self, made: WatchRow) -> None:
        self.watching.remove(made.watch)
