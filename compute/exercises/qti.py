"""QTI 2.1: a package with one item for each learner, a text entry for each number that is asked for."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

from compute.exercises.making import Made, plain_number
from compute.exercises.markup import PICTURE, about, xml

_QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
_CP = "http://www.imsglobal.org/xsd/imscp_v1p1"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_WHEN = (1980, 1, 1, 0, 0, 0)


def qti_package(name: str, made: Sequence[Made], picture: bytes | None = None) -> bytes:
    """The bytes of a zip archive; picture: a PNG of the graph. Players of QTI credit no errors that are carried
    forward."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:

        def put(path: str, content: bytes) -> None:
            # The same exercise gives the same bytes.
            file.writestr(zipfile.ZipInfo(path, _WHEN), content, zipfile.ZIP_DEFLATED)

        put("imsmanifest.xml", manifest(name, made, bool(picture)).encode())
        for i, each in enumerate(made, start=1):
            put(f"items/{_id(i)}.xml", item(name, each, _id(i), f"../assets/{PICTURE}" if picture else "").encode())
        if picture:
            put(f"assets/{PICTURE}", picture)
    return buffer.getvalue()


def _id(number: int) -> str:
    return f"item{number:05d}"


def manifest(name: str, made: Sequence[Made], has_picture: bool) -> str:
    """imsmanifest.xml: what lies in the package."""
    picture = f'<file href="assets/{PICTURE}"/>' if has_picture else ""
    resources = "\n".join(
        f'<resource identifier="{_id(i)}" type="imsqti_item_xmlv2p1" href="items/{_id(i)}.xml">'
        f'<file href="items/{_id(i)}.xml"/>{picture}</resource>'
        for i, _ in enumerate(made, start=1)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest xmlns="{_CP}" xmlns:xsi="{_XSI}" identifier="gradwire"
 xsi:schemaLocation="{_CP} http://www.imsglobal.org/xsd/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd">
<metadata><schema>QTIv2.1 Package</schema><schemaversion>1.0.0</schemaversion></metadata>
<organizations/>
<resources>
{resources}
</resources>
</manifest>
"""


def item(name: str, made: Made, identifier: str, picture: str = "") -> str:
    """One learner's item."""
    sheet, declared, entries, rules = made.variant.sheet, [], [], []
    for i, step in enumerate(sheet.steps, start=1):
        off = sheet.margin(step)
        declared.append(
            f'<responseDeclaration identifier="R{i}" cardinality="single" baseType="float">'
            f"<correctResponse><value>{plain_number(step.value)}</value></correctResponse></responseDeclaration>"
        )
        entries.append(
            f'<p>{xml(step.label)} = <textEntryInteraction responseIdentifier="R{i}" expectedLength="12"/></p>'
        )
        rules.append(
            # Between two numbers: players are known that take no tolerance of "equal".
            f"<responseCondition><responseIf><and>{_bound('gte', i, step.value - off)}"
            f"{_bound('lte', i, step.value + off)}</and>"
            '<setOutcomeValue identifier="SCORE"><sum><variable identifier="SCORE"/>'
            '<baseValue baseType="float">1</baseValue></sum></setOutcomeValue></responseIf></responseCondition>'
        )
    most = len(sheet.steps)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<assessmentItem xmlns="{_QTI}" xmlns:xsi="{_XSI}" xsi:schemaLocation="{_QTI} {_QTI}.xsd"',
        f' identifier="{identifier}" title="{xml(f"{name} – {made.learner.label}")}" adaptive="false"'
        ' timeDependent="false" toolName="Gradwire">',
        *declared,
        '<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float">'
        "<defaultValue><value>0</value></defaultValue></outcomeDeclaration>",
        '<outcomeDeclaration identifier="MAXSCORE" cardinality="single" baseType="float">'
        f"<defaultValue><value>{most}</value></defaultValue></outcomeDeclaration>",
        "<itemBody>",
        about(sheet, picture),
        *entries,
        "</itemBody>",
        "<responseProcessing>",
        *rules,
        "</responseProcessing>",
        "</assessmentItem>",
        "",
    ]
    return "\n".join(lines)


def _bound(operator: str, number: int, value: float) -> str:
    return (
        f'<{operator}><variable identifier="R{number}"/>'
        f'<baseValue baseType="float">{plain_number(value)}</baseValue></{operator}>'
    )
