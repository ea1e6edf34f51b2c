"""Keys of the thirteen systems' exercises, in plain NumPy: written by hand, and by no rule of the program.

A key takes the numbers that a document gives and hands each number that it works out to ``put``, which may give another
in its place: so it also says what follows from a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Put = Callable[..., Array]
"""(kind, array, node, name) → the array that counts from here on; kinds as in ``compute.explain.Quantity``."""
Numbers = Mapping[str, Array]


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def _softmax(z: Array) -> Array:
    e = np.exp(z)
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


RATE = 0.5


def logistic(n: Numbers, put: Put) -> None:
    x, t = np.stack([n["size"], n["age"]], 1), n["malignant"][:, None]
    z = put("value", x @ n["z.weight"] + n["z.bias"], "z")
    p = put("value", _sigmoid(z), "p")
    put("value", -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean(), "loss")
    dp = put("gradient", (p - t) / (p * (1 - p)) / len(t), "p")
    dz = put("gradient", dp * p * (1 - p), "z")
    dw = put("weight gradient", x.T @ dz, "z", "weight")
    put("weight gradient", dz.sum(0), "z", "bias")
    put("update", n["z.weight"] - RATE * dw, "z", "weight")


def classes(n: Numbers, put: Put) -> None:
    x, t = np.stack([n["a"], n["b"]], 1), n["c"].astype(int)
    z = put("value", x @ n["z.weight"] + n["z.bias"], "z")
    put("value", _softmax(z), "p")
    put("value", np.mean([np.log(np.exp(row).sum()) - row[k] for row, k in zip(z, t, strict=True)]), "loss")
    dz = put("gradient", (_softmax(z) - np.eye(3)[t]) / len(t), "z")
    put("weight gradient", x.T @ dz, "z", "weight")
    db = put("weight gradient", dz.sum(0), "z", "bias")
    put("update", n["z.bias"] - RATE * db, "z", "bias")


def two_layers(n: Numbers, put: Put) -> None:
    x, t = np.stack([n["a"], n["b"]], 1), n["t"][:, None]
    h = put("value", x @ n["h.weight"] + n["h.bias"], "h")
    r = put("value", np.where(h > 0, h, 0), "r")
    z = put("value", r @ n["z.weight"] + n["z.bias"], "z")
    put("value", ((z - t) ** 2).sum() / len(t), "loss")
    dz = put("gradient", 2 * (z - t) / len(t), "z")
    put("weight gradient", r.T @ dz, "z", "weight")
    dr = put("gradient", dz @ n["z.weight"].T, "r")
    dh = put("gradient", np.where(h > 0, dr, 0), "h")
    put("weight gradient", x.T @ dh, "h", "weight")
    db = put("weight gradient", dh.sum(0), "h", "bias")
    put("update", n["h.bias"] - RATE * db, "h", "bias")


def three_layers(n: Numbers, put: Put) -> None:
    x, t = np.stack([n["a"], n["b"]], 1), np.stack([n["u"], n["v"]], 1)
    h = put("value", x @ n["h.weight"] + n["h.bias"], "h")
    a = put("value", np.tanh(h), "a")
    k = put("value", a @ n["k.weight"] + n["k.bias"], "k")
    b = put("value", np.tanh(k), "b")
    z = put("value", b @ n["z.weight"] + n["z.bias"], "z")
    put("value", ((z - t) ** 2).mean(), "loss")
    dz = put("gradient", 2 * (z - t) / z.size, "z")
    db = put("gradient", dz @ n["z.weight"].T, "b")
    dk = put("gradient", db * (1 - b * b), "k")
    da = put("gradient", dk @ n["k.weight"].T, "a")
    dh = put("gradient", da * (1 - a * a), "h")
    put("weight gradient", x.T @ dh, "h", "weight")


def descent(n: Numbers, put: Put) -> None:
    p1 = put("value", n["w1"] * n["x1"], "p1")
    p2 = put("value", n["w2"] * n["x2"], "p2")
    s = put("value", p1 + p2, "s")
    z = put("value", s + n["b"], "z")
    e = put("value", z - n["y"], "e")
    put("value", e * e, "loss")
    de = put("gradient", 2 * e, "e")
    dz = put("gradient", de, "z")
    ds = put("gradient", dz, "s")
    put("update", n["b"] - RATE * dz, "b", "value")
    for i, p in (("1", ds), ("2", ds)):
        dp = put("gradient", p, f"p{i}")
        dw = put("gradient", dp * n[f"x{i}"], f"w{i}")
        put("update", n[f"w{i}"] - RATE * dw, f"w{i}", "value")


def log_square(n: Numbers, put: Put) -> None:
    g = put("value", n["x"] ** 2, "g")
    put("value", np.log(g), "L")
    dg = put("gradient", 1 / g, "g")
    dx = put("gradient", dg * 2 * n["x"], "x")
    put("update", n["x"] - RATE * dx, "x", "value")


def chain(n: Numbers, put: Put) -> None:
    g = put("value", 2 * n["x"], "g")
    f = put("value", g + n["y"], "f")
    put("value", n["z"] * f, "L")
    put("gradient", f, "z")
    df = put("gradient", n["z"], "f")
    put("gradient", df, "y")
    dg = put("gradient", df, "g")
    put("gradient", 2 * dg, "x")


def stored(n: Numbers, put: Put) -> None:
    q = put("value", n["x"] + n["y"], "q")
    s = put("value", q * q, "s")
    m = put("value", s * q, "m")
    put("value", m * n["z"], "L")
    put("gradient", m, "z")
    dm = put("gradient", n["z"], "m")
    ds = put("wire", dm * q, "m", "a")
    through_m = put("wire", dm * s, "m", "b")
    through_s = put("wire", ds * 2 * q, "s", "x")
    dq = put("gradient", through_m + through_s, "q")
    put("gradient", dq, "x")


def matrices(n: Numbers, put: Put) -> None:
    ab = put("value", n["A"] @ n["b"], "Ab")
    put("value", n["A"].T, "AT")
    c = put("value", n["A"].T @ n["A"], "C")
    d = put("value", c @ n["b"], "D")
    put("value", (n["b"] * d).sum(), "L")
    assert ab.shape == (2,)


def batch(n: Numbers, put: Put) -> None:
    x, t = np.stack([n["x1"], n["x2"]], 1), np.stack([n["y1"], n["y2"]], 1)
    xw = put("value", x @ n["W"], "XW")
    z = put("value", xw + n["b"], "Z")
    put("value", ((z - t) ** 2).mean(), "loss")
    dz = put("gradient", 2 * (z - t) / 4, "Z")
    put("gradient", dz.sum(0), "b")
    dxw = put("gradient", dz, "XW")
    dw = put("gradient", x.T @ dxw, "W")
    put("update", n["W"] - RATE * dw, "W", "value")


def activations(n: Numbers, put: Put) -> None:
    x = n["M"]
    put("value", np.maximum(x, 0), "r")
    put("value", np.tanh(x), "h")
    put("value", 1 / (1 + np.exp(-x)), "s")
    e = np.exp(x - x.max(1, keepdims=True))
    put("value", e / e.sum(1, keepdims=True), "p")


def layer(n: Numbers, put: Put) -> None:
    x, w, b = n["X"], n["W"], n["b"]
    z = np.array([[sum(x[i, k] * w[k, j] for k in range(3)) for j in range(2)] for i in range(2)])
    z = put("value", z, "Z")
    y = put("value", z + b, "Y")
    r = put("value", np.maximum(y, 0), "R")
    put("value", r.sum(), "L")
    dr = put("gradient", np.ones((2, 2)), "R")
    dy = put("gradient", dr * (y > 0), "Y")
    put("gradient", dy.sum(0), "b")
    dz = put("gradient", dy, "Z")
    put("gradient", np.array([[sum(x[i, k] * dz[i, j] for i in range(2)) for j in range(2)] for k in range(3)]), "W")


def mini_batch(n: Numbers, put: Put) -> None:
    x, t = n["x"][:2, None], n["y"][:2, None]  # the first batch, in the order of the file
    z = put("value", x @ n["z.weight"] + n["z.bias"], "z")
    put("value", np.abs(z - t).mean(), "loss")
    dz = put("gradient", np.sign(z - t) / 2, "z")
    dw = put("weight gradient", x.T @ dz, "z", "weight")
    db = put("weight gradient", dz.sum(0), "z", "bias")
    # The first step of Adam: m = 0.1 g and v = 0.001 g², both corrected.
    for name, g in (("weight", dw), ("bias", db)):
        m, v = 0.1 * g / (1 - 0.9), 0.001 * g * g / (1 - 0.999)
        put("update", n[f"z.{name}"] - 0.25 * m / (np.sqrt(v) + 1e-8), "z", name)
