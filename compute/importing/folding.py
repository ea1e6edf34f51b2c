"""What nodes of constants come to, in NumPy; the same functions tell what a few nodes compute, however they are
written (``recognising``).

The size of a result is known before it is made: a shape in a file can ask for any number of entries.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.erf import erf
from compute.importing.model import Operation

Array = npt.NDArray[Any]
Rule = Callable[[Operation, Sequence[Array | None]], Array]
MOST_ENTRIES = 4_000_000
"""Entries of one result."""
MOST_WORK = 300_000_000
"""Multiplications of one product."""
_FEW = 5_000
"""Entries up to which a function of single numbers is the quicker one."""


class CannotFold(ValueError):
    """It is not known what a node of constants comes to, or it would be too large."""


def folded(node: Operation, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    """The outputs of a node from its inputs, None for one that is left out. Errors: CannotFold."""
    rule = _RULES.get(node.op) if node.domain == "ai.onnx" else None
    if rule is None:
        raise CannotFold("what it makes of fixed numbers is not known")
    try:
        with np.errstate(all="ignore"):
            found = rule(node, inputs)
    except (ValueError, TypeError, IndexError, KeyError, ArithmeticError, AttributeError, MemoryError) as error:
        raise CannotFold("what it makes of fixed numbers is not known") from error
    return found if isinstance(found, tuple) else (np.asarray(found),)


def can_fold(node: Operation) -> bool:
    """Whether it is known what such a node computes."""
    return node.domain == "ai.onnx" and node.op in _RULES


def axes_of(node: Operation, inputs: Sequence[Array | None], place: int = 1) -> tuple[int, ...] | None:
    """The axes of a node: an attribute in older versions, an input in newer ones; None where it names none."""
    given = node.attributes.get("axes")
    if given is None and len(inputs) > place and inputs[place] is not None:
        given = np.asarray(inputs[place]).ravel().tolist()
    return None if given is None else tuple(int(axis) for axis in given)


def _small(count: float) -> None:
    if count > MOST_ENTRIES:
        raise CannotFold("a constant would be too large")


def _need(x: Array | None) -> Array:
    if x is None:
        raise CannotFold("an input is missing")
    return x


def _each(function: Callable[..., Any]) -> Rule:
    """An operation on each entry, with broadcasting."""

    def rule(node: Operation, inputs: Sequence[Array | None]) -> Array:
        arrays = [_need(x) for x in inputs]
        _small(math.prod(np.broadcast_shapes(*(x.shape for x in arrays))))
        return np.asarray(function(*arrays))

    return rule


def _with(function: Callable[..., Any], **defaults: float) -> Rule:
    """The same with attributes."""

    def rule(node: Operation, inputs: Sequence[Array | None]) -> Array:
        given = {name: float(node.attributes.get(name, default)) for name, default in defaults.items()}
        return np.asarray(function(_need(inputs[0]), **given))

    return rule


def _gelu(node: Operation, inputs: Sequence[Array | None]) -> Array:
    x = _need(inputs[0])
    if node.attributes.get("approximate", "none") == "tanh":
        return np.asarray(0.5 * x * (1 + np.tanh(0.7978845608028654 * (x + 0.044715 * x**3))))
    return np.asarray(0.5 * x * (1 + _erf(x / math.sqrt(2))))


def _erf(x: Array) -> Array:
    if x.size > _FEW:
        return np.asarray(erf(x))
    return np.array([math.erf(each) for each in x.ravel().tolist()]).reshape(x.shape)


def _divide(a: Array, b: Array) -> Array:
    if a.dtype.kind not in "iu":
        return np.asarray(a / b)
    # Whole numbers are cut towards 0.
    return np.asarray(np.trunc(a / b)).astype(a.dtype)


def _reduction(function: Callable[..., Any]) -> Rule:
    def rule(node: Operation, inputs: Sequence[Array | None]) -> Array:
        x = _need(inputs[0])
        axes = axes_of(node, inputs)
        if not axes and node.attributes.get("noop_with_empty_axes", 0):
            return x
        return np.asarray(function(x, axis=axes or None, keepdims=bool(node.attributes.get("keepdims", 1))))

    return rule


def _softmax(logarithm: bool) -> Rule:
    def rule(node: Operation, inputs: Sequence[Array | None]) -> Array:
        x = _need(inputs[0])
        axis = int(node.attributes.get("axis", -1 if node.version >= 13 else 1))
        shifted = x - x.max(axis=axis, keepdims=True)
        e = np.exp(shifted)
        total = e.sum(axis=axis, keepdims=True)
        return np.asarray(shifted - np.log(total) if logarithm else e / total)

    return rule


def _matmul(node: Operation, inputs: Sequence[Array | None]) -> Array:
    a, b = _need(inputs[0]), _need(inputs[1])
    _small(a.size * (b.shape[-1] if b.ndim > 1 else 1) / max(1, a.shape[-1]) * (b.size / max(1, b.shape[0])))
    if a.size * (b.shape[-1] if b.ndim > 1 else 1) > MOST_WORK:
        raise CannotFold("a product of constants is too much work")
    return np.asarray(a @ b)


def _reshape(node: Operation, inputs: Sequence[Array | None]) -> Array:
    x = _need(inputs[0])
    wanted = node.attributes["shape"] if "shape" in node.attributes else _need(inputs[1]).tolist()
    copies = not node.attributes.get("allowzero", 0)
    return x.reshape([x.shape[i] if size == 0 and copies else size for i, size in enumerate(wanted)])


def _transpose(node: Operation, inputs: Sequence[Array | None]) -> Array:
    return np.ascontiguousarray(np.transpose(_need(inputs[0]), node.attributes.get("perm")))


def _concat(node: Operation, inputs: Sequence[Array | None]) -> Array:
    arrays = [_need(x) for x in inputs]
    _small(sum(x.size for x in arrays))
    return np.concatenate(arrays, axis=int(node.attributes["axis"]))


def _squeeze(node: Operation, inputs: Sequence[Array | None]) -> Array:
    return np.squeeze(_need(inputs[0]), axis=axes_of(node, inputs))


def _unsqueeze(node: Operation, inputs: Sequence[Array | None]) -> Array:
    axes = axes_of(node, inputs)
    if axes is None or len(axes) > 8:
        raise CannotFold("Unsqueeze needs a few axes")
    return np.expand_dims(_need(inputs[0]), axes)


def _gather(node: Operation, inputs: Sequence[Array | None]) -> Array:
    x, index = _need(inputs[0]), _need(inputs[1]).astype(np.int64)
    axis = int(node.attributes.get("axis", 0))
    _small(x.size / max(1, x.shape[axis]) * index.size)
    return np.take(x, index, axis=axis)


def slices(node: Operation, inputs: Sequence[Array | None], shape: Sequence[int]) -> list[slice]:
    """Where Slice takes its entries from something of that shape. Errors: CannotFold."""
    if "starts" in node.attributes:
        starts, ends = node.attributes["starts"], node.attributes["ends"]
        axes, steps = node.attributes.get("axes"), None
    else:
        numbers = [None if x is None else np.asarray(x).ravel().tolist() for x in inputs[1:]]
        numbers += [None] * (4 - len(numbers))
        starts, ends, axes, steps = numbers[:4]
    if starts is None or ends is None:
        raise CannotFold("where it is cut is not fixed")
    out = [slice(None)] * len(shape)
    for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
        axis = int(axes[i]) if axes is not None else i
        step = int(steps[i]) if steps is not None else 1
        # From the end backwards, an end before the first entry is written as a large negative number.
        last = None if step < 0 and end < -shape[axis] else int(end)
        out[axis] = slice(int(start), last, step)
    return out


def _slice(node: Operation, inputs: Sequence[Array | None]) -> Array:
    x = _need(inputs[0])
    return np.asarray(x[tuple(slices(node, inputs, x.shape))])


def _expand(node: Operation, inputs: Sequence[Array | None]) -> Array:
    x, wanted = _need(inputs[0]), [int(size) for size in _need(inputs[1]).tolist()]
    shape = np.broadcast_shapes(x.shape, tuple(wanted))
    _small(math.prod(shape))
    return np.ascontiguousarray(np.broadcast_to(x, shape))


def _filled(node: Operation, inputs: Sequence[Array | None]) -> Array:
    shape = [int(size) for size in _need(inputs[0]).ravel().tolist()]
    _small(math.prod(shape))
    value = np.asarray(node.attributes.get("value", np.zeros(1)))
    return np.full(shape, value.ravel()[0], dtype=value.dtype)


def _range(node: Operation, inputs: Sequence[Array | None]) -> Array:
    start, limit, step = (_need(x).item() for x in inputs)
    _small((limit - start) / step)
    return np.arange(start, limit, step)


def _constant(node: Operation, inputs: Sequence[Array | None]) -> Array:
    for name in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        if name in node.attributes:
            found = node.attributes[name]
            return np.asarray(found, dtype=np.float64 if "float" in name else np.int64 if "int" in name else None)
    for name in ("value_string", "value_strings"):
        if name in node.attributes:
            return np.array(node.attributes[name], dtype=object)
    raise CannotFold("a constant without a value")


_WHOLE = {2: "u1", 3: "i1", 4: "u2", 5: "i2", 6: "i4", 7: "i8", 9: "?", 12: "u4", 13: "u8"}
FLOATS = (1, 10, 11, 16)
"""Types of broken numbers, as ONNX counts them."""


def _cast(node: Operation, inputs: Sequence[Array | None]) -> Array:
    x, to = _need(inputs[0]), int(node.attributes["to"])
    return x.astype(np.float64) if to in FLOATS else x.astype(_WHOLE[to])


def _cast_like(node: Operation, inputs: Sequence[Array | None]) -> Array:
    return _need(inputs[0]).astype(_need(inputs[1]).dtype)


def _split(node: Operation, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x, axis = _need(inputs[0]), int(node.attributes.get("axis", 0))
    cuts = np.cumsum(parts(node, inputs, x.shape[axis]))[:-1]
    return tuple(np.split(x, cuts, axis=axis))


def parts(node: Operation, inputs: Sequence[Array | None], size: int) -> list[int]:
    """The sizes of the pieces of Split. Errors: CannotFold."""
    given = node.attributes.get("split")
    if given is None and len(inputs) > 1 and inputs[1] is not None:
        given = np.asarray(inputs[1]).ravel().tolist()
    if given is None:
        each = -(-size // max(1, len(node.outputs)))
        given = [min(each, size - each * i) for i in range(len(node.outputs))]
    if sum(given) != size or min(given, default=0) < 0 or len(given) != len(node.outputs):
        raise CannotFold("its parts are not as long as the whole")
    return [int(each) for each in given]


def _clip(node: Operation, inputs: Sequence[Array | None]) -> Array:
    low, high = limits(node, inputs)
    return np.clip(_need(inputs[0]), low, high)


def limits(node: Operation, inputs: Sequence[Array | None]) -> tuple[float | None, float | None]:
    """Below and above what Clip cuts."""
    given = [node.attributes.get("min"), node.attributes.get("max")]
    for i, array in enumerate(inputs[1:3]):
        if array is not None:
            given[i] = array.item()
    low, high = given
    return None if low is None else float(low), None if high is None else float(high)


def _shape(node: Operation, inputs: Sequence[Array | None]) -> Array:
    shape = _need(inputs[0]).shape
    return np.array(shape[node.attributes.get("start", 0) : node.attributes.get("end")], dtype=np.int64)


def _first(node: Operation, inputs: Sequence[Array | None]) -> Array:
    return _need(inputs[0])


def _where(condition: Array, a: Array, b: Array) -> Array:
    return np.where(condition.astype(bool), a, b)


def _cumulated(function: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    def all_of(*arrays: Array) -> Array:
        out = arrays[0]
        for each in arrays[1:]:
            out = function(out, each)
        return out

    return all_of


_RULES: Mapping[str, Any] = {
    "Constant": _constant,
    "ConstantOfShape": _filled,
    "Identity": _first,
    "Dropout": _first,
    "Cast": _cast,
    "CastLike": _cast_like,
    "Shape": _shape,
    "Size": lambda node, inputs: np.array(_need(inputs[0]).size),
    "Reshape": _reshape,
    "Flatten": lambda node, inputs: _need(inputs[0]).reshape(
        math.prod(_need(inputs[0]).shape[: int(node.attributes.get("axis", 1))]), -1
    ),
    "Transpose": _transpose,
    "Concat": _concat,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Gather": _gather,
    "Slice": _slice,
    "Split": _split,
    "Expand": _expand,
    "Range": _range,
    "Clip": _clip,
    "MatMul": _matmul,
    "Softmax": _softmax(False),
    "LogSoftmax": _softmax(True),
    "Gelu": _gelu,
    "ReduceSum": _reduction(np.sum),
    "ReduceMean": _reduction(np.mean),
    "ReduceMax": _reduction(np.max),
    "ReduceMin": _reduction(np.min),
    "ReduceProd": _reduction(np.prod),
    "ReduceSumSquare": _reduction(lambda x, **k: np.sum(x * x, **k)),
    "ReduceL2": _reduction(lambda x, **k: np.sqrt(np.sum(x * x, **k))),
    "ReduceL1": _reduction(lambda x, **k: np.sum(np.abs(x), **k)),
    "Add": _each(np.add),
    "Sub": _each(np.subtract),
    "Mul": _each(np.multiply),
    "Div": _each(_divide),
    "Mod": _each(np.mod),
    "Pow": _each(lambda a, b: np.power(a, b.astype(np.float64) if a.dtype.kind == "f" else b)),
    "Max": _each(_cumulated(np.maximum)),
    "Min": _each(_cumulated(np.minimum)),
    "Sum": _each(_cumulated(np.add)),
    "Where": _each(_where),
    "Equal": _each(np.equal),
    "Greater": _each(np.greater),
    "Less": _each(np.less),
    "GreaterOrEqual": _each(np.greater_equal),
    "LessOrEqual": _each(np.less_equal),
    "And": _each(np.logical_and),
    "Or": _each(np.logical_or),
    "Not": _each(np.logical_not),
    "Neg": _each(np.negative),
    "Abs": _each(np.abs),
    "Sqrt": _each(np.sqrt),
    "Exp": _each(np.exp),
    "Log": _each(np.log),
    "Erf": _each(_erf),
    "Tanh": _each(np.tanh),
    "Sin": _each(np.sin),
    "Cos": _each(np.cos),
    "Sign": _each(np.sign),
    "Floor": _each(np.floor),
    "Ceil": _each(np.ceil),
    "Reciprocal": _each(lambda x: 1 / x),
    "Sigmoid": _each(lambda x: 1 / (1 + np.exp(-x))),
    "Softplus": _each(lambda x: np.logaddexp(0, x)),
    "Relu": _each(lambda x: np.maximum(x, 0)),
    "LeakyRelu": _with(lambda x, alpha: np.where(x > 0, x, alpha * x), alpha=0.01),
    "Elu": _with(lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))), alpha=1.0),
}
