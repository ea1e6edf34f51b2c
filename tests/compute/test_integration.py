"""Menu entry, icon and file association, written into folders and a registry that are not the system's."""

from __future__ import annotations

import configparser
import plistlib
import shlex
import stat
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from compute import child
from compute.cli import main
from compute.errors import GradwireError
from compute.integration import here, linux, macos, starting, windows
from compute.integration.changes import is_put, put, take_back
from compute.integration.linux import quoted
from compute.integration.windows import name_process, tell_explorer

START = ["/opt/my programs/100% $new/gradwire"]


class Registry:
    """What ``winreg`` does, in a dictionary."""

    HKEY_CURRENT_USER, REG_SZ = "HKCU", 1

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, str]] = {}

    class Key:
        def __init__(self, name: str) -> None:
            self.name = name

        def __enter__(self) -> Registry.Key:
            return self

        def __exit__(self, *_error: object) -> None:
            pass

    def CreateKey(self, key: str, sub_key: str) -> Key:
        assert key == "HKCU"
        parts = sub_key.split("\\")
        for end in range(1, len(parts) + 1):
            self.keys.setdefault("\\".join(parts[:end]), {})
        return self.Key(sub_key)

    def OpenKey(self, _key: str, sub_key: str, _reserved: int, _access: int) -> Key:
        if sub_key not in self.keys:
            raise FileNotFoundError(sub_key)
        return self.Key(sub_key)

    def SetValueEx(self, key: Key, name: str, _reserved: int, kind: int, value: str) -> None:
        assert kind == 1
        self.keys[key.name][name] = value

    def DeleteValue(self, key: Key, name: str) -> None:
        if name not in self.keys[key.name]:
            raise FileNotFoundError(name)
        del self.keys[key.name][name]

    def QueryValueEx(self, key: Key, name: str) -> tuple[str, int]:
        if name not in self.keys[key.name]:
            raise FileNotFoundError(name)
        return self.keys[key.name][name], self.REG_SZ

    def QueryInfoKey(self, key: Key) -> tuple[int, int, int]:
        inside = sum(other.startswith(f"{key.name}\\") for other in self.keys)
        return inside, len(self.keys[key.name]), 0

    def DeleteKey(self, _key: str, sub_key: str) -> None:
        if any(other.startswith(f"{sub_key}\\") for other in self.keys):
            raise PermissionError(sub_key)
        if self.keys.pop(sub_key, None) is None:
            raise FileNotFoundError(sub_key)


class Calls(list[tuple[Sequence[str], Mapping[str, str]]]):
    """The system's tools that would have been called; the one that makes a shortcut does so where it works."""

    works = True

    def __call__(self, call: Sequence[str], environment: Mapping[str, str]) -> None:
        self.append((call, environment))
        if "GRADWIRE_LINK" in environment and self.works:
            link = Path(environment["GRADWIRE_LINK"])
            link.parent.mkdir(parents=True, exist_ok=True)
            link.touch()


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_linux_desktop_gets_entry_icon_and_type(tmp_path: Path) -> None:
    (tmp_path / ".local/share/applications").mkdir(parents=True)
    other = tmp_path / ".local/share/applications/other.desktop"
    other.write_text("theirs", encoding="utf-8")
    changes, calls = linux(START, tmp_path, {}), Calls()
    put(changes, call=calls)
    data = tmp_path / ".local/share"
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(data / "applications/gradwire.desktop", encoding="utf-8")
    entry = parser["Desktop Entry"]
    assert entry["Exec"] == '"/opt/my programs/100%% \\\\$new/gradwire" %f'
    assert (entry["Icon"], entry["MimeType"]) == ("gradwire", "application/x-gradwire;")
    kind = ET.parse(data / "mime/packages/gradwire.xml").getroot()[0]
    assert kind.get("type") == "application/x-gradwire"
    assert [each.get("pattern") for each in kind if each.get("pattern")] == ["*.gradwire"]
    assert (data / "icons/hicolor/scalable/apps/gradwire.svg").read_bytes().startswith(b"<svg")
    assert [call[0] for call, _ in calls] == [
        "update-mime-database",
        "update-desktop-database",
        "gtk-update-icon-cache",
    ]
    assert is_put(changes)
    assert not is_put(linux(["/elsewhere/gradwire"], tmp_path, {}))
    assert len(take_back(changes, call=calls)) == 4
    assert not is_put(changes)
    assert files_in(tmp_path) == {".local/share/applications/other.desktop"}
    assert take_back(changes, call=calls) == []


