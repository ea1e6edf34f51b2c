"""Data before it is used: what was found out about it, what a person chooses of its columns, and the one edit that
makes it the data of a document."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from compute.data import SPLIT, ColumnFacts, Table, facts_of, inputs_for
from compute.data.columns import TYPES
from compute.data.derived import derived, sources_of
from compute.data.entering import (
    ENTERING,
    MOST_ONE_HOT,
    MOST_UNASKED,
    ONE_HOT,
    classes_with_missing,
    default_entering,
    entering_of,
    input_names,
)
from compute.data.missing import VALUE, WAYS, Treatment, default_way, retyped, treatments
from compute.data.source import First, Told, source_of, untold
from compute.data_edits import NEW, Section, data_nodes_of, is_same, read_anew, read_by, role_at, targets_by
from compute.document import Document
from compute.edits import Edit
from compute.errors import one_line
from compute.graph import Graph, columns_of
from compute.numbers_text import count_text, plural
from compute.ops import role_of


@dataclass(frozen=True, slots=True)
class Place:
    """Who may read a column. id: of a node, or one of ``NEW``; role: ``input`` or ``target``."""

    id: str
    role: str
    label: str


@dataclass(frozen=True, eq=False)
class Preview:
    """What was found out. raw: the table as its source gives it; table: with the types that are said; facts: of its
    columns, about what is predicted by now."""

    section: Section
    raw: Table
    table: Table
    facts: tuple[ColumnFacts, ...]
    few: Table
    """The first rows of the table."""

    @cached_property
    def by_name(self) -> dict[str, ColumnFacts]:
        return {each.name: each for each in self.facts}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is chosen for one column; "" where nothing is said, so that it is done by default. value: what stands in for
    missing values by the way ``own value``; readers: by the ids of ``Place``; entering: one of ``ENTERING``."""

    type: str = ""
    missing: str = ""
    value: float | str | None = None
    readers: tuple[str, ...] = ()
    entering: str = ""

    @property
    def treatment(self) -> Treatment:
        return Treatment(self.type, self.missing, self.value)


Choices = Mapping[str, Chosen]
"""By column."""


def look(section: Section, folder: Path | None, graph: Graph, told: Told = untold) -> Preview:
    """Read data and find out about it, which takes a while. Errors: GradwireError."""
    raw = source_of(section).load(section, folder, lambda share: told(0.8 * share))
    table = retyped(raw, treatments(section))
    targets = [name for names in targets_by(graph, section, table).values() for name in names]
    if not any(role_of(node.op) == "target" for node in graph.nodes.values()):
        targets = list(source_of(section).targets(section, table))
    return _found(section, raw, table, targets, lambda share: told(0.8 + 0.2 * share))


def look_again(preview: Preview, graph: Graph, choices: Choices, told: Told = untold) -> Preview:
    """The same table with other types, or with something else to be predicted."""
    section = prepared_section(preview.section, choices)
    table = retyped(preview.raw, treatments(section))
    targets = [name for name, one in choices.items() if any(role_at(graph, each) == "target" for each in one.readers)]
    return _found(section, preview.raw, table, targets, told)


def _found(section: Section, raw: Table, table: Table, targets: Sequence[str], told: Told) -> Preview:
    few = Table({name: values[: First.MOST_ROWS] for name, values in table.columns.items()}, table.categories)
    return Preview(section, raw, table, facts_of(table, targets, told, treatments(section)), few)


def places(graph: Graph) -> list[Place]:
    """Who may read columns: the inputs, then the targets."""
    found = []
    for role, new in NEW.items():
        nodes = [node for node in data_nodes_of(graph) if role_of(node.op) == role]
        found += [Place(node.id, role, node.label if len(nodes) > 1 else role) for node in nodes]
        if not nodes:
            found.append(Place(new, role, role))
    return found


def choices_at_first(document: Document, preview: Preview) -> dict[str, Chosen]:
    """What is proposed: what the document says and reads already, else what ``use_data`` does."""
    graph, table, section = document.graph, preview.table, preview.section
    said = treatments(section)
    read = read_by(graph, section, table, preview.facts)
    if not read:  # no node reads data yet: those that do are added
        targets = list(source_of(section).targets(section, table))
        read = {NEW["input"]: inputs_for(table, preview.facts, targets, said), NEW["target"]: targets}
    made = {place: _grouped(names, table) for place, names in read.items()}
    order = [(place.id, place.role) for place in places(graph) if place.id in read]
    found = {}
    for name in table.names:
        one = said.get(name, Treatment())
        readers = tuple(place for place, _ in order if name in made[place])
        inputs = [made[place][name] for place, role in order if role == "input" and name in made[place]]
        entering = entering_of(inputs[0], name, table) if inputs else ""
        found[name] = Chosen(one.type, one.missing, one.value, readers, entering)
    return found


