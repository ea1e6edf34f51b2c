"""The strip above the canvas while numbers are held at others, or two states are compared."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QSizePolicy, QWidget

from compute.focus import Focus
from editor.panels.flow import Flow
from editor.panels.scrub import Scrub
from editor.panels.widgets import Elided, Segments, button, label, tool
from editor.plain import set_tip
from editor.scale import px
from editor.session import Session


class WhatIfStrip(QFrame):
    """What is held or compared; of the number in focus what it would be, typed or dragged. Esc leaves it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("Banner")
        self.setProperty("kind", "calm")
        self.setAccessibleName("What if")
        self.title = label("What if", bold=True)
        self.summary = Elided()
        self.place = label("", "dim", 9.5)
        self.field = Scrub("What the number would be", "Type another number, or drag it to the left or right")
        self.reach = Segments((("one", "This one"), ("all", "All")), "How many numbers are held")
        self.freeze = button("Freeze", tip="It stays what it is, whatever else changes", kind="flat")
        self.cut = button("Cut", tip="The wire in focus carries nothing", kind="flat")
        self.release = button("Release", tip="It is again what it is", kind="flat")
        self.keep = button("Keep", tip="Weights and constants are so from now on; Undo takes that back")
        self.close_ = tool("close", "Leave", "The numbers are again what they are (Esc)", "text_dim")
        self._holding: list[QWidget] = [
            self.place,
            self.field,
            self.reach,
            self.freeze,
            self.cut,
            self.release,
            self.keep,
        ]
        self.summary.setMinimumWidth(px(180))
        self.summary.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        layout = Flow(self, spacing=8)
        layout.setContentsMargins(16, 6, 8, 6)
        for each in (self.title, self.summary, *self._holding):
            layout.addWidget(each)
        layout.push()
        layout.addWidget(self.close_)
        what_if = session.what_if
        self.field.put.connect(self._put)
        self.field.dragged.connect(self._put)
        self.freeze.clicked.connect(lambda: freeze(session, whole=self._whole))
        self.cut.clicked.connect(lambda: cut(session))
        self.release.clicked.connect(lambda: release(session))
        self.keep.clicked.connect(lambda: what_if.keep(session))
        self.close_.clicked.connect(what_if.leave)
        what_if.changed.connect(self._follow)
        what_if.held_changed.connect(self._follow)
        session.focus_changed.connect(self._follow)
        session.sample_changed.connect(self._follow)
        self.hide()

    @property
    def _whole(self) -> bool:
        return self.reach.key == "all"

    def _follow(self, _changed: object = None) -> None:
        """What is held, and the number in focus, as they are now."""
        what_if, focus = self.session.what_if, self.session.focus
        if not what_if.on:
            if self.isVisible() and self.isAncestorOf(QApplication.focusWidget() or self):
                self.setFocus()
            self.reach.choose("one")  # the next what-if begins with a single number
            self.hide()
            return
        holding = what_if.holds_numbers
        self.title.setText("What if" if holding else "Difference")
        self.summary.set_text(what_if.summary)
        for each in self._holding:
            each.setVisible(holding)
        value = value_in(self.session, focus) if focus is not None else None
        held = what_if.held_at(focus) if focus is not None else None
        if held is not None and held.value is not None and value is not None:
            value = held.value  # even before it is worked out
        self.place.setText(named(self.session, focus) if value is not None and focus is not None else "")
        self.field.show_value(value)
        wire = focus is not None and focus.subject.wire is not None
        self.freeze.setEnabled(value is not None and focus is not None and focus.subject.kind != "weight")
        self.cut.setEnabled(wire and value is not None)
        self.release.setEnabled(held is not None)
        self.keep.setEnabled(what_if.can_keep)
        set_tip(self.summary, what_if.summary)
        self.show()

    def _put(self, value: float) -> None:
        focus = self.session.focus
        if focus is not None:
            self.session.what_if.hold(focus, value, whole=self._whole)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.session.what_if.leave()
        else:
            super().keyPressEvent(event)


def value_in(session: Session, focus: Focus) -> float | None:
    """What the number in focus is now, of a wire what it carries; None where it is not computed."""
    facts, what_if = session.facts, session.what_if
    value = Focus(focus.subject, "value", focus.entry)
    entry, wire = value.entry_in(facts), focus.subject.wire
    if entry is None or not focus.subject.there(facts.graph):
        return None
    pair = what_if.shown(session.snapshot.trace)
    if wire is not None and pair is not None and wire in pair.carried:
        return float(pair.carried[wire][entry])
    return facts.at(value.asks(facts.graph), entry)


def named(session: Session, focus: Focus) -> str:
    """The number in focus as people call it."""
    what_if = session.what_if
    place = what_if.place_of(focus)
    return what_if.place_name(*place) if place is not None else ""


def freeze(session: Session, *, whole: bool = True) -> None:
    """What is in focus stays what it is, whatever else changes."""
    if session.focus is not None:
        session.what_if.hold(session.focus, None, whole=whole)


def cut(session: Session) -> None:
    """The wire in focus carries nothing."""
    if session.focus is not None and session.focus.subject.wire is not None:
        session.what_if.hold(session.focus, 0.0, whole=True)


def release(session: Session) -> None:
    """What is in focus is no longer held."""
    if session.focus is not None:
        session.what_if.release(session.focus)
