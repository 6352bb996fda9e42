"""No format can change unseen: with each of these mistakes some sample is not as it was.

Each is one that was made, or is easily made, with every other test staying green: what writes and
what reads are changed together.
"""

from importlib import import_module
from types import ModuleType

import pytest

from tests.support.formats import all as all_samples
from tests.support.mutants import Edit, mutated

BASE = "command_side.deciding.events.base"
TICKET = "command_side.deciding.events.ticket"
FOLD = "engine.sla.stored_fold"
HEAD = "command_side.deciding.head"
RECEIVED = "command_side.deciding.observed"
CHAIN = "command_side.event_store.chain"
PERSONAL = "command_side.event_store.personal"

MUTATIONS: dict[str, tuple[tuple[Edit, ...], set[str]]] = {
    "a member of the stored fold in another place": (
        (
            Edit(
                FOLD,
                "    first_responded_at: int | None\n    answered_at: int | None\n",
                "    answered_at: int | None\n    first_responded_at: int | None\n",
            ),
        ),
        {"folds/full.msgpack", "heads/full.msgpack"},
    ),
    "members of a stored fold given in another order": (
        (
            Edit(
                FOLD,
                "        fold.agent_reply,\n        fold.customer_reply,\n",
                "        fold.customer_reply,\n        fold.agent_reply,\n",
            ),
        ),
        {"folds/of_a_life.1.msgpack"},
    ),
    "members of a stored fold taken in another order": (
        (
            Edit(
                FOLD,
                "agent_reply=stored.agent_reply,\n        customer_reply=stored.customer_reply,\n",
                "agent_reply=stored.customer_reply,\n        customer_reply=stored.agent_reply,\n",
            ),
        ),
        {"folds/of_a_life.1.msgpack"},
    ),
    "a member of the head in another place": (
        (
            Edit(
                HEAD,
                "    observations: int = 0\n    late: int = 0\n",
                "    late: int = 0\n    observations: int = 0\n",
            ),
        ),
        {"heads/full.msgpack"},
    ),
    "a member of the head left out": (
        (
            Edit(HEAD, "    muted: bool = False\n", ""),
            Edit("tests.support.formats.heads", "    muted=True,\n", ""),
        ),
        {"heads/full.msgpack", "heads/minimal.msgpack"},
    ),
    "another format of the head": (
        (Edit(HEAD, 'FORMAT: Final = b"\\x02"', 'FORMAT: Final = b"\\x03"'),),
        {"heads/full.msgpack", "heads/minimal.msgpack"},
    ),
    "a longer digest of long attributes": (
        (Edit(HEAD, "digest_size=8", "digest_size=12"),),
        {"hashes/kept.txt"},
    ),
    "a topic renamed": (
        (Edit(TICKET, '"ticket.snoozed.v1"', '"ticket.quietened.v1"'),),
        {"events/ticket.snoozed.v1.0.json"},
    ),
    "another short name": (
        (Edit(BASE, '"severity": "sev"', '"severity": "sv"'),),
        {"events/ticket.alert_raised.v1.1.json", "events/ticket.opened.v1.0.json"},
    ),
    "a name that is not short any more": (
        (Edit(BASE, '    "dedup_key": "key",\n', ""),),
        {"events/ticket.delivered.v1.0.json"},
    ),
    "two short names that change places": (
        (
            Edit(
                BASE,
                '    "warning_at": "w",\n}',
                '    "warning_at": "ci",\n} | {"critical_at": "w"}',
            ),
        ),
        {"events/ticket.moved.v1.0.json"},
    ),
    "another default": (
        (
            Edit(
                TICKET,
                "    revision: int = 0\n    phase: Phase | None = None\n",
                "    revision: int = 1\n    phase: Phase | None = None\n",
            ),
        ),
        {"events/ticket.opened.v1.1.json", "events/ticket.observed.v1.1.json"},
    ),
    "defaults written out": (
        (Edit(BASE, "omit_defaults=True", "omit_defaults=False"),),
        {"events/ticket.conflicted.v1.1.json", "personal/nothing.json"},
    ),
    "a part of people's that changes its name": (
        (Edit(BASE, '    "salt": "salt",\n', '    "salt": "key",\n'),),
        {"personal/observation.json"},
    ),
    "a content's hash without its key": (
        (Edit(RECEIVED, "canonical([at, self.revision, said])", "canonical([said])"),),
        {"hashes/content.bin", "hashes/content_by_another_salt.bin"},
    ),
    "a content's hash without its salt": (
        (Edit(RECEIVED, "key=salt, ", ""),),
        {"hashes/content.bin"},
    ),
    "a content's hash over its members as they came": (
        (Edit("command_side.deciding.as_json", "_OPTIONS | orjson.OPT_SORT_KEYS", "_OPTIONS"),),
        {"hashes/content.bin"},
    ),
    "an event's hash over the same in another order": (
        (Edit(CHAIN, "in (commitment, content_hash,", "in (content_hash, commitment,"),),
        {"chain/hashes.hex", "chain/links.hex"},
    ),
    "a link without the time": (
        (Edit(CHAIN, "_append(recorded_at, first, count)", "_append(0, first, count)"),),
        {"chain/links.hex"},
    ),
    "a link without the versions": (
        (Edit(CHAIN, "hash + _version(version)", "hash"),),
        {"chain/links.hex"},
    ),
    "milliseconds that come in": (
        (
            Edit(
                "engine.sla.instants",
                "return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds",
                "return (since.days * 86_400 + since.seconds) * 1000",
            ),
        ),
        {"hashes/content.bin"},
    ),
    "milliseconds that go out": (
        (
            Edit(
                "engine.sla.instants",
                "return moment(instant).iso",
                "return moment(instant // 1000).iso",
            ),
        ),
        {"webhook/body.json"},
    ),
    "another scheme of personal parts": (
        (Edit(PERSONAL, 'PLAIN = b"\\0"', 'PLAIN = b"\\2"'),),
        {"personal/sealed.bin", "hashes/commitment.bin", "chain/hashes.hex"},
    ),
    "a commitment to less than what is stored": (
        (Edit(PERSONAL, "sha256(stored)", "sha256(json)"),),
        {"hashes/commitment.bin", "chain/hashes.hex"},
    ),
    "another separator in tickets' ids": (
        (Edit(TICKET, "\\x1f{external_id}", ":{external_id}"),),
        {"hashes/ticket_ids.txt", "chain/hashes.hex"},
    ),
    "a key of the configuration renamed": (
        (
            Edit(
                "config.schema",
                "    group_wait_seconds: Annotated[int, Field(",
                '    group_wait_seconds: Annotated[int, Field(alias="group_wait", ',
            ),
        ),
        {"policies/full.json"},
    ),
    "another default of the configuration": (
        (Edit("config.schema", "    critical: Level = 2\n", "    critical: Level = 3\n"),),
        {"policies/lenient.json"},
    ),
    "a version in force that is refused like a new one": (
        (Edit("config.document", "if reader.problems and not stored:", "if reader.problems:"),),
        {"policies/lenient.json"},
    ),
    "another name of a stream": (
        (Edit("command_side.deciding.events.others", 'tracker:policies")', 'tracker:policy")'),),
        {"ids/streams.txt"},
    ),
    "an alert's id over the same in another order": (
        (
            Edit(
                "command_side.deciding.telling",
                "{clock}|{started_at}|{milestone}",
                "{milestone}|{started_at}|{clock}",
            ),
        ),
        {"ids/alerts.txt"},
    ),
    "tokens hashed otherwise": (
        (
            Edit(
                "command_side.deciding.tokens",
                "sha256(token.encode())",
                'sha256(b"token " + token.encode())',
            ),
        ),
        {"ids/tokens.txt"},
    ),
    "links signed for another purpose": (
        (Edit("engine.notify.links", "answer 1", "answer 2"),),
        {"ids/links.txt", "ids/once.txt"},
    ),
    "another thread of mails": (
        (Edit("engine.notify.mail", "{notice.channel}\\n{notice", "{notice.channel}:{notice"),),
        {"ids/mails.txt"},
    ),
    "a member of the outbox's body renamed": (
        (Edit("projections.outbox", '"assigned_to": event', '"assignee": event'),),
        {"outbox/body.1.json"},
    ),
    "another key of a notice": (
        (Edit("projections.outbox", "{first.alert_id}:{first", "{first.alert_id}.{first"),),
        {"outbox/row.json"},
    ),
    "a member of a webhook's body renamed": (
        (Edit("engine.notify.webhook", '"dedup_key": notice', '"key": notice'),),
        {"webhook/body.json"},
    ),
    "a webhook's signature over the body alone": (
        (Edit("engine.notify.signing", 'f"{at}.".encode() + content', "content"),),
        {"webhook/headers.txt"},
    ),
    "a webhook's message under a name that is spelled otherwise": (
        (Edit("engine.notify.signing", 'safe=":"', 'safe=""'),),
        {"webhook/headers_standard.txt"},
    ),
    "a member of the streams renamed": (
        (
            Edit("query_side.messages", '"escalation_level", "due_at"', '"level", "due_at"'),
            Edit(
                "projections.alerts",
                'row["severity"] = row["milestone"] = body',
                'row["level"] = row["severity"] = row["milestone"] = body',
            ),
        ),
        {"streams/alert_raised.0.json"},
    ),
}


def modules_of(files: set[str]) -> set[str]:
    """Where these samples are: with them alone, little of the product is imported anew."""
    modules = [module for module in vars(all_samples).values() if isinstance(module, ModuleType)]
    return {
        module.__name__
        for module in modules
        if not files.isdisjoint(sample.file for sample in module.SAMPLES)
    }


def found_by(edits: tuple[Edit, ...], modules: set[str]) -> set[str]:
    """The samples in these modules that are not as they were."""
    with mutated(edits):
        samples = [sample for name in modules for sample in import_module(name).SAMPLES]
        return {sample.file for sample in samples if sample.faults()}


def test_without_a_mistake_nothing_is_found() -> None:
    assert found_by((), {all_samples.__name__}) == set()


@pytest.mark.parametrize(("edits", "samples"), MUTATIONS.values(), ids=list(MUTATIONS))
def test_a_mistake_is_found(edits: tuple[Edit, ...], samples: set[str]) -> None:
    assert samples
    assert samples <= found_by(edits, modules_of(samples))
