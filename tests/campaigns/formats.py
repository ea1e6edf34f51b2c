"""Every document of the gallery and random graphs through every format, with the largest differences in a table.

    python -m tests.campaigns.formats [--graphs 200] [--torch PYTHON] [--keras PYTHON]

``--torch``: a Python with torch, numpy and safetensors, which runs the exported PyTorch modules too, as they
are and as programs of torch.export for any number of rows; ``--keras``: one
with Keras 3, which runs the .keras files by the backend that ``KERAS_BACKEND`` names.
A format that cannot say a graph says why; anything else that goes wrong, or a difference over a format's tolerance,
makes the campaign fail.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings

from compute.document import Document
from compute.engine import Program
from compute.errors import GradwireError
from compute.export import FORMATS, Format, Network, export
from compute.gallery import GALLERY, load_entry
from compute.reference import forward
from compute.spelling import Unspelled
from tests.compute.test_random_graphs import graphs
from tests.compute.test_spelling import SPELLED, kept_of

_TORCH = """
import importlib.util, sys
import numpy as np
for folder in sys.stdin.read().split():
    spec = importlib.util.spec_from_file_location("net", folder + "/net.pt.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    given = np.load(folder + "/given.npz")
    found = module.network(*(given[str(at)] for at in range(len(given.files))))
    np.savez(folder + "/found.npz", **{str(at): value for at, value in enumerate(found)})
"""

_PROGRAM = """
import runpy, sys
import numpy as np
import torch
for folder in sys.stdin.read().split():
    try:
        net = runpy.run_path(folder + "/net.pt.py")["load"]()
        with np.load(folder + "/given.npz") as archive:
            given = [torch.tensor(archive[str(at)], dtype=torch.float32) for at in range(len(archive.files))]
        two = tuple(torch.zeros(2, *one.shape[1:]) for one in given)
        shapes = tuple({0: torch.export.Dim("batch")} for _ in two)
        with torch.no_grad():
            program = torch.export.export(net, two, dynamic_shapes=shapes if two else None)
            torch.export.save(program, folder + "/net.pt2")
            found = torch.export.load(folder + "/net.pt2").module()(*given)
    except Exception as error:
        print(folder, type(error).__name__, str(error)[:300], file=sys.stderr)
        continue
    np.savez(folder + "/found.npz", **{str(at): value.detach().numpy() for at, value in enumerate(found)})
"""

_KERAS = """
import sys
import keras
import numpy as np
for folder in sys.stdin.read().split():
    given = np.load(folder + "/given.npz")
    rows = [given[str(at)].astype(np.float32) for at in range(len(given.files))]
    try:
        found = keras.models.load_model(folder + "/net.keras")(rows if len(rows) > 1 else rows[0])
    except Exception as error:
        print(folder, type(error).__name__, error, file=sys.stderr)
        continue
    found = found if isinstance(found, (list, tuple)) else [found]
    np.savez(folder + "/found.npz", **{str(at): keras.ops.convert_to_numpy(value) for at, value in enumerate(found)})
"""
_FOREIGN = {".pt.py": {"torch": _TORCH, "torch.export": _PROGRAM}, ".keras": {"keras": _KERAS}}
"""What runs files of a format besides us: by its name the program that reads what lies in folders."""


@dataclass
class Tally:
    """largest: by format, of each network that it took, relative to outputs above 1; refused: why, how often."""

    largest: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def kinds() -> Iterator[tuple[str, Format, dict[str, object]]]:
    """Every format, with what can be chosen of it that changes its numbers."""
    for known in FORMATS:
        if known.lacking:
            continue
        yield known.title, known, known.settings({})
        for param in known.params:
            for other in param.choices:
                if other != param.default:
                    yield f"{known.title}, {other}", known, known.settings({param.name: other})
        if any(param.name == "opset" for param in known.params):
            yield from (
                (f"{known.title}, opset {opset}", known, known.settings({"opset": opset})) for opset in (13, 24)
            )


def gallery(tally: Tally) -> list[tuple[str, dict[str, str]]]:
    """Each document through each format as a person would: what is said of it."""
    lines = []
    for entry in GALLERY:
        said = {}
        for title, known, options in kinds():
            with TemporaryDirectory() as folder:
                try:
                    report = export(load_entry(entry.id), Path(folder) / f"net{known.suffixes[0]}", options=options)
                    said[title] = f"{report.largest_difference:.0e}"
                except GradwireError as error:
                    said[title] = "–"
                    tally.refused[f"{entry.id}: {error}"] += 1
        lines.append((entry.id, said))
    return lines


def one_graph(
    drawn: Program, tally: Tally, foreign: Mapping[str, list[tuple[Path, Network]]], folder: Path, only: str = ""
) -> bool:
    """Every node that is no loss, as an output, through every format or the one of an ending; whether there is one."""
    kept = kept_of(drawn)
    if not kept:
        return False
    analysis = drawn.analysis.leading_to(*kept)
    weights = {name: value.astype(np.float32) for name, value in drawn.weights.items()}
    exact = {name: value.astype(float) for name, value in weights.items()}
    # Only what the graph takes is there, in the numbers that all formats hold.
    data = {name: value.astype(np.float32).astype(float) for name, value in drawn.train.items()}
    expected = forward(analysis, exact, data)
    program = Program(analysis, "", exact, data, rows=drawn.rows)
    for number, (title, known, options) in enumerate(kinds()):
        if only not in ("", known.suffixes[0]) or (known.only_weights and not weights):
            continue
        network = known.narrowed(Network(Document(""), program, weights, None, options))
        if not network.outputs:
            continue
        where = folder / str(number)
        where.mkdir()
        path = where / f"net{known.suffixes[0]}"
        try:
            known.write(path, network)
            found = known.run(path, network, data)
        except Unspelled as error:
            tally.refused[f"{title}: {str(error).split('exported: ')[-1]}"] += 1
            continue
        except Exception as error:
            tally.wrong.append(f"{title}: {type(error).__name__} {error}")
            continue
        apart = difference(network, expected, found)
        tally.largest[title].append(apart)
        if not apart <= known.tolerance(network):
            tally.wrong.append(
                f"{title}: differs by {apart:.1e} on {sorted({op.name for op in analysis.ops.values()})}"
            )
        if known.suffixes[0] in foreign:
            numbered = {str(at): data[node] for at, node in enumerate(network.fed)}
            np.savez(where / "given.npz", **numbered)  # type: ignore[arg-type]
            foreign[known.suffixes[0]].append((where, network))
    return True


def difference(network: Network, expected: dict[str, np.ndarray], found: object) -> float:
    """The largest of any output, relative to what is above 1; overflow and what it makes are not compared."""
    largest = 0.0
    for node in network.outputs:
        own, other = expected[node], np.asarray(found[node])  # type: ignore[index]
        with np.errstate(all="ignore"):
            fine = np.isfinite(own) & (np.abs(own) < 1e6)
            apart = np.abs(own - other) / max(1.0, float(np.abs(own[fine]).max(initial=0.0)))
        largest = max(largest, float(apart[fine].max(initial=0.0)))
    return largest


def by_others(suffix: str, python: str, made: list[tuple[Path, Network]], tally: Tally) -> None:
    """The files of a format run by what they are for."""
    given = "\n".join(str(where) for where, _ in made)
    backend = {"KERAS_BACKEND": "numpy", **os.environ}
    for name, program in _FOREIGN[suffix].items():
        for where, _ in made:
            (where / "found.npz").unlink(missing_ok=True)
        subprocess.run([python, "-c", program], input=given, text=True, env=backend, check=True)
        _compare(suffix, name, made, tally)


def _compare(suffix: str, name: str, made: list[tuple[Path, Network]], tally: Tally) -> None:
    """What another program found against what we find."""
    for where, network in made:
        if not (where / "found.npz").exists():
            tally.wrong.append(f"{name} does not run {sorted({op.name for op in network.needed.ops.values()})}")
            continue
        with np.load(where / "found.npz") as archive:
            found = {node: archive[str(at)] for at, node in enumerate(network.outputs)}
        program_ = network.program
        apart = difference(network, forward(program_.analysis, program_.weights, program_.train), found)
        tally.largest[f"{suffix}, by {name}"].append(apart)
        if not apart <= 1e-3:
            tally.wrong.append(f"{name} differs by {apart:.1e}")


def random_graphs(count: int, tally: Tally, others: Mapping[str, str] | None = None) -> int:
    """So many random graphs; how many had something to write. others: by ending, the Python that runs files of it."""
    done: list[bool] = []
    made: dict[str, list[tuple[Path, Network]]] = {suffix: [] for suffix in others or {}}
    with TemporaryDirectory() as folder:

        @seed(1)
        @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(graphs(SPELLED))
        def each(drawn: Program) -> None:
            where = Path(folder) / str(len(done))
            where.mkdir()
            done.append(False)
            done[-1] = one_graph(drawn, tally, made, where)

        each()
        for suffix, python in (others or {}).items():
            by_others(suffix, python, made[suffix], tally)
    return sum(done)


def main() -> int:
    """Both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--graphs", type=int, default=200)
    for names in _FOREIGN.values():
        parser.add_argument(f"--{next(iter(names))}")
    asked = parser.parse_args()
    tally = Tally()
    titles = [title for title, _, _ in kinds()]
    print(f"| document | {' | '.join(titles)} |\n|{'---|' * (len(titles) + 1)}")
    for name, said in gallery(tally):
        print(f"| {name} | {' | '.join(said[title] for title in titles)} |", flush=True)
    others = {suffix: python for suffix, names in _FOREIGN.items() if (python := getattr(asked, next(iter(names))))}
    count = random_graphs(asked.graphs, tally, others)
    print(f"\n{count} of {asked.graphs} random graphs had something to write\n")
    print("| format | graphs | median | largest |\n|---|---|---|---|")
    for title, found in tally.largest.items():
        print(f"| {title} | {len(found)} | {np.median(found):.0e} | {max(found):.0e} |")
    print("\nrefused:")
    for why, often in tally.refused.most_common():
        print(f"{often:5d}  {why}")
    for one in tally.wrong[:20]:
        print("WRONG", one)
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
