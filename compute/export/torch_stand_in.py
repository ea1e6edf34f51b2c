"""What stands in for PyTorch where it is not installed, to run an exported module once: those of its functions that
such modules call, by NumPy in float64, with PyTorch's names, arguments and orientation of weights."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.erf import erf, erfc

Array = npt.NDArray[Any]


class Tensor(np.ndarray[Any, np.dtype[Any]]):
    """An array that has what a tensor has."""

    def detach(self) -> Tensor:
        return self

    def numpy(self) -> Array:
        return np.asarray(self)


def _tensor(value: Any, dtype: Any = None) -> Array:
    return np.asarray(value, np.float64).view(Tensor)


class Module:
    """A module that knows its parameters by the names of a state_dict."""

    training = False

    def register_buffer(self, name: str, value: Array) -> None:
        setattr(self, name, value)

    def __call__(self, *inputs: Array) -> Any:
        found = self.forward(*inputs)  # type: ignore[attr-defined]
        return tuple(np.asarray(one).view(Tensor) for one in found) if isinstance(found, tuple) else found

    def requires_grad_(self, wanted: bool) -> Module:
        return self

    def eval(self) -> Module:
        return self

    def names(self) -> dict[str, tuple[int, ...]]:
        """The names of the state_dict with their shapes."""
        out: dict[str, tuple[int, ...]] = {}
        for name, value in vars(self).items():
            if isinstance(value, Module):
                out |= {f"{name}.{inner}": shape for inner, shape in value.names().items()}
            elif isinstance(value, np.ndarray):
                out[name] = value.shape
        return out

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """Errors: ValueError where names or shapes are others than those of the module."""
        wanted, given = self.names(), {name: value.shape for name, value in state.items()}
        if wanted != given:
            raise ValueError(f"the state_dict has {given}, and the module wants {wanted}")
        for name, value in state.items():
            *path, last = name.split(".")
            owner: Any = self
            for step in path:
                owner = getattr(owner, step)
            setattr(owner, last, _tensor(value))


class Linear(Module):
    def __init__(self, inside: int, outside: int, bias: bool = True) -> None:
        self.weight = np.zeros((outside, inside))
        if bias:
            self.bias = np.zeros(outside)

    def forward(self, x: Array) -> Array:
        y: Array = x @ self.weight.T
        return y + self.bias if "bias" in vars(self) else y


class LayerNorm(Module):
    def __init__(self, features: int, eps: float) -> None:
        self.weight, self.bias, self._eps = np.zeros(features), np.zeros(features), eps

    def forward(self, x: Array) -> Array:
        normal = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + self._eps)
        return np.asanyarray(normal * self.weight + self.bias)


class BatchNorm1d(Module):
    def __init__(self, features: int, eps: float) -> None:
        self.weight, self.bias, self._eps = np.zeros(features), np.zeros(features), eps
        self.running_mean, self.running_var = np.zeros(features), np.zeros(features)
        self.num_batches_tracked = np.zeros(())

    def forward(self, x: Array) -> Array:
        if x.ndim != 2:
            raise ValueError("the stand-in takes (rows, features)")
        normal = (x - self.running_mean) / np.sqrt(self.running_var + self._eps)
        return np.asanyarray(normal * self.weight + self.bias)


class Conv1d(Module):
    def __init__(self, channels: int, filters: int, size: int, stride: int, bias: bool) -> None:
        self.weight, self._stride = np.zeros((filters, channels, size)), stride

    def forward(self, x: Array) -> Array:
        """x (rows, channels, steps)."""
        seen = np.lib.stride_tricks.sliding_window_view(x, self.weight.shape[2], axis=2)[:, :, :: self._stride]
        y: Array = np.einsum("bcts,fcs->bft", seen, self.weight).view(Tensor)
        return y


def _sigmoid(x: Array) -> Array:
    return np.asanyarray(0.5 * (1.0 + np.tanh(0.5 * x)))


def _softplus(x: Array) -> Array:
    return np.asanyarray(np.logaddexp(0.0, x))


def _softmax(x: Array, dim: int) -> Array:
    e = np.exp(x - x.max(dim, keepdims=True))
    return np.asanyarray(e / e.sum(dim, keepdims=True))


def _log_softmax(x: Array, dim: int) -> Array:
    shifted = x - x.max(dim, keepdims=True)
    return np.asanyarray(shifted - np.log(np.exp(shifted).sum(dim, keepdims=True)))


def _gelu(x: Array) -> Array:
    return np.asanyarray(x * 0.5 * erfc(-x * 0.7071067811865476))


def _erf(x: Array) -> Array:
    return erf(x).view(Tensor)


def _pad(x: Array, sides: Sequence[int]) -> Array:
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(sides[0], sides[1])]).view(Tensor)


def _over(function: Any) -> Any:
    return lambda x, dim, keepdim: function(x, axis=tuple(dim), keepdims=keepdim)


_F = SimpleNamespace(
    gelu=_gelu,
    softplus=_softplus,
    silu=lambda x: x * _sigmoid(x),
    mish=lambda x: x * np.tanh(_softplus(x)),
    elu=lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0.0))),
    leaky_relu=lambda x, slope: np.where(x > 0, x, slope * x),
    pad=_pad,
    dropout=lambda x, rate, training: x,
)
_NN = SimpleNamespace(
    Module=Module,
    Linear=Linear,
    LayerNorm=LayerNorm,
    BatchNorm1d=BatchNorm1d,
    Conv1d=Conv1d,
    Parameter=lambda value: value,
    functional=_F,
)
_TORCH = SimpleNamespace(
    nn=_NN,
    float32=np.float32,
    inf=np.inf,
    nan=np.nan,
    tensor=_tensor,
    zeros=np.zeros,
    no_grad=nullcontext,
    **{name: getattr(np, name) for name in ("abs", "sqrt", "exp", "log", "sin", "cos", "tanh", "maximum", "minimum")},
    erf=_erf,
    sum=_over(np.sum),
    mean=_over(np.mean),
    amax=_over(np.max),
    where=np.where,
    matmul=np.matmul,
    transpose=np.swapaxes,
    reshape=np.reshape,
    cat=lambda parts, dim: np.concatenate(parts, axis=dim),
    relu=lambda x: np.maximum(x, 0.0),
    sigmoid=_sigmoid,
    softmax=_softmax,
    log_softmax=_log_softmax,
)


def _load_file(path: Any) -> dict[str, Array]:
    from safetensors.numpy import load_file

    return dict(load_file(path))


_STANDING_IN = {"torch": _TORCH, "torch.nn.functional": _F, "safetensors.torch": SimpleNamespace(load_file=_load_file)}


def imported(name: str, globals_: Any = None, locals_: Any = None, wanted: Sequence[str] = (), level: int = 0) -> Any:
    """``import`` as an exported module sees it."""
    if name == "torch.nn.functional" and not wanted:
        return _TORCH
    if name in _STANDING_IN:
        return _STANDING_IN[name]
    return builtins.__import__(name, globals_, locals_, wanted, level)
