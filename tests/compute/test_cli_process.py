"""The command line as a process of its own: signals, pipes, closed streams, and a kill while it saves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from compute.cli import streams
from compute.document import load, save
from compute.errors import GradwireError
from compute.gallery import load_entry
from tests.compute.test_cli import REFERENCE, ROOT, Out, entry

needs_posix = pytest.mark.skipif(os.name != "posix", reason="signals, pipes and a shell as POSIX has them")


def child(*argv: str, prelude: str = "") -> subprocess.Popen[str]:
    program = f"{prelude}\nimport sys\nfrom main import main\nsys.exit(main(sys.argv[1:]))"
    return subprocess.Popen(
        [sys.executable, "-c", program, *argv],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )


def stopped(number: int, *argv: str) -> tuple[int, str, str]:
    """Train for ever, send a signal when it has begun to; returns exit status, stdout and the last line of stderr."""
    prelude = """
from compute.cli import train
bar = train.progress_bar
def begun(*rest):
    print("training", flush=True)
    return bar(*rest)
train.progress_bar = begun
"""
    call = ("train", entry("spiral"), *REFERENCE, "--epochs", "1000000", *argv)
    with child(*call, prelude=prelude) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "training\n"
        time.sleep(0.3)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err.splitlines()[-1]


@needs_posix
@pytest.mark.parametrize(("name", "said", "status"), [("INT", "Ctrl+C", 130), ("TERM", "SIGTERM", 143)])
def test_training_that_is_stopped_writes_what_was_reached_and_says_so(
    tmp_path: Path, name: str, said: str, status: int
) -> None:
    path = tmp_path / "a.gradwire"
    code, out, err = stopped(getattr(signal, f"SIG{name}"), "--json", "--out", str(path))
    progress = load(path).progress
    assert progress is not None
    assert progress.steps > 0
    assert (code, err) == (status, f"error: stopped by {said}; {path} holds what was reached: {progress.name}")
    assert json.loads(out)["steps"] == progress.steps
    assert [each.name for each in tmp_path.iterdir()] == ["a.gradwire"]


@needs_posix
def test_training_that_is_stopped_without_a_file_says_what_is_lost() -> None:
    code, out, err = stopped(signal.SIGINT)
    assert (code, out) == (130, "")
    assert err.startswith("error: stopped by Ctrl+C; nothing was written of step ")
    assert err.endswith(", since --out was not given")


@needs_posix
def test_a_second_ctrl_c_ends_it_at_once(tmp_path: Path) -> None:
    prelude = "from compute.training import Trainer\nimport time\nTrainer.mark = lambda self: time.sleep(60)"
    argv = ("train", entry("spiral"), *REFERENCE, "--epochs", "1000000", "--out", str(tmp_path / "a.gradwire"))
    with child(*argv, prelude=prelude) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("The reference engine")
        time.sleep(0.5)
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "error: stopped by Ctrl+C; nothing was written\n"
    assert list(tmp_path.iterdir()) == []


def test_a_process_killed_while_it_trains_leaves_a_checkpoint_from_which_it_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.gradwire"
    prelude = "from compute.cli import train\ntrain.CHECKPOINT_SECONDS = 0.2"
    argv = ("train", entry("spiral"), *REFERENCE, "--epochs", "1000000", "--out", str(path))
    with child(*argv, prelude=prelude) as process:
        end = time.monotonic() + 60
        while not path.exists() and time.monotonic() < end:
            time.sleep(0.02)
        process.kill()
    reached = load(path)
    assert reached.progress is not None
    assert reached.progress.steps > 0
    with child("train", str(path), *REFERENCE, "--epochs", "1", "--out", str(path)) as process:
        assert process.wait(timeout=60) == 0
    again = load(path).progress
    assert again is not None
    assert again.epochs == reached.progress.epochs + 1


@needs_posix
def test_ctrl_c_while_the_result_is_not_read_does_not_deny_the_file(tmp_path: Path) -> None:
    out = tmp_path / "a.gradwire"
    # A result of many losses, longer than what a pipe holds while nobody reads.
    with child("train", entry("xor"), *REFERENCE, "--epochs", "2000", "--json", "--out", str(out)) as process:
        end = time.monotonic() + 60
        while not out.exists() and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1] == f"error: stopped by Ctrl+C; {out} is written"
    assert load(out).progress is not None


def test_a_process_killed_while_it_saves_leaves_the_old_document(tmp_path: Path) -> None:
    out = tmp_path / "a.gradwire"
    save(load_entry("xor"), out)
    before = out.read_bytes()
    prelude = "import os\nos.fsync = lambda descriptor: os._exit(9)"
    with child("train", str(out), *REFERENCE, "--epochs", "3", "--out", str(out), prelude=prelude) as process:
        process.communicate(timeout=60)
    assert process.returncode == 9
    assert out.read_bytes() == before
    assert load(out).name == "XOR"


@pytest.mark.skipif(os.name != "posix", reason="a pipe that its reader closes is another thing on Windows")
def test_a_reader_that_has_enough_is_no_error() -> None:
    with child("trace", entry("tumours"), *REFERENCE, "--json", "--quiet") as process:
        assert process.stdout is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(timeout=60) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def shell(script: str, *argv: str) -> subprocess.CompletedProcess[str]:
    """The program in a shell, where the streams are led somewhere: ``$@`` stands for the call."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        ["sh", "-c", script, "sh", sys.executable, str(ROOT / "main.py"), *argv],
        capture_output=True,
        text=True,
        check=False,
        env=environment | {"PYTHONIOENCODING": "utf-8"},
    )


