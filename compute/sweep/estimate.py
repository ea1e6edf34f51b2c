"""How long a sweep will take, by the model that chooses how steps are launched."""

from __future__ import annotations

from compute.batches import Order
from compute.opencl.cost import Work
from compute.opencl.kernel import Traits
from compute.plan import make_plan
from compute.sweep.trial import Sweep, Trial
from compute.workspace import TableCache, open_document


def seconds_of(sweep: Sweep, cores: int, cache: TableCache | None = None) -> float:
    """About how long, on a processor with so many cores: from the first and the last trial. Errors: GradwireError
    where one of these is wrong."""
    ends = [sweep.trials[0], sweep.trials[-1]]
    return len(sweep.trials) * sum(_seconds(sweep, trial, cores, cache) for trial in ends) / len(ends)


def _seconds(sweep: Sweep, trial: Trial, cores: int, cache: TableCache | None) -> float:
    """What a trial adds."""
    document = sweep.document_of(trial)
    program, training = open_document(document, cache=cache).trained, document.training
    order = Order(program.rows, training.batch_size, training.seed, training.shuffle)
    plan = make_plan(program.analysis, order.batches(0).kinds[0], program.loss, "train")
    work = Work.of(plan.calls, plan.layout.trained)
    device = Traits(gpu=False, units=cores, largest_work_group=1024, largest_y=1024)
    beside = work.prefers_fused(device) and not training.patience
    step = work.fused / min(cores, len(sweep.trials)) if beside else min(work.fused, work.launched(device))
    return order.steps * training.epochs * step
