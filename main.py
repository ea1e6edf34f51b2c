"""The door: a command goes to the command line, a file or nothing opens the window."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from compute.collector import held_back

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from compute.document import Document
    from compute.exercises import Variant
    from compute.manual import Keys
    from compute.report import Findings, Report

# Matrices here are small: threads cost more than they bring. It counts only before NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

OLDEST_PYTHON = (3, 11)


def main(argv: list[str] | None = None) -> int:
    """Run one call; returns its exit code."""
    if sys.version_info < OLDEST_PYTHON:
        version = "{}.{}".format(*sys.version_info[:2])
        print(
            f"error: Gradwire needs Python 3.11 or newer and this is {version}; start it with a newer one",
            file=sys.stderr,
        )
        return 2
    _open_streams()
    if getattr(sys, "frozen", False):
        from compute.child import run_part

        if run_part(sys.argv):
            return 0
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a sign, such as →, shows another in its place.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        with held_back(for_good=True):  # what is loaded stays
            from compute.cli import main as run

        return _ended(
            run(
                sys.argv[1:] if argv is None else argv,
                render=_render,
                edit=_edit,
                record=_record,
                hand_out=_hand_out,
                report=_report,
                try_window=_try_window,
                keys=_keys,
                measure=_measure,
            )
        )
    except KeyboardInterrupt:
        # While modules are loaded, before the command line can say it.
        print("error: stopped by Ctrl+C; nothing was written", file=sys.stderr)
        return 130


def _ended(code: int) -> int:
    """The exit code; where a device hangs the process ends at once, as freeing what the device holds would wait."""
    device = sys.modules.get("compute.opencl.device")
    if device is not None and device.ABANDONED:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)
    return code


def _open_streams() -> None:
    """A stream that was closed before the start leads to nowhere, so that no file that is opened takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (for as long as the program)


def _edit(path: str | None, engine: str | None, device: str | None) -> int:
    _load_qt()
    if _without_display():
        raise _error("there is no display for the window; use a command, such as train or render (see --help)")
    with held_back(for_good=True):  # what is loaded stays
        from editor.app import main as open_window

    return open_window(path, engine=engine, device=device)


def _try_window(path: Path) -> str:
    if _without_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    _load_qt()
    from editor.trial import open_for_a_moment

    return open_for_a_moment(path)


def _measure(kind: str) -> dict[str, float]:
    _load_qt()
    from editor.measuring import in_a_process

    return in_a_process(kind)


def _keys() -> Keys:
    _load_qt()
    from editor.actions import ACTIONS, MENUS
    from editor.manual_keys import keys

    return keys(ACTIONS, MENUS)


def _render(document: Document, path: Path, values: bool, scale: float, alone: bool, cost: str) -> str:
    if _without_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    _load_qt()
    from editor.render import render

    return render(document, path, values, scale, alone, cost)


def _record(document: Document, path: Path, width: int, seconds: float, steps: str) -> int:
    if _without_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    _load_qt()
    from editor.recording import Film, granularity, record

    return record(document, path, Film(width, seconds, granularity(steps)))


def _hand_out(variants: Sequence[Variant], path: Path, solution: bool, paper: str) -> int:
    if _without_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    _load_qt()
    from editor.handout import hand_out

    return hand_out(variants, path, solution, paper)


def _report(report: Report, found: Sequence[Findings], path: Path) -> None:
    if _without_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    _load_qt()
    from editor.report_pictures import Made
    from editor.reporting import write

    write(Made(report, found), path)


def _without_display() -> bool:
    """Whether Qt would end the process because it finds no screen."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform.startswith("linux") and not any(os.environ.get(name) for name in named)


def _load_qt() -> None:
    """Errors: GradwireError where Qt is missing, cannot be loaded, or would take the process down."""
    from importlib import import_module
    from importlib.metadata import PackageNotFoundError, version

    try:
        if version("PySide6-Essentials") == "6.12.0" and sys.version_info < (3, 12):
            # Every call that returns nothing drops a reference to None, until the interpreter aborts.
            raise _error(
                "PySide6 6.12.0 crashes on Python older than 3.12; install another one: "
                'python -m pip install "PySide6-Essentials<6.12"'
            )
        import_module("PySide6.QtWidgets")
    except PackageNotFoundError:
        raise _error("the window needs Qt: python -m pip install PySide6-Essentials") from None
    except ImportError as error:
        raise _error(f"Qt cannot be loaded ({error}); install the system library that it names") from error


def _error(sentence: str) -> Exception:
    from compute.errors import GradwireError

    return GradwireError(sentence)


if __name__ == "__main__":
    sys.exit(main())
