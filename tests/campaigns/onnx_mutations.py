"""ONNX models with something wrong in them, each by its seed and number."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.campaigns.mutations import _NASTY, damage

FOREIGN = Path(__file__).resolve().parents[1] / "compute" / "importing" / "foreign"
_BASES: list[bytes] = []
_NUMBERS = [0, 1, -1, 2, 7, 2**31 - 1, 2**31, 2**40, -(2**63), 2**62, 10**6, 30_000]
_FLOATS = [0.0, -0.0, 1.0, -1.0, 1e-45, 1e38, float("nan"), float("inf"), -float("inf"), 0.5]
_OPS = [
    "Add", "Gemm", "MatMul", "Reshape", "Flatten", "Transpose", "Concat", "Split", "Slice", "Gather", "Expand",
    "Tile", "Range", "ConstantOfShape", "Constant", "Pad", "Shape", "Squeeze", "Unsqueeze", "ReduceMean",
    "ReduceSum", "Softmax", "Dropout", "Clip", "Pow", "Erf", "Loop", "If", "Scan", "SequenceMap", "LSTM",
    "Conv", "BatchNormalization", "LayerNormalization", "ArgMax", "TopK", "ZipMap", "LinearClassifier",
    "LinearRegressor", "Scaler", "Normalizer", "Cast", "Where", "Resize", "OneHot", "NonZero", "RandomNormal",
    "Identity", "Gelu", "Einsum", "TreeEnsembleClassifier", "CumSum", "Max", "Sum",
]  # fmt: skip
_LOCATIONS = [
    "../secret",
    "/etc/passwd",
    "..\\..\\up",
    "C:\\Windows\\win.ini",
    "/dev/zero",
    "a/../../b",
    "\\\\host\\share",
    "torch_dynamo_mlp.onnx",
    ".",
    "",
    "\0",
    _NASTY,
    "make.py",
]


def _bases() -> list[bytes]:
    if not _BASES:
        _BASES.extend(path.read_bytes() for path in sorted(FOREIGN.glob("*.onnx")))
    return _BASES


def case(seed: int, number: int) -> tuple[str, bytes]:
    """What was done, and the bytes of the file."""
    from onnx import ModelProto

    r = random.Random(f"onnx {seed} {number}")
    model = ModelProto()
    model.ParseFromString(r.choice(_bases()))
    done = []
    for _ in range(r.choice([0, 1, 1, 1, 2, 4])):
        kind = r.choice(_KINDS)
        try:
            kind(model, r)
            done.append(kind.__name__.strip("_"))
        except (ValueError, TypeError, IndexError) as error:
            done.append(type(error).__name__)
    data = model.SerializeToString()
    if r.random() < 0.3:
        how, data = damage(data, r)
        done.append(how)
    elif r.random() < 0.05:
        how, data = _crafted(r)
        done.append(how)
    return ", ".join(done) or "nothing", data


def _tensors(model: Any) -> list[Any]:
    held = [attribute.t for node in model.graph.node for attribute in node.attribute if attribute.type == 4]
    return [*model.graph.initializer, *held]


def _dims(model: Any, r: random.Random) -> None:
    tensor = r.choice(_tensors(model))
    how = r.choice(["number", "more", "none", "many"])
    if how == "number" and tensor.dims:
        tensor.dims[r.randrange(len(tensor.dims))] = r.choice(_NUMBERS)
    elif how == "more":
        tensor.dims.extend([r.choice(_NUMBERS)] * r.choice([1, 5]))
    elif how == "none":
        del tensor.dims[:]
    else:
        tensor.dims.extend([1] * r.choice([40, 5000]))


def _type(model: Any, r: random.Random) -> None:
    r.choice(_tensors(model)).data_type = r.randrange(0, 30)


def _data(model: Any, r: random.Random) -> None:
    tensor = r.choice(_tensors(model))
    how = r.choice(["cut", "none", "list", "values"])
    if how == "cut":
        tensor.raw_data = tensor.raw_data[: r.randrange(len(tensor.raw_data) + 1)]
    elif how == "none":
        tensor.ClearField("raw_data")
    elif how == "list":
        tensor.ClearField("raw_data")
        tensor.int64_data.extend([r.choice(_NUMBERS)] * r.choice([1, 10, 50_000]))
    else:
        import numpy as np

        tensor.raw_data = np.full(len(tensor.raw_data) // 4, r.choice(_FLOATS), np.float32).tobytes()


def _external(model: Any, r: random.Random) -> None:
    tensor = r.choice(_tensors(model))
    tensor.data_location = 1
    tensor.ClearField("raw_data")
    for key, value in (
        ("location", r.choice(_LOCATIONS)),
        ("offset", str(r.choice([*_NUMBERS, "x", ""]))),
        ("length", str(r.choice([*_NUMBERS, "", "9" * 5000]))),
    ):
        if r.random() < 0.8:
            tensor.external_data.add(key=key, value=value)


def _op(model: Any, r: random.Random) -> None:
    r.choice(model.graph.node).op_type = r.choice([*_OPS, _NASTY, "o" * 80_000, ""])


def _attribute(model: Any, r: random.Random) -> None:
    node = r.choice(model.graph.node)
    if node.attribute and r.random() < 0.5:
        attribute = r.choice(node.attribute)
        how = r.choice(["type", "name", "delete", "number"])
        if how == "type":
            attribute.type = r.randrange(0, 15)
        elif how == "name":
            attribute.name = r.choice(["axis", "axes", "perm", "alpha", "to", "value", _NASTY])
        elif how == "delete":
            node.attribute.remove(attribute)
        else:
            attribute.i, attribute.f = r.choice(_NUMBERS), r.choice(_FLOATS)
            attribute.ints.extend([r.choice(_NUMBERS)] * r.choice([0, 1, 3, 20_000]))
        return
    names = ["axis", "axes", "perm", "alpha", "beta", "transA", "transB", "to", "keepdims", "epsilon", "shape"]
    new = node.attribute.add(name=r.choice(names))
    new.type = r.choice([1, 2, 6, 7])
    new.i, new.f = r.choice(_NUMBERS), r.choice(_FLOATS)
    new.ints.extend(r.choices(_NUMBERS, k=r.choice([0, 1, 2, 4])))


def _wires(model: Any, r: random.Random) -> None:
    node, other = r.choice(model.graph.node), r.choice(model.graph.node)
    names = [*other.output, *other.input, "nowhere", "", model.graph.input[0].name, _NASTY]
    how = r.choice(["input", "input", "output", "drop", "more", "swap"])
    if how == "input" and node.input:
        node.input[r.randrange(len(node.input))] = r.choice(names)
    elif how == "output" and node.output:
        node.output[0] = r.choice(names)
    elif how == "drop":
        del node.input[r.randrange(len(node.input) + 1) :]
    elif how == "more":
        node.input.extend([r.choice(names)] * r.choice([1, 3, 3000]))
    else:
        first = type(node)()
        first.CopyFrom(node)
        node.CopyFrom(other)
        other.CopyFrom(first)


def _many(model: Any, r: random.Random) -> None:
    """A long chain, or one value that is doubled again and again."""
    last = model.graph.input[0].name
    op = r.choice(["Relu", "Add", "Concat", "Erf", "Identity", "Softmax", "ReduceMean", "Mul", "Unsqueeze"])
    for i in range(r.choice([30, 300, 3000, 25_000])):
        node = model.graph.node.add(op_type=op, input=[last, last] if op in ("Add", "Concat", "Mul") else [last])
        node.output.append(f"many{i}")
        if op == "Concat":
            node.attribute.add(name="axis", type=2, i=-1)
        last = f"many{i}"
    model.graph.output[0].name = last


def _grows(model: Any, r: random.Random) -> None:
    """Constants that ask for more than a file is long."""
    import numpy as np
    from onnx import helper, numpy_helper

    size = r.choice([10**3, 10**6, 10**9, 2**40, 2**62])
    shape = numpy_helper.from_array(np.array([size, r.choice([1, 4, 10**6])]), "grown_shape")
    model.graph.initializer.append(shape)
    op = r.choice(["ConstantOfShape", "Expand", "Tile", "Range", "RandomNormal", "Reshape", "OneHot", "Pad"])
    inputs = {"ConstantOfShape": ["grown_shape"], "Range": ["g0", "g1", "g2"]}.get(op, ["g3", "grown_shape"])
    for name, value in (("g0", 0), ("g1", size), ("g2", r.choice([1, 0])), ("g3", 1.0)):
        model.graph.initializer.append(numpy_helper.from_array(np.array(value), name))
    nodes = [helper.make_node(op, inputs, ["grown"]), *model.graph.node]
    if r.random() < 0.5:
        nodes.insert(1, helper.make_node("MatMul", ["grown", "grown"], ["squared"]))
    nodes.append(helper.make_node("Add", [model.graph.output[0].name, "grown"], ["all"]))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.output[0].name = "all"


def _inputs(model: Any, r: random.Random) -> None:
    kind = r.choice(model.graph.input).type
    how = r.choice(["size", "axes", "type", "none", "more", "sequence"])
    if how == "size":
        for dim in kind.tensor_type.shape.dim:
            if r.random() < 0.5:
                dim.dim_value = r.choice(_NUMBERS)
    elif how == "axes":
        for _ in range(r.choice([1, 4, 5000])):
            kind.tensor_type.shape.dim.add(dim_value=r.choice([1, 2, 1000, 10**6]))
    elif how == "type":
        kind.tensor_type.elem_type = r.randrange(0, 30)
    elif how == "none":
        kind.ClearField("tensor_type")
    elif how == "sequence":
        kind.sequence_type.elem_type.tensor_type.elem_type = 1
    else:
        for i in range(r.choice([1, 3, 2000])):
            model.graph.input.add(name=r.choice([f"in{i}", _NASTY, "x"])).CopyFrom(model.graph.input[0])


def _outputs(model: Any, r: random.Random) -> None:
    model.graph.output[0].name = r.choice(["nowhere", model.graph.input[0].name, _NASTY, "", "o" * 80_000])


def _functions(model: Any, r: random.Random) -> None:
    """Functions that call themselves, or each other twice, and so grow."""
    from onnx import helper

    levels = r.choice([1, 3, 18, 30])
    for i in range(levels):
        following = f"f{i + 1}" if r.random() < 0.9 else f"f{i}"
        body = [helper.make_node(following, ["x"], [f"t{k}"], domain="own") for k in range(r.choice([1, 2, 4]))]
        body.append(helper.make_node("Relu", ["t0"], ["y"]))
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
        model.functions.append(helper.make_function("own", f"f{i}", ["x"], ["y"], body, opsets))
    model.graph.node.append(helper.make_node("f0", [model.graph.output[0].name], ["last"], domain="own"))
    model.graph.output[0].name = "last"


def _subgraphs(model: Any, r: random.Random) -> None:
    """Control flow in control flow."""
    graph = type(model.graph)()
    graph.node.add(op_type="Relu", input=["a"], output=["b"])
    for _ in range(r.choice([1, 5, 15, 24])):
        outer = type(model.graph)()
        node = outer.node.add(op_type=r.choice(["Loop", "If", "Scan"]), input=["a"], output=["b"])
        node.attribute.add(name="body", type=5).g.CopyFrom(graph)
        graph = outer
    model.graph.node.append(graph.node[0])
    model.graph.output[0].name = "b"


def _names(model: Any, r: random.Random) -> None:
    name = r.choice([_NASTY, "n" * 80_000, "", "0", "é" * 500, "a b\n"])
    for node in model.graph.node:
        node.name = name
    old = model.graph.initializer[0].name if model.graph.initializer else ""
    for tensor in model.graph.initializer[:1]:
        tensor.name = name
    for node in model.graph.node:
        for i, each in enumerate(node.input):
            if each == old:
                node.input[i] = name


def _metadata(model: Any, r: random.Random) -> None:
    text = r.choice(["[" * 5000, '{"columns": {"x": ["a", "a"]}}', '{"classes": 5}', "null", "{", '{"columns": 3}'])
    model.metadata_props.add(key="gradwire", value=text)


def _opset(model: Any, r: random.Random) -> None:
    del model.opset_import[:]
    for _ in range(r.choice([0, 1, 2])):
        model.opset_import.add(
            domain=r.choice(["", "ai.onnx.ml", _NASTY]), version=r.choice([*_NUMBERS, 5, 10, 12, 18])
        )


_KINDS: list[Callable[[Any, random.Random], None]] = [
    _dims, _type, _data, _external, _op, _op, _attribute, _attribute, _wires, _wires, _many, _grows, _inputs, _outputs,
    _functions, _subgraphs, _names, _metadata, _opset,
]  # fmt: skip


def _varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _crafted(r: random.Random) -> tuple[str, bytes]:
    """Bytes that say much in little, or say that more follows than does."""
    kind = r.choice(["objects", "deep", "length", "varints", "groups", "packed", "zeros"])
    count = r.choice([10**3, 10**5, 3 * 10**6])
    if kind == "objects":
        field, inner = r.choice([(1, b""), (5, b""), (11, b""), (1, b"\x2a\x00" * 10), (13, b"\x12\x00")])
        return kind, _message(7, _message(field, inner) * (count // (1 + len(inner))))
    if kind == "deep":
        graph = b""
        for _ in range(r.choice([10, 50, 500])):
            graph = _message(1, _message(5, _message(6, graph)))
        return kind, _message(7, graph)
    if kind == "length":
        return kind, _varint(7 << 3 | 2) + _varint(r.choice([2**31, 2**40, 2**63, 10])) + bytes(3)
    if kind == "varints":
        return kind, b"\xff" * count
    if kind == "groups":
        return kind, bytes([7 << 3 | 3]) * count
    if kind == "packed":
        tensor = b"\x10\x07" + _message(7, b"\x01" * count) + b"\x08" + _varint(count)
        return kind, _message(7, _message(5, tensor) + _message(1, b"\x22\x01A"))
    return kind, bytes(count)
