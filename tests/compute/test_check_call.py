"""The gradient check: which entries are compared, and what can be asked of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from compute.check import check
from compute.engine import Engine, Program
from compute.errors import GradwireError
from tests.compute.programs import program
from tests.compute.test_check import ONE, chain, network, verdicts


class TestSampling:
    def test_is_the_same_every_time_and_holds_the_corners(self) -> None:
        first, again = (self.indices(10) for _ in range(2))
        assert first == again
        for names in first.values():
            assert len(names) == len(set(names))
        assert first["h0.weight"][0] == (0, 0)
        assert first["h0.weight"][-1] == (3, 4)
        assert len(first["h0.weight"]) == 10

    @pytest.mark.parametrize("entries", [1, 2, 3, 19, 20, 21, None])
    def test_as_many_as_were_asked_for(self, entries: int | None) -> None:
        found = check(network(), np.arange(6), entries=entries)
        for one in found.items:
            assert one.checked == min(entries or one.total, one.total)
            assert one.total == math.prod(one.shape)

    @staticmethod
    def indices(entries: int) -> dict[str, list[tuple[int, ...]]]:
        from compute.check.differences import Around, Slopes

        seen: dict[str, list[tuple[int, ...]]] = {}
        right = Around.slopes

        def note(self: Around, index: tuple[int, ...], eps: float) -> Slopes:
            seen.setdefault(self._spot.weight or str(self._spot.wire), []).append(index)
            return right(self, index, eps)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Around, "slopes", note)
            assert check(network(), np.arange(6), entries=entries).ok
        return seen


class TestTheCall:
    def test_progress_counts_every_entry_and_may_stop(self) -> None:
        seen: list[tuple[str, int, int]] = []
        found = check(network(), np.arange(6), entries=7, tick=lambda *news: seen.append(news))
        total = sum(item.checked for item in found.items)
        assert [done for _, done, _ in seen] == list(range(total))
        assert {of for _, _, of in seen} == {total}

        def stop(*news: object) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            check(network(), np.arange(6), tick=stop)

    def test_without_a_loss(self) -> None:
        made = chain("square", value=1.0)
        with pytest.raises(GradwireError, match="No loss is chosen"):
            check(Program(made.analysis, "", made.weights), ONE)
        with pytest.raises(GradwireError, match="must be a scalar"):
            check(Program((wide := chain("square", value=[1.0, 2.0])).analysis, "square", wide.weights), ONE)

    def test_a_loss_without_any_gradient(self) -> None:
        with pytest.raises(GradwireError, match="The loss c has no gradient to check"):
            check(program([("c", "constant", {"value": 1.0})], [], "c"), ONE)

    def test_a_run_is_closed_whatever_happens(self) -> None:
        closed: list[bool] = []

        class Failing:
            label = "failing"

            def watch(self, building: Any) -> None:
                pass

            def open(self, program: Program) -> Any:
                return self

            def trace(self, rows: Any) -> Any:
                raise RuntimeError("lost")

            def close(self) -> None:
                closed.append(True)

        engine: Engine = Failing()
        with pytest.raises(RuntimeError, match="lost"):
            check(network(), np.arange(6), engine)
        assert closed == [True]

    def test_class_numbers_are_not_moved(self) -> None:
        # The target comes from a parameter: it has no gradient, and moving it would be another class.
        nodes: list[tuple[str, str, dict[str, Any]]] = [
            ("z", "parameter", {"value": [[0.3, -0.2, 0.1], [1.0, 0.4, 0.2]]}),
            ("t", "parameter", {"value": [2.0, 0.0]}),
            ("L", "softmax_cross_entropy", {}),
        ]
        found = check(program(nodes, [("z", "L", "prediction"), ("t", "L", "target")], "L"), ONE)
        assert found.ok
        assert verdicts(found) == {"z.value": "ok", "z → L.prediction": "ok"}
        assert found.no_gradient == ("t.value", ("t", "L", "target"))
