"""A short run of the campaign that looks at every access to memory; and on the device itself, that no tensor is read or
written beyond its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from compute.opencl import passes
from compute.opencl.devices import DeviceInfo
from compute.plan import make_plan
from tests.campaigns import oclgrind
from tests.campaigns.oclgrind_families import FAMILIES, PLANTS, Bench, Differs, bedded, one

LOG = """
Invalid write of size 4 at global memory address 0x1000000000042
	Kernel: sum_h2_4

	Entity: Global(1,0,0)

Write-write data race at global memory address 0x1000000000042
	Kernel: steps_of_7

Write-write data race at global memory address 0x1000000000046
	Kernel: steps_of_7
"""


@pytest.fixture
def bench(device: DeviceInfo) -> Iterator[Bench]:
    made = Bench(device)
    with bedded(made):
        yield made


def test_what_a_log_says() -> None:
    wanted = ["Invalid write in sum_h2_4 (1 times)", "Write-write data race in steps_of_7 (2 times)"]
    assert oclgrind.told(LOG) == wanted
    assert oclgrind.told("") == []


@pytest.mark.skipif(bool(oclgrind.missing()), reason=oclgrind.missing())
def test_every_access_lies_inside_and_no_two_meet() -> None:
    short = ["short-launches", "short-fused", "moments", "sweeps"]
    found = oclgrind.run(short)
    assert [(each.family, each.wrong) for each in found] == [(family, []) for family in short]
    assert all(each.launches for each in found)


@pytest.mark.skipif(bool(oclgrind.missing()), reason=oclgrind.missing())
@pytest.mark.parametrize("fault", PLANTS)
def test_a_planted_fault_is_found(fault: str) -> None:
    family, words = PLANTS[fault]
    (found,) = oclgrind.run([family], fault)
    assert any(words in text for text in found.wrong), found


@pytest.mark.parametrize("family", ["short-fused", "sweeps"])
def test_on_the_device_no_tensor_is_left(bench: Bench, family: str) -> None:
    FAMILIES[family](bench)
    assert bench.launches


def test_what_is_written_behind_a_tensor_is_seen(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def shifted(*given: object, **how: object) -> object:
        plan = make_plan(*given, **how)  # type: ignore[arg-type]
        at = next(i for i, call in enumerate(plan.backward) if call.out.buffer in plan.sizes)
        out = plan.backward[at].out
        moved = replace(plan.backward[at], out=replace(out, offset=out.offset + 1))
        return replace(plan, backward=(*plan.backward[:at], moved, *plan.backward[at + 1 :]))

    monkeypatch.setattr(passes, "make_plan", shifted)
    for kind in ("launches", "fused"):
        with pytest.raises(Differs):
            one(bench, kind)
    assert any("beside the tensors" in text for text in bench.beds())
