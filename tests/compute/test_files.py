"""A file is replaced whole or not at all, whatever happens on the way."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from compute.errors import GradwireError
from compute.files import atomic_path, check_writable, write_atomic

ROOT = Path(__file__).resolve().parents[2]
OLD = b"old content" * 1000


def test_new_file_holds_the_data(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a.bin", b"12345")
    assert (tmp_path / "a.bin").read_bytes() == b"12345"
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_old_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(OLD)
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_path_is_lent_with_its_suffix(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "w.npz") as lent:
        assert lent.parent == tmp_path
        assert lent.suffix == ".npz"
        np.savez(lent, x=np.arange(3.0))
        assert not (tmp_path / "w.npz").exists()
    with np.load(tmp_path / "w.npz") as archive:
        assert archive["x"].tolist() == [0.0, 1.0, 2.0]
    assert [entry.name for entry in tmp_path.iterdir()] == ["w.npz"]


def _half_then_fail(path: Path) -> None:
    with atomic_path(path) as lent:
        lent.write_bytes(b"half")
        raise RuntimeError("the library failed")


def test_failure_on_the_way_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(OLD)
    with pytest.raises(RuntimeError, match="the library failed"):
        _half_then_fail(path)
    assert path.read_bytes() == OLD
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_full_disk_becomes_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(OLD)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("compute.files.os.fsync", full)
    with pytest.raises(GradwireError, match=r'cannot write ".*a\.bin": No space left on device; free some space'):
        write_atomic(path, b"new")
    assert path.read_bytes() == OLD
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


_KILLED_IN_THE_BLOCK = """
import sys, time
from compute.files import atomic_path
with atomic_path(sys.argv[1]) as lent, lent.open("wb") as file:
    file.write(b"half")
    file.flush()
    print("writing", flush=True)
    time.sleep(60)
"""
_WRITES_WHEN_ASKED = """
import sys
from compute.files import atomic_path
with atomic_path(sys.argv[1]) as lent:
    lent.write_bytes(b"half")
    print("writing", flush=True)
    sys.stdin.read()
    lent.write_bytes(b"whole")
"""
_DIES_BEFORE_THE_RENAME = """
import os, sys
from compute.files import write_atomic
def die(descriptor):
    print("writing", flush=True)
    os._exit(9)
