"""Whole training steps in one kernel: the loops of a plan one after the other, many steps a launch.

Small networks spend their time on launches, not on arithmetic: here a step costs none, and the host waits for
thousands of steps without holding Python's interpreter lock. The text is made for one network and the sizes that its
batches have (the last of an epoch is often smaller): every size, stride and place is a constant in it.

The work-group is one work-item, so one core of a processor: a loop's innermost axis becomes vectors, and no barrier
is needed. (Work-items side by side were three times as slow, and brought Intel's compiler down.) Sums go over
``LANES`` partial sums beside each other, which keeps their order, and so their bits, fixed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Literal

from compute.calls import Call, Gemm
from compute.loops import (
    CURSOR,
    ENDS,
    KEPT,
    PLACES,
    ROWS,
    SERIAL,
    SETTINGS,
    SIZES,
    STOPPED,
    Arguments,
    External,
    Loop,
    Reduction,
    Setting,
    Value,
    indented,
)
from compute.memory import aligned
from compute.opencl.codegen import identifier, launched_lanes
from compute.opencl.gemm import block_call
from compute.opencl.kernel import Kernel, Traits
from compute.opencl.loops import advance_loop, norm_sums, update_loop
from compute.opencl.product import product
from compute.opencl.schedule import Where
from compute.opencl.vectors import AT_VECTORS, IN_TURN, LANES, VECTORS, Functions, blocks, fold, turn
from compute.opencl.watching import Watched, watch_loops, watched_in
from compute.optimizers import Optimizer
from compute.plan import PARAMETERS, Plan
from compute.row_tiles import FIRST_ROW
from compute.strided import Tensor

# Left to itself, the compiler writes out every turn of a loop of up to some thirty, which takes up to twice as long to
# build and is no faster than by fours; longer ones it leaves as they are.
BY_FOURS = "#pragma clang loop vectorize(disable) unroll_count(4)"
FEW_TURNS, MANY_TURNS = 4, 32
WHOLE = (ROWS, SIZES, CURSOR, ENDS, PLACES)
"""Buffers of whole numbers."""


OFTEN = 3
"""Calls of a small function from which on it is built by itself."""

SUMS = "sums"
"""Of work-items that have rows of a batch each: what each of them added up."""
Keeps = Literal["", "weights", "states"]
"""What is kept where ENDS says so; states: also what the optimizer remembers."""
Each = Mapping[str, str]
"""Device buffer → where the part of ``member`` begins in it, or that of ``item``, the work-item, in OpenCL C; what is
not in it is shared by all."""


def steps_kernel(
    plans: Sequence[Plan],
    optimizer: Optimizer,
    wheres: Sequence[Where],
    device: Traits,
    *,
    keeps: Keeps = "",
    each: Each | None = None,
    given: Sequence[str] = (),
    watched: Sequence[Sequence[Watched]] = (),
) -> Kernel:
    """The kernel that runs as many steps as its first argument says. ``plans``: one for each size of batch; ``wheres``:
    for each of them, plan buffer → the device buffer that it lies in, and from which element on; ``keeps``: what it
    keeps; ``watched``: what steps of each size check, where that is more than usual.

    each: there for a kernel that trains many networks side by side, from the first of what they are fed with on; their
    number is the first of the whole numbers ``given`` after the steps.
    """
    text = _Text(device)
    for plan, where, checks in zip(plans, wheres, watched or [watched_in(plan, ()) for plan in plans], strict=True):
        text.step(plan, optimizer, where, checks)
        if keeps:
            size, trained = plan.layout.size, plan.layout.trained
            kept = [(PARAMETERS, KEPT, size, aligned(size) if each is not None else size)]
            if keeps == "states":
                kept += [(f"state/{name}", f"{KEPT}/{name}", trained, trained) for name in optimizer.state]
            text.keep(kept)
    return text.kernel("steps_of_" + "_or_".join(str(plan.rows) for plan in plans), each, given)


def moments_kernel(
    plan: Plan, calls: Sequence[Call], where: Where, device: Traits, each: Each, given: Sequence[str] = ()
) -> Kernel:
    """The kernel that computes these calls at as many moments as its first argument says, some beside each other.
    ``given``: whole numbers that follow that argument."""
    text = _Text(device, as_launched=True)
    text.forward(calls, where)
    return text.kernel("moments_of_" + str(plan.rows), each, given)


def tiles_kernel(
    passes: Sequence[Plan], wheres: Sequence[Where], device: Traits, each: Each, tiles: int, items: int, summed: int = 0
) -> Kernel:
    """The kernel in which so many work-items take turns at the rows of a batch, in so many tiles: all of the first
    plan's size, and the last of the last plan's. ``summed``: entries of SUMS that a work-item has add up; without, it
    takes one tile."""
    text = _Text(device)
    for plan, where in zip(passes, wheres, strict=True):
        text.forward(plan.forward, where, plan.rows)
    text.tile(passes[0].rows, tiles, summed)
    made = text.kernel("tiles_of_" + "_or_".join(str(plan.rows) for plan in passes), each)
    return replace(made, values=(tiles, *made.values[1:]), global_size=(items,))


class _Text:
    """The blocks of a step for each size of batch, and the buffers and functions that they use."""

    def __init__(self, device: Traits, *, as_launched: bool = False) -> None:
        """``as_launched``: whether sums go in the order in which a launch of their own adds them up."""
        self._device, self._as_launched = device, as_launched
        self._where: Where = {}
        self._names: dict[str, str] = {}
        self._steps: dict[int, list[str]] = {}
        self._blocks: list[str] = []
        self._trains = False
        self._functions = Functions()

    def step(self, plan: Plan, optimizer: Optimizer, where: Where, watched: Sequence[Watched] = ()) -> None:
        """All blocks of a step of the plan's size."""
        self._where, self._trains = where, True
        self._blocks = self._steps[plan.rows] = []
        checked = watch_loops(plan, watched)
        for at, call in enumerate((*plan.forward, *plan.backward)):
            self.call(call)
            for loop in checked.get(at, ()):
                self.loop("watched", loop)
        loss = plan.values[plan.loss or ""]
        self.loop("end of the step", advance_loop(loss, plan.rows))
        self._blocks.append(f"if ({STOPPED.replace('cursor', self._name(CURSOR))}) break;")
        for call in plan.statistics:
            self.call(call)
        if plan.layout.trained:
            for found in norm_sums(plan.layout.trained) if optimizer.clipping.norm else []:
                self.reduction("norm", found)
            self.loop("update", update_loop(optimizer, plan.layout.trained))

    def keep(self, kept: Sequence[tuple[str, str, int, int]]) -> None:
        """After a step that ends a moment, so many numbers of a buffer are kept in another, those of the next so far
        apart: (from, to, how many, apart)."""
        k = Arguments()
        k.external("const int *ends", ENDS)
        k.external("const int *cursor", CURSOR)
        lines: list[str] = []
        for at, (source, target, size, apart) in enumerate(kept):
            k.external(f"const REAL *from_{at}", source)
            k.external(f"REAL *to_{at}", target)
            body = f"to_{at}[(size_t)moment*{apart} + i_0] = from_{at}[i_0];"
            loop = Loop("", k, (size,), (k.integer(f"size_{at}", size),), body)
            lines += ["{", indented("\n".join(_everywhere(loop))), "}"] if at else _everywhere(loop)
        copied = indented("\n".join(lines))
        lines = ["const int moment = ends[cursor[0] - 1];", "if (moment >= 0) {", copied, "}"]
        self._add("kept", "the weights of this moment", [*self._constants(k), *lines])

    def forward(self, calls: Sequence[Call], where: Where, rows: int = 0) -> None:
        """The blocks of these calls."""
        self._where = where
        self._blocks = self._steps[rows] = []
        for call in calls:
            self.call(call)

    def tile(self, rows: int, tiles: int, summed: int) -> None:
        """The blocks of one tile of so many, each of so many rows but for the last."""
        self._blocks, own = [f"const size_t {FIRST_ROW} = member*{rows};"], self._steps
        if summed:
            sums = f"{self._name(SUMS)}[i_0] = 0;"
            loop = Loop("", Arguments(), (summed,), (str(summed),), sums)
            self._blocks += ["if (member == item) {", indented("\n".join(_everywhere(loop))), "}"]
        texts = ["\n".join(blocks) for blocks in own.values()]
        if len(texts) > 1:
            last = f"if (member == {tiles - 1}) {{\n{indented(texts[1])}\n}} else {{\n{indented(texts[0])}\n}}"
        self._blocks.append(last if len(texts) > 1 else texts[0])

    def call(self, call: Call) -> None:
        """The block of a call."""
        title = identifier(call.node)
        if call.feeds and not self._as_launched and len(call.out.shape) == 2:
            self.feed(title, call)
            return
        match call.loop():
            case Loop() as loop:
                self.loop(title, loop)
            case Reduction() as found:
                self.reduction(title, found)
            case Gemm() as gemm:
                self.product(title, gemm)

    def feed(self, title: str, call: Call) -> None:
        """The block that brings the batch's rows of the data in."""
        (rows, width), (row, entry) = call.out.shape, call.out.strides
        out, at = self._located(call.out)
        table, start = self._name(f"table/{call.node}"), f"{self._name(CURSOR)}[1]"
        if first := getattr(call, "first", ""):
            start += f" + {first}"

        def of_row(r: str) -> str:
            return f"(size_t){self._name(ROWS)}[{start} + {r}]*{width}"

        if entry > 1 and rows >= LANES and width >= LANES:
            square, functions = turn(LANES, f"{table} + {of_row('r + i')} + c", f"{out} + {at} + (c + i)*{entry} + r")
            lines = blocks("r", rows, LANES, blocks("c", width, LANES, square))
            self._functions |= functions
        else:
            copied = f"{out}[{at} + r*{row} + c*{entry}] = {table}[from + c];"
            body = [f"const size_t from = {of_row('r')};", SERIAL, f"for (size_t c = 0; c < {width}; c++) {copied}"]
            lines = [IN_TURN, f"for (size_t r = 0; r < {rows}; r++) {{", *map(indented, body), "}"]
        self._add(title, "the batch's rows of the data", lines)

    def product(self, title: str, gemm: Gemm) -> None:
        """The block of a matrix product."""
        made = product(gemm, self._device, self._located, as_launched=self._as_launched)
        if made is None:
            tile, text = block_call(gemm, self._device, self._located)
            made = text, {tile.name: tile.function}
        self._functions |= made[1]
        self._add(title, gemm.does, [made[0]])

    def reduction(self, title: str, found: Reduction) -> None:
        """The block of a reduction."""
        lanes = launched_lanes(found, self._device) if self._as_launched else LANES
        alone = found.results == 1 and lanes and found.length >= lanes
        if found.together and not self._as_launched and found.reduced[-1] >= LANES:
            sums, functions = _sums_together(found)
            self._functions |= functions
        elif alone:
            sums = [*(f"const size_t i_{k} = 0;" for k in range(len(found.kept))), *_one_sum(found, lanes)]
        else:
            sums = _sums_beside(found)
        self._add(title, found.comment, [*self._constants(found.arguments), *sums])

    def loop(self, title: str, loop: Loop) -> None:
        """The block of a loop."""
        self._add(
            title, loop.comment, [*self._constants(loop.arguments), *filter(None, [loop.first]), *_everywhere(loop)]
        )

    def kernel(self, title: str, each: Each | None = None, given: Sequence[str] = ()) -> Kernel:
        """The kernel of all blocks. ``each``: there where it is for many members; the first of ``given``, or without
        any the argument before them, is how many. Work-items take turns."""
        body = self._blocks
        if self._trains:
            stopped, blocks = STOPPED.replace("cursor", self._name(CURSOR)), map(indented, self._blocks_of_a_step())
            body = [IN_TURN, f"for (int step = 0; step < count && !{stopped}; step++) {{", *blocks, "}"]
        if each is not None:
            body = self._members(body, each, given[0] if self._trains else "count")
        declared = ["const int count", *(f"const int {name}" for name in given)]
        for buffer, name in self._names.items():
            kind = "int" if buffer in WHOLE else "REAL"
            declared.append(f"__global {kind} *{'all_' if each and buffer in each else ''}{name}")
        parameters = ",\n    ".join(declared)
        lines = [
            *self._written(body),
            "__attribute__((reqd_work_group_size(1, 1, 1)))",
            f"__kernel void NAME(\n    {parameters})",
            "{",
            *map(indented, body),
            "}\n",
        ]
        values: list[Value] = [0, *(0 for _ in given), *map(External, self._names)]
        return Kernel(title, "\n".join(lines), tuple(values), (1,), (1,))

    def _written(self, body: Sequence[str]) -> Iterator[str]:
        """The functions that ``body`` calls. One that is called often is built once: it takes a while to build in every
        place, and a function by itself takes as long as some places."""
        blocks = "\n".join(body)
        for name, text in self._functions.items():
            calls = blocks.count(f"{name}(") + sum(
                other.count(f"{name}(") * blocks.count(f"{caller}(")
                for caller, other in self._functions.items()
                if caller != name
            )
            apart = calls >= OFTEN and not name.startswith("product")
            yield text.replace("static inline", "static __attribute__((noinline))") if apart else text

    def _blocks_of_a_step(self) -> list[str]:
        """Those of the size that the batch at hand has."""
        steps = list(self._steps.values())
        # What every step ends with, such as the update, is written once: every copy would take time to build.
        alike = takewhile(lambda blocks: len({*blocks}) == 1, zip(*map(reversed, steps), strict=False))
        ending = [blocks[0] for blocks in alike][::-1]
        own = {rows: "\n".join(step[: len(step) - len(ending)]) for rows, step in self._steps.items()}
        size = f"{self._name(SIZES)}[{self._name(CURSOR)}[0]]" if len(steps) > 1 else ""
        choices = [f"if ({size} == {rows}) {{\n{indented(text)}\n}}" for rows, text in own.items() if size]
        return ["\nelse ".join(choices), *ending]

    def _members(self, body: Sequence[str], each: Each, count: str) -> list[str]:
        """``body`` for every member, each with its own part of the buffers; steps begin at the first that is fed."""
        own: dict[bool, list[str]] = {True: [], False: []}
        for buffer, name in [*self._names.items()]:
            if start := each.get(buffer):
                kind = "int" if buffer in WHOLE else "REAL"
                if PLACES in start:
                    start = start.replace(PLACES, self._name(PLACES))
                own["member" in start].append(f"__global {kind} *{name} = all_{name} + {start};")
        if self._trains:
            cursor = self._name(CURSOR)
            own[True].append(f"{cursor}[0] = {cursor}[1] = 0;")
        return [
            "const size_t item = get_group_id(0);",
            *own[False],
            IN_TURN,
            f"for (size_t member = item; member < {count}; member += get_num_groups(0)) {{",
            *map(indented, (*own[True], *body)),
            "}",
        ]

    def _located(self, tensor: Tensor) -> tuple[str, int]:
        """The variable of a tensor's buffer, and its first element there."""
        buffer, start = self._where.get(tensor.buffer, (tensor.buffer, 0))
        return self._name(buffer), start + tensor.offset

    def _name(self, buffer: str) -> str:
        return self._names.setdefault(buffer, f"{identifier(buffer)}_{len(self._names)}")

    def _constants(self, arguments: Arguments) -> list[str]:
        """What would be a kernel's arguments, as constants."""
        lines = []
        for declaration, value in zip(arguments.declared, arguments.values, strict=True):
            match value:
                case Tensor():
                    buffer, at = declaration.split(", ")
                    name, start = self._located(value)
                    lines += [f"{buffer} = {name};", f"{at} = {start};"]
                case External(name):
                    lines.append(f"{declaration} = {self._name(name)};")
                case Setting(place):
                    lines.append(f"{declaration} = {self._name(SETTINGS)}[{place}];")
                case int():
                    lines.append(f"{declaration} = {value};")
                case _:
                    lines.append(f"{declaration} = {_literal(value)};")
        return lines

    def _add(self, title: str, comment: str, lines: Sequence[str]) -> None:
        body = indented("\n".join(lines))
        self._blocks.append(f"{{ // {title}: {comment}\n{body}\n}}")


