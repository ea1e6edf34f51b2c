"""Words and idioms of ``compute.spelling`` as layers and operations of a functional model of Keras 3."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from compute.analysis import Analysis
from compute.export.writer import Array, Beyond, Writer
from compute.importing.keras_file import snake
from compute.shapes import BATCH, Shape
from compute.spelling import IDIOMS, REDUCING, Operand, Term

OPERATIONS: Mapping[str, str] = {
    "negate": "Negative",
    "abs": "Absolute",
    "sqrt": "Sqrt",
    "exp": "Exp",
    "log": "Log",
    "sin": "Sin",
    "cos": "Cos",
    "erf": "Erf",
    "add": "Add",
    "subtract": "Subtract",
    "multiply": "Multiply",
    "divide": "Divide",
    "power": "Power",
    "maximum": "Maximum",
    "minimum": "Minimum",
    "less": "Less",
    "greater": "Greater",
    "where": "Where",
    "sum": "Sum",
    "mean": "Mean",
    "max": "Max",
    "matmul": "Matmul",
    "transpose": "Transpose",
    "reshape": "Reshape",
    "concat": "Concatenate",
    "isnan": "Isnan",
}
"""Words that are an operation of ``keras.ops``."""
ACTIVATIONS = ("relu", "sigmoid", "tanh", "gelu", "softplus", "silu", "mish", "softmax", "log_softmax")
"""Words and idioms that are an activation of Keras by the same name."""
_MOST_INLINE = 200_000
"""Numbers outside of layers, which stand in the description of the model as text."""


@dataclass
class _Layer:
    """A layer or an operation: weights in Keras's order, by the names of ours; calls: the arguments of each."""

    module: str
    kind: str
    name: str
    settings: dict[str, Any]
    weights: tuple[Array, ...] = ()
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def is_layer(self) -> bool:
        return self.module == "keras.layers"


