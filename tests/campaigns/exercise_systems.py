"""The thirteen systems as small exercises, each with its key."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.campaigns import exercise_keys as keys
from tests.campaigns.exercise_keys import Array, Numbers, Put


@dataclass(frozen=True)
class System:
    """One of the thirteen: its row in the table of subjects, its document as JSON, its key."""

    row: int
    name: str
    document: dict[str, Any]
    key: Callable[[Numbers, Put], None]


def document(
    name: str,
    nodes: str,
    *,
    loss: str = "",
    asked: str,
    drawn: Sequence[str],
    weights: Mapping[str, Any] | None = None,
    columns: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A document in few words.

    nodes: ``id op [port=source …] [param:value …]``, one a line; asked: ``value z 0 1``, ``gradient f``, ``wire L.b``,
    ``weight h.bias 0`` (its gradient), ``update h.bias 0``, with commas between; drawn: ``x.value low high step``,
    ``.column low high step``.
    """
    graph: dict[str, Any] = {"nodes": [], "wires": []}
    for line in nodes.strip().splitlines():
        node, op, *rest = line.split()
        params: dict[str, Any] = {}
        for each in rest:
            if "=" in each:
                port, _, source = each.partition("=")
                graph["wires"].append({"from": source, "to": node, "port": port})
            else:
                param, _, value = each.partition(":")
                params[param] = _value(value)
        graph["nodes"].append({"id": node, "op": op, "params": params})
    return {
        "format": "gradwire",
        "version": 1,
        "name": name,
        "graph": graph,
        "data": {"source": "inline", "columns": dict(columns or {})},
        "training": {
            "loss": loss,
            "optimizer": {"name": "sgd", "learning_rate": 0.5},
            "shuffle": False,
            **(training or {}),
        },
        "weights": dict(weights or {}),
        "exercise": {"asked": [_asked(each) for each in asked.split(",")], "drawn": [_drawn(each) for each in drawn]},
    }


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.split(",") if "," in text else text


def _asked(text: str) -> dict[str, Any]:
    kind, what, *entry = text.split()
    node, _, name = what.partition(".")
    found: dict[str, Any] = {"node": node, "entry": [int(i) for i in entry]}
    if kind in ("value", "gradient"):
        return found | {"quantity": kind}
    if kind == "wire":
        return found | {"quantity": "gradient", "port": name}
    return found | {"quantity": "update" if kind == "update" else "gradient", "weight": name}


def _drawn(text: str) -> dict[str, Any]:
    what, low, high, step = text.split()
    node, _, name = what.partition(".")
    return {"node": node, "name": name, "low": float(low), "high": float(high), "step": float(step)}


def numbers_of(raw: Mapping[str, Any]) -> dict[str, Array]:
    """What a document gives: constants and parameters by node, weights by name, columns of the data by name."""
    found: dict[str, Any] = {}
    for node in raw["graph"]["nodes"]:
        if "value" in node["params"]:
            found[node["id"]] = node["params"]["value"]
    found |= raw["data"]["columns"]
    found |= raw.get("weights", {})
    return {name: np.array(value, dtype=float) for name, value in found.items() if not isinstance(value, str)}


