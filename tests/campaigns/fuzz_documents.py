"""Opens, computes and saves documents and archives, or imports ONNX models, that were mutated: ``python -m
tests.campaigns.fuzz_documents [--files documents|models] [--minutes M] [--seed N] [--keep FOLDER]``.

Each case follows from its seed and number alone. It is opened in a process of its own with limits on time and memory; a
finding is a traceback, a refusal that takes more than two seconds or 300 MB, a sentence of more than one line or 300
characters, or a document that is another after saving and opening.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compute.document import Document
from compute.errors import GradwireError
from compute.importing import Imported

ROOT = Path(__file__).resolve().parents[2]
SECONDS, MEGABYTES = 2.0, 300.0
"""What a refusal may take; the seconds are those of the processor, which others may keep busy."""
BUDGET = "600 MB"
"""What a document may ask for here, so that large ones that are in order do not make the campaign slow."""
FILES = ("documents", "models", "archives")
HANGS = 120.0
"""Seconds after which a case is given up."""


@dataclass(frozen=True)
class Finding:
    """A case that was handled badly: what was mutated, and what is wrong with how it went."""

    number: int
    mutation: str
    wrong: str


# -- in the process that opens them --------------------------------------------------------------------------


class Peak:
    """The most memory since the last ``start``, in megabytes above what was held then; 0 where nothing tells it."""

    def __init__(self) -> None:
        self._reset = Path("/proc/self/clear_refs")
        self._before = 0.0

    def start(self) -> None:
        try:
            self._reset.write_text("5", encoding="ascii")
        except OSError:
            self._reset = Path(os.devnull)
        self._before = self._most()

    def megabytes(self) -> float:
        return self._most() - self._before

    def _most(self) -> float:
        try:
            status = Path("/proc/self/status").read_text(encoding="ascii")
            return float(status.split("VmHWM:")[1].split()[0]) / 1024
        except (OSError, IndexError):
            return 0.0


def _limit_this_process() -> None:
    try:
        import resource
    except ImportError:  # on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, 8 * 2**30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _sentence_wrong(sentence: str) -> str:
    from compute.errors import LONGEST, one_line

    if len(sentence) > LONGEST or one_line(sentence) != sentence or not sentence:
        return f"a sentence of {len(sentence)} characters: {sentence[:400]!r}"
    return ""


def _refusal(error: GradwireError, since: float, peak: Peak) -> str:
    """What is wrong with a refusal."""
    seconds, megabytes = time.process_time() - since, peak.megabytes()
    if seconds > SECONDS or megabytes > MEGABYTES:
        return f"refused after {seconds:.1f} s and {megabytes:.0f} MB: {error}"
    return _sentence_wrong(str(error))


def try_document(data: bytes, peak: Peak) -> str:
    """What is wrong with how a document is handled, or nothing."""
    from compute.document import loads

    peak.start()
    start = time.process_time()
    try:
        document = loads(data, "case")
    except GradwireError as error:
        return _refusal(error, start, peak)
    return _used(document, peak)


def try_model(data: bytes, peak: Peak) -> str:
    """What is wrong with how an ONNX model is handled, or nothing."""
    from compute.importing.onnx_file import from_bytes
    from tests.campaigns.onnx_mutations import FOREIGN

    return _imported(lambda: from_bytes(data, "case.onnx", FOREIGN), data, peak)


def try_archive(data: bytes, peak: Peak) -> str:
    """What is wrong with how a .keras archive is handled, or nothing."""
    from compute.importing.keras_file import model_in
    from compute.importing.onnx_file import from_model

    return _imported(lambda: from_model(model_in(data, "case.keras"), "case.keras"), data, peak)


def _imported(read: Callable[[], Imported], data: bytes, peak: Peak) -> str:
    peak.start()
    start = time.process_time()
    try:
        found = read()
    except GradwireError as error:
        return _refusal(error, start, peak)
    seconds, megabytes = time.process_time() - start, peak.megabytes()
    if len(data) < 10**6 and (seconds > SECONDS or megabytes > MEGABYTES):
        return f"imported after {seconds:.1f} s and {megabytes:.0f} MB"
    return next(filter(None, map(_sentence_wrong, (found.sentence, *found.told()))), "") or _used(found.document, peak)


def _used(document: Document, peak: Peak) -> str:
    """What is wrong with what comes after it was read: it is saved, opened again and computed."""
    from compute.document import dumps, loads, plain, to_json
    from compute.reference import ReferenceEngine
    from compute.workspace import open_document

    raw = json.dumps(to_json(document), sort_keys=True)
    for archive in (False, True):
        again = loads(dumps(document, archive=archive), "saved")
        if json.dumps(to_json(again), sort_keys=True) != raw or again.members != (document.members if archive else {}):
            return f"another document after saving it as {'an archive' if archive else 'JSON'}"
    peak.start()
    start = time.process_time()
    try:
        workspace = open_document(document)
    except GradwireError as error:
        wrong = _refusal(error, start, peak)
        if wrong:
            return wrong
        workspace = open_document(document, strict=False)
    sentences = [*workspace.notes, *(problem.sentence for problem in workspace.problems)]
    sentences += [problem.sentence for problem in workspace.analysis.problems.values()]
    for sentence in sentences[:100]:
        if wrong := _sentence_wrong(sentence):
            return wrong
    program = workspace.program
    if program.analysis.order:
        rows = range(min(program.rows, document.training.batch_size, 8))
        trace = ReferenceEngine().open(program).trace([*rows])  # type: ignore[arg-type]
        json.dumps(plain({"values": trace.values, "gradients": trace.grads}), allow_nan=False)
    return ""


def work(files: str, seed: int, first: int, count: int, keep: Path | None) -> None:
    """Open these cases and print one line of JSON for each."""
    from tests.campaigns import keras_mutations, mutations, onnx_mutations

    case, tried = {
        "documents": (mutations.case, try_document),
        "models": (onnx_mutations.case, try_model),
        "archives": (keras_mutations.case, try_archive),
    }[files]
    _limit_this_process()
    peak = Peak()
    for number in range(first, first + count):
        mutation, data = case(seed, number)
        print(json.dumps({"number": number, "mutation": mutation}), flush=True)
        try:
            wrong = tried(data, peak)
        except Exception:
            lines = traceback.format_exc().splitlines()
            wrong = f"{lines[-1][:300]} … {' … '.join(line.strip() for line in lines[-7:-1])}"
        if wrong and keep:
            (keep / f"{seed}-{number}").write_bytes(data)
        print(json.dumps({"number": number, "wrong": wrong}), flush=True)


# -- outside of it -------------------------------------------------------------------------------------------


def findings(
    seed: int, first: int, count: int, keep: Path | None = None, files: str = "documents"
) -> Iterator[Finding]:
    """Open ``count`` cases from ``first`` on and give what was found; a process that dies is started again."""
    end = first + count
    while first < end:
        command = [sys.executable, "-m", "tests.campaigns.fuzz_documents", "--files", files]
        command += ["--work", f"{seed},{first},{end - first}"]
        environment = os.environ | {"GRADWIRE_MEMORY": BUDGET, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
        with subprocess.Popen(
            [*command, *(["--keep", str(keep)] if keep else [])],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            mutation = ""
            for answer in _lines(process):
                if "mutation" in answer:
                    first, mutation = answer["number"], answer["mutation"]
                else:
                    first = answer["number"] + 1
                    if answer["wrong"]:
                        yield Finding(answer["number"], mutation, answer["wrong"])
            error = process.stderr.read()[-500:] if process.stderr else ""
        if process.returncode or first < end:
            yield Finding(first, mutation, f"the process ended with {process.returncode}: {error}")
            first += 1


def _lines(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """What it prints, until it ends or one case takes too long."""
    assert process.stdout is not None
    while True:
        timer = threading.Timer(HANGS, process.kill)
        timer.start()
        line = process.stdout.readline()
        timer.cancel()
        if not line:
            process.wait()
            return
        yield json.loads(line)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", choices=FILES, default=FILES[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", type=Path, help="a folder for the files that were handled badly")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.keep:
        args.keep.mkdir(parents=True, exist_ok=True)
    if args.work:
        seed, first, count = map(int, args.work.split(","))
        work(args.files, seed, first, count, args.keep)
        return 0
    end, first, found = time.monotonic() + 60 * args.minutes, 0, 0
    while time.monotonic() < end:
        for finding in findings(args.seed, first, 500, args.keep, args.files):
            found += 1
            print(f"seed {args.seed}, case {finding.number} ({finding.mutation}): {finding.wrong}", flush=True)
        first += 500
        print(f"{first} cases, {found} findings", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
