"""A device counts only when it works; nothing that a driver does harms this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from compute.errors import DeviceError
from compute.opencl import devices, findings, loader, probing
from compute.opencl.devices import DeviceInfo
from compute.opencl.findings import Facts, Listing

ROOT = Path(__file__).parents[3]
FACTS = {
    "name": "Model X",
    "platform": "Maker",
    "platform_version": "OpenCL 3.0",
    "kind": "CPU",
    "driver": "1.2",
    "compute_units": 2,
    "memory_bytes": 2**30,
}
WORKS = {"works": True, "detail": "", "gflops": 50.0}


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache of its own, and no setting of the loader."""
    monkeypatch.setattr(findings, "folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(loader, "_shown", None)
    for variable in (loader.FOLDER_VARIABLE, loader.LIBRARY_VARIABLE, devices.SWITCHED_OFF):
        monkeypatch.setenv(variable, "")  # so that what the loader sets is undone
        monkeypatch.delenv(variable)
    return tmp_path / "cache"


class Asked:
    """Stands for the probe's process: answers from a table, and counts."""

    def __init__(self, listed: list[dict[str, Any]], verdicts: dict[str, dict[str, Any]]) -> None:
        self.listed = listed
        self.verdicts = verdicts
        self.calls: list[str] = []

    def __call__(self, *arguments: str) -> dict[str, Any]:
        if arguments[0] == "list":
            self.calls.append("list")
            return {"answer": self.listed}
        name = json.loads(arguments[1])["name"]
        self.calls.append(name)
        found = self.verdicts[name]
        return found if "error" in found else {"answer": found}


@pytest.fixture
def asked(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Asked]:
    def answer(**table: dict[str, Any]) -> Asked:
        kinds = {name: found.pop("kind", "CPU") for name, found in table.items()}
        probe = Asked([{**FACTS, "name": name, "kind": kinds[name]} for name in table], table)
        monkeypatch.setattr(probing, "ask", probe)
        return probe

    return answer


@pytest.fixture
def script(cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Put a program in the probe's place: it lists one device, and runs the given code when asked to test it."""

    def place(on_run: str, on_list: str = "") -> None:
        listed = json.dumps({"answer": [FACTS]})
        text = (
            "import os, sys, time\n"
            f"if sys.argv[1] == 'list':\n    {on_list or 'pass'}\n    print('gradwire-probe:' + {listed!r})\n"
            f"else:\n    {on_run}\n"
        )
        (tmp_path / "fake_probe.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(probing, "PROBE", tmp_path / "fake_probe.py")

    return place


def test_the_devices_of_this_machine_are_listed_tested_and_opened() -> None:
    found = devices.list_devices()
    if loader.intel_library() is None and not found:
        pytest.skip("there is no OpenCL runtime for this processor among the packages, nor a driver")
    assert found
    assert [d.index for d in found] == list(range(len(found)))
    working = [d for d in found if d.works]
    assert working, "; ".join(d.detail for d in found)
    for device in working:
        assert device.gflops > 0
        assert device.detail == ""
        assert device.compute_units > 0
        assert device.memory_bytes > 2**20
        context = devices.open_device(device)
        assert context.devices[0].name.split() == device.name.split()


def test_a_device_whose_driver_changed_is_not_opened(cache: Path) -> None:
    device = next((d for d in devices.list_devices() if d.works), None)
    if device is None:
        pytest.skip("there is no OpenCL runtime for this processor among the packages, nor a driver")
    with pytest.raises(DeviceError, match="not there as it was tested"):
        devices.open_device(replace(device, driver="another"))
    assert findings.listing(loader.fingerprint()) is None


def test_auto_takes_a_gpu_before_a_faster_processor(asked: Callable[..., Asked]) -> None:
    asked(slow=WORKS | {"gflops": 90.0}, fast=WORKS | {"gflops": 300.0}, gpu=WORKS | {"kind": "GPU"})
    choice = devices.choose()
    assert choice.device is not None
    assert choice.device.name == "gpu"
    assert "GPU" in choice.reason


def test_auto_passes_over_a_gpu_that_fails_and_takes_the_fastest_processor(asked: Callable[..., Asked]) -> None:
    broken = {"works": False, "detail": "wrong numbers", "gflops": 0.0, "kind": "GPU"}
    asked(slow=WORKS | {"gflops": 90.0}, fast=WORKS | {"gflops": 300.0}, gpu=broken)
    choice = devices.choose("auto")
    assert choice.device is not None
    assert choice.device.name == "fast"
    assert choice.reason == (
        "fast (Maker) is the fastest device that passed the test, with 300 GFLOP/s; no GPU passed it."
    )


def test_without_a_working_device_auto_says_why(asked: Callable[..., Asked]) -> None:
    asked(old={"works": False, "detail": "unknown target CPU", "gflops": 0.0})
    choice = devices.choose()
    assert choice.device is None
    assert "old (Maker): unknown target CPU" in choice.reason
    assert "reference engine" in choice.reason


def test_a_device_is_named_by_index_or_part_of_its_name(asked: Callable[..., Asked]) -> None:
    asked(alpha=dict(WORKS), beta=dict(WORKS))
    for spec, name in (("0", "alpha"), ("1", "beta"), ("BET", "beta"), ("maker", "alpha")):
        choice = devices.choose(spec)
        assert choice.device is not None
        assert choice.device.name == name


@pytest.mark.parametrize("spec", ["2", "-1", "gamma", "auto please"])
def test_a_wrong_name_is_refused_with_the_devices_there_are(asked: Callable[..., Asked], spec: str) -> None:
    asked(alpha=dict(WORKS), beta=dict(WORKS))
    with pytest.raises(DeviceError, match=r"0: alpha .*1: beta") as refused:
        devices.choose(spec)
    assert spec in str(refused.value)
    assert refused.value.exit_code == 3


def test_a_named_device_that_does_not_work_is_refused_with_its_reason(asked: Callable[..., Asked]) -> None:
    asked(alpha=dict(WORKS), beta={"works": False, "detail": "it hangs", "gflops": 0.0})
    with pytest.raises(DeviceError, match=r"beta .*does not work: it hangs"):
        devices.choose("beta")


def test_two_cards_of_one_model_are_two_devices(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = Asked([dict(FACTS), dict(FACTS)], {"Model X": dict(WORKS)})
    monkeypatch.setattr(probing, "ask", probe)
    first, second = devices.list_devices()
    assert (first.twin, second.twin) == (0, 1)
    assert first.identity != second.identity
    assert probe.calls == ["list", "Model X", "Model X"]


def test_what_was_found_is_found_again_without_a_process(asked: Callable[..., Asked]) -> None:
    probe = asked(alpha=dict(WORKS), beta={"error": "its driver crashed"})
    first = devices.list_devices()
    assert probe.calls == ["list", "alpha", "beta"]
    assert devices.list_devices() == first
    assert devices.choose().device == first[0]
    assert probe.calls == ["list", "alpha", "beta"]


def test_refresh_asks_the_drivers_again_and_tries_again_what_failed(asked: Callable[..., Asked]) -> None:
    probe = asked(alpha=dict(WORKS), beta={"error": "its driver crashed"})
    devices.list_devices()
    probe.calls.clear()
    probe.verdicts["beta"] = dict(WORKS)
    assert all(d.works for d in devices.list_devices(refresh=True))
    assert probe.calls == ["list", "beta"]


def test_another_driver_version_is_tested_anew(asked: Callable[..., Asked]) -> None:
    probe = asked(alpha=dict(WORKS))
    devices.list_devices()
    probe.listed[0]["driver"] = "1.3"
    assert devices.list_devices(refresh=True)[0].driver == "1.3"
    assert probe.calls == ["list", "alpha", "list", "alpha"]


def test_a_failure_is_believed_for_a_while_only(asked: Callable[..., Asked], monkeypatch: pytest.MonkeyPatch) -> None:
    probe = asked(alpha={"error": "its driver gave no answer"})
    devices.list_devices()
    monkeypatch.setattr(findings, "FAILURE_LASTS", 0.0)
    devices.list_devices()
    assert probe.calls == ["list", "alpha", "alpha"]


@pytest.mark.parametrize(
    "broken", [b"", b"{", b"\xff\xfe", b"[]", b'{"verdicts": {"x": 1}}', b'{"listings": {"x": {"devices": [1]}}}']
)
def test_a_broken_cache_counts_as_empty(asked: Callable[..., Asked], cache: Path, broken: bytes) -> None:
    probe = asked(alpha=dict(WORKS))
    cache.mkdir()
    (cache / "opencl.json").write_bytes(broken)
    assert devices.list_devices()[0].works
    devices.list_devices()
    assert probe.calls == ["list", "alpha"]


def test_a_cache_that_cannot_be_written_is_done_without(asked: Callable[..., Asked], cache: Path) -> None:
    asked(alpha=dict(WORKS))
    cache.write_text("a file where the folder should be", encoding="utf-8")
    assert devices.list_devices()[0].works


def test_old_listings_are_dropped(cache: Path) -> None:
    for number in range(20):
        findings.keep_listing(str(number), Listing([], "", [], float(number)))
    kept = msgspec.json.decode((cache / "opencl.json").read_bytes())["listings"]
    assert sorted(kept, key=int) == [str(n) for n in range(12, 20)]


def test_a_device_that_hangs_is_reported(script: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    script("time.sleep(60)")
    monkeypatch.setattr(probing, "TIME_LIMIT", 0.5)
    (device,) = devices.list_devices()
    assert not device.works
    assert device.detail == "its driver gave no answer within 0.5 s"


def test_who_has_answered_ends_at_once_and_in_order() -> None:
    """Whoever asked holds its stdin open, for which Python would wait, and then abort."""
    call = [sys.executable, str(probing.PROBE), "list"]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as done:
        assert done.stdout
        assert b"gradwire-probe:" in done.stdout.read()
        assert done.wait() == 0
        assert done.stderr
        assert b"Fatal" not in done.stderr.read()


@pytest.mark.skipif(sys.platform == "win32", reason="a process ends by no signal there")
def test_a_device_that_crashes_is_reported(script: Callable[..., None]) -> None:
    script("os.kill(os.getpid(), 11)")
    (device,) = devices.list_devices()
    assert not device.works
    assert device.detail == "its driver crashed the test process (signal 11)"


@pytest.mark.skipif(sys.platform == "win32", reason="a process ends by no signal there")
@pytest.mark.parametrize(("ends", "crashed"), [("os.kill(os.getpid(), 9)", False), ("os.abort()", True)])
def test_a_crash_is_told_from_an_end_by_someone_else(script: Callable[..., None], ends: str, crashed: bool) -> None:
    script(ends)
    assert probing.ask("run")["crashed"] is crashed


def test_without_a_folder_for_its_answer_the_test_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("compute.opencl.probing.tempfile.TemporaryFile", refuse)
    assert "its test could not be started" in probing.ask("list")["error"]


def test_a_driver_that_ends_the_process_or_prints_is_borne(script: Callable[..., None]) -> None:
    script("print('hello'); os._exit(7)", on_list="print('banner of a driver')")
    (device,) = devices.list_devices()
    assert device.detail == "its driver ended the test process (exit status 7)"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system chooses the drivers")
def test_a_driver_that_crashes_when_listed_is_left_out(
    script: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    system = tmp_path / "system"
    system.mkdir()
    (system / "good.icd").write_text("libgood.so\n", encoding="utf-8")
    (system / "bad.icd").write_text("libbad.so\n", encoding="utf-8")
    monkeypatch.setattr(loader, "SYSTEM_FOLDER", system)
    script(
        f"print('gradwire-probe:' + {json.dumps({'answer': WORKS})!r})",
        on_list="os.path.exists(os.environ['OCL_ICD_VENDORS'] + 'bad.icd') and os._exit(9)",
    )
    assert [d.works for d in devices.list_devices()] == [True]
    seen = set(os.listdir(os.environ[loader.FOLDER_VARIABLE]))
    assert "good.icd" in seen
    assert "bad.icd" not in seen
    known = findings.listing(loader.fingerprint())
    assert known is not None
    assert known.crashed == ["bad.icd"]
    # The next process leaves it out from the start.
    monkeypatch.setattr(loader, "_shown", None)
    monkeypatch.delenv(loader.FOLDER_VARIABLE)
    devices.prepare_loader()
    assert set(os.listdir(os.environ[loader.FOLDER_VARIABLE])) == seen


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system chooses the drivers")
def test_where_every_driver_crashes_that_is_said(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    def ask(*_arguments: str) -> dict[str, Any]:
        shown = os.environ[loader.FOLDER_VARIABLE]
        return {"error": "its driver crashed"} if os.path.exists(f"{shown}bad.icd") else {"answer": []}

    monkeypatch.setattr(loader, "drivers", lambda: {"bad.icd": "libbad.so"})
    monkeypatch.setattr(probing, "ask", ask)
    devices.prepare_loader()
    assert devices.choose().fault == "No OpenCL device works here (asking bad.icd for devices crashes)"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system chooses the drivers")
def test_the_loader_sees_the_systems_drivers_and_the_one_that_pip_installed(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pocl.icd").write_text("libpocl.so.2\n", encoding="utf-8")
    monkeypatch.setattr(loader, "SYSTEM_FOLDER", tmp_path)
    monkeypatch.setattr(loader, "intel_library", lambda: Path("/some/where/libintelocl.so"))
    devices.prepare_loader()
    folder = Path(os.environ[loader.FOLDER_VARIABLE])
    assert {f.name: f.read_text(encoding="utf-8").strip() for f in folder.iterdir()} == {
        "pocl.icd": "libpocl.so.2",
        "gradwire-intel.icd": "/some/where/libintelocl.so",
        "gradwire-nvidia.icd": "libnvidia-opencl.so.1",
    }
    (tmp_path / "nvidia.icd").write_text("libnvidia-opencl.so.1\n", encoding="utf-8")
    devices.prepare_loader()
    assert sorted(os.listdir(os.environ[loader.FOLDER_VARIABLE])) == ["gradwire-intel.icd", "nvidia.icd", "pocl.icd"]


def no_folder(tmp_path: Path) -> str:
    """A path at which no folder can be made, by an administrator neither."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    return str(tmp_path / "file" / "cache")


def in_another_process(code: str, **environment: str) -> str:
    """What a program prints in a process of its own, whose loader nobody has led anywhere."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != loader.FOLDER_VARIABLE} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def run_devices(**environment: str) -> tuple[list[str], str]:
    """The labels of the devices and the reason of ``auto`` in a process of its own."""
    code = (
        "import json\nfrom compute.opencl import devices\n"
        "print(json.dumps([[d.label for d in devices.list_devices()], devices.choose().reason]))"
    )
    labels, reason = json.loads(in_another_process(code, **environment))
    return labels, reason


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system chooses the drivers")
def test_what_the_loader_is_led_to_by_hand_is_told_apart(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = [loader.fingerprint()]
    driver, library = tmp_path / "one.icd", tmp_path / "library.so"
    driver.write_text("libone.so\n", encoding="utf-8")
    library.write_bytes(b"one")
    for given in (driver, tmp_path, library, tmp_path / "none", ""):
        monkeypatch.setenv(loader.FOLDER_VARIABLE, str(given))
        seen.append(loader.fingerprint())
    monkeypatch.setenv(loader.FOLDER_VARIABLE, str(driver))
    assert loader.drivers() == {"one.icd": "libone.so"}
    driver.write_text("libtwo.so\n", encoding="utf-8")
    seen.append(loader.fingerprint())
    monkeypatch.setenv(loader.FOLDER_VARIABLE, str(library))
    library.write_bytes(b"other")
    seen.append(loader.fingerprint())
    assert len(set(seen)) == len(seen)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system chooses the drivers")
def test_without_a_cache_one_folder_for_the_drivers_is_made_and_goes_with_the_process(tmp_path: Path) -> None:
    spare = tmp_path / "spare"
    spare.mkdir()
    code = (
        "import os\nfrom compute.opencl import loader\n"
        "loader.show({'a.icd': 'liba.so'})\nloader.show({'b.icd': 'libb.so'})\n"
        "print(len(os.listdir(os.environ['TMPDIR'])), os.listdir(os.environ[loader.FOLDER_VARIABLE]))"
    )
    assert in_another_process(code, XDG_CACHE_HOME=no_folder(tmp_path), TMPDIR=str(spare)) == "1 ['b.icd']"
    assert list(spare.iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system chooses the drivers")
def test_without_any_folder_for_the_drivers_there_is_a_sentence(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write_text("a file where the folder should be", encoding="utf-8")
    monkeypatch.setattr(loader, "_spare_folder", lambda: cache)
    with pytest.raises(DeviceError, match=r"the drivers cannot be listed: .*; set TMPDIR to a folder for files"):
        devices.list_devices()


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such variable")
def test_where_the_cache_cannot_be_written_pyopencl_works_without(tmp_path: Path) -> None:
    if not devices.list_devices():
        pytest.skip("there is no OpenCL runtime for this processor among the packages, nor a driver")
    code = (
        "from compute.cli import main\n"
        "assert main(['train', 'resources/gallery/xor.json', '--epochs', '2', '--quiet', '--engine', 'opencl']) == 0\n"
    )
    assert in_another_process(code, XDG_CACHE_HOME=no_folder(tmp_path)) == ""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there are no .icd files")
def test_a_driver_file_that_names_a_missing_library_harms_nothing(tmp_path: Path) -> None:
    (tmp_path / "missing.icd").write_text("/no/such/library.so\n", encoding="utf-8")
    labels, reason = run_devices(OCL_ICD_VENDORS=f"{tmp_path}/")
    assert labels == []
    assert "there is no OpenCL driver" in reason
    if (library := loader.intel_library()) is not None:
        (tmp_path / "intel.icd").write_text(f"{library}\n", encoding="utf-8")
        labels, reason = run_devices(OCL_ICD_VENDORS=f"{tmp_path}/")
        assert len(labels) == 1
        assert labels[0] in reason


def test_opencl_can_be_switched_off(asked: Callable[..., Asked], monkeypatch: pytest.MonkeyPatch) -> None:
    probe = asked(alpha=dict(WORKS))
    monkeypatch.setenv(devices.SWITCHED_OFF, "1")
    assert devices.list_devices() == []
    choice = devices.choose()
    assert choice.device is None
    assert "GRADWIRE_NO_OPENCL" in choice.reason
    with pytest.raises(DeviceError, match="there is none: OpenCL is switched off"):
        devices.choose("0")
    assert probe.calls == []
    monkeypatch.setenv(devices.SWITCHED_OFF, "0")
    assert len(devices.list_devices()) == 1


def test_without_pyopencl_there_is_a_sentence(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "find_spec", lambda name: None)
    assert devices.list_devices() == []
    assert "pyopencl is not installed" in devices.choose().reason


def test_a_pyopencl_that_cannot_be_loaded_gives_a_sentence(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "pyopencl").mkdir()
    (tmp_path / "pyopencl" / "__init__.py").write_text("raise ImportError('no libOpenCL')", encoding="utf-8")
    labels, reason = run_devices(PYTHONPATH=str(tmp_path), XDG_CACHE_HOME=str(cache))
    assert labels == []
    assert "pyopencl cannot be loaded: no libOpenCL" in reason


def test_facts_and_device_info_agree() -> None:
    info = DeviceInfo(index=0, **FACTS)  # type: ignore[arg-type]
    assert msgspec.structs.asdict(msgspec.convert(FACTS, Facts)).items() <= vars(info).items()
