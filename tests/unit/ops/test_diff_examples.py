"""Which tickets `sla config diff` names, and how."""

from uuid import uuid4

from command_side.previewing import Prediction
from engine.sla.instants import micros
from ops.commands.configuration import NAMED, best, example, examples
from tests.support.items import at, text

NONE = dict[str, int | None]()


def due(minute: float) -> int:
    return micros(at(minute))


def predicted(
    name: str,
    before: dict[str, int | None],
    after: dict[str, int | None],
    breached: tuple[str, ...] = (),
) -> Prediction:
    return Prediction(uuid4(), name, True, before, after, breached)


def shown(*predictions: Prediction) -> list[str]:
    return [example(one) for one in best([each for one in predictions for each in examples(one)])]


def test_the_deadlines_that_move_come_first_and_paused_clocks_last() -> None:
    paused = [
        predicted(f"P-{number}", {"resolution": None}, {"resolution": None}, ("resolution",))
        for number in range(NAMED)
    ]

    found = shown(
        *paused,
        predicted("promised", NONE, {"response": due(5)}),
        predicted("over", {"response": due(1)}, NONE),
        predicted("runs", {"resolution": None}, {"resolution": due(50)}),
        predicted("later", {"resolution": due(60)}, {"resolution": due(30)}),
        predicted("missed", {"resolution": due(60)}, {"resolution": due(40)}, ("resolution",)),
        predicted("kept", {"resolution": due(60)}, {"resolution": due(60)}),
        predicted("kept paused", {"resolution": None}, {"resolution": None}),
    )

    assert found[:6] == [
        f"missed resolution: {text(60)} -> {text(40)}, breached at once",
        f"later resolution: {text(60)} -> {text(30)}",
        f"over response: {text(1)} -> no clock",
        f"promised response: no clock -> {text(5)}",
        f"runs resolution: paused -> {text(50)}",
        "P-0 resolution: paused, breached at once",
    ]
    assert len(found) == NAMED


def test_a_paused_clock_that_comes_or_goes_is_named_as_such() -> None:
    assert shown(
        predicted("T-1", NONE, {"update": None}), predicted("T-2", {"update": None}, NONE)
    ) == [
        "T-1 update: no clock -> paused",
        "T-2 update: paused -> no clock",
    ]


def test_a_script_can_tell_why_there_is_no_deadline() -> None:
    (found,) = examples(predicted("T-1", {"update": None}, {"update": due(5)}))

    assert found == {
        "external_id": "T-1",
        "clock": "update",
        "before": None,
        "before_state": "paused",
        "after": text(5),
        "after_state": "running",
        "breached_at_once": False,
    }
