"""The function of an exported C source that takes rows as they stand in a table, and what it is compared with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from compute.data.lags import span
from compute.export.c_text import comment, indented, number, string
from compute.export.format import Array, Network
from compute.export.preparation import ColumnRule, Preparation

_MOST_NUMBERS = 2_000_000
"""So many are handed over at once for a comparison."""


def asked_of(prepared: Preparation) -> set[str]:
    """The helpers that the function needs."""
    found = {prepared.activation} if prepared.activation else set()
    return found | {f"past_{span(rule.argument)[0]}" for rule in _rules(prepared) if _is_window(rule)}


def header_lines(name: str, prepared: Preparation) -> list[str]:
    """What the header says of it."""
    rules = {rule.source: rule for rule in _rules(prepared)}
    lines = ["", "/* One row as the table has it, NAN where a value is missing:"]
    if prepared.past:
        lines = [
            "",
            f"#define {name.upper()}_ROWS {prepared.past + 1}",
            f"/* {prepared.past + 1} rows as the table has them, the earliest first, the last one answered;",
            "   of each, NAN where a value is missing:",
        ]
    return [
        *lines,
        *(f"   {at}: {comment(source)}{_classes(rule)}" for at, (source, rule) in enumerate(rules.items())),
        f"   answers: {comment(', '.join(prepared.names))}.",
        "   Returns which of them is the largest. */" if prepared.answers != "numbers" else "   Returns 0. */",
        f"int {name}_predict(const float *{_given(prepared)}, float *answers);",
        f"extern const char *const {name}_names[{len(prepared.names)}];",
    ]


def predict_text(name: str, prepared: Preparation, fed: Sequence[str]) -> str:
    """From one row of the table, and those before it where it is answered from them, to answers."""
    sources, lines, declared, calls = _sources(prepared), [], [], []
    for place, node in enumerate(fed):
        rules = prepared.inputs[node]
        declared.append(f"static float input{place}[{len(rules)}];")
        calls.append(f"input{place}")
        for at, rule in enumerate(rules):
            value = _value(rule, sources.index(rule.source), len(sources), prepared)
            if (rule.mean, rule.std) != (0.0, 1.0):
                value = f"({value} - {number(rule.mean)}) / {number(rule.std)}"
            lines.append(f"input{place}[{at}] = {value};")
    count = len(prepared.names)
    found = "answers + 1" if prepared.answers == "yes or no" else "answers"
    lines.append(f"{name}_network({', '.join([*calls, found])});")
    if prepared.activation == "softmax":
        lines.append(f"softmax(answers, answers, 1, {count});")
    elif prepared.activation == "sigmoid":
        first = 1 if prepared.answers == "yes or no" else 0
        lines.append(f"for (int i = {first}; i < {count}; ++i) answers[i] = sigmoid(answers[i]);")
    if prepared.answers == "yes or no":
        lines.append("answers[0] = 1.0f - answers[1];")
    if prepared.answers == "numbers":
        lines.append("return 0;")
    else:
        lines += ["int best = 0;", f"for (int i = 1; i < {count}; ++i) best = answers[i] > answers[best] ? i : best;",
                  "return best;"]  # fmt: skip
    names = ", ".join(string(one) for one in prepared.names)
    body = "\n".join([*declared, *lines])
    return (
        f"const char *const {name}_names[{count}] = {{{names}}};\n\n"
        f"int {name}_predict(const float *{_given(prepared)}, float *answers) {{\n{indented(body)}\n}}"
    )


def raw_rows(network: Network) -> tuple[Array, Array]:
    """What the function takes for the rows that are compared, float32, one line of numbers for each; and which of those
    rows they are, since there are fewer where each is answered from many."""
    prepared, table = network.preparation, network.raw
    assert prepared is not None
    assert table is not None
    columns = np.stack([table.columns[name] for name in _sources(prepared)], axis=1).astype(np.float32)
    each = columns.shape[1] * (prepared.past + 1)
    some = np.arange(min(len(network.compared), max(1, _MOST_NUMBERS // each)))
    back = np.arange(-prepared.past, 1)
    return columns[network.compared[some][:, None] + back].reshape(len(some), each), some


def answers(prepared: Preparation, found: Array) -> Array:
    """What the function should answer, by what the network gives."""
    found = found.reshape(len(found), -1)
    if prepared.activation == "softmax":
        found = np.exp(found - found.max(axis=1, keepdims=True))
        found = found / found.sum(axis=1, keepdims=True)
    elif prepared.activation == "sigmoid":
        found = 0.5 * (1.0 + np.tanh(0.5 * found))
    return np.hstack([1.0 - found, found]) if prepared.answers == "yes or no" else found


def _value(rule: ColumnRule, source: int, width: int, prepared: Preparation) -> str:
    """What a rule makes of the rows, before it is standardised."""
    if rule.past:
        of, first, last = span(rule.argument)
        at = (prepared.past - first) * width + source
        return f"past_{of}(rows + {at}, {width}, {first - last + 1})" if _is_window(rule) else f"rows[{at}]"
    value = f"{_given(prepared)}[{prepared.past * width + source}]"
    if rule.missing is not None:
        value = f"(isnan({value}) ? {number(rule.missing)} : {value})"
    if rule.kind == "one-hot":
        value = f"(float)({value} == {rule.classes.index(rule.argument) if rule.argument in rule.classes else -1})"
    return value


def _given(prepared: Preparation) -> str:
    return "rows" if prepared.past else "columns"


def _is_window(rule: ColumnRule) -> bool:
    return bool(rule.past) and bool(span(rule.argument)[0])


def _rules(prepared: Preparation) -> list[ColumnRule]:
    return [rule for rules in prepared.inputs.values() for rule in rules]


def _sources(prepared: Preparation) -> list[str]:
    return list(dict.fromkeys(rule.source for rule in _rules(prepared)))


def _classes(rule: ColumnRule) -> str:
    if not rule.classes:
        return ""
    return f" ({comment(', '.join(f'{at} {name}' for at, name in enumerate(rule.classes)))})"