def _grouped(names: Sequence[str], table: Table) -> dict[str, list[str]]:
    """By the column that they are made from, or are."""
    out: dict[str, list[str]] = {}
    for name in names:
        made = derived(name, table.columns)
        out.setdefault(made.source if made else name, []).append(name)
    return out


def read_as(
    document: Document, preview: Preview, choices: Choices, names: Sequence[str], place: str
) -> dict[str, Chosen]:
    """Some columns are read at a place and nowhere else, or nowhere where it is "". Classes are predicted one column at
    a time, so that the column that was predicted there before no longer is."""
    graph, out = document.graph, dict(choices)
    for name in names:
        out[name] = replace(out[name], readers=(place,) if place else ())
    if role_at(graph, place) != "target":
        return out
    node = graph.nodes.get(place)
    predicted = [name for name, one in out.items() if place in one.readers]
    is_one = any(name in preview.table.categories for name in predicted)
    if is_one or (node is not None and node.params.get("encoding", "value") != "value"):
        for name in predicted:
            if name != names[0]:
                out[name] = replace(out[name], readers=tuple(each for each in out[name].readers if each != place))
    return out


def with_inputs(document: Document, preview: Preview, choices: Choices, kept: Container[str]) -> dict[str, Chosen]:
    """The inputs that are proposed for what is predicted by now, among all columns but those that a person chose;
    nothing else where the inputs of the document are there anyway."""
    graph, table, out = document.graph, preview.table, dict(choices)
    inputs = [place.id for place in places(graph) if place.role == "input"]
    named = columns_of(graph.nodes[inputs[0]]) if inputs[0] in graph.nodes else []
    if len(inputs) > 1 or (named and all(name in table.columns for name in sources_of(named, table.columns))):
        return out
    said = {name: one.treatment for name, one in choices.items()}
    predicted = [name for name, one in choices.items() if any(role_at(graph, each) == "target" for each in one.readers)]
    wanted = set(sources_of(inputs_for(table, preview.facts, predicted, said), table.columns))
    for name, one in choices.items():
        if name not in kept and name not in predicted:
            out[name] = replace(one, readers=(inputs[0],) if name in wanted else ())
    return out


def against(document: Document, preview: Preview, name: str, one: Chosen) -> str:
    """What speaks against how a column is read, "" for nothing."""
    graph, classes = document.graph, preview.table.categories.get(name, ())
    targets = [each for each in one.readers if role_at(graph, each) == "target"]
    if not targets:
        return preview.by_name[name].warning
    if name in preview.table.faults:
        return preview.table.faults[name]
    node, facts = graph.nodes.get(targets[0]), preview.by_name[name]
    is_value = node is None or node.params.get("encoding", "value") == "value"
    if node is not None and is_value and len(classes) > 2:
        return f"its {len(classes)} classes would be predicted as one number; give {node.label} another encoding"
    some = preview.few.columns[name]
    whole = bool((np.isnan(some) | (some == np.floor(some))).all()) and 0 <= facts.low <= facts.high < MOST_UNASKED
    if node is not None and not is_value and not classes and not whole:
        return f'its numbers would be taken for classes; give {node.label} the encoding "value", and a loss of numbers'
    return ""


def tidied(choices: Choices, preview: Preview) -> dict[str, Chosen]:
    """Without what no longer goes once columns are other types, and with those that are new."""
    out = {}
    for name in preview.table.names:
        one = choices.get(name, Chosen())
        if one.missing and one.missing not in ways_for(preview, name):
            one = replace(one, missing="", value=None)
        if one.entering and one.entering not in entering_for(preview, name, one):
            one = replace(one, entering="")
        out[name] = one
    return out


def ways_for(preview: Preview, name: str) -> list[str]:
    """What can be done about missing values of a column."""
    is_text = name in preview.table.categories
    return [way.name for way in WAYS.values() if (way.classes if is_text else way.numbers)]


def way_of(preview: Preview, graph: Graph, name: str, one: Chosen) -> str:
    """What is done about them."""
    is_target = any(role_at(graph, each) == "target" for each in one.readers)
    return one.missing or default_way(name in preview.table.categories, is_target)


def entering_for(preview: Preview, name: str, one: Chosen) -> list[str]:
    """In which ways a column may enter; none for numbers."""
    if name not in preview.table.categories:
        return []
    many = len(classes_with_missing(preview.table, name, one.treatment)) > MOST_ONE_HOT
    return [each for each in ENTERING if not (many and each == ONE_HOT)]


