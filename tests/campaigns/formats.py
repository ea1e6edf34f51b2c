"""Every document of the gallery and random graphs through every format, with the largest differences in a table.

    python -m tests.campaigns.formats [--graphs 200] [--torch PYTHON]

``--torch``: a Python with torch, numpy and safetensors, which runs the exported PyTorch modules too.
A format that cannot say a graph says why; anything else that goes wrong, or a difference over a format's tolerance,
makes the campaign fail.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
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
for folder in sys.argv[1:]:
    spec = importlib.util.spec_from_file_location("net", folder + "/net.pt.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    given = np.load(folder + "/given.npz")
    found = module.network(*(given[str(at)] for at in range(len(given.files))))
    np.savez(folder + "/found.npz", **{str(at): value for at, value in enumerate(found)})
"""


@dataclass
class Tally:
    """largest: by format, of each network that it took, relative to outputs above 1; refused: why, how often."""

    largest: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def kinds() -> Iterator[tuple[str, Format, dict[str, object]]]:
    """Every format, with what can be chosen of it that changes its numbers."""
    for known in FORMATS:
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


def one_graph(drawn: Program, tally: Tally, torch: list[tuple[Path, Network]] | None, folder: Path) -> bool:
    """Every node that is no loss, as an output, through every format; whether it has weights."""
    kept = kept_of(drawn)
    if not kept or not drawn.weights:
        return False
    analysis = drawn.analysis.leading_to(*kept)
    weights = {name: value.astype(np.float32) for name, value in drawn.weights.items()}
    exact = {name: value.astype(float) for name, value in weights.items()}
    # Only what the graph takes is there, in the numbers that all formats hold.
    data = {name: value.astype(np.float32).astype(float) for name, value in drawn.train.items()}
    expected = forward(analysis, exact, data)
    for number, (title, known, options) in enumerate(kinds()):
        program = Program(analysis, "", exact, data, rows=drawn.rows)
        network = Network(Document(""), program, weights, None, options)
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
        if torch is not None and known.suffixes[0] == ".pt.py":
            numbered = {str(at): data[node] for at, node in enumerate(network.fed)}
            np.savez(where / "given.npz", **numbered)  # type: ignore[arg-type]
            torch.append((where, network))
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


def by_torch(python: str, made: list[tuple[Path, Network]], tally: Tally) -> None:
    """The modules run by PyTorch itself."""
    subprocess.run([python, "-c", _TORCH, *(str(where) for where, _ in made)], check=True)
    for where, network in made:
        with np.load(where / "found.npz") as archive:
            found = {node: archive[str(at)] for at, node in enumerate(network.outputs)}
        program = network.program
        apart = difference(network, forward(program.analysis, program.weights, program.train), found)
        tally.largest["PyTorch module, by torch"].append(apart)
        if not apart <= 1e-3:
            tally.wrong.append(f"torch differs by {apart:.1e}")


def random_graphs(count: int, tally: Tally, torch: str | None = None) -> int:
    """So many random graphs; how many had something to write."""
    done: list[bool] = []
    made: list[tuple[Path, Network]] = []
    with TemporaryDirectory() as folder:

        @seed(1)
        @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(graphs(SPELLED))
        def each(drawn: Program) -> None:
            where = Path(folder) / str(len(done))
            where.mkdir()
            done.append(False)
            done[-1] = one_graph(drawn, tally, made if torch else None, where)

        each()
        if torch:
            by_torch(torch, made, tally)
    return sum(done)


def main() -> int:
    """Both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--graphs", type=int, default=200)
    parser.add_argument("--torch")
    asked = parser.parse_args()
    tally = Tally()
    titles = [title for title, _, _ in kinds()]
    print(f"| document | {' | '.join(titles)} |\n|{'---|' * (len(titles) + 1)}")
    for name, said in gallery(tally):
        print(f"| {name} | {' | '.join(said[title] for title in titles)} |", flush=True)
    count = random_graphs(asked.graphs, tally, asked.torch)
    print(f"\n{count} of {asked.graphs} random graphs had weights and something to write\n")
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
