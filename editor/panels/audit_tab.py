"""The tab Audit: what was found of a node or wire, line by line."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QScrollArea, QWidget

from compute.check.audit import Audit
from compute.check.result import Item
from compute.focus import Focus, Subject
from editor.canvas.paint_audit import verdict_of
from editor.panels.widgets import Sentence, clear, column, label, paragraph, scrolling
from editor.session import Session

_TITLES = {
    "ok": "It agrees",
    "kink": "It is right, with a kink",
    "failed": "It is wrong",
    "not finite": "It cannot be checked",
}


class AuditTab(QWidget):
    """A line that rests on one entry leads to it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        inside = QWidget()
        whole = column(inside, 12, 10)
        self._lines = column(spacing=8)
        whole.addLayout(self._lines)
        whole.addStretch(1)
        self._area: QScrollArea = scrolling(inside)
        column(self).addWidget(self._area)
        self._said: tuple[str, ...] = ()
        self._focus: Focus | None = None
        session.auditing.changed.connect(self._again)

    def _again(self) -> None:
        if self.isVisible() and self._focus is not None:
            self.show_focus(self._focus)

    @property
    def said(self) -> tuple[str, ...]:
        """What stands there, line by line."""
        return self._said

    def show_focus(self, focus: Focus) -> None:
        """What was found of what is in focus, as it is now."""
        self._focus = focus
        auditing, subject = self.session.auditing, focus.subject.holder
        found = auditing.shown
        if found is None:
            self._put("", [(auditing.status or "The audit is off.", None)])
            return
        facts = self.session.facts
        if subject.wire is not None:
            item = found.wire(subject.wire)
            items, more = [item] if item is not None else [], list[str]()
        else:
            items = found.of(subject.node)
            more = found.lines(subject.node, facts.label)[len(items) :]
        lines: list[tuple[str, Item | None]] = [(found.told(item, facts.label), item) for item in items]
        lines += [(text, None) for text in more]
        self._put(self._title(found, subject), lines or [("Nothing comes back here: nothing to audit.", None)])

    def _title(self, found: Audit, subject: Subject) -> str:
        verdict = verdict_of(found, subject.wire or subject.node)
        return _TITLES[verdict] if verdict is not None else ""

    def _put(self, title: str, lines: list[tuple[str, Item | None]]) -> None:
        said = (title, *(text for text, _ in lines))
        if said == self._said:
            return
        self._said = said
        clear(self._lines)
        if title:
            self._lines.addWidget(label(title, bold=True))
        for text, item in lines:
            if item is not None and item.verdict in ("failed", "kink"):
                token = "error" if item.verdict == "failed" else "text"
                line = Sentence(text, token, "Ask about this entry")
                line.clicked.connect(partial(self._go, item))
                self._lines.addWidget(line)
            else:
                self._lines.addWidget(paragraph(text, "", 9.5))

    def _go(self, item: Item) -> None:
        """To the entry that the verdict rests on, or the first kink."""
        entry = item.kinks[0].index if item.verdict == "kink" else item.worst.index if item.worst else ()
        if item.wire is not None:
            subject = Subject("wire", *item.wire[1:])
        else:
            subject = Subject("weight", item.node, item.name.removeprefix(f"{item.node}."))
        self.session.focus_on(Focus(subject, "gradient", entry))
