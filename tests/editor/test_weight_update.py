"""The update of any entry of any weight, as the optimizer makes it next, and how that entry went."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from compute.focus import Focus, Subject
from compute.numbers_text import precise
from editor.panels.inspector import Inspector
from editor.panels.number_table import NUMBER
from editor.panels.weight_history import CHANGE, HistoryView
from editor.panels.why import WhyTab
from editor.session import Session
from tests.editor.panel_session import WAIT, click, settle

ENTRY = Focus(Subject("weight", "h", "weight"), "value", (1, 2))


def step(session: Session, qtbot: QtBot) -> None:
    before = session.snapshot.step
    session.step_batch()
    qtbot.waitUntil(lambda: session.snapshot.step == before + 1, timeout=WAIT)


def column(history: HistoryView, name: str) -> list[Any]:
    model = history.model_
    at = model.heads.index(name)
    return [model.data(model.index(row, at), NUMBER) for row in range(model.rowCount())][::-1]


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_the_update_that_is_told_is_the_one_that_the_next_step_makes(
    name: str, inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    settings: dict[str, Any] = {"name": name, "learning_rate": 0.05}
    session.apply(session.edits.set_training("Another", optimizer=settings, shuffle=False))
    settle(qtbot, session)
    why = inspector.tab(WhyTab)
    step(session, qtbot)
    session.batches.show_next()
    qtbot.waitUntil(lambda: session.snapshot.batch.is_next, timeout=WAIT)
    session.focus_on(ENTRY)
    click(why.side._buttons["update"])
    assert session.focus == Focus(ENTRY.subject, "update", (1, 2))
    assert why.side.key == "update"
    (answer,) = why._shown
    assert why.title.text() == f"Why is this new weight {answer.result}?"
    assert len(why.formula.lines) == 2
    step(session, qtbot)
    new = float(session.snapshot.weights["h.weight"][1, 2])
    assert new == pytest.approx(answer.value, rel=1e-12)
    assert precise(new) == answer.result


def test_a_batch_that_is_not_next_says_so(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    step(session, qtbot)
    session.focus_on(Focus(ENTRY.subject, "update", (1, 2)))
    sentence = inspector.tab(WhyTab).sentence.text()
    assert session.snapshot.batch.following_name in sentence
    assert "This is what" in sentence


def test_the_history_has_every_step_that_was_seen(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    weights, grads = [], []
    history = inspector.tab(WhyTab).history
    session.focus_on(Focus(Subject("node", "h"), "value", (0, 0)))
    assert not history.isVisible()
    for _ in range(3):
        step(session, qtbot)
    session.focus_on(ENTRY)
    assert history.isVisible()
    assert not history.table.isVisible()
    click(history.toggle)
    assert history.table.isVisible()
    assert history.curves.isVisible()
    for _ in range(2):
        step(session, qtbot)
        weights.append(float(session.snapshot.weights["h.weight"][1, 2]))
        grads.append(float(session.snapshot.trace.parameter_grads["h.weight"][1, 2]))
    assert column(history, "step") == [0, 1, 2, 3, 4, 5]
    assert column(history, "w")[-2:] == weights
    assert column(history, "∂L/∂w")[-2:] == grads
    assert column(history, CHANGE)[0] is None
    assert column(history, CHANGE)[1:] == pytest.approx(np.diff(column(history, "w")))
    remembered = session.snapshot.progress.optimizer.arrays["h.weight"]
    assert column(history, "m")[-1] == float(remembered["m"][1, 2])
    assert column(history, "v")[-1] == float(remembered["v"][1, 2])
    assert history.foot.text() == ("Seen after every step from 0 to 5. The gradient is that of the batch on show then.")
    # The last moment stands at the top.
    assert history.model_.data(history.model_.index(0, 0)) == "5"
    history.grab()
    # The entry beside it has a history of its own, from the same moments.
    session.focus_on(Focus(ENTRY.subject, "gradient", (0, 1)))
    assert column(history, "step") == [0, 1, 2, 3, 4, 5]
    assert column(history, "w")[-1] == float(session.snapshot.weights["h.weight"][0, 1])
    session.reset()
    qtbot.waitUntil(lambda: session.snapshot.step == 0, timeout=WAIT)
    session.focus_on(ENTRY)
    assert column(history, "step") == [0]
    assert history.foot.text().startswith("Seen at step 0 alone")