def test_linux_follows_the_folder_that_the_system_names(tmp_path: Path) -> None:
    elsewhere = linux(START, tmp_path, {"XDG_DATA_HOME": str(tmp_path / "data")})
    assert elsewhere.files[0].path == tmp_path / "data/applications/gradwire.desktop"
    assert linux(START, tmp_path, {"XDG_DATA_HOME": "data"}).files[0].path.is_relative_to(tmp_path / ".local/share")


def test_what_has_a_meaning_in_an_entry_is_quoted() -> None:
    assert quoted("/usr/bin/gradwire") == '"/usr/bin/gradwire"'
    assert quoted('a"b`c\\') == '"a\\\\"b\\\\`c\\\\\\\\"'


def test_windows_gets_a_shortcut_and_the_ending_in_the_persons_registry(tmp_path: Path) -> None:
    registry, calls = Registry(), Calls()
    theirs = r"Software\Classes\.gradwire\OpenWithProgids"
    with registry.CreateKey("HKCU", theirs) as key:
        registry.SetValueEx(key, "Other.Program", 0, 1, "")
    changes = windows([r"C:\My Programs\gradwire.exe"], tmp_path / "roaming", tmp_path / "local")
    assert not is_put(changes, registry)
    assert str(changes.made[0]) in put(changes, registry, calls)
    assert is_put(changes, registry)
    classes = {name.removeprefix("Software\\Classes\\"): values for name, values in registry.keys.items() if values}
    assert classes["Gradwire.Document\\shell\\open\\command"] == {"": r'"C:\My Programs\gradwire.exe" "%1"'}
    assert classes[".gradwire"] == {"": "Gradwire.Document", "Content Type": "application/x-gradwire"}
    assert classes[".gradwire\\OpenWithProgids"] == {"Other.Program": "", "Gradwire.Document": ""}
    icon = tmp_path / "local/Gradwire/gradwire.ico"
    assert classes["Gradwire.Document\\DefaultIcon"] == {"": f'"{icon}",0'}
    with Image.open(icon) as opened:
        assert (16, 16) in opened.info["sizes"]
        assert (256, 256) in opened.info["sizes"]
    ((call, environment),) = calls
    assert call[0] == "powershell"
    assert environment["GRADWIRE_PROGRAM"] == r"C:\My Programs\gradwire.exe"
    assert all(f"$env:{name}" in call[-1] for name in environment)
    link = Path(environment["GRADWIRE_LINK"])
    assert link == tmp_path / "roaming/Microsoft/Windows/Start Menu/Programs/Gradwire.lnk"

    assert link.exists()
    gone = windows([r"C:\My Programs\gradwire.exe"], tmp_path / "roaming", tmp_path / "local", removing=True)
    take_back(gone, registry, calls)
    assert len(calls) == 1
    assert {name: values for name, values in registry.keys.items() if values} == {theirs: {"Other.Program": ""}}
    assert not [name for name in registry.keys if "Gradwire.Document" in name]
    assert files_in(tmp_path) == set()


def test_windows_keeps_what_another_program_has_put_in_its_place(tmp_path: Path) -> None:
    registry, calls = Registry(), Calls()
    changes = windows([r"C:\100%1\gradwire.exe"], tmp_path / "roaming", tmp_path / "local")
    put(changes, registry, calls)
    command = registry.keys[r"Software\Classes\Gradwire.Document\shell\open\command"]
    assert command == {"": r'C:\100%1\gradwire.exe "%1"'}
    registry.keys[r"Software\Classes\.gradwire"][""] = "Other.Document"
    assert not is_put(changes, registry)
    take_back(changes, registry, calls)
    left = {name: values for name, values in registry.keys.items() if values}
    assert left == {r"Software\Classes\.gradwire": {"": "Other.Document"}}
    registry.keys[r"Software\Classes\.gradwire"][""] = "Gradwire.Document"
    take_back(changes, registry, calls)
    assert r"Software\Classes\.gradwire" not in registry.keys


