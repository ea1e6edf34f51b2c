"""A kernel that never ends: a sentence, the weights of the last good step, and a process that can be ended."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from compute.opencl.devices import DeviceInfo

ROOT = Path(__file__).parents[3]
LIMIT = 120


def hanging(*what: str) -> subprocess.CompletedProcess[str]:
    """A process that is killed, and so fails the test, where it cannot end by itself."""
    call = [sys.executable, "-W", "ignore", "-m", "tests.hanging", *what]
    return subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT, check=False)


def test_the_command_line_says_so_and_ends(device: DeviceInfo) -> None:
    ended = hanging("cli", str(ROOT / "resources" / "gallery" / "spiral.json"))
    assert ended.returncode == 3, ended.stderr
    sentence = (
        f"error: Device {device.label} has not answered for 1 seconds; choose another device or the reference engine."
    )
    assert ended.stderr.strip().splitlines()[-1] == sentence
    assert ended.stdout == ""


def test_the_window_keeps_the_weights_and_goes_on_without_the_device(device: DeviceInfo) -> None:
    ended = hanging("window")
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["problem"].startswith(f"Device {device.label} has not answered for 1 seconds; ")
    assert len(found["trained"]) == 6
    assert "reference" in found["device_after"]
    assert found["step_after"] >= found["step"] + 20
    assert found["closing"] < 5
