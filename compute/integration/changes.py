"""What has to be there so that a system knows the program, as plain values: made for each system, applied by one."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from compute.errors import GradwireError
from compute.files import write_atomic

NAME, COMMENT = "Gradwire", "Wire a neural network and see every value and gradient on its wires"
MIME, ENDING = "application/x-gradwire", ".gradwire"
KIND = "Gradwire document"
ICONS = Path(__file__).resolve().parents[2] / "resources" / "icons"
_SECONDS = 30.0
"""How long a tool of the system may take."""


@dataclass(frozen=True)
class File:
    """A file with what is in it; ``program``: whether it can be run."""

    path: Path
    content: bytes
    program: bool = False


@dataclass(frozen=True)
class Value:
    """A value in the person's part of the Windows registry; the name "" is the key's own."""

    key: str
    name: str
    text: str


@dataclass(frozen=True)
class Changes:
    """What is written; folders: what goes away whole when it is taken back; keys: of the registry, alike, those inside
    first; after: calls of the system's tools that make it known, with what is added to their environment."""

    files: Sequence[File] = ()
    folders: Sequence[Path] = ()
    values: Sequence[Value] = ()
    keys: Sequence[str] = ()
    after: Sequence[Sequence[str]] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


class Registry(Protocol):
    """What ``winreg`` has of it."""

    HKEY_CURRENT_USER: Any
    REG_SZ: int

    def CreateKey(self, key: Any, sub_key: str) -> Any: ...
    def SetValueEx(self, key: Any, name: str, reserved: int, kind: int, value: str) -> None: ...
    def OpenKey(self, key: Any, sub_key: str, reserved: int, access: int) -> Any: ...
    def DeleteKey(self, key: Any, sub_key: str) -> None: ...
    def DeleteValue(self, key: Any, name: str) -> None: ...


Run = Callable[[Sequence[str], Mapping[str, str]], None]


def run(call: Sequence[str], environment: Mapping[str, str]) -> None:
    """Call a tool of the system; without it the change is seen a little later."""
    import os

    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            call,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )


def put(changes: Changes, registry: Registry | None = None, call: Run = run) -> list[str]:
    """Make the changes; returns what was written, in words. Errors: GradwireError."""
    told = []
    for file in changes.files:
        try:
            file.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise GradwireError(f'"{file.path.parent}" cannot be made ({reason}); make room for it') from error
        write_atomic(file.path, file.content)
        if file.program:
            file.path.chmod(0o755)
        told.append(str(file.path))
    if registry is not None:
        for value in changes.values:
            with registry.CreateKey(registry.HKEY_CURRENT_USER, value.key) as key:
                registry.SetValueEx(key, value.name, 0, registry.REG_SZ, value.text)
            told.append(rf"HKEY_CURRENT_USER\{value.key}")
    for each in changes.after:
        call(each, changes.environment)
    return list(dict.fromkeys(told))


def take_back(changes: Changes, registry: Registry | None = None, call: Run = run) -> list[str]:
    """Remove what ``put`` wrote and nothing else; returns what was there, in words."""
    import shutil

    told = []
    for folder in changes.folders:
        if folder.is_dir():
            shutil.rmtree(folder)
            told.append(str(folder))
    for file in changes.files:
        if file.path.is_file():
            file.path.unlink()
            told.append(str(file.path))
    if registry is not None:
        for value in changes.values:
            # A key that is shared with other programs keeps what is theirs.
            if value.key not in changes.keys:
                with suppress(OSError), registry.OpenKey(registry.HKEY_CURRENT_USER, value.key, 0, 0x20006) as key:
                    registry.DeleteValue(key, value.name)
                    told.append(rf"HKEY_CURRENT_USER\{value.key}")
        for sub_key in changes.keys:
            with suppress(OSError):
                registry.DeleteKey(registry.HKEY_CURRENT_USER, sub_key)
                told.append(rf"HKEY_CURRENT_USER\{sub_key}")
    for each in changes.after:
        call(each, changes.environment)
    return list(dict.fromkeys(told))
