"""A network as a PyTorch module: Python that builds it, beside a safetensors file with its ``state_dict``.

Names and orientation are PyTorch's: ``h1.weight`` is (out, in), as ``nn.Linear`` has it. The file is run again by
PyTorch where that is installed, else by what stands in for the few of its functions that such a file uses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from compute.export import torch_stand_in
from compute.export.format import Array, Format, Network, register
from compute.export.numpy_parts import HELPERS
from compute.export.raw_rows import joined, module_of, raw_rows, run_module
from compute.export.source_text import Expressions, Names, comment
from compute.export.writer import spell
from compute.shapes import Shape
from compute.spelling import IDIOMS, Operand, Term

_OWN = (
    "np torch nn F csv re sys Path Network network load predict answers main rows past named INPUTS MISSING NAMES "
    "found column WEIGHTS state self sigmoid softmax forward training eval train parameters modules children buffers "
    "apply T float double half bfloat16 to cpu cuda type compile state_dict load_state_dict add_module zero_grad "
    "dump_patches cache loaded load_file"
)


class _Torch(Expressions):
    module = "torch"
    idioms = tuple(IDIOMS)
    templates: ClassVar[Mapping[str, str]] = {
        "negate": "(-{0})",
        **{word: f"torch.{word}({{0}})" for word in ("abs", "sqrt", "exp", "log", "sin", "cos", "tanh", "erf")},
        "add": "({0} + {1})",
        "subtract": "({0} - {1})",
        "multiply": "({0} * {1})",
        "divide": "({0} / {1})",
        "power": "({0} ** {1})",
        "maximum": "torch.maximum({0}, {1})",
        "minimum": "torch.minimum({0}, {1})",
        "less": "({0} < {1})",
        "greater": "({0} > {1})",
        "sum": "torch.sum({0}, dim={axes}, keepdim={keep})",
        "mean": "torch.mean({0}, dim={axes}, keepdim={keep})",
        "max": "torch.amax({0}, dim={axes}, keepdim={keep})",
        "where": "torch.where({0}, {1}, {2})",
        "matmul": "torch.matmul({0}, {1})",
        "transpose": "torch.transpose({0}, 0, 1)",
        "reshape": "torch.reshape({0}, {shape})",
        "concat": "torch.cat([{0}, {1}], dim=-1)",
        "relu": "torch.relu({0})",
        "sigmoid": "torch.sigmoid({0})",
        "leaky_relu": "F.leaky_relu({0}, {slope})",
        "elu": "F.elu({0}, {alpha})",
        "gelu": "F.gelu({0})",
        "softplus": "F.softplus({0})",
        "silu": "F.silu({0})",
        "mish": "F.mish({0})",
        "dropout": "F.dropout({0}, {rate}, self.training)",
        "softmax": "torch.softmax({0}, dim=-1)",
        "log_softmax": "torch.log_softmax({0}, dim=-1)",
    }

    def __init__(self, names: Names, trained: frozenset[str]) -> None:
        super().__init__(names)
        self._trained = trained
        """The weights that training changes."""
        self.state: dict[str, Array] = {}
        """The state_dict."""
        self.layers: dict[str, str] = {}
        """Attribute of the module → what it is."""
        self._called: dict[str, str] = {}

    def array(self, name: str, value: Array) -> Term:
        self.arrays[name] = value
        text = f"self.{self.names.of(name)}"
        self._called[text] = name
        return Term(text, value.shape)

    def write(self, word: str, operands: Sequence[Operand], settings: Mapping[str, Any], shape: Shape) -> Term:
        if word in ("maximum", "minimum", "where"):
            # These take no bare numbers.
            operands = [one if isinstance(one, Term) else Term(f"torch.tensor({float(one)!r})", ()) for one in operands]
        x, *weights = operands
        assert isinstance(x, Term)
        arrays = [self.arrays[name] for name in map(self._weight, weights) if name]
        if word == "linear":
            inside, outside = arrays[0].shape
            state = {"weight": arrays[0].T, **({"bias": arrays[1]} if len(arrays) > 1 else {})}
            layer = self._layer(weights, f"nn.Linear({inside}, {outside}, bias={len(arrays) > 1})", state)
            return Term(f"{layer}({x.text})", shape)
        if word == "layer_norm":
            layer = f"nn.LayerNorm({arrays[0].shape[0]}, eps={settings['epsilon']!r})"
            return Term(
                f"{self._layer(weights, layer, dict(zip(('weight', 'bias'), arrays, strict=True)))}({x.text})", shape
            )
        if word == "batch_norm":
            names = ("weight", "bias", "running_mean", "running_var")
            state = dict(zip(names, arrays, strict=True)) | {"num_batches_tracked": np.zeros((), np.int64)}
            layer = self._layer(weights, f"nn.BatchNorm1d({arrays[0].shape[0]}, eps={settings['epsilon']!r})", state)
            if len(shape) == 2:
                return Term(f"{layer}({x.text})", shape)
            # Features are PyTorch's second axis, and the last one here.
            flat = f"{layer}(torch.reshape({x.text}, (-1, {shape[-1]})))"
            return Term(f"torch.reshape({flat}, {self.setting('shape', shape)})", shape)
        if word == "conv1d":
            size, channels, filters = arrays[0].shape
            made = f"nn.Conv1d({channels}, {filters}, {size}, stride={settings['stride']}, bias=False)"
            layer = self._layer(weights, made, {"weight": arrays[0].transpose(2, 1, 0)})
            padded = f"F.pad(torch.transpose({x.text}, 1, 2), ({settings['before']}, {settings['behind']}))"
            return Term(f"torch.transpose({layer}({padded}), 1, 2)", shape)
        return super().write(word, operands, settings, shape)

    def _weight(self, operand: Operand) -> str:
        """The full name of a weight; "" for anything else."""
        return self._called.get(operand.text, "") if isinstance(operand, Term) else ""

    def _layer(self, weights: Sequence[Operand], text: str, state: Mapping[str, Array]) -> str:
        """A layer that holds these weights, by the node that they belong to."""
        attribute = self.names.of(self._weight(weights[0]).rsplit(".", 1)[0])
        still = self._weight(weights[0]) not in self._trained
        self.layers[attribute] = f"{text}.requires_grad_(False)" if still else text
        self.state |= {f"{attribute}.{suffix}": value for suffix, value in state.items()}
        for one in weights:
            if isinstance(one, Term):
                self._called.pop(one.text, None)
        return f"self.{attribute}"

    def loose(self) -> list[str]:
        """The lines that declare what is in no layer: parameters, and buffers for what is not trained."""
        lines = []
        for text, name in self._called.items():
            attribute, value = text.removeprefix("self."), self.arrays[name]
            self.state[attribute] = value
            empty = f"torch.zeros({value.shape})"
            declared = (
                f"{text} = nn.Parameter({empty})"
                if name in self._trained
                else f'self.register_buffer("{attribute}", {empty})'
            )
            lines.append(declared)
        return lines


@register
class TorchModule(Format):
    suffixes, title = (".pt.py",), "PyTorch module"
    holds = "The network as an nn.Module with its loader and preparation; beside it its state_dict as safetensors."

    def loading(self, name: str) -> str:
        built = f'import runpy\n\nnet = runpy.run_path({name!r})["load"]()\n'
        return f"{built}# rows: a tensor of float32\noutputs = net(rows)"

    def companion(self, path: Path) -> Path:
        return path.with_name(path.name[: -len(".py")] + ".safetensors")

    def write(self, path: Path, network: Network) -> None:
        from safetensors.numpy import save

        beside = self.companion(path)
        text, state = module_text(network, beside.name)
        beside.write_bytes(save(state, metadata={"format": "pt"}))
        path.write_text(text, encoding="utf-8")

    def run(self, path: Path, network: Network, data: Mapping[str, Array]) -> Mapping[str, Array]:
        return run_module(module_of(path, None if find_spec("torch") else torch_stand_in.imported), network, data)


def module_text(network: Network, weights: str) -> tuple[str, dict[str, Array]]:
    """The text of the file, and the state_dict that belongs beside it."""
    names = Names(_OWN.split())
    trained = frozenset(name for name, (_, spec) in network.needed.parameters.items() if spec.trainable)
    speller = _Torch(names, trained)
    fed = [names.of(node_id) for node_id in network.fed]
    terms = spell(network.needed, network.weights, speller)
    built = [f"self.{name} = {text}" for name, text in speller.layers.items()] + speller.loose()
    returned = "".join(f"{terms[node_id].text}, " for node_id in network.outputs).rstrip()
    state = {name: np.ascontiguousarray(value).reshape(value.shape) for name, value in speller.state.items()}
    head = [
        f"# {comment(network.document.name)}: a network made with Gradwire, for PyTorch. Its weights are beside it, in",
        f"# {weights}: the state_dict, with PyTorch's names and orientation.",
        "import csv",
        "import re",
        "import sys",
        "from functools import cache",
        "from pathlib import Path",
        "",
        "import numpy as np",
        "import torch",
        "import torch.nn.functional as F",
        "from safetensors.torch import load_file",
        "from torch import nn",
    ]
    network_class = [
        "class Network(nn.Module):",
        "    def __init__(self):",
        "        super().__init__()",
        *(f"        {line}" for line in built),
        "",
        f"    def forward({', '.join(['self', *fed])}):",
        *(f"        {line}" for line in speller.statements),
        f"        return ({returned})",
    ]
    loader = f'''WEIGHTS = {weights!r}


def load(path=Path(__file__).with_name(WEIGHTS)):
    """The network with its weights, ready to answer; ``train()`` makes it ready to be trained on."""
    net = Network()
    net.load_state_dict(load_file(path))
    return net.eval()


@cache
def loaded():
    """The one that ``network`` and ``predict`` ask, read once."""
    return load()


def network(*inputs):
    """Its outputs for arrays, in order: {comment(", ".join(network.outputs))}."""
    with torch.no_grad():
        found = loaded()(*(torch.tensor(np.asarray(one), dtype=torch.float32) for one in inputs))
    return tuple(one.detach().numpy() for one in found)'''
    prepared = network.preparation
    helpers = [HELPERS[prepared.activation].strip("\n")] if prepared is not None and prepared.activation else []
    parts = ["\n".join(head), "\n".join(network_class), loader, *helpers, *raw_rows(network)]
    return joined(parts), state
