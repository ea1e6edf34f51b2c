"""What a step checks before its update, in OpenCL C: each watch is a block of statements, written for its tensor.

On a processor watches of the same entries go through them together, as reading them is what they cost; that all
gradients are finite is found by parts, so that the watches of a gradient do too; and where whole steps are one text,
entries are gone through right after the call that makes them.

Where a watch is set off its code goes to where a step without a finite loss is marked, so that neither this step nor
any after it changes anything. On a processor a work-item goes through a tensor by vectors, several sums beside each
other; on a graphics processor a work-group does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from compute.loops import CURSOR, LIMITS, STOPPED, Arguments, Loop, indented, unfolded
from compute.memory import aligned
from compute.opencl.kernel import Kernel, Traits
from compute.plan import GRADIENTS, PREVIOUS, Plan
from compute.strided import Strides, Tensor, contiguous, joined
from compute.watches.checks import Check
from compute.watches.kinds import FINITE, Kind

FIRST_CODE = 2
"""The code of the first watch; 1 is that of a loss that is not finite."""
_SHARED = 1 << 15
"""Gradients from which on cores share them."""
_WIDEST, _BESIDE = 16, 4
"""Entries of the widest vector, and how many of them are added up beside each other."""


@dataclass(frozen=True)
class Watched:
    """What one check of a plan reads. before: the same weight a step before, where the kind asks for it; where the
    check is not set off, that of now is laid by there."""

    kind: Kind
    tensor: Tensor
    before: Tensor | None = None


def watched_in(plan: Plan, checks: Sequence[Check]) -> list[Watched]:
    """What steps of a plan check, in the order of their codes: that every gradient is finite, and the checks, each of
    which the plan computes."""
    found = [Watched(FINITE, contiguous(GRADIENTS, (plan.layout.trained,)))] if plan.layout.trained else []
    start = 0
    for check in checks:
        tensor, before = plan.tensor_of(check.of), None
        assert tensor is not None, check
        if check.kind.before:
            # Each check has a place of its own, as they are gone through beside each other.
            before, start = contiguous(PREVIOUS, tensor.shape, start), start + tensor.size
        found.append(Watched(check.kind, tensor, before))
    return found


def watch_loops(plan: Plan, watched: Sequence[Watched]) -> dict[int, list[Loop]]:
    """The checks for steps of one work-item, each at one index: by the number of the call of forward and backward after
    which its entries are there. They lie near by then, and need not be kept."""
    calls, found = (*plan.forward, *plan.backward), dict[int, list[Loop]]()
    for together in _passes(watched):
        k = _arguments(watched)
        body = _alone(k, together, 0)
        # What no call has written is a weight, which lies near once it is read.
        tensor, end = together[0][1].tensor, len(calls) - 1
        written = [at for at, call in enumerate(calls) if _meet(call.out, tensor)]
        read = (at for at, call in enumerate(calls) if any(_meet(other, tensor) for other in call.tensors))
        at = max(written) if written else next(read, end)
        found.setdefault(at, []).append(Loop("", k, (1,), (k.integer("size_0", 1),), body))
    return found


def _meet(one: Tensor, other: Tensor) -> bool:
    """Whether some entries may be of both."""
    (a, to), (b, end) = ((each.offset, each.offset + _reach(each)) for each in (one, other))
    return one.buffer == other.buffer and a < end and b < to


def _reach(tensor: Tensor) -> int:
    """Elements from its first entry to behind its last."""
    return 1 + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.strides, strict=True))


def watch_kernel(watched: Sequence[Watched], device: Traits) -> Kernel:
    """All checks beside each other in one launch."""
    k = _arguments(watched)
    lanes = min(256, device.largest_work_group) if device.gpu else 1
    lines = [f"__local REAL part[{lanes}];", "const size_t lane = get_local_id(0);"] if device.gpu else []
    if device.gpu:
        blocks = [_block_of_lanes(k, each, at, lanes) for at, each in enumerate(watched)]
    else:
        passes = [part for together in _passes(watched) for part in _shared(together, device.units)]
        blocks = [_alone(k, together, number) for number, together in enumerate(passes)]
    for number, block in enumerate(blocks):
        lines += [f"{'else ' if number else ''}if (get_group_id(0) == {number}) {{", indented(block), "}"]
    declared = ",\n    ".join(k.declared)
    body = indented("\n".join(lines))
    # Without it a compiler may take the vectors apart, to put work-items beside each other.
    attribute = f"__attribute__((reqd_work_group_size({lanes}, 1, 1)))"
    text = f"// watches\n{attribute}\n__kernel void NAME(\n    {declared})\n{{\n{body}\n}}\n"
    return Kernel("watches", text, tuple(k.values), (lanes * len(blocks),), (lanes,))


def _arguments(watched: Sequence[Watched]) -> Arguments:
    k = Arguments()
    k.external("int *cursor", CURSOR)
    if any(each.kind.limit for each in watched):
        k.external("const REAL *limits", LIMITS)
    return k


Together = list[tuple[int, Watched]]
"""Checks that go through the same entries, by the number of each."""


def _passes(watched: Sequence[Watched]) -> list[Together]:
    """The checks as they go through their tensors; one of all gradients is there once for each of its parts."""
    found: dict[Tensor, Together] = {}
    for at, each in enumerate(watched):
        alone = bool(each.before or each.kind.units)
        if not alone:
            found.setdefault(each.tensor, []).append((at, each))
    for at, each in enumerate(watched):
        if each.kind is FINITE and each.tensor.buffer == GRADIENTS:
            del found[each.tensor][0]
            for part in _parts(each.tensor, found):
                found.setdefault(part, []).insert(0, (at, Watched(FINITE, part)))
    passes = [together for together in found.values() if together]
    return [*passes, *([(at, each)] for at, each in enumerate(watched) if each.before or each.kind.units)]


def _parts(whole: Tensor, others: Iterable[Tensor]) -> list[Tensor]:
    """A contiguous tensor in parts: those of others that lie in it as they are, and what is left."""
    found, start = list[Tensor](), whole.offset
    end = whole.offset + whole.size
    inside = (each for each in others if each.buffer == whole.buffer and each != whole)
    for part in sorted(inside, key=lambda each: each.offset):
        if part != contiguous(part.buffer, part.shape, part.offset) or part.offset < start:
            continue
        if part.offset > start:
            found.append(contiguous(whole.buffer, (part.offset - start,), start))
        found.append(part)
        start = part.offset + part.size
    return [*found, contiguous(whole.buffer, (end - start,), start)] if start < end else found


def _shared(together: Together, units: int) -> list[Together]:
    """A check that many gradients are finite as one for each core."""
    ((at, first), *others) = together
    size, tensor = first.tensor.size, first.tensor
    if others or first.kind is not FINITE or size < _SHARED or tensor.shape != (size,) or tensor.strides != (1,):
        return [together]
    each = aligned(-(-size // units))
    parts = [(start, min(each, size - start)) for start in range(0, size, each)]
    return [
        [(at, Watched(FINITE, contiguous(tensor.buffer, (count,), tensor.offset + start)))] for start, count in parts
    ]


def _count_of(watched: Watched) -> int:
    """How many sums a check needs."""
    return 1 if watched.kind.units else len(watched.kind.sums)


def _totals(watched: Watched, at: int) -> str:
    """The sums of a check, from 0."""
    return f"REAL {', '.join(f't{at}_{i} = 0' for i in range(_count_of(watched)))};"


def _alone(k: Arguments, together: Together, number: int) -> str:
    """Checks of the same entries, from their sums to their marks."""
    lines = [_totals(each, at) for at, each in together]
    lines.append(_through(k, together, number))
    for at, each in together:
        lines += [_judged(each, at), _mark(at), *([_laid_by(each, at, number)] if each.before else [])]
    return "\n".join(lines)


def _declare(k: Arguments, watched: Watched, number: int) -> list[tuple[str, Strides]]:
    """The operands of a pass as arguments: their names, and their strides along the axes that are left."""
    named = [("x", watched.tensor), *([("y", watched.before)] if watched.before else [])]
    for name, tensor in named:
        k.tensor(f"{name}{number}", tensor, written=name == "y")
    return [(name, tensor.strides) for name, tensor in named]


def _judged(watched: Watched, at: int) -> str:
    """The comparison of what was found with the limit."""
    found = "s0" if watched.kind.units else watched.kind.found
    sums = ", ".join(f"s{i} = t{at}_{i}" for i in range(_count_of(watched)))
    kept = f"found {watched.kind.c_keeps} {f'limits[{at}]' if watched.kind.limit else '0'}"
    lines = [f"const REAL {sums};", f"const REAL found = {found};", f"kept{at} = {kept};"]
    return f"int kept{at};\n{{\n" + indented("\n".join(lines)) + "\n}"


def _mark(at: int, lanes: int = 0) -> str:
    """Where a check is set off; the first of several is told. ``lanes``: of how many work-items each knows of it,
    0: one."""
    code = FIRST_CODE + at
    first = f"(!{STOPPED} || {STOPPED} > {code})"
    return f"if (!kept{at} && {first}{' && lane == 0' if lanes else ''}) {STOPPED} = {code};"


def _laid_by(watched: Watched, at: int, number: int, lanes: int = 0) -> str:
    """The weight of now in place of the one before. number: of the pass that has gone through it; ``lanes``: by so many
    work-items, 0: by vectors of one."""
    assert watched.before is not None
    names = f"x{number}_buf + x{number}_at", f"y{number}_buf + y{number}_at"
    if lanes:
        each = f"for (size_t i = lane; i < {watched.before.size}; i += {lanes}) ({names[1]})[i] = ({names[0]})[i];"
        return f"if (kept{at}) {each}"
    lines = []
    for start, width, many in _pieces(watched.before.size):
        place = "i" if many > 1 else str(start)
        copy = (
            f"vstore{width}(vload{width}(0, {names[0]} + {place}), 0, {names[1]} + {place});"
            if width > 1
            else f"({names[1]})[{place}] = ({names[0]})[{place}];"
        )
        lines.append(f"for (int i = {start}; i < {start + many * width}; i += {width}) {copy}" if many > 1 else copy)
    return f"if (kept{at}) {{\n{indented(chr(10).join(lines))}\n}}"


def _through(k: Arguments, together: Together, number: int) -> str:
    """Go through the entries of some checks by vectors, and add up what each asks for."""
    at, first = together[0]
    operands = _declare(k, first, number)
    if first.kind.units:
        return "{\n" + indented(_units(first.tensor, f"t{at}_0", number)) + "\n}"
    sums = dict[str, list[str]]()
    for at, each in together:
        for i, text in enumerate(each.kind.sums):
            sums.setdefault(text, []).append(f"t{at}_{i}")
    shape, strides = joined(first.tensor.shape, [each for _, each in operands])
    lines = list[str]()
    outer, run = shape[:-1], shape[-1]
    by_one = all(each[-1] == 1 for each in strides)
    for axis, size in enumerate(outer):
        lines += [f"for (int i_{axis} = 0; i_{axis} < {size}; i_{axis}++) {{"]
    for (name, _), steps in zip(operands, strides, strict=True):
        start = " + ".join([f"{name}{number}_at", *(f"i_{a}*{s}" for a, s in enumerate(steps[:-1]) if s)])
        lines.append(f"__global const REAL *{name}_from = {name}{number}_buf + {start};")
    if by_one:
        lines += _by_vectors(sums, [name for name, _ in operands], run)
    else:
        lines += [f"for (int i = 0; i < {run}; i++) {{"]
        lines += [
            f"    const REAL {name} = {name}_from[(size_t)i*{s[-1]}];"
            for (name, _), s in zip(operands, strides, strict=True)
        ]
        lines += [*(f"    {total} += {_of(text, 1)};" for text, totals in sums.items() for total in totals), "}"]
    lines += ["}" for _ in outer]
    return "{\n" + indented("\n".join(lines)) + "\n}"


def _of(text: str, width: int) -> str:
    """An expression for vectors of so many entries."""
    return text.replace("VEC", _vector(width))


def _vector(width: int) -> str:
    return f"REAL{width}" if width > 1 else "REAL"


def _load(name: str, width: int, place: str) -> str:
    return f"vload{width}(0, {name}_from + {place})" if width > 1 else f"{name}_from[{place}]"


def _pieces(count: int) -> list[tuple[int, int, int]]:
    """A run in pieces: where each begins, the width of its vectors, and how many there are."""
    found, at = [], 0
    for width in (16, 8, 4, 2, 1):
        many = (count - at) // width
        if many:
            found.append((at, width, many))
            at += many * width
    return found


def _by_vectors(sums: Mapping[str, Sequence[str]], names: Sequence[str], run: int) -> list[str]:
    """Add up a run of entries that lie beside each other. sums: what an entry adds, and the totals that it goes to."""
    lines: list[str] = []
    for start, width, many in _pieces(run):
        beside = min(_BESIDE, many) if width == _WIDEST else 1
        vector = _vector(width)
        body: list[str] = []
        lines.append("{")
        for b in range(beside):
            lines.append(f"    {vector} {', '.join(f'v{i}_{b} = 0' for i in range(len(sums)))};")

        def step(b: int, place: str, width: int = width, vector: str = vector) -> list[str]:
            loads = [f"const {vector} {name} = {_load(name, width, place)};" for name in names]
            return ["{", *(f"    {line}" for line in loads),
                    *(f"    v{i}_{b} += {_of(text, width)};" for i, text in enumerate(sums)), "}"]  # fmt: skip

        whole = many // beside
        if whole == 1:
            for b in range(beside):
                body += step(b, str(start + b * width))
        else:
            body.append(f"for (int i = {start}; i < {start + whole * beside * width}; i += {beside * width}) {{")
            for b in range(beside):
                body += [f"    {line}" for line in step(b, f"i + {b * width}")]
            body.append("}")
        for rest in range(many - whole * beside):
            body += step(rest, str(start + (whole * beside + rest) * width))
        for i, totals in enumerate(sums.values()):
            body += _folded(totals, [f"v{i}_{b}" for b in range(beside)], width)
        lines += [*(f"    {line}" for line in body), "}"]
    return lines


def _folded(totals: Sequence[str], vectors: list[str], width: int) -> list[str]:
    """Add all entries of some vectors to totals, halves by halves."""
    lines, last = [], " + ".join(vectors)
    if len(vectors) == 4:
        last = f"({vectors[0]} + {vectors[1]}) + ({vectors[2]} + {vectors[3]})"
    while width > 1:
        name = f"f{totals[0]}_{width}"
        lines.append(f"const {_vector(width)} {name} = {last};")
        last, width = f"{name}.lo + {name}.hi", width // 2
    return [*lines, *(f"{total} += {last};" for total in totals)]


def _units(tensor: Tensor, total: str, number: int) -> str:
    """The share of the units that are 0 in every row, into a total. Most are not after a few rows, so that no more are
    read."""
    (rows, *rest), (row, *inner) = tensor.shape, tensor.strides
    shape, (strides,) = joined(tuple(rest), [tuple(inner)])
    units = math.prod(rest)
    lines = list[str]()
    if row != 1 and len(shape) == 1 and strides[0] == 1:
        for start, width, many in _pieces(units):
            vector = _vector(width)
            lines += [
                f"for (int u = {start}; u < {start + many * width}; u += {width}) {{",
                f"    __global const REAL *x_from = x{number}_buf + x{number}_at + u;",
                f"    {vector} alive = 0;",
                f"    for (int r = 0; r < {rows}; r++) {{",
                f"        const {vector} x = {_load('x', width, f'(size_t)r*{row}')};",
                f"        alive = x == 0 ? alive : ({vector})1;",
                f"        if ({'all(alive != 0)' if width > 1 else 'alive != 0'}) break;",
                "    }",
                *(f"    {line}" for line in _folded([total], ["alive"], width)),
                "}",
            ]
        return "\n".join([*lines, f"{total} = ({units} - {total})/{units};"])
    place = " + ".join([f"x{number}_at", *(f"i_{a}*{s}" for a, s in enumerate(strides) if s)])
    lines += [
        f"for (int u = 0; u < {units}; u++) {{",
        *(f"    {line}" for line in unfolded("u", [str(n) for n in shape])),
        f"    __global const REAL *x_from = x{number}_buf + {place};",
        "    int alive = 0;",
    ]
    for start, width, many in _pieces(rows) if row == 1 else [(0, 1, rows)]:
        entry = f"{_load('x', width, 'r' if row == 1 else f'(size_t)r*{row}')} != 0"
        found = f"any({entry})" if width > 1 else entry
        lines.append(f"    for (int r = {start}; !alive && r < {start + many * width}; r += {width}) alive = {found};")
    return "\n".join([*lines, f"    {total} += alive;", "}", f"{total} = ({units} - {total})/{units};"])


def _block_of_lanes(k: Arguments, watched: Watched, at: int, lanes: int) -> str:
    """One check by a work-group of so many work-items."""
    operands = _declare(k, watched, at)
    tensor, sums = watched.tensor, watched.kind.sums
    lines = [_totals(watched, at)]
    if watched.kind.units:
        (rows, *rest), (row, *inner) = tensor.shape, tensor.strides
        shape, (strides,) = joined(tuple(rest), [tuple(inner)])
        place = " + ".join([f"x{at}_at", f"(size_t)r*{row}", *(f"i_{a}*{s}" for a, s in enumerate(strides) if s)])
        lines += [
            f"for (size_t u = lane; u < {math.prod(rest)}; u += {lanes}) {{",
            *(f"    {line}" for line in unfolded("u", [str(n) for n in shape])),
            "    REAL dead = 1;",
            f"    for (int r = 0; r < {rows}; r++) if (x{at}_buf[{place}] != 0) dead = 0;",
            f"    t{at}_0 += dead/{math.prod(rest)};",
            "}",
        ]
    else:
        shape, all_strides = joined(tensor.shape, [each for _, each in operands])
        lines.append(f"for (size_t e = lane; e < {math.prod(shape)}; e += {lanes}) {{")
        lines += [f"    {line}" for line in unfolded("e", [str(n) for n in shape])]
        for (name, _), strides in zip(operands, all_strides, strict=True):
            place = " + ".join([f"{name}{at}_at", *(f"i_{a}*{s}" for a, s in enumerate(strides) if s)])
            lines.append(f"    const REAL {name} = {name}{at}_buf[{place}];")
        lines += [*(f"    t{at}_{i} += {_of(text, 1)};" for i, text in enumerate(sums)), "}"]
    for i in range(_count_of(watched)):
        lines += [
            f"part[lane] = t{at}_{i};",
            "barrier(CLK_LOCAL_MEM_FENCE);",
            f"t{at}_{i} = 0;",
            f"for (int other = 0; other < {lanes}; other++) t{at}_{i} += part[other];",
            "barrier(CLK_LOCAL_MEM_FENCE);",
        ]
    lines += [_judged(watched, at), _mark(at, lanes)]
    return "\n".join([*lines, *([_laid_by(watched, at, at, lanes)] if watched.before else [])])