os.fsync = die
write_atomic(sys.argv[1], b"new content")
"""


@pytest.mark.parametrize("program", [_KILLED_IN_THE_BLOCK, _DIES_BEFORE_THE_RENAME])
def test_killed_process_leaves_the_old_file_whole(tmp_path: Path, program: str) -> None:
    path = tmp_path / "a.gradwire"
    path.write_bytes(OLD)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == b"writing"
        child.kill()
    assert child.returncode != 0
    assert path.read_bytes() == OLD
    assert len(list(tmp_path.iterdir())) == 2
    # What it left goes at the next save in that folder, whatever is saved there.
    write_atomic(tmp_path / "b.bin", b"new")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.gradwire", "b.bin"]


def test_what_a_living_process_is_writing_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.gradwire"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", _WRITES_WHEN_ASKED, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == b"writing"
        with atomic_path(tmp_path / "b.bin") as lent:
            lent.write_bytes(b"mine")
            write_atomic(tmp_path / "c.bin", b"new")
            assert lent.read_bytes() == b"mine"
        assert len(list(tmp_path.iterdir())) == 3
        child.communicate(b"go on")
    assert child.returncode == 0
    assert path.read_bytes() == b"whole"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.gradwire", "b.bin", "c.bin"]


def test_only_files_are_taken_for_temporary_ones(tmp_path: Path) -> None:
    (tmp_path / ".gradwire-folder").mkdir()
    (tmp_path / ".gradwire").write_bytes(b"settings")
    write_atomic(tmp_path / "a.bin", b"new")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".gradwire", ".gradwire-folder", "a.bin"]


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(GradwireError, match=r'there is no folder ".*nowhere"; choose another folder'):
        write_atomic(tmp_path / "nowhere" / "a.bin", b"")


@pytest.mark.parametrize("write", [check_writable, lambda path: write_atomic(path, b"")])
class TestBothBeforeAndWhenItIsWritten:
    def test_folder_in_place_of_the_file_is_named(self, tmp_path: Path, write: Callable[[Path], None]) -> None:
        with pytest.raises(GradwireError, match="it is a folder; choose a file name"):
            write(tmp_path)

    def test_missing_folder_is_named_as_it_was_given(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(GradwireError) as caught:
            write(Path("no/a.json"))
        assert str(caught.value) == 'cannot write "no/a.json": there is no folder "no"; choose another folder'

    @pytest.mark.skipif(os.name != "posix", reason="Windows has limits of its own")
    def test_name_that_is_too_long_is_a_sentence(self, tmp_path: Path, write: Callable[[Path], None]) -> None:
        with pytest.raises(GradwireError, match=r'cannot write ".*n": File name too long; choose a shorter name'):
            write(tmp_path / ("n" * 5000))

    def test_folder_that_cannot_be_looked_into_is_a_sentence(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None]
    ) -> None:
        def refuse(path: Path) -> bool:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "is_dir", refuse)
        with pytest.raises(GradwireError, match=r'cannot write ".*a\.json": Permission denied; choose another folder'):
            write(tmp_path / "a.json")


@pytest.mark.skipif(os.name != "posix", reason="Windows has limits of its own")
def test_name_as_long_as_a_name_can_be(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250 + ".json")
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_asking_writes_nothing(tmp_path: Path) -> None:
    check_writable(tmp_path / "a.bin")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("denied", "says"),
    [
        ("file", "it is write-protected; choose another name"),
        ("folder", "its folder is write-protected; choose another folder"),
        ("disk", "Permission denied; choose another folder"),
    ],
)
def test_denied_write_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, denied: str, says: str) -> None:
    # Asked of stand-ins and not of the disk, because an administrator may write everywhere.
    path = tmp_path / "a.bin"
    path.write_bytes(OLD)

    def refuse(*arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    if denied == "disk":
        monkeypatch.setattr("compute.files.os.open", refuse)
    else:
        protected = path if denied == "file" else tmp_path
        monkeypatch.setattr("compute.files.os.access", lambda asked, mode: asked != protected)
        with pytest.raises(GradwireError, match=says):
            check_writable(path)
    with pytest.raises(GradwireError, match=says):
        write_atomic(path, b"new")
    assert path.read_bytes() == OLD
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no permission bits and needs a right to make links")
class TestPosix:
    def test_permissions_of_the_old_file_are_kept(self, tmp_path: Path) -> None:
        path = tmp_path / "a.bin"
        path.write_bytes(OLD)
        path.chmod(0o640)
        write_atomic(path, b"new")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640

    def test_a_new_file_has_the_permissions_of_any_new_file(self, tmp_path: Path) -> None:
        (tmp_path / "plain").write_bytes(b"")
        write_atomic(tmp_path / "a.bin", b"")
        assert (tmp_path / "a.bin").stat().st_mode == (tmp_path / "plain").stat().st_mode

    def test_a_link_stays_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "real.bin").write_bytes(OLD)
        (tmp_path / "link.bin").symlink_to("real.bin")
        write_atomic(tmp_path / "link.bin", b"new")
        assert (tmp_path / "link.bin").is_symlink()
        assert (tmp_path / "real.bin").read_bytes() == b"new"

    def test_who_reads_the_old_file_meanwhile_reads_it_to_its_end(self, tmp_path: Path) -> None:
        path = tmp_path / "a.bin"
        path.write_bytes(OLD)
        with path.open("rb") as reader:
            write_atomic(path, b"new")
            assert reader.read() == OLD
