"""Which engine computes: the choice of the command line and of the window, in one place."""

from __future__ import annotations

import numpy as np

from compute.engine import Engine
from compute.errors import DeviceError, GradwireError, as_sentence

ENGINES = ("opencl", "reference")
DEFAULT = "opencl"


def open_engine(engine: str = DEFAULT, device: str = "auto", *, double: bool = False) -> tuple[Engine, str]:
    """The engine to compute with, and a sentence that says why it is this one.

    engine: one of ``ENGINES``; device: ``auto``, an index or a part of a name, as ``devices.choose`` takes it.
    An OpenCL engine belongs to the thread that opens it. double: kernels built in float64, to check them; a device
    that does not compute in double gives float32 nevertheless, and the sentence says so. Errors: DeviceError where the
    device is not there or does not work; GradwireError for another engine.
    """
    from compute.reference import ReferenceEngine

    if engine == "reference":
        return ReferenceEngine(), "The reference engine was asked for."
    if engine != "opencl":
        raise GradwireError(f'there is no engine "{engine}"; choose {" or ".join(ENGINES)}')
    from compute.opencl.devices import choose

    choice = choose(device)
    if choice.device is None:
        raise DeviceError(choice.fault)
    from compute.opencl.engine import OpenCLEngine

    if not double:
        return OpenCLEngine(choice.device), choice.reason
    try:
        return OpenCLEngine(choice.device, dtype=np.float64), choice.reason
    except DeviceError as error:
        return OpenCLEngine(choice.device), f"{choice.reason} {as_sentence(str(error))} Its float32 kernels are used."
