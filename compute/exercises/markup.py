"""What Moodle's and QTI's files have in common: text that XML can hold, the same block of HTML, a picture."""

from __future__ import annotations

import re
from html import escape

from compute.errors import printable
from compute.exercises.sheet import Sheet
from compute.exercises.text import given_lines, graph_lines, task_sentence

PICTURE = "graph.png"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml(text: str) -> str:
    """Text as it stands in XML, attributes included."""
    return escape(_NO_XML.sub("\ufffd", printable(text)), quote=True)


def about(sheet: Sheet, picture: str) -> str:
    """What is given and what is to be done, as blocks of XHTML; picture: where it lies, "" where there is none."""
    lines = graph_lines(sheet)
    blocks = [f"<p>{xml(task_sentence(sheet))}</p>"]
    if picture:
        blocks.append(f'<p><img src="{xml(picture)}" alt="{xml("; ".join(lines))}"/></p>')
    blocks.append(f"<p>{'<br/>'.join(map(xml, lines))}</p>")
    given = given_lines(sheet)
    if given:
        blocks.append(f"<p>{'<br/>'.join(map(xml, given))}</p>")
    return "\n".join(blocks)
