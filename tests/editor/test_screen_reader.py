"""A screen reader follows, through the system, how XOR is built, trained, explained and exported by keys alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from tests.editor.xserver import virtual_screen

ROOT = Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"
"""The system's, for which its packages install pyatspi."""
PROGRAMS = ("Xvfb", "xdotool", "dbus-run-session")


def missing() -> str:
    """What this test needs and the system does not have: only Linux has such a service at all."""
    gone = [program for program in PROGRAMS if shutil.which(program) is None]
    if not Path(PYTHON).exists() or subprocess.run([PYTHON, "-c", "import pyatspi"], capture_output=True).returncode:
        gone.append("pyatspi")
    return ", ".join(gone)


@pytest.mark.window
@pytest.mark.timeout(300)
def test_a_screen_reader_follows_the_whole_job(tmp_path: Path) -> None:
    if gone := missing():
        pytest.skip(f"not installed: {gone}")
    with virtual_screen() as display:
        environment = os.environ | {
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
            "PYTHONFAULTHANDLER": "1",
            "XDG_CONFIG_HOME": str(tmp_path / "settings"),  # nothing was open before
        }
        environment.pop("WAYLAND_DISPLAY", None)
        script = str(Path(__file__).with_name("screen_reader.py"))
        done = subprocess.run(
            ["dbus-run-session", "--", PYTHON, script, sys.executable, str(tmp_path)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=280,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads(done.stdout.splitlines()[-1])
    assert facts["built"] == [
        "list item: Input x, (B, 2), value 0±0.",
        "list item: Dense h, (B, 8), value 0±0.",
        "list item: Tanh a, (B, 4), value 0±0.",
        "list item: Dense h2, (B, 8), value 0±0.",
        facts["built"][4],
        "list item: Target y, (B, 1), value 0.",
    ]
    assert "port target is not wired" in facts["built"][4]
    nodes = [name.partition(",")[0] for name in facts["canvas"] if not name.startswith("Wire")]
    assert nodes == ["Input x", "Dense h", "Tanh a", "Dense h2", "Target y", "Sigmoid cross-entropy loss", "Minimap"]
    wires = [name.partition(",")[0].removeprefix("Wire from ") for name in facts["canvas"] if name.startswith("Wire")]
    assert wires == [
        "x to port x of h",
        "h to port x of a",
        "a to port x of h2",
        "h2 to port prediction of loss",
        "y to port target of loss",
    ]
    assert all(", value " in name for name in facts["canvas"][:-1])
    assert facts["ports"][:3] == ["Port x of h, fed by x", "Output of h, feeds a", "shape (B, 4)"]
    before, after = (name.removeprefix("training loss ") for name in facts["losses"])
    assert before == "—"
    assert 0 < float(after) < 0.795
    assert facts["wire"] == "list item: Wire from y to port target of loss, (B, 1), value 0, gradient none."
    assert facts["why"] == "check box: Ask about: Value"
    assert "text: units" in facts["focused"]
    # What had the keyboard when the walk hid it leaves it to its neighbour.
    # The form of the export asks for the name of a file, and gets the keyboard back.
    assert [each for each in facts["focused"] if each.endswith((":", "Format"))][-2:] == [
        "text: File name:",
        "combo box: Format",
    ]
    assert any(sentence.startswith("Input x: forward.") for sentence in facts["said"])
    assert facts["status"].startswith("Last message: ")
    assert load_file(tmp_path / "xor.safetensors")["h.weight"].shape == (2, 4)
