"""The menu of what can compute: the best device, one of those that work, or the reference engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from compute.worker.engine_choice import AUTO, REFERENCE
from editor.background import Background
from editor.plain import caption, set_tip
from editor.session import Session
from editor.theme import dress

if TYPE_CHECKING:
    from compute.opencl.devices import DeviceInfo


class DeviceMenu(QMenu):
    """Made anew whenever it opens. ``choose`` is called with what ``engine_choice`` takes.

    The check mark is at what computes: at the choice itself, or at what stands in for it.
    """

    def __init__(
        self, session: Session, background: Background, choose: Callable[[str], None], parent: QWidget | None = None
    ) -> None:
        super().__init__("Device", parent)
        self.setToolTipsVisible(True)
        dress(self)
        self._session, self._background, self._choose = session, background, choose
        self._devices: list[DeviceInfo] | None = None
        self._problem = ""
        self.aboutToShow.connect(self._open)

    def _open(self) -> None:
        """Fill the menu with what is known, and once more when the devices are."""
        self._fill()
        if self._devices is None:
            from compute.opencl.devices import list_devices

            self._background.run(lambda _task: list_devices(), self._found, self._failed, name="Looking for devices")

    def _found(self, devices: list[DeviceInfo]) -> None:
        self._devices = devices
        self._renew()

    def _failed(self, sentence: str) -> None:
        self._problem = sentence
        self._renew()

    def _renew(self) -> None:
        """Longer names than before must not go beyond the edge of the screen."""
        self._fill()
        if self.isVisible():
            self.move(self.pos() - QPoint(max(0, self.sizeHint().width() - self.width()), 0))
            self.resize(self.sizeHint())

    def _fill(self) -> None:
        snapshot, wanted = self._session.snapshot, self._session.engine_wanted
        used = wanted
        if snapshot.device and (snapshot.device_problem or wanted not in (AUTO, REFERENCE)):
            used = snapshot.device if snapshot.on_opencl else REFERENCE
        self.clear()
        group = QActionGroup(self)

        def entry(text: str, choice: str, tip: str) -> QAction:
            action = self.addAction(caption(text))
            set_tip(action, tip)
            action.setCheckable(True)
            action.setChecked(choice == used)
            action.triggered.connect(lambda: self._choose(choice))
            group.addAction(action)
            return action

        entry("Automatic", AUTO, "The fastest GPU that works, else the fastest processor runtime.")
        self.addSeparator()
        for device in self._devices or ():
            tip = f"{device.gflops:.0f} GFLOP/s in the test" if device.works else f"It does not work: {device.detail}."
            entry(device.label, device.label, tip).setEnabled(device.works)
        if not self._devices:
            text = "Looking for devices …" if self._devices is None else "No OpenCL device"
            self.addAction(caption(self._problem or text)).setEnabled(False)
        elif snapshot.device_problem and wanted not in (AUTO, REFERENCE, *(device.label for device in self._devices)):
            entry(f"{wanted} (not there)", wanted, "It is taken when it is back.").setEnabled(False)
        self.addSeparator()
        entry("Reference engine", REFERENCE, "NumPy in double: no device, and slower.")
