"""How one weight moves: the optimizer's lines with their numbers; the new weight comes from the optimizer itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from compute.explain.answer import Answer, Part
from compute.explain.arithmetic import numeric, symbolic
from compute.explain.facts import Array, Entry, Facts, Quantity, plain
from compute.explain.formula import lines, stacked
from compute.explain.sums import naming
from compute.numbers_text import precise, tex
from compute.optimizers import Line, Optimizer

State = Mapping[str, Mapping[str, Array]]
"""Parameter name → name of the optimizer's state array → array."""

SYMBOLS = {
    "learning_rate": r"\alpha",
    "weight_decay": r"\lambda",
    "momentum": r"\mu",
    "decay": r"\rho",
    "beta1": r"\beta_1",
    "beta2": r"\beta_2",
    "epsilon": r"\epsilon",
    "m_hat": r"\hat{m}",
    "v_hat": r"\hat{v}",
    "clip": "k",
    "clip_norm": "c",
    "clip_value": "d",
    "norm": r"\left\lVert g \right\rVert",
    "base_rate": r"\alpha_0",
    "gamma": r"\gamma",
    "min_rate": r"\alpha_e",
    "step_size": r"\mathrm{every}",
    "div_factor": r"\mathrm{div}",
    "final_div_factor": r"\mathrm{end}",
    "rise": r"\mathrm{rise}",
    "warmup_start": r"\mathrm{start}",
}
"""Letters of optimizers that are not written as they are."""


def update(facts: Facts, q: Quantity, entry: Entry, optimizer: Optimizer, state: State, step: int) -> Answer:
    """The update of one entry of a weight. ``step`` is the number t of this update, from 1."""
    before = Quantity("weight", q.node, q.name)
    slope = Quantity("weight gradient", q.node, q.name)
    weight, gradient = facts.at(before, entry), facts.at(slope, entry)
    old = {key: np.asarray(array[entry], dtype=np.float64) for key, array in state.get(q.weight, {}).items()}
    norm = facts.gradient_norm if optimizer.clipping.norm else 0.0
    letters = optimizer.letters(np.asarray(weight), np.asarray(gradient), old, step, norm)
    board = _Board(optimizer, facts.symbol(before, entry), facts.symbol(slope, entry), letters)
    with np.errstate(all="ignore"):
        for line in optimizer.used:
            board.write(line)
    result = board.value("p")
    change = result - weight
    called = plain(facts.weight_name(q), entry)
    direction = "up" if change > 0 else "down"
    against = "against" if change * gradient < 0 else "along"
    sentence = (
        f"{called} goes {direction} by {precise(abs(change))}, {against} its gradient {precise(gradient)}, "
        f"with the learning rate {board.value('learning_rate'):g}: {precise(weight)} becomes {precise(result)}."
    )
    if change == 0.0:
        sentence = f"{called} stays at {precise(weight)}: this update changes nothing."
    sentence = " ".join(filter(None, (sentence, optimizer.words, _clipped(optimizer, gradient, norm))))
    remembered = [name for name in optimizer.state if any(line.name == name for line in optimizer.used)]
    parts = (
        Part(naming(facts, before, entry), weight, before, entry),
        Part(naming(facts, slope, entry), gradient, slope, entry),
        *([Part("‖g‖, the norm of all gradients", norm)] if optimizer.clipping.norm else []),
        *(Part(words, optimizer.known[name]) for name, words in _OF_SCHEDULE.items() if name in optimizer.known),
        *(Part(f"{name} (after this step)", board.value(name)) for name in remembered),
    )
    title = f"Update of {called}"
    return Answer(title, stacked(board.rules), stacked(board.numbers), precise(result), sentence, result, parts)


_OF_SCHEDULE = {
    "base_rate": "α₀, the learning rate that is set",
    "s": "s, the step in the schedule, from 0",
    "S": "S, its steps in all",
    "W": "W, the steps of the warm-up",
    "n": "n, the steps of an epoch",
}
"""Letters of schedules that a sum cannot do without."""


def _clipped(optimizer: Optimizer, gradient: float, norm: float) -> str:
    """What clipping did to a gradient, in a sentence; nothing where it did nothing."""
    clipping, words = optimizer.clipping, []
    if clipping.norm and norm > clipping.norm:
        words.append(f"all gradients were scaled by {precise(clipping.norm / norm)}, as their norm is {precise(norm)}")
        gradient *= clipping.norm / norm
    if clipping.value and abs(gradient) > clipping.value:
        words.append(f"this one was cut to {precise(clipping.value)}")
    return f"Before that, {', and '.join(words)}." if words else ""


class _Board:
    """What is written, line by line. ``letters``: what each letter stands for at this moment."""

    def __init__(self, optimizer: Optimizer, w: str, slope: str, letters: dict[str, Any]) -> None:
        """w, slope: LaTeX of the weight and of its gradient."""
        self.letters = letters
        self.rules: list[str] = []
        self.numbers: list[str] = []
        values = {**optimizer.values, **optimizer.clipping.values}
        self._settings = {name: float(value) for name, value in values.items()}
        self._goes_on = {"p", *optimizer.state}
        self._own = {"p": w, "change": rf"\Delta {w}", **SYMBOLS}
        # Until a line makes it another, g is the gradient itself.
        self._symbols = {name: self._symbol(name) for name in letters} | {"g": slope}

    def _symbol(self, name: str) -> str:
        return self._own.get(name, name if len(name) == 1 else rf"\mathrm{{{name}}}")

    def value(self, name: str) -> float:
        """The number that a letter stands for."""
        return float(self.letters[name])

    def write(self, line: Line) -> None:
        """One line: its rule, and its numbers with what it gives."""
        rule = " ".join(symbolic(line.written, self._symbols))
        given = numeric(line.written, {name: float(x) for name, x in self.letters.items()}, self._settings)
        if not line.only_shown or line.name not in self.letters:  # what is only shown gives what is there already
            self.letters[line.name] = line.right.value(self.letters)
        left = self._symbols[line.name] = self._symbol(line.name)
        equals = ":=" if line.name in self._goes_on else "="
        result = tex(self.value(line.name))
        self.rules.append(f"{left} {equals} {rule}")
        self.numbers.append(lines(left, [result] if given == [result] else [given, result], equals))
