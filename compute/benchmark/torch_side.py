"""PyTorch as the other side: the same network, weights and batches, trained as its users do, and compiled.

``torch`` is imported when a side is made; whoever has not installed it has none of these sides.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from compute.benchmark import networks
from compute.benchmark.machine import cores
from compute.benchmark.networks import LEARNING_RATE, Network
from compute.engine import Program

How = Literal["eager", "compiled", "compiled_step"]
WAYS: dict[How, str] = {"eager": "eager", "compiled": "compiled", "compiled_step": "compiled step"}
"""The ways to train with PyTorch, and what people are told of them."""
INSTALL = 'pip install -e ".[bench]"'
"""How to get it, for people; it is optional."""


@dataclass(frozen=True)
class Way:
    """How PyTorch computes. ``compiled``: the loss by torch.compile, in the usual loop; ``compiled_step``: the whole
    step as one compiled function, gradients by torch.func and the optimizer's formula written out. threads: 0 on a
    graphics processor."""

    how: How
    threads: int

    @property
    def key(self) -> str:
        return f"torch_{self.how}_{self.threads or 'gpu'}"


def ways(gpu: bool) -> tuple[list[Way], str]:
    """Every way there is to train with PyTorch on this machine, and why there is none."""
    if find_spec("torch") is None:
        return [], f"PyTorch is not installed, so nothing is compared with it; it is optional: {INSTALL}."
    threads = sorted({1, cores()})
    if gpu:
        import torch

        if not torch.cuda.is_available():
            return [], "This PyTorch does not compute on the graphics processor, so nothing is compared with it."
        threads = [0]
    return [Way(how, count) for how in WAYS for count in threads], ""


class TorchSide:
    """One network trained in one way. Errors: whatever torch.compile raises where it does not work."""

    def __init__(self, network: Network, program: Program, way: Way) -> None:
        # Compiling in this process leaves no others behind.
        os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")
        import torch

        self._torch, self._way = torch, way
        self._use_threads()
        self._where = "cpu" if way.threads else "cuda"
        x, y = program.train["x"], program.train["y"]
        self._x = self._tensor(x)
        self._y = self._tensor(y).reshape(-1, 1) if network.sizes[-1] == 1 else self._tensor(y, torch.int64)
        self._rows = [self._tensor(rows, torch.int64) for rows in networks.batches(network)]
        self._net = self._network(network, program)
        step = self._whole(network) if way.how == "compiled_step" else self._usual(network)
        self._step: Callable[[Any], Any] = step

    def losses(self, count: int) -> list[float]:
        """The loss of each of the next ``count`` batches, before its update."""
        self._use_threads()
        with warnings.catch_warnings():
            # What its compiler remarks on is no concern of who measures.
            warnings.simplefilter("ignore")
            return [float(self._step(rows)) for rows in self._rows[:count]]

    def train(self, steps: int) -> None:
        """So many steps."""
        self._use_threads()
        step, rows = self._step, self._rows
        for i in range(steps):
            step(rows[i % len(rows)])
        if self._where == "cuda":
            self._torch.cuda.synchronize()

    def _use_threads(self) -> None:
        if self._way.threads:
            self._torch.set_num_threads(self._way.threads)
        else:
            self._torch.backends.cuda.matmul.allow_tf32 = False

    def _tensor(self, array: Any, dtype: Any = None) -> Any:
        return self._torch.tensor(np.asarray(array), dtype=dtype or self._torch.float32, device=self._where)

    def _network(self, network: Network, program: Program) -> Any:
        """The layers, with the program's weights; PyTorch keeps W transposed."""
        nn = self._torch.nn
        layers: list[Any] = []
        for i, (inputs, units) in enumerate(pairwise(network.sizes)):
            layer = nn.Linear(inputs, units, device=self._where)
            with self._torch.no_grad():
                layer.weight.copy_(self._tensor(program.weights[f"h{i}.weight"]).T)
                layer.bias.copy_(self._tensor(program.weights[f"h{i}.bias"]))
            layers += [layer, nn.Tanh() if network.activation == "tanh" else nn.ReLU()]
        return nn.Sequential(*layers[:-1])

    def _loss(self, network: Network) -> Callable[[Any, Any], Any]:
        functional = self._torch.nn.functional
        if network.sizes[-1] == 1:
            return functional.binary_cross_entropy_with_logits  # type: ignore[no-any-return]
        return functional.cross_entropy  # type: ignore[no-any-return]

    def _usual(self, network: Network) -> Callable[[Any], Any]:
        """Loss, backward, update."""
        net, x, y, loss_of = self._net, self._x, self._y, self._loss(network)
        kind = self._torch.optim.Adam if network.optimizer == "adam" else self._torch.optim.SGD
        optimizer = kind(net.parameters(), lr=LEARNING_RATE, fused=True)

        def forward(rows: Any) -> Any:
            return loss_of(net(x.index_select(0, rows)), y.index_select(0, rows))

        if self._way.how == "compiled":
            forward = self._torch.compile(forward)

        def step(rows: Any) -> Any:
            optimizer.zero_grad()
            loss = forward(rows)
            loss.backward()
            optimizer.step()
            return loss.detach()

        return step

    def _whole(self, network: Network) -> Callable[[Any], Any]:
        """All of it in one compiled function, with nothing of PyTorch's own loop."""
        torch, net, x, y, loss_of = self._torch, self._net, self._x, self._y, self._loss(network)
        p = {name: value.detach().clone() for name, value in net.named_parameters()}
        m, v = ({name: torch.zeros_like(value) for name, value in p.items()} for _ in range(2))
        beta1, beta2, epsilon = 0.9, 0.999, 1e-8

        def sgd(p: Any, m: Any, v: Any, g: Any, root: Any, rate: Any) -> None:
            p.sub_(LEARNING_RATE * g)

        def adam(p: Any, m: Any, v: Any, g: Any, root: Any, rate: Any) -> None:
            m.add_((1 - beta1) * (g - m))
            v.mul_(beta2).add_((1 - beta2) * g * g)
            p.sub_(rate * m / (v.sqrt() / root + epsilon))

        update = adam if network.optimizer == "adam" else sgd

        def whole(p: Any, m: Any, v: Any, t: Any, rows: Any) -> Any:
            def loss(p: Any) -> Any:
                made = torch.func.functional_call(net, p, (x.index_select(0, rows),))
                return loss_of(made, y.index_select(0, rows))

            g, value = torch.func.grad_and_value(loss)(p)
            t.add_(1)
            root, rate = torch.sqrt(1 - beta2**t), LEARNING_RATE / (1 - beta1**t)
            for name in p:
                update(p[name], m[name], v[name], g[name], root, rate)
            return value

        t = torch.zeros((), device=self._where, dtype=torch.float64)
        compiled = torch.compile(whole)
        return lambda rows: compiled(p, m, v, t, rows)


def forget_compiled() -> None:
    """Drop what was compiled: PyTorch keeps few versions of one function."""
    import torch

    torch.compiler.reset()
