"""What a call gives in place of what the document holds: settings of nodes, and another table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from compute.data.source import source_of_file
from compute.data.split import SPLIT
from compute.data.words import did_you_mean, listed
from compute.document import SETTINGS, Document
from compute.errors import GradwireError
from compute.given import node_called, param_of, put, value_of
from compute.ops import find
from compute.optimizers import OPTIMIZERS
from compute.params import Param
from compute.schedules import SCHEDULES


def set_params(document: Document, given: Sequence[tuple[str, str, str]]) -> None:
    """Put settings into the document: each a node's id or title, or ``training``, ``training.optimizer`` or
    ``training.schedule``; a setting's name; and what was written for its value. Errors: GradwireError naming node and
    setting."""
    for name, setting, text in given:
        if name in _OF_TRAINING and name not in document.graph.nodes:
            _set_training(document, name, setting, text)
            continue
        node = node_called(document, name)
        param = param_of(node, setting)
        try:
            value = value_of(param, text)
        except ValueError as error:
            op = find(node.op)
            title = op.title if op else node.op
            raise GradwireError(f'--set: {title} {node.label}: {setting} {error}; it is "{text}"') from None
        put(document, node.id, setting, value)


_OF_TRAINING: Mapping[str, Mapping[str, Any]] = {
    "training": {},
    "training.optimizer": OPTIMIZERS,
    "training.schedule": SCHEDULES,
}


def _set_training(document: Document, of: str, setting: str, text: str) -> None:
    """Put a setting of the training into the document; another optimizer or schedule keeps what it knows too."""
    kinds, part = _OF_TRAINING[of], of.rpartition(".")[2]
    before: Mapping[str, Any] = getattr(document.training, part) if kinds else {}
    if kinds and setting == "name":
        if text not in kinds:
            raise GradwireError(
                f'--set: there is no {part} "{text}"; {did_you_mean(text, kinds)}choose {listed(kinds)}'
            )
        kept = {param.name: before[param.name] for param in kinds[text].params if param.name in before}
        fields: dict[str, Any] = {part: {"name": text, **kept}}
        document.training = replace(document.training, **fields)
        return
    kind = kinds.get(str(before.get("name", next(iter(kinds))))) if kinds else None
    params = {param.name: param for param in (kind.params if kind else ())} if kinds else _plain_settings()
    if setting not in params:
        hint = did_you_mean(setting, params)
        raise GradwireError(f'--set: {of} has no setting "{setting}"; {hint}its settings are {listed(params)}')
    try:
        value = value_of(params[setting], text)
    except ValueError as error:
        raise GradwireError(f'--set: {of}.{setting} {error}; it is "{text}"') from None
    fields = {part: {**before, setting: value}} if kinds else {setting: value}
    document.training = replace(document.training, **fields)


def _plain_settings() -> dict[str, Param]:
    """Those of the training itself; a seed draws new weights too, so it has an option of its own."""
    return {name: param for name, param in SETTINGS.items() if param.kind != "object" and name != "seed"}


def use_file(document: Document, path: str) -> None:
    """Have the document take the same columns from another file, which is split and standardised as its own table was.
    Errors: GradwireError where no source reads such files."""
    kept = {param.name: document.data[param.name] for param in SPLIT if param.name in document.data}
    document.data = {"source": source_of_file(path).name, "path": str(Path(path).absolute()), **kept}
