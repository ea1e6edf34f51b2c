"""A device that hangs, in a process of its own, as the process cannot get rid of it: ``python -m tests.hanging cli
FILE`` trains on the command line, ``window`` in the window. After some kernels one without an end is launched.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["QT_QPA_PLATFORM"] = "offscreen"

ENDLESS = "__kernel void endless(__global volatile int *x) { while (x[0] == 0) x[1]++; }"


def hang_after(launches: int, patience: float) -> None:
    """Every device opened from now on hangs after so many launches."""
    import numpy as np
    import pyopencl as cl

    from compute.opencl import device

    device.PATIENCE = patience
    opened = device.OpenCLDevice.__init__

    def open_hanging(self: Any, *arguments: Any) -> None:
        opened(self, *arguments)
        enqueue, count = self.enqueue, 0
        kernel = cl.Kernel(cl.Program(self._context, ENDLESS).build(cache_dir=False), "endless")
        self.counted = self.upload(np.zeros(2, np.int32))  # a kernel does not keep its arguments alive
        kernel.set_arg(0, self.counted)

        def launch(queue: Any, *rest: Any) -> Any:
            nonlocal count
            count += 1
            if count == launches:
                enqueue(queue, kernel, (1,), (1,))
            return enqueue(queue, *rest)

        self.enqueue = launch

    setattr(device.OpenCLDevice, "__init__", open_hanging)  # noqa: B010


def window() -> dict[str, Any]:
    """Training that hangs, then what is left, then training on."""
    from dataclasses import replace

    from PySide6.QtWidgets import QApplication

    from compute.gallery import load_entry
    from compute.problems import sentence_of
    from compute.worker.engine_choice import engine_choice
    from compute.workspace import open_document
    from editor.session import Session

    app = QApplication([])
    session = Session(engine_choice())
    document = load_entry("spiral")
    document.training = replace(document.training, epochs=10**6)
    session.open_document(document)

    def until(state: str) -> None:
        end = time.monotonic() + 60
        while session.snapshot.state != state and time.monotonic() < end:
            app.processEvents()
            time.sleep(0.005)

    session.train()
    until("running")
    until("stopped")
    stopped, weights = session.snapshot, session.weights()
    session.train()
    until("running")
    start = time.monotonic()
    while session.snapshot.step < stopped.step + 20 and time.monotonic() - start < 20:
        app.processEvents()
        time.sleep(0.005)
    session.pause()
    until("paused")
    found = {
        "problem": sentence_of(stopped.problem),
        "step": stopped.step,
        "trained": [
            name for name, first in open_document(document).program.weights.items() if (weights[name] != first).any()
        ],
        "device_after": session.snapshot.device,
        "step_after": session.snapshot.step,
    }
    start = time.monotonic()
    session.close()
    found["closing"] = time.monotonic() - start
    return found


if __name__ == "__main__":
    if sys.argv[1] == "cli":
        hang_after(3, 1.0)
        from main import main

        sys.exit(main(["train", str(Path(sys.argv[2])), "--quiet"]))
    hang_after(200, 1.0)
    print(json.dumps(window()), flush=True)
    os._exit(0)
