"""macOS: an application in ``~/Applications`` that starts the installed program, with its icon and type of file."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from compute.integration.changes import ENDING, ICONS, KIND, MIME, NAME, Changes, File
from compute.version import version

IDENTIFIER, TYPE = "org.gradwire.gradwire", "org.gradwire.document"
_REGISTER = "/System/Library/Frameworks/CoreServices.framework/Frameworks/LaunchServices.framework/Support/lsregister"


def macos(start: Sequence[str], home: Path, *, removing: bool = False) -> Changes:
    """start: the program and its first arguments; home: the person's folder."""
    import plistlib  # not for every start of the window: it takes its time

    bundle = home / "Applications" / f"{NAME}.app"
    inside = bundle / "Contents"
    script = f'#!/bin/sh\nexec {shlex.join(start)} "$@"\n'
    return Changes(
        files=[
            File(inside / "Info.plist", plistlib.dumps(_info())),
            File(inside / "MacOS" / "gradwire", script.encode(), program=True),
            File(inside / "Resources" / "gradwire.icns", (ICONS / "app.icns").read_bytes()),
        ],
        folders=[bundle],
        # What is gone can no longer be taken off the list.
        before=[[_REGISTER, "-u", str(bundle)]] if removing else [],
        after=[] if removing else [[_REGISTER, "-f", str(bundle)]],
    )


def _info() -> dict[str, object]:
    document = {
        "CFBundleTypeName": KIND,
        "CFBundleTypeRole": "Editor",
        "CFBundleTypeIconFile": "gradwire",
        "LSItemContentTypes": [TYPE],
        "LSHandlerRank": "Owner",
    }
    kind = {
        "UTTypeIdentifier": TYPE,
        "UTTypeDescription": KIND,
        "UTTypeConformsTo": ["public.data"],
        "UTTypeIconFile": "gradwire",
        "UTTypeTagSpecification": {
            "public.filename-extension": [ENDING.removeprefix(".")],
            "public.mime-type": [MIME],
        },
    }
    return {
        "CFBundleName": NAME,
        "CFBundleDisplayName": NAME,
        "CFBundleIdentifier": IDENTIFIER,
        "CFBundleExecutable": "gradwire",
        "CFBundleIconFile": "gradwire",
        "CFBundlePackageType": "APPL",
        "CFBundleInfoDictionaryVersion": "6.0",
        "CFBundleShortVersionString": version(),
        "CFBundleVersion": version(),
        # A program that is a script tells no architecture, and would be taken for one of Intel's.
        "LSArchitecturePriority": ["arm64", "x86_64"],
        "NSHighResolutionCapable": True,
        "NSRequiresAquaSystemAppearance": False,
        "CFBundleDocumentTypes": [document],
        "UTExportedTypeDeclarations": [kind],
    }
