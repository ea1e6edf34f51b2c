"""Which version of the program this is."""

from __future__ import annotations


def version() -> str:
    """As the installed package says, or "unknown" where it was never installed."""
    from importlib.metadata import PackageNotFoundError  # not for every start: it takes its time
    from importlib.metadata import version as of

    try:
        return of("gradwire")
    except PackageNotFoundError:
        return "unknown"
