"""Operations of ``keras.ops`` in a functional model, as the operations of ONNX that they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_SIMPLE: Mapping[str, str] = {
    "Negative": "Neg",
    "Absolute": "Abs",
    "Abs": "Abs",
    "Sqrt": "Sqrt",
    "Exp": "Exp",
    "Log": "Log",
    "Sin": "Sin",
    "Cos": "Cos",
    "Tanh": "Tanh",
    "Erf": "Erf",
    "Reciprocal": "Reciprocal",
    "Add": "Add",
    "Subtract": "Sub",
    "Multiply": "Mul",
    "Divide": "Div",
    "TrueDivide": "Div",
    "Power": "Pow",
    "Maximum": "Max",
    "Minimum": "Min",
    "Matmul": "MatMul",
    "Where": "Where",
    "Isnan": "IsNaN",
    "Less": "Less",
    "Greater": "Greater",
    "Relu": "Relu",
    "Sigmoid": "Sigmoid",
    "Silu": "Swish",
    "Softplus": "Softplus",
    "Softsign": "Softsign",
    "Selu": "Selu",
    "Identity": "Identity",
}
_REDUCING = {"Sum": "ReduceSum", "Mean": "ReduceMean", "Max": "ReduceMax"}


def operation(kind: str, settings: Mapping[str, Any]) -> tuple[str, dict[str, Any], list[Array]] | None:
    """The operation of ONNX for one of Keras, its attributes, and constants that it takes besides what it is given;
    None where there is none. Errors: ValueError, TypeError or KeyError where it is not described as Keras does it."""
    if kind in _SIMPLE:
        return _SIMPLE[kind], {}, []
    if kind == "Square":
        return "Pow", {}, [np.array(2.0)]
    if kind in _REDUCING:
        along = {} if settings.get("axis") is None else {"axes": _whole(settings["axis"])}
        return _REDUCING[kind], {**along, "keepdims": int(bool(settings.get("keepdims", False)))}, []
    if kind in ("Softmax", "LogSoftmax"):
        return kind, {"axis": int(settings.get("axis", -1))}, []
    if kind == "Concatenate":
        return "Concat", {"axis": int(settings.get("axis", 0))}, []
    if kind == "Transpose":
        axes = settings.get("axes")
        return "Transpose", {} if axes is None else {"perm": _whole(axes)}, []
    if kind == "Reshape":
        return "Reshape", {"shape": _whole(settings["newshape"]), "allowzero": 1}, []
    if kind == "ExpandDims":
        return "Unsqueeze", {"axes": _whole(settings["axis"])}, []
    if kind == "Squeeze":
        return "Squeeze", {} if settings.get("axis") is None else {"axes": _whole(settings["axis"])}, []
    if kind == "Gelu":
        return "Gelu", {"approximate": "tanh" if settings.get("approximate", True) else "none"}, []
    if kind == "Elu":
        return "Elu", {"alpha": float(settings.get("alpha", 1.0))}, []
    if kind == "LeakyRelu":
        return "LeakyRelu", {"alpha": float(settings.get("negative_slope", 0.2))}, []
    if kind == "Clip":
        return "Clip", {}, [np.array(float(settings[name])) for name in ("x_min", "x_max")]
    return None


def _whole(given: Any) -> tuple[int, ...]:
    return tuple(int(each) for each in given) if isinstance(given, list | tuple) else (int(given),)
