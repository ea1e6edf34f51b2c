"""What every test runs under: no screen, no home, one BLAS thread, nothing left behind, no Qt warning."""

from __future__ import annotations

import gc
import os
import re
import shutil
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from tests import homes

# Before anything imports Qt, NumPy or platformdirs.
os.environ["QT_QPA_PLATFORM"] = os.environ.get("GRADWIRE_TEST_PLATFORM", "offscreen")
os.environ["OPENBLAS_NUM_THREADS"] = "1"
HOME = homes.move()

from tests import leaks, searching  # noqa: E402

FAILED = pytest.StashKey[bool]()

searching.load()


def pytest_configure() -> None:
    leaks.watch()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, since a test waits for a third of its time; at most four."""
    return min((os.cpu_count() or 1) + 1, 4)


def pytest_collection_finish() -> None:
    _keep_what_lasts()


def _keep_what_lasts() -> None:
    """Many tests collect all cycles; what importing made, or a module's tests left in caches, stays anyway, and need
    not be looked through each time."""
    gc.collect()
    if gc.isenabled():  # else there is a window that outlasts the module, and is looked through when it closes
        gc.freeze()


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that leaves a thread, a running timer or a window behind fails."""
    for name in {"outlasting", "outlasting_program"} & set(request.fixturenames):
        request.getfixturevalue(name)
    with leaks.none_left(excused=lambda: request.node.stash.get(FAILED, False)):
        yield


@pytest.fixture(autouse=True)
def collector_on_the_main_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """With Qt objects about, cycles are collected on this thread alone, as in the program."""
    if not {"qapp", "qtbot"} & set(request.fixturenames):
        yield
        return
    enabled = gc.isenabled()
    gc.disable()
    yield
    if enabled:
        gc.collect()
        gc.enable()
    else:
        gc.collect(1)  # what the test made; a window that outlasts it, which is looked through when it closes, is not


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, Any, Any]:
    """pytest-qt hears Qt's warnings up to the end of the test; this hears those of putting things away."""
    with leaks.qt_warnings() as complaints:
        result = yield
    if nextitem is None or nextitem.path != item.path:
        _keep_what_lasts()
    ignored = item.config.getini("qt_log_ignore")
    complaints = [c for c in complaints if not any(re.search(pattern, c) for pattern in ignored)]
    if complaints:
        pytest.fail("Qt complained while the test was put away: " + "; ".join(complaints), pytrace=False)
    return result
