"""What runs in a process of its own, because a bad OpenCL driver takes its process down.

``python probe.py list`` names every device; ``python probe.py run IDENTITY`` builds, runs and compares two
small kernels on one of them and measures a matrix product; ``python probe.py build IDENTITY OPTIONS SOURCE
BINARY`` builds the text in the file SOURCE and leaves what comes of it in the file BINARY; ``python probe.py later
IDENTITY`` does so with the OPTIONS, SOURCE and BINARY of a line of JSON on stdin, ready for it before it is there. The
answer is one line of JSON on stdout behind a mark; whatever else a driver prints there is ignored. This file imports
nothing of its package: it is run by its path.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

SIZE = 512
ROWS = 4
WIDTH = 64
LAUNCHES = 64
IDENTITY = ("name", "platform", "platform_version", "driver")
IDLE = 300.0
"""Seconds that it is ready for a line of stdin, at most."""
TOLD: SimpleQueue[bytes] = SimpleQueue()
"""That line."""

# The product is written as the engine writes its own (rows of two vectors in registers), so that its rate
# ranks two runtimes for the same processor as training would, and the cost model can go by it. The second
# kernel needs what a simple one does not: local memory, a barrier and the built-in functions. The third does
# next to nothing: what a launch costs.
SOURCE = """
#define JOIN(a, b) a##b
#define JOINED(a, b) JOIN(a, b)
#define FLOATS JOINED(float, VECTOR)
#define LOAD JOINED(vload, VECTOR)
#define STORE JOINED(vstore, VECTOR)
__kernel void product(int n, __global const float *a, __global const float *b, __global float *c) {
    const int row = get_global_id(0) * ROWS, column = get_global_id(1) * 2 * VECTOR;
    FLOATS sum[ROWS][2];
    for (int r = 0; r < ROWS; r++) sum[r][0] = sum[r][1] = (FLOATS)(0.0f);
    for (int k = 0; k < n; k++) {
        const FLOATS left = LOAD(0, b + k * n + column), right = LOAD(1, b + k * n + column);
        for (int r = 0; r < ROWS; r++) {
            sum[r][0] += a[(row + r) * n + k] * left;
            sum[r][1] += a[(row + r) * n + k] * right;
        }
    }
    for (int r = 0; r < ROWS; r++) {
        STORE(sum[r][0], 0, c + (row + r) * n + column);
        STORE(sum[r][1], 1, c + (row + r) * n + column);
    }
}
__kernel void one_each(__global float *x) { x[get_global_id(0)] += 1.0f; }
__kernel void exp_sum(__global const float *x, __global float *out, __local float *part) {
    const int i = get_local_id(0);
    part[i] = exp(x[get_group_id(0) * WIDTH + i]);
    for (int half_width = WIDTH / 2; half_width > 0; half_width /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (i < half_width) part[i] += part[i + half_width];
    }
    if (i == 0) out[get_group_id(0)] = part[0];
}
"""


def found(cl: Any) -> list[Any]:
    """Every device of every platform, in the loader's order; none when there is no platform."""
    try:
        platforms = cl.get_platforms()
    except cl.LogicError:
        return []
    devices = []
    for platform in platforms:
        try:
            devices += platform.get_devices()
        except cl.Error:
            continue
    return devices


def facts(cl: Any, device: Any) -> dict[str, Any]:
    """What is known of a device without running anything on it; memory in bytes."""
    kinds = {cl.device_type.GPU: "GPU", cl.device_type.CPU: "CPU"}
    return {
        "name": " ".join(device.name.split()),
        "platform": " ".join(device.platform.name.split()),
        "platform_version": device.platform.version.strip(),
        "kind": next((kind for bit, kind in kinds.items() if device.type & bit), "accelerator"),
        "driver": device.driver_version.strip(),
        "compute_units": int(device.max_compute_units),
        "memory_bytes": int(device.global_mem_size),
    }


def find(cl: Any, identity: dict[str, Any]) -> Any:
    """The device of that identity (``twin``: its number among those the same in all else), or None."""
    twins = [
        device
        for device in found(cl)
        if all(value == identity.get(key) for key, value in facts(cl, device).items() if key in IDENTITY)
    ]
    return twins[identity["twin"]] if identity["twin"] < len(twins) else None


