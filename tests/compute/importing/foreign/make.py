"""Makes the networks of other tools that lie beside this file, with what onnxruntime answers for some rows.

Run in an environment of its own, with torch, onnx, onnxscript, onnxruntime, scikit-learn, skl2onnx and keras:

    python tests/compute/importing/foreign/make.py

The tests need none of these: they read NAME.onnx and NAME.npz (the inputs by name, and the outputs as ``out:NAME``).
"""

# What it imports is not installed beside the project, so there are no types to check.
# mypy: ignore-errors
# ruff: noqa: E402
from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"
warnings.filterwarnings("ignore")

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

HERE = Path(__file__).parent
ROWS = 5


def answered(name: str, feeds: dict[str, Any]) -> None:
    """Run a file and write what comes out of it."""
    path = HERE / f"{name}.onnx"
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), options)
    outputs = [each.name for each in session.get_outputs()]
    found = session.run(outputs, feeds)
    # The probabilities by class, one dictionary a row, as scikit-learn's converter gives them.
    found = [
        np.array([[*row.values()] for row in each], np.float32) if isinstance(each, list) else each for each in found
    ]
    kept = {
        f"out:{key}": value
        for key, value in zip(outputs, found, strict=True)
        if isinstance(value, np.ndarray) and value.dtype == np.float32
    }
    np.savez_compressed(HERE / f"{name}.npz", **feeds, **kept)
    print(name, path.stat().st_size, {key: value.shape for key, value in kept.items()})


# -- PyTorch ------------------------------------------------------------------------------------------------------


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner, self.norm, self.out = nn.Linear(6, 6), nn.LayerNorm(6), nn.Linear(6, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.norm(x + nn.functional.gelu(self.inner(x))))


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.left, self.right, self.head = nn.Linear(4, 5), nn.Linear(4, 3), nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.log_softmax(self.head(torch.cat([torch.tanh(self.left(x)), torch.relu(self.right(x))], 1)), 1)


class Tied(nn.Module):
    """An autoencoder whose decoder is its encoder's transpose."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.shift = nn.Linear(5, 2), nn.Parameter(torch.randn(5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.encoder(x)) @ self.encoder.weight + self.shift


class Arithmetic(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale, self.lin = nn.Parameter(torch.rand(4) + 0.5), nn.Linear(4, 4, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = (x - 0.3) / self.scale
        y = torch.exp(-(y**2)) * 2 + torch.sqrt(torch.abs(y) + 1) - torch.maximum(x, y) / 3
        y = self.lin(y)
        return y / y.pow(2).sum(dim=1, keepdim=True).sqrt() + x.mean(dim=1, keepdim=True)


class Shaped(nn.Module):
    """Flatten, view by the size of the batch, and squeeze."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(12, 6), nn.Linear(6, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.first(torch.flatten(x, 1)))
        return self.last(y.view(x.size(0), 2, 3).reshape(x.size(0), -1)).squeeze(-1)


class Steps(nn.Module):
    """A layer on each of some steps, and the mean over them."""

    def __init__(self) -> None:
        super().__init__()
        self.each, self.norm, self.out = nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.norm(torch.nn.functional.silu(self.each(x))).mean(dim=1))


