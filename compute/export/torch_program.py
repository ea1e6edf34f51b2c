"""A network as a program of ``torch.export``: the module that is written for PyTorch, traced by PyTorch itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from compute.errors import GradwireError, one_line
from compute.export.format import Array, Format, Network, register
from compute.export.torch_file import module_text
from compute.shapes import BATCH

_LONGEST = 300.0
"""Seconds that PyTorch may take to start and to trace."""
_TRACE = """
import runpy, sys
import numpy as np
import torch
module, given, out, free = sys.argv[1:]
net = runpy.run_path(module)["load"]()
with np.load(given) as archive:
    rows = tuple(torch.tensor(archive[str(at)]) for at in range(len(archive.files)))
# All inputs have the same number of rows, any number.
batch = torch.export.Dim("batch")
shapes = tuple({0: batch} if one == "1" else {} for one in free)
with torch.no_grad():
    program = torch.export.export(net, rows, dynamic_shapes=shapes if rows else None)
torch.export.save(program, out)
"""
_RUN = """
import sys
import numpy as np
import torch
program, given, out = sys.argv[1:]
net = torch.export.load(program).module()
with np.load(given) as archive:
    rows = tuple(torch.tensor(archive[str(at)]) for at in range(len(archive.files)))
with torch.no_grad():
    found = net(*rows)
np.savez(out, **{str(at): one.detach().numpy() for at, one in enumerate(found)})
"""


@register
class TorchProgram(Format):
    suffixes, title = (".pt2",), "PyTorch program"
    holds = "The network with its weights as torch.export saves it, for any number of rows; it needs PyTorch here."

    @property
    def lacking(self) -> str:
        if getattr(sys, "frozen", False):
            return "A .pt2 file is made by PyTorch, which this application does not bring along; export to .pt.py"
        if find_spec("torch") is None:
            return (
                "A .pt2 file is made by PyTorch, which is not installed here; install it beside Gradwire (pip install "
                "torch), or export to .pt.py"
            )
        return ""

    def loading(self, name: str) -> str:
        return (
            f"import torch\n\nnet = torch.export.load({name!r}).module()\n"
            "# rows: a tensor of float32\noutputs = net(rows)"
        )

    def write(self, path: Path, network: Network) -> None:
        from safetensors.numpy import save

        free = [network.needed.shapes[node][:1] == (BATCH,) for node in network.fed]
        # Two rows, since a single one is taken for a size that stays.
        rows = [np.zeros([2 if size == BATCH else int(size) for size in network.needed.shapes[n]]) for n in network.fed]
        with TemporaryDirectory() as folder:
            module, made = Path(folder) / "net.pt.py", Path(folder) / "net.pt2"
            text, state = module_text(network, "net.pt.safetensors")
            module.with_name("net.pt.safetensors").write_bytes(save(state, metadata={"format": "pt"}))
            module.write_text(text, encoding="utf-8")
            _torch(_TRACE, module, _given(Path(folder), rows), made, "".join(str(int(one)) for one in free))
            path.write_bytes(made.read_bytes())

    def run(self, path: Path, network: Network, data: Mapping[str, Array]) -> Mapping[str, Array]:
        with TemporaryDirectory() as folder:
            # By the name that it looks for.
            program, out = Path(folder) / "net.pt2", Path(folder) / "found.npz"
            program.write_bytes(path.read_bytes())
            _torch(_RUN, program, _given(Path(folder), [data[node] for node in network.fed]), out)
            with np.load(out) as archive:
                return {node: archive[str(at)] for at, node in enumerate(network.outputs)}


def _given(folder: Path, rows: list[Array]) -> Path:
    path = folder / "given.npz"
    np.savez(path, **{str(at): one.astype(np.float32) for at, one in enumerate(rows)})  # type: ignore[arg-type]
    return path


def _torch(program: str, *arguments: Path | str) -> None:
    """Run a program by a Python of its own, as PyTorch brings hundreds of megabytes along. Errors: GradwireError."""
    command = [sys.executable, "-P", "-c", program, *map(str, arguments)]
    try:
        ran = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GradwireError(f"PyTorch could not be run: {one_line(str(error))}") from error
    if ran.returncode:
        said = ran.stderr.strip().splitlines()
        raise GradwireError(f"PyTorch refuses it: {one_line(said[-1]) if said else 'without a word'}")