class KerasWriter(Writer):
    """Collects layers; a term's text is the number of a layer and that of its call, or of an array its name.

    Keras computes only what comes from inputs: what depends on none of them is worked out and stands as numbers.
    """

    idioms = tuple(IDIOMS)

    def __init__(self, analysis: Analysis, fixed: Mapping[str, Array], trained: Collection[str]) -> None:
        self._analysis, self._fixed, self._trained = analysis, fixed, trained
        self._layers: list[_Layer] = []
        self._arrays: dict[str, tuple[str, Array]] = {}
        self._sharing: dict[tuple[str, ...], int] = {}
        self._taken: set[str] = set()
        self._inline: dict[str, int] = {}
        self._prepared: dict[str, tuple[Array, Array, Array]] = {}
        self._named = 0
        """How many layers have their name, from the first one on."""
        self._outputs: list[Term] = []

    # -- what it is fed with ---------------------------------------------------------------------------------

    def prepare(self, node_id: str, fill: Array, mean: Array, std: Array) -> None:
        """What a data node is fed with is prepared inside: missing numbers are filled in, where ``fill`` is not nan
        itself, and then less ``mean``, divided by ``std``, one number for each column."""
        self._prepared[node_id] = fill, mean, std

    def data(self, node_id: str, shape: Shape) -> Term:
        term = self._put("keras.layers", "InputLayer", {"batch_shape": _dims(shape), "dtype": "float32"}, (), shape)
        self._layers[-1].name = self._free(node_id)
        if node_id not in self._prepared:
            return term
        fill, mean, std = self._prepared[node_id]
        row = tuple(int(size) for size in shape[1:] if size != BATCH)
        if not np.isnan(fill).all():
            missing = self._operation("isnan", [term], {}, shape)
            filling = self.array(f"{node_id}/fill", fill.reshape(row))
            term = self._operation("where", [missing, filling, term], {}, shape)
        if mean.any() or (std != 1).any():
            settings = {"axis": list(range(1, len(shape))), "mean": mean.reshape(row).tolist(),
                        "variance": np.square(std).reshape(row).tolist()}  # fmt: skip
            term = self._layer("Normalization", settings, (), term, shape)
            self._layers[-1].name = self._free(f"{node_id}_prepared")
        return term

    def fixed(self, node_id: str) -> Term | None:
        found = self._fixed.get(node_id)
        if found is not None and not np.isfinite(found).all():
            raise Beyond("its numbers are not finite; look where they come from")
        return None if found is None else self.array(node_id, found)

    def array(self, name: str, value: Array) -> Term:
        text = f"={name}"
        self._arrays[text] = name, np.asarray(value, dtype=np.float32)
        return Term(text, np.shape(value))

    # -- words -----------------------------------------------------------------------------------------------

    def say(self, word: str, *operands: Operand, **settings: Any) -> Term:
        first = operands[0]
        if word in ("softmax", "log_softmax") and isinstance(first, Term) and len(first.shape) < 2:
            # Keras has them for rows.
            return IDIOMS[word](self, *operands, **settings)
        if word == "leaky_relu" and settings["slope"] < 0:
            # Which Keras refuses.
            below = super().say("multiply", super().say("minimum", first, 0.0), settings["slope"])
            return super().say("add", super().say("relu", first), below)
        return super().say(word, *operands, **settings)

    def write(self, word: str, operands: Sequence[Operand], settings: Mapping[str, Any], shape: Shape) -> Term:
        x, *others = operands
        found = self._with_weights(word, x, others, settings, shape)
        if found is not None:
            return found
        if word in ACTIVATIONS:
            return self._layer("Activation", {"activation": word}, (), x, shape)
        if word == "leaky_relu":
            return self._layer("LeakyReLU", {"negative_slope": settings["slope"]}, (), x, shape)
        if word == "elu":
            return self._layer("ELU", {"alpha": settings["alpha"]}, (), x, shape)
        if word == "dropout":
            return self._layer("Dropout", {"rate": settings["rate"]}, (), x, shape)
        given: dict[str, Any] = {}
        if word in REDUCING:
            given = {"axis": list(settings["axes"]), "keepdims": settings["keep"]}
        elif word == "reshape":
            given = {"newshape": [-1 if size == BATCH else int(size) for size in shape]}
        elif word == "concat":
            given = {"axis": -1}
        return self._operation(word, operands, given, shape)

    def _with_weights(
        self, word: str, x: Operand, others: Sequence[Operand], settings: Mapping[str, Any], shape: Shape
    ) -> Term | None:
        """What a layer with weights of its own says; None where the word is none such."""
        known = [self._arrays.get(each.text) if isinstance(each, Term) else None for each in others]
        if not isinstance(x, Term) or x.text in self._arrays or not known or None in known:
            return None
        names = tuple(each[0] for each in known if each is not None)
        arrays = tuple(each[1] for each in known if each is not None)
        learns = all(self._learns(name) for name in names[:2])
        first = arrays[0]
        if word == "linear" or (word == "matmul" and len(x.shape) == first.ndim == 2):
            plain = {"units": int(first.shape[1]), "activation": "linear", "use_bias": len(arrays) > 1}
            return self._shared("Dense", plain, names, arrays, learns, x, shape)
        if word == "conv1d":
            size, _, filters = first.shape
            padding = "same" if settings["before"] or settings["behind"] else "valid"
            plain = {"filters": int(filters), "kernel_size": [int(size)], "strides": [int(settings["stride"])],
                     "padding": padding, "activation": "linear", "use_bias": False}  # fmt: skip
            return self._shared("Conv1D", plain, names, arrays, learns, x, shape)
        if word == "layer_norm":
            plain = {"axis": -1, "epsilon": settings["epsilon"]}
            return self._shared("LayerNormalization", plain, names, arrays, learns, x, shape)
        if word == "batch_norm":
            of = self._analysis.settings[names[2].rpartition(".")[0]]
            plain = {"axis": -1, "epsilon": settings["epsilon"], "momentum": 1.0 - of["momentum"]}
            return self._shared("BatchNormalization", plain, names, arrays, learns, x, shape)
        if word == "add" and first.ndim == 1:
            return self._with_bias(x, names[0], first)
        return None

    def _with_bias(self, x: Term, name: str, bias: Array) -> Term | None:
        """A bias that a convolution adds, in it."""
        at, _ = _place(x)
        made = self._layers[at]
        own = [names for names, layer in self._sharing.items() if layer == at]
        same = own and own[0][0].rpartition(".")[0] == name.rpartition(".")[0]
        if made.kind != "Conv1D" or not same or made.settings["use_bias"]:
            return None
        made.settings["use_bias"] = True
        made.weights = *made.weights, bias
        return x

    def _shared(
        self, kind: str, settings: dict[str, Any], names: tuple[str, ...], arrays: tuple[Array, ...], learns: bool,
        x: Term, shape: Shape,
    ) -> Term:  # fmt: skip
        """A call of the layer that has these weights."""
        at = self._sharing.get(names)
        if at is None:
            settings = {"trainable": learns, **settings}
            term = self._layer(kind, settings, arrays, x, shape)
            self._sharing[names], _ = _place(term)
            return term
        self._layers[at].calls.append((x,))
        return Term(f"{at}:{len(self._layers[at].calls) - 1}", shape)

    def _layer(self, kind: str, settings: dict[str, Any], weights: tuple[Array, ...], x: Operand, shape: Shape) -> Term:
        assert isinstance(x, Term)
        settings = {**settings, "dtype": "float32"}
        return self._put("keras.layers", kind, settings, (x,), shape, weights)

    def _operation(self, word: str, operands: Sequence[Operand], settings: dict[str, Any], shape: Shape) -> Term:
        arguments: tuple[Any, ...] = (list(operands),) if word == "concat" else tuple(operands)
        module = "keras.src.ops.math" if word == "erf" else "keras.src.ops.numpy"
        for each in operands:
            if isinstance(each, Term) and each.text in self._arrays:
                name, array = self._arrays[each.text]
                self._inline[name] = array.size
        if sum(self._inline.values()) > _MOST_INLINE:
            raise Beyond(
                f"it would take more than {_MOST_INLINE:,} numbers that are in no layer of Keras; use a dense layer "
                "for them, or export to .onnx"
            )
        return self._put(module, OPERATIONS[word], settings, arguments, shape)

    def _put(
        self, module: str, kind: str, settings: dict[str, Any], arguments: tuple[Any, ...], shape: Shape,
        weights: tuple[Array, ...] = (),
    ) -> Term:  # fmt: skip
        self._layers.append(_Layer(module, kind, "", settings, weights, [arguments]))
        return Term(f"{len(self._layers) - 1}:0", shape)

    # -- nodes -----------------------------------------------------------------------------------------------

    def node(self, node_id: str, term: Term) -> Term:
        """Give the last layer of a node its name."""
        if term.text not in self._arrays and not self._layers[_place(term)[0]].name:
            self._layers[_place(term)[0]].name = self._free(node_id)
        for layer in self._layers[self._named :]:
            layer.name = layer.name or self._free(f"{node_id}_{layer.kind.lower()}")
        self._named = len(self._layers)
        return term

    def output(self, term: Term, name: str) -> None:
        """A value that comes out, under a name where it has none; it depends on an input."""
        at, call = _place(term)
        if call or self._layers[at].kind == "InputLayer" or term in self._outputs:
            # Its name is the output's own.
            term = self._layer("Identity", {}, (), term, term.shape)
            at = len(self._layers) - 1
        if not self._layers[at].name:
            self._layers[at].name = self._free(name)
        self._outputs.append(term)

    @property
    def inputs(self) -> list[str]:
        """The names of its inputs, in order."""
        return [layer.name for layer in self._layers if layer.kind == "InputLayer"]

    @property
    def ends(self) -> list[str]:
        """The names of its outputs, in order."""
        return [self._layers[_place(term)[0]].name for term in self._outputs]

    @property
    def loose(self) -> list[str]:
        """What is trained here, and stands in no layer there."""
        return sorted(name for name in self._inline if self._learns(name))

    def _learns(self, name: str) -> bool:
        """Whether training changes an array."""
        return name in self._trained and self._analysis.parameters[name][1].trainable

    def _free(self, name: str) -> str:
        """A name that Keras takes, each once."""
        name = re.sub(r"[^A-Za-z0-9_.-]+", "_", name)[:100] or "layer"
        name = name if name[0].isalnum() else f"n{name}"
        found, number = name, 2
        while found.lower() in self._taken:
            found, number = f"{name}_{number}", number + 1
        self._taken.add(found.lower())
        return found

    # -- the model -------------------------------------------------------------------------------------------

    def model(self, name: str) -> str:
        """The description of the layers, as JSON."""
        name = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_.-")[:100] or "network"
        config: dict[str, Any] = {
            "name": name,
            "trainable": True,
            "layers": [self._described(layer) for layer in self._ordered()],
            "input_layers": _ends(self.inputs),
            "output_layers": _ends(self.ends),
        }
        module = "keras.src.models.functional"
        return json.dumps(
            {"module": module, "class_name": "Functional", "config": config, "registered_name": "Functional"}
        )

    def weights(self) -> dict[str, tuple[Array, ...]]:
        """The weights of each layer, by the name of its group in the file: by its class, counted in Keras's order."""
        seen: Counter[str] = Counter()
        found = {}
        for layer in self._ordered():
            if layer.is_layer:
                kind = snake(layer.kind)
                found[f"{kind}_{seen[kind]}" if seen[kind] else kind] = layer.weights
                seen[kind] += 1
        return found

    def _described(self, layer: _Layer) -> dict[str, Any]:
        about: dict[str, Any] = {
            "module": layer.module,
            "class_name": layer.kind,
            "config": {"name": layer.name, **layer.settings},
            "registered_name": None if layer.is_layer else layer.kind,
            "name": layer.name,
        }
        if layer.weights:
            (x,) = layer.calls[0]
            about["build_config"] = {"input_shape": _dims(x.shape)}
        about["inbound_nodes"] = [
            {"args": [self._argument(each) for each in call], "kwargs": {}} for call in layer.calls if call
        ]
        return about

    def _argument(self, given: Any) -> Any:
        if isinstance(given, list):
            return [self._argument(each) for each in given]
        if not isinstance(given, Term):
            return float(given)
        if given.text in self._arrays:
            name, array = self._arrays[given.text]
            called = {"name": name} if name in self._trained else {}
            return {"class_name": "__numpy__", "config": {"value": array.tolist(), "dtype": "float32", **called}}
        at, call = _place(given)
        made = self._layers[at]
        kind = "bool" if made.kind in ("Less", "Greater", "Isnan") else "float32"
        history = [made.name, call, 0]
        config = {"shape": _dims(given.shape), "dtype": kind, "keras_history": history}
        return {"class_name": "__keras_tensor__", "config": config}

    def _ordered(self) -> list[_Layer]:
        """The layers as Keras orders them, by which it finds their weights: those that are farthest from an output
        first, and among equally far ones by when a walk from the outputs first meets them."""
        met: dict[int, int] = {}
        done: dict[tuple[int, int], None] = {}
        waiting: list[tuple[tuple[int, int], bool]] = [(_place(term), False) for term in reversed(self._outputs)]
        while waiting:
            place, behind = waiting.pop()
            if behind:
                done[place] = None
            elif place not in done:
                met.setdefault(place[0], len(met))
                waiting.append((place, True))
                waiting += [(each, False) for each in reversed(self._feeding(place))]
        far: dict[tuple[int, int], int] = {}
        farthest: dict[int, int] = {}
        for place in reversed(done):
            far[place] = farthest[place[0]] = max(far.get(place, 0), farthest.get(place[0], 0))
            for each in self._feeding(place):
                far[each] = max(far.get(each, 0), far[place] + 1)
        return [self._layers[at] for at in sorted(met, key=lambda at: (-farthest[at], met[at]))]

    def _feeding(self, place: tuple[int, int]) -> list[tuple[int, int]]:
        call = self._layers[place[0]].calls[place[1]]
        flat = [each for given in call for each in (given if isinstance(given, list) else [given])]
        return [_place(each) for each in flat if isinstance(each, Term) and each.text not in self._arrays]


def _place(term: Term) -> tuple[int, int]:
    at, _, call = term.text.partition(":")
    return int(at), int(call)


def _ends(names: Sequence[str]) -> list[Any]:
    """Inputs or outputs; a single one stands for itself, so that Keras takes and gives an array and no list."""
    found = [[name, 0, 0] for name in names]
    return found[0] if len(found) == 1 else found


def _dims(shape: Shape) -> list[int | None]:
    return [None if size == BATCH else int(size) for size in shape]