def _literal(value: float) -> str:
    """A number as OpenCL C writes it."""
    if math.isnan(value):
        return "NAN"
    return repr(float(value)) if math.isfinite(value) else f"{'-' if value < 0 else ''}INFINITY"


def _nested(shape: Sequence[int], first: int, body: Sequence[str]) -> list[str]:
    """``body`` at every index ``i_first``, … of ``shape``, one after the other."""
    lines = list(body)
    for axis in reversed(range(len(shape))):
        i = f"i_{first + axis}"
        lines = [SERIAL, f"for (size_t {i} = 0; {i} < {shape[axis]}; {i}++) {{", indented("\n".join(lines)), "}"]
    return lines


def _chunks(count: int, chunk: Callable[[int, str], list[str]]) -> list[str]:
    """``chunk(width, pragma)`` for every LANES of ``count``, and for what is left over; ``base`` is where it begins."""
    lines, rest = [], count % LANES
    if count > rest:
        whole = indented("\n".join(chunk(LANES, VECTORS)))
        turns = BY_FOURS if FEW_TURNS < count // LANES <= MANY_TURNS else SERIAL
        lines += [turns, f"for (size_t base = 0; base < {count - rest}; base += {LANES}) {{", whole, "}"]
    if rest:
        lines += ["{", f"    const size_t base = {count - rest};", indented("\n".join(chunk(rest, SERIAL))), "}"]
    return lines


