"""Data is read to be looked at, beside the window, with progress; of several wishes the last counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from compute.data.dialect import READING, reading_of
from compute.data.source import First, source_of
from compute.data_preview import Choices, Preview, look, look_again
from compute.document import Document
from compute.errors import GradwireError
from compute.graph import Graph
from compute.table_edits import pasted_section
from editor.background import Background, Task
from editor.panels.data.choice import describe

_TEXT_READING = tuple(each for each in READING if each.name != "encoding")


@dataclass(frozen=True, slots=True)
class Given:
    """What is looked at. section: the data section as it was chosen; text: a copied text that becomes one, "" for
    none; edit: what accepting is called."""

    section: Mapping[str, Any]
    edit: str
    text: str = ""

    @property
    def title(self) -> str:
        """What a person calls it."""
        return "What was copied" if self.text else describe(self.section)

    def read(self, reading: Mapping[str, Any], document: Document, graph: Graph, task: Task) -> Preview:
        """In the worker: hands over the first rows, then gives all of it. Errors: GradwireError."""
        section = {key: value for key, value in self.section.items() if key != "reading"}
        if self.text:
            dialect, section = pasted_section(self.text, reading_of({"reading": reading}))
            task.hand(First((), (), _TEXT_READING, dialect.said()))
        else:
            section |= {"reading": dict(reading)} if reading else {}
            source = source_of(section)
            try:
                first = source.first(section, document.folder)
                if first is not None:
                    assert first.table.names == first.names  # made here, and not by the window
                task.hand(first)
            except GradwireError:
                # Reading all of it says what is wrong; that it is written in another way can be said nevertheless.
                task.hand(First((), (), source.reading, {}))
        return look(section, document.folder, graph, task.tell)


class Reading(QObject):
    """``began``: something is being read; ``first`` sends the first rows, or None where there are none yet; ``found``
    a Preview and whether all of it was read anew; ``lost`` a sentence; ``share`` how far it is, 0 … 1."""

    began = Signal()
    first = Signal(object)
    found = Signal(object, bool)
    lost = Signal(str)
    share = Signal(float)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._worker = Background(self)
        self._task: Task | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something is being read."""
        return self._task is not None

    def look(self, given: Given, reading: Mapping[str, Any], document: Document) -> None:
        """Read it, in the way that is said."""
        graph, said = document.graph.copy(), dict(reading)
        self._begin(lambda task: given.read(said, document, graph, task), True)

    def look_again(self, preview: Preview, graph: Graph, choices: Choices) -> None:
        """The same table, of whose columns something else is said."""
        copy, said = graph.copy(), {name: replace(one) for name, one in choices.items()}
        self._begin(lambda task: look_again(preview, copy, said, task.tell), False)

    def _begin(self, work: Callable[[Task], Preview], anew: bool) -> None:
        if self._task is not None:
            self._task.cancel()

        def only(then: Callable[[Any], None], ends: bool = False) -> Callable[[Any], None]:
            """What comes of work that is no longer wanted is nobody's business."""

            def hear(what: Any = None) -> None:
                if self._task is task:
                    self._task = None if ends else task
                    then(what)

            return hear

        task = self._worker.run(
            work,
            only(lambda preview: self.found.emit(preview, anew), ends=True),
            only(self.lost.emit, ends=True),
            progress=only(self.share.emit),
            part=only(self.first.emit),
        )
        self._task = task
        self.began.emit()

    def stop(self) -> None:
        """Call it off."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self.lost.emit("Reading was stopped; say how it is written, or Guess again, to read it once more")

    def close(self) -> None:
        """The window closes."""
        self._worker.close(0.0)
