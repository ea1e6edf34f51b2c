"""Weights as the bytes of a safetensors file, as an archive holds them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.errors import GradwireError

_TYPES = {"BOOL": "?", "U8": "u1", "I8": "i1"} | {
    f"{kind.upper()}{8 * size}": f"<{kind}{size}" for kind in "uif" for size in (2, 4, 8)
}
"""The types of safetensors that hold real numbers as NumPy does."""
LONGEST_HEADER = 100_000_000
"""What safetensors reads at most."""
_RESERVED = "__metadata__"
"""What safetensors keeps for itself: a weight whose name begins with it is written with one more underscore."""


def check_size(start: bytes, header: bytes, size: int, name: str) -> None:
    """Errors: GradwireError where a file of ``size`` bytes is not as its first eight bytes and its header say: that is
    asked before the rest is read, which may be large."""
    length = int.from_bytes(start, "little")
    whole = False
    if len(start) == 8 and length == len(header):
        with suppress(ValueError, TypeError, LookupError, AttributeError, RecursionError):
            ends = [t["data_offsets"][1] for key, t in json.loads(header).items() if key != _RESERVED]
            whole = 8 + length + max(ends, default=0) == size
    if not whole:
        raise GradwireError(f"{name}: the weights are damaged (their header does not fit); open an earlier copy.")


def unpack(data: bytes, name: str) -> dict[str, npt.NDArray[np.float64]]:
    """The tensors of a safetensors file, in float64."""
    from safetensors import SafetensorError, deserialize

    try:
        tensors = deserialize(data)  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise GradwireError(f"{name}: the weights are damaged ({error}); open an earlier copy.") from error
    found: dict[str, npt.NDArray[np.float64]] = {}
    for key, tensor in tensors:
        kind = _TYPES.get(tensor["dtype"])
        if kind is None:
            raise GradwireError(f"{name}: the weight {key} is of the type {tensor['dtype']}; save it as F32 or F64.")
        own = key.removesuffix("_") if key.startswith(_RESERVED) else key
        try:
            found[own] = np.frombuffer(tensor["data"], kind).reshape(tensor["shape"]).astype(np.float64)
        except ValueError as error:
            axes = len(tensor["shape"])
            raise GradwireError(f"{name}: the weight {key} has {axes} axes or too many entries; remove it.") from error
    return found


def pack(weights: Mapping[str, npt.NDArray[np.float64]]) -> bytes:
    """The file, smaller where that loses nothing."""
    from safetensors.numpy import save

    packed: bytes = save(
        {f"{name}_" if name.startswith(_RESERVED) else name: _compact(weight) for name, weight in weights.items()}
    )
    return packed


def in_order(packed: bytes) -> bytes:
    """A file of safetensors whose metadata are in the order of their names, where its library has them in another one
    each time, so that the same contents are the same bytes."""
    length = int.from_bytes(packed[:8], "little")
    header = json.loads(packed[8 : 8 + length])
    header[_RESERVED] = dict(sorted(header[_RESERVED].items()))
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + packed[8 + length :]


def _compact(weight: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    """As float32 where nothing is lost (what a device trained), else as float64; contiguous, as the format needs."""
    with np.errstate(over="ignore"):
        single = weight.astype(np.float32)
    exact = np.array_equal(single.astype(np.float64), weight, equal_nan=True)
    # ascontiguousarray makes a scalar a vector, so its shape is put back.
    return np.ascontiguousarray(single if exact else weight).reshape(weight.shape)
