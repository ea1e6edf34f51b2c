"""The last three versions of a file that is saved over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from compute.document import Document, save, versions
from compute.document.versions import Versions
from compute.errors import GradwireError


def saved(path: Path, name: str, second: int) -> None:
    """A document of that name in the file, as of that second."""
    save(Document(name), path)
    os.utime(path, ns=(second * 10**9, second * 10**9))


def test_the_last_three_are_kept_newest_first(tmp_path: Path) -> None:
    path, kept = tmp_path / "a.gradwire", Versions(tmp_path / "versions")
    kept.keep(path)
    assert kept.of(path) == []
    for number in range(5):
        saved(path, str(number), 100 + number)
        kept.keep(path)
    found = kept.of(path)
    assert [version.document().name for version in found] == ["4", "3", "2"]
    assert [version.at for version in found] == [104, 103, 102]
    assert found[0].size == path.stat().st_size
    saved(path, "now", 200)
    document = found[2].document()
    assert (document.path, document.changed_on_disk) == (path, False)


def test_the_same_version_is_kept_once(tmp_path: Path) -> None:
    path, kept = tmp_path / "a.json", Versions(tmp_path / "versions")
    saved(path, "a", 100)
    for _ in range(3):
        kept.keep(path)
    assert [version.document().name for version in kept.of(path)] == ["a"]


def test_files_of_one_name_in_two_folders_are_told_apart(tmp_path: Path) -> None:
    kept = Versions(tmp_path / "versions")
    for folder in ("one", "two"):
        path = tmp_path / folder / "a.gradwire"
        path.parent.mkdir()
        saved(path, folder, 100)
        kept.keep(path)
    assert [version.document().name for version in kept.of(tmp_path / "one" / "a.gradwire")] == ["one"]
    if os.name == "posix":
        (tmp_path / "link").symlink_to(tmp_path / "two")
        assert [version.document().name for version in kept.of(tmp_path / "link" / "a.gradwire")] == ["two"]


def test_beyond_the_limit_the_files_saved_longest_ago_have_none_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Versions(tmp_path / "versions")
    paths = [tmp_path / f"{name}.gradwire" for name in "abc"]
    for second, path in enumerate(paths):
        saved(path, path.stem, 100)
        kept.keep(path)
        os.utime(kept._folder(path), (second, second))
    monkeypatch.setattr(versions, "MOST_BYTES", int(2.5 * paths[0].stat().st_size))
    kept.keep(paths[2])
    assert [len(kept.of(path)) for path in paths] == [0, 1, 1]
    monkeypatch.setattr(versions, "MOST_BYTES", 0)
    kept.keep(paths[2])
    assert [len(kept.of(path)) for path in paths] == [0, 0, 1]


def test_what_cannot_be_copied_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    saved(tmp_path / "a.json", "a", 100)
    kept = Versions(tmp_path / "file")
    kept.keep(tmp_path / "a.json")
    assert kept.of(tmp_path / "a.json") == []


def test_a_damaged_version_is_a_sentence(tmp_path: Path) -> None:
    path, kept = tmp_path / "a.gradwire", Versions(tmp_path / "versions")
    saved(path, "a", 100)
    kept.keep(path)
    (version,) = kept.of(path)
    version.copy.write_bytes(b"PK")
    with pytest.raises(GradwireError, match="damaged"):
        version.document()
