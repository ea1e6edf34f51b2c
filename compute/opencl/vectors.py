"""Pieces of OpenCL C by vectors, for one work-item of a processor: loops by blocks, sums of vectors' entries, squares
turned around."""

from __future__ import annotations

from collections.abc import Sequence

from compute.loops import indented

Functions = dict[str, str]
"""The text of functions, by name."""

IN_TURN = "#pragma clang loop vectorize(disable) unroll(disable)"
AT_VECTORS = " __attribute__((aligned(64)))"
"""After an array of a work-item's own: it begins where the widest vector may, as a vector across two lines of the cache
takes twice as long."""
LANES = 16
"""Entries beside each other: as many as floats in the widest vector."""
# Every index of a loop may be computed in any order, which the compiler cannot know. Only before loops over LANES:
# Intel's compiler (2026.22) crashes on others, such as one over 96 entries of tanh(x).
VECTORS = "#pragma clang loop vectorize(assume_safety) unroll(disable)"
FEWEST, MOST = 4, 16
"""Entries of the smallest and of the largest vector."""


def widths(most: int) -> list[int]:
    """Sizes of vectors, the largest first."""
    return [width for width in (16, 8, 4) if width <= most]


def vector(width: int) -> str:
    """The type of so many entries."""
    return f"REAL{width if width > 1 else ''}"


def unrolled(index: str, count: int, *body: str) -> list[str]:
    """``body`` at every index of few."""
    return ["#pragma unroll", f"for (int {index} = 0; {index} < {count}; {index}++) {{", *map(indented, body), "}"]


def steps(index: str, count: int, size: int, body: Sequence[str]) -> list[str]:
    """``body`` at every so many of an index."""
    if size >= count:
        return [f"const size_t {index} = 0;", *body]
    head = f"for (size_t {index} = 0; {index} < {count}; {index} += {size}) {{"
    return [IN_TURN, head, *map(indented, body), "}"]


def blocks(index: str, count: int, size: int, body: Sequence[str]) -> list[str]:
    """The same, where the last one begins earlier if it would not be whole."""
    if count % size == 0:
        return steps(index, count, size, body)
    start = f"const size_t {index} = min({index}_0, (size_t){count - size});"
    return steps(f"{index}_0", count, size, [start, *body])


def turn(width: int, source: str, target: str) -> tuple[list[str], Functions]:
    """A square of so many vectors from one place to another, its rows where its columns were. ``source``, ``target``:
    where vector ``i`` lies."""
    lines = [
        f"REAL{width} x[{width}];",
        *unrolled("i", width, f"x[i] = vload{width}(0, {source});"),
        f"turn{width}(x);",
        *unrolled("i", width, f"vstore{width}(x[i], 0, {target});"),
    ]
    half = width // 2
    function = f"""\
// Rows where the columns were: zipping the first half of the vectors with the second, as often as it takes.
static inline void turn{width}(REAL{width} *x)
{{
    #pragma unroll
    for (int round = 1; round < {width}; round *= 2) {{
        REAL{width} zipped[{width}];
        #pragma unroll
        for (int i = 0; i < {half}; i++) {{
            zipped[2*i].even = x[i].lo;
            zipped[2*i].odd = x[i + {half}].lo;
            zipped[2*i + 1].even = x[i].hi;
            zipped[2*i + 1].odd = x[i + {half}].hi;
        }}
        #pragma unroll
        for (int i = 0; i < {width}; i++) x[i] = zipped[i];
    }}
}}
"""
    return lines, {f"turn{width}": function}


def fold(sums: Sequence[str], width: int) -> tuple[str, Functions]:
    """The sums of the entries of each of some vectors, a power of two of them and no more than a vector has entries,
    as one vector; and the functions for it."""
    found, functions = list(sums), Functions()
    while width > len(found):
        name, half = f"halves{width}", vector(width // 2)
        functions[name] = f"static inline {half} {name}(const REAL{width} x)\n{{\n    return x.lo + x.hi;\n}}\n"
        found, width = [f"{name}({each})" for each in found], width // 2
    if width == 1:
        return found[0], functions
    functions[f"fold{width}"] = _fold(width)
    return f"fold{width}({', '.join(found)})", functions


def _fold(width: int) -> str:
    """Two vectors become one of sums of their entries, until one is left. Entries this far apart meet, in vectors whose
    numbers differ in this bit: so each step is of few instructions, and all sums come to lie in order."""
    bit = {8: 4, 4: 8 if width == 16 else 4, 2: 1, 1: 2 if width > 2 else 1}
    lines, alive = list[str](), list(range(width))
    for apart in [apart for apart in (8, 4, 2, 1) if apart < width]:
        alive = [i for i in alive if not i & bit[apart]]
        for i in alive:
            first, second = (_met(i, i | bit[apart], apart, shift, width) for shift in (0, apart))
            lines.append(f"    x{i} = {first}\n        + {second};")
    operands = ", ".join(f"REAL{width} x{i}" for i in range(width))
    head = f"// The sums of each of these, in order.\nstatic inline REAL{width} fold{width}({operands})"
    return "\n".join([head, "{", *lines, "    return x0;", "}", ""])


_MET = {8: ["01234567"], 4: ["012389ab"], 2: ["01", "45", "89", "cd"], 1: ["02", "46", "8a", "ce"]}
"""The entries that meet those so far behind them, in runs in which two vectors take turns."""


def _met(a: int, b: int, apart: int, shift: int, width: int) -> str:
    """The entries of two vectors that meet, or those that they meet, as one vector."""
    parts = list[str]()
    for run in _MET[apart]:
        entries = [int(entry, 16) + shift for entry in run]
        taken = "".join(f"{entry:x}" for entry in entries if entry < width)
        parts += [f"x{a}.s{taken}", f"x{b}.s{taken}"] if taken else []
    return f"(REAL{width})({', '.join(parts)})"
