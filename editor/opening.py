"""How the open document opens for others: what is out of sight and locked, until one leaves that view."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from compute.document import LOCKS, Opening
from editor.panels.transport import Transport
from editor.session import Session
from editor.workbench import Workbench


class OpeningView(QObject):
    """In force from when such a document opens until one leaves the view; a teacher's own exercise opens as it is."""

    changed = Signal()

    def __init__(self, session: Session, bench: Workbench, transport: Transport) -> None:
        super().__init__(session)
        self._session, self._bench, self._transport = session, bench, transport
        self._left = self._forced = False
        session.document_replaced.connect(self._replaced)
        session.document_edited.connect(self._follow)

    @property
    def opening(self) -> Opening:
        """What the document says of it."""
        return self._session.document.opening or Opening()

    @property
    def there(self) -> bool:
        """Whether the document opens in another way than all others."""
        return self._session.document.opening is not None

    @property
    def in_force(self) -> bool:
        """Whether it is seen in that way now."""
        exercise = self._session.document.exercise
        setting = exercise is not None and exercise.learner is None
        return self.there and not self._left and not setting

    def toggle(self) -> None:
        """Leave the view, or come back to it."""
        self._left = self.in_force
        self._follow()
        self._session.message.emit(
            "The document is seen as it opens." if self.in_force else "Everything is in sight, and nothing locked."
        )

    def take_panels(self) -> None:
        """Have it open with those panels hidden that are hidden now."""
        shown = [id_ for id_ in self._bench.docks if self._bench.is_shown(id_)]
        hidden = tuple(id_ for id_ in self._bench.docks if id_ not in shown)
        self._set("Open with these panels", replace(self.opening, hidden=hidden))

    def show_all(self) -> None:
        """Have it open as any other."""
        self._set("Open with nothing hidden or locked", None)

    def lock(self, what: str) -> None:
        """Lock something, or no longer."""
        locked = what not in self.opening.locked
        text = f"Lock {LOCKS[what]} for others" if locked else f"Allow {LOCKS[what]}"
        found = self.opening.locking(what, locked=locked)
        self._set(text, found if found.hidden or found.locked else None)

    def _set(self, text: str, opening: Opening | None) -> None:
        # Whoever sets it goes on with what is in sight; others see it when they open the document.
        self._left = True
        self._session.apply(self._session.edits.set_opening(text, opening))

    def _replaced(self) -> None:
        self._left = False
        self._follow()

    def _follow(self, _edit: object = None) -> None:
        force = self.in_force
        locked = frozenset(self.opening.locked) if force else frozenset[str]()
        self._session.locks.held = locked
        self._bench.withhold(self.opening.hidden if force else ())
        came_back, self._forced = self._forced and not force, force
        if came_back and self._session.document.exercise is not None and self._bench.is_shown("exercise"):
            self._bench.show_panel("exercise", True)  # in front of those that came back
        _show(self._transport, "train" not in locked)
        self.changed.emit()


def _show(widget: QWidget, shown: bool) -> None:
    if widget.isHidden() == shown:
        widget.setVisible(shown)
