"""The list of all terms of a number: opened, sorted, followed, copied."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from compute.explain import Quantity, tell
from compute.explain.terms import Column, Lines, Terms
from compute.focus import Focus, Subject
from compute.numbers_text import precise
from editor.panels.inspector import Inspector
from editor.panels.number_table import NUMBER
from editor.panels.terms_view import SUM, TermsView
from editor.panels.why import WhyTab
from editor.session import Session
from tests.editor.panel_session import LEFT, PAUSE, WAIT, click, shown

WEIGHT = Focus(Subject("weight", "h", "weight"), "gradient", (1, 2))


@pytest.fixture
def terms(inspector: Inspector, session: Session) -> TermsView:
    """The terms of the gradient of a weight, opened by a click."""
    session.focus_on(WEIGHT)
    view = inspector.tab(WhyTab).terms
    assert view.isVisible()
    assert not view.table.isVisible()
    click(view.toggle)
    assert view.table.isVisible()
    return view


def texts(view: TermsView, column: int) -> list[str]:
    model = view.model_
    return [str(model.data(model.index(row, column))) for row in range(model.rowCount())]


def found(view: TermsView, column: int) -> list[float]:
    model = view.model_
    return [model.data(model.index(row, column), NUMBER) for row in range(model.rowCount())]


def cell(view: TermsView, row: int, column: int) -> QPoint:
    index = view.model_.index(row, column)
    view.table.scrollTo(index)
    return view.table.visualRect(index).center()


def head(view: TermsView, column: int) -> None:
    header = view.table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(column) + 8, header.height() // 2)
    QTest.mousePress(header.viewport(), LEFT, pos=place)
    QTest.qWait(PAUSE)
    QTest.mouseRelease(header.viewport(), LEFT, pos=place)


def test_it_lists_every_sample_with_its_factors_and_what_they_make(terms: TermsView, session: Session) -> None:
    trace = session.snapshot.trace
    assert texts(terms, 0) == ["sample 0", "sample 1", "sample 2", "sample 3"]
    upstream, x = trace.grads["h"][:, 2], trace.values["x"][:, 1]
    assert found(terms, 1) == upstream.tolist()
    assert found(terms, 2) == x.tolist()
    assert found(terms, 3) == (upstream * x).tolist()
    assert found(terms, 4) == (4 * upstream * x).tolist()
    gradient = float(trace.parameter_grads["h.weight"][1, 2])
    assert found(terms, 5) == pytest.approx(np.cumsum(upstream * x))
    assert [terms.model_.headerData(i, Qt.Orientation.Horizontal) for i in (3, 4, 5)] == ["product", "× 4", SUM]
    assert terms.foot.text() == (
        f"Their sum is {precise(gradient)} = ∂L/∂h.weight[1, 2]; their mean is {precise(gradient / 4)}. "
        f"The loss is a mean over 4 samples: times 4, a term is its sample's part of the gradient, "
        f"and the mean of these is {precise(gradient)}."
    )


def test_a_click_on_a_head_sorts_by_size_and_the_sum_follows(terms: TermsView) -> None:
    before = found(terms, 3)
    head(terms, 3)
    head(terms, 3)
    assert found(terms, 3) == sorted(before, key=abs, reverse=True)
    assert found(terms, 5) == pytest.approx(np.cumsum(found(terms, 3)))
    head(terms, 0)
    assert found(terms, 3) == before


def test_a_factor_is_asked_about_and_a_term_leads_to_its_sample(terms: TermsView, session: Session) -> None:
    click(terms.table.viewport(), cell(terms, 2, 0))
    assert (session.sample, session.focus) == (2, WEIGHT)
    click(terms.table.viewport(), cell(terms, 3, 3))
    assert (session.sample, session.focus) == (3, WEIGHT)
    click(terms.table.viewport(), cell(terms, 1, 2))
    assert session.focus == Focus(Subject("node", "x"), "value", (1, 1))
    assert session.sample == 1
    # Input data has no terms; the next number that has some is listed at once.
    assert not terms.isVisible()
    session.focus_on(Focus(Subject("node", "h"), "value", (1, 2)))
    assert terms.table.isVisible()
    assert texts(terms, 0) == ["0", "1", "h.bias[2]"]
    terms.table.setCurrentIndex(terms.model_.index(2, 3))
    QTest.keyClick(terms.table, Qt.Key.Key_Return)
    assert session.focus == Focus(Subject("weight", "h", "bias"), "value", (2,))


def test_cells_are_copied_with_all_their_digits(terms: TermsView) -> None:
    terms.table.selectAll()
    QTest.keyClick(terms.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert [line[0] for line in lines] == texts(terms, 0)
    assert [float(line[3]) for line in lines] == found(terms, 3)


def test_784_terms_are_all_there_and_a_million_are_worked_out_beside_the_window(qtbot: QtBot, session: Session) -> None:
    view = TermsView()
    shown(qtbot, view, 340, 400)
    here: list[bool] = []

    def of(count: int) -> Terms:
        def make() -> Lines:
            here.append(threading.current_thread() is threading.main_thread())
            numbers = np.arange(count, dtype=np.float64)
            return Lines((Column("x", numbers),), numbers * 2, str)

        return Terms(f"All {count} products", count, "product", "y", 1.0, make)

    view.show_terms(of(784))
    assert here == []
    click(view.toggle)
    assert view.model_.rowCount() == 784
    assert found(view, 3)[-1] == 784 * 783
    view.show_terms(of(1_000_000))
    assert view.foot.text().endswith("terms are worked out …")
    qtbot.waitUntil(lambda: view.model_.rowCount() == 1_000_000, timeout=WAIT)
    assert here == [True, False]
    view.table.scrollToBottom()
    view.grab()
    assert view.model_.number(999_999, 3) == 1_000_000 * 999_999


def test_a_step_of_a_walk_that_tells_several_numbers_lists_none(inspector: Inspector, session: Session) -> None:
    session.start_walk()
    assert session.walk is not None
    several = next(step.number for step in session.walk.steps if len(step.told) > 1)
    session.walk_to(several)
    view = inspector.tab(WhyTab).terms
    assert not view.isVisible()
    session.set_granularity("entry")
    session.finish_phase()
    assert session.walk.step.told[0].kind == "weight gradient"
    assert view.isVisible()
    assert tell(session.facts, Quantity("weight gradient", "h", "bias"), (3,)).terms[0].count == 4
