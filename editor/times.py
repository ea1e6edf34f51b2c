"""Moments as people say them."""

from __future__ import annotations

import time


def said(at: float, *, seconds: bool = False) -> str:
    """A time of ``time.time``: 14:32, and with the day where that is another: 26 November, 14:32."""
    then, now = time.localtime(at), time.localtime()
    day = "" if then[:3] == now[:3] else f"{then.tm_mday} {time.strftime('%B', then)}, "
    year = "" if then.tm_year == now.tm_year else f"{then.tm_year}, "
    return f"{year}{day}{time.strftime('%H:%M:%S' if seconds else '%H:%M', then)}"
