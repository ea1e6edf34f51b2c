"""A file that the compute thread reads: how far it is, for the window to see, and that it can be called off."""

from __future__ import annotations

from compute.workspace import CalledOff


class Reading:
    """The compute thread begins, tells and ends; the window looks and calls off. Numbers are all that they share."""

    def __init__(self) -> None:
        self._begun = self._off = 0
        self.share: float | None = None
        """How much is read, 0 … 1; None while nothing is."""

    def begin(self) -> None:
        """Something may be read from now on."""
        self._begun += 1

    def tell(self, share: float) -> None:
        """From the reading. Errors: CalledOff, if it was."""
        self.share = share
        if self._off >= self._begun:
            raise CalledOff

    def end(self) -> None:
        """Nothing is read any more."""
        self.share = None

    def call_off(self) -> None:
        """End what is read now; what begins later is not meant."""
        self._off = self._begun