def entering_now(preview: Preview, name: str, one: Chosen) -> str:
    """In which way it enters; "" for numbers."""
    if name not in preview.table.categories:
        return ""
    return one.entering or default_entering(classes_with_missing(preview.table, name, one.treatment))


def type_of(facts: ColumnFacts) -> str:
    """The type of a column in the words of ``data.prepare``."""
    return next(word for word, kind in TYPES.items() if kind == facts.type)


def prepared_section(section: Section, choices: Choices) -> dict[str, Any]:
    """The data section with what is chosen of types and missing values."""
    before = section.get("prepare", {})
    prepare: dict[str, Any] = {name: said for name, said in before.items() if name not in choices}
    for name, one in choices.items():
        said = {key: value for key, value in before.get(name, {}).items() if key not in ("type", "missing", "value")}
        said |= {key: value for key, value in (("type", one.type), ("missing", one.missing)) if value}
        if one.missing == VALUE:
            said["value"] = one.value
        if said:
            prepare[name] = said
    out = {key: value for key, value in section.items() if key != "prepare"}
    return out | {"prepare": prepare} if prepare else out


def reads(document: Document, preview: Preview, choices: Choices) -> dict[str, list[str]]:
    """What each place reads by these choices, in order. What was read before stays as it was, unless it was chosen
    anew."""
    graph, table = document.graph, preview.table
    before = read_by(graph, preview.section, table, preview.facts)
    at_first = choices_at_first(document, preview)
    out: dict[str, list[str]] = {}
    for place in places(graph):
        old = _grouped(before.get(place.id, []), table)
        mine = [name for name in table.names if name in choices and place.id in choices[name].readers]
        wanted = set(mine)
        names: list[str] = []
        for name in _in_order([name for name in old if name in wanted], mine, table.names):
            one = choices[name]
            same = (one.entering, one.treatment) == (at_first[name].entering, at_first[name].treatment)
            if place.role == "target":
                names += [name]
            elif name in old and same:
                names += old[name]
            else:
                names += input_names(table, name, one.treatment, one.entering)
        if not names and place.id in graph.nodes and any(name not in table.columns for name in old):
            names = columns_of(graph.nodes[place.id])  # it says what it lacks
        out[place.id] = names
    return out


def _in_order(kept: Sequence[str], wanted: Sequence[str], order: Sequence[str]) -> list[str]:
    """Those that are kept as they stand, others where they stand in the data if all are in that order, else behind."""
    place = {name: at for at, name in enumerate(order)}
    if [place[name] for name in kept] == sorted(place[name] for name in kept):
        return sorted(wanted, key=place.__getitem__)
    return list(dict.fromkeys([*kept, *wanted]))


def edit_of(document: Document, preview: Preview, choices: Choices, text: str) -> Edit:
    """The data becomes that of the document as it is chosen, and its nodes read what is chosen, in one undo step."""
    section = prepared_section(preview.section, choices)
    return read_anew(document, section, preview.table, reads(document, preview, choices), text)


def is_other(document: Document, preview: Preview, choices: Choices) -> bool:
    """Whether the document has something else by now, so that using what is looked at changes anything."""
    found, graph = reads(document, preview, choices), document.graph
    here = {name: columns_of(graph.nodes[name]) if name in graph.nodes else [] for name in found}
    return found != here or not is_same(prepared_section(preview.section, choices), document.data, _SPLIT)


_SPLIT = tuple(param.name for param in SPLIT)


def summary(document: Document, preview: Preview, choices: Choices) -> str:
    """What the network would be given, in a sentence."""
    graph, found = document.graph, reads(document, preview, choices)
    role = {place.id: place.role for place in places(graph)}
    inputs = [name for place, names in found.items() if role[place] == "input" for name in names]
    targets = [name for place, names in found.items() if role[place] == "target" for name in names]
    made = len(inputs)
    of = len(sources_of(inputs, preview.table.columns))
    from_ = f", made from {count_text(of)}" if of != made else ""
    given = f"{count_text(made)} {plural('input', made)}{from_}" if made else "No column is an input"
    some = ", ".join(short_name(name) for name in targets[:3]) + (" …" if len(targets) > 3 else "")
    sentence = f"{given}; {f'predicts {some}' if targets else 'nothing is predicted'}."
    added = [role[place] for place, names in found.items() if place not in graph.nodes and names]
    if added:
        are = "is" if len(added) == 1 else "are"
        sentence += f" The {plural('node', len(added))} {' and '.join(added)} {are} added."
    return sentence


_LONG_NAME = 40


def short_name(name: str) -> str:
    """The name of a column on one line."""
    line = one_line(name)
    return line if len(line) <= _LONG_NAME else f"{line[: _LONG_NAME - 1]}…"
