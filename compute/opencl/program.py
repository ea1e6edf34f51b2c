"""Building kernels: each distinct text once, remembered while the engine lives and on disk between starts."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from compute.errors import DeviceError, GradwireError
from compute.files import write_atomic
from compute.opencl import findings, probing
from compute.opencl.devices import DeviceInfo
from compute.opencl.kernel import Kernel
from compute.opencl.probe import in_a_line

if TYPE_CHECKING:
    import pyopencl

KEPT = 64 * 2**20
"""Bytes of built programs kept on disk, some thousands of them; the longest unused go first."""
MOST_BUILT = 64
"""Kernels kept built beside those in use, so that one document after the other does not fill the memory."""
UNFIT = b""
"""Stands for the binary of a text that its compiler cannot build, for as long as a failure is believed."""


@contextmanager
def explained(label: str) -> Iterator[None]:
    """Turn what OpenCL raises into one sentence. Errors: DeviceError, with the driver's own words as its cause.

    Numbers beyond float32 become infinite on their way to the device, and show as that.
    """
    import pyopencl as cl

    try:
        with np.errstate(over="ignore"):
            yield
    except cl.Error as error:
        if isinstance(error, cl.MemoryError) or error.code == cl.status_code.INVALID_BUFFER_SIZE:
            raise DeviceError(
                f"Device {label} has not enough memory for this network and batch; take a smaller batch."
            ) from error
        raise DeviceError(
            f"Device {label} failed ({in_a_line(error, 120)}); choose another device or the reference engine."
        ) from error


def without_invokers() -> None:
    """Let PyOpenCL make kernel objects alone.

    With each it comes with a function that sets all arguments and launches, which it looks up in a database and
    compiles: that takes twenty times as long as the object. Here arguments are set one by one, so nobody calls it.
    """
    from pyopencl import invoker

    invoker.generate_enqueue_and_set_args = _no_invoker


def _no_invoker(*_of: Any, **_how: Any) -> tuple[None, None]:
    """In the place of the two functions that launch a kernel and set its arguments."""
    return None, None


class Library:
    """The kernels built for one device and number type."""

    def __init__(self, context: pyopencl.Context, dtype: type[np.floating[Any]], info: DeviceInfo) -> None:
        without_invokers()
        self._context = context
        self._label = info.label
        self.builder = probing.Builder(json.dumps(info.identity))
        device = context.devices[0]
        self._device = "\n".join([device.name, device.platform.version, device.driver_version, device.version])
        real = "float" if dtype is np.float32 else "double"
        self._head = "".join(f"#define REAL{n} {real}{n}\n" for n in ("", 2, 4, 8, 16))
        if real == "double":
            self._head += "#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n"
        # Constants in expressions (0.5) are of the type that is computed with.
        self._options = ["-cl-single-precision-constant"] if real == "float" else []
        self._built: dict[str, tuple[pyopencl.Program, str]] = {}
        self.building: Callable[[], None] = lambda: None
        """Called before anything is built that is not on the disk."""
        self._failed: set[str] = set()

    def build(self, kernels: Iterable[Kernel]) -> None:
        """Build those of the kernels that are new. Errors: DeviceError.

        Those of one network are built together; those that all networks share are programs of their own, which
        are found on the disk again whatever the network.
        """
        wanted: dict[str, Kernel] = {}
        for kernel in kernels:
            wanted.setdefault(kernel.text, kernel)
        new = {text: kernel for text, kernel in wanted.items() if text not in self._built}
        own = [kernel for kernel in new.values() if not kernel.shared]
        for together in [[kernel] for kernel in new.values() if kernel.shared] + ([own] if own else []):
            names = {k.text: k.title if k.shared else f"{k.title}_{at}" for at, k in enumerate(together)}
            source = "\n".join([self._head, *(text.replace("NAME", n) for text, n in names.items())])
            program = self._program(source, any(kernel.apart for kernel in together))
            self._built.update((text, (program, name)) for text, name in names.items())
        # The longest unwanted go; what is in use lives on in its launch sites.
        for text in wanted:
            self._built[text] = self._built.pop(text)
        for text in list(self._built)[: -max(MOST_BUILT, len(wanted))]:
            del self._built[text]

    def kernel(self, kernel: Kernel) -> pyopencl.Kernel:
        """An object of its own for one launch site of a kernel that was built."""
        import pyopencl as cl

        program, name = self._built[kernel.text]
        return cl.Kernel(program, name)

    def _program(self, source: str, apart: bool) -> pyopencl.Program:
        import pyopencl as cl

        # A processor's compiler remarks on kernels that it found nothing to do about; errors are raised.
        warnings.filterwarnings("ignore", category=cl.CompilerWarning)
        key = hashlib.sha256("\n".join([self._device, *self._options, source]).encode()).hexdigest()
        unfit = DeviceError(f"Device {self._label} could not build the steps of this network in one launch.")
        if key in self._failed:
            raise unfit
        binary = _remembered(key)
        if binary is None:
            self.building()
        if binary:
            with suppress(cl.Error):
                return self._loaded(binary)
        if apart:
            # Such a text may take a process down, and so it is never built in this one.
            if binary != UNFIT and (built := self._built_apart(source, key)):
                with suppress(cl.Error):
                    return self._loaded(built)
            self._failed.add(key)
            raise unfit
        try:
            program = cl.Program(self._context, source).build(self._options, cache_dir=False)
        except cl.Error as error:
            raise DeviceError(
                f"Device {self._label} could not build the kernels of this network; choose another device or the "
                "reference engine."
            ) from error
        _remember(key, program.binaries[0])
        return program

    def _loaded(self, binary: bytes) -> pyopencl.Program:
        import pyopencl as cl

        return cl.Program(self._context, self._context.devices, [binary]).build(self._options)

    def _built_apart(self, source: str, key: str) -> bytes | None:
        """The binary of a text, or None. Kept under the key, and so is the fact that the compiler refused the text or
        crashed on it; any other failure, such as a busy machine, is tried again the next time."""
        try:
            with tempfile.TemporaryDirectory(prefix="gradwire-", ignore_cleanup_errors=True) as folder:
                text, binary = Path(folder) / "kernels.cl", Path(folder) / "binary"
                text.write_text(source, encoding="utf-8")
                reply = self.builder.build(json.dumps(self._options), str(text), str(binary))
                built = reply.get("answer", {}).get("built")
                found = binary.read_bytes() if built else None
        except OSError:
            return None
        if found:
            _remember(key, found)
        elif built is False or reply.get("crashed"):
            _remember(key, UNFIT)
        return found


def _remembered(key: str) -> bytes | None:
    """The binary kept under that key, if the file is whole."""
    path = findings.folder() / "kernels" / key
    try:
        content, written = path.read_bytes(), path.stat().st_mtime
        digest, binary = content[:32], content[32:]
        if hashlib.sha256(binary).digest() != digest or (binary == UNFIT and not findings.failure_lasts(written)):
            return None
    except OSError:
        return None
    if binary != UNFIT:
        # Not touch: where another process has just removed the file, that would leave an empty one.
        with suppress(OSError):
            os.utime(path)
    return binary


def _remember(key: str, binary: bytes) -> None:
    """Keep a binary for the next start; a disk that is full or closed is done without."""
    folder = findings.folder() / "kernels"
    with suppress(OSError, GradwireError):
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / key, hashlib.sha256(binary).digest() + binary)
        held = 0
        for _, size, path in sorted(_files(folder), reverse=True):
            held += size
            if held > KEPT:
                path.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """When each file was used last, its bytes, and where it is; not one that another process has just removed."""
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            found = path.stat()
            yield found.st_mtime, found.st_size, path
