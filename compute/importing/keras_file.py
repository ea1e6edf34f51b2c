"""Keras 3's ``.keras`` archives: each layer as the operations of ONNX that it is, which become a graph as all do."""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from compute import budget
from compute.document.reading import check_depth
from compute.errors import GradwireError
from compute.importing.keras_ops import operation
from compute.importing.metadata import KEY
from compute.importing.model import MOST_NODES, Dim, Model, Operation, Value, ordered
from compute.importing.onnx_file import from_model
from compute.importing.reading import bytes_of
from compute.importing.report import Imported

Array = npt.NDArray[Any]
CONFIG, WEIGHTS, METADATA = "config.json", "model.weights.h5", "metadata.json"
_LARGEST_CONFIG, _DENSEST = 32 * 10**6, 100
"""Bytes of the description of the layers; and how many times larger a part may be than it is packed."""
_VERSION = 24
_ACTIVATIONS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "relu": ("Relu", {}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "softmax": ("Softmax", {"axis": -1}),
    "log_softmax": ("LogSoftmax", {"axis": -1}),
    "elu": ("Elu", {}),
    "selu": ("Selu", {}),
    "gelu": ("Gelu", {}),
    "silu": ("Swish", {}),
    "swish": ("Swish", {}),
    "mish": ("Mish", {}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "exponential": ("Exp", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "hard_silu": ("HardSwish", {}),
    "relu6": ("Clip", {"min": 0.0, "max": 6.0}),
}
_OF_SEVERAL = {
    "Add": "Sum",
    "Subtract": "Sub",
    "Multiply": "Mul",
    "Average": "Mean",
    "Maximum": "Max",
    "Minimum": "Min",
}
_NOTHING = ("GaussianNoise", "GaussianDropout", "SpatialDropout1D", "ActivityRegularization", "Identity", "Masking")
"""Layers that pass on what they get, once training is over."""


def read_keras(path: Path) -> Imported:
    """The document that a .keras file becomes. Errors: GradwireError naming the file and what is wrong."""
    return from_model(model_in(bytes_of(path), path.name), path.name)


def model_in(data: bytes, name: str) -> Model:
    """The model in the bytes of a .keras file. Errors: GradwireError naming the file and what is wrong."""
    config, weights, words = _parts(data, name)
    try:
        return _Layers(config, _arrays(weights, name), words).model()
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, ArithmeticError, RecursionError) as error:
        # The description is read as Keras writes it.
        raise GradwireError(f"{name}: its layers are not described as in Keras 3; save it again") from error


def _parts(data: bytes, name: str) -> tuple[Mapping[str, Any], bytes, Any]:
    """The description of the layers, the file of weights, and what our own export says besides."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = {info.filename: info for info in archive.infolist()}
            if CONFIG not in infos or WEIGHTS not in infos:
                raise GradwireError(f"{name}: this is no .keras archive of Keras 3; save the model with model.save")
            for part in (CONFIG, WEIGHTS, *({METADATA} & infos.keys())):
                info = infos[part]
                most = budget.limit() if part == WEIGHTS else _LARGEST_CONFIG
                if info.file_size > min(most, max(10**6, _DENSEST * info.compress_size)):
                    raise GradwireError(f"{name}: {part} in it is too large to be in order; save the model again")
            config = json.loads(archive.read(CONFIG))
            weights = archive.read(WEIGHTS)
            words = json.loads(archive.read(METADATA)) if METADATA in infos else {}
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError, RecursionError) as error:
        raise GradwireError(f"{name}: this is no .keras archive, or it is damaged; save it again") from error
    if not isinstance(config, dict):
        raise GradwireError(f"{name}: its layers are not described as in Keras 3; save it again")
    check_depth(config)
    return config, weights, words.get(KEY) if isinstance(words, dict) else None


def _arrays(data: bytes, name: str) -> dict[str, list[Array]]:
    """The arrays of each layer, by the name of its group."""
    import h5py

    found: dict[str, list[Array]] = {}
    spent = len(data)
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            layers = _own(file, "layers")
            for group in list(layers)[:MOST_NODES] if isinstance(layers, h5py.Group) else ():
                variables = _own(_own(layers, group), "vars")
                arrays = []
                for key in sorted(variables or (), key=lambda each: (len(each), each)):
                    dataset = _own(variables, key)
                    # What lies in other files is none of it; and it holds no more than there is.
                    if not isinstance(dataset, h5py.Dataset) or dataset.external or dataset.is_virtual:
                        raise GradwireError(f'{name}: the weights of "{group}" are no plain arrays; save it again')
                    spent += 8 * int(dataset.size or 0)
                    budget.require(spent, name, "make it smaller")
                    if 8 * int(dataset.size or 0) > max(10**6, _DENSEST * len(data)):
                        raise GradwireError(f'{name}: the weights of "{group}" are too large to be in order')
                    arrays.append(np.asarray(dataset[()], dtype=np.float64))
                found[group] = arrays
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, AttributeError, OverflowError) as error:
        raise GradwireError(f"{name}: its weights are damaged; save the model again") from error
    return found


def _own(group: Any, key: str) -> Any:
    """A member of a group, if it lies in it and is no way to another place."""
    import h5py

    if group is None or key not in group or not isinstance(group.get(key, getlink=True), h5py.HardLink):
        return None
    return group[key]


def snake(name: str) -> str:
    """As Keras names the groups of weights after their classes."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


class _Layers:
    """The layers of a model, one after the other, as operations."""

    def __init__(self, config: Mapping[str, Any], arrays: Mapping[str, list[Array]], words: Any = None) -> None:
        self._kind, self._config, self._arrays = config["class_name"], config["config"], arrays
        self._words = words if isinstance(words, dict) else None
        self._nodes: list[Operation] = []
        self._constants: dict[str, Array] = {}
        self._inputs: list[Value] = []
        self._ranks: dict[str, int] = {}
        self._still: set[str] = set()
        self._learns = True
        """Whether the layer at hand does."""

    def model(self) -> Model:
        layers = self._config["layers"]
        if self._kind not in ("Sequential", "Functional") or len(layers) > MOST_NODES:
            raise GradwireError("only Sequential and Functional models can be read; save it as one of these")
        seen: Counter[str] = Counter()
        last = ""
        for layer in layers:
            kind, settings, operates = str(layer["class_name"]), layer["config"], ".ops" in str(layer.get("module"))
            name = str(settings["name"])
            arrays = [] if operates else self._weights_of(kind, name, seen)
            self._learns = operates or settings.get("trainable") is not False
            if kind == "InputLayer":
                last = self._input(name, settings.get("batch_shape") or settings["batch_input_shape"])
                continue
            if self._kind == "Sequential":
                if not self._inputs:
                    last = self._input("x", settings.get("batch_shape") or [None, self._width(arrays)])
                before, last = last, name
                self._layer(kind, settings, name, arrays, [before], last)
                continue
            for at, call in enumerate(layer["inbound_nodes"]):
                output = _tensor([name, at])
                if operates:
                    self._operation(kind, settings, call["args"], output)
                else:
                    self._layer(kind, settings, name, list(arrays), list(_fed(call["args"])), output)
        ends = [last] if self._kind == "Sequential" else [_tensor(each) for each in _ends(self._config)]
        words = {} if self._words is None else {KEY: json.dumps(self._words)}
        fed = [_tensor(each) for each in _starts(self._config)]
        inputs = sorted(self._inputs, key=lambda each: fed.index(each.name) if each.name in fed else len(fed))
        return Model(
            str(self._config.get("name", "")), ordered(self._nodes, {*self._constants}), self._constants,
            tuple(inputs), tuple(map(Value, ends)), metadata=words,
            producer="keras" if self._words is None else "gradwire", still=frozenset(self._still),
        )  # fmt: skip

    def _weights_of(self, kind: str, name: str, seen: Counter[str]) -> list[Array]:
        """The weights of the next layer of a class, counted among those before it."""
        group = snake(kind)
        numbered = f"{group}_{seen[group]}" if seen[group] else group
        seen[group] += 1
        return self._arrays.get(numbered) or self._arrays.get(name, [])

    @staticmethod
    def _width(arrays: Sequence[Array]) -> int | None:
        return int(arrays[0].shape[0]) if arrays and arrays[0].ndim == 2 else None

    def _input(self, name: str, shape: Sequence[Any]) -> str:
        dims: list[Dim] = [int(size) if isinstance(size, int) and size > 0 else None for size in shape]
        self._inputs.append(Value(name, (None, *dims[1:])))
        self._ranks[name] = len(dims)
        return name

    def _made(self, op: str, inputs: Sequence[str], output: str, domain: str = "ai.onnx", **settings: Any) -> Operation:
        self._ranks[output] = self._ranks.get(inputs[0], 2) if inputs else 2
        return Operation(op, domain, output, tuple(inputs), (output,), settings, _VERSION)

    def _put(self, op: str, inputs: Sequence[str], output: str, **settings: Any) -> str:
        self._nodes.append(self._made(op, inputs, output, **settings))
        return output

    def _weight(self, name: str, array: Array) -> str:
        self._constants[name] = array
        if not self._learns:
            self._still.add(name)
        return name

    def _operation(self, kind: str, settings: Mapping[str, Any], arguments: Sequence[Any], output: str) -> None:
        """One call of an operation of ``keras.ops``."""
        given = [self._argument(each, f"const/{output}/{at}") for at, each in enumerate(_flat(arguments))]
        found = operation(kind, settings)
        if found is None:
            self._put(kind, given, output, domain="keras")
            return
        op, attributes, more = found
        given += [self._weight(f"const/{output}/more{at}", array) for at, array in enumerate(more)]
        self._put(op, given, output, **attributes)

    def _argument(self, given: Any, name: str) -> str:
        """What an argument is called: what a layer gives, or numbers that stand there."""
        if isinstance(given, dict) and given["class_name"] == "__keras_tensor__":
            return _tensor(given["config"]["keras_history"])
        if isinstance(given, dict) and given["class_name"] in ("__numpy__", "__tensor__"):
            array = np.asarray(given["config"]["value"], dtype=np.float64)
            return self._weight(str(given["config"].get("name", name)), array)
        return self._weight(name, np.array(float(given)))

    def _layer(
        self, kind: str, settings: Mapping[str, Any], name: str, arrays: list[Array], x: list[str], output: str
    ) -> None:
        """One layer, or one call of it."""
        rank = self._ranks.get(x[0], 2)
        own = {f"{name}/{i}": array for i, array in enumerate(arrays)}
        if kind == "Dense":
            here = self._put("MatMul", [x[0], self._weight(f"{name}/kernel", arrays[0])], f"{output}/product")
            if settings.get("use_bias", True):
                here = self._put("Add", [here, self._weight(f"{name}/bias", arrays[1])], f"{output}/sum")
            self._activate(settings.get("activation"), here, output)
        elif kind == "Conv1D" and settings.get("data_format", "channels_last") == "channels_last":
            self._conv1d(settings, name, arrays, x[0], output)
        elif kind == "Activation":
            self._activate(settings.get("activation"), x[0], output)
        elif kind in _OF_SEVERAL:
            here = x[0]
            if kind in ("Subtract", "Multiply"):
                for i, other in enumerate(x[1:-1]):
                    here = self._put(_OF_SEVERAL[kind], [here, other], f"{output}/{i}")
                self._put(_OF_SEVERAL[kind], [here, x[-1]], output)
            else:
                self._put(_OF_SEVERAL[kind], x, output)
        elif kind == "Concatenate":
            self._put("Concat", x, output, axis=int(settings.get("axis", -1)))
        elif kind == "BatchNormalization" and settings.get("axis", -1) in (-1, rank - 1, [-1], [rank - 1]):
            self._batch_norm(settings, name, arrays, x[0], output)
        elif kind == "LayerNormalization" and not settings.get("rms_scaling"):
            scale = arrays.pop(0) if settings.get("scale", True) else None
            shift = arrays.pop(0) if settings.get("center", True) else None
            axis = settings.get("axis", -1)
            known = scale if scale is not None else shift
            if known is None:
                raise GradwireError(f'the layer "{name}" has neither scale nor shift, which cannot be read')
            given = [self._weight(f"{name}/gamma", np.ones_like(known) if scale is None else scale)]
            given.append(self._weight(f"{name}/beta", np.zeros_like(known) if shift is None else shift))
            axis = int(axis[0] if isinstance(axis, list) else axis)
            self._put("LayerNormalization", [x[0], *given], output, axis=axis, epsilon=float(settings["epsilon"]))
        elif kind in ("Dropout", "AlphaDropout"):
            self._put("Dropout", x, output, ratio=float(settings["rate"]))
        elif kind == "Flatten":
            self._put("Flatten", x, output)
            self._ranks[output] = 2
        elif kind == "Reshape":
            self._put("Reshape", x, output, shape=(0, *(int(size) for size in settings["target_shape"])))
            self._ranks[output] = 1 + len(settings["target_shape"])
        elif kind == "Rescaling":
            self._rescale(x[0], name, float(settings["scale"]), float(settings["offset"]), output)
        elif kind == "Normalization":
            told = settings.get("mean") is not None
            mean, variance = (np.asarray(settings[key], float) for key in ("mean", "variance")) if told else arrays[:2]
            std = np.maximum(np.sqrt(variance), 1e-7)
            here = self._put("Sub", [x[0], self._weight(f"{name}/mean", mean)], f"{output}/centred")
            self._put("Div", [here, self._weight(f"{name}/std", std)], output)
        elif kind == "Softmax":
            self._put("Softmax", x[:1], output, axis=int(settings.get("axis", -1)))
        elif kind == "ReLU" and not settings.get("threshold"):
            slope, most = float(settings.get("negative_slope") or 0), settings.get("max_value")
            here = self._put(
                "LeakyRelu" if slope else "Relu", x, f"{output}/below", **({"alpha": slope} if slope else {})
            )
            self._put("Clip", [here], output, **({} if most is None else {"max": float(most)}))
        elif kind == "LeakyReLU":
            self._put("LeakyRelu", x, output, alpha=float(settings.get("negative_slope", 0.3)))
        elif kind == "ELU":
            self._put("Elu", x, output, alpha=float(settings.get("alpha", 1.0)))
        elif kind == "PReLU":
            self._put("PRelu", [x[0], self._weight(f"{name}/alpha", arrays[0])], output)
        elif kind in _NOTHING:
            self._put("Identity", x[:1], output)
        else:
            self._put(kind, [*x, *(self._weight(key, array) for key, array in own.items())], output, domain="keras")

    def _activate(self, activation: Any, here: str, output: str) -> None:
        name = activation.get("config") if isinstance(activation, dict) else activation
        if name in (None, "linear"):
            self._put("Identity", [here], output)
            return
        op, settings = _ACTIVATIONS.get(str(name), (str(name), None))
        self._put(op, [here], output, **({"domain": "keras"} if settings is None else settings))

    def _batch_norm(self, settings: Mapping[str, Any], name: str, arrays: list[Array], x: str, output: str) -> None:
        *learned, mean, variance = arrays
        scale = learned.pop(0) if settings.get("scale", True) else np.ones_like(mean)
        shift = learned.pop(0) if settings.get("center", True) else np.zeros_like(mean)
        named = {"gamma": scale, "beta": shift, "moving_mean": mean, "moving_variance": variance}
        given = [self._weight(f"{name}/{key}", array) for key, array in named.items()]
        epsilon, momentum = float(settings["epsilon"]), float(settings.get("momentum", 0.99))
        self._put("BatchNormalization", [x, *given], output, epsilon=epsilon, momentum=momentum, last=1)

    def _conv1d(self, settings: Mapping[str, Any], name: str, arrays: list[Array], x: str, output: str) -> None:
        """Keras has steps before channels, and ONNX channels before steps."""
        kernel, stride = arrays[0], int(settings.get("strides", [1])[0])
        if settings.get("padding") not in ("valid", "same"):
            self._put("Conv1D", [x], output, domain="keras")
            return
        plain: dict[str, Any] = {"strides": (stride,), "group": int(settings.get("groups", 1))}
        plain["auto_pad"] = "SAME_UPPER" if settings["padding"] == "same" else "VALID"
        plain["dilations"] = tuple(settings.get("dilation_rate", [1]))
        given = [self._weight(f"{name}/kernel", kernel.transpose(2, 1, 0))]
        given += [self._weight(f"{name}/bias", arrays[1])] if settings.get("use_bias", True) else []
        turned = self._put("Transpose", [x], f"{output}/turned", perm=(0, 2, 1))
        here = self._put("Conv", [turned, *given], f"{output}/filtered", **plain)
        here = self._put("Transpose", [here], f"{output}/back", perm=(0, 2, 1))
        self._activate(settings.get("activation"), here, output)

    def _rescale(self, x: str, name: str, scale: float, offset: float, output: str) -> None:
        here = self._put("Mul", [x, self._weight(f"const/{name}/scale", np.array(scale))], f"{output}/scaled")
        self._put("Add", [here, self._weight(f"const/{name}/offset", np.array(offset))], output)


def _flat(value: Any) -> Sequence[Any]:
    """The arguments of a call, in order, with those that stand in lists."""
    return [one for each in value for one in _flat(each)] if isinstance(value, list) else [value]


def _fed(value: Any) -> Sequence[str]:
    """The tensors among the arguments of a call, in order."""
    found = [each for each in _flat(value) if isinstance(each, dict) and each.get("class_name") == "__keras_tensor__"]
    return [_tensor(each["config"]["keras_history"]) for each in found]


def _tensor(history: Sequence[Any]) -> str:
    """What a call of a layer gives: the layer, and the number of the call after the first."""
    return f"{history[0]}:{int(history[1])}" if int(history[1]) else str(history[0])


def _starts(config: Mapping[str, Any]) -> list[Any]:
    """The inputs of a functional model, in order."""
    return _several(config.get("input_layers", []))


def _ends(config: Mapping[str, Any]) -> list[Any]:
    """The outputs of a functional model."""
    return _several(config["output_layers"])


def _several(ends: Any) -> list[Any]:
    """Ends of a functional model; a single one stands for itself."""
    if isinstance(ends, dict):
        return list(ends.values())
    return [ends] if ends and isinstance(ends[0], str) else list(ends)
