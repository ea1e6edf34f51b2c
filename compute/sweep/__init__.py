"""Sweeps: a document trained again and again with other settings, small networks many at a time.

sweep = Sweep(document, (parse_axis(document, "lr", "0.001..0.1:5"), parse_axis(document, "seed", "0..9")))
runner = Runner(sweep, engine)
runner.run()
best = ranked(runner.outcomes)[0]
save(document_of(sweep, best), "best.gradwire")
"""

from compute.sweep.axis import Axis, parse_axis
from compute.sweep.opened import document_of
from compute.sweep.outcome import Mean, Outcome, means, ranked
from compute.sweep.runner import Reached, Runner, value_text, values_text
from compute.sweep.trial import Sweep, Trial
from compute.sweep.varied import Varied, find_varied, varied_in

__all__ = [
    "Axis",
    "Mean",
    "Outcome",
    "Reached",
    "Runner",
    "Sweep",
    "Trial",
    "Varied",
    "document_of",
    "find_varied",
    "means",
    "parse_axis",
    "ranked",
    "value_text",
    "values_text",
    "varied_in",
]
