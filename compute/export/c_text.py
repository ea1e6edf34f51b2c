"""Numbers, names and texts as C has them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from compute.export import source_text


def number(value: Any) -> str:
    """A number as a float32 constant."""
    single = np.float32(value)
    if np.isfinite(single):
        return f"{single!s}f"
    return "NAN" if np.isnan(single) else ("INFINITY" if single > 0 else "-INFINITY")


def identifier(stem: str) -> str:
    """A name for functions, from that of a file."""
    found = re.sub(r"[^A-Za-z0-9]+", "_", stem).strip("_").lower() or "net"
    return f"n{found}" if found[0].isdigit() else found


def comment(text: str) -> str:
    """A text that does not end the comment in which it stands."""
    return source_text.comment(text).replace("*/", "* /").replace("/*", "/ *")


def string(text: str) -> str:
    """A constant text: bytes of UTF-8 that are no plain letters by their numbers."""
    return (
        '"' + "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}" for b in text.encode()) + '"'
    )


def indented(text: str) -> str:
    """Lines as they stand inside a function."""
    return "\n".join(f"    {line}" if line else line for line in text.splitlines())
