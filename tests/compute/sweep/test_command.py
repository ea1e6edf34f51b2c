"""``sweep`` on the command line."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from compute.cli import main
from compute.document import load
from compute.sweep import Reached, Runner
from compute.sweep.runner import Told

Call = Callable[..., tuple[int, str, str]]

SMALL = ["--engine", "reference", "--epochs", "2", "--batch", "200"]
"""Two steps an epoch."""


@pytest.fixture
def called(capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*argv: str) -> tuple[int, str, str]:
        code = main(["sweep", "resources/gallery/spiral.json", *SMALL, *argv])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_the_trials_are_ranked(called: Call) -> None:
    code, out, err = called("--set", "lr=0.001,0.1", "--set", "seed=0..2", "--top", "4")
    lines = out.splitlines()
    assert code == 0
    assert lines[0].split() == ["rank", "learning_rate", "mean", "over", "seeds", "trials"]
    assert lines[1].split()[1] == "0.1"
    assert lines[4].split() == ["rank", "learning_rate", "seed", "validation", "loss", "loss", "accuracy", "epochs"]
    losses = [float(line.split()[3]) for line in lines[5:9]]
    assert losses == sorted(losses)
    assert lines[9] == "and 2 more; --top shows more of them, --json and --out FILE.csv all"
    assert err.splitlines()[-1].startswith("6 trials in ")


def test_json_holds_all(called: Call) -> None:
    code, out, err = called("--set", "lr=0.001,0.1", "--set", "seed=0,1", "--json", "--quiet")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert [each["rank"] for each in told["trials"]] == [1, 2, 3, 4]
    first = told["trials"][0]
    assert set(first["values"]) == {"learning_rate", "seed"}
    assert (first["epochs"], first["steps"], first["fault"]) == (2, 4, None)
    assert first["validation_loss"] == min(each["validation_loss"] for each in told["trials"])
    mean = told["means"][0]
    assert mean["trials"] == [
        each["trial"] for each in told["trials"] if each["values"].items() >= mean["values"].items()
    ]


def test_what_is_written(called: Call, tmp_path: Path) -> None:
    folder = tmp_path / "found"
    assert called("--set", "lr=0.001,0.1", "--out", str(folder))[0] == 0
    assert sorted(os.listdir(folder)) == ["01.gradwire", "02.gradwire", "trials.csv"]
    rows = (folder / "trials.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "rank,trial,learning_rate,loss,validation loss,accuracy,epochs,steps,fault"
    assert rows[1].startswith("1,2,0.1,")
    second = tmp_path / "second.gradwire"
    code, _, err = called("--set", "lr=0.001,0.1", "--rank", "2", "--out", str(second))
    assert code == 0
    assert f"wrote trial 1 to {second}" in err
    written = load(second)
    assert written.training.optimizer["learning_rate"] == 0.001
    assert written.progress is not None
    assert written.progress.name == "step 4, after epoch 2"
    assert written.name == "Two spirals, learning_rate=0.001"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "nothing is varied"),
        (["--set", "lr"], '"lr" is no NAME=VALUES, such as lr=0.1,0.01'),
        (["--set", "lr=0.1", "--rank", "2"], "--rank 2 is beyond the 1 trial"),
        (["--set", "lr=0.1", "--out", "a.txt"], "must end in .gradwire or .json or .csv"),
        (["--set", "units=3", "--set", "z.units=2"], "units=3, z.units=2: "),
    ],
)
def test_what_is_wrong_is_said(called: Call, argv: list[str], said: str) -> None:
    code, out, err = called(*argv)
    assert (code, out) == (2, "")
    assert said in err


def test_what_was_reached_is_told_when_it_is_stopped(
    called: Call,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    run = Runner.run

    def stopped(self: Runner, told: Told) -> bool:
        def heard(reached: Reached) -> bool:
            if reached.outcomes[0].state is not None:
                signal.raise_signal(signal.SIGINT)
            return bool(told(reached))

        return run(self, heard)

    monkeypatch.setattr(Runner, "run", stopped)
    file = tmp_path / "best.gradwire"
    code, out, err = called("--set", "lr=0.001,0.1", "--out", str(file))
    assert code == 130
    assert len(out.splitlines()) == 3
    assert "error: stopped by Ctrl+C; 50% of the steps were done, and what was reached is told" in err
    assert load(file).training.optimizer["learning_rate"] == 0.001
