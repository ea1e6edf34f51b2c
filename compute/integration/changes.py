"""What has to be there so that a system knows the program, as plain values: made for each system, applied by one."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from compute.child import systems_environment
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
    first; shared: keys that go only when nothing is left in them, those inside first; before, after: calls of the
    system's tools that make it known, with what is added to their environment; made: what those have to have made."""

    files: Sequence[File] = ()
    folders: Sequence[Path] = ()
    values: Sequence[Value] = ()
    keys: Sequence[str] = ()
    shared: Sequence[str] = ()
    before: Sequence[Sequence[str]] = ()
    after: Sequence[Sequence[str]] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    made: Sequence[Path] = ()


class Registry(Protocol):
    """What ``winreg`` has of it."""

    HKEY_CURRENT_USER: Any
    REG_SZ: int

    def CreateKey(self, key: Any, sub_key: str) -> Any: ...
    def SetValueEx(self, key: Any, name: str, reserved: int, kind: int, value: str) -> None: ...
    def OpenKey(self, key: Any, sub_key: str, reserved: int, access: int) -> Any: ...
    def QueryValueEx(self, key: Any, name: str) -> tuple[Any, int]: ...
    def QueryInfoKey(self, key: Any) -> tuple[int, int, int]: ...
    def DeleteKey(self, key: Any, sub_key: str) -> None: ...
    def DeleteValue(self, key: Any, name: str) -> None: ...


Run = Callable[[Sequence[str], Mapping[str, str]], None]
_READ, _WRITE = 0x20019, 0x20006
"""What is done with a key of the registry."""


def run(call: Sequence[str], environment: Mapping[str, str]) -> None:
    """Call a tool of the system; without it the change is seen a little later."""
    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            call,
            env={**systems_environment(), **environment},
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
    for each in changes.before:
        call(each, changes.environment)
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
    for path in changes.made:
        if not path.exists():
            tool = changes.after[0][0] if changes.after else "the system"
            raise GradwireError(f'{tool} did not make "{path}"; the rest is there, and trying again does no harm')
        told.append(str(path))
    return list(dict.fromkeys(told))


def is_put(changes: Changes, registry: Registry | None = None) -> bool:
    """Whether all of it is there already, as it would be written."""
    there = all(file.path.is_file() and file.path.read_bytes() == file.content for file in changes.files)
    there = there and all(path.exists() for path in changes.made)
    return there and (registry is None or all(_value(registry, value) == value.text for value in changes.values))


def _value(registry: Registry, value: Value) -> str | None:
    """What stands in the registry where that value would."""
    with suppress(OSError), registry.OpenKey(registry.HKEY_CURRENT_USER, value.key, 0, _READ) as key:
        return str(registry.QueryValueEx(key, value.name)[0])
    return None


def take_back(changes: Changes, registry: Registry | None = None, call: Run = run) -> list[str]:
    """Remove what ``put`` wrote and nothing else; returns what was there, in words."""
    told = []
    for each in changes.before:
        call(each, changes.environment)
    for folder in changes.folders:
        if folder.is_dir():
            shutil.rmtree(folder)
            told.append(str(folder))
    for file in changes.files:
        if file.path.is_file():
            file.path.unlink()
            told.append(str(file.path))
    for path in changes.made:
        if path.is_file():
            path.unlink()
            told.append(str(path))
    if registry is not None:
        told += _take_back(changes, registry)
    for each in changes.after:
        call(each, changes.environment)
    return list(dict.fromkeys(told))


def _take_back(changes: Changes, registry: Registry) -> list[str]:
    """The same in the registry."""
    told = []
    for value in changes.values:
        # A key that is shared with other programs keeps what is theirs.
        if value.key not in changes.keys and _value(registry, value) == value.text:
            with suppress(OSError), registry.OpenKey(registry.HKEY_CURRENT_USER, value.key, 0, _WRITE) as key:
                registry.DeleteValue(key, value.name)
                told.append(rf"HKEY_CURRENT_USER\{value.key}")
    for sub_key in changes.keys:
        with suppress(OSError):
            registry.DeleteKey(registry.HKEY_CURRENT_USER, sub_key)
            told.append(rf"HKEY_CURRENT_USER\{sub_key}")
    for sub_key in changes.shared:
        with suppress(OSError):
            with registry.OpenKey(registry.HKEY_CURRENT_USER, sub_key, 0, _READ) as key:
                inside, values, _ = registry.QueryInfoKey(key)
            if not inside and not values:
                registry.DeleteKey(registry.HKEY_CURRENT_USER, sub_key)
    return told
