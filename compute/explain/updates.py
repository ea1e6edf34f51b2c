"""How one weight moves: the optimizer's formula with its numbers; the new weight comes from the optimizer itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from compute.explain.facts import Answer, Array, Entry, Facts, Part, Quantity, plain
from compute.explain.formula import lines, signed, stacked
from compute.explain.sums import naming
from compute.numbers_text import precise, tex
from compute.optimizers import Optimizer

State = Mapping[str, Mapping[str, Array]]
"""Parameter name → name of the optimizer's state array → array."""


@dataclass(frozen=True)
class Move:
    """One weight before and after one update; ``old`` and ``new`` are the optimizer's state around it."""

    optimizer: Optimizer
    w: str
    weight: float
    gradient: float
    old: Mapping[str, float]
    new: Mapping[str, float]
    result: float
    step: int

    def setting(self, name: str) -> float:
        """A hyperparameter; 0 where this optimizer has none of that name."""
        return float(self.optimizer.values.get(name, 0.0))


def update(facts: Facts, q: Quantity, entry: Entry, optimizer: Optimizer, state: State, step: int) -> Answer:
    """The update of one entry of a weight. ``step`` is the number t of this update, from 1."""
    name = q.weight
    before = Quantity("weight", q.node, q.name)
    slope = Quantity("weight gradient", q.node, q.name)
    weight, gradient = facts.at(before, entry), facts.at(slope, entry)
    old = {key: float(np.asarray(array)[entry]) for key, array in state.get(name, {}).items()}
    called = plain(facts.weight_name(q), entry)
    arrays: dict[str, Array] = {key: np.asarray(value, dtype=np.float64) for key, value in old.items()}
    with np.errstate(all="ignore"):
        result = float(optimizer.update(np.asarray(weight), np.asarray(gradient), arrays, step))
    new = {key: float(array) for key, array in arrays.items()}
    move = Move(optimizer, facts.symbol(before, entry), weight, gradient, old, new, result, step)
    rules, numbers = WRITTEN.get(optimizer.name, _plainly)(move, facts.symbol(slope, entry))
    change = result - weight
    direction = "up" if change > 0 else "down"
    against = "against" if change * gradient < 0 else "along"
    sentence = (
        f"{called} goes {direction} by {precise(abs(change))}, {against} its gradient {precise(gradient)}, "
        f"with the learning rate {move.setting('learning_rate'):g}: {precise(weight)} becomes {precise(result)}."
    )
    if change == 0.0:
        sentence = f"{called} stays at {precise(weight)}: this update changes nothing."
    parts = (
        Part(naming(facts, before, entry), weight, before, entry),
        Part(naming(facts, slope, entry), gradient, slope, entry),
        *(Part(f"{key} (after this step)", value) for key, value in new.items()),
    )
    title = f"Update of {called}"
    return Answer(title, stacked(rules), stacked(numbers), precise(result), sentence, result, parts)


Texts = tuple[list[str], list[str]]
"""Rules and numbers, line by line."""


def _plus(*terms: str) -> list[str]:
    return [terms[0], *(f"+ {signed(term)}" for term in terms[1:])]


def _decayed(move: Move, gradient: str) -> tuple[list[str], list[str], str, float]:
    """The gradient with weight decay added, where there is any: rules, numbers, its symbol and its value."""
    decay = move.setting("weight_decay")
    if not decay:
        return [], [], gradient, move.gradient
    total = move.gradient + decay * move.weight
    rule = rf"g = {gradient} + \lambda\,{move.w}"
    pieces = _plus(tex(move.gradient), rf"{tex(decay)} \cdot {signed(tex(move.weight))}")
    return [rule], [lines("g", [pieces, tex(total)])], "g", total


