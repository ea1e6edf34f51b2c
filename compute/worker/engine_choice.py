"""What the window computes with: the chosen engine, or what replaces it where it cannot be had, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from compute.engine import Engine
from compute.engines import open_engine
from compute.errors import DeviceError, GradwireError
from compute.reference import ReferenceEngine

AUTO, REFERENCE = "auto", "reference"


@dataclass(frozen=True)
class Opened:
    """An engine, and why it is this one; ``problem``: a sentence where it stands in for what was chosen."""

    engine: Engine
    reason: str
    problem: str = ""


@dataclass(frozen=True)
class EngineChoice:
    """``find`` may take seconds and runs on a thread of its own; ``open`` runs on the thread that computes."""

    find: Callable[[], None]
    open: Callable[[], Opened]
    wanted: str = AUTO
    """``AUTO``, ``REFERENCE``, or a device by its label, an index or a part of its name."""


def engine_choice(wanted: str = AUTO) -> EngineChoice:
    """A device that cannot be had gives way to the best that works, and that to the reference engine."""

    def find() -> None:
        if wanted != REFERENCE:
            from compute.opencl.devices import choose

            try:
                choose(wanted)
            except GradwireError:
                return  # opening says the same sentence, on the thread that shows it

    return EngineChoice(find, lambda: _open(wanted), wanted)


def _open(wanted: str) -> Opened:
    if wanted == REFERENCE:
        return Opened(*open_engine("reference"))
    from compute.opencl.devices import Unavailable, choose

    try:
        return Opened(*open_engine("opencl", wanted))
    except Unavailable as error:
        found = _open(AUTO)
        name = "the reference engine" if isinstance(found.engine, ReferenceEngine) else found.engine.label
        return Opened(
            found.engine, found.reason, f"{error.what}, so {name} computes; the choice is kept for when it is there."
        )
    except DeviceError as error:
        sentence = f"{str(error).rstrip('.')}; the reference engine computes."
        # That there is no device at all is no fault.
        return Opened(ReferenceEngine(), sentence, sentence if choose().device else "")
