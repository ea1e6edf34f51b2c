"""How the compute thread finds its engine: OpenCL where a device works, else the reference engine, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from compute.engine import Engine
from compute.engines import open_engine
from compute.errors import GradwireError


@dataclass(frozen=True)
class EngineChoice:
    """``find`` may take seconds and runs on a thread of its own; ``open`` runs on the thread that computes.

    ``open`` gives the engine and a sentence that says why it is this one.
    """

    find: Callable[[], None]
    open: Callable[[], tuple[Engine, str]]


def engine_choice(engine: str = "opencl", device: str = "auto") -> EngineChoice:
    """As asked for on the command line; without a device that works the reference engine stands in."""

    def find() -> None:
        if engine == "opencl":
            from compute.opencl.devices import choose

            try:
                choose(device)
            except GradwireError:
                return  # opening says the same sentence, on the thread that shows it

    return EngineChoice(find, lambda: open_engine(engine, device, fallback=True))
