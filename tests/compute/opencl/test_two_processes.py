"""Two programs at once on one cache: neither measures while the other does, nor trips over the other's files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from compute.files import one_at_a_time
from compute.opencl import findings, program
from tests.compute.opencl.test_devices import FACTS, WORKS

ROOT = Path(__file__).parents[3]
PROBE = """\
import sys, time
task, log = sys.argv[1], open({log!r}, "a", buffering=1)
print(f"{{task}} begins", file=log)
time.sleep(0.3)
print(f"{{task}} ends", file=log)
print("gradwire-probe:" + {answers!r}[task])
"""
LOOK = """\
import sys, time
from pathlib import Path
from compute.opencl import devices, findings, probing
probing.PROBE = Path({probe!r})
findings.folder = lambda: Path({cache!r})
while time.time() < {start}:
    pass
print([device.works for device in devices.list_devices(refresh={refresh})])
"""
HAMMER = """\
import sys
from pathlib import Path
from compute.opencl import findings, program
program.KEPT = 4 * 1032
findings.folder = lambda: Path({cache!r})
lost = 0
for turn in range(120):
    key = f"{{turn % 9}}"
    binary = key.encode() * 1000
    program._remember(key, binary)
    found = program._remembered(key)
    assert found in (None, binary), found
    lost += found is None
print(lost)
"""


def side_by_side(code: str, count: int = 2) -> list[str]:
    """What processes print that run the same code at the same time."""
    environment = {key: value for key, value in os.environ.items() if key != "OCL_ICD_VENDORS"}
    started = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    printed = [process.communicate(timeout=60)[0].strip() for process in started]
    assert [process.returncode for process in started] == [0] * count
    return printed


@pytest.mark.skipif(sys.platform == "win32", reason="the lock lasts ten seconds there, and processes start slowly")
@pytest.mark.parametrize("refresh", [False, True])
def test_devices_are_tested_once_by_whoever_comes_first(tmp_path: Path, refresh: bool) -> None:
    log, probe = tmp_path / "log", tmp_path / "probe.py"
    answers = {"list": json.dumps({"answer": [FACTS]}), "run": json.dumps({"answer": WORKS})}
    probe.write_text(PROBE.format(log=str(log), answers=answers), encoding="utf-8")
    code = LOOK.format(probe=str(probe), cache=str(tmp_path / "cache"), start=time.time() + 1.0, refresh=refresh)
    assert side_by_side(code, 3) == ["[True]"] * 3
    lines = log.read_text(encoding="utf-8").splitlines()
    # With a refresh each of them asks the drivers anew unless another has done so meanwhile; never two at once.
    assert lines[::2] == [line.replace("ends", "begins") for line in lines[1::2]]
    assert lines.count("run begins") == 1
    assert refresh or lines.count("list begins") == 1


def test_built_programs_are_kept_read_and_removed_by_several_at_once(tmp_path: Path) -> None:
    assert len(side_by_side(HAMMER.format(cache=str(tmp_path)), 3)) == 3
    left = list((tmp_path / "kernels").iterdir())
    assert not [path for path in left if path.name.startswith(".gradwire-")]
    assert all(path.stat().st_size for path in left)


def test_a_file_that_another_has_just_removed_stays_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "folder", lambda: tmp_path)
    program._remember("key", b"binary")
    kept = tmp_path / "kernels" / "key"
    utime = os.utime

    def removed_first(path: Path) -> None:
        kept.unlink()
        utime(path)

    monkeypatch.setattr("compute.opencl.program.os.utime", removed_first)
    assert program._remembered("key") == b"binary"
    assert not kept.exists()


def test_one_at_a_time(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with one_at_a_time(tmp_path / "lock"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


def test_where_no_file_can_be_made_work_goes_on(tmp_path: Path) -> None:
    done = []
    with one_at_a_time(tmp_path / "nowhere" / "lock"):
        done.append(1)
    assert done == [1]
