"""A file of text as a stream of UTF-8, whatever it is packed or written in; nothing of it is kept."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from pathlib import Path
from typing import Any

from compute.errors import GradwireError

GZIP = b"\x1f\x8b"
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_PIECE = 2**20
_LINE_END = re.compile(rb"\r\n|\r|\n")
_CONTROL = frozenset(range(32)) - set(b"\t\n\r\f\x1a")


class NoText(Exception):
    """What a file holds is no text. line: where, counting from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class WrongEncoding(NoText):
    """Text, though not in the encoding that it was taken for. sure: whether letters before could only be in that."""

    def __init__(self, line: int, sure: bool) -> None:
        super().__init__(line)
        self.sure = sure


class Utf8(io.RawIOBase):
    """The text of a file, unpacked where it is packed by gzip, as UTF-8 without a byte order mark.

    encoding: that of the file. Errors while reading: NoText, WrongEncoding; GradwireError for a packed file that is
    damaged.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        super().__init__()
        self._path = path
        self._file = path.open("rb")
        self._size = path.stat().st_size
        packed = self._file.read(2) == GZIP
        self._file.seek(0)
        self._bytes: Any = gzip.GzipFile(fileobj=self._file) if packed else self._file
        self._packed = packed
        self._is_utf8 = encoding == "utf-8"
        self._decoder = codecs.getincrementaldecoder("utf-8-sig" if self._is_utf8 else encoding)()
        self._rest, self._lines, self._begun = b"", 1, False
        self._beyond = False
        """Whether there were letters beyond ASCII."""
        self.quotes = 0
        """How many double quotes came by."""

    def readable(self) -> bool:
        return True

    @property
    def share(self) -> float:
        """How much of the file is read, 0 … 1."""
        return min(1.0, self._file.tell() / max(1, self._size))

    def readinto(self, buffer: Any) -> int:
        room = memoryview(buffer).cast("B")
        done = 0
        while done < len(room):
            if not self._rest and not (piece := self._next()):
                break
            elif not self._rest:
                self._rest = piece
            count = min(len(room) - done, len(self._rest))
            room[done : done + count] = self._rest[:count]
            self._rest = self._rest[count:]
            done += count
        return done

    def pass_over(self, lines: int) -> None:
        """Leave out the next lines; one ends at \\n, \\r or \\r\\n."""
        while lines > 0:
            if not self._rest and not (piece := self._next()):
                return
            elif not self._rest:
                self._rest = piece
            if self._rest.endswith(b"\r"):
                self._rest += self._next()  # half of an end
            for end in _LINE_END.finditer(self._rest):
                lines -= 1
                if not lines:
                    self._rest = self._rest[end.end() :]
                    return
            self._rest = b""

    def _next(self) -> bytes:
        """The next piece as UTF-8; empty at the end."""
        while True:
            try:
                piece: bytes = self._bytes.read(_PIECE)
            except (OSError, EOFError, zlib.error) as error:
                if self._packed:
                    raise _damaged(self._path, error) from None
                raise
            last = not piece
            if self._is_utf8 and self._begun and piece.isascii() and not self._pending():
                self._refuse_control(piece)
                self._count(piece)
                return piece
            try:
                text = self._decoder.decode(piece, final=last)
            except UnicodeError as error:
                at = getattr(error, "start", 0) - max(0, len(getattr(error, "object", piece)) - len(piece))
                at = max(0, at)
                sure = self._is_utf8 and (self._beyond or not piece[:at].isascii())
                raise WrongEncoding(self._lines + piece.count(b"\n", 0, at), sure) from None
            self._begun = self._begun or bool(text)
            out = text.encode()
            self._beyond = self._beyond or not out.isascii()
            self._refuse_control(out)
            self._count(out)
            if out or last:
                return out

    def _count(self, piece: bytes) -> None:
        self._lines += piece.count(b"\n")
        self.quotes += piece.count(b'"')

    def _pending(self) -> bool:
        """Whether the first bytes of a character wait for the others."""
        return bool(self._decoder.getstate()[0])

    def _refuse_control(self, piece: bytes) -> None:
        place = piece.find(b"\0")
        if place >= 0:
            raise NoText(self._lines + piece.count(b"\n", 0, place))

    def close(self) -> None:
        if not self.closed:
            self._bytes.close()
            self._file.close()
        super().close()


def _damaged(path: Path, error: Exception) -> GradwireError:
    return GradwireError(f'"{path}" is packed by gzip and damaged ({error}); pack it again')


def guess_encoding(path: Path) -> str:
    """The encoding of a file's first bytes: by its byte order mark, else UTF-16 where every second byte is 0, UTF-8
    where it is that, and Windows-1252. Errors: NoText; OSError; GradwireError for a packed file that is damaged."""
    with path.open("rb") as file:
        start = file.read(2**16)
    if start.startswith(GZIP):
        try:
            start = zlib.decompressobj(31).decompress(start, 2**18)
        except zlib.error as error:
            raise _damaged(path, error) from None
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    even, odd = start[::2], start[1::2]
    for zeros, others, name in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if len(start) > 3 and zeros.count(0) > 0.6 * len(zeros) and others.count(0) < 0.1 * len(others):
            return name
    controls = sum(byte in _CONTROL for byte in start)
    if controls and (b"\0" in start or controls > 0.02 * len(start)):
        at = min(start.find(byte) for byte in _CONTROL if byte in start)
        raise NoText(1 + start.count(b"\n", 0, at))
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError as error:
        return "cp1252" if start[: error.start].isascii() else "utf-8"
    return "utf-8"
