"""JAX as another side: the same network, weights and batches, whole steps compiled into a loop that the device runs.

That is the fastest way to train a small network that pip gives: ``jit`` of ``lax.scan`` over the row numbers of the
batches, gradients by ``value_and_grad``, the optimizer's formula written out. ``jax`` is imported when a side is
made; whoever has not installed it has none of these sides.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from compute.benchmark import networks
from compute.benchmark.networks import BATCHES, LEARNING_RATE, Network
from compute.benchmark.spelled import Words, forward, trained
from compute.engine import Program

UNROLLED = (1, 4)
"""Steps that are written out in one turn of the loop: the better one counts."""
_SIZES = (BATCHES, 64, 8, 1)
"""Steps of one call: each size is compiled once, and any number of steps is made of them."""
_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8
INSTALL = 'pip install -e ".[bench]"'
"""How to get it, for people; it is optional."""


def missing(gpu: bool) -> str:
    """Why there is nothing to compare with; "" where there is."""
    if find_spec("jax") is None:
        return f"JAX is not installed, so nothing is compared with it; it is optional: {INSTALL}."
    import jax

    if gpu and jax.default_backend() == "cpu":
        return "This JAX does not compute on the graphics processor, so nothing is compared with it."
    return ""


class JaxSide:
    """One network, so many steps written out in one turn of the loop."""

    def __init__(self, network: Network, program: Program, unroll: int) -> None:
        import jax

        self._jax, self._unroll = jax, unroll
        numbers = jax.numpy
        single = network.sizes[-1] == 1 or network.regression
        self._x = numbers.asarray(program.train["x"], numbers.float32)
        y = np.asarray(program.train["y"])
        self._y = numbers.asarray(y.reshape(len(y), -1) if single else y, numbers.float32 if single else numbers.int32)
        drawn = np.stack(networks.batches(network)).astype(np.int32)
        # A whole batch is neither gathered nor told.
        drawn = np.zeros((BATCHES, 0), np.int32) if network.full else drawn
        self._batches = {size: numbers.asarray(drawn[:size]) for size in _SIZES}
        self._rows = drawn
        weights = {name: numbers.asarray(w, numbers.float32) for name, w in trained(network, program).items()}
        # Two of them, since what is given away must not be given away twice.
        m, v = ({name: numbers.zeros_like(value) for name, value in weights.items()} for _ in range(2))
        self._state: Any = (weights, m, v, numbers.zeros((), numbers.float32))
        many = self._whole(network, program)
        # Compiled before anything is timed.
        self._many = {
            size: many.lower(self._state, batches, self._x, self._y).compile()
            for size, batches in self._batches.items()
        }

    def losses(self, count: int) -> list[float]:
        """The loss of each of the next ``count`` batches, before its update."""
        found = []
        for rows in self._rows[:count]:
            self._state, losses = self._many[1](self._state, rows[None], self._x, self._y)
            found.append(float(losses[0]))
        return found

    def train(self, steps: int) -> None:
        """So many steps."""
        for size in _SIZES:
            turns, steps = divmod(steps, size)
            for _ in range(turns):
                self._state, _losses = self._many[size](self._state, self._batches[size], self._x, self._y)
        self._jax.block_until_ready(self._state)

    def _loss(self, network: Network, program: Program) -> Callable[[Any, Any, Any, Any], Any]:
        """From weights, rows of x and of y and a key to draw from to the mean loss."""
        jax, numbers = self._jax, self._jax.numpy
        predict = forward(network, program, self._words())

        def loss(p: Any, x: Any, y: Any, key: Any) -> Any:
            z = predict(p, x, key)
            if network.regression:
                return ((z - y) ** 2).mean()
            if network.sizes[-1] == 1:
                return (numbers.maximum(z, 0) - z * y + numbers.log1p(numbers.exp(-abs(z)))).mean()
            chosen = numbers.take_along_axis(z, y[:, None], axis=1)[:, 0]
            return (jax.nn.logsumexp(z, axis=1) - chosen).mean()

        return loss

    def _words(self) -> Words:
        jax, numbers = self._jax, self._jax.numpy

        def dropout(x: Any, key: Any, which: int, *, rate: float) -> Any:
            kept = jax.random.bernoulli(jax.random.fold_in(key, which), 1 - rate, x.shape)
            return numbers.where(kept, x / (1 - rate), 0)

        def batch_norm(x: Any, weight: Any, bias: Any, *, epsilon: float) -> Any:
            mean = x.mean(axis=0)
            variance = ((x - mean) ** 2).mean(axis=0)
            return (x - mean) * jax.lax.rsqrt(variance + epsilon) * weight + bias

        return {
            "linear": lambda x, weight, bias: x @ weight + bias,
            "relu": jax.nn.relu,
            "tanh": numbers.tanh,
            "sigmoid": jax.nn.sigmoid,
            "gelu": lambda x: jax.nn.gelu(x, approximate=False),
            "add": numbers.add,
            "concat": lambda a, b: numbers.concatenate([a, b], axis=-1),
            "dropout": dropout,
            "batch_norm": batch_norm,
        }

    def _whole(self, network: Network, program: Program) -> Any:
        """Many steps as one function: state, row numbers (steps, batch), x and y to state and losses (steps,)."""
        jax = self._jax
        numbers, each = jax.numpy, jax.tree.map
        slope = jax.value_and_grad(self._loss(network, program))
        # The generator that is fastest on a processor.
        key = jax.random.key(0, impl="unsafe_rbg") if network.draws else None

        def sgd(p: Any, m: Any, v: Any, g: Any, t: Any) -> Any:
            return each(lambda p, g: p - LEARNING_RATE * g, p, g), m, v

        def adam(p: Any, m: Any, v: Any, g: Any, t: Any) -> Any:
            m = each(lambda m, g: m + (1 - _BETA1) * (g - m), m, g)
            v = each(lambda v, g: _BETA2 * v + (1 - _BETA2) * g * g, v, g)
            root, rate = numbers.sqrt(1 - _BETA2**t), LEARNING_RATE / (1 - _BETA1**t)
            return each(lambda p, m, v: p - rate * m / (numbers.sqrt(v) / root + _EPSILON), p, m, v), m, v

        update = adam if network.optimizer == "adam" else sgd

        def many(state: Any, batches: Any, x: Any, y: Any) -> Any:
            def step(state: Any, rows: Any) -> Any:
                p, m, v, t = state
                given = (x, y) if network.full else (x[rows], y[rows])
                loss, g = slope(p, *given, jax.random.fold_in(key, t.astype("int32")) if network.draws else None)
                return (*update(p, m, v, g, t + 1), t + 1), loss

            return jax.lax.scan(step, state, batches, unroll=self._unroll)

        return jax.jit(many, donate_argnums=0)
