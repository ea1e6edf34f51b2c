"""Ops that only move entries: where an entry came from, and where it went."""

from __future__ import annotations

import numpy as np

from compute.explain.answer import Part
from compute.explain.facts import Entry, Facts, Quantity, plain
from compute.explain.formula import lines
from compute.explain.told import Told
from compute.numbers_text import precise, tex


def _numbered(facts: Facts, node: str) -> tuple[list[np.ndarray], np.ndarray]:
    """Every entry of the ports replaced by a number of its own, and where these are in the output."""
    inputs, start = [], 0
    for source in facts.analysis.sources[node]:
        shape = facts.trace.values[source].shape
        size = int(np.prod(shape))
        inputs.append(np.arange(start, start + size).reshape(shape))
        start += size
    return inputs, facts.op(node).forward(inputs, {}, facts.settings(node))


def value(facts: Facts, node: str, entry: Entry) -> Told:
    """Why an entry of the output has its value: it is that entry of that port."""
    inputs, output = _numbered(facts, node)
    number = output[entry]
    port = next(i for i, ids in enumerate(inputs) if ids.size and ids.flat[0] <= number <= ids.flat[-1])
    at = tuple(int(i) for i in np.unravel_index(int(number - inputs[port].flat[0]), inputs[port].shape))
    source, q = Quantity("value", facts.analysis.sources[node][port]), Quantity("value", node)
    left, result = facts.symbol(q, entry), facts.at(q, entry)
    op, name = facts.op(node), plain(facts.label(source.node), at)
    told = f"{op.title} moves {name} = {precise(result)} here and leaves it as it is."
    if op.bypassed:
        told = f"Bypassed: passes its input through, so this is {name} = {precise(result)}."
    parts = (Part(name, result, source, at),)
    return Told(f"{left} = {facts.symbol(source, at)}", f"{left} = {tex(result)}", told, parts)


def wire(facts: Facts, node: str, port: str, entry: Entry) -> Told:
    """Why an entry of the gradient that comes back has its value: it is the gradient of where the entry went."""
    inputs, output = _numbered(facts, node)
    number = inputs[facts.op(node).ports.index(port)][entry]
    at = tuple(int(i) for i in np.argwhere(output == number)[0])
    q, upstream = Quantity("wire", node, port), Quantity("gradient", node)
    left, result = facts.symbol(q, entry), facts.at(q, entry)
    here, there = plain(facts.label(facts.source(node, port)), entry), plain(facts.label(node), at)
    told = f"{facts.op(node).title} moved {here} to {there}, so what arrives there, {precise(result)}, comes back here."
    if facts.op(node).bypassed:
        told = f"Bypassed: passes its input through, so what arrives at {there}, {precise(result)}, comes back."
    parts = (Part(f"∂L/∂{there}", result, upstream, at),)
    return Told(lines(left, [facts.symbol(upstream, at)]), lines(left, [tex(result)]), told, parts)