def _sgd(move: Move, gradient: str) -> Texts:
    rules, numbers, symbol, g = _decayed(move, gradient)
    momentum, rate = move.setting("momentum"), move.setting("learning_rate")
    if momentum:
        buf = move.new["buf"]
        rules.append(rf"v := \mu\,v + {symbol}")
        pieces = _plus(rf"{tex(momentum)} \cdot {signed(tex(move.old.get('buf', 0.0)))}", tex(g))
        numbers.append(lines("v", [pieces, tex(buf)], ":="))
        if move.optimizer.values.get("nesterov"):
            ahead = g + momentum * buf
            rules.append(rf"d = {symbol} + \mu\,v")
            numbers.append(lines("d", [_plus(tex(g), rf"{tex(momentum)} \cdot {signed(tex(buf))}"), tex(ahead)]))
            symbol, g = "d", ahead
        else:
            symbol, g = "v", buf
    rules.append(rf"{move.w} := {move.w} - \alpha\,{symbol}")
    numbers.append(
        lines(move.w, [[tex(move.weight), rf"- {tex(rate)} \cdot {signed(tex(g))}"], tex(move.result)], ":=")
    )
    return rules, numbers


def _adam(move: Move, gradient: str) -> Texts:
    rules, numbers, symbol, g = _decayed(move, gradient)
    s, t = move.setting, move.step
    beta1, beta2, rate = s("beta1"), s("beta2"), s("learning_rate")
    m, v = move.new["m"], move.new["v"]
    m_hat, v_hat = m / (1.0 - beta1**t), v / (1.0 - beta2**t)
    change = move.result - move.weight
    rules += [
        rf"m := \beta_1\,m + (1 - \beta_1)\,{symbol}",
        rf"v := \beta_2\,v + (1 - \beta_2)\,\left({symbol}\right)^2",
        r"\hat{m} = \frac{m}{1 - \beta_1^t}, \quad \hat{v} = \frac{v}{1 - \beta_2^t}",
        rf"\Delta {move.w} = -\alpha\,\frac{{\hat{{m}}}}{{\sqrt{{\hat{{v}}}} + \epsilon}}",
        rf"{move.w} := {move.w} + \Delta {move.w}",
    ]
    old_m, old_v = signed(tex(move.old.get("m", 0.0))), tex(move.old.get("v", 0.0))
    numbers += [
        lines("m", [_plus(rf"{tex(beta1)} \cdot {old_m}", rf"{tex(1 - beta1)} \cdot {signed(tex(g))}"), tex(m)], ":="),
        lines("v", [_plus(rf"{tex(beta2)} \cdot {old_v}", rf"{tex(1 - beta2)} \cdot ({tex(g)})^2"), tex(v)], ":="),
        lines(r"\hat{m}", [rf"\frac{{{tex(m)}}}{{1 - {tex(beta1)}^{{{t}}}}}", tex(m_hat)]),
        lines(r"\hat{v}", [rf"\frac{{{tex(v)}}}{{1 - {tex(beta2)}^{{{t}}}}}", tex(v_hat)]),
        lines(
            rf"\Delta {move.w}",
            [
                rf"-{tex(rate)} \cdot \frac{{{tex(m_hat)}}}{{\sqrt{{{tex(v_hat)}}} + {tex(s('epsilon'))}}}",
                tex(change),
            ],
        ),
        lines(move.w, [_plus(tex(move.weight), tex(change)), tex(move.result)], ":="),
    ]
    return rules, numbers


def _plainly(move: Move, gradient: str) -> Texts:
    """Any other optimizer: its own formula, its state before and after, and the step."""
    numbers = [f"{gradient} = {tex(move.gradient)}"]
    for key, value in move.new.items():
        numbers.append(rf"\mathrm{{{key}}} : {tex(move.old.get(key, 0.0))} \to {tex(value)}")
    change = move.result - move.weight
    numbers.append(rf"\Delta {move.w} = {tex(change)}")
    numbers.append(lines(move.w, [_plus(tex(move.weight), tex(change)), tex(move.result)], ":="))
    return [move.optimizer.formula] if move.optimizer.formula else [move.w], numbers


WRITTEN: dict[str, Callable[[Move, str], Texts]] = {"sgd": _sgd, "adam": _adam}
