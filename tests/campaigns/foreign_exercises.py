"""Exercises written for other programs, read and played by those: Moodle's gaps as ``moocloze`` (PyPI) writes them, and
QTI packages converted by ``@citolab/qti-convert`` and played by ``@citolab/qti-components`` (npm) in headless Chromium.

``pip install moocloze``, ``npm install @citolab/qti-components @citolab/qti-convert playwright-core`` and Debian's
``chromium``; then ``python -m tests.campaigns.foreign_exercises --modules node_modules [--students 10]``.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from compute.document import Learner, from_json
from compute.exercises.making import Made, make, plain_number
from compute.exercises.moodle import moodle_xml
from compute.exercises.qti import qti_package
from tests.campaigns.exercise_systems import SYSTEMS

_GAP = re.compile(r"\{\d+:[A-Z]+:[^}]*\}")
_NAMES = ("Änne & <b>", "{~=}#/\\", "]]> ../x", "李雷", 'O"Neil')
PLAYER = Path(__file__).parent / "qti_player.mjs"


def check_moodle(name: str, made: Sequence[Made]) -> list[str]:
    """What moocloze would write otherwise."""
    import moocloze  # type: ignore[import-not-found,unused-ignore]

    quiz = ET.fromstring(moodle_xml(name, made, b"picture"))
    questions = [each for each in quiz if each.attrib["type"] == "cloze"]
    wrong: list[str] = []
    for each, question in zip(made, questions, strict=True):
        sheet = each.variant.sheet
        html = question.findtext("questiontext/text") or ""
        fields = []
        for step in sheet.steps:
            right = plain_number(step.value)
            fields.append(str(moocloze.Numerical(right, float(f"{sheet.margin(step):.3g}"), show_tolerance=False)))
        theirs = [re.sub(r":([^:}]*)}$", lambda found: f":{float(found[1]):.3g}}}", field) for field in fields]
        if _GAP.findall(html) != theirs:
            wrong.append(f"{each.learner.id}: {_GAP.findall(html)} and not {theirs}")
        other = ET.fromstring(str(moocloze.Quiz([moocloze.Question("a title", "<p>1</p>")])))
        theirs_tags = {tag for tag in _tags(other[0]) if not tag.endswith("shuffleanswers")}
        if not theirs_tags <= set(_tags(question)):
            wrong.append(f"{each.learner.id}: {theirs_tags - set(_tags(question))} are missing")
    return wrong


def _tags(element: ET.Element, above: str = "") -> list[str]:
    path = f"{above}/{element.tag}"
    return [path, *(tag for each in element for tag in _tags(each, path))]


def check_qti(name: str, made: Sequence[Made], modules: Path) -> tuple[list[str], int]:
    """What a player scores otherwise, and how many plays there were."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "exercise.zip"
        package.write_bytes(qti_package(name, made))
        converter = modules / "@citolab/qti-convert/dist/qti-convert-pkg.mjs"
        subprocess.run(["node", str(converter), package.name], cwd=folder, check=True, capture_output=True)
        with zipfile.ZipFile(next(path for path in Path(folder).glob("*.zip") if path != package)) as converted:
            items = [converted.read(each).decode() for each in sorted(converted.namelist()) if "items/" in each]
        plays: list[tuple[dict[str, Any], float, str]] = []
        for each, xml in zip(made, items, strict=True):
            plays += [
                ({"xml": xml, "responses": answers}, score, f"{each.learner.id}, {what}")
                for what, answers, score in _answers(each)
            ]
        cases = Path(folder) / "cases.json"
        cases.write_text(json.dumps([case for case, _, _ in plays]))
        done = subprocess.run(
            ["node", str(PLAYER), str(modules), str(cases)], check=True, capture_output=True, text=True
        )
    wrong: list[str] = []
    for found, (case, score, what) in zip(json.loads(done.stdout), plays, strict=True):
        most = case["xml"].count("<qti-response-declaration")
        if (found["score"], found["most"], found["entries"]) != (score, most, most) or found["errors"]:
            wrong.append(f"{name}, {what}: {found} and not {score} of {most}")
    return wrong, len(plays)


def _answers(made: Made) -> list[tuple[str, dict[str, str], float]]:
    """Answers in words, as they are typed, and what they are worth."""
    sheet = made.variant.sheet
    steps, count = sheet.steps, len(sheet.steps)

    def off(share: float) -> dict[str, str]:
        return {f"R{i}": f"{step.value + share * sheet.margin(step):.10g}" for i, step in enumerate(steps, start=1)}

    right = {f"R{i}": plain_number(step.value) for i, step in enumerate(steps, start=1)}
    return [
        ("right", right, count),
        ("just within", off(0.9), count),
        ("just beyond", off(-1.2), 0),
        ("nothing", {}, 0),
        ("one wrong", {**right, "R1": plain_number(steps[0].value + abs(steps[0].value) + 1)}, count - 1),
        ("one missing", {key: value for key, value in right.items() if key != "R1"}, count - 1),
    ]


def main() -> int:
    """All systems; 1 where another program disagreed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--modules", type=Path, required=True)
    parser.add_argument("--students", type=int, default=3)
    args = parser.parse_args()
    learners = [Learner(f"{i} {_NAMES[i % len(_NAMES)]}") for i in range(args.students)]
    wrong: list[str] = []
    for system in SYSTEMS:
        made = make(from_json(system.document), learners)
        moodle = check_moodle(system.name, made)
        qti, plays = check_qti(system.name, made, args.modules.resolve())
        wrong += moodle + qti
        counts = f"{len(made)} questions for Moodle, {plays} plays of QTI; {len(moodle) + len(qti)} wrong"
        print(f"{system.row:2} {system.name:45} {counts}", flush=True)
    for sentence in wrong[:20]:
        print(sentence)
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
