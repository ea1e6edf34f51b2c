"""An archive survives load and save; one that is damaged, or made to fill the memory, is refused in a sentence."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from compute.document import dumps, from_json, load, loads, storage
from compute.errors import GradwireError
from tests.compute.test_document import changed, small


class TestArchive:
    def test_cut_short_anywhere_is_a_sentence(self) -> None:
        whole = dumps(from_json(small()), archive=True)
        for length in range(len(whole)):
            with pytest.raises(GradwireError) as caught:
                loads(whole[:length], "a.gradwire")
            assert str(caught.value).startswith("a.gradwire")

    def test_every_changed_byte_is_a_sentence_or_the_same_document(self) -> None:
        whole = dumps(from_json(small()), archive=True)
        for place in range(len(whole)):
            damaged = bytearray(whole)
            damaged[place] ^= 0xFF
            try:
                document = loads(bytes(damaged), "a.gradwire")
            except GradwireError:
                continue
            assert document.weights.keys() <= {"h.weight", "h.bias"}

    def test_zip_of_something_else(self) -> None:
        assert "holds no document.json" in self._refused({"readme.txt": b"hello"})

    def test_broken_json_inside_names_line_and_column(self) -> None:
        assert "a.gradwire/document.json, line 1, column 3" in self._refused({"document.json": b"{ ]"})

    def test_damaged_weights_inside_are_named(self) -> None:
        text = self._refused({"document.json": json.dumps(small()).encode(), "weights.safetensors": b"\x05" * 40})
        assert text.startswith("a.gradwire/weights.safetensors: the weights are damaged")

    @pytest.mark.parametrize("kind", ["BF16", "F8_E4M3", "C64"])
    def test_weights_of_a_type_that_is_not_read_are_named(self, kind: str) -> None:
        size = {"BF16": 2, "F8_E4M3": 1, "C64": 8}[kind] * 2
        header = json.dumps({"h.weight": {"dtype": kind, "shape": [1, 2], "data_offsets": [0, size]}}).encode()
        packed = len(header).to_bytes(8, "little") + header + bytes(size)
        text = self._refused({"document.json": json.dumps(small()).encode(), "weights.safetensors": packed})
        assert text == (
            f"a.gradwire/weights.safetensors: the weight h.weight is of the type {kind}; save it as F32 or F64."
        )

    def test_weights_of_every_real_type_are_read(self) -> None:
        from safetensors.numpy import save as pack

        kinds = (
            np.float64,
            np.float32,
            np.float16,
            np.int64,
            np.int32,
            np.int16,
            np.int8,
            np.uint8,
            np.uint64,
            np.bool_,
        )
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("document.json", json.dumps(small()))
            archive.writestr(
                "weights.safetensors", pack({np.dtype(kind).name: np.array([[0, 1]]).astype(kind) for kind in kinds})
            )
        found = loads(buffer.getvalue()).weights
        assert {name: array.tolist() for name, array in found.items()} == {
            np.dtype(kind).name: [[0.0, 1.0]] for kind in kinds
        }
        assert {array.dtype for array in found.values()} == {np.dtype(np.float64)}

    def test_archive_in_place_of_the_document_inside(self) -> None:
        whole = dumps(from_json(small()), archive=True)
        assert "a.gradwire/document.json: this is neither a JSON" in self._refused({"document.json": whole})

    def test_archive_that_would_fill_the_memory(self) -> None:
        data = bytearray(self._packed({"document.json": b"{}"}))
        # The uncompressed size in the central directory, as a hostile file would claim it.
        place = data.index(b"PK\x01\x02") + 24
        data[place : place + 4] = (2**32 - 2).to_bytes(4, "little")
        with pytest.raises(GradwireError, match=r"json unpacks from 4 bytes to 4\.29 GB, and more than 100 times is"):
            loads(bytes(data), "a.gradwire")

    def test_archive_beyond_the_budget(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GRADWIRE_MEMORY", "1 MB")
        with pytest.raises(GradwireError, match=r"archive unpacks to needs 1\.2 MB of memory and the limit is 1 MB"):
            loads(self._packed({"document.json": b" " * 100_000}), "a.gradwire")
        with pytest.raises(GradwireError, match=r"reading the JSON needs 1\.2 MB of memory and the limit is 1 MB"):
            loads(b" " * 100_000, "a.json")

    def test_a_large_file_of_little_content_can_be_opened_again_after_saving(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(storage, "_UNSUSPECTED", 10**6)
        document = from_json(small())
        document.members = {"zeros.bin": bytes(2 * 10**6), "small.bin": bytes(10**6)}
        document.weights = {"w": np.zeros(10**6)}
        saved = dumps(document, archive=True)
        again = loads(saved)
        assert again.members == document.members
        assert again.weights["w"].tolist() == document.weights["w"].tolist()
        with zipfile.ZipFile(io.BytesIO(saved)) as archive:
            assert archive.getinfo("zeros.bin").compress_type == zipfile.ZIP_STORED
            assert archive.getinfo("small.bin").compress_type == zipfile.ZIP_DEFLATED

    def test_json_that_could_not_be_opened_again_is_not_written(self, monkeypatch: pytest.MonkeyPatch) -> None:
        document = from_json(small())
        document.weights = {"w": np.full(10_000, 1 / 3)}
        monkeypatch.setenv("GRADWIRE_MEMORY", "1 MB")
        with pytest.raises(GradwireError, match=r"Small: opening it again as JSON needs .*; save it as a \.gradwire"):
            dumps(document, archive=False)
        assert loads(dumps(document, archive=True)).weights["w"].shape == (10_000,)

    @pytest.mark.parametrize("start", [b"PK", b"{"])
    def test_a_large_file_is_refused_before_it_is_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: bytes
    ) -> None:
        path = tmp_path / "a.json"
        path.write_bytes(start + bytes(50 * 10**6))
        monkeypatch.setenv("GRADWIRE_MEMORY", "40 MB")
        tracemalloc.start()
        with pytest.raises(GradwireError, match=r"^a\.json needs (50|600) MB of memory and the limit is 40 MB"):
            load(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 10**6

    @pytest.mark.parametrize("claimed", [10, 10**8])
    def test_a_file_that_lies_about_its_size_is_not_unpacked_further(self, claimed: int) -> None:
        real = 50 * 10**6
        data = bytearray(self._packed({"document.json": json.dumps(small()).encode(), "big": bytes(real)}))
        place = data.rindex(b"PK\x01\x02") + 24
        assert int.from_bytes(data[place : place + 4], "little") == real
        data[place : place + 4] = claimed.to_bytes(4, "little")
        tracemalloc.start()
        with pytest.raises(GradwireError, match=r"a\.gradwire: "):
            loads(bytes(data), "a.gradwire")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 10 * 10**6

    @pytest.mark.parametrize("end", [0, 2**60, -1])
    def test_weights_that_do_not_fit_their_header_are_not_unpacked(self, end: int) -> None:
        header = json.dumps({"w": {"dtype": "F32", "shape": [end // 4], "data_offsets": [0, end]}}).encode()
        weights = len(header).to_bytes(8, "little") + header + bytes(50 * 10**6)
        data = self._packed({"document.json": json.dumps(small()).encode(), "weights.safetensors": weights})
        tracemalloc.start()
        with pytest.raises(GradwireError, match=r"the weights are damaged \(their header does not fit\); open"):
            loads(data, "a.gradwire")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 10 * 10**6

    @pytest.mark.parametrize("name", ["__metadata__", "__metadata___", "__metadata__.weight", "__metadata", "\0", ""])
    def test_a_weight_may_have_any_name(self, name: str) -> None:
        document = from_json(changed(lambda d: d["weights"].update({name: [1.5]})))
        again = loads(dumps(document, archive=True))
        assert again.weights.keys() == document.weights.keys()
        assert again.weights[name].tolist() == [1.5]

    @pytest.mark.parametrize("name", ["", "n" * 2000])
    def test_a_file_whose_name_cannot_be_kept_is_refused_at_opening(self, name: str) -> None:
        data = self._packed({"document.json": json.dumps(small()).encode(), "NAME": b"1"})
        if name:
            data = self._packed({"document.json": json.dumps(small()).encode(), name: b"1"})
        else:  # zipfile writes no such name: one that begins with a zero byte is read as one
            data = data.replace(b"NAME", b"\0AME")
        with pytest.raises(GradwireError, match="holds a file without a name or with a very long one; take it out"):
            loads(data, "a.gradwire")

    def test_a_rare_way_of_packing_is_refused(self) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
            archive.writestr("document.json", json.dumps(small()))
        with pytest.raises(GradwireError, match=r"document\.json is packed in a rare way; pack the archive again"):
            loads(buffer.getvalue(), "a.gradwire")

    def test_a_device_is_no_document(self) -> None:
        with pytest.raises(GradwireError, match=r"cannot be read \(it is no regular file\); check its name"):
            load(os.devnull)

    @staticmethod
    def _packed(entries: dict[str, bytes]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in entries.items():
                archive.writestr(name, content)
        return buffer.getvalue()

    @classmethod
    def _refused(cls, entries: dict[str, bytes]) -> str:
        with pytest.raises(GradwireError) as caught:
            loads(cls._packed(entries), "a.gradwire")
        return str(caught.value)
