"""Menu entry, icon and file association for one person, without rights that others would have to give."""

from compute.integration.changes import Changes, File, Value
from compute.integration.linux import linux
from compute.integration.macos import macos
from compute.integration.starting import installed, starting
from compute.integration.windows import windows

__all__ = ["Changes", "File", "Value", "installed", "linux", "macos", "starting", "windows"]