def _lanes(axis: int, width: int, pragma: str, *body: str) -> list[str]:
    """``body`` at so many indices of an axis from ``base`` on, of which ``at`` counts. The index itself is counted:
    where it was a sum, Intel's compiler took neighbours for scattered entries."""
    i = f"i_{axis}"
    counted = [f"const size_t at = {i} - base;"] if any(re.search(r"\bat\b", line) for line in body) else []
    head = f"for (size_t {i} = base; {i} < base + {width}; {i}++) {{"
    return [pragma, head, *map(indented, (*counted, *body)), "}"]


def _everywhere(loop: Loop) -> list[str]:
    """A loop's body at every index."""
    last = len(loop.shape) - 1
    inner = _chunks(loop.shape[last], lambda width, pragma: _lanes(last, width, pragma, loop.body))
    return _nested(loop.shape[:last], 0, inner)


def _partial(found: Reduction, lanes: int) -> list[str]:
    """So many partial results of one (a multiple of LANES) along the last axis, as ``part``."""
    axis = len(found.kept) + len(found.reduced) - 1
    lane = "at" if lanes == LANES else f"base % {lanes} + at"
    step = (f"REAL acc = part[{lane}];", found.step, f"part[{lane}] = acc;")
    inner = _chunks(found.reduced[-1], lambda width, pragma: _lanes(axis, width, pragma, *step))
    declared = f"REAL part[{lanes}]{AT_VECTORS};"
    start = [declared, f"for (size_t at = 0; at < {lanes}; at++) part[at] = {found.start};"]
    return [*start, *_nested(found.reduced[:-1], len(found.kept), inner)]


