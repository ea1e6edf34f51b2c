"""PyTorch as the other side: the same network, weights and batches, trained as its users do, and compiled.

``torch`` is imported when a side is made; whoever has not installed it has none of these sides.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np

from compute.benchmark import networks
from compute.benchmark.machine import cores
from compute.benchmark.networks import LEARNING_RATE, Network
from compute.benchmark.spelled import Words, forward, trained
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
        x, y = program.train["x"], np.asarray(program.train["y"])
        self._x = self._tensor(x)
        single = network.sizes[-1] == 1 or network.regression
        self._y = self._tensor(y.reshape(len(y), -1)) if single else self._tensor(y, torch.int64)
        self._rows = [self._tensor(rows, torch.int64) for rows in networks.batches(network)]
        # PyTorch keeps W transposed.
        weights = {name: w.T if w.ndim == 2 else w for name, w in trained(network, program).items()}
        self._p = {name: self._tensor(np.ascontiguousarray(w)) for name, w in weights.items()}
        self._loss_of = self._loss(network, program)
        step = self._whole(network) if way.how == "compiled_step" else self._usual(network)
        self._step: Callable[[Any], Any] = step

    def losses(self, count: int) -> list[float]:
        """The loss of each of the next ``count`` batches, before its update."""
        self._use_threads()
        with warnings.catch_warnings():
            # What its compiler remarks on is no concern of who measures.
            warnings.simplefilter("ignore")
            return [float(self._step(self._rows[i % len(self._rows)])) for i in range(count)]

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

    def _words(self) -> Words:
        functional = self._torch.nn.functional
        return {
            "linear": functional.linear,
            "relu": functional.relu,
            "tanh": self._torch.tanh,
            "sigmoid": self._torch.sigmoid,
            "gelu": functional.gelu,
            "add": self._torch.add,
            "concat": lambda a, b: self._torch.cat((a, b), dim=-1),
            "dropout": lambda x, draw, which, *, rate: functional.dropout(x, rate),
            "batch_norm": lambda x, weight, bias, *, epsilon: functional.batch_norm(
                x, None, None, weight, bias, True, 0.1, epsilon
            ),
        }

    def _loss(self, network: Network, program: Program) -> Callable[[Any, Any, Any], Any]:
        """From weights, rows of x and of y to the mean loss."""
        functional = self._torch.nn.functional
        predict = forward(network, program, self._words())
        of: Callable[[Any, Any], Any] = functional.cross_entropy
        if network.regression:
            of = functional.mse_loss
        elif network.sizes[-1] == 1:
            of = functional.binary_cross_entropy_with_logits
        return lambda p, x, y: of(predict(p, x, None), y)

    def _given(self, network: Network) -> Callable[[Any], tuple[Any, Any]]:
        """The rows of x and of y of a batch; a whole one is not gathered."""
        x, y = self._x, self._y
        return lambda rows: (x, y) if network.full else (x.index_select(0, rows), y.index_select(0, rows))

    def _usual(self, network: Network) -> Callable[[Any], Any]:
        """Loss, backward, update."""
        p, given, loss_of = self._p, self._given(network), self._loss_of
        for value in p.values():
            value.requires_grad_()
        kind = self._torch.optim.Adam if network.optimizer == "adam" else self._torch.optim.SGD
        optimizer = kind(list(p.values()), lr=LEARNING_RATE, fused=True)

        def loss_at(rows: Any) -> Any:
            return loss_of(p, *given(rows))

        if self._way.how == "compiled":
            loss_at = self._torch.compile(loss_at)

        def step(rows: Any) -> Any:
            optimizer.zero_grad()
            loss = loss_at(rows)
            loss.backward()
            optimizer.step()
            return loss.detach()

        return step

    def _whole(self, network: Network) -> Callable[[Any], Any]:
        """All of it in one compiled function, with nothing of PyTorch's own loop."""
        torch, p, given, loss_of = self._torch, self._p, self._given(network), self._loss_of
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
            g, value = torch.func.grad_and_value(loss_of)(p, *given(rows))
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
