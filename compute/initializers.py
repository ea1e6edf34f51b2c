"""How weights start: Glorot (2010), He (2015) and the plain distributions, from NumPy's PCG64.

Widths are those of PyTorch's ``xavier_*`` and, for ReLU, ``kaiming_*``, and of Keras's; normal distributions have their
tails, as PyTorch's have, where Keras cuts them off at two standard deviations.

A setting is a name (``"glorot_uniform"``) or a mapping with arguments (``{"name": "normal", "std": 0.1}``).
Every parameter draws from a stream of its own, made of the document's seed and the parameter's name, so that
adding a node does not change how the others start.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.checks import is_finite
from compute.weights import WeightSpec

ARGUMENTS: dict[str, dict[str, float]] = {
    "glorot_uniform": {},
    "glorot_normal": {},
    "he_uniform": {},
    "he_normal": {},
    "zeros": {},
    "ones": {},
    "constant": {"value": 0.0},
    "normal": {"mean": 0.0, "std": 0.05},
    "uniform": {"low": -0.05, "high": 0.05},
}
"""Initialiser → its arguments with their defaults."""


def check_initializer(setting: Any) -> None:
    """Errors: ValueError with what is wrong, as the end of a sentence."""
    name, arguments = (setting.get("name"), setting) if isinstance(setting, Mapping) else (setting, {})
    if not isinstance(name, str) or name not in ARGUMENTS:
        raise ValueError(f"must be one of {', '.join(ARGUMENTS)}")
    for key, value in arguments.items():
        if key == "name":
            continue
        if key not in ARGUMENTS[name]:
            raise ValueError(f"has no argument {key} for {name}; it takes {', '.join(ARGUMENTS[name]) or 'none'}")
        if not is_finite(value):
            raise ValueError(f"argument {key} must be a finite number")
    given = {**ARGUMENTS[name], **arguments}
    if name == "normal" and given["std"] < 0:
        raise ValueError("argument std must be at least 0")
    if name == "uniform" and given["low"] > given["high"]:
        raise ValueError(f"argument low, {given['low']:g}, must be at most high, {given['high']:g}")
    if name == "uniform" and not math.isfinite(float(given["high"]) - float(given["low"])):
        raise ValueError("arguments low and high are too far apart")


def canonical(setting: Any) -> str:
    """A checked setting as one text that can be hashed and compared."""
    return setting if isinstance(setting, str) else json.dumps(dict(setting), sort_keys=True)


def in_words(text: str) -> str:
    """A canonical setting in words: ``normal with std 0.1``."""
    if not text.startswith("{"):
        return text
    setting = json.loads(text)
    name = str(setting["name"])
    arguments = [f"{key} {setting[key]:g}" for key in ARGUMENTS[name] if key in setting]
    return f"{name} with {' and '.join(arguments)}" if arguments else name


def initialize(name: str, spec: WeightSpec, seed: int) -> npt.NDArray[np.float64]:
    """First value of the parameter ``name``, float64 of the spec's shape, the same for the same seed."""
    if spec.start is not None:
        return np.array(spec.start, dtype=np.float64)
    setting = json.loads(spec.initializer) if spec.initializer.startswith("{") else {"name": spec.initializer}
    kind = setting["name"]
    arguments = ARGUMENTS[kind] | {key: float(v) for key, v in setting.items() if key != "name"}
    stream = np.random.SeedSequence([seed % 2**32, zlib.crc32(name.encode())])
    random = np.random.Generator(np.random.PCG64(stream))
    fan_in, fan_out = spec.fans
    match kind:
        case "zeros" | "ones":
            return np.full(spec.shape, float(kind == "ones"))
        case "constant":
            return np.full(spec.shape, arguments["value"])
        case "normal":
            return random.normal(arguments["mean"], arguments["std"], spec.shape)
        case "uniform":
            return random.uniform(arguments["low"], arguments["high"], spec.shape)
        case "glorot_uniform" | "he_uniform":
            limit = np.sqrt(6.0 / (fan_in + fan_out if kind.startswith("glorot") else fan_in))
            return random.uniform(-limit, limit, spec.shape)
        case _:
            std = np.sqrt(2.0 / (fan_in + fan_out if kind.startswith("glorot") else fan_in))
            return random.normal(0.0, std, spec.shape)
