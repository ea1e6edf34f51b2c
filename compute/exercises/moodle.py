"""Moodle XML: one question with gaps (cloze) for each learner, a numerical gap for each number that is asked for."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from compute.exercises.making import Made, plain_number
from compute.exercises.markup import PICTURE, about, xml

_CLOZE = str.maketrans({c: f"\\{c}" for c in '~=}#"/\\{'})


def moodle_xml(name: str, made: Sequence[Made], picture: bytes | None = None) -> bytes:
    """A question bank to import; picture: a PNG of the graph. Errors carried forward are not credited by Moodle."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>", _category(name)]
    encoded = base64.b64encode(picture).decode() if picture else ""
    for each in made:
        parts.append(_question(name, each, encoded))
    return "\n".join([*parts, "</quiz>", ""]).encode()


def _category(name: str) -> str:
    # A slash would begin a category in it.
    path = f"$course$/top/{name.replace('/', '//')}"
    return f'<question type="category"><category><text>{xml(path)}</text></category></question>'


def _question(name: str, made: Made, picture: str) -> str:
    sheet = made.variant.sheet
    body = about(sheet, f"@@PLUGINFILE@@/{PICTURE}" if picture else "")
    gaps = "<br/>\n".join(f"{_outside(step.label)} = {_gap(step.value, sheet.margin(step))}" for step in sheet.steps)
    html = f"{_safe(body)}\n<p>{gaps}</p>"
    file = f'<file name="{PICTURE}" path="/" encoding="base64">{picture}</file>' if picture else ""
    return "\n".join(
        [
            '<question type="cloze">',
            f"<name><text>{xml(f'{name} – {made.learner.label}')}</text></name>",
            f'<questiontext format="html"><text><![CDATA[{html}]]></text>{file}</questiontext>',
            '<generalfeedback format="html"><text></text></generalfeedback>',
            "<penalty>0.3333333</penalty>",
            "<hidden>0</hidden>",
            f"<idnumber>{xml(made.stem)}</idnumber>",
            "</question>",
        ]
    )


def _gap(value: float, tolerance: float) -> str:
    right, off = plain_number(value).translate(_CLOZE), f"{tolerance:.3g}".translate(_CLOZE)
    return f"{{1:NUMERICAL:={right}:{off}}}"


def _outside(label: str) -> str:
    return _safe(xml(label))


def _safe(html: str) -> str:
    """HTML in which nothing begins a gap."""
    return html.replace("{", "&#123;").replace("}", "&#125;")
