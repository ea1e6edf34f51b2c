"""What became of the steps that were asked: plain data, kept on the machine as the progress in lessons is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import msgspec

from compute.asking.judging import Verdict, title_of
from compute.numbers_text import plural

Result = Literal["first", "later", "shown", "skipped", "open"]
"""Right at the first answer, right later, given away, passed over, or not done with."""
RESULTS: Mapping[Result, str] = {
    "first": "right at once",
    "later": "right after a mistake",
    "shown": "shown",
    "skipped": "skipped",
    "open": "not answered",
}


@dataclass(frozen=True)
class Record:
    """One question: what it asks (its name, and the step's title), what was answered, and how it ended.

    key: what tells it from others, as the number of the step does; mistakes: kinds, one for each wrong answer that had
    a name; wrong: how many wrong answers; typed: all of them, as typed; reason: whether the reason was right at the
    first choice, None where none was asked.
    """

    key: int
    name: str
    title: str = ""
    result: Result = "open"
    mistakes: tuple[str, ...] = ()
    wrong: int = 0
    typed: tuple[str, ...] = ()
    reason: bool | None = None

    def answered(self, verdict: Verdict, typed: str = "") -> Record:
        """After an answer; one that could not be read, or is right with too few digits, changes nothing."""
        if self.result != "open" or not (verdict.right or verdict.wrong):
            return self
        if verdict.right:
            return replace(self, result="later" if self.wrong else "first", typed=(*self.typed, typed))
        mistakes = (*self.mistakes, *verdict.kinds)
        return replace(self, wrong=self.wrong + 1, mistakes=mistakes, typed=(*self.typed, typed))

    def ended(self, result: Literal["shown", "skipped"]) -> Record:
        """Given away or passed over; what is done with stays as it is."""
        return replace(self, result=result) if self.result == "open" else self

    @property
    def sentence(self) -> str:
        """How it went, in a few words: ``right after a mistake: forgot the upstream factor``."""
        words = RESULTS[self.result]
        if self.wrong and self.result == "later" and self.wrong > 1:
            words = f"right after {self.wrong} mistakes"
        elif self.wrong and self.result in ("shown", "skipped"):
            words += f" after {self.wrong} wrong {plural('answer', self.wrong)}"
        named = list(dict.fromkeys(title_of(kind) for kind in self.mistakes))
        return f"{words}: {', '.join(named)}" if named else words


@dataclass(frozen=True)
class Score:
    """All records, by key, in the order in which they were asked."""

    records: Mapping[int, Record] = field(default_factory=dict)

    def with_record(self, record: Record) -> Score:
        """With a record in the place of the one with its key."""
        return Score({**self.records, record.key: record})

    def count(self, *results: Result) -> int:
        """How many ended so."""
        return sum(record.result in results for record in self.records.values())

    @property
    def mistakes(self) -> Counter[str]:
        """How often each kind of mistake was made, the most frequent first where that is asked for."""
        return Counter(kind for record in self.records.values() for kind in record.mistakes)

    @property
    def first_wrong(self) -> Record | None:
        """The first step, in the order of their keys, that was not right at once although it was answered."""
        wrong = (r for _, r in sorted(self.records.items()) if r.wrong)
        return next(wrong, None)

    @property
    def sentence(self) -> str:
        """All in one line: ``9 of 12 right at once, 2 right after a mistake, 1 shown.``"""
        done = len(self.records) - self.count("open")
        if not done:
            return "Nothing was answered."
        words = [f"{self.count('first')} of {done} right at once"]
        for result in ("later", "shown", "skipped"):
            if number := self.count(result):
                words.append(f"{number} {RESULTS[result]}")
        return ", ".join(words) + "."

    @property
    def done(self) -> Score:
        """Of the steps that are done with."""
        return Score({key: record for key, record in self.records.items() if record.result != "open"})

    def written(self) -> str:
        """The text that ``read`` reads back."""
        return msgspec.json.encode(list(self.records.values())).decode()

    @classmethod
    def read(cls, text: str) -> Score:
        """Of a text that is not what it should be, nothing."""
        try:
            records = msgspec.json.decode(text or "[]", type=list[Record])
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return cls()
        return cls({record.key: record for record in records})
