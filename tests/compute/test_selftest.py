"""What was installed is tried step by step: each is said, a fault ends that step alone, and the exit status tells."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from compute.cli import main, selftest
from compute.document import Document, load
from compute.errors import GradwireError
from compute.export import FORMATS

Out = pytest.CaptureFixture[str]


def draws(_document: Document, path: Path, *_how: Any) -> str:
    path.write_bytes(b"picture")
    return ""


@pytest.fixture(autouse=True)
def by_the_reference_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest, "_device", lambda tell: "reference")


def test_all_steps_are_said(capsys: Out) -> None:
    opened = list[Document]()

    def opens(path: Path) -> str:
        opened.append(load(path))
        return "seen"

    assert main(["--selftest"], render=draws, try_window=opens) == 0
    lines = capsys.readouterr().out.splitlines()
    steps = ["device", "train", *(f"export {each.suffixes[0]}" for each in FORMATS if not each.lacking)]
    steps += ["read .csv", "read .parquet", "read .jsonl", "read .xlsx", "draw", "open"]
    assert [re.split("  +", line)[:2] for line in lines[1:-1]] == [["ok", step] for step in steps]
    assert lines[0].startswith("gradwire ")
    assert lines[-1] == "Everything works."
    assert opened[0].progress is not None


def test_a_step_that_fails_is_named_and_the_others_are_tried(capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(_document: Document, path: Path, _tell: Any) -> None:
        if path.suffix == ".npz":
            raise GradwireError("no room")

    def crashes(_path: Path) -> str:
        raise RuntimeError("no screen")

    monkeypatch.setattr(selftest, "_export", refuses)
    assert main(["--selftest"], try_window=crashes) == 1
    lines = capsys.readouterr().out.splitlines()
    failed = [line for line in lines if line.startswith("FAILED")]
    assert [re.split("  +", line)[1::2] for line in failed] == [
        ["export .npz", "no room"],
        ["open", "RuntimeError: no screen"],
    ]
    assert lines[-1] == "export .npz, open: failed; --selftest --debug shows where"


def test_a_network_that_does_not_learn_fails(capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest, "LEAST_GAIN", 1e-9)
    assert main(["--selftest"]) == 1
    assert "should be less" in capsys.readouterr().out


def test_data_that_is_read_wrongly_fails(capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest, "_formats", list)
    monkeypatch.setitem(selftest._TABLES, "table.csv", lambda path: path.write_text("a,kind\n1,x\n2,y\n"))
    assert main(["--selftest"]) == 1
    assert "table.csv should hold ((1234.5, 'x'), (2.0, 'größer')), and [(1.0, 'x'), " in capsys.readouterr().out


def test_a_package_that_is_not_whole_fails(capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "pyopencl", None)
    monkeypatch.setattr(selftest, "_formats", list)
    assert main(["--selftest"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert re.match(r"FAILED  device .* pyopencl cannot be loaded: ", lines[1])
    assert re.match(r"ok      train .* on reference", lines[2])
