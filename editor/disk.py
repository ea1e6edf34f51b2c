"""Notices when the open document's file is changed or removed by another program, and asks what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QFileSystemWatcher, QObject, QTimer

from compute.files import stamp
from editor.banner import Choice
from editor.file_commands import FileCommands
from editor.notices import Notices
from editor.session import Session

SETTLE_MILLISECONDS, GONE_MILLISECONDS = 150, 1000
"""How long after a change is looked, and how long a file is away before that is said: some programs replace a file by
removing it first."""


class DiskWatch(QObject):
    """``reload``: opens the file as it is now.

    It is looked when the system tells of a change, and when the window comes to the front, since not every file system
    tells.
    """

    def __init__(
        self, session: Session, files: FileCommands, notices: Notices, reload: Callable[[], None], window: QObject
    ) -> None:
        super().__init__(window)
        self._session, self._files, self._notices, self._reload = session, files, notices, reload
        self._asked: Choice | None = None
        self._told: object = None
        """The stamp of the file that was asked about last."""
        self._away = False
        """Whether the file was not there when it was looked last."""
        self._watcher = QFileSystemWatcher(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look)
        self._watcher.fileChanged.connect(self._soon)
        # What is put in the place of the file is another file for the watcher, and only the folder tells of it.
        self._watcher.directoryChanged.connect(self._soon)
        session.document_replaced.connect(self._follow)
        session.title_changed.connect(self._follow)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowActivate:
            self._soon()
        return False

    def _soon(self, _path: str = "") -> None:
        if not self._timer.isActive():  # or a folder that changes all the time would put it off for ever
            self._timer.start(SETTLE_MILLISECONDS)

    def _follow(self) -> None:
        """Watch the file that is open now; what was asked of another is no question any more."""
        path = self._session.document.path
        wanted = {str(path), str(path.parent)} if path else set()
        watched = {*self._watcher.files(), *self._watcher.directories()}
        if watched - wanted:
            self._watcher.removePaths(sorted(watched - wanted))
        if wanted - watched:
            self._watcher.addPaths(sorted(wanted - watched))
        if self._asked is not None or path is not None:
            self._soon()

    def look(self) -> None:
        """Compare the file with what was read or written here."""
        document, path = self._session.document, self._session.document.path
        if self._files.writing:
            return  # it is looked when that is done
        found = stamp(path) if path else None
        away, self._away = self._away, found is None
        if path is None or found == document.stamp:
            self._withdraw()
            return
        self._follow_again(path)
        if found is None and not away:
            self._timer.start(GONE_MILLISECONDS)
        elif self._told != (path, found):
            self._withdraw()
            self._told = path, found
            self._asked = self._gone(path) if found is None else self._changed(path)
            self._notices.banner.ask(self._asked)

    def _follow_again(self, path: Path) -> None:
        """What was put in the place of the file is watched too."""
        if path.exists() and str(path) not in self._watcher.files():
            self._watcher.addPath(str(path))

    def _withdraw(self) -> None:
        self._told = None
        if self._asked is not None:
            self._notices.banner.withdraw(self._asked)
            self._asked = None

    def _changed(self, path: Path) -> Choice:
        here = ", and here too" if self._session.is_modified else ""
        return Choice(
            f"“{path.name}” was changed elsewhere{here}.",
            (
                ("Reload", "Open the file as it is now", self._reload),
                ("Keep mine", "Stay with what is here; saving then replaces the file", self._keep_mine),
            ),
        )

    def _keep_mine(self) -> None:
        """What is here shall replace the file as it is now, when it is saved."""
        document = self._session.document
        if document.path is not None:
            document.stamp = stamp(document.path)
            self._session.mark_unsaved()

    def _gone(self, path: Path) -> Choice:
        # What is open is all that there is of it.
        self._session.mark_unsaved()
        return Choice(
            f"“{path.name}” was removed or renamed elsewhere; what is open here is in no file now.",
            (
                ("Save again", "Write it where it was", self._files.save),
                ("Save as…", "Write it to another file", self._files.ask_save),
            ),
        )
