"""Keras archives that are wrong: their description, their words or their weights changed, or bytes of the whole."""

from __future__ import annotations

import io
import json
import random
import zipfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from compute.export import export
from compute.gallery import load_entry
from tests.campaigns.mutations import damage, mutate

FOREIGN = Path(__file__).parents[1] / "compute/importing/foreign"
_OURS = ("spiral", "iris", "memory", "gradient_descent", "digits")
_CONFIG, _WORDS, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


@cache
def _bases() -> list[dict[str, bytes]]:
    """The parts of sound archives: Keras's own, and ours with the preparation inside and without."""
    found = [path.read_bytes() for path in sorted(FOREIGN.glob("*.keras"))]
    with TemporaryDirectory() as folder:
        for name in _OURS:
            for prepared in (False, True):
                path = Path(folder) / "net.keras"
                export(load_entry(name), path, options={"preparation": prepared})
                found.append(path.read_bytes())
    parts = []
    for data in found:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts.append({name: archive.read(name) for name in archive.namelist()})
    return parts


def case(seed: int, number: int) -> tuple[str, bytes]:
    """What was changed, and the bytes."""
    r = random.Random(f"{seed},{number}")
    parts = dict(r.choice(_bases()))
    said = []
    for _ in range(r.randint(1, 4)):
        part = r.choices((_CONFIG, _WORDS, _WEIGHTS), (6, 2, 3))[0]
        if part == _WEIGHTS or r.random() < 0.1:
            how, parts[part] = damage(parts[part], r)
        else:
            try:
                raw = json.loads(parts[part])
                how = mutate(raw, r)
                parts[part] = json.dumps(raw).encode("utf-8", "surrogatepass")
            except (ValueError, RecursionError, TypeError, KeyError, IndexError, AttributeError):
                how, parts[part] = damage(parts[part], r)
        said.append(f"{part}: {how}")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", r.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, content in parts.items():
            if r.random() > 0.02:
                archive.writestr(zipfile.ZipInfo(name), content)
    data = out.getvalue()
    if r.random() < 0.1:
        how, data = damage(data, r)
        said.append(how)
    return "; ".join(said), data
