"""Random numbers by counter: the same on every device, whatever the order in which they are drawn.

A number follows from (key, step, index) alone, by the integer hash ``lowbias32`` (Chris Wellons, hash-prospector)
applied to each of the three in turn. 24 bits are kept, so that float32 holds every number exactly.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

SCALE = 2.0**-24

# The same in OpenCL C, for a uint h.
C_MIX = "h ^= h >> 16; h *= 0x7feb352du; h ^= h >> 15; h *= 0x846ca68bu; h ^= h >> 16;"


def _mixed(h: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    h = h ^ (h >> np.uint32(16))
    h = h * np.uint32(0x7FEB352D)
    h = h ^ (h >> np.uint32(15))
    h = h * np.uint32(0x846CA68B)
    return h ^ (h >> np.uint32(16))


def key_of(seed: int, node: str) -> int:
    """The key of a node's draws, an unsigned number of 32 bits: the seed's part and the node's."""
    return key_of_seed(seed) ^ key_of_node(node)


def key_of_seed(seed: int) -> int:
    """What all keys of a run have in common."""
    return seed * 0x9E3779B9 % 2**32


def key_of_node(node: str) -> int:
    """What tells the keys of a run's nodes apart."""
    return zlib.crc32(node.encode())


def uniform(key: int, step: int, shape: Sequence[int]) -> npt.NDArray[np.float64]:
    """Numbers in [0, 1) for the update ``step`` (0, 1, …), row by row."""
    return uniform_at(key, step, np.arange(math.prod(shape), dtype=np.uint32)).reshape(shape)


def uniform_at(key: int, step: int, index: npt.NDArray[np.uint32]) -> npt.NDArray[np.float64]:
    """Those of them at flat places of the shape."""
    start = _mixed(_mixed(np.array([step % 2**32], np.uint32)) ^ np.uint32(key))
    return (_mixed(start ^ index) >> np.uint32(8)).astype(np.float64) * SCALE
