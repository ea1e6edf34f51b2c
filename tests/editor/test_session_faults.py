"""A session when a device, a loss, memory or the program itself fails."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from compute.errors import DeviceError
from compute.gallery import load_entry
from compute.problems import Kind, sentence_of
from compute.reference import ReferenceEngine, ReferenceRun
from compute.worker.engine_choice import EngineChoice, Opened, engine_choice
from editor.session import Session
from tests.compute.test_job import small
from tests.editor.panel_session import WAIT, endless, reach, settle


class _FailingRun(ReferenceRun):
    def start_training(self, batches, optimizer, ends=None, rates=None, *, states=False):  # type: ignore[no-untyped-def]
        if self.step >= 4:
            raise DeviceError("The device stopped answering.")
        return super().start_training(batches, optimizer)


class _FailingEngine(ReferenceEngine):
    label = "a device that fails"

    def open(self, program):  # type: ignore[no-untyped-def]
        return _FailingRun(program)


def test_a_loss_that_cannot_be_trained_stops_training_and_says_why(session: Session, qtbot: QtBot) -> None:
    endless(qtbot, session)
    session.apply(session.edits.set_training("Change the loss", loss="h"))
    reach(qtbot, session, "stopped")
    assert (
        sentence_of(session.snapshot.problem)
        == "The loss h gives (B, 4); a loss must be a scalar: add a mean or a sum."
    )
    session.undo_stack.undo()
    settle(qtbot, session)
    assert session.snapshot.problem is None
    endless(qtbot, session)
    session.undo_stack.undo()
    settle(qtbot, session)
    assert session.snapshot.state != "stopped"


def test_undoing_the_choice_of_a_loss_while_it_trains_stops_training(qtbot: QtBot) -> None:
    session = Session(engine_choice("reference"))
    document = small()
    document.training = replace(document.training, loss="")
    session.open_document(document)
    session.apply(session.edits.set_training("Choose", loss="loss", epochs=10**6))
    session.train()
    reach(qtbot, session, "running")
    session.undo_stack.undo()
    reach(qtbot, session, "stopped")
    assert sentence_of(session.snapshot.problem).startswith("No loss is chosen")
    session.close()


class _MistakenRun(ReferenceRun):
    def start_training(self, batches, optimizer, ends=None, rates=None, *, states=False):  # type: ignore[no-untyped-def]
        if self.step >= 4:
            raise ZeroDivisionError("a mistake")
        return super().start_training(batches, optimizer)


class _MistakenEngine(ReferenceEngine):
    def open(self, program):  # type: ignore[no-untyped-def]
        return _MistakenRun(program)


def test_a_mistake_of_ours_is_shown_and_training_does_not_seem_to_go_on(qtbot: QtBot) -> None:
    session = Session(EngineChoice(lambda: None, lambda: Opened(_MistakenEngine(), "chosen")))
    document = small()
    document.training = replace(document.training, epochs=10**6)
    session.open_document(document)
    session.train()
    reach(qtbot, session, "stopped")
    assert sentence_of(session.snapshot.problem).startswith(
        "Something in Gradwire failed (ZeroDivisionError: a mistake)"
    )
    assert session.snapshot.revision == session.revision
    session.open_document(small())
    settle(qtbot, session)
    assert session.snapshot.problem is None
    session.close()


def test_a_mistake_while_looking_is_shown(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(engine_choice("reference"))
    with monkeypatch.context() as patch:
        patch.setattr("compute.worker.job.loss_missing", lambda *_: 1 / 0)
        document = small()
        document.training = replace(document.training, loss="h")
        session.open_document(document)
        settle(qtbot, session)
    assert session.snapshot.state == "stopped"
    assert "ZeroDivisionError" in sentence_of(session.snapshot.problem)
    session.close()


def test_a_device_that_fails_pauses_training_keeps_the_weights_and_says_so(qtbot: QtBot) -> None:
    session = Session(EngineChoice(lambda: None, lambda: Opened(_FailingEngine(), "chosen")))
    document = small()
    document.training = replace(document.training, epochs=1000)
    session.open_document(document)
    session.train()
    reach(qtbot, session, "stopped")
    assert "The device stopped answering." in sentence_of(session.snapshot.problem)
    kept = session.weights()
    assert kept["h.weight"].shape == (2, 4)
    session.train()
    reach(qtbot, session, "running")
    assert "reference" in session.snapshot.device
    session.close()


def test_without_a_device_the_reference_engine_computes_and_the_reason_is_said(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADWIRE_NO_OPENCL", "1")
    session = Session(engine_choice())
    session.open_document(load_entry("xor"))
    qtbot.waitUntil(lambda: session.snapshot.device != "", timeout=WAIT)
    assert not session.snapshot.on_opencl
    assert "reference engine" in session.snapshot.device_reason
    session.step_batch()
    qtbot.waitUntil(lambda: session.snapshot.step == 1, timeout=WAIT)
    session.close()


def test_what_would_need_more_memory_than_there_is_can_be_opened_and_mended(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADWIRE_MEMORY", "10 MB")
    document = small()
    document.graph.nodes["h"] = replace(document.graph.nodes["h"], params={"units": 10**5})
    session.open_document(document)
    settle(qtbot, session)
    problem = session.snapshot.analysis.problems["h"]
    assert problem.kind is Kind.MEMORY
    assert problem.sentence == (
        "Dense h needs 24 MB of memory and the limit is 10 MB (set by GRADWIRE_MEMORY); make it smaller."
    )
    assert session.snapshot.trace.values.keys() == {"x", "y"}
    session.apply(session.edits.set_param("h", "units", 4))
    settle(qtbot, session)
    assert session.snapshot.analysis.problems == {}
    assert session.snapshot.trace.values["h"].shape == (4, 4)


def test_a_batch_that_would_need_more_memory_than_there_is_is_refused_while_it_trains(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless(qtbot, session)
    monkeypatch.setenv("GRADWIRE_MEMORY", "2 kB")
    session.apply(session.edits.set_training("Change the batch size", batch_size=8))
    reach(qtbot, session, "stopped")
    assert sentence_of(session.snapshot.problem).startswith("Training with a batch size of 8 needs ")
    assert sentence_of(session.snapshot.problem).endswith("; make it smaller.")
