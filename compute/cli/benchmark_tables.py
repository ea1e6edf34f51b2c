"""What was measured, as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table

from compute.benchmark.networks import TITLES
from compute.benchmark.torch_side import WAYS
from compute.benchmark.window import KINDS
from compute.numbers_text import short

Found = Mapping[str, Any]
NONE = "–"
SCHEDULES = {"fused": "many a launch", "launches": "call by call", "tiles": "rows by cores"}


def tables(found: Found) -> Iterator[RenderableType]:
    """Where it was measured, then each part, then what could not be measured."""
    yield _machine(found)
    if "training" in found:
        yield _training(found["training"])
    if "gemm" in found:
        yield _gemm(found["gemm"])
    if "kernels" in found:
        yield from _kernels(found["kernels"])
    if "first_step" in found:
        yield _first_step(found["first_step"])
    if "memory" in found:
        yield _memory(found["memory"])
    if "watches" in found:
        yield _watches(found["watches"])
    if "train" in found:
        yield _train(found["train"])
    if "sweeps" in found:
        yield _sweeps(found["sweeps"])
    if "window" in found:
        yield _window(found["window"])
    if found["notes"]:
        yield "\n".join(found["notes"])


def _machine(found: Found) -> str:
    m = found["machine"]
    others = (
        f"{title} {m[name]}" if m[name] else f"no {title}" for name, title in (("torch", "PyTorch"), ("jax", "JAX"))
    )
    return (
        f"{found['date']}, {m['cpu']}, {m['cores']} cores, {m['os']}, Python {m['python']}, "
        f"NumPy {m['numpy']} ({m['blas']}), {', '.join(others)}\n"
        f"{m['device']} ({m['platform']}, driver {m['driver']}), {m['compute_units']} compute units; "
        f"medians of {found['rounds']} rounds of {found['seconds_a_round']:g} s, the sides by turns"
    )


def _training(rows: list[Found]) -> Table:
    sides = list(dict.fromkeys(side for row in rows for side in row["us"] if side.startswith("torch_")))
    ways = [how for how in WAYS if not sides or any(_is(side, how) for side in sides)]
    table = _table(
        "A training step, microseconds (what the cost model says)",
        *("network", "chosen", "as chosen", "call by call", "many a launch", "float64"),
        *(f"PyTorch {WAYS[how]}" for how in ways),
        "JAX scan",
        "C, one core",
        *("times as fast", "in rounds", "against the usual loop", "goal"),
    )
    if sides:
        threads = " / ".join(dict.fromkeys(side.rsplit("_", 1)[1] for side in sides))
        table.caption = (
            f"PyTorch with {threads} threads; compiled: the loss by torch.compile, in the usual loop like eager; "
            "compiled step: the whole step as one function. JAX: jit of lax.scan, 1 / 4 steps written out. The goal is "
            "held against the fastest of all."
        )
    for row in rows:
        us, predicted = row["us"], row["predicted_us"]
        torch = [" / ".join(short(us[side]) for side in sides if _is(side, how) and side in us) for how in ways]
        table.add_row(
            network(row),
            SCHEDULES[row["schedule"]],
            _number(us.get("opencl")),
            f"{_number(us.get('opencl_launches'))} ({short(predicted['launches'])})",
            f"{_number(us.get('opencl_fused'))} ({short(predicted['fused'])})",
            _number(us.get("reference")),
            *(cell or NONE for cell in torch),
            " / ".join(short(us[side]) for side in us if side.startswith("jax_")) or NONE,
            _number(us.get("c")),
            *_ratio(row["ratio"]),
            _ratio(row["usual"])[0],
            _goal("≥", row["goal"], row["reached"]) + (f" (≤ {row['most_us']:g} µs)" if row["most_us"] else ""),
        )
    return table


def _gemm(rows: list[Found]) -> Table:
    table = _table(
        "Matrix products (m×k · k×n; T: that operand lies transposed) against NumPy with all cores",
        *("product", "used by", "µs", "GFLOP/s", "NumPy's", "times as fast", "in rounds", "goal"),
    )
    for row in rows:
        table.add_row(
            f"{row['kind']} {row['m']}×{row['k']} · {row['k']}×{row['n']}",
            ", ".join(row["used_by"]) or NONE,
            short(row["us"]),
            short(row["gflops"]),
            short(row["numpy_gflops"]),
            *_ratio(row["ratio"]),
            _goal("≥", row["goal"], row["reached"]),
        )
    return table


def _kernels(found: Found) -> Iterator[RenderableType]:
    most = found["ceilings"]
    copies = ", ".join(f"{short(copy['gbs'])} ({_bytes(copy['bytes'])})" for copy in most["copies"])
    yield (
        f"At most: {short(most['gflops'])} GFLOP/s in registers; GB/s by the bytes that a copy touches: {copies}; "
        f"a launch {short(most['launch_us'])} µs, with waiting for it {short(most['launch_and_wait_us'])} µs"
    )
    for step in found["steps"]:
        between = short(max(0.0, step["step_us"] - step["kernels_us"]))
        table = _table(
            f"Kernels of a step of {network(step)}: {short(step['kernels_us'])} µs together, and {between} µs between",
            *("node", "call", "kernel", "µs", "GFLOP/s", "of most", "GB/s", "of most", "limited by"),
        )
        for row in step["kernels"]:
            table.add_row(
                row["node"] or NONE,
                _cut(row["call"]),
                row["kernel"],
                short(row["us"]),
                short(row["gflops"]),
                f"{row['of_gflops']:.0%}",
                short(row["gbs"]),
                f"{row['of_gbs']:.0%}",
                row["limit"],
            )
        yield table


def _first_step(rows: list[Found]) -> Table:
    table = _table(
        "The first training step of a network, seconds",
        *("network", "kernels cached", "not cached", "opening the device before", "goal"),
    )
    for row in rows:
        goal = f"≤ {row['goal_cached']:g} / {row['goal_not_cached']:g} {_mark(row['reached'])}"
        cells = (short(row[name]) for name in ("cached", "not_cached", "open_device"))
        table.add_row(network(row), *cells, goal)
    return table


def _memory(rows: list[Found]) -> Table:
    table = _table(
        "Memory in training on the device",
        *("network", "values held", "needed at once", "kept for backward", "all apart", "weights and state", "data"),
        *("held / needed", "goal"),
    )
    for row in rows:
        sizes = (_bytes(row[name]) for name in ("values", "needed", "kept", "every", "parameters", "data"))
        table.add_row(network(row), *sizes, f"{row['ratio']:.2f}", _goal("≤", row["goal"], row["reached"]))
    return table


def _watches(rows: list[Found]) -> Table:
    table = _table("A training step with ten watches", "network", "without, µs", "ten, µs", "more", "goal")
    for row in rows:
        numbers = f"{row['without_us']:.1f}", f"{row['ten_us']:.1f}", f"{row['ratio']:+.1%}"
        table.add_row(network(row), *numbers, _goal("≤", row["goal"], row["reached"]))
    return table


def _train(rows: list[Found]) -> Table:
    table = _table(
        "The command train with eight steps an epoch, beside the engine alone",
        *("network", "rows judged each epoch", "engine, µs", "train, µs", "of its pace", "by processor time", "goal"),
    )
    for row in rows:
        numbers = short(row["engine_us"]), short(row["train_us"]), f"{row['ratio']:.0%}", f"{row['processor']:.0%}"
        goal = _goal("≥", row["goal"], row["reached"])
        table.add_row(network(row), str(row["held_back"]) if row["held_back"] else NONE, *numbers, goal)
    return table


def _sweeps(rows: list[Found]) -> Table:
    title = "Networks side by side in one launch, against one alone"
    table = _table(title, "network", "alone, µs a step", "together", "µs a step of each", "times as many", "goal")
    for row in rows:
        numbers = short(row["alone_us"]), str(row["together"]), _number(row["together_us"]), _ratio(row["ratio"])[0]
        table.add_row(network(row), *numbers, _goal("≥", row["goal"], row["reached"]))
    return table


def _window(rows: list[Found]) -> Table:
    table = _table(
        "The spiral trained with the window open",
        *("what is shown", "steps a second", "of those without", "snapshots a second", "longest turn, ms", "goal"),
    )
    for row in rows:
        alone = row["kind"] == "alone"
        kept_up = (NONE, NONE) if alone else (short(row["snapshots_per_second"]), short(row["longest_gap_ms"]))
        goal = NONE if alone else _goal("≥", row["goal"], row["reached"])
        table.add_row(KINDS[row["kind"]], short(row["steps_per_second"]), f"{row['ratio']:.0%}", *kept_up, goal)
    return table


def network(row: Found) -> str:
    """The network of a row, as its title."""
    kind = f" {row['kind']}" if "kind" in row else ""
    return f"{row['network']}{kind}, batch {row['batch']}, {TITLES[row['optimizer']]}"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left", box=box.SIMPLE_HEAD)
    for at, column in enumerate(columns):
        table.add_column(column, justify="left" if at == 0 else "right")
    return table


def _is(side: str, how: str) -> bool:
    return side.rsplit("_", 1)[0] == f"torch_{how}"


def _number(number: float | None) -> str:
    return NONE if number is None else short(number)


def _ratio(found: Found | None) -> tuple[str, str]:
    return (short(found["value"]), f"{short(found['low'])} – {short(found['high'])}") if found else (NONE, NONE)


def _goal(sign: str, goal: float | None, reached: bool | None) -> str:
    return NONE if goal is None else f"{sign} {goal:g} {_mark(reached)}"


def _mark(reached: bool | None) -> str:
    return NONE if reached is None else "✓" if reached else "✗"


def _bytes(count: int) -> str:
    for unit, size in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= size:
            return f"{short(count / size)} {unit}"
    return f"{count} B"


def _cut(text: str, width: int = 48) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