@needs_posix
class TestStreams:
    TRACE = ("trace", entry("xor"), *REFERENCE, "--json")

    def test_messages_that_nobody_reads_stop_no_training(self, tmp_path: Path) -> None:
        out = tmp_path / "a.gradwire"
        with child("train", entry("xor"), *REFERENCE, "--epochs", "5", "--out", str(out)) as process:
            assert process.stderr is not None
            process.stderr.close()
            assert process.wait(timeout=60) == 0
        assert load(out).progress is not None

    def test_a_reader_that_has_enough_of_the_result_keeps_no_failure_quiet(self, tmp_path: Path) -> None:
        prelude = "import os\ndef full(descriptor): raise OSError(28, 'No space left on device')\nos.fsync = full"
        argv = ("train", entry("xor"), *REFERENCE, "--json", "--quiet", "--out", str(tmp_path / "a.json"))
        with child(*argv, prelude=prelude) as process:
            assert process.stdout is not None
            process.stdout.close()
            assert process.stderr is not None
            assert "No space left on device" in process.stderr.read()
            assert process.wait(timeout=60) == 2

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no file that is always full")
    @pytest.mark.parametrize("argv", [TRACE, ("trace", entry("xor"), *REFERENCE), ("--help",)])
    def test_a_result_that_cannot_be_written_is_a_sentence(self, argv: tuple[str, ...]) -> None:
        done = shell('"$@" >/dev/full', *argv)
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1] == (
            "error: the result cannot be written (no space left on device); send it to another place"
        )
        assert "Exception ignored" not in done.stderr

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no file that is always full")
    def test_messages_that_cannot_be_written_are_done_without(self) -> None:
        done = shell('"$@" 2>/dev/full', *self.TRACE)
        assert done.returncode == 0
        assert "loss" in json.loads(done.stdout)

    @pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
    def test_closed_streams_are_done_without(self, tmp_path: Path, closed: str) -> None:
        out = tmp_path / "a.gradwire"
        done = shell(f'"$@" {closed}', "train", entry("xor"), *REFERENCE, "--epochs", "2", "--json", "--out", str(out))
        assert done.returncode == 0
        assert load(out).progress is not None
        if ">&-" not in closed.replace("2>&-", ""):
            assert json.loads(done.stdout)["steps"] == 2

    def test_an_error_that_nobody_reads_keeps_its_status(self) -> None:
        assert shell('"$@" 2>&-', "trace", "nowhere.json").returncode == 2


def test_on_windows_a_pipe_without_a_reader_is_an_invalid_argument(
    capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(text: str) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr("compute.cli.streams.print", refuse, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(streams.Unread):
        streams.write("text")
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(GradwireError, match="the result cannot be written"):
        streams.write("text")