def test_windows_says_where_no_shortcut_was_made(tmp_path: Path) -> None:
    calls = Calls()
    calls.works = False
    with pytest.raises(GradwireError, match=r'powershell did not make ".*Gradwire.lnk"; the rest is there'):
        put(windows(["gradwire.exe"], tmp_path / "roaming", tmp_path / "local"), Registry(), calls)


def test_windows_is_told_of_endings_and_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    told = list[tuple[Any, ...]]()
    shell = SimpleNamespace(
        SHChangeNotify=lambda *given: told.append(given),
        SetCurrentProcessExplicitAppUserModelID=lambda *given: told.append(given),
    )
    monkeypatch.setattr("ctypes.windll", SimpleNamespace(shell32=shell), raising=False)
    tell_explorer()
    name_process()
    assert told == [(0x08000000, 0, None, None), ("Gradwire.Gradwire",)]


def test_macos_gets_an_application_that_starts_the_program(tmp_path: Path) -> None:
    changes, calls = macos(START, tmp_path), Calls()
    put(changes, call=calls)
    bundle = tmp_path / "Applications/Gradwire.app"
    info: dict[str, Any] = plistlib.loads((bundle / "Contents/Info.plist").read_bytes())
    script = bundle / "Contents/MacOS" / info["CFBundleExecutable"]
    assert stat.S_IMODE(script.stat().st_mode) == 0o755
    assert shlex.split(script.read_text(encoding="utf-8").splitlines()[1]) == ["exec", *START, "$@"]
    assert info["CFBundleDocumentTypes"][0]["LSItemContentTypes"] == [
        info["UTExportedTypeDeclarations"][0]["UTTypeIdentifier"]
    ]
    tags = info["UTExportedTypeDeclarations"][0]["UTTypeTagSpecification"]
    assert tags["public.filename-extension"] == ["gradwire"]
    with Image.open(bundle / "Contents/Resources" / f"{info['CFBundleIconFile']}.icns") as opened:
        assert opened.format == "ICNS"
    assert info["LSArchitecturePriority"][0] == "arm64"
    assert [call[1:] for call, _ in calls] == [["-f", str(bundle)]]
    there = list[bool]()
    take_back(macos(START, tmp_path, removing=True), call=lambda call, _: there.append(bundle.exists()))
    assert there == [True]  # what is gone can no longer be taken off the list
    assert list((tmp_path / "Applications").iterdir()) == []


def test_the_command_says_what_it_wrote_and_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here, "_changes", lambda removing: linux(START, tmp_path, {}))
    monkeypatch.setattr(here, "_registry", lambda: None)
    monkeypatch.setattr("compute.integration.changes.subprocess.run", lambda *_call, **_how: None)
    assert main(["integrate"]) == 0
    out, err = capsys.readouterr()
    assert out == "Gradwire is in the menu, and opens .gradwire files.\n"
    assert f"wrote {tmp_path}/.local/share/applications/gradwire.desktop" in err
    assert main(["integrate", "--remove"]) == 0
    assert capsys.readouterr().out == "Gradwire is out of the menu.\n"
    assert main(["integrate", "--remove", "--quiet"]) == 0
    assert capsys.readouterr() == ("Gradwire was not in the menu.\n", "")


def test_the_program_that_runs_now_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Path(starting()[0])
    assert program.is_absolute()
    assert program.exists()
    # Installed for one person, calls lie elsewhere than Python; on Windows the one without a terminal is taken.
    names = {"win32": "gradwire-window", "linux": "gradwire"}
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr("sysconfig.get_path", lambda name, scheme="": str(tmp_path / (scheme or "system")))
    monkeypatch.setattr("sysconfig.get_preferred_scheme", lambda key: key)
    assert starting("linux")[1].endswith("main.py")
    for folder in ("user", "system"):
        for platform, name in names.items():
            script = tmp_path / folder / name
            script.parent.mkdir(exist_ok=True)
            script.touch(mode=0o755)
            assert starting(platform) == [str(script)]


def test_programs_of_the_system_do_not_get_the_libraries_of_a_built_application(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {"LD_LIBRARY_PATH": "/app/_internal", "LD_LIBRARY_PATH_ORIG": "/opt/lib", "DYLD_LIBRARY_PATH": "/app"}
    assert child.systems_environment(given) == given
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert child.systems_environment(given) == {"LD_LIBRARY_PATH": "/opt/lib"}
