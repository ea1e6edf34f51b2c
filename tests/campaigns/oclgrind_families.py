"""The families of kernels that ``tests.campaigns.oclgrind`` runs, in the process that knows no device but Oclgrind:
``python -m tests.campaigns.oclgrind_families FOLDER PLANT FAMILY …``."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from compute.benchmark.networks import KINDS, NETWORKS, Network, program
from compute.calls import Gemm, Map, contiguous
from compute.document import from_json
from compute.engine import Program
from compute.memory import ALIGNMENT, aligned
from compute.opencl import beside, findings, fused, passes, schedule, tiles
from compute.opencl.device import OpenCLDevice
from compute.opencl.devices import DeviceInfo
from compute.opencl.engine import OpenCLEngine
from compute.opencl.kernel import Traits
from compute.opencl.passes import ScheduleKind
from compute.optimizers import Clipping, Optimizer, make_optimizer
from compute.plan import GRADIENTS, Plan, make_plan
from compute.reference import ReferenceEngine
from compute.workspace import open_document
from tests.campaigns.oclgrind import Found, answer, told

PROCESSOR = {"gpu": False, "units": 2, "largest_work_group": 4096, "vector": 16}
CARD = {"gpu": True, "units": 4, "largest_work_group": 256, "vector": 1}
RTOL, ATOL = 2e-3, 2e-5
GOLDEN = Path(__file__).parents[1] / "reference"
BED = 2 * ALIGNMENT
"""Elements between two tensors."""


class Differs(Exception):
    """Numbers are not those of the reference engine."""


def same(found: Any, wanted: Any, what: str) -> None:
    """Errors: Differs."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    if not np.allclose(found, wanted, RTOL, ATOL, equal_nan=True):
        raise Differs(f"{what} differs by {np.max(np.abs(found - wanted)):.2g}")


def simulator() -> DeviceInfo:
    """The only device that there is, as if it had been tested."""
    import pyopencl as cl

    ((hardware,),) = (platform.get_devices() for platform in cl.get_platforms())
    platform = hardware.platform
    name, driver = hardware.name, hardware.driver_version
    return DeviceInfo(0, name, platform.name, platform.version, "CPU", driver, 2, 2**30, works=True, detail="")


