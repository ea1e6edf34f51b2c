"""What kernels call is as accurate as OpenCL promises, over all exponents: a short run of the campaign."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from compute.opencl.devices import DeviceInfo
from compute.opencl.engine import OpenCLEngine
from tests.campaigns.ulps import ALLOWED, FORMS, Worst, errors, numbers, worst

X = numbers(4)


@pytest.fixture(scope="module")
def engine(device: DeviceInfo) -> Iterator[OpenCLEngine]:
    made = OpenCLEngine(device, schedule="fused")
    yield made
    made.close()


def test_functions_are_as_accurate_as_promised(engine: OpenCLEngine) -> None:
    found = worst(engine, X)
    assert set(found) == set(ALLOWED)
    for op, forms in found.items():
        assert set(forms) == set(FORMS)
        assert all(isinstance(each, Worst) and 0.4 < each.ulps <= ALLOWED[op] for each in forms.values()), (op, forms)


def test_every_exponent_is_there() -> None:
    assert len({*np.frexp(np.abs(X))[1]}) == 254
    assert {*np.sign(X)} == {-1.0, 1.0}


def test_errors_are_in_units_of_the_last_place() -> None:
    unit = 2.0**-23
    nan, inf = np.nan, np.inf
    wanted = np.array([1.0, 1.0, 1e-40, nan, 1e40, 1.0, 1.0, 2.0])
    found = np.array([1.0 + 2 * unit, 1.0, 0.0, nan, inf, nan, inf, 2.0 + unit])
    assert errors(found, wanted).tolist() == [2.0, 0.0, 0.0, 0.0, 0.0, inf, inf, 0.5]
