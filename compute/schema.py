"""The JSON Schema of a document (draft 2020-12), made from the types by which documents are read and from what ops,
sources of data, optimizers and schedules declare.

What it accepts opens, or is refused for what it means and not for how it is written. Fields that it does not name are
allowed everywhere: they survive opening and saving. It says more than opening asks of settings, sources and optimizers
that are known, since a document in which one of those is wrong opens with a problem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from compute.data.builtin import BUILTIN
from compute.data.dialect import READING, SEPARATORS
from compute.data.missing import TYPES, WAYS
from compute.data.source import SOURCES
from compute.data.split import SPLIT
from compute.document.exercise import AskedFile, DrawnFile, ExerciseFile
from compute.document.lesson import LessonFile, StepFile
from compute.document.model import FORMAT, VERSION
from compute.document.opening import OpeningFile
from compute.document.reading import DocumentFile
from compute.document.records import FrameFile, GraphFile, NodeFile, NoteFile, RerouteFile, WireFile
from compute.document.runs_file import OriginFile, RunFile, RunsFile
from compute.document.settings import SETTINGS
from compute.document.trained import TrainedFile
from compute.document.watch import WatchFile
from compute.initializers import ARGUMENTS
from compute.ops import REGISTRY
from compute.optimizers import OPTIMIZERS
from compute.params import BALANCED, Param
from compute.schedules import SCHEDULES
from compute.shapes import BATCH
from compute.tensor_view import MOST_AXES

Schema = dict[str, Any]
ID = f"urn:gradwire:document:{VERSION}"
FILES = (
    DocumentFile,
    GraphFile,
    NodeFile,
    WireFile,
    FrameFile,
    NoteFile,
    RerouteFile,
    LessonFile,
    StepFile,
    ExerciseFile,
    AskedFile,
    DrawnFile,
    OpeningFile,
    WatchFile,
    RunsFile,
    RunFile,
    OriginFile,
    TrainedFile,
)
FAULTS = ["nan", "inf", "-inf"]
"""The words for numbers that JSON lacks."""


def document_schema() -> Schema:
    """The schema of a ``.json`` document, and of ``document.json`` in an archive."""
    _, components = msgspec.json.schema_components(FILES, ref_template="#/$defs/{name}")
    defs: dict[str, Schema] = {name: _bare(part) for name, part in components.items()}
    with_faults = {"TrainedFile", "BestFile"}
    for name in with_faults & defs.keys():
        defs[name] = _faulty(defs[name])
    for struct, fields in _INSIDE.items():
        for name, schema in fields.items():
            _put(defs[struct.__name__]["properties"], name, schema)
    defs["NodeFile"]["allOf"] = [
        _when("op", op.name, {"properties": {"params": _of_params(op.params)}}) for op in REGISTRY.values()
    ]
    defs |= _SHARED
    defs["Training"] = _training()
    defs["Data"] = _data()
    whole = defs.pop("DocumentFile")
    whole["properties"] |= {"format": {"const": FORMAT}, "version": {"const": VERSION}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "Gradwire document",
        "description": (__doc__ or "").split("\n\n")[1].replace("\n", " ").strip(),
        **{name: _renamed(whole[name]) for name in ("type", "required", "properties")},
        "$defs": {name.removesuffix("File"): _renamed(part) for name, part in sorted(defs.items())},
    }


def _bare(part: Schema) -> Schema:
    """Without what is said for whoever reads the program."""
    return {name: value for name, value in part.items() if name not in ("title", "description")}


def _renamed(part: Any) -> Any:
    """With references to ``Node`` where the type is ``NodeFile``."""
    if isinstance(part, list):
        return [_renamed(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        name: value.removesuffix("File") if name == "$ref" else value if name == "default" else _renamed(value)
        for name, value in part.items()
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _list(name: str) -> Schema:
    return {"type": "array", "items": _ref(name)}


def _by_name(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


def _or_nothing(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_ARRAYS = _by_name(_ref("Array"))
_STATE = _by_name(_ARRAYS)
_INSIDE: Mapping[Any, Mapping[str, Schema]] = {
    DocumentFile: {
        "graph": _ref("GraphFile"),
        "data": _ref("Data"),
        "training": _ref("Training"),
        "weights": _ARRAYS,
        "initial_weights": _ARRAYS,
        "trained": _or_nothing(_ref("TrainedFile")),
        "optimizer_state": _STATE,
        "best_state": {"type": "object", "properties": {"weights": _ARRAYS, "optimizer_state": _STATE}},
        "lesson": _or_nothing(_ref("LessonFile")),
        "exercise": _or_nothing(_ref("ExerciseFile")),
        "opening": _or_nothing(_ref("OpeningFile")),
        "watches": _list("WatchFile"),
        "runs": _or_nothing(_ref("RunsFile")),
    },
    GraphFile: {
        "nodes": _list("NodeFile"),
        "wires": _list("WireFile"),
        "frames": _list("FrameFile"),
        "notes": _list("NoteFile"),
        "reroutes": _list("RerouteFile"),
    },
    LessonFile: {"steps": _list("StepFile")},
    ExerciseFile: {"asked": _list("AskedFile"), "drawn": _list("DrawnFile")},
    RunsFile: {"kept": _list("RunFile")},
    RunFile: {
        "training": _ref("Training"),
        "trained": _ref("TrainedFile"),
        "graph": _or_nothing(_ref("GraphFile")),
        "data": _or_nothing(_ref("Data")),
        "weights": _or_nothing(_ARRAYS),
        "optimizer_state": _STATE,
    },
}
"""What stands in the fields that are read in a second step."""
_SHARED: Mapping[str, Schema] = {
    "Number": {"anyOf": [{"type": "number"}, {"enum": FAULTS}], "description": "A number, or a word for one."},
    "Array": {
        "description": "A number or a nested list of them, as long in all places.",
        "anyOf": [_ref("Number"), {"type": "array", "items": _ref("Array")}],
    },
    "Tensor": {
        "description": f"A number or a nested list of finite numbers, of at most {MOST_AXES} axes.",
        "anyOf": [{"type": "number"}, {"type": "array", "items": _ref("Tensor"), "minItems": 1}],
    },
}


def _put(properties: dict[str, Schema], name: str, schema: Schema) -> None:
    """A schema for a field, which keeps what else is said of it."""
    kept = {key: value for key, value in properties[name].items() if key in ("description", "default", "maxItems")}
    properties[name] = {**schema, **kept}


def _faulty(part: Any) -> Any:
    """The same where each number may be a word."""
    if isinstance(part, list):
        return [_faulty(each) for each in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") == "number":
        return {"anyOf": [part, {"enum": FAULTS}]}
    return {name: value if name == "default" else _faulty(value) for name, value in part.items()}


def _when(name: str, value: str, then: Schema) -> Schema:
    return {"if": {"properties": {name: {"const": value}}, "required": [name]}, "then": then}


def _of_params(params: Iterable[Param]) -> Schema:
    return {"properties": {param.name: of_param(param) for param in params}}


def of_param(param: Param) -> Schema:
    """The schema of a setting."""
    schema = dict(_KINDS[param.kind](param))
    if param.minimum is not None and schema.get("type") in ("integer", "number"):
        schema["minimum"] = param.minimum
    if param.maximum is not None and schema.get("type") in ("integer", "number"):
        schema["maximum"] = param.maximum
    if param.optional:
        schema = _or_nothing(schema)
    return {**schema, "description": param.help}


_KINDS: Mapping[str, Callable[[Param], Schema]] = {
    "int": lambda _: {"type": "integer"},
    "axis": lambda _: {"type": "integer"},
    "float": lambda _: {"type": "number"},
    "bool": lambda _: {"type": "boolean"},
    "choice": lambda param: {"enum": list(param.choices)},
    "text": lambda _: {"type": "string", "minLength": 1},
    "column": lambda _: {"type": "string", "minLength": 1},
    "columns": lambda _: {"type": "array"},
    "tensor": lambda _: _ref("Tensor"),
    "shape": lambda _: {"anyOf": [_SIZE, {"type": "array", "items": _SIZE, "minItems": 1, "maxItems": 4}]},
    "initializer": lambda _: {"anyOf": [{"enum": list(ARGUMENTS)}, *map(_initializer, ARGUMENTS)]},
    "node": lambda _: {"type": "string"},
    "object": lambda _: {"type": "object"},
    "weights": lambda _: {
        "anyOf": [{"const": BALANCED}, {"type": "array", "items": {"type": "number", "minimum": 0}, "minItems": 1}]
    },
}
_SIZE: Schema = {"anyOf": [{"type": "integer", "minimum": -1}, {"const": BATCH}]}


def _initializer(name: str) -> Schema:
    arguments = {argument: {"type": "number"} for argument in ARGUMENTS[name]}
    return {
        "type": "object",
        "properties": {"name": {"const": name}, **arguments},
        "required": ["name"],
        "additionalProperties": False,
    }


def _training() -> Schema:
    properties = {name: of_param(param) for name, param in SETTINGS.items()}
    for name, kinds in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
        each = [_when("name", kind, _of_params(declared.params)) for kind, declared in kinds.items()]
        properties[name] |= {"properties": {"name": {"enum": list(kinds)}}, "allOf": each}
    return {"type": "object", "properties": properties}


def _data() -> Schema:
    reading = {param.name: of_param(param) for param in READING}
    # A mark that has no name stands for itself.
    reading["separator"] = {"anyOf": [{"enum": list(SEPARATORS)}, {"type": "string", "maxLength": 1}]}
    for mark in ("comment", "quote"):
        reading[mark] = {"anyOf": [reading[mark], {"type": "string", "maxLength": 1}]}
    reading["missing"] = {"type": "string", "description": reading["missing"]["description"]}
    treatment = {
        "type": "object",
        "properties": {
            "type": {"enum": ["", *TYPES]},
            "missing": {"enum": ["", *WAYS]},
            "value": {"type": ["number", "string", "null"]},
        },
    }
    extent = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    properties = {
        **{param.name: of_param(param) for param in SPLIT},
        "source": {"enum": list(SOURCES)},
        "prepare": _by_name(treatment),
        "plane": _by_name(extent),
        "answers": {
            "type": "object",
            "required": ["node", "classes"],
            "properties": {
                "node": {"type": "string"},
                "classes": {"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": True},
            },
        },
        "reading": {"type": "object", "properties": {n: _or_nothing(each) for n, each in reading.items()}},
    }
    return {"type": "object", "properties": properties, "allOf": [_when("source", n, _of_source(n)) for n in SOURCES]}


def _of_source(name: str) -> Schema:
    source = SOURCES[name]
    fields = {param.name: of_param(param) for param in source.fields}
    if name == "inline":
        fields["columns"] = _by_name({"type": "array", "items": {"type": ["number", "string", "null", "boolean"]}})
    if name == "builtin":
        fields["name"] = {"enum": list(BUILTIN)}
    needed = [param.name for param in source.fields if param.default is None and not param.optional]
    return {"properties": fields, **({"required": needed} if needed else {})}
