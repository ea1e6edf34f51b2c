"""Documents and archives with something wrong in them, each by its seed and number."""

from __future__ import annotations

import copy
import io
import itertools
import json
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

RESOURCES = Path(__file__).resolve().parents[2] / "resources" / "gallery"
CASES = Path(__file__).resolve().parents[1] / "reference"

_NASTY = "\x1b[2J\x1b]0;x\x07\0\r\n\u202e\u2028<img src=file:///etc/passwd>"


def _nested(levels: int, kind: str) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value] if kind == "list" else {"a": value}
    return value


def _odd(random_: random.Random) -> Any:
    """A value that is not expected where it stands."""
    choices: list[Callable[[], Any]] = [
        lambda: random_.choice([None, True, False, 0, -1, 1, 2, 0.5, -0.0, 1e308, 1e-320, float("nan"), float("inf")]),
        lambda: random_.choice([10**400, -(10**400), 2**63, 2**53 + 1, 2**31, 10**9, 30_000, 1e300, 10**4000]),
        lambda: random_.choice(
            ["", "\0", " ", _NASTY, "a" * 80_000, "w ö ∂ 😀", "nan", "-inf", "B", "x", "__metadata__"]
        ),
        lambda: random_.choice(
            [[], {}, [[]], [{}], [None], ["x"], {"": ""}, {"name": "adam"}, [1, [2]], [[1, 2], [3]]]
        ),
        lambda: _nested(random_.choice([3, 40, 95, 99, 100, 400, 900]), random_.choice(["list", "object"])),
        lambda: [random_.random() for _ in range(random_.choice([10, 1000, 20_000]))],
        lambda: ["x"] * random_.choice([10, 1000, 100_000]),
        lambda: random_.choice(["/dev/zero", "/", ".", "..", "/dev/stdin", "/proc/self/mem", "no.csv", "~"]),
        lambda: {f"{_NASTY}{i}": i for i in range(random_.choice([1, 100, 3000]))},
    ]
    return random_.choice(choices)()


def _places(value: Any, inside: Any = None, key: Any = None) -> Iterator[tuple[Any, Any]]:
    """Every place of a document: what holds it, and its key or index there."""
    if inside is not None:
        yield inside, key
    if isinstance(value, dict):
        for each in list(value):
            yield from _places(value[each], value, each)
    elif isinstance(value, list):
        for at in range(min(len(value), 12)):
            yield from _places(value[at], value, at)


def mutate(raw: dict[str, Any], r: random.Random) -> str:
    """Change a document in place; returns how."""
    inside, key = r.choice(list(_places(raw)))
    kind = r.choice(["value", "value", "value", "delete", "add", "number", "copy", "rename", "swap", "graph", "graph"])
    if kind == "value":
        inside[key] = _odd(r)
    elif kind == "delete":
        del inside[key]
    elif kind == "add" and isinstance(inside, dict):
        inside[r.choice(["mine", "", _NASTY, "extra", "version", "__metadata__", "k" * 80_000])] = _odd(r)
    elif kind == "number" and isinstance(inside[key], int | float):
        inside[key] = inside[key] * r.choice([-1, 0, 10, 1000, 10**6, 10**12, 1e300, 0.5])
    elif kind == "copy" and isinstance(inside, list) and len(inside) < 1000:
        inside += [copy.deepcopy(inside[key]) for _ in range(r.choice([1, 20, 2000]))]
    elif kind == "rename" and isinstance(inside, dict):
        inside[r.choice(["id", "op", "name", _NASTY, "n" * 80_000, "x"])] = inside.pop(key)
    elif kind == "swap":
        other, at = r.choice(list(_places(raw)))
        inside[key], other[at] = copy.deepcopy(other[at]), copy.deepcopy(inside[key])
    elif kind == "graph":
        return _graph(raw, r)
    return f"{kind} {key!r:.40}"