class Splits(nn.Module):
    """A gate, as in GLU, and single columns."""

    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(3, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a, b = self.lin(x).chunk(2, dim=1)
        return a * torch.sigmoid(b) + x[:, 1:2]


class NormByHand(nn.Module):
    """Layer norm and GELU as people write them out."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.lin = nn.Parameter(torch.rand(4)), nn.Parameter(torch.rand(4)), nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.lin(x)
        y = y * (1 + torch.erf(y / 2**0.5)) / 2
        mean, variance = y.mean(-1, keepdim=True), y.var(-1, keepdim=True, unbiased=False)
        return self.a * (y - mean) * torch.rsqrt(variance + 1e-6) + self.b


def sequential(*layers: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(*layers)


def torch_models() -> dict[str, tuple[nn.Module, tuple[int, ...]]]:
    torch.manual_seed(1)
    mlp = sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3), nn.Softmax(dim=1))
    norms = sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.GELU(), nn.LayerNorm(6), nn.SiLU(), nn.Linear(6, 2))
    for module in norms.modules():
        if isinstance(module, nn.BatchNorm1d | nn.LayerNorm):
            module.weight.data.uniform_(0.5, 2), module.bias.data.normal_()
        if isinstance(module, nn.BatchNorm1d):
            module.running_mean.normal_(), module.running_var.uniform_(0.5, 2)
    acts = sequential(
        nn.Linear(3, 5),
        nn.ELU(),
        nn.Linear(5, 5),
        nn.LeakyReLU(0.2),
        nn.SELU(),
        nn.Linear(5, 5),
        nn.Softplus(),
        nn.Mish(),
        nn.Linear(5, 5),
        nn.Hardtanh(-0.5, 0.5),
        nn.PReLU(5),
        nn.CELU(0.7),
        nn.GELU("tanh"),
        nn.Hardswish(),
        nn.ReLU6(),
        nn.Softsign(),
        nn.LogSigmoid(),
    )
    return {
        "mlp": (mlp, (4,)),
        "norms": (norms, (4,)),
        "activations": (acts, (3,)),
        "residual": (Residual(), (6,)),
        "branches": (Branches(), (4,)),
        "tied": (Tied(), (5,)),
        "arithmetic": (Arithmetic(), (4,)),
        "shaped": (Shaped(), (3, 4)),
        "steps": (Steps(), (4, 3)),
        "splits": (Splits(), (3,)),
        "by_hand": (NormByHand(), (4,)),
    }


def pytorch() -> None:
    for name, (model, shape) in torch_models().items():
        model.eval()
        torch.manual_seed(3)
        x = torch.randn(ROWS, *shape)
        for exporter in ("torchscript", "dynamo"):
            path = HERE / f"torch_{exporter}_{name}.onnx"
            model.eval()
            if exporter == "dynamo":
                free = ({0: torch.export.Dim("batch")},)
                settings = {"dynamic_shapes": free, "external_data": False, "verbose": False}
                torch.onnx.export(model, (x,), str(path), dynamo=True, **settings)
            else:
                free = {"x": {0: "batch"}, "y": {0: "batch"}}
                torch.onnx.export(
                    model, (x,), str(path), dynamo=False, input_names=["x"], output_names=["y"], dynamic_axes=free
                )
            key = onnx.load(path).graph.input[0].name
            answered(path.stem, {key: x.numpy()})


# -- scikit-learn -------------------------------------------------------------------------------------------------


def learned() -> None:
    from skl2onnx import to_onnx
    from sklearn.datasets import load_diabetes, load_iris
    from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = load_iris(return_X_y=True)
    x = x.astype(np.float32)
    names = np.array(load_iris().target_names)[y]
    xd, yd = load_diabetes(return_X_y=True)
    xd = xd.astype(np.float32)
    quick: dict[str, Any] = {"max_iter": 30, "random_state": 0}
    two = MLPClassifier(hidden_layer_sizes=(5,), activation="tanh", **quick)
    models: dict[str, tuple[Any, Any, Any]] = {
        "mlp_classes": (MLPClassifier(hidden_layer_sizes=(6, 4), **quick), x, names),
        "mlp_two": (make_pipeline(StandardScaler(), two), x, y == 1),
        "mlp_numbers": (MLPRegressor(hidden_layer_sizes=(5,), activation="logistic", **quick), xd, yd),
        "logistic": (LogisticRegression(), x, names),
        "logistic_two": (LogisticRegression(), x, (y == 2).astype(int)),
        "linear": (make_pipeline(StandardScaler(), LinearRegression()), xd, yd),
        "ridge": (Ridge(), xd, np.stack([yd, -yd], 1)),
    }
    for name, (model, rows, target) in models.items():
        model.fit(rows, target)
        made = to_onnx(model, rows[:1], target_opset=17, options=None)
        (HERE / f"sklearn_{name}.onnx").write_bytes(made.SerializeToString())
        answered(f"sklearn_{name}", {made.graph.input[0].name: rows[::30][:ROWS]})


# -- Keras --------------------------------------------------------------------------------------------------------


def keras_models() -> None:
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    x = keras.Input((4,), name="measurements")
    a = layers.Dense(6, activation="relu", name="left")(x)
    b = layers.Dense(6, activation="tanh", name="right")(x)
    both = layers.Concatenate()([layers.Add()([a, b]), x])
    norm = layers.BatchNormalization()(both)
    branched = keras.Model(x, layers.Dense(3, activation="softmax", name="classes")(layers.Dropout(0.3)(norm)))
    mlp = keras.Sequential(
        [keras.Input((4,)), layers.Dense(8, activation="gelu"), layers.Dense(8, activation="elu"), layers.Dense(1)]
    )
    rows = np.random.default_rng(0).normal(size=(ROWS, 4)).astype(np.float32)
    for name, model in {"mlp": mlp, "branched": branched}.items():
        for weight in model.weights:
            if "moving" in weight.path or "gamma" in weight.path:
                weight.assign(np.random.default_rng(1).uniform(0.5, 2, weight.shape))
        model(rows)
        path = HERE / f"keras_{name}.onnx"
        model.export(str(path), format="onnx", verbose=False)
        answered(path.stem, {onnx.load(path).graph.input[0].name: rows})
        model.save(HERE / f"keras_{name}.keras")


# -- written by hand ----------------------------------------------------------------------------------------------


def by_hand() -> None:
    """Spellings that the exporters of today do not use, and those of yesterday did."""
    r = np.random.default_rng(5)

    def save(name: str, nodes: list[Any], weights: dict[str, Any], shape: tuple[Any, ...], opset: int = 17) -> None:
        constants = [numpy_helper.from_array(np.asarray(value), key) for key, value in weights.items()]
        free = ["batch", *shape]
        graph = helper.make_graph(
            nodes,
            "hand",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, free)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
            constants,
        )
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
        (HERE / f"hand_{name}.onnx").write_bytes(made.SerializeToString())
        answered(f"hand_{name}", {"x": r.normal(size=(ROWS, *shape)).astype(np.float32)})

    def f(*shape: int) -> Any:
        return r.normal(size=shape).astype(np.float32)

    node: Callable[..., Any] = helper.make_node
    one = np.float32
    save(
        "gemm",
        [
            node("Gemm", ["x", "w", "c"], ["h"], alpha=0.5, beta=2.0, transB=1),
            node("Gemm", ["h", "v"], ["k"], alpha=-1.5),
            node("Gemm", ["x", "x"], ["s"], transA=1),
            node("MatMul", ["x", "s"], ["g"]),
            node("Add", ["g", "k"], ["y"]),
        ],
        {"w": f(6, 4), "c": f(6), "v": f(6, 4)},
        (4,),
    )
    save(
        "gelu",
        [
            node("Mul", ["x", "r"], ["a"]),
            node("Erf", ["a"], ["e"]),
            node("Mul", ["e", "half"], ["m"]),
            node("Add", ["half", "m"], ["p"]),
            node("Mul", ["p", "x"], ["g"]),
            node("Mul", ["x", "half"], ["b"]),
            node("Div", ["x", "root"], ["d"]),
            node("Erf", ["d"], ["e2"]),
            node("Add", ["e2", "one"], ["o"]),
            node("Mul", ["o", "b"], ["g2"]),
            node("Add", ["g", "g2"], ["y"]),
        ],
        {"r": one(0.5**0.5), "half": one(0.5), "root": one(2**0.5), "one": one(1)},
        (3,),
        13,
    )
    save(
        "layer_norm",
        [
            node("ReduceMean", ["x"], ["m"], axes=[-1]),
            node("Mul", ["x", "x"], ["xx"]),
            node("ReduceMean", ["xx"], ["q"], axes=[1], keepdims=1),
            node("Mul", ["m", "m"], ["mm"]),
            node("Sub", ["q", "mm"], ["v"]),
            node("Add", ["v", "eps"], ["ve"]),
            node("Pow", ["ve", "minus"], ["inv"]),
            node("Mul", ["inv", "gamma"], ["k"]),
            node("Mul", ["m", "k"], ["mk"]),
            node("Sub", ["beta", "mk"], ["shift"]),
            node("Mul", ["x", "k"], ["xk"]),
            node("Add", ["xk", "shift"], ["n"]),
            node("Relu", ["n"], ["y"]),
        ],
        {"eps": one(1e-3), "minus": one(-0.5), "gamma": f(5), "beta": f(5)},
        (5,),
        13,
    )
    save(
        "softmax",
        [
            node("ReduceMax", ["x"], ["m"], axes=[1]),
            node("Sub", ["x", "m"], ["d"]),
            node("Exp", ["d"], ["e"]),
            node("ReduceSum", ["e", "axes"], ["s"]),
            node("Div", ["e", "s"], ["p"]),
            node("MatMul", ["p", "w"], ["z"]),
            node("Add", ["b", "z"], ["l"]),
            node("Softmax", ["l"], ["y"]),
        ],
        {"axes": np.array([1]), "w": f(4, 3), "b": f(3)},
        (4,),
        13,
    )
    save(
        "old",
        [
            node("Reshape", ["x", "shape"], ["r"]),
            node("Unsqueeze", ["r"], ["u"], axes=[1]),
            node("Squeeze", ["u"], ["s"], axes=[1]),
            node("Dropout", ["s"], ["d"], ratio=0.4),
            node("Gemm", ["d", "w", "b"], ["h"], transB=1),
            node("Clip", ["h"], ["c"], min=-0.5, max=0.75),
            node("ReduceSum", ["c"], ["t"], axes=[1], keepdims=0),
            node("Unsqueeze", ["t"], ["tt"], axes=[1]),
            node("Softmax", ["c"], ["p"]),
            node("Mul", ["p", "tt"], ["y"]),
        ],
        {"shape": np.array([-1, 6]), "w": f(3, 6), "b": f(3)},
        (2, 3),
        10,
    )
    save(
        "picked",
        [
            node("Split", ["x"], ["a", "b", "c"], axis=1),
            node("Gather", ["x", "index"], ["g"], axis=1),
            node("Slice", ["x", "from", "to", "axes", "steps"], ["s"]),
            node("Max", ["a", "b", "c"], ["m"]),
            node("Mean", ["m", "g"], ["n"]),
            node("Concat", ["n", "s"], ["k"], axis=-1),
            node("Transpose", ["k"], ["t"], perm=[1, 0]),
            node("Transpose", ["t"], ["y"], perm=[1, 0]),
        ],
        {
            "index": np.array([5, 0]),
            "from": np.array([4]),
            "to": np.array([-100]),
            "axes": np.array([1]),
            "steps": np.array([-2]),
        },
        (6,),
    )
    save(
        "unknown",
        [
            node("MatMul", ["x", "w"], ["h"]),
            node("Tan", ["h"], ["t"]),
            node("ReduceMax", ["t"], ["m"], axes=[1]),
            node("Sub", ["t", "m"], ["d"]),
            node("Floor", ["d"], ["y"]),
        ],
        {"w": f(4, 3)},
        (4,),
        13,
    )


if __name__ == "__main__":
    keras_models()
    by_hand()
    learned()
    pytorch()
