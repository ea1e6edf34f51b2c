"""Files that appear whole or not at all.

Everything is written to a temporary file in the same folder, forced to the disk, and then put in the place of
the old file by one rename. A process that dies on the way leaves the old file as it was.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from compute.errors import GradwireError

_ADVICE = {
    errno.ENOSPC: "free some space or choose another folder",
    getattr(errno, "EDQUOT", errno.ENOSPC): "free some space or choose another folder",
    errno.ENAMETOOLONG: "choose a shorter name",
}

_TEMPORARY = ".gradwire-"
_HELD_BY_ANOTHER = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}
_ASK_AGAIN = 0.02
LOCK_LASTS = 60.0
"""Seconds that another process is waited for at most."""


def check_writable(path: str | os.PathLike[str]) -> None:
    """Errors: GradwireError where a file could not be put at `path`, as far as that shows before it is tried."""
    shown = Path(path)
    with in_words(shown):
        _check(shown, Path(os.path.realpath(shown)))


def stamp(path: Path) -> tuple[int, int] | None:
    """What tells that a file was written anew: when that was, and its size; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def read_regular(path: Path, most: int) -> bytes:
    """The first ``most`` bytes of a file. Errors: OSError, also for a device or a pipe, which may have no end."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "It is no regular file")
    with path.open("rb") as file:
        # Room is made for what is asked for, so no more is than there is.
        return file.read(min(most, found.st_size + 1))


def write_atomic(path: str | os.PathLike[str], data: bytes) -> None:
    """Put `data` at `path`, replacing what is there, in one step.

    Raises GradwireError when the folder is missing or cannot be written; the old file is then still whole.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Lend a temporary path beside `path`, with its suffix; what is written there takes the place of `path`.

    The replacement happens when the block ends without an exception. Otherwise the temporary file is removed
    and `path` is left as it was; an OSError in the block, such as that of a full disk, becomes a GradwireError. The
    permissions of an old file are kept, and a link stays a link. What processes have left in the folder that were
    killed meanwhile is removed.
    """
    shown = Path(path)
    target = Path(os.path.realpath(shown))
    with in_words(shown):
        _check(shown, target)
        _remove_left(target.parent)
        temporary, held = _temporary_beside(target)
    try:
        with in_words(shown):
            yield temporary
            with temporary.open("r+b") as file:
                os.fsync(file.fileno())
            held.let_go_on_windows()
            temporary.replace(target)
    except BaseException:
        held.let_go_on_windows()
        with suppress(OSError):
            temporary.unlink()
        raise
    finally:
        held.let_go()


@contextmanager
def one_at_a_time(path: Path, most: float = LOCK_LASTS) -> Iterator[None]:
    """One process, and one thread of it, at a time is in the blocks that name this file; a process that ends lets go.

    Where files cannot be locked, or ``most`` seconds have passed, it is entered all the same.
    """
    try:
        file = path.open("ab")
    except OSError:
        yield
        return
    with file:
        end = time.monotonic() + most
        with suppress(OSError):
            # Asked again and again, since only on some systems does a lock come by itself.
            while not _locked(file.fileno()) and time.monotonic() < end:
                time.sleep(_ASK_AGAIN)
        yield


class Hold:
    """A file that is held until it is let go or this process ends, however it ends: others can tell that it lives."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, path: Path) -> Hold | None:
        """Make the file where it is missing and hold it; None where it is held already, or was just removed.

        Errors: OSError, also where files cannot be locked.
        """
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
        held = False
        try:
            # What was removed between opening and locking would be held by nobody who looks for it.
            held = _locked(descriptor) and os.fstat(descriptor).st_nlink > 0
            return cls(descriptor) if held else None
        finally:
            if not held:
                os.close(descriptor)

    def let_go(self) -> None:
        """Hold it no longer."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _locked(descriptor: int) -> bool:
    """Whether this process has the lock on an open file now, until it is closed. Errors: OSError without locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD_BY_ANOTHER:
            return False
        raise
    return True


def _check(shown: Path, target: Path) -> None:
    """`target` is where `shown` leads, which may be a link. Errors: GradwireError, OSError."""
    for folder in (shown.parent, target.parent):
        if not folder.is_dir():
            raise GradwireError(f'cannot write "{shown}": there is no folder "{folder}"; choose another folder')
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise GradwireError(f'cannot write "{shown}": its folder is write-protected; choose another folder')
    if target.is_dir():
        raise GradwireError(f'cannot write "{shown}": it is a folder; choose a file name')
    if target.exists() and not os.access(target, os.W_OK):
        raise GradwireError(f'cannot write "{shown}": it is write-protected; choose another name')


class _Held:
    """A temporary file that is held open, and so known to be that of a living process. A number of the process in its
    name would not tell that: numbers are used again, and differ between containers."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def let_go(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def let_go_on_windows(self) -> None:
        """There nobody can move or remove a file that is open: that holds it, and has to end first."""
        if sys.platform == "win32":
            self.let_go()


def _temporary_beside(target: Path) -> tuple[Path, _Held]:
    """Create an empty file in the folder of `target`, with the permissions of `target` where it exists, and hold it."""
    while True:
        # Its name is short, as that of `target` may be as long as a name can be.
        temporary = target.parent / f"{_TEMPORARY}{secrets.token_hex(4)}{target.suffix}"
        # os.open and not tempfile: a new file gets the permissions that the person's umask gives to new files.
        held = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        with suppress(OSError):
            if sys.platform != "win32":
                while not _locked(held):
                    time.sleep(_ASK_AGAIN)
                if not os.fstat(held).st_nlink:  # taken for one that was left, before it was held
                    os.close(held)
                    continue
        if target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        return temporary, _Held(held)


def _remove_left(folder: Path) -> None:
    """Remove the temporary files of processes that are gone."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_TEMPORARY) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    _remove_if_left(entry.path)


def _remove_if_left(path: str) -> None:
    """Errors: OSError where a process holds it, or where that cannot be told."""
    if sys.platform == "win32":
        os.unlink(path)
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if _locked(descriptor):
            os.unlink(path)
    finally:
        os.close(descriptor)


@contextmanager
def in_words(shown: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        advice = _ADVICE.get(error.errno or 0, "choose another folder")
        raise GradwireError(f'cannot write "{shown}": {reason}; {advice}') from error
