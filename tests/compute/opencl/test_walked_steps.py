"""The loss that a walk shows is the one that its step finds: on the devices too, with what is drawn at random."""

from __future__ import annotations

import numpy as np
import pytest

from compute.opencl.engine import OpenCLEngine
from compute.reference import ReferenceEngine
from compute.worker.job import Job
from tests.compute.opencl.test_going_on import document
from tests.compute.test_job import look


@pytest.mark.parametrize("name", ["opencl", "opencl_fused"])
def test_each_step_of_a_walk_finds_the_loss_that_was_walked(name: str, request: pytest.FixtureRequest) -> None:
    engine: OpenCLEngine = request.getfixturevalue(name)
    job = Job(document(), 0)
    job.step_batch(engine)
    job.set_walking(True)
    for step in range(2, 8):
        walked = look(job)
        assert walked.batch.is_next
        assert walked.trace.engine == engine.label
        found = job.trainer(engine).step_batch()
        assert found == pytest.approx(walked.trace.loss, rel=1e-5)
        assert job.trainer(engine).step == step
        job.set_walking(True)
    job.close()


def test_a_pass_draws_as_the_step_with_its_number(opencl: OpenCLEngine) -> None:
    job = Job(document(), 0)
    program = job.workspace.trained
    rows = np.arange(8)
    device, reference = opencl.open(program), ReferenceEngine().open(program)
    found = [device.trace(rows, update).loss for update in (0, 1, 7, 2**32 + 1)]
    expected = [reference.trace(rows, update).loss for update in (0, 1, 7, 2**32 + 1)]
    assert found == pytest.approx(expected, rel=1e-5)
    assert len({*expected}) == 3  # draws count with 32 bits
    assert expected[1] == expected[3]
    device.close()
