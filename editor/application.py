"""The program above its windows: settings, theme, the device that was chosen, and every window that is open."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from compute.cli.streams import tell
from compute.document.recovery import Recovery
from compute.stopping import NAMES, exit_code
from compute.worker.engine_choice import engine_choice
from editor import number_format, scale, theme
from editor.background import nothing
from editor.integrating import Integrating
from editor.keymap import Keymap
from editor.main_window import MainWindow
from editor.pieces import Turns, at_once
from editor.places import screen_key
from editor.reopening import Reopening
from editor.restoring import Restoring
from editor.session import Session
from editor.settings import Settings

ENDING_SECONDS, ENDING_MILLISECONDS = 10.0, 10
"""How long a signal to end waits for what is being written, and how often it looks."""


class Application:
    """Makes windows, each with a session of its own, and knows those that are open.

    wanted: what new windows compute with, as ``engine_choice`` takes it; None: what was chosen in a window before.
    """

    def __init__(self, wanted: str | None = None) -> None:
        self.settings = Settings()
        self.keymap = Keymap(self.settings)
        self.windows: list[MainWindow] = []
        self._building = Turns()
        self.recovery = Recovery()
        self.restoring = Restoring(self.recovery, self.room_for)
        self.reopening = Reopening(self.settings, self)
        self.integrating = Integrating(self.settings)
        self.status = 0
        """What the program ends with, where it was made to end."""
        self._screen = screen_key(QGuiApplication.primaryScreen())
        self._projector = self.settings.words(f"projector/{self._screen}") == "on"
        theme.set_scale(self.text_scale)
        number_format.restore()
        self._wanted = wanted if wanted is not None else self.settings.device

    def new_window(self) -> MainWindow:
        """A window on an empty document; whoever asked for it shows it."""
        return at_once(self._new_window())

    def open_window(self, then: Callable[[MainWindow], object] = nothing) -> None:
        """Show another window on an empty document once it is built, which it is between events, and do ``then``."""

        def show(window: MainWindow) -> None:
            window.places.show()
            then(window)

        self._building.finish()
        self._building.start(self._new_window(), show, self)

    def room_for(self, path: Path | None, first: MainWindow) -> MainWindow:
        """The window that has a file open, if another state of it may take its place; else ``first``, if it is free for
        it, else a new one."""
        having = [window for window in self.windows if path and window.session.document.path == path]
        return next((window for window in (*having, first) if window.is_free_for(path)), None) or self.new_window()

    def _new_window(self) -> Generator[None, None, MainWindow]:
        window = MainWindow(Session(engine_choice(self._wanted)), self)
        yield
        yield from window.building()
        window.canvas.set_reduced_motion(self.reduced_motion)
        window.session.asking.set_manner(**self.settings.manner.to_data())
        window.session.asking.settings = self.settings
        window.session.asking.changed.connect(partial(self._keep_manner, window.session))
        window.session.auditing.set_on(self.settings.audits)
        window.session.auditing.switched.connect(partial(self._keep_audits, window.session))
        window.session.costing.set_on(bool(self.settings.cost), self.settings.cost or None)
        window.session.costing.switched.connect(partial(self._keep_cost, window.session))
        if self.windows:
            window.places.step_down_from(self.windows[-1])
        self.windows.append(window)
        window.session.document_replaced.connect(self.reopening.note)
        window.session.title_changed.connect(self.reopening.note)
        return window

    def _keep_manner(self, session: Session) -> None:
        """How a walk asks is the same at the next start."""
        self.settings.manner = session.asking.manner

    def _keep_audits(self, session: Session) -> None:
        """Whether passes are audited is the same at the next start."""
        self.settings.audits = session.auditing.on

    def _keep_cost(self, session: Session) -> None:
        """By what the canvas is coloured is the same at the next start."""
        self.settings.cost = session.costing.by if session.costing.on else ""

    def open_file(self, path: Path) -> None:
        """Open a file that the system hands over: in the window that is in front, if it is free for it."""
        front = QApplication.activeWindow()
        window = next((each for each in self.windows if each is front), self.windows[-1] if self.windows else None)
        if window is not None:
            window.files.open_path(path)
            self.bring_forward(window)

    def raise_window_of(self, path: Path, but: object) -> bool:
        """Bring the window forward that has a file open, if another than ``but`` has it; says whether one has."""
        self._building.finish()  # what is asked for a moment before has its window in time
        wanted = path.resolve()
        for window in self.windows:
            if window is not but and window.files.has(wanted):
                self.bring_forward(window)
                return True
        return False

    def bring_forward(self, window: MainWindow) -> None:
        """Show a window above the others, with the keyboard in it."""
        if window.isMinimized():
            window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()

    def go_on_from(self, window: MainWindow, by: int) -> None:
        """To the next window, or with −1 to the one before."""
        self.bring_forward(self.windows[(self.windows.index(window) + by) % len(self.windows)])

    def forget(self, window: object) -> None:
        """A window has closed: it is freed with its session."""
        self._building.finish()  # without a window the program would end
        self.reopening.note(views=True)
        self.windows = [each for each in self.windows if each is not window]
        if self.windows:
            self.reopening.note()
        else:
            self.recovery.close()

    def quit(self) -> None:
        """Close every window, once each was asked what becomes of its unsaved changes; where one is to stay, all do.

        The next start opens all of them again.
        """
        self._building.finish()
        self._quit({})

    def _quit(self, agreed: dict[MainWindow, object]) -> None:
        """``agreed``: who may be closed, with the mark of the session for which that was said."""
        for window in reversed(self.windows):
            window.take_text()
            if agreed.get(window) != window.session.mark:

                def go_on(window: MainWindow = window) -> None:
                    self._quit({**agreed, window: window.session.mark})

                window.files.leave(go_on)
                return
        self.reopening.hold()
        for window in reversed(self.windows):
            window.close_unasked()

    def end(self, number: int) -> None:
        """A signal asks the program to end: what is not saved is kept for the next start, and nobody is asked.

        Files that are being written are written to the end first, as long as that takes no more than some seconds.
        """
        self._building.finish()
        self.status = exit_code(number)
        kept: set[MainWindow] = set()
        latest = time.monotonic() + ENDING_SECONDS

        def note(window: MainWindow, _done: bool) -> None:
            kept.add(window)

        for window in self.windows:
            window.keeper.keep_now(partial(note, window))

        def look() -> None:
            done = all(window in kept and not window.files.writing for window in self.windows)
            if done or time.monotonic() > latest:
                timer.stop()
                self.reopening.hold()
                left_behind = [window.end() for window in list(self.windows)]
                rest = "what was not saved comes back at the next start" if any(left_behind) else "nothing is lost"
                tell(f"stopped by {NAMES[number]}; {rest}")
                if self.windows:  # else it ends with the last one
                    QCoreApplication.exit(self.status)

        timer = QTimer(QCoreApplication.instance())
        timer.setInterval(ENDING_MILLISECONDS)
        timer.timeout.connect(look)
        timer.start()

    def set_integrated(self, integrated: bool, asked_in: MainWindow) -> None:
        """Have the system know the program by its menu and its files, or no longer; said in that window."""
        self.integrating.put(integrated, asked_in.notices, asked_in.tools.background)

    # -- what all windows share -----------------------------------------------------------------------------

    def set_theme(self, mode: theme.Mode) -> None:
        """Dark, light, or with the system; remembered."""
        self.settings.theme = mode
        theme.set_mode(mode)

    @property
    def projector(self) -> bool:
        """Whether the windows are as a projector wants them: larger text, panels out of the way."""
        return self._projector

    def set_projector(self, projector: bool) -> None:
        """In every window; remembered for the screen."""
        self._projector = projector
        self.settings.set_words(f"projector/{self._screen}", "on" if projector else "off")
        self._dress()

    @property
    def text_scale(self) -> float:
        """How large text is, 1 … 2; with a projector a size of its own."""
        chosen = self.settings.text_scale(self._screen, self._mode)
        return chosen or (scale.PROJECTOR if self._projector else 1.0)

    def set_text_scale(self, factor: float) -> None:
        """In every window; remembered for the screen."""
        self.settings.set_text_scale(self._screen, self._mode, factor)
        self._dress()

    def come_to(self, screen: str) -> None:
        """A window has come to another screen: text and panels as they were there, if they ever were."""
        self._screen = screen
        said = self.settings.words(f"projector/{screen}")
        self._projector = said == "on" if said else self._projector
        self._dress()

    @property
    def _mode(self) -> str:
        return "projector" if self._projector else "desk"

    def _dress(self) -> None:
        theme.set_scale(self.text_scale)
        for window in self.windows:
            theme.in_turn(window.places.follow_projector)
            window.actions_.update()

    def remember_device(self, wanted: str) -> None:
        """What windows compute with that are opened from now on; those that are open keep theirs."""
        self.settings.device = self._wanted = wanted

    @property
    def reduced_motion(self) -> bool:
        """Whether nothing runs across the screen by itself: as it was chosen, else as the system has it."""
        chosen = self.settings.reduced_motion
        return system_reduces_motion() if chosen is None else chosen

    def set_reduced_motion(self, reduced: bool) -> None:
        """In every window; remembered."""
        self.settings.reduced_motion = reduced
        for window in self.windows:
            window.canvas.set_reduced_motion(reduced)
            window.actions_.update()


def system_reduces_motion() -> bool:
    """Whether the system was told to show less motion, as far as Qt says so (from 6.12 on)."""
    hints = getattr(QGuiApplication.styleHints(), "accessibility", lambda: None)()
    preference = getattr(hints, "motionPreference", None)
    return preference is not None and preference().name == "ReducedMotion"
