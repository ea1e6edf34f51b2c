"""What a learner is to do, as a form: a kind from the registry, its parameters, and the conditions it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QWidget

from compute.lessons.conditions import KINDS, Group, sentence, understand
from compute.lessons.model import Condition
from editor.panels.fields import Offered
from editor.panels.form import Form
from editor.panels.widgets import Combo, button, column, paragraph, row, tool

TAKEN = ("what", "record", "node")
"""The parameters that can be taken from what is asked about or selected."""


def said(condition: Condition) -> tuple[str, bool]:
    """A condition as a teacher reads it, and whether it is understood."""
    try:
        text = sentence(understand(condition))
        return f"Done when {text}.", True
    except ValueError as error:
        return str(error), False


class ConditionForm(QFrame):
    """``changed`` sends the condition that was chosen, or None; ``take``: what is asked about or selected now, as a
    text for a parameter, "" where there is nothing; ``offered``: what there is to be named."""

    changed = Signal(object)

    def __init__(self, take: Callable[[str], str], offered: Offered, *, inner: bool = False) -> None:
        super().__init__()
        self._take, self._offered, self._inner = take, offered, inner
        if inner:
            self.setProperty("kind", "card")
        self.condition: Condition | None = None
        none = [] if inner else [("", "Nothing: it is read")]
        self.kind = Combo([*none, *((kind.name, kind.title) for kind in KINDS.values())], "What is to be done")
        self.remove = tool("close", "Remove this condition", token="text_dim")
        self.remove.setVisible(inner)
        self.form = Form(84, offered)
        self.taker = button("Take what is asked about", "where", "Fill in what is in focus or selected now", "link")
        self.parts: list[ConditionForm] = []
        self._inside = column(spacing=6)
        self.more = button("Add a condition", "add", "One more that it is made of", "link")
        layout = column(self, 8 if inner else 0, 6)
        head = row(spacing=4)
        head.addWidget(self.kind, 1)
        head.addWidget(self.remove)
        layout.addLayout(head)
        layout.addWidget(self.form)
        layout.addWidget(self.taker)
        layout.addLayout(self._inside)
        layout.addWidget(self.more)
        self.sentence = paragraph("", "dim", 9.0)
        layout.addWidget(self.sentence)
        self.kind.activated.connect(self._chosen)
        self.form.changed.connect(self._set)
        self.taker.clicked.connect(self._fill)
        self.more.clicked.connect(self._add)
        self.show_condition(None)

    def show_condition(self, condition: Condition | None) -> None:
        """Show a condition of the document."""
        self.condition = condition
        kind = KINDS.get(condition.kind) if condition is not None else None
        if condition is not None and kind is None:
            self.kind.set_pairs([*self._pairs(), (condition.kind, f"{condition.kind} (not known)")])
        self.kind.choose(condition.kind if condition is not None else "")
        self.form.set_params(kind.params if kind is not None else ())
        self.form.setVisible(kind is not None and bool(kind.params))
        if condition is not None:
            self.form.show_values(_shown(condition.params))
        self.taker.setVisible(kind is not None and any(param.name in TAKEN for param in kind.params))
        self._show_parts(condition.of if condition is not None and isinstance(kind, Group) else ())
        single = isinstance(kind, Group) and kind.single and len(self.parts) > 0
        self.more.setVisible(isinstance(kind, Group) and not single)
        text, well = said(condition) if condition is not None else ("", True)
        self.sentence.setText(text)
        self.sentence.setProperty("kind", "dim" if well else "warning")
        self.sentence.setVisible(bool(text) and not self._inner)

    def _pairs(self) -> list[tuple[str, str]]:
        return [(str(self.kind.itemData(i)), self.kind.itemText(i)) for i in range(self.kind.count())]

    def _show_parts(self, of: tuple[Condition, ...]) -> None:
        while len(self.parts) > len(of):
            gone = self.parts.pop()
            self._inside.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        while len(self.parts) < len(of):
            part = ConditionForm(self._take, self._offered, inner=True)
            part.changed.connect(self._part_changed)
            part.remove.clicked.connect(self._part_removed)
            self._inside.addWidget(part)
            self.parts.append(part)
        for part, condition in zip(self.parts, of, strict=True):
            if part.condition != condition:
                part.show_condition(condition)

    # -- what a person chooses ------------------------------------------------------------------------------

    def _send(self, condition: Condition | None) -> None:
        self.show_condition(condition)
        self.changed.emit(condition)

    def _chosen(self) -> None:
        kind = KINDS.get(self.kind.key)
        if kind is None:
            self._send(None)
            return
        before = self.condition
        if isinstance(kind, Group):
            # What there was becomes the first part of it.
            of = before.of if before is not None and before.of else (before,) if before is not None else ()
            self._send(Condition(kind.name, {}, tuple(of[:1]) if kind.single else tuple(of)))
            return
        kept = {param.name for param in kind.params}
        params = {name: value for name, value in (before.params if before else {}).items() if name in kept}
        for param in kind.params:
            taken = self._take(param.name) if param.name in TAKEN and not param.optional else ""
            if param.name not in params and taken:
                params[param.name] = taken
        self._send(Condition(kind.name, params))

    def _set(self, name: str, value: Any) -> None:
        if self.condition is not None:
            params = {key: each for key, each in self.condition.params.items() if key != name}
            declared = next(param for param in KINDS[self.condition.kind].params if param.name == name)
            self._send(replace(self.condition, params=params if value == declared.default else params | {name: value}))

    def _fill(self) -> None:
        if self.condition is not None:
            names = [param.name for param in KINDS[self.condition.kind].params if param.name in TAKEN]
            filled = {name: taken for name in names if (taken := self._take(name))}
            self._send(replace(self.condition, params={**self.condition.params, **filled}))

    def _add(self) -> None:
        if self.condition is not None:
            self._send(replace(self.condition, of=(*self.condition.of, Condition("trained"))))

    def _part_changed(self, condition: Condition) -> None:
        self._replace_part(self.sender(), (condition,))

    def _part_removed(self) -> None:
        asked = self.sender()
        self._replace_part(next(part for part in self.parts if part.remove is asked), ())

    def _replace_part(self, which: object, by: tuple[Condition, ...]) -> None:
        if self.condition is not None:
            at = next(i for i, part in enumerate(self.parts) if part is which)
            of = self.condition.of
            self._send(replace(self.condition, of=(*of[:at], *by, *of[at + 1 :])))


def _shown(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as fields show them: a list as the text that is typed for it."""
    return {name: str(value) if isinstance(value, list) else value for name, value in params.items()}


def inside(form: QWidget) -> list[ConditionForm]:
    """A form and all forms in it."""
    return [form, *form.findChildren(ConditionForm)] if isinstance(form, ConditionForm) else []
