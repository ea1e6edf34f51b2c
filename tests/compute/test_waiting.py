"""What is waited for is said after a second, and the wait comes to an end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from compute import waiting
from compute.cli import main
from compute.files import one_at_a_time
from compute.opencl import devices, findings, probing
from compute.waiting import telling, waiting_for

ROOT = Path(__file__).resolve().parents[2]
HOLDS = """
import sys
from pathlib import Path
from compute.files import one_at_a_time
with one_at_a_time(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    monkeypatch.setattr(waiting, "PATIENCE", 0.05)
    sentences: list[str] = []
    with telling(sentences.append):
        yield sentences


def held_elsewhere(lock: Path) -> subprocess.Popen[bytes]:
    """Another process that has the lock until it is killed."""
    command = [sys.executable, "-c", HOLDS, str(lock)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"held"
    return process


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_is_short_is_not_said(said: list[str]) -> None:
    with waiting_for("the impossible"):
        pass
    time.sleep(0.2)
    assert said == []


def test_what_is_long_is_said_once(said: list[str]) -> None:
    with waiting_for("Waiting for it …"):
        until(lambda: said)
        time.sleep(0.2)
    assert said == ["Waiting for it …"]


def test_nobody_is_told_where_nobody_listens() -> None:
    threads = threading.active_count()
    with waiting_for("Waiting for it …"):
        assert threading.active_count() == threads


def test_a_lock_of_another_process_is_said_and_waited_for(
    said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "folder", lambda: tmp_path)
    with held_elsewhere(tmp_path / "opencl.lock") as other:
        known: list[str | None] = [None, "found by the other"]
        found: list[str] = []

        def ask() -> None:
            with telling(said.append):
                found.append(findings.known_or_asked(lambda: known.pop(0), lambda: "asked here"))

        thread = threading.Thread(target=ask)
        thread.start()
        until(lambda: said)
        assert said == ["Waiting for another Gradwire that tests the device …"]
        assert found == []
        other.kill()
        thread.join(30)
        assert found == ["found by the other"]


def test_a_lock_that_is_never_given_back_is_not_waited_for_without_end(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path / "lock") as other:
        entered = []
        with one_at_a_time(tmp_path / "lock", most=0.1):
            entered.append(other.poll())
        assert entered == [None]
        other.kill()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("list",), "Waiting for the OpenCL drivers to say which devices there are …"),
        (
            ("run", json.dumps({"name": "Model\x1b X"})),
            "Waiting for Model␛ X to pass its test; it has 0.5 s for that …",
        ),
        (("build", json.dumps({"name": "Y"})), "Waiting for Y to build kernels; it has 0.5 s for that …"),
    ],
)
def test_a_driver_that_hangs_is_said(
    said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], sentence: str
) -> None:
    hanging = tmp_path / "probe.py"
    hanging.write_text("import time; time.sleep(60)", encoding="utf-8")
    monkeypatch.setattr(probing, "PROBE", hanging)
    monkeypatch.setattr(probing, "TIME_LIMIT", 0.5)
    assert probing.ask(*arguments) == {"error": "its driver gave no answer within 0.5 s"}
    assert said == [sentence]


@pytest.mark.parametrize("quiet", [False, True])
def test_the_command_line_says_it_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], quiet: bool
) -> None:
    monkeypatch.setattr(waiting, "PATIENCE", 0.05)

    def slow(refresh: bool = False) -> list[devices.DeviceInfo]:
        with waiting_for("Waiting for it …"):
            time.sleep(0.5)
        return []

    monkeypatch.setattr(devices, "list_devices", slow)
    monkeypatch.setattr(devices, "choose", lambda spec: devices.Choice(None, "There is none."))
    assert main(["devices", *["--quiet"] * quiet]) == 0
    assert capsys.readouterr() == ("There is none.\n", "" if quiet else "Waiting for it …\n")


def test_the_probe_ends_with_the_process_that_asked() -> None:
    held = "import sys, time; from compute.opencl import probe; probe.end_with_parent(); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", held], cwd=ROOT, stdin=subprocess.PIPE) as process:
        assert process.poll() is None
        process.communicate(timeout=30)  # closes what it reads from, as the end of this process would
    assert process.returncode == 1
