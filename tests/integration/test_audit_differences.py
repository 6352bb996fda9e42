"""What a ticket's clocks showed by what was known at two instants, over HTTP."""

from functools import partial
from typing import Any

from tests.support.audit import auditing, told_at
from tests.support.desk import Process
from tests.support.items import opening, text, update


async def test_a_late_update_is_named_with_what_it_changed(process: Process) -> None:
    await process.post(opening(0))
    await process.run(52)
    await process.post(update(10, status="resolved", updated_by="jane"), when=53)
    await process.tick()
    async with auditing(process) as auditor:
        between = partial(auditor.ask, "/tickets/T-1/differences")
        then, later, soon = (_and(minute) for minute in (60, 52, 30))
        answer = await between(known_at=52, **then)
        turned = await between(known_at=60, **later)
        alike = await between(known_at=20, **soon)
        before = await between(known_at=52, as_of=5, **then)
        await between(expect=404, known_at=-5, **then)
        await between(expect=422, known_at=5)

    assert [(one["kind"], one["recorded_at"]) for one in answer["heard"]] == [
        ("clock_met", text(53)),
        ("retracted", text(53)),
    ]
    assert answer["heard"][0]["explanation"] == (
        "Resolution clock met its target: jane changed the status from open to resolved. 10 min of"
        f" 1 h were used. This became known at {told_at(53)}."
    )
    then, now = (told_at(minute).removesuffix(" UTC") for minute in (52, 60))
    assert [one["explanation"] for one in answer["differences"]] == [
        f"The ticket: by what was known at {then} UTC it had the status open and showed as"
        f" critical; by what was known at {now} it had the status resolved and showed as"
        " compliant.",
        f"Resolution clock: by what was known at {then} UTC it was running, was due"
        f" {told_at(60).removesuffix(' UTC')} and had counted 1 h; by what was known at {now} it"
        " had met its target and had counted 10 min.",
    ]
    assert (answer["known_at"], answer["known_later_at"]) == (text(52), text(60))
    assert (answer["as_of"], turned) == (text(60), answer)
    assert alike["differences"] == before["differences"] == []


def _and(minute: float) -> dict[str, Any]:
    return {"and": text(minute)}
