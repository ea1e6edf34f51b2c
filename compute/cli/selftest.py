"""``gradwire --selftest``: whether what was installed here works, step by step, without touching what is a person's."""

from __future__ import annotations

import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from compute.cli.streams import flush, write
from compute.document import Document
from compute.errors import GradwireError, one_line
from compute.version import version

EXAMPLE, EPOCHS = "tumours", 20
LEAST_GAIN = 0.5
"""The loss has to fall to this share of what it began with."""

Render = Callable[[Document, Path, bool, float, bool], str]
Open = Callable[[Path], str]
"""Opens the window on a file and closes it again, with settings of its own; returns what was seen, in words."""


@dataclass
class _Steps:
    """What was tried so far."""

    failed: list[str] = field(default_factory=list)
    debug: bool = False

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[str], None]]:
        """One step: said when it is done, with its time and what is told of it; a fault ends this step alone."""
        told: list[str] = []
        start = time.perf_counter()
        try:
            yield told.append
        except Exception as error:  # whatever it is, it is said, and the next step is tried
            self.failed.append(name)
            if self.debug:
                raise
            told = [one_line(str(error)) if isinstance(error, GradwireError) else f"{type(error).__name__}: {error}"]
        mark = "FAILED" if self.failed[-1:] == [name] else "ok"
        write(f"{mark:6}  {name}  {time.perf_counter() - start:.1f} s  {'; '.join(told)}".rstrip())
        flush()


def selftest(render: Render | None, open_window: Open | None, *, debug: bool = False) -> bool:
    """Train an example, save it, open it again, export it in every format, draw it and show it in a window; whether
    all of it works. debug: the first fault is raised."""
    steps = _Steps(debug=debug)
    write(f"gradwire {version()}, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    with tempfile.TemporaryDirectory(prefix="gradwire-selftest-") as folder:
        saved = Path(folder) / "trained.gradwire"
        name = "reference"
        with steps.step("device") as tell:
            name = _device(tell)
        with steps.step("train") as tell:
            document = _trained(name, tell)
            _save(document, saved, tell)
        if saved.exists():
            for each in _formats():
                with steps.step(f"export {each}") as tell:
                    _export(document, saved.with_name(f"exported{each}"), tell)
            if render is not None:
                with steps.step("draw") as tell:
                    picture = saved.with_suffix(".png")
                    missing = render(document, picture, True, 1.0, True)
                    tell(f"{picture.stat().st_size:,} bytes{f', {missing}' if missing else ''}")
            if open_window is not None:
                with steps.step("open") as tell:
                    tell(open_window(saved))
    failed = steps.failed
    write(f"{', '.join(failed)}: failed; --selftest --debug shows where" if failed else "Everything works.")
    return not failed


def _formats() -> list[str]:
    from compute.export import FORMATS

    return [each.suffixes[0] for each in FORMATS]


def _device(tell: Callable[[str], None]) -> str:
    """Which engine computes. Errors: GradwireError where none could, whatever devices there were."""
    from compute.opencl.devices import choose

    try:
        import pyopencl  # noqa: F401
    except Exception as error:  # whatever it is, no device can be used
        raise GradwireError(f"pyopencl cannot be loaded: {error}") from error

    choice = choose("auto")
    tell(choice.reason if choice.device is not None else f"{choice.fault}; the reference engine computes")
    return "opencl" if choice.device is not None else "reference"


def _trained(name: str, tell: Callable[[str], None]) -> Document:
    from compute.engines import open_engine
    from compute.fitting import put_into
    from compute.gallery import load_entry
    from compute.training import Trainer
    from compute.workspace import open_document

    document = load_entry(EXAMPLE)
    workspace = open_document(document)
    engine, _ = open_engine(name)
    run = engine.open(workspace.trained)
    try:
        trainer = Trainer(workspace.trained, replace(document.training, epochs=EPOCHS), run, None, keep_all=True)
        trainer.finish(seconds=0.2)
        put_into(document, workspace, trainer.mark())
    finally:
        run.close()
        engine.close()
    first, last = trainer.history.steps[0], trainer.history.epochs[-1].loss
    tell(f"{document.name}, {EPOCHS} epochs on {engine.label}: loss {first:.4g} → {last:.4g}")
    if not last < LEAST_GAIN * first:
        raise GradwireError(f"the loss went from {first:.4g} to {last:.4g}, and should be less than half by then")
    return document


def _save(document: Document, path: Path, tell: Callable[[str], None]) -> None:
    from compute.document import load, save

    save(document, path)
    again = load(path)
    for weight, value in document.weights.items():
        if not np.array_equal(again.weights[weight], value):
            raise GradwireError(f"{weight} is another after saving and opening")
    tell("saved and opened again")


def _export(document: Document, path: Path, tell: Callable[[str], None]) -> None:
    from compute.export import export

    tell(export(document, path).sentence)