def _graph(raw: dict[str, Any], r: random.Random) -> str:
    """A graph, or weights, that is large or connected in a strange way."""
    kind = r.choice(["chain", "cycle", "cycles", "wide", "weights", "unknown", "same", "fan", "frames", "columns"])
    count = r.choice([100, 1000, 5000]) if kind != "wide" else r.choice([3000, 30_000, 10**6, 10**12])
    graph: dict[str, Any] = {"nodes": [], "wires": []}
    ids = [f"n{i}" for i in range(count)] if kind != "wide" else []
    if kind in ("chain", "cycle", "cycles"):
        graph["nodes"] = [{"id": i, "op": r.choice(["tanh", "dense", "relu", "layer_norm"])} for i in ids]
        graph["wires"] = [{"from": a, "to": b, "port": "x"} for a, b in itertools.pairwise(ids)]
        if kind == "cycle":
            graph["wires"].append({"from": ids[-1], "to": ids[0], "port": "x"})
        elif kind == "cycles":
            graph["wires"] = [{"from": i, "to": i, "port": "x"} for i in ids]
    elif kind == "wide":
        graph["nodes"] = [
            {"id": "c", "op": "constant", "params": {"value": [[1.0, 2.0]]}},
            {"id": "h", "op": "dense", "params": {"units": count}},
            {"id": "z", "op": r.choice(["dense", "transpose", "batch_norm"]), "params": {"units": count}},
            {"id": "o", "op": "matmul"},
        ]
        graph["wires"] = [
            {"from": a, "to": b, "port": p}
            for a, b, p in (("c", "h", "x"), ("h", "z", "x"), ("h", "o", "a"), ("z", "o", "b"))
        ]
    elif kind == "weights":
        raw["weights"] = {r.choice(["w", "h.weigth", _NASTY]) + str(i): 1.0 for i in range(count)}
        return f"{count} weights"
    elif kind == "unknown":
        graph["nodes"] = [{"id": i, "op": "o" * r.choice([1, 1000])} for i in ids]
    elif kind == "same":
        graph["nodes"] = [{"id": "n", "op": "tanh"} for _ in ids]
    elif kind == "fan":
        graph["nodes"] = [{"id": i, "op": "add"} for i in ids]
        graph["wires"] = [{"from": "n0", "to": i, "port": p} for i in ids for p in ("a", "b", "c")]
    elif kind == "frames":
        graph["frames"] = [{"title": _NASTY, "rect": [i, i, 1, 1]} for i in range(count)]
    else:
        raw["data"] = {"source": "inline", "columns": {f"c{i}": [1.0] * 3 for i in range(count)}}
        asked = [f"d{i}" if r.random() < 0.01 else f"c{i}" for i in range(count)]
        graph["nodes"] = [{"id": "x", "op": "input", "params": {"columns": asked}}]
    raw["graph"] = graph
    return f"{kind} of {count}"


def damage(data: bytes, r: random.Random) -> tuple[str, bytes]:
    """Bytes changed, lost, added or cut off."""
    kind = r.choice(["cut", "bits", "lost", "again", "added"])
    at = r.randrange(len(data)) if data else 0
    if kind == "cut":
        return kind, data[:at]
    if kind == "lost":
        return kind, data[:at] + data[at + r.choice([1, 2, 10, 1000]) :]
    if kind == "again":
        return kind, data[:at] + data[max(0, at - 50) : at] * r.choice([1, 3, 500]) + data[at:]
    if kind == "added":
        return kind, data[:at] + r.choice([b"\xff", b"\0" * 9, b"[" * 5000, b"{", b'"', b"\\u", b"9" * 5000]) + data[
            at:
        ]
    damaged = bytearray(data)
    for _ in range(r.choice([1, 1, 3, 30])):
        damaged[r.randrange(len(damaged))] ^= 1 << r.randrange(8)
    return kind, bytes(damaged)


def _archive(text: bytes, weights: bytes, r: random.Random) -> tuple[str, bytes]:
    """An archive with a trick."""
    members = {"document.json": text, "weights.safetensors": weights}
    kind = r.choice(
        ["plain", "name", "zeros", "large", "twice", "lies", "fields", "header", "nested", "kind", "tensors"]
    )
    if kind == "name":
        members[r.choice([_NASTY, "a" * 60_000, "../up", "/root", "a/", "é" * 30_000, "\0", "C:\\a"])] = b"1"
    elif kind == "zeros":
        members[r.choice(["big", "document.json", "weights.safetensors"])] = bytes(r.choice([10**6, 63 * 10**6, 10**8]))
    elif kind == "large":
        members[r.choice(["data.csv", "document.json"])] = r.choice([b" ", b"1,", b"[", b'{"a":']) * 10**6
    elif kind == "nested":
        members["document.json"] = _zip(members)
    elif kind == "header":
        tensor = {
            "dtype": r.choice(["F32", "F64", "X", "BF16", 3]),
            "shape": r.choice([[1], [0, 2**62], [-1], [1] * 90, [2**40], "x", None]),
            "data_offsets": r.choice([[0, 4], [0, 2**50], [4, 0], [0], None, [0, 0]]),
        }
        header = json.dumps({"w": tensor})
        size = r.choice([len(header), 0, 2**40, 3])
        members["weights.safetensors"] = struct.pack("<Q", size) + header.encode() + bytes(r.choice([0, 4, 8]))
    elif kind == "tensors":
        members["weights.safetensors"] = damage(weights, r)[1]
        members["optimizer_state.safetensors"] = r.choice([weights, b"", damage(weights, r)[1]])
    data = bytearray(_zip(members, r.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])))
    if kind == "kind":
        data = bytearray(_zip(members, r.choice([zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])))
    if kind == "twice":
        place = data.rindex(b"PK\x01\x02")
        data[place:place] = data[data.index(b"PK\x01\x02") : place]
    if kind in ("lies", "fields"):
        start = r.choice([data.index(b"PK\x01\x02"), data.rindex(b"PK\x01\x02"), 0, data.rindex(b"PK\x05\x06")])
        for _ in range(r.choice([1, 1, 4])):
            at = start + (r.choice([20, 24]) if kind == "lies" else r.randrange(4, 46))
            width = r.choice([1, 2, 4])
            data[at : at + width] = r.choice([b"\xff" * 4, bytes(4), r.randbytes(4)])[:width]
    return kind, bytes(data)


