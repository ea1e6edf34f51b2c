"""Two programs with a window each, as two real windows: what is copied in one is pasted into the other."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from compute.document import load, save
from compute.gallery import load_entry
from tests.editor.xserver import virtual_screen

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60.0


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until something holds in the other processes."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.05)


def xdotool(display: str, *arguments: str) -> str:
    """What it says; nothing where it finds nothing."""
    environment = os.environ | {"DISPLAY": display}
    done = subprocess.run(["xdotool", *arguments], env=environment, capture_output=True, text=True, timeout=20)
    return done.stdout.strip()


@contextmanager
def program(display: str, path: Path) -> Iterator[str]:
    """A program on a document, with a home of its own; gives the number of its window."""
    home = path.parent
    own = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "HOME": str(home)}
    own |= {f"XDG_{each}_HOME": str(home / each.lower()) for each in ("CONFIG", "CACHE", "DATA", "STATE")}
    command = [sys.executable, str(ROOT / "main.py"), "--engine", "reference", str(path)]
    process = subprocess.Popen(command, env=os.environ | own, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        name = f"^{path.name}"
        until(lambda: xdotool(display, "search", "--onlyvisible", "--name", name), f"a window on {path.name}")
        yield xdotool(display, "search", "--onlyvisible", "--name", name).splitlines()[0]
    finally:
        process.kill()
        process.wait(10)


def put(folder: Path, entry: str) -> Path:
    """An example as a file in a folder of its own."""
    folder.mkdir()
    path = folder / f"{entry}.gradwire"
    save(load_entry(entry), path)
    return path


@pytest.mark.window
@pytest.mark.timeout(240)
@pytest.mark.skipif(sys.platform != "linux", reason="the test brings its own X server, which only Linux has")
def test_what_is_copied_in_one_program_is_pasted_into_another(tmp_path: Path) -> None:
    source, target = put(tmp_path / "one", "z_2x_y"), put(tmp_path / "two", "xor")
    document = load(source)
    document.weights = {f"{node}.value": np.array(value) for node, value in zip("xyz", (1.25, 2.5, 3.75), strict=True)}
    save(document, source)
    had, brought = load(target).graph, load(source).graph
    with virtual_screen() as display, program(display, source) as one, program(display, target) as two:
        xdotool(display, "windowfocus", "--sync", one, "key", "ctrl+a", "key", "ctrl+c")
        xdotool(display, "windowfocus", "--sync", two, "key", "ctrl+v", "key", "ctrl+s")
        until(lambda: len(load(target).graph.nodes) > len(had.nodes), "the copies in the other file")
    now = load(target).graph
    assert now.nodes.items() >= had.nodes.items()
    new = [node for id_, node in now.nodes.items() if id_ not in had.nodes]
    assert sorted(node.op for node in new) == sorted(node.op for node in brought.nodes.values())
    assert len(now.wires) == len(had.wires) + len(brought.wires)
    # Their weights, which were none that the seed gives, came along.
    copied = [value for name, value in load(target).weights.items() if name.rpartition(".")[0] not in had.nodes]
    assert sorted(value.item() for value in copied) == [1.25, 2.5, 3.75]
    # What was copied from is as it was.
    assert load(source).graph.nodes == brought.nodes
