"""Windows: a shortcut in the Start menu, and the ending in the person's own part of the registry."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from compute.integration.changes import COMMENT, ENDING, ICONS, KIND, MIME, Changes, File, Value

CLASSES = r"Software\Classes"
DOCUMENT = "Gradwire.Document"
"""What the registry calls a document."""
# Names come in by the environment, so that no sign in them is taken for a part of the script.
_SHORTCUT = (
    "$s = (New-Object -ComObject WScript.Shell).CreateShortcut($env:GRADWIRE_LINK); "
    "$s.TargetPath = $env:GRADWIRE_PROGRAM; $s.Arguments = $env:GRADWIRE_ARGUMENTS; "
    "$s.IconLocation = $env:GRADWIRE_ICON; $s.Description = $env:GRADWIRE_COMMENT; $s.Save()"
)


def windows(start: Sequence[str], roaming: Path, local: Path, *, removing: bool = False) -> Changes:
    """start: the program and its first arguments; roaming, local: the person's APPDATA and LOCALAPPDATA; removing: the
    shortcut is not made once more."""
    icon = local / "Gradwire" / "gradwire.ico"
    link = roaming / "Microsoft" / "Windows" / "Start Menu" / "Programs" / "Gradwire.lnk"
    document, ending = rf"{CLASSES}\{DOCUMENT}", rf"{CLASSES}\{ENDING}"
    return Changes(
        files=[File(icon, (ICONS / "app.ico").read_bytes())],
        folders=[icon.parent],
        values=[
            Value(document, "", KIND),
            Value(rf"{document}\DefaultIcon", "", f'"{icon}",0'),
            Value(rf"{document}\shell\open\command", "", f'{subprocess.list2cmdline(start)} "%1"'),
            Value(rf"{ending}\OpenWithProgids", DOCUMENT, ""),
            Value(ending, "", DOCUMENT),
            Value(ending, "Content Type", MIME),
        ],
        # Windows deletes no key that has others in it.
        keys=[
            rf"{document}\shell\open\command",
            rf"{document}\shell\open",
            rf"{document}\shell",
            rf"{document}\DefaultIcon",
            document,
        ],
        shared=[rf"{ending}\OpenWithProgids", ending],
        after=[] if removing else [["powershell", "-NoProfile", "-NonInteractive", "-Command", _SHORTCUT]],
        environment={
            "GRADWIRE_LINK": str(link),
            "GRADWIRE_PROGRAM": start[0],
            "GRADWIRE_ARGUMENTS": subprocess.list2cmdline(start[1:]),
            "GRADWIRE_ICON": f"{icon},0",
            "GRADWIRE_COMMENT": COMMENT,
        },
        made=[link],
    )


def tell_explorer() -> None:
    """That endings have other programs now, so that it shows their icons at once."""
    shell = _shell()
    if shell is not None:
        shell.SHChangeNotify(0x08000000, 0, None, None)  # SHCNE_ASSOCCHANGED, SHCNF_IDLIST


def name_process() -> None:
    """That this is a program of its own and not Python, so that the taskbar shows its icon; before any window is."""
    shell = _shell()
    if shell is not None:
        shell.SetCurrentProcessExplicitAppUserModelID("Gradwire.Gradwire")


def _shell() -> Any:
    """Windows' shell, as a library; None elsewhere."""
    library = getattr(ctypes, "windll", None)
    return library.shell32 if library is not None else None