def _zip(members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name) if name else "NONAME", content, how)
    return buffer.getvalue()


_EVERYTHING: dict[str, Any] = {
    "format": "gradwire",
    "version": 1,
    "name": "Everything",
    "graph": {
        "nodes": [
            {"id": "x", "op": "input", "params": {"columns": ["r"]}, "position": [0, 0], "parent": "g", "mine": 1},
            {"id": "h", "op": "dense", "params": {"units": 2}, "title": "h₁"},
            {"id": "t", "op": "tanh", "off": "bypass"},
            {"id": "y", "op": "target", "params": {"columns": ["c"], "encoding": "one_hot"}, "collapsed": True},
            {"id": "l", "op": "softmax_cross_entropy"},
        ],
        "wires": [
            {"from": "x", "to": "h", "port": "x", "mine": 2},
            {"from": "h", "to": "t", "port": "x"},
            {"from": "t", "to": "l", "port": "prediction"},
            {"from": "y", "to": "l", "port": "target"},
        ],
        "frames": [
            {"id": "f", "title": "one", "rect": [0, 0, 9, 9]},
            {"id": "g", "parent": "f"},
            {"rect": [0, 0, 5, 5]},
        ],
        "notes": [{"id": "n", "text": "$x^2$", "parent": "g", "rect": [1, 1, 2, 2]}],
        "reroutes": [{"id": "q", "wire": ["h", "x"], "position": [1, 2], "parent": "g"}],
    },
    "data": {
        "source": "inline",
        "columns": {"r": [1.0, 2.0, 3.0, 4.0], "c": ["a", "b", "a", "b"]},
        "validation_fraction": 0.25,
        "test_fraction": 0.25,
        "split": "stratified",
        "split_column": "c",
        "plane": {"r": [-1, 4]},
        "standardize": True,
    },
    "training": {
        "loss": "l",
        "optimizer": {"name": "adam", "learning_rate": 0.1},
        "batch_size": 2,
        "epochs": 3,
        "seed": 4,
    },
    "weights": {"h.weight": [[0.1, 0.2]], "h.bias": [0.0, -0.5]},
    "initial_weights": {"h.bias": [0.0, 1.0]},
    "trained": {"epochs": 1, "steps": 2, "train": [[1.0, 0.5]], "validation": [[1.0, "nan"]], "by": "Ada"},
    "optimizer_state": {"h.bias": {"mean": [0.0, 0.1], "square": [0.5, 0.1]}},
    "author": {"name": "Ada"},
}
_BASES: list[dict[str, Any]] = []


def _bases() -> list[dict[str, Any]]:
    if not _BASES:
        _BASES.extend(json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESOURCES.glob("*.json")))
        _BASES.extend([_EVERYTHING] * len(_BASES))
        cases = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.json")))
        _BASES.extend(case.get("document", case) for case in cases)
    return _BASES


def written(seed: int, number: int) -> tuple[str, bytes]:
    """What was done to a document, and its JSON, of which ``case`` makes a file."""
    _, _, done, text = _written(seed, number)
    return ", ".join(done) or "nothing", text


def _written(seed: int, number: int) -> tuple[random.Random, dict[str, Any], list[str], bytes]:
    r = random.Random(f"{seed} {number}")
    raw = copy.deepcopy(r.choice(_bases()))
    if r.random() < 0.3:
        raw["trained"] = {"epochs": 2, "steps": 4, "train": [[1.0, 0.5]], "validation": [], "by": "Ada"}
    done = []
    for _ in range(r.choice([0, 1, 1, 1, 2, 4])):
        try:
            done.append(mutate(raw, r))
        except (LookupError, TypeError, OverflowError, ValueError, AttributeError, RecursionError) as error:
            done.append(type(error).__name__)  # a mutation of what an earlier one has made
    return r, raw, done, json.dumps(raw, ensure_ascii=r.random() < 0.5).encode("utf-8", "replace")


def case(seed: int, number: int) -> tuple[str, bytes]:
    """What was done, and the bytes of the file."""
    r, raw, done, text = _written(seed, number)
    if r.random() < 0.4:
        from compute import tensors
        from compute.document.reading import _arrays

        try:
            weights = tensors.pack(_arrays("weights", raw.get("weights", {})))
        except Exception:
            weights = tensors.pack({})
        how, data = _archive(text, weights, r)
        done.append(how)
    else:
        data = text
    if r.random() < 0.3:
        how, data = damage(data, r)
        done.append(how)
    return ", ".join(done) or "nothing", data
