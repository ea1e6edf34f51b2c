"""Each training setting is declared once: file, command line and form go by the same declaration."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from compute.cli import main
from compute.cli.arguments import parser
from compute.document import SETTINGS, TrainingSettings, load, loads, save, to_json
from compute.errors import GradwireError
from compute.gallery import load_entry


def read(**training: Any) -> TrainingSettings:
    raw = {"format": "gradwire", "version": 1, "training": training}
    return loads(json.dumps(raw).encode()).training


def test_every_field_is_declared_with_its_default_and_help() -> None:
    names = [each.name for each in fields(TrainingSettings)]
    assert names == [*SETTINGS, "extra"]
    assert {name: getattr(TrainingSettings(), name) for name in SETTINGS} == {
        p.name: p.default for p in SETTINGS.values()
    }
    assert all(param.help.endswith(".") for param in SETTINGS.values())
    assert read() == TrainingSettings()


def test_what_is_written_is_read_back_with_unknown_settings() -> None:
    given = TrainingSettings(
        "l",
        {"name": "sgd", "warmup": 3},
        7,
        8,
        2**64 - 1,
        False,
        {"name": "step", "gamma": 0.5},
        0.5,
        2.0,
        extra={"curriculum": {"patience": 2}},
    )
    assert TrainingSettings.read(given.written()) == given
    assert read(**given.written()) == given


WRONG: dict[str, list[Any]] = {
    "int": ["ten", 1.5, None, True, [1]],
    "bool": [1, "yes", None],
    "float": ["ten", None, True, [1]],
    "node": [1, None, ["h"]],
    "object": ["adam", None, []],
}


@pytest.mark.parametrize(("name", "value"), [(p.name, v) for p in SETTINGS.values() for v in WRONG[p.kind]])
def test_a_value_of_another_type_is_refused_with_the_value(name: str, value: Any) -> None:
    with pytest.raises(GradwireError) as caught:
        read(**{name: value})
    text = str(caught.value)
    assert text.startswith(f"document: training.{name}: must be ")
    assert text.endswith(f"; it is {json.dumps(value)}.")


LIMITED = [param for param in SETTINGS.values() if param.minimum is not None and param.kind == "int"]


def test_settings_that_nobody_uses_are_not_written() -> None:
    """Files of those who know nothing of them stay as they are."""
    assert TrainingSettings().written().keys() == {"loss", "optimizer", "batch_size", "epochs", "seed", "shuffle"}
    assert TrainingSettings(clip_norm=0.5).written()["clip_norm"] == 0.5
    with pytest.raises(GradwireError, match=r"training.clip_norm: must be at least 0; it is -1"):
        read(clip_norm=-1)


@pytest.mark.parametrize("param", LIMITED, ids=lambda param: param.name)
def test_the_limits_of_a_file(param: Any) -> None:
    least, most = int(param.minimum), int(param.maximum)
    assert getattr(read(**{param.name: least}), param.name) == least
    assert getattr(read(**{param.name: most}), param.name) == most
    for value, limit in ((least - 1, f"at least {least}"), (most + 1, f"at most {most}")):
        with pytest.raises(GradwireError, match=f"training.{param.name}: must be {limit}; it is {value}"):
            read(**{param.name: value})


@pytest.mark.parametrize(("option", "name"), [("--epochs", "epochs"), ("--batch", "batch_size"), ("--seed", "seed")])
def test_the_limits_of_the_command_line(option: str, name: str) -> None:
    param = SETTINGS[name]
    least, most = int(param.minimum or 0), int(param.maximum or 0)
    for value in (least, most):
        assert getattr(parser().parse_args(["train", "a.json", option, str(value)]), name) == value
    for value in (least - 1, most + 1):
        with pytest.raises(GradwireError, match=f'{option}: "{value}" is no whole number from {least} to {most}'):
            parser().parse_args(["train", "a.json", option, str(value)])


def test_settings_given_on_the_command_line_train_and_are_saved(tmp_path: Path) -> None:
    before = load_entry("xor")
    out, given = tmp_path / "out.json", tmp_path / "given.json"
    optimizer = {**before.training.optimizer, "learning_rate": 0.25}
    before.training = replace(before.training, batch_size=3, seed=9, optimizer=optimizer)
    save(before, given)
    common = ["--engine", "reference", "--quiet", "--epochs", "2"]
    entry = str(Path(__file__).parents[2] / "resources" / "gallery" / "xor.json")
    options = ["--batch", "3", "--lr", "0.25", "--seed", "9"]
    assert main(["train", entry, *common, *options, "--out", str(out)]) == 0
    found = load(out)
    assert found.training == before.training
    assert main(["train", str(given), *common, "--seed", "9", "--out", str(given)]) == 0
    assert to_json(found)["weights"] == to_json(load(given))["weights"]