def measure(cl: Any, device: Any) -> dict[str, Any]:
    """Build, run and compare; ``{"works", "detail", "gflops", "launch"}``: the rate in 10⁹ operations a second, and
    the seconds that a launch costs among others."""
    import numpy as np

    context = cl.Context([device])
    queue = cl.CommandQueue(context)
    vector = min(max(device.native_vector_width_float, 4), 16)
    program = cl.Program(context, SOURCE).build(options=[f"-DROWS={ROWS}", f"-DWIDTH={WIDTH}", f"-DVECTOR={vector}"])
    random = np.random.default_rng(0)
    a, b = (random.standard_normal((SIZE, SIZE), dtype=np.float32) for _ in range(2))
    result = np.zeros_like(a)
    sums = np.zeros(SIZE * SIZE // WIDTH, dtype=np.float32)
    flags = cl.mem_flags
    left, right = (cl.Buffer(context, flags.READ_ONLY | flags.COPY_HOST_PTR, hostbuf=m) for m in (a, b))
    out, out_sums = (cl.Buffer(context, flags.READ_WRITE, m.nbytes) for m in (result, sums))

    product = program.product
    product.set_args(np.int32(SIZE), left, right, out)
    rate = 0.0
    for _ in range(5):
        start = time.perf_counter()
        cl.enqueue_nd_range_kernel(queue, product, (SIZE // ROWS, SIZE // (2 * vector)), None)
        queue.finish()
        rate = max(rate, 2e-9 * SIZE**3 / (time.perf_counter() - start))
    program.exp_sum(queue, (SIZE * SIZE,), (WIDTH,), left, out_sums, cl.LocalMemory(4 * WIDTH))
    cl.enqueue_copy(queue, result, out)
    cl.enqueue_copy(queue, sums, out_sums)

    error = float(np.abs(result - a.astype(np.float64) @ b).max())
    expected = np.exp(a.astype(np.float64)).reshape(-1, WIDTH).sum(axis=1)
    relative = float((np.abs(sums - expected) / expected).max())
    if not error < 1e-2 or not relative < 1e-4:
        detail = f"its kernels give wrong numbers (a product off by {error:.3g}, a sum by {relative:.3g})"
        return {"works": False, "detail": detail, "gflops": 0.0, "launch": 0.0}
    return {"works": True, "detail": "", "gflops": round(rate, 1), "launch": launch_seconds(cl, queue, program, out)}


def launch_seconds(cl: Any, queue: Any, program: Any, buffer: Any) -> float:
    """What a launch costs when many follow each other and the arguments stay set."""
    kernel = program.one_each
    kernel.set_args(buffer)
    best = 1.0
    for _ in range(15):
        start = time.perf_counter()
        for _ in range(LAUNCHES):
            cl.enqueue_nd_range_kernel(queue, kernel, (1024,), (256,))
        queue.finish()
        best = min(best, (time.perf_counter() - start) / LAUNCHES)
    return round(best, 9)


def build(cl: Any, device: Any, options: list[str], source: Path, binary: Path) -> dict[str, Any]:
    """Build a program for a device and write its binary; ``{"built"}``, whether the compiler takes the text."""
    program = cl.Program(cl.Context([device]), source.read_text(encoding="utf-8"))
    try:
        built = program.build(options, cache_dir=False)
    except cl.Error as error:
        if error.code != cl.status_code.BUILD_PROGRAM_FAILURE:
            raise
        return {"built": False}
    binary.write_bytes(built.binaries[0])
    return {"built": True}


def build_later(cl: Any, device: Any) -> dict[str, Any]:
    """``build`` what the line on stdin names; before that, a compiler loads what it needs for any text."""
    cl.Program(cl.Context([device]), "__kernel void first(__global float *x) { x[0] = 1.0f; }").build(cache_dir=False)
    try:
        options, source, binary = json.loads(TOLD.get(timeout=IDLE))
    except Empty:
        os._exit(0)
    return build(cl, device, options, Path(source), Path(binary))


def answer(arguments: list[str]) -> Any:
    import pyopencl as cl

    if arguments[0] == "list":
        return [facts(cl, device) for device in found(cl)]
    device = find(cl, json.loads(arguments[1]))
    if device is None:
        return {"works": False, "detail": "it is not there any more", "gflops": 0.0}
    try:
        if arguments[0] == "build":
            return build(cl, device, json.loads(arguments[2]), Path(arguments[3]), Path(arguments[4]))
        return build_later(cl, device) if arguments[0] == "later" else measure(cl, device)
    except cl.Error as error:
        return {"works": False, "detail": in_a_line(error, 200), "gflops": 0.0}


def in_a_line(error: Exception, most: int) -> str:
    """What PyOpenCL says of a failure, at most so long: its first line without what it repeats, and of a compiler's log
    the first error."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    parts = [*dict.fromkeys(lines[0].split(" - ")), *[line for line in lines[1:] if "error:" in line][:1]]
    return " - ".join(parts)[:most]


def end_with_parent() -> None:
    """Whoever asked has ended when what it could write to this process is at its end; then nobody waits for the answer,
    and a driver that hangs would hang for good."""
    while line := sys.stdin.buffer.readline():
        TOLD.put(line)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    # Run by its path, Python puts this folder first, where a module could shadow someone else's.
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != here]
    try:
        reply = {"answer": answer(sys.argv[1:])}
    except ImportError as problem:
        reply = {"error": f"pyopencl cannot be loaded: {problem}"}
    except (OSError, MemoryError) as problem:
        reply = {"error": f"its test failed: {problem}"}
    print(f"\ngradwire-probe:{json.dumps(reply)}", flush=True)
    # Python would wait a second for the thread that reads stdin, and then abort.
    os._exit(0)
