"""Training: on, off, step by step, and from the start."""

from __future__ import annotations

from compute.worker.pace import SPEEDS, speed_text
from editor.action import ActionSpec
from editor.session import Session


def _change_speed(session: Session, by: int) -> None:
    """So many steps along the speeds that are offered: faster, or slower where it is less than 0."""
    at = SPEEDS.index(session.speed) + by
    if 0 <= at < len(SPEEDS):
        session.set_speed(SPEEDS[at])
    session.message.emit(f"Training does {speed_text(session.speed)}")


def _reaches(session: Session) -> bool:
    return session.journey.reach is not None


TRAIN: tuple[ActionSpec[Session], ...] = (
    ActionSpec(
        "train",
        "Train",
        "Train / Pause",
        lambda s: s.toggle_training(),
        ("F5",),
        "Train until the epochs are done, and then for more; again: pause.",
        "play",
    ),
    ActionSpec(
        "step_batch",
        "Train",
        "Step a batch",
        lambda s: s.step_batch(),
        ("Shift+F7",),
        "One update; in a walk, the one that it is about.",
        "step",
    ),
    ActionSpec(
        "step_epoch",
        "Train",
        "Step an epoch",
        lambda s: s.step_epoch(),
        ("F7",),
        "To the end of the epoch.",
        "step-epoch",
    ),
    ActionSpec(
        "reset",
        "Train",
        "Reset",
        lambda s: s.reset(),
        ("F8",),
        "Back to the same first weights (they change only with the seed).",
        "reset",
        separator=True,
    ),
    ActionSpec(
        "test",
        "Train",
        "Test on rows kept for it",
        lambda s: s.test(),
        ("Ctrl+Alt+F7",),
        "How good the network of now is on the test rows, which nothing was trained or chosen by.",
        "check",
        enabled=lambda s: s.snapshot.test_rows > 0,
    ),
    ActionSpec(
        "step_before",
        "Train",
        "Show the step before",
        lambda s: s.journey.go_by(-1),
        ("Ctrl+Shift+PgUp",),
        "The whole graph as it was one update earlier, optimizer included.",
        "previous",
        separator=True,
        enabled=_reaches,
    ),
    ActionSpec(
        "step_after",
        "Train",
        "Show the step after",
        lambda s: s.journey.go_by(1),
        ("Ctrl+Shift+PgDown",),
        "One update further on, up to the newest.",
        "next",
        enabled=_reaches,
    ),
    ActionSpec(
        "go_to_step",
        "Train",
        "Show a step of the run …",
        lambda s: s.journey.ask(),
        ("Ctrl+Alt+J",),
        "Type the number of any step that was done; dragging along the loss curve does the same.",
        "skip-phase",
        enabled=_reaches,
    ),
    ActionSpec(
        "newest_step",
        "Train",
        "Back to the newest step",
        lambda s: s.journey.to_end(),
        ("Alt+Shift+End",),
        "The end of the run, from where training goes on.",
        "skip-phase",
        enabled=lambda s: s.journey.is_back,
    ),
    ActionSpec(
        "keep_run",
        "Train",
        "Keep this run",
        lambda s: s.journey.keep(),
        ("Ctrl+Alt+2",),
        "Its settings, curves and weights stay beside what comes; another run goes on from here.",
        "check",
        enabled=lambda s: s.snapshot.step > 0,
    ),
    ActionSpec(
        "slower",
        "Train",
        "Train slower",
        lambda s: _change_speed(s, -1),
        ("Alt+PgDown",),
        "Fewer steps a second, so that one can follow them; from 5 on each shows its own batch.",
        "previous",
        separator=True,
    ),
    ActionSpec(
        "faster",
        "Train",
        "Train faster",
        lambda s: _change_speed(s, 1),
        ("Alt+PgUp",),
        "More steps a second, up to as many as can be done.",
        "next",
    ),
    ActionSpec(
        "next_batch",
        "Train",
        "Show the next batch",
        lambda s: s.batches.show_by(1),
        ("Alt+Down",),
        "Wires and walk show another batch of the epoch.",
        "next",
        separator=True,
    ),
    ActionSpec(
        "previous_batch",
        "Train",
        "Show the previous batch",
        lambda s: s.batches.show_by(-1),
        ("Alt+Up",),
        "Wires and walk show another batch of the epoch.",
        "previous",
    ),
    ActionSpec(
        "kept_rows",
        "Train",
        "Show rows kept from training",
        lambda s: s.batches.show_kept(),
        ("Alt+End",),
        "Wires and walk show validation rows, then those for a test, then training again.",
        "data",
        enabled=lambda s: bool(s.batches.kept),
    ),
    ActionSpec(
        "coming_batch",
        "Train",
        "Show the batch that training takes next",
        lambda s: s.batches.show_next(),
        ("Alt+Home",),
        "The one whose step is done next.",
        "skip-phase",
    ),
)
