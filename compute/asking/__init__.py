"""Asking for a number before it is shown: questions, what a typed number tells about its maker, and the score.

    question = question_at(step, seed)              # of a step of a walk, or:
    question = question_about(facts, quantity)      # of any number of a pass
    verdict = judge(question, "2*0.5*-0.1")         # right, rough, a mistake with a name, unclear, unread
    judge_size(question, "-", 2)                    # a sign and a size instead
    mistakes(question)                              # the wrong number that each kind of mistake gives
    reasons(question, seed)                         # three, one of them right
    shown(question, level)                          # what stays of rule and numbers while it is open
    Score().with_record(Record(0, question.name).answered(verdict))

The parts of a number are those of the explanation (``compute.explain``); nothing is worked out by rules of its own.
"""

from __future__ import annotations

from compute.asking.choosing import question_about, question_at
from compute.asking.fading import LEVELS, Level, Shown, shown
from compute.asking.judging import SIGNS, SIZES, Sign, Verdict, judge, judge_size, sign_of, sizes_of, title_of
from compute.asking.making import Factor, Making, Term
from compute.asking.manner import WAYS, WHICH, Asked, Manner, Stage, Way, Which
from compute.asking.mistakes import KINDS, Mistake, mistakes
from compute.asking.question import TOLERANCE, TOLERANCE_TEXT, Question
from compute.asking.reasons import Reason, reasons
from compute.asking.score import RESULTS, Record, Result, Score
from compute.asking.typed import read_number

__all__ = [
    "KINDS",
    "LEVELS",
    "RESULTS",
    "SIGNS",
    "SIZES",
    "TOLERANCE",
    "TOLERANCE_TEXT",
    "WAYS",
    "WHICH",
    "Asked",
    "Factor",
    "Level",
    "Making",
    "Manner",
    "Mistake",
    "Question",
    "Reason",
    "Record",
    "Result",
    "Score",
    "Shown",
    "Sign",
    "Stage",
    "Term",
    "Verdict",
    "Way",
    "Which",
    "judge",
    "judge_size",
    "mistakes",
    "question_about",
    "question_at",
    "read_number",
    "reasons",
    "shown",
    "sign_of",
    "sizes_of",
    "title_of",
]
