"""Data: every source gives its numbers, every fault its place."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.data import BUILTIN, Table, load_table
from compute.errors import GradwireError

ROOT = Path(__file__).resolve().parents[2]


def inline(columns: Mapping[str, Any]) -> Table:
    return load_table({"source": "inline", "columns": columns}, None)


def npz_table(folder: Path, **arrays: Any) -> Table:
    np.savez(folder / "d.npz", **arrays)
    return load_table({"source": "npz", "path": "d.npz"}, folder)


class TestTable:
    def test_columns_are_float64_and_cannot_be_changed(self) -> None:
        table = inline({"radius": [1, 2], "age": [40, 50.5]})
        assert table.names == ("radius", "age")
        assert table.rows == 2
        assert table.columns["age"].dtype == np.float64
        with pytest.raises(ValueError, match="read-only"):
            table.columns["age"][0] = 0.0

    def test_a_table_does_not_follow_its_source(self) -> None:
        source = np.array([1.0, 2.0])
        table = Table({"a": source})
        source[0] = 9.0
        assert table.columns["a"].tolist() == [1.0, 2.0]

    def test_no_columns_no_rows(self) -> None:
        assert load_table({}, None).rows == 0
        assert inline({}).names == ()


class TestInline:
    def test_text_becomes_classes_in_sorted_order(self) -> None:
        table = inline({"kind": ["pear", "apple", "pear", "fig"]})
        assert table.columns["kind"].tolist() == [2.0, 0.0, 2.0, 1.0]
        assert table.categories == {"kind": ("apple", "fig", "pear")}

    def test_truth_values_are_0_and_1(self) -> None:
        assert inline({"y": [True, False]}).columns["y"].tolist() == [1.0, 0.0]

    @pytest.mark.parametrize(
        ("columns", "says"),
        [
            ({"a": [1, [2]]}, r"row 1 \(counting from 0\) .* is \[2\], which is no number; .* \(null where"),
            ({"a": [1, "x"]}, r'row 1 .* column "a" is \'x\', which is no number'),
            ({"a": ["x", 1.0]}, r'row 0 .* column "a" is \'x\', which is no number'),
            ({"a": [[1.0]]}, r"row 0 .* is \[1.0\], which is no number"),
            ({"a": [1, 2], "b": [1]}, r'the column "b" has 1 rows and "a" has 2; make all'),
            ({"a": [float("inf")]}, r'row 0 .* column "a" is inf, which is not a finite number'),
            ({"a": [10**400]}, 'the inline column "a" holds a number beyond float64'),
            ({"a": 3}, 'the inline column "a" must be a list'),
            ([1], "data.columns: must be an object with one list"),
        ],
    )
    def test_faults_name_their_place(self, columns: Any, says: str) -> None:
        with pytest.raises(GradwireError, match=says):
            inline(columns)

    def test_unknown_source_lists_the_known_ones(self) -> None:
        with pytest.raises(
            GradwireError,
            match=r'data\.source: "exel" is not known; did you mean "excel"\? the sources are .*"csv"',
        ):
            load_table({"source": "exel"}, None)


class TestNpz:
    def test_vectors_matrices_and_text(self, tmp_path: Path) -> None:
        table = npz_table(
            tmp_path,
            X=np.array([[1, 2], [3, 4], [5, 6]], dtype=np.float32),
            y=np.array([True, False, True]),
            kind=np.array(["b", "a", "b"]),
            code=np.array([b"q", b"p", b"p"]),
            size=np.array(["größe".encode(), b"a", b"a"]),
        )
        assert table.names == ("X_0", "X_1", "y", "kind", "code", "size")
        assert table.columns["X_1"].tolist() == [2.0, 4.0, 6.0]
        assert table.columns["y"].tolist() == [1.0, 0.0, 1.0]
        assert table.columns["code"].tolist() == [1.0, 0.0, 0.0]
        assert table.categories == {"kind": ("a", "b"), "code": ("p", "q"), "size": ("a", "größe")}

    @pytest.mark.parametrize(
        ("arrays", "says"),
        [
            ({"a": np.zeros((2, 2, 2))}, r'the array "a" in ".*d\.npz" has shape \(2, 2, 2\)'),
            ({"a": np.float64(3.0)}, r'the array "a" in ".*" has shape \(\)'),
            ({"a": np.zeros(2), "b": np.zeros(3)}, r'differ in rows \("a" 2, "b" 3\)'),
            ({"a": np.zeros(2, complex)}, r'the array "a" in ".*" holds complex128; save real'),
            ({"X": np.zeros((2, 1)), "X_0": np.zeros(2)}, r'gives two columns the name "X_0"'),
            ({"a": np.array([{}, []], dtype=object)}, r'the array "a" in ".*" cannot be read'),
            ({}, r'".*d\.npz" holds no columns'),
            ({"a": np.zeros(0)}, r'".*d\.npz" has columns but no rows'),
            ({"a": np.array([b"\xe9", b"a"])}, r'the array "a" in ".*d\.npz" holds bytes that are no text; save text'),
            ({"a": np.array([1e300], np.longdouble) ** 10}, r'row 0 .* column "a" in ".*d\.npz" is inf, which is not'),
        ],
    )
    def test_faults_name_file_and_array(self, tmp_path: Path, arrays: dict[str, Any], says: str) -> None:
        with pytest.raises(GradwireError, match=says):
            npz_table(tmp_path, **arrays)

    @pytest.mark.parametrize(
        ("shape", "says"),
        [
            (
                "(100000000000000000,)",
                r'".*d\.npz" needs more than 1000 TB of memory and the limit is .*; save fewer rows',
            ),
            ("(-5,)", r'the array "X" in ".*d\.npz" cannot be read \(no array has the shape \(-5,\)\)'),
            ("(3,)", r'the array "X" in ".*d\.npz" cannot be read \(it is cut off\)'),
        ],
    )
    def test_a_shape_that_no_array_has_is_refused(self, tmp_path: Path, shape: str, says: str) -> None:
        head = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
        with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
            archive.writestr("X.npy", b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head)
        with pytest.raises(GradwireError, match=says):
            load_table({"source": "npz", "path": "d.npz"}, tmp_path)

    def test_an_encrypted_archive_is_refused(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "d.npz", X=np.arange(3.0))
        content = bytearray((tmp_path / "d.npz").read_bytes())
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            content[content.index(mark) + place] |= 1
        (tmp_path / "d.npz").write_bytes(content)
        with pytest.raises(GradwireError, match=r'the array "X" in ".*" cannot be read \(.*encrypted'):
            load_table({"source": "npz", "path": "d.npz"}, tmp_path)

    def test_other_files_and_cut_off_archives_are_refused(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "whole.npz", a=np.arange(1000.0))
        whole = (tmp_path / "whole.npz").read_bytes()
        damaged = bytearray(whole)
        damaged[500] ^= 0xFF
        for content in (b"", b"text", whole[:-100], whole[: len(whole) // 2], bytes(damaged)):
            (tmp_path / "d.npz").write_bytes(content)
            with pytest.raises(GradwireError, match=r"no \.npz archive|cannot be read"):
                load_table({"source": "npz", "path": "d.npz"}, tmp_path)
        with pytest.raises(GradwireError, match="cannot be read"):
            load_table({"source": "npz", "path": "none.npz"}, tmp_path)


def builtin(name: str, **options: Any) -> Table:
    return load_table({"source": "builtin", "name": name, "options": options}, None)


class TestBuiltin:
    @pytest.mark.parametrize("name", BUILTIN)
    def test_every_set_says_what_it_is_and_holds_its_target(self, name: str) -> None:
        entry = BUILTIN[name]
        table = builtin(name)
        assert entry.name == name
        assert entry.title
        assert entry.help.endswith(".")
        assert entry.origin.endswith(".")
        assert entry.targets == table.names[-len(entry.targets) :]
        assert table.rows >= 4

    def test_iris(self) -> None:
        table = builtin("iris")
        assert table.names == ("sepal length", "sepal width", "petal length", "petal width", "species")
        means = [table.columns[name].mean() for name in table.names]
        assert means == pytest.approx([5.843333333333334, 3.0573333333333337, 3.758, 1.1993333333333336, 1.0])
        assert table.categories == {"species": ("setosa", "versicolor", "virginica")}
        assert np.bincount(table.columns["species"].astype(int)).tolist() == [50, 50, 50]

    def test_breast_cancer_counts_the_malignant_as_1(self) -> None:
        table = builtin("breast_cancer")
        malignant = table.columns["malignant"]
        assert len(table.names) == 31
        assert table.names[0] == "mean radius"
        assert table.rows == 569
        assert malignant.sum() == 212
        radius = table.columns["mean radius"]
        assert radius.mean() == pytest.approx(14.127291739894552)
        assert radius[malignant == 1].mean() == pytest.approx(17.46283, abs=1e-5)
        assert radius[malignant == 0].mean() == pytest.approx(12.14652, abs=1e-5)
        assert table.categories["malignant"] == ("benign", "malignant")

    def test_wine(self) -> None:
        table = builtin("wine")
        assert np.bincount(table.columns["cultivar"].astype(int)).tolist() == [59, 71, 48]
        assert table.columns["alcohol"].mean() == pytest.approx(13.000617977528083)
        assert table.columns["proline"].mean() == pytest.approx(746.893258426966)

    def test_digits(self) -> None:
        table = builtin("digits")
        assert table.rows == 1797
        assert len(table.names) == 65
        first = np.array([table.columns[name][0] for name in table.names[:-1]]).reshape(8, 8)
        assert first[0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
        assert table.columns["pixel 0,3"][0] == 13.0
        assert table.columns["digit"][:3].tolist() == [0.0, 1.0, 2.0]

    def test_diabetes(self) -> None:
        table = builtin("diabetes")
        assert table.rows == 442
        assert table.columns["progression"].mean() == pytest.approx(152.13348416289594)
        assert table.columns["body mass index"].mean() == pytest.approx(26.3757918552)

    @pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes", "digits", "linnerud"])
    def test_the_files_agree_with_scikit_learns_own_loaders(self, name: str) -> None:
        from sklearn import datasets

        options = {"scaled": False} if name == "diabetes" else {}
        values, target = getattr(datasets, f"load_{name}")(return_X_y=True, **options)
        table = builtin(name)
        names, targets = table.names[: values.shape[1]], BUILTIN[name].targets
        assert np.array_equal(np.stack([table.columns[n] for n in names], axis=1), values)
        expected = 1 - target if name == "breast_cancer" else target
        assert np.array_equal(np.stack([table.columns[n] for n in targets], axis=-1).squeeze(), expected)

    def test_the_real_sets_are_read_without_importing_scikit_learn(self) -> None:
        program = (
            "import sys; from compute.data import load_table\n"
            "load_table({'source': 'builtin', 'name': 'breast_cancer'}, None)\n"
            "print(sorted({'sklearn', 'scipy', 'pandas'} & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"

    def test_spiral(self) -> None:
        table = builtin("spiral")
        assert table.names == ("x1", "x2", "label")
        assert table.rows == 500
        assert table.columns["label"][:4].tolist() == [0.0, 1.0, 0.0, 1.0]
        assert table.columns["label"].sum() == 250
        clean = builtin("spiral", noise=0.0, turns=1.0, points=3)
        assert clean.columns["x2"][4] == pytest.approx(3.0)
        assert clean.columns["x1"] == pytest.approx([0.0463525, -0.0463525, -0.2463843, 0.2463843, 0.0, 0.0], abs=1e-6)

    def test_generated_sets_depend_on_their_seed_alone(self) -> None:
        for name in ("spiral", "circle", "circles", "moons", "gauss", "blobs", "xor_noisy", "plane", "gauss_hills"):
            first, again, other = builtin(name, seed=3), builtin(name, seed=3), builtin(name, seed=4)
            assert np.array_equal(first.columns["x1"], again.columns["x1"])
            assert not np.array_equal(first.columns["x1"], other.columns["x1"])

    def test_xor_is_the_truth_table(self) -> None:
        table = builtin("xor")
        assert [list(row) for row in zip(*table.columns.values(), strict=True)] == [
            [0.0, 0.0, 0.0],
            [0.0, 1.0, 1.0],
            [1.0, 0.0, 1.0],
            [1.0, 1.0, 0.0],
        ]

    def test_noisy_xor_marks_unlike_signs(self) -> None:
        table = builtin("xor_noisy", noise=0.0)
        product = table.columns["x1"] * table.columns["x2"]
        assert np.array_equal(table.columns["y"], (product < 0).astype(float))

    def test_circles_and_moons_lie_where_they_should(self) -> None:
        circles = builtin("circles", noise=0.0)
        distance = np.hypot(circles.columns["x1"], circles.columns["x2"])
        assert distance == pytest.approx(np.where(circles.columns["label"] == 1, 1.0, 2.5))
        filled = builtin("circle", noise=0.0)
        distance, inside = np.hypot(filled.columns["x1"], filled.columns["x2"]), filled.columns["label"] == 1
        assert distance[inside].max() <= 1.2
        assert distance[~inside].min() >= 1.8
        assert distance.max() <= 3.0
        moons = builtin("moons", noise=0.0)
        lower = moons.columns["label"] == 1
        assert moons.columns["x2"][~lower].min() >= -1e-12
        assert moons.columns["x2"][lower].max() <= 0.5 + 1e-12

    def test_clouds_have_names(self) -> None:
        table = builtin("blobs", noise=0.0, classes=3, points=2)
        assert table.categories == {"cloud": ("cloud 1", "cloud 2", "cloud 3")}
        assert table.columns["cloud"].tolist() == [0, 1, 2, 0, 1, 2]
        assert np.hypot(table.columns["x1"], table.columns["x2"]) == pytest.approx(np.full(6, 2.0))
        two = builtin("gauss", noise=0.0, points=2)
        assert [list(row) for row in zip(*two.columns.values(), strict=True)][:2] == [[-1.5, -1.5, 0], [1.5, 1.5, 1]]

    def test_numbers_to_predict_are_what_their_sentence_says(self) -> None:
        line, plane = (builtin(name, noise=0.0).columns for name in ("linear", "plane"))
        assert line["y"] == pytest.approx(2 * line["x"] + 1)
        assert plane["y"] == pytest.approx((plane["x1"] + plane["x2"]) / 6)
        hills = builtin("gauss_hills", noise=0.0, points=5000).columns
        for x, y, sign in ((-2, -1.5, 1), (0, -1.5, -1), (2, -1.5, 1), (-2, 1.5, -1), (0, 1.5, 1), (2, 1.5, -1)):
            near = np.hypot(hills["x1"] - x, hills["x2"] - y) < 0.25
            assert near.any()
            assert sign * hills["y"][near] == pytest.approx(0.94, abs=0.06)

    @pytest.mark.parametrize(
        ("name", "options", "says"),
        [
            ("irsi", {}, 'there is no data set "irsi"; did you mean "iris"\\? the data sets are "spiral"'),
            ("spiral", {"nose": 1}, 'has no option "nose"; did you mean "noise"\\? its options are "points"'),
            ("iris", {"noise": 1}, 'the data set "iris" has no option "noise"; it has no options'),
            (
                "spiral",
                {"points": 1},
                'data.options.points: the data set "spiral" takes a whole number from 2 to 100000, not 1',
            ),
            ("spiral", {"points": 2.5}, "takes a whole number from 2 to 100000, not 2.5"),
            ("spiral", {"noise": "a"}, "data.options.noise: .* takes a number from 0.0 to 2.0, not 'a'"),
            ("spiral", {"noise": float("nan")}, "takes a number from 0.0 to 2.0, not nan"),
            ("spiral", {"seed": True}, "takes a whole number from 0 to .*, not True"),
        ],
    )
    def test_faults_name_the_set_and_the_option(self, name: str, options: dict[str, Any], says: str) -> None:
        with pytest.raises(GradwireError, match=says):
            builtin(name, **options)

    def test_options_must_be_an_object(self) -> None:
        for options in ([1], "x", 3):
            with pytest.raises(GradwireError, match=r"data\.options: must be an object of names and values"):
                load_table({"source": "builtin", "name": "xor", "options": options}, None)
        assert load_table({"source": "builtin", "name": "xor", "options": None}, None).rows == 4

    def test_without_scikit_learn_there_is_a_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("compute.data.bundled.importlib.util.find_spec", lambda name: None)
        with pytest.raises(GradwireError, match=r'needs "iris\.csv" of scikit-learn.*install scikit-learn'):
            builtin("iris")


def test_columns_of_a_table_like_it_are_the_same_and_only_others_are_looked_through() -> None:
    first = Table({"a": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0])})
    more = Table({**first.columns, "c": np.array([5.0, 6.0])}, like=first)
    assert more.columns["a"] is first.columns["a"]
    assert not more.columns["c"].flags.writeable
    assert more.like is None
    with pytest.raises(GradwireError, match='column "c" is inf'):
        Table({**first.columns, "c": np.array([5.0, np.inf])}, like=first)
