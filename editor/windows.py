"""What a window asks of the program that it belongs to; editor.application.Application is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from compute.document.recovery import Recovery
from editor.keymap import Keymap
from editor.settings import Settings


class Windows(Protocol):
    """The program: its settings, and its other windows."""

    settings: Settings
    recovery: Recovery
    keymap: Keymap

    @property
    def windows(self) -> Sequence[Any]: ...

    @property
    def reduced_motion(self) -> bool: ...

    def open_window(self, then: Callable[[Any], object] = ...) -> None: ...

    def bring_forward(self, window: Any) -> None: ...

    def go_on_from(self, window: Any, by: int) -> None: ...

    def raise_window_of(self, path: Path, but: object) -> bool: ...

    def set_theme(self, mode: Any) -> None: ...

    def set_reduced_motion(self, reduced: bool) -> None: ...

    @property
    def text_scale(self) -> float: ...

    def set_text_scale(self, factor: float) -> None: ...

    @property
    def projector(self) -> bool: ...

    def set_projector(self, projector: bool) -> None: ...

    def come_to(self, screen: str) -> None: ...

    def remember_device(self, wanted: str) -> None: ...

    def set_integrated(self, integrated: bool, asked_in: Any) -> None: ...

    def forget(self, window: object) -> None: ...

    def quit(self) -> None: ...
