"""From the numbers of one tensor to a verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from compute.check.differences import Slopes
from compute.check.result import GRAVITY, Entry, Index, Item, Kink, Rules, Side, Verdict


@dataclass(frozen=True, slots=True)
class Pair:
    """One entry: the engine's gradient, and the slopes of the loss.

    inherited: whether what came back to the node was not finite already, so that the node is not to blame where its
    gradient is not finite either.
    """

    index: Index
    analytic: float
    slopes: Slopes
    inherited: bool = False


@dataclass(frozen=True, slots=True)
class _Judged:
    entry: Entry
    verdict: Verdict
    excess: float
    """The difference over the tolerance."""
    kink: Kink | None = None


def judged(item: Item, pairs: Sequence[Pair], rules: Rules, again: Callable[[Index], Slopes]) -> Item:
    """The item with what its entries say. ``again``: the slopes along one entry by steps of twice the size.

    Without pairs (the loss itself is not finite) the verdict is "not finite".
    """
    if not pairs:
        return replace(item, verdict="not finite")
    scale = max((abs(p.slopes.central) for p in pairs if math.isfinite(p.slopes.central)), default=0.0)
    found = [_judge(pair, rules, scale, again) for pair in pairs]
    worst = max(found, key=lambda one: (GRAVITY.index(one.verdict), one.excess))
    smooth = [one.entry for one in found if one.kink is None and math.isfinite(one.entry.numeric)]
    return replace(
        item,
        verdict=worst.verdict,
        checked=len(pairs),
        absolute=max(map(_difference, smooth), default=None),
        relative=max((_relative(entry, rules.atol) for entry in smooth), default=None),
        worst=worst.entry,
        kinks=tuple(one.kink for one in found if one.kink),
        entries={one.entry.index: one.verdict for one in found},
    )


def _judge(pair: Pair, rules: Rules, scale: float, again: Callable[[Index], Slopes]) -> _Judged:
    slopes, entry = pair.slopes, Entry(pair.index, pair.analytic, pair.slopes.central)
    if not slopes.finite or (pair.inherited and not math.isfinite(pair.analytic)):
        return _Judged(entry, "not finite", 0.0)
    allowed = rules.atol + rules.rtol * (scale if rules.single else abs(slopes.central)) + slopes.rounding
    if slopes.kinks:
        return _at_kink(pair, allowed)
    difference = _difference(entry)
    if allowed < difference < math.inf:
        # Where the loss bends so much that the slope depends on the step, the slope is known no better than that.
        # A wrong gradient stays wrong: there the step makes no difference.
        wider = again(pair.index)
        if wider.finite and not wider.kinks:
            allowed += abs(wider.central - slopes.central)
    return _Judged(entry, "ok" if difference <= allowed else "failed", difference / allowed)


def _at_kink(pair: Pair, allowed: float) -> _Judged:
    left, right = pair.slopes.left, pair.slopes.right
    side = _side(pair.analytic, left, right, allowed)
    # One kink leaves the gradient no place but between the slopes; where several meet, their sum may lie outside.
    wrong = side == "neither" and (pair.slopes.kinks == 1 or not math.isfinite(pair.analytic))
    kink = Kink(pair.index, pair.analytic, left, right, side)
    return _Judged(Entry(pair.index, pair.analytic, pair.slopes.central), "failed" if wrong else "kink", 0.0, kink)


def _side(analytic: float, left: float, right: float, allowed: float) -> Side:
    at_left, at_right = abs(analytic - left) <= allowed, abs(analytic - right) <= allowed
    if at_left and at_right:
        return "both"
    if at_left or at_right:
        return "left" if at_left else "right"
    return "between" if min(left, right) < analytic < max(left, right) else "neither"


def _difference(entry: Entry) -> float:
    """Infinite where the engine gives no number."""
    difference = abs(entry.analytic - entry.numeric)
    return difference if math.isfinite(difference) else math.inf


def _relative(entry: Entry, least: float) -> float:
    difference = _difference(entry)
    return difference / max(abs(entry.analytic), abs(entry.numeric), least) if difference < math.inf else math.inf