class Bench:
    """A device, and what was launched on it."""

    def __init__(self, info: DeviceInfo) -> None:
        self.info, self.launches = info, 0
        self.schedules: list[schedule.Schedule] = []

    def engine(self, kind: ScheduleKind, traits: Mapping[str, Any] = PROCESSOR) -> OpenCLEngine:
        """An engine on it as if it were another."""
        engine = OpenCLEngine(self.info, schedule=kind)
        engine.device.traits = replace(engine.device.traits, **traits)
        enqueue = engine.device.enqueue

        def counted(*given: Any) -> Any:
            self.launches += 1
            return enqueue(*given)

        engine.device.enqueue = counted
        return engine

    def beds(self) -> Iterator[str]:
        """What was written beside the tensors of the passes so far."""
        for made in self.schedules:
            memory = made._memory.get(schedule.ARENA)
            if memory is None or not made._sites:
                continue
            numbers = made._device.read(memory, memory.size // 4).reshape(-1, max(1, made._size))
            bed = np.ones(max(1, made._size), bool)
            for where, sizes in made.laid:  # type: ignore[attr-defined]
                for name, at in where.items():
                    bed[at : at + sizes[name]] = False
            if not np.isnan(numbers[:, bed]).all():
                yield f"something was written beside the tensors of {made.kind} ({made.plan.mode})"
        self.schedules.clear()


@contextmanager
def bedded(bench: Bench) -> Iterator[None]:
    """Memory holds NaN at first, and tensors that share a buffer lie apart in it."""
    allocate, prepare = OpenCLDevice.allocate, schedule.Schedule._prepare
    laid: list[Any] = []

    def place(calls: Sequence[Any], sizes: Mapping[str, int], keep: Any) -> tuple[dict[str, int], int]:
        touched = sorted({name for call in calls for name in {call.out.buffer, *call.reads} & sizes.keys()})
        where, end = dict[str, int](), BED
        for name in touched:
            where[name] = end
            end += aligned(sizes[name]) + BED
        laid.append((where, dict(sizes)))
        return where, end

    def filled(self: OpenCLDevice, count: int, dtype: Any = None) -> Any:
        buffer = allocate(self, count, dtype)
        if np.dtype(dtype or self.dtype).kind == "f":
            self._cl.enqueue_fill_buffer(self.queue, buffer, np.float32(np.nan), 0, buffer.size)
        return buffer

    def noted(self: Any, *given: Any) -> None:
        laid.clear()
        prepare(self, *given)
        self.laid = list(laid)
        bench.schedules.append(self)

    with (
        patch.object(schedule, "place", place),
        patch.object(OpenCLDevice, "allocate", filled),
        patch.object(schedule.Schedule, "_prepare", noted),
    ):
        yield


def networks() -> list[Network]:
    """Every kind that is measured, with sizes that leave something over for every width of vectors."""
    small = {2: 2, 3: 3, 4: 4, 8: 9, 13: 13, 16: 16, 30: 19, 32: 17, 64: 21, 1: 1, 10: 5}
    found = []
    for network in (NETWORKS[0], NETWORKS[3], NETWORKS[5], *KINDS):
        sizes = tuple(small[size] for size in network.sizes)[-4:]
        found.append(replace(network, sizes=sizes, batch=7, rows=33))
    return found


BATCHES = [np.arange(7) * 3 + 1, np.arange(7) + 20, np.arange(5)]
OPTIMIZERS = [
    make_optimizer({"name": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    make_optimizer({"name": "adam", "learning_rate": 0.01}, Clipping(norm=0.5)),
    make_optimizer({"name": "rmsprop", "learning_rate": 0.01, "momentum": 0.5}),
    make_optimizer({"name": "adagrad", "learning_rate": 0.05}),
    make_optimizer({"name": "adamw", "learning_rate": 0.01, "weight_decay": 0.1}, Clipping(value=0.1)),
]


def trained(bench: Bench, engine: OpenCLEngine, of: Program, optimizer: Optimizer, what: str, **how: Any) -> None:
    """Three steps of two sizes of batch. Errors: Differs."""
    mine, wanted = engine.open(of), ReferenceEngine().open(of)
    losses = mine.start_training(BATCHES, optimizer, **how).get()
    same(losses, wanted.train(BATCHES, optimizer), f"{what}: losses")
    for name, weight in wanted.weights().items():
        same(mine.weights()[name], weight, f"{what}: {name}")
    for sentence in bench.beds():
        raise Differs(f"{what}: {sentence}")
    mine.close()


def training(bench: Bench, kind: ScheduleKind, traits: Mapping[str, Any] = PROCESSOR) -> None:
    """Every kind of network, each with another optimizer."""
    engine = bench.engine(kind, traits)
    for network, optimizer in zip(networks(), itertools.cycle(OPTIMIZERS), strict=False):
        if "batch_norm" in network.middle:
            # Its layers' biases change nothing: most optimizers would blow up what rounding leaves of their gradients.
            optimizer = OPTIMIZERS[0]
        trained(bench, engine, program(network), optimizer, network.title)
    engine.close()


def in_tiles(bench: Bench) -> None:
    """The same with cores that share the rows of a batch, two at a time, and all of them."""
    for most in (2, tiles.MOST_ROWS):
        with patch.object(tiles, "FEWEST_ROWS", 2), patch.object(tiles, "MOST_ROWS", most):
            training(bench, "tiles")


def golden(bench: Bench, traits: Mapping[str, Any] = PROCESSOR) -> None:
    """Every golden case: all gradients, on every wire."""
    engine = bench.engine("launches", traits)
    for path in sorted(GOLDEN.glob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        of = open_document(from_json(case["document"])).program
        run = engine.open(of)
        found = run.trace(np.arange(of.rows))
        wanted = ReferenceEngine().open(of).trace(np.arange(of.rows))
        for name in ("values", "grads", "wire_grads", "parameter_grads"):
            for key, value in getattr(wanted, name).items():
                same(getattr(found, name)[key], value, f"{path.stem}: {name} {key}")
        run.close()
    engine.close()


def kept(bench: Bench) -> None:
    """Steps in one launch that keep weights and states, and passes at all these moments."""
    engine, optimizer = bench.engine("fused"), OPTIMIZERS[1]
    for network in networks()[1:2]:
        of = program(network)
        run = engine.open(of)
        ends = np.array([0, -1, 1], np.int32)
        if run.most_moments((7, 5), optimizer, 11, [network.prediction], states=True) < 2:
            raise Differs("moments are not computed together")
        run.start_training(BATCHES, optimizer, ends, states=True).get()
        states = run.start_kept().get()
        data = {node_id: table[:11] for node_id, table in of.train.items()}
        values = run.start_moments(data, [network.prediction], 2).get()[network.prediction]
        for moment in range(2):
            twin = ReferenceEngine().open(replace(of, weights=states(moment).weights))
            same(values[moment], twin.outputs(data, [network.prediction])[network.prediction], f"moment {moment}")
        for sentence in bench.beds():
            raise Differs(sentence)
        run.close()
    engine.close()


def sweeps(bench: Bench) -> None:
    """Networks side by side, judged at two moments."""
    from tests.compute.opencl.test_beside import GIVEN, document, ends_of, lane

    engine = bench.engine("fused")
    lanes = [lane(document(given)) for given in GIVEN]
    together = engine.beside(lanes)
    if together is None:
        raise Differs("they are not trained side by side")
    losses = together.start_epochs(2, len(lanes), ends_of(lanes[0], 2)).get()
    together.start_judging(2, len(lanes)).get()
    for at, one in enumerate(lanes[:4]):
        run = ReferenceEngine().open(one.program)
        wanted = np.concatenate([run.train(one.order.batches(epoch), one.optimizer) for epoch in range(2)])
        same(losses[at], wanted, f"lane {at}: losses")
    for sentence in bench.beds():
        raise Differs(sentence)
    together.close()
    engine.close()


def watches(bench: Bench, kind: ScheduleKind) -> None:
    """Ten watches."""
    from compute.benchmark.watched import ten

    engine = bench.engine(kind)
    network = networks()[2]
    of = program(network)
    run = engine.open(of)
    run.watch(ten(network))
    optimizer = OPTIMIZERS[0]
    same(run.train(BATCHES, optimizer), ReferenceEngine().open(of).train(BATCHES, optimizer), "losses")
    run.close()
    engine.close()


PRODUCTS = [(1, 1, 1), (7, 1, 30), (13, 15, 17), (17, 33, 31), (66, 35, 19), (3, 47, 290)]
PACKED = [(150, 513, 3), (145, 257, 280)]


def products(bench: Bench, sizes: Sequence[tuple[int, int, int]], traits: Sequence[Mapping[str, Any]]) -> None:
    """Products of every layout, with a bias and without."""
    from tests.compute.opencl.test_engine_gemm import LAYOUTS, multiply, operand

    engine = bench.engine("launches")
    own: Traits = engine.device.traits
    for (m, n, k), layout, one in itertools.product(sizes, LAYOUTS, traits):
        bias = contiguous("bias", (n,), 2) if layout[0] == "N" else None
        a, b = operand("a", m, k, layout[0]), operand("b", k, n, layout[1])
        multiply(engine, replace(own, **one), Gemm("node", contiguous("c", (m, n), 3), a, b, bias))
    engine.close()


def stacks(bench: Bench) -> None:
    """Convolutions, which are stacks of products."""
    from tests.compute.programs import program as made

    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "input", {"columns": [f"c{i}" for i in range(18)]}),
        ("r", "reshape", {"shape": [-1, 9, 2]}),
        ("c", "conv1d", {"filters": 5, "size": 3}),
        ("a", "tanh", {}),
        ("f", "reshape", {"shape": [-1, 35]}),
        ("z", "dense", {"units": 1}),
        ("t", "target", {"columns": ["t"]}),
        ("L", "mean_squared_error", {}),
    ]
    wires = [("x", "r", "x"), ("r", "c", "x"), ("c", "a", "x"), ("a", "f", "x"), ("f", "z", "x")]
    random = np.random.default_rng(0)
    data = {"x": random.normal(size=(33, 18)), "t": random.normal(size=(33, 1))}
    of = made(nodes, [*wires, ("z", "L", "prediction"), ("t", "L", "target")], "L", data)
    optimizer = OPTIMIZERS[0]
    for kind, traits in (("launches", PROCESSOR), ("fused", PROCESSOR), ("launches", CARD)):
        engine = bench.engine(kind, traits)  # type: ignore[arg-type]
        trained(bench, engine, of, optimizer, f"convolution, {kind}")
        engine.close()


WIDTHS = [{**PROCESSOR, "vector": vector, "units": units} for vector in (4, 8, 16) for units in (1, 64)]
FAMILIES: dict[str, Callable[[Bench], None]] = {
    "launches": lambda bench: training(bench, "launches"),
    "fused": lambda bench: training(bench, "fused"),
    "tiles": in_tiles,
    "card": lambda bench: training(bench, "launches", CARD),
    "golden": golden,
    "golden-card": lambda bench: golden(bench, CARD),
    "moments": kept,
    "sweeps": sweeps,
    "watched-launches": lambda bench: watches(bench, "launches"),
    "watched-fused": lambda bench: watches(bench, "fused"),
    "products": lambda bench: products(bench, PRODUCTS, WIDTHS),
    "packed": lambda bench: products(bench, PACKED, [PROCESSOR]),
    "products-card": lambda bench: products(bench, PRODUCTS, [{**CARD, "units": u} for u in (1, 8, 1000)]),
    "stacks": stacks,
    "short-launches": lambda bench: one(bench, "launches"),
    "short-fused": lambda bench: one(bench, "fused"),
}
"""fused: many steps a launch; tiles: cores share the rows of a batch;
card: kernels for graphics processors; short: of one network."""


def one(bench: Bench, kind: ScheduleKind) -> None:
    """The smallest network."""
    engine = bench.engine(kind)
    trained(bench, engine, program(networks()[0]), OPTIMIZERS[0], "the smallest")
    engine.close()


PLANTS = {
    "one beyond, launches": ("short-launches", "Invalid write"),
    "one beyond, many steps a launch": ("short-fused", "Invalid write"),
    "a race between work-items": ("short-launches", "data race"),
    "a race between networks": ("sweeps", "data race"),
}
"""The faults, each with the family that it is planted in, and the simulator's words for it."""


def plant(fault: str) -> None:
    """From now on plans, or the parts that networks get of memory, have that fault."""
    if fault.startswith("one beyond"):
        # The last gradient of the last layer is written behind the end of all gradients.
        replaced(lambda call: replace(call, out=replace(call.out, offset=call.out.offset + 1)), GRADIENTS)
    elif fault == "a race between work-items":
        # All work-items write one place.
        replaced(lambda call: replace(call, out=replace(call.out, strides=(0,) * len(call.out.shape))), "")
    elif fault:
        made = fused.steps_kernel

        def sharing(*given: Any, each: dict[str, str], **how: Any) -> Any:
            return made(*given, each={**each, GRADIENTS: "0"}, **how)

        patch.object(beside, "steps_kernel", sharing).start()


def replaced(change: Callable[[Any], Any], buffer: str) -> None:
    """The call of a plan's backward pass that writes the end of a buffer, or a call of many entries, is another."""

    def changed(*given: Any, **how: Any) -> Plan:
        plan = make_plan(*given, **how)
        calls = list(plan.backward)
        if buffer:
            at = max(
                (i for i, call in enumerate(calls) if call.out.buffer == buffer),
                key=lambda i: calls[i].out.offset + calls[i].out.size,
                default=None,
            )
        else:
            at = next((i for i, call in enumerate(calls) if isinstance(call, Map) and len(call.out.shape) == 2), None)
        if at is not None:
            calls[at] = change(calls[at])
        return replace(plan, backward=tuple(calls))

    patch.object(passes, "make_plan", changed).start()


@dataclass
class Log:
    """What the simulator has written, and how much of it was read."""

    path: Path
    read: int = 0

    def new(self) -> str:
        """What came since it was last asked."""
        text = self.path.read_text(encoding="utf-8", errors="replace") if self.path.is_file() else ""
        found, self.read = text[self.read :], len(text)
        return found


def main(folder: Path, fault: str, families: Sequence[str]) -> None:
    """Run these families, one after the other, and answer for each."""
    findings.folder = lambda: folder
    bench, log = Bench(simulator()), Log(folder / "log")
    plant(fault)
    with bedded(bench):
        for family in families:
            bench.launches, wrong = 0, list[str]()
            try:
                FAMILIES[family](bench)
            except Differs as differs:
                wrong.append(str(differs))
            answer(Found(family, bench.launches, [*told(log.new()), *wrong]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
