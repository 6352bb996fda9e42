"""The line that an unknown status is refused with makes it known."""

from hypothesis import example, given
from hypothesis import strategies as st

from command_side.deciding.unknown_status import line, unknown_status
from config.loading import load
from engine.notify.channel_types import CHANNEL_TYPES

TARGETS = "sla_targets: {gold: {high: {resolution: 1h}}}\n"


characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


@given(st.text(characters, min_size=1).map(str.strip).filter(bool))
@example("In Review")
@example("default")
@example("DEFAULT")
@example("null")
@example("1")
@example('he said: "no" # \\ {x}')
@example("<<")
@example("a\u0085\u2028\x7f\t\n🙂")
def test_the_line_is_yaml_that_accepts_the_status_and_no_other(status: str) -> None:
    text = f"{TARGETS}statuses:\n  {line(status)}\n"

    policy = load(
        text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    ).policy

    assert policy.phase(status) == "waiting"
    assert policy.default_phase is None


def test_the_refusal_names_the_status_the_line_and_what_is_known() -> None:
    problem = unknown_status("In Review", ["open", "closed"])

    assert problem.loc == ("status",)
    assert problem.msg == (
        "unknown status 'In Review'; this line under `statuses:` in the configuration accepts it:"
        ' `"In Review": waiting` (or active, paused, done or cancelled); known are: closed, open,'
        " awaiting*"
    )
