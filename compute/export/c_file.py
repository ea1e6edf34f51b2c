"""A network as C99 for one row, header and source, for machines without an operating system; float32, or int8 weights.

It is run again by a C compiler where there is one; else the numbers in it are read back, and that is said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from compute.errors import GradwireError
from compute.export.c_compiler import compiler, run_rows
from compute.export.c_parts import HELPERS
from compute.export.c_rows import answers, asked_of, header_lines, predict_text, raw_rows
from compute.export.c_text import comment, identifier, indented, number
from compute.export.c_writer import INT8, CWriter
from compute.export.format import TOLERANCE, Array, Format, Network, register
from compute.export.preparation import Preparation
from compute.export.source_text import Names
from compute.export.writer import spell
from compute.params import Param
from compute.reference import forward
from compute.shapes import BATCH, concrete

_OWN = (
    "auto break case char const continue default do double else enum extern float for goto if inline int long "
    "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile "
    "while NULL NAN INFINITY memory whole columns answers input total top larger smaller linear linear_int8 "
    "matmul conv1d main int8_t int32_t isnan i j k y0 y1 yn j0 j1 jn gamma abs labs div exit time index signal "
    "remove rename"
)
_MATH = "acos asin atan atan2 cos cosh exp fabs floor ceil fmod log log10 pow sin sinh sqrt tan tanh erf erfc hypot fma"
_NUMBERS = re.compile(r"static const (float|int8_t) (\w+)\[\d+\] = \{([^}]*)\};")
_INT8_TOLERANCE = 0.25


@dataclass(frozen=True, slots=True)
class _Made:
    """header, source: the texts; arrays: what stands in the source, by its name there; flash: bytes of them; ram: bytes
    of memory; names: what weights are called there."""

    header: str
    source: str
    arrays: Mapping[str, Array]
    flash: int
    ram: int
    names: Names


@register
class CSource(Format):
    suffixes, title = (".c",), "C source"
    holds = (
        "The network for one row at a time as C99 without an allocation, with its preparation; beside it its header."
    )
    params = (
        Param("numbers", "choice", "float32", "How weights of dense layers are kept; int8 takes a quarter of the room "
              "and loses some accuracy, which is said.", choices=("float32", INT8)),
    )  # fmt: skip

    def loading(self, name: str) -> str:
        stem = name.rpartition(".")[0]
        here = identifier(stem)
        return (
            f'/* cc -c "{name}"; link with -lm */\n#include "{stem}.h"\n\n'
            f"{here}_network(inputs, outputs);\n/* of a row as its table has it: */\n{here}_predict(columns, answers);"
        )

    def companion(self, path: Path) -> Path:
        return path.with_suffix(".h")

    def tolerance(self, network: Network) -> float:
        return _INT8_TOLERANCE if network.options.get("numbers") == INT8 else TOLERANCE

    def write(self, path: Path, network: Network) -> None:
        made = _made(path.stem, network)
        path.with_suffix(".h").write_text(made.header, encoding="utf-8")
        path.write_text(made.source, encoding="utf-8")

    def run(self, path: Path, network: Network, data: Mapping[str, Array]) -> Mapping[str, Array]:
        if compiler() is None:
            return self._by_its_numbers(path, network, data)
        name, shapes = identifier(path.stem), network.needed.shapes
        rows = max((len(data[node]) for node in network.fed), default=1)
        fed = [np.asarray(data[node], np.float32).reshape(rows, -1) for node in network.fed]
        sizes = [int(np.prod(concrete(shapes[node], 1))) for node in network.outputs]
        found = run_rows(path, f"{name}_network", np.hstack(fed) if fed else np.zeros((1, 0), np.float32),
                         [each.shape[1] for each in fed], sizes)  # fmt: skip
        values, at = {}, 0
        for node, size in zip(network.outputs, sizes, strict=True):
            shape = shapes[node]
            part = found[:, at : at + size] if BATCH in shape else found[0, at : at + size]
            values[node], at = part.astype(np.float64).reshape(concrete(shape, rows)), at + size
        self._compare_rows(path, network, values)
        return values

    def notes(
        self, path: Path, network: Network, data: Mapping[str, Array], values: Mapping[str, Array]
    ) -> tuple[str, ...]:
        made = _made(path.stem, network)
        said = [f"{made.flash:,} bytes of flash for numbers, {made.ram:,} bytes of RAM."]
        used = compiler()
        if used is None:
            said.append("No C compiler was found: the numbers in the file were read back, and its program was not run.")
        else:
            said.append(f"Compiled and run by {Path(used[0]).name if len(used) == 1 else 'zig cc'}.")
        if network.options.get("numbers") == INT8 and (lost := _lost(network, data, values)):
            said.append(lost)
        return tuple(said)

    def _by_its_numbers(self, path: Path, network: Network, data: Mapping[str, Array]) -> Mapping[str, Array]:
        made, read = _made(path.stem, network), dict[str, Array]()
        for kind, name, text in _NUMBERS.findall(path.read_text(encoding="utf-8")):
            numbers = [
                float(one.strip().rstrip("f").replace("INFINITY", "inf")) for one in text.split(",") if one.strip()
            ]
            read[name] = np.array(numbers, np.int8 if kind == "int8_t" else np.float32)
        if {name: value.size for name, value in read.items()} != {n: v.size for n, v in made.arrays.items()}:
            raise GradwireError("it does not hold the numbers that were written to it")
        weights = {name: value.astype(np.float64) for name, value in network.weights.items()}
        for name in network.needed.parameters:
            here = made.names.of(name)
            value = read[here].astype(np.float64).reshape(weights[name].shape)
            weights[name] = np.multiply(value, read[f"{here}_scale"]) if read[here].dtype == np.int8 else value
        return forward(network.program.analysis, weights, data)

    def _compare_rows(self, path: Path, network: Network, values: Mapping[str, Array]) -> None:
        """Errors: GradwireError where what the table has is answered otherwise than what is fed."""
        prepared = network.preparation
        if prepared is None:
            return
        given, some = raw_rows(network)
        found = run_rows(path, f"{identifier(path.stem)}_predict", given, [given.shape[1]], [len(prepared.names)])
        expected = answers(prepared, values[prepared.node][some])
        if not np.allclose(found, expected, rtol=self.tolerance(network), atol=self.tolerance(network), equal_nan=True):
            raise GradwireError("rows as they stand in the table have other answers in it")


def _made(stem: str, network: Network) -> _Made:
    """Both files of a network."""
    own, name = network.options.get("numbers", "float32"), identifier(stem)
    taken = [f"{one}{end}" for one in _MATH.split() for end in ("", "f")]
    taken += [f"{name}_{end}" for end in ("network", "predict", "names")]
    names = Names((*_OWN.split(), *taken, *HELPERS))
    writer = CWriter(names, own)
    terms = spell(network.needed, network.weights, writer)
    outs = {node: names.of(f"\0{node} out") for node in network.outputs}
    for node, out in outs.items():
        size = int(np.prod(concrete(network.needed.shapes[node], 1)))
        writer.statements.append(f"for (int i = 0; i < {size}; ++i) {out}[i] = {terms[node].text}[i];")
    declared, statements, total = writer.placed(())
    prepared = network.preparation
    used = set(writer.used) | (asked_of(prepared) if prepared is not None else set())
    used |= {"larger"} if used & {"max", "maximum", "past_max"} else set()
    used |= {"smaller"} if used & {"minimum", "past_min"} else set()
    if not any("linear(" in one for one in statements):
        used.discard("linear")
    arrays: dict[str, Array] = {**writer.arrays, **writer.small}
    flash = sum(value.nbytes for value in arrays.values())
    fed = [names.of(node) for node in network.fed]
    arguments = ", ".join([f"const float *{one}" for one in fed] + [f"float *{one}" for one in outs.values()])
    text = "\n".join([*declared, *statements])
    network_text = f"void {name}_network({arguments or 'void'}) {{\n{indented(text)}\n}}"
    # Room for one row of the widest dense layer in int8.
    widest = max((len(value) for value in writer.small.values()), default=0)
    ram = 4 * total + widest + (4 * _fed_size(network) if prepared is not None else 0)
    head = f"/* {comment(network.document.name)}: a network made with Gradwire, in C99. */\n"
    parts = [
        f"{head}#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n\n#include \"{stem}.h\"",
        f"static int8_t whole[{widest}];" if widest else "",
        *(HELPERS[one].strip("\n") for one in HELPERS if one in used),
        "\n".join(_array(one, value) for one, value in arrays.items()),
        f"static float memory[{total}];" if total else "",
        network_text,
        *([predict_text(name, prepared, network.fed)] if prepared is not None else []),
    ]  # fmt: skip
    header = _header(name, head, network, prepared, arguments, (flash, ram), (fed, list(outs.values())))
    return _Made(header, "\n\n".join(part for part in parts if part) + "\n", arrays, flash, ram, names)


def _header(
    name: str,
    head: str,
    network: Network,
    prepared: Preparation | None,
    arguments: str,
    room: tuple[int, int],
    names: tuple[list[str], list[str]],
) -> str:
    shapes = network.needed.shapes
    sizes = [
        f"{here}: {' x '.join(map(str, concrete(shapes[node], 1)[BATCH in shapes[node] :])) or '1'} ({comment(node)})"
        for node, here in zip((*network.fed, *network.outputs), (*names[0], *names[1]), strict=True)
    ]
    lines = [
        f"{head}/* {room[0]} bytes of flash for numbers, {room[1]} bytes of RAM; not to be called from two threads. */",
        f"#ifndef {name.upper()}_H",
        f"#define {name.upper()}_H",
        "",
        "#ifdef __cplusplus",
        'extern "C" {',
        "#endif",
        "",
        f"/* One row, prepared: {'; '.join(sizes)}. */",
        f"void {name}_network({arguments or 'void'});",
    ]
    if prepared is not None:
        lines += header_lines(name, prepared)
    return "\n".join([*lines, "", "#ifdef __cplusplus", "}", "#endif", "", "#endif", ""])


def _lost(network: Network, data: Mapping[str, Array], values: Mapping[str, Array]) -> str:
    """What int8 costs: metrics against true answers, as they were and as they are; else nothing."""
    program = network.program
    judged, loss = program.analysis.judged_by(program.loss), program.analysis.ops.get(program.loss)
    if judged is None or loss is None or judged[1] not in data or judged[0] not in values:
        return ""
    own = forward(program.analysis, program.weights, data)[judged[0]]
    was, now = (loss.metrics(np.asarray(one)[None], data[judged[1]]) for one in (own, values[judged[0]]))
    each = [f"{name} {float(was[name][0]):.4g} → {float(now[name][0]):.4g}" for name in was]
    rows = len(data[judged[1]])
    return f"By int8, on {rows} row{'s' * (rows != 1)}: {', '.join(each)}." if each else ""


def _fed_size(network: Network) -> int:
    return sum(int(np.prod(concrete(network.needed.shapes[node], 1))) for node in network.fed)


def _array(name: str, value: Array) -> str:
    flat = value.ravel()
    kind, texts = "float", [number(one) for one in flat]
    if value.dtype == np.int8:
        kind, texts = "int8_t", [str(one) for one in flat.tolist()]
    # C has no empty arrays.
    texts = texts or ["0"]
    lines = [", ".join(texts[at : at + 10]) for at in range(0, len(texts), 10)]
    inside = "\n    ".join(f"{line}," for line in lines)
    return f"static const {kind} {name}[{len(texts)}] = {{\n    {inside}\n}};"
