"""What is said of the columns of a table, and which are offered as inputs unasked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compute.data import BUILTIN, Table, facts_of, inputs_for, load_table
from compute.data.columns import ColumnFacts
from compute.data.entering import MOST_UNASKED

ROWS = 200
DRAWN = np.random.default_rng(0)
NOISE = DRAWN.standard_normal(ROWS)
YES = (NOISE > 0).astype(float)


def fact(values: Any, name: str = "a", target: Any = None, classes: tuple[str, ...] = ()) -> ColumnFacts:
    columns = {name: np.asarray(values, float)} | ({} if target is None else {"t": target})
    return facts_of(Table(columns, {name: classes} if classes else {}), ["t"])[0]


class TestTypes:
    def test_a_number_has_range_mean_and_spread(self) -> None:
        found = fact([1.5, 2.5, 5.0])
        assert (found.type, found.low, found.high, found.mean) == ("number", 1.5, 5.0, 3.0)
        assert found.spread == pytest.approx(np.std([1.5, 2.5, 5.0]))
        assert found.values == "1.5 … 5, mean 3 ± 1.47"
        assert found.warning == ""

    def test_text_has_its_classes_with_their_rows(self) -> None:
        found = fact([0, 1, 1], classes=("no", "yes"))
        assert (found.type, found.counts, found.values) == ("classes", (("no", 1), ("yes", 2)), "no, yes")
        assert found.speaks_for_itself
        many = fact(np.arange(ROWS) % 6, classes=tuple("abcdef"))
        assert many.values == "a, b, c, d … (6)"
        assert many.speaks_for_itself
        assert many.warning == ""
        names = tuple(f"town {number:02}" for number in range(MOST_UNASKED + 1))
        towns = fact(np.arange(3 * len(names)) % len(names), classes=names)
        assert not towns.speaks_for_itself
        assert towns.warning == "text; as an input it becomes 51 columns, one for each class"

    def test_numbers_of_rows_are_ids(self) -> None:
        assert fact(np.arange(1, ROWS + 1)).type == "id"
        assert fact(np.arange(ROWS)[::-1]).type == "id"
        assert fact(10 * np.arange(ROWS)).type == "id"
        assert fact(np.ones(ROWS)).type == "number"
        named = fact([0, 1, 2], "row", classes=("ann", "bob", "cat"))  # as R writes them
        assert (named.type, named.values) == ("id", "ann, bob, cat")
        assert named.warning.startswith("tells the rows apart")
        shuffled = DRAWN.permutation(ROWS)
        assert fact(shuffled).type == "number"
        assert [fact(shuffled, name).type for name in ("customer_id", "ID", "PassengerId", "Unnamed: 0")] == ["id"] * 4
        assert [fact(shuffled, name).type for name in ("width", "humid", "acidity", "grid")] == ["number"] * 4
        assert fact(shuffled + 0.5, "id").type == "number"
        assert fact(range(4)).type == "number"

    def test_text_that_tells_the_rows_apart_is_no_class(self) -> None:
        found = fact(np.arange(ROWS), classes=tuple(f"Mr {i}" for i in range(ROWS)))
        assert (found.type, found.warning) == ("text", "text with 200 different values in 200 rows")

    @pytest.mark.parametrize("written", ["2024-03-{:02}", "{:02}/03/2024", "2024-03-{:02}T10:30:00Z", "2024.3.{}"])
    def test_dates(self, written: str) -> None:
        names = tuple(sorted(written.format(day) for day in range(1, 29)))
        found = fact(np.arange(ROWS) % len(names), classes=names)
        assert found.type == "date"
        assert found.warning.startswith("a date or time")
        assert fact(NOISE, "timestamp").type == "date"

    def test_the_largest_numbers_are_no_infinity(self) -> None:
        found = fact([1.7e308, -1.7e308, 1.7e308])
        assert np.isfinite([found.mean, found.spread]).all()

    def test_without_rows(self) -> None:
        assert fact([]).type == "number"


SAID = {
    "season": ("a date or time", 1),
    "mnist_5k": ("the same in every row", 121),
}
"""Of some sets what is said, of how many columns."""


class TestWarnings:
    def test_a_copy_of_a_number(self) -> None:
        found = fact(3 * NOISE + 1e-4 * DRAWN.standard_normal(ROWS) - 7, target=NOISE)
        assert found.warning == "nearly a copy of t: their correlation is 1.0000"
        assert fact(NOISE + 0.1 * DRAWN.standard_normal(ROWS), target=NOISE).warning == ""

    def test_a_copy_of_classes_under_other_names(self) -> None:
        found = fact(1 - YES, target=YES, classes=("ill", "well"))
        assert found.warning == "gives t away: it is known from this column alone"
        assert fact(np.where(NOISE > 0.2, 1.0, 0.0), target=YES).warning == ""

    def test_numbers_that_lie_together_for_each_class(self) -> None:
        # In another order than the classes have, so that no correlation tells it.
        classes = np.arange(ROWS) % 3
        copied = np.array([5.0, -2.0, 1.0])[classes] + 0.01 * DRAWN.standard_normal(ROWS)
        found = fact(copied, target=classes.astype(float))
        assert found.warning.startswith("nearly a copy of t: its numbers lie together for each class")
        assert fact(copied + DRAWN.standard_normal(ROWS), target=classes.astype(float)).warning == ""

    def test_few_rows_agree_by_chance(self) -> None:
        assert fact([0, 1, 1, 0], target=np.array([0.0, 1.0, 1.0, 0.0])).warning == ""

    def test_a_constant(self) -> None:
        found = fact([3.0] * ROWS, target=YES)
        assert (found.warning, found.values) == ("the same in every row", "always 3")

    def test_nothing_is_said_of_the_targets_themselves(self) -> None:
        table = Table({"a": NOISE, "b": 2 * NOISE})
        assert [each.warning for each in facts_of(table, ["a", "b"])] == ["", ""]

    @pytest.mark.parametrize("name", [name for name in BUILTIN if name not in ("digits", "linear", "penguins", *SAID)])
    def test_the_sets_of_the_program_have_nothing_to_warn_of(self, name: str) -> None:
        table = load_table({"source": "builtin", "name": name}, None)
        targets = BUILTIN[name].targets
        facts = facts_of(table, targets)
        assert [each.warning for each in facts] == [""] * len(facts)
        assert inputs_for(table, facts, targets) == [each for each in table.names if each not in targets]

    def test_text_of_a_few_classes_is_a_column_for_each(self) -> None:
        table = load_table({"source": "builtin", "name": "penguins"}, None)
        facts = facts_of(table, ["species"])
        assert [each.warning for each in facts] == [""] * len(facts)
        read = inputs_for(table, facts, ["species"])
        made = [name for name in read if "=" in name]
        sexes, islands = ("female", "male", "missing"), ("Biscoe", "Dream", "Torgersen")
        assert made == [*(f"sex={each}" for each in sexes), *(f"island={each}" for each in islands)]

    @pytest.mark.parametrize("name", SAID)
    def test_of_some_sets_it_is_said_why_a_column_is_no_plain_input(self, name: str) -> None:
        beginning, count = SAID[name]
        facts = facts_of(load_table({"source": "builtin", "name": name}, None), BUILTIN[name].targets)
        said = [each.warning for each in facts if each.warning]
        assert len(said) == count
        assert all(each.startswith(beginning) for each in said)


class TestInputs:
    def test_what_has_a_warning_is_left_out_as_long_as_others_are_left(self) -> None:
        columns = {"row": np.arange(ROWS), "good": NOISE**2, "copy": YES, "answer": YES}
        table = Table({name: np.asarray(values, float) for name, values in columns.items()})
        facts = facts_of(table, ["answer"])
        assert inputs_for(table, facts, ["answer"]) == ["good"]
        assert inputs_for(table, facts[:1] + facts[2:], ["answer"]) == ["copy"]
        assert inputs_for(table, facts[3:], ["answer"]) == []

    def test_all_is_told_and_can_be_ended(self) -> None:
        table = Table(dict.fromkeys("abcd", NOISE))
        shares: list[float] = []
        facts_of(table, (), shares.append)
        assert shares == [0.0, 0.25, 0.5, 0.75]

        def stop(share: float) -> None:
            if share >= 0.5:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            facts_of(table, (), stop)


def test_a_copy_with_a_few_mistakes_gives_the_target_away_and_a_rare_class_alone_does_not() -> None:
    t = np.arange(80) % 2
    almost, half = t.copy(), t.copy()
    almost[3], half[::8] = 1 - almost[3], 1 - half[::8]
    rare = np.zeros(80)
    rare[7] = 1
    columns = {"almost": almost, "half": half, "t": t, "rare": rare}
    table = Table({name: values.astype(np.float64) for name, values in columns.items()})
    said = {one.name: one.warning for one in facts_of(table, ["t"])}
    assert said["almost"] == "gives t away: 98.75 % of the rows are known from this column alone"
    assert said["half"] == ""
    assert said["rare"] == ""
    assert inputs_for(table, facts_of(table, ["t"]), ["t"]) == ["half", "rare"]
    # Where nearly all rows are of one class, nothing is known from a column that says nothing.
    assert {one.name: one.warning for one in facts_of(table, ["rare"])}["half"] == ""