def _one_sum(found: Reduction, lanes: int) -> list[str]:
    """A single result, from so many partial ones (a multiple of LANES) along the last axis."""
    return [
        *_partial(found, lanes),
        "REAL acc = part[0];",
        SERIAL,
        f"for (size_t at = 1; at < {lanes}; at++) {found.combine.format('part[at]')}",
        found.finish,
    ]


def _sums_together(found: Reduction) -> tuple[list[str], Functions]:
    """Results one after the other, each from LANES partial ones along the last axis; sums of some of them are added up
    at once."""
    if found.results == 1 or found.start != "0":
        return _nested(found.kept, 0, _one_sum(found, LANES)), {}
    last = len(found.kept) - 1
    size = min(LANES, 1 << found.kept[last].bit_length() - 1)
    kept = f"vstore{LANES}(vload{LANES}(0, part), i_{last} - first, parts);"
    total, functions = fold([f"vload{LANES}({i}, parts)" for i in range(size)], LANES)
    sums = [
        f"REAL parts[{size * LANES}]{AT_VECTORS}, sums[{size}]{AT_VECTORS};",
        IN_TURN,
        f"for (size_t i_{last} = first; i_{last} < first + {size}; i_{last}++) {{",
        *map(indented, (*_partial(found, LANES), kept)),
        "}",
        f"vstore{size}({total}, 0, sums);" if size > 1 else f"sums[0] = {total};",
        IN_TURN,
        f"for (size_t i_{last} = first; i_{last} < first + {size}; i_{last}++) {{",
        *map(indented, (f"const REAL acc = sums[i_{last} - first];", found.finish)),
        "}",
    ]
    return _nested(found.kept[:last], 0, blocks("first", found.kept[last], size, sums)), functions


def _sums_beside(found: Reduction) -> list[str]:
    """Neighbouring results beside each other, LANES at a time."""
    kept, last = len(found.kept), len(found.kept) - 1

    def chunk(width: int, pragma: str) -> list[str]:
        step = _lanes(last, width, pragma, "REAL acc = part[at];", found.step, "part[at] = acc;")
        return [
            f"REAL part[{width}]{AT_VECTORS};",
            f"for (size_t at = 0; at < {width}; at++) part[at] = {found.start};",
            *_nested(found.reduced, kept, step),
            *_lanes(last, width, SERIAL, "const REAL acc = part[at];", found.finish),
        ]

    return _nested(found.kept[:-1], 0, _chunks(found.kept[-1], chunk))
