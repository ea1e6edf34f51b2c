"""Desktops that follow freedesktop.org: entry, icon and type of file under ``~/.local/share``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from compute.integration.changes import COMMENT, ENDING, ICONS, KIND, MIME, NAME, Changes, File


def linux(start: Sequence[str], home: Path, environment: Mapping[str, str] = os.environ) -> Changes:
    """start: the program and its first arguments; home: the person's folder."""
    given = environment.get("XDG_DATA_HOME", "")
    # The specification: what is not absolute is as good as not set.
    data = Path(given) if given and Path(given).is_absolute() else home / ".local" / "share"
    icon = (ICONS / "app.svg").read_bytes()
    icons = data / "icons" / "hicolor" / "scalable"
    return Changes(
        files=[
            File(data / "applications" / "gradwire.desktop", _entry(start).encode()),
            File(data / "mime" / "packages" / "gradwire.xml", _type().encode()),
            File(icons / "apps" / "gradwire.svg", icon),
            File(icons / "mimetypes" / f"{MIME.replace('/', '-')}.svg", icon),
        ],
        after=[
            ["update-mime-database", str(data / "mime")],
            ["update-desktop-database", "-q", str(data / "applications")],
            ["gtk-update-icon-cache", "-q", "-t", "-f", str(data / "icons" / "hicolor")],
        ],
    )


def _entry(start: Sequence[str]) -> str:
    return f"""[Desktop Entry]
Type=Application
Version=1.0
Name={NAME}
Comment={COMMENT}
Exec={" ".join(map(quoted, start))} %f
Icon=gradwire
Terminal=false
Categories=Education;ArtificialIntelligence;
Keywords=neural;network;backpropagation;gradient;
MimeType={MIME};
StartupWMClass=gradwire
StartupNotify=true
"""


def quoted(argument: str) -> str:
    """An argument as the key Exec has it: in quotes, where the backslash is doubled once more as in any string."""
    inside = "".join(f"\\{sign}" if sign in '"`$\\' else sign for sign in argument)
    return '"' + inside.replace("\\", "\\\\").replace("%", "%%") + '"'


def _type() -> str:
    from xml.sax.saxutils import escape  # not for every start of the window: it takes its time

    return f"""<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="{MIME}">
    <comment>{escape(KIND)}</comment>
    <sub-class-of type="application/zip"/>
    <glob pattern="*{ENDING}"/>
  </mime-type>
</mime-info>
"""
