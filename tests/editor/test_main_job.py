"""A real window, driven by mouse and keyboard through an X server, does the whole main job."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.editor.xserver import virtual_screen

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ("start", "wired", "refused", "trained", "walk", "light", "gallery", "tumours", "iris")


@pytest.mark.window
@pytest.mark.timeout(400)
@pytest.mark.skipif(sys.platform != "linux", reason="the test brings its own X server, which only Linux has")
def test_a_person_does_the_main_job_in_a_real_window(tmp_path: Path) -> None:
    for program in ("Xvfb", "xdotool"):
        assert shutil.which(program), f"{program} is missing; `make test` installs it"
    with virtual_screen() as display:
        environment = os.environ | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        environment.pop("WAYLAND_DISPLAY", None)
        done = subprocess.run(
            [sys.executable, "-m", "tests.editor.main_job", str(tmp_path)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=380,
        )
    keep = os.environ.get("GRADWIRE_SCREENSHOTS")
    if keep:
        for picture in tmp_path.glob("*.png"):
            shutil.copy(picture, keep)
    assert done.returncode == 0, done.stdout + done.stderr
    # No warning of Qt or Python on the way, either.
    assert done.stderr == ""
    facts = json.loads((tmp_path / "facts.json").read_text(encoding="utf-8"))
    assert len(facts["done"]) == 10
    assert facts["tumours"]["accuracy"] >= 0.95
    assert facts["iris"]["accuracy"] >= 0.9
    assert facts["walk_steps"] > 20
    assert {p.stem for p in tmp_path.glob("*.png")} == set(PICTURES)
