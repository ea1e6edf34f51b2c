"""The command line: results on stdout, messages on stderr, exit codes, and one sentence for what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.cli import main, train
from compute.document import Document, load, save
from compute.errors import GradwireError
from compute.export import suffixes
from compute.gallery import FOLDER, load_entry
from compute.training import Trainer
from compute.workspace import open_document

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "reference"
REFERENCE = ("--engine", "reference")

Out = pytest.CaptureFixture[str]


def entry(name: str) -> str:
    return str(FOLDER / f"{name}.json")


def call(capsys: Out, *argv: str, code: int = 0, **callables: Any) -> tuple[str, str]:
    assert main(argv, **callables) == code
    return capsys.readouterr()


def result(capsys: Out, *argv: str) -> Any:
    """The JSON of a call, which is everything on stdout."""
    return json.loads(call(capsys, *argv, *REFERENCE, "--json")[0], parse_constant=pytest.fail)


def error(capsys: Out, *argv: str, code: int = 2, **callables: Any) -> str:
    """The one line of a call that fails and prints nothing else."""
    out, err = call(capsys, *argv, code=code, **callables)
    assert out == ""
    lines = err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    return lines[0].removeprefix("error: ")


def case(tmp_path: Path, name: str) -> tuple[str, dict[str, Any]]:
    """A reference case as a document file, and what PyTorch says of it."""
    found = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    path = tmp_path / "case.json"
    path.write_text(json.dumps(found["document"]), encoding="utf-8")
    return str(path), found


def agrees(found: Any, wanted: Any) -> None:
    if wanted is None:
        assert found is None
    else:
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


class TestTrace:
    @pytest.mark.parametrize("name", ["mazur_2_2_2", "lecture__l___z_2x___y", "multiclass_logistic_regression"])
    def test_json_is_that_of_the_contract(self, capsys: Out, tmp_path: Path, name: str) -> None:
        path, wanted = case(tmp_path, name)
        found, golden = result(capsys, "trace", path), wanted["trace"]
        assert list(found) == ["loss", "nodes", "wires", "parameters"]
        agrees(found["loss"], golden["loss"])
        for part in ("nodes", "parameters"):
            assert found[part].keys() == golden[part].keys()
            for key, numbers in golden[part].items():
                agrees(found[part][key]["value"], numbers["value"])
                agrees(found[part][key]["grad"], numbers["grad"])
        by_ends = {(wire["from"], wire["to"], wire["port"]): wire["grad"] for wire in found["wires"]}
        assert len(by_ends) == len(golden["wires"])
        for wire in golden["wires"]:
            agrees(by_ends[wire["from"], wire["to"], wire["port"]], wire["grad"])

    def test_samples_are_rows_of_the_table_whatever_validation_keeps(self, capsys: Out) -> None:
        document = load_entry("tumours_two_columns")
        prepared = open_document(document).prepared
        assert prepared is not None
        rows = [int(prepared.validation_rows[0]), 0, int(prepared.train_rows[0])]
        found = result(capsys, "trace", entry("tumours_two_columns"), "--samples", ",".join(map(str, rows)))
        assert found["nodes"]["x"]["value"] == prepared.values["x"][rows].tolist()

    def test_all_rows_where_none_are_named(self, capsys: Out) -> None:
        assert len(result(capsys, "trace", entry("tumours_two_columns"))["nodes"]["x"]["value"]) == 569

    def test_nan_and_infinities_are_words(self, capsys: Out, tmp_path: Path) -> None:
        document = load_entry("log_square")
        for start, value, grad in ((0.0, "-inf", "nan"), (float("nan"), "nan", "nan")):
            document.weights = {"x.value": np.array(start)}
            save(document, tmp_path / "a.json")
            found = result(capsys, "trace", str(tmp_path / "a.json"))
            assert found["loss"] == value
            assert found["nodes"]["x"]["grad"] == grad

    def test_without_a_loss_there_are_values_and_no_gradients(self, capsys: Out) -> None:
        found = result(capsys, "trace", entry("transpose"))
        assert found["loss"] is None
        assert found["nodes"]["bT"] == {"value": [[1, 7, 5]], "grad": None}
        assert found["wires"][0] == {"from": "b", "to": "bT", "port": "x", "grad": None}

    def test_table_for_people(self, capsys: Out) -> None:
        out, err = call(capsys, "trace", entry("one_neuron"), *REFERENCE)
        assert "z       scalar  7      −4" in out
        assert out.endswith("loss 4\n")
        assert err == "The reference engine was asked for.\n"

    @pytest.mark.parametrize("argv", [["trace"], ["train", "--epochs", "1"], ["check"], ["export", "--to", "{}/w.npz"]])
    def test_a_weight_of_no_node_is_said(self, capsys: Out, tmp_path: Path, argv: list[str]) -> None:
        document = load_entry("xor")
        document.weights = {"h.wieght": np.zeros(2)}
        save(document, tmp_path / "a.json")
        options = [option.format(tmp_path) for option in argv[1:]]
        _, err = call(capsys, argv[0], str(tmp_path / "a.json"), *REFERENCE, *options)
        assert 'The document gives a weight "h.wieght", which no node has; did you mean "h.weight" or' in err

    def test_seed_chooses_the_weights(self, capsys: Out) -> None:
        first, again, other = (
            result(capsys, "trace", entry("xor"), "--seed", seed)["parameters"]["h.weight"]["value"] for seed in "556"
        )
        assert first == again != other


class TestTrain:
    def test_json_is_that_of_the_contract(self, capsys: Out, tmp_path: Path) -> None:
        path, wanted = case(tmp_path, "two_layers__one_output")
        found, golden = result(capsys, "train", path), wanted["train"]
        assert {"steps", "loss_history", "epochs", "parameters", "device", "seconds", "samples_per_second"} <= set(
            found
        )
        assert found["steps"] == golden["steps"]
        agrees(found["loss_history"], golden["loss_history"])
        assert found["parameters"].keys() == golden["parameters"].keys()
        for name, value in golden["parameters"].items():
            agrees(found["parameters"][name], value)
        assert found["device"] == "reference (NumPy, float64)"
        assert found["seconds"] > 0
        assert found["samples_per_second"] > 0

    def test_every_epoch_is_recorded(self, capsys: Out) -> None:
        found = result(capsys, "train", entry("tumours_two_columns"), "--epochs", "3")
        assert [epoch["epoch"] for epoch in found["epochs"]] == [1, 2, 3]
        assert all(0 < epoch["validation_loss"] < 1 for epoch in found["epochs"])
        assert 0.8 < found["epochs"][-1]["metrics"]["accuracy"] <= 1
        assert found["steps"] == len(found["loss_history"]) == 45

    def test_trained_document_is_written_and_goes_on_where_it_stopped(self, capsys: Out, tmp_path: Path) -> None:
        half, end = str(tmp_path / "half.gradwire"), str(tmp_path / "end.json")
        first = result(capsys, "train", entry("one_neuron"), "--epochs", "4", "--out", half)
        second = result(capsys, "train", half, "--epochs", "6", "--out", end)
        whole = result(capsys, "train", entry("one_neuron"))
        assert first["loss_history"] + second["loss_history"] == whole["loss_history"]
        assert [epoch["epoch"] for epoch in second["epochs"]] == [5, 6, 7, 8, 9, 10]
        assert result(capsys, "trace", end)["parameters"]["w.value"]["value"] == whole["parameters"]["w.value"]
        progress = load(end).progress
        assert progress is not None
        assert (progress.epochs, progress.steps, progress.series["loss"].x[-1]) == (10, 10, 10.0)

    def test_writing_what_was_reached_changes_nothing(
        self, capsys: Out, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        straight = result(capsys, "train", entry("spiral"), "--epochs", "20")
        monkeypatch.setattr(train, "CHECKPOINT_SECONDS", 0.0)
        monkeypatch.setattr(train, "CHECKPOINT_SHARE", 1e9)
        monkeypatch.setattr(train, "CHUNK_SECONDS", 0.002)
        written: list[int] = []

        def counted(document: Document, path: Path) -> None:
            written.append(document.progress.steps if document.progress else 0)
            save(document, path)

        monkeypatch.setattr(train, "save", counted)
        out = tmp_path / "a.gradwire"
        again = result(capsys, "train", entry("spiral"), "--epochs", "20", "--out", str(out))
        assert len(written) > 3
        assert written == sorted(written)
        assert again["loss_history"] == straight["loss_history"]
        assert again["parameters"] == straight["parameters"]

    def test_where_training_fails_it_says_what_the_file_holds(
        self, capsys: Out, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(train, "CHECKPOINT_SECONDS", 0.0)
        document = load_entry("one_neuron")
        document.training = type(document.training)("loss", {"name": "sgd", "learning_rate": 1e20}, 1, 100)
        out = tmp_path / "b.json"
        save(document, tmp_path / "a.json")
        _, text = call(capsys, "train", str(tmp_path / "a.json"), *REFERENCE, "--out", str(out), code=2)
        progress = load(out).progress
        assert progress is not None
        assert f"{out} holds what was reached before: {progress.name}\n" in text
        assert text.splitlines()[-1].startswith("error: Training stopped: the loss became ")

    def test_trained_document_keeps_everything_else(self, capsys: Out, tmp_path: Path) -> None:
        out = tmp_path / "out.json"
        call(capsys, "train", entry("xor"), *REFERENCE, "--epochs", "2", "--out", str(out))
        before, after = (json.loads(path.read_text(encoding="utf-8")) for path in (Path(entry("xor")), out))
        assert after["gallery"] == before["gallery"]
        assert after["training"] == before["training"]
        assert [node["id"] for node in after["graph"]["nodes"]] == [node["id"] for node in before["graph"]["nodes"]]

    def test_another_seed_starts_anew(self, capsys: Out, tmp_path: Path) -> None:
        trained = str(tmp_path / "a.gradwire")
        result(capsys, "train", entry("xor"), "--epochs", "5", "--out", trained)
        again = result(capsys, "train", trained, "--epochs", "2", "--seed", "9")
        fresh = result(capsys, "train", entry("xor"), "--epochs", "2", "--seed", "9")
        assert again["loss_history"] == fresh["loss_history"]

    def test_quiet_says_nothing(self, capsys: Out) -> None:
        assert call(capsys, "train", entry("xor"), *REFERENCE, "--epochs", "2", "--quiet") == ("", "")

    def test_summary_says_how_it_went_and_that_nothing_was_saved(self, capsys: Out) -> None:
        _, err = call(capsys, "train", entry("tumours"), *REFERENCE, "--epochs", "2")
        assert "2 epochs in " in err
        assert "validation loss 0." in err
        assert "accuracy 0." in err
        assert err.endswith("not saved, since --out was not given\n")

    def test_a_loss_that_explodes_is_an_error_and_writes_nothing(self, capsys: Out, tmp_path: Path) -> None:
        document = load_entry("one_neuron")
        document.training = type(document.training)("loss", {"name": "sgd", "learning_rate": 1e200}, 1, 10)
        save(document, tmp_path / "a.json")
        text = error(
            capsys, "train", str(tmp_path / "a.json"), *REFERENCE, "--quiet", "--out", str(tmp_path / "b.json")
        )
        assert text.startswith("Training stopped: the loss became ")
        assert [path.name for path in tmp_path.iterdir()] == ["a.json"]

    @pytest.mark.parametrize("out", ["folder.gradwire", "no/a.gradwire"])
    def test_where_nothing_can_be_saved_nothing_is_trained(
        self, capsys: Out, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
    ) -> None:
        (tmp_path / "folder.gradwire").mkdir()
        monkeypatch.setattr(Trainer, "train", lambda *_: pytest.fail("trained"))
        text = error(capsys, "train", entry("xor"), *REFERENCE, "--json", "--out", str(tmp_path / out))
        assert text.startswith(f'cannot write "{tmp_path / out}": ')

    def test_result_is_printed_where_saving_fails(
        self, capsys: Out, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("compute.files.os.fsync", full)
        argv = ("train", entry("xor"), *REFERENCE, "--quiet", "--json", "--epochs", "3")
        out, err = call(capsys, *argv, "--out", str(tmp_path / "a.json"), code=2)
        assert json.loads(out)["steps"] == 3
        assert "No space left on device; free some space" in err
        assert list(tmp_path.iterdir()) == []

    def test_a_document_without_loss_says_what_to_set(self, capsys: Out) -> None:
        assert "No loss is chosen; choose one in the training settings" in error(
            capsys, "train", entry("transpose"), *REFERENCE
        )

    def test_a_document_without_trainable_weights_says_what_to_add(self, capsys: Out, tmp_path: Path) -> None:
        text = Path(entry("dot_product")).read_text(encoding="utf-8").replace('"parameter"', '"constant"')
        (tmp_path / "a.json").write_text(text, encoding="utf-8")
        says = error(capsys, "train", str(tmp_path / "a.json"), *REFERENCE)
        assert says == "There is nothing to train; add a dense layer or a trainable parameter."


class TestExport:
    def test_file_is_written_and_verified(self, capsys: Out, tmp_path: Path) -> None:
        path = tmp_path / "w.npz"
        out, err = call(capsys, "export", entry("spiral"), "--to", str(path))
        assert out.startswith(f"{path}: NumPy archive, largest difference on 100 rows: ")
        assert err == ""
        with np.load(path) as archive:
            weights = {name for name in archive.files if name != "about.json"}
            assert weights == {"h1.weight", "h1.bias", "h2.weight", "h2.bias", "z.weight", "z.bias"}

    def test_planned_suffix(self, capsys: Out, tmp_path: Path) -> None:
        text = error(capsys, "export", entry("spiral"), "--to", str(tmp_path / "w.unknown"))
        endings = " or ".join(suffixes())
        assert text == f'"w.unknown": the name must end in one of the formats; choose {endings}'


class TestRender:
    def test_picture_is_drawn_by_whoever_can(self, capsys: Out, tmp_path: Path) -> None:
        asked: list[tuple[str, bool, str]] = []

        def draw(document: Document, path: Path, values: bool, scale: float, alone: bool, cost: str) -> str:
            asked.append((document.name, values, cost))
            path.write_bytes(b"picture")
            return ""

        path = tmp_path / "a.svg"
        call(capsys, "render", entry("xor"), "--out", str(path), "--values", "--quiet", render=draw)
        call(capsys, "render", entry("xor"), "--out", str(path), "--cost", "kept-bytes", "--quiet", render=draw)
        assert asked == [("XOR", True, ""), ("XOR", False, "kept_bytes")]
        assert path.read_bytes() == b"picture"

    def test_failure_is_said(self, capsys: Out, tmp_path: Path) -> None:
        def draw(document: Document, path: Path, values: bool, scale: float, alone: bool, cost: str) -> str:
            raise GradwireError("cannot write: the disk is full; free some space")

        text = error(capsys, "render", entry("xor"), "--out", str(tmp_path / "a.png"), render=draw)
        assert text == "cannot write: the disk is full; free some space"

    def test_values_that_are_missing_are_said(self, capsys: Out, tmp_path: Path) -> None:
        def draw(document: Document, path: Path, values: bool, scale: float, alone: bool, cost: str) -> str:
            return "the data file cannot be read"

        path = tmp_path / "a.svg"
        out, err = call(capsys, "render", entry("xor"), "--out", str(path), "--values", render=draw)
        assert (out, err) == ("", f"wrote {path}, without values: the data file cannot be read\n")

    def test_other_suffix(self, capsys: Out, tmp_path: Path) -> None:
        text = error(capsys, "render", entry("xor"), "--out", str(tmp_path / "a.gif"))
        assert "must end in .png or .svg or .pdf" in text

    def test_the_scale_is_a_number_within_limits(self, capsys: Out, tmp_path: Path) -> None:
        asked: list[tuple[float, bool]] = []

        def draw(document: Document, path: Path, values: bool, scale: float, alone: bool, cost: str) -> str:
            asked.append((scale, alone))
            return ""

        for more in ([], ["--scale", "0.5"], ["--bare"]):
            call(capsys, "render", entry("xor"), "--out", str(tmp_path / "a.png"), "--quiet", *more, render=draw)
        assert asked == [(2.0, True), (0.5, True), (2.0, False)]
        for bad in ("0", "nan", "1e9", "two"):
            text = error(capsys, "render", entry("xor"), "--out", str(tmp_path / "a.png"), "--scale", bad, render=draw)
            assert f'"{bad}" is no number from 0.1 to 16' in text


class TestDevices:
    def test_without_any_the_reason_is_given(self, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GRADWIRE_NO_OPENCL", "1")
        found = json.loads(call(capsys, "devices", "--json")[0])
        assert found["devices"] == []
        assert found["chosen"] is None
        assert "OpenCL is switched off by GRADWIRE_NO_OPENCL" in found["reason"]

    @pytest.mark.parametrize("command", ["trace", "train", "check"])
    def test_without_any_the_way_out_is_named(self, capsys: Out, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
        monkeypatch.setenv("GRADWIRE_NO_OPENCL", "1")
        text = error(capsys, command, entry("xor"), code=3)
        assert text.startswith("No OpenCL device works here")
        assert text.endswith("--engine reference works without a device")

    def test_named_device_that_is_not_there(self, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GRADWIRE_NO_OPENCL", "1")
        text = error(capsys, "trace", entry("xor"), "--device", "Quantum", code=3)
        assert 'no OpenCL device is called "Quantum"' in text


class TestWrongCalls:
    @pytest.mark.parametrize(
        ("argv", "says"),
        [
            (["trian", "a.json"], 'there is no file or command "trian"; did you mean "train"'),
            (["import", "a.onnx"], "import needs --out FILE.gradwire"),
            (["train"], "gradwire train needs FILE; gradwire train --help shows how to call it"),
            (["export", entry("xor")], "gradwire export needs --to"),
            (["train", entry("xor"), "--epoch", "3"], '"--epoch" is not understood; did you mean "--epochs"?'),
            (["train", entry("xor"), "--epochs", "0"], 'argument --epochs: "0" is no whole number from 1 to'),
            (["train", entry("xor"), "--epochs", "9" * 400], '9" is no whole number from 1 to 9007199254740992'),
            (
                ["trace", entry("xor"), "--seed", "-1"],
                'argument --seed: "-1" is no whole number from 0 to 1844674407370955',
            ),
            (["train", entry("xor"), "--batch", "1.5"], 'argument --batch: "1.5" is no whole number from 1 to'),
            (["train", entry("xor"), "--lr", "fast"], 'argument --lr: "fast" is no number from 0 on'),
            (["train", entry("xor"), "--lr", "nan"], 'argument --lr: "nan" is no number from 0 on'),
            (["trace", entry("xor"), "--samples", "0,x"], 'argument --samples: "x" is no whole number'),
            (
                ["trace", entry("xor"), "--samples", "0,4", *REFERENCE],
                "--samples: there is no row 4; the rows are 0 to 3",
            ),
            (["trace", entry("transpose"), "--samples", "1", *REFERENCE], "there is no row 1; the only row is 0"),
            (["trace", entry("xor"), "--engine", "cuda"], "argument --engine: invalid choice: 'cuda'"),
            (["--engine", "reference", "trace", entry("xor")], 'the command comes first and "--engine" after it'),
            (["trace", str(FOLDER / "spirl.json")], 'did you mean "spiral.json"'),
            (["trace", str(FOLDER / "no" / "x.json")], "there is no folder"),
            (["trace", str(FOLDER)], "the document cannot be read"),
            (["train", entry("xor"), "--out", "a.txt"], '"a.txt" must end in .gradwire or .json'),
            (["train", entry("xor"), "--out", "no/a.json"], 'there is no folder "no"; choose another folder'),
            (["train", entry("xor"), "--out", "n" * 5000 + ".json"], "File name too long; choose a shorter name"),
            (["render", entry("xor"), "--out", "n" * 5000 + ".png"], "File name too long; choose a shorter name"),
            (["trace", "n" * 5000], "the document cannot be read (file name too long); check its name and place"),
            (["n" * 5000], '" cannot be opened (file name too long); check its name and place'),
            (["n" * 5000 + "/a.json"], '" cannot be opened (file name too long); check its name and place'),
            (["trace", entry("xor") + "/a.json"], "the document cannot be read (not a directory)"),
            (
                ["trace", entry("shape_mismatch"), *REFERENCE],
                "MatMul A · B, port b: A is (2, 3) and B is (2, 3): the 3 columns",
            ),
            ([entry("xor"), "b.json"], '"b.json" is not understood; gradwire --help shows what is'),
            (["--device"], "argument --device: expected one argument"),
        ],
    )
    def test_get_one_sentence_and_exit_code_2(self, capsys: Out, argv: list[str], says: str) -> None:
        assert says in error(capsys, *argv)

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (lambda text: text[: len(text) // 2], "the JSON is broken"),
            (lambda text: text.replace('"version": 1', '"version": 7'), "has version 7 and this program reads up to 1"),
            (lambda text: text.replace('"x1", "x2"', '"x1", "x3"'), 'the column "x3"'),
            (lambda text: text.replace('"from": "x", "to": "h"', '"from": "z", "to": "h"'), "The wires form a cycle"),
            (
                lambda text: text.replace('"name": "xor"', '"name": "xr"'),
                'there is no data set "xr"; did you mean "xor"',
            ),
            (lambda text: text.replace('"op": "tanh"', '"op": "tanhh"'), "does not know the op 'tanhh'"),
            (lambda text: text.replace('"name": "adam"', '"name": "adm"'), "there is no optimizer 'adm'"),
        ],
    )
    @pytest.mark.parametrize("command", ["trace", "train"])
    def test_wrong_documents_too(
        self, capsys: Out, tmp_path: Path, command: str, change: Callable[[str], str], says: str
    ) -> None:
        text = Path(entry("xor")).read_text(encoding="utf-8")
        changed = change(text)
        assert changed != text
        (tmp_path / "a.json").write_text(changed, encoding="utf-8")
        if command == "trace" and "optimizer" in says:
            return
        assert says in error(capsys, command, str(tmp_path / "a.json"), *REFERENCE, "--quiet")

    @pytest.mark.parametrize("argv", [["trace", "{}"], ["{}"]])
    def test_a_folder_that_cannot_be_looked_into(
        self, capsys: Out, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: list[str]
    ) -> None:
        # Of stand-ins, because an administrator may look everywhere.
        def refuse(*_arguments: Any, **_named: Any) -> Any:
            raise PermissionError(13, "Permission denied")

        for name in ("exists", "is_dir", "is_file", "iterdir", "read_bytes"):
            monkeypatch.setattr(Path, name, refuse)
        monkeypatch.setattr("compute.cli.os.stat", refuse)
        text = error(capsys, *(part.format(tmp_path / "a.json") for part in argv))
        assert "permission denied); check its name and place" in text

    def test_a_missing_file_in_a_folder_that_cannot_be_listed(
        self, capsys: Out, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(path: object) -> list[str]:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("compute.cli.os.listdir", refuse)
        path = tmp_path / "a.json"
        for argv, kind in ((["trace", str(path)], "document"), ([str(path)], "file or command")):
            assert error(capsys, *argv) == f'there is no {kind} "{path}"; --help shows how to call'

    def test_debug_shows_where(self, capsys: Out) -> None:
        _, err = call(capsys, "trace", "nowhere.json", "--debug", code=2)
        assert "Traceback" in err
        assert err.splitlines()[-1].startswith('error: there is no document "nowhere.json"')

    def test_help_names_every_command(self, capsys: Out) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["--help"])
        assert ended.value.code == 0
        out = capsys.readouterr().out
        assert all(command in out for command in ("devices", "trace", "train", "check", "export", "render"))


class TestWindow:
    @pytest.mark.parametrize(
        ("argv", "wanted"),
        [
            ([], (None, None, None)),
            ([entry("xor")], (entry("xor"), None, None)),
            ([entry("xor"), *REFERENCE], (entry("xor"), "reference", None)),
            (["--device", "1"], (None, None, "1")),
        ],
    )
    def test_opens_on_a_file_or_on_nothing(self, argv: list[str], wanted: tuple[str | None, ...]) -> None:
        asked: list[tuple[str | None, ...]] = []

        def edit(path: str | None, engine: str | None, device: str | None) -> int:
            asked.append((path, engine, device))
            return 7

        assert main(argv, edit=edit) == 7
        assert asked == [wanted]

    def test_without_one_the_commands_are_named(self, capsys: Out) -> None:
        assert "there is no window here; give a command" in error(capsys)
