"""What of a document is for others to see: a picture of the canvas, an exercise on paper, a walk that is recorded."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtWidgets import QWidget

from compute.exercises.making import make
from compute.exercises.students import read_students, what_was_left_out
from compute.exercises.variants import Variant, as_it_stands
from compute.explain import Granularity
from compute.numbers_text import plural
from editor import theme
from editor.file_names import FileNames
from editor.file_work import FileWork
from editor.notices import Notices
from editor.picture_form import KINDS, Choice, PictureForm, remember, remembered
from editor.pieces import within
from editor.recording import Film, Pass, recording
from editor.recording_form import RecordingForm
from editor.render import Shot
from editor.session import Session
from editor.settings import Settings

Area = tuple[float, float, float, float]
"""Left, top, width and height."""
DOCUMENTS = "Documents (*.gradwire *.json)"
STUDENTS = "Students (*.csv *.txt)"


class Seen(Protocol):
    """The canvas."""

    def seen(self) -> tuple[Area, float]:
        """Which part of the scene it shows, and how large."""


class Publishing:
    """``window`` is what dialogs stand before; ``work``: where files are made, between and beside its events."""

    def __init__(
        self,
        window: QWidget,
        session: Session,
        settings: Settings,
        notices: Notices,
        work: FileWork,
        names: FileNames,
        canvas: Seen,
    ) -> None:
        self.window, self.session, self.settings, self.notices = window, session, settings, notices
        self._work, self._names, self._canvas = work, names, canvas

    # -- pictures -------------------------------------------------------------------------------------------

    def ask_picture(self) -> None:
        """Ask what of the canvas goes into a picture, and for a file, and draw it."""
        if self.session.locks.refuse("export"):
            return

        def chosen(choice: Choice) -> None:
            remember(self.settings, choice)
            shot = self.shot(choice)  # as it is now, not once a name is found
            kinds = f"{KINDS[choice.kind]} (*{choice.kind})"
            save = partial(self.save_picture, shot=shot)
            self._names.ask(
                "Save a picture of the canvas", kinds, self._names.proposed(choice.kind), save, (choice.kind,)
            )

        selected = bool(self.session.selection.placed)
        PictureForm(self.window, remembered(self.settings), selected=selected, chosen=chosen).open()

    def shot(self, choice: Choice) -> Shot:
        """What a choice means for the canvas as it is now."""
        snapshot, selected = self.session.snapshot, choice.what == "selection"
        known = (snapshot.analysis, self.session.facts.trace) if snapshot.revision == self.session.revision else None
        ids = frozenset(self.session.selection.placed) if selected else None
        area, zoom = self._canvas.seen() if choice.what == "view" else (None, 1.0)
        pair = self.session.what_if.shown(snapshot.trace) if known else None
        cost = self.session.costing.shown
        return Shot(ids, area, choice.scale * zoom, choice.values, known, pair, cost, choice.alone)

    def save_picture(self, path: Path, shot: Shot | None = None) -> None:
        """Draw the canvas, with its numbers, into a file of one of the ``KINDS``, beside the window's events."""
        from editor.render import drawing

        self._work.in_pieces(
            "draw",
            f"Drawing {path.name}",
            drawing(self.session.present().document, path, shot or self.shot(Choice())),
            lambda _missing: self.notices.done(f"Saved {path.name}"),
            f"{path.name} was not saved",
        )

    # -- a report -------------------------------------------------------------------------------------------

    def ask_report(self) -> None:
        """Ask for a file for the report on the document as it is now, and write it."""
        if not self.session.locks.refuse("export"):
            self._ask_report("report", None)

    def ask_comparison(self) -> None:
        """Ask for another document, and for a file for what differs between this one and that, and write it."""
        if not self.session.locks.refuse("export"):
            self._names.ask("Compare with", DOCUMENTS, None, partial(self._ask_report, "comparison"))

    def _ask_report(self, what: str, other: Path | None) -> None:
        name, save = self._names.proposed(".html"), partial(self.save_report, other=other)
        start = name.with_stem(f"{name.stem}-{what}")
        self._names.ask(f"Save the {what}", "Page (*.html);;PDF (*.pdf)", start, save, (".html", ".pdf"))

    def save_report(self, path: Path, other: Path | None = None) -> None:
        """Write the report on the document as it is now, or on how it differs from another, between and beside the
        window's events."""
        from editor.reporting import reported, writing

        present, device = self.session.present().document, self.session.snapshot.device
        self._work.in_pieces(
            "draw",
            f"Writing {path.name}",
            writing(partial(reported, present, other, device), path),
            lambda _: self.notices.done(f"Saved {path.name}"),
            f"{path.name} was not saved",
        )

    # -- paper ----------------------------------------------------------------------------------------------

    @property
    def asks(self) -> bool:
        """Whether the document asks for numbers, so that it can be handed out on paper."""
        exercise = self.session.exercising.exercise
        return exercise is not None and bool(exercise.asked)

    def ask_handout(self, *, solution: bool) -> None:
        """Ask for a file for the exercise on paper, or its solution, and write it."""
        if self.session.locks.refuse("export"):
            return
        what, start = ("Save the solution", "solution") if solution else ("Save the handout", "handout")
        save = partial(self.save_handout, solution=solution)
        name = self._names.proposed(".pdf")
        self._names.ask(what, "PDF (*.pdf)", name.with_stem(f"{name.stem}-{start}"), save, (".pdf",))

    def save_handout(self, path: Path, *, solution: bool) -> None:
        """Write the exercise as it is now, between and beside the window's events."""
        from editor.handout import handing_out, usual_paper

        document = self.session.present().document
        self._work.in_pieces(
            "draw",
            f"Printing {path.name}",
            handing_out(lambda: [as_it_stands(document())], path, solution=solution, paper=usual_paper()),
            lambda pages: self.notices.done(f"Saved {path.name}, {pages} {plural('page', pages)}"),
            f"{path.name} was not saved",
        )

    def ask_class(self) -> None:
        """Ask for a list of students and for a file, and write everyone's handout, and the solutions beside it."""
        if self.session.locks.refuse("export"):
            return

        def listed(students: Path) -> None:
            name = self._names.proposed(".pdf")
            start, save = name.with_stem(f"{name.stem}-handouts"), partial(self.save_class, students)
            self._names.ask("Save everyone's handout", "PDF (*.pdf)", start, save, (".pdf",))

        self._names.ask("A list of students: id, name, e-mail in each line", STUDENTS, None, listed)

    def save_class(self, students: Path, path: Path) -> None:
        """Everyone's handout with numbers of their own in one file, and their solutions in another beside it."""
        from editor.handout import handing_out_to_class, usual_paper

        document, solutions = self.session.present().document, path.with_stem(f"{path.stem}-solutions")
        left_out: list[str] = []

        def draw() -> list[Variant]:
            found = read_students(students)
            left_out.append(what_was_left_out(found))
            return [each.variant for each in make(document(), found.learners)]

        def done(count: int) -> None:
            said = f"Saved {path.name} for {count} {plural('student', count)}, and {solutions.name}"
            self.notices.done(". ".join(filter(None, (said, *left_out))))

        self._work.in_pieces(
            "draw",
            f"Printing {path.name}",
            handing_out_to_class(draw, path, solutions, usual_paper()),
            done,
            f"{path.name} was not saved",
        )

    def ask_recording(self) -> None:
        """Ask how a walk is recorded, and for a file, and record it with the numbers of now."""
        session = self.session
        if session.locks.refuse("export"):
            return

        def chosen(granularity: Granularity, width: int, seconds: float, kind: str) -> None:
            film, name = Film(width, seconds, granularity, self._pass()), self._names.proposed(kind)
            save = partial(self.save_recording, film=film)
            self._names.ask(
                "Save the recording", f"Recording (*{kind})", name.with_stem(f"{name.stem}-walk"), save, (kind,)
            )

        RecordingForm(self.window, session.walk.granularity if session.walk else "node", chosen).open()

    def _pass(self) -> Pass | None:
        """The numbers on show, if they are those of the document as it is."""
        session, snapshot = self.session, self.session.snapshot
        if snapshot.revision != session.revision:
            return None
        return Pass.of(session.document, snapshot, session.sample)

    def save_recording(self, path: Path, film: Film) -> None:
        """Record a walk, between and beside the window's events."""
        now = theme.current()

        def told(done: int, count: int) -> None:
            self._work.tell("draw", f"Recording {path.name}, step {done} of {count}")

        work = recording(self.session.present().document, path, film, told)
        self._work.in_pieces(
            "draw",
            f"Recording {path.name}",
            within(lambda: theme.lent(now), work),
            lambda steps: self.notices.done(f"Saved {path.name}, {steps} {plural('step', steps)}"),
            f"{path.name} was not saved",
        )
