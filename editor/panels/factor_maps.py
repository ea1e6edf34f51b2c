"""What a number was made from as pictures: the row of one tensor, the column of another, and the cell of the number."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from compute.explain import Answer, Facts, Part, Quantity
from compute.explain.sums import naming
from compute.tensor_view import Entry, Span, TensorView
from editor import theme
from editor.panels.heat_map import HeatMap
from editor.panels.heat_sheet import Sheet
from editor.panels.widgets import Elided, column, label, row
from editor.plain import set_tip
from editor.scale import px

MOST = 2
"""So many tensors beside that of the number itself."""
HEIGHT = 96


class _One(QWidget):
    """A tensor as a picture, with its name below."""

    def __init__(self) -> None:
        super().__init__()
        self.map = HeatMap("", small=True)
        self.name = Elided("dim", 8.5, mono=True)
        self.name.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout = column(self, 0, 2)
        layout.addWidget(self.map, 1)
        layout.addWidget(self.name)


class FactorMaps(QWidget):
    """``asked`` sends the quantity and the entry of the cell that was clicked."""

    asked = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self.ones = [_One() for _ in range(MOST + 1)]
        self.signs = [label("", "dim", 11) for _ in range(MOST)]
        self._about: list[tuple[Quantity, TensorView]] = []
        layout = row(self, spacing=4)
        for i, one in enumerate(self.ones):
            layout.addWidget(one, 1)
            one.map.asked.connect(partial(self._ask, i))
            if i < len(self.signs):
                layout.addWidget(self.signs[i])
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.notifier.changed.connect(self._measure)
        self._measure()
        self.hide()

    def _measure(self) -> None:
        self.setFixedHeight(px(HEIGHT))

    def show_answer(
        self,
        facts: Facts,
        about: tuple[Quantity, Entry] | None,
        answer: Answer | None,
        reached: tuple[Quantity, int] | None = None,
    ) -> None:
        """The rows and columns that made a number; nothing where it was not made from any. reached: what a walk is in
        the middle of, with how many entries it has come to."""
        parts = _lit_parts(facts, answer.parts) if answer is not None and about is not None else []
        self.setVisible(bool(parts))
        if not parts or about is None or answer is None:
            return
        q, entry = about
        shown: list[tuple[Quantity, Sequence[Span], Entry | None]] = [(of, spans, None) for of, spans in parts]
        shown.append((q, (), entry))
        is_product = bool(answer.terms) and answer.terms[0].result == "product" and len(parts) > 1
        signs = ["·" if is_product else "", "=" if is_product else "→"]
        self._about = []
        for i, one in enumerate(self.ones):
            place = i if i < len(parts) else len(shown) - 1
            one.setVisible(i < len(parts) or i == MOST)
            if i < len(self.signs):
                self.signs[i].setText(signs[1] if i == len(parts) - 1 or i == MOST - 1 else signs[0])
                self.signs[i].setVisible(i < len(parts))
            of, spans, lit = shown[place]
            self._about.append((of, facts.view(of)))
            self._show(one, facts, of, spans, lit, reached[1] if reached is not None and reached[0] == of else None)

    def _show(
        self, one: _One, facts: Facts, of: Quantity, spans: Sequence[Span], lit: Entry | None, reached: int | None
    ) -> None:
        array, view = facts.find(of), facts.view(of)
        if array is None:
            return
        cell = view.cell(lit) if lit is not None else None
        one.map.show_sheet(
            Sheet(view.table(array), view, None, lit=cell, spans=tuple(spans), reached=reached, about=of)
        )
        said = naming(facts, of, lit if lit is not None else spans[0])
        one.name.set_text(said)
        one.map.setAccessibleName(f"Map of {naming(facts, of)}")
        set_tip(one.name, said)

    def _ask(self, place: int, line: int, across: int) -> None:
        of, view = self._about[place]
        self.asked.emit(of, view.entry(line, across))


def _lit_parts(facts: Facts, parts: Sequence[Part]) -> list[tuple[Quantity, list[Span]]]:
    """The tensors of which more than one entry went in, each with what of it did; those of many entries alone."""
    found: dict[Quantity, list[Span]] = {}
    for part in parts:
        if part.of is None or not facts.has(part.of):
            continue
        whole = any(not isinstance(i, int) for i in part.entry)
        if whole and facts.view(part.of).rows * facts.view(part.of).columns > 1:
            found.setdefault(part.of, []).append(part.entry)
    return list(found.items())[:MOST]
