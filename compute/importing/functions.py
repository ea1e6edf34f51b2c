"""Functions that an ONNX file brings itself, written out where they are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compute.errors import GradwireError

_DEEPEST = 20
_LARGEST = 64 * 10**6
"""Bytes that functions may grow to."""


def inlined(proto: Any, most: int) -> Any:
    """The graph of a model with its functions in place of their calls, of at most so many nodes.

    Errors: GradwireError for functions that call themselves, or grow beyond that.
    """
    from onnx import GraphProto

    known = {(each.domain, each.name): each for each in proto.functions}
    graph = GraphProto()
    graph.CopyFrom(proto.graph)
    del graph.node[:]
    made: list[Any] = []
    waiting = [(node, 0) for node in reversed(proto.graph.node)]
    calls = size = 0
    sizes = {key: each.ByteSize() for key, each in known.items()}
    while waiting:
        node, depth = waiting.pop()
        function = known.get((node.domain, node.op_type))
        if function is None:
            made.append(node)
            if len(made) > most:
                raise GradwireError(f"its functions written out have more than {most:,} nodes; simplify it")
            continue
        calls += 1
        size += sizes[function.domain, function.name] + node.ByteSize()
        if depth >= _DEEPEST or calls > most or size > _LARGEST:
            raise GradwireError(f'the function "{function.name[:60]}" calls itself or others too often; flatten it')
        waiting += [(each, depth + 1) for each in reversed(_written_out(node, function, calls))]
        if len(waiting) > most:
            raise GradwireError(f"its functions written out have more than {most:,} nodes; simplify it")
    graph.node.extend(made)
    return graph


def _written_out(call: Any, function: Any, number: int) -> list[Any]:
    """The nodes of a function with the names and attributes of one call."""
    from onnx import NodeProto

    names: dict[str, str] = {"": ""}
    names |= dict(zip(function.input, call.input, strict=False))
    names |= dict.fromkeys(function.input[len(call.input) :], "")
    names |= dict(zip(function.output, call.output, strict=False))
    given: Mapping[str, Any] = {each.name: each for each in (*function.attribute_proto, *call.attribute)}
    out = []
    for node in function.node:
        new = NodeProto()
        new.CopyFrom(node)
        del new.input[:], new.output[:], new.attribute[:]
        new.input.extend(names.setdefault(name, f"{name}@{number}") for name in node.input)
        new.output.extend(names.setdefault(name, f"{name}@{number}") for name in node.output)
        for attribute in node.attribute:
            wanted = attribute.ref_attr_name
            if wanted and wanted not in given:
                continue
            mine = new.attribute.add()
            mine.CopyFrom(given[wanted] if wanted else attribute)
            mine.name = attribute.name
        out.append(new)
    return out