_DENSE2 = {"weight": [[1, -1], [2, 1]], "bias": [0, 1]}
SYSTEMS: tuple[System, ...] = (
    System(
        1,
        "binary logistic regression",
        document(
            "Tumours",
            """x input columns:size,age
            z dense units:1 x=x
            p sigmoid x=z
            y target columns:["malignant"]
            loss binary_cross_entropy prediction=p target=y""",
            loss="loss",
            asked="""value z 0 0, value z 1 0, value p 0 0, value p 1 0, value loss, gradient p 1 0, gradient z 0 0,
                gradient z 1 0, weight z.weight 1 0, weight z.bias 0, update z.weight 0 0""",
            drawn=[".size -2 2 0.5", ".age -2 2 0.5", "z.weight -1 1 0.25"],
            weights={"z.weight": [[1], [0.5]], "z.bias": [0.5]},
            columns={"size": [1, 2], "age": [0.5, 1], "malignant": [0, 1]},
        ),
        keys.logistic,
    ),
    System(
        2,
        "multiclass logistic regression",
        document(
            "Three classes",
            """x input columns:a,b
            z dense units:3 x=x
            p softmax x=z
            y target columns:["c"] encoding:index classes:3
            loss softmax_cross_entropy prediction=z target=y""",
            loss="loss",
            asked="""value z 0 0, value z 0 2, value p 0 1, value loss, gradient z 0 0, gradient z 1 2, weight
                z.weight 1 2, weight z.bias 0, update z.bias 0""",
            drawn=[".a -2 2 1", ".b -2 2 1", "z.weight -1 1 0.5", ".c 0 2 1"],
            weights={"z.weight": [[1, 0, -1], [0.5, 1, 0]], "z.bias": [0, 0.5, 0]},
            columns={"a": [1, -1], "b": [2, 1], "c": [0, 2]},
        ),
        keys.classes,
    ),
    System(
        3,
        "two-layer network, one output",
        document(
            "Two layers",
            """x input columns:a,b
            h dense units:2 x=x
            r relu x=h
            z dense units:1 x=r
            y target columns:["t"]
            loss mean_squared_error prediction=z target=y""",
            loss="loss",
            asked="""value h 0 0, value h 0 1, value r 0 0, value z 0 0, value loss, gradient z 0 0, weight z.weight
                0 0, gradient r 0 0, gradient h 0 0, weight h.weight 1 0, update h.bias 0""",
            drawn=["h.weight -2 2 1", "z.weight -2 2 1", ".a -3 3 1", ".b -3 3 1", ".t -2 2 1"],
            weights={"h.weight": _DENSE2["weight"], "h.bias": [0, 1], "z.weight": [[1], [2]], "z.bias": [0]},
            columns={"a": [1, 2], "b": [2, -1], "t": [1, 0]},
        ),
        keys.two_layers,
    ),
    System(
        4,
        "three-layer network, two outputs",
        document(
            "Three layers",
            """x input columns:a,b
            h dense units:2 x=x
            a tanh x=h
            k dense units:2 x=a
            b tanh x=k
            z dense units:2 x=b
            y target columns:u,v
            loss mean_squared_error prediction=z target=y""",
            loss="loss",
            asked="""value h 0 1, value a 0 1, value k 0 0, value b 0 0, value z 0 1, value loss, gradient z 0 1,
                gradient b 0 0, gradient k 0 0, gradient a 0 1, gradient h 0 1, weight h.weight 0 1""",
            drawn=["h.weight -1 1 0.5", "k.weight -1 1 0.5", "z.weight -1 1 0.5", ".a -1 1 0.5", ".b -1 1 0.5"],
            weights={f"{name}.{of}": value for name in "hkz" for of, value in _DENSE2.items()},
            columns={"a": [1], "b": [0.5], "u": [1], "v": [-1]},
        ),
        keys.three_layers,
    ),
    System(
        5,
        "gradient of each weight, and the update",
        document(
            "Gradient descent",
            """w1 parameter value:2
            x1 constant value:3
            w2 parameter value:-1
            x2 constant value:2
            b parameter value:1
            y constant value:4
            p1 multiply a=w1 b=x1
            p2 multiply a=w2 b=x2
            s add a=p1 b=p2
            z add a=s b=b
            e subtract a=z b=y
            loss square x=e""",
            loss="loss",
            asked="""value p1, value p2, value s, value z, value e, value loss, gradient e, gradient s, gradient w1,
                gradient w2, update w1.value, update w2.value, update b.value""",
            drawn=[f"{name}.value -3 3 1" for name in ("w1", "w2", "x1", "x2", "b", "y")],
        ),
        keys.descent,
    ),
    System(
        6,
        "chain rule on log(x²)",
        document(
            "L = log(x²)",
            """x parameter value:1.5
            g square x=x
            L log x=g""",
            loss="L",
            asked="""value g, value L, gradient g, gradient x, update x.value""",
            drawn=["x.value -8 8 0.5"],
        ),
        keys.log_square,
    ),
    System(
        7,
        "L = z·(2x + y)",
        document(
            "L = z(2x + y)",
            """x parameter value:3
            y parameter value:-4
            z parameter value:5
            g scale factor:2 x=x
            f add a=g b=y
            L multiply a=z b=f""",
            loss="L",
            asked="""value g, value f, value L, gradient z, gradient f, gradient y, gradient g, gradient x""",
            drawn=[f"{name}.value -5 5 1" for name in "xyz"],
        ),
        keys.chain,
    ),
    System(
        8,
        "what backpropagation stores",
        document(
            "L = (x + y)³·z",
            """x parameter value:1
            y parameter value:1
            z parameter value:2
            q add a=x b=y
            s square x=q
            m multiply a=s b=q
            L multiply a=m b=z""",
            loss="L",
            asked="""value q, value s, value m, value L, gradient z, gradient m, wire m.a, wire m.b, wire s.x,
                gradient q, gradient x""",
            drawn=[f"{name}.value -3 3 0.5" for name in "xyz"],
        ),
        keys.stored,
    ),
    System(
        9,
        "vectors and matrices",
        document(
            "Matrices",
            """A constant value:[[6,2,3],[1,5,7]]
            b constant value:[1,7,5]
            Ab matmul a=A b=b
            AT transpose x=A
            C matmul a=AT b=A
            D matmul a=C b=b
            L matmul a=b b=D""",
            asked="""value Ab 0, value Ab 1, value AT 2 1, value C 0 2, value D 1, value L""",
            drawn=["A.value -9 9 1", "b.value -9 9 1"],
        ),
        keys.matrices,
    ),
    System(
        10,
        "a batch as a matrix",
        document(
            "XW + b",
            """X input columns:x1,x2
            W parameter value:[[1,-1],[0.5,2]]
            XW matmul a=X b=W
            b parameter value:[0.5,-1]
            Z add a=XW b=b
            Y target columns:y1,y2
            loss mean_squared_error prediction=Z target=Y""",
            loss="loss",
            asked="""value XW 0 0, value XW 1 1, value Z 0 0, value Z 1 1, value loss, gradient Z 0 0, gradient Z 1
                1, gradient b 0, gradient W 0 1, update W.value 0 1""",
            drawn=[".x1 -3 3 1", ".x2 -3 3 1", "W.value -2 2 0.5", "b.value -2 2 0.5"],
            columns={"x1": [1, 0], "x2": [2, 1], "y1": [4, 2], "y2": [2, 0]},
        ),
        keys.batch,
    ),
    System(
        11,
        "activations entry by entry, softmax by row",
        document(
            "Activations",
            """M constant value:[[1,-2,0.5],[2,1,-1]]
            r relu x=M
            h tanh x=M
            s sigmoid x=M
            p softmax x=M""",
            asked="""value h 0 1, value s 1 0, value s 0 2, value p 0 0, value p 1 2""",
            drawn=["M.value -2 2 0.5"],
        ),
        keys.activations,
    ),
    System(
        12,
        "one layer, neuron by neuron",
        document(
            "A layer",
            """X constant value:[[1,2,3],[0,1,-1]]
            W parameter value:[[1,-1],[2,1],[0,1]]
            Z matmul a=X b=W
            b parameter value:[1,-1]
            Y add a=Z b=b
            R relu x=Y
            L sum x=R""",
            loss="L",
            asked="""value Z 0 0, value Z 1 1, value Y 0 0, value R 0 0, value L, gradient Y 0 0, gradient b 0,
                gradient W 1 0""",
            drawn=["X.value -3 3 1", "W.value -3 3 1", "b.value -3 3 1"],
        ),
        keys.layer,
    ),
    System(
        13,
        "mini-batch training",
        document(
            "The first of two batches",
            """x input columns:["x"]
            z dense units:1 x=x
            y target columns:["y"]
            loss mean_absolute_error prediction=z target=y""",
            loss="loss",
            asked="""value z 0 0, value z 1 0, value loss, gradient z 0 0, gradient z 1 0, weight z.weight 0 0,
                update z.weight 0 0""",
            drawn=[".x -4 4 0.5", "z.weight -2 2 0.5"],
            weights={"z.weight": [[1]], "z.bias": [0.25]},
            columns={"x": [1, 2, 3, 4], "y": [1.25, -2, 3, 0]},
            training={"batch_size": 2, "optimizer": {"name": "adam", "learning_rate": 0.25}},
        ),
        keys.mini_batch,
    ),
)
