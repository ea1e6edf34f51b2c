"""What was found out about OpenCL drivers and devices, kept on disk so that only the first start pays for it.

A file that is missing, broken or from another version counts as empty; one that cannot be written is done
without.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TypeVar

import msgspec
from platformdirs import user_cache_path

from compute.errors import GradwireError
from compute.files import one_at_a_time, write_atomic
from compute.waiting import waiting_for

T = TypeVar("T")

LISTING_LASTS = FAILURE_LASTS = 24 * 3600.0
"""Seconds; a driver can change unseen, and a device can fail because the machine was busy."""
LISTINGS_KEPT = 8


class Facts(msgspec.Struct, frozen=True):
    """What is known of a device without running anything on it; memory in bytes."""

    name: str
    platform: str
    platform_version: str
    kind: str
    driver: str
    compute_units: int
    memory_bytes: int


class Listing(msgspec.Struct, frozen=True):
    """What the drivers listed, why that is nothing, and the ``.icd`` files of those that crashed."""

    devices: list[Facts]
    note: str
    crashed: list[str]
    when: float


class Verdict(msgspec.Struct, frozen=True):
    """What became of the kernels on one device; ``gflops`` in 10⁹ operations a second, ``launch`` in seconds."""

    works: bool
    detail: str
    gflops: float
    when: float
    launch: float = 0.0


class _State(msgspec.Struct):
    listings: dict[str, Listing] = {}
    verdicts: dict[str, Verdict] = {}


def folder() -> Path:
    """The folder of what may be deleted at any time, and is made again."""
    return user_cache_path("gradwire", appauthor=False)


def known_or_asked(known: Callable[[], T | None], ask: Callable[[], T]) -> T:
    """What is known, or what asking a driver finds out. One process asks at a time, since two that measure at the same
    time would each find half of what the device does; whoever had to wait looks again at what is known."""
    found = known()
    if found is not None:
        return found
    with suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        with waiting_for("Waiting for another Gradwire that tests the device …"):
            held.enter_context(one_at_a_time(folder() / "opencl.lock"))
        return known() or ask()


def listing(fingerprint: str) -> Listing | None:
    """What was kept under that fingerprint, if it is recent."""
    kept = _load().listings.get(fingerprint)
    return kept if kept is not None and _within(kept.when, LISTING_LASTS) else None


def keep_listing(fingerprint: str, found: Listing) -> None:
    state = _load()
    state.listings[fingerprint] = found
    newest = sorted(state.listings, key=lambda key: state.listings[key].when)[-LISTINGS_KEPT:]
    state.listings = {key: state.listings[key] for key in newest}
    _save(state)


def forget_listings() -> None:
    state = _load()
    state.listings = {}
    _save(state)


def verdict(key: str) -> Verdict | None:
    """What was kept for that device; a failure only for a while."""
    kept = _load().verdicts.get(key)
    return kept if kept is not None and (kept.works or failure_lasts(kept.when)) else None


def failure_lasts(when: float) -> bool:
    """Whether a failure of that time is still believed."""
    return _within(when, FAILURE_LASTS)


def keep_verdict(key: str, found: Verdict) -> None:
    state = _load()
    state.verdicts[key] = found
    _save(state)


def _within(when: float, seconds: float) -> bool:
    return 0 <= time.time() - when < seconds


def _file() -> Path:
    return folder() / "opencl.json"


def _load() -> _State:
    try:
        return msgspec.json.decode(_file().read_bytes(), type=_State)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return _State()


def _save(state: _State) -> None:
    with suppress(OSError, GradwireError):
        folder().mkdir(parents=True, exist_ok=True)
        write_atomic(_file(), msgspec.json.encode(state))
